//! The layout as it is stored: a form of its own, so that neither an update of the tile library nor
//! one of ours loses a person's panes. Unknown fields are ignored, what cannot be read is left out.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use agor_core::config::Whose;
use agor_core::themes;
use egui_tiles::{Container, Linear, LinearDir, Tile, TileId};
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::tiles::{Pane, Tiles, Unknown};
use super::{ChosenTheme, Look, Sidebar, Spot, Tab, View, Workspace};
use crate::app::pages::Kind;
use crate::wall::Grouping;

/// How deep splits are read; a deeper document is damaged.
const DEPTH_MAX: usize = 64;

/// Panes whose views are read: more than a window can show.
const VIEWS_MAX: usize = 10_000;

/// Groups and projects that are read as folded.
const FOLDED_MAX: usize = 10_000;

/// Characters of a tab's name.
pub const NAME_MAX: usize = 80;

/// The document.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Document {
    /// The form's version; a later one is read as far as it is known.
    version: u32,
    projects: Vec<ProjectDocument>,
    active: usize,
    sidebar_shown: Option<bool>,
    sidebar_width: Option<f32>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    inspector: bool,
    wall: Grouping,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    folded_groups: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    folded_projects: Vec<String>,
    /// Read of releases that had two themes.
    #[serde(skip_serializing)]
    light: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    theme: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    theme_over: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    font_size: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scale_percent: Option<f32>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "known")]
    views: Vec<View>,
}

/// Reads those of a list that are known; another release may have others.
fn known<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<View>, D::Error> {
    let all = Vec::<serde_json::Value>::deserialize(from)?;
    let views = all
        .into_iter()
        .filter_map(|view| serde_json::from_value(view).ok());
    Ok(views.take(VIEWS_MAX).collect())
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct ProjectDocument {
    folder: String,
    tabs: Vec<TabDocument>,
    active: usize,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct TabDocument {
    panes: Option<Node>,
    /// The focused pane, counted in reading order.
    focused: usize,
    zoomed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pinned: bool,
    /// The pinned panes, counted as the focused one is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pinned_panes: Vec<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    window: Option<Spot>,
}

/// A pane, or panes side by side: an object with one entry that says which.
#[derive(Debug, Clone, PartialEq)]
enum Node {
    Pane(Pane),
    Beside(Vec<Part>),
    Below(Vec<Part>),
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        match self {
            Self::Pane(Pane::Session(session)) => map.serialize_entry("session", session)?,
            Self::Pane(Pane::Page(kind)) => map.serialize_entry("page", kind.row().id)?,
            Self::Pane(Pane::Unknown(unknown)) => {
                for (key, value) in &*unknown.0 {
                    map.serialize_entry(key, value)?;
                }
            }
            Self::Beside(parts) => map.serialize_entry("beside", parts)?,
            Self::Below(parts) => map.serialize_entry("below", parts)?,
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut map = Map::deserialize(from)?;
        let page = map.get("page").and_then(Value::as_str);
        if let Some(kind) = page.and_then(Kind::named) {
            return Ok(Self::Pane(Pane::Page(kind)));
        }
        let read = if let Some(session) = map.remove("session") {
            serde_json::from_value(session).map(|it| Self::Pane(Pane::Session(it)))
        } else if let Some(parts) = map.remove("beside") {
            serde_json::from_value(parts).map(Self::Beside)
        } else if let Some(parts) = map.remove("below") {
            serde_json::from_value(parts).map(Self::Below)
        } else if map.is_empty() {
            Err(serde::de::Error::custom("a pane that says nothing"))
        } else {
            Ok(Self::Pane(Pane::Unknown(Unknown(Arc::new(map)))))
        };
        read.map_err(serde::de::Error::custom)
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Part {
    share: f32,
    #[serde(flatten)]
    node: Node,
}

impl Workspace {
    /// Returns a digest of all that is stored, which is cheap enough for every frame: as long as it is the same, so is
    /// the document.
    #[must_use]
    pub fn digest(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.projects.len().hash(&mut hasher);
        for project in &self.projects {
            (&project.folder, project.active, project.tabs.len()).hash(&mut hasher);
            for tab in &project.tabs {
                (&tab.name, tab.pinned).hash(&mut hasher);
                let spot = tab.window.map(|it| {
                    let position = it.position.map(|at| at.map(f32::to_bits));
                    (position, it.size.map(f32::to_bits))
                });
                spot.hash(&mut hasher);
                tab.tiles.hash_into(&mut hasher);
            }
        }
        let shown = (self.sidebar.shown, self.inspector, self.wall);
        (self.active, shown, &self.folded).hash(&mut hasher);
        self.sidebar.width.to_bits().hash(&mut hasher);
        let theme = self.look.theme.as_ref();
        theme
            .map(|theme| (&theme.id, &theme.over))
            .hash(&mut hasher);
        let sizes = [self.look.font_size, self.look.scale_percent];
        sizes.map(|size| size.map(f32::to_bits)).hash(&mut hasher);
        for view in &self.views {
            (view.session, view.top, view.selection).hash(&mut hasher);
        }
        hasher.finish()
    }

    /// Returns the layout as it is stored.
    #[must_use]
    pub fn to_json(&self) -> String {
        let projects = self.projects.iter().map(|project| ProjectDocument {
            folder: project.folder.clone(),
            tabs: project.tabs.iter().map(tab_document).collect(),
            active: project.active,
        });
        let folded = |take: fn(&Whose) -> Option<&String>| {
            let folded = self.folded.iter().filter_map(take);
            folded.cloned().collect::<Vec<_>>()
        };
        let document = Document {
            version: 1,
            projects: projects.collect(),
            active: self.active,
            sidebar_shown: Some(self.sidebar.shown),
            sidebar_width: Some(self.sidebar.width),
            inspector: self.inspector,
            wall: self.wall,
            folded_groups: folded(|of| match of {
                Whose::Group(id) => Some(id),
                _ => None,
            }),
            folded_projects: folded(|of| match of {
                Whose::Project(folder) => Some(folder),
                _ => None,
            }),
            light: None,
            theme: self.look.theme.as_ref().map(|theme| theme.id.clone()),
            theme_over: self
                .look
                .theme
                .as_ref()
                .and_then(|theme| theme.over.clone()),
            font_size: self.look.font_size,
            scale_percent: self.look.scale_percent,
            views: self.views.clone(),
        };
        // Every key is text and every number finite, so that nothing of it can fail.
        serde_json::to_string(&document).unwrap_or_default()
    }

    /// Reads a stored layout.
    ///
    /// # Errors
    /// What is wrong with it, if it is no such document at all.
    pub fn from_json(json: &str) -> Result<Self, serde_json::Error> {
        let document: Document = serde_json::from_str(json)?;
        let mut workspace = Self::default();
        for project in document.projects {
            let at = workspace.project_of(&project.folder);
            for document in project.tabs {
                let number = workspace.next_tab + 1;
                if let Some(tab) = read_tab(number, &document) {
                    workspace.next_tab = number;
                    workspace.projects[at].tabs.push(tab);
                }
            }
            // Pinned ones are the first, whatever the document says.
            let number = |workspace: &Self, tab: usize| {
                let tabs = &workspace.projects[at].tabs;
                tabs.get(tab.min(tabs.len().saturating_sub(1)))
                    .map(|tab| tab.number)
            };
            let active = number(&workspace, project.active);
            workspace.projects[at].tabs.sort_by_key(|tab| !tab.pinned);
            let tabs = &workspace.projects[at].tabs;
            let active = tabs.iter().position(|tab| Some(tab.number) == active);
            workspace.projects[at].active = active.unwrap_or(0);
        }
        workspace
            .projects
            .retain(|project| !project.tabs.is_empty());
        let last = workspace.projects.len().saturating_sub(1);
        workspace.active = document.active.min(last);
        let default = Sidebar::default();
        workspace.sidebar = Sidebar {
            shown: document.sidebar_shown.unwrap_or(default.shown),
            width: document
                .sidebar_width
                .filter(|width| width.is_finite())
                .unwrap_or(default.width),
        };
        workspace.inspector = document.inspector;
        workspace.wall = document.wall;
        let groups = document.folded_groups.into_iter().map(Whose::Group);
        let projects = document.folded_projects.into_iter().map(Whose::Project);
        workspace.folded = groups.chain(projects).take(FOLDED_MAX).collect();
        let earlier = document.light.map(|light| match light {
            true => themes::LIGHT.to_owned(),
            false => themes::DARK.to_owned(),
        });
        let over = document.theme_over;
        workspace.look = Look {
            theme: document
                .theme
                .or(earlier)
                .map(|id| ChosenTheme { id, over }),
            font_size: document.font_size.filter(|size| size.is_finite()),
            scale_percent: document.scale_percent.filter(|size| size.is_finite()),
        };
        workspace.views = document.views;
        Ok(workspace)
    }
}

impl Tiles {
    /// Takes which panes are where, and which of them has the keyboard, into a digest.
    pub fn hash_into(&self, hasher: &mut DefaultHasher) {
        (self.zoomed, self.focused()).hash(hasher);
        if let Some(root) = self.tree.root {
            hash_tile(self, root, 0, hasher);
        }
    }
}

fn hash_tile(tiles: &Tiles, tile: TileId, depth: usize, hasher: &mut DefaultHasher) {
    match tiles.tree.tiles.get(tile) {
        _ if depth > DEPTH_MAX => {}
        None => {}
        Some(Tile::Pane(pane)) => {
            (tile, tiles.pinned().contains(&tile)).hash(hasher);
            match pane {
                Pane::Session(session) => session.hash(hasher),
                Pane::Page(kind) => kind.row().id.hash(hasher),
                // None is ever another.
                Pane::Unknown(unknown) => Arc::as_ptr(&unknown.0).addr().hash(hasher),
            }
        }
        Some(Tile::Container(container)) => {
            (tile, container.num_children()).hash(hasher);
            for child in container.children() {
                if let Container::Linear(linear) = container {
                    (linear.dir == LinearDir::Horizontal).hash(hasher);
                    linear.shares[*child].to_bits().hash(hasher);
                }
                hash_tile(tiles, *child, depth + 1, hasher);
            }
        }
    }
}

/// Returns a tab as it is stored.
pub(super) fn tab_document(tab: &Tab) -> TabDocument {
    let tiles = &tab.tiles;
    let focused = tiles
        .panes()
        .position(|(tile, _)| Some(tile) == tiles.focused());
    let pinned = tiles.panes().enumerate();
    let pinned = pinned.filter(|(_, (tile, _))| tiles.pinned().contains(tile));
    TabDocument {
        panes: tiles.tree.root.and_then(|root| node(tiles, root, 0)),
        focused: focused.unwrap_or(0),
        zoomed: tiles.zoomed,
        name: tab.name.clone(),
        pinned: tab.pinned,
        pinned_panes: pinned.map(|(at, _)| at).collect(),
        window: tab.window,
    }
}

fn node(tiles: &Tiles, tile: TileId, depth: usize) -> Option<Node> {
    if depth > DEPTH_MAX {
        return None;
    }
    match tiles.tree.tiles.get(tile)? {
        Tile::Pane(pane) => Some(Node::Pane(pane.clone())),
        Tile::Container(Container::Linear(linear)) => {
            let parts = linear.children.iter().filter_map(|child| {
                Some(Part {
                    share: linear.shares[*child],
                    node: node(tiles, *child, depth + 1)?,
                })
            });
            let parts = parts.collect();
            Some(match linear.dir {
                LinearDir::Horizontal => Node::Beside(parts),
                LinearDir::Vertical => Node::Below(parts),
            })
        }
        // We make no others; their panes are kept side by side.
        Tile::Container(other) => {
            let parts = other.children().filter_map(|child| {
                Some(Part {
                    share: 1.0,
                    node: node(tiles, *child, depth + 1)?,
                })
            });
            Some(Node::Beside(parts.collect()))
        }
    }
}

fn insert(tiles: &mut egui_tiles::Tiles<Pane>, node: &Node, depth: usize) -> Option<TileId> {
    if depth > DEPTH_MAX {
        return None;
    }
    let (direction, parts) = match node {
        Node::Pane(pane) => return Some(tiles.insert_pane(pane.clone())),
        Node::Beside(parts) => (LinearDir::Horizontal, parts),
        Node::Below(parts) => (LinearDir::Vertical, parts),
    };
    let children: Vec<_> = parts
        .iter()
        .filter_map(|part| Some((insert(tiles, &part.node, depth + 1)?, part.share)))
        .collect();
    if children.is_empty() {
        return None;
    }
    let mut linear = Linear::new(direction, children.iter().map(|(id, _)| *id).collect());
    for (child, share) in children {
        if share.is_finite() && share > 0.0 {
            linear.shares.set_share(child, share);
        }
    }
    Some(tiles.insert_container(linear))
}

/// Returns a tab from what was stored of it; none if no pane of it can be shown.
pub(super) fn read_tab(number: u64, document: &TabDocument) -> Option<Tab> {
    let mut tiles = egui_tiles::Tiles::default();
    let root = insert(&mut tiles, document.panes.as_ref()?, 0)?;
    let mut tiles = Tiles::of(number, root, tiles);
    let focused = tiles.panes().nth(document.focused).map(|(tile, _)| tile);
    if let Some(focused) = focused {
        tiles.focus(focused);
    }
    let panes: Vec<_> = tiles.panes().map(|(tile, _)| tile).collect();
    for (at, tile) in panes.into_iter().enumerate() {
        if document.pinned_panes.contains(&at) {
            tiles.toggle_pin(tile);
        }
    }
    tiles.zoomed = document.zoomed && tiles.panes().nth(1).is_some();
    let name = document.name.as_ref().filter(|name| !name.is_empty());
    Some(Tab {
        number,
        tiles,
        name: name.map(|name| name.chars().take(NAME_MAX).collect()),
        pinned: document.pinned,
        window: document.window.and_then(Spot::sane),
    })
}

impl TabDocument {
    /// Returns the tab with the panes that `keeps` says to keep.
    pub(super) fn keep(mut self, keeps: &dyn Fn(&Pane) -> bool) -> Self {
        let mut panes = Vec::new();
        if let Some(node) = &self.panes {
            node.list(&mut panes);
        }
        let kept = panes.into_iter().enumerate();
        let kept = kept.filter(|(_, pane)| keeps(pane));
        let pinned = kept
            .enumerate()
            .filter(|(_, (before, _))| self.pinned_panes.contains(before));
        self.pinned_panes = pinned.map(|(at, _)| at).collect();
        self.panes = self.panes.and_then(|node| node.keep(keeps));
        self
    }
}

impl Node {
    /// Lists its panes in reading order.
    fn list<'a>(&'a self, into: &mut Vec<&'a Pane>) {
        match self {
            Self::Pane(pane) => into.push(pane),
            Self::Beside(parts) | Self::Below(parts) => {
                parts.iter().for_each(|part| part.node.list(into));
            }
        }
    }

    fn keep(self, keeps: &dyn Fn(&Pane) -> bool) -> Option<Self> {
        let kept = |parts: Vec<Part>| {
            let parts = parts.into_iter().filter_map(|part| {
                let node = part.node.keep(keeps)?;
                Some(Part { node, ..part })
            });
            Some(parts.collect::<Vec<_>>()).filter(|parts| !parts.is_empty())
        };
        match self {
            Self::Pane(pane) => keeps(&pane).then_some(Self::Pane(pane)),
            Self::Beside(parts) => kept(parts).map(Self::Beside),
            Self::Below(parts) => kept(parts).map(Self::Below),
        }
    }
}
