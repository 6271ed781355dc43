//! One agent in a session: prompts and keys in, what it shows out.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::programs::Program;
use super::record::{Recorder, unix_millis};
use super::states::States;
use crate::agor::{Agor, look_until, signal_process};
use crate::model_server::ModelServer;

/// Says where `cargo xtask real-agents` installed the programs.
const WHERE: &str = "AGOR_TEST_AGENTS";

/// How long a whole story may take.
const STORY_AT_MOST: Duration = Duration::from_secs(420);

/// How long an agent may take to its first prompt: on busy cores more than a minute.
const START_AT_MOST: Duration = Duration::from_secs(120);

/// How long it may take for anything else.
const STEP_AT_MOST: Duration = Duration::from_secs(60);

/// See the module.
pub struct Stage {
    pub agor: Agor,
    pub server: ModelServer,
    pub program: &'static Program,
    pub states: States,
    pub recorder: Recorder,
    /// Columns and rows of the sessions that are started.
    pub size: &'static str,
    session: String,
    environment: Vec<(&'static str, String)>,
}

impl Stage {
    /// Returns a stage with nothing on it.
    pub fn set(program: &'static Program) -> Self {
        let mut agor = Agor::patient(STORY_AT_MOST);
        agor.start_host();
        let server = ModelServer::start();
        let mut environment = (program.set_up)(&agor, &server);
        // Whatever it would say to anybody else ends here.
        environment.extend([
            ("HTTPS_PROXY", "http://127.0.0.1:9".to_owned()),
            ("NO_PROXY", "127.0.0.1,localhost".to_owned()),
            ("DO_NOT_TRACK", "1".to_owned()),
        ]);
        Self {
            states: States::default(),
            recorder: Recorder::of(program.name, &agor),
            agor,
            server,
            program,
            size: "110x36",
            session: String::new(),
            environment,
        }
    }

    /// Starts the agent in a session of its own, with `more` arguments, and waits until it takes a prompt.
    pub fn enter(&mut self, more: &[&str]) {
        let installed = installed();
        let name = self.program.name;
        let program = programs(&installed, name).join(name);
        let program = program.to_str().expect("plain text");
        let pairs: Vec<_> = self
            .environment
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let mut args = vec!["new", "--size", self.size];
        args.extend(pairs.iter().flat_map(|pair| ["--env", pair]));
        args.extend(["--", program]);
        args.extend(more);
        args.extend(self.program.args);
        let started = self
            .agor
            .command(&args)
            .env("PATH", path(&installed))
            .output();
        let started = started.expect("agord runs");
        assert!(started.status.success(), "{started:?}");
        self.session = String::from_utf8_lossy(&started.stdout).trim().to_owned();
        self.states.enter();
        self.shows_within(self.program.ready, START_AT_MOST);
    }

    /// Has agor start the agent as its table says, with `how` it converses, and waits until it takes a prompt.
    pub fn begin(&mut self, how: &[&str]) {
        let installed = installed();
        let name = self.program.name;
        let mut search = OsString::from(programs(&installed, name));
        search.push(":");
        search.push(path(&installed));
        let search = search.into_string().expect("plain text");
        let pairs: Vec<_> = self
            .environment
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .chain([format!("PATH={search}")])
            .collect();
        let mut args = vec!["new", "--size", self.size, "--trust", "--provider", name];
        args.extend(pairs.iter().flat_map(|pair| ["--env", pair]));
        args.extend(how);
        args.push("--");
        args.extend(self.program.args);
        self.session = self.agor.ok(&args).trim().to_owned();
        self.states.enter();
        self.ready();
    }

    /// Waits until the agent takes a prompt.
    pub fn ready(&mut self) {
        self.shows_within(self.program.ready, START_AT_MOST);
    }

    /// Returns the agent's own id of the conversation, once it is known.
    pub fn conversation(&self) -> String {
        let known = look_until(STEP_AT_MOST, || {
            let info = self.agor.info(&self.session);
            info["agent"]["conversation"].as_str().map(str::to_owned)
        });
        known.expect("the conversation's id is known")
    }

    /// Waits until the file of the agent's conversation has `word`: what it has not written yet goes with it, and it
    /// writes in its own time.
    pub fn is_kept(&self, word: &str) {
        let (folder, conversation) = (self.agor.path(""), self.conversation());
        let kept = look_until(STEP_AT_MOST, || {
            holds(&folder, &conversation, word).then_some(())
        });
        assert!(
            kept.is_some(),
            "{} wrote {word:?} nowhere",
            self.program.name
        );
    }

    /// Returns the session.
    pub fn session(&self) -> &str {
        &self.session
    }

    /// Returns the screen.
    pub fn screen(&self) -> String {
        self.agor.screen(&self.session)
    }

    /// Waits until the screen shows `text`.
    pub fn shows(&mut self, text: &str) {
        self.shows_within(text, STEP_AT_MOST);
    }

    fn shows_within(&mut self, text: &str, patience: Duration) {
        self.until(&format!("shows {text:?}"), patience, |screen| {
            screen.contains(text)
        });
    }

    /// Waits until the screen shows `text` twice: where the prompt says it, and where the answer does.
    pub fn answers(&mut self, text: &str) {
        self.until(&format!("answers {text:?}"), STEP_AT_MOST, |screen| {
            screen.matches(text).count() >= 2
        });
    }

    /// Waits until the screen does not show `text`.
    pub fn hides(&mut self, text: &str) {
        self.until(&format!("hides {text:?}"), STEP_AT_MOST, |screen| {
            !screen.contains(text)
        });
    }

    fn until(&mut self, what: &str, patience: Duration, is_so: impl Fn(&str) -> bool) {
        let mut screen = String::new();
        let is_there = look_until(patience, || {
            screen = self.screen();
            self.recorder.shown(&screen);
            is_so(&screen).then_some(())
        });
        let name = self.program.name;
        assert!(
            is_there.is_some(),
            "waited {patience:?} in vain until {name} {what}:\n{screen}"
        );
    }

    /// Types a prompt and sends it.
    pub fn prompt(&mut self, text: &str) {
        self.agor.ok(&["send", &self.session, text]);
        self.shows(text);
        // A line that ends while it is being pasted does not count as sent.
        let quiet = ["wait", &self.session, "--idle", "300", "--timeout", "3"];
        self.agor.run(&quiet);
        self.states.prompt(unix_millis());
        self.agor.ok(&["key", &self.session, "enter"]);
    }

    /// Answers a question that the screen has just shown. Some agents take a key that comes too soon after
    /// it for one that was meant for something else.
    pub fn answer(&mut self, keys: &[&str]) {
        let quiet = ["wait", &self.session, "--idle", "1200", "--timeout", "3"];
        self.agor.run(&quiet);
        self.keys(keys);
    }

    /// Has agor give an answer that it knows, `allow` or one by its number, as soon as it knows it.
    pub fn give(&mut self, answer: &str) {
        let sent = look_until(STEP_AT_MOST, || {
            let answer = ["answer", &self.session, answer, "--json"];
            let done = self.agor.run(&answer);
            (done.code == 0).then_some(done.stdout)
        });
        let sent = sent.expect("the answer is known, and taken");
        let sent: serde_json::Value = serde_json::from_str(&sent).expect("JSON");
        let key = sent["sent"]
            .as_str()
            .and_then(|sent| sent.split(' ').next());
        self.recorder.pressed(key.expect("a key"));
    }

    /// Presses keys, each once the one before has been taken.
    pub fn keys(&mut self, keys: &[&str]) {
        for key in keys {
            self.recorder.pressed(key);
            self.agor.ok(&["key", &self.session, key]);
            let quiet = ["wait", &self.session, "--idle", "150", "--timeout", "1"];
            self.agor.run(&quiet);
        }
    }

    /// Kills the agent with all that it has started, and waits until it is seen to have ended.
    pub fn kill_agent(&self) {
        kill_group(self.pid());
        let until = ["wait", &self.session, "--exit", "--timeout", "60"];
        self.agor.run(&until);
    }

    fn pid(&self) -> u64 {
        let pid = self.agor.info(&self.session)["pid"].as_u64();
        pid.expect("it runs")
    }

    /// Kills host, keeper and agent at once, and starts another host: what a power cut does.
    pub fn cut_power(&mut self) {
        let keeper = self.agor.keeper_pid().expect("a keeper");
        let pid = self.pid();
        self.agor.crash_host();
        signal_process(keeper, "KILL");
        kill_group(pid);
        self.agor.start_host();
    }

    /// Returns all that the session shows, its history too.
    pub fn whole(&self) -> String {
        self.agor.ok(&["screen", &self.session, "--scrollback"])
    }

    /// Says whether the agent has the alternate screen.
    pub fn fills_the_screen(&self) -> bool {
        let printed = self.agor.raw(&self.session);
        let last = |mode: &[u8]| printed.windows(mode.len()).rposition(|it| it == mode);
        last(b"\x1b[?1049h") > last(b"\x1b[?1049l")
    }

    /// Waits until the session shows `text` below `above`, which stood there before.
    pub fn shows_below(&mut self, above: &str, text: &str) {
        let above = above.trim_end();
        let mut whole = String::new();
        let is_there = look_until(START_AT_MOST, || {
            whole = self.whole();
            let below = whole.strip_prefix(above)?;
            below.contains(text).then_some(())
        });
        assert!(
            is_there.is_some(),
            "{} does not show {text:?} below\n{above}\n=== but\n{whole}",
            self.program.name
        );
    }

    /// Waits until the agent has printed `text` after its first `printed` bytes.
    pub fn prints_after(&self, printed: usize, text: &str) {
        let is_there = look_until(START_AT_MOST, || {
            let all = self.agor.raw(&self.session);
            contains(all.get(printed..)?, text).then_some(())
        });
        assert!(
            is_there.is_some(),
            "{} does not print {text:?} again, but shows\n{}",
            self.program.name,
            self.screen()
        );
    }

    /// Kills the host as a crash would, and starts another.
    pub fn crash(&mut self) {
        self.agor.crash_host();
        self.agor.start_host();
    }

    /// Checks that since the last check the agent went through the states of `path`, and no other, and
    /// notes what was seen as the fixture `case`. A state with a `?` at its end may be missing.
    pub fn went(&mut self, case: &str, path: &[&str]) {
        self.states.check(&self.agor, &self.session, case, path);
        self.recorder.looked(&self.screen());
        self.recorder.went(case, path);
    }
}

/// Kills a process and those of its group; they may have ended meanwhile.
fn kill_group(pid: u64) {
    let group = format!("-{pid}");
    let kill = Command::new("kill").args(["-KILL", "--", &group]).output();
    kill.expect("kill runs");
}

/// Returns the folder with the programs.
pub fn installed() -> PathBuf {
    let installed = std::env::var_os(WHERE);
    PathBuf::from(installed.unwrap_or_else(|| {
        panic!("{WHERE} says where the agents are; `cargo xtask real-agents` sets it")
    }))
}

/// Returns the folder with an agent's programs, be it a package of npm's or of Python's.
fn programs(installed: &Path, name: &str) -> PathBuf {
    let places = ["node_modules/.bin", "bin"].map(|place| installed.join(name).join(place));
    let found = places.iter().find(|place| place.join(name).exists());
    found.unwrap_or(&places[0]).clone()
}

/// Returns a search path with the installed node before any other.
fn path(installed: &Path) -> OsString {
    let mut path = OsString::from(installed.join("node/node_modules/.bin"));
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    path
}

/// Says whether a conversation's file below `folder`, or a database, has `word`; ours do not count. The name of Gemini
/// CLI's file ends in the first part of the id.
fn holds(folder: &Path, conversation: &str, word: &str) -> bool {
    let begin = conversation.split('-').next().unwrap_or(conversation);
    let short = format!("-{begin}.jsonl");
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).any(|path| {
        if path.is_dir() {
            return !path.ends_with(".local/share/agor") && holds(&path, conversation, word);
        }
        let name = path.to_string_lossy();
        if !name.contains(conversation) && !name.ends_with(&short) && !name.contains(".db") {
            return false;
        }
        // A file may be gone.
        contains(&fs::read(&path).unwrap_or_default(), word)
    })
}

fn contains(bytes: &[u8], word: &str) -> bool {
    bytes
        .windows(word.len())
        .any(|part| part == word.as_bytes())
}
