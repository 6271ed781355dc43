//! Who has the terminal of a session's shell: when that is looked at, and what follows.
//!
//! Nothing tells when a shell hands its terminal on, but there is hardly a change that nobody sees: a key is
//! echoed, the shell prompts, a program draws. So it is looked after output, at once after a mark, a title or a
//! status, and a few times more, ever later, for what starts without a word. Where nothing is printed nothing is
//! looked at, and an agent that is the session's own program needs no look.

use std::time::{Duration, Instant};

use super::{Session, Standing};
use crate::agents::{Foreground, Observation};
use crate::host::session::{Effect, Now};

/// How long after output it is looked, and how long at least between two looks where output does not end.
const AFTER: Duration = Duration::from_millis(60);
const PACE: Duration = Duration::from_millis(250);

/// How long at least between two looks whatever comes.
const PACE_SOON: Duration = Duration::from_millis(20);

/// How long after a look that found no agent it is looked again, should nothing be printed meanwhile: a shell
/// takes a moment to start a program, one that fetches or loads an agent takes seconds.
const AGAIN: [Duration; 3] = [
    Duration::from_millis(250),
    Duration::from_secs(1),
    Duration::from_secs(4),
];

/// How much earlier than a process its title may seem to have been set: the system counts in ticks.
const TICK_MILLIS: u64 = 20;

/// How soon it is looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Something says that it has changed.
    Soon,
    /// It may have.
    Printed,
}

/// See the module.
#[derive(Debug, Default)]
#[cfg_attr(test, derive(Clone))]
pub(super) struct Watch {
    due: Option<Instant>,
    last: Option<Instant>,
    looking: bool,
    /// How often it was looked again since something came.
    again: usize,
}

impl Watch {
    fn came(&mut self, when: When, now: Instant) {
        self.again = 0;
        let (after, pace) = match when {
            When::Soon => (Duration::ZERO, PACE_SOON),
            When::Printed => (AFTER, PACE),
        };
        let due = (now + after).max(self.last.map_or(now, |last| last + pace));
        self.due = Some(self.due.map_or(due, |known| known.min(due)));
    }

    /// Says whether to look now.
    fn begin(&mut self, now: Instant) -> bool {
        let due = self.due.is_some_and(|due| now >= due) && !self.looking;
        if due {
            self.due = None;
            self.last = Some(now);
            self.looking = true;
        }
        due
    }

    /// It was looked; `settled` says that nothing more is to be expected.
    fn end(&mut self, settled: bool, now: Instant) {
        self.looking = false;
        if settled || self.due.is_some() {
            return;
        }
        if let Some(after) = AGAIN.get(self.again) {
            self.again += 1;
            self.due = Some(now + *after);
        }
    }
}

impl Session {
    /// Something came from which it may follow that another has the terminal.
    pub(in crate::host::session) fn look_at_terminal(&mut self, when: When, now: Now) {
        if !self.agent.machine.is_launched() {
            self.agent.watch.came(when, now.instant);
        }
    }

    /// Looks if that is due. What the last host had not stored comes first: it is older than what is seen now.
    pub(super) fn watch_terminal(&mut self, now: Now, effects: &mut Vec<Effect>) {
        let leader = self.pid.filter(|_| self.life.alive());
        let Some(leader) = leader.filter(|_| !self.agent.machine.is_launched()) else {
            self.agent.watch.due = None;
            return;
        };
        if matches!(self.agent.standing, Standing::Current) && self.agent.watch.begin(now.instant) {
            effects.push(Effect::FindForeground { leader });
        }
    }

    /// Returns when [`Session::watch_terminal`] is due.
    pub(super) fn terminal_due(&self) -> Option<Instant> {
        let watch = &self.agent.watch;
        let current = matches!(self.agent.standing, Standing::Current);
        watch.due.filter(|_| current && !watch.looking)
    }

    /// It was looked who has the terminal.
    pub(in crate::host::session) fn on_foreground(
        &mut self,
        leader: u32,
        found: Option<Foreground>,
        now: Now,
    ) {
        let found = found.filter(|_| self.pid == Some(leader));
        let settled = matches!(found, None | Some(Foreground::Agent { .. }));
        self.agent.watch.end(settled, now.instant);
        let Some(found) = found else {
            return;
        };
        let (process, began_millis) = match &found {
            Foreground::Agent {
                process,
                began_millis,
            } => (Some(process), *began_millis),
            _ => (None, 0),
        };
        let providers = self.launcher.providers();
        let provider = process.and_then(|process| providers.get(&process.provider));
        let agent = provider.map(|provider| (provider.name.clone(), provider.shows_itself()));
        let agent = agent.as_ref().map(|(name, shows)| (&name[..], *shows));
        let former = self.agent.machine.in_shell().cloned();
        let found = &found;
        self.observe_now(Observation::Foreground { found, agent }, now);
        if process.is_none() || former.as_ref() == process {
            return;
        }
        // What was shown before it began is the shell's.
        if self.titled_millis.saturating_add(TICK_MILLIS) >= began_millis {
            self.observe_title(self.moment(now), now);
        }
        self.look_after(now);
    }
}
