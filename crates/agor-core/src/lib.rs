//! The host, its clients, what they keep on disk and the command line. Everything of agor but the
//! window, so that a server needs no GUI code.

pub mod agents;
mod bus;
pub mod cli;
pub mod client;
pub mod config;
pub mod demo;
pub mod desktop_look;
pub mod folder_watch;
pub mod folders;
pub mod host;
pub mod images;
pub mod keybindings;
mod latency;
pub mod link;
pub mod load;
pub mod logging;
pub mod pasted;
pub mod paths;
mod rewrite;
mod rules;
pub mod storage;
pub mod themes;
pub mod zone;
