//! Fifty agents at full tilt, as Claude Code draws, and a person who types in another pane: how long a key's echo
//! takes, and how late the list tells a state that an agent reports.

use std::collections::HashMap;
use std::io::Write;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use agor_core::client::Client;
use agor_proto::ids::SessionId;
use tokio::sync::oneshot;

use crate::agor::Agor;
use crate::echo::of_host;
use crate::{Times, client, result, started};

const AGENTS: usize = 50;
const KEYS: usize = 400;

/// What one agent prints in a second: bursts of scrolls, and whole screens in synchronized frames.
const BURSTS: u32 = 10;
const SCROLLS_A_BURST: usize = 500;
const FRAMES: u32 = 2;
const FRAME_BYTES: usize = 95 * 1_024;

/// Bursts between two reports of one agent: two seconds.
const REPORT: u32 = 20;

pub async fn run() {
    let agor = started();
    let program = std::env::current_exe().expect("a path");
    let program = program.to_str().expect("UTF-8");
    let agents: Vec<String> = (0..AGENTS)
        .map(|n| agor.program("120x40", &[program, "--act-as-agent", &n.to_string()]))
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
    let (before, begun) = (output_bytes(&agor), Instant::now());
    let mut echo = of_host(&agor, KEYS).await;
    let printed = (output_bytes(&agor) - before) / begun.elapsed().as_secs_f64();
    stop.send(()).expect("it watches");
    let mut late = watching.await.expect("it watches");
    result("50 agents, output", printed / 1e6, "MB/s", None);
    for percent in [50, 99] {
        let name = format!("50 agents, echo, p{percent}");
        result(&name, echo.percentile(percent), "µs", None);
    }
    for percent in [50, 99, 100] {
        let name = format!("50 agents, state told after, p{percent}");
        result(&name, late.percentile(percent), "µs", None);
    }
    for agent in agents {
        agor.ok(&["kill", &agent]);
    }
}

fn output_bytes(agor: &Agor) -> f64 {
    let stats = agor.json(&["stats", "--json"]);
    stats["output_bytes"].as_f64().expect("a number")
}

/// Watches the list until it is stopped; returns how long after its report each state was told.
async fn watch(client: Client, mut stopped: oneshot::Receiver<()>) -> Times {
    let mut lists = client.watch_list().expect("a client");
    let mut known: HashMap<SessionId, u64> = HashMap::new();
    let mut times = Times::default();
    // What was reported before is not late.
    let begun = unix_micros();
    loop {
        let list = tokio::select! {
            list = lists.next() => list.expect("news"),
            _ = &mut stopped => return times,
        };
        let now = unix_micros();
        for info in list.changed {
            let reason = info.agent.map(|agent| agent.reason);
            let Some(reported) = reason.and_then(|reason| reason.parse::<u64>().ok()) else {
                continue;
            };
            if known.insert(info.id, reported) != Some(reported) && reported > begun {
                times.add(Duration::from_micros(now.saturating_sub(reported)));
            }
        }
    }
}

fn unix_micros() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    u64::try_from(since.expect("after 1970").as_micros()).expect("soon")
}

/// Draws as an agent does, and reports another state now and then, with the time in its message.
pub fn act(number: u32) {
    let mut stdout = std::io::stdout();
    let (burst, frame) = (burst(), frame());
    let mut turn = number % REPORT;
    let pause = Duration::from_secs(1) / BURSTS;
    // Not all at the same moment.
    std::thread::park_timeout(pause * number / 50);
    let mut next = Instant::now();
    loop {
        if turn % REPORT == number % REPORT {
            let state = match turn / REPORT % 2 {
                0 => "working",
                _ => "blocked:kind=question",
            };
            let message = base64(unix_micros().to_string().as_bytes());
            write!(
                stdout,
                "\x1b]7501;state={state}:app=bench:msg={message}\x07"
            )
            .expect("a terminal");
        }
        if turn.is_multiple_of(BURSTS / FRAMES) {
            stdout.write_all(&frame).expect("a terminal");
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

/// A whole screen, in a synchronized frame.
fn frame() -> Vec<u8> {
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
    bytes.extend_from_slice(b"\x1b[0m\x1b[?2026l");
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
