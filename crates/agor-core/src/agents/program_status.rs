//! OSC 7501, program status: what programs say of themselves. Reads reports and keeps their records; what a
//! record means for the agent's state is the machine's business.
//!
//! A report replaces its whole record; without an id it is the program's own. `clear` takes a record
//! with everything below it away. A report that is not as the specification says changes
//! nothing. Texts are shown to people: what could lead a reader astray is taken out of them.

use agor_proto::limits::{PROGRAM_STATUS_MAX, PROGRAM_STATUS_RECORDS_MAX};
use agor_term::{decode_base64, shown_text};
use serde::{Deserialize, Serialize};

use super::claim::Moment;

/// Lengths of the specification.
const KEY_MAX: usize = 16;
const MESSAGE_MAX: usize = 2_048;
const TITLE_MAX: usize = 192;
const APP_MAX: usize = 32;
const ID_MAX: usize = 128;
const ID_LEVELS_MAX: usize = 8;

/// What a program says it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doing {
    /// It is ready.
    Idle,
    /// It does something.
    Working,
    /// It waits for the person.
    Blocked,
    /// It finished.
    Done,
    /// It failed.
    Error,
}

/// What a blocked program waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// To be allowed something.
    Permission,
    /// An answer.
    Question,
    /// To be logged in.
    Auth,
}

/// One record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Which; empty for the program's own.
    pub id: String,
    /// What it does.
    pub doing: Doing,
    /// What it waits for.
    pub kind: Option<Kind>,
    /// How far it is, in percent.
    pub progress: Option<u8>,
    /// The program's name.
    pub app: String,
    /// What it is about, in few words.
    pub title: String,
    /// More words.
    pub message: String,
    /// When the record began to say what it does.
    pub since: Moment,
    /// When it was reported last.
    pub at: Moment,
}

/// A report as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// A record is to be replaced.
    Put(Record),
    /// A record, and those below it, are to go; all of them if the id is empty.
    Clear {
        /// Which.
        id: String,
    },
}

/// Reads the body of a report; `None` if it is not as the specification says.
#[must_use]
pub fn parse(body: &[u8], now: Moment) -> Option<Report> {
    if body.len() > PROGRAM_STATUS_MAX {
        return None;
    }
    let body = std::str::from_utf8(body).ok()?;
    let (mut state, mut kind, mut progress) = (None, None, None);
    let (mut id, mut app, mut title, mut message) = Default::default();
    for field in body.split(':') {
        let (key, value) = field.split_once('=')?;
        let good_key = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if key.is_empty() || key.len() > KEY_MAX || !key.chars().all(good_key) {
            return None;
        }
        match key {
            "state" => state = Some(value),
            "kind" => kind = Some(value),
            "progress" => progress = Some(value),
            "id" => id = Some(path(value)?),
            "app" => app = Some(name(value)?),
            "title" => title = Some(text(value, TITLE_MAX)?),
            "msg" => message = Some(text(value, MESSAGE_MAX)?),
            _ => {}
        }
    }
    let id = id.unwrap_or_default();
    let doing = match state? {
        "clear" => return Some(Report::Clear { id }),
        "idle" => Doing::Idle,
        "working" => Doing::Working,
        "blocked" => Doing::Blocked,
        "done" => Doing::Done,
        "error" => Doing::Error,
        _ => return None,
    };
    let kind = match kind.filter(|_| doing == Doing::Blocked) {
        Some("permission") => Some(Kind::Permission),
        Some("question") => Some(Kind::Question),
        Some("auth") => Some(Kind::Auth),
        // A kind of a later specification: it waits for the person all the same.
        _ => None,
    };
    let may_progress = matches!(doing, Doing::Working | Doing::Blocked);
    let progress = match progress.filter(|_| may_progress) {
        Some(percent) => Some(
            percent
                .parse()
                .ok()
                .filter(|&percent: &u8| percent <= 100)?,
        ),
        None => None,
    };
    Some(Report::Put(Record {
        id,
        doing,
        kind,
        progress,
        app: app.unwrap_or_default(),
        title: title.unwrap_or_default(),
        message: message.unwrap_or_default(),
        since: now,
        at: now,
    }))
}

/// Reads an id: levels of printable characters between slashes.
fn path(value: &str) -> Option<String> {
    let good = value.len() <= ID_MAX
        && value.split('/').count() <= ID_LEVELS_MAX
        && value.split('/').all(|level| !level.is_empty())
        && value.chars().all(|c| c.is_ascii_graphic());
    good.then(|| value.to_owned())
}

fn name(value: &str) -> Option<String> {
    let good = value.len() <= APP_MAX && value.chars().all(|c| c.is_ascii_graphic());
    good.then(|| value.to_owned())
}

fn text(value: &str, max: usize) -> Option<String> {
    let bytes = decode_base64(value.as_bytes())?;
    if bytes.len() > max || std::str::from_utf8(&bytes).is_err() {
        return None;
    }
    let spaced: Vec<u8> = bytes
        .into_iter()
        .map(|byte| {
            if matches!(byte, b'\n' | b'\t') {
                b' '
            } else {
                byte
            }
        })
        .collect();
    Some(shown_text(&spaced, max))
}

/// The records of one session, the one that was reported last at the end.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Records(Vec<Record>);

impl Records {
    /// Does what a report says.
    pub fn take(&mut self, report: Report) {
        match report {
            Report::Clear { id } if id.is_empty() => self.0.clear(),
            Report::Clear { id } => self.0.retain(|record| !is_below(&record.id, &id)),
            Report::Put(mut record) => {
                if let Some(at) = self.0.iter().position(|other| other.id == record.id) {
                    let former = self.0.remove(at);
                    if (former.doing, former.kind) == (record.doing, record.kind) {
                        record.since = former.since;
                    }
                }
                if self.0.len() == PROGRAM_STATUS_RECORDS_MAX {
                    self.0.remove(0);
                }
                self.0.push(record);
            }
        }
    }

    /// The terminal was reset, or another program started: nothing that was said holds.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// The shell prompts: what worked or waited has ended, and did not say so.
    pub fn prompted(&mut self) {
        self.0
            .retain(|record| !matches!(record.doing, Doing::Working | Doing::Blocked));
    }

    /// The shell runs another command: what the last one left was about that one.
    pub fn next_command(&mut self) {
        self.0.clear();
    }

    /// Returns the record that the session's state is taken from: one that waits for the person, the
    /// program's own first; else the program's own; else what matters most.
    #[must_use]
    pub fn decisive(&self) -> Option<&Record> {
        let own = self.0.iter().find(|record| record.id.is_empty());
        let blocked = || {
            let mut newest_first = self.0.iter().rev();
            newest_first.find(|record| record.doing == Doing::Blocked)
        };
        let weight = |record: &&Record| match record.doing {
            Doing::Idle => 0,
            Doing::Done => 1,
            Doing::Working => 2,
            Doing::Error | Doing::Blocked => 3,
        };
        own.filter(|own| own.doing == Doing::Blocked)
            .or_else(blocked)
            .or(own)
            .or_else(|| self.0.iter().max_by_key(weight))
    }

    /// Returns how many records beside the decisive one say that something is being done.
    #[must_use]
    pub fn working_beside(&self) -> usize {
        let decisive = self.decisive().map(|record| &record.id);
        let beside = |record: &&Record| {
            record.doing == Doing::Working && !record.id.is_empty() && Some(&record.id) != decisive
        };
        self.0.iter().filter(beside).count()
    }

    /// Returns the program's name: the record's own, or that of the nearest one above it.
    #[must_use]
    pub fn app(&self, record: &Record) -> &str {
        let mut named: Vec<&Record> = self
            .0
            .iter()
            .filter(|other| !other.app.is_empty())
            .filter(|other| other.id.is_empty() || is_below(&record.id, &other.id))
            .collect();
        named.sort_by_key(|other| other.id.len());
        named.last().map_or("", |other| &other.app)
    }
}

/// Says whether `id` is `root` or below it.
fn is_below(id: &str, root: &str) -> bool {
    id.strip_prefix(root)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests;
