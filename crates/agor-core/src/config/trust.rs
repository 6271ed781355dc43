//! Folders in which a person lets agents start. What somebody else wrote into a folder can make an agent act: its
//! settings, hooks and instructions. So each folder is asked about once, and the answer stands in the person's file.

use std::path::{Component, Path};

use super::{Layers, Value};

/// The setting.
pub const TRUSTED: &str = "trusted";

/// Says whether the person has said that agents may start in `folder`: for it, or for a folder above it. What was said
/// for the deepest holds.
#[must_use]
pub fn trusts(layers: &Layers, folder: &str) -> bool {
    let folder = match folder.trim_end_matches('/') {
        "" => "/",
        plain => plain,
    };
    // A path that leads up again could leave the folder that it seems to be in.
    let plain = Path::new(folder).components();
    let mut plain = plain.filter(|part| !matches!(part, Component::RootDir | Component::Normal(_)));
    let said = layers.said(TRUSTED, Some(folder));
    plain.next().is_none() && said.is_some_and(|(said, _)| said.value == Value::Bool(true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_trusted_only_if_it_or_one_above_it_was_said_to_be() {
        let (layers, complaints) = Layers::read(
            "trusted = true\n[groups.g]\ntrusted = true\nfolders = [\"/g\"]\n\
             [projects.\"/w\"]\ntrusted = true\n[projects.\"/w/alien\"]\ntrusted = false",
        )
        .unwrap();
        // Neither for all nor for a group.
        assert_eq!(complaints.len(), 2, "{complaints:?}");
        for trusted in ["/w", "/w/deep/er", "/w/"] {
            assert!(trusts(&layers, trusted), "{trusted}");
        }
        for strange in [
            "/",
            "/g",
            "/workshop",
            "/w/alien",
            "/w/alien/x",
            "/w/../etc",
            "w",
            "./w",
        ] {
            assert!(!trusts(&layers, strange), "{strange}");
        }
    }
}
