//! A session with a million lines behind it: what they take in memory and on disk, how soon a text is
//! found in them, and how soon rows of them are shown.

use std::fs;
use std::time::{Duration, Instant};

use agor_core::client::Client;
use agor_proto::ids::SessionId;
use agor_proto::message::{Part, Query, WindowAt};

use crate::agor::{Agor, step_until};
use crate::{Times, client, result, started};

/// Lines as a build prints them, about 90 columns each, of which one near the beginning and one near
/// the end are like no other.
const BUILD: &str = r#"
BEGIN {
    srand(7)
    for (n = 1; n <= 1000000; n++) {
        w = int(rand() * 100000); v = int(rand() * 40); c = int(rand() * 8)
        if (n == 300) print "the needle in the oldest rows"
        else if (n == 985000) print "the needle behind the newest rows"
        else printf "\033[3%dm   Compiling\033[0m package-%d v%d.%d.%d (/home/somebody/work/project-%d/crates/package-%d)\n", c, w, v, n % 10, c, w % 700, w
    }
    print "all is built"
}"#;

pub async fn run() {
    let mut agor = started();
    let before = resident(&agor);
    let session = agor.program(
        "120x40",
        &["bash", "-c", &format!("awk '{BUILD}'; sleep 1000000")],
    );
    let began = Instant::now();
    agor.ok(&[
        "wait",
        &session,
        "--text",
        "all is built",
        "--timeout",
        "600",
    ]);
    result(
        "a million lines printed",
        began.elapsed().as_secs_f64(),
        "s",
        None,
    );
    let stats = agor.json(&["stats", "--json"]);
    let rows = stats["sessions"][0]["history_rows"].as_u64();
    assert!(rows >= Some(1_000_000 - 40), "{rows:?}");
    settle(&agor);
    let kept = resident(&agor).saturating_sub(before);
    result(
        "host's memory for a million lines",
        kept as f64 / 1024.0,
        "MiB",
        None,
    );
    result("disk of all", disk(&agor) as f64 / 1048576.0, "MiB", None);
    questions(&agor, &session).await;
    agor.crash_host();
    agor.start_host();
    let began = Instant::now();
    agor.ok(&["screen", &session]);
    result(
        "first screen of a new host",
        began.elapsed().as_secs_f64() * 1e3,
        "ms",
        None,
    );
    let kept = resident(&agor).saturating_sub(before);
    result(
        "a new host's memory for it",
        kept as f64 / 1024.0,
        "MiB",
        None,
    );
    questions(&agor, &session).await;
}

async fn questions(agor: &Agor, session: &str) {
    let client = client(agor).await;
    let session: SessionId = session.parse().expect("an id");
    for (case, pattern, regex) in [
        (
            "first hit in the oldest rows",
            "needle in the oldest",
            false,
        ),
        ("first hit near the newest rows", "needle behind", false),
        (
            "first hit of a word that is everywhere",
            "project-69",
            false,
        ),
        (
            "first hit of an expression",
            r"needle \w+ the old+est",
            true,
        ),
        ("no hit in a million lines", "nowhere to be found", false),
        ("no hit of an expression without letters", r"[0-9]{7}", true),
        ("no hit of any digits", r"\d{7}", true),
    ] {
        let mut times = Times::default();
        for _ in 0..10 {
            times.add(first_hit(&client, session, pattern, regex).await);
        }
        result(case, times.percentile(50) / 1e3, "ms", None);
    }
    let mut times = Times::default();
    for n in 1..=200 {
        let began = Instant::now();
        let rows_back = n * 4_973;
        window(&client, session, WindowAt::End { rows_back }).await;
        times.add(began.elapsed());
    }
    result("rows of anywhere", times.percentile(50) / 1e3, "ms", None);
    result(
        "rows of anywhere, slowest",
        times.percentile(100) / 1e3,
        "ms",
        None,
    );
    client.close().await;
}

/// Looks back from the end until something is found, or everything was looked at.
async fn first_hit(client: &Client, session: SessionId, pattern: &str, regex: bool) -> Duration {
    let began = Instant::now();
    let mut from = WindowAt::End { rows_back: 0 };
    loop {
        let query = Query::Find {
            session,
            pattern: pattern.to_owned(),
            regex,
            ignore_case: false,
            from,
            forwards: false,
            count: 1,
            excerpt: 0,
        };
        match client.ask_one(query).await.expect("an answer") {
            Part::Found { hits, goes_on, .. } => match goes_on {
                Some(place) if hits.is_empty() => from = WindowAt::Line(place),
                _ => return began.elapsed(),
            },
            part => panic!("{part:?}"),
        }
    }
}

async fn window(client: &Client, session: SessionId, at: WindowAt) {
    let query = Query::Window {
        session,
        at,
        before: 40,
        count: 120,
    };
    let part = client.ask_one(query).await.expect("an answer");
    assert!(matches!(&part, Part::Window { rows, .. } if rows.len() == 120));
}

/// Waits until the host has written what it had.
fn settle(agor: &Agor) {
    let mut size = 0;
    step_until("everything is on disk", || {
        #[expect(
            clippy::disallowed_methods,
            reason = "what is quiet is told by time alone"
        )]
        std::thread::sleep(Duration::from_millis(500));
        let before = std::mem::replace(&mut size, disk(agor));
        (before == size).then_some(())
    });
}

/// Returns the KiB of memory that only the host has, mappings of files included.
fn resident(agor: &Agor) -> u64 {
    let pid = agor.host_pid().expect("a host");
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).expect("its memory");
    let pss = text.lines().find_map(|line| line.strip_prefix("Pss:"));
    let kib = pss.and_then(|it| it.split_whitespace().next());
    kib.and_then(|it| it.parse().ok()).expect("a number")
}

/// Returns the bytes of the data folder.
fn disk(agor: &Agor) -> u64 {
    let mut folders = vec![agor.path("home/.local/share/agor")];
    let mut bytes = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.metadata() {
                Ok(it) if it.is_dir() => folders.push(entry.path()),
                Ok(it) => bytes += it.len(),
                // It was deleted meanwhile.
                Err(_) => {}
            }
        }
    }
    bytes
}
