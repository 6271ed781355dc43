//! How many commands a host acknowledges (`commands.rs`), and, with the long record that they make, how soon
//! clients know again where they were.

use std::time::{Duration, Instant};

use agor_core::client::Told;
use agor_proto::event::LogCursor;
use agor_proto::ids::SessionId;
use agor_proto::message::Visibility;

use crate::agor::Agor;
use crate::{Times, client, commands, result, started};

const SESSIONS: usize = 100;
const CLIENTS: usize = 100;

pub async fn run() {
    let mut agor = started();
    let sessions: Vec<SessionId> = (0..SESSIONS)
        .map(|_| agor.program("80x24", &["cat"]).parse().expect("an id"))
        .collect();
    commands::run(&agor, &sessions).await;
    let cursors = cursors(&agor).await;
    let long = of_one(&agor, cursors[&sessions[0]]).await;
    let short = of_one(&agor, cursors[&sessions[SESSIONS - 1]]).await;
    let peer = ("a short record", short);
    result("resume of 200,000 events", long, "ms", Some(peer));
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
                        live.send(()).await.ok();
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
    agor.start_host();
    let began = Instant::now();
    for _ in 0..CLIENTS * 10 {
        lives.recv().await;
    }
    let took = began.elapsed().as_secs_f64();
    result(
        "100 clients come back to a new host",
        took * 1e3,
        "ms",
        None,
    );
}
