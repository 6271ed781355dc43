//! Descriptors of the keeper's side as the reactor watches them.

use std::io;
use std::os::fd::{AsFd, AsRawFd, RawFd};

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Something that owns one descriptor and always names that one.
#[derive(Debug)]
pub struct Owner<T>(pub T);

impl<T: AsFd> AsRawFd for Owner<T> {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_fd().as_raw_fd()
    }
}

/// A watched descriptor.
pub type Watched<T> = AsyncFd<Owner<T>>;

/// Begins to watch the descriptor of `inner`, which must be the same until it is dropped.
///
/// # Errors
/// The system watches no more descriptors.
#[expect(
    deprecated,
    reason = "its successor is unsafe to call; that the descriptor stays the same holds for the two types used: a ring and a link own theirs"
)]
pub fn watch<T: AsFd>(inner: T, interest: Interest) -> io::Result<Watched<T>> {
    AsyncFd::with_interest(Owner(inner), interest)
}
