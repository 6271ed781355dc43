//! What a connection does about each thing that can be said, without a link.

use agor_proto::command::{CommandBody, Outcome, Receipt};
use agor_proto::event::LogCursor;
use agor_proto::ids::{CommandId, CommandN, LogEpoch, Seq};
use agor_proto::message::{
    Hello, Looks, Ping, Subscribe, TakeLease, Unsubscribe, Visibility, WatchList, Welcome,
};

use super::*;
use crate::host::now;
use crate::storage::StoredReceipt;

const US: ClientId = ClientId([1; 16]);
const OTHERS: ClientId = ClientId([2; 16]);
const PLACE: Place = Place {
    conn: ConnEpoch(5),
    host: HostId([9; 32]),
    incarnation: Incarnation(3),
};

fn id(n: u8) -> SessionId {
    SessionId::from_parts(1, [n; 10])
}

fn hello(client: ClientId) -> Hello {
    Hello {
        versions: vec![agor_proto::PROTOCOL_VERSION],
        features: Vec::new(),
        client,
        program: "test".into(),
        resume: Vec::new(),
        visible: Vec::new(),
    }
}

fn command(body: CommandBody) -> Command {
    Command {
        id: CommandId([7; 16]),
        n: CommandN(7),
        body,
    }
}

fn kill() -> Command {
    command(CommandBody::Kill { session: id(1) })
}

fn cursor(session: SessionId) -> LogCursor {
    LogCursor {
        session,
        epoch: LogEpoch(1),
        applied: Seq(4),
    }
}

fn taken() -> Connection {
    let (connection, effects) = Connection::accept(PLACE, 0, now());
    assert!(effects.is_empty());
    connection
}

fn greeted() -> Connection {
    let mut connection = taken();
    said(&mut connection, hello(US));
    connection
}

fn said(connection: &mut Connection, message: impl Into<Message>) -> Vec<Effect> {
    connection.on(Event::Said(message.into()), now())
}

fn looked_up(connection: &mut Connection, command: Command, known: Known) -> Vec<Effect> {
    let effects = said(connection, command);
    let [
        Effect::LookUp {
            command, digest, ..
        },
    ] = &effects[..]
    else {
        panic!("{effects:?}")
    };
    let known = Event::LookedUp {
        command: command.clone(),
        digest: *digest,
        known: Ok(known),
    };
    connection.on(known, now())
}

fn outcome(effects: &[Effect]) -> &Outcome {
    match effects {
        [Effect::Say(Message::Receipt(Receipt { outcome, .. }))] => outcome,
        other => panic!("{other:?}"),
    }
}

fn refusal(effects: &[Effect]) -> ErrorCode {
    match effects {
        [Effect::End(End::Refused(error))] => error.code,
        other => panic!("{other:?}"),
    }
}

fn code(outcome: &Outcome) -> ErrorCode {
    match outcome {
        Outcome::Rejected { error } => error.code,
        other => panic!("{other:?}"),
    }
}

/// Returns the sessions that are told of the connection's end.
fn left(effects: &[Effect]) -> Vec<SessionId> {
    let left = effects.iter().filter_map(|effect| match effect {
        Effect::Leave(session) => Some(*session),
        _ => None,
    });
    left.collect()
}

fn lost() -> Event {
    let reason = "cut".into();
    Event::Lost { reason }
}

#[test]
fn nothing_is_done_for_who_has_not_greeted() {
    let (session, force, follow) = (id(1), true, true);
    let (nonce, micros) = (1, 2);
    let first: [Message; 6] = [
        kill().into(),
        TakeLease { session, force }.into(),
        Subscribe {
            cursor: cursor(session),
            view: Visibility::Visible,
        }
        .into(),
        WatchList { follow }.into(),
        Ask {
            ask: AskId(1),
            query: Query::Tap,
        }
        .into(),
        Ping {
            nonce,
            micros,
            round_trip: None,
        }
        .into(),
    ];
    for first in first {
        let mut connection = taken();
        assert_eq!(
            refusal(&said(&mut connection, first)),
            ErrorCode::BadRequest
        );
        // And it is too late to greet.
        assert!(said(&mut connection, hello(US)).is_empty());
        assert!(said(&mut connection, kill()).is_empty());
        assert!(connection.on(lost(), now()).is_empty());
    }
}

#[test]
fn who_greets_is_told_which_connection_it_has_and_goes_on_where_it_was() {
    let mut connection = taken();
    let hello = Hello {
        resume: vec![cursor(id(1)), cursor(id(2))],
        visible: vec![id(2)],
        ..hello(US)
    };
    let effects = said(&mut connection, hello);
    let [
        Effect::Greeted { client: US, .. },
        Effect::Say(Message::Welcome(welcome)),
        Effect::Wish { wish: first, .. },
        Effect::Wish { wish: second, .. },
    ] = &effects[..]
    else {
        panic!("{effects:?}")
    };
    let Welcome {
        conn_epoch,
        incarnation,
        ..
    } = welcome;
    assert_eq!((*conn_epoch, *incarnation), (PLACE.conn, PLACE.incarnation));
    let view = |wish: &Wish| match wish {
        Wish::Subscribe(subscribe) => (subscribe.cursor.session, subscribe.view),
        other => panic!("{other:?}"),
    };
    assert_eq!(view(first), (id(1), Visibility::Hidden));
    assert_eq!(view(second), (id(2), Visibility::Visible));
}

#[test]
fn who_greets_again_stays_who_it_was() {
    let mut connection = greeted();
    assert!(said(&mut connection, hello(OTHERS)).is_empty());
    let effects = said(&mut connection, Unsubscribe { session: id(1) });
    assert!(
        matches!(effects[..], [Effect::Wish { client: US, .. }]),
        "{effects:?}"
    );
}

#[test]
fn who_calls_itself_the_host_or_speaks_another_version_is_told_why_it_is_not_taken() {
    let host = ClientId(u128::from(PLACE.incarnation.0).to_be_bytes());
    let said = |hello| said(&mut taken(), hello);
    assert_eq!(refusal(&said(hello(host))), ErrorCode::BadId);
    let versions = vec![agor_proto::PROTOCOL_VERSION + 1];
    let later = Hello {
        versions,
        ..hello(US)
    };
    assert_eq!(refusal(&said(later)), ErrorCode::Version);
    let (_, effects) = Connection::accept(PLACE, CONNECTIONS_MAX as u64, now());
    assert_eq!(refusal(&effects), ErrorCode::TooMany);
    let garbled = Event::Garbled {
        reason: "no frame".into(),
    };
    let effects = taken().on(garbled, now());
    assert_eq!(refusal(&effects), ErrorCode::BadRequest);
}

#[test]
fn who_says_nothing_is_let_go_after_handshake_millis_and_who_has_greeted_is_not() {
    let handshake = Duration::from_millis(agor_proto::limits::HANDSHAKE_MILLIS);
    let earliest = now().instant + handshake;
    let mut connection = taken();
    let due = connection.next_wake().unwrap();
    assert!((earliest..=now().instant + handshake).contains(&due));
    assert!(connection.on(Event::Tick, now()).is_empty(), "too early");
    let late = Now {
        instant: due,
        unix_millis: 0,
    };
    let effects = connection.on(Event::Tick, late);
    assert!(matches!(effects[..], [Effect::End(End::Silent)]));
    assert!(said(&mut connection, hello(US)).is_empty(), "too late");
    assert_eq!(greeted().next_wake(), None);
}

#[test]
fn a_report_in_place_of_a_greeting_is_heard_and_ends_the_link() {
    let report = Report {
        session: id(1),
        token: String::new(),
        form: "status".into(),
        body: Vec::new(),
    };
    let mut connection = taken();
    let effects = said(&mut connection, report.clone());
    assert!(matches!(
        effects[..],
        [Effect::Report(_), Effect::End(End::Silent)]
    ));
    // A client's is ignored: what runs in a session has no other word.
    assert!(said(&mut greeted(), report).is_empty());
}

#[test]
fn the_sessions_that_it_spoke_to_are_told_of_its_end_and_no_others() {
    let mut connection = greeted();
    for n in [1, 2, 1] {
        said(&mut connection, Unsubscribe { session: id(n) });
    }
    let force = false;
    let session = id(3);
    said(&mut connection, TakeLease { session, force });
    looked_up(
        &mut connection,
        command(CommandBody::Kill { session: id(4) }),
        Known::default(),
    );
    // One that is not there, however many of them are meant.
    for n in 5..=255 {
        let wish = Box::new(Wish::Unsubscribe);
        let session = id(n);
        said(&mut connection, Unsubscribe { session });
        let effects = connection.on(Event::Unheard { session, wish }, now());
        assert!(matches!(effects[..], [Effect::Say(Message::Problem(_))]));
    }
    let effects = connection.on(lost(), now());
    assert_eq!(left(&effects), [id(1), id(2), id(3), id(4)]);
    assert!(matches!(
        effects.last(),
        Some(Effect::End(End::Over { .. }))
    ));
    assert!(connection.on(lost(), now()).is_empty(), "once");
}

#[test]
fn what_is_no_message_ends_the_link_and_is_said_to_be_none() {
    let mut connection = greeted();
    said(&mut connection, Unsubscribe { session: id(1) });
    let garbled = Event::Garbled {
        reason: "no frame".into(),
    };
    let effects = connection.on(garbled, now());
    let [
        Effect::Say(Message::Refused(refused)),
        Effect::Leave(_),
        Effect::End(End::Over { reason }),
    ] = &effects[..]
    else {
        panic!("{effects:?}")
    };
    assert_eq!(refused.error.code, ErrorCode::BadRequest);
    assert_eq!(reason, "no frame");
}

#[test]
fn a_command_whose_repeat_could_not_be_told_is_not_carried_out() {
    let elsewhere = Known {
        elsewhere: true,
        ..Known::default()
    };
    let old = Known {
        forgotten: CommandN(7),
        ..Known::default()
    };
    for known in [elsewhere, old] {
        let effects = looked_up(&mut greeted(), kill(), known);
        assert_eq!(code(outcome(&effects)), ErrorCode::IdReuse);
    }
    // The next one is told from all that are forgotten.
    let known = Known {
        forgotten: CommandN(6),
        ..Known::default()
    };
    let effects = looked_up(&mut greeted(), kill(), known);
    assert!(matches!(
        effects[..],
        [Effect::Wish {
            client: US,
            make: false,
            ..
        }]
    ));
}

#[test]
fn a_conversation_that_another_session_has_is_not_gone_on_with() {
    let restart = || command(CommandBody::Restart { session: id(1) });
    let known = |held_by: Option<&str>| Known {
        held_by: held_by.map(str::to_owned),
        ..Known::default()
    };
    let effects = looked_up(&mut greeted(), restart(), known(Some("first")));
    let Outcome::Rejected { error } = outcome(&effects) else {
        panic!("{effects:?}")
    };
    assert_eq!(error.code, ErrorCode::Running);
    assert!(error.message.contains("first"), "{error}");
    let effects = looked_up(&mut greeted(), restart(), known(None));
    assert!(matches!(effects[..], [Effect::Wish { .. }]), "{effects:?}");
}

#[test]
fn of_a_command_whose_session_is_gone_the_receipt_says_how_it_ended() {
    let stored = |digest, outcome| StoredReceipt {
        client: US,
        id: CommandId([7; 16]),
        n: CommandN(7),
        digest,
        session: Some(id(1)),
        seq: Seq(9),
        outcome,
    };
    let done = Outcome::Done { seq: Seq(9) };
    let accepted = Outcome::Accepted { seq: Seq(9) };
    let unheard = |digest, stored| {
        let session = id(1);
        let wish = Box::new(Wish::Command {
            command: kill(),
            digest,
            stored,
        });
        let effects = greeted().on(Event::Unheard { session, wish }, now());
        outcome(&effects).clone()
    };
    let (ours, others) = ([1; 32], [2; 32]);
    assert_eq!(unheard(ours, Some(stored(ours, done.clone()))), done);
    assert_eq!(
        unheard(ours, Some(stored(ours, accepted))),
        Outcome::Interrupted,
        "it was gone before it ended"
    );
    let reused = unheard(ours, Some(stored(others, done)));
    assert_eq!(code(&reused), ErrorCode::IdReuse);
    assert_eq!(code(&unheard(ours, None)), ErrorCode::NoSession);
}

#[test]
fn a_question_that_nobody_can_answer_is_answered_so() {
    let failed = |effects: &[Effect]| match effects {
        [
            Effect::Say(Message::Answer(Answer {
                last: true,
                part: Part::Failed { error },
                ..
            })),
        ] => error.code,
        other => panic!("{other:?}"),
    };
    let (ask, session) = (AskId(1), id(1));
    let query = Query::Unknown;
    let effects = said(&mut greeted(), Ask { ask, query });
    assert_eq!(failed(&effects), ErrorCode::Unsupported);
    let query = Query::Screen { session };
    let wish = Box::new(Wish::Ask { ask, query });
    let effects = greeted().on(Event::Unheard { session, wish }, now());
    assert_eq!(failed(&effects), ErrorCode::NoSession);
}

#[test]
fn a_question_is_taken_back_from_its_task_or_from_every_session_that_may_have_it() {
    let mut connection = greeted();
    for n in [1, 2] {
        said(&mut connection, Unsubscribe { session: id(n) });
    }
    let ask = AskId(1);
    let effects = said(&mut connection, Cancel { ask });
    assert!(matches!(effects[..], [Effect::Cancel(AskId(1))]));
    let effects = connection.on(Event::NotAnswering(ask), now());
    assert_eq!(effects.len(), 2);
    // A session that is gone has no question, and nothing is said of it.
    let wish = Box::new(Wish::Cancel(ask));
    let session = id(1);
    let effects = connection.on(Event::Unheard { session, wish }, now());
    assert!(effects.is_empty());
}

#[test]
fn the_list_is_followed_once_and_said_as_often_as_it_is_asked_for() {
    let mut connection = greeted();
    let mut list = |follow| match said(&mut connection, WatchList { follow })[..] {
        [Effect::List { follow }] => follow,
        ref other => panic!("{other:?}"),
    };
    assert!(!list(false));
    assert!(list(true));
    assert!(!list(true), "its changes come already");
}

#[test]
fn a_host_is_stopped_in_the_life_that_was_meant() {
    let stop = |incarnation| {
        let keep_sessions = true;
        let body = CommandBody::StopHost {
            keep_sessions,
            incarnation,
        };
        let effects = said(&mut greeted(), command(body));
        let stops = effects.iter();
        let stops = stops.filter(|effect| matches!(effect, Effect::Stop(Stop::Keep)));
        assert!(matches!(
            effects.last(),
            Some(Effect::Say(Message::Receipt(Receipt {
                outcome: Outcome::Done { .. },
                ..
            })))
        ));
        stops.count()
    };
    assert_eq!(stop(None), 1);
    assert_eq!(stop(Some(PLACE.incarnation)), 1);
    assert_eq!(stop(Some(Incarnation(2))), 0, "that one has ended");
}

#[test]
fn what_only_a_host_says_is_ignored() {
    let mut connection = greeted();
    let session = id(1);
    for message in [
        Message::from(agor_proto::message::Live {
            session,
            seq: Seq(1),
        }),
        Refused {
            error: no_session(session),
        }
        .into(),
    ] {
        assert!(said(&mut connection, message).is_empty());
    }
    let session = Some(session);
    let effects = said(&mut connection, Looks { session });
    assert!(matches!(effects[..], [Effect::Look(Some(_))]));
}
