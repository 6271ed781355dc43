//! `agor`: the window, and every verb of the command line.

mod app;
mod attention;
mod banner;
mod clipboard;
mod commands;
mod diagnostics;
mod drafts;
mod everywhere;
mod explain;
mod icons;
mod inspector;
mod keys;
mod keys_page;
mod launch;
mod link;
mod long_list;
mod open;
mod palette;
mod pane;
mod primary;
mod reopen;
mod settings;
mod shot;
mod sidebar;
mod starting;
mod status_bar;
mod tab_bar;
#[cfg(test)]
mod testing;
mod text;
mod theme;
mod theme_editor;
mod trust;
mod ui_fonts;
mod usage;
mod wake;
mod wall;
mod welcome;
mod which_key;
mod widgets;
mod window;
mod workspace;

use std::process::ExitCode;

use agor_core::cli::{self, Program, Window};

fn main() -> ExitCode {
    cli::main(Program {
        name: "agor",
        window: Some(Window {
            open: open::open,
            shot: shot::shot,
            keys: keys::verb::keys,
        }),
    })
}
