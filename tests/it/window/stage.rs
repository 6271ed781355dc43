//! Where the tests of windows play: a display, the windows on it, a keyboard and a mouse.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::agor::{Agor, Done, agor, step_until};

/// Pixels of a display.
const SCREEN: &str = "1440x900x24";

/// Where the system's Vulkan loader looks for drivers.
const VULKAN_DRIVERS: [&str; 2] = ["/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d"];

/// A window that drew nothing for so long has nothing left to show.
const REST: Duration = Duration::from_millis(700);

/// What a window logs, so that a test can follow it.
const LOG_FILTER: &str =
    "info,agor::app=trace,agor::keys=debug,agor::link=debug,agor::window=trace";

/// Drawing by software takes all cores, so that tests of windows go one after another.
static TURN: Mutex<()> = Mutex::new(());

/// A display with nothing on it but what a test opens: no window manager either. Windows end first,
/// then the display, then the host.
pub struct Stage {
    display: Display,
    /// The agor whose windows these are.
    pub agor: Agor,
    windows_opened: usize,
    _turn: MutexGuard<'static, ()>,
}

/// A window's process, which ends with the value.
pub struct Window {
    child: Child,
    /// The window as X knows it; none for one that never came up.
    pub id: String,
    state: PathBuf,
    /// Makes a picture of the display, where there is such a program.
    picture: Command,
}

struct Display {
    server: Child,
    name: String,
}

impl Stage {
    /// Returns a stage with a host.
    pub fn new() -> Self {
        Self::over(Agor::started)
    }

    /// Returns a stage without a host.
    pub fn without_host() -> Self {
        Self::over(Agor::new)
    }

    /// Returns a stage with a host, for what may take so long.
    #[allow(dead_code, reason = "benches use it")]
    pub fn patient(limit: Duration) -> Self {
        Self::over(|| {
            let mut agor = Agor::patient(limit);
            agor.start_host();
            agor
        })
    }

    fn over(agor_of: impl FnOnce() -> Agor) -> Self {
        // Before the test's time begins.
        agor();
        // A test that failed has left nothing behind that could disturb this one.
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let agor = agor_of();
        begin_with_the_shell(&agor);
        let display = Display::start(&agor);
        Self {
            display,
            agor,
            windows_opened: 0,
            _turn: turn,
        }
    }

    /// Returns the display as programs know it.
    pub fn display_name(&self) -> String {
        self.display.name.clone()
    }

    /// Returns a command line of any program that uses the display.
    pub fn command(&self, program: &str, args: &[&str]) -> Command {
        let mut command = self.agor.command_of(Path::new(program), args);
        command
            .env("DISPLAY", &self.display.name)
            .env("LC_ALL", "C.UTF-8")
            .env("XMODIFIERS", "@im=none")
            .env("VK_ICD_FILENAMES", software_driver())
            .env("AGOR_LOG", LOG_FILTER);
        command
    }

    /// Runs a program that uses the display and must succeed, and returns what it printed.
    pub fn ok(&self, program: &str, args: &[&str]) -> String {
        let output = self.command(program, args).output();
        let done = Done::from(output.unwrap_or_else(|error| panic!("{program}: {error}")));
        assert_eq!(done.code, 0, "{program} {args:?}: {}", done.stderr);
        done.stdout
    }

    /// Starts a window with `args` and returns at once.
    pub fn start(&mut self, args: &[&str]) -> Window {
        self.start_with(args, &[])
    }

    /// Starts a window that has these variables too.
    pub fn start_with(&mut self, args: &[&str], variables: &[(&str, &str)]) -> Window {
        self.windows_opened += 1;
        // A log of its own, so that windows are told apart.
        let state = self.agor.path(&format!("window-{}", self.windows_opened));
        let program = agor().to_str().expect("utf-8").to_owned();
        let child = self
            .command(&program, &["--logs"])
            .arg(&state)
            .args(args)
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("agor runs");
        Window {
            child,
            id: String::new(),
            state,
            picture: self.picture(),
        }
    }

    /// Opens a window, waits until it has drawn, and gives it the keyboard.
    pub fn open(&mut self, args: &[&str]) -> Window {
        let mut window = self.start(args);
        self.appears(&mut window, 1);
        window
    }

    /// Waits until a window has drawn that its program has opened so often, and gives it the keyboard.
    pub fn appears(&self, window: &mut Window, times: usize) {
        let pid = window.child.id().to_string();
        step_until("the window has drawn", || {
            if let Some(status) = window.child.try_wait().expect("a child") {
                panic!("the window ended with {status}: {}", window.complaint());
            }
            let drawn = window.log().matches("window ready").count();
            (drawn >= times).then_some(())
        });
        window.id = step_until("the window is on the screen", || {
            let search = ["search", "--onlyvisible", "--pid", &pid];
            // It fails while there is none.
            let found = Done::from(self.command("xdotool", &search).output().expect("xdotool"));
            found.stdout.lines().next().map(str::to_owned)
        });
        self.focus(window);
    }

    /// Gives a window the keyboard, as a window manager would.
    pub fn focus(&self, window: &Window) {
        step_until("the window has the keyboard", || {
            self.ok("xdotool", &["windowfocus", &window.id]);
            let focused = self.command("xdotool", &["getwindowfocus"]).output();
            let focused = Done::from(focused.expect("xdotool"));
            (focused.stdout.trim() == window.id).then_some(())
        });
    }

    /// Presses and releases chords, such as `ctrl+shift+d`, one after another.
    pub fn press(&self, chords: &[&str]) {
        self.ok("xdotool", &[&["key", "--delay", "15"], chords].concat());
    }

    /// Presses the keys of a command and waits until a frame has shown what it did, as a person does who
    /// looks before typing on.
    pub fn act(&self, window: &Window, chords: &[&str], command: &str) {
        let command = format!("command=\"{command}\"");
        let before = window.log().matches(&command).count();
        self.press(chords);
        step_until(&format!("{command} is done and shown"), || {
            let log = window.log();
            let (at, _) = log.match_indices(&command).nth(before)?;
            log.get(at..)?.contains("frames=").then_some(())
        });
    }

    /// Presses keys of our own interface and waits until the window rests.
    pub fn press_and_rest(&self, window: &Window, chords: &[&str]) {
        self.press(chords);
        let mut last = (window.frames(), Instant::now());
        step_until(&format!("the window rests after {chords:?}"), || {
            let frames = window.frames();
            if frames != last.0 {
                last = (frames, Instant::now());
            }
            (last.1.elapsed() > REST).then_some(())
        });
    }

    /// Types text that the keyboard has keys for.
    pub fn type_text(&self, text: &str) {
        self.ok("xdotool", &["type", "--delay", "15", text]);
    }

    /// Gives a window another size in pixels.
    pub fn resize(&self, window: &Window, width: u32, height: u32) {
        let (width, height) = (width.to_string(), height.to_string());
        self.ok("xdotool", &["windowsize", &window.id, &width, &height]);
    }

    /// Double-clicks at a place in a window.
    pub fn double_click(&self, window: &Window, x: u32, y: u32) {
        let (x, y) = (x.to_string(), y.to_string());
        self.ok("xdotool", &["mousemove", "--window", &window.id, &x, &y]);
        self.ok("xdotool", &["click", "--repeat", "2", "--delay", "40", "1"]);
    }

    /// Returns the ids of the sessions that run, oldest first.
    pub fn running(&self) -> Vec<String> {
        let list = self.agor.json(&["ls", "--running", "--json"]);
        let sessions = list.as_array().expect("a list").iter();
        sessions
            .map(|info| info["id"].as_str().expect("an id").to_owned())
            .collect()
    }

    /// Waits until so many sessions run, and returns them, oldest first.
    pub fn running_are(&self, count: usize) -> Vec<String> {
        step_until(&format!("{count} sessions run"), || {
            Some(self.running()).filter(|running| running.len() == count)
        })
    }

    /// Returns columns and rows of a session.
    pub fn size_of(&self, session: &str) -> (u64, u64) {
        let info = self.agor.info(session);
        let number = |name: &str| info["size"][name].as_u64().expect("a size");
        (number("cols"), number("rows"))
    }

    /// Returns what makes a picture of the display for whoever looks into a failure, and where.
    fn picture(&self) -> Command {
        let test = std::thread::current().name().unwrap_or("test").to_owned();
        let name = format!("{}.png", test.replace("::", "-"));
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let path = path.to_str().expect("utf-8");
        self.command("import", &["-window", "root", path])
    }
}

impl Window {
    /// Returns what it logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    /// Returns where it logs.
    pub fn log_path(&self) -> PathBuf {
        self.state.join("window.log")
    }

    /// Returns how many frames it has drawn.
    pub fn frames(&self) -> u64 {
        let log = self.log();
        let numbers = log.rsplit("frames=").next();
        let digits = numbers.map(|rest| rest.split_whitespace().next().unwrap_or_default());
        digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
    }

    /// Returns its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it ends by itself, and returns what it came to.
    pub fn ends(mut self) -> Done {
        let status = step_until("the window ends", || {
            self.child.try_wait().expect("a child")
        });
        let stdout = read_all(self.child.stdout.take());
        Done {
            code: status.code().unwrap_or(-1),
            stdout,
            stderr: self.complaint(),
        }
    }

    /// Kills it, as a crash would.
    pub fn crash(mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it can be reaped");
    }

    /// Returns what it wrote to standard error; it must have ended.
    fn complaint(&mut self) -> String {
        read_all(self.child.stderr.take())
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.log();
            let lines: Vec<_> = log
                .lines()
                .filter(|line| !line.contains("frames="))
                .collect();
            let last = &lines[lines.len().saturating_sub(60)..];
            println!(
                "--- a window logged ({} frames)\n{}",
                self.frames(),
                last.join("\n")
            );
            if self.picture.status().is_ok_and(|status| status.success()) {
                let path = self.picture.get_args().last().unwrap_or_default();
                println!("--- the display looked like {}", path.display());
            }
        }
        self.child.kill().ok(); // It may have ended by itself.
        self.child.wait().ok();
    }
}

impl Display {
    fn start(agor: &Agor) -> Self {
        let args = [
            "-displayfd",
            "1",
            "-screen",
            "0",
            SCREEN,
            "-nolisten",
            "tcp",
            // What a program set stays when it ends and no other is there yet.
            "-noreset",
        ];
        let mut server = agor
            .command_of(Path::new("Xvfb"), &args)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb runs (Debian package xvfb)");
        let mut line = String::new();
        let stdout = server.stdout.take().expect("a pipe");
        // It says its number once it takes connections.
        BufReader::new(stdout).read_line(&mut line).expect("a line");
        let number = line.trim();
        assert!(!number.is_empty(), "Xvfb found no display to be");
        Self {
            name: format!(":{number}"),
            server,
        }
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        // By request, so that it removes its socket.
        Command::new("kill")
            .arg(self.server.id().to_string())
            .output()
            .ok();
        self.server.wait().ok();
    }
}

fn read_all(from: Option<impl std::io::Read>) -> String {
    let mut text = String::new();
    if let Some(mut from) = from {
        from.read_to_string(&mut text).ok(); // What came counts.
    }
    text
}

/// Returns the driver that draws by software, the same wherever the tests run.
fn software_driver() -> PathBuf {
    let entries = VULKAN_DRIVERS
        .iter()
        .filter_map(|folder| fs::read_dir(folder).ok())
        .flatten()
        .flatten();
    let is_software = |path: &PathBuf| {
        path.file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with("lvp_icd"))
    };
    entries
        .map(|entry| entry.path())
        .find(is_software)
        .expect("a software driver for Vulkan (Debian package mesa-vulkan-drivers)")
}

/// Lets windows begin with the shell, as one does whose person has taken the first steps.
fn begin_with_the_shell(agor: &Agor) {
    let folder = agor.path("home/.config/agor");
    fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("config.toml");
    if !file.exists() {
        fs::write(file, "[window]\nwelcome = false\n").expect("settings");
    }
}
