//! `settings` and `theme`: what holds, where it was said, and what other programs' themes become.

use std::fs;
use std::path::PathBuf;

use crate::agor::{Agor, step_until};

/// Writes the person's settings.
fn write(agor: &Agor, text: &str) -> PathBuf {
    let folder = agor.path("home/.config/agor");
    fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("config.toml");
    fs::write(&file, text).expect("settings");
    file
}

/// Returns the row of a setting.
fn row(agor: &Agor, key: &str, more: &[&str]) -> serde_json::Value {
    let rows = agor.json(&[&["settings", "--json"], more].concat());
    let mut rows = rows.as_array().expect("rows").iter();
    rows.find(|row| row["key"] == key)
        .expect("the setting")
        .clone()
}

#[test]
fn every_setting_says_what_holds_and_where_that_was_said() {
    let agor = Agor::new();
    let default = row(&agor, "window.theme", &[]);
    assert_eq!(
        (&default["value"], &default["origin"]),
        (&"dark".into(), &"default".into())
    );
    write(
        &agor,
        "# mine\n[window]\ntheme = \"nord\"\n[projects.\"/work\"]\nagents.stall_secs = 60\n",
    );
    let said = row(&agor, "window.theme", &[]);
    assert_eq!((&said["value"], &said["line"]), (&"nord".into(), &3.into()));
    let stall = row(&agor, "agents.stall_secs", &["--project", "/work/deep"]);
    assert_eq!(
        (&stall["value"], &stall["project"]),
        (&60.into(), &"/work".into())
    );
    let table = agor.ok(&["settings", "--project", "/work"]);
    assert!(table.contains("config.toml:5, for /work"), "{table}");
}

#[test]
fn a_setting_is_said_and_unsaid_from_the_command_line_and_the_rest_of_the_file_stays() {
    let agor = Agor::new();
    let file = write(&agor, "# mine\n[window] # looks\nfont_size = 13 # small\n");
    agor.ok(&[
        "settings",
        "--set",
        "window.theme=nord",
        "--set",
        "window.font_size=15",
    ]);
    let text = fs::read_to_string(&file).expect("settings");
    assert_eq!(
        text,
        "# mine\n[window] # looks\nfont_size = 15 # small\ntheme = \"nord\"\n"
    );
    agor.ok(&[
        "settings",
        "--project",
        "/work",
        "--set",
        "notifications.enabled=false",
    ]);
    agor.ok(&["settings", "--set", "window.theme="]);
    let text = fs::read_to_string(&file).expect("settings");
    let project = "[projects.\"/work\"]\nnotifications.enabled = false\n";
    assert_eq!(
        text,
        format!("# mine\n[window] # looks\nfont_size = 15 # small\n\n{project}")
    );
    for wrong in [
        "nonsense=1",
        "window.ligatures=maybe",
        "agents.stall_secs=1",
        "shell",
    ] {
        let done = agor.run(&["settings", "--set", wrong]);
        assert_eq!(done.code, 2, "{wrong}: {}", done.stdout);
    }
    assert_eq!(fs::read_to_string(&file).expect("settings"), text);
}

#[test]
fn a_damaged_file_is_named_by_its_place_and_not_written() {
    let agor = Agor::new();
    let file = write(&agor, "shell = \"x\"\n[window]\ntheme = nord\n");
    let done = agor.run(&["settings"]);
    assert_eq!(done.code, 1, "{}", done.stderr);
    assert!(done.stderr.contains("line 3, column 9"), "{}", done.stderr);
    let done = agor.run(&["settings", "--set", "window.font_size=15"]);
    assert_eq!(done.code, 2, "{}", done.stderr);
    let text = fs::read_to_string(&file).expect("settings");
    assert_eq!(text, "shell = \"x\"\n[window]\ntheme = nord\n");
}

#[test]
fn a_projects_variables_reach_what_is_started_in_it_as_soon_as_they_are_said() {
    let mut agor = Agor::new();
    write(&agor, "");
    agor.start_host();
    let work = agor.work();
    let work = work.to_str().expect("utf-8");
    agor.ok(&[
        "settings",
        "--project",
        work,
        "--set",
        "environment={ GREETING = \"hello\" }",
    ]);
    step_until("the host has read the settings", || {
        let started = agor.ok(&[
            "new",
            "--project",
            work,
            "--",
            "sh",
            "-c",
            "echo [$GREETING]",
        ]);
        let session = started.trim();
        agor.ok(&["wait", session, "--exit", "--timeout", "20"]);
        let said = agor.ok(&["export", session, "--text"]);
        said.contains("[hello]").then_some(())
    });
}

#[test]
fn another_programs_theme_is_imported_listed_and_printed() {
    let agor = Agor::new();
    let fixtures = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../crates/agor-core/tests/fixtures/themes"
    );
    let file = format!("{fixtures}/iterm2/theme.itermcolors");
    let said = agor.ok(&["theme", "import", &file, "--name", "My Gruvbox"]);
    assert!(said.starts_with("my_gruvbox (iTerm2) is in "), "{said}");
    let again = agor.run(&["theme", "import", &file, "--name", "My Gruvbox"]);
    assert_eq!(again.code, 2);
    assert!(
        again.stderr.contains("is there already"),
        "{}",
        again.stderr
    );
    agor.ok(&[
        "theme",
        "import",
        &file,
        "--name",
        "My Gruvbox",
        "--replace",
    ]);
    let listed = agor.json(&["theme", "list", "--json"]);
    let listed = listed.as_array().expect("rows");
    assert_eq!(listed.len(), 18);
    assert_eq!(listed[17]["id"], "my_gruvbox");
    let printed = agor.ok(&["theme", "export", "my_gruvbox"]);
    assert!(printed.contains("pane = \"#282828\""), "{printed}");
    let printed = agor.ok(&["theme", "export", "my_gruvbox", "--as", "ghostty"]);
    let file = agor.write("gruvbox", &printed);
    let file = file.to_str().expect("utf-8");
    let said = agor.ok(&["theme", "import", file, "--name", "Again"]);
    assert!(said.starts_with("again (Ghostty) is in "), "{said}");
    assert_eq!(
        agor.run(&["theme", "export", "nord", "--as", "none"]).code,
        2
    );
    let nonsense = agor.write("nonsense.txt", "hello\n");
    let nonsense = agor.run(&["theme", "import", nonsense.to_str().expect("utf-8")]);
    assert_eq!(nonsense.code, 2);
    assert!(
        nonsense.stderr.contains("no theme that can be read"),
        "{}",
        nonsense.stderr
    );
    assert_eq!(agor.run(&["theme", "export", "none"]).code, 2);
}

#[test]
fn what_is_said_of_a_session_goes_with_it_and_that_of_another_hosts_stays() {
    let agor = Agor::started();
    let elsewhere = "[sessions.01911c7e-0000-7000-8000-000000000000]\nwindow.theme = \"nord\"\n";
    let file = write(&agor, elsewhere);
    let session = agor.session("exit 0");
    agor.json(&["wait", &session, "--exit", "--json"]);
    let set = ["settings", "--session", &session, "--set"];
    agor.ok(&[&set[..], &["window.theme=light"]].concat());
    let said = || fs::read_to_string(&file).expect("settings");
    assert!(said().contains(&session));
    agor.ok(&["rm", &session]);
    step_until("nothing is said of it any more", || {
        (said() == elsewhere).then_some(())
    });
}
