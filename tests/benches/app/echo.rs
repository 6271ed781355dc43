//! What the frame of a key's echo costs, by itself and beside twenty panes that flood: the first frame that has the row
//! which came of the key, from its begin until it is submitted.

use std::time::Duration;

use crate::agor::step_until;
use crate::frames::{Frame, Frames, percentile};
use crate::window::fleet;
use crate::window::stage::Stage;
use crate::{FLOOD, LIMIT, result};

const FLOODS: usize = 20;
/// With the one that is typed into, three rows.
const COLUMNS: usize = 7;
/// Of so many the 99th of a hundred says something.
const KEYS: usize = if cfg!(debug_assertions) { 20 } else { 300 };
/// Keys until the line begins anew: a narrow pane has room for so many.
const LINE: usize = 8;
/// The most milliseconds that 99 of a hundred may take.
const BAR: f64 = 4.0;

/// Says back what it is told, and nothing else.
const ECHO: &str = "stty raw -echo; echo ready; exec cat";

pub fn run() {
    for floods in [0, FLOODS] {
        let mut stage = Stage::patient(LIMIT);
        let frames = frames_of_keys(&mut stage, floods);
        let cpu: Vec<Duration> = frames.iter().map(|frame| frame.cpu).collect();
        let case = format!("a key's echo, {floods} panes flood beside: its frame");
        result(&format!("{case}, p50"), percentile(&cpu, 50), "ms CPU");
        let value = percentile(&cpu, 99);
        result(&format!("{case}, p99"), value, "ms CPU");
        println!("  p99 {value:.2} (at most {BAR})");
    }
}

/// Presses keys one after another, and returns for each the first frame that has its echo.
fn frames_of_keys(stage: &mut Stage, floods: usize) -> Vec<Frame> {
    let mut scripts = vec![ECHO];
    scripts.extend([FLOOD; FLOODS].iter().take(floods));
    let layout = fleet::in_one_tab(&stage.agor, &scripts, COLUMNS);
    let window = fleet::open(stage, &layout);
    let typed_into = stage.running().remove(0);
    stage.agor.screen_with(&typed_into, "ready");
    // What opening it made it draw is over.
    fleet::pass(Duration::from_secs(3));
    let mut told = Frames::whole(window.log_path());
    told.read();
    let last = told.submitted.last();
    let mut before = last.and_then(|frame| frame.cursor_col);
    assert!(before.is_some(), "the program that echoes has the keyboard");
    let key = |n: usize| {
        // The program has it come back as it is, and a carriage return begins the line anew.
        let key = if n % LINE == LINE - 1 { "Return" } else { "x" };
        let from = told.submitted.len();
        stage.press(&[key]);
        let frame = step_until("the echo is submitted", || {
            told.read();
            let moved = |frame: &&Frame| frame.cursor_col.is_some() && frame.cursor_col != before;
            told.submitted[from..].iter().find(moved).cloned()
        });
        before = frame.cursor_col;
        frame
    };
    (0..KEYS).map(key).collect()
}
