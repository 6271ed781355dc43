//! The workspace of `agor demo`, from its own tables: every page shows what is in it.

use std::collections::BTreeMap;
use std::path::Path;

use agor_core::demo::{Demo, GROUPS, PROJECTS, SESSIONS};
use agor_proto::agent::{AgentInfo, State};
use agor_proto::command::CommandBody;
use agor_proto::session::{Life, SessionInfo};
use egui_kittest::kittest::{NodeT, Queryable};

use super::looks::settings;
use super::world::World;
use crate::app::pages::KINDS;
use crate::attention::Need;
use crate::commands::Command;
use crate::link::snapshot::Stored;
use crate::testing::{agent_info, session_id, session_info};

/// Returns its sessions, each in the state into which it comes.
fn sessions(demo: &Demo) -> Vec<SessionInfo> {
    let made = demo.sessions(&[]).into_iter().map(|(_, body)| body);
    let rows = (1..).zip(SESSIONS.iter().zip(made));
    let infos = rows.map(|(number, (row, body))| {
        let CommandBody::Create { spec, .. } = body else {
            panic!("{body:?}");
        };
        let asks = matches!(
            row.becomes,
            Some(State::NeedsPermission | State::NeedsAnswer)
        );
        let agent = row.provider.map(|provider| AgentInfo {
            provider: provider.into(),
            pending: agent_info().pending.filter(|_| asks),
            since_millis: 1_700_000_000_000 + u64::from(number),
            ..agent_info()
        });
        SessionInfo {
            folder: spec.folder.clone(),
            cwd: spec.folder,
            state: row.becomes.unwrap_or(State::Unknown),
            agent,
            life: match row.ends {
                true => Life::Exited { code: 0, signal: 0 },
                false => Life::Running,
            },
            ..session_info(number, row.name)
        }
    });
    infos.collect()
}

fn world() -> World {
    let demo = Demo::at(Path::new("/demo"));
    let sessions = sessions(&demo);
    let ids: Vec<_> = sessions.iter().map(|info| info.id).collect();
    let mut world = World::new(Stored::Is(demo.layout(&ids).into()), &sessions);
    let set = settings(&demo.settings());
    world.change(|snapshot| snapshot.settings = set.into());
    world
}

/// Returns the labels of all that is in the window.
fn labels(world: &World) -> Vec<String> {
    let all = world.harness.query_all_by_label_contains("");
    let labels = all.filter_map(|node| node.accesskit_node().label());
    labels.collect()
}

fn has(labels: &[String], text: &str) -> bool {
    labels.iter().any(|label| label.contains(text))
}

#[test]
fn the_sidebar_has_every_group_project_and_session() {
    let labels = labels(&world());
    for group in GROUPS {
        assert!(has(&labels, group.name), "{}: {labels:?}", group.name);
    }
    for project in PROJECTS {
        assert!(has(&labels, project.name), "{}: {labels:?}", project.name);
    }
    for row in SESSIONS {
        assert!(has(&labels, row.name), "{}: {labels:?}", row.name);
    }
}

#[test]
fn the_wall_has_every_session() {
    let mut world = world();
    world.command(Command::Sidebar);
    world.command(Command::Wall);
    // What is out of view is not laid out.
    world.harness.set_size(egui::Vec2::new(1_600.0, 1_600.0));
    world.harness.run();
    let labels = labels(&world);
    for row in SESSIONS.iter().filter(|row| !row.ends) {
        assert!(has(&labels, row.name), "{}: {labels:?}", row.name);
    }
}

#[test]
fn what_needs_you_are_those_that_do_what_blocks_most_first() {
    let mut world = world();
    world.command(Command::Attention);
    let labels = labels(&world);
    let needs: BTreeMap<Need, &str> = sessions(&Demo::at(Path::new("/demo")))
        .iter()
        .filter_map(|info| {
            Some((
                Need::of(info)?,
                SESSIONS.iter().find(|it| it.name == info.name)?.name,
            ))
        })
        .collect();
    assert_eq!(
        needs.len(),
        5,
        "each reason that the demonstration has, once"
    );
    let listed = labels.iter().filter_map(|label| {
        let of = needs
            .iter()
            .find(|(need, name)| label.starts_with(&format!("{name}, {}: ", need.words())));
        of.map(|(_, name)| *name)
    });
    let expected: Vec<_> = needs.values().copied().collect();
    assert_eq!(listed.collect::<Vec<_>>(), expected, "{labels:?}");
}

#[test]
fn every_page_opens_over_it() {
    let mut world = world();
    for kind in KINDS {
        world.command(kind.command);
        assert_eq!(world.page(), Some(kind.command));
        world.harness.key_press(egui::Key::Escape);
        world.harness.run();
    }
}

#[test]
fn the_palette_leads_to_each_session_by_its_name() {
    for (number, row) in (1..).zip(SESSIONS).filter(|(_, row)| !row.ends) {
        let mut world = world();
        world.command(Command::Palette);
        let field = "Find a command, session or project";
        let letters = format!("@{}", row.name);
        world.harness.get_by_label(field).type_text(&letters);
        world.harness.run();
        world.harness.key_press(egui::Key::Enter);
        world.harness.run();
        let focused = world.app().workspace.focused_session();
        assert_eq!(focused, Some(session_id(number)), "{}", row.name);
    }
}
