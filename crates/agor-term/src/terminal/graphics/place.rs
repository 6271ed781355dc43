//! Placing images: how many cells they take, where the cursor goes, and what must go for them.

use agor_proto::ids::LinePosition;
use agor_proto::limits;

use crate::images::control::Control;
use crate::images::placed::Placed;
use crate::images::{ImageFault, Virtual};
use crate::terminal::State;

/// A cell's height and width in pixels where nobody knows it.
const CELL_PX: (u16, u16) = (20, 10);

/// What becomes of the cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::terminal) enum After {
    /// It stays, and nothing scrolls.
    Stay,
    /// It goes to the image's last row, right of the image.
    Beside,
    /// It goes to the image's last row, in the column where the image begins.
    Below,
}

/// How large an image is wanted.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::terminal) struct Want {
    /// Columns and rows; 0 follows from the other, or from the pixels.
    pub cells: (u32, u32),
    /// Pixels from the cell's corner.
    pub offset_px: (u32, u32),
}

/// How large an image is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::terminal) struct Extent {
    pub cells: (u16, u16),
    pub extent: (u32, u32),
    pub inset: (u32, u32),
    pub offset_px: (u16, u16),
}

impl State {
    /// Returns a cell's width and height in pixels, as programs are told or, if nobody knows, likely.
    pub(in crate::terminal) fn image_cell_px(&self) -> (u32, u32) {
        let size = self.size;
        let known = (size.width_px / size.cols, size.height_px / size.rows);
        match known {
            (0, _) | (_, 0) => (CELL_PX.1.into(), CELL_PX.0.into()),
            (width, height) => (width.into(), height.into()),
        }
    }

    /// Returns the cells that a part of an image of `width` and `height` pixels takes.
    pub(in crate::terminal) fn extent_of(&self, (width, height): (u32, u32), want: Want) -> Extent {
        let (cell_width, cell_height) = self.image_cell_px();
        let (width, height) = (u64::from(width.max(1)), u64::from(height.max(1)));
        let milli = |px: u64, cell: u32| px * 1000 / u64::from(cell);
        let cols = u64::from(want.cells.0.min(limits::COLS_MAX.into()));
        let rows = u64::from(want.cells.1.min(limits::ROWS_MAX.into()));
        let (across, down) = match (cols, rows) {
            (0, 0) => (milli(width, cell_width), milli(height, cell_height)),
            // The other side keeps the image's proportions.
            (cols, 0) => {
                let px = cols * u64::from(cell_width) * height / width;
                (cols * 1000, milli(px, cell_height))
            }
            (0, rows) => {
                let px = rows * u64::from(cell_height) * width / height;
                (milli(px, cell_width), rows * 1000)
            }
            (cols, rows) => (cols * 1000, rows * 1000),
        };
        let held = |px: u32, cell: u32| px.min(cell - 1) as u16;
        let offset_px = (
            held(want.offset_px.0, cell_width),
            held(want.offset_px.1, cell_height),
        );
        let inset = (
            milli(offset_px.0.into(), cell_width),
            milli(offset_px.1.into(), cell_height),
        );
        let cells = |inset: u64, extent: u64, most: u16| -> u16 {
            let cells = (inset + extent).div_ceil(1000).clamp(1, most.into());
            cells as u16
        };
        let most = |extent: u64, inset: u64, cells: u16| -> u32 {
            // What is beyond the last cell is not shown.
            extent.clamp(1, u64::from(cells) * 1000 - inset) as u32
        };
        let cells = (
            cells(inset.0, across, limits::COLS_MAX),
            cells(inset.1, down, limits::ROWS_MAX),
        );
        Extent {
            cells,
            extent: (most(across, inset.0, cells.0), most(down, inset.1, cells.1)),
            inset: (inset.0 as u32, inset.1 as u32),
            offset_px,
        }
    }

    /// Does `a=p`.
    pub(super) fn put_named(&mut self, control: &Control) -> Result<(), ImageFault> {
        let image = self.images.named(control).ok_or(ImageFault::Missing)?;
        self.put_image(image.serial, control)
    }

    /// Places an image as a command says.
    pub(super) fn put_image(&mut self, serial: u64, control: &Control) -> Result<(), ImageFault> {
        let image = self.images.by_serial(serial).ok_or(ImageFault::Missing)?;
        let (width, height) = image.key.pixels;
        let (x, y) = (control.get(b'x'), control.get(b'y'));
        if x >= width || y >= height {
            return Err(ImageFault::Invalid);
        }
        let part = |wanted: u32, room: u32| match wanted {
            0 => room,
            wanted => wanted.min(room),
        };
        let source = (
            x,
            y,
            part(control.get(b'w'), width - x),
            part(control.get(b'h'), height - y),
        );
        let want = Want {
            cells: (control.get(b'c'), control.get(b'r')),
            offset_px: (control.get(b'X'), control.get(b'Y')),
        };
        let size = self.extent_of((source.2, source.3), want);
        let (id, z) = (control.placement(), control.signed(b'z'));
        if control.get(b'U') == 1 {
            self.images
                .virtuals
                .retain(|it| it.image != serial || it.id != id);
            if self.images.virtuals.len() >= limits::SESSION_PLACEMENTS_MAX {
                self.images.virtuals.remove(0);
            }
            self.images.virtuals.push(Virtual {
                image: serial,
                id,
                source,
                cells: size.cells,
                z,
            });
            return Ok(());
        }
        let parent = match control.get(b'P') {
            0 => None,
            parent => Some(self.beside_parent(parent, control)?),
        };
        if id != 0 {
            self.grid
                .placed
                .retain(|placed| placed.image != serial || placed.id != id);
        }
        let placed = Placed {
            image: serial,
            id,
            at: self.line_position(),
            offset_px: size.offset_px,
            inset: size.inset,
            source,
            cells: size.cells,
            extent: size.extent,
            z,
            is_text: false,
        };
        match parent {
            Some((row, col)) => self.stand_at(placed, row, col),
            None if control.get(b'C') == 1 => self.stand(placed, After::Stay),
            None => self.stand(placed, After::Beside),
        }
        Ok(())
    }

    /// Returns the cell that a command names by its distance from another placement.
    fn beside_parent(&self, parent: u32, control: &Control) -> Result<(i64, i64), ImageFault> {
        let image = self.images.by_id(parent).ok_or(ImageFault::NoParent)?;
        let wanted = control.get(b'Q');
        let mut placed = self.grid.placed.iter().rev();
        let placed = placed
            .find(|placed| placed.image == image.serial && (wanted == 0 || placed.id == wanted));
        let place = placed.and_then(|placed| self.grid.place_of(placed, |at| self.above(at)));
        let (row, col) = place.ok_or(ImageFault::NoParent)?;
        Ok((
            row + i64::from(control.signed(b'V')),
            i64::from(col) + i64::from(control.signed(b'H')),
        ))
    }

    /// Places an image at a cell of the screen; one that begins above it is cut off there.
    fn stand_at(&mut self, mut placed: Placed, row: i64, col: i64) {
        let (rows, cols) = (i64::from(self.size.rows), i64::from(self.size.cols));
        let above = (-row).clamp(0, limits::ROWS_MAX.into()) as u16;
        if row >= rows || !(0..cols).contains(&col) || !placed.crop_top(above) {
            return;
        }
        placed.at = self.grid.place_at(row.max(0) as u16, col as u16);
        self.keep(placed);
    }

    /// Places an image at the cursor, scrolling to make room for it.
    pub(in crate::terminal) fn stand(&mut self, mut placed: Placed, after: After) {
        let (row, col) = (self.cursor.row, self.cursor.col);
        let below = placed.cells.1.saturating_sub(1);
        let cols = placed.cells.0;
        placed.at = self.grid.place_at(row, col);
        if after == After::Stay {
            return self.keep(placed);
        }
        let margins = self.margins;
        let whole = (margins.top, margins.bottom) == (0, self.size.rows);
        if whole && !self.on_alt() {
            // Its line takes it along into the history.
            self.keep(placed);
            (0..below).for_each(|_| self.index());
        } else {
            let scrolls = (margins.top..margins.bottom).contains(&row)
                && (margins.left..margins.right).contains(&col);
            (0..below).for_each(|_| self.index());
            let scrolled = match scrolls {
                true => (row + below).saturating_sub(self.cursor.row),
                false => 0,
            };
            let top = i32::from(row) - i32::from(scrolled);
            let cut = i32::from(margins.top) - top;
            let cut = if scrolls { cut.max(0) } else { 0 };
            if placed.crop_top(cut as u16) {
                placed.at = self.grid.place_at((top + cut).max(0) as u16, col);
                self.keep(placed);
            }
        }
        self.cursor.wrap_pending = false;
        self.cursor.col = match after {
            After::Beside => col.saturating_add(cols).min(self.right_edge() - 1),
            _ => col,
        };
    }

    /// Adds a placement; the oldest goes if there are too many.
    fn keep(&mut self, placed: Placed) {
        if placed.is_text {
            // What is drawn over another of the same kind replaces it.
            let place = self.grid.find_place(placed.at);
            self.grid.remove_placed(
                |_| None,
                |other, row, col| {
                    let covers = other.cells.0 <= placed.cells.0 && other.cells.1 <= placed.cells.1;
                    other.is_text
                        && covers
                        && place.is_some_and(|at| (i64::from(at.0), at.1) == (row, col))
                },
            );
        }
        self.grid.placed.push(placed);
        let count = |state: &Self| {
            let other = state.other.as_ref().map_or(0, |grid| grid.placed.len());
            state.grid.placed.len() + other
        };
        if count(self) > limits::SESSION_PLACEMENTS_MAX {
            self.drop_lost_placements();
        }
        while count(self) > limits::SESSION_PLACEMENTS_MAX {
            // Those of the other screen are older than the one that was added.
            let other = self.other.as_mut().map(|grid| &mut grid.placed);
            match other.filter(|placed| !placed.is_empty()) {
                Some(other) => drop(other.remove(0)),
                None => drop(self.grid.placed.remove(0)),
            }
        }
    }

    /// Returns how many rows above the screen a place is, and its column there.
    pub(in crate::terminal) fn above(&self, at: LinePosition) -> Option<(u32, u16)> {
        if self.on_alt() {
            return None;
        }
        self.in_history(at)
    }

    fn in_history(&self, at: LinePosition) -> Option<(u32, u16)> {
        let row = self.history.find(at)?;
        let start = self.history.rows_from(row, 1).first()?.start;
        let col = at.column.saturating_sub(start).min(u16::MAX.into());
        Some(((self.history.rows() - row) as u32, col as u16))
    }

    /// Forgets placements whose text is gone.
    pub(super) fn drop_lost_placements(&mut self) {
        let alt = self.on_alt();
        let (shown, other) = (&mut self.grid, &mut self.other);
        let grids = std::iter::once((shown, alt)).chain(other.as_mut().map(|grid| (grid, !alt)));
        for (grid, is_alt) in grids {
            let mut placed = std::mem::take(&mut grid.placed);
            placed.retain(|placed| {
                grid.find_place(placed.at).is_some()
                    || (!is_alt && self.history.find(placed.at).is_some())
            });
            grid.placed = placed;
        }
    }
}
