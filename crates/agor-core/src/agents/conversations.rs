//! Who has a conversation: two programs that go on with one would each write what the other does not know of.

use std::time::{Duration, Instant};

use agor_proto::ids::SessionId;
use agor_proto::session::SessionInfo;

/// How long a session that is to go on with a conversation has it of which the list does not tell that yet: starting one
/// takes milliseconds, and one that could not be started is soon tried again.
const STARTS_WITHIN: Duration = Duration::from_secs(1);

/// Returns the session whose agent, of this provider, runs and has the conversation `id`.
#[must_use]
pub fn holder<'a>(
    sessions: impl IntoIterator<Item = &'a SessionInfo>,
    provider: &str,
    id: &str,
) -> Option<&'a SessionInfo> {
    let mut sessions = sessions.into_iter();
    sessions.find(|info| {
        let agent = info.agent.as_ref().filter(|_| info.life.alive());
        agent.is_some_and(|agent| {
            agent.provider == provider && agent.conversation.as_deref() == Some(id)
        })
    })
}

/// Returns an id for a conversation that begins with a session: the session's as a UUID of version 4. Qwen Code 0.24.4
/// starts with none of a version above 5, and a session's has 7.
#[must_use]
pub fn id_with(session: SessionId) -> String {
    let mut id = session.to_string();
    id.replace_range(14..15, "4");
    id
}

/// Says in a sentence that the session `name` has a conversation that another was to go on with.
#[must_use]
pub fn is_held(name: &str) -> String {
    format!("{name} goes on with this conversation: end it first, or fork the conversation")
}

/// Sessions that are being started to go on with a conversation: of two at once one has it.
#[derive(Debug, Default)]
pub struct Starting(Vec<Start>);

#[derive(Debug)]
struct Start {
    provider: String,
    conversation: String,
    session: SessionId,
    since: Instant,
}

impl Starting {
    /// Notes that `session` is to go on with a conversation; says whether it may, since no other is being started that
    /// does. `has_started` says of which sessions the list tells what they have.
    pub fn note(
        &mut self,
        (provider, conversation): (&str, &str),
        session: SessionId,
        now: Instant,
        has_started: impl Fn(SessionId) -> bool,
    ) -> bool {
        self.0
            .retain(|it| now.duration_since(it.since) < STARTS_WITHIN && !has_started(it.session));
        let mut same = self
            .0
            .iter()
            .filter(|it| it.provider == provider && it.conversation == conversation);
        match same.next() {
            Some(other) => other.session == session,
            None => {
                self.0.push(Start {
                    provider: provider.to_owned(),
                    conversation: conversation.to_owned(),
                    session,
                    since: now,
                });
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_begins_with_an_id_that_every_agent_takes() {
        let session = SessionId::from_parts(0x0193_a23a_916b, [0x3c; 10]);
        assert_eq!(session.to_string(), "0193a23a-916b-7c3c-bc3c-3c3c3c3c3c3c");
        assert_eq!(id_with(session), "0193a23a-916b-4c3c-bc3c-3c3c3c3c3c3c");
    }

    #[test]
    fn of_two_sessions_that_are_made_at_once_one_goes_on_with_a_conversation() {
        let (first, second) = (
            SessionId::from_parts(1, [1; 10]),
            SessionId::from_parts(1, [2; 10]),
        );
        let (mut starting, now) = (Starting::default(), Instant::now());
        let (conversation, unlisted) = (("claude", "c-1"), |_| false);
        assert!(starting.note(conversation, first, now, unlisted));
        assert!(
            starting.note(conversation, first, now, unlisted),
            "it asks again"
        );
        assert!(!starting.note(conversation, second, now, unlisted));
        assert!(starting.note(("claude", "c-2"), second, now, unlisted));
        assert!(starting.note(("codex", "c-1"), second, now, unlisted));
        // The list tells whether the first still has it.
        assert!(starting.note(conversation, second, now, |it| it == first));
        // One that was never made has nothing for long.
        assert!(!starting.note(conversation, first, now, unlisted));
        assert!(starting.note(conversation, first, now + STARTS_WITHIN, unlisted));
    }
}
