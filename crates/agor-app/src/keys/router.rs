//! Who gets a key: a command, the focused session, or egui. Decided when the key comes, by the
//! focus of the last frame that was shown, so that nothing that is typed waits for a frame.

use std::collections::HashSet;
use std::sync::Arc;

use agor_proto::ids::SessionId;
use agor_proto::input::{Input, Key, KeyAction, KeyInput, Mods};
use winit::keyboard::PhysicalKey;

use super::keymap::{Chord, Found, Keymap};
use super::translate::{RawKey, translate};
use crate::commands::Command;
use crate::commands::context::{Chain, ELSEWHERE, TERMINAL};
use crate::link::{Link, Request};

/// Commands that wait for the next frame; no person presses more between two.
const COMMANDS_MAX: usize = 256;

/// Keys that wait for a command; a person types less between two frames.
const WAITING_MAX: usize = 4_096;

/// Who has the keyboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Focus {
    /// A session in a pane.
    Session {
        /// Which.
        session: SessionId,
        /// Whether its program wants key releases.
        releases: bool,
        /// Whether its program wants to know whether it has the keyboard.
        focus_events: bool,
        /// Whether its program can be typed into; keys to one that has ended do nothing.
        alive: bool,
        /// What Enter and Escape answer, if the pane asks something.
        asks: Asks,
    },
    /// A mode of ours in the pane of a session, which takes keys one after another.
    Mode {
        /// Which session.
        session: SessionId,
        /// Whether its program wants to know whether it has the keyboard.
        focus_events: bool,
        /// The contexts that count there.
        chain: Chain,
    },
    /// Something else of ours that takes keys one after another, and the contexts that count there: none, where keys
    /// themselves are waited for.
    Capture(Chain),
    /// Something of ours that egui draws: a text field, a list; and the contexts that count there.
    Ui(Chain),
}

impl Default for Focus {
    fn default() -> Self {
        Self::Ui(ELSEWHERE)
    }
}

/// Commands of what is drawn after which something else has the keyboard.
const ENDS: &[Command] = &[
    Command::ListOpen,
    Command::ListClose,
    Command::PaletteChoose,
    Command::PaletteClose,
    Command::PromptModel,
    Command::PromptMode,
    Command::PromptResume,
    Command::PromptFork,
    Command::EditorDone,
    Command::EditorLeave,
    Command::Reply,
    Command::TrustFolder,
    Command::TrustAbove,
];

/// A key of a mode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModeKey {
    /// The key.
    pub input: KeyInput,
    /// The command that it means there, alone or as the end of a sequence.
    pub command: Option<Command>,
}

/// What a pane asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Asks {
    /// Nothing: every key is the program's.
    #[default]
    Nothing,
    /// Whether its command is to run again.
    Restart,
    /// Whether what was typed while the host was away is sent.
    Held,
}

impl Focus {
    fn session(self) -> Option<SessionId> {
        match self {
            Self::Session { session, .. } | Self::Mode { session, .. } => Some(session),
            Self::Capture(_) | Self::Ui(_) => None,
        }
    }

    /// Returns the contexts that count.
    fn chain(self) -> Chain {
        match self {
            Self::Session { .. } => TERMINAL,
            Self::Ui(chain) | Self::Mode { chain, .. } | Self::Capture(chain) => chain,
        }
    }

    /// Returns the session whose program is told when it gets or loses the keyboard.
    fn told(self) -> Option<SessionId> {
        match self {
            Self::Session {
                session,
                focus_events: true,
                alive: true,
                ..
            }
            | Self::Mode {
                session,
                focus_events: true,
                ..
            } => Some(session),
            _ => None,
        }
    }
}

/// Whether egui sees an event too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// It does.
    ToUi,
    /// It does not.
    Taken,
}

/// See the module.
#[derive(Debug)]
pub struct Router {
    keymap: Arc<Keymap>,
    link: Link,
    focus: Focus,
    /// Sessions that are typed into with the one that has the keyboard, and whether their programs want
    /// key releases.
    also: Vec<(SessionId, bool)>,
    /// Whether the window has the keyboard.
    window_focused: bool,
    mods: Mods,
    /// Chords of a sequence that is not finished.
    before: Vec<Chord>,
    /// Keys that went down for a session, so that their release goes there too.
    down_in_session: HashSet<PhysicalKey>,
    /// Keys that went down for nobody but us.
    down_taken: HashSet<PhysicalKey>,
    commands: Vec<Command>,
    /// Commands of what is drawn that were pressed as sequences, for the next frame.
    drawn: Vec<Command>,
    /// Keys of a mode, for the next frame.
    mode_keys: Vec<ModeKey>,
    /// Keys that came after a command that was not carried out yet, which may lead elsewhere.
    waiting: Vec<(RawKey, Mods)>,
    /// For how many frames keys wait for what a text field's key or choice leads to.
    holding: u8,
    /// Whether the person has typed into a session since this was last asked.
    typed: bool,
    /// Whether typing changes what is shown before the program answers: a pane that is scrolled
    /// back goes to its end. Otherwise the frame waits for the program's echo.
    typing_shows: bool,
    /// Whether a sequence went on or ended, which is shown.
    sequence_changed: bool,
}

impl Router {
    /// Returns a router that hands keys to sessions over `link`.
    #[must_use]
    pub fn new(keymap: Keymap, link: Link) -> Self {
        Self {
            keymap: Arc::new(keymap),
            link,
            focus: Focus::default(),
            also: Vec::new(),
            window_focused: true,
            mods: Mods::default(),
            before: Vec::new(),
            down_in_session: HashSet::new(),
            down_taken: HashSet::new(),
            commands: Vec::new(),
            drawn: Vec::new(),
            mode_keys: Vec::new(),
            waiting: Vec::new(),
            holding: 0,
            typed: false,
            typing_shows: false,
            sequence_changed: false,
        }
    }

    /// Sets who has the keyboard from now on.
    pub fn set_focus(&mut self, focus: Focus) {
        let before = std::mem::replace(&mut self.focus, focus);
        if before.session() != focus.session() {
            self.down_in_session.clear();
            if self.window_focused {
                self.tell_focus(before, false);
                self.tell_focus(focus, true);
            }
        }
    }

    /// Notes that the window got or lost the keyboard.
    pub fn on_window_focus(&mut self, gained: bool) {
        if std::mem::replace(&mut self.window_focused, gained) != gained {
            self.tell_focus(self.focus, gained);
        }
        if !gained {
            // What is released elsewhere is not told to us.
            self.down_in_session.clear();
            self.down_taken.clear();
            self.before.clear();
        }
    }

    fn tell_focus(&self, focus: Focus, gained: bool) {
        // Only to programs that ask: whoever types drives, and looking is not typing.
        if let Some(session) = focus.told() {
            self.link
                .request(Request::Type(session, Input::Focus { gained }));
        }
    }

    /// Notes which modifiers are down.
    pub fn on_mods(&mut self, mods: Mods) {
        self.mods = mods;
    }

    /// Routes a key.
    pub fn on_key(&mut self, raw: &RawKey) -> Route {
        // A key of a mode can end it.
        let waits = !self.commands.is_empty() || !self.drawn.is_empty();
        if self.holding > 0 || waits || !self.mode_keys.is_empty() {
            if self.waiting.len() < WAITING_MAX {
                self.waiting.push((raw.clone(), self.mods));
            }
            return Route::Taken;
        }
        let input = translate(raw, self.mods);
        if raw.action == KeyAction::Release {
            return self.on_release(raw, input);
        }
        let Some(input) = input else {
            return self.unknown();
        };
        if input.key.is_modifier() {
            return self.on_modifier(raw, input);
        }
        let chain = self.focus.chain();
        let outside = matches!(self.focus, Focus::Ui(_)) && self.before.is_empty();
        let sought = match self.focus {
            Focus::Mode { .. } | Focus::Capture(_) => {
                self.keymap.in_mode(&self.before, &input, chain)
            }
            _ if outside && self.keymap.is_leader_outside(&input, chain) => self.keymap.leader(),
            _ => input.clone(),
        };
        match self.keymap.find(&self.before, &sought, chain) {
            Found::Command(command) if command.row().context.is_mode() => {
                self.before.clear();
                let command = Some(command);
                self.mode_keys.push(ModeKey { input, command });
                self.down_taken.insert(raw.physical);
                Route::Taken
            }
            // What is drawn reads keys among the letters that are typed, in their order.
            Found::Command(command) if command.row().context.is_own() && self.before.is_empty() => {
                if ENDS.contains(&command) {
                    self.hold_for(2);
                }
                Route::ToUi
            }
            Found::Command(command) => {
                self.before.clear();
                match command.row().context.is_own() {
                    true => self.drawn.push(command),
                    false => self.push(command),
                }
                self.down_taken.insert(raw.physical);
                Route::Taken
            }
            Found::Prefix => {
                let chord = self.keymap.meant(&self.before, &sought, chain);
                self.before.push(chord);
                self.sequence_changed = true;
                self.down_taken.insert(raw.physical);
                Route::Taken
            }
            Found::Nothing if !self.before.is_empty() => {
                // A sequence that leads nowhere ends; its keys were ours and stay it.
                self.before.clear();
                self.sequence_changed = true;
                self.down_taken.insert(raw.physical);
                Route::Taken
            }
            Found::Nothing => self.give_to_focus(raw, input),
        }
    }

    fn on_release(&mut self, raw: &RawKey, input: Option<KeyInput>) -> Route {
        if self.down_taken.remove(&raw.physical) {
            return Route::Taken;
        }
        let was_session = self.down_in_session.remove(&raw.physical);
        match self.focus {
            Focus::Session {
                session,
                releases: true,
                alive: true,
                ..
            } if was_session => {
                if let Some(input) = input {
                    self.release_also(&input);
                    self.link.request(Request::Type(session, Input::Key(input)));
                }
                Route::Taken
            }
            Focus::Session { .. } if was_session => {
                if let Some(input) = input {
                    self.release_also(&input);
                }
                Route::Taken
            }
            _ if was_session => Route::Taken,
            Focus::Session { .. } | Focus::Mode { .. } | Focus::Capture(_) => Route::Taken,
            Focus::Ui(_) => Route::ToUi,
        }
    }

    /// Types into a session, and into those that are typed into with it.
    pub fn type_into(&self, session: SessionId, input: &Input) {
        for session in std::iter::once(session).chain(self.also()) {
            self.link.request(Request::Type(session, input.clone()));
        }
    }

    fn release_also(&self, input: &KeyInput) {
        for (session, _) in self.also.iter().filter(|(_, releases)| *releases) {
            let input = Input::Key(input.clone());
            self.link.request(Request::Type(*session, input));
        }
    }

    /// Sets which sessions are typed into with the one that has the keyboard, and whether their programs
    /// want key releases.
    pub fn set_also(&mut self, also: Vec<(SessionId, bool)>) {
        self.also = also;
    }

    /// Returns the sessions that are typed into with the one that has the keyboard.
    pub fn also(&self) -> impl Iterator<Item = SessionId> {
        self.also.iter().map(|(session, _)| *session)
    }

    fn on_modifier(&mut self, raw: &RawKey, input: KeyInput) -> Route {
        match self.focus {
            Focus::Session {
                session,
                releases: true,
                alive: true,
                ..
            } => {
                self.down_in_session.insert(raw.physical);
                self.link.request(Request::Type(session, Input::Key(input)));
                Route::Taken
            }
            // Egui knows which modifiers are down from elsewhere.
            Focus::Session { .. } | Focus::Mode { .. } | Focus::Capture(_) => Route::Taken,
            Focus::Ui(_) => Route::ToUi,
        }
    }

    fn give_to_focus(&mut self, raw: &RawKey, input: KeyInput) -> Route {
        match self.focus {
            Focus::Session {
                session,
                alive,
                asks,
                ..
            } => {
                if !self.answer(session, asks, &input) && alive {
                    self.down_in_session.insert(raw.physical);
                    self.type_into(session, &Input::Key(input));
                }
                self.typed = true;
                Route::Taken
            }
            Focus::Mode { .. } | Focus::Capture(_) => {
                let command = None;
                self.mode_keys.push(ModeKey { input, command });
                self.down_taken.insert(raw.physical);
                Route::Taken
            }
            Focus::Ui(_) => {
                // These end what has the keyboard: in the frame that shows them, which comes after
                // the one that hears them.
                if matches!(input.key, Key::Enter | Key::KeypadEnter | Key::Escape) {
                    self.holding = 2;
                }
                Route::ToUi
            }
        }
    }

    /// Takes a key as the answer to what a pane asks; says whether it was one.
    fn answer(&mut self, session: SessionId, asks: Asks, input: &KeyInput) -> bool {
        let plain = input.mods.0 & 0b1111 == 0 && input.action == KeyAction::Press;
        match (asks, input.key) {
            (Asks::Restart, Key::Enter) if plain => self.push(Command::Restart),
            (Asks::Held, Key::Enter | Key::Escape) if plain => {
                let send = input.key == Key::Enter;
                self.link.request(Request::Decide { session, send });
            }
            // What is typed meanwhile would come before what waits.
            (Asks::Held, _) => {}
            _ => return false,
        }
        true
    }

    fn unknown(&self) -> Route {
        match self.focus {
            Focus::Session { .. } | Focus::Mode { .. } | Focus::Capture(_) => Route::Taken,
            Focus::Ui(_) => Route::ToUi,
        }
    }

    /// Routes text that an input method made.
    pub fn on_text(&mut self, text: String) -> Route {
        match self.focus {
            Focus::Session { session, alive, .. } => {
                if alive {
                    self.type_into(session, &Input::Text { text });
                }
                self.typed = true;
                Route::Taken
            }
            // A mode has keys, not text.
            Focus::Mode { .. } | Focus::Capture(_) => Route::Taken,
            Focus::Ui(_) => Route::ToUi,
        }
    }

    fn push(&mut self, command: Command) {
        if self.commands.len() < COMMANDS_MAX {
            self.commands.push(command);
        }
    }

    /// Lets keys wait until [`Router::go_on`].
    pub fn hold(&mut self) {
        self.hold_for(1);
    }

    /// Lets keys wait until [`Router::go_on`] was called so often.
    pub fn hold_for(&mut self, frames: u8) {
        self.holding = self.holding.max(frames);
    }

    /// Lets keys wait no longer than until the next [`Router::go_on`].
    pub fn release(&mut self) {
        self.holding = self.holding.min(1);
    }

    /// Routes the keys that waited, now that commands have led where they lead. Returns those that
    /// are egui's.
    pub fn go_on(&mut self) -> Vec<(RawKey, Mods)> {
        self.holding = self.holding.saturating_sub(1);
        if self.holding > 0 {
            return Vec::new();
        }
        let waiting = std::mem::take(&mut self.waiting);
        let mods = self.mods;
        let mut to_ui = Vec::new();
        for (raw, with) in waiting {
            self.mods = with;
            if self.on_key(&raw) == Route::ToUi {
                to_ui.push((raw, with));
            }
        }
        self.mods = mods;
        to_ui
    }

    /// Returns the commands that were pressed since they were last taken.
    pub fn take_commands(&mut self) -> Vec<Command> {
        std::mem::take(&mut self.commands)
    }

    /// Returns the commands of what is drawn that were pressed as sequences since they were last taken.
    pub fn take_drawn(&mut self) -> Vec<Command> {
        std::mem::take(&mut self.drawn)
    }

    /// Says whether keys of a mode were pressed since they were last taken.
    #[must_use]
    pub fn has_mode_keys(&self) -> bool {
        !self.mode_keys.is_empty()
    }

    /// Returns the keys of a mode that were pressed since they were last taken.
    pub fn take_mode_keys(&mut self) -> Vec<ModeKey> {
        std::mem::take(&mut self.mode_keys)
    }

    /// Says whether the person has typed since this was last asked.
    pub fn take_typed(&mut self) -> bool {
        std::mem::take(&mut self.typed)
    }

    /// Says whether something waits for a frame to be shown or done, and forgets it.
    pub fn wants_frame(&mut self) -> bool {
        let sequence = std::mem::take(&mut self.sequence_changed);
        sequence
            || self.holding > 0
            || !self.commands.is_empty()
            || !self.drawn.is_empty()
            || !self.mode_keys.is_empty()
            || (self.typed && self.typing_shows)
    }

    /// Sets whether typing changes what is shown before the program answers.
    pub fn set_typing_shows(&mut self, shows: bool) {
        self.typing_shows = shows;
    }

    /// Returns the chords of a sequence that was begun and not finished, and the table that it is
    /// looked up in, with the contexts that count.
    #[must_use]
    pub fn sequence(&self) -> (&[Chord], &Keymap, Chain) {
        (&self.before, &self.keymap, self.focus.chain())
    }

    /// Presses keys of a mode of these contexts, none of which is a part of a sequence.
    #[cfg(test)]
    pub fn press_in_mode(&mut self, keys: &str, chain: Chain) {
        let keys = keys
            .split(' ')
            .filter_map(|key| agor_term::input::chord::parse(key).ok());
        for input in keys {
            let command = match self.keymap.find(&[], &input, chain) {
                Found::Command(command) => Some(command),
                Found::Prefix | Found::Nothing => None,
            };
            self.mode_keys.push(ModeKey { input, command });
        }
    }

    /// Begins a sequence with a key.
    #[cfg(test)]
    pub fn begin_sequence(&mut self, key: &KeyInput) {
        self.before = vec![Chord::of(key)];
    }

    /// Returns which keys mean what.
    #[must_use]
    pub fn keymap(&self) -> &Arc<Keymap> {
        &self.keymap
    }

    /// Lets keys mean something else from now on.
    pub fn set_keymap(&mut self, keymap: Keymap) {
        self.keymap = Arc::new(keymap);
        self.before.clear();
        self.sequence_changed = true;
    }
}

#[cfg(test)]
mod tests;
