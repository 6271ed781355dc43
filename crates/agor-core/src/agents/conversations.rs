//! Who has a conversation: two programs that go on with one would each write what the other does not know of.

use agor_proto::session::SessionInfo;

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

/// Says in a sentence that the session `name` has a conversation that another was to go on with.
#[must_use]
pub fn is_held(name: &str) -> String {
    format!("{name} goes on with this conversation: end it first, or fork the conversation")
}
