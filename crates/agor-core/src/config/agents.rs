//! `[agents]`: how agents are judged.

use std::sync::Arc;

use super::Layers;
use crate::agents::machine::STALL_MILLIS;

/// The seconds that can be asked for: less is any pause for thought, more is for ever.
pub(super) const STALL_SECS: std::ops::RangeInclusive<u64> = 10..=86_400;

/// As many as the machine has without a word.
pub(super) const STALL_SECS_DEFAULT: u64 = STALL_MILLIS / 1_000;

/// How agents are judged.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Agents {
    layers: Arc<Layers>,
}

impl Agents {
    /// Returns what holds.
    pub(super) fn of(layers: Arc<Layers>) -> Self {
        Self { layers }
    }

    /// Returns without how many milliseconds of output work is stalled in the project in `folder`.
    #[must_use]
    pub fn stall_millis(&self, folder: &str) -> u64 {
        let secs = self.layers.whole("agents.stall_secs", Some(folder));
        secs.saturating_mul(1_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_has_a_threshold_of_its_own_and_what_is_in_it_too() {
        let text = "agents.stall_secs = 60\n[projects.\"/slow/\"]\nagents.stall_secs = 3_600\n\
                    [agents.projects.\"/fast\"]\nstall_secs = 1\n[projects.\"/none\"]";
        let (layers, complaints) = Layers::read(text).unwrap();
        let settings = Agents::of(Arc::new(layers));
        assert_eq!(settings.stall_millis("/home/a"), 60_000);
        assert_eq!(settings.stall_millis("/slow/model"), 3_600_000);
        assert_eq!(settings.stall_millis("/fast"), 10_000);
        assert_eq!(complaints.len(), 1, "{complaints:?}");
        assert_eq!(Agents::default().stall_millis("/"), STALL_MILLIS);
    }
}
