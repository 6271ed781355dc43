//! Every setting, in one table: what is read, what is complained about, the page of the window, the
//! documentation and `agor settings` come from it.

use agor_proto::limits;

use super::value::Taken;
use super::{
    Bell, FONT_SIZES, KeyPreset, SCALES_PERCENT, SCROLLBACK_ROWS_MAX, Value, agents, notifications,
};

/// What a setting's value is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// Any text.
    Text,
    /// The name of an agent that is known.
    Provider,
    /// The name of a font's family.
    Font,
    /// A key, as keybindings have it.
    Key,
    /// A theme's name, or one for each of the desktop's looks.
    Theme,
    /// A part of every day.
    Hours,
    /// Yes or no.
    Bool,
    /// A whole number, from the first to the last.
    Whole(u64, u64),
    /// A number, from the first to the last.
    Number(f32, f32),
    /// One of these.
    OneOf(&'static [&'static str]),
    /// Some of these.
    Some(&'static [&'static str]),
    /// Names, each with a text.
    Variables,
    /// Whole paths of folders.
    Folders,
    /// Features of fonts.
    Features,
}

/// For whom a setting may be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// For all that a person has.
    User,
    /// For all, for a group, for a project and the projects in its folder, and for a session.
    Session,
    /// For all, for a group, and for a project and the projects in its folder.
    Project,
    /// For a project and the projects in its folder, and never for all.
    Folder,
    /// For a group or a project, of which it is the very own: what is in it has it not.
    Named,
}

/// When a changed setting counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counts {
    /// As soon as the file is saved.
    AtOnce,
    /// For what is started from then on.
    ForNew,
    /// When the host starts the next time.
    AtHostStart,
}

impl Counts {
    /// Says it in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::AtOnce => "at once",
            Self::ForNew => "for what is started from then on",
            Self::AtHostStart => "when the host starts again",
        }
    }
}

/// One row of the table.
#[derive(Debug)]
pub struct Setting {
    /// Its name, which stays as it is for ever: tables and names with dots between.
    pub key: &'static str,
    /// The heading under which it stands.
    pub section: &'static str,
    /// What a person reads.
    pub title: &'static str,
    /// What its value is.
    pub kind: Kind,
    /// How far down it may stand.
    pub level: Level,
    /// When it counts.
    pub counts: Counts,
    /// What holds while nobody has said anything.
    pub default: fn() -> Option<Value>,
    /// What a missing default means, in words.
    pub unset: &'static str,
    /// One sentence on what it does.
    pub doc: &'static str,
}

macro_rules! settings {
    ($($section:literal { $($key:literal $title:literal $kind:expr, $level:ident $counts:ident ($default:expr, $unset:literal) $doc:literal;)+ })+) => {
        /// Every setting, in the order of the page.
        pub const SETTINGS: &[Setting] = &[$($(Setting {
            key: $key,
            section: $section,
            title: $title,
            kind: $kind,
            level: Level::$level,
            counts: Counts::$counts,
            default: || $default,
            unset: $unset,
            doc: $doc,
        },)+)+];
    };
}

const ANY: u64 = i64::MAX as u64;

settings! {
    "Name" {
        "name" "Name" Kind::Text, Named AtOnce (None, "that of its folder or table") "What a group or project is called.";
        "icon" "Sign" Kind::Text, Named AtOnce (None, "the first letter of its name") "One or two letters, or one sign, that stand for a group or project where there is little room.";
        "folders" "Folders" Kind::Folders, Named AtOnce (None, "none") "Of a group the folders of its projects, with what lies in them; of a project its further folders, whose sessions are the project's.";
    }
    "Trust" {
        "trusted" "Trusted" Kind::Bool, Folder ForNew (Some(Value::Bool(false)), "") "Whether agents may start in this folder and those in it: files there can make them act.";
    }
    "Sessions" {
        "shell" "Shell" Kind::Text, Project ForNew (None, "your login shell") "The program of a session that is started without a command.";
        "private" "Private" Kind::Bool, Project ForNew (Some(Value::Bool(false)), "") "Whether nothing of a session is written to disk: neither output nor history outlives its host.";
        "environment" "Environment" Kind::Variables, Project ForNew (None, "nothing") "Variables for what is started, beside those of the window or command that starts it.";
        "shell_integration" "Prompt marks" Kind::Bool, Project ForNew (Some(Value::Bool(true)), "") "Whether bash, zsh and fish tell where prompts, commands and folders are; they read your own files as always.";
        "scrollback_rows" "History" Kind::Whole(0, SCROLLBACK_ROWS_MAX as u64), User AtHostStart (whole(limits::SCROLLBACK_ROWS_DEFAULT as u64), "") "Rows of history that a session keeps: the newest in memory, the others on disk.";
        "record.session_max_bytes" "Record of one session" Kind::Whole(limits::SEGMENT_BYTES, ANY), User AtHostStart (whole(limits::SESSION_RECORD_MAX), "") "Bytes of output that one session keeps on disk; the oldest go first.";
    }
    "Agents" {
        "agents.provider" "Agent" Kind::Provider, Project ForNew (None, "none, so that you choose") "The agent that is offered first.";
        "agents.model" "Model" Kind::Text, Project ForNew (None, "the agent's own choice") "The model of that agent.";
        "agents.permission_mode" "Permissions" Kind::Text, Project ForNew (None, "the agent's own choice") "How that agent asks before it acts, by its own name for it.";
        "agents.stall_secs" "Stalled after" Kind::Whole(*agents::STALL_SECS.start(), *agents::STALL_SECS.end()), Project ForNew (whole(agents::STALL_SECS_DEFAULT), "") "Seconds without output after which work is stalled.";
        "agents.keep_awake" "Keep awake" Kind::Bool, User AtOnce (Some(Value::Bool(true)), "") "Whether the machine does not go to sleep by itself while an agent works; closing the lid still sends it to sleep.";
    }
    "Looks" {
        "window.theme" "Theme" Kind::Theme, Session AtOnce (Some(Value::Theme(super::ThemeWish::Always(crate::themes::DARK.to_owned()))), "") "The colours: a name, \"system\", or { light = \"…\", dark = \"…\" }.";
        "window.font_family" "Font" Kind::Font, User AtOnce (None, "the one that comes with agor") "The family of the terminal's text.";
        "window.font_size" "Font size" Kind::Number(*FONT_SIZES.start(), *FONT_SIZES.end()), User AtOnce (Some(Value::Number(13.0)), "") "Points of the terminal's text.";
        "window.scale_percent" "Scale" Kind::Number(*SCALES_PERCENT.start(), *SCALES_PERCENT.end()), User AtOnce (Some(Value::Number(100.0)), "") "How large all but the terminal's text is, in percent of what the desktop says.";
        "window.ligatures" "Ligatures" Kind::Bool, User AtOnce (Some(Value::Bool(true)), "") "Whether sequences of operators are drawn as one sign, where the font has one.";
        "window.font_features" "Font features" Kind::Features, User AtOnce (None, "what the font does by itself") "Features of the font (OpenType) by their names: on, off behind a minus, or the number of a form behind \"=\"; each sign is drawn by them, and sequences are where ligatures are.";
        "window.text_weight" "Text weight" Kind::Number(0.0, 1.0), User AtOnce (Some(Value::Number(0.0)), "") "How much wider the strokes of the terminal's text are than the font has them, in points (stem darkening).";
        "window.minimum_contrast" "Contrast" Kind::Number(1.0, 21.0), User AtOnce (Some(Value::Number(1.0)), "") "The least contrast of the terminal's text to its ground, as WCAG counts it; 1 leaves colours as programs choose them.";
        "window.cursor_shape" "Cursor" Kind::OneOf(super::terminal::CURSORS), User AtOnce (Some(Value::Text("block".into())), "") "The form of the cursor where the program chooses none.";
        "window.cursor_blink" "Blinking cursor" Kind::Bool, User AtOnce (Some(Value::Bool(false)), "") "Whether the cursor blinks where the program chooses nothing; it stays lit while you type, and when you have not typed for ten seconds.";
        "window.bell" "Bell" Kind::OneOf(Bell::NAMES), User AtOnce (Some(Value::Text("none".into())), "") "What a program's bell does: nothing, a short flash of its pane, or a window without the keyboard asks for attention.";
        "window.clipboard_write" "Clipboard" Kind::OneOf(super::ClipboardWrite::NAMES), Session AtOnce (Some(Value::Text("ask".into())), "") "Whether programs may write the clipboard (OSC 52): while you look at them and else after you were asked, always, or never. None may read it.";
        "window.reduced_motion" "Reduced motion" Kind::Bool, User AtOnce (None, "as the desktop says") "Whether nothing turns, blinks or flashes, whatever programs ask for. Without it the ring of what works turns where a graphics card draws, and with false everywhere.";
        "window.welcome" "First steps" Kind::Bool, User AtOnce (Some(Value::Bool(true)), "") "Whether a window that has nothing to show begins with three steps instead of your shell.";
        "window.leader" "Leader" Kind::Key, User AtOnce (Some(Value::Text("ctrl+space".into())), "") "The first key of sequences.";
        "window.keys" "Keys of" Kind::OneOf(KeyPreset::NAMES), User AtOnce (Some(Value::Text("default".into())), "") "The program whose keys mean our commands, beside our own.";
    }
    "Notifications" {
        "notifications.enabled" "Notify" Kind::Bool, Session AtOnce (Some(Value::Bool(true)), "") "Whether the desktop tells you of agents that you do not look at.";
        "notifications.on" "Of what" Kind::Some(notifications::NAMES), Session AtOnce (Some(Value::List(notifications::NAMES.iter().map(ToString::to_string).collect())), "") "The states that an agent must come into.";
        "notifications.quiet" "Quiet hours" Kind::Hours, Session AtOnce (None, "never") "When nothing is said, like \"22:00-07:00\", or \"never\" where a level above says hours; what still needs you is told when they are over.";
        "notifications.sound" "Sound" Kind::Bool, Session AtOnce (Some(Value::Bool(false)), "") "Whether the desktop may make a sound; for several at once, if it may for one of them.";
    }
    "What is kept" {
        "retention.sessions" "Ended sessions" Kind::Whole(0, ANY), Project AtOnce (whole(limits::PROJECT_SESSIONS_KEPT), "") "How many of a project are kept, the newest; 0 is any number.";
        "retention.days" "Days" Kind::Whole(0, ANY), Project AtOnce (whole(0), "") "Days since an ended session was active; 0 is for ever.";
        "retention.bytes" "Bytes of a project" Kind::Whole(0, ANY), Project AtOnce (whole(limits::PROJECT_BYTES_KEPT), "") "Output on disk beyond which a project's ended sessions go; 0 is any number.";
        "retention.host_bytes" "Bytes in all" Kind::Whole(0, ANY), User AtOnce (whole(limits::HOST_BYTES_KEPT), "") "Output on disk beyond which ended sessions of all projects go; 0 is any number.";
    }
}

fn whole(number: u64) -> Option<Value> {
    Some(Value::Whole(number))
}

impl Setting {
    /// Reads a value that a person typed: as a file has it, a text without quotes if they like.
    ///
    /// # Errors
    /// What belongs there.
    pub fn read(&self, typed: &str) -> Result<Value, String> {
        let wrong = || format!("{} is {}", self.key, self.kind.words());
        let as_written = toml::de::DeValue::parse(typed).ok();
        let quoted = super::value::quoted(typed);
        let as_text = toml::de::DeValue::parse(&quoted).ok();
        let taken = as_written.into_iter().chain(as_text).find_map(|value| {
            let read = Value::read(self.key, self.kind, &value);
            read.ok()
        });
        match taken.ok_or_else(wrong)? {
            Taken::Whole(value) => Ok(value),
            Taken::Held(_, why) | Taken::Dropped(why) => Err(why),
            Taken::Nothing => Err(wrong()),
        }
    }
}

/// Returns the setting of this name.
#[must_use]
pub fn setting(key: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.key == key)
}

/// Returns the documentation of every setting, in Markdown.
#[must_use]
pub fn documentation() -> String {
    let mut page = String::from(
        "# Settings\n\n\
         `~/.config/agor/config.toml`, in TOML. A setting that is marked with \u{25b8} may stand in the table of a project or of a group, too, and one that is marked with \u{25b8}\u{25b8} in that of a session (`[sessions.ID]`):\n\n\
         ```toml\n[projects.\"/home/me/models\"]\nagents.stall_secs = 3600\nnotifications.enabled = false\n\n\
         [groups.shop]\nname = \"The shop\"\nfolders = [\"/home/me/cart\", \"/home/me/prices\"]\nwindow.theme = \"nord\"\n\n\
         [projects.\"/home/me/shop\"]\nfolders = [\"/home/me/shop-api\"]\n```\n\n\
         It then counts for the projects in that folder, too, and for its further `folders`; what stands for a session wins over its \
         project, the deepest folder over the one above it, that over its group, that over what stands for all, that over the \
         default. Environment, shell, prompt marks, agent, model, permissions, privacy and when work is stalled are decided when a session starts (`agor new`), and how long its record is kept is its project's to say: of these a session has none of its own. Groups stand in the sidebar in the order of the file. \
         `agor settings --project DIR`, `--group ID` and `--session SESSION` show what holds and where it was said. A file of \
         the project itself is never read: what somebody else wrote sets nothing.\n\n\
         This page is made from the table in `src/config/schema.rs`.\n",
    );
    let mut section = "";
    for setting in SETTINGS {
        if setting.section != section {
            section = setting.section;
            page.push_str(&format!(
                "\n## {section}\n\n| setting | what it is | value | default | counts |\n|---|---|---|---|---|\n"
            ));
        }
        let mark = match setting.level {
            Level::User => "",
            Level::Session => " \u{25b8}\u{25b8}",
            Level::Project => " \u{25b8}",
            Level::Folder => " (of a project alone)",
            Level::Named => " (of a group or project alone)",
        };
        let default = (setting.default)().map(|value| format!("`{}`", value.to_toml()));
        page.push_str(&format!(
            "| `{}`{mark} | {} | {} | {} | {} |\n",
            setting.key,
            setting.doc,
            setting.kind.words(),
            default.unwrap_or_else(|| setting.unset.to_owned()),
            setting.counts.words(),
        ));
    }
    page
}

impl Kind {
    /// Says what belongs there.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::Text => "a text".into(),
            Self::Provider => "an agent, by its id in `agor providers`".into(),
            Self::Font => "the name of a family".into(),
            Self::Key => "a key, like \"ctrl+b\"".into(),
            Self::Theme => "a theme's name, \"system\", or { light = \"…\", dark = \"…\" }".into(),
            Self::Hours => "hours, like \"22:00-07:00\", or \"never\"".into(),
            Self::Bool => "true or false".into(),
            Self::Whole(0, ANY) => "a whole number".into(),
            Self::Whole(least, ANY) => format!("a whole number, {least} or more"),
            Self::Whole(least, most) => format!("a whole number from {least} to {most}"),
            Self::Number(least, most) => format!("a number from {least} to {most}"),
            Self::OneOf(names) => format!("one of {}", names.join(", ")),
            Self::Some(names) => format!("some of {}", names.join(", ")),
            Self::Variables => "a table of texts, like { RUST_LOG = \"debug\" }".into(),
            Self::Features => "a list of names, like [\"zero\", \"-calt\", \"cv05=2\"]".into(),
            Self::Folders => "a list of whole paths, like [\"/home/me/cart\"]".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    #[test]
    fn every_setting_is_documented_and_unique() {
        let keys: BTreeSet<_> = SETTINGS.iter().map(|setting| setting.key).collect();
        let titles: BTreeSet<_> = SETTINGS.iter().map(|setting| setting.title).collect();
        assert_eq!((keys.len(), titles.len()), (SETTINGS.len(), SETTINGS.len()));
        for setting in SETTINGS {
            assert!(setting.doc.ends_with('.'), "{}", setting.key);
            let default = (setting.default)();
            assert_eq!(
                default.is_none(),
                !setting.unset.is_empty(),
                "{}",
                setting.key
            );
            let fits = default.is_none_or(|value| value.fits(setting.kind));
            assert!(fits, "{}", setting.key);
        }
    }

    /// `AGOR_ACCEPT=1` writes it anew.
    #[test]
    fn the_page_of_settings_is_that_of_the_table() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("SETTINGS.md");
        let page = documentation();
        if std::env::var_os("AGOR_ACCEPT").is_some() {
            fs::write(&path, &page).unwrap();
        }
        let written = fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(written, page, "AGOR_ACCEPT=1 writes it anew");
    }
}
