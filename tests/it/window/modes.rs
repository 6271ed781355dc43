//! Modes of a pane in a real window: what keys do there, as the shell and the clipboard see it.

use std::fs;

use super::stage::Stage;
use crate::agor::{agor, step_until};

#[test]
fn letters_pick_what_wraps_and_insert_it_into_the_shells_line() {
    let mut stage = Stage::new();
    let window = stage.open(&[]);
    let session = stage.running_are(1).remove(0);
    stage.type_text("echo [");
    stage.act(&window, &["ctrl+shift+l"], "hints.pick");
    stage.press_and_rest(&window, &["Escape"]);
    stage.type_text("back");
    stage.agor.screen_with(&session, "echo [back");
    stage.press(&["ctrl+u"]);
    // A path that is made by the command, so that its line does not hold it, and longer than a row.
    stage.type_text("PS1=; clear; printf '/tmp/%0300d/x.rs\\n' 7");
    stage.press(&["Return"]);
    step_until("the path alone is there", || {
        let screen = stage.agor.screen(&session);
        (screen.contains("007/x.rs") && !screen.contains("printf")).then_some(())
    });
    stage.type_text("n=");
    stage.act(&window, &["ctrl+space", "shift+f"], "hints.pick");
    stage.press(&["alt+a"]);
    stage.type_text("; echo len-${#n}");
    stage.press(&["Return"]);
    // "/tmp/", 300 digits, "/x.rs".
    stage.agor.screen_with(&session, "len-310");
}

#[test]
fn text_far_back_is_selected_by_keys_and_copied_whole() {
    let mut stage = Stage::new();
    let window = stage.open(&[]);
    let session = stage.running_are(1).remove(0);
    stage.type_text("PS1=; clear; seq 1 15000; echo seq-$((6*7))");
    stage.press(&["Return"]);
    stage.agor.screen_with(&session, "seq-42");
    stage.act(&window, &["ctrl+shift+space"], "select.keyboard");
    // The line above the word, and 12,499 lines more: more than a window has at hand, and than the host has
    // in memory.
    let keys = ["k", "k", "shift+v", "1", "2", "4", "9", "9", "k"];
    stage.press_and_rest(&window, &keys);
    stage.press_and_rest(&window, &["y"]);
    stage.type_text("cat > copied");
    stage.press_and_rest(&window, &["Return"]);
    stage.act(&window, &["ctrl+shift+v"], "edit.paste");
    stage.press(&["Return", "ctrl+d"]);
    let lines: String = (2_501..=15_000).map(|line| format!("{line}\n")).collect();
    let path = stage.agor.work().join("copied");
    step_until("all of it was pasted", || {
        (fs::read_to_string(&path).ok()? == lines).then_some(())
    });
}

#[test]
fn d10_what_an_ended_session_said_is_found_by_a_few_letters_and_its_row_is_shown() {
    let mut stage = Stage::new();
    let script = "seq 1 700; echo 'here is the Needle'; seq 701 1400";
    let ended = stage.agor.session(script);
    stage.agor.json(&["wait", &ended, "--exit", "--json"]);
    // They flood while it is looked for.
    for _ in 0..3 {
        stage.agor.session("while :; do seq 1 100; done");
    }
    let window = stage.open(&[]);
    stage.act(&window, &["ctrl+shift+h"], "find.everywhere");
    stage.type_text("the needle");
    step_until("everything was looked through", || {
        window
            .log()
            .contains("looked through all sessions lines=1")
            .then_some(())
    });
    stage.press_and_rest(&window, &["Return"]);
    // What a drag over the pane selects is what it shows.
    let drag = [
        "mousemove",
        "300",
        "90",
        "mousedown",
        "1",
        "mousemove",
        "600",
        "300",
        "mousemove",
        "900",
        "700",
        "mouseup",
        "1",
    ];
    let copied = step_until("its row is shown", || {
        stage.ok("xdotool", &drag);
        stage.press(&["ctrl+shift+c"]);
        Some(super::clipboard::get(&stage)).filter(|text| text.contains("Needle"))
    });
    let lines: Vec<&str> = copied.lines().collect();
    let at = lines
        .iter()
        .position(|line| line.contains("here is the Needle"));
    let at = at.expect("its line");
    assert!(
        lines[at - 1].ends_with("700") && lines[at + 1] == "701",
        "{copied}"
    );
}

#[test]
fn what_is_typed_reaches_every_shell_of_a_tab_while_that_is_wanted() {
    let mut stage = Stage::new();
    let window = stage.open(&[]);
    stage.running_are(1);
    stage.act(&window, &["ctrl+shift+d"], "pane.split_right");
    let both = stage.running_are(2);
    stage.act(&window, &["ctrl+space", "shift+c"], "broadcast.all");
    stage.type_text("echo both-$((6*7))");
    stage.press(&["Return"]);
    for session in &both {
        stage.agor.screen_with(session, "both-42");
    }
    stage.act(&window, &["ctrl+space", "shift+c"], "broadcast.all");
    stage.type_text("echo one-$((6*7))");
    stage.press(&["Return"]);
    stage.agor.screen_with(&both[1], "one-42");
    assert!(!stage.agor.screen(&both[0]).contains("one-"));
}

#[test]
fn panes_are_swapped_moved_and_sized_by_key() {
    let mut stage = Stage::new();
    let window = stage.open(&[]);
    stage.running_are(1);
    stage.act(&window, &["ctrl+shift+d"], "pane.split_right");
    let both = stage.running_are(2);
    let before = step_until("both have the same size", || {
        let (left, right) = (stage.size_of(&both[0]), stage.size_of(&both[1]));
        (left.0.abs_diff(right.0) <= 2 && right.1 > 30).then_some(right)
    });
    stage.act(&window, &["ctrl+space", "x"], "pane.resize");
    stage.press_and_rest(&window, &["Left", "Left", "h", "Escape"]);
    step_until("the pane is wider", || {
        (stage.size_of(&both[1]).0 > before.0 + 5).then_some(())
    });
    stage.act(&window, &["ctrl+space", "m", "r"], "layout.rows");
    step_until("the panes are one below another", || {
        (stage.size_of(&both[1]).0 > 2 * before.0 - 8).then_some(())
    });
    stage.act(&window, &["ctrl+space", "ctrl+Up"], "pane.swap_up");
    stage.act(&window, &["ctrl+space", "q"], "pane.numbers");
    stage.press(&["2"]);
    stage.type_text("echo lower-$((6*7))");
    stage.press(&["Return"]);
    stage.agor.screen_with(&both[0], "lower-42");
    stage.act(&window, &["ctrl+space", "alt+Left"], "pane.move_left");
    step_until("the lower one stands at the left edge", || {
        (stage.size_of(&both[1]).0 + 20 < 2 * before.0).then_some(())
    });
}

/// Returns what `agor keys` says with these arguments.
fn keys(stage: &Stage, args: &[&str]) -> String {
    let program = agor().to_str().expect("utf-8");
    stage.ok(program, &[&["keys"], args].concat())
}

#[test]
fn keys_are_recorded_into_the_file_used_at_once_explained_and_reset() {
    let mut stage = Stage::new();
    let folder = stage.agor.path("home/.config/agor");
    fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("keybindings.json");
    fs::write(
        &file,
        "// mine\n[\n  { \"key\": \"f7\", \"command\": \"tab.new\" } // new\n]\n",
    )
    .expect("a file");
    let window = stage.open(&[]);
    stage.running_are(1);
    stage.act(&window, &["ctrl+space", "question"], "help.keys");
    stage.type_text("split right");
    stage.press_and_rest(&window, &["Return"]);
    stage.press_and_rest(&window, &["ctrl+alt+y", "Return"]);
    let text = step_until("the file has the keys", || {
        let text = fs::read_to_string(&file).ok()?;
        text.contains("ctrl+alt+y").then_some(text)
    });
    assert!(
        text.contains("// mine") && text.contains("// new"),
        "{text}"
    );
    stage.press_and_rest(&window, &["Escape"]);
    stage.act(&window, &["ctrl+alt+y"], "pane.split_right");
    stage.running_are(2);
    let explained = keys(&stage, &["explain", "ctrl+alt+y"]);
    assert!(
        explained.contains("Split right (pane.split_right), keybindings.json line 4"),
        "{explained}"
    );
    assert!(keys(&stage, &["list"]).contains("pane.split_right"));
    let json: serde_json::Value =
        serde_json::from_str(&keys(&stage, &["explain", "f7", "--json"])).expect("JSON");
    assert_eq!(json[0]["command"], "tab.new");
    stage.act(&window, &["ctrl+space", "question"], "help.keys");
    stage.type_text("split right");
    stage.press_and_rest(&window, &["ctrl+BackSpace"]);
    step_until("the file has them no more", || {
        let text = fs::read_to_string(&file).ok()?;
        (!text.contains("ctrl+alt+y") && text.contains("f7")).then_some(())
    });
}

#[test]
fn keys_are_imported_exported_and_taken_from_tmux_on_the_page_by_key() {
    let mut stage = Stage::new();
    let folder = stage.agor.path("home/.config/agor");
    let keys_are = |line: &str| format!("[\n  {line}\n]\n");
    let rule = "{ \"key\": \"f8\", \"command\": \"pane.split_down\" }";
    let other = stage.agor.write("other.json", &keys_are(rule));
    let out = stage.agor.work().join("mine.json");
    let window = stage.open(&[]);
    stage.running_are(1);
    // From the field on: its button, what programs' keys mean our commands (3), then import and export.
    let pressed = |steps: usize| {
        stage.act(&window, &["ctrl+space", "question"], "help.keys");
        for _ in 0..steps {
            stage.press_and_rest(&window, &["Tab"]);
        }
        stage.press_and_rest(&window, &["Return"]);
    };
    let file = |path: &std::path::Path| {
        stage.press(&["ctrl+a"]);
        stage.type_text(path.to_str().expect("utf-8"));
        stage.press_and_rest(&window, &["Return"]);
    };
    pressed(5);
    file(&other);
    step_until("the keys are the person's", || {
        let text = fs::read_to_string(folder.join("keybindings.json")).ok()?;
        text.contains("f8").then_some(())
    });
    step_until("they are used", || {
        let explained = keys(&stage, &["explain", "f8"]);
        explained.contains("pane.split_down").then_some(())
    });
    // The window has read them too, once it rests.
    stage.press_and_rest(&window, &["Shift_L"]);
    stage.act(&window, &["F8"], "pane.split_down");
    stage.running_are(2);
    pressed(6);
    file(&out);
    let written = step_until("they are written", || {
        fs::read_to_string(&out)
            .ok()
            .filter(|text| !text.is_empty())
    });
    assert!(written.contains("pane.split_down"), "{written}");
    pressed(3);
    step_until("the settings say so", || {
        let text = fs::read_to_string(folder.join("config.toml")).ok()?;
        text.contains("\"tmux\"").then_some(())
    });
    stage.press_and_rest(&window, &["Escape"]);
    stage.act(&window, &["ctrl+b", "percent"], "pane.split_right");
    stage.running_are(3);
}

#[test]
fn the_keys_of_tmux_do_what_they_do_there() {
    let mut stage = Stage::new();
    let folder = stage.agor.path("home/.config/agor");
    fs::create_dir_all(&folder).expect("a folder");
    let config = "[window]\nwelcome = false\nkeys = \"tmux\"\n\n[[snippets]]\nname = \"answer\"\ntext = \"echo said-$((6*7))\\n\"\n";
    fs::write(folder.join("config.toml"), config).expect("a file");
    let window = stage.open(&[]);
    stage.running_are(1);
    stage.act(&window, &["ctrl+b", "percent"], "pane.split_right");
    stage.running_are(2);
    stage.act(&window, &["ctrl+b", "c"], "tab.new");
    let sessions = stage.running_are(3);
    // Twice is once for the program: the cursor goes left.
    stage.type_text("echo ab");
    stage.act(&window, &["ctrl+b", "ctrl+b"], "leader.send");
    stage.type_text("$((6*7))");
    stage.press(&["Return"]);
    stage.agor.screen_with(&sessions[2], "a42b");
    stage.act(&window, &["ctrl+b", "semicolon"], "focus.last");
    stage.act(&window, &["ctrl+shift+p"], "palette.open");
    stage.type_text("answer");
    stage.press(&["Return"]);
    stage.agor.screen_with(&sessions[2], "said-42");
    let explained = keys(&stage, &["explain", "ctrl+b"]);
    assert!(explained.contains("longer sequences"), "{explained}");
}

#[test]
fn the_keys_of_vim_do_what_they_do_there() {
    let mut stage = Stage::new();
    let folder = stage.agor.path("home/.config/agor");
    fs::create_dir_all(&folder).expect("a folder");
    let config = "[window]\nwelcome = false\nkeys = \"vim\"\n";
    fs::write(folder.join("config.toml"), config).expect("a file");
    let window = stage.open(&[]);
    stage.running_are(1);
    stage.act(&window, &["ctrl+w", "v"], "pane.split_right");
    stage.running_are(2);
    stage.act(&window, &["ctrl+w", "s"], "pane.split_down");
    let sessions = stage.running_are(3);
    stage.act(&window, &["ctrl+w", "k"], "focus.up");
    stage.type_text("echo upper-$((6*7))");
    stage.press(&["Return"]);
    stage.agor.screen_with(&sessions[1], "upper-42");
    stage.act(&window, &["ctrl+w", "h"], "focus.left");
    stage.act(&window, &["ctrl+w", "w"], "focus.last");
    // Twice is once for the program: the shell takes a word back.
    stage.type_text("echo one two");
    stage.act(&window, &["ctrl+w", "ctrl+w"], "leader.send");
    stage.type_text("$((6*7))");
    stage.press(&["Return"]);
    stage.agor.screen_with(&sessions[1], "one 42");
    // Sequences of three keys, beside commands of two.
    stage.act(&window, &["ctrl+w", "n"], "tab.new");
    let fourth = stage.running_are(4).remove(3);
    stage.act(&window, &["ctrl+w", "g", "shift+t"], "tab.previous");
    stage.type_text("echo back-$((6*7))");
    stage.press(&["Return"]);
    stage.agor.screen_with(&sessions[1], "back-42");
    stage.act(&window, &["ctrl+w", "g", "t"], "tab.next");
    stage.type_text("echo next-$((6*7))");
    stage.press(&["Return"]);
    stage.agor.screen_with(&fourth, "next-42");
    let explained = keys(&stage, &["explain", "ctrl+w g t"]);
    assert!(
        explained.contains("Next tab (tab.next), preset vim"),
        "{explained}"
    );
    // Its prompt may have any number in it: that of the folder.
    let first = stage.agor.screen(&sessions[0]);
    for word in ["upper", "one", "back", "next"] {
        assert!(!first.contains(word), "{first}");
    }
}
