//! Real windows on an X display of their own, drawn by software, with real keys: what a person does, and
//! what came of it at the host.

mod apart;
mod clipboard;
mod demo;
mod images;
mod keys;
mod life;
mod look;
mod modes;
mod refusals;
pub mod stage;
mod workspace;
