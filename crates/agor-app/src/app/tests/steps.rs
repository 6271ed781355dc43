//! The first steps: from an empty window to an agent, by keyboard.

use agor_proto::command::CommandBody;
use agor_proto::session::SessionSpec;
use egui::Key;
use egui_kittest::kittest::Queryable;

use super::looks::settings;
use super::world::World;
use crate::commands::Command;
use crate::link::Request;
use crate::link::snapshot::{KnownAgent, Stored};
use crate::testing::session_info;

fn world() -> World {
    let mut world = World::new(Stored::Missing, &[]);
    let known = |id: &str, here| KnownAgent {
        id: id.into(),
        name: id.to_uppercase(),
        here,
        get: format!("npm i {id}"),
        ..KnownAgent::default()
    };
    world.change(|snapshot| {
        snapshot.agents = vec![known("aider", false), known("claude", true)].into();
        snapshot.settings = settings("[projects.\"/work\"]\ntrusted = true").into();
    });
    world
}

fn press(world: &mut World, key: Key) {
    world.harness.key_press(key);
    world.harness.run();
}

/// Returns what was made since the last look.
fn made(world: &mut World) -> Vec<SessionSpec> {
    let requests = world.requests().into_iter();
    let made = requests.filter_map(|request| match request {
        Request::Command(CommandBody::Create { spec, .. }) => Some(spec),
        _ => None,
    });
    made.collect()
}

#[test]
fn a_first_window_leads_to_an_agent_in_three_steps() {
    let mut world = world();
    assert!(made(&mut world).is_empty(), "nothing is started unasked");
    for label in ["Start your first agent", "Folder"] {
        assert!(world.harness.query_by_label(label).is_some(), "{label}");
    }
    world.harness.get_by_label("Folder").type_text("/deep");
    world.harness.run();
    press(&mut world, Key::Enter);
    assert!(world.harness.query_by_label("CLAUDE").is_some());
    press(&mut world, Key::Enter);
    world
        .harness
        .get_by_label("First words")
        .type_text("mend the tests");
    world.harness.run();
    press(&mut world, Key::Enter);
    let made = made(&mut world);
    let agent = made[0].agent.as_ref().unwrap();
    assert_eq!(made[0].folder, "/work/project/deep");
    assert_eq!(agent.provider, "claude");
    assert_eq!(agent.prompt.as_deref(), Some("mend the tests"));
    assert!(
        world
            .harness
            .query_by_label("Start your first agent")
            .is_none()
    );
    assert!(world.app().workspace.focused_session().is_some());
}

#[test]
fn escape_leads_back_step_by_step_and_to_the_shell() {
    let mut world = world();
    press(&mut world, Key::Enter);
    press(&mut world, Key::Escape);
    assert!(world.harness.query_by_label("CLAUDE").is_none());
    press(&mut world, Key::Escape);
    let made = made(&mut world);
    assert_eq!((made.len(), made[0].folder.as_str()), (1, "/work/project"));
    assert!(made[0].agent.is_none());
}

#[test]
fn who_wants_no_agent_yet_takes_the_shell_and_one_that_is_not_here_is_not_started() {
    let mut world = world();
    press(&mut world, Key::Enter);
    press(&mut world, Key::ArrowUp);
    // The last one is not installed.
    press(&mut world, Key::Enter);
    assert!(made(&mut world).is_empty());
    assert!(world.harness.query_by_label("AIDER").is_some());
    world.harness.get_by_label("Your shell").click();
    world.harness.run();
    let made = made(&mut world);
    assert_eq!(made.len(), 1);
    assert!(made[0].agent.is_none());
}

#[test]
fn who_has_said_so_gets_the_shell_at_once() {
    let mut world = World::unbegun();
    let settings = super::looks::settings("window.welcome = false");
    world.change(|snapshot| snapshot.settings = settings.into());
    world.begin(Stored::Missing, &[]);
    assert_eq!(made(&mut world).len(), 1);
}

#[test]
fn the_first_steps_are_there_again_when_asked_for() {
    let mut world = World::new(World::layout(&[1]), &[session_info(1, "bash")]);
    world.command(Command::Welcome);
    assert!(
        world
            .harness
            .query_by_label("Start your first agent")
            .is_some()
    );
}
