//! `search`: what any session has said, also those that have ended.

use std::fs;

use serde_json::Value;

use super::Following;
use crate::agor::{Agor, signal_process, step_until};

/// Returns the lines of JSON that a search printed.
fn found(agor: &Agor, args: &[&str]) -> Vec<Value> {
    let lines = agor.ok(&[&["search", "--json"], args].concat());
    let parse = |line| serde_json::from_str(line).expect("a line of JSON");
    lines.lines().map(parse).collect()
}

#[test]
fn d10_what_was_said_is_found_in_every_session_also_ended_ones_newest_first() {
    let agor = Agor::started();
    let project = agor.work().join("other");
    fs::create_dir(&project).expect("a folder");
    let ended = agor.session("seq 1 400; printf 'The Needle is here: needle\\n'; seq 1 400");
    agor.json(&["wait", &ended, "--exit", "--json"]);
    let args = ["new", "--name", "second", "--project", "other", "--"];
    let script = "echo a needle of two; printf later; sleep 600";
    let second = agor.ok(&[&args[..], &["bash", "-c", script]].concat());
    let second = second.trim();
    agor.screen_with(second, "later");
    let all = found(&agor, &["needle"]);
    let told: Vec<_> = all
        .iter()
        .map(|line| (line["session"].as_str(), line["row"].as_u64()))
        .collect();
    assert_eq!(told, [(Some(second), Some(0)), (Some(&ended), Some(400))]);
    assert_eq!(all[1]["text"], "The Needle is here: needle");
    assert_eq!(all[1]["hits"], serde_json::json!([[4, 10], [20, 26]]));
    // The place that was found is the row that is shown there.
    let rows = agor.ok(&["screen", &ended, "--scrollback"]);
    assert_eq!(rows.lines().nth(400), all[1]["text"].as_str());
    for (args, expected) in [
        (&["Needle"][..], 1),
        (&["needle", "--case-sensitive"], 2),
        (&["NEEDLE"], 0),
        (&["NEEDLE", "-i"], 2),
        (&["n[e]+dle of", "--regex"], 1),
        (&["n[e]+dle"], 0),
        (&["needle", "--session", "second"], 1),
        (&["needle", "--project", "other"], 1),
        (&["needle", "--state", "working"], 0),
        (&["needle", "--limit", "1"], 1),
    ] {
        let done = agor.run(&[&["search"], args].concat());
        assert_eq!(done.stdout.lines().count(), expected, "{args:?}: {done:?}");
        assert_eq!(done.code, i32::from(expected == 0), "{args:?}");
    }
    let around = found(&agor, &["Needle is", "--context", "2"]);
    assert_eq!(around[0]["before"], serde_json::json!(["399", "400"]));
    assert_eq!(around[0]["after"], serde_json::json!(["1", "2"]));
    let text = agor.ok(&["search", "Needle is", "-C", "1"]);
    let last: Vec<_> = text
        .lines()
        .map(|line| line.rsplit('\t').next().unwrap_or_default())
        .collect();
    assert_eq!(last, ["400", "The Needle is here: needle", "1"]);
}

#[test]
fn what_cannot_be_looked_for_is_said_and_is_not_nothing() {
    let agor = Agor::started();
    assert_eq!(agor.run(&["search", "x"]).code, 1, "no session, no hit");
    let session = agor.session("sleep 600");
    for args in [&["search", "("][..], &["search", ""]] {
        let done = agor.run(&[args, &["--regex"]].concat());
        assert!(done.code > 1 && !done.stderr.is_empty(), "{done:?}");
    }
    assert_eq!(agor.run(&["search", "("]).code, 1);
    assert_eq!(agor.run(&["search", "x", "--session", "nobody"]).code, 3);
    agor.ok(&["search", "sleep", "--help"]);
    agor.json(&["kill", &session, "--json"]);
}

#[test]
fn a_long_search_prints_as_it_finds_and_ends_at_an_interrupt() {
    let agor = Agor::started();
    for _ in 0..3 {
        agor.session("seq -f 'line %.0f' 1 30000; sleep 600");
    }
    step_until("they have said all", || {
        let list = agor.json(&["ls", "--json"]);
        let mut sessions = list.as_array()?.iter();
        sessions
            .all(|info| info["offset"].as_u64() > Some(300_000))
            .then_some(())
    });
    // Where these tests run in the background of a script an interrupt is ignored, and so by what they start.
    let program = crate::agor::agord().to_str().expect("utf-8");
    let heeds = ["--default-signal=INT", program, "search", "line"];
    let args = [&heeds[..], &["--limit", "0", "-C", "1"]].concat();
    let mut search = Following::start(&mut agor.command_of("env".as_ref(), &args));
    step_until("something was printed", || search.has("line").then_some(()));
    signal_process(search.child.id(), "INT");
    let status = step_until("it ends", || search.child.try_wait().expect("a child"));
    assert!(!status.success());
    // Whoever reads no further ends it, too, and the host goes on.
    let piped = "agord search line --limit 0 | head -n 1; exit ${PIPESTATUS[0]}";
    let script = piped.replace("agord", program);
    let done = agor
        .command_of("bash".as_ref(), &["-c", &script])
        .output()
        .expect("bash runs");
    assert!(done.status.success(), "{done:?}");
    agor.json(&["stats", "--json"]);
}
