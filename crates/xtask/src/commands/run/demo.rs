//! The demonstration, drawn into pictures where there is no display.

use std::path::Path;
use std::process::Command;

use crate::failure::Failure;
use crate::workspace;

/// Draws the pictures of the demonstration into `folder`.
pub fn run(program: &Path, folder: &Path) -> Result<(), Failure> {
    let status = Command::new(program)
        .args(["demo", "--pictures"])
        .arg(folder)
        .current_dir(workspace::root())
        .status()
        .map_err(|error| {
            let program = program.display();
            Failure::SetUp(format!("{program} could not be started: {error}"))
        })?;
    if !status.success() {
        return Err(Failure::Step(format!("agor demo failed ({status})")));
    }
    println!("the pictures are in {}", folder.display());
    Ok(())
}
