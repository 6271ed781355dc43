//! What the frame costs that carries a command out, while twenty panes flood: for every command that keys lead to in a
//! pane, for those that mean something in the palette, in lists, on the wall and in modes alone, and for those that the
//! palette alone leads to.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use crate::frames::{Frame, Frames, percentile};
use crate::window::fleet;
use crate::window::stage::Stage;
use crate::{FLOOD, LIMIT, agor, result};

const FLOODS: usize = 20;
const COLUMNS: usize = 5;

/// How often each command is carried out.
const ROUNDS: usize = if cfg!(debug_assertions) { 1 } else { 2 };

/// What the frame of a command may take of the drawing thread, 99 of 100 in a release build.
const COMMAND_MAX_MILLIS: f64 = 8.0;

/// How long keys are given to lead somewhere.
const LEADS_WITHIN: Duration = Duration::from_secs(5);

/// Commands that end what floods, or the window.
const LEFT_OUT: &[&str] = &[
    "pane.break_out",
    "pane.close",
    "pane.detach",
    "pane.split_down",
    "pane.split_right",
    "pane.to_next_tab",
    "pane.to_previous_tab",
    "session.kill",
    "tab.close",
    "tab.new",
    "window.close",
];

/// Leads to the tab of the panes that flood, from wherever the command before led.
const HOME: &str = "tab.1";

/// Commands that the next press takes back.
const TWICE: &[&str] = &[
    "broadcast.all",
    "broadcast.pane",
    "pane.zoom",
    "view.inspector",
    "view.sidebar",
    "view.theme",
];

/// Commands that open something, each with what closes it again.
const PAIRS: &[[&str; 2]] = &[
    ["pane.split_right", "pane.close"],
    ["pane.split_down", "pane.close"],
    ["tab.new", "tab.close"],
];

/// Where keys have a meaning of their own, and the command that leads there.
const PLACES: &[(&str, &str)] = &[
    ("in the palette", "palette.open"),
    ("in a search", "find.open"),
    ("on the wall", "view.wall"),
    ("in settings", "settings.open"),
    ("in a list", "attention.list"),
    ("while selecting", "select.keyboard"),
    ("over letters", "hints.pick"),
    ("while borders are moved", "pane.resize"),
];

/// Commands of such places that mean something elsewhere, or nothing that could be taken back there.
const ELSEWHERE: &[(&str, &str)] = &[
    ("find.this_project", "find.everywhere"),
    ("keys.reset", "help.keys"),
    ("palette.choose", "view.themes"),
];

/// Commands of such places that only a question, an agent or a path has.
const UNASKED: &[&str] = &[
    "palette.complete",
    "prompt.fork",
    "prompt.mode",
    "prompt.model",
    "prompt.resume",
    "trust.above",
    "trust.folder",
];

/// Commands without keys that the palette leads to, and Escape back from.
const BY_NAME: &[&str] = &[
    "keys.export",
    "keys.import",
    "project.fold",
    "project.group",
    "view.theme_edit",
];

/// A command in a place, with the keys that a keyboard is to press for it there: none if it has none.
struct Row {
    command: String,
    title: String,
    place: String,
    chords: Vec<String>,
}

struct Play<'a> {
    stage: &'a Stage,
    keys: &'a HashMap<String, Vec<String>>,
    told: Frames,
    frames: Vec<Frame>,
    /// Commands that their keys did not lead to.
    unreached: BTreeSet<String>,
}

/// Measures every command whose id contains `word`.
pub fn run(word: &str) {
    let mut stage = Stage::patient(LIMIT);
    let layout = fleet::in_one_tab(&stage.agor, &[FLOOD; FLOODS], COLUMNS);
    let window = fleet::open(&mut stage, &layout);
    let rows = rows(&stage);
    let keys = keys(&rows);
    let mut play = Play {
        told: Frames::from_now(window.log_path()),
        stage: &stage,
        keys: &keys,
        frames: Vec::new(),
        unreached: BTreeSet::new(),
    };
    fleet::pass(Duration::from_secs(5));
    play.told.read();
    let plain: Vec<_> = play.told.submitted.iter().map(|frame| frame.cpu).collect();
    let case = format!("{FLOODS} panes flood");
    result(
        &format!("{case}: a frame, p50"),
        percentile(&plain, 50),
        "ms CPU",
    );
    result(
        &format!("{case}: a frame, p99"),
        percentile(&plain, 99),
        "ms CPU",
    );
    let mut all: Vec<_> = keys.keys().map(String::as_str).collect();
    all.retain(|command| !LEFT_OUT.contains(command) && command.contains(word));
    all.sort_unstable();
    for _ in 0..ROUNDS {
        for command in &all {
            play.lead_to(HOME);
            play.act(command);
            if TWICE.contains(command) {
                play.act(command);
            }
        }
        play.lead_to(HOME);
        for pair in PAIRS.iter().filter(|pair| pair[0].contains(word)) {
            play.act(pair[0]);
            play.act(pair[1]);
        }
        play.act("layout.grid");
        for row in rows.iter().filter(|row| row.command.contains(word)) {
            play.lead_to(HOME);
            play.act_in_its_place(row);
        }
    }
    play.frames.sort_by_key(|frame| frame.cpu);
    let cpu: Vec<_> = play.frames.iter().map(|frame| frame.cpu).collect();
    let case = format!("{case}: the frame of a command");
    for percent in [50, 99, 100] {
        let value = percentile(&cpu, percent);
        result(&format!("{case}, p{percent}"), value, "ms CPU");
    }
    result(&format!("{case}: how many"), cpu.len() as f64, "frames");
    let measured = play.frames.iter().filter_map(|it| it.command.as_deref());
    let measured: BTreeSet<_> = measured.collect();
    let all: BTreeSet<_> = rows.iter().map(|row| &row.command).collect();
    let case = format!("{case}: commands, of {}", all.len());
    result(&case, measured.len() as f64, "commands");
    for frame in play.frames.iter().rev().take(8) {
        let command = frame.command.as_deref().unwrap_or_default();
        println!("{command}: {:?}", frame.cpu);
    }
    assert!(play.unreached.is_empty(), "{:?}", play.unreached);
    let most = percentile(&cpu, 99);
    let is_held = cfg!(debug_assertions) || most < COMMAND_MAX_MILLIS;
    assert!(is_held, "{most} ms for the frame of a command, 99 of 100");
}

impl Play<'_> {
    /// Presses the keys of a command, and closes what it opened.
    fn act(&mut self, command: &str) {
        let keys: Vec<_> = self.keys[command].iter().map(String::as_str).collect();
        self.stage.press(&keys);
        let frame = self.told.of(command);
        self.frames.push(frame);
        self.leave(1);
    }

    /// Goes to where a command has keys of its own, or where it is found by its name, presses them, and leaves again.
    fn act_in_its_place(&mut self, row: &Row) {
        let command = row.command.as_str();
        let of = |places: &[(&str, &'static str)], name: &str| {
            let place = places.iter().find(|(of, _)| *of == name);
            place.map(|(_, by)| *by)
        };
        if BY_NAME.contains(&command) {
            self.lead_to("palette.open");
            // No key makes the sign that some titles end with.
            self.stage.type_text(row.title.trim_end_matches('…'));
            self.measure(&["Return"], command);
        } else if !row.chords.is_empty()
            && !UNASKED.contains(&command)
            && let Some(by) = of(ELSEWHERE, command).or_else(|| of(PLACES, &row.place))
        {
            self.lead_to(by);
            let chords: Vec<_> = row.chords.iter().map(String::as_str).collect();
            self.measure(&chords, command);
        } else {
            return;
        }
        // What a sign is waited for, what is selected, a field, and the place.
        self.leave(4);
    }

    fn lead_to(&mut self, command: &str) {
        let keys: Vec<_> = self.keys[command].iter().map(String::as_str).collect();
        self.stage.press(&keys);
        self.told.of(command);
    }

    fn measure(&mut self, chords: &[&str], command: &str) {
        let from = self.told.submitted.len();
        self.stage.press(chords);
        match agor::look_until(LEADS_WITHIN, || self.told.seen(from, command)) {
            Some(frame) => self.frames.push(frame),
            None => {
                self.unreached.insert(command.to_owned());
            }
        }
    }

    /// Presses Escape so often, and waits until what was closed is gone before the next key comes.
    fn leave(&mut self, times: usize) {
        self.stage.press(&vec!["Escape"; times]);
        let frames = self.told.submitted.len();
        agor::look_until(Duration::from_secs(2), || {
            self.told.read();
            (self.told.submitted.len() > frames + 1).then_some(())
        });
    }
}

/// Returns every command with its first keys, or without.
fn rows(stage: &Stage) -> Vec<Row> {
    let program = agor::agor().to_str().expect("utf-8");
    let text = stage.ok(program, &["keys", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let mut rows: Vec<Row> = Vec::new();
    for row in json.as_array().expect("a list") {
        let text = |name: &str| row[name].as_str().expect("text").to_owned();
        let command = text("command");
        let is_known = rows.iter().any(|row| row.command == command);
        if row["shadowed_by"].is_null() && !is_known {
            let keys = text("keys");
            let chords = keys.split_whitespace().map(chord).collect();
            rows.push(Row {
                command,
                title: text("title"),
                place: text("place"),
                chords,
            });
        }
    }
    rows
}

/// Returns the keys of the commands of panes and of the window.
fn keys(rows: &[Row]) -> HashMap<String, Vec<String>> {
    let is_here = |row: &&Row| ["anywhere", "in a terminal"].contains(&row.place.as_str());
    let here = rows.iter().filter(is_here);
    let here = here.filter(|row| !row.chords.is_empty());
    let keys: HashMap<_, _> = here
        .map(|row| (row.command.clone(), row.chords.clone()))
        .collect();
    assert!(keys.len() > 60, "{keys:?}");
    keys
}

/// Returns a chord as xdotool names it.
fn chord(shown: &str) -> String {
    // The plus that is the key stands last.
    let (mods, key) = match shown.rsplit_once('+') {
        Some((mods, "")) => (Some(mods.trim_end_matches('+')), "+"),
        Some((mods, key)) => (Some(mods), key),
        None => (None, shown),
    };
    let key = match key {
        "Space" => "space",
        "Enter" => "Return",
        "Esc" => "Escape",
        "Backspace" => "BackSpace",
        "PgUp" => "Prior",
        "PgDn" => "Next",
        "←" => "Left",
        "→" => "Right",
        "↑" => "Up",
        "↓" => "Down",
        ";" => "semicolon",
        "/" => "slash",
        "?" => "question",
        "," => "comma",
        "." => "period",
        "=" => "equal",
        "-" => "minus",
        "+" => "plus",
        "[" => "bracketleft",
        "]" => "bracketright",
        "{" => "braceleft",
        "}" => "braceright",
        "^" => "asciicircum",
        "$" => "dollar",
        "%" => "percent",
        key if key.chars().count() == 1 => &key.to_lowercase(),
        key => key,
    };
    match mods {
        Some(mods) => format!("{}+{key}", mods.to_lowercase()),
        None => key.to_owned(),
    }
}
