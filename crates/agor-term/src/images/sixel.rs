//! Sixels (DEC STD 070, 9; VT340 graphics): six pixels above one another in each character. The
//! terminal looks for the size alone; the decoder's process makes pixels with the same reader.

use agor_proto::limits::IMAGE_SIDE_MAX;

/// Colour registers that can be told apart; further numbers share them.
pub(crate) const COLORS: usize = 1024;

/// The VT340's first colours, in percent.
const VT340: [(u8, u8, u8); 16] = [
    (0, 0, 0),
    (20, 20, 80),
    (80, 13, 13),
    (20, 80, 20),
    (80, 20, 80),
    (20, 80, 80),
    (80, 80, 20),
    (53, 53, 53),
    (26, 26, 26),
    (33, 33, 60),
    (60, 26, 26),
    (33, 60, 33),
    (60, 33, 60),
    (33, 60, 60),
    (60, 60, 33),
    (80, 80, 80),
];

/// One step of reading.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// The declared width and height.
    Raster(u32, u32),
    /// Another colour register is in use.
    Select(usize),
    /// A register becomes a colour.
    Define(usize, [u8; 3]),
    /// So many columns of six bits, the lowest on top, at a column and a row.
    Bits {
        x: u32,
        y: u32,
        count: u32,
        bits: u8,
    },
}

/// Reads sixel data.
struct Reader<'a> {
    data: &'a [u8],
    at: usize,
    x: u32,
    y: u32,
    repeat: u32,
}

impl<'a> Reader<'a> {
    fn new(data: &'a [u8]) -> Self {
        Self {
            data,
            at: 0,
            x: 0,
            y: 0,
            repeat: 1,
        }
    }

    /// Reads the numbers after a command's letter, at most five.
    fn numbers(&mut self) -> ([u32; 5], usize) {
        let mut numbers = [0_u32; 5];
        let mut count = 0;
        let mut fresh = true;
        while let Some(&byte) = self.data.get(self.at) {
            match byte {
                b'0'..=b'9' => {
                    if fresh {
                        count += 1;
                        fresh = false;
                    }
                    if let Some(number) = numbers.get_mut(count - 1) {
                        let digit = u32::from(byte - b'0');
                        *number = number.saturating_mul(10).saturating_add(digit);
                    }
                }
                b';' => {
                    if fresh {
                        count += 1;
                    }
                    fresh = true;
                }
                _ => break,
            }
            self.at += 1;
        }
        (numbers, count.min(5))
    }
}

impl Iterator for Reader<'_> {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        loop {
            let byte = *self.data.get(self.at)?;
            self.at += 1;
            match byte {
                b'"' => {
                    let ([_, _, width, height, _], count) = self.numbers();
                    if count >= 4 {
                        return Some(Step::Raster(width, height));
                    }
                }
                b'#' => {
                    let (numbers, count) = self.numbers();
                    let register = numbers[0] as usize % COLORS;
                    if count == 5 {
                        let [_, system, a, b, c] = numbers;
                        let color = match system {
                            1 => from_hls(a, b, c),
                            _ => [a, b, c].map(percent),
                        };
                        return Some(Step::Define(register, color));
                    }
                    return Some(Step::Select(register));
                }
                b'!' => self.repeat = self.numbers().0[0].clamp(1, 2 * IMAGE_SIDE_MAX),
                b'$' => self.x = 0,
                b'-' => {
                    self.x = 0;
                    self.y = self.y.saturating_add(6);
                }
                b'?'..=b'~' => {
                    let (x, y) = (self.x, self.y);
                    let count = std::mem::replace(&mut self.repeat, 1);
                    self.x = self.x.saturating_add(count);
                    let bits = byte - b'?';
                    return Some(Step::Bits { x, y, count, bits });
                }
                _ => {}
            }
        }
    }
}

fn percent(value: u32) -> u8 {
    ((value.min(100) * 255 + 50) / 100) as u8
}

/// Hue in degrees with blue at 0, lightness and saturation in percent, as DEC counts them.
fn from_hls(hue: u32, lightness: u32, saturation: u32) -> [u8; 3] {
    let hue = (hue % 360 + 240) % 360;
    let (l, s) = (
        lightness.min(100) as f32 / 100.0,
        saturation.min(100) as f32 / 100.0,
    );
    let chroma = (1.0 - (2.0 * l - 1.0).abs()) * s;
    let sector = hue as f32 / 60.0;
    let second = chroma * (1.0 - (sector % 2.0 - 1.0).abs());
    let (r, g, b) = match sector as u32 {
        0 => (chroma, second, 0.0),
        1 => (second, chroma, 0.0),
        2 => (0.0, chroma, second),
        3 => (0.0, second, chroma),
        4 => (second, 0.0, chroma),
        _ => (chroma, 0.0, second),
    };
    let base = l - chroma / 2.0;
    [r, g, b].map(|part| ((part + base).clamp(0.0, 1.0) * 255.0).round() as u8)
}

/// Returns the width and height that sixel data covers: what it declares, or draws beyond that. Beyond
/// the largest image it may be any larger size.
pub(super) fn size(data: &[u8]) -> (u32, u32) {
    measure(data).0
}

/// Returns the row of pixels at which sixel data ends, below the picture if its last line is ended.
pub(crate) fn end_row(data: &[u8]) -> u32 {
    measure(data).1
}

fn measure(data: &[u8]) -> ((u32, u32), u32) {
    let (mut width, mut height) = (0_u32, 0_u32);
    let mut reader = Reader::new(data);
    for step in reader.by_ref() {
        match step {
            Step::Raster(declared_width, declared_height) => {
                width = width.max(declared_width);
                height = height.max(declared_height);
            }
            Step::Bits { x, y, count, bits } => {
                width = width.max(x.saturating_add(count));
                height = height.max(y.saturating_add(8 - bits.leading_zeros().min(8)));
            }
            Step::Select(_) | Step::Define(..) => {}
        }
    }
    ((width, height), reader.y)
}

/// Returns the pixels of sixel data, as RGBA; `None` if it is not of the size that is expected or
/// too large. What is not drawn is transparent.
#[must_use]
pub fn decode_sixel(data: &[u8], pixels: (u32, u32)) -> Option<Vec<u8>> {
    if size(data) != pixels {
        return None;
    }
    let (width, height) = (pixels.0 as usize, pixels.1 as usize);
    let mut rgba = vec![0_u8; width.checked_mul(height)?.checked_mul(4)?];
    let mut colors = [[0_u8, 0, 0]; COLORS];
    for (color, (r, g, b)) in colors.iter_mut().zip(VT340) {
        *color = [r, g, b].map(|part| percent(part.into()));
    }
    let mut register = 0;
    for step in Reader::new(data) {
        match step {
            Step::Raster(..) => {}
            Step::Select(number) => register = number,
            Step::Define(number, color) => {
                colors[number] = color;
                register = number;
            }
            Step::Bits { x, y, count, bits } => {
                let [r, g, b] = colors[register];
                let (x, y) = (x as usize, y as usize);
                for bit in (0..6).filter(|bit| bits & 1 << bit != 0) {
                    let start = ((y + bit) * width + x) * 4;
                    let row = rgba.get_mut(start..start + count as usize * 4)?;
                    for pixel in row.chunks_exact_mut(4) {
                        pixel.copy_from_slice(&[r, g, b, 255]);
                    }
                }
            }
        }
    }
    Some(rgba)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_as_large_as_it_is_drawn_or_declared() {
        assert_eq!(size(b"~~~-~"), (3, 12));
        assert_eq!(size(b"@"), (1, 1));
        assert_eq!(size(b"#1!10~$#2!4~-!3@"), (10, 7));
        assert_eq!(size(b"\"1;1;20;18#0~"), (20, 18));
        assert_eq!(size(b"\"1;1;2;2!5~"), (5, 6));
        assert_eq!(size(b""), (0, 0));
        assert_eq!(size(b"!99999999999~"), (2 * IMAGE_SIDE_MAX, 6));
        assert!(size(&b"-".repeat(100_000)) == (0, 0));
        assert_eq!(end_row(b"~-~"), 6);
        assert_eq!(end_row(b"~-~-"), 12);
    }

    #[test]
    fn a_hue_may_be_any_number() {
        // 2^32 - 1 is 255 degrees beyond whole turns.
        for (hue, same) in [("4294967295", "255"), ("99999999999", "255"), ("360", "0")] {
            let of = |hue: &str| decode_sixel(format!("#1;1;{hue};50;100#1@").as_bytes(), (1, 1));
            assert!(of(hue).is_some() && of(hue) == of(same), "{hue}");
        }
    }

    #[test]
    fn pixels_have_the_colours_that_were_defined() {
        // Red above, then blue with one pixel left out.
        let data = b"#1;2;100;0;0#1@@@#2;2;0;0;100#2$?A?";
        let rgba = decode_sixel(data, (3, 2)).unwrap();
        let pixel = |x: usize, y: usize| &rgba[(y * 3 + x) * 4..][..4];
        assert_eq!(pixel(0, 0), [255, 0, 0, 255]);
        assert_eq!(pixel(2, 0), [255, 0, 0, 255]);
        assert_eq!(pixel(1, 1), [0, 0, 255, 255]);
        assert_eq!(pixel(0, 1), [0, 0, 0, 0]);
        assert_eq!(decode_sixel(data, (3, 3)), None, "another size");
    }

    #[test]
    fn hues_begin_with_blue() {
        assert_eq!(from_hls(0, 50, 100), [0, 0, 255]);
        assert_eq!(from_hls(120, 50, 100), [255, 0, 0]);
        assert_eq!(from_hls(240, 50, 100), [0, 255, 0]);
        assert_eq!(from_hls(7, 100, 0), [255, 255, 255]);
    }
}
