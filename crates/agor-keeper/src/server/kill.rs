//! Ends everything that belongs to a session, and proves that nothing is left. Decides over looks
//! at all processes; the loop takes the looks and sends the signals.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use rustix::process::Signal;

use crate::{
    SessionKey, caps,
    system::{Inside, Process},
};

/// First and longest pause between two looks.
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// Looks in a row that must find nothing: a single one can miss a process that was started in the
/// part already looked at by one that ended in the part still to come.
const EMPTY_LOOKS: u32 = 2;

/// By what the processes of a session are recognised.
#[derive(Clone, Copy, Debug)]
pub(super) struct Family {
    pub(super) session: SessionKey,
    /// The leader's process id, which is also the number of its session and first group.
    pub(super) leader: u32,
    /// When the leader was started.
    pub(super) leader_started: u64,
}

/// What is to be done about a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Errand {
    /// End it, with this grace between hang-up and `SIGKILL`.
    Kill { grace: Duration },
    /// Send it one signal.
    Signal(Signal),
}

/// A signal to be sent, if the process is still the one of that start time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shot {
    pub(super) pid: u32,
    pub(super) started: u64,
    pub(super) signal: Signal,
}

/// What a look led to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) shots: Vec<Shot>,
    /// The errand is over, with so many processes left.
    pub(super) over: Option<u32>,
    /// The session's control group is to be ended.
    pub(super) ends_group: bool,
}

/// One errand under way.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) family: Family,
    errand: Errand,
    kill_from: Instant,
    give_up: Instant,
    /// Everything ever found to belong, so that a process that was a descendant still belongs when
    /// its parent is gone.
    known: HashSet<(u32, u64)>,
    hung_up: HashSet<(u32, u64)>,
    empty_looks: u32,
    pause: Duration,
    next_look: Instant,
}

impl Job {
    pub(super) fn new(family: Family, errand: Errand, now: Instant) -> Self {
        let grace = match errand {
            Errand::Kill { grace } => grace.min(caps::KILL_GRACE),
            Errand::Signal(_) => Duration::ZERO,
        };
        Self {
            family,
            errand,
            kill_from: now + grace,
            give_up: now + grace + caps::KILL_EFFORT,
            known: HashSet::new(),
            hung_up: HashSet::new(),
            empty_looks: 0,
            pause: FIRST_PAUSE,
            next_look: now,
        }
    }

    /// Returns whether this errand kills.
    pub(super) fn kills(&self) -> bool {
        matches!(self.errand, Errand::Kill { .. })
    }

    /// Makes an errand under way no slower than `grace` from `now` on.
    pub(super) fn hasten(&mut self, grace: Duration, now: Instant) {
        self.kill_from = self.kill_from.min(now + grace);
        self.give_up = self.kill_from.max(now) + caps::KILL_EFFORT;
        self.next_look = self.next_look.min(now);
    }

    /// Returns when the next look is due.
    pub(super) fn next_look(&self) -> Instant {
        self.next_look
    }

    /// Asks for a look soon, since a child has ended.
    pub(super) fn look_soon(&mut self, now: Instant) {
        self.next_look = self.next_look.min(now);
    }

    /// Puts the next look off, since none can be taken before `at`.
    pub(super) fn look_later(&mut self, at: Instant) {
        self.next_look = self.next_look.max(at);
    }

    /// Decides by a look at all processes that began after [`Job::next_look`]. `leader_reaped`
    /// says whether the leader's end was recorded, without which the errand is not over.
    pub(super) fn on_look(
        &mut self,
        all: &[Process],
        inside: &Inside,
        leader_reaped: bool,
        now: Instant,
    ) -> Verdict {
        let members = self.members(all, inside);
        self.known = members
            .iter()
            .map(|member| (member.pid, member.started))
            .collect();
        match self.errand {
            Errand::Signal(signal) => Verdict {
                shots: members.iter().map(|member| shot(member, signal)).collect(),
                over: Some(members.len() as u32),
                ends_group: false,
            },
            Errand::Kill { .. } => self.on_kill_look(&members, inside.any, leader_reaped, now),
        }
    }

    fn on_kill_look(
        &mut self,
        members: &[Process],
        in_group: bool,
        leader_reaped: bool,
        now: Instant,
    ) -> Verdict {
        let mut verdict = Verdict::default();
        if members.is_empty() && !in_group && leader_reaped {
            self.empty_looks += 1;
            if self.empty_looks >= EMPTY_LOOKS {
                verdict.over = Some(0);
            }
            self.next_look = now;
            return verdict;
        }
        self.empty_looks = 0;
        if now >= self.give_up {
            verdict.over = Some((members.len() as u32).max(in_group.into()));
            return verdict;
        }
        let killing = now >= self.kill_from;
        verdict.ends_group = killing && in_group;
        for member in members {
            if killing {
                verdict.shots.push(shot(member, Signal::KILL));
            } else if self.hung_up.insert((member.pid, member.started)) {
                // A stopped process sees the hang-up only once it goes on.
                verdict.shots.push(shot(member, Signal::HUP));
                verdict.shots.push(shot(member, Signal::CONT));
            }
        }
        let pause = if verdict.shots.is_empty() {
            self.pause
        } else {
            FIRST_PAUSE
        };
        self.pause = (pause * 2).min(LONGEST_PAUSE);
        self.next_look = now + pause;
        if !killing {
            self.next_look = self.next_look.min(self.kill_from);
        }
        verdict
    }

    /// Returns the family's processes: by session, group, marker or control group, known from before,
    /// or descended from one of these.
    fn members(&self, all: &[Process], inside: &Inside) -> Vec<Process> {
        let Family {
            session,
            leader,
            leader_started,
        } = self.family;
        // A number is not given out again while a session or group of that number has processes; so
        // another process with the leader's number means that nothing of the leader's session and
        // group is left.
        let reused = all
            .iter()
            .any(|p| p.pid == leader && p.started != leader_started);
        let own = std::process::id();
        let belongs = |process: &Process| {
            process.marker == Some(session)
                || inside.pids.contains(&process.pid)
                || self.known.contains(&(process.pid, process.started))
                || (!reused && (process.session == leader || process.group == leader))
        };
        let mut children: HashMap<u32, Vec<&Process>> = HashMap::new();
        for process in all {
            children.entry(process.parent).or_default().push(process);
        }
        let mut found: HashSet<u32> = HashSet::new();
        let mut queue: Vec<&Process> = all.iter().filter(|process| belongs(process)).collect();
        let mut members = Vec::new();
        while let Some(process) = queue.pop() {
            if process.pid == own || !found.insert(process.pid) {
                continue;
            }
            members.push(*process);
            queue.extend(children.get(&process.pid).into_iter().flatten());
        }
        members
    }
}

fn shot(process: &Process, signal: Signal) -> Shot {
    Shot {
        pid: process.pid,
        started: process.started,
        signal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: SessionKey = SessionKey([1; 16]);
    const OTHER: SessionKey = SessionKey([2; 16]);
    const LEADER: u32 = 4_000_100;
    const FAMILY: Family = Family {
        session: KEY,
        leader: LEADER,
        leader_started: 50,
    };

    fn process(pid: u32, parent: u32, session: u32) -> Process {
        Process {
            pid,
            started: 50,
            parent,
            group: session,
            session,
            marker: None,
        }
    }

    fn pids(shots: &[Shot], signal: Signal) -> Vec<u32> {
        let mut pids: Vec<_> = shots
            .iter()
            .filter(|shot| shot.signal == signal)
            .map(|shot| shot.pid)
            .collect();
        pids.sort_unstable();
        pids
    }

    fn kill(grace_millis: u64, now: Instant) -> Job {
        Job::new(
            FAMILY,
            Errand::Kill {
                grace: Duration::from_millis(grace_millis),
            },
            now,
        )
    }

    #[test]
    fn a_family_is_its_session_group_marker_and_all_their_descendants() {
        let now = Instant::now();
        let mut other = process(4_000_109, 1, 4_000_109);
        other.marker = Some(OTHER);
        let mut daemon = process(4_000_105, 1, 4_000_105);
        daemon.marker = Some(KEY);
        let mut in_group = process(4_000_104, 1, 4_000_199);
        in_group.group = LEADER;
        let all = [
            process(LEADER, 1, LEADER),
            process(4_000_101, 1, LEADER),
            process(4_000_102, 4_000_101, 4_000_102),
            process(4_000_103, 4_000_102, 4_000_103),
            in_group,
            daemon,
            process(4_000_106, 4_000_105, 4_000_106),
            other,
            process(4_000_110, 1, 4_000_110),
        ];
        let verdict = kill(0, now).on_look(&all, &Inside::default(), false, now);
        let expected: Vec<u32> = (LEADER..=4_000_106).collect();
        assert_eq!(pids(&verdict.shots, Signal::KILL), expected);
    }

    #[test]
    fn each_process_is_hung_up_once_and_killed_again_and_again_after_the_grace() {
        let start = Instant::now();
        let mut job = kill(100, start);
        let all = [process(LEADER, 1, LEADER)];
        let first = job.on_look(&all, &Inside::default(), false, start);
        assert_eq!(pids(&first.shots, Signal::HUP), [LEADER]);
        assert_eq!(pids(&first.shots, Signal::CONT), [LEADER]);
        assert_eq!(
            job.on_look(&all, &Inside::default(), false, start),
            Verdict::default()
        );
        let late = start + Duration::from_millis(100);
        for _ in 0..2 {
            let verdict = job.on_look(&all, &Inside::default(), false, late);
            assert_eq!(pids(&verdict.shots, Signal::KILL), [LEADER]);
        }
        assert!(job.next_look() > late);
    }

    #[test]
    fn an_orphan_that_was_once_a_descendant_still_belongs() {
        let now = Instant::now();
        let mut job = kill(1000, now);
        job.on_look(
            &[
                process(LEADER, 1, LEADER),
                process(4_000_101, LEADER, 4_000_101),
            ],
            &Inside::default(),
            false,
            now,
        );
        let orphan = process(4_000_101, 1, 4_000_101);
        let verdict = job.on_look(
            &[orphan],
            &Inside::default(),
            true,
            now + Duration::from_secs(2),
        );
        assert_eq!(pids(&verdict.shots, Signal::KILL), [4_000_101]);
        // The same number with another start is a stranger.
        let stranger = Process {
            started: 51,
            ..orphan
        };
        assert_eq!(
            job.on_look(
                &[stranger],
                &Inside::default(),
                true,
                now + Duration::from_secs(2)
            )
            .shots,
            []
        );
    }

    #[test]
    fn a_stranger_that_got_the_leaders_number_is_left_alone() {
        let now = Instant::now();
        let stranger = Process {
            started: 51,
            ..process(LEADER, 1, LEADER)
        };
        let its_child = process(4_000_101, LEADER, LEADER);
        let verdict = kill(0, now).on_look(&[stranger, its_child], &Inside::default(), true, now);
        assert_eq!(verdict.shots, []);
    }

    #[test]
    fn a_kill_is_over_only_after_two_empty_looks_and_the_leaders_recorded_end() {
        let now = Instant::now();
        let mut job = kill(0, now);
        assert_eq!(job.on_look(&[], &Inside::default(), false, now).over, None);
        assert_eq!(job.on_look(&[], &Inside::default(), true, now).over, None);
        assert_eq!(
            job.on_look(&[], &Inside::default(), true, now).over,
            Some(0)
        );
    }

    #[test]
    fn what_cannot_be_killed_is_counted_when_the_effort_ends() {
        let now = Instant::now();
        let mut job = kill(10, now);
        let late = now + Duration::from_millis(10) + caps::KILL_EFFORT;
        let verdict = job.on_look(
            &[process(LEADER, 1, LEADER)],
            &Inside::default(),
            false,
            late,
        );
        assert_eq!(verdict.over, Some(1));
    }

    #[test]
    fn what_is_in_the_control_group_belongs_and_keeps_the_kill_from_being_over() {
        let now = Instant::now();
        let mut job = kill(0, now);
        let stray = process(4_000_103, 1, 4_000_103);
        let inside = Inside {
            pids: vec![stray.pid],
            any: true,
        };
        let verdict = job.on_look(&[stray], &inside, true, now);
        assert_eq!(pids(&verdict.shots, Signal::KILL), [stray.pid]);
        assert!(verdict.ends_group);
        // Started since the look, or deeper down.
        for _ in 0..EMPTY_LOOKS {
            let verdict = job.on_look(&[], &inside, true, now);
            assert_eq!((verdict.over, verdict.ends_group), (None, true));
        }
        assert_eq!(job.on_look(&[], &Inside::default(), true, now).over, None);
        let verdict = job.on_look(&[], &Inside::default(), true, now);
        assert_eq!(verdict.over, Some(0));
    }
}
