//! Which agent wrote which file lately, so that two that write the same one are told apart from two that work in
//! worktrees of their own: those have paths of their own.

use std::collections::HashMap;

use agor_proto::ids::SessionId;
use agor_proto::limits::AGENT_WRITES_MAX;

/// How long after one agent wrote a file another that writes it is in its way.
pub const LATELY_MILLIS: u64 = 30 * 60 * 1_000;

/// See the module.
#[derive(Debug, Default)]
pub struct Writes {
    files: HashMap<String, Vec<(SessionId, u64)>>,
}

impl Writes {
    /// Notes that a session's agent wrote a file, and returns the others that did so lately.
    pub fn note(&mut self, session: SessionId, file: &str, now_millis: u64) -> Vec<SessionId> {
        if !self.files.contains_key(file) && self.files.len() >= AGENT_WRITES_MAX {
            self.make_room(now_millis);
        }
        let writers = self.files.entry(file.to_owned()).or_default();
        writers.retain(|(writer, at)| *writer != session && is_lately(*at, now_millis));
        let others = writers.iter().map(|(writer, _)| *writer).collect();
        writers.push((session, now_millis));
        others
    }

    /// Forgets a session.
    pub fn forget(&mut self, session: SessionId) {
        self.files.retain(|_, writers| {
            writers.retain(|(writer, _)| *writer != session);
            !writers.is_empty()
        });
    }

    /// Forgets what is long ago; of files that were all written lately, the one that was so first.
    fn make_room(&mut self, now_millis: u64) {
        let last = |writers: &Vec<(SessionId, u64)>| writers.iter().map(|(_, at)| *at).max();
        self.files
            .retain(|_, writers| last(writers).is_some_and(|at| is_lately(at, now_millis)));
        if self.files.len() >= AGENT_WRITES_MAX {
            let oldest = self.files.iter().min_by_key(|(_, writers)| last(writers));
            if let Some(file) = oldest.map(|(file, _)| file.clone()) {
                self.files.remove(&file);
            }
        }
    }
}

fn is_lately(at_millis: u64, now_millis: u64) -> bool {
    now_millis.saturating_sub(at_millis) <= LATELY_MILLIS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u64) -> SessionId {
        SessionId::from_parts(n, [1; 10])
    }

    #[test]
    fn two_that_write_the_same_file_lately_are_in_each_others_way() {
        let mut writes = Writes::default();
        assert_eq!(writes.note(id(1), "/a/x", 0), []);
        assert_eq!(writes.note(id(1), "/a/x", 5), [], "its own");
        assert_eq!(writes.note(id(2), "/b/x", 6), [], "another worktree");
        assert_eq!(writes.note(id(2), "/a/x", 7), [id(1)]);
        assert_eq!(writes.note(id(1), "/a/x", 8), [id(2)]);
        assert_eq!(writes.note(id(3), "/a/x", 8 + LATELY_MILLIS + 1), []);
        writes.note(id(1), "/c", 9);
        writes.forget(id(1));
        assert_eq!(writes.note(id(2), "/c", 10), []);
    }

    #[test]
    fn agent_writes_max_files_are_remembered_those_that_were_written_last() {
        let mut writes = Writes::default();
        for n in 0..AGENT_WRITES_MAX as u64 + 1 {
            writes.note(id(1), &format!("/{n}"), n);
        }
        assert_eq!(writes.files.len(), AGENT_WRITES_MAX);
        let now = AGENT_WRITES_MAX as u64 + 1;
        assert_eq!(writes.note(id(2), "/1", now), [id(1)]);
        assert_eq!(writes.note(id(2), "/0", now), []);
    }
}
