//! A client against a host that a test plays by hand.

mod following;
mod search;

use agor_proto::command::{Command, Receipt};
use agor_proto::ids::{ConnEpoch, HostId, Incarnation, ListRev, SessionId};
use agor_proto::limits::{self, FRAME_BODY_MAX, Limits};
use agor_proto::message::{Answer, Message, Refused, Welcome};

use super::*;
use crate::link::{Link, LinkReader, LinkWriter, Listener};

/// The host's end of one link, past the handshake.
struct Host {
    reader: LinkReader,
    writer: LinkWriter,
}

impl Host {
    async fn accept(listener: &mut Listener) -> Self {
        let (mut reader, mut writer) = listener.accept().await.unwrap().split();
        let hello = reader.next().await.unwrap();
        assert!(matches!(hello, Some(Message::Hello(_))), "{hello:?}");
        writer.send(&welcome().into()).await.unwrap();
        Self { reader, writer }
    }

    /// Returns the next message that is no heartbeat.
    async fn hear(&mut self) -> Option<Message> {
        loop {
            match self.reader.next().await.unwrap() {
                Some(Message::Ping(_)) => {}
                other => return other,
            }
        }
    }

    async fn hear_command(&mut self) -> Command {
        match self.hear().await {
            Some(Message::Command(command)) => command,
            other => panic!("{other:?}"),
        }
    }

    async fn say(&mut self, message: impl Into<Message>) {
        self.writer.send(&message.into()).await.unwrap();
    }
}

fn welcome() -> Welcome {
    Welcome {
        version: 1,
        features: ["wait", "tap", "answer", "follow"]
            .map(str::to_owned)
            .to_vec(),
        conn_epoch: ConnEpoch(1),
        host: HostId([9; 32]),
        incarnation: Incarnation(1),
        program: "test".into(),
        limits: Limits::default(),
    }
}

async fn connected() -> (Client, Host, Listener) {
    let (mut listener, dialer) = Listener::memory();
    let client = Client::over(dialer, ClientOptions::default());
    let (client, host) = tokio::join!(client, Host::accept(&mut listener));
    (client.unwrap(), host, listener)
}

fn kill() -> CommandBody {
    CommandBody::Kill {
        session: SessionId::from_parts(1, [0; 10]),
    }
}

#[tokio::test]
async fn a_command_is_carried_out_once_over_a_restart_of_the_host() {
    let (client, mut host, mut listener) = connected().await;
    let command = tokio::spawn(async move { client.command(kill()).await });
    let first = host.hear_command().await;
    drop(host);
    let mut host = Host::accept(&mut listener).await;
    let again = host.hear_command().await;
    assert_eq!(first, again);
    let outcome = Outcome::Done { seq: Seq(4) };
    host.say(Receipt {
        id: again.id,
        outcome: outcome.clone(),
    })
    .await;
    assert_eq!(command.await.unwrap().unwrap(), outcome);
}

#[tokio::test]
async fn an_answer_comes_in_parts_and_ends() {
    let (client, mut host, _listener) = connected().await;
    let mut answers = client.ask(Query::Stats).unwrap();
    let Some(Message::Ask(ask)) = host.hear().await else {
        panic!();
    };
    for byte in 0..3 {
        let part = Part::Blob { bytes: vec![byte] };
        host.say(Answer {
            ask: ask.ask,
            last: byte == 2,
            part,
        })
        .await;
    }
    for byte in 0..3 {
        let part = answers.next().await.unwrap().unwrap();
        assert_eq!(part, Part::Blob { bytes: vec![byte] });
    }
    assert!(answers.next().await.is_none());
}

#[tokio::test]
async fn an_answer_that_nobody_takes_is_cut_off_and_says_so() {
    let (client, mut host, _listener) = connected().await;
    let mut answers = client.ask(Query::Tap).unwrap();
    let Some(Message::Ask(ask)) = host.hear().await else {
        panic!();
    };
    let part = Part::Blob { bytes: vec![1] };
    let answer = Answer {
        ask: ask.ask,
        last: false,
        part,
    };
    for _ in 0..ANSWER_PARTS_MAX + 10 {
        host.say(answer.clone()).await;
    }
    let mut parts = 0;
    let end = loop {
        match answers.next().await {
            Some(Ok(_)) => parts += 1,
            end => break end,
        }
        tokio::task::yield_now().await;
    };
    assert!(
        matches!(end, Some(Err(ClientError::TooSlow))),
        "{end:?} after {parts}"
    );
    assert!(parts >= ANSWER_PARTS_MAX);
}

#[tokio::test]
async fn an_answer_that_is_dropped_is_cancelled_at_the_host_unless_it_has_ended() {
    let (client, mut host, _listener) = connected().await;
    let mut ended = client.ask(Query::Stats).unwrap();
    let Some(Message::Ask(ask)) = host.hear().await else {
        panic!();
    };
    let part = Part::Blob { bytes: vec![1] };
    host.say(Answer {
        ask: ask.ask,
        last: true,
        part,
    })
    .await;
    assert!(ended.next().await.is_some());
    drop(ended);
    let dropped = client.ask(Query::Tap).unwrap();
    let Some(Message::Ask(ask)) = host.hear().await else {
        panic!();
    };
    drop(dropped);
    match host.hear().await {
        Some(Message::Cancel(cancel)) => assert_eq!(cancel.ask, ask.ask),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn no_host_is_an_error_at_once() {
    let (listener, dialer) = Listener::memory();
    drop(listener);
    let error = Client::over(dialer, ClientOptions::default())
        .await
        .unwrap_err();
    assert!(matches!(error, ClientError::NoHost { .. }));
}

#[tokio::test]
async fn a_dial_under_way_goes_on_while_other_things_happen() {
    let dials = Arc::new(tokio::sync::Semaphore::new(0));
    let dialer = Dialer::Silent(Arc::clone(&dials));
    let client = Client::begin(dialer, ClientOptions::default());
    dials.acquire().await.unwrap().forget();
    for _ in 0..100 {
        // Its answer says that the client has woken up for it.
        client.figures().await.unwrap();
    }
    assert_eq!(dials.available_permits(), 0, "dialled again");
}

#[tokio::test]
async fn a_refusal_is_the_hosts_own_words() {
    let (mut listener, dialer) = Listener::memory();
    let client = Client::over(dialer, ClientOptions::default());
    let refuse = async {
        let (_, mut writer) = Link::split(listener.accept().await.unwrap());
        let error = WireError::new(ErrorCode::TooMany, "256 connections are open");
        writer.send(&Refused { error }.into()).await.unwrap();
    };
    let (client, ()) = tokio::join!(client, refuse);
    let error = client.unwrap_err();
    assert_eq!(error.to_string(), "256 connections are open");
}

#[tokio::test(start_paused = true)]
async fn a_host_that_stays_away_ends_what_waits_for_it() {
    let (client, mut host, listener) = connected().await;
    let waiting = tokio::spawn(async move { client.list().await });
    assert!(matches!(host.hear().await, Some(Message::WatchList(_))));
    drop((host, listener));
    let error = waiting.await.unwrap().unwrap_err();
    assert!(matches!(error, ClientError::NoHost { .. }), "{error:?}");
}

#[tokio::test]
async fn a_list_is_asked_for_and_comes_whole() {
    let (client, mut host, _listener) = connected().await;
    let list = tokio::spawn(async move { client.list().await });
    assert!(matches!(host.hear().await, Some(Message::WatchList(_))));
    host.say(SessionList {
        rev: ListRev(1),
        whole: true,
        changed: Vec::new(),
        removed: Vec::new(),
        more: false,
        storage: Vec::new(),
    })
    .await;
    assert_eq!(list.await.unwrap().unwrap(), []);
}

#[tokio::test]
async fn a_watcher_of_the_list_that_takes_nothing_finds_one_change() {
    let (client, mut host, _listener) = connected().await;
    let mut lists = client.watch_list().unwrap();
    assert!(matches!(host.hear().await, Some(Message::WatchList(_))));
    for rev in 1..=10_000 {
        host.say(SessionList {
            rev: ListRev(rev),
            whole: rev == 1,
            changed: Vec::new(),
            removed: Vec::new(),
            more: false,
            storage: Vec::new(),
        })
        .await;
    }
    // What the client does after them is answered, so it has heard them all.
    let asked = client.clone();
    let answered = tokio::spawn(async move { asked.ask_one(Query::Stats).await });
    let Some(Message::Ask(ask)) = host.hear().await else {
        panic!();
    };
    let part = Part::Blob { bytes: vec![1] };
    host.say(Answer {
        ask: ask.ask,
        last: true,
        part,
    })
    .await;
    answered.await.unwrap().unwrap();
    let list = lists.next().await.unwrap();
    assert_eq!((list.rev, list.whole), (ListRev(10_000), true));
    client.close().await;
    assert_eq!(lists.next().await, None);
}

#[tokio::test]
async fn what_is_dropped_is_unsubscribed_and_the_link_ends_with_the_client() {
    let (client, mut host, _listener) = connected().await;
    let session = SessionId::from_parts(1, [0; 10]);
    let cursor = LogCursor {
        session,
        epoch: agor_proto::ids::LogEpoch(0),
        applied: Seq(0),
    };
    let first = client.subscribe(cursor, Visibility::Hidden).unwrap();
    let second = client.subscribe(cursor, Visibility::Visible).unwrap();
    assert!(matches!(host.hear().await, Some(Message::Subscribe(_))));
    assert!(matches!(host.hear().await, Some(Message::Subscribe(_))));
    drop(first);
    drop(second);
    drop(client);
    assert!(matches!(host.hear().await, Some(Message::Unsubscribe(_))));
    assert_eq!(host.hear().await, None);
}

#[tokio::test]
async fn a_follower_that_takes_nothing_is_paused_and_goes_on_where_it_was() {
    let (client, mut host, _listener) = connected().await;
    let session = SessionId::from_parts(1, [0; 10]);
    let cursor = LogCursor {
        session,
        epoch: agor_proto::ids::LogEpoch(1),
        applied: Seq(0),
    };
    let mut told = client.subscribe(cursor, Visibility::Hidden).unwrap();
    assert!(matches!(host.hear().await, Some(Message::Subscribe(_))));
    let subscribed = |from| agor_proto::message::Subscribed {
        session,
        epoch: agor_proto::ids::LogEpoch(1),
        from: Seq(from),
        start: agor_proto::message::Start::Tail,
    };
    host.say(subscribed(1)).await;
    for seq in 1..=2 * FOLLOW_WAITING_MAX as u64 {
        let event = agor_proto::event::Event {
            seq: Seq(seq),
            at_millis: 0,
            offset: agor_proto::ids::Offset(0),
            body: agor_proto::event::EventBody::Bell,
        };
        let events = vec![event];
        host.say(agor_proto::message::Events { session, events })
            .await;
    }
    assert!(matches!(host.hear().await, Some(Message::Unsubscribe(_))));
    let mut applied = 0;
    while told.waiting() > 0 {
        if let Some(Told::Events(events)) = told.next().await {
            for event in events {
                assert_eq!(event.seq, Seq(applied + 1));
                applied = event.seq.0;
            }
        }
    }
    match host.hear().await {
        Some(Message::Subscribe(again)) => assert_eq!(again.cursor.applied, Seq(applied)),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn follow_waiting_bytes_max_pauses_a_follower_that_does_not_take_large_events() {
    let (client, mut host, _listener) = connected().await;
    let session = SessionId::from_parts(1, [0; 10]);
    let cursor = LogCursor {
        session,
        epoch: agor_proto::ids::LogEpoch(1),
        applied: Seq(0),
    };
    let mut told = client.subscribe(cursor, Visibility::Hidden).unwrap();
    assert!(matches!(host.hear().await, Some(Message::Subscribe(_))));
    let subscribed = |from| agor_proto::message::Subscribed {
        session,
        epoch: agor_proto::ids::LogEpoch(1),
        from: Seq(from),
        start: agor_proto::message::Start::Tail,
    };
    host.say(subscribed(1)).await;
    let size_bytes = 128 * 1024;
    let count = (limits::FOLLOW_WAITING_BYTES_MAX / size_bytes) as u64;
    for seq in 1..=count {
        let title = "t".repeat(size_bytes);
        let event = agor_proto::event::Event {
            seq: Seq(seq),
            at_millis: 0,
            offset: agor_proto::ids::Offset(0),
            body: agor_proto::event::EventBody::Titled { title },
        };
        let events = vec![event];
        host.say(agor_proto::message::Events { session, events })
            .await;
    }
    assert!(matches!(host.hear().await, Some(Message::Unsubscribe(_))));
    while told.waiting() > 0 {
        told.next().await;
    }
    match host.hear().await {
        Some(Message::Subscribe(again)) => assert!(again.cursor.applied.0 > count / 2),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_follower_that_takes_nothing_is_paused_though_its_connection_changes() {
    let (client, mut host, mut listener) = connected().await;
    let session = SessionId::from_parts(1, [0; 10]);
    let cursor = LogCursor {
        session,
        epoch: agor_proto::ids::LogEpoch(1),
        applied: Seq(0),
    };
    let mut told = client.subscribe(cursor, Visibility::Hidden).unwrap();
    assert!(matches!(host.hear().await, Some(Message::Subscribe(_))));
    let subscribed = |from| agor_proto::message::Subscribed {
        session,
        epoch: agor_proto::ids::LogEpoch(1),
        from: Seq(from),
        start: agor_proto::message::Start::Tail,
    };
    host.say(subscribed(1)).await;
    // With that word before them, one less than is let wait.
    let last = FOLLOW_WAITING_MAX as u64 - 2;
    for seq in 1..=last {
        let event = agor_proto::event::Event {
            seq: Seq(seq),
            at_millis: 0,
            offset: agor_proto::ids::Offset(0),
            body: agor_proto::event::EventBody::Bell,
        };
        let events = vec![event];
        host.say(agor_proto::message::Events { session, events })
            .await;
    }
    while told.waiting() < FOLLOW_WAITING_MAX - 1 {
        tokio::task::yield_now().await;
    }
    drop(host);
    let mut host = Host::accept(&mut listener).await;
    host.say(subscribed(last + 1)).await;
    assert!(matches!(host.hear().await, Some(Message::Unsubscribe(_))));
    while told.waiting() > 0 {
        told.next().await;
    }
    match host.hear().await {
        Some(Message::Subscribe(again)) => assert_eq!(again.cursor.applied, Seq(last)),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn c10_what_is_typed_is_cut_into_pieces_that_the_host_says_it_takes() {
    use agor_proto::ids::LeaseToken;
    use agor_proto::input::Input;
    use agor_proto::message::{Lease, LeaseStanding};

    let (mut listener, dialer) = Listener::memory();
    let client = Client::over(dialer, ClientOptions::default());
    let accept = async {
        let (mut reader, mut writer) = listener.accept().await.unwrap().split();
        let hello = reader.next().await.unwrap();
        assert!(matches!(hello, Some(Message::Hello(_))), "{hello:?}");
        let mut theirs = welcome();
        theirs.limits.input_max = 1_000;
        writer.send(&theirs.into()).await.unwrap();
        Host { reader, writer }
    };
    let (client, mut host) = tokio::join!(client, accept);
    let session = SessionId::from_parts(1, [0; 10]);
    let cursor = LogCursor {
        session,
        epoch: agor_proto::ids::LogEpoch(1),
        applied: Seq(0),
    };
    let told = client.unwrap().subscribe(cursor, Visibility::Hidden);
    let told = told.unwrap();
    told.input(Input::Text {
        text: "x".repeat(2_500),
    });
    let mut typed = 0;
    while typed < 2_500 {
        match host.hear().await {
            Some(Message::TakeLease(_)) => {
                let token = LeaseToken([5; 16]);
                let standing = LeaseStanding::Held { token };
                host.say(Lease { session, standing }).await;
            }
            Some(Message::InputFrame(frame)) => match frame.input {
                Input::Text { text } => {
                    assert!(text.len() <= 1_000, "{}", text.len());
                    typed += text.len();
                }
                other => panic!("{other:?}"),
            },
            Some(_) => {}
            None => panic!("the client is gone"),
        }
    }
    assert_eq!(typed, 2_500);
}

#[tokio::test]
async fn what_fits_no_frame_ends_at_once_and_holds_up_nothing_behind_it() {
    let (client, mut host, _listener) = connected().await;
    let session = SessionId::from_parts(1, [0; 10]);
    let large = "x".repeat(FRAME_BODY_MAX);
    let name = large.clone();
    let command = client.carry_out(CommandBody::Rename { session, name });
    let question = client.ask_one(Query::Find {
        session,
        pattern: large,
        regex: false,
        ignore_case: false,
        from: agor_proto::message::WindowAt::End { rows_back: 0 },
        forwards: false,
        count: 1,
        excerpt: 0,
    });
    for error in [command.await.unwrap_err(), question.await.unwrap_err()] {
        let is_refused = |error: &WireError| error.code == ErrorCode::BadRequest;
        assert!(
            matches!(&error, ClientError::Host(error) if is_refused(error)),
            "{error:?}"
        );
    }
    tokio::spawn(async move { client.carry_out(kill()).await });
    assert_eq!(host.hear_command().await.body, kill());
}

#[tokio::test(start_paused = true)]
async fn a_command_that_was_sent_and_never_answered_is_uncertain_and_one_that_was_not_is_not() {
    let (client, mut host, listener) = connected().await;
    let command = |client: &Client| {
        let client = client.clone();
        tokio::spawn(async move { client.carry_out(kill()).await })
    };
    let sent = command(&client);
    host.hear_command().await;
    drop((host, listener));
    client
        .state()
        .wait_for(|state| matches!(state, State::Away { .. }))
        .await
        .unwrap();
    let not_sent = command(&client);
    let error = sent.await.unwrap().unwrap_err();
    assert!(
        matches!(error, ClientError::Uncertain { name: "kill", .. }),
        "{error:?}"
    );
    assert!(
        error
            .to_string()
            .contains("may or may not have been carried out"),
        "{error}"
    );
    let error = not_sent.await.unwrap().unwrap_err();
    assert!(matches!(error, ClientError::NoHost { .. }), "{error:?}");
}

/// A window that is killed between a command and its receipt, and the one that comes after it.
#[tokio::test]
async fn whoever_carries_on_asks_under_the_dead_clients_id_and_hears_how_it_ended() {
    let folder = tempfile::tempdir().unwrap();
    let profile = crate::storage::Profile::open(folder.path());
    let claim = profile.claim(new_id()).unwrap();
    let dead = claim.client();
    let (mut listener, dialer) = Listener::memory();
    let options = ClientOptions {
        keeps: Some(Arc::new(claim)),
        ..ClientOptions::default()
    };
    let window = Client::over(dialer.clone(), options);
    let (window, host) = tokio::join!(window, Host::accept(&mut listener));
    let (window, mut host) = (window.unwrap(), host);
    let waiting = tokio::spawn(async move { window.command(kill()).await });
    let first = host.hear_command().await;
    assert!(profile.adopt().unwrap().is_empty(), "it lives");
    // It goes as a process does that is killed: nothing of it is struck out.
    waiting.abort();
    drop(host);
    let next = loop {
        match profile.adopt().unwrap().pop() {
            Some(claim) => break claim,
            None => tokio::task::yield_now().await,
        }
    };
    assert_eq!(next.client(), dead);
    let told = std::sync::Mutex::new(Vec::new());
    let tell = |body: &CommandBody, end: Result<Seq, ClientError>| {
        told.lock().unwrap().push((body.clone(), end.unwrap()));
    };
    let carried_on = carry_on(dialer, ClientOptions::default(), next, tell);
    let answered = async {
        let (mut reader, writer) = listener.accept().await.unwrap().split();
        let Some(Message::Hello(hello)) = reader.next().await.unwrap() else {
            panic!("no Hello");
        };
        assert_eq!(hello.client, dead);
        let mut host = Host { reader, writer };
        host.say(welcome()).await;
        assert_eq!(host.hear_command().await, first);
        let outcome = Outcome::Done { seq: Seq(4) };
        host.say(Receipt {
            id: first.id,
            outcome,
        })
        .await;
        assert_eq!(host.hear().await, None);
    };
    let (done, ()) = tokio::join!(carried_on, answered);
    done.unwrap();
    assert_eq!(*told.lock().unwrap(), [(kill(), Seq(4))]);
    assert!(profile.adopt().unwrap().is_empty(), "it is struck out");
}
