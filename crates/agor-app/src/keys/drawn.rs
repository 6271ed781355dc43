//! Keys of what egui draws: lists, fields and pages ask the table of keys here what a frame's keys mean to them, so that
//! these can be other keys. The router leaves such keys to egui, in their order among what is typed.

use std::sync::{Arc, OnceLock};

use agor_proto::input::{Key, KeyInput, Mods};
use egui::{Event, Id, Modifiers, Ui};

use super::keymap::{Found, Keymap};
use crate::commands::Command;
use crate::commands::context::{Chain, LIST};
use crate::widgets::keyboard_is_elsewhere;

/// Lines of a page of a list.
const PAGE: usize = 10;

/// What leads through a list (see [`moved`]), and closes it.
const THROUGH: &[Command] = &[
    Command::ListNext,
    Command::ListPrevious,
    Command::ListPageDown,
    Command::ListPageUp,
    Command::ListFirst,
    Command::ListLast,
    Command::ListClose,
];

/// Lets what is drawn from now on look keys up in a table, and do what was pressed as a sequence.
pub fn set(context: &egui::Context, keymap: &Arc<Keymap>, sequences: Vec<Command>) {
    context.data_mut(|data| {
        data.insert_temp(Id::unique("keymap"), Arc::clone(keymap));
        // What nobody took is gone.
        if sequences.is_empty() {
            data.remove::<Vec<Command>>(Id::unique("sequences"));
        } else {
            data.insert_temp(Id::unique("sequences"), sequences);
        }
    });
}

fn keymap(context: &egui::Context) -> Arc<Keymap> {
    static USUAL: OnceLock<Arc<Keymap>> = OnceLock::new();
    let set = context.data(|data| data.get_temp(Id::unique("keymap")));
    set.unwrap_or_else(|| Arc::clone(USUAL.get_or_init(Arc::default)))
}

/// Takes the keys of this frame that mean one of the wanted commands where these contexts count, in the order in which
/// they were pressed.
pub fn pressed(ui: &Ui, chain: Chain, wanted: &[Command]) -> Vec<Command> {
    let context = ui.ctx();
    if keyboard_is_elsewhere(context) {
        return Vec::new();
    }
    let keymap = keymap(context);
    let sequences = Id::unique("sequences");
    let mut pressed: Vec<Command> = context
        .data_mut(|data| data.remove_temp(sequences))
        .unwrap_or_default();
    pressed.retain(|command| wanted.contains(command));
    // What was reached by Tab is pressed by Enter.
    let focused = ui.memory(|memory| memory.focused());
    let on_control =
        focused.is_some_and(|id| egui::text_edit::TextEditState::load(context, id).is_none());
    ui.input_mut(|input| {
        input.events.retain(|event| {
            let Event::Key {
                key,
                pressed: true,
                modifiers,
                ..
            } = event
            else {
                return true;
            };
            if on_control && matches!(key, egui::Key::Enter | egui::Key::Space) {
                return true;
            }
            let Some(input) = of_egui(*key, *modifiers) else {
                return true;
            };
            match keymap.find(&[], &input, chain) {
                Found::Command(command) if wanted.contains(&command) => {
                    pressed.push(command);
                    false
                }
                _ => true,
            }
        });
    });
    if !pressed.is_empty() {
        // In a field that was given the keyboard a moment ago an arrow would lead to the control beside it, too.
        ui.memory_mut(|memory| memory.move_focus(egui::FocusDirection::None));
    }
    for command in &pressed {
        tracing::debug!(command = command.row().id, "command");
    }
    pressed
}

/// As [`pressed`], in a list or on a page that takes no text: what leads through it and closes it, and what else is
/// wanted.
pub fn pressed_in_list(ui: &Ui, further: &[Command]) -> Vec<Command> {
    pressed(ui, LIST, &[THROUGH, further].concat())
}

/// Returns where in a list of so many lines a command leads; one that does not move stays. A step beyond an end goes
/// around, a page stops there.
#[must_use]
pub fn moved(command: Command, at: usize, count: usize) -> usize {
    let last = count.saturating_sub(1);
    match command {
        Command::ListNext if at >= last => 0,
        Command::ListNext => at + 1,
        Command::ListPrevious if at == 0 => last,
        Command::ListPrevious => at - 1,
        Command::ListPageDown => (at + PAGE).min(last),
        Command::ListPageUp => at.saturating_sub(PAGE),
        Command::ListFirst => 0,
        Command::ListLast => last,
        _ => at,
    }
}

/// Returns a command's first keys as they are shown.
#[must_use]
pub fn keys_of(ui: &Ui, command: Command) -> String {
    keymap(ui.ctx()).keys_of(command)
}

/// Returns what a command's first keys do; nothing if it has none.
#[must_use]
pub fn does(ui: &Ui, command: Command, does: &str) -> String {
    hints(ui, &[(command, does)])
}

/// Returns what keys do, for the head of a list or page: what has no keys is left out.
#[must_use]
pub fn hints(ui: &Ui, hints: &[(Command, &str)]) -> String {
    let keymap = keymap(ui.ctx());
    let mut text = String::new();
    for (command, does) in hints {
        let keys = keymap.keys_of(*command);
        if !keys.is_empty() {
            let gap = if text.is_empty() { "" } else { "  ·  " };
            text.extend([gap, &keys, " ", does]);
        }
    }
    text
}

/// Returns a press as the table of keys knows it.
fn of_egui(key: egui::Key, modifiers: Modifiers) -> Option<KeyInput> {
    let code = match key {
        egui::Key::ArrowDown => Key::Down,
        egui::Key::ArrowUp => Key::Up,
        egui::Key::ArrowLeft => Key::Left,
        egui::Key::ArrowRight => Key::Right,
        egui::Key::Escape => Key::Escape,
        egui::Key::Tab => Key::Tab,
        egui::Key::Backspace => Key::Backspace,
        egui::Key::Enter => Key::Enter,
        egui::Key::Space => Key::Char(' '),
        egui::Key::Insert => Key::Insert,
        egui::Key::Delete => Key::Delete,
        egui::Key::Home => Key::Home,
        egui::Key::End => Key::End,
        egui::Key::PageUp => Key::PageUp,
        egui::Key::PageDown => Key::PageDown,
        egui::Key::Minus => Key::Char('-'),
        egui::Key::Quote => Key::Char('\''),
        other => named(other.symbol_or_name())?,
    };
    let mut mods = Mods::default();
    for (held, modifier) in [
        (modifiers.shift, Mods::SHIFT),
        (modifiers.alt, Mods::ALT),
        (modifiers.ctrl, Mods::CTRL),
    ] {
        if held {
            mods = mods.with(modifier);
        }
    }
    let mut input = KeyInput::press(code, mods);
    if let Key::Char(sign) = code {
        // Shift makes it, so it is no modifier of it.
        input.shifted = (modifiers.shift && !sign.is_alphanumeric()).then_some(sign);
    }
    Some(input)
}

/// Returns a key by its name: what it makes, or F and its number.
fn named(name: &str) -> Option<Key> {
    let mut letters = name.chars();
    match (letters.next()?, letters.as_str()) {
        (letter, "") => letter.to_lowercase().next().map(Key::Char),
        ('F', number) => number.parse().ok().map(Key::F),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::context::{EDITOR, PALETTE};
    use agor_core::keybindings::Rule;
    use egui_kittest::Harness;

    /// Returns what keys mean to what is drawn, one frame for all of them.
    fn meant(
        rules: &[Rule],
        chain: Chain,
        wanted: &'static [Command],
        keys: &[(egui::Key, Modifiers)],
    ) -> Vec<Command> {
        let (keymap, complaints) = Keymap::new(rules, None, None);
        assert!(complaints.is_empty(), "{complaints:?}");
        let keymap = Arc::new(keymap);
        let draw = move |ui: &mut Ui, all: &mut Vec<Command>| {
            set(ui.ctx(), &keymap, Vec::new());
            all.extend(pressed(ui, chain, wanted));
        };
        let mut harness = Harness::new_ui_state(draw, Vec::new());
        for (key, modifiers) in keys {
            harness.key_press_modifiers(*modifiers, *key);
        }
        harness.run();
        harness.state().clone()
    }

    const MOVES: &[Command] = &[
        Command::ListNext,
        Command::ListPrevious,
        Command::ListLast,
        Command::PaletteNext,
        Command::ListClose,
    ];

    #[test]
    fn keys_of_a_list_are_read_in_their_order_and_modifiers_are_matched_exactly() {
        let none = Modifiers::NONE;
        let keys = [
            (egui::Key::J, none),
            (egui::Key::ArrowUp, none),
            (egui::Key::G, Modifiers::SHIFT),
            (egui::Key::ArrowDown, Modifiers::ALT),
            (egui::Key::Q, none),
        ];
        let expected = [
            Command::ListNext,
            Command::ListPrevious,
            Command::ListLast,
            Command::ListClose,
        ];
        assert_eq!(meant(&[], LIST, MOVES, &keys), expected);
        // A letter is typed into a field.
        assert_eq!(meant(&[], PALETTE, MOVES, &keys), []);
    }

    #[test]
    fn keys_of_lists_and_fields_are_the_persons_own() {
        let rules = [
            Rule::new("n", "list.next"),
            Rule::new("ctrl+j", "palette.next"),
            Rule {
                key: None,
                ..Rule::new("", "-list.close")
            },
        ];
        let keys = [
            (egui::Key::N, Modifiers::NONE),
            (egui::Key::Escape, Modifiers::NONE),
        ];
        assert_eq!(meant(&rules, LIST, MOVES, &keys), [Command::ListNext]);
        let keys = [(egui::Key::J, Modifiers::CTRL)];
        assert_eq!(meant(&rules, PALETTE, MOVES, &keys), [Command::PaletteNext]);
        assert_eq!(meant(&rules, EDITOR, MOVES, &keys), []);
    }
}
