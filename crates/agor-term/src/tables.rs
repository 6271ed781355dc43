//! Styles, links and clusters that cells name by number. Each is kept once for a terminal, within
//! a cap, and is forgotten when no cell of either screen names it any more.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::{BuildHasher, Hash};
use std::sync::Arc;

use agor_proto::limits;
use agor_proto::row::{Color, Link, Style};

use crate::cell::Cell;
use crate::hash::FoldState;

/// Values with numbers; number 0 is always the neutral value.
#[derive(Debug)]
pub(crate) struct Interner<T> {
    entries: Vec<T>,
    numbers: HashMap<T, u32, FoldState>,
    free: Vec<u32>,
    /// How many may be in use before unused ones are looked for.
    sweep_at: usize,
    max: usize,
    /// Values refused since the last sweep: sweeping for each would cost a screen's cells.
    refused: usize,
}

/// The fewest values for which a search for unused ones pays.
const SWEEP_MIN: usize = 1_024;

impl<T: Clone + Eq + Hash> Interner<T> {
    fn new(neutral: T, max: usize) -> Self {
        Self {
            entries: vec![neutral],
            numbers: HashMap::default(),
            free: Vec::new(),
            sweep_at: SWEEP_MIN.min(max),
            max,
            refused: 0,
        }
    }

    /// Returns the value of `number`, or the neutral one.
    pub fn get(&self, number: u32) -> &T {
        self.entries
            .get(number as usize)
            .unwrap_or(&self.entries[0])
    }

    fn find<Q: Hash + Eq + ?Sized>(&self, value: &Q) -> Option<u32>
    where
        T: Borrow<Q>,
    {
        if self.entries[0].borrow() == value {
            return Some(0);
        }
        self.numbers.get(value).copied()
    }

    /// Says whether unused values should be swept before the next insertion.
    fn wants_sweep(&self) -> bool {
        self.numbers.len() + 1 >= self.sweep_at && (self.refused == 0 || self.refused >= SWEEP_MIN)
    }

    /// Returns the number of a new value, or `None` if there are too many.
    fn insert(&mut self, value: T) -> Option<u32> {
        let number = match self.free.pop() {
            Some(number) => number,
            None if self.entries.len() < self.max => {
                self.entries.push(value.clone());
                (self.entries.len() - 1) as u32
            }
            None => {
                self.refused += 1;
                return None;
            }
        };
        self.entries[number as usize] = value.clone();
        self.numbers.insert(value, number);
        Some(number)
    }

    fn sweep(&mut self, used: &[bool]) {
        let neutral = self.entries[0].clone();
        let entries = &mut self.entries;
        let free = &mut self.free;
        self.numbers.retain(|_, number| {
            let keep = used.get(*number as usize).copied().unwrap_or(false);
            if !keep {
                entries[*number as usize] = neutral.clone();
                free.push(*number);
            }
            keep
        });
        // Numbers are handed out in one order however the map iterates.
        self.free.sort_unstable_by(|a, b| b.cmp(a));
        self.sweep_at = (2 * (self.numbers.len() + 1)).max(SWEEP_MIN).min(self.max);
        self.refused = 0;
    }
}

/// Everything that cells name by number.
#[derive(Debug)]
pub(crate) struct Tables {
    styles: Interner<Style>,
    links: Interner<Arc<Link>>,
    clusters: Interner<Arc<str>>,
    /// The numbers of styles looked up lately, by a hash of the style.
    recent: Vec<u16>,
    /// The numbers of links looked up lately, by a hash of the link.
    recent_links: Vec<u16>,
    /// What characters made of those before them lately: text has few different clusters, and
    /// finding out what one is takes a hundred times as long as showing a character.
    recent_joins: Vec<(u32, char, Joined)>,
    hash: FoldState,
    /// Changes whenever numbers get a new meaning.
    generation: u32,
}

/// What becomes of a cell's text and a character that comes after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Joined {
    /// They stay apart.
    Apart,
    /// They would be one cluster, but it is too long: the character is dropped.
    Dropped,
    /// They are the cluster of this number, so many cells wide.
    Cluster { number: u32, width: u8 },
}

/// The tables in which room must be made before something is added.
#[derive(Debug, Default)]
pub(crate) struct Used {
    styles: Vec<bool>,
    links: Vec<bool>,
    clusters: Vec<bool>,
}

impl Used {
    /// Marks what `cells` name.
    pub fn mark_cells(&mut self, cells: &[Cell]) {
        for cell in cells.iter().filter(|cell| **cell != Cell::default()) {
            self.mark(*cell);
        }
    }

    /// Marks what a cell names.
    pub fn mark(&mut self, cell: Cell) {
        if let Some(used) = self.styles.get_mut(usize::from(cell.style())) {
            *used = true;
        }
        if let Some(used) = self.links.get_mut(usize::from(cell.link())) {
            *used = true;
        }
        if let crate::cell::Content::Cluster(number) = cell.content()
            && let Some(used) = self.clusters.get_mut(number as usize)
        {
            *used = true;
        }
    }
}

const RECENT: usize = 2_048;
const RECENT_LINKS: usize = 1_024;
const RECENT_JOINS: usize = 256;

impl Tables {
    /// Returns tables that hold the neutral values only.
    pub fn new() -> Self {
        let no_link = Link {
            uri: String::new(),
            id: String::new(),
        };
        Self {
            styles: Interner::new(Style::default(), limits::STYLES_MAX),
            links: Interner::new(Arc::new(no_link), limits::LINKS_MAX + 1),
            clusters: Interner::new("".into(), limits::CLUSTERS_MAX),
            recent: Vec::new(),
            recent_links: Vec::new(),
            recent_joins: Vec::new(),
            hash: FoldState::default(),
            generation: 0,
        }
    }

    /// Returns a number that differs from an earlier one if numbers got another meaning since.
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// Returns the style of a number.
    pub fn style(&self, number: u16) -> &Style {
        self.styles.get(number.into())
    }

    /// Returns the link of a number.
    pub fn link(&self, number: u16) -> &Arc<Link> {
        self.links.get(number.into())
    }

    /// Returns the text of a cluster.
    pub fn cluster(&self, number: u32) -> &str {
        self.clusters.get(number)
    }

    /// Says whether [`Tables::sweep`] should come before something is added.
    pub fn wants_sweep(&self) -> bool {
        self.styles.wants_sweep() || self.links.wants_sweep() || self.clusters.wants_sweep()
    }

    /// Returns the list in which everything that is still named has to be marked.
    pub fn used(&self) -> Used {
        Used {
            styles: vec![false; self.styles.entries.len()],
            links: vec![false; self.links.entries.len()],
            clusters: vec![false; self.clusters.entries.len()],
        }
    }

    /// Forgets what is not marked.
    pub fn sweep(&mut self, used: &Used) {
        self.styles.sweep(&used.styles);
        self.links.sweep(&used.links);
        self.clusters.sweep(&used.clusters);
        self.recent.clear();
        self.recent_links.clear();
        self.recent_joins.clear();
        self.generation = self.generation.wrapping_add(1);
    }

    /// Returns the number of a style whose link is ignored; the default's if there are too many.
    pub fn add_style(&mut self, style: Style) -> u16 {
        let style = Style { link: 0, ..style };
        if style == Style::default() {
            return 0;
        }
        if self.recent.is_empty() {
            self.recent = vec![0; RECENT];
        }
        // Two styles have the same two slots to choose from.
        let slots = recent_slots(&style);
        for slot in slots {
            let number = self.recent[slot];
            if *self.styles.get(number.into()) == style {
                return number;
            }
        }
        let known = self.styles.find(&style);
        let number = known.or_else(|| self.styles.insert(style)).unwrap_or(0) as u16;
        if number != 0 {
            let [first, second] = slots;
            self.recent[second] = self.recent[first];
            self.recent[first] = number;
        }
        number
    }

    /// Returns the number of a link; 0, no link, if there are too many.
    pub fn add_link(&mut self, uri: &str, id: &str) -> u16 {
        if self.recent_links.is_empty() {
            self.recent_links = vec![0; RECENT_LINKS];
        }
        let slot = self.hash.hash_one((uri, id)) as usize % RECENT_LINKS;
        let known = self.recent_links[slot];
        let link = self.links.get(known.into());
        // Comparing two empty slices reads through a dangling pointer with an empty mask in glibc's
        // AVX-512 memcmp; the processor needs 150 ns to find out that this is harmless.
        let same_id = link.id.len() == id.len() && (id.is_empty() || link.id == id);
        if known != 0 && same_id && link.uri == uri {
            return known;
        }
        let link = Link {
            uri: uri.into(),
            id: id.into(),
        };
        let known = self.links.find(&link);
        let number = known
            .or_else(|| self.links.insert(Arc::new(link)))
            .unwrap_or(0) as u16;
        self.recent_links[slot] = number;
        number
    }

    /// Returns the number of a cluster, or `None` if there are too many.
    pub fn add_cluster(&mut self, text: &str) -> Option<u32> {
        self.clusters
            .find(text)
            .or_else(|| self.clusters.insert(text.into()))
    }

    /// Returns what [`Tables::remember_join`] was told of a cell's text and a character, if that
    /// was not long ago.
    #[inline]
    pub fn recall_join(&self, before: u32, c: char) -> Option<Joined> {
        let (known, next, joined) = self.recent_joins.get(join_slot(before, c))?;
        ((*known, *next) == (before, c)).then_some(*joined)
    }

    /// Remembers what becomes of a cell's text (never 0: no text) and a character.
    pub fn remember_join(&mut self, before: u32, c: char, joined: Joined) {
        if self.recent_joins.is_empty() {
            self.recent_joins = vec![(0, '\0', Joined::Apart); RECENT_JOINS];
        }
        self.recent_joins[join_slot(before, c)] = (before, c, joined);
    }

    /// Returns how many styles, links and clusters have had a number at once.
    #[cfg(test)]
    pub fn sizes(&self) -> (usize, usize, usize) {
        (
            self.styles.entries.len(),
            self.links.entries.len(),
            self.clusters.entries.len(),
        )
    }
}

#[inline]
fn join_slot(before: u32, c: char) -> usize {
    let mixed =
        (u64::from(before) << 32 | u64::from(u32::from(c))).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 56) as usize % RECENT_JOINS
}

fn recent_slots(style: &Style) -> [usize; 2] {
    let mix = |hash: u64, color: Color| {
        (hash ^ u64::from(color.to_bits())).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    };
    let hash = mix(
        mix(mix(style.attrs.0.into(), style.fg), style.bg),
        style.underline_color,
    );
    let slot = (hash >> 48) as usize % RECENT;
    [slot, slot ^ 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_names_is_forgotten_and_its_numbers_are_used_again() {
        let mut tables = Tables::new();
        let kept = Style {
            fg: Color::Rgb(1, 2, 3),
            ..Style::default()
        };
        let number = tables.add_style(kept);
        for n in 0..50_000_u32 {
            if tables.wants_sweep() {
                let mut used = tables.used();
                used.mark(Cell(Cell::template(number, 0)));
                tables.sweep(&used);
            }
            let [_, r, g, b] = n.to_be_bytes();
            tables.add_style(Style {
                bg: Color::Rgb(r, g, b),
                ..Style::default()
            });
            assert!(tables.add_cluster(&format!("e{n}")).is_some());
            assert_ne!(tables.add_link(&n.to_string(), ""), 0);
        }
        assert_eq!(tables.style(number), &kept);
        assert_eq!(tables.add_style(kept), number);
        let (styles, links, clusters) = tables.sizes();
        assert!(styles <= 2 * SWEEP_MIN && links <= 2 * SWEEP_MIN && clusters <= 2 * SWEEP_MIN);
    }
}
