//! How a command ends when it does not succeed: one sentence for the person, and an exit code.

use std::fmt;
use std::process::ExitCode;

/// Why a command ended early.
#[derive(Debug)]
pub enum Failure {
    /// The command line cannot be understood.
    Usage(String),
    /// Something that must be there first is missing.
    SetUp(String),
    /// A step ran and did not succeed.
    Step(String),
}

impl Failure {
    /// Returns the exit code by which a script tells the kinds apart.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Failure::Step(_) => 1,
            Failure::Usage(_) => 2,
            Failure::SetUp(_) => 3,
        })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Failure::Usage(sentence) | Failure::SetUp(sentence) | Failure::Step(sentence)) = self;
        formatter.write_str(sentence)
    }
}
