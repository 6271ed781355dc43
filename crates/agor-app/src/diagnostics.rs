//! How link, host, store and window are, at a glance: figures in four cards with the last minute of
//! each as bars, and below them a line for every link, every step of output's way and every session.

mod figures;
mod view;

pub use view::{Outcome, diagnostics_ui};
