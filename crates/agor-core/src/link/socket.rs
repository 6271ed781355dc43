//! Links over a Unix socket. The folder (0700) and the socket (0600) keep other users out; that
//! both ends are of one user is checked nevertheless.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::net::{UnixListener, UnixStream};

use super::{HostLock, Link, LinkError, Over, Peer};

/// How long to wait when the system has no descriptors left for a client.
const SHORTAGE_PAUSE: Duration = Duration::from_millis(100);

/// The host's end.
#[derive(Debug)]
pub(super) struct Socket {
    listener: UnixListener,
    lock: HostLock,
    path: PathBuf,
    /// Device and inode of what was bound.
    bound: (u64, u64),
}

impl Socket {
    pub(super) fn bind(path: &Path, lock: HostLock) -> Result<Self, LinkError> {
        let failed = LinkError::io;
        // Bound under another name and moved, so that nobody finds it before it is closed to
        // others, and so that what a dead host has left is replaced in one step.
        let name = format!(".host.sock.{}", std::process::id());
        let hidden = path.with_file_name(name);
        match fs::remove_file(&hidden) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(failed("clearing the way for the host's socket")(error));
            }
            _ => {}
        }
        let listener = UnixListener::bind(&hidden).map_err(failed("making the host's socket"))?;
        fs::set_permissions(&hidden, Permissions::from_mode(0o600))
            .map_err(failed("closing the host's socket to others"))?;
        let metadata = fs::metadata(&hidden).map_err(failed("looking at the host's socket"))?;
        if !lock.is_held() {
            fs::remove_file(&hidden).ok(); // The error that matters follows.
            return Err(LinkError::LockLost);
        }
        fs::rename(&hidden, path).map_err(failed("putting the host's socket in its place"))?;
        Ok(Self {
            listener,
            lock,
            path: path.to_owned(),
            bound: (metadata.dev(), metadata.ino()),
        })
    }

    pub(super) fn holds_lock(&self) -> bool {
        self.lock.is_held()
    }

    pub(super) async fn accept(&mut self) -> Result<Link, LinkError> {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => match checked(stream) {
                    Ok(link) => return Ok(link),
                    Err(LinkError::OtherUser { uid }) => {
                        tracing::warn!(uid, over = %Over::Socket, "refused a connection of another user");
                    }
                    Err(error) => tracing::warn!(%error, "a connection ended before it began"),
                },
                Err(error) if passes(&error) => {
                    tracing::warn!(%error, "no connection can be taken now");
                    tokio::time::sleep(SHORTAGE_PAUSE).await;
                }
                Err(error) => return Err(LinkError::io("accepting a connection")(error)),
            }
        }
    }
}

/// Says whether a failure to accept is about one client or a shortage.
fn passes(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let passing = [
        Errno::CONNABORTED,
        Errno::INTR,
        Errno::MFILE,
        Errno::NFILE,
        Errno::NOBUFS,
        Errno::NOMEM,
        Errno::PROTO,
    ];
    Errno::from_io_error(error).is_some_and(|errno| passing.contains(&errno))
}

impl Drop for Socket {
    fn drop(&mut self) {
        let still_ours = fs::metadata(&self.path)
            .is_ok_and(|there| (there.dev(), there.ino()) == self.bound && self.lock.is_held());
        if still_ours {
            fs::remove_file(&self.path).ok(); // The next host replaces it.
        }
    }
}

pub(super) async fn dial(path: &Path) -> Result<Link, LinkError> {
    match UnixStream::connect(path).await {
        Ok(stream) => checked(stream),
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused
            ) =>
        {
            Err(LinkError::NotRunning {
                socket: path.to_owned(),
            })
        }
        Err(error) => Err(LinkError::io("connecting to the host")(error)),
    }
}

fn checked(stream: UnixStream) -> Result<Link, LinkError> {
    let credentials = stream
        .peer_cred()
        .map_err(LinkError::io("asking who is at the other end"))?;
    let peer = Peer {
        over: Over::Socket,
        uid: credentials.uid(),
        pid: credentials.pid(),
    };
    if peer.uid != rustix::process::geteuid().as_raw() {
        return Err(LinkError::OtherUser { uid: peer.uid });
    }
    let (read, write) = stream.into_split();
    Ok(Link::new(peer, read, write))
}
