//! An agent's conversation: looks for it, and reads what is written down of it.

use std::path::Path;
use std::time::Duration;

use agor_proto::agent::Conversation;

use super::super::{Effect, Now, Session};
use crate::agents::Moment;
use crate::agents::here::{Found, Sought};

/// How long after nothing of its conversation was found it is looked for again, each time twice as long, and how
/// often: agents write down what was said when they come to it, perhaps after their turn.
const SEEK_AGAIN: Duration = Duration::from_millis(200);
const SEEKS_MAX: u32 = 6;

impl Session {
    /// Reads what the agent has written down since it was read last. Once it has ended, what comes to its conversation
    /// is another session's that goes on with it, and counts there.
    pub(in super::super) fn read_transcript(&mut self, effects: &mut Vec<Effect>) {
        if self.life.alive() {
            self.read_on(effects);
        }
    }

    fn read_on(&mut self, effects: &mut Vec<Effect>) {
        if self.agent.reading.is_some() {
            self.agent.read_again = true;
            return;
        }
        if let Some((path, from)) = self.agent.machine.transcript() {
            self.agent.reading = Some(path.clone());
            let path = path.into();
            effects.push(Effect::ReadTranscript { path, from });
        }
    }

    /// A piece of the agent's transcript was read.
    pub(in super::super) fn on_transcript(&mut self, bytes: &[u8], effects: &mut Vec<Effect>) {
        let read = self.agent.reading.take();
        let provider = self.agent.machine.provider();
        let provider = provider.and_then(|id| self.launcher.providers().get(id));
        let Some(form) = provider.and_then(|it| Some(it.transcript.as_ref()?.form)) else {
            return;
        };
        let before = self.agent.machine.transcript();
        if before.as_ref().map(|(path, _)| path) != read.as_ref() {
            // Another conversation has begun meanwhile. What was read of the former is read again if it is come back to.
            return self.read_on(effects);
        }
        self.agent.machine.read_transcript(form, bytes);
        self.tell_written(effects);
        let went_on = self.agent.machine.transcript() != before;
        if std::mem::take(&mut self.agent.read_again) || went_on {
            self.read_on(effects);
        }
        if !went_on {
            self.agent.machine.transcript_is_read();
        }
    }

    /// Tells of the files that the agent has written, as what it writes down says.
    fn tell_written(&mut self, effects: &mut Vec<Effect>) {
        let files = self.agent.machine.take_written().into_iter();
        effects.extend(files.map(|file| Effect::Wrote { file }));
    }

    /// Counts of a conversation with which its agent begins what comes to it from now on: another session may have gone
    /// on with it, and counted that.
    pub(super) fn count_from_here(&mut self) {
        if !self.reads_what_was_its_own() {
            self.agent.machine.counts_from_here();
        }
    }

    /// As [`Session::count_from_here`], for an agent that a command of its person's started at `at`.
    pub(super) fn count_since(&mut self, at: Moment) {
        if !self.reads_what_was_its_own() {
            self.agent.machine.counts_since(at.at_millis);
        }
    }

    /// Says whether that is still being read, or asked for, which this session's own program wrote down last.
    fn reads_what_was_its_own(&self) -> bool {
        let agent = &self.agent;
        agent.reading.is_some() || agent.reads_last || agent.counts_last
    }

    /// Asks the database of an agent that has ended what its conversation came to: the last turn may be in it only now.
    fn count_last(&mut self, effects: &mut Vec<Effect>) {
        let machine = &self.agent.machine;
        let (Some(provider), Some(known), Some(file)) = (
            machine.provider(),
            machine.conversation(),
            &self.agent.database,
        ) else {
            return;
        };
        let provider = provider.to_owned();
        let sought = Sought {
            pid: 0,
            known: Some(known.to_owned()),
            begun_millis: None,
            copied_millis: None,
            written_millis: 0,
            database: Some(file.clone()),
        };
        self.agent.seeking = true;
        self.agent.counts_last = true;
        effects.push(Effect::FindConversation { provider, sought });
    }

    /// Has what the agent writes down followed, and looks for it if its place is not known: something has happened.
    pub(super) fn seek_conversation(&mut self, now: Now, effects: &mut Vec<Effect>) {
        if self.agent.seek_due.is_some_and(|due| now.instant >= due) {
            self.agent.seek_due = None;
            self.agent.seek_again = true;
        }
        if self.agent.seeking || !std::mem::take(&mut self.agent.seek_again) {
            return;
        }
        if !self.life.alive() {
            if std::mem::take(&mut self.agent.reads_last) {
                self.read_on(effects);
                self.count_last(effects);
            }
            return;
        }
        self.agent.reads_last = false;
        self.follow_transcript(effects);
        let machine = &mut self.agent.machine;
        let provider = machine.provider();
        let Some(provider) = provider.and_then(|id| self.launcher.providers().get(id)) else {
            return;
        };
        let known = machine.conversation().map(str::to_owned);
        let is_lost = machine.transcript().is_none() && known.is_some();
        let chooses = !provider.open_file.is_empty();
        let begun_millis = machine.begun_millis();
        let is_kept = provider.database.is_some() && known.is_none() && begun_millis.is_some();
        let is_counted = known.is_some()
            && provider
                .database
                .as_ref()
                .is_some_and(|it| !it.usage.is_empty());
        let is_sought =
            chooses || is_kept || is_counted || (is_lost && provider.transcript.is_some());
        let asked = self.spec.agent.as_ref().map(|agent| &agent.conversation);
        let is_copy = matches!(asked, Some(Conversation::Fork { .. }));
        let copied_millis = machine.started_millis().filter(|_| is_copy);
        let written_millis = machine.written_millis();
        let provider = provider.id.clone();
        if let Some(pid) = self.agent_pid().filter(|_| is_sought) {
            self.agent.seeking = true;
            self.agent.sought.clone_from(&known);
            let sought = Sought {
                pid,
                known,
                begun_millis,
                copied_millis,
                written_millis,
                database: None,
            };
            effects.push(Effect::FindConversation { provider, sought });
        }
    }

    /// The agent's conversation was looked for. Its file is there once something was said.
    pub(in super::super) fn on_conversation(
        &mut self,
        found: Found,
        now: Now,
        effects: &mut Vec<Effect>,
    ) {
        self.agent.seeking = false;
        let is_last = std::mem::take(&mut self.agent.counts_last);
        if let Some(file) = &found.database {
            self.agent.database = Some(file.clone());
        }
        if !self.life.alive() {
            if is_last && let Some((conversation, counted)) = &found.counted {
                self.agent.machine.counts(conversation, counted);
            }
            return;
        }
        let seeks = self.agent.seeks;
        // A database says nothing of its own accord, and what a turn took may come after what it showed.
        let goes_on = found == Found::default() || found.counted.is_some();
        let again = goes_on && seeks < SEEKS_MAX;
        self.agent.seek_due = again.then(|| now.instant + SEEK_AGAIN * 2u32.pow(seeks));
        self.agent.seeks += u32::from(again);
        // The file of one that was left meanwhile is not the next one's.
        let sought = self.agent.sought.as_deref();
        let is_its = found.id.is_some() || sought == self.agent.machine.conversation();
        if let Some(id) = found.id {
            self.agent.machine.goes_on_with(&id);
        }
        if let Some((conversation, counted)) = &found.counted {
            self.agent.machine.counts(conversation, counted);
        }
        self.agent.machine.note_written(found.written);
        self.tell_written(effects);
        let path = found.transcript.as_deref().and_then(Path::to_str);
        if let Some(path) = path.filter(|_| is_its) {
            self.agent.machine.is_written_to(path);
            self.follow_transcript(effects);
        }
    }

    fn follow_transcript(&mut self, effects: &mut Vec<Effect>) {
        if let Some((path, _)) = self.agent.machine.transcript() {
            let path = path.into();
            effects.push(Effect::FollowTranscript { path });
            self.read_transcript(effects);
        }
    }
}
