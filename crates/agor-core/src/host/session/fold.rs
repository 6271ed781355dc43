//! The terminal as the output record folds to it. Live output, output that is read again after a
//! crash and output that is read from the store all go through here, so that they cannot differ.

use agor_proto::ids::{InputSeq, LineId, Offset, SessionId, Size};
use agor_proto::limits::BULK_CHUNK_MAX;
use agor_proto::record::{self, RawRecord, RecordBody};
use agor_proto::row::Row;
use agor_proto::screen::ScreenUpdate;
use agor_term::update::Viewer;
use agor_term::{Effect, Options, Terminal};

/// Output is folded in pieces of this size while somebody waits for a text, so that no row can
/// pass through screen and history between two looks.
const WATCHED_PIECE_BYTES: usize = 4 * 1024;

/// What a program that ended may have left switched on and its successor does not expect: a
/// sequence cut off, the alternate screen, mouse and focus reports, bracketed paste, a
/// synchronized update, keyboard modes, and what DECSTR resets.
const NEW_PROGRAM: &[u8] =
    b"\x18\x1b[?1049;1000;1002;1003;1004;1006;1015;1016;2004;2026l\x1b[<99u\x1b[!p\x1b[?25h";

/// How terminals are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TerminalOptions {
    /// Rows of history that are kept in memory.
    pub scrollback_rows: usize,
}

/// See the module.
#[derive(Debug)]
pub struct Fold {
    offset: Offset,
    terminal: Option<Terminal>,
    options: TerminalOptions,
}

/// What came of one record.
#[derive(Debug, Default)]
pub struct Folded {
    /// What the program asked for.
    pub effects: Vec<Effect>,
    /// The lines that showed up, if they were wanted.
    pub lines: Vec<String>,
}

impl Fold {
    /// Returns a fold that goes on at `offset`, without its terminal.
    pub fn new(offset: Offset, options: TerminalOptions) -> Self {
        Self {
            offset,
            terminal: None,
            options,
        }
    }

    /// Returns how far it is.
    pub fn offset(&self) -> Offset {
        self.offset
    }

    /// Goes on at `offset` though the records before it are not to be had.
    pub fn skip_to(&mut self, offset: Offset) {
        self.offset = offset;
    }

    /// Returns the terminal, if it is loaded.
    pub fn terminal(&self) -> Option<&Terminal> {
        self.terminal.as_ref()
    }

    /// Gives it the terminal of its offset.
    pub fn set_terminal(&mut self, terminal: Terminal) {
        self.terminal = Some(terminal);
    }

    /// Lets go of the terminal; the record has it.
    pub fn drop_terminal(&mut self) {
        self.terminal = None;
    }

    /// Makes the terminal of a session that has no record yet.
    pub fn begin(&mut self, size: Size) {
        self.terminal = Some(self.options.terminal(size));
    }

    /// Folds one record, which must begin at [`Fold::offset`].
    pub fn fold(&mut self, record: RawRecord<'_>, want_lines: bool) -> Folded {
        self.offset = record.end;
        match &mut self.terminal {
            Some(terminal) => apply(terminal, record, want_lines),
            None => Folded::default(),
        }
    }

    /// Returns the whole screen as an update against nothing; `None` without a terminal, or if the
    /// screen does not fit one update.
    pub fn whole_screen(&self, session: SessionId) -> Option<ScreenUpdate> {
        let mut viewer = Viewer::new();
        let update = viewer.update(self.terminal.as_ref()?, session, InputSeq(0), self.offset);
        update.filter(|_| !viewer.is_behind())
    }

    /// Returns the lines of the screen, wrapped ones joined.
    pub fn screen_lines(&self) -> Vec<String> {
        self.terminal
            .as_ref()
            .map_or_else(Vec::new, |terminal| lines(&screen(terminal)))
    }

    /// Returns the rows of history from the logical line `from` on, and those of the screen if
    /// they are wanted, in pieces that fit a frame.
    pub fn pages(&self, from: LineId, with_screen: bool) -> Vec<Vec<Row>> {
        let Some(terminal) = &self.terminal else {
            return Vec::new();
        };
        let mut pages: Vec<Vec<Row>> = Vec::new();
        let mut page_bytes = usize::MAX;
        for row in rows(terminal, from, with_screen) {
            let row_bytes = row.size_bytes_max();
            page_bytes = page_bytes.saturating_add(row_bytes);
            if page_bytes > BULK_CHUNK_MAX {
                pages.push(Vec::new());
                page_bytes = row_bytes;
            }
            if let Some(page) = pages.last_mut() {
                page.push(row);
            }
        }
        pages
    }
}

impl TerminalOptions {
    fn terminal(self, size: Size) -> Terminal {
        Terminal::new(Options {
            size,
            scrollback_rows: self.scrollback_rows,
            conformance: false,
        })
    }
}

/// Applies a record to a terminal.
fn apply(terminal: &mut Terminal, record: RawRecord<'_>, want_lines: bool) -> Folded {
    let mut folded = Folded::default();
    match record.kind {
        RawRecord::OUT | RawRecord::ERR if want_lines => {
            for piece in record.payload.chunks(WATCHED_PIECE_BYTES) {
                let top = terminal.row(0).line;
                terminal.advance(piece, &mut folded.effects);
                folded.lines.extend(lines(&rows(terminal, top, true)));
            }
        }
        RawRecord::OUT | RawRecord::ERR => terminal.advance(record.payload, &mut folded.effects),
        _ => apply_control(terminal, record, &mut folded.effects),
    }
    folded
}

/// Applies a record that is not output.
fn apply_control(terminal: &mut Terminal, record: RawRecord<'_>, effects: &mut Vec<Effect>) {
    match record.to_record().map(|record| record.body) {
        Ok(RecordBody::Resized(size)) => terminal.resize(size.clamped(), effects),
        Ok(RecordBody::Started { size, .. }) => {
            // The first record of a session is its first program's start.
            if record.offset != Offset(0) {
                terminal.advance(NEW_PROGRAM, effects);
                if terminal.cursor().col > 0 {
                    terminal.advance(b"\r\n", effects);
                }
            }
            terminal.resize(size.clamped(), effects);
        }
        _ => {}
    }
}

fn screen(terminal: &Terminal) -> Vec<Row> {
    (0..terminal.size().rows)
        .map(|at| terminal.row(at))
        .collect()
}

/// Returns the rows of history from the logical line `from` on, and those of the screen.
fn rows(terminal: &Terminal, from: LineId, with_screen: bool) -> Vec<Row> {
    const STEP: usize = 512;
    let total = terminal.history().rows as usize;
    // The newest rows first: what is asked for is mostly near the screen.
    let mut pieces = Vec::new();
    let mut end = total;
    while end > 0 {
        let start = end.saturating_sub(STEP);
        let mut piece = terminal.history_rows(start, end - start);
        let older = piece.iter().take_while(|row| row.line < from).count();
        piece.drain(..older);
        pieces.push(piece);
        if older > 0 {
            break;
        }
        end = start;
    }
    let mut all: Vec<Row> = pieces.into_iter().rev().flatten().collect();
    if with_screen {
        all.extend(screen(terminal));
    }
    all
}

fn lines(rows: &[Row]) -> Vec<String> {
    agor_term::text::plain(rows)
        .lines()
        .map(str::to_owned)
        .collect()
}

/// Folds stored records to the terminal that they left, with nobody to answer.
#[derive(Debug)]
pub struct Rebuild {
    offset: Offset,
    terminal: Terminal,
}

impl Rebuild {
    /// Begins with the terminal of a checkpoint at `offset`, or with an empty one of `size`.
    #[must_use]
    pub fn begin(
        offset: Offset,
        checkpoint: Option<Terminal>,
        size: Size,
        options: TerminalOptions,
    ) -> Self {
        Self {
            offset,
            terminal: checkpoint.unwrap_or_else(|| options.terminal(size)),
        }
    }

    /// Returns where the next records must begin.
    #[must_use]
    pub fn offset(&self) -> Offset {
        self.offset
    }

    /// Folds records that begin at [`Rebuild::offset`], up to the first that is damaged.
    pub fn feed(&mut self, bytes: &[u8]) {
        for record in record::records(bytes, self.offset).map_while(Result::ok) {
            apply(&mut self.terminal, record, false);
            self.offset = record.end;
        }
    }

    /// Goes on at `offset` though the records before it are not to be had.
    pub fn skip_to(&mut self, offset: Offset) {
        self.offset = offset;
    }

    /// Returns the terminal.
    #[must_use]
    pub fn finish(self) -> Terminal {
        self.terminal
    }
}
