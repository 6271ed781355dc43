//! The table of commands. A new one is a file beside the others and a row here.

mod bench;
mod check;
mod fuzz;
mod gallery;
mod golden;
mod nightly;
mod real_agents;
mod run;
mod soak;
mod test;
mod upgrade;

use crate::failure::Failure;

/// One thing that `cargo xtask` can do.
#[derive(Debug)]
pub struct Command {
    /// The word that a person types.
    pub id: &'static str,
    /// What may follow it.
    pub arguments: &'static str,
    /// What it does, in one line.
    pub doc: &'static str,
    /// Does it.
    pub run: fn(&[String]) -> Result<(), Failure>,
}

/// Every command, in the order of the help.
pub const COMMANDS: &[Command] = &[
    Command {
        id: "run",
        arguments: "[--yes] [-- arguments]",
        doc: "Installs what the window needs, builds agor and opens it; without a display, a picture",
        run: run::run,
    },
    Command {
        id: "test",
        arguments: "[--yes] [--new-cases]",
        doc: "Installs what is missing, then runs every check and test; ends with a count",
        run: test::run,
    },
    Command {
        id: "check",
        arguments: "",
        doc: "Runs what every commit must pass: formatting, lints, ceilings, unit tests",
        run: check::run,
    },
    Command {
        id: "bench",
        arguments: "[what] [--json]",
        doc: "Runs the benchmarks whose name contains `what` and prints ratios to their peers",
        run: bench::run,
    },
    Command {
        id: "soak",
        arguments: "[rounds | --minutes N | --seeds N]",
        doc: "Runs the tests of survival for many rounds, or lets everything storm for minutes or hours",
        run: soak::run,
    },
    Command {
        id: "fuzz",
        arguments: "[target] [seconds]",
        doc: "Feeds hostile bytes to every decoder, 60 seconds each, and keeps what it learns",
        run: fuzz::run,
    },
    Command {
        id: "real-agents",
        arguments: "[all | name …] [--record]",
        doc: "Installs real agents into target/agents and drives them; --record writes fixtures",
        run: real_agents::run,
    },
    Command {
        id: "upgrade",
        arguments: "[revision]",
        doc: "Builds an earlier release's host and updates it in place under running programs",
        run: upgrade::run,
    },
    Command {
        id: "nightly",
        arguments: "",
        doc: "Runs everything that takes long: tests, update, survival, fuzzing, real agents, benchmarks",
        run: nightly::run,
    },
    Command {
        id: "gallery",
        arguments: "[tour|sheet] [--program FILE]",
        doc: "Draws the pictures of the README anew: its tour, and the contact sheet of real programs",
        run: gallery::run,
    },
    Command {
        id: "golden",
        arguments: "",
        doc: "Rewrites the golden files of the protocol from the code",
        run: golden::run,
    },
    Command {
        id: "help",
        arguments: "",
        doc: "Prints this list",
        run: help,
    },
];

/// Returns the command that is typed as `id`.
pub fn find(id: &str) -> Result<&'static Command, Failure> {
    let id = if matches!(id, "-h" | "--help") {
        "help"
    } else {
        id
    };
    COMMANDS
        .iter()
        .find(|command| command.id == id)
        .ok_or_else(|| {
            Failure::Usage(format!(
                "`cargo xtask` has no command {id:?}; `cargo xtask help` lists what it has"
            ))
        })
}

/// Returns an error unless `arguments` is empty.
fn take_no_arguments(id: &str, arguments: &[String]) -> Result<(), Failure> {
    match arguments.first() {
        None => Ok(()),
        Some(first) => Err(Failure::Usage(format!(
            "`cargo xtask {id}` takes no {first:?}"
        ))),
    }
}

fn help(arguments: &[String]) -> Result<(), Failure> {
    take_no_arguments("help", arguments)?;
    println!("{}", page(COMMANDS));
    Ok(())
}

fn page(commands: &[Command]) -> String {
    let typed = |command: &Command| {
        format!("cargo xtask {} {}", command.id, command.arguments)
            .trim_end()
            .to_owned()
    };
    let width = commands
        .iter()
        .map(|command| typed(command).len())
        .max()
        .unwrap_or(0);
    let lines = commands
        .iter()
        .map(|command| format!("{:<width$}  {}", typed(command), command.doc));
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_command_has_an_id_of_its_own_and_one_line_of_doc() {
        let ids: BTreeSet<_> = COMMANDS.iter().map(|command| command.id).collect();
        assert_eq!(ids.len(), COMMANDS.len());
        for command in COMMANDS {
            assert!(
                !command.doc.is_empty() && !command.doc.contains('\n'),
                "{}",
                command.id
            );
        }
    }

    #[test]
    fn help_names_every_command() {
        let page = page(COMMANDS);
        assert_eq!(page.lines().count(), COMMANDS.len());
        for command in COMMANDS {
            assert!(page.contains(&format!("cargo xtask {}", command.id)));
        }
    }

    #[test]
    fn an_unknown_command_is_told_where_to_look() {
        let failure = find("tset").unwrap_err();
        assert!(failure.to_string().contains("cargo xtask help"));
        assert_eq!(find("--help").unwrap().id, "help");
    }
}
