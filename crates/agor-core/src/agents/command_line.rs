//! What a command line really runs: the script of an interpreter, the module of a language, or the program
//! itself. Pure; where command lines come from is `foreground.rs`'s business.

/// Programs that run a script, with those of their options that take a word of their own.
const INTERPRETERS: &[(&str, &[&str])] = &[
    ("node", &["-r", "--require", "--import", "--loader", "-C"]),
    ("nodejs", &["-r", "--require", "--import", "--loader", "-C"]),
    ("bun", &["-r", "--preload"]),
    ("deno", &["-c", "--config", "--import-map"]),
    ("python", &["-X", "-W"]),
    ("pypy", &["-X", "-W"]),
    ("ruby", &["-r", "-I"]),
    ("perl", &["-I", "-M"]),
];

/// Programs that a person types commands into.
const SHELLS: &[&str] = &[
    "sh", "ash", "bash", "dash", "elvish", "fish", "ksh", "mksh", "nu", "pwsh", "rbash", "tcsh",
    "csh", "xonsh", "yash", "zsh",
];

/// Options of shells that take a word of their own.
const OF_SHELLS: &[&str] = &["-o", "+o", "-O", "+O", "--rcfile", "--init-file"];

/// Endings of scripts, which are no part of a program's name.
const ENDINGS: &[&str] = &[".js", ".mjs", ".cjs", ".ts", ".py", ".rb", ".pl", ".sh"];

/// A program and the words that follow it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program<'a> {
    /// Its path, or its name.
    pub path: &'a str,
    /// Its arguments.
    pub arguments: &'a [String],
}

impl Program<'_> {
    /// Returns its name: the last part of its path, without the ending of a script.
    #[must_use]
    pub fn name(&self) -> &str {
        let name = base_name(self.path);
        let ending = ENDINGS.iter().find_map(|ending| name.strip_suffix(ending));
        ending.filter(|name| !name.is_empty()).unwrap_or(name)
    }

    /// Says whether it was installed as part of a package: one or two levels of a path, such as
    /// `@openai/codex`.
    #[must_use]
    pub fn is_of(&self, package: &str) -> bool {
        let wanted: Vec<&str> = package.split('/').collect();
        let levels: Vec<&str> = self.path.split('/').collect();
        levels.windows(wanted.len()).any(|some| some == wanted)
    }
}

/// Returns the program that a command line runs; nothing if it is a command or code that stands in the
/// command line itself, or if there is none.
#[must_use]
pub fn program(words: &[String]) -> Option<Program<'_>> {
    let (first, arguments) = words.split_first()?;
    let own = Program {
        path: first,
        arguments,
    };
    let name = base_name(first);
    if is_shell_name(name) {
        return match script(arguments, OF_SHELLS, has_command) {
            Script::At(at) => Some(at_word(arguments, at)),
            Script::None => Some(own),
            Script::Inline => None,
        };
    }
    // `python3.12` is `python`.
    let plain = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    let Some((interpreter, with_word)) = INTERPRETERS.iter().find(|(known, _)| *known == plain)
    else {
        return Some(own);
    };
    let runs =
        matches!(*interpreter, "bun" | "deno") && arguments.first().is_some_and(|it| it == "run");
    let arguments = if runs { &arguments[1..] } else { arguments };
    if *interpreter == "python" || *interpreter == "pypy" {
        let module = arguments.iter().position(|word| word == "-m");
        let before_script = |at: &usize| arguments[..*at].iter().all(|word| word.starts_with('-'));
        if let Some(at) = module.filter(before_script) {
            return (at + 1 < arguments.len()).then(|| at_word(arguments, at + 1));
        }
    }
    match script(arguments, with_word, has_code) {
        Script::At(at) => Some(at_word(arguments, at)),
        Script::None => Some(own),
        Script::Inline => None,
    }
}

/// Says whether a command line is a shell's that reads what a person types.
#[must_use]
pub fn is_shell(words: &[String]) -> bool {
    let named = words.first().is_some_and(|it| is_shell_name(base_name(it)));
    named && program(words).is_some_and(|program| program.path == words[0])
}

/// Where the script stands in an interpreter's arguments.
enum Script {
    At(usize),
    /// There is none.
    None,
    /// What is run stands in the arguments.
    Inline,
}

fn script(arguments: &[String], with_word: &[&str], inline: fn(&str) -> bool) -> Script {
    let mut at = 0;
    while let Some(word) = arguments.get(at) {
        if word == "--" {
            at += 1;
            break;
        }
        if !word.starts_with(['-', '+']) || word == "-" {
            break;
        }
        if inline(word) {
            return Script::Inline;
        }
        at += if with_word.contains(&&word[..]) { 2 } else { 1 };
    }
    if at < arguments.len() && arguments[at] != "-" {
        Script::At(at)
    } else {
        Script::None
    }
}

/// Says whether an option of a shell says that its command follows: `-c`, or a cluster with it.
fn has_command(option: &str) -> bool {
    let cluster = option.strip_prefix('-');
    cluster.is_some_and(|it| !it.starts_with('-') && it.contains('c')) || option == "--command"
}

/// Says whether an option of an interpreter says that its code follows.
fn has_code(option: &str) -> bool {
    ["-c", "-e", "-E", "-p", "-pe", "--eval", "--print"].contains(&option)
}

fn at_word(words: &[String], at: usize) -> Program<'_> {
    Program {
        path: &words[at],
        arguments: &words[at + 1..],
    }
}

fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// A login shell has a hyphen before its name.
fn is_shell_name(name: &str) -> bool {
    SHELLS.contains(&name.trim_start_matches('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    fn runs(line: &str) -> Option<(String, String)> {
        let words = words(line);
        let program = program(&words)?;
        Some((program.name().to_owned(), program.arguments.join(" ")))
    }

    #[test]
    fn what_an_interpreter_runs_is_what_runs() {
        for (line, name, arguments) in [
            ("claude --continue", "claude", "--continue"),
            ("/opt/x/codex", "codex", ""),
            (
                "node --max-old-space-size=8192 /usr/bin/gemini -y",
                "gemini",
                "-y",
            ),
            (
                "node -r ./hook.js --no-warnings /a/node_modules/.bin/codex.js",
                "codex",
                "",
            ),
            (
                "/usr/bin/python3.12 -u /home/a/.local/bin/aider --model x",
                "aider",
                "--model x",
            ),
            ("python -m aider --model x", "aider", "--model x"),
            ("python -X dev run.py -m aider", "run", "-m aider"),
            ("bun run /x/opencode.ts", "opencode", ""),
            ("/bin/bash /usr/local/bin/claude -c", "claude", "-c"),
            ("bash --norc -o pipefail -- /x/agent.sh", "agent", ""),
            ("-zsh", "-zsh", ""),
            ("bash -i", "bash", "-i"),
            ("node", "node", ""),
            (".js", ".js", ""),
        ] {
            let expected = Some((name.to_owned(), arguments.to_owned()));
            assert_eq!(runs(line), expected, "{line}");
        }
    }

    #[test]
    fn code_and_commands_in_the_command_line_are_nobodys() {
        for line in [
            "",
            "bash -lc claude",
            "sh -c codex",
            "node -e claude",
            "python -c claude",
            "python -m",
        ] {
            assert_eq!(runs(line), None, "{line}");
        }
    }

    #[test]
    fn a_shell_is_one_that_reads_what_is_typed() {
        for (line, shell) in [
            ("bash", true),
            ("-zsh", true),
            ("/bin/bash --rcfile /x/rc -i", true),
            ("fish -l", true),
            ("bash ./build.sh", false),
            ("bash -c true", false),
            ("claude", false),
            ("", false),
        ] {
            assert_eq!(is_shell(&words(line)), shell, "{line}");
        }
    }

    #[test]
    fn a_package_is_whole_levels_of_a_path() {
        let words = words("/x/node_modules/@google/gemini-cli/dist/index.js");
        let program = program(&words).unwrap();
        assert!(program.is_of("@google/gemini-cli"));
        assert!(program.is_of("gemini-cli"));
        assert!(!program.is_of("google/gemini-cli"));
        assert!(!program.is_of("@google/gemini"));
    }
}
