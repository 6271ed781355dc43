//! Links within one process, for tests and for a window that carries its host with it.

use tokio::sync::mpsc;

use super::{Link, LinkError, Over, Peer};

/// Links that wait to be accepted; beyond it a dialer waits.
pub(super) const WAITING_MAX: usize = 16;

/// What a link holds in each direction before its writer waits.
const BUFFER_BYTES: usize = 256 * 1024;

pub(super) fn pair(buffer_bytes: usize) -> (Link, Link) {
    let peer = Peer {
        over: Over::Memory,
        uid: rustix::process::geteuid().as_raw(),
        pid: None,
    };
    let (one, other) = tokio::io::duplex(buffer_bytes);
    let link = |stream| {
        let (read, write) = tokio::io::split(stream);
        Link::new(peer, read, write)
    };
    (link(one), link(other))
}

pub(super) async fn dial(host: &mpsc::Sender<Link>) -> Result<Link, LinkError> {
    let (ours, theirs) = pair(BUFFER_BYTES);
    match host.send(theirs).await {
        Ok(()) => Ok(ours),
        Err(_) => Err(LinkError::NotRunning {
            socket: "this process".into(),
        }),
    }
}
