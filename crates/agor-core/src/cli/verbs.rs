//! The verbs: one file each, and one row in the table below, from which arguments, dispatch, help
//! and the README's list come.

mod answer;
mod attach;
mod decode;
mod demo;
mod doctor;
mod explain;
mod export;
mod help;
pub mod hook;
mod keeper;
mod key;
mod keys;
mod kill;
mod log;
mod ls;
mod marks;
mod new;
mod providers;
mod rename;
mod report_state;
mod resize;
mod restart;
mod rm;
mod run;
mod screen;
mod search;
mod send;
mod serve;
mod settings;
mod shot;
mod signal;
mod stats;
mod stop_host;
mod tap;
mod theme;
mod update_host;
mod usage;
mod wait;

use clap::Subcommand;

use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;

pub use stats::{micros_a_megabyte, size, times, what_was_lost};
pub use theme::unknown as unknown_theme;

/// Declares the verbs, each with its documentation and the module that does it.
macro_rules! verbs {
    ($($(#[$attribute:meta])* $name:ident => $module:ident;)+) => {
        /// What is to be done.
        #[derive(Debug, Subcommand)]
        pub enum Verb {
            $($(#[$attribute])* $name($module::Arguments),)+
        }

        impl Verb {
            /// Does it.
            pub fn run(self, context: &Context) -> Result<Exit, Failure> {
                match self {
                    $(Self::$name(arguments) => $module::run(arguments, context),)+
                }
            }
        }
    };
}

verbs! {
    /// Start the host, unless it runs already
    Serve => serve;
    /// Start a command, or your shell, in a new session, and print the session's id
    New => new;
    /// List the sessions
    Ls => ls;
    /// Show a session in this terminal and type into it
    Attach => attach;
    /// Type text into a session
    Send => send;
    /// Press keys in a session
    Key => key;
    /// Answer what a session's agent asks, if it still asks that
    Answer => answer;
    /// Print what a session's screen shows
    Screen => screen;
    /// Look for a text in what every session has said
    Search => search;
    /// List the commands that a session's shell has run, how they ended and how long they took
    Marks => marks;
    /// Print what happened in a session
    Log => log;
    /// Wait until a session's program ends, prints something or falls silent
    Wait => wait;
    /// Say why an agent's state is believed
    Explain => explain;
    /// Print what agents have used, as far as they tell
    Usage => usage;
    /// Say what a program in this session does
    ReportState => report_state;
    /// List the agents that are known, and how to get them
    Providers => providers;
    /// Give a session's terminal another size
    Resize => resize;
    /// Send a signal to a session's program
    Signal => signal;
    /// End everything that runs in a session
    Kill => kill;
    /// Forget an ended session and delete its record
    Rm => rm;
    /// Give a session another name
    Rename => rename;
    /// Start an ended session's command again, in the same session
    Restart => restart;
    /// Print a session's whole output
    Export => export;
    /// Run a command in a terminal of agor's, without a host, until it ends
    Run => run;
    /// Print every message between the host and its clients
    Tap => tap;
    /// Look for what is wrong, and say what to do
    Doctor => doctor;
    /// Print figures of the host and its sessions
    Stats => stats;
    /// End the host, and the sessions unless told otherwise
    StopHost => stop_host;
    /// Put this program's host and keeper in the place of those that run, under programs that run on
    UpdateHost => update_host;
    /// Open a workspace with something of everything, in a profile of its own (`agor` alone)
    Demo => demo;
    /// List the keys of the window, or say what some do and why (`agor` alone)
    Keys => keys;
    /// Draw the window into a picture (`agor` alone)
    Shot => shot;
    /// Print every setting, what holds of it and where that was said, or say one
    Settings => settings;
    /// List themes, make one of another program's, or print one
    Theme => theme;
    /// Explain a verb, or the exit codes
    Help => help;
    /// Tell the host what an agent's hook tells (the hook runs this)
    #[command(hide = true)]
    Hook => hook;
    /// Keep a host's children (the host starts this)
    #[command(hide = true)]
    Keeper => keeper;
    /// Turn an image into pixels (the host starts this)
    #[command(hide = true)]
    Decode => decode;
}
