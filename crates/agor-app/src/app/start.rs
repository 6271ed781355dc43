//! How an agent is started: what is asked about it first, and where its pane goes.

use agor_core::agents::conversations::is_held;
use agor_core::config::{TRUSTED, Value, Whose, trusts};
use agor_proto::ids::{SessionId, Size};
use egui_tiles::LinearDir;

use super::{App, Overlay, Purpose};
use crate::launch::Launcher;
use crate::link::Request;
use crate::palette::{Palette, Scope};
use crate::starting::{self, Ask, NO_AGENT, Place, Starting};
use crate::trust::{self, Trust, trust_ui};

impl App {
    /// Asks what the agent that was chosen is to do, and leads to what else can be chosen for it.
    pub(super) fn ask_words(&mut self) {
        let Some(starting) = &self.starting else {
            return;
        };
        let offered = starting::offered(starting, &self.snapshot);
        let palette = Palette::new(Scope::Prompt, starting.words.clone()).leading_to(offered);
        self.overlay = Some(Overlay::Palette(palette));
        self.wake.now();
    }

    /// Asks for something else of the agent that was chosen, while `words` is what it is to do so far.
    pub(super) fn ask_of_agent(&mut self, ask: Ask, words: String) {
        let Some(starting) = &mut self.starting else {
            return;
        };
        starting.words = words;
        let known = self.snapshot.agent(&starting.provider);
        if let Some(why) = known.and_then(|known| known.why_not(ask)) {
            self.note(why);
            return self.ask_words();
        }
        let typed = starting::is_typed(ask, known);
        let palette = Palette::new(Scope::Of(ask), String::new()).taking_text(typed);
        self.overlay = Some(Overlay::Palette(palette));
        self.wake.now();
    }

    /// Lets the agent that was chosen have a model or a mode, or what it has without a choice.
    pub(super) fn say_of_agent(&mut self, ask: Ask, value: Option<String>) {
        if let Some(starting) = &mut self.starting {
            match ask {
                Ask::Model => starting.model = value,
                _ => starting.mode = value,
            }
        }
        self.ask_words();
    }

    /// Lets the agent that was chosen go on with the conversation of a session, or begin with a copy of it; without one
    /// it begins a new one.
    pub(super) fn choose_conversation(&mut self, ask: Ask, of: Option<SessionId>) {
        let folder = self.current_folder();
        let info = of.and_then(|session| self.snapshot.session(session));
        let Some(starting) = &mut self.starting else {
            return;
        };
        match (of, info) {
            (_, Some(info)) => starting.take(ask, info),
            (None, None) => starting.begin_anew(folder),
            // What was chosen before stays: nobody asked for a new one.
            (Some(_), None) => self.note("That session is gone: choose another conversation."),
        }
        self.ask_words();
    }

    /// Starts the agent that was chosen.
    pub(super) fn start_agent(&mut self, words: String) {
        let Some(starting) = self.starting.take() else {
            return;
        };
        let starting = Starting { words, ..starting };
        // It may have been gone on with since it was chosen. What was typed stays.
        if let Some(holder) = starting.held_by(&self.snapshot) {
            self.note(&is_held(&holder.name));
            self.starting = Some(starting);
            return self.ask_words();
        }
        self.start(starting);
    }

    /// Starts an agent for which nothing else was chosen in a new tab of a folder's project.
    pub(super) fn start_agent_in(&mut self, folder: String, provider: String, words: String) {
        self.start(Starting {
            words,
            ..Starting::new(provider, folder)
        });
    }

    /// Starts an agent beside the focused one, with its conversation or a copy of it.
    pub(super) fn start_beside(&mut self, ask: Ask) {
        let session = self.workspace.focused_session();
        let Some(info) = session.and_then(|session| self.snapshot.session(session)) else {
            return self.note(NO_AGENT);
        };
        match Starting::beside(ask, info, &self.snapshot) {
            Ok(starting) => self.start(starting),
            Err(why) => self.note(&why),
        }
    }

    fn start(&mut self, starting: Starting) {
        let layers = &self.snapshot.settings.layers;
        let strange = starting.folders().filter(|it| !trusts(layers, it));
        let strange = strange.map(str::to_owned).collect();
        self.start_where_trusted(starting, strange);
    }

    /// Starts an agent once the person has said of each of these folders that agents may start there.
    fn start_where_trusted(&mut self, starting: Starting, mut strange: Vec<String>) {
        let Purpose::Workspace { launcher } = &self.purpose else {
            return;
        };
        if strange.is_empty() {
            let launcher = launcher.clone();
            return self.start_trusted(&launcher, starting);
        }
        let folder = strange.remove(0);
        let known = self.snapshot.agent(&starting.provider);
        let name = known.map_or_else(|| starting.provider.clone(), |known| known.name.clone());
        self.overlay = Some(Overlay::Trust(Trust {
            folder,
            further: strange,
            name,
            starting,
            drawn: false,
        }));
    }

    /// Asks whether an agent may start in a folder, and does what the person says.
    pub(super) fn show_trust(&mut self, ui: &mut egui::Ui, trust: Trust) {
        match trust_ui(ui, &trust, &self.theme) {
            trust::Outcome::Open => {
                if !trust.drawn {
                    tracing::debug!(folder = trust.folder, "a folder is asked about");
                }
                let drawn = true;
                self.overlay = Some(Overlay::Trust(Trust { drawn, ..trust }));
            }
            trust::Outcome::Closed => self.wake.now(),
            trust::Outcome::Trusted(trusted) => {
                self.link.request(Request::Say {
                    key: TRUSTED,
                    of: Whose::Project(trusted.trim_end_matches('/').to_owned()),
                    value: Some(Value::Bool(true)),
                });
                let layers = &self.snapshot.settings.layers;
                let further = trust.further.into_iter();
                let further = further.filter(|it| !trust::holds_for(layers, &trusted, it));
                let further = further.collect();
                self.start_where_trusted(trust.starting, further);
                self.wake.now();
            }
        }
    }

    fn start_trusted(&mut self, launcher: &Launcher, starting: Starting) {
        let agent = starting.spec();
        let size = Size::cells(80, 24);
        let folder = starting.folder;
        let (session, body) = launcher.create_agent(agent, folder.clone(), starting.cwd, size);
        self.ask_to_create(session, body);
        let project = self.snapshot.project_of(&folder);
        match starting.place {
            Place::Tab => self.workspace.open_tab(project, session),
            Place::Beside => self
                .workspace
                .split(project, LinearDir::Horizontal, session),
        }
    }
}
