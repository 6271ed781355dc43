//! What a font's size makes of a cell: whole physical pixels.

use super::face::Face;

/// The pixels of a cell. All are physical and whole, so that cells have no seams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CellMetrics {
    /// Width.
    pub width_px: u32,
    /// Height.
    pub height_px: u32,
    /// From the cell's top to the line that letters stand on.
    pub baseline_px: u32,
    /// The underline.
    pub underline: LineMetrics,
    /// The line through a character.
    pub strikeout: LineMetrics,
}

/// A line in a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LineMetrics {
    /// From the cell's top to the line's.
    pub top_px: u32,
    /// Its thickness.
    pub thickness_px: u32,
}

/// A row is at most so high: an instance has nine bits for it.
const HEIGHT_MAX: f32 = 480.0;

impl CellMetrics {
    pub(crate) fn new(face: &Face, size_px: f32, line_height: f32) -> Self {
        let metrics = face.font().metrics(&face.coords).scale(size_px);
        let advance = face.advance(size_px, face.glyph('0'));
        let width = if advance > 0.0 {
            advance
        } else {
            size_px * 0.6
        };
        let width = width.round().clamp(1.0, HEIGHT_MAX);
        let height = (size_px * line_height).round().clamp(2.0, HEIGHT_MAX);

        // Centres the space between ascent and descent in the row; where the row is lower than
        // that, as much is cut off above as below.
        let (ascent, descent) = (metrics.ascent, metrics.descent.abs());
        let baseline = ((height - ascent - descent) / 2.0 + ascent).round();
        let baseline = baseline.clamp(1.0, height);

        // Fonts were drawn for print; on a screen lines thinner than this look faint.
        let stroke = metrics.stroke_size.max(size_px / 16.0);
        let thickness = stroke.round().clamp(1.0, (height / 4.0).max(1.0));
        // The font's own place, unless the row has no room for it there.
        let offset = if metrics.underline_offset < 0.0 {
            -metrics.underline_offset
        } else {
            size_px * 0.12
        };
        let under = (baseline + offset - stroke / 2.0).round();
        let under = under.min(height - thickness).max(0.0);
        let through = if metrics.x_height > 0.0 {
            metrics.x_height * 0.55
        } else {
            size_px * 0.3
        };
        let through = (baseline - through - thickness / 2.0).round().max(0.0);
        Self {
            width_px: width as u32,
            height_px: height as u32,
            baseline_px: baseline as u32,
            underline: LineMetrics {
                top_px: under as u32,
                thickness_px: thickness as u32,
            },
            strikeout: LineMetrics {
                top_px: through as u32,
                thickness_px: thickness as u32,
            },
        }
    }

    /// Returns the thickness of light lines: cursors, boxes and the like.
    pub(crate) fn stroke_px(&self) -> u32 {
        ((self.height_px + 8) / 16).max(1)
    }
}
