//! Where agor keeps its files. Nothing else decides on a path.
//!
//! The folders are those of the XDG base directory specification; a profile of its own is made with
//! `--config` and `--data`.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, Metadata, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The name of the file of settings.
pub const CONFIG: &str = "config.toml";

/// The name of the file of a person's own keys.
pub const KEYBINDINGS: &str = "keybindings.json";

/// The name of the file in which a person extends the table of agents.
pub const PROVIDERS: &str = "providers.toml";

/// The name of the folder of a person's own themes.
pub const THEMES: &str = "themes";

/// The longest path of a Unix socket: `sun_path` without its closing 0.
pub const SOCKET_PATH_MAX: usize = 107;

/// The longest name that is made beside a socket or instead of it, while it is bound.
const SOCKET_NAME_MAX: usize = ".host.sock.4294967295".len();

/// The folders of one profile. Each is for its owner alone (0700).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// Settings that a person writes.
    pub config: PathBuf,
    /// What must survive: the database and the sessions' records.
    pub data: PathBuf,
    /// Logs.
    pub state: PathBuf,
    /// Sockets and locks, which end with the machine's uptime.
    pub runtime: PathBuf,
}

/// What a person asked for instead of the usual folders.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `--config`.
    pub config: Option<PathBuf>,
    /// `--data`: this folder, and in it `state` and `run` unless these are given too.
    pub data: Option<PathBuf>,
    /// The folder for logs.
    pub state: Option<PathBuf>,
    /// The folder for sockets.
    pub runtime: Option<PathBuf>,
}

/// What of the process decides on the usual folders.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// `HOME`.
    pub home: Option<OsString>,
    /// `XDG_CONFIG_HOME`.
    pub config_home: Option<OsString>,
    /// `XDG_DATA_HOME`.
    pub data_home: Option<OsString>,
    /// `XDG_STATE_HOME`.
    pub state_home: Option<OsString>,
    /// `XDG_RUNTIME_DIR`.
    pub runtime_dir: Option<OsString>,
    /// The user's number.
    pub uid: u32,
}

/// A folder that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PathsError {
    /// Neither `HOME` nor the variable for the folder is set.
    #[error(
        "HOME is not set, so there is no place for {what}: set HOME or give --config and --data"
    )]
    NoHome {
        /// What has no place.
        what: &'static str,
    },
    /// Another user owns the folder.
    #[error(
        "{} belongs to user {owner}, not to you: remove it, or choose another folder with --data",
        path.display()
    )]
    Foreign {
        /// The folder.
        path: PathBuf,
        /// Who owns it.
        owner: u32,
    },
    /// A link stands where a folder for sockets should be.
    #[error("{} is a symbolic link, which could lead anywhere: remove it", path.display())]
    Symlink {
        /// The link.
        path: PathBuf,
    },
    /// Something else stands where a folder should be.
    #[error("{} is not a folder: move it away, or choose another folder", path.display())]
    NotAFolder {
        /// What is in the way.
        path: PathBuf,
    },
    /// Others can look into the folder.
    #[error("others can enter {}: run `chmod 700` on it, or choose another folder", path.display())]
    Open {
        /// The folder.
        path: PathBuf,
    },
    /// A socket in the folder would have too long a path.
    #[error(
        "{} is too long a path for a socket ({} bytes too many): choose a shorter folder with --data",
        path.display(), over_bytes
    )]
    TooLong {
        /// The folder.
        path: PathBuf,
        /// How much shorter it must be.
        over_bytes: usize,
    },
    /// The system refused.
    #[error("{} cannot be made or read: {source}", path.display())]
    Io {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl Surroundings {
    /// Returns those of this process.
    #[must_use]
    pub fn of_this_process() -> Self {
        Self {
            home: std::env::var_os("HOME"),
            config_home: std::env::var_os("XDG_CONFIG_HOME"),
            data_home: std::env::var_os("XDG_DATA_HOME"),
            state_home: std::env::var_os("XDG_STATE_HOME"),
            runtime_dir: std::env::var_os("XDG_RUNTIME_DIR"),
            uid: rustix::process::geteuid().as_raw(),
        }
    }

    /// Returns `agor` in the folder of a variable, or in `usual` below the home folder.
    fn folder(
        &self,
        variable: Option<&OsString>,
        usual: &str,
        what: &'static str,
    ) -> Result<PathBuf, PathsError> {
        let home = || absolute(self.home.as_ref()).ok_or(PathsError::NoHome { what });
        let base = match absolute(variable) {
            Some(base) => base,
            None => home()?.join(usual),
        };
        Ok(base.join("agor"))
    }
}

/// Returns a variable's path; one that is not absolute is ignored, as the specification asks.
fn absolute(variable: Option<&OsString>) -> Option<PathBuf> {
    variable
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
}

impl Paths {
    /// Returns the folders of this process's user, without making any.
    ///
    /// # Errors
    /// [`PathsError::NoHome`] and [`PathsError::TooLong`].
    pub fn resolve(overrides: &Overrides) -> Result<Self, PathsError> {
        Self::resolve_in(&Surroundings::of_this_process(), overrides)
    }

    /// Returns the folders that `surroundings` and `overrides` ask for, without making any.
    ///
    /// # Errors
    /// As [`Paths::resolve`].
    pub fn resolve_in(
        surroundings: &Surroundings,
        overrides: &Overrides,
    ) -> Result<Self, PathsError> {
        let given = |path: &Option<PathBuf>| {
            let absolute = |path: &PathBuf| std::path::absolute(path).map_err(refused(path));
            path.as_ref().map(absolute).transpose()
        };
        let data_given = given(&overrides.data)?;
        let within_data = |name: &str| data_given.as_ref().map(|data| data.join(name));
        let config = match given(&overrides.config)? {
            Some(config) => config,
            None => {
                surroundings.folder(surroundings.config_home.as_ref(), ".config", "settings")?
            }
        };
        let data = match data_given.clone() {
            Some(data) => data,
            None => surroundings.folder(surroundings.data_home.as_ref(), ".local/share", "data")?,
        };
        let state = match given(&overrides.state)?.or_else(|| within_data("state")) {
            Some(state) => state,
            None => {
                surroundings.folder(surroundings.state_home.as_ref(), ".local/state", "logs")?
            }
        };
        let runtime = match given(&overrides.runtime)?.or_else(|| within_data("run")) {
            Some(runtime) => runtime,
            None => match absolute(surroundings.runtime_dir.as_ref()) {
                Some(runtime) => runtime.join("agor"),
                None => PathBuf::from(format!("/tmp/agor-{}", surroundings.uid)),
            },
        };
        let socket_bytes = runtime.as_os_str().as_bytes().len() + 1 + SOCKET_NAME_MAX;
        if let Some(over_bytes) = socket_bytes.checked_sub(SOCKET_PATH_MAX).filter(|&n| n > 0) {
            return Err(PathsError::TooLong {
                path: runtime,
                over_bytes,
            });
        }
        Ok(Self {
            config,
            data,
            state,
            runtime,
        })
    }

    /// Makes the folders that are missing and refuses those that others could enter or have put
    /// there.
    ///
    /// # Errors
    /// A [`PathsError`] for the first folder that cannot be used.
    pub fn create(&self) -> Result<(), PathsError> {
        let uid = rustix::process::geteuid().as_raw();
        make(&self.config)?;
        for folder in [&self.data, &self.state] {
            make(folder)?;
            close(folder, &fs::metadata(folder).map_err(refused(folder))?, uid)?;
        }
        make(&self.runtime)?;
        self.check_runtime()
    }

    /// Refuses a folder for sockets that another user could have put there.
    ///
    /// # Errors
    /// A [`PathsError`]; [`PathsError::Io`] with `NotFound` if there is no folder.
    pub fn check_runtime(&self) -> Result<(), PathsError> {
        let metadata = fs::symlink_metadata(&self.runtime).map_err(refused(&self.runtime))?;
        if metadata.is_symlink() {
            return Err(PathsError::Symlink {
                path: self.runtime.clone(),
            });
        }
        close(
            &self.runtime,
            &metadata,
            rustix::process::geteuid().as_raw(),
        )
    }

    /// Returns the arguments with which another process of this program finds the same folders.
    #[must_use]
    pub fn as_arguments(&self) -> Vec<OsString> {
        [
            ("--config", &self.config),
            ("--data", &self.data),
            ("--logs", &self.state),
            ("--runtime", &self.runtime),
        ]
        .into_iter()
        .flat_map(|(name, path)| [OsString::from(name), path.clone().into_os_string()])
        .collect()
    }

    /// Returns the person's own table of agents.
    #[must_use]
    pub fn providers_file(&self) -> PathBuf {
        self.config.join(PROVIDERS)
    }

    /// Returns the folder of a person's own themes.
    #[must_use]
    pub fn themes_folder(&self) -> PathBuf {
        self.config.join(THEMES)
    }

    /// Returns the file of settings.
    #[must_use]
    pub fn config_file(&self) -> PathBuf {
        self.config.join(CONFIG)
    }

    /// Returns the folder of settings.
    #[must_use]
    pub fn config_folder(&self) -> &Path {
        &self.config
    }

    /// Returns the file of a person's own keys.
    #[must_use]
    pub fn keybindings_file(&self) -> PathBuf {
        self.config.join(KEYBINDINGS)
    }

    /// Returns the socket at which the host answers.
    #[must_use]
    pub fn host_socket(&self) -> PathBuf {
        self.runtime.join("host.sock")
    }

    /// Returns the folder with the files of launches: settings with hooks, one folder a session.
    #[must_use]
    pub fn launches(&self) -> PathBuf {
        self.runtime.join("launches")
    }

    /// Returns the folder with what shells read so that they mark their prompts.
    #[must_use]
    pub fn shell_files(&self) -> PathBuf {
        self.runtime.join("shell")
    }

    /// Returns the file with the key from which sessions' tokens are made.
    #[must_use]
    pub fn token_key(&self) -> PathBuf {
        self.data.join("token.key")
    }

    /// Returns the socket at which the keeper answers.
    #[must_use]
    pub fn keeper_socket(&self) -> PathBuf {
        self.runtime.join("keeper.sock")
    }

    /// Returns the lock that the running host holds.
    #[must_use]
    pub fn host_lock(&self) -> PathBuf {
        self.runtime.join("host.lock")
    }

    /// Returns the host's log.
    #[must_use]
    pub fn host_log(&self) -> PathBuf {
        self.state.join("host.log")
    }

    /// Returns the window's log.
    #[must_use]
    pub fn window_log(&self) -> PathBuf {
        self.state.join("window.log")
    }

    /// Returns the folder of the database.
    #[must_use]
    pub fn data(&self) -> &Path {
        &self.data
    }
}

/// Returns the error of a system call about `path`.
fn refused(path: &Path) -> impl FnOnce(io::Error) -> PathsError {
    |source| PathsError::Io {
        path: path.to_owned(),
        source,
    }
}

/// Makes a folder and those above it, for the user alone.
fn make(path: &Path) -> Result<(), PathsError> {
    match DirBuilder::new().recursive(true).mode(0o700).create(path) {
        Ok(()) => Ok(()),
        Err(_) if fs::metadata(path).is_ok_and(|metadata| !metadata.is_dir()) => {
            Err(PathsError::NotAFolder {
                path: path.to_owned(),
            })
        }
        Err(source) => Err(refused(path)(source)),
    }
}

/// Sees to it that the user alone can enter a folder. Only an empty one, or one that carries
/// agor's name, is changed: a person may have given a folder that serves others too.
fn close(path: &Path, metadata: &Metadata, uid: u32) -> Result<(), PathsError> {
    if !metadata.is_dir() {
        return Err(PathsError::NotAFolder {
            path: path.to_owned(),
        });
    }
    if metadata.uid() != uid {
        return Err(PathsError::Foreign {
            path: path.to_owned(),
            owner: metadata.uid(),
        });
    }
    if metadata.mode() & 0o077 == 0 {
        return Ok(());
    }
    let named_for_us = path
        .file_name()
        .is_some_and(|name| name == "agor" || name.as_bytes().starts_with(b"agor-"));
    let empty = fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none());
    if !named_for_us && !empty {
        return Err(PathsError::Open {
            path: path.to_owned(),
        });
    }
    fs::set_permissions(path, Permissions::from_mode(0o700)).map_err(refused(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn surroundings() -> Surroundings {
        Surroundings {
            home: Some("/home/ann".into()),
            uid: 1000,
            ..Surroundings::default()
        }
    }

    fn profile(folder: &Path) -> Paths {
        let overrides = Overrides {
            config: Some(folder.join("config")),
            data: Some(folder.join("data")),
            ..Overrides::default()
        };
        Paths::resolve_in(&surroundings(), &overrides).unwrap()
    }

    #[test]
    fn the_folders_are_those_of_the_specification() {
        let paths = Paths::resolve_in(&surroundings(), &Overrides::default()).unwrap();
        assert_eq!(paths.config, Path::new("/home/ann/.config/agor"));
        assert_eq!(paths.data, Path::new("/home/ann/.local/share/agor"));
        assert_eq!(paths.state, Path::new("/home/ann/.local/state/agor"));
        assert_eq!(paths.runtime, Path::new("/tmp/agor-1000"));

        let variables = Surroundings {
            config_home: Some("/c".into()),
            data_home: Some("relative".into()),
            state_home: Some("/s".into()),
            runtime_dir: Some("/run/user/1000".into()),
            ..surroundings()
        };
        let paths = Paths::resolve_in(&variables, &Overrides::default()).unwrap();
        assert_eq!(paths.config, Path::new("/c/agor"));
        assert_eq!(paths.data, Path::new("/home/ann/.local/share/agor"));
        assert_eq!(paths.state, Path::new("/s/agor"));
        assert_eq!(paths.runtime, Path::new("/run/user/1000/agor"));
    }

    #[test]
    fn a_data_folder_of_its_own_holds_logs_and_sockets_too() {
        let paths = profile(Path::new("/p"));
        assert_eq!(paths.state, Path::new("/p/data/state"));
        assert_eq!(paths.runtime, Path::new("/p/data/run"));
        let nowhere = Surroundings::default();
        let overrides = Overrides {
            config: Some("/c".into()),
            data: Some("/d".into()),
            ..Overrides::default()
        };
        assert!(Paths::resolve_in(&nowhere, &overrides).is_ok());
        let error = Paths::resolve_in(&nowhere, &Overrides::default()).unwrap_err();
        assert!(matches!(error, PathsError::NoHome { .. }));
    }

    #[test]
    fn another_process_finds_the_same_folders() {
        let paths = Paths::resolve_in(&surroundings(), &Overrides::default()).unwrap();
        let arguments = paths.as_arguments();
        let value = |name: &str| {
            let at = arguments.iter().position(|argument| argument == name);
            at.map(|at| PathBuf::from(&arguments[at + 1]))
        };
        let overrides = Overrides {
            config: value("--config"),
            data: value("--data"),
            state: value("--logs"),
            runtime: value("--runtime"),
        };
        let elsewhere = Surroundings::default();
        assert_eq!(Paths::resolve_in(&elsewhere, &overrides).unwrap(), paths);
    }

    #[test]
    fn a_path_too_long_for_a_socket_is_refused_before_anything_is_made() {
        let data = PathBuf::from(format!("/{}", "d".repeat(120)));
        let overrides = Overrides {
            data: Some(data),
            ..Overrides::default()
        };
        let error = Paths::resolve_in(&surroundings(), &overrides).unwrap_err();
        assert!(matches!(error, PathsError::TooLong { .. }), "{error}");
    }

    #[test]
    fn folders_are_made_for_their_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let paths = profile(folder.path());
        paths.create().unwrap();
        paths.create().unwrap();
        for folder in [&paths.config, &paths.data, &paths.state, &paths.runtime] {
            let mode = fs::metadata(folder).unwrap().mode();
            assert_eq!(mode & 0o777, 0o700, "{}", folder.display());
        }
    }

    #[test]
    fn a_link_where_sockets_belong_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let paths = profile(folder.path());
        fs::create_dir_all(&paths.data).unwrap();
        let elsewhere = folder.path().join("elsewhere");
        fs::create_dir(&elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, &paths.runtime).unwrap();
        fs::set_permissions(&paths.data, Permissions::from_mode(0o700)).unwrap();
        let error = paths.create().unwrap_err();
        assert!(matches!(error, PathsError::Symlink { .. }), "{error}");
    }

    #[test]
    fn a_folder_that_others_use_is_refused_and_not_changed() {
        let folder = tempfile::tempdir().unwrap();
        let paths = profile(folder.path());
        fs::create_dir_all(&paths.data).unwrap();
        fs::write(paths.data.join("theirs"), "").unwrap();
        fs::set_permissions(&paths.data, Permissions::from_mode(0o755)).unwrap();
        let error = paths.create().unwrap_err();
        assert!(matches!(error, PathsError::Open { .. }), "{error}");
        assert_eq!(fs::metadata(&paths.data).unwrap().mode() & 0o777, 0o755);
    }

    #[test]
    fn a_file_where_a_folder_belongs_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let paths = profile(folder.path());
        fs::write(folder.path().join("data"), "").unwrap();
        let error = paths.create().unwrap_err();
        assert!(error.to_string().contains("data"), "{error}");
    }
}
