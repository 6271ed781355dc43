//! A project of several folders: one project everywhere, and a shell in each.

use agor_core::config::{Value, Whose};
use agor_proto::command::CommandBody;
use agor_proto::session::SessionInfo;
use egui_kittest::kittest::Queryable;

use super::looks::settings;
use super::world::World;
use crate::commands::Command;
use crate::link::Request;
use crate::link::snapshot::Stored;
use crate::testing::session_info;
use crate::workspace::Workspace;

const SHOP: &str = "[projects.\"/work/shop\"]\nname = \"The shop\"\nfolders = [\"/work/prices\"]";

fn sessions() -> Vec<SessionInfo> {
    let of = |number, name: &str, folder: &str| SessionInfo {
        folder: folder.into(),
        ..session_info(number, name)
    };
    vec![
        of(1, "one", "/work/shop"),
        of(2, "two", "/work/prices"),
        of(3, "three", "/work/site"),
    ]
}

fn world() -> World {
    let mut workspace = Workspace::default();
    for info in sessions() {
        workspace.open_tab(&info.folder, info.id);
    }
    workspace.active = 1;
    let layout = Stored::Is(workspace.to_json().into());
    let mut world = World::new(layout, &sessions());
    world.harness.get_by_label("Project prices");
    let set = settings(SHOP);
    world.change(|snapshot| snapshot.settings = set.into());
    world.requests();
    world
}

/// Returns the folder in which a session was asked for last.
fn started_in(world: &mut World) -> Option<String> {
    let requests = world.requests().into_iter().rev();
    let mut created = requests.filter_map(|request| match request {
        Request::Command(CommandBody::Create { spec, .. }) => Some(spec.folder),
        _ => None,
    });
    created.next()
}

#[test]
fn further_folders_are_one_project_with_the_tabs_of_all() {
    let mut world = world();
    world.harness.get_by_label("Project The shop");
    assert!(world.harness.query_by_label("Project prices").is_none());
    let projects = &world.app().workspace.projects;
    let tabs: Vec<_> = projects
        .iter()
        .map(|project| (project.folder.as_str(), project.tabs.len()))
        .collect();
    assert_eq!(tabs, [("/work/shop", 2), ("/work/site", 1)]);
    // What had the keyboard has it.
    let focused = world.app().workspace.focused_session();
    assert_eq!(focused, Some(sessions()[1].id));
}

#[test]
fn a_shell_is_opened_in_a_folder_of_the_project_and_a_split_stays_in_it() {
    let mut world = world();
    world.command(Command::NewTabIn);
    world.harness.get_by_label_contains("prices").click();
    world.harness.run();
    assert_eq!(started_in(&mut world).as_deref(), Some("/work/prices"));
    assert_eq!(world.app().workspace.projects[0].tabs.len(), 3);
    world.harness.get_by_label("Session two, running").click();
    world.harness.run();
    world.command(Command::SplitRight);
    assert_eq!(started_in(&mut world).as_deref(), Some("/work/prices"));
}

#[test]
fn a_path_that_is_typed_becomes_one_of_the_projects_folders() {
    let mut world = world();
    world.command(Command::NewTabIn);
    let field = "A folder of this project, or the path of a further one";
    world.harness.get_by_label(field).type_text("/work/api/");
    world.harness.run();
    world.harness.key_press(egui::Key::Enter);
    world.harness.run();
    let requests = world.requests();
    let said = requests.iter().find_map(|request| match request {
        Request::Say { key, of, value } => Some((*key, of.clone(), value.clone())),
        _ => None,
    });
    let folders = ["/work/prices", "/work/api"].map(str::to_owned).to_vec();
    let of = Whose::Project("/work/shop".into());
    assert_eq!(said, Some(("folders", of, Some(Value::List(folders)))));
    let in_api = |request: &Request| matches!(request, Request::Command(CommandBody::Create { spec, .. }) if spec.folder == "/work/api");
    assert!(requests.iter().any(in_api));
}
