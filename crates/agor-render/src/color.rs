//! What a terminal's theme says about colours, and how the colours of a cell come of it and of
//! what the program changed.

use std::sync::LazyLock;

use agor_proto::row::{Attrs, Color, Style};
use agor_proto::screen::{PaletteEntry, PaletteSlot};

/// Red, green, blue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Rgb(pub u8, pub u8, pub u8);

impl Rgb {
    /// Returns the colour of `0xRRGGBB`.
    #[must_use]
    pub const fn from_hex(hex: u32) -> Self {
        let [_, r, g, b] = hex.to_be_bytes();
        Self(r, g, b)
    }

    /// Returns the colour in the order of the shader: red in the lowest byte.
    pub(crate) const fn packed(self) -> u32 {
        u32::from_le_bytes([self.0, self.1, self.2, 0])
    }

    /// Returns a mixture with `part` of 256 parts of `other`.
    #[must_use]
    pub const fn mixed(self, other: Self, part: u16) -> Self {
        const fn channel(a: u8, b: u8, part: u16) -> u8 {
            ((a as u32 * (256 - part as u32) + b as u32 * part as u32) / 256) as u8
        }
        let part = if part > 256 { 256 } else { part };
        Self(
            channel(self.0, other.0, part),
            channel(self.1, other.1, part),
            channel(self.2, other.2, part),
        )
    }
}

impl Rgb {
    /// Returns how light the colour is, from 0 to 1 (WCAG 2, "relative luminance").
    #[must_use]
    pub fn luminance(self) -> f32 {
        static LINEAR: LazyLock<[f32; 256]> = LazyLock::new(|| {
            std::array::from_fn(|channel| {
                let channel = channel as f32 / 255.0;
                if channel <= 0.040_45 {
                    channel / 12.92
                } else {
                    ((channel + 0.055) / 1.055).powf(2.4)
                }
            })
        });
        let [r, g, b] = [self.0, self.1, self.2].map(|channel| LINEAR[usize::from(channel)]);
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    /// Returns the contrast of two colours, from 1 to 21 (WCAG 2, "contrast ratio").
    #[must_use]
    pub fn contrast(self, other: Self) -> f32 {
        let (a, b) = (self.luminance() + 0.05, other.luminance() + 0.05);
        a.max(b) / a.min(b)
    }

    /// Returns the colour, or what comes of it with as much white or black as it takes to have a
    /// contrast of `least` to `behind`; white or black if that is not enough.
    #[must_use]
    pub fn readable_on(self, behind: Self, least: f32) -> Self {
        if self.contrast(behind) >= least {
            return self;
        }
        const ENDS: [Rgb; 2] = [Rgb(255, 255, 255), Rgb(0, 0, 0)];
        let [white, black] = ENDS.map(|end| end.contrast(behind));
        // Away from what is behind it, if that is enough: a light text stays a light one.
        let lighter = self.luminance() >= behind.luminance();
        let [near, far] = if lighter {
            [white, black]
        } else {
            [black, white]
        };
        let to_white = lighter == (near >= least || near >= far);
        let end = ENDS[usize::from(!to_white)];
        let (mut too_little, mut enough) = (0, 256);
        while enough - too_little > 1 {
            let part = u16::midpoint(too_little, enough);
            if self.mixed(end, part).contrast(behind) >= least {
                enough = part;
            } else {
                too_little = part;
            }
        }
        self.mixed(end, enough)
    }
}

/// The colours of a terminal's theme. The 240 colours after the first sixteen are a cube and a
/// ramp of greys, the same in every theme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Colors {
    /// Text.
    pub foreground: Rgb,
    /// What text stands on.
    pub background: Rgb,
    /// The cursor.
    pub cursor: Rgb,
    /// The character under a block cursor.
    pub cursor_text: Rgb,
    /// Behind selected cells.
    pub selection: Rgb,
    /// Selected characters; their own colour if there is none.
    pub selection_text: Option<Rgb>,
    /// The sixteen named colours: eight, then their bright forms.
    pub ansi: [Rgb; 16],
    /// Behind a hit of the search.
    pub search_hit: Rgb,
    /// Behind the hit that the search stands at.
    pub search_current: Rgb,
    /// Characters of a hit.
    pub search_text: Rgb,
    /// The hyperlink under the pointer.
    pub link: Rgb,
    /// Behind text that an input method is composing.
    pub preedit: Rgb,
    /// The least contrast of text to what is behind it, as WCAG 2 counts it, in tenths: 45 is
    /// what it asks for of small text. Up to 10, which everything has, nothing is changed. Shapes
    /// that join (boxes, blocks) keep their colour: with them programs draw pictures.
    pub minimum_contrast_tenths: u16,
}

impl Default for Colors {
    fn default() -> Self {
        let hex = Rgb::from_hex;
        Self {
            foreground: hex(0x00d8_dee9),
            background: hex(0x0015_181e),
            cursor: hex(0x00e5_e9f0),
            cursor_text: hex(0x0015_181e),
            selection: hex(0x0033_4a66),
            selection_text: None,
            ansi: [
                hex(0x0022_262e),
                hex(0x00e0_6c75),
                hex(0x0098_c379),
                hex(0x00e5_c07b),
                hex(0x0061_afef),
                hex(0x00c6_78dd),
                hex(0x0056_b6c2),
                hex(0x00c8_ccd4),
                hex(0x005c_6370),
                hex(0x00ff_8a92),
                hex(0x00b5_e08d),
                hex(0x00ff_d992),
                hex(0x008a_c6ff),
                hex(0x00e0_9cf5),
                hex(0x007f_dbe6),
                hex(0x00ff_ffff),
            ],
            search_hit: hex(0x006b_5a1e),
            search_current: hex(0x00e5_a83b),
            search_text: hex(0x0010_1216),
            link: hex(0x006c_b6ff),
            preedit: hex(0x002b_313c),
            minimum_contrast_tenths: 0,
        }
    }
}

impl Colors {
    /// Returns colour `index` of the 256, without what a program changed.
    #[must_use]
    pub fn indexed(&self, index: u8) -> Rgb {
        match index {
            0..=15 => self.ansi[usize::from(index)],
            16..=231 => {
                let level = |n: u8| if n == 0 { 0 } else { 55 + 40 * n };
                let n = index - 16;
                Rgb(level(n / 36), level(n / 6 % 6), level(n % 6))
            }
            232..=255 => {
                let grey = 8 + 10 * (index - 232);
                Rgb(grey, grey, grey)
            }
        }
    }
}

/// How much of the background a dim character takes on, of 256.
const DIM: u16 = 110;

/// All colours of one pane: the theme, changed by its program.
#[derive(Debug, Clone)]
pub(crate) struct Palette {
    pub theme: Colors,
    pub changes: Vec<PaletteEntry>,
    /// Foreground and background changed places (DECSCNM).
    pub reverse: bool,
    indexed: [Rgb; 256],
    pub foreground: Rgb,
    pub background: Rgb,
    pub cursor: Rgb,
    pub cursor_text: Rgb,
    pub selection: Rgb,
    pub selection_text: Option<Rgb>,
}

impl Palette {
    pub fn new(theme: &Colors, changes: &[PaletteEntry], reverse: bool) -> Self {
        let mut palette = Self {
            indexed: std::array::from_fn(|index| theme.indexed(index as u8)),
            foreground: theme.foreground,
            background: theme.background,
            cursor: theme.cursor,
            cursor_text: theme.cursor_text,
            selection: theme.selection,
            selection_text: theme.selection_text,
            theme: theme.clone(),
            changes: changes.to_vec(),
            reverse,
        };
        for &PaletteEntry { slot, rgb } in changes {
            let rgb = Rgb(rgb.0, rgb.1, rgb.2);
            match slot {
                PaletteSlot::Indexed(index) => palette.indexed[usize::from(index)] = rgb,
                PaletteSlot::Foreground => palette.foreground = rgb,
                PaletteSlot::Background => palette.background = rgb,
                // The theme's colour of the text may not be readable on the program's cursor.
                PaletteSlot::Cursor => {
                    palette.cursor = rgb;
                    palette.cursor_text = palette.background;
                }
                PaletteSlot::SelectionBackground => palette.selection = rgb,
                PaletteSlot::SelectionForeground => palette.selection_text = Some(rgb),
            }
        }
        if reverse {
            std::mem::swap(&mut palette.foreground, &mut palette.background);
        }
        palette.cursor_text = palette.readable(palette.cursor_text, palette.cursor);
        palette
    }

    /// Returns `text` with as much contrast to `behind` as the theme wants.
    fn readable(&self, text: Rgb, behind: Rgb) -> Rgb {
        match self.theme.minimum_contrast_tenths {
            0..=10 => text,
            tenths => text.readable_on(behind, f32::from(tenths) / 10.0),
        }
    }

    /// Gives characters and lines the contrast that the theme wants, once it is known what they
    /// stand on.
    pub fn make_readable(&self, ink: &mut Ink) {
        let behind = ink.behind.unwrap_or(self.background);
        ink.shape = ink.text;
        ink.text = self.readable(ink.text, behind);
        ink.line = self.readable(ink.line, behind);
    }

    /// Says whether this is what [`Palette::new`] would make of its arguments.
    pub fn is_of(&self, theme: &Colors, changes: &[PaletteEntry], reverse: bool) -> bool {
        self.reverse == reverse && self.changes == changes && self.theme == *theme
    }

    fn resolve(&self, color: Color, default: Rgb) -> Rgb {
        match color {
            Color::Default => default,
            Color::Indexed(index) => self.indexed[usize::from(index)],
            Color::Rgb(r, g, b) => Rgb(r, g, b),
        }
    }

    /// Returns what `style` looks like.
    pub fn ink(&self, style: &Style) -> Ink {
        let mut text = self.resolve(style.fg, self.foreground);
        let mut behind = self.resolve(style.bg, self.background);
        if style.attrs.contains(Attrs::REVERSE) {
            std::mem::swap(&mut text, &mut behind);
        }
        if style.attrs.contains(Attrs::DIM) {
            text = text.mixed(behind, DIM);
        }
        let line = match style.underline_color {
            Color::Default => text,
            own => self.resolve(own, text),
        };
        Ink {
            text,
            shape: text,
            line,
            behind: (behind != self.background).then_some(behind),
        }
    }
}

/// The colours of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ink {
    pub text: Rgb,
    /// Of boxes, blocks and the like.
    pub shape: Rgb,
    /// Of underlines.
    pub line: Rgb,
    /// Behind the cell, where it is not the pane's background.
    pub behind: Option<Rgb>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cube_and_the_greys_are_those_of_xterm() {
        let colors = Colors::default();
        assert_eq!(colors.indexed(16), Rgb(0, 0, 0));
        assert_eq!(colors.indexed(67), Rgb(95, 135, 175));
        assert_eq!(colors.indexed(231), Rgb(255, 255, 255));
        assert_eq!(colors.indexed(232), Rgb(8, 8, 8));
        assert_eq!(colors.indexed(255), Rgb(238, 238, 238));
    }

    #[test]
    fn a_program_changes_colours_and_reverse_turns_the_defaults_over() {
        let theme = Colors::default();
        let entry = |slot| PaletteEntry {
            slot,
            rgb: (1, 2, 3),
        };
        let changes = [
            entry(PaletteSlot::Indexed(9)),
            entry(PaletteSlot::Foreground),
        ];
        let palette = Palette::new(&theme, &changes, true);
        assert_eq!(palette.background, Rgb(1, 2, 3));
        assert_eq!(palette.foreground, theme.background);
        let style = Style {
            fg: Color::Indexed(9),
            ..Style::default()
        };
        assert_eq!(palette.ink(&style).text, Rgb(1, 2, 3));
        assert!(palette.is_of(&theme, &changes, true));
        assert!(!palette.is_of(&theme, &changes[..1], true));
    }

    #[test]
    fn contrast_is_that_of_the_standard() {
        let (white, black) = (Rgb(255, 255, 255), Rgb(0, 0, 0));
        assert!((white.contrast(black) - 21.0).abs() < 0.01);
        // The example that everyone knows: #767676 is the lightest grey that passes on white.
        let grey = |value| Rgb(value, value, value);
        assert!(white.contrast(grey(0x76)) >= 4.5);
        assert!(white.contrast(grey(0x77)) < 4.5);
    }

    #[test]
    fn text_has_at_least_the_contrast_that_is_wanted_and_no_more_than_it_takes() {
        let channels = [0, 40, 90, 128, 170, 220, 255];
        let colors: Vec<Rgb> = (0..343)
            .map(|n| Rgb(channels[n % 7], channels[n / 7 % 7], channels[n / 49]))
            .collect();
        for least in [3.0, 4.5, 7.0] {
            for (n, text) in colors.iter().enumerate() {
                let behind = colors[(n * 31 + 7) % colors.len()];
                let readable = text.readable_on(behind, least);
                let reached = readable.contrast(behind);
                let possible = Rgb(255, 255, 255)
                    .contrast(behind)
                    .max(Rgb(0, 0, 0).contrast(behind));
                assert!(
                    reached >= least.min(possible) - 0.001,
                    "{text:?} on {behind:?}: {reached}"
                );
                if text.contrast(behind) >= least {
                    assert_eq!(readable, *text);
                } else if possible > least + 1.0 {
                    assert!(
                        reached < least * 1.15 + 0.3,
                        "{text:?} on {behind:?}: {reached}"
                    );
                }
            }
        }
        // Light text stays light as long as that is enough.
        assert!(Rgb(100, 100, 100).readable_on(Rgb(40, 40, 40), 4.5).0 > 100);
        assert!(Rgb(100, 100, 100).readable_on(Rgb(160, 160, 160), 4.5).0 < 100);
    }

    #[test]
    fn a_wanted_contrast_changes_characters_and_not_shapes() {
        let theme = Colors {
            minimum_contrast_tenths: 45,
            ..Colors::default()
        };
        let palette = Palette::new(&theme, &[], false);
        let style = Style {
            fg: Color::Rgb(0x30, 0x30, 0x30),
            ..Style::default()
        };
        let mut ink = palette.ink(&style);
        palette.make_readable(&mut ink);
        assert!(ink.text.contrast(palette.background) >= 4.5);
        assert_eq!(ink.shape, Rgb(0x30, 0x30, 0x30));
        let off = Palette::new(&Colors::default(), &[], false);
        let mut ink = off.ink(&style);
        off.make_readable(&mut ink);
        assert_eq!(ink.text, Rgb(0x30, 0x30, 0x30));
    }

    #[test]
    fn reverse_and_dim_apply_to_the_colours_as_resolved() {
        let palette = Palette::new(&Colors::default(), &[], false);
        let mut style = Style {
            fg: Color::Rgb(200, 200, 200),
            bg: Color::Rgb(0, 0, 0),
            ..Style::default()
        };
        style.attrs.insert(Attrs::REVERSE);
        let ink = palette.ink(&style);
        assert_eq!(ink.text, Rgb(0, 0, 0));
        assert_eq!(ink.behind, Some(Rgb(200, 200, 200)));
        style.attrs.insert(Attrs::DIM);
        assert!(palette.ink(&style).text.0 > 0);
    }
}
