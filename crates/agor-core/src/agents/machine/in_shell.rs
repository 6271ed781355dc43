//! Agents that a person starts in a shell: one comes with its process and goes with it.

use agor_proto::agent::State;

use super::super::claim::{Moment, Says, Source};
use super::super::foreground::{Foreground, Process};
use super::Machine;

impl Machine {
    /// Returns the agent's process, if it was seen to have the terminal of a shell.
    #[must_use]
    pub fn in_shell(&self) -> Option<&Process> {
        self.in_shell.as_ref()
    }

    /// Says whether it is the session's own program, and not one that a shell runs.
    #[must_use]
    pub fn is_launched(&self) -> bool {
        self.launched
    }

    /// Says whether it is known to be a process here: the session's program, or one in its shell.
    pub(super) fn has_a_process(&self) -> bool {
        self.launched || self.in_shell.is_some()
    }

    /// Takes notice of who has the terminal.
    pub(super) fn in_foreground(
        &mut self,
        found: &Foreground,
        agent: Option<(&str, bool)>,
        now: Moment,
    ) {
        if self.launched || self.ended {
            return;
        }
        match (found, agent) {
            (
                Foreground::Agent {
                    process,
                    began_millis,
                },
                Some(agent),
            ) => self.began_in_shell(process, *began_millis, agent, now),
            (Foreground::Shell, _) => {
                self.left_shell(now);
                self.prompted(now);
            }
            _ => self.left_shell(now),
        }
    }

    fn began_in_shell(
        &mut self,
        process: &Process,
        began_millis: u64,
        (name, shows_itself): (&str, bool),
        now: Moment,
    ) {
        if self.in_shell.as_ref() == Some(process) {
            return;
        }
        self.left_shell(now);
        if self.provider.as_ref() != Some(&process.provider) {
            // Nothing that an agent before it said or read is its own.
            self.conversation = None;
            self.transcript.clear();
            self.prompted = false;
        }
        // What it goes on with was used before, perhaps in another session.
        self.counts_since(began_millis);
        self.provider = Some(process.provider.clone());
        self.in_shell = Some(process.clone());
        self.shown_millis = None;
        self.silent_millis = None;
        let reason = format!("{name} has the terminal (process {})", process.pid);
        let state = if shows_itself {
            State::Starting
        } else {
            State::Unknown
        };
        self.say(Source::Process, Some(Says::just(state, reason)), now);
        self.changed = true;
    }

    /// The agent that had the terminal has it no more: nothing that was said holds.
    fn left_shell(&mut self, now: Moment) {
        if self.in_shell.take().is_none() {
            return;
        }
        self.records.clear();
        self.read_records(now);
        self.claims.clear();
        self.tools.clear();
        self.background.clear();
        self.conflict = None;
        self.forget_app();
        self.changed = true;
    }

    /// The shell prompts, as its mark says. Where an agent was seen to have the terminal, only another look
    /// says that it has it no more: some print such marks themselves.
    pub(super) fn shell_prompted(&mut self, now: Moment) {
        if self.in_shell.is_none() {
            self.prompted(now);
        }
    }

    /// The shell runs another command.
    pub(super) fn command_began(&mut self, now: Moment) {
        if !self.launched && self.in_shell.is_none() {
            self.records.next_command();
            self.read_records(now);
        }
    }

    /// The shell prompts: the agent that ran in it has ended, and with it all that was said of it
    /// but how it ended.
    fn prompted(&mut self, now: Moment) {
        if self.launched {
            return;
        }
        self.records.prompted();
        self.read_records(now);
        let said = self.claims.len();
        self.claims.retain(|source, _| *source == Source::Protocol);
        self.changed |= self.claims.len() != said;
        self.tools.clear();
        self.background.clear();
        if self.records.decisive().is_none() {
            self.forget_app();
        }
        self.changed |= self.provider.take().is_some();
    }

    /// Whoever gave the name is gone.
    fn forget_app(&mut self) {
        self.changed |= self.provider.take().is_some() || !self.app.is_empty();
        self.app.clear();
    }
}
