//! A search in all sessions: published as it comes, a few times a second at the most, and bounded.

use std::sync::Arc;
use std::time::Duration;

use agor_core::client::search::{Everywhere, FoundLine, Piece, SearchEnd, Sought, newest_first};
use agor_core::client::{Client, ClientError};
use agor_proto::error::ErrorCode;
use agor_proto::ids::SessionId;
use agor_proto::session::SessionInfo;
use tokio::time::Instant;

use super::task::Shared;

/// Lines of one session; whoever wants more looks for them in its pane.
pub const LINES_EACH_MAX: usize = 100;

/// Lines of all sessions: nobody goes through more, and a longer text finds fewer.
pub const LINES_MAX: usize = 2_000;

/// How long after a key the search begins: it is the text of the next key that is looked for.
const REST: Duration = Duration::from_millis(60);

/// Between two changes of what is shown.
const PAUSE: Duration = Duration::from_millis(50);

/// What the window wants found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The search's number; a later one ends it.
    pub number: u64,
    /// What is looked for.
    pub sought: Sought,
    /// In the sessions of which project, if not in all.
    pub project: Option<String>,
}

/// What was found so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FoundEverywhere {
    /// The search's number.
    pub number: u64,
    /// The sessions in which something was found, in the order in which they are looked through.
    pub groups: Vec<Arc<Group>>,
    /// Sessions that were looked through.
    pub looked_at: usize,
    /// Sessions that are looked through in all.
    pub sessions: usize,
    /// Whether nothing follows.
    pub ended: bool,
    /// Whether there is more than is shown.
    pub more: bool,
    /// Why something could not be looked through, in a sentence.
    pub problem: Option<String>,
}

/// What was found in one session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Which session.
    pub session: SessionId,
    /// The lines, the newest first.
    pub lines: Vec<FoundLine>,
    /// Whether it has more.
    pub more: bool,
}

impl FoundEverywhere {
    /// Returns how many lines were found.
    #[must_use]
    pub fn lines(&self) -> usize {
        self.groups.iter().map(|group| group.lines.len()).sum()
    }

    /// Takes a piece in; says whether that was enough.
    fn take(&mut self, session: SessionId, piece: Piece) -> bool {
        let room = LINES_MAX - self.lines().min(LINES_MAX);
        let full = piece.lines.len() > room;
        let new = self
            .groups
            .last()
            .is_none_or(|group| group.session != session);
        if new && !piece.lines.is_empty() {
            self.groups.push(Arc::new(Group {
                session,
                lines: Vec::new(),
                more: false,
            }));
        }
        if let Some(group) = self.groups.last_mut().filter(|it| it.session == session) {
            let group = Arc::make_mut(group);
            group.lines.extend(piece.lines.into_iter().take(room));
            group.more = full || matches!(piece.end, Some(SearchEnd::More));
            self.more |= group.more;
        }
        if piece.end.is_some() {
            self.looked_at += 1;
        }
        match piece.end {
            Some(SearchEnd::Failed(error)) => self.fail(&error) || full,
            _ => full,
        }
    }

    /// Notes a failure; says whether nothing else will do better.
    fn fail(&mut self, error: &ClientError) -> bool {
        match error {
            // It was forgotten meanwhile.
            ClientError::Host(error) if error.code == ErrorCode::NoSession => false,
            ClientError::Host(wire) => {
                self.problem = Some(error.to_string());
                wire.code == ErrorCode::BadRequest
            }
            _ => {
                self.problem = Some(error.to_string());
                true
            }
        }
    }
}

/// Looks for what is wanted, until it is aborted.
pub async fn run(client: Client, shared: Shared, wanted: Wanted) {
    tokio::time::sleep(REST).await;
    let mut found = FoundEverywhere {
        number: wanted.number,
        ..FoundEverywhere::default()
    };
    match client.list().await {
        Ok(sessions) => look(&client, &shared, &wanted, sessions, &mut found).await,
        Err(error) => found.problem = Some(error.to_string()),
    }
    found.ended = true;
    tracing::debug!(lines = found.lines(), "looked through all sessions");
    publish(&shared, &found);
}

async fn look(
    client: &Client,
    shared: &Shared,
    wanted: &Wanted,
    mut sessions: Vec<SessionInfo>,
    found: &mut FoundEverywhere,
) {
    newest_first(&mut sessions);
    if let Some(project) = &wanted.project {
        let settings = shared.look(|snapshot| snapshot.settings.clone());
        sessions.retain(|info| settings.layers.project_of(&info.folder) == project);
    }
    let ids: Vec<SessionId> = sessions.iter().map(|info| info.id).collect();
    found.sessions = ids.len();
    let sought = wanted.sought.clone();
    let mut search = Everywhere::new(client.clone(), ids.clone(), sought, LINES_EACH_MAX);
    let mut due = Instant::now();
    let mut news = true;
    loop {
        tokio::select! {
            piece = search.next() => {
                let Some(piece) = piece else { return };
                let Some(session) = ids.get(piece.session) else { return };
                news = true;
                if found.take(*session, piece) {
                    found.more |= found.problem.is_none();
                    return;
                }
            }
            () = tokio::time::sleep_until(due), if news => {
                publish(shared, found);
                news = false;
                due = Instant::now() + PAUSE;
            }
        }
    }
}

fn publish(shared: &Shared, found: &FoundEverywhere) {
    let found = Arc::new(found.clone());
    shared.change(|snapshot| snapshot.everywhere = Some(found));
}

#[cfg(test)]
mod tests {
    use agor_proto::error::WireError;
    use agor_proto::ids::{LineId, LinePosition};

    use super::*;
    use crate::testing::session_id;

    fn piece(session: usize, lines: usize, end: Option<SearchEnd>) -> Piece {
        let line = |number: usize| FoundLine {
            at: LinePosition {
                line: LineId(number as u64),
                column: 0,
            },
            row: 0,
            text: "err".into(),
            hits: std::iter::once(0..3).collect(),
            cut_before: false,
            cut_after: false,
        };
        Piece {
            session,
            lines: (0..lines).map(line).collect(),
            end,
        }
    }

    #[test]
    fn lines_are_grouped_by_session_and_sessions_without_any_are_counted_alone() {
        let mut found = FoundEverywhere::default();
        let (first, second) = (session_id(1), session_id(2));
        assert!(!found.take(first, piece(0, 2, None)));
        assert!(!found.take(first, piece(0, 1, Some(SearchEnd::More))));
        assert!(!found.take(second, piece(1, 0, Some(SearchEnd::Whole))));
        let groups: Vec<_> = found
            .groups
            .iter()
            .map(|it| (it.session, it.lines.len()))
            .collect();
        assert_eq!(groups, [(first, 3)]);
        assert!(found.more && found.groups[0].more);
        assert_eq!((found.looked_at, found.lines()), (2, 3));
    }

    #[test]
    fn so_many_lines_are_shown_and_it_is_said_that_there_are_more() {
        let mut found = FoundEverywhere::default();
        let mut session = 0;
        while !found.take(session_id(session), piece(0, 150, Some(SearchEnd::Whole))) {
            session += 1;
        }
        assert_eq!(found.lines(), LINES_MAX);
        assert!(found.more && found.groups.last().is_some_and(|group| group.more));
    }

    #[test]
    fn what_cannot_be_looked_for_ends_the_search_and_what_is_gone_does_not() {
        let failed = |code| {
            let error = ClientError::Host(WireError::new(code, "so"));
            let mut found = FoundEverywhere::default();
            let ends = found.take(session_id(1), piece(0, 0, Some(SearchEnd::Failed(error))));
            (ends, found.problem.is_some())
        };
        assert_eq!(failed(ErrorCode::BadRequest), (true, true));
        assert_eq!(failed(ErrorCode::Storage), (false, true));
        assert_eq!(failed(ErrorCode::NoSession), (false, false));
    }
}
