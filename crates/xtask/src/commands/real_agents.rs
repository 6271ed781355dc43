//! `cargo xtask real-agents`: installs real agent programs from npm and PyPI into `target/agents`, each once, and
//! runs the tests that drive them in agor's sessions against a model server on this machine.
//!
//! Without a name it drives those that it must pass with; `all` drives the others too.
//! The versions are pinned: what a program shows changes from one to the next, and a failure should mean
//! that agor changed. No account is needed; while the tests run, nothing leaves the machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::failure::Failure;
use crate::packages::{self, Consent, User};
use crate::steps::{Report, Step, Tests, clock};
use crate::workspace;

/// Where a package comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Registry {
    Npm,
    PyPi,
}

/// When an agent is driven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Driven {
    Always,
    /// If its name is typed, or `all`.
    Named,
}

/// A package of a registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Package {
    /// What a person types, the name of its folder and of its test.
    name: &'static str,
    registry: Registry,
    package: &'static str,
    version: &'static str,
    driven: Driven,
}

const fn npm(
    name: &'static str,
    package: &'static str,
    version: &'static str,
    driven: Driven,
) -> Package {
    Package {
        name,
        registry: Registry::Npm,
        package,
        version,
        driven,
    }
}

/// What runs the agents that are scripts. Older releases make some of them install an old self.
const NODE: Package = npm("node", "node", "22.23.3", Driven::Always);

const AGENTS: &[Package] = &[
    npm(
        "claude",
        "@anthropic-ai/claude-code",
        "2.1.329",
        Driven::Always,
    ),
    npm("codex", "@openai/codex", "0.169.0", Driven::Always),
    npm("opencode", "opencode-ai", "1.18.33", Driven::Always),
    npm("gemini", "@google/gemini-cli", "0.61.0", Driven::Always),
    npm("qwen", "@qwen-code/qwen-code", "0.24.4", Driven::Named),
    npm(
        "pi",
        "@earendil-works/pi-coding-agent",
        "1.6.0",
        Driven::Named,
    ),
    npm("copilot", "@github/copilot", "1.0.102", Driven::Named),
    Package {
        name: "aider",
        registry: Registry::PyPi,
        package: "aider-chat",
        version: "0.86.2",
        driven: Driven::Named,
    },
];

/// Which Pythons are tried for a package of PyPI, and what the one has to be that it is installed with: Aider takes none
/// after 3.12, and some systems install Python without what makes a folder for a program of its own.
const PYTHONS: [&str; 4] = ["python3.12", "python3.11", "python3.10", "python3"];
const IS_FIT: &str =
    "import sys, ensurepip, venv; sys.exit(not (3, 10) <= sys.version_info[:2] < (3, 13))";

/// What is typed for all of them.
const ALL: &str = "all";

/// Minutes that an install of everything may take before it is said.
const INSTALL_MINUTES: u64 = 3;

/// Tells the tests where the programs are.
const WHERE: &str = "AGOR_TEST_AGENTS";

/// Tells the tests to write what the programs emitted into the fixtures.
const RECORD: &str = "AGOR_TEST_RECORD";

/// Tells the tests that the program is built.
const BUILT: (&str, &str) = ("AGOR_TEST_PROGRAMS", "built");

/// What the tests run, with them, so that it has the features that it has for all other tests. Nothing that draws is
/// built for it.
const BUILD: Step<'static> = Step {
    name: "build",
    budget_minutes: 8,
    cargo: &["build", "--workspace", "--bin", "agord", "--test", "it"],
    environment: &[],
    tests: Tests::None,
};

/// Runs it.
pub fn run(arguments: &[String]) -> Result<(), Failure> {
    let wanted = Wanted::parse(arguments)?;
    packages::set_up(Consent::Ask, &[User::Build, User::Agents])?;
    let mut report = Report::default();
    let folder = workspace::root().join("target/agents");
    let started = Instant::now();
    for package in std::iter::once(&NODE).chain(&wanted.agents) {
        package.install(&folder)?;
    }
    report.note("install", started.elapsed(), INSTALL_MINUTES);

    let folder = folder.to_string_lossy();
    let mut environment = vec![(WHERE, folder.as_ref()), BUILT];
    environment.extend(wanted.records.then_some((RECORD, "yes")));
    let tests = wanted.agents.iter().map(|agent| test_of(agent.name));
    let tests: Vec<String> = tests.collect();
    // One after the other: what is measured is how soon a state shows.
    let mut cargo: Vec<&str> =
        "test --workspace --test it -- --ignored --nocapture --test-threads 1"
            .split(' ')
            .collect();
    cargo.extend(tests.iter().map(String::as_str));
    report.run(&[
        BUILD,
        Step {
            name: "real agents",
            budget_minutes: 8 * tests.len() as u64,
            cargo: &cargo,
            environment: &environment,
            tests: Tests::Some,
        },
    ])?;
    report.finish();
    Ok(())
}

/// Returns what the name of an agent's test begins with.
fn test_of(name: &str) -> String {
    format!("real_agents::{name}")
}

struct Wanted {
    agents: Vec<Package>,
    records: bool,
}

impl Wanted {
    fn parse(arguments: &[String]) -> Result<Self, Failure> {
        let mut wanted = Self {
            agents: Vec::new(),
            records: false,
        };
        for argument in arguments {
            if argument == "--record" {
                wanted.records = true;
                continue;
            }
            if argument == ALL {
                wanted.agents = AGENTS.to_vec();
                continue;
            }
            let agent = AGENTS.iter().find(|agent| agent.name == argument);
            let agent = agent.ok_or_else(|| {
                let names: Vec<_> = AGENTS.iter().map(|agent| agent.name).collect();
                Failure::Usage(format!(
                    "`cargo xtask real-agents` knows no {argument:?}; it knows {}, {ALL} and --record",
                    names.join(", ")
                ))
            })?;
            if !wanted.agents.contains(agent) {
                wanted.agents.push(*agent);
            }
        }
        if wanted.agents.is_empty() {
            let always = AGENTS.iter().filter(|it| it.driven == Driven::Always);
            wanted.agents = always.copied().collect();
        }
        Ok(wanted)
    }
}

impl Package {
    /// Installs it below `folder`, unless this version is there.
    fn install(&self, folder: &Path) -> Result<(), Failure> {
        let Self {
            name,
            package,
            version,
            ..
        } = self;
        let place = folder.join(name);
        if self.is_in(&place) {
            println!("{package} {version} is in {}", place.display());
            return Ok(());
        }
        println!("== install {package} {version} into {}", place.display());
        let started = Instant::now();
        // Whole or not at all: an install that was interrupted is begun anew. Python's programs name their own
        // place and cannot be moved; what makes one count as installed comes last there.
        let new = match self.registry {
            Registry::Npm => folder.join(format!("{name}.new")),
            Registry::PyPi => place.clone(),
        };
        self.install_into(&new)
            .and_then(|()| {
                if new == place {
                    return Ok(());
                }
                remove(&place)?;
                fs::rename(&new, &place).map_err(|error| error.to_string())
            })
            .map_err(|why| Failure::SetUp(format!("{package} could not be installed: {why}")))?;
        println!(
            "installed in {}",
            clock(started.elapsed().max(Duration::from_millis(1)))
        );
        Ok(())
    }

    fn install_into(&self, new: &Path) -> Result<(), String> {
        remove(new)?;
        fs::create_dir_all(new).map_err(|error| error.to_string())?;
        match self.registry {
            Registry::Npm => {
                let options = [
                    "install",
                    "--no-audit",
                    "--no-fund",
                    "--no-save",
                    "--prefix",
                ];
                let package = format!("{}@{}", self.package, self.version);
                run_whole(Command::new("npm").args(options).arg(new).arg(package))?;
            }
            Registry::PyPi => {
                run_whole(Command::new(python()?).args(["-m", "venv"]).arg(new))?;
                let package = format!("{}=={}", self.package, self.version);
                let pip = ["-m", "pip", "install", "--quiet", &package];
                run_whole(Command::new(new.join("bin/python")).args(pip))?;
            }
        }
        if self.is_in(new) {
            Ok(())
        } else {
            Err(format!("another version than {} came", self.version))
        }
    }

    fn is_in(&self, place: &Path) -> bool {
        match self.registry {
            Registry::Npm => {
                let manifest: PathBuf = place.join("node_modules").join(self.package);
                let manifest = fs::read_to_string(manifest.join("package.json"));
                version_in(&manifest.unwrap_or_default()) == Some(self.version)
            }
            Registry::PyPi => {
                let package = self.package.replace('-', "_");
                let wanted = format!("{package}-{}.dist-info", self.version);
                let libraries = fs::read_dir(place.join("lib")).into_iter().flatten();
                let mut libraries = libraries.flatten().map(|python| python.path());
                libraries.any(|python| python.join("site-packages").join(&wanted).is_dir())
            }
        }
    }
}

/// Returns the Python that packages are installed with.
fn python() -> Result<&'static str, String> {
    let is_fit = |python: &&str| {
        let tried = Command::new(python).args(["-c", IS_FIT]).output();
        tried.is_ok_and(|tried| tried.status.success())
    };
    let fit = PYTHONS.into_iter().find(is_fit);
    fit.ok_or_else(|| {
        "there is no Python from 3.10 to 3.12 with `venv` (Debian package python3-venv)".to_owned()
    })
}

fn run_whole(command: &mut Command) -> Result<(), String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command.status();
    let status = status.map_err(|error| format!("{program} could not be started: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{program} ended with {status}"))
    }
}

/// Returns the version that a package's manifest names.
fn version_in(manifest: &str) -> Option<&str> {
    let (_, rest) = manifest.split_once("\"version\":")?;
    rest.trim_start().strip_prefix('"')?.split('"').next()
}

fn remove(folder: &Path) -> Result<(), String> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("{} cannot be removed: {error}", folder.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &str) -> Result<Wanted, Failure> {
        let words: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
        Wanted::parse(&words)
    }

    #[test]
    fn names_choose_none_is_those_that_must_pass_and_an_unknown_one_is_told_which_there_are() {
        let names_of = |wanted: Wanted| -> Vec<_> {
            let agents = wanted.agents.iter();
            agents.map(|agent| agent.name).collect()
        };
        let always = ["claude", "codex", "opencode", "gemini"];
        assert_eq!(names_of(parse("").unwrap()), always);
        assert_eq!(parse("all").unwrap().agents, AGENTS);
        let wanted = parse("codex --record claude codex").unwrap();
        assert!(wanted.records);
        assert_eq!(names_of(wanted), ["codex", "claude"]);
        let failure = parse("emacs").err().unwrap().to_string();
        assert!(
            failure.contains("claude, codex, opencode, gemini"),
            "{failure}"
        );
    }

    #[test]
    fn an_installed_version_is_known_by_its_manifest() {
        let folder = std::env::temp_dir().join(format!("xtask-npm-{}", std::process::id()));
        let manifest = folder.join("node_modules/@openai/codex");
        let codex = AGENTS[1];
        assert!(!codex.is_in(&folder));
        fs::create_dir_all(&manifest).unwrap();
        let write = |version: &str| {
            let text = format!("{{\n  \"name\": \"a\",\n  \"version\": \"{version}\"\n}}");
            fs::write(manifest.join("package.json"), text).unwrap();
        };
        write("0.1.0");
        assert!(!codex.is_in(&folder));
        write(codex.version);
        assert!(codex.is_in(&folder));
        let aider = AGENTS.iter().find(|it| it.registry == Registry::PyPi);
        let aider = aider.unwrap();
        assert!(!aider.is_in(&folder));
        let installed = "lib/python3.11/site-packages/aider_chat-0.86.2.dist-info";
        fs::create_dir_all(folder.join(installed)).unwrap();
        assert!(aider.is_in(&folder));
        remove(&folder).unwrap();
        remove(&folder).unwrap();
    }

    #[test]
    fn every_agent_has_a_test() {
        let tests = workspace::root().join("tests/it/real_agents.rs");
        let tests = fs::read_to_string(tests).unwrap();
        for agent in AGENTS {
            let test = test_of(agent.name);
            let function = test.rsplit(':').next().unwrap();
            assert!(tests.contains(&format!("fn {function}")), "{test}");
        }
    }
}
