//! What is absent, damaged, full, foreign or twice: one clear sentence each, an exit code of its
//! own, and nothing lost.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::{Command, Stdio};
use std::time::Duration;

use agor_proto::error::ErrorCode;
use agor_proto::frame::FrameReader;
use agor_proto::ids::{ClientId, InputSeq, LeaseToken, SessionId};
use agor_proto::input::Input;
use agor_proto::message::{Hello, InputFrame, LeaseStanding, Message, TakeLease};

use crate::agor::{Agor, Done, step_until};
use crate::plain::Plain;

/// Checks that a command line failed with `code` and one sentence that holds `words`.
fn refused(done: &Done, code: i32, words: &[&str]) {
    assert_eq!(done.code, code, "{done:?}");
    let said = done.stderr.trim();
    assert!(
        !said.is_empty() && said.lines().count() <= 3,
        "one clear sentence: {said:?}"
    );
    for word in words {
        assert!(said.contains(word), "{said:?} does not say {word:?}");
    }
}

#[test]
fn a_missing_command_or_folder_is_said_and_the_session_can_be_looked_at() {
    let agor = Agor::started();
    refused(
        &agor.run(&["new", "--", "no-such-command"]),
        6,
        &["not found"],
    );
    let list = agor.json(&["ls", "--json"]);
    assert!(
        list[0]["life"]["failed"]["reason"]
            .as_str()
            .is_some_and(|r| r.contains("not found"))
    );
    let missing = agor.run(&["new", "--project", "/no/such/folder", "--", "true"]);
    assert!(matches!(missing.code, 2 | 6), "{missing:?}");
    assert!(missing.stderr.contains("/no/such/folder") || missing.stderr.contains("folder"));
    let file = agor.write("file", "");
    let not_a_folder = agor.run(&[
        "new",
        "--project",
        file.to_str().expect("utf-8"),
        "--",
        "true",
    ]);
    assert!(matches!(not_a_folder.code, 2 | 6), "{not_a_folder:?}");
}

#[test]
fn b4_an_unknown_or_malformed_session_is_an_error_and_never_another_session() {
    let agor = Agor::started();
    let session = agor.session("sleep 600");
    let unknown = "01900000-0000-7000-8000-000000000000";
    for verb in ["screen", "kill", "log"] {
        refused(&agor.run(&[verb, unknown]), 3, &["session"]);
    }
    refused(&agor.run(&["kill", "../../etc"]), 3, &["session"]);
    let other = agor.session("sleep 600");
    // Both ids begin with the same time.
    refused(&agor.run(&["kill", &session[..2]]), 24, &[]);
    for id in [&session, &other] {
        assert_eq!(agor.info(id)["life"], "running");
    }
}

#[test]
fn without_a_host_a_question_says_so_and_new_starts_one() {
    let agor = Agor::new();
    refused(&agor.run(&["ls"]), 18, &["host"]);
    let session = agor.ok(&["new", "--", "sleep", "600"]);
    assert_eq!(agor.info(session.trim())["life"], "running");
}

#[test]
fn a_second_host_gives_way_to_the_first() {
    let agor = Agor::started();
    let session = agor.session("sleep 600");
    refused(&agor.run(&["serve", "--foreground"]), 23, &["running"]);
    assert_eq!(agor.info(&session)["life"], "running");
}

#[test]
fn a_socket_that_was_left_over_is_replaced() {
    let mut agor = Agor::started();
    agor.session("sleep 600");
    agor.crash_host();
    assert!(
        agor.path("run/agor/host.sock").exists(),
        "a crash leaves its socket"
    );
    refused(&agor.run(&["ls"]), 18, &[]);
    agor.start_host();
    assert_eq!(
        agor.json(&["ls", "--json"]).as_array().map(Vec::len),
        Some(1)
    );
}

#[test]
fn damaged_settings_do_not_keep_a_host_from_starting() {
    let mut agor = Agor::new();
    let folder = agor.path("home/.config/agor");
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(
        folder.join("config.toml"),
        "shell = \"/bin/bash\"\nscrollback_rows = many\n",
    )
    .expect("a file");
    agor.start_host();
    let session = agor.session("echo up; sleep 600");
    agor.screen_with(&session, "up");
    let doctor = agor.run(&["doctor"]);
    let said = format!("{}{}{}", doctor.stdout, doctor.stderr, agor.log());
    assert!(
        said.contains("config.toml") && said.contains('2'),
        "the line is named: {said}"
    );
}

#[test]
fn a_damaged_database_is_set_aside_and_running_programs_go_on() {
    let mut agor = Agor::started();
    let session = agor.session("echo before; while read -r l; do echo \"heard $l\"; done");
    agor.screen_with(&session, "before");
    agor.crash_host();
    let database = agor.path("home/.local/share/agor/host.db");
    let length = fs::metadata(&database).expect("a database").len();
    fs::write(&database, vec![0xa5; length as usize]).expect("a damaged database");
    for leftover in ["host.db-wal", "host.db-shm"] {
        fs::remove_file(agor.path("home/.local/share/agor").join(leftover)).ok(); // It may be gone.
    }
    agor.start_host();
    let kept = fs::read_dir(agor.path("home/.local/share/agor")).expect("a folder");
    let names: Vec<String> = kept
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into()
        })
        .collect();
    assert!(
        names.iter().any(|name| name.contains("damaged")),
        "set aside, not deleted: {names:?}"
    );
    assert!(
        agor.log().contains("set aside") || agor.log().contains("damaged"),
        "{}",
        agor.log()
    );
    let told = agor.run(&["ls"]).stderr;
    assert!(
        told.starts_with("The database was damaged and is now"),
        "whoever looks is told: {told}"
    );
    agor.ok(&["send", &session, "still there", "--enter"]);
    agor.screen_with(&session, "heard still there");
}

/// Connects to the host and says what is given.
fn say(agor: &Agor, bytes: &[u8]) -> Vec<u8> {
    let mut socket = UnixStream::connect(agor.path("run/agor/host.sock")).expect("a host");
    socket
        .set_read_timeout(Some(Duration::from_secs(20)))
        .expect("a timeout");
    // The host may have hung up before everything is written.
    socket.write_all(bytes).ok();
    socket.shutdown(std::net::Shutdown::Write).ok();
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).ok();
    answer
}

fn hello(versions: Vec<u8>) -> Vec<u8> {
    let hello = Hello {
        versions,
        features: vec!["telepathy".into()],
        client: ClientId([7; 16]),
        program: "a test".into(),
        resume: Vec::new(),
        visible: Vec::new(),
    };
    let mut bytes = Vec::new();
    Message::from(hello).encode(&mut bytes).expect("a message");
    bytes
}

fn messages(bytes: &[u8]) -> Vec<Message> {
    let mut reader = FrameReader::default();
    reader.push(bytes);
    let frames = std::iter::from_fn(|| reader.next_frame().expect("frames"));
    frames
        .filter_map(|frame| Message::decode(&frame).expect("messages"))
        .collect()
}

#[test]
fn a_client_of_another_version_is_told_which_version_is_spoken_here() {
    let agor = Agor::started();
    let answer = messages(&say(&agor, &hello(vec![99])));
    let [Message::Refused(refused)] = &answer[..] else {
        panic!("{answer:?}")
    };
    assert_eq!(refused.error.code.name(), "version");
    assert!(refused.error.message.contains('1') && refused.error.message.contains("99"));
    // One that speaks ours among others is welcome.
    let answer = messages(&say(&agor, &hello(vec![1, 99])));
    assert!(matches!(answer[..], [Message::Welcome(_)]), "{answer:?}");
}

#[test]
fn a_host_of_another_version_is_told_from_none() {
    let agor = Agor::new();
    fs::create_dir(agor.path("run/agor")).expect("a folder");
    let private = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    fs::set_permissions(agor.path("run/agor"), private).expect("a private folder");
    let listener = UnixListener::bind(agor.path("run/agor/host.sock")).expect("a socket");
    let answering = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().expect("a client");
        let error = agor_proto::error::WireError::new(
            agor_proto::error::ErrorCode::Version,
            "this host speaks version 7 of the protocol; update the older one",
        );
        let mut bytes = Vec::new();
        Message::from(agor_proto::message::Refused { error })
            .encode(&mut bytes)
            .expect("a message");
        socket.write_all(&bytes).expect("a client that reads");
    });
    refused(&agor.run(&["ls"]), 20, &["version"]);
    answering.join().expect("a host that answered");
}

#[test]
fn c7_garbage_and_unknown_frames_harm_nobody_else() {
    let agor = Agor::started();
    let session = agor.session("sleep 600");
    say(&agor, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    say(&agor, &u32::MAX.to_be_bytes());
    let mut unknown = hello(vec![1]);
    agor_proto::frame::write(agor_proto::frame::Lane::Bulk, 0x7fff, b"?", &mut unknown)
        .expect("a frame");
    say(&agor, &unknown);
    let mut damaged = hello(vec![1]);
    agor_proto::frame::write(
        agor_proto::frame::Lane::Command,
        0x0020,
        &[0xc1],
        &mut damaged,
    )
    .expect("a frame");
    let answer = messages(&say(&agor, &damaged));
    assert!(
        matches!(answer[..], [Message::Welcome(_), Message::Refused(_)]),
        "{answer:?}"
    );
    assert_eq!(agor.info(&session)["life"], "running");
    step_until("the unknown frame is counted", || {
        let stats = agor.json(&["stats", "--json"]);
        (stats["unknown_frames"] == 1).then_some(())
    });
}

#[test]
fn a_full_disk_stops_programs_and_loses_nothing_and_room_lets_them_go_on() {
    let mut agor = Agor::new();
    let data = agor.path("home/.local/share/agor");
    fs::create_dir_all(&data).expect("a folder");
    let target = data.to_str().expect("utf-8").to_owned();
    let mount = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=6m,mode=700", "tmpfs", &target])
        .stderr(Stdio::null())
        .status();
    if !mount.is_ok_and(|status| status.success()) {
        println!("skipped: this user may not mount a small disk");
        return;
    }
    let _unmount = Unmount(target);
    agor.start_host();
    // Random text does not compress: 24 MB do not fit.
    let session = agor.session("head -c 18000000 /dev/urandom | base64 -w 100; echo the end");
    step_until("the program is stopped by the full disk", || {
        let stats = agor.run(&["stats", "--json"]);
        let log = agor.log();
        (stats.code == 0 && log.contains("full")).then_some(())
    });
    assert_eq!(agor.info(&session)["life"], "running", "stopped, not lost");
    let remounted = Command::new("mount")
        .args([
            "-o",
            "remount,size=200m",
            &agor.path("home/.local/share/agor").to_string_lossy(),
        ])
        .status();
    assert!(remounted.expect("mount runs").success());
    agor.ok(&["wait", &session, "--exit", "--timeout", "60"]);
    let raw = agor.raw(&session);
    let lines = raw.split(|&byte| byte == b'\n').count();
    assert_eq!(lines, 24_000_000 / 100 + 2, "every line is in the record");
    assert!(agor.screen(&session).contains("the end"));
}

/// Unmounts what a test mounted, once its host is gone.
struct Unmount(String);

impl Drop for Unmount {
    fn drop(&mut self) {
        Command::new("umount").args(["-l", &self.0]).status().ok(); // It was mounted.
    }
}

#[test]
fn output_to_a_reader_that_goes_away_is_a_quiet_end() {
    let agor = Agor::started();
    let session = agor.session("seq 1 20000; echo done; sleep 600");
    agor.screen_with(&session, "done");
    let mut export = agor
        .command(&["export", &session, "--raw"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("agord runs");
    let mut first = [0; 100];
    export
        .stdout
        .take()
        .expect("a pipe")
        .read_exact(&mut first)
        .expect("some output");
    let output = export.wait_with_output().expect("it ends");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn a_private_session_leaves_nothing_on_disk() {
    let agor = Agor::started();
    let canary = "canary-5f1c9a";
    let session = agor.ok(&[
        "new",
        "--private",
        "--",
        "bash",
        "-c",
        &format!("echo {canary}; sleep 600"),
    ]);
    let session = session.trim();
    agor.screen_with(session, canary);
    agor.ok(&["send", session, canary, "--enter"]);
    let found = Command::new("grep")
        .args(["-r", "-l", "-a", canary])
        .arg(agor.path("home"))
        .output()
        .expect("grep runs");
    assert_eq!(
        String::from_utf8_lossy(&found.stdout),
        "",
        "written to disk"
    );
}

#[test]
fn a1_a9_the_log_tells_connections_and_refusals_and_holds_no_keys_no_output_and_no_token() {
    let agor = Agor::started();
    let session = agor.session("echo said-by-the-program; echo \"$AGOR_TOKEN\" > token; cat");
    agor.screen_with(&session, "said-by-the-program");
    agor.ok(&["send", &session, "typed-by-a-person", "--enter"]);
    agor.screen_with(&session, "typed-by-a-person");
    say(
        &agor,
        b"GET / HTTP/1.1\r\nAuthorization: said-by-a-stranger\r\n\r\n",
    );
    let log = step_until("the refusal is in the log", || {
        let log = agor.log();
        log.contains("refused a connection").then_some(log)
    });
    for of_a_connection in ["accepted a connection", "refused a connection"] {
        let mut lines = log.lines().filter(|line| line.contains(of_a_connection));
        assert!(lines.clone().count() > 0, "{log}");
        let named = |line: &str| line.contains("over=socket") && line.contains("pid=");
        assert!(lines.all(named), "it names the way that it came: {log}");
    }
    let token = fs::read_to_string(agor.work().join("token")).expect("a token");
    let token = token.trim();
    assert!(token.len() >= 32, "{token:?}");
    for secret in [
        "said-by-the-program",
        "typed-by-a-person",
        "said-by-a-stranger",
        token,
    ] {
        assert!(!log.contains(secret), "{secret:?} is in {log}");
    }
}

/// Returns what becomes of `text` that is typed with a token: why it was refused, if it was.
fn typed(
    plain: &mut Plain,
    session: SessionId,
    token: LeaseToken,
    text: &str,
) -> Option<ErrorCode> {
    plain.say(InputFrame {
        session,
        token,
        seq: InputSeq(1),
        input: Input::Text { text: text.into() },
    });
    loop {
        if let Message::InputAck(ack) = plain.hear() {
            return ack.refused.map(|error| error.code);
        }
    }
}

#[test]
fn b5_who_says_the_id_of_another_client_drives_nothing_of_its() {
    let agor = Agor::started();
    let named = agor.session("echo ready; exec cat");
    agor.screen_with(&named, "ready");
    let session: SessionId = named.parse().expect("an id");
    let mut driver = Plain::connect(&agor);
    driver.say(TakeLease {
        session,
        force: false,
    });
    let token = loop {
        if let Message::Lease(lease) = driver.hear() {
            match lease.standing {
                LeaseStanding::Held { token } => break token,
                taken => panic!("nobody else drives: {taken:?}"),
            }
        }
    };
    // Both say the same id.
    let mut stranger = Plain::connect(&agor);
    let mut near = token;
    near.0[15] ^= 1;
    for guess in [LeaseToken([0; 16]), LeaseToken([4; 16]), near] {
        let refused = typed(&mut stranger, session, guess, "guessed");
        assert_eq!(refused, Some(ErrorCode::Fenced));
    }
    assert_eq!(typed(&mut driver, session, token, "mine"), None);
    agor.screen_with(&named, "mine");
    let record = agor.raw(&named);
    let record = String::from_utf8_lossy(&record);
    assert!(!record.contains("guessed"), "{record}");
}

#[test]
fn a_program_on_another_machine_has_no_file_of_this_one_shown() {
    let agor = Agor::started();
    fs::write(agor.work().join("pixel"), [1, 2, 3]).expect("a file");
    let name = agor.work().join("pixel");
    // It asks for the file, and shows what it is answered.
    let ask = format!(
        r#"printf '\033_Ga=T,t=f,f=24,s=1,v=1,i=5;%s\033\\' "$(printf %s '{}' | base64 -w0)"
        read -rs -d '\' -t 30 answer; echo "answer:${{answer#*;}}""#,
        name.display()
    );
    // What runs is bash each time; whose output it is, is known by its name.
    fs::copy("/bin/bash", agor.work().join("ssh")).expect("a copy");
    let near = agor.program("80x24", &["bash", "-c", &ask]);
    agor.screen_with(&near, "answer:OK");
    let far = agor.program("80x24", &["./ssh", "-c", &ask]);
    agor.screen_with(&far, "answer:EBADF");
    let shell = agor.program("80x24", &["bash", "--norc"]);
    let script = agor.write("ask", &ask);
    let command = format!("./ssh {}", script.display());
    agor.ok(&["send", &shell, &command, "--enter"]);
    agor.screen_with(&shell, "answer:EBADF");
}
