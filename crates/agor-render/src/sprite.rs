//! Characters that are drawn here instead of by a font, so that they join without seams at every
//! size: boxes, blocks, braille, sextants, powerline; and the lines under text.

mod blocks;
mod boxes;
mod canvas;
mod powerline;
mod wave;

pub(crate) use canvas::Sprite;
pub(crate) use wave::wave;

use crate::font::CellMetrics;
use canvas::Canvas;

/// Returns the drawing of `c` in a cell of its own, if it is one of these characters.
pub(crate) fn character(c: char, metrics: &CellMetrics) -> Option<Sprite> {
    let mut canvas = Canvas::new(metrics.width_px, metrics.height_px);
    let stroke = metrics.stroke_px();
    match c {
        '\u{2500}'..='\u{257f}' => boxes::draw(&mut canvas, c, stroke),
        '\u{2580}'..='\u{259f}' => blocks::draw(&mut canvas, c),
        '\u{2800}'..='\u{28ff}' => blocks::braille(&mut canvas, c as u32 - 0x2800),
        '\u{1fb00}'..='\u{1fb3b}' => blocks::sextants(&mut canvas, c as u32 - 0x1fb00),
        '\u{1fb70}'..='\u{1fb8b}' => blocks::eighths(&mut canvas, c as u32 - 0x1fb70),
        '\u{e0b0}'..='\u{e0b7}' => powerline::draw(&mut canvas, c, stroke),
        _ => return None,
    }
    Some(canvas.into())
}

/// Returns what stands for a character that no font has: a frame over its cells.
pub(crate) fn missing(metrics: &CellMetrics, cells: u32) -> Sprite {
    let mut canvas = Canvas::new(metrics.width_px * cells, metrics.height_px);
    let (width, stroke) = (canvas.width, metrics.stroke_px());
    let margin = (metrics.width_px / 8).max(1);
    let bottom = metrics.baseline_px;
    let top = metrics.baseline_px - (metrics.baseline_px * 7 / 10).min(metrics.baseline_px);
    let (left, right) = (margin, width.saturating_sub(margin).max(margin + 1));
    canvas.fill(left, top, right, top + stroke, 255);
    canvas.fill(left, bottom.saturating_sub(stroke), right, bottom, 255);
    canvas.fill(left, top, left + stroke, bottom, 255);
    canvas.fill(right.saturating_sub(stroke), top, right, bottom, 255);
    canvas.into()
}
