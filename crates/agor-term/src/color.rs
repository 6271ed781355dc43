//! Colours that a program sets and asks for (OSC 4, 10-12, 17, 19), in X's notations.

use agor_proto::screen::{PaletteEntry, PaletteSlot};

/// Red, green, blue.
pub(crate) type Rgb = (u8, u8, u8);

/// The colours of the person's theme, so that questions about colours are answered truthfully.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BaseColors {
    /// Text.
    pub foreground: (u8, u8, u8),
    /// Behind text.
    pub background: (u8, u8, u8),
    /// The cursor.
    pub cursor: (u8, u8, u8),
    /// The first 16 colours of the palette.
    pub ansi: [(u8, u8, u8); 16],
}

impl Default for BaseColors {
    fn default() -> Self {
        Self {
            foreground: (0xd8, 0xdb, 0xe2),
            background: (0x14, 0x16, 0x1b),
            cursor: (0xd8, 0xdb, 0xe2),
            ansi: [
                (0x1d, 0x20, 0x27),
                (0xe0, 0x6c, 0x75),
                (0x98, 0xc3, 0x79),
                (0xe5, 0xc0, 0x7b),
                (0x61, 0xaf, 0xef),
                (0xc6, 0x78, 0xdd),
                (0x56, 0xb6, 0xc2),
                (0xab, 0xb2, 0xbf),
                (0x5c, 0x63, 0x70),
                (0xef, 0x8a, 0x92),
                (0xb3, 0xd8, 0x9a),
                (0xf0, 0xd3, 0x9a),
                (0x87, 0xc4, 0xf5),
                (0xd7, 0x99, 0xe8),
                (0x7b, 0xcc, 0xd6),
                (0xff, 0xff, 0xff),
            ],
        }
    }
}

impl BaseColors {
    /// Returns a colour as the theme and xterm's cube and greys have it.
    pub(crate) fn of(&self, slot: PaletteSlot) -> Rgb {
        match slot {
            PaletteSlot::Indexed(n @ 0..16) => self.ansi[usize::from(n)],
            PaletteSlot::Indexed(n @ 16..232) => {
                let level = |n: u8| if n == 0 { 0 } else { 55 + 40 * n };
                let n = n - 16;
                (level(n / 36), level(n / 6 % 6), level(n % 6))
            }
            PaletteSlot::Indexed(n) => {
                let grey = 8 + 10 * (n - 232);
                (grey, grey, grey)
            }
            PaletteSlot::Foreground | PaletteSlot::SelectionForeground => self.foreground,
            PaletteSlot::Background => self.background,
            PaletteSlot::Cursor => self.cursor,
            PaletteSlot::SelectionBackground => self.ansi[8],
        }
    }

    /// Says whether text is lighter than what is behind it.
    pub(crate) fn is_dark(&self) -> bool {
        let light = |(r, g, b): Rgb| 299 * u32::from(r) + 587 * u32::from(g) + 114 * u32::from(b);
        light(self.background) < light(self.foreground)
    }
}

/// The colours that a program changed, in the order of their places.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Palette(Vec<PaletteEntry>);

impl Palette {
    /// Returns a palette of these entries.
    pub fn new(mut entries: Vec<PaletteEntry>) -> Self {
        entries.sort_by_key(|entry| entry.slot);
        entries.dedup_by_key(|entry| entry.slot);
        Self(entries)
    }

    /// Returns the changed colours.
    pub fn entries(&self) -> &[PaletteEntry] {
        &self.0
    }

    /// Returns a changed colour.
    pub fn get(&self, slot: PaletteSlot) -> Option<Rgb> {
        let at = self
            .0
            .binary_search_by_key(&slot, |entry| entry.slot)
            .ok()?;
        Some(self.0[at].rgb)
    }

    /// Changes a colour; says whether that is a change.
    pub fn set(&mut self, slot: PaletteSlot, rgb: Rgb) -> bool {
        match self.0.binary_search_by_key(&slot, |entry| entry.slot) {
            Ok(at) => std::mem::replace(&mut self.0[at].rgb, rgb) != rgb,
            Err(at) => {
                self.0.insert(at, PaletteEntry { slot, rgb });
                true
            }
        }
    }

    /// Gives a colour back to the theme; says whether that is a change.
    pub fn reset(&mut self, slot: PaletteSlot) -> bool {
        let found = self.0.binary_search_by_key(&slot, |entry| entry.slot);
        found.map(|at| self.0.remove(at)).is_ok()
    }

    /// Gives all 256 colours back; says whether that is a change.
    pub fn reset_indexed(&mut self) -> bool {
        let before = self.0.len();
        self.0
            .retain(|entry| !matches!(entry.slot, PaletteSlot::Indexed(_)));
        before != self.0.len()
    }
}

/// Reads `rgb:rr/gg/bb` with 1 to 4 digits each, or `#rgb` to `#rrrrggggbbbb` (XParseColor(3)).
pub(crate) fn parse_color(text: &[u8]) -> Option<Rgb> {
    let text = std::str::from_utf8(text).ok()?;
    if let Some(parts) = text.strip_prefix("rgb:") {
        let mut values = parts.split('/').map(|digits| {
            let value = hex(digits)?;
            let max = (1_u32 << (4 * digits.len())) - 1;
            Some((value * 255 / max) as u8)
        });
        let rgb = (values.next()??, values.next()??, values.next()??);
        return values.next().is_none().then_some(rgb);
    }
    let digits = text.strip_prefix('#')?;
    let each = digits.len() / 3;
    if !digits.is_ascii() || digits.len() % 3 != 0 || !(1..=4).contains(&each) {
        return None;
    }
    // Unlike `rgb:`, the digits are the most significant ones.
    let channel = |at: usize| {
        let value = hex(&digits[at * each..(at + 1) * each])? << (16 - 4 * each);
        Some((value >> 8) as u8)
    };
    Some((channel(0)?, channel(1)?, channel(2)?))
}

fn hex(digits: &str) -> Option<u32> {
    let good = (1..=4).contains(&digits.len()) && digits.bytes().all(|c| c.is_ascii_hexdigit());
    good.then(|| u32::from_str_radix(digits, 16).ok()).flatten()
}

/// Returns a colour as answers give it: 16 bits a channel.
pub(crate) fn describe_color((r, g, b): Rgb) -> String {
    format!("rgb:{r:02x}{r:02x}/{g:02x}{g:02x}/{b:02x}{b:02x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_read_in_every_notation_of_x() {
        for (text, rgb) in [
            ("rgb:ff/00/80", Some((255, 0, 128))),
            ("rgb:f/0/8", Some((255, 0, 136))),
            ("rgb:ffff/0000/8080", Some((255, 0, 128))),
            ("#f08", Some((240, 0, 128))),
            ("#ff0080", Some((255, 0, 128))),
            ("#ffff00008000", Some((255, 0, 128))),
            ("rgb:ff/00", None),
            ("rgb:ff/00/80/00", None),
            ("rgb:/00/80", None),
            ("#ff008", None),
            ("#", None),
            ("#\u{e9}\u{e9}\u{e9}", None),
            ("red", None),
        ] {
            assert_eq!(parse_color(text.as_bytes()), rgb, "{text}");
        }
    }
}
