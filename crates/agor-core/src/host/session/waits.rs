//! Clients that wait for something to happen in a session: its end, a text, quiet.
//!
//! The host decides it, where no output is missed, rather than the client from the screens that
//! it happens to see.

use std::time::{Duration, Instant};

use agor_proto::agent::State;
use agor_proto::error::{ErrorCode, WireError};
use agor_proto::ids::{AskId, ConnEpoch};
use agor_proto::limits::REGEX_MAX;
use agor_proto::message::{Answer, Part, Until};
use agor_proto::session::Life;
use regex::{Regex, RegexBuilder};

use super::{Effect, Fold, Line};

/// A question to wait for.
#[derive(Debug)]
pub struct Request {
    /// Who asked.
    pub conn: ConnEpoch,
    /// The question's number.
    pub ask: AskId,
    /// For what.
    pub until: Until,
    /// For how long.
    pub timeout: Option<Duration>,
}

/// See the module.
#[derive(Debug, Default)]
#[cfg_attr(test, derive(Clone))]
pub struct Waits {
    waits: Vec<Wait>,
}

#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
struct Wait {
    conn: ConnEpoch,
    ask: AskId,
    until: Condition,
    deadline: Option<Instant>,
}

#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
enum Condition {
    Exit,
    Text(Regex),
    Idle { quiet: Duration, since: Instant },
    State(Vec<State>),
}

impl Waits {
    /// Says whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.waits.is_empty()
    }

    /// Says whether somebody waits for a text, so that rows must be looked at.
    pub fn want_text(&self) -> bool {
        self.waits
            .iter()
            .any(|wait| matches!(wait.until, Condition::Text(_)))
    }

    /// Begins to wait, or answers at once.
    pub fn add(
        &mut self,
        request: Request,
        life: &Life,
        fold: &Fold,
        now: Instant,
        effects: &mut Vec<Effect>,
    ) {
        let Request {
            conn,
            ask,
            until,
            timeout,
        } = request;
        let until = match until {
            Until::Exit => Condition::Exit,
            Until::Idle { millis } => Condition::Idle {
                quiet: Duration::from_millis(millis),
                since: now,
            },
            Until::Text { regex } => match compile(&regex, true, false) {
                Ok(regex) => Condition::Text(regex),
                Err(error) => return effects.push(answer(conn, ask, Part::Failed { error })),
            },
        };
        let deadline = timeout.map(|timeout| now + timeout);
        self.waits.push(Wait {
            conn,
            ask,
            until,
            deadline,
        });
        self.look(&fold.screen_lines(), effects);
        if !life.alive() {
            self.ended(life, effects);
        }
    }

    /// Begins to wait for a state; [`Waits::reached`] answers.
    pub fn add_state(
        &mut self,
        conn: ConnEpoch,
        ask: AskId,
        states: Vec<State>,
        deadline: Option<Instant>,
    ) {
        self.waits.push(Wait {
            conn,
            ask,
            until: Condition::State(states),
            deadline,
        });
    }

    /// Answers those who wait for the agent's state.
    pub fn reached(&mut self, state: State, part: impl Fn() -> Part, effects: &mut Vec<Effect>) {
        self.waits.retain(|wait| {
            let Condition::State(states) = &wait.until else {
                return true;
            };
            let reached = states.contains(&state);
            if reached {
                effects.push(answer(wait.conn, wait.ask, part()));
            }
            !reached
        });
    }

    /// Forgets what a connection waited for.
    pub fn remove(&mut self, conn: ConnEpoch) {
        self.waits.retain(|wait| wait.conn != conn);
    }

    /// Forgets a question that was cancelled.
    pub fn cancel(&mut self, conn: ConnEpoch, ask: AskId) {
        self.waits
            .retain(|wait| (wait.conn, wait.ask) != (conn, ask));
    }

    /// Answers those whose text is in `lines`.
    pub fn look(&mut self, lines: &[Line], effects: &mut Vec<Effect>) {
        self.waits.retain(|wait| {
            let Condition::Text(regex) = &wait.until else {
                return true;
            };
            let Some(line) = lines.iter().find(|line| matches(regex, line)) else {
                return true;
            };
            let text = Some(line.text.clone());
            let part = Part::Happened {
                code: None,
                signal: 0,
                text,
            };
            effects.push(answer(wait.conn, wait.ask, part));
            false
        });
    }

    /// Answers everybody: nothing more will come.
    pub fn ended(&mut self, life: &Life, effects: &mut Vec<Effect>) {
        for wait in self.waits.drain(..) {
            let (code, signal) = match life {
                Life::Exited { code, signal } => (Some(*code), *signal),
                _ => (None, 0),
            };
            let part = match (&wait.until, life) {
                (Condition::Exit, Life::Failed { reason }) => Part::Failed {
                    error: WireError::new(ErrorCode::SpawnFailed, reason.clone()),
                },
                (Condition::Exit | Condition::Idle { .. }, _) => Part::Happened {
                    code,
                    signal,
                    text: None,
                },
                (Condition::State(_), _) => Part::Failed {
                    error: WireError::new(
                        ErrorCode::Ended,
                        "the session's program ended before its agent was in that state",
                    ),
                },
                (Condition::Text(_), _) => Part::Failed {
                    error: WireError::new(
                        ErrorCode::Ended,
                        "the session's program ended and the text did not come",
                    ),
                },
            };
            effects.push(answer(wait.conn, wait.ask, part));
        }
    }

    /// Notes that output came.
    pub fn active(&mut self, now: Instant) {
        for wait in &mut self.waits {
            if let Condition::Idle { since, .. } = &mut wait.until {
                *since = now;
            }
        }
    }

    /// Answers those whose time has come.
    pub fn tick(&mut self, now: Instant, effects: &mut Vec<Effect>) {
        if self.waits.is_empty() {
            return;
        }
        self.waits.retain(|wait| {
            if let Condition::Idle { quiet, since } = wait.until
                && now >= since + quiet
            {
                let part = Part::Happened {
                    code: None,
                    signal: 0,
                    text: None,
                };
                effects.push(answer(wait.conn, wait.ask, part));
                return false;
            }
            if wait.deadline.is_some_and(|deadline| now >= deadline) {
                let error = WireError::new(
                    ErrorCode::Timeout,
                    "what was waited for did not come in time",
                );
                effects.push(answer(wait.conn, wait.ask, Part::Failed { error }));
                return false;
            }
            true
        });
    }

    /// Returns when [`Waits::tick`] is due.
    pub fn next_wake(&self) -> Option<Instant> {
        let idle = self.waits.iter().filter_map(|wait| match wait.until {
            Condition::Idle { quiet, since } => Some(since + quiet),
            _ => None,
        });
        idle.chain(self.waits.iter().filter_map(|wait| wait.deadline))
            .min()
    }
}

/// Says whether an expression matches a line. Where the line is cut is not where it begins, so `^`
/// matches nothing there.
fn matches(regex: &Regex, line: &Line) -> bool {
    let before = line.text.chars().next().filter(|_| line.cut);
    regex.is_match_at(&line.text, before.map_or(0, char::len_utf8))
}

fn answer(conn: ConnEpoch, ask: AskId, part: Part) -> Effect {
    Effect::Send(
        conn,
        Answer {
            ask,
            last: true,
            part,
        }
        .into(),
    )
}

/// Makes an expression of what a client looks for: a text, or an expression already.
pub fn compile(pattern: &str, is_regex: bool, ignore_case: bool) -> Result<Regex, WireError> {
    let bad = |reason: String| WireError::new(ErrorCode::BadRequest, reason);
    if pattern.len() > REGEX_MAX {
        return Err(bad(format!(
            "the expression is longer than {REGEX_MAX} bytes"
        )));
    }
    let expression = if is_regex {
        pattern.into()
    } else {
        regex::escape(pattern)
    };
    // The bound on the compiled size keeps a hostile expression from costing memory; the engine
    // itself takes time linear in the text.
    RegexBuilder::new(&expression)
        .case_insensitive(ignore_case)
        .size_limit(1 << 20)
        .build()
        .map_err(|error| bad(format!("the expression cannot be used: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_where_a_line_is_cut_is_not_its_beginning() {
        let line = |cut| Line {
            text: "énd of it".into(),
            cut,
        };
        let begins = compile("^.nd", true, false).unwrap();
        assert!(matches(&begins, &line(false)) && !matches(&begins, &line(true)));
        let ends = compile("of it$", true, false).unwrap();
        assert!(matches(&ends, &line(false)) && matches(&ends, &line(true)));
    }
}
