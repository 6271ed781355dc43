//! What is too much for somebody waits for that one: others go on, memory is bounded by named limits,
//! and nothing is lost.

use std::fs;
use std::process::Stdio;

use agor_proto::limits::{CLIENT_MESSAGES_MAX, INPUT_MAX, RING_BYTES};
use serde_json::Value;

use crate::agor::{Agor, signal_process, step_until};
use crate::processes::pss_kib;

/// What a host may take, whatever its sessions print: a terminal with its history, a ring and what is
/// on its way to the disk for each, over what an idle one takes.
const HOST_KIB_MAX: u64 = 160 * 1024;

fn figures_of(agor: &Agor, session: &str) -> Value {
    let stats = agor.json(&["stats", "--json"]);
    let sessions = stats["sessions"].as_array().expect("a list");
    let found = sessions
        .iter()
        .find(|figures| figures["session"] == session);
    found.unwrap_or_else(|| panic!("{stats}")).clone()
}

fn number(figures: &Value, name: &str) -> u64 {
    figures[name]
        .as_u64()
        .unwrap_or_else(|| panic!("{name}: {figures}"))
}

/// Sees that somebody who types is answered.
fn answers(agor: &Agor, session: &str, word: &str) {
    agor.ok(&["send", session, word, "--enter"]);
    agor.screen_with(session, word);
}

#[test]
fn an_endless_printer_keeps_to_ring_bytes_waits_for_the_disk_and_is_waited_for_by_nobody() {
    let agor = Agor::started();
    let quiet = agor.session("cat");
    let loud = agor.session("while :; do head -c 1000000 /dev/zero | tr '\\0' 'x'; done");
    let host = agor.host_pid().expect("a host");
    let wanted = 24 * 1024 * 1024;
    let mut words = 0;
    step_until("much was printed", || {
        let figures = figures_of(&agor, &loud);
        assert!(
            number(&figures, "ring_bytes") <= RING_BYTES as u64,
            "{figures}"
        );
        assert!(pss_kib(host) < HOST_KIB_MAX, "{} KiB", pss_kib(host));
        words += 1;
        answers(&agor, &quiet, &format!("word-{words}"));
        (number(&figures, "committed") > wanted).then_some(())
    });
    agor.ok(&["kill", &loud]);
    let figures = figures_of(&agor, &loud);
    assert_eq!(number(&figures, "gaps"), 0, "{figures}");
    assert_eq!(number(&figures, "offset"), number(&figures, "committed"));
}

#[test]
fn c4_a_client_that_stops_reading_is_waited_for_by_nobody() {
    let agor = Agor::started();
    let session = agor.session("cat");
    let mut stopped: Vec<_> = (0..3)
        .map(|_| {
            let mut command = agor.command(&["tap"]);
            command.stdout(Stdio::piped()).spawn().expect("agord runs")
        })
        .collect();
    // And one that may miss nothing, as those that look on may.
    let said = agor.path("followed");
    let mut follow = agor.command(&["log", &session, "--follow", "--json"]);
    let follow = follow.stdout(fs::File::create(&said).expect("a file"));
    stopped.push(follow.spawn().expect("agord runs"));
    step_until("they are connected", || {
        let stats = agor.json(&["stats", "--json"]);
        let followed = number(&stats["sessions"][0], "subscribers") == 1;
        (number(&stats, "connections") == 5 && followed).then_some(())
    });
    for client in &stopped {
        signal_process(client.id(), "STOP");
    }
    let host = agor.host_pid().expect("a host");
    let text = "y".repeat(4_000);
    for n in 0..200 {
        agor.ok(&["send", &session, &text]);
        agor.ok(&["rename", &session, &format!("name-{n}")]);
        answers(&agor, &session, &format!("word-{n}"));
    }
    let stats = agor.json(&["stats", "--json"]);
    assert!(
        number(&stats, "outbox_max") <= CLIENT_MESSAGES_MAX as u64,
        "{stats}"
    );
    assert!(pss_kib(host) < HOST_KIB_MAX, "{} KiB", pss_kib(host));
    signal_process(stopped[3].id(), "CONT");
    let followed = step_until("who followed knows the last name", || {
        let said = fs::read_to_string(&said).expect("a file");
        (said.contains("name-199") && said.ends_with('\n')).then_some(said)
    });
    let seq = |line| number(&serde_json::from_str(line).expect("JSON"), "seq");
    let seqs: Vec<u64> = followed.lines().map(seq).collect();
    let broken = seqs.windows(2).find(|pair| pair[1] != pair[0] + 1);
    assert_eq!(broken, None, "an event is missing or there twice");
    for client in &mut stopped {
        client.kill().expect("it can be killed");
        client.wait().expect("it can be reaped");
    }
}

/// A program that is stopped reads nothing and says nothing. What is typed meanwhile waits for it, once.
#[test]
fn a_stopped_program_holds_up_nobody_and_goes_on_with_what_was_typed() {
    let agor = Agor::started();
    let stopped = agor.session("while read -r line; do echo \"read $line\"; done");
    let other = agor.session("cat");
    agor.ok(&["send", &stopped, "first", "--enter"]);
    agor.screen_with(&stopped, "read first");
    let pid = agor.info(&stopped)["pid"].as_u64().expect("a pid");
    let pid = u32::try_from(pid).expect("a pid");
    signal_process(pid, "STOP");
    for n in 0..20 {
        agor.ok(&["send", &stopped, &format!("line-{n}"), "--enter"]);
        answers(&agor, &other, &format!("word-{n}"));
    }
    assert!(
        !agor.screen(&stopped).contains("read line"),
        "it is stopped"
    );
    assert_eq!(agor.info(&stopped)["life"], "running");
    signal_process(pid, "CONT");
    agor.screen_with(&stopped, "read line-19");
    let raw = agor.raw(&stopped);
    let raw = String::from_utf8_lossy(&raw);
    let read: Vec<&str> = raw
        .lines()
        .filter_map(|line| line.trim().strip_prefix("read "))
        .collect();
    let expected: Vec<String> = (0..20).map(|n| format!("line-{n}")).collect();
    assert_eq!(read[0], "first");
    assert_eq!(read[1..], expected);
    signal_process(pid, "STOP");
    // Killed as it is, it ends as any other.
    agor.ok(&["kill", &stopped]);
    assert!(agor.info(&stopped)["life"]["exited"].is_object());
}

#[test]
fn a_line_of_ten_megabytes_is_recorded_whole_in_bounded_memory() {
    const BYTES: usize = 10_000_000;
    let agor = Agor::started();
    let session = agor.session(&format!(
        "head -c {BYTES} /dev/zero | tr '\\0' 'z'; echo; echo after-the-line; cat"
    ));
    let host = agor.host_pid().expect("a host");
    agor.screen_with(&session, "after-the-line");
    assert!(pss_kib(host) < HOST_KIB_MAX, "{} KiB", pss_kib(host));
    let raw = agor.raw(&session);
    let line = raw.iter().take_while(|&&byte| byte == b'z').count();
    assert_eq!(line, BYTES);
    answers(&agor, &session, "still-there");
}

#[test]
fn a_paste_into_a_program_that_does_not_read_waits_alone_and_ends_with_it() {
    let agor = Agor::started();
    let deaf = agor.session("stty raw -echo; echo deaf; exec sleep 600");
    agor.screen_with(&deaf, "deaf");
    let other = agor.session("cat");
    let mut paste = agor
        .command(&["send", &deaf, "--paste", &"p".repeat(INPUT_MAX)])
        .stderr(Stdio::piped())
        .spawn()
        .expect("agord runs");
    for n in 0..10 {
        answers(&agor, &other, &format!("word-{n}"));
        assert!(
            paste.try_wait().expect("a child").is_none(),
            "it was not taken"
        );
    }
    agor.ok(&["kill", &deaf]);
    let status = step_until("the paste ends", || paste.try_wait().expect("a child"));
    assert!(!status.success(), "what was not taken is not said to be");
}
