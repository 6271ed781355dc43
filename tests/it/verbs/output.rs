//! What a session shows and has shown: its screen, its log, its record, and waiting for it.

use std::fs;
use std::process::Stdio;

use serde_json::Value;

use super::{Following, ends};
use crate::agor::{Agor, step_until};

#[test]
fn a_screen_is_text_or_coloured_or_json_and_history_stands_above_it() {
    let agor = Agor::started();
    let session = agor.program(
        "40x10",
        &[
            "bash",
            "-c",
            r"seq 1 30; printf '\033[1;31mred\033[0m '; printf 'x%.0s' {1..60}; echo; printf end; sleep 600",
        ],
    );
    let screen = agor.screen_with(&session, "end");
    let line = format!("red {}", "x".repeat(60));
    let rows: Vec<&str> = screen.lines().collect();
    // Three rows are taken by the long line and the last; the long line is one line of text.
    assert_eq!(
        rows,
        ["24", "25", "26", "27", "28", "29", "30", &line, "end"]
    );
    assert_eq!(agor.ok(&["screen", &session, "--text"]), screen);
    let all = agor.ok(&["screen", &session, "--scrollback"]);
    let expected: Vec<String> = (1..=30).map(|n| n.to_string()).collect();
    assert_eq!(
        all.lines().collect::<Vec<_>>(),
        [&expected[..], &[line, "end".into()]].concat()
    );
    let ansi = agor.ok(&["screen", &session, "--ansi"]);
    let red = ansi
        .lines()
        .find(|line| line.contains("red"))
        .expect("its line");
    assert!(red.starts_with('\u{1b}') && red.contains("31"), "{red:?}");
    assert!(
        red.trim_end().ends_with(&"x".repeat(60)),
        "no colour after it: {red:?}"
    );
    let json = agor.json(&["screen", &session, "--json"]);
    assert_eq!(json["size"]["cols"], 40);
    assert_eq!(json["session"], session.as_str());
    assert_eq!(json["cursor"]["row"], 9);
    assert_eq!(json["cursor"]["col"], 3);
    let history = agor.json(&["screen", &session, "--json", "--scrollback"]);
    assert_eq!(history["rows"].as_array().map(Vec::len), Some(33));
    assert_eq!(agor.run(&["screen", &session, "--text", "--ansi"]).code, 2);
}

#[test]
fn a_history_of_a_hundred_thousand_lines_is_whole_also_after_its_host_was_killed() {
    let mut agor = Agor::started();
    let session = agor.program(
        "80x24",
        &[
            "bash",
            "-c",
            "seq -f 'line %.0f' 1 100000; printf end; sleep 600",
        ],
    );
    agor.screen_with(&session, "end");
    let expected: Vec<String> = (1..=100_000).map(|n| format!("line {n}")).collect();
    let whole = |agor: &Agor| {
        let all = agor.ok(&["screen", &session, "--scrollback"]);
        let lines: Vec<&str> = all.lines().collect();
        let differs = lines.iter().zip(&expected).position(|(a, b)| a != b);
        assert_eq!(differs, None);
        assert_eq!(lines.len(), expected.len() + 1);
    };
    whole(&agor);
    agor.crash_host();
    agor.start_host();
    whole(&agor);
    // In memory there are some ten thousand of them.
    let stats = agor.json(&["stats", "--json"]);
    let rows = &stats["sessions"][0]["history_rows"];
    assert_eq!(rows.as_u64(), Some(100_000 + 1 - 24), "{stats}");
}

/// Returns the events that `log` printed as JSON.
fn events(lines: &str) -> Vec<Value> {
    let parse = |line| serde_json::from_str(line).expect("a line of JSON");
    lines.lines().map(parse).collect()
}

fn kinds(events: &[Value]) -> Vec<&str> {
    let kinds = events.iter().map(|event| event["body"]["kind"].as_str());
    kinds.map(|kind| kind.expect("a kind")).collect()
}

#[test]
fn the_log_tells_what_happened_in_order_from_where_one_wants() {
    let agor = Agor::started();
    let session = agor.ok(&[
        "new",
        "--env",
        "CANARY=canary-value",
        "--",
        "bash",
        "-c",
        r"printf '\033]2;a title\007\007'; read -r; exit 3",
    ]);
    let session = session.trim();
    agor.ok(&["rename", session, "renamed"]);
    agor.ok(&["resize", session, "90x30"]);
    step_until("the title is known", || {
        (agor.info(session)["title"] == "a title").then_some(())
    });
    agor.ok(&["key", session, "enter"]);
    agor.ok(&["wait", session, "--exit", "--timeout", "30"]);
    let all = events(&agor.ok(&["log", session, "--json"]));
    let numbers: Vec<u64> = all
        .iter()
        .map(|e| e["seq"].as_u64().expect("a number"))
        .collect();
    assert_eq!(numbers, (1..=all.len() as u64).collect::<Vec<_>>());
    let kinds = kinds(&all);
    assert_eq!(kinds[0], "created");
    for kind in ["started", "titled", "bell", "renamed", "resized", "exited"] {
        assert_eq!(
            kinds.iter().filter(|k| **k == kind).count(),
            1,
            "{kind}: {kinds:?}"
        );
    }
    let exited = all
        .iter()
        .find(|e| e["body"]["kind"] == "exited")
        .expect("it");
    assert_eq!(exited["body"]["with"]["code"], 3);
    assert!(all.iter().all(|event| event["session"] == session));
    let later = events(&agor.ok(&["log", session, "--from", "3", "--json"]));
    assert_eq!(later, all[2..]);
    assert_eq!(agor.ok(&["log", session, "--from", "9999"]), "");
    let text = agor.ok(&["log", session]);
    assert_eq!(text.lines().count(), all.len());
    assert!(
        text.contains("created") && !text.contains("canary-value"),
        "{text}"
    );
}

#[test]
fn a_followed_log_goes_on_over_a_crash_of_the_host_without_gap_or_repetition() {
    let mut agor = Agor::started();
    let session = agor.session("cat");
    let mut log = Following::start(
        agor.command(&["log", &session, "--follow", "--json"])
            .stderr(Stdio::null()),
    );
    step_until("the past is told", || log.has("\"started\"").then_some(()));
    agor.ok(&["rename", &session, "first"]);
    step_until("the present is told", || log.has("first").then_some(()));
    agor.crash_host();
    agor.start_host();
    agor.ok(&["rename", &session, "second"]);
    step_until("it goes on", || log.has("second").then_some(()));
    agor.ok(&["kill", &session]);
    step_until("the end is told", || log.has("\"exited\"").then_some(()));
    let numbers: Vec<u64> = events(&log.seen.join("\n"))
        .iter()
        .map(|event| event["seq"].as_u64().expect("a number"))
        .collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
}

#[test]
fn waiting_ends_with_what_was_waited_for_or_says_that_it_did_not_come() {
    let agor = Agor::started();
    let session = agor.session("echo the build is green; read -r; exit 3");
    let line = agor.ok(&[
        "wait",
        &session,
        "--text",
        "build is (green|red)",
        "--timeout",
        "30",
    ]);
    assert_eq!(line, "the build is green\n");
    agor.ok(&["wait", &session, "--idle", "50", "--timeout", "30"]);
    for never in [&["--exit"][..], &["--text", "blue"], &["--idle", "60000"]] {
        let args = [&["wait", &session, "--timeout", "0.1"], never].concat();
        let done = agor.run(&args);
        assert_eq!(
            (done.code, done.stdout.as_str()),
            (124, ""),
            "{never:?}: {done:?}"
        );
        assert!(!done.stderr.is_empty());
    }
    for wrong in [
        &[][..],
        &["--exit", "--text", "x"],
        &["--text", "("],
        &["--text", "x", "--mirror"],
    ] {
        let args = [&["wait", &session], wrong].concat();
        assert_eq!(agor.run(&args).code, 2, "{wrong:?}");
    }
    agor.ok(&["key", &session, "enter"]);
    assert_eq!(
        agor.ok(&["wait", &session, "--exit", "--timeout", "30"]),
        "3\n"
    );
    assert_eq!(agor.run(&["wait", &session, "--exit", "--mirror"]).code, 3);
    let ended = agor.run(&["wait", &session, "--text", "blue"]);
    assert_eq!(ended.code, 4, "it can come no more: {ended:?}");
    let terminated = agor.session("kill -TERM $$");
    assert_eq!(
        agor.run(&["wait", &terminated, "--exit", "--mirror"]).code,
        143
    );
    let waited = agor.json(&["wait", &terminated, "--exit", "--json"]);
    assert_eq!(waited["signal"], 15);
}

#[test]
fn waiting_for_a_text_that_never_came_ends_with_the_program() {
    let agor = Agor::started();
    let session = agor.session("read -r; echo something else");
    std::thread::scope(|scope| {
        let waits = scope.spawn(|| agor.run(&["wait", &session, "--text", "never"]));
        agor.ok(&["key", &session, "enter"]);
        assert_eq!(waits.join().expect("a thread").code, 4);
    });
}

#[test]
fn a_text_that_scrolls_by_within_one_burst_is_seen() {
    let agor = Agor::started();
    let session = agor.session(
        r"while read -r; do seq 1 4000; echo needle-in-$((6*7))-a-burst; seq 1 20000; printf '\033[H\033[2J\033[3J'; done",
    );
    let mut wait = agor
        .command(&[
            "wait",
            &session,
            "--text",
            "needle-in-[0-9]+",
            "--timeout",
            "60",
        ])
        .stdout(Stdio::piped())
        .spawn()
        .expect("agord runs");
    // The first burst may come before anybody waits.
    step_until("the needle is seen", || {
        agor.ok(&["key", &session, "enter"]);
        agor.ok(&["wait", &session, "--idle", "30", "--timeout", "30"]);
        wait.try_wait().expect("a child")
    });
    let output = wait.wait_with_output().expect("it has ended");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "needle-in-42-a-burst\n"
    );
    assert!(output.status.success());
}

#[test]
fn a_wait_goes_on_over_a_crash_of_the_host() {
    let mut agor = Agor::started();
    let session = agor.session("read -r; exit 3");
    let mut wait = agor
        .command(&["wait", &session, "--exit", "--mirror", "--timeout", "60"])
        .spawn()
        .expect("agord runs");
    step_until("it waits", || {
        (agor.json(&["stats", "--json"])["connections"] == 2).then_some(())
    });
    agor.crash_host();
    agor.start_host();
    agor.ok(&["key", &session, "enter"]);
    let status = step_until("it ends", || wait.try_wait().expect("a child"));
    assert_eq!(status.code(), Some(3));
}

/// Returns header and events of a recording.
fn recording(text: &str) -> (Value, Vec<(f64, String, String)>) {
    let mut lines = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap_or_else(|e| panic!("{e}: {line}")));
    let header = lines.next().expect("a header");
    let event = |line: Value| {
        let text = |at: usize| line[at].as_str().expect("a text").to_owned();
        assert_eq!(line.as_array().map(Vec::len), Some(3), "{line}");
        (line[0].as_f64().expect("a time"), text(1), text(2))
    };
    (header, lines.map(event).collect())
}

#[test]
fn a_screen_is_printed_as_it_was_when_a_piece_of_evidence_was_seen() {
    let agor = Agor::started();
    let asks = r"\033[?1049h\033[Hit asks\033]7501;state=blocked:kind=question\007";
    let script = format!(
        r"stty -echo; printf 'before{asks}'; read -r; printf '\033[H\033[Jgoes on'; read -r"
    );
    let session = agor.program("30x5", &["bash", "-c", &script]);
    agor.ok(&["wait", &session, "--state", "needs-answer"]);
    agor.ok(&["key", &session, "enter"]);
    agor.screen_with(&session, "goes on");
    let explained = agor.json(&["explain", &session, "--json"]);
    let piece = &explained["evidence"][0];
    assert!(piece["at"].is_null(), "nothing of it is kept as text");
    let noted = agor.run(&["explain", &session]).stderr;
    assert!(noted.contains("any more"), "{noted}");
    let offset = piece["evidence"]["offset"].to_string();
    let shown = |at: &str| agor.ok(&["screen", &session, "--at", at]);
    assert_eq!(shown(&offset).trim_end(), "it asks");
    assert_eq!(shown("0").trim_end(), "");
    assert_eq!(shown(&u64::MAX.to_string()).trim_end(), "goes on");
}

#[test]
fn an_export_is_every_byte_or_text_or_a_recording_that_players_understand() {
    let agor = Agor::started();
    let session = agor.program(
        "50x12",
        &[
            "bash",
            "-c",
            r"stty -echo; printf 'a\033[31mb\033[0m\377\n日本\n'; read -r; seq 1 100; exit 0",
        ],
    );
    agor.screen_with(&session, "日本");
    agor.ok(&["resize", &session, "60x20"]);
    agor.ok(&["key", &session, "enter"]);
    agor.ok(&["wait", &session, "--exit", "--timeout", "30"]);
    let raw = agor.raw(&session);
    let mut expected = b"a\x1b[31mb\x1b[0m\xff\r\n".to_vec();
    expected.extend_from_slice("日本\r\n".as_bytes());
    for n in 1..=100 {
        expected.extend_from_slice(format!("{n}\r\n").as_bytes());
    }
    assert_eq!(
        raw.escape_ascii().to_string(),
        expected.escape_ascii().to_string()
    );
    let text = agor.ok(&["export", &session, "--text"]);
    let numbers: Vec<String> = (1..=100).map(|n| n.to_string()).collect();
    let head = ["ab\u{fffd}".to_owned(), "日本".to_owned()];
    assert_eq!(
        text.lines().collect::<Vec<_>>(),
        [&head[..], &numbers].concat()
    );
    let (header, events) = recording(&agor.ok(&["export", &session, "--asciicast"]));
    assert_eq!(header["version"], 2);
    assert_eq!(
        (&header["width"], &header["height"]),
        (&50.into(), &12.into())
    );
    assert!(
        header["timestamp"]
            .as_u64()
            .is_some_and(|t| t > 1_700_000_000)
    );
    assert!(
        events.windows(2).all(|pair| pair[0].0 <= pair[1].0),
        "times go forward"
    );
    assert!(events[0].0 >= 0.0 && events.iter().all(|(_, kind, _)| kind == "o" || kind == "r"));
    let resized: Vec<_> = events.iter().filter(|(_, kind, _)| kind == "r").collect();
    assert_eq!(resized.len(), 1);
    assert_eq!(resized[0].2, "60x20");
    let output = events.iter().filter(|(_, kind, _)| kind == "o");
    let output: String = output.map(|(_, _, data)| data.as_str()).collect();
    assert_eq!(output, String::from_utf8_lossy(&expected));
    for wrong in [&[][..], &["--raw", "--text"]] {
        assert_eq!(agor.run(&[&["export", &session], wrong].concat()).code, 2);
    }
}

#[test]
fn an_export_ends_while_the_program_still_prints_and_misses_nothing_of_before() {
    let agor = Agor::started();
    let session = agor.session("exec seq -f 'line %.0f' 1 inf");
    agor.screen_with(&session, "line ");
    for form in ["--raw", "--text", "--asciicast"] {
        let done = ends(
            &format!("export {form} ends"),
            &mut agor.command(&["export", &session, form]),
        );
        assert_eq!(done.code, 0, "{form}");
        let text = match form {
            "--asciicast" => recording(&done.stdout).1.into_iter().map(|e| e.2).collect(),
            _ => done.stdout,
        };
        // The last line may not be complete, and text keeps what the terminal keeps.
        let lines: Vec<&str> = text.lines().collect();
        let numbers = lines[..lines.len() - 1].iter().map(|line| {
            let number = line
                .trim_end()
                .strip_prefix("line ")
                .and_then(|n| n.parse().ok());
            number.unwrap_or_else(|| panic!("{form}: {line:?}"))
        });
        let numbers: Vec<u64> = numbers.collect();
        assert!(
            numbers.windows(2).all(|pair| pair[0] + 1 == pair[1]),
            "{form}"
        );
        assert!(form == "--text" || numbers[0] == 1, "{form}");
    }
    agor.ok(&["kill", &session]);
}

#[test]
fn twenty_sessions_that_print_two_megabytes_at_once_are_all_complete_in_the_record() {
    const SESSIONS: usize = 20;
    const LINES: usize = 100_000;
    let agor = Agor::started();
    let start = agor.work().join("start");
    // 21 bytes a line as the terminal has it.
    let ids: Vec<String> = (0..SESSIONS)
        .map(|n| {
            let format = format!("s{n:02}-%015.0f");
            let script = format!(
                "until [ -e start ]; do read -t 0.02; done; exec seq -f {format} 1 {LINES}"
            );
            agor.session(&script)
        })
        .collect();
    fs::write(start, "").expect("a file");
    for id in &ids {
        agor.ok(&["wait", id, "--exit", "--timeout", "120"]);
    }
    for (n, id) in ids.iter().enumerate() {
        let raw = agor.raw(id);
        let lines: Vec<&[u8]> = raw.split(|&byte| byte == b'\n').collect();
        assert_eq!(lines.len(), LINES + 1, "session {n}");
        for (at, line) in lines[..LINES].iter().enumerate() {
            let expected = format!("s{n:02}-{:015}\r", at + 1);
            assert!(
                *line == expected.as_bytes(),
                "session {n}, line {at}: {}",
                line.escape_ascii()
            );
        }
        let last = format!("s{n:02}-{LINES:015}");
        assert!(agor.screen(id).contains(&last), "session {n}");
    }
}

#[test]
fn tap_shows_the_frames_of_other_links_as_json_and_not_its_own() {
    let agor = Agor::started();
    let session = agor.session("cat");
    let mut tap = Following::start(&mut agor.command(&["tap"]));
    step_until("a frame of another link is shown", || {
        agor.ok(&["send", &session, "typed-under-a-tap"]);
        tap.has("typed-under-a-tap").then_some(())
    });
    for line in &tap.seen {
        let frame: Value = serde_json::from_str(line).expect("a line of JSON");
        assert!(frame["frame"].is_object(), "{frame}");
        assert!(
            frame["from"] == "host" || frame["from"] == "client",
            "{frame}"
        );
        assert!(
            frame["conn"].is_number() || frame["conn"].is_string(),
            "{frame}"
        );
    }
    let from = |who: &str| {
        tap.seen
            .iter()
            .any(|l| l.contains(&format!("\"from\":\"{who}\"")))
    };
    assert!(from("client") && from("host"), "{:?}", tap.seen);
    assert!(
        !tap.seen.iter().any(|line| line.contains("tapped")),
        "its own frames are not shown"
    );
    // Whoever taps is gone with the host, with a word.
    agor.ok(&["stop-host"]);
    step_until("it ends", || tap.child.try_wait().expect("a child"));
}

#[test]
fn marks_list_a_shells_commands_with_how_they_ended_and_how_long_they_took() {
    let agor = Agor::started();
    let script = r"mark() { printf '\033]133;%s\007' $1; }
        prompt() { mark A; printf '$ '; mark B; printf '%s\n' $1; mark C; }
        prompt fast; mark 'D;0'; prompt slow; sleep 0.7; mark 'D;3'; prompt running; echo up; sleep 600";
    let session = agor.session(script);
    agor.screen_with(&session, "up");
    let lines = agor.ok(&["marks", &session, "--json"]);
    let commands = events(&lines);
    let told: Vec<_> = commands
        .iter()
        .map(|it| (it["command"].as_str().expect("a text"), &it["code"]))
        .collect();
    let expected = [
        ("fast", &Value::from(0)),
        ("slow", &Value::from(3)),
        ("running", &Value::Null),
    ];
    assert_eq!(told, expected);
    let took = |at: usize| commands[at]["took_millis"].as_u64();
    assert!(took(0).is_some_and(|millis| millis < 700), "{lines}");
    assert!(took(1).is_some_and(|millis| millis >= 650), "{lines}");
    assert_eq!(took(2), None);
    let table = agor.ok(&["marks", &session, "--limit", "2"]);
    let rows: Vec<_> = table
        .lines()
        .map(|row| row.split_whitespace().collect::<Vec<_>>())
        .collect();
    assert_eq!(rows.len(), 3, "{table}");
    assert_eq!((rows[1][1], rows[1][3]), ("3", "slow"), "{table}");
    assert_eq!((rows[2][1], rows[2][2]), ("runs", "running"), "{table}");
}
