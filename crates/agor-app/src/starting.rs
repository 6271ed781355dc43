//! An agent that is about to be started: what was chosen for it so far, and what can be. What its settings say and
//! nobody chose is left to the host.

use std::collections::HashSet;

use agor_core::agents::conversations::{holder, is_held};
use agor_core::config::Layers;
use agor_proto::agent::{AgentSpec, Conversation};
use agor_proto::session::SessionInfo;

use crate::commands::Command;
use crate::icons::Mark;
use crate::link::snapshot::{KnownAgent, Snapshot};
use crate::palette::{Choice, Entry};
use crate::text::{age, now_millis};

/// What is said where the focused agent is meant and there is none.
pub const NO_AGENT: &str = "The focused pane has no agent.";

/// What can be chosen for an agent that is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// The model.
    Model,
    /// How it asks before it acts.
    Mode,
    /// The conversation that it goes on with.
    Resume,
    /// The conversation of which it begins with a copy.
    Fork,
}

impl Ask {
    /// All, in the order in which they are shown.
    pub const ALL: [Self; 4] = [Self::Model, Self::Mode, Self::Resume, Self::Fork];

    /// Returns the option of `agor new` that asks for the same.
    #[must_use]
    pub fn option(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Mode => "mode",
            Self::Resume => "resume",
            Self::Fork => "fork",
        }
    }

    /// Returns the command whose keys lead to it.
    #[must_use]
    pub fn command(self) -> Command {
        match self {
            Self::Model => Command::PromptModel,
            Self::Mode => Command::PromptMode,
            Self::Resume => Command::PromptResume,
            Self::Fork => Command::PromptFork,
        }
    }

    /// Returns what `command` leads to, if it leads to one of them.
    #[must_use]
    pub fn of(command: Command) -> Option<Self> {
        Self::ALL.into_iter().find(|ask| ask.command() == command)
    }

    /// Returns what it is called.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Model => "Model",
            Self::Mode => "Permissions",
            Self::Resume => "Go on with",
            Self::Fork => "Fork",
        }
    }

    /// Returns what the field says in which it is chosen.
    #[must_use]
    pub fn placeholder(self) -> &'static str {
        match self {
            Self::Model => "Choose a model, or type its name",
            Self::Mode => "Choose how it asks before it acts",
            Self::Resume => "Choose a conversation to go on with",
            Self::Fork => "Choose a conversation to fork",
        }
    }
}

/// Where a started agent's pane goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Into a new tab of its project.
    Tab,
    /// Beside the focused pane.
    Beside,
}

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Starting {
    /// The agent's provider.
    pub provider: String,
    /// The folder of its project.
    pub folder: String,
    /// Where it starts, if elsewhere.
    pub cwd: Option<String>,
    /// The model, if one was chosen.
    pub model: Option<String>,
    /// How it asks before it acts, if that was chosen.
    pub mode: Option<String>,
    /// Which conversation it begins with.
    pub conversation: Conversation,
    /// What that conversation is called, if it is an earlier one.
    pub conversation_name: String,
    /// The model and the mode that it had there, which hold if none is chosen.
    pub had: (Option<String>, Option<String>),
    /// What it is told first.
    pub words: String,
    /// Where its pane goes.
    pub place: Place,
}

impl Starting {
    /// Returns an agent for which nothing was chosen.
    #[must_use]
    pub fn new(provider: String, folder: String) -> Self {
        Self {
            provider,
            folder,
            cwd: None,
            model: None,
            mode: None,
            conversation: Conversation::New,
            conversation_name: String::new(),
            had: (None, None),
            words: String::new(),
            place: Place::Tab,
        }
    }

    /// Returns an agent beside the one of `info`, which goes on with its conversation or begins with a copy of it.
    ///
    /// # Errors
    /// Why there is none, in a sentence.
    pub fn beside(ask: Ask, info: &SessionInfo, snapshot: &Snapshot) -> Result<Self, String> {
        let Some(agent) = &info.agent else {
            return Err(NO_AGENT.into());
        };
        let known = snapshot.agent(&agent.provider);
        if let Some(why) = known.and_then(|known| known.why_not(ask)) {
            return Err(why.to_owned());
        }
        if agent.conversation.is_none() {
            return Err(format!("{}: its conversation is not known yet.", info.name));
        }
        if agent.conversation_empty {
            return Err(format!(
                "{}: nothing was said in its conversation yet.",
                info.name
            ));
        }
        let mut starting = Self::new(agent.provider.clone(), info.folder.clone());
        starting.place = Place::Beside;
        starting.take(ask, info);
        match starting.held_by(snapshot) {
            Some(holder) => Err(is_held(&holder.name)),
            None => Ok(starting),
        }
    }

    /// Returns the session that has the conversation with which it is to go on: two programs would write into one.
    #[must_use]
    pub fn held_by<'a>(&self, snapshot: &'a Snapshot) -> Option<&'a SessionInfo> {
        let Conversation::Resume { id } = &self.conversation else {
            return None;
        };
        let sessions = snapshot.sessions.iter().flat_map(|it| it.iter());
        holder(sessions, &self.provider, id)
    }

    /// Lets it go on with the conversation of a session, or begin with a copy of it, where that was: agents look for
    /// a conversation in its folder.
    pub fn take(&mut self, ask: Ask, info: &SessionInfo) {
        let Some(agent) = &info.agent else {
            return;
        };
        let Some(id) = agent.conversation.clone() else {
            return;
        };
        self.had = (agent.model.clone(), agent.mode.clone());
        self.conversation = match ask {
            Ask::Fork => Conversation::Fork { id },
            _ => Conversation::Resume { id },
        };
        self.conversation_name.clone_from(&info.name);
        self.folder.clone_from(&info.folder);
        self.cwd = Some(info.cwd.clone());
    }

    /// Lets it begin a new conversation in `folder`.
    pub fn begin_anew(&mut self, folder: String) {
        self.conversation = Conversation::New;
        self.conversation_name.clear();
        self.had = (None, None);
        self.folder = folder;
        self.cwd = None;
    }

    /// Returns the folders of which the person has to have said that agents may start there: its project's, and the
    /// one in which it starts, where what is there can make it act.
    pub fn folders(&self) -> impl Iterator<Item = &str> {
        let cwd = self.cwd.as_deref().filter(|cwd| *cwd != self.folder);
        std::iter::once(self.folder.as_str()).chain(cwd)
    }

    /// Returns what the host is asked for, once the person has said that agents may start in its folders.
    #[must_use]
    pub fn spec(&self) -> AgentSpec {
        AgentSpec {
            provider: self.provider.clone(),
            model: self.model.clone().or_else(|| self.had.0.clone()),
            mode: self.mode.clone().or_else(|| self.had.1.clone()),
            prompt: Some(self.words.clone()).filter(|words| !words.is_empty()),
            conversation: self.conversation.clone(),
            trusted: true,
        }
    }

    /// Returns what was chosen, as it is shown.
    fn chosen(&self, ask: Ask, layers: &Layers) -> String {
        match (ask, &self.conversation) {
            (Ask::Model, _) => {
                let chosen = self.model.clone();
                chosen.unwrap_or_else(|| self.by_default(ask, layers))
            }
            (Ask::Mode, _) => {
                let chosen = self.mode.clone();
                chosen.unwrap_or_else(|| self.by_default(ask, layers))
            }
            (Ask::Resume, Conversation::Resume { .. }) | (Ask::Fork, Conversation::Fork { .. }) => {
                self.conversation_name.clone()
            }
            _ => "none".into(),
        }
    }

    /// Returns what holds if nothing is chosen.
    fn by_default(&self, ask: Ask, layers: &Layers) -> String {
        let had = match ask {
            Ask::Model => &self.had.0,
            _ => &self.had.1,
        };
        match (had, set(self, ask, layers)) {
            (Some(value), _) => format!("{value}, as before"),
            (None, Some(value)) => format!("{value}, as the settings say"),
            (None, None) => "the agent's own choice".into(),
        }
    }
}

/// Returns what the settings say of the agent that they name.
fn set<'a>(starting: &Starting, ask: Ask, layers: &'a Layers) -> Option<&'a str> {
    let said = |key| layers.for_agent(key, &starting.provider, starting.folder.as_str());
    match ask {
        Ask::Model => said("agents.model"),
        Ask::Mode => said("agents.permission_mode"),
        _ => None,
    }
}

/// What can be chosen for an agent, with what was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// What.
    pub ask: Ask,
    /// What was chosen, as it is shown.
    pub value: String,
}

/// Returns what can be chosen for an agent: nothing that its provider cannot.
#[must_use]
pub fn offered(starting: &Starting, snapshot: &Snapshot) -> Vec<Offered> {
    let known = snapshot.agent(&starting.provider);
    let can = |ask: &Ask| known.is_some_and(|known| known.why_not(*ask).is_none());
    let asks = Ask::ALL.into_iter().filter(can);
    let layers = &snapshot.settings.layers;
    asks.map(|ask| Offered {
        ask,
        value: starting.chosen(ask, layers),
    })
    .collect()
}

/// Says whether what is typed counts too, since not all that there is is known.
#[must_use]
pub fn is_typed(ask: Ask, known: Option<&KnownAgent>) -> bool {
    match ask {
        Ask::Model => true,
        Ask::Mode => known.is_none_or(|known| known.modes.is_empty()),
        Ask::Resume | Ask::Fork => false,
    }
}

/// Returns what there is to be chosen, what holds without a choice first.
#[must_use]
pub fn entries(ask: Ask, starting: &Starting, snapshot: &Snapshot) -> Vec<Entry> {
    let value = |value: Option<String>| Choice::Said { ask, value };
    let plain = |name: String| Entry::new(value(Some(name.clone())), name, String::new());
    let default = starting.by_default(ask, &snapshot.settings.layers);
    let known = snapshot.agent(&starting.provider);
    match ask {
        Ask::Model => {
            let first = Entry::new(value(None), "Default".into(), default);
            let models = models(starting, known, snapshot);
            std::iter::once(first)
                .chain(models.into_iter().map(plain))
                .collect()
        }
        Ask::Mode => {
            let first = Entry::new(value(None), "Default".into(), default);
            let modes = known.map(|known| known.modes.clone()).unwrap_or_default();
            std::iter::once(first)
                .chain(modes.into_iter().map(plain))
                .collect()
        }
        Ask::Resume | Ask::Fork => {
            let new = Choice::Conversation { ask, of: None };
            let first = Entry::new(new, "A new conversation".into(), String::new());
            let known = conversations(ask, &starting.provider, snapshot).into_iter();
            std::iter::once(first)
                .chain(known.map(|info| conversation(ask, info, snapshot)))
                .collect()
        }
    }
}

/// Returns the models whose names are known: what the settings say, what the provider's table has, and what agents of
/// it were asked to use.
fn models(starting: &Starting, known: Option<&KnownAgent>, snapshot: &Snapshot) -> Vec<String> {
    let set = set(starting, Ask::Model, &snapshot.settings.layers).map(str::to_owned);
    let table = known.map(|known| known.models.clone()).unwrap_or_default();
    let sessions = snapshot.sessions.iter().flat_map(|it| it.iter()).rev();
    let agents = sessions.filter_map(|info| info.agent.as_ref());
    let asked = agents.filter(|agent| agent.provider == starting.provider);
    let asked = asked.filter_map(|agent| agent.model.clone());
    let mut all: Vec<_> = set.into_iter().chain(table).chain(asked).collect();
    let mut seen = HashSet::new();
    all.retain(|model| seen.insert(model.clone()));
    all
}

/// Returns the sessions whose conversations can be chosen, each conversation once, the newest first.
fn conversations<'a>(ask: Ask, provider: &str, snapshot: &'a Snapshot) -> Vec<&'a SessionInfo> {
    let sessions = snapshot.sessions.iter().flat_map(|it| it.iter());
    let mut all: Vec<(&str, &SessionInfo)> = sessions
        .filter_map(|info| {
            let agent = info.agent.as_ref().filter(|it| it.provider == provider)?;
            let id = agent.conversation.as_deref()?;
            (!agent.conversation_empty).then_some((id, info))
        })
        .collect();
    all.sort_by_key(|(_, info)| std::cmp::Reverse(info.active_millis));
    if ask == Ask::Resume {
        // Two programs would write into a conversation that goes on.
        let sessions = || snapshot.sessions.iter().flat_map(|it| it.iter());
        all.retain(|(id, _)| holder(sessions(), provider, id).is_none());
    }
    let mut seen = HashSet::new();
    all.retain(|(id, _)| seen.insert(*id));
    all.into_iter().map(|(_, info)| info).collect()
}

fn conversation(ask: Ask, info: &SessionInfo, snapshot: &Snapshot) -> Entry {
    let of = Some(info.id);
    let project = snapshot.project_name(&info.folder);
    let age = age(now_millis().saturating_sub(info.active_millis));
    let detail = format!("{project}  {}", info.title);
    let mut entry = Entry::new(
        Choice::Conversation { ask, of },
        info.name.clone(),
        detail.trim_end().to_owned(),
    );
    entry.keys = age;
    entry.mark = Some(Mark::of(info));
    entry
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{agent_info, session_info};
    use agor_proto::agent::AgentInfo;
    use agor_proto::session::Life;
    use std::sync::Arc;

    fn with_conversation(number: u8, id: &str, active_millis: u64, life: Life) -> SessionInfo {
        SessionInfo {
            agent: Some(AgentInfo {
                conversation: Some(id.into()),
                model: Some(format!("m-{id}")),
                ..agent_info()
            }),
            active_millis,
            life,
            ..session_info(number, &format!("s{number}"))
        }
    }

    fn snapshot() -> Snapshot {
        let ended = Life::Exited { code: 0, signal: 0 };
        let sessions = vec![
            with_conversation(1, "a", 10, ended.clone()),
            with_conversation(2, "b", 30, Life::Running),
            with_conversation(3, "a", 20, ended.clone()),
            // The same conversation ran before where it runs now.
            with_conversation(4, "b", 5, ended),
            session_info(5, "bash"),
        ];
        Snapshot {
            sessions: Some(Arc::new(sessions)),
            agents: Arc::new(vec![KnownAgent {
                id: "claude".into(),
                name: "Claude Code".into(),
                models: vec!["opus".into()],
                cannot: vec![(Ask::Mode, "Claude Code: it has none.".into())],
                ..KnownAgent::default()
            }]),
            ..Snapshot::default()
        }
    }

    fn names(ask: Ask) -> Vec<String> {
        let starting = Starting::new("claude".into(), "/work/project".into());
        let entries = entries(ask, &starting, &snapshot());
        entries.into_iter().map(|entry| entry.title).collect()
    }

    #[test]
    fn each_conversation_is_offered_once_the_newest_first_and_one_that_goes_on_is_only_forked() {
        assert_eq!(names(Ask::Resume), ["A new conversation", "s3"]);
        assert_eq!(names(Ask::Fork), ["A new conversation", "s2", "s3"]);
    }

    #[test]
    fn models_are_those_of_the_table_and_those_that_were_asked_for() {
        assert_eq!(names(Ask::Model), ["Default", "opus", "m-b", "m-a"]);
    }

    #[test]
    fn what_a_provider_cannot_is_not_offered() {
        let starting = Starting::new("claude".into(), "/work/project".into());
        let asks: Vec<_> = offered(&starting, &snapshot())
            .into_iter()
            .map(|offered| offered.ask)
            .collect();
        assert_eq!(asks, [Ask::Model, Ask::Resume, Ask::Fork]);
        let other = Starting::new("unheard".into(), "/work/project".into());
        assert!(offered(&other, &snapshot()).is_empty());
    }

    #[test]
    fn a_conversation_goes_on_where_it_was() {
        let mut info = with_conversation(1, "a", 10, Life::Lost);
        info.cwd = "/work/project/deep".into();
        let starting = Starting::beside(Ask::Resume, &info, &snapshot()).unwrap();
        assert_eq!(starting.cwd.as_deref(), Some("/work/project/deep"));
        assert_eq!(
            starting.spec().conversation,
            Conversation::Resume { id: "a".into() }
        );
        assert_eq!(starting.spec().model.as_deref(), Some("m-a"));
        // Going on elsewhere by now, it is only forked.
        let mut goes_on = snapshot();
        let elsewhere = with_conversation(6, "a", 40, Life::Running);
        goes_on.sessions = Some(Arc::new(vec![info.clone(), elsewhere]));
        let refused = Starting::beside(Ask::Resume, &info, &goes_on);
        assert!(refused.is_err_and(|why| why.contains("s6")));
        assert!(Starting::beside(Ask::Fork, &info, &goes_on).is_ok());
    }

    #[test]
    fn a_conversation_in_which_nothing_was_said_is_not_offered() {
        let mut info = with_conversation(1, "a", 10, Life::Lost);
        let agent = info.agent.as_mut().unwrap();
        agent.conversation_empty = true;
        let mut snapshot = snapshot();
        snapshot.sessions = Some(Arc::new(vec![info.clone()]));
        let starting = Starting::new("claude".into(), "/work/project".into());
        for ask in [Ask::Resume, Ask::Fork] {
            assert_eq!(entries(ask, &starting, &snapshot).len(), 1, "a new one");
            assert!(Starting::beside(ask, &info, &snapshot).is_err());
        }
    }

    #[test]
    fn model_and_mode_of_a_conversation_hold_unless_others_are_chosen() {
        let info = with_conversation(1, "a", 10, Life::Lost);
        let mut starting = Starting::new("claude".into(), "/work/project".into());
        starting.take(Ask::Fork, &info);
        assert_eq!(starting.spec().model.as_deref(), Some("m-a"));
        let layers = Layers::default();
        assert_eq!(starting.chosen(Ask::Model, &layers), "m-a, as before");
        starting.model = Some("opus".into());
        assert_eq!(starting.spec().model.as_deref(), Some("opus"));
        starting.model = None;
        starting.begin_anew("/work/project".into());
        assert_eq!(starting.spec().model, None);
    }
}
