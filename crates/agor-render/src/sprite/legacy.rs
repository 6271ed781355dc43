//! Symbols for legacy computing that are parts of a cell with slanted or round edges, half shaded, or lines
//! through it: U+1FB3C to U+1FB6F, U+1FB8C to U+1FBAF, U+1FBBD to U+1FBBF and U+1FBCE to U+1FBEF. Those between
//! them are pictures (arrows, hands, stick figures), which are left to fonts.

use super::blocks::part;
use super::boxes;
use super::canvas::Canvas;

/// The points that slanted edges join: columns and rows of a grid of 2 x 3.
const POINTS: [(f32, f32); 10] = [
    (0.0, 0.0),
    (0.5, 0.0),
    (1.0, 0.0),
    (0.0, 1.0 / 3.0),
    (1.0, 1.0 / 3.0),
    (0.0, 2.0 / 3.0),
    (1.0, 2.0 / 3.0),
    (0.0, 1.0),
    (0.5, 1.0),
    (1.0, 1.0),
];

/// From U+1FB3C on, as Unicode's names say it: the corner that is filled, and the two points between which its
/// edge lies; points by their letter from `a` on.
#[rustfmt::skip]
const WEDGES: [[u8; 3]; 44] = [
    *b"hfi", *b"hfj", *b"hdi", *b"hdj", *b"hai", *b"jdb", *b"jdc", *b"jfb", *b"jfc", *b"jhb", *b"jfe",
    *b"jig", *b"jhg", *b"jie", *b"jhe", *b"jic", *b"hbe", *b"hae", *b"hbg", *b"hag", *b"hbj", *b"hdg",
    *b"cfi", *b"cfj", *b"cdi", *b"cdj", *b"cai", *b"adb", *b"adc", *b"afb", *b"afc", *b"ahb", *b"afe",
    *b"aig", *b"ahg", *b"aie", *b"ahe", *b"aic", *b"cbe", *b"cae", *b"cbg", *b"cag", *b"cbj", *b"cdg",
];

/// From U+1FBA0 on, which of four lines between the middles of neighbouring sides are drawn: from the upper
/// one to the left and to the right, from the lower one to the left and to the right.
const DIAGONALS: [u8; 15] = [
    0b0001, 0b0010, 0b0100, 0b1000, 0b0101, 0b1010, 0b1100, 0b0011, 0b1001, 0b0110, 0b1110, 0b1101,
    0b1011, 0b0111, 0b1111,
];

/// The lines of [`DIAGONALS`].
const SIDES: [Line; 4] = [
    [(0.5, 0.0), (0.0, 0.5)],
    [(0.5, 0.0), (1.0, 0.5)],
    [(0.0, 0.5), (0.5, 1.0)],
    [(1.0, 0.5), (0.5, 1.0)],
];

/// From U+1FBD0 on, the points that are joined by lines, as Unicode's names say it: three in a row, from the upper
/// left corner on.
#[rustfmt::skip]
const PATHS: [&[u8]; 16] = [
    &[5, 6], &[2, 3], &[0, 5], &[3, 8], &[0, 7], &[1, 8], &[2, 7], &[1, 6],
    &[0, 4, 2], &[2, 4, 8], &[6, 4, 8], &[0, 4, 6], &[0, 7, 2], &[2, 3, 8], &[6, 1, 8], &[0, 5, 6],
];

/// A line from one point to another, both parts of the cell.
type Line = [(f32, f32); 2];

const LEFT: u8 = 1;
const UPPER: u8 = 2;
const RIGHT: u8 = 4;
const LOWER: u8 = 8;

/// How much of a cell a medium shade covers; as much is left for its inverse.
const SHADE: u8 = 128;

/// Says whether this is a character of this module.
pub(super) fn has(c: char) -> bool {
    matches!(c, '\u{1fb3c}'..='\u{1fb6f}' | '\u{1fb8c}'..='\u{1fb92}' | '\u{1fb94}'..='\u{1fbaf}'
        | '\u{1fbbd}'..='\u{1fbbf}' | '\u{1fbce}'..='\u{1fbe5}' | '\u{1fbe8}'..='\u{1fbef}')
}

/// Draws `c`.
pub(super) fn draw(canvas: &mut Canvas, c: char, stroke: u32) {
    let (width, height) = (canvas.width, canvas.height);
    let (middle_x, middle_y) = (width.div_ceil(2), height.div_ceil(2));
    match c {
        '\u{1fb3c}'..='\u{1fb67}' => wedge(canvas, c as usize - 0x1fb3c),
        '\u{1fb68}' => triangles(canvas, UPPER | RIGHT | LOWER),
        '\u{1fb69}' => triangles(canvas, LEFT | LOWER | RIGHT),
        '\u{1fb6a}' => triangles(canvas, UPPER | LEFT | LOWER),
        '\u{1fb6b}' => triangles(canvas, LEFT | UPPER | RIGHT),
        '\u{1fb6c}' => triangles(canvas, LEFT),
        '\u{1fb6d}' => triangles(canvas, UPPER),
        '\u{1fb6e}' => triangles(canvas, RIGHT),
        '\u{1fb6f}' => triangles(canvas, LOWER),
        '\u{1fb8c}' => canvas.fill(0, 0, middle_x, height, SHADE),
        '\u{1fb8d}' => canvas.fill(middle_x, 0, width, height, SHADE),
        '\u{1fb8e}' => canvas.fill(0, 0, width, middle_y, SHADE),
        '\u{1fb8f}' => canvas.fill(0, middle_y, width, height, SHADE),
        '\u{1fb90}' => canvas.fill(0, 0, width, height, SHADE),
        '\u{1fb91}' => {
            canvas.fill(0, 0, width, middle_y, 255);
            canvas.fill(0, middle_y, width, height, SHADE);
        }
        '\u{1fb92}' => {
            canvas.fill(0, 0, width, middle_y, SHADE);
            canvas.fill(0, middle_y, width, height, 255);
        }
        '\u{1fb94}' => {
            canvas.fill(0, 0, middle_x, height, SHADE);
            canvas.fill(middle_x, 0, width, height, 255);
        }
        '\u{1fb95}' => board(canvas, 0),
        '\u{1fb96}' => board(canvas, 1),
        '\u{1fb97}' => {
            let quarter = |n: u32| (height * n + 2) / 4;
            canvas.fill(0, quarter(1), width, quarter(2), 255);
            canvas.fill(0, quarter(3), width, height, 255);
        }
        // Stripes that go on in every neighbour.
        '\u{1fb98}' => in_parts(canvas, |x, y| (8.0 * y - 4.0 * x).rem_euclid(2.0) < 1.0),
        '\u{1fb99}' => in_parts(canvas, |x, y| (8.0 * y + 4.0 * x).rem_euclid(2.0) < 1.0),
        '\u{1fb9a}' => triangles(canvas, UPPER | LOWER),
        '\u{1fb9b}' => triangles(canvas, LEFT | RIGHT),
        '\u{1fb9c}' => shaded(canvas, |x, y| x + y <= 1.0),
        '\u{1fb9d}' => shaded(canvas, |x, y| y <= x),
        '\u{1fb9e}' => shaded(canvas, |x, y| x + y >= 1.0),
        '\u{1fb9f}' => shaded(canvas, |x, y| y >= x),
        '\u{1fbaf}' => {
            boxes::draw(canvas, '─', stroke);
            let left = width.saturating_sub(stroke) / 2;
            canvas.fill(
                left,
                part(height, 1, 3),
                left + stroke,
                part(height, 2, 3),
                255,
            );
        }
        '\u{1fbbd}' => {
            boxes::draw(canvas, '╳', stroke);
            canvas.invert();
        }
        '\u{1fbbe}' => {
            diagonals(canvas, '\u{1fba3}', stroke);
            canvas.invert();
        }
        '\u{1fbbf}' => {
            diagonals(canvas, '\u{1fbae}', stroke);
            canvas.invert();
        }
        '\u{1fbce}' => canvas.fill(0, 0, part(width, 2, 3), height, 255),
        '\u{1fbcf}' => canvas.fill(0, 0, part(width, 1, 3), height, 255),
        '\u{1fbd0}'..='\u{1fbdf}' => paths(canvas, c as usize - 0x1fbd0, stroke),
        '\u{1fbe4}' | '\u{1fbe5}' => {
            let row = c as u32 - 0x1fbe4;
            let (left, right) = (part(width, 1, 4), part(width, 3, 4));
            let (top, bottom) = (part(height, row, 2), part(height, row + 1, 2));
            canvas.fill(left, top, right, bottom, 255);
        }
        '\u{1fbe0}'..='\u{1fbef}' => circle(canvas, c, stroke),
        _ => diagonals(canvas, c, stroke),
    }
}

/// Covers what is inside a shape whose points are parts of the cell.
fn in_parts(canvas: &mut Canvas, shape: impl Fn(f32, f32) -> bool) {
    let (width, height) = (canvas.width as f32, canvas.height as f32);
    canvas.inside(|x, y| shape(x / width, y / height));
}

/// Half covers what is inside a shape.
fn shaded(canvas: &mut Canvas, shape: impl Fn(f32, f32) -> bool) {
    in_parts(canvas, shape);
    canvas.fade(SHADE);
}

fn wedge(canvas: &mut Canvas, n: usize) {
    let Some(letters) = WEDGES.get(n) else {
        return;
    };
    let [corner, a, b] = letters.map(|letter| POINTS[usize::from(letter - b'a') % POINTS.len()]);
    let side = |(x, y): (f32, f32)| (b.0 - a.0) * (y - a.1) - (b.1 - a.1) * (x - a.0);
    let filled = side(corner);
    in_parts(canvas, |x, y| side((x, y)) * filled >= 0.0);
}

/// Fills those of the four triangles between the middle and the sides.
fn triangles(canvas: &mut Canvas, which: u8) {
    in_parts(canvas, |x, y| {
        // Below the line from the upper left to the lower right corner, and that of the others.
        let triangle = match (y >= x, x + y >= 1.0) {
            (true, false) => LEFT,
            (false, false) => UPPER,
            (false, true) => RIGHT,
            (true, true) => LOWER,
        };
        which & triangle != 0
    });
}

/// Draws a board of four squares in a row, of which those are filled that differ from `first`.
fn board(canvas: &mut Canvas, first: u32) {
    let part = |length: u32, n: u32, of: u32| (length * n * 2 + of) / (of * 2);
    for row in 0..8 {
        for column in (0..4).filter(|column| (column + row) % 2 == first) {
            let (left, right) = (
                part(canvas.width, column, 4),
                part(canvas.width, column + 1, 4),
            );
            let (top, bottom) = (part(canvas.height, row, 8), part(canvas.height, row + 1, 8));
            canvas.fill(left, top, right, bottom, 255);
        }
    }
}

/// Draws one of U+1FBA0 to U+1FBAE.
fn diagonals(canvas: &mut Canvas, c: char, stroke: u32) {
    let which = DIAGONALS.get((c as usize).wrapping_sub(0x1fba0));
    let which = which.copied().unwrap_or_default();
    let lines = SIDES.iter().enumerate();
    let lines = lines.filter(|(n, _)| which >> n & 1 == 1);
    strokes(canvas, lines.map(|(_, line)| *line), stroke);
}

/// Draws U+1FBD0 + `n`.
fn paths(canvas: &mut Canvas, n: usize, stroke: u32) {
    let path = PATHS.get(n).copied().unwrap_or_default();
    let point = |n: u8| (f32::from(n % 3) / 2.0, f32::from(n / 3) / 2.0);
    let lines = path.iter().zip(path.iter().skip(1));
    strokes(
        canvas,
        lines.map(|(from, to)| [point(*from), point(*to)]),
        stroke,
    );
}

fn strokes(canvas: &mut Canvas, lines: impl Iterator<Item = Line>, stroke: u32) {
    let (width, height) = (canvas.width as f32, canvas.height as f32);
    let half = stroke as f32 / 2.0;
    let lines: Vec<Line> = lines
        .map(|line| line.map(|(x, y)| (x * width, y * height)))
        .collect();
    canvas.inside(|x, y| {
        lines.iter().any(|[(ax, ay), (bx, by)]| {
            let (dx, dy) = (bx - ax, by - ay);
            // How far along the line the nearest point of it is.
            let along = ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy);
            let along = along.clamp(0.0, 1.0);
            (x - ax - along * dx).hypot(y - ay - along * dy) <= half
        })
    });
}

/// Draws what is inside the cell of a circle or disc around the middle of a side or around a corner. It is as wide as
/// a cell, so that those of neighbouring cells are one.
fn circle(canvas: &mut Canvas, c: char, stroke: u32) {
    let (width, height) = (canvas.width as f32, canvas.height as f32);
    let (x_part, y_part) = match c {
        '\u{1fbe0}' | '\u{1fbe8}' => (0.5, 0.0),
        '\u{1fbe1}' | '\u{1fbe9}' => (1.0, 0.5),
        '\u{1fbe2}' | '\u{1fbea}' => (0.5, 1.0),
        '\u{1fbe3}' | '\u{1fbeb}' => (0.0, 0.5),
        '\u{1fbec}' => (1.0, 0.0),
        '\u{1fbed}' => (0.0, 1.0),
        '\u{1fbee}' => (1.0, 1.0),
        _ => (0.0, 0.0),
    };
    let (middle_x, middle_y) = (width * x_part, height * y_part);
    let radius = width.min(height) / 2.0;
    let hole = if c < '\u{1fbe8}' {
        radius - stroke as f32
    } else {
        0.0
    };
    canvas.inside(|x, y| (hole..=radius).contains(&(x - middle_x).hypot(y - middle_y)));
}

#[cfg(test)]
mod tests {
    use super::super::canvas::Sprite;
    use super::*;

    /// Returns the coverage of every pixel.
    fn pixels(c: char) -> Vec<u8> {
        let mut canvas = Canvas::new(9, 20);
        draw(&mut canvas, c, 1);
        let sprite = Sprite::from(canvas);
        let mut pixels = vec![0; 9 * 20];
        let from = sprite.top as usize * 9;
        pixels[from..from + sprite.data.len()].copy_from_slice(&sprite.data);
        pixels
    }

    fn fill_each_other(a: char, b: char) {
        let (a, b) = (pixels(a), pixels(b));
        for (x, y) in a.iter().zip(&b) {
            let both = u16::from(*x) + u16::from(*y);
            // Points on the edge itself are of both.
            assert!((250..=330).contains(&both), "{both}");
        }
        assert_ne!(a, b);
    }

    #[test]
    fn every_wedge_has_another_that_fills_the_rest_of_its_cell() {
        for n in 0..22 {
            let [a, b] = [n, n + 22].map(|n| char::from_u32(0x1fb3c + n).unwrap());
            fill_each_other(a, b);
        }
    }

    #[test]
    fn triangles_boards_and_their_inverses_fill_a_cell() {
        for (a, b) in [
            ('\u{1fb68}', '\u{1fb6c}'),
            ('\u{1fb69}', '\u{1fb6d}'),
            ('\u{1fb6a}', '\u{1fb6e}'),
            ('\u{1fb6b}', '\u{1fb6f}'),
            ('\u{1fb95}', '\u{1fb96}'),
            ('\u{1fb9a}', '\u{1fb9b}'),
        ] {
            fill_each_other(a, b);
        }
    }

    #[test]
    fn negatives_are_what_their_lines_leave_of_a_cell() {
        let mut cross = Canvas::new(9, 20);
        boxes::draw(&mut cross, '╳', 1);
        let cross = Sprite::from(cross);
        let filled = |pixels: &[u8], lines: &[u8]| {
            let mut pairs = pixels.iter().zip(lines);
            pairs.all(|(pixel, line)| u16::from(*pixel) + u16::from(*line) == 255)
        };
        // It reaches from the first row to the last, so nothing of it was left out.
        assert_eq!((cross.top, cross.height), (0, 20));
        assert!(filled(&pixels('\u{1fbbd}'), &cross.data));
        for (negative, lines) in [('\u{1fbbe}', '\u{1fba3}'), ('\u{1fbbf}', '\u{1fbae}')] {
            assert!(filled(&pixels(negative), &pixels(lines)), "{negative}");
        }
    }

    /// Returns the pixels mirrored at the middle of the cell's height, or of its width.
    fn mirrored(c: char, upside_down: bool) -> Vec<u8> {
        let mut pixels = pixels(c);
        if upside_down {
            pixels.reverse();
        }
        // Both ways at once is to the side, upside down.
        pixels.chunks_exact_mut(9).for_each(<[u8]>::reverse);
        pixels
    }

    /// Says whether they differ by a few points of their edges at the most.
    fn alike(a: &[u8], b: &[u8]) -> bool {
        a.iter().zip(b).all(|(a, b)| a.abs_diff(*b) <= 12)
    }

    #[test]
    fn parts_of_circles_and_lines_are_mirrored_where_their_names_are() {
        for (upper, lower) in [
            ('\u{1fbe0}', '\u{1fbe2}'),
            ('\u{1fbe4}', '\u{1fbe5}'),
            ('\u{1fbe8}', '\u{1fbea}'),
            ('\u{1fbec}', '\u{1fbee}'),
            ('\u{1fbef}', '\u{1fbed}'),
            ('\u{1fbd0}', '\u{1fbd2}'),
            ('\u{1fbd8}', '\u{1fbda}'),
            ('\u{1fbdc}', '\u{1fbde}'),
        ] {
            assert!(
                alike(&mirrored(upper, true), &pixels(lower)),
                "{upper}{lower}"
            );
        }
        for (left, right) in [
            ('\u{1fbe3}', '\u{1fbe1}'),
            ('\u{1fbeb}', '\u{1fbe9}'),
            ('\u{1fbef}', '\u{1fbec}'),
            ('\u{1fbd1}', '\u{1fbd2}'),
            ('\u{1fbd4}', '\u{1fbd6}'),
            ('\u{1fbd9}', '\u{1fbdb}'),
            ('\u{1fbdd}', '\u{1fbdf}'),
        ] {
            assert!(
                alike(&mirrored(left, false), &pixels(right)),
                "{left}{right}"
            );
        }
    }

    #[test]
    fn a_circle_is_as_wide_as_a_cell_and_its_parts_join() {
        // The lower quarter of the left half is that in the corner above it, half a cell further down.
        let (half, quarter) = (pixels('\u{1fbe9}'), pixels('\u{1fbec}'));
        assert!(alike(&half[10 * 9..], &quarter[..10 * 9]));
        // Four quarters are a disc of four and a half pixels around.
        let area: u32 = quarter.iter().map(|value| u32::from(*value)).sum();
        let expected = std::f32::consts::PI * 4.5 * 4.5 / 4.0 * 255.0;
        assert!((area as f32 / expected - 1.0).abs() < 0.03, "{area}");
        // A circle covers the rim of the disc and not its middle.
        let (disc, ring) = (pixels('\u{1fbe8}'), pixels('\u{1fbe0}'));
        assert!(ring.iter().zip(&disc).all(|(ring, disc)| ring <= disc));
        assert_eq!((disc[4], ring[4]), (255, 0));
        assert!(ring[4 * 9 + 4] > 0);
    }

    #[test]
    fn thirds_are_a_third_of_a_cell_wide() {
        let covered = |c| pixels(c).iter().filter(|value| **value == 255).count();
        assert_eq!(covered('\u{1fbcf}'), 3 * 20);
        assert_eq!(covered('\u{1fbce}'), 6 * 20);
    }

    #[test]
    fn every_character_covers_something_and_none_looks_like_another() {
        let all = (0x1fb00..0x1fc00).filter_map(char::from_u32);
        let all: Vec<_> = all.filter(|c| has(*c)).collect();
        assert_eq!(all.len(), 52 + 7 + 28 + 3 + 24 + 8);
        let drawn: std::collections::BTreeSet<_> = all.iter().map(|c| pixels(*c)).collect();
        assert_eq!(drawn.len(), all.len());
        assert!(!drawn.contains(&vec![0; 9 * 20]));
    }
}
