//! A program that prints a large file as fast as it can: how much of it a second is on disk, how far the disk was
//! behind when it was looked at, and how long the program had to wait; beside tmux, which keeps a screen and a
//! history alone.

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
    let text = text();
    fs::write(&file, &text).expect("a file");
    let lines = text.iter().filter(|&&byte| byte == b'\n').count();
    // What its terminal makes of it; the record has a header for each piece of that as well.
    let printed_bytes = (text.len() + lines) as u64;
    let began = Instant::now();
    let session = agor.program("120x40", &["cat", file.to_str().expect("UTF-8")]);
    let (mut behind, mut looks, mut printed) = (0, 0, None);
    let stored = step_until("everything is on disk", || {
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
        looks += 1;
        let look = |bytes: u64| (bytes >= printed_bytes).then(|| (bytes, began.elapsed()));
        printed = printed.or(look(offset));
        look(committed)
    });
    agor.ok(&["wait", &session, "--exit"]);
    let stats = agor.json(&["stats", "--json"]);
    let end = stats["sessions"][0]["offset"].as_u64().expect("a number") as f64;
    let megabytes = text.len() as f64 / 1e6;
    // A look may come before the last headers do: what it saw is taken as its share of the record.
    let rate =
        |(bytes, took): (u64, Duration)| megabytes * (bytes as f64 / end) / took.as_secs_f64();
    let peer = tmux::printed(&file).map(|took| ("tmux", megabytes / took.as_secs_f64()));
    let case = |what: &str| format!("one program prints 268 MB: {what}");
    result(&case("on disk"), rate(stored), "MB/s", None);
    let printed = rate(printed.unwrap_or(stored));
    result(&case("read and shown"), printed, "MB/s", peer);
    let most = format!("behind at most of {looks} looks");
    result(&case(&most), behind as f64 / 1e6, "MB", None);
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
