//! `[[snippets]]`: texts that a person often types, by name.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::layers::Wrong;

/// The name of their tables.
const KEY: &str = "snippets";

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

/// Returns the snippets of a file of settings; says what is wrong with those that cannot be used.
///
/// # Errors
/// Where it holds something else than snippets.
pub(super) fn of(
    document: &DeTable<'_>,
    mut complain: impl FnMut(String),
) -> Result<Vec<Snippet>, Wrong> {
    let wrong = |value: &Spanned<DeValue<'_>>, reason: &str| Wrong {
        at: value.span().start,
        reason: reason.to_owned(),
    };
    let Some((_, value)) = document.iter().find(|(name, _)| name.get_ref() == KEY) else {
        return Ok(Vec::new());
    };
    let DeValue::Array(list) = value.get_ref() else {
        return Err(wrong(value, "snippets are tables, each under [[snippets]]"));
    };
    let mut snippets = Vec::new();
    for (at, written) in list.iter().enumerate() {
        let number = at + 1;
        if number > SNIPPETS_MAX {
            complain(format!("the first {SNIPPETS_MAX} snippets are used"));
            break;
        }
        let DeValue::Table(fields) = written.get_ref() else {
            return Err(wrong(written, "a snippet is a table with name and text"));
        };
        let (mut name, mut text) = (None, None);
        for (key, value) in fields {
            let field = match key.get_ref().as_ref() {
                "name" => &mut name,
                "text" => &mut text,
                key => {
                    complain(format!(
                        "this release knows no snippets.{key}; it is ignored"
                    ));
                    continue;
                }
            };
            let DeValue::String(said) = value.get_ref() else {
                return Err(wrong(value, "a snippet's name and text are texts"));
            };
            *field = Some(said.to_string());
        }
        match (name, text) {
            (Some(name), Some(text)) if !name.trim().is_empty() && !text.is_empty() => {
                snippets.push(Snippet { name, text });
            }
            _ => complain(format!(
                "snippet {number} has no name or no text; it is left out"
            )),
        }
    }
    Ok(snippets)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<Snippet>, Vec<String>) {
        let mut complaints = Vec::new();
        let document = crate::config::layers::parse(text).unwrap();
        let snippets = of(document.get_ref(), |it| complaints.push(it)).unwrap();
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
    fn what_is_of_the_wrong_kind_is_named_by_its_place() {
        for (text, at) in [
            ("snippets = 3", 11),
            ("snippets = [1]", 12),
            ("[[snippets]]\nname = 1", 20),
        ] {
            let document = crate::config::layers::parse(text).unwrap();
            let wrong = of(document.get_ref(), |_| {}).unwrap_err();
            assert_eq!(wrong.at, at, "{text}");
        }
    }

    #[test]
    fn the_first_of_too_many_are_used() {
        let text = "[[snippets]]\nname = \"a\"\ntext = \"b\"\n".repeat(SNIPPETS_MAX + 2);
        let (snippets, complaints) = read(&text);
        assert_eq!((snippets.len(), complaints.len()), (SNIPPETS_MAX, 1));
    }
}
