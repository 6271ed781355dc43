//! How many commands a host acknowledges, each after a sync that covers it and its event, and how soon.

use std::time::{Duration, Instant};

use agor_core::client::Client;
use agor_proto::command::CommandBody;
use agor_proto::ids::SessionId;

use crate::agor::Agor;
use crate::{Times, client, result};

/// Commands of one case. Each makes an event of 200 bytes.
const COMMANDS: usize = 48_000;

/// How many clients, and how many commands each has under way at once: what a single one reaches, with
/// few and with many under way, and what many reach together.
const CASES: &[(usize, usize)] = &[(1, 64), (1, 144), (1, 256), (16, 8), (16, 64)];

/// Measures every case. `sessions` have one for each client; all but an eighth of what a client asks is
/// about the first of them, whose record becomes long.
pub async fn run(agor: &Agor, sessions: &[SessionId]) {
    for &(clients, under_way) in CASES {
        case(agor, sessions, clients, under_way).await;
    }
}

async fn case(agor: &Agor, sessions: &[SessionId], clients: usize, under_way: usize) {
    let mut connected = Vec::new();
    for _ in 0..clients {
        connected.push(client(agor).await);
    }
    let began = Instant::now();
    let mut writers = Vec::new();
    for (n, client) in connected.into_iter().enumerate() {
        let sessions = [sessions[0], sessions[n]];
        let commands = COMMANDS / clients;
        writers.push(tokio::spawn(write(client, sessions, commands, under_way)));
    }
    let mut times = Times::default();
    for writer in writers {
        for took in writer.await.expect("it ends") {
            times.add(took);
        }
    }
    let rate = COMMANDS as f64 / began.elapsed().as_secs_f64();
    let case = format!("{clients} clients with {under_way} commands under way each");
    result(&format!("{case}: acknowledged"), rate, "1/s", None);
    for percent in [50, 99] {
        let took = times.percentile(percent) / 1e3;
        result(&format!("{case}: p{percent}"), took, "ms", None);
    }
}

/// Gives sessions names, over and over.
pub async fn write(
    client: Client,
    sessions: [SessionId; 2],
    commands: usize,
    at_once: usize,
) -> Vec<Duration> {
    let name = "n".repeat(194);
    let mut under_way = tokio::task::JoinSet::new();
    let mut times = Vec::new();
    for n in 0..commands {
        if under_way.len() >= at_once {
            let ended = under_way.join_next().await;
            times.extend(ended.map(|took| took.expect("it ends")));
        }
        let (client, session) = (client.clone(), sessions[usize::from(n % 8 == 0)]);
        // Names differ, so that each is an event.
        let name = format!("{name}{n:06}");
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
