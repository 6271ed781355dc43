//! Which letters a text must have so that a regular expression can match: pages without them need not
//! be read.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Hir, HirKind};

use crate::storage::{Trigram, trigrams};

/// Returns the trigrams that a page has if anything in it matches; none if nothing is known.
#[must_use]
pub fn required(pattern: &str, is_regex: bool, ignore_case: bool) -> Vec<Trigram> {
    let mut all = Vec::new();
    if !is_regex {
        all.extend(trigrams(pattern, ignore_case));
    } else if let Ok(hir) = ParserBuilder::new().build().parse(pattern) {
        collect(&hir, ignore_case, &mut all);
    }
    all.sort_unstable();
    all.dedup();
    all
}

/// Adds what everything has that `hir` matches.
fn collect(hir: &Hir, ignore_case: bool, all: &mut Vec<Trigram>) {
    match hir.kind() {
        HirKind::Literal(literal) => {
            // A part of a character is a pattern for bytes, which texts are not searched by.
            if let Ok(text) = str::from_utf8(&literal.0) {
                all.extend(trigrams(text, ignore_case));
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

#[cfg(test)]
mod tests {
    use super::*;

    fn words(pattern: &str, is_regex: bool, ignore_case: bool) -> Vec<String> {
        let all = required(pattern, is_regex, ignore_case).into_iter();
        all.map(|trigram| String::from_utf8_lossy(&trigram).into_owned())
            .collect()
    }

    #[test]
    fn what_every_match_has_is_required_and_nothing_else() {
        assert_eq!(words("Error", false, false), ["err", "ror", "rro"]);
        assert_eq!(words("Error", false, true), ["err", "ror", "rro"]);
        assert_eq!(words("a.b", false, false), ["a.b"]);
        assert_eq!(words("err(or)+: \\d+", true, false), ["err"]);
        assert_eq!(
            words("(abc)+(def)*[xyz]ghi?jkl", true, false),
            ["abc", "jkl"]
        );
        for nothing in ["abc|abd", "(abc)?", "(?i)abc", "[0-9]{5}", "^$", "("] {
            assert_eq!(words(nothing, true, false), [""; 0], "{nothing}");
        }
        // In another case these letters have other bytes.
        assert_eq!(words("naïve", false, true), [""; 0]);
        assert_eq!(
            words("naïve abc", false, true),
            [" ab", "abc", "e a", "ve "]
        );
        assert!(!words("naïve", false, false).is_empty());
    }
}
