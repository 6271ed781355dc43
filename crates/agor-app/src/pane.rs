//! A pane: a session's screen with its header, and what the mouse does there. Keys never come by
//! here; see `keys/router.rs`.

pub mod bell;
pub mod blink;
pub mod canvas;
pub mod find;
mod find_bar;
pub mod geometry;
pub mod header;
pub mod hints;
mod hints_view;
pub mod images;
pub mod mouse;
pub mod overlays;
pub mod player;
mod preedit;
mod prompt_marks;
pub mod scroll;
pub mod scroll_bar;
pub mod selection;
mod spoken;
pub mod terminal;
pub mod vi;
pub mod view;

use std::time::Instant;

use agor_proto::ids::{InputSeq, LinePosition, Size};
use agor_render::PaneCache;

use crate::workspace::View;
use bell::BellSeen;
use find::Finder;
use hints::Hints;
use mouse::Pressed;
use player::Player;
use scroll::Scroll;
use scroll_bar::ScrollBar;
use selection::Selection;
use spoken::Spoken;
use vi::Vi;

/// What a window remembers of a pane from one frame to the next.
#[derive(Debug, Default)]
pub struct PaneState {
    /// What was made ready for the graphics card.
    pub cache: PaneCache,
    /// Where it looks.
    pub scroll: Scroll,
    /// The prompt to which it was led last, by key or by a mark of its scroll bar.
    pub prompt: Option<LinePosition>,
    /// What is selected.
    pub selection: Option<Selection>,
    /// What is looked for.
    pub finder: Option<Finder>,
    /// Letters over what can be picked up.
    pub hints: Option<Hints>,
    /// Selecting by keyboard, while it is on.
    pub vi: Option<Vi>,
    /// The last place that was shown.
    pub shown_end: Option<LinePosition>,
    /// The size that was asked for last.
    pub asked: Option<Size>,
    /// A button that went down in the pane and was not released.
    pub pressed: Option<Pressed>,
    /// The last click, for double and triple ones.
    pub clicked: Option<mouse::Clicked>,
    /// Parts of wheel notches that were not a whole one.
    pub wheel: f32,
    /// The cell that the program was last told the mouse is over.
    pub told_cell: Option<(u16, u16)>,
    /// When the pane was last typed into or its cursor moved, for blinking.
    pub lively: Option<Instant>,
    /// What was said of it aloud.
    pub spoken: Spoken,
    /// The cursor when that was seen.
    pub cursor_seen: Option<(u16, u16, InputSeq)>,
    /// Which frames of images that move it shows.
    pub player: Player,
    /// What was made ready of what an input method composes in it.
    pub preedit: PaneCache,
    /// What was seen of its bell.
    pub bell: BellSeen,
    /// Its scroll bar.
    pub bar: ScrollBar,
}

impl PaneState {
    /// Returns a pane's memory, in which it looks where it did when the window was closed.
    #[must_use]
    pub fn looking(view: Option<&View>) -> Self {
        let mut state = Self::default();
        if let Some(view) = view {
            if let Some(top) = view.top {
                state.scroll.go_to_as_top(top);
            }
            state.selection = view.selection;
        }
        state
    }

    /// Shows a place, with the cursor of keyboard selection on it if that is on.
    pub fn look_at(&mut self, place: LinePosition) {
        self.scroll.go_to(place);
        if let Some(vi) = &mut self.vi {
            vi.go_to(place);
        }
    }

    /// Ends selecting by keyboard; says whether a text is looked for that nobody else looks for.
    pub fn end_vi(&mut self) -> bool {
        self.vi = None;
        self.selection = None;
        self.scroll.release();
        self.finder
            .take_if(|finder| finder.origin.is_some())
            .is_some()
    }
}
