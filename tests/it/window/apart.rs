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
fn other_window(stage: &Stage, main: &Window) -> String {
    step_until("there is a second window", || {
        let mut all = windows_of(stage, main.pid()).into_iter();
        all.find(|id| *id != main.id)
    })
}

fn focus(stage: &Stage, id: &str) {
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
