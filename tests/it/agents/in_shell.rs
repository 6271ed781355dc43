//! Agents that a person starts in a shell by hand: real shells, processes and terminals.

use std::os::unix::fs::PermissionsExt;

use super::{state, tell, until};
use crate::agor::{Agor, signal_process, step_until};

/// An agent that says nothing of itself but by its title, as it is told by a line.
const TITLES: &str = r#"#!/bin/bash
stty -echo
printf '\033]2;\342\234\263 ready\007'
while read -r what rest; do
  case $what in
    work) printf '\033]2;\342\227\220 %s\007' "$rest" ;;
    rest) printf '\033]2;\342\234\263 %s\007' "$rest" ;;
    ask) printf '\033]7501;state=blocked:app=claude-code:kind=permission:msg=bHM=\007' ;;
    pid) echo "process $$." ;;
    converse)
      file=~/.claude/projects/-w/$rest.jsonl
      echo '{"type":"mode"}' > "$file"
      echo "{\"sessionId\":\"$rest\",\"status\":\"idle\"}" > ~/.claude/sessions/$$.json ;;
    used) echo "{\"message\":{\"id\":\"$rest\",\"model\":\"m\",\"usage\":{\"output_tokens\":7}}}" >> "$file" ;;
    exit) stty echo; exit "$rest" ;;
  esac
done
"#;

fn provider(agor: &Agor, session: &str) -> Option<String> {
    let provider = &agor.info(session)["agent"]["provider"];
    provider.as_str().map(str::to_owned)
}

fn until_provider(agor: &Agor, session: &str, wanted: Option<&str>) {
    step_until(&format!("the agent is {wanted:?}"), || {
        (provider(agor, session).as_deref() == wanted).then_some(())
    });
}

/// Returns a shell in a folder with the agent above under the names of two that are known.
fn shell(agor: &Agor) -> String {
    for name in ["claude", "aider"] {
        let program = agor.write(name, TITLES);
        std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).expect("a program");
    }
    let session = agor.program("80x24", &["bash", "--norc", "--noprofile", "-i"]);
    tell(agor, &session, "echo shell-is-$((40 + 2))");
    agor.screen_with(&session, "shell-is-42");
    session
}

#[test]
fn an_agent_started_in_a_shell_is_one_until_the_shell_has_its_terminal_again() {
    let mut agor = Agor::started();
    let session = shell(&agor);
    assert!(agor.info(&session)["agent"].is_null());
    tell(&agor, &session, "./claude --continue");
    until_provider(&agor, &session, Some("claude"));
    until(&agor, &session, "idle");
    tell(&agor, &session, "work on it");
    agor.ok(&["wait", &session, "--state", "working", "--timeout", "60"]);
    let listed = agor.ok(&["ls", "--state", "working"]);
    assert!(listed.contains("its title shows it at work"), "{listed}");
    let explained = agor.ok(&["explain", &session]);
    assert!(
        explained.contains("Claude Code has the terminal"),
        "{explained}"
    );
    tell(&agor, &session, "rest of it");
    until(&agor, &session, "done");

    // Another host finds it as it was.
    agor.crash_host();
    agor.start_host();
    assert_eq!(state(&agor, &session), "done");
    tell(&agor, &session, "ask");
    until(&agor, &session, "needs_permission");
    tell(&agor, &session, "exit 0");
    until_provider(&agor, &session, None);
    assert_eq!(state(&agor, &session), "unknown");
    tell(&agor, &session, "echo shell-is-$((40 + 3))");
    agor.screen_with(&session, "shell-is-43");

    // One that is killed takes nothing back, and one of another name is another.
    tell(&agor, &session, "bash ./aider");
    until_provider(&agor, &session, Some("aider"));
    tell(&agor, &session, "pid");
    let screen = agor.screen_with(&session, "process ");
    let pid = screen
        .rsplit_once("process ")
        .and_then(|it| it.1.split_once('.'));
    let pid = pid.and_then(|(pid, _)| pid.parse().ok()).expect("a number");
    signal_process(pid, "KILL");
    until_provider(&agor, &session, None);
}

#[test]
fn an_agent_that_left_while_no_host_was_there_is_gone_for_the_next() {
    let mut agor = Agor::started();
    let session = shell(&agor);
    tell(&agor, &session, "./claude; sleep 1000");
    until(&agor, &session, "idle");
    tell(&agor, &session, "pid");
    let screen = agor.screen_with(&session, "process ");
    let pid = screen
        .rsplit_once("process ")
        .and_then(|it| it.1.split_once('.'));
    let pid = pid.and_then(|(pid, _)| pid.parse().ok()).expect("a number");
    agor.crash_host();
    signal_process(pid, "KILL");
    agor.start_host();
    until_provider(&agor, &session, None);
}

#[test]
fn what_an_agent_in_a_shell_writes_down_is_counted_as_it_grows() {
    let mut agor = Agor::started();
    for folder in ["sessions", "projects/-w"] {
        let folder = agor.path("home/.claude").join(folder);
        std::fs::create_dir_all(folder).expect("a folder");
    }
    let session = shell(&agor);
    tell(&agor, &session, "./claude");
    until(&agor, &session, "idle");
    tell(&agor, &session, "converse c-1");
    let agent = |agor: &Agor| agor.info(&session)["agent"].clone();
    step_until("its registry says which conversation it is", || {
        (agent(&agor)["conversation"] == "c-1").then_some(())
    });
    let counted = |agor: &Agor, tokens: u64| {
        step_until(&format!("{tokens} tokens are counted"), || {
            (agent(agor)["usage"]["output_tokens"] == tokens).then_some(())
        });
    };
    // Nothing but the file changes.
    tell(&agor, &session, "used m1");
    counted(&agor, 7);
    tell(&agor, &session, "used m2");
    counted(&agor, 14);
    agor.crash_host();
    agor.start_host();
    tell(&agor, &session, "used m3");
    counted(&agor, 21);
}
