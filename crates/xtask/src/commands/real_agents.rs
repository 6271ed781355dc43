//! `cargo xtask real-agents`: installs real agent programs from npm into `target/agents`, each once, and
//! runs the tests that drive them in agor's sessions against a model server on this machine.
//!
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

/// A package of npm's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Package {
    /// What a person types, the name of its folder and of its test.
    name: &'static str,
    package: &'static str,
    version: &'static str,
}

/// What runs the agents that are scripts. Older releases make some of them install an old self.
const NODE: Package = Package {
    name: "node",
    package: "node",
    version: "22.23.3",
};

const AGENTS: &[Package] = &[
    Package {
        name: "claude",
        package: "@anthropic-ai/claude-code",
        version: "2.1.329",
    },
    Package {
        name: "codex",
        package: "@openai/codex",
        version: "0.169.0",
    },
    Package {
        name: "opencode",
        package: "opencode-ai",
        version: "1.18.33",
    },
    Package {
        name: "gemini",
        package: "@google/gemini-cli",
        version: "0.61.0",
    },
];

/// Minutes that an install of everything may take before it is said.
const INSTALL_MINUTES: u64 = 3;

/// Tells the tests where the programs are.
const WHERE: &str = "AGOR_TEST_AGENTS";

/// Tells the tests to write what the programs emitted into the fixtures.
const RECORD: &str = "AGOR_TEST_RECORD";

/// What the tests run. Nothing that draws is built for it.
const BUILD: Step<'static> = Step {
    name: "build",
    budget_minutes: 8,
    cargo: &["build", "--package", "agor-core", "--bin", "agord"],
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
    let mut environment = vec![(WHERE, folder.as_ref())];
    environment.extend(wanted.records.then_some((RECORD, "yes")));
    let tests = wanted.agents.iter().map(|agent| test_of(agent.name));
    let tests: Vec<String> = tests.collect();
    // One after the other: what is measured is how soon a state shows.
    let mut cargo: Vec<&str> =
        "test --package tests --test it -- --ignored --nocapture --test-threads 1"
            .split(' ')
            .collect();
    cargo.extend(tests.iter().map(String::as_str));
    report.run(&[
        BUILD,
        Step {
            name: "real agents",
            budget_minutes: 3 * tests.len() as u64,
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
            let agent = AGENTS.iter().find(|agent| agent.name == argument);
            let agent = agent.ok_or_else(|| {
                let names: Vec<_> = AGENTS.iter().map(|agent| agent.name).collect();
                Failure::Usage(format!(
                    "`cargo xtask real-agents` knows no {argument:?}; it knows {} and --record",
                    names.join(", ")
                ))
            })?;
            if !wanted.agents.contains(agent) {
                wanted.agents.push(*agent);
            }
        }
        if wanted.agents.is_empty() {
            wanted.agents = AGENTS.to_vec();
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
        } = self;
        let place = folder.join(name);
        if self.is_in(&place) {
            println!("{package} {version} is in {}", place.display());
            return Ok(());
        }
        println!(
            "== npm install {package}@{version} into {}",
            place.display()
        );
        let started = Instant::now();
        // Whole or not at all: an install that was interrupted is begun anew.
        let new = folder.join(format!("{name}.new"));
        self.install_into(&new)
            .and_then(|()| {
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
        let installed = Command::new("npm")
            .args([
                "install",
                "--no-audit",
                "--no-fund",
                "--no-save",
                "--prefix",
            ])
            .arg(new)
            .arg(format!("{}@{}", self.package, self.version))
            .status()
            .map_err(|error| format!("npm could not be started: {error}"))?;
        if !installed.success() {
            return Err(format!("npm ended with {installed}"));
        }
        if self.is_in(new) {
            Ok(())
        } else {
            Err(format!(
                "npm installed another version than {}",
                self.version
            ))
        }
    }

    fn is_in(&self, place: &Path) -> bool {
        let manifest: PathBuf = place.join("node_modules").join(self.package);
        let manifest = fs::read_to_string(manifest.join("package.json")).unwrap_or_default();
        version_in(&manifest) == Some(self.version)
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
    fn names_choose_none_is_all_and_an_unknown_one_is_told_which_there_are() {
        assert_eq!(parse("").unwrap().agents, AGENTS);
        let wanted = parse("codex --record claude codex").unwrap();
        let names: Vec<_> = wanted.agents.iter().map(|agent| agent.name).collect();
        assert_eq!(names, ["codex", "claude"]);
        assert!(wanted.records);
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
