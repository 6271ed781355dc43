//! The states that agor saw an agent in, held against those that it was in.

use std::time::Duration;

use agor_core::client::{Client, ClientError, ClientOptions};
use agor_core::link::Dialer;
use agor_proto::ids::{Offset, SessionId};
use agor_proto::message::{Part, Query};
use agor_proto::record::{RawRecord, records};
use serde_json::Value;

use super::canary::Canary;
use crate::agor::{Agor, look_until};

/// How late a state may be before a check gives it up. Only a failure takes so long.
const LATE_AT_MOST: Duration = Duration::from_secs(20);

/// How soon after its evidence a state is to show. None may be later by itself: what the machine is measured to have
/// let wait then is told, and is not the state's.
const SOON_MILLIS: u64 = 100;

/// `unknown` may take one in so many of the milliseconds between the first prompt and the exit.
const UNKNOWN_ONE_IN: u64 = 50;

/// A change of state, as the session's log has it.
#[derive(Debug, Clone)]
pub struct Change {
    pub to: String,
    pub at_millis: u64,
    /// When what it was decided by had been seen.
    pub evidence_millis: u64,
    /// Where in the record that was.
    offset: u64,
    /// Whether it was seen on the screen.
    is_of_screen: bool,
    /// Why, in words.
    reason: String,
}

impl Change {
    /// Returns since when its evidence was there, at the latest. A screen is dated by the look at it: what it shows
    /// was there once the last of `outputs` before that had come, or sooner where the agent draws all the time.
    fn evident_millis(&self, outputs: &[Output]) -> u64 {
        let before = outputs
            .iter()
            .take_while(|output| output.end <= self.offset);
        let drawn = before.last().filter(|_| self.is_of_screen);
        drawn.map_or(self.evidence_millis, |output| output.at_millis)
    }
}

/// How late a state was.
#[derive(Debug, Clone)]
struct Late {
    /// How many milliseconds after its evidence it was told.
    millis: u64,
    /// How many of them the machine let what was due wait.
    waited_millis: u64,
    /// Which it was.
    what: String,
}

impl Late {
    /// Says whether it was too late also without what the machine let wait.
    fn is_too_late(&self) -> bool {
        self.millis.saturating_sub(self.waited_millis) > SOON_MILLIS
    }
}

/// A piece of what a program printed.
#[derive(Debug, Clone, Copy)]
struct Output {
    /// Where in the record it ends.
    end: u64,
    at_millis: u64,
}

/// See the module.
#[derive(Default)]
pub struct States {
    /// Changes of this session that were checked.
    checked: usize,
    /// Everything that was wrong, in words.
    wrong: Vec<String>,
    /// How late each state came after its evidence.
    late: Vec<Late>,
    canary: Canary,
    /// When this session was given its first prompt, in milliseconds since 1970.
    prompted_millis: Option<u64>,
    unknown_millis: u64,
    whole_millis: u64,
}

impl States {
    /// Another session begins.
    pub fn enter(&mut self) {
        self.checked = 0;
        self.prompted_millis = None;
    }

    /// The session is given a prompt at `at_millis`.
    pub fn prompt(&mut self, at_millis: u64) {
        self.prompted_millis.get_or_insert(at_millis);
    }

    /// Waits until the session is in the last state of `path`, or for a while, and notes what of the changes
    /// since the last check is not as `path` says.
    pub fn check(&mut self, agor: &Agor, session: &str, case: &str, path: &[&str]) {
        let mut new = Vec::new();
        let is_right = look_until(LATE_AT_MOST, || {
            new = changes(agor, session).split_off(self.checked);
            let seen: Vec<_> = new.iter().map(|change| change.to.as_str()).collect();
            fits(&seen, path).then_some(())
        });
        let shown = agor.info(session)["state"].clone();
        let last = new.last().map_or("", |change| &change.to);
        if is_right.is_none() {
            let seen: Vec<_> = new
                .iter()
                .map(|change| format!("{} ({})", change.to, change.reason))
                .collect();
            let explained = agor.run(&["explain", session]).stdout;
            let screen = agor.screen(session);
            self.wrong.push(format!(
                "{case}: expected {path:?}, saw {seen:?}\n{explained}\n{screen}"
            ));
        } else if !new.is_empty() && shown != last {
            self.wrong
                .push(format!("{case}: the list shows {shown}, the log {last}"));
        }
        self.checked += new.len();
        let outputs = match new.iter().any(|change| change.is_of_screen) {
            true => outputs(agor, session),
            false => Vec::new(),
        };
        // What the process or the passing of time tells has no moment in the record to be late after.
        let late = new.iter().map(|change| {
            let (since, at) = (change.evident_millis(&outputs), change.at_millis);
            Late {
                millis: at.saturating_sub(since),
                waited_millis: self.canary.waited_millis(since, at),
                what: format!("{case}: {} ({})", change.to, change.reason),
            }
        });
        self.late.extend(late);
    }

    /// Adds up how long the session was in an unknown state between its first prompt and its end.
    pub fn leave(&mut self, agor: &Agor, session: &str) {
        let Some(prompted) = self.prompted_millis else {
            return;
        };
        let [unknown, whole] = unknown_millis(&changes(agor, session), prompted);
        self.unknown_millis += unknown;
        self.whole_millis += whole;
    }

    /// Fails if anything was wrong.
    pub fn finish(mut self, name: &str) {
        self.late.sort_by_key(|late| late.millis);
        let millis = |at: usize| self.late.get(at).map_or(0, |late| late.millis);
        let median = millis(self.late.len() / 2);
        let worst = millis(self.late.len().saturating_sub(1));
        let late = self.late.iter().filter(|late| late.millis > SOON_MILLIS);
        let late: Vec<_> = late.collect();
        println!(
            "{name}: {} of {} states later than {SOON_MILLIS} ms after their evidence, the worst \
             {worst} ms, the median {median} ms; unknown for {} of {} ms from the first prompt on",
            late.len(),
            self.late.len(),
            self.unknown_millis,
            self.whole_millis
        );
        for late in &late {
            println!(
                "{name}: {} ms late, in which the machine let what was due wait for {} ms: {}",
                late.millis, late.waited_millis, late.what
            );
        }
        let too_late = late.iter().filter(|late| late.is_too_late()).count();
        assert!(
            too_late == 0,
            "{name}: {too_late} of {} states were later than {SOON_MILLIS} ms, not by the machine",
            self.late.len()
        );
        assert!(self.wrong.is_empty(), "{name}:\n{}", self.wrong.join("\n"));
        assert!(
            self.unknown_millis * UNKNOWN_ONE_IN <= self.whole_millis,
            "{name} was in an unknown state for {} of {} ms",
            self.unknown_millis,
            self.whole_millis
        );
    }
}

/// Returns for how many milliseconds nothing was known of a session from its first prompt to its last change, and how
/// many there are.
fn unknown_millis(changes: &[Change], prompted_millis: u64) -> [u64; 2] {
    let (mut unknown, mut whole) = (0, 0);
    // Before the first change nothing is known.
    let (mut state, mut since) = ("unknown", prompted_millis);
    for change in changes {
        let millis = change.at_millis.saturating_sub(since);
        whole += millis;
        if state == "unknown" {
            unknown += millis;
        }
        state = &change.to;
        since = since.max(change.at_millis);
    }
    [unknown, whole]
}

/// Says whether `seen` is `path`, in which states that end in `?` may be missing.
fn fits(seen: &[&str], path: &[&str]) -> bool {
    match (seen, path) {
        ([], []) => true,
        (_, [next, rest @ ..]) => {
            let optional = next.strip_suffix('?');
            let takes = seen.first() == Some(&optional.unwrap_or(next));
            (takes && fits(&seen[1..], rest)) || (optional.is_some() && fits(seen, rest))
        }
        _ => false,
    }
}

/// Returns every change of state of a session.
fn changes(agor: &Agor, session: &str) -> Vec<Change> {
    let log = agor.ok(&["log", session, "--json"]);
    let events = log
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("an event"));
    events
        .filter_map(|event| {
            let body = &event["body"];
            let agent = &body["with"];
            (body["kind"] == "agent" && agent["what"] == "state").then(|| {
                let state = &agent["with"];
                let evidence = &state["evidence"];
                Change {
                    to: state["to"].as_str().unwrap_or_default().to_owned(),
                    at_millis: event["at_millis"].as_u64().unwrap_or_default(),
                    evidence_millis: evidence["at_millis"].as_u64().unwrap_or_default(),
                    offset: evidence["offset"].as_u64().unwrap_or_default(),
                    is_of_screen: evidence["source"] == "screen",
                    reason: evidence["reason"].as_str().unwrap_or_default().to_owned(),
                }
            })
        })
        .collect()
}

/// Returns every piece of what a session's program printed, in order.
fn outputs(agor: &Agor, session: &str) -> Vec<Output> {
    let session: SessionId = session.parse().expect("an id");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(async {
        let socket = Dialer::Socket(agor.path("run/agor/host.sock"));
        let client = Client::over(socket, ClientOptions::default())
            .await
            .expect("the host answers");
        let (mut outputs, mut next) = (Vec::new(), Offset(0));
        'whole: loop {
            let from = next;
            let mut answers = client
                .ask(Query::Record { session, from })
                .expect("the client runs");
            loop {
                let (from, bytes) = match answers.next().await {
                    None => break 'whole,
                    Some(Ok(Part::Record { from, bytes })) => (from, bytes),
                    // What follows is asked for again.
                    Some(Err(ClientError::TooSlow)) => break,
                    Some(other) => panic!("no record: {other:?}"),
                };
                for record in records(&bytes, from) {
                    let record = record.expect("the record is whole");
                    next = record.end;
                    if record.kind == RawRecord::OUT {
                        outputs.push(Output {
                            end: record.end.0,
                            at_millis: record.unix_micros / 1_000,
                        });
                    }
                }
            }
        }
        client.close().await;
        outputs
    })
}

#[test]
fn what_a_screen_shows_is_late_after_the_output_that_drew_it_and_not_after_the_look() {
    let output = |end, at_millis| Output { end, at_millis };
    let outputs = [output(10, 1_000), output(20, 1_500), output(30, 1_590)];
    let mut change = Change {
        to: "done".to_owned(),
        at_millis: 1_600,
        evidence_millis: 1_600,
        offset: 20,
        is_of_screen: true,
        reason: String::new(),
    };
    assert_eq!(change.evident_millis(&outputs), 1_500);
    change.is_of_screen = false;
    assert_eq!(change.evident_millis(&outputs), 1_600);
}

#[test]
fn a_state_is_too_late_from_101_milliseconds_on_less_what_the_machine_let_wait() {
    let is_too_late = |millis, waited_millis| {
        let what = String::new();
        Late {
            millis,
            waited_millis,
            what,
        }
        .is_too_late()
    };
    assert!(!is_too_late(100, 0) && is_too_late(101, 0));
    assert!(!is_too_late(130, 30) && is_too_late(131, 30));
}

#[test]
fn unknown_counts_from_the_first_prompt_whatever_was_told_before() {
    let change = |to: &str, at_millis| Change {
        to: to.to_owned(),
        at_millis,
        evidence_millis: at_millis,
        offset: 0,
        is_of_screen: false,
        reason: String::new(),
    };
    let changes = [
        change("unknown", 100),
        change("working", 300),
        change("unknown", 800),
        change("exited", 1_000),
    ];
    assert_eq!(unknown_millis(&changes, 0), [500, 1_000]);
    assert_eq!(unknown_millis(&changes, 200), [300, 800]);
    assert_eq!(unknown_millis(&changes, 400), [200, 600]);
    assert_eq!(unknown_millis(&[], 400), [0, 0]);
}

#[test]
fn a_path_may_leave_out_what_has_a_question_mark() {
    assert!(fits(&["working", "done"], &["idle?", "working", "done"]));
    assert!(fits(&["idle", "working"], &["idle?", "working"]));
    assert!(!fits(&["idle", "working"], &["working"]));
    assert!(!fits(&["working"], &["working", "done"]));
    assert!(!fits(&["working", "done"], &["working"]));
    assert!(fits(&[], &["idle?"]));
}
