//! The panel beside the panes that tells all of the focused session: what it does and since when, where and with what
//! it runs, what it used, and which settings hold for it.

mod facts;
mod view;

pub use view::inspector_ui;

use agor_proto::ids::SessionId;

use crate::commands::Command;

/// What a person did in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Did {
    /// A command is to be carried out.
    Command(Command),
    /// The session's settings are to be shown.
    Settings(SessionId),
    /// A value is to be copied.
    Copy(String),
}
