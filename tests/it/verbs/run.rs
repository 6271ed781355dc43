//! `run`: a command on a terminal of agor's, without a host.

use std::fs;
use std::process::Stdio;

use super::ends;
use crate::agor::{Agor, agord, step_until};

/// Runs a command line of `run` to its end, without a terminal.
fn run(agor: &Agor, args: &[&str]) -> crate::agor::Done {
    ends(
        "`run` ends",
        agor.command(&[&["run"], args].concat())
            .stdin(Stdio::null()),
    )
}

#[test]
fn run_ends_as_its_command_does() {
    let agor = Agor::new();
    agor.write("not-executable", "x");
    for (command, code) in [
        (&["true"][..], 0),
        (&["sh", "-c", "exit 3"], 3),
        (&["sh", "-c", "exit 255"], 255),
        (&["sh", "-c", "kill -TERM $$"], 143),
        (&["sh", "-c", "kill -KILL $$"], 137),
        (&["./not-executable"], 126),
        (&["/"], 126),
        (&["no-such-command"], 127),
        (&["./no-such-file"], 127),
    ] {
        let done = run(&agor, &[&["--"], command].concat());
        assert_eq!(done.code, code, "{command:?}: {done:?}");
        assert_eq!(
            done.stderr.is_empty(),
            code != 126 && code != 127,
            "{done:?}"
        );
    }
    assert_eq!(run(&agor, &[]).code, 2);
    let left = fs::read_dir(agor.path("run")).expect("a folder");
    assert_eq!(left.count(), 0, "no keeper's folder is left");
    assert_eq!(agor.host_pid(), None);
}

#[test]
fn run_answers_what_a_program_asks_of_its_terminal_without_a_display() {
    let agor = Agor::new();
    let script = r#"stty raw -echo
ask() { printf "$1"; IFS= read -r -t 20 -d "$2" answer || echo none > answers; printf '%s%s\n' "$answer" "$2" >> answers; }
printf 'ab\r\ncde'
ask '\033[6n' R
ask '\033[c' c
ask '\033[5n' n
"#;
    agor.write("ask", script);
    let done = run(&agor, &["--size", "100x30", "--", "bash", "ask"]);
    assert_eq!(done.code, 0, "{done:?}");
    let answers = fs::read(agor.work().join("answers")).expect("answers");
    let answers: Vec<&[u8]> = answers.split(|&byte| byte == b'\n').collect();
    assert_eq!(answers[0], b"\x1b[2;4R");
    assert!(
        answers[1].starts_with(b"\x1b[?6") && answers[1].ends_with(b"c"),
        "{answers:?}"
    );
    assert_eq!(answers[2], b"\x1b[0n");
}

#[test]
fn run_shows_the_last_screen_when_it_is_asked_to_in_the_size_that_it_was_given() {
    let agor = Agor::new();
    let done = run(
        &agor,
        &[
            "--size",
            "100x30",
            "--show",
            "--",
            "bash",
            "-c",
            "stty size; seq 1 40; echo $TERM_PROGRAM",
        ],
    );
    assert_eq!(done.code, 0);
    assert!(done.stdout.ends_with("\n39\n40\nagor\n"), "{done:?}");
    assert!(
        !done.stdout.contains("30 100"),
        "it has scrolled away: {done:?}"
    );
    let done = run(&agor, &["--show", "--size", "33x7", "--", "stty", "size"]);
    assert_eq!(done.stdout, "7 33\n");
    let done = run(&agor, &["--show", "--", "stty", "size"]);
    assert_eq!(done.stdout, "24 80\n");
}

/// Runs a command line of `run` with `text` piped into it.
fn run_with(agor: &Agor, text: &str, args: &[&str]) -> crate::agor::Done {
    let path = agor.write("piped", text);
    let mut feeder = std::process::Command::new("cat")
        .arg(path)
        .stdout(Stdio::piped())
        .spawn()
        .expect("cat runs");
    let pipe = feeder.stdout.take().expect("a pipe");
    let done = ends(
        "`run` ends with what is piped into it",
        agor.command(&[&["run"], args].concat()).stdin(pipe),
    );
    feeder.wait().expect("cat ends");
    done
}

#[test]
fn run_gives_its_command_what_is_piped_into_it_and_its_end() {
    let agor = Agor::new();
    let done = run_with(&agor, "hi\n", &["--show", "--", "cat"]);
    assert_eq!((done.code, &done.stdout[..]), (0, "hi\nhi\n"));
    let done = run_with(&agor, "no line", &["--show", "--", "cat"]);
    assert_eq!((done.code, &done.stdout[..]), (0, "no lineno line\n"));
    let done = run_with(&agor, "", &["--show", "--", "wc", "-c"]);
    assert_eq!((done.code, &done.stdout[..]), (0, "0\n"));
    // More than waits anywhere on the way, to a command that is slow to begin.
    let lines: String = (0..40_000).map(|n| format!("line {n}\n")).collect();
    let script = "stty -echo; echo; wc -c";
    let done = run_with(&agor, &lines, &["--show", "--", "bash", "-c", script]);
    assert_eq!(done.code, 0, "{done:?}");
    let last = done.stdout.lines().last();
    assert_eq!(last, Some(&lines.len().to_string()[..]));
    // A file is read as a pipe is.
    let file = fs::File::open(agor.write("file", "of a file\n")).expect("a file");
    let mut command = agor.command(&["run", "--show", "--", "cat"]);
    let done = ends("`run` ends", command.stdin(file));
    assert_eq!((done.code, &done.stdout[..]), (0, "of a file\nof a file\n"));
}

#[test]
fn run_leaves_nothing_of_its_command_behind() {
    let agor = Agor::new();
    let script = "setsid sh -c 'echo $$ > pid.part; mv pid.part pid; trap \"\" HUP TERM; \
                  while :; do sleep 1000; done' & until [ -e pid ]; do sleep 0.01; done; exit 5";
    assert_eq!(run(&agor, &["--", "bash", "-c", script]).code, 5);
    let pid = fs::read_to_string(agor.work().join("pid")).expect("a pid");
    let pid: u32 = pid.trim().parse().expect("a number");
    step_until("the daemon is gone", || {
        (!crate::agor::runs(pid)).then_some(())
    });
}

#[test]
fn run_in_a_terminal_shows_the_command_and_gives_it_what_is_typed() {
    let agor = Agor::started();
    let program = agord().to_str().expect("utf-8");
    let script = format!(
        "echo before; {program} run -- bash -c 'stty size; \
         trap \"stty size\" WINCH; while read -r line; do echo heard $line; \
         [ \"$line\" = quit ] && exit 9; done'; echo left with $?; sleep 600"
    );
    let session = agor.program("90x25", &["bash", "-c", &script]);
    let screen = agor.screen_with(&session, "25 90");
    assert!(
        !screen.contains("before"),
        "it has a screen of its own: {screen}"
    );
    agor.ok(&["send", &session, "wörds", "--enter"]);
    agor.screen_with(&session, "heard wörds");
    agor.ok(&["resize", &session, "70x20"]);
    // bash sees to a signal once it has read a line.
    step_until("the command has the new size", || {
        agor.ok(&["key", &session, "enter"]);
        agor.screen(&session).contains("20 70").then_some(())
    });
    agor.ok(&["send", &session, "quit", "--enter"]);
    let screen = agor.screen_with(&session, "left with 9");
    assert!(
        screen.contains("before"),
        "the screen of before is back: {screen}"
    );
}
