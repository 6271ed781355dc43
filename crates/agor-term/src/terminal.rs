//! A terminal: a parser and the state that its actions change. The folder has one file for each
//! kind of action.

mod checksum;
mod control;
mod csi;
mod dcs;
mod edit;
mod flood;
mod graphics;
pub(crate) mod keyboard;
mod mode;
mod moves;
pub(crate) mod osc;
mod pointer;
mod print;
mod rect;
mod report;
mod sixel;
mod sized;
mod styles;
mod tabs;
mod view;
mod window;
#[cfg(test)]
mod work;

use std::ops::Range;

use agor_proto::ids::{LineId, LinePosition, Size};
use agor_proto::limits;
use agor_proto::row::Mark;
use agor_proto::screen::{CursorShape, PointerShape};
use serde::{Deserialize, Serialize};

use crate::cell::Cell;
use crate::charset::Charsets;
use crate::color::{BaseColors, Palette};
use crate::effect::Effect;
use crate::grid::{Area, Counters, Grid};
use crate::history::{History, LeftPage};
use crate::images::{ImageFiles, Images, NoFiles};
use crate::modes::{Mode, ModeSet};
use crate::parser::{Actions, Parser, Sequence, StringEnd};
use crate::pen::Pen;
use crate::tables::Tables;
pub(crate) use keyboard::Keyboard;
pub(crate) use styles::KeptStyle;
pub(crate) use tabs::Tabs;
pub(crate) use window::Window;

/// How a terminal begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// The size; held within the limits.
    pub size: Size,
    /// Rows that are kept above the screen.
    pub scrollback_rows: usize,
    /// Whether what is more than that is handed out, to be kept elsewhere: see
    /// [`Terminal::take_pages`].
    pub hands_pages_out: bool,
    /// Whether programs may read and resize the window and read the screen, which only test suites
    /// need.
    pub conformance: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            size: Size::cells(80, 24),
            scrollback_rows: limits::HISTORY_ROWS,
            hands_pages_out: false,
            conformance: false,
        }
    }
}

/// The level of conformance at the beginning, which DA1 tells: a VT220's.
pub(crate) const LEVEL: u8 = 2;

/// A terminal without a window.
#[derive(Debug)]
pub struct Terminal {
    pub(crate) parser: Parser,
    pub(crate) state: State,
}

/// Where the next character goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    pub row: u16,
    pub col: u16,
    /// The last column was written: the next character wraps first.
    pub wrap_pending: bool,
}

/// What DECSC saves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SavedCursor {
    pub place: Place,
    pub style: agor_proto::row::Style,
    pub charsets: Charsets,
    pub origin: bool,
}

/// How the cursor looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CursorLook {
    pub shape: CursorShape,
}

/// A notification that comes in pieces (OSC 99).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PendingNotification {
    pub id: String,
    pub title: String,
    pub body: String,
}

/// Rows that left the history and are kept elsewhere.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Above {
    pub rows: usize,
    pub first_line: Option<LineId>,
}

/// Everything but the parser.
#[derive(Debug)]
pub(crate) struct State {
    pub size: Size,
    pub conformance: bool,
    /// The screen that is shown.
    pub grid: Grid,
    /// The screen that is not; the alternate one only once a program has used it.
    pub other: Option<Grid>,
    pub history: History,
    /// What stands above `history`, as whoever keeps it says; no part of the fold.
    pub above: Above,
    pub tables: Tables,
    pub counters: Counters,
    pub cursor: Place,
    pub pen: Pen,
    pub charsets: Charsets,
    /// DECSC of the primary and of the alternate screen.
    pub saved: [Option<SavedCursor>; 2],
    pub modes: ModeSet,
    /// XTSAVE.
    pub saved_modes: Vec<(u16, bool)>,
    pub margins: Area,
    pub tabs: Tabs,
    pub look: CursorLook,
    pub title: String,
    pub titles: Vec<String>,
    pub palette: Palette,
    pub base_colors: BaseColors,
    pub keyboards: [Keyboard; 2],
    pub modify_other_keys: u8,
    /// OSC 22, of each screen.
    pub pointers: [Vec<PointerShape>; 2],
    /// DECSCL: 1 for a VT100, up to 4 for a VT420.
    pub level: u8,
    /// DECSACE: DECCARA and DECRARA change a rectangle, not a stream of cells.
    pub changes_rectangles: bool,
    pub window: Window,
    /// The character that REP repeats.
    pub last_char: Option<char>,
    /// Whether the next character may join the last one.
    pub joinable: bool,
    /// XTPUSHSGR.
    pub styles: Vec<KeptStyle>,
    pub cwd: Option<(Option<String>, String)>,
    /// The machine that OSC 1337 named, on which further directories are.
    pub remote_host: Option<String>,
    /// The time of what is shown next, in milliseconds since 1970, as far as it was told.
    pub now_millis: Option<u64>,
    /// When the output of the command began that runs.
    pub command_began_millis: Option<u64>,
    pub notification: PendingNotification,
    pub images: Images,
    /// Room for replies in this call of [`Terminal::advance`].
    pub reply_room: usize,
    pub replies_dropped: u64,
    /// Changes with everything that a client sees and that is not a row.
    pub changes: u64,
}

impl Terminal {
    /// Returns a terminal with an empty screen.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self {
            parser: Parser::default(),
            state: State::new(options),
        }
    }

    /// Says when the bytes were written that come next, so that commands can be told how long they took. A
    /// terminal that is not told knows of none.
    pub fn set_time(&mut self, unix_millis: u64) {
        self.state.now_millis = Some(unix_millis);
    }

    /// Shows what a program wrote and adds what it asks for to `effects`, in order.
    pub fn advance(&mut self, bytes: &[u8], effects: &mut Vec<Effect>) {
        self.advance_with(bytes, effects, &mut NoFiles);
    }

    /// Does [`Terminal::advance`] for programs that may leave images in files: `files` reads them.
    pub fn advance_with(
        &mut self,
        bytes: &[u8],
        effects: &mut Vec<Effect>,
        files: &mut dyn ImageFiles,
    ) {
        self.state.counters.look();
        self.state.reply_room = limits::REPLY_QUEUE_MAX;
        self.parser.advance(
            bytes,
            &mut Performer {
                state: &mut self.state,
                effects,
                files,
                wrapped: false,
            },
        );
        self.state.changes += 1;
    }

    /// Gives the screen another size. Logical lines of the primary screen are wrapped anew; the
    /// alternate screen is cut, as its program draws it again.
    pub fn resize(&mut self, size: Size, effects: &mut Vec<Effect>) {
        self.state.reply_room = limits::REPLY_QUEUE_MAX;
        self.state.resize(size, effects);
    }

    /// Says from now on whether pages of history are handed out when they leave, as
    /// [`Options::hands_pages_out`] says it at the beginning.
    pub fn set_hands_pages_out(&mut self, hands_out: bool) {
        self.state.history.set_hands_out(hands_out);
    }

    /// Returns the pages that left the history since the last time; [`Terminal::set_above`] is to be
    /// told what they come to.
    pub fn take_pages(&mut self) -> Vec<LeftPage> {
        self.state.history.take_left(self.state.size.cols)
    }

    /// Returns the numbers of the pages that left and that the program did not clear since.
    #[must_use]
    pub fn pages_left(&self) -> Range<u64> {
        self.state.history.left()
    }

    /// Says how many rows at the present width the pages have that left, and which is the oldest
    /// logical line of them. Rows are numbered from there on.
    pub fn set_above(&mut self, rows: usize, first_line: Option<LineId>) {
        let above = Above { rows, first_line };
        if self.state.above != above {
            self.state.above = above;
            self.state.changes += 1;
        }
    }

    /// Says what the person's theme is, so that programs that ask are told. A program that asked
    /// to hear of changes between dark and light (mode 2031) hears of one.
    pub fn set_base_colors(&mut self, colors: BaseColors, effects: &mut Vec<Effect>) {
        let was_dark = self.state.base_colors.is_dark();
        self.state.base_colors = colors;
        self.state.reply_room = limits::REPLY_QUEUE_MAX;
        if self.state.modes.has(Mode::ColorSchemeReports) && was_dark != colors.is_dark() {
            self.state.report_color_scheme(effects);
        }
    }
}

impl State {
    pub(crate) fn new(options: Options) -> Self {
        let size = options.size.clamped();
        let mut counters = Counters::after(0, 0);
        let grid = Grid::new(size.cols, size.rows, &mut counters);
        Self {
            size,
            conformance: options.conformance,
            grid,
            other: None,
            history: History::new(options.scrollback_rows, options.hands_pages_out),
            above: Above::default(),
            tables: Tables::new(),
            counters,
            cursor: Place::default(),
            pen: Pen::default(),
            charsets: Charsets::default(),
            saved: [None; 2],
            modes: ModeSet::default(),
            saved_modes: Vec::new(),
            margins: Area {
                top: 0,
                bottom: size.rows,
                left: 0,
                right: size.cols,
            },
            tabs: Tabs::default(),
            look: CursorLook::default(),
            title: String::new(),
            titles: Vec::new(),
            palette: Palette::default(),
            base_colors: BaseColors::default(),
            keyboards: Default::default(),
            modify_other_keys: 0,
            pointers: Default::default(),
            level: LEVEL,
            changes_rectangles: false,
            window: Window::default(),
            last_char: None,
            joinable: false,
            styles: Vec::new(),
            cwd: None,
            remote_host: None,
            now_millis: None,
            command_began_millis: None,
            notification: PendingNotification::default(),
            images: Images::default(),
            reply_room: limits::REPLY_QUEUE_MAX,
            replies_dropped: 0,
            changes: 0,
        }
    }

    /// Says whether the alternate screen is shown.
    pub(crate) fn on_alt(&self) -> bool {
        self.modes.has(Mode::AltScreen)
    }

    /// Returns the index of the shown screen in what each screen has of its own.
    pub(crate) fn screen_index(&self) -> usize {
        usize::from(self.on_alt())
    }

    /// Makes room in the tables if they are full of what nobody shows any more.
    pub(crate) fn make_room(&mut self) {
        if !self.tables.wants_sweep() {
            return;
        }
        self.pen.forget_numbers();
        let mut used = self.tables.used();
        self.grid.mark_used(&mut used);
        if let Some(other) = &self.other {
            other.mark_used(&mut used);
        }
        used.mark(Cell(Cell::template(0, self.pen.link())));
        self.tables.sweep(&used);
    }

    /// Returns the bits of a cell that is printed now.
    #[inline]
    pub(crate) fn template(&mut self) -> u64 {
        if self.pen.is_new() {
            self.make_room();
        }
        self.pen.template(&mut self.tables)
    }

    /// Returns the cell that erasing leaves.
    #[inline]
    pub(crate) fn blank(&mut self) -> Cell {
        if self.pen.is_new() {
            self.make_room();
        }
        self.pen.blank(&mut self.tables)
    }

    /// Answers the program, unless it has asked too much at once.
    pub(crate) fn reply(&mut self, text: &str, effects: &mut Vec<Effect>) {
        match self.reply_room.checked_sub(text.len()) {
            Some(room) => {
                self.reply_room = room;
                effects.push(Effect::Reply(text.as_bytes().to_vec()));
            }
            None => self.replies_dropped += 1,
        }
    }

    /// Returns the cursor as a place in the text.
    pub(crate) fn line_position(&self) -> LinePosition {
        let meta = self.grid.meta(self.cursor.row);
        LinePosition {
            line: meta.line,
            column: meta.start + u32::from(self.cursor.col),
        }
    }

    /// Remembers a mark at the cursor.
    pub(crate) fn mark(&mut self, kind: agor_proto::row::MarkKind) -> LinePosition {
        let mark = Mark {
            cell: self.cursor.col,
            kind,
        };
        self.grid
            .add_mark(self.cursor.row, mark, &mut self.counters);
        self.line_position()
    }
}

/// Lets the parser act on the state.
struct Performer<'a> {
    state: &'a mut State,
    effects: &'a mut Vec<Effect>,
    files: &'a mut dyn ImageFiles,
    /// Whether what comes was wrapped for tmux.
    wrapped: bool,
}

impl Actions for Performer<'_> {
    #[inline]
    fn ascii(&mut self, run: &[u8]) {
        self.state.print_ascii(run);
    }

    #[inline]
    fn takes_lines(&self) -> Option<(usize, usize)> {
        self.state.takes_lines()
    }

    fn lines(&mut self, bytes: &[u8], count: usize) {
        self.state.print_lines(bytes, count);
    }

    #[inline]
    fn text(&mut self, bytes: &[u8]) -> usize {
        self.state.print_text(bytes)
    }

    #[inline]
    fn character(&mut self, c: char) {
        self.state.print(c);
    }

    fn control(&mut self, byte: u8) {
        self.state.control(byte, self.effects);
    }

    fn escape(&mut self, sequence: &Sequence) {
        self.state.escape(sequence, self.effects);
    }

    fn csi(&mut self, sequence: &Sequence) {
        self.state.csi(sequence, self.effects);
    }

    fn osc(&mut self, body: &[u8], end: StringEnd) {
        self.state.osc(body, end, self.effects);
    }

    fn dcs(&mut self, sequence: &Sequence, data: &[u8]) {
        self.state.dcs(sequence, data, self.effects);
    }

    fn apc(&mut self, body: &[u8]) {
        self.state.apc(body, self.files, self.effects);
    }

    fn passed(&mut self, body: &[u8]) {
        // What is wrapped twice was meant for a tmux around this terminal.
        if self.wrapped {
            return;
        }
        let mut inner = Performer {
            state: self.state,
            effects: self.effects,
            files: self.files,
            wrapped: true,
        };
        // A sequence that the wrapping cuts off is dropped with it.
        Parser::default().advance(body, &mut inner);
    }
}
