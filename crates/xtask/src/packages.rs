//! What a machine needs besides Rust: the table of system packages, and how they are installed.
//!
//! Installs by apt-get alone. Elsewhere it names what is missing and leaves the installing to the person.

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::failure::Failure;
use crate::workspace;

/// One thing that must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// How to tell that it is there.
    pub sign: Sign,
    /// The Debian package that brings it.
    pub package: &'static str,
    /// What does not work without it.
    pub user: User,
}

/// What shows that a package is installed, by whatever means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// A program of this name in `PATH`.
    Program(&'static str),
    /// A file at this path.
    File(&'static str),
}

/// What a package is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum User {
    /// Nothing can be built without it.
    Build,
    /// Whole-program tests drive it.
    Tests,
}

/// Whether packages may be installed without asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    /// Ask first, unless the person is root.
    Ask,
    /// `--yes` was typed.
    Given,
}

/// Everything that is needed. A new need is a row.
pub const NEEDS: &[Need] = &[
    build(Sign::Program("cc"), "gcc"),
    // SQLite and zstd are compiled from their C sources.
    build(Sign::File("/usr/include/stdio.h"), "libc6-dev"),
    tests(Sign::Program("bash"), "bash"),
    tests(Sign::Program("fish"), "fish"),
    tests(Sign::Program("htop"), "htop"),
    tests(Sign::Program("less"), "less"),
    tests(Sign::Program("ps"), "procps"),
    tests(Sign::Program("sqlite3"), "sqlite3"),
    tests(Sign::Program("tmux"), "tmux"),
    tests(Sign::Program("vim"), "vim"),
];

const fn build(sign: Sign, package: &'static str) -> Need {
    Need {
        sign,
        package,
        user: User::Build,
    }
}

const fn tests(sign: Sign, package: &'static str) -> Need {
    Need {
        sign,
        package,
        user: User::Tests,
    }
}

/// Sees to it that everything in [`NEEDS`] is there.
pub fn set_up(consent: Consent) -> Result<(), Failure> {
    let missing = missing(NEEDS);
    if missing.is_empty() {
        println!("set-up: every system package that is needed is there");
        return Ok(());
    }
    for need in &missing {
        println!("missing: {}", describe(need));
    }
    if !is_there(Sign::Program("apt-get")) {
        return without_apt(&missing);
    }
    install(&missing, consent)?;
    let still: Vec<_> = missing
        .into_iter()
        .filter(|need| !is_there(need.sign))
        .collect();
    match still.first() {
        None => Ok(()),
        Some(need) => Err(Failure::SetUp(format!(
            "apt-get succeeded, but there still is no {}",
            describe(need)
        ))),
    }
}

/// Sees to it that the parts of Rust that are not always installed are there.
pub fn check_components() -> Result<(), Failure> {
    for (subcommand, component) in [("fmt", "rustfmt"), ("clippy", "clippy")] {
        let found = Command::new(workspace::cargo())
            .args([subcommand, "--version"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if !found.is_ok_and(|status| status.success()) {
            return Err(Failure::SetUp(format!(
                "`cargo {subcommand}` does not run; install it with `rustup component add {component}`, \
                 or with the package that your system has for it"
            )));
        }
    }
    Ok(())
}

fn missing(needs: &[Need]) -> Vec<Need> {
    needs
        .iter()
        .copied()
        .filter(|need| !is_there(need.sign))
        .collect()
}

fn is_there(sign: Sign) -> bool {
    match sign {
        Sign::File(path) => Path::new(path).exists(),
        Sign::Program(name) => std::env::var_os("PATH").is_some_and(|path| {
            std::env::split_paths(&path).any(|folder| folder.join(name).is_file())
        }),
    }
}

fn describe(need: &Need) -> String {
    let what = match need.sign {
        Sign::Program(name) => format!("program {name}"),
        Sign::File(path) => format!("file {path}"),
    };
    let user = match need.user {
        User::Build => "needed to build",
        User::Tests => "driven by whole-program tests",
    };
    format!("{what}, {user} (Debian package {})", need.package)
}

fn without_apt(missing: &[Need]) -> Result<(), Failure> {
    if missing.iter().any(|need| need.user == User::Build) {
        return Err(Failure::SetUp(
            "this system has no apt-get: install what is missing above by its own package manager, \
             then run this again"
                .to_owned(),
        ));
    }
    println!(
        "warning: this system has no apt-get; the tests that drive the programs above will fail until \
         you install them"
    );
    Ok(())
}

fn install(missing: &[Need], consent: Consent) -> Result<(), Failure> {
    let packages: Vec<_> = missing.iter().map(|need| need.package).collect();
    let by_hand = format!(
        "apt-get install --no-install-recommends {}",
        packages.join(" ")
    );
    let privilege = if is_root() {
        Privilege::Root
    } else {
        Privilege::Sudo
    };
    if privilege == Privilege::Sudo {
        if !is_there(Sign::Program("sudo")) {
            return Err(Failure::SetUp(format!(
                "there is no sudo: as root, run `{by_hand}` first"
            )));
        }
        if consent == Consent::Ask && !agrees(&by_hand)? {
            return Err(Failure::SetUp(format!(
                "nothing was installed; run `sudo {by_hand}` first"
            )));
        }
    }
    println!("installing by apt-get: {}", packages.join(" "));
    // The lists of a fresh machine are empty, those of an offline one may do as they are.
    if !apt_get(privilege, &["update"])? {
        println!("warning: apt-get update failed; going on with the lists that are there");
    }
    let mut arguments = vec!["install", "--yes", "--no-install-recommends"];
    arguments.extend(packages);
    if apt_get(privilege, &arguments)? {
        Ok(())
    } else {
        Err(Failure::SetUp(format!(
            "apt-get could not install them; as root, try `{by_hand}`"
        )))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Privilege {
    Root,
    Sudo,
}

fn is_root() -> bool {
    Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn agrees(by_hand: &str) -> Result<bool, Failure> {
    let not_asked = || Failure::SetUp(format!("run `sudo {by_hand}` first, or pass --yes"));
    if !io::stdin().is_terminal() {
        return Err(not_asked());
    }
    print!("Run `sudo {by_hand}` now? [Y/n] ");
    io::stdout().flush().map_err(|_| not_asked())?;
    let mut answer = String::new();
    let read = io::stdin()
        .lock()
        .read_line(&mut answer)
        .map_err(|_| not_asked())?;
    // No line at all is an end of input, not a bare Enter.
    Ok(read > 0 && matches!(answer.trim().to_lowercase().as_str(), "" | "y" | "yes"))
}

fn apt_get(privilege: Privilege, arguments: &[&str]) -> Result<bool, Failure> {
    let words: &[&str] = match privilege {
        Privilege::Root => &["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"],
        Privilege::Sudo => &["sudo", "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"],
    };
    let (program, before) = words.split_first().unwrap_or((&"apt-get", &[]));
    let status = Command::new(program).args(before).args(arguments).status();
    match status {
        Ok(status) => Ok(status.success()),
        Err(error) => Err(Failure::SetUp(format!(
            "{program} could not be started: {error}"
        ))),
    }
}

#[cfg(test)]
mod unit {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_package_stands_in_one_row() {
        let packages: BTreeSet<_> = NEEDS.iter().map(|need| need.package).collect();
        assert_eq!(packages.len(), NEEDS.len());
    }

    #[test]
    fn what_is_not_there_is_missing() {
        let absent = tests(Sign::Program("agor-no-such-program"), "none");
        let no_file = build(Sign::File("/no/such/file"), "none");
        let present = build(Sign::File("/"), "none");
        assert_eq!(missing(&[absent, present, no_file]), [absent, no_file]);
    }

    #[test]
    fn without_apt_get_only_what_the_build_needs_ends_the_command() {
        assert!(without_apt(&[tests(Sign::Program("fish"), "fish")]).is_ok());
        assert!(without_apt(&[build(Sign::Program("cc"), "gcc")]).is_err());
    }
}
