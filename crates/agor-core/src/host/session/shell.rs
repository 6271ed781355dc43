//! Shell integration: has bash, zsh and fish tell where prompts, commands and folders are. Each is led to a file of
//! ours by its arguments and environment, and reads the person's own files as always; none of those is written.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

use crate::rewrite::rewrite;

/// The files, by where each shell looks for them.
const FILES: &[(&str, &str)] = &[
    (
        "agor.bash",
        include_str!("../../../../../assets/shell/agor.bash"),
    ),
    (
        "zsh/.zshenv",
        include_str!("../../../../../assets/shell/zshenv"),
    ),
    (
        "zsh/agor.zsh",
        include_str!("../../../../../assets/shell/agor.zsh"),
    ),
    (
        "fish/vendor_conf.d/agor.fish",
        include_str!("../../../../../assets/shell/agor.fish"),
    ),
];

/// Where fish looks if nothing says where (XDG Base Directory Specification).
const DATA_FOLDERS: &str = "/usr/local/share:/usr/share";

/// See the head of this file.
#[derive(Debug)]
pub struct ShellFiles {
    folder: PathBuf,
}

impl ShellFiles {
    /// Writes the files into `folder`, which nobody else may write into.
    ///
    /// # Errors
    /// Why they could not be written.
    pub fn write(folder: PathBuf) -> io::Result<Self> {
        for (name, text) in FILES {
            rewrite(&folder.join(name), text)?;
        }
        Ok(Self { folder })
    }

    /// Leads a shell that is to be started, if it is one that is known, to its file.
    pub fn lead(&self, argv: &mut Vec<OsString>, env: &mut Vec<(OsString, OsString)>) {
        let program = argv.first().map(Path::new);
        let name = program.and_then(Path::file_name).and_then(OsStr::to_str);
        match name {
            // One with arguments of its own reads other files, or runs a command.
            Some("bash") if argv.len() == 1 => {
                argv.push("--rcfile".into());
                argv.push(self.folder.join("agor.bash").into());
            }
            Some("zsh") => {
                let folder = self.folder.join("zsh").into();
                replace(env, "ZDOTDIR", "AGOR_ZDOTDIR", |_| folder);
            }
            Some("fish") => {
                let mut folders = self.folder.clone().into_os_string();
                replace(env, "XDG_DATA_DIRS", "AGOR_XDG_DATA_DIRS", |before| {
                    folders.push(":");
                    folders.push(before.unwrap_or(OsStr::new(DATA_FOLDERS)));
                    folders
                });
            }
            _ => {}
        }
    }
}

/// Gives a variable a value made from the one that it has, which is kept in another for the script to put back.
fn replace(
    env: &mut Vec<(OsString, OsString)>,
    name: &str,
    kept: &str,
    value: impl FnOnce(Option<&OsStr>) -> OsString,
) {
    let at = env.iter().position(|(it, _)| it == name);
    let before = at.map(|at| env.remove(at).1);
    // One that is empty counts as none, for both shells.
    let before = before.filter(|before| !before.is_empty());
    env.push((name.into(), value(before.as_deref())));
    env.retain(|(it, _)| it != kept);
    if let Some(before) = before {
        env.push((kept.into(), before));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Variables = Vec<(OsString, OsString)>;

    fn led(argv: &[&str], env: &[(&str, &str)]) -> (Vec<OsString>, Variables) {
        let folder = tempfile::tempdir().unwrap();
        let files = ShellFiles::write(folder.path().to_owned()).unwrap();
        let mut argv = argv.iter().map(OsString::from).collect();
        let mut env = env.iter().map(|(n, v)| (n.into(), v.into())).collect();
        files.lead(&mut argv, &mut env);
        (argv, env)
    }

    fn value(env: &Variables, name: &str) -> Option<String> {
        let found: Vec<_> = env.iter().filter(|(it, _)| it == name).collect();
        assert!(found.len() <= 1, "{name} is there {} times", found.len());
        found.first().map(|it| it.1.to_string_lossy().into_owned())
    }

    #[test]
    fn only_a_shell_that_will_ask_for_commands_is_led() {
        assert_eq!(led(&["/bin/bash"], &[]).0.len(), 3);
        for argv in [
            &["bash", "-c", "true"][..],
            &["bash", "--norc"],
            &["sh"],
            &["vim"],
            &[],
        ] {
            let (led, env) = led(argv, &[]);
            assert_eq!(led.len(), argv.len(), "{argv:?}");
            assert!(env.is_empty(), "{argv:?}");
        }
    }

    #[test]
    fn what_a_variable_was_is_kept_for_the_script_to_put_back() {
        let (_, env) = led(&["zsh"], &[("ZDOTDIR", "/mine"), ("A", "b")]);
        assert!(value(&env, "ZDOTDIR").unwrap().ends_with("/zsh"));
        assert_eq!(value(&env, "AGOR_ZDOTDIR").unwrap(), "/mine");
        assert_eq!(value(&env, "A").unwrap(), "b");
        // What a shell in a shell of ours was given is not taken for the person's.
        let (_, env) = led(&["zsh"], &[("AGOR_ZDOTDIR", "/stale")]);
        assert_eq!(value(&env, "AGOR_ZDOTDIR"), None);
        let (_, env) = led(&["/usr/bin/fish"], &[]);
        let folders = value(&env, "XDG_DATA_DIRS").unwrap();
        assert!(
            folders.ends_with(":/usr/local/share:/usr/share"),
            "{folders}"
        );
        assert_eq!(value(&env, "AGOR_XDG_DATA_DIRS"), None);
        let (_, env) = led(&["fish"], &[("XDG_DATA_DIRS", "/a:/b")]);
        assert!(value(&env, "XDG_DATA_DIRS").unwrap().ends_with(":/a:/b"));
        assert_eq!(value(&env, "AGOR_XDG_DATA_DIRS").unwrap(), "/a:/b");
    }
}
