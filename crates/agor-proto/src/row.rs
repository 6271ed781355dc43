//! A row of text with its styles: the one form that a row has in the cold store, on the wire and
//! in the renderer. It stands alone; nothing outside it is needed to draw it.
//!
//! In MessagePack a row is an array, since a screen has many: new fields are added at its end and
//! a reader skips those that it does not know. In JSON it has named fields.

use serde::de::{self, IgnoredAny, SeqAccess, Visitor};
use serde::ser::{SerializeSeq, SerializeTuple};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::ids::LineId;

/// One row of a screen or of history.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    /// The logical line that this row is a part of.
    pub line: LineId,
    /// The cell of the logical line with which this row begins; 0 for its first row.
    pub start: u32,
    /// What is true of the whole row.
    pub flags: RowFlags,
    /// The characters from the first cell on. Empty cells are spaces; those at the end are left
    /// out unless the row wraps.
    pub text: String,
    /// Where `text` is not one character for each cell, in the order of the cells.
    pub shapes: Vec<Shape>,
    /// The styles from the first cell on; after the last run everything is [`Style::default`].
    /// A run may go on after the end of `text`: then it colours empty cells.
    pub runs: Vec<Run>,
    /// The targets that [`Style::link`] names.
    pub links: Vec<Link>,
    /// What shell integration said about this row (OSC 133).
    pub marks: Vec<Mark>,
}

/// What is true of a whole row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RowFlags(pub u8);

impl RowFlags {
    /// The logical line goes on in the next row.
    pub const WRAPS: Self = Self(1);

    /// Says whether all of `flags` are set.
    #[must_use]
    pub fn contains(self, flags: Self) -> bool {
        self.0 & flags.0 == flags.0
    }

    /// Sets `flags`.
    pub fn insert(&mut self, flags: Self) {
        self.0 |= flags.0;
    }
}

/// Clusters of one form, side by side, that are not one character in one cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// The cell in which the first cluster begins.
    pub cell: u16,
    /// How many clusters there are.
    pub clusters: u16,
    /// Characters (Unicode scalar values) in each cluster, at least 1.
    pub chars: u8,
    /// Cells that each cluster takes, 1 or 2.
    pub width: u8,
}

/// Cells side by side that look the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// How many cells.
    pub cells: u16,
    /// How they look.
    pub style: Style,
}

/// How a cell looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Style {
    /// The colour of the character.
    #[serde(default)]
    pub fg: Color,
    /// The colour behind it.
    #[serde(default)]
    pub bg: Color,
    /// Weight, slant, lines and the like.
    #[serde(default)]
    pub attrs: Attrs,
    /// The underline's own colour; [`Color::Default`] is the colour of the character.
    #[serde(default)]
    pub underline_color: Color,
    /// The cell's hyperlink, as a position in [`Row::links`] counted from 1; 0 is none.
    #[serde(default)]
    pub link: u16,
}

/// A colour as the program chose it; themes and palettes decide later what it looks like.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Color {
    /// The theme's foreground or background.
    #[default]
    Default,
    /// An entry of the 256-colour palette.
    Indexed(u8),
    /// Red, green, blue.
    Rgb(u8, u8, u8),
}

impl Color {
    /// Returns the number that stands for the colour on the wire.
    #[must_use]
    pub fn to_bits(self) -> u32 {
        match self {
            Self::Default => 0,
            Self::Indexed(index) => 0x0100_0000 | u32::from(index),
            Self::Rgb(r, g, b) => 0x0200_0000 | u32::from_be_bytes([0, r, g, b]),
        }
    }

    /// Returns the colour that `bits` stands for; kinds of a later release read as the default.
    #[must_use]
    pub fn from_bits(bits: u32) -> Self {
        let [kind, r, g, b] = bits.to_be_bytes();
        match kind {
            1 => Self::Indexed(b),
            2 => Self::Rgb(r, g, b),
            _ => Self::Default,
        }
    }
}

impl Serialize for Color {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !serializer.is_human_readable() {
            return serializer.serialize_u32(self.to_bits());
        }
        match self {
            Self::Default => serializer.serialize_str("default"),
            Self::Indexed(index) => serializer.serialize_u8(*index),
            Self::Rgb(r, g, b) => serializer.collect_str(&format_args!("#{r:02x}{g:02x}{b:02x}")),
        }
    }
}

impl<'de> Deserialize<'de> for Color {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            return u32::deserialize(deserializer).map(Self::from_bits);
        }
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Text {
            Index(u8),
            Name(String),
        }
        match Text::deserialize(deserializer)? {
            Text::Index(index) => Ok(Self::Indexed(index)),
            Text::Name(name) if name == "default" => Ok(Self::Default),
            Text::Name(name) => name
                .strip_prefix('#')
                .filter(|digits| digits.len() == 6)
                .and_then(|digits| u32::from_str_radix(digits, 16).ok())
                .map(|bits| Self::from_bits(0x0200_0000 | bits))
                .ok_or_else(|| de::Error::custom(format_args!("{name:?} is not a colour"))),
        }
    }
}

/// The attributes of a cell, as bits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Attrs(pub u16);

impl Attrs {
    /// SGR 1.
    pub const BOLD: Self = Self(1);
    /// SGR 2.
    pub const DIM: Self = Self(1 << 1);
    /// SGR 3.
    pub const ITALIC: Self = Self(1 << 2);
    /// SGR 5.
    pub const BLINK: Self = Self(1 << 3);
    /// SGR 6.
    pub const RAPID_BLINK: Self = Self(1 << 4);
    /// SGR 7.
    pub const REVERSE: Self = Self(1 << 5);
    /// SGR 8.
    pub const INVISIBLE: Self = Self(1 << 6);
    /// SGR 9.
    pub const STRIKETHROUGH: Self = Self(1 << 7);
    /// SGR 53.
    pub const OVERLINE: Self = Self(1 << 8);
    /// DECSCA: selective erasing spares the cell.
    pub const PROTECTED: Self = Self(1 << 9);
    const UNDERLINE_SHIFT: u16 = 12;
    const UNDERLINE_MASK: u16 = 0b111 << Self::UNDERLINE_SHIFT;

    /// Says whether all of `attrs` are set.
    #[must_use]
    pub fn contains(self, attrs: Self) -> bool {
        self.0 & attrs.0 == attrs.0
    }

    /// Sets `attrs`.
    pub fn insert(&mut self, attrs: Self) {
        self.0 |= attrs.0;
    }

    /// Clears `attrs`.
    pub fn remove(&mut self, attrs: Self) {
        self.0 &= !attrs.0;
    }

    /// Returns the form of the underline.
    #[must_use]
    pub fn underline(self) -> Underline {
        match (self.0 & Self::UNDERLINE_MASK) >> Self::UNDERLINE_SHIFT {
            1 => Underline::Single,
            2 => Underline::Double,
            3 => Underline::Curly,
            4 => Underline::Dotted,
            5 => Underline::Dashed,
            _ => Underline::None,
        }
    }

    /// Sets the form of the underline.
    pub fn set_underline(&mut self, underline: Underline) {
        self.0 = self.0 & !Self::UNDERLINE_MASK | (underline as u16) << Self::UNDERLINE_SHIFT;
    }
}

/// The forms of SGR 4:n.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[repr(u16)]
pub enum Underline {
    /// No line.
    #[default]
    None = 0,
    /// `4` or `4:1`.
    Single = 1,
    /// `21` or `4:2`.
    Double = 2,
    /// `4:3`.
    Curly = 3,
    /// `4:4`.
    Dotted = 4,
    /// `4:5`.
    Dashed = 5,
}

/// A hyperlink (OSC 8).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Link {
    /// The target as the program gave it; nothing has checked it.
    pub uri: String,
    /// What joins the cells of one link over rows; empty if the program gave none.
    #[serde(default)]
    pub id: String,
}

/// Where a part of a shell's conversation begins (OSC 133).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The cell at which it begins.
    pub cell: u16,
    /// Which part.
    pub kind: MarkKind,
}

/// The parts of a shell's conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarkKind {
    /// OSC 133;A
    Prompt,
    /// OSC 133;B
    Input,
    /// OSC 133;C
    Output,
    /// OSC 133;D with the exit code, if the shell gave one.
    End {
        /// The exit code.
        code: Option<i32>,
        /// Milliseconds since its output began (OSC 133;C), if that was told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        took_millis: Option<u64>,
    },
}

/// One cluster of a row, as [`Row::clusters`] gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cluster<'a> {
    /// The cell in which it begins.
    pub cell: u16,
    /// Cells that it takes.
    pub width: u8,
    /// Its text.
    pub text: &'a str,
}

impl Row {
    /// Returns the clusters of `text` in the order of their cells.
    ///
    /// Shapes that do not fit the text (a damaged or hostile row) end the iteration early; they
    /// never panic.
    pub fn clusters(&self) -> impl Iterator<Item = Cluster<'_>> {
        let mut rest = self.text.as_str();
        let mut cell = 0_u16;
        let mut shapes = self.shapes.iter().peekable();
        let mut left = 0_u16;
        std::iter::from_fn(move || {
            let (chars, width) = match shapes.peek() {
                Some(shape) if left > 0 || shape.cell == cell => {
                    let (chars, width) = (shape.chars.max(1), shape.width.clamp(1, 2));
                    left = if left > 0 {
                        left - 1
                    } else {
                        shape.clusters.saturating_sub(1)
                    };
                    if left == 0 {
                        shapes.next();
                    }
                    (chars, width)
                }
                _ => (1, 1),
            };
            let end = match rest.char_indices().nth(usize::from(chars)) {
                Some((end, _)) => end,
                None if rest.is_empty() => return None,
                None => rest.len(),
            };
            let (text, after) = rest.split_at(end);
            rest = after;
            let cluster = Cluster { cell, width, text };
            cell = cell.checked_add(u16::from(width))?;
            Some(cluster)
        })
    }

    /// Returns how many cells hold text or a style.
    #[must_use]
    pub fn width(&self) -> u16 {
        let text = self
            .clusters()
            .last()
            .map_or(0, |c| c.cell.saturating_add(u16::from(c.width)));
        let styled = self
            .runs
            .iter()
            .fold(0_u16, |sum, run| sum.saturating_add(run.cells));
        text.max(styled)
    }

    /// Returns the style of `cell`.
    #[must_use]
    pub fn style_at(&self, cell: u16) -> Style {
        let mut end = 0_u16;
        for run in &self.runs {
            end = end.saturating_add(run.cells);
            if cell < end {
                return run.style;
            }
        }
        Style::default()
    }

    /// Returns how many bytes the row takes on the wire at the most.
    #[must_use]
    pub fn size_bytes_max(&self) -> usize {
        let links: usize = self
            .links
            .iter()
            .map(|link| link.uri.len() + link.id.len() + 24)
            .sum();
        // A run is at most six numbers of five bytes and their array's head; a shape ten bytes.
        64 + self.text.len()
            + 32 * self.runs.len()
            + 12 * self.shapes.len()
            + links
            + 40 * self.marks.len()
    }

    /// Says whether the row goes on in the next.
    #[must_use]
    pub fn wraps(&self) -> bool {
        self.flags.contains(RowFlags::WRAPS)
    }
}

/// The row's fields in JSON.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Row")]
struct NamedRow {
    line: LineId,
    #[serde(default)]
    start: u32,
    #[serde(default)]
    flags: RowFlags,
    text: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    shapes: Vec<Shape>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    runs: Vec<Run>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    links: Vec<Link>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    marks: Vec<Mark>,
}

impl Serialize for Row {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            return NamedRow::serialize(self, serializer);
        }
        let mut row = serializer.serialize_tuple(8)?;
        row.serialize_element(&self.line)?;
        row.serialize_element(&self.start)?;
        row.serialize_element(&self.flags)?;
        row.serialize_element(&self.text)?;
        // Derived structs would be maps here (fields are named on the wire); tuples are arrays.
        let shapes = self
            .shapes
            .iter()
            .map(|s| (s.cell, s.clusters, s.chars, s.width));
        row.serialize_element(&shapes.collect::<Vec<_>>())?;
        row.serialize_element(&self.runs)?;
        row.serialize_element(&self.links)?;
        row.serialize_element(&self.marks)?;
        row.end()
    }
}

impl<'de> Deserialize<'de> for Row {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            return NamedRow::deserialize(deserializer);
        }
        deserializer.deserialize_seq(RowVisitor)
    }
}

struct RowVisitor;

impl<'de> Visitor<'de> for RowVisitor {
    type Value = Row;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a row as an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Row, A::Error> {
        let missing = |index| de::Error::invalid_length(index, &"a row of at least 6 fields");
        let mut row = Row {
            line: seq.next_element()?.ok_or_else(|| missing(0))?,
            start: seq.next_element()?.ok_or_else(|| missing(1))?,
            flags: seq.next_element()?.ok_or_else(|| missing(2))?,
            text: seq.next_element()?.ok_or_else(|| missing(3))?,
            ..Row::default()
        };
        let shapes: Vec<(u16, u16, u8, u8)> = seq.next_element()?.ok_or_else(|| missing(4))?;
        row.shapes = shapes
            .into_iter()
            .map(|(cell, clusters, chars, width)| Shape {
                cell,
                clusters,
                chars,
                width,
            })
            .collect();
        row.runs = seq.next_element()?.ok_or_else(|| missing(5))?;
        row.links = seq.next_element()?.unwrap_or_default();
        row.marks = seq.next_element()?.unwrap_or_default();
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(row)
    }
}

#[derive(Serialize, Deserialize)]
struct NamedRun {
    cells: u16,
    #[serde(flatten)]
    style: Style,
}

impl Serialize for Run {
    /// Cells, foreground, background, attributes, underline colour, link; defaults at the end are
    /// left out.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            return NamedRun {
                cells: self.cells,
                style: self.style,
            }
            .serialize(serializer);
        }
        let Style {
            fg,
            bg,
            attrs,
            underline_color,
            link,
        } = self.style;
        let fields = [
            u32::from(self.cells),
            fg.to_bits(),
            bg.to_bits(),
            u32::from(attrs.0),
            underline_color.to_bits(),
            u32::from(link),
        ];
        let used = fields
            .iter()
            .rposition(|&field| field != 0)
            .map_or(0, |last| last + 1);
        let mut seq = serializer.serialize_seq(Some(used))?;
        fields[..used]
            .iter()
            .try_for_each(|field| seq.serialize_element(field))?;
        seq.end()
    }
}

impl<'de> Deserialize<'de> for Run {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let NamedRun { cells, style } = NamedRun::deserialize(deserializer)?;
            return Ok(Self { cells, style });
        }
        deserializer.deserialize_seq(RunVisitor)
    }
}

struct RunVisitor;

impl<'de> Visitor<'de> for RunVisitor {
    type Value = Run;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a run as an array of numbers")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Run, A::Error> {
        let mut fields = [0_u32; 6];
        for field in &mut fields {
            match seq.next_element()? {
                Some(value) => *field = value,
                None => break,
            }
        }
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        let [cells, fg, bg, attrs, underline_color, link] = fields;
        let small = |value: u32| {
            u16::try_from(value).map_err(|_| {
                de::Error::invalid_value(de::Unexpected::Unsigned(value.into()), &self)
            })
        };
        Ok(Run {
            cells: small(cells)?,
            style: Style {
                fg: Color::from_bits(fg),
                bg: Color::from_bits(bg),
                attrs: Attrs(small(attrs)?),
                underline_color: Color::from_bits(underline_color),
                link: small(link)?,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn family() -> Row {
        Row {
            text: "a日本👩‍👩‍👧‍👦e\u{301}z".into(),
            shapes: vec![
                Shape {
                    cell: 1,
                    clusters: 2,
                    chars: 1,
                    width: 2,
                },
                Shape {
                    cell: 5,
                    clusters: 1,
                    chars: 7,
                    width: 2,
                },
                Shape {
                    cell: 7,
                    clusters: 1,
                    chars: 2,
                    width: 1,
                },
            ],
            ..Row::default()
        }
    }

    #[test]
    fn clusters_stand_where_their_shapes_say() {
        let row = family();
        let seen: Vec<_> = row.clusters().map(|c| (c.cell, c.width, c.text)).collect();
        assert_eq!(
            seen,
            [
                (0, 1, "a"),
                (1, 2, "日"),
                (3, 2, "本"),
                (5, 2, "👩‍👩‍👧‍👦"),
                (7, 1, "e\u{301}"),
                (8, 1, "z")
            ]
        );
        assert_eq!(row.width(), 9);
    }

    #[test]
    fn a_row_is_the_same_after_the_wire_and_after_json() {
        let mut row = family();
        row.flags.insert(RowFlags::WRAPS);
        row.links.push(Link {
            uri: "https://example.org".into(),
            id: String::new(),
        });
        row.marks.push(Mark {
            cell: 0,
            kind: MarkKind::End {
                code: Some(1),
                took_millis: Some(1_500),
            },
        });
        let mut attrs = Attrs::BOLD;
        attrs.set_underline(Underline::Curly);
        let style = Style {
            fg: Color::Indexed(1),
            bg: Color::Rgb(1, 2, 3),
            attrs,
            link: 1,
            ..Style::default()
        };
        row.runs.push(Run { cells: 3, style });
        let wire = rmp_serde::to_vec_named(&row).unwrap();
        assert_eq!(rmp_serde::from_slice::<Row>(&wire).unwrap(), row);
        let json = serde_json::to_string(&row).unwrap();
        assert_eq!(serde_json::from_str::<Row>(&json).unwrap(), row);
    }

    #[test]
    fn a_row_with_fields_of_a_later_release_is_read() {
        let later = (
            1_u64,
            0_u32,
            0_u8,
            "x",
            Vec::<u8>::new(),
            [[1_u32, 0, 0, 1, 0, 0, 9]],
            [0; 0],
            [0; 0],
            "new",
        );
        let row: Row = rmp_serde::from_slice(&rmp_serde::to_vec_named(&later).unwrap()).unwrap();
        assert_eq!(row.text, "x");
        assert_eq!(row.style_at(0).attrs, Attrs::BOLD);
    }

    #[test]
    fn a_plain_row_costs_its_text_and_a_few_bytes() {
        let row = Row {
            text: "x".repeat(80),
            ..Row::default()
        };
        assert!(rmp_serde::to_vec_named(&row).unwrap().len() <= 80 + 12);
    }

    #[test]
    fn shapes_that_do_not_fit_never_panic() {
        let mut row = family();
        row.shapes.push(Shape {
            cell: 3,
            clusters: u16::MAX,
            chars: 0,
            width: 255,
        });
        row.shapes[0].clusters = u16::MAX;
        row.shapes[0].chars = 200;
        assert!(row.clusters().count() < 100);
    }
}
