//! How to tell that something is installed, whoever installed it.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What shows that something is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// A program of this name in `PATH`.
    Program(&'static str),
    /// A file at this path.
    File(&'static str),
    /// A file in one of these folders whose name begins so.
    Entry(&'static [&'static str], &'static str),
    /// A shared library that a program can open by this name.
    Library(&'static str),
}

/// Where libraries lie on a system whose loader has no cache that could be asked.
const LIBRARY_FOLDERS: &[&str] = &[
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib/x86_64-linux-gnu",
    "/usr/local/lib",
    "/usr/local/lib64",
];

impl Sign {
    /// Says whether it is there.
    pub fn is_there(self) -> bool {
        match self {
            Sign::File(path) => Path::new(path).exists(),
            Sign::Program(name) => folders_in("PATH").any(|folder| folder.join(name).is_file()),
            Sign::Entry(folders, begin) => folders.iter().any(|folder| holds(folder, begin)),
            Sign::Library(name) => {
                let usual = LIBRARY_FOLDERS.iter().map(PathBuf::from);
                let mut folders = folders_in("LD_LIBRARY_PATH").chain(usual);
                folders.any(|folder| folder.join(name).exists())
                    || cache().is_some_and(|cache| lists(&cache, name))
            }
        }
    }
}

impl fmt::Display for Sign {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Sign::Program(name) => write!(formatter, "program {name}"),
            Sign::File(path) => write!(formatter, "file {path}"),
            Sign::Entry(folders, begin) => {
                let folder = folders.last().unwrap_or(&"");
                write!(formatter, "file {folder}/{begin}*")
            }
            Sign::Library(name) => write!(formatter, "library {name}"),
        }
    }
}

fn folders_in(variable: &str) -> impl Iterator<Item = PathBuf> {
    let paths = std::env::var_os(variable).unwrap_or_default();
    let folders: Vec<_> = std::env::split_paths(&paths).collect();
    // An empty entry would mean the folder we are in.
    folders.into_iter().filter(|folder| folder.is_absolute())
}

fn holds(folder: &str, begin: &str) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names = entries.map(|entry| entry.file_name());
    names.any(|name| name.to_string_lossy().starts_with(begin))
}

/// Returns what the loader knows by name. `ldconfig` is not in the `PATH` of ordinary users everywhere.
fn cache() -> Option<String> {
    ["ldconfig", "/sbin/ldconfig", "/usr/sbin/ldconfig"]
        .iter()
        .find_map(|program| {
            let output = Command::new(program)
                .arg("-p")
                .stdin(Stdio::null())
                .stderr(Stdio::null())
                .output()
                .ok()?;
            let listed = output.status.success() && !output.stdout.is_empty();
            listed.then(|| String::from_utf8_lossy(&output.stdout).into_owned())
        })
}

/// Says whether `ldconfig -p` printed `name`: a line is `\tname (kind) => path`.
fn lists(cache: &str, name: &str) -> bool {
    cache
        .lines()
        .filter_map(|line| line.strip_prefix('\t')?.split_once(' '))
        .any(|(listed, _)| listed == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CACHE: &str = "1 libs found in cache `/etc/ld.so.cache'\n\
        \tlibvulkan.so.1 (libc6,x86-64) => /lib/x86_64-linux-gnu/libvulkan.so.1\n";

    #[test]
    fn the_loader_knows_libraries_by_their_whole_name() {
        assert!(lists(CACHE, "libvulkan.so.1"));
        for other in ["libvulkan.so", "libvulkan.so.10", "vulkan", "1"] {
            assert!(!lists(CACHE, other), "{other}");
        }
    }

    #[test]
    fn the_library_that_every_program_here_has_is_found_and_an_invented_one_is_not() {
        assert!(Sign::Library("libc.so.6").is_there() || cfg!(not(target_env = "gnu")));
        assert!(!Sign::Library("libagor-no-such-library.so.1").is_there());
    }

    #[test]
    fn a_folder_is_searched_for_a_name_that_begins_so() {
        const HERE: &[&str] = &["/no/such/folder", env!("CARGO_MANIFEST_DIR")];
        assert!(Sign::Entry(HERE, "").is_there());
        assert!(Sign::Entry(HERE, "Cargo").is_there());
        assert!(!Sign::Entry(HERE, "cargo").is_there());
        assert!(!Sign::Entry(&HERE[..1], "").is_there());
    }
}
