//! What the list says, as words: pure, so that tests read it without a window.

use std::time::Duration;

use agor_core::cli::state_in_words;
use agor_proto::agent::{EvidenceSource, State};
use agor_proto::ids::{LinePosition, Offset};
use agor_proto::message::Explained;

/// One piece of evidence, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The state that it says.
    pub state: State,
    /// Where it came from, with its rank.
    pub source: String,
    /// What becomes of it.
    pub standing: &'static str,
    /// Whether it decides.
    pub decides: bool,
    /// Whether it does not count any more.
    pub ended: bool,
    /// In its own words.
    pub reason: String,
    /// Since when, and when it was said last.
    pub age: String,
    /// Where it was seen, if that text is kept.
    pub place: Option<LinePosition>,
    /// Where in the record that was.
    pub offset: Offset,
}

impl Line {
    /// Returns how a screen reader says it.
    #[must_use]
    pub fn spoken(&self) -> String {
        let words = state_in_words(self.state);
        let standing = match self.standing {
            "" => String::new(),
            standing => format!(", {standing}"),
        };
        let Self {
            source,
            reason,
            age,
            ..
        } = self;
        format!("{source} says {words}: {reason}, {age}{standing}")
    }
}

/// Returns the lines, in the host's order: the strongest first.
pub fn lines(pieces: &[Explained], now_millis: u64) -> Vec<Line> {
    let line = |piece: &Explained| {
        let evidence = &piece.evidence;
        let since = ago(now_millis.saturating_sub(evidence.at_millis));
        let last = ago(now_millis.saturating_sub(piece.last_millis));
        let age = if since == last {
            since
        } else {
            format!("{since}, again {last}")
        };
        Line {
            state: evidence.state,
            source: source(evidence.source).to_owned(),
            standing: match (piece.decides, piece.ended) {
                (true, _) => "decides",
                (_, true) => "superseded",
                _ => "",
            },
            decides: piece.decides,
            ended: piece.ended,
            reason: evidence.reason.clone(),
            age,
            place: piece.at,
            offset: evidence.offset,
        }
    };
    pieces.iter().map(line).collect()
}

/// Returns a source's name; the number is its rank among them.
fn source(source: EvidenceSource) -> &'static str {
    match source {
        EvidenceSource::Protocol => "1  its own word",
        EvidenceSource::Hook => "2  hook",
        EvidenceSource::Registry => "3  its registry",
        EvidenceSource::Title => "4  title",
        EvidenceSource::Screen => "5  screen",
        EvidenceSource::Process => "6  process",
        EvidenceSource::Unknown => "7  other",
    }
}

/// Returns how long ago something was, to the second while that matters.
fn ago(millis: u64) -> String {
    match millis / 1_000 {
        0 => "now".into(),
        secs @ 1..120 => format!("{secs} s ago"),
        secs @ 120..7_200 => format!("{} min ago", secs / 60),
        secs @ 7_200..172_800 => format!("{} h ago", secs / 3_600),
        secs => format!("{} d ago", secs / 86_400),
    }
}

/// Returns how long the ages that are shown stay as they are, about.
#[must_use]
pub fn age_lasts(pieces: &[Explained], now_millis: u64) -> Option<Duration> {
    let newest = pieces.iter().map(|piece| piece.last_millis).max()?;
    let seconds = match now_millis.saturating_sub(newest) / 1_000 {
        ..120 => 1,
        120..7_200 => 60,
        _ => 3_600,
    };
    Some(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::explained;

    #[test]
    fn a_line_tells_source_rank_age_and_what_becomes_of_it() {
        let pieces = explained(1_000_000);
        let lines = lines(&pieces, 1_012_000);
        assert_eq!(lines[0].source, "2  hook");
        assert_eq!(lines[0].standing, "decides");
        assert_eq!(lines[0].age, "12 s ago");
        assert_eq!(
            lines[0].spoken(),
            "2  hook says needs permission: it asks to use Bash: cargo test, 12 s ago, decides"
        );
        assert_eq!(lines[1].standing, "superseded");
        assert_eq!(lines[2].standing, "");
    }

    #[test]
    fn ages_are_drawn_anew_as_often_as_they_change() {
        let mut pieces = explained(1_000_000);
        pieces.truncate(1);
        let at = pieces[0].last_millis;
        let lasts = |millis| age_lasts(&pieces, at + millis).map(|it| it.as_secs());
        assert_eq!(lasts(0), Some(1));
        assert_eq!(lasts(119_000), Some(1));
        assert_eq!(lasts(121_000), Some(60));
        assert_eq!(lasts(8_000_000), Some(3_600));
        assert_eq!(age_lasts(&[], 0), None);
    }

    #[test]
    fn ages_have_the_unit_that_matters() {
        let ages = [0, 119_000, 120_000, 7_200_000, 172_800_000].map(ago);
        assert_eq!(
            ages,
            ["now", "119 s ago", "2 min ago", "2 h ago", "2 d ago"]
        );
    }
}
