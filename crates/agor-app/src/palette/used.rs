//! What a person chooses in the palette, so that what is used most and was used last comes first.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Choices that are remembered; the one that weighs least is forgotten.
const CHOICES_MAX: usize = 500;

/// After so long a choice weighs half.
const HALF_MILLIS: f64 = 7.0 * 24.0 * 3_600.0 * 1_000.0;

/// See the module.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Used {
    choices: BTreeMap<String, Choices>,
}

/// How often something was chosen, as it weighed when it was chosen last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Choices {
    weight: f64,
    millis: u64,
}

impl Choices {
    fn weight(self, now_millis: u64) -> f64 {
        let age = now_millis.saturating_sub(self.millis) as f64;
        let weight = self.weight.clamp(0.0, 1e6);
        weight * (-age / HALF_MILLIS).exp2()
    }
}

impl Used {
    /// Reads what was stored; what cannot be read is nothing, since it is learned anew.
    #[must_use]
    pub fn from_json(json: &str) -> Self {
        let mut used: Self = serde_json::from_str(json).unwrap_or_default();
        used.choices.retain(|_, choices| choices.weight.is_finite());
        while used.choices.len() > CHOICES_MAX {
            used.choices.pop_last();
        }
        used
    }

    /// Returns it as it is stored.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Every key is text and every number finite, so that nothing of it can fail.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Notes that `choice` was chosen.
    pub fn note(&mut self, choice: &str, now_millis: u64) {
        let before = self.choices.get(choice).copied().unwrap_or_default();
        let choices = Choices {
            weight: before.weight(now_millis) + 1.0,
            millis: now_millis,
        };
        self.choices.insert(choice.to_owned(), choices);
        if self.choices.len() > CHOICES_MAX {
            let weigh = |choices: &Choices| choices.weight(now_millis);
            let least = self
                .choices
                .iter()
                .min_by(|(_, a), (_, b)| weigh(a).total_cmp(&weigh(b)));
            if let Some(least) = least.map(|(choice, _)| choice.clone()) {
                self.choices.remove(&least);
            }
        }
    }

    /// Returns when a choice was made last, in milliseconds since 1970.
    #[must_use]
    pub fn last_millis(&self, choice: &str) -> Option<u64> {
        self.choices.get(choice).map(|choices| choices.millis)
    }

    /// Returns what was chosen of a kind, such as `folder`, by its name.
    pub fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a str> {
        let names = self.choices.keys();
        names.filter_map(move |name| name.strip_prefix(kind)?.strip_prefix(' '))
    }

    /// Returns what a choice weighs now: about how often it was chosen within the last week.
    #[must_use]
    pub fn weight(&self, choice: &str, now_millis: u64) -> f64 {
        let choices = self.choices.get(choice);
        choices.map_or(0.0, |choices| choices.weight(now_millis))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 24 * 3_600 * 1_000;

    #[test]
    fn what_is_used_often_and_lately_weighs_most() {
        let mut used = Used::default();
        for day in 0..5 {
            used.note("often", day * DAY);
        }
        used.note("once", 4 * DAY);
        let now = 5 * DAY;
        assert!(used.weight("often", now) > used.weight("once", now));
        // Much later what was chosen once then goes before.
        used.note("once", 60 * DAY);
        assert!(used.weight("once", 60 * DAY) > used.weight("often", 60 * DAY));
        assert_eq!(used.weight("never", now), 0.0);
    }

    #[test]
    fn it_is_stored_and_bounded_and_damage_is_learned_anew() {
        let mut used = Used::default();
        for at in 0..CHOICES_MAX as u64 + 50 {
            used.note(&format!("choice {at}"), at);
        }
        assert_eq!(used.choices.len(), CHOICES_MAX);
        assert!(used.weight("choice 549", 549) > 0.0);
        assert_eq!(Used::from_json(&used.to_json()), used);
        for bad in ["", "{", "[]", "{\"choices\":{\"a\":{\"weight\":\"x\"}}}"] {
            assert_eq!(Used::from_json(bad), Used::default(), "{bad}");
        }
        let huge = Used::from_json("{\"choices\":{\"a\":{\"weight\":1e308,\"millis\":9}}}");
        assert!(huge.weight("a", 0) <= 1e6);
    }
}
