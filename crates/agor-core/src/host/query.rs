//! Answers that come from the store or from everywhere, in tasks of their own: a client that
//! reads slowly holds up nothing but its own answer.

use std::collections::HashMap;
use std::sync::Arc;

use agor_proto::error::{ErrorCode, WireError};
use agor_proto::frame::Lane;
use agor_proto::ids::{AskId, BlobHash, LineId, Offset, Seq, SessionId};
use agor_proto::limits::{BULK_CHUNK_MAX, EVENT_BATCH_MAX, LINKS_TOLD_MAX};
use agor_proto::message::{Answer, LaneStats, Part, SessionStats, Stats, StepStats};
use agor_proto::usage::UsageBy;
use tokio::sync::oneshot;

use super::hub::{Counters, Hub, Letter, SessionHandle};
use super::now;
use super::outbox::Outbox;
use super::session::{Look, Shelf, event_parts, in_frames};
use crate::images::ImageError;
use crate::latency::Latencies;
use crate::load;
use crate::storage::{Stats as Stored, StoreError};

/// Bytes of the name of a project's folder in figures.
const PROJECT_TOLD_MAX: usize = 256;

/// Sums in one part of an answer: with the longest folders they fit a frame.
const USAGE_ROWS_A_PART: usize = 100;

/// Sends the output record of a session from `from` on, up to what it is now.
pub async fn record(
    hub: Arc<Hub>,
    handle: SessionHandle,
    session: SessionId,
    from: Offset,
    ask: AskId,
    outbox: Outbox,
) {
    let (done, settled) = oneshot::channel();
    // A session that goes meanwhile has stored what it had.
    let end = match handle.letters.send(Letter::Settle(done)).await {
        Ok(()) => settled.await.ok(),
        Err(_) => None,
    };
    let mut from = from;
    loop {
        let store = hub.store().clone();
        let read = tokio::task::spawn_blocking(move || store.record(session, from, BULK_CHUNK_MAX));
        let (part, last) = match read.await {
            Ok(Ok(page)) => {
                // A program that prints faster than the client reads does not make this endless.
                let last = page.bytes.is_empty() || end.is_some_and(|end| page.next >= end);
                let part = Part::Record {
                    from: page.from,
                    bytes: page.bytes,
                };
                from = page.next;
                (part, last)
            }
            Ok(Err(error)) => match error.readable_from().filter(|&next| next > from) {
                Some(next) => {
                    // The next piece begins later: its reader sees the hole.
                    tracing::error!(session_id = %session, %error, "a part of the output is left out");
                    from = next;
                    continue;
                }
                None => (failed(ErrorCode::Storage, error.to_string()), true),
            },
            Err(error) => (failed(ErrorCode::Internal, error.to_string()), true),
        };
        if outbox
            .push_in_turn(Answer { ask, last, part }.into())
            .await
            .is_err()
            || last
        {
            return;
        }
    }
}

/// Sends the answer to a question for rows some of which left the terminal.
pub async fn look(hub: Arc<Hub>, session: SessionId, look: Look, ask: AskId, outbox: Outbox) {
    let store = hub.store().clone();
    let looked = tokio::task::spawn_blocking(move || look.answer(&(&store, session)));
    let part = looked
        .await
        .unwrap_or_else(|error| failed(ErrorCode::Internal, error.to_string()));
    let last = true;
    // A client that is gone is answered no more.
    outbox
        .push_in_turn(Answer { ask, last, part }.into())
        .await
        .ok();
}

/// Sends the rows that left a session's terminal from a line on, and then the rest of the answer.
pub async fn rows(
    hub: Arc<Hub>,
    session: SessionId,
    shelf: Arc<Shelf>,
    from: LineId,
    (ask, rest): (AskId, Vec<Part>),
    outbox: Outbox,
) {
    let mut next = Some(0);
    while let Some(at) = next {
        let (store, shelf) = (hub.store().clone(), Arc::clone(&shelf));
        let read =
            tokio::task::spawn_blocking(move || shelf.rows_of_page(at, from, &(&store, session)));
        let Ok((rows, goes_on)) = read.await else {
            break;
        };
        next = goes_on;
        for rows in in_frames(rows) {
            let (part, last) = (Part::Rows { rows }, false);
            let answer = Answer { ask, last, part };
            if outbox.push_in_turn(answer.into()).await.is_err() {
                return;
            }
        }
    }
    let end = rest.len();
    for (at, part) in rest.into_iter().enumerate() {
        let last = at + 1 == end;
        let answer = Answer { ask, last, part };
        if outbox.push_in_turn(answer.into()).await.is_err() {
            return;
        }
    }
}

/// Sends up to `count` stored events of a session after `after`.
pub async fn events(
    hub: Arc<Hub>,
    session: SessionId,
    after: Seq,
    count: u64,
    ask: AskId,
    outbox: Outbox,
) {
    let (mut after, mut left) = (after, count);
    loop {
        let store = hub.store().clone();
        let wanted = left.min(EVENT_BATCH_MAX as u64) as usize;
        let read = tokio::task::spawn_blocking(move || store.events(session, after, wanted));
        let (mut parts, last) = match read.await {
            Ok(Ok(events)) => {
                left -= events.len() as u64;
                after = events.last().map_or(after, |event| event.seq);
                let last = events.is_empty() || left == 0;
                (event_parts(&events), last)
            }
            Ok(Err(error)) => (vec![failed(ErrorCode::Storage, error.to_string())], true),
            Err(error) => (vec![failed(ErrorCode::Internal, error.to_string())], true),
        };
        if last && !matches!(parts.last(), Some(Part::Failed { .. })) {
            parts.push(Part::Events { events: Vec::new() });
        }
        let end = parts.len();
        for (at, part) in parts.into_iter().enumerate() {
            let last = last && at + 1 == end;
            let answer = Answer { ask, last, part };
            if outbox.push_in_turn(answer.into()).await.is_err() {
                return;
            }
        }
        if last {
            return;
        }
    }
}

/// Sends the pixels of an image of a session.
pub async fn blob(hub: Arc<Hub>, session: SessionId, hash: BlobHash, ask: AskId, outbox: Outbox) {
    let pixels = match hub.launcher().images() {
        Some(images) => images.pixels(session, hash).await,
        None => Err(ImageError::Gone),
    };
    let pixels = match pixels {
        Ok(pixels) => pixels,
        Err(error) => {
            tracing::debug!(session_id = %session, %error, "an image has no pixels");
            let code = match error {
                ImageError::Gone | ImageError::Damaged(_) => ErrorCode::Pruned,
                ImageError::Decoder(_) => ErrorCode::Internal,
            };
            let part = failed(code, error.to_string());
            let last = true;
            // A connection that is gone is told nothing.
            outbox
                .push_in_turn(Answer { ask, last, part }.into())
                .await
                .ok();
            return;
        }
    };
    let mut pieces = pixels.chunks(BULK_CHUNK_MAX).peekable();
    while let Some(piece) = pieces.next() {
        let part = Part::Blob {
            bytes: piece.to_vec(),
        };
        let last = pieces.peek().is_none();
        let answer = Answer { ask, last, part };
        if outbox.push_in_turn(answer.into()).await.is_err() {
            return;
        }
    }
}

/// Sends what agents used in the last `days`, or in all that are kept.
pub async fn usage(hub: Arc<Hub>, by: UsageBy, days: u32, ask: AskId, outbox: Outbox) {
    let parts = match used(&hub, by, days).await {
        Ok(parts) => parts,
        Err(error) => vec![Part::Failed { error }],
    };
    let end = parts.len();
    for (at, part) in parts.into_iter().enumerate() {
        let last = at + 1 == end;
        let answer = Answer { ask, last, part };
        if outbox.push_in_turn(answer.into()).await.is_err() {
            return;
        }
    }
}

/// Returns what agents used in the last `days`, or in all that are kept, in parts that fit a frame.
pub async fn used(hub: &Hub, by: UsageBy, days: u32) -> Result<Vec<Part>, WireError> {
    let today = hub.launcher().zone().day(now().unix_millis).number;
    let from = match days {
        0 => i64::MIN,
        days => today + 1 - i64::from(days),
    };
    let store = hub.store().clone();
    let read = tokio::task::spawn_blocking(move || store.usage(by, from));
    let rows = match read.await {
        Ok(Ok(rows)) => rows,
        Ok(Err(error)) => return Err(WireError::new(ErrorCode::Storage, error.to_string())),
        Err(error) => return Err(WireError::new(ErrorCode::Internal, error.to_string())),
    };
    let mut parts: Vec<Part> = rows
        .chunks(USAGE_ROWS_A_PART)
        .map(|rows| Part::Usage {
            today,
            rows: rows.to_vec(),
        })
        .collect();
    if parts.is_empty() {
        parts.push(Part::Usage {
            today,
            rows: Vec::new(),
        });
    }
    Ok(parts)
}

fn lanes(counters: &Counters) -> Vec<LaneStats> {
    let lane = |lane: &Lane| {
        let sent = &counters.sent[*lane as usize];
        let received = &counters.received[*lane as usize];
        LaneStats {
            lane: lane.name().to_owned(),
            sent_frames: Counters::get(&sent.frames),
            sent_bytes: Counters::get(&sent.bytes),
            received_frames: Counters::get(&received.frames),
            received_bytes: Counters::get(&received.bytes),
        }
    };
    Lane::ALL.iter().map(lane).collect()
}

fn failed(code: ErrorCode, message: String) -> Part {
    Part::Failed {
        error: WireError::new(code, message),
    }
}

/// Returns what each step of the way from the terminals to the windows has done, counted where it is copied.
fn way(stats: &Stats, counters: &Counters, stored: &Stored) -> Vec<StepStats> {
    let folding = Counters::get(&counters.fold_nanos) / 1_000;
    let rest = stats.cpu_micros.saturating_sub(folding + stored.cpu_micros);
    let step = |step: &str, copied_bytes, cpu_micros| StepStats {
        step: step.to_owned(),
        copied_bytes,
        cpu_micros,
    };
    vec![
        step(
            "ring",
            Counters::get(&counters.ring_bytes),
            stats.keeper_cpu_micros,
        ),
        step("host", Counters::get(&counters.output_bytes), folding),
        step("record", Counters::get(&counters.record_bytes), 0),
        step("disk", stored.packed_bytes, stored.cpu_micros),
        step("frames", Counters::get(&counters.frame_bytes), rest),
        step("link", Counters::get(&counters.link_bytes), 0),
    ]
}

/// Sends how the host is.
pub async fn stats(hub: Arc<Hub>, ask: AskId, outbox: Outbox) {
    let part = match figures(&hub).await {
        Ok(stats) => Part::Stats(Box::new(stats)),
        Err(error) => Part::Failed { error },
    };
    let last = true;
    // A connection that is gone is told nothing.
    outbox
        .push_in_turn(Answer { ask, last, part }.into())
        .await
        .ok();
}

/// Leaves out of figures what would not fit a frame: links beyond [`LINKS_TOLD_MAX`], those over which least went,
/// and the ends of the names of projects' folders.
fn fit(stats: &mut Stats) {
    if stats.links.len() > LINKS_TOLD_MAX {
        stats.links.sort_by_key(|link| {
            let lanes = link.lanes.iter();
            std::cmp::Reverse(lanes.map(|lane| lane.sent_bytes).sum::<u64>())
        });
        stats.links.truncate(LINKS_TOLD_MAX);
        stats.links.sort_by_key(|link| link.conn);
    }
    for session in &mut stats.sessions {
        let end = session.project.floor_char_boundary(PROJECT_TOLD_MAX);
        session.project.truncate(end);
    }
}

/// Returns how the host is.
pub async fn figures(hub: &Hub) -> Result<Stats, WireError> {
    let (store, keeper_pid) = (hub.store().clone(), hub.keeper_pid());
    // The system walks all mappings to say what memory a process has.
    let asked = move || -> Result<_, StoreError> {
        let memory = [std::process::id(), keeper_pid].map(load::memory_of);
        Ok((store.stats()?, memory))
    };
    let (stored, [memory_bytes, keeper_memory_bytes]) =
        match tokio::task::spawn_blocking(asked).await {
            Ok(Ok(asked)) => asked,
            Ok(Err(error)) => return Err(WireError::new(ErrorCode::Storage, error.to_string())),
            Err(error) => return Err(WireError::new(ErrorCode::Internal, error.to_string())),
        };
    let (mut sessions, mut latencies) = (Vec::new(), Latencies::default());
    let mut links = hub.links().figures();
    let projects = hub.list().all().into_iter();
    let projects: HashMap<_, _> = projects.map(|info| (info.id, info.folder)).collect();
    for (id, handle) in hub.sessions() {
        let (figures, answer) = oneshot::channel();
        if handle.letters.send(Letter::Figures(figures)).await.is_err() {
            continue;
        }
        let Ok((figures, overtaken)) = answer.await else {
            continue;
        };
        for (conn, coalesced) in overtaken {
            let link = links.iter_mut().find(|link| link.conn == conn.0);
            if let Some(link) = link {
                link.coalesced += coalesced;
            }
        }
        latencies.join(&figures.latencies);
        sessions.push(SessionStats {
            project: projects.get(&id).cloned().unwrap_or_default(),
            coalesced: figures.coalesced,
            gaps: figures.gaps,
            long_lines: figures.long_lines,
            session: id.to_string(),
            offset: figures.offset.0,
            committed: figures.committed.0,
            ring_bytes: figures.ring_bytes,
            subscribers: figures.subscribers as u64,
            updates: figures.updates,
            history_rows: u64::from(figures.history_rows),
            disk_bytes: stored.session_bytes.get(&id).copied().unwrap_or(0),
            replies_dropped: figures.replies_dropped,
        });
    }
    sessions.sort_by(|a, b| a.session.cmp(&b.session));
    let counters = hub.counters();
    let mut stats = Stats {
        program: super::PROGRAM.to_owned(),
        pid: std::process::id(),
        incarnation: hub.incarnation().0,
        uptime_millis: hub.since().elapsed().as_millis() as u64,
        keeper_pid,
        connections: Counters::get(&counters.connections),
        connections_total: Counters::get(&counters.connections_total),
        unknown_frames: Counters::get(&counters.unknown_frames),
        database_bytes: stored.database_bytes,
        commits: stored.commits,
        commit_rows: stored.rows,
        commit_max_micros: stored.commit_micros_max,
        commit_mean_micros: stored.commit_micros_mean,
        sync_micros: stored.sync_micros,
        group_size: stored.group_size,
        failed_groups: stored.failed_groups,
        log_bytes: stored.log_bytes,
        queued_kib: stored.queued_kib,
        commands: latencies.count(),
        command_p50_micros: latencies.percentile(50),
        command_p99_micros: latencies.percentile(99),
        outbox_max: Counters::get(&counters.outbox_max),
        overflows: Counters::get(&counters.overflows),
        output_bytes: Counters::get(&counters.output_bytes),
        way: Vec::new(),
        cpu_micros: load::cpu().as_micros() as u64,
        keeper_cpu_micros: load::cpu_of(keeper_pid).as_micros() as u64,
        memory_bytes,
        keeper_memory_bytes,
        lanes: lanes(counters),
        ended_connections: counters.endings(),
        links,
        sessions,
    };
    stats.way = way(&stats, counters, &stored);
    fit(&mut stats);
    Ok(stats)
}

#[cfg(test)]
mod tests {
    use agor_proto::limits::{CONNECTIONS_MAX, FOLDER_MAX, SESSIONS_MAX};
    use agor_proto::message::{LinkStats, Message, Spread};

    use super::*;

    #[test]
    fn links_told_max_and_all_sessions_fit_a_frame() {
        let most = u64::MAX;
        let lane = |lane: &Lane| LaneStats {
            lane: lane.name().into(),
            sent_frames: most,
            sent_bytes: 1,
            received_frames: most,
            received_bytes: most,
        };
        let spread = Spread {
            count: most,
            p50: most,
            p99: most,
            max: most,
        };
        let link = |n: usize| LinkStats {
            conn: n as u64,
            client: "c".repeat(32),
            program: "p".repeat(200),
            ended: (0..9)
                .map(|n| (format!("{n}{}", "r".repeat(80)), most))
                .collect(),
            lanes: Lane::ALL.iter().map(lane).collect(),
            command_micros: spread,
            open_millis: most,
            updates: most,
            ..LinkStats::default()
        };
        let session = |_| SessionStats {
            session: "s".repeat(36),
            project: "ä".repeat(FOLDER_MAX / 2),
            offset: most,
            committed: most,
            ring_bytes: most,
            subscribers: most,
            updates: most,
            history_rows: most,
            disk_bytes: most,
            replies_dropped: most,
            coalesced: most,
            gaps: most,
            long_lines: most,
        };
        let mut stats = Stats {
            links: (0..CONNECTIONS_MAX).map(link).collect(),
            sessions: (0..SESSIONS_MAX).map(session).collect(),
            ..Stats::default()
        };
        stats.links[CONNECTIONS_MAX - 1].lanes[0].sent_bytes = 2;
        fit(&mut stats);
        assert_eq!(stats.links.len(), LINKS_TOLD_MAX);
        assert_eq!(
            stats.links[LINKS_TOLD_MAX - 1].conn,
            CONNECTIONS_MAX as u64 - 1
        );
        assert_eq!(stats.sessions.len(), SESSIONS_MAX);
        let answer = Answer {
            ask: AskId(1),
            last: true,
            part: Part::Stats(Box::new(stats)),
        };
        let mut frame = Vec::new();
        Message::from(answer).encode(&mut frame).unwrap();
    }
}
