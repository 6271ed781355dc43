//! A workspace of real programs in a profile of its own, and a picture of the window that shows it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::Failure;
use crate::packages::Sign;
use crate::workspace;

/// One session of the demonstration.
#[derive(Debug)]
struct Row {
    /// Its name.
    name: &'static str,
    /// The program that must be there for it.
    needs: &'static str,
    /// What runs in it, in the root of the repository.
    command: &'static [&'static str],
}

/// Every session, in the order in which they start.
const ROWS: &[Row] = &[
    Row {
        name: "demo-history",
        needs: "git",
        command: &[
            "sh",
            "-c",
            "git --no-pager log --graph --oneline --decorate --color=always -30; exec \"${SHELL:-sh}\"",
        ],
    },
    Row {
        name: "demo-editor",
        needs: "vim",
        // Without a swap file, since the demonstration ends by being killed.
        command: &["vim", "-n", "+syntax on", "crates/agor-proto/src/frame.rs"],
    },
    Row {
        name: "demo-processes",
        needs: "htop",
        command: &["htop"],
    },
    Row {
        name: "demo-pages",
        needs: "less",
        command: &["less", "README.md"],
    },
    Row {
        name: "demo-colours",
        needs: "sh",
        command: &["sh", "crates/xtask/src/commands/run/colours.sh"],
    },
];

/// A path of a socket has at most 107 bytes; these are what agor puts behind the folder's.
const SOCKET_PATH_MAX: usize = 107 - "/.host.sock.4294967295".len();

/// Starts the demonstration anew and writes its picture.
pub fn run(program: &Path) -> Result<(), Failure> {
    let target = workspace::root().join("target");
    let demo = Demo::at(program, &target.join("demo"));
    demo.clear()?;
    for row in ROWS {
        if Sign::Program(row.needs).is_there() {
            demo.start(row)?;
        } else {
            println!("left out: {}, for want of {}", row.name, row.needs);
        }
    }
    let picture = target.join("agor.png");
    let out = picture.to_string_lossy();
    demo.done(&["shot", "--out", &out, "--size", "1440x900"])?;
    println!(
        "the picture is {out}\nits programs run on; to see one in this terminal: {}\n\
         to end them and their host: {}",
        demo.typed(&["attach", "demo-history"]),
        demo.typed(&["stop-host"]),
    );
    Ok(())
}

#[derive(Debug)]
struct Demo {
    program: PathBuf,
    data: PathBuf,
    /// Where its sockets lie, when a path below `data` would be too long for them.
    runtime: Option<PathBuf>,
}

impl Demo {
    fn at(program: &Path, data: &Path) -> Demo {
        let too_long = data.join("run").as_os_str().len() > SOCKET_PATH_MAX;
        Demo {
            program: program.to_owned(),
            data: data.to_owned(),
            runtime: too_long.then(|| std::env::temp_dir().join("agor-demo")),
        }
    }

    /// Ends what is left of one before.
    fn clear(&self) -> Result<(), Failure> {
        let nothing = Stdio::null;
        let mut stop = self.command(&["stop-host"]);
        stop.stdout(nothing()).stderr(nothing());
        // Mostly there is no host to stop.
        stop.status().ok();
        match fs::remove_dir_all(&self.data) {
            Err(error) if self.data.exists() => Err(Failure::SetUp(format!(
                "{} cannot be removed: {error}",
                self.data.display()
            ))),
            _ => Ok(()),
        }
    }

    fn start(&self, row: &Row) -> Result<(), Failure> {
        let root = workspace::root();
        let root = root.to_string_lossy();
        let new = [
            "new",
            "--name",
            row.name,
            "--project",
            &root,
            "--size",
            "100x30",
            "--",
        ];
        self.done(&[&new, row.command].concat())?;
        // Some never rest; what they have drawn by then is enough.
        let mut wait = self.command(&["wait", row.name, "--idle", "300", "--timeout", "5"]);
        wait.stdout(Stdio::null()).stderr(Stdio::null());
        let waited = wait.status();
        waited.map(drop).map_err(|error| self.not_started(&error))
    }

    fn done(&self, arguments: &[&str]) -> Result<(), Failure> {
        let status = self
            .command(arguments)
            .stdout(Stdio::null())
            .status()
            .map_err(|error| self.not_started(&error))?;
        if status.success() {
            Ok(())
        } else {
            Err(Failure::Step(format!(
                "{} failed ({status})",
                self.typed(arguments)
            )))
        }
    }

    fn not_started(&self, error: &std::io::Error) -> Failure {
        Failure::SetUp(format!(
            "{} could not be started: {error}",
            self.program.display()
        ))
    }

    fn profile(&self) -> Vec<&Path> {
        let mut words = vec![Path::new("--data"), &self.data];
        if let Some(runtime) = &self.runtime {
            words.extend([Path::new("--runtime"), runtime]);
        }
        words
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(self.profile())
            .args(arguments)
            .current_dir(workspace::root())
            .stdin(Stdio::null());
        command
    }

    /// Returns a command line that a person can type.
    fn typed(&self, arguments: &[&str]) -> String {
        let program = self.program.as_path();
        let words = [program].into_iter().chain(self.profile());
        let words = words.map(|word| word.to_string_lossy().into_owned());
        let rest = arguments.iter().map(|&word| word.to_owned());
        let quoted = |word: String| match word.contains([' ', '"', '$']) {
            true => format!("'{word}'"),
            false => word,
        };
        words.chain(rest).map(quoted).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_session_has_a_name_of_its_own_that_says_demo_and_files_that_are_there() {
        let names: BTreeSet<_> = ROWS.iter().map(|row| row.name).collect();
        assert_eq!(names.len(), ROWS.len());
        assert!(names.iter().all(|name| name.starts_with("demo-")));
        let words = ROWS.iter().flat_map(|row| row.command);
        let files = words.filter(|word| word.contains('/') && !word.contains(' '));
        for file in files {
            assert!(workspace::root().join(file).is_file(), "{file}");
        }
    }

    #[test]
    fn sockets_go_elsewhere_when_the_repository_lies_too_deep() {
        let program = Path::new("/t/agor");
        let demo = Demo::at(program, Path::new("/t/demo"));
        assert_eq!(demo.typed(&["ls"]), "/t/agor --data /t/demo ls");
        let deep = format!("/{}/demo", "d".repeat(SOCKET_PATH_MAX));
        let demo = Demo::at(program, Path::new(&deep));
        assert!(demo.typed(&["ls"]).contains(" --runtime "));
    }
}
