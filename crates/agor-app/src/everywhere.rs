//! The page that finds a text in all sessions: what is typed is looked for at once, what is found stands below,
//! session by session, and Enter leads to the row.

mod view;

pub use view::everywhere_ui;

use std::sync::Arc;

use agor_proto::ids::{LinePosition, SessionId};

use crate::link::Sought;
use crate::link::everywhere::{FoundEverywhere, Wanted};

/// See the module.
#[derive(Debug, Clone, Default)]
pub struct EverywherePage {
    /// What is typed.
    text: String,
    /// Whether it is a regular expression.
    regex: bool,
    /// Whether upper and lower case differ even if all is in lower case.
    match_case: bool,
    /// Whether only the sessions of the project that is shown are looked through.
    project_only: bool,
    /// The last search that was asked for.
    asked: Option<Wanted>,
    number: u64,
    /// The line that is selected, once the person has moved.
    selected: Option<(SessionId, LinePosition)>,
    /// Whether it must come into view.
    reveal: bool,
    /// Whether the field has been given the keyboard.
    focused: bool,
    /// How far the list is scrolled, in points.
    offset: f32,
    /// What was found, line by line.
    rows: Vec<Row>,
    /// What they were made of.
    rows_of: Option<Arc<FoundEverywhere>>,
}

/// A row of the list: places of a group and of one of its lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Row {
    /// A session.
    Session(usize),
    /// A line of it.
    Line(usize, usize),
    /// It has more.
    More(usize),
}

/// A line that is to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Its session.
    pub session: SessionId,
    /// Where its first hit begins.
    pub at: LinePosition,
    /// What was looked for.
    pub text: String,
    /// Whether that is a regular expression.
    pub regex: bool,
    /// Whether upper and lower case differ even if all is in lower case.
    pub match_case: bool,
}

/// What the person did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The page stays.
    Open,
    /// It was closed.
    Closed,
    /// A line is to be shown in its session.
    Show(Shown),
}

impl EverywherePage {
    /// Returns what is typed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Gives its field the keyboard with the next frame.
    pub fn ask_for_keyboard(&mut self) {
        self.focused = false;
    }

    /// Returns what is to be looked for, if that is something else than before; within, nothing if nothing is.
    pub fn ask(&mut self, project: &str) -> Option<Option<Wanted>> {
        let sought = Sought::smart(self.text.clone(), self.regex, self.match_case);
        let project = self.project_only.then(|| project.to_owned());
        let same = |asked: &Wanted| asked.sought == sought && asked.project == project;
        if self.asked.as_ref().is_some_and(same) {
            return None;
        }
        if sought.text.is_empty() {
            return self.asked.take().map(|_| None);
        }
        self.number += 1;
        let wanted = Wanted {
            number: self.number,
            sought,
            project,
        };
        self.asked = Some(wanted.clone());
        Some(Some(wanted))
    }

    /// Returns the page as it is opened again: it looks for the same anew.
    #[must_use]
    pub fn again(self) -> Self {
        Self {
            asked: None,
            focused: false,
            reveal: true,
            ..self
        }
    }

    /// Fills the field.
    #[must_use]
    pub fn with_text(mut self, text: String) -> Self {
        self.text = text;
        self
    }

    /// Keeps to what was found of what is typed now.
    fn take(&mut self, found: Option<&Arc<FoundEverywhere>>) {
        let found = found.filter(|found| self.asked.is_some() && found.number == self.number);
        let same = match (found, &self.rows_of) {
            (Some(found), Some(of)) => Arc::ptr_eq(found, of),
            (None, None) => true,
            _ => false,
        };
        if same {
            return;
        }
        self.rows_of = found.cloned();
        self.rows.clear();
        for (at, group) in found.iter().flat_map(|it| it.groups.iter().enumerate()) {
            self.rows.push(Row::Session(at));
            let lines = 0..group.lines.len();
            self.rows.extend(lines.map(|line| Row::Line(at, line)));
            if group.more {
                self.rows.push(Row::More(at));
            }
        }
    }

    /// Returns what a row of the list stands for, if that is a line.
    fn line_at(&self, row: usize) -> Option<(SessionId, LinePosition)> {
        let Some(Row::Line(group, line)) = self.rows.get(row) else {
            return None;
        };
        let group = self.rows_of.as_ref()?.groups.get(*group)?;
        Some((group.session, group.lines.get(*line)?.at))
    }

    /// Returns the row that is selected: the first line until the person has moved, or if theirs is not there.
    fn selected_row(&self) -> Option<usize> {
        let theirs = self.selected.and_then(|selected| {
            (0..self.rows.len()).find(|row| self.line_at(*row) == Some(selected))
        });
        theirs.or_else(|| (0..self.rows.len()).find(|row| self.line_at(*row).is_some()))
    }

    /// Goes so many lines on.
    fn step(&mut self, by: i64) {
        let lines: Vec<usize> = (0..self.rows.len())
            .filter(|row| matches!(self.rows[*row], Row::Line(..)))
            .collect();
        let now = self.selected_row();
        let at = lines.iter().position(|row| Some(*row) == now).unwrap_or(0);
        let last = i64::try_from(lines.len()).unwrap_or(1) - 1;
        let to = (i64::try_from(at).unwrap_or(0) + by).clamp(0, last.max(0));
        let row = usize::try_from(to).ok().and_then(|to| lines.get(to));
        self.selected = row.and_then(|row| self.line_at(*row));
        self.reveal = true;
    }

    /// Returns what shows a line.
    fn shown(&self, row: usize) -> Option<Shown> {
        let (session, at) = self.line_at(row)?;
        Some(Shown {
            session,
            at,
            text: self.text.clone(),
            regex: self.regex,
            match_case: self.match_case,
        })
    }

    /// Returns in a sentence how far it is, and what was found.
    fn words(&self) -> String {
        let Some(found) = &self.rows_of else {
            return match self.asked.is_some() {
                true => "Looking…".into(),
                false => String::new(),
            };
        };
        if let Some(problem) = &found.problem {
            return problem.clone();
        }
        let count = |count: usize, word: &str| match count {
            1 => format!("1 {word}"),
            count => format!("{count} {word}s"),
        };
        let lines = found.lines();
        let more = if found.more { " and more" } else { "" };
        let told = match lines {
            0 => "Nothing".to_owned(),
            lines => format!("{}{more}", count(lines, "line")),
        };
        match found.ended {
            true if lines == 0 => format!("{told} in {}", count(found.sessions, "session")),
            true => format!("{told} in {}", count(found.groups.len(), "session")),
            false => {
                let (looked_at, all) = (found.looked_at, found.sessions);
                format!(
                    "{told} so far, {looked_at} of {} looked through",
                    count(all, "session")
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use agor_core::client::search::FoundLine;
    use agor_proto::ids::LineId;

    use super::*;
    use crate::link::everywhere::Group;
    use crate::testing::session_id;

    fn place(line: u64) -> LinePosition {
        LinePosition {
            line: LineId(line),
            column: 0,
        }
    }

    fn found(number: u64, groups: &[(u8, &[u64])]) -> Arc<FoundEverywhere> {
        let line = |line: &u64| FoundLine {
            at: place(*line),
            row: 0,
            text: "err".into(),
            hits: std::iter::once(0..3).collect(),
            cut_before: false,
            cut_after: false,
        };
        let group = |(session, lines): &(u8, &[u64])| {
            Arc::new(Group {
                session: session_id(*session),
                lines: lines.iter().map(line).collect(),
                more: lines.len() > 2,
            })
        };
        Arc::new(FoundEverywhere {
            number,
            groups: groups.iter().map(group).collect(),
            looked_at: 2,
            sessions: 5,
            ..FoundEverywhere::default()
        })
    }

    fn page(text: &str) -> EverywherePage {
        let mut page = EverywherePage::default().with_text(text.into());
        page.ask("/work");
        page
    }

    #[test]
    fn it_asks_when_something_else_is_looked_for() {
        let mut page = page("err");
        assert_eq!(page.ask("/work"), None);
        page.text.push('o');
        let wanted = page.ask("/work").flatten().expect("another text");
        assert_eq!((wanted.number, wanted.project), (2, None));
        page.project_only = true;
        let wanted = page.ask("/work").flatten().expect("another project");
        assert_eq!(wanted.project.as_deref(), Some("/work"));
        page.text.clear();
        assert_eq!(page.ask("/work"), Some(None));
        assert_eq!(page.ask("/work"), None, "nothing is looked for already");
    }

    #[test]
    fn the_selection_stays_on_its_line_while_more_is_found() {
        let mut page = page("err");
        page.take(Some(&found(1, &[(1, &[9, 8])])));
        assert_eq!(
            page.selected_row(),
            Some(1),
            "the first line, below its session"
        );
        page.step(1);
        page.take(Some(&found(1, &[(1, &[9, 8, 7]), (2, &[4])])));
        assert_eq!(page.shown(2).map(|shown| shown.at), Some(place(8)));
        assert_eq!(page.selected_row(), Some(2));
        page.step(2);
        // Over the row that says that there is more, and the next session.
        assert_eq!(page.selected_row(), Some(6));
        assert_eq!(page.selected, Some((session_id(2), place(4))));
        page.step(100);
        assert_eq!(page.selected_row(), Some(6));
        page.step(-100);
        assert_eq!(page.selected_row(), Some(1));
    }

    #[test]
    fn what_was_found_of_another_text_is_not_shown() {
        let mut page = page("err");
        page.take(Some(&found(1, &[(1, &[9])])));
        page.text.push('o');
        page.ask("/work");
        page.take(Some(&found(1, &[(1, &[9])])));
        assert!(page.rows.is_empty());
        assert_eq!(page.words(), "Looking…");
        page.step(1);
        assert_eq!(page.selected_row(), None);
    }

    #[test]
    fn it_says_how_far_it_is() {
        let mut page = page("err");
        let mut so_far = found(1, &[(1, &[9])]);
        page.take(Some(&so_far));
        assert_eq!(
            page.words(),
            "1 line so far, 2 of 5 sessions looked through"
        );
        let ended = Arc::make_mut(&mut so_far);
        (ended.ended, ended.more) = (true, true);
        page.take(Some(&Arc::new(ended.clone())));
        assert_eq!(page.words(), "1 line and more in 1 session");
        let mut none = (*found(1, &[])).clone();
        none.ended = true;
        page.take(Some(&Arc::new(none)));
        assert_eq!(page.words(), "Nothing in 5 sessions");
    }
}
