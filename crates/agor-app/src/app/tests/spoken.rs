//! What assistive technology is told: every line of the focused terminal, and of no other.

use egui::Role;
use egui_kittest::kittest::{NodeT, Queryable};

use super::world::World;
use crate::commands::Command;
use crate::testing::session_info;

fn lines(world: &World, text: &str) -> usize {
    let nodes = world.harness.query_all_by_role(Role::Label);
    let has = |label: Option<String>| label.is_some_and(|label| label == text);
    nodes
        .filter(|node| {
            has(node
                .accesskit_node()
                .value()
                .or(node.accesskit_node().label()))
        })
        .count()
}

#[test]
fn the_focused_terminal_is_read_line_by_line_and_the_others_are_one() {
    let sessions = [session_info(1, "left"), session_info(2, "right")];
    let mut world = World::new(World::layout(&[1, 2]), &sessions);
    world.show_text(1, "first of left\r\nsecond of left");
    world.show_text(2, "only of right");
    assert_eq!(lines(&world, "only of right"), 1);
    assert_eq!(lines(&world, "second of left"), 0);
    assert!(
        world
            .harness
            .query_by_role_and_label(Role::Terminal, "Terminal of right")
            .is_some()
    );
    world.command(Command::FocusLeft);
    assert_eq!(lines(&world, "first of left"), 1);
    assert_eq!(lines(&world, "second of left"), 1);
    assert_eq!(lines(&world, "only of right"), 0);
}
