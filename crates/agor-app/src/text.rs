//! Words and numbers as the window shows them.

use std::time::{SystemTime, UNIX_EPOCH};

/// Returns a folder as it is shown: the home folder as `~`, and of a long path its end.
#[must_use]
pub fn folder_shown(folder: &str) -> String {
    shown_below(folder, HOME.get().map(String::as_str))
}

/// The person's home folder, set once when the window opens.
pub static HOME: std::sync::OnceLock<String> = std::sync::OnceLock::new();

fn shown_below(folder: &str, home: Option<&str>) -> String {
    match home.and_then(|home| folder.strip_prefix(home)) {
        Some("") => "~".into(),
        Some(rest) if rest.starts_with('/') => format!("~{rest}"),
        _ => folder.into(),
    }
}

/// Returns the whole path of a folder as a person types it.
#[must_use]
pub fn whole_folder(typed: &str) -> String {
    let home = HOME.get().map_or("", String::as_str);
    let folder = match typed.strip_prefix('~') {
        // Others' homes are not known, and none of them is in this person's.
        Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("{home}{rest}"),
        _ => typed.to_owned(),
    };
    match folder.trim_end_matches('/') {
        "" => "/".to_owned(),
        trimmed => trimmed.to_owned(),
    }
}

/// Returns a folder's last part, which names its project.
#[must_use]
pub fn project_name(folder: &str) -> String {
    let shown = folder_shown(folder);
    match shown.rsplit('/').find(|part| !part.is_empty()) {
        Some(part) => part.to_owned(),
        None => shown,
    }
}

/// Returns the time since 1970 in milliseconds.
#[must_use]
pub fn now_millis() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    u64::try_from(since.unwrap_or_default().as_millis()).unwrap_or(u64::MAX)
}

/// Returns how long ago something was, as one number and a letter.
#[must_use]
pub fn age(millis: u64) -> String {
    let secs = millis / 1_000;
    match secs {
        0..60 => "now".into(),
        60..3_600 => format!("{}m", secs / 60),
        3_600..86_400 => format!("{}h", secs / 3_600),
        _ => format!("{}d", secs / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_home_folder_is_a_tilde() {
        let home = Some("/home/ada");
        assert_eq!(shown_below("/home/ada", home), "~");
        assert_eq!(shown_below("/home/ada/src", home), "~/src");
        assert_eq!(shown_below("/home/adam", home), "/home/adam");
        assert_eq!(shown_below("/srv", None), "/srv");
    }

    #[test]
    fn a_tilde_is_this_persons_home_folder_and_nobody_elses() {
        assert_eq!(whole_folder("~"), whole_folder("~/"));
        assert_eq!(whole_folder("~ada/src/"), "~ada/src");
        assert_eq!(whole_folder("/srv/shop//"), "/srv/shop");
    }

    #[test]
    fn a_project_is_named_by_its_folder() {
        assert_eq!(project_name("/srv/shop/"), "shop");
        assert_eq!(project_name("/"), "/");
    }

    #[test]
    fn ages_are_short() {
        assert_eq!(age(59_000), "now");
        assert_eq!(age(61_000), "1m");
        assert_eq!(age(7_200_000), "2h");
        assert_eq!(age(200_000_000), "2d");
    }
}
