//! What agents used and how long they worked, by day, project and session: sums, plots, tables.

mod figures;
mod view;

pub use figures::{count, money};
pub use view::{Outcome, today, usage_ui};

/// The ranges that can be chosen, in days, today included.
pub const RANGES: [u32; 3] = [7, 30, 90];

/// The page, while it is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsagePage {
    /// How many days it shows.
    pub days: u32,
}

impl Default for UsagePage {
    fn default() -> Self {
        Self { days: RANGES[1] }
    }
}
