//! Looking for a text in a session's screen and history. The host looks; this keeps what is looked
//! for, at which hit it stands, and where hits lie on the rows that are shown.

use std::ops::Range;
use std::sync::Arc;

use agor_proto::ids::{LinePosition, SessionId};
use agor_proto::message::Hit;
use agor_proto::row::Row;
use agor_render::{Highlight, HighlightKind};

use crate::everywhere::Shown;
use crate::link::snapshot::Found;
use crate::link::{Request, Sought};

/// See the module.
#[derive(Debug, Clone, Default)]
pub struct Finder {
    /// What is looked for.
    pub text: String,
    /// Whether it is a regular expression.
    pub regex: bool,
    /// Whether upper and lower case differ even if all is in lower case.
    pub match_case: bool,
    /// Whether the field has the keyboard, rather than the program.
    pub typing: bool,
    /// Whence and in which direction it looks, if keyboard selection began it: then Enter gives the
    /// keyboard back to that.
    pub origin: Option<(LinePosition, Step)>,
    /// What was asked for last, and its number.
    asked: Option<Sought>,
    number: u64,
    /// The hit that it stands at.
    at: Option<LinePosition>,
    /// Where the pane looked when the text was changed last: the hit before that place is the first.
    from: Option<LinePosition>,
    /// The hit at which it will stand, if it was found elsewhere.
    found_at: Option<LinePosition>,
}

impl Step {
    /// Returns the other way.
    #[must_use]
    pub fn opposite(self) -> Self {
        match self {
            Self::Older => Self::Newer,
            Self::Newer => Self::Older,
        }
    }
}

/// Which way to go from a hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// To the one before it, which is older.
    Older,
    /// To the one after it.
    Newer,
}

impl Finder {
    /// Begins to look for another text from a place on.
    pub fn begin(&mut self, from: LinePosition, step: Step) {
        self.text.clear();
        self.typing = true;
        self.origin = Some((from, step));
        self.at = None;
    }

    /// Lights what was found elsewhere, and stands at that hit; the program keeps the keyboard.
    pub fn show(&mut self, found: &Shown) {
        self.text.clone_from(&found.text);
        (self.regex, self.match_case) = (found.regex, found.match_case);
        (self.typing, self.origin, self.asked) = (false, None, None);
        self.found_at = Some(found.at);
    }

    /// Returns what to ask the host for, if something else is looked for than before. `bottom` is the
    /// last place that is shown.
    pub fn ask(&mut self, session: SessionId, bottom: Option<LinePosition>) -> Option<Request> {
        let sought = Sought::smart(self.text.clone(), self.regex, self.match_case);
        if self.asked.as_ref() == Some(&sought) {
            return None;
        }
        self.at = None;
        self.from = self.found_at.take().or(bottom);
        self.number += 1;
        self.asked = Some(sought.clone());
        if sought.text.is_empty() {
            return Some(Request::DropFind(session));
        }
        Some(Request::Find {
            session,
            number: self.number,
            sought,
        })
    }

    /// Returns what the host found of what is looked for now.
    #[must_use]
    pub fn of<'a>(&self, found: Option<&'a Found>) -> Option<&'a Found> {
        found.filter(|found| found.number == self.number && !self.text.is_empty())
    }

    /// Stands at the first hit once there is one; returns where to look then.
    pub fn settle(&mut self, found: &Found) -> Option<LinePosition> {
        if self.at.is_some() {
            return None;
        }
        if let Some((from, step)) = self.origin {
            return self.step_from(found, step, from);
        }
        let shown = |hit: &&Hit| self.from.is_none_or(|from| hit.start <= from);
        let last = found.hits.iter().find(shown);
        // Everything older was looked at: what is newer is the next best.
        let hit = last.or(found.hits.last().filter(|_| found.whole))?;
        self.at = Some(hit.start);
        self.at
    }

    /// Goes to the nearest hit from a place in a direction, around the ends; returns where to look then.
    pub fn step_from(
        &mut self,
        found: &Found,
        step: Step,
        from: LinePosition,
    ) -> Option<LinePosition> {
        let older = || found.hits.iter().find(|hit| hit.start < from);
        let newer = || found.hits.iter().rfind(|hit| hit.start > from);
        // While the host still looks, the oldest known hit is not the oldest, and the nearest newer one
        // is known once an older one is.
        let whole = found.whole;
        let hit = match step {
            Step::Older => older().or(found.hits.first().filter(|_| whole)),
            Step::Newer => newer()
                .filter(|_| whole || older().is_some())
                .or(found.hits.last().filter(|_| whole)),
        };
        self.at = hit.map(|hit| hit.start).or(self.at);
        hit.map(|hit| hit.start)
    }

    /// Goes to another hit, around the ends; returns where to look then.
    pub fn step(&mut self, found: &Found, step: Step) -> Option<LinePosition> {
        let count = found.hits.len();
        let at = match (self.place(found), step) {
            (None, _) if count == 0 => return None,
            (None, _) => 0,
            // While the host still looks, the oldest known hit is not the oldest.
            (Some(at), Step::Older) if at + 1 == count && !found.whole => at,
            (Some(at), Step::Older) => (at + 1) % count,
            (Some(at), Step::Newer) => (at + count - 1) % count,
        };
        self.at = found.hits.get(at).map(|hit| hit.start);
        self.at
    }

    /// Returns at which hit it stands, from the newest.
    fn place(&self, found: &Found) -> Option<usize> {
        let at = self.at?;
        found.hits.iter().position(|hit| hit.start == at)
    }

    /// Returns in a few words how many hits there are and at which it stands.
    #[must_use]
    pub fn words(&self, found: Option<&Found>) -> String {
        let Some(found) = self.of(found) else {
            return String::new();
        };
        if let Some(problem) = &found.problem {
            return problem.clone();
        }
        let more = if found.whole { "" } else { "+" };
        match (self.place(found), found.hits.len()) {
            (_, 0) if found.whole => "None".into(),
            (_, 0) => "…".into(),
            (Some(at), count) => format!("{} of {count}{more}", at + 1),
            (None, count) => format!("{count}{more}"),
        }
    }

    /// Returns the cells of the rows that are hits.
    #[must_use]
    pub fn highlights(&self, found: &Found, rows: &[Arc<Row>], columns: u16) -> Vec<Highlight> {
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
            return Vec::new();
        };
        // The newest come first.
        let begin = found.hits.partition_point(|hit| hit.start.line > last.line);
        let end = found
            .hits
            .partition_point(|hit| hit.start.line >= first.line);
        let hits = found.hits.get(begin..end).unwrap_or_default();
        let mut highlights = Vec::new();
        for (row_at, row) in rows.iter().enumerate() {
            let Ok(row_at) = u16::try_from(row_at) else {
                break;
            };
            let begin = hits.partition_point(|hit| hit.start.line > row.line);
            let of_row = hits[begin..]
                .iter()
                .take_while(|hit| hit.start.line == row.line);
            highlights.extend(of_row.filter_map(|hit| {
                Some(Highlight {
                    row: row_at,
                    cols: cells(hit, row, columns)?,
                    kind: if self.at == Some(hit.start) {
                        HighlightKind::SearchCurrent
                    } else {
                        HighlightKind::SearchHit
                    },
                })
            }));
        }
        highlights
    }
}

/// Returns which cells of a row a hit in its logical line covers.
fn cells(hit: &Hit, row: &Row, columns: u16) -> Option<Range<u16>> {
    let columns = u32::from(columns);
    let start = hit.start.column.max(row.start) - row.start;
    let end = hit.end_column.checked_sub(row.start)?.min(columns);
    if start >= end {
        return None;
    }
    Some(u16::try_from(start).ok()?..u16::try_from(end).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::session_id;
    use agor_proto::ids::LineId;

    fn place(line: u64, column: u32) -> LinePosition {
        LinePosition {
            line: LineId(line),
            column,
        }
    }

    fn found(number: u64, lines: &[u64], whole: bool) -> Found {
        let hits = lines.iter().map(|line| Hit {
            start: place(*line, 2),
            end_column: 5,
            row: 0,
        });
        Found {
            number,
            hits: hits.collect(),
            whole,
            problem: None,
        }
    }

    fn finder(text: &str, bottom: u64) -> Finder {
        let mut finder = Finder {
            text: text.into(),
            ..Finder::default()
        };
        finder.ask(session_id(1), Some(place(bottom, 0)));
        finder
    }

    fn row(line: u64, start: u32) -> Arc<Row> {
        Arc::new(Row {
            line: LineId(line),
            start,
            ..Row::default()
        })
    }

    #[test]
    fn it_asks_when_something_else_is_looked_for_and_lower_case_means_both() {
        let mut finder = finder("err", 9);
        assert!(finder.ask(session_id(1), None).is_none());
        finder.text = "Err".into();
        let Some(Request::Find { sought, number, .. }) = finder.ask(session_id(1), None) else {
            panic!("nothing was asked for");
        };
        assert_eq!((sought.ignore_case, number), (false, 2));
        finder.text.clear();
        let asked = finder.ask(session_id(1), None);
        assert!(matches!(asked, Some(Request::DropFind(_))));
    }

    #[test]
    fn it_begins_at_the_hit_above_what_is_shown_and_goes_around() {
        let mut finder = finder("err", 7);
        let found = found(1, &[9, 7, 3], true);
        assert_eq!(finder.settle(&found), Some(place(3, 2)));
        assert_eq!(finder.settle(&found), None, "it stands already");
        assert_eq!(finder.words(Some(&found)), "3 of 3");
        assert_eq!(finder.step(&found, Step::Older), Some(place(9, 2)));
        assert_eq!(finder.step(&found, Step::Newer), Some(place(3, 2)));
        assert_eq!(finder.step(&found, Step::Newer), Some(place(7, 2)));
    }

    #[test]
    fn hits_below_what_is_shown_are_taken_once_everything_was_looked_at() {
        let mut finder = finder("err", 1);
        assert_eq!(finder.settle(&found(1, &[9, 7], false)), None);
        assert_eq!(finder.settle(&found(1, &[9, 7], true)), Some(place(7, 2)));
    }

    #[test]
    fn the_oldest_known_hit_is_not_left_while_the_host_looks_for_older_ones() {
        let mut finder = finder("err", 99);
        let looking = found(1, &[9, 7], false);
        finder.settle(&looking);
        finder.step(&looking, Step::Older);
        assert_eq!(finder.step(&looking, Step::Older), Some(place(7, 2)));
        assert_eq!(finder.words(Some(&looking)), "2 of 2+");
    }

    #[test]
    fn an_answer_to_what_is_not_looked_for_any_more_is_none() {
        let mut finder = finder("err", 1);
        finder.text = "warn".into();
        finder.ask(session_id(1), None);
        assert!(finder.of(Some(&found(1, &[1], true))).is_none());
        assert!(finder.of(Some(&found(2, &[1], true))).is_some());
    }

    #[test]
    fn a_hit_that_wraps_is_marked_on_both_rows() {
        let mut finder = finder("err", 99);
        let found = Found {
            hits: vec![Hit {
                start: place(4, 8),
                end_column: 12,
                row: 0,
            }],
            ..found(1, &[], true)
        };
        finder.settle(&found);
        let rows = [row(3, 0), row(4, 0), row(4, 10), row(5, 0)];
        let marked = finder.highlights(&found, &rows, 10);
        let cells: Vec<_> = marked.iter().map(|it| (it.row, it.cols.clone())).collect();
        assert_eq!(cells, [(1, 8..10), (2, 0..2)]);
        assert!(
            marked
                .iter()
                .all(|it| it.kind == HighlightKind::SearchCurrent)
        );
    }
}
