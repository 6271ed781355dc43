//! Tab stops: every eighth column until a program says otherwise.

use serde::{Deserialize, Serialize};

const EVERY: u16 = 8;

/// The columns that differ from a stop at every eighth.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tabs {
    cleared: bool,
    /// Columns that are a stop although the default has none, or the other way round; sorted.
    toggled: Vec<u16>,
}

impl Tabs {
    /// Says whether a column is a stop.
    pub fn is_stop(&self, col: u16) -> bool {
        let default = !self.cleared && col.is_multiple_of(EVERY);
        default != self.toggled.binary_search(&col).is_ok()
    }

    /// Makes a column a stop, or none.
    pub fn set(&mut self, col: u16, stop: bool) {
        if self.is_stop(col) == stop {
            return;
        }
        match self.toggled.binary_search(&col) {
            Ok(at) => {
                self.toggled.remove(at);
            }
            Err(at) => self.toggled.insert(at, col),
        }
    }

    /// Removes all stops.
    pub fn clear(&mut self) {
        self.cleared = true;
        self.toggled.clear();
    }

    /// Returns the next stop after `col`, at most `last`.
    pub fn next(&self, col: u16, last: u16) -> u16 {
        (col.saturating_add(1)..last)
            .find(|col| self.is_stop(*col))
            .unwrap_or(last)
    }

    /// Returns the stop before `col`, at least `first`.
    pub fn previous(&self, col: u16, first: u16) -> u16 {
        (first..col)
            .rev()
            .find(|col| self.is_stop(*col))
            .unwrap_or(first)
    }
}
