//! Looks for a text: [`Search`] in one session, from its newest row back, a part at a time; [`Everywhere`] in
//! many, those first that said something last. Dropping either ends what it asks.

use std::collections::VecDeque;
use std::ops::Range;

use agor_proto::ids::{LinePosition, SessionId};
use agor_proto::limits::{EXCERPT_MAX, FIND_HITS_MAX};
use agor_proto::message::{Excerpt, Hit, Part, Query, WindowAt};
use agor_proto::session::SessionInfo;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::{Client, ClientError};

/// Sessions that are asked at once: enough to keep a host busy, few enough that who floods or types is not
/// held up.
const AT_ONCE: usize = 4;

/// Parts of one session that wait until those before it were taken; then its host is asked no further.
const AHEAD: usize = 2;

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sought {
    /// The text.
    pub text: String,
    /// Whether it is a regular expression.
    pub regex: bool,
    /// Whether upper and lower case are the same.
    pub ignore_case: bool,
}

impl Sought {
    /// Returns what a person means who types `text`: all in lower case is upper case as well, unless
    /// `match_case`.
    #[must_use]
    pub fn smart(text: impl Into<String>, regex: bool, match_case: bool) -> Self {
        let text = text.into();
        Self {
            ignore_case: !match_case && !text.chars().any(char::is_uppercase),
            text,
            regex,
        }
    }
}

/// A search in one session.
#[derive(Debug)]
pub struct Search {
    client: Client,
    session: SessionId,
    sought: Sought,
    excerpt: u32,
    from: Option<WindowAt>,
}

impl Search {
    /// Begins at the newest row.
    #[must_use]
    pub fn new(client: Client, session: SessionId, sought: Sought) -> Self {
        Self {
            client,
            session,
            sought,
            excerpt: 0,
            from: Some(WindowAt::End { rows_back: 0 }),
        }
    }

    /// Asks for the text around each hit as well.
    #[must_use]
    pub fn with_text(mut self) -> Self {
        self.excerpt = u32::try_from(EXCERPT_MAX).unwrap_or(u32::MAX);
        self
    }

    /// Returns the hits of the next part, which may be none, the newest first, with their texts if those were
    /// asked for; `None` once everything was looked at.
    ///
    /// # Errors
    /// The host's, or why there is no connection any more; then nothing follows.
    pub async fn next(&mut self) -> Option<Result<(Vec<Hit>, Vec<Excerpt>), ClientError>> {
        let query = Query::Find {
            session: self.session,
            pattern: self.sought.text.clone(),
            regex: self.sought.regex,
            ignore_case: self.sought.ignore_case,
            from: self.from.take()?,
            forwards: false,
            count: u32::try_from(FIND_HITS_MAX).unwrap_or(u32::MAX),
            excerpt: self.excerpt,
        };
        match self.client.ask_one(query).await {
            Ok(Part::Found {
                hits,
                goes_on,
                excerpts,
            }) => {
                self.from = goes_on.map(WindowAt::Line);
                Some(Ok((hits, excerpts)))
            }
            // An answer of another kind says nothing of hits.
            Ok(_) => None,
            Err(error) => Some(Err(error)),
        }
    }

    /// Says whether everything was looked at.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.from.is_none()
    }
}

/// A line in which something was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundLine {
    /// Where its first hit begins.
    pub at: LinePosition,
    /// The row of that, counted from the oldest.
    pub row: u32,
    /// Its text, or what of it is around the hit.
    pub text: String,
    /// The bytes of the text that are hits, in order.
    pub hits: Vec<Range<usize>>,
    /// Whether the line has more before the text.
    pub cut_before: bool,
    /// Whether the line has more behind the text.
    pub cut_after: bool,
}

impl FoundLine {
    fn new(hit: &Hit, excerpt: Excerpt) -> Self {
        let end = (excerpt.end as usize).min(excerpt.text.len());
        let begin = (excerpt.begin as usize).min(end);
        let is_there = excerpt.text.get(begin..end).is_some();
        Self {
            at: hit.start,
            row: hit.row,
            hits: Vec::from_iter(is_there.then_some(begin..end)),
            text: excerpt.text,
            cut_before: excerpt.cut_before,
            cut_after: excerpt.cut_after,
        }
    }

    /// Takes in a hit before those that it has, if that is in the same text; else gives it back.
    fn take(&mut self, older: Self) -> Option<Self> {
        let same = self.at.line == older.at.line
            && (self.cut_before, self.cut_after) == (older.cut_before, older.cut_after)
            && self.text == older.text;
        if !same {
            return Some(older);
        }
        (self.at, self.row) = (older.at, older.row);
        self.hits.splice(0..0, older.hits);
        None
    }
}

/// How a session's search ended.
#[derive(Debug)]
pub enum SearchEnd {
    /// Everything was looked at.
    Whole,
    /// It has more lines than were wanted of one session.
    More,
    /// It could not be looked at.
    Failed(ClientError),
}

/// A piece of what was found in many sessions.
#[derive(Debug)]
pub struct Piece {
    /// The place of its session among those that were given.
    pub session: usize,
    /// Lines, the newest first.
    pub lines: Vec<FoundLine>,
    /// Set in the session's last piece.
    pub end: Option<SearchEnd>,
}

/// A search in many sessions. Pieces come session after session in the order that was given, while those that
/// follow are asked already, so that nothing that was shown moves.
#[derive(Debug)]
pub struct Everywhere {
    client: Client,
    sought: Sought,
    lines_each: usize,
    waiting: VecDeque<(usize, SessionId)>,
    asked: VecDeque<(usize, mpsc::Receiver<Piece>)>,
    tasks: JoinSet<()>,
}

impl Everywhere {
    /// Begins to look for `sought` in these sessions, for at most `lines_each` lines in each.
    #[must_use]
    pub fn new(
        client: Client,
        sessions: impl IntoIterator<Item = SessionId>,
        sought: Sought,
        lines_each: usize,
    ) -> Self {
        Self {
            client,
            sought,
            lines_each,
            waiting: sessions.into_iter().enumerate().collect(),
            asked: VecDeque::new(),
            tasks: JoinSet::new(),
        }
    }

    /// Returns the next piece, or `None` once every session was looked at. May be dropped while it waits.
    pub async fn next(&mut self) -> Option<Piece> {
        loop {
            while self.tasks.try_join_next().is_some() {}
            while self.asked.len() < AT_ONCE
                && let Some((at, session)) = self.waiting.pop_front()
            {
                let search = Search::new(self.client.clone(), session, self.sought.clone());
                let (pieces, receiver) = mpsc::channel(AHEAD);
                let looks = look(search.with_text(), at, self.lines_each, pieces);
                self.tasks.spawn(looks);
                self.asked.push_back((at, receiver));
            }
            let (_, pieces) = self.asked.front_mut()?;
            match pieces.recv().await {
                Some(piece) => return Some(piece),
                None => self.asked.pop_front(),
            };
        }
    }
}

/// Looks through one session. Whoever takes the pieces may have gone: then the rest is for nobody.
async fn look(mut search: Search, session: usize, most: usize, pieces: mpsc::Sender<Piece>) {
    let mut left = most;
    // The oldest line so far: an older hit may be in it.
    let mut held: Option<FoundLine> = None;
    let end = loop {
        let mut lines = Vec::new();
        match search.next().await {
            None => break SearchEnd::Whole,
            Some(Err(error)) => break SearchEnd::Failed(error),
            Some(Ok((hits, excerpts))) => {
                // A host of an earlier release tells no texts.
                let excerpts = excerpts
                    .into_iter()
                    .chain(std::iter::repeat_with(Excerpt::default));
                for (hit, excerpt) in hits.iter().zip(excerpts) {
                    let line = FoundLine::new(hit, excerpt);
                    let next = match &mut held {
                        Some(held) => held.take(line),
                        None => Some(line),
                    };
                    if let Some(next) = next {
                        lines.extend(held.replace(next));
                    }
                }
            }
        }
        let more = lines.len() > left;
        lines.truncate(left);
        left -= lines.len();
        if !lines.is_empty() {
            let piece = Piece {
                session,
                lines,
                end: None,
            };
            if pieces.send(piece).await.is_err() {
                return;
            }
        }
        if more || (left == 0 && held.is_some()) {
            break SearchEnd::More;
        }
    };
    let lines = held.into_iter().take(left).collect();
    let piece = Piece {
        session,
        lines,
        end: Some(end),
    };
    pieces.send(piece).await.ok();
}

/// Puts sessions in the order in which they are looked through: those first that said something last.
pub fn newest_first(sessions: &mut [SessionInfo]) {
    sessions.sort_by_key(|info| std::cmp::Reverse((info.active_millis, info.id)));
}

#[cfg(test)]
mod tests {
    use agor_proto::ids::LineId;

    use super::*;

    fn line(number: u64, column: u32, text: &str, begin: u32) -> FoundLine {
        let hit = Hit {
            start: LinePosition {
                line: LineId(number),
                column,
            },
            end_column: column + 1,
            row: 3,
        };
        let excerpt = Excerpt {
            text: text.into(),
            begin,
            end: begin + 1,
            ..Excerpt::default()
        };
        FoundLine::new(&hit, excerpt)
    }

    #[test]
    fn hits_of_one_line_are_one_line_and_others_are_not() {
        let mut held = line(4, 2, "abab", 2);
        assert_eq!(held.take(line(4, 0, "abab", 0)), None);
        assert_eq!((held.at.column, &held.hits[..]), (0, &[0..1, 2..3][..]));
        let other = line(3, 0, "abab", 0);
        assert_eq!(held.take(other.clone()), Some(other));
        // Two parts of one long line are two texts.
        let part = line(4, 9, "baba", 0);
        assert_eq!(held.take(part.clone()), Some(part));
    }

    #[test]
    fn a_hit_that_is_not_in_its_text_is_left_out() {
        let mut hit = line(1, 0, "é", 0);
        assert!(hit.hits.is_empty(), "it would end within a character");
        hit = line(1, 0, "é", 9);
        assert_eq!(hit.hits.first(), Some(&(2..2)));
    }

    #[test]
    fn lower_case_means_both_unless_told_otherwise() {
        assert!(Sought::smart("err", false, false).ignore_case);
        assert!(!Sought::smart("Err", false, false).ignore_case);
        assert!(!Sought::smart("err", false, true).ignore_case);
    }
}
