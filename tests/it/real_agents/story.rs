//! What every agent is led through: start, a turn, permission allowed and denied, interrupt, failure, retry, a limit
//! of requests, question, end, and the same conversation again; with the host killed while the agent asks and while
//! it works. It works for two seconds before it asks, since some report nothing that is over sooner.

use std::fs;
use std::time::Duration;

use super::programs::{AGAIN, Program};
use super::stage::Stage;
use crate::agor::look_until;

/// Who starts the agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Starts {
    /// A command that names its program: it tells what it tells everybody. What it emits can be recorded.
    Command,
    /// agor, by its table: with hooks, where there are some.
    Provider,
}

/// Leads an agent through all of it, and fails with everything that was wrong.
pub fn tell(program: &'static Program, starts: Starts) {
    let mut stage = Stage::set(program);
    match starts {
        Starts::Command => stage.enter(&[]),
        Starts::Provider => stage.begin(&[]),
    }
    stage.went("start", &["starting?", "idle"]);
    turn(&mut stage);
    if let Some(asks) = program.asks {
        permission(&mut stage, asks);
        denials(&mut stage, asks);
    }
    interrupt(&mut stage);
    failures(&mut stage);
    if let Some(shown) = program.question {
        question(&mut stage, shown);
    }
    if let Some(conversation) = leave(&mut stage, "conversation") {
        let former = stage.session().to_owned();
        match starts {
            Starts::Command => stage.enter(&[program.resume, &[&conversation]].concat()),
            Starts::Provider => stage.begin(&["--resume", &former]),
        }
        stage.went("resumed", &["starting?", "idle"]);
        stage.prompt("slow: 2 ;; say: still-here");
        stage.answers("still-here");
        stage.went("resumed-turn", &["working", "done"]);
        leave(&mut stage, "resumed");
    }

    let Stage {
        states, recorder, ..
    } = stage;
    match starts {
        Starts::Command => {
            recorder.finish();
            states.finish(program.name);
        }
        Starts::Provider => states.finish(&format!("{} with hooks", program.name)),
    }
}

/// Has an agent ask where it has room for a column beside what it asks, and checks that this is read without that, and
/// answered.
pub fn asks_beside(program: &'static Program) {
    let mut stage = Stage::set(program);
    stage.size = "160x40";
    stage.enter(&[]);
    stage.prompt("slow: 1 ;; run: touch beside ;; say: last-word");
    stage.shows(program.asks.expect("it asks for permission"));
    let session = stage.session().to_owned();
    let mut told = serde_json::Value::Null;
    let reads = look_until(Duration::from_secs(30), || {
        told = stage.agor.info(&session)["agent"]["pending"]["text"].clone();
        let text = told.as_str()?;
        text.ends_with("touch beside").then_some(())
    });
    assert!(reads.is_some(), "{told} is told of\n{}", stage.screen());
    stage.give("allow");
    let made = look_until(Duration::from_secs(30), || {
        exists(&stage, "beside").then_some(())
    });
    assert!(
        made.is_some(),
        "what was allowed did not happen\n{}",
        stage.screen()
    );
    let until = ["wait", &session, "--state", "done,idle", "--timeout", "60"];
    stage.agor.ok(&until);
}

fn turn(stage: &mut Stage) {
    stage.prompt("slow: 2 ;; say: plain-word");
    stage.answers("plain-word");
    stage.went("done", &["working", "done"]);
}

fn permission(stage: &mut Stage, asks: &str) {
    let makes = stage.program.makes;
    let script = "say: first-word ;; slow: 2 ;; run:";
    stage.prompt(&format!(
        "{script} {makes} allowed ;; slow: 1 ;; say: last-word"
    ));
    stage.shows(asks);
    stage.went("permission", &[AGAIN, "working", "needs_permission"]);
    stage.crash();
    stage.shows(asks);
    stage.went("permission-restart", &[]);
    match stage.program.answers {
        true => stage.give("allow"),
        false => stage.answer(stage.program.allow),
    }
    stage.answers("last-word");
    stage.went("allowed", &["working", "done"]);
    assert!(exists(stage, "allowed"), "what was allowed happened");
}

fn denials(stage: &mut Stage, asks: &str) {
    for (number, keys) in stage.program.deny.iter().enumerate() {
        stage.prompt(&format!(
            "slow: 2 ;; run: touch denied{number} ;; say: no-word"
        ));
        stage.shows(asks);
        stage.went(
            &format!("denied-{number}-asked"),
            &[AGAIN, "working", "needs_permission"],
        );
        stage.answer(keys);
        stage.hides(asks);
        stage.went(&format!("denied-{number}"), &["working?", "idle"]);
        assert!(!exists(stage, &format!("denied{number}")), "it was denied");
    }
}

fn interrupt(stage: &mut Stage) {
    stage.prompt("slow: 40");
    stage.shows("word2");
    stage.went("working", &["working"]);
    stage.crash();
    stage.shows("word9");
    stage.went("working-restart", &[]);
    stage.keys(stage.program.interrupt);
    stage.shows(stage.program.interrupted);
    stage.went("interrupted", &["idle"]);
}

fn failures(stage: &mut Stage) {
    stage.prompt("error: 400");
    stage.shows("says to fail with");
    stage.went("error", &[stage.program.fails_from, "error"]);
    let retried = "error: 529 x2 ;; say: at-last";
    stage.prompt(retried);
    stage.answers("at-last");
    stage.went("retry", &[AGAIN, "working", "done"]);
    assert_eq!(stage.server.answered(retried, 529), 2);
    // It takes a while, so that one whose screen alone tells that it works is seen to.
    let limited = "error: 429 x1 ;; slow: 1 ;; say: once-more";
    stage.prompt(limited);
    if stage.program.limited.ends_with(&["done"]) {
        stage.answers("once-more");
    }
    stage.went("limited", stage.program.limited);
    assert_eq!(stage.server.answered(limited, 429), 1);
}

fn question(stage: &mut Stage, shown: &str) {
    stage.prompt("slow: 2 ;; ask: Which of them ;; slow: 1 ;; say: chosen-one");
    stage.shows(shown);
    stage.went("question", &[AGAIN, "working", "needs_answer"]);
    match stage.program.chooses {
        true => stage.give("1"),
        false => stage.answer(&["enter"]),
    }
    stage.answers("chosen-one");
    stage.went("answered", &["working", "done"]);
}

/// Leaves the agent and returns its conversation's id, if it has one.
fn leave(stage: &mut Stage, story: &'static str) -> Option<String> {
    stage.prompt(stage.program.leave);
    let session = stage.session().to_owned();
    let left = stage
        .agor
        .run(&["wait", &session, "--exit", "--timeout", "60"]);
    assert_eq!(left.code, 0, "{left:?}");
    stage.went("exit", &[AGAIN, "exited"]);
    stage.states.leave(&stage.agor, &session);
    stage.recorder.leave(&stage.agor, &session, story);
    let screen = stage.screen();
    let before_id = stage.program.before_id?;
    let (_, after) = screen
        .split_once(before_id)
        .unwrap_or_else(|| panic!("no id is left behind: {screen}"));
    let id: String = after
        .chars()
        .take_while(|&letter| letter.is_ascii_alphanumeric() || "-_".contains(letter))
        .collect();
    Some(id)
}

fn exists(stage: &Stage, name: &str) -> bool {
    fs::exists(stage.agor.work().join(name)).expect("the folder can be read")
}
