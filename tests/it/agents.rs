//! Agents' states through a real host and keeper: scripted agents that report themselves, titles,
//! ends, and hosts that die in between.

mod awake;
mod in_shell;
mod notifications;
mod revival;

use std::path::Path;

use agor_core::client::{Client, ClientError, ClientOptions, launch};
use agor_core::link::Dialer;
use agor_proto::agent::{AgentSpec, Conversation};
use agor_proto::command::CommandBody;
use agor_proto::error::ErrorCode;
use agor_proto::ids::Size;
use agor_proto::session::SessionSpec;

use crate::agor::{Agor, step_until};

/// An agent that does what it is told by a line: a report's body, a title, its end.
pub const AGENT: &str = r#"
stty -echo
printf '\033]7501;state=idle:app=scripted\007ready\n'
while read -r what rest; do
  case $what in
    report) printf '\033]7501;%s\007' "$rest" ;;
    title) printf '\033]2;%s\007' "$rest" ;;
    say) echo "$rest" ;;
    exit) exit "$rest" ;;
  esac
done
"#;

fn state(agor: &Agor, session: &str) -> String {
    agor.info(session)["state"]
        .as_str()
        .expect("a state")
        .to_owned()
}

/// Waits until a session's agent is in a state.
pub fn until(agor: &Agor, session: &str, wanted: &str) {
    step_until(&format!("{session} is {wanted}"), || {
        (state(agor, session) == wanted).then_some(())
    });
}

/// Types a line for a session's agent.
pub fn tell(agor: &Agor, session: &str, line: &str) {
    agor.ok(&["send", session, line, "--enter"]);
}

/// Waits until the session's program has printed a line that begins so, and returns it unbroken.
fn line_with(agor: &Agor, session: &str, begin: &str) -> String {
    step_until(&format!("{session} has printed {begin:?}"), || {
        let printed = String::from_utf8_lossy(&agor.raw(session)).into_owned();
        let (whole, _) = printed.rsplit_once('\n')?;
        let mut lines = whole.lines().map(str::trim_end);
        let found = lines.find(|line| line.starts_with(begin));
        found.map(str::to_owned)
    })
}

/// Returns the states that the session's events tell, in order.
pub fn told(agor: &Agor, session: &str) -> Vec<String> {
    let log = agor.ok(&["log", session, "--json"]);
    let events = log
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("an event in JSON"));
    let events: Vec<_> = events.collect();
    let bodies = events.iter().map(|event| &event["body"]["with"]);
    let changes = bodies.filter(|body| body["what"] == "state");
    changes
        .map(|change| change["with"]["to"].as_str().expect("a state").to_owned())
        .collect()
}

#[test]
fn an_agent_that_reports_itself_is_listed_with_state_and_reason() {
    let agor = Agor::started();
    let session = agor.session(AGENT);
    let shell = agor.session("cat");
    until(&agor, &session, "idle");
    // "approve Bash: ls"
    tell(
        &agor,
        &session,
        "report state=blocked:kind=permission:msg=YXBwcm92ZSBCYXNoOiBscw==",
    );
    until(&agor, &session, "needs_permission");
    let agent = &agor.info(&session)["agent"];
    assert_eq!(agent["pending"]["text"], "approve Bash: ls");
    assert_eq!(agent["source"], "protocol");
    let listed = agor.ok(&["ls", "--state", "needs-permission,error"]);
    assert!(
        listed.contains("needs permission: approve Bash: ls"),
        "{listed}"
    );
    assert_eq!(listed.lines().count(), 2, "{listed}");
    assert!(agor.info(&shell)["agent"].is_null());
    tell(&agor, &session, "exit 3");
    until(&agor, &session, "exited");
    assert_eq!(
        agor.info(&session)["agent"]["reason"],
        "its program ended with exit code 3"
    );
    assert_eq!(
        told(&agor, &session),
        ["idle", "needs_permission", "exited"]
    );
}

#[test]
fn a13_states_outlive_their_host_and_what_happened_without_one_is_told_by_the_next() {
    let mut agor = Agor::started();
    let session = agor.session(AGENT);
    until(&agor, &session, "idle");
    tell(&agor, &session, "report state=working");
    until(&agor, &session, "working");
    let before = agor.info(&session);
    agor.crash_host();
    agor.start_host();
    let after = agor.info(&session);
    assert_eq!(
        (&after["state"], &after["agent"]),
        (&before["state"], &before["agent"])
    );
    tell(&agor, &session, "report state=done");
    until(&agor, &session, "done");
    agor.crash_host();
    agor.start_host();
    assert_eq!(state(&agor, &session), "done");
    assert_eq!(told(&agor, &session), ["idle", "working", "done"]);
}

/// A program that is started as Claude Code is, and runs the hooks that it was given as it is told.
const WITH_HOOKS: &str = r#"#!/bin/bash
[ "$1" = --version ] && echo "9.8.7 (scripted)" && exit
stty -echo
echo "arguments: $*"
echo "environment: ${CLAUDECODE:-none}$CLAUDE_CODE_CHILD_SESSION ${KEPT:-none} ${SCRIPTED:-none}"
while [ $# -gt 0 ]; do
  case $1 in
    --settings) settings=$2 ;;
    --session-id | --resume) id=$2 ;;
  esac
  shift
done
command=$(grep -o '"command":"[^"]*"' "$settings" | head -n 1 | cut -d '"' -f 4)
hook() {
  said=$(printf '{"hook_event_name":"%s","session_id":"%s"%s}' "$1" "$id" "$2" | eval "$command" 2>&1)
  echo "hook $1: $? $said."
}
hook SessionStart ',"source":"startup"'
while read -r what event more; do
  case $what in
    hook) hook "$event" "$more" ;;
    draw) echo "$event $more" ;;
    exit) exit "$event" ;;
    *) echo "unknown $what" ;;
  esac
done
"#;

/// Returns an agor whose table of agents has the program above for Claude Code.
fn with_hooks() -> Agor {
    with_agent(WITH_HOOKS)
}

/// Returns an agor whose table of agents has a script for Claude Code.
fn with_agent(script: &str) -> Agor {
    let mut agor = Agor::new();
    let program = agor.write("scripted-claude", script);
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&program, mode).expect("a program");
    let folder = agor.path("home/.config/agor");
    std::fs::create_dir_all(&folder).expect("a folder");
    let table = format!(
        "[claude]\nprograms = [{:?}]\nenv = {{ SCRIPTED = \"set\" }}\n",
        program.display().to_string()
    );
    std::fs::write(folder.join("providers.toml"), table).expect("a table");
    agor.start_host();
    agor
}

#[test]
fn hooks_of_one_launch_tell_the_state_and_are_silent_while_the_host_is_away() {
    let mut agor = with_hooks();
    let persons = agor.path("home/.claude/settings.json");
    let theirs = r#"{"hooks":{},"model":"haiku"}"#;
    std::fs::create_dir_all(agor.path("home/.claude")).expect("a folder");
    std::fs::write(&persons, theirs).expect("settings");
    let started = agor.ok(&["new", "--provider", "claude", "--trust", "--model", "opus"]);
    let session = started.trim();
    until(&agor, session, "idle");
    let screen = agor.screen_with(session, "hook SessionStart: 0 .");
    assert!(screen.contains("--model opus"), "{screen}");
    // The hooks stand in a file of the launch, which is nobody else's.
    let arguments = line_with(&agor, session, "arguments:");
    let given = arguments.split_whitespace();
    let given = given.skip_while(|word| *word != "--settings").nth(1);
    let given = Path::new(given.expect("it is given settings"));
    assert!(given.starts_with(agor.path("run")), "{arguments}");
    tell(&agor, session, "hook UserPromptSubmit");
    until(&agor, session, "working");
    let bash = r#","tool_name":"Bash","tool_use_id":"t1","tool_input":{"command":"ls"}"#;
    tell(&agor, session, &format!("hook PreToolUse {bash}"));
    tell(&agor, session, &format!("hook PermissionRequest {bash}"));
    until(&agor, session, "needs_permission");
    let info = agor.info(session);
    assert_eq!(info["agent"]["pending"]["text"], "Bash: ls");
    assert_eq!(info["agent"]["tools"], 1);
    assert_eq!(info["agent"]["conversation"], conversation_with(session));

    // Another session's token opens nothing.
    let thief = agor.session(&format!(
        "printf '{{\"hook_event_name\":\"Stop\"}}' | AGOR_SESSION={session} {} hook; echo tried",
        crate::agor::agord().display()
    ));
    agor.screen_with(&thief, "tried");
    assert_eq!(state(&agor, session), "needs_permission");

    agor.crash_host();
    agor.start_host();
    assert_eq!(state(&agor, session), "needs_permission");
    tell(&agor, session, &format!("hook PostToolUse {bash}"));
    until(&agor, session, "working");
    let message = r#"{"message":{"id":"m1","model":"claude-opus-4-5","usage":{"input_tokens":1000000,"output_tokens":7}}}"#;
    let transcript = agor.write("transcript.jsonl", &format!("{message}\n"));
    let told_where = format!(r#","transcript_path":"{}""#, transcript.display());
    tell(&agor, session, &format!("hook Stop {told_where}"));
    until(&agor, session, "done");
    step_until("the transcript is read", || {
        (agor.info(session)["agent"]["usage"]["output_tokens"] == 7).then_some(())
    });
    step_until("what it used is stored", || {
        agor.ok(&["usage"]).contains("~$5.00").then_some(())
    });
    let states = [
        "starting",
        "idle",
        "working",
        "needs_permission",
        "working",
        "done",
    ];
    assert_eq!(told(&agor, session), states);
    let explained = agor.json(&["explain", session, "--json"]);
    assert_eq!(explained["state"], "done");
    let decides = explained["evidence"].as_array().expect("pieces");
    let decides: Vec<_> = decides.iter().filter(|it| it["decides"] == true).collect();
    assert_eq!(decides.len(), 1, "{explained}");
    assert_eq!(decides[0]["evidence"]["source"], "hook");

    // Started again, it goes on with its conversation.
    tell(&agor, session, "exit 0");
    until(&agor, session, "exited");
    agor.ok(&["restart", session]);
    agor.screen_with(session, &format!("--resume {}", conversation_with(session)));
    until(&agor, session, "idle");

    // What it used outlives it.
    agor.ok(&["kill", session]);
    until(&agor, session, "exited");
    agor.ok(&["rm", session]);
    for by in ["session", "project", "day"] {
        let usage = agor.json(&["usage", "--by", by, "--json"]);
        let rows = usage["rows"].as_array().expect("rows");
        assert_eq!(rows.len(), 1, "{usage}");
        let used = &rows[0]["usage"];
        assert_eq!(
            (&used["output_tokens"], &used["turns"]),
            (&7.into(), &1.into())
        );
        assert_eq!(rows[0]["last_day"], usage["today"]);
    }
    let gone = agor.ok(&["usage"]);
    assert!(gone.contains("gone") && gone.contains("~$5.00"), "{gone}");

    // Nothing of all that was written where the person keeps their own settings.
    assert_eq!(std::fs::read_to_string(&persons).expect("settings"), theirs);
    let beside = std::fs::read_dir(agor.path("home/.claude")).expect("a folder");
    assert_eq!(beside.count(), 1);
}

/// Returns the id with which the conversation of a session begins: the session's, as a UUID of version 4.
fn conversation_with(session: &str) -> String {
    let mut id = session.to_owned();
    id.replace_range(14..15, "4");
    id
}

#[test]
fn an_agent_is_started_with_the_conversation_the_prompt_and_the_environment_that_it_is_to_have() {
    let agor = with_hooks();
    let new = |more: &[&str]| {
        let args = [&["new", "--provider", "claude", "--trust"][..], more].concat();
        let session = agor.ok(&args).trim().to_owned();
        let arguments = line_with(&agor, &session, "arguments:");
        (session, arguments)
    };
    // Variables that would make it take itself for one inside another do not reach it.
    let names = ["CLAUDECODE", "CLAUDE_CODE_CHILD_SESSION", "KEPT"];
    let pairs = names.map(|name| format!("{name}=1"));
    let env: Vec<&str> = pairs.iter().flat_map(|pair| ["--env", pair]).collect();
    let (first, arguments) = new(&[&["--prompt", "fix it"][..], &env[..]].concat());
    assert!(arguments.ends_with(" -- fix it"), "{arguments}");
    let environment = line_with(&agor, &first, "environment:");
    assert_eq!(environment, "environment: none 1 set");

    // One in which nothing was said is none, and one that goes on is not given to another program.
    let again = ["new", "--provider", "claude", "--trust", "--resume", &first];
    let none = agor.run(&again);
    assert_eq!(none.code, 2, "{none:?}");
    tell(&agor, &first, "hook UserPromptSubmit");
    until(&agor, &first, "working");
    let held = agor.run(&again);
    assert_eq!(held.code, 5, "{held:?}");
    tell(&agor, &first, "exit 0");
    until(&agor, &first, "exited");

    // The conversation of a session, or the id of one that no session here has.
    let (second, arguments) = new(&["--resume", &first]);
    let said = conversation_with(&first);
    let wanted = format!("--resume {said} --settings");
    assert!(arguments.contains(&wanted), "{arguments}");
    let restarted = agor.run(&["restart", &first]);
    assert_eq!(restarted.code, 5, "{second} has it: {restarted:?}");
    let (copy, arguments) = new(&["--fork", &first]);
    let its_own = conversation_with(&copy);
    let wanted = format!("--resume {said} --fork-session --session-id {its_own} --settings");
    assert!(arguments.contains(&wanted), "{arguments}");
    let (_, arguments) = new(&["--resume", "elsewhere"]);
    assert!(
        arguments.contains("--resume elsewhere --settings"),
        "{arguments}"
    );
    let both = agor.run(&[
        "new",
        "--provider",
        "claude",
        "--resume",
        "one",
        "--fork",
        "two",
    ]);
    assert_eq!(both.code, 2, "{both:?}");

    let providers = agor.json(&["providers", "--check", "--json"]);
    let mut rows = providers.as_array().expect("rows").iter();
    let claude = rows.find(|row| row["id"] == "claude").expect("a row");
    assert_eq!(claude["version"], "9.8.7 (scripted)");
}

#[test]
fn two_agents_that_write_the_same_file_are_told_of_each_other() {
    let agor = with_hooks();
    let start = || {
        agor.ok(&["new", "--provider", "claude", "--trust"])
            .trim()
            .to_owned()
    };
    let (one, two) = (start(), start());
    let wrote = |session: &str, file: &str| {
        let input = format!(
            r#","tool_name":"Edit","tool_use_id":"t","tool_input":{{"file_path":"{file}"}}"#
        );
        tell(&agor, session, &format!("hook PostToolUse {input}"));
    };
    for session in [&one, &two] {
        until(&agor, session, "idle");
    }
    let conflict = |session: &str| agor.info(session)["agent"]["conflict"]["file"].clone();
    wrote(&one, "/work/one/x");
    wrote(&two, "/work/two/x");
    until(&agor, &one, "working");
    until(&agor, &two, "working");
    assert!(conflict(&one).is_null() && conflict(&two).is_null());
    wrote(&two, "/work/one/x");
    for session in [&one, &two] {
        step_until("it is told", || {
            (conflict(session) == "/work/one/x").then_some(())
        });
    }
}

#[test]
fn a_hook_whose_host_is_away_is_silent_and_succeeds() {
    let mut agor = with_hooks();
    let started = agor.ok(&["new", "--provider", "claude", "--trust"]);
    let session = started.trim().to_owned();
    agor.screen_with(&session, "hook SessionStart: 0 .");
    // It runs in another session, which outlives the host too.
    let script = format!(
        "until [ -e away ]; do sleep 0.05; done; echo '{{\"hook_event_name\":\"Stop\"}}' | {} hook > said 2>&1; echo $? > code",
        crate::agor::agord().display()
    );
    agor.session(&script);
    agor.crash_host();
    agor.write("away", "");
    let code = step_until("the hook has run", || {
        let code = std::fs::read_to_string(agor.work().join("code")).ok()?;
        code.ends_with('\n').then_some(code)
    });
    assert_eq!(code, "0\n");
    assert_eq!(
        std::fs::read_to_string(agor.work().join("said")).expect("a file"),
        ""
    );
    agor.start_host();
}

#[test]
fn a_program_reports_its_state_and_others_wait_for_it() {
    let agor = Agor::started();
    let agord = crate::agor::agord().display();
    let session = agor.session(&format!(
        "{agord} report-state needs-answer --app tests --msg 'which one?'; read -r a; {agord} report-state working; \
         read -r b; {agord} report-state done; read -r c; echo \"got $c\"; sleep 1000"
    ));
    let reached = agor.ok(&[
        "wait",
        &session,
        "--state",
        "needs-answer,error",
        "--timeout",
        "60",
    ]);
    assert_eq!(reached, "needs answer: which one?\n");
    agor.ok(&["send", &session, "go", "--enter"]);
    agor.ok(&["wait", &session, "--state", "working", "--timeout", "60"]);
    let late = agor.run(&["wait", &session, "--state", "idle", "--timeout", "0.05"]);
    assert_eq!(late.code, 124, "{late:?}");
    // It is not idle: what is sent then waits until it is.
    let mut waits = agor
        .command(&["send", &session, "hello", "--enter", "--when", "idle"])
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("agord runs");
    step_until("it is accepted", || {
        let log = agor.ok(&["log", &session]);
        log.contains("send_when_idle").then_some(())
    });
    agor.ok(&["send", &session, "go", "--enter"]);
    assert!(waits.wait().expect("it ends").success());
    agor.screen_with(&session, "got hello");
    let outside = agor.run(&["report-state", "done"]);
    assert_eq!(outside.code, 2, "{outside:?}");
}

#[test]
fn a_prompt_that_waits_tells_how_far_it_is_and_what_its_turn_ended_with() {
    let agor = Agor::started();
    // It says what it does when it is told, and takes a turn for each prompt.
    let session = agor.session(
        r#"stty -echo
        say() { printf '\033]7501;state=%s\007' "$1"; }
        say working; read -r go; say done
        while read -r prompt; do echo "got $prompt"; say working; sleep 0.3; say "$prompt"; done"#,
    );
    agor.ok(&["wait", &session, "--state", "working", "--timeout", "60"]);
    let queued = agor
        .command(&[
            "send", &session, "done", "--enter", "--when", "idle", "--wait",
        ])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("agord runs");
    step_until("it is accepted", || {
        let log = agor.ok(&["log", &session]);
        log.contains("send_when_idle").then_some(())
    });
    agor.ok(&["send", &session, "go", "--enter"]);
    let ended = queued.wait_with_output().expect("it ends");
    assert_eq!(
        String::from_utf8_lossy(&ended.stdout),
        "done: it says that it is done\n"
    );
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    let receipts = ["queued", "written", "turn started"];
    let at = receipts.map(|receipt| said.find(receipt));
    assert!(at.iter().all(Option::is_some), "{said}");
    assert!(at.is_sorted(), "{said}");
    let wait = [
        "send", &session, "error", "--enter", "--when", "idle", "--wait", "--json",
    ];
    let failed = agor.json(&wait);
    assert_eq!(
        (&failed["receipt"], &failed["state"]),
        (&"turn_ended".into(), &"error".into())
    );
    let late = agor.run(&[
        "send",
        &session,
        "x",
        "--enter",
        "--when",
        "idle",
        "--wait",
        "--timeout",
        "0.2",
    ]);
    assert_eq!(late.code, 124, "{late:?}");
}

#[test]
fn a_question_is_answered_by_the_answer_that_is_named_and_once() {
    let agor = with_hooks();
    let started = agor.ok(&["new", "--provider", "claude", "--trust"]);
    let session = started.trim();
    until(&agor, session, "idle");
    let nothing = agor.run(&["answer", session, "allow"]);
    assert_eq!(nothing.code, 12, "{nothing:?}");
    tell(&agor, session, "hook UserPromptSubmit");
    let bash = r#","tool_name":"Bash","tool_use_id":"t1","tool_input":{"command":"ls"}"#;
    tell(&agor, session, &format!("hook PermissionRequest {bash}"));
    // What the real one draws below its question.
    tell(&agor, session, "draw Do you want to proceed?");
    tell(&agor, session, "draw \u{276f} 1. Yes");
    tell(&agor, session, "draw 2. No, and tell it what to do");
    until(&agor, session, "needs_permission");
    let shown = step_until("the answers are known", || {
        let shown = agor.ok(&["answer", session]);
        (shown.lines().count() == 3).then_some(shown)
    });
    assert!(shown.starts_with("Bash: ls\n1  allow   Yes"), "{shown}");
    let unknown = agor.run(&["answer", session, "always"]);
    assert_eq!(unknown.code, 2, "{unknown:?}");
    let other = agor.run(&["answer", session, "allow", "--question", "999"]);
    assert_eq!(other.code, 12, "{other:?}");
    let pending = agor.ok(&["answer", session, "--json"]);
    let pending: serde_json::Value = serde_json::from_str(&pending).expect("JSON");
    let listed = agor.info(session);
    assert_eq!(listed["agent"]["pending"]["id"], pending["id"]);
    let question = pending["id"].to_string();
    let sent = agor.ok(&["answer", session, "allow", "--question", &question]);
    assert_eq!(sent, "sent: 1 (Yes)\n");
    let again = agor.run(&["answer", session, "deny"]);
    assert_eq!(again.code, 12, "{again:?}");
    agor.ok(&["key", session, "enter"]);
    agor.screen_with(session, "unknown 1");
}

#[test]
fn an_agent_that_is_not_known_or_not_here_is_named_in_one_sentence() {
    let agor = Agor::started();
    let unknown = agor.run(&["new", "--provider", "nobody", "--trust"]);
    assert_ne!(unknown.code, 0);
    assert!(
        unknown.stderr.contains("no agent \"nobody\""),
        "{unknown:?}"
    );
    let missing = agor.run(&[
        "new",
        "--provider",
        "claude",
        "--trust",
        "--env",
        "PATH=/nowhere",
    ]);
    assert_ne!(missing.code, 0);
    assert!(
        missing
            .stderr
            .contains("npm install -g @anthropic-ai/claude-code"),
        "{missing:?}"
    );
    let providers = agor.json(&["providers", "--json"]);
    let ids = providers.as_array().expect("rows").iter();
    assert!(ids.clone().any(|row| row["id"] == "codex"), "{providers}");
    let mode = agor.run(&["new", "--provider", "claude", "--trust", "--mode", "wild"]);
    assert!(mode.stderr.contains("acceptEdits"), "{mode:?}");
}

/// Asks the host for an agent in `folder` as any client can, and returns what it refuses with.
fn ask_for_agent(agor: &Agor, folder: &str, trusted: bool) -> Option<ErrorCode> {
    let agent = AgentSpec {
        provider: "claude".into(),
        model: None,
        mode: None,
        prompt: None,
        conversation: Conversation::New,
        trusted,
    };
    let spec = SessionSpec {
        argv: Vec::new(),
        folder: folder.into(),
        cwd: None,
        name: String::new(),
        env: Vec::new(),
        size: Size::cells(80, 24),
        private: false,
        agent: Some(Box::new(agent)),
    };
    let session = launch::session_id();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(async {
        let socket = Dialer::Socket(agor.path("run/agor/host.sock"));
        let client = Client::over(socket, ClientOptions::default())
            .await
            .expect("the host answers");
        let create = CommandBody::Create { session, spec };
        let error = match client.carry_out(create).await {
            Ok(_) => None,
            Err(ClientError::Host(error)) => Some(error.code),
            Err(other) => panic!("{other}"),
        };
        client.close().await;
        error
    })
}

#[test]
fn the_host_itself_starts_no_agent_where_nobody_has_said_that_agents_may() {
    let agor = Agor::started();
    let folder = agor.work();
    let folder = folder.to_str().expect("utf-8");
    // So do clients of releases that do not ask.
    assert_eq!(
        ask_for_agent(&agor, folder, false),
        Some(ErrorCode::Untrusted)
    );
    assert_eq!(
        agor.json(&["ls", "--json"]).as_array().map(Vec::len),
        Some(0)
    );
    // Nothing of that name is here, which is another refusal.
    let other = ask_for_agent(&agor, folder, true);
    assert!(
        other.is_some_and(|code| code != ErrorCode::Untrusted),
        "{other:?}"
    );
    agor.ok(&["settings", "--project", folder, "--set", "trusted=true"]);
    step_until("the host has read the settings", || {
        (ask_for_agent(&agor, folder, false) != Some(ErrorCode::Untrusted)).then_some(())
    });
}
