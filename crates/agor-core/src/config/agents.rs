//! `[agents]`: how agents are judged.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Layers, Said, Value};
use crate::agents::machine::STALL_MILLIS;

/// The seconds that can be asked for: less is any pause for thought, more is for ever.
pub(super) const STALL_SECS: std::ops::RangeInclusive<u64> = 10..=86_400;

/// As many as the machine has without a word.
pub(super) const STALL_SECS_DEFAULT: u64 = STALL_MILLIS / 1_000;

/// How agents are judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agents {
    /// Without output for so many seconds, work is stalled, in projects that are not named.
    pub stall_secs: u64,
    /// As `stall_secs`, for a project by its folder; the projects in that folder are meant too.
    pub projects: BTreeMap<String, u64>,
}

impl Default for Agents {
    fn default() -> Self {
        Self {
            stall_secs: STALL_SECS_DEFAULT,
            projects: BTreeMap::new(),
        }
    }
}

impl Agents {
    /// Returns what holds.
    pub(super) fn of(layers: &Layers) -> Self {
        let of_project = |(folder, said): (&String, &BTreeMap<_, Said>)| {
            let Value::Whole(secs) = said.get("agents.stall_secs")?.value else {
                return None;
            };
            Some((folder.clone(), secs))
        };
        Self {
            stall_secs: layers.whole("agents.stall_secs", None),
            projects: layers.projects.iter().filter_map(of_project).collect(),
        }
    }

    /// Returns without how many milliseconds of output work is stalled in the project in `folder`.
    #[must_use]
    pub fn stall_millis(&self, folder: &str) -> u64 {
        let mut above = Path::new(folder).ancestors().filter_map(Path::to_str);
        let said = above.find_map(|folder| self.projects.get(folder));
        said.unwrap_or(&self.stall_secs).saturating_mul(1_000)
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
        let settings = Agents::of(&layers);
        assert_eq!(settings.stall_millis("/home/a"), 60_000);
        assert_eq!(settings.stall_millis("/slow/model"), 3_600_000);
        assert_eq!(settings.stall_millis("/fast"), 10_000);
        assert_eq!(complaints.len(), 1, "{complaints:?}");
        assert_eq!(Agents::default().stall_millis("/"), STALL_MILLIS);
    }
}
