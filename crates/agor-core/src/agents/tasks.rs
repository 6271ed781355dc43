//! What an agent has under way, counted by ids: an end without its begin, or told twice, counts nothing.

use std::collections::BTreeMap;

use agor_proto::limits::AGENT_TASKS_MAX;
use serde::{Deserialize, Serialize};

/// Tasks under way, with what each is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tasks(BTreeMap<String, String>);

impl Tasks {
    /// A task began.
    pub fn begin(&mut self, id: &str, what: &str) {
        if self.0.len() < AGENT_TASKS_MAX || self.0.contains_key(id) {
            self.0.insert(id.to_owned(), what.to_owned());
        }
    }

    /// A task ended; says what it was.
    pub fn end(&mut self, id: &str) -> Option<String> {
        self.0.remove(id)
    }

    /// Returns the id of the first task that is `what`.
    #[must_use]
    pub fn id_of(&self, what: &str) -> Option<&str> {
        let found = self.0.iter().find(|(_, known)| *known == what);
        found.map(|(id, _)| &id[..])
    }

    /// Nothing is under way any more.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Returns how many are under way.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agent_tasks_max_are_counted_each_once() {
        let mut tasks = Tasks::default();
        for n in 0..2 * AGENT_TASKS_MAX {
            tasks.begin(&n.to_string(), "Bash");
            tasks.begin(&n.to_string(), "Bash");
        }
        assert_eq!(tasks.len(), AGENT_TASKS_MAX);
        tasks.end("0");
        tasks.end("0");
        tasks.end("never");
        assert_eq!(tasks.len(), AGENT_TASKS_MAX - 1);
    }
}
