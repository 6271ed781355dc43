//! Values as a person types them into a field.

use agor_core::config::Value;
use agor_core::config::schema::{Kind, Setting};

/// Returns a value as its field has it.
#[must_use]
pub fn shown(value: Option<&Value>) -> String {
    match value {
        None => String::new(),
        Some(Value::Map(map)) => {
            let lines = map.iter().map(|(name, text)| format!("{name}={text}"));
            lines.collect::<Vec<_>>().join("\n")
        }
        Some(Value::List(names)) => names.join("\n"),
        Some(value) => value.to_string(),
    }
}

/// Reads what was typed; nothing unsays the setting.
///
/// # Errors
/// What belongs there.
pub fn read(setting: &Setting, typed: &str) -> Result<Option<Value>, String> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(None);
    }
    if setting.kind == Kind::Folders {
        let folders = typed.lines().map(|line| line.trim().trim_end_matches('/'));
        let folders: Vec<_> = folders.filter(|line| !line.is_empty()).collect();
        return match folders.iter().find(|folder| !folder.starts_with('/')) {
            Some(folder) => Err(format!(
                "write whole paths, one in a line; {folder:?} is none"
            )),
            None => Ok(Some(Value::List(
                folders.into_iter().map(str::to_owned).collect(),
            ))),
        };
    }
    if setting.kind == Kind::Features {
        let between = |c: char| c == ',' || c.is_whitespace();
        let names = typed.split(between).filter(|name| !name.is_empty());
        let list = Value::List(names.map(str::to_owned).collect());
        return setting.read(&list.to_toml()).map(Some);
    }
    if setting.kind != Kind::Variables {
        return setting.read(typed).map(Some);
    }
    let pair = |line: &str| {
        let (name, text) = line.split_once('=')?;
        let name = name.trim();
        (!name.is_empty()).then(|| (name.to_owned(), text.to_owned()))
    };
    let lines = typed.lines().filter(|line| !line.trim().is_empty());
    let map: Option<_> = lines.map(pair).collect();
    map.map(|map| Some(Value::Map(map)))
        .ok_or_else(|| "write one variable in a line, like RUST_LOG=debug".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use agor_core::config::schema::{SETTINGS, setting};

    #[test]
    fn what_a_field_shows_is_read_as_the_value() {
        for row in SETTINGS {
            let value = (row.default)();
            if matches!(row.kind, Kind::Some(_) | Kind::Theme) {
                continue;
            }
            assert_eq!(read(row, &shown(value.as_ref())), Ok(value), "{}", row.key);
        }
    }

    #[test]
    fn folders_are_typed_one_in_a_line() {
        let row = setting("folders").unwrap();
        let value = read(row, "/w/a\n\n /w/b/ \n").unwrap().unwrap();
        assert_eq!(shown(Some(&value)), "/w/a\n/w/b");
        assert!(read(row, "/w/a\nw").unwrap_err().contains("\"w\""));
    }

    #[test]
    fn features_are_typed_with_spaces_commas_or_lines_between() {
        let row = setting("window.font_features").unwrap();
        let value = read(row, "zero, -calt\ncv05=2").unwrap().unwrap();
        assert_eq!(shown(Some(&value)), "zero\n-calt\ncv05=2");
        assert!(read(row, "zero sharp").unwrap_err().contains("\"sharp\""));
    }

    #[test]
    fn variables_are_typed_one_in_a_line() {
        let row = setting("environment").unwrap();
        let value = read(row, "A=1\n\n B = two words\n").unwrap().unwrap();
        assert_eq!(shown(Some(&value)), "A=1\nB= two words");
        assert!(read(row, "A").is_err());
        assert!(read(row, "=x").is_err());
    }

    #[test]
    fn what_does_not_belong_there_is_refused_in_words() {
        let stall = setting("agents.stall_secs").unwrap();
        for wrong in ["soon", "1", "-3"] {
            let why = read(stall, wrong).unwrap_err();
            assert!(why.contains("a whole number from 10 to 86400"), "{why}");
        }
        let quiet = setting("notifications.quiet").unwrap();
        assert!(read(quiet, "late").unwrap_err().contains("22:00-07:00"));
    }
}
