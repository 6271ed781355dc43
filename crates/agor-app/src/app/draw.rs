//! A frame: panels around the tiles, each pane by itself, and what lies over them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use agor_proto::command::CommandBody;
use agor_proto::ids::SessionId;
use agor_proto::session::SessionInfo;
use agor_render::Colors;
use egui::{Event, Frame, Panel, Rect, Ui, UiBuilder};
use egui_tiles::{TileId, UiResponse};

use super::broadcast::Broadcast;
use super::modes::{NUMBERS, WindowMode};
use super::pages::{Open, Tile};
use super::windows::Front;
use super::{App, Overlay};
use crate::commands::Command;
use crate::drafts::Field;
use crate::icons::turn;
use crate::keys::drawn::{does, keys_of};
use crate::keys::keymap::Keymap;
use crate::keys_page::KeysPage;
use crate::link::Request;
use crate::link::snapshot::Snapshot;
use crate::palette::{self, Choice, Offer, Outcome, Palette, Scope};
use crate::pane::PaneState;
use crate::pane::canvas::Canvas;
use crate::pane::mouse::Act;
use crate::pane::overlays::{mode_ui, number_ui};
use crate::pane::view::{self, Did, Painting, Role};
use crate::starting::{self, Starting};
use crate::text::now_millis;
use crate::theme::{Theme, measure};
use crate::workspace::document::NAME_MAX;
use crate::workspace::{Pane, View, tiles};
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
                .exact_size(banner::ROW)
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
                let keymap = keyboard.router.keymap();
                status_bar::status_bar_ui(
                    ui,
                    (snapshot, workspace, keymap),
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

    fn main_panes_ui(&mut self, ui: &mut Ui, rect: Rect, now: Instant) {
        let is_front = self.windows.front == Front::Main;
        if let Some(place) = self.workspace.in_main() {
            // One that lies over this window has its keyboard.
            let has_keyboard =
                is_front && self.workspace.tab().is_some_and(|it| it.window.is_none());
            self.panes_ui(ui, rect, now, place, has_keyboard);
        }
    }

    /// Draws the panes of a tab, by the places of its project and its own.
    pub(super) fn panes_ui(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        now: Instant,
        (project, tab): (usize, usize),
        has_keyboard: bool,
    ) {
        let keyboard = self.keyboard.borrow();
        let preedit = keyboard.preedit.clone();
        drop(keyboard);
        let (blinking, flashes) = (self.blinking(), self.flashes());
        let active = self.workspace.tab().map(|tab| tab.number);
        let own_colors = self.own_colors();
        let shown = self.workspace.projects.get_mut(project);
        let Some(tab) = shown.and_then(|project| project.tabs.get_mut(tab)) else {
            return;
        };
        let (number, is_active) = (tab.number, active == Some(tab.number));
        let mut ui = ui.new_child(UiBuilder::new().max_rect(rect).id_salt(("tab", tab.number)));
        let has_keyboard = has_keyboard && self.overlay.is_none();
        let canvas = Canvas::new(&ui, rect, &mut self.renderer);
        let painting = Painting {
            theme: &self.theme,
            colors: &self.colors,
            renderer: &mut self.renderer,
            canvas,
            link: &self.link,
            snapshot: &self.snapshot,
            wake: &self.wake,
            preedit: preedit
                .as_ref()
                .map(|(text, caret)| (text.as_str(), caret.map(|(_, end)| end))),
            window_focused: has_keyboard,
            blinking,
            flashes,
            now,
        };
        let numbers = match self.mode {
            Some(WindowMode::Numbers) if is_active => {
                tab.tiles.panes().map(|(tile, _)| tile).collect()
            }
            _ => Vec::new(),
        };
        let mut behavior = Behavior {
            painting,
            colors: &self.colors,
            own_colors: &own_colors,
            views: &self.workspace.views,
            panes: &mut self.panes,
            tab: tab.number,
            focused: tab.tiles.focused(),
            several: tab.tiles.panes().nth(1).is_some(),
            numbers,
            broadcast: match is_active && !tab.tiles.zoomed {
                true => &self.broadcast,
                // What is not in view is not typed into.
                false => &Broadcast::NONE,
            },
            did: Vec::new(),
            others: Vec::new(),
        };
        let zoomed = tab.tiles.focused().filter(|_| tab.tiles.zoomed);
        match zoomed.and_then(|tile| Some((tile, tab.tiles.tree.tiles.get_pane(&tile)?.clone()))) {
            Some((tile, pane)) => behavior.show(&mut ui, tile, &pane),
            None => tab.tiles.tree.ui(&mut behavior, &mut ui),
        }
        let Behavior {
            did,
            others,
            painting,
            ..
        } = behavior;
        painting.canvas.finish(painting.renderer);
        for tile in others {
            self.tile_ui(&mut ui, &tile);
        }
        if self.mode == Some(WindowMode::Resize) && is_active {
            let arrows = [
                Command::SizesLeft,
                Command::SizesRight,
                Command::SizesUp,
                Command::SizesDown,
            ];
            let arrows = arrows.map(|command| keys_of(&ui, command)).join(" ");
            let moves = format!("{arrows} move a border");
            let balances = does(&ui, Command::SizesBalance, "balances");
            let leaves = does(&ui, Command::SizesLeave, "leaves");
            let keys = [
                (moves.as_str(), false),
                (balances.as_str(), false),
                (leaves.as_str(), false),
            ];
            mode_ui(&ui, &self.theme, rect, "Resize", &keys);
        }
        if self.overlay.is_none() && ui.input(|input| !input.raw.hovered_files.is_empty()) {
            let keys = [("their paths are inserted into the focused pane", false)];
            mode_ui(&ui, &self.theme, rect, "Drop files", &keys);
        }
        if !did.is_empty() {
            self.workspace.activate(number);
        }
        for (tile, did) in did {
            self.on_pane(tile, did, ui.ctx());
        }
    }

    fn on_pane(&mut self, tile: TileId, did: Did, context: &egui::Context) {
        match did {
            Did::Mouse(Act::Focus) => {
                if let Some(tab) = self.workspace.tab_mut() {
                    tab.tiles.focus(tile);
                }
                if let Some(finder) = self.focused_pane().and_then(|it| it.finder.as_mut()) {
                    finder.typing = false;
                }
                self.overlay = None;
            }
            Did::Mouse(Act::Selected) => {
                if let Some(text) = self.selected_text().filter(|text| !text.is_empty()) {
                    self.primary.own(text);
                }
            }
            Did::Mouse(Act::PastePrimary) => {
                if let Some(session) = self.workspace.focused_session() {
                    self.primary.paste_into(session);
                }
            }
            Did::Mouse(Act::Open(target)) => {
                context.open_url(egui::OpenUrl::new_tab(target));
            }
            Did::Mouse(Act::Pick(act, kind, text)) => self.pick((act, kind, text), context),
            Did::Find => {
                if let Some(tab) = self.workspace.tab_mut() {
                    tab.tiles.focus(tile);
                }
            }
            Did::Explain(session) => self.explain(session),
            Did::Close => {
                let place = self.workspace.focused_place();
                if let Some(place) = place {
                    self.workspace
                        .close(crate::workspace::Place { tile, ..place });
                }
            }
        }
        // The keyboard moves with the frame that shows it.
        self.wake.now();
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
        let offer = Offer::of(&self.snapshot, &self.workspace);
        let keyboard = self.keyboard.borrow();
        open.offer(offer, |scope| {
            let used = (&self.used, now_millis());
            let keymap = keyboard.router.keymap();
            if let (Scope::Of(ask), Some(starting)) = (scope, &self.starting) {
                return starting::entries(ask, starting, &self.snapshot);
            }
            palette::entries(scope, &self.snapshot, &self.workspace, keymap, used)
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
    }

    fn choose(&mut self, choice: Choice) {
        if let Some(choice) = choice.remembered() {
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
            Choice::Folder(folder) => {
                let folder = whole_folder(&folder);
                self.open_shell(&folder);
            }
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

/// Returns the whole path of a folder as a person types it.
pub(super) fn whole_folder(typed: &str) -> String {
    let home = crate::text::HOME.get().map_or("", String::as_str);
    let folder = match typed.strip_prefix('~') {
        Some(rest) => format!("{home}{rest}"),
        None => typed.to_owned(),
    };
    match folder.trim_end_matches('/') {
        "" => "/".to_owned(),
        trimmed => trimmed.to_owned(),
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

fn empty_ui(ui: &Ui, rect: Rect, told: &str, theme: &Theme, keymap: &Keymap) {
    let center = rect.center();
    let painter = ui.painter();
    let title = egui::Pos2::new(center.x, center.y - 20.0);
    painter.text(
        title,
        egui::Align2::CENTER_CENTER,
        told,
        crate::theme::semibold(15.0),
        theme.text,
    );
    let text = format!(
        "{} opens your shell  ·  {} finds everything",
        keymap.keys_of(Command::NewTab),
        keymap.keys_of(Command::Palette)
    );
    let font = egui::FontId::proportional(13.0);
    let at = egui::Pos2::new(center.x, center.y + 8.0);
    painter.text(at, egui::Align2::CENTER_CENTER, text, font, theme.muted);
}

/// Draws the panes of a tab for the tile library.
struct Behavior<'a> {
    painting: Painting<'a>,
    /// The terminal's colours, and those of sessions that have a theme of their own.
    colors: &'a Colors,
    own_colors: &'a HashMap<SessionId, Colors>,
    panes: &'a mut std::collections::HashMap<super::PaneKey, crate::pane::PaneState>,
    tab: u64,
    focused: Option<TileId>,
    several: bool,
    /// The panes over which numbers are shown.
    numbers: Vec<TileId>,
    broadcast: &'a Broadcast,
    /// Where panes look that are drawn for the first time.
    views: &'a [View],
    did: Vec<(TileId, Did)>,
    /// The tiles that show no session, which are drawn after those that do.
    others: Vec<Tile>,
}

impl Behavior<'_> {
    fn show(&mut self, ui: &mut Ui, tile: TileId, pane: &Pane) {
        let at = self.numbers.iter().position(|number| *number == tile);
        let number = at.and_then(|at| NUMBERS.chars().nth(at));
        let Some(session) = pane.session() else {
            return self.others.push(Tile {
                key: (self.tab, tile),
                pane: pane.clone(),
                rect: ui.max_rect(),
                focused: self.focused == Some(tile),
                has_keyboard: self.painting.window_focused,
                several: self.several,
                number,
            });
        };
        let views = self.views;
        let state = self.panes.entry((self.tab, tile)).or_insert_with(|| {
            let view = views.iter().find(|view| view.session == session);
            PaneState::looking(view)
        });
        let role = Role {
            focused: self.focused == Some(tile),
            one_of_several: self.several,
            broadcast: self.broadcast.count(tile),
        };
        let own = self.own_colors.get(&session);
        self.painting.colors = own.unwrap_or(self.colors);
        let did = view::pane_ui(ui, &mut self.painting, state, session, role);
        if let Some(key) = number {
            number_ui(ui, self.painting.theme, ui.max_rect(), key, role.focused);
        }
        self.did.extend(did.into_iter().map(|did| (tile, did)));
    }
}

impl egui_tiles::Behavior<Pane> for Behavior<'_> {
    fn pane_ui(&mut self, ui: &mut Ui, tile: TileId, pane: &mut Pane) -> UiResponse {
        self.show(ui, tile, pane);
        UiResponse::None
    }

    fn tab_title_for_pane(&mut self, _pane: &Pane) -> egui::WidgetText {
        "".into()
    }

    fn gap_width(&self, _style: &egui::Style) -> f32 {
        1.0
    }

    fn min_size(&self) -> f32 {
        48.0
    }

    fn simplification_options(&self) -> egui_tiles::SimplificationOptions {
        tiles::simplification()
    }

    fn resize_stroke(&self, _style: &egui::Style, state: egui_tiles::ResizeState) -> egui::Stroke {
        let theme = self.painting.theme;
        let color = match state {
            egui_tiles::ResizeState::Idle => theme.border,
            egui_tiles::ResizeState::Hovering | egui_tiles::ResizeState::Dragging => theme.accent,
        };
        egui::Stroke::new(1.0, color)
    }
}
