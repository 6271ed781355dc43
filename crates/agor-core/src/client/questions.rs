//! Questions whose answers have not all come. A question changes nothing, so it is asked again
//! over a new connection, unless a part of its answer was handed on already.
//!
//! What is followed goes on over every connection: it is handed on whole, and a host that says what was
//! told last says nothing.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use agor_proto::error::{ErrorCode, WireError};
use agor_proto::ids::AskId;
use agor_proto::message::{Answer, Ask, Cancel, Message, Part, Query, Welcome};

use super::ANSWER_PARTS_MAX;
use super::connection::News;

/// See the module.
#[derive(Debug, Default)]
#[cfg_attr(test, derive(Clone))]
pub struct Questions {
    by_id: BTreeMap<AskId, Question>,
}

#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
struct Question {
    query: Query,
    /// When a wait with a limit is over.
    deadline: Option<Instant>,
    begun: bool,
    /// What of something followed has come and is not whole.
    parts: Vec<Part>,
}

impl Questions {
    /// Asks.
    pub fn add(&mut self, ask: AskId, query: Query, now: Instant) -> Message {
        let deadline = match &query {
            Query::Wait {
                timeout_millis: Some(millis),
                ..
            } => now.checked_add(Duration::from_millis(*millis)),
            _ => None,
        };
        let question = Question {
            query: query.clone(),
            deadline,
            begun: false,
            parts: Vec::new(),
        };
        self.by_id.insert(ask, question);
        Ask { ask, query }.into()
    }

    /// Wants no more of an answer; returns what tells the host, which may be at it.
    pub fn remove(&mut self, ask: AskId) -> Option<Message> {
        self.by_id.remove(&ask)?;
        Some(Cancel { ask }.into())
    }

    /// Returns what a new connection asks again, and the answers that are lost in the middle or that this host
    /// cannot give.
    pub fn greeted(&mut self, now: Instant, welcome: &Welcome) -> (Vec<Message>, Vec<News>) {
        let mut again = Vec::new();
        let mut lost = Vec::new();
        self.by_id.retain(|&ask, question| {
            question.parts.clear();
            if question.begun && !question.is_followed() {
                lost.push(failed(ask, "the host went away in the middle of an answer"));
                return false;
            }
            if let Some(error) = missing(question.query.feature(), welcome) {
                lost.push(unable(ask, error));
                return false;
            }
            let mut query = question.query.clone();
            if let (Query::Wait { timeout_millis, .. }, Some(deadline)) =
                (&mut query, question.deadline)
            {
                let left = deadline.saturating_duration_since(now);
                *timeout_millis = Some(left.as_millis() as u64);
            }
            again.push(Ask { ask, query }.into());
            true
        });
        (again, lost)
    }

    /// Returns the end of every answer that still waits.
    pub fn give_up(&mut self, reason: &str) -> Vec<News> {
        let asked = std::mem::take(&mut self.by_id);
        asked.into_keys().map(|ask| failed(ask, reason)).collect()
    }

    /// Takes a part of an answer; returns what of it is handed on.
    pub fn on_answer(&mut self, answer: Answer) -> Vec<News> {
        let ask = answer.ask;
        let Some(question) = self.by_id.get_mut(&ask) else {
            return Vec::new();
        };
        question.begun = true;
        if answer.last {
            self.by_id.remove(&ask);
            return vec![News::Answer(answer)];
        }
        if let Query::Follow { seen, .. } = &mut question.query {
            match &answer.part {
                Part::Told { rev } => *seen = Some(*rev),
                _ if question.parts.len() < ANSWER_PARTS_MAX => {
                    question.parts.push(answer.part);
                    return Vec::new();
                }
                _ => {
                    self.by_id.remove(&ask);
                    return vec![failed(ask, "what is followed has too many parts")];
                }
            }
        }
        let whole = std::mem::take(&mut question.parts).into_iter();
        let part = |part| {
            let last = false;
            News::Answer(Answer { ask, last, part })
        };
        let mut news: Vec<News> = whole.map(part).collect();
        news.push(News::Answer(answer));
        news
    }
}

impl Question {
    fn is_followed(&self) -> bool {
        matches!(self.query, Query::Follow { .. })
    }
}

/// Returns why a host that has welcomed so is not asked for what takes this feature, if it does not offer it.
pub fn missing(feature: Option<&str>, welcome: &Welcome) -> Option<WireError> {
    let feature = feature?;
    if welcome.features.iter().any(|offered| offered == feature) {
        return None;
    }
    let host = match welcome.program.as_str() {
        "" => "the host",
        program => program,
    };
    let message = format!("{host} does not know `{feature}`: update it with `agor update-host`");
    Some(WireError::new(ErrorCode::Unsupported, message))
}

fn failed(ask: AskId, reason: &str) -> News {
    unable(ask, WireError::new(ErrorCode::Unavailable, reason))
}

/// Returns the end of an answer that there will not be.
pub fn unable(ask: AskId, error: WireError) -> News {
    News::Answer(Answer {
        ask,
        last: true,
        part: Part::Failed { error },
    })
}
