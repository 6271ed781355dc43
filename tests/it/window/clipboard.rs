//! What is copied in a window is on the clipboard, and what is there can be pasted.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;
use std::time::Duration;

use super::apart::{focus, other_window};
use super::stage::Stage;
use crate::agor::{Done, step_until};

/// Puts text on a clipboard: `clipboard`, or `primary`, which is what was selected last.
fn put_on(stage: &Stage, selection: &str, text: &str) {
    let file = stage.agor.write("to-clipboard", text);
    // It goes on in the background, to answer who pastes; the display's end ends it.
    let put = stage
        .command("xclip", &["-selection", selection, "-in"])
        .arg(file)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    assert!(put.expect("xclip runs").success());
}

/// Puts text on the clipboard.
fn put(stage: &Stage, text: &str) {
    put_on(stage, "clipboard", text);
}

/// Returns the text on the clipboard.
pub fn get(stage: &Stage) -> String {
    get_from(stage, "clipboard")
}

/// Returns the text on a clipboard.
fn get_from(stage: &Stage, selection: &str) -> String {
    let args = ["-selection", selection, "-out"];
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

#[test]
fn what_is_selected_by_mouse_is_the_primary_selection_and_the_middle_button_pastes_it() {
    let mut stage = Stage::new();
    put(&stage, "on the clipboard");
    let script = "printf 'a%.0s' {1..400}; stty raw -echo; exec cat > keys";
    let window = stage.open(&["-e", "bash", "-c", script]);
    let keys = stage.agor.work().join("keys");
    step_until("the program listens", || keys.exists().then_some(()));
    let session = stage.running_are(1).remove(0);
    stage.agor.screen_with(&session, "aaaa");
    // Some row of the long word, wherever exactly it is drawn.
    stage.double_click(&window, 200, 60);
    let selected = step_until("the word is the primary selection", || {
        Some(get_from(&stage, "primary")).filter(|text| text.len() >= 80)
    });
    assert!(selected.bytes().all(|byte| byte == b'a'), "{selected:?}");
    stage.ok("xdotool", &["click", "2"]);
    let pasted = |expected: &str| {
        step_until("what was selected is pasted", || {
            let got = fs::read_to_string(&keys).unwrap_or_default();
            (got == expected).then_some(())
        });
    };
    pasted(&selected);
    // What another program's person selected takes its place.
    put_on(&stage, "primary", " and elsewhere");
    stage.ok("xdotool", &["click", "2"]);
    pasted(&format!("{selected} and elsewhere"));
    assert_eq!(
        get(&stage),
        "on the clipboard",
        "the other one is left alone"
    );
}

#[test]
fn an_image_on_the_clipboard_is_pasted_as_the_path_of_a_file_of_its_own() {
    let mut stage = Stage::new();
    let mut image = image::RgbaImage::new(3, 2);
    image.put_pixel(1, 1, image::Rgba([10, 200, 30, 255]));
    let picture = stage.agor.work().join("copied.png");
    image.save(&picture).expect("a picture");
    let put = stage
        .command(
            "xclip",
            &["-selection", "clipboard", "-t", "image/png", "-in"],
        )
        .arg(&picture)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    assert!(put.expect("xclip runs").success());
    let script = "stty raw -echo; echo ready; exec cat > keys";
    let _window = stage.open(&["-e", "sh", "-c", script]);
    let keys = stage.agor.work().join("keys");
    step_until("the program listens", || keys.exists().then_some(()));
    stage.press(&["ctrl+shift+v"]);
    let path = step_until("a path arrives", || {
        let got = fs::read_to_string(&keys).unwrap_or_default();
        got.strip_suffix(' ').map(str::to_owned)
    });
    assert!(path.ends_with(".png"), "{path}");
    let file = fs::metadata(&path).expect("the file is there");
    assert_eq!(
        file.permissions().mode() & 0o777,
        0o600,
        "for its person alone"
    );
    let pasted = image::open(&path).expect("a picture").to_rgba8();
    assert_eq!(pasted, image);
}

#[test]
fn what_is_copied_in_a_window_of_its_own_is_on_the_clipboard_while_the_main_one_is_hidden() {
    let mut stage = Stage::new();
    let window = stage.open(&[]);
    stage.running_are(1);
    stage.act(&window, &["ctrl+shift+d"], "pane.split_right");
    let session = stage.running_are(2).remove(1);
    stage.act(&window, &["ctrl+space", "m", "w"], "pane.detach");
    let apart = other_window(&stage, &window);
    focus(&stage, &apart);
    stage.type_text("clear; echo word-$((6*7))");
    stage.press(&["Return"]);
    stage.agor.screen_with(&session, "word-42");
    stage.ok("xdotool", &["windowunmap", "--sync", &window.id]);
    focus(&stage, &apart);
    let copied = step_until("what is selected is copied", || {
        stage.press(&["ctrl+shift+a", "ctrl+shift+c"]);
        crate::agor::look_until(Duration::from_secs(2), || {
            Some(get(&stage)).filter(|text| text.contains("word-42"))
        })
    });
    assert!(copied.contains("word-42"));
}
