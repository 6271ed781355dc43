//! `signal`: a signal for a session's program.

use agor_proto::command::{CommandBody, SignalTarget};

use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::output;

/// The signals that can be named; any number can be given too.
const SIGNALS: &[(&str, i32)] = &[
    ("HUP", 1),
    ("INT", 2),
    ("QUIT", 3),
    ("ABRT", 6),
    ("KILL", 9),
    ("USR1", 10),
    ("USR2", 12),
    ("PIPE", 13),
    ("ALRM", 14),
    ("TERM", 15),
    ("CONT", 18),
    ("STOP", 19),
    ("TSTP", 20),
    ("TTIN", 21),
    ("TTOU", 22),
    ("WINCH", 28),
];

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The session: its name, its id or the begin of its id
    session: String,
    /// The signal: INT, SIGINT or 2
    #[arg(value_name = "SIGNAL", value_parser = signal)]
    signal: i32,
    /// To whom
    #[arg(long, value_enum, default_value_t = To::Foreground)]
    to: To,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum To {
    /// What runs in the foreground of its terminal
    Foreground,
    /// The session's first process
    Leader,
    /// Everything that the session started
    All,
}

fn signal(text: &str) -> Result<i32, String> {
    if let Ok(number) = text.parse::<i32>() {
        let known = (1..=64).contains(&number);
        return if known {
            Ok(number)
        } else {
            Err("signals go from 1 to 64".into())
        };
    }
    let name = text.to_ascii_uppercase();
    let name = name.strip_prefix("SIG").unwrap_or(&name);
    let known = SIGNALS.iter().find(|(known, _)| *known == name);
    known.map(|&(_, number)| number).ok_or_else(|| {
        let names: Vec<_> = SIGNALS.iter().map(|&(name, _)| name).collect();
        format!("write a number or one of {}", names.join(", "))
    })
}

pub fn run(arguments: Arguments, context: &Context) -> Result<Exit, Failure> {
    context.block_on(async {
        let (client, session) = context.client_and_session(&arguments.session).await?;
        let (signal, to) = (
            arguments.signal,
            match arguments.to {
                To::Foreground => SignalTarget::Foreground,
                To::Leader => SignalTarget::Leader,
                To::All => SignalTarget::All,
            },
        );
        client
            .carry_out(CommandBody::Signal {
                session,
                signal,
                to,
            })
            .await?;
        if context.json {
            output::json(&serde_json::json!({ "session": session, "signal": signal }))?;
        }
        Ok(Exit::SUCCESS)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_is_a_name_or_a_number() {
        for text in ["INT", "SIGINT", "sigint", "2"] {
            assert_eq!(signal(text), Ok(2), "{text}");
        }
        for text in ["", "0", "65", "-1", "SIG", "FOO"] {
            assert!(signal(text).is_err(), "{text}");
        }
    }
}
