//! A screen as a client mirrors it, and the updates that keep the mirror true.
//!
//! An update says what differs between two revisions. Links keep their order, so the base of an
//! update is the one that was sent before it; acknowledgements pace the sender and never change
//! what is sent.

mod animation;
mod pointer;

use std::sync::Arc;

pub use animation::{Animation, AnimationFrame, Play};
pub use pointer::PointerShape;
use serde::{Deserialize, Serialize};

use crate::ids::{BlobHash, InputSeq, LineId, LinePosition, Offset, ScreenRev, SessionId, Size};
use crate::row::Row;

/// What differs between the screen at `base` and at `rev`.
///
/// Applied in this order: size, `ops`, `rows`, everything else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScreenUpdate {
    /// Whose screen.
    pub session: SessionId,
    /// The revision that the mirror has afterwards.
    pub rev: ScreenRev,
    /// The revision that it must have before; 0 asks for nothing and describes the whole screen.
    pub base: ScreenRev,
    /// The size. If it is another than before, rows beyond it are dropped and new ones are empty.
    pub size: Size,
    /// Rows that moved.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ops: Vec<ScreenOp>,
    /// Rows that changed, by their place after `ops`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<ScreenRow>,
    /// The cursor.
    pub cursor: Cursor,
    /// What the program switched on.
    pub modes: Modes,
    /// The history above the screen.
    pub history: History,
    /// The title, if it changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// All colours that the program changed, if that set changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub palette: Option<Vec<PaletteEntry>>,
    /// All images on the screen, if one of them changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placements: Option<Vec<Placement>>,
    /// All images that move, if one of them changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub animations: Option<Vec<Animation>>,
    /// The last input of this client that the program had been given when the screen looked so.
    #[serde(default)]
    pub echo_ack: InputSeq,
    /// How far in the record the screen is.
    pub offset: Offset,
}

/// Rows that moved, without being sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScreenOp {
    /// The rows `top..bottom` move up by `by` (down if negative); rows that come in are empty.
    Scroll {
        /// The first row.
        top: u16,
        /// The row after the last.
        bottom: u16,
        /// How far up.
        by: i32,
    },
    /// Row `to` becomes what row `from` is.
    Copy {
        /// The row to read.
        from: u16,
        /// The row to write.
        to: u16,
    },
}

/// A row with its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScreenRow {
    /// Its place on the screen, from 0 at the top.
    pub at: u16,
    /// Its contents.
    pub row: Row,
}

/// The cursor.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The cell, from 0.
    pub col: u16,
    /// The row, from 0.
    pub row: u16,
    /// Its form.
    #[serde(default)]
    pub shape: CursorShape,
    /// Whether the program asked for blinking.
    #[serde(default)]
    pub blinking: bool,
    /// Whether form and blinking are the program's choice; else a person's may take their place.
    #[serde(default)]
    pub chosen: bool,
    /// Whether it is shown.
    #[serde(default)]
    pub visible: bool,
}

/// The forms of DECSCUSR.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum CursorShape {
    #[default]
    Block,
    Underline,
    Bar,
}

/// What a program switched on that a client shows or acts on. How input is encoded is the host's
/// business. Six bits from the sixteenth on are the number of a [`PointerShape`], or 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Modes(pub u32);

impl Modes {
    /// The alternate screen is shown; it has no history.
    pub const ALT_SCREEN: Self = Self(1);
    /// Mouse buttons go to the program (1000).
    pub const MOUSE_BUTTONS: Self = Self(1 << 1);
    /// So do drags (1002).
    pub const MOUSE_DRAG: Self = Self(1 << 2);
    /// So does every motion (1003).
    pub const MOUSE_MOTION: Self = Self(1 << 3);
    /// The wheel moves the cursor on the alternate screen (1007).
    pub const ALTERNATE_SCROLL: Self = Self(1 << 4);
    /// Focus goes to the program (1004).
    pub const FOCUS: Self = Self(1 << 5);
    /// Pastes are bracketed (2004).
    pub const BRACKETED_PASTE: Self = Self(1 << 6);
    /// Colours are reversed (DECSCNM).
    pub const REVERSE_SCREEN: Self = Self(1 << 7);
    /// The program wants key releases (kitty keyboard, flag 2).
    pub const KEY_RELEASES: Self = Self(1 << 8);
    /// Mouse positions go in pixels (1016).
    pub const MOUSE_PIXELS: Self = Self(1 << 9);

    /// Says whether all of `modes` are set.
    #[must_use]
    pub fn contains(self, modes: Self) -> bool {
        self.0 & modes.0 == modes.0
    }

    /// Sets or clears `modes`.
    pub fn set(&mut self, modes: Self, on: bool) {
        if on {
            self.0 |= modes.0;
        } else {
            self.0 &= !modes.0;
        }
    }
}

/// What stands above the screen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// Rows at the present width.
    pub rows: u32,
    /// The oldest logical line that can still be asked for.
    pub first_line: LineId,
}

/// A colour that a program changed (OSC 4, 10-12, 17, 19).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaletteEntry {
    /// Which colour.
    pub slot: PaletteSlot,
    /// Red, green, blue.
    pub rgb: (u8, u8, u8),
}

/// The colours that a program can change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum PaletteSlot {
    Indexed(u8),
    Foreground,
    Background,
    Cursor,
    SelectionBackground,
    SelectionForeground,
}

/// An image on the screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    /// The program's number for the image, unique within the session.
    pub image: u32,
    /// The program's number for this placement of it.
    pub placement: u32,
    /// The hash of what the image was made from. Its blob in the bulk lane is the pixels: RGBA, 8
    /// bits each, multiplied by their alpha, row by row.
    pub blob: BlobHash,
    /// The blob's width and height.
    pub pixels: (u32, u32),
    /// The part of the image that is shown: x, y, width, height in its pixels.
    pub source: (u32, u32, u32, u32),
    /// The cell in which its upper left corner stands.
    pub at: LinePosition,
    /// Pixels from that cell's corner.
    pub offset_px: (u16, u16),
    /// Columns and rows that it covers.
    pub cells: (u16, u16),
    /// Its layer: below 0 it lies under the text.
    pub z: i32,
    /// The row in which the corner stands, counted from the first row of the screen, or of the
    /// rows that came with it; below 0 if it is above that row.
    #[serde(default, skip_serializing_if = "is_default")]
    pub row: i32,
    /// The column of the corner on that row.
    #[serde(default, skip_serializing_if = "is_default")]
    pub col: u16,
    /// How far right and down of that cell's corner it begins, in thousandths of a cell.
    #[serde(default, skip_serializing_if = "is_default")]
    pub inset: (u32, u32),
    /// Its width and height in thousandths of a cell.
    #[serde(default, skip_serializing_if = "is_default")]
    pub extent: (u32, u32),
}

/// Says whether a field may be left out.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// A screen as a client holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mirror {
    /// The revision that it shows; 0 before the first update.
    pub rev: ScreenRev,
    /// Its size.
    pub size: Size,
    /// Its rows, as many as the size says. A row that moves stays the same allocation, so that
    /// whoever draws it knows it by its address.
    pub rows: Vec<Arc<Row>>,
    /// The cursor.
    pub cursor: Cursor,
    /// What the program switched on.
    pub modes: Modes,
    /// What stands above.
    pub history: History,
    /// The title.
    pub title: String,
    /// Colours that the program changed.
    pub palette: Vec<PaletteEntry>,
    /// Images.
    pub placements: Vec<Placement>,
    /// Those that move.
    pub animations: Vec<Animation>,
    /// The last input of this client that the program had been given.
    pub echo_ack: InputSeq,
    /// How far in the record the screen is.
    pub offset: Offset,
}

impl Default for Mirror {
    fn default() -> Self {
        Self {
            rev: ScreenRev(0),
            size: Size::cells(80, 24),
            rows: vec![Arc::default(); 24],
            cursor: Cursor::default(),
            modes: Modes::default(),
            history: History::default(),
            title: String::new(),
            palette: Vec::new(),
            placements: Vec::new(),
            animations: Vec::new(),
            echo_ack: InputSeq(0),
            offset: Offset(0),
        }
    }
}

/// An update that does not fit its mirror: the client asks for the whole screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an update from revision {base} came to a screen at revision {mirror}")]
pub struct Gap {
    /// The update's base.
    pub base: ScreenRev,
    /// What the mirror shows.
    pub mirror: ScreenRev,
}

impl Mirror {
    /// Makes the mirror show `update.rev`.
    ///
    /// Operations and rows outside the screen (a hostile host's) are ignored.
    ///
    /// # Errors
    /// [`Gap`], with the mirror unchanged, if the update is against another revision.
    pub fn apply(&mut self, update: ScreenUpdate) -> Result<(), Gap> {
        if update.base == ScreenRev(0) {
            self.rows.clear();
            self.title.clear();
            self.palette.clear();
            self.placements.clear();
            self.animations.clear();
        } else if update.base != self.rev {
            return Err(Gap {
                base: update.base,
                mirror: self.rev,
            });
        }
        self.size = update.size.clamped();
        self.rows
            .resize_with(usize::from(self.size.rows), Arc::default);
        for op in update.ops {
            self.move_rows(op);
        }
        for ScreenRow { at, row } in update.rows {
            if let Some(place) = self.rows.get_mut(usize::from(at)) {
                *place = Arc::new(row);
            }
        }
        self.rev = update.rev;
        self.cursor = update.cursor;
        self.modes = update.modes;
        self.history = update.history;
        self.echo_ack = update.echo_ack;
        self.offset = update.offset;
        if let Some(title) = update.title {
            self.title = title;
        }
        if let Some(palette) = update.palette {
            self.palette = palette;
        }
        if let Some(placements) = update.placements {
            self.placements = placements;
        }
        if let Some(animations) = update.animations {
            self.animations = animations;
        }
        Ok(())
    }

    fn move_rows(&mut self, op: ScreenOp) {
        match op {
            ScreenOp::Scroll { top, bottom, by } => {
                let Some(region) = self.rows.get_mut(usize::from(top)..usize::from(bottom)) else {
                    return;
                };
                let distance = (by.unsigned_abs() as usize).min(region.len());
                if by >= 0 {
                    region.rotate_left(distance);
                    let kept = region.len() - distance;
                    region[kept..].fill_with(Arc::default);
                } else {
                    region.rotate_right(distance);
                    region[..distance].fill_with(Arc::default);
                }
            }
            ScreenOp::Copy { from, to } => {
                let row = self.rows.get(usize::from(from)).cloned();
                if let (Some(row), Some(place)) = (row, self.rows.get_mut(usize::from(to))) {
                    *place = row;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn update(base: u64, rev: u64) -> ScreenUpdate {
        ScreenUpdate {
            session: SessionId::from_parts(1, [0; 10]),
            rev: ScreenRev(rev),
            base: ScreenRev(base),
            size: Size::cells(10, 3),
            ops: Vec::new(),
            rows: Vec::new(),
            cursor: Cursor::default(),
            modes: Modes::default(),
            history: History::default(),
            title: None,
            palette: None,
            placements: None,
            animations: None,
            echo_ack: InputSeq(0),
            offset: Offset(0),
        }
    }

    fn row(at: u16, text: &str) -> ScreenRow {
        ScreenRow {
            at,
            row: Row {
                text: text.into(),
                ..Row::default()
            },
        }
    }

    fn texts(mirror: &Mirror) -> Vec<&str> {
        mirror.rows.iter().map(|row| row.text.as_str()).collect()
    }

    #[test]
    fn rows_move_before_they_are_replaced() {
        let mut mirror = Mirror::default();
        mirror
            .apply(ScreenUpdate {
                rows: vec![row(0, "a"), row(1, "b"), row(2, "c")],
                ..update(0, 1)
            })
            .unwrap();
        let scroll = ScreenOp::Scroll {
            top: 0,
            bottom: 3,
            by: 1,
        };
        mirror
            .apply(ScreenUpdate {
                ops: vec![scroll],
                rows: vec![row(2, "d")],
                ..update(1, 2)
            })
            .unwrap();
        assert_eq!(texts(&mirror), ["b", "c", "d"]);
        let back = ScreenOp::Scroll {
            top: 1,
            bottom: 3,
            by: -1,
        };
        let copy = ScreenOp::Copy { from: 0, to: 1 };
        mirror
            .apply(ScreenUpdate {
                ops: vec![back, copy],
                ..update(2, 3)
            })
            .unwrap();
        assert_eq!(texts(&mirror), ["b", "b", "c"]);
    }

    #[test]
    fn an_update_against_another_revision_changes_nothing() {
        let mut mirror = Mirror::default();
        mirror
            .apply(ScreenUpdate {
                rows: vec![row(0, "a")],
                ..update(0, 1)
            })
            .unwrap();
        let before = mirror.clone();
        let late = ScreenUpdate {
            rows: vec![row(0, "x")],
            ..update(5, 6)
        };
        assert_eq!(
            mirror.apply(late),
            Err(Gap {
                base: ScreenRev(5),
                mirror: ScreenRev(1)
            })
        );
        assert_eq!(mirror, before);
    }

    #[test]
    fn hostile_operations_stay_on_the_screen() {
        let mut mirror = Mirror::default();
        let ops = vec![
            ScreenOp::Scroll {
                top: 2,
                bottom: 1,
                by: 1,
            },
            ScreenOp::Scroll {
                top: 0,
                bottom: 9,
                by: 1,
            },
            ScreenOp::Scroll {
                top: 0,
                bottom: 3,
                by: i32::MIN,
            },
            ScreenOp::Copy { from: 9, to: 0 },
        ];
        mirror
            .apply(ScreenUpdate {
                ops,
                rows: vec![row(9, "x")],
                ..update(0, 1)
            })
            .unwrap();
        assert_eq!(mirror.rows.len(), 3);
    }
}
