//! Arranging the panes of a tab: they change places, move to an edge, grow, and take a form that has
//! a name. A pane stays the same tile in all of it, so that what is remembered of it stays too.

use egui_tiles::{Container, Linear, LinearDir, Tile, TileId};

use super::tiles::{Direction, Tiles, simplification};

/// A form of a tab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// All beside each other.
    Columns,
    /// All one below another.
    Rows,
    /// As near to a square as it goes.
    Grid,
    /// The focused pane at the left, the others one below another at the right.
    MainAndStack,
}

/// Which pane comes where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Each takes the place of the next.
    Forwards,
    /// Each takes the place of the one before.
    Backwards,
}

/// Of the room of a split, how far a border moves at a time.
const STEP: f32 = 0.04;

/// Of the room of a split, the least that a part keeps.
const LEAST: f32 = 0.04;

/// Of a tab's width, what the focused pane has beside a stack.
const MAIN: f32 = 0.58;

/// The tree in a form that is easy to change: panes, and splits with shares.
#[derive(Debug, Clone)]
enum Node {
    Pane(TileId),
    Split(LinearDir, Vec<(f32, Node)>),
}

impl Node {
    fn even(direction: LinearDir, nodes: impl IntoIterator<Item = Self>) -> Self {
        let parts = nodes.into_iter().map(|node| (1.0, node));
        Self::Split(direction, parts.collect())
    }

    fn panes(&self, into: &mut Vec<TileId>) {
        match self {
            Self::Pane(tile) => into.push(*tile),
            Self::Split(_, parts) => parts.iter().for_each(|(_, node)| node.panes(into)),
        }
    }

    fn has(&self, tile: TileId) -> bool {
        match self {
            Self::Pane(pane) => *pane == tile,
            Self::Split(_, parts) => parts.iter().any(|(_, node)| node.has(tile)),
        }
    }

    /// Puts the next of `panes` at each place.
    fn fill(&mut self, panes: &mut impl Iterator<Item = TileId>) {
        match self {
            Self::Pane(tile) => *tile = panes.next().unwrap_or(*tile),
            Self::Split(_, parts) => parts.iter_mut().for_each(|(_, node)| node.fill(panes)),
        }
    }

    /// Returns the tree without a pane; none if nothing is left.
    fn without(self, tile: TileId) -> Option<Self> {
        match self {
            Self::Pane(pane) => (pane != tile).then_some(self),
            Self::Split(direction, parts) => {
                let parts = parts.into_iter();
                let left = parts.filter_map(|(share, node)| Some((share, node.without(tile)?)));
                let left: Vec<_> = left.collect();
                (!left.is_empty()).then_some(Self::Split(direction, left))
            }
        }
    }

    /// Returns how many panes lie side by side in a direction at the most.
    fn breadth(&self, along: LinearDir) -> f32 {
        match self {
            Self::Pane(_) => 1.0,
            Self::Split(direction, parts) => {
                let breadths = parts.iter().map(|(_, node)| node.breadth(along));
                match *direction == along {
                    true => breadths.sum(),
                    false => breadths.fold(1.0, f32::max),
                }
            }
        }
    }

    fn balance(&mut self) {
        if let Self::Split(direction, parts) = self {
            for (share, node) in parts {
                *share = node.breadth(*direction);
                node.balance();
            }
        }
    }

    /// Moves the border of the innermost split along `along` that holds `tile`; says whether there is one.
    fn resize(&mut self, tile: TileId, along: LinearDir, by: f32) -> bool {
        let Self::Split(direction, parts) = self else {
            return false;
        };
        let Some(at) = parts.iter().position(|(_, node)| node.has(tile)) else {
            return false;
        };
        if parts[at].1.resize(tile, along, by) {
            return true;
        }
        if *direction != along || parts.len() < 2 {
            return false;
        }
        // The border behind the pane; of the last one, the border before it.
        let border = at.min(parts.len() - 2);
        let total: f32 = parts.iter().map(|(share, _)| share.max(0.0)).sum();
        let both = parts[border].0.max(0.0) + parts[border + 1].0.max(0.0);
        let least = (LEAST * total).min(both / 2.0);
        let first = (parts[border].0 + by * total).clamp(least, both - least);
        parts[border].0 = first;
        parts[border + 1].0 = both - first;
        true
    }
}

impl Direction {
    fn along(self) -> LinearDir {
        match self {
            Self::Left | Self::Right => LinearDir::Horizontal,
            Self::Up | Self::Down => LinearDir::Vertical,
        }
    }

    fn is_forwards(self) -> bool {
        matches!(self, Self::Right | Self::Down)
    }
}

impl Tiles {
    /// Lets the focused pane and the nearest one in a direction change places; says whether there is one.
    pub fn swap_towards(&mut self, direction: Direction) -> bool {
        let (Some(focused), Some(other)) = (self.focused(), self.towards(direction)) else {
            return false;
        };
        self.change(|tree| {
            let mut panes = Vec::new();
            tree.panes(&mut panes);
            for pane in &mut panes {
                *pane = match *pane {
                    pane if pane == focused => other,
                    pane if pane == other => focused,
                    pane => pane,
                };
            }
            tree.fill(&mut panes.into_iter());
        });
        true
    }

    /// Lets each pane take the place of the next, or of the one before.
    pub fn rotate(&mut self, turn: Turn) {
        self.change(|tree| {
            let mut panes = Vec::new();
            tree.panes(&mut panes);
            match turn {
                Turn::Forwards => panes.rotate_right(1),
                Turn::Backwards => panes.rotate_left(1),
            }
            tree.fill(&mut panes.into_iter());
        });
    }

    /// Moves the focused pane to an edge of the tab, over its whole length.
    pub fn move_to_edge(&mut self, direction: Direction) {
        let Some(focused) = self.focused() else {
            return;
        };
        self.change(|tree| {
            let Some(rest) = tree.clone().without(focused) else {
                return;
            };
            // Beside panes that lie in the same direction it is one of them.
            let (mut parts, mine) = match rest {
                Node::Split(along, parts) if along == direction.along() => {
                    let total: f32 = parts.iter().map(|(share, _)| share).sum();
                    let mine = total / parts.len().max(1) as f32;
                    (parts, mine)
                }
                rest => (vec![(1.0, rest)], 1.0),
            };
            let at = if direction.is_forwards() {
                parts.len()
            } else {
                0
            };
            parts.insert(at, (mine, Node::Pane(focused)));
            *tree = Node::Split(direction.along(), parts);
        });
    }

    /// Gives all panes the same room, as far as the splits allow.
    pub fn balance(&mut self) {
        self.change(Node::balance);
    }

    /// Moves a border of the focused pane in a direction; says whether there is one.
    pub fn resize(&mut self, direction: Direction) -> bool {
        let Some(focused) = self.focused() else {
            return false;
        };
        let by = if direction.is_forwards() { STEP } else { -STEP };
        let mut found = false;
        self.change(|tree| found = tree.resize(focused, direction.along(), by));
        found
    }

    /// Arranges the panes in a form, in the order in which they are read.
    pub fn arrange(&mut self, form: Form) {
        let Some(focused) = self.focused() else {
            return;
        };
        self.change(|tree| {
            let mut panes = Vec::new();
            tree.panes(&mut panes);
            let leaves =
                |panes: &[TileId]| panes.iter().copied().map(Node::Pane).collect::<Vec<_>>();
            *tree = match form {
                Form::Columns => Node::even(LinearDir::Horizontal, leaves(&panes)),
                Form::Rows => Node::even(LinearDir::Vertical, leaves(&panes)),
                Form::Grid => {
                    let columns = (panes.len() as f32).sqrt().ceil().max(1.0) as usize;
                    let rows = panes.chunks(columns);
                    let rows = rows.map(|row| Node::even(LinearDir::Horizontal, leaves(row)));
                    Node::even(LinearDir::Vertical, rows)
                }
                Form::MainAndStack if panes.len() > 1 => {
                    panes.retain(|pane| *pane != focused);
                    let stack = Node::even(LinearDir::Vertical, leaves(&panes));
                    let main = Node::Pane(focused);
                    let parts = vec![(MAIN, main), (1.0 - MAIN, stack)];
                    Node::Split(LinearDir::Horizontal, parts)
                }
                Form::MainAndStack => return,
            };
        });
    }

    fn change(&mut self, change: impl FnOnce(&mut Node)) {
        let root = self.tree.root.and_then(|root| self.read(root));
        let Some(mut root) = root.filter(|_| self.panes().nth(1).is_some()) else {
            return;
        };
        change(&mut root);
        let tiles = &mut self.tree.tiles;
        let containers = tiles.iter().filter(|(_, tile)| tile.is_container());
        let containers: Vec<_> = containers.map(|(tile, _)| *tile).collect();
        for container in containers {
            tiles.remove(container);
        }
        self.tree.root = Some(write(tiles, root));
        self.tree.simplify(&simplification());
        self.zoomed = false;
    }

    fn read(&self, tile: TileId) -> Option<Node> {
        match self.tree.tiles.get(tile)? {
            Tile::Pane(_) => Some(Node::Pane(tile)),
            Tile::Container(Container::Linear(linear)) => {
                let parts = linear.children.iter();
                let parts =
                    parts.filter_map(|tile| Some((linear.shares[*tile], self.read(*tile)?)));
                Some(Node::Split(linear.dir, parts.collect()))
            }
            // We make no others; their panes are kept side by side.
            Tile::Container(other) => {
                let nodes = other.children().filter_map(|tile| self.read(*tile));
                Some(Node::even(LinearDir::Horizontal, nodes))
            }
        }
    }
}

fn write(tiles: &mut egui_tiles::Tiles<super::Pane>, node: Node) -> TileId {
    match node {
        Node::Pane(tile) => tile,
        Node::Split(direction, parts) => {
            let parts = parts.into_iter();
            let parts: Vec<_> = parts
                .map(|(share, node)| (write(tiles, node), share))
                .collect();
            let children = parts.iter().map(|(tile, _)| *tile).collect();
            let mut linear = Linear::new(direction, children);
            for (tile, share) in parts {
                linear.shares.set_share(tile, share);
            }
            tiles.insert_container(linear)
        }
    }
}
