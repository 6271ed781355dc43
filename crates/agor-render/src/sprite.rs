//! Characters that are drawn here instead of by a font, so that they join without seams at every
//! size: boxes, blocks, braille, sextants, octants, wedges, circles, powerline; and the lines under text.

mod blocks;
mod boxes;
mod canvas;
mod legacy;
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
        '\u{1cd00}'..='\u{1cde5}' => blocks::octants(&mut canvas, c as u32 - 0x1cd00),
        '\u{1cea0}' => blocks::eighth_blocks(&mut canvas, 0b1000_0000),
        '\u{1cea3}' => blocks::eighth_blocks(&mut canvas, 0b0100_0000),
        '\u{1cea8}' => blocks::eighth_blocks(&mut canvas, 0b0000_0001),
        '\u{1ceab}' => blocks::eighth_blocks(&mut canvas, 0b0000_0010),
        '\u{1fbe6}' => blocks::eighth_blocks(&mut canvas, 0b0001_0100),
        '\u{1fbe7}' => blocks::eighth_blocks(&mut canvas, 0b0010_1000),
        c if legacy::has(c) => legacy::draw(&mut canvas, c, stroke),
        '\u{e0b0}'..='\u{e0bf}' => powerline::draw(&mut canvas, c, stroke),
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
