//! Agents that end without a word: killed, with or without their host and keeper. One command (in the window one
//! key) has the conversation go on in the same session, below all that stood there, unless the agent clears that.

use super::programs::Program;
use super::stage::Stage;

/// Leads an agent through all of it.
pub fn tell(program: &'static Program) {
    let mut stage = Stage::set(program);
    stage.begin(&[]);
    say(&mut stage, "remembered");
    let conversation = stage.conversation();
    stage.is_kept("remembered");

    stage.kill_agent();
    let ended = stage.agor.info(stage.session());
    assert_eq!(ended["state"], "error", "{ended}");
    goes_on(&mut stage, "remembered");
    say(&mut stage, "once-more");
    assert_eq!(stage.conversation(), conversation, "it is the same one");

    // Where the host alone dies nothing ends.
    let before = stage.agor.info(stage.session());
    stage.prompt("slow: 8 ;; say: gone-through");
    stage.shows("word2");
    stage.crash();
    stage.answers("gone-through");
    rests(&stage);
    let after = stage.agor.info(stage.session());
    assert_eq!(before["pid"], after["pid"]);

    stage.prompt("slow: 40");
    stage.shows("word2");
    stage.cut_power();
    let lost = stage.agor.info(stage.session());
    assert_eq!(lost["life"], "lost", "{lost}");
    assert_eq!(lost["state"], "error", "{lost}");
    goes_on(&mut stage, "gone-through");
    say(&mut stage, "at-last");
    assert_eq!(
        stage.conversation(),
        conversation,
        "it is still the same one"
    );
}

/// Has the agent say a word, and waits until its turn has ended.
fn say(stage: &mut Stage, word: &str) {
    stage.prompt(&format!("say: {word}"));
    stage.answers(word);
    rests(stage);
}

/// Waits until its turn has ended, or it has come up.
pub fn rests(stage: &Stage) {
    let session = stage.session();
    let wait = ["wait", session, "--state", "done,idle", "--timeout", "60"];
    let rests = stage.agor.run(&wait);
    let explained = stage.agor.run(&["explain", session]).stdout;
    assert_eq!(rests.code, 0, "{explained}\n{}", stage.screen());
}

/// Has the conversation go on that `said` was said in, and checks that it does, below what stood there if it stays.
fn goes_on(stage: &mut Stage, said: &str) {
    let session = stage.session().to_owned();
    let printed = stage.agor.raw(&session).len();
    // What filled the screen leaves nothing above, and shows the conversation itself.
    let above = match stage.fills_the_screen() {
        true => String::new(),
        false => stage.whole(),
    };
    stage.agor.ok(&["restart", &session]);
    if let Some(in_use) = stage.program.in_use {
        let states = "done,idle,needs-permission";
        let wait = ["wait", &session, "--state", states, "--timeout", "60"];
        stage.agor.ok(&wait);
        if stage.screen().contains(in_use) {
            stage.answer(&["enter"]);
        }
    }
    rests(stage);
    if stage.program.clears {
        // Its screen may have shown before what it is to show.
        stage.prints_after(printed, said);
        stage.ready();
        return;
    }
    stage.shows_below(&above, stage.program.ready);
    stage.shows_below(&above, said);
}
