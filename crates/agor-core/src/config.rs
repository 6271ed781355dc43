//! The settings that a person writes into `config.toml`. A damaged file never keeps a host from
//! starting: it starts with the defaults, and both its log and the command line say so.

mod agents;
mod notifications;
mod snippets;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use agor_proto::limits;
use serde::Deserialize;

use crate::cli::Theme;
use crate::paths::Paths;

pub use agents::Agents;
pub use notifications::{Notifications, Quiet};
pub use snippets::Snippet;

/// Rows of history that a person can ask for, for each session.
const SCROLLBACK_ROWS_MAX: usize = 1_000_000;

/// Points that text may measure.
pub const FONT_SIZES: std::ops::RangeInclusive<f32> = 4.0..=96.0;

/// The settings, with defaults for what is not set.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The program of a session without a command; else the person's login shell.
    pub shell: Option<String>,
    /// Rows of history that a session keeps at hand.
    pub scrollback_rows: usize,
    /// What is kept on disk.
    pub record: Record,
    /// Which ended sessions of a project are kept.
    pub retention: Retention,
    /// How windows look.
    pub window: Window,
    /// Of what the desktop tells the person.
    pub notifications: Notifications,
    /// How agents are judged.
    pub agents: Agents,
    /// Texts that a person often types.
    pub snippets: Vec<Snippet>,
}

/// How windows look. What is not set is as the window has it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Window {
    /// The theme.
    pub theme: Option<Theme>,
    /// The family of the terminal's font; else the one that comes with agor.
    pub font_family: Option<String>,
    /// Points of the terminal's text.
    pub font_size: Option<f32>,
    /// Whether sequences of operators are drawn as one sign.
    pub ligatures: Option<bool>,
    /// The first key of sequences, in place of Ctrl+Space.
    pub leader: Option<String>,
    /// The program whose keys the hands know.
    pub keys: Option<KeyPreset>,
}

/// A program whose keys mean our commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyPreset {
    /// The keys of the table alone.
    Default,
    /// Those of tmux, after Ctrl+B.
    Tmux,
    /// Those of vim's windows, after Ctrl+W.
    Vim,
}

impl KeyPreset {
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
        Self {
            shell: None,
            scrollback_rows: limits::SCROLLBACK_ROWS_DEFAULT,
            record: Record::default(),
            window: Window::default(),
            retention: Retention::default(),
            notifications: Notifications::default(),
            agents: Agents::default(),
            snippets: Vec::new(),
        }
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

/// The file as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Written {
    shell: Option<String>,
    scrollback_rows: Option<usize>,
    record: WrittenRecord,
    window: WrittenWindow,
    retention: WrittenRetention,
    notifications: notifications::Written,
    agents: agents::Written,
    snippets: Vec<snippets::Written>,
    #[serde(flatten)]
    unknown: BTreeMap<String, toml::Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WrittenRecord {
    session_max_bytes: Option<u64>,
    #[serde(flatten)]
    unknown: BTreeMap<String, toml::Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WrittenWindow {
    theme: Option<Theme>,
    font_family: Option<String>,
    font_size: Option<f32>,
    ligatures: Option<bool>,
    leader: Option<String>,
    keys: Option<KeyPreset>,
    #[serde(flatten)]
    unknown: BTreeMap<String, toml::Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WrittenRetention {
    sessions: Option<u64>,
    days: Option<u64>,
    bytes: Option<u64>,
    host_bytes: Option<u64>,
    #[serde(flatten)]
    unknown: BTreeMap<String, toml::Value>,
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
        let written: Written = match toml::from_str(text) {
            Ok(written) => written,
            Err(error) => {
                let at = error.span().map_or(0, |span| span.start).min(text.len());
                let (line, column) = position(text, at);
                return Self::defaults(ConfigError::Damaged {
                    path: path.to_owned(),
                    line,
                    column,
                    reason: error.message().lines().collect::<Vec<_>>().join(", "),
                });
            }
        };
        let mut config = Config::default();
        let mut warnings = Vec::new();
        let file = path.display();
        let unknown = written.unknown.keys().cloned();
        let of_record = written
            .record
            .unknown
            .keys()
            .map(|key| format!("record.{key}"));
        let of_window = written.window.unknown.keys();
        let of_window = of_window.map(|key| format!("window.{key}"));
        let of_retention = written
            .retention
            .unknown
            .keys()
            .map(|key| format!("retention.{key}"));
        let of_notifications = written.notifications.unknown.keys();
        let of_notifications = of_notifications.map(|key| format!("notifications.{key}"));
        let of_agents = written.agents.unknown.keys();
        let of_agents = of_agents.map(|key| format!("agents.{key}"));
        for key in unknown
            .chain(of_record)
            .chain(of_window)
            .chain(of_retention)
            .chain(of_notifications)
            .chain(of_agents)
        {
            warnings.push(format!(
                "{file}: this release knows no setting {key:?}; it is ignored"
            ));
        }
        config.shell = written.shell.filter(|shell| !shell.is_empty());
        if let Some(rows) = written.scrollback_rows {
            config.scrollback_rows = rows.min(SCROLLBACK_ROWS_MAX);
            if rows > SCROLLBACK_ROWS_MAX {
                warnings.push(format!(
                    "{file}: scrollback_rows is at most {SCROLLBACK_ROWS_MAX}, which is used"
                ));
            }
        }
        let Retention {
            sessions,
            days,
            bytes,
            host_bytes,
        } = Retention::default();
        config.retention = Retention {
            sessions: written.retention.sessions.unwrap_or(sessions),
            days: written.retention.days.unwrap_or(days),
            bytes: written.retention.bytes.unwrap_or(bytes),
            host_bytes: written.retention.host_bytes.unwrap_or(host_bytes),
        };
        if let Some(bytes) = written.record.session_max_bytes {
            let least = limits::SEGMENT_BYTES;
            config.record.session_max_bytes = bytes.max(least);
            if bytes < least {
                warnings.push(format!(
                    "{file}: record.session_max_bytes is at least {least}, which is used"
                ));
            }
        }
        let complain = |complaint| warnings.push(format!("{file}: {complaint}"));
        config.notifications = written.notifications.settings(complain);
        let complain = |complaint| warnings.push(format!("{file}: {complaint}"));
        config.agents = written.agents.settings(complain);
        let complain = |complaint| warnings.push(format!("{file}: {complaint}"));
        config.snippets = snippets::settings(written.snippets, complain);
        let window = written.window;
        config.window = Window {
            theme: window.theme,
            font_family: window.font_family.filter(|family| !family.is_empty()),
            font_size: window.font_size.map(|size| {
                let held = size.clamp(*FONT_SIZES.start(), *FONT_SIZES.end());
                if held != size {
                    warnings.push(format!(
                        "{file}: window.font_size is from {} to {}; {held} is used",
                        FONT_SIZES.start(),
                        FONT_SIZES.end()
                    ));
                }
                held
            }),
            ligatures: window.ligatures,
            leader: window.leader,
            keys: window.keys,
        };
        Self {
            config,
            error: None,
            warnings,
        }
    }
}

/// Returns line and column, from 1, of the byte `at`.
fn position(text: &str, at: usize) -> (usize, usize) {
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
        assert_eq!(loaded.config.shell.as_deref(), Some("/usr/bin/fish"));
        assert_eq!(loaded.config.scrollback_rows, 500);
        assert_eq!(loaded.config.record.session_max_bytes, 8_000_000);
        let kept = loaded.config.retention;
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
             ligatures = false\nleader = \"ctrl+b\"\nshape = 1",
        );
        let window = &loaded.config.window;
        assert_eq!(window.theme, Some(Theme::Light));
        assert_eq!(window.font_family.as_deref(), Some("Iosevka"));
        assert_eq!(
            (window.font_size, window.ligatures),
            (Some(96.0), Some(false))
        );
        assert_eq!(window.leader.as_deref(), Some("ctrl+b"));
        let keys = parse("[window]\nkeys = \"tmux\"").config.window.keys;
        assert_eq!(keys, Some(KeyPreset::Tmux));
        assert!(parse("[window]\nkeys = \"emacs\"").error.is_some());
        let complaints = loaded.complaints();
        assert_eq!(complaints.len(), 2, "{complaints:?}");
        assert!(parse("[window]\ntheme = \"pink\"").error.is_some());
    }

    #[test]
    fn values_beyond_a_bound_are_held_to_it_aloud() {
        let loaded = parse("scrollback_rows = 99999999\n[record]\nsession_max_bytes = 1");
        assert_eq!(loaded.config.scrollback_rows, SCROLLBACK_ROWS_MAX);
        assert_eq!(
            loaded.config.record.session_max_bytes,
            limits::SEGMENT_BYTES
        );
        assert_eq!(loaded.warnings.len(), 2);
    }
}
