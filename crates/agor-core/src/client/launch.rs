//! What a client gives a session that it makes: an id, and what of its own surroundings the
//! program is to have.

use std::ffi::OsString;
use std::time::{SystemTime, UNIX_EPOCH};

use agor_proto::ids::SessionId;

use super::random;

/// The variables of the caller that a new session gets. `TERM` and its kin are the host's, since
/// the terminal is.
const PASSED_ON: &[&str] = &[
    "COLORFGBG",
    "DBUS_SESSION_BUS_ADDRESS",
    "DISPLAY",
    "EDITOR",
    "GPG_AGENT_INFO",
    "HOME",
    "LANG",
    "LANGUAGE",
    "LOGNAME",
    "LS_COLORS",
    "MANPATH",
    "NO_COLOR",
    "PAGER",
    "PATH",
    "SHELL",
    "SSH_AGENT_PID",
    "SSH_AUTH_SOCK",
    "TZ",
    "USER",
    "VISUAL",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "XDG_CONFIG_HOME",
    "XDG_CACHE_HOME",
    "XDG_CURRENT_DESKTOP",
    "XDG_DATA_DIRS",
    "XDG_DATA_HOME",
    "XDG_RUNTIME_DIR",
    "XDG_SESSION_TYPE",
    "XDG_STATE_HOME",
];

/// Says whether every new session gets the caller's variable of this name.
pub(crate) fn is_passed_on(name: &str) -> bool {
    PASSED_ON.contains(&name)
}

/// Returns an id for a new session.
#[must_use]
pub fn session_id() -> SessionId {
    id_at(SystemTime::now())
}

fn id_at(now: SystemTime) -> SessionId {
    let since_1970 = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let millis = u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX);
    SessionId::from_parts(millis, random::bytes())
}

/// Returns what of this process's environment a new session gets.
#[must_use]
pub fn environment() -> Vec<(String, String)> {
    passed_on(std::env::vars_os())
}

/// Returns the folder that this process was started in, and the person's home folder if it is
/// known.
///
/// # Errors
/// One sentence if the folder is gone or its name is not UTF-8.
pub fn folders() -> Result<(String, Option<String>), String> {
    let folder = std::env::current_dir()
        .map_err(|error| format!("the folder cannot be found ({error}): change to another"))?;
    let folder = folder.into_os_string().into_string().map_err(|folder| {
        let folder = folder.to_string_lossy();
        format!("the folder's name is not UTF-8 ({folder}): agor cannot pass it on yet")
    })?;
    let home = std::env::var("HOME").ok();
    Ok((folder, home.filter(|home| home.starts_with('/'))))
}

/// Returns what of `environment` a new session gets.
pub fn passed_on(
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> Vec<(String, String)> {
    let passes = |name: &str| PASSED_ON.contains(&name) || name.starts_with("LC_");
    let mut env: Vec<(String, String)> = environment
        .into_iter()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| passes(name))
        .collect();
    env.sort();
    env
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use super::*;

    #[test]
    fn only_listed_variables_are_passed_on() {
        let environment = [
            ("PATH", "/bin"),
            ("LC_TIME", "de_DE.UTF-8"),
            ("AWS_SECRET_ACCESS_KEY", "canary"),
            ("TERM", "dumb"),
            ("SSH_AUTH_SOCK", "/run/agent"),
        ];
        let environment = environment.map(|(name, value)| (name.into(), value.into()));
        let names: Vec<_> = passed_on(environment)
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        assert_eq!(names, ["LC_TIME", "PATH", "SSH_AUTH_SOCK"]);
    }

    #[test]
    fn c5_ids_are_made_in_the_order_of_their_time_and_never_twice() {
        // The machine's clock may be set back while this runs.
        let at = |millis: u64| UNIX_EPOCH + Duration::from_millis(1_763_683_200_000 + millis);
        // Of so many with 8 hexadecimal digits two are alike by 39 %.
        let ids: BTreeSet<_> = (0..65_000).map(|_| id_at(at(1))).collect();
        assert_eq!(ids.len(), 65_000);
        let (before, after) = (id_at(at(0)), id_at(at(2)));
        assert!(ids.first() > Some(&before) && ids.last() < Some(&after));
    }
}
