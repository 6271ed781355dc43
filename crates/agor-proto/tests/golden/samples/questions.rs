//! Questions, and the parts of their answers.

use super::*;

pub fn parts() -> Vec<(&'static str, Part)> {
    let lane = LaneStats {
        lane: "screen".into(),
        sent_frames: 8,
        sent_bytes: 4_096,
        ..Default::default()
    };
    let spread = Spread {
        count: 100,
        p50: 1_900,
        p99: 8_000,
        max: 23_400,
    };
    let links = Stats {
        sync_micros: spread,
        group_size: spread,
        way: vec![StepStats {
            step: "ring".into(),
            copied_bytes: 1_000_000,
            cpu_micros: 900,
        }],
        links: vec![LinkStats {
            conn: 9,
            client: client().to_string(),
            program: "agor 0.1.0".into(),
            pid: Some(4_200),
            open_millis: 60_000,
            before: 1,
            ended: [("it does not read".to_owned(), 1)].into(),
            round_trip_micros: Some(84),
            jitter_micros: Some(12),
            lanes: vec![lane],
            queued: 1,
            queued_max: 7,
            updates: 8,
            coalesced: 2,
            gaps: 1,
            whole_screens: 1,
            replayed_events: 420,
            overflows: 1,
            command_micros: spread,
            unknown_frames: 1,
        }],
        ..Default::default()
    };
    let stats = Stats {
        program: "agord 0.1.0".into(),
        pid: 1,
        sessions: vec![SessionStats {
            session: session().to_string(),
            ..Default::default()
        }],
        ..Default::default()
    };
    vec![
        ("screen", Part::Screen(Box::new(update()))),
        (
            "rows",
            Part::Rows {
                rows: vec![row(), Row::default()],
            },
        ),
        (
            "window",
            Part::Window {
                rows: vec![row()],
                above: 7,
                below: 24,
                placements: Vec::new(),
            },
        ),
        (
            "window_images",
            Part::Window {
                rows: vec![row()],
                above: 7,
                below: 24,
                placements: vec![image()],
            },
        ),
        (
            "marks",
            Part::Marks {
                marks: vec![PlacedMark {
                    at: LinePosition {
                        line: LineId(3),
                        column: 2,
                    },
                    kind: MarkKind::Prompt,
                    row: 7,
                }],
                goes_on: None,
            },
        ),
        (
            "found",
            Part::Found {
                hits: vec![Hit {
                    start: LinePosition {
                        line: LineId(3),
                        column: 80,
                    },
                    end_column: 83,
                    row: 7,
                }],
                goes_on: Some(LinePosition {
                    line: LineId(2),
                    column: 0,
                }),
                excerpts: Vec::new(),
            },
        ),
        (
            "found_excerpts",
            Part::Found {
                hits: vec![Hit {
                    start: LinePosition {
                        line: LineId(3),
                        column: 4,
                    },
                    end_column: 9,
                    row: 7,
                }],
                goes_on: None,
                excerpts: vec![Excerpt {
                    text: "the error was".into(),
                    begin: 4,
                    end: 9,
                    cut_before: true,
                    cut_after: false,
                }],
            },
        ),
        (
            "events",
            Part::Events {
                events: vec![Event {
                    seq: Seq(1),
                    at_millis: 2,
                    offset: Offset(3),
                    body: EventBody::Bell,
                }],
            },
        ),
        (
            "record",
            Part::Record {
                from: Offset(1),
                bytes: vec![2],
            },
        ),
        ("blob", Part::Blob { bytes: vec![3] }),
        (
            "happened",
            Part::Happened {
                code: Some(0),
                signal: 0,
                text: Some("ok".into()),
            },
        ),
        (
            "reached",
            Part::Reached {
                state: State::Done,
                reason: "it finished its turn".into(),
            },
        ),
        (
            "evidence",
            Part::Evidence {
                state: State::Working,
                reason: "it runs Bash: ls".into(),
                pieces: vec![Explained {
                    evidence: Evidence {
                        source: EvidenceSource::Title,
                        state: State::Working,
                        reason: "its title shows it at work".into(),
                        offset: Offset(9),
                        at_millis: 10,
                    },
                    last_millis: 11,
                    at: Some(LinePosition {
                        line: LineId(3),
                        column: 0,
                    }),
                    decides: true,
                    ended: false,
                }],
            },
        ),
        (
            "usage",
            Part::Usage {
                today: 20_787,
                rows: vec![usage_row()],
            },
        ),
        ("stats", Part::Stats(Box::new(stats))),
        ("stats_links", Part::Stats(Box::new(links))),
        ("told", Part::Told { rev: 0x00c0_ffee }),
        (
            "tapped",
            Part::Tapped {
                conn: ConnEpoch(1),
                from_host: true,
                json: "{}".into(),
            },
        ),
        ("failed", Part::Failed { error: error() }),
    ]
}

pub fn queries() -> Vec<(&'static str, Query)> {
    let session = session();
    let wait = |until| Query::Wait {
        session,
        until,
        timeout_millis: Some(1_000),
    };
    vec![
        ("screen", Query::Screen { session }),
        (
            "rows",
            Query::Rows {
                session,
                from: LineId(3),
                screen: true,
            },
        ),
        (
            "window_end",
            Query::Window {
                session,
                at: WindowAt::End { rows_back: 40 },
                before: 20,
                count: 60,
            },
        ),
        (
            "window_line",
            Query::Window {
                session,
                at: WindowAt::Line(LinePosition {
                    line: LineId(3),
                    column: 80,
                }),
                before: 0,
                count: 1,
            },
        ),
        (
            "find",
            Query::Find {
                session,
                pattern: "err(or)?".into(),
                regex: true,
                ignore_case: true,
                from: WindowAt::End { rows_back: 0 },
                forwards: false,
                count: 100,
                excerpt: 0,
            },
        ),
        (
            "find_excerpts",
            Query::Find {
                session,
                pattern: "error".into(),
                regex: false,
                ignore_case: true,
                from: WindowAt::End { rows_back: 0 },
                forwards: false,
                count: 100,
                excerpt: 512,
            },
        ),
        (
            "marks",
            Query::Marks {
                session,
                from: WindowAt::End { rows_back: 0 },
                forwards: false,
                count: 1,
            },
        ),
        (
            "events",
            Query::Events {
                session,
                from: Seq(3),
                count: 256,
            },
        ),
        (
            "record",
            Query::Record {
                session,
                from: Offset(0),
            },
        ),
        (
            "blob",
            Query::Blob {
                hash: BlobHash([1; 32]),
                session: None,
            },
        ),
        (
            "blob_of_session",
            Query::Blob {
                hash: BlobHash([1; 32]),
                session: Some(session),
            },
        ),
        ("wait_exit", wait(Until::Exit)),
        (
            "wait_text",
            wait(Until::Text {
                regex: "ok$".into(),
            }),
        ),
        ("wait_idle", wait(Until::Idle { millis: 500 })),
        (
            "wait_state",
            Query::WaitState {
                session,
                states: vec![State::Done, State::NeedsPermission],
                timeout_millis: Some(1_000),
            },
        ),
        ("explain", Query::Explain { session }),
        (
            "usage",
            Query::Usage {
                by: UsageBy::Project,
                days: 30,
            },
        ),
        ("stats", Query::Stats),
        (
            "follow_stats",
            Query::Follow {
                what: Followed::Stats,
                seen: None,
            },
        ),
        (
            "follow_explain",
            Query::Follow {
                what: Followed::Explain { session },
                seen: Some(0x00c0_ffee),
            },
        ),
        (
            "follow_usage",
            Query::Follow {
                what: Followed::Usage {
                    by: UsageBy::Day,
                    days: 7,
                },
                seen: None,
            },
        ),
        ("tap", Query::Tap),
    ]
}
