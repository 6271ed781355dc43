//! Agents that end without a word, with or without their host and keeper: one command has the conversation go on
//! in the same session, below all that stood there. Of real programs: `real_agents/revival.rs`.

use std::fs;
use std::process::Command;

use super::{tell, until, with_agent};
use crate::agor::{Agor, signal_process, step_until};

/// An agent that draws a box for its prompt, in which the cursor stands, and keeps what it was told in a file of its
/// conversation's id.
const BOXED: &str = r#"#!/bin/bash
stty -echo
while [ $# -gt 0 ]; do
  case $1 in
    --settings) settings=$2 ;;
    --session-id) id=$2 ;;
    --resume) id=$2 resumes=yes ;;
  esac
  shift
done
command=$(grep -o '"command":"[^"]*"' "$settings" | head -n 1 | cut -d '"' -f 4)
hook() { printf '{"hook_event_name":"%s","session_id":"%s"}' "$1" "$id" | eval "$command"; }
kept=$HOME/conversation-$id
if [ "$resumes" ] && [ ! -e "$kept" ]; then
  echo "No conversation found with session ID: $id"
  exit 1
fi
touch "$kept"
box() { printf '+----+\r\n|    |\r\n+----+\r\nfor help\033[2A\033[3G'; }
below() { printf '\033[2B\r\n'; }
printf '\033[?1000;1006;25h'
echo "knows: $(tr '\n' ' ' < "$kept")."
box
hook SessionStart
while read -r what rest; do
  below
  case $what in
    prompt) hook UserPromptSubmit; echo "$rest" >> "$kept"; seq -f "$rest %g" 1 40; hook Stop ;;
    work) hook UserPromptSubmit; echo "at $rest" ;;
    fail) echo "No conversation found in the log"; exit 1 ;;
    full) printf '\033[?1049h\033[2J\033[3;3Hall of the screen' ;;
  esac
  box
done
"#;

fn pid(agor: &Agor, session: &str) -> u32 {
    let pid = agor.info(session)["pid"].as_u64().expect("it runs");
    u32::try_from(pid).expect("a pid")
}

fn whole(agor: &Agor, session: &str) -> String {
    agor.ok(&["screen", session, "--scrollback"])
}

/// Has the session's command run again, and waits until it knows `what` of before.
fn goes_on(agor: &Agor, session: &str, above: &str, what: &str) {
    agor.ok(&["restart", session]);
    let knows = format!("\nknows: {what} .\n");
    let all = step_until("it goes on", || {
        let all = whole(agor, session);
        all.strip_prefix(above)?.contains(&knows).then_some(all)
    });
    assert_eq!(all.matches(&knows).count(), 1, "{all}");
    until(agor, session, "idle");
}

#[test]
fn a_conversation_goes_on_below_what_stood_there_after_a_crash_of_its_agent_or_of_everything() {
    let mut agor = with_agent(BOXED);
    let started = agor.ok(&["new", "--provider", "claude", "--trust"]);
    let session = started.trim();
    until(&agor, session, "idle");
    tell(&agor, session, "prompt first");
    until(&agor, session, "done");

    // The agent alone.
    let drawn = "\nfirst 40\n+----+\n|    |\n+----+\nfor help";
    let above = step_until("its box is drawn", || {
        let whole = whole(&agor, session);
        whole.contains(drawn).then_some(whole)
    });
    let above = above.trim_end();
    signal_process(pid(&agor, session), "KILL");
    until(&agor, session, "error");
    let reason = agor.info(session)["agent"]["reason"].clone();
    assert_eq!(reason, "its program was killed by SIGKILL");
    goes_on(&agor, session, above, "first");

    // The host alone: the agent has noticed nothing.
    tell(&agor, session, "work once");
    until(&agor, session, "working");
    let before = pid(&agor, session);
    agor.crash_host();
    agor.start_host();
    assert_eq!(agor.info(session)["state"], "working");
    assert_eq!(pid(&agor, session), before);
    tell(&agor, session, "prompt second");
    until(&agor, session, "done");

    // Everything at once, while another program's screen is shown.
    tell(&agor, session, "full");
    agor.screen_with(session, "all of the screen");
    let keeper = agor.keeper_pid().expect("a keeper");
    agor.crash_host();
    signal_process(keeper, "KILL");
    Command::new("kill")
        .args(["-KILL", &before.to_string()])
        .output()
        .ok();
    agor.start_host();
    let lost = agor.info(session);
    assert_eq!(
        (&lost["life"], &lost["state"]),
        (&"lost".into(), &"error".into())
    );
    agor.ok(&["restart", session]);
    let all = step_until("it goes on", || {
        let all = whole(&agor, session);
        all.contains("\nknows: first second .\n").then_some(all)
    });
    assert!(all.starts_with(above), "{all}");
    let order = [
        "knows: first .",
        "at once",
        "\nsecond 40\n",
        "knows: first second .",
    ];
    let places = order.map(|text| all.find(text));
    assert!(
        places.iter().all(Option::is_some) && places.is_sorted(),
        "{places:?} {all}"
    );
    until(&agor, session, "idle");
}

#[test]
fn what_an_agent_says_that_has_worked_loses_no_conversation() {
    let agor = with_agent(BOXED);
    let started = agor.ok(&["new", "--provider", "claude", "--trust"]);
    let session = started.trim();
    until(&agor, session, "idle");
    for word in ["first", "second"] {
        tell(&agor, session, &format!("prompt {word}"));
        until(&agor, session, "done");
        tell(&agor, session, "fail");
        until(&agor, session, "error");
        agor.ok(&["restart", session]);
        until(&agor, session, "idle");
    }
    agor.screen_with(session, "knows: first second .");
}

#[test]
fn a_conversation_that_its_agent_does_not_have_is_not_asked_for_again() {
    let agor = with_agent(BOXED);
    let started = agor.ok(&["new", "--provider", "claude", "--trust"]);
    let session = started.trim();
    until(&agor, session, "idle");
    tell(&agor, session, "prompt first");
    until(&agor, session, "done");
    signal_process(pid(&agor, session), "KILL");
    until(&agor, session, "error");
    let kept = super::conversation_with(session);
    let conversation = agor.path(&format!("home/conversation-{kept}"));
    fs::remove_file(conversation).expect("what it had kept");

    // That it is gone is said by the agent alone, and in its own words.
    agor.ok(&["restart", session]);
    agor.screen_with(session, "No conversation found");
    until(&agor, session, "error");
    agor.ok(&["restart", session]);
    agor.screen_with(session, "knows: .");
    until(&agor, session, "idle");
}
