//! A key's echo: which frame has it.

use super::world::World;
use crate::testing::session_info;

#[test]
fn what_came_of_a_key_is_drawn_by_the_next_frame() {
    let mut world = World::new(World::layout(&[1]), &[session_info(1, "cat")]);
    world.show_text(1, "$ ");
    world.harness.step();
    let app = world.app();
    assert_eq!(app.cursor_col(), Some(2));
    assert_eq!(app.renderer.counters().rows_built, 0);
    world.tell_text(1, "$ k");
    world.harness.step();
    let app = world.app();
    assert_eq!(app.cursor_col(), Some(3));
    let counters = app.renderer.counters();
    assert!(
        counters.rows_built > 0 && counters.bytes_uploaded > 0,
        "{counters:?}"
    );
}
