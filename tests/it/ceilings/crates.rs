//! What each crate may depend on, held against `cargo tree`.
//!
//! Only what ends up in the programs is looked at: a dev-dependency may be anything.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use super::root;

/// What one crate may depend on.
struct Ceiling {
    package: &'static str,
    /// Crates of this workspace that it may name.
    ours: &'static [&'static str],
    /// What else it may name.
    direct: Direct,
    /// Crates that may be nowhere below it, however they get there.
    never: &'static [&'static str],
}

/// Which crates from outside a crate may name in its own manifest.
enum Direct {
    /// These alone; what they need themselves comes with them.
    Only(&'static [&'static str]),
    /// These alone, and nothing below them that is not in the second list.
    Closed(&'static [&'static str], &'static [&'static str]),
    /// Any but these.
    Except(&'static [&'static str]),
}

const NOTHING: Direct = Direct::Only(&[]);

/// What draws or opens a window.
const GUI: [&str; 7] = [
    "eframe",
    "egui",
    "egui-wgpu",
    "egui_tiles",
    "egui-winit",
    "wgpu",
    "winit",
];

/// One row a crate. One that is not there yet is held to its row as soon as it is.
const CEILINGS: &[Ceiling] = &[
    Ceiling {
        package: "agor-proto",
        ours: &[],
        direct: Direct::Only(&["rmp-serde", "serde", "thiserror"]),
        never: &["libc", "mio", "rustix", "tokio"],
    },
    Ceiling {
        package: "agor-term",
        ours: &["agor-proto"],
        direct: Direct::Only(&[
            "memchr",
            "rmp-serde",
            "serde",
            "sha2",
            "thiserror",
            "unicode-segmentation",
            "unicode-width",
        ]),
        // The two are the oracle of its differential tests, and must not become what they judge.
        never: &[
            "alacritty_terminal",
            "vte",
            "libc",
            "mio",
            "rusqlite",
            "rustix",
            "tokio",
            "wgpu",
        ],
    },
    Ceiling {
        package: "agor-render",
        ours: &["agor-proto"],
        direct: Direct::Except(&["rusqlite"]),
        never: &["eframe", "egui", "egui-wgpu", "rusqlite", "tokio", "winit"],
    },
    Ceiling {
        package: "agor-keeper",
        ours: &[],
        direct: Direct::Closed(
            &["rustix"],
            &[
                "bitflags",
                "errno",
                "libc",
                "linux-raw-sys",
                "windows-link",
                "windows-sys",
            ],
        ),
        never: &[],
    },
    Ceiling {
        package: "agor-core",
        ours: &["agor-keeper", "agor-proto", "agor-term"],
        direct: Direct::Except(&GUI),
        never: &GUI,
    },
    Ceiling {
        package: "agor-app",
        ours: &["agor-core", "agor-proto", "agor-render", "agor-term"],
        direct: Direct::Except(&["mio", "rusqlite", "rustix", "socket2"]),
        never: &[],
    },
    Ceiling {
        package: "xtask",
        ours: &[],
        direct: NOTHING,
        never: &[],
    },
    // Whole-program tests need other crates as dev-dependencies only.
    Ceiling {
        package: "tests",
        ours: &[],
        direct: NOTHING,
        never: &[],
    },
];

/// One line of `cargo tree --prefix depth`: how far below the package it stands, and its name.
#[derive(Debug, PartialEq, Eq)]
struct Branch {
    depth: usize,
    name: String,
}

/// Reads lines such as `2serde_core v1.0.229 (proc-macro) (*)`.
fn branches(tree: &str) -> Vec<Branch> {
    let lines = tree.lines().filter(|line| !line.is_empty());
    let branch = |line: &str| {
        let name = line.trim_start_matches(|character: char| character.is_ascii_digit());
        let depth = line.strip_suffix(name)?.parse().ok()?;
        Some(Branch {
            depth,
            name: name.split(' ').next()?.to_owned(),
        })
    };
    lines
        .map(|line| branch(line).unwrap_or_else(|| unreachable!("cargo tree printed {line:?}")))
        .collect()
}

impl Ceiling {
    /// Returns a sentence for each thing in `tree` that breaks the ceiling.
    fn broken_by(&self, tree: &[Branch]) -> BTreeSet<String> {
        let package = self.package;
        let mut sentences = BTreeSet::new();
        for Branch { depth, name } in tree.iter().filter(|branch| branch.depth > 0) {
            let name = name.as_str();
            let is_ours = CEILINGS.iter().any(|ceiling| ceiling.package == name);
            if *depth == 1 && is_ours && !self.ours.contains(&name) {
                sentences.insert(format!(
                    "{package} may not depend on {name}: move what it needs into a crate below both \
                     ({:?} it may name), or hand it in from above",
                    self.ours
                ));
            }
            if *depth == 1 && !is_ours && !self.direct.allows(name) {
                sentences.insert(format!(
                    "{package} may not name {name}: do the work in the crate whose ceiling has it, or, \
                     if the ceiling is wrong, change its row in tests/it/ceilings/crates.rs together \
                     with crates/README.md"
                ));
            }
            if self.never.contains(&name) {
                sentences.insert(format!(
                    "{name} is somewhere below {package}: find by which way with `cargo tree -p \
                     {package} -e normal -i {name}` and drop that dependency or its feature"
                ));
            }
            if let Direct::Closed(direct, below) = self.direct
                && !is_ours
                && !direct.contains(&name)
                && !below.contains(&name)
            {
                sentences.insert(format!(
                    "{name} came in below {package}, which is kept small enough to be read whole: \
                     drop the feature that brings it"
                ));
            }
        }
        sentences
    }
}

impl Direct {
    fn allows(&self, name: &str) -> bool {
        match self {
            Direct::Only(names) | Direct::Closed(names, _) => names.contains(&name),
            Direct::Except(names) => !names.contains(&name),
        }
    }
}

fn tree(package: &str) -> Vec<Branch> {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--package",
            package,
            "--edges",
            "normal",
            "--prefix",
            "depth",
        ])
        .args(["--format", "{p}", "--locked", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo starts, since it has just started this test");
    assert!(
        output.status.success(),
        "cargo tree failed; if Cargo.lock is behind, run `cargo check` and commit it:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    branches(&String::from_utf8_lossy(&output.stdout))
}

/// Returns the folders of `crates/` that are packages, and `tests`.
fn packages() -> BTreeSet<String> {
    let folders = fs::read_dir(root().join("crates")).expect("crates/ can be read");
    let mut packages: BTreeSet<_> = folders
        .map(|folder| folder.expect("crates/ can be read").path())
        .filter(|folder| folder.join("Cargo.toml").is_file())
        .filter_map(|folder| {
            folder
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
        })
        .collect();
    packages.insert("tests".to_owned());
    packages
}

#[test]
fn no_crate_depends_on_more_than_its_ceiling_allows() {
    let packages = packages();
    let mut sentences = BTreeSet::new();
    for ceiling in CEILINGS
        .iter()
        .filter(|ceiling| packages.contains(ceiling.package))
    {
        let tree = tree(ceiling.package);
        assert_eq!(
            tree.first().map(|branch| branch.name.as_str()),
            Some(ceiling.package)
        );
        sentences.extend(ceiling.broken_by(&tree));
    }
    assert!(
        sentences.is_empty(),
        "{}",
        Vec::from_iter(sentences).join("\n")
    );
}

#[test]
fn every_crate_has_a_ceiling() {
    for package in packages() {
        assert!(
            CEILINGS.iter().any(|ceiling| ceiling.package == package),
            "crates/{package} has no ceiling: if it is a new ceiling or a new process, add its row to \
             tests/it/ceilings/crates.rs and its sentence to crates/README.md; else make it a module"
        );
    }
}

/// For each kind of break: the crate, a tree that breaks it, and what the sentence must name.
const BREAKS: &[(&str, &str, &str)] = &[
    (
        "agor-proto",
        "0agor-proto v0.1.0\n1tokio v1.0.0",
        "may not name tokio",
    ),
    (
        "agor-proto",
        "0agor-proto v0.1.0\n1serde v1.0.0\n2mio v1.0.0",
        "mio is somewhere below",
    ),
    (
        "agor-proto",
        "0agor-proto v0.1.0\n1agor-term v0.1.0 (/a)",
        "may not depend on agor-term",
    ),
    (
        "agor-term",
        "0agor-term v0.1.0\n1vte v0.15.0 (*)",
        "vte is somewhere below",
    ),
    (
        "agor-term",
        "0agor-term v0.1.0\n1agor-core v0.1.0",
        "may not depend on agor-core",
    ),
    (
        "agor-render",
        "0agor-render v0.1.0\n1wgpu v30.0.0\n2tokio v1.0.0",
        "tokio is somewhere below",
    ),
    (
        "agor-keeper",
        "0agor-keeper v0.1.0\n1libc v0.2.0",
        "may not name libc",
    ),
    (
        "agor-keeper",
        "0agor-keeper v0.1.0\n1rustix v1.0.0\n2serde v1.0.0",
        "serde came in below",
    ),
    (
        "agor-core",
        "0agor-core v0.1.0\n1clap v4.0.0\n2winit v0.30.0",
        "winit is somewhere below",
    ),
    (
        "agor-app",
        "0agor-app v0.1.0\n1rusqlite v0.41.0",
        "may not name rusqlite",
    ),
    (
        "agor-app",
        "0agor-app v0.1.0\n1agor-keeper v0.1.0",
        "may not depend on agor-keeper",
    ),
    (
        "xtask",
        "0xtask v0.1.0\n1anyhow v1.0.0",
        "may not name anyhow",
    ),
];

#[test]
fn every_kind_of_forbidden_dependency_is_noticed() {
    for (package, tree, named) in BREAKS {
        let ceiling = CEILINGS
            .iter()
            .find(|ceiling| ceiling.package == *package)
            .unwrap();
        let sentences = ceiling.broken_by(&branches(tree));
        assert!(
            sentences.iter().any(|sentence| sentence.contains(named)),
            "{tree:?} gave {sentences:?}, without {named:?}"
        );
    }
    let broken: BTreeSet<_> = BREAKS.iter().map(|(package, ..)| *package).collect();
    for Ceiling { package, .. } in CEILINGS {
        assert!(
            broken.contains(package) || *package == "tests",
            "no break is known for {package}"
        );
    }
}

#[test]
fn what_a_ceiling_allows_is_not_noticed() {
    let tree = "0agor-app v0.1.0\n1agor-core v0.1.0 (/a)\n2rusqlite v0.41.0\n1egui v0.37.0 (*)";
    let app = CEILINGS
        .iter()
        .find(|ceiling| ceiling.package == "agor-app")
        .unwrap();
    assert_eq!(app.broken_by(&branches(tree)), BTreeSet::new());
}

#[test]
fn a_line_of_cargo_tree_is_a_depth_and_a_name() {
    let expected = [
        Branch {
            depth: 0,
            name: "agor-proto".into(),
        },
        Branch {
            depth: 12,
            name: "serde_derive".into(),
        },
    ];
    let tree = "0agor-proto v0.1.0 (/a/b)\n12serde_derive v1.0.229 (proc-macro) (*)\n";
    assert_eq!(branches(tree), expected);
}
