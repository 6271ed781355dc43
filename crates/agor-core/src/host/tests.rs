//! The limits of a host as a whole.

use std::sync::atomic::Ordering;

use agor_proto::error::ErrorCode;
use agor_proto::ids::SessionId;
use agor_proto::limits::{CONNECTIONS_MAX, SESSIONS_MAX};
use agor_proto::message::Message;

use super::*;

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
        None,
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
    conn::serve(Arc::clone(&hub), theirs, ConnEpoch(1)).await;
    let (mut reader, _writer) = ours.split();
    let said = reader.next().await.unwrap();
    let Some(Message::Refused(Refused { error })) = said else {
        panic!("{said:?}");
    };
    assert_eq!(error.code, ErrorCode::TooMany);
    assert_eq!(hub::Counters::get(open), CONNECTIONS_MAX as u64);
}
