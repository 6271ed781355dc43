//! Who needs the person, in which order.

use agor_proto::agent::State;
use agor_proto::ids::SessionId;
use agor_proto::session::SessionInfo;

/// From so many percent on, a full context soon costs the agent its memory.
pub const CONTEXT_FULL_PERCENT: u8 = 90;

/// Why a session needs the person, what blocks most first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Need {
    /// It asks whether it may.
    Permission,
    /// It asks something.
    Answer,
    /// It failed, or ended with a failure.
    Error,
    /// Its context is almost full.
    Context,
    /// It and another have written the same file.
    Conflict,
    /// It finished, and nobody has looked.
    Done,
    /// It should be working and nothing moves.
    Stalled,
}

impl Need {
    /// Returns why a session needs the person, if it does.
    #[must_use]
    pub fn of(info: &SessionInfo) -> Option<Self> {
        if !info.life.alive() {
            return info.has_failed().then_some(Self::Error);
        }
        let context = info
            .agent
            .as_ref()
            .and_then(|agent| agent.usage.context_percent);
        let conflict = info
            .agent
            .as_ref()
            .is_some_and(|agent| agent.conflict.is_some());
        match info.state {
            State::NeedsPermission => Some(Self::Permission),
            State::NeedsAnswer => Some(Self::Answer),
            State::Error => Some(Self::Error),
            _ if context.is_some_and(|percent| percent >= CONTEXT_FULL_PERCENT) => {
                Some(Self::Context)
            }
            _ if conflict => Some(Self::Conflict),
            State::Done => Some(Self::Done),
            State::Stalled => Some(Self::Stalled),
            _ => None,
        }
    }

    /// Says whether nothing goes on in the session until the person acts.
    #[must_use]
    pub fn blocks(self) -> bool {
        matches!(self, Self::Permission | Self::Answer)
    }

    /// Returns the words for it.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Permission => "needs permission",
            Self::Answer => "needs an answer",
            Self::Error => "failed",
            Self::Context => "context almost full",
            Self::Conflict => "two write the same file",
            Self::Done => "done",
            Self::Stalled => "stalled",
        }
    }
}

/// Returns since when a session is as it is, in milliseconds since 1970.
#[must_use]
pub fn since(info: &SessionInfo) -> u64 {
    let agent = info.agent.as_ref();
    agent.map_or(info.active_millis, |agent| agent.since_millis)
}

/// Returns the sessions that need the person: by need, the one that waits longest first.
#[must_use]
pub fn queue(sessions: &[SessionInfo]) -> Vec<(Need, &SessionInfo)> {
    let mut queue: Vec<_> = sessions
        .iter()
        .filter_map(|info| Some((Need::of(info)?, info)))
        .collect();
    queue.sort_by_key(|(need, info)| (*need, since(info), info.id));
    queue
}

/// Returns the session of the queue after `current`, or its first.
#[must_use]
pub fn next(sessions: &[SessionInfo], current: Option<SessionId>) -> Option<SessionId> {
    let queue = queue(sessions);
    let at = current.and_then(|current| queue.iter().position(|(_, info)| info.id == current));
    let next = at.map_or(0, |at| (at + 1) % queue.len());
    let (_, info) = queue.get(next)?;
    Some(info.id).filter(|id| Some(*id) != current)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{agent_info, session_id, session_info};
    use agor_proto::agent::Conflict;
    use agor_proto::session::Life;

    fn agent(number: u8, state: State, since_millis: u64) -> SessionInfo {
        let mut info = session_info(number, "claude");
        info.state = state;
        let mut agent = agent_info();
        agent.since_millis = since_millis;
        info.agent = Some(agent);
        info
    }

    fn ids(sessions: &[SessionInfo]) -> Vec<SessionId> {
        queue(sessions).iter().map(|(_, info)| info.id).collect()
    }

    #[test]
    fn what_blocks_comes_first_and_of_that_what_waits_longest() {
        let sessions = [
            agent(1, State::Done, 10),
            agent(2, State::NeedsPermission, 30),
            agent(3, State::Working, 1),
            agent(4, State::NeedsPermission, 20),
            agent(5, State::Error, 5),
            agent(6, State::NeedsAnswer, 1),
            agent(7, State::Stalled, 1),
            agent(8, State::Idle, 1),
        ];
        assert_eq!(ids(&sessions), [4, 2, 6, 5, 1, 7].map(session_id));
    }

    #[test]
    fn an_agent_whose_context_is_almost_full_needs_you_while_it_works() {
        let mut info = agent(1, State::Working, 1);
        info.agent.as_mut().unwrap().usage.context_percent = Some(89);
        assert_eq!(Need::of(&info), None);
        info.agent.as_mut().unwrap().usage.context_percent = Some(90);
        assert_eq!(Need::of(&info), Some(Need::Context));
    }

    #[test]
    fn two_agents_that_write_the_same_file_need_you_before_one_that_is_done() {
        let mut info = agent(1, State::Working, 1);
        info.agent.as_mut().unwrap().conflict = Some(Conflict {
            file: "/work/project/src/cart.rs".into(),
            with: "codex".into(),
            at_millis: 5,
        });
        assert_eq!(Need::of(&info), Some(Need::Conflict));
        info.state = State::Done;
        assert_eq!(Need::of(&info), Some(Need::Conflict));
        info.state = State::NeedsPermission;
        assert_eq!(Need::of(&info), Some(Need::Permission), "that blocks");
        assert!(Need::Context < Need::Conflict && Need::Conflict < Need::Done);
    }

    #[test]
    fn of_what_has_ended_an_agent_alone_needs_you_whose_failure_nobody_has_seen() {
        let ended = |state, life| SessionInfo {
            life,
            ..agent(1, state, 1)
        };
        let killed = || Life::Exited {
            code: -1,
            signal: 11,
        };
        for life in [
            killed(),
            Life::Lost,
            Life::Failed {
                reason: "no such program".into(),
            },
        ] {
            let mut info = ended(State::Error, life);
            assert_eq!(Need::of(&info), Some(Need::Error));
            info.state = State::Exited;
            assert_eq!(Need::of(&info), None, "it was seen");
            info.state = State::Error;
            info.agent = None;
            assert_eq!(Need::of(&info), None, "a command is no agent");
        }
        for state in [State::NeedsPermission, State::Done, State::Exited] {
            assert_eq!(Need::of(&ended(state, killed())), None);
        }
    }

    #[test]
    fn the_next_goes_around_and_is_never_where_one_is() {
        let sessions = [
            agent(1, State::NeedsPermission, 1),
            agent(2, State::NeedsPermission, 2),
            session_info(3, "bash"),
        ];
        let next = |current| next(&sessions, current);
        assert_eq!(next(None), Some(session_id(1)));
        assert_eq!(next(Some(session_id(3))), Some(session_id(1)));
        assert_eq!(next(Some(session_id(1))), Some(session_id(2)));
        assert_eq!(next(Some(session_id(2))), Some(session_id(1)));
        assert_eq!(super::next(&sessions[..1], Some(session_id(1))), None);
        assert_eq!(super::next(&sessions[2..], Some(session_id(3))), None);
    }
}
