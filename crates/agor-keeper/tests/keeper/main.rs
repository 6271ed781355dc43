//! The keeper as a process, with real children: this binary starts itself again as the keeper.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)] // all of it is tests

mod attach;
mod harness;
mod input;
mod kill;
mod measure;
mod output;
mod start;
mod update;

/// Not a test: what a [`harness::TestKeeper`] runs in a process of its own.
#[test]
#[ignore = "the keeper's process, which the tests start"]
fn keeper_process() {
    let Some(socket) = std::env::var_os(harness::SOCKET_VARIABLE) else {
        return;
    };
    let outcome = agor_keeper::run(agor_keeper::KeeperOptions {
        socket: socket.into(),
        start: harness::start_of_process(),
    });
    assert!(outcome.is_ok(), "{outcome:?}");
}
