//! The kills and wide signals under way, and the looks at all processes that they share.

use std::{
    rc::Rc,
    time::{Duration, Instant},
};

use super::Keeper;
use crate::{
    Event, SessionKey, caps,
    server::{
        kill::{Errand, Job},
        session::Session,
        spawn,
    },
    system::{self, Group, Scan},
};

/// How long until another look is tried when one could not begin.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Errands, each about one session; they go on when the session is forgotten.
#[derive(Default)]
pub(super) struct Errands {
    /// With the control group of each session that has one.
    jobs: Vec<(Job, Option<Rc<Group>>)>,
    scan: Option<(Scan, Instant)>,
}

impl Errands {
    /// Returns whether none is under way.
    pub(super) fn is_empty(&self) -> bool {
        self.jobs.is_empty()
    }

    /// Returns until when the loop may wait.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        match &self.scan {
            Some((_, began)) => Some(*began),
            None => self.jobs.iter().map(|(job, _)| job.next_look()).min(),
        }
    }

    /// Lets kills look again soon, since a child has ended.
    pub(super) fn look_soon(&mut self) {
        let now = Instant::now();
        for (job, _) in self.jobs.iter_mut().filter(|(job, _)| job.kills()) {
            job.look_soon(now);
        }
    }

    /// Begins an errand, or hastens the kill of the same session that is under way; says whether
    /// there was room for it.
    pub(super) fn begin(&mut self, session: &Session, errand: Errand) -> bool {
        let now = Instant::now();
        let family = session.family();
        if let Errand::Kill { grace } = errand
            && let Some(job) = self.kill_of(family.session)
        {
            job.hasten(grace, now);
            return true;
        }
        let room = self.jobs.len() < caps::KILLS;
        if room {
            let group = session.group().cloned();
            self.jobs.push((Job::new(family, errand, now), group));
        }
        room
    }

    fn kill_of(&mut self, session: SessionKey) -> Option<&mut Job> {
        self.jobs
            .iter_mut()
            .map(|(job, _)| job)
            .find(|job| job.kills() && job.family.session == session)
    }
}

impl Keeper {
    /// Goes on with the errands: a bounded part of a look, or what a finished look leads to.
    pub(super) fn run_errands(&mut self) {
        let now = Instant::now();
        if self.errands.scan.is_none() {
            let due = |(job, _): &(Job, _)| job.next_look() <= now;
            if !self.errands.jobs.iter().any(due) {
                return;
            }
            match Scan::begin(spawn::MARKER) {
                Ok(scan) => self.errands.scan = Some((scan, now)),
                // Out of descriptors, perhaps; the errands are not lost, only late.
                Err(_) => {
                    for (job, _) in &mut self.errands.jobs {
                        job.look_later(now + LOOK_AGAIN);
                    }
                    return;
                }
            }
        }
        let Some((scan, began)) = &mut self.errands.scan else {
            return;
        };
        let began = *began;
        let Some(all) = scan.step(caps::SCAN_PER_TURN) else {
            return;
        };
        self.errands.scan = None;
        let mut jobs = std::mem::take(&mut self.errands.jobs);
        jobs.retain_mut(|(job, group)| {
            // A look that began before it was due may have missed what happened since.
            if job.next_look() > began {
                return true;
            }
            let session = job.family.session;
            let reaped = self
                .sessions
                .get(&session)
                .is_none_or(|session| session.number() != job.family.leader || session.exited());
            // Looked at last: who is in it and was not seen was started since.
            let inside = group.as_ref().map(|group| group.inside());
            let inside = inside.unwrap_or_default();
            let verdict = job.on_look(&all, &inside, reaped, Instant::now());
            if let (Some(group), true) = (group, verdict.ends_group) {
                group.kill();
            }
            for shot in verdict.shots {
                // Gone meanwhile, or not ours to signal; the next look tells the two apart.
                system::signal_process(shot.pid, shot.started, shot.signal).ok();
            }
            if let (Some(survivors), true) = (verdict.over, job.kills()) {
                self.tell(&Event::Killed { session, survivors });
            }
            verdict.over.is_none()
        });
        self.errands.jobs = jobs;
    }
}
