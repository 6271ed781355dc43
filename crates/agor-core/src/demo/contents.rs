//! What the demonstration has in it.

use agor_proto::agent::State;

/// A stand-in for every agent.
pub const AGENT: &str = include_str!("../../../../assets/demo/agent.sh");

/// What runs where no agent does.
pub const TASK: &str = include_str!("../../../../assets/demo/task.sh");

/// The agents for which there are stand-ins.
pub const PROVIDERS: &[&str] = &["claude", "codex", "gemini", "opencode"];

/// A group of projects.
#[derive(Debug)]
pub struct Group {
    /// Its id in the settings.
    pub id: &'static str,
    /// Its name.
    pub name: &'static str,
}

/// Every group.
pub const GROUPS: &[Group] = &[
    Group {
        id: "shop",
        name: "Shop",
    },
    Group {
        id: "research",
        name: "Research",
    },
];

/// A project with a repository.
#[derive(Debug)]
pub struct Project {
    /// The folder's name.
    pub folder: &'static str,
    /// The project's name.
    pub name: &'static str,
    /// What stands for it.
    pub icon: &'static str,
    /// Its group's id.
    pub group: &'static str,
    /// The branch that is checked out.
    pub branch: &'static str,
    /// Files of the first commit.
    pub files: &'static [(&'static str, &'static str)],
    /// What the later commits say; each adds a line to the file of changes.
    pub commits: &'static [&'static str],
    /// Seconds without output after which work is stalled.
    pub stall_secs: Option<u32>,
    /// Whether agents may start there; else a new one asks first.
    pub trusted: bool,
}

/// Every project.
pub const PROJECTS: &[Project] = &[
    Project {
        folder: "cart",
        name: "Cart",
        icon: "Ca",
        group: "shop",
        branch: "keep-cart",
        files: &[
            (
                "Cargo.toml",
                "[package]\nname = \"cart\"\nversion = \"0.4.0\"\nedition = \"2024\"\n",
            ),
            (
                "src/cart.rs",
                "//! What a person is about to buy.\n\n#[derive(Debug, Default)]\npub struct Cart {\n    lines: Vec<Line>,\n}\n",
            ),
            ("src/lib.rs", "pub mod cart;\npub mod total;\n"),
            (
                "src/total.rs",
                "//! What a cart costs.\n\npub fn total(net: f64) -> f64 {\n    (net * 1.19 * 100.0).round() / 100.0\n}\n",
            ),
        ],
        commits: &[
            "Prices have two decimals",
            "Count a line once, however often it is added",
            "Show what shipping costs before the last step",
            "Keep the cart over a reload",
        ],
        stall_secs: None,
        trusted: true,
    },
    Project {
        folder: "storefront",
        name: "Storefront",
        icon: "St",
        group: "shop",
        branch: "main",
        files: &[
            (
                "package.json",
                "{\n  \"name\": \"storefront\",\n  \"version\": \"2.1.0\"\n}\n",
            ),
            (
                "src/nav.tsx",
                "export function Nav() {\n  return <nav />;\n}\n",
            ),
        ],
        commits: &[
            "Load pictures as they come into view",
            "One stylesheet for all pages",
        ],
        stall_secs: None,
        trusted: true,
    },
    Project {
        folder: "prices",
        name: "Prices",
        icon: "Pr",
        group: "shop",
        branch: "import-2026",
        files: &[
            (
                "import.py",
                "\"\"\"Reads a list of prices.\"\"\"\n\nimport csv\n",
            ),
            ("tables/eur.csv", "article,price\n4711,12.90\n"),
        ],
        commits: &["Prices have two decimals in all four tables"],
        stall_secs: None,
        trusted: true,
    },
    Project {
        folder: "model",
        name: "Model",
        icon: "Mo",
        group: "research",
        branch: "longer-warmup",
        files: &[
            (
                "train.py",
                "\"\"\"Trains the ranking model.\"\"\"\n\nimport math\n",
            ),
            (
                "configs/base.yaml",
                "steps: 20000\nwarmup: 500\nrate: 0.0003\n",
            ),
        ],
        commits: &[
            "Warm up over 500 steps",
            "Write a checkpoint every 1,000 steps",
        ],
        stall_secs: Some(10),
        trusted: true,
    },
    Project {
        folder: "paper",
        name: "Paper",
        icon: "Pa",
        group: "research",
        branch: "main",
        files: &[(
            "paper.tex",
            "\\documentclass{article}\n\\begin{document}\n\\end{document}\n",
        )],
        commits: &["Say what was measured, and on what"],
        stall_secs: None,
        trusted: false,
    },
];

/// Where a session is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// In a tab of its own.
    Tab,
    /// Beside the session before.
    Beside,
    /// Below the one before.
    Below,
    /// In the sidebar alone.
    Nowhere,
}

/// A session.
#[derive(Debug)]
pub struct Session {
    /// Its name.
    pub name: &'static str,
    /// Its project's folder.
    pub project: &'static str,
    /// Its agent; else a task runs.
    pub provider: Option<&'static str>,
    /// What is played.
    pub scene: &'static str,
    /// The state into which it comes.
    pub becomes: Option<State>,
    /// Whether it ends by itself.
    pub ends: bool,
    /// Where it is shown.
    pub shown: Shown,
}

macro_rules! sessions {
    ($($name:literal $project:literal $provider:expr, $scene:literal $becomes:expr, $ends:literal $shown:ident;)+) => {
        /// Every session, in the order in which they start.
        pub const SESSIONS: &[Session] = &[$(Session {
            name: $name,
            project: $project,
            provider: $provider,
            scene: $scene,
            becomes: $becomes,
            ends: $ends,
            shown: Shown::$shown,
        },)+];
    };
}

sessions! {
    "keep the cart" "cart" Some("claude"), "permission" Some(State::NeedsPermission), false Tab;
    "round totals" "cart" Some("codex"), "working" Some(State::Working), false Beside;
    "history" "cart" None, "history" None, false Below;
    "cart tests" "cart" None, "tests" None, true Nowhere;
    "keyboard alone" "storefront" Some("claude"), "finished" Some(State::Done), false Tab;
    "ways to pay" "storefront" Some("opencode"), "question" Some(State::NeedsAnswer), false Beside;
    "dev server" "storefront" None, "server" None, false Below;
    "price list" "prices" Some("gemini"), "failed" Some(State::Error), false Tab;
    "loss jumps" "model" Some("claude"), "stalled" Some(State::Stalled), false Tab;
    "learning rate" "model" Some("codex"), "idle" Some(State::Idle), false Beside;
    "training" "model" None, "training" None, false Below;
    "build" "paper" None, "build" None, true Tab;
}

/// A picture of the demonstration.
#[derive(Debug)]
pub struct Picture {
    /// The file's name, without its end.
    pub name: &'static str,
    /// The commands of the window that lead there.
    pub commands: &'static [&'static str],
    /// The theme.
    pub theme: &'static str,
}

/// The tour: each page once in the dark and once in the light, but for what differs by more than colour.
pub const PICTURES: &[Picture] = &[
    picture("workspace", &[], "dark"),
    picture("workspace_light", &[], "light"),
    picture("wall", &["view.wall"], "dark"),
    picture("needs_you", &["attention.list"], "dark"),
    picture("needs_you_light", &["attention.list"], "light"),
    picture("palette", &["palette.open"], "dark"),
    picture("settings", &["settings.open"], "light"),
    picture("themes", &["view.themes"], "tokyo_night"),
];

const fn picture(
    name: &'static str,
    commands: &'static [&'static str],
    theme: &'static str,
) -> Picture {
    Picture {
        name,
        commands,
        theme,
    }
}
