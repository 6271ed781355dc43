//! Points, pixels and cells of a pane. Cells are whole pixels, so that text is as crisp in every
//! pane as the font makes it.

use agor_proto::ids::Size;
use egui::{Pos2, Rect, Vec2};

use crate::theme::measure::PANE_PADDING;

/// Where a pane's terminal is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Geometry {
    /// The pane without its header, on whole pixels, in points.
    pub rect: Rect,
    /// Pixels in a point.
    pub scale: f32,
    /// Pixels from the rectangle's corner to the first cell.
    pub origin_px: [i32; 2],
    /// The rectangle's size.
    pub size_px: [u32; 2],
    /// A cell.
    pub cell_px: [u32; 2],
    /// The cells that fit.
    pub fits: Size,
}

impl Geometry {
    /// Returns the geometry of a pane in `rect` with cells of so many pixels.
    #[must_use]
    pub fn new(rect: Rect, scale: f32, cell_px: [u32; 2]) -> Self {
        let pixels = |points: f32| (points * scale).round();
        let min = Pos2::new(pixels(rect.min.x), pixels(rect.min.y));
        let max = Pos2::new(pixels(rect.max.x), pixels(rect.max.y));
        let size = (max - min).max(Vec2::splat(1.0));
        let padding = pixels(PANE_PADDING);
        let cell = cell_px.map(|pixels| pixels.max(1));
        let count = |pixels: f32, cell: u32| {
            let room = (pixels - 2.0 * padding).max(0.0);
            (room / cell as f32).floor() as u16
        };
        let (cols, rows) = (count(size.x, cell[0]), count(size.y, cell[1]));
        let fits = Size::cells(cols.max(2), rows.max(1));
        let text_px =
            |cells: u16, cell: u32| u16::try_from(u32::from(cells) * cell).unwrap_or(u16::MAX);
        Self {
            rect: Rect::from_min_max(
                (min.to_vec2() / scale).to_pos2(),
                (max.to_vec2() / scale).to_pos2(),
            ),
            scale,
            origin_px: [padding as i32, padding as i32],
            size_px: [size.x as u32, size.y as u32],
            cell_px: cell,
            fits: Size {
                width_px: text_px(fits.cols, cell[0]),
                height_px: text_px(fits.rows, cell[1]),
                ..fits
            },
        }
    }

    /// Returns the pixels that the terminal may cover: all right of and below its first cell.
    #[must_use]
    pub fn text_px(&self) -> [u32; 2] {
        let less = |size: u32, origin: i32| size.saturating_sub(origin.unsigned_abs()).max(1);
        [
            less(self.size_px[0], self.origin_px[0]),
            less(self.size_px[1], self.origin_px[1]),
        ]
    }

    /// Returns the rectangle of cells, in points.
    #[must_use]
    pub fn cells(&self, col: u16, row: u16, cols: u16, rows: u16) -> Rect {
        let at = |col: u16, row: u16| {
            let x = self.origin_px[0] as f32 + f32::from(col) * self.cell_px[0] as f32;
            let y = self.origin_px[1] as f32 + f32::from(row) * self.cell_px[1] as f32;
            self.rect.min + Vec2::new(x, y) / self.scale
        };
        Rect::from_min_max(
            at(col, row),
            at(col.saturating_add(cols), row.saturating_add(rows)),
        )
    }

    /// Returns the cell at a position, held to a screen's size, and which half of it.
    #[must_use]
    pub fn cell_at(&self, pos: Pos2, size: Size) -> Cell {
        let [x, y] = self.pixel_at(pos);
        let (width, height) = (self.cell_px[0] as f32, self.cell_px[1] as f32);
        let (col, row) = ((x / width).floor(), (y / height).floor());
        let hold = |at: f32, cells: u16| at.clamp(0.0, f32::from(cells.saturating_sub(1))) as u16;
        Cell {
            col: hold(col, size.cols),
            row: hold(row, size.rows),
            right_half: x - col * width >= width / 2.0 || col >= f32::from(size.cols),
            above: y < 0.0,
            below: y >= f32::from(size.rows) * height,
        }
    }

    /// Returns the pixel at a position, counted from the first cell's corner.
    #[must_use]
    pub fn pixel_at(&self, pos: Pos2) -> [f32; 2] {
        let at = (pos - self.rect.min) * self.scale;
        [
            at.x - self.origin_px[0] as f32,
            at.y - self.origin_px[1] as f32,
        ]
    }
}

/// A cell that a position is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    /// The column.
    pub col: u16,
    /// The row of what the pane shows.
    pub row: u16,
    /// Whether it is nearer to the next cell.
    pub right_half: bool,
    /// Whether the position is above the first row.
    pub above: bool,
    /// Whether it is below the last.
    pub below: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn geometry(scale: f32) -> Geometry {
        let rect = Rect::from_min_max(Pos2::new(10.3, 20.0), Pos2::new(500.0, 400.0));
        Geometry::new(rect, scale, [8, 17])
    }

    #[test]
    fn panes_lie_on_whole_pixels_and_hold_whole_cells() {
        for scale in [1.0, 1.25, 1.5, 2.0] {
            let geometry = geometry(scale);
            for side in [geometry.rect.min.x, geometry.rect.max.y] {
                let pixels = side * scale;
                assert!((pixels - pixels.round()).abs() < 1e-3, "{scale}: {pixels}");
            }
            let used = u32::from(geometry.fits.cols) * 8 + 2 * geometry.origin_px[0] as u32;
            assert!(used <= geometry.size_px[0] && used + 8 > geometry.size_px[0]);
        }
    }

    #[test]
    fn a_position_is_in_the_cell_that_is_drawn_there() {
        let geometry = geometry(1.5);
        let size = Size::cells(40, 10);
        let rect = geometry.cells(7, 3, 1, 1);
        let cell = geometry.cell_at(rect.center(), size);
        assert_eq!((cell.col, cell.row), (7, 3));
        let cell = geometry.cell_at(rect.min + Vec2::splat(0.1), size);
        assert_eq!((cell.col, cell.row, cell.right_half), (7, 3, false));
        let far = geometry.cell_at(Pos2::new(9_999.0, -5.0), size);
        assert_eq!((far.col, far.row, far.above), (39, 0, true));
        assert!(far.right_half);
    }

    #[test]
    fn a_pane_without_room_still_has_a_cell() {
        let rect = Rect::from_min_size(Pos2::ZERO, Vec2::splat(3.0));
        let geometry = Geometry::new(rect, 1.0, [0, 0]);
        assert_eq!((geometry.fits.cols, geometry.fits.rows), (2, 1));
    }
}
