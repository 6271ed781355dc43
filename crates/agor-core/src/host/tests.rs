//! The limits of a host as a whole.

use std::sync::atomic::Ordering;

use agor_proto::agent::{AgentInfo, AgentSpec, Conversation};
use agor_proto::command::CommandBody;
use agor_proto::error::ErrorCode;
use agor_proto::event::LogCursor;
use agor_proto::ids::{AskId, SessionId};
use agor_proto::ids::{ClientId, LeaseToken, LogEpoch, Offset, Seq, Size};
use agor_proto::limits::{self, CLIENT_QUEUE_MAX, CONNECTIONS_MAX, Limits, SESSIONS_MAX};
use agor_proto::message::{
    Answer, Ask, Hello, Lease, LeaseStanding, Message, Part, Ping, Query, RenewLease, Subscribe,
    TakeLease, Visibility, Welcome,
};

mod follow;

use super::hub::Letter;
use super::mailbox::Mailbox;
use super::session::Session;
use super::*;
use crate::agents::{Machine, providers};
use crate::link::{LinkReader, LinkWriter};
use crate::storage::{SessionRow, StoredSession};
use agor_proto::session::{Life, SessionInfo, SessionSpec};

/// Returns the hub of a host without a keeper, and what it stands on.
fn hub() -> (tempfile::TempDir, Arc<Hub>) {
    let folder = tempfile::tempdir().unwrap();
    let opened = Store::open(folder.path(), 1 << 20).unwrap();
    let (keeper, _) = KeeperHandle::new();
    let options = TerminalOptions {
        scrollback_rows: 10,
    };
    let launcher = Launcher::new(
        std::iter::empty(),
        "here".into(),
        options,
        opened.incarnation,
    );
    let hub = Hub::new(
        opened.store,
        keeper,
        launcher,
        opened.host_id,
        opened.incarnation,
    );
    (folder, Arc::new(hub))
}

#[tokio::test]
async fn sessions_max_are_taken_and_not_one_more() {
    let (_folder, hub) = hub();
    let id = |n: usize| SessionId::from_parts(n as u64, [1; 10]);
    for n in 0..SESSIONS_MAX {
        assert!(hub.add_unborn(id(n)).is_some(), "{n}");
    }
    assert!(hub.add_unborn(id(SESSIONS_MAX)).is_none());
    assert!(hub.add_unborn(id(0)).is_some(), "that one is there");
}

#[tokio::test]
async fn connections_max_are_served_and_the_next_is_told_why_not() {
    let (_folder, hub) = hub();
    let open = &hub.counters().connections;
    open.store(CONNECTIONS_MAX as u64, Ordering::Relaxed);
    let (ours, theirs) = Link::pair(64 * 1024);
    carrier::serve(Arc::clone(&hub), theirs, ConnEpoch(1)).await;
    let (mut reader, _writer) = ours.split();
    let said = reader.next().await.unwrap();
    let Some(Message::Refused(Refused { error })) = said else {
        panic!("{said:?}");
    };
    assert_eq!(error.code, ErrorCode::TooMany);
    assert_eq!(hub::Counters::get(open), CONNECTIONS_MAX as u64);
}

/// A client that a test plays by hand.
struct Peer {
    reader: LinkReader,
    writer: LinkWriter,
    served: tokio::task::JoinHandle<()>,
    welcome: Welcome,
}

impl Peer {
    async fn connect(hub: &Arc<Hub>, conn: u64) -> Self {
        let (ours, theirs) = Link::pair(64 * 1024);
        let served = tokio::spawn(carrier::serve(Arc::clone(hub), theirs, ConnEpoch(conn)));
        let (mut reader, mut writer) = ours.split();
        let hello = Hello {
            versions: vec![agor_proto::PROTOCOL_VERSION],
            features: Vec::new(),
            client: ClientId([7; 16]),
            program: "test".into(),
            resume: Vec::new(),
            visible: Vec::new(),
        };
        writer.send(&hello.into()).await.unwrap();
        let Some(Message::Welcome(welcome)) = reader.next().await.unwrap() else {
            panic!("no welcome");
        };
        Self {
            reader,
            writer,
            served,
            welcome,
        }
    }

    async fn say(&mut self, message: impl Into<Message>) {
        self.writer.send(&message.into()).await.unwrap();
    }

    async fn hear(&mut self) -> Message {
        self.reader.next().await.unwrap().expect("a message")
    }

    /// Hangs up and waits until the host has noticed.
    async fn leave(self) {
        drop((self.reader, self.writer));
        self.served.await.unwrap();
    }
}

#[tokio::test]
async fn c10_a_host_says_its_limits_when_it_takes_a_client() {
    let (_folder, hub) = hub();
    let peer = Peer::connect(&hub, 1).await;
    // By the names under which it goes by them itself.
    let Limits {
        frame_body_max,
        input_max,
        lease_millis,
        heartbeat_millis,
        screen_window,
    } = peer.welcome.limits;
    assert_eq!(frame_body_max as usize, limits::FRAME_BODY_MAX);
    assert_eq!(input_max as usize, limits::INPUT_MAX);
    assert_eq!(lease_millis, limits::LEASE_MILLIS);
    assert_eq!(heartbeat_millis, limits::HEARTBEAT_MILLIS);
    assert_eq!(screen_window as usize, limits::SCREEN_WINDOW);
    assert_eq!(peer.welcome.conn_epoch, ConnEpoch(1));
}

#[tokio::test]
async fn a6_a_hundred_connections_find_what_was_made_once_and_leave_nothing() {
    let (_folder, hub) = hub();
    let session = SessionId::from_parts(1, [1; 10]);
    let made = hub.add_unborn(session).unwrap();
    let owners = Arc::strong_count(&hub);
    let tables = providers::times_read();
    for conn in 1..=100 {
        let mut peer = Peer::connect(&hub, conn).await;
        let cursor = LogCursor {
            session,
            epoch: LogEpoch(0),
            applied: Seq(0),
        };
        let view = Visibility::Visible;
        peer.say(Subscribe { cursor, view }).await;
        assert!(matches!(peer.hear().await, Message::Subscribed(_)));
        peer.leave().await;
    }
    assert_eq!(providers::times_read(), tables, "no table was made again");
    drop(Providers::built_in());
    assert_eq!(providers::times_read(), tables + 1, "it would be seen");
    let found = hub.session(session).unwrap();
    assert!(
        found.letters.same_channel(&made.letters),
        "its task was made once"
    );
    let (figures, answer) = tokio::sync::oneshot::channel();
    let asked = made.letters.send(hub::Letter::Figures(figures)).await;
    assert!(asked.is_ok());
    assert_eq!(answer.await.unwrap().0.subscribers, 0);
    assert_eq!(hub::Counters::get(&hub.counters().connections), 0);
    assert_eq!(hub::Counters::get(&hub.counters().connections_total), 100);
    assert_eq!(Arc::strong_count(&hub), owners, "no connection is left");
}

#[tokio::test]
async fn a1_a_lease_token_is_told_to_its_driver_and_to_no_tap() {
    let (_folder, hub) = hub();
    let session = SessionId::from_parts(1, [1; 10]);
    hub.add_unborn(session).unwrap();
    let mut tap = Peer::connect(&hub, 1).await;
    let ask = AskId(1);
    tap.say(Ask {
        ask,
        query: Query::Tap,
    })
    .await;
    while hub.tap().receiver_count() == 0 {
        tokio::task::yield_now().await;
    }
    let mut driver = Peer::connect(&hub, 2).await;
    let force = false;
    driver.say(TakeLease { session, force }).await;
    let Message::Lease(Lease {
        standing: LeaseStanding::Held { token },
        ..
    }) = driver.hear().await
    else {
        panic!("no lease");
    };
    assert_ne!(token, LeaseToken([0; 16]));
    driver.say(RenewLease { session, token }).await;
    let (nonce, micros) = (77, 0);
    let round_trip = None;
    let ping = Ping {
        nonce,
        micros,
        round_trip,
    };
    driver.say(ping).await;
    let mut seen = String::new();
    while !seen.contains("\"nonce\":77") {
        let Message::Answer(Answer {
            part: Part::Tapped { json, .. },
            ..
        }) = tap.hear().await
        else {
            panic!("not a tapped frame");
        };
        seen.push_str(&json);
    }
    assert!(
        seen.contains("renew_lease") || seen.contains("RenewLease"),
        "{seen}"
    );
    assert!(!seen.contains(&token.to_string()), "{seen}");
}

#[tokio::test]
async fn c12_ended_sessions_beyond_what_is_kept_leave_list_store_disk_and_memory() {
    use crate::config::{Config, Live};
    use crate::storage::{SessionRow, Transaction, Write};
    use agor_proto::session::{Life, SessionSpec};

    let (folder, hub) = hub();
    let spec = SessionSpec {
        argv: vec!["true".into()],
        folder: "/project".into(),
        cwd: None,
        agent: None,
        name: String::new(),
        env: Vec::new(),
        size: agor_proto::ids::Size::cells(80, 24),
        private: false,
    };
    for n in 1..=5 {
        let row = SessionRow {
            id: SessionId::from_parts(n, [1; 10]),
            name: String::new(),
            life: Life::Exited { code: 0, signal: 0 },
            cwd: String::new(),
            title: String::new(),
            size: spec.size,
            created_millis: n,
            active_millis: n,
            epoch: LogEpoch(1),
            agent: Vec::new(),
            spec: spec.clone(),
        };
        let write = hub
            .store()
            .write(Transaction::new(vec![Write::PutSession(row)]));
        write.await.unwrap();
    }
    start::restore(&hub, Vec::new()).await.unwrap();
    let mut list = hub.list().watch();
    while hub.list().all().len() < 5 {
        list.changed().await.unwrap();
    }
    // What is known of the first beside the list and the store.
    let [gone, kept] = [1, 5].map(|n| SessionId::from_parts(n, [1; 10]));
    let transcript = folder.path().join("transcript");
    std::fs::write(&transcript, "").unwrap();
    hub.transcripts()
        .follow(gone, &transcript, Mailbox::default());
    assert!(hub.note_written(gone, "/project/file", 1).is_empty());
    let follows = |id: SessionId| format!("{:?}", hub.transcripts()).contains(&format!("{id:?}"));
    assert!(follows(gone));
    let settings = Config::read("retention = { sessions = 2, bytes = 0, host_bytes = 0 }");
    let settings = Live::new(settings.unwrap());
    retention::look(&hub, &settings).await;
    while hub.list().all().len() > 2 {
        list.changed().await.unwrap();
    }
    let left: Vec<u64> = hub
        .list()
        .all()
        .iter()
        .map(|info| info.created_millis)
        .collect();
    assert_eq!(left, [4, 5], "the newest");
    assert!(!follows(gone), "nobody is told of its transcript");
    let others = hub.note_written(kept, "/project/file", 2);
    assert!(others.is_empty(), "it is in nobody's way: {others:?}");
    assert_eq!(hub.sessions().len(), 2);
    assert_eq!(hub.store().sessions().unwrap().len(), 2);
    let folders = std::fs::read_dir(folder.path().join("sessions"));
    assert!(folders.map_or(0, Iterator::count) <= 2);
}

#[tokio::test]
async fn c3_c4_a_hundred_clients_are_told_though_half_of_them_do_not_read() {
    use crate::storage::{SessionRow, Transaction, Write};
    use agor_proto::command::{Command, CommandBody, Outcome};
    use agor_proto::ids::{CommandId, CommandN, Size};
    use agor_proto::session::{Life, SessionSpec};

    const CLIENTS: u64 = 100;
    // Each is a frame of its own: more than a queue takes beside what is on a link.
    const RENAMES: u64 = 1_500;
    // Who does not read still says that it is there, however long all this takes.
    const PING_EVERY: u64 = 100;
    let (_folder, hub) = hub();
    let session = SessionId::from_parts(1, [1; 10]);
    let size = Size::cells(80, 24);
    let row = SessionRow {
        id: session,
        spec: SessionSpec {
            argv: vec!["true".into()],
            folder: "/".into(),
            cwd: None,
            agent: None,
            name: String::new(),
            env: Vec::new(),
            size,
            private: false,
        },
        name: String::new(),
        life: Life::Exited { code: 0, signal: 0 },
        cwd: String::new(),
        title: String::new(),
        size,
        created_millis: 1,
        active_millis: 1,
        epoch: LogEpoch(1),
        agent: Vec::new(),
    };
    let put = Transaction::new(vec![Write::PutSession(row)]);
    hub.store().write(put).await.unwrap();
    start::restore(&hub, Vec::new()).await.unwrap();
    let mut followers = Vec::new();
    for conn in 1..=CLIENTS {
        let mut peer = Peer::connect(&hub, conn).await;
        let cursor = LogCursor {
            session,
            epoch: LogEpoch(1),
            applied: Seq(0),
        };
        let view = Visibility::Hidden;
        peer.say(Subscribe { cursor, view }).await;
        assert!(matches!(peer.hear().await, Message::Subscribed(_)));
        followers.push(peer);
    }
    let mut deaf = followers.split_off(CLIENTS as usize / 2);
    let mut person = Peer::connect(&hub, CLIENTS + 1).await;
    for n in 1..=RENAMES {
        if n.is_multiple_of(PING_EVERY) {
            for peer in followers.iter_mut().chain(&mut deaf) {
                peer.say(Ping::default()).await;
            }
        }
        let mut id = [0; 16];
        id[..8].copy_from_slice(&n.to_be_bytes());
        person
            .say(Command {
                id: CommandId(id),
                n: CommandN(n),
                body: CommandBody::Rename {
                    session,
                    name: "x".repeat(200),
                },
            })
            .await;
        loop {
            if let Message::Receipt(receipt) = person.hear().await
                && receipt.outcome.is_final()
            {
                assert!(matches!(receipt.outcome, Outcome::Done { .. }));
                break;
            }
        }
    }
    let last = hub.store().session(session).unwrap().last_seq;
    assert_eq!(last.0, 3 * RENAMES, "given, carried out, ended");
    let links = hub.links().figures();
    assert_eq!(links.len() as u64, CLIENTS + 1);
    // Beside events only the answers to pings wait.
    let most = CLIENT_QUEUE_MAX as u64 + RENAMES / PING_EVERY;
    for link in &links {
        assert!(link.queued <= most, "{link:?}");
    }
    let full = links.iter().filter(|link| link.overflows > 0).count() as u64;
    assert_eq!(
        full, CLIENTS,
        "nobody has read, so no queue had room for all"
    );
    let counted = hub::Counters::get(&hub.counters().overflows);
    assert!(counted >= CLIENTS, "{counted} are in the host's figures");
    for peer in &mut followers {
        let mut next = Seq(1);
        while next <= last {
            if let Message::Events(told) = peer.hear().await {
                for event in told.events {
                    assert_eq!(event.seq, next, "without gap or repetition");
                    next = next.next();
                }
            }
        }
    }
    assert_eq!(hub::Counters::get(&hub.counters().connections), CLIENTS + 1);
    drop(deaf);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_meets_a_bug_says_so_and_takes_no_other_with_it() {
    let (_folder, hub) = hub();
    let ids: Vec<SessionId> = (0..2).map(|n| SessionId::from_parts(1, [n; 10])).collect();
    for id in &ids {
        let session = Session::unborn(*id, LogEpoch(1), hub.launcher().clone(), now());
        hub.list().put(session.info());
        hub.add(session);
    }
    let broken = hub.session(ids[0]).unwrap();
    broken.letters.send(Letter::Break).await.unwrap();
    broken.letters.closed().await;
    let mut watch = hub.list().watch();
    while !matches!(hub.list().get(ids[0]).unwrap().life, Life::Failed { .. }) {
        watch.changed().await.unwrap();
    }
    assert!(hub.session(ids[0]).is_none(), "nobody is left to ask");
    assert!(hub.session(ids[1]).is_some());
    assert!(hub.list().get(ids[1]).unwrap().life.alive());
}

/// Returns what starts an agent with a conversation.
fn agent_with(conversation: Conversation) -> SessionSpec {
    SessionSpec {
        argv: Vec::new(),
        folder: "/".into(),
        cwd: None,
        agent: Some(Box::new(AgentSpec {
            provider: "claude".into(),
            model: None,
            mode: None,
            prompt: None,
            conversation,
            trusted: true,
        })),
        name: String::new(),
        env: Vec::new(),
        size: Size::cells(80, 24),
        private: false,
    }
}

/// Adds a session that has ended, and in which an agent had a conversation.
fn add_ended(hub: &Arc<Hub>, id: SessionId, spec: SessionSpec) {
    let mut had = Machine::default();
    had.recognized("claude");
    had.goes_on_with("c-1");
    let row = SessionRow {
        id,
        spec,
        name: String::new(),
        life: Life::Exited { code: 0, signal: 0 },
        cwd: String::new(),
        title: String::new(),
        size: Size::cells(80, 24),
        created_millis: 1,
        active_millis: 1,
        epoch: LogEpoch(1),
        agent: rmp_serde::to_vec_named(&had).unwrap(),
    };
    let stored = StoredSession::begun(row, Offset(0));
    let session = Session::from_store(stored, hub.launcher().clone());
    hub.list().put(session.info());
    hub.add(session);
}

#[tokio::test]
async fn no_two_agents_are_given_the_same_conversation() {
    let (_folder, hub) = hub();
    let id = |n| SessionId::from_parts(1, [n; 10]);
    let lists = |life| {
        let session = Session::unborn(id(1), LogEpoch(1), hub.launcher().clone(), now());
        let agent = AgentInfo {
            provider: "claude".into(),
            conversation: Some("c-1".into()),
            ..Machine::default().info()
        };
        hub.list().put(SessionInfo {
            name: "first".into(),
            life,
            agent: Some(agent),
            ..session.info()
        });
    };
    let create = |conversation| CommandBody::Create {
        session: id(2),
        spec: agent_with(conversation),
    };
    let resume = |id: &str| create(Conversation::Resume { id: id.into() });
    let ended = || Life::Exited { code: 0, signal: 0 };
    lists(Life::Running);
    assert_eq!(hub.held_by(&resume("c-1")).await.as_deref(), Some("first"));
    assert_eq!(hub.held_by(&resume("c-2")).await, None);
    let fork = create(Conversation::Fork { id: "c-1".into() });
    assert_eq!(hub.held_by(&fork).await, None);

    // One that ended and had it before is not started with it again; a shell, in which an agent had it, is one.
    let shell = SessionSpec {
        agent: None,
        ..agent_with(Conversation::New)
    };
    let agent = agent_with(Conversation::New);
    for (n, spec, held_by) in [(3, agent, Some("first")), (4, shell, None)] {
        add_ended(&hub, id(n), spec);
        let restart = CommandBody::Restart { session: id(n) };
        assert_eq!(hub.held_by(&restart).await.as_deref(), held_by, "{n}");
    }
    lists(ended());
    assert_eq!(hub.held_by(&resume("c-1")).await, None);
    // Of two that are made at once one has it.
    let at_once = CommandBody::Create {
        session: id(5),
        spec: agent_with(Conversation::Resume { id: "c-1".into() }),
    };
    assert!(hub.held_by(&at_once).await.is_some());
    assert_eq!(hub.held_by(&resume("c-1")).await, None, "it asks again");
    // Nor has another that ended and is started again, while the list does not tell yet what the first one's agent has.
    let made = Session::unborn(id(2), LogEpoch(1), hub.launcher().clone(), now());
    hub.list().put(SessionInfo {
        life: Life::Running,
        agent: None,
        ..made.info()
    });
    let again = CommandBody::Restart { session: id(3) };
    for other in [&at_once, &again] {
        assert!(hub.held_by(other).await.is_some());
    }
    let shell = CommandBody::Restart { session: id(4) };
    assert_eq!(hub.held_by(&shell).await, None);
}

#[tokio::test]
async fn of_two_agents_that_are_started_again_at_once_one_has_their_conversation() {
    let (_folder, hub) = hub();
    let id = |n| SessionId::from_parts(1, [n; 10]);
    for n in [1, 2] {
        add_ended(&hub, id(n), agent_with(Conversation::New));
    }
    let restart = |n| CommandBody::Restart { session: id(n) };
    assert_eq!(hub.held_by(&restart(1)).await, None);
    assert!(hub.held_by(&restart(2)).await.is_some());
    assert_eq!(hub.held_by(&restart(1)).await, None, "it asks again");
}
