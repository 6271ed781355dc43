//! Where in the sources things may stand: a table of rules over the text of every file.
//!
//! A rule's row also holds an example that breaks it and one that keeps it, which a test runs.

mod additions;
mod app;
mod pauses;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::root;
use super::rust::{Layers, layers, words};

/// A Rust file.
struct Source {
    /// From the root of the repository, with `/`.
    path: String,
    text: String,
    layers: Layers,
}

/// One thing that the sources must keep to.
struct Rule {
    /// What to do where it is broken.
    advice: &'static str,
    /// Returns the numbers of the lines that break it; 0 is the file itself.
    finds: fn(&Source) -> Vec<usize>,
    /// A path and a text that break it.
    broken: (&'static str, &'static str),
    /// A path and a text that come close, and keep it.
    kept: (&'static str, &'static str),
}

/// Every file in which `unsafe` may stand. Each block says why it is sound.
const UNSAFE: &[&str] = &[
    "crates/agor-keeper/src/ring/map",
    "crates/agor-keeper/src/server/process",
    "crates/agor-keeper/src/server/spawn",
];

/// Where the terminal that ours is compared with may be named.
const ORACLE: &[&str] = &[
    "crates/agor-term/src/grid",
    "crates/agor-term/src/parser",
    "crates/agor-term/tests",
    "crates/agor-term/benches",
    "crates/agor-core/src/host/session/find/tests",
];

const LINES_AT_MOST: usize = 800;

const RULES: &[Rule] = &[
    Rule {
        advice: "alacritty_terminal and vte are named by agor-term's grid and parser alone, to be \
                 compared with: go through agor-term's own types",
        finds: |source| source.naming(&["alacritty_terminal", "vte"], ORACLE),
        broken: ("crates/agor-term/src/cell.rs", "//! A.\nuse vte::Perform;"),
        kept: (
            "crates/agor-term/src/parser/tests.rs",
            "//! A.\nuse vte::Perform;",
        ),
    },
    Rule {
        advice: "rusqlite is named in agor-core/src/storage alone: add a method to the store",
        finds: |source| source.naming(&["rusqlite"], &["crates/agor-core/src/storage"]),
        broken: ("crates/agor-core/src/host.rs", "//! A.\nuse rusqlite::Row;"),
        kept: (
            "crates/agor-core/src/storage.rs",
            "//! A.\nuse rusqlite::Row;",
        ),
    },
    Rule {
        advice: "a repaint is asked for in agor-app/src/wake.rs alone, so that an idle window can be \
                 shown to draw nothing: call what it offers",
        finds: |source| {
            let ours = is_below(&source.path, &["crates/agor-app/src/wake"]);
            source.lines_of_code(|line| {
                !ours && words(line).any(|(_, word)| word.starts_with("request_repaint"))
            })
        },
        broken: (
            "crates/agor-app/src/pane.rs",
            "//! A.\nctx.request_repaint_after(second);",
        ),
        kept: (
            "crates/agor-app/src/wake.rs",
            "//! A.\nctx.request_repaint();",
        ),
    },
    Rule {
        advice: "agor-app opens no file, socket or process and never sleeps: ask the host through \
                 agor-core's client",
        finds: app::reaches_outside,
        broken: ("crates/agor-app/src/app.rs", "//! A.\nuse std::{fs, io};"),
        kept: (
            "crates/agor-app/src/app.rs",
            "//! A.\nuse std::process::ExitCode;",
        ),
    },
    Rule {
        advice: "unsafe code stands in the few files that ceilings/sources.rs lists: find a safe \
                 form, or put it into one of them; a new one is a row in UNSAFE with a reason in review",
        finds: |source| source.naming(&["unsafe"], UNSAFE),
        broken: (
            "crates/agor-keeper/src/link.rs",
            "//! A.\nunsafe { free(it) }",
        ),
        kept: (
            "crates/agor-core/src/lib.rs",
            "//! An unsafe word.\n#![deny(unsafe_code)]",
        ),
    },
    Rule {
        advice: "nobody polls: wait for whoever can tell it. What paces, tries again or has nobody to tell it is a row \
                 in ceilings/sources/pauses.rs, with its reason",
        finds: pauses::unknown_pauses,
        broken: (
            "crates/agor-core/src/host/list.rs",
            "//! A.\nlet mut looks = tokio::time::interval(SECOND);",
        ),
        kept: (
            "crates/agor-core/src/client/heartbeat.rs",
            "//! A.\nself.ping_at = now + self.interval;",
        ),
    },
    Rule {
        advice: "a module is `thing.rs` beside `thing/`: move mod.rs up and name it",
        finds: |source| whole_file(source.name() == "mod.rs"),
        broken: ("crates/agor-core/src/host/mod.rs", "//! A."),
        kept: ("crates/agor-core/src/mode.rs", "//! A."),
    },
    Rule {
        advice: "a file is named for its topic, not for the kind of thing in it: give each part the \
                 file of what it serves",
        finds: |source| {
            let kinds = ["common.rs", "helpers.rs", "types.rs", "utils.rs"];
            whole_file(kinds.contains(&source.name()))
        },
        broken: ("tests/it/helpers.rs", "//! A."),
        kept: ("crates/agor-core/src/agent_types.rs", "//! A."),
    },
    Rule {
        advice: "a file opens with `//!`: what it owns and what it leaves to whom",
        finds: |source| {
            let opening = source
                .text
                .lines()
                .next()
                .and_then(|line| line.strip_prefix("//!"));
            whole_file(opening.is_none_or(|opening| opening.trim().is_empty()))
        },
        broken: ("crates/agor-core/src/lib.rs", "use std::fmt;\n//! Late."),
        kept: ("crates/agor-core/src/lib.rs", "//! The host."),
    },
    Rule {
        advice: "what is left to do is an issue, not a comment: do it or open one",
        finds: |source| {
            source.lines_of_comments(|line| {
                words(line).any(|(_, word)| ["TODO", "FIXME"].contains(&word))
            })
        },
        broken: (
            "crates/agor-core/src/lib.rs",
            "//! A.\nlet a = 1; // TODO: more",
        ),
        kept: ("crates/agor-core/src/lib.rs", "//! A.\nlet a = \"TODO\";"),
    },
    Rule {
        advice: "a banner over a section says that it wants a file of its own: split, or drop the banner",
        finds: |source| source.lines_of_comments(is_banner),
        broken: (
            "crates/agor-core/src/lib.rs",
            "//! A.\n// ---- Sessions ----",
        ),
        kept: (
            "crates/agor-core/src/lib.rs",
            "//! A.\n/// | a |\n/// |------|\n// a -- b",
        ),
    },
    Rule {
        advice: "a file has 800 lines at most: split it by topic",
        finds: |source| whole_file(source.text.lines().count() > LINES_AT_MOST),
        broken: ("crates/agor-core/src/lib.rs", LONG),
        kept: ("crates/agor-core/src/lib.rs", "//! A."),
    },
];

/// More lines than a file may have.
const LONG: &str = match std::str::from_utf8(&[b'\n'; LINES_AT_MOST + 1]) {
    Ok(lines) => lines,
    Err(_) => "",
};

impl Source {
    fn new(path: &str, text: &str) -> Source {
        Source {
            path: path.to_owned(),
            text: text.to_owned(),
            layers: layers(text),
        }
    }

    fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// Returns the lines whose code names one of `names`, unless this file is one of `places` or below.
    fn naming(&self, names: &[&str], places: &[&str]) -> Vec<usize> {
        let allowed = is_below(&self.path, places);
        self.lines_of_code(|line| !allowed && words(line).any(|(_, word)| names.contains(&word)))
    }

    fn lines_of_code(&self, breaks: impl Fn(&str) -> bool) -> Vec<usize> {
        numbers(&self.layers.code, breaks)
    }

    fn lines_of_comments(&self, breaks: impl Fn(&str) -> bool) -> Vec<usize> {
        numbers(&self.layers.comments, breaks)
    }
}

fn numbers(text: &str, breaks: impl Fn(&str) -> bool) -> Vec<usize> {
    text.lines()
        .enumerate()
        .filter(|(_, line)| breaks(line))
        .map(|(at, _)| at + 1)
        .collect()
}

fn whole_file(broken: bool) -> Vec<usize> {
    if broken { vec![0] } else { Vec::new() }
}

/// Returns whether `path` is `place.rs` or below `place/` for one of `places`.
fn is_below(path: &str, places: &[&str]) -> bool {
    places.iter().any(|place| {
        path.strip_prefix(place)
            .is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
    })
}

fn is_banner(line: &str) -> bool {
    let line = line.trim();
    let Some(text) = line.strip_prefix("//") else {
        return false;
    };
    let four_of_one = |mut characters: Box<dyn Iterator<Item = char> + '_>| {
        let first = characters.next();
        first.is_some_and(|first| "-=*#~/_─━═".contains(first))
            && characters
                .take(3)
                .filter(|next| Some(*next) == first)
                .count()
                == 3
    };
    if line.starts_with("////") {
        return true;
    }
    // Documentation may hold tables and drawings.
    let is_documentation = text.starts_with(['/', '!']);
    let text = text.trim();
    !is_documentation
        && (four_of_one(Box::new(text.chars())) || four_of_one(Box::new(text.chars().rev())))
}

/// Returns every Rust file below `folder`, but no recorded or built one.
fn sources_below(folder: &Path, path: &str, sources: &mut Vec<Source>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let entry = entry.expect("the sources can be read");
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{path}/{name}");
        let kind = entry.file_type().expect("the sources can be read");
        if kind.is_dir() && !name.starts_with('.') && name != "target" && name != "fixtures" {
            sources_below(&entry.path(), &path, sources);
        } else if kind.is_file() && name.ends_with(".rs") {
            let text = fs::read_to_string(entry.path()).expect("a source is text");
            sources.push(Source::new(&path, &text));
        }
    }
}

fn sources() -> Vec<Source> {
    let mut sources = Vec::new();
    for folder in ["crates", "tests"] {
        sources_below(&root().join(folder), folder, &mut sources);
    }
    assert!(
        !sources.is_empty(),
        "there are no sources below {}",
        root().display()
    );
    sources
}

#[test]
fn every_source_keeps_to_the_rules() {
    let mut sentences = Vec::new();
    for source in sources() {
        for rule in RULES {
            for line in (rule.finds)(&source) {
                let line = if line == 0 {
                    String::new()
                } else {
                    format!(":{line}")
                };
                sentences.push(format!("{}{line}: {}", source.path, rule.advice));
            }
        }
    }
    assert!(sentences.is_empty(), "{}", sentences.join("\n"));
}

#[test]
fn every_rule_notices_its_break_and_lets_pass_what_comes_close() {
    for Rule {
        advice,
        finds,
        broken,
        kept,
    } in RULES
    {
        assert_ne!(
            finds(&Source::new(broken.0, broken.1)),
            [0; 0],
            "{broken:?} passes: {advice}"
        );
        assert_eq!(
            finds(&Source::new(kept.0, kept.1)),
            [0; 0],
            "{kept:?} does not pass: {advice}"
        );
    }
}

#[test]
fn banners_are_told_from_comments() {
    for line in [
        "// ====",
        "  // --- a ----------",
        "//////",
        "// ────",
        "// # a ####",
        "// ****",
    ] {
        assert!(is_banner(line), "{line}");
    }
    for line in [
        "// a --- b",
        "/// ----",
        "//! ====",
        "// ...",
        "",
        "// --",
        "// `a` ---",
    ] {
        assert!(!is_banner(line), "{line}");
    }
}

#[test]
fn every_file_that_may_be_unsafe_is_unsafe() {
    let sources = sources();
    for place in UNSAFE {
        let is_unsafe = |source: &Source| {
            is_below(&source.path, &[place]) && !source.naming(&["unsafe"], &[]).is_empty()
        };
        assert!(
            sources.iter().any(is_unsafe),
            "{place} holds no unsafe code: drop its row in UNSAFE"
        );
    }
}

/// Returns the lints of the workspace's manifest that `reasons` does not name.
fn unexplained<'a>(manifest: &'a str, reasons: &str) -> Vec<&'a str> {
    let mut lines = manifest
        .lines()
        .skip_while(|line| !line.starts_with("[workspace.lints."));
    let lints = lines
        .by_ref()
        .take_while(|line| !line.starts_with("[profile"));
    let lints = lints.filter_map(|line| line.split_once('=').map(|(lint, _)| lint.trim()));
    lints
        .filter(|lint| !reasons.contains(&format!("`{lint}`")))
        .collect()
}

#[test]
fn every_lint_has_its_reason() {
    let read = |path: &str| fs::read_to_string(root().join(path)).expect("the file is there");
    let manifest = read("Cargo.toml");
    let unexplained = unexplained(&manifest, &read(".github/CONTRIBUTING.md"));
    assert!(
        unexplained.is_empty(),
        "say in .github/CONTRIBUTING.md why {unexplained:?} is policy"
    );
}

#[test]
fn a_lint_without_a_reason_is_noticed() {
    let manifest = "[workspace.lints.rust]\na = \"deny\"\n\n[workspace.lints.clippy]\nb = 1\n[profile.a]\nc = 1";
    assert_eq!(unexplained(manifest, "`a` is bad"), ["b"]);
}

/// What lies in the root, beside files that begin with a dot.
const ROOT: &[&str] = &[
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "assets",
    "crates",
    "deny.toml",
    "tests",
];

fn strays(names: &BTreeSet<String>) -> Vec<&str> {
    let is_stray = |name: &&String| !name.starts_with('.') && !ROOT.contains(&name.as_str());
    names.iter().filter(is_stray).map(String::as_str).collect()
}

/// Returns what the repository has in its root: what git tracks, or without git what lies there.
fn names_in_root() -> BTreeSet<String> {
    let tracked = Command::new("git")
        .args(["ls-files", "-z"])
        .current_dir(root())
        .output();
    let tracked = tracked
        .ok()
        .filter(|output| output.status.success())
        .map(|output| output.stdout);
    let tracked = String::from_utf8_lossy(&tracked.unwrap_or_default()).into_owned();
    let first = |path: &str| path.split('/').next().map(str::to_owned);
    let names: BTreeSet<_> = tracked
        .split('\0')
        .filter(|path| !path.is_empty())
        .filter_map(first)
        .collect();
    if !names.is_empty() {
        return names;
    }
    let entries = fs::read_dir(root()).expect("the root can be read");
    let names = entries.map(|entry| entry.expect("the root can be read").file_name());
    names
        .map(|name| name.to_string_lossy().into_owned())
        .filter(|name| name != "target")
        .collect()
}

#[test]
fn the_root_holds_only_what_belongs_there() {
    let names = names_in_root();
    let strays = strays(&names);
    assert!(
        strays.is_empty(),
        "{strays:?} does not belong into the root: documentation stands beside the crate that it is \
         about, data in assets/ or tests/fixtures/, settings of tools in dot-files"
    );
}

#[test]
fn a_stray_file_in_the_root_is_noticed() {
    let names = ["Cargo.toml", ".ci", "notes.md", "src"].map(str::to_owned);
    assert_eq!(strays(&BTreeSet::from(names)), ["notes.md", "src"]);
}
