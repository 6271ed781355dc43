//! The same output shown by us and by `alacritty_terminal`: the same text stands at the same
//! places, on the screen and above it, with the same colours, attributes, underlines and links; and
//! cursor, title, colours and modes are the same. The output is what it records to test itself
//! with (`recorded.rs`, whose table has what differs there) and random (`random.rs`). What a person
//! points at in it is in `pointed.rs`.
//!
//! Where the two differ on purpose, the generators leave it out. Each with its reason:
//! - A control after the last column was written: alacritty keeps the pending wrap through LF
//!   and erasures and ignores EL 0 then; xterm, and so we, end it (`ResetWrap` in xterm's
//!   `util.c`). The cursor is put where it is before such a control.
//! - Zero-width joiner, variation selectors, flags and skin tones: we form clusters (mode 2027).
//! - ED 2 and 3: alacritty moves the screen to history first; xterm does not. Neither is generated.
//! - DL at the top of the screen: the same.
//! - Cursor movement at margins: alacritty does not stop CUU and CUD at them; the VT510 manual
//!   says so. Left out while margins are set.
//! - IL and DL: alacritty leaves the cursor's column; the VT510 and xterm go to the left margin. A
//!   CR follows them.
//! - DECOM: alacritty leaves the cursor when origin mode ends; the VT510 homes it. CUP follows.
//! - CHA in origin mode: alacritty adds the top margin to the row again.
//! - ED 1 in the second row: alacritty does not erase the first.
//! - DCH of more than is left: alacritty erases cells before the cursor.
//! - REP after a change of the character set: alacritty repeats the key, we the character shown.
//!   REP follows a letter.
//! - A zero-width mark with nothing before it: alacritty keeps it; xterm and we drop it.
//! - A wide character where only one column is left, without auto-wrap: not generated.
//! - The cell that is left free where a wide character did not fit: alacritty gives it the pen's
//!   colours, we leave it empty. It is not compared.
//! - ECH, ICH, DCH and overwriting of a half of a wide character: alacritty leaves the other half;
//!   we never leave half a character. Such edits are generated on ASCII rows only.
//! - SU and SD with a scrolling region: the same; DL and IL outside of it: the same.
//! - DECRC after OSC 8: alacritty brings back the link with the style; the specification of OSC 8
//!   knows no such thing. Left out once there was a link.
//! - LNM: alacritty's line feeds leave the column (ECMA-48 7.2.9 says otherwise).
//! - SGR 21: alacritty takes it for the end of bold; it is a double underline (ECMA-48 8.3.117).
//! - DECRST of one mouse mode while another is set: alacritty leaves that; xterm has one of them
//!   at a time, and ends it. All three are reset at once.
//! - `CSI = u` (kitty's keyboard): alacritty answers `CSI ? u` from the stack alone, which it does not
//!   change.
//! - Rows that a resize moves above the screen or back are each one's choice; logical lines, their
//!   styles, and where in them the cursor is, are the same after it.

#![allow(clippy::unwrap_used, clippy::panic)] // all of it is tests

mod pair;
mod pointed;
mod random;
mod recorded;
