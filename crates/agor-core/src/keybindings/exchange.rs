//! Keys from elsewhere, and to elsewhere: the same file, read with care.

use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::{Change, Rule, change, parse, read, text_of};
use crate::paths::Paths;

/// Bytes of a file that is imported; a file of keys is a few kilobytes.
const FILE_MAX: usize = 1024 * 1024;

/// What became of keys that were imported.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// How many rules the person's file has more.
    pub added: usize,
    /// How many it had already.
    pub known: usize,
    /// Why others were left out, in sentences.
    pub wrong: Vec<String>,
}

impl Imported {
    /// Says it in a sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        let mut text = format!("{} imported", counted(self.added));
        if self.known > 0 {
            text.push_str(&format!(", {} had already", self.known));
        }
        if let Some(first) = self.wrong.first() {
            text.push_str(&format!(", {} left out ({first})", self.wrong.len()));
        }
        text.push('.');
        text
    }
}

fn counted(rules: usize) -> String {
    match rules {
        1 => "1 rule".into(),
        rules => format!("{rules} rules"),
    }
}

/// Adds the rules of a text in the shape of the file, behind the person's own; those that `check` refuses are left
/// out and told. What the person's file has already is not added again.
///
/// # Errors
/// One sentence: the text or the person's file is damaged, or the file cannot be written. Nothing is changed then.
pub fn import(
    paths: &Paths,
    text: &str,
    check: impl Fn(&Rule) -> Result<(), String>,
) -> Result<Imported, String> {
    if text.len() > FILE_MAX {
        return Err(format!("a file of keys has at most {FILE_MAX} bytes"));
    }
    let rules = parse(text).map_err(|reason| format!("the keys are damaged in {reason}"))?;
    let mut known = read(paths)?;
    let mut imported = Imported::default();
    let mut added = Vec::new();
    for rule in rules {
        let same = |other: &Rule| {
            Rule {
                line: 0,
                ..other.clone()
            } == Rule {
                line: 0,
                ..rule.clone()
            }
        };
        if known.iter().any(same) {
            imported.known += 1;
        } else if let Err(why) = check(&rule) {
            imported.wrong.push(format!("line {}: {why}", rule.line));
        } else {
            known.push(rule.clone());
            added.push(rule);
        }
    }
    imported.added = added.len();
    if !added.is_empty() {
        change(paths, &Change::Add { rules: added })?;
    }
    Ok(imported)
}

/// As [`import`], of a file.
///
/// # Errors
/// One sentence.
pub fn import_file(
    paths: &Paths,
    file: &Path,
    check: impl Fn(&Rule) -> Result<(), String>,
) -> Result<Imported, String> {
    let unreadable = |error: std::io::Error| format!("{} cannot be read: {error}", file.display());
    let opened = std::fs::File::open(file).map_err(unreadable)?;
    let mut text = String::new();
    // One more than is taken, so that more is refused.
    let read = opened.take(FILE_MAX as u64 + 1).read_to_string(&mut text);
    read.map_err(unreadable)?;
    import(paths, &text, check)
}

/// Returns the person's keys as their file has them, comments and all.
///
/// # Errors
/// One sentence if the file is damaged or cannot be read.
pub fn export(paths: &Paths) -> Result<String, String> {
    read(paths)?;
    let text = text_of(&paths.keybindings_file())?;
    Ok(if text.trim().is_empty() {
        "[]\n".into()
    } else {
        text
    })
}

/// Writes the person's keys into a file that is not there yet.
///
/// # Errors
/// One sentence.
pub fn export_to(paths: &Paths, file: &Path) -> Result<(), String> {
    let text = export(paths)?;
    let failed = |error: std::io::Error| format!("{} cannot be written: {error}", file.display());
    let mut options = OpenOptions::new();
    let options = options.write(true).create_new(true).mode(0o644);
    let mut made = options.open(file).map_err(failed)?;
    made.write_all(text.as_bytes()).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paths::Overrides;
    use std::fs;

    fn paths(folder: &Path) -> Paths {
        let overrides = Overrides {
            config: Some(folder.join("config")),
            data: Some(folder.join("data")),
            ..Overrides::default()
        };
        Paths::resolve(&overrides).unwrap()
    }

    fn check(rule: &Rule) -> Result<(), String> {
        match rule.command.contains('.') {
            true => Ok(()),
            false => Err("no such command".into()),
        }
    }

    #[test]
    fn what_is_imported_comes_behind_what_is_there_once_and_without_what_is_wrong() {
        let folder = tempfile::tempdir().unwrap();
        let paths = paths(folder.path());
        let file = paths.keybindings_file();
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(
            &file,
            "// mine\n[{\"key\": \"f5\", \"command\": \"tab.new\"}]\n",
        )
        .unwrap();
        let text = "[ // from a friend\n{\"key\": \"f5\", \"command\": \"tab.new\"},\n{\"key\": \"f6\", \"command\": \"nonsense\"},\n\
                    {\"key\": \"f7\", \"command\": \"tab.next\", \"when\": \"pane\", \"group\": \"shop\"},]";
        let imported = import(&paths, text, check).unwrap();
        assert_eq!((imported.added, imported.known), (1, 1));
        assert_eq!(imported.wrong, ["line 3: no such command"]);
        let told = "1 rule imported, 1 had already, 1 left out (line 3: no such command).";
        assert_eq!(imported.sentence(), told);
        let rules = read(&paths).unwrap();
        assert_eq!(rules.len(), 2);
        assert_eq!(rules[1].group.as_deref(), Some("shop"));
        assert!(rules[1].when.is_some());
        assert!(export(&paths).unwrap().starts_with("// mine\n"));
        // Again it changes nothing.
        let before = fs::read(&file).unwrap();
        assert_eq!(import(&paths, text, check).unwrap().added, 0);
        assert_eq!(fs::read(&file).unwrap(), before);
    }

    #[test]
    fn damaged_keys_change_nothing_and_no_file_is_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let paths = paths(folder.path());
        let error = import(&paths, "[{]", check).unwrap_err();
        assert!(error.contains("line 1"), "{error}");
        assert!(!paths.keybindings_file().exists());
        let huge = " ".repeat(FILE_MAX + 1);
        assert!(import(&paths, &huge, check).is_err());
        let out = folder.path().join("keys.json");
        export_to(&paths, &out).unwrap();
        assert_eq!(fs::read_to_string(&out).unwrap(), "[]\n");
        assert!(export_to(&paths, &out).is_err());
    }
}
