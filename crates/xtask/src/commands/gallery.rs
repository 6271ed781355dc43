//! `cargo xtask gallery`: draws the pictures of the README's tour anew.

use super::run::{build, demo};
use super::take_no_arguments;
use crate::failure::Failure;
use crate::packages::{self, Consent, User};
use crate::workspace;

/// Runs it.
pub fn run(arguments: &[String]) -> Result<(), Failure> {
    take_no_arguments("gallery", arguments)?;
    packages::set_up(Consent::Ask, &[User::Build, User::Window])?;
    let program = build()?;
    demo::run(&program, &workspace::root().join("assets/tour"))
}
