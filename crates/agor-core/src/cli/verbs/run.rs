//! `run`: a command in a terminal of agor's and nothing else, for people who try the terminal and
//! for test suites. A keeper of its own starts the command; there is no host and no record.

mod private_keeper;
mod typed;

use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use agor_keeper::record::{self, Record};
use agor_keeper::{Event, Exit as Ended, PtySize, RefusedInput, Request, RingReader};
use agor_proto::error::ErrorCode;
use agor_proto::ids::{InputSeq, Offset, SessionId, Size};
use agor_proto::input::Input;
use agor_proto::limits::SYNC_UPDATE_MILLIS;
use agor_proto::screen::Mirror;
use agor_term::update::Viewer;
use agor_term::{Effect, Options, Terminal, text};
use tokio::io::unix::AsyncFd;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::Instant;

use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::output;
use super::super::paint::Display;
use super::super::tty::{self, KeyParser};
use super::keeper::failure;

use private_keeper::PrivateKeeper;
use typed::{Piped, Typed};

/// Output that is looked at before input and painting have their turn.
const TURN_BYTES: usize = 256 * 1024;

/// Before input that the command had no room for is offered again.
const INPUT_RETRY: Duration = Duration::from_millis(50);

/// A lone Escape is a key once nothing has followed it for so long.
const ESCAPE: Duration = Duration::from_millis(30);

/// A program's update of many parts is shown whole, or after so long as it is.
const SYNC_UPDATE: Duration = Duration::from_millis(SYNC_UPDATE_MILLIS);

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The size of its terminal [default: this terminal's, else 80x24]
    #[arg(long, value_name = "COLSxROWS")]
    size: Option<Size>,
    /// Answer what only test suites may ask: checksums of the screen, operations on the window
    #[arg(long)]
    conformance: bool,
    /// Print the last screen as text once the command has ended
    #[arg(long)]
    show: bool,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "CMD")]
    command: Vec<OsString>,
}

pub fn run(arguments: Arguments, context: &Context) -> Result<Exit, Failure> {
    let painted = tty::is_there();
    let fixed = arguments.size.is_some();
    let size = arguments
        .size
        .or_else(tty::size)
        .unwrap_or(Size::cells(80, 24));
    context.block_on(async {
        let mut keeper = PrivateKeeper::start()?;
        let ring = keeper.spawn(arguments.command, size)?;
        let options = Options {
            size,
            conformance: arguments.conformance,
            ..Options::default()
        };
        let mut running = Running::new(keeper, ring, options, painted, fixed)?;
        let ended = running.run().await;
        let last_rows = (0..running.terminal.size().rows).map(|at| running.terminal.row(at));
        let last: Vec<_> = last_rows.collect();
        running.keeper.end();
        drop(running);
        let ended = ended?;
        if arguments.show {
            output::text(&text::plain(&last))?;
        }
        Ok(Exit::mirrored(Some(ended.code), ended.signal))
    })
}

/// A command with its terminal.
struct Running {
    keeper: PrivateKeeper,
    terminal: Terminal,
    ring: RingReader,
    bell: AsyncFd<OwnedFd>,
    link: AsyncFd<OwnedFd>,
    /// Up to where records were looked at.
    position: u64,
    ended: Option<Ended>,
    input: Typed,
    piped: Option<Piped>,
    view: Option<View>,
    /// Whether the caller's size is not followed.
    fixed: bool,
    sync_since: Option<Instant>,
    /// The size that was asked for last, until the record says that it is there.
    awaited_size: Option<Size>,
}

/// The command's screen in the caller's terminal.
struct View {
    viewer: Viewer,
    mirror: Mirror,
    display: Display,
    keys: KeyParser,
    typed: tokio::sync::mpsc::Receiver<Vec<u8>>,
    _taken: tty::Taken,
}

fn unusable(what: &str) -> impl FnOnce(io::Error) -> Failure + '_ {
    move |error| {
        Failure::host(
            ErrorCode::Internal,
            format!("{what} cannot be used: {error}"),
        )
    }
}

#[expect(
    deprecated,
    reason = "its successor is unsafe to call; an owned descriptor stays the same"
)]
fn watched(fd: &impl AsFd) -> Result<AsyncFd<OwnedFd>, Failure> {
    let fd = fd.as_fd().try_clone_to_owned();
    fd.and_then(|fd| AsyncFd::with_interest(fd, tokio::io::Interest::READABLE))
        .map_err(unusable("a descriptor"))
}

fn pty_size(size: Size) -> PtySize {
    PtySize {
        cols: size.cols,
        rows: size.rows,
        xpix: size.width_px,
        ypix: size.height_px,
    }
}

impl Running {
    fn new(
        keeper: PrivateKeeper,
        ring: RingReader,
        options: Options,
        painted: bool,
        fixed: bool,
    ) -> Result<Self, Failure> {
        let view = if painted { Some(View::new()?) } else { None };
        Ok(Self {
            bell: watched(&ring)?,
            link: watched(&keeper.link)?,
            terminal: Terminal::new(options),
            position: ring.tail(),
            keeper,
            ring,
            ended: None,
            input: Typed::default(),
            piped: Piped::find().map_err(unusable("standard input"))?,
            view,
            fixed,
            sync_since: None,
            awaited_size: None,
        })
    }

    async fn run(&mut self) -> Result<Ended, Failure> {
        let listen = |kind| signal(kind).map_err(unusable("a signal"));
        let mut resized = listen(SignalKind::window_change())?;
        let mut ends: [(Signal, i32); 3] = [
            (listen(SignalKind::terminate())?, 15),
            (listen(SignalKind::hangup())?, 1),
            (listen(SignalKind::interrupt())?, 2),
        ];
        loop {
            let more = self.read_ring()?;
            self.read_link()?;
            if let (Some(ended), false) = (self.ended, more) {
                if let Some(view) = &mut self.view {
                    view.look(&self.terminal);
                    view.display.finish(&view.mirror).await;
                }
                return Ok(ended);
            }
            self.paint();
            let paint_at = self.sync_since.map(|since| since + SYNC_UPDATE);
            let retry_at = self.input.retry_at;
            let has_room = self.input.has_room();
            let [(terminate, _), (hangup, _), (interrupt, _)] = &mut ends;
            tokio::select! {
                () = std::future::ready(()), if more => tokio::task::yield_now().await,
                ready = self.bell.readable() => ready.map_err(unusable("the ring"))?.clear_ready(),
                ready = self.link.readable() => ready.map_err(unusable("the keeper"))?.clear_ready(),
                event = View::next(&mut self.view) => self.on_view(event)?,
                bytes = Piped::next(&mut self.piped, has_room) => self.type_in(bytes)?,
                _ = resized.recv() => self.on_resized()?,
                () = sleep_until(retry_at) => self.retry()?,
                () = sleep_until(paint_at) => {}
                _ = terminate.recv() => return Ok(Ended { code: -1, signal: 15 }),
                _ = hangup.recv() => return Ok(Ended { code: -1, signal: 1 }),
                _ = interrupt.recv() => return Ok(Ended { code: -1, signal: 2 }),
            }
        }
    }

    /// Looks at what the command wrote; returns whether there is more.
    fn read_ring(&mut self) -> Result<bool, Failure> {
        let damaged = |error| {
            Failure::host(
                ErrorCode::Internal,
                format!("the command's output is damaged: {error}"),
            )
        };
        self.ring.clear_bell().map_err(damaged)?;
        let mut bytes = Vec::new();
        let end = self
            .ring
            .read(self.position, TURN_BYTES, &mut bytes)
            .map_err(damaged)?;
        let mut effects = Vec::new();
        for positioned in record::iter(self.position, &bytes) {
            match positioned.record {
                Record::Out(output) | Record::Err(output) => {
                    self.terminal.advance(output, &mut effects);
                }
                Record::Resized(size) => {
                    let size = Size {
                        cols: size.cols,
                        rows: size.rows,
                        width_px: size.xpix,
                        height_px: size.ypix,
                    };
                    // A suite's terminal has its new size already: older ones would undo it.
                    if self.awaited_size.is_none_or(|awaited| awaited == size) {
                        self.awaited_size = None;
                        self.terminal.resize(size, &mut effects);
                    }
                }
                Record::Exited(ended) => self.ended = Some(ended),
                _ => {}
            }
            let mut ordinal = 0;
            for effect in effects.drain(..) {
                match effect {
                    Effect::Reply(bytes) => {
                        self.keeper.ask(Request::Reply {
                            session: self.keeper.session,
                            offset: positioned.offset,
                            ordinal,
                            bytes,
                        })?;
                        ordinal += 1;
                    }
                    Effect::ResizeRequest { size } => {
                        self.awaited_size = Some(size);
                        self.keeper.ask(Request::Resize {
                            session: self.keeper.session,
                            size: pty_size(size),
                        })?;
                    }
                    _ => {}
                }
            }
        }
        if end != self.position {
            self.position = end;
            self.ring.release(end).map_err(damaged)?;
            if let Some(view) = &mut self.view {
                view.display.changed();
            }
        }
        Ok(self.ring.head() > self.position)
    }

    fn read_link(&mut self) -> Result<(), Failure> {
        loop {
            match self.keeper.link.recv() {
                Ok(None) => return Ok(()),
                Ok(Some(Event::InputDone { seq, .. })) => self.input.written(seq),
                Ok(Some(Event::InputRefused { reason, .. })) => match reason {
                    RefusedInput::Full => {
                        let at = Instant::now() + INPUT_RETRY;
                        self.input.retry_at.get_or_insert(at);
                    }
                    RefusedInput::NoSession | RefusedInput::Ended => self.input.clear(),
                },
                Ok(Some(_)) => {}
                Err(error) => return Err(failure(&error)),
            }
        }
    }

    fn paint(&mut self) {
        let open = self.terminal.sync_update_open();
        self.sync_since = open.then(|| self.sync_since.unwrap_or_else(Instant::now));
        if self
            .sync_since
            .is_some_and(|since| since.elapsed() < SYNC_UPDATE)
        {
            return;
        }
        if let Some(view) = &mut self.view {
            view.look(&self.terminal);
            view.display.paint(&view.mirror);
        }
    }

    fn on_view(&mut self, event: io::Result<Vec<Input>>) -> Result<(), Failure> {
        let inputs = event.map_err(unusable("the terminal"))?;
        for input in inputs {
            let input = match (input, &self.view) {
                (Input::Mouse(mouse), Some(view)) => {
                    match view.display.mouse(mouse, &view.mirror) {
                        Some(mouse) => Input::Mouse(mouse),
                        None => continue,
                    }
                }
                (input, _) => input,
            };
            let mut bytes = Vec::new();
            self.terminal.encode(&input, &mut bytes);
            if !bytes.is_empty() {
                self.type_in(bytes)?;
            }
        }
        Ok(())
    }

    /// Gives the command something to read, after what it was given before.
    fn type_in(&mut self, bytes: Vec<u8>) -> Result<(), Failure> {
        let seq = self.input.add(bytes.clone());
        if self.input.retry_at.is_none() {
            self.keeper.type_in(seq, bytes)?;
        }
        Ok(())
    }

    fn on_resized(&mut self) -> Result<(), Failure> {
        let Some(size) = tty::size() else {
            return Ok(());
        };
        if let Some(view) = &mut self.view {
            view.display.resize(size);
        }
        if self.fixed {
            return Ok(());
        }
        self.awaited_size = Some(size.clamped());
        self.keeper.ask(Request::Resize {
            session: self.keeper.session,
            size: pty_size(size.clamped()),
        })
    }

    fn retry(&mut self) -> Result<(), Failure> {
        self.input.retry_at = None;
        for (seq, bytes) in self.input.unwritten() {
            self.keeper.type_in(seq, bytes.to_vec())?;
        }
        Ok(())
    }
}

impl View {
    fn new() -> Result<Self, Failure> {
        let failed = unusable("the terminal");
        let taken = tty::Taken::take().map_err(failed)?;
        let size = tty::size().unwrap_or(Size::cells(80, 24));
        Ok(Self {
            viewer: Viewer::new(),
            mirror: Mirror::default(),
            display: Display::new(size),
            keys: KeyParser::default(),
            typed: tty::typed().map_err(unusable("the terminal"))?,
            _taken: taken,
        })
    }

    /// Brings the mirror up to what the terminal shows.
    fn look(&mut self, terminal: &Terminal) {
        let session = SessionId::from_parts(0, [0; 10]);
        // A screen too large for one update comes in several.
        while let Some(update) = self
            .viewer
            .update(terminal, session, InputSeq(0), Offset(0))
        {
            match self.mirror.apply(update) {
                Ok(()) => self.display.changed(),
                // Cannot be: viewer and mirror are only ever moved together.
                Err(_) => self.viewer.forget(),
            }
        }
    }

    /// Returns what the person did, or nothing once there may be something to paint.
    async fn next(view: &mut Option<Self>) -> io::Result<Vec<Input>> {
        let Some(view) = view else {
            return std::future::pending().await;
        };
        let escape = view.keys.waits();
        tokio::select! {
            bytes = view.typed.recv() => match bytes {
                Some(bytes) => Ok(view.keys.push(&bytes)),
                None => Err(io::ErrorKind::UnexpectedEof.into()),
            },
            () = tokio::time::sleep(ESCAPE), if escape => Ok(view.keys.flush()),
            ready = view.display.ready() => ready.map(|()| Vec::new()),
        }
    }
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// Returns the failure of a command that was not started.
fn not_started(step: agor_keeper::SpawnStep, errno: i32, program: &str) -> Failure {
    use agor_keeper::SpawnStep;
    let reason = io::Error::from_raw_os_error(errno);
    match (step, reason.kind()) {
        (SpawnStep::Exec, io::ErrorKind::NotFound) => {
            Failure::new(Exit::NOT_FOUND, format!("there is no command {program:?}"))
        }
        (SpawnStep::Exec, _) => Failure::new(
            Exit::CANNOT_RUN,
            format!("{program:?} cannot be run: {reason}"),
        ),
        (step, _) => Failure::host(
            ErrorCode::SpawnFailed,
            format!("{program:?} cannot be started ({step:?}): {reason}"),
        ),
    }
}
