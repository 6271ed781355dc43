//! The page of settings: what it shows, what it asks for, and how it is left.

use agor_core::config::schema::SETTINGS;
use agor_core::config::{For, ThemeWish, Value, Whose};
use agor_core::themes::{DARK, LIGHT};
use egui::{Key, Role, Vec2};
use egui_kittest::kittest::{NodeT, Queryable};

use super::looks::settings;
use super::world::World;
use crate::commands::Command;
use crate::link::Request;
use crate::link::snapshot::KnownAgent;
use crate::testing::session_info;

fn world(text: &str) -> World {
    let mut world = World::new(World::layout(&[1]), &[session_info(1, "bash")]);
    let set = settings(text);
    world.change(|snapshot| {
        snapshot.settings = set.into();
        snapshot.themes = agor_core::themes::all_built_in().into();
    });
    world.command(Command::Settings);
    world.requests();
    world
}

fn search(world: &mut World, text: &str) {
    world.harness.get_by_label("Search settings").focus();
    world.harness.run();
    world
        .harness
        .get_by_label("Search settings")
        .type_text(text);
    world.harness.run();
}

/// Returns what was said since the last look: setting, for whom, and value.
fn said(world: &mut World) -> Vec<(&'static str, Option<String>, Option<Value>)> {
    let requests = world.requests().into_iter();
    let said = requests.filter_map(|request| match request {
        Request::Say { key, of, value } => {
            let of = match of {
                Whose::All => None,
                Whose::Group(id) => Some(format!("group {id}")),
                Whose::Project(folder) => Some(folder),
                Whose::Session { session, .. } => Some(format!("session {session}")),
            };
            Some((key, of, value))
        }
        _ => None,
    });
    said.collect()
}

#[test]
fn every_setting_is_drawn_with_a_control_of_its_name_in_a_dark_and_a_light_theme() {
    for theme in [DARK, LIGHT] {
        let mut world = world(&format!("window.theme = \"{theme}\""));
        assert_eq!(&*world.app().theme.id, theme);
        let color = world.app().theme.text;
        // All of them are in view.
        world.harness.set_size(Vec2::new(1_000.0, 8_000.0));
        let mut drawn = 0;
        for (chip, of) in [
            ("For all", For::All),
            ("For project", For::Project("/work/project")),
        ] {
            world.harness.get_by_label(chip).click();
            world.harness.run();
            let nodes = world.harness.query_all_by_label_contains("");
            let nodes = nodes.filter(|node| node.accesskit_node().role() != Role::Label);
            let controls: Vec<String> = nodes
                .filter_map(|node| node.accesskit_node().label())
                .collect();
            for setting in SETTINGS.iter().filter(|setting| of.may_say(setting)) {
                let (key, title) = (setting.key, setting.title);
                assert!(world.draws(title, color), "{key}, {chip} in {theme}");
                let of_several = format!("{title}: ");
                let named = controls
                    .iter()
                    .any(|label| label == title || label.starts_with(&of_several));
                assert!(named, "{key}, {chip} in {theme} has no control");
                drawn += usize::from(of == For::All || !For::All.may_say(setting));
            }
        }
        assert_eq!(drawn, SETTINGS.len(), "each for all or for a project");
    }
}

#[test]
fn a_few_letters_find_a_setting_and_escape_leads_back_step_by_step() {
    let mut world = world("");
    assert!(
        world
            .harness
            .query_by_role_and_label(Role::CheckBox, "Ligatures")
            .is_some()
    );
    search(&mut world, "quiet");
    assert!(
        world
            .harness
            .query_by_role_and_label(Role::CheckBox, "Ligatures")
            .is_none()
    );
    assert!(
        world
            .harness
            .query_by_role_and_label(Role::TextInput, "Quiet hours")
            .is_some()
    );
    world.harness.key_press(Key::Escape);
    world.harness.run();
    assert!(
        world
            .harness
            .query_by_role_and_label(Role::CheckBox, "Ligatures")
            .is_some()
    );
    world.harness.key_press(Key::Escape);
    world.harness.run();
    assert!(world.harness.query_by_label("Search settings").is_none());
}

#[test]
fn a_switch_says_the_other_and_a_reset_unsays_it() {
    let mut world = world("window.ligatures = false");
    search(&mut world, "ligatures");
    world
        .harness
        .get_by_role_and_label(Role::CheckBox, "Ligatures")
        .click();
    world.harness.run();
    let on = ("window.ligatures", None, Some(Value::Bool(true)));
    assert_eq!(said(&mut world), [on]);
    assert!(
        world
            .harness
            .query_by_label("config.toml, line 1")
            .is_some()
    );
    world.harness.get_by_label("Reset Ligatures").click();
    world.harness.run();
    assert_eq!(said(&mut world), [("window.ligatures", None, None)]);
}

#[test]
fn a_switch_is_worked_by_keys_alone() {
    let mut world = world("");
    search(&mut world, "ligatures");
    world
        .harness
        .get_by_role_and_label(Role::CheckBox, "Ligatures")
        .focus();
    world.harness.run();
    world.harness.key_press(Key::Space);
    world.harness.run();
    assert_eq!(
        said(&mut world),
        [("window.ligatures", None, Some(Value::Bool(false)))]
    );
}

#[test]
fn what_is_typed_is_said_by_enter_and_what_does_not_belong_there_is_told() {
    let mut world = world("");
    search(&mut world, "stalled after");
    let field = world
        .harness
        .get_by_role_and_label(Role::TextInput, "Stalled after");
    field.focus();
    world.harness.run();
    world
        .harness
        .get_by_role_and_label(Role::TextInput, "Stalled after")
        .type_text("0");
    world.harness.run();
    world.harness.key_press(Key::Enter);
    world.harness.run();
    assert_eq!(
        said(&mut world),
        [("agents.stall_secs", None, Some(Value::Whole(3000)))]
    );
    world
        .harness
        .get_by_role_and_label(Role::TextInput, "Stalled after")
        .focus();
    world.harness.run();
    world
        .harness
        .get_by_role_and_label(Role::TextInput, "Stalled after")
        .type_text("x");
    world.harness.run();
    world.harness.key_press(Key::Enter);
    world.harness.run();
    assert_eq!(said(&mut world), []);
    let told = "agents.stall_secs is a whole number from 10 to 86400";
    assert!(world.harness.query_by_label(told).is_some());
}

#[test]
fn a_project_says_its_own_and_only_what_it_may() {
    let mut world = world(
        "agents.stall_secs = 60\n[projects.\"/work/project\"]\nnotifications.enabled = false",
    );
    world.harness.get_by_label("For project").click();
    world.harness.run();
    assert!(
        world
            .harness
            .query_by_role_and_label(Role::TextInput, "Font size")
            .is_none()
    );
    assert!(
        world
            .harness
            .query_by_label("config.toml, line 1")
            .is_some()
    );
    assert!(
        world
            .harness
            .query_by_label("for project, line 3")
            .is_some()
    );
    search(&mut world, "notify");
    world
        .harness
        .get_by_role_and_label(Role::CheckBox, "Notify")
        .click();
    world.harness.run();
    let project = Some("/work/project".to_owned());
    assert_eq!(
        said(&mut world),
        [("notifications.enabled", project, Some(Value::Bool(true)))]
    );
}

#[test]
fn a_group_says_its_own_for_all_its_projects() {
    let mut world = world(
        "agents.stall_secs = 60\n[groups.shop]\nname = \"Shop\"\nfolders = [\"/work\"]\nagents.stall_secs = 90",
    );
    world.harness.get_by_label("For group Shop").click();
    world.harness.run();
    search(&mut world, "stalled after");
    assert!(
        world
            .harness
            .query_by_label("for group Shop, line 5")
            .is_some()
    );
    world.harness.get_by_label("Reset Stalled after").click();
    world.harness.run();
    let of = Some("group shop".to_owned());
    assert_eq!(said(&mut world), [("agents.stall_secs", of.clone(), None)]);
    // The project has it from its group, and cannot unsay it there.
    world.harness.get_by_label("For project").click();
    world.harness.run();
    assert!(
        world
            .harness
            .query_by_label("for group Shop, line 5")
            .is_some()
    );
    assert!(
        world
            .harness
            .query_by_label("Reset Stalled after")
            .is_none()
    );
}

#[test]
fn an_agent_is_chosen_from_those_that_are_known() {
    let mut world = world("agents.provider = \"gone\"");
    let known = |id: &str, name: &str| KnownAgent {
        id: id.into(),
        name: name.into(),
        here: true,
        get: String::new(),
        ..KnownAgent::default()
    };
    let agents = vec![known("claude", "Claude Code"), known("codex", "Codex")];
    world.change(|snapshot| snapshot.agents = agents.into());
    search(&mut world, "agents.provider");
    world
        .harness
        .get_by_label("Agent: gone (not known)")
        .click();
    world.harness.run();
    world.harness.get_by_label("Agent: choose Codex").click();
    world.harness.run();
    let codex = Some(Value::Text("codex".into()));
    assert_eq!(said(&mut world), [("agents.provider", None, codex)]);
    assert!(
        world
            .harness
            .query_by_label("Agent: choose Codex")
            .is_none()
    );
    world
        .harness
        .get_by_label("Agent: gone (not known)")
        .click();
    world.harness.run();
    world
        .harness
        .get_by_label("Agent: choose none, so that you choose")
        .click();
    world.harness.run();
    assert_eq!(said(&mut world), [("agents.provider", None, None)]);
}

#[test]
fn a_theme_is_chosen_for_the_file_and_the_page_is_there_again() {
    let mut world = world("");
    search(&mut world, "window.theme");
    world.harness.get_by_label("Theme: dark").click();
    world.harness.run();
    world
        .harness
        .get_by_label("Choose a theme")
        .type_text("nord");
    world.harness.run();
    assert_eq!(&*world.app().theme.id, "nord");
    world.harness.key_press(Key::Enter);
    world.harness.run();
    let nord = Value::Theme(ThemeWish::Always("nord".into()));
    assert_eq!(said(&mut world), [("window.theme", None, Some(nord))]);
    assert!(world.harness.query_by_label("Search settings").is_some());
    assert_eq!(
        &*world.app().theme.id,
        "nord",
        "before the file is written, too"
    );
    let set = settings("window.theme = \"nord\"");
    world.change(|snapshot| snapshot.settings = set.into());
    assert_eq!(&*world.app().theme.id, "nord");
    assert!(
        world
            .harness
            .query_by_label("config.toml, line 1")
            .is_some()
    );
}

#[test]
fn escape_in_the_chooser_leads_back_to_the_page_and_says_nothing() {
    let mut world = world("");
    search(&mut world, "window.theme");
    world.harness.get_by_label("Theme: dark").click();
    world.harness.run();
    world.harness.key_press(Key::ArrowDown);
    world.harness.run();
    assert_eq!(&*world.app().theme.id, "light");
    world.harness.key_press(Key::Escape);
    world.harness.run();
    assert_eq!(&*world.app().theme.id, "dark");
    assert!(world.harness.query_by_label("Search settings").is_some());
    assert_eq!(said(&mut world), []);
}

#[test]
fn states_are_chosen_one_by_one() {
    let mut world = world("");
    search(&mut world, "notifications.on");
    world.harness.get_by_label("Of what: done").click();
    world.harness.run();
    let left = ["needs_permission", "needs_answer", "error"].map(str::to_owned);
    assert_eq!(
        said(&mut world),
        [("notifications.on", None, Some(Value::List(left.to_vec())))]
    );
}

#[test]
fn a_damaged_file_is_named_on_the_page() {
    let mut world = world("");
    let complaint = "config.toml is damaged in line 3, column 9";
    world.change(|snapshot| {
        let mut settings = (*snapshot.settings).clone();
        settings.complaints = vec![complaint.to_owned()];
        snapshot.settings = settings.into();
    });
    assert!(world.harness.query_by_label(complaint).is_some());
}

#[test]
fn fonts_are_seen_before_one_is_chosen_and_escape_takes_them_back() {
    let mut world = world("");
    search(&mut world, "family");
    world
        .harness
        .get_by_label("Font: the one that comes with agor")
        .click();
    world.harness.run();
    let families = std::iter::repeat_with(|| world.app().renderer.font_families());
    let families = families.flatten().next().unwrap();
    world.harness.run();
    if families.len() < 2 {
        return;
    }
    world.harness.key_press(Key::ArrowDown);
    world.harness.run();
    let tried = world.app().font().family;
    assert!(tried.is_some_and(|family| families.contains(&family)));
    world.harness.key_press(Key::Escape);
    world.harness.run();
    assert_eq!(world.app().font().family, None);
    world
        .harness
        .get_by_label("Font: the one that comes with agor")
        .click();
    world.harness.run();
    world.harness.key_press(Key::ArrowDown);
    world.harness.run();
    world.harness.key_press(Key::Enter);
    world.harness.run();
    let said = said(&mut world);
    assert!(
        matches!(
            &said[..],
            [("window.font_family", None, Some(Value::Text(_)))]
        ),
        "{said:?}"
    );
}

#[test]
fn the_page_of_a_tiny_window_is_drawn() {
    let mut world = world("");
    world.harness.set_size(egui::Vec2::new(240.0, 120.0));
    world.harness.run();
    assert!(world.harness.query_by_label("Search settings").is_some());
}
