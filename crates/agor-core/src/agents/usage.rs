//! What an agent has used, as its transcript tells it: Claude Code's file of JSON lines, read on from where
//! it was read last. Costs are estimated by a dated table (`assets/prices.toml`).

use std::sync::OnceLock;

use agor_proto::agent::Usage;
use serde::{Deserialize, Serialize};

/// The prices that agor comes with.
const PRICES: &str = include_str!("../../../../assets/prices.toml");

/// A line that is longer holds no figures that are worth reading it.
const LINE_MAX: usize = 8 * 1024 * 1024;

#[derive(Debug, Default, Deserialize)]
struct Table {
    #[expect(dead_code, reason = "for those who read the file")]
    dated: String,
    model: Vec<Price>,
}

#[derive(Debug, Deserialize)]
struct Price {
    prefix: String,
    input: f64,
    output: f64,
    cache_read: f64,
    cache_write: f64,
    context: u64,
}

/// Returns the price of a model, by the longest prefix of its name.
fn price(model: &str) -> Option<&'static Price> {
    static TABLE: OnceLock<Table> = OnceLock::new();
    let table = TABLE.get_or_init(|| toml::from_str(PRICES).unwrap_or_default());
    let known = table.model.iter();
    let known = known.filter(|price| model.starts_with(&price.prefix));
    known.max_by_key(|price| price.prefix.len())
}

/// How far a transcript was read, and what it came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Meter {
    /// The file.
    path: String,
    /// How many bytes of it were read: up to the end of a line.
    offset: u64,
    /// The last message, whose figures later lines bring anew.
    last: Spent,
    /// Everything before it.
    before: Spent,
}

/// What messages took.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Spent {
    id: String,
    model: String,
    input: u64,
    output: u64,
    cache_read: u64,
    cache_write: u64,
    /// Thousand-millionths of a dollar.
    cost_nanos: u64,
}

/// A line of a transcript, as far as it is of interest.
#[derive(Debug, Deserialize)]
struct Line {
    #[serde(rename = "isSidechain", default)]
    sidechain: bool,
    message: Option<Message>,
}

#[derive(Debug, Deserialize)]
struct Message {
    #[serde(default)]
    id: String,
    #[serde(default)]
    model: String,
    usage: Option<Tokens>,
}

#[derive(Debug, Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Tokens {
    input_tokens: u64,
    output_tokens: u64,
    cache_read_input_tokens: u64,
    cache_creation_input_tokens: u64,
}

impl Meter {
    /// Returns where reading of the transcript at `path` goes on.
    pub fn begin(&mut self, path: &str) -> u64 {
        if self.path != path {
            // What an earlier conversation of the session took was taken.
            let before = std::mem::take(self);
            self.before = before.total();
            self.path = path.to_owned();
        }
        self.offset
    }

    /// Takes in what follows in the transcript from [`Meter::begin`] on.
    pub fn read(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|&byte| byte == b'\n') {
            let line = &rest[..end];
            rest = &rest[end + 1..];
            self.offset += end as u64 + 1;
            if line.len() <= LINE_MAX
                && let Ok(line) = serde_json::from_slice::<Line>(line)
            {
                self.take(line);
            }
        }
    }

    fn take(&mut self, line: Line) {
        let Some(Message {
            id,
            model,
            usage: Some(tokens),
        }) = line.message
        else {
            return;
        };
        // A made-up answer, to an error for one, has a model of this kind.
        if model.is_empty() || model.starts_with('<') {
            return;
        }
        if self.last.id != id || id.is_empty() {
            self.before = self.total();
        }
        let price = price(&model);
        let cost = price.map_or(0.0, |price| {
            tokens.input_tokens as f64 * price.input
                + tokens.output_tokens as f64 * price.output
                + tokens.cache_read_input_tokens as f64 * price.cache_read
                + tokens.cache_creation_input_tokens as f64 * price.cache_write
        });
        self.last = Spent {
            id,
            // A subagent's model and context are not the conversation's.
            model: if line.sidechain {
                self.last.model.clone()
            } else {
                model
            },
            input: tokens.input_tokens,
            output: tokens.output_tokens,
            cache_read: tokens.cache_read_input_tokens,
            cache_write: tokens.cache_creation_input_tokens,
            cost_nanos: (cost * 1_000.0) as u64,
        };
    }

    fn total(&self) -> Spent {
        let (before, last) = (&self.before, &self.last);
        Spent {
            id: String::new(),
            model: last.model.clone(),
            input: before.input + last.input,
            output: before.output + last.output,
            cache_read: before.cache_read + last.cache_read,
            cache_write: before.cache_write + last.cache_write,
            cost_nanos: before.cost_nanos + last.cost_nanos,
        }
    }

    /// Puts what was read into `usage`.
    pub fn show(&self, usage: &mut Usage) {
        let total = self.total();
        usage.model.clone_from(&total.model);
        usage.input_tokens = total.input + total.cache_write;
        usage.output_tokens = total.output;
        usage.cached_tokens = total.cache_read;
        let price = price(&total.model);
        usage.cost_micros = price.map(|_| total.cost_nanos / 1_000);
        usage.estimated = price.is_some();
        let filled = self.last.input + self.last.cache_read + self.last.cache_write;
        let percent = price.map(|price| (filled * 100 / price.context.max(1)).min(100) as u8);
        usage.context_percent = percent.filter(|_| filled > 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(id: &str, output: u64) -> String {
        serde_json::json!({
            "type": "assistant",
            "message": { "id": id, "model": "claude-opus-4-5-20251101", "usage": {
                "input_tokens": 1_000, "output_tokens": output,
                "cache_read_input_tokens": 20_000, "cache_creation_input_tokens": 0,
            } },
        })
        .to_string()
            + "\n"
    }

    fn usage(meter: &Meter) -> Usage {
        let mut usage = Usage::default();
        meter.show(&mut usage);
        usage
    }

    #[test]
    fn a_message_that_is_told_twice_counts_once_with_its_last_figures() {
        let mut meter = Meter::default();
        assert_eq!(meter.begin("/t"), 0);
        meter.read((line("m1", 5) + &line("m1", 100)).as_bytes());
        let shown = usage(&meter);
        assert_eq!((shown.input_tokens, shown.output_tokens), (1_000, 100));
        assert_eq!(shown.cached_tokens, 20_000);
        // 1,000 x 5 + 100 x 25 + 20,000 x 0.5 millionths of a dollar.
        assert_eq!(shown.cost_micros, Some(5_000 + 2_500 + 10_000));
        assert_eq!((shown.estimated, shown.context_percent), (true, Some(10)));
        meter.read(line("m2", 1).as_bytes());
        assert_eq!(usage(&meter).output_tokens, 101);
    }

    #[test]
    fn a_line_that_is_not_whole_is_read_when_it_is() {
        let mut meter = Meter::default();
        meter.begin("/t");
        let text = line("m1", 7);
        meter.read(&text.as_bytes()[..40]);
        assert_eq!(meter.begin("/t"), 0);
        meter.read(text.as_bytes());
        assert_eq!(meter.begin("/t"), text.len() as u64);
        assert_eq!(usage(&meter).output_tokens, 7);
    }

    #[test]
    fn another_conversation_adds_to_what_the_session_took() {
        let mut meter = Meter::default();
        meter.begin("/t");
        meter.read(line("m1", 7).as_bytes());
        assert_eq!(meter.begin("/u"), 0);
        meter.read(line("m9", 3).as_bytes());
        assert_eq!(usage(&meter).output_tokens, 10);
    }

    #[test]
    fn what_is_no_message_or_made_up_or_has_no_price_costs_nothing() {
        let mut meter = Meter::default();
        meter.begin("/t");
        meter.read(b"{}\nnot json\n{\"message\":3}\n{\"message\":{\"usage\":null}}\n");
        meter.read(b"{\"message\":{\"id\":\"a\",\"model\":\"<synthetic>\",\"usage\":{\"output_tokens\":9}}}\n");
        assert_eq!(usage(&meter), Usage::default());
        meter.read(
            b"{\"message\":{\"id\":\"a\",\"model\":\"other\",\"usage\":{\"output_tokens\":9}}}\n",
        );
        let shown = usage(&meter);
        assert_eq!(
            (shown.output_tokens, shown.cost_micros, shown.estimated),
            (9, None, false)
        );
    }

    #[test]
    fn the_table_of_prices_can_be_read() {
        let table: Table = toml::from_str(PRICES).expect("our table is TOML");
        assert!(
            table
                .model
                .iter()
                .all(|price| price.context > 0 && price.output >= price.input)
        );
        assert_eq!(price("claude-opus-4-5-x").map(|it| it.input), Some(5.0));
        assert_eq!(price("claude-opus-4-1").map(|it| it.input), Some(15.0));
    }
}
