//! What a page must have so that a text is in it or a regular expression can match: pages without it
//! need not be read.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};

use crate::storage::{Kinds, Required};

/// Characters of an expression that are looked at: those of `(((a{9}){9}){9}){9}` are without end.
const CHARS_MAX: usize = 1_000;

/// How often a part that repeats is looked at: a match is told by a few characters.
const REPEATED_MAX: u32 = 8;

/// Returns what a page has if anything in it matches.
#[must_use]
pub fn required(pattern: &str, is_regex: bool, ignore_case: bool) -> Required {
    let mut required = Required::default();
    if !is_regex {
        required.text(pattern, ignore_case);
        return required;
    }
    if let Ok(hir) = ParserBuilder::new().build().parse(pattern) {
        collect(&hir, ignore_case, &mut required);
    }
    let mut parser = ParserBuilder::new().case_insensitive(ignore_case).build();
    if let Ok(hir) = parser.parse(pattern) {
        let mut runs = Runs::default();
        runs.walk(&hir);
        runs.cut();
        for run in &runs.all {
            required.run(run);
        }
    }
    required
}

/// Adds the texts that everything has that `hir` matches.
fn collect(hir: &Hir, ignore_case: bool, all: &mut Required) {
    match hir.kind() {
        HirKind::Literal(literal) => {
            // A part of a character is a pattern for bytes, which texts are not searched by.
            if let Ok(text) = str::from_utf8(&literal.0) {
                all.text(text, ignore_case);
            }
        }
        HirKind::Capture(capture) => collect(&capture.sub, ignore_case, all),
        HirKind::Concat(parts) => {
            for part in parts {
                collect(part, ignore_case, all);
            }
        }
        HirKind::Repetition(repetition) if repetition.min > 0 => {
            collect(&repetition.sub, ignore_case, all);
        }
        _ => {}
    }
}

/// Collects which kinds of characters follow each other in everything that matches.
#[derive(Debug, Default)]
struct Runs {
    run: Vec<Kinds>,
    all: Vec<Vec<Kinds>>,
    /// Characters so far.
    chars: usize,
}

impl Runs {
    /// Says that anything may stand between what was and what comes.
    fn cut(&mut self) {
        if !self.run.is_empty() {
            self.all.push(std::mem::take(&mut self.run));
        }
    }

    fn push(&mut self, kinds: Kinds) {
        self.chars += 1;
        self.run.push(kinds);
    }

    fn walk(&mut self, hir: &Hir) {
        // What comes after the last character that is looked at is left out to the end, so nothing is
        // taken for its neighbour that is not.
        if self.chars >= CHARS_MAX {
            return;
        }
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => {}
            HirKind::Literal(literal) => match str::from_utf8(&literal.0) {
                Ok(text) => text.chars().for_each(|c| self.push(Kinds::of(c))),
                Err(_) => self.cut(),
            },
            HirKind::Class(class) => match kinds_of(class) {
                Some(kinds) => self.push(kinds),
                None => self.cut(),
            },
            HirKind::Capture(capture) => self.walk(&capture.sub),
            HirKind::Concat(parts) => parts.iter().for_each(|part| self.walk(part)),
            HirKind::Repetition(repetition) => {
                let times = repetition.min.min(REPEATED_MAX);
                for _ in 0..times {
                    self.walk(&repetition.sub);
                }
                if repetition.max != Some(times) {
                    // More of them may follow; the last ones stand before what comes then.
                    self.cut();
                    for _ in 0..times {
                        self.walk(&repetition.sub);
                    }
                }
            }
            HirKind::Alternation(_) => self.cut(),
        }
    }
}

/// Returns the kinds of a class's characters; none if it is of bytes that are no characters.
fn kinds_of(class: &Class) -> Option<Kinds> {
    let ranges: Vec<(u32, u32)> = match class {
        Class::Unicode(class) => {
            let range = |it: &regex_syntax::hir::ClassUnicodeRange| (it.start(), it.end());
            let ranges = class.iter().map(range);
            ranges.map(|(from, to)| (from.into(), to.into())).collect()
        }
        Class::Bytes(class) if class.is_ascii() => {
            let range = |it: &regex_syntax::hir::ClassBytesRange| (it.start(), it.end());
            let ranges = class.iter().map(range);
            ranges.map(|(from, to)| (from.into(), to.into())).collect()
        }
        Class::Bytes(_) => return None,
    };
    let mut kinds = Kinds::NONE;
    for (from, to) in ranges {
        for c in from..=to.min(0x7f) {
            kinds = kinds.or(char::from_u32(c).map_or(Kinds::NONE, Kinds::of));
        }
        if to > 0x7f {
            kinds = kinds.or(Kinds::BEYOND_ASCII);
        }
    }
    Some(kinds)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex::RegexBuilder;

    use super::*;

    fn of(texts: &[&str], runs: &[&[Kinds]]) -> Required {
        let mut required = Required::default();
        for text in texts {
            required.text(text, false);
        }
        for run in runs {
            required.run(run);
        }
        required
    }

    fn kinds(text: &str) -> Vec<Kinds> {
        text.chars().map(Kinds::of).collect()
    }

    /// Returns the texts alone that an expression needs.
    fn texts(pattern: &str) -> Required {
        let mut all = Required::default();
        let hir = ParserBuilder::new().build().parse(pattern);
        if let Ok(hir) = hir {
            collect(&hir, false, &mut all);
        }
        all
    }

    #[test]
    fn texts_that_every_match_has_are_required_and_nothing_else() {
        assert_eq!(required("Error", false, false), of(&["error"], &[]));
        assert_eq!(required("Error", false, true), of(&["error"], &[]));
        assert_eq!(required("a.b", false, false), of(&["a.b"], &[]));
        assert_eq!(texts("err(or)+: \\d+"), of(&["err"], &[]));
        assert_eq!(texts("(abc)+(def)*[xyz]ghi?jkl"), of(&["abc", "jkl"], &[]));
        for nothing in ["abc|abd", "(abc)?", "(?i)abc", "[0-9]{5}", "^$", "("] {
            assert!(texts(nothing).is_empty(), "{nothing}");
        }
        // In another case these letters have other bytes.
        assert!(required("naïve", false, true).is_empty());
        assert_eq!(required("naïve abc", false, true), of(&["ve abc"], &[]));
        assert!(!required("naïve", false, false).is_empty());
    }

    #[test]
    fn kinds_that_follow_each_other_in_every_match_are_required() {
        let digits = kinds("00000000");
        let time = kinds("00:00");
        let address = [kinds("0"), kinds("0.0"), kinds("0")];
        for (pattern, runs) in [
            ("[0-9]{7}", vec![&digits[..7]]),
            ("[0-9]{7,9}", vec![&digits[..7]]),
            ("[0-9]{300}", vec![&digits[..8]]),
            (r"\b[0-9]{2}:[0-9]{2}\b", vec![&time[..]]),
            ("([0-9]{2}):([0-9]{2})", vec![&time[..]]),
            (
                "[0-9]+[.][0-9]+",
                vec![&address[0][..], &address[1], &address[2]],
            ),
            ("[0-9]{2}:[0-9]{2}x?", vec![&time[..]]),
        ] {
            assert_eq!(required(pattern, true, false), of(&[], &runs), "{pattern}");
        }
        for nothing in [
            ".*",
            "[0-9]*",
            "(1|2)?",
            "[^a]{6}",
            "",
            "^$",
            "(?-u:[\\x00-\\x7f]{2})",
        ] {
            assert!(required(nothing, true, false).is_empty(), "{nothing}");
        }
        // Without end, and ended.
        let pattern = format!("{}[0-9]{}", "(".repeat(20), "{9}){9}".repeat(20));
        assert!(!required(&pattern, true, false).is_empty());
    }

    proptest! {
        /// What an expression matches in a line has what the expression requires: else a page with a
        /// match would be passed over.
        #[test]
        fn a_line_with_a_match_has_what_is_required(
            pattern in r"([0-9a-c:. ]|[\[][0-9]-[0-9][\]]|\\d|\\w|\\s|\.|[(][0-9a:]{1,2}[)][?*+]|[0-9:][{][1-4][}]|é){1,7}",
            line in "[0-9a-dA-D:. é\u{660}\u{212a}]{0,40}",
            ignore_case in any::<bool>(),
        ) {
            let Ok(regex) = RegexBuilder::new(&pattern).case_insensitive(ignore_case).build() else {
                return Ok(());
            };
            prop_assume!(regex.is_match(&line));
            let filter = crate::storage::Filter::of_lines([line.as_str()]);
            let required = required(&pattern, true, ignore_case);
            prop_assert!(filter.may_have(&required), "{pattern:?} in {line:?}: {required:?}");
        }
    }
}
