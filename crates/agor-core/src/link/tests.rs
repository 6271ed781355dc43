//! What every link keeps to, whatever it runs over.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use agor_proto::frame::{self, FrameError, Lane};
use agor_proto::limits::FRAME_BODY_MAX;
use agor_proto::message::Ping;
use proptest::prelude::*;
use tokio::io::AsyncWriteExt;

use super::*;
use crate::paths::{Overrides, Paths, Surroundings};

fn ping(nonce: u64) -> Message {
    let ping = Ping {
        nonce,
        micros: 7,
        ..Ping::default()
    };
    ping.into()
}

fn profile(folder: &Path) -> Paths {
    let overrides = Overrides {
        config: Some(folder.join("config")),
        data: Some(folder.join("data")),
        ..Overrides::default()
    };
    let paths = Paths::resolve_in(&Surroundings::default(), &overrides).unwrap();
    paths.create().unwrap();
    paths
}

/// Returns a reader and the bare stream that it reads from.
fn reader_over_bytes() -> (LinkReader, tokio::io::DuplexStream) {
    let (ours, theirs) = tokio::io::duplex(4 * 1024 * 1024);
    let (read, write) = tokio::io::split(ours);
    let peer = Peer {
        over: Over::Memory,
        uid: 0,
        pid: None,
    };
    let (reader, _writer) = Link::new(peer, read, write).split();
    (reader, theirs)
}

#[tokio::test]
async fn messages_come_in_the_order_in_which_they_were_sent() {
    let (here, there) = Link::pair(64);
    let (_, mut writer) = here.split();
    let (mut reader, _) = there.split();
    let sending = tokio::spawn(async move {
        for nonce in 0..100 {
            writer.queue(&ping(nonce)).unwrap();
        }
        writer.flush().await.unwrap();
        writer.close().await.unwrap();
    });
    for nonce in 0..100 {
        assert_eq!(reader.next().await.unwrap(), Some(ping(nonce)));
    }
    sending.await.unwrap();
    assert_eq!(reader.next().await.unwrap(), None);
}

#[tokio::test]
async fn a10_every_link_carries_the_same_frames_whole_in_order_and_ends_alike() {
    let folder = tempfile::tempdir().unwrap();
    let paths = profile(folder.path());
    let socket = Listener::bind(&paths, HostLock::take(&paths).unwrap()).unwrap();
    let over_socket = (socket, Dialer::Socket(paths.host_socket()));
    for (mut listener, dialer) in [Listener::memory(), over_socket] {
        let (dialled, accepted) = tokio::join!(dialer.dial(), listener.accept());
        let ends = (dialled.unwrap(), accepted.unwrap());
        // The peer is the person's own account, whoever dials; nothing else is asked for.
        assert_eq!(ends.0.peer().uid, ends.1.peer().uid);
        {
            let (mut reader, mut writer) = ends.0.split();
            let (mut their_reader, mut their_writer) = ends.1.split();
            let large = agor_proto::message::Answer {
                ask: agor_proto::ids::AskId(1),
                last: true,
                part: agor_proto::message::Part::Blob {
                    bytes: vec![9; FRAME_BODY_MAX / 2],
                },
            };
            let said: Vec<Message> = (0..50).map(ping).chain([large.into()]).collect();
            let sending = async {
                for message in &said {
                    writer.queue(message).unwrap();
                }
                writer.flush().await.unwrap();
                writer.close().await.unwrap();
            };
            let hearing = async {
                let mut heard = Vec::new();
                while let Some(message) = their_reader.next().await.unwrap() {
                    heard.push(message);
                }
                heard
            };
            let ((), heard) = tokio::join!(sending, hearing);
            assert_eq!(heard, said);
            their_writer.send(&ping(99)).await.unwrap();
            assert_eq!(
                reader.next().await.unwrap(),
                Some(ping(99)),
                "one end is not both"
            );
            drop((their_reader, their_writer));
            assert!(!matches!(reader.next().await, Ok(Some(_))));
        }
    }
}

#[tokio::test]
async fn a_flush_that_is_dropped_goes_on_where_it_was() {
    let (here, there) = Link::pair(5);
    let (_, mut writer) = here.split();
    let (mut reader, _) = there.split();
    writer.queue(&ping(1)).unwrap();
    let flush = tokio::time::timeout(std::time::Duration::ZERO, writer.flush());
    assert!(flush.await.is_err(), "the pipe is smaller than the message");
    let (flushed, read) = tokio::join!(writer.flush(), reader.next());
    flushed.unwrap();
    assert_eq!(read.unwrap(), Some(ping(1)));
}

#[tokio::test]
async fn frames_of_unknown_kinds_are_skipped_and_counted() {
    let (mut reader, mut theirs) = reader_over_bytes();
    let mut bytes = Vec::new();
    frame::write(Lane::Control, 0x7fff, b"later", &mut bytes).unwrap();
    ping(3).encode(&mut bytes).unwrap();
    theirs.write_all(&bytes).await.unwrap();
    assert_eq!(reader.next().await.unwrap(), Some(ping(3)));
    assert_eq!(reader.unknown_frames(), 1);
}

/// What a peer sends: a ping, or a frame of a later release.
#[derive(Debug, Clone)]
enum Sent {
    Ping(u64),
    Later {
        kind: u16,
        body: Vec<u8>,
        lane: Option<u8>,
    },
}

fn sent() -> impl Strategy<Value = Vec<Sent>> {
    let body = proptest::collection::vec(any::<u8>(), 0..60);
    let lane = proptest::option::of(6..=u8::MAX);
    let later = (0x7000..0x7fff_u16, body, lane);
    let sent = prop_oneof![
        any::<u64>().prop_map(Sent::Ping),
        later.prop_map(|(kind, body, lane)| Sent::Later { kind, body, lane }),
    ];
    proptest::collection::vec(sent, 0..40)
}

proptest! {
    /// In a lane of ours or in a later one, with any body.
    #[test]
    fn c7_frames_of_unknown_kinds_are_skipped_and_counted_and_the_others_heard(sent in sent()) {
        let (mut bytes, mut nonces, mut unknown) = (Vec::new(), Vec::new(), 0);
        for sent in sent {
            let begin = bytes.len();
            match sent {
                Sent::Ping(nonce) => {
                    ping(nonce).encode(&mut bytes).unwrap();
                    nonces.push(nonce);
                }
                Sent::Later { kind, body, lane } => {
                    frame::write(Lane::Bulk, kind, &body, &mut bytes).unwrap();
                    // The length of four bytes and the version come before it.
                    bytes[begin + 5] = lane.unwrap_or(Lane::Bulk as u8);
                    unknown += 1;
                }
            }
        }
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let heard = runtime.block_on(async {
            let (mut reader, mut theirs) = reader_over_bytes();
            theirs.write_all(&bytes).await.unwrap();
            drop(theirs);
            let mut heard = Vec::new();
            while let Some(message) = reader.next().await.unwrap() {
                match message {
                    Message::Ping(ping) => heard.push(ping.nonce),
                    other => panic!("nobody sent {other:?}"),
                }
            }
            (heard, reader.unknown_frames())
        });
        prop_assert_eq!(heard, (nonces, unknown));
    }
}

#[tokio::test]
async fn a12_a_known_kind_with_another_body_is_an_error() {
    let (mut reader, mut theirs) = reader_over_bytes();
    let mut bytes = Vec::new();
    frame::write(Lane::Control, ping(0).kind(), b"\xc1", &mut bytes).unwrap();
    theirs.write_all(&bytes).await.unwrap();
    let error = reader.next().await.unwrap_err();
    assert!(matches!(error, LinkError::Frame(FrameError::Decode { .. })));
}

#[tokio::test]
async fn a_frame_beyond_the_limit_is_refused_before_it_comes() {
    let (mut reader, mut theirs) = reader_over_bytes();
    let announced = (FRAME_BODY_MAX as u32 + 1).to_be_bytes();
    theirs.write_all(&announced).await.unwrap();
    theirs.write_all(&[1, 0, 0, 4]).await.unwrap();
    let error = reader.next().await.unwrap_err();
    assert!(matches!(
        error,
        LinkError::Frame(FrameError::TooLarge { .. })
    ));
}

#[tokio::test]
async fn garbage_ends_the_link_with_an_error() {
    let (mut reader, mut theirs) = reader_over_bytes();
    theirs.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    assert!(matches!(reader.next().await, Err(LinkError::Frame(_))));
}

#[tokio::test]
async fn a_stream_that_ends_inside_a_frame_is_told_apart_from_an_end() {
    let (mut reader, mut theirs) = reader_over_bytes();
    let mut bytes = Vec::new();
    ping(3).encode(&mut bytes).unwrap();
    theirs.write_all(&bytes[..bytes.len() - 1]).await.unwrap();
    drop(theirs);
    assert!(matches!(reader.next().await, Err(LinkError::Cut)));
}

#[tokio::test]
async fn a_message_beyond_the_limit_leaves_the_queue_as_it_was() {
    let (here, _there) = Link::pair(64);
    let (_, mut writer) = here.split();
    let answer = agor_proto::message::Answer {
        ask: agor_proto::ids::AskId(1),
        last: true,
        part: agor_proto::message::Part::Blob {
            bytes: vec![0; FRAME_BODY_MAX],
        },
    };
    let error = writer.queue(&answer.into()).unwrap_err();
    assert!(matches!(
        error,
        LinkError::Frame(FrameError::TooLarge { .. })
    ));
    assert_eq!(writer.queued_bytes(), 0);
}

#[tokio::test]
async fn the_hosts_socket_is_for_its_user_alone_and_goes_with_the_host() {
    let folder = tempfile::tempdir().unwrap();
    let paths = profile(folder.path());
    let dialer = Dialer::Socket(paths.host_socket());
    let missing = dialer.dial().await.unwrap_err();
    assert!(matches!(missing, LinkError::NotRunning { .. }));

    let mut listener = Listener::bind(&paths, HostLock::take(&paths).unwrap()).unwrap();
    let mode = fs::metadata(paths.host_socket()).unwrap().mode();
    assert_eq!(mode & 0o777, 0o600);
    let (dialled, accepted) = tokio::join!(dialer.dial(), listener.accept());
    assert_eq!(dialled.unwrap().peer().uid, accepted.unwrap().peer().uid);
    let second = HostLock::take(&paths).unwrap_err();
    let us = std::process::id();
    assert!(matches!(second, LinkError::HostRunning { pid: Some(pid) } if pid == us));
    assert_eq!(HostLock::holder(&paths), Some(us));

    drop(listener);
    assert!(!paths.host_socket().exists());
    assert_eq!(HostLock::holder(&paths), None);
    HostLock::take(&paths).unwrap();
}

#[test]
fn who_waits_for_the_lock_is_woken_when_it_is_let_go_and_leaves_it_free() {
    let folder = tempfile::tempdir().unwrap();
    let paths = profile(folder.path());
    HostLock::wait_until_free(&paths);
    let lock = HostLock::take(&paths).unwrap();
    let waiting = std::thread::spawn({
        let paths = paths.clone();
        move || HostLock::wait_until_free(&paths)
    });
    assert!(!waiting.is_finished(), "the lock is held");
    drop(lock);
    waiting.join().unwrap();
    let lock = HostLock::take(&paths).unwrap();
    assert!(lock.is_held());
}

#[tokio::test]
async fn what_a_dead_host_left_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let paths = profile(folder.path());
    drop(std::os::unix::net::UnixListener::bind(paths.host_socket()).unwrap());
    let dialer = Dialer::Socket(paths.host_socket());
    let dead = dialer.dial().await.unwrap_err();
    assert!(matches!(dead, LinkError::NotRunning { .. }));
    let mut listener = Listener::bind(&paths, HostLock::take(&paths).unwrap()).unwrap();
    let (dialled, accepted) = tokio::join!(dialer.dial(), listener.accept());
    dialled.unwrap();
    accepted.unwrap();
}

#[tokio::test]
async fn a_host_that_was_taken_over_notices_and_leaves_the_new_socket_alone() {
    let folder = tempfile::tempdir().unwrap();
    let paths = profile(folder.path());
    let old = Listener::bind(&paths, HostLock::take(&paths).unwrap()).unwrap();
    let new = Listener::bind(&paths, HostLock::take_over(&paths).unwrap()).unwrap();
    assert!(!old.holds_lock());
    assert!(new.holds_lock());
    drop(old);
    assert!(paths.host_socket().exists());
    Dialer::Socket(paths.host_socket()).dial().await.unwrap();
}
