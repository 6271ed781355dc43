//! What a window shows where, as it changes and as it is stored.

use super::*;
use crate::testing::session_id;
use egui::{Pos2, Rect};

const HERE: &str = "/work/here";
const THERE: &str = "/work/there";

fn sessions(workspace: &Workspace) -> Vec<SessionId> {
    workspace.panes().map(|(_, pane)| pane.session).collect()
}

fn ids<const N: usize>(numbers: [u8; N]) -> Vec<SessionId> {
    numbers.map(session_id).to_vec()
}

/// One tab with four panes: 1 left, right of it 2 above 3, and 4 rightmost.
fn four() -> Workspace {
    let mut workspace = Workspace::default();
    workspace.open_tab(HERE, session_id(1));
    workspace.split(HERE, LinearDir::Horizontal, session_id(2));
    workspace.split(HERE, LinearDir::Vertical, session_id(3));
    workspace.focus(workspace.place_of(session_id(2)).unwrap());
    workspace
}

#[test]
fn splits_stand_where_they_were_made() {
    let mut workspace = four();
    assert_eq!(sessions(&workspace), ids([1, 2, 3]));
    workspace.focus(workspace.place_of(session_id(1)).unwrap());
    workspace.split(HERE, LinearDir::Horizontal, session_id(4));
    assert_eq!(sessions(&workspace), ids([1, 4, 2, 3]));
    assert_eq!(workspace.focused_session(), Some(session_id(4)));
    // In one direction panes are siblings, not nested pairs.
    let root = workspace.tab().unwrap().tiles.tree.root.unwrap();
    let tiles = &workspace.tab().unwrap().tiles.tree.tiles;
    assert_eq!(tiles.get_container(root).unwrap().num_children(), 3);
}

#[test]
fn a_closed_pane_leaves_the_keyboard_to_the_one_that_had_it_before() {
    let mut workspace = four();
    workspace.focus(workspace.place_of(session_id(1)).unwrap());
    workspace.close_focused();
    assert_eq!(sessions(&workspace), ids([2, 3]));
    assert_eq!(workspace.focused_session(), Some(session_id(2)));
    workspace.close_focused();
    assert_eq!(workspace.focused_session(), Some(session_id(3)));
    workspace.close_focused();
    assert!(workspace.projects.is_empty());
    assert_eq!(workspace.focused_session(), None);
    assert_eq!(workspace.reopen(), Some(session_id(3)));
    assert_eq!(workspace.reopen(), Some(session_id(2)));
}

#[test]
fn a_stored_layout_is_the_same_when_it_is_read() {
    let mut workspace = four();
    workspace.tab_mut().unwrap().tiles.toggle_zoom();
    workspace.open_tab(THERE, session_id(5));
    workspace.open_tab(THERE, session_id(6));
    workspace.step_tab(-1);
    workspace.sidebar = Sidebar {
        shown: false,
        width: 300.0,
    };
    let json = workspace.to_json();
    let read = Workspace::from_json(&json).unwrap();
    assert_eq!(read.to_json(), json);
    assert_eq!(sessions(&read), sessions(&workspace));
    assert_eq!(read.focused_session(), Some(session_id(5)));
    assert!(read.projects[0].tabs[0].tiles.zoomed);
}

#[test]
fn shares_that_a_person_set_are_stored() {
    let mut workspace = four();
    let tiles = &mut workspace.tab_mut().unwrap().tiles.tree;
    let root = tiles.root.unwrap();
    let Some(egui_tiles::Tile::Container(egui_tiles::Container::Linear(linear))) =
        tiles.tiles.get_mut(root)
    else {
        panic!("a split");
    };
    let first = linear.children[0];
    linear.shares.set_share(first, 3.0);
    let json = workspace.to_json();
    assert!(json.contains("3.0"), "{json}");
    assert_eq!(Workspace::from_json(&json).unwrap().to_json(), json);
}

#[test]
fn a_damaged_layout_is_read_as_far_as_it_goes() {
    assert!(Workspace::from_json("no").is_err());
    assert!(Workspace::from_json("{}").unwrap().projects.is_empty());
    let session = session_id(1);
    let json = format!(
        r#"{{"version":9,"new":1,"active":7,"projects":[
            {{"folder":"/a","active":9,"tabs":[{{"focused":3,"zoomed":true,
              "panes":{{"beside":[{{"share":-1,"session":"{session}"}},{{"share":1,"below":[]}}]}}}}]}},
            {{"folder":"/b","tabs":[]}}]}}"#
    );
    let workspace = Workspace::from_json(&json).unwrap();
    assert_eq!(sessions(&workspace), [session]);
    assert_eq!(workspace.focused_session(), Some(session));
    let mut deep = format!(r#"{{"session":"{session}"}}"#);
    for _ in 0..90 {
        deep = format!(r#"{{"beside":[{{"share":1.0,{}]}}"#, &deep[1..]);
    }
    let json = format!(r#"{{"projects":[{{"folder":"/a","tabs":[{{"panes":{deep}}}]}}]}}"#);
    // Too deep for the reader of JSON or for ours: no panes, and no crash.
    if let Ok(workspace) = Workspace::from_json(&json) {
        assert!(workspace.projects.is_empty());
    }
}

#[test]
fn panes_of_sessions_that_are_gone_go_too() {
    let mut workspace = four();
    workspace.open_tab(THERE, session_id(5));
    workspace.retain(|session| session == session_id(3));
    assert_eq!(sessions(&workspace), ids([3]));
    assert_eq!(workspace.active, 0);
    assert_eq!(workspace.focused_session(), Some(session_id(3)));
}

#[test]
fn tabs_and_projects_are_stepped_through_around_their_end() {
    let mut workspace = Workspace::default();
    workspace.open_tab(HERE, session_id(1));
    workspace.open_tab(HERE, session_id(2));
    workspace.open_tab(THERE, session_id(3));
    workspace.step_project(1);
    assert_eq!(workspace.focused_session(), Some(session_id(2)));
    workspace.step_tab(1);
    assert_eq!(workspace.focused_session(), Some(session_id(1)));
    workspace.go_to_tab(8);
    assert_eq!(workspace.focused_session(), Some(session_id(2)));
    workspace.step_project(-1);
    assert_eq!(workspace.focused_session(), Some(session_id(3)));
}

#[test]
fn a_session_that_is_shown_somewhere_is_gone_to() {
    let mut workspace = four();
    workspace.open_tab(THERE, session_id(5));
    workspace.show(HERE, session_id(3));
    assert_eq!(workspace.focused_session(), Some(session_id(3)));
    assert_eq!(sessions(&workspace).len(), 4);
}

#[test]
fn the_keyboard_moves_to_the_nearest_pane_in_a_direction() {
    let mut workspace = four();
    let tab = workspace.tab_mut().unwrap();
    // Lay out without a window: 1 left, 2 above 3 at the right.
    let context = egui::Context::default();
    let mut behavior = Still;
    let input = egui::RawInput {
        screen_rect: Some(Rect::from_min_max(Pos2::ZERO, Pos2::new(800.0, 600.0))),
        ..egui::RawInput::default()
    };
    let mut output = context.run_ui(input, |ui| tab.tiles.tree.ui(&mut behavior, ui));
    output.textures_delta.clear();
    let mut go = |direction, expected| {
        tab.tiles.focus_towards(direction);
        assert_eq!(tab.tiles.focused_session(), Some(session_id(expected)));
    };
    go(Direction::Down, 3);
    go(Direction::Down, 3);
    go(Direction::Left, 1);
    go(Direction::Right, 2);
    go(Direction::Down, 3);
    go(Direction::Up, 2);
}

struct Still;

impl egui_tiles::Behavior<Pane> for Still {
    fn pane_ui(
        &mut self,
        _ui: &mut egui::Ui,
        _tile: TileId,
        _pane: &mut Pane,
    ) -> egui_tiles::UiResponse {
        egui_tiles::UiResponse::None
    }

    fn tab_title_for_pane(&mut self, _pane: &Pane) -> egui::WidgetText {
        "".into()
    }

    fn simplification_options(&self) -> egui_tiles::SimplificationOptions {
        tiles::simplification()
    }
}
