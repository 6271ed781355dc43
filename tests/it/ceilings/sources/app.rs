//! What the front end may not reach by itself. Clippy bans the same calls by their resolved paths
//! (`crates/agor-app/.clippy.toml`); this also finds them where a lint is switched off.

use std::fs;

use super::super::root;
use super::super::rust::words;
use super::{Source, is_below};

/// One segment of a path and the one after it.
const BANNED: &[(&str, &str)] = &[
    ("process", "Command"),
    ("rustix", "fs"),
    ("rustix", "net"),
    ("std", "fs"),
    ("std", "net"),
    ("thread", "sleep"),
    ("tokio", "fs"),
    ("tokio", "net"),
    ("tokio", "process"),
    ("unix", "net"),
];

/// Crates whose modules are banned; another crate may have a `Command` too.
const BANNED_IN: &[&str] = &["rustix", "std", "tokio"];

/// Returns the lines of agor-app's sources that name a banned path, whole or by parts of a `use`.
/// Its tests read and write the pictures that they expect.
pub fn reaches_outside(source: &Source) -> Vec<usize> {
    let is_test = source.path.contains("/tests/") || source.path.ends_with("tests.rs");
    if is_test || !is_below(&source.path, &["crates/agor-app/src"]) {
        return Vec::new();
    }
    let code = &source.layers.code;
    let words: Vec<_> = words(code).collect();
    let mut at: Vec<usize> = words
        .windows(2)
        .filter_map(|pair| <&[_; 2]>::try_from(pair).ok())
        .filter(|[(begin, first), (next, second)]| {
            code[begin + first.len()..*next].trim() == "::" && BANNED.contains(&(first, second))
        })
        .map(|[(begin, _), _]| *begin)
        .collect();
    for (index, (begin, _)) in words
        .iter()
        .enumerate()
        .filter(|(_, (_, word))| *word == "use")
    {
        let end = begin + code[*begin..].find(';').unwrap_or(code.len() - begin);
        let parts: Vec<_> = words[index + 1..]
            .iter()
            .take_while(|(at, _)| *at < end)
            .map(|(_, part)| *part)
            .collect();
        let is_banned = |(first, second): &(&str, &str)| {
            let first = parts.iter().position(|part| part == first);
            let second = parts.iter().rposition(|part| part == second);
            first
                .zip(second)
                .is_some_and(|(first, second)| first < second)
        };
        if parts.first().is_some_and(|part| BANNED_IN.contains(part))
            && BANNED.iter().any(is_banned)
        {
            at.push(*begin);
        }
    }
    let mut lines: Vec<_> = at
        .iter()
        .map(|at| code[..*at].matches('\n').count() + 1)
        .collect();
    lines.sort_unstable();
    lines.dedup();
    lines
}

#[test]
fn every_way_to_reach_outside_is_noticed() {
    let found = |code: &str| reaches_outside(&Source::new("crates/agor-app/src/a/b.rs", code));
    for code in [
        "std::fs::read(path)",
        "use std::fs;",
        "use std::{\n    io::{self, Read},\n    net::TcpStream,\n};",
        "std :: process :: Command::new(\"ls\")",
        "use std::process::{Command, Stdio};",
        "use std::thread; thread::sleep(second)",
        "use std::os::unix::net::UnixStream;",
        "tokio::net::UnixStream::connect(path)",
        "use tokio::{process, sync};",
    ] {
        assert_ne!(found(code), [0; 0], "{code}");
    }
    for code in [
        "// std::fs is not for us",
        "\"std::fs\"",
        "use std::process::ExitCode;",
        "use crate::{process::Row, Command};",
        "use std::thread::JoinHandle; use std::sync::mpsc;",
        "fs::read",
    ] {
        assert_eq!(found(code), [0; 0], "{code}");
    }
    assert_eq!(found("a\nuse std::fs;\nb\nstd::net::A"), [2, 4]);
    assert_eq!(
        reaches_outside(&Source::new("crates/agor-core/src/a.rs", "use std::fs;")),
        [0; 0]
    );
}

/// Returns the entries of `common` that `own` lacks: clippy reads the nearest file alone.
fn lacking<'a>(own: &str, common: &'a str) -> Vec<&'a str> {
    let lines = common.lines().map(str::trim);
    let is_entry = |line: &&str| !line.is_empty() && !line.starts_with('#');
    lines
        .filter(is_entry)
        .filter(|line| !own.lines().any(|own| own.trim() == *line))
        .collect()
}

#[test]
fn the_front_end_keeps_the_lints_of_all_crates_beside_its_own() {
    let app = root().join("crates/agor-app");
    if !app.exists() {
        return;
    }
    let own = fs::read_to_string(app.join(".clippy.toml")).unwrap_or_default();
    let common = fs::read_to_string(root().join(".clippy.toml")).expect(".clippy.toml is there");
    assert!(
        own.contains("std::fs"),
        "crates/agor-app/.clippy.toml must ban std::fs and its like"
    );
    let lacking = lacking(&own, &common);
    assert!(
        lacking.is_empty(),
        "clippy reads only the nearest .clippy.toml: repeat in crates/agor-app/.clippy.toml\n{}",
        lacking.join("\n")
    );
}

#[test]
fn an_entry_that_only_one_file_of_lints_has_is_noticed() {
    assert_eq!(
        lacking("a = 1\n  b = 2", "# why\na = 1\nc = 3\n"),
        ["c = 3"]
    );
}
