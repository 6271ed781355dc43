//! A client of D-Bus, as small as notifications and the inhibitor of sleep need it: it authenticates as the
//! person who runs it, calls methods, takes a descriptor and hears signals.

pub mod codec;
pub mod message;

use std::collections::VecDeque;
use std::io::{self, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixStream as StdStream};

use agor_proto::limits::{BUS_MESSAGE_MAX, BUS_SIGNALS_MAX};
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
use tokio::io::{AsyncWriteExt, Interest};
use tokio::net::UnixStream;

use message::{Kind, Message};

/// The bus itself, by its name and its interface.
const BUS: &str = "org.freedesktop.DBus";

/// What is read at once.
const READ_BYTES: usize = 4_096;

/// What a line of the handshake may have.
const LINE_MAX: usize = 512;

/// A bus that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// There is no address, or none of a kind that can be reached.
    #[error("there is no bus ({0})")]
    NoBus(String),
    /// The socket failed.
    #[error("the bus cannot be reached: {0}")]
    Io(#[from] io::Error),
    /// The bus does not take us.
    #[error("the bus refuses this program: {0}")]
    Refused(String),
    /// What came is no message.
    #[error("the bus sent what is no message")]
    Malformed,
    /// A message is larger than any that is expected.
    #[error("the bus sent more than {BUS_MESSAGE_MAX} bytes in a message")]
    TooLarge,
    /// A method failed.
    #[error("{name}: {text}")]
    Failed {
        /// The error's name.
        name: String,
        /// What it says.
        text: String,
    },
}

/// A connection to a bus.
#[derive(Debug)]
pub struct Bus {
    stream: UnixStream,
    /// What was read and not yet taken.
    read: Vec<u8>,
    serial: u32,
    /// Signals that came while an answer was waited for.
    signals: VecDeque<Message>,
    /// A descriptor that came and was not yet taken; further ones are closed.
    descriptor: Option<OwnedFd>,
}

impl Bus {
    /// Connects to the first of `addresses` (as in `DBUS_SESSION_BUS_ADDRESS`) that can be reached.
    ///
    /// # Errors
    /// [`BusError`].
    pub async fn connect(addresses: &str) -> Result<Self, BusError> {
        let mut failure = BusError::NoBus(addresses.to_owned());
        for address in addresses.split(';').filter_map(address) {
            match StdStream::connect_addr(&address?) {
                Ok(stream) => return Self::greet(stream).await,
                Err(error) => failure = error.into(),
            }
        }
        Err(failure)
    }

    async fn greet(stream: StdStream) -> Result<Self, BusError> {
        stream.set_nonblocking(true)?;
        let mut bus = Self {
            stream: UnixStream::from_std(stream)?,
            read: Vec::new(),
            serial: 0,
            signals: VecDeque::new(),
            descriptor: None,
        };
        // The socket says who we are; the number repeats it in hexadecimal digits of its digits.
        let uid = rustix::process::getuid().as_raw().to_string();
        let uid: String = uid.bytes().map(|digit| format!("{digit:02x}")).collect();
        let hello = format!("\0AUTH EXTERNAL {uid}\r\n");
        bus.stream.write_all(hello.as_bytes()).await?;
        let answer = bus.line().await?;
        if !answer.starts_with("OK ") {
            return Err(BusError::Refused(answer));
        }
        // One that passes no descriptors says so, and all else goes on.
        bus.stream.write_all(b"NEGOTIATE_UNIX_FD\r\n").await?;
        bus.line().await?;
        bus.stream.write_all(b"BEGIN\r\n").await?;
        let hello = Message::call(BUS, "/org/freedesktop/DBus", BUS, "Hello");
        bus.call(hello).await?;
        Ok(bus)
    }

    async fn line(&mut self) -> Result<String, BusError> {
        loop {
            if let Some(end) = self.read.windows(2).position(|two| two == b"\r\n") {
                let rest = self.read.split_off(end + 2);
                let line = std::mem::replace(&mut self.read, rest);
                return Ok(String::from_utf8_lossy(&line[..end]).into_owned());
            }
            if self.read.len() > LINE_MAX {
                return Err(BusError::Malformed);
            }
            self.read_more().await?;
        }
    }

    /// Reads what has come. Dropped before, it loses nothing.
    async fn read_more(&mut self) -> Result<(), BusError> {
        loop {
            self.stream.readable().await?;
            let Self {
                stream,
                read,
                descriptor,
                ..
            } = self;
            let received = stream.try_io(Interest::READABLE, || {
                receive(stream.as_fd(), read, descriptor)
            });
            match received {
                Ok(0) => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
                Ok(_) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Calls a method that answers with a descriptor, and returns that.
    ///
    /// # Errors
    /// [`BusError`].
    pub async fn call_for_descriptor(&mut self, call: Message) -> Result<OwnedFd, BusError> {
        self.descriptor = None;
        self.call(call).await?;
        self.descriptor.take().ok_or(BusError::Malformed)
    }

    /// Asks the bus for the signals that `rule` describes.
    ///
    /// # Errors
    /// [`BusError`].
    pub async fn listen(&mut self, rule: &str) -> Result<(), BusError> {
        let call = Message::call(BUS, "/org/freedesktop/DBus", BUS, "AddMatch");
        self.call(call.with("s", |writer| writer.text(rule)))
            .await?;
        Ok(())
    }

    /// Calls a method and returns its answer.
    ///
    /// # Errors
    /// [`BusError`].
    pub async fn call(&mut self, mut call: Message) -> Result<Message, BusError> {
        self.serial = self.serial.wrapping_add(1).max(1);
        call.serial = self.serial;
        self.stream.write_all(&call.encode()).await?;
        loop {
            let message = self.next().await?;
            let answers = message.reply_to == Some(call.serial);
            match message.kind {
                Kind::Return if answers => return Ok(message),
                Kind::Error if answers => {
                    let text = message.values().text().unwrap_or_default().to_owned();
                    let name = message.error;
                    return Err(BusError::Failed { name, text });
                }
                Kind::Signal => {
                    if self.signals.len() >= BUS_SIGNALS_MAX {
                        self.signals.pop_front();
                    }
                    self.signals.push_back(message);
                }
                _ => {}
            }
        }
    }

    /// Returns the next signal. Dropped before, it loses nothing.
    ///
    /// # Errors
    /// [`BusError`].
    pub async fn signal(&mut self) -> Result<Message, BusError> {
        if let Some(signal) = self.signals.pop_front() {
            return Ok(signal);
        }
        loop {
            let message = self.next().await?;
            if message.kind == Kind::Signal {
                return Ok(message);
            }
        }
    }

    async fn next(&mut self) -> Result<Message, BusError> {
        loop {
            if let Some((message, length)) = Message::decode(&self.read)? {
                self.read.drain(..length);
                return Ok(message);
            }
            self.read_more().await?;
        }
    }
}

/// Reads what there is, and the first descriptor that comes with it.
fn receive(
    stream: BorrowedFd<'_>,
    read: &mut Vec<u8>,
    descriptor: &mut Option<OwnedFd>,
) -> io::Result<usize> {
    let mut piece = [0; READ_BYTES];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut slices = [IoSliceMut::new(&mut piece)];
    let received = recvmsg(stream, &mut slices, &mut control, RecvFlags::CMSG_CLOEXEC)?;
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(descriptors) = message {
            for given in descriptors {
                descriptor.get_or_insert(given);
            }
        }
    }
    read.extend_from_slice(&piece[..received.bytes]);
    Ok(received.bytes)
}

/// Returns the addresses of the system's bus: what the environment says, else where systems have it.
#[must_use]
pub fn system_addresses() -> String {
    let said = std::env::var("DBUS_SYSTEM_BUS_ADDRESS").ok();
    let said = said.filter(|said| !said.is_empty());
    said.unwrap_or_else(|| {
        "unix:path=/run/dbus/system_bus_socket;unix:path=/var/run/dbus/system_bus_socket".into()
    })
}

/// Returns the addresses of the session bus of this process: what its environment says, else where systems
/// with a bus for each person have it.
#[must_use]
pub fn session_addresses() -> String {
    let said = std::env::var("DBUS_SESSION_BUS_ADDRESS").ok();
    if let Some(said) = said.filter(|said| !said.is_empty()) {
        return said;
    }
    let folder = std::env::var("XDG_RUNTIME_DIR").ok();
    let folder = folder.filter(|folder| folder.starts_with('/'));
    let folder =
        folder.unwrap_or_else(|| format!("/run/user/{}", rustix::process::getuid().as_raw()));
    format!("unix:path={folder}/bus")
}

/// Reads one address; `None` for one that is not of a socket of this machine.
fn address(text: &str) -> Option<io::Result<SocketAddr>> {
    let pairs = text.strip_prefix("unix:")?.split(',');
    let value = |wanted: &str| {
        let mut pairs = pairs.clone().filter_map(|pair| pair.split_once('='));
        let (_, value) = pairs.find(|(key, _)| *key == wanted)?;
        unescape(value)
    };
    if let Some(path) = value("path") {
        use std::os::unix::ffi::OsStringExt;
        return Some(SocketAddr::from_pathname(std::ffi::OsString::from_vec(
            path,
        )));
    }
    value("abstract").map(SocketAddr::from_abstract_name)
}

/// Undoes the escapes of an address: `%` and two hexadecimal digits.
fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                let (high, low) = (digit(rest.next())?, digit(rest.next())?);
                u8::try_from(high * 16 + low).ok()?
            }
            byte => byte,
        });
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_a_bus_writes_them() {
        let path = |text| address(text).unwrap().unwrap();
        let found = path("unix:path=/tmp/dbus%2dX,guid=0123");
        assert_eq!(found.as_pathname().unwrap().to_str(), Some("/tmp/dbus-X"));
        let found = path("unix:guid=1,abstract=/tmp/x");
        assert_eq!(found.as_abstract_name(), Some(&b"/tmp/x"[..]));
        for none in [
            "tcp:host=localhost,port=1",
            "unix:guid=1",
            "",
            "unix:path=%zz",
        ] {
            assert!(address(none).is_none(), "{none:?}");
        }
    }

    #[tokio::test]
    async fn where_there_is_no_bus_one_is_told_so() {
        let bus = Bus::connect("tcp:host=x;unix:path=/nonexistent/bus").await;
        assert!(matches!(bus, Err(BusError::Io(_))), "{bus:?}");
        assert!(matches!(Bus::connect("").await, Err(BusError::NoBus(_))));
    }

    #[tokio::test]
    async fn bus_signals_max_are_kept_while_an_answer_is_waited_for() {
        let (ours, theirs) = StdStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        let mut bus = Bus {
            stream: UnixStream::from_std(ours).unwrap(),
            read: Vec::new(),
            serial: 0,
            signals: VecDeque::new(),
            descriptor: None,
        };
        let mut flood = Vec::new();
        for number in 1..=u32::try_from(BUS_SIGNALS_MAX + 9).unwrap() {
            let signal = Message {
                kind: Kind::Signal,
                serial: number,
                ..Message::default()
            };
            flood.extend(signal.encode());
        }
        let answer = Message {
            kind: Kind::Return,
            serial: 99,
            ..Message::default()
        };
        // The encoder never writes an answer's number; this one answers nothing, and the end of the link does.
        flood.extend(answer.encode());
        let mut theirs = theirs;
        std::io::Write::write_all(&mut theirs, &flood).unwrap();
        theirs.shutdown(std::net::Shutdown::Write).unwrap();
        let called = bus.call(Message::call("a.b", "/", "a.b", "C")).await;
        assert!(matches!(called, Err(BusError::Io(_))), "{called:?}");
        assert_eq!(bus.signals.len(), BUS_SIGNALS_MAX);
        assert_eq!(bus.signal().await.unwrap().serial, 10);
    }
}
