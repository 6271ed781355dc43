//! A program that prints a large file as fast as it can: how much of it a second is on disk, how far the disk is
//! behind at most, and how long the program had to wait; beside tmux, which keeps a screen and a history alone.

use std::fs;
use std::time::{Duration, Instant};

use crate::agor::step_until;
use crate::{result, started, tmux};

/// What is printed.
const BYTES: usize = 256 * 1024 * 1024;

/// How often the figures are looked at.
const PAUSE: Duration = Duration::from_millis(100);

/// Measures it.
pub async fn run() {
    tokio::task::spawn_blocking(measure).await.expect("it ends");
}

fn measure() {
    let agor = started();
    let file = agor.path("large");
    fs::write(&file, text()).expect("a file");
    let began = Instant::now();
    let session = agor.program("120x40", &["cat", file.to_str().expect("UTF-8")]);
    let (mut behind, mut printed) = (0, None);
    step_until("everything is on disk", || {
        #[expect(
            clippy::disallowed_methods,
            reason = "a look at the figures costs what it measures"
        )]
        std::thread::sleep(PAUSE);
        let stats = agor.json(&["stats", "--json"]);
        let figures = &stats["sessions"][0];
        let [offset, committed] = ["offset", "committed"].map(|name| figures[name].as_u64());
        let (offset, committed) = (offset?, committed?);
        behind = behind.max(offset.saturating_sub(committed));
        if offset >= BYTES as u64 {
            printed.get_or_insert(began.elapsed());
        }
        (committed >= BYTES as u64).then_some(())
    });
    let took = began.elapsed().as_secs_f64();
    agor.ok(&["wait", &session, "--exit"]);
    let megabytes = BYTES as f64 / 1e6;
    let peer = tmux::printed(&file).map(|took| ("tmux", megabytes / took.as_secs_f64()));
    let case = |what: &str| format!("one program prints 268 MB: {what}");
    result(&case("on disk"), megabytes / took, "MB/s", None);
    let printed = printed.map_or(took, |it| it.as_secs_f64());
    result(&case("read and shown"), megabytes / printed, "MB/s", peer);
    result(&case("behind at most"), behind as f64 / 1e6, "MB", None);
}

/// Returns lines as a build prints them, no two the same.
fn text() -> Vec<u8> {
    let mut text = Vec::with_capacity(BYTES + 200);
    for n in 0_u64.. {
        let line = format!(
            "\x1b[1;32m   Compiling\x1b[0m module-{n} v0.{}.1 (/home/person/src/project/crates/{:x})\n",
            n % 90,
            n.wrapping_mul(2_654_435_761),
        );
        text.extend_from_slice(line.as_bytes());
        if text.len() >= BYTES {
            break;
        }
    }
    text
}
