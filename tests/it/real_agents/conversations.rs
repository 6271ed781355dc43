//! Conversations over sessions: started by agor, an agent is gone on with after its end, in the same session, in
//! another, and as a copy, which is gone on with in its turn. What it used is counted, also where a person started it.
//! One is put into fewer words.

use std::time::Duration;

use super::programs::Program;
use super::revival::rests;
use super::stage::Stage;
use crate::agor::look_until;

/// Leads an agent that agor starts through all of it.
pub fn tell(program: &'static Program) {
    let mut stage = Stage::set(program);
    stage.begin(&[]);
    let first = stage.session().to_owned();
    say(&mut stage, "remembered");
    let conversation = stage.conversation();
    leave(&mut stage);

    goes_on(&mut stage, "remembered");
    say(&mut stage, "gone-on");
    assert_eq!(stage.conversation(), conversation, "it is the same one");
    leave(&mut stage);

    stage.begin(&["--resume", &first]);
    stage.shows("gone-on");
    assert_ne!(stage.session(), first);
    leave(&mut stage);

    stage.begin(&["--fork", &first]);
    stage.shows("gone-on");
    say(&mut stage, "elsewhere");
    let copy = stage.conversation();
    assert_ne!(copy, conversation, "it is a copy");
    leave(&mut stage);
    goes_on(&mut stage, "elsewhere");
    assert_eq!(stage.conversation(), copy, "it is the copy that goes on");
    leave(&mut stage);
}

/// Has the agent say a word, and waits until its turn has ended.
fn say(stage: &mut Stage, word: &str) {
    stage.prompt(&format!("say: {word}"));
    stage.answers(word);
    rests(stage);
}

/// Starts the session's agent again: it goes on with the conversation in which `said` was said.
fn goes_on(stage: &mut Stage, said: &str) {
    let session = stage.session().to_owned();
    stage.agor.ok(&["restart", &session]);
    rests(stage);
    stage.ready();
    stage.shows(said);
}

/// Has an agent put its conversation into fewer words (`/compact`), and checks that it is seen at work until it shows
/// `compacted`, rests then, and goes on.
pub fn compacts(program: &'static Program, compacted: &str) {
    let mut stage = Stage::set(program);
    stage.begin(&[]);
    for word in ["first-word", "second-word", "third-word"] {
        say(&mut stage, word);
    }
    // The last script is that of the summary too, so that this takes a while.
    stage.prompt("slow: 4 ;; say: last-word");
    stage.answers("last-word");
    rests(&stage);
    stage.prompt("/compact");
    let session = stage.session().to_owned();
    let works = ["wait", &session, "--state", "working", "--timeout", "60"];
    stage.agor.ok(&works);
    stage.shows(compacted);
    rests(&stage);
    say(&mut stage, "after-all");
    leave(&mut stage);
}

/// Has an agent answer once, and checks that what this took is counted.
pub fn counts(program: &'static Program, by_hand: ByHand) {
    let mut stage = Stage::set(program);
    stage.begin(&[]);
    is_counted(&mut stage);
    if by_hand == ByHand::Counted {
        stage.enter(&[]);
        is_counted(&mut stage);
    }
}

/// Whether what an agent uses is counted that agor has not started: it has to tell which conversation it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByHand {
    Counted,
    NotCounted,
}

/// What each answer of the model server takes: read anew, from a cache, and written.
const TOKENS: [u64; 3] = [100, 50, 20];

fn is_counted(stage: &mut Stage) {
    stage.prompt("say: counted");
    stage.answers("counted");
    let mut seen = serde_json::Value::Null;
    let counted = look_until(Duration::from_secs(30), || {
        seen = stage.agor.info(stage.session())["agent"]["usage"].clone();
        let tokens = ["input_tokens", "cached_tokens", "output_tokens"].map(|it| &seen[it]);
        (tokens == TOKENS.map(serde_json::Value::from).each_ref()).then_some(())
    });
    assert!(counted.is_some(), "{seen}");
    leave(stage);
}

fn leave(stage: &mut Stage) {
    stage.prompt(stage.program.leave);
    let session = stage.session().to_owned();
    let until = ["wait", &session, "--exit", "--timeout", "60"];
    stage.agor.ok(&until);
}
