//! Decides of what the person is notified, and when: on becoming, once, a burst in one notification, nothing of
//! what is in front of them, nothing in quiet hours. Does no I/O and reads no clock.

use std::collections::{BTreeMap, BTreeSet};

use agor_proto::agent::State;
use agor_proto::ids::SessionId;
use agor_proto::limits::{NOTICE_LINE_MAX, NOTICE_LINES_MAX, NOTICES_MAX};
use agor_proto::session::SessionInfo;
use agor_term::shown_text;

use crate::config::{For, Notifications};

/// How long a first change waits for others, and for the person to be looking anyway.
pub const GATHER_MILLIS: u64 = 1_000;

/// Between two notifications.
pub const PACE_MILLIS: u64 = 5_000;

/// When something happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// Milliseconds of a clock that never goes back.
    pub millis: u64,
    /// The minute of the person's day, for quiet hours.
    pub minute: u16,
}

/// A notification's number at this host.
pub type Key = u64;

/// A notification as it is to be seen, without markup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What it says first.
    pub summary: String,
    /// More about that, in lines.
    pub body: String,
    /// Whether an agent waits for the person.
    pub blocks: bool,
    /// Whether the desktop may make a sound: for one of them is enough.
    pub sound: bool,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Show a notification, in the place of an earlier one if it is the same's.
    Show(Key, Notice),
    /// Take a notification back.
    Close(Key),
}

/// Why a session's person is notified.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Need {
    state: State,
    since_millis: u64,
    name: String,
    project: String,
    text: String,
}

#[derive(Debug)]
struct Standing {
    key: Key,
    sessions: Vec<SessionId>,
}

/// See the module.
#[derive(Debug)]
pub struct Desk {
    settings: Notifications,
    looked_at: BTreeSet<SessionId>,
    /// The last need of each session that was dealt with, so that it is told once.
    known: BTreeMap<SessionId, (State, u64)>,
    waiting: BTreeMap<SessionId, Need>,
    waiting_since: u64,
    shown_millis: Option<u64>,
    standing: Vec<Standing>,
    keys: Key,
}

impl Desk {
    /// Returns a desk that has told nothing.
    #[must_use]
    pub fn new(settings: Notifications) -> Self {
        Self {
            settings,
            looked_at: BTreeSet::new(),
            known: BTreeMap::new(),
            waiting: BTreeMap::new(),
            waiting_since: 0,
            shown_millis: None,
            standing: Vec::new(),
            keys: 0,
        }
    }

    /// Goes on with other settings. What waits and would not be told any more is dropped.
    pub fn set(&mut self, settings: Notifications) {
        self.settings = settings;
        let settings = &self.settings;
        self.waiting
            .retain(|session, need| need.is_told(*session, settings));
    }

    /// Says whether it matters what time of day it is.
    #[must_use]
    pub fn has_quiet_hours(&self) -> bool {
        self.settings.has_quiet_hours()
    }

    /// Takes notice of what a session's agent does now; `None` of one that is gone.
    pub fn changed(&mut self, id: SessionId, info: Option<&SessionInfo>, now: Now) -> Vec<Effect> {
        let Some(need) = info.and_then(need) else {
            self.known.remove(&id);
            return self.forget(id);
        };
        let became = (need.state, need.since_millis);
        if self.known.insert(id, became) == Some(became) {
            return Vec::new();
        }
        if self.looked_at.contains(&id) || !need.is_told(id, &self.settings) {
            return self.forget(id);
        }
        // One of its own stays until the next takes its place; what it has in common with others is over.
        for standing in &mut self.standing {
            if standing.sessions.len() > 1 {
                standing.sessions.retain(|session| *session != id);
            }
        }
        // What waits for its quiet hours to be over has gathered long ago.
        let mut waiting = self.waiting.iter();
        if waiting.all(|(id, need)| self.quiet_minutes(*id, need, now) > 0) {
            self.waiting_since = now.millis;
        }
        self.waiting.insert(id, need);
        Vec::new()
    }

    /// Takes notice of what people look at now: of that they need no notification.
    pub fn look(&mut self, sessions: BTreeSet<SessionId>) -> Vec<Effect> {
        self.looked_at = sessions;
        let sessions: Vec<_> = self.looked_at.iter().copied().collect();
        let forgotten = sessions.into_iter().flat_map(|id| self.forget(id));
        forgotten.collect()
    }

    /// Returns in how many milliseconds [`Desk::tick`] is due.
    #[must_use]
    pub fn due(&self, now: Now) -> Option<u64> {
        if self.waiting.is_empty() {
            return None;
        }
        let gathered = self.waiting_since + GATHER_MILLIS;
        let paced = self.shown_millis.map_or(0, |shown| shown + PACE_MILLIS);
        let due = gathered.max(paced).saturating_sub(now.millis);
        let waiting = self.waiting.iter();
        let quiet = waiting.map(|(id, need)| self.quiet_minutes(*id, need, now));
        // A minute's begin is not known; it is looked again until it is over.
        let quiet = quiet
            .min()
            .map_or(0, |minutes| (u64::from(minutes) * 60_000).min(60_000));
        Some(due.max(quiet))
    }

    /// Returns for how many minutes it is quiet for a session.
    fn quiet_minutes(&self, id: SessionId, need: &Need, now: Now) -> u16 {
        let quiet = need.of(id, |of| self.settings.quiet(of));
        quiet
            .and_then(|quiet| quiet.minutes_left(now.minute))
            .unwrap_or(0)
    }

    /// Shows what has gathered, if it is time.
    pub fn tick(&mut self, now: Now) -> Vec<Effect> {
        if self.due(now) != Some(0) {
            return Vec::new();
        }
        self.shown_millis = Some(now.millis);
        let waiting = std::mem::take(&mut self.waiting);
        let (mut needs, quiet): (Vec<_>, Vec<_>) = waiting
            .into_iter()
            .partition(|(id, need)| self.quiet_minutes(*id, need, now) == 0);
        self.waiting = quiet.into_iter().collect();
        needs.sort_by_key(|(id, need)| (rank(need.state), need.since_millis, *id));
        let sessions: Vec<_> = needs.iter().map(|(id, _)| *id).collect();
        let mut each = needs.iter();
        let sound = each.any(|(id, need)| need.of(*id, |of| self.settings.sounds(of)));
        let notice = notice(
            &needs.into_iter().map(|(_, need)| need).collect::<Vec<_>>(),
            sound,
        );
        let same = self.standing.iter().find(|it| it.sessions == sessions);
        if let Some(standing) = same {
            return vec![Effect::Show(standing.key, notice)];
        }
        let mut effects = Vec::new();
        for id in &sessions {
            effects.extend(self.take_back(*id));
        }
        self.keys += 1;
        if self.standing.len() >= NOTICES_MAX {
            self.standing.remove(0);
        }
        let key = self.keys;
        self.standing.push(Standing { key, sessions });
        effects.push(Effect::Show(key, notice));
        effects
    }

    /// Returns the session that a click on a notification leads to: the one that is first of those that
    /// still need the person, or needed them when none does any more.
    pub fn clicked(&mut self, key: Key) -> Option<SessionId> {
        let at = self.standing.iter().position(|it| it.key == key)?;
        let standing = self.standing.remove(at);
        let needs = |id: &&SessionId| self.known.contains_key(id);
        let first = standing.sessions.iter().find(needs);
        first.or(standing.sessions.first()).copied()
    }

    /// Notes that a notification is not on the desktop any more.
    pub fn closed(&mut self, key: Key) {
        self.standing.retain(|standing| standing.key != key);
    }

    /// Drops what waits to be said of a session, and what was said.
    fn forget(&mut self, id: SessionId) -> Vec<Effect> {
        self.waiting.remove(&id);
        self.take_back(id)
    }

    /// Closes a notification of which nothing but this session is left.
    fn take_back(&mut self, id: SessionId) -> Vec<Effect> {
        let mut effects = Vec::new();
        for standing in &mut self.standing {
            standing.sessions.retain(|session| *session != id);
            if standing.sessions.is_empty() {
                effects.push(Effect::Close(standing.key));
            }
        }
        self.standing.retain(|it| !it.sessions.is_empty());
        effects
    }
}

impl Need {
    /// Says whether the person wants to be told of it.
    fn is_told(&self, session: SessionId, settings: &Notifications) -> bool {
        self.of(session, |of| settings.tell(self.state, of))
    }

    /// Asks settings of its session.
    fn of<T>(&self, session: SessionId, ask: impl FnOnce(For<'_>) -> T) -> T {
        let session = session.to_string();
        ask(For::Session {
            session: &session,
            folder: &self.project,
        })
    }
}

fn need(info: &SessionInfo) -> Option<Need> {
    let told = matches!(
        info.state,
        State::NeedsPermission | State::NeedsAnswer | State::Error | State::Done
    );
    let stands = info.life.alive() || info.has_failed();
    if !told || !stands {
        return None;
    }
    let agent = info.agent.as_ref();
    let asked = agent.and_then(|agent| agent.pending.as_ref());
    let text = match (asked, agent) {
        (Some(pending), _) if !pending.text.is_empty() => pending.text.as_str(),
        (_, Some(agent)) => agent.reason.as_str(),
        _ => "",
    };
    Some(Need {
        state: info.state,
        since_millis: agent.map_or(info.active_millis, |agent| agent.since_millis),
        name: line(&info.name),
        project: info.folder.clone(),
        text: line(text),
    })
}

/// Returns a text as one line in which nothing is hidden.
fn line(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    shown_text(words.join(" ").as_bytes(), NOTICE_LINE_MAX)
}

/// What blocks an agent comes first.
fn rank(state: State) -> u8 {
    match state {
        State::NeedsPermission => 0,
        State::NeedsAnswer => 1,
        State::Error => 2,
        _ => 3,
    }
}

fn words(state: State) -> &'static str {
    match state {
        State::NeedsPermission => "needs permission",
        State::NeedsAnswer => "needs an answer",
        State::Error => "failed",
        _ => "is done",
    }
}

fn project(need: &Need) -> String {
    let name = need.project.rsplit('/').find(|name| !name.is_empty());
    line(name.unwrap_or("/"))
}

/// Returns the notification of these needs, of which there is at least one.
fn notice(needs: &[Need], sound: bool) -> Notice {
    let blocks = needs.iter().any(|need| rank(need.state) < 2);
    let (summary, body) = match needs {
        [need] => {
            let project = project(need);
            let body = match need.text.is_empty() {
                true => project,
                false => format!("{project}: {}", need.text),
            };
            (format!("{} {}", need.name, words(need.state)), body)
        }
        needs => {
            let count = needs.len();
            let all_done = needs.iter().all(|need| need.state == State::Done);
            let summary = match all_done {
                true => format!("{count} agents are done"),
                false => format!("{count} agents need you"),
            };
            let named = if count > NOTICE_LINES_MAX {
                NOTICE_LINES_MAX - 1
            } else {
                count
            };
            let mut lines: Vec<String> = needs[..named].iter().map(short).collect();
            if named < count {
                lines.push(format!("and {} more", count - named));
            }
            (summary, lines.join("\n"))
        }
    };
    Notice {
        summary,
        body,
        blocks,
        sound,
    }
}

fn short(need: &Need) -> String {
    let text = format!("{} ({}) {}", need.name, project(need), words(need.state));
    let text = match need.text.is_empty() {
        true => text,
        false => format!("{text}: {}", need.text),
    };
    shown_text(text.as_bytes(), NOTICE_LINE_MAX)
}

#[cfg(test)]
mod tests;
