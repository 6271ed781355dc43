//! What agents used: today's cost in the status bar, and the page behind it.

use std::sync::Arc;

use egui::Key;
use egui_kittest::kittest::Queryable;

use super::world::World;
use crate::link::Request;
use crate::testing::{session_info, spending};

fn asked(world: &mut World) -> Vec<Option<u32>> {
    let requests = world.requests().into_iter();
    let asked = requests.filter_map(|request| match request {
        Request::Usage(days) => Some(days),
        _ => None,
    });
    asked.collect()
}

#[test]
fn todays_cost_is_in_the_status_bar_and_a_click_shows_days_projects_and_sessions() {
    let mut world = World::new(World::layout(&[1]), &[session_info(1, "bash")]);
    assert!(world.harness.query_by_label_contains("today").is_none());
    let used = spending();
    let today = used.days.rows[0].spent;
    world.change(|snapshot| snapshot.spent_today = today);
    world.harness.get_by_label("~$3.10 today").click();
    world.harness.run();
    assert_eq!(asked(&mut world), [Some(30)]);
    world.change(|snapshot| snapshot.spending = Some(Arc::new(used)));
    world.harness.get_by_label("Cost on 2026-11-30: ~$3.10");
    world
        .harness
        .get_by_label_contains("estimate, prices of 20");
    world
        .harness
        .get_by_label_contains("Time on 2026-11-30: worked 1 h 17, waited 20 min");
    world
        .harness
        .get_by_label_contains("Project shop, Cost ~$17.00, Out 170 k");
    world
        .harness
        .get_by_label_contains("Session codex  ·  prices, Cost ~$6.40");
    world.harness.key_press(Key::Num1);
    world.harness.run();
    assert_eq!(asked(&mut world), [Some(7)]);
    assert!(
        world
            .harness
            .query_by_label_contains("Cost on 2026-11-20")
            .is_none()
    );
    world.harness.get_by_label("Last 90 days").click();
    world.harness.run();
    assert_eq!(asked(&mut world), [Some(90)]);
    world.harness.key_press(Key::Escape);
    world.harness.run();
    assert_eq!(asked(&mut world), [None]);
    assert!(world.app().overlay.is_none());
}
