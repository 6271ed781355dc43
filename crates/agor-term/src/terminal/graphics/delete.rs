//! Deleting images (kitty graphics protocol, "Deleting images"), and what erasing does to them.

use crate::images::control::Control;
use crate::images::placed::Placed;
use crate::terminal::State;

impl State {
    /// Does `a=d`. A capital letter frees images that have no placement left.
    pub(super) fn delete_images(&mut self, control: &Control) {
        // What was being sent is not needed any more.
        self.images.pending = None;
        let what = control.letter(b'd', b'a');
        let frees = what.is_ascii_uppercase();
        let before: Vec<u64> = self.images.list.iter().map(|image| image.serial).collect();
        let placed_before: Vec<u64> = before
            .into_iter()
            .filter(|serial| frees && self.is_placed(*serial))
            .collect();
        let (x, y) = (i64::from(control.get(b'x')), i64::from(control.get(b'y')));
        let z = control.signed(b'z');
        let rows = i64::from(self.size.rows);
        let mut named = Vec::new();
        if what.eq_ignore_ascii_case(&b'f') {
            return self.delete_frame(control, frees);
        }
        match what.to_ascii_lowercase() {
            b'a' => self.remove_images(|_, row, _, height| row + height > 0 && row < rows),
            b'i' | b'n' => {
                let image = match what.to_ascii_lowercase() {
                    b'i' => self.images.by_id(control.id()),
                    _ => self.images.by_number(control.number()),
                };
                let Some(serial) = image.map(|image| image.serial) else {
                    return;
                };
                named.push(serial);
                self.remove_named(&[serial], control.placement());
            }
            b'r' => {
                let range = control.get(b'x')..=control.get(b'y');
                let images = self.images.list.iter();
                named.extend(
                    images
                        .filter(|image| image.id != 0 && range.contains(&image.id))
                        .map(|image| image.serial),
                );
                self.remove_named(&named, 0);
            }
            b'c' => {
                let (row, col) = (i64::from(self.cursor.row), i64::from(self.cursor.col));
                self.remove_images(|placed, at, left, _| covers(placed, at, left, row, col));
            }
            b'p' => {
                self.remove_images(|placed, at, left, _| covers(placed, at, left, y - 1, x - 1))
            }
            b'q' => self.remove_images(|placed, at, left, _| {
                placed.z == z && covers(placed, at, left, y - 1, x - 1)
            }),
            b'x' => self.remove_images(|placed, at, left, _| {
                covers_column(placed, left, x - 1) && at < rows
            }),
            b'y' => self.remove_images(|_, at, _, height| (at..at + height).contains(&(y - 1))),
            b'z' => self.remove_images(|placed, _, _, _| placed.z == z),
            _ => return,
        }
        if frees {
            let loose: Vec<u64> = placed_before
                .into_iter()
                .chain(named)
                .filter(|serial| !self.is_placed(*serial))
                .collect();
            loose
                .into_iter()
                .for_each(|serial| self.images.remove(serial));
        }
    }

    /// Removes the placements of the screen that `which` chooses, given the row (below 0 above the
    /// screen), the column and the height in rows.
    fn remove_images(&mut self, mut which: impl FnMut(&Placed, i64, u16, i64) -> bool) {
        if self.grid.placed.is_empty() {
            return;
        }
        let mut grid_placed = std::mem::take(&mut self.grid.placed);
        grid_placed.retain(|placed| {
            let place = self.grid.place_of(placed, |at| self.above(at));
            let height = i64::from(placed.cells.1);
            place.is_none_or(|(row, col)| !which(placed, row, col, height))
        });
        self.grid.placed = grid_placed;
    }

    /// Removes the placements of images, or the one of them that has the number `placement`.
    fn remove_named(&mut self, serials: &[u64], placement: u32) {
        let goes =
            |serial: u64, id: u32| serials.contains(&serial) && (placement == 0 || id == placement);
        self.grid.placed.retain(|it| !goes(it.image, it.id));
        if let Some(other) = &mut self.other {
            other.placed.retain(|it| !goes(it.image, it.id));
        }
        self.images.virtuals.retain(|it| !goes(it.image, it.id));
    }

    /// Removes all that stands on the shown screen (ED 2, resets).
    pub(in crate::terminal) fn clear_images(&mut self) {
        let rows = i64::from(self.size.rows);
        self.remove_images(|_, row, _, height| row + height > 0 && row < rows);
    }

    /// Removes what counts as text and lies within rows that were erased.
    pub(in crate::terminal) fn erase_images(&mut self, from: u16, to: u16) {
        let rows = i64::from(from)..=i64::from(to);
        let screen = i64::from(self.size.rows);
        self.remove_images(|placed, row, _, height| {
            placed.is_text && rows.contains(&row) && rows.contains(&(row + height).min(screen))
        });
    }

    /// Removes what stands above the screen as a whole (ED 3).
    pub(in crate::terminal) fn clear_history_images(&mut self) {
        self.remove_images(|_, row, _, height| row + height <= 0);
    }

    /// Forgets all images (RIS).
    pub(in crate::terminal) fn reset_images(&mut self) {
        self.clear_images();
        self.images.virtuals.clear();
        self.images.pending = None;
        self.images.multipart = None;
        let unused: Vec<u64> = self.images.list.iter().map(|image| image.serial).collect();
        for serial in unused {
            if !self.is_placed(serial) {
                self.images.remove(serial);
            }
        }
    }
}

fn covers_column(placed: &Placed, left: u16, col: i64) -> bool {
    let left = i64::from(left);
    (left..left + i64::from(placed.cells.0)).contains(&col)
}

fn covers(placed: &Placed, top: i64, left: u16, row: i64, col: i64) -> bool {
    (top..top + i64::from(placed.cells.1)).contains(&row) && covers_column(placed, left, col)
}
