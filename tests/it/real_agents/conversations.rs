//! Conversations over sessions: started by agor, an agent is gone on with after its end, in the same session, in
//! another, and as a copy.

use super::programs::Program;
use super::stage::Stage;

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

fn leave(stage: &mut Stage) {
    stage.prompt(stage.program.leave);
    let session = stage.session().to_owned();
    let until = ["wait", &session, "--exit", "--timeout", "60"];
    stage.agor.ok(&until);
}
