//! Agents' states through a real host and keeper: scripted agents that report themselves, titles,
//! ends, and hosts that die in between.

use crate::agor::{Agor, step_until};

/// An agent that does what it is told by a line: a report's body, a title, its end.
const AGENT: &str = r#"
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

fn until(agor: &Agor, session: &str, wanted: &str) {
    step_until(&format!("{session} is {wanted}"), || {
        (state(agor, session) == wanted).then_some(())
    });
}

fn tell(agor: &Agor, session: &str, line: &str) {
    agor.ok(&["send", session, line, "--enter"]);
}

/// Returns the states that the session's events tell, in order.
fn told(agor: &Agor, session: &str) -> Vec<String> {
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
fn states_outlive_their_host_and_what_happened_without_one_is_told_by_the_next() {
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
