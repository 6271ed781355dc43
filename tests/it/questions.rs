//! Questions that are taken back, and answers that take more than one message.

use std::sync::mpsc;

use agor_core::storage::{self, SessionRow, Store, Transaction};
use agor_proto::event::{Event, EventBody};
use agor_proto::ids::{AskId, LogEpoch, Offset, Seq, SessionId, Size};
use agor_proto::limits::{SESSION_RECORD_MAX, TAIL_MAX};
use agor_proto::message::{Answer, Cancel, Message, Part, Query, Until};
use agor_proto::session::{Life, SessionSpec};

use crate::agor::Agor;
use crate::plain::Plain;

#[test]
fn a_wait_that_is_taken_back_is_not_answered() {
    let agor = Agor::started();
    let session = agor.session("sleep 600");
    let id: SessionId = session.parse().expect("an id");
    let mut plain = Plain::connect(&agor);
    for ask in 1..=2 {
        let query = Query::Wait {
            session: id,
            until: Until::Exit,
            timeout_millis: None,
        };
        plain.ask(ask, query);
    }
    plain.say(Cancel { ask: AskId(1) });
    assert_eq!(plain.hear_until_now(), []);
    agor.ok(&["kill", &session]);
    match plain.hear() {
        Message::Answer(answer) => assert_eq!(answer.ask, AskId(2)),
        other => panic!("{other:?}"),
    }
    assert_eq!(plain.hear_until_now(), []);
}

#[test]
fn a_tap_that_is_taken_back_ends() {
    let agor = Agor::started();
    let mut plain = Plain::connect(&agor);
    plain.ask(1, Query::Tap);
    plain.hear_until_now();
    agor.ok(&["ls"]);
    let tapped = |message: &Message| {
        let Message::Answer(Answer { part, .. }) = message else {
            return false;
        };
        matches!(part, Part::Tapped { .. })
    };
    assert!(tapped(&plain.hear()));
    plain.say(Cancel { ask: AskId(1) });
    plain.hear_until_now();
    agor.ok(&["ls"]);
    assert_eq!(plain.hear_until_now(), []);
}

/// Makes a host's folder with an ended session of `count` events.
fn with_events(agor: &Agor, count: u64) -> SessionId {
    let folder = agor.path("home/.local/share/agor");
    let mut private = std::fs::DirBuilder::new();
    std::os::unix::fs::DirBuilderExt::mode(private.recursive(true), 0o700);
    private.create(&folder).expect("a folder");
    let store = Store::open(&folder, SESSION_RECORD_MAX)
        .expect("a store")
        .store;
    let id = SessionId::from_parts(1, [7; 10]);
    let row = SessionRow {
        id,
        spec: SessionSpec {
            argv: vec!["true".into()],
            folder: "/".into(),
            cwd: None,
            agent: None,
            name: "old".into(),
            env: Vec::new(),
            size: Size::cells(80, 24),
            private: false,
        },
        name: "old".into(),
        life: Life::Exited { code: 0, signal: 0 },
        cwd: "/".into(),
        title: String::new(),
        size: Size::cells(80, 24),
        created_millis: 1,
        active_millis: 2,
        epoch: LogEpoch(1),
        agent: Vec::new(),
    };
    let event = |seq| Event {
        seq: Seq(seq),
        at_millis: seq,
        offset: Offset(0),
        body: EventBody::Bell,
    };
    let writes = vec![
        storage::Write::PutSession(row),
        storage::Write::AppendEvents {
            session: id,
            events: (1..=count).map(event).collect(),
        },
    ];
    let (done, written) = mpsc::sync_channel(1);
    let on_done = Box::new(move |result: Result<(), _>| done.send(result).expect("a test"));
    store
        .submit(Transaction::new(writes), on_done)
        .expect("an empty queue");
    written.recv().expect("an end").expect("stored");
    store.close().expect("closed");
    id
}

#[test]
fn a_log_reaches_back_past_what_a_subscription_tells() {
    let count = TAIL_MAX + 2_000;
    let mut agor = Agor::new();
    let id = with_events(&agor, count).to_string();
    agor.start_host();
    let numbers = |args: &[&str]| -> Vec<u64> {
        let text = agor.ok(args);
        let number = |line: &str| {
            let event: serde_json::Value = serde_json::from_str(line).expect("JSON");
            event["seq"].as_u64().expect("a number")
        };
        text.lines().map(number).collect()
    };
    let all = numbers(&["log", &id, "--json"]);
    assert!(all.into_iter().eq(1..=count));
    let from = (count - 2).to_string();
    let last = numbers(&["log", &id, "--json", "--from", &from]);
    assert_eq!(last, [count - 2, count - 1, count]);
    assert!(numbers(&["log", &id, "--json", "--from", "99999"]).is_empty());
}

#[test]
fn a_screen_that_does_not_fit_one_message_is_shown_whole() {
    let agor = Agor::started();
    let script = "BEGIN { for (row = 1; row <= 300; row++) { printf \"\\033[%dH\", row; \
                  for (col = 0; col < 600; col++) printf \"\\033[38;2;%d;%d;%dm%d\", \
                  row % 256, col % 256, col / 256, row % 10 } printf \"\\033[1Hend\"; fflush(); system(\"sleep 600\") }";
    let session = agor.program("600x300", &["awk", script]);
    agor.screen_with(&session, "end1");
    let screen = agor.json(&["screen", &session, "--json"]);
    let rows = screen["rows"].as_array().expect("rows");
    assert_eq!(rows.len(), 300);
    for (at, row) in rows.iter().enumerate().skip(1) {
        assert_eq!(row["at"], at);
        let expected = ((at + 1) % 10).to_string().repeat(600);
        assert_eq!(row["row"]["text"], expected.as_str());
    }
}
