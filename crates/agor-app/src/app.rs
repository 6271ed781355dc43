//! The application: drains what is known of the host, runs commands, and draws a frame of it.

mod act;
mod attend;
mod begin;
mod broadcast;
mod clipboard;
mod draft;
mod draw;
mod explain;
mod follow;
mod group;
pub mod hand_in;
mod inspect;
mod layout;
mod look;
mod modes;
pub mod pages;
mod panes;
mod start;
#[cfg(test)]
mod tests;
mod windows;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Instant;

use agor_core::cli::Exit;
use agor_core::config::{ThemeWish, Whose, Window};
use agor_core::themes;
use agor_proto::ids::{LinePosition, SessionId};
use agor_proto::message::Visibility;
use agor_render::{Colors, FontSpec, InterfaceFaces, RenderError, Renderer};
use egui_tiles::TileId;

use crate::banner::Banners;
use crate::clipboard::Questions;
use crate::commands::Command;
use crate::drafts::Drafts;
use crate::everywhere::{EverywherePage, Shown};
use crate::keys::drawn;
use crate::keys::translate::to_egui;
use crate::link::Link;
use crate::link::folders::Wanted;
use crate::link::log::Of;
use crate::link::settings::Settings;
use crate::link::snapshot::{HostState, Snapshot};
use crate::palette::Palette;
use crate::palette::used::Used;
use crate::pane::PaneState;
use crate::primary::Primary;
use crate::reopen::Reopen;
use crate::starting::Starting;
use crate::theme::{self, Theme};
use crate::theme_editor::ThemeEditor;
use crate::trust::Trust;
use crate::ui_fonts;
use crate::wake::Wake;
use crate::window::SharedKeyboard;
use crate::workspace::Workspace;

pub use begin::Purpose;
use look::desktop_is_light;
pub use windows::share;

/// A tile of a tab, for what is remembered of its pane.
type PaneKey = (u64, TileId);

/// What lies over the window and has the keyboard.
enum Overlay {
    /// The palette.
    Palette(Palette),
    /// A page, which fills the window in place of its panes.
    Page(pages::Open),
    /// The colours of the theme, beside what is drawn in them.
    ThemeEditor(Box<ThemeEditor>),
    /// The question whether an agent may start in a folder.
    Trust(Trust),
}

impl Overlay {
    /// Says whether it lies over panes, in the window with the keyboard; pages take their place, in the main one.
    fn lies_over_panes(&self) -> bool {
        match self {
            Self::Palette(_) | Self::Trust(_) => true,
            Self::Page(_) | Self::ThemeEditor(_) => false,
        }
    }
}

/// A place in a session's text that is to be shown.
#[derive(Debug, Clone)]
struct Moment {
    session: SessionId,
    place: LinePosition,
    /// What was found there: it is lit, else the line is selected.
    found: Option<Shown>,
}

/// The graphics card as the application uses it.
#[derive(Debug, Clone)]
pub struct Graphics {
    /// The device.
    pub device: wgpu::Device,
    /// Its queue.
    pub queue: wgpu::Queue,
    /// The form of the pixels that are drawn.
    pub target: wgpu::TextureFormat,
}

/// See the module.
pub struct App {
    link: Link,
    wake: Wake,
    reopen: Reopen,
    keyboard: SharedKeyboard,
    primary: Primary,
    snapshot: Snapshot,
    workspace: Workspace,
    purpose: Purpose,
    /// Whether the layout was read or found missing, so that panes are what they will be.
    begun: bool,
    panes: HashMap<PaneKey, PaneState>,
    renderer: Renderer,
    /// Fonts of the system for what the interface's own cannot draw.
    faces: Arc<InterfaceFaces>,
    theme: Theme,
    colors: Colors,
    /// The themes among which the one that is shown was found.
    shown_from: Arc<Vec<themes::Theme>>,
    /// Whether a theme is shown that is not chosen yet.
    trying: bool,
    /// For whom a theme is being chosen, and the page that comes back then.
    choosing_for: Option<(Option<pages::Open>, Whose)>,
    /// The family in which text is shown that is not chosen yet.
    tried_font: Option<String>,
    /// Whether frames are drawn by processors, so that each takes a part of one.
    draws_by_software: bool,
    /// Whether the link was asked to follow the desktop's look.
    follows_desktop: bool,
    /// What the command line says, which goes before what was stored.
    given: Given,
    font_size: f32,
    scale: f32,
    /// The settings that are in use.
    settings: Arc<Settings>,
    /// For which project keys mean what they do; empty where all have the same.
    keys_told: Option<String>,
    overlay: Option<Overlay>,
    /// The pages that are tiles.
    pages: pages::Pages,
    /// The mode of the tab that reads keys, if one is on.
    mode: Option<modes::WindowMode>,
    /// The panes that are typed into at once.
    broadcast: broadcast::Broadcast,
    /// What is to be shown as soon as the window is filled.
    to_show: Option<SessionId>,
    /// The last session that the host asked for, by its count.
    asked_seen: u64,
    /// What the host was last told that the person looks at.
    looked_at: Option<Option<SessionId>>,
    /// The end of a turn that the host was last told the person has seen.
    seen: Option<(SessionId, u64)>,
    /// The agent that is being asked what to do.
    starting: Option<Starting>,
    /// Sessions that were left for one that needs the person, the last one last.
    left: Vec<SessionId>,
    commands: Vec<Command>,
    /// Keys that waited for a command and are a text field's, for the next frame.
    to_ui: Vec<egui::Event>,
    /// Sessions that this window asked for and that the list does not have yet.
    expected: HashSet<SessionId>,
    /// Sessions that ran when they were last looked at.
    running: HashSet<SessionId>,
    shown: Vec<(SessionId, Visibility)>,
    /// Whether the host is asked how it is.
    diagnosing: bool,
    banners: Banners,
    /// Whose evidence the host is asked for.
    explained: Option<SessionId>,
    /// For how many days the host is asked what was used, while that is shown.
    usage_days: Option<u32>,
    /// The log that is asked for, while it is shown.
    logged: Option<Of>,
    /// The folder that the link was asked to read, while it is typed.
    folders: Option<Wanted>,
    /// A place in a session's text that is shown as soon as its pane is there.
    moment: Option<Moment>,
    /// What was looked for in all sessions, while that is not shown.
    found_before: Option<Box<EverywherePage>>,
    /// What is typed and not sent.
    drafts: Drafts,
    /// The digest of the layout that was stored last.
    stored: u64,
    /// What was chosen in the palette.
    used: Used,
    copied_seen: u64,
    /// Programs that want to write the clipboard and are not looked at.
    clipboard_questions: Questions,
    /// The last prompt that was looked for and shown.
    prompt_seen: u64,
    title: String,
    /// The bells that were heeded.
    bells_seen: u64,
    /// When the application began.
    since: Instant,
    /// Whether one of our windows has the desktop's keyboard.
    window_focused: bool,
    windows: windows::Windows,
    frames: u64,
    /// Whether it was told that every pane has its screen.
    told_whole: bool,
    /// What was drawn in all frames.
    drawn: agor_render::Counters,
    exit: Option<Exit>,
    failure: Option<String>,
}

/// How the application is made.
pub struct Parts {
    /// What it is for.
    pub purpose: Purpose,
    /// The session that it shows first.
    pub show: Option<SessionId>,
    /// Its way to the host.
    pub link: Link,
    /// Where frames are asked for.
    pub wake: Wake,
    /// What has the window opened again.
    pub reopen: Reopen,
    /// The keyboard.
    pub keyboard: SharedKeyboard,
    /// The primary selection.
    pub primary: Primary,
    /// The graphics card.
    pub graphics: Graphics,
    /// What the command line says of its looks.
    pub given: Given,
    /// Fonts of the system for what the interface's own cannot draw.
    pub faces: InterfaceFaces,
}

/// What the command line says of a window's looks.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Given {
    /// Points of the terminal's text.
    pub font_size: Option<f32>,
    /// The theme.
    pub theme: Option<ThemeWish>,
}

impl App {
    /// Returns an application that draws on `parts.graphics`.
    ///
    /// # Errors
    /// [`RenderError`] if the terminal's font cannot be used.
    pub fn new(context: &egui::Context, parts: Parts) -> Result<Self, RenderError> {
        let wish = parts.given.theme.as_ref();
        let desktop = desktop_is_light(context);
        let id = wish.map_or(themes::DARK, |wish| wish.for_desktop(desktop));
        let theme = Theme::built_in(id);
        let font_size = parts.given.font_size.unwrap_or(theme::FONT_SIZE);
        theme.apply(context);
        context.set_fonts(theme::fonts());
        let Graphics {
            device,
            queue,
            target,
        } = parts.graphics;
        let draws_by_software = device.adapter_info().device_type == wgpu::DeviceType::Cpu;
        let scale = context.pixels_per_point();
        let font = font(font_size, scale, &Window::default());
        let renderer = Renderer::new(device, queue, target, font)?;
        let faces = Arc::new(parts.faces);
        ui_fonts::install(context, &faces);
        Ok(Self {
            link: parts.link,
            wake: parts.wake,
            reopen: parts.reopen,
            keyboard: parts.keyboard,
            primary: parts.primary,
            snapshot: Snapshot::default(),
            workspace: Workspace::default(),
            purpose: parts.purpose,
            begun: false,
            panes: HashMap::new(),
            renderer,
            faces,
            colors: theme.terminal(),
            theme,
            shown_from: Arc::default(),
            trying: false,
            choosing_for: None,
            tried_font: None,
            draws_by_software,
            follows_desktop: false,
            given: parts.given,
            font_size,
            scale,
            settings: Arc::default(),
            keys_told: Some(String::new()),
            overlay: None,
            pages: pages::Pages::default(),
            mode: None,
            broadcast: broadcast::Broadcast::default(),
            starting: None,
            to_show: parts.show,
            asked_seen: 0,
            looked_at: None,
            seen: None,
            left: Vec::new(),
            commands: Vec::new(),
            to_ui: Vec::new(),
            expected: HashSet::new(),
            running: HashSet::new(),
            shown: Vec::new(),
            diagnosing: false,
            banners: Banners::default(),
            explained: None,
            usage_days: None,
            logged: None,
            folders: None,
            moment: None,
            found_before: None,
            drafts: Drafts::default(),
            stored: 0,
            used: Used::default(),
            copied_seen: 0,
            clipboard_questions: Questions::default(),
            prompt_seen: 0,
            title: String::new(),
            bells_seen: 0,
            since: Instant::now(),
            window_focused: true,
            windows: windows::Windows::default(),
            frames: 0,
            told_whole: false,
            drawn: agor_render::Counters::default(),
            exit: None,
            failure: None,
        })
    }

    /// Draws what the interface's own fonts have not with these faces.
    #[cfg(test)]
    pub fn use_faces(&mut self, context: &egui::Context, faces: InterfaceFaces) {
        self.faces = Arc::new(faces);
        ui_fonts::install(context, &self.faces);
    }

    /// Has glyphs that are not at hand drawn by a thread, which asks for a frame when they are: for a window,
    /// whose frames wait for nothing.
    pub fn draw_glyphs_in_thread(&mut self) {
        let wake = self.wake.clone();
        self.renderer.draw_glyphs_in_thread(move || wake.now());
    }

    /// Takes in what has happened since the last frame, and does what was asked for.
    pub fn logic(&mut self, context: &egui::Context) {
        if self.link.has_changed() {
            self.snapshot = self.link.snapshot();
        }
        if self.faces.has_news() {
            ui_fonts::install(context, &self.faces);
        }
        let begun = self.begun;
        self.begin();
        if self.begun && !begun {
            self.take_look(context);
        }
        self.take_settings(context);
        self.follow_look(context);
        self.follow_sessions();
        self.show_what_is_asked(context);
        self.take_prompt();
        self.go_to_moment();
        self.take_clipboard(context);
        self.heed_bells(context);
        let pressed = self.keyboard.borrow_mut().router.take_commands();
        self.commands.extend(pressed);
        for command in std::mem::take(&mut self.commands) {
            self.act(command, context);
        }
        self.workspace.note_main();
        self.lead_to_front(context);
        self.follow_broadcast();
        self.follow_keys();
        self.show_sessions();
        self.note_seen();
        self.go_on_typing();
        self.take_mode_keys(context);
        self.store_layout();
        self.note_drafts();
        if self.exit.is_some() {
            context.send_viewport_cmd(egui::ViewportCommand::Close);
        }
    }

    /// Routes keys that were pressed after a command, now that it has led where it leads.
    fn go_on_typing(&mut self) {
        let mut keyboard = self.keyboard.borrow_mut();
        for (raw, mods) in keyboard.router.go_on() {
            to_egui(&raw, mods, &mut self.to_ui);
        }
        if !self.to_ui.is_empty() || keyboard.router.wants_frame() {
            self.wake.now();
        }
    }

    /// Draws a frame.
    pub fn ui(&mut self, ui: &mut egui::Ui) {
        let now = Instant::now();
        self.frames += 1;
        let mut keyboard = self.keyboard.borrow_mut();
        let sequences = keyboard.router.take_drawn();
        drawn::set(ui.ctx(), keyboard.router.keymap(), sequences);
        drop(keyboard);
        self.draw(ui, now);
        self.note_looks();
        let counters = self.renderer.counters();
        tracing::trace!(
            frames = self.frames,
            rows_built = counters.rows_built,
            bytes_uploaded = counters.bytes_uploaded,
            draws = counters.draws,
            cursor_col = self.cursor_col(),
            "frame"
        );
        if self.frames == 1 {
            tracing::debug!("window ready");
        }
        if !self.told_whole && self.is_whole() {
            self.told_whole = true;
            tracing::debug!("all is shown");
        }
    }

    /// Returns where the cursor stands in the session that has the keyboard: what tells in which frame a key's echo is.
    fn cursor_col(&self) -> Option<u16> {
        let session = self.workspace.focused_session()?;
        let screen = self.snapshot.screens.get(&session)?;
        Some(screen.mirror.cursor.col)
    }

    /// Carries commands out with the next frame, as if their keys had been pressed.
    pub fn carry_out(&mut self, commands: Vec<Command>) {
        self.commands.extend(commands);
    }

    /// Returns what the window ends with, once its one command has ended.
    #[must_use]
    pub fn exit(&self) -> Option<Exit> {
        self.exit
    }

    /// Returns why the window's one command could not be started.
    #[must_use]
    pub fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    /// Returns the session of a window that has only one.
    #[must_use]
    pub fn sole_session(&self) -> Option<SessionId> {
        match &self.purpose {
            Purpose::Command { session, .. } => *session,
            _ => None,
        }
    }

    /// Returns the way to the host.
    #[must_use]
    pub fn link(&self) -> &Link {
        &self.link
    }

    /// Returns how the link to the host stands.
    #[must_use]
    pub fn host(&self) -> &HostState {
        &self.snapshot.host
    }

    /// Says whether the host has told something that was not shown yet.
    #[must_use]
    pub fn has_news(&self) -> bool {
        self.link.has_changed()
    }

    /// Returns the colour of what nothing covers.
    #[must_use]
    pub fn clear_color(&self) -> [f32; 4] {
        self.theme.window.to_normalized_gamma_f32()
    }

    /// Adds the keys that waited for a command, and makes a text field's copy, cut and paste of
    /// their keys, which eframe leaves alone so that they can be a program's.
    pub fn complete_input(&mut self, context: &egui::Context, input: &mut egui::RawInput) {
        let window = input.viewport_id;
        if window == self.front_viewport() {
            input.events.append(&mut self.to_ui);
        }
        if !self.ui_has_keyboard() {
            return;
        }
        for event in &mut input.events {
            let egui::Event::Key {
                key,
                pressed: true,
                modifiers,
                ..
            } = event
            else {
                continue;
            };
            if !modifiers.command {
                continue;
            }
            match key {
                egui::Key::C => *event = egui::Event::Copy,
                egui::Key::X => *event = egui::Event::Cut,
                egui::Key::V => {
                    context.send_viewport_cmd_to(window, egui::ViewportCommand::RequestPaste);
                }
                _ => {}
            }
        }
    }

    /// Says whether every pane that is shown has its screen, so that a picture is whole.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let has_screen = |session: &SessionId| {
            let screen = self.snapshot.screens.get(session);
            screen.is_some_and(|screen| screen.mirror.rev.0 > 0)
        };
        self.begun
            && self.snapshot.images_awaited == 0
            && !self.faces.looks()
            && self
                .shown
                .iter()
                // What another tab hides has none.
                .filter(|(_, view)| *view != Visibility::Hidden)
                .all(|(session, _)| has_screen(session))
    }
}

/// Returns the pixels of a point of the terminal's text, which the interface's own scale leaves as it is.
fn screen_scale(ui: &egui::Ui) -> f32 {
    let native = ui.input(|input| input.viewport().native_pixels_per_point);
    native.unwrap_or(ui.pixels_per_point() / ui.ctx().zoom_factor())
}

/// Returns how the terminal's text is set.
fn font(points: f32, scale: f32, settings: &Window) -> FontSpec {
    FontSpec {
        family: settings.font_family.clone(),
        size_points: points,
        scale,
        line_height: 1.2,
        ligatures: settings.ligatures.unwrap_or(true),
        features: Arc::clone(&settings.font_features),
        thicker_points: settings.text_weight,
    }
}
