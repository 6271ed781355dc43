//! A day's work by key, as the host and the clipboard see it: projects, agents, output, themes, lists and pages.

use std::fs;

use super::life::layout;
use super::look::is_mostly;
use super::stage::{Stage, Window};
use crate::agor::step_until;

/// An agent that does what it is told: a shell's words.
const PROVIDER: &str = r#"
[scripted]
name = "Scripted"
programs = ["env"]
prompt = ["sh", "-c", "{prompt}"]
"#;

/// An agent that asks for permission and does what it is told.
const ASKING: &str = r#"
printf '\033]7501;state=idle:app=scripted\007\033]7501;state=blocked:kind=permission\007'
while read -r line; do eval "$line"; done
"#;

/// Waits until the question of trust is drawn: a key that comes before is no answer.
fn is_asked_about_a_folder(window: &Window) {
    step_until("the folder is asked about", || {
        let asks = "a folder is asked about";
        window.log().contains(asks).then_some(())
    });
}

#[test]
fn a_folder_is_opened_as_a_project_and_three_agents_are_started_in_it_by_key() {
    let mut stage = Stage::without_host();
    let folder = stage.agor.path("home/.config/agor");
    fs::write(folder.join("providers.toml"), PROVIDER).expect("a provider");
    let project = stage.agor.path("shop");
    fs::create_dir_all(&project).expect("a project");
    stage.agor.start_host();
    let window = stage.open(&[]);
    stage.running_are(1);
    stage.act(&window, &["ctrl+space", "f"], "project.open");
    stage.press(&["ctrl+a"]);
    stage.type_text(project.to_str().expect("utf-8"));
    stage.press(&["Return"]);
    let shell = stage.running_are(2).remove(1);
    let info = stage.agor.info(&shell);
    assert_eq!(info["folder"].as_str(), project.to_str());
    for (at, word) in ["one", "two", "three"].into_iter().enumerate() {
        stage.act(&window, &["ctrl+shift+s"], "agent.new");
        stage.type_text("Scripted");
        stage.press_and_rest(&window, &["Return"]);
        stage.type_text(&format!("echo agent-{word}-$((6*7)); sleep 600"));
        stage.press_and_rest(&window, &["Return"]);
        if at == 0 {
            // The folder is seen for the first time.
            is_asked_about_a_folder(&window);
            stage.press(&["t"]);
        }
        let agent = stage.running_are(3 + at).remove(2 + at);
        stage.agor.screen_with(&agent, &format!("agent-{word}-42"));
        let info = stage.agor.info(&agent);
        assert_eq!(info["folder"].as_str(), project.to_str());
    }
    let projects = step_until("all of it is stored", || {
        let projects = layout(&stage.agor)["projects"].as_array().cloned()?;
        let tabs = projects.get(1)?["tabs"].as_array()?.len();
        (tabs == 4).then_some(projects)
    });
    assert_eq!(projects.len(), 2);
}

#[test]
fn the_output_of_an_earlier_command_is_found_by_its_prompt_and_copied() {
    let mut stage = Stage::new();
    let window = stage.open(&[]);
    let session = stage.running_are(1).remove(0);
    stage.type_text("seq 1 300");
    stage.press(&["Return"]);
    stage.agor.screen_with(&session, "300");
    stage.type_text("echo later-$((6*7))");
    stage.press(&["Return"]);
    stage.agor.screen_with(&session, "later-42");
    stage.act(&window, &["ctrl+shift+y"], "prompt.copy_output");
    step_until("the last output is on the clipboard", || {
        (super::clipboard::get(&stage).trim() == "later-42").then_some(())
    });
    // The prompt of the first, far above.
    stage.act(&window, &["ctrl+shift+z"], "prompt.previous");
    stage.press_and_rest(&window, &["Shift_L"]);
    let lines: Vec<_> = (1..=300).map(|line| line.to_string()).collect();
    stage.act(&window, &["ctrl+shift+y"], "prompt.copy_output");
    step_until("the earlier one is", || {
        (super::clipboard::get(&stage).trim() == lines.join("\n")).then_some(())
    });
}

#[test]
fn the_theme_is_switched_by_key_and_stays_so_in_the_next_window() {
    let mut stage = Stage::new();
    let window = stage.open(&[]);
    stage.running_are(1);
    let (dark, light) = ([0x10, 0x12, 0x16], [0xff, 0xff, 0xff]);
    is_mostly(&stage, &window, "it begins dark", dark);
    stage.act(&window, &["ctrl+space", "shift+t"], "view.theme");
    is_mostly(&stage, &window, "the light theme is shown", light);
    step_until("that is stored", || {
        layout(&stage.agor)
            .to_string()
            .contains("light")
            .then_some(())
    });
    window.crash();
    let window = stage.open(&[]);
    is_mostly(&stage, &window, "the next window is light", light);
}

#[test]
fn a_session_is_chosen_on_the_wall_by_letters_and_enter() {
    let mut stage = Stage::new();
    let window = stage.open(&[]);
    let first = stage.running_are(1).remove(0);
    stage.act(&window, &["ctrl+shift+t"], "tab.new");
    let second = stage.running_are(2).remove(1);
    stage.act(&window, &["ctrl+space", "r"], "session.rename");
    stage.press(&["ctrl+a"]);
    stage.type_text("prices");
    stage.press(&["Return"]);
    step_until("it has its name", || {
        (stage.agor.info(&second)["name"] == "prices").then_some(())
    });
    stage.act(&window, &["ctrl+space", "1"], "tab.1");
    stage.act(&window, &["ctrl+shift+g"], "view.wall");
    stage.type_text("pric");
    stage.press_and_rest(&window, &["Right"]);
    stage.press_and_rest(&window, &["Return"]);
    stage.type_text("echo chosen-$((6*7))");
    stage.press(&["Return"]);
    stage.agor.screen_with(&second, "chosen-42");
    assert!(!stage.agor.screen(&first).contains("pric"));
}

#[test]
fn a_list_is_gone_through_by_the_persons_own_keys_as_they_are_saved() {
    let mut stage = Stage::new();
    let first = stage.agor.session(ASKING);
    let second = stage.agor.session(ASKING);
    for session in [&first, &second] {
        step_until("it asks", || {
            (stage.agor.info(session)["state"] == "needs_permission").then_some(())
        });
    }
    let window = stage.open(&[]);
    let keys = stage.agor.path("home/.config/agor/keybindings.json");
    let text = r#"[
        { "key": "n", "command": "list.next" },
        { "key": "f7", "command": "list.open" },
    ]"#;
    fs::write(keys, text).expect("keys");
    step_until("they are in use", || {
        let told = stage.ok(
            crate::agor::agor().to_str().expect("utf-8"),
            &["keys", "explain", "n"],
        );
        told.contains("In a list: List: next line").then_some(())
    });
    stage.press_and_rest(&window, &["Shift_L"]);
    for (keys, session, word) in [
        (&["F7"][..], &first, "longest"),
        (&["n", "F7"][..], &second, "next"),
    ] {
        stage.act(&window, &["ctrl+shift+i"], "attention.list");
        stage.press_and_rest(&window, keys);
        stage.type_text(&format!("echo {word}-$((6*7))"));
        stage.press(&["Return"]);
        stage.agor.screen_with(session, &format!("{word}-42"));
    }
}

#[test]
fn the_next_that_needs_you_is_shown_by_key_and_one_key_leads_back() {
    let mut stage = Stage::new();
    let [first, second] = [(); 2].map(|()| {
        let session = stage.agor.session(ASKING);
        step_until("it asks", || {
            (stage.agor.info(&session)["state"] == "needs_permission").then_some(())
        });
        session
    });
    let window = stage.open(&[]);
    let shell = stage.running_are(3).remove(2);
    stage.press_and_rest(&window, &["Shift_L"]);
    for (chord, command, session, word) in [
        ("ctrl+shift+n", "attention.next", &first, "longest"),
        ("ctrl+shift+n", "attention.next", &second, "next"),
        ("ctrl+shift+m", "attention.back", &first, "back"),
        ("ctrl+shift+m", "attention.back", &shell, "home"),
    ] {
        stage.act(&window, &[chord], command);
        stage.type_text(&format!("echo {word}-$((6*7))"));
        stage.press(&["Return"]);
        stage.agor.screen_with(session, &format!("{word}-42"));
    }
}

#[test]
fn the_first_steps_lead_to_an_agent_at_work_in_a_folder_of_its_own_by_key() {
    let mut stage = Stage::without_host();
    let folder = stage.agor.path("home/.config/agor");
    fs::write(folder.join("providers.toml"), PROVIDER).expect("a provider");
    // Of the agents that are installed the first that is offered.
    let settings = "[agents]\nprovider = \"scripted\"\n";
    fs::write(folder.join("config.toml"), settings).expect("settings");
    let project = stage.agor.path("shop");
    fs::create_dir_all(&project).expect("a project");
    stage.agor.start_host();
    let window = stage.open(&[]);
    stage.press_and_rest(&window, &["ctrl+a"]);
    stage.type_text(project.to_str().expect("utf-8"));
    // Once for the folder, once for the agent.
    stage.press_and_rest(&window, &["Return"]);
    stage.press_and_rest(&window, &["Return"]);
    stage.type_text("echo step-$((6*7)); sleep 600");
    stage.press_and_rest(&window, &["Return"]);
    is_asked_about_a_folder(&window);
    assert_eq!(stage.running(), [""; 0], "the folder is asked about first");
    stage.press(&["t"]);
    let agent = stage.running_are(1).remove(0);
    stage.agor.screen_with(&agent, "step-42");
    let info = stage.agor.info(&agent);
    assert_eq!(info["folder"].as_str(), project.to_str());
}

#[test]
fn pages_stand_beside_a_terminal_by_key_and_are_there_after_a_crash() {
    let mut stage = Stage::new();
    let window = stage.open(&[]);
    let session = stage.running_are(1).remove(0);
    stage.act(&window, &["ctrl+space", "shift+i"], "agent.explain");
    stage.act(&window, &["ctrl+space", "m", "b"], "page.beside");
    stage.act(&window, &["ctrl+shift+Left"], "focus.left");
    stage.type_text("echo beside-$((6*7))");
    stage.press(&["Return"]);
    stage.agor.screen_with(&session, "beside-42");
    stage.act(&window, &["ctrl+space", "shift+o"], "view.log");
    stage.press_and_rest(&window, &["End", "q"]);
    stage.type_text("echo closed-$((6*7))");
    stage.press(&["Return"]);
    stage.agor.screen_with(&session, "closed-42");
    let page = |stage: &Stage| {
        step_until("the page is in the layout", || {
            let json = layout(&stage.agor).to_string();
            json.contains("agent.explain").then_some(())
        });
    };
    page(&stage);
    window.crash();
    let window = stage.open(&[]);
    page(&stage);
    stage.act(&window, &["ctrl+shift+Right"], "focus.right");
    stage.press_and_rest(&window, &["q"]);
    step_until("it is closed", || {
        let json = layout(&stage.agor).to_string();
        (!json.contains("agent.explain")).then_some(())
    });
    stage.type_text("echo alone-$((6*7))");
    stage.press(&["Return"]);
    stage.agor.screen_with(&session, "alone-42");
}
