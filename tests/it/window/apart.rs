//! Panes in windows of their own, as seen at the host, on the display and in the stored layout.

use super::life::layout;
use super::stage::{Stage, Window};
use crate::agor::{Done, step_until};

/// Returns the windows of a process, as X knows them.
fn windows_of(stage: &Stage, pid: u32) -> Vec<String> {
    let search = ["search", "--onlyvisible", "--pid", &pid.to_string()];
    let found = stage.command("xdotool", &search).output().expect("xdotool");
    Done::from(found)
        .stdout
        .lines()
        .map(str::to_owned)
        .collect()
}

/// Waits until the process has a window beside its main one, and returns that.
pub fn other_window(stage: &Stage, main: &Window) -> String {
    step_until("there is a second window", || {
        let mut all = windows_of(stage, main.pid()).into_iter();
        all.find(|id| *id != main.id)
    })
}

/// Gives a window the keyboard, as a window manager would.
pub fn focus(stage: &Stage, id: &str) {
    step_until("the window has the keyboard", || {
        stage.ok("xdotool", &["windowfocus", id]);
        let focused = stage.ok("xdotool", &["getwindowfocus"]);
        (focused.trim() == id).then_some(())
    });
}

/// Types a command that prints a word which only its execution makes, at once after the window has got the
/// keyboard, and waits for it in `session`.
fn types_into(stage: &Stage, session: &str, word: &str) {
    stage.type_text(&format!("echo {word}-$((6*7))"));
    stage.press(&["Return"]);
    stage.agor.screen_with(session, &format!("{word}-42"));
}

#[test]
fn a_pane_gets_a_window_of_its_own_is_typed_into_there_and_comes_back() {
    let mut stage = Stage::new();
    let window = stage.open(&[]);
    let first = stage.running_are(1).remove(0);
    stage.act(&window, &["ctrl+shift+d"], "pane.split_right");
    let second = stage.running_are(2).remove(1);
    let narrow = step_until("the pane has its size", || {
        let (left, right) = (stage.size_of(&first), stage.size_of(&second));
        (left.0.abs_diff(right.0) <= 2).then_some(right)
    });
    stage.act(&window, &["ctrl+space", "m", "w"], "pane.detach");
    let apart = other_window(&stage, &window);
    focus(&stage, &apart);
    types_into(&stage, &second, "apart");
    step_until(
        "it is as large as its window, and the other as the main one",
        || {
            let (left, right) = (stage.size_of(&first), stage.size_of(&second));
            (left.0 > narrow.0 && right.0 > narrow.0).then_some(())
        },
    );
    // The keyboard is where the desktop's is, each way.
    focus(&stage, &window.id);
    types_into(&stage, &first, "main");
    focus(&stage, &apart);
    types_into(&stage, &second, "again");
    assert!(!stage.agor.screen(&first).contains("again-42"));
    // Killed, it comes back with both.
    step_until("the layout is stored", || {
        layout(&stage.agor)
            .to_string()
            .contains("\"window\"")
            .then_some(())
    });
    window.crash();
    let window = stage.open(&[]);
    let apart = other_window(&stage, &window);
    focus(&stage, &apart);
    types_into(&stage, &second, "restored");
    // Closing it puts the pane back.
    stage.press(&["ctrl+shift+q"]);
    step_until("there is one window", || {
        (windows_of(&stage, window.pid()).len() == 1).then_some(())
    });
    step_until("the layout has none apart", || {
        (!layout(&stage.agor).to_string().contains("\"window\"")).then_some(())
    });
    assert_eq!(stage.running().len(), 2);
}

#[test]
fn the_window_of_a_pane_is_drawn_when_it_changes_and_not_with_the_main_one() {
    let mut stage = Stage::new();
    let window = stage.open(&[]);
    let first = stage.running_are(1).remove(0);
    stage.act(&window, &["ctrl+shift+d"], "pane.split_right");
    let second = stage.running_are(2).remove(1);
    stage.act(&window, &["ctrl+space", "m", "w"], "pane.detach");
    let apart = other_window(&stage, &window);
    focus(&stage, &apart);
    types_into(&stage, &second, "apart");
    focus(&stage, &window.id);
    types_into(&stage, &first, "main");
    let drawn = |of: &Window| of.log().matches("window of a tab").count();
    let (main, own) = (window.frames(), drawn(&window));
    let many = "for n in {1..40}; do echo line-$n; sleep 0.05; done; echo all-$((6*7))";
    stage.agor.ok(&["send", &first, many, "--enter"]);
    stage.agor.screen_with(&first, "all-42");
    let (main, own_quiet) = (window.frames() - main, drawn(&window) - own);
    assert!(main >= 8, "the main window was drawn {main} times");
    assert!(
        own_quiet <= 3,
        "the other one {own_quiet} times, and {main} the main one"
    );
    // Output of its own is shown.
    let own = drawn(&window);
    stage
        .agor
        .ok(&["send", &second, "echo own-$((6*7))", "--enter"]);
    stage.agor.screen_with(&second, "own-42");
    step_until("it is drawn", || (drawn(&window) > own).then_some(()));
}
