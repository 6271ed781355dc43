//! `stats`: figures of the host and its sessions.

use std::time::Duration;

use agor_proto::message::{Part, Query, Stats};

use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::output;
use super::ls::in_words;
use super::screen::unexpected;

#[derive(Debug, clap::Args)]
pub struct Arguments {}

pub fn run(_: Arguments, context: &Context) -> Result<Exit, Failure> {
    context.block_on(async {
        let client = context.client().await?;
        let stats = match client.ask_one(Query::Stats).await? {
            Part::Stats(stats) => *stats,
            part => return Err(unexpected(&part)),
        };
        if context.json {
            output::json(&stats)?;
        } else {
            output::table(&figures(&stats))?;
            output::line("")?;
            output::table(&sessions(&stats))?;
        }
        Ok(Exit::SUCCESS)
    })
}

fn figures(stats: &Stats) -> Vec<Vec<String>> {
    let uptime = Duration::from_millis(stats.uptime_millis);
    let rows = [
        ("program", stats.program.clone()),
        ("process", stats.pid.to_string()),
        ("incarnation", stats.incarnation.to_string()),
        ("up for", in_words(uptime)),
        ("keeper's process", stats.keeper_pid.to_string()),
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
                "{} and a log of {}",
                size(stats.database_bytes),
                size(stats.log_bytes)
            ),
        ),
        (
            "commits",
            format!("{} of {} rows", stats.commits, stats.commit_rows),
        ),
        (
            "a commit takes",
            format!(
                "{} at most, {} on average",
                millis(stats.commit_max_micros),
                millis(stats.commit_mean_micros)
            ),
        ),
        (
            "a command takes",
            format!(
                "{} (half), {} (99 of 100 of {})",
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
            "waited for a client",
            format!(
                "{} messages at most, {} times too many",
                stats.outbox_max, stats.overflows
            ),
        ),
        ("sessions", stats.sessions.len().to_string()),
    ];
    rows.map(|(name, value)| vec![name.to_owned(), value])
        .to_vec()
}

fn millis(micros: u64) -> String {
    format!("{}.{:03} ms", micros / 1_000, micros % 1_000)
}

fn sessions(stats: &Stats) -> Vec<Vec<String>> {
    let heads = [
        "SESSION",
        "OUTPUT",
        "COMMITTED",
        "WAITING",
        "DISK",
        "HISTORY",
        "CLIENTS",
        "UPDATES",
    ];
    let mut rows = vec![heads.map(str::to_owned).to_vec()];
    rows.extend(stats.sessions.iter().map(|session| {
        vec![
            session.session.clone(),
            size(session.offset),
            size(session.committed),
            size(session.ring_bytes),
            size(session.disk_bytes),
            session.history_rows.to_string(),
            session.subscribers.to_string(),
            session.updates.to_string(),
        ]
    }));
    rows
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
    fn sizes_are_shown_in_a_unit_that_suits_them() {
        assert_eq!(size(0), "0 B");
        assert_eq!(size(1_023), "1023 B");
        assert_eq!(size(1_536), "1.5 KiB");
        assert_eq!(size(u64::MAX), "16777216.0 TiB");
    }
}
