//! The contact sheet: real programs side by side in one window, drawn without a display. Each runs in a host of
//! its own, whose files lie in a temporary folder; nothing of the person's is read.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::Failure;
use crate::workspace;

/// Pixels of the picture: six panes of some 80 columns.
const SIZE: &str = "2000x1240";

/// How long a program may take to have drawn itself.
const SECONDS: &str = "60";

/// The file that is open in the editor.
const OPEN_FILE: &str = "crates/agor-render/src/pane/cursor.rs";

/// The picture that programs show.
const PICTURE: &str = "assets/tour/workspace_light.png";

/// Where `cargo xtask real-agents` installs Claude Code.
const CLAUDE: &str = "target/agents/claude/node_modules/.bin/claude";

/// A program on the sheet.
struct Pane {
    name: &'static str,
    /// What `sh -c` is given; the folder of the sheet is `$sheet`, the repository `$root`.
    script: &'static str,
    /// What is on its screen once it has drawn itself.
    shows: &'static str,
    /// What is typed into it then, without Enter.
    types: Option<&'static str>,
}

/// Every pane, in the order of the sheet.
const PANES: &[Pane] = &[
    Pane {
        name: "vim",
        script: "cd \"$root\"; exec vim -N -u \"$sheet/vimrc\" -i NONE \"$open_file\"",
        shows: "fn draw",
        types: None,
    },
    AGENT,
    Pane {
        name: "signs",
        script: "exec sh \"$root/assets/gallery/signs.sh\"",
        shows: "signs drawn",
        types: None,
    },
    Pane {
        name: "shapes",
        script: "exec sh \"$root/assets/gallery/boxes.sh\"",
        shows: "shapes drawn",
        types: None,
    },
    Pane {
        name: "images",
        script: "exec sh \"$root/assets/gallery/images.sh\" \"$root/$picture\"",
        shows: "images drawn",
        types: None,
    },
    Pane {
        name: "htop",
        // Last, and of the programs of the sheet alone: what else runs here is nobody's business.
        script: "exec env HTOPRC=\"$sheet/htoprc\" htop -p \"$(cat \"$sheet\"/pids/* | paste -sd ,)\"",
        shows: "Load average",
        types: None,
    },
];

/// Claude Code without account and network, as far as it comes then: to its prompt.
const AGENT: Pane = Pane {
    name: "claude",
    script: "exec env CLAUDE_CONFIG_DIR=\"$sheet/claude\" ANTHROPIC_BASE_URL=http://127.0.0.1:9 \
             ANTHROPIC_AUTH_TOKEN=none DISABLE_AUTOUPDATER=1 DISABLE_TELEMETRY=1 DISABLE_ERROR_REPORTING=1 \
             CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1 IS_SANDBOX=1 \"$root/$claude\" \
             --permission-mode default",
    shows: "for shortcuts",
    types: Some("Explain how a row of text becomes pixels"),
};

/// What stands in for it where it is not installed, and says so.
const STAND_IN: Pane = Pane {
    name: "claude (stand-in)",
    script: "cp \"$root/assets/demo/agent.sh\" \"$sheet/claude.sh\"; \
             exec env AGOR_DEMO_SCENE=working sh \"$sheet/claude.sh\"",
    shows: "esc to interrupt",
    types: None,
};

const VIMRC: &str = "syntax on\nset number termguicolors background=dark cursorline laststatus=2 ruler\n\
                     set hlsearch shortmess+=IF noswapfile\nsilent! colorscheme habamax\n\
                     autocmd VimEnter * /fn draw\n";

const HTOPRC: &str = "show_program_path=0\nhighlight_base_name=1\ntree_view=1\nheader_margin=1\n\
                      hide_userland_threads=1\n\
                      column_meters_0=AllCPUs Memory\ncolumn_meter_modes_0=1 1\n\
                      column_meters_1=Tasks LoadAverage Uptime\ncolumn_meter_modes_1=2 2 2\n";

/// Draws the sheet into a file.
pub fn draw(program: &Path, out: &Path) -> Result<(), Failure> {
    let sheet = Sheet::new(program)?;
    let drawn = sheet.fill().and_then(|()| sheet.shoot(out));
    let ended = sheet.run(["stop-host"]);
    fs::remove_dir_all(&sheet.folder).map_err(|error| written(&sheet.folder, &error))?;
    drawn?;
    ended?;
    println!("the contact sheet is {}", out.display());
    Ok(())
}

struct Sheet {
    program: PathBuf,
    folder: PathBuf,
}

impl Sheet {
    fn new(program: &Path) -> Result<Self, Failure> {
        let folder = std::env::temp_dir().join(format!("agor-sheet-{}", std::process::id()));
        let sheet = Self {
            program: program.to_owned(),
            folder,
        };
        let claude = format!(
            "{{\"hasCompletedOnboarding\":true,\"theme\":\"dark\",\"projects\":{{\"{}\":\
             {{\"hasTrustDialogAccepted\":true,\"hasCompletedProjectOnboarding\":true}}}}}}",
            sheet.project().display()
        );
        for (file, text) in [
            ("config/config.toml", "[window]\nwelcome = false\n"),
            ("vimrc", VIMRC),
            ("htoprc", HTOPRC),
            ("pids/none", ""),
            ("shop/none", ""),
            ("claude/.claude.json", &claude),
        ] {
            let file = sheet.folder.join(file);
            let folder = file.parent().unwrap_or(&sheet.folder);
            fs::create_dir_all(folder).map_err(|error| written(folder, &error))?;
            fs::write(&file, text).map_err(|error| written(&file, &error))?;
        }
        Ok(sheet)
    }

    /// Returns the folder in which programs run, which they name.
    fn project(&self) -> PathBuf {
        self.folder.join("shop")
    }

    /// Starts every program and waits until each has drawn itself.
    fn fill(&self) -> Result<(), Failure> {
        let real = workspace::root().join(CLAUDE).exists();
        if !real {
            println!(
                "Claude Code is not installed (`cargo xtask real-agents` does): a stand-in takes its place"
            );
        }
        for pane in PANES {
            let pane = match pane.name == AGENT.name && !real {
                true => &STAND_IN,
                false => pane,
            };
            let session = self.start(pane)?;
            self.run(["wait", &session, "--text", pane.shows, "--timeout", SECONDS])?;
            if let Some(text) = pane.types {
                self.run(["send", &session, text])?;
            }
        }
        Ok(())
    }

    /// Starts a program; returns its session.
    fn start(&self, pane: &Pane) -> Result<String, Failure> {
        let root = workspace::root();
        let script = format!("echo $$ >\"$sheet/pids/$$\"; {}", pane.script);
        let variable = |name: &str, value: &dyn std::fmt::Display| format!("{name}={value}");
        let variables = [
            variable("root", &root.display()),
            variable("sheet", &self.folder.display()),
            variable("open_file", &OPEN_FILE),
            variable("picture", &PICTURE),
            variable("claude", &CLAUDE),
        ];
        let mut words = vec!["new", "--name", pane.name, "--size", "80x36"];
        for variable in &variables {
            words.extend(["--env", variable]);
        }
        words.extend(["--", "sh", "-c", &script]);
        Ok(self.run(words)?.trim().to_owned())
    }

    fn shoot(&self, out: &Path) -> Result<(), Failure> {
        let out = out.to_string_lossy();
        let words = ["shot", "--out", &*out, "--size", SIZE, "--theme", "dark"];
        self.run(words.into_iter().chain(["--do", "view.sidebar"]))?;
        Ok(())
    }

    /// Runs agor on the sheet's host; returns what it prints.
    fn run<'a>(&self, words: impl IntoIterator<Item = &'a str>) -> Result<String, Failure> {
        let words: Vec<&str> = words.into_iter().collect();
        let mut command = Command::new(&self.program);
        for (name, folder) in [
            ("--config", "config"),
            ("--data", "data"),
            ("--runtime", "run"),
        ] {
            command.arg(name).arg(self.folder.join(folder));
        }
        let done = command
            .args(words.iter().map(OsStr::new))
            .env("HOME", &self.folder)
            .current_dir(self.project())
            .stdin(Stdio::null())
            .output();
        let done = done.map_err(|error| {
            let program = self.program.display();
            Failure::SetUp(format!("{program} could not be started: {error}"))
        })?;
        if !done.status.success() {
            let said = String::from_utf8_lossy(&done.stderr);
            return Err(Failure::Step(format!(
                "agor {} failed ({}): {}",
                words.first().unwrap_or(&""),
                done.status,
                said.trim()
            )));
        }
        Ok(String::from_utf8_lossy(&done.stdout).into_owned())
    }
}

fn written(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Step(format!("{} cannot be written: {error}", path.display()))
}
