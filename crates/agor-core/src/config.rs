//! The settings that a person writes into `config.toml`. A damaged file never keeps a host from
//! starting: it starts with the defaults, and both its log and the command line say so.

mod agents;
pub mod edit;
mod features;
pub mod forget;
mod groups;
mod layers;
mod live;
mod notifications;
pub mod schema;
mod snippets;
mod terminal;
mod theme;
mod trust;
mod value;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use agor_proto::agent::AgentSpec;
use agor_proto::limits;
use agor_proto::screen::CursorShape;

use crate::paths::Paths;

pub use agents::Agents;
pub use features::FontFeature;
pub use groups::{For, Group, Whose};
use layers::Wrong;
pub use layers::{Layers, Origin, Said};
pub use live::Live;
pub use notifications::{Notifications, Quiet};
pub use snippets::Snippet;
pub use terminal::{Bell, CLIPBOARD_WRITE, ClipboardWrite};
pub use theme::ThemeWish;
pub use trust::{TRUSTED, trusts};
pub use value::Value;
pub(crate) use value::quoted;

/// Rows of history that a person can ask for, for each session.
const SCROLLBACK_ROWS_MAX: usize = 100_000_000;

/// Points that text may measure.
pub const FONT_SIZES: std::ops::RangeInclusive<f32> = 4.0..=96.0;

/// How large the interface can be, of what the desktop says.
pub const SCALES_PERCENT: std::ops::RangeInclusive<f32> = 80.0..=200.0;

/// The settings, with defaults for what is not set.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Rows of history that each session keeps, in memory and on disk.
    pub scrollback_rows: usize,
    /// What is kept on disk.
    pub record: Record,
    /// How windows look.
    pub window: Window,
    /// Of what the desktop tells the person.
    pub notifications: Notifications,
    /// How agents are judged.
    pub agents: Agents,
    /// Texts that a person often types.
    pub snippets: Vec<Snippet>,
    /// What was said at which level.
    pub layers: Arc<Layers>,
}

/// How windows look. What is not set is as the window has it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Window {
    /// The family of the terminal's font; else the one that comes with agor.
    pub font_family: Option<String>,
    /// Points of the terminal's text.
    pub font_size: Option<f32>,
    /// How large all but the terminal's text is, of what the desktop says.
    pub scale_percent: Option<f32>,
    /// Whether sequences of operators are drawn as one sign.
    pub ligatures: Option<bool>,
    /// Features of the font that are wanted or not.
    pub font_features: Arc<[FontFeature]>,
    /// How much wider strokes are drawn, in points.
    pub text_weight: f32,
    /// The least contrast of the terminal's text to its ground.
    pub minimum_contrast: Option<f32>,
    /// The form of the cursor where a program chooses none.
    pub cursor_shape: CursorShape,
    /// Whether it blinks there.
    pub cursor_blink: bool,
    /// What a program's bell does.
    pub bell: Bell,
    /// Whether nothing turns, blinks or flashes; none is as the desktop says.
    pub reduced_motion: Option<bool>,
    /// The first key of sequences, in place of Ctrl+Space.
    pub leader: Option<String>,
    /// The program whose keys the hands know.
    pub keys: Option<KeyPreset>,
}

/// A program whose keys mean our commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyPreset {
    /// The keys of the table alone.
    Default,
    /// Those of tmux, after Ctrl+B.
    Tmux,
    /// Those of vim's windows, after Ctrl+W.
    Vim,
}

impl KeyPreset {
    /// The names of all.
    pub const NAMES: &[&str] = &["default", "tmux", "vim"];

    /// Returns the one of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let all = [Self::Default, Self::Tmux, Self::Vim];
        all.into_iter().find(|preset| preset.name() == name)
    }

    /// Returns its name in the settings.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Tmux => "tmux",
            Self::Vim => "vim",
        }
    }
}

/// What is kept on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    /// Output of one session, in bytes; the oldest goes first.
    pub session_max_bytes: u64,
}

/// Which ended sessions of one project are kept; the ones that were active longest ago go first. A
/// session whose program runs is kept whatever this says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// How many; 0 is any number.
    pub sessions: u64,
    /// Days since they were active; 0 is for ever.
    pub days: u64,
    /// Bytes of their output on disk, together with that of the project's running ones; 0 is any
    /// number.
    pub bytes: u64,
    /// Bytes of output on disk of all projects together; 0 is any number.
    pub host_bytes: u64,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            sessions: limits::PROJECT_SESSIONS_KEPT,
            days: 0,
            bytes: limits::PROJECT_BYTES_KEPT,
            host_bytes: limits::HOST_BYTES_KEPT,
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::of(Layers::default())
    }
}

impl Default for Record {
    fn default() -> Self {
        Self {
            session_max_bytes: limits::SESSION_RECORD_MAX,
        }
    }
}

/// A file of settings that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It is not TOML, or a value is of the wrong kind.
    #[error(
        "{} is damaged in line {line}, column {column} ({reason}): mend it; until then the \
         defaults are used", path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// What is wrong.
        reason: String,
    },
    /// It cannot be read.
    #[error("{} cannot be read ({source}): until then the defaults are used", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Settings, and what is wrong with their file.
#[derive(Debug)]
pub struct Loaded {
    /// The settings; the defaults if the file is damaged.
    pub config: Config,
    /// Why the file was not used.
    pub error: Option<ConfigError>,
    /// Settings that are not known or beyond a bound, in sentences.
    pub warnings: Vec<String>,
}

impl Loaded {
    /// Reads the settings of these folders; without a file they are the defaults.
    #[must_use]
    pub fn read(paths: &Paths) -> Self {
        let path = paths.config_file();
        match fs::read_to_string(&path) {
            Ok(text) => Self::parse(&path, &text),
            Err(source) if source.kind() == io::ErrorKind::NotFound => Self::parse(&path, ""),
            Err(source) => Self::defaults(ConfigError::Unreadable { path, source }),
        }
    }

    /// Returns every complaint, each a sentence.
    #[must_use]
    pub fn complaints(&self) -> Vec<String> {
        let error = self.error.iter().map(ToString::to_string);
        error.chain(self.warnings.iter().cloned()).collect()
    }

    fn defaults(error: ConfigError) -> Self {
        Self {
            config: Config::default(),
            error: Some(error),
            warnings: Vec::new(),
        }
    }

    fn parse(path: &Path, text: &str) -> Self {
        let read = layers::parse(text).and_then(|document| {
            let (layers, mut complaints) = Layers::of(document.get_ref(), text)?;
            let snippets = snippets::of(document.get_ref(), |it| complaints.push(it))?;
            Ok((layers, snippets, complaints))
        });
        let (layers, snippets, complaints) = match read {
            Ok(read) => read,
            Err(Wrong { at, reason }) => {
                let (line, column) = position(text, at);
                return Self::defaults(ConfigError::Damaged {
                    path: path.to_owned(),
                    line,
                    column,
                    reason,
                });
            }
        };
        let file = path.display();
        let complaints = complaints.into_iter().map(|text| format!("{file}: {text}"));
        Self {
            warnings: complaints.collect(),
            config: Config {
                snippets,
                ..Config::of(layers)
            },
            error: None,
        }
    }
}

impl Config {
    /// Returns what a text of settings says; `None` if it is damaged.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        Layers::read(text).ok().map(|(layers, _)| Self::of(layers))
    }

    /// Returns what holds of what was said.
    fn of(layers: Layers) -> Self {
        let layers = Arc::new(layers);
        let text = |key| layers.text(key, None).map(str::to_owned);
        let said = |key| layers.said(key, None).map(|(said, _)| said.value.clone());
        Self {
            scrollback_rows: usize::try_from(layers.whole("scrollback_rows", None))
                .unwrap_or(usize::MAX),
            record: Record {
                session_max_bytes: layers.whole("record.session_max_bytes", None),
            },
            window: Window {
                font_family: text("window.font_family"),
                font_size: match said("window.font_size") {
                    Some(Value::Number(points)) => Some(points),
                    _ => None,
                },
                scale_percent: match said("window.scale_percent") {
                    Some(Value::Number(percent)) => Some(percent),
                    _ => None,
                },
                ligatures: match said("window.ligatures") {
                    Some(Value::Bool(yes)) => Some(yes),
                    _ => None,
                },
                font_features: features::of(said("window.font_features").as_ref()),
                text_weight: match said("window.text_weight") {
                    Some(Value::Number(points)) => points,
                    _ => 0.0,
                },
                minimum_contrast: match said("window.minimum_contrast") {
                    Some(Value::Number(ratio)) => Some(ratio),
                    _ => None,
                },
                cursor_shape: text("window.cursor_shape")
                    .and_then(|name| terminal::cursor(&name))
                    .unwrap_or_default(),
                cursor_blink: layers.yes("window.cursor_blink", None),
                bell: text("window.bell")
                    .and_then(|name| Bell::named(&name))
                    .unwrap_or_default(),
                reduced_motion: match said("window.reduced_motion") {
                    Some(Value::Bool(still)) => Some(still),
                    _ => None,
                },
                leader: text("window.leader"),
                keys: text("window.keys").and_then(|name| KeyPreset::named(&name)),
            },
            notifications: Notifications::of(layers.clone()),
            agents: Agents::of(layers.clone()),
            snippets: Vec::new(),
            layers,
        }
    }

    /// Returns the program of a session without a command in a folder's project; `None` for the person's
    /// login shell.
    #[must_use]
    pub fn shell(&self, folder: &str) -> Option<&str> {
        self.layers.text("shell", Some(folder))
    }

    /// Returns the variables for what is started in a folder's project.
    #[must_use]
    pub fn environment(&self, folder: &str) -> BTreeMap<String, String> {
        self.layers.variables("environment", folder)
    }

    /// Returns which ended sessions of a folder's project are kept.
    #[must_use]
    pub fn retention(&self, folder: &str) -> Retention {
        let whole = |key| self.layers.whole(key, Some(folder));
        Retention {
            sessions: whole("retention.sessions"),
            days: whole("retention.days"),
            bytes: whole("retention.bytes"),
            host_bytes: whole("retention.host_bytes"),
        }
    }

    /// Adds what the settings say of an agent where its starter has said nothing.
    pub fn complete(&self, agent: &mut AgentSpec, folder: &str) {
        let said = |key| self.layers.for_agent(key, &agent.provider, folder);
        let (model, mode) = (said("agents.model"), said("agents.permission_mode"));
        let (model, mode) = (model.map(str::to_owned), mode.map(str::to_owned));
        agent.model = agent.model.take().or(model);
        agent.mode = agent.mode.take().or(mode);
    }
}

/// Returns line and column, from 1, of the byte `at`.
pub(crate) fn position(text: &str, at: usize) -> (usize, usize) {
    let before = &text[..text.floor_char_boundary(at)];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.matches('\n').count() + 1;
    (line, before[line_start..].chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Loaded {
        Loaded::parse(Path::new("/c/config.toml"), text)
    }

    #[test]
    fn what_is_not_set_is_the_default() {
        let loaded = parse("");
        assert_eq!(loaded.config, Config::default());
        assert!(loaded.complaints().is_empty());
    }

    #[test]
    fn session_record_max_is_kept_of_a_session_unless_a_setting_says_otherwise() {
        let kept = Config::default().record.session_max_bytes;
        assert_eq!(kept, limits::SESSION_RECORD_MAX);
    }

    #[test]
    fn settings_are_read() {
        let loaded = parse(
            "shell = \"/usr/bin/fish\"\nscrollback_rows = 500\n\
             [record]\nsession_max_bytes = 8_000_000\n[retention]\nsessions = 3\ndays = 30",
        );
        assert_eq!(loaded.config.shell("/any"), Some("/usr/bin/fish"));
        assert_eq!(loaded.config.scrollback_rows, 500);
        assert_eq!(loaded.config.record.session_max_bytes, 8_000_000);
        let kept = loaded.config.retention("/any");
        let bytes = Retention::default().bytes;
        assert_eq!((kept.sessions, kept.days, kept.bytes), (3, 30, bytes));
        assert!(loaded.complaints().is_empty(), "{:?}", loaded.complaints());
    }

    #[test]
    fn unknown_settings_warn_and_the_rest_is_used() {
        let loaded = parse("scrollback_rows = 5\nfont = \"x\"\n[record]\nage = 3");
        assert_eq!(loaded.config.scrollback_rows, 5);
        let complaints = loaded.complaints();
        assert_eq!(complaints.len(), 2);
        assert!(complaints[0].contains("font"), "{complaints:?}");
        assert!(complaints[1].contains("record.age"), "{complaints:?}");
    }

    #[test]
    fn a_damaged_file_is_named_by_line_and_column_and_the_defaults_are_used() {
        for (text, at) in [
            ("shell = \"a\"\nscrollback_rows = many", (2, 19)),
            ("scrollback_rows = \"ü\" x", (1, 23)),
            ("scrollback_rows = -1", (1, 19)),
        ] {
            let loaded = parse(text);
            assert_eq!(loaded.config, Config::default());
            let Some(ConfigError::Damaged { line, column, .. }) = loaded.error else {
                panic!("{text:?} was taken");
            };
            assert_eq!((line, column), at, "{text:?}");
        }
    }

    #[test]
    fn how_windows_look_is_read_and_held_to_bounds() {
        let loaded = parse(
            "[window]\ntheme = \"light\"\nfont_family = \"Iosevka\"\nfont_size = 200\n\
             ligatures = false\nfont_features = [\"zero\", \"-calt\", \"sharp\"]\n\
             text_weight = 0.25\nleader = \"ctrl+b\"\nshape = 1",
        );
        let window = &loaded.config.window;
        let theme = loaded.config.layers.theme(None);
        assert_eq!(theme, Some(&ThemeWish::Always("light".into())));
        assert_eq!(window.font_family.as_deref(), Some("Iosevka"));
        assert_eq!(
            (window.font_size, window.ligatures),
            (Some(96.0), Some(false))
        );
        assert_eq!(window.leader.as_deref(), Some("ctrl+b"));
        assert_eq!(window.text_weight, 0.25);
        assert_eq!(*window.font_features, [(*b"zero", 1), (*b"calt", 0)]);
        let keys = parse("[window]\nkeys = \"tmux\"").config.window.keys;
        assert_eq!(keys, Some(KeyPreset::Tmux));
        assert!(parse("[window]\nkeys = \"emacs\"").error.is_some());
        let complaints = loaded.complaints();
        assert_eq!(complaints.len(), 3, "{complaints:?}");
        assert!(parse("[window]\ntheme = 3").error.is_some());
        assert_eq!((window.cursor_shape, window.bell), Default::default());
        let window = parse(
            "[window]\ncursor_shape = \"bar\"\ncursor_blink = true\nbell = \"flash\"\n\
             reduced_motion = true",
        );
        let window = window.config.window;
        assert_eq!(
            (window.cursor_shape, window.bell),
            (CursorShape::Bar, Bell::Flash)
        );
        assert!(window.cursor_blink && window.reduced_motion == Some(true));
    }

    #[test]
    fn values_beyond_a_bound_are_held_to_it_aloud() {
        let loaded = parse("scrollback_rows = 999999999\n[record]\nsession_max_bytes = 1");
        assert_eq!(loaded.config.scrollback_rows, SCROLLBACK_ROWS_MAX);
        assert_eq!(
            loaded.config.record.session_max_bytes,
            limits::SEGMENT_BYTES
        );
        assert_eq!(loaded.warnings.len(), 2);
    }
}
