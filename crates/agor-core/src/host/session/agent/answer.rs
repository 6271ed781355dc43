//! Answers to what an agent asks: each names its question, and is given if that is still the one. The look at
//! the screen that is due comes first, so that a question which has just changed is not answered.

use std::time::Duration;

use agor_proto::agent::State;
use agor_proto::command::{CommandBody, Outcome};
use agor_proto::error::{ErrorCode, WireError};
use agor_proto::event::EventBody;
use agor_proto::ids::CommandId;
use agor_proto::input::{Input, Key};

use super::super::{Effect, Now, Session};
use super::FRAME_AT_MOST;
use crate::agents::{Observation, Provider};

impl Session {
    /// Says whether inputs are a text that Enter sends, where Enter gives what is selected and letters may choose: most
    /// agents' requests for permission, in which that is yes, and menus, in which it is the first answer.
    fn is_reply_to_choices(&self, inputs: &[Input]) -> bool {
        let selects =
            self.agent.state() == State::NeedsPermission || self.agent.machine.offers_menu();
        selects && inputs.iter().any(is_text) && inputs.iter().any(is_enter)
    }

    /// Says whether these inputs can answer a question, as far as is known now.
    pub(in super::super) fn check_answer(
        &self,
        question: u64,
        inputs: &[Input],
    ) -> Result<(), WireError> {
        if self.is_reply_to_choices(inputs) {
            return Err(WireError::new(
                ErrorCode::BadRequest,
                "Enter after a text may give the answer that is selected there, which is mostly yes or the first: \
                 choose one of its answers, or press the keys in its pane",
            ));
        }
        match self.agent.machine.unanswered(question) {
            Some(_) => Ok(()),
            None => Err(WireError::new(
                ErrorCode::AlreadyAnswered,
                "that question is not asked any more, or is answered already: nothing was given",
            )),
        }
    }

    /// Says whether the answer `id` is to be given now. If not it waits, or has come to its end.
    pub(in super::super) fn may_answer(
        &mut self,
        id: CommandId,
        (question, inputs): (u64, &[Input]),
        now: Now,
    ) -> bool {
        // It was chosen before this look.
        self.agent.machine.answer_comes(question);
        self.look_at_once(now);
        if let Err(error) = self.check_answer(question, inputs) {
            self.reject(id, error, now);
            return false;
        }
        let since_millis = self.agent.machine.unanswered(question).unwrap_or_default();
        let passed = Duration::from_millis(now.unix_millis.saturating_sub(since_millis));
        let left = self.takes_keys_after().saturating_sub(passed);
        if !left.is_zero() {
            self.commands.wait_until(id, now.instant + left);
            return false;
        }
        let at = self.moment(now);
        self.agent.machine.answered(at);
        self.observe_now(Observation::Tick, now);
        true
    }

    /// Returns how long a question must have been asked before its agent takes a key for an answer.
    fn takes_keys_after(&self) -> Duration {
        let provider = self.agent.machine.provider();
        let provider = provider.and_then(|id| self.launcher.providers().get(id));
        Duration::from_millis(provider.map_or(0, Provider::takes_keys_after_millis))
    }

    /// Gives answers whose time has come, and rejects those whose question has gone meanwhile.
    pub(super) fn attend_answers(&mut self, now: Now, effects: &mut Vec<Effect>) {
        for (id, client, body, due) in self.commands.waiting_answers() {
            let CommandBody::Answer {
                question, inputs, ..
            } = &body
            else {
                continue;
            };
            if let Err(error) = self.check_answer(*question, inputs) {
                self.reject(id, error, now);
            } else if now.instant >= due {
                let name = body.name().to_owned();
                self.event(EventBody::Command { id, client, name }, now);
                self.dispatch(id, now, effects);
            }
        }
    }

    fn reject(&mut self, id: CommandId, error: WireError, now: Now) {
        let at = self.fold.offset();
        let outcome = Outcome::Rejected { error };
        self.commands
            .finish(id, outcome, &mut self.journal, at, now);
    }

    /// Looks at the screen now, if output has come since the last look.
    fn look_at_once(&mut self, now: Now) {
        let looks = &mut self.agent.looks;
        if looks.due.is_some() {
            looks.due = Some(now.instant);
            // An update that is under way is not waited for.
            looks.since = now.instant.checked_sub(FRAME_AT_MOST);
            self.look(now);
        }
    }
}

fn is_text(input: &Input) -> bool {
    matches!(
        input,
        Input::Text { .. } | Input::Paste { .. } | Input::Raw { .. }
    )
}

/// Says whether an input is Enter, or has one in it: a line that ends within a text is one to most programs.
fn is_enter(input: &Input) -> bool {
    let ends_line = |bytes: &[u8]| bytes.iter().any(|byte| matches!(byte, b'\r' | b'\n'));
    match input {
        Input::Key(key) => matches!(key.key, Key::Enter | Key::KeypadEnter),
        Input::Text { text } | Input::Paste { text, .. } => ends_line(text.as_bytes()),
        Input::Raw { bytes } => ends_line(bytes),
        _ => false,
    }
}
