//! Conversations over sessions: started by agor, an agent is gone on with after its end, in the same session, in
//! another, and as a copy. What it used is counted, also where a person started it.

use std::time::Duration;

use super::programs::Program;
use super::stage::Stage;
use crate::agor::look_until;

/// Leads an agent that agor starts through all of it.
pub fn tell(program: &'static Program) {
    let mut stage = Stage::set(program);
    stage.begin(&[]);
    let first = stage.session().to_owned();
    stage.prompt("say: remembered");
    stage.answers("remembered");
    let wait = ["wait", &first, "--state", "done,idle", "--timeout", "60"];
    stage.agor.ok(&wait);
    let conversation = stage.conversation();
    leave(&mut stage);

    stage.agor.ok(&["restart", &first]);
    stage.ready();
    stage.shows("remembered");
    stage.prompt("say: gone-on");
    stage.answers("gone-on");
    assert_eq!(stage.conversation(), conversation, "it is the same one");
    leave(&mut stage);

    stage.begin(&["--resume", &first]);
    stage.shows("gone-on");
    assert_ne!(stage.session(), first);
    leave(&mut stage);

    stage.begin(&["--fork", &first]);
    stage.shows("gone-on");
    stage.prompt("say: elsewhere");
    stage.answers("elsewhere");
    assert_ne!(stage.conversation(), conversation, "it is a copy");
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
