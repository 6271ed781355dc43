//! How link, host, store and window are, at a glance: figures in four cards with the last minute of
//! each as bars, and every session in a line.

mod figures;
mod view;

pub use view::{Outcome, diagnostics_ui};
