//! Who has a session's terminal: the shell, an agent that a person started in it, or something else. By
//! Linux's `/proc`, which tells the terminal's foreground process group of every process on it; elsewhere
//! nothing is told, and an agent in a shell is known by what it reports alone.

use std::collections::VecDeque;
use std::fs;
use std::io::Read;
use std::path::Path;

use agor_proto::limits::{AGENT_COMMAND_MAX, AGENT_PROCESSES_MAX};
use serde::{Deserialize, Serialize};

use super::command_line::{self, Program};
use super::{Provider, Providers};

/// An agent's process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Its provider's id.
    pub provider: String,
    /// Its number.
    pub pid: u32,
    /// When it was started, in the system's clock ticks: with the number it names the process for ever.
    pub started: u64,
}

/// Who has the terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Foreground {
    /// The shell itself, which prompts.
    Shell,
    /// Something that is not known.
    Other,
    /// An agent.
    Agent {
        /// Its process.
        process: Process,
        /// About when it was started, in milliseconds since 1970.
        began_millis: u64,
    },
}

/// Returns who has the terminal of the session whose program is the process `leader`; `None` if that cannot
/// be told.
#[must_use]
pub fn look(providers: &Providers, leader: u32, now_millis: u64) -> Option<Foreground> {
    look_in(Path::new("/proc"), providers, leader, now_millis)
}

/// Programs whose output comes from another machine, or from one made of this one's parts.
const ELSEWHERE: &[&str] = &[
    "adb",
    "docker",
    "et",
    "incus",
    "kubectl",
    "lxc",
    "machinectl",
    "mosh",
    "mosh-client",
    "nerdctl",
    "oc",
    "podman",
    "rlogin",
    "rsh",
    "slogin",
    "ssh",
    "telnet",
];

/// Says whether what has the terminal of the session whose program is the process `leader` prints what another machine
/// says: a name of a file in it is no name of a file here.
#[must_use]
pub fn is_elsewhere(leader: u32) -> bool {
    is_elsewhere_in(Path::new("/proc"), leader)
}

fn is_elsewhere_in(proc: &Path, leader: u32) -> bool {
    let group = stat(proc, leader).and_then(|stat| stat.foreground);
    let members = group.map(|group| members(proc, leader, group));
    members.unwrap_or_default().iter().any(|(pid, _)| {
        let words = command_line(proc, *pid);
        let name = words.first().and_then(|word| word.rsplit('/').next());
        name.is_some_and(|name| ELSEWHERE.contains(&name))
    })
}

/// What the kernel says of a process.
struct Stat {
    alive: bool,
    group: u32,
    /// The foreground process group of its terminal, if it has one.
    foreground: Option<u32>,
    started: u64,
}

fn look_in(proc: &Path, providers: &Providers, leader: u32, now_millis: u64) -> Option<Foreground> {
    let shell = stat(proc, leader)?;
    let group = shell.foreground?;
    let members = members(proc, leader, group);
    for (pid, stat) in &members {
        let words = command_line(proc, *pid);
        let found = provider(proc, *pid, &words, providers);
        if let Some(provider) = found.filter(|_| has_terminal(proc, *pid)) {
            return Some(Foreground::Agent {
                process: Process {
                    provider: provider.id.clone(),
                    pid: *pid,
                    started: stat.started,
                },
                began_millis: started_millis(stat.started, now_millis),
            });
        }
    }
    let alone = members.iter().all(|(pid, _)| *pid == leader);
    let prompts =
        shell.group == group && alone && command_line::is_shell(&command_line(proc, leader));
    Some(if prompts {
        Foreground::Shell
    } else {
        Foreground::Other
    })
}

/// Returns the processes of a group, its leader first, and after it those that the session's program started,
/// the nearest first: the first process of a pipe may be gone.
fn members(proc: &Path, leader: u32, group: u32) -> Vec<(u32, Stat)> {
    let mut waiting = VecDeque::from([group, leader]);
    let (mut seen, mut members) = (Vec::new(), Vec::new());
    while let Some(pid) = waiting.pop_front() {
        if seen.contains(&pid) {
            continue;
        }
        if seen.len() == AGENT_PROCESSES_MAX {
            break;
        }
        seen.push(pid);
        let Some(stat) = stat(proc, pid).filter(|stat| stat.alive) else {
            continue;
        };
        if stat.group == group {
            members.push((pid, stat));
        }
        let task = proc.join(format!("{pid}/task/{pid}/children"));
        let children = fs::read_to_string(task).unwrap_or_default();
        waiting.extend(
            children
                .split_whitespace()
                .filter_map(|it| it.parse::<u32>().ok()),
        );
    }
    members
}

fn provider<'a>(
    proc: &Path,
    pid: u32,
    words: &[String],
    providers: &'a Providers,
) -> Option<&'a Provider> {
    if let Some(found) = providers.of_command(words) {
        return Some(found);
    }
    // A program may have given itself another name than that of its file.
    let file = fs::read_link(proc.join(format!("{pid}/exe"))).ok()?;
    let program = Program {
        path: file.to_str()?,
        arguments: words.get(1..).unwrap_or_default(),
    };
    providers.of_program(&program)
}

/// Says whether a process reads from or writes to a terminal: a language server that an editor started does
/// not. One that may not be looked at is believed.
fn has_terminal(proc: &Path, pid: u32) -> bool {
    let terminal = |fd: u32| {
        let file = fs::read_link(proc.join(format!("{pid}/fd/{fd}")));
        file.map_or(true, |file| {
            file.starts_with("/dev/pts")
                || file.to_str().is_some_and(|it| it.starts_with("/dev/tty"))
        })
    };
    terminal(0) || terminal(1)
}

fn stat(proc: &Path, pid: u32) -> Option<Stat> {
    let text = fs::read(proc.join(format!("{pid}/stat"))).ok()?;
    // The name in parentheses may hold anything, even parentheses.
    let name_end = text.iter().rposition(|byte| *byte == b')')?;
    let rest = std::str::from_utf8(text.get(name_end + 1..)?).ok()?;
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    let number = |at: usize| fields.get(at)?.parse::<i64>().ok();
    // State, parent, group, session, terminal, foreground; the time of the start is the 22nd field of all.
    Some(Stat {
        alive: !matches!(*fields.first()?, "Z" | "X" | "x"),
        group: u32::try_from(number(2)?).ok()?,
        // Without a terminal it is -1.
        foreground: u32::try_from(number(5)?).ok(),
        started: u64::try_from(number(19)?).ok()?,
    })
}

fn command_line(proc: &Path, pid: u32) -> Vec<String> {
    let mut bytes = Vec::new();
    let file = fs::File::open(proc.join(format!("{pid}/cmdline")));
    // It may end at any moment: then it has no words.
    if let Ok(file) = file {
        file.take(AGENT_COMMAND_MAX as u64)
            .read_to_end(&mut bytes)
            .ok();
    }
    let mut words: Vec<String> = bytes
        .split(|byte| *byte == 0)
        .map(|word| String::from_utf8_lossy(word).into_owned())
        .collect();
    while words.last().is_some_and(String::is_empty) {
        words.pop();
    }
    // One that has given itself a title has it as its only word.
    if let [title] = &words[..] {
        words = title.split_whitespace().map(str::to_owned).collect();
    }
    words
}

/// Returns about when a process was started that was at `started` ticks, in milliseconds since 1970.
fn started_millis(started: u64, now_millis: u64) -> u64 {
    let ticks = rustix::param::clock_ticks_per_second().max(1);
    let up = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    let up_millis = u64::try_from(up.tv_sec).unwrap_or(0) * 1_000
        + u64::try_from(up.tv_nsec).unwrap_or(0) / 1_000_000;
    let age = up_millis.saturating_sub(started.saturating_mul(1_000) / ticks);
    now_millis.saturating_sub(age)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::path::PathBuf;

    use super::*;

    const NOW: u64 = 1_700_000_000_000;

    /// A process as `/proc` shows it.
    struct Shown<'a> {
        pid: u32,
        group: u32,
        words: &'a str,
        children: &'a [u32],
        stdin: &'a str,
    }

    /// A folder like `/proc`, in which `foreground` has the terminal.
    struct Proc(tempfile::TempDir);

    impl Proc {
        fn new(foreground: i64, shown: &[Shown<'_>]) -> Self {
            let proc = tempfile::tempdir().unwrap();
            for it in shown {
                let folder = proc.path().join(it.pid.to_string());
                let task = folder.join("task").join(it.pid.to_string());
                fs::create_dir_all(&task).unwrap();
                fs::create_dir_all(folder.join("fd")).unwrap();
                for fd in ["0", "1"] {
                    symlink(it.stdin, folder.join("fd").join(fd)).unwrap();
                }
                let stat = format!(
                    "{} (a) Z (b)) S 1 {} 10 34816 {foreground} 0 0 0 0 0 0 0 0 0 20 0 1 0 {} 1 2",
                    it.pid,
                    it.group,
                    1_000 + it.pid
                );
                fs::write(folder.join("stat"), stat).unwrap();
                fs::write(folder.join("cmdline"), it.words.replace(' ', "\0") + "\0").unwrap();
                let children: Vec<_> = it.children.iter().map(u32::to_string).collect();
                fs::write(task.join("children"), children.join(" ")).unwrap();
            }
            Self(proc)
        }

        fn file(&self, name: &str) -> PathBuf {
            self.0.path().join(name)
        }

        fn found(&self) -> Option<Foreground> {
            let found = look_in(self.0.path(), &Providers::built_in(), 10, NOW)?;
            Some(match found {
                Foreground::Agent {
                    process,
                    began_millis,
                } => {
                    assert!(began_millis <= NOW);
                    Foreground::Agent {
                        process,
                        began_millis: 0,
                    }
                }
                found => found,
            })
        }
    }

    fn shown<'a>(pid: u32, group: u32, words: &'a str, children: &'a [u32]) -> Shown<'a> {
        Shown {
            pid,
            group,
            words,
            children,
            stdin: "/dev/pts/3",
        }
    }

    fn agent(provider: &str, pid: u32) -> Option<Foreground> {
        Some(Foreground::Agent {
            process: Process {
                provider: provider.into(),
                pid,
                started: 1_000 + u64::from(pid),
            },
            began_millis: 0,
        })
    }

    #[test]
    fn a_shell_that_prompts_has_its_terminal_itself() {
        let background = [shown(10, 10, "-bash", &[11]), shown(11, 11, "claude", &[])];
        assert_eq!(Proc::new(10, &background).found(), Some(Foreground::Shell));
        let script = [shown(10, 10, "bash build.sh", &[])];
        assert_eq!(Proc::new(10, &script).found(), Some(Foreground::Other));
        let runs = [shown(10, 10, "sh", &[11]), shown(11, 10, "make", &[])];
        assert_eq!(Proc::new(10, &runs).found(), Some(Foreground::Other));
    }

    #[test]
    fn what_another_machine_says_is_known_by_the_program_that_prints_it() {
        let elsewhere = |foreground: i64, words: &str| {
            let all = [shown(10, 10, "bash", &[20]), shown(20, 20, words, &[])];
            is_elsewhere_in(Proc::new(foreground, &all).0.path(), 10)
        };
        for words in [
            "ssh host",
            "/usr/bin/ssh -t host vim",
            "docker exec -it it sh",
        ] {
            assert!(elsewhere(20, words), "{words}");
            // In the background it prints nothing that counts.
            assert!(!elsewhere(10, words), "{words}");
        }
        for words in ["vim ssh", "sshfs", "kitten icat ssh", ""] {
            assert!(!elsewhere(20, words), "{words}");
        }
        let own = [shown(10, 10, "ssh host", &[])];
        assert!(is_elsewhere_in(Proc::new(10, &own).0.path(), 10));
    }

    #[test]
    fn the_agent_that_a_person_started_is_found_however_it_is_run() {
        for (words, provider) in [
            ("claude", "claude"),
            ("/home/a/.local/bin/claude --continue", "claude"),
            (
                "node /usr/lib/node_modules/@anthropic-ai/claude-code/cli.js",
                "claude",
            ),
            ("node --max-old-space-size=8192 /usr/bin/gemini", "gemini"),
            ("node /x/@google/gemini-cli/dist/index.js", "gemini"),
            ("python3 /home/a/.local/bin/aider", "aider"),
            ("python3 -m aider", "aider"),
            ("ollama run llama3", "ollama"),
            ("opencode", "opencode"),
        ] {
            let proc = Proc::new(
                20,
                &[shown(10, 10, "bash", &[20]), shown(20, 20, words, &[])],
            );
            assert_eq!(proc.found(), agent(provider, 20), "{words}");
        }
        for words in [
            "vim claude",
            "cat /x/claude",
            "ollama serve",
            "goose up",
            "tmux",
        ] {
            let proc = Proc::new(
                20,
                &[shown(10, 10, "bash", &[20]), shown(20, 20, words, &[])],
            );
            assert_eq!(proc.found(), Some(Foreground::Other), "{words}");
        }
    }

    #[test]
    fn an_agent_is_found_behind_a_runner_of_packages_and_at_the_end_of_a_pipe() {
        let npx = [
            shown(10, 10, "bash", &[20]),
            shown(20, 20, "npm exec @openai/codex", &[21]),
            shown(21, 20, "sh -c codex", &[22]),
            shown(22, 20, "node /c/_npx/3/node_modules/.bin/codex", &[]),
        ];
        assert_eq!(Proc::new(20, &npx).found(), agent("codex", 22));
        let pipe = [
            shown(10, 10, "bash", &[21]),
            shown(21, 20, "claude -p", &[]),
        ];
        assert_eq!(Proc::new(20, &pipe).found(), agent("claude", 21));
    }

    #[test]
    fn what_an_editor_runs_beside_itself_has_no_terminal_and_is_none() {
        let pipes = Shown {
            stdin: "pipe:[3]",
            ..shown(21, 20, "node /x/bin/copilot --stdio", &[])
        };
        let proc = Proc::new(
            20,
            &[
                shown(10, 10, "bash", &[20]),
                shown(20, 20, "vim", &[21]),
                pipes,
            ],
        );
        assert_eq!(proc.found(), Some(Foreground::Other));
    }

    #[test]
    fn a_title_that_a_program_gave_itself_is_read_and_so_is_the_name_of_its_file() {
        let proc = Proc::new(20, &[shown(10, 10, "bash", &[20]), shown(20, 20, "x", &[])]);
        fs::write(proc.file("20/cmdline"), "claude  (resumed)\0\0\0\0").unwrap();
        assert_eq!(proc.found(), agent("claude", 20));
        fs::write(proc.file("20/cmdline"), "").unwrap();
        assert_eq!(proc.found(), Some(Foreground::Other));
        symlink("/opt/bin/codex", proc.file("20/exe")).unwrap();
        assert_eq!(proc.found(), agent("codex", 20));
    }

    #[test]
    fn without_a_terminal_or_a_process_nothing_is_told() {
        assert_eq!(Proc::new(-1, &[shown(10, 10, "bash", &[])]).found(), None);
        let proc = Proc::new(10, &[]);
        assert_eq!(proc.found(), None);
        fs::create_dir(proc.file("10")).unwrap();
        fs::write(proc.file("10/stat"), "10 (bash").unwrap();
        assert_eq!(proc.found(), None);
    }

    #[test]
    fn agent_command_max_bounds_what_is_read_of_a_command_line() {
        let proc = Proc::new(20, &[shown(10, 10, "bash", &[20]), shown(20, 20, "x", &[])]);
        let long = "a".repeat(2 * AGENT_COMMAND_MAX);
        fs::write(proc.file("20/cmdline"), format!("claude\0{long}\0")).unwrap();
        let words = command_line(proc.0.path(), 20);
        assert_eq!(
            words.iter().map(String::len).sum::<usize>() + 1,
            AGENT_COMMAND_MAX
        );
        assert_eq!(proc.found(), agent("claude", 20));
    }

    #[test]
    fn the_time_of_a_start_is_told_in_the_clock_of_people() {
        let (me, now) = (std::process::id(), NOW);
        let stat = stat(Path::new("/proc"), me).expect("this process");
        let age = now - started_millis(stat.started, now);
        assert!(age < 3_600_000, "{age}");
    }
}
