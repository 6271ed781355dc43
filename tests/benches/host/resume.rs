//! How many commands a host acknowledges, and how soon clients know again where they were.

use std::time::{Duration, Instant};

use agor_core::client::{Client, Told};
use agor_proto::command::CommandBody;
use agor_proto::event::LogCursor;
use agor_proto::ids::SessionId;
use agor_proto::message::Visibility;

use crate::agor::Agor;
use crate::{Times, client, result, started};

const SESSIONS: usize = 100;
const EVENTS: usize = 100_000;
const CLIENTS: usize = 100;
/// Commands that a client has under way at once.
const UNDER_WAY: usize = 64;

pub async fn run() {
    let mut agor = started();
    let sessions: Vec<SessionId> = (0..SESSIONS)
        .map(|_| agor.program("80x24", &["cat"]).parse().expect("an id"))
        .collect();
    fill(&agor, &sessions).await;
    let cursors = cursors(&agor).await;
    let long = of_one(&agor, cursors[&sessions[0]]).await;
    let short = of_one(&agor, cursors[&sessions[SESSIONS - 1]]).await;
    let peer = ("a short record", short);
    result("resume of 100,000 events", long, "ms", Some(peer));
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

/// Gives sessions names, over and over, from many clients at once. Most go to the first session.
async fn fill(agor: &Agor, sessions: &[SessionId]) {
    let name = "n".repeat(200);
    let began = Instant::now();
    let mut writers = Vec::new();
    for writer in 0..16 {
        let client = client(agor).await;
        // The first one's record is to be long; all take part, so that commits are shared.
        let sessions = [sessions[0], sessions[writer]];
        let name = name.clone();
        writers.push(tokio::spawn(write(client, sessions, name)));
    }
    let mut times = Times::default();
    for writer in writers {
        for took in writer.await.expect("it ends") {
            times.add(took);
        }
    }
    let rate = EVENTS as f64 / began.elapsed().as_secs_f64();
    result("commands acknowledged", rate, "1/s", None);
    for percent in [50, 99] {
        let case = format!("acknowledgement under that load, p{percent}");
        result(&case, times.percentile(percent) / 1e3, "ms", None);
    }
}

async fn write(client: Client, sessions: [SessionId; 2], name: String) -> Vec<Duration> {
    let mut under_way = tokio::task::JoinSet::new();
    let mut times = Vec::new();
    for n in 0..EVENTS / 16 {
        if under_way.len() >= UNDER_WAY {
            times.extend(
                under_way
                    .join_next()
                    .await
                    .map(|took| took.expect("it ends")),
            );
        }
        let (client, session) = (client.clone(), sessions[usize::from(n % 8 == 0)]);
        // Names differ, so that each is an event.
        let name = format!("{}{n:06}", &name[6..]);
        under_way.spawn(async move {
            let began = Instant::now();
            let body = CommandBody::Rename { session, name };
            client.carry_out(body).await.expect("it is carried out");
            began.elapsed()
        });
    }
    times.extend(under_way.join_all().await);
    times
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
