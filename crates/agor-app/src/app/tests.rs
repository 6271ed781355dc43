//! The application without a window and without a host: what it shows is read from the tree of
//! accessible names and from pictures, what it asks for from its requests.

mod attention;
mod banners;
mod blinking;
mod choose_agent;
mod clipboard;
mod demonstration;
mod drafts;
mod drawn_keys;
mod echo;
mod empty;
mod everywhere;
mod explain;
mod focus;
mod folders;
mod groups;
mod hand_in;
mod inspector;
mod keys_page;
mod log;
mod looks;
mod modes;
mod notices;
mod pages;
mod palette;
mod pictured_images;
mod pictured_panes;
mod pictures;
mod scale;
mod set;
mod spending;
mod spoken;
mod status_bar;
mod steps;
mod theme_editor;
mod wall;
mod windows;
mod world;

use agor_proto::command::CommandBody;
use agor_proto::input::Input;
use agor_proto::session::{Life, SessionInfo};
use egui_kittest::kittest::{NodeT, Queryable};

use crate::commands::Command;
use crate::link::Request;
use crate::link::snapshot::{Asked, Driving, HostState, Stored, Weight};
use crate::testing::{diagnosis, session_id, session_info};
use attention::asking;
use world::{World, asked};

#[test]
fn a_window_without_a_stored_layout_opens_a_shell_beside_what_runs() {
    let mut world = World::new(Stored::Missing, &[session_info(1, "vim")]);
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
        .filter_map(|(_, pane)| pane.session())
        .collect();
    assert_eq!(shown, [session_id(1)]);
}

#[test]
fn a_damaged_layout_is_told_and_nothing_is_lost() {
    let mut world = World::new(Stored::Is("{".into()), &[session_info(1, "vim")]);
    let told = world
        .requests()
        .into_iter()
        .any(|request| matches!(request, Request::Advise(text, _) if text.contains("layout")));
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
fn d10_a_command_is_found_by_letters_and_carried_out_by_enter() {
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
        .filter_map(|(_, pane)| pane.session())
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
fn of_hundreds_of_sessions_the_sidebar_lays_out_those_in_view_and_tab_comes_to_all() {
    let sessions: Vec<_> = (0..250)
        .map(|number| session_info(number, &format!("s{number}")))
        .collect();
    let mut world = World::new(World::layout(&[0]), &sessions);
    let rows = |world: &World| {
        let rows = world.harness.query_all_by_label_contains("Session s");
        let labels = rows.filter_map(|row| row.accesskit_node().label());
        labels.collect::<Vec<_>>()
    };
    let first = rows(&world);
    assert!((15..30).contains(&first.len()), "{first:?}");
    assert_eq!(first[0], "Session s0, running");
    // By whole screens to the end.
    let pointer = egui::Pos2::new(100.0, 300.0);
    world.harness.hover_at(pointer);
    for _ in 0..200 {
        let turned = egui::Vec2::new(0.0, -400.0);
        world.harness.event(egui::Event::MouseWheel {
            unit: egui::MouseWheelUnit::Point,
            delta: turned,
            phase: egui::TouchPhase::Move,
            source: egui::MouseWheelSource::Unknown,
            modifiers: egui::Modifiers::NONE,
        });
        world.harness.step();
    }
    world.harness.run();
    let last = rows(&world);
    assert!((15..30).contains(&last.len()), "{last:?}");
    assert_eq!(
        last.last().map(String::as_str),
        Some("Session s249, running")
    );
}

#[test]
fn d9_an_idle_window_asks_for_no_frame() {
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

#[test]
fn a_text_is_looked_for_in_the_pane_and_the_hits_are_gone_through() {
    let mut world = World::new(World::layout(&[1]), &[session_info(1, "bash")]);
    world.show_text(1, "error one\r\nfine\r\nerror two\r\n");
    world.command(Command::Find);
    world.requests();
    world
        .harness
        .get_by_label("Find in pane")
        .type_text("error");
    world.harness.run();
    let (number, sought) = world
        .requests()
        .into_iter()
        .find_map(|request| match request {
            Request::Find { number, sought, .. } => Some((number, sought)),
            _ => None,
        })
        .expect("the host is asked");
    assert_eq!((sought.text.as_str(), sought.ignore_case), ("error", true));
    let rows = world.app().snapshot.screens[&session_id(1)]
        .mirror
        .rows
        .clone();
    let hit = |row: usize| agor_proto::message::Hit {
        start: crate::pane::scroll::place(&rows[row]),
        end_column: 5,
        row: 0,
    };
    let found = crate::link::snapshot::Found {
        number,
        hits: vec![hit(2), hit(0)],
        whole: true,
        problem: None,
    };
    world.change(|snapshot| {
        snapshot.found.insert(session_id(1), found.into());
    });
    let words = |world: &mut World| {
        let pane = world.app().focused_pane().unwrap();
        let finder = pane.finder.clone().unwrap();
        let found = world.app().snapshot.found.get(&session_id(1)).cloned();
        finder.words(found.as_deref())
    };
    assert_eq!(words(&mut world), "1 of 2");
    world.harness.key_press(egui::Key::Enter);
    world.harness.run();
    assert_eq!(words(&mut world), "2 of 2");
    // What is typed now is the field's; after Escape it is the program's.
    assert_eq!(world.press("x"), crate::keys::router::Route::ToUi);
    world.harness.key_press(egui::Key::Escape);
    world.harness.run();
    assert!(world.harness.query_by_label("Find in pane").is_none());
    assert_eq!(world.press("x"), crate::keys::router::Route::Taken);
    let ended = |request: &Request| matches!(request, Request::DropFind(_));
    assert!(world.requests().iter().any(ended));
}

#[test]
fn the_wall_shows_every_session_without_driving_it_and_enter_leads_to_one() {
    use agor_proto::message::Visibility;
    let sessions = [
        session_info(1, "bash"),
        session_info(2, "vim"),
        asking(3, 10),
    ];
    let mut world = World::new(World::layout(&[1]), &sessions);
    world.show_text(1, "$ make\r\n");
    world.requests();
    world.command(Command::Wall);
    for tile in ["bash, running", "vim, running", "agent3, needs permission"] {
        assert!(world.harness.query_by_label(tile).is_some(), "{tile}");
    }
    let requests = world.requests();
    let shown = requests.iter().rev().find_map(|request| match request {
        Request::Show(shown) => Some(shown.clone()),
        _ => None,
    });
    let shown = shown.expect("screens are asked for");
    let view = |number| {
        let found = shown.iter().find(|(id, _)| *id == session_id(number));
        found.map(|(_, view)| *view)
    };
    assert_eq!(view(1), Some(Visibility::Visible), "the selected one");
    assert_eq!(view(2), Some(Visibility::Thumbnail));
    assert_eq!(view(3), Some(Visibility::Thumbnail));
    let resized = |request: &Request| matches!(request, Request::Resize(..));
    assert!(!requests.iter().any(resized));
    world.harness.get_by_label("Choose").type_text("vim");
    world.harness.run();
    assert!(world.harness.query_by_label("bash, running").is_none());
    world.harness.key_press(egui::Key::Enter);
    world.harness.run();
    assert!(world.harness.query_by_label("Choose").is_none());
    assert_eq!(world.app().workspace.focused_session(), Some(session_id(2)));
}

#[test]
fn the_input_method_is_told_where_the_cursor_is() {
    let mut world = World::new(World::layout(&[1]), &[session_info(1, "bash")]);
    let mut caret = |output: &str| {
        world.show_text(1, output);
        let told = world.harness.output().platform_output.ime;
        told.expect("the focused pane tells it").cursor_rect
    };
    let first = caret("");
    let later = caret("$ \r\n日本 ");
    let way = later.min - first.min;
    let cells = way / first.size();
    assert!((cells - egui::vec2(5.0, 1.0)).length() < 0.1, "{cells:?}");
}

#[test]
fn a_prompt_is_looked_for_from_the_top_row_and_shown_there() {
    let mut world = World::new(World::layout(&[1]), &[session_info(1, "bash")]);
    world.show_text(1, "one\r\ntwo\r\n$ ");
    world.requests();
    let asked = |world: &mut World| {
        let requests = world.requests().into_iter();
        let of_these = requests.filter_map(|request| match request {
            Request::Prompt { from, forwards, .. } => Some((from, forwards)),
            _ => None,
        });
        of_these.collect::<Vec<_>>()
    };
    world.command(Command::PromptPrevious);
    let [(Some(top), false)] = asked(&mut world)[..] else {
        panic!("the prompt before the top is asked for");
    };
    world.command(Command::PromptNext);
    let behind = agor_proto::ids::LinePosition { column: 1, ..top };
    assert_eq!(asked(&mut world), [(Some(behind), true)]);
    // Where there is none before, that is said, and nothing moves.
    world.change(|snapshot| snapshot.found_prompt(session_id(1), None, false));
    let told = world.requests().into_iter().any(
        |request| matches!(request, Request::Tell(Weight::Note, text) if text.contains("OSC 133")),
    );
    assert!(told);
    assert!(world.app().focused_pane().unwrap().scroll.is_live());
    world.change(|snapshot| snapshot.found_prompt(session_id(1), Some(top), false));
    assert!(!world.app().focused_pane().unwrap().scroll.is_live());
    // Behind the last prompt is the living screen.
    world.change(|snapshot| snapshot.found_prompt(session_id(1), None, true));
    assert!(world.app().focused_pane().unwrap().scroll.is_live());
    // What another session's search found moves nothing here.
    world.change(|snapshot| snapshot.found_prompt(session_id(2), Some(top), false));
    assert!(world.app().focused_pane().unwrap().scroll.is_live());
}

#[test]
fn the_host_is_asked_how_it_is_only_while_that_is_shown() {
    let sessions = [session_info(1, "bash")];
    let mut world = World::new(World::layout(&[1]), &sessions);
    world.requests();
    world.command(Command::Diagnostics);
    let asked = |world: &mut World| {
        let requests = world.requests().into_iter();
        let of_these = requests.filter_map(|request| match request {
            Request::Diagnose(wanted) => Some(wanted),
            _ => None,
        });
        of_these.collect::<Vec<_>>()
    };
    assert_eq!(asked(&mut world), [true]);
    let figures = diagnosis();
    world.change(|snapshot| snapshot.diagnosis = figures);
    world.harness.get_by_label("RTT: 84 µs ± 12 µs");
    world.harness.get_by_label("Host: connected");
    world
        .harness
        .get_by_label_contains("Session bash, Output/s 1.0 MiB/s");
    world.harness.key_press(egui::Key::Escape);
    world.harness.run();
    assert_eq!(asked(&mut world), [false]);
    assert!(world.harness.query_by_label("Host: connected").is_none());
}

#[test]
fn escape_leads_from_the_wall_to_what_was_shown_before() {
    let sessions = [session_info(1, "bash"), session_info(2, "vim")];
    let mut world = World::new(World::layout(&[1]), &sessions);
    world.command(Command::Wall);
    world.harness.get_by_label("Choose").type_text("vim");
    world.harness.run();
    world.harness.key_press(egui::Key::Escape);
    world.harness.run();
    assert!(world.harness.query_by_label("bash, running").is_some());
    world.harness.key_press(egui::Key::Escape);
    world.harness.run();
    assert!(world.harness.query_by_label("Choose").is_none());
    assert_eq!(world.app().workspace.focused_session(), Some(session_id(1)));
}

#[test]
fn settings_that_change_are_used_at_once_and_wrong_keys_are_told() {
    use agor_core::keybindings::Rule;
    let mut world = World::new(World::layout(&[1]), &[session_info(1, "bash")]);
    let size = world.app().font_size;
    let text = format!(
        "window = {{ font_size = {}, theme = \"light\", leader = \"ctrl+b\" }}",
        size + 4.0
    );
    let set = crate::link::settings::Settings {
        keys: vec![Rule::new("leader c", "tab.new"), Rule::new("a", "tab.new")],
        ..looks::settings(&text)
    };
    world.requests();
    world.change(|snapshot| snapshot.settings = set.into());
    assert_eq!(world.app().font_size, size + 4.0);
    assert!(world.app().theme.light);
    let told = world.requests();
    let told: Vec<_> = told
        .iter()
        .filter(|request| matches!(request, Request::Advise(_, Command::Keys)))
        .collect();
    assert_eq!(told.len(), 1, "{told:?}");
    world.press("ctrl+b");
    world.press("c");
    world.harness.run();
    assert!(asked(&world.requests(), "create"));
    // What the person then chooses in the window goes before the settings.
    world.command(Command::Theme);
    world.change(|snapshot| {
        let mut settings = (*snapshot.settings).clone();
        settings.window.font_size = None;
        snapshot.settings = settings.into();
    });
    assert!(!world.app().theme.light);
    assert_eq!(world.app().font_size, size);
}

#[test]
fn an_agent_is_chosen_told_what_to_do_and_started_in_a_new_tab() {
    use crate::link::snapshot::KnownAgent;
    let mut world = World::new(World::layout(&[1]), &[session_info(1, "bash")]);
    let known = |id: &str, here| KnownAgent {
        id: id.into(),
        name: id.to_uppercase(),
        here,
        get: format!("npm i {id}"),
        ..KnownAgent::default()
    };
    world.change(|snapshot| {
        snapshot.agents = vec![known("aider", false), known("claude", true)].into();
        snapshot.settings = looks::settings("[projects.\"/work\"]\ntrusted = true").into();
    });
    world.command(Command::NewAgent);
    world.requests();
    // What is installed comes first, whatever its name.
    world.harness.key_press(egui::Key::Enter);
    world.harness.run();
    world
        .harness
        .get_by_label("What is it to do?")
        .type_text("mend the tests");
    world.harness.run();
    world.harness.key_press(egui::Key::Enter);
    world.harness.run();
    let requests = world.requests();
    let created = requests.iter().find_map(|request| match request {
        Request::Command(CommandBody::Create { session, spec }) => Some((*session, spec.clone())),
        _ => None,
    });
    let (session, spec) = created.expect("a session is asked for");
    let agent = spec.agent.expect("it is an agent's");
    assert_eq!(agent.provider, "claude");
    assert_eq!(agent.prompt.as_deref(), Some("mend the tests"));
    assert_eq!(spec.folder, "/work/project");
    assert_eq!(world.app().workspace.focused_session(), Some(session));
}

#[test]
fn the_host_is_told_what_the_person_looks_at_and_asks_for_what_they_clicked() {
    let sessions = [session_info(1, "bash"), session_info(2, "vim")];
    let mut world = World::new(World::layout(&[1]), &sessions);
    let looks = |world: &mut World| {
        let requests = world.requests();
        let looks = requests.iter().filter_map(|request| match request {
            Request::Look(session) => Some(*session),
            _ => None,
        });
        looks.collect::<Vec<_>>()
    };
    assert_eq!(looks(&mut world), [Some(session_id(1))]);
    world.harness.run();
    assert_eq!(looks(&mut world), [], "it has been said");
    world.command(Command::Attention);
    assert_eq!(looks(&mut world), [None], "the list is before it");
    let session = session_id(2);
    world.change(|snapshot| snapshot.asked = Some(Asked { number: 1, session }));
    assert_eq!(looks(&mut world), [Some(session)]);
    assert_eq!(world.app().workspace.focused_session(), Some(session));
    // The same is not asked again with the next change.
    let first = world.app().workspace.place_of(session_id(1)).unwrap();
    world.app().workspace.focus(first);
    world.change(|snapshot| snapshot.bells += 1);
    assert_eq!(looks(&mut world), [Some(session_id(1))]);
}

#[test]
fn what_an_agent_did_is_seen_once_it_is_in_front_of_the_person() {
    let mut done = asking(2, 10);
    done.state = agor_proto::agent::State::Done;
    let mut failed = asking(2, 10);
    failed.state = agor_proto::agent::State::Error;
    failed.life = Life::Exited { code: 1, signal: 0 };
    is_seen(done);
    is_seen(failed);
}

/// Checks that a session is seen once it has the keyboard, and not before.
fn is_seen(info: SessionInfo) {
    let sessions = [session_info(1, "bash"), info];
    let mut world = World::new(World::layout(&[1]), &sessions);
    let seen = |world: &mut World| {
        let requests = world.requests();
        requests
            .iter()
            .filter(|request| {
                matches!(request, Request::Command(CommandBody::Seen { session }) if *session == session_id(2))
            })
            .count()
    };
    assert_eq!(seen(&mut world), 0, "nobody looks at it");
    world.command(Command::AttentionNext);
    assert_eq!(seen(&mut world), 1);
    world.harness.run();
    assert_eq!(seen(&mut world), 0, "once is enough");
}
