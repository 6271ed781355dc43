//! What is copied in a window is on the clipboard, and what is there can be pasted.

use std::fs;
use std::process::Stdio;

use super::stage::Stage;
use crate::agor::{Done, step_until};

/// Puts text on the clipboard.
fn put(stage: &Stage, text: &str) {
    let file = stage.agor.write("to-clipboard", text);
    // It goes on in the background, to answer who pastes; the display's end ends it.
    let put = stage
        .command("xclip", &["-selection", "clipboard", "-in"])
        .arg(file)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    assert!(put.expect("xclip runs").success());
}

/// Returns the text on the clipboard.
fn get(stage: &Stage) -> String {
    let args = ["-selection", "clipboard", "-out"];
    // It fails while there is nothing.
    let got = stage.command("xclip", &args).output().expect("xclip runs");
    Done::from(got).stdout
}

#[test]
fn what_is_pasted_is_bracketed_for_a_program_that_asked_for_it() {
    let mut stage = Stage::new();
    put(&stage, "one ünd\ntwo");
    let script = r"stty raw -echo; printf '\033[?2004h'; exec cat > keys";
    let _window = stage.open(&["-e", "sh", "-c", script]);
    let keys = stage.agor.work().join("keys");
    step_until("the program listens", || keys.exists().then_some(()));
    stage.press(&["ctrl+shift+v"]);
    let got = step_until("the paste arrives", || {
        let got = fs::read(&keys).unwrap_or_default();
        got.ends_with(b"\x1b[201~").then_some(got)
    });
    let got = String::from_utf8_lossy(&got).replace('\r', "\n");
    assert_eq!(got, "\u{1b}[200~one ünd\ntwo\u{1b}[201~");
}

#[test]
fn what_is_selected_by_key_or_mouse_is_copied() {
    let mut stage = Stage::new();
    let script = "echo needle; printf 'a%.0s' {1..400}; exec sleep 600";
    let window = stage.open(&["-e", "bash", "-c", script]);
    let session = stage.running_are(1).remove(0);
    stage.agor.screen_with(&session, "aaaa");
    stage.press(&["ctrl+shift+a", "ctrl+shift+c"]);
    let copied = step_until("the screen is copied", || {
        Some(get(&stage)).filter(|text| text.contains("needle"))
    });
    assert!(copied.starts_with("needle\naaaa"), "{copied:?}");
    // Some row of the long word, wherever exactly it is drawn.
    stage.double_click(&window, 200, 60);
    stage.press(&["ctrl+shift+c"]);
    let copied = step_until("the word is copied", || {
        Some(get(&stage)).filter(|text| !text.contains("needle"))
    });
    assert!(
        copied.len() >= 80 && copied.bytes().all(|byte| byte == b'a'),
        "{copied:?}"
    );
}
