//! Changes the text of `keybindings.json` and leaves every comment, blank and rule in it as it is.

use std::ops::Range;

use super::{Change, Rule, plain_json};
#[cfg(test)]
use crate::config::Whose;

/// Returns the text as `change` wants it. The text must be one that can be read.
pub(super) fn changed(text: &str, change: &Change) -> String {
    match change {
        Change::Reset { command, of } => without(text, command, |rule| rule.is_for(of)),
        Change::Give { command, keys, of } => {
            // What takes keys away from it stays.
            let text = without(text, command, |rule| {
                rule.is_for(of) && !rule.command.starts_with('-')
            });
            with(&text, &Rule::of(keys, command, of))
        }
        Change::Add { rules } => rules
            .iter()
            .fold(text.to_owned(), |text, rule| with(&text, rule)),
    }
}

/// Returns where the rules are in a text without comments, in order.
pub(super) fn objects(plain: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for (at, byte) in plain.bytes().enumerate() {
        if in_text {
            in_text = byte != b'"' || escaped;
            escaped = byte == b'\\' && !escaped;
            continue;
        }
        match byte {
            b'"' => in_text = true,
            b'[' => depth += 1,
            b'{' => {
                depth += 1;
                if depth == 2 {
                    found.push(at..at + 1);
                }
            }
            b']' | b'}' => {
                if depth == 2
                    && byte == b'}'
                    && let Some(last) = found.last_mut()
                {
                    last.end = at + 1;
                }
                depth = depth.saturating_sub(1);
            }
            _ => {}
        }
    }
    found
}

fn without(text: &str, command: &str, which: impl Fn(&Rule) -> bool) -> String {
    let plain = plain_json(text);
    let mut changed = text.to_owned();
    for object in objects(&plain).into_iter().rev() {
        let rule = plain.get(object.clone());
        let rule = rule.and_then(|rule| serde_json::from_str::<Rule>(rule).ok());
        let is_meant = |rule: &Rule| {
            rule.command.strip_prefix('-').unwrap_or(&rule.command) == command && which(rule)
        };
        if rule.as_ref().is_some_and(is_meant) {
            changed.replace_range(with_its_line(text, object), "");
        }
    }
    changed
}

/// Returns a rule's place with the comma behind it, and with its line if nothing else is on it.
fn with_its_line(text: &str, object: Range<usize>) -> Range<usize> {
    let behind = &text[object.end..];
    let blanks = |text: &str| text.len() - text.trim_start_matches([' ', '\t', '\r']).len();
    let mut end = object.end + blanks(behind);
    end = match text[end..].starts_with(',') {
        true => end + 1,
        false => object.end,
    };
    let begin = text[..object.start].trim_end_matches([' ', '\t']).len();
    let rest = end + blanks(&text[end..]);
    let alone = text[..begin].ends_with('\n') || begin == 0;
    match text[rest..].starts_with('\n') && alone {
        true => begin..rest + 1,
        false => object.start..end,
    }
}

fn with(text: &str, rule: &Rule) -> String {
    // In the order in which people write them.
    let fields = [
        ("key", rule.key.as_deref()),
        ("command", Some(rule.command.as_str())),
        ("when", rule.when.as_deref()),
        ("project", rule.project.as_deref()),
        ("group", rule.group.as_deref()),
    ];
    let fields = fields.iter().filter_map(|(name, value)| {
        let value = serde_json::Value::from((*value)?);
        Some(format!("\"{name}\": {value}"))
    });
    let line = format!("  {{ {} }}", fields.collect::<Vec<_>>().join(", "));
    let plain = plain_json(text);
    let Some(close) = plain.rfind(']') else {
        let before = text.trim_end();
        let gap = if before.is_empty() { "" } else { "\n" };
        return format!("{before}{gap}[\n{line}\n]\n");
    };
    let mut changed = text.to_owned();
    let begin = changed[..close].trim_end_matches([' ', '\t']).len();
    let newline = if changed[..begin].ends_with('\n') {
        ""
    } else {
        "\n"
    };
    changed.replace_range(begin..close, &format!("{newline}{line}\n"));
    if let Some(last) = objects(&plain).last() {
        let mut commas = text[last.end..close].match_indices(',');
        if !commas.any(|(at, _)| is_code(text, last.end + at)) {
            changed.insert(last.end, ',');
        }
    }
    changed
}

/// Says whether a place of the text is in no comment: with the rest of it cut off, a sign put there is
/// still there without comments.
fn is_code(text: &str, at: usize) -> bool {
    let mut until = text[..at].to_owned();
    until.push('x');
    plain_json(&until).ends_with('x')
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    fn give(text: &str, command: &str, keys: &str) -> String {
        changed(
            text,
            &Change::Give {
                command: command.into(),
                keys: keys.into(),
                of: Whose::All,
            },
        )
    }

    fn reset(text: &str, command: &str) -> String {
        let command = command.to_owned();
        let of = Whose::All;
        changed(text, &Change::Reset { command, of })
    }

    const FILE: &str = "// mine\n[\n  // tabs\n  { \"key\": \"leader c\", \"command\": \"tab.new\" }, // as in tmux\n  \
        { \"key\": \"ctrl+shift+t\", \"command\": \"-tab.new\" }, /* a, b */\n  { \"key\": \"f5\", \"command\": \"x\" } // last, too\n]\n";

    #[test]
    fn a_rule_is_added_behind_the_last_and_comments_stay() {
        let text = give(FILE, "pane.zoom", "ctrl+\"");
        for comment in [
            "// mine",
            "// tabs",
            "// as in tmux",
            "/* a, b */",
            "// last, too",
        ] {
            assert!(text.contains(comment), "{text}");
        }
        let rules = parse(&text).unwrap();
        assert_eq!(rules.len(), 4);
        assert_eq!(rules[3].key.as_deref(), Some("ctrl+\""));
        assert_eq!(rules[3].line, 7);
        // Again, and with a comma behind the last.
        let again = give(&text, "tab.close", "f6").replace(
            "f6\", \"command\": \"tab.close\" }",
            "f6\", \"command\": \"tab.close\" },",
        );
        let rules = parse(&give(&again, "tab.next", "f7")).unwrap();
        assert_eq!(rules.len(), 6);
    }

    #[test]
    fn a_command_has_the_keys_that_it_was_given_last() {
        let text = give(FILE, "tab.new", "f2");
        let rules = parse(&text).unwrap();
        let of: Vec<_> = rules
            .iter()
            .filter(|it| it.command.ends_with("tab.new"))
            .collect();
        assert_eq!(of.len(), 2, "{text}");
        assert_eq!(of[0].command, "-tab.new", "what takes keys away stays");
        assert_eq!(of[1].key.as_deref(), Some("f2"));
        assert!(text.contains("// as in tmux"), "{text}");
    }

    #[test]
    fn a_reset_takes_all_rules_of_a_command_and_nothing_else() {
        let text = reset(FILE, "tab.new");
        let rules = parse(&text).unwrap();
        assert_eq!(rules.len(), 1);
        assert_eq!(rules[0].command, "x");
        for comment in [
            "// mine",
            "// tabs",
            "// as in tmux",
            "/* a, b */",
            "// last, too",
        ] {
            assert!(text.contains(comment), "{text}");
        }
        let last = reset(&text, "x");
        assert!(parse(&last).unwrap().is_empty(), "{last}");
        assert_eq!(reset(FILE, "nothing"), FILE);
        let lines = "[\n  { \"key\": \"a\", \"command\": \"b\" },\n  { \"key\": \"c\", \"command\": \"d\" }\n]\n";
        assert_eq!(
            reset(lines, "b"),
            "[\n  { \"key\": \"c\", \"command\": \"d\" }\n]\n"
        );
    }

    #[test]
    fn what_a_project_or_group_has_stays_when_all_get_other_keys() {
        let text = "[\n  { \"key\": \"f1\", \"command\": \"a\" },\n  { \"key\": \"f2\", \"command\": \"a\", \"group\": \"g\" }\n]\n";
        let rules = parse(&give(&reset(text, "a"), "a", "f3")).unwrap();
        let keys: Vec<_> = rules
            .iter()
            .filter_map(|rule| rule.key.as_deref())
            .collect();
        assert_eq!(keys, ["f2", "f3"]);
    }

    #[test]
    fn a_file_begins_with_its_first_rule() {
        for text in [
            "",
            "\n",
            "[]",
            "// nothing yet\n",
            "[ ]\n",
            "[\n]\n",
            "// a ]\n[]",
        ] {
            let text = give(text, "tab.new", "f2");
            let rules = parse(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
            assert_eq!(rules.len(), 1, "{text}");
        }
        assert!(give("// nothing yet\n", "tab.new", "f2").starts_with("// nothing yet\n[\n"));
    }

    #[test]
    fn signs_in_texts_are_no_structure() {
        let text = "[{ \"key\": \"ctrl+}\", \"command\": \"a]{\" }, { \"key\": \"\\\\\", \"command\": \"b\" }]";
        assert_eq!(objects(text).len(), 2);
        let rules = parse(&reset(text, "a]{")).unwrap();
        assert_eq!(rules.len(), 1);
        assert_eq!(rules[0].command, "b");
    }

    #[test]
    fn keys_are_given_and_taken_back_for_a_group_or_project_alone() {
        let of = [
            Whose::All,
            Whose::Group("shop".into()),
            Whose::Project("/w/cart".into()),
        ];
        let mut text = String::new();
        for (of, keys) in of.iter().zip(["f5", "f6", "f7"]) {
            let (command, keys, of) = ("pane.zoom".into(), keys.into(), of.clone());
            text = changed(&text, &Change::Give { command, keys, of });
        }
        let keys = |text: &str| -> Vec<_> {
            let rules = parse(text).unwrap().into_iter();
            rules
                .map(|rule| (rule.key.unwrap(), rule.group, rule.project))
                .collect()
        };
        let said = |text: &str| Some(text.to_owned());
        let (all, group, project) = (
            ("f5".to_owned(), None, None),
            ("f6".to_owned(), said("shop"), None),
            ("f7".to_owned(), None, said("/w/cart")),
        );
        assert_eq!(keys(&text), [all.clone(), group.clone(), project.clone()]);
        for (gone, left) in of.iter().zip([
            [group.clone(), project.clone()],
            [all.clone(), project],
            [all, group],
        ]) {
            let (command, of) = ("pane.zoom".into(), gone.clone());
            assert_eq!(keys(&changed(&text, &Change::Reset { command, of })), left);
        }
    }
}
