//! Panes with what stands over them: what their agents use, and modes of the window.

use std::sync::Arc;

use agor_core::themes::{DARK, LIGHT};
use egui_tiles::LinearDir;

use super::pictures::{compare, draw, sessions};
use crate::app::App;
use crate::commands::Command;
use crate::testing::session_id;
use crate::workspace::Workspace;

fn two(workspace: &mut Workspace) {
    workspace.open_tab("/work/shop", session_id(1));
    workspace.split("/work/shop", LinearDir::Horizontal, session_id(2));
}

/// Lets every agent have used much, with tasks that go on in the background.
fn busy(app: &mut App) {
    let mut sessions = sessions();
    let agents = sessions.iter_mut().filter_map(|info| info.agent.as_mut());
    for agent in agents {
        agent.background = 2;
        agent.usage.context_percent = Some(93);
        agent.usage.cost_micros = Some(1_230_000);
        agent.usage.estimated = true;
    }
    app.snapshot.sessions = Some(Arc::new(sessions));
}

#[test]
fn what_agents_use_and_do_in_the_background_looks_as_it_did() {
    for (name, theme) in [("busy", DARK), ("busy_light", LIGHT)] {
        compare(name, &draw(theme, two, busy));
    }
}

#[test]
fn numbers_over_panes_and_how_borders_are_moved_look_as_they_did() {
    for (name, theme) in [("numbers", DARK), ("numbers_light", LIGHT)] {
        let number = |app: &mut App| app.commands.push(Command::Numbers);
        compare(name, &draw(theme, two, number));
    }
    for (name, theme) in [("sizes", DARK), ("sizes_light", LIGHT)] {
        let resize = |app: &mut App| app.commands.push(Command::Resize);
        compare(name, &draw(theme, two, resize));
    }
}
