//! What a window shows where, as it changes and as it is stored.

use super::arrange::{Form, Turn};
use super::*;
use crate::app::pages::Kind;
use crate::commands::Command;
use crate::testing::session_id;
use egui::{Pos2, Rect};

const HERE: &str = "/work/here";
const THERE: &str = "/work/there";

fn sessions(workspace: &Workspace) -> Vec<SessionId> {
    workspace.sessions().collect()
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
    assert!(workspace.reopen(|_| true));
    assert_eq!(sessions(&workspace), ids([3]));
    assert!(workspace.reopen(|_| true));
    assert_eq!(
        sessions(&workspace),
        ids([3, 2]),
        "in the tab that it was closed in"
    );
    assert_eq!(workspace.projects[0].tabs.len(), 1);
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
    workspace.step_project(1, &[HERE, THERE]);
    assert_eq!(workspace.focused_session(), Some(session_id(2)));
    workspace.step_tab(1);
    assert_eq!(workspace.focused_session(), Some(session_id(1)));
    workspace.go_to_tab(8);
    assert_eq!(workspace.focused_session(), Some(session_id(2)));
    workspace.step_project(-1, &[HERE, THERE]);
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
    // 1 left, 2 above 3 at the right.
    lay_out(&mut workspace);
    let tab = workspace.tab_mut().unwrap();
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

/// Lays the tab that is shown out without a window.
fn lay_out(workspace: &mut Workspace) {
    let Some(tab) = workspace.tab_mut() else {
        return;
    };
    let context = egui::Context::default();
    let mut behavior = Still;
    let input = egui::RawInput {
        screen_rect: Some(Rect::from_min_max(Pos2::ZERO, Pos2::new(800.0, 600.0))),
        ..egui::RawInput::default()
    };
    let mut output = context.run_ui(input, |ui| tab.tiles.tree.ui(&mut behavior, ui));
    output.textures_delta.clear();
}

/// Returns where a session's pane lies, once the tab was laid out.
fn rect(workspace: &mut Workspace, session: u8) -> Rect {
    lay_out(workspace);
    let tile = workspace.place_of(session_id(session)).unwrap().tile;
    workspace
        .tab()
        .unwrap()
        .tiles
        .tree
        .tiles
        .rect(tile)
        .unwrap()
}

#[test]
fn panes_change_places_and_keep_the_keyboard_and_their_tiles() {
    let mut workspace = four();
    lay_out(&mut workspace);
    let tile = workspace.focused_place().unwrap().tile;
    let before = rect(&mut workspace, 1);
    assert!(
        workspace
            .tab_mut()
            .unwrap()
            .tiles
            .swap_towards(Direction::Left)
    );
    assert_eq!(sessions(&workspace), ids([2, 1, 3]));
    assert_eq!(workspace.focused_session(), Some(session_id(2)));
    assert_eq!(workspace.focused_place().unwrap().tile, tile);
    assert_eq!(
        rect(&mut workspace, 2),
        before,
        "the room stays with the place"
    );
    let tiles = &mut workspace.tab_mut().unwrap().tiles;
    assert!(!tiles.swap_towards(Direction::Left), "there is none");
    tiles.rotate(Turn::Forwards);
    assert_eq!(sessions(&workspace), ids([3, 2, 1]));
    workspace.tab_mut().unwrap().tiles.rotate(Turn::Backwards);
    assert_eq!(sessions(&workspace), ids([2, 1, 3]));
}

#[test]
fn a_pane_goes_to_an_edge_over_its_whole_length() {
    let mut workspace = four();
    for (direction, expected) in [
        (Direction::Up, [2, 1, 3]),
        (Direction::Down, [1, 3, 2]),
        (Direction::Left, [2, 1, 3]),
        (Direction::Right, [1, 3, 2]),
    ] {
        workspace.tab_mut().unwrap().tiles.move_to_edge(direction);
        assert_eq!(sessions(&workspace), ids(expected), "{direction:?}");
        let rect = rect(&mut workspace, 2);
        let long = match direction {
            Direction::Up | Direction::Down => rect.width() > 780.0,
            Direction::Left | Direction::Right => rect.height() > 580.0,
        };
        assert!(long, "{direction:?} {rect:?}");
    }
}

#[test]
fn forms_put_every_pane_where_their_name_says() {
    let mut workspace = four();
    workspace.split(HERE, LinearDir::Vertical, session_id(4));
    workspace.split(HERE, LinearDir::Vertical, session_id(5));
    let areas = |workspace: &mut Workspace| -> Vec<f32> {
        let all = [1, 2, 3, 4, 5].map(|session| rect(workspace, session).area());
        all.to_vec()
    };
    let form = |workspace: &mut Workspace, form| workspace.tab_mut().unwrap().tiles.arrange(form);
    form(&mut workspace, Form::Columns);
    assert!((1..=5).all(|session| rect(&mut workspace, session).height() > 580.0));
    form(&mut workspace, Form::Rows);
    assert!((1..=5).all(|session| rect(&mut workspace, session).width() > 780.0));
    form(&mut workspace, Form::Grid);
    let areas = areas(&mut workspace);
    // Three above two.
    assert!(
        areas
            .iter()
            .all(|area| (70_000.0..125_000.0).contains(area)),
        "{areas:?}"
    );
    form(&mut workspace, Form::MainAndStack);
    let main = rect(&mut workspace, 5);
    assert!(
        main.min.x < 1.0 && main.height() > 580.0 && main.width() > 440.0,
        "{main:?}"
    );
    assert!((1..=4).all(|session| rect(&mut workspace, session).min.x > main.max.x - 1.0));
}

#[test]
fn borders_move_with_the_arrow_and_never_swallow_a_pane() {
    let mut workspace = four();
    let before = rect(&mut workspace, 2);
    let tiles =
        |workspace: &mut Workspace, direction| workspace.tab_mut().unwrap().tiles.resize(direction);
    assert!(tiles(&mut workspace, Direction::Left));
    let after = rect(&mut workspace, 2);
    assert!(after.min.x < before.min.x - 20.0, "{before:?} {after:?}");
    assert!(tiles(&mut workspace, Direction::Down));
    assert!(rect(&mut workspace, 2).max.y > before.max.y + 15.0);
    for _ in 0..100 {
        tiles(&mut workspace, Direction::Left);
        tiles(&mut workspace, Direction::Up);
    }
    for session in [1, 2, 3] {
        let rect = rect(&mut workspace, session);
        assert!(
            rect.width() > 15.0 && rect.height() > 15.0,
            "{session} {rect:?}"
        );
    }
    workspace.tab_mut().unwrap().tiles.balance();
    let widths = [1, 2].map(|session| rect(&mut workspace, session).width());
    assert!((widths[0] - widths[1]).abs() < 2.0, "{widths:?}");
    // One pane has no border.
    let mut alone = Workspace::default();
    alone.open_tab(HERE, session_id(1));
    assert!(!tiles(&mut alone, Direction::Left));
}

#[test]
fn panes_move_to_other_tabs_and_to_one_of_their_own() {
    let mut workspace = four();
    assert!(!workspace.move_to_tab(1), "there is no other");
    assert!(workspace.break_out());
    assert_eq!(workspace.projects[0].tabs.len(), 2);
    assert_eq!(workspace.focused_session(), Some(session_id(2)));
    assert!(!workspace.break_out(), "it is alone");
    assert!(workspace.move_to_tab(1));
    assert_eq!(workspace.projects[0].tabs.len(), 1, "its tab went with it");
    assert_eq!(workspace.focused_session(), Some(session_id(2)));
    assert_eq!(sessions(&workspace).len(), 3);
    assert!(!workspace.reopen(|_| true), "nothing was closed");
}

#[test]
fn pinned_tabs_stay_first_and_names_and_pins_are_stored() {
    let mut workspace = Workspace::default();
    for session in 1..=3 {
        workspace.open_tab(HERE, session_id(session));
    }
    workspace.toggle_pin();
    assert_eq!(sessions(&workspace), ids([3, 1, 2]));
    workspace.tab_mut().unwrap().name = Some("servers".into());
    workspace.open_tab(HERE, session_id(4));
    assert_eq!(sessions(&workspace), ids([3, 4, 1, 2]));
    workspace.go_to_tab(3);
    workspace.toggle_pin();
    assert_eq!(sessions(&workspace), ids([3, 2, 4, 1]));
    let json = workspace.to_json();
    let read = Workspace::from_json(&json).unwrap();
    assert_eq!(read.to_json(), json);
    assert_eq!(read.projects[0].pinned(), 2);
    assert_eq!(read.projects[0].tabs[0].name.as_deref(), Some("servers"));
    // A document that has them elsewhere is put in order, and shows the tab that it showed.
    let session = |number: u8| session_id(number);
    let json = format!(
        r#"{{"projects":[{{"folder":"/a","active":0,"tabs":[{{"panes":{{"session":"{}"}}}},
            {{"panes":{{"session":"{}"}},"pinned":true}}]}}]}}"#,
        session(1),
        session(2)
    );
    let read = Workspace::from_json(&json).unwrap();
    assert_eq!(sessions(&read), ids([2, 1]));
    assert_eq!(read.focused_session(), Some(session(1)));
    workspace.toggle_pin();
    assert_eq!(sessions(&workspace), ids([3, 2, 4, 1]));
    assert_eq!(workspace.projects[0].pinned(), 1);
}

#[test]
fn where_panes_look_is_stored_and_what_a_later_release_adds_is_left_out() {
    let mut workspace = four();
    let place = |line| LinePosition {
        line: agor_proto::ids::LineId(line),
        column: 3,
    };
    workspace.views = vec![View {
        session: session_id(2),
        top: Some(place(7)),
        selection: None,
    }];
    let json = workspace.to_json();
    let read = Workspace::from_json(&json).unwrap();
    assert_eq!(read.views, workspace.views);
    let later = json.replace("\"views\":[", "\"views\":[{\"session\":5},");
    assert_eq!(Workspace::from_json(&later).unwrap().views, workspace.views);
}

/// Returns numbers that are the same for the same seed (xorshift).
fn numbers(seed: u64) -> impl FnMut(usize) -> usize {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    move |below| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).unwrap()
    }
}

#[test]
fn any_sequence_of_commands_shows_each_session_once_and_keeps_the_tree_whole() {
    const DIRECTIONS: [Direction; 4] = [
        Direction::Left,
        Direction::Right,
        Direction::Up,
        Direction::Down,
    ];
    const FORMS: [Form; 4] = [Form::Columns, Form::Rows, Form::Grid, Form::MainAndStack];
    for seed in 0..200 {
        let mut number = numbers(seed + 1);
        let mut workspace = Workspace::default();
        let (mut next, mut shown) = (0_u8, Vec::new());
        let mut done = Vec::new();
        for _ in 0..60 {
            let act = number(15);
            done.push(act);
            let direction = DIRECTIONS[number(4)];
            match act {
                0..=2 if next < 40 => {
                    next += 1;
                    shown.push(session_id(next));
                    let along = [LinearDir::Horizontal, LinearDir::Vertical][number(2)];
                    let folder = [HERE, THERE][number(2)];
                    match act {
                        0 => workspace.open_tab(folder, session_id(next)),
                        _ => workspace.split(folder, along, session_id(next)),
                    }
                }
                3 => {
                    workspace.move_to_tab([1, -1][number(2)]);
                }
                4 => {
                    workspace.break_out();
                }
                5 => workspace.toggle_pin(),
                6 => workspace.step_tab(1),
                7 => workspace.step_project(1, &[HERE, THERE]),
                8 => {
                    if let Some(session) = workspace.focused_session() {
                        shown.retain(|it| *it != session);
                    }
                    workspace.close_focused();
                }
                9 => {
                    let json = workspace.to_json();
                    workspace = Workspace::from_json(&json).unwrap();
                    assert_eq!(workspace.to_json(), json, "{seed} {done:?}");
                }
                act => {
                    lay_out(&mut workspace);
                    if let Some(tab) = workspace.tab_mut() {
                        match act {
                            10 => {
                                tab.tiles.swap_towards(direction);
                            }
                            11 => tab.tiles.move_to_edge(direction),
                            12 => {
                                tab.tiles.resize(direction);
                            }
                            13 => tab.tiles.arrange(FORMS[number(4)]),
                            _ => tab
                                .tiles
                                .rotate([Turn::Forwards, Turn::Backwards][number(2)]),
                        }
                    }
                }
            }
            let mut are = sessions(&workspace);
            let mut should = shown.clone();
            are.sort();
            should.sort();
            assert_eq!(are, should, "{seed} {done:?}");
            for tab in workspace.projects.iter().flat_map(|project| &project.tabs) {
                let focused = tab
                    .tiles
                    .focused()
                    .expect("a tab has the keyboard somewhere");
                assert!(
                    tab.tiles.panes().any(|(tile, _)| tile == focused),
                    "{seed} {done:?}"
                );
                let tiles = &tab.tiles.tree.tiles;
                // Every tile is reached from the root, and no split has one part.
                let containers = tiles.iter().filter(|(_, tile)| tile.is_container()).count();
                let panes = tab.tiles.panes().count();
                assert_eq!(panes + containers, tiles.iter().count(), "{seed} {done:?}");
                assert!(containers < panes.max(1), "{seed} {done:?}");
            }
            for project in &workspace.projects {
                assert!(project.active < project.tabs.len(), "{seed} {done:?}");
                let pinned = project.tabs.iter().filter(|tab| tab.pinned).count();
                assert_eq!(project.pinned(), pinned, "{seed} {done:?}");
            }
        }
    }
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

#[test]
fn the_digest_is_another_whenever_what_is_stored_is() {
    let mut workspace = four();
    workspace.open_tab(THERE, session_id(5));
    let mut seen = vec![(workspace.to_json(), workspace.digest())];
    let at = agor_proto::ids::LinePosition {
        line: agor_proto::ids::LineId(3),
        column: 1,
    };
    let changes: [&dyn Fn(&mut Workspace); 19] = [
        &|it| it.active = 0,
        &|it| it.projects[0].folder.push('x'),
        &|it| it.open_tab(THERE, session_id(6)),
        &|it| it.step_tab(1),
        &|it| it.toggle_pin(),
        &|it| it.tab_mut().unwrap().name = Some("name".into()),
        &|it| it.active = 0,
        &|it| it.tab_mut().unwrap().tiles.toggle_zoom(),
        &|it| {
            it.tab_mut().unwrap().tiles.resize(Direction::Left);
        },
        &|it| {
            it.tab_mut().unwrap().tiles.swap_towards(Direction::Left);
        },
        &|it| it.sidebar.width = 300.0,
        &|it| {
            let tiles = &mut it.tab_mut().unwrap().tiles;
            tiles.toggle_pin(tiles.focused().unwrap());
        },
        &|it| it.inspector = true,
        &|it| it.wall = crate::wall::Grouping::State,
        &|it| it.toggle_fold(agor_core::config::Whose::Group("g".into())),
        &|it| it.look.font_size = Some(20.0),
        &|it| it.tab_mut().unwrap().window = Some(Spot::default()),
        &|it| {
            let number = it.tab().unwrap().number;
            let size = [640.0, 480.0];
            let position = None;
            it.put_window(number, Spot { position, size });
        },
        &|it| {
            it.views.push(View {
                session: session_id(1),
                top: Some(at),
                selection: None,
            });
        },
    ];
    for (number, change) in changes.iter().enumerate() {
        change(&mut workspace);
        let now = (workspace.to_json(), workspace.digest());
        for (json, digest) in &seen {
            assert_eq!(*json == now.0, *digest == now.1, "change {number}");
        }
        assert_eq!(workspace.digest(), now.1);
        seen.push(now);
    }
    let changed = seen
        .windows(2)
        .filter(|pair| pair[0].0 != pair[1].0)
        .count();
    assert!(changed >= 12, "{changed}");
}

#[test]
fn a_pane_that_gets_a_window_is_a_tab_apart_and_the_main_window_shows_what_it_showed() {
    let mut workspace = four();
    workspace.note_main();
    assert!(workspace.detach());
    let apart: Vec<_> = workspace.apart().map(|tab| tab.number).collect();
    assert_eq!(apart.len(), 1);
    assert_eq!(workspace.focused_session(), Some(session_id(2)));
    let shown = |workspace: &Workspace| {
        let (project, tab) = workspace.in_main()?;
        let tab = &workspace.projects[project].tabs[tab];
        Some(
            tab.tiles
                .panes()
                .filter_map(|(_, pane)| pane.session())
                .collect(),
        )
    };
    assert_eq!(shown(&workspace), Some(ids([1, 3])));
    assert!(!workspace.detach(), "it has one already");
    // One that is alone in its tab takes the tab with it.
    workspace.focus(workspace.place_of(session_id(1)).unwrap());
    workspace.close_focused();
    assert_eq!(workspace.focused_session(), Some(session_id(3)));
    assert!(workspace.detach());
    assert_eq!(workspace.apart().count(), 2);
    assert_eq!(shown(&workspace), None);
    workspace.attach(apart[0]);
    assert_eq!(shown(&workspace), Some(ids([2])));
    // A window of another project does not change what the main one shows.
    workspace.open_tab(THERE, session_id(5));
    workspace.note_main();
    let apart = workspace.apart().next().unwrap().number;
    assert!(workspace.activate(apart));
    workspace.note_main();
    assert_eq!(shown(&workspace), Some(ids([5])));
}

#[test]
fn a_window_is_stored_with_its_tab_and_a_damaged_place_is_none() {
    let mut workspace = four();
    workspace.detach();
    let number = workspace.apart().next().unwrap().number;
    let spot = Spot {
        position: Some([40.0, -20.0]),
        size: [700.0, 500.0],
    };
    workspace.put_window(number, spot);
    let json = workspace.to_json();
    let read = Workspace::from_json(&json).unwrap();
    assert_eq!(
        read.apart().map(|tab| tab.window).collect::<Vec<_>>(),
        [Some(spot)]
    );
    assert_eq!(read.to_json(), json);
    let damaged = json.replace("700.0", "1e30");
    assert_ne!(damaged, json);
    let read = Workspace::from_json(&damaged).unwrap();
    assert_eq!(read.apart().count(), 0);
    assert_eq!(sessions(&read).len(), 3, "the tab is in the main window");
}

#[test]
fn tabs_of_a_folder_that_is_another_projects_move_there() {
    let mut workspace = Workspace::default();
    workspace.open_tab("/a", session_id(1));
    workspace.open_tab("/b", session_id(2));
    workspace.open_tab("/c", session_id(3));
    workspace.focus(workspace.place_of(session_id(2)).unwrap());
    workspace.toggle_pin();
    let of = |folder: &str| match folder {
        "/b" | "/c" => "/a".to_owned(),
        folder => folder.to_owned(),
    };
    workspace.gather(of);
    let shape = |workspace: &Workspace| -> Vec<_> {
        let projects = workspace.projects.iter();
        projects
            .map(|it| (it.folder.clone(), it.tabs.len()))
            .collect()
    };
    assert_eq!(shape(&workspace), [("/a".to_owned(), 3)]);
    assert_eq!(workspace.focused_session(), Some(session_id(2)));
    assert!(
        workspace.projects[0].tabs[0].pinned,
        "pinned ones come first"
    );
    // To a project that no pane shows yet.
    workspace.gather(|_| "/d".to_owned());
    assert_eq!(shape(&workspace), [("/d".to_owned(), 3)]);
    assert_eq!(workspace.focused_session(), Some(session_id(2)));
    Workspace::default().gather(|_| "/d".to_owned());
}

#[test]
fn a_closed_tab_comes_back_whole_where_it_was() {
    let mut workspace = Workspace::default();
    for session in 5..=7 {
        workspace.open_tab(HERE, session_id(session));
    }
    workspace.go_to_tab(1);
    workspace.split(HERE, LinearDir::Horizontal, session_id(2));
    workspace.split(HERE, LinearDir::Vertical, session_id(3));
    workspace.tab_mut().unwrap().name = Some("servers".into());
    workspace.toggle_pin();
    let tiles = &mut workspace.tab_mut().unwrap().tiles;
    tiles.toggle_pin(tiles.focused().unwrap());
    tiles.toggle_zoom();
    let before = workspace.to_json();
    workspace.close_tab(0, 0);
    assert_eq!(sessions(&workspace), ids([5, 7]));
    assert!(workspace.reopen(|_| true));
    assert_eq!(workspace.to_json(), before);
    // What is gone from the host, or was opened elsewhere since, does not come back.
    workspace.close_tab(0, 0);
    workspace.open_tab(THERE, session_id(2));
    assert!(workspace.reopen(|session| session != session_id(6)));
    assert_eq!(workspace.focused_session(), Some(session_id(3)));
    let tab = workspace.tab().unwrap();
    assert_eq!((tab.name.as_deref(), tab.pinned), (Some("servers"), true));
    assert_eq!(tab.tiles.panes().count(), 1);
    assert_eq!(tab.tiles.pinned(), [tab.tiles.focused().unwrap()]);
    assert!(!workspace.reopen(|_| true), "nothing else was closed");
    workspace.close_tab(0, 0);
    assert!(!workspace.reopen(|_| false), "all of it is gone");
}

#[test]
fn closed_panes_come_back_into_a_tab_that_came_back_before_them_and_a_window_opens_again() {
    let mut workspace = four();
    workspace.tab_mut().unwrap().name = Some("three".into());
    workspace.close_focused();
    workspace.close_tab(0, 0);
    assert!(workspace.reopen(|_| true) && workspace.reopen(|_| true));
    assert_eq!(workspace.projects[0].tabs.len(), 1);
    assert_eq!(sessions(&workspace).len(), 3);
    workspace.break_out();
    workspace.detach();
    let number = workspace.apart().next().unwrap().number;
    let spot = Spot {
        position: Some([40.0, 20.0]),
        size: [700.0, 500.0],
    };
    workspace.put_window(number, spot);
    workspace.close_window(number);
    assert_eq!(workspace.apart().count(), 0);
    assert!(workspace.reopen(|_| true));
    assert_eq!(workspace.apart().next().unwrap().window, Some(spot));
    // As many can come back as are remembered, and no more.
    let mut workspace = Workspace::default();
    for session in 1..=40 {
        workspace.open_tab(HERE, session_id(session));
    }
    for _ in 1..=40 {
        workspace.close_focused();
    }
    let again = (0..50).filter(|_| workspace.reopen(|_| true)).count();
    assert_eq!(again, 32);
}

#[test]
fn a_pane_that_a_later_release_stored_is_kept_as_it_is() {
    let mut workspace = four();
    let kind = Kind::of(Command::Diagnostics).unwrap();
    workspace.split(HERE, LinearDir::Horizontal, Pane::Page(kind));
    let json = workspace.to_json();
    assert!(json.contains(r#""page":"view.diagnostics""#), "{json}");
    assert_eq!(Workspace::from_json(&json).unwrap().to_json(), json);
    for later in [
        r#""page":"view.holograms""#,
        r#""notebook":{"cells":[1,{"a":null}]}"#,
    ] {
        let json = json.replace(r#""page":"view.diagnostics""#, later);
        let mut read = Workspace::from_json(&json).unwrap();
        assert_eq!(read.to_json(), json);
        read.retain(|_| true);
        assert_eq!(read.to_json(), json, "nobody takes it away");
        let panes: Vec<_> = read.panes().map(|(_, pane)| pane).collect();
        assert_eq!(panes.len(), 4);
        let name = panes.iter().find_map(|pane| match pane {
            Pane::Unknown(unknown) => Some(unknown.kind()),
            _ => None,
        });
        assert!(
            matches!(name, Some("view.holograms" | "notebook")),
            "{name:?}"
        );
        // What is closed of it comes back, too.
        read.close_tab(0, 0);
        assert!(read.reopen(|_| true));
        assert_eq!(read.to_json(), json);
    }
    assert!(
        Workspace::from_json(&json.replace(r#""page":"view.diagnostics""#, r#""session":7"#))
            .is_err()
    );
}
