//! What a terminal shows, for those who draw, send or store it.

use agor_proto::ids::{LinePosition, Size};
use agor_proto::row::Row;
use agor_proto::screen::{Cursor, History, Modes, PaletteEntry};

use super::Terminal;
use crate::modes::Mode;

impl Terminal {
    /// Returns the size.
    #[must_use]
    pub fn size(&self) -> Size {
        self.state.size
    }

    /// Returns the cursor.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        let state = &self.state;
        Cursor {
            col: state.cursor.col,
            row: state.cursor.row,
            shape: state.look.shape,
            blinking: state.modes.has(Mode::CursorBlink),
            chosen: state.modes.has(Mode::CursorChosen),
            visible: state.modes.has(Mode::CursorVisible),
        }
    }

    /// Returns the cursor as a place in the text that outlives frames.
    #[must_use]
    pub fn cursor_position(&self) -> LinePosition {
        self.state.line_position()
    }

    /// Returns what the program switched on, as far as clients act on it.
    #[must_use]
    pub fn modes(&self) -> Modes {
        let state = &self.state;
        let mut modes = Modes::default();
        for (mode, shown) in [
            (Mode::AltScreen, Modes::ALT_SCREEN),
            (Mode::AlternateScroll, Modes::ALTERNATE_SCROLL),
            (Mode::Focus, Modes::FOCUS),
            (Mode::BracketedPaste, Modes::BRACKETED_PASTE),
            (Mode::ReverseScreen, Modes::REVERSE_SCREEN),
            (Mode::MousePixels, Modes::MOUSE_PIXELS),
        ] {
            modes.set(shown, state.modes.has(mode));
        }
        let motion = state.modes.has(Mode::MouseMotion);
        let drag = motion || state.modes.has(Mode::MouseDrag);
        modes.set(Modes::MOUSE_MOTION, motion);
        modes.set(Modes::MOUSE_DRAG, drag);
        modes.set(Modes::MOUSE_BUTTONS, state.modes.wants_mouse());
        let releases = self.keyboard_flags() & super::keyboard::EVENT_TYPES != 0;
        modes.set(Modes::KEY_RELEASES, releases);
        modes.set_pointer(state.pointer());
        modes
    }

    /// Returns the flags of kitty's keyboard protocol that the program set.
    #[must_use]
    pub fn keyboard_flags(&self) -> u8 {
        self.state.keyboards[self.state.screen_index()].flags()
    }

    /// Returns the title.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.state.title
    }

    /// Returns the colours that the program changed, in the order of their places.
    #[must_use]
    pub fn palette(&self) -> &[PaletteEntry] {
        self.state.palette.entries()
    }

    /// Returns the machine and the directory that the program named last (OSC 7).
    #[must_use]
    pub fn cwd(&self) -> Option<(Option<&str>, &str)> {
        let (host, path) = self.state.cwd.as_ref()?;
        Some((host.as_deref(), path))
    }

    /// Returns how much stands above the primary screen; nothing while the alternate is shown.
    #[must_use]
    pub fn history(&self) -> History {
        let state = &self.state;
        if state.on_alt() {
            return History {
                rows: 0,
                first_line: state.grid.meta(0).line,
            };
        }
        let above = state.above.first_line;
        let first_line = above.or_else(|| state.history.first_line());
        History {
            rows: u32::try_from(self.rows_above()).unwrap_or(u32::MAX),
            first_line: first_line.unwrap_or_else(|| state.grid.meta(0).line),
        }
    }

    /// Returns up to `count` rows of the history that did not leave from the row `from_oldest` of
    /// it on, also while the alternate screen is shown.
    #[must_use]
    pub fn history_rows(&self, from_oldest: usize, count: usize) -> Vec<Row> {
        self.state.history.rows_from(from_oldest, count)
    }

    /// Returns how many rows history has that did not leave, also while the alternate screen is
    /// shown.
    #[must_use]
    pub fn history_len(&self) -> usize {
        self.state.history.rows()
    }

    /// Returns a row of the screen; an empty one beyond it.
    #[must_use]
    pub fn row(&self, at: u16) -> Row {
        if at < self.state.size.rows {
            self.state.grid.row(at, &self.state.tables)
        } else {
            Row::default()
        }
    }

    /// Appends a row's text to `text`, without what else a row is; nothing beyond the screen.
    pub fn push_row_text(&self, at: u16, text: &mut String) {
        if at < self.state.size.rows {
            let state = &self.state;
            state.grid.push_row_text(at, &state.tables, text);
        }
    }

    /// Returns the stamp of a row: rows with equal stamps are equal, also at other places and
    /// other times of one terminal.
    #[must_use]
    pub fn row_rev(&self, at: u16) -> u64 {
        if at < self.state.size.rows {
            self.state.grid.meta(at).stamp
        } else {
            0
        }
    }

    /// Returns how many rows there are: those above the screen (none while the alternate is shown)
    /// and those of the screen.
    #[must_use]
    pub fn rows_len(&self) -> usize {
        self.rows_above() + usize::from(self.state.size.rows)
    }

    /// Returns how many rows left, as [`Terminal::set_above`] said, also while the alternate screen is
    /// shown.
    #[must_use]
    pub fn history_above(&self) -> usize {
        self.state.above.rows
    }

    /// Returns the number of the first row that is in here: how many rows left.
    #[must_use]
    pub fn first_row(&self) -> usize {
        if self.state.on_alt() {
            0
        } else {
            self.state.above.rows
        }
    }

    /// Returns up to `count` rows from the row `first` on, counted from the oldest above the screen
    /// and on into the screen; none if that one left. What it takes does not depend on how many rows
    /// there are.
    #[must_use]
    pub fn rows_from(&self, first: usize, count: usize) -> Vec<Row> {
        let Some(within) = first.checked_sub(self.first_row()) else {
            return Vec::new();
        };
        let above = self.rows_above();
        let mut rows = match above.checked_sub(first) {
            Some(left) => self.state.history.rows_from(within, count.min(left)),
            None => Vec::new(),
        };
        let from = first.saturating_sub(above);
        let to = from.saturating_add(count - rows.len());
        let to = to.min(self.state.size.rows.into());
        rows.extend((from..to).map(|at| self.row(at as u16)));
        rows
    }

    /// Returns the row that holds a place of the text, counted as [`Terminal::rows_from`] counts.
    /// Where that is gone, it is the first row that was made after it: the oldest in here if it left
    /// the history. A place after everything is the last row.
    #[must_use]
    pub fn row_of(&self, at: LinePosition) -> usize {
        let above = self.rows_above();
        let grid = &self.state.grid;
        let begins = |row: u16| {
            let meta = grid.meta(row);
            LinePosition {
                line: meta.line,
                column: meta.start,
            }
        };
        let holds = |row: &u16| begins(*row).line == at.line && begins(*row) <= at;
        let rows = 0..self.state.size.rows;
        if let Some(row) = rows.clone().rev().find(holds) {
            return above + usize::from(row);
        }
        if above > 0 {
            let history = &self.state.history;
            if let Some(row) = history.find(at).or_else(|| history.find_after(at)) {
                return self.first_row() + row;
            }
        }
        let after = rows.clone().find(|row| begins(*row) > at);
        above + usize::from(after.unwrap_or(rows.end - 1))
    }

    /// Says whether a place of the text is in a row that is in here.
    #[must_use]
    pub fn has_place(&self, at: LinePosition) -> bool {
        let rows = self.rows_from(self.row_of(at), 1);
        let row = rows.first();
        row.is_some_and(|row| row.line == at.line && row.start <= at.column)
    }

    fn rows_above(&self) -> usize {
        if self.state.on_alt() {
            0
        } else {
            self.state.above.rows + self.state.history.rows()
        }
    }

    /// Says whether a program is in the middle of an update that it wants shown as a whole
    /// (mode 2026). A host waits at most [`agor_proto::limits::SYNC_UPDATE_MILLIS`].
    #[must_use]
    pub fn sync_update_open(&self) -> bool {
        self.state.modes.has(Mode::SyncUpdate)
    }

    /// Says whether everything that came has been acted on: no sequence or character is half read.
    #[must_use]
    pub fn is_ground(&self) -> bool {
        self.parser.is_ground()
    }

    /// Returns how many answers were dropped because the program asked too much at once.
    #[must_use]
    pub fn replies_dropped(&self) -> u64 {
        self.state.replies_dropped
    }

    /// Returns the memory of the rows above the screen, in bytes.
    #[must_use]
    pub fn history_bytes(&self) -> usize {
        self.state.history.bytes()
    }
}
