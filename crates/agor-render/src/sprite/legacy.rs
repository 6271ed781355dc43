//! Symbols for legacy computing that are parts of a cell with slanted edges or half shaded: U+1FB3C to U+1FB6F
//! and U+1FB8C to U+1FBAE.

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
const SIDES: [[(f32, f32); 2]; 4] = [
    [(0.5, 0.0), (0.0, 0.5)],
    [(0.5, 0.0), (1.0, 0.5)],
    [(0.0, 0.5), (0.5, 1.0)],
    [(1.0, 0.5), (0.5, 1.0)],
];

const LEFT: u8 = 1;
const UPPER: u8 = 2;
const RIGHT: u8 = 4;
const LOWER: u8 = 8;

/// How much of a cell a medium shade covers; as much is left for its inverse.
const SHADE: u8 = 128;

/// Says whether this is a character of this module.
pub(super) fn has(c: char) -> bool {
    matches!(c, '\u{1fb3c}'..='\u{1fb6f}' | '\u{1fb8c}'..='\u{1fb92}' | '\u{1fb94}'..='\u{1fbae}')
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
        _ => {
            let lines = DIAGONALS.get((c as usize).wrapping_sub(0x1fba0));
            diagonals(canvas, lines.copied().unwrap_or_default(), stroke);
        }
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

fn diagonals(canvas: &mut Canvas, lines: u8, stroke: u32) {
    let (width, height) = (canvas.width as f32, canvas.height as f32);
    let half = stroke as f32 / 2.0;
    let lines = (0..4)
        .filter(|n| lines >> n & 1 == 1)
        .map(|n| SIDES[n].map(|(x, y)| (x * width, y * height)));
    let lines: Vec<_> = lines.collect();
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
    fn every_character_covers_something_and_none_looks_like_another() {
        let all = (0x1fb00..0x1fc00).filter_map(char::from_u32);
        let all: Vec<_> = all.filter(|c| has(*c)).collect();
        assert_eq!(all.len(), 52 + 7 + 27);
        let drawn: std::collections::BTreeSet<_> = all.iter().map(|c| pixels(*c)).collect();
        assert_eq!(drawn.len(), all.len());
        assert!(!drawn.contains(&vec![0; 9 * 20]));
    }
}
