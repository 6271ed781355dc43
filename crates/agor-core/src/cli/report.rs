//! How what runs in a session tells the host something: by the socket and the token of its environment,
//! without a client's set-up.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

use agor_proto::ids::SessionId;
use agor_proto::message::{Message, Report};

/// How long a host that hangs is waited for.
pub const PATIENCE: Duration = Duration::from_millis(500);

/// What a session's programs report with.
#[derive(Debug)]
pub struct Reporter {
    session: SessionId,
    socket: PathBuf,
    token: String,
}

impl Reporter {
    /// Returns that of the session in which this runs; `None` outside of one.
    pub fn of_this_session() -> Option<Self> {
        let value = |name| std::env::var(name).ok();
        Some(Self {
            session: value("AGOR_SESSION")?.parse().ok()?,
            socket: std::env::var_os("AGOR_SOCKET")?.into(),
            token: value("AGOR_TOKEN")?,
        })
    }

    /// Tells the host something and waits until it was heard.
    pub fn report(&self, form: &str, body: Vec<u8>, patience: Duration) -> io::Result<()> {
        let report = Report {
            session: self.session,
            token: self.token.clone(),
            form: form.to_owned(),
            body,
        };
        let mut frame = Vec::new();
        Message::from(report)
            .encode(&mut frame)
            .map_err(io::Error::other)?;
        let mut stream = UnixStream::connect(&self.socket)?;
        stream.set_write_timeout(Some(patience))?;
        stream.set_read_timeout(Some(patience))?;
        stream.write_all(&frame)?;
        // The host closes when it has heard; what it says before that is of no interest.
        let mut rest = [0; 256];
        while stream.read(&mut rest)? > 0 {}
        Ok(())
    }
}
