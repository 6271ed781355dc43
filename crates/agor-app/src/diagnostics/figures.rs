//! What the page says, as words: pure, so that tests read it without a window.

use agor_core::cli::{micros_a_megabyte, size, times, what_was_lost};
use agor_proto::message::{LinkStats, Spread};
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

/// A table under the cards.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// What its columns are; the first is the widest.
    pub heads: &'static [&'static str],
    /// Its lines.
    pub lines: Vec<Line>,
}

/// A line of a table.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Line {
    /// What stands in each column.
    pub cells: Vec<String>,
    /// What is told beside that, when somebody points at it.
    pub more: String,
    /// The column whose value is not as it should be.
    pub wrong: Option<usize>,
}

const LINKS: [&str; 10] = [
    "Client",
    "RTT",
    "Sent",
    "Received",
    "Queued",
    "Coalesced",
    "Replayed",
    "Gaps",
    "Command p99",
    "Reconnects",
];

const WAY: [&str; 4] = ["Step", "Copied", "Copies a byte", "CPU per MB"];

const SESSIONS: [&str; 9] = [
    "Session",
    "Output/s",
    "Output",
    "Ring",
    "Uncommitted",
    "On disk",
    "Updates",
    "Coalesced",
    "Dropped",
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
            bars_say: format!("{:.0} ms of CPU a second", newest.window_millis),
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
                HostState::Ready => "connected".to_owned(),
                HostState::Connecting => "connecting".to_owned(),
                HostState::Away { .. } => "disconnected".to_owned(),
                HostState::Ended { .. } => "ended".to_owned(),
            },
        ),
        (
            "RTT",
            format!(
                "{} ± {}",
                trip(link.round_trip_micros),
                trip(link.jitter_micros)
            ),
        ),
        ("Reconnects", lost.to_string()),
        (
            "Main reason",
            reason.map_or_else(|| "–".to_owned(), |(why, _)| why.clone()),
        ),
        ("Send queue", size(link.queued_bytes)),
        (
            "Command latency",
            format!(
                "p50 {}, p99 {}",
                millis(link.command_p50_micros),
                millis(link.command_p99_micros)
            ),
        ),
        ("Replayed events", repeated.to_string()),
        ("Screens resent whole", misfits.to_string()),
        ("Unknown frames", link.unknown_frames.to_string()),
    ];
    let mut card = card("Link", rows);
    if *state != HostState::Ready {
        card.wrong.push((0, "It is tried again and again."));
    }
    if link.unknown_frames > 0 {
        card.wrong.push((8, "The host is newer than this window."));
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
            format!("{}, keeper {}", host.pid, host.keeper_pid),
        ),
        (
            "Memory",
            format!(
                "{}, keeper {}",
                size(host.memory_bytes),
                size(host.keeper_memory_bytes)
            ),
        ),
        ("Output", size(host.output_bytes)),
        (
            "CPU per MB",
            format!(
                "{}, keeper {}",
                a_megabyte(host.cpu_micros, host.output_bytes),
                a_megabyte(host.keeper_cpu_micros, host.output_bytes)
            ),
        ),
        ("Clients", host.connections.to_string()),
        ("Client queue, most", host.outbox_max.to_string()),
        ("Screens coalesced", coalesced.to_string()),
        ("Replies dropped", dropped.to_string()),
    ];
    card("Host", rows)
}

fn store(look: &Look) -> Card {
    let host = &look.host;
    let disk: u64 = host.sessions.iter().map(|it| it.disk_bytes).sum();
    let group = host.commit_rows as f64 / host.commits.max(1) as f64;
    let rows = vec![
        (
            "Commit to fsync",
            match host.sync_micros.is_nothing() {
                false => halves(&host.sync_micros, millis),
                // A host of an earlier release.
                true => format!(
                    "{} mean, {} most",
                    millis(host.commit_mean_micros),
                    millis(host.commit_max_micros)
                ),
            },
        ),
        (
            "Group size",
            match host.group_size.is_nothing() {
                false => {
                    let Spread { p50, p99, .. } = host.group_size;
                    format!("p50 {p50}, p99 {p99}; {group:.1} rows")
                }
                true => format!("{group:.1} rows"),
            },
        ),
        ("Queued", size(host.queued_kib * 1024)),
        ("Database", size(host.database_bytes)),
        ("WAL", size(host.log_bytes)),
        ("Records", size(disk)),
        ("Commits failed", host.failed_groups.to_string()),
        (
            "Command latency",
            format!(
                "p50 {}, p99 {}",
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
        card.wrong
            .push((6, "As on a full disk; they wait and are tried again."));
    }
    if host.log_bytes > 64 * 1024 * 1024 {
        card.wrong.push((4, "A reader holds it back."));
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
        ("Received", size(received)),
        ("Screens of it", size(screens)),
        ("Uploaded to the GPU", size(window.bytes_uploaded)),
        ("Rows built", window.rows_built.to_string()),
        ("Glyphs rasterized", window.glyphs_rasterized.to_string()),
        ("Draw calls", window.draws.to_string()),
        ("CPU per MB", a_megabyte(cpu, look.host.output_bytes)),
    ];
    card("Window", rows)
}

fn halves(spread: &Spread, word: fn(u64) -> String) -> String {
    format!("p50 {}, p99 {}", word(spread.p50), word(spread.p99))
}

/// Returns the tables; `name` tells a session's name.
pub fn tables(diagnosis: &Diagnosis, name: impl Fn(&str) -> String) -> Vec<Table> {
    let Some(look) = &diagnosis.last else {
        return Vec::new();
    };
    let table = |name, heads, lines| Table { name, heads, lines };
    let mut tables = vec![
        table("Links", &LINKS[..], links(look)),
        table("From PTY to window", &WAY[..], way(look)),
        table("Sessions", &SESSIONS[..], sessions(diagnosis, name)),
    ];
    // A host of an earlier release tells nothing of some.
    tables.retain(|table| !table.lines.is_empty());
    tables
}

fn links(look: &Look) -> Vec<Line> {
    let links = look.host.links.iter();
    let mut links: Vec<&LinkStats> = links.collect();
    links.sort_by_key(|link| link.client != look.own);
    links
        .into_iter()
        .map(|link| of_link(link, &look.own))
        .collect()
}

fn of_link(link: &LinkStats, own: &str) -> Line {
    let sent = link.lanes.iter().map(|lane| lane.sent_bytes).sum();
    let came = link.lanes.iter().map(|lane| lane.received_bytes).sum();
    let none = || "–".to_owned();
    let pid = link
        .pid
        .map_or_else(String::new, |pid| format!(", process {pid}"));
    let client = match link.client == own {
        true => format!("This window{pid}"),
        false => format!("{}{pid}", link.program),
    };
    let trip = link.round_trip_micros.zip(link.jitter_micros);
    let trip = trip.map(|(trip, jitter)| format!("{} ± {}", millis(trip), millis(jitter)));
    let mut more = vec![format!("{}, link {}", link.program, link.conn)];
    for lane in &link.lanes {
        if lane.sent_frames + lane.received_frames > 0 {
            more.push(format!(
                "{}: {} in {} frames sent, {} in {} received",
                lane.lane,
                size(lane.sent_bytes),
                lane.sent_frames,
                size(lane.received_bytes),
                lane.received_frames
            ));
        }
    }
    more.push(format!(
        "{} screens sent, {} of them whole since they did not fit",
        link.updates, link.whole_screens
    ));
    if !link.command_micros.is_nothing() {
        let halves = halves(&link.command_micros, millis);
        more.push(format!("{} commands: {halves}", link.command_micros.count));
    }
    if link.overflows > 0 {
        more.push(format!("the queue was full {} times", link.overflows));
    }
    if link.unknown_frames > 0 {
        more.push(format!("{} frames of unknown kinds", link.unknown_frames));
    }
    for (why, count) in &link.ended {
        more.push(format!("{count} earlier ended: {why}"));
    }
    Line {
        cells: vec![
            client,
            trip.unwrap_or_else(none),
            size(sent),
            size(came),
            format!("{}, most {}", link.queued, link.queued_max),
            link.coalesced.to_string(),
            link.replayed_events.to_string(),
            link.gaps.to_string(),
            match link.command_micros.is_nothing() {
                true => none(),
                false => millis(link.command_micros.p99),
            },
            link.before.to_string(),
        ],
        more: more.join("\n"),
        wrong: (link.gaps > 0).then_some(7),
    }
}

/// Copies of what came over the link that the window makes of each byte: out of the system, into its frame,
/// out of that, into rows. They follow from its code, and are not counted.
const WINDOW_COPIES: u64 = 4;

fn way(look: &Look) -> Vec<Line> {
    if look.host.way.is_empty() {
        return Vec::new();
    }
    let output = look.host.output_bytes;
    let line = |step: String, copied: u64, cpu: u64| Line {
        cells: vec![
            step,
            size(copied),
            times(copied, output),
            match cpu {
                0 => "–".to_owned(),
                cpu => a_megabyte(cpu, output),
            },
        ],
        ..Line::default()
    };
    let of_host = look.host.way.iter();
    let mut steps: Vec<(String, u64, u64)> = of_host
        .map(|step| (in_words(&step.step), step.copied_bytes, step.cpu_micros))
        .collect();
    let screens = look.link.lanes.iter().find(|it| it.lane == "screen");
    let came = screens.map_or(0, |lane| lane.received_bytes);
    let window_cpu = look.window_cpu.as_micros() as u64;
    steps.push((
        "Link into this window, drawn".to_owned(),
        came * WINDOW_COPIES,
        window_cpu,
    ));
    let copied = steps.iter().map(|step| step.1).sum();
    let cpu = steps.iter().map(|step| step.2).sum();
    steps.push(("Total".to_owned(), copied, cpu));
    let lines = steps.into_iter();
    lines
        .map(|(step, copied, cpu)| line(step, copied, cpu))
        .collect()
}

fn in_words(step: &str) -> String {
    match step {
        "ring" => "PTY into the ring",
        "host" => "Ring into the host, parsed",
        "record" => "Into the record",
        "disk" => "Compressed, for the disk",
        "frames" => "Rows into frames, and the rest",
        "link" => "Frames into the link",
        other => other,
    }
    .to_owned()
}

/// Returns a line for each session, in the order of their rates; `name` tells a session's name.
fn sessions(diagnosis: &Diagnosis, name: impl Fn(&str) -> String) -> Vec<Line> {
    let Some(look) = &diagnosis.last else {
        return Vec::new();
    };
    let mut lines: Vec<(f32, Line)> = Vec::new();
    for (at, it) in look.host.sessions.iter().enumerate() {
        let rate = diagnosis.session_rate(at).unwrap_or_default();
        let lost = it.gaps + it.replies_dropped;
        let cells = vec![
            name(&it.session),
            format!("{}/s", size(rate as u64)),
            size(it.offset),
            size(it.ring_bytes),
            size(it.offset.saturating_sub(it.committed)),
            size(it.disk_bytes),
            it.updates.to_string(),
            it.coalesced.to_string(),
            lost.to_string(),
        ];
        let line = Line {
            cells,
            more: what_was_lost(it).join("\n"),
            wrong: (lost > 0).then_some(SESSIONS.len() - 1),
        };
        lines.push((rate, line));
    }
    lines.sort_by(|(a, left), (b, right)| {
        b.total_cmp(a)
            .then_with(|| left.cells[0].cmp(&right.cells[0]))
    });
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
    use agor_proto::message::{LaneStats, SessionStats, Stats, StepStats};

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
                own: String::new(),
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
        assert_eq!(value(link, "RTT"), "420 µs ± 50 µs");
        assert_eq!(value(link, "Reconnects"), "3");
        assert_eq!(value(link, "Main reason"), "the host fell silent");
        assert_eq!(value(link, "Replayed events"), "2");
        assert_eq!(link.rows[link.wrong[0].0], ("Host", "disconnected".into()));
        assert_eq!(value(host, "CPU per MB"), "5.0 ms, keeper 0 µs");
        assert_eq!(host.bars_say, "3.8 MiB/s of output");
        assert_eq!(store.rows[store.wrong[0].0].0, "Commits failed");
        assert_eq!(value(window, "CPU per MB"), "2.0 ms");
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
        assert_eq!(lines[0].cells[..2], ["<loud>", "1.0 MiB/s"]);
        assert_eq!(lines[0].cells[4], "512.0 KiB");
        assert_eq!((lines[0].cells[8].as_str(), lines[0].wrong), ("1", Some(8)));
        assert!(lines[0].more.starts_with("1 holes"), "{:?}", lines[0]);
        assert_eq!(
            (lines[1].cells[1].as_str(), lines[1].cells[8].as_str()),
            ("0 B/s", "0")
        );
        assert_eq!(lines[1].wrong, None);
    }

    #[test]
    fn each_client_has_its_own_line_and_this_window_is_the_first() {
        let mut diagnosis = diagnosis();
        let mut look = Look::clone(diagnosis.last.as_ref().unwrap());
        let lane = LaneStats {
            lane: "screen".into(),
            sent_frames: 3,
            sent_bytes: 2_048,
            ..Default::default()
        };
        let link = |client: &str, gaps| LinkStats {
            client: client.into(),
            program: "agord 0.1.0".into(),
            pid: Some(7),
            lanes: vec![lane.clone()],
            gaps,
            round_trip_micros: Some(420),
            jitter_micros: Some(50),
            before: 2,
            ended: [("it does not read".to_owned(), 2)].into(),
            ..Default::default()
        };
        look.own = "me".into();
        look.host.links = vec![link("other", 1), link("me", 0)];
        diagnosis.look(look);
        let tables = tables(&diagnosis, str::to_owned);
        assert_eq!(tables.len(), 2, "an earlier host says nothing of the way");
        let links = &tables[0];
        assert_eq!(links.name, "Links");
        assert_eq!(
            links.lines[0].cells[..3],
            ["This window, process 7", "420 µs ± 50 µs", "2.0 KiB"]
        );
        assert_eq!(links.lines[1].cells[0], "agord 0.1.0, process 7");
        assert_eq!(
            (links.lines[0].wrong, links.lines[1].wrong),
            (None, Some(7))
        );
        let more = &links.lines[0].more;
        assert!(more.contains("screen: 2.0 KiB in 3 frames sent"), "{more}");
        assert!(more.contains("2 earlier ended: it does not read"), "{more}");
        for table in &tables {
            assert!(
                table
                    .lines
                    .iter()
                    .all(|line| line.cells.len() == table.heads.len())
            );
        }
    }

    #[test]
    fn the_way_of_output_is_told_for_each_byte_and_sums_up() {
        let mut diagnosis = diagnosis();
        let mut look = Look::clone(diagnosis.last.as_ref().unwrap());
        let step = |step: &str, copied_bytes, cpu_micros| StepStats {
            step: step.into(),
            copied_bytes,
            cpu_micros,
        };
        look.host.way = vec![step("ring", 4_000_000, 8_000), step("record", 2_000_000, 0)];
        look.link.lanes = vec![LaneStats {
            lane: "screen".into(),
            received_bytes: 500_000,
            ..Default::default()
        }];
        diagnosis.look(look);
        let tables = tables(&diagnosis, str::to_owned);
        let way = tables
            .iter()
            .find(|table| table.name == "From PTY to window");
        let cells: Vec<_> = way
            .unwrap()
            .lines
            .iter()
            .map(|line| line.cells[2..].join(" "))
            .collect();
        assert_eq!(
            cells,
            ["1.00× 2.0 ms", "0.50× –", "0.50× 2.0 ms", "2.00× 4.0 ms"]
        );
    }

    #[test]
    fn nothing_is_said_before_the_first_look() {
        let nothing = Diagnosis::default();
        let host = HostState::Ready;
        assert!(cards(&nothing, &host, Counters::default(), 0).is_empty());
        assert!(tables(&nothing, str::to_owned).is_empty());
    }
}
