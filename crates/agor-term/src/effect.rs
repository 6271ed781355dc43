//! What a program asks of the world outside its screen.

use std::sync::Arc;

use agor_proto::ids::{LinePosition, Size};
use agor_proto::row::MarkKind;

use crate::images::ImageSource;

/// One request, in the order of the output.
///
/// None of it is trusted: texts have lost control characters and have a cap, nothing else was
/// checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Bytes for the program to read. They never hold bytes that the program chose.
    Reply(Vec<u8>),
    /// BEL.
    Bell,
    /// The title changed.
    Title(String),
    /// The program's working directory (OSC 7, OSC 1337 CurrentDir).
    Cwd {
        /// The machine that the program named; a path there is not a path here.
        host: Option<String>,
        /// The absolute path, percent signs resolved.
        path: String,
    },
    /// A message for the person (OSC 9, 99, 777).
    Notification {
        /// May be empty.
        title: String,
        /// May be empty if the title is not.
        body: String,
    },
    /// Text for the clipboard (OSC 52); reading it is always refused.
    ClipboardWrite {
        /// Which of the clipboards.
        kind: ClipboardKind,
        /// The text.
        text: String,
    },
    /// A part of a shell's conversation begins (OSC 133).
    Mark {
        /// Which part.
        kind: MarkKind,
        /// Where.
        at: LinePosition,
    },
    /// How far a task is (OSC 9;4).
    Progress(ProgressState),
    /// The body of an OSC 7501 program status that is not its query.
    ProgramStatus(Vec<u8>),
    /// Colours changed; see [`crate::Terminal::palette`].
    Palette,
    /// The screen took another size as a test suite asked (`conformance`); the PTY is to be told.
    ResizeRequest {
        /// The size.
        size: Size,
    },
    /// An image came: what it is made from, which the terminal keeps no longer than this.
    Image(Arc<ImageSource>),
    /// RIS: what was said about the program no longer holds.
    Reset,
}

/// Where OSC 52 puts text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClipboardKind {
    /// The clipboard.
    Clipboard,
    /// X's primary selection.
    Primary,
}

/// A taskbar's progress, as ConEmu defined it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProgressState {
    /// Nothing is shown.
    None,
    /// So many percent are done.
    Percent(u8),
    /// It failed at so many percent.
    Error(u8),
    /// It runs, nobody knows how long.
    Indeterminate,
    /// It waits at so many percent.
    Paused(u8),
}
