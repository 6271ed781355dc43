//! Getting to what needs the person, and answering it.

use agor_proto::command::CommandBody;
use agor_proto::ids::SessionId;
use agor_proto::input::{Input, Key, KeyInput, Mods};
use agor_term::input::chord;

use super::App;
use crate::attention::{self, Goes};
use crate::commands::Command;
use crate::link::Request;
use crate::link::snapshot::Weight;

/// Sessions that are remembered as left; nobody finds the way back further than that.
const LEFT_MAX: usize = 64;

impl App {
    /// Shows the session that has needed the person longest; the next one, if it is shown already.
    pub(super) fn go_to_next_need(&mut self) {
        let sessions = self.snapshot.sessions.clone().unwrap_or_default();
        let focused = self.workspace.focused_session();
        match attention::next(&sessions, focused) {
            Some(session) => self.go_to_need(session),
            None => {
                let text = match attention::queue(&sessions).is_empty() {
                    true => "Nothing needs you.",
                    false => "Nothing else needs you.",
                };
                self.link.request(Request::Tell(Weight::Note, text.into()));
            }
        }
    }

    /// Shows the session that was left last for one that needs the person.
    pub(super) fn go_back(&mut self) {
        while let Some(session) = self.left.pop() {
            if self.snapshot.session(session).is_some() {
                return self.show_session(session);
            }
        }
    }

    /// Shows a session that needs the person; the one that is left is remembered.
    pub(super) fn go_to_need(&mut self, session: SessionId) {
        if let Some(focused) = self.workspace.focused_session()
            && focused != session
        {
            if self.left.len() >= LEFT_MAX {
                self.left.remove(0);
            }
            self.left.push(focused);
        }
        self.show_session(session);
    }

    /// Gives an agent a text and Enter.
    pub(super) fn reply(&mut self, session: SessionId, goes: Goes, text: String) {
        let enter = Input::Key(KeyInput::press(Key::Enter, Mods::default()));
        let inputs = vec![Input::Text { text }, enter];
        match goes {
            Goes::AsAnswer(question) => self.give(session, question, inputs),
            Goes::AtOnce => self.give(session, 0, inputs),
            Goes::WhenIdle => {
                let body = CommandBody::SendWhenIdle { session, inputs };
                self.link.request(Request::Command(body));
            }
        }
    }

    /// Gives inputs as the answer to a question; a host that numbers none is given them as they are.
    fn give(&mut self, session: SessionId, question: u64, inputs: Vec<Input>) {
        let body = match question {
            0 => CommandBody::Send { session, inputs },
            question => CommandBody::Answer {
                session,
                question,
                inputs,
            },
        };
        self.link.request(Request::Command(body));
    }

    /// Answers a question by keys.
    pub(super) fn answer(&mut self, session: SessionId, question: u64, keys: &[String]) {
        let inputs = keys.iter().map(|keys| chord::parse(keys).map(Input::Key));
        match inputs.collect::<Result<Vec<_>, _>>() {
            Ok(inputs) => self.give(session, question, inputs),
            // Half of an answer may be another answer.
            Err(error) => {
                let text = format!("Nothing was sent: the answer's keys are not known ({error}).");
                self.link.request(Request::Advise(text, Command::Attention));
            }
        }
    }
}
