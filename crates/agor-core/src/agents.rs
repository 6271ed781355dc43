//! What agents do, by evidence: the machine that judges it, and the tables that it reads. Decides;
//! does no I/O and reads no clock. What happens with a verdict is `host/session/agent.rs`'s business.
//!
//! # The rule
//!
//! Each source of evidence makes at most one [claim](claim::Claim): a state, why, since when, and which
//! other states the evidence would look the same for (a title that says "not at work" is there
//! after a turn and while the agent asks). Sources rank: a structured protocol and OSC 7501, hooks,
//! the agent's registry, title, progress, screen, process. Then:
//!
//! 1. A process that ended has ended, whatever else was said before. An agent that its session was started with and
//!    that fails so, or cannot be started, is in error until that was seen, unless its person has asked for its end
//!    or pressed Ctrl-C just before.
//! 2. The strongest claim holds. A weaker one that says one of the states for which the stronger would
//!    look the same makes it more precise.
//! 3. A weaker claim ends a stronger one if it contradicts it, **began** after the stronger source
//!    spoke last, and the stronger source is one that does not hear of everything: no hook fires
//!    after a denial or an interrupt, a registry is written late. "Began" is what counts: a spinner that
//!    turned before and after the agent asked says nothing about the question, one that starts to turn
//!    again does. A claim that was ended so stays out until its source speaks again.
//! 4. A weaker claim that work has *stopped* has to stand for [`SETTLE_MILLIS`] before it ends a
//!    stronger one: the title changes a moment before the hook that says why has come. One that
//!    follows on a person's Esc or Ctrl-C waits for [`machine::SETTLE_INTERRUPTED_MILLIS`] alone, since no hook
//!    tells of that. One that work goes on, or a screen with a question or failure after a hook, counts at once.
//!    A claim that says one of several things (a title that is the same for a question and for a request,
//!    or for an end and a failure) waits as long at most for a look at the screen, which may tell them apart.
//! 5. OSC 7501 is the program's own word, complete, and is never ended by something weaker; only by
//!    its own `clear`, a reset of the terminal, the shell's prompt, or the program's end.
//! 6. When work stops and nothing says how the turn ended, it is done; idle if the person had just
//!    interrupted it, or was asked before. Done is done until it was seen, then idle.
//! 7. Work with no output at all for the stall threshold is stalled; any output ends that. Output means
//!    nothing else.
//! 8. Nothing said is unknown; a known agent that has just been started is starting for a while. One that took
//!    back all that it said is leaving, and keeps its state for [`machine::LEAVING_MILLIS`].
//! 9. A title that flickers in an agent's first moments is no turn, nor is its own word for
//!    [`machine::FLICKER_MILLIS`]: nobody has asked it for anything yet.
//! 10. An agent that a person started in a shell is one while its process has the terminal. When the shell has
//!     it again, nothing that was said holds any more; a shell's prompt alone ends only what was not seen to
//!     have the terminal (a program at the far end of a link has none here).
//!
//! Times are the record's clock for what came through the terminal and the host's for the rest, so
//! that the same record folded again decides the same.

pub mod claim;
pub mod command_line;
pub mod conversations;
pub mod foreground;
pub mod here;
pub mod hooks;
pub mod launch;
pub mod ledger;
pub mod machine;
pub mod program_status;
pub mod providers;
pub mod registry;
#[cfg(test)]
mod stories;
mod tasks;
pub mod tools;
pub mod transcript;
pub mod usage;
pub mod writes;
pub mod written;

pub use claim::Moment;
pub use foreground::Foreground;
pub use machine::{Change, Machine, Observation, SETTLE_MILLIS};
pub use providers::{Provider, Providers};
