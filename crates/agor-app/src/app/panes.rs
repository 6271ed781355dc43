//! The panes of a tab: drawn by the tile library, with the modes that lie over all of them, and what is done in one.

use std::collections::HashMap;
use std::time::Instant;

use agor_proto::ids::SessionId;
use agor_render::Colors;
use egui::{IdSalt, Rect, Ui, UiBuilder};
use egui_tiles::{TileId, UiResponse};

use super::broadcast::Broadcast;
use super::modes::{NUMBERS, WindowMode};
use super::pages::Tile;
use super::windows::Front;
use super::{App, PaneKey};
use crate::commands::Command;
use crate::keys::drawn::{does, keys_of};
use crate::pane::PaneState;
use crate::pane::canvas::Canvas;
use crate::pane::mouse::Act;
use crate::pane::overlays::{mode_ui, number_ui};
use crate::pane::view::{self, Did, Painting, Role};
use crate::theme::Theme;
use crate::widgets::focus_ui;
use crate::workspace::{Pane, Place, View, tiles};

impl App {
    /// Draws the panes of the tab that the main window shows.
    pub(super) fn main_panes_ui(&mut self, ui: &mut Ui, rect: Rect, now: Instant) {
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
            pinned: tab.tiles.pinned().to_vec(),
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
        if zoomed.is_none() {
            borders_ui(&ui, &tab.tiles.tree, painting.theme);
        }
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
                    self.workspace.close(Place { tile, ..place });
                }
            }
        }
        // The keyboard moves with the frame that shows it.
        self.wake.now();
    }
}

/// Names the borders between tiles, which can have the keyboard and to which the tile library gives no name, and draws
/// an edge around the one that has it.
fn borders_ui(ui: &Ui, tree: &egui_tiles::Tree<Pane>, theme: &Theme) {
    let root = tree
        .root
        .filter(|root| tree.tiles.get_container(*root).is_some());
    let Some(root) = root else { return };
    let keys = does(ui, Command::Resize, "moves it");
    let gap = if keys.is_empty() { "" } else { ", " };
    let name = format!("Border between panes{gap}{keys}");
    let mut containers = vec![(ui.scope_id(), root)];
    while let Some((scope, tile)) = containers.pop() {
        let Some(egui_tiles::Tile::Container(container)) = tree.tiles.get(tile) else {
            continue;
        };
        // As the library scopes what is in a tile, and names what moves a border.
        let scope = scope.with(tile).with(IdSalt::new("child"));
        for (at, child) in container.children().enumerate() {
            containers.push((scope, *child));
            let id = scope.with((tile, "resize", at));
            if let Some(border) = ui.ctx().read_response(id) {
                border.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Splitter, true, &name));
                focus_ui(ui, &border, theme);
            }
        }
    }
}

/// Draws the panes of a tab for the tile library.
struct Behavior<'a> {
    painting: Painting<'a>,
    /// The terminal's colours, and those of sessions that have a theme of their own.
    colors: &'a Colors,
    own_colors: &'a HashMap<SessionId, Colors>,
    panes: &'a mut HashMap<PaneKey, PaneState>,
    tab: u64,
    focused: Option<TileId>,
    pinned: Vec<TileId>,
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
                pinned: self.pinned.contains(&tile),
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
            pinned: self.pinned.contains(&tile),
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
