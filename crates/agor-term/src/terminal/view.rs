//! What a terminal shows, for those who draw, send or store it.

use agor_proto::ids::{LineId, LinePosition, Size};
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
        let first_line = state.history.first_line();
        History {
            rows: state.history.rows() as u32,
            first_line: first_line.unwrap_or_else(|| state.grid.meta(0).line),
        }
    }

    /// Returns up to `count` rows of history from the row `from_oldest` on, also while the
    /// alternate screen is shown.
    #[must_use]
    pub fn history_rows(&self, from_oldest: usize, count: usize) -> Vec<Row> {
        self.state.history.rows_from(from_oldest, count)
    }

    /// Returns how many rows history has, also while the alternate screen is shown.
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

    /// Returns the row of the screen or of history that holds a place of the text: rows of
    /// history first, then those of the screen.
    #[must_use]
    pub fn find_line(&self, line: LineId) -> Option<usize> {
        let history = self.state.history.rows();
        let on_screen = (0..self.state.size.rows).find(|at| self.state.grid.meta(*at).line == line);
        match on_screen {
            Some(at) if self.state.grid.meta(at).start == 0 => Some(history + usize::from(at)),
            on_screen => {
                let in_history = self.state.history.find_line(line);
                in_history.or_else(|| Some(history + usize::from(on_screen?)))
            }
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
