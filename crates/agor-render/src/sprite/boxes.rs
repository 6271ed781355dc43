//! Box drawing, U+2500 to U+257F.
//!
//! Most of them are four arms from the middle, each missing, light, heavy or double.

use super::canvas::Canvas;

/// An arm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Arm {
    None,
    Light,
    Heavy,
    Double,
}

/// The arms of U+2500 on, four digits each: left, right, up, down; 0 none, 1 light, 2 heavy,
/// 3 double. Characters that are not made of arms have 0000.
const ARMS: [u16; 128] = [
    // ─ ━ │ ┃ and dashes
    0x1100, 0x2200, 0x0011, 0x0022, 0, 0, 0, 0, 0, 0, 0, 0, // 2500
    0x0101, 0x0201, 0x0102, 0x0202, // ┌
    0x1001, 0x2001, 0x1002, 0x2002, // ┐
    0x0110, 0x0210, 0x0120, 0x0220, // └
    0x1010, 0x2010, 0x1020, 0x2020, // ┘
    0x0111, 0x0211, 0x0121, 0x0112, 0x0122, 0x0221, 0x0212, 0x0222, // ├
    0x1011, 0x2011, 0x1021, 0x1012, 0x1022, 0x2021, 0x2012, 0x2022, // ┤
    0x1101, 0x2101, 0x1201, 0x2201, 0x1102, 0x2102, 0x1202, 0x2202, // ┬
    0x1110, 0x2110, 0x1210, 0x2210, 0x1120, 0x2120, 0x1220, 0x2220, // ┴
    0x1111, 0x2111, 0x1211, 0x2211, 0x1121, 0x1112, 0x1122, 0x2121, // ┼
    0x1221, 0x2112, 0x1212, 0x2221, 0x2212, 0x2122, 0x1222, 0x2222, // ╄
    0, 0, 0, 0, // dashes
    0x3300, 0x0033, 0x0301, 0x0103, 0x0303, 0x3001, 0x1003, 0x3003, // ═
    0x0310, 0x0130, 0x0330, 0x3010, 0x1030, 0x3030, 0x0311, 0x0133, // ╘
    0x0333, 0x3011, 0x1033, 0x3033, 0x3301, 0x1103, 0x3303, 0x3310, // ╠
    0x1130, 0x3330, 0x3311, 0x1133, 0x3333, // ╨
    0, 0, 0, 0, 0, 0, 0, // arcs, diagonals
    0x1000, 0x0010, 0x0100, 0x0001, 0x2000, 0x0020, 0x0200, 0x0002, // ╴
    0x1200, 0x0012, 0x2100, 0x0021, // ╼
];

/// Draws `c`, of U+2500 to U+257F.
pub(super) fn draw(canvas: &mut Canvas, c: char, stroke: u32) {
    match c {
        '┄' | '┅' | '┈' | '┉' | '╌' | '╍' => dashes(canvas, c, stroke, true),
        '┆' | '┇' | '┊' | '┋' | '╎' | '╏' => dashes(canvas, c, stroke, false),
        '╭' | '╮' | '╯' | '╰' => arc(canvas, c, stroke),
        '╱' => diagonal(canvas, stroke, true),
        '╲' => diagonal(canvas, stroke, false),
        '╳' => {
            diagonal(canvas, stroke, true);
            diagonal(canvas, stroke, false);
        }
        _ => {
            let code = ARMS
                .get((c as usize).wrapping_sub(0x2500))
                .copied()
                .unwrap_or_default();
            let arm = |shift: u16| match code >> shift & 0xf {
                1 => Arm::Light,
                2 => Arm::Heavy,
                3 => Arm::Double,
                _ => Arm::None,
            };
            Cross {
                stroke,
                x: start(canvas.width, stroke),
                y: start(canvas.height, stroke),
                left: arm(12),
                right: arm(8),
                up: arm(4),
                down: arm(0),
            }
            .draw(canvas);
        }
    }
}

/// Returns where a line of `stroke` in the middle of `length` begins.
fn start(length: u32, stroke: u32) -> u32 {
    length.saturating_sub(stroke) / 2
}

fn heavy(stroke: u32) -> u32 {
    stroke * 2
}

struct Cross {
    stroke: u32,
    /// Where the light vertical line begins.
    x: u32,
    /// Where the light horizontal line begins.
    y: u32,
    left: Arm,
    right: Arm,
    up: Arm,
    down: Arm,
}

impl Cross {
    fn draw(&self, canvas: &mut Canvas) {
        let (width, height) = (canvas.width, canvas.height);
        // A vertical arm is a horizontal one with the axes exchanged.
        let mut fill = |transposed: bool, from: u32, to: u32, at: u32, thickness: u32| {
            if transposed {
                canvas.fill(at, from, at + thickness, to, 255);
            } else {
                canvas.fill(from, at, to, at + thickness, 255);
            }
        };
        for transposed in [false, true] {
            let (length, across_length, middle, across) = if transposed {
                (height, width, self.y, self.x)
            } else {
                (width, height, self.x, self.y)
            };
            let (before, after, side_a, side_b) = if transposed {
                (self.up, self.down, self.left, self.right)
            } else {
                (self.left, self.right, self.up, self.down)
            };
            let axis = Axis {
                stroke: self.stroke,
                length,
                middle,
                side_a,
                side_b,
                through: before != Arm::None && after != Arm::None,
            };
            for (arm, first) in [(before, true), (after, false)] {
                match arm {
                    Arm::None => {}
                    Arm::Light | Arm::Heavy => {
                        let thickness = if arm == Arm::Heavy {
                            heavy(self.stroke)
                        } else {
                            self.stroke
                        };
                        let at = if arm == Arm::Heavy {
                            start(across_length, thickness)
                        } else {
                            across
                        };
                        let (from, to) = axis.single(first);
                        fill(transposed, from, to, at, thickness);
                    }
                    Arm::Double => {
                        // The line on the side of `side_a`, then that on the side of `side_b`.
                        let (from, to) = axis.double(first, side_a, side_b);
                        fill(
                            transposed,
                            from,
                            to,
                            across.saturating_sub(self.stroke),
                            self.stroke,
                        );
                        let (from, to) = axis.double(first, side_b, side_a);
                        fill(transposed, from, to, across + self.stroke, self.stroke);
                    }
                }
            }
        }
    }
}

/// One direction of a cross, seen along it.
struct Axis {
    stroke: u32,
    length: u32,
    /// Where the light line across begins.
    middle: u32,
    /// The arms across.
    side_a: Arm,
    side_b: Arm,
    /// There are arms on both ends.
    through: bool,
}

impl Axis {
    /// Returns from where to where a light or heavy arm goes.
    fn single(&self, first: bool) -> (u32, u32) {
        let doubles = [self.side_a, self.side_b]
            .iter()
            .filter(|arm| **arm == Arm::Double)
            .count();
        let heavies = [self.side_a, self.side_b].contains(&Arm::Heavy);
        let crossed = self.side_a != Arm::None || self.side_b != Arm::None;
        let (low, high) = match doubles {
            _ if !crossed => (self.length / 2, self.length / 2),
            0 if heavies => {
                let thickness = heavy(self.stroke);
                let low = start(self.length, thickness);
                (low, low + thickness)
            }
            0 => (self.middle, self.middle + self.stroke),
            // Through both lines.
            _ if self.through => (self.middle, self.middle + self.stroke),
            // A corner takes in the outer line, a side stops at the nearer one.
            1 => (
                self.middle.saturating_sub(self.stroke),
                self.middle + 2 * self.stroke,
            ),
            _ => (self.middle + self.stroke, self.middle),
        };
        if first { (0, high) } else { (low, self.length) }
    }

    /// Returns from where to where the line of a double arm goes that lies on the side of `near`.
    fn double(&self, first: bool, near: Arm, far: Arm) -> (u32, u32) {
        let (low, high) = if near == Arm::Double {
            (self.middle + self.stroke, self.middle)
        } else if far == Arm::Double {
            (
                self.middle.saturating_sub(self.stroke),
                self.middle + 2 * self.stroke,
            )
        } else if near == Arm::None && far == Arm::None {
            (self.length / 2, self.length / 2)
        } else {
            (self.middle, self.middle + self.stroke)
        };
        if first { (0, high) } else { (low, self.length) }
    }
}

fn dashes(canvas: &mut Canvas, c: char, stroke: u32, horizontal: bool) {
    let count = match c {
        '╌' | '╍' | '╎' | '╏' => 2,
        '┄' | '┅' | '┆' | '┇' => 3,
        _ => 4,
    };
    let thickness = if matches!(c, '┅' | '┇' | '┉' | '┋' | '╍' | '╏') {
        heavy(stroke)
    } else {
        stroke
    };
    let (length, across) = if horizontal {
        (canvas.width, canvas.height)
    } else {
        (canvas.height, canvas.width)
    };
    let at = start(across, thickness);
    for n in 0..count {
        // Half a gap on both sides, so that the gaps between cells are like those within.
        let (from, to) = (length * n / count, length * (n + 1) / count);
        let gap = ((to - from) / 3).max(1);
        let from = from + gap / 2;
        let to = (to - (gap - gap / 2)).max(from + 1);
        if horizontal {
            canvas.fill(from, at, to, at + thickness, 255);
        } else {
            canvas.fill(at, from, at + thickness, to, 255);
        }
    }
}

fn arc(canvas: &mut Canvas, c: char, stroke: u32) {
    let (right, down) = (matches!(c, '╭' | '╰'), matches!(c, '╭' | '╮'));
    let (x, y) = (start(canvas.width, stroke), start(canvas.height, stroke));
    let half = stroke as f32 / 2.0;
    let (middle_x, middle_y) = (x as f32 + half, y as f32 + half);
    let room = |toward: bool, middle: f32, length: u32| {
        if toward {
            length as f32 - middle
        } else {
            middle
        }
    };
    let radius = room(right, middle_x, canvas.width).min(room(down, middle_y, canvas.height));
    let center_x = if right {
        middle_x + radius
    } else {
        middle_x - radius
    };
    let center_y = if down {
        middle_y + radius
    } else {
        middle_y - radius
    };
    canvas.paint(|px, py| {
        let in_x = if right {
            px <= center_x
        } else {
            px >= center_x
        };
        let in_y = if down { py <= center_y } else { py >= center_y };
        if !in_x || !in_y {
            return 0.0;
        }
        let distance = (px - center_x).hypot(py - center_y) - radius;
        half + 0.5 - distance.abs()
    });
    // From where the arc ends to the cell's edges.
    let (cx, cy) = (center_x.round() as u32, center_y.round() as u32);
    if right {
        canvas.fill(cx, y, canvas.width, y + stroke, 255);
    } else {
        canvas.fill(0, y, cx, y + stroke, 255);
    }
    if down {
        canvas.fill(x, cy, x + stroke, canvas.height, 255);
    } else {
        canvas.fill(x, 0, x + stroke, cy, 255);
    }
}

fn diagonal(canvas: &mut Canvas, stroke: u32, rising: bool) {
    let (width, height) = (canvas.width as f32, canvas.height as f32);
    let length = width.hypot(height);
    let half = stroke as f32 / 2.0;
    canvas.paint(|x, y| {
        let y = if rising { height - y } else { y };
        half + 0.5 - ((x * height - y * width) / length).abs()
    });
}

#[cfg(test)]
mod tests {
    use super::super::canvas::Sprite;
    use super::*;

    /// Returns which pixels of each edge are covered: left, right, top, bottom.
    fn edges(c: char, width: u32, height: u32, stroke: u32) -> [Vec<u32>; 4] {
        let mut canvas = Canvas::new(width, height);
        draw(&mut canvas, c, stroke);
        // A frame would hide empty rows at the ends from the conversion.
        let sprite = Sprite::from(canvas);
        let covered = |x: u32, y: u32| {
            y.checked_sub(sprite.top)
                .and_then(|row| sprite.data.get((row * sprite.width + x) as usize))
                .is_some_and(|value| *value > 127)
                && sprite.width > 0
                && y < sprite.top + sprite.height
        };
        [
            (0..height).filter(|&y| covered(0, y)).collect(),
            (0..height).filter(|&y| covered(width - 1, y)).collect(),
            (0..width).filter(|&x| covered(x, 0)).collect(),
            (0..width).filter(|&x| covered(x, height - 1)).collect(),
        ]
    }

    #[test]
    fn arms_of_one_kind_meet_at_the_cells_edges() {
        for (width, height, stroke) in [
            (7, 15, 1),
            (8, 17, 1),
            (10, 20, 1),
            (17, 34, 2),
            (25, 51, 4),
        ] {
            let all = |c| edges(c, width, height, stroke);
            let [light_left, ..] = all('─');
            let [heavy_left, ..] = all('━');
            let [double_left, ..] = all('═');
            let [_, _, light_up, _] = all('│');
            let [_, _, heavy_up, _] = all('┃');
            let [_, _, double_up, _] = all('║');
            for (index, code) in ARMS.iter().enumerate() {
                if *code == 0 {
                    continue;
                }
                let c = char::from_u32(0x2500 + index as u32).unwrap();
                let found = all(c);
                for (edge, shift) in [(0, 12), (1, 8), (2, 4), (3, 0)] {
                    let expected = match (code >> shift & 0xf, edge < 2) {
                        (1, true) => &light_left,
                        (2, true) => &heavy_left,
                        (3, true) => &double_left,
                        (1, false) => &light_up,
                        (2, false) => &heavy_up,
                        (3, false) => &double_up,
                        _ => &Vec::new(),
                    };
                    assert_eq!(&found[edge], expected, "{c} {width}x{height} edge {edge}");
                }
            }
        }
    }

    #[test]
    fn arcs_meet_the_straight_lines() {
        for (width, height, stroke) in [(8, 17, 1), (9, 18, 1), (17, 34, 2)] {
            let [_, right, _, down] = edges('╭', width, height, stroke);
            assert_eq!(right, edges('─', width, height, stroke)[1]);
            assert_eq!(down, edges('│', width, height, stroke)[3]);
        }
    }
}
