//! Keys against a session whose host answers as the real one does.

use std::sync::Arc;

use agor_proto::ids::Size;
use agor_proto::input::{Key, KeyInput, Mods};
use agor_proto::screen::Modes;
use agor_term::input::chord;
use agor_term::{Options, Terminal};

use super::keys::letter;
use super::*;
use crate::commands::context::VI;
use crate::keys::keymap::{Chord, Found, Keymap};
use crate::keys::router::ModeKey;
use crate::link::snapshot::HistoryWindow;
use crate::pane::scroll::place;

const SIZE: Size = Size {
    cols: 20,
    rows: 10,
    width_px: 0,
    height_px: 0,
};

struct World {
    terminal: Terminal,
    mirror: Mirror,
    window: Option<HistoryWindow>,
    scroll: Scroll,
    vi: Vi,
    keymap: Keymap,
    /// Keys of a sequence that has not ended.
    before: Vec<Chord>,
    generation: u64,
    fetches: usize,
}

impl World {
    fn new(output: &str) -> Self {
        let terminal = Terminal::new(Options {
            size: SIZE,
            ..Options::default()
        });
        let mut world = Self {
            terminal,
            mirror: Mirror::default(),
            window: None,
            scroll: Scroll::default(),
            vi: Vi::default(),
            keymap: Keymap::default(),
            before: Vec::new(),
            generation: 0,
            fetches: 0,
        };
        world.print(output);
        world.frame();
        world
    }

    fn lines(count: usize) -> Self {
        let lines: Vec<_> = (1..=count).map(|at| format!("line {at} end")).collect();
        Self::new(&lines.join("\r\n"))
    }

    fn print(&mut self, output: &str) {
        self.terminal.advance(output.as_bytes(), &mut Vec::new());
        self.mirror.size = SIZE;
        self.mirror.rows = (0..SIZE.rows)
            .map(|at| Arc::new(self.terminal.row(at)))
            .collect();
        self.mirror.cursor = self.terminal.cursor();
        let all = self.terminal.rows_from(0, 100_000).len();
        self.mirror.history.rows = u32::try_from(all).unwrap() - u32::from(SIZE.rows);
    }

    /// Draws frames until nothing more is fetched.
    fn frame(&mut self) {
        for _ in 0..50 {
            let (mirror, window) = (self.mirror.clone(), self.window.clone());
            let sight = Sight {
                screen_rows: u32::from(SIZE.rows),
                history_rows: mirror.history.rows,
                window: window.as_ref(),
            };
            let mut fetch = self.scroll.settle(sight);
            let view = View::of(&self.scroll, sight, &mirror, (0, SIZE.rows));
            self.vi.settle(view, sight, &mirror, &mut self.scroll);
            fetch = self.scroll.settle(sight).or(fetch);
            let Some(fetch) = fetch else { return };
            self.fetches += 1;
            let all = self.terminal.rows_from(0, 100_000);
            let at = fetch.at.map_or(all.len(), |at| {
                all.iter().rposition(|row| place(row) <= at).unwrap_or(0)
            });
            let first = at.saturating_sub(fetch.before as usize);
            let last = (first + fetch.count as usize).min(all.len());
            self.generation += 1;
            self.window = Some(HistoryWindow {
                rows: all[first..last].iter().cloned().map(Arc::new).collect(),
                above: u32::try_from(first).unwrap(),
                below: u32::try_from(all.len() - last).unwrap(),
                placements: Vec::new(),
                generation: self.generation,
            });
        }
        panic!("it fetches for ever");
    }

    /// Returns a key with what it means, as the router does; nothing if more is to follow.
    fn meant(&mut self, input: KeyInput) -> Option<ModeKey> {
        let sought = self.keymap.in_mode(&self.before, &input, VI);
        let found = match self.vi.waits_for_sign() {
            true => Found::Nothing,
            false => self.keymap.find(&self.before, &sought, VI),
        };
        let command = match found {
            Found::Prefix => {
                self.before.push(Chord::of(&sought));
                return None;
            }
            Found::Command(command) => Some(command),
            Found::Nothing => None,
        };
        self.before.clear();
        Some(ModeKey { input, command })
    }

    fn press(&mut self, keys: &str) -> Effect {
        let mut effect = Effect::None;
        for key in keys.split(' ') {
            let Some(key) = self.meant(chord::parse(key).unwrap()) else {
                continue;
            };
            let (mirror, window) = (self.mirror.clone(), self.window.clone());
            let sight = Sight {
                screen_rows: u32::from(SIZE.rows),
                history_rows: mirror.history.rows,
                window: window.as_ref(),
            };
            let view = View::of(&self.scroll, sight, &mirror, (0, SIZE.rows));
            effect = self.vi.on_key(&key, view, sight, &mut self.scroll);
            self.frame();
        }
        effect
    }

    fn view<T>(&self, read: impl FnOnce(View<'_>) -> T) -> T {
        let sight = Sight {
            screen_rows: u32::from(SIZE.rows),
            history_rows: self.mirror.history.rows,
            window: self.window.as_ref(),
        };
        read(View::of(&self.scroll, sight, &self.mirror, (0, SIZE.rows)))
    }

    /// Returns the text of the cursor's row, and its column.
    fn at(&self) -> (String, u16) {
        let cursor = self.vi.cursor().unwrap();
        self.view(|view| {
            let at = view.at(cursor);
            (view.rows[at.row].text.trim_end().to_owned(), at.col)
        })
    }

    fn selected(&self) -> String {
        self.view(|view| {
            let selection = self.vi.selection(view).unwrap();
            selection.text(view.rows).unwrap()
        })
    }

    fn is_seen(&self) -> bool {
        let cursor = self.vi.cursor().unwrap();
        self.view(|view| cell(view, cursor).is_some())
    }
}

fn on(line: usize, col: u16) -> (String, u16) {
    (format!("line {line} end"), col)
}

#[test]
fn it_begins_at_the_programs_cursor_and_moves_by_letters_and_arrows() {
    let mut world = World::lines(3);
    assert_eq!(world.at(), on(3, 10));
    world.press("k k 0");
    assert_eq!(world.at(), on(1, 0));
    world.press("w w e");
    assert_eq!(world.at(), on(1, 9));
    world.press("b left down");
    assert_eq!(world.at(), on(2, 6));
    world.press("$ j");
    assert_eq!(world.at(), on(3, 9));
    world.press("^ 2 l");
    assert_eq!(world.at(), on(3, 2));
    world.press("shift+h");
    assert_eq!(world.at(), on(1, 0));
}

#[test]
fn counts_repeat_and_reach_over_what_is_at_hand() {
    let mut world = World::lines(5_000);
    world.press("1 2 3 4 k");
    assert_eq!(world.at().0, "line 3766 end");
    assert!(world.is_seen());
    assert!(world.fetches < 12, "{}", world.fetches);
    world.press("3 0 0 0 j");
    assert_eq!(world.at().0, "line 5000 end");
    world.press("g g");
    assert_eq!(world.at(), on(1, 0));
    assert!(world.is_seen());
    world.press("9 9 9 9 9 9 9 9 9 j");
    assert_eq!(world.at().0, "line 5000 end");
}

#[test]
fn pages_go_back_and_on_and_the_cursor_stays_in_sight() {
    let mut world = World::lines(100);
    for _ in 0..3 {
        world.press("ctrl+u");
        assert!(world.is_seen());
    }
    assert_eq!(world.at().0, "line 85 end");
    world.press("ctrl+b");
    assert_eq!(world.at().0, "line 77 end");
    world.press("page_down ctrl+d");
    assert_eq!(world.at().0, "line 90 end");
    world.press("shift+g");
    assert_eq!(world.at().0, "line 100 end");
    world.press("ctrl+home");
    assert_eq!(world.at().0, "line 1 end");
}

#[test]
fn output_moves_neither_the_cursor_nor_what_is_selected() {
    let mut world = World::lines(30);
    world.press("3 k 0 v e");
    assert_eq!(world.selected(), "line");
    let lines: String = (31..=500).map(|at| format!("\r\nline {at} end")).collect();
    world.print(&lines);
    world.frame();
    assert_eq!(world.at(), on(27, 3));
    assert!(world.is_seen());
    world.press("j");
    assert_eq!(world.selected(), "line 27 end\nline");
    // The end is where it is by then.
    world.press("shift+g");
    assert_eq!(world.at().0, "line 500 end");
    assert!(world.is_seen());
}

#[test]
fn signs_and_brackets_are_gone_to() {
    let mut world = World::new("f(a, b[1], ',') 3");
    let mut after = |keys: &str| {
        world.press(keys);
        world.at().1
    };
    assert_eq!(after("0 f ,"), 3);
    assert_eq!(after(";"), 9);
    assert_eq!(after(","), 3);
    assert_eq!(after("0 2 t ,"), 8);
    assert_eq!(after(";"), 11, "the one beside is passed over");
    assert_eq!(after("shift+f a"), 2);
    assert_eq!(after("$ shift+t ("), 2);
    assert_eq!(after("f 3"), 16, "a digit is a sign there");
    assert_eq!(
        after("2 f escape 0"),
        0,
        "what waits for a sign ends at Escape"
    );
    assert_eq!(after("%"), 14);
    assert_eq!(after("%"), 1);
    assert_eq!(after("$ g e g e"), 9);
    assert_eq!(after("$ g shift+e"), 14);
    assert_eq!(after("0 v f ]"), 8);
    assert_eq!(world.selected(), "f(a, b[1]");
}

#[test]
fn letters_lines_and_blocks_are_selected() {
    let mut world = World::lines(30);
    world.press("2 k 0 l v j");
    assert_eq!(world.selected(), "ine 28 end\nli");
    world.press("shift+v");
    assert_eq!(world.selected(), "line 28 end\nline 29 end");
    world.press("ctrl+v l l");
    assert_eq!(world.selected(), "ine\nine");
    world.press("o");
    assert_eq!(world.at(), on(28, 1));
    assert_eq!(world.press("escape"), Effect::None);
    assert_eq!(world.press("escape"), Effect::Leave);
}

#[test]
fn shift_selects_as_in_editors_without_modes() {
    let mut world = World::lines(3);
    world.press("home shift+right shift+right");
    assert_eq!(world.selected(), "lin");
    world.press("shift+end");
    assert_eq!(world.selected(), "line 3 end");
    world.press("left");
    assert!(world.view(|view| world.vi.selection(view)).is_none());
    world.press("shift+up");
    assert_eq!(world.selected(), "nd\nline 3 en");
    let Effect::Copy(_) = world.press("enter") else {
        panic!("Enter copies");
    };
}

#[test]
fn y_copies_what_is_selected_or_the_line() {
    let mut world = World::new("a line that is longer than a row\r\nlast");
    let Effect::Copy(selection) = world.press("k y") else {
        panic!("a line is copied");
    };
    let text = world.view(|view| selection.text(view.rows).unwrap());
    assert_eq!(text, "a line that is longer than a row");
    let mut world = World::lines(3);
    let Effect::Copy(selection) = world.press("0 v e y") else {
        panic!("what is selected is copied");
    };
    let text = world.view(|view| selection.text(view.rows).unwrap());
    assert_eq!(text, "line");
}

#[test]
fn keys_are_the_persons_own_and_digits_are_counts_unless_they_say_otherwise() {
    let mut world = World::lines(30);
    let rule = |key, command| agor_core::keybindings::Rule::new(key, command);
    let rules = [
        rule("x", "vi.up"),
        rule("9", "vi.first"),
        rule("z z", "vi.leave"),
    ];
    let (keymap, complaints) = Keymap::new(&rules, None, None);
    assert!(complaints.is_empty(), "{complaints:?}");
    world.keymap = keymap;
    world.press("2 x");
    assert_eq!(world.at().0, "line 28 end");
    world.press("1 0 x");
    assert_eq!(world.at().0, "line 18 end", "a zero goes on with a count");
    world.press("1 9 j");
    assert_eq!(
        world.at().0,
        "line 30 end",
        "and so does a key of a command"
    );
    world.press("9");
    assert_eq!(world.at().0, "line 1 end");
    assert_eq!(world.press("z z"), Effect::Leave);
    assert_eq!(world.press("k"), Effect::None, "its other keys stay");
}

#[test]
fn what_is_looked_for_is_asked_of_the_pane() {
    let mut world = World::lines(3);
    assert_eq!(world.press("/"), Effect::Find(Step::Newer));
    assert_eq!(world.press("?"), Effect::Find(Step::Older));
    assert_eq!(world.press("n"), Effect::Again { back: false });
    assert_eq!(world.press("shift+n"), Effect::Again { back: true });
    let place = world
        .view(|view| view.place(At { row: 0, col: 5 }))
        .unwrap();
    world.vi.go_to(place);
    world.frame();
    assert_eq!(world.at(), on(1, 5));
}

#[test]
fn a_full_screen_program_has_only_its_screen() {
    let mut world = World::lines(100);
    world.vi = Vi::default();
    world.print("\x1b[?1049h\x1b[Hone\r\ntwo\r\nthree");
    world.mirror.modes = Modes::ALT_SCREEN;
    world.mirror.history.rows = 0;
    world.scroll.go_to_end();
    world.frame();
    assert_eq!(world.at(), ("three".into(), 5));
    world.press("9 9 k 0");
    assert_eq!(world.at(), ("one".into(), 0));
    world.press("shift+g");
    assert_eq!(world.at(), ("three".into(), 0));
    world.press("g g");
    assert_eq!(world.at(), ("one".into(), 0));
    assert!(world.scroll.is_live());
}

#[test]
fn an_empty_screen_and_a_layout_without_latin_letters_do_no_harm() {
    let mut world = World::new("");
    world.press("w b e k j { } $ ^ g g shift+g v ctrl+v y");
    assert!(world.view(|view| view.at(world.vi.cursor().unwrap())).row < 10);
    let mut key = KeyInput::press(Key::Char('о'), Mods::default());
    key.base_layout = Some('j');
    assert_eq!(letter(&key), Some('j'));
    let typed = KeyInput {
        text: "{".into(),
        ..KeyInput::press(Key::Char('7'), Mods::default())
    };
    assert_eq!(letter(&typed), Some('{'));
}
