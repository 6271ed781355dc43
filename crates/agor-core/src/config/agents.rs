//! `[agents]`: how agents are judged.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use crate::agents::machine::STALL_MILLIS;

/// The seconds that can be asked for: less is any pause for thought, more is for ever.
const STALL_SECS: std::ops::RangeInclusive<u64> = 10..=86_400;

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
            stall_secs: STALL_MILLIS / 1_000,
            projects: BTreeMap::new(),
        }
    }
}

impl Agents {
    /// Returns without how many milliseconds of output work is stalled in the project in `folder`.
    #[must_use]
    pub fn stall_millis(&self, folder: &str) -> u64 {
        let mut above = Path::new(folder).ancestors().filter_map(Path::to_str);
        let said = above.find_map(|folder| self.projects.get(folder));
        said.unwrap_or(&self.stall_secs).saturating_mul(1_000)
    }
}

/// The table as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Written {
    stall_secs: Option<u64>,
    projects: BTreeMap<String, WrittenProject>,
    #[serde(flatten)]
    pub(super) unknown: BTreeMap<String, toml::Value>,
}

/// What is written of a project.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WrittenProject {
    stall_secs: Option<u64>,
}

impl Written {
    /// Returns what was written, held to bounds, with the defaults for the rest; says what is not as written.
    pub(super) fn settings(self, mut complain: impl FnMut(String)) -> Agents {
        let mut settings = Agents::default();
        let mut held = |secs: u64| {
            let held = secs.clamp(*STALL_SECS.start(), *STALL_SECS.end());
            if held != secs {
                complain(format!(
                    "agents.stall_secs is from {} to {}; {held} is used",
                    STALL_SECS.start(),
                    STALL_SECS.end()
                ));
            }
            held
        };
        settings.stall_secs = self.stall_secs.map_or(settings.stall_secs, &mut held);
        let projects = self.projects.into_iter();
        let projects = projects.filter_map(|(folder, project)| {
            let secs = project.stall_secs?;
            let plain = folder.trim_end_matches('/');
            let plain = if plain.is_empty() { "/" } else { plain };
            Some((plain.to_owned(), held(secs)))
        });
        settings.projects = projects.collect();
        settings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_has_a_threshold_of_its_own_and_what_is_in_it_too() {
        let mut complaints = Vec::new();
        let text = "stall_secs = 60\n[projects.\"/slow/\"]\nstall_secs = 3_600\n\
                    [projects.\"/fast\"]\nstall_secs = 1\n[projects.\"/none\"]";
        let written: Written = toml::from_str(text).unwrap();
        let settings = written.settings(|complaint| complaints.push(complaint));
        assert_eq!(settings.stall_millis("/home/a"), 60_000);
        assert_eq!(settings.stall_millis("/slow/model"), 3_600_000);
        assert_eq!(settings.stall_millis("/fast"), 10_000);
        assert_eq!(complaints.len(), 1, "{complaints:?}");
        assert_eq!(Agents::default().stall_millis("/"), STALL_MILLIS);
    }
}
