//! A colour as themes have it, and how well two of them can be told apart.

use std::fmt;
use std::str::FromStr;

/// A colour of sRGB, with an opacity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Color {
    /// Red.
    pub r: u8,
    /// Green.
    pub g: u8,
    /// Blue.
    pub b: u8,
    /// Opacity; 255 lets nothing through.
    pub a: u8,
}

/// The Oklab form of a colour: lightness from 0 to 1, and two axes of hue
/// (<https://bottosson.github.io/posts/oklab/>). Equal steps look equal in it.
#[derive(Debug, Clone, Copy)]
struct Lab {
    l: f32,
    a: f32,
    b: f32,
}

impl Color {
    /// White.
    pub const WHITE: Self = Self::opaque(255, 255, 255);
    /// Black.
    pub const BLACK: Self = Self::opaque(0, 0, 0);

    /// Returns an opaque colour.
    #[must_use]
    pub const fn opaque(r: u8, g: u8, b: u8) -> Self {
        Self { r, g, b, a: 255 }
    }

    /// Returns what is seen of the colour on an opaque ground.
    #[must_use]
    pub fn over(self, ground: Self) -> Self {
        let share = |color: u8, below: u8| {
            let (color, below, a) = (u32::from(color), u32::from(below), u32::from(self.a));
            let mixed = (color * a + below * (255 - a) + 127) / 255;
            u8::try_from(mixed).unwrap_or(u8::MAX)
        };
        Self::opaque(
            share(self.r, ground.r),
            share(self.g, ground.g),
            share(self.b, ground.b),
        )
    }

    /// Returns the relative luminance, from 0 to 1 (WCAG 2.2).
    #[must_use]
    pub fn luminance(self) -> f32 {
        0.2126 * linear(self.r) + 0.7152 * linear(self.g) + 0.0722 * linear(self.b)
    }

    /// Returns the contrast of two opaque colours, from 1 to 21 (WCAG 2.2).
    #[must_use]
    pub fn contrast(self, other: Self) -> f32 {
        let (one, other) = (self.luminance(), other.luminance());
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    /// Returns what lies on the way to another colour, `share` of it from 0 to 1.
    #[must_use]
    pub fn towards(self, other: Self, share: f32) -> Self {
        let (from, to) = (self.lab(), other.lab());
        let between = |from: f32, to: f32| from + (to - from) * share;
        Self::of_lab(Lab {
            l: between(from.l, to.l),
            a: between(from.a, to.a),
            b: between(from.b, to.b),
        })
    }

    /// Returns the same hue, lighter by `by` of the whole way from black to white, or darker.
    #[must_use]
    pub fn lighter(self, by: f32) -> Self {
        let lab = self.lab();
        let l = (lab.l + by).clamp(0.0, 1.0);
        Self::of_lab(Lab { l, ..lab })
    }

    /// Returns the colour nearest to this one, on the way to black or white, that has at least
    /// `contrast` against every ground; the end of the way if none has.
    #[must_use]
    pub fn readable_on(self, grounds: &[Self], contrast: f32) -> Self {
        let reads = |color: Self| {
            grounds
                .iter()
                .all(|ground| color.contrast(*ground) >= contrast)
        };
        let darkest = grounds.iter().map(|ground| ground.luminance());
        let end = match darkest.sum::<f32>() / (grounds.len().max(1) as f32) < 0.18 {
            true => Self::WHITE,
            false => Self::BLACK,
        };
        (0_u8..=100)
            .map(|step| self.towards(end, f32::from(step) / 100.0))
            .find(|color| reads(*color))
            .unwrap_or(end)
    }

    fn lab(self) -> Lab {
        let (r, g, b) = (linear(self.r), linear(self.g), linear(self.b));
        let l = (0.412_221_46 * r + 0.536_332_55 * g + 0.051_445_995 * b).cbrt();
        let m = (0.211_903_5 * r + 0.680_699_5 * g + 0.107_396_96 * b).cbrt();
        let s = (0.088_302_46 * r + 0.281_718_85 * g + 0.629_978_7 * b).cbrt();
        Lab {
            l: 0.210_454_26 * l + 0.793_617_8 * m - 0.004_072_047 * s,
            a: 1.977_998_5 * l - 2.428_592_2 * m + 0.450_593_7 * s,
            b: 0.025_904_037 * l + 0.782_771_77 * m - 0.808_675_77 * s,
        }
    }

    fn of_lab(lab: Lab) -> Self {
        let cube = |value: f32| value * value * value;
        let l = cube(lab.l + 0.396_337_78 * lab.a + 0.215_803_76 * lab.b);
        let m = cube(lab.l - 0.105_561_346 * lab.a - 0.063_854_17 * lab.b);
        let s = cube(lab.l - 0.089_484_18 * lab.a - 1.291_485_5 * lab.b);
        Self::opaque(
            coded(4.076_741_7 * l - 3.307_711_6 * m + 0.230_969_94 * s),
            coded(-1.268_438 * l + 2.609_757_4 * m - 0.341_319_38 * s),
            coded(-0.004_196_086_3 * l - 0.703_418_6 * m + 1.707_614_7 * s),
        )
    }
}

/// Returns a channel as light.
fn linear(channel: u8) -> f32 {
    let channel = f32::from(channel) / 255.0;
    if channel <= 0.040_45 {
        channel / 12.92
    } else {
        ((channel + 0.055) / 1.055).powf(2.4)
    }
}

/// Returns light as a channel.
fn coded(light: f32) -> u8 {
    let light = light.clamp(0.0, 1.0);
    let channel = if light <= 0.003_130_8 {
        light * 12.92
    } else {
        1.055 * light.powf(1.0 / 2.4) - 0.055
    };
    (channel * 255.0).round() as u8
}

/// A text that is no colour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoColor(String);

impl fmt::Display for NoColor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no colour: write it like \"#1B1F26\"", self.0)
    }
}

impl std::error::Error for NoColor {}

impl FromStr for Color {
    type Err = NoColor;

    /// Reads `#RRGGBB` or `#RRGGBBAA`, in either case, the sign left out if one likes.
    fn from_str(text: &str) -> Result<Self, NoColor> {
        let wrong = || NoColor(text.chars().take(40).collect());
        let digits = text.strip_prefix('#').unwrap_or(text).as_bytes();
        if !matches!(digits.len(), 6 | 8) {
            return Err(wrong());
        }
        let mut channels = [255; 4];
        for (channel, pair) in channels.iter_mut().zip(digits.chunks_exact(2)) {
            let digit = |byte: u8| char::from(byte).to_digit(16);
            let value = digit(pair[0]).zip(digit(pair[1]));
            let (high, low) = value.ok_or_else(wrong)?;
            *channel = (high * 16 + low) as u8;
        }
        let [r, g, b, a] = channels;
        Ok(Self { r, g, b, a })
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { r, g, b, a } = self;
        write!(f, "#{r:02X}{g:02X}{b:02X}")?;
        if *a == 255 {
            Ok(())
        } else {
            write!(f, "{a:02X}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_read_as_they_are_written() {
        for text in ["#1B1F26", "#00000080", "#FFFFFF"] {
            assert_eq!(text.parse::<Color>().unwrap().to_string(), text);
        }
        assert_eq!("1b1f26".parse(), Ok(Color::opaque(0x1b, 0x1f, 0x26)));
        for wrong in [
            "", "#", "#12345", "#1234567", "#gg0000", "red", "#ü23456", "#+1+2+3",
        ] {
            assert!(wrong.parse::<Color>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn contrast_is_that_of_the_guidelines() {
        assert!((Color::BLACK.contrast(Color::WHITE) - 21.0).abs() < 0.01);
        let grey = Color::opaque(0x76, 0x76, 0x76);
        assert!((grey.contrast(Color::WHITE) - 4.54).abs() < 0.01);
    }

    #[test]
    fn the_way_between_two_colours_begins_and_ends_with_them() {
        let (one, other) = (Color::opaque(12, 200, 99), Color::opaque(240, 3, 77));
        assert_eq!(one.towards(other, 0.0), one);
        assert_eq!(one.towards(other, 1.0), other);
        assert_eq!(Color::BLACK.lighter(1.0), Color::WHITE);
    }

    #[test]
    fn what_cannot_be_read_is_moved_away_from_its_ground_and_no_further_than_needed() {
        let ground = Color::opaque(0x10, 0x12, 0x16);
        let dim = Color::opaque(0x40, 0x44, 0x50);
        let read = dim.readable_on(&[ground], 4.5);
        assert!(read.contrast(ground) >= 4.5 && read.contrast(ground) < 4.8);
        assert_eq!(read.readable_on(&[ground], 4.5), read);
        let on_light = dim.readable_on(&[Color::WHITE], 15.0);
        assert!(on_light.contrast(Color::WHITE) >= 15.0);
    }
}
