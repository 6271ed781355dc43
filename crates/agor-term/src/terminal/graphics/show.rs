//! Which images clients are to show, and where.

use agor_proto::ids::{BlobHash, LinePosition};
use agor_proto::limits::{UPDATE_FRAMES_MAX, UPDATE_PLACEMENTS_MAX};
use agor_proto::row::Row;
use agor_proto::screen::{Animation, Placement};

use crate::images::placeholder::{self, Stretch};
use crate::images::{Image, Virtual};
use crate::terminal::{State, Terminal};

impl Terminal {
    /// Returns the images on the screen, the lowest first; rows are the screen's.
    #[must_use]
    pub fn placements(&self) -> Vec<Placement> {
        let state = &self.state;
        if state.grid.placed.is_empty() && state.images.virtuals.is_empty() {
            return Vec::new();
        }
        let above = self.rows_len() - usize::from(state.size.rows);
        self.placements_from(above, state.size.rows.into())
    }

    /// Returns the images on up to `count` rows from the row `first` on, counted as
    /// [`Terminal::rows_from`] counts; the rows of the placements are counted from `first`.
    #[must_use]
    pub fn placements_from(&self, first: usize, count: usize) -> Vec<Placement> {
        let state = &self.state;
        if state.grid.placed.is_empty() && state.images.virtuals.is_empty() {
            return Vec::new();
        }
        let above = self.rows_len() - usize::from(state.size.rows);
        // The first of the rows, seen from the screen.
        let origin = first as i64 - above as i64;
        let end = origin.saturating_add(i64::try_from(count).unwrap_or(i64::MAX));
        let mut shown = state.standing_images(origin, end);
        if !state.images.virtuals.is_empty() {
            let rows = self.rows_from(first, count);
            shown.extend(state.images_of_placeholders(&rows));
        }
        shown.sort_by_key(|placement| placement.z);
        let surplus = shown.len().saturating_sub(UPDATE_PLACEMENTS_MAX);
        shown.drain(..surplus);
        shown
    }

    /// Returns the hashes of all images that the program may still place.
    #[must_use]
    pub fn image_hashes(&self) -> Vec<BlobHash> {
        let images = self.state.images.list.iter();
        let hashes = images.flat_map(|image| {
            let frames = image.frames.iter().flat_map(|frames| frames.hashes());
            std::iter::once(image.key.hash).chain(frames)
        });
        hashes.collect()
    }

    /// Returns those images that stand anywhere and could move.
    #[must_use]
    pub fn animations(&self) -> Vec<Animation> {
        let mut room = UPDATE_FRAMES_MAX;
        let images = self.state.images.list.iter();
        let moving = images.filter_map(|image| {
            let frames = image.frames.as_ref()?;
            let animation = frames.animation(image.serial as u32)?;
            room = room.checked_sub(animation.frames.len())?;
            self.state.is_placed(image.serial).then_some(animation)
        });
        moving.collect()
    }

    /// Returns how many images there are.
    #[must_use]
    pub fn images_len(&self) -> usize {
        self.state.images.list.len()
    }
}

impl State {
    fn standing_images(&self, origin: i64, end: i64) -> Vec<Placement> {
        let tallest = self
            .grid
            .placed
            .iter()
            .map(|it| i64::from(it.cells.1))
            .max();
        let tallest = tallest.unwrap_or(0);
        // Lines older than what can reach down to the first row need not be looked for.
        let oldest = usize::try_from(-origin + tallest).unwrap_or(0);
        let oldest = self.history.rows().saturating_sub(oldest);
        let oldest = self
            .history
            .rows_from(oldest, 1)
            .first()
            .map(|row| row.line);
        let mut shown = Vec::new();
        for placed in &self.grid.placed {
            let place = self.grid.place_of(placed, |at| {
                let near = oldest.is_some_and(|oldest| at.line >= oldest);
                near.then(|| self.above(at)).flatten()
            });
            let Some((row, col)) = place else {
                continue;
            };
            let Some(image) = self.images.by_serial(placed.image) else {
                continue;
            };
            if row >= end || row + i64::from(placed.cells.1) <= origin {
                continue;
            }
            shown.push(Placement {
                image: image.serial as u32,
                placement: placed.id,
                blob: image.shown(),
                pixels: image.key.pixels,
                source: placed.source,
                at: placed.at,
                offset_px: placed.offset_px,
                cells: placed.cells,
                z: placed.z,
                row: i32::try_from(row - origin).unwrap_or(i32::MIN),
                col,
                inset: placed.inset,
                extent: placed.extent,
            });
        }
        shown
    }

    /// Returns the images of which parts stand in place of placeholders.
    fn images_of_placeholders(&self, rows: &[Row]) -> Vec<Placement> {
        let mut blocks: Vec<(usize, u16, Stretch, LinePosition)> = Vec::new();
        for (at, row) in rows.iter().enumerate() {
            for stretch in placeholder::stretches(row) {
                // The next row of the same image below it makes one block with it.
                let room = blocks.len() < UPDATE_PLACEMENTS_MAX;
                let above = blocks.iter_mut().find(|(top, height, first, _)| {
                    let below = Stretch {
                        image_row: first.image_row + height,
                        ..*first
                    };
                    *top + usize::from(*height) == at && below == stretch
                });
                match above {
                    Some((_, height, _, _)) => *height += 1,
                    None if room => {
                        let column = row.start + u32::from(stretch.cell);
                        let line = row.line;
                        blocks.push((at, 1, stretch, LinePosition { line, column }));
                    }
                    None => {}
                }
            }
        }
        let shown = blocks.into_iter().filter_map(|(row, height, stretch, at)| {
            let image = self.images.by_id(stretch.image)?;
            let mut virtuals = self
                .images
                .virtuals
                .iter()
                .filter(|it| it.image == image.serial);
            let found = virtuals.find(|it| stretch.placement == 0 || it.id == stretch.placement)?;
            let part = self.part(image, found, (stretch, height), at)?;
            let row = i32::try_from(row).ok()?;
            Some(Placement { row, ..part })
        });
        shown.collect()
    }

    /// Returns the part of an image that `height` rows of placeholders show. The image is fitted into
    /// the cells of its placement, in the middle.
    fn part(
        &self,
        image: &Image,
        found: &Virtual,
        (stretch, height): (Stretch, u16),
        at: LinePosition,
    ) -> Option<Placement> {
        let (cell_width, cell_height) = self.image_cell_px();
        let (x, y, w, h) = found.source;
        let (w, h) = (f64::from(w), f64::from(h));
        let room = (
            f64::from(found.cells.0) * f64::from(cell_width),
            f64::from(found.cells.1) * f64::from(cell_height),
        );
        let scale = (room.0 / w).min(room.1 / h);
        let left = (room.0 - w * scale) / 2.0;
        let top = (room.1 - h * scale) / 2.0;
        // One side after the other: what of the image lies between the first and the last cell.
        let side = |first: u16, cells: u16, cell: u32, begin: f64, len: f64| {
            let from = f64::from(first) * f64::from(cell);
            let to = from + f64::from(cells) * f64::from(cell);
            let (low, high) = (from.max(begin), to.min(begin + len * scale));
            let inset = (low - from) / f64::from(cell) * 1000.0;
            let extent = (high - low) / f64::from(cell) * 1000.0;
            let source = ((low - begin) / scale, (high - low) / scale);
            (high > low).then_some((inset.round(), extent.round(), source))
        };
        let across = side(stretch.image_col, stretch.len, cell_width, left, w)?;
        let down = side(stretch.image_row, height, cell_height, top, h)?;
        let whole = |value: f64| value.round().max(0.0) as u32;
        Some(Placement {
            image: image.serial as u32,
            placement: found.id,
            blob: image.shown(),
            pixels: image.key.pixels,
            source: (
                x + whole(across.2.0),
                y + whole(down.2.0),
                whole(across.2.1).max(1),
                whole(down.2.1).max(1),
            ),
            at,
            offset_px: (0, 0),
            cells: (stretch.len, height),
            z: found.z,
            row: 0,
            col: stretch.cell,
            inset: (across.0 as u32, down.0 as u32),
            extent: (across.1 as u32, down.1 as u32),
        })
    }
}
