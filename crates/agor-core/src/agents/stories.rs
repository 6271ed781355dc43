//! Recorded evidence and the states that must come of it: `tests/fixtures/agents/PROVIDER/CASE/story.ndjson`,
//! run by listing the folders.
//!
//! Each line has `at` in milliseconds and one thing that was observed: `started` (an argv), `status` (the
//! body of an OSC 7501), `title`, `screen` (the last rows), `hook` (a payload), `key` (as `agord key` takes it),
//! `foreground` (who has the terminal: `shell`, `other`, or an agent's id), `output`, `reset`, `prompt`, `command`, `seen`, `exit` (code and signal), `tick`; or `expect`: the state that holds then.
//! With `only` true, no other state may have been between the last two expectations; with `went`, these
//! states and no others were, of which one with `?` at its end may be missing. `case` names what happened
//! for a person. Stories that `cargo xtask real-agents --record` wrote are what real programs did.

use std::fs;
use std::path::{Path, PathBuf};

use agor_proto::agent::State;
use agor_proto::ids::Offset;
use serde_json::Value;

use super::claim::{Says, Source};
use super::foreground::{Foreground, Process};
use super::hooks::Hook;
use super::{Machine, Moment, Observation, Provider, Providers};

struct Teller {
    machine: Machine,
    providers: Providers,
    now: u64,
    /// States since the last expectation.
    been: Vec<State>,
    /// What the screen said last.
    shown: Option<Says>,
}

impl Teller {
    fn provider(&self) -> Option<&Provider> {
        self.providers.get(self.machine.provider()?)
    }

    fn on(&mut self, observation: Observation<'_>, now: Moment) {
        if let Some(change) = self.machine.on(observation, now) {
            self.been.push(change.to);
        }
    }

    /// Lets time pass to `now`, with every tick that is due before.
    fn pass(&mut self, now: u64) {
        while let Some(due) = self.machine.wake_millis().filter(|&due| due < now) {
            self.on(Observation::Tick, moment(due));
        }
    }

    fn tell(&mut self, line: &Value) -> Result<(), String> {
        let at = line["at"].as_u64().ok_or("no time")?;
        self.pass(at);
        self.now = at;
        let now = moment(at);
        let text = |key: &str| line[key].as_str().map(str::to_owned);
        if let Some(argv) = line["started"].as_array() {
            let argv: Vec<String> = argv
                .iter()
                .filter_map(|it| it.as_str().map(str::to_owned))
                .collect();
            let agent = self
                .providers
                .of_command(&argv)
                .map(|it| (it.id.clone(), it.shows_itself()));
            let agent = agent.as_ref().map(|(id, shows)| (&id[..], *shows));
            self.on(Observation::Started { agent }, now);
        } else if let Some(body) = text("status") {
            self.on(Observation::Status(body.as_bytes()), now);
            if let Some(provider) = self.providers.of_app(self.machine.app()) {
                self.machine.recognized(&provider.id);
            }
        } else if let Some(title) = text("title") {
            let says = self.provider().and_then(|it| it.title(&title));
            self.on(Observation::Said(Source::Title, says), now);
        } else if let Some(screen) = text("screen") {
            let before = self.shown.take();
            let provider = self.provider();
            self.shown = provider.and_then(|it| it.screen(&screen, before.as_ref()));
            let says = self.shown.clone();
            self.on(Observation::Said(Source::Screen, says), now);
        } else if let Some(who) = text("foreground") {
            let provider = self.providers.get(&who);
            let agent = provider.map(|it| (it.name.clone(), it.shows_itself()));
            let agent = agent.as_ref().map(|(name, shows)| (&name[..], *shows));
            let found = match &who[..] {
                "shell" => Foreground::Shell,
                "other" => Foreground::Other,
                _ => Foreground::Agent {
                    process: Process {
                        provider: who.clone(),
                        pid: 77,
                        started: 1,
                    },
                    began_millis: at,
                },
            };
            let found = &found;
            self.on(Observation::Foreground { found, agent }, now);
        } else if let Some(key) = text("key") {
            if ["escape", "ctrl+c"].contains(&key.as_str()) {
                self.on(Observation::Interrupted, now);
            }
        } else if line["hook"].is_object() {
            let hook = Hook::read(line["hook"].to_string().as_bytes()).ok_or("no hook")?;
            self.on(Observation::Hook(&hook), now);
        } else if let Some([code, signal]) = line["exit"].as_array().map(Vec::as_slice) {
            let failed = (code.as_i64(), signal.as_i64()) != (Some(0), Some(0));
            let reason = "it ended".into();
            self.on(Observation::Ended { reason, failed }, now);
        } else if let Some(expected) = line.get("expect") {
            let expected: State =
                serde_json::from_value(expected.clone()).map_err(|it| it.to_string())?;
            self.on(Observation::Tick, now);
            if self.machine.state() != expected {
                return Err(format!(
                    "{:?} instead of {expected:?}; evidence: {:#?}",
                    self.machine.state(),
                    self.machine.evidence()
                ));
            }
            if let Some(path) = line.get("went") {
                let been: Vec<State> = self.been.drain(..).collect();
                let path: Vec<String> =
                    serde_json::from_value(path.clone()).map_err(|it| it.to_string())?;
                if !goes(&been, &path)? {
                    return Err(format!("{been:?} instead of {path:?}"));
                }
            }
            let between: Vec<State> = self.been.drain(..).filter(|&it| it != expected).collect();
            if line["only"] == true && !between.is_empty() {
                return Err(format!("{between:?} on the way to {expected:?}"));
            }
        } else {
            let plain = [
                ("output", Observation::Output),
                ("reset", Observation::Reset),
                ("prompt", Observation::Prompted),
                ("command", Observation::CommandBegan),
                ("seen", Observation::Seen),
                ("tick", Observation::Tick),
            ];
            let known = plain.into_iter().find(|(key, _)| line.get(key).is_some());
            let (_, observation) = known.ok_or("nothing that is known")?;
            self.on(observation, now);
        }
        Ok(())
    }
}

/// Says whether `been` is `path`, in which a state with `?` at its end may be missing.
fn goes(been: &[State], path: &[String]) -> Result<bool, String> {
    let Some((next, rest)) = path.split_first() else {
        return Ok(been.is_empty());
    };
    let optional = next.strip_suffix('?');
    let state: State = serde_json::from_value(optional.unwrap_or(next).into())
        .map_err(|error| error.to_string())?;
    let takes = match been.split_first() {
        Some((first, been)) if *first == state => goes(been, rest)?,
        _ => false,
    };
    Ok(takes || (optional.is_some() && goes(been, rest)?))
}

fn moment(at_millis: u64) -> Moment {
    Moment {
        place: None,
        at_millis,
        offset: Offset(at_millis),
    }
}

fn folders(path: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    paths
}

#[test]
fn recorded_evidence_comes_to_the_states_that_were_true() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/agents");
    let (mut wrong, mut stories) = (Vec::new(), 0);
    for case in folders(&root).iter().flat_map(|provider| folders(provider)) {
        let story = fs::read_to_string(case.join("story.ndjson")).expect("a story");
        let mut teller = Teller {
            machine: Machine::default(),
            providers: Providers::built_in(),
            now: 0,
            been: Vec::new(),
            shown: None,
        };
        stories += 1;
        assert!(
            story.contains("\"expect\""),
            "{}: expects nothing",
            case.display()
        );
        for (number, line) in story.lines().enumerate() {
            let told = serde_json::from_str(line)
                .map_err(|error| error.to_string())
                .and_then(|line: Value| teller.tell(&line));
            if let Err(error) = told {
                wrong.push(format!("{}, line {}: {error}", case.display(), number + 1));
                break;
            }
            // A host that restarts between any two lines changes nothing.
            let kept = rmp_serde::to_vec_named(&teller.machine).expect("it can be kept");
            let wake = teller.machine.wake_millis();
            teller.machine = rmp_serde::from_slice(&kept).expect("it can be read");
            teller.on(Observation::Tick, moment(teller.now));
            assert_eq!(
                teller.machine.wake_millis(),
                wake,
                "{}, line {}",
                case.display(),
                number + 1
            );
        }
    }
    assert!(stories > 0, "no story in {}", root.display());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What the stories of an agent must tell at least, by the begin of the cases' names, and the state that it is in then.
const LEAST: [(&str, State); 11] = [
    ("start", State::Idle),
    ("permission", State::NeedsPermission),
    ("allowed", State::Done),
    ("denied", State::Idle),
    ("working", State::Working),
    ("done", State::Done),
    ("interrupted", State::Idle),
    ("error", State::Error),
    ("retry", State::Done),
    ("exit", State::Exited),
    ("resumed", State::Idle),
];

/// Returns the state that a line of a story expects.
fn expected(line: &Value) -> Option<State> {
    serde_json::from_value(line.get("expect")?.clone()).ok()
}

#[test]
fn every_agent_has_the_stories_that_it_must_have_or_says_why_nothing_tells_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/agents");
    let mut wrong = Vec::new();
    for provider in Providers::built_in().iter() {
        let mut cases: Vec<(String, Option<State>)> = Vec::new();
        let folder = root.join(&provider.id);
        let stories = if folder.is_dir() {
            folders(&folder)
        } else {
            Vec::new()
        };
        for story in stories {
            let story = fs::read_to_string(story.join("story.ndjson")).expect("a story");
            let lines = story
                .lines()
                .filter_map(|line| serde_json::from_str::<Value>(line).ok());
            cases.extend(lines.filter_map(|line| {
                let case = line["case"].as_str()?.to_owned();
                Some((case, expected(&line)))
            }));
        }
        let shows = provider.shows_itself();
        for (least, state) in LEAST {
            // Of what shows nothing of itself only its life is known.
            let state = match (least, shows) {
                ("start", false) => State::Unknown,
                _ => state,
            };
            let told = cases
                .iter()
                .any(|(case, expected)| case.starts_with(least) && *expected == Some(state));
            let untold = provider.untold.iter();
            let mut untold = untold.filter(|it| it.cases.iter().any(|case| case == least));
            let excused = untold.next();
            match (told, excused) {
                (false, None) => {
                    wrong.push(format!("{}: no story of {least}: {state:?}", provider.id));
                }
                (true, Some(_)) => wrong.push(format!("{}: {least} is told", provider.id)),
                (false, Some(why)) if !why.why.ends_with('.') => {
                    wrong.push(format!("{}: no reason for {least}", provider.id));
                }
                _ => {}
            }
        }
        let known = |case: &String| LEAST.iter().any(|(least, _)| least == case);
        if !provider.untold.iter().flat_map(|it| &it.cases).all(known) {
            wrong.push(format!("{}: what is untold has no such name", provider.id));
        }
        // What a rule tells can have its story.
        let rules = provider.titles.len() + provider.screens.len();
        if (rules > 0 || provider.reports)
            && provider
                .untold
                .iter()
                .any(|it| it.cases.iter().any(|case| case == "working"))
        {
            wrong.push(format!("{}: something tells that it works", provider.id));
        }
    }
    assert!(
        wrong.is_empty(),
        "record them with `cargo xtask real-agents --record`, or write them: {wrong:?}"
    );
}
