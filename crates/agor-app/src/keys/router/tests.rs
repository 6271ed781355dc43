//! Who gets which key.

use agor_core::keybindings::Rule;
use agor_term::input::chord;
use tokio::sync::mpsc::Receiver;
use winit::keyboard::{Key as Logical, KeyCode, KeyLocation, NamedKey, PhysicalKey};

use super::*;
use crate::testing::session_id;

struct Bench {
    router: Router,
    requests: Receiver<Request>,
}

fn bench(focus: Focus) -> Bench {
    let (link, _, requests) = Link::for_tests();
    let mut router = Router::new(Keymap::default(), link);
    router.set_focus(focus);
    Bench { router, requests }
}

fn session(releases: bool) -> Focus {
    Focus::Session {
        session: session_id(1),
        releases,
        focus_events: false,
        alive: true,
        asks: Asks::Nothing,
    }
}

fn key(text: &str, code: KeyCode, action: KeyAction) -> RawKey {
    RawKey {
        logical: Logical::Character(text.into()),
        plain: Logical::Character(text.to_lowercase().into()),
        physical: PhysicalKey::Code(code),
        location: KeyLocation::Standard,
        text: text.into(),
        action,
    }
}

impl Bench {
    fn typed(&mut self) -> Vec<String> {
        let mut typed = Vec::new();
        while let Ok(request) = self.requests.try_recv() {
            match request {
                Request::Type(_, Input::Key(key)) => {
                    let release = if key.action == KeyAction::Release {
                        "-"
                    } else {
                        ""
                    };
                    typed.push(format!("{release}{}", chord::display(&key)));
                }
                Request::Type(_, Input::Text { text }) => typed.push(text),
                Request::Type(_, Input::Focus { gained }) => typed.push(format!("focus {gained}")),
                other => panic!("{other:?}"),
            }
        }
        typed
    }

    fn press(&mut self, text: &str, code: KeyCode, mods: Mods) -> Route {
        self.router.on_mods(mods);
        self.router.on_key(&key(text, code, KeyAction::Press))
    }
}

#[test]
fn a_key_that_is_no_command_goes_to_the_session() {
    let mut bench = bench(session(false));
    assert_eq!(bench.press("c", KeyCode::KeyC, Mods::CTRL), Route::Taken);
    assert_eq!(bench.press("x", KeyCode::KeyX, Mods::ALT), Route::Taken);
    assert_eq!(bench.typed(), ["ctrl+c", "alt+x"]);
}

#[test]
fn a_command_goes_to_nobody_else_and_neither_does_its_release() {
    let mut bench = bench(session(true));
    let mods = Mods::CTRL.with(Mods::SHIFT);
    assert_eq!(bench.press("D", KeyCode::KeyD, mods), Route::Taken);
    let release = key("d", KeyCode::KeyD, KeyAction::Release);
    assert_eq!(bench.router.on_key(&release), Route::Taken);
    assert_eq!(bench.router.take_commands(), [Command::SplitRight]);
    assert!(bench.typed().is_empty());
}

#[test]
fn releases_go_to_programs_that_want_them_and_saw_the_press() {
    let mut wanting = bench(session(true));
    wanting.press("a", KeyCode::KeyA, Mods::default());
    let release = key("a", KeyCode::KeyA, KeyAction::Release);
    wanting.router.on_key(&release);
    wanting.router.on_key(&release);
    assert_eq!(wanting.typed(), ["a", "-a"]);
    let mut other = bench(session(false));
    other.press("a", KeyCode::KeyA, Mods::default());
    other.router.on_key(&release);
    assert_eq!(other.typed(), ["a"]);
}

#[test]
fn a_sequence_waits_for_its_end_and_types_nothing() {
    let mut bench = bench(session(false));
    bench.press(" ", KeyCode::Space, Mods::CTRL);
    assert_eq!(bench.router.sequence().0.len(), 1);
    bench.press("d", KeyCode::KeyD, Mods::default());
    assert_eq!(bench.router.take_commands(), [Command::SplitRight]);
    bench.press(" ", KeyCode::Space, Mods::CTRL);
    bench.press("'", KeyCode::Quote, Mods::default());
    assert!(bench.router.sequence().0.is_empty());
    assert!(bench.router.take_commands().is_empty());
    assert!(bench.typed().is_empty());
}

#[test]
fn modifiers_alone_do_not_type_and_do_not_end_a_sequence() {
    let mut bench = bench(session(false));
    bench.press(" ", KeyCode::Space, Mods::CTRL);
    let shift = RawKey {
        logical: Logical::Named(NamedKey::Shift),
        plain: Logical::Named(NamedKey::Shift),
        physical: PhysicalKey::Code(KeyCode::ShiftLeft),
        location: KeyLocation::Left,
        text: String::new(),
        action: KeyAction::Press,
    };
    bench.router.on_key(&shift);
    assert_eq!(bench.router.sequence().0.len(), 1);
    assert!(bench.typed().is_empty());
}

#[test]
fn keys_of_a_text_field_are_left_to_it() {
    let mut bench = bench(Focus::default());
    assert_eq!(
        bench.press("a", KeyCode::KeyA, Mods::default()),
        Route::ToUi
    );
    assert_eq!(bench.press("c", KeyCode::KeyC, Mods::CTRL), Route::ToUi);
    assert!(bench.typed().is_empty());
    let mods = Mods::CTRL.with(Mods::SHIFT);
    assert_eq!(bench.press("P", KeyCode::KeyP, mods), Route::Taken);
    assert_eq!(bench.router.take_commands(), [Command::Palette]);
}

#[test]
fn keys_after_a_command_wait_and_go_where_it_led() {
    let mut bench = bench(session(false));
    bench.press("D", KeyCode::KeyD, Mods::CTRL.with(Mods::SHIFT));
    bench.press("l", KeyCode::KeyL, Mods::default());
    bench.press("s", KeyCode::KeyS, Mods::default());
    assert!(bench.typed().is_empty());
    assert_eq!(bench.router.take_commands(), [Command::SplitRight]);
    assert!(bench.router.go_on().is_empty());
    assert_eq!(bench.typed(), ["l", "s"]);
    // Two commands in a row are carried out one after the other.
    let mods = Mods::CTRL.with(Mods::SHIFT);
    bench.press("P", KeyCode::KeyP, mods);
    bench.press("x", KeyCode::KeyX, Mods::default());
    assert_eq!(bench.router.take_commands(), [Command::Palette]);
    bench.router.set_focus(Focus::default());
    let to_ui = bench.router.go_on();
    assert_eq!(to_ui.len(), 1);
    assert_eq!(to_ui[0].0.text, "x");
    assert!(bench.typed().is_empty());
}

#[test]
fn keys_after_the_end_of_a_text_field_wait_for_the_frame_that_ends_it() {
    let mut bench = bench(Focus::default());
    let escape = RawKey {
        logical: Logical::Named(NamedKey::Escape),
        plain: Logical::Named(NamedKey::Escape),
        ..key("", KeyCode::Escape, KeyAction::Press)
    };
    assert_eq!(bench.router.on_key(&escape), Route::ToUi);
    bench.press("l", KeyCode::KeyL, Mods::default());
    assert!(bench.router.wants_frame());
    // The frame that hears the key, and the one after it.
    assert!(bench.router.go_on().is_empty());
    bench.router.set_focus(session(false));
    assert!(bench.router.go_on().is_empty());
    assert_eq!(bench.typed(), ["l"]);
}

#[test]
fn a_program_that_asks_is_told_of_the_focus() {
    let mut bench = bench(Focus::default());
    let asking = Focus::Session {
        session: session_id(1),
        releases: false,
        focus_events: true,
        alive: true,
        asks: Asks::Nothing,
    };
    bench.router.set_focus(asking);
    bench.router.set_focus(asking);
    bench.router.on_window_focus(false);
    bench.router.on_window_focus(true);
    bench.router.set_focus(session(false));
    assert_eq!(bench.typed(), ["focus true", "focus false", "focus true"]);
}

#[test]
fn a_program_that_has_ended_is_typed_nothing() {
    let mut bench = bench(Focus::Session {
        session: session_id(1),
        releases: true,
        focus_events: true,
        alive: false,
        asks: Asks::Restart,
    });
    assert_eq!(
        bench.press("a", KeyCode::KeyA, Mods::default()),
        Route::Taken
    );
    assert!(bench.typed().is_empty());
    let enter = RawKey {
        logical: Logical::Named(NamedKey::Enter),
        plain: Logical::Named(NamedKey::Enter),
        ..key("\r", KeyCode::Enter, KeyAction::Press)
    };
    bench.router.on_key(&enter);
    assert_eq!(bench.router.take_commands(), [Command::Restart]);
}

#[test]
fn control_k_is_the_leader_too_unless_a_program_has_the_keyboard() {
    let mut bench = bench(Focus::default());
    assert_eq!(bench.press("k", KeyCode::KeyK, Mods::CTRL), Route::Taken);
    assert!(
        !bench.router.sequence().0.is_empty(),
        "what can follow is shown"
    );
    bench.press("g", KeyCode::KeyG, Mods::default());
    assert_eq!(bench.router.take_commands(), [Command::Wall]);
    bench.router.go_on();
    // In a terminal it ends a line, in a mode it is the mode's.
    bench.router.set_focus(session(false));
    bench.press("k", KeyCode::KeyK, Mods::CTRL);
    bench.press("g", KeyCode::KeyG, Mods::default());
    assert_eq!(bench.typed(), ["ctrl+k", "g"]);
    // A person's own keys go before it.
    let rules = [Rule::new("ctrl+k", "tab.new")];
    let (keymap, complaints) = Keymap::new(&rules, None, None);
    assert!(complaints.is_empty(), "{complaints:?}");
    bench.router.set_keymap(keymap);
    bench.router.set_focus(Focus::default());
    bench.press("k", KeyCode::KeyK, Mods::CTRL);
    assert_eq!(bench.router.take_commands(), [Command::NewTab]);
}

#[test]
fn keys_of_a_mode_come_with_what_they_mean_there_one_after_another() {
    use crate::commands::context::{PRINTED, VI};
    let mode = |chain| Focus::Mode {
        session: session_id(1),
        focus_events: false,
        chain,
    };
    let mut bench = bench(mode(VI));
    let none = Mods::default();
    let commands = |bench: &mut Bench| {
        let keys = bench.router.take_mode_keys();
        let commands = keys.into_iter().map(|key| key.command);
        commands.collect::<Vec<_>>()
    };
    bench.press("2", KeyCode::Digit2, none);
    bench.press("j", KeyCode::KeyJ, none);
    assert_eq!(
        commands(&mut bench),
        [None],
        "the second waits for the first"
    );
    bench.router.go_on();
    assert_eq!(commands(&mut bench), [Some(Command::ViDown)]);
    bench.press("g", KeyCode::KeyG, none);
    assert_eq!(bench.router.sequence().0.len(), 1);
    bench.press("g", KeyCode::KeyG, none);
    assert_eq!(commands(&mut bench), [Some(Command::ViFirst)]);
    assert!(bench.router.sequence().0.is_empty());
    // Commands of everywhere go on below it, and nothing where a key is what is printed.
    bench.press("P", KeyCode::KeyP, Mods::CTRL.with(Mods::SHIFT));
    assert_eq!(bench.router.take_commands(), [Command::Palette]);
    bench.router.go_on();
    bench.router.set_focus(mode(PRINTED));
    bench.press("j", KeyCode::KeyJ, none);
    assert_eq!(commands(&mut bench), [None]);
    assert!(bench.typed().is_empty());
}

#[test]
fn keys_of_a_list_are_left_to_it_and_its_sequences_are_kept_for_it() {
    use crate::commands::context::LIST;
    let mut bench = bench(Focus::Ui(LIST));
    let none = Mods::default();
    assert_eq!(bench.press("j", KeyCode::KeyJ, none), Route::ToUi);
    assert_eq!(bench.press("g", KeyCode::KeyG, none), Route::Taken);
    let (before, keymap, chain) = bench.router.sequence();
    let after = keymap.after(before, chain);
    assert_eq!(after, [("g".to_owned(), "List: first line")]);
    assert_eq!(bench.press("g", KeyCode::KeyG, none), Route::Taken);
    // What comes behind it waits until the list has done it.
    assert_eq!(bench.press("j", KeyCode::KeyJ, none), Route::Taken);
    assert_eq!(bench.router.take_drawn(), [Command::ListFirst]);
    assert_eq!(bench.router.go_on().len(), 1);
    // A key that closes it leaves no time for the next to go astray.
    assert_eq!(bench.press("q", KeyCode::KeyQ, none), Route::ToUi);
    assert_eq!(bench.press("x", KeyCode::KeyX, none), Route::Taken);
    assert!(bench.router.take_commands().is_empty());
}
