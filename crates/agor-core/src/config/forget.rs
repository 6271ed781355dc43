//! Takes what is said of a session out of a person's file once the session is gone: nothing could ask for it again.

use std::{fs, io};

use super::edit::{self, EditError};
use super::schema;
use super::{ConfigError, For, Layers};
use crate::paths::Paths;
use crate::rewrite::rewrite;

/// Unsays all that is said of a session, with the heading under which it stood if nothing else does. A file that says
/// nothing of it, or cannot be read, stays as it is.
///
/// # Errors
/// [`EditError`]; then what was not unsaid yet is as it was.
pub fn session(paths: &Paths, session: &str) -> Result<(), EditError> {
    let path = paths.config_file();
    let Ok(text) = fs::read_to_string(&path) else {
        return Ok(());
    };
    // Sessions end by the hundred, and hardly one has settings of its own.
    if !text.contains(session) {
        return Ok(());
    }
    let Ok((layers, _)) = Layers::read(&text) else {
        return Ok(());
    };
    let said = layers
        .sessions
        .get(session)
        .into_iter()
        .flat_map(|said| said.keys());
    for setting in said.filter_map(|key| schema::setting(key)) {
        let of = For::Session {
            session,
            folder: "",
        };
        edit::set(paths, setting, of, None)?;
    }
    let target = fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
    let read = fs::read_to_string(&target);
    let text = read.map_err(|source| ConfigError::Unreadable {
        path: path.clone(),
        source,
    })?;
    match without_heading(&text, session) {
        Some(changed) => rewrite(&target, &changed)
            .map_err(|source: io::Error| EditError::Unwritable { path, source }),
        None => Ok(()),
    }
}

/// Returns the text without the session's heading, if nothing stands under that.
fn without_heading(text: &str, session: &str) -> Option<String> {
    let headings = [
        format!("[sessions.{session}]"),
        format!("[sessions.\"{session}\"]"),
    ];
    let mut begin = 0;
    for line in text.split_inclusive('\n') {
        let end = begin + line.len();
        if headings.iter().any(|heading| line.trim_end() == heading) {
            let behind = &text[end..];
            let next = behind.find('[').unwrap_or(behind.len());
            if !behind[..next].trim().is_empty() {
                return None;
            }
            let mut kept = text[..begin].trim_end().to_owned();
            if !kept.is_empty() {
                kept.push('\n');
            }
            let rest = &behind[next..];
            if !kept.is_empty() && !rest.is_empty() {
                kept.push('\n');
            }
            return Some(kept + rest);
        }
        begin = end;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "01911c7e-0000-7000-8000-000000000000";
    const OTHER: &str = "01911c7e-0000-7000-8000-000000000001";

    #[test]
    fn what_is_said_of_a_session_goes_and_all_else_stays() {
        let folder = tempfile::tempdir().unwrap();
        let overrides = crate::paths::Overrides {
            config: Some(folder.path().join("config")),
            data: Some(folder.path().join("data")),
            ..Default::default()
        };
        let paths = Paths::resolve(&overrides).unwrap();
        fs::create_dir_all(&paths.config).unwrap();
        let file = paths.config_file();
        let before = "# mine\nshell = \"x\"\n";
        let after = format!("[sessions.{OTHER}]\nwindow.theme = \"nord\"\n");
        let said = format!(
            "{before}\n[sessions.{ID}]\nwindow.theme = \"light\"\nnotifications.enabled = false\n\n{after}"
        );
        fs::write(&file, &said).unwrap();
        session(&paths, "01911c7e-0000-7000-8000-00000000000f").unwrap();
        assert_eq!(
            fs::read_to_string(&file).unwrap(),
            said,
            "it says nothing of that one"
        );
        session(&paths, ID).unwrap();
        assert_eq!(
            fs::read_to_string(&file).unwrap(),
            format!("{before}\n{after}")
        );
        session(&paths, OTHER).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), before);
    }

    #[test]
    fn what_a_person_wrote_under_the_heading_keeps_it() {
        let text = format!("[sessions.{ID}]\n# why\n\n[window]\n");
        assert_eq!(without_heading(&text, ID), None);
        assert_eq!(without_heading("[window]\n", ID), None);
        let alone = format!("[sessions.\"{ID}\"]\n");
        assert_eq!(without_heading(&alone, ID).as_deref(), Some(""));
    }
}
