//! One cell of the grid in eight bytes: what it shows, and which interned style and link it has.
//! What the numbers stand for is kept in [`crate::tables`].

/// A cell: bits 0-20 a character or the number of a cluster, 21-24 its form, 32-47 the style,
/// 48-63 the link. The default is an empty cell: it shows nothing in the default style.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Cell(pub u64);

/// What a cell shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    /// Nothing; drawn as a space.
    Empty,
    /// One character.
    Char(char),
    /// More than one character, by the number of the cluster.
    Cluster(u32),
}

impl Cell {
    const TEXT: u64 = (1 << 21) - 1;
    const CLUSTER: u64 = 1 << 21;
    /// The cell is the first half of a wide character.
    const WIDE: u64 = 1 << 22;
    /// The cell is the second half of a wide character.
    const SPACER: u64 = 1 << 23;
    /// The last cell of a row whose wide character did not fit and stands in the next row.
    const LEADING: u64 = 1 << 24;
    /// The bits that say what is shown.
    pub const CONTENT: u64 = 0xffff_ffff;

    /// Returns the bits of a style and a link, to which content is added.
    pub fn template(style: u16, link: u16) -> u64 {
        u64::from(style) << 32 | u64::from(link) << 48
    }

    /// Returns a cell of one character that is one cell wide.
    pub fn narrow(template: u64, c: char) -> Self {
        Self(template | u64::from(u32::from(c)))
    }

    /// Returns the two cells of a wide character.
    pub fn wide(template: u64, c: char) -> [Self; 2] {
        [
            Self(template | Self::WIDE | u64::from(u32::from(c))),
            Self(template | Self::SPACER),
        ]
    }

    /// The cell at the end of a row that a wide character left free. It is no part of the text, so
    /// it has no style.
    pub const LEADING_SPACER: Self = Self(Self::LEADING);

    /// Returns the second half of the wide character that this cell is the first half of.
    pub fn spacer_after(self) -> Self {
        Self(self.0 & !Self::CONTENT | Self::SPACER)
    }

    /// Returns the cell with another cluster in it.
    pub fn with_cluster(self, number: u32) -> Self {
        Self(
            self.0 & !(Self::TEXT | Self::LEADING) | Self::CLUSTER | u64::from(number) & Self::TEXT,
        )
    }

    /// Returns the bits that say which character or cluster is shown; 0 if none is.
    pub fn text_bits(self) -> u32 {
        (self.0 & (Self::TEXT | Self::CLUSTER)) as u32
    }

    /// Returns the cell in another style.
    pub fn with_style(self, number: u16) -> Self {
        Self(self.0 & !(0xffff << 32) | u64::from(number) << 32)
    }

    /// Returns the cell as the first half of a wide character.
    pub fn widened(self) -> Self {
        Self(self.0 | Self::WIDE)
    }

    /// Returns the cell as one that belongs to no wide character.
    pub fn narrowed(self) -> Self {
        Self(self.0 & !(Self::WIDE | Self::SPACER | Self::LEADING))
    }

    /// Returns an empty cell of the same style and without a link.
    pub fn emptied(self) -> Self {
        Self(self.0 & (0xffff << 32))
    }

    /// Returns what the cell shows.
    pub fn content(self) -> Content {
        let text = (self.0 & Self::TEXT) as u32;
        if self.0 & Self::CLUSTER != 0 {
            Content::Cluster(text)
        } else if text == 0 {
            Content::Empty
        } else {
            char::from_u32(text).map_or(Content::Empty, Content::Char)
        }
    }

    /// Returns the code of the character that the cell shows if it shows no cluster: an empty one shows a space.
    #[inline]
    pub fn code(self) -> u32 {
        let code = (self.0 & Self::TEXT) as u32;
        code | u32::from(code == 0) << 5
    }

    /// Says whether the cell shows a cluster.
    pub fn is_cluster(self) -> bool {
        self.0 & Self::CLUSTER != 0
    }

    /// Returns the number of the style.
    pub fn style(self) -> u16 {
        (self.0 >> 32) as u16
    }

    /// Returns the number of the link.
    pub fn link(self) -> u16 {
        (self.0 >> 48) as u16
    }

    /// Returns style and link together.
    pub fn look(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// Says whether this is the first half of a wide character.
    pub fn is_wide(self) -> bool {
        self.0 & Self::WIDE != 0
    }

    /// Says whether this is the second half of a wide character.
    pub fn is_spacer(self) -> bool {
        self.0 & Self::SPACER != 0
    }

    /// Says whether a wide character did not fit here.
    pub fn is_leading_spacer(self) -> bool {
        self.0 & Self::LEADING != 0
    }

    /// Says whether this is nothing, or a space, in the default style.
    pub fn looks_empty(self) -> bool {
        self.0 & !(Self::LEADING | 0x20) == 0
    }

    /// Says whether no text is seen: an empty cell or a space, whatever its colours.
    pub fn is_blank(self) -> bool {
        matches!(self.0 & Self::CONTENT & !Self::LEADING, 0 | 0x20)
    }
}
