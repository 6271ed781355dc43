//! What the page says, as words: pure, so that tests read it without a window.

use agor_core::cli::{micros_a_megabyte, size};
use agor_render::Counters;

use crate::link::diagnose::{Diagnosis, Look, Rates};
use crate::link::snapshot::HostState;

/// A card: its name, what its bars show, its figures.
#[derive(Debug, Clone, PartialEq)]
pub struct Card {
    /// Its name.
    pub name: &'static str,
    /// What the bars show, with the newest value.
    pub bars_say: String,
    /// The last minute, oldest first.
    pub bars: Vec<f32>,
    /// Names and values.
    pub rows: Vec<(&'static str, String)>,
    /// Whether a value is not as it should be, by its place in `rows`, and why.
    pub wrong: Vec<(usize, &'static str)>,
}

/// The heads of the table of sessions; the first is the widest.
pub const HEADS: [&str; 9] = [
    "Session",
    "Output a second",
    "Output",
    "In the ring",
    "Not committed",
    "On disk",
    "Updates",
    "Overtaken",
    "Lost",
];

/// Returns the cards.
pub fn cards(diagnosis: &Diagnosis, state: &HostState, window: Counters, frames: u64) -> Vec<Card> {
    let Some(look) = &diagnosis.last else {
        return Vec::new();
    };
    let newest = diagnosis.rates.back().copied().unwrap_or_default();
    let bars = |of: fn(&Rates) -> f32| diagnosis.rates.iter().map(of).collect::<Vec<_>>();
    vec![
        Card {
            bars_say: format!("{}/s to clients", size(newest.sent_bytes as u64)),
            bars: bars(|rates| rates.sent_bytes),
            ..link(look, state)
        },
        Card {
            bars_say: format!("{}/s of output", size(newest.output_bytes as u64)),
            bars: bars(|rates| rates.output_bytes),
            ..host(look)
        },
        Card {
            bars_say: format!("{:.0} commits a second", newest.commits),
            bars: bars(|rates| rates.commits),
            ..store(look)
        },
        Card {
            bars_say: format!("{:.0} ms of processor a second", newest.window_millis),
            bars: bars(|rates| rates.window_millis),
            ..of_window(look, window, frames)
        },
    ]
}

fn card(name: &'static str, rows: Vec<(&'static str, String)>) -> Card {
    Card {
        name,
        bars_say: String::new(),
        bars: Vec::new(),
        rows,
        wrong: Vec::new(),
    }
}

fn link(look: &Look, state: &HostState) -> Card {
    let link = &look.link;
    let lost: u64 = link.lost.values().sum();
    let trip = |micros: Option<u64>| micros.map_or_else(|| "–".to_owned(), millis);
    let repeated = link.events - link.new_events.min(link.events);
    let misfits = link.screens - link.fitting_screens.min(link.screens);
    let reason = link.lost.iter().max_by_key(|(_, count)| **count);
    let rows = vec![
        (
            "Host",
            match state {
                HostState::Ready => "answers".to_owned(),
                HostState::Connecting => "is looked for".to_owned(),
                HostState::Away { .. } => "is away".to_owned(),
                HostState::Ended { .. } => "is gone".to_owned(),
            },
        ),
        (
            "Round trip",
            format!(
                "{} ± {}",
                trip(link.round_trip_micros),
                trip(link.jitter_micros)
            ),
        ),
        ("Links lost", lost.to_string()),
        (
            "Mostly since",
            reason.map_or_else(|| "–".to_owned(), |(why, _)| why.clone()),
        ),
        ("Waits to be sent", size(link.queued_bytes)),
        (
            "Command",
            format!(
                "{} half, {} 99 %",
                millis(link.command_p50_micros),
                millis(link.command_p99_micros)
            ),
        ),
        ("Repeats ignored", format!("{repeated} events")),
        ("Screens asked again", misfits.to_string()),
        ("Unknown frames", link.unknown_frames.to_string()),
    ];
    let mut card = card("Link", rows);
    if *state != HostState::Ready {
        card.wrong.push((0, "It is looked for all the time."));
    }
    if link.unknown_frames > 0 {
        card.wrong.push((8, "The host is of a newer release."));
    }
    card
}

fn host(look: &Look) -> Card {
    let host = &look.host;
    let dropped: u64 = host.sessions.iter().map(|it| it.replies_dropped).sum();
    let coalesced: u64 = host.sessions.iter().map(|it| it.coalesced).sum();
    let rows = vec![
        ("Program", host.program.clone()),
        (
            "Processes",
            format!("{} and keeper {}", host.pid, host.keeper_pid),
        ),
        (
            "Memory",
            format!(
                "{} and {}",
                size(host.memory_bytes),
                size(host.keeper_memory_bytes)
            ),
        ),
        ("Output so far", size(host.output_bytes)),
        (
            "Processor a MB",
            format!(
                "{} and {}",
                a_megabyte(host.cpu_micros, host.output_bytes),
                a_megabyte(host.keeper_cpu_micros, host.output_bytes)
            ),
        ),
        ("Clients", host.connections.to_string()),
        ("Queue to a client", format!("{} at most", host.outbox_max)),
        ("Screens overtaken", coalesced.to_string()),
        ("Answers dropped", dropped.to_string()),
    ];
    card("Host", rows)
}

fn store(look: &Look) -> Card {
    let host = &look.host;
    let disk: u64 = host.sessions.iter().map(|it| it.disk_bytes).sum();
    let group = host.commit_rows as f64 / host.commits.max(1) as f64;
    let rows = vec![
        (
            "Commit",
            format!(
                "{} mean, {} most",
                millis(host.commit_mean_micros),
                millis(host.commit_max_micros)
            ),
        ),
        ("Rows a commit", format!("{group:.1}")),
        ("Waits", size(host.queued_kib * 1024)),
        ("Database", size(host.database_bytes)),
        ("Its log", size(host.log_bytes)),
        ("Output on disk", size(disk)),
        ("Groups failed", host.failed_groups.to_string()),
        (
            "Command",
            format!(
                "{} half, {} 99 %",
                millis(host.command_p50_micros),
                millis(host.command_p99_micros)
            ),
        ),
        (
            "Gaps in records",
            host.sessions
                .iter()
                .map(|it| it.gaps)
                .sum::<u64>()
                .to_string(),
        ),
    ];
    let mut card = card("Store", rows);
    if host.failed_groups > 0 {
        card.wrong.push((6, "Such as on a full disk; they wait."));
    }
    if host.log_bytes > 64 * 1024 * 1024 {
        card.wrong.push((4, "Something reads for very long."));
    }
    card
}

fn of_window(look: &Look, window: Counters, frames: u64) -> Card {
    let received: u64 = look.link.lanes.iter().map(|it| it.received_bytes).sum();
    let screens: u64 = look
        .link
        .lanes
        .iter()
        .filter(|it| it.lane == "screen")
        .map(|it| it.received_bytes)
        .sum();
    let cpu = look.window_cpu.as_micros() as u64;
    let rows = vec![
        ("Memory", size(look.window_memory_bytes)),
        ("Frames", frames.to_string()),
        ("Came", size(received)),
        ("Of it screens", size(screens)),
        ("To the graphics card", size(window.bytes_uploaded)),
        ("Rows built", window.rows_built.to_string()),
        ("Glyphs drawn", window.glyphs_rasterized.to_string()),
        ("Draws", window.draws.to_string()),
        ("Processor a MB", a_megabyte(cpu, look.host.output_bytes)),
    ];
    card("Window", rows)
}

/// Returns a line for each session, in the order of their rates; `name` tells a session's name.
pub fn sessions(diagnosis: &Diagnosis, name: impl Fn(&str) -> String) -> Vec<[String; 9]> {
    let Some(look) = &diagnosis.last else {
        return Vec::new();
    };
    let mut lines: Vec<(f32, [String; 9])> = Vec::new();
    for (at, it) in look.host.sessions.iter().enumerate() {
        let rate = diagnosis.session_rate(at).unwrap_or_default();
        let lost = it.gaps + it.replies_dropped;
        lines.push((
            rate,
            [
                name(&it.session),
                format!("{}/s", size(rate as u64)),
                size(it.offset),
                size(it.ring_bytes),
                size(it.offset.saturating_sub(it.committed)),
                size(it.disk_bytes),
                it.updates.to_string(),
                it.coalesced.to_string(),
                match (it.gaps, it.replies_dropped) {
                    (0, 0) => "0".to_owned(),
                    (0, _) => format!("{lost} answers unread"),
                    (_, _) => format!("{lost}, with gaps"),
                },
            ],
        ));
    }
    lines.sort_by(|(a, left), (b, right)| b.total_cmp(a).then_with(|| left[0].cmp(&right[0])));
    lines.into_iter().map(|(_, line)| line).collect()
}

fn millis(micros: u64) -> String {
    match micros {
        ..1_000 => format!("{micros} µs"),
        1_000..100_000 => format!("{:.1} ms", micros as f64 / 1_000.0),
        _ => format!("{} ms", micros / 1_000),
    }
}

fn a_megabyte(micros: u64, bytes: u64) -> String {
    micros_a_megabyte(micros, bytes).map_or_else(|| "–".to_owned(), millis)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::{Duration, Instant};

    use agor_core::client::Figures;
    use agor_proto::message::{SessionStats, Stats};

    use super::*;

    fn session(name: &str, offset: u64, gaps: u64) -> SessionStats {
        SessionStats {
            session: name.into(),
            offset,
            committed: offset / 2,
            gaps,
            ..Default::default()
        }
    }

    fn diagnosis() -> Diagnosis {
        let start = Instant::now();
        let mut diagnosis = Diagnosis::default();
        for second in 0..2_u64 {
            let at = start + Duration::from_secs(second);
            diagnosis.look(Look {
                at,
                host: Stats {
                    output_bytes: second * 4_000_000,
                    cpu_micros: second * 20_000,
                    failed_groups: 2,
                    sessions: vec![
                        session("quiet", 100, 0),
                        session("loud", second * 1_048_576, 1),
                    ],
                    ..Default::default()
                },
                link: Figures {
                    round_trip_micros: Some(420),
                    jitter_micros: Some(50),
                    lost: BTreeMap::from([("the host fell silent".to_owned(), 3)]),
                    events: 10,
                    new_events: 8,
                    ..Default::default()
                },
                window_cpu: Duration::from_millis(8 * second),
                window_memory_bytes: 50 * 1_048_576,
            });
        }
        diagnosis
    }

    fn value(card: &Card, name: &str) -> String {
        let row = card.rows.iter().find(|(it, _)| *it == name);
        row.unwrap_or_else(|| panic!("no {name}")).1.clone()
    }

    #[test]
    fn cards_say_what_was_counted_and_mark_what_is_wrong() {
        let away = HostState::Away { reason: "x".into() };
        let cards = cards(&diagnosis(), &away, Counters::default(), 7);
        let [link, host, store, window] = &cards[..] else {
            panic!("{cards:?}");
        };
        assert_eq!(value(link, "Round trip"), "420 µs ± 50 µs");
        assert_eq!(value(link, "Links lost"), "3");
        assert_eq!(value(link, "Mostly since"), "the host fell silent");
        assert_eq!(value(link, "Repeats ignored"), "2 events");
        assert_eq!(link.rows[link.wrong[0].0], ("Host", "is away".into()));
        assert_eq!(value(host, "Processor a MB"), "5.0 ms and 0 µs");
        assert_eq!(host.bars_say, "3.8 MiB/s of output");
        assert_eq!(store.rows[store.wrong[0].0].0, "Groups failed");
        assert_eq!(value(window, "Processor a MB"), "2.0 ms");
        assert_eq!(
            (window.bars.len(), value(window, "Frames")),
            (1, "7".into())
        );
        // Places that are marked exist.
        for card in &cards {
            assert!(card.wrong.iter().all(|(at, _)| *at < card.rows.len()));
        }
    }

    #[test]
    fn the_loudest_session_is_first_and_says_what_it_lost() {
        let lines = sessions(&diagnosis(), |id| format!("<{id}>"));
        assert_eq!(lines[0][..2], ["<loud>", "1.0 MiB/s"]);
        assert_eq!(lines[0][4], "512.0 KiB");
        assert_eq!(lines[0][8], "1, with gaps");
        assert_eq!((lines[1][1].as_str(), lines[1][8].as_str()), ("0 B/s", "0"));
    }

    #[test]
    fn nothing_is_said_before_the_first_look() {
        let nothing = Diagnosis::default();
        let host = HostState::Ready;
        assert!(cards(&nothing, &host, Counters::default(), 0).is_empty());
        assert!(sessions(&nothing, str::to_owned).is_empty());
    }
}
