//! The wall of more sessions than it shows by themselves.

use agor_proto::ids::SessionId;
use agor_proto::message::Visibility;
use agor_proto::session::SessionInfo;
use egui_kittest::kittest::Queryable;

use super::world::World;
use crate::commands::Command;
use crate::link::Request;
use crate::testing::session_info;
use crate::wall::SESSIONS_MAX;

#[test]
fn a_session_that_letters_find_is_shown_as_it_changes_however_many_there_are() {
    let far = |number: usize| SessionInfo {
        id: SessionId::from_parts(1_700_000_001_000 + number as u64, [1; 10]),
        ..session_info(1, &format!("far{number}"))
    };
    let mut sessions = vec![session_info(1, "bash")];
    sessions.extend((0..SESSIONS_MAX + 40).map(far));
    let last = sessions.last().unwrap().clone();
    let mut world = World::new(World::layout(&[1]), &sessions);
    world.command(Command::Wall);
    world.harness.get_by_label("Choose").type_text(&last.name);
    world.harness.run();
    world.harness.run();
    let shown = world.requests().into_iter().rev().find_map(|it| match it {
        Request::Show(shown) => Some(shown),
        _ => None,
    });
    let shown = shown.expect("screens are asked for");
    assert!(shown.contains(&(last.id, Visibility::Visible)));
    assert_eq!(shown.len(), SESSIONS_MAX);
}
