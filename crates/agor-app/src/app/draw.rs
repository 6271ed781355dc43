//! A frame: panels around the panes of a tab (`panes.rs`), what was done in them, and what lies over all of it.

use std::sync::Arc;
use std::time::Instant;

use agor_proto::command::CommandBody;
use agor_proto::session::SessionInfo;
use egui::{Event, Frame, Panel, Rect, Ui};

use super::pages::Open;
use super::windows::Front;
use super::{App, Overlay};
use crate::commands::Command;
use crate::commands::context::{self, Chain};
use crate::drafts::Field;
use crate::icons::turn;
use crate::keys::keymap::Keymap;
use crate::keys_page::KeysPage;
use crate::link::Request;
use crate::link::snapshot::Snapshot;
use crate::palette::{self, Choice, Offer, Outcome, Palette, Scope};
use crate::starting::{self, Starting};
use crate::text::{now_millis, whole_folder};
use crate::theme::{Theme, measure};
use crate::widgets::nothing_ui;
use crate::workspace::document::NAME_MAX;
use crate::{banner, sidebar, status_bar, tab_bar, which_key};

impl App {
    /// Draws everything.
    pub(super) fn draw(&mut self, ui: &mut Ui, now: Instant) {
        self.take_input(ui);
        turn::begin(ui.ctx(), self.since, now, self.rings_turn());
        self.renderer.begin();
        let rect = ui.max_rect();
        ui.painter().rect_filled(rect, 0.0, self.theme.window);
        if matches!(self.purpose, super::Purpose::Command { .. }) {
            self.clipboard_ui(ui);
            let rect = ui.available_rect_before_wrap();
            self.main_panes_ui(ui, rect, now);
        } else {
            self.frame_ui(ui, now);
        }
        self.renderer.finish();
        self.windows_ui(ui.ctx());
        if self.renderer.lacks_room() {
            self.wake.now();
        }
        self.drawn.add(self.renderer.counters());
        if !matches!(self.windows.front, Front::Tab(_)) {
            self.overlays_ui(ui);
        }
        self.forget_panes();
        let shows = self
            .focused_pane()
            .is_some_and(|pane| !pane.scroll.is_live() || pane.selection.is_some());
        self.keyboard.borrow_mut().router.set_typing_shows(shows);
        self.set_title(ui.ctx());
        if let Some(next) = turn::next(ui.ctx()) {
            self.wake.after(next);
        }
    }

    fn take_input(&mut self, ui: &Ui) {
        let scale = super::screen_scale(ui);
        if self.scale != scale {
            self.scale = scale;
            self.renderer.set_font(self.font());
        }
        let focused = ui.input(|input| input.viewport().focused.unwrap_or(true));
        self.note_front(Front::Main, focused);
        if ui.input(|input| !input.raw.dropped_files.is_empty()) {
            self.show_main();
        }
        self.take_typed();
        self.take_pasted(ui);
    }

    /// Looks at the end of a pane again that was typed into.
    pub(super) fn take_typed(&mut self) {
        let typed = self.keyboard.borrow_mut().router.take_typed();
        if typed && let Some(pane) = self.focused_pane() {
            pane.scroll.go_to_end();
            pane.selection = None;
            pane.lively = None;
            pane.cursor_seen = None;
        }
    }

    /// Gives what was pasted into a window to the pane with the keyboard.
    pub(super) fn take_pasted(&mut self, ui: &Ui) {
        // A frame that egui lays out twice has the same events twice.
        if !self.ui_has_keyboard() && ui.ctx().current_pass_index() == 0 {
            let pasted = ui.input(|input| {
                let pasted = input.events.iter().filter_map(|event| match event {
                    Event::Paste(text) => Some(text.clone()),
                    _ => None,
                });
                pasted.collect::<String>()
            });
            self.take_files(ui);
            if !pasted.is_empty() {
                self.paste(pasted);
                self.keyboard.borrow_mut().router.release();
                self.wake.now();
            }
        }
    }

    fn banners_ui(&mut self, ui: &mut Ui, frame: Frame) {
        let storage = Arc::clone(&self.snapshot.storage);
        let mut did = None;
        for (at, notice) in self.banners.shown(&storage).into_iter().enumerate() {
            let shown = Panel::top(egui::Id::unique(("banner", at)))
                .exact_size(banner::height(ui, notice, &self.theme))
                .resizable(false)
                .show_separator_line(false)
                .frame(frame)
                .show(ui, |ui| banner::banner_ui(ui, notice, &self.theme));
            did = did.or(shown.inner);
        }
        match did {
            Some(banner::Did::Look) => self.commands.push(Command::Diagnostics),
            Some(banner::Did::Read(text)) => self.banners.read(text, &storage),
            None => return,
        }
        self.wake.now();
    }

    fn frame_ui(&mut self, ui: &mut Ui, now: Instant) {
        let frame = Frame::NONE.fill(self.theme.panel);
        let broadcast = match self.workspace.tab() {
            Some(tab) if !tab.tiles.zoomed => self.broadcast.panes(),
            _ => 0,
        };
        let bar = Panel::bottom("status")
            .exact_size(measure::STATUS_BAR)
            .resizable(false)
            .show_separator_line(false)
            .frame(frame)
            .show(ui, |ui| {
                let (snapshot, workspace) = (&self.snapshot, &self.workspace);
                let keyboard = self.keyboard.borrow();
                let (_, keymap, chain) = keyboard.router.sequence();
                let counts = whose_keys(self.overlay.as_ref(), chain);
                status_bar::status_bar_ui(
                    ui,
                    (snapshot, workspace),
                    (keymap, counts),
                    broadcast,
                    &self.theme,
                    &self.wake,
                    now,
                )
            });
        if let Some(command) = bar.inner {
            self.commands.push(command);
            self.wake.now();
        }
        self.banners_ui(ui, frame);
        self.clipboard_ui(ui);
        let did = if self.workspace.sidebar.shown {
            let shown = Panel::left("sidebar")
                .default_size(self.workspace.sidebar.width)
                .size_range(measure::SIDEBAR)
                .show_separator_line(false)
                .frame(frame)
                .show(ui, |ui| {
                    sidebar::edge_ui(ui, &self.theme);
                    sidebar::sidebar_ui(ui, &self.snapshot, &self.workspace, &self.theme)
                });
            self.workspace.sidebar.width = shown.response.rect.width();
            shown.inner
        } else {
            let shown = Panel::left("rail")
                .exact_size(measure::RAIL)
                .resizable(false)
                .show_separator_line(false)
                .frame(frame)
                .show(ui, |ui| {
                    sidebar::edge_ui(ui, &self.theme);
                    sidebar::rail::rail_ui(ui, &self.snapshot, &self.workspace, &self.theme)
                });
            shown.inner
        };
        for did in did {
            self.on_sidebar(did);
        }
        if let Some(Overlay::ThemeEditor(_)) = &self.overlay
            && let Some(Overlay::ThemeEditor(editor)) = self.overlay.take()
        {
            Panel::right("theme editor")
                .exact_size(measure::THEME_EDITOR.min(ui.available_width() * 0.6))
                .resizable(false)
                .show_separator_line(false)
                .frame(frame)
                .show(ui, |ui| self.theme_editor_ui(ui, editor));
        }
        if self.page_ui(ui) {
            return;
        }
        self.show_inspector(ui);
        let main = self.workspace.in_main();
        let project = match main {
            Some((project, _)) => self.workspace.projects.get(project),
            None => self.workspace.project(),
        };
        if let Some(project) = project {
            let tab = main.map_or(project.active, |(_, tab)| tab);
            let shown = Panel::top("tabs")
                .exact_size(measure::TAB_BAR)
                .resizable(false)
                .show_separator_line(false)
                .frame(frame)
                .show(ui, |ui| {
                    tab_bar::tab_bar_ui(ui, (project, tab), &self.snapshot, &self.theme)
                });
            if let Some(did) = shown.inner {
                if let Some((project, _)) = main {
                    self.workspace.active = project;
                }
                self.on_tab_bar(did);
            }
        }
        let rect = ui.available_rect_before_wrap();
        if self.workspace.in_main().is_some() {
            self.main_panes_ui(ui, rect, now);
        } else if self.begun {
            let title = match self.workspace.tab() {
                Some(_) => "All tabs are in windows of their own",
                None => "Nothing is open",
            };
            empty_ui(
                ui,
                rect,
                title,
                &self.theme,
                self.keyboard.borrow().router.keymap(),
            );
        }
    }

    fn on_sidebar(&mut self, did: sidebar::Did) {
        match did {
            sidebar::Did::Show(session) => self.show_session(session),
            sidebar::Did::Project(folder) => self.show_project(&folder),
            sidebar::Did::Explain(session) => return self.explain(session),
            sidebar::Did::NewIn(folder) => self.open_shell(&folder),
            sidebar::Did::Fold(of) => self.workspace.toggle_fold(of),
        }
        self.wake.now();
    }

    fn on_tab_bar(&mut self, did: tab_bar::Did) {
        match did {
            tab_bar::Did::Show(tab) => self.workspace.go_to_tab(tab),
            tab_bar::Did::Explain(session) => return self.explain(session),
            tab_bar::Did::Close(tab) => self.close_tab(tab),
            tab_bar::Did::New => {
                let folder = self.current_folder();
                self.open_shell(&folder);
            }
        }
        self.wake.now();
    }

    pub(super) fn show_session(&mut self, session: agor_proto::ids::SessionId) {
        if let Some(info) = self.snapshot.session(session) {
            let folder = self.snapshot.project_of(&info.folder).to_owned();
            self.workspace.show(&folder, session);
        }
    }

    fn show_project(&mut self, folder: &str) {
        let known = self
            .workspace
            .projects
            .iter()
            .position(|project| project.folder == folder);
        match known {
            Some(project) => self.workspace.active = project,
            None => {
                // Its sessions are in the sidebar alone: show them.
                let sessions = self.snapshot.sessions.clone().unwrap_or_default();
                let settings = self.snapshot.settings.clone();
                let is_its =
                    |info: &&SessionInfo| settings.layers.project_of(&info.folder) == folder;
                for info in sessions.iter().filter(is_its) {
                    self.workspace.show(folder, info.id);
                }
            }
        }
    }

    pub(super) fn overlays_ui(&mut self, ui: &mut Ui) {
        let keyboard = self.keyboard.borrow();
        let sequence = keyboard.router.sequence();
        if !sequence.0.is_empty() {
            which_key::which_key_ui(ui, sequence, &self.theme);
        }
        drop(keyboard);
        match self.overlay.take() {
            Some(Overlay::Palette(palette)) => self.show_palette(ui, palette),
            Some(Overlay::Trust(trust)) => self.show_trust(ui, trust),
            other => self.overlay = other,
        }
    }

    fn show_palette(&mut self, ui: &mut Ui, mut open: Palette) {
        let wanted = palette::folders::wanted(open.sought());
        let below = self.snapshot.folders.clone();
        let below = below.filter(|below| Some(&below.of) == wanted.as_ref());
        let (scope, _) = open.sought();
        let offer = Offer::of(scope, &self.snapshot, &self.workspace).with(below.clone());
        let keyboard = self.keyboard.borrow();
        open.offer(offer, |scope| {
            let used = (&self.used, now_millis());
            let keymap = keyboard.router.keymap();
            if let (Scope::Of(ask), Some(starting)) = (scope, &self.starting) {
                return starting::entries(ask, starting, &self.snapshot);
            }
            let mut entries =
                palette::entries(scope, &self.snapshot, &self.workspace, keymap, used);
            if let Some(below) = &below {
                let further = palette::folders::below(scope, below, &entries);
                entries.extend(further);
            }
            entries
        });
        drop(keyboard);
        match palette::palette_ui(ui, &mut open, &self.theme) {
            Outcome::Open => {
                self.try_theme(open.entry(), ui.ctx());
                self.overlay = Some(Overlay::Palette(open));
            }
            // What it is to do is typed, and goes on to be asked.
            Outcome::Asks(ask) => self.ask_of_agent(ask, open.sought().1.to_owned()),
            Outcome::Closed if matches!(open.scope(), Scope::Of(_)) => self.ask_words(),
            Outcome::Closed => {
                if let Some((page, _)) = self.choosing_for.take() {
                    self.overlay = page.map(Overlay::Page);
                }
                self.wake.now();
            }
            Outcome::Chosen(choice) => {
                self.choose(choice);
                self.wake.now();
            }
        }
        self.want_folders();
    }

    /// Has the folder read that is typed in the palette; nothing any more without one.
    pub(super) fn want_folders(&mut self) {
        let wanted = match &self.overlay {
            Some(Overlay::Palette(open)) => palette::folders::wanted(open.sought()),
            _ => None,
        };
        if wanted != self.folders && self.link.request(Request::Folders(wanted.clone())) {
            self.folders = wanted;
        }
    }

    fn choose(&mut self, choice: Choice) {
        let choice = match choice {
            // By its whole path it is known again, however it was typed.
            Choice::Folder(folder) => Choice::Folder(whole_folder(&folder)),
            choice => choice,
        };
        let is_private = matches!(&choice, Choice::Folder(folder) if self.keeps_nothing_of(folder));
        if let Some(choice) = choice.remembered().filter(|_| !is_private) {
            self.used.note(&choice, now_millis());
            self.link.request(Request::StoreUsed(self.used.to_json()));
        }
        match choice {
            Choice::Command(command) => {
                self.keyboard.borrow_mut().router.hold();
                self.commands.push(command);
            }
            Choice::Page(command) => self.open_beside(command),
            Choice::Session(session) => self.show_session(session),
            Choice::Project(folder) => self.show_project(&folder),
            Choice::Agent(provider) => {
                let mut starting = Starting::new(provider, self.current_folder());
                starting.words = self.draft_of(&Field::Prompt).unwrap_or_default();
                self.starting = Some(starting);
                self.ask_words();
            }
            Choice::Said { ask, value } => self.say_of_agent(ask, value),
            Choice::Conversation { ask, of } => self.choose_conversation(ask, of),
            Choice::Prompt(prompt) => self.start_agent(prompt),
            Choice::Theme(id) => self.choose_theme(id),
            Choice::Group(group) => self.put_into_group(group),
            Choice::ImportKeys(file) => {
                let file = whole_folder(&file);
                self.link.request(Request::ImportKeys(file));
            }
            Choice::ExportKeys(file) => {
                let file = whole_folder(&file);
                self.link.request(Request::ExportKeys(file));
            }
            Choice::ProjectFolder(folder) => {
                let folder = whole_folder(&folder);
                self.open_folder_of_project(&folder);
            }
            Choice::Folder(folder) => self.open_shell(&folder),
            Choice::Snippet { text, .. } => self.insert_snippet(&text),
            Choice::KeysOf(command) => {
                self.open_page(Open::with(Command::Keys, KeysPage::at(command)));
            }
            Choice::TabName(name) => {
                let name: String = name.chars().take(NAME_MAX).collect();
                if let Some(tab) = self.workspace.tab_mut() {
                    tab.name = (!name.is_empty()).then_some(name);
                }
            }
            Choice::Name(name) => {
                if let Some(session) = self.workspace.focused_session() {
                    let body = CommandBody::Rename { session, name };
                    self.link.request(Request::Command(body));
                }
            }
        }
    }

    fn forget_panes(&mut self) {
        self.forget_pages();
        if self.panes.len() <= self.workspace.sessions().count() {
            return;
        }
        let kept: std::collections::HashSet<_> = self
            .workspace
            .panes()
            .map(|(place, _)| {
                let tab = &self.workspace.projects[place.project].tabs[place.tab];
                (tab.number, place.tile)
            })
            .collect();
        self.panes.retain(|key, _| kept.contains(key));
    }

    fn set_title(&mut self, context: &egui::Context) {
        let shown = self.workspace.in_main();
        let tab =
            shown.and_then(|(project, tab)| self.workspace.projects.get(project)?.tabs.get(tab));
        let session = tab.and_then(|tab| tab.tiles.focused_session());
        let title = title(&self.snapshot, session);
        if title != self.title {
            context.send_viewport_cmd(egui::ViewportCommand::Title(title.clone()));
            self.title = title;
        }
    }
}

/// Returns the title of a window, by the session that has the keyboard in it.
pub(super) fn title(snapshot: &Snapshot, focused: Option<agor_proto::ids::SessionId>) -> String {
    let info = focused.and_then(|session| snapshot.session(session));
    let title = match info {
        Some(info) if !info.title.trim().is_empty() => info.title.clone(),
        Some(info) => format!("{} - agor", info.name),
        None => "agor".into(),
    };
    // A task bar shows the beginning.
    match snapshot.waiting() {
        0 => title,
        count => format!("({count}) {title}"),
    }
}

/// Returns in words whose keys count: of what has those of a context that is called after something else, its own.
fn whose_keys(overlay: Option<&Overlay>, chain: Chain) -> &'static str {
    let Some(deepest) = chain.first() else {
        return "no command";
    };
    match overlay {
        Some(Overlay::Page(open)) if open.kind.command == Command::Keys => "on the page of keys",
        Some(Overlay::Page(open)) if open.kind.command == Command::Welcome => "in the first steps",
        Some(Overlay::ThemeEditor(_)) => "in the theme editor",
        Some(Overlay::Trust(_)) => "in the question",
        _ => context::place(*deepest),
    }
}

fn empty_ui(ui: &Ui, rect: Rect, told: &str, theme: &Theme, keymap: &Keymap) {
    let text = format!(
        "{} opens your shell  ·  {} finds everything",
        keymap.keys_of(Command::NewTab),
        keymap.keys_of(Command::Palette)
    );
    nothing_ui(ui, rect, (told, &text), theme);
}
