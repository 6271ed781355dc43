//! Windows of tabs that stand apart. Each is drawn in a frame of its own, when what it shows has changed and when
//! something is done in it, with the renderer and the screens of the main one. Which of them has the desktop's
//! keyboard says which tab has ours, so that nobody types into what is in another window.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::time::{Duration, Instant};

use agor_proto::ids::SessionId;
use agor_render::FontSpec;
use egui::{Context, Ui, ViewportBuilder, ViewportCommand, ViewportId};

use super::{App, Overlay, Purpose};
use crate::icons::{Mark, turn};
use crate::workspace::Spot;

/// How long a desktop is given to bring a window to the front that a command led to; some never do.
const PATIENCE: Duration = Duration::from_millis(500);

thread_local! {
    /// The application, for the frames of its other windows: egui keeps what draws them as if any thread
    /// could, and calls it on the thread that has the windows.
    static SHARED: RefCell<Weak<RefCell<App>>> = const { RefCell::new(Weak::new()) };
}

/// Lets `app` draw the windows of its tabs, on this thread.
pub fn share(app: &Rc<RefCell<App>>) {
    SHARED.with(|shared| *shared.borrow_mut() = Rc::downgrade(app));
}

/// Which of our windows has the desktop's keyboard.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Front {
    /// None.
    Elsewhere,
    /// The main one.
    #[default]
    Main,
    /// That of a tab, by its number.
    Tab(u64),
}

impl Front {
    fn viewport(self) -> ViewportId {
        match self {
            Self::Tab(number) => ViewportId::from_hash_of(("agor tab", number)),
            Self::Main | Self::Elsewhere => ViewportId::ROOT,
        }
    }
}

/// What is known of them.
#[derive(Debug, Default)]
pub(super) struct Windows {
    /// Which has the keyboard.
    pub(super) front: Front,
    /// When the desktop was asked to bring another to the front, and which was asked for last.
    asked: Option<Instant>,
    led_to: Option<Front>,
    /// Whether there can be no other window, so that the main one's keyboard is that of those over it.
    embedded: bool,
    /// A digest of what each shows, as it was when it was last asked to draw.
    drawn: HashMap<u64, u64>,
    /// Where each was opened: a window is not moved to where its person has moved it.
    opened: HashMap<u64, Spot>,
}

impl Windows {
    /// Returns the tab whose window has the keyboard.
    pub(super) fn front_tab(&self) -> Option<u64> {
        match self.front {
            Front::Tab(number) => Some(number),
            Front::Main | Front::Elsewhere => None,
        }
    }
}

impl App {
    /// Gives the focused pane a window of its own, or puts it back into the main one.
    pub(super) fn toggle_window(&mut self) {
        match self.workspace.tab().map(|tab| (tab.number, tab.window)) {
            Some((number, Some(_))) => self.workspace.attach(number),
            Some((_, None)) => {
                self.workspace.detach();
            }
            None => {}
        }
    }

    /// Closes the window with the keyboard if it is a tab's: the tab is in the main one again.
    pub(super) fn close_front(&mut self) {
        if let Some(number) = self.windows.front_tab() {
            self.workspace.close_window(number);
        }
    }

    /// Returns the window with the keyboard.
    pub(super) fn front_viewport(&self) -> ViewportId {
        self.windows.front.viewport()
    }

    /// Says whether what has our keyboard is in no window that has the desktop's.
    pub(super) fn types_elsewhere(&self) -> bool {
        let (front, asked) = (self.windows.front, self.windows.asked);
        let waits = self.windows.embedded || asked.is_some();
        front == Front::Main && !waits && self.wanted_front() != Front::Main
    }

    /// Notes whether a window has the desktop's keyboard; where it went, ours goes.
    pub(super) fn note_front(&mut self, window: Front, focused: bool) {
        if focused && self.windows.front != window {
            self.windows.front = window;
            self.windows.asked = None;
            self.follow_front();
            self.windows.led_to = Some(self.wanted_front());
            self.keyboard.borrow_mut().router.release();
            self.wake.now();
        } else if !focused && self.windows.front == window {
            self.windows.front = Front::Elsewhere;
            self.wake.now();
        }
        self.window_focused = self.windows.front != Front::Elsewhere;
    }

    fn follow_front(&mut self) {
        match self.windows.front {
            Front::Tab(number) => {
                self.workspace.activate(number);
            }
            Front::Main => self.show_main(),
            Front::Elsewhere => {}
        }
    }

    /// Gives the keyboard to the tab that the main window shows.
    pub(super) fn show_main(&mut self) {
        if let Some((project, tab)) = self.workspace.in_main() {
            self.workspace.active = project;
            self.workspace.projects[project].active = tab;
        }
    }

    /// Returns the window in which the tab with our keyboard is, or what lies over everything.
    pub(super) fn wanted_front(&self) -> Front {
        match self.workspace.tab() {
            Some(tab) if tab.window.is_some() && self.is_over_tab() => Front::Tab(tab.number),
            _ => Front::Main,
        }
    }

    /// Says whether what lies over panes, if anything does, may lie over those of any window.
    fn is_over_tab(&self) -> bool {
        self.overlay.as_ref().is_none_or(Overlay::lies_over_panes)
    }

    /// Brings the window to the front to which a command has led; where the desktop does not, the keyboard
    /// goes back to where it is typed on.
    pub(super) fn lead_to_front(&mut self, context: &Context) {
        let wanted = self.wanted_front();
        let front = self.windows.front;
        self.windows.embedded = context.embed_viewports();
        if front == Front::Elsewhere || self.windows.embedded {
            return;
        }
        if front == wanted {
            self.windows.asked = None;
            self.windows.led_to = Some(wanted);
            return;
        }
        match self.windows.asked {
            Some(since) if since.elapsed() >= PATIENCE => {
                self.windows.asked = None;
                if matches!(front, Front::Tab(_)) && !self.is_over_tab() {
                    self.overlay = None;
                }
                self.follow_front();
                self.note("The desktop did not bring the other window to the front.");
            }
            Some(_) => {}
            None if self.windows.led_to == Some(wanted) => {}
            None => {
                context.send_viewport_cmd_to(wanted.viewport(), ViewportCommand::Focus);
                self.windows.asked = Some(Instant::now());
                self.windows.led_to = Some(wanted);
                self.wake.after(PATIENCE);
            }
        }
    }

    /// Has the windows of tabs drawn that are apart.
    pub(super) fn windows_ui(&mut self, context: &Context) {
        if matches!(self.purpose, Purpose::Picture) {
            return;
        }
        let apart: Vec<_> = self
            .workspace
            .apart()
            .filter_map(|tab| Some((tab.number, tab.window?, tab.tiles.focused_session())))
            .collect();
        let is_apart = |number: &u64| apart.iter().any(|(apart, ..)| apart == number);
        self.windows.opened.retain(|number, _| is_apart(number));
        self.windows.drawn.retain(|number, _| is_apart(number));
        for (number, spot, session) in apart {
            let spot = *self.windows.opened.entry(number).or_insert(spot);
            let mut builder = ViewportBuilder::default()
                .with_title(super::draw::title(&self.snapshot, session))
                .with_app_id("agor")
                .with_min_inner_size([240.0, 120.0])
                .with_inner_size(spot.size);
            if let Some(position) = spot.position {
                builder = builder.with_position(position);
            }
            let viewport = Front::Tab(number).viewport();
            if context.embed_viewports() {
                // Where no other window can be, as in tests, it lies over the main one, within its frame.
                context.show_viewport_immediate(viewport, builder, |ui, _| {
                    self.embedded_ui(ui, number);
                });
                continue;
            }
            context.show_viewport_deferred(viewport, builder, move |ui, _| {
                let app = SHARED.with(|shared| shared.borrow().upgrade());
                if let Some(app) = app {
                    app.borrow_mut().window_ui(ui, number);
                }
            });
            let differs = match self.window_digest(number) {
                Some(shown) => self.windows.drawn.insert(number, shown) != Some(shown),
                None => {
                    self.windows.drawn.remove(&number);
                    true
                }
            };
            if differs {
                self.wake.window(viewport);
            }
        }
    }

    /// Returns a digest of all that a tab's own window shows: as long as it is the same, the window need not be drawn.
    /// None while something is under way in it that no digest tells.
    fn window_digest(&self, number: u64) -> Option<u64> {
        let (project, tab) = self.workspace.tab_place(number)?;
        let tiles = &self.workspace.projects[project].tabs[tab].tiles;
        let front = self.windows.front == Front::Tab(number);
        let keyboard = self.keyboard.borrow();
        let in_keys = !keyboard.router.sequence().0.is_empty() || keyboard.preedit.is_some();
        if front && (in_keys || self.overlay.is_some() || self.mode.is_some()) {
            return None;
        }
        let mut hasher = DefaultHasher::new();
        tiles.hash_into(&mut hasher);
        let theme = &self.theme;
        let colors = [
            theme.window,
            theme.pane,
            theme.text,
            theme.accent,
            theme.border_focus,
        ];
        (front, self.overlay.is_some(), &theme.id, colors).hash(&mut hasher);
        Arc::as_ptr(&self.settings).addr().hash(&mut hasher);
        Arc::as_ptr(&self.snapshot.images).addr().hash(&mut hasher);
        (self.font_size.to_bits(), &self.tried_font).hash(&mut hasher);
        for (tile, pane) in tiles.panes() {
            let snapshot = &self.snapshot;
            // What a page shows no digest tells.
            let session = pane.session()?;
            addr(&snapshot.screens, session).hash(&mut hasher);
            addr(&snapshot.histories, session).hash(&mut hasher);
            addr(&snapshot.found, session).hash(&mut hasher);
            addr(&snapshot.outlines, session).hash(&mut hasher);
            if let Some(info) = snapshot.session(session) {
                let reason = info.agent.as_ref().map(|agent| &agent.reason);
                (Mark::of(info), &info.name, &info.title, &info.cwd, reason).hash(&mut hasher);
            }
            self.broadcast.count(tile).hash(&mut hasher);
            let state = self.panes.get(&(number, tile))?;
            if state.hints.is_some() || state.vi.is_some() || state.finder.is_some() {
                return None;
            }
            (state.scroll.top(), state.scroll.is_live(), state.selection).hash(&mut hasher);
        }
        Some(hasher.finish())
    }

    /// Draws the window of a tab: a frame of its own.
    fn window_ui(&mut self, ui: &mut Ui, number: u64) {
        tracing::trace!(number, "window of a tab");
        let (focused, closes, inner, outer) = ui.input(|input| {
            let info = input.viewport();
            let focused = info.focused.unwrap_or(false);
            (
                focused,
                info.close_requested(),
                info.inner_rect,
                info.outer_rect,
            )
        });
        self.note_front(Front::Tab(number), focused);
        if closes {
            self.workspace.close_window(number);
            return self.wake.now();
        }
        if let Some(inner) = inner {
            let position = outer.map(|outer| outer.min.into());
            let size = inner.size().into();
            let spot = Spot { position, size };
            if let Some(spot) = spot.sane() {
                self.workspace.put_window(number, spot);
            }
        }
        if ui.input(|input| !input.raw.dropped_files.is_empty()) {
            // Dropping a file need not bring its window to the front.
            self.workspace.activate(number);
        }
        self.take_typed();
        self.take_pasted(ui);
        turn::begin(ui.ctx(), self.since, Instant::now(), self.rings_turn());
        self.renderer.begin();
        let scale = super::screen_scale(ui);
        let font = self.font();
        self.renderer.set_font(FontSpec { scale, ..font });
        self.embedded_ui(ui, number);
        self.drawn.add(self.renderer.counters());
        if focused {
            self.overlays_ui(ui);
        }
        if let Some(next) = turn::next(ui.ctx()) {
            self.wake.after(next);
        }
        let font = self.font();
        self.renderer.set_font(font);
    }

    /// Draws what is in the window of a tab.
    fn embedded_ui(&mut self, ui: &mut Ui, number: u64) {
        let Some(place) = self.workspace.tab_place(number) else {
            return;
        };
        let rect = ui.max_rect();
        ui.painter().rect_filled(rect, 0.0, self.theme.window);
        let active = self.workspace.tab().is_some_and(|tab| tab.number == number);
        let has_keyboard = match self.windows.front {
            Front::Tab(front) => front == number,
            // One that lies over the main window has its keyboard.
            Front::Main => ui.ctx().embed_viewports() && active,
            Front::Elsewhere => false,
        };
        self.panes_ui(ui, rect, Instant::now(), place, has_keyboard);
        self.renderer.finish();
        if self.renderer.awaits_glyphs() || self.renderer.lacks_room() {
            // When they come the main window is woken.
            self.wake.window(ui.ctx().viewport_id());
        }
    }
}

/// Returns where what is known of a session lies, which is elsewhere once it has changed.
fn addr<T>(known: &HashMap<SessionId, Arc<T>>, session: SessionId) -> usize {
    known.get(&session).map_or(0, |it| Arc::as_ptr(it).addr())
}
