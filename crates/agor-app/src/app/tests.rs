//! The application without a window and without a host: what it shows is read from the tree of
//! accessible names and from pictures, what it asks for from its requests.

mod pictures;
mod world;

use agor_proto::command::CommandBody;
use agor_proto::input::Input;
use agor_proto::session::Life;
use egui_kittest::kittest::Queryable;

use crate::commands::Command;
use crate::link::Request;
use crate::link::snapshot::{Driving, HostState, Stored, Weight};
use crate::testing::{session_id, session_info};
use world::{World, asked};

#[test]
fn a_window_without_a_stored_layout_opens_a_shell() {
    let mut world = World::new(Stored::Missing, &[]);
    let requests = world.requests();
    let created = requests.iter().find_map(|request| match request {
        Request::Command(CommandBody::Create { session, spec }) => Some((*session, spec.clone())),
        _ => None,
    });
    let (session, spec) = created.expect("a session is asked for");
    assert!(spec.argv.is_empty());
    assert_eq!(spec.folder, "/work/project");
    assert_eq!(world.app().workspace.focused_session(), Some(session));
}

#[test]
fn a_stored_layout_is_shown_without_sessions_that_are_gone() {
    let layout = World::layout(&[1, 2]);
    let mut world = World::new(layout, &[session_info(1, "vim")]);
    assert!(
        world
            .harness
            .query_by_label("Session vim, running")
            .is_some()
    );
    let shown: Vec<_> = world
        .app()
        .workspace
        .panes()
        .map(|(_, pane)| pane.session)
        .collect();
    assert_eq!(shown, [session_id(1)]);
}

#[test]
fn a_damaged_layout_is_told_and_nothing_is_lost() {
    let mut world = World::new(Stored::Is("{".into()), &[session_info(1, "vim")]);
    let told = world.requests().into_iter().any(
        |request| matches!(request, Request::Tell(Weight::Error, text) if text.contains("layout")),
    );
    assert!(told);
    assert!(
        world
            .harness
            .query_by_label("Session vim, running")
            .is_some()
    );
}

#[test]
fn a_click_in_the_sidebar_shows_the_session_and_gives_it_the_keyboard() {
    let sessions = [session_info(1, "vim"), session_info(2, "claude")];
    let mut world = World::new(World::layout(&[1]), &sessions);
    world
        .harness
        .get_by_label("Session claude, running")
        .click();
    world.harness.run();
    assert_eq!(world.app().workspace.focused_session(), Some(session_id(2)));
    assert!(world.harness.query_by_label("Tab claude").is_some());
}

#[test]
fn the_buttons_of_the_tab_bar_open_and_close_tabs() {
    let mut world = World::new(World::layout(&[1]), &[session_info(1, "vim")]);
    world.harness.get_by_label("New tab").click();
    world.harness.run();
    assert!(asked(&world.requests(), "create"));
    assert_eq!(world.app().workspace.project().unwrap().tabs.len(), 2);
    world.harness.get_by_label("Tab vim").click();
    world.harness.run();
    world.harness.get_by_label("Close tab vim").click();
    world.harness.run();
    let project = world.app().workspace.project().unwrap();
    assert_eq!(project.tabs.len(), 1);
    // The session goes on: nothing was asked of the host.
    assert!(!asked(&world.requests(), "kill"));
    assert!(
        world
            .harness
            .query_by_label("Session vim, running")
            .is_some()
    );
}

#[test]
fn a_command_is_found_by_letters_and_carried_out_by_enter() {
    let mut world = World::new(World::layout(&[1]), &[session_info(1, "vim")]);
    world.command(Command::Palette);
    let field = world
        .harness
        .get_by_label("Find a command, session or project");
    field.type_text("split do");
    world.harness.run();
    assert!(world.harness.query_by_label("Split down").is_some());
    world.harness.key_press(egui::Key::Enter);
    world.harness.run();
    assert!(asked(&world.requests(), "create"));
    assert!(world.harness.query_by_label("Split down").is_none());
    assert_eq!(
        world.app().workspace.tab().unwrap().tiles.panes().count(),
        2
    );
}

#[test]
fn the_mouse_reaches_every_command() {
    let mut world = World::new(World::layout(&[1]), &[session_info(1, "vim")]);
    world.harness.get_by_label("Commands").click();
    world.harness.run();
    world.harness.get_by_label("Split right").click();
    world.harness.run();
    assert!(asked(&world.requests(), "create"));
    assert_eq!(
        world.app().workspace.tab().unwrap().tiles.panes().count(),
        2
    );
}

#[test]
fn escape_closes_the_palette_and_the_pane_has_the_keyboard_again() {
    use crate::keys::router::Route;
    let mut world = World::new(World::layout(&[1]), &[session_info(1, "vim")]);
    world.command(Command::Palette);
    assert_eq!(world.press("a"), Route::ToUi);
    world.harness.key_press(egui::Key::Escape);
    world.harness.run();
    assert_eq!(world.press("a"), Route::Taken);
}

#[test]
fn a_session_is_renamed_from_the_palette() {
    let mut world = World::new(World::layout(&[1]), &[session_info(1, "vim")]);
    world.command(Command::Rename);
    world.harness.get_by_label("Name").type_text("notes");
    world.harness.run();
    world.harness.key_press(egui::Key::Enter);
    world.harness.run();
    let renamed = world.requests().into_iter().any(|request| {
        matches!(request, Request::Command(CommandBody::Rename { name, .. }) if name == "notes")
    });
    assert!(renamed);
}

#[test]
fn a_shell_that_its_person_left_closes_its_pane_and_another_end_does_not() {
    let mut sessions = [session_info(1, "bash"), session_info(2, "make")];
    let mut world = World::new(World::layout(&[1, 2]), &sessions);
    for info in &mut sessions {
        info.life = Life::Exited { code: 0, signal: 0 };
    }
    world.set_sessions(&sessions);
    let shown: Vec<_> = world
        .app()
        .workspace
        .panes()
        .map(|(_, pane)| pane.session)
        .collect();
    assert_eq!(shown, [session_id(2)]);
}

#[test]
fn enter_in_a_pane_that_ended_runs_its_command_again() {
    let mut info = session_info(1, "make");
    info.life = Life::Exited { code: 2, signal: 0 };
    let mut world = World::new(World::layout(&[1]), &[info]);
    world.show_text(1, "$ make\r\nerror\r\n");
    world.press("enter");
    world.harness.run();
    let requests = world.requests();
    assert!(asked(&requests, "restart"));
    assert!(
        !requests
            .iter()
            .any(|request| matches!(request, Request::Type(..)))
    );
}

#[test]
fn keys_go_to_the_focused_pane_and_its_size_is_asked_for() {
    let sessions = [session_info(1, "vim"), session_info(2, "claude")];
    let mut world = World::new(World::layout(&[1, 2]), &sessions);
    world.show_text(1, "one");
    world.show_text(2, "two");
    let requests = world.requests();
    let sized = requests
        .iter()
        .filter(|request| matches!(request, Request::Resize(..)));
    assert_eq!(sized.count(), 2);
    world.press("x");
    let typed = world
        .requests()
        .into_iter()
        .find_map(|request| match request {
            Request::Type(session, Input::Key(key)) => Some((session, key.text)),
            _ => None,
        });
    assert_eq!(typed, Some((session_id(2), "x".to_owned())));
}

#[test]
fn a_pane_is_read_by_its_text() {
    let mut world = World::new(World::layout(&[1]), &[session_info(1, "vim")]);
    world.show_text(1, "hello there");
    assert!(
        world
            .harness
            .query_by_label_contains("hello there")
            .is_some()
    );
}

#[test]
fn a_host_that_went_away_is_told_and_takes_no_pane() {
    let mut world = World::new(World::layout(&[1]), &[session_info(1, "vim")]);
    world.change(|snapshot| {
        snapshot.host = HostState::Away {
            reason: "the host does not answer".into(),
        };
    });
    let label = "Reconnecting: the host does not answer";
    assert!(world.harness.query_by_label(label).is_some());
    assert_eq!(world.app().workspace.panes().count(), 1);
}

#[test]
fn a_pane_that_another_window_drives_keeps_its_size_and_says_so() {
    let mut world = World::new(World::layout(&[1]), &[session_info(1, "vim")]);
    world.show_text(1, "theirs");
    world.change(|snapshot| {
        let screen = snapshot.screens.get_mut(&session_id(1)).unwrap();
        std::sync::Arc::make_mut(screen).driving = Driving::Another;
    });
    assert!(
        world
            .requests()
            .iter()
            .all(|request| !matches!(request, Request::Drive(_)))
    );
    assert!(world.harness.query_by_label_contains("theirs").is_some());
}

#[test]
fn a_frame_in_which_nothing_changed_builds_and_uploads_nothing() {
    let mut world = World::new(
        World::layout(&[1, 2]),
        &[session_info(1, "a"), session_info(2, "b")],
    );
    world.show_text(1, "one\r\ntwo\r\nthree");
    world.show_text(2, "four");
    world.harness.run();
    world.harness.step();
    let counters = world.app().renderer.counters();
    assert_eq!(
        (counters.rows_built, counters.bytes_uploaded),
        (0, 0),
        "{counters:?}"
    );
}

#[test]
fn only_the_focused_program_may_write_the_clipboard() {
    let sessions = [session_info(1, "vim"), session_info(2, "claude")];
    let mut world = World::new(World::layout(&[1, 2]), &sessions);
    world.requests();
    let copied = |world: &mut World| {
        let commands = &world.harness.output().platform_output.commands;
        commands.iter().any(
            |command| matches!(command, egui::OutputCommand::CopyText(text) if text == "secret"),
        )
    };
    world.change_once(|snapshot| snapshot.copied(session_id(1), false, "secret".into()));
    assert!(!copied(&mut world));
    let told = world.requests().into_iter().any(|request| {
        matches!(request, Request::Tell(Weight::Note, text) if text.contains("vim") && !text.contains("secret"))
    });
    assert!(told);
    world.change_once(|snapshot| snapshot.copied(session_id(2), false, "secret".into()));
    assert!(copied(&mut world));
}

#[test]
fn an_idle_window_asks_for_no_frame() {
    let mut world = World::new(World::layout(&[1]), &[session_info(1, "vim")]);
    world.show_text(1, "still");
    world.harness.run();
    for (viewport, output) in &world.harness.output().viewport_output {
        assert!(
            output.repaint_delay > std::time::Duration::from_secs(3_600),
            "{viewport:?}"
        );
    }
}
