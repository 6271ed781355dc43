//! The mouse, in the mode and encoding that the program chose (xterm's ctlseqs, "Mouse Tracking").

use agor_proto::input::{Mods, MouseAction, MouseButton, MouseInput};
use agor_proto::limits::WHEEL_NOTCHES_MAX;

use crate::modes::Mode;
use crate::terminal::State;

/// Rows that one notch of the wheel moves where the program has no mouse.
const ROWS_PER_NOTCH: u16 = 3;

/// Appends what the program hears of `mouse`.
pub(super) fn encode(mouse: &MouseInput, state: &State, out: &mut Vec<u8>) {
    match mouse.action {
        MouseAction::Press(button) => report(mouse, button_code(button), Kind::Press, state, out),
        MouseAction::Release(button) => {
            report(mouse, button_code(button), Kind::Release, state, out);
        }
        MouseAction::Move(button) => {
            report(
                mouse,
                button.map_or(3, button_code) + 32,
                Kind::Move(button),
                state,
                out,
            );
        }
        MouseAction::Wheel { lines, columns } => {
            if !state.modes.wants_mouse() {
                scroll_by_keys(lines, state, out);
                return;
            }
            for (notches, back, forth) in [(lines, 64, 65), (columns, 66, 67)] {
                let code = if notches < 0 { back } else { forth };
                for _ in 0..notches.unsigned_abs().min(WHEEL_NOTCHES_MAX) {
                    report(mouse, code, Kind::Wheel, state, out);
                }
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Press,
    Release,
    Move(Option<MouseButton>),
    Wheel,
}

fn button_code(button: MouseButton) -> u32 {
    match button {
        MouseButton::Left => 0,
        MouseButton::Middle => 1,
        MouseButton::Right => 2,
        MouseButton::Extra(number) => 128 + u32::from(number.clamp(8, 11) - 8),
    }
}

/// On the alternate screen a wheel without a mouse mode moves the cursor (mode 1007).
fn scroll_by_keys(lines: i16, state: &State, out: &mut Vec<u8>) {
    if !state.on_alt() || !state.modes.has(Mode::AlternateScroll) {
        return;
    }
    let key: &[u8] = match (lines < 0, state.modes.has(Mode::CursorKeys)) {
        (true, true) => b"\x1bOA",
        (true, false) => b"\x1b[A",
        (false, true) => b"\x1bOB",
        (false, false) => b"\x1b[B",
    };
    for _ in 0..lines.unsigned_abs().min(WHEEL_NOTCHES_MAX) * ROWS_PER_NOTCH {
        out.extend_from_slice(key);
    }
}

fn is_wanted(kind: Kind, state: &State) -> bool {
    let modes = state.modes;
    match kind {
        Kind::Press | Kind::Wheel => modes.wants_mouse(),
        Kind::Release => modes.wants_mouse() && !modes.has(Mode::MouseX10),
        Kind::Move(Some(_)) => modes.has(Mode::MouseDrag) || modes.has(Mode::MouseMotion),
        Kind::Move(None) => modes.has(Mode::MouseMotion),
    }
}

fn report(mouse: &MouseInput, code: u32, kind: Kind, state: &State, out: &mut Vec<u8>) {
    if !is_wanted(kind, state) {
        return;
    }
    let modes = state.modes;
    let mut code = code;
    if !modes.has(Mode::MouseX10) {
        for (held, bit) in [
            (Mods::SHIFT, 4),
            (Mods::ALT, 8),
            (Mods::META, 8),
            (Mods::CTRL, 16),
        ] {
            if mouse.mods.contains(held) {
                code |= bit;
            }
        }
    }
    let col = u32::from(mouse.col.min(state.size.cols - 1)) + 1;
    let row = u32::from(mouse.row.min(state.size.rows - 1)) + 1;
    let release = kind == Kind::Release;
    let last = if release { 'm' } else { 'M' };
    if modes.has(Mode::MousePixels) {
        let (x, y) = (mouse.x_px.saturating_add(1), mouse.y_px.saturating_add(1));
        out.extend_from_slice(format!("\x1b[<{code};{x};{y}{last}").as_bytes());
    } else if modes.has(Mode::MouseSgr) {
        out.extend_from_slice(format!("\x1b[<{code};{col};{row}{last}").as_bytes());
    } else {
        // The older encodings do not say which button was released.
        let code = if release {
            code & !0b1100_0011 | 3
        } else {
            code
        };
        if modes.has(Mode::MouseUrxvt) {
            out.extend_from_slice(format!("\x1b[{};{col};{row}M", code + 32).as_bytes());
        } else {
            report_in_bytes([code, col, row], modes.has(Mode::MouseUtf8), out);
        }
    }
}

/// A position that the encoding cannot express is not sent.
fn report_in_bytes(values: [u32; 3], utf8: bool, out: &mut Vec<u8>) {
    let max = if utf8 { 2015 } else { 223 };
    if values.iter().any(|value| *value > max) {
        return;
    }
    out.extend_from_slice(b"\x1b[M");
    for value in values {
        match char::from_u32(value + 32) {
            Some(c) if utf8 => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            _ => out.push((value + 32) as u8),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::terminal::{Options, Terminal};
    use agor_proto::ids::Size;
    use agor_proto::input::{Input, Mods, MouseAction, MouseButton, MouseInput};

    fn sent(modes: &str, action: MouseAction) -> String {
        let mut terminal = Terminal::new(Options {
            size: Size::cells(300, 50),
            ..Options::default()
        });
        terminal.advance(modes.as_bytes(), &mut Vec::new());
        let mouse = MouseInput {
            action,
            col: 9,
            row: 4,
            x_px: 99,
            y_px: 44,
            mods: Mods::CTRL,
        };
        let mut out = Vec::new();
        terminal.encode(&Input::Mouse(mouse), &mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    #[test]
    fn each_mode_hears_what_it_asked_for() {
        let press = MouseAction::Press(MouseButton::Left);
        let release = MouseAction::Release(MouseButton::Left);
        let drag = MouseAction::Move(Some(MouseButton::Left));
        let motion = MouseAction::Move(None);
        for (modes, action, expected) in [
            ("", press, ""),
            ("\x1b[?9h", press, "\x1b[M *%"),
            ("\x1b[?9h", release, ""),
            ("\x1b[?1000h", press, "\x1b[M0*%"),
            ("\x1b[?1000h", release, "\x1b[M3*%"),
            ("\x1b[?1000h", drag, ""),
            ("\x1b[?1002h\x1b[?1006h", drag, "\x1b[<48;10;5M"),
            ("\x1b[?1002h\x1b[?1006h", motion, ""),
            ("\x1b[?1003h\x1b[?1006h", motion, "\x1b[<51;10;5M"),
            ("\x1b[?1003h\x1b[?1006h", release, "\x1b[<16;10;5m"),
            ("\x1b[?1000h\x1b[?1016h", press, "\x1b[<16;100;45M"),
            ("\x1b[?1000h\x1b[?1015h", press, "\x1b[48;10;5M"),
            ("\x1b[?1000h\x1b[?1006h\x1b[?1000l", press, ""),
        ] {
            assert_eq!(sent(modes, action), expected, "{modes:?} {action:?}");
        }
    }

    #[test]
    fn a_wheel_is_a_button_or_the_cursor_keys() {
        let up = MouseAction::Wheel {
            lines: -1,
            columns: 0,
        };
        assert_eq!(sent("\x1b[?1000h\x1b[?1006h", up), "\x1b[<80;10;5M");
        assert_eq!(sent("\x1b[?1049h", up), "\x1b[A\x1b[A\x1b[A");
        assert_eq!(sent("", up), "");
        let far = MouseAction::Wheel {
            lines: i16::MIN,
            columns: 0,
        };
        assert!(sent("\x1b[?1000h\x1b[?1006h", far).len() < 1_000);
    }
}
