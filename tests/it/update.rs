//! A host is followed by one of another program, under programs that run on.

use std::fs;
use std::path::PathBuf;

use crate::agents::{AGENT, tell, told, until};
use crate::agor::{Agor, agord, step_until};

/// Returns the program from which a host is updated: one of an earlier release if `AGOR_TEST_OLDER_AGORD`
/// names one, else a copy of today's. A copy shows that a host hands over to another program; only an
/// earlier release shows that the two understand what they share: database, keeper and links.
fn older(agor: &Agor) -> PathBuf {
    if let Some(program) = std::env::var_os("AGOR_TEST_OLDER_AGORD") {
        return PathBuf::from(program);
    }
    let copy = agor.path("older-agord");
    fs::copy(agord(), &copy).expect("a copy");
    copy
}

#[test]
fn d6_programs_their_output_and_their_clients_go_on_while_the_host_is_updated() {
    let agor = Agor::new();
    let older = older(&agor);
    let served = agor
        .command_of(&older, &["serve"])
        .output()
        .expect("it runs");
    assert!(served.status.success(), "{served:?}");
    let session = agor.session("echo before-the-update; cat");
    agor.screen_with(&session, "before-the-update");
    let mut wait = agor
        .command(&[
            "wait",
            &session,
            "--text",
            "after-the-update",
            "--timeout",
            "60",
        ])
        .spawn()
        .expect("agord runs");
    step_until("it waits", || {
        (agor.json(&["stats", "--json"])["connections"] == 2).then_some(())
    });
    let agent = agor.session(AGENT);
    until(&agor, &agent, "idle");
    // "approve Bash: ls"
    let asks = "report state=blocked:kind=permission:msg=YXBwcm92ZSBCYXNoOiBscw==";
    tell(&agor, &agent, asks);
    until(&agor, &agent, "needs_permission");
    let count = "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); echo $i; done; echo counted";
    let counters: Vec<_> = (0..4).map(|_| agor.session(count)).collect();
    let (host, keeper) = (agor.host_pid(), agor.keeper_pid());
    let program = agor.info(&session)["pid"].clone();
    assert!(program.is_number());

    let updated = agor.json(&["update-host", "--json"]);
    assert!(updated["running"].as_u64() >= Some(1), "{updated}");
    assert_eq!(updated["keeper"]["updated"], true, "{updated}");
    let life = |which: &str| updated[which]["incarnation"].as_u64().expect("a number");
    assert!(life("to") > life("from"), "{updated}");

    let now = agor.host_pid().expect("a host");
    assert_ne!(Some(now), host);
    assert_eq!(agor.keeper_pid(), keeper, "the keeper is the same process");
    for pid in [Some(now), keeper] {
        let pid = pid.expect("a process");
        let runs = fs::read_link(format!("/proc/{pid}/exe")).expect("a program");
        assert_eq!(fs::canonicalize(agord()).expect("a path"), runs);
    }
    assert_eq!(agor.info(&session)["pid"], program, "so did the program");
    agor.ok(&["send", &session, "after-the-update", "--enter"]);
    let screen = agor.screen_with(&session, "after-the-update");
    assert!(screen.contains("before-the-update"), "{screen}");
    let status = step_until("the client that waited ends", || {
        wait.try_wait().expect("a child")
    });
    assert!(status.success());
    // The agent asks what it asked, and what it reports next is heard.
    let asking = agor.info(&agent);
    assert_eq!(asking["state"], "needs_permission", "{asking}");
    assert_eq!(asking["agent"]["pending"]["text"], "approve Bash: ls");
    assert_eq!(asking["agent"]["source"], "protocol");
    tell(&agor, &agent, "report state=working");
    until(&agor, &agent, "working");
    assert_eq!(told(&agor, &agent), ["idle", "needs_permission", "working"]);
    let all: Vec<String> = (1..=20_000).map(|n: u32| n.to_string()).collect();
    for counter in counters {
        agor.screen_with(&counter, "counted");
        let said = String::from_utf8(agor.raw(&counter)).expect("numbers");
        let numbers: Vec<&str> = said.lines().filter(|line| *line != "counted").collect();
        assert!(numbers == all, "a number is missing or there twice");
    }
}

#[test]
fn an_update_without_a_host_says_so() {
    let agor = Agor::new();
    let done = agor.run(&["update-host"]);
    assert_ne!(done.code, 0);
    assert!(done.stderr.contains("no host"), "{done:?}");
}
