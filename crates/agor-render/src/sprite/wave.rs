//! Lines under text that are not straight: a tile as wide as a cell, which repeats.

use super::canvas::{Canvas, Sprite};
use crate::font::{CellMetrics, Wave};

/// Returns the tile of `wave`.
pub(crate) fn wave(wave: Wave, metrics: &CellMetrics) -> Sprite {
    let (width, height) = (metrics.width_px, metrics.height_px);
    let line = metrics.underline;
    let mut canvas = Canvas::new(width, height);
    match wave {
        Wave::Curly => {
            // As high as there is room below the letters, and at least so high that it is not
            // taken for a straight line.
            let thickness = line.thickness_px as f32;
            let below = height.saturating_sub(line.top_px) as f32;
            let swing = ((below - thickness) / 2.0).min(width as f32 / 5.0).max(1.0);
            let middle = (line.top_px as f32 + thickness / 2.0 + swing * 0.5)
                .min(height as f32 - thickness / 2.0 - swing);
            let turn = std::f32::consts::TAU / width as f32;
            canvas.paint(|x, y| {
                let at = middle - swing * (x * turn).sin();
                let slope = swing * turn * (x * turn).cos();
                // The distance along the curve's normal, not straight down.
                let distance = (y - at).abs() / slope.hypot(1.0);
                thickness / 2.0 + 0.5 - distance
            });
        }
        Wave::Dotted => {
            let side = line.thickness_px;
            let count = (width / (2 * side)).max(1);
            let top = line.top_px.min(height.saturating_sub(side));
            for n in 0..count {
                let x = (width * n + count / 2) / count;
                canvas.fill(x, top, x + side, top + side, 255);
            }
        }
        Wave::Dashed => {
            let top = line.top_px;
            let (gap, bottom) = ((width / 3).max(1), top + line.thickness_px);
            // A dash goes over the seam of two cells, a gap stands in the middle of each.
            let first = (width - gap) / 2;
            canvas.fill(0, top, first, bottom, 255);
            canvas.fill(first + gap, top, width, bottom, 255);
        }
    }
    canvas.into()
}
