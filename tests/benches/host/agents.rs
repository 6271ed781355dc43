//! Fifty agents at full tilt, as Claude Code draws, and a person who types in another pane: how long a key's echo
//! takes, and how late the list tells a state that an agent reports, or shows on its screen alone.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use agor_core::client::Client;
use agor_proto::agent::State;
use agor_proto::ids::SessionId;
use tokio::sync::oneshot;

use crate::agor::Agor;
use crate::echo::of_host;
use crate::{LIMIT, Times, client, result, unix_micros};

const AGENTS: usize = 50;
const KEYS: usize = 400;

/// How many of them tell their state by their screens alone: the first ones.
const DRAWING: usize = 10;

/// What holds on two cores, in microseconds: a key's echo, 99 of 100, and how late any state is told.
const ECHO_MAX: f64 = 30_000.0;
const LATE_MAX: f64 = 250_000.0;

/// After so long a state that was not told is as late as that.
const PATIENCE: Duration = Duration::from_secs(1);

/// The program of those that draw, and the row of the table of agents by which their screens are read.
const DRAWS: &str = "drawing-agent";
const TABLE: &str = r#"
[drawing]
programs = ["drawing-agent"]
screens = [
    { match = "esc to interrupt", state = "working", says = "its screen shows it at work" },
    { match = "enter to submit", state = "needs_answer", says = "its screen asks something" },
]
"#;

/// What is drawn and reported by turns, and which state that is.
const STATES: [(&str, &str, State); 2] = [
    ("esc to interrupt", "working", State::Working),
    (
        "enter to submit",
        "blocked:kind=question",
        State::NeedsAnswer,
    ),
];

/// What one agent prints in a second: bursts of scrolls, and whole screens in synchronized frames.
const BURSTS: u32 = 10;
const SCROLLS_A_BURST: usize = 500;
const FRAMES: u32 = 2;
const FRAME_BYTES: usize = 95 * 1_024;

/// Bursts between two reports of one agent: two seconds.
const REPORT: u32 = 20;

/// How an agent tells its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tells {
    /// It reports it.
    Reports,
    /// It draws it, and notes when in a file.
    Draws,
}

impl Tells {
    /// Returns what an argument of this program means.
    pub fn of(argument: &str) -> Option<Self> {
        match argument {
            "--act-as-agent" => Some(Self::Reports),
            "--draw-as-agent" => Some(Self::Draws),
            _ => None,
        }
    }
}

/// Returns an agor that reads the screens of those that draw.
fn started() -> Agor {
    let mut agor = Agor::patient(LIMIT);
    let folder = agor.path("home/.config/agor");
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("providers.toml"), TABLE).expect("a table");
    agor.start_host();
    agor
}

pub async fn run() {
    let agor = started();
    let program = std::env::current_exe().expect("a path");
    let drawing = agor.work().join(DRAWS);
    std::os::unix::fs::symlink(&program, &drawing).expect("a name of its own");
    let program = program.to_str().expect("UTF-8");
    let drawing = drawing.to_str().expect("UTF-8");
    let agents: Vec<String> = (0..AGENTS)
        .map(|n| {
            let (program, act) = match n < DRAWING {
                true => (drawing, "--draw-as-agent"),
                false => (program, "--act-as-agent"),
            };
            agor.program("120x40", &[program, act, &n.to_string()])
        })
        .collect();
    for agent in &agents {
        agor.ok(&[
            "wait",
            agent,
            "--state",
            "working,needs-answer",
            "--timeout",
            "60",
        ]);
    }
    let (stop, stopped) = oneshot::channel();
    let watching = tokio::spawn(watch(client(&agor).await, stopped));
    let (since, before, begun) = (unix_micros(), output_bytes(&agor), Instant::now());
    let mut echo = of_host(&agor, KEYS).await;
    let printed = (output_bytes(&agor) - before) / begun.elapsed().as_secs_f64();
    let until = unix_micros() - PATIENCE.as_micros() as u64;
    stop.send(()).expect("it watches");
    let mut seen = watching.await.expect("it watches");
    let mut drawn = Times::default();
    for (n, agent) in agents[..DRAWING].iter().enumerate() {
        let session: SessionId = agent.parse().expect("an id");
        let noted = fs::read_to_string(agor.work().join(noted_in(n))).expect("what it drew");
        let told = seen.told.get(&session).map_or(&[][..], Vec::as_slice);
        for (at, state) in changes(&noted).filter(|(at, _)| (since..until).contains(at)) {
            drawn.add(late(told, at, state));
        }
    }
    result("50 agents, output", printed / 1e6, "MB/s", None);
    for percent in [50, 99] {
        let name = format!("50 agents, echo, p{percent}");
        result(&name, echo.percentile(percent), "µs", None);
    }
    for percent in [50, 99, 100] {
        let name = format!("50 agents, state told after, p{percent}");
        result(&name, seen.reported.percentile(percent), "µs", None);
        let name = format!("50 agents, state on a screen told after, p{percent}");
        result(&name, drawn.percentile(percent), "µs", None);
    }
    for agent in agents {
        agor.ok(&["kill", &agent]);
    }
    let echo = echo.percentile(99);
    assert!(echo < ECHO_MAX, "an echo took {echo} µs");
    for late in [seen.reported.percentile(100), drawn.percentile(100)] {
        assert!(late <= LATE_MAX, "a state was told after {late} µs");
    }
}

/// Returns the file in which an agent notes when it drew which state.
fn noted_in(number: usize) -> PathBuf {
    format!("drawn-{number}").into()
}

/// Returns what an agent noted: when, in microseconds since 1970, and which state.
fn changes(noted: &str) -> impl Iterator<Item = (u64, State)> {
    noted.lines().filter_map(|line| {
        let (at, state) = line.split_once(' ')?;
        let state: usize = state.parse().ok()?;
        Some((at.parse().ok()?, STATES.get(state)?.2))
    })
}

/// Returns how long after `at` a state was told for the first time.
fn late(told: &[(u64, State)], at: u64, state: State) -> Duration {
    let is_it = |it: &&(u64, State)| it.0 >= at && it.1 == state;
    let told = told.iter().find(is_it).map(|(told, _)| told - at);
    told.map_or(PATIENCE, Duration::from_micros)
}

fn output_bytes(agor: &Agor) -> f64 {
    let stats = agor.json(&["stats", "--json"]);
    stats["output_bytes"].as_f64().expect("a number")
}

/// What a client was told.
#[derive(Default)]
struct Seen {
    /// How long after its report each state was told.
    reported: Times,
    /// When each session's states were told.
    told: HashMap<SessionId, Vec<(u64, State)>>,
}

/// Watches the list until it is stopped.
async fn watch(client: Client, mut stopped: oneshot::Receiver<()>) -> Seen {
    let mut lists = client.watch_list().expect("a client");
    let mut known: HashMap<SessionId, u64> = HashMap::new();
    let mut seen = Seen::default();
    // What was reported before is not late.
    let begun = unix_micros();
    loop {
        let list = tokio::select! {
            list = lists.next() => list.expect("news"),
            _ = &mut stopped => return seen,
        };
        let now = unix_micros();
        for info in list.changed {
            let told = seen.told.entry(info.id).or_default();
            if told.last().is_none_or(|(_, state)| *state != info.state) {
                told.push((now, info.state));
            }
            let reason = info.agent.map(|agent| agent.reason);
            let Some(reported) = reason.and_then(|reason| reason.parse::<u64>().ok()) else {
                continue;
            };
            if known.insert(info.id, reported) != Some(reported) && reported > begun {
                seen.reported
                    .add(Duration::from_micros(now.saturating_sub(reported)));
            }
        }
    }
}

/// Draws as an agent does, and now and then tells another state: in a report with the time in its message, or on its
/// screen alone.
pub fn act(number: u32, tells: Tells) {
    let mut stdout = std::io::stdout();
    let burst = burst();
    let frames = STATES.map(|(shown, ..)| match tells {
        Tells::Reports => frame(""),
        Tells::Draws => frame(shown),
    });
    let noted = noted_in(number as usize);
    let mut noted = (tells == Tells::Draws).then(|| File::create(noted).expect("a file"));
    let mut state = 0;
    let mut turn = number % REPORT;
    let pause = Duration::from_secs(1) / BURSTS;
    // Not all at the same moment.
    std::thread::park_timeout(pause * number / 50);
    let mut next = Instant::now();
    loop {
        let changes = turn % REPORT == number % REPORT;
        if changes {
            state = (turn / REPORT % 2) as usize;
            let now = unix_micros();
            if let Some(noted) = &mut noted {
                writeln!(noted, "{now} {state}").expect("it is noted");
            } else {
                let (message, reported) = (base64(now.to_string().as_bytes()), STATES[state].1);
                write!(
                    stdout,
                    "\x1b]7501;state={reported}:app=bench:msg={message}\x07"
                )
                .expect("a terminal");
            }
        }
        let draws = changes && noted.is_some();
        if draws || turn.is_multiple_of(BURSTS / FRAMES) {
            stdout.write_all(&frames[state]).expect("a terminal");
        }
        stdout.write_all(&burst).expect("a terminal");
        stdout.flush().expect("a terminal");
        turn += 1;
        next += pause;
        std::thread::park_timeout(next.saturating_duration_since(Instant::now()));
    }
}

/// Scrolls within a region, each with a line of text.
fn burst() -> Vec<u8> {
    let mut bytes = b"\x1b[1;30r\x1b[30;1H".to_vec();
    for n in 0..SCROLLS_A_BURST {
        bytes.extend_from_slice(format!("\n\r\x1b[38;5;{}m● step {n}\x1b[0m", n % 256).as_bytes());
    }
    bytes
}

/// A whole screen, in a synchronized frame, with `shown` in its last row, which does not scroll.
fn frame(shown: &str) -> Vec<u8> {
    let mut bytes = b"\x1b[?2026h\x1b[H".to_vec();
    let mut n = 0;
    while bytes.len() < FRAME_BYTES {
        let row = n % 40 + 1;
        bytes.extend_from_slice(format!("\x1b[{row};1H\x1b[2K").as_bytes());
        for cell in 0..10 {
            let color = (n + cell) % 256;
            bytes.extend_from_slice(
                format!("\x1b[38;5;{color};48;5;{}m│ text {cell}", 255 - color).as_bytes(),
            );
        }
        n += 1;
    }
    bytes.extend_from_slice(b"\x1b[0m");
    if !shown.is_empty() {
        bytes.extend_from_slice(format!("\x1b[40;1H\x1b[2K{shown}").as_bytes());
    }
    bytes.extend_from_slice(b"\x1b[?2026l");
    bytes
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let bits = three
            .iter()
            .fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte))
            << (8 * (3 - three.len()));
        for at in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * at) & 63) as usize];
            text.push(if at <= three.len() {
                char::from(digit)
            } else {
                '='
            });
        }
    }
    text
}
