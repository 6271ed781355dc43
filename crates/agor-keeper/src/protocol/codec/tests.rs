//! Every message through its byte form and back, and cut short.

use std::{ffi::OsString, os::unix::ffi::OsStringExt};

use super::*;
use crate::PtySize;

const KEY: SessionKey = SessionKey([7; 16]);
const SIZE: PtySize = PtySize {
    cols: 1,
    rows: 2,
    xpix: 3,
    ypix: 4,
};

fn requests() -> Vec<Request> {
    vec![
        Request::Spawn(SpawnSpec {
            session: KEY,
            argv: vec!["sh".into(), OsString::from_vec(vec![0xff, 1])],
            env: vec![("A".into(), "b".into())],
            cwd: "/tmp".into(),
            size: SIZE,
            io: Io::Pipes,
            ring_bytes: 5,
            start_offset: 6,
        }),
        Request::Input {
            session: KEY,
            source: 1,
            seq: 2,
            bytes: vec![3],
        },
        Request::EndInput { session: KEY },
        Request::Reply {
            session: KEY,
            offset: 1,
            ordinal: 2,
            bytes: vec![],
        },
        Request::Resize {
            session: KEY,
            size: SIZE,
        },
        Request::Configure {
            session: KEY,
            payload: vec![1, 2],
        },
        Request::Signal {
            session: KEY,
            signal: 2,
            scope: SignalScope::All,
        },
        Request::Kill {
            session: KEY,
            grace_millis: 5,
        },
        Request::AskInput {
            session: KEY,
            source: 9,
        },
        Request::Forget { session: KEY },
        Request::AskState { session: KEY },
        Request::Shutdown { grace_millis: 1 },
    ]
}

fn events() -> Vec<Event> {
    let state = SessionState {
        session: KEY,
        pid: 5,
        io: Io::Pty,
        size: SIZE,
        alive: false,
        exit: Some(Exit {
            code: -1,
            signal: 9,
        }),
        closed: true,
        head: 7,
        tail: 8,
        ring: None,
    };
    vec![
        Event::SpawnFailed {
            session: KEY,
            step: SpawnStep::Exec,
            errno: 2,
        },
        Event::InputDone {
            session: KEY,
            source: 1,
            seq: 2,
        },
        Event::InputRefused {
            session: KEY,
            source: 1,
            seq: 2,
            reason: RefusedInput::Ended,
        },
        Event::InputState {
            session: KEY,
            source: 1,
            accepted: 3,
            written: 2,
        },
        Event::ConfigureRefused {
            session: KEY,
            reason: RefusedConfigure::Closed,
        },
        Event::Killed {
            session: KEY,
            survivors: 1,
        },
        Event::Forgotten { session: KEY },
        Event::State(state),
        Event::Failed {
            session: KEY,
            fault: RequestFault::Busy,
        },
        Event::Fenced { by: 4 },
    ]
}

fn frame((tag, body): (u8, Vec<u8>)) -> Frame {
    Frame {
        tag,
        body,
        fds: Vec::new(),
    }
}

#[test]
fn every_request_survives_its_byte_form() {
    for request in requests() {
        assert_eq!(Request::decode(&frame(request.encode())).unwrap(), request);
    }
}

#[test]
fn every_event_survives_its_byte_form() {
    for event in events() {
        let read = Event::decode(frame(event.encode())).unwrap();
        assert_eq!(format!("{read:?}"), format!("{event:?}"));
    }
}

/// Returns a message as a line of the golden file has it.
fn line(whose: &str, (tag, body): (u8, Vec<u8>)) -> String {
    let body: String = body.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{whose} {tag} {body}\n")
}

/// A keeper outlives many hosts, and says to each what it said to the first: no line of the file is ever changed, and a
/// message that is new is a new line.
#[test]
fn every_message_is_what_keepers_and_hosts_of_earlier_releases_say() {
    let golden = include_str!("../../../tests/golden/messages.txt");
    let requests = requests();
    let mut said: String = requests
        .iter()
        .map(|request| line("request", request.encode()))
        .collect();
    for event in events() {
        said += &line("event", event.encode());
    }
    said += &line("event", encode_spawned(KEY, 5, true));
    assert_eq!(said, golden);
}

#[test]
fn a_message_cut_off_anywhere_or_with_more_behind_it_is_refused() {
    let encoded = requests().iter().map(Request::encode).collect::<Vec<_>>();
    for (tag, body) in encoded {
        for cut in 0..body.len() {
            assert!(Request::decode(&frame((tag, body[..cut].to_vec()))).is_err());
        }
        assert!(Request::decode(&frame((tag, [&body[..], &[0]].concat()))).is_err());
    }
    for (tag, body) in events().iter().map(Event::encode) {
        for cut in 0..body.len() {
            assert!(Event::decode(frame((tag, body[..cut].to_vec()))).is_err());
        }
    }
}

#[test]
fn a_count_that_the_message_cannot_hold_allocates_nothing() {
    let mut put = Put(Vec::new());
    put.key(KEY).u32(u32::MAX);
    assert!(Request::decode(&frame((16, put.0))).is_err());
}

#[test]
fn a_key_is_shown_as_a_uuid() {
    let key = SessionKey(std::array::from_fn(|index| index as u8));
    assert_eq!(key.to_string(), "00010203-0405-0607-0809-0a0b0c0d0e0f");
}
