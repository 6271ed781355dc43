//! The separators of powerline, U+E0B0 to U+E0BF: triangles, half discs and slants, full or as a line.

use super::canvas::Canvas;

/// Draws `c`.
pub(super) fn draw(canvas: &mut Canvas, c: char, stroke: u32) {
    let (width, height) = (canvas.width as f32, canvas.height as f32);
    let line = stroke as f32;
    let half = height / 2.0;
    let index = c as u32 - 0xe0b0;
    let to_left = index & 2 != 0;
    let outline = index & 1 != 0;
    if index >= 8 {
        return slant(canvas, index - 8, line);
    }
    let mirrored = move |x: f32| if to_left { width - x } else { x };
    if index < 4 {
        // How far a point is from the slanted side, and on which side of it.
        let slope = half.hypot(width);
        let distance = move |x: f32, y: f32| {
            let reach = width * (1.0 - (y - half).abs() / half);
            (mirrored(x) - reach) * half / slope
        };
        if outline {
            canvas.inside(|x, y| (-line..=0.0).contains(&distance(x, y)));
        } else {
            canvas.inside(|x, y| distance(x, y) <= 0.0);
        }
    } else {
        let radius = move |x: f32, y: f32| {
            let (u, v) = (mirrored(x) / width, (y - half) / half);
            u.hypot(v)
        };
        if outline {
            let inner = 1.0 - line / width.min(half);
            canvas.inside(|x, y| (inner..=1.0).contains(&radius(x, y)));
        } else {
            canvas.inside(|x, y| radius(x, y) <= 1.0);
        }
    }
}

/// Draws U+E0B8 + `index`: half a cell below or above a line between two corners, or the line.
fn slant(canvas: &mut Canvas, index: u32, line: f32) {
    let (width, height) = (canvas.width as f32, canvas.height as f32);
    let slope = width.hypot(height);
    // How far a point is below the line that falls to the right, or that rises.
    let falls = move |x: f32, y: f32| (y * width - x * height) / slope;
    let rises = move |x: f32, y: f32| (y * width - (width - x) * height) / slope;
    match index {
        0 => canvas.inside(|x, y| falls(x, y) >= 0.0),
        2 => canvas.inside(|x, y| rises(x, y) >= 0.0),
        4 => canvas.inside(|x, y| rises(x, y) <= 0.0),
        6 => canvas.inside(|x, y| falls(x, y) <= 0.0),
        1 | 7 => canvas.inside(|x, y| falls(x, y).abs() <= line / 2.0),
        _ => canvas.inside(|x, y| rises(x, y).abs() <= line / 2.0),
    }
}
