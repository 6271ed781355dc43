//! Where pages are shown: one fills the window in place of its panes, others are tiles beside them. Of a kind there is
//! one at a time, so that what it asks the host for is asked once; its command leads to it wherever it is.

use std::collections::HashMap;

use agor_proto::input::KeyInput;
use egui::{Align2, Event, FontId, Pos2, Rect, Stroke, StrokeKind, Ui, UiBuilder};
use egui_tiles::{LinearDir, TileId};

use super::{After, Kind, Open, Wants};
use crate::app::{App, Overlay, PaneKey, Purpose};
use crate::commands::Command;
use crate::commands::context::{self, Chain};
use crate::drafts::Field;
use crate::palette::Scope;
use crate::pane::overlays::number_ui;
use crate::theme::{Theme, measure, medium};
use crate::widgets::{close_or_pin_ui, elided, keyboard_elsewhere};
use crate::workspace::{Pane, Place, Workspace};

/// The pages that are tiles.
#[derive(Default)]
pub(in crate::app) struct Pages {
    tiles: HashMap<PaneKey, Open>,
    /// The one that had the keyboard with the last frame.
    held: Option<PaneKey>,
}

/// A tile that shows no session, as it is to be drawn.
pub(in crate::app) struct Tile {
    /// Its tab's number, and the tile.
    pub key: PaneKey,
    /// What it shows.
    pub pane: Pane,
    /// Where.
    pub rect: Rect,
    /// Whether it is the focused one of its tab.
    pub focused: bool,
    /// Whether keys go to it: its tab's window has the keyboard, and nothing lies over it.
    pub has_keyboard: bool,
    /// Whether it is one of several.
    pub several: bool,
    /// Whether it is not to be closed by accident.
    pub pinned: bool,
    /// The key that chooses it, while one does.
    pub number: Option<char>,
}

/// What was done with a tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Done {
    /// It was pressed.
    Focus,
    /// It is to be closed.
    Close,
}

impl App {
    /// Opens the page of a command, or leaves it if it is open.
    pub(in crate::app) fn toggle_page(&mut self, command: Command) {
        let Some(kind) = Kind::of(command) else {
            return;
        };
        if matches!(self.purpose, Purpose::Command { .. }) {
            // A window of one command has no other place for the list.
            if command == Command::Keys {
                self.toggle_palette(Scope::Commands);
            }
            return;
        }
        if let Some(place) = place_of(&self.workspace, kind) {
            let shown = self.overlay.is_none() && self.workspace.focused_place() == Some(place);
            self.leave_overlay();
            match self.workspace.tab_mut() {
                Some(tab) if shown => tab.tiles.focus_last(),
                _ => self.workspace.focus(place),
            }
            return;
        }
        let leaves = self.shown_page() == Some(kind);
        self.leave_overlay();
        if !leaves {
            let open = self.new_page(kind);
            self.overlay = Some(Overlay::Page(open));
        }
    }

    fn new_page(&mut self, kind: &'static Kind) -> Open {
        let mut page = (kind.open)(self);
        if let Some(draft) = self.draft_of(&Field::Page(kind.row().id)) {
            page.restore(&draft);
        }
        Open { kind, page }
    }

    /// Returns what was typed on pages and is worth keeping.
    pub(in crate::app) fn page_drafts(&self) -> Vec<(Field, String)> {
        let shown = match &self.overlay {
            Some(Overlay::Page(open)) => Some(open),
            _ => None,
        };
        let open = shown.into_iter().chain(self.pages.tiles.values());
        let mut drafts: Vec<(Field, String)> = Vec::new();
        for Open { kind, page } in open {
            let draft = page.draft(self);
            drafts.extend(draft.map(|draft| (Field::Page(kind.row().id), draft)));
            let reply = page.reply().filter(|(to, _)| !self.is_private(*to));
            drafts.extend(reply.map(|(to, text)| (Field::Reply(to), text.to_owned())));
        }
        // The tiles are in no order that stays.
        drafts.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        drafts
    }

    /// Shows a page with a content of the caller's choice.
    pub(in crate::app) fn open_page(&mut self, open: Option<Open>) {
        let Some(open) = open else {
            return;
        };
        if matches!(self.purpose, Purpose::Command { .. }) {
            // Its window has no place for pages.
            return;
        }
        self.leave_overlay();
        match place_of(&self.workspace, open.kind) {
            Some(place) => {
                self.workspace.focus(place);
                if let Some(tab) = self.workspace.tab() {
                    self.pages.tiles.insert((tab.number, place.tile), open);
                }
            }
            None => self.overlay = Some(Overlay::Page(open)),
        }
    }

    /// Returns the kind of the page that fills the window.
    pub(in crate::app) fn shown_page(&self) -> Option<&'static Kind> {
        match &self.overlay {
            Some(Overlay::Page(open)) => Some(open.kind),
            _ => None,
        }
    }

    fn leave_overlay(&mut self) {
        if let Some(Overlay::Page(open)) = self.overlay.take() {
            open.page.close(self);
        }
    }

    /// Gives the page that fills the window a tile, or lets that of the focused tile fill the window; where there is
    /// neither, one is chosen.
    pub(in crate::app) fn toggle_beside(&mut self) {
        if let Some(Overlay::Page(open)) = self.overlay.take_if(|it| matches!(it, Overlay::Page(_)))
        {
            return self.put_beside(open);
        }
        let focused = self.workspace.focused_place();
        let pane = focused.and_then(|place| self.workspace.pane(place));
        match (focused, pane) {
            (Some(place), Some(Pane::Page(kind))) => {
                let tab = self.workspace.tab().map_or(0, |tab| tab.number);
                let open = self.pages.tiles.remove(&(tab, place.tile));
                let open = open.unwrap_or_else(|| self.new_page(kind));
                self.workspace.take(place);
                self.overlay = Some(Overlay::Page(open));
            }
            _ => self.toggle_palette(Scope::Pages),
        }
    }

    /// Shows the page of a command in a tile beside the focused pane.
    pub(in crate::app) fn open_beside(&mut self, command: Command) {
        let Some(kind) = Kind::of(command) else {
            return;
        };
        match place_of(&self.workspace, kind) {
            Some(place) => self.workspace.focus(place),
            None => {
                let open = self.new_page(kind);
                self.put_beside(open);
            }
        }
    }

    fn put_beside(&mut self, open: Open) {
        let folder = self.current_folder();
        let pane = Pane::Page(open.kind);
        self.workspace.split(&folder, LinearDir::Horizontal, pane);
        let key = self.focused_key();
        if let Some(key) = key {
            self.pages.tiles.insert(key, open);
        }
    }

    fn focused_key(&self) -> Option<PaneKey> {
        let tab = self.workspace.tab()?;
        Some((tab.number, tab.tiles.focused()?))
    }

    /// Says whether the pane with the keyboard is a page, or one that is not known.
    pub(in crate::app) fn page_is_focused(&self) -> bool {
        let place = self.workspace.focused_place();
        let pane = place.and_then(|place| self.workspace.pane(place));
        pane.is_some_and(|pane| pane.session().is_none())
    }

    /// Returns what the pages that are in view want.
    pub(in crate::app) fn page_wants(&self) -> Wants {
        let mut wants = Wants::default();
        if let Some(Overlay::Page(open)) = &self.overlay {
            wants.join(open.page.wants());
        }
        for (key, _) in self.in_view() {
            if let Some(open) = self.pages.tiles.get(&key) {
                wants.join(open.page.wants());
            }
        }
        wants
    }

    /// Returns the page with the keyboard.
    fn page_with_keyboard(&self) -> Option<&Open> {
        match &self.overlay {
            Some(Overlay::Page(open)) => Some(open),
            Some(_) => None,
            None => self
                .focused_key()
                .and_then(|key| self.pages.tiles.get(&key)),
        }
    }

    /// Says whether the page with the keyboard wants keys themselves.
    pub(in crate::app) fn page_captures(&self) -> bool {
        let page = self.page_with_keyboard();
        page.is_some_and(|open| open.page.wants().keys)
    }

    /// Returns the contexts of keys that count in what is drawn and has the keyboard.
    pub(in crate::app) fn drawn_contexts(&mut self) -> Chain {
        match &self.overlay {
            Some(Overlay::Palette(_)) => return context::PALETTE,
            Some(Overlay::Trust(_)) => return context::LIST,
            Some(Overlay::ThemeEditor(_)) => return context::EDITOR,
            Some(Overlay::Page(_)) | None => {}
        }
        if let Some(open) = self.page_with_keyboard() {
            return open.page.contexts();
        }
        match self.focused_pane() {
            Some(pane) if pane.finder.as_ref().is_some_and(|it| it.typing) => context::FIND,
            _ => context::ELSEWHERE,
        }
    }

    /// Gives a key to the page that wants it.
    pub(in crate::app) fn on_page_key(&mut self, key: &KeyInput) {
        match self.overlay.take() {
            Some(Overlay::Page(mut open)) => {
                open.page.on_key(self, key);
                self.put_back(open);
            }
            Some(other) => self.overlay = Some(other),
            None => {
                let focused = self.focused_key();
                let open = focused.and_then(|at| Some((at, self.pages.tiles.remove(&at)?)));
                if let Some((at, mut open)) = open {
                    open.page.on_key(self, key);
                    self.pages.tiles.insert(at, open);
                }
            }
        }
    }

    /// Draws the page that fills the window; says whether there is one.
    pub(in crate::app) fn page_ui(&mut self, ui: &mut Ui) -> bool {
        let Some(Overlay::Page(mut open)) =
            self.overlay.take_if(|it| matches!(it, Overlay::Page(_)))
        else {
            return false;
        };
        let rect = ui.available_rect_before_wrap();
        let name = open.kind.row().id;
        let mut ui = ui.new_child(UiBuilder::new().max_rect(rect).id_salt(name));
        // The bar below it was drawn before.
        ui.set_clip_rect(ui.clip_rect().intersect(rect));
        match open.page.page_ui(self, &mut ui) {
            After::Stays => self.put_back(open),
            After::Done | After::Closes => {
                open.page.close(self);
                self.wake.now();
            }
        }
        true
    }

    /// Lets a page fill the window again, unless it has opened something over it.
    fn put_back(&mut self, open: Open) {
        match (&self.overlay, &mut self.choosing_for) {
            (None, _) => self.overlay = Some(Overlay::Page(open)),
            // It comes back when the theme is chosen.
            (Some(_), Some((slot @ None, _))) => *slot = Some(open),
            (Some(_), _) => open.page.close(self),
        }
    }

    /// Draws a tile that shows no session.
    pub(in crate::app) fn tile_ui(&mut self, ui: &mut Ui, tile: &Tile) {
        let salt = ("page", tile.key.1);
        let mut ui = ui.new_child(UiBuilder::new().max_rect(tile.rect).id_salt(salt));
        ui.set_clip_rect(ui.clip_rect().intersect(tile.rect));
        let mut done = ui.input(|input| {
            let at = input.pointer.interact_pos();
            let pressed = input.pointer.any_pressed();
            (pressed && at.is_some_and(|at| tile.rect.contains(at))).then_some(Done::Focus)
        });
        if tile.has_keyboard && tile.focused && done.is_some() {
            done = None;
        }
        let mut inner = tile.rect;
        if tile.several {
            let header = tile.rect.with_max_y(tile.rect.min.y + measure::PANE_HEADER);
            inner.min.y = header.max.y;
            if header_ui(&mut ui, &self.theme, header, tile) {
                done = Some(Done::Close);
            }
        }
        let painter = ui.painter().clone();
        let mut ui = ui.new_child(UiBuilder::new().max_rect(inner).id_salt("content"));
        ui.set_clip_rect(ui.clip_rect().intersect(inner));
        match &tile.pane {
            Pane::Page(kind) => {
                if self.tile_page_ui(&mut ui, tile, kind) == After::Closes {
                    done = Some(Done::Close);
                }
            }
            Pane::Unknown(_) => unknown_ui(&mut ui, &self.theme, inner, &tile.pane),
            Pane::Session(_) => {}
        }
        if tile.focused && tile.several {
            let stroke = Stroke::new(1.5, self.theme.border_focus);
            painter.rect_stroke(tile.rect.shrink(0.75), 0.0, stroke, StrokeKind::Middle);
        }
        if let Some(key) = tile.number {
            number_ui(&ui, &self.theme, tile.rect, key, tile.focused);
        }
        if let Some(done) = done {
            self.on_tile(tile, done);
        }
    }

    fn tile_page_ui(&mut self, ui: &mut Ui, tile: &Tile, kind: &'static Kind) -> After {
        let open = self.pages.tiles.remove(&tile.key);
        let mut open = open.unwrap_or_else(|| self.new_page(kind));
        let holds = tile.focused && tile.has_keyboard;
        let held = self.pages.held == Some(tile.key);
        if holds && !held {
            open.page.focus();
            self.pages.held = Some(tile.key);
        } else if held && !holds {
            self.pages.held = None;
            // Else an input method would compose in a field that nobody types into.
            let focused = ui.memory(|memory| memory.focused());
            if let Some(focused) = focused {
                ui.memory_mut(|memory| memory.surrender_focus(focused));
            }
        }
        let after = match holds {
            true => open.page.page_ui(self, ui),
            false => without_keyboard(ui, |ui| open.page.page_ui(self, ui)),
        };
        self.pages.tiles.insert(tile.key, open);
        after
    }

    fn on_tile(&mut self, tile: &Tile, done: Done) {
        let (number, at) = tile.key;
        self.workspace.activate(number);
        match done {
            Done::Focus => {
                if let Some(tab) = self.workspace.tab_mut() {
                    tab.tiles.focus(at);
                }
                self.leave_overlay();
            }
            Done::Close => {
                if let Some(place) = self.workspace.focused_place()
                    && !self.stays_pinned(Some(at))
                {
                    self.workspace.close(Place { tile: at, ..place });
                }
            }
        }
        // The keyboard moves with the frame that shows it.
        self.wake.now();
    }

    /// Closes pages whose tiles are gone.
    pub(in crate::app) fn forget_pages(&mut self) {
        if self.pages.tiles.is_empty() {
            return;
        }
        let mut there = std::collections::HashSet::new();
        for (place, _) in self.workspace.panes() {
            let tab = &self.workspace.projects[place.project].tabs[place.tab];
            there.insert((tab.number, place.tile));
        }
        let tiles = std::mem::take(&mut self.pages.tiles);
        for (key, open) in tiles {
            if there.contains(&key) {
                self.pages.tiles.insert(key, open);
            } else {
                open.page.close(self);
            }
        }
    }
}

fn place_of(workspace: &Workspace, kind: &Kind) -> Option<Place> {
    let mut panes = workspace.panes();
    let is_it = |pane: &Pane| matches!(pane, Pane::Page(shown) if *shown == kind);
    panes.find(|(_, pane)| is_it(pane)).map(|(place, _)| place)
}

/// Draws what has not the keyboard: it hears no key, and its fields do not ask for it.
fn without_keyboard<T>(ui: &mut Ui, draw: impl FnOnce(&mut Ui) -> T) -> T {
    let is_key = |event: &Event| {
        matches!(
            event,
            Event::Key { .. }
                | Event::Text(_)
                | Event::Paste(_)
                | Event::Copy
                | Event::Cut
                | Event::Ime(_)
        )
    };
    let held: Vec<_> = ui.input_mut(|input| input.events.extract_if(.., |it| is_key(it)).collect());
    keyboard_elsewhere(ui.ctx(), true);
    let drawn = draw(ui);
    keyboard_elsewhere(ui.ctx(), false);
    ui.input_mut(|input| input.events.extend(held));
    drawn
}

/// Returns what a tile is called that shows no session.
#[must_use]
pub fn name(pane: &Pane) -> &str {
    match pane {
        Pane::Page(kind) => kind.row().title,
        Pane::Unknown(unknown) => unknown.kind(),
        Pane::Session(_) => "",
    }
}

/// Draws the line over a tile; says whether it is to be closed.
fn header_ui(ui: &mut Ui, theme: &Theme, rect: Rect, tile: &Tile) -> bool {
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, 0.0, theme.panel);
    let line = Stroke::new(1.0, theme.border);
    painter.hline(rect.x_range(), rect.max.y - 0.5, line);
    let middle = rect.center().y;
    let color = if tile.focused {
        theme.text
    } else {
        theme.muted
    };
    if let Pane::Page(kind) = &tile.pane {
        let at = Pos2::new(rect.min.x + 15.0, middle);
        (kind.sign)(&painter, at, Stroke::new(1.25, color));
    }
    let name = name(&tile.pane);
    let close_at = Pos2::new(rect.max.x - 14.0, middle);
    let left = rect.min.x + 28.0;
    let galley = elided(ui, name, medium(12.0), color, close_at.x - 14.0 - left);
    let at = Pos2::new(left, middle - galley.size().y / 2.0);
    painter.galley(at, galley, color);
    close_or_pin_ui(ui, theme, close_at, name, tile.pinned)
}

/// Draws in place of a pane what a later release may show there.
fn unknown_ui(ui: &mut Ui, theme: &Theme, rect: Rect, pane: &Pane) {
    ui.painter().rect_filled(rect, 0.0, theme.pane);
    let lines = [
        format!("This release has no pane of the kind “{}”", name(pane)),
        "It is kept as it is, and shown by the release that knows it.".to_owned(),
    ];
    let said = lines.join(". ");
    ui.interact(rect, ui.scope_id().with("unknown"), egui::Sense::hover())
        .widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, &said));
    let fonts = [medium(13.0), FontId::proportional(12.0)];
    let colors = [theme.text, theme.muted];
    for (at, ((line, font), color)) in lines.iter().zip(fonts).zip(colors).enumerate() {
        let galley = elided(ui, line, font, color, rect.width() - 24.0);
        let y = rect.center().y - 12.0 + 22.0 * at as f32;
        let at = Pos2::new(rect.center().x, y);
        let at = Align2::CENTER_CENTER.anchor_size(at, galley.size()).min;
        ui.painter().galley(at, galley, color);
    }
}

impl App {
    /// Returns the panes that are in view: those of the tab in the main window, and of tabs that stand apart.
    pub(in crate::app) fn in_view(&self) -> impl Iterator<Item = (PaneKey, Pane)> {
        let main = self.workspace.in_main();
        let main =
            main.and_then(|(project, tab)| self.workspace.projects.get(project)?.tabs.get(tab));
        let tabs = main.into_iter().chain(self.workspace.apart());
        tabs.flat_map(|tab| {
            let alone = tab.tiles.focused().filter(|_| tab.tiles.zoomed);
            let in_view = move |tile: &TileId| alone.is_none_or(|alone| alone == *tile);
            let panes = tab.tiles.panes().filter(move |(tile, _)| in_view(tile));
            panes.map(|(tile, pane)| ((tab.number, tile), pane))
        })
    }
}
