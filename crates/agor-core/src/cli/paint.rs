//! A session's screen in the caller's own terminal: the sequences that turn what the terminal
//! shows into what the mirror shows. Says nothing of when; see `verbs/attach.rs`.
//!
//! A screen larger than the terminal is shown in part, around its cursor; a smaller one has a
//! border. Nothing of a row can act on the terminal: rows hold characters and styles alone.

mod display;

use std::fmt::Write;

use agor_proto::ids::Size;
use agor_proto::input::{MouseAction, MouseInput};
use agor_proto::row::{Row, Run};
use agor_proto::screen::{Cursor, CursorShape, Mirror, Modes};
use agor_term::text;

pub use display::Display;

/// See the module.
#[derive(Debug)]
pub struct Painter {
    size: Size,
    /// What each line of the terminal shows; `None` if that is not known.
    lines: Vec<Option<String>>,
    /// The row of the screen that is shown at the top.
    top: u16,
    modes: Option<Modes>,
    title: Option<String>,
    shape: Option<u8>,
    /// Where the terminal's cursor was put.
    cursor: Option<String>,
}

/// All at once; no cursor on its way; and no wrapping, since the terminal may hold a character for
/// wider than the session's does.
const BEGIN: &str = "\x1b[?2026h\x1b[?25l\x1b[?7l";

/// Modes of the terminal that follow those of the screen, with their numbers.
const FOLLOWED: [(Modes, u16); 5] = [
    (Modes::MOUSE_BUTTONS, 1000),
    (Modes::MOUSE_DRAG, 1002),
    (Modes::MOUSE_MOTION, 1003),
    (Modes::FOCUS, 1004),
    (Modes::REVERSE_SCREEN, 5),
];

const MOUSE: [Modes; 3] = [Modes::MOUSE_BUTTONS, Modes::MOUSE_DRAG, Modes::MOUSE_MOTION];

impl Painter {
    /// Returns a painter for an empty terminal of `size`.
    pub fn new(size: Size) -> Self {
        Self {
            size,
            lines: vec![None; size.rows.into()],
            top: 0,
            modes: None,
            title: None,
            shape: None,
            cursor: None,
        }
    }

    /// Forgets what the terminal shows, which has `size` now.
    pub fn resize(&mut self, size: Size) {
        *self = Self::new(size);
    }

    /// Returns the place on the screen of what the mouse did in the terminal, if it is on the
    /// screen.
    pub fn mouse(&self, mouse: MouseInput, mirror: &Mirror) -> Option<MouseInput> {
        let row = mouse.row.checked_add(self.top)?;
        let inside = mouse.col < mirror.size.cols && row < mirror.size.rows;
        // A button is let go outside as well.
        let released = matches!(mouse.action, MouseAction::Release(_));
        (inside || released).then(|| MouseInput {
            col: mouse.col.min(mirror.size.cols.saturating_sub(1)),
            row: row.min(mirror.size.rows.saturating_sub(1)),
            ..mouse
        })
    }

    /// Returns what makes the terminal show `mirror`, with `note` in its last line.
    pub fn paint(&mut self, mirror: &Mirror, note: Option<&str>) -> String {
        let mut out = String::from(BEGIN);
        let before = out.len();
        self.follow_cursor(mirror.cursor);
        for at in 0..self.size.rows {
            let last = at + 1 == self.size.rows;
            let line = match note {
                Some(note) if last => self.note(note),
                _ => self.line(mirror, at),
            };
            let Some(shown) = self.lines.get_mut(usize::from(at)) else {
                break;
            };
            if shown.as_deref() != Some(&line) {
                // Erased first: after a full line the cursor may stand on the last cell.
                push(
                    &mut out,
                    format_args!("\x1b[{};1H\x1b[0m\x1b[2K{line}\x1b[0m", at + 1),
                );
                *shown = Some(line);
            }
        }
        self.follow_modes(mirror.modes, &mut out);
        if self.title.as_deref() != Some(&mirror.title) {
            let title: String = mirror.title.chars().filter(|c| !c.is_control()).collect();
            push(&mut out, format_args!("\x1b]2;{title}\x1b\\"));
            self.title = Some(mirror.title.clone());
        }
        let shape = shape_number(mirror.cursor);
        if self.shape != Some(shape) {
            push(&mut out, format_args!("\x1b[{shape} q"));
            self.shape = Some(shape);
        }
        let cursor = self.cursor(mirror.cursor, note.is_some());
        if out.len() > before {
            out.push_str(&cursor);
            out.push_str("\x1b[?2026l");
        } else if self.cursor.as_deref() == Some(&cursor) {
            out.clear();
        } else {
            // Only the cursor has moved: nothing else has to be hidden for that.
            out.clone_from(&cursor);
        }
        self.cursor = Some(cursor);
        out
    }

    fn follow_cursor(&mut self, cursor: Cursor) {
        let last = self.top.saturating_add(self.size.rows.saturating_sub(1));
        if cursor.row < self.top {
            self.top = cursor.row;
        } else if cursor.row > last {
            self.top = cursor.row - self.size.rows.saturating_sub(1);
        }
    }

    fn line(&self, mirror: &Mirror, at: u16) -> String {
        let row = usize::from(self.top) + usize::from(at);
        let (screen, terminal) = (mirror.size.cols, self.size.cols);
        match mirror.rows.get(row) {
            Some(row) => {
                let mut line = text::ansi([&shown(row, terminal.min(screen))]);
                // The line feed between rows is not for a screen.
                line.truncate(line.trim_end_matches('\n').len());
                if screen < terminal {
                    push(&mut line, format_args!("\x1b[0;2m\x1b[{}G│", screen + 1));
                }
                line
            }
            None if row == mirror.rows.len() => {
                let across = usize::from(screen.min(terminal));
                let corner = if screen < terminal { "┘" } else { "" };
                format!("\x1b[2m{}{corner}", "─".repeat(across))
            }
            None => String::new(),
        }
    }

    fn note(&self, note: &str) -> String {
        let fits = usize::from(self.size.cols.saturating_sub(2));
        let note: String = note
            .chars()
            .filter(|c| !c.is_control())
            .take(fits)
            .collect();
        format!("\x1b[7m {note} ")
    }

    fn follow_modes(&mut self, modes: Modes, out: &mut String) {
        let mouse = |modes: Modes| MOUSE.iter().any(|&mode| modes.contains(mode));
        let before = self.modes.unwrap_or_default();
        for (mode, number) in FOLLOWED {
            let (was, is) = (before.contains(mode), modes.contains(mode));
            if was != is {
                push(
                    out,
                    format_args!("\x1b[?{number}{}", if is { 'h' } else { 'l' }),
                );
            }
        }
        if mouse(before) != mouse(modes) {
            push(
                out,
                format_args!("\x1b[?1006{}", if mouse(modes) { 'h' } else { 'l' }),
            );
        }
        self.modes = Some(modes);
    }

    /// Returns what puts the terminal's cursor where the screen's is.
    fn cursor(&self, cursor: Cursor, last_line_taken: bool) -> String {
        let row = cursor.row.saturating_sub(self.top);
        let rows = self.size.rows - u16::from(last_line_taken);
        if cursor.visible && row < rows && cursor.col < self.size.cols {
            format!("\x1b[{};{}H\x1b[?25h", row + 1, cursor.col + 1)
        } else {
            "\x1b[?25l".into()
        }
    }
}

fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text)
        .expect("writing to a string does not fail");
}

/// Returns the parameter of DECSCUSR: 0, which is what the terminal around us likes, where the program
/// chose nothing.
fn shape_number(cursor: Cursor) -> u8 {
    let steady = match cursor.shape {
        _ if !cursor.chosen && !cursor.blinking => return 0,
        CursorShape::Block => 2,
        CursorShape::Underline => 4,
        CursorShape::Bar => 6,
    };
    steady - u8::from(cursor.blinking)
}

/// Returns a row as it can be shown in `cols` cells, without characters that are none.
fn shown(row: &Row, cols: u16) -> Row {
    let mut text = String::with_capacity(row.text.len());
    for cluster in row.clusters() {
        if cluster.cell.saturating_add(cluster.width.into()) > cols {
            break;
        }
        let printable = |c: char| if c.is_control() { '\u{fffd}' } else { c };
        text.extend(cluster.text.chars().map(printable));
    }
    let mut left = cols;
    let cut = |run: &Run| {
        let cells = run.cells.min(left);
        left -= cells;
        Run { cells, ..*run }
    };
    Row {
        line: row.line,
        start: row.start,
        flags: row.flags,
        text,
        shapes: row.shapes.clone(),
        runs: row
            .runs
            .iter()
            .map(cut)
            .filter(|run| run.cells > 0)
            .collect(),
        links: row.links.clone(),
        marks: Vec::new(),
    }
}

#[cfg(test)]
mod tests;
