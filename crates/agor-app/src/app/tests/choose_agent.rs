//! Model, permissions and conversation of an agent that is started, chosen by keys.

use agor_core::config::Whose;
use agor_core::themes::{DARK, LIGHT};
use agor_proto::agent::{AgentInfo, AgentSpec, Conversation};
use agor_proto::command::CommandBody;
use agor_proto::session::{Life, SessionInfo, SessionSpec};
use egui::{Event, Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};

use super::looks::settings;
use super::pictures::{compare, draw};
use super::world::World;
use crate::app::App;
use crate::commands::Command;
use crate::link::Request;
use crate::link::snapshot::KnownAgent;
use crate::starting::{Ask, NO_AGENT, Starting};
use crate::testing::{agent_info, session_id, session_info};
use crate::workspace::Workspace;

const NO_FORK: &str = "Claude Code: it has no argument for that.";

/// An agent with a conversation.
fn agent(number: u8, life: Life) -> SessionInfo {
    SessionInfo {
        agent: Some(AgentInfo {
            conversation: Some(format!("c-{number}")),
            ..agent_info()
        }),
        life,
        cwd: "/work/project/deep".into(),
        ..session_info(number, &format!("agent{number}"))
    }
}

fn ended(number: u8) -> SessionInfo {
    agent(number, Life::Exited { code: 0, signal: 0 })
}

/// A window whose focused pane has the first session.
fn world(sessions: &[SessionInfo], cannot: Vec<(Ask, String)>) -> World {
    let mut world = World::new(World::layout(&[1]), sessions);
    let known = KnownAgent {
        id: "claude".into(),
        name: "Claude Code".into(),
        here: true,
        models: vec!["opus".into()],
        modes: vec!["default".into(), "plan".into()],
        cannot,
        ..KnownAgent::default()
    };
    world.change(|snapshot| {
        snapshot.agents = vec![known].into();
        snapshot.settings = settings("[projects.\"/work\"]\ntrusted = true").into();
    });
    world.requests();
    world
}

fn press(world: &mut World, key: Key) {
    world.harness.key_press(key);
    world.harness.run();
}

fn press_ctrl(world: &mut World, key: Key) {
    world.harness.key_press_modifiers(Modifiers::CTRL, key);
    world.harness.run();
}

fn text(world: &mut World, text: &str) {
    world.harness.event(Event::Text(text.into()));
    world.harness.run();
}

/// Opens the field in which the agent is told what to do, and types into it.
fn told(world: &mut World) {
    world.command(Command::NewAgent);
    press(world, Key::Enter);
    text(world, "mend the tests");
}

fn words(world: &World) -> String {
    let field = world.harness.get_by_label("What is it to do?");
    field.accesskit_node().value().unwrap_or_default()
}

fn is_there(world: &World, label: &str) -> bool {
    world.harness.query_by_label(label).is_some()
}

/// Returns the agent that was asked for, and what was said.
fn asked(world: &mut World) -> (Option<(SessionSpec, AgentSpec)>, Vec<String>) {
    let (mut made, mut said) = (None, Vec::new());
    for request in world.requests() {
        match request {
            Request::Command(CommandBody::Create { spec, .. }) => {
                let agent = spec.agent.as_deref().cloned().expect("an agent");
                made = Some((spec, agent));
            }
            Request::Tell(_, text) => said.push(text),
            _ => {}
        }
    }
    (made, said)
}

fn made(world: &mut World) -> (SessionSpec, AgentSpec) {
    let (made, said) = asked(world);
    made.unwrap_or_else(|| panic!("{said:?}"))
}

#[test]
fn a_model_and_a_mode_are_chosen_on_the_way_and_what_was_typed_stays() {
    let mut world = world(&[session_info(1, "bash")], Vec::new());
    told(&mut world);
    for label in [
        "Model: the agent's own choice",
        "Permissions: the agent's own choice",
        "Go on with: none",
        "Fork: none",
    ] {
        assert!(is_there(&world, label), "{label}");
    }
    press_ctrl(&mut world, Key::M);
    assert!(is_there(&world, "Choose a model, or type its name"));
    press(&mut world, Key::ArrowDown);
    press(&mut world, Key::Enter);
    assert!(is_there(&world, "Model: opus"));
    press_ctrl(&mut world, Key::O);
    text(&mut world, "pla");
    press(&mut world, Key::Enter);
    assert!(is_there(&world, "Permissions: plan"));
    assert_eq!(words(&world), "mend the tests");
    press(&mut world, Key::Enter);
    let (spec, agent) = made(&mut world);
    assert_eq!(agent.model.as_deref(), Some("opus"));
    assert_eq!(agent.mode.as_deref(), Some("plan"));
    assert_eq!(agent.prompt.as_deref(), Some("mend the tests"));
    assert_eq!(agent.conversation, Conversation::New);
    assert_eq!(spec.cwd, None);
}

#[test]
fn a_model_that_nobody_knows_is_typed_and_escape_leads_back_without_a_choice() {
    let mut world = world(&[session_info(1, "bash")], Vec::new());
    told(&mut world);
    press_ctrl(&mut world, Key::M);
    text(&mut world, "sonnet-9");
    press(&mut world, Key::Escape);
    assert!(is_there(&world, "Model: the agent's own choice"));
    assert_eq!(words(&world), "mend the tests");
    press_ctrl(&mut world, Key::M);
    text(&mut world, "sonnet-9");
    press(&mut world, Key::Enter);
    press(&mut world, Key::Enter);
    let (_, agent) = made(&mut world);
    assert_eq!(agent.model.as_deref(), Some("sonnet-9"));
    assert_eq!(agent.mode, None);
}

#[test]
fn letters_of_a_known_model_choose_it() {
    let mut world = world(&[session_info(1, "bash")], Vec::new());
    told(&mut world);
    press_ctrl(&mut world, Key::M);
    text(&mut world, "pus");
    press(&mut world, Key::Enter);
    assert!(is_there(&world, "Model: opus"));
}

#[test]
fn an_earlier_conversation_goes_on_or_is_forked_where_it_was() {
    let id = || "c-2".to_owned();
    for (key, label, conversation) in [
        (
            Key::R,
            "Go on with: agent2",
            Conversation::Resume { id: id() },
        ),
        (Key::F, "Fork: agent2", Conversation::Fork { id: id() }),
    ] {
        let mut world = world(&[session_info(1, "bash"), ended(2)], Vec::new());
        told(&mut world);
        press_ctrl(&mut world, key);
        press(&mut world, Key::ArrowDown);
        press(&mut world, Key::Enter);
        assert!(is_there(&world, label), "{label}");
        press(&mut world, Key::Enter);
        let (spec, agent) = made(&mut world);
        assert_eq!(agent.conversation, conversation);
        assert_eq!(spec.cwd.as_deref(), Some("/work/project/deep"));
        // Who changes their mind begins a new one.
        told(&mut world);
        press_ctrl(&mut world, key);
        press(&mut world, Key::ArrowDown);
        press(&mut world, Key::Enter);
        press_ctrl(&mut world, key);
        press(&mut world, Key::Enter);
        press(&mut world, Key::Enter);
        let (spec, agent) = made(&mut world);
        assert_eq!((agent.conversation, spec.cwd), (Conversation::New, None));
    }
}

#[test]
fn where_a_conversation_went_on_elsewhere_that_folder_is_asked_about_too() {
    let strange = SessionInfo {
        cwd: "/tmp/other".into(),
        ..agent(1, Life::Running)
    };
    let trusted = |world: &mut World| {
        let requests = world.requests().into_iter();
        let said = requests.filter_map(|request| match request {
            Request::Say { of, .. } => Some(of),
            _ => None,
        });
        said.collect::<Vec<_>>()
    };
    let project = |folder: &str| Whose::Project(folder.to_owned());
    let mut world = world(&[strange], Vec::new());
    world.command(Command::ForkBeside);
    assert!(asked(&mut world).0.is_none(), "nobody trusted it");
    assert!(is_there(&world, "Trust all in /tmp"));
    press(&mut world, Key::Escape);
    assert!(asked(&mut world).0.is_none());
    // Each of the two is asked about, and the agent starts after both.
    world.change(|snapshot| snapshot.settings = settings("").into());
    world.command(Command::ForkBeside);
    press(&mut world, Key::T);
    let requests = trusted(&mut world);
    assert_eq!(requests, [project("/work/project")]);
    assert!(is_there(&world, "Trust all in /tmp"));
    press(&mut world, Key::T);
    let (spec, _) = made(&mut world);
    assert_eq!(spec.cwd.as_deref(), Some("/tmp/other"));
}

#[test]
fn a_key_that_is_pressed_before_the_next_folder_is_asked_about_says_nothing_of_it() {
    let strange = SessionInfo {
        cwd: "/tmp/other".into(),
        ..agent(1, Life::Running)
    };
    let mut world = world(&[strange], Vec::new());
    world.change(|snapshot| snapshot.settings = settings("").into());
    world.command(Command::ForkBeside);
    // One in each of two frames.
    for _ in 0..2 {
        world.harness.key_down(Key::T);
    }
    world.harness.run();
    assert!(asked(&mut world).0.is_none());
    assert!(is_there(&world, "Trust all in /tmp"));
    press(&mut world, Key::T);
    made(&mut world);
}

#[test]
fn a_double_click_answers_the_first_of_two_questions_alone() {
    let strange = SessionInfo {
        cwd: "/tmp/other".into(),
        ..agent(1, Life::Running)
    };
    for frames_between in [0, 1] {
        let mut world = world(std::slice::from_ref(&strange), Vec::new());
        world.change(|snapshot| snapshot.settings = settings("").into());
        // So that frames of the test are as near to each other as those of a window.
        world.harness.ctx.options_mut(|options| {
            options.input_options.max_double_click_delay = 0.9;
        });
        world.command(Command::ForkBeside);
        let at = world
            .harness
            .get_by_label("Trust and start")
            .rect()
            .center();
        let click = |world: &mut World| {
            let button = |pressed| Event::PointerButton {
                pos: at,
                button: egui::PointerButton::Primary,
                pressed,
                modifiers: Modifiers::NONE,
            };
            let events = [Event::PointerMoved(at), button(true), button(false)];
            world.harness.input_mut().events.extend(events);
            world.harness.step();
        };
        click(&mut world);
        for _ in 0..frames_between {
            world.harness.step();
        }
        click(&mut world);
        world.harness.run();
        assert!(asked(&mut world).0.is_none(), "{frames_between}");
        assert!(is_there(&world, "Trust all in /tmp"));
        for _ in 0..8 {
            world.harness.step();
        }
        click(&mut world);
        world.harness.run();
        made(&mut world);
    }
}

#[test]
fn a_conversation_that_goes_on_elsewhere_meanwhile_is_not_gone_on_with() {
    let mut world = world(&[session_info(1, "bash"), ended(2)], Vec::new());
    told(&mut world);
    press_ctrl(&mut world, Key::R);
    press(&mut world, Key::ArrowDown);
    press(&mut world, Key::Enter);
    world.set_sessions(&[session_info(1, "bash"), agent(2, Life::Running)]);
    world.requests();
    press(&mut world, Key::Enter);
    let (none, said) = asked(&mut world);
    assert!(none.is_none(), "two would write into one conversation");
    assert!(said[0].contains("agent2"), "{said:?}");
    assert_eq!(words(&world), "mend the tests");
    press(&mut world, Key::Enter);
    assert!(asked(&mut world).0.is_none(), "nor when it is asked again");
}

#[test]
fn where_a_page_has_the_keyboard_it_is_said_that_there_is_no_agent() {
    let mut world = world(&[agent(1, Life::Running)], Vec::new());
    world.command(Command::Settings);
    world.command(Command::PageBeside);
    world.requests();
    world.command(Command::ForkBeside);
    let (none, said) = asked(&mut world);
    assert!(none.is_none());
    assert_eq!(said, [NO_AGENT]);
}

#[test]
fn a_session_that_has_gone_since_it_was_offered_changes_nothing() {
    let mut world = world(&[session_info(1, "bash"), ended(2)], Vec::new());
    told(&mut world);
    press_ctrl(&mut world, Key::R);
    press(&mut world, Key::ArrowDown);
    press(&mut world, Key::Enter);
    world.requests();
    let gone = Some(session_id(9));
    world.app().choose_conversation(Ask::Resume, gone);
    world.harness.run();
    assert!(is_there(&world, "Go on with: agent2"));
    let said = asked(&mut world).1;
    assert!(said.iter().any(|it| it.contains("gone")), "{said:?}");
}

#[test]
fn what_a_provider_cannot_is_not_offered_and_its_key_says_why() {
    let cannot = vec![(Ask::Fork, NO_FORK.to_owned())];
    let mut world = world(&[agent(1, Life::Running)], cannot);
    told(&mut world);
    assert!(is_there(&world, "Go on with: none"));
    assert!(!is_there(&world, "Fork: none"));
    world.requests();
    press_ctrl(&mut world, Key::F);
    assert_eq!(words(&world), "mend the tests");
    assert_eq!(asked(&mut world).1, [NO_FORK]);
    press(&mut world, Key::Escape);
    world.command(Command::ForkBeside);
    let (made, said) = asked(&mut world);
    assert!(made.is_none());
    assert_eq!(said, [NO_FORK]);
}

#[test]
fn the_focused_agents_conversation_is_forked_or_gone_on_with_beside_it() {
    let mut world = world(&[agent(1, Life::Running)], Vec::new());
    world.command(Command::ResumeBeside);
    let (none, said) = asked(&mut world);
    assert!(none.is_none(), "two would write into one conversation");
    assert!(said[0].contains("fork"), "{said:?}");
    world.press("ctrl+space");
    world.press("alt+f");
    world.harness.run();
    let (spec, agent) = made(&mut world);
    assert_eq!(agent.conversation, Conversation::Fork { id: "c-1".into() });
    assert_eq!(spec.cwd.as_deref(), Some("/work/project/deep"));
    let tab = world.app().workspace.tab().expect("the tab");
    assert_eq!(tab.tiles.panes().count(), 2, "beside it");

    let mut world = self::world(&[ended(1)], Vec::new());
    world.press("ctrl+space");
    world.press("alt+r");
    world.harness.run();
    let (_, agent) = made(&mut world);
    assert_eq!(
        agent.conversation,
        Conversation::Resume { id: "c-1".into() }
    );
    let mut world = self::world(&[session_info(1, "bash")], Vec::new());
    world.command(Command::ForkBeside);
    let (none, said) = asked(&mut world);
    assert!(none.is_none() && said.len() == 1, "{said:?}");
    assert_eq!(world.app().workspace.focused_session(), Some(session_id(1)));
}

/// Lets two agents be known, of which one is here.
fn know_agents(app: &mut App) {
    let known = |id: &str, name: &str, here| KnownAgent {
        id: id.into(),
        name: name.into(),
        here,
        get: format!("npm install -g {id}"),
        models: vec!["opus".into(), "sonnet".into()],
        modes: vec!["default".into(), "plan".into()],
        ..KnownAgent::default()
    };
    app.snapshot.agents = vec![
        known("claude", "Claude Code", true),
        known("codex", "Codex", false),
    ]
    .into();
}

/// Chooses the first of them, and says what it is to do.
fn choose_first(app: &mut App) {
    know_agents(app);
    app.starting = Some(Starting {
        words: "Mend the failing test".into(),
        ..Starting::new("claude".into(), "/work/shop".into())
    });
}

#[test]
fn an_agent_that_is_not_installed_stands_back_in_the_list() {
    let mut world = world(&[session_info(1, "bash")], Vec::new());
    let codex = KnownAgent {
        id: "codex".into(),
        name: "Codex".into(),
        ..KnownAgent::default()
    };
    world.change(|snapshot| {
        let known = snapshot.agents.iter().cloned().chain([codex]);
        snapshot.agents = known.collect::<Vec<_>>().into();
    });
    world.command(Command::NewAgent);
    let (text, muted) = (world.app().theme.text, world.app().theme.muted);
    assert!(world.draws("Claude Code", text));
    assert!(world.draws("Codex", muted));
}

#[test]
fn the_way_to_a_new_agent_looks_as_it_did_in_a_dark_and_a_light_theme() {
    let arrange = |workspace: &mut Workspace| workspace.open_tab("/work/shop", session_id(1));
    let choose = |app: &mut App| {
        know_agents(app);
        app.commands.push(Command::NewAgent);
    };
    let tell = |app: &mut App| {
        choose_first(app);
        app.ask_words();
    };
    let model = |app: &mut App| {
        choose_first(app);
        app.ask_of_agent(Ask::Model, "Mend the failing test".into());
    };
    for (name, theme) in [("new_agent", DARK), ("new_agent_light", LIGHT)] {
        compare(name, &draw(theme, arrange, choose));
    }
    for (name, theme) in [("new_agent_words", DARK), ("new_agent_words_light", LIGHT)] {
        compare(name, &draw(theme, arrange, tell));
    }
    for (name, theme) in [("new_agent_model", DARK), ("new_agent_model_light", LIGHT)] {
        compare(name, &draw(theme, arrange, model));
    }
}
