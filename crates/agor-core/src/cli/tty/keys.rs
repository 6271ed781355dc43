//! What a terminal sends for keys, mouse, focus and pastes, read back as input. The program in the
//! session may have set other modes than the caller's terminal has: the host encodes anew.

use agor_proto::input::{
    Input, Key, KeyAction, KeyInput, Mods, MouseAction, MouseButton, MouseInput,
};

/// A sequence longer than this is none.
const SEQUENCE_MAX: usize = 64;

const PASTE_BEGIN: &[u8] = b"\x1b[200~";
const PASTE_END: &[u8] = b"\x1b[201~";

/// Reads input, however it is cut on its way.
#[derive(Debug, Default)]
pub struct KeyParser {
    pending: Vec<u8>,
    paste: Option<Paste>,
}

#[derive(Debug)]
struct Paste {
    /// Whether no piece was handed on yet.
    first: bool,
}

/// What stands at the begin of some bytes.
enum Token {
    /// An input of so many bytes; nothing if it means nothing.
    Input(Option<Input>, usize),
    PasteBegin,
    /// It depends on what comes next.
    Incomplete,
}

impl KeyParser {
    /// Returns the inputs in `bytes` and what was left of those before.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Input> {
        self.pending.extend_from_slice(bytes);
        let mut inputs = Vec::new();
        self.read(&mut inputs, false);
        inputs
    }

    /// Says whether something waits for its rest: an Escape may be a key or a begin.
    pub fn waits(&self) -> bool {
        !self.pending.is_empty() && self.paste.is_none()
    }

    /// Returns what waited, since nothing more came.
    pub fn flush(&mut self) -> Vec<Input> {
        let mut inputs = Vec::new();
        if self.paste.is_none() {
            self.read(&mut inputs, true);
        }
        inputs
    }

    fn read(&mut self, inputs: &mut Vec<Input>, to_the_end: bool) {
        loop {
            if self.paste.is_some() {
                if !self.read_paste(inputs) {
                    return;
                }
                continue;
            }
            match token(&self.pending, to_the_end) {
                Token::Incomplete => return,
                Token::PasteBegin => {
                    self.pending.drain(..PASTE_BEGIN.len());
                    self.paste = Some(Paste { first: true });
                }
                Token::Input(input, length) => {
                    self.pending.drain(..length);
                    let alone = input.and_then(|input| joined(inputs, input));
                    inputs.extend(alone);
                }
            }
        }
    }

    /// Hands on what has come of a paste; returns whether it has ended.
    fn read_paste(&mut self, inputs: &mut Vec<Input>) -> bool {
        let end = self
            .pending
            .windows(PASTE_END.len())
            .position(|bytes| bytes == PASTE_END);
        let last = end.is_some();
        // A part of the end, or of a character, waits for its rest.
        let mut length = end.unwrap_or(self.pending.len().saturating_sub(PASTE_END.len() - 1));
        if let Err(error) = std::str::from_utf8(&self.pending[..length])
            && error.error_len().is_none()
            && !last
        {
            length = error.valid_up_to();
        }
        if length == 0 && !last {
            return false;
        }
        let text = String::from_utf8_lossy(&self.pending[..length]).into_owned();
        self.pending.drain(
            ..if last {
                length + PASTE_END.len()
            } else {
                length
            },
        );
        let first = self.paste.as_ref().is_some_and(|paste| paste.first);
        inputs.push(Input::Paste { text, first, last });
        self.paste = (!last).then_some(Paste { first: false });
        last
    }
}

/// Joins characters that came at once into one text; returns `input` if it stands alone.
fn joined(inputs: &mut [Input], input: Input) -> Option<Input> {
    let Input::Key(KeyInput { text: new, .. }) = &input else {
        return Some(input);
    };
    if new.is_empty() {
        return Some(input);
    }
    let before = match inputs.last_mut() {
        Some(Input::Text { text }) => {
            text.push_str(new);
            return None;
        }
        Some(last @ Input::Key(_)) => last,
        _ => return Some(input),
    };
    match before {
        Input::Key(KeyInput { text, .. }) if !text.is_empty() => {
            let text = format!("{text}{new}");
            *before = Input::Text { text };
            None
        }
        _ => Some(input),
    }
}

fn key(key: Key, mods: Mods) -> Option<Input> {
    Some(Input::Key(KeyInput::press(key, mods)))
}

fn token(bytes: &[u8], to_the_end: bool) -> Token {
    match bytes {
        [] => Token::Incomplete,
        [0x1b] if to_the_end => Token::Input(key(Key::Escape, Mods::default()), 1),
        [0x1b] => Token::Incomplete,
        [0x1b, b'[', ..] => csi(bytes, to_the_end),
        [0x1b, b'O', rest @ ..] => match rest.first() {
            Some(&last) => match ss3(last) {
                Some(named) => Token::Input(key(named, Mods::default()), 3),
                None => Token::Input(key(Key::Char('O'), Mods::ALT), 2),
            },
            None if to_the_end => Token::Input(key(Key::Char('O'), Mods::ALT), 2),
            None => Token::Incomplete,
        },
        [0x1b, 0x1b, ..] => Token::Input(key(Key::Escape, Mods::default()), 1),
        [0x1b, rest @ ..] => match token(rest, to_the_end) {
            Token::Input(Some(Input::Key(pressed)), length) => {
                let mods = pressed.mods.with(Mods::ALT);
                Token::Input(key(pressed.key, mods), length + 1)
            }
            Token::Input(other, length) => Token::Input(other, length + 1),
            other => other,
        },
        [byte @ (0..=0x1f | 0x7f), ..] => Token::Input(control(*byte), 1),
        _ => character(bytes, to_the_end),
    }
}

fn control(byte: u8) -> Option<Input> {
    match byte {
        b'\t' => key(Key::Tab, Mods::default()),
        b'\r' => key(Key::Enter, Mods::default()),
        0x7f => key(Key::Backspace, Mods::default()),
        0x08 => key(Key::Backspace, Mods::CTRL),
        0 => key(Key::Char(' '), Mods::CTRL),
        1..=26 => key(Key::Char(char::from(byte | 0x60)), Mods::CTRL),
        _ => key(Key::Char(char::from(byte | 0x40)), Mods::CTRL),
    }
}

fn character(bytes: &[u8], to_the_end: bool) -> Token {
    let head = &bytes[..bytes.len().min(4)];
    let (valid, error) = match std::str::from_utf8(head) {
        Ok(text) => (text, None),
        Err(error) => {
            let valid = std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default();
            (valid, error.error_len())
        }
    };
    match valid.chars().next() {
        Some(c) => Token::Input(key(Key::Char(c), Mods::default()), c.len_utf8()),
        None if error.is_some() || to_the_end => {
            // Not UTF-8: it goes to the program as it is.
            let bytes = bytes[..error.unwrap_or(1).max(1)].to_vec();
            let length = bytes.len();
            Token::Input(Some(Input::Raw { bytes }), length)
        }
        None => Token::Incomplete,
    }
}

fn ss3(last: u8) -> Option<Key> {
    Some(match last {
        b'M' => Key::KeypadEnter,
        _ => return letter(last),
    })
}

/// Returns the key of a sequence that ends in a letter.
fn letter(last: u8) -> Option<Key> {
    Some(match last {
        b'A' => Key::Up,
        b'B' => Key::Down,
        b'C' => Key::Right,
        b'D' => Key::Left,
        b'E' => Key::KeypadBegin,
        b'F' => Key::End,
        b'H' => Key::Home,
        b'P' => Key::F(1),
        b'Q' => Key::F(2),
        b'R' => Key::F(3),
        b'S' => Key::F(4),
        _ => return None,
    })
}

/// Returns the key of a sequence that ends in `~`.
fn numbered(number: u32) -> Option<Key> {
    let f = |first: u32, base: u32| u8::try_from(number - base + first).ok().map(Key::F);
    match number {
        1 | 7 => Some(Key::Home),
        2 => Some(Key::Insert),
        3 => Some(Key::Delete),
        4 | 8 => Some(Key::End),
        5 => Some(Key::PageUp),
        6 => Some(Key::PageDown),
        11..=15 => f(1, 11),
        17..=21 => f(6, 17),
        23..=26 => f(11, 23),
        28 | 29 => f(15, 28),
        31..=34 => f(17, 31),
        _ => None,
    }
}

fn csi(bytes: &[u8], to_the_end: bool) -> Token {
    if bytes.starts_with(PASTE_BEGIN) {
        return Token::PasteBegin;
    }
    let body = &bytes[2..];
    let Some(length) = body.iter().position(|byte| (0x40..=0x7e).contains(byte)) else {
        if to_the_end || body.len() > SEQUENCE_MAX {
            return Token::Input(key(Key::Char('['), Mods::ALT), 2);
        }
        return Token::Incomplete;
    };
    let (params, last) = (&body[..length], body[length]);
    let whole = 2 + length + 1;
    if let Some(params) = params.strip_prefix(b"<") {
        return Token::Input(mouse(params, last), whole);
    }
    let mut numbers = params.split(|&byte| byte == b';').map(|number| {
        // Sub-parameters say more than is asked here.
        let number = number
            .split(|&byte| byte == b':')
            .next()
            .unwrap_or_default();
        std::str::from_utf8(number).ok()?.parse::<u32>().ok()
    });
    let first = numbers.next().flatten();
    let bits = numbers.next().flatten().unwrap_or(1).saturating_sub(1);
    let mods = Mods(u8::try_from(bits).unwrap_or(0));
    let input = match last {
        b'I' => Some(Input::Focus { gained: true }),
        b'O' => Some(Input::Focus { gained: false }),
        b'Z' => key(Key::Tab, mods.with(Mods::SHIFT)),
        b'~' => first.and_then(numbered).and_then(|named| key(named, mods)),
        b'u' => first
            .and_then(char::from_u32)
            .and_then(|c| key(unicode(c), mods)),
        last => letter(last).and_then(|named| key(named, mods)),
    };
    Token::Input(input, whole)
}

fn unicode(c: char) -> Key {
    match c {
        '\r' => Key::Enter,
        '\t' => Key::Tab,
        '\x1b' => Key::Escape,
        '\x7f' => Key::Backspace,
        c => Key::Char(c),
    }
}

/// Returns a mouse report of mode 1006.
fn mouse(params: &[u8], last: u8) -> Option<Input> {
    let params = std::str::from_utf8(params).ok()?;
    let mut numbers = params.split(';').map(|number| number.parse::<u32>().ok());
    let mut next = || numbers.next().flatten();
    let (bits, col, row) = (next()?, next()?, next()?);
    let mut mods = Mods::default();
    for (bit, modifier) in [(4, Mods::SHIFT), (8, Mods::ALT), (16, Mods::CTRL)] {
        if bits & bit != 0 {
            mods = mods.with(modifier);
        }
    }
    let button = match bits & 0b1100_0011 {
        0 => Some(MouseButton::Left),
        1 => Some(MouseButton::Middle),
        2 => Some(MouseButton::Right),
        extra @ 128..=131 => Some(MouseButton::Extra(u8::try_from(extra - 128 + 8).ok()?)),
        _ => None,
    };
    let wheel = |lines, columns| MouseAction::Wheel { lines, columns };
    let action = match bits & 0b1100_0011 {
        64 => wheel(-1, 0),
        65 => wheel(1, 0),
        66 => wheel(0, -1),
        67 => wheel(0, 1),
        _ if bits & 32 != 0 => MouseAction::Move(button),
        _ if last == b'm' => MouseAction::Release(button?),
        _ => MouseAction::Press(button?),
    };
    let place = |number: u32| u16::try_from(number.checked_sub(1)?).ok();
    Some(Input::Mouse(MouseInput {
        action,
        col: place(col)?,
        row: place(row)?,
        x_px: 0,
        y_px: 0,
        mods,
    }))
}

/// Says whether two presses are of the same key with the same modifiers.
pub fn same_key(one: &KeyInput, other: &KeyInput) -> bool {
    one.action != KeyAction::Release && (one.key, one.mods) == (other.key, other.mods)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(bytes: &[u8]) -> Vec<Input> {
        let mut parser = KeyParser::default();
        let mut inputs = parser.push(bytes);
        inputs.extend(parser.flush());
        inputs
    }

    fn press(key: Key, mods: Mods) -> Input {
        Input::Key(KeyInput::press(key, mods))
    }

    #[test]
    fn keys_are_read_back() {
        let none = Mods::default();
        for (bytes, named, mods) in [
            (&b"a"[..], Key::Char('a'), none),
            ("ü".as_bytes(), Key::Char('ü'), none),
            (b"\x03", Key::Char('c'), Mods::CTRL),
            (b"\x1c", Key::Char('\\'), Mods::CTRL),
            (b"\0", Key::Char(' '), Mods::CTRL),
            (b"\r", Key::Enter, none),
            (b"\t", Key::Tab, none),
            (b"\x7f", Key::Backspace, none),
            (b"\x1b", Key::Escape, none),
            (b"\x1bx", Key::Char('x'), Mods::ALT),
            (b"\x1b\x03", Key::Char('c'), Mods::ALT.with(Mods::CTRL)),
            (b"\x1b[A", Key::Up, none),
            (b"\x1bOA", Key::Up, none),
            (b"\x1bOP", Key::F(1), none),
            (b"\x1b[1;5C", Key::Right, Mods::CTRL),
            (b"\x1b[Z", Key::Tab, Mods::SHIFT),
            (b"\x1b[3~", Key::Delete, none),
            (b"\x1b[15~", Key::F(5), none),
            (b"\x1b[17;2~", Key::F(6), Mods::SHIFT),
            (b"\x1b[24~", Key::F(12), none),
            (b"\x1b[97;5u", Key::Char('a'), Mods::CTRL),
            (b"\x1b[", Key::Char('['), Mods::ALT),
        ] {
            assert_eq!(parse(bytes), [press(named, mods)], "{bytes:?}");
        }
    }

    #[test]
    fn characters_that_come_at_once_are_one_text() {
        let text = "hello".into();
        assert_eq!(
            parse(b"hello\r"),
            [Input::Text { text }, press(Key::Enter, Mods::default())]
        );
    }

    #[test]
    fn a_paste_is_one_however_it_is_cut() {
        let bytes = "\x1b[200~grüß\n\x1b[A gott\x1b[201~x".as_bytes();
        for cut in 1..bytes.len() {
            let mut parser = KeyParser::default();
            let inputs: Vec<_> = bytes
                .chunks(cut)
                .flat_map(|piece| parser.push(piece))
                .collect();
            let mut pasted = String::new();
            let (mut firsts, mut lasts) = (0, 0);
            for input in &inputs {
                if let Input::Paste { text, first, last } = input {
                    pasted.push_str(text);
                    firsts += usize::from(*first);
                    lasts += usize::from(*last);
                }
            }
            assert_eq!(pasted, "grüß\n\x1b[A gott", "{cut}");
            assert_eq!((firsts, lasts), (1, 1), "{cut}");
            assert_eq!(
                inputs.last(),
                Some(&press(Key::Char('x'), Mods::default())),
                "{cut}"
            );
        }
    }

    #[test]
    fn the_mouse_is_read_back() {
        let mouse = |bytes| match &parse(bytes)[..] {
            [Input::Mouse(mouse)] => *mouse,
            other => panic!("{other:?}"),
        };
        let press = mouse(b"\x1b[<0;10;5M");
        assert_eq!(
            (press.action, press.col, press.row),
            (MouseAction::Press(MouseButton::Left), 9, 4)
        );
        assert_eq!(
            mouse(b"\x1b[<2;1;1m").action,
            MouseAction::Release(MouseButton::Right)
        );
        let drag = mouse(b"\x1b[<48;1;1M");
        assert_eq!(
            (drag.action, drag.mods),
            (MouseAction::Move(Some(MouseButton::Left)), Mods::CTRL)
        );
        let wheel = MouseAction::Wheel {
            lines: 1,
            columns: 0,
        };
        assert_eq!(mouse(b"\x1b[<65;1;1M").action, wheel);
    }

    #[test]
    fn garbage_is_dropped_or_handed_on_and_never_stuck() {
        assert_eq!(parse(b"\x1b[<1;2M"), []);
        assert_eq!(parse(b"\x1b[99~"), []);
        assert_eq!(parse(b"\xff"), [Input::Raw { bytes: vec![0xff] }]);
        let mut long = b"\x1b[".to_vec();
        long.extend([b'1'; 200]);
        let mut parser = KeyParser::default();
        parser.push(&long);
        assert!(!parser.waits());
    }
}
