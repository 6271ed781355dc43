//! Modes in which keys are not the program's, and what each does with a key: letters over what can be picked up,
//! selecting by keyboard, moving borders, choosing a pane by its number.

use std::sync::Arc;

use agor_proto::ids::{LinePosition, SessionId};
use agor_proto::input::{Key, KeyInput};
use agor_proto::row::Row;
use agor_term::rows::HintKind;

use super::App;
use crate::commands::Command;
use crate::commands::context::{Chain, ELSEWHERE, HINTS, PRINTED, SIZES, VI};
use crate::keys::router::{Focus, ModeKey};
use crate::link::Request;
use crate::link::snapshot::Weight;
use crate::pane::find::Step;
use crate::pane::hints::{Act, Hints, Typed, opens};
use crate::pane::scroll::{Sight, place};
use crate::pane::selection::{Selection, Span};
use crate::pane::terminal::live_rows;
use crate::pane::vi::{Effect, Vi, View};
use crate::workspace::Direction;

/// A mode of the whole tab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WindowMode {
    /// Arrows move borders.
    Resize,
    /// Each pane shows the key that gives it the keyboard.
    Numbers,
}

impl WindowMode {
    /// Returns the contexts in which its keys are looked up.
    pub(super) fn contexts(self) -> Chain {
        match self {
            Self::Resize => SIZES,
            Self::Numbers => PRINTED,
        }
    }
}

/// Keys by which panes are chosen, in the order in which panes are read.
pub(super) const NUMBERS: &str = "1234567890abcdefghijklmnopqrstuvwxyz";

/// Keys of modes that are carried out before a frame at the most.
const KEYS_MAX: usize = 4_096;

/// Characters of a text that are told when it was copied.
const TOLD_MAX: usize = 60;

impl App {
    /// Puts letters over what can be picked up of the focused pane, or takes them away.
    pub(super) fn toggle_hints(&mut self) {
        if self.ui_has_keyboard() {
            return;
        }
        if let Some(pane) = self.focused_pane() {
            pane.hints = match pane.hints.take() {
                Some(_) => None,
                None => Some(Hints::default()),
            };
        }
    }

    /// Returns the contexts in which the mode looks keys up that has the keyboard, if one has.
    fn mode_contexts(&mut self) -> Option<Chain> {
        if let Some(mode) = self.mode {
            return Some(mode.contexts());
        }
        let pane = self.focused_pane()?;
        match (&pane.hints, &pane.vi) {
            (Some(_), _) => Some(HINTS),
            // The next key is the sign that is gone to, unless it leads elsewhere.
            (None, Some(vi)) if vi.waits_for_sign() => Some(ELSEWHERE),
            (None, Some(_)) => Some(VI),
            (None, None) => None,
        }
    }

    /// Carries out the keys of modes, and routes those that came after them.
    pub(super) fn take_mode_keys(&mut self, context: &egui::Context) {
        for _ in 0..KEYS_MAX {
            if !self.mode_is_ready() {
                // What it acts on is drawn first.
                return self.wake.now();
            }
            let keys = self.keyboard.borrow_mut().router.take_mode_keys();
            if keys.is_empty() {
                return;
            }
            for key in keys {
                self.on_mode_key(&key, context);
            }
            let focus = self.keyboard_focus();
            self.keyboard.borrow_mut().router.set_focus(focus);
            self.go_on_typing();
        }
    }

    fn mode_is_ready(&mut self) -> bool {
        let keyboard = self.keyboard.borrow();
        let waiting = keyboard.router.has_mode_keys();
        drop(keyboard);
        let waiting = waiting && self.mode.is_none() && self.overlay.is_none();
        let Some(pane) = self.focused_pane().filter(|_| waiting) else {
            return true;
        };
        pane.hints.as_ref().is_none_or(Hints::is_ready) && pane.vi.as_ref().is_none_or(Vi::is_ready)
    }

    /// Begins a mode of the tab, or ends it.
    pub(super) fn begin_mode(&mut self, mode: WindowMode) {
        let tab = self.workspace.tab();
        if tab.is_none_or(|tab| tab.tiles.panes().nth(1).is_none()) {
            return self.note("This tab has one pane.");
        }
        self.mode = match self.mode {
            Some(now) if now == mode => None,
            _ => Some(mode),
        };
        if let Some(tab) = self.workspace.tab_mut() {
            tab.tiles.zoomed = false;
        }
    }

    /// Gives the pane with the number or letter of a key the keyboard; every other key only ends the mode.
    fn choose_by_number(&mut self, key: &KeyInput) {
        self.mode = None;
        let sign = match key.key {
            Key::Char(c) if c.is_ascii() => Some(c),
            Key::KeypadChar(c) => Some(c),
            _ => key.base_layout,
        };
        let at = sign.and_then(|sign| NUMBERS.find(sign));
        if let Some(tab) = self.workspace.tab_mut()
            && let Some((tile, _)) = at.and_then(|at| tab.tiles.panes().nth(at))
        {
            tab.tiles.focus(tile);
        }
    }

    /// Moves borders; what does not ends the mode.
    fn move_borders(&mut self, command: Option<Command>) {
        match command {
            Some(Command::SizesLeft) => self.resize(Direction::Left),
            Some(Command::SizesRight) => self.resize(Direction::Right),
            Some(Command::SizesUp) => self.resize(Direction::Up),
            Some(Command::SizesDown) => self.resize(Direction::Down),
            Some(Command::SizesBalance) => self.rearrange(Command::Balance),
            _ => self.mode = None,
        }
    }

    fn on_mode_key(&mut self, key: &ModeKey, context: &egui::Context) {
        self.wake.now();
        let ModeKey { input, command } = key;
        if let Some(command) = command {
            tracing::debug!(command = command.row().id, "command");
        }
        if self.overlay.is_some() {
            return self.on_page_key(input);
        }
        match self.mode {
            Some(WindowMode::Numbers) => return self.choose_by_number(input),
            Some(WindowMode::Resize) => return self.move_borders(*command),
            None => {}
        }
        if self.page_is_focused() {
            return self.on_page_key(input);
        }
        let Some(pane) = self.focused_pane() else {
            return;
        };
        if let Some(hints) = &mut pane.hints {
            match hints.on_key(*command, input) {
                Typed::More => {}
                Typed::Ends => pane.hints = None,
                Typed::Picked(act, kind, text) => self.pick((act, kind, text), context),
            }
        } else if pane.vi.is_some() {
            self.on_vi_key(key, context);
        }
    }

    /// Begins to select by keyboard in the focused pane, or ends it.
    pub(super) fn toggle_vi(&mut self) {
        if self.ui_has_keyboard() {
            return;
        }
        match self.focused_pane() {
            Some(pane) if pane.vi.is_some() => self.end_vi(),
            Some(pane) => {
                pane.vi = Some(Vi::default());
                pane.selection = None;
                pane.hints = None;
            }
            None => {}
        }
    }

    fn end_vi(&mut self) {
        let session = self.workspace.focused_session();
        let Some(pane) = self.focused_pane() else {
            return;
        };
        if pane.end_vi()
            && let Some(session) = session
        {
            self.link.request(Request::DropFind(session));
        }
    }

    fn on_vi_key(&mut self, key: &ModeKey, context: &egui::Context) {
        let Some(session) = self.workspace.focused_session() else {
            return;
        };
        let Some(screen) = self.snapshot.screens.get(&session).cloned() else {
            return self.end_vi();
        };
        let window = self.snapshot.histories.get(&session).cloned();
        let found = self.snapshot.found.get(&session).cloned();
        let mirror = &screen.mirror;
        let sight = Sight {
            screen_rows: u32::from(mirror.size.rows),
            history_rows: mirror.history.rows,
            window: window.as_deref(),
        };
        let Some(pane) = self.focused_pane() else {
            return;
        };
        let shown = live_rows(mirror, pane.asked.unwrap_or(mirror.size));
        let view = View::of(&pane.scroll, sight, mirror, shown);
        let Some(vi) = &mut pane.vi else {
            return;
        };
        let effect = vi.on_key(key, view, sight, &mut pane.scroll);
        pane.selection = vi.selection(view);
        let cursor = vi.cursor();
        match (effect, cursor) {
            (Effect::None, _) => {}
            (Effect::Leave, _) => self.end_vi(),
            (Effect::Copy(selection), _) => {
                let (rows, whole) = (view.rows, (view.above, view.below));
                self.copy_selection(session, selection, (rows, whole), context);
                self.end_vi();
            }
            (Effect::Find(step), Some(cursor)) => {
                pane.finder.get_or_insert_default().begin(cursor, step);
            }
            (Effect::Again { back }, Some(cursor)) => {
                let Some(finder) = &mut pane.finder else {
                    return;
                };
                let step = finder.origin.map_or(Step::Older, |(_, step)| step);
                let step = if back { step.opposite() } else { step };
                let found = finder.of(found.as_deref());
                let place = found.and_then(|found| finder.step_from(found, step, cursor));
                if let Some(place) = place {
                    pane.look_at(place);
                }
            }
            (_, None) => {}
        }
    }

    /// Copies what is selected: at once if all of it is at hand, else the link's thread fetches it.
    pub(super) fn copy_selection(
        &mut self,
        session: SessionId,
        selection: Selection,
        (rows, (above, below)): (&[Arc<Row>], (u32, u32)),
        context: &egui::Context,
    ) {
        let Span { start, end } = selection.ends();
        let is_here = |at: LinePosition| {
            let first = rows
                .first()
                .is_some_and(|row| above == 0 || place(row) <= at);
            let last = rows.last().is_some_and(|row| below == 0 || at < place(row));
            first && last
        };
        if !(is_here(start) && is_here(end)) {
            self.link
                .request(Request::CopySelection { session, selection });
            return;
        }
        if let Some(text) = selection.text(rows).filter(|text| !text.is_empty()) {
            let note = match text.lines().count() {
                1 => format!("Copied {}", told(&text)),
                lines => format!("Copied {lines} lines."),
            };
            self.link.request(Request::Tell(Weight::Note, note));
            context.copy_text(text);
        }
    }

    /// Does with what was picked up what the person wants.
    pub(super) fn pick(
        &mut self,
        (act, kind, text): (Act, HintKind, String),
        context: &egui::Context,
    ) {
        if let Some(pane) = self.focused_pane() {
            pane.hints = None;
        }
        let act = match act {
            Act::Open if !opens(kind, &text) => Act::Copy,
            act => act,
        };
        match act {
            Act::Open => context.open_url(egui::OpenUrl::new_tab(text)),
            Act::Insert => self.paste(text),
            Act::Copy => {
                let note = format!("Copied {}", told(&text));
                self.link.request(Request::Tell(Weight::Note, note));
                context.copy_text(text);
            }
        }
    }

    /// Returns who has the keyboard while a mode of the focused pane is on.
    pub(super) fn mode_focus(&mut self, focus: Focus) -> Focus {
        match (focus, self.mode_contexts()) {
            (
                Focus::Session {
                    session,
                    focus_events,
                    alive,
                    ..
                },
                Some(chain),
            ) => Focus::Mode {
                session,
                focus_events: focus_events && alive,
                chain,
            },
            _ => focus,
        }
    }
}

/// Returns of a text what is told when it was copied.
fn told(text: &str) -> String {
    let mut told: String = text.chars().take(TOLD_MAX).collect();
    if told.len() < text.len() {
        told.push('…');
    }
    told
}
