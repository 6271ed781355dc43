//! Panes, tabs and the palette by key, as seen at the host and in the stored layout.

use serde_json::Value;

use super::life::layout;
use super::stage::Stage;
use crate::agor::step_until;

/// Returns the tabs of the one project.
fn tabs(stage: &Stage) -> Vec<Value> {
    let layout = layout(&stage.agor);
    let projects = layout["projects"].as_array().cloned().unwrap_or_default();
    let tabs = projects.first().map(|project| project["tabs"].clone());
    tabs.and_then(|tabs| tabs.as_array().cloned())
        .unwrap_or_default()
}

/// Waits until the stored tabs are as `wanted` says.
fn tabs_are(stage: &Stage, what: &str, wanted: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    step_until(what, || Some(tabs(stage)).filter(|tabs| wanted(tabs)))
}

/// Types a command that prints a word which only its execution makes, and waits for it in `session`.
fn types_into(stage: &Stage, session: &str, word: &str) {
    stage.type_text(&format!("echo {word}-$((6*7))"));
    stage.press(&["Return"]);
    stage.agor.screen_with(session, &format!("{word}-42"));
}

#[test]
fn panes_split_take_the_keyboard_zoom_and_close_by_key() {
    let mut stage = Stage::new();
    let window = stage.open(&[]);
    let first = stage.running_are(1).remove(0);
    types_into(&stage, &first, "first");
    stage.act(&window, &["ctrl+shift+d"], "pane.split_right");
    let second = stage.running_are(2).remove(1);
    tabs_are(&stage, "two panes are beside each other", |tabs| {
        let beside = tabs.first().map(|tab| &tab["panes"]["beside"]);
        beside
            .and_then(Value::as_array)
            .is_some_and(|panes| panes.len() == 2)
    });
    types_into(&stage, &second, "second");
    let (left, right) = (stage.size_of(&first), stage.size_of(&second));
    assert!(
        left.0.abs_diff(right.0) <= 2 && left.1 == right.1,
        "{left:?} {right:?}"
    );
    stage.act(&window, &["ctrl+shift+Left"], "focus.left");
    types_into(&stage, &first, "left");
    stage.act(&window, &["ctrl+shift+Right"], "focus.right");
    stage.act(&window, &["ctrl+shift+e"], "pane.split_down");
    let third = stage.running_are(3).remove(2);
    types_into(&stage, &third, "below");
    let before = stage.size_of(&third);
    stage.act(&window, &["ctrl+shift+Return"], "pane.zoom");
    tabs_are(&stage, "the pane is zoomed", |tabs| {
        tabs[0]["zoomed"] == true
    });
    step_until("the zoomed pane is larger", || {
        let now = stage.size_of(&third);
        (now.0 > before.0 && now.1 > before.1).then_some(())
    });
    stage.act(&window, &["ctrl+shift+Return"], "pane.zoom");
    tabs_are(&stage, "the others are back", |tabs| {
        tabs[0]["zoomed"] == false
    });
    stage.act(&window, &["ctrl+shift+w"], "pane.close");
    tabs_are(&stage, "the pane is closed", |tabs| {
        !tabs[0].to_string().contains(&third)
    });
    assert_eq!(stage.running().len(), 3, "its session goes on");
    types_into(&stage, &second, "again");
}

#[test]
fn tabs_open_and_change_by_key_and_by_the_keys_after_the_leader() {
    let mut stage = Stage::new();
    let window = stage.open(&[]);
    let first = stage.running_are(1).remove(0);
    types_into(&stage, &first, "first");
    stage.act(&window, &["ctrl+shift+t"], "tab.new");
    let second = stage.running_are(2).remove(1);
    tabs_are(&stage, "there are two tabs", |tabs| tabs.len() == 2);
    types_into(&stage, &second, "second");
    stage.act(&window, &["ctrl+space", "1"], "tab.1");
    types_into(&stage, &first, "back");
    stage.act(&window, &["ctrl+Tab"], "tab.next");
    types_into(&stage, &second, "next");
}

#[test]
fn the_palette_runs_a_command_that_is_found_by_a_few_letters() {
    let mut stage = Stage::new();
    let window = stage.open(&[]);
    let first = stage.running_are(1).remove(0);
    types_into(&stage, &first, "before");
    stage.act(&window, &["ctrl+shift+p"], "palette.open");
    stage.type_text("split right");
    stage.act(&window, &["Return"], "pane.split_right");
    let second = stage.running_are(2).remove(1);
    types_into(&stage, &second, "after");
    assert!(
        !stage.agor.screen(&first).contains("split right"),
        "what is typed into the palette is not the program's"
    );
    stage.act(&window, &["ctrl+shift+p"], "palette.open");
    stage.press_and_rest(&window, &["Escape"]);
    types_into(&stage, &second, "escaped");
}

#[test]
fn keys_pressed_right_after_a_command_go_where_it_led() {
    let mut stage = Stage::new();
    let window = stage.open(&[]);
    let first = stage.running_are(1).remove(0);
    types_into(&stage, &first, "first");
    stage.act(&window, &["ctrl+shift+d"], "pane.split_right");
    let second = stage.running_are(2).remove(1);
    types_into(&stage, &second, "second");
    // Faster than any frame.
    for (chord, session, word) in [
        ("ctrl+shift+Left", &first, "x"),
        ("ctrl+shift+Right", &second, "y"),
    ] {
        let line = [
            "e", "c", "h", "o", "space", word, "quotedbl", "quotedbl", word, "Return",
        ];
        let keys = [&["key", "--delay", "1", chord], &line[..]].concat();
        stage.ok("xdotool", &keys);
        stage.agor.screen_with(session, &format!("\n{word}{word}"));
    }
    let keys = [
        "key",
        "--delay",
        "1",
        "ctrl+shift+p",
        "s",
        "p",
        "l",
        "i",
        "t",
        "Return",
    ];
    stage.ok("xdotool", &keys);
    stage.running_are(3);
}
