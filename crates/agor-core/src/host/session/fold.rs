//! The terminal as the output record folds to it. Live output, output that is read again after a
//! crash and output that is read from the store all go through here, so that they cannot differ.

use std::sync::Arc;

use agor_proto::ids::{LineId, Offset, Size};
use agor_proto::limits::{BULK_CHUNK_MAX, HISTORY_ROWS};
use agor_proto::record::{self, RawRecord, RecordBody};
use agor_proto::row::Row;
use agor_term::{Effect, ImageFiles, ImageSource, LeftPage, Options, Terminal};

/// Output is folded in pieces of this size while somebody waits for a text, so that no row can
/// pass through screen and history between two looks.
const WATCHED_PIECE_BYTES: usize = 4 * 1024;

/// Of a line that does not end, so much before the newest rows is looked at again, so that a text is
/// found that is longer than a piece. Looking at all of it each time took time by the square of its
/// length.
const WATCHED_LINE_BYTES: usize = 16 * 1024;

/// What a program that ended may have left switched on and its successor does not expect: a
/// sequence cut off, the alternate screen, mouse and focus reports, bracketed paste, a
/// synchronized update, keyboard modes, what DECSTR resets, and its title: the next one's own may be the same.
const NEW_PROGRAM: &[u8] =
    b"\x18\x1b[?1049;1000;1002;1003;1004;1006;1015;1016;2004;2026l\x1b[<99u\x1b[!p\x1b[?25h\x1b]2;\x07";

/// How terminals are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TerminalOptions {
    /// Rows of history that are kept, in memory and in pages on disk.
    pub scrollback_rows: usize,
}

/// See the module.
#[derive(Debug)]
pub struct Fold {
    offset: Offset,
    terminal: Option<Terminal>,
    /// Terminals that it has had.
    terminals: u64,
    options: TerminalOptions,
}

#[cfg(test)]
impl Clone for Fold {
    /// A model's session has no terminal: what a program shows decides nothing there.
    fn clone(&self) -> Self {
        assert!(self.terminal.is_none(), "a terminal is not copied");
        Self {
            offset: self.offset,
            terminal: None,
            terminals: self.terminals,
            options: self.options,
        }
    }
}

/// What came of one record.
#[derive(Debug, Default)]
pub struct Folded {
    /// What the program asked for.
    pub effects: Vec<Effect>,
    /// The lines that showed up, if they were wanted.
    pub lines: Vec<Line>,
}

/// A logical line of a screen and what scrolled off it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its text, or the end of it.
    pub text: String,
    /// Whether the line begins before the text.
    pub cut: bool,
}

impl Fold {
    /// Returns a fold that goes on at `offset`, without its terminal.
    pub fn new(offset: Offset, options: TerminalOptions) -> Self {
        Self {
            offset,
            terminal: None,
            terminals: 0,
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

    /// Returns the number of its terminal: the stamps of rows are those of one terminal alone.
    pub fn terminal_number(&self) -> u64 {
        self.terminals
    }

    /// Gives it the terminal of its offset.
    pub fn set_terminal(&mut self, terminal: Terminal) {
        self.terminal = Some(terminal);
        self.terminals += 1;
    }

    /// Lets go of the terminal; the record has it.
    pub fn drop_terminal(&mut self) {
        self.terminal = None;
    }

    /// Makes the terminal of a session that has no record yet.
    pub fn begin(&mut self, size: Size) {
        self.set_terminal(self.options.terminal(size));
    }

    /// Folds one record, which must begin at [`Fold::offset`].
    pub fn fold(
        &mut self,
        record: RawRecord<'_>,
        want_lines: bool,
        files: &mut dyn ImageFiles,
    ) -> Folded {
        self.offset = record.end;
        match &mut self.terminal {
            Some(terminal) => apply(terminal, record, want_lines, files),
            None => Folded::default(),
        }
    }

    /// Returns the lines of the screen, wrapped ones joined.
    pub fn screen_lines(&self) -> Vec<Line> {
        let lines = self
            .terminal
            .as_ref()
            .map_or_else(Vec::new, |terminal| lines(&screen(terminal)));
        let whole = |text| Line { text, cut: false };
        lines.into_iter().map(whole).collect()
    }

    /// Returns the rows of history from the logical line `from` on, and those of the screen if
    /// they are wanted, in pieces that fit a frame.
    pub fn pages(&self, from: LineId, with_screen: bool) -> Vec<Vec<Row>> {
        let Some(terminal) = &self.terminal else {
            return Vec::new();
        };
        in_frames(rows(terminal, from, with_screen))
    }

    /// Returns the terminal, to be told what stands above it.
    pub fn terminal_mut(&mut self) -> Option<&mut Terminal> {
        self.terminal.as_mut()
    }

    /// Returns how its terminals are made.
    pub fn options(&self) -> TerminalOptions {
        self.options
    }
}

/// Returns rows in pieces that fit a frame.
#[must_use]
pub fn in_frames(rows: Vec<Row>) -> Vec<Vec<Row>> {
    let mut pieces: Vec<Vec<Row>> = Vec::new();
    let mut piece_bytes = usize::MAX;
    for row in rows {
        let row_bytes = row.size_bytes_max();
        piece_bytes = piece_bytes.saturating_add(row_bytes);
        if piece_bytes > BULK_CHUNK_MAX {
            pieces.push(Vec::new());
            piece_bytes = row_bytes;
        }
        if let Some(piece) = pieces.last_mut() {
            piece.push(row);
        }
    }
    pieces
}

impl TerminalOptions {
    /// Says whether rows are kept that are not in memory.
    fn hands_pages_out(self) -> bool {
        self.scrollback_rows > HISTORY_ROWS
    }

    /// Returns how many rows are kept on disk.
    #[must_use]
    pub fn rows_on_disk(self) -> usize {
        self.scrollback_rows.saturating_sub(HISTORY_ROWS)
    }

    fn terminal(self, size: Size) -> Terminal {
        Terminal::new(Options {
            size,
            scrollback_rows: self.scrollback_rows.min(HISTORY_ROWS),
            hands_pages_out: self.hands_pages_out(),
            conformance: false,
        })
    }
}

/// Applies a record to a terminal.
fn apply(
    terminal: &mut Terminal,
    record: RawRecord<'_>,
    want_lines: bool,
    files: &mut dyn ImageFiles,
) -> Folded {
    let mut folded = Folded::default();
    terminal.set_time(record.unix_micros / 1_000);
    match record.kind {
        RawRecord::OUT | RawRecord::ERR if want_lines => {
            for piece in record.payload.chunks(WATCHED_PIECE_BYTES) {
                let top = terminal.row(0).line;
                terminal.advance_with(piece, &mut folded.effects, files);
                folded.lines.extend(watched_lines(terminal, top));
            }
        }
        RawRecord::OUT | RawRecord::ERR => {
            terminal.advance_with(record.payload, &mut folded.effects, files);
        }
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
                // The cursor of one that was killed may stand anywhere.
                match last_row(terminal).filter(|&it| it >= terminal.cursor().row) {
                    Some(last) => {
                        let below = format!("\x1b[{};1H\r\n", last + 1);
                        terminal.advance(below.as_bytes(), effects);
                    }
                    None => terminal.advance(b"\r", effects),
                }
            }
            terminal.resize(size.clamped(), effects);
        }
        _ => {}
    }
}

/// Returns the last row of the screen with something in it.
fn last_row(terminal: &Terminal) -> Option<u16> {
    let rows = terminal.size().rows;
    let says_something = |at: &u16| !terminal.row(*at).text.trim().is_empty();
    (0..rows).rev().find(says_something)
}

fn screen(terminal: &Terminal) -> Vec<Row> {
    (0..terminal.size().rows)
        .map(|at| terminal.row(at))
        .collect()
}

/// Returns how many rows in memory stand above the screen that is shown.
fn history_len(terminal: &Terminal) -> usize {
    match terminal.history().rows {
        0 => 0,
        _ => terminal.history_len(),
    }
}

/// Returns the rows of history from the logical line `from` on, and those of the screen.
fn rows(terminal: &Terminal, from: LineId, with_screen: bool) -> Vec<Row> {
    const STEP: usize = 512;
    // The newest rows first: what is asked for is mostly near the screen.
    let mut pieces = Vec::new();
    let mut end = history_len(terminal);
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

/// Returns the lines from the logical line `top` on, of `top` itself only the end.
fn watched_lines(terminal: &Terminal, top: LineId) -> Vec<Line> {
    const STEP: usize = 64;
    let mut newest_first: Vec<Row> = Vec::new();
    let (mut line_bytes, mut cut) = (0, false);
    let mut end = history_len(terminal);
    'history: while end > 0 {
        let start = end.saturating_sub(STEP);
        for row in terminal.history_rows(start, end - start).into_iter().rev() {
            if row.line < top {
                break 'history;
            }
            if row.line == top {
                cut = line_bytes >= WATCHED_LINE_BYTES;
                line_bytes += row.text.len().max(1);
            }
            if cut {
                break 'history;
            }
            newest_first.push(row);
        }
        end = start;
    }
    let mut rows: Vec<Row> = newest_first.into_iter().rev().collect();
    rows.extend(screen(terminal));
    let text = lines(&rows).into_iter();
    text.enumerate()
        .map(|(at, text)| Line {
            text,
            cut: cut && at == 0,
        })
        .collect()
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
    left: Vec<LeftPage>,
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
        let mut terminal = checkpoint.unwrap_or_else(|| options.terminal(size));
        // Those of an earlier release and of other settings had another way.
        terminal.set_hands_pages_out(options.hands_pages_out());
        Self {
            offset,
            terminal,
            left: Vec::new(),
        }
    }

    /// Returns where the next records must begin.
    #[must_use]
    pub fn offset(&self) -> Offset {
        self.offset
    }

    /// Folds records that begin at [`Rebuild::offset`], up to the first that is damaged. Returns the
    /// images that came in them.
    pub fn feed(&mut self, bytes: &[u8], files: &mut dyn ImageFiles) -> Vec<Arc<ImageSource>> {
        let mut images = Vec::new();
        for record in record::records(bytes, self.offset).map_while(Result::ok) {
            let folded = apply(&mut self.terminal, record, false, files);
            self.left.extend(self.terminal.take_pages());
            images.extend(
                folded
                    .effects
                    .into_iter()
                    .filter_map(|effect| match effect {
                        Effect::Image(source) => Some(source),
                        _ => None,
                    }),
            );
            self.offset = record.end;
        }
        images
    }

    /// Goes on at `offset` though the records before it are not to be had.
    pub fn skip_to(&mut self, offset: Offset) {
        self.offset = offset;
    }

    /// Returns the terminal, and the pages that left it on the way.
    #[must_use]
    pub fn finish(self) -> (Terminal, Vec<LeftPage>) {
        (self.terminal, self.left)
    }
}

#[cfg(test)]
mod tests {
    use agor_proto::record::Record;
    use agor_term::NoFiles;

    use super::*;

    fn fold() -> Fold {
        let options = TerminalOptions {
            scrollback_rows: 100_000,
        };
        let mut fold = Fold::new(Offset(0), options);
        fold.begin(Size::cells(80, 24));
        fold
    }

    fn print(fold: &mut Fold, text: &str) -> Vec<Line> {
        let record = RawRecord {
            offset: Offset(0),
            end: Offset(0),
            kind: RawRecord::OUT,
            unix_micros: 1,
            payload: text.as_bytes(),
        };
        fold.fold(record, true, &mut NoFiles).lines
    }

    #[test]
    fn a_line_that_does_not_end_is_looked_at_in_time_linear_in_its_length() {
        let mut fold = fold();
        let text = "0123456789abcdef".repeat(2 * 1024);
        let (mut printed, mut looked_at) = (0, 0);
        for _ in 0..32 {
            let lines = print(&mut fold, &text);
            printed += text.len();
            looked_at += lines.iter().map(|line| line.text.len()).sum::<usize>();
        }
        // A piece, what came before it, the screen.
        let most = (printed / WATCHED_PIECE_BYTES + 1)
            * (WATCHED_PIECE_BYTES + WATCHED_LINE_BYTES + 2 * 80 * 24);
        assert!(looked_at >= printed, "{looked_at} of {printed}");
        assert!(looked_at <= most, "{looked_at} of at most {most}");
    }

    #[test]
    fn bulk_chunk_max_bounds_a_page_of_rows_and_all_pages_hold_every_row() {
        let mut fold = fold();
        for n in 0..20_000 {
            let line = format!("\x1b[3{}mline {n} of a history\r\n", n % 8);
            print(&mut fold, &line);
        }
        let pages = fold.pages(LineId(0), true);
        assert!(pages.len() > 3, "{}", pages.len());
        for page in &pages {
            let size_bytes: usize = page.iter().map(Row::size_bytes_max).sum();
            assert!(size_bytes <= BULK_CHUNK_MAX, "{size_bytes}");
        }
        let history = fold.terminal().map_or(0, |it| it.history().rows);
        let rows: usize = pages.iter().map(Vec::len).sum();
        assert_eq!(rows, history as usize + 24);
    }

    #[test]
    fn a_line_that_is_cut_says_so_and_its_end_is_whole() {
        let mut fold = fold();
        let numbers: Vec<String> = (10_000..20_000).map(|n| n.to_string()).collect();
        let text = numbers.concat();
        let lines = print(&mut fold, &text);
        assert!(!lines[0].cut && text.starts_with(&lines[0].text));
        let last = lines.last().expect("a line");
        assert!(last.cut && text.ends_with(&last.text));
        assert!(last.text.len() >= WATCHED_LINE_BYTES);
        let lines = print(&mut fold, "\r\nnext\r\nlast");
        let texts: Vec<_> = lines.iter().map(|line| &line.text[..]).collect();
        let at = texts.iter().position(|&text| text == "next").expect("next");
        assert_eq!(texts[at + 1], "last");
        assert!(!lines[at].cut);
    }

    /// Has the next program start.
    fn start(fold: &mut Fold) {
        let mut bytes = Vec::new();
        let body = RecordBody::Started {
            pid: 2,
            size: Size::cells(80, 24),
        };
        Record {
            unix_micros: 1,
            body,
        }
        .encode(&mut bytes);
        let record = record::records(&bytes, Offset(1)).next();
        let record = record.expect("a record").expect("a whole one");
        fold.fold(record, true, &mut NoFiles);
    }

    #[test]
    fn a_program_begins_below_all_that_the_one_before_has_drawn() {
        let mut fold = fold();
        // One that is killed while its cursor is in a box, with the alternate screen and a region left behind.
        print(
            &mut fold,
            "said\r\n+--+\r\n|  |\r\n+--+\r\nhelp\x1b[3;2H\x1b[2;5r\x1b[3;2H",
        );
        start(&mut fold);
        print(&mut fold, "anew");
        let terminal = fold.terminal().expect("a terminal");
        let rows: Vec<String> = (0..7).map(|at| terminal.row(at).text).collect();
        let rows: Vec<&str> = rows.iter().map(|row| row.trim_end()).collect();
        assert_eq!(rows, ["said", "+--+", "|  |", "+--+", "help", "anew", ""]);

        // One that left its line, and nothing below.
        print(&mut fold, "\r\n   ");
        start(&mut fold);
        print(&mut fold, "once more");
        let terminal = fold.terminal().expect("a terminal");
        assert_eq!(terminal.row(6).text.trim_end(), "once more");
    }
}
