//! Where images stand. A screen owns the placements on it and, for the primary screen, in the history
//! above it. Each is anchored to a place of the text, so that scrolling and wrapping anew need no
//! care; functions that move or renumber rows say so here.

use agor_proto::ids::LinePosition;
use agor_proto::limits;
use serde::{Deserialize, Serialize};

use crate::grid::Grid;

/// An image on the screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Placed {
    /// [`super::Image::serial`].
    pub image: u64,
    /// The program's number for the placement; 0 is none.
    pub id: u32,
    /// The text's place in whose cell the corner stands.
    pub at: LinePosition,
    /// Pixels from that cell's corner.
    pub offset_px: (u16, u16),
    /// The same in thousandths of a cell.
    pub inset: (u32, u32),
    /// The part of the image that is shown: x, y, width, height.
    pub source: (u32, u32, u32, u32),
    /// Columns and rows that it covers.
    pub cells: (u16, u16),
    /// Width and height in thousandths of a cell.
    pub extent: (u32, u32),
    pub z: i32,
    /// It counts as text (sixel, inline files): erasing its rows removes it.
    pub is_text: bool,
}

impl Placed {
    /// Takes rows of cells away at the top; says whether anything is left.
    pub fn crop_top(&mut self, rows: u16) -> bool {
        if rows == 0 {
            return true;
        }
        if rows >= self.cells.1 {
            return false;
        }
        self.cells.1 -= rows;
        let gone = u32::from(rows) * 1000;
        let (_, y, _, height) = &mut self.source;
        let from_image = gone.saturating_sub(self.inset.1);
        self.inset.1 = self.inset.1.saturating_sub(gone);
        if from_image == 0 {
            return true;
        }
        self.offset_px.1 = 0;
        let cut = scaled(*height, from_image, self.extent.1);
        *y = y.saturating_add(cut);
        *height -= cut;
        self.extent.1 = self.extent.1.saturating_sub(from_image);
        *height > 0 && self.extent.1 > 0
    }

    /// Takes rows of cells away at the bottom until `rows` are left; says whether anything is left.
    pub fn crop_bottom(&mut self, rows: u16) -> bool {
        if rows >= self.cells.1 {
            return true;
        }
        self.cells.1 = rows;
        let kept = (u32::from(rows) * 1000).saturating_sub(self.inset.1);
        if kept < self.extent.1 {
            self.source.3 = scaled(self.source.3, kept, self.extent.1);
            self.extent.1 = kept;
        }
        rows > 0 && self.source.3 > 0 && self.extent.1 > 0
    }

    /// Says whether what was read from a checkpoint can be a placement.
    pub fn is_held(&self) -> bool {
        self.cells.0 <= limits::COLS_MAX
            && self.cells.1 <= limits::ROWS_MAX
            && self.cells.1 > 0
            && self.source.2 <= limits::IMAGE_SIDE_MAX
            && self.source.3 <= limits::IMAGE_SIDE_MAX
    }
}

/// Returns `value * part / whole`.
fn scaled(value: u32, part: u32, whole: u32) -> u32 {
    let scaled = u64::from(value) * u64::from(part) / u64::from(whole.max(1));
    u32::try_from(scaled).unwrap_or(u32::MAX).min(value)
}

/// A placement on the screen, and where it stood before rows moved.
struct Standing {
    index: usize,
    row: u16,
    col: u16,
}

/// What moves placements.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shift {
    /// Up within the region.
    Up(u16),
    /// Up within the region, and what leaves goes to the history with its lines.
    UpToHistory,
    /// Down within the region.
    Down(u16),
}

impl Grid {
    /// Returns a cell as a place of the text.
    pub fn place_at(&self, row: u16, col: u16) -> LinePosition {
        let meta = self.meta(row);
        LinePosition {
            line: meta.line,
            column: meta.start + u32::from(col),
        }
    }

    /// Returns the row and column of a place of the text, if it is on the screen.
    pub fn find_place(&self, at: LinePosition) -> Option<(u16, u16)> {
        let holds = |row: &u16| {
            let meta = self.meta(*row);
            meta.line == at.line && meta.start <= at.column
        };
        let row = (0..self.rows()).rev().find(holds)?;
        let col = at.column - self.meta(row).start;
        Some((row, u16::try_from(col).unwrap_or(u16::MAX)))
    }

    /// Returns the placements whose corner stands on a row, with their columns.
    pub(crate) fn placed_on(&self, row: u16) -> Vec<(usize, u16)> {
        let line = self.meta(row).line;
        let here = |(index, placed): (usize, &Placed)| {
            if placed.at.line != line {
                return None;
            }
            let (at, col) = self.find_place(placed.at)?;
            (at == row).then_some((index, col))
        };
        self.placed.iter().enumerate().filter_map(here).collect()
    }

    fn standing(&self) -> Vec<Standing> {
        let on_screen = |(index, placed): (usize, &Placed)| {
            let (row, col) = self.find_place(placed.at)?;
            Some(Standing { index, row, col })
        };
        self.placed
            .iter()
            .enumerate()
            .filter_map(on_screen)
            .collect()
    }

    /// Moves rows by `moving`, and with them the placements that lie between `top` and `bottom` as a
    /// whole; others stay where they are. What moves out of the region is cut off.
    pub(crate) fn shift_placed(
        &mut self,
        (top, bottom): (u16, u16),
        shift: Shift,
        moving: impl FnOnce(&mut Self),
    ) {
        if self.placed.is_empty() {
            return moving(self);
        }
        let before = self.standing();
        moving(self);
        let rows = self.rows();
        let mut gone = Vec::new();
        for Standing { index, row, col } in before {
            let placed = &mut self.placed[index];
            let end = u32::from(row) + u32::from(placed.cells.1);
            let inside = row >= top && (end <= bottom.into() || bottom == rows) && row < bottom;
            let (row, left) = match shift {
                _ if !inside => (row, true),
                Shift::UpToHistory => continue,
                Shift::Up(count) => match row.checked_sub(count).filter(|row| *row >= top) {
                    Some(row) => (row, true),
                    None => (top, placed.crop_top(top + count - row)),
                },
                Shift::Down(count) => {
                    let row = row.saturating_add(count);
                    let room = bottom.saturating_sub(row);
                    (
                        row,
                        room > 0 && (bottom == rows || placed.crop_bottom(room)),
                    )
                }
            };
            if !left || row >= rows {
                gone.push(index);
                continue;
            }
            let at = self.place_at(row, col);
            self.placed[index].at = at;
        }
        for index in gone.into_iter().rev() {
            self.placed.remove(index);
        }
    }

    /// Removes the placements that `which` chooses by their corner's row (below 0 above the screen) and
    /// column. `above` finds a place above the screen: how many rows, and its column there.
    pub(crate) fn remove_placed(
        &mut self,
        above: impl Fn(LinePosition) -> Option<(u32, u16)>,
        mut which: impl FnMut(&Placed, i64, u16) -> bool,
    ) {
        let mut placed = std::mem::take(&mut self.placed);
        placed.retain(|placed| match self.place_of(placed, &above) {
            Some((row, col)) => !which(placed, row, col),
            None => true,
        });
        self.placed = placed;
    }

    /// Returns the row, below 0 if it is above the screen, and column of a placement's corner.
    pub(crate) fn place_of(
        &self,
        placed: &Placed,
        above: impl Fn(LinePosition) -> Option<(u32, u16)>,
    ) -> Option<(i64, u16)> {
        if let Some((row, col)) = self.find_place(placed.at) {
            return Some((row.into(), col));
        }
        let (rows, col) = above(placed.at)?;
        Some((-i64::from(rows), col))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed() -> Placed {
        Placed {
            image: 1,
            id: 0,
            at: LinePosition {
                line: agor_proto::ids::LineId(1),
                column: 0,
            },
            offset_px: (0, 0),
            inset: (0, 0),
            source: (0, 10, 50, 90),
            cells: (5, 3),
            extent: (5000, 3000),
            z: 0,
            is_text: false,
        }
    }

    #[test]
    fn what_is_cut_off_shows_the_rest_at_the_same_scale() {
        let mut top = placed();
        assert!(top.crop_top(1));
        assert_eq!(top.source, (0, 40, 50, 60));
        assert_eq!((top.cells, top.extent), ((5, 2), (5000, 2000)));
        let mut bottom = placed();
        assert!(bottom.crop_bottom(1));
        assert_eq!(bottom.source, (0, 10, 50, 30));
        assert_eq!((bottom.cells, bottom.extent), ((5, 1), (5000, 1000)));
        assert!(!placed().crop_top(3));
        assert!(!placed().crop_bottom(0));
    }

    #[test]
    fn what_begins_within_its_cell_is_cut_later() {
        let mut inset = Placed {
            inset: (0, 500),
            extent: (5000, 2500),
            ..placed()
        };
        assert!(inset.crop_top(1));
        assert_eq!(inset.inset, (0, 0));
        assert_eq!(inset.extent, (5000, 2000));
        assert_eq!(inset.source, (0, 28, 50, 72));
    }
}
