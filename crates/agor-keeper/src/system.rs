//! What differs by operating system; the rest of the crate asks here. A port supplies the same
//! functions.

#[cfg(target_os = "linux")]
mod linux;

#[cfg(target_os = "linux")]
pub(crate) use linux::*;

#[cfg(not(target_os = "linux"))]
compile_error!("a port of the keeper supplies `system/<os>.rs`; see README.md");
