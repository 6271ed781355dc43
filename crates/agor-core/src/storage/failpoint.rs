//! Places in the store's work at which a test has its process killed, a host or a test's own. A release has none.

/// Names the place where a process is killed, and how often it passes there before.
#[cfg(any(test, debug_assertions))]
pub(super) const KILL_AT: &str = "AGOR_TEST_KILL_AT";

/// A place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failpoint {
    /// The write lock is taken, and nothing is written.
    Begun,
    /// One write of a transaction is applied, and perhaps not the next.
    Written,
    /// A group is applied, and not committed.
    Applied,
    /// A group is committed, and nobody was told.
    Committed,
    /// One sender of a group was told, and perhaps not the next.
    Told,
    /// The log was moved into the database.
    LogMoved,
    /// A segment is written under its temporary name.
    SegmentWritten,
    /// A segment has its name, and the database does not know it.
    SegmentNamed,
    /// A segment has taken the place of its chunks, and the next may be due.
    SegmentTaken,
    /// A commit gave files up, and they are still there.
    GivenUp,
    /// A backup is whole, and has not its name.
    BackedUp,
}

#[cfg(test)]
impl Failpoint {
    /// All of them.
    pub(super) const ALL: [Self; 11] = [
        Self::Begun,
        Self::Written,
        Self::Applied,
        Self::Committed,
        Self::Told,
        Self::LogMoved,
        Self::SegmentWritten,
        Self::SegmentNamed,
        Self::SegmentTaken,
        Self::GivenUp,
        Self::BackedUp,
    ];
}

/// Says that `point` is reached; does not return where this process is to be killed there.
#[cfg(any(test, debug_assertions))]
pub(super) fn reach(point: Failpoint) {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    use rustix::process::{Signal, getpid, kill_process};

    static KILL: OnceLock<Option<(String, u64)>> = OnceLock::new();
    static PASSED: AtomicU64 = AtomicU64::new(0);
    let kill = KILL.get_or_init(|| {
        let asked = std::env::var(KILL_AT).ok()?;
        let (name, often) = asked.split_once(' ')?;
        Some((name.to_owned(), often.parse().ok()?))
    });
    if let Some((name, often)) = kill
        && *name == format!("{point:?}")
        && PASSED.fetch_add(1, Ordering::Relaxed) == *often
    {
        // All threads end at once, as when a host is killed.
        kill_process(getpid(), Signal::KILL).expect("a process may kill itself");
    }
}

/// Says that a point is reached: in a release to nobody.
#[cfg(not(any(test, debug_assertions)))]
pub(super) fn reach(_: Failpoint) {}
