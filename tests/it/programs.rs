//! Real programs, driven by key and read from the screen, as a person would use them.

use crate::agor::{Agor, step_until};

#[test]
fn bash_edits_its_line_completes_and_remembers() {
    let agor = Agor::started();
    agor.write("unmistakable-name", "the contents\n");
    let bash = agor.program("80x24", &["env", "PS1=$ ", "bash", "--norc"]);
    agor.screen_with(&bash, "$");
    agor.ok(&["send", &bash, "cat unmist"]);
    agor.ok(&["key", &bash, "tab"]);
    agor.screen_with(&bash, "cat unmistakable-name");
    agor.ok(&["key", &bash, "enter"]);
    agor.screen_with(&bash, "the contents");
    agor.ok(&["send", &bash, "echo wrong-ly"]);
    agor.ok(&["key", &bash, "ctrl+w"]);
    agor.ok(&["send", &bash, "right-ly", "--enter"]);
    agor.screen_with(&bash, "\nright-ly");
    agor.ok(&["key", &bash, "up", "up", "enter"]);
    step_until("the line from before is back", || {
        (agor.screen(&bash).matches("the contents").count() == 2).then_some(())
    });
    agor.ok(&["send", &bash, "sleep 100", "--enter"]);
    agor.screen_with(&bash, "sleep 100");
    agor.ok(&["key", &bash, "ctrl+c"]);
    agor.screen_with(&bash, "^C");
    agor.ok(&["send", &bash, "exit 7", "--enter"]);
    let waited = agor.run(&["wait", &bash, "--exit", "--timeout", "30"]);
    assert!(
        waited.stdout.contains('7') || waited.code == 7,
        "{waited:?}"
    );
    assert_eq!(agor.info(&bash)["life"]["exited"]["code"], 7);
}

#[test]
fn fish_draws_its_prompt_edits_its_line_and_runs() {
    let agor = Agor::started();
    let fish = agor.program("80x24", &["fish", "--no-config"]);
    agor.screen_with(&fish, "@");
    agor.ok(&["send", &fish, "echo fish-(math 6 x 7)", "--enter"]);
    agor.screen_with(&fish, "fish-42");
    agor.ok(&["send", &fish, "ecXho edited-line"]);
    agor.ok(&["key", &fish, "home", "right", "right", "delete", "enter"]);
    agor.screen_with(&fish, "\nedited-line");
    agor.ok(&["send", &fish, "exit", "--enter"]);
    agor.ok(&["wait", &fish, "--exit", "--timeout", "30"]);
}

#[test]
fn vim_edits_a_file_in_its_own_screen_and_gives_the_old_one_back() {
    let agor = Agor::started();
    let file = agor.write("poem", "one\ntwo\nthree\n");
    let bash = agor.program("80x24", &["bash", "--norc"]);
    agor.ok(&["send", &bash, "echo before; vim -u NONE -n poem", "--enter"]);
    let screen = agor.screen_with(&bash, "three");
    assert!(screen.contains("\n~"), "vim fills its screen: {screen}");
    assert!(
        !screen.contains("before"),
        "vim has a screen of its own: {screen}"
    );
    agor.ok(&["key", &bash, "G", "o"]);
    agor.ok(&["send", &bash, "four"]);
    agor.ok(&["key", &bash, "escape", "g", "g", "d", "d"]);
    agor.screen_with(&bash, "four");
    agor.ok(&["resize", &bash, "60x15"]);
    step_until("vim follows the size", || {
        (agor.screen(&bash).trim_end().lines().count() <= 15).then_some(())
    });
    agor.ok(&["send", &bash, ":wq", "--enter"]);
    agor.screen_with(&bash, "before");
    assert_eq!(
        std::fs::read_to_string(file).expect("the file"),
        "two\nthree\nfour\n"
    );
}

#[test]
fn less_pages_searches_and_quits() {
    let agor = Agor::started();
    let text: String = (1..=500).map(|n| format!("row {n}\n")).collect();
    agor.write("long", &text);
    let less = agor.program("80x24", &["less", "long"]);
    agor.screen_with(&less, "row 23");
    agor.ok(&["key", &less, "pagedown"]);
    agor.screen_with(&less, "row 46");
    agor.ok(&["send", &less, "/row 321", "--enter"]);
    agor.screen_with(&less, "row 321");
    agor.ok(&["key", &less, "end"]);
    agor.screen_with(&less, "row 500");
    agor.ok(&["key", &less, "q"]);
    agor.ok(&["wait", &less, "--exit", "--timeout", "30"]);
}

#[test]
fn htop_draws_meters_and_answers_function_keys() {
    let agor = Agor::started();
    let htop = agor.program("100x30", &["htop"]);
    let screen = agor.screen_with(&htop, "F10");
    assert!(screen.contains("Load average"), "{screen}");
    agor.ok(&["key", &htop, "f1"]);
    agor.screen_with(&htop, "show this help screen");
    agor.ok(&["key", &htop, "x", "f10"]);
    agor.ok(&["wait", &htop, "--exit", "--timeout", "30"]);
}

#[test]
fn tmux_splits_inside_a_session_and_its_borders_are_drawn() {
    let agor = Agor::started();
    let tmux = agor.program(
        "100x30",
        &[
            "tmux",
            "-L",
            "agor-it",
            "-f",
            "/dev/null",
            "new",
            "bash --norc",
        ],
    );
    agor.screen_with(&tmux, "[0]");
    agor.ok(&["key", &tmux, "ctrl+b", "%"]);
    agor.screen_with(&tmux, "│");
    agor.ok(&["send", &tmux, "echo right-$((6*7))", "--enter"]);
    let screen = agor.screen_with(&tmux, "right-42");
    let row = screen
        .lines()
        .find(|row| row.ends_with("right-42"))
        .expect("its row");
    assert!(
        row.contains('│'),
        "the right pane is to the right of the border: {row}"
    );
    agor.ok(&["send", &tmux, "tmux -L agor-it kill-server", "--enter"]);
    agor.ok(&["wait", &tmux, "--exit", "--timeout", "30"]);
}

#[test]
fn colours_wide_characters_and_links_come_through() {
    let agor = Agor::started();
    let session = agor.session(
        r"printf '\033[1;38;2;10;20;30mbold\033[0m 日本語 👩‍👩‍👧 \033]8;;https://example.org\033\\link\033]8;;\033\\ e\314\201'; sleep 600",
    );
    agor.screen_with(&session, "link");
    let screen = agor.json(&["screen", &session, "--json"]);
    let text = screen.to_string();
    assert!(
        text.contains("日本語") && text.contains("#0a141e"),
        "{text}"
    );
    assert!(text.contains("https://example.org"), "{text}");
    let ansi = agor.ok(&["screen", &session, "--ansi"]);
    assert!(ansi.contains("38;2;10;20;30"), "{ansi:?}");
}

/// Starts a shell whose own file makes the prompt `mine$ `, says that it was read and is `file`; expects it to tell where
/// it is, where its prompts and commands are and how they ended.
fn a_shell_is_integrated(shell: &str, file: &str, text: &str) {
    let agor = Agor::started();
    let own = agor.path("home").join(file);
    std::fs::create_dir_all(own.parent().expect("a folder")).expect("folders");
    std::fs::write(&own, text).expect("a file");
    std::fs::create_dir(agor.work().join("a b é")).expect("a folder");
    let session = agor.program("80x24", &[shell]);
    agor.screen_with(&session, "my-own-file");
    agor.screen_with(&session, "mine$");
    agor.ok(&["send", &session, "cd 'a b é'", "--enter"]);
    step_until("the list has the folder", || {
        let folder = agor.info(&session)["cwd"].as_str()?.to_owned();
        folder.ends_with("/a b é").then_some(())
    });
    // What led the shell to our file is gone, for what it starts.
    let variables = r#"echo "is[$ZDOTDIR][$AGOR_ZDOTDIR][$XDG_DATA_DIRS][$AGOR_XDG_DATA_DIRS]""#;
    agor.ok(&["send", &session, variables, "--enter"]);
    agor.screen_with(&session, "\nis[][][][]");
    agor.ok(&["send", &session, "sh -c 'exit 3'", "--enter"]);
    let marks = step_until("the end of a command is marked", || {
        let log = agor.ok(&["log", &session, "--json"]);
        let events = log.lines().map(|line| -> serde_json::Value {
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
        });
        let marks = events.filter_map(|event| Some(event["body"]["with"].get("mark")?.clone()));
        let marks: Vec<_> = marks.collect();
        let failed = |mark: &serde_json::Value| {
            mark["end"]["code"] == 3 && mark["end"]["took_millis"].is_u64()
        };
        marks.iter().any(failed).then_some(marks)
    });
    let end = marks.iter().rposition(|mark| mark["end"]["code"] == 3);
    let before = &marks[..end.expect("it is there")];
    let before: Vec<_> = before.iter().rev().take(3).collect();
    assert_eq!(before, ["output", "input", "prompt"], "of {marks:?}");
    assert_eq!(std::fs::read_to_string(&own).expect("the file"), text);
}

#[test]
fn bash_marks_its_prompts_and_tells_its_folder() {
    let text = "PS1='mine$ '\nPROMPT_COMMAND='true'\necho my-own-file\n";
    a_shell_is_integrated("bash", ".bashrc", text);
}

#[test]
fn zsh_marks_its_prompts_and_tells_its_folder() {
    let text = "PS1='mine$ '\necho my-own-file\n";
    a_shell_is_integrated("zsh", ".zshrc", text);
}

#[test]
fn fish_marks_its_prompts_and_tells_its_folder() {
    let text = "function fish_prompt\n  echo -n 'mine$ '\nend\necho my-own-file\n";
    a_shell_is_integrated("fish", ".config/fish/config.fish", text);
}
