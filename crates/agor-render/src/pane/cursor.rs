//! The backdrop and the cursor: instances of a pane that belong to no row, so that a moving or
//! blinking cursor rebuilds none.

use agor_proto::row::Row;
use agor_proto::screen::CursorShape;

use super::filled;
use crate::color::Rgb;
use crate::font::CellMetrics;
use crate::gpu::{Instance, Rect, Slot, instance};
use crate::view::{CursorStyle, CursorView};

/// Instances after the text.
pub(super) const OVERLAYS: u32 = 4;

/// What is drawn of them.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Drawn {
    pub backdrop: [Instance; 1],
    pub block: [Instance; 1],
    pub overlay: [Instance; OVERLAYS as usize],
}

impl Drawn {
    /// Returns what a pane without a cursor has; `pane` is its own slot.
    pub fn new(pane: Slot, background: Rgb) -> Self {
        // Rectangles of the pane's own slot are as large as it is.
        let rect = Rect {
            x: 0,
            y: 0,
            width: 1,
            height: 1,
        };
        Self {
            backdrop: [instance(pane, rect, background)],
            ..Self::default()
        }
    }

    pub fn is_block(&self) -> bool {
        self.block != Self::default().block
    }

    /// Draws a cursor over `cells` cells.
    pub fn draw(
        &mut self,
        slot: Slot,
        cell: u16,
        cells: u16,
        cursor: CursorView,
        color: Rgb,
        metrics: &CellMetrics,
    ) {
        let x = i32::from(cell) * metrics.width_px as i32;
        let (width, height) = (u32::from(cells) * metrics.width_px, metrics.height_px);
        let line = metrics.stroke_px();
        let thick = ((metrics.width_px as f32 * 0.2).round() as u32).max(line);
        match (cursor.style, cursor.shape) {
            (CursorStyle::BlinkedOff, _) => {}
            (CursorStyle::Unfocused, _) => {
                let right = x + (width.saturating_sub(line)) as i32;
                let inner = height.saturating_sub(2 * line);
                self.overlay = [
                    filled(slot, x, 0, width, line, color),
                    filled(slot, x, height.saturating_sub(line), width, line, color),
                    filled(slot, x, line, line, inner, color),
                    filled(slot, right, line, line, inner, color),
                ];
            }
            (CursorStyle::Focused, CursorShape::Block) => {
                self.block[0] = filled(slot, x, 0, width, height, color);
            }
            (CursorStyle::Focused, CursorShape::Underline) => {
                let top = height.saturating_sub(thick);
                self.overlay[0] = filled(slot, x, top, width, thick, color);
            }
            (CursorStyle::Focused, CursorShape::Bar) => {
                self.overlay[0] = filled(slot, x, 0, thick, height, color);
            }
        }
    }
}

/// Returns the first cell of what stands in `cell`, and how many it takes.
pub(super) fn cells(row: &Row, cell: u16) -> (u16, u16) {
    if row.shapes.is_empty() {
        return (cell, 1);
    }
    row.clusters()
        .take_while(|cluster| cluster.cell <= cell)
        .find(|cluster| cluster.cell + u16::from(cluster.width) > cell)
        .map_or((cell, 1), |cluster| {
            (cluster.cell, u16::from(cluster.width))
        })
}
