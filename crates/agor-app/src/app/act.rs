//! What each command of the table does.

use std::collections::HashSet;

use agor_core::config::Whose;
use agor_proto::command::{CommandBody, SignalTarget};
use agor_proto::ids::{LinePosition, SessionId};
use agor_proto::input::{Input, Key, KeyInput, Mods};
use egui::ViewportCommand;
use egui_tiles::LinearDir;

use super::pages::page_command;
use super::{App, Overlay, Purpose};
use crate::commands::Command;
use crate::drafts::Field;
use crate::link::{OutputOf, Request};
use crate::palette::{Palette, Scope};
use crate::pane::PaneState;
use crate::pane::scroll::{Sight, place};
use crate::pane::selection::{Selection, Span, Unit};
use crate::pane::terminal::live_rows;
use crate::pane::vi::View;
use crate::starting::Ask;
use crate::workspace::Direction;

/// Frames after which a clipboard that has given no text has none.
const PASTE_FRAMES: u8 = 6;

/// Percent by which the interface grows at a time.
const SCALE_STEP: f32 = 10.0;

/// SIGINT.
const INTERRUPT: i32 = 2;

impl App {
    /// Carries a command out.
    pub(super) fn act(&mut self, command: Command, context: &egui::Context) {
        tracing::debug!(command = command.row().id, "command");
        let workspace = !matches!(self.purpose, Purpose::Command { .. });
        match command {
            Command::Palette => self.toggle_palette(Scope::Everything),
            Command::GoToSession => self.toggle_palette(Scope::Sessions),
            page_command!() => self.toggle_page(command),
            Command::PageBeside if workspace => self.toggle_beside(),
            Command::PageBeside => {}
            Command::ImportKeys => self.toggle_palette(Scope::ImportKeys),
            Command::ExportKeys => self.toggle_palette(Scope::ExportKeys),
            Command::NewAgent if workspace => self.toggle_palette(Scope::Agents),
            Command::NewAgent => {}
            Command::ForkBeside if workspace => self.start_beside(Ask::Fork),
            Command::ResumeBeside if workspace => self.start_beside(Ask::Resume),
            Command::ForkBeside | Command::ResumeBeside => {}
            Command::Snippets => self.toggle_palette(Scope::Snippets),
            Command::OpenProject => self.toggle_palette(Scope::Folder),
            Command::NewTabIn if workspace => self.toggle_palette(Scope::ProjectFolders),
            Command::NewTabIn => {}
            Command::Rename => self.toggle_palette(Scope::Rename),
            Command::AttentionNext if workspace => self.go_to_next_need(),
            Command::AttentionBack => self.go_back(),
            Command::AttentionNext => {}
            Command::NewTab if workspace => {
                let folder = self.current_folder();
                self.open_shell(&folder);
            }
            Command::SplitRight if workspace => self.split(LinearDir::Horizontal),
            Command::SplitDown if workspace => self.split(LinearDir::Vertical),
            Command::NewTab | Command::SplitRight | Command::SplitDown => {}
            Command::ClosePane if workspace => self.close_pane(),
            Command::CloseTab if workspace => {
                let tab = self.workspace.project().map(|project| project.active);
                if let Some(tab) = tab {
                    self.close_tab(tab);
                }
            }
            Command::SwapLeft
            | Command::SwapRight
            | Command::SwapUp
            | Command::SwapDown
            | Command::EdgeLeft
            | Command::EdgeRight
            | Command::EdgeUp
            | Command::EdgeDown
            | Command::ResizeLeft
            | Command::ResizeRight
            | Command::ResizeUp
            | Command::ResizeDown
            | Command::Resize
            | Command::Numbers
            | Command::Columns
            | Command::Rows
            | Command::Grid
            | Command::MainAndStack
            | Command::Balance
            | Command::Rotate
            | Command::RotateBack
            | Command::Detach
            | Command::ToNextTab
            | Command::ToPreviousTab
            | Command::BreakOut
            | Command::RenameTab
            | Command::PinTab
            | Command::PinPane => self.rearrange(command),
            Command::Quit if self.windows.front_tab().is_some() => self.close_front(),
            Command::ClosePane | Command::CloseTab | Command::Quit => {
                context.send_viewport_cmd(ViewportCommand::Close);
            }
            Command::UndoClose => self.reopen(),
            Command::Zoom => {
                if let Some(tab) = self.workspace.tab_mut() {
                    tab.tiles.toggle_zoom();
                }
            }
            Command::FocusLeft => self.focus_towards(Direction::Left),
            Command::FocusRight => self.focus_towards(Direction::Right),
            Command::FocusUp => self.focus_towards(Direction::Up),
            Command::FocusDown => self.focus_towards(Direction::Down),
            Command::FocusLast => {
                if let Some(tab) = self.workspace.tab_mut() {
                    tab.tiles.focus_last();
                }
            }
            Command::NextTab => self.workspace.step_tab(1),
            Command::PreviousTab => self.workspace.step_tab(-1),
            Command::Tab1 => self.workspace.go_to_tab(0),
            Command::Tab2 => self.workspace.go_to_tab(1),
            Command::Tab3 => self.workspace.go_to_tab(2),
            Command::Tab4 => self.workspace.go_to_tab(3),
            Command::Tab5 => self.workspace.go_to_tab(4),
            Command::Tab6 => self.workspace.go_to_tab(5),
            Command::Tab7 => self.workspace.go_to_tab(6),
            Command::Tab8 => self.workspace.go_to_tab(7),
            Command::Tab9 => self.workspace.go_to_tab(usize::MAX),
            Command::NextProject => self.step_project(1),
            Command::PreviousProject => self.step_project(-1),
            Command::GroupProject if workspace => self.toggle_palette(Scope::Groups),
            Command::GroupProject => {}
            Command::FoldProject => {
                let folder = self.current_folder();
                self.workspace.toggle_fold(Whose::Project(folder));
            }
            Command::Sidebar => self.workspace.sidebar.shown = !self.workspace.sidebar.shown,
            Command::Inspector if workspace => self.toggle_inspector(context),
            Command::Inspector => {}
            Command::Copy => self.copy(context),
            Command::Paste => {
                let window = self.front_viewport();
                context.send_viewport_cmd_to(window, ViewportCommand::RequestPaste);
                // The text comes a frame or two later: what is typed until then comes behind it.
                self.keyboard.borrow_mut().router.hold_for(PASTE_FRAMES);
            }
            Command::SelectAll => self.select_screen(),
            Command::ClipboardAllow | Command::ClipboardAlways | Command::ClipboardRefuse => {
                self.answer_clipboard(command, context);
            }
            Command::Find => self.find(),
            Command::SelectByKeyboard => self.toggle_vi(),
            Command::Broadcast if workspace => self.toggle_broadcast(),
            Command::BroadcastAll if workspace => self.toggle_broadcast_all(),
            Command::Broadcast | Command::BroadcastAll => {}
            Command::Hints => self.toggle_hints(),
            Command::ScrollPageUp => self.scroll_pages(1),
            Command::ScrollPageDown => self.scroll_pages(-1),
            Command::ScrollLineUp => self.scroll(|pane| pane.scroll.by(1)),
            Command::ScrollLineDown => self.scroll(|pane| pane.scroll.by(-1)),
            Command::PromptPrevious => self.go_to_prompt(false),
            Command::PromptNext => self.go_to_prompt(true),
            Command::CopyOutput => self.copy_output(),
            Command::ScrollTop => self.scroll(|pane| pane.scroll.go_to_start()),
            Command::ScrollBottom => self.scroll(|pane| pane.scroll.go_to_end()),
            Command::FontLarger => self.set_font_size(self.font_size + 1.0),
            Command::FontSmaller => self.set_font_size(self.font_size - 1.0),
            Command::FontReset => {
                self.workspace.look.font_size = None;
                self.show_font_size(self.set_size());
            }
            Command::ScaleLarger => self.set_scale(SCALE_STEP, context),
            Command::ScaleSmaller => self.set_scale(-SCALE_STEP, context),
            Command::ScaleReset => {
                self.workspace.look.scale_percent = None;
                self.show_scale(context);
            }
            Command::Theme => self.switch_theme(context),
            Command::Reopen if workspace => {
                self.reopen.ask();
                self.wake.now();
            }
            Command::Reopen => {}
            Command::EditTheme if workspace => self.toggle_theme_editor(context),
            Command::EditTheme => {}
            Command::Themes => self.toggle_palette(Scope::Themes),
            Command::Drive
            | Command::Restart
            | Command::Interrupt
            | Command::Kill
            | Command::Remove
            | Command::SendLeader => self.act_on_session(command),
            // What is drawn does these, where it has the keyboard (`keys/drawn.rs`); modes do theirs
            // (`app/modes.rs`).
            Command::ListNext
            | Command::ListPrevious
            | Command::ListPageDown
            | Command::ListPageUp
            | Command::ListFirst
            | Command::ListLast
            | Command::ListOpen
            | Command::ListClose
            | Command::Reply
            | Command::TrustFolder
            | Command::TrustAbove
            | Command::PaletteNext
            | Command::PalettePrevious
            | Command::PalettePageDown
            | Command::PalettePageUp
            | Command::PaletteChoose
            | Command::PaletteComplete
            | Command::PaletteClose
            | Command::PromptModel
            | Command::PromptMode
            | Command::PromptResume
            | Command::PromptFork
            | Command::WallLeft
            | Command::WallRight
            | Command::WallGrouping
            | Command::FindNewer
            | Command::FindCase
            | Command::FindRegex
            | Command::FindProject
            | Command::SettingsLevel
            | Command::SettingsSearch
            | Command::KeysReset
            | Command::EditorDone
            | Command::EditorLeave
            | Command::EditorSave
            | Command::ViLeft
            | Command::ViRight
            | Command::ViDown
            | Command::ViUp
            | Command::ViWordAfter
            | Command::ViWordAfterLarge
            | Command::ViWordBefore
            | Command::ViWordBeforeLarge
            | Command::ViWordEnd
            | Command::ViWordEndLarge
            | Command::ViWordEndBefore
            | Command::ViWordEndBeforeLarge
            | Command::ViLineStart
            | Command::ViLineText
            | Command::ViLineEnd
            | Command::ViParagraphBefore
            | Command::ViParagraphAfter
            | Command::ViBracket
            | Command::ViViewTop
            | Command::ViViewMiddle
            | Command::ViViewBottom
            | Command::ViFirst
            | Command::ViLast
            | Command::ViPageDown
            | Command::ViPageUp
            | Command::ViHalfDown
            | Command::ViHalfUp
            | Command::ViScrollDown
            | Command::ViScrollUp
            | Command::ViSignAfter
            | Command::ViSignBefore
            | Command::ViTillAfter
            | Command::ViTillBefore
            | Command::ViSignAgain
            | Command::ViSignBack
            | Command::ViSelect
            | Command::ViSelectLines
            | Command::ViSelectBlock
            | Command::ViOtherEnd
            | Command::ViCopy
            | Command::ViCopyLines
            | Command::ViCopyOrLeave
            | Command::ViFindNewer
            | Command::ViFindOlder
            | Command::ViAgain
            | Command::ViAgainBack
            | Command::ViDrop
            | Command::ViLeave
            | Command::HintsBack
            | Command::HintsLeave
            | Command::SizesLeft
            | Command::SizesRight
            | Command::SizesUp
            | Command::SizesDown
            | Command::SizesBalance
            | Command::SizesLeave => {}
        }
    }

    /// Returns the place of the first row that the focused pane shows, and whose pane it is.
    fn top_of_focused(&mut self) -> Option<(SessionId, LinePosition)> {
        let session = self.workspace.focused_session()?;
        let screen = self.snapshot.screens.get(&session)?;
        let first = screen.mirror.rows.first().map(|row| place(row));
        let back = self.focused_pane().and_then(|pane| pane.scroll.top());
        Some((session, back.or(first)?))
    }

    fn go_to_prompt(&mut self, forwards: bool) {
        let Some((session, top)) = self.top_of_focused() else {
            return;
        };
        let column = top.column + u32::from(forwards);
        self.link.request(Request::Prompt {
            session,
            from: Some(LinePosition { column, ..top }),
            forwards,
        });
    }

    fn copy_output(&mut self) {
        let Some(session) = self.workspace.focused_session() else {
            return;
        };
        let rows = self
            .snapshot
            .screens
            .get(&session)
            .map_or(0, |screen| usize::from(screen.mirror.size.rows));
        let window = self.snapshot.histories.get(&session).cloned();
        let pane = self.focused_pane();
        let (top, gone_to) = pane.map_or((None, None), |pane| (pane.scroll.top(), pane.prompt));
        // While a pane looks back, the command is meant to whose prompt it was led, as long as that is in view; else
        // the last whose output begins in what it shows.
        let of = window.zip(top).and_then(|(window, top)| {
            let at = window.rows.iter().position(|row| place(row) == top)?;
            let shown = window.rows.iter().skip(at).take(rows);
            let in_view = |at: &LinePosition| shown.clone().any(|row| row.line == at.line);
            match gone_to.filter(in_view) {
                Some(prompt) => Some(OutputOf::Prompt(prompt)),
                None => {
                    let below = window.rows.get(at + rows)?;
                    Some(OutputOf::LastBefore(place(below)))
                }
            }
        });
        self.link.request(Request::CopyOutput {
            session,
            of: of.unwrap_or(OutputOf::Last),
        });
    }

    fn act_on_session(&mut self, command: Command) {
        let Some(session) = self.workspace.focused_session() else {
            return;
        };
        if matches!(self.purpose, Purpose::Picture) {
            return;
        }
        let body = match command {
            Command::Drive => {
                self.link.request(Request::Drive(session));
                return;
            }
            Command::SendLeader => {
                let leader = Input::Key(self.keyboard.borrow().router.keymap().leader());
                self.link.request(Request::Type(session, leader));
                return;
            }
            Command::Restart => CommandBody::Restart { session },
            Command::Interrupt => CommandBody::Signal {
                session,
                signal: INTERRUPT,
                to: SignalTarget::Foreground,
            },
            Command::Kill => CommandBody::Kill { session },
            Command::Remove => CommandBody::Remove { session },
            _ => return,
        };
        self.link.request(Request::Command(body));
    }

    /// Returns the folder of the project that is shown, or in which the window was started.
    pub(super) fn current_folder(&self) -> String {
        match (self.workspace.project(), &self.purpose) {
            (Some(project), _) => project.folder.clone(),
            (None, Purpose::Workspace { launcher } | Purpose::Command { launcher, .. }) => {
                launcher.folder.clone()
            }
            (None, Purpose::Picture) => "/".into(),
        }
    }

    fn split(&mut self, direction: LinearDir) {
        let folder = self.current_folder();
        // A pane beside another is for the same work.
        let focused = self.workspace.focused_session();
        let info = focused.and_then(|session| self.snapshot.session(session));
        let cwd = info.map(|info| info.cwd.clone());
        // Of the project's folders the one that the work is in.
        let near = info.map(|info| info.folder.clone());
        let near = near.filter(|near| self.snapshot.project_of(near) == folder);
        let started_in = near.unwrap_or_else(|| folder.clone());
        if let Some(session) = self.new_shell(&started_in, cwd) {
            self.workspace.split(&folder, direction, session);
        }
    }

    fn reopen(&mut self) {
        let sessions = self.snapshot.sessions.clone().unwrap_or_default();
        let there: HashSet<_> = sessions.iter().map(|info| info.id).collect();
        if !self.workspace.reopen(|session| there.contains(&session)) {
            return self.note("Nothing was closed that could come back.");
        }
        // Its folder may have become another project's meanwhile.
        self.gather_folders();
    }

    fn focus_towards(&mut self, direction: Direction) {
        if let Some(tab) = self.workspace.tab_mut() {
            tab.tiles.focus_towards(direction);
        }
    }

    /// Opens the palette, or closes the one that is open.
    pub(super) fn toggle_palette(&mut self, scope: Scope) {
        if matches!(self.purpose, Purpose::Command { .. }) && scope != Scope::Commands {
            return;
        }
        self.overlay = match self.overlay.take() {
            Some(Overlay::Palette(palette)) if palette.scope() == scope => None,
            _ => {
                let text = match scope {
                    Scope::ImportKeys | Scope::ExportKeys => "~/keybindings.json".to_owned(),
                    Scope::Folder => format!("{}/", self.current_folder().trim_end_matches('/')),
                    Scope::Rename => {
                        let session = self.workspace.focused_session();
                        let info = session.and_then(|session| self.snapshot.session(session));
                        match info {
                            Some(info) => info.name.clone(),
                            None => return,
                        }
                    }
                    Scope::RenameTab => {
                        let tab = self.workspace.tab();
                        tab.and_then(|tab| tab.name.clone()).unwrap_or_default()
                    }
                    _ => String::new(),
                };
                let palette = Palette::new(scope, text);
                Some(Overlay::Palette(match scope {
                    Scope::Themes => palette.standing_at(self.place_of_theme()),
                    _ => palette,
                }))
            }
        };
    }

    /// Returns the focused pane's memory.
    pub(super) fn focused_pane(&mut self) -> Option<&mut PaneState> {
        let tab = self.workspace.tab()?;
        let key = (tab.number, tab.tiles.focused()?);
        self.panes.get_mut(&key)
    }

    fn scroll(&mut self, scroll: impl FnOnce(&mut PaneState)) {
        if let Some(pane) = self.focused_pane() {
            scroll(pane);
        }
    }

    fn scroll_pages(&mut self, pages: i64) {
        let session = self.workspace.focused_session();
        let screen = session.and_then(|session| self.snapshot.screens.get(&session));
        // A row stays, so that the eye finds where it was.
        let rows = screen.map_or(24, |screen| i64::from(screen.mirror.size.rows)) - 1;
        self.scroll(|pane| pane.scroll.by(pages * rows.max(1)));
    }

    /// Opens the focused pane's find bar, or gives it the keyboard.
    fn find(&mut self) {
        let selected = self.selected_text();
        let selected = selected.filter(|text| !text.is_empty() && !text.contains('\n'));
        let session = self.workspace.focused_session();
        let draft = session.and_then(|session| self.draft_of(&Field::Find(session)));
        if let Some(pane) = self.focused_pane() {
            // One that is open already says what is looked for.
            let draft = draft.filter(|_| pane.finder.is_none());
            let finder = pane.finder.get_or_insert_default();
            finder.typing = true;
            if let Some(text) = selected.or(draft) {
                finder.text = text;
            }
        }
    }

    fn select_screen(&mut self) {
        let Some(session) = self.workspace.focused_session() else {
            return;
        };
        let Some(screen) = self.snapshot.screens.get(&session).cloned() else {
            return;
        };
        let rows = &screen.mirror.rows;
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
            return;
        };
        let start = crate::pane::scroll::place(first);
        let mut end = crate::pane::scroll::place(last);
        end.column += u32::from(screen.mirror.size.cols);
        let at = |place| Span {
            start: place,
            end: place,
        };
        if let Some(pane) = self.focused_pane() {
            pane.selection = Some(Selection {
                anchor: at(start),
                head: at(end),
                unit: Unit::Cell,
            });
        }
    }

    fn copy(&mut self, context: &egui::Context) {
        if !self.copy_selected(context) {
            self.note("Nothing is selected.");
        }
    }

    /// Copies all that is selected in the focused pane, at hand or not; says whether anything is.
    fn copy_selected(&mut self, context: &egui::Context) -> bool {
        let session = self.workspace.focused_session();
        let screen = session.and_then(|session| self.snapshot.screens.get(&session).cloned());
        let (Some(session), Some(screen)) = (session, screen) else {
            return false;
        };
        let window = self.snapshot.histories.get(&session).cloned();
        let mirror = &screen.mirror;
        let sight = Sight {
            screen_rows: u32::from(mirror.size.rows),
            history_rows: mirror.history.rows,
            window: window.as_deref(),
        };
        let Some(pane) = self.focused_pane() else {
            return false;
        };
        let Some(selection) = pane.selection.filter(|selection| !selection.is_empty()) else {
            return false;
        };
        let shown = live_rows(mirror, pane.asked.unwrap_or(mirror.size));
        let view = View::of(&pane.scroll, sight, mirror, shown);
        let whole = (view.above, view.below);
        self.copy_selection(session, selection, (view.rows, whole), context);
        true
    }

    /// Returns what is selected in the focused pane.
    pub(super) fn selected_text(&mut self) -> Option<String> {
        let session = self.workspace.focused_session()?;
        let screen = self.snapshot.screens.get(&session)?.clone();
        let window = self.snapshot.histories.get(&session).cloned();
        let selection = self.focused_pane()?.selection?;
        let rows = match &window {
            Some(window) => window.rows.as_slice(),
            None => screen.mirror.rows.as_slice(),
        };
        selection.text(rows)
    }

    /// Gives a text that is often typed to the program with the keyboard; Enter is pressed behind it if it
    /// ends in a line break.
    pub(super) fn insert_snippet(&mut self, text: &str) {
        let Some(session) = self.workspace.focused_session() else {
            return;
        };
        let bare = text.trim_end_matches(['\n', '\r']);
        if !bare.is_empty() {
            self.paste(bare.to_owned());
        }
        if bare.len() < text.len() {
            let enter = Input::Key(KeyInput::press(Key::Enter, Mods::default()));
            self.keyboard.borrow().router.type_into(session, &enter);
        }
    }

    /// Gives text to the program with the keyboard as a paste.
    pub(super) fn paste(&mut self, text: String) {
        let Some(session) = self.workspace.focused_session() else {
            return;
        };
        let paste = Input::Paste {
            text,
            first: true,
            last: true,
        };
        let also: Vec<_> = self.keyboard.borrow().router.also().collect();
        for session in std::iter::once(session).chain(also) {
            self.link.request(Request::Type(session, paste.clone()));
        }
        self.scroll(|pane| pane.scroll.go_to_end());
    }
}
