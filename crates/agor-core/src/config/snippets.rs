//! `[[snippets]]`: texts that a person often types, by name.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::layers::Wrong;

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
struct Written {
    name: Option<String>,
    text: Option<String>,
    #[serde(flatten)]
    unknown: BTreeMap<String, toml::Value>,
}

/// The part of a file that holds them.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct File {
    snippets: Vec<Written>,
}

/// Returns the snippets of a file of settings; says what is wrong with those that cannot be used.
///
/// # Errors
/// Where it holds something else than snippets.
pub(super) fn read(text: &str, complain: impl FnMut(String)) -> Result<Vec<Snippet>, Wrong> {
    let file: File = toml::from_str(text).map_err(|error| Wrong {
        at: error.span().map_or(0, |span| span.start),
        reason: error.message().lines().collect::<Vec<_>>().join(", "),
    })?;
    Ok(settings(file.snippets, complain))
}

/// Returns the snippets that can be used; says what is wrong with the others.
fn settings(written: Vec<Written>, mut complain: impl FnMut(String)) -> Vec<Snippet> {
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

    fn read(text: &str) -> (Vec<Snippet>, Vec<String>) {
        let mut complaints = Vec::new();
        let snippets = super::read(text, |complaint| complaints.push(complaint)).unwrap();
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
