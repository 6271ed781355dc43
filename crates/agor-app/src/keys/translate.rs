//! From a key event of the window system to what a session is told.

use agor_proto::input::{Key, KeyAction, KeyInput, Mods};
use winit::event::{ElementState, KeyEvent};
use winit::keyboard::{
    Key as Logical, KeyCode, KeyLocation, ModifiersState, NamedKey, PhysicalKey,
};
use winit::platform::modifier_supplement::KeyEventExtModifierSupplement;

/// What of a key event matters, apart from the window system's type, which only it can make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawKey {
    /// The key in the person's layout, with modifiers applied.
    pub logical: Logical,
    /// The key in the person's layout, without modifiers.
    pub plain: Logical,
    /// The key's place on the keyboard.
    pub physical: PhysicalKey,
    /// Left, right, keypad.
    pub location: KeyLocation,
    /// The text that it makes, without the effect of Ctrl.
    pub text: String,
    /// Whether it went down, is held or went up.
    pub action: KeyAction,
}

impl RawKey {
    /// Returns what of `event` matters.
    #[must_use]
    pub fn of(event: &KeyEvent) -> Self {
        Self {
            logical: event.logical_key.clone(),
            plain: event.key_without_modifiers(),
            physical: event.physical_key,
            location: event.location,
            text: event
                .text
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
            action: match (event.state, event.repeat) {
                (ElementState::Pressed, false) => KeyAction::Press,
                (ElementState::Pressed, true) => KeyAction::Repeat,
                (ElementState::Released, _) => KeyAction::Release,
            },
        }
    }
}

/// Appends what egui would have made of a key that waited for a command.
pub fn to_egui(raw: &RawKey, mods: Mods, events: &mut Vec<egui::Event>) {
    let modifiers = egui::Modifiers {
        alt: mods.contains(Mods::ALT),
        ctrl: mods.contains(Mods::CTRL),
        shift: mods.contains(Mods::SHIFT),
        mac_cmd: false,
        command: mods.contains(Mods::CTRL),
    };
    let key = match &raw.logical {
        Logical::Named(NamedKey::Enter) => Some(egui::Key::Enter),
        Logical::Named(NamedKey::Escape) => Some(egui::Key::Escape),
        Logical::Named(NamedKey::Backspace) => Some(egui::Key::Backspace),
        Logical::Named(NamedKey::Delete) => Some(egui::Key::Delete),
        Logical::Named(NamedKey::Tab) => Some(egui::Key::Tab),
        Logical::Named(NamedKey::Space) => Some(egui::Key::Space),
        Logical::Named(NamedKey::ArrowUp) => Some(egui::Key::ArrowUp),
        Logical::Named(NamedKey::ArrowDown) => Some(egui::Key::ArrowDown),
        Logical::Named(NamedKey::ArrowLeft) => Some(egui::Key::ArrowLeft),
        Logical::Named(NamedKey::ArrowRight) => Some(egui::Key::ArrowRight),
        Logical::Named(NamedKey::Home) => Some(egui::Key::Home),
        Logical::Named(NamedKey::End) => Some(egui::Key::End),
        Logical::Named(NamedKey::PageUp) => Some(egui::Key::PageUp),
        Logical::Named(NamedKey::PageDown) => Some(egui::Key::PageDown),
        // Letters and digits are keys as well as text: lists are answered by them.
        Logical::Character(_) => match &raw.plain {
            Logical::Character(plain) => egui::Key::from_name(&plain.to_uppercase()),
            _ => None,
        },
        _ => None,
    };
    let pressed = raw.action != KeyAction::Release;
    if let Some(key) = key {
        events.push(egui::Event::Key {
            key,
            physical_key: None,
            pressed,
            repeat: raw.action == KeyAction::Repeat,
            modifiers,
        });
    }
    let is_text = !raw.text.is_empty() && !raw.text.chars().any(char::is_control);
    if pressed && !modifiers.ctrl && is_text {
        events.push(egui::Event::Text(raw.text.clone()));
    }
}

#[cfg(test)]
impl RawKey {
    /// Returns the press of a key that makes a character, or of Enter.
    pub fn of_key(key: Key) -> Self {
        let logical = match key {
            Key::Char(c) => Logical::Character(c.to_string().into()),
            Key::Enter => Logical::Named(NamedKey::Enter),
            Key::Escape => Logical::Named(NamedKey::Escape),
            Key::Backspace => Logical::Named(NamedKey::Backspace),
            Key::Tab => Logical::Named(NamedKey::Tab),
            Key::Up => Logical::Named(NamedKey::ArrowUp),
            Key::Down => Logical::Named(NamedKey::ArrowDown),
            Key::Left => Logical::Named(NamedKey::ArrowLeft),
            Key::Right => Logical::Named(NamedKey::ArrowRight),
            Key::Home => Logical::Named(NamedKey::Home),
            Key::End => Logical::Named(NamedKey::End),
            Key::PageUp => Logical::Named(NamedKey::PageUp),
            Key::PageDown => Logical::Named(NamedKey::PageDown),
            Key::F(8) => Logical::Named(NamedKey::F8),
            Key::F(9) => Logical::Named(NamedKey::F9),
            other => panic!("{other:?} is not made yet"),
        };
        let text = match key {
            Key::Char(c) => c.to_string(),
            _ => String::new(),
        };
        Self {
            plain: logical.clone(),
            logical,
            physical: PhysicalKey::Code(KeyCode::KeyX),
            location: KeyLocation::Standard,
            text,
            action: KeyAction::Press,
        }
    }
}

/// Returns the modifiers as sessions are told them.
#[must_use]
pub fn mods(state: ModifiersState) -> Mods {
    let pairs = [
        (ModifiersState::SHIFT, Mods::SHIFT),
        (ModifiersState::ALT, Mods::ALT),
        (ModifiersState::CONTROL, Mods::CTRL),
        (ModifiersState::SUPER, Mods::SUPER),
    ];
    let set = pairs.into_iter().filter(|(from, _)| state.contains(*from));
    set.fold(Mods::default(), |mods, (_, mode)| mods.with(mode))
}

/// Returns what a session is told about a key, or `None` if there is nothing to tell (a dead key,
/// a key that no terminal knows).
#[must_use]
pub fn translate(raw: &RawKey, mods: Mods) -> Option<KeyInput> {
    let key = key(raw)?;
    let single = |text: &str| {
        let mut chars = text.chars();
        chars.next().filter(|_| chars.next().is_none())
    };
    let shifted = match (&raw.logical, key) {
        (Logical::Character(text), Key::Char(plain)) if mods.contains(Mods::SHIFT) => {
            single(text).filter(|shifted| *shifted != plain)
        }
        _ => None,
    };
    let held = Mods::CTRL.with(Mods::SUPER);
    // Control characters are what a key does, not text.
    let makes_text = !mods.intersects(held) && !raw.text.chars().any(char::is_control);
    Some(KeyInput {
        key,
        mods,
        action: raw.action,
        text: if makes_text && raw.action != KeyAction::Release {
            raw.text.clone()
        } else {
            String::new()
        },
        shifted,
        base_layout: base_layout(raw.physical).filter(|base| Key::Char(*base) != key),
    })
}

fn key(raw: &RawKey) -> Option<Key> {
    let keypad = raw.location == KeyLocation::Numpad;
    match (&raw.plain, &raw.logical) {
        // Without Num Lock the keypad moves; with it, it types.
        (_, Logical::Named(named)) if keypad => keypad_named(*named),
        (_, Logical::Character(text)) if keypad => {
            let first = text.chars().next()?;
            // A decimal separator is a comma in some layouts.
            Some(Key::KeypadChar(first))
        }
        (Logical::Named(plain), _) => named(*plain, raw.location),
        (Logical::Character(text), _) => text.chars().next().map(Key::Char),
        // A key whose text a compose sequence made has no place of its own.
        (_, Logical::Character(text)) => text.chars().next().map(Key::Char),
        (_, Logical::Named(logical)) => named(*logical, raw.location),
        _ => raw.text.chars().next().map(Key::Char),
    }
}

fn keypad_named(named: NamedKey) -> Option<Key> {
    Some(match named {
        NamedKey::Enter => Key::KeypadEnter,
        NamedKey::ArrowUp => Key::KeypadUp,
        NamedKey::ArrowDown => Key::KeypadDown,
        NamedKey::ArrowLeft => Key::KeypadLeft,
        NamedKey::ArrowRight => Key::KeypadRight,
        NamedKey::Home => Key::KeypadHome,
        NamedKey::End => Key::KeypadEnd,
        NamedKey::PageUp => Key::KeypadPageUp,
        NamedKey::PageDown => Key::KeypadPageDown,
        NamedKey::Insert => Key::KeypadInsert,
        NamedKey::Delete => Key::KeypadDelete,
        NamedKey::Clear => Key::KeypadBegin,
        NamedKey::NumLock => Key::NumLock,
        _ => return None,
    })
}

fn named(named: NamedKey, location: KeyLocation) -> Option<Key> {
    let side = |left, right| match location {
        KeyLocation::Right => right,
        _ => left,
    };
    Some(match named {
        NamedKey::Enter => Key::Enter,
        NamedKey::Tab => Key::Tab,
        NamedKey::Backspace => Key::Backspace,
        NamedKey::Escape => Key::Escape,
        NamedKey::Space => Key::Char(' '),
        NamedKey::ArrowUp => Key::Up,
        NamedKey::ArrowDown => Key::Down,
        NamedKey::ArrowLeft => Key::Left,
        NamedKey::ArrowRight => Key::Right,
        NamedKey::Home => Key::Home,
        NamedKey::End => Key::End,
        NamedKey::PageUp => Key::PageUp,
        NamedKey::PageDown => Key::PageDown,
        NamedKey::Insert => Key::Insert,
        NamedKey::Delete => Key::Delete,
        NamedKey::CapsLock => Key::CapsLock,
        NamedKey::ScrollLock => Key::ScrollLock,
        NamedKey::NumLock => Key::NumLock,
        NamedKey::PrintScreen => Key::PrintScreen,
        NamedKey::Pause => Key::Pause,
        NamedKey::ContextMenu => Key::Menu,
        NamedKey::Shift => side(Key::ShiftLeft, Key::ShiftRight),
        NamedKey::Control => side(Key::ControlLeft, Key::ControlRight),
        NamedKey::Alt => side(Key::AltLeft, Key::AltRight),
        NamedKey::Super => side(Key::SuperLeft, Key::SuperRight),
        NamedKey::Hyper => side(Key::HyperLeft, Key::HyperRight),
        NamedKey::Meta => side(Key::MetaLeft, Key::MetaRight),
        NamedKey::AltGraph => Key::AltGraph,
        other => return function(other),
    })
}

fn function(named: NamedKey) -> Option<Key> {
    const FUNCTIONS: [NamedKey; 35] = [
        NamedKey::F1,
        NamedKey::F2,
        NamedKey::F3,
        NamedKey::F4,
        NamedKey::F5,
        NamedKey::F6,
        NamedKey::F7,
        NamedKey::F8,
        NamedKey::F9,
        NamedKey::F10,
        NamedKey::F11,
        NamedKey::F12,
        NamedKey::F13,
        NamedKey::F14,
        NamedKey::F15,
        NamedKey::F16,
        NamedKey::F17,
        NamedKey::F18,
        NamedKey::F19,
        NamedKey::F20,
        NamedKey::F21,
        NamedKey::F22,
        NamedKey::F23,
        NamedKey::F24,
        NamedKey::F25,
        NamedKey::F26,
        NamedKey::F27,
        NamedKey::F28,
        NamedKey::F29,
        NamedKey::F30,
        NamedKey::F31,
        NamedKey::F32,
        NamedKey::F33,
        NamedKey::F34,
        NamedKey::F35,
    ];
    let at = FUNCTIONS.iter().position(|function| *function == named)?;
    u8::try_from(at + 1).ok().map(Key::F)
}

/// Returns the character at a key's place on a US keyboard.
#[must_use]
pub fn base_layout(physical: PhysicalKey) -> Option<char> {
    let PhysicalKey::Code(code) = physical else {
        return None;
    };
    Some(match code {
        KeyCode::KeyA => 'a',
        KeyCode::KeyB => 'b',
        KeyCode::KeyC => 'c',
        KeyCode::KeyD => 'd',
        KeyCode::KeyE => 'e',
        KeyCode::KeyF => 'f',
        KeyCode::KeyG => 'g',
        KeyCode::KeyH => 'h',
        KeyCode::KeyI => 'i',
        KeyCode::KeyJ => 'j',
        KeyCode::KeyK => 'k',
        KeyCode::KeyL => 'l',
        KeyCode::KeyM => 'm',
        KeyCode::KeyN => 'n',
        KeyCode::KeyO => 'o',
        KeyCode::KeyP => 'p',
        KeyCode::KeyQ => 'q',
        KeyCode::KeyR => 'r',
        KeyCode::KeyS => 's',
        KeyCode::KeyT => 't',
        KeyCode::KeyU => 'u',
        KeyCode::KeyV => 'v',
        KeyCode::KeyW => 'w',
        KeyCode::KeyX => 'x',
        KeyCode::KeyY => 'y',
        KeyCode::KeyZ => 'z',
        KeyCode::Digit0 => '0',
        KeyCode::Digit1 => '1',
        KeyCode::Digit2 => '2',
        KeyCode::Digit3 => '3',
        KeyCode::Digit4 => '4',
        KeyCode::Digit5 => '5',
        KeyCode::Digit6 => '6',
        KeyCode::Digit7 => '7',
        KeyCode::Digit8 => '8',
        KeyCode::Digit9 => '9',
        KeyCode::Backquote => '`',
        KeyCode::Backslash | KeyCode::IntlBackslash => '\\',
        KeyCode::BracketLeft => '[',
        KeyCode::BracketRight => ']',
        KeyCode::Comma => ',',
        KeyCode::Equal => '=',
        KeyCode::Minus => '-',
        KeyCode::Period => '.',
        KeyCode::Quote => '\'',
        KeyCode::Semicolon => ';',
        KeyCode::Slash => '/',
        KeyCode::Space => ' ',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(logical: &str, plain: &str, code: KeyCode) -> RawKey {
        RawKey {
            logical: Logical::Character(logical.into()),
            plain: Logical::Character(plain.into()),
            physical: PhysicalKey::Code(code),
            location: KeyLocation::Standard,
            text: logical.into(),
            action: KeyAction::Press,
        }
    }

    fn named_key(named: NamedKey, location: KeyLocation) -> RawKey {
        RawKey {
            logical: Logical::Named(named),
            plain: Logical::Named(named),
            location,
            text: String::new(),
            ..raw("", "", KeyCode::F1)
        }
    }

    #[test]
    fn a_key_that_waited_is_what_egui_makes_of_one_that_did_not() {
        let made = |raw: &RawKey, mods| {
            let mut events = Vec::new();
            to_egui(raw, mods, &mut events);
            let words = events.iter().map(|event| match event {
                egui::Event::Key { key, modifiers, .. } => format!("{key:?} {}", modifiers.ctrl),
                egui::Event::Text(text) => format!("text {text}"),
                other => panic!("{other:?}"),
            });
            words.collect::<Vec<_>>()
        };
        let three = raw("3", "3", KeyCode::Digit3);
        assert_eq!(made(&three, Mods::default()), ["Num3 false", "text 3"]);
        let letter = raw("n", "n", KeyCode::KeyN);
        assert_eq!(made(&letter, Mods::CTRL), ["N true"]);
        let mut tab = named_key(NamedKey::Tab, KeyLocation::Standard);
        tab.text = "\t".into();
        assert_eq!(made(&tab, Mods::default()), ["Tab false"]);
    }

    #[test]
    fn a_shifted_letter_is_its_key_and_its_text() {
        let input = translate(&raw("A", "a", KeyCode::KeyA), Mods::SHIFT).unwrap();
        assert_eq!(
            (input.key, input.shifted, input.text.as_str()),
            (Key::Char('a'), Some('A'), "A")
        );
    }

    #[test]
    fn control_makes_no_text() {
        let mut key = raw("c", "c", KeyCode::KeyC);
        key.text = "c".into();
        let input = translate(&key, Mods::CTRL).unwrap();
        assert_eq!((input.key, input.text.as_str()), (Key::Char('c'), ""));
    }

    #[test]
    fn another_layout_says_where_its_key_lies() {
        let input = translate(&raw("с", "с", KeyCode::KeyC), Mods::default()).unwrap();
        assert_eq!(input.base_layout, Some('c'));
        assert_eq!(input.text, "с");
    }

    #[test]
    fn the_keypad_has_keys_of_its_own() {
        let digit = RawKey {
            location: KeyLocation::Numpad,
            ..raw("5", "5", KeyCode::Numpad5)
        };
        let input = translate(&digit, Mods::default()).unwrap();
        assert_eq!(input.key, Key::KeypadChar('5'));
        let home = named_key(NamedKey::Home, KeyLocation::Numpad);
        let input = translate(&home, Mods::default()).unwrap();
        assert_eq!(input.key, Key::KeypadHome);
        let enter = named_key(NamedKey::Enter, KeyLocation::Numpad);
        assert_eq!(
            translate(&enter, Mods::default()).unwrap().key,
            Key::KeypadEnter
        );
    }

    #[test]
    fn modifiers_know_their_side_and_function_keys_their_number() {
        let right = named_key(NamedKey::Control, KeyLocation::Right);
        assert_eq!(
            translate(&right, Mods::default()).unwrap().key,
            Key::ControlRight
        );
        let f12 = named_key(NamedKey::F12, KeyLocation::Standard);
        assert_eq!(translate(&f12, Mods::default()).unwrap().key, Key::F(12));
    }

    #[test]
    fn a_dead_key_tells_nothing() {
        let dead = RawKey {
            logical: Logical::Dead(Some('´')),
            plain: Logical::Dead(Some('´')),
            text: String::new(),
            ..raw("", "", KeyCode::Quote)
        };
        assert_eq!(translate(&dead, Mods::default()), None);
    }

    #[test]
    fn a_composed_character_is_typed_whatever_its_place() {
        let composed = RawKey {
            logical: Logical::Character("é".into()),
            plain: Logical::Unidentified(winit::keyboard::NativeKey::Unidentified),
            physical: PhysicalKey::Unidentified(winit::keyboard::NativeKeyCode::Unidentified),
            text: "é".into(),
            ..raw("", "", KeyCode::F1)
        };
        let input = translate(&composed, Mods::default()).unwrap();
        assert_eq!((input.key, input.text.as_str()), (Key::Char('é'), "é"));
    }
}
