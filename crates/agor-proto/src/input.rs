//! What a person does to a session, before it is encoded. The host encodes it with the modes that
//! the program has set at that moment, so that no input is in the form of a mode that has passed.

use serde::{Deserialize, Serialize};

/// One input, in the order in which it was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// A key that was pressed, repeated or released.
    Key(KeyInput),
    /// Text that did not come from one key: from an input method, or from a command.
    Text {
        /// The text.
        text: String,
    },
    /// A piece of a paste. Bracketed by the host if the program asked for it.
    Paste {
        /// The text of this piece.
        text: String,
        /// Whether this is the first piece.
        first: bool,
        /// Whether this is the last piece.
        last: bool,
    },
    /// The mouse.
    Mouse(MouseInput),
    /// The pane got or lost the keyboard.
    Focus {
        /// Whether it got it.
        gained: bool,
    },
    /// Bytes that go to the program as they are.
    Raw {
        /// The bytes.
        #[serde(with = "crate::frame::bytes")]
        bytes: Vec<u8>,
    },
}

/// A key, as the window saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyInput {
    /// What the key means in the person's layout.
    pub key: Key,
    /// Modifiers that were down, the key itself included if it is one.
    #[serde(default)]
    pub mods: Mods,
    /// Whether it was pressed, repeated or released.
    #[serde(default)]
    pub action: KeyAction,
    /// The text that the key makes with its modifiers, if any.
    #[serde(default)]
    pub text: String,
    /// The character that the key makes with Shift.
    #[serde(default)]
    pub shifted: Option<char>,
    /// The character at the key's place on a US keyboard.
    #[serde(default)]
    pub base_layout: Option<char>,
}

impl KeyInput {
    /// Returns a press of `key` with `mods` and the text that a plain character makes.
    #[must_use]
    pub fn press(key: Key, mods: Mods) -> Self {
        let text = match key {
            Key::Char(c) if !mods.intersects(Mods::CTRL.with(Mods::ALT).with(Mods::SUPER)) => {
                c.to_string()
            }
            _ => String::new(),
        };
        Self {
            key,
            mods,
            action: KeyAction::Press,
            text,
            shifted: None,
            base_layout: None,
        }
    }
}

/// What happened to a key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyAction {
    /// It went down.
    #[default]
    Press,
    /// It is held down.
    Repeat,
    /// It went up.
    Release,
}

/// What a key means. Keys of the keypad are keys of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Key {
    /// A key that makes a character: the one that it makes without modifiers.
    Char(char),
    /// F1 to F35.
    F(u8),
    /// A key of the keypad that makes a character: `0`-`9 . , / * - + =`.
    KeypadChar(char),
    #[allow(missing_docs)]
    Enter,
    #[allow(missing_docs)]
    Tab,
    #[allow(missing_docs)]
    Backspace,
    #[allow(missing_docs)]
    Escape,
    #[allow(missing_docs)]
    Up,
    #[allow(missing_docs)]
    Down,
    #[allow(missing_docs)]
    Left,
    #[allow(missing_docs)]
    Right,
    #[allow(missing_docs)]
    Home,
    #[allow(missing_docs)]
    End,
    #[allow(missing_docs)]
    PageUp,
    #[allow(missing_docs)]
    PageDown,
    #[allow(missing_docs)]
    Insert,
    #[allow(missing_docs)]
    Delete,
    #[allow(missing_docs)]
    KeypadEnter,
    #[allow(missing_docs)]
    KeypadUp,
    #[allow(missing_docs)]
    KeypadDown,
    #[allow(missing_docs)]
    KeypadLeft,
    #[allow(missing_docs)]
    KeypadRight,
    #[allow(missing_docs)]
    KeypadHome,
    #[allow(missing_docs)]
    KeypadEnd,
    #[allow(missing_docs)]
    KeypadPageUp,
    #[allow(missing_docs)]
    KeypadPageDown,
    #[allow(missing_docs)]
    KeypadInsert,
    #[allow(missing_docs)]
    KeypadDelete,
    /// The middle key of the keypad without Num Lock.
    KeypadBegin,
    #[allow(missing_docs)]
    CapsLock,
    #[allow(missing_docs)]
    ScrollLock,
    #[allow(missing_docs)]
    NumLock,
    #[allow(missing_docs)]
    PrintScreen,
    #[allow(missing_docs)]
    Pause,
    #[allow(missing_docs)]
    Menu,
    #[allow(missing_docs)]
    ShiftLeft,
    #[allow(missing_docs)]
    ShiftRight,
    #[allow(missing_docs)]
    ControlLeft,
    #[allow(missing_docs)]
    ControlRight,
    #[allow(missing_docs)]
    AltLeft,
    #[allow(missing_docs)]
    AltRight,
    #[allow(missing_docs)]
    SuperLeft,
    #[allow(missing_docs)]
    SuperRight,
    #[allow(missing_docs)]
    HyperLeft,
    #[allow(missing_docs)]
    HyperRight,
    #[allow(missing_docs)]
    MetaLeft,
    #[allow(missing_docs)]
    MetaRight,
    /// ISO level 3 shift (AltGr).
    AltGraph,
    /// A functional key by its number in the kitty keyboard protocol (media keys and the like).
    Functional(u32),
}

impl Key {
    /// Says whether the key is a modifier or a lock, which types nothing by itself.
    #[must_use]
    pub fn is_modifier(self) -> bool {
        matches!(
            self,
            Self::ShiftLeft
                | Self::ShiftRight
                | Self::ControlLeft
                | Self::ControlRight
                | Self::AltLeft
                | Self::AltRight
                | Self::SuperLeft
                | Self::SuperRight
                | Self::HyperLeft
                | Self::HyperRight
                | Self::MetaLeft
                | Self::MetaRight
                | Self::AltGraph
                | Self::CapsLock
                | Self::NumLock
                | Self::ScrollLock
        )
    }
}

/// Modifiers, as bits, in the numbering of the kitty keyboard protocol.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Mods(pub u8);

impl Mods {
    #[allow(missing_docs)]
    pub const SHIFT: Self = Self(1);
    #[allow(missing_docs)]
    pub const ALT: Self = Self(1 << 1);
    #[allow(missing_docs)]
    pub const CTRL: Self = Self(1 << 2);
    #[allow(missing_docs)]
    pub const SUPER: Self = Self(1 << 3);
    #[allow(missing_docs)]
    pub const HYPER: Self = Self(1 << 4);
    #[allow(missing_docs)]
    pub const META: Self = Self(1 << 5);
    #[allow(missing_docs)]
    pub const CAPS_LOCK: Self = Self(1 << 6);
    #[allow(missing_docs)]
    pub const NUM_LOCK: Self = Self(1 << 7);

    /// Returns these and `other`.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Says whether all of `other` are set.
    #[must_use]
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Says whether one of `other` is set.
    #[must_use]
    pub fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// What the mouse did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MouseInput {
    /// What happened.
    pub action: MouseAction,
    /// The cell, from 0.
    pub col: u16,
    /// The row of the screen, from 0.
    pub row: u16,
    /// Pixels from the left edge of the screen, for programs that ask for them (mode 1016).
    #[serde(default)]
    pub x_px: u32,
    /// Pixels from the top edge.
    #[serde(default)]
    pub y_px: u32,
    /// Modifiers that were down.
    #[serde(default)]
    pub mods: Mods,
}

/// What happened to the mouse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MouseAction {
    /// A button went down.
    Press(MouseButton),
    /// A button went up.
    Release(MouseButton),
    /// It moved, with the button that is held, if any.
    Move(Option<MouseButton>),
    /// The wheel turned by so many notches; positive is down or right.
    Wheel {
        /// Up and down.
        lines: i16,
        /// Left and right.
        columns: i16,
    },
}

/// A button of the mouse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum MouseButton {
    Left,
    Middle,
    Right,
    /// Buttons 8 to 11 of X.
    Extra(u8),
}
