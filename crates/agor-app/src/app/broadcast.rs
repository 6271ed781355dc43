//! Typing into several panes of a tab at once. It lasts until it is switched off or another tab is
//! shown, is never stored, and reaches only what is in view: nobody types into what they do not see.

use agor_proto::ids::SessionId;
use agor_proto::screen::Modes;
use egui_tiles::TileId;

use super::App;

/// The panes that are typed into.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Broadcast {
    /// The number of their tab.
    tab: u64,
    panes: Vec<TileId>,
}

impl Broadcast {
    /// Nobody but who has the keyboard.
    pub(super) const NONE: Self = Self {
        tab: 0,
        panes: Vec::new(),
    };

    /// Returns how many panes what is typed into this one goes to, if it is one of them.
    pub(super) fn count(&self, tile: TileId) -> Option<usize> {
        self.has(tile).then_some(self.panes.len())
    }

    /// Returns how many panes are typed into at once.
    pub(super) fn panes(&self) -> usize {
        self.panes.len()
    }

    fn has(&self, tile: TileId) -> bool {
        self.panes.contains(&tile)
    }
}

impl App {
    /// Takes the focused pane among those that are typed into, or out.
    pub(super) fn toggle_broadcast(&mut self) {
        if self.page_is_focused() {
            return self.note("A page is not typed into with others.");
        }
        let Some((number, focused)) = self
            .workspace
            .tab()
            .and_then(|tab| Some((tab.number, tab.tiles.focused()?)))
        else {
            return;
        };
        if self.broadcast.tab != number {
            self.broadcast = Broadcast::default();
        }
        self.broadcast.tab = number;
        let panes = &mut self.broadcast.panes;
        match panes.iter().position(|tile| *tile == focused) {
            Some(at) => drop(panes.remove(at)),
            None => panes.push(focused),
        }
        match self.broadcast.panes.len() {
            0 => self.note("Broadcast is off."),
            1 => self.note("Broadcast: choose another pane of this tab in the same way."),
            _ => {}
        }
    }

    /// Types into all panes of the tab, or into the focused one alone again.
    pub(super) fn toggle_broadcast_all(&mut self) {
        let Some(tab) = self.workspace.tab() else {
            return;
        };
        let sessions = tab
            .tiles
            .panes()
            .filter(|(_, pane)| pane.session().is_some());
        let all: Vec<_> = sessions.map(|(tile, _)| tile).collect();
        let is_on = self.broadcast.tab == tab.number && self.broadcast.panes.len() > 1;
        if is_on {
            self.broadcast = Broadcast::default();
            self.note("Broadcast is off.");
        } else if all.len() < 2 {
            self.note("This tab has one terminal.");
        } else {
            self.broadcast = Broadcast {
                tab: tab.number,
                panes: all,
            };
        }
    }

    /// Ends typing into panes that are gone or out of view, and says who is typed into.
    pub(super) fn follow_broadcast(&mut self) {
        let also = match self.workspace.tab() {
            Some(tab) if tab.number == self.broadcast.tab => {
                let panes: Vec<_> = tab.tiles.panes().collect();
                self.broadcast
                    .panes
                    .retain(|tile| panes.iter().any(|(pane, _)| pane == tile));
                let focused = tab.tiles.focused();
                let is_one = focused.is_some_and(|tile| self.broadcast.has(tile));
                let others = panes.into_iter().filter(|(tile, _)| {
                    is_one
                        && !tab.tiles.zoomed
                        && Some(*tile) != focused
                        && self.broadcast.has(*tile)
                });
                others.filter_map(|(_, pane)| pane.session()).collect()
            }
            _ => {
                if !self.broadcast.panes.is_empty() {
                    self.note("Broadcast has ended with its tab.");
                }
                self.broadcast = Broadcast::default();
                Vec::new()
            }
        };
        let also = also
            .into_iter()
            .filter_map(|session| self.typed_too(session));
        let also = also.collect();
        self.keyboard.borrow_mut().router.set_also(also);
    }

    /// Returns a session that can be typed into, and whether its program wants key releases.
    fn typed_too(&self, session: SessionId) -> Option<(SessionId, bool)> {
        let alive = self.snapshot.session(session)?.life.alive();
        let screen = self.snapshot.screens.get(&session)?;
        let releases = screen.mirror.modes.contains(Modes::KEY_RELEASES);
        (alive && screen.held == 0).then_some((session, releases))
    }
}
