//! Real windows on an X display of their own, drawn by software, with real keys: what a person does, and
//! what came of it at the host.

mod apart;
mod bars;
mod clipboard;
mod demo;
mod drop;
pub mod fleet;
mod images;
mod keys;
mod life;
mod look;
mod modes;
mod refusals;
pub mod stage;
mod work;
mod workspace;
