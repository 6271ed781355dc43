//! Setting, saving and asking for modes; the two screens; the saved cursor; resets.

use super::edit::Spare;
use super::{CursorLook, LEVEL, SavedCursor, State, Tabs};
use crate::charset::Charsets;
use crate::effect::Effect;
use crate::grid::Grid;
use crate::modes::{self, Action, Mode, ModeSet};
use crate::pen::Pen;
use agor_proto::row::Attrs;
use agor_proto::screen::CursorShape;

/// What DECRQM says of a mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum ModeReport {
    Unknown = 0,
    Set = 1,
    Reset = 2,
    AlwaysSet = 3,
    AlwaysReset = 4,
}

impl State {
    pub(super) fn set_ansi_mode(&mut self, number: u16, on: bool) {
        if let Some(mode) = modes::ansi(number) {
            self.modes.set(mode, on);
        }
    }

    pub(super) fn set_private_mode(&mut self, number: u16, on: bool, effects: &mut Vec<Effect>) {
        let Some(action) = modes::private(number) else {
            return;
        };
        match action {
            Action::Flag(mode) | Action::Sync(mode) => self.modes.set(mode, on),
            Action::Mouse(mode) => self.modes.set_mouse(mode, on),
            Action::MouseEncoding(mode) => self.modes.set_mouse_encoding(mode, on),
            Action::Origin => {
                self.modes.set(Mode::Origin, on);
                self.home();
            }
            Action::Margins => {
                self.modes.set(Mode::Margins, on);
                self.margins.left = 0;
                self.margins.right = self.size.cols;
            }
            Action::Columns if self.modes.has(Mode::ColumnsChange) => self.set_columns(on, effects),
            Action::Columns => {}
            Action::SizeReports => {
                self.modes.set(Mode::SizeReports, on);
                if on {
                    self.report_size(effects);
                }
            }
            Action::Screen47 => self.show_alt(on),
            Action::Screen1047 => {
                if !on && self.on_alt() {
                    self.clear_screen();
                }
                self.show_alt(on);
            }
            Action::Screen1049 => {
                if on && !self.on_alt() {
                    self.save_cursor();
                    self.show_alt(true);
                    self.clear_screen();
                } else if !on && self.on_alt() {
                    self.show_alt(false);
                    self.restore_cursor();
                }
            }
            Action::SaveCursor if on => self.save_cursor(),
            Action::SaveCursor => self.restore_cursor(),
            Action::Permanent(_) => {}
        }
    }

    fn private_mode(&self, number: u16) -> ModeReport {
        let on = match modes::private(number) {
            None => return ModeReport::Unknown,
            Some(Action::Permanent(true)) => return ModeReport::AlwaysSet,
            Some(Action::Permanent(false)) => return ModeReport::AlwaysReset,
            Some(
                Action::Flag(mode)
                | Action::Sync(mode)
                | Action::Mouse(mode)
                | Action::MouseEncoding(mode),
            ) => self.modes.has(mode),
            Some(Action::Origin) => self.modes.has(Mode::Origin),
            Some(Action::Margins) => self.modes.has(Mode::Margins),
            Some(Action::Columns) => self.modes.has(Mode::Columns132),
            Some(Action::SizeReports) => self.modes.has(Mode::SizeReports),
            Some(Action::Screen47 | Action::Screen1047 | Action::Screen1049) => self.on_alt(),
            Some(Action::SaveCursor) => self.saved[self.screen_index()].is_some(),
        };
        if on {
            ModeReport::Set
        } else {
            ModeReport::Reset
        }
    }

    /// Answers DECRQM of a private mode.
    pub(super) fn report_private_mode(&mut self, number: u16, effects: &mut Vec<Effect>) {
        let report = self.private_mode(number) as u8;
        self.reply(&format!("\x1b[?{number};{report}$y"), effects);
    }

    /// Answers DECRQM of a standard mode.
    pub(super) fn report_ansi_mode(&mut self, number: u16, effects: &mut Vec<Effect>) {
        let report = match (modes::ansi(number), number) {
            (Some(mode), _) if self.modes.has(mode) => ModeReport::Set,
            (Some(_), _) => ModeReport::Reset,
            // Keyboard lock is never on, local echo is always off, and a terminal that draws what it
            // is told knows none of what block terminals could switch (as xterm answers).
            (None, 1..=3 | 5 | 7 | 10 | 11 | 13..=19) => ModeReport::AlwaysReset,
            (None, 12) => ModeReport::AlwaysSet,
            (None, _) => ModeReport::Unknown,
        };
        self.reply(&format!("\x1b[{number};{}$y", report as u8), effects);
    }

    /// Does XTSAVE.
    pub(super) fn save_modes(&mut self, numbers: &[u16]) {
        for &number in numbers {
            let on = match self.private_mode(number) {
                ModeReport::Set => true,
                ModeReport::Reset => false,
                _ => continue,
            };
            match self
                .saved_modes
                .binary_search_by_key(&number, |(known, _)| *known)
            {
                Ok(at) => self.saved_modes[at].1 = on,
                Err(at) => self.saved_modes.insert(at, (number, on)),
            }
        }
    }

    /// Does XTRESTORE.
    pub(super) fn restore_modes(&mut self, numbers: &[u16], effects: &mut Vec<Effect>) {
        for &number in numbers {
            let saved = self
                .saved_modes
                .binary_search_by_key(&number, |(known, _)| *known);
            if let Ok(at) = saved {
                let on = self.saved_modes[at].1;
                self.set_private_mode(number, on, effects);
            }
        }
    }

    fn show_alt(&mut self, alt: bool) {
        if alt == self.on_alt() {
            return;
        }
        let other = match self.other.take() {
            Some(grid) => grid,
            None => Grid::new(self.size.cols, self.size.rows, &mut self.counters),
        };
        self.other = Some(std::mem::replace(&mut self.grid, other));
        self.modes.set(Mode::AltScreen, alt);
        self.cursor.wrap_pending = false;
    }

    fn clear_screen(&mut self) {
        let blank = self.blank();
        let whole = (0, self.size.rows);
        self.clear_images();
        self.cut(0);
        self.grid
            .scroll_up(whole, self.size.rows, false, blank, &mut self.counters);
    }

    /// Does DECSC.
    pub(super) fn save_cursor(&mut self) {
        let screen = self.screen_index();
        self.saved[screen] = Some(SavedCursor {
            place: self.cursor,
            style: *self.pen.style(),
            charsets: self.charsets,
            origin: self.modes.has(Mode::Origin),
        });
    }

    /// Does DECRC; what was never saved is as after a reset.
    pub(super) fn restore_cursor(&mut self) {
        match self.saved[self.screen_index()] {
            Some(saved) => {
                self.cursor = saved.place;
                self.cursor.row = self.cursor.row.min(self.size.rows - 1);
                self.cursor.col = self.cursor.col.min(self.size.cols - 1);
                self.pen = Pen::new(saved.style, self.pen.link());
                self.charsets = saved.charsets;
                self.modes.set(Mode::Origin, saved.origin);
            }
            None => {
                self.modes.set(Mode::Origin, false);
                self.pen = Pen::default();
                self.charsets = Charsets::default();
                self.home();
            }
        }
    }

    /// Does DECSCUSR.
    pub(super) fn set_cursor_style(&mut self, style: u16) {
        self.look.shape = match style {
            0..=2 => CursorShape::Block,
            3 | 4 => CursorShape::Underline,
            5 | 6 => CursorShape::Bar,
            _ => return,
        };
        self.modes
            .set(Mode::CursorBlink, matches!(style, 1 | 3 | 5));
        self.modes.set(Mode::CursorChosen, style != 0);
    }

    /// Returns the parameter that DECSCUSR was given, for DECRQSS.
    pub(super) fn cursor_style(&self) -> u8 {
        let base = match self.look.shape {
            CursorShape::Block => 1,
            CursorShape::Underline => 3,
            CursorShape::Bar => 5,
        };
        base + u8::from(!self.modes.has(Mode::CursorBlink))
    }

    /// Does DECCOLM (VT510 manual): an empty screen without margins. A pane has the columns that it
    /// has; only a test suite's window takes those that are asked for.
    fn set_columns(&mut self, wide: bool, effects: &mut Vec<Effect>) {
        self.modes.set(Mode::Columns132, wide);
        if self.conformance {
            self.take_size((self.size.rows, if wide { 132 } else { 80 }), effects);
        }
        self.modes.set(Mode::Margins, false);
        self.reset_margins();
        if !self.modes.has(Mode::ColumnsKeep) {
            self.erase_display(2, Spare::Nothing);
        }
        self.home();
    }

    /// Does DECSCL: a soft reset (VT220 manual; others speak of a hard one). Functions of higher
    /// levels stay, as do controls of 7 bits.
    pub(super) fn set_level(&mut self, level: u16) {
        if let 61..=64 = level {
            self.soft_reset();
            self.level = (level - 60) as u8;
        }
    }

    /// Does DECSTR (VT510 manual, table 5-8).
    pub(super) fn soft_reset(&mut self) {
        let fresh = ModeSet::default();
        for mode in [
            Mode::CursorVisible,
            Mode::Insert,
            Mode::Origin,
            Mode::AutoWrap,
            Mode::CursorKeys,
            Mode::Keypad,
            Mode::Margins,
            Mode::ReverseWrap,
            Mode::ReverseWrapAll,
            Mode::IsoProtection,
        ] {
            self.modes.set(mode, fresh.has(mode));
        }
        self.reset_margins();
        self.pen = Pen::default();
        self.charsets = Charsets::default();
        self.saved[self.screen_index()] = None;
        self.keyboards[self.screen_index()] = Default::default();
        self.modify_other_keys = 0;
        self.pointers = Default::default();
        self.cursor.wrap_pending = false;
        debug_assert!(!self.pen.style().attrs.contains(Attrs::PROTECTED));
    }

    /// Does RIS: everything but history is as at the beginning.
    pub(super) fn reset(&mut self, effects: &mut Vec<Effect>) {
        self.show_alt(false);
        self.other = None;
        if self.conformance && self.modes.has(Mode::Columns132) {
            self.take_size((self.size.rows, 80), effects);
        }
        self.modes = ModeSet::default();
        self.reset_margins();
        self.pen = Pen::default();
        self.clear_screen();
        self.reset_images();
        self.charsets = Charsets::default();
        self.saved = [None; 2];
        self.saved_modes.clear();
        self.tabs = Tabs::default();
        self.look = CursorLook::default();
        self.titles.clear();
        self.keyboards = Default::default();
        self.modify_other_keys = 0;
        self.pointers = Default::default();
        self.level = LEVEL;
        self.changes_rectangles = false;
        self.styles.clear();
        self.remote_host = None;
        self.command_began_millis = None;
        self.window.checksum_bits = 0;
        self.last_char = None;
        self.notification = Default::default();
        self.home();
        if self.palette != Default::default() {
            self.palette = Default::default();
            effects.push(Effect::Palette);
        }
        self.set_title(String::new(), effects);
        effects.push(Effect::Reset);
    }
}
