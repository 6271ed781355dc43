//! One sample of every variant of the enumerations inside messages.

use agor_proto::agent::*;
use agor_proto::command::*;
use agor_proto::event::EventBody;
use agor_proto::ids::*;
use agor_proto::input::*;
use agor_proto::row::MarkKind;
use agor_proto::screen::*;
use agor_proto::session::SessionSpec;
use agor_proto::usage::{Spent, UsageRow};

use super::{client, command_id, error, row, session, spec};

/// Returns a sample of each variant with its name.
pub fn inputs() -> Vec<(&'static str, Input)> {
    let key = KeyInput {
        key: Key::Char('c'),
        mods: Mods::CTRL.with(Mods::SHIFT),
        action: KeyAction::Repeat,
        text: String::new(),
        shifted: Some('C'),
        base_layout: Some('c'),
    };
    let mouse = |action| MouseInput {
        action,
        col: 3,
        row: 4,
        x_px: 30,
        y_px: 80,
        mods: Mods::ALT,
    };
    vec![
        ("key", Input::Key(key)),
        (
            "key_function",
            Input::Key(KeyInput::press(Key::F(5), Mods::default())),
        ),
        (
            "key_keypad",
            Input::Key(KeyInput::press(Key::KeypadChar('5'), Mods::NUM_LOCK)),
        ),
        (
            "text",
            Input::Text {
                text: "héllo".into(),
            },
        ),
        (
            "paste",
            Input::Paste {
                text: "a\nb".into(),
                first: true,
                last: false,
            },
        ),
        (
            "mouse_press",
            Input::Mouse(mouse(MouseAction::Press(MouseButton::Left))),
        ),
        (
            "mouse_move",
            Input::Mouse(mouse(MouseAction::Move(Some(MouseButton::Extra(8))))),
        ),
        (
            "mouse_wheel",
            Input::Mouse(mouse(MouseAction::Wheel {
                lines: -3,
                columns: 0,
            })),
        ),
        ("focus", Input::Focus { gained: true }),
        (
            "raw",
            Input::Raw {
                bytes: vec![0x1b, 0xff],
            },
        ),
    ]
}

/// Returns a sample of each variant with its name.
pub fn outcomes() -> Vec<(&'static str, Outcome)> {
    vec![
        ("accepted", Outcome::Accepted { seq: Seq(3) }),
        ("done", Outcome::Done { seq: Seq(4) }),
        ("rejected", Outcome::Rejected { error: error() }),
        ("interrupted", Outcome::Interrupted),
    ]
}

/// Returns a sample of each variant with its name.
pub fn commands() -> Vec<(&'static str, CommandBody)> {
    let session = session();
    vec![
        (
            "create",
            CommandBody::Create {
                session,
                spec: spec(),
            },
        ),
        (
            "send",
            CommandBody::Send {
                session,
                inputs: inputs().into_iter().map(|i| i.1).collect(),
            },
        ),
        (
            "send_when_idle",
            CommandBody::SendWhenIdle {
                session,
                inputs: inputs().into_iter().map(|i| i.1).take(2).collect(),
            },
        ),
        (
            "answer",
            CommandBody::Answer {
                session,
                question: 7,
                inputs: inputs().into_iter().map(|i| i.1).take(1).collect(),
            },
        ),
        (
            "signal",
            CommandBody::Signal {
                session,
                signal: 2,
                to: SignalTarget::Foreground,
            },
        ),
        ("kill", CommandBody::Kill { session }),
        ("restart", CommandBody::Restart { session }),
        (
            "rename",
            CommandBody::Rename {
                session,
                name: "tests".into(),
            },
        ),
        ("remove", CommandBody::Remove { session }),
        ("seen", CommandBody::Seen { session }),
        (
            "stop_host",
            CommandBody::StopHost {
                keep_sessions: true,
                incarnation: None,
            },
        ),
        (
            "stop_one_host",
            CommandBody::StopHost {
                keep_sessions: false,
                incarnation: Some(Incarnation(7)),
            },
        ),
    ]
}

/// Returns a sample of each variant with its name.
pub fn agent_events() -> Vec<(&'static str, AgentEvent)> {
    let id = || "a1".to_owned();
    let evidence = Evidence {
        source: EvidenceSource::Hook,
        state: State::NeedsPermission,
        reason: "PermissionRequest: Bash".into(),
        offset: Offset(9),
        at_millis: 10,
    };
    let option = PermissionOption {
        id: "allow_once".into(),
        name: "Yes".into(),
        kind: PermissionKind::AllowOnce,
    };
    let step = PlanStep {
        text: "read".into(),
        status: ToolStatus::Done,
    };
    vec![
        (
            "message",
            AgentEvent::Message {
                id: id(),
                from_person: false,
                text: "hi".into(),
            },
        ),
        (
            "thought",
            AgentEvent::Thought {
                id: id(),
                text: "hm".into(),
            },
        ),
        (
            "tool_call",
            AgentEvent::ToolCall {
                id: id(),
                tool: "Bash".into(),
                title: "ls".into(),
                status: ToolStatus::Running,
            },
        ),
        (
            "permission_request",
            AgentEvent::PermissionRequest {
                id: id(),
                title: "ls".into(),
                options: vec![option],
            },
        ),
        (
            "question",
            AgentEvent::Question {
                id: id(),
                text: "which?".into(),
            },
        ),
        ("plan", AgentEvent::Plan { steps: vec![step] }),
        (
            "usage",
            AgentEvent::Usage {
                input_tokens: 1,
                output_tokens: 2,
                cost_micros: Some(3),
            },
        ),
        (
            "state",
            AgentEvent::State {
                from: State::Working,
                to: State::NeedsPermission,
                evidence,
            },
        ),
        (
            "error",
            AgentEvent::Error {
                message: "overloaded".into(),
            },
        ),
        (
            "marked",
            AgentEvent::Marked {
                at: LinePosition {
                    line: LineId(1),
                    column: 2,
                },
                label: "here".into(),
            },
        ),
    ]
}

/// Returns a sample of each variant with its name.
pub fn events() -> Vec<(&'static str, EventBody)> {
    let size = Size::cells(80, 24);
    let mut events = vec![
        ("created", EventBody::Created { spec: spec() }),
        ("started", EventBody::Started { pid: 4_711, size }),
        (
            "exited",
            EventBody::Exited {
                code: -1,
                signal: 9,
            },
        ),
        (
            "failed",
            EventBody::Failed {
                reason: "no such command".into(),
            },
        ),
        ("lost", EventBody::Lost),
        (
            "command",
            EventBody::Command {
                id: command_id(),
                client: client(),
                name: "send".into(),
            },
        ),
        (
            "renamed",
            EventBody::Renamed {
                name: "tests".into(),
            },
        ),
        ("resized", EventBody::Resized { size }),
        (
            "titled",
            EventBody::Titled {
                title: "vim".into(),
            },
        ),
        (
            "folder",
            EventBody::Folder {
                path: "/tmp".into(),
            },
        ),
        ("bell", EventBody::Bell),
        (
            "notified",
            EventBody::Notified {
                title: "t".into(),
                body: "b".into(),
            },
        ),
        (
            "clipboard_written",
            EventBody::ClipboardWritten { size_bytes: 12 },
        ),
        (
            "marked",
            EventBody::Marked {
                at: LinePosition {
                    line: LineId(1),
                    column: 0,
                },
                mark: MarkKind::End {
                    code: None,
                    took_millis: None,
                },
            },
        ),
    ];
    events.extend(outcomes().into_iter().map(|(_, outcome)| {
        (
            "command_ended",
            EventBody::CommandEnded {
                id: command_id(),
                outcome,
            },
        )
    }));
    events.extend(
        agent_events()
            .into_iter()
            .map(|(name, event)| (name, EventBody::Agent(event))),
    );
    events.push((
        "created_elsewhere",
        EventBody::Created {
            spec: SessionSpec {
                cwd: Some("/home/ann/project/src".into()),
                ..spec()
            },
        },
    ));
    let earlier = || String::from("0b6f2c1e");
    let conversations = [
        ("created_agent", Conversation::New),
        (
            "created_agent_resume",
            Conversation::Resume { id: earlier() },
        ),
        ("created_agent_fork", Conversation::Fork { id: earlier() }),
    ];
    events.extend(conversations.map(|(name, conversation)| {
        let agent = AgentSpec {
            provider: "claude".into(),
            model: Some("opus".into()),
            mode: Some("default".into()),
            prompt: Some("mend the tests".into()),
            // One of the three; the others are as releases before it wrote them.
            trusted: name == "created_agent_fork",
            conversation,
        };
        let spec = SessionSpec {
            agent: Some(Box::new(agent)),
            ..spec()
        };
        (name, EventBody::Created { spec })
    }));
    events.push((
        "folder_gone",
        EventBody::FolderGone {
            path: "/home/ann/project/src".into(),
        },
    ));
    events
}

/// An image as hosts described it that did not say where it stands on the screen.
pub fn old_image() -> Placement {
    Placement {
        image: 1,
        placement: 2,
        blob: BlobHash([0xb1; 32]),
        pixels: (640, 480),
        source: (0, 0, 320, 240),
        at: LinePosition {
            line: LineId(41),
            column: 3,
        },
        offset_px: (1, 2),
        cells: (40, 15),
        z: -1,
        row: 0,
        col: 0,
        inset: (0, 0),
        extent: (0, 0),
    }
}

/// An image as it is described.
pub fn image() -> Placement {
    Placement {
        row: -2,
        col: 3,
        inset: (125, 100),
        extent: (40_000, 14_900),
        ..old_image()
    }
}

/// An image that moves.
pub fn animation() -> Animation {
    let frame = |n: u8| AnimationFrame {
        blob: BlobHash([n; 32]),
        gap_millis: 40 * u32::from(n),
    };
    Animation {
        image: 7,
        frames: vec![frame(0), frame(1)],
        current: 1,
        jumps: 2,
        play: Play::Running,
        starts: 3,
        rounds: 4,
    }
}

/// A change of a screen in which everything changed.
pub fn update() -> ScreenUpdate {
    let mut modes = Modes::ALT_SCREEN;
    modes.set(Modes::BRACKETED_PASTE, true);
    ScreenUpdate {
        session: session(),
        rev: ScreenRev(12),
        base: ScreenRev(11),
        size: Size::cells(120, 40),
        ops: vec![
            ScreenOp::Scroll {
                top: 0,
                bottom: 40,
                by: -2,
            },
            ScreenOp::Copy { from: 1, to: 3 },
        ],
        rows: vec![ScreenRow { at: 39, row: row() }],
        cursor: Cursor {
            col: 2,
            row: 39,
            shape: CursorShape::Bar,
            blinking: true,
            chosen: true,
            visible: true,
        },
        modes,
        history: History {
            rows: 1_000,
            first_line: LineId(7),
        },
        title: Some("vim".into()),
        palette: Some(vec![
            PaletteEntry {
                slot: PaletteSlot::Indexed(1),
                rgb: (1, 2, 3),
            },
            PaletteEntry {
                slot: PaletteSlot::Background,
                rgb: (4, 5, 6),
            },
        ]),
        placements: Some(vec![old_image()]),
        animations: None,
        echo_ack: InputSeq(5),
        offset: Offset(65_536),
    }
}

/// What a session used.
pub fn usage_row() -> UsageRow {
    UsageRow {
        day: 20_786,
        session: Some(session()),
        name: "fix".into(),
        project: "/work/shop".into(),
        provider: "claude".into(),
        model: "claude-opus-4-5".into(),
        spent: Spent {
            turns: 1,
            input_tokens: 2,
            output_tokens: 3,
            cached_tokens: 4,
            cost_micros: Some(5),
            estimated: true,
            working_millis: 6,
            waited_millis: 7,
        },
    }
}
