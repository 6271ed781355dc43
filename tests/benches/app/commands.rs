//! What the frame costs that carries a command out, for every command that keys lead to, while twenty panes flood.

use std::collections::HashMap;
use std::time::Duration;

use crate::frames::{Frame, Frames, percentile};
use crate::window::fleet;
use crate::window::stage::Stage;
use crate::{LIMIT, agor, result};

const FLOODS: usize = 20;
const COLUMNS: usize = 5;

/// How often each command is carried out.
const ROUNDS: usize = if cfg!(debug_assertions) { 1 } else { 5 };

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

struct Play<'a> {
    stage: &'a Stage,
    keys: &'a HashMap<String, Vec<String>>,
    told: Frames,
    frames: Vec<Frame>,
}

pub fn run() {
    let mut stage = Stage::patient(LIMIT);
    let flood = "exec yes 'The quick brown fox jumps over the lazy dog, again and again.'";
    let layout = fleet::in_one_tab(&stage.agor, FLOODS, COLUMNS, flood);
    let window = fleet::open(&mut stage, &layout);
    let keys = keys(&stage);
    let mut play = Play {
        told: Frames::from_now(window.log_path()),
        stage: &stage,
        keys: &keys,
        frames: Vec::new(),
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
    all.retain(|command| !LEFT_OUT.contains(command));
    all.sort_unstable();
    for _ in 0..ROUNDS {
        for command in &all {
            play.act(command);
            if TWICE.contains(command) {
                play.act(command);
            }
        }
        for pair in PAIRS {
            play.act(pair[0]);
            play.act(pair[1]);
        }
        play.act("layout.grid");
    }
    play.frames.sort_by_key(|frame| frame.cpu);
    let cpu: Vec<_> = play.frames.iter().map(|frame| frame.cpu).collect();
    let case = format!("{case}: the frame of a command");
    for percent in [50, 99, 100] {
        let value = percentile(&cpu, percent);
        result(&format!("{case}, p{percent}"), value, "ms CPU");
    }
    result(&format!("{case}: how many"), cpu.len() as f64, "frames");
    for frame in play.frames.iter().rev().take(8) {
        let command = frame.command.as_deref().unwrap_or_default();
        println!("{command}: {:?}", frame.cpu);
    }
}

impl Play<'_> {
    /// Presses the keys of a command, and closes what it opened.
    fn act(&mut self, command: &str) {
        let keys: Vec<_> = self.keys[command].iter().map(String::as_str).collect();
        self.stage.press(&keys);
        let frame = self.told.of(command);
        self.frames.push(frame);
        self.stage.press(&["Escape"]);
        // What was closed is gone before the next key comes.
        let frames = self.told.submitted.len();
        agor::look_until(Duration::from_secs(2), || {
            self.told.read();
            (self.told.submitted.len() > frames + 1).then_some(())
        });
    }
}

/// Returns the commands of panes and of the window with the keys that a keyboard is to press for them. Those of lists,
/// fields and the like mean something only there.
fn keys(stage: &Stage) -> HashMap<String, Vec<String>> {
    let program = agor::agor().to_str().expect("utf-8");
    let text = stage.ok(program, &["keys", "--json"]);
    let rows: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let mut keys = HashMap::new();
    for row in rows.as_array().expect("a list") {
        let shown = row["keys"].as_str().expect("text");
        let command = row["command"].as_str().expect("text");
        let is_here = ["anywhere", "in a terminal"]
            .map(Into::into)
            .contains(&row["place"]);
        if is_here && !shown.is_empty() && row["shadowed_by"].is_null() {
            let chords = shown.split(' ').map(chord).collect();
            keys.entry(command.to_owned()).or_insert(chords);
        }
    }
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
        key if key.chars().count() == 1 => &key.to_lowercase(),
        key => key,
    };
    match mods {
        Some(mods) => format!("{}+{key}", mods.to_lowercase()),
        None => key.to_owned(),
    }
}
