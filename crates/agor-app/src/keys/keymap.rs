//! Which keys mean which command: for each context a trie of chords, without time-outs. A sequence of chords is a
//! command or the begin of longer ones, never both. Of the contexts that count the deepest that has the keys decides.

mod chords;
mod shown;

pub use chords::{Chord, may_begin, third_level};
pub use shown::shown;

use std::collections::HashMap;

use agor_proto::input::{Key, KeyInput, Mods};
use agor_term::input::chord;

use crate::commands::context::{Chain, ELSEWHERE, Places, place};
use crate::commands::{Command, FAMILIES, GROUPS, Row, TABLE};
use crate::keys::presets::PRESETS;
use agor_core::config::KeyPreset;
use agor_core::keybindings::{Context, Rule, When};
use chords::{TEXT, parse, takes_no_text};

/// What a sequence of chords is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// A command.
    Command(Command),
    /// The begin of commands.
    Prefix,
    /// Nothing of ours.
    Nothing,
}

#[derive(Debug, Default)]
struct Node {
    /// What it is, in which places: in each one at the most.
    commands: Vec<(Places, Command)>,
    /// Where it is anything, or leads to something.
    places: Places,
    next: HashMap<Chord, Node>,
}

impl Node {
    fn command(&self, at: Places) -> Option<Command> {
        let mut commands = self.commands.iter();
        let (_, command) = commands.find(|(places, _)| places.overlaps(at))?;
        Some(*command)
    }

    /// Returns what a key leads to, if that is anything in this place.
    fn after(&self, chord: &Chord, at: Places) -> Option<&Self> {
        let next = self.next.get(chord)?;
        next.places.overlaps(at).then_some(next)
    }
}

/// Keys of a command.
#[derive(Debug, Clone)]
struct Binding {
    /// As they are written.
    keys: String,
    chords: Vec<Chord>,
    command: Command,
    context: Context,
    /// In which of the places where that context counts.
    places: Places,
    source: Source,
}

/// Who says that keys mean a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The table of commands.
    Table,
    /// A preset.
    Preset(KeyPreset),
    /// The person's file, by its line, and for what part of their projects it says so.
    File(usize, Part),
}

/// For what a rule of the file counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Everything.
    All,
    /// The group of the project that is shown.
    Group,
    /// That project.
    Project,
}

impl Part {
    fn of(rule: &Rule) -> Self {
        match (&rule.project, &rule.group) {
            (Some(_), _) => Self::Project,
            (None, Some(_)) => Self::Group,
            (None, None) => Self::All,
        }
    }
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Table => f.write_str("built in"),
            Self::Preset(preset) => write!(f, "preset {}", preset.name()),
            Self::File(line, part) => {
                write!(f, "keybindings.json line {line}")?;
                match part {
                    Part::All => Ok(()),
                    Part::Group => f.write_str(", for the group"),
                    Part::Project => f.write_str(", for the project"),
                }
            }
        }
    }
}

/// Keys that mean nothing any more.
#[derive(Debug, Clone)]
struct Shadowed {
    binding: Binding,
    /// By what, in a few words.
    by: String,
}

/// One line of what keys do, for lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The keys, as they are shown.
    pub keys: String,
    /// Their chords.
    pub chords: Vec<Chord>,
    /// The command.
    pub command: Command,
    /// Where they mean it.
    pub context: Context,
    /// In which of the places where that context counts.
    pub places: Places,
    /// Who says so.
    pub source: Source,
    /// What took the keys away, if they are not used.
    pub shadowed_by: Option<String>,
}

impl Told {
    /// Returns in a few words where the keys mean it.
    #[must_use]
    pub fn place(&self) -> String {
        let part = self.places.shown(self.context);
        part.unwrap_or_else(|| place(self.context).to_owned())
    }
}

/// See the module.
#[derive(Debug)]
pub struct Keymap {
    /// One for each context, in their order.
    roots: [Node; Context::COUNT],
    /// In the order of the table; of a command's own, the person's first.
    bindings: Vec<Binding>,
    shadowed: Vec<Shadowed>,
    leader: KeyInput,
}

/// The first key of sequences, as the table has it.
const LEADER: &str = "ctrl+space";

/// What is the leader too while no program has the keyboard, which may want this key: editors taught it to many hands.
const OUTSIDE: Chord = Chord {
    key: Key::Char('k'),
    mods: Mods::CTRL.0,
};

impl Default for Keymap {
    fn default() -> Self {
        Self::new(&[], None, None).0
    }
}

impl Keymap {
    /// Returns the keys of the table as a preset and then `rules` change them, with `leader` in place of
    /// Ctrl+Space, and what is wrong with them, in sentences. A wrong rule changes nothing.
    #[must_use]
    pub fn new(
        rules: &[Rule],
        leader: Option<&str>,
        preset: Option<KeyPreset>,
    ) -> (Self, Vec<String>) {
        let mut complaints = Vec::new();
        let preset = PRESETS.iter().find(|it| Some(it.name) == preset);
        let usual = || KeyInput::press(Key::Char(' '), Mods::CTRL);
        let leader = leader.or(preset.map(|preset| preset.leader));
        let given = leader.map(|leader| (leader, chord::parse(leader)));
        let (leader, written) = match given {
            Some((written, Ok(leader))) if takes_no_text(&Chord::of(&leader)) => (leader, written),
            Some((written, wrong)) => {
                let why = wrong.map_or_else(|error| error.to_string(), |_| TEXT.to_owned());
                complaints.push(format!("window.leader {written:?}: {why}"));
                (usual(), LEADER)
            }
            None => (usual(), LEADER),
        };
        let mut keymap = Self {
            roots: Default::default(),
            bindings: defaults(written),
            shadowed: Vec::new(),
            leader,
        };
        // A leader that a person chose leads in modes too.
        let leads = Chord::of(&keymap.leader);
        let takes = |it: &Binding| it.context.is_mode() && it.chords.first() == Some(&leads);
        keymap.shadow(takes, Places::ALL, "it is the leader");
        if let Some(preset) = preset {
            for (keys, command) in preset.keys {
                let source = Source::Preset(preset.name);
                if let Err(why) = keymap.apply(&Rule::new(keys, command), written, source) {
                    complaints.push(format!("window.keys, {command:?}: {why}"));
                }
            }
        }
        for rule in rules {
            if let Err(why) = keymap.apply(rule, written, Source::File(rule.line, Part::of(rule))) {
                complaints.push(format!("keybindings.json, {:?}: {why}", rule.command));
            }
        }
        keymap
            .bindings
            .sort_by_key(|binding| binding.command as usize);
        for binding in &keymap.bindings {
            let root = keymap.roots.get_mut(binding.context as usize);
            let Some(mut node) = root else { continue };
            for chord in &binding.chords {
                node = node.next.entry(*chord).or_default();
                node.places = node.places.and(binding.places);
            }
            node.commands.push((binding.places, binding.command));
        }
        (keymap, complaints)
    }

    /// Adds a person's keys, which take the place of all that they contradict, or takes keys away.
    fn apply(&mut self, rule: &Rule, leader: &str, source: Source) -> Result<(), String> {
        let (id, removes) = match rule.command.strip_prefix('-') {
            Some(id) => (id, true),
            None => (rule.command.as_str(), false),
        };
        let row = TABLE.iter().find(|row| row.id == id);
        let row =
            row.ok_or_else(|| "there is no such command; the README lists them".to_owned())?;
        if rule.args.is_some() {
            return Err("no command takes \"args\"".into());
        }
        let when = rule.when.as_deref().filter(|when| !when.trim().is_empty());
        let when = when.map(When::parse).transpose()?;
        let keys = rule.key.as_deref().map(|keys| with_leader(keys, leader));
        let chords = keys.as_deref().map(parse).transpose()?;
        if removes {
            let is_meant = |binding: &Binding| {
                let chords = chords.as_ref();
                binding.command == row.command
                    && chords.is_none_or(|chords| *chords == binding.chords)
            };
            let gone = when
                .as_ref()
                .map_or(Places::ALL, |when| Places::of(|chain| when.holds(chain)));
            self.shadow(is_meant, gone, &format!("taken away in {source}"));
            return Ok(());
        }
        let (Some(keys), Some(chords)) = (keys, chords) else {
            return Err("there is no \"key\"".into());
        };
        let parts = parts_of(row, when.as_ref())?;
        let types = !chords.first().is_some_and(takes_no_text);
        if types && parts.iter().any(|(context, _)| !context.takes_letters()) {
            return Err(TEXT.into());
        }
        for (context, places) in parts {
            // A sequence is a command or the begin of longer ones, never both. What a person says of everywhere holds
            // in every context; what they say of one, or of some places, leaves the others as they are.
            let contradicts = |other: &Binding| {
                (context == Context::Anywhere || context == other.context)
                    && (other.chords.starts_with(&chords) || chords.starts_with(&other.chords))
            };
            let whole = context == Context::Anywhere && places == Places::with_context(context);
            let gone = if whole { Places::ALL } else { places };
            self.shadow(contradicts, gone, &format!("{} by {source}", row.id));
            let binding = Binding {
                keys: keys.clone(),
                chords: chords.clone(),
                command: row.command,
                context,
                places,
                source,
            };
            self.bindings.insert(0, binding);
        }
        Ok(())
    }

    /// Takes keys away from what is meant, in these places.
    fn shadow(&mut self, is_meant: impl Fn(&Binding) -> bool, gone: Places, by: &str) {
        for mut binding in std::mem::take(&mut self.bindings) {
            let left = binding.places.without(gone);
            match is_meant(&binding) {
                true if left.is_none() => self.shadowed.push(Shadowed {
                    binding,
                    by: by.to_owned(),
                }),
                meant => {
                    if meant {
                        binding.places = left;
                    }
                    self.bindings.push(binding);
                }
            }
        }
    }

    /// Returns all keys, those that mean nothing any more behind the others of their command.
    #[must_use]
    pub fn told(&self) -> Vec<Told> {
        let told = |binding: &Binding, shadowed_by: Option<&str>| Told {
            keys: shown(&binding.keys),
            chords: binding.chords.clone(),
            command: binding.command,
            context: binding.context,
            places: binding.places,
            source: binding.source,
            shadowed_by: shadowed_by.map(str::to_owned),
        };
        let used = self.bindings.iter().map(|binding| told(binding, None));
        let unused = self.shadowed.iter();
        let unused = unused.map(|shadowed| told(&shadowed.binding, Some(&shadowed.by)));
        let mut all: Vec<_> = used.chain(unused).collect();
        all.sort_by_key(|told| told.command as usize);
        all
    }

    /// Reads chords as the settings write them; `leader` is the leader.
    ///
    /// # Errors
    /// What in them is not known.
    pub fn read(&self, keys: &str) -> Result<Vec<Chord>, String> {
        let leader = chord::display(&self.leader);
        let words = keys.split_whitespace().collect::<Vec<_>>().join(" ");
        parse(&words.replace("leader", &leader))
    }

    /// Returns a command's first keys as they are shown; none is an empty text.
    #[must_use]
    pub fn keys_of(&self, command: Command) -> String {
        let of = |binding: &&Binding| binding.command == command;
        let binding = self.bindings.iter().find(of);
        binding
            .map(|binding| shown(&binding.keys))
            .unwrap_or_default()
    }

    /// Returns the press of the leader key.
    #[must_use]
    pub fn leader(&self) -> KeyInput {
        self.leader.clone()
    }

    /// Returns what `pressed`, after `before`, is where these contexts count.
    #[must_use]
    pub fn find(&self, before: &[Chord], pressed: &KeyInput, chain: Chain) -> Found {
        match self.node_of(before, pressed, chain) {
            None => Found::Nothing,
            Some((_, node)) => {
                let command = node.command(Places::at(chain));
                command.map_or(Found::Prefix, Found::Command)
            }
        }
    }

    /// Returns what is looked for when a mode of these contexts is pressed a key: Shift with one that makes no text
    /// selects on the way, and so means what the key means without it, unless the two mean something together.
    #[must_use]
    pub fn in_mode(&self, before: &[Chord], pressed: &KeyInput, chain: Chain) -> KeyInput {
        let bare = KeyInput {
            mods: Mods(pressed.mods.0 & !Mods::SHIFT.0),
            ..pressed.clone()
        };
        let own = chain.get(..1).unwrap_or_default();
        let selects = !matches!(pressed.key, Key::Char(_))
            && self.find(before, pressed, chain) == Found::Nothing
            && self.find(before, &bare, own) != Found::Nothing;
        if selects { bare } else { pressed.clone() }
    }

    /// Returns the chord by which [`Keymap::find`] finds something, and what it finds.
    fn node_of(
        &self,
        before: &[Chord],
        pressed: &KeyInput,
        chain: Chain,
    ) -> Option<(Chord, &Node)> {
        // What is likeliest meant goes first: where a key lies says less than what it makes, in whatever context.
        let mut candidates = Chord::candidates(pressed);
        let at = Places::at(chain);
        candidates.find_map(|chord| {
            let mut nodes = chain.iter().filter_map(|it| self.node(*it, before, at));
            nodes.find_map(|node| Some((chord, node.after(&chord, at)?)))
        })
    }

    /// Says whether a key is the leader too, since no program has the keyboard.
    #[must_use]
    pub fn is_leader_outside(&self, pressed: &KeyInput, chain: Chain) -> bool {
        let at = Places::at(chain);
        let leads = self.node(Context::Anywhere, &[Chord::of(&self.leader)], at);
        let leads = leads.is_some_and(|node| node.command(at).is_none());
        leads
            && !self.is_used(OUTSIDE, chain)
            && Chord::candidates(pressed).any(|chord| chord == OUTSIDE)
    }

    fn is_used(&self, chord: Chord, chain: Chain) -> bool {
        let (mut contexts, at) = (chain.iter(), Places::at(chain));
        contexts.any(|context| self.node(*context, &[chord], at).is_some())
    }

    /// Returns chords as they are looked for while no pane has the keyboard.
    #[must_use]
    pub fn outside(&self, chords: &[Chord]) -> Vec<Chord> {
        let mut chords = chords.to_vec();
        let own = self.is_used(OUTSIDE, ELSEWHERE);
        if let Some(first) = chords
            .first_mut()
            .filter(|first| **first == OUTSIDE && !own)
        {
            *first = Chord::of(&self.leader);
        }
        chords
    }

    /// Returns the chord by which [`Keymap::find`] found something.
    #[must_use]
    pub fn meant(&self, before: &[Chord], pressed: &KeyInput, chain: Chain) -> Chord {
        let found = self.node_of(before, pressed, chain);
        found.map_or_else(|| Chord::of(pressed), |(chord, _)| chord)
    }

    /// Returns what can follow `before`, as it is shown: the keys and what they do, in the order of
    /// the table, where these contexts count. What more keys follow is one line, and so is a family.
    #[must_use]
    pub fn after(&self, before: &[Chord], chain: Chain) -> Vec<(String, &'static str)> {
        let mut rows: Vec<(String, &'static str)> = Vec::new();
        let mut last = None;
        let at = Places::at(chain);
        for binding in &self.bindings {
            let goes_on = binding.chords.len() > before.len() && binding.chords.starts_with(before);
            // Deeper contexts have what begins alike.
            let mut deeper = chain.iter().take_while(|it| **it != binding.context);
            let counts = chain.contains(&binding.context)
                && binding.places.overlaps(at)
                && !deeper.any(|it| self.node(*it, &binding.chords, at).is_some());
            if !goes_on || !counts || last == Some(binding.command) {
                continue;
            }
            let shown = shown(&binding.keys);
            let mut rest = shown.split(' ').skip(before.len());
            let next = rest.next().unwrap_or_default().to_owned();
            let row = if rest.next().is_some() {
                let group = GROUPS.iter().find(|(key, _)| *key == next);
                (next, group.map_or("More…", |(_, title)| title))
            } else {
                last = Some(binding.command);
                in_family(binding.command, &next)
                    .unwrap_or_else(|| (next, binding.command.row().title))
            };
            if !rows.contains(&row) {
                rows.push(row);
            }
        }
        rows
    }

    fn node(&self, context: Context, before: &[Chord], at: Places) -> Option<&Node> {
        let root = self.roots.get(context as usize)?;
        let mut before = before.iter();
        before.try_fold(root, |node, chord| node.after(chord, at))
    }
}

/// Returns the line of a command's family, if its key is one by which families differ.
fn in_family(command: Command, keys: &str) -> Option<(String, &'static str)> {
    let family = FAMILIES.iter().find(|it| it.commands.contains(&command))?;
    let key = keys.chars().next_back()?;
    let differs = key.is_ascii_digit() || "←→↑↓".contains(key);
    let mods = keys.strip_suffix(key).filter(|_| differs)?;
    Some((format!("{mods}{}", family.keys), family.title))
}

/// Says whether keys begin with those that are pressed.
#[must_use]
pub fn begins(told: &Told, pressed: &[KeyInput]) -> bool {
    let same = |(chord, pressed): (&Chord, &KeyInput)| {
        Chord::candidates(pressed).any(|candidate| candidate == *chord)
    };
    told.chords.len() >= pressed.len() && told.chords.iter().zip(pressed).all(same)
}

/// Returns in which contexts, and in which places of each, a rule gives a command keys. In each place the deepest
/// context that the rule asks for has them.
fn parts_of(row: &Row, when: Option<&When>) -> Result<Vec<(Context, Places)>, String> {
    let Some(when) = when else {
        return Ok(vec![(row.context, Places::with_context(row.context))]);
    };
    let own = row.context.is_own();
    if own && when.asks() && !when.asks_for(row.context) {
        return Err(format!("it means something {} alone", place(row.context)));
    }
    let asked = |chain: Chain| {
        let mut asked = chain.iter().filter(|context| when.asks_for(**context));
        asked.next().copied().unwrap_or(Context::Anywhere)
    };
    let parts = Context::ALL.map(|context| {
        let is_its = |chain: Chain| match own {
            true => context == row.context,
            false => asked(chain) == context,
        };
        let there = |chain: Chain| chain.contains(&context) && when.holds(chain);
        (context, Places::of(|chain| there(chain) && is_its(chain)))
    });
    let parts = parts.into_iter().filter(|(_, places)| !places.is_none());
    let parts: Vec<_> = parts.collect();
    match parts.is_empty() {
        true => Err("\"when\": that is so nowhere".into()),
        false => Ok(parts),
    }
}

fn defaults(leader: &str) -> Vec<Binding> {
    let bindings = TABLE.iter().flat_map(|row| {
        row.keys.iter().filter_map(move |keys| {
            let keys = with_leader(keys, leader);
            Some(Binding {
                // A test reads all of them.
                chords: parse(&keys).ok()?,
                keys,
                command: row.command,
                context: row.context,
                places: Places::with_context(row.context),
                source: Source::Table,
            })
        })
    });
    bindings.collect()
}

/// Returns keys with the person's leader in place of the table's, and of the word `leader`.
fn with_leader(keys: &str, leader: &str) -> String {
    let words = keys.split_whitespace();
    let words = words.map(|word| match word {
        LEADER | "leader" => leader,
        word => word,
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
