//! Desktop notifications: a real session bus, on it a desktop of the test's, and the real host.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};

use zbus::zvariant::{OwnedValue, Value};
use zbus::{Connection, connection, interface};

use crate::agor::{Agor, step_until};
use crate::window::stage::Stage;

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";

/// An agent that reports what it is told by a line.
const AGENT: &str = r#"
stty -echo
printf '\033]7501;state=idle:app=scripted\007ready\n'
while read -r body; do printf '\033]7501;%s\007' "$body"; done
"#;

/// "<b>run</b> & go"
const MARKUP: &str = "state=blocked:kind=permission:msg=PGI+cnVuPC9iPiAmIGdv";

/// A notification as the desktop has it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Shown {
    id: u32,
    replaces: u32,
    summary: String,
    body: String,
    actions: Vec<String>,
    /// Those that are a text, or yes or no.
    hints: BTreeMap<String, String>,
}

impl Shown {
    fn hint(&self, name: &str) -> Option<&str> {
        self.hints.get(name).map(String::as_str)
    }
}

#[derive(Debug, Default)]
struct Seen {
    shown: Vec<Shown>,
    closed: Vec<u32>,
}

/// What shows notifications on a desktop.
struct Server(Arc<Mutex<Seen>>);

#[interface(name = "org.freedesktop.Notifications")]
impl Server {
    fn get_capabilities(&self) -> Vec<String> {
        ["actions", "body", "body-markup"]
            .map(ToOwned::to_owned)
            .to_vec()
    }

    #[expect(clippy::too_many_arguments, reason = "the specification's")]
    fn notify(
        &self,
        _app_name: String,
        replaces: u32,
        _app_icon: String,
        summary: String,
        body: String,
        actions: Vec<String>,
        hints: HashMap<String, OwnedValue>,
        _expire_timeout: i32,
    ) -> u32 {
        let mut seen = self.0.lock().expect("no test panics here");
        let id = match replaces {
            0 => u32::try_from(seen.shown.len()).expect("few") + 1,
            id => id,
        };
        let hints = hints.into_iter().filter_map(|(name, hint)| match &*hint {
            Value::Bool(hint) => Some((name, hint.to_string())),
            Value::Str(hint) => Some((name, hint.as_str().to_owned())),
            _ => None,
        });
        seen.shown.push(Shown {
            id,
            replaces,
            summary,
            body,
            actions,
            hints: hints.collect(),
        });
        id
    }

    fn close_notification(&self, id: u32) {
        self.0.lock().expect("no test panics here").closed.push(id);
    }
}

/// A session bus where the host looks for it, and a desktop on it.
struct Desktop {
    daemon: Child,
    connection: Connection,
    seen: Arc<Mutex<Seen>>,
}

impl Desktop {
    fn start(agor: &Agor) -> Self {
        let address = format!("unix:path={}", agor.path("run/bus").display());
        let daemon = agor
            .command_of(
                Path::new("dbus-daemon"),
                &["--session", "--nofork", "--address", &address],
            )
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("dbus-daemon runs (Debian package dbus)");
        let seen = Arc::<Mutex<Seen>>::default();
        step_until("the bus is there", || {
            agor.path("run/bus").exists().then_some(())
        });
        let connection = zbus::block_on(async {
            connection::Builder::address(&address[..])?
                .serve_at(PATH, Server(Arc::clone(&seen)))?
                .name(NAME)?
                .build()
                .await
        });
        Self {
            daemon,
            connection: connection.expect("a connection to the bus"),
            seen,
        }
    }

    fn shown(&self) -> Vec<Shown> {
        let seen = self.seen.lock().expect("the server does not panic");
        seen.shown.clone()
    }

    /// Waits until there are so many notifications, and returns the last.
    fn shows(&self, count: usize) -> Shown {
        step_until(&format!("{count} notifications were shown"), || {
            let shown = self.shown();
            assert!(shown.len() <= count, "{shown:?}");
            shown.get(count - 1).cloned()
        })
    }

    fn closes(&self, id: u32) {
        step_until(&format!("notification {id} is taken back"), || {
            let seen = self.seen.lock().expect("the server does not panic");
            seen.closed.contains(&id).then_some(())
        });
    }

    /// Does what a desktop does when its person clicks a notification.
    fn click(&self, id: u32) {
        let emit = async {
            for (signal, text) in [("ActivationToken", "a-token"), ("ActionInvoked", "default")] {
                let (to, body) = (None::<&str>, (id, text));
                let emitted = self.connection.emit_signal(to, PATH, NAME, signal, &body);
                emitted.await?;
            }
            Ok::<(), zbus::Error>(())
        };
        zbus::block_on(emit).expect("the bus takes signals");
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        self.daemon.kill().ok(); // It may be gone.
        self.daemon.wait().ok();
    }
}

fn agents(agor: &Agor, count: usize) -> Vec<String> {
    let sessions: Vec<_> = (0..count).map(|_| agor.session(AGENT)).collect();
    for session in &sessions {
        agor.ok(&["wait", session, "--state", "idle", "--timeout", "60"]);
    }
    sessions
}

fn report(agor: &Agor, session: &str, body: &str) {
    agor.ok(&["send", session, body, "--enter"]);
}

#[test]
fn a_burst_is_one_notification_and_what_is_answered_is_taken_back() {
    let mut agor = Agor::new();
    let desktop = Desktop::start(&agor);
    agor.start_host();
    let sessions = agents(&agor, 3);
    for session in &sessions {
        report(&agor, session, MARKUP);
    }
    let all = desktop.shows(1);
    assert_eq!(all.summary, "3 agents need you");
    let line = "bash (work) needs permission: &lt;b&gt;run&lt;/b&gt; &amp; go";
    assert_eq!(all.body, [line; 3].join("\n"));
    assert_eq!(all.actions, ["default", "Show"]);
    let sound = (all.hint("suppress-sound"), all.hint("sound-name"));
    assert_eq!(sound, (Some("true"), None), "unless the person wants one");
    for session in &sessions {
        report(&agor, session, "state=working");
    }
    desktop.closes(all.id);

    // One alone, and then again: in the place of the first.
    report(&agor, &sessions[0], "state=error:msg=bm8gcm9vbQ==");
    let first = desktop.shows(2);
    assert_eq!(
        (&first.summary[..], &first.body[..]),
        ("bash failed", "work: no room")
    );
    report(&agor, &sessions[0], "state=done");
    let second = desktop.shows(3);
    assert_eq!(
        (second.replaces, &second.summary[..]),
        (first.id, "bash is done")
    );
    agor.ok(&["kill", &sessions[0]]);
    desktop.closes(first.id);
}

#[test]
fn settings_say_of_what_the_person_is_told_and_are_followed_as_they_are_saved() {
    let mut agor = Agor::new();
    let desktop = Desktop::start(&agor);
    let folder = agor.path("home/.config/agor");
    std::fs::create_dir_all(&folder).expect("a folder");
    let settings = folder.join("config.toml");
    std::fs::write(&settings, "[notifications]\non = [\"error\"]\n").expect("settings");
    agor.start_host();
    let sessions = agents(&agor, 2);
    report(&agor, &sessions[0], "state=done");
    report(&agor, &sessions[1], "state=error");
    assert_eq!(desktop.shows(1).summary, "bash failed");
    let off = format!(
        "[notifications.projects]\n{:?} = false\n",
        agor.work().display().to_string()
    );
    std::fs::write(&settings, off).expect("settings");
    let read = |times| {
        step_until("the settings are read", || {
            let log = agor.log();
            (log.matches("notifications follow the settings").count() >= times).then_some(())
        });
    };
    read(1);
    report(&agor, &sessions[0], MARKUP);
    report(&agor, &sessions[1], "state=working");
    for (session, state) in [
        (&sessions[0], "needs-permission"),
        (&sessions[1], "working"),
    ] {
        agor.ok(&["wait", session, "--state", state, "--timeout", "60"]);
    }
    std::fs::write(&settings, "[notifications]\nsound = true\n").expect("settings");
    read(2);
    report(&agor, &sessions[1], MARKUP);
    // What was told of the other would have come before it, or with it.
    let asks = desktop.shows(2);
    assert_eq!(asks.summary, "bash needs permission");
    let sound = (asks.hint("suppress-sound"), asks.hint("sound-name"));
    assert_eq!(sound, (None, Some("dialog-question")));
}

#[test]
fn a_host_without_a_desktop_says_so_and_goes_on() {
    let agor = Agor::started();
    let sessions = agents(&agor, 1);
    for body in [MARKUP, "state=working", "state=error"] {
        report(&agor, &sessions[0], body);
    }
    let complaint = "the desktop cannot be asked";
    step_until("the log says so", || {
        agor.log().contains(complaint).then_some(())
    });
    agor.ok(&["wait", &sessions[0], "--state", "error", "--timeout", "60"]);
}

#[test]
fn a_click_opens_a_window_at_the_session_or_brings_one_there_and_what_is_looked_at_is_not_told() {
    let mut stage = Stage::without_host();
    let desktop = Desktop::start(&stage.agor);
    stage.agor.start_host();
    // The host knows no display; the session was made on one.
    let new = |name: &str| {
        let agord = crate::agor::agord().to_str().expect("utf-8");
        let args = ["new", "--name", name, "--", "bash", "-c", AGENT];
        let session = stage.ok(agord, &args).trim().to_owned();
        let until = ["wait", &session, "--state", "idle", "--timeout", "60"];
        stage.agor.ok(&until);
        session
    };
    let (first, second) = (new("first"), new("second"));
    let agor = &stage.agor;
    report(agor, &first, MARKUP);
    let shown = desktop.shows(1);
    assert_eq!(shown.summary, "first needs permission");
    desktop.click(shown.id);
    step_until("the session has its pane's size", || {
        (stage.size_of(&first) != (80, 24)).then_some(())
    });
    let window = step_until("the window is on the screen", || {
        let search = stage.command("xdotool", &["search", "--onlyvisible", "--class", "agor"]);
        let mut search = search;
        let found = search.output().expect("xdotool");
        let found = String::from_utf8_lossy(&found.stdout).into_owned();
        found.lines().next().map(str::to_owned)
    });
    assert_eq!(
        stage.size_of(&second),
        (80, 24),
        "nobody asked for that one"
    );
    stage.ok("xdotool", &["windowfocus", "--sync", &window]);

    // The person looks at the first: of that one they are not told.
    report(agor, &first, "state=working");
    agor.ok(&["wait", &first, "--state", "working", "--timeout", "60"]);
    report(agor, &first, MARKUP);
    report(agor, &second, MARKUP);
    let shown = desktop.shows(2);
    assert_eq!(shown.summary, "second needs permission");
    desktop.click(shown.id);
    step_until("the same window shows the other session", || {
        (stage.size_of(&second) != (80, 24)).then_some(())
    });
    let search = stage.ok("xdotool", &["search", "--onlyvisible", "--class", "agor"]);
    assert_eq!(search.lines().count(), 1, "no second window");
    let log = std::fs::read_to_string(agor.path("home/.local/state/agor/window.log"));
    let log = log.expect("the window's log");
    assert!(log.contains("shown for a notification"), "{log}");
    stage.ok("xdotool", &["windowkill", &window]);
}
