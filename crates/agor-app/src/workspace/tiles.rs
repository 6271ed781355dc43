//! The panes of a tab, side by side and one below another. A thin layer over `egui_tiles`, which
//! lays them out and lets the mouse resize them.

use std::sync::Arc;

use agor_proto::ids::SessionId;
use egui::{Pos2, Rect};
use egui_tiles::{Container, Linear, LinearDir, SimplificationOptions, Tile, TileId, Tree};
use serde_json::{Map, Value};

use crate::app::pages::Kind;

/// A pane: what it shows.
#[derive(Debug, Clone, PartialEq)]
pub enum Pane {
    /// A session: its terminal, or its history once it has ended.
    Session(SessionId),
    /// A page.
    Page(&'static Kind),
    /// Something that this release does not know, kept for the one that does.
    Unknown(Unknown),
}

impl Pane {
    /// Returns the session that it shows.
    #[must_use]
    pub fn session(&self) -> Option<SessionId> {
        match self {
            Self::Session(session) => Some(*session),
            Self::Page(_) | Self::Unknown(_) => None,
        }
    }
}

impl From<SessionId> for Pane {
    fn from(session: SessionId) -> Self {
        Self::Session(session)
    }
}

/// A pane as a layout has it that this release does not know.
#[derive(Debug, Clone, PartialEq)]
pub struct Unknown(pub Arc<Map<String, Value>>);

impl Unknown {
    /// Returns the name of its kind: the page's, or else what the layout calls it.
    #[must_use]
    pub fn kind(&self) -> &str {
        let page = self.0.get("page").and_then(Value::as_str);
        let first = || self.0.keys().next().map(String::as_str);
        page.or_else(first).unwrap_or_default()
    }
}

/// Where to look for a pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Left,
    Right,
    Up,
    Down,
}

/// See the module.
#[derive(Debug)]
pub struct Tiles {
    /// The tree.
    pub tree: Tree<Pane>,
    /// Whether the focused pane fills the tab.
    pub zoomed: bool,
    focused: Option<TileId>,
    before: Option<TileId>,
    pinned: Vec<TileId>,
}

/// How a tree is tidied after a change: nothing but splits is kept.
#[must_use]
pub fn simplification() -> SimplificationOptions {
    SimplificationOptions {
        all_panes_must_have_tabs: false,
        ..SimplificationOptions::default()
    }
}

impl Tiles {
    /// Returns a tab's tiles with one pane.
    #[must_use]
    pub fn new(number: u64, pane: Pane) -> Self {
        let mut tiles = egui_tiles::Tiles::default();
        let root = tiles.insert_pane(pane);
        Self::of(number, root, tiles)
    }

    /// Returns a tab's tiles from a tree.
    #[must_use]
    pub fn of(number: u64, root: TileId, tiles: egui_tiles::Tiles<Pane>) -> Self {
        let mut tree = Tree::new(egui::Id::unique(("tab", number)), root, tiles);
        tree.simplify(&simplification());
        let mut tiles = Self {
            tree,
            zoomed: false,
            focused: None,
            before: None,
            pinned: Vec::new(),
        };
        let first = tiles.panes().next().map(|(tile, _)| tile);
        tiles.focused = first;
        tiles
    }

    /// Returns the panes from left to right and from top to bottom.
    pub fn panes(&self) -> impl Iterator<Item = (TileId, Pane)> {
        let mut stack: Vec<TileId> = self.tree.root.into_iter().collect();
        std::iter::from_fn(move || {
            while let Some(tile) = stack.pop() {
                match self.tree.tiles.get(tile) {
                    Some(Tile::Pane(pane)) => return Some((tile, pane.clone())),
                    Some(Tile::Container(container)) => {
                        let first = stack.len();
                        stack.extend(container.children());
                        stack[first..].reverse();
                    }
                    None => {}
                }
            }
            None
        })
    }

    /// Says whether there is no pane.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.panes().next().is_none()
    }

    /// Returns the pane that has the keyboard.
    #[must_use]
    pub fn focused(&self) -> Option<TileId> {
        self.focused
    }

    /// Returns the session of the pane that has the keyboard.
    #[must_use]
    pub fn focused_session(&self) -> Option<SessionId> {
        self.tree.tiles.get_pane(&self.focused?)?.session()
    }

    /// Gives the keyboard to a pane.
    pub fn focus(&mut self, tile: TileId) {
        if self.focused != Some(tile) && self.tree.tiles.get_pane(&tile).is_some() {
            self.before = self.focused.replace(tile);
        }
    }

    /// Gives the keyboard back to the pane that had it before.
    pub fn focus_last(&mut self) {
        if let Some(before) = self.before {
            self.focus(before);
        }
    }

    /// Gives the keyboard to the nearest pane in a direction, by where the panes were drawn.
    pub fn focus_towards(&mut self, direction: Direction) {
        if let Some(tile) = self.towards(direction) {
            self.zoomed = false;
            self.focus(tile);
        }
    }

    /// Returns the nearest pane in a direction, by where the panes were drawn.
    #[must_use]
    pub fn towards(&self, direction: Direction) -> Option<TileId> {
        let from = self.focused.and_then(|tile| self.tree.tiles.rect(tile))?;
        let rects = self
            .panes()
            .filter_map(|(tile, _)| Some((tile, self.tree.tiles.rect(tile)?)));
        nearest(from, direction, rects)
    }

    /// Puts a pane right of or below the focused one, each with half of its place, and gives it the
    /// keyboard.
    pub fn split(&mut self, direction: LinearDir, pane: Pane) {
        let tiles = &mut self.tree.tiles;
        let new = tiles.insert_pane(pane);
        self.zoomed = false;
        let Some(at) = self.focused.filter(|at| tiles.get(*at).is_some()) else {
            self.tree.root = Some(new);
            self.focused = Some(new);
            return;
        };
        let parent = tiles.parent_of(at);
        let beside = parent.and_then(|parent| tiles.get_mut(parent));
        match beside {
            Some(Tile::Container(Container::Linear(linear))) if linear.dir == direction => {
                let place = linear.children.iter().position(|child| *child == at);
                let place = place.map_or(linear.children.len(), |place| place + 1);
                linear.children.insert(place, new);
                let half = linear.shares[at] / 2.0;
                linear.shares.set_share(at, half);
                linear.shares.set_share(new, half);
            }
            _ => {
                let pair = tiles.insert_container(Linear::new(direction, vec![at, new]));
                match parent.and_then(|parent| tiles.get_mut(parent)) {
                    Some(Tile::Container(Container::Linear(linear))) => {
                        let share = linear.shares[at];
                        for child in &mut linear.children {
                            if *child == at {
                                *child = pair;
                            }
                        }
                        linear.shares.set_share(pair, share);
                    }
                    Some(Tile::Container(container)) => {
                        let place = container.replace_child(at, pair);
                        debug_assert!(place.is_some(), "a parent has its child");
                    }
                    _ => self.tree.root = Some(pair),
                }
            }
        }
        self.focus(new);
    }

    /// Returns along which side a pane stands beside others.
    #[must_use]
    pub fn side_of(&self, tile: TileId) -> LinearDir {
        let parent = self.tree.tiles.parent_of(tile);
        match parent.and_then(|parent| self.tree.tiles.get_container(parent)) {
            Some(Container::Linear(linear)) => linear.dir,
            _ => LinearDir::Horizontal,
        }
    }

    /// Closes a pane and returns it. Its neighbour takes its place and, if it had it, the keyboard.
    pub fn close(&mut self, tile: TileId) -> Option<Pane> {
        let pane = self.tree.tiles.get_pane(&tile)?.clone();
        let panes: Vec<_> = self.panes().map(|(tile, _)| tile).collect();
        let at = panes.iter().position(|pane| *pane == tile)?;
        let neighbour = match at {
            0 => panes.get(1),
            _ => panes.get(at - 1),
        };
        let before = self.before.filter(|before| *before != tile);
        let heir = before.or(neighbour.copied());
        self.tree.remove_recursively(tile);
        self.tree.simplify(&simplification());
        if self.tree.tiles.is_empty() {
            self.tree.root = None;
        }
        self.before = None;
        self.pinned.retain(|pinned| *pinned != tile);
        if self.focused == Some(tile) {
            self.focused = heir.filter(|heir| self.tree.tiles.get(*heir).is_some());
            self.zoomed = false;
        }
        Some(pane)
    }

    /// Returns the panes that are pinned: they are not closed by accident, and no form takes their places.
    #[must_use]
    pub fn pinned(&self) -> &[TileId] {
        &self.pinned
    }

    /// Pins a pane, or lets it go.
    pub fn toggle_pin(&mut self, tile: TileId) {
        match self.pinned.iter().position(|pinned| *pinned == tile) {
            Some(at) => {
                self.pinned.remove(at);
            }
            None => self.pinned.push(tile),
        }
    }

    /// Lets the focused pane fill the tab, or brings the others back.
    pub fn toggle_zoom(&mut self) {
        self.zoomed = !self.zoomed && self.panes().nth(1).is_some();
    }
}

/// Returns whoever of `rects` is nearest to `from` in a direction: first those that it shares an
/// edge's height or width with, then by distance, then by how far they are off the axis.
fn nearest(
    from: Rect,
    direction: Direction,
    rects: impl Iterator<Item = (TileId, Rect)>,
) -> Option<TileId> {
    // Turned so that the direction is to the right.
    let turn = |rect: Rect| match direction {
        Direction::Right => rect,
        Direction::Left => Rect::from_two_pos(
            Pos2::new(-rect.min.x, rect.min.y),
            Pos2::new(-rect.max.x, rect.max.y),
        ),
        Direction::Down => Rect::from_two_pos(
            Pos2::new(rect.min.y, rect.min.x),
            Pos2::new(rect.max.y, rect.max.x),
        ),
        Direction::Up => Rect::from_two_pos(
            Pos2::new(-rect.min.y, rect.min.x),
            Pos2::new(-rect.max.y, rect.max.x),
        ),
    };
    let from = turn(from);
    rects
        .map(|(tile, rect)| (tile, turn(rect)))
        .filter(|(_, rect)| rect.min.x >= from.max.x - 1.0)
        .min_by(|(_, a), (_, b)| rank(from, *a).total_cmp(&rank(from, *b)))
        .map(|(tile, _)| tile)
}

fn rank(from: Rect, rect: Rect) -> f32 {
    let overlap = (from.max.y.min(rect.max.y) - from.min.y.max(rect.min.y)).max(0.0);
    let apart = if overlap > 0.0 { 0.0 } else { 1e6 };
    let distance = rect.min.x - from.max.x;
    // Of those that overlap, the topmost or leftmost, as a reader would expect.
    apart + distance * 1e2 + (rect.min.y - from.min.y).abs()
}
