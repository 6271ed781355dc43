//! What survives when a host does not: programs, their output, their answers, what was typed.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::os::unix::net::UnixListener;
use std::process::Stdio;
use std::time::Duration;

use agor_core::client::connection::State;
use agor_core::client::{Client, ClientError, ClientOptions, Figures};
use agor_core::link::Dialer;
use agor_proto::command::CommandBody;
use agor_proto::error::{ErrorCode, WireError};
use agor_proto::frame::Lane;
use agor_proto::ids::SessionId;
use agor_proto::limits::INPUT_MAX;
use agor_proto::message::{Message, Refused};

use crate::agor::{Agor, Done, runs, signal_process, step_until};
use crate::deadline::rounds;

/// A generator of numbers that look random and are the same in every run with a seed
/// (xorshift64*).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) % limit
    }
}

/// Counts until the file `stop` is there, then says how far it came.
const COUNTER: &str = r#"
i=0
while [ ! -e stop ]; do
  n=0
  while [ $n -lt 40 ]; do i=$((i+1)); n=$((n+1)); echo "n $i"; done
  read -t 0.005 < /dev/tty
done
echo "end $i"
"#;

/// Returns the numbers that a counter printed, and the number at which it says it ended.
fn counted(text: &str) -> (Vec<u64>, Option<u64>) {
    let number = |line: &str, word: &str| {
        line.trim()
            .strip_prefix(word)
            .and_then(|rest| rest.trim().parse::<u64>().ok())
    };
    let numbers = text.lines().filter_map(|line| number(line, "n ")).collect();
    let end = text.lines().find_map(|line| number(line, "end "));
    (numbers, end)
}

/// Waits until the host has stored some more of what the counters print, a different amount each
/// time, so that the next death comes at another moment of its work.
fn let_it_work(agor: &Agor, sessions: &[String], random: &mut Random) {
    let session = &sessions[random.below(sessions.len() as u64) as usize];
    let offset = |agor: &Agor| agor.info(session)["offset"].as_u64().expect("an offset");
    let goal = offset(agor) + random.below(60_000);
    step_until("the counters go on", || {
        (offset(agor) >= goal).then_some(())
    });
}

/// Checks that nothing is missing and nothing there twice, in the record, in history and on the
/// screen.
fn check_counters(agor: &Agor, sessions: &[String]) {
    agor.write("stop", "");
    for session in sessions {
        agor.ok(&["wait", session, "--exit", "--timeout", "60"]);
        let record = String::from_utf8_lossy(&agor.raw(session)).into_owned();
        let (numbers, end) = counted(&record);
        let end = end.unwrap_or_else(|| panic!("{session} did not say how far it came"));
        let expected: Vec<u64> = (1..=end).collect();
        let missing: Vec<_> = expected
            .iter()
            .filter(|n| numbers.binary_search(n).is_err())
            .collect();
        assert!(missing.is_empty(), "{session} misses {missing:?} of {end}");
        assert!(
            numbers == expected,
            "{session} has numbers twice or out of order"
        );

        let history = agor.ok(&["screen", session, "--scrollback"]);
        let (numbers, end_there) = counted(&history);
        assert_eq!(
            end_there,
            Some(end),
            "history and screen end as the record does"
        );
        assert!(
            numbers == expected,
            "history has every line once, those in pages on disk included: {} of {end}",
            numbers.len()
        );

        let (numbers, end_there) = counted(&agor.screen(session));
        assert_eq!(end_there, Some(end));
        assert_eq!(numbers.last(), Some(&end));
    }
}

fn start_counters(agor: &Agor) -> (Vec<String>, BTreeSet<u64>) {
    let sessions: Vec<String> = (0..8).map(|_| agor.session(COUNTER)).collect();
    let pids = sessions
        .iter()
        .map(|session| agor.info(session)["pid"].as_u64().expect("a pid"));
    let pids: BTreeSet<u64> = pids.collect();
    assert_eq!(pids.len(), 8);
    (sessions, pids)
}

#[test]
fn d3_eight_counting_programs_survive_their_host_being_killed_again_and_again() {
    let mut random = Random(0x5eed_0001);
    let mut agor = Agor::started();
    let (sessions, pids) = start_counters(&agor);
    for round in 0..rounds() {
        let_it_work(&agor, &sessions, &mut random);
        agor.crash_host();
        assert!(
            pids.iter().all(|&pid| runs(pid as u32)),
            "a program died in round {round}"
        );
        agor.start_host();
    }
    check_counters(&agor, &sessions);
}

#[test]
fn a_stopped_host_is_taken_over_and_what_it_does_later_survives_nothing() {
    let mut random = Random(0x5eed_0002);
    let mut agor = Agor::started();
    let (sessions, pids) = start_counters(&agor);
    for _ in 0..rounds().div_ceil(10) {
        let_it_work(&agor, &sessions, &mut random);
        agor.signal_host("STOP");
        agor.start_host();
        assert!(pids.iter().all(|&pid| runs(pid as u32)), "a program died");
        let_it_work(&agor, &sessions, &mut random);
        // The former host wakes up in the middle of whatever it did, and ends by itself.
        agor.wake_former_host();
        let_it_work(&agor, &sessions, &mut random);
    }
    check_counters(&agor, &sessions);
}

#[test]
fn a_program_that_asks_its_terminal_survives_kills_with_each_answer_once() {
    let mut random = Random(0x5eed_0003);
    let mut agor = Agor::started();
    // Asks where the cursor is, one question after the other, and counts the answers; a second
    // answer to one question would be read as the answer to the next and be in the way at the end.
    let session = agor.session(
        r#"
stty raw -echo
i=0
while [ ! -e stop ]; do
  printf '\033[%d;%dH\033[6n' $((i % 20 + 1)) $((i % 70 + 1))
  IFS= read -r -d R answer
  want=$(printf '\033[%d;%d' $((i % 20 + 1)) $((i % 70 + 1)))
  if [ "$answer" != "$want" ]; then printf '\033[H\033[2Jwrong answer to %d: %q' $i "$answer"; sleep 60; fi
  i=$((i+1))
  printf '\033[24;1Hasked %d ' $i
done
IFS= read -r -t 1 -n 1 more && printf 'one too many'
printf '\033[H\033[2Jall %d answered' $i
"#,
    );
    for _ in 0..rounds() {
        let_it_work(&agor, std::slice::from_ref(&session), &mut random);
        agor.crash_host();
        agor.start_host();
    }
    agor.write("stop", "");
    agor.ok(&["wait", &session, "--exit", "--timeout", "60"]);
    let screen = agor.screen(&session);
    assert!(screen.contains("answered"), "{screen}");
    assert!(
        !screen.contains("wrong") && !screen.contains("too many"),
        "{screen}"
    );
}

#[test]
fn typed_lines_survive_kills_of_the_host_and_arrive_once() {
    let mut random = Random(0x5eed_0004);
    let mut agor = Agor::started();
    let session = agor.session("while read -r line; do echo \"got $line\"; done");
    let lines = rounds() * 4;
    let mut acknowledged = BTreeSet::new();
    for n in 0..lines {
        let text = format!("line {n}");
        let child = agor
            .command(&["send", &session, &text, "--enter"])
            .stderr(std::process::Stdio::piped())
            .spawn()
            .expect("agord runs");
        // Every fourth line is on its way while the host dies.
        if n % 4 == 3 {
            if random.below(2) == 0 {
                std::thread::yield_now();
            }
            agor.crash_host();
            agor.start_host();
        }
        let mut output = child.wait_with_output().expect("agord ends");
        // It may have come when no host was there; then nothing was done, and it says so.
        while output.status.code() == Some(18) {
            output = agor
                .command(&["send", &session, &text, "--enter"])
                .output()
                .expect("agord");
        }
        // Either it was typed, or it says that nobody knows (then it is there at most once).
        let code = output.status.code();
        assert!(
            matches!(code, Some(0 | 15)),
            "send ended with {code:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        if code == Some(0) {
            acknowledged.insert(n);
        }
    }
    agor.ok(&["send", &session, "the end", "--enter"]);
    agor.ok(&["wait", &session, "--text", "got the end", "--timeout", "60"]);
    check_lines(&agor, &session, &acknowledged);
    // Only what was on its way when a host died may have another end.
    assert!(acknowledged.len() as u64 >= lines - lines / 4);
}

/// Checks that a program got each acknowledged line, and none twice or out of order.
fn check_lines(agor: &Agor, session: &str, acknowledged: &BTreeSet<u64>) {
    let record = String::from_utf8_lossy(&agor.raw(session)).into_owned();
    let got: Vec<u64> = record
        .lines()
        .filter_map(|line| line.trim().strip_prefix("got line ")?.parse().ok())
        .collect();
    let unique: BTreeSet<u64> = got.iter().copied().collect();
    assert_eq!(unique.len(), got.len(), "a line arrived twice: {got:?}");
    assert!(got.is_sorted(), "lines arrived out of order: {got:?}");
    let lost: Vec<_> = acknowledged.difference(&unique).collect();
    assert!(lost.is_empty(), "acknowledged, and not there: {lost:?}");
}

/// Lines that are typed one after the other, over the deaths of hosts.
struct Typist<'a> {
    session: &'a str,
    /// The line that is typed now, and the verb that types it, if it was started.
    line: u64,
    verb: Option<std::process::Child>,
    acknowledged: BTreeSet<u64>,
}

impl Typist<'_> {
    /// Types on, without waiting for anything; says whether a verb has ended.
    fn go_on(&mut self, agor: &Agor) -> bool {
        let text = format!("line {}", self.line);
        let verb = self.verb.get_or_insert_with(|| {
            let mut send = agor.command(&["send", self.session, &text, "--enter"]);
            let send = send.stdout(Stdio::null()).stderr(Stdio::piped());
            send.spawn().expect("agord runs")
        });
        if verb.try_wait().expect("a child").is_none() {
            return false;
        }
        let ended = self.verb.take().map(std::process::Child::wait_with_output);
        let done = Done::from(ended.expect("a verb").expect("a child"));
        match done.code {
            0 => {
                self.acknowledged.insert(self.line);
                self.line += 1;
            }
            // Nobody knows: it is there at most once.
            15 | 31 => self.line += 1,
            // No host was there, and nothing was done.
            18 => {}
            _ => panic!("line {}: {done:?}", self.line),
        }
        true
    }
}

/// A host dies where its store's work has a seam: at first while it starts, later with a command at each of its stages.
#[test]
fn a4_lines_arrive_once_at_whatever_failpoint_of_its_store_their_host_is_killed() {
    if !cfg!(debug_assertions) {
        return println!("skipped: a release has no failpoints");
    }
    let mut agor = Agor::started();
    let session = agor.session("while read -r line; do echo \"got $line\"; done");
    let mut typist = Typist {
        session: &session,
        line: 0,
        verb: None,
        acknowledged: BTreeSet::new(),
    };
    agor.crash_host();
    for point in ["Begun", "Written", "Applied", "Committed", "Told"] {
        for often in [2, 12, 25] {
            let failpoint = format!("{point} {often}");
            agor.start_host_killed_at(&failpoint);
            step_until(&format!("the host is killed at {failpoint}"), || {
                typist.go_on(&agor);
                agor.host_was_killed().then_some(())
            });
        }
    }
    agor.start_host();
    step_until("the last line is typed", || {
        (typist.verb.is_none() || typist.go_on(&agor)).then_some(())
    });
    agor.ok(&["send", &session, "the end", "--enter"]);
    agor.ok(&["wait", &session, "--text", "got the end", "--timeout", "60"]);
    check_lines(&agor, &session, &typist.acknowledged);
    let acknowledged = typist.acknowledged.len();
    assert!(acknowledged >= 10, "{acknowledged} of {}", typist.line);
}

/// Starts a verb that gives a program which does not read more than is taken at once, and waits until that is accepted.
fn paste_under_way(agor: &Agor) -> std::process::Child {
    let deaf = agor.session("stty raw -echo; echo deaf; exec sleep 600");
    agor.screen_with(&deaf, "deaf");
    let paste = agor
        .command(&["send", &deaf, "--paste", &"p".repeat(INPUT_MAX), "--json"])
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("agord runs");
    step_until("the paste is accepted", || {
        let log = agor.ok(&["log", &deaf]);
        log.contains("\"name\":\"send\"").then_some(())
    });
    paste
}

/// What was accepted and had not taken effect when the host died is not done again by itself, and who waits is told.
#[test]
fn a_command_in_the_middle_of_which_the_host_dies_is_interrupted_and_its_verb_says_what_to_do() {
    let mut agor = Agor::started();
    let paste = paste_under_way(&agor);
    agor.crash_host();
    agor.start_host();
    let done = Done::from(paste.wait_with_output().expect("agord ends"));
    assert_eq!(done.code, 15, "{done:?}");
    let said = "may or may not have taken effect: look at the session before you do it again";
    assert!(done.stderr.contains(said), "{done:?}");
}

/// What comes after the host speaks another version, so that its client has nobody to wait for.
#[test]
fn a_verb_of_whose_command_nobody_will_hear_ends_with_an_exit_code_of_its_own() {
    let mut agor = Agor::started();
    let paste = paste_under_way(&agor);
    agor.crash_host();
    let socket = agor.path("run/agor/host.sock");
    std::fs::remove_file(&socket).expect("a crash leaves its socket");
    let listener = UnixListener::bind(&socket).expect("a socket");
    let answering = std::thread::spawn(move || {
        let (mut client, _) = listener.accept().expect("the client comes back");
        let greeting = client.read(&mut [0; 4_096]).expect("it speaks first");
        assert!(greeting > 0, "it hung up");
        let other = "this host speaks version 7 of the protocol";
        let error = WireError::new(ErrorCode::Version, other);
        let mut bytes = Vec::new();
        let refused = Message::from(Refused { error });
        refused.encode(&mut bytes).expect("a message");
        client.write_all(&bytes).expect("a client that reads");
    });
    let done = Done::from(paste.wait_with_output().expect("agord ends"));
    answering.join().expect("a host that answered");
    // The session and its keeper are ended by one that takes clients.
    agor.start_host();
    assert_eq!(done.code, 31, "{done:?}");
    let said = "`send` was sent, and may or may not have been carried out";
    assert!(done.stderr.contains(said), "{done:?}");
    assert!(done.stderr.contains("\"code\":\"uncertain\""), "{done:?}");
}

/// Says whether a client's command has left it.
fn went_out(figures: &Figures) -> bool {
    let commands = figures
        .lanes
        .iter()
        .find(|lane| lane.lane == Lane::Command.name());
    commands.is_some_and(|lane| lane.sent_frames > 0) && figures.queued_bytes == 0
}

/// One host, one client that sent a command to it while it was stopped, and one that had no chance to.
#[test]
fn a_command_is_uncertain_if_its_host_stays_away_and_it_was_sent() {
    let mut agor = Agor::started();
    let session = agor.session("cat");
    let socket = agor.path("run/agor/host.sock");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let session: SessionId = session.parse().expect("an id");
    let kill = move || CommandBody::Kill { session };
    let (sent, not_sent) = runtime.block_on(async {
        let options = ClientOptions {
            patience: Some(Duration::from_millis(300)),
            ..ClientOptions::default()
        };
        let client = Client::over(Dialer::Socket(socket), options).await;
        let client = client.expect("the host answers");
        agor.signal_host("STOP");
        let sent = client.clone();
        let sent = tokio::spawn(async move { sent.carry_out(kill()).await });
        // Into the socket, from which nobody reads.
        while !went_out(&client.figures().await.expect("figures")) {
            tokio::task::yield_now().await;
        }
        agor.crash_host();
        let away = |state: &State| matches!(state, State::Away { .. });
        client.state().wait_for(away).await.expect("a state");
        let not_sent = client.carry_out(kill()).await;
        (sent.await.expect("no panic"), not_sent)
    });
    let sent = sent.expect_err("nobody answers");
    assert!(matches!(sent, ClientError::Uncertain { .. }), "{sent:?}");
    assert!(
        sent.to_string()
            .contains("may or may not have been carried out"),
        "{sent}"
    );
    let not_sent = not_sent.expect_err("nobody is there");
    assert!(
        matches!(not_sent, ClientError::NoHost { .. }),
        "{not_sent:?}"
    );
}

#[test]
fn c13_a_killed_keeper_leaves_what_was_said_and_a_session_that_can_be_restarted() {
    let agor = Agor::started();
    let session =
        agor.session("cd /tmp; printf '\\033]7;file:///tmp\\007'; echo $((6*7)); sleep 600");
    agor.screen_with(&session, "42");
    let keeper = agor.keeper_pid().expect("a keeper");
    signal_process(keeper, "KILL");
    step_until("the session is lost", || {
        (agor.info(&session)["life"] == "lost").then_some(())
    });
    assert!(
        agor.screen(&session).contains("42"),
        "the screen is still there"
    );
    assert_eq!(agor.info(&session)["cwd"], "/tmp");
    agor.ok(&["restart", &session]);
    step_until("it runs again", || {
        (agor.info(&session)["life"] == "running").then_some(())
    });
    step_until("it says it again", || {
        (agor
            .ok(&["screen", &session, "--scrollback"])
            .matches("42")
            .count()
            == 2)
            .then_some(())
    });
}

#[test]
fn after_a_reboot_sessions_survive_as_ended_ones_with_screen_history_and_command() {
    let mut agor = Agor::started();
    let session = agor.session("seq 1 500; echo done $((6*7)); sleep 600");
    agor.screen_with(&session, "done 42");
    let keeper = agor.keeper_pid().expect("a keeper");
    // What a power cut does: everything at once.
    signal_process(keeper, "KILL");
    agor.crash_host();
    agor.start_host();
    let info = agor.info(&session);
    assert_eq!(info["life"], "lost");
    assert_eq!(info["argv"][0], "bash");
    let history = agor.ok(&["screen", &session, "--scrollback"]);
    assert!(
        history.contains("\n250\n") && history.contains("done 42"),
        "{history}"
    );
    agor.ok(&["restart", &session]);
    step_until("it runs again", || {
        (agor.info(&session)["life"] == "running").then_some(())
    });
}

#[test]
fn a_private_session_survives_its_host_and_can_be_used_and_ended() {
    let mut agor = Agor::started();
    let script = "while read -r line; do echo \"got $line\"; done";
    let session = agor.ok(&["new", "--private", "--", "bash", "-c", script]);
    let session = session.trim();
    agor.ok(&["send", session, "before", "--enter"]);
    agor.screen_with(session, "got before");
    agor.crash_host();
    agor.start_host();
    assert_eq!(agor.info(session)["life"], "running");
    agor.ok(&["send", session, "after", "--enter"]);
    let screen = agor.screen_with(session, "got after");
    assert!(
        !screen.contains("before"),
        "nothing of it was kept: {screen}"
    );
    agor.ok(&["kill", session]);
    agor.ok(&["wait", session, "--exit", "--timeout", "30"]);
}
