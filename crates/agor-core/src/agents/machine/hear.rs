//! What follows from a hook. A hook tells what happens within a turn and how a turn ends; of a denial and
//! an interrupt it hears nothing (the rule is in `agents.rs`).

use agor_proto::agent::{Pending, State};
use serde::{Deserialize, Serialize};

use super::super::claim::{Moment, Says, Source, asks};
use super::super::hooks::Hook;
use super::super::transcript::is_id;
use super::Machine;

/// What hooks have told so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Heard {
    /// The use of a tool that is asked about.
    asked: Option<String>,
    /// Whether requests for permission have a hook of their own.
    requests: bool,
    /// Whether the person asked for the compaction that is under way.
    compacts_by_hand: bool,
}

impl Machine {
    /// Takes notice of a hook.
    pub(super) fn hear(&mut self, hook: &Hook, now: Moment) {
        self.changed = true;
        // Whatever the agent runs can tell hooks too, and an id becomes an argument when it goes on.
        if is_id(&hook.session_id) && hook.agent_id.is_none() {
            self.converses(&hook.session_id);
        }
        if !hook.transcript_path.is_empty() && hook.agent_id.is_none() {
            self.transcript.clone_from(&hook.transcript_path);
        }
        match &hook.event[..] {
            "SessionStart" => self.session_began(hook, now),
            "SessionEnd" => {
                self.heard.asked = None;
                self.background.clear();
                self.claims_hook(State::Idle, "its session ended", now);
            }
            "UserPromptSubmit" => {
                self.heard.asked = None;
                self.prompted = true;
                self.claims_hook(State::Working, "it works on your prompt", now);
            }
            "PreToolUse" => {
                let tool = hook.tool();
                if let Some(id) = &hook.tool_use_id {
                    self.tools.begin(id, &tool);
                }
                self.works_on(format!("it runs {tool}"), now);
            }
            "PermissionRequest" => self.asked(hook, now),
            "PostToolUse" | "PostToolUseFailure" => self.tool_ended("it has run", hook, now),
            // It was denied without the person: the turn goes on.
            "PermissionDenied" => self.tool_ended("it was denied", hook, now),
            "Notification" => self.notified(hook, now),
            "Stop" => {
                self.heard.asked = None;
                self.claims_hook(State::Done, "it finished its turn", now);
            }
            "StopFailure" => {
                self.heard.asked = None;
                let told = [&hook.error_details, &hook.message, &hook.error];
                let why = told.into_iter().flatten().next().cloned();
                let why = why.unwrap_or_else(|| "its turn failed".into());
                self.claims_hook(State::Error, why, now);
            }
            "SubagentStart" => {
                let what = hook.agent_type.as_deref().unwrap_or("a subagent");
                let id = hook.agent_id.as_deref().unwrap_or(what);
                self.background.begin(id, what);
            }
            "SubagentStop" => {
                let id = hook.agent_id.as_ref().or(hook.agent_type.as_ref());
                self.background.end(id.map_or("", String::as_str));
            }
            "PreCompact" => {
                self.heard.compacts_by_hand = hook.trigger.as_deref() == Some("manual");
                self.claims_hook(State::Working, "it compacts its conversation", now);
            }
            "PostCompact" => self.compacted(now),
            _ => {}
        }
    }

    fn claims_hook(&mut self, state: State, reason: impl Into<String>, now: Moment) {
        self.say(Source::Hook, Some(Says::just(state, reason)), now);
    }

    fn session_began(&mut self, hook: &Hook, now: Moment) {
        if hook.source.as_deref() == Some("compact") {
            return self.compacted(now);
        }
        self.heard.asked = None;
        self.tools.clear();
        self.background.clear();
        self.claims_hook(State::Idle, "its session began", now);
    }

    /// A compaction within a turn is part of it; one that the person asked for was all there was.
    fn compacted(&mut self, now: Moment) {
        if std::mem::take(&mut self.heard.compacts_by_hand) {
            self.claims_hook(State::Idle, "it compacted its conversation", now);
        }
    }

    /// Something is worked on, which says nothing about a question that is open beside it.
    fn works_on(&mut self, what: String, now: Moment) {
        let open = self.heard.asked.is_some() && self.hook_asks();
        if !open {
            self.claims_hook(State::Working, what, now);
        }
    }

    fn hook_asks(&self) -> bool {
        let claim = self.claims.get(&Source::Hook);
        claim.is_some_and(|claim| !claim.ended && asks(claim.state))
    }

    fn hook_claims(&self, state: State) -> bool {
        let claim = self.claims.get(&Source::Hook);
        claim.is_some_and(|claim| !claim.ended && claim.state == state)
    }

    fn asked(&mut self, hook: &Hook, now: Moment) {
        self.heard.requests = true;
        let tool = hook.tool();
        // Where the request does not name the use, it is the one under way that reads the same.
        let named = hook.tool_use_id.clone();
        let asked = named.or_else(|| self.tools.id_of(&tool).map(str::to_owned));
        self.heard.asked = Some(asked.unwrap_or_default());
        let (state, text) = match hook.question() {
            Some(question) => (State::NeedsAnswer, question.to_owned()),
            None => (State::NeedsPermission, tool),
        };
        let reason = match state {
            State::NeedsAnswer => format!("it asks: {text}"),
            _ => format!("it asks to use {text}"),
        };
        let pending = Some(Pending {
            text,
            ..Pending::default()
        });
        let says = Says {
            pending,
            ..Says::just(state, reason)
        };
        self.say(Source::Hook, Some(says), now);
        self.question.asked_anew(now.at_millis);
    }

    fn tool_ended(&mut self, how: &str, hook: &Hook, now: Moment) {
        let id = hook.tool_use_id.as_deref().unwrap_or_default();
        let what = self.tools.end(id).unwrap_or_else(|| hook.tool());
        let was_asked = |asked: &String| asked.is_empty() || asked == id || id.is_empty();
        if self.heard.asked.as_ref().is_some_and(was_asked) {
            self.heard.asked = None;
        }
        self.works_on(format!("{how} {what}"), now);
    }

    fn notified(&mut self, hook: &Hook, now: Moment) {
        let message = hook.message.clone().unwrap_or_default();
        let pending = Some(Pending {
            text: message.clone(),
            ..Pending::default()
        });
        match hook.notification_type.as_deref() {
            // It comes seconds after the request, perhaps when that is answered already.
            Some("permission_prompt") if !self.heard.requests => {
                let says = Says {
                    pending,
                    ..Says::just(State::NeedsPermission, message)
                };
                self.say(Source::Hook, Some(says), now);
            }
            Some("elicitation_dialog") => {
                let says = Says {
                    pending,
                    ..Says::just(State::NeedsAnswer, message)
                };
                self.say(Source::Hook, Some(says), now);
            }
            Some("elicitation_response" | "elicitation_complete")
                if self.hook_claims(State::NeedsAnswer) =>
            {
                self.claims_hook(State::Working, "it was answered", now);
            }
            Some("idle_prompt") => {
                let former = self.claims.get(&Source::Hook);
                let ended = former.is_some_and(|claim| {
                    !claim.ended && matches!(claim.state, State::Done | State::Error | State::Idle)
                });
                if !ended {
                    let says = Says {
                        also: vec![State::Done, State::Error],
                        ..Says::just(State::Idle, "it waits for your prompt")
                    };
                    self.say(Source::Hook, Some(says), now);
                }
            }
            _ => {}
        }
    }
}
