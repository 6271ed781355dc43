//! Input as the bytes that the program expects in the modes that it has set.

pub mod chord;
mod key;
mod key_names;
mod kitty;
mod mouse;
mod paste;

use agor_proto::input::Input;

use crate::modes::Mode;
use crate::terminal::{State, Terminal};

/// What decides about the form of input.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InputModes {
    pub cursor_keys: bool,
    pub keypad: bool,
    pub backspace_sends_backspace: bool,
    pub line_feed_new_line: bool,
    pub bracketed_paste: bool,
    pub focus: bool,
    pub modify_other_keys: u8,
    /// Kitty's flags.
    pub keyboard: u8,
}

impl InputModes {
    fn of(state: &State) -> Self {
        Self {
            cursor_keys: state.modes.has(Mode::CursorKeys),
            keypad: state.modes.has(Mode::Keypad),
            backspace_sends_backspace: state.modes.has(Mode::BackspaceSendsBackspace),
            line_feed_new_line: state.modes.has(Mode::LineFeedNewLine),
            bracketed_paste: state.modes.has(Mode::BracketedPaste),
            focus: state.modes.has(Mode::Focus),
            modify_other_keys: state.modify_other_keys,
            keyboard: state.keyboards[state.screen_index()].flags(),
        }
    }
}

impl Terminal {
    /// Appends the bytes that stand for `input` in the modes of this moment; nothing if the
    /// program does not want to know.
    pub fn encode(&self, input: &Input, out: &mut Vec<u8>) {
        let modes = InputModes::of(&self.state);
        match input {
            Input::Key(key) => key::encode(key, modes, out),
            Input::Text { text } => kitty::encode_text(text, modes, out),
            Input::Paste { text, first, last } => {
                paste::encode(text, *first, *last, modes.bracketed_paste, out);
            }
            Input::Mouse(mouse) => mouse::encode(mouse, &self.state, out),
            Input::Focus { gained } if modes.focus => {
                out.extend_from_slice(if *gained { b"\x1b[I" } else { b"\x1b[O" });
            }
            Input::Focus { .. } => {}
            Input::Raw { bytes } => out.extend_from_slice(bytes),
        }
    }
}
