//! What was typed and not sent is there again after a restart.

use agor_proto::agent::AgentInfo;
use agor_proto::session::{Life, SessionInfo};
use egui::Key;
use egui_kittest::kittest::{NodeT, Queryable};

use super::looks::settings;
use super::world::World;
use crate::commands::Command;
use crate::link::Request;
use crate::link::snapshot::KnownAgent;
use crate::testing::{agent_info, session_id, session_info};

fn sessions() -> Vec<SessionInfo> {
    let mut asks = session_info(1, "claude");
    asks.state = agor_proto::agent::State::NeedsAnswer;
    asks.agent = Some(agent_info());
    vec![asks, session_info(2, "bash")]
}

/// A window that begins with what an earlier one has stored.
fn world(drafts: Option<&str>) -> World {
    let mut world = World::unbegun();
    let known = KnownAgent {
        id: "claude".into(),
        name: "CLAUDE".into(),
        here: true,
        get: String::new(),
        ..KnownAgent::default()
    };
    world.change(|snapshot| {
        snapshot.drafts = drafts.map(Into::into);
        snapshot.agents = vec![known].into();
        snapshot.settings = settings("[projects.\"/work/project\"]\ntrusted = true").into();
    });
    world.begin(World::layout(&[1, 2]), &sessions());
    world
}

/// Returns what was stored last; none if nothing was.
fn stored(world: &mut World) -> Option<String> {
    let requests = world.requests().into_iter().rev();
    let mut stored = requests.filter_map(|it| match it {
        Request::StoreDrafts(json) => Some(json),
        _ => None,
    });
    stored.next()
}

fn press(world: &mut World, key: Key) {
    world.harness.key_press(key);
    world.harness.run();
}

fn text(world: &mut World, text: &str) {
    world.harness.event(egui::Event::Text(text.into()));
    world.harness.run();
}

fn value(world: &World, label: &str) -> String {
    let field = world.harness.get_by_label(label);
    field.accesskit_node().value().unwrap_or_default()
}

#[test]
fn a_reply_a_prompt_the_first_steps_and_what_is_searched_for_come_back() {
    let reply = |world: &mut World| {
        world.command(Command::Attention);
        press(world, Key::R);
    };
    let prompt = |world: &mut World| {
        world.command(Command::NewAgent);
        press(world, Key::Enter);
    };
    let steps = |world: &mut World| {
        world.command(Command::Welcome);
        for _ in 0..2 {
            press(world, Key::Enter);
        }
    };
    let again = |world: &mut World| {
        world.command(Command::Welcome);
        press(world, Key::Enter);
    };
    let page = |command| move |world: &mut World| world.command(command);
    type Open = dyn Fn(&mut World);
    let fields: [(&str, &Open, &Open); 7] = [
        ("Reply", &reply, &reply),
        ("What is it to do?", &prompt, &prompt),
        ("First words", &steps, &again),
        ("Choose", &page(Command::Wall), &page(Command::Wall)),
        (
            "Find in all sessions",
            &page(Command::FindEverywhere),
            &page(Command::FindEverywhere),
        ),
        (
            "Search settings",
            &page(Command::Settings),
            &page(Command::Settings),
        ),
        ("Find in pane", &page(Command::Find), &page(Command::Find)),
    ];
    for (label, open, again) in fields {
        let mut before = world(None);
        before.show_text(2, "text");
        open(&mut before);
        text(&mut before, "half a");
        assert_eq!(value(&before, label), "half a", "{label}");
        let json = stored(&mut before).expect(label);
        // That window was killed here.
        let mut after = world(Some(&json));
        after.show_text(2, "text");
        let told = |it: &Request| matches!(it, Request::Tell(_, text) if text.contains("is kept"));
        assert!(after.requests().iter().any(told), "{label}");
        again(&mut after);
        assert_eq!(value(&after, label), "half a", "{label}");
    }
}

#[test]
fn what_was_sent_or_closed_is_gone() {
    let mut world = world(None);
    world.command(Command::NewAgent);
    press(&mut world, Key::Enter);
    text(&mut world, "mend it");
    assert!(
        stored(&mut world)
            .expect("it is stored")
            .contains("mend it")
    );
    press(&mut world, Key::Enter);
    assert_eq!(stored(&mut world).as_deref(), Some("[]"));
    world.command(Command::Wall);
    text(&mut world, "cl");
    assert!(stored(&mut world).expect("it is stored").contains("cl"));
    world.command(Command::Wall);
    assert_eq!(stored(&mut world).as_deref(), Some("[]"));
}

#[test]
fn nothing_is_kept_of_what_an_agent_is_told_that_goes_on_in_a_private_project() {
    let mut world = world(None);
    let mut known = sessions();
    known.push(SessionInfo {
        folder: "/private".into(),
        life: Life::Exited { code: 0, signal: 0 },
        agent: Some(AgentInfo {
            conversation: Some("c-3".into()),
            ..agent_info()
        }),
        ..session_info(3, "old")
    });
    world.set_sessions(&known);
    let private = "[projects.\"/private\"]\nprivate = true";
    world.change(|snapshot| snapshot.settings = settings(private).into());
    world.command(Command::NewAgent);
    press(&mut world, Key::Enter);
    let resume = egui::Modifiers::CTRL;
    world.harness.key_press_modifiers(resume, Key::R);
    world.harness.run();
    press(&mut world, Key::ArrowDown);
    press(&mut world, Key::Enter);
    text(&mut world, "secret");
    assert_eq!(value(&world, "What is it to do?"), "secret");
    let kept = stored(&mut world).unwrap_or_default();
    assert!(!kept.contains("secret"), "{kept}");
}

#[test]
fn nothing_is_kept_of_private_sessions_or_of_values_of_settings() {
    let mut world = World::unbegun();
    let mut sessions = sessions();
    for info in &mut sessions {
        info.private = true;
    }
    world.begin(World::layout(&[2]), &sessions);
    world.show_text(2, "text");
    world.command(Command::Find);
    text(&mut world, "secret");
    assert_eq!(value(&world, "Find in pane"), "secret");
    press(&mut world, Key::Escape);
    world.command(Command::Attention);
    press(&mut world, Key::R);
    text(&mut world, "secret");
    assert_eq!(value(&world, "Reply"), "secret");
    assert_eq!(stored(&mut world), None);
    // A session that is gone has no draft any more.
    let json = format!(
        r#"[{{"field":"reply {}","text":"old"}},{{"field":"find {}","text":"kept"}}]"#,
        session_id(9),
        session_id(2)
    );
    let mut world = World::unbegun();
    world.change(|snapshot| snapshot.drafts = Some(json.as_str().into()));
    world.begin(World::layout(&[2]), &[session_info(2, "bash")]);
    world.show_text(2, "text");
    world.command(Command::Find);
    assert_eq!(value(&world, "Find in pane"), "kept");
    press(&mut world, Key::Escape);
    assert_eq!(stored(&mut world).as_deref(), Some("[]"));
}
