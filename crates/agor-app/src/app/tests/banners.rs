//! What a person is told of the store stands above the panes until it is over, or was read.

use agor_proto::session::{StorageNotice, StorageTrouble};
use egui_kittest::kittest::Queryable;

use super::world::World;
use crate::commands::Command;
use crate::testing::session_info;

fn trouble(is: StorageTrouble, text: &str) -> StorageNotice {
    let text = text.into();
    StorageNotice { is, text }
}

#[test]
fn a_full_disk_is_a_banner_until_there_is_room() {
    let mut world = World::new(World::layout(&[1]), &[session_info(1, "vim")]);
    let label = "The disk is full: free some space.";
    assert!(world.harness.query_by_label(label).is_none());
    let full = trouble(StorageTrouble::Full, label);
    world.change(|snapshot| snapshot.storage = vec![full].into());
    assert!(world.harness.query_by_label(label).is_some());
    world.harness.get_by_label("What takes space").click();
    world.harness.run();
    assert_eq!(world.page(), Some(Command::Diagnostics));
    assert!(world.harness.query_by_label(label).is_some(), "it stays");
    world.change(|snapshot| snapshot.storage = Vec::new().into());
    assert!(world.harness.query_by_label(label).is_none());
}

#[test]
fn what_was_mended_is_told_until_the_person_has_read_it() {
    let mut world = World::new(World::layout(&[1]), &[session_info(1, "vim")]);
    let (one, two) = ("The database was damaged.", "A part is damaged.");
    let mended = |text| trouble(StorageTrouble::Mended, text);
    world.change(|snapshot| snapshot.storage = vec![mended(one)].into());
    world.harness.get_by_label("Dismiss").click();
    world.harness.run();
    assert!(world.harness.query_by_label(one).is_none());
    world.change(|snapshot| snapshot.storage = vec![mended(one), mended(two)].into());
    assert!(world.harness.query_by_label(one).is_none(), "it was read");
    assert!(world.harness.query_by_label(two).is_some());
}
