//! The modes that a program switches, by their numbers.

use serde::{Deserialize, Serialize};

/// A mode, as the bit in which it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Mode {
    Insert,
    LineFeedNewLine,
    CursorKeys,
    ReverseScreen,
    Origin,
    AutoWrap,
    CursorBlink,
    CursorVisible,
    ReverseWrap,
    Keypad,
    BackspaceSendsBackspace,
    Margins,
    MouseX10,
    MouseButtons,
    MouseDrag,
    MouseMotion,
    Focus,
    MouseUtf8,
    MouseSgr,
    MouseUrxvt,
    MousePixels,
    AlternateScroll,
    BracketedPaste,
    SyncUpdate,
    Graphemes,
    ColorSchemeReports,
    SizeReports,
    /// Not settable by number: ESC = and DECNKM share [`Mode::Keypad`].
    AltScreen,
    /// Sixels are drawn at the screen's corner and scroll nothing (DECSDM).
    SixelDisplay,
    /// The cursor goes beside a sixel picture, not below its first column.
    SixelBeside,
    /// DECCOLM: 132 columns. Not settable without the next.
    Columns132,
    /// The program may change between 80 and 132 columns.
    ColumnsChange,
    /// DECNCSM: the screen stays when the columns change.
    ColumnsKeep,
    /// The program chose what the cursor looks like (DECSCUSR). Not settable by number: 12 comes with every
    /// `tput cnorm`, which chooses nothing.
    CursorChosen,
    /// BS and CUB go to the row above whether or not it wraps, from the first row to the last.
    ReverseWrapAll,
    /// HT after the last column was written begins in the next row.
    TabWraps,
    /// Characters are protected by SPA, not by DECSCA. Not settable by number.
    IsoProtection,
}

/// What a private mode does when it is set or reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// A bit and nothing else.
    Flag(Mode),
    /// A bit of which at most one in its group is set.
    Mouse(Mode),
    MouseEncoding(Mode),
    Origin,
    Margins,
    /// 3: 80 or 132 columns.
    Columns,
    Sync(Mode),
    SizeReports,
    /// 47: the alternate screen. 1047: it is cleared when left. 1049: the cursor is saved, and it
    /// is cleared when entered.
    Screen47,
    Screen1047,
    Screen1049,
    SaveCursor,
    /// Known, but always as it is.
    Permanent(bool),
}

/// Private modes (`CSI ? n h`).
const PRIVATE: &[(u16, Action)] = &[
    (1, Action::Flag(Mode::CursorKeys)),
    (3, Action::Columns),
    (5, Action::Flag(Mode::ReverseScreen)),
    (6, Action::Origin),
    (7, Action::Flag(Mode::AutoWrap)),
    (8, Action::Permanent(true)),
    (9, Action::Mouse(Mode::MouseX10)),
    (12, Action::Flag(Mode::CursorBlink)),
    (25, Action::Flag(Mode::CursorVisible)),
    (40, Action::Flag(Mode::ColumnsChange)),
    (41, Action::Flag(Mode::TabWraps)),
    (45, Action::Flag(Mode::ReverseWrap)),
    (47, Action::Screen47),
    (60, Action::Permanent(false)),
    (66, Action::Flag(Mode::Keypad)),
    (67, Action::Flag(Mode::BackspaceSendsBackspace)),
    (69, Action::Margins),
    (80, Action::Flag(Mode::SixelDisplay)),
    (95, Action::Flag(Mode::ColumnsKeep)),
    (1000, Action::Mouse(Mode::MouseButtons)),
    (1002, Action::Mouse(Mode::MouseDrag)),
    (1003, Action::Mouse(Mode::MouseMotion)),
    (1004, Action::Flag(Mode::Focus)),
    (1005, Action::MouseEncoding(Mode::MouseUtf8)),
    (1006, Action::MouseEncoding(Mode::MouseSgr)),
    (1007, Action::Flag(Mode::AlternateScroll)),
    (1015, Action::MouseEncoding(Mode::MouseUrxvt)),
    (1016, Action::MouseEncoding(Mode::MousePixels)),
    (1036, Action::Permanent(true)),
    (1039, Action::Permanent(true)),
    (1045, Action::Flag(Mode::ReverseWrapAll)),
    (1047, Action::Screen1047),
    (1048, Action::SaveCursor),
    (1049, Action::Screen1049),
    (2004, Action::Flag(Mode::BracketedPaste)),
    (2026, Action::Sync(Mode::SyncUpdate)),
    (2027, Action::Flag(Mode::Graphemes)),
    (2031, Action::Flag(Mode::ColorSchemeReports)),
    (2048, Action::SizeReports),
    (8452, Action::Flag(Mode::SixelBeside)),
];

/// Returns what a private mode does, or `None` if we do not know it.
pub(crate) fn private(number: u16) -> Option<Action> {
    let at = PRIVATE
        .binary_search_by_key(&number, |(known, _)| *known)
        .ok()?;
    Some(PRIVATE[at].1)
}

/// Returns the mode of `CSI n h`, or `None` if we do not know it.
pub(crate) fn ansi(number: u16) -> Option<Mode> {
    match number {
        4 => Some(Mode::Insert),
        20 => Some(Mode::LineFeedNewLine),
        _ => None,
    }
}

/// Modes that are set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ModeSet(u64);

impl ModeSet {
    const MOUSE: u64 = bit(Mode::MouseX10)
        | bit(Mode::MouseButtons)
        | bit(Mode::MouseDrag)
        | bit(Mode::MouseMotion);
    const MOUSE_ENCODING: u64 =
        bit(Mode::MouseUtf8) | bit(Mode::MouseSgr) | bit(Mode::MouseUrxvt) | bit(Mode::MousePixels);

    /// Says whether a mode is set.
    #[inline]
    pub fn has(self, mode: Mode) -> bool {
        self.0 & bit(mode) != 0
    }

    /// Sets or resets a mode.
    pub fn set(&mut self, mode: Mode, on: bool) {
        if on {
            self.0 |= bit(mode);
        } else {
            self.0 &= !bit(mode);
        }
    }

    /// Sets a mouse mode alone, or none of them, as xterm does.
    pub fn set_mouse(&mut self, mode: Mode, on: bool) {
        self.0 &= !Self::MOUSE;
        self.set(mode, on);
    }

    /// Sets an encoding of mouse positions alone, or none of them.
    pub fn set_mouse_encoding(&mut self, mode: Mode, on: bool) {
        self.0 &= !Self::MOUSE_ENCODING;
        self.set(mode, on);
    }

    /// Says whether the program wants the mouse.
    pub fn wants_mouse(self) -> bool {
        self.0 & Self::MOUSE != 0
    }
}

impl Default for ModeSet {
    fn default() -> Self {
        Self(
            bit(Mode::AutoWrap)
                | bit(Mode::CursorVisible)
                | bit(Mode::AlternateScroll)
                | bit(Mode::Graphemes),
        )
    }
}

const fn bit(mode: Mode) -> u64 {
    1 << mode as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_private_mode_is_found() {
        for (number, action) in PRIVATE {
            assert_eq!(private(*number), Some(*action));
        }
        assert_eq!(private(4), None);
    }
}
