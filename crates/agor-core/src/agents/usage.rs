//! What an agent has used, as its transcript tells it: a file of JSON lines, read on from where it was read last,
//! each in the form of its agent (`forms.rs`). Costs are the agent's own figures where it writes them down, and else
//! estimated by a dated table (`assets/prices.toml`).

mod forms;

use std::sync::OnceLock;

use agor_proto::agent::Usage;
use agor_proto::limits::TRANSCRIPT_LINE_MAX;
use serde::{Deserialize, Serialize};

pub use forms::Form;
pub use forms::Tokens;
use forms::{Message, Told};

use super::written::{self, Written};

/// The prices that agor comes with.
const PRICES: &str = include_str!("../../../../assets/prices.toml");

#[derive(Debug, Default, Deserialize)]
struct Table {
    dated: String,
    model: Vec<Model>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Model {
    family: String,
    cost: Option<Price>,
    /// How many tokens it takes.
    context: Option<u64>,
    /// Where this is from; for who reads the table.
    #[cfg_attr(not(test), expect(dead_code, reason = "a row has to have one"))]
    source: String,
}

/// Dollars for a million tokens.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Price {
    input: f64,
    output: f64,
    cache_read: f64,
    cache_write: f64,
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| toml::from_str(PRICES).unwrap_or_default())
}

/// Returns when the prices were published by which costs are estimated.
#[must_use]
pub fn prices_dated() -> &'static str {
    &table().dated
}

/// Returns what is known of a model, whose name is its family's or that with the day of a release.
fn model(name: &str) -> Option<&'static Model> {
    let is_of = |model: &&Model| {
        let rest = name.strip_prefix(&model.family[..]);
        rest.is_some_and(|rest| rest.is_empty() || is_release(rest))
    };
    table().model.iter().find(is_of)
}

fn is_release(rest: &str) -> bool {
    let day = rest.strip_prefix(['-', '@']);
    day.is_some_and(|day| day.len() == 8 && day.bytes().all(|it| it.is_ascii_digit()))
}

fn price(name: &str) -> Option<&'static Price> {
    model(name)?.cost.as_ref()
}

/// How many conversations that a session has left can be come back to without being counted anew.
const LEFT_MAX: usize = 16;

/// How many messages may be told by turns before a further line of the first counts as a message of its own: those of
/// subagents that work at once stand between each other's lines.
const TOLD_AT_ONCE_MAX: usize = 16;

/// What an agent's database says that a whole conversation came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counted {
    /// The model that answered last.
    pub model: String,
    /// Its tokens.
    pub tokens: Tokens,
    /// What it cost, in thousand-millionths of a dollar; 0 if the agent knows no price.
    pub cost_nanos: u64,
    /// How many tokens the model's context holds.
    pub filled: u64,
}

/// How far a transcript was read, and what it came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Meter {
    /// The file.
    path: String,
    /// How many bytes of it were read: up to the end of a line, or into one that is too long.
    offset: u64,
    /// Whether that is within a line that is too long.
    in_long_line: bool,
    /// Lines that were too long.
    long_lines: u64,
    /// The last message, whose figures later lines bring anew; or the whole conversation, where its lines tell that.
    last: Spent,
    /// The messages before it, the last at the end, of which more may be told.
    recent: Vec<Spent>,
    /// Everything before these.
    before: Spent,
    /// What of that earlier conversations cost, as an earlier release kept it.
    earlier: Cost,
    /// Whether another session has counted what is there already, until that has been read; and what that came to.
    skips: bool,
    base: Spent,
    /// When the program began that goes on with the conversation, in milliseconds since 1970: what was written before is
    /// skipped, and nothing else. 0 if all that is there is skipped, or nothing.
    since_millis: u64,
    /// The session's conversations before this one, the last at the end: it may come back to one. What those came to
    /// that are too many to be kept, and what this one came to before another session may have gone on with it.
    left: Vec<Self>,
    others: Spent,
    /// How many tokens the model's context holds, and how many it takes, if its agent says.
    filled: u64,
    window: Option<u64>,
    /// The folder that the agent runs in, as the transcript says; when the last file was written that it has told of, in
    /// milliseconds since 1970; and those that nobody has asked for yet.
    folder: String,
    written_millis: u64,
    #[serde(skip)]
    written: Vec<Written>,
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
    #[serde(flatten)]
    cost: Cost,
}

/// Dollars, in thousand-millionths.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Cost {
    /// By our table.
    cost_nanos: u64,
    /// As the agent says.
    told_nanos: u64,
}

impl Cost {
    fn plus(self, other: Self) -> Self {
        Self {
            cost_nanos: self.cost_nanos.saturating_add(other.cost_nanos),
            told_nanos: self.told_nanos.saturating_add(other.told_nanos),
        }
    }

    fn sum(self) -> u64 {
        self.cost_nanos.saturating_add(self.told_nanos)
    }

    /// Returns it without what had come to `base` before, however that was known.
    fn less(self, base: Self) -> Self {
        let told_nanos = self.told_nanos.saturating_sub(base.sum());
        let left = base.sum().saturating_sub(self.told_nanos);
        Self {
            cost_nanos: self.cost_nanos.saturating_sub(left),
            told_nanos,
        }
    }

    fn told(dollars: f64) -> Self {
        Self {
            cost_nanos: 0,
            told_nanos: (dollars * 1e9) as u64,
        }
    }

    fn estimated(model: &str, tokens: Tokens) -> Self {
        let millionths = price(model).map_or(0.0, |price| {
            tokens.input as f64 * price.input
                + tokens.output as f64 * price.output
                + tokens.cache_read as f64 * price.cache_read
                + tokens.cache_write as f64 * price.cache_write
        });
        Self {
            cost_nanos: (millionths * 1_000.0) as u64,
            told_nanos: 0,
        }
    }
}

impl Meter {
    /// Returns where reading of the transcript at `path` goes on.
    pub fn begin(&mut self, path: &str) -> u64 {
        if self.path != path {
            // What an earlier conversation of the session took was taken, and is so once.
            let mut former = std::mem::take(self);
            let mut left = std::mem::take(&mut former.left);
            let mut others = std::mem::take(&mut former.others);
            let (skips, since_millis) = (former.skips, former.since_millis);
            match left.iter().position(|it| it.path == path) {
                Some(at) => {
                    *self = left.remove(at);
                    // Another program had it: others may have gone on with it since.
                    if self.since_millis < since_millis {
                        others = others.plus(&self.own());
                        self.skips = true;
                    }
                }
                None => {
                    self.path = path.to_owned();
                    self.skips = skips || since_millis > 0;
                }
            }
            self.since_millis = since_millis;
            self.long_lines = former.long_lines;
            self.others = others;
            if former != Self::default() {
                left.push(former);
            }
            if left.len() > LEFT_MAX {
                let oldest = left.remove(0);
                self.others = self.others.plus(&oldest.own());
            }
            self.left = left;
        }
        self.offset
    }

    /// Notes that another session has counted what the conversation holds that is read next: only what comes to it
    /// from then on is this one's, and what was this one's before.
    pub fn skip_what_is_there(&mut self) {
        self.others = self.others.plus(&self.own());
        self.skips = true;
    }

    /// Notes that another program goes on with the session's conversations, which began at `millis` since 1970: of each
    /// only what was written from then on is new, whenever its file is found.
    pub fn counts_since(&mut self, millis: u64) {
        self.skip_what_is_there();
        self.since_millis = millis.max(1);
    }

    /// Notes that the transcript was read to its end.
    pub fn reached_the_end(&mut self) {
        if self.skips && self.offset > 0 {
            self.end_skipping();
        }
    }

    fn end_skipping(&mut self) {
        self.skips = false;
        self.base = self.whole();
    }

    /// Says whether a line is the first that was written since the program began. One that does not say when counts
    /// rather than being lost, but for a sum, which is of what stands before it.
    fn is_new(&self, told: &Told, line: &[u8]) -> bool {
        let waits = self.skips && self.since_millis > 0;
        let tells = waits && !matches!(told, Told::Cost(_));
        tells && forms::time(line).is_none_or(|at| at >= self.since_millis)
    }

    /// Says whether anything was said in the conversation.
    #[must_use]
    pub fn has_read(&self) -> bool {
        self.filled > 0
    }

    /// Takes in what follows in the transcript from [`Meter::begin`] on.
    pub fn read(&mut self, form: Form, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|&byte| byte == b'\n') {
            let line = &rest[..end];
            rest = &rest[end + 1..];
            self.offset += end as u64 + 1;
            // The end of a line that is too long is none, however it reads.
            if std::mem::take(&mut self.in_long_line) {
                continue;
            }
            if line.len() > TRANSCRIPT_LINE_MAX {
                self.long_lines += 1;
                continue;
            }
            let written = written::read(form, line, &mut self.folder);
            self.note_written(written);
            if let Some(told) = forms::read(form, line) {
                if self.is_new(&told, line) {
                    self.end_skipping();
                }
                self.take(told);
            }
        }
        if self.in_long_line || rest.len() > TRANSCRIPT_LINE_MAX {
            self.long_lines += u64::from(!self.in_long_line);
            self.in_long_line = true;
            self.offset += rest.len() as u64;
        }
    }

    /// Takes in what a conversation came to so far, in place of what was said of it before.
    pub fn take_whole(&mut self, conversation: &str, counted: &Counted) {
        self.begin(conversation);
        let Counted {
            model,
            tokens,
            cost_nanos,
            filled,
        } = counted;
        // A row that has gone (a subagent's) takes back nothing that was used.
        let last = &self.last;
        let tokens = Tokens {
            input: tokens.input.max(last.input),
            output: tokens.output.max(last.output),
            cache_read: tokens.cache_read.max(last.cache_read),
            cache_write: tokens.cache_write.max(last.cache_write),
        };
        let told_nanos = last.cost.told_nanos.max(*cost_nanos);
        let cost = match told_nanos {
            0 => Cost::estimated(model, tokens),
            told_nanos => Cost {
                cost_nanos: 0,
                told_nanos,
            },
        };
        let spent = Spent::of(String::new(), model.clone(), tokens, cost);
        let before = std::mem::replace(&mut self.last, spent);
        self.filled = *filled;
        self.window = None;
        if std::mem::take(&mut self.skips) {
            // One whose program is known to have begun is found since it began with that: all that comes is new.
            self.base = match self.since_millis {
                0 => self.last.clone(),
                _ => before,
            };
        }
    }

    /// Notes files that were written. What is told again is not new.
    pub fn note_written(&mut self, mut written: Vec<Written>) {
        let known = self.written_millis;
        written.retain(|it| it.at_millis > known);
        let newest = written.iter().map(|it| it.at_millis).max();
        self.written_millis = newest.unwrap_or(known);
        self.written.append(&mut written);
    }

    /// Returns when the last file was written that was told of, in milliseconds since 1970.
    #[must_use]
    pub fn written_millis(&self) -> u64 {
        self.written_millis
    }

    /// Takes the files that were written since this was asked last.
    pub fn take_written(&mut self) -> Vec<Written> {
        std::mem::take(&mut self.written)
    }

    /// Returns how many lines were too long to be read.
    #[must_use]
    pub fn long_lines(&self) -> u64 {
        self.long_lines
    }

    fn take(&mut self, told: Told) {
        match told {
            Told::Message(message) => self.take_message(message),
            Told::Total { tokens, context } => {
                let model = std::mem::take(&mut self.last.model);
                let cost = Cost::estimated(&model, tokens);
                self.last = Spent::of(String::new(), model, tokens, cost);
                let (filled, window) = context.unwrap_or((tokens.read(), 0));
                self.filled = filled;
                self.window = Some(window).filter(|&window| window > 0);
            }
            Told::Model(model) => self.last.model = model,
            Told::Cost(dollars) => {
                self.before.cost = self.earlier.plus(Cost::told(dollars));
                for told in self.recent.iter_mut().chain([&mut self.last]) {
                    told.cost = Cost::default();
                }
            }
        }
    }

    fn take_message(&mut self, message: Message) {
        let (id, model, tokens) = (message.id, message.model, message.tokens);
        let model_before = self.last.model.clone();
        if self.last.id != id || id.is_empty() {
            self.recent.push(std::mem::take(&mut self.last));
            // What its earlier lines told of it is told anew.
            self.recent.retain(|it| it.id.is_empty() || it.id != id);
            if self.recent.len() > TOLD_AT_ONCE_MAX {
                self.before = self.before.plus(&self.recent.remove(0));
            }
        }
        let told = message.cost.map(Cost::told);
        let cost = told.unwrap_or_else(|| Cost::estimated(&model, tokens));
        // A subagent's model and context are not the conversation's.
        let model = if message.aside {
            model_before
        } else {
            let filled = tokens.read();
            // One that failed has read nothing.
            if filled > 0 {
                self.filled = filled;
                self.window = message.window;
            }
            model
        };
        self.last = Spent::of(id, model, tokens, cost);
    }

    /// Returns what the conversation took.
    fn whole(&self) -> Spent {
        let recent = self.recent.iter();
        let told = recent.fold(self.before.clone(), |sum, it| sum.plus(it));
        told.plus(&self.last)
    }

    /// Returns what the conversation took while it was this session's.
    fn own(&self) -> Spent {
        let whole = self.whole();
        if self.skips {
            // Nobody knows yet how much of it was there.
            return whole.less(&whole);
        }
        whole.less(&self.base)
    }

    /// Returns what all conversations of the session took.
    fn total(&self) -> Spent {
        let left = self.left.iter().map(Self::own);
        let left = left.fold(self.others.clone(), |sum, own| sum.plus(&own));
        left.plus(&self.own())
    }

    /// Puts what was read into `usage`.
    pub fn show(&self, usage: &mut Usage) {
        let Spent {
            model,
            input,
            output,
            cache_read,
            cache_write,
            cost,
            ..
        } = self.total();
        usage.input_tokens = input.saturating_add(cache_write);
        usage.output_tokens = output;
        usage.cached_tokens = cache_read;
        let known_model = self::model(&model);
        let has_price = known_model.is_some_and(|known| known.cost.is_some());
        // Also while a conversation has begun in which no model has answered yet.
        let known = has_price || cost.sum() > 0;
        let Cost {
            cost_nanos,
            told_nanos,
        } = cost;
        usage.cost_micros = known.then_some(cost_nanos.saturating_add(told_nanos) / 1_000);
        usage.estimated = known && (cost_nanos > 0 || told_nanos == 0);
        let window = self.window.or(known_model.and_then(|known| known.context));
        // One that holds more than it takes takes more than is known (a larger one can be asked for).
        let window = window.filter(|&window| self.filled <= window);
        let percent = window.map(|window| {
            let hundredfold = self.filled.saturating_mul(100);
            (hundredfold / window.max(1)).min(100) as u8
        });
        usage.context_percent = percent.filter(|_| self.filled > 0);
        usage.model = model;
    }
}

impl Spent {
    fn of(id: String, model: String, tokens: Tokens, cost: Cost) -> Self {
        Self {
            id,
            model,
            input: tokens.input,
            output: tokens.output,
            cache_read: tokens.cache_read,
            cache_write: tokens.cache_write,
            cost,
        }
    }

    fn plus(&self, last: &Self) -> Self {
        Self {
            id: String::new(),
            model: last.model.clone(),
            input: self.input.saturating_add(last.input),
            output: self.output.saturating_add(last.output),
            cache_read: self.cache_read.saturating_add(last.cache_read),
            cache_write: self.cache_write.saturating_add(last.cache_write),
            cost: self.cost.plus(last.cost),
        }
    }

    fn less(&self, base: &Self) -> Self {
        Self {
            id: String::new(),
            model: self.model.clone(),
            input: self.input.saturating_sub(base.input),
            output: self.output.saturating_sub(base.output),
            cache_read: self.cache_read.saturating_sub(base.cache_read),
            cache_write: self.cache_write.saturating_sub(base.cache_write),
            cost: self.cost.less(base.cost),
        }
    }
}

#[cfg(test)]
mod tests;
