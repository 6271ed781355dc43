//! What the page says, as words and heights: pure, so that tests read it without a window.

use agor_core::config::Layers;
use agor_core::zone::date;
use agor_proto::usage::{Spent, UsageRow};

use crate::link::snapshot::named;
use crate::link::usage::Spending;

/// What a plot shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Dollars.
    Cost,
    /// Tokens that were read (from a cache and not) and written.
    Tokens,
    /// Time at work, and time waited for the person.
    Time,
}

impl Measure {
    /// Every plot, in order.
    pub const ALL: [Self; 3] = [Self::Cost, Self::Tokens, Self::Time];

    /// Returns its name, and what the parts of a bar are, the lowest first.
    #[must_use]
    pub fn names(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::Cost => ("Cost", &["cost"]),
            Self::Tokens => ("Tokens", &["out", "in", "cached"]),
            Self::Time => ("Time", &["worked", "waited for you"]),
        }
    }

    fn parts(self, spent: &Spent) -> Vec<f32> {
        match self {
            Self::Cost => vec![spent.cost_micros.unwrap_or(0) as f32],
            Self::Tokens => [spent.output_tokens, spent.input_tokens, spent.cached_tokens]
                .map(|tokens| tokens as f32)
                .to_vec(),
            Self::Time => [spent.working_millis, spent.waited_millis]
                .map(|millis| millis as f32)
                .to_vec(),
        }
    }

    fn in_words(self, spent: &Spent) -> String {
        match self {
            Self::Cost => money(spent),
            Self::Tokens => format!(
                "{} out, {} in, {} cached",
                count(spent.output_tokens),
                count(spent.input_tokens),
                count(spent.cached_tokens)
            ),
            Self::Time => format!(
                "worked {}, waited {}",
                time(spent.working_millis),
                time(spent.waited_millis)
            ),
        }
    }

    fn highest(self, value: f32) -> String {
        let value = value as u64;
        match self {
            Self::Cost => format!("${:.2}", value as f64 / 1e6),
            Self::Tokens => count(value),
            Self::Time => time(value),
        }
    }
}

/// A day's bar.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// The heights of its parts, the lowest first, of 1 for the highest bar.
    pub parts: Vec<f32>,
    /// The day and its figures.
    pub says: String,
}

/// A plot.
#[derive(Debug, Clone, PartialEq)]
pub struct Plot {
    /// What it shows.
    pub measure: Measure,
    /// The sum over all days.
    pub sum: String,
    /// The highest bar's figure.
    pub highest: String,
    /// A bar for each day, the oldest first.
    pub bars: Vec<Bar>,
    /// The first day and the last.
    pub ends: (String, String),
}

/// Returns the plots of the last `days`.
pub fn plots(spending: &Spending, days: u32) -> Vec<Plot> {
    let days = by_day(spending, days);
    let mut all = Spent::default();
    days.iter().for_each(|(_, spent)| all.add(spent));
    let ends = match (days.first(), days.last()) {
        (Some((first, _)), Some((last, _))) => (date(*first), date(*last)),
        _ => Default::default(),
    };
    let plot = |measure: Measure| {
        let height = |spent: &Spent| measure.parts(spent).iter().sum::<f32>();
        let most = days
            .iter()
            .map(|(_, spent)| height(spent))
            .fold(0.0, f32::max);
        let bar = |(day, spent): &(i64, Spent)| Bar {
            parts: measure
                .parts(spent)
                .iter()
                .map(|part| if most > 0.0 { part / most } else { 0.0 })
                .collect(),
            says: format!("{}: {}", date(*day), measure.in_words(spent)),
        };
        Plot {
            measure,
            sum: measure.in_words(&all),
            highest: measure.highest(most),
            bars: days.iter().map(bar).collect(),
            ends: ends.clone(),
        }
    };
    Measure::ALL.map(plot).to_vec()
}

/// Returns every one of the last `days`, the oldest first, also those on which nothing was used.
fn by_day(spending: &Spending, days: u32) -> Vec<(i64, Spent)> {
    let today = spending.days.today;
    let used = |day: i64| {
        let row = spending.days.rows.iter().find(|row| row.day == day);
        row.map_or_else(Spent::default, |row| row.spent)
    };
    let first = today + 1 - i64::from(days);
    (first..=today).map(|day| (day, used(day))).collect()
}

/// The heads of the tables, but the first, which says what is summed.
pub const HEADS: [&str; 6] = ["Cost", "Out", "In", "Turns", "Worked", "Waited"];

/// Returns a line of the table of projects, or of sessions.
pub fn line(row: &UsageRow, layers: &Layers) -> [String; 7] {
    let name = match row.session {
        Some(_) if row.name.is_empty() => row.provider.clone(),
        Some(_) => format!("{}  ·  {}", row.name, named(layers, &row.project)),
        None => named(layers, &row.project),
    };
    let spent = &row.spent;
    [
        name,
        money(spent),
        count(spent.output_tokens),
        // What came from a cache was read too.
        count(spent.input_tokens + spent.cached_tokens),
        spent.turns.to_string(),
        time(spent.working_millis),
        time(spent.waited_millis),
    ]
}

/// Returns a cost; an estimate has a tilde, and what has no price a dash.
pub fn money(spent: &Spent) -> String {
    let mark = if spent.estimated { "~" } else { "" };
    let cost = spent.cost_micros.map(|micros| micros as f64 / 1e6);
    cost.map_or_else(|| "–".into(), |dollars| format!("{mark}${dollars:.2}"))
}

/// Returns a number in three digits or so.
pub fn count(number: u64) -> String {
    let scaled = |unit: u64, letter: char| {
        let value = number as f64 / unit as f64;
        let digits = usize::from(value < 9.95);
        format!("{value:.digits$} {letter}")
    };
    match number {
        0..1_000 => number.to_string(),
        1_000..999_500 => scaled(1_000, 'k'),
        999_500..999_500_000 => scaled(1_000_000, 'M'),
        _ => scaled(1_000_000_000, 'G'),
    }
}

/// Returns a time in its two largest units.
fn time(millis: u64) -> String {
    match millis / 1_000 {
        0 => "–".into(),
        secs @ 1..60 => format!("{secs} s"),
        secs @ 60..3_600 => format!("{} min", secs / 60),
        secs => format!("{} h {:02}", secs / 3_600, secs % 3_600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::spending;

    #[test]
    fn a_plot_has_a_bar_for_each_day_and_the_highest_is_one() {
        let plots = plots(&spending(), 7);
        assert_eq!(plots.len(), 3);
        for plot in &plots {
            assert_eq!(plot.bars.len(), 7);
            let heights = plot.bars.iter().map(|bar| bar.parts.iter().sum::<f32>());
            let most = heights.fold(0.0, f32::max);
            assert!((most - 1.0).abs() < 1e-5, "{plot:?}");
            assert_eq!(plot.ends, ("2026-11-24".into(), "2026-11-30".into()));
        }
        let last = &plots[0].bars[6];
        assert_eq!(last.says, "2026-11-30: ~$3.10");
        assert!(
            plots[1].bars[6]
                .says
                .ends_with("31 k out, 62 k in, 1.2 M cached")
        );
    }

    #[test]
    fn a_page_without_anything_used_has_flat_plots() {
        let plots = plots(&Spending::default(), 7);
        assert!(plots.iter().all(|plot| {
            plot.bars
                .iter()
                .all(|bar| bar.parts.iter().all(|it| *it == 0.0))
        }));
        assert_eq!(plots[0].sum, "–");
    }

    #[test]
    fn figures_have_the_digits_that_matter() {
        let counts = [
            0,
            999,
            1_000,
            9_949,
            12_345,
            999_499,
            999_500,
            34_000_000,
            2_000_000_000,
        ];
        let expected = [
            "0", "999", "1.0 k", "9.9 k", "12 k", "999 k", "1.0 M", "34 M", "2.0 G",
        ];
        assert_eq!(counts.map(count), expected);
        let times = [0, 59_000, 3_599_000, 3_600_000, 90_000_000];
        assert_eq!(
            times.map(time),
            ["–", "59 s", "59 min", "1 h 00", "25 h 00"]
        );
    }

    #[test]
    fn a_session_is_named_with_its_project_and_one_without_a_price_has_a_dash() {
        let spending = spending();
        let session = line(&spending.sessions.rows[0], &Layers::default());
        assert_eq!(session[0], "claude  ·  shop");
        let project = line(&spending.projects.rows[0], &Layers::default());
        assert_eq!(project[0], "shop");
        assert_eq!(money(&Spent::default()), "–");
    }
}
