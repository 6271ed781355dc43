//! `stats`: figures of the host and its sessions.

use std::time::Duration;

use agor_proto::limits::RING_BYTES;
use agor_proto::message::{Followed, Part, Query, SessionStats, Stats};
use serde::Serialize;

use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::output;
use super::ls::in_words;
use super::screen::unexpected;
use crate::client::{Client, Figures};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Go on, and print them again whenever they have changed, at most once a second, with the output of each second
    #[arg(long)]
    follow: bool,
}

pub fn run(arguments: Arguments, context: &Context) -> Result<Exit, Failure> {
    context.block_on(async {
        let client = context.client().await?;
        if !arguments.follow {
            let part = client.ask_one(Query::Stats).await?;
            show(part, None, &client, context).await?;
            return Ok(Exit::SUCCESS);
        }
        let mut following = client.follow(Followed::Stats)?;
        let mut before: Option<Box<Stats>> = None;
        while let Some(parts) = following.next().await {
            for part in parts? {
                let now = show(part, before.as_deref(), &client, context).await?;
                before = Some(now);
            }
        }
        Ok(Exit::SUCCESS)
    })
}

/// Prints figures, and returns them: the next ones are shown with what came since.
async fn show(
    part: Part,
    before: Option<&Stats>,
    client: &Client,
    context: &Context,
) -> Result<Box<Stats>, Failure> {
    let Part::Stats(stats) = part else {
        return Err(unexpected(&part));
    };
    let link = client.figures().await?;
    if context.json {
        output::json(&Shown {
            host: &stats,
            link: &link,
        })?;
        return Ok(stats);
    }
    let tables = [
        figures(&stats),
        of_link(&link),
        ways(&stats),
        links(&stats),
        sessions(&stats, before),
    ];
    for (at, table) in tables.iter().enumerate() {
        if at > 0 {
            output::line("")?;
        }
        output::table(table)?;
    }
    for session in &stats.sessions {
        for why in what_was_lost(session) {
            output::line(format_args!("{}: {why}", session.session))?;
        }
    }
    Ok(stats)
}

/// What is printed as JSON.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    host: &'a Stats,
    /// What this program counted of its own link.
    link: &'a Figures,
}

fn of_link(link: &Figures) -> Vec<Vec<String>> {
    let micros = |value: Option<u64>| value.map_or_else(|| "not measured".to_owned(), millis);
    let rows = [
        ("round trip", micros(link.round_trip_micros)),
        ("varies by", micros(link.jitter_micros)),
        ("links lost", link.lost.values().sum::<u64>().to_string()),
        ("waits to be sent", size(link.queued_bytes)),
    ];
    rows.map(|(name, value)| vec![name.to_owned(), value])
        .to_vec()
}

fn figures(stats: &Stats) -> Vec<Vec<String>> {
    let uptime = Duration::from_millis(stats.uptime_millis);
    let rows = [
        ("program", stats.program.clone()),
        ("pid", stats.pid.to_string()),
        ("incarnation", stats.incarnation.to_string()),
        ("up for", in_words(uptime)),
        ("keeper's pid", stats.keeper_pid.to_string()),
        (
            "connections",
            format!(
                "{} now, {} in all",
                stats.connections, stats.connections_total
            ),
        ),
        ("unknown frames", stats.unknown_frames.to_string()),
        (
            "database",
            format!(
                "{}, WAL {}",
                size(stats.database_bytes),
                size(stats.log_bytes)
            ),
        ),
        (
            "commits",
            format!("{} of {} rows", stats.commits, stats.commit_rows),
        ),
        (
            "commit",
            format!(
                "mean {}, max {}",
                millis(stats.commit_mean_micros),
                millis(stats.commit_max_micros)
            ),
        ),
        (
            "commit to fsync",
            format!(
                "p50 {}, p99 {}, max {}",
                millis(stats.sync_micros.p50),
                millis(stats.sync_micros.p99),
                millis(stats.sync_micros.max)
            ),
        ),
        (
            "group size",
            format!(
                "p50 {}, p99 {}, max {}",
                stats.group_size.p50, stats.group_size.p99, stats.group_size.max
            ),
        ),
        (
            "command",
            format!(
                "p50 {}, p99 {} of {}",
                millis(stats.command_p50_micros),
                millis(stats.command_p99_micros),
                stats.commands
            ),
        ),
        (
            "sent",
            size(stats.lanes.iter().map(|lane| lane.sent_bytes).sum()),
        ),
        (
            "queue to a client",
            format!(
                "max {} messages, full {} times",
                stats.outbox_max, stats.overflows
            ),
        ),
        ("output", size(stats.output_bytes)),
        (
            "CPU per MB",
            format!(
                "{}, keeper {}",
                per_megabyte(stats.cpu_micros, stats.output_bytes),
                per_megabyte(stats.keeper_cpu_micros, stats.output_bytes)
            ),
        ),
        (
            "memory",
            format!(
                "{}, keeper {}",
                size(stats.memory_bytes),
                size(stats.keeper_memory_bytes)
            ),
        ),
        ("sessions", stats.sessions.len().to_string()),
    ];
    rows.map(|(name, value)| vec![name.to_owned(), value])
        .to_vec()
}

/// Returns the microseconds for a megabyte of output; below a megabyte they would say nothing.
#[must_use]
pub fn micros_a_megabyte(micros: u64, bytes: u64) -> Option<u64> {
    micros.checked_div(bytes / 1_000_000)
}

fn per_megabyte(micros: u64, bytes: u64) -> String {
    micros_a_megabyte(micros, bytes).map_or_else(|| "–".to_owned(), millis)
}

/// Returns what happens to output on its way, step by step; an earlier host tells nothing of it.
fn ways(stats: &Stats) -> Vec<Vec<String>> {
    let heads = ["STEP", "COPIED", "COPIES A BYTE", "CPU PER MB"];
    let mut rows = vec![heads.map(str::to_owned).to_vec()];
    rows.extend(stats.way.iter().map(|step| {
        vec![
            step.step.clone(),
            size(step.copied_bytes),
            times(step.copied_bytes, stats.output_bytes),
            match step.cpu_micros {
                0 => "–".to_owned(),
                micros => per_megabyte(micros, stats.output_bytes),
            },
        ]
    }));
    rows
}

/// Returns how often each byte of output was copied.
#[must_use]
pub fn times(copied_bytes: u64, output_bytes: u64) -> String {
    match output_bytes {
        0 => "–".to_owned(),
        output => format!("{:.2}×", copied_bytes as f64 / output as f64),
    }
}

fn links(stats: &Stats) -> Vec<Vec<String>> {
    let heads = [
        "LINK",
        "CLIENT",
        "PID",
        "RTT",
        "SENT",
        "RECEIVED",
        "QUEUED",
        "COALESCED",
        "REPLAYED",
        "GAPS",
        "COMMANDS",
        "RECONNECTS",
    ];
    let mut rows = vec![heads.map(str::to_owned).to_vec()];
    let none = || "–".to_owned();
    rows.extend(stats.links.iter().map(|link| {
        let sent = link.lanes.iter().map(|lane| lane.sent_bytes).sum();
        let came = link.lanes.iter().map(|lane| lane.received_bytes).sum();
        let trip = link.round_trip_micros.zip(link.jitter_micros);
        let trip = trip.map(|(trip, jitter)| format!("{} ± {}", millis(trip), millis(jitter)));
        let commands = link.command_micros;
        vec![
            link.conn.to_string(),
            output::harmless(&link.program),
            link.pid.map_or_else(none, |pid| pid.to_string()),
            trip.unwrap_or_else(none),
            size(sent),
            size(came),
            format!("{}, max {}", link.queued, link.queued_max),
            link.coalesced.to_string(),
            link.replayed_events.to_string(),
            link.gaps.to_string(),
            match commands.count {
                0 => none(),
                count => format!("{count}, p99 {}", millis(commands.p99)),
            },
            match link.before {
                0 => none(),
                before => {
                    let mostly = link.ended.iter().max_by_key(|(_, count)| **count);
                    let why = mostly.map_or("", |(why, _)| why);
                    format!("{before}: {}", output::harmless(why))
                }
            },
        ]
    }));
    rows
}

fn millis(micros: u64) -> String {
    format!("{}.{:03} ms", micros / 1_000, micros % 1_000)
}

fn sessions(stats: &Stats, before: Option<&Stats>) -> Vec<Vec<String>> {
    let heads = [
        "SESSION",
        "OUTPUT",
        "OUTPUT/S",
        "UNCOMMITTED",
        "RING",
        "DISK",
        "HISTORY",
        "CLIENTS",
        "UPDATES",
        "DROPPED",
    ];
    let mut rows = vec![heads.map(str::to_owned).to_vec()];
    rows.extend(stats.sessions.iter().map(|session| {
        vec![
            session.session.clone(),
            size(session.offset),
            bytes_a_second(before, stats, session).map_or_else(|| "–".to_owned(), size),
            size(session.offset.saturating_sub(session.committed)),
            format!(
                "{} of {}",
                size(session.ring_bytes),
                size(RING_BYTES as u64)
            ),
            size(session.disk_bytes),
            session.history_rows.to_string(),
            session.subscribers.to_string(),
            session.updates.to_string(),
            (session.gaps + session.replies_dropped).to_string(),
        ]
    }));
    rows
}

/// Returns the output of a session in a second since the figures before; a host that began anew meanwhile
/// counts by another clock.
fn bytes_a_second(before: Option<&Stats>, now: &Stats, session: &SessionStats) -> Option<u64> {
    let before = before.filter(|it| it.incarnation == now.incarnation)?;
    let was = before
        .sessions
        .iter()
        .find(|it| it.session == session.session)?;
    let millis = now.uptime_millis.saturating_sub(before.uptime_millis);
    let bytes = session.offset.saturating_sub(was.offset);
    bytes.saturating_mul(1_000).checked_div(millis)
}

/// Returns what was lost of a session or not looked at, each with why.
#[must_use]
pub fn what_was_lost(session: &SessionStats) -> Vec<String> {
    let told = [
        (
            session.gaps,
            "holes in its record: the keeper had let go of output that was not stored",
        ),
        (
            session.replies_dropped,
            "answers of its terminal were dropped: its program does not read",
        ),
        (
            session.long_lines,
            "lines of its agent's transcript were too long to be read",
        ),
    ];
    let told = told.into_iter().filter(|(count, _)| *count > 0);
    told.map(|(count, why)| format!("{count} {why}")).collect()
}

/// Returns a number of bytes in a unit that suits it.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 1_024.0 && unit + 1 < UNITS.len() {
        value /= 1_024.0;
        unit += 1;
    }
    match unit {
        0 => format!("{bytes} B"),
        _ => format!("{value:.1} {}", UNITS[unit]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_told_for_a_megabyte_and_not_for_less() {
        assert_eq!(per_megabyte(5_000, 999_999), "–");
        assert_eq!(per_megabyte(5_000, 2_900_000), "2.500 ms");
    }

    #[test]
    fn a_session_is_shown_with_its_rate_its_lag_its_rings_fill_and_what_was_lost() {
        let stats = |uptime_millis, offset| Stats {
            incarnation: 7,
            uptime_millis,
            sessions: vec![SessionStats {
                session: "a".into(),
                offset,
                committed: offset - 1_024,
                ring_bytes: 2_048,
                gaps: 1,
                replies_dropped: 2,
                ..SessionStats::default()
            }],
            ..Stats::default()
        };
        let (before, now) = (stats(1_000, 4_096), stats(3_000, 4_096 + 8_192));
        let row = |before: Option<&Stats>| sessions(&now, before)[1].clone();
        let cells = row(Some(&before));
        assert_eq!(
            cells[1..5],
            ["12.0 KiB", "4.0 KiB", "1.0 KiB", "2.0 KiB of 1.0 MiB"]
        );
        assert_eq!(cells.last().map(String::as_str), Some("3"));
        let why = what_was_lost(&now.sessions[0]);
        assert!(why[0].starts_with("1 holes") && why[1].starts_with("2 answers"));
        assert_eq!(why.len(), 2, "{why:?}");
        assert_eq!(row(None)[2], "–", "it takes two looks");
        let of_another_host = Stats {
            incarnation: 6,
            ..before
        };
        assert_eq!(row(Some(&of_another_host))[2], "–");
    }

    #[test]
    fn sizes_are_shown_in_a_unit_that_suits_them() {
        assert_eq!(size(0), "0 B");
        assert_eq!(size(1_023), "1023 B");
        assert_eq!(size(1_536), "1.5 KiB");
        assert_eq!(size(u64::MAX), "16777216.0 TiB");
    }
}
