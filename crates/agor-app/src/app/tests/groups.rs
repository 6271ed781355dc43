//! Groups of projects: in the sidebar, by keys, and how a project gets into one.

use agor_core::config::{Value, Whose};
use agor_proto::session::SessionInfo;
use egui_kittest::kittest::Queryable;

use super::looks::settings;
use super::world::World;
use crate::commands::Command;
use crate::link::Request;
use crate::link::snapshot::Stored;
use crate::testing::{session_id, session_info};
use crate::workspace::Workspace;

fn sessions() -> Vec<SessionInfo> {
    let of = |number, name: &str, folder: &str| SessionInfo {
        folder: folder.into(),
        ..session_info(number, name)
    };
    vec![
        of(1, "one", "/work/cart"),
        of(2, "two", "/work/site"),
        of(3, "three", "/work/prices"),
    ]
}

fn world(text: &str) -> World {
    let mut workspace = Workspace::default();
    for info in sessions() {
        workspace.open_tab(&info.folder, info.id);
    }
    workspace.active = 0;
    let mut world = World::new(Stored::Is(workspace.to_json().into()), &sessions());
    let set = settings(text);
    world.change(|snapshot| snapshot.settings = set.into());
    world.requests();
    world
}

const SHOP: &str = "[groups.shop]\nname = \"Shop\"\nfolders = [\"/work/prices\", \"/work/cart\"]\n\
    [projects.\"/work/cart\"]\nname = \"The cart\"";

fn top(world: &World, label: &str) -> f32 {
    world.harness.get_by_label(label).rect().min.y
}

#[test]
fn projects_stand_below_their_group_and_the_others_behind() {
    let world = world(SHOP);
    let labels = [
        "Group Shop",
        "Project The cart",
        "Session one, running",
        "Project prices",
        "Session three, running",
        "Group Other projects",
        "Project site",
    ];
    let tops: Vec<_> = labels.iter().map(|label| top(&world, label)).collect();
    assert!(tops.is_sorted(), "{tops:?}");
}

#[test]
fn without_groups_there_are_no_headings() {
    let world = world("");
    assert!(
        world
            .harness
            .query_by_label("Group Other projects")
            .is_none()
    );
    assert!(top(&world, "Project cart") < top(&world, "Project site"));
}

#[test]
fn what_is_folded_is_left_out_and_stays_so() {
    let mut world = world(SHOP);
    world.harness.get_by_label("Fold The cart").click();
    world.harness.run();
    let session = "Session one, running";
    assert!(world.harness.query_by_label(session).is_none());
    world.harness.get_by_label("Group Shop").click();
    world.harness.run();
    assert!(world.harness.query_by_label("Project prices").is_none());
    assert!(world.harness.query_by_label("Project site").is_some());
    let stored = world.app().workspace.to_json();
    let again = Workspace::from_json(&stored).unwrap();
    assert_eq!(again.folded, world.app().workspace.folded);
    assert_eq!(again.folded.len(), 2);
    world.harness.get_by_label("Group Shop, folded").click();
    world.harness.run();
    assert!(world.harness.query_by_label("Project prices").is_some());
    world.command(Command::FoldProject);
    assert!(world.harness.query_by_label(session).is_some());
}

#[test]
fn the_next_project_is_the_one_below_in_the_sidebar() {
    let mut world = world(SHOP);
    let mut shown = Vec::new();
    for _ in 0..4 {
        let project = world.app().workspace.project().unwrap();
        shown.push(project.folder.clone());
        world.command(Command::NextProject);
    }
    let wanted = ["/work/cart", "/work/prices", "/work/site", "/work/cart"];
    assert_eq!(shown, wanted);
    world.command(Command::PreviousProject);
    let project = world.app().workspace.project().unwrap();
    assert_eq!(project.folder, "/work/cart");
}

fn said(world: &mut World) -> Vec<(Whose, Option<Value>)> {
    let requests = world.requests().into_iter();
    let said = requests.filter_map(|request| match request {
        Request::Say {
            key: "folders",
            of,
            value,
        } => Some((of, value)),
        _ => None,
    });
    said.collect()
}

fn put(world: &mut World, text: &str) {
    world.command(Command::GroupProject);
    let label = "Put this project into a group, or name a new one";
    world.harness.get_by_label(label).type_text(text);
    world.harness.run();
    world.harness.key_press(egui::Key::Enter);
    world.harness.run();
}

fn folders(group: &str, folders: &[&str]) -> (Whose, Option<Value>) {
    let folders = folders.iter().map(ToString::to_string).collect();
    let of = Whose::Group(group.to_owned());
    (of, Some(Value::List(folders)))
}

#[test]
fn a_project_moves_from_group_to_group_to_a_new_one_and_to_none() {
    let mut world = world(
        "[groups.shop]\nfolders = [\"/work/prices\", \"/work/cart\"]\n[groups.web]\nfolders = [\"/work/site\"]",
    );
    put(&mut world, "web");
    let moved = [
        folders("shop", &["/work/prices"]),
        folders("web", &["/work/site", "/work/cart"]),
    ];
    assert_eq!(said(&mut world), moved);
    put(&mut world, "Quite new");
    let made = [
        folders("shop", &["/work/prices"]),
        folders("Quite new", &["/work/cart"]),
    ];
    assert_eq!(said(&mut world), made);
    put(&mut world, "no group");
    assert_eq!(said(&mut world), [folders("shop", &["/work/prices"])]);
}

#[test]
fn the_rail_has_every_project_with_what_asks_most_in_it() {
    let mut world = world(SHOP);
    world.command(Command::Sidebar);
    assert!(world.harness.query_by_label("Group Shop").is_none());
    world
        .harness
        .get_by_label("Project prices, running")
        .click();
    world.harness.run();
    let shown = world.app().workspace.focused_session();
    assert_eq!(shown, Some(session_id(3)));
}
