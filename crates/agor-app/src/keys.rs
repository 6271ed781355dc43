//! Keys as the window system tells them, before anybody has made something else of them.
//!
//! [`translate`](translate::translate) says what a key means to a terminal, [`keymap`] which
//! command it is, [`router`] who gets it; what is drawn asks for its own in [`drawn`].

pub mod drawn;
pub mod keymap;
pub mod presets;
pub mod router;
pub mod translate;
pub mod verb;
