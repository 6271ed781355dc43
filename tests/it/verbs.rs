//! Every verb of the command line as a person and a script meet it: what it prints, what it does
//! and the code that it ends with. Here what makes, lists and explains; the rest by topic below.

mod input;
mod life;
mod output;
mod run;
mod search;
mod settings;

use std::fs;
use std::process::{Child, Command, Stdio};

use agor_proto::event::LogCursor;
use agor_proto::frame::HEADER_BYTES;
use agor_proto::ids::{LogEpoch, Seq};
use agor_proto::message::{Message, Subscribe, Visibility};
use serde_json::Value;

use crate::agor::{Agor, Done, step_until};
use crate::plain::Plain;

/// Returns what a command line came to, which must not last for ever.
fn ends(what: &str, command: &mut Command) -> Done {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("agord runs");
    // Read meanwhile, since it may write more than a pipe holds.
    let (stdout, stderr) = (reading(child.stdout.take()), reading(child.stderr.take()));
    let status = step_until(what, || child.try_wait().expect("a child"));
    Done {
        code: status.code().unwrap_or(-1),
        stdout: stdout.join().expect("a reader"),
        stderr: stderr.join().expect("a reader"),
    }
}

fn reading(from: Option<impl std::io::Read + Send + 'static>) -> std::thread::JoinHandle<String> {
    let mut from = from.expect("a pipe");
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        from.read_to_end(&mut bytes).ok(); // What came counts.
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// A command line that goes on, and the lines that it has printed so far.
struct Following {
    child: Child,
    lines: std::sync::mpsc::Receiver<String>,
    seen: Vec<String>,
}

impl Following {
    fn start(command: &mut Command) -> Self {
        use std::io::BufRead;
        let mut child = command.stdout(Stdio::piped()).spawn().expect("agord runs");
        let stdout = child.stdout.take().expect("a pipe");
        let (sender, lines) = std::sync::mpsc::sync_channel(1024);
        std::thread::spawn(move || {
            for line in std::io::BufReader::new(stdout).lines() {
                let Ok(line) = line else { return };
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self {
            child,
            lines,
            seen: Vec::new(),
        }
    }

    /// Says whether a line with `text` was printed.
    fn has(&mut self, text: &str) -> bool {
        self.seen.extend(self.lines.try_iter());
        self.seen.iter().any(|line| line.contains(text))
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        self.child.kill().ok(); // It may have ended by itself.
        self.child.wait().ok();
    }
}

/// Returns the error that a failed command line printed as JSON.
fn error_of(done: &Done) -> Value {
    let said: Value = serde_json::from_str(&done.stderr)
        .unwrap_or_else(|error| panic!("{error}: {done:?} is not JSON"));
    let error = said["error"].clone();
    assert_eq!(error["exit"], done.code, "{done:?}");
    assert!(
        error["message"].as_str().is_some_and(|m| !m.is_empty()),
        "{done:?}"
    );
    assert_eq!(done.stdout, "", "an error is no result");
    error
}

#[test]
fn new_prints_the_id_alone_and_the_program_gets_what_was_asked_for() {
    let agor = Agor::started();
    let project = agor.work().join("a project");
    fs::create_dir(&project).expect("a folder");
    let script = r#"stty size; pwd; echo "<$K> <$EMPTY>"; sleep 600"#;
    let done = agor.run(&[
        "new",
        "--name",
        "build it",
        "--env",
        "K=a b=c",
        "--env",
        "EMPTY=",
        "--size",
        "100x30",
        "--project",
        "a project",
        "--",
        "bash",
        "-c",
        script,
    ]);
    assert_eq!((done.code, done.stderr.as_str()), (0, ""), "{done:?}");
    let id = done.stdout.strip_suffix('\n').expect("a line");
    assert!(
        id.len() == 36 && id.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit()),
        "{id:?}"
    );
    let screen = agor.screen_with(id, "<a b=c> <>");
    let project = project.to_str().expect("utf-8");
    assert!(
        screen.contains("30 100\n") && screen.contains(project),
        "{screen}"
    );
    let info = agor.info(id);
    assert_eq!(info["name"], "build it");
    assert_eq!(info["folder"], project);
    assert_eq!(
        (&info["size"]["cols"], &info["size"]["rows"]),
        (&100.into(), &30.into())
    );
    assert_eq!(info["private"], false);
    let private = agor.ok(&["new", "--private", "--", "sleep", "600"]);
    assert_eq!(agor.info(private.trim())["private"], true);
}

#[test]
fn new_without_a_command_runs_the_persons_shell() {
    let agor = Agor::started();
    let id = agor.ok(&["new"]);
    let id = id.trim();
    agor.ok(&["send", id, "echo shell-$((6*7))-$0", "--enter"]);
    agor.screen_with(id, "shell-42-/bin/bash");
    assert_eq!(agor.info(id)["argv"], serde_json::json!(["/bin/bash"]));
}

#[test]
fn arguments_that_cannot_be_used_are_refused_and_make_no_session() {
    let agor = Agor::started();
    for wrong in [
        &["--size", "0x0"][..],
        &["--size", "80"],
        &["--size", "80x24x3"],
        &["--env", "novalue"],
        &["--env", "=x"],
        &["--name", "a\x1b[31mb"],
        &["--name", &"n".repeat(300)],
        &["--no-such-option"],
    ] {
        let args = [&["new"], wrong, &["--", "true"]].concat();
        let done = agor.run(&args);
        assert_eq!(done.code, 2, "{wrong:?}: {done:?}");
        assert!(
            done.stdout.is_empty() && !done.stderr.is_empty(),
            "{done:?}"
        );
    }
    let sessions = agor.json(&["ls", "--json"]);
    assert_eq!(sessions, serde_json::json!([]));
}

#[test]
fn a_program_gets_its_clients_environment_and_no_secrets_of_the_host() {
    let mut agor = Agor::new();
    // The host is a process of its own here, with an environment that a login left it.
    let host = agor
        .command(&["serve"])
        .env("AWS_SECRET_ACCESS_KEY", "secret-of-the-host")
        .env("SSH_AUTH_SOCK", "/socket/of-the-host")
        .env("AGOR_TEST_SECRET", "secret-of-the-host")
        .output()
        .expect("agord runs");
    assert!(host.status.success(), "{host:?}");
    let environment = |agor: &Agor, name: &str, client: &[(&str, &str)]| {
        let file = agor.work().join(name);
        let script = format!("env -0 > {name}.part; mv {name}.part {name}; sleep 600");
        let id: Done = agor
            .command(&["new", "--", "bash", "-c", &script])
            .envs(client.iter().copied())
            .output()
            .expect("agord runs")
            .into();
        assert_eq!(id.code, 0, "{id:?}");
        let text = step_until("the program has written its environment", || {
            fs::read_to_string(&file).ok()
        });
        let variables = text.split_terminator('\0');
        let variables: std::collections::BTreeMap<String, String> = variables
            .filter_map(|v| v.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        (id.stdout.trim().to_owned(), variables)
    };
    let client = [
        ("SSH_AUTH_SOCK", "/socket/of-the-client"),
        ("LANG", "de_DE.UTF-8"),
        ("LC_TIME", "en_GB.UTF-8"),
        ("EDITOR", "vi"),
        ("GITHUB_TOKEN", "secret-of-the-client"),
        ("TERM", "dumb"),
        ("TERM_PROGRAM", "another"),
        ("COLUMNS", "17"),
        ("TMUX", "/tmp/tmux,1,0"),
    ];
    let (id, variables) = environment(&agor, "full", &client);
    let value = |name: &str| variables.get(name).map(String::as_str);
    assert_eq!(value("SSH_AUTH_SOCK"), Some("/socket/of-the-client"));
    assert_eq!(value("LANG"), Some("de_DE.UTF-8"));
    assert_eq!(value("LC_TIME"), Some("en_GB.UTF-8"));
    assert_eq!(value("EDITOR"), Some("vi"));
    assert_eq!(value("HOME"), agor.path("home").to_str());
    assert_eq!(value("TERM"), Some("xterm-256color"));
    assert_eq!(value("COLORTERM"), Some("truecolor"));
    assert_eq!(value("TERM_PROGRAM"), Some("agor"));
    assert!(value("TERM_PROGRAM_VERSION").is_some_and(|v| !v.is_empty()));
    assert_eq!(value("AGOR_SESSION_ID"), Some(id.as_str()));
    assert_eq!(value("PWD"), agor.work().to_str());
    for misleading in ["COLUMNS", "LINES", "TMUX"] {
        assert_eq!(value(misleading), None, "{misleading}");
    }
    let secrets = variables
        .iter()
        .filter(|(_, value)| value.contains("secret"));
    assert_eq!(secrets.collect::<Vec<_>>(), [], "secrets are not passed on");
    // Without a client's, none is better than the host's.
    let (_, variables) = environment(&agor, "bare", &[]);
    assert_eq!(variables.get("SSH_AUTH_SOCK"), None);
    agor.ok(&["stop-host"]);
    // What follows in the drop of the harness wants a host of its own.
    agor.start_host();
}

#[test]
fn ls_shows_a_row_for_each_session_and_names_and_begins_of_ids_find_them() {
    let agor = Agor::started();
    let evil = "sleep 600 # \u{1b}[31m\u{7}";
    let build = agor.ok(&["new", "--name", "build", "--", "bash", "-c", evil]);
    let tests = agor.ok(&["new", "--name", "ünïts", "--", "sleep", "600"]);
    let done = agor.ok(&["new", "--name", "done", "--", "bash", "-c", "exit 3"]);
    let (build, tests, done) = (build.trim(), tests.trim(), done.trim());
    agor.ok(&["wait", done, "--exit", "--timeout", "30"]);
    let table = agor.ok(&["ls"]);
    let rows: Vec<&str> = table.lines().collect();
    assert_eq!(rows.len(), 4, "{table}");
    assert!(
        rows[0].starts_with("ID") && rows[0].contains("NAME"),
        "{table}"
    );
    let column = rows[0].find("STATE").expect("a column of states");
    for (row, state) in rows[1..].iter().zip(["running", "running", "exited 3"]) {
        let from_column: String = row.chars().skip(column).collect();
        assert!(
            from_column.starts_with(state),
            "columns are aligned: {table}"
        );
    }
    assert!(
        !table.chars().any(|c| c.is_control() && c != '\n'),
        "a command cannot act on the terminal: {table:?}"
    );
    // What is printed as an id can be used as one, and so can a name.
    for (row, id) in rows[1..].iter().zip([build, tests, done]) {
        let short = row.split_whitespace().next().expect("an id");
        assert!(id.starts_with(short), "{table}");
        let waited = agor.json(&["--json", "kill", short]);
        assert_eq!(waited["session"], id);
    }
    for (name, id) in [("build", build), ("ünïts", tests), ("done", done)] {
        assert_eq!(agor.json(&["rm", name, "--json"])["session"], id);
    }
    assert_eq!(agor.json(&["ls", "--json"]), serde_json::json!([]));
}

#[test]
fn ls_running_leaves_out_what_has_ended() {
    let agor = Agor::started();
    let ended = agor.session("exit 0");
    agor.ok(&["wait", &ended, "--exit", "--timeout", "30"]);
    let running = agor.session("sleep 600");
    let list = agor.json(&["ls", "--running", "--json"]);
    let ids: Vec<_> = list
        .as_array()
        .expect("a list")
        .iter()
        .map(|session| &session["id"])
        .collect();
    assert_eq!(ids, [&Value::from(running)]);
}

#[test]
fn a_session_is_found_by_its_new_name_and_not_by_its_old_one_also_after_a_crash() {
    let mut agor = Agor::started();
    let id = agor.ok(&["new", "--name", "before", "--", "sleep", "600"]);
    let id = id.trim();
    agor.ok(&["rename", "before", "after the change"]);
    assert_eq!(agor.info(id)["name"], "after the change");
    assert_eq!(agor.run(&["screen", "before"]).code, 3);
    assert_eq!(agor.run(&["screen", "after the change"]).code, 0);
    let (escape, long) = ("x\u{1b}]2;y", "n".repeat(201));
    for wrong in [escape, &long] {
        assert_eq!(agor.run(&["rename", id, wrong]).code, 2, "{wrong:?}");
    }
    agor.crash_host();
    agor.start_host();
    assert_eq!(agor.info(id)["name"], "after the change");
}

#[test]
fn doctor_is_content_with_what_is_well_and_names_what_is_not() {
    let agor = Agor::started();
    let session = agor.session("sleep 600");
    let verdict = |findings: &Value, check: &str| {
        let all = findings.as_array().expect("findings");
        let found = all.iter().find(|finding| finding["check"] == check);
        found.unwrap_or_else(|| panic!("no {check} in {findings}"))["verdict"].clone()
    };
    let well = agor.json(&["doctor", "--json"]);
    for check in [
        "folders", "host", "versions", "keeper", "settings", "database", "shell",
    ] {
        assert_eq!(verdict(&well, check), "ok", "{well}");
    }
    let text = agor.ok(&["doctor"]);
    assert!(
        text.lines()
            .all(|line| line.starts_with("ok") || line.starts_with("warn"))
    );
    let unwell: Done = agor
        .command(&["doctor", "--json"])
        .env("SHELL", "/no/such/shell")
        .output()
        .expect("agord runs")
        .into();
    assert_eq!(unwell.code, 1, "{unwell:?}");
    let findings: Value = serde_json::from_str(&unwell.stdout).expect("JSON");
    assert_eq!(verdict(&findings, "shell"), "bad");
    assert!(unwell.stdout.contains("/no/such/shell"));
    // Its keeper is gone under the host.
    let keeper = agor.keeper_pid().expect("a keeper");
    crate::agor::signal_process(keeper, "KILL");
    // The host may end with it; the next one finds out.
    step_until("the session is lost", || {
        if agor.run(&["ls"]).code == 18 {
            agor.ok(&["serve"]);
        }
        let list = agor.run(&["ls", "--json"]);
        let list: Value = serde_json::from_str(&list.stdout).ok()?;
        (list[0]["id"] == session && list[0]["life"] == "lost").then_some(())
    });
    let after = agor.run(&["doctor"]);
    assert!(
        after.stdout.contains("restart"),
        "it says what to do about lost programs: {after:?}"
    );
}

#[test]
fn a_report_tells_how_all_is_and_nothing_that_is_the_persons() {
    let agor = Agor::started();
    let project = agor.path("project-of-plans");
    std::fs::create_dir_all(&project).expect("a folder");
    let session = agor.ok(&[
        "new",
        "--project",
        project.to_str().expect("UTF-8"),
        "--name",
        "name-of-plans",
        "--env",
        "PLANS_TOKEN=value-of-plans",
        "--",
        "sh",
        "-c",
        "echo \"$AGOR_TOKEN\" > token; echo output-of-plans; read line; sleep 600",
    ]);
    let session = session.trim();
    agor.screen_with(session, "output-of-plans");
    let token = std::fs::read_to_string(project.join("token")).expect("a token");
    let token = token.trim();
    assert!(token.len() >= 32, "{token:?}");
    agor.ok(&["send", session, "typed-plans", "--enter"]);
    agor.ok(&["rename", session, "other-plans"]);
    let file = agor.path("report.json");
    agor.ok(&["doctor", "--report", file.to_str().expect("UTF-8")]);
    let text = std::fs::read_to_string(&file).expect("a report");
    let secrets = [
        "of-plans",
        "typed-plans",
        "other-plans",
        "PLANS_TOKEN",
        token,
    ];
    for of_the_person in secrets {
        assert!(!text.contains(of_the_person), "{of_the_person} in {text}");
    }
    let report: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(report["host"]["sessions"][0]["session"], session);
    assert!(report["link"]["round_trip_micros"].is_number(), "{text}");
    let links = report["host"]["links"].as_array().expect("rows of links");
    assert!(!links.is_empty(), "that of `doctor` itself: {text}");
    for link in links {
        let program = link["program"].as_str().expect("a program");
        assert!(program.starts_with("agor"), "{link}");
        assert!(
            link["lanes"].is_array() && link["queued"].is_number(),
            "{link}"
        );
    }
    assert!(!report["host_log"].as_array().expect("lines").is_empty());
    assert!(!report["findings"].as_array().expect("them").is_empty());
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(&file)
        .expect("a file")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let refused = agor.run(&["doctor", "--report", "/no/such/folder/report"]);
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("cannot be written"), "{refused:?}");
}

#[test]
fn doctor_without_a_host_is_content_and_starts_none() {
    let agor = Agor::new();
    let done = agor.run(&["doctor", "--json"]);
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!(agor.host_pid(), None);
}

#[test]
fn stats_count_what_is_there() {
    let agor = Agor::started();
    let session = agor.session("seq 1 5000; echo the end; sleep 600");
    agor.screen_with(&session, "the end");
    let stats = step_until("everything is committed", || {
        let stats = agor.json(&["stats", "--json"]);
        let figures = &stats["sessions"][0];
        (figures["committed"] == figures["offset"]).then_some(stats)
    });
    let number = |value: &Value| value.as_u64().unwrap_or_else(|| panic!("{stats}"));
    let figures = &stats["sessions"][0];
    assert_eq!(figures["session"], session.as_str());
    let output_bytes = agor.raw(&session).len() as u64;
    let offset = number(&figures["offset"]);
    assert!(
        (output_bytes..output_bytes + 64 * 1024).contains(&offset),
        "the record is the output and little more: {stats}"
    );
    assert!(
        (4_900..=5_002).contains(&number(&figures["history_rows"])),
        "{stats}"
    );
    assert!(number(&figures["disk_bytes"]) > 0, "{stats}");
    assert_eq!(figures["ring_bytes"], 0, "{stats}");
    let (host, keeper) = (
        number(&stats["pid"]) as u32,
        number(&stats["keeper_pid"]) as u32,
    );
    assert!(crate::agor::runs(host) && crate::agor::runs(keeper) && host != keeper);
    assert!(number(&stats["database_bytes"]) > 0 && number(&stats["commits"]) > 0);
    assert!(
        number(&stats["commit_rows"]) >= number(&stats["commits"]),
        "{stats}"
    );
    assert_eq!(stats["connections"], 1, "that of `stats` itself: {stats}");
    let later = agor.json(&["stats", "--json"]);
    assert!(number(&later["connections_total"]) > number(&stats["connections_total"]));
    assert!(number(&later["uptime_millis"]) > number(&stats["uptime_millis"]));
    let text = agor.ok(&["stats"]);
    let row = text.lines().find(|line| line.starts_with(&session));
    let row = row.unwrap_or_else(|| panic!("{text}"));
    assert!(row.contains(" 0 B of 1.0 MiB"), "its ring is empty: {text}");
    assert!(row.trim_end().ends_with(" 0"), "nothing was lost: {text}");
    let step = |name: &str| {
        let steps = stats["way"].as_array().expect("steps");
        let step = steps.iter().find(|step| step["step"] == name);
        number(&step.unwrap_or_else(|| panic!("{stats}"))["copied_bytes"])
    };
    assert!(
        (output_bytes..output_bytes + 64 * 1024).contains(&step("host")),
        "{stats}"
    );
    assert_eq!(step("ring"), step("host"), "all of it was read: {stats}");
    assert_eq!(step("record"), step("host"), "nothing here is private");
    assert!(step("disk") > 0 && step("disk") < step("record"), "{stats}");
    assert!(number(&stats["sync_micros"]["count"]) > 0, "{stats}");
    let own = &stats["links"][0];
    assert_eq!(stats["links"].as_array().map(Vec::len), Some(1), "{stats}");
    assert!(
        own["program"]
            .as_str()
            .is_some_and(|it| it.starts_with("agor"))
    );
    let sent = own["lanes"].as_array().expect("lanes").iter();
    assert!(
        sent.map(|lane| number(&lane["received_frames"]))
            .sum::<u64>()
            > 0
    );
}

/// A body is encoded, put into a frame, and the frame given to the system.
#[test]
fn stats_count_what_is_copied_for_a_client_that_looks() {
    let agor = Agor::started();
    let session = agor.session("seq 1 5000; echo the end; sleep 600");
    agor.screen_with(&session, "the end");
    let mut plain = Plain::connect(&agor);
    let cursor = LogCursor {
        session: session.parse().expect("an id"),
        epoch: LogEpoch(0),
        applied: Seq(0),
    };
    let view = Visibility::Visible;
    plain.say(Subscribe { cursor, view });
    while !matches!(plain.hear(), Message::ScreenUpdate(_)) {}
    step_until("what was sent is counted at each step", || {
        let stats = agor.json(&["stats", "--json"]);
        let of = |table: &str, column: &str, name: &str| {
            let mut rows = stats[table].as_array().expect("rows").iter();
            let row = rows.find(|row| row[column] == name);
            row.unwrap_or_else(|| panic!("{stats}")).clone()
        };
        let screens = of("lanes", "lane", "screen");
        let number = |value: &Value| value.as_u64().unwrap_or_else(|| panic!("{stats}"));
        let (sent, frames) = (
            number(&screens["sent_bytes"]),
            number(&screens["sent_frames"]),
        );
        let copied = |step: &str| number(&of("way", "step", step)["copied_bytes"]);
        let bodies = sent - frames * HEADER_BYTES as u64;
        let counted = copied("link") == sent && copied("frames") == bodies + sent;
        (frames > 0 && counted).then_some(())
    });
}

#[test]
fn stats_that_are_followed_come_again_when_something_has_happened() {
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;

    let agor = Agor::started();
    let session = agor.session("cat");
    let mut command = agor.command(&["stats", "--follow", "--json"]);
    let mut child = command.stdout(Stdio::piped()).spawn().expect("agord runs");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let mut next = || -> Value {
        let line = lines.next().expect("it goes on").expect("it reads");
        serde_json::from_str(&line).expect("it is JSON")
    };
    let first = next();
    agor.ok(&["send", &session, "hello", "--enter"]);
    let output = |stats: &Value| stats["output_bytes"].as_u64().expect("a number");
    loop {
        let later = next();
        if output(&later) > output(&first) {
            break;
        }
    }
    child.kill().expect("it can be killed");
    child.wait().expect("it can be reaped");
}

#[test]
fn every_verb_prints_json_when_it_is_asked_to() {
    let agor = Agor::started();
    let made = agor.json(&["new", "--json", "--name", "it", "--", "bash", "--norc"]);
    let id = made["session"].as_str().expect("an id").to_owned();
    let ended = agor.session("exit 3");
    assert_eq!(agor.json(&["wait", &ended, "--exit", "--json"])["code"], 3);
    for args in [
        &["ls"][..],
        &["send", "it", "echo hello-json", "--enter"],
        &["key", "it", "ctrl+l"],
        &["wait", "it", "--idle", "20"],
        &["screen", "it"],
        &["screen", "it", "--scrollback"],
        &["resize", "it", "90x20"],
        &["signal", "it", "WINCH"],
        &["rename", "it", "it"],
        &["stats"],
        &["serve"],
        &["help", "exit-codes"],
        &["restart", &ended],
        &["kill", &ended],
        &["rm", &ended],
    ] {
        agor.json(&[args, &["--json"]].concat());
    }
    for args in [&["log", "it"][..], &["export", "it", "--asciicast"]] {
        let lines = agor.ok(&[args, &["--json"]].concat());
        assert!(lines.lines().count() > 1, "{args:?}: {lines}");
        for line in lines.lines() {
            serde_json::from_str::<Value>(line).expect("a line of JSON");
        }
    }
    assert_eq!(agor.info(&id)["name"], "it");
    let stopped = agor.json(&["stop-host", "--json"]);
    assert_eq!(stopped["kept_sessions"], false);
}

#[test]
fn every_error_is_json_when_it_is_asked_to_be_and_its_code_is_in_the_table() {
    let agor = Agor::started();
    let table = agor.json(&["help", "exit-codes", "--json"]);
    let table = table.as_array().expect("a table");
    let listed = |error: &Value| {
        let is_row = |row: &&Value| row["code"] == error["exit"] && row["name"] == error["code"];
        assert!(
            table.iter().any(|row| is_row(&row)),
            "{error} is not in the table"
        );
    };
    let nobody = "01900000-0000-7000-8000-000000000000";
    for args in [
        &["screen", nobody][..],
        &["send", nobody, "x"],
        &["key", nobody, "x"],
        &["log", nobody],
        &["wait", nobody, "--exit"],
        &["resize", nobody, "80x24"],
        &["signal", nobody, "INT"],
        &["kill", nobody],
        &["rm", nobody],
        &["rename", nobody, "x"],
        &["restart", nobody],
        &["export", nobody, "--raw"],
    ] {
        let done = agor.run(&[args, &["--json"]].concat());
        let error = error_of(&done);
        assert_eq!(
            (done.code, &error["code"]),
            (3, &"no_session".into()),
            "{args:?}"
        );
        listed(&error);
    }
    let running = agor.session("sleep 600");
    let ended = agor.session("exit 0");
    agor.ok(&["wait", &ended, "--exit", "--timeout", "30"]);
    for (args, code) in [
        (&["rm", &running][..], 5),
        (&["restart", &running], 5),
        (&["send", &ended, "x"], 4),
        (&["key", &ended, "x"], 4),
        (&["signal", &ended, "INT"], 4),
        (&["resize", &ended, "90x30"], 4),
        (&["wait", &ended, "--text", "never"], 4),
        (&["wait", &running, "--text", "("], 2),
        (&["wait", &running, "--exit", "--timeout", "0.05"], 124),
        (&["attach", &running], 25),
        (&["new", "--", "/no/such/command"], 6),
        (&["rename", &running, "\u{1b}"], 2),
        (&["serve", "--foreground"], 23),
        (&["help", "no-such-verb"], 2),
        (&["no-such-verb"], 2),
        (&["wait", &running], 2),
        (&["key", &running, "ctrl+nonsense"], 2),
        (&["signal", &running, "NONSENSE"], 2),
        (&["screen"], 2),
        (&["run", "--", "/no/such/command"], 127),
    ] {
        let done = agor.run(&[&["--json"], args].concat());
        assert_eq!(done.code, code, "{args:?}: {done:?}");
        listed(&error_of(&done));
    }
    agor.ok(&["stop-host"]);
    for verb in ["ls", "stats", "tap", "stop-host"] {
        let error = error_of(&agor.run(&[verb, "--json"]));
        assert_eq!(error["exit"], 18, "{verb}");
        listed(&error);
    }
}

#[test]
fn every_verb_explains_itself() {
    let agor = Agor::new();
    let help = agor.ok(&["help"]);
    let verbs = help
        .lines()
        .skip_while(|line| !line.starts_with("Commands"));
    let verbs = verbs
        .skip(1)
        .map_while(|line| line.split_whitespace().next());
    let verbs: Vec<&str> = verbs.collect();
    assert!(verbs.len() >= 20 && verbs.contains(&"stop-host"), "{help}");
    for verb in verbs {
        let long = agor.ok(&["help", verb]);
        assert!(
            long.contains("Usage:") && long.contains(verb),
            "{verb}: {long}"
        );
        assert_eq!(agor.run(&[verb, "--help"]).code, 0, "{verb}");
    }
    assert_eq!(agor.host_pid(), None, "help starts no host");
}
