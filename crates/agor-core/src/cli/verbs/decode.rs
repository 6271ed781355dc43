//! `decode`: the process that turns an image's bytes into pixels. The host starts it; nobody types it.

use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;

#[derive(Debug, clap::Args)]
pub struct Arguments {}

pub fn run(_: Arguments, _: &Context) -> Result<Exit, Failure> {
    crate::images::decode::run().map_err(Failure::output)?;
    Ok(Exit::SUCCESS)
}
