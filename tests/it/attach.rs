//! `attach`, in a terminal of agor's: a session of one agor shows a session of another, or of the
//! same.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::agor::{Agor, agord, runs, signal_process, step_until};

/// After so long offline a person is asked about what was typed meanwhile.
const REPLAY_WITHOUT_ASKING: Duration = Duration::from_millis(2_500);

/// An inner program for dash that says what it hears, and its size whenever that changes.
///
/// dash's `read` is interrupted by a signal. bash's needs a time-out to look for one, and when that ends
/// a trap that is under way, on a busy machine, no trap runs in that shell any more.
const ECHO: &str = "trap 'echo now $(stty size)' WINCH; stty -echo; echo inner is up; \
    while :; do IFS= read -r line && echo \"heard $line\"; done";

/// Returns a session whose terminal an `attach` with `args` has; around it stands what the
/// terminal was like before and after.
fn attached(agor: &Agor, size: &str, args: &str) -> String {
    attached_to(agor, agor, size, args)
}

/// Returns a session of `outer` that is attached to one of `inner`.
fn attached_to(outer: &Agor, inner: &Agor, size: &str, args: &str) -> String {
    let program = agord().display();
    let (home, run) = (inner.path("home"), inner.path("run"));
    let script = format!(
        "echo before; a=$(stty -g); HOME={} XDG_RUNTIME_DIR={} {program} attach {args}; \
         echo left with $?; [ \"$a\" = \"$(stty -g)\" ] && echo as it was; read -r; exit",
        home.display(),
        run.display(),
    );
    outer.program(size, &["bash", "-c", &script])
}

/// Returns a running inner program.
fn echo(agor: &Agor, size: &str) -> String {
    let inner = agor.program(size, &["dash", "-c", ECHO]);
    agor.screen_with(&inner, "inner is up");
    inner
}

/// Returns the process of the `attach` that runs in a session.
fn attach_of(agor: &Agor, session: &str) -> u32 {
    let shell = agor.info(session)["pid"].as_u64().expect("a pid");
    step_until("attach runs", || {
        let children = format!("/proc/{shell}/task/{shell}/children");
        let children = std::fs::read_to_string(children).ok()?;
        children.split_whitespace().next()?.parse().ok()
    })
}

#[test]
fn attach_paints_the_session_and_types_into_it_and_detaching_leaves_everything_as_it_was() {
    let agor = Agor::started();
    let inner = echo(&agor, "80x24");
    let outer = attached(&agor, "100x30", &inner);
    let screen = agor.screen_with(&outer, "inner is up");
    assert!(
        !screen.contains("before"),
        "it has a screen of its own: {screen}"
    );
    let drives = agor.screen_with(&inner, "now 30 100");
    assert!(drives.contains("inner is up"));
    agor.ok(&["send", &outer, "grüße 日本", "--enter"]);
    agor.screen_with(&inner, "heard grüße 日本");
    agor.screen_with(&outer, "heard grüße 日本");
    agor.ok(&["key", &outer, "ctrl+\\"]);
    let screen = agor.screen_with(&outer, "as it was");
    assert!(screen.contains("left with 0"), "{screen}");
    assert!(
        screen.starts_with("before"),
        "the alternate screen is left: {screen}"
    );
    assert!(screen.contains("[detached from "), "{screen}");
    assert_eq!(agor.info(&inner)["life"], "running");
    // Neither modes nor a title are left behind.
    let fresh = agor.session("echo fresh; sleep 600");
    agor.screen_with(&fresh, "fresh");
    let (left, fresh) = (
        agor.json(&["screen", &outer, "--json"]),
        agor.json(&["screen", &fresh, "--json"]),
    );
    assert_eq!(left["modes"], fresh["modes"]);
    assert_eq!(left["cursor"]["visible"], fresh["cursor"]["visible"]);
    assert_eq!(agor.info(&outer)["title"], "");
}

#[test]
fn attach_shows_colours_title_cursor_and_the_other_screen_of_a_full_screen_program() {
    let agor = Agor::started();
    let inner = agor.session(
        r"printf '\033]2;inner title\007\033[?1049h\033[2J\033[5;7H\033[38;2;10;20;30mcoloured\033[0m\033[?2004h\033[3 q'; read -r; printf '\033[?1049l'; echo back; sleep 600",
    );
    let outer = attached(&agor, "80x24", &inner);
    agor.screen_with(&outer, "coloured");
    step_until(
        "the note of how to detach is gone, and both look the same",
        || {
            let (a, b) = (
                agor.json(&["screen", &inner, "--json"]),
                agor.json(&["screen", &outer, "--json"]),
            );
            let looks = |screen: &Value| {
                let rows = screen["rows"].as_array().cloned().unwrap_or_default();
                let texts = rows.iter().map(|row| row["row"]["text"].to_string());
                let texts: Vec<_> = texts.collect();
                (texts, screen["cursor"].clone())
            };
            (looks(&a) == looks(&b) && b.to_string().contains("#0a141e")).then_some(())
        },
    );
    step_until("the title is passed on", || {
        (agor.info(&outer)["title"] == "inner title").then_some(())
    });
    agor.ok(&["key", &outer, "enter"]);
    agor.screen_with(&outer, "back");
}

#[test]
fn special_keys_and_pastes_reach_the_program_as_it_wants_them() {
    let agor = Agor::started();
    let inner =
        agor.session(r"stty raw -echo; printf '\033[?1h\033[?2004hready'; exec cat > typed");
    let outer = attached(&agor, "80x24", &inner);
    agor.screen_with(&outer, "ready");
    agor.ok(&[
        "key",
        &outer,
        "up",
        "ctrl+c",
        "alt+x",
        "f5",
        "ctrl+right",
        "escape",
    ]);
    let file = agor.work().join("typed");
    let typed = |expected: &[u8]| {
        let mut last = Vec::new();
        let come = || {
            last = std::fs::read(&file).unwrap_or_default();
            (last.len() >= expected.len()).then_some(())
        };
        step_until("the keys have come", come);
        assert_eq!(
            last.escape_ascii().to_string(),
            expected.escape_ascii().to_string()
        );
    };
    let keys = b"\x1bOA\x03\x1bx\x1b[15~\x1b[1;5C\x1b";
    typed(keys);
    agor.ok(&["send", &outer, "--paste", "one\ntwo ü"]);
    let paste = "\x1b[200~one\ntwo ü\x1b[201~";
    typed(&[keys, paste.as_bytes()].concat());
}

#[test]
fn a_resize_of_the_terminal_reaches_the_program() {
    let agor = Agor::started();
    let inner = echo(&agor, "80x24");
    let outer = attached(&agor, "100x30", &inner);
    agor.screen_with(&outer, "now 30 100");
    agor.ok(&["resize", &outer, "61x17"]);
    agor.screen_with(&outer, "now 17 61");
    let size = &agor.info(&inner)["size"];
    assert_eq!((&size["cols"], &size["rows"]), (&61.into(), &17.into()));
    // It is painted right in that size too.
    agor.ok(&["send", &outer, "after", "--enter"]);
    agor.screen_with(&outer, "heard after");
}

#[test]
fn two_attached_terminals_show_the_same_and_whoever_types_drives() {
    let agor = Agor::started();
    let inner = echo(&agor, "80x24");
    let first = attached(&agor, "100x30", &inner);
    agor.screen_with(&first, "now 30 100");
    let second = attached(&agor, "70x20", &inner);
    // Before it knows, what is typed there is for nobody.
    agor.screen_with(&first, "another terminal drives");
    agor.screen_with(&second, "now 20 70");
    agor.screen_with(&first, "now 20 70");
    agor.ok(&["send", &second, "from the second", "--enter"]);
    for outer in [&first, &second] {
        agor.screen_with(outer, "heard from the second");
    }
    let sizes = agor.screen(&inner).matches("now 30 100").count();
    agor.ok(&["send", &first, "from the first", "--enter"]);
    for outer in [&first, &second] {
        agor.screen_with(outer, "heard from the first");
    }
    step_until("the size is that of the first again", || {
        (agor.screen(&inner).matches("now 30 100").count() > sizes).then_some(())
    });
}

#[test]
fn d6_an_attach_that_is_killed_harms_neither_the_session_nor_the_others() {
    let agor = Agor::started();
    let inner = echo(&agor, "80x24");
    let first = attached(&agor, "100x30", &inner);
    agor.screen_with(&first, "now 30 100");
    let second = attached(&agor, "100x30", &inner);
    // Before it knows, what is typed there is for nobody.
    agor.screen_with(&first, "another terminal drives");
    agor.screen_with(&second, "now 30 100");
    agor.ok(&["send", &first, "one", "--enter"]);
    agor.screen_with(&second, "another terminal drives");
    agor.screen_with(&second, "heard one");
    let killed = attach_of(&agor, &first);
    signal_process(killed, "KILL");
    step_until("it is gone", || (!runs(killed)).then_some(()));
    agor.ok(&["send", &second, "two", "--enter"]);
    agor.screen_with(&second, "heard two");
    assert_eq!(agor.info(&inner)["life"], "running");
    // And a new one finds everything.
    let third = attached(&agor, "100x30", &inner);
    let screen = agor.screen_with(&third, "heard two");
    assert!(screen.contains("heard one"), "{screen}");
}

#[test]
fn an_attach_that_is_told_to_end_gives_the_terminal_back() {
    let agor = Agor::started();
    let inner = echo(&agor, "80x24");
    for (signal, code) in [("TERM", 143), ("HUP", 129)] {
        let outer = attached(&agor, "80x24", &inner);
        agor.screen_with(&outer, "inner is up");
        signal_process(attach_of(&agor, &outer), signal);
        let screen = agor.screen_with(&outer, "as it was");
        assert!(screen.starts_with("before"), "{screen}");
        assert!(screen.contains(&format!("left with {code}")), "{screen}");
    }
}

#[test]
fn an_attached_terminal_stays_over_a_crash_of_the_host_and_goes_on() {
    let watcher = Agor::started();
    let mut agor = Agor::started();
    let inner = echo(&agor, "80x24");
    let outer = attached_to(&watcher, &agor, "100x30", &inner);
    watcher.screen_with(&outer, "now 30 100");
    watcher.ok(&["send", &outer, "one", "--enter"]);
    watcher.screen_with(&outer, "heard one");
    agor.crash_host();
    let away = watcher.screen_with(&outer, "trying again");
    assert!(away.contains("heard one"), "the screen stays: {away}");
    agor.start_host();
    step_until("the note is gone", || {
        (!watcher.screen(&outer).contains("trying again")).then_some(())
    });
    watcher.ok(&["send", &outer, "two", "--enter"]);
    let screen = watcher.screen_with(&outer, "heard two");
    assert_eq!(screen.matches("heard one").count(), 1, "{screen}");
    watcher.ok(&["resize", &outer, "90x25"]);
    watcher.screen_with(&outer, "now 25 90");
    watcher.ok(&["key", &outer, "ctrl+\\"]);
    watcher.screen_with(&outer, "left with 0");
}

#[test]
fn what_is_typed_while_the_host_is_away_is_sent_only_if_the_person_says_so() {
    let watcher = Agor::started();
    let mut agor = Agor::started();
    let inner = echo(&agor, "80x24");
    let outer = attached_to(&watcher, &agor, "100x30", &inner);
    watcher.screen_with(&outer, "now 30 100");
    for (key, heard) in [("escape", false), ("enter", true)] {
        agor.crash_host();
        watcher.screen_with(&outer, "trying again");
        let away = Instant::now();
        watcher.ok(&["send", &outer, &format!("held before {key}"), "--enter"]);
        step_until("what was typed is too old to be sent unasked", || {
            (away.elapsed() > REPLAY_WITHOUT_ASKING).then_some(())
        });
        agor.start_host();
        watcher.screen_with(&outer, "Enter sends them");
        assert!(
            !agor.screen(&inner).contains("held before"),
            "nothing is sent unasked"
        );
        watcher.ok(&["key", &outer, key]);
        step_until("the question is gone", || {
            (!watcher.screen(&outer).contains("Enter sends them")).then_some(())
        });
        watcher.ok(&["send", &outer, &format!("typed after {key}"), "--enter"]);
        let screen = watcher.screen_with(&outer, &format!("heard typed after {key}"));
        assert_eq!(
            screen.contains(&format!("heard held before {key}")),
            heard,
            "{screen}"
        );
    }
}

#[test]
fn attach_ends_with_its_program_and_shows_its_last_words() {
    let agor = Agor::started();
    for (args, code) in [("", 0), ("--mirror ", 3)] {
        let inner = agor.ok(&[
            "new",
            "--name",
            "inner",
            "--",
            "bash",
            "-c",
            "read -r; echo bye; exit 3",
        ]);
        let outer = attached(&agor, "80x24", &format!("{args}inner"));
        agor.screen_with(&outer, "detaches");
        agor.ok(&["key", &outer, "enter"]);
        let screen = agor.screen_with(&outer, "as it was");
        assert!(screen.contains(&format!("left with {code}")), "{screen}");
        assert!(
            screen.contains("[inner ended with exit code 3]"),
            "{screen}"
        );
        let again = attached(&agor, "80x24", "inner");
        let screen = agor.screen_with(&again, "left with 4");
        assert!(screen.contains("restart"), "it says what to do: {screen}");
        agor.ok(&["rm", inner.trim()]);
    }
}

#[test]
fn an_observer_sees_everything_and_changes_nothing() {
    let agor = Agor::started();
    let inner = echo(&agor, "80x24");
    let outer = attached(
        &agor,
        "100x30",
        &format!("--observe --detach-key f12 {inner}"),
    );
    agor.screen_with(&outer, "inner is up");
    agor.ok(&["send", &outer, "not heard", "--enter"]);
    agor.ok(&["resize", &outer, "60x20"]);
    // Its own detach key is typed like any other.
    agor.ok(&["key", &outer, "ctrl+\\"]);
    agor.ok(&["send", &inner, "heard by all", "--enter"]);
    agor.screen_with(&outer, "heard heard by all");
    agor.ok(&["key", &outer, "f12"]);
    agor.screen_with(&outer, "left with 0");
    let screen = agor.screen(&inner);
    assert!(
        !screen.contains("not heard") && !screen.contains("now "),
        "{screen}"
    );
    assert_eq!(agor.info(&inner)["size"]["cols"], 80);
}

#[test]
fn attach_without_a_terminal_or_without_a_host_says_so() {
    let agor = Agor::started();
    let inner = echo(&agor, "80x24");
    let done = agor.run(&["attach", &inner]);
    assert_eq!(done.code, 25, "{done:?}");
    assert!(
        done.stderr.contains("no terminal") && done.stdout.is_empty(),
        "{done:?}"
    );
    let hostless = Agor::new();
    let outer = attached_to(&agor, &hostless, "80x24", "any");
    agor.screen_with(&outer, "left with 18");
    let unknown = attached(&agor, "80x24", "no-such-session");
    agor.screen_with(&unknown, "left with 3");
}

#[test]
fn a_flood_of_output_does_not_keep_the_detach_key_waiting() {
    let agor = Agor::started();
    let inner = agor.session("while :; do echo $((n++)) flood; done");
    let outer = attached(&agor, "80x24", &inner);
    agor.screen_with(&outer, "flood");
    agor.ok(&["key", &outer, "ctrl+\\"]);
    let screen = agor.screen_with(&outer, "as it was");
    assert!(screen.contains("left with 0"), "{screen}");
    agor.ok(&["kill", &inner]);
}

#[test]
fn text_typed_right_after_another_terminal_took_over_is_not_lost() {
    let agor = Agor::started();
    let inner = echo(&agor, "80x24");
    let first = attached(&agor, "100x30", &inner);
    agor.screen_with(&first, "now 30 100");
    let second = attached(&agor, "70x20", &inner);
    agor.screen_with(&first, "now 20 70");
    agor.ok(&["send", &first, "from the first", "--enter"]);
    agor.screen_with(&second, "heard from the first");
}
