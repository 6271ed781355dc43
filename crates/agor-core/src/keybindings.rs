//! `keybindings.json`: a person's own keys for commands of the window, in the shape that VS Code has,
//! with comments and trailing commas. What the commands are is the window's business.

mod edit;
mod exchange;
mod when;

pub use exchange::{Imported, export, export_to, import, import_file};
pub use when::When;

use std::fs;
use std::io;
use std::path::Path;

use serde::Deserialize;

use crate::config::{Layers, Whose};
use crate::paths::Paths;
use crate::rewrite::rewrite;

/// One line of the file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Chords, with spaces between those that are pressed one after another. Only a removal may leave
    /// them out.
    #[serde(default)]
    pub key: Option<String>,
    /// The command's id; with `-` before it, its keys are taken away.
    pub command: String,
    /// Where the keys mean it, if elsewhere than usual, as [`When`] reads it.
    #[serde(default)]
    pub when: Option<String>,
    /// What the command is given; none takes anything.
    #[serde(default)]
    pub args: Option<serde_json::Value>,
    /// The folder of the project in which alone it counts, and in those below.
    #[serde(default)]
    pub project: Option<String>,
    /// The group in whose projects alone it counts.
    #[serde(default)]
    pub group: Option<String>,
    /// The line of the file with which it begins, from 1.
    #[serde(skip)]
    pub line: usize,
}

impl Rule {
    /// Returns the rule that gives a command keys.
    #[must_use]
    pub fn new(key: &str, command: &str) -> Self {
        Self {
            key: Some(key.into()),
            command: command.into(),
            when: None,
            args: None,
            project: None,
            group: None,
            line: 0,
        }
    }

    /// Returns the rule that gives a command keys in a part of a person's projects.
    #[must_use]
    pub fn of(key: &str, command: &str, of: &Whose) -> Self {
        let rule = Self::new(key, command);
        match of {
            Whose::Group(id) => Self {
                group: Some(id.clone()),
                ..rule
            },
            Whose::Project(folder) => Self {
                project: Some(folder.clone()),
                ..rule
            },
            // Keys are no session's own.
            Whose::All | Whose::Session { .. } => rule,
        }
    }

    /// Says whether it counts everywhere.
    #[must_use]
    pub fn is_for_all(&self) -> bool {
        self.project.is_none() && self.group.is_none()
    }

    /// Says whether it is said for just this part of a person's projects.
    #[must_use]
    pub fn is_for(&self, of: &Whose) -> bool {
        let project = self.project.as_deref().map(|it| it.trim_end_matches('/'));
        match of {
            Whose::All => self.is_for_all(),
            Whose::Group(id) => project.is_none() && self.group.as_ref() == Some(id),
            Whose::Project(folder) => project == Some(folder.trim_end_matches('/')),
            Whose::Session { .. } => false,
        }
    }
}

/// Returns the rules that count in a folder's project, the more specific behind: first those for all, then those of its
/// group, then those of the project, the deepest folder last.
#[must_use]
pub fn counting(rules: &[Rule], layers: &Layers, folder: Option<&str>) -> Vec<Rule> {
    let group = folder.and_then(|folder| layers.group_of(folder));
    let depth = |rule: &Rule| {
        let of_group = rule.group.as_deref();
        let of_project = rule.project.as_deref().map(|it| it.trim_end_matches('/'));
        let counts = of_group.is_none_or(|id| Some(id) == group)
            && of_project.is_none_or(|it| {
                folder.is_some_and(|folder| Path::new(folder).starts_with(Path::new(it)))
            });
        let depth = match (of_group, of_project) {
            (None, None) => 0,
            (_, None) => 1,
            (_, Some(folder)) => 2 + folder.len(),
        };
        counts.then_some(depth)
    };
    let counting = rules.iter().filter_map(|rule| Some((depth(rule)?, rule)));
    let mut counting: Vec<_> = counting.collect();
    counting.sort_by_key(|(depth, _)| *depth);
    counting.into_iter().map(|(_, rule)| rule.clone()).collect()
}

/// A change of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// These keys mean the command, in place of those that the file gave it there.
    Give {
        /// The command's id.
        command: String,
        /// The keys.
        keys: String,
        /// Where: everywhere, or in the projects of a group, or in one.
        of: Whose,
    },
    /// The file says nothing of the command there any more.
    Reset {
        /// The command's id.
        command: String,
        /// Where.
        of: Whose,
    },
    /// These rules come behind all others.
    Add {
        /// The rules.
        rules: Vec<Rule>,
    },
}

/// Where keys mean a command. What has the keyboard says which of them count there, the deepest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Context {
    /// Everywhere, whatever has the keyboard.
    Anywhere,
    /// While a terminal has the keyboard.
    Terminal,
    /// In a field that takes text.
    Editor,
    /// In the palette and other fields that have a list of what they find.
    Palette,
    /// Where a text is looked for.
    Find,
    /// On the wall of all sessions.
    Wall,
    /// On the pages of settings and of keys.
    Settings,
    /// In a list, or on a page that takes no text, so that letters are keys.
    List,
    /// While a pane's text is selected by keyboard.
    Vi,
    /// While letters lie over what can be picked up.
    Hints,
    /// While borders are moved.
    Sizes,
}

impl Context {
    /// How many there are.
    pub const COUNT: usize = Self::Sizes as usize + 1;

    /// All of them.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Anywhere,
        Self::Terminal,
        Self::Editor,
        Self::Palette,
        Self::Find,
        Self::Wall,
        Self::Settings,
        Self::List,
        Self::Vi,
        Self::Hints,
        Self::Sizes,
    ];

    /// Returns the one that the file calls so.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        // Its name of an earlier release.
        let name = if name == "pane" { "terminal" } else { name };
        Self::ALL.into_iter().find(|context| context.name() == name)
    }

    /// Returns it as the file has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Anywhere => "anywhere",
            Self::Terminal => "terminal",
            Self::Editor => "editor",
            Self::Palette => "palette",
            Self::Find => "find",
            Self::Wall => "wall",
            Self::Settings => "settings",
            Self::List => "list",
            Self::Vi => "vi",
            Self::Hints => "hints",
            Self::Sizes => "sizes",
        }
    }

    /// Says whether its commands are carried out by what has the keyboard there, rather than by the window.
    #[must_use]
    pub fn is_own(self) -> bool {
        !matches!(self, Self::Anywhere | Self::Terminal)
    }

    /// Says whether it is a mode, which takes its keys one after another, rather than something that is drawn.
    #[must_use]
    pub fn is_mode(self) -> bool {
        matches!(self, Self::Vi | Self::Hints | Self::Sizes)
    }

    /// Says whether nothing is typed there, so that a letter can be a key.
    #[must_use]
    pub fn takes_letters(self) -> bool {
        matches!(self, Self::List | Self::Vi | Self::Sizes)
    }
}

/// Reads the file of these folders; no file is no rules.
///
/// # Errors
/// One sentence that names the file, and where it is damaged the line and the column.
pub fn read(paths: &Paths) -> Result<Vec<Rule>, String> {
    let path = paths.keybindings_file();
    let text = text_of(&path)?;
    parse(&text).map_err(|reason| format!("{} is damaged in {reason}", path.display()))
}

/// Changes the file of these folders, and leaves everything else in it as it is: comments too.
///
/// # Errors
/// One sentence: the file is damaged and stays as it is, or it cannot be written.
pub fn change(paths: &Paths, change: &Change) -> Result<(), String> {
    let path = paths.keybindings_file();
    // A link stays one, and what it leads to is changed.
    let path = fs::canonicalize(&path).unwrap_or(path);
    let text = text_of(&path)?;
    let damaged = |reason| format!("{} is damaged in {reason}", path.display());
    parse(&text).map_err(damaged)?;
    let changed = edit::changed(&text, change);
    parse(&changed).map_err(damaged)?;
    rewrite(&path, &changed)
        .map_err(|error| format!("{} cannot be written: {error}", path.display()))
}

/// Returns what stands in a file; nothing if it is not there.
fn text_of(path: &Path) -> Result<String, String> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(format!("{} cannot be read: {error}", path.display())),
    }
}

fn parse(text: &str) -> Result<Vec<Rule>, String> {
    let plain = plain_json(text);
    if plain.trim().is_empty() {
        return Ok(Vec::new());
    }
    let mut rules: Vec<Rule> = serde_json::from_str(&plain).map_err(|error| {
        let text = error.to_string();
        let reason = text.split(" at line").next().unwrap_or(&text);
        let (line, column) = (error.line(), error.column());
        format!("line {line}, column {column}: {reason}")
    })?;
    for (rule, place) in rules.iter_mut().zip(edit::objects(&plain)) {
        rule.line = plain[..place.start].matches('\n').count() + 1;
    }
    Ok(rules)
}

/// Returns the text with comments and trailing commas as spaces, so that every other character stays where
/// it is.
fn plain_json(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    // Where the last comma stands, if nothing but space came after it.
    let mut comma: Option<usize> = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('"', _) => {
                comma = None;
                plain.push(c);
                let mut escaped = false;
                for c in chars.by_ref() {
                    plain.push(c);
                    if c == '"' && !escaped {
                        break;
                    }
                    escaped = c == '\\' && !escaped;
                }
            }
            ('/', Some('/')) => {
                plain.push(' ');
                while let Some(c) = chars.next_if(|c| *c != '\n') {
                    plain.extend(std::iter::repeat_n(' ', c.len_utf8()));
                }
            }
            ('/', Some('*')) => {
                chars.next();
                plain.push_str("  ");
                let mut star = false;
                for c in chars.by_ref() {
                    match c {
                        '\n' => plain.push(c),
                        c => plain.extend(std::iter::repeat_n(' ', c.len_utf8())),
                    }
                    if c == '/' && star {
                        break;
                    }
                    star = c == '*';
                }
            }
            (']' | '}', _) => {
                if let Some(at) = comma.take() {
                    plain.replace_range(at..=at, " ");
                }
                plain.push(c);
            }
            (',', _) => {
                comma = Some(plain.len());
                plain.push(c);
            }
            _ => {
                if !c.is_whitespace() {
                    comma = None;
                }
                plain.push(c);
            }
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paths::Overrides;

    #[test]
    fn comments_and_trailing_commas_are_allowed_and_text_is_left_alone() {
        let rules = parse(
            "// mine\n[\n  /* split, as ever */ {\"key\": \"ctrl+shift+/\", \"command\": \"a // b\",},\n\
             {\"command\": \"-c\", \"when\": \"pane\"}, // last\n]\n",
        )
        .unwrap();
        assert_eq!(rules.len(), 2);
        assert_eq!(rules[0].key.as_deref(), Some("ctrl+shift+/"));
        assert_eq!(rules[0].command, "a // b");
        assert_eq!(rules[1].when.as_deref(), Some("pane"));
        assert_eq!((rules[0].line, rules[1].line), (3, 4));
    }

    #[test]
    fn every_context_is_found_by_its_name() {
        for (at, context) in Context::ALL.into_iter().enumerate() {
            assert_eq!(context as usize, at);
            assert_eq!(Context::of_name(context.name()), Some(context));
        }
    }

    #[test]
    fn a_damaged_file_is_named_by_line_and_column() {
        let error = parse("[\n  // fine\n  {\"key\": 5, \"command\": \"a\"}\n]").unwrap_err();
        assert!(error.starts_with("line 3, column 11: "), "{error}");
        let error = parse("[{\"command\": \"a\", \"wen\": \"pane\"}]").unwrap_err();
        assert!(error.contains("wen"), "{error}");
        assert!(parse("[{]").is_err());
        assert!(parse("/* open").unwrap().is_empty());
    }

    #[test]
    fn a_condition_of_another_program_damages_no_file() {
        let text = r#"[{"key": "f1", "command": "a", "when": "editorTextFocus && x == 'y'"}, {"command": "b"}]"#;
        assert_eq!(parse(text).unwrap().len(), 2);
    }

    #[test]
    fn an_empty_file_has_no_rules() {
        for text in ["", " \n", "[]", "// nothing yet\n"] {
            assert!(parse(text).unwrap().is_empty(), "{text:?}");
        }
    }

    #[test]
    fn the_file_is_changed_in_its_place_and_a_damaged_one_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let overrides = Overrides {
            config: Some(folder.path().join("config")),
            data: Some(folder.path().join("data")),
            state: None,
            runtime: None,
        };
        let paths = Paths::resolve(&overrides).unwrap();
        let give = Change::Give {
            command: "tab.new".into(),
            keys: "ctrl+t".into(),
            of: Whose::All,
        };
        change(&paths, &give).unwrap();
        let rules = read(&paths).unwrap();
        assert_eq!(rules[0].key.as_deref(), Some("ctrl+t"));
        let path = paths.keybindings_file();
        fs::write(&path, "[{]").unwrap();
        let error = change(&paths, &give).unwrap_err();
        assert!(error.contains("damaged"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "[{]");
    }

    #[test]
    fn keys_of_a_project_come_behind_those_of_its_group_and_those_behind_all() {
        let rules = parse(
            r#"[{"key": "f1", "command": "deep", "project": "/w/cart/deep/"},
                {"key": "f1", "command": "cart", "project": "/w/cart"},
                {"key": "f1", "command": "shop", "group": "shop"},
                {"key": "f1", "command": "all"},
                {"key": "f1", "command": "other", "group": "other"}]"#,
        )
        .unwrap();
        let text = "[groups.shop]\nfolders = [\"/w/cart\", \"/w/prices\"]";
        let (layers, _) = Layers::read(text).unwrap();
        let of = |folder| {
            let counting = counting(&rules, &layers, folder).into_iter();
            counting
                .map(|rule| rule.command)
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(of(Some("/w/cart/deep/er")), "all shop cart deep");
        assert_eq!(of(Some("/w/prices")), "all shop");
        assert_eq!(of(Some("/w/cartoon")), "all");
        assert_eq!(of(None), "all");
    }

    #[test]
    fn a_quote_within_a_text_does_not_end_it() {
        let plain = plain_json(r#"["a\"//b", "\\", 1,]"#);
        assert_eq!(plain, r#"["a\"//b", "\\", 1 ]"#);
    }
}
