//! A text in all sessions: typed, found, gone to.

use std::sync::Arc;

use agor_core::client::search::FoundLine;
use agor_proto::ids::{LineId, LinePosition};
use agor_proto::message::Hit;
use agor_proto::session::{Life, SessionInfo};
use egui::Key;
use egui::accesskit::Toggled;
use egui_kittest::kittest::{NodeT, Queryable};

use super::world::World;
use crate::commands::Command;
use crate::link::Request;
use crate::link::everywhere::{FoundEverywhere, Group, Wanted};
use crate::link::snapshot::Found;
use crate::testing::{session_id, session_info};

const FIELD: &str = "Find in all sessions";

fn place(line: u64, column: u32) -> LinePosition {
    LinePosition {
        line: LineId(line),
        column,
    }
}

/// Returns a line in which `hit` was found.
pub fn line(number: u32, text: &str, hit: &str) -> FoundLine {
    let hits = text.match_indices(hit).map(|(at, _)| at..at + hit.len());
    let hits: Vec<_> = hits.collect();
    let column = hits.first().map_or(0, |hit| hit.start);
    FoundLine {
        at: place(number.into(), u32::try_from(column).unwrap()),
        row: number,
        text: text.into(),
        hits,
        cut_before: false,
        cut_after: false,
    }
}

/// Returns what was found in these sessions.
pub fn found(number: u64, groups: Vec<(u8, Vec<FoundLine>)>) -> FoundEverywhere {
    let group = |(session, lines)| {
        Arc::new(Group {
            session: session_id(session),
            lines,
            more: false,
        })
    };
    FoundEverywhere {
        number,
        looked_at: 3,
        sessions: 3,
        ended: true,
        groups: groups.into_iter().map(group).collect(),
        ..FoundEverywhere::default()
    }
}

fn sessions() -> Vec<SessionInfo> {
    let ended = SessionInfo {
        life: Life::Exited { code: 0, signal: 0 },
        folder: "/work/prices".into(),
        ..session_info(2, "codex")
    };
    vec![session_info(1, "bash"), ended]
}

fn wanted(world: &mut World) -> Vec<Option<Wanted>> {
    let requests = world.requests().into_iter();
    let wanted = requests.filter_map(|request| match request {
        Request::Everywhere(wanted) => Some(wanted),
        _ => None,
    });
    wanted.collect()
}

fn selected(world: &World) -> Vec<String> {
    let lines = world.harness.query_all_by_label_contains(", line ");
    let selected = lines.filter(|line| line.accesskit_node().toggled() == Some(Toggled::True));
    let labels = selected.filter_map(|line| line.accesskit_node().label());
    labels.collect()
}

fn type_in(world: &mut World, text: &str) {
    world.harness.get_by_label(FIELD).type_text(text);
    world.harness.run();
}

#[test]
fn d10_a_text_is_found_by_what_was_typed_and_enter_leads_to_its_row_with_the_hit_lit() {
    let mut world = World::new(World::layout(&[1]), &sessions());
    world.requests();
    world.command(Command::FindEverywhere);
    assert_eq!(wanted(&mut world), [], "nothing is looked for yet");
    world.harness.get_by_label(FIELD);
    type_in(&mut world, "needle");
    let asked = wanted(&mut world)
        .pop()
        .flatten()
        .expect("it is looked for");
    assert_eq!(asked.sought.text, "needle");
    assert!(asked.sought.ignore_case && !asked.sought.regex && asked.project.is_none());
    let lines = |session: &str| vec![line(7, &format!("a needle of {session}"), "needle")];
    let news = found(asked.number, vec![(1, lines("one")), (2, lines("two"))]);
    world.change(|snapshot| snapshot.everywhere = Some(Arc::new(news)));
    world.harness.get_by_label("2 lines in 2 sessions");
    world
        .harness
        .get_by_label_contains("codex, prices  ·  ended");
    assert_eq!(selected(&world), ["bash, line 8: a needle of one"]);
    world.harness.key_press(Key::ArrowDown);
    world.harness.run();
    assert_eq!(selected(&world), ["codex, line 8: a needle of two"]);
    world.harness.key_press(Key::Enter);
    world.harness.run();
    world.show_text(2, "text\r\n");
    let requests = world.requests();
    let finds = requests.iter().find_map(|request| match request {
        Request::Find {
            session,
            sought,
            number,
        } => Some((*session, sought.clone(), *number)),
        _ => None,
    });
    let (session, sought, number) = finds.expect("its pane looks for it, too");
    assert_eq!((session, sought), (session_id(2), asked.sought));
    let ends = |request: &Request| matches!(request, Request::Everywhere(None));
    assert!(
        requests.iter().any(ends),
        "and the others are asked no more"
    );
    let app = world.app();
    assert!(app.overlay.is_none());
    assert_eq!(app.workspace.focused_session(), Some(session_id(2)));
    assert!(!app.ui_has_keyboard(), "the program has it");
    let pane = app.focused_pane().expect("a pane");
    assert!(!pane.scroll.is_live(), "it looks back");
    // Of the hits in the session it stands at the one that was chosen, not at the last.
    let hit = |line, column| Hit {
        start: place(line, column),
        end_column: column + 6,
        row: 0,
    };
    let hits = Found {
        number,
        hits: vec![hit(9, 0), hit(7, 2), hit(3, 0)],
        whole: true,
        problem: None,
    };
    world.change(|snapshot| drop(snapshot.found.insert(session_id(2), Arc::new(hits.clone()))));
    let finder = world.app().focused_pane().unwrap().finder.as_ref().unwrap();
    assert_eq!(finder.words(Some(&hits)), "2 of 3");
}

#[test]
fn it_is_opened_again_with_what_was_looked_for_and_looks_anew() {
    let mut world = World::new(World::layout(&[1]), &sessions());
    world.command(Command::FindEverywhere);
    type_in(&mut world, "needle");
    let first = wanted(&mut world).pop().flatten().unwrap();
    world.harness.key_press(Key::Escape);
    world.harness.run();
    assert!(world.app().overlay.is_none());
    assert_eq!(wanted(&mut world), [None]);
    world.command(Command::FindEverywhere);
    let again = wanted(&mut world).pop().flatten().expect("it looks anew");
    assert_eq!(again.sought, first.sought);
    assert!(again.number > first.number);
    // What is typed takes its place; only the newest counts.
    type_in(&mut world, "Other");
    let other = wanted(&mut world).pop().flatten().unwrap();
    assert_eq!(
        (other.sought.text.as_str(), other.sought.ignore_case),
        ("Other", false)
    );
    let stale = found(again.number, vec![(1, vec![line(1, "needle", "needle")])]);
    world.change(|snapshot| snapshot.everywhere = Some(Arc::new(stale)));
    assert!(world.harness.query_by_label_contains(", line ").is_none());
    world.harness.get_by_label("Looking…");
}

#[test]
fn keys_choose_expressions_case_and_this_project_alone() {
    let mut world = World::new(World::layout(&[1]), &sessions());
    world.command(Command::FindEverywhere);
    type_in(&mut world, "n.*e");
    for key in [Key::C, Key::R, Key::P] {
        world.harness.key_press_modifiers(egui::Modifiers::ALT, key);
        world.harness.run();
    }
    let asked = wanted(&mut world).pop().flatten().unwrap();
    assert!(asked.sought.regex && !asked.sought.ignore_case);
    assert_eq!(asked.project.as_deref(), Some("/work/project"));
    world.harness.get_by_label("This project only").click();
    world.harness.run();
    let asked = wanted(&mut world).pop().flatten().unwrap();
    assert_eq!(asked.project, None);
    let failed = FoundEverywhere {
        problem: Some("the expression cannot be used".into()),
        ..found(asked.number, Vec::new())
    };
    world.change(|snapshot| snapshot.everywhere = Some(Arc::new(failed)));
    world.harness.get_by_label("the expression cannot be used");
    let none = found(asked.number, Vec::new());
    world.change(|snapshot| snapshot.everywhere = Some(Arc::new(none)));
    world.harness.get_by_label("Nothing in 3 sessions");
}

#[test]
fn of_thousands_of_lines_those_in_view_are_drawn_and_a_click_leads_to_one() {
    let mut world = World::new(World::layout(&[1]), &sessions());
    world.command(Command::FindEverywhere);
    type_in(&mut world, "needle");
    let asked = wanted(&mut world).pop().flatten().unwrap();
    let lines = (0..2_000).map(|number| line(number, "a needle", "needle"));
    let news = found(asked.number, vec![(1, lines.collect())]);
    world.change(|snapshot| snapshot.everywhere = Some(Arc::new(news)));
    let drawn = world.harness.query_all_by_label_contains(", line ").count();
    assert!((10..40).contains(&drawn), "{drawn}");
    for _ in 0..5 {
        world.harness.key_press(Key::PageDown);
        world.harness.run();
    }
    assert_eq!(selected(&world), ["bash, line 51: a needle"]);
    world
        .harness
        .get_by_label("bash, line 49: a needle")
        .click();
    world.harness.run();
    assert!(world.app().overlay.is_none());
    assert!(!world.app().focused_pane().unwrap().scroll.is_live());
}
