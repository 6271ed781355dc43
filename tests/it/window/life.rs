//! Windows come, go and crash, and the sessions stay as they are.

use std::process::Command;
use std::time::Instant;

use super::look::{is_mostly, pixels_near};
use super::stage::Stage;
use crate::agor::{Agor, runs, signal_process, step_until};

/// Returns the stored layout; nothing if there is none yet.
pub fn layout(agor: &Agor) -> serde_json::Value {
    document(agor, "layout")
}

/// Returns what windows have stored under a name.
fn document(agor: &Agor, name: &str) -> serde_json::Value {
    let database = agor.path("home/.local/share/agor/client.db");
    let read = Command::new("sqlite3")
        .args(["-readonly", "-cmd", ".timeout 5000"])
        .arg(database)
        .arg(format!("SELECT json FROM documents WHERE name = '{name}'"))
        .output();
    // It fails before the window has made it.
    let read = read.expect("sqlite3 runs: `cargo xtask test` installs it");
    serde_json::from_slice(&read.stdout).unwrap_or_default()
}

/// Returns a layout without what says only where the person looks.
fn panes_of(layout: &serde_json::Value) -> Vec<serde_json::Value> {
    let projects = layout["projects"].as_array().cloned().unwrap_or_default();
    let tabs = projects
        .iter()
        .flat_map(|project| project["tabs"].as_array().cloned().unwrap_or_default());
    tabs.map(|tab| tab["panes"].clone()).collect()
}

#[test]
fn a_window_with_a_command_ends_with_its_exit_code() {
    let mut stage = Stage::new();
    for (script, code) in [("exit 0", 0), ("exit 7", 7), ("kill -KILL $$", 137)] {
        let done = stage.start(&["-e", "sh", "-c", script]).ends();
        assert_eq!(done.code, code, "{script}: {}", done.stderr);
    }
    let done = stage.start(&["-e", "/no/such/program"]).ends();
    assert_eq!(done.code, 127, "{}", done.stderr);
    assert!(done.stderr.contains("not found"), "{}", done.stderr);
}

#[test]
fn a_window_starts_the_host_which_outlives_it() {
    let mut stage = Stage::without_host();
    let window = stage.open(&[]);
    let [shell] = &stage.running_are(1)[..] else {
        unreachable!("one runs");
    };
    stage.type_text("echo still-$((6*7))");
    stage.press(&["Return"]);
    stage.agor.screen_with(shell, "still-42");
    stage.press(&["ctrl+shift+q"]);
    let done = window.ends();
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert_eq!(stage.running(), [shell.as_str()]);
    stage.agor.screen_with(shell, "still-42");
}

#[test]
fn a_killed_window_comes_back_with_the_same_panes_and_sessions() {
    let mut stage = Stage::new();
    let window = stage.open(&[]);
    stage.running_are(1);
    stage.act(&window, &["ctrl+shift+d"], "pane.split_right");
    stage.running_are(2);
    stage.act(&window, &["ctrl+shift+t"], "tab.new");
    let sessions = stage.running_are(3);
    let before = step_until("the layout of two tabs is stored", || {
        let panes = panes_of(&layout(&stage.agor));
        let text = serde_json::to_string(&panes).expect("JSON");
        sessions
            .iter()
            .all(|session| text.contains(session.as_str()))
            .then_some(panes)
    });
    window.crash();
    assert_eq!(stage.running(), sessions);
    let window = stage.open(&[]);
    stage.type_text("echo back-$((6*7))");
    stage.press(&["Return"]);
    stage.agor.screen_with(&sessions[2], "back-42");
    assert_eq!(stage.running(), sessions);
    assert_eq!(panes_of(&layout(&stage.agor)), before);
    assert!(runs(window.pid()));
}

/// The draft of the wall is what is typed to choose among its sessions.
#[test]
fn a_killed_window_has_what_was_typed_and_not_sent() {
    let draft_is = |stage: &Stage, text: &str| {
        step_until(&format!("{text:?} is kept"), || {
            let drafts = document(&stage.agor, "drafts");
            let kept = drafts.get(0).map(|draft| draft["text"] == text);
            (kept == Some(true)).then_some(())
        });
    };
    let mut stage = Stage::new();
    let window = stage.open(&[]);
    stage.running_are(1);
    stage.act(&window, &["ctrl+shift+g"], "view.wall");
    stage.type_text("half");
    draft_is(&stage, "half");
    window.crash();
    let window = stage.open(&[]);
    stage.act(&window, &["ctrl+shift+g"], "view.wall");
    stage.type_text("way");
    draft_is(&stage, "halfway");
    // Whoever closes the field has decided about it.
    stage.press_and_rest(&window, &["Escape"]);
    step_until("nothing is kept", || {
        let drafts = document(&stage.agor, "drafts");
        drafts.as_array().is_some_and(Vec::is_empty).then_some(())
    });
}

/// Returns how many commands of windows wait for their end.
fn kept_commands(agor: &Agor) -> usize {
    let read = Command::new("sqlite3")
        .args(["-readonly", "-cmd", ".timeout 5000"])
        .arg(agor.path("home/.local/share/agor/client.db"))
        .arg("SELECT id FROM outbox")
        .output();
    let read = read.expect("sqlite3 runs: `cargo xtask test` installs it");
    String::from_utf8_lossy(&read.stdout).lines().count()
}

fn kept_commands_are(stage: &Stage, count: usize) {
    step_until(&format!("{count} commands are kept"), || {
        (kept_commands(&stage.agor) == count).then_some(())
    });
}

/// The host is stopped when the window is told to do something, and the window is killed before it hears of it. In
/// one case the host wakes up and carries the command out for a window that is gone, in the other it dies with it.
#[test]
fn a_command_of_a_killed_window_is_carried_out_once() {
    let mut stage = Stage::new();
    let window = stage.open(&[]);
    let session = stage.running_are(1).remove(0);
    kept_commands_are(&stage, 0);

    stage.act(&window, &["ctrl+space", "r"], "session.rename");
    stage.press_and_rest(&window, &["o", "n", "c", "e"]);
    stage.agor.signal_host("STOP");
    stage.press(&["Return"]);
    kept_commands_are(&stage, 1);
    window.crash();
    stage.agor.signal_host("CONT");
    let window = stage.open(&[]);
    kept_commands_are(&stage, 0);
    assert_eq!(stage.agor.info(&session)["name"], "once");
    let renamed = stage.agor.ok(&["log", &session, "--json"]);
    let renamed = renamed.matches("\"renamed\"").count();
    assert_eq!(
        renamed, 1,
        "the host carried it out for the dead window, and not again"
    );

    stage.agor.signal_host("STOP");
    stage.press(&["ctrl+shift+d"]);
    kept_commands_are(&stage, 1);
    window.crash();
    stage.agor.crash_host();
    stage.agor.start_host();
    assert_eq!(stage.running(), [session.as_str()]);
    let _window = stage.open(&[]);
    kept_commands_are(&stage, 0);
    let running = stage.running_are(2);
    stage.type_text("echo split-$((6*7))");
    stage.press(&["Return"]);
    stage.agor.screen_with(&running[1], "split-42");
}

/// The keeper stands still, so that the command has begun and cannot end before its host is killed.
#[test]
fn a_window_says_that_its_host_was_killed_in_the_middle_of_a_command() {
    /// The dark theme's colour of what failed, and so many pixels of it as only a sentence has.
    const FAILED: [u8; 3] = [0xf4, 0x7a, 0x76];
    const SENTENCE: usize = 300;
    let mut stage = Stage::new();
    let window = stage.open(&[]);
    let session = stage.running_are(1).remove(0);
    let keeper = stage.agor.keeper_pid().expect("a keeper");
    signal_process(keeper, "STOP");
    stage.press(&["ctrl+space", "shift+k"]);
    step_until("the host has begun with it", || {
        let log = stage.agor.ok(&["log", &session]);
        log.contains("\"name\":\"kill\"").then_some(())
    });
    stage.agor.crash_host();
    signal_process(keeper, "CONT");
    stage.agor.start_host();
    let said = "the host went down while it carried out `kill`, which may or may not have taken effect: look at the \
                session before you do it again";
    step_until("the window hears of it", || {
        window.log().contains(said).then_some(())
    });
    kept_commands_are(&stage, 0);
    // On the page it stands in whole, for as long as it takes.
    stage.act(&window, &["ctrl+space", "shift+e"], "view.notices");
    step_until("the person can read it", || {
        let (red, _) = pixels_near(&stage, &window, FAILED, 60)?;
        (red > SENTENCE).then_some(())
    });
}

#[test]
fn a_session_follows_the_size_of_its_window_and_not_that_of_a_second_one() {
    let mut stage = Stage::new();
    let first = stage.open(&[]);
    let [session] = &stage.running_are(1)[..] else {
        unreachable!("one runs");
    };
    let changes_from = |before| {
        step_until("the session has another size", || {
            Some(stage.size_of(session)).filter(|size| *size != before)
        })
    };
    let large = changes_from((80, 24));
    stage.resize(&first, 900, 600);
    let small = changes_from(large);
    assert!(
        small.0 < large.0 && small.1 < large.1,
        "{small:?} of {large:?}"
    );
    let shown = format!("{} {}", small.1, small.0);
    stage.agor.ok(&["send", session, "stty size", "--enter"]);
    stage.agor.screen_with(session, &shown);

    let second = stage.open(&[]);
    stage.resize(&second, 600, 400);
    let quiet = second.frames();
    stage
        .agor
        .ok(&["send", session, "echo both-$((6*7))", "--enter"]);
    stage.agor.screen_with(session, "both-42");
    step_until("the second window draws what came", || {
        (second.frames() > quiet).then_some(())
    });
    assert_eq!(stage.size_of(session), small, "the first one drives");
    second.crash();
    assert_eq!(stage.size_of(session), small);
    stage.resize(&first, 1000, 700);
    let changed = step_until("the first one still drives", || {
        Some(stage.size_of(session)).filter(|size| *size != small)
    });
    assert!(changed.0 > small.0 && changed.1 > small.1, "{changed:?}");
}

#[test]
fn an_idle_window_draws_no_frame() {
    const QUIET_SECONDS: u64 = 10;
    let mut stage = Stage::new();
    let window = stage.open(&["-e", "sh", "-c", "echo up; exec sleep 600"]);
    let [session] = &stage.running_are(1)[..] else {
        unreachable!("one runs");
    };
    stage.agor.screen_with(session, "up");
    // What opening it made it draw is over once nothing came for a while.
    let mut last = window.frames();
    step_until("the window is quiet", || {
        pass_seconds(1);
        let now = window.frames();
        (std::mem::replace(&mut last, now) == now).then_some(())
    });
    let ticks = cpu_ticks(window.pid());
    pass_seconds(QUIET_SECONDS);
    assert_eq!(
        window.frames(),
        last,
        "frames in {QUIET_SECONDS} s of nothing"
    );
    let ticks = cpu_ticks(window.pid()) - ticks;
    assert!(
        ticks <= 10,
        "{ticks} hundredths of a second of CPU for nothing"
    );
    // The counter counts: something to draw is drawn.
    stage.press(&["x"]);
    step_until("the key is drawn", || {
        (window.frames() > last).then_some(())
    });
}

#[test]
fn a_window_that_is_opened_again_shows_the_same_sessions_in_the_same_process() {
    let mut stage = Stage::new();
    let mut window = stage.open(&[]);
    let [session] = &stage.running_are(1)[..] else {
        unreachable!("one runs");
    };
    let session = session.clone();
    stage.type_text("echo before-$((40+2))");
    stage.press(&["Return"]);
    stage.agor.screen_with(&session, "before-42");
    stage.act(&window, &["ctrl+shift+d"], "pane.split_right");
    let both = stage.running_are(2);
    stage.press_and_rest(&window, &["ctrl+shift+p"]);
    stage.type_text("open the window again");
    stage.press(&["Return"]);
    stage.appears(&mut window, 2);
    assert_eq!(stage.running(), both);
    // The second pane has the keyboard, as it had before.
    stage.type_text("echo after-$((40+2))");
    stage.press(&["Return"]);
    let second = both.iter().find(|it| **it != session).expect("two");
    stage.agor.screen_with(second, "after-42");
    stage.press(&["ctrl+shift+q"]);
    assert_eq!(window.ends().code, 0);
    assert_eq!(stage.running(), both);
}

#[test]
#[cfg_attr(
    not(debug_assertions),
    ignore = "only a debug build loses its device when it is told to"
)]
fn a_window_whose_device_is_lost_shows_the_same_session_in_the_same_process() {
    loses_its_device("between frames");
}

/// What egui does then is to panic.
#[test]
#[cfg_attr(
    not(debug_assertions),
    ignore = "only a debug build loses its device when it is told to"
)]
fn a_window_whose_device_is_lost_within_a_frame_shows_the_same_session_too() {
    loses_its_device("drawing");
}

fn loses_its_device(moment: &str) {
    let mut stage = Stage::new();
    let mut window = stage.start_with(&[], &[("AGOR_TEST_LOSE_DEVICE", moment)]);
    stage.appears(&mut window, 1);
    let [session] = &stage.running_are(1)[..] else {
        unreachable!("one runs");
    };
    stage.type_text("echo before-$((40+2))");
    stage.press(&["Return"]);
    stage.agor.screen_with(session, "before-42");
    stage.press_and_rest(&window, &["ctrl+shift+p"]);
    stage.type_text("open the window again");
    stage.press(&["Return"]);
    stage.appears(&mut window, 2);
    assert!(window.log().contains("the graphics device is lost"));
    assert_eq!(stage.running(), [session.as_str()]);
    stage.type_text("echo after-$((40+2))");
    stage.press(&["Return"]);
    let screen = stage.agor.screen_with(session, "after-42");
    assert!(screen.contains("before-42"), "{screen}");
    stage.press(&["ctrl+shift+q"]);
    assert_eq!(window.ends().code, 0);
}

#[test]
fn in_a_flood_the_newest_screen_is_drawn_and_few_of_those_before() {
    let mut stage = Stage::new();
    let script = r"echo ready; read go; seq 1 1000000
        printf '\033[48;2;200;30;90m\033[2J\033[Hthe end'; exec sleep 600";
    let window = stage.open(&["-e", "sh", "-c", script]);
    let [session] = &stage.running_are(1)[..] else {
        unreachable!("one runs");
    };
    stage.agor.screen_with(session, "ready");
    let (before, began) = (window.frames(), Instant::now());
    stage.press(&["Return"]);
    stage.agor.screen_with(session, "the end");
    let drawn = window.frames() - before;
    let seconds = began.elapsed().as_secs_f64();
    // This display has no clock that frames wait for: what holds here is that the host tells of a screen every 8 ms
    // at most, of a million lines. Some frames are those of the key, and of what the end has changed.
    let most = seconds * 125.0 + 10.0;
    assert!(drawn as f64 <= most, "{drawn} frames in {seconds:.1} s");
    is_mostly(&stage, &window, "the last screen is drawn", [200, 30, 90]);
}

#[test]
fn what_blinks_takes_two_frames_a_second_and_none_where_nobody_looks() {
    const SECONDS: u64 = 5;
    let mut stage = Stage::new();
    let script = r"printf '\033[?25l\033[5mblinks\033[0m up'; exec sleep 600";
    let window = stage.open(&["-e", "sh", "-c", script]);
    let [session] = &stage.running_are(1)[..] else {
        unreachable!("one runs");
    };
    stage.agor.screen_with(session, "up");
    // What opening it made it draw is over.
    step_until("nothing but blinking is drawn", || {
        let before = window.frames();
        pass_seconds(1);
        (window.frames() - before <= 3).then_some(())
    });
    let (before, logged) = (window.frames(), window.log().len());
    pass_seconds(SECONDS);
    let (drawn, log) = (window.frames() - before, window.log());
    // 9.4 of 530 ms each; a machine under load draws some of them late.
    assert!((5..=12).contains(&drawn), "{drawn} in {SECONDS} s");
    let changes = log[logged..].matches("rows_built=1 ").count() as u64;
    assert!(changes + 1 >= drawn, "{changes} of {drawn} changed its row");
    // Another window takes the keyboard.
    stage.open(&["-e", "sh", "-c", "echo other; exec sleep 600"]);
    let mut last = window.frames();
    step_until("it stands still", || {
        let before = std::mem::replace(&mut last, window.frames());
        pass_seconds(1);
        (before == window.frames()).then_some(())
    });
    pass_seconds(SECONDS);
    assert_eq!(window.frames(), last, "frames where nobody looks");
    stage.focus(&window);
    step_until("it goes on", || (window.frames() > last + 2).then_some(()));
}

/// Lets the clock go on: what is tested is that nothing happens meanwhile.
fn pass_seconds(seconds: u64) {
    let slept = Command::new("sleep").arg(seconds.to_string()).status();
    assert!(slept.expect("sleep runs").success());
}

/// Returns the CPU time that a process has had, in clock ticks, which are hundredths of a second.
fn cpu_ticks(pid: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("a process");
    let fields: Vec<_> = stat
        .rsplit(')')
        .next()
        .expect("fields")
        .split_whitespace()
        .collect();
    // utime and stime; the first field after the name is the third.
    [11, 12]
        .iter()
        .map(|&at: &usize| fields[at].parse::<u64>().expect("a number"))
        .sum()
}
