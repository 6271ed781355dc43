//! The table of known agents: how each is found, started and read. Data, in `assets/providers.toml`
//! and a person's own `providers.toml`, which extends it field by field; no provider has code.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::OnceLock;

use agor_proto::agent::{Choice, Pending, PermissionKind, State};
use agor_proto::limits::AGENT_QUESTION_MAX;
use agor_term::{char_width, shown_text};
use regex::{Captures, Match, Regex};
use serde::Deserialize;

use super::claim::{Says, asks};
use super::command_line::{self, Program};
use super::transcript::{Transcript, is_id};

/// The table that agor comes with.
const BUILT_IN: &str = include_str!("../../../../assets/providers.toml");

/// The largest table of a person's own that is read.
const OWN_BYTES_MAX: u64 = 1024 * 1024;

/// What is shown of an answer.
const CHOICE_NAME_MAX: usize = 80;

/// How many answers a menu can have: each has a digit of its own.
const DIGITS: usize = 9;

/// What stands between what an agent says and the column that it draws beside it.
const GAP: &str = "    ";

/// A known agent.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Provider {
    /// Its id: the table's key.
    #[serde(skip)]
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Its programs; the first that is found is started.
    pub programs: Vec<String>,
    /// The packages that its programs come in, for those that run by an interpreter as a file with a common name.
    pub packages: Vec<String>,
    /// An expression over the arguments with which it converses, if with others it does something else.
    pub arguments: String,
    #[serde(skip)]
    arguments_compiled: OnceLock<Option<Regex>>,
    /// How it names itself by OSC 7501.
    pub apps: Vec<String>,
    /// Whether it reports its status by OSC 7501.
    pub reports: bool,
    /// What to do to get it.
    pub get: String,
    /// Arguments that print its version.
    pub version: Vec<String>,
    /// Arguments that it is always started with.
    pub start: Vec<String>,
    /// Arguments that choose `{model}`.
    pub model: Vec<String>,
    /// Models that are offered by name; others are typed.
    pub models: Vec<String>,
    /// Arguments that choose `{mode}`.
    pub mode: Vec<String>,
    /// The modes that there are; none if they are not known.
    pub modes: Vec<String>,
    /// Arguments that give a new conversation its `{id}`.
    pub session: Vec<String>,
    /// Arguments that go on with the conversation `{id}`.
    pub resume: Vec<String>,
    /// What it says on its screen when it ends because it has no conversation with the id that it was to go on with.
    pub unknown: Vec<String>,
    /// Arguments that begin with a copy of the conversation `{id}`, which gets the id `{new}` if it can be given one.
    pub fork: Vec<String>,
    /// An expression over the path of the file that it keeps open while it converses; the first group is the
    /// conversation's id.
    pub open_file: String,
    #[serde(skip)]
    open_file_compiled: OnceLock<Option<Regex>>,
    /// Where it keeps its conversations, if that is a database.
    pub database: Option<Database>,
    /// Arguments that tell it `{prompt}` first; they are the last.
    pub prompt: Vec<String>,
    /// Arguments that make it read, beside what the person has, the settings in `{file}` or what is in `{folder}`.
    pub settings: Vec<String>,
    /// Variables that do so, for those that take no such argument.
    pub hook_env: BTreeMap<String, String>,
    /// The file of the machine's own that a variable would hide: where it is there, no hooks are given.
    pub settings_hide: String,
    /// The hooks that such settings can have.
    pub hooks: Vec<String>,
    /// Files of another form that its hooks are in, each its name and text; `{command}` in it is the command that
    /// they run, as a literal of JSON.
    pub hook_files: BTreeMap<String, String>,
    /// Why it is given no hooks, in a sentence.
    pub no_hooks: String,
    /// How long a hook may take at most, in what the provider counts in: five seconds if it is not said.
    pub hook_timeout: Option<u64>,
    /// Variables that it gets.
    pub env: BTreeMap<String, String>,
    /// Variables that it must not have.
    pub strip: Vec<String>,
    /// For how many milliseconds a prompt must have been there before a key is taken for an answer to it.
    pub takes_keys_after: u64,
    /// An expression over the last rows of its screen, whose first group begins where another column of its own does,
    /// which stands beside all of them; empty if it draws none.
    pub beside: String,
    #[serde(skip)]
    beside_compiled: OnceLock<Option<Regex>>,
    /// An expression over the last rows of its screen, whose first group is where the answers to a request for
    /// permission stand; empty if they may stand anywhere there.
    pub answers: String,
    #[serde(skip)]
    answers_compiled: OnceLock<Option<Regex>>,
    /// Answers to its prompts whose keys are known.
    pub choices: Vec<ChoiceRule>,
    /// Its own registry of its sessions, if it keeps one.
    pub registry: Option<Registry>,
    /// Where it writes down what it used, if it does.
    pub transcript: Option<Transcript>,
    /// What nothing that it shows tells, and why.
    pub untold: Vec<Untold>,
    /// What cannot be asked for when it is started, and why.
    pub cannot: Vec<Cannot>,
    /// Rules over its title, the first that matches counts.
    pub titles: Vec<Rule>,
    /// Rules over the last rows of its screen, the first that matches counts.
    pub screens: Vec<Rule>,
    /// An expression over these rows: where it matches, what they said before holds. Empty if they say something whenever
    /// a rule matches.
    pub holds: String,
    #[serde(skip)]
    holds_compiled: OnceLock<Option<Regex>>,
}

/// An agent's own registry of its sessions: a file of JSON for each process.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registry {
    /// The variable that names the folder of its settings.
    #[serde(default)]
    pub variable: String,
    /// That folder without the variable, in the person's home.
    pub folder: String,
    /// The file of the process `{pid}` in it.
    pub file: String,
    /// The field that says the state.
    pub status: String,
    /// The field that says the conversation's id.
    #[serde(default)]
    pub conversation: String,
    /// The field that says it more precisely.
    #[serde(default)]
    pub detail: String,
    /// What its values mean, the first that is right; others say nothing.
    pub says: Vec<Value>,
}

/// A database of SQLite in which an agent keeps its conversations.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// The variable that names the folder which it is below.
    #[serde(default)]
    pub variable: String,
    /// That folder without the variable, in the person's home.
    pub folder: String,
    /// The file in it.
    pub file: String,
    /// Asks it for the ids of the conversations that began in the folder `?1` between `?2` and `?3`, in milliseconds
    /// since 1970.
    pub conversation: String,
    /// Asks it what the conversation `?1` came to: the model; the tokens that were read in no cache, were written, came
    /// from a cache and went into one; the cost in dollars; and how many tokens its context holds.
    #[serde(default)]
    pub usage: String,
    /// Asks it which files were written in the conversation `?1` after `?2`, in milliseconds since 1970: each with when,
    /// the first that was written first.
    #[serde(default)]
    pub written: String,
}

/// What a value in a registry means.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Value {
    /// The value.
    pub when: String,
    /// What the more precise field says, if that counts.
    #[serde(default)]
    pub detail: Option<String>,
    /// The state.
    pub state: State,
    /// Further states for which it would be the same.
    #[serde(default)]
    pub also: Vec<State>,
    /// Why, in words.
    pub says: String,
}

/// What of an agent's life nothing tells, since it does not show it or nobody has recorded it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Untold {
    /// What happens, by the names of the stories' cases.
    pub cases: Vec<String>,
    /// Why nothing tells it, in a sentence.
    pub why: String,
}

/// What cannot be asked for when an agent is started, since it has no argument for it or nobody has tried it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cannot {
    /// What, by the names of the options of `agor new`.
    pub what: Vec<String>,
    /// Why, in a sentence.
    pub why: String,
}

/// What a title or a screen says, by an expression.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The expression; of a state that asks, its first group is what is asked.
    #[serde(rename = "match")]
    pattern: String,
    /// The state.
    state: State,
    /// Further states for which it would look the same.
    #[serde(default)]
    also: Vec<State>,
    /// Why, in words.
    #[serde(default)]
    says: String,
    #[serde(skip)]
    compiled: OnceLock<Option<Regex>>,
}

/// An answer that is there when the screen shows it, or all those of a menu.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChoiceRule {
    /// The expression over the last rows of the screen, or over the menu; the group `name`, else the first, is what a
    /// person reads.
    #[serde(rename = "match")]
    pattern: String,
    /// What the answer means.
    kind: PermissionKind,
    /// The chords that give it; `{digit}` is what the group of that name found.
    keys: Vec<String>,
    /// An expression over the last rows of the screen, of a menu: its first group is where the answers stand. Each
    /// row that matches is one; their digits are 1, 2, 3 … up to the group `next`, or else it is no menu.
    #[serde(default)]
    within: String,
    /// Whether it is one only where it stands on a background that nothing else in its row has: what Enter gives, where
    /// colours alone say that.
    #[serde(default)]
    stands_out: bool,
    #[serde(skip)]
    compiled: OnceLock<Option<Regex>>,
    #[serde(skip)]
    within_compiled: OnceLock<Option<Regex>>,
}

fn compile<'a>(pattern: &str, cell: &'a OnceLock<Option<Regex>>) -> Option<&'a Regex> {
    let compiled = cell.get_or_init(|| {
        let compiled = Regex::new(pattern);
        if let Err(error) = &compiled {
            tracing::warn!(pattern, %error, "a rule of providers.toml cannot be used");
        }
        compiled.ok()
    });
    compiled.as_ref()
}

impl Rule {
    /// Returns what a text says, if the rule is right for it.
    fn read(&self, text: &str) -> Option<Says> {
        let regex = compile(&self.pattern, &self.compiled)?;
        if !regex.is_match(text) {
            return None;
        }
        let tells = asks(self.state) && regex.captures_len() > 1;
        let found = tells.then(|| regex.captures(text)).flatten();
        let asked = found.and_then(|found| Some(found.get(1)?.as_str()));
        Some(Says {
            also: self.also.clone(),
            pending: asked.and_then(question),
            ..Says::just(self.state, self.says.clone())
        })
    }
}

impl ChoiceRule {
    /// Returns the answers that the last rows of a screen offer by this rule; `answers` is where those to a request for
    /// permission stand, and `standing_out` says what stands out in a row.
    fn read(&self, rows: &str, answers: &str, standing_out: &StandingOut<'_>) -> Vec<Choice> {
        let Some(regex) = compile(&self.pattern, &self.compiled) else {
            return Vec::new();
        };
        if self.stands_out {
            let found = regex.captures(rows);
            let found = found.filter(|found| is_standing_out(found, rows, standing_out));
            return found.iter().map(|found| self.choice(found)).collect();
        }
        if self.within.is_empty() {
            let found = regex.captures(answers);
            return found.iter().map(|found| self.choice(found)).collect();
        }
        let within = compile(&self.within, &self.within_compiled);
        let Some(within) = within.and_then(|within| within.captures(rows)) else {
            return Vec::new();
        };
        let menu = within.get(1).map_or("", |menu| menu.as_str());
        let found: Vec<Captures<'_>> = regex.captures_iter(menu).collect();
        let is = |found: &Captures<'_>, group: &str, number: usize| {
            let digits = found.name(group);
            digits.is_some_and(|digits| digits.as_str().parse::<usize>() == Ok(number))
        };
        // Rows that only look like answers, in the question's text, would be numbered beside them; where one is
        // not understood, a digit may be that one's.
        let mut numbered = found.iter().enumerate();
        let counted = numbered.all(|(at, found)| is(found, "digit", at + 1))
            && (within.name("next").is_none() || is(&within, "next", found.len() + 1));
        let named = found.iter().all(|found| is_name(name_of(found)));
        match counted && named && found.len() <= DIGITS {
            true => found.iter().map(|found| self.choice(found)).collect(),
            false => Vec::new(),
        }
    }

    /// Returns the letters of the menu that the last rows of a screen show by this rule, if it is one. However it is
    /// wrapped, and wherever its selection stands, they are the same.
    fn letters(&self, rows: &str) -> Option<String> {
        if self.within.is_empty() {
            return None;
        }
        let within = compile(&self.within, &self.within_compiled)?;
        let menu = within.captures(rows)?.get(1)?.as_str();
        Some(menu.chars().filter(|it| it.is_alphanumeric()).collect())
    }

    fn choice(&self, found: &Captures<'_>) -> Choice {
        let name = name_of(found).trim();
        let digit = found.name("digit").map_or("", |digit| digit.as_str());
        let keys = self.keys.iter();
        Choice {
            name: shown_text(name.as_bytes(), CHOICE_NAME_MAX),
            kind: self.kind,
            keys: keys.map(|keys| keys.replace("{digit}", digit)).collect(),
        }
    }
}

/// Returns the number with which a row begins, if it has one as answers have.
fn number_of(row: &str) -> Option<usize> {
    let row = row.trim_start_matches(|letter: char| !letter.is_alphanumeric());
    row.split_once(". ")?.0.parse().ok()
}

fn name_of<'a>(found: &Captures<'a>) -> &'a str {
    name_in(found).map_or("", |name| name.as_str())
}

fn name_in<'a>(found: &Captures<'a>) -> Option<Match<'a>> {
    found.name("name").or_else(|| found.get(1))
}

/// What stands out in a row, counted from the first that is looked at.
pub type StandingOut<'a> = dyn Fn(usize) -> Vec<String> + 'a;

/// Says whether an answer that was found in rows stands out in its own.
fn is_standing_out(found: &Captures<'_>, rows: &str, standing_out: &StandingOut<'_>) -> bool {
    name_in(found).is_some_and(|name| {
        let (above, _) = rows.split_at(name.start());
        let row = above.matches('\n').count();
        standing_out(row).iter().any(|it| it == name.as_str())
    })
}

/// Says whether what stands where an answer of a menu has its name is one, and whole: neither a box to be ticked nor
/// something of a frame.
fn is_name(name: &str) -> bool {
    let is_none = |letter: char| letter.is_whitespace() || letter == '[';
    !name.is_empty() && !name.starts_with(is_none) && !name.contains(is_of_frame)
}

/// Returns how many cells a text takes.
fn cells(text: &str) -> usize {
    text.chars().map(|it| usize::from(char_width(it))).sum()
}

/// Returns where in a row its cell number `column` begins, in bytes; its end if it is shorter.
fn place_of(row: &str, column: usize) -> usize {
    let mut next = 0;
    let mut letters = row.char_indices();
    let found = letters.find(|(_, letter)| {
        let begins = next;
        next += usize::from(char_width(*letter));
        begins >= column
    });
    found.map_or(row.len(), |(place, _)| place)
}

/// Says whether frames are drawn by a letter.
fn is_of_frame(letter: char) -> bool {
    matches!(letter, '\u{2500}'..='\u{259f}')
}

/// Returns the question in a part of a screen, in a line and without the frame that it is drawn in.
fn question(drawn: &str) -> Option<Pending> {
    let unframed = drawn.replace(is_of_frame, " ");
    let words: Vec<&str> = unframed.split_whitespace().collect();
    let text = shown_text(words.join(" ").as_bytes(), AGENT_QUESTION_MAX);
    (!text.is_empty()).then(|| Pending {
        text,
        ..Pending::default()
    })
}

impl Provider {
    /// Says whether something that the agent does will tell its state.
    #[must_use]
    pub fn shows_itself(&self) -> bool {
        self.reports || !self.titles.is_empty() || !self.screens.is_empty()
    }

    /// Says whether a program is this agent's, and is run so that it converses.
    fn runs_as(&self, program: &Program<'_>) -> bool {
        let named = |name: &String| name.rsplit('/').next() == Some(program.name());
        let ours =
            self.programs.iter().any(named) || self.packages.iter().any(|it| program.is_of(it));
        if !ours || self.arguments.is_empty() {
            return ours;
        }
        let given = program.arguments.join(" ");
        compile(&self.arguments, &self.arguments_compiled)
            .is_some_and(|regex| regex.is_match(&given))
    }

    /// Returns what the agent's title says.
    #[must_use]
    pub fn title(&self, title: &str) -> Option<Says> {
        self.titles.iter().find_map(|rule| rule.read(title))
    }

    /// Returns for how many milliseconds a prompt must have been there before a key is taken for an answer; a
    /// minute at most.
    #[must_use]
    pub fn takes_keys_after_millis(&self) -> u64 {
        self.takes_keys_after.min(60_000)
    }

    /// Returns the id of the conversation whose file is at `path`, if it is such a file.
    #[must_use]
    pub fn conversation_of_file(&self, path: &str) -> Option<String> {
        if self.open_file.is_empty() {
            return None;
        }
        let regex = compile(&self.open_file, &self.open_file_compiled)?;
        let id = regex.captures(path)?.get(1)?.as_str();
        is_id(id).then(|| id.to_owned())
    }

    /// Returns why an option of `agor new` cannot be asked for when it is started, in a sentence; none if it can.
    #[must_use]
    pub fn why_not(&self, option: &str) -> Option<String> {
        let template = match option {
            "model" => &self.model,
            "mode" => &self.mode,
            "resume" => &self.resume,
            "fork" => &self.fork,
            _ => &self.prompt,
        };
        if !template.is_empty() {
            return None;
        }
        Some(self.refuses(option))
    }

    /// Says that an option of `agor new` cannot be asked of it, and why, as its row tells.
    pub(super) fn refuses(&self, option: &str) -> String {
        let what = match option {
            "resume" => "cannot go on with an earlier conversation".to_owned(),
            "fork" => "cannot fork a conversation".to_owned(),
            option => format!("takes no {option}"),
        };
        let tells = |it: &&Cannot| it.what.iter().any(|it| it == option);
        let why = self.cannot.iter().find(tells);
        let why = why.map(|it| format!(" {}", it.why)).unwrap_or_default();
        format!("{} {what} when it is started.{why}", self.name)
    }

    /// Says whether its screen is worth a look.
    #[must_use]
    pub fn reads_screens(&self) -> bool {
        !self.screens.is_empty() || !self.choices.is_empty()
    }

    /// Says whether its screen tells when it asks for permission.
    #[must_use]
    pub fn shows_requests(&self) -> bool {
        let mut rules = self.screens.iter();
        rules.any(|rule| rule.state == State::NeedsPermission)
    }

    /// Says whether an agent that ended with these rows on its screen did not know its conversation.
    #[must_use]
    pub fn knows_no_conversation(&self, rows: &str) -> bool {
        self.unknown.iter().any(|words| rows.contains(words))
    }

    /// Returns what the last rows of its screen say; `before` is what they said last.
    #[must_use]
    pub fn screen(&self, rows: &str, before: Option<&Says>) -> Option<Says> {
        let rows = self.without_beside(rows);
        let holds = match self.holds.is_empty() {
            true => None,
            false => compile(&self.holds, &self.holds_compiled),
        };
        if holds.is_some_and(|holds| holds.is_match(&rows)) {
            return before.cloned();
        }
        self.screens.iter().find_map(|rule| rule.read(&rows))
    }

    /// Returns rows without the column that the agent draws beside what it says. Where one of them reaches into the gap
    /// between the two they are left as they are: what would be cut off might be what a person has to read.
    fn without_beside<'a>(&self, rows: &'a str) -> Cow<'a, str> {
        let found = match self.beside.is_empty() {
            true => None,
            false => compile(&self.beside, &self.beside_compiled),
        };
        let found = found.and_then(|regex| regex.captures(rows)?.get(1));
        let Some(found) = found else {
            return Cow::Borrowed(rows);
        };
        let (above, _) = rows.split_at(found.start());
        let before = above.rsplit('\n').next().unwrap_or_default();
        let column = cells(before);
        let mut kept = Vec::new();
        for row in rows.lines() {
            let (left, right) = row.split_at(place_of(row, column));
            if !right.is_empty() && !left.ends_with(GAP) {
                return Cow::Borrowed(rows);
            }
            kept.push(left.trim_end());
        }
        Cow::Owned(kept.join("\n"))
    }

    /// Returns the rows in which it offers answers to a request for permission: no words of a command or a plan, which
    /// stand above them and could read like one.
    fn answers_in<'a>(&self, rows: &'a str) -> &'a str {
        if self.answers.is_empty() {
            return rows;
        }
        let regex = compile(&self.answers, &self.answers_compiled);
        let found = regex.and_then(|regex| regex.captures(rows)?.get(1));
        let found = found.map_or("", |found| found.as_str());
        let mut numbers = found.lines().filter_map(number_of).enumerate();
        match numbers.all(|(at, number)| number == at + 1) {
            true => found,
            false => "",
        }
    }

    /// Returns the letters of the menu that the last rows of its screen show, of its question and of its answers; none
    /// if they show no menu.
    #[must_use]
    pub fn menu(&self, rows: &str) -> String {
        let rows = self.without_beside(rows);
        let mut rules = self.choices.iter();
        rules
            .find_map(|rule| rule.letters(&rows))
            .unwrap_or_default()
    }

    /// Returns the answers that the last rows of its screen offer, each once; those to a request for permission and
    /// those to a question, whichever it asks.
    #[must_use]
    pub fn choices(&self, rows: &str, standing_out: &StandingOut<'_>) -> Vec<Choice> {
        let mut choices: Vec<Choice> = Vec::new();
        let rows = self.without_beside(rows);
        let answers = self.answers_in(&rows);
        let read = |rule: &ChoiceRule| rule.read(&rows, answers, standing_out);
        for choice in self.choices.iter().flat_map(read) {
            let is_same = |it: &Choice| {
                let chooses = [it.kind, choice.kind].map(|it| it == PermissionKind::Choose);
                it.keys == choice.keys && chooses[0] == chooses[1]
            };
            if !choices.iter().any(is_same) {
                choices.push(choice);
            }
        }
        choices
    }
}

#[cfg(test)]
thread_local! {
    static TIMES_READ: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// Returns how often this thread has made a table.
#[cfg(test)]
pub(crate) fn times_read() -> u64 {
    TIMES_READ.get()
}

/// Every known agent.
#[derive(Debug, Default)]
pub struct Providers {
    by_id: BTreeMap<String, Provider>,
}

/// A table, and what is wrong with it.
#[derive(Debug)]
pub struct Loaded {
    /// The table; agor's own if the person's is damaged.
    pub providers: Providers,
    /// Complaints, each a sentence.
    pub complaints: Vec<String>,
}

impl Providers {
    /// Returns the table that agor comes with.
    #[must_use]
    pub fn built_in() -> Self {
        Self::parse("", Path::new("providers.toml")).providers
    }

    /// Reads the table, extended by the file at `own` if there is one.
    #[must_use]
    pub fn load(own: &Path) -> Loaded {
        let complain = |error: io::Error| Loaded {
            providers: Self::built_in(),
            complaints: vec![format!(
                "{} cannot be read ({error}): agor's own table is used",
                own.display()
            )],
        };
        match fs::metadata(own) {
            Ok(found) if found.len() > OWN_BYTES_MAX => {
                complain(io::Error::other("it is too large"))
            }
            Ok(_) => match fs::read_to_string(own) {
                Ok(text) => Self::parse(&text, own),
                Err(error) => complain(error),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::parse("", own),
            Err(error) => complain(error),
        }
    }

    fn parse(own: &str, path: &Path) -> Loaded {
        #[cfg(test)]
        TIMES_READ.set(TIMES_READ.get() + 1);
        let built_in: toml::Table = toml::from_str(BUILT_IN).unwrap_or_default();
        let mut complaints = Vec::new();
        let own: toml::Table = toml::from_str(own).unwrap_or_else(|error| {
            complaints.push(format!(
                "{} is damaged ({}): agor's own table is used",
                path.display(),
                error.message()
            ));
            toml::Table::new()
        });
        let mut by_id = BTreeMap::new();
        let ids = built_in.keys().chain(own.keys()).cloned();
        for id in ids.collect::<std::collections::BTreeSet<_>>() {
            let base = built_in.get(&id).cloned();
            let mut row = base.clone().unwrap_or_else(|| toml::Table::new().into());
            if let (Some(extends), Some(row)) = (
                own.get(&id).and_then(toml::Value::as_table),
                row.as_table_mut(),
            ) {
                row.extend(extends.clone());
            }
            let provider = Provider::deserialize(row).or_else(|error| {
                complaints.push(format!(
                    "{}: [{id}] cannot be used: {}",
                    path.display(),
                    error.message()
                ));
                base.map_or(Err(()), |base| Provider::deserialize(base).map_err(|_| ()))
            });
            if let Ok(mut provider) = provider {
                provider.id.clone_from(&id);
                if provider.name.is_empty() {
                    provider.name.clone_from(&id);
                }
                if provider.programs.is_empty() {
                    provider.programs.push(id.clone());
                }
                by_id.insert(id, provider);
            }
        }
        Loaded {
            providers: Self { by_id },
            complaints,
        }
    }

    /// Returns a provider by its id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Provider> {
        self.by_id.get(id)
    }

    /// Returns every provider, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Provider> {
        self.by_id.values()
    }

    /// Returns the provider whose program a command starts, also by an interpreter.
    #[must_use]
    pub fn of_command(&self, argv: &[String]) -> Option<&Provider> {
        self.of_program(&command_line::program(argv)?)
    }

    /// Returns the provider whose program it is.
    #[must_use]
    pub fn of_program(&self, program: &Program<'_>) -> Option<&Provider> {
        self.iter().find(|it| it.runs_as(program))
    }

    /// Returns the provider that names itself `app` by OSC 7501.
    #[must_use]
    pub fn of_app(&self, app: &str) -> Option<&Provider> {
        self.iter()
            .find(|it| it.apps.iter().any(|name| name == app))
    }
}

#[cfg(test)]
mod tests;
