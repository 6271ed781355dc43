//! The logs as a page: from a notice to the lines that say more.

use std::sync::Arc;

use agor_core::logging::Tail;
use agor_core::themes::{DARK, LIGHT};
use egui::Key;
use egui_kittest::kittest::Queryable;

use super::pictures::{compare, draw};
use super::world::World;
use crate::app::App;
use crate::commands::Command;
use crate::link::Request;
use crate::link::log::{Log, Of};
use crate::link::snapshot::{HostState, Weight};
use crate::testing::{session_id, session_info};
use crate::workspace::Workspace;

const LINES: &[&str] = &[
    "2026-11-30T20:27:41.018113Z  INFO agor_core::host: the host is up incarnation=12 sessions=9",
    "2026-11-30T20:27:41.022870Z DEBUG agor_core::host::notify: the desktop takes notifications actions=true",
    "2026-11-30T20:27:58.440127Z  WARN agor_core::storage: a write waited longer than usual millis=1840 path=/home/ada/.local/share/agor/host.db",
    "2026-11-30T20:28:03.190332Z ERROR agor_core::host::session: the program could not be started error=No such file or directory (os error 2)",
    "   program: /usr/local/bin/claude",
    "2026-11-30T20:28:09.003151Z  INFO agor_core::host::connection: a window came client=5f0c",
];

pub(super) fn log(of: Of) -> Arc<Log> {
    Arc::new(Log {
        of,
        tail: Tail {
            path: "/home/ada/.local/state/agor/host.log".into(),
            lines: LINES.iter().map(ToString::to_string).collect(),
            problem: None,
        },
    })
}

fn wanted(world: &mut World) -> Vec<Option<Of>> {
    let requests = world.requests().into_iter();
    let wanted = requests.filter_map(|request| match request {
        Request::Log(of) => Some(of),
        _ => None,
    });
    wanted.collect()
}

#[test]
fn a_host_that_went_away_leads_to_its_log_from_the_bar_and_from_the_notices() {
    let mut world = World::new(World::layout(&[1]), &[session_info(1, "vim")]);
    world.change(|snapshot| {
        snapshot.host = HostState::Away {
            reason: "it does not answer".into(),
        };
    });
    world.harness.get_by_label("Show log").click();
    world.harness.run();
    assert_eq!(world.page(), Some(Command::Log));
    assert_eq!(wanted(&mut world), [Some(Of::Host)]);
    world.command(Command::Notices);
    assert_eq!(wanted(&mut world), [None], "nobody reads it any more");
    let buttons: Vec<_> = world.harness.query_all_by_label("Show log").collect();
    assert_eq!(buttons.len(), 2, "in the bar and on the page");
    world
        .harness
        .get_all_by_label("Show log")
        .next()
        .unwrap()
        .focus();
    world.harness.key_press(Key::Enter);
    world.harness.run();
    assert_eq!(world.page(), Some(Command::Log));
}

#[test]
fn the_log_that_is_chosen_is_read_and_shown_by_lines_warnings_alone_if_wanted() {
    let mut world = World::new(World::layout(&[1]), &[session_info(1, "vim")]);
    world.command(Command::Log);
    world.change(|snapshot| snapshot.log = Some(log(Of::Host)));
    world.harness.get_by_label_contains("the host is up");
    world
        .harness
        .get_by_label_contains("program: /usr/local/bin/claude");
    world.harness.get_by_label("Warnings only").click();
    world.harness.run();
    assert!(
        world
            .harness
            .query_by_label_contains("the host is up")
            .is_none()
    );
    world.harness.get_by_label_contains("a write waited");
    world
        .harness
        .get_by_label_contains("program: /usr/local/bin/claude");
    world.requests();
    world.harness.get_by_label("Copy all").click();
    world.harness.run();
    let told = |it: &Request| matches!(it, Request::Tell(Weight::Note, text) if text.starts_with("Copied"));
    assert!(world.requests().iter().any(told));
    // What was read of the host's is not shown as the window's.
    world.harness.get_by_label("Window").click();
    world.harness.run();
    assert_eq!(wanted(&mut world), [Some(Of::Window)]);
    assert!(
        world
            .harness
            .query_by_label_contains("a write waited")
            .is_none()
    );
    world.harness.key_press(Key::Q);
    world.harness.run();
    assert_eq!(world.page(), None);
}

#[test]
fn a_log_looks_as_it_did_in_a_dark_and_a_light_theme() {
    let arrange = |workspace: &mut Workspace| workspace.open_tab("/work/shop", session_id(1));
    for (name, theme) in [("log", DARK), ("log_light", LIGHT)] {
        let open = |app: &mut App| {
            app.snapshot.log = Some(log(Of::Host));
            app.commands.push(Command::Log);
        };
        compare(name, &draw(theme, arrange, open));
    }
}
