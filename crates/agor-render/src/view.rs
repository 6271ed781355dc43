//! What a caller says about a pane when it wants it drawn.

use std::ops::Range;
use std::sync::Arc;

use agor_proto::row::Row;
use agor_proto::screen::{CursorShape, PaletteEntry};

use crate::color::Colors;
use crate::image::ImageView;

/// A pane as it should look in this frame.
#[derive(Debug, Clone, Copy)]
pub struct PaneView<'a> {
    /// The rows from the top. One that stays the same allocation counts as unchanged, also where
    /// it moved.
    pub rows: &'a [Arc<Row>],
    /// How many columns the screen has; what a row has beyond them is not drawn.
    pub columns: u16,
    /// Where the pane's upper left corner stands in its viewport, in physical pixels.
    pub origin_px: [i32; 2],
    /// The pane's size in physical pixels: so much is filled with the background, and rows and
    /// columns beyond it are not built.
    pub size_px: [u32; 2],
    /// What may be drawn of it in its viewport, in physical pixels: left, top, right, bottom. `None` is all.
    pub clip_px: Option<[i32; 4]>,
    /// The cursor, if it is shown.
    pub cursor: Option<CursorView>,
    /// Cells that stand out. Where two overlap the later one counts.
    pub spans: &'a [Highlight],
    /// Images, the lowest of each layer first.
    pub images: &'a [ImageView],
    /// The theme.
    pub colors: &'a Colors,
    /// What the program changed of it.
    pub palette: &'a [PaletteEntry],
    /// Foreground and background change places (DECSCNM).
    pub reverse: bool,
    /// The pane steps back behind the focused one.
    pub dim: bool,
    /// Whether blinking text is shown at this moment.
    pub blink_on: bool,
}

/// A cursor and its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CursorView {
    /// The cell, from 0.
    pub col: u16,
    /// The row of [`PaneView::rows`].
    pub row: u16,
    /// Its form.
    pub shape: CursorShape,
    /// How it is shown.
    pub style: CursorStyle,
}

/// How a cursor is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum CursorStyle {
    /// As its shape says.
    #[default]
    Focused,
    /// As a frame around its cell, whatever its shape.
    Unfocused,
    /// Not, in the dark half of its blinking.
    BlinkedOff,
}

/// Cells of one row that stand out.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Highlight {
    /// The row of [`PaneView::rows`].
    pub row: u16,
    /// Its cells.
    pub cols: Range<u16>,
    /// Why.
    pub kind: HighlightKind,
}

/// Why cells stand out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HighlightKind {
    /// They are selected.
    Selection,
    /// The search found them.
    SearchHit,
    /// The search stands at them.
    SearchCurrent,
    /// They are the hyperlink under the pointer.
    HoveredLink,
    /// An input method is composing them.
    Preedit,
}
