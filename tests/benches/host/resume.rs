//! How many commands a host acknowledges (`commands.rs`), and, with the long record that they make, how soon
//! clients know again where they were.

use std::time::{Duration, Instant};

use agor_core::client::Told;
use agor_proto::event::LogCursor;
use agor_proto::ids::{Seq, SessionId};
use agor_proto::limits::TAIL_MAX;
use agor_proto::message::Visibility;

use crate::agor::Agor;
use crate::{Times, client, commands, result, started};

const SESSIONS: usize = 100;
const CLIENTS: usize = 100;

/// Commands after which a session has about 10,000 events, three for each.
const SHORTER: usize = 3_500;

/// Events that a client missed which is told those alone.
const MISSED: u64 = 5_000;

pub async fn run() {
    let mut agor = started();
    let sessions: Vec<SessionId> = (0..SESSIONS)
        .map(|_| agor.program("80x24", &["cat"]).parse().expect("an id"))
        .collect();
    commands::run(&agor, &sessions).await;
    let shorter = sessions[SESSIONS / 2];
    commands::write(client(&agor).await, [shorter; 2], SHORTER, 256).await;
    let cursors = cursors(&agor).await;
    let long = of_one(&agor, cursors[&sessions[0]]).await;
    let short = of_one(&agor, cursors[&sessions[SESSIONS - 1]]).await;
    let peer = ("a short record", short);
    let case = |what: &str| format!("resume of 200,000 events, {what}");
    result(&case("none missed"), long, "ms", Some(peer));
    let (long, shorter) = (cursors[&sessions[0]], cursors[&shorter]);
    let behind = |cursor: LogCursor| LogCursor {
        applied: Seq(cursor.applied.0 - MISSED),
        ..cursor
    };
    let fresh = |cursor: LogCursor| LogCursor {
        applied: Seq(0),
        ..cursor
    };
    for (what, events, cursors) in [
        ("5,000 missed", MISSED, [behind(long), behind(shorter)]),
        ("none known", TAIL_MAX, [fresh(long), fresh(shorter)]),
    ] {
        let took = told(&agor, cursors[0], events).await;
        let peer = ("10,500 events", told(&agor, cursors[1], events).await);
        result(&case(what), took, "ms", Some(peer));
    }
    let all: Vec<LogCursor> = cursors.values().copied().collect();
    let mut times = Times::default();
    for _ in 0..10 {
        times.add(together(&agor, &all).await);
    }
    result(
        "resume of 100 sessions",
        times.percentile(50) / 1e3,
        "ms",
        None,
    );
    storm(&mut agor, &all).await;
}

async fn cursors(agor: &Agor) -> std::collections::BTreeMap<SessionId, LogCursor> {
    let client = client(agor).await;
    let list = client.list().await.expect("a list");
    let of = |info: agor_proto::session::SessionInfo| {
        let cursor = LogCursor {
            session: info.id,
            epoch: info.epoch,
            applied: info.seq,
        };
        (info.id, cursor)
    };
    list.into_iter().map(of).collect()
}

/// Returns the milliseconds in which a new client knows where one session is.
async fn of_one(agor: &Agor, cursor: LogCursor) -> f64 {
    let mut times = Times::default();
    for _ in 0..50 {
        times.add(together(agor, &[cursor]).await);
    }
    times.percentile(50) / 1e3
}

/// Returns the milliseconds in which a new client is told at least so many events of one session, and that
/// there are no more.
async fn told(agor: &Agor, cursor: LogCursor, events: u64) -> f64 {
    let mut times = Times::default();
    for _ in 0..20 {
        let began = Instant::now();
        let client = client(agor).await;
        let mut subscription = client
            .subscribe(cursor, Visibility::Visible)
            .expect("a client");
        let mut count = 0;
        loop {
            match subscription.next().await.expect("news") {
                Told::Events(events) => count += events.len() as u64,
                Told::Live(_) => break,
                _ => {}
            }
        }
        times.add(began.elapsed());
        assert!(count >= events, "{count} events were told");
        client.close().await;
    }
    times.percentile(50) / 1e3
}

/// Returns how long a new client takes to connect and be told that it has everything of all.
async fn together(agor: &Agor, cursors: &[LogCursor]) -> Duration {
    let began = Instant::now();
    let client = client(agor).await;
    let follow = |cursor: &LogCursor| {
        client
            .subscribe(*cursor, Visibility::Visible)
            .expect("a client")
    };
    let subscriptions: Vec<_> = cursors.iter().map(follow).collect();
    for mut subscription in subscriptions {
        while !matches!(subscription.next().await.expect("news"), Told::Live(_)) {}
    }
    let took = began.elapsed();
    client.close().await;
    took
}

/// All clients come back to a host that was killed.
async fn storm(agor: &mut Agor, cursors: &[LogCursor]) {
    let (live, mut lives) = tokio::sync::mpsc::channel(CLIENTS * 10);
    let mut clients = Vec::new();
    for n in 0..CLIENTS {
        let client = client(agor).await;
        for cursor in cursors.iter().cycle().skip(n).take(10) {
            let mut subscription = client
                .subscribe(*cursor, Visibility::Visible)
                .expect("a client");
            let live = live.clone();
            tokio::spawn(async move {
                while let Some(told) = subscription.next().await {
                    if matches!(told, Told::Live(_)) {
                        live.send(Instant::now()).await.ok();
                    }
                }
            });
        }
        clients.push(client);
    }
    for _ in 0..CLIENTS * 10 {
        lives.recv().await;
    }
    agor.crash_host();
    let began = Instant::now();
    // Whoever comes back before it is known here that the host answers notes when.
    agor.start_host();
    let answers = began.elapsed();
    let mut last = began;
    for _ in 0..CLIENTS * 10 {
        last = last.max(lives.recv().await.expect("the clients live"));
    }
    let millis = |took: Duration| took.as_secs_f64() * 1e3;
    result(
        "100 clients come back to a new host, from its start",
        millis(last - began),
        "ms",
        Some(("until it answers", millis(answers))),
    );
}
