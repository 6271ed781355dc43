//! What a connection decides, event by event.

mod fates;
mod follow;
mod lease;
mod looks;
mod offers;
mod outbox;
mod told_limits;

use agor_proto::command::{Command, Outcome};
use agor_proto::event::{Event as SessionEvent, EventBody};
use agor_proto::ids::{ConnEpoch, HostId, Incarnation, LeaseToken, LogEpoch, Offset, Seq};
use agor_proto::limits::Limits;
use agor_proto::message::{InputAck, LeaseStanding, Part, Refused, Start};
use agor_proto::screen::{Cursor, History, Modes};

use super::*;
use crate::storage::Kept;

const US: ClientId = ClientId([1; 16]);
const TOKEN: LeaseToken = LeaseToken([5; 16]);

/// A connection and the time that its test makes pass.
struct Bench {
    connection: Connection,
    start: Instant,
    passed: Duration,
    slept: Duration,
}

impl Bench {
    fn new(patience: Option<Duration>) -> Self {
        Self::carrying_on(patience, None)
    }

    /// Returns one that keeps its commands, and has those of a client that died.
    fn carrying_on(patience: Option<Duration>, kept: Option<Vec<Kept>>) -> Self {
        let manner = Manner {
            client: US,
            program: "test".into(),
            first_patience: patience,
            patience,
            keeps: kept.is_some(),
        };
        Self {
            connection: Connection::new(manner, Outbox::of(kept.unwrap_or_default())),
            start: Instant::now(),
            passed: Duration::ZERO,
            slept: Duration::ZERO,
        }
    }

    /// Returns a connection that is ready, and asserts how it got there.
    fn ready() -> Self {
        let mut bench = Self::new(None);
        bench.on(Event::Start);
        bench.greet();
        bench
    }

    fn now(&self) -> Moment {
        Moment {
            instant: self.start + self.passed,
            unix_micros: (self.passed + self.slept).as_micros() as u64,
            jitter: 1.0,
        }
    }

    fn on(&mut self, event: Event) -> Vec<Effect> {
        let now = self.now();
        self.connection.on(event, now)
    }

    fn pass(&mut self, time: Duration) {
        self.passed += time;
    }

    fn wish(&mut self, wish: Wish) -> Vec<Effect> {
        self.on(Event::Wished(wish))
    }

    fn hear(&mut self, message: impl Into<Message>) -> Vec<Effect> {
        self.on(Event::Received(message.into()))
    }

    /// Makes a link and lets the host answer; returns what is said then.
    fn greet(&mut self) -> Vec<Message> {
        self.on(Event::Dialled);
        sent(&self.hear(welcome()))
    }

    /// Loses the link and makes another after `offline`; returns what is said over it.
    fn reconnect(&mut self, offline: Duration) -> (Hello, Vec<Message>) {
        let effects = self.on(lost());
        assert!(
            matches!(effects.last(), Some(Effect::Dial { .. })),
            "{effects:?}"
        );
        self.pass(offline);
        let hello = sent(&self.on(Event::Dialled));
        let [Message::Hello(hello)] = &hello[..] else {
            panic!("{hello:?}");
        };
        let hello = hello.clone();
        (hello, sent(&self.hear(welcome())))
    }
}

fn lost() -> Event {
    Event::LinkLost {
        reason: "cut".into(),
    }
}

fn failed() -> Event {
    Event::DialFailed {
        reason: "nobody there".into(),
    }
}

fn welcome() -> Welcome {
    Welcome {
        version: 1,
        features: ["wait", "tap", "answer"].map(str::to_owned).to_vec(),
        conn_epoch: ConnEpoch(1),
        host: HostId([9; 32]),
        incarnation: Incarnation(1),
        program: String::new(),
        limits: Limits::default(),
    }
}

/// Returns what is sent, pings apart.
fn sent(effects: &[Effect]) -> Vec<Message> {
    let sent = effects.iter().filter_map(|effect| match effect {
        Effect::Send(outgoing) => Some(outgoing.message().clone()),
        _ => None,
    });
    sent.filter(|m| !matches!(m, Message::Ping(_))).collect()
}

fn told(effects: &[Effect]) -> Vec<News> {
    let told = effects.iter().filter_map(|effect| match effect {
        Effect::Tell(news) => Some(news.clone()),
        _ => None,
    });
    told.collect()
}

fn session() -> SessionId {
    SessionId::from_parts(1, [0; 10])
}

fn command(n: u8) -> Wish {
    Wish::Command {
        id: CommandId([n; 16]),
        body: CommandBody::Kill {
            session: session_of(n),
        },
        written: Written::Down,
    }
}

/// Returns the session that a command of ours is for: there are two.
fn session_of(n: u8) -> SessionId {
    SessionId::from_parts(1, [n % 2; 10])
}

fn ids(messages: &[Message]) -> Vec<u8> {
    let id = messages.iter().filter_map(|message| match message {
        Message::Command(command) => Some(command.id.0[0]),
        _ => None,
    });
    id.collect()
}

fn events(range: std::ops::RangeInclusive<u64>) -> Events {
    let event = |seq| SessionEvent {
        seq: Seq(seq),
        at_millis: 0,
        offset: Offset(0),
        body: EventBody::Bell,
    };
    Events {
        session: session(),
        events: range.map(event).collect(),
    }
}

fn cursor(applied: u64) -> LogCursor {
    LogCursor {
        session: session(),
        epoch: LogEpoch(1),
        applied: Seq(applied),
    }
}

fn subscribed(from: u64) -> Subscribed {
    Subscribed {
        session: session(),
        epoch: LogEpoch(1),
        from: Seq(from),
        start: Start::Tail,
    }
}

fn screen(base: u64, rev: u64) -> ScreenUpdate {
    ScreenUpdate {
        session: session(),
        rev: ScreenRev(rev),
        base: ScreenRev(base),
        size: Size::cells(10, 3),
        ops: Vec::new(),
        rows: Vec::new(),
        cursor: Cursor::default(),
        modes: Modes::default(),
        history: History::default(),
        title: None,
        palette: None,
        placements: None,
        animations: None,
        echo_ack: InputSeq(0),
        offset: Offset(0),
    }
}

fn text(text: &str) -> Wish {
    Wish::Type(session(), Input::Text { text: text.into() })
}

fn typed(messages: &[Message]) -> Vec<(u64, String)> {
    let typed = messages.iter().filter_map(|message| match message {
        Message::InputFrame(frame) => match &frame.input {
            Input::Text { text } => Some((frame.seq.0, text.clone())),
            _ => None,
        },
        _ => None,
    });
    typed.collect()
}

fn held() -> Lease {
    Lease {
        session: session(),
        standing: LeaseStanding::Held { token: TOKEN },
    }
}

fn ack(seq: u64, refused: Option<ErrorCode>) -> InputAck {
    InputAck {
        session: session(),
        seq: InputSeq(seq),
        refused: refused.map(|code| WireError::new(code, "no")),
    }
}

#[test]
fn b13_nothing_but_hello_is_said_before_the_host_has_answered() {
    let mut bench = Bench::new(None);
    assert!(sent(&bench.wish(command(1))).is_empty());
    bench.on(Event::Start);
    assert!(sent(&bench.wish(command(2))).is_empty());
    let hello = sent(&bench.on(Event::Dialled));
    assert!(matches!(hello[..], [Message::Hello(_)]));
    assert!(sent(&bench.wish(command(3))).is_empty());
    assert_eq!(ids(&sent(&bench.hear(welcome()))), [1, 2, 3]);
}

#[test]
fn a2_a_thousand_wishes_in_an_hour_without_a_host_wait_and_add_no_dial() {
    let mut bench = Bench::new(None);
    let order = |n: u128| Wish::Command {
        id: CommandId(n.to_be_bytes()),
        body: CommandBody::Kill { session: session() },
        written: Written::Down,
    };
    let dials = |effects: &[Effect]| -> Vec<Duration> {
        let of = |effect: &Effect| match effect {
            Effect::Dial { after } => Some(*after),
            _ => None,
        };
        effects.iter().filter_map(of).collect()
    };
    let (mut count, mut wishes) = (0, 0..1_000);
    let mut due = dials(&bench.on(Event::Start));
    while bench.passed < Duration::from_secs(3_600) {
        let [after] = due[..] else {
            panic!("a failed dial leads to one more: {due:?}");
        };
        count += 1;
        for n in wishes.by_ref().take(2) {
            let effects = bench.wish(order(n));
            assert!(dials(&effects).is_empty(), "{effects:?}");
            assert!(told(&effects).is_empty(), "it waits");
        }
        bench.pass(after);
        due = dials(&bench.on(failed()));
    }
    assert_eq!(wishes.next(), None, "all were made");
    // One in five seconds, and eight until the wait is as long.
    assert!(count <= 3_600 / 5 + 8, "{count} dials in an hour");
}

#[test]
fn a3_a_first_failure_is_a_state_and_is_tried_again_more_slowly_each_time() {
    let mut bench = Bench::new(None);
    bench.on(Event::Start);
    let mut before = Duration::ZERO;
    for _ in 0..20 {
        let effects = bench.on(failed());
        let [
            Effect::Tell(News::State(State::Away { .. })),
            Effect::Dial { after },
        ] = effects[..]
        else {
            panic!("{effects:?}");
        };
        assert!(after >= before && after <= backoff::CEILING);
        before = after;
        bench.pass(after);
    }
    assert_eq!(before, backoff::CEILING);
}

#[test]
fn a_client_without_patience_ends_at_the_first_failure() {
    let mut bench = Bench::new(Some(Duration::ZERO));
    bench.on(Event::Start);
    let effects = bench.on(failed());
    let end = State::Ended(End::Unreachable {
        reason: "nobody there".into(),
    });
    assert_eq!(effects, [Effect::Tell(News::State(end))]);
    let declined = told(&bench.wish(command(1)));
    assert!(matches!(&declined[..], [News::Receipt(r)] if r.outcome.is_final()));
}

#[test]
fn a_link_that_ends_at_once_is_not_a_good_one() {
    let mut bench = Bench::new(None);
    bench.on(Event::Start);
    let mut waits = Vec::new();
    for _ in 0..8 {
        bench.greet();
        let effects = bench.on(lost());
        let Some(Effect::Dial { after }) = effects.last() else {
            panic!("{effects:?}");
        };
        waits.push(*after);
    }
    assert!(waits.last() > waits.first(), "{waits:?}");
    bench.greet();
    bench.pass(GOOD_LINK);
    bench.on(lost());
    bench.greet();
    let effects = bench.on(lost());
    assert!(
        matches!(effects.last(), Some(Effect::Dial { after }) if *after < Duration::from_secs(1))
    );
}

#[test]
fn b8_a_refusal_ends_or_is_tried_again_as_its_code_says() {
    for &code in ErrorCode::ALL {
        let mut bench = Bench::new(None);
        bench.on(Event::Start);
        bench.on(Event::Dialled);
        let error = WireError::new(code, "no");
        let effects = bench.hear(Refused { error });
        assert_eq!(effects.first(), Some(&Effect::Hangup));
        let again = effects.iter().any(|e| matches!(e, Effect::Dial { .. }));
        let never = matches!(code.retry(), Retry::Never | Retry::AfterAuth);
        assert_eq!(again, !never, "{code}");
        if let Retry::After(millis) = code.retry() {
            let at_least = Duration::from_millis(millis.into());
            assert!(matches!(effects.last(), Some(Effect::Dial { after }) if *after >= at_least));
        }
    }
}

#[test]
fn a_host_of_another_version_is_refused_in_words() {
    let mut bench = Bench::new(None);
    bench.on(Event::Start);
    bench.on(Event::Dialled);
    let version = 9;
    let news = told(&bench.hear(Welcome {
        version,
        ..welcome()
    }));
    let [News::State(State::Ended(End::Refused(error)))] = &news[..] else {
        panic!("{news:?}");
    };
    assert_eq!(error.code, ErrorCode::Version);
}

#[test]
fn handshake_millis_are_waited_for_a_host_that_does_not_answer() {
    let mut bench = Bench::new(None);
    bench.on(Event::Start);
    bench.on(Event::Dialled);
    let due = bench.connection.next_wake().unwrap();
    let handshake = Duration::from_millis(agor_proto::limits::HANDSHAKE_MILLIS);
    assert_eq!(due - bench.now().instant, handshake);
    bench.pass(handshake);
    let effects = bench.on(Event::Tick);
    assert_eq!(effects.first(), Some(&Effect::Hangup));
    assert!(matches!(effects.last(), Some(Effect::Dial { .. })));
}

#[test]
fn a_silent_host_is_given_up_and_a_talking_one_is_not() {
    let mut bench = Bench::ready();
    for _ in 0..10 {
        bench.pass(Duration::from_secs(5));
        let effects = bench.on(Event::Tick);
        let ping = effects.iter().find_map(|effect| match effect {
            Effect::Send(outgoing) => match outgoing.message() {
                Message::Ping(ping) => Some(*ping),
                _ => None,
            },
            _ => None,
        });
        let Ping { nonce, micros, .. } = ping.unwrap();
        let peer_unix_micros = 0;
        bench.hear(Pong {
            nonce,
            micros,
            peer_unix_micros,
        });
    }
    let at_once = (Duration::ZERO, Duration::ZERO);
    assert_eq!(bench.connection.round_trip(), Some(at_once));
    bench.pass(Duration::from_secs(15));
    let effects = bench.on(Event::Tick);
    assert_eq!(effects.first(), Some(&Effect::Hangup));
}

#[test]
fn heartbeat_millis_are_between_two_pings_and_three_of_them_in_silence_end_a_connection() {
    let mut bench = Bench::ready();
    let heartbeat = Duration::from_millis(agor_proto::limits::HEARTBEAT_MILLIS);
    let moment = Duration::from_millis(1);
    let pings = |effects: &[Effect]| {
        let is_ping = |effect: &&Effect| matches!(effect, Effect::Send(outgoing) if matches!(outgoing.message(), Message::Ping(_)));
        effects.iter().filter(is_ping).count()
    };
    bench.on(Event::Tick);
    bench.pass(heartbeat - moment);
    assert_eq!(pings(&bench.on(Event::Tick)), 0);
    bench.pass(moment);
    assert_eq!(pings(&bench.on(Event::Tick)), 1);
    bench.pass(heartbeat * 2 - moment);
    assert!(!bench.on(Event::Tick).contains(&Effect::Hangup));
    bench.pass(moment);
    assert!(bench.on(Event::Tick).contains(&Effect::Hangup));
}

#[test]
fn after_sleep_the_link_is_probed_at_once() {
    let mut bench = Bench::ready();
    bench.on(Event::Tick);
    bench.slept = Duration::from_secs(3_600);
    let effects = bench.on(Event::Tick);
    let probed = effects.iter().any(|effect| {
        matches!(effect, Effect::Send(outgoing) if matches!(outgoing.message(), Message::Ping(_)))
    });
    assert!(probed, "{effects:?}");
    bench.pass(Duration::from_secs(4));
    assert_eq!(bench.on(Event::Tick).first(), Some(&Effect::Hangup));
}

#[test]
fn a_ping_is_answered_with_its_nonce_and_time() {
    let mut bench = Bench::ready();
    bench.pass(Duration::from_millis(3));
    let ping = Ping {
        nonce: 8,
        micros: 9,
        ..Ping::default()
    };
    let pong = Pong {
        nonce: 8,
        micros: 9,
        peer_unix_micros: 3_000,
    };
    assert_eq!(sent(&bench.hear(ping)), [pong.into()]);
}

#[test]
fn b10_commands_are_sent_again_in_order_with_their_ids_until_their_receipts() {
    let mut bench = Bench::ready();
    for n in 1..=3 {
        assert_eq!(ids(&sent(&bench.wish(command(n)))), [n]);
    }
    let receipt = |n: u8, outcome| Receipt {
        id: CommandId([n; 16]),
        outcome,
    };
    let seq = Seq(0);
    bench.hear(receipt(1, Outcome::Accepted { seq }));
    bench.hear(receipt(2, Outcome::Done { seq }));
    let (_, again) = bench.reconnect(Duration::ZERO);
    assert_eq!(ids(&again), [1, 3]);
    let news = told(&bench.hear(receipt(1, Outcome::Interrupted)));
    assert!(matches!(news[..], [News::Receipt(_)]));
    let repeated = told(&bench.hear(receipt(1, Outcome::Interrupted)));
    assert!(repeated.is_empty());
    let (_, again) = bench.reconnect(Duration::ZERO);
    assert_eq!(ids(&again), [3]);
}

#[test]
fn b9_offline_is_no_attempt_and_what_was_rejected_is_not_tried_again() {
    let mut bench = Bench::new(None);
    bench.on(Event::Start);
    assert!(bench.wish(command(1)).is_empty());
    for _ in 0..20 {
        let effects = bench.on(failed());
        assert!(
            told(&effects)
                .iter()
                .all(|news| matches!(news, News::State(_)))
        );
    }
    assert_eq!(ids(&bench.greet()), [1], "it was kept, and is sent once");
    let error = WireError::new(ErrorCode::Unavailable, "later");
    assert!(matches!(error.code.retry(), Retry::After(_)));
    let outcome = Outcome::Rejected { error };
    let id = CommandId([1; 16]);
    let news = told(&bench.hear(Receipt { id, outcome }));
    assert!(matches!(news[..], [News::Receipt(_)]), "it is shown");
    let (_, again) = bench.reconnect(Duration::ZERO);
    assert!(ids(&again).is_empty());
}

#[test]
fn what_is_typed_waits_for_the_lease_and_keeps_its_number_over_links() {
    let mut bench = Bench::ready();
    let asked = sent(&bench.wish(text("a")));
    assert!(matches!(asked[..], [Message::TakeLease(_)]));
    assert!(sent(&bench.wish(text("b"))).is_empty());
    let both = [(1, "a".into()), (2, "b".into())];
    assert_eq!(typed(&sent(&bench.hear(held()))), both);
    bench.hear(ack(1, None));
    let (_, again) = bench.reconnect(Duration::from_secs(1));
    assert!(matches!(again[..], [Message::TakeLease(_)]));
    assert_eq!(typed(&sent(&bench.hear(held()))), both[1..]);
}

#[test]
fn a_session_that_is_driven_again_is_typed_into_with_numbers_that_were_not_used() {
    let mut bench = Bench::ready();
    bench.wish(text("a"));
    bench.hear(held());
    assert_eq!(typed(&sent(&bench.wish(text("b")))), [(2, "b".into())]);
    let session = session();
    let released = sent(&bench.wish(Wish::Release(session)));
    assert!(matches!(released[..], [Message::DropLease(_)]));
    assert!(told(&bench.hear(ack(2, None))).is_empty());
    bench.reconnect(Duration::from_secs(1));
    let asked = sent(&bench.wish(text("c")));
    assert!(matches!(asked[..], [Message::TakeLease(_)]));
    assert_eq!(typed(&sent(&bench.hear(held()))), [(3, "c".into())]);
}

#[test]
fn a_lease_that_comes_after_it_was_given_back_is_given_back_again() {
    let mut bench = Bench::ready();
    let session = session();
    bench.wish(text("a"));
    assert!(sent(&bench.wish(Wish::Release(session))).is_empty());
    let effects = bench.hear(held());
    assert!(matches!(sent(&effects)[..], [Message::DropLease(_)]));
    assert!(told(&effects).is_empty());
}

#[test]
fn after_more_than_two_seconds_offline_the_person_is_asked_first() {
    for send in [true, false] {
        let mut bench = Bench::ready();
        bench.wish(text("rm -r it"));
        bench.hear(held());
        bench.on(lost());
        bench.pass(Duration::from_secs(3));
        bench.wish(text("!"));
        bench.on(Event::Dialled);
        let news = told(&bench.hear(welcome()));
        assert!(news.contains(&News::InputHeld {
            session: session(),
            count: 2
        }));
        assert!(typed(&sent(&bench.hear(held()))).is_empty());
        let session = session();
        let decided = typed(&sent(&bench.wish(Wish::Decide { session, send })));
        assert_eq!(decided.len(), if send { 2 } else { 0 });
        assert_eq!(typed(&sent(&bench.wish(text("x")))), [(3, "x".into())]);
    }
}

#[test]
fn what_was_typed_to_a_host_that_hung_is_old_however_soon_another_answers() {
    let mut bench = Bench::ready();
    bench.wish(text("rm -r it"));
    bench.hear(held());
    bench.pass(Duration::from_secs(9));
    bench.on(lost());
    bench.on(Event::Dialled);
    let news = told(&bench.hear(welcome()));
    assert!(news.contains(&News::InputHeld {
        session: session(),
        count: 1
    }));
    assert!(typed(&sent(&bench.hear(held()))).is_empty());
}

#[test]
fn of_a_program_that_has_ended_nothing_that_it_was_not_given_is_kept() {
    let mut bench = Bench::ready();
    for line in ["a", "b", "c"] {
        bench.wish(text(line));
    }
    bench.hear(held());
    // The keeper names the last that it dropped.
    bench.hear(ack(3, Some(ErrorCode::Ended)));
    bench.reconnect(Duration::from_millis(100));
    let again = typed(&sent(&bench.hear(held())));
    assert!(again.is_empty(), "typed into the next program: {again:?}");
}

#[test]
fn a_lease_is_renewed_and_taken_again_unless_another_took_it() {
    let mut bench = Bench::ready();
    bench.wish(text("a"));
    bench.hear(held());
    bench.pass(Duration::from_secs(5));
    let renewed = sent(&bench.on(Event::Tick));
    assert!(matches!(renewed[..], [Message::RenewLease(_)]));
    // Two inputs are refused; the lease is asked for once.
    bench.wish(text("b"));
    let again = sent(&bench.hear(ack(1, Some(ErrorCode::Fenced))));
    assert!(matches!(&again[..], [Message::TakeLease(take)] if !take.force));
    assert!(sent(&bench.hear(ack(2, Some(ErrorCode::Fenced)))).is_empty());
    assert_eq!(typed(&sent(&bench.hear(held()))).len(), 2);
    bench.hear(ack(1, Some(ErrorCode::Fenced)));
    let by = ClientId([2; 16]);
    let taken = Lease {
        session: session(),
        standing: LeaseStanding::Taken { by },
    };
    let effects = bench.hear(taken);
    assert!(sent(&effects).is_empty());
    assert_eq!(told(&effects).len(), 2, "the lease, and what was not typed");
    bench.pass(Duration::from_secs(5));
    assert!(sent(&bench.on(Event::Tick)).is_empty());
}

#[test]
fn input_that_finds_no_room_is_offered_again_in_order() {
    let mut bench = Bench::ready();
    bench.wish(text("a"));
    bench.hear(held());
    bench.wish(text("b"));
    bench.hear(ack(1, Some(ErrorCode::InputFull)));
    assert!(sent(&bench.wish(text("c"))).is_empty(), "it would overtake");
    bench.pass(Duration::from_millis(100));
    let again = typed(&sent(&bench.on(Event::Tick)));
    assert_eq!(
        again.iter().map(|(seq, _)| *seq).collect::<Vec<_>>(),
        [1, 2, 3]
    );
    bench.hear(ack(3, None));
    let news = told(&bench.hear(ack(4, Some(ErrorCode::Ended))));
    assert!(matches!(news[..], [News::InputRefused { .. }]));
}

#[test]
fn questions_are_asked_again_unless_their_answer_had_begun() {
    let mut bench = Bench::ready();
    let wait = Query::Wait {
        session: session(),
        until: agor_proto::message::Until::Exit,
        timeout_millis: Some(10_000),
    };
    let ask = |n| AskId(n);
    bench.wish(Wish::Ask {
        ask: ask(1),
        query: wait,
    });
    bench.wish(Wish::Ask {
        ask: ask(2),
        query: Query::Stats,
    });
    let part = agor_proto::message::Part::Blob { bytes: vec![1] };
    bench.hear(Answer {
        ask: ask(2),
        last: false,
        part,
    });
    bench.pass(Duration::from_secs(3));
    bench.on(lost());
    bench.pass(Duration::from_secs(1));
    bench.on(Event::Dialled);
    let effects = bench.hear(welcome());
    let asks = sent(&effects);
    let [Message::Ask(again)] = &asks[..] else {
        panic!("{asks:?}");
    };
    let left = Some(6_000);
    assert!(matches!(again.query, Query::Wait { timeout_millis, .. } if timeout_millis == left));
    let failed = told(&effects)
        .into_iter()
        .any(|news| matches!(news, News::Answer(a) if a.ask == ask(2) && a.last));
    assert!(failed);
}

#[test]
fn a_watched_list_is_asked_for_again_and_a_single_one_is_not() {
    let list = || SessionList {
        rev: agor_proto::ids::ListRev(1),
        whole: true,
        changed: Vec::new(),
        removed: Vec::new(),
        more: false,
        storage: Vec::new(),
    };
    for follow in [true, false] {
        let mut bench = Bench::ready();
        assert_eq!(sent(&bench.wish(Wish::List { follow })).len(), 1);
        assert_eq!(told(&bench.hear(list())).len(), 1);
        let (_, again) = bench.reconnect(Duration::ZERO);
        assert_eq!(again.len(), usize::from(follow));
    }
}

#[test]
fn a_list_in_parts_is_told_whole_and_one_that_was_cut_off_is_asked_for_again() {
    let mut bench = Bench::ready();
    bench.wish(Wish::List { follow: false });
    let part = |whole, more| SessionList {
        rev: agor_proto::ids::ListRev(3),
        whole,
        changed: Vec::new(),
        removed: vec![session()],
        more,
        storage: Vec::new(),
    };
    assert!(told(&bench.hear(part(true, true))).is_empty());
    let (_, again) = bench.reconnect(Duration::ZERO);
    assert!(matches!(again[..], [Message::WatchList(_)]));
    assert!(told(&bench.hear(part(true, true))).is_empty());
    assert!(told(&bench.hear(part(false, true))).is_empty());
    let news = told(&bench.hear(part(false, false)));
    let [News::List(list)] = &news[..] else {
        panic!("{news:?}");
    };
    assert!(list.whole && !list.more);
    assert_eq!(list.removed.len(), 3);
}

#[test]
fn late_news_of_a_lost_link_changes_nothing() {
    let mut bench = Bench::ready();
    bench.on(lost());
    assert!(bench.on(lost()).is_empty());
    assert!(bench.hear(welcome()).is_empty());
    assert!(bench.on(Event::Tick).is_empty());
    bench.greet();
    assert_eq!(bench.on(Event::Dialled), [Effect::Hangup]);
}
