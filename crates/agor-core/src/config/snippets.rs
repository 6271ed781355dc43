//! `[[snippets]]`: texts that a person often types, by name.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Snippets that are read; nobody finds one among more.
const SNIPPETS_MAX: usize = 500;

/// A text that is inserted by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snippet {
    /// What it is found by.
    pub name: String,
    /// The text. If it ends in a line break, Enter is pressed behind it.
    pub text: String,
}

/// A snippet as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Written {
    name: Option<String>,
    text: Option<String>,
    #[serde(flatten)]
    unknown: BTreeMap<String, toml::Value>,
}

/// Returns the snippets that can be used; says what is wrong with the others.
pub(super) fn settings(written: Vec<Written>, mut complain: impl FnMut(String)) -> Vec<Snippet> {
    let mut snippets = Vec::new();
    for (at, snippet) in written.into_iter().enumerate() {
        let number = at + 1;
        if number > SNIPPETS_MAX {
            complain(format!("the first {SNIPPETS_MAX} snippets are used"));
            break;
        }
        for key in snippet.unknown.keys() {
            complain(format!(
                "this release knows no snippets.{key}; it is ignored"
            ));
        }
        match (snippet.name, snippet.text) {
            (Some(name), Some(text)) if !name.trim().is_empty() && !text.is_empty() => {
                snippets.push(Snippet { name, text });
            }
            _ => complain(format!(
                "snippet {number} has no name or no text; it is left out"
            )),
        }
    }
    snippets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct File {
        snippets: Vec<Written>,
    }

    fn read(text: &str) -> (Vec<Snippet>, Vec<String>) {
        let file: File = toml::from_str(text).unwrap();
        let mut complaints = Vec::new();
        let snippets = settings(file.snippets, |complaint| complaints.push(complaint));
        (snippets, complaints)
    }

    #[test]
    fn a_snippet_has_a_name_and_a_text() {
        let (snippets, complaints) = read(
            "[[snippets]]\nname = \"status\"\ntext = \"git status\\n\"\n\
             [[snippets]]\nname = \"empty\"\n[[snippets]]\nname = \"x\"\ntext = \"y\"\nkey = 1",
        );
        let names: Vec<_> = snippets.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["status", "x"]);
        assert_eq!(snippets[0].text, "git status\n");
        assert_eq!(complaints.len(), 2, "{complaints:?}");
        assert!(complaints[0].contains("snippet 2"), "{complaints:?}");
    }

    #[test]
    fn the_first_of_too_many_are_used() {
        let text = "[[snippets]]\nname = \"a\"\ntext = \"b\"\n".repeat(SNIPPETS_MAX + 2);
        let (snippets, complaints) = read(&text);
        assert_eq!((snippets.len(), complaints.len()), (SNIPPETS_MAX, 1));
    }
}
