//! What stands where there is nothing to show: it says what would be there, and what leads to it.

use std::sync::Arc;

use agor_core::logging::Tail;
use agor_core::themes::{DARK, LIGHT};

use super::pictures::{compare, draw};
use crate::app::{App, Overlay};
use crate::commands::Command;
use crate::link::log::{Log, Of};
use crate::link::snapshot::Explanation;
use crate::palette::{Palette, Scope};
use crate::testing::{session_id, session_info};
use crate::workspace::Workspace;

/// Compares what `prepare` leads to with its pictures, in a dark and a light theme.
fn looks_as_it_did(name: &str, prepare: fn(&mut App)) {
    let arrange = |workspace: &mut Workspace| workspace.open_tab("/work/shop", session_id(1));
    for (suffix, theme) in [("", DARK), ("_light", LIGHT)] {
        compare(&format!("{name}{suffix}"), &draw(theme, arrange, prepare));
    }
}

#[test]
fn where_nothing_needs_you_it_says_what_would() {
    looks_as_it_did("attention_empty", |app| {
        app.snapshot.sessions = Some(Arc::new(vec![session_info(1, "bash")]));
        app.commands.push(Command::Attention);
    });
}

#[test]
fn where_nothing_says_what_a_session_does_that_is_said() {
    looks_as_it_did("explain_empty", |app| {
        app.snapshot.explained = Some(Arc::new(Explanation {
            session: session_id(1),
            state: session_info(1, "bash").state,
            reason: String::new(),
            pieces: Vec::new(),
        }));
        app.commands.push(Command::Explain);
    });
}

#[test]
fn a_log_without_a_line_says_so() {
    looks_as_it_did("log_empty", |app| {
        app.snapshot.log = Some(Arc::new(Log {
            of: Of::Host,
            tail: Tail {
                path: "/home/ada/.local/state/agor/host.log".into(),
                lines: Vec::new(),
                problem: None,
            },
        }));
        app.commands.push(Command::Log);
    });
}

#[test]
fn where_nothing_was_told_it_says_what_would_stand_there() {
    looks_as_it_did("notices_empty", |app| app.commands.push(Command::Notices));
}

#[test]
fn a_palette_without_a_choice_before_it_says_where_they_come_from() {
    looks_as_it_did("palette_empty", |app| {
        let palette = Palette::new(Scope::Everything, "<".into());
        app.overlay = Some(Overlay::Palette(palette));
    });
}

#[test]
fn a_wall_without_a_session_says_what_leads_to_one() {
    looks_as_it_did("wall_empty", |app| {
        app.snapshot.sessions = Some(Arc::new(Vec::new()));
        app.commands.push(Command::Wall);
    });
}

#[test]
fn a_window_without_a_tab_says_what_opens_one() {
    looks_as_it_did("nothing_open", |app| app.commands.push(Command::ClosePane));
}

#[test]
fn the_first_step_asks_for_a_folder() {
    looks_as_it_did("welcome_folder", |app| app.commands.push(Command::Welcome));
}
