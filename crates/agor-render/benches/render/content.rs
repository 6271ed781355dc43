//! What is drawn: rows as programs print them, the same for us and for who is beside us.

use std::sync::Arc;

use agor_proto::row::{Attrs, Color, Row, Run, Style};

/// What changes from one frame to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Every row of every pane.
    Everything,
    /// One row of every pane.
    OneRow,
    /// Every pane scrolls by a row.
    Scrolled,
    /// Nothing.
    Nothing,
}

/// So many screens that one which comes again is in nobody's cache: egui keeps what it laid out for some frames.
const KINDS: usize = 16;

/// The rows of all panes.
pub struct Content {
    /// What every pane shows now.
    pub panes: Vec<Vec<Arc<Row>>>,
    /// Screens for each pane, which take turns. Rows come decoded from the host; making them is not measured.
    kinds: Vec<Vec<Vec<Arc<Row>>>>,
    change: Change,
}

impl Content {
    /// Returns `panes` panes of `columns` x `rows`.
    pub fn new(panes: usize, columns: u16, rows: usize, change: Change) -> Self {
        let screen = |seed: usize| -> Vec<Arc<Row>> {
            let row = |row| Arc::new(printed(seed + row, columns));
            (0..rows).map(row).collect()
        };
        let kind = |kind| -> Vec<_> {
            let pane = |pane| screen(kind * 7919 + pane * 131);
            (0..panes).map(pane).collect()
        };
        let kinds: Vec<_> = (0..KINDS).map(kind).collect();
        Self {
            panes: kinds[0].clone(),
            kinds,
            change,
        }
    }

    /// Goes on to a frame.
    pub fn step(&mut self, frame: usize) {
        for (n, pane) in self.panes.iter_mut().enumerate() {
            let rows = pane.len();
            let kind = |n: usize| &self.kinds[n % KINDS];
            match self.change {
                Change::Everything => pane.clone_from(&kind(frame + 1)[n]),
                Change::OneRow => {
                    let row = frame % rows;
                    pane[row] = Arc::clone(&kind(frame / rows + 1)[n][row]);
                }
                Change::Scrolled => {
                    pane.remove(0);
                    pane.push(Arc::clone(&kind(frame / rows + 1)[n][frame % rows]));
                }
                Change::Nothing => {}
            }
        }
    }

    /// Returns how many rows a frame has that were not there before.
    pub fn new_rows(&self) -> usize {
        match self.change {
            Change::Everything => self.panes.iter().map(Vec::len).sum(),
            Change::OneRow | Change::Scrolled => self.panes.len(),
            Change::Nothing => 0,
        }
    }
}

/// Returns a full row that looks like what a program prints: words, some in colour.
fn printed(seed: usize, columns: u16) -> Row {
    let mut row = Row::default();
    let mut left = usize::from(columns);
    for word in 0.. {
        let cells = (3 + (seed * 7 + word * 5) % 8).min(left);
        // No two rows alike, as far as can be.
        let mixed = (seed * 64 + word).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
        for n in 0..cells {
            let letter = (mixed + n) % 94;
            let last = n + 1 == cells;
            row.text.push(if last {
                ' '
            } else {
                char::from(b'!' + letter as u8)
            });
        }
        let mut style = Style::default();
        if word % 4 == 0 {
            style.fg = Color::Indexed((seed % 16) as u8);
        }
        if word % 7 == 3 {
            style.attrs.insert(Attrs::BOLD);
        }
        if word % 11 == 5 {
            style.bg = Color::Indexed((seed % 8) as u8);
        }
        match row.runs.last_mut() {
            Some(run) if run.style == style => run.cells += cells as u16,
            _ => row.runs.push(Run {
                cells: cells as u16,
                style,
            }),
        }
        left -= cells;
        if left == 0 {
            return row;
        }
    }
    row
}
