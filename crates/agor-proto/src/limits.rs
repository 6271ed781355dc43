//! The caps on what others can make the program keep, named. A cap is here when it bounds what another party can make us
//! keep, send or do; `LIMITS.md` beside this crate is generated from this file.

/// Declares the limits as constants and as one table for the generated page.
macro_rules! limits {
    ($($(#[doc = $doc:literal])+ $name:ident: $type:ty = $value:expr, $unit:literal, $overrun:literal;)+) => {
        $($(#[doc = $doc])+ #[doc = ""] #[doc = concat!("Beyond it: ", $overrun, ".")] pub const $name: $type = $value;)+

        /// Every limit, in the order of the page.
        pub const ALL: &[LimitRow] = &[$(LimitRow {
            name: stringify!($name),
            value: $name as u64,
            unit: $unit,
            doc: concat!($($doc),+),
            overrun: $overrun,
        }),+];
    };
}

/// One row of the generated page.
#[derive(Debug, Clone, Copy)]
pub struct LimitRow {
    /// The constant's name.
    pub name: &'static str,
    /// Its value.
    pub value: u64,
    /// What the value counts.
    pub unit: &'static str,
    /// What it bounds.
    pub doc: &'static str,
    /// What happens beyond it.
    pub overrun: &'static str,
}

limits! {
    /// The body of one frame, checked before anything is allocated.
    FRAME_BODY_MAX: usize = 1024 * 1024, "bytes", "the link is closed with `FrameTooLarge`";
    /// One piece of a blob, an export or a page of rows.
    BULK_CHUNK_MAX: usize = 256 * 1024, "bytes", "the sender makes more pieces";
    /// Columns of a screen.
    COLS_MAX: u16 = 1_000, "cells", "the size is clamped";
    /// Rows of a screen.
    ROWS_MAX: u16 = 1_000, "cells", "the size is clamped";
    /// The text of one cell: a grapheme cluster in UTF-8.
    CLUSTER_MAX: usize = 64, "bytes", "further marks of the cluster are dropped";
    /// Different clusters of more than one character that the two screens of a terminal show at once.
    CLUSTERS_MAX: usize = 65_536, "clusters", "further clusters show their first character";
    /// Styles that one terminal keeps apart at once.
    STYLES_MAX: usize = 65_535, "styles", "unused ones are collected, then the default is used";
    /// Different hyperlinks (OSC 8) that one terminal keeps.
    LINKS_MAX: usize = 10_000, "links", "further text carries no link";
    /// One hyperlink's target.
    LINK_MAX: usize = 2 * 1024, "bytes", "the text carries no link";
    /// Targets and names of the hyperlinks of one row, so that a row never outgrows a frame.
    ROW_LINK_BYTES_MAX: usize = 32 * 1024, "bytes", "further cells of the row carry no link";
    /// Marks of a shell's conversation (OSC 133) in one row; a shell needs four.
    ROW_MARKS_MAX: usize = 16, "marks", "further marks are reported and not kept";
    /// An operating system command (OSC) from a program.
    OSC_MAX: usize = 64 * 1024, "bytes", "the sequence is read to its end and ignored";
    /// An OSC 52 (clipboard) from a program.
    OSC_LONG_MAX: usize = 1024 * 1024, "bytes", "the sequence is read to its end and ignored";
    /// A device control string (DCS), application command (APC) or OSC 1337 (images) from a program.
    DCS_MAX: usize = 4 * 1024 * 1024, "bytes", "the sequence is read to its end and ignored";
    /// What one image is made from, as a program sends it in one or many sequences.
    IMAGE_BYTES_MAX: usize = 48 * 1024 * 1024, "bytes", "the image is refused with `EFBIG`";
    /// Pixels of one image.
    IMAGE_PIXELS_MAX: u32 = 12 * 1024 * 1024, "pixels", "the image is refused with `EFBIG`";
    /// Width or height of an image; what every graphics adapter draws.
    IMAGE_SIDE_MAX: u32 = 8_192, "pixels", "the image is refused with `EFBIG`";
    /// Images of one session.
    SESSION_IMAGES_MAX: usize = 512, "images", "the oldest without a place goes, then the oldest";
    /// What the images of one session are made from.
    SESSION_IMAGE_BYTES_MAX: u64 = 128 * 1024 * 1024, "bytes", "the oldest without a place goes, then the oldest";
    /// Places of images on both screens of a session and in its history.
    SESSION_PLACEMENTS_MAX: usize = 1_024, "places", "the oldest goes";
    /// Places of images in one screen update or one part of the history.
    UPDATE_PLACEMENTS_MAX: usize = 1_024, "places", "the lowest further ones are left out";
    /// Frames of one image.
    IMAGE_FRAMES_MAX: usize = 512, "frames", "the frame is refused with `ENOSPC`";
    /// Pictures that lie over each other in one frame of an image.
    FRAME_OVERLAYS_MAX: usize = 256, "pictures", "the picture is refused with `ENOSPC`";
    /// Pixels of the pictures that lie over each other in one frame of an image.
    FRAME_OVERLAY_PIXELS_MAX: u64 = 96 * 1024 * 1024, "pixels", "the picture is refused with `ENOSPC`";
    /// Frames of images that move in one screen update.
    UPDATE_FRAMES_MAX: usize = 4_096, "frames", "further images do not move";
    /// A device control string that is answered (DECRQSS, XTGETTCAP).
    DCS_QUERY_MAX: usize = 4 * 1024, "bytes", "the sequence is read to its end and not answered";
    /// Names of one XTGETTCAP that are answered; a program asks for a few.
    CAPABILITY_NAMES_MAX: usize = 64, "names", "further names are not answered";
    /// Parameters of one control sequence (CSI), sub-parameters included.
    CSI_PARAMS_MAX: usize = 32, "parameters", "the sequence is ignored";
    /// A title that a program sets.
    TITLE_MAX: usize = 1024, "bytes", "cut at a character";
    /// Files of one session's programs from which images were read and that are remembered.
    IMAGE_FILES_MAX: usize = 4_096, "files", "the oldest is forgotten: output that asked for it folds without its image";
    /// What images of all sessions are made from, in a host's memory until a checkpoint names them.
    IMAGE_SOURCES_KEPT_MAX: u64 = 256 * 1024 * 1024, "bytes", "the oldest go to disk, those of private sessions are forgotten";
    /// What images of all sessions are made from, on disk.
    IMAGE_DISK_MAX: u64 = 1024 * 1024 * 1024, "bytes", "images of the session with the most are deleted; their places stay empty";
    /// Decoded images in a host's memory.
    IMAGE_PIXELS_KEPT_MAX: u64 = 256 * 1024 * 1024, "bytes", "those that were asked for longest ago are decoded again when they are";
    /// Processes that decode images at once.
    DECODERS_MAX: usize = 2, "processes", "further images wait";
    /// Memory of one process that decodes an image.
    DECODER_MEMORY_MAX: u64 = 512 * 1024 * 1024, "bytes", "the image is not shown";
    /// Time of the processor for one image.
    DECODER_SECS_MAX: u64 = 10, "seconds", "the decoder is killed and the image is not shown";
    /// Decoded images in a window's memory, their smaller copies included.
    WINDOW_IMAGE_BYTES_MAX: u64 = 256 * 1024 * 1024, "bytes", "those that nothing shows go first, and are fetched again when something does";
    /// Titles that a program can push.
    TITLE_STACK_MAX: usize = 16, "titles", "the oldest is dropped";
    /// Styles that a program can push (XTPUSHSGR).
    STYLE_STACK_MAX: usize = 16, "styles", "the oldest is dropped";
    /// Keyboard modes that a program can push on each screen.
    KEYBOARD_STACK_MAX: usize = 16, "modes", "the oldest is dropped";
    /// A text of another size (OSC 66), as its specification says.
    SIZED_TEXT_MAX: usize = 4 * 1024, "bytes", "the sequence is ignored";
    /// Forms of the mouse's pointer that a program can push on each screen (OSC 22).
    POINTER_STACK_MAX: usize = 16, "forms", "the oldest is dropped";
    /// Names of one OSC 22 that are answered or pushed.
    POINTER_NAMES_MAX: usize = 64, "names", "further names are ignored";
    /// A desktop notification's text that a program asks for.
    NOTIFICATION_MAX: usize = 4 * 1024, "bytes", "cut at a character";
    /// The name that joins the pieces of a notification (OSC 99).
    NOTIFICATION_ID_MAX: usize = 128, "bytes", "cut at a character";
    /// A program's status (OSC 7501), as its specification says.
    PROGRAM_STATUS_MAX: usize = 4 * 1024, "bytes", "the sequence is ignored";
    /// Records of program status (OSC 7501) that a session keeps apart by their ids.
    PROGRAM_STATUS_RECORDS_MAX: usize = 64, "records", "the one that was not reported for the longest time is dropped";
    /// What a list shows of why an agent is in its state.
    AGENT_REASON_MAX: usize = 200, "bytes", "cut at a character";
    /// What a list shows of an agent's question.
    AGENT_QUESTION_MAX: usize = 1024, "bytes", "cut at a character";
    /// Tools, and tasks beside the turn, of one agent that are counted by their ids.
    AGENT_TASKS_MAX: usize = 128, "ids", "further ones are not counted";
    /// Processes of one agent that are looked at for the file of its conversation.
    AGENT_PROCESSES_MAX: usize = 32, "processes", "further ones are not looked at";
    /// Files that agents wrote lately and that are remembered.
    AGENT_WRITES_MAX: usize = 4_096, "files", "the one that was written longest ago is forgotten";
    /// Sums of what agents used that one question is answered with.
    USAGE_ROWS_MAX: usize = 2_000, "sums", "the older ones are left out";
    /// Days for which what agents used is kept, also when their sessions are gone.
    USAGE_DAYS_MAX: i64 = 730, "days", "older ones are forgotten";
    /// One line of the file in which an agent keeps its conversation.
    TRANSCRIPT_LINE_MAX: usize = 8 * 1024 * 1024, "bytes", "the line is skipped to its end, and counted";
    /// The command line of one process that may be an agent in a shell.
    AGENT_COMMAND_MAX: usize = 16 * 1024, "bytes", "the rest is not looked at";
    /// Open files of one agent that are looked at for that of its conversation.
    AGENT_FILES_MAX: usize = 2_048, "files", "further ones are not looked at";
    /// What a hook is given on its standard input, of which it passes on a small part.
    HOOK_INPUT_MAX: usize = 16 * 1024 * 1024, "bytes", "the hook says nothing";
    /// What a hook, or `report-state`, tells the host.
    REPORT_MAX: usize = 16 * 1024, "bytes", "the report is ignored";
    /// One message of the desktop's session bus; those that notifications need have a few hundred.
    BUS_MESSAGE_MAX: usize = 64 * 1024, "bytes", "the connection to the bus is closed, and made anew for the next notification";
    /// Signals of the session bus that wait while an answer is waited for.
    BUS_SIGNALS_MAX: usize = 64, "signals", "the oldest is dropped";
    /// The heading of a desktop notification, and each line below it.
    NOTICE_LINE_MAX: usize = 200, "bytes", "cut at a character";
    /// Agents that one desktop notification names.
    NOTICE_LINES_MAX: usize = 5, "lines", "the last line says how many more there are";
    /// Desktop notifications that are kept up to date at once.
    NOTICES_MAX: usize = 32, "notifications", "the oldest stays on the desktop as it is, and a click on it does nothing";
    /// A text that a hook passes on: a command, a path, a question.
    HOOK_TEXT_MAX: usize = 1024, "bytes", "cut at a character";
    /// Changes of an agent's state that make events at once, one after the other.
    STATE_EVENTS_MAX: usize = 32, "events", "the last one is told when its turn comes, and those before it are not";
    /// Between two further changes of an agent's state that make events.
    STATE_PACE_MILLIS: u64 = 250, "milliseconds", "the last one is told when its turn comes, and those before it are not";
    /// Between two texts for a clipboard (OSC 52) that a session's driver is told.
    CLIPBOARD_MILLIS: u64 = 200, "milliseconds", "the newest waits until then and takes the place of those before it";
    /// Answers of a terminal that wait for the program to read.
    REPLY_QUEUE_MAX: usize = 64 * 1024, "bytes", "further answers are dropped and counted";
    /// Notches of the wheel in one input that a program hears of; more come from a broken device.
    WHEEL_NOTCHES_MAX: u16 = 64, "notches", "further notches are dropped";
    /// Rows above one terminal's screen that are in memory.
    HISTORY_ROWS: usize = 10_000, "rows", "the oldest go to disk, a page at a time";
    /// Memory that the rows above one terminal's screen take, however wide they are; and that those of a private session take, none of which go to disk.
    HISTORY_BYTES_MAX: usize = 64 * 1024 * 1024, "bytes", "the oldest go to disk; a private session's are dropped";
    /// Rows above the screen that one session keeps in memory and on disk, for a person who does not say.
    SCROLLBACK_ROWS_DEFAULT: usize = 10_000_000, "rows", "the oldest pages are deleted; the record keeps its own share";
    /// What the rows above one session's screen take on disk, before they are packed.
    SESSION_HISTORY_MAX: u64 = 512 * 1024 * 1024, "bytes", "the oldest pages are deleted; the record keeps its own share";
    /// Rows in one answer to a question for a part of history and screen.
    WINDOW_ROWS_MAX: usize = 1_000, "rows", "those farthest from the wanted place are left out";
    /// Rows that are looked at for one question for a text.
    FIND_ROWS_MAX: usize = 20_000, "rows", "the answer says where the next question goes on";
    /// Hits in one answer to a question for a text.
    FIND_HITS_MAX: usize = 1_000, "hits", "the answer says where the next question goes on";
    /// Text around one hit: with as many hits as an answer may have, it fits a frame.
    EXCERPT_MAX: usize = 512, "bytes", "cut at a character, around the hit; said with it";
    /// What the rows of one screen update or of a part of the history take, about, so that it fits a frame.
    UPDATE_BYTES_MAX: usize = FRAME_BODY_MAX / 2, "bytes", "the other rows come with the next updates";
    /// Payload of one record of output.
    RECORD_PAYLOAD_MAX: usize = 64 * 1024, "bytes", "the keeper makes more records";
    /// The ring between a keeper and its host, for each session.
    RING_BYTES: usize = 1024 * 1024, "bytes", "that child waits; nobody else does";
    /// Input that waits at the keeper until a session's program reads it.
    INPUT_QUEUE_MAX: usize = 1024 * 1024, "bytes", "further input is refused with `InputFull`, not lost: its client keeps it";
    /// Clients whose input numbers are remembered for each session.
    INPUT_SOURCES_MAX: usize = 1_024, "clients", "the one that typed longest ago is forgotten";
    /// One input: a key, a piece of text or of a paste.
    INPUT_MAX: usize = 64 * 1024, "bytes", "the client makes more inputs";
    /// Characters of a session's or project's name.
    NAME_MAX: usize = 200, "bytes", "refused with `BadRequest`";
    /// The path of a folder.
    FOLDER_MAX: usize = 4_096, "bytes", "refused with `BadRequest`; a program's own word (OSC 7) is ignored";
    /// A session's command, arguments and environment together.
    SPAWN_MAX: usize = 128 * 1024, "bytes", "refused with `BadRequest`";
    /// Sessions at one host, ended ones included.
    SESSIONS_MAX: usize = 1_024, "sessions", "refused with `TooMany`";
    /// Connections at one host.
    CONNECTIONS_MAX: usize = 256, "connections", "refused with `TooMany`";
    /// Frames that wait for one client to read them, screens apart (those coalesce).
    CLIENT_QUEUE_MAX: usize = 1_024, "frames", "the session's live stream stops and is taken up again from the store";
    /// What the events that wait for one client to read them take, about.
    CLIENT_EVENT_BYTES_MAX: usize = 8 * 1024 * 1024, "bytes", "the session's live stream stops and is taken up again from the store";
    /// What a client keeps of a session for who follows it there and does not take it, about.
    FOLLOW_WAITING_BYTES_MAX: usize = 8 * 1024 * 1024, "bytes", "the host is asked to tell no more until everything was taken";
    /// Answers that wait for one client to read them; each may be as long as a frame.
    CLIENT_ANSWERS_MAX: usize = 32, "answers", "nothing more that the client asks is taken until it has read some";
    /// All messages that wait for one client to read them, those that are owed to it among them.
    CLIENT_MESSAGES_MAX: usize = 8 * CLIENT_QUEUE_MAX, "messages", "the connection is closed; the client takes up again where it was";
    /// Events in one batch to a client.
    EVENT_BATCH_MAX: usize = 256, "events", "further batches follow";
    /// Events in one answer to a question for events.
    EVENTS_ASKED_MAX: u64 = 100_000, "events", "the answer ends; the client asks for more";
    /// Between two events of each kind that a program can make as it likes: bells, titles, notifications,
    /// folders, clipboard.
    EVENT_PACE_MILLIS: u64 = 1_000, "milliseconds", "there is no event; list and record have the newest";
    /// Events of marks of a shell's conversation (OSC 133) that a program can make at once.
    MARK_EVENTS_MAX: usize = 64, "events", "one more comes with each `MARK_PACE_MILLIS`; the rows keep the marks";
    /// Between two events of marks of a program that made many.
    MARK_PACE_MILLIS: u64 = 50, "milliseconds", "there is no event; the rows keep the marks";
    /// Events behind which a client is sent a snapshot instead of the tail.
    TAIL_MAX: u64 = 10_000, "events", "`Snapshot{TooFar}`";
    /// A lease without renewal.
    LEASE_MILLIS: u64 = 15_000, "milliseconds", "it lapses; the same client takes it again unless another did";
    /// Between two renewals of a lease.
    LEASE_RENEW_MILLIS: u64 = 5_000, "milliseconds", "nothing: it is the client's rhythm";
    /// Between two heartbeats.
    HEARTBEAT_MILLIS: u64 = 5_000, "milliseconds", "three missed ones end the connection";
    /// The first answer on a new connection.
    HANDSHAKE_MILLIS: u64 = 10_000, "milliseconds", "the connection is closed";
    /// The shortest and longest pause between two updates of one screen to one client.
    SCREEN_PACE_MIN_MILLIS: u64 = 8, "milliseconds", "updates coalesce";
    /// See [`SCREEN_PACE_MIN_MILLIS`].
    SCREEN_PACE_MAX_MILLIS: u64 = 250, "milliseconds", "an update goes";
    /// Between two tellings of something that is followed (figures, evidence, usage).
    FOLLOW_PACE_MILLIS: u64 = 1_000, "milliseconds", "changes coalesce; the newest is told";
    /// Links of which figures are told, each in a line of its own.
    LINKS_TOLD_MAX: usize = 128, "links", "those over which most was sent";
    /// Commands of one client that have no end yet.
    OUTBOX_MAX: usize = 1_024, "commands", "refused with `TooMany`";
    /// Inputs of one client to one session that the host has not acknowledged.
    UNACKNOWLEDGED_MAX: usize = 4_096, "inputs", "refused with `InputFull`";
    /// Things that one client follows at once beside sessions and their list.
    FOLLOWS_MAX: usize = 64, "questions", "refused with `TooMany`";
    /// Screen updates to one client that it has not acknowledged, for each session.
    SCREEN_WINDOW: usize = 2, "updates", "changes coalesce until one is acknowledged";
    /// A synchronized update (mode 2026) that a program does not end.
    SYNC_UPDATE_MILLIS: u64 = 150, "milliseconds", "the screen is shown as it is";
    /// Between two commits of the host's store under load.
    COMMIT_MILLIS: u64 = 5, "milliseconds", "the group is committed";
    /// Writes in one commit of the host's store.
    COMMIT_ROWS_MAX: usize = 256, "rows", "the group is committed";
    /// Output in one commit of the host's store.
    COMMIT_BYTES_MAX: usize = 1024 * 1024, "bytes", "the group is committed";
    /// What waits to be stored while its disk is full or slow.
    STORE_WAITING_KIB_MAX: u32 = 32 * 1024, "KiB", "sessions wait, and with them their programs";
    /// Output of one session between two checkpoints of its terminal.
    CHECKPOINT_BYTES: u64 = 1024 * 1024, "bytes", "a checkpoint is written";
    /// Output of one session that is kept in the database before it becomes a segment file.
    SEGMENT_BYTES: u64 = 4 * 1024 * 1024, "bytes", "a segment is written";
    /// Output that one session keeps on disk, for a project that does not say.
    SESSION_RECORD_MAX: u64 = 256 * 1024 * 1024, "bytes", "the oldest segments are deleted after a checkpoint";
    /// Events of one session that are kept.
    SESSION_EVENTS_MAX: u64 = 200_000, "events", "the oldest are deleted; a client behind them gets `Snapshot{Pruned}`";
    /// Ended sessions of one project that are kept, unless a setting says otherwise.
    PROJECT_SESSIONS_KEPT: u64 = 256, "sessions", "the one that was active longest ago is removed with everything";
    /// Output of one project's sessions on disk beyond which ended ones go, unless a setting says otherwise.
    PROJECT_BYTES_KEPT: u64 = 32 * 1024 * 1024 * 1024, "bytes", "the ended session that was active longest ago is removed with everything";
    /// Output of all sessions on disk beyond which ended ones go, unless a setting says otherwise.
    HOST_BYTES_KEPT: u64 = 64 * 1024 * 1024 * 1024, "bytes", "the ended session that was active longest ago is removed with everything";
    /// Receipts of one client's commands that a host keeps.
    RECEIPTS_PER_CLIENT: usize = 10_000, "commands", "the oldest are forgotten; a repeat of one is `IdReuse`";
    /// Receipts of all clients' commands that a host keeps.
    RECEIPTS_MAX: usize = 100_000, "commands", "the oldest are forgotten; a repeat of one is `IdReuse`";
    /// Clients whose receipts are forgotten and of whom it is known how far they went.
    FORGOTTEN_CLIENTS_MAX: usize = 1_000_000, "clients", "the one that was here longest ago is forgotten: a repeat of its command counts as new";
    /// Links, paths, hashes and the like on one screen that are offered by letters.
    HINTS_MAX: usize = 676, "hints", "those nearest to the end of the screen are offered";
    /// Of one logical line, what is looked at for hints.
    HINT_LINE_MAX: usize = 16 * 1024, "bytes", "the end of the line is looked at";
    /// A `wait --text` expression, or a text to be found.
    REGEX_MAX: usize = 4 * 1024, "bytes", "refused with `BadRequest`";
    /// The file of a theme, of ours or of another program.
    THEME_FILE_MAX: u64 = 256 * 1024, "bytes", "it is not read";
    /// Pixels of an image that is pasted.
    PASTED_PIXELS_MAX: usize = 64 * 1024 * 1024, "pixels", "it is not pasted, and the person is told";
    /// Pasted images that are kept.
    PASTED_IMAGES_KEPT: usize = 200, "images", "the oldest are removed";
    /// Pasted images that are kept, in bytes of their files.
    PASTED_BYTES_KEPT: u64 = 256 * 1024 * 1024, "bytes", "the oldest are removed; the newest stays";
    /// Themes of a person's own.
    OWN_THEMES_MAX: usize = 500, "themes", "the first by name are used";
}

/// The limits that a client must respect, sent in [`Welcome`](crate::message::Welcome), so that a
/// client never has to know another release's numbers.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Limits {
    /// See [`FRAME_BODY_MAX`].
    pub frame_body_max: u32,
    /// See [`INPUT_MAX`].
    pub input_max: u32,
    /// See [`LEASE_MILLIS`].
    pub lease_millis: u64,
    /// See [`HEARTBEAT_MILLIS`].
    pub heartbeat_millis: u64,
    /// See [`SCREEN_WINDOW`].
    pub screen_window: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            frame_body_max: FRAME_BODY_MAX as u32,
            input_max: INPUT_MAX as u32,
            lease_millis: LEASE_MILLIS,
            heartbeat_millis: HEARTBEAT_MILLIS,
            screen_window: SCREEN_WINDOW as u32,
        }
    }
}
