//! The host, its clients, what they keep on disk and the command line. Everything of agor but the
//! window, so that a server needs no GUI code.

pub mod cli;
pub mod client;
pub mod config;
pub mod host;
pub mod link;
pub mod logging;
pub mod paths;
pub mod storage;
