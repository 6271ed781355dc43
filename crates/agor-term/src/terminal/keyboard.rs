//! The keyboard modes that a program pushes (kitty's keyboard protocol). Each screen has its own.

use agor_proto::limits;
use serde::{Deserialize, Serialize};

/// Flags of the protocol.
pub(crate) const DISAMBIGUATE: u8 = 1;
pub(crate) const EVENT_TYPES: u8 = 1 << 1;
pub(crate) const ALTERNATE_KEYS: u8 = 1 << 2;
pub(crate) const ALL_AS_ESCAPES: u8 = 1 << 3;
pub(crate) const TEXT: u8 = 1 << 4;
const ALL: u16 = 0b1_1111;

/// The flags in use and those below them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Keyboard {
    flags: u8,
    below: Vec<u8>,
}

impl Keyboard {
    /// Returns the flags in use.
    pub fn flags(&self) -> u8 {
        self.flags
    }

    /// Uses other flags until they are popped.
    pub fn push(&mut self, flags: u16) {
        if self.below.len() == limits::KEYBOARD_STACK_MAX {
            self.below.remove(0);
        }
        self.below.push(self.flags);
        self.flags = (flags & ALL) as u8;
    }

    /// Goes back to the flags before; beyond the first there are none.
    pub fn pop(&mut self, count: u16) {
        for _ in 0..usize::from(count).min(self.below.len() + 1) {
            self.flags = self.below.pop().unwrap_or(0);
        }
    }

    /// Changes the flags in use: 1 replaces them, 2 adds, 3 removes.
    pub fn set(&mut self, flags: u16, how: u16) {
        let flags = (flags & ALL) as u8;
        match how {
            1 => self.flags = flags,
            2 => self.flags |= flags,
            3 => self.flags &= !flags,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keyboard_stack_max() {
        let mut keyboard = Keyboard::default();
        for n in 0..5_000_u16 {
            keyboard.push(n);
        }
        assert_eq!(keyboard.below.len(), limits::KEYBOARD_STACK_MAX);
        assert_eq!(u16::from(keyboard.flags()), 4_999 & ALL);
        keyboard.pop(1);
        assert_eq!(u16::from(keyboard.flags()), 4_998 & ALL);
        keyboard.pop(u16::MAX);
        assert_eq!(keyboard, Keyboard::default());
    }
}
