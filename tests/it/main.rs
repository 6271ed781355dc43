//! Whole-program tests, and the ceilings that keep the crates apart.

mod agor;
mod bad_input;
mod ceilings;
mod processes;
mod programs;
mod survival;
