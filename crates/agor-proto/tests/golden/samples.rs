//! One sample of every message, and of every variant inside them.

mod bodies;
mod lists;
mod questions;

use agor_proto::agent::*;
use agor_proto::command::*;
use agor_proto::error::*;
use agor_proto::event::*;
use agor_proto::ids::*;
use agor_proto::limits::Limits;
use agor_proto::message::*;
use agor_proto::record::*;
use agor_proto::row::*;
use agor_proto::screen::*;
use agor_proto::session::*;
use agor_proto::usage::*;

use bodies::{animation, commands, events, image, inputs, outcomes, update, usage_row};
use lists::{list, list_of_a_host_in_trouble, list_of_one_who_lets_choose};
use questions::{parts, queries};

/// Names that must occur in some sample: the variants of the enumerations on the wire. A variant
/// that is added to one of them is added here.
pub const VARIANTS: &str = "
    created started exited failed lost command command_ended renamed resized titled folder
    bell notified clipboard_written marked agent message thought tool_call permission_request
    question plan usage state error create send signal kill restart rename remove stop_host
    accepted done rejected interrupted key text paste mouse focus raw scroll copy underline
    bar prompt input output end screen rows record blob wait stats tap exit idle happened
    tapped tail snapshot epoch_changed cursor_ahead pruned too_far fresh held taken visible
    thumbnail hidden window events find found marks line clipboard primary
    folder_gone full busy mended new resume fork seen send_when_idle wait_state explain reached evidence
    follow told";

fn agent_info() -> AgentInfo {
    AgentInfo {
        conflict: Some(Conflict {
            file: "/work/shop/cart.rs".into(),
            with: "codex".into(),
            at_millis: 1_700_000_000_200,
        }),
        provider: "claude".into(),
        conversation: Some("0b6f2c1e".into()),
        conversation_empty: false,
        model: Some("opus".into()),
        mode: Some("plan".into()),
        since_millis: 1_763_683_200_000,
        reason: "asks to run Bash: cargo test".into(),
        source: EvidenceSource::Hook,
        tools: 1,
        background: 2,
        pending: Some(Pending {
            text: "Bash: cargo test".into(),
            choices: vec![Choice {
                name: "Yes".into(),
                kind: PermissionKind::AllowOnce,
                keys: vec!["1".into()],
            }],
            ..Pending::default()
        }),
        usage: Usage {
            model: "opus".into(),
            input_tokens: 1_000,
            output_tokens: 200,
            cached_tokens: 30_000,
            cost_micros: Some(120_000),
            estimated: true,
            context_percent: Some(16),
            turns: 3,
        },
    }
}

fn session() -> SessionId {
    SessionId::from_parts(1_763_683_200_000, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
}

fn client() -> ClientId {
    ClientId([0xc1; 16])
}

fn command_id() -> CommandId {
    CommandId([0xc0; 16])
}

fn spec() -> SessionSpec {
    SessionSpec {
        argv: vec!["vim".into(), "a file".into()],
        folder: "/home/ann/project".into(),
        cwd: None,
        agent: None,
        name: "editor".into(),
        env: vec![("LANG".into(), "en_GB.UTF-8".into())],
        size: Size {
            cols: 120,
            rows: 40,
            width_px: 960,
            height_px: 640,
        },
        private: false,
    }
}

fn row() -> Row {
    let mut attrs = Attrs::BOLD;
    attrs.insert(Attrs::OVERLINE);
    attrs.set_underline(Underline::Curly);
    let style = Style {
        fg: Color::Indexed(2),
        bg: Color::Rgb(16, 18, 22),
        attrs,
        underline_color: Color::Rgb(255, 0, 0),
        link: 1,
    };
    Row {
        line: LineId(41),
        start: 120,
        flags: RowFlags::WRAPS,
        text: "$ ls 日本 e\u{301}".into(),
        shapes: vec![
            Shape {
                cell: 5,
                clusters: 2,
                chars: 1,
                width: 2,
            },
            Shape {
                cell: 10,
                clusters: 1,
                chars: 2,
                width: 1,
            },
        ],
        runs: vec![
            Run {
                cells: 2,
                style: Style::default(),
            },
            Run { cells: 2, style },
        ],
        links: vec![Link {
            uri: "file://host/home".into(),
            id: "l1".into(),
        }],
        marks: vec![
            Mark {
                cell: 0,
                kind: MarkKind::Prompt,
            },
            Mark {
                cell: 2,
                kind: MarkKind::Input,
            },
            Mark {
                cell: 4,
                kind: MarkKind::Output,
            },
            Mark {
                cell: 9,
                kind: MarkKind::End {
                    code: Some(1),
                    took_millis: None,
                },
            },
        ],
    }
}

fn error() -> WireError {
    WireError::new(ErrorCode::NoSession, "there is no such session")
}

/// Returns every sample with the name of its file.
pub fn messages() -> Vec<(String, Message)> {
    let session = session();
    let token = LeaseToken([0x1e; 16]);
    let cursor = LogCursor {
        session,
        epoch: LogEpoch(2),
        applied: Seq(7),
    };
    let mut all: Vec<(String, Message)> = Vec::new();
    let mut add = |name: &str, message: Message| all.push((name.to_owned(), message));

    let hello = Hello {
        versions: vec![1],
        features: vec!["tap".into()],
        client: client(),
        program: "agor 0.1.0".into(),
        resume: vec![cursor],
        visible: vec![session],
    };
    add("hello", hello.into());
    let welcome = Welcome {
        version: 1,
        features: vec![],
        conn_epoch: ConnEpoch(9),
        host: HostId([0x40; 32]),
        incarnation: Incarnation(3),
        program: "agord 0.1.0".into(),
        limits: Limits::default(),
    };
    add("welcome", welcome.into());
    let report = Report {
        session,
        token: "5eed".into(),
        form: "status".into(),
        body: b"state=done".to_vec(),
    };
    add("report", report.into());
    let session_looked_at = Some(session);
    add(
        "looks",
        Looks {
            session: session_looked_at,
        }
        .into(),
    );
    add("looks_nowhere", Looks { session: None }.into());
    let show = Show {
        session,
        activation: Some("token".into()),
    };
    add("show", show.into());
    for &code in ErrorCode::ALL {
        let error = WireError::new(code, "a sentence");
        add(
            &format!("refused_{}", code.name()),
            Refused { error }.into(),
        );
    }
    add(
        "ping",
        Ping {
            nonce: 1,
            micros: 2,
            round_trip: None,
        }
        .into(),
    );
    add(
        "ping_measured",
        Ping {
            nonce: 1,
            micros: 2,
            round_trip: Some(RoundTrip {
                micros: 84,
                jitter_micros: 12,
            }),
        }
        .into(),
    );
    add(
        "pong",
        Pong {
            nonce: 1,
            micros: 2,
            peer_unix_micros: 3,
        }
        .into(),
    );
    for (name, view) in [
        ("visible", Visibility::Visible),
        ("thumbnail", Visibility::Thumbnail),
        ("hidden", Visibility::Hidden),
    ] {
        add(
            &format!("subscribe_{name}"),
            Subscribe { cursor, view }.into(),
        );
        add(&format!("view_{name}"), View { session, view }.into());
    }
    add(
        "problem",
        Problem {
            session,
            error: error(),
        }
        .into(),
    );
    add("unsubscribe", Unsubscribe { session }.into());
    let subscribed = |start| Subscribed {
        session,
        epoch: LogEpoch(2),
        from: Seq(8),
        start,
    };
    add("subscribed_tail", subscribed(Start::Tail).into());
    for (name, reason) in [
        ("fresh", SnapshotReason::Fresh),
        ("epoch_changed", SnapshotReason::EpochChanged),
        ("cursor_ahead", SnapshotReason::CursorAhead),
        ("pruned", SnapshotReason::Pruned),
        ("too_far", SnapshotReason::TooFar),
    ] {
        add(
            &format!("subscribed_{name}"),
            subscribed(Start::Snapshot { reason }).into(),
        );
    }
    add(
        "live",
        Live {
            session,
            seq: Seq(9),
        }
        .into(),
    );
    add("watch_list", WatchList { follow: true }.into());
    add("session_list", list().into());
    add("session_list_storage", list_of_a_host_in_trouble().into());
    add("session_list_choose", list_of_one_who_lets_choose().into());
    add(
        "take_lease",
        TakeLease {
            session,
            force: true,
        }
        .into(),
    );
    add("renew_lease", RenewLease { session, token }.into());
    add("drop_lease", DropLease { session, token }.into());
    add(
        "lease_held",
        Lease {
            session,
            standing: LeaseStanding::Held { token },
        }
        .into(),
    );
    let taken = LeaseStanding::Taken { by: client() };
    add(
        "lease_taken",
        Lease {
            session,
            standing: taken,
        }
        .into(),
    );
    for (name, body) in commands() {
        let command = Command {
            id: command_id(),
            n: CommandN(1),
            body,
        };
        add(&format!("command_{name}"), command.into());
    }
    for (name, outcome) in outcomes() {
        add(
            &format!("receipt_{name}"),
            Receipt {
                id: command_id(),
                outcome,
            }
            .into(),
        );
    }
    let numbered = events().into_iter().zip(1..).map(|((_, body), n)| Event {
        seq: Seq(n),
        at_millis: 1_763_683_200_000 + n,
        offset: Offset(n * 100),
        body,
    });
    add(
        "events",
        Events {
            session,
            events: numbered.collect(),
        }
        .into(),
    );
    add("screen_update", update().into());
    let plain = ScreenUpdate {
        base: ScreenRev(0),
        ops: vec![],
        rows: vec![],
        cursor: Cursor {
            shape: CursorShape::Underline,
            ..Cursor::default()
        },
        title: None,
        palette: None,
        placements: None,
        ..update()
    };
    add("screen_update_plain", plain.into());
    let images = ScreenUpdate {
        placements: Some(vec![image()]),
        ..update()
    };
    add("screen_update_images", images.into());
    let mut modes = Modes::default();
    modes.set_pointer(Some(PointerShape::Wait));
    let moving = ScreenUpdate {
        animations: Some(vec![animation()]),
        modes,
        ..update()
    };
    add("screen_update_moving", moving.into());
    add(
        "screen_ack",
        ScreenAck {
            session,
            rev: ScreenRev(12),
        }
        .into(),
    );
    for (name, input) in inputs() {
        let frame = InputFrame {
            session,
            token,
            seq: InputSeq(5),
            input,
        };
        add(&format!("input_{name}"), frame.into());
    }
    add(
        "input_ack",
        InputAck {
            session,
            seq: InputSeq(5),
            refused: None,
        }
        .into(),
    );
    let refused = Some(WireError::new(ErrorCode::Fenced, "another client drives"));
    add(
        "input_ack_refused",
        InputAck {
            session,
            seq: InputSeq(5),
            refused,
        }
        .into(),
    );
    add(
        "resize",
        Resize {
            session,
            token,
            size: Size::cells(100, 30),
        }
        .into(),
    );
    add("cancel", Cancel { ask: AskId(1) }.into());
    for (name, kind) in [
        ("clipboard", ClipboardKind::Clipboard),
        ("clipboard_primary", ClipboardKind::Primary),
    ] {
        let clipboard = Clipboard {
            session,
            offset: Offset(9),
            ordinal: 1,
            kind,
            text: "copied".into(),
        };
        add(name, clipboard.into());
    }
    for (name, query) in queries() {
        add(
            &format!("ask_{name}"),
            Ask {
                ask: AskId(1),
                query,
            }
            .into(),
        );
    }
    for (name, part) in parts() {
        add(
            &format!("answer_{name}"),
            Answer {
                ask: AskId(1),
                last: true,
                part,
            }
            .into(),
        );
    }
    all
}

/// Returns every kind of record with the name of its file.
pub fn records() -> Vec<(&'static str, Record)> {
    let size = Size {
        cols: 80,
        rows: 24,
        width_px: 640,
        height_px: 384,
    };
    [
        ("out", RecordBody::Out(b"\x1b[1mhi\r\n".to_vec())),
        ("err", RecordBody::Err(b"oh".to_vec())),
        ("resized", RecordBody::Resized(size)),
        ("configured", RecordBody::Configured(vec![0x80])),
        (
            "exited",
            RecordBody::Exited {
                code: -1,
                signal: 15,
            },
        ),
        ("started", RecordBody::Started { pid: 4_711, size }),
        ("closed", RecordBody::Closed),
    ]
    .map(|(name, body)| {
        (
            name,
            Record {
                unix_micros: 1_763_683_200_000_000,
                body,
            },
        )
    })
    .into()
}
