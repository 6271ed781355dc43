//! What follows from what the host said: panes of sessions that are gone close, screens that are
//! shown are asked for, the layout is stored when it has changed.

use std::collections::HashSet;

use agor_core::config::Bell;
use agor_proto::agent::State;
use agor_proto::command::CommandBody;
use agor_proto::ids::SessionId;
use agor_proto::message::Visibility;
use agor_proto::screen::Modes;
use agor_proto::session::{Life, SessionInfo};
use egui::ViewportCommand;

use super::{App, Purpose};
use crate::attention::since;
use crate::commands::context::PRINTED;
use crate::keys::router::{Asks, Focus};
use crate::link::Request;
use crate::link::snapshot::{HostState, Weight};
use crate::pane::PaneState;
use crate::wall;
use crate::workspace::View;

impl App {
    /// Closes panes whose sessions are gone, and those of shells that the person has left.
    pub(super) fn follow_sessions(&mut self) {
        let Some(sessions) = self.snapshot.sessions.clone() else {
            return;
        };
        if !self.begun || self.snapshot.host != HostState::Ready {
            return;
        }
        self.expected
            .retain(|session| !sessions.iter().any(|info| info.id == *session));
        let expected = &self.expected;
        self.workspace.retain(|session| {
            expected.contains(&session) || sessions.iter().any(|info| info.id == session)
        });
        if matches!(self.purpose, Purpose::Workspace { .. }) {
            for info in sessions.iter().filter(|info| is_left(info)) {
                if self.running.contains(&info.id)
                    && let Some(place) = self.workspace.place_of(info.id)
                {
                    self.workspace.close(place);
                }
            }
        }
        self.running = sessions
            .iter()
            .filter(|info| info.life.alive())
            .map(|info| info.id)
            .collect();
    }

    /// Asks for the screens that are shown, and says which session has the keyboard.
    pub(super) fn show_sessions(&mut self) {
        let mut shown: Vec<(SessionId, Visibility)> = Vec::new();
        let in_view = self.in_view().filter_map(|(_, pane)| pane.session());
        let visible: HashSet<SessionId> = in_view.collect();
        for session in self.workspace.sessions() {
            if shown.iter().any(|(known, _)| *known == session) {
                continue;
            }
            let view = if visible.contains(&session) {
                Visibility::Visible
            } else {
                Visibility::Hidden
            };
            shown.push((session, view));
        }
        let wants = self.page_wants();
        if let Some(selected) = wants.sessions {
            // A wall that fills the window covers the panes.
            let covers = self.shown_page().is_some();
            let seen = |session: &SessionId| !covers && visible.contains(session);
            let on_wall = self.on_wall(selected).into_iter();
            shown.retain(|(session, _)| seen(session));
            shown.extend(on_wall.filter(|(session, _)| !seen(session)));
        }
        if wants.diagnosis != self.diagnosing
            && self.link.request(Request::Diagnose(wants.diagnosis))
        {
            self.diagnosing = wants.diagnosis;
        }
        if wants.usage_days != self.usage_days
            && self.link.request(Request::Usage(wants.usage_days))
        {
            self.usage_days = wants.usage_days;
        }
        if wants.log != self.logged && self.link.request(Request::Log(wants.log)) {
            self.logged = wants.log;
        }
        self.follow_explained(wants.explained);
        self.want_folders();
        if shown != self.shown && self.link.request(Request::Show(shown.clone())) {
            self.shown = shown;
        }
        let focus = self.keyboard_focus();
        self.keyboard.borrow_mut().router.set_focus(focus);
    }

    /// Returns how each session is shown on the wall: once a second, the selected one as it changes.
    fn on_wall(&self, selected: Option<SessionId>) -> Vec<(SessionId, Visibility)> {
        let sessions = self.snapshot.sessions.clone().unwrap_or_default();
        // The selected one may be beyond those that the wall shows by themselves.
        let by_place = |info: &&SessionInfo| (selected != Some(info.id), wall::rank(info));
        let mut wanted: Vec<_> = sessions.iter().collect();
        wanted.sort_by_key(by_place);
        wanted
            .into_iter()
            .take(wall::SESSIONS_MAX)
            .map(|info| match selected == Some(info.id) {
                true => (info.id, Visibility::Visible),
                false => (info.id, Visibility::Thumbnail),
            })
            .collect()
    }

    /// Says whether a text field or list of ours has the keyboard.
    pub(super) fn ui_has_keyboard(&mut self) -> bool {
        let finding = |pane: &mut PaneState| pane.finder.as_ref().is_some_and(|it| it.typing);
        self.overlay.is_some() || self.page_is_focused() || self.focused_pane().is_some_and(finding)
    }

    /// Says that the person has seen what an agent did, once it is in front of them.
    pub(super) fn note_seen(&mut self) {
        // Nobody looks at what is drawn into a picture.
        let seen = self.window_focused && !matches!(self.purpose, Purpose::Picture);
        let looks = seen && self.overlay.is_none();
        let focused = self.workspace.focused_session().filter(|_| looks);
        let info = focused.and_then(|session| self.snapshot.session(session));
        let conflict = |info: &SessionInfo| Some(info.agent.as_ref()?.conflict.as_ref()?.at_millis);
        let done = info.and_then(|info| match conflict(info) {
            Some(at_millis) => Some((info.id, at_millis)),
            None if info.state == State::Done || info.has_failed() => Some((info.id, since(info))),
            None => None,
        });
        let Some(done) = done else {
            return;
        };
        // The list says so a moment later.
        if self.seen.replace(done) != Some(done) {
            let body = CommandBody::Seen { session: done.0 };
            self.link.request(Request::Command(body));
        }
    }

    /// Says what the person looks at, whenever that changes: of that the host notifies nobody.
    pub(super) fn note_looks(&mut self) {
        if !self.begun || !matches!(self.purpose, Purpose::Workspace { .. }) {
            return;
        }
        let looks = self.window_focused && self.overlay.is_none();
        let session = self.workspace.focused_session().filter(|_| looks);
        if self.looked_at != Some(session) && self.link.request(Request::Look(session)) {
            self.looked_at = Some(session);
        }
    }

    /// Shows the session that the command line named, or that the host asks for since the person clicked a
    /// notification, and comes to the front for that.
    pub(super) fn show_what_is_asked(&mut self, context: &egui::Context) {
        let Some(asked) = self.snapshot.asked.clone() else {
            return self.show_first();
        };
        if !self.begun || asked.number <= self.asked_seen {
            return;
        }
        self.asked_seen = asked.number;
        self.to_show = Some(asked.session);
        self.show_first();
        context.send_viewport_cmd(ViewportCommand::Minimized(false));
        context.send_viewport_cmd(ViewportCommand::Focus);
        if !self.window_focused {
            // Where a window may not come to the front by itself, it is at least seen to want it.
            let kind = egui::UserAttentionType::Informational;
            context.send_viewport_cmd(ViewportCommand::RequestUserAttention(kind));
        }
        tracing::info!(session_id = %asked.session, "shown for a notification");
    }

    /// Lets a window that has not the keyboard ask for attention when a bell has rung, if that is wished for.
    pub(super) fn heed_bells(&mut self, context: &egui::Context) {
        let rung = std::mem::replace(&mut self.bells_seen, self.snapshot.bells);
        let wished = self.settings.window.bell == Bell::Attention && !self.window_focused;
        if wished && rung != self.bells_seen {
            let kind = egui::UserAttentionType::Informational;
            context.send_viewport_cmd(ViewportCommand::RequestUserAttention(kind));
        }
    }

    fn show_first(&mut self) {
        if !self.begun {
            return;
        }
        if let Some(session) = self.to_show.take() {
            self.overlay = None;
            self.show_session(session);
        }
    }

    /// Returns who has the keyboard.
    pub(super) fn keyboard_focus(&mut self) -> Focus {
        let on_page = self.overlay.is_none() && self.page_is_focused();
        if let Some(mode) = self.mode.filter(|_| on_page) {
            return Focus::Capture(mode.contexts());
        }
        if self.page_captures() {
            return Focus::Capture(PRINTED);
        }
        let focus = self.pane_focus();
        self.mode_focus(focus)
    }

    fn pane_focus(&mut self) -> Focus {
        let Some(session) = self.workspace.focused_session() else {
            return Focus::Ui(self.drawn_contexts());
        };
        if self.types_elsewhere() {
            return Focus::default();
        }
        if self.ui_has_keyboard() {
            return Focus::Ui(self.drawn_contexts());
        }
        let screen = self.snapshot.screens.get(&session);
        let modes = screen.map_or(Modes::default(), |screen| screen.mirror.modes);
        let alive = self
            .snapshot
            .session(session)
            .is_none_or(|info| info.life.alive());
        let held = screen.is_some_and(|screen| screen.held > 0);
        Focus::Session {
            session,
            releases: modes.contains(Modes::KEY_RELEASES),
            focus_events: modes.contains(Modes::FOCUS),
            alive,
            asks: match (alive, held) {
                (_, true) => Asks::Held,
                (false, _) => Asks::Restart,
                (true, false) => Asks::Nothing,
            },
        }
    }

    /// Stores the layout if it has changed and nobody is about to change it further.
    pub(super) fn store_layout(&mut self) {
        if !self.begun || !matches!(self.purpose, Purpose::Workspace { .. }) {
            return;
        }
        self.note_views();
        let digest = self.workspace.digest();
        if digest != self.stored
            && self
                .link
                .request(Request::StoreLayout(self.workspace.to_json()))
        {
            self.stored = digest;
        }
    }

    /// Notes where panes look back and what is selected in them, so that it is stored.
    fn note_views(&mut self) {
        let mut views = Vec::new();
        for (place, pane) in self.workspace.panes() {
            let tab = &self.workspace.projects[place.project].tabs[place.tab];
            let Some(session) = pane.session() else {
                continue;
            };
            let Some(state) = self.panes.get(&(tab.number, place.tile)) else {
                // It was not drawn yet: what was stored of it stays.
                let known = self.workspace.views.iter();
                views.extend(known.filter(|view| view.session == session).cloned());
                continue;
            };
            let (top, selection) = (state.scroll.top(), state.selection);
            if top.is_some() || selection.is_some() {
                views.push(View {
                    session,
                    top,
                    selection,
                });
            }
        }
        self.workspace.views = views;
    }

    /// Shows the prompt that was looked for.
    pub(super) fn take_prompt(&mut self) {
        let Some(prompt) = self.snapshot.prompt else {
            return;
        };
        if prompt.number <= self.prompt_seen {
            return;
        }
        self.prompt_seen = prompt.number;
        if self.workspace.focused_session() != Some(prompt.session) {
            return;
        }
        let Some(pane) = self.focused_pane() else {
            return;
        };
        match prompt.at {
            Some(place) => {
                pane.scroll.go_to_as_top(place);
                pane.prompt = Some(place);
            }
            None if prompt.forwards => pane.scroll.go_to_end(),
            None => {
                let text =
                    "No earlier prompt is marked: the shell may not say where they are (OSC 133).";
                self.link.request(Request::Tell(Weight::Note, text.into()));
            }
        }
    }
}

/// Says whether a session is a shell that its person has left by themself.
fn is_left(info: &SessionInfo) -> bool {
    const SHELLS: &[&str] = &[
        "bash", "dash", "elvish", "fish", "ksh", "nu", "sh", "tcsh", "xonsh", "zsh",
    ];
    let is_shell = match info.argv.as_slice() {
        [] => true,
        [program, rest @ ..] => {
            let name = program.rsplit('/').next().unwrap_or(program);
            let name = name.trim_start_matches('-');
            SHELLS.contains(&name)
                && rest
                    .iter()
                    .all(|word| word.starts_with('-') && word != "-c")
        }
    };
    is_shell && matches!(info.life, Life::Exited { code: 0, signal: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::session_info;

    #[test]
    fn only_a_shell_that_ended_well_is_left() {
        let ended = |argv: &[&str], code| SessionInfo {
            argv: argv.iter().map(ToString::to_string).collect(),
            life: Life::Exited { code, signal: 0 },
            ..session_info(1, "x")
        };
        assert!(is_left(&ended(&[], 0)));
        assert!(is_left(&ended(&["/usr/bin/zsh", "-l"], 0)));
        assert!(!is_left(&ended(&["/bin/sh", "-c", "make"], 0)));
        assert!(!is_left(&ended(&["bash"], 1)));
        assert!(!is_left(&ended(&["claude"], 0)));
        assert!(!is_left(&session_info(1, "bash")));
    }
}
