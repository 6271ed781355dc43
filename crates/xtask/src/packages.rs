//! What a machine needs besides Rust: the table of system packages, how to tell that they are there
//! (`packages/signs.rs`), and how they are installed.
//!
//! Installs by apt-get alone. Elsewhere it names what is missing and leaves the installing to the person.

mod signs;

use std::collections::BTreeSet;
use std::io::{self, BufRead, IsTerminal, Write};
use std::process::{Command, Stdio};

use crate::failure::Failure;
use crate::workspace;
pub use signs::Sign;

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

/// What a package is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum User {
    /// Nothing can be built without it.
    Build,
    /// The window opens it when it runs.
    Window,
    /// Whole-program tests drive it.
    Tests,
    /// Fuzz targets are built with it.
    Fuzz,
    /// It installs the real agents that tests drive.
    Agents,
}

/// Whether packages may be installed without asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    /// Ask first, unless the person is root.
    Ask,
    /// `--yes` was typed.
    Given,
}

/// Where the system's Vulkan loader looks for drivers.
const VULKAN_DRIVERS: &[&str] = &[
    "/etc/vulkan/icd.d",
    "/usr/local/etc/vulkan/icd.d",
    "/usr/local/share/vulkan/icd.d",
    "/usr/share/vulkan/icd.d",
];

/// Where the fonts lie that tests expect.
const NOTO_FONTS: &[&str] = &[
    "/usr/share/fonts/opentype/noto",
    "/usr/share/fonts/truetype/noto",
];

/// Everything that is needed. A new need is a row.
pub const NEEDS: &[Need] = &[
    build(Sign::Program("cc"), "gcc"),
    // SQLite and zstd are compiled from their C sources.
    build(Sign::File("/usr/include/stdio.h"), "libc6-dev"),
    // Nothing of these is linked; they are opened by name.
    window(Sign::Library("libvulkan.so.1"), "libvulkan1"),
    window(Sign::Entry(VULKAN_DRIVERS, ""), "mesa-vulkan-drivers"),
    // Finds the system's fonts for what the bundled ones lack.
    window(Sign::Library("libfontconfig.so.1"), "libfontconfig1"),
    window(Sign::Library("libX11.so.6"), "libx11-6"),
    window(Sign::Library("libX11-xcb.so.1"), "libx11-xcb1"),
    window(Sign::Library("libXcursor.so.1"), "libxcursor1"),
    window(Sign::Library("libXi.so.6"), "libxi6"),
    window(Sign::Library("libxcb.so.1"), "libxcb1"),
    window(Sign::Library("libxkbcommon.so.0"), "libxkbcommon0"),
    window(Sign::Library("libxkbcommon-x11.so.0"), "libxkbcommon-x11-0"),
    window(
        Sign::Library("libwayland-client.so.0"),
        "libwayland-client0",
    ),
    Need {
        // libFuzzer is C++.
        sign: Sign::Program("c++"),
        package: "g++",
        user: User::Fuzz,
    },
    tests(Sign::Program("bash"), "bash"),
    tests(Sign::Program("dash"), "dash"),
    tests(Sign::Program("dbus-daemon"), "dbus-daemon"),
    tests(Sign::Program("fish"), "fish"),
    tests(
        Sign::File("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"),
        "fonts-dejavu-core",
    ),
    tests(Sign::Entry(NOTO_FONTS, "NotoSansCJK-"), "fonts-noto-cjk"),
    tests(
        Sign::Entry(NOTO_FONTS, "NotoColorEmoji"),
        "fonts-noto-color-emoji",
    ),
    tests(Sign::Program("htop"), "htop"),
    tests(Sign::Program("import"), "imagemagick"),
    tests(Sign::Program("less"), "less"),
    tests(Sign::Program("ps"), "procps"),
    tests(Sign::Program("sqlite3"), "sqlite3"),
    tests(Sign::Program("tmux"), "tmux"),
    tests(Sign::Program("vim"), "vim"),
    tests(Sign::Program("xclip"), "xclip"),
    tests(Sign::Program("xdotool"), "xdotool"),
    tests(Sign::Program("Xvfb"), "xvfb"),
    tests(Sign::Program("zsh"), "zsh"),
    // Windows are tested on a software driver, whatever else there is.
    tests(
        Sign::Entry(VULKAN_DRIVERS, "lvp_icd"),
        "mesa-vulkan-drivers",
    ),
    Need {
        sign: Sign::Program("npm"),
        package: "npm",
        user: User::Agents,
    },
];

const fn build(sign: Sign, package: &'static str) -> Need {
    Need {
        sign,
        package,
        user: User::Build,
    }
}

const fn window(sign: Sign, package: &'static str) -> Need {
    Need {
        sign,
        package,
        user: User::Window,
    }
}

const fn tests(sign: Sign, package: &'static str) -> Need {
    Need {
        sign,
        package,
        user: User::Tests,
    }
}

/// Sees to it that everything in [`NEEDS`] that these users need is there.
pub fn set_up(consent: Consent, users: &[User]) -> Result<(), Failure> {
    let mut missing = missing(NEEDS);
    missing.retain(|need| users.contains(&need.user));
    if missing.is_empty() {
        println!("set-up: every system package that is needed is there");
        return Ok(());
    }
    for need in &missing {
        println!("missing: {}", describe(need));
    }
    if !Sign::Program("apt-get").is_there() {
        return without_apt(&missing);
    }
    install(&missing, consent)?;
    let still: Vec<_> = missing
        .into_iter()
        .filter(|need| !need.sign.is_there())
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
        .filter(|need| !need.sign.is_there())
        .collect()
}

fn describe(need: &Need) -> String {
    let user = match need.user {
        User::Build => "needed to build",
        User::Window => "opened by the window",
        User::Tests => "used by whole-program tests",
        User::Fuzz => "needed to build fuzz targets",
        User::Agents => "used to install real agents",
    };
    format!("{}, {user} (Debian package {})", need.sign, need.package)
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
        "warning: this system has no apt-get; what needs the above will fail until you install it"
    );
    Ok(())
}

fn install(missing: &[Need], consent: Consent) -> Result<(), Failure> {
    // One package may bring several things.
    let packages: BTreeSet<_> = missing.iter().map(|need| need.package).collect();
    let packages = Vec::from_iter(packages);
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
        if !Sign::Program("sudo").is_there() {
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

/// A network or another installer that does not answer must not hold up everything for ever.
const APT_GET: &[&str] = &[
    "env",
    "DEBIAN_FRONTEND=noninteractive",
    "timeout",
    "--kill-after=10",
    "600",
    "apt-get",
    "-o",
    "DPkg::Lock::Timeout=120",
    "-o",
    "Acquire::Retries=3",
    "-o",
    "Acquire::http::Timeout=30",
    "-o",
    "Acquire::https::Timeout=30",
];

fn apt_get(privilege: Privilege, arguments: &[&str]) -> Result<bool, Failure> {
    let before: &[&str] = match privilege {
        Privilege::Root => &[],
        // Outside the limit: a person may take long to type a password.
        Privilege::Sudo => &["sudo"],
    };
    let words: Vec<_> = [before, APT_GET, arguments].concat();
    let (program, rest) = words.split_first().unwrap_or((&"apt-get", &[]));
    // It must not ask anything; sudo asks the terminal itself.
    let status = Command::new(program)
        .args(rest)
        .stdin(Stdio::null())
        .status();
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

    #[test]
    fn nothing_is_needed_twice() {
        for (at, need) in NEEDS.iter().enumerate() {
            let after = &NEEDS[at + 1..];
            assert!(
                after.iter().all(|other| other.sign != need.sign),
                "{need:?} is there twice"
            );
        }
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
