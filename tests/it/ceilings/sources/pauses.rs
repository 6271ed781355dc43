//! Where a task of the host, of a client or of the window pauses by the clock, and for what. Nobody asks another part
//! again and again for what that part could tell.

use super::super::rust::words;
use super::{Source, sources};

/// What pauses by the clock.
const NAMES: &[&str] = &["interval", "interval_at", "sleep", "sleep_until"];

/// Every file in which something pauses, below `crates`, and why it has to.
const PAUSES: &[(&str, &str)] = &[
    (
        "agor-app/src/link/diagnose.rs",
        "bars of what was told move on until all are still",
    ),
    (
        "agor-app/src/link/everywhere.rs",
        "who types a search is let finish a word; hits are shown together",
    ),
    ("agor-app/src/link/follower.rs", "a lease ends by time"),
    (
        "agor-app/src/link/images.rs",
        "a host that is busy decoding is asked again, ever later",
    ),
    (
        "agor-app/src/link/layout.rs",
        "a layout that changes all the time is written now and then",
    ),
    (
        "agor-core/src/cli/paint/display.rs",
        "a note is shown for a time",
    ),
    (
        "agor-core/src/cli/verbs/attach.rs",
        "an escape is a key of its own when nothing follows; a farewell is bounded",
    ),
    (
        "agor-core/src/cli/verbs/run.rs",
        "the same escape; a program's hold on its screen ends by time",
    ),
    (
        "agor-core/src/client/driver.rs",
        "its machine says when it wants to be woken: heartbeats, leases, dials",
    ),
    (
        "agor-core/src/host.rs",
        "another host may have taken the lock file",
    ),
    (
        "agor-core/src/host/actor.rs",
        "its machine says when it wants to be woken; a store that fails is read again",
    ),
    (
        "agor-core/src/host/awake.rs",
        "a list that changes all the time is looked at now and then",
    ),
    (
        "agor-core/src/host/follow.rs",
        "what changes all the time is told now and then; midnight comes without a word",
    ),
    (
        "agor-core/src/host/notify.rs",
        "its machine says when it wants to be woken",
    ),
    (
        "agor-core/src/host/registry.rs",
        "a folder is not made yet, and nobody says when it is",
    ),
    (
        "agor-core/src/host/retention.rs",
        "what is kept for days ends by time",
    ),
    (
        "agor-core/src/host/settings.rs",
        "a list that changes all the time is looked at now and then",
    ),
    (
        "agor-core/src/host/start.rs",
        "another process that held the socket ends",
    ),
    (
        "agor-core/src/host/transcripts.rs",
        "a file that is written all the time is read now and then",
    ),
    (
        "agor-core/src/host/trouble.rs",
        "a disk with room counts as well when that lasts",
    ),
    (
        "agor-core/src/link/socket.rs",
        "the system has no descriptors left",
    ),
    (
        "agor-core/src/logging/tail.rs",
        "a file that is written all the time is read now and then",
    ),
];

/// Returns the lines that pause in a file that is no row of [`PAUSES`]. Tests wait as they like.
pub fn unknown_pauses(source: &Source) -> Vec<usize> {
    let is_test = source.path.contains("/tests/") || source.path.ends_with("tests.rs");
    let path = source.path.strip_prefix("crates/").unwrap_or_default();
    let is_ours = path.starts_with("agor-core/src/") || path.starts_with("agor-app/src/");
    let is_known = PAUSES.iter().any(|(known, _)| *known == path);
    if is_test || !is_ours || is_known {
        return Vec::new();
    }
    source.lines_of_code(pauses)
}

/// Says whether a line names a pause of `tokio::time`.
fn pauses(line: &str) -> bool {
    let named: Vec<&str> = words(line).map(|(_, word)| word).collect();
    named.contains(&"time") && named.iter().any(|word| NAMES.contains(word))
}

#[test]
fn every_file_that_may_pause_pauses() {
    let sources = sources();
    for (path, why) in PAUSES {
        let is_there = |source: &Source| source.path.strip_prefix("crates/") == Some(*path);
        let source = sources.iter().find(|source| is_there(source));
        let lines = source.map(|source| source.lines_of_code(pauses));
        assert!(
            lines.is_some_and(|lines| !lines.is_empty()),
            "{path} waits for no clock ({why}): drop its row in PAUSES"
        );
    }
}
