//! Opens a window at a session, on the display where the session was made: the host itself may have been
//! started without one.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use agor_proto::ids::SessionId;
use agor_proto::session::SessionSpec;

use crate::paths::Paths;

/// What says where windows are to be opened.
const DISPLAY: [&str; 7] = [
    "DBUS_SESSION_BUS_ADDRESS",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "XDG_CURRENT_DESKTOP",
    "XDG_RUNTIME_DIR",
    "XDG_SESSION_TYPE",
];

/// Opens the window as a process that outlives the host.
pub fn window(paths: &Paths, session: SessionId, spec: &SessionSpec, activation: Option<String>) {
    let program = std::env::current_exe().unwrap_or_default();
    let mut command = command(&beside(&program), paths, session, spec, activation);
    match command.spawn() {
        Ok(mut child) => {
            tracing::info!(session_id = %session, pid = child.id(), "opened a window for a notification");
            // Joined by nobody: it ends with the window, which it keeps from becoming a zombie.
            let watch = std::thread::Builder::new().name("window-watch".into());
            let watching = watch.spawn(move || child.wait());
            if let Err(error) = watching {
                tracing::warn!(%error, "there is no thread to wait for the window");
            }
        }
        Err(error) => {
            tracing::warn!(session_id = %session, %error, "no window could be opened for a notification");
        }
    }
}

fn command(
    program: &Path,
    paths: &Paths,
    session: SessionId,
    spec: &SessionSpec,
    activation: Option<String>,
) -> Command {
    let mut command = Command::new(program);
    command
        .args(paths.as_arguments())
        .args(["--show", &session.to_string()])
        .env_remove("AGOR_SESSION_ID")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // What ends the host's group does not end the window.
        .process_group(0);
    let folder = Path::new(&spec.folder);
    command.current_dir(if folder.is_dir() {
        folder
    } else {
        Path::new("/")
    });
    for (name, value) in &spec.env {
        if DISPLAY.contains(&&name[..]) {
            command.env(name, value);
        }
    }
    if let Some(token) = activation {
        // The two names that desktops know for it.
        command.env("XDG_ACTIVATION_TOKEN", &token);
        command.env("DESKTOP_STARTUP_ID", token);
    }
    command
}

/// Returns the program that has a window: this one, or the one that was installed with it, or the one that is
/// found by its name.
fn beside(program: &Path) -> PathBuf {
    if program.file_name().is_some_and(|name| name == "agor") {
        return program.to_owned();
    }
    let sibling = program.with_file_name("agor");
    match sibling.is_file() {
        true => sibling,
        false => PathBuf::from("agor"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paths::Overrides;
    use agor_proto::ids::Size;

    #[test]
    fn a_window_opens_where_the_session_was_made_and_knows_which_it_is_to_show() {
        let folder = tempfile::tempdir().unwrap();
        let overrides = Overrides {
            data: Some(folder.path().to_owned()),
            ..Overrides::default()
        };
        let paths = Paths::resolve(&overrides).unwrap();
        let spec = SessionSpec {
            argv: Vec::new(),
            folder: folder.path().to_str().unwrap().into(),
            cwd: None,
            name: String::new(),
            env: [("DISPLAY", ":7"), ("PATH", "/elsewhere")]
                .map(|(name, value)| (name.into(), value.into()))
                .to_vec(),
            size: Size::cells(80, 24),
            private: false,
            agent: None,
        };
        let session = SessionId::from_parts(1, [1; 10]);
        let command = command(
            Path::new("/bin/agor"),
            &paths,
            session,
            &spec,
            Some("t".into()),
        );
        let set = |wanted: &str| {
            let mut all = command.get_envs();
            let found = all.find(|(name, _)| *name == wanted)?;
            found.1.map(|value| value.to_str().unwrap().to_owned())
        };
        assert_eq!(set("DISPLAY").as_deref(), Some(":7"));
        assert_eq!(set("XDG_ACTIVATION_TOKEN").as_deref(), Some("t"));
        assert_eq!(
            set("PATH"),
            None,
            "programs are found as the host finds them"
        );
        let last: Vec<_> = command.get_args().skip(8).collect();
        assert_eq!(last, ["--show", &session.to_string()]);
        assert_eq!(command.get_current_dir(), Some(folder.path()));
    }

    #[test]
    fn the_program_with_a_window_is_the_one_installed_with_the_host() {
        let folder = tempfile::tempdir().unwrap();
        let host = folder.path().join("agord");
        assert_eq!(beside(&host), Path::new("agor"));
        let window = folder.path().join("agor");
        std::fs::write(&window, "").unwrap();
        assert_eq!(beside(&host), window);
        assert_eq!(beside(&window), window);
    }
}
