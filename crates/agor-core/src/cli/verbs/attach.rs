//! `attach`: a session in the caller's own terminal. Any number can be attached at once; one of
//! them drives: its keys reach the program and its size holds. Whoever types takes over.

use std::time::Duration;

use agor_proto::error::ErrorCode;
use agor_proto::event::{EventBody, LogCursor};
use agor_proto::ids::{ScreenRev, Size};
use agor_proto::input::{Input, Key, KeyInput, Mods};
use agor_proto::message::{LeaseStanding, Visibility};
use agor_proto::screen::Mirror;
use agor_proto::session::SessionInfo;
use agor_term::input::chord;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::Instant;

use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::output;
use super::super::paint::Display;
use super::super::tty::{self, KeyParser, same_key};

use crate::client::connection::{End, State};
use crate::client::{Client, Subscription, Told};

/// A lone Escape is a key once nothing has followed it for so long.
const ESCAPE: Duration = Duration::from_millis(30);

/// After a program's end its last screen may still be on its way.
const LAST_SCREEN: Duration = Duration::from_millis(150);

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The session: its name, its id or the begin of its id
    session: String,
    /// The key that detaches
    #[arg(long, value_name = "KEY", default_value = "ctrl+\\", value_parser = chord::parse)]
    detach_key: KeyInput,
    /// Only look: type nothing, and leave the size alone
    #[arg(long)]
    observe: bool,
    /// If the program ends, end with its exit code, or with 128 and its signal's number
    #[arg(long)]
    mirror: bool,
}

/// Why an attached client leaves.
#[derive(Debug)]
enum Left {
    Detached,
    Ended { code: Option<i32>, signal: i32 },
    Told(i32),
    Failed(Failure),
}

pub fn run(arguments: Arguments, context: &Context) -> Result<Exit, Failure> {
    let no_terminal = || {
        Failure::new(
            Exit::TERMINAL,
            "this is no terminal: `screen` prints what a session shows, `send` types into it",
        )
    };
    if !tty::is_there() {
        return Err(no_terminal());
    }
    let size = tty::size().ok_or_else(no_terminal)?;
    context.block_on(async {
        let client = context.client().await?;
        let info = context.session(&client, &arguments.session).await?;
        if !info.life.alive() {
            return Err(Failure::host(
                ErrorCode::Ended,
                "the session's program has ended: `screen` shows its last screen, `restart` runs \
                 it again",
            ));
        }
        let name = output::harmless(&info.name);
        let left = Attached::new(client, &info, size, &arguments)?
            .run()
            .await?;
        match left {
            Left::Detached => {
                output::note(format_args!("[detached from {name}]"));
                Ok(Exit::SUCCESS)
            }
            Left::Ended { code, signal } => {
                output::note(match (code, signal) {
                    (Some(code), 0) => format!("[{name} ended with exit code {code}]"),
                    (None, 0) => format!("[{name} was lost with its keeper]"),
                    (_, signal) => format!("[{name} was ended by signal {signal}]"),
                });
                Ok(if arguments.mirror {
                    Exit::mirrored(code, signal)
                } else {
                    Exit::SUCCESS
                })
            }
            Left::Told(signal) => Ok(Exit::mirrored(None, signal)),
            Left::Failed(failure) => Err(failure),
        }
    })
}

/// A session in the caller's terminal.
struct Attached {
    // Kept for as long as something is shown.
    _client: Client,
    told: Subscription,
    mirror: Mirror,
    display: Display,
    keys: KeyParser,
    detach_key: KeyInput,
    observe: bool,
    drives: bool,
    size: Size,
    /// Whether the person is asked what becomes of what was typed offline.
    asking: bool,
    leave: Option<(Instant, Left)>,
}

impl Attached {
    fn new(
        client: Client,
        info: &SessionInfo,
        size: Size,
        arguments: &Arguments,
    ) -> Result<Self, Failure> {
        let cursor = LogCursor {
            session: info.id,
            epoch: info.epoch,
            applied: info.seq,
        };
        let told = client.subscribe(cursor, Visibility::Visible)?;
        if !arguments.observe {
            told.drive(true);
            told.resize(size);
        }
        let mut display = Display::new(size);
        let key = chord::display(&arguments.detach_key);
        display.note(format!("{key} detaches"), false);
        Ok(Self {
            _client: client,
            told,
            mirror: Mirror::default(),
            display,
            keys: KeyParser::default(),
            detach_key: arguments.detach_key.clone(),
            observe: arguments.observe,
            drives: false,
            size,
            asking: false,
            leave: None,
        })
    }

    async fn run(mut self) -> Result<Left, Failure> {
        let failed = |error: std::io::Error| {
            Failure::new(
                Exit::TERMINAL,
                format!("the terminal cannot be used: {error}"),
            )
        };
        let mut resized = signal(SignalKind::window_change()).map_err(failed)?;
        let mut told_to_end = signal(SignalKind::terminate()).map_err(failed)?;
        let mut hung_up = signal(SignalKind::hangup()).map_err(failed)?;
        let _taken = tty::Taken::take().map_err(failed)?;
        let mut typed = tty::typed().map_err(failed)?;
        let left = loop {
            if self.mirror.rev != ScreenRev(0) {
                self.display.paint(&self.mirror);
            }
            let leave_at = self.leave.as_ref().map(|(at, _)| *at);
            let escape = self.keys.waits();
            tokio::select! {
                told = self.told.next() => match told {
                    Some(told) => self.on_told(told),
                    None => break Left::Failed(Failure::new(Exit::NO_HOST, "the host went away")),
                },
                bytes = typed.recv() => {
                    let Some(bytes) = bytes else { break Left::Detached };
                    let inputs = self.keys.push(&bytes);
                    if self.on_inputs(inputs) { break Left::Detached }
                }
                () = tokio::time::sleep(ESCAPE), if escape => {
                    let inputs = self.keys.flush();
                    if self.on_inputs(inputs) { break Left::Detached }
                }
                ready = self.display.ready() => if let Err(error) = ready {
                    break Left::Failed(failed(error));
                },
                _ = resized.recv() => self.on_resized(),
                _ = told_to_end.recv() => break Left::Told(15),
                _ = hung_up.recv() => break Left::Told(1),
                () = sleep_until(leave_at) => if let Some((_, left)) = self.leave.take() {
                    self.display.finish(&self.mirror).await;
                    break left;
                },
            }
        };
        Ok(left)
    }

    fn on_resized(&mut self) {
        if let Some(size) = tty::size() {
            self.size = size;
            self.display.resize(size);
            if !self.observe {
                self.told.resize(size);
            }
        }
    }

    fn on_told(&mut self, told: Told) {
        match told {
            Told::Screen(update) => match self.mirror.apply(*update) {
                Ok(()) => self.display.changed(),
                Err(_) => self.told.ask_whole_screen(),
            },
            Told::Events(events) => {
                for event in events {
                    match event.body {
                        EventBody::Exited { code, signal } => self.end(Some(code), signal),
                        EventBody::Lost | EventBody::Failed { .. } => self.end(None, 0),
                        // It was started again meanwhile.
                        EventBody::Started { .. } => self.leave = None,
                        _ => {}
                    }
                }
            }
            Told::Lease(LeaseStanding::Held { .. }) => self.drives = true,
            Told::Lease(LeaseStanding::Taken { .. }) => {
                self.drives = false;
                self.display
                    .note("another terminal drives; type to take over", false);
            }
            Told::InputRefused { error, .. } if error.code != ErrorCode::Fenced => {
                self.display.note(error.message, false);
            }
            Told::InputHeld { count } => {
                self.asking = true;
                self.display.note(
                    format!("{count} inputs were typed while the host was away: Enter sends them, Escape drops them"),
                    true,
                );
            }
            Told::Problem(error) => {
                self.leave = Some((Instant::now(), Left::Failed(error.into())));
            }
            Told::Connection(State::Away { reason, .. }) => {
                self.display.note(format!("{reason}; trying again"), true);
            }
            Told::Connection(State::Ready(_)) if !self.asking => self.display.clear_note(),
            Told::Connection(State::Ended(end)) => {
                let reason = match end {
                    End::Unreachable { reason } => reason,
                    End::Refused(error) => error.message,
                    End::Closed => "the connection was closed".into(),
                };
                let failure = Failure::new(Exit::NO_HOST, reason);
                self.leave = Some((Instant::now(), Left::Failed(failure)));
            }
            _ => {}
        }
    }

    fn end(&mut self, code: Option<i32>, signal: i32) {
        let left = Left::Ended { code, signal };
        self.leave = Some((Instant::now() + LAST_SCREEN, left));
    }

    /// Gives what was typed to the session; says whether it asks to detach.
    fn on_inputs(&mut self, inputs: Vec<Input>) -> bool {
        for input in inputs {
            if let Input::Key(key) = &input
                && same_key(key, &self.detach_key)
            {
                return true;
            }
            if self.asking {
                self.answer(&input);
            } else if !self.observe {
                self.give(input);
            }
        }
        false
    }

    fn answer(&mut self, input: &Input) {
        let is = |named| {
            let wanted = KeyInput::press(named, Mods::default());
            matches!(input, Input::Key(key) if same_key(key, &wanted))
        };
        if is(Key::Enter) || is(Key::Escape) {
            self.asking = false;
            self.display.clear_note();
            self.told.decide(is(Key::Enter));
        }
    }

    fn give(&mut self, input: Input) {
        let input = match input {
            Input::Mouse(mouse) => match self.display.mouse(mouse, &self.mirror) {
                Some(mouse) => Input::Mouse(mouse),
                None => return,
            },
            // Looking at a session that another drives is not driving.
            Input::Focus { .. } if !self.drives => return,
            input => input,
        };
        if !self.drives {
            self.told.drive(true);
            self.told.resize(self.size);
            self.drives = true;
        }
        self.told.input(input);
    }
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
