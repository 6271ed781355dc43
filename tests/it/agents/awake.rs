//! The machine does not go to sleep by itself while agents work: a real bus, a logind of the test's, the real host.

use std::io::{ErrorKind, PipeReader, Read};
use std::os::fd::OwnedFd as Descriptor;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};

use rustix::io::ioctl_fionbio;
use zbus::zvariant::OwnedFd;
use zbus::{Connection, connection, interface};

use super::{AGENT, tell, until};
use crate::agor::{Agor, step_until};

/// An inhibitor that was given: its words, and the end of its pipe that tells when it is let go.
struct Given {
    words: [String; 4],
    end: PipeReader,
}

impl Given {
    fn is_held(&mut self) -> bool {
        let read = self.end.read(&mut [0]);
        read.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
    }
}

struct Logind(Arc<Mutex<Vec<Given>>>);

#[interface(name = "org.freedesktop.login1.Manager")]
impl Logind {
    fn inhibit(&self, what: String, who: String, why: String, mode: String) -> OwnedFd {
        let (end, given) = std::io::pipe().expect("a pipe");
        ioctl_fionbio(&end, true).expect("a pipe");
        let words = [what, who, why, mode];
        let mut all = self.0.lock().expect("no test panics here");
        all.push(Given { words, end });
        Descriptor::from(given).into()
    }
}

struct Bus {
    daemon: Child,
    _connection: Connection,
    given: Arc<Mutex<Vec<Given>>>,
}

impl Bus {
    fn start(agor: &Agor) -> Self {
        let address = format!("unix:path={}", agor.path("run/system-bus").display());
        // A session's rules: whoever asks may have the name.
        let daemon = agor
            .command_of(
                Path::new("dbus-daemon"),
                &["--session", "--nofork", "--address", &address],
            )
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("dbus-daemon runs (Debian package dbus)");
        let given = Arc::<Mutex<Vec<Given>>>::default();
        step_until("the bus is there", || {
            agor.path("run/system-bus").exists().then_some(())
        });
        let connection = zbus::block_on(async {
            connection::Builder::address(&address[..])?
                .name("org.freedesktop.login1")?
                .serve_at("/org/freedesktop/login1", Logind(Arc::clone(&given)))?
                .build()
                .await
        });
        Self {
            daemon,
            _connection: connection.expect("the bus takes a logind"),
            given,
        }
    }

    /// Waits until so many inhibitors were given, and says whether the last is held.
    fn until_given(&self, count: usize) {
        step_until(&format!("{count} inhibitors were given"), || {
            (self.given.lock().expect("no test panics here").len() == count).then_some(())
        });
    }

    fn until_last_is(&self, held: bool) {
        step_until(&format!("the last is held: {held}"), || {
            let mut given = self.given.lock().expect("no test panics here");
            let last = given.last_mut()?;
            (last.is_held() == held).then_some(())
        });
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        // It is ended already, at worst.
        self.daemon.kill().ok();
        self.daemon.wait().ok();
    }
}

#[test]
fn the_machine_stays_awake_while_an_agent_works_if_the_person_wants_that() {
    let mut agor = Agor::new();
    let bus = Bus::start(&agor);
    agor.start_host();
    let session = agor.session(AGENT);
    until(&agor, &session, "idle");
    assert!(bus.given.lock().expect("no test panics here").is_empty());
    tell(&agor, &session, "report state=working");
    bus.until_given(1);
    bus.until_last_is(true);
    let words = bus.given.lock().expect("no test panics here")[0]
        .words
        .clone();
    assert_eq!(words, ["idle", "agor", "an agent works", "block"]);
    agor.ok(&["settings", "--set", "agents.keep_awake=false"]);
    bus.until_last_is(false);
    agor.ok(&["settings", "--set", "agents.keep_awake=true"]);
    bus.until_given(2);
    // It ends with its host, and the next one asks anew.
    agor.crash_host();
    bus.until_last_is(false);
    agor.start_host();
    bus.until_given(3);
    bus.until_last_is(true);
}
