//! Blocks, shades, braille, sextants, octants and eighths: parts of a cell that are filled.

use super::canvas::Canvas;

/// Returns the pixels of `part` of `parts` of a length; neighbouring parts meet.
pub(super) fn part(length: u32, part: u32, parts: u32) -> u32 {
    (length * part * 2 + parts) / (parts * 2)
}

/// Draws `c`, of U+2580 to U+259F.
pub(super) fn draw(canvas: &mut Canvas, c: char) {
    let (width, height) = (canvas.width, canvas.height);
    match c {
        '▀' => canvas.fill(0, 0, width, part(height, 4, 8), 255),
        '▁'..='█' => {
            let eighths = c as u32 - 0x2580;
            canvas.fill(0, part(height, 8 - eighths, 8), width, height, 255);
        }
        '▉'..='▏' => {
            let eighths = 0x2590 - c as u32;
            canvas.fill(0, 0, part(width, eighths, 8).max(1), height, 255);
        }
        '▐' => canvas.fill(part(width, 4, 8), 0, width, height, 255),
        '░' => canvas.fill(0, 0, width, height, 64),
        '▒' => canvas.fill(0, 0, width, height, 128),
        '▓' => canvas.fill(0, 0, width, height, 191),
        '▔' => canvas.fill(0, 0, width, part(height, 1, 8).max(1), 255),
        '▕' => canvas.fill(part(width, 7, 8).min(width - 1), 0, width, height, 255),
        _ => {
            // Upper left, upper right, lower left, lower right.
            let quarters = match c {
                '▖' => 0b0100,
                '▗' => 0b1000,
                '▘' => 0b0001,
                '▙' => 0b1101,
                '▚' => 0b1001,
                '▛' => 0b0111,
                '▜' => 0b1011,
                '▝' => 0b0010,
                '▞' => 0b0110,
                _ => 0b1110,
            };
            grid(canvas, 2, quarters);
        }
    }
}

/// Fills the parts of a grid of two columns that have their bit set, row by row.
fn grid(canvas: &mut Canvas, rows: u32, bits: u32) {
    for n in 0..rows * 2 {
        if bits >> n & 1 == 1 {
            let (column, row) = (n % 2, n / 2);
            canvas.fill(
                part(canvas.width, column, 2),
                part(canvas.height, row, rows),
                part(canvas.width, column + 1, 2),
                part(canvas.height, row + 1, rows),
                255,
            );
        }
    }
}

/// Draws U+1FB00 + `index`, up to U+1FB3B: all sextants that are not blocks already.
pub(super) fn sextants(canvas: &mut Canvas, index: u32) {
    // The left half (21) and the right half (42) stand among the blocks.
    let mut bits = index + 1;
    bits += u32::from(bits >= 21);
    bits += u32::from(bits >= 42);
    grid(canvas, 3, bits);
}

/// Patterns of two columns and four rows that other characters have: quarters, rows from the top or bottom, and
/// one or two neighbouring cells of a column.
const NO_OCTANTS: [u32; 26] = [
    0, 1, 2, 3, 5, 10, 15, 20, 40, 63, 64, 80, 85, 90, 95, 128, 160, 165, 170, 175, 192, 240, 245,
    250, 252, 255,
];

/// Draws U+1CD00 + `index`, up to U+1CDE5: all octants that are nothing else already, by their bits.
pub(super) fn octants(canvas: &mut Canvas, index: u32) {
    let mut bits = index;
    for no_octant in NO_OCTANTS {
        bits += u32::from(bits >= no_octant);
    }
    grid(canvas, 4, bits);
}

/// Draws the parts of a cell of two columns and four rows that have their bit set, row by row.
pub(super) fn eighth_blocks(canvas: &mut Canvas, bits: u32) {
    grid(canvas, 4, bits);
}

/// Draws U+1FB70 + `index`, up to U+1FB8B.
pub(super) fn eighths(canvas: &mut Canvas, index: u32) {
    let (width, height) = (canvas.width, canvas.height);
    let column = |n: u32| {
        (
            part(width, n, 8),
            part(width, n + 1, 8).max(part(width, n, 8) + 1),
        )
    };
    let row = |n: u32| {
        (
            part(height, n, 8),
            part(height, n + 1, 8).max(part(height, n, 8) + 1),
        )
    };
    let columns = |canvas: &mut Canvas, n| {
        let (from, to) = column(n);
        canvas.fill(from, 0, to, height, 255);
    };
    let rows = |canvas: &mut Canvas, n| {
        let (from, to) = row(n);
        canvas.fill(0, from, width, to, 255);
    };
    match index {
        0..=5 => columns(canvas, index + 1),
        6..=11 => rows(canvas, index - 5),
        12 => {
            columns(canvas, 0);
            rows(canvas, 7);
        }
        13 => {
            columns(canvas, 0);
            rows(canvas, 0);
        }
        14 => {
            columns(canvas, 7);
            rows(canvas, 0);
        }
        15 => {
            columns(canvas, 7);
            rows(canvas, 7);
        }
        16 => {
            rows(canvas, 0);
            rows(canvas, 7);
        }
        17 => [0, 2, 4, 7].into_iter().for_each(|n| rows(canvas, n)),
        18..=22 => {
            let n = [2, 3, 5, 6, 7][index as usize - 18];
            canvas.fill(0, 0, width, part(height, n, 8), 255);
        }
        _ => {
            let n = [2, 3, 5, 6, 7][(index as usize - 23).min(4)];
            canvas.fill(part(width, 8 - n, 8), 0, width, height, 255);
        }
    }
}

/// Draws the dots of braille pattern `bits`.
pub(super) fn braille(canvas: &mut Canvas, bits: u32) {
    // Where each bit's dot stands: column, row.
    const DOTS: [(u32, u32); 8] = [
        (0, 0),
        (0, 1),
        (0, 2),
        (1, 0),
        (1, 1),
        (1, 2),
        (0, 3),
        (1, 3),
    ];
    // Equal gaps over cells too, so that plots made of dots are even.
    let side = (canvas.width / 4).min(canvas.height / 8).max(1);
    let place = |n: u32, of: u32, length: u32| {
        let (from, to) = (part(length, n, of), part(length, n + 1, of));
        from + (to - from).saturating_sub(side) / 2
    };
    for (bit, (column, row)) in DOTS.into_iter().enumerate() {
        if bits >> bit & 1 == 1 {
            let x = place(column, 2, canvas.width);
            let y = place(row, 4, canvas.height);
            canvas.fill(x, y, x + side, y + side, 255);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::canvas::Sprite;
    use super::*;

    fn covered(draw: impl FnOnce(&mut Canvas)) -> (u32, Vec<bool>) {
        let mut canvas = Canvas::new(8, 24);
        draw(&mut canvas);
        let sprite = Sprite::from(canvas);
        let mut cells = vec![false; 8 * 24];
        for (n, value) in sprite.data.iter().enumerate() {
            cells[n + (sprite.top * 8) as usize] = *value > 0;
        }
        (cells.iter().filter(|c| **c).count() as u32, cells)
    }

    #[test]
    fn complementary_parts_fill_a_cell_exactly_once() {
        for (a, b) in [
            ('▀', '▄'),
            ('▌', '▐'),
            ('▚', '▞'),
            ('▛', '▗'),
            ('▙', '▝'),
            ('▜', '▖'),
        ] {
            let (_, a_cells) = covered(|canvas| draw(canvas, a));
            let (_, b_cells) = covered(|canvas| draw(canvas, b));
            assert!(a_cells.iter().zip(&b_cells).all(|(x, y)| x != y), "{a}{b}");
        }
    }

    #[test]
    fn sextants_run_through_all_patterns_but_the_halves() {
        let counts: Vec<u32> = (0..60)
            .map(|n| covered(|canvas| sextants(canvas, n)).0 / 32)
            .collect();
        // BLOCK SEXTANT-1, -2, -12, and the last: -23456.
        assert_eq!(counts[..3], [1, 1, 2]);
        assert_eq!(counts[59], 5);
        assert_eq!(counts.iter().sum::<u32>(), 6 * 32 - 3 - 3 - 6);
    }

    #[test]
    fn octants_run_through_all_patterns_that_no_other_character_has() {
        let bits = |n| {
            let (_, cells) = covered(|canvas| octants(canvas, n));
            (0..8).fold(0, |bits, part| {
                let (column, row) = (part % 2 * 4, part / 2 * 6);
                bits | u32::from(cells[row * 8 + column]) << part
            })
        };
        let all: Vec<u32> = (0..230).map(bits).collect();
        // BLOCK OCTANT-3, -23, -123, -4, -14 and the last: -2345678.
        assert_eq!(all[..5], [0b100, 0b110, 0b111, 0b1000, 0b1001]);
        assert_eq!(all[229], 0b1111_1110);
        let missing: Vec<u32> = (0..256).filter(|bits| !all.contains(bits)).collect();
        assert_eq!(missing, NO_OCTANTS);
    }

    #[test]
    fn braille_has_as_many_dots_as_bits() {
        for bits in 0..256_u32 {
            let (count, _) = covered(|canvas| braille(canvas, bits));
            assert_eq!(count, bits.count_ones() * 4);
        }
    }
}
