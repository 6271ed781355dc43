//! What an agent emitted, as fixtures of the evidence machine: a story a session, in
//! `crates/agor-core/tests/fixtures/agents/PROVIDER/STORY/story.ndjson`. What its lines are stands in
//! `agor-core/src/agents/stories.rs`, which tells them again.
//!
//! A title that differs from the last in its spinner only is left out, and so is a screen whose last rows
//! differ in spinners and numbers only. Folders, ids and times are replaced.

use std::fs;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::stage;
use crate::agor::Agor;

/// Says that the fixtures are to be written.
const RECORD: &str = "AGOR_TEST_RECORD";

/// How many rows of a screen are kept, from the last that is not empty: as many as agor looks at.
const ROWS: usize = 30;

/// How many of them tell two screens apart.
const TELLING_ROWS: usize = 8;

/// How long after output agor looks at a screen, and how long it takes a test to fetch one, in milliseconds.
const LOOK_MILLIS: u64 = 100;

/// How much of a line that is drawn is kept.
const LINE: usize = 24;

/// See the module.
pub struct Recorder {
    folder: PathBuf,
    /// What is replaced by what.
    replaced: Vec<(String, &'static str)>,
    /// What was done and seen in the session, with its time.
    noted: Vec<(u64, Value)>,
    /// The newest screen, without what does not tell it from others.
    screen: String,
    stories: Vec<(&'static str, String)>,
}

impl Recorder {
    /// Returns one for an agent.
    pub fn of(provider: &str, agor: &Agor) -> Self {
        let crates = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates");
        let folder = format!("{crates}/agor-core/tests/fixtures/agents/{provider}");
        let work = agor.work().display().to_string();
        let own = agor.path("").display().to_string();
        let installed = stage::installed().display().to_string();
        Self {
            folder: folder.into(),
            replaced: vec![(work, "/work"), (own, "/agor/"), (installed, "/agents")],
            noted: Vec::new(),
            screen: String::new(),
            stories: Vec::new(),
        }
    }

    /// Notes a key.
    pub fn pressed(&mut self, key: &str) {
        self.noted.push((unix_millis(), json!({ "key": key })));
    }

    /// Notes what the screen shows.
    pub fn shown(&mut self, screen: &str) {
        let rows: Vec<_> = screen.trim_end().lines().map(str::trim_end).collect();
        let telling = rows[rows.len().saturating_sub(TELLING_ROWS)..].join("\n");
        let telling = without_spinner(&telling).replace(|letter: char| letter.is_ascii_digit(), "");
        // Nor do the words of a slow answer, of which there is one more each time.
        let telling = telling.replace("word ", "").replace("word", "");
        if telling != self.screen {
            self.screen = telling;
            let rows = &rows[rows.len().saturating_sub(ROWS)..];
            self.noted
                .push((unix_millis(), json!({ "screen": rows.join("\n") })));
        }
    }

    /// Notes what the screen shows, also if it is what it showed before: agor has looked at it since.
    pub fn looked(&mut self, screen: &str) {
        self.screen.clear();
        self.shown(screen);
    }

    /// Notes which states were true since the last such note.
    pub fn went(&mut self, case: &str, path: &[&str]) {
        if let Some(last) = path.last() {
            let line = json!({ "expect": last, "went": path, "case": case });
            self.noted.push((unix_millis(), line));
        }
    }

    /// Ends the story of a session.
    pub fn leave(&mut self, agor: &Agor, session: &str, story: &'static str) {
        let (start, program, mut lines) = emitted(agor, session);
        let noted = self.noted.drain(..);
        lines.extend(noted.map(|(at, line)| (at.saturating_sub(start), line)));
        lines.sort_by_key(|(at, _)| *at);
        without_halves(&mut lines);
        self.screen.clear();
        let mut text = format!("{}\n", json!({ "at": 0, "started": [program] }));
        for (at, mut line) in lines {
            line["at"] = at.into();
            let is_status = line.get("status").is_some();
            let line = line.to_string();
            // What a status says in base64 looks like an id.
            text += &if is_status { line } else { self.scrubbed(line) };
            text.push('\n');
        }
        self.stories.push((story, text));
    }

    /// Writes the stories, if they are wanted.
    pub fn finish(self) {
        if std::env::var_os(RECORD).is_none() {
            return;
        }
        for (story, text) in self.stories {
            let folder = self.folder.join(story);
            fs::create_dir_all(&folder).expect("a folder");
            fs::write(folder.join("story.ndjson"), text).expect("a file");
        }
    }

    fn scrubbed(&self, mut text: String) -> String {
        for (from, to) in &self.replaced {
            text = text.replace(from, to);
        }
        without_lines(&without_times(&without_ids(&text)))
    }
}

/// Leaves out screens that are followed by another so soon that agor does not look at them: half drawn.
fn without_halves(lines: &mut Vec<(u64, Value)>) {
    let is_screen = |line: &Value| line.get("screen").is_some();
    let mut next = u64::MAX;
    for (at, line) in lines.iter_mut().rev() {
        if is_screen(line) {
            if next.saturating_sub(*at) < LOOK_MILLIS {
                line["half"] = true.into();
            }
            next = *at;
        }
    }
    lines.retain(|(_, line)| line.get("half").is_none());
}

/// Returns when a session's program started, its name, and its titles, statuses and exit with their times
/// after that.
fn emitted(agor: &Agor, session: &str) -> (u64, String, Vec<(u64, Value)>) {
    let log = agor.ok(&["log", session, "--json"]);
    let events: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).expect("an event"))
        .collect();
    let event = |kind: &str| events.iter().find(|event| event["body"]["kind"] == kind);
    let millis = |event: &Value| event["at_millis"].as_u64().expect("a time");
    let start = event("started").map(millis).expect("it was started");
    let argv = &event("created").expect("it was made")["body"]["with"]["spec"]["argv"];
    let program = argv[0].as_str().and_then(|path| path.rsplit('/').next());
    let recording = agor.ok(&["export", session, "--asciicast"]);
    let mut text = String::new();
    // Where in the text which time begins.
    let mut times = Vec::new();
    for line in recording.lines().skip(1) {
        let event: Value = serde_json::from_str(line).expect("an event");
        if event[1] == "o" {
            let seconds = event[0].as_f64().expect("a time");
            times.push((text.len(), (seconds * 1000.0) as u64));
            text += event[2].as_str().expect("text");
        }
    }
    let mut emitted = Vec::new();
    let mut title = String::new();
    for (at, body) in commands(&text) {
        let time = times[times.partition_point(|(begin, _)| *begin <= at) - 1].1;
        if let Some(status) = body.strip_prefix("7501;") {
            emitted.push((time, json!({ "status": status })));
        } else if let Some(new) = body.strip_prefix("0;").or(body.strip_prefix("2;")) {
            // On a screen it is a picture of a spinner, in a title it says that nothing turns.
            let still = without_spinner(&new.replace('✳', "still"));
            if still != title {
                title = still;
                emitted.push((time, json!({ "title": new })));
            }
        }
    }
    if let Some(exited) = event("exited") {
        let how = &exited["body"]["with"];
        let exit = json!({ "exit": [how["code"], how["signal"]] });
        emitted.push((millis(exited).saturating_sub(start), exit));
    }
    (start, program.unwrap_or_default().to_owned(), emitted)
}

/// Returns the body of each OSC, with its place.
fn commands(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.match_indices("\x1b]").filter_map(|(at, _)| {
        let body = &text[at + 2..];
        let end = body.find(['\x07', '\x1b'])?;
        Some((at, &body[..end]))
    })
}

/// Returns a title in which every picture of a spinner is the same.
fn without_spinner(title: &str) -> String {
    let spins = |letter: char| {
        let braille = matches!(letter, '\u{2800}'..='\u{28ff}');
        braille || "◐◑◒◓◉◎■⬝·✢✳✶✻✽".contains(letter)
    };
    let title = title.replace("[ ! ]", "[ . ]");
    title
        .chars()
        .map(|letter| if spins(letter) { '⠿' } else { letter })
        .collect()
}

/// Returns a text in which every id is the same: runs of 20 and more letters, digits and hyphens among
/// which there are digits.
fn without_ids(text: &str) -> String {
    let of_id = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    let mut scrubbed = String::new();
    let mut rest = text;
    while let Some(begin) = rest.find(of_id) {
        let (before, after) = rest.split_at(begin);
        let end = after.find(|letter| !of_id(letter)).unwrap_or(after.len());
        let (word, after) = after.split_at(end);
        scrubbed += before;
        let is_id = word.len() >= 20 && word.contains(|letter: char| letter.is_ascii_digit());
        scrubbed += if is_id { "0-id" } else { word };
        rest = after;
    }
    scrubbed + rest
}

/// Returns a text in which no line or edge of a box is longer than anybody has to see.
fn without_lines(text: &str) -> String {
    let mut scrubbed = String::new();
    let (mut last, mut times) = (' ', 0);
    for letter in text.chars() {
        times = if letter == last { times + 1 } else { 1 };
        last = letter;
        if times <= LINE || !"▄▀─".contains(letter) {
            scrubbed.push(letter);
        }
    }
    scrubbed
}

/// Returns a text in which every time of day is the same.
fn without_times(text: &str) -> String {
    let mut scrubbed = String::new();
    let mut rest = text;
    while let Some(colon) = rest.find(':') {
        let hour = rest[..colon].trim_end_matches(|letter: char| letter.is_ascii_digit());
        let minute = rest.get(colon + 1..colon + 3);
        let is_time = hour.len() < colon
            && minute.is_some_and(|minute| minute.bytes().all(|digit| digit.is_ascii_digit()));
        let (kept, taken, time) = if is_time {
            (hour, colon + 3, "0:00")
        } else {
            (&rest[..=colon], colon + 1, "")
        };
        scrubbed += kept;
        scrubbed += time;
        rest = &rest[taken..];
    }
    scrubbed + rest
}

/// Returns how many milliseconds have passed since 1970.
pub fn unix_millis() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.expect("it is later than 1970").as_millis() as u64
}

#[test]
fn ids_times_and_spinners_do_not_make_fixtures_differ() {
    let text = "codex resume 01a228d2-e400-7532-b2ee-794a9a37b3ac, ses_dd72aedf1ffeXyeKQEvdJ8fXf6";
    assert_eq!(without_ids(text), "codex resume 0-id, ses_0-id");
    assert_eq!(
        without_ids("a plain-text-without-digits 12"),
        "a plain-text-without-digits 12"
    );
    assert_eq!(without_spinner("⠋ work"), without_spinner("⠙ work"));
    assert_ne!(without_spinner("⠋ work"), without_spinner("work"));
    assert_eq!(
        without_times("done 7:59 PM, 19:01: a:b 1:2"),
        "done 0:00 PM, 0:00: a:b 1:2"
    );
    let screen = |at: u64| (at, json!({ "screen": at }));
    let mut lines = vec![
        screen(0),
        (5, json!({ "title": "" })),
        screen(99),
        screen(200),
    ];
    without_halves(&mut lines);
    assert_eq!(
        lines.iter().map(|it| it.0).collect::<Vec<_>>(),
        [5, 99, 200]
    );
    assert_eq!(without_lines(&"─".repeat(99)), "─".repeat(LINE));
    let found: Vec<_> = commands("a\x1b]0;t\x07b\x1b]7501;?\x1b\\").collect();
    assert_eq!(found, [(1, "0;t"), (8, "7501;?")]);
}
