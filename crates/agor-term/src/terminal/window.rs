//! XTWINOPS: sizes and kept titles for everyone; what moves, resizes or reads the window for test
//! suites only (`conformance`), whose window is an imagined one.

use agor_proto::ids::Size;
use agor_proto::limits;
use serde::{Deserialize, Serialize};

use super::State;
use crate::effect::Effect;
use crate::parser::Sequence;

/// The imagined display's rows and columns.
const DISPLAY: (u16, u16) = (60, 200);
/// The height and width of a cell in pixels where the real ones are not known.
const CELL_PX: (u16, u16) = (20, 10);

/// The window that test suites see; a person's terminal never changes it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Window {
    iconified: bool,
    position: (u16, u16),
    /// Rows and columns before it was made as large as the display.
    smaller: Option<(u16, u16)>,
    icon_title: String,
    icon_titles: Vec<String>,
    /// XTCHECKSUM.
    pub checksum_bits: u16,
}

fn push(titles: &mut Vec<String>, title: &str) {
    if titles.len() == limits::TITLE_STACK_MAX {
        titles.remove(0);
    }
    titles.push(title.to_owned());
}

impl Window {
    pub(super) fn set_icon_title(&mut self, title: String) {
        self.icon_title = title;
    }
}

impl State {
    /// Gives the screen another size, if it is another.
    pub(super) fn resize(&mut self, size: Size, effects: &mut Vec<Effect>) {
        let size = size.clamped();
        if size == self.size {
            return;
        }
        self.counters.look();
        crate::reflow::resize(self, size);
        if self.modes.has(crate::modes::Mode::SizeReports) {
            self.report_size(effects);
        }
        self.changes += 1;
    }

    /// Does XTWINOPS.
    pub(super) fn window(&mut self, sequence: &Sequence, effects: &mut Vec<Effect>) {
        let size = self.size;
        let cell = self.cell_px();
        match (sequence.param(0), sequence.param(1)) {
            (14, 0 | 2) => {
                if let Some((height, width)) = cell {
                    let (height, width) = match size.width_px {
                        0 => (height * size.rows, width * size.cols),
                        _ => (size.height_px, size.width_px),
                    };
                    self.reply(&format!("\x1b[4;{height};{width}t"), effects);
                }
            }
            (16, _) => {
                if let Some((height, width)) = cell {
                    self.reply(&format!("\x1b[6;{height};{width}t"), effects);
                }
            }
            (18, _) => self.reply(&format!("\x1b[8;{};{}t", size.rows, size.cols), effects),
            (22, 0..=2) => self.push_titles(),
            (23, which @ 0..=2) => self.pop_titles(which, effects),
            _ if self.conformance => self.suite_window(sequence, effects),
            _ => {}
        }
    }

    /// Returns a cell's height and width in pixels, if they are known or may be imagined.
    fn cell_px(&self) -> Option<(u16, u16)> {
        let size = self.size;
        if size.width_px > 0 {
            return Some((size.height_px / size.rows, size.width_px / size.cols));
        }
        self.conformance.then_some(CELL_PX)
    }

    /// Keeps both titles, whichever is asked for: what is taken back is chosen then.
    fn push_titles(&mut self) {
        push(&mut self.titles, &self.title);
        if self.conformance {
            push(&mut self.window.icon_titles, &self.window.icon_title);
        }
    }

    /// Takes both (0), the icon's (1) or the window's (2) title back; the other of the two is forgotten (xterm).
    fn pop_titles(&mut self, which: u16, effects: &mut Vec<Effect>) {
        let (title, icon_title) = (self.titles.pop(), self.window.icon_titles.pop());
        if let Some(title) = title.filter(|_| which != 1) {
            self.set_title(title, effects);
        }
        if let Some(title) = icon_title.filter(|_| which != 2) {
            self.window.icon_title = title;
        }
    }

    fn suite_window(&mut self, sequence: &Sequence, effects: &mut Vec<Effect>) {
        let (now, params) = ((self.size.rows, self.size.cols), sequence.params());
        // A size that is left out stays, and 0 at the end is the display's.
        let wanted = |at: usize, now: u16, most: u16| match (sequence.param(at), params.len()) {
            (0, len) if len == at + 1 && at == 2 => most,
            (0, _) => now,
            (wanted, _) => wanted,
        };
        match (sequence.param(0), sequence.param(1)) {
            (1, _) => self.window.iconified = false,
            (2, _) => self.window.iconified = true,
            (3, x) => self.window.position = (x, sequence.param(2)),
            (4, _) => {
                let (height, width) = self.cell_px().unwrap_or(CELL_PX);
                let (height, width) = (height.max(1), width.max(1));
                let rows = wanted(
                    1,
                    now.0.saturating_mul(height),
                    DISPLAY.0.saturating_mul(height),
                ) / height;
                let cols = wanted(
                    2,
                    now.1.saturating_mul(width),
                    DISPLAY.1.saturating_mul(width),
                ) / width;
                self.take_size((rows, cols), effects);
            }
            (8, _) => {
                let size = (wanted(1, now.0, DISPLAY.0), wanted(2, now.1, DISPLAY.1));
                self.take_size(size, effects);
            }
            (9 | 10, 0) => self.shrink_window(effects),
            (9 | 10, 1) => self.grow_window(DISPLAY, effects),
            (9, 2) => self.grow_window((DISPLAY.0, now.1), effects),
            (9, 3) => self.grow_window((now.0, DISPLAY.1), effects),
            (10, 2) if self.window.smaller.is_some() => self.shrink_window(effects),
            (10, 2) => self.grow_window(DISPLAY, effects),
            (11, _) => {
                let state = if self.window.iconified { 2 } else { 1 };
                self.reply(&format!("\x1b[{state}t"), effects);
            }
            (13, _) => {
                let (x, y) = self.window.position;
                self.reply(&format!("\x1b[3;{x};{y}t"), effects);
            }
            (15, _) => {
                let (height, width) = self.cell_px().unwrap_or(CELL_PX);
                let (height, width) = (
                    u32::from(height) * u32::from(DISPLAY.0),
                    u32::from(width) * u32::from(DISPLAY.1),
                );
                self.reply(&format!("\x1b[5;{height};{width}t"), effects);
            }
            (19, _) => {
                let (rows, cols) = DISPLAY;
                self.reply(&format!("\x1b[9;{rows};{cols}t"), effects);
            }
            // The only answers that hold what the program chose.
            (20, _) => self.reply(&format!("\x1b]L{}\x1b\\", self.window.icon_title), effects),
            (21, _) => self.reply(&format!("\x1b]l{}\x1b\\", self.title), effects),
            (rows @ 24.., _) => self.take_size((rows, now.1), effects),
            _ => {}
        }
    }

    fn grow_window(&mut self, to: (u16, u16), effects: &mut Vec<Effect>) {
        let now = (self.size.rows, self.size.cols);
        self.window.smaller.get_or_insert(now);
        self.take_size(to, effects);
    }

    fn shrink_window(&mut self, effects: &mut Vec<Effect>) {
        if let Some(smaller) = self.window.smaller.take() {
            self.take_size(smaller, effects);
        }
    }

    /// Takes the size at once, so that the answers to what follows are true, and has the PTY told.
    pub(super) fn take_size(&mut self, (rows, cols): (u16, u16), effects: &mut Vec<Effect>) {
        let before = self.size;
        let px = |px: u16, cells: u16, wanted: u16| (px / cells).saturating_mul(wanted);
        let size = Size {
            cols,
            rows,
            width_px: px(before.width_px, before.cols, cols),
            height_px: px(before.height_px, before.rows, rows),
        };
        self.resize(size, effects);
        if self.size != before {
            effects.push(Effect::ResizeRequest { size: self.size });
        }
    }
}
