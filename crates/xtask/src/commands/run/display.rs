//! Whether a display answers: a variable that is set says little, since it outlives what it names.

use std::ffi::OsString;
use std::net::{TcpStream, ToSocketAddrs};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a display at the end of a network connection may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// The first TCP port of X displays.
const X_PORT: u16 = 6000;

/// Returns how the display is named on which a window can be opened.
pub fn reachable() -> Option<String> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let wayland = set("WAYLAND_DISPLAY").filter(|name| {
        socket_of_wayland(name, set("XDG_RUNTIME_DIR")).is_some_and(|path| answers(&path))
    });
    if let Some(name) = wayland {
        return Some(format!("Wayland display {}", name.display()));
    }
    let name = set("DISPLAY")?.into_string().ok()?;
    let found = match place_of_x(&name)? {
        Place::Here(path) => answers(&path),
        Place::There(host, port) => {
            let addresses = (host, port).to_socket_addrs().ok()?;
            let mut tried = addresses.map(|at| TcpStream::connect_timeout(&at, PATIENCE));
            tried.any(|tried| tried.is_ok())
        }
    };
    found.then(|| format!("X display {name}"))
}

fn answers(socket: &Path) -> bool {
    UnixStream::connect(socket).is_ok()
}

fn socket_of_wayland(name: &OsString, runtime_dir: Option<OsString>) -> Option<PathBuf> {
    // An absolute name replaces the folder.
    let folder = runtime_dir.map(PathBuf::from);
    match (Path::new(name).is_absolute(), folder) {
        (true, _) => Some(name.into()),
        (false, Some(folder)) => Some(folder.join(name)),
        (false, None) => None,
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Place {
    Here(PathBuf),
    There(String, u16),
}

/// Returns where `[host]:display[.screen]` listens.
fn place_of_x(name: &str) -> Option<Place> {
    let (host, rest) = name.rsplit_once(':')?;
    let display: u16 = rest.split('.').next()?.parse().ok()?;
    match host {
        "" | "unix" => Some(Place::Here(format!("/tmp/.X11-unix/X{display}").into())),
        host => Some(Place::There(host.into(), X_PORT.checked_add(display)?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_display_of_x_is_a_socket_here_or_a_port_there() {
        let here = Some(Place::Here("/tmp/.X11-unix/X12".into()));
        assert_eq!(place_of_x(":12"), here);
        assert_eq!(place_of_x("unix:12.0"), here);
        let there = Place::There("localhost".into(), 6010);
        assert_eq!(place_of_x("localhost:10.0"), Some(there));
        for wrong in ["", "12", ":", ":x", "host:60000"] {
            assert_eq!(place_of_x(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_display_of_wayland_lies_in_the_runtime_folder_unless_it_says_where() {
        let at = |name: &str, folder: Option<&str>| {
            socket_of_wayland(&name.into(), folder.map(OsString::from))
        };
        assert_eq!(at("wayland-0", Some("/run")), Some("/run/wayland-0".into()));
        assert_eq!(at("/a/socket", None), Some("/a/socket".into()));
        assert_eq!(at("wayland-0", None), None);
    }

    #[test]
    fn a_socket_that_nobody_listens_at_does_not_answer() {
        assert!(!answers(Path::new("/no/such/socket")));
    }
}
