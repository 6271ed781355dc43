//! Golden pictures of the window on software Vulkan. Bundled fonts alone are in them, so that they
//! are the same everywhere but for the rounding of drivers.
//!
//! `AGOR_ACCEPT=1` writes them anew.

use std::path::PathBuf;
use std::sync::Arc;

use agor_core::client::shell::ShellCommand;
use agor_core::themes::{DARK, LIGHT};
use agor_proto::agent::{AgentInfo, State};
use agor_proto::ids::{LineId, LinePosition, Size};
use agor_proto::message::Hit;
use agor_proto::row::{Mark, MarkKind, Row};
use agor_proto::session::SessionInfo;
use egui_tiles::LinearDir;

use super::looks;
use super::world::{self, gpu};
use crate::app::pages::Open;
use crate::app::{App, Given, Overlay};
use crate::commands::Command;
use crate::commands::context::VI;
use crate::everywhere::Shown;
use crate::link::outline::Outline;
use crate::link::snapshot::{Copied, Explanation, Found, HistoryWindow, Stored};
use crate::palette::{Palette, Scope};
use crate::pane::bell::BellSeen;
use crate::settings::SettingsPage;
use crate::shot::{Studio, encode};
use crate::starting::Starting;
use crate::testing::{agent_info, diagnosis, explained, session_id, session_info, spending};
use crate::text::now_millis;
use crate::trust::Trust;
use crate::welcome::Welcome;
use crate::workspace::Workspace;
use alike::{Limits, difference};

// The renderer's pictures are held in the same way.
#[path = "../../../../agor-render/tests/it/alike.rs"]
mod alike;

/// How far these pictures may be off. The smallest thing that is drawn, a mark beside a prompt, has 24 pixels, and may
/// lie in two tiles.
const LIMITS: Limits = Limits {
    channel: 24,
    per_mille: 2,
    per_tile: 8,
};

const SHELL: &str = "\x1b[32mada@loom\x1b[0m:\x1b[34m~/shop\x1b[0m$ git log --oneline\r\n\
    \x1b[33ma1b2c3d\x1b[0m (\x1b[1;36mHEAD -> \x1b[1;32mmain\x1b[0m) Keep the cart over a reload\r\n\
    \x1b[33m9f8e7d6\x1b[0m Prices have two decimals\r\n\
    \x1b[32mada@loom\x1b[0m:\x1b[34m~/shop\x1b[0m$ ";

const AGENT: &str = "\x1b[38;5;208m╭───────────────────────────────────╮\x1b[0m\r\n\
    \x1b[38;5;208m│\x1b[0m \x1b[1mRun the tests and mend what fails\x1b[0m \x1b[38;5;208m│\x1b[0m\r\n\
    \x1b[38;5;208m╰───────────────────────────────────╯\x1b[0m\r\n\
    \x1b[32m●\x1b[0m Ran \x1b[1mcargo test\x1b[0m \x1b[2m(42 passed, 1 failed)\x1b[0m\r\n\
    \x1b[31m  assertion failed: total == 12\x1b[0m\r\n\
    \x1b[7m Allow? \x1b[0m \x1b[4:3;58:5:9myes\x1b[0m / no\r\n";

pub fn sessions() -> Vec<SessionInfo> {
    let mut agent = session_info(2, "claude");
    agent.state = agor_proto::agent::State::NeedsPermission;
    agent.title = "Mend the failing test".into();
    // No age that would be another tomorrow.
    let asked = AgentInfo {
        since_millis: u64::MAX,
        ..agent_info()
    };
    agent.agent = Some(asked.clone());
    let mut done = session_info(3, "codex");
    done.state = agor_proto::agent::State::Done;
    done.folder = "/work/prices".into();
    done.agent = Some(AgentInfo {
        reason: "Prices have two decimals now, in all four tables.".into(),
        pending: None,
        ..asked
    });
    let mut sessions = vec![session_info(1, "bash"), agent, done];
    for info in &mut sessions {
        info.created_millis = u64::MAX;
        info.active_millis = u64::MAX;
    }
    sessions
}

pub fn draw(
    theme: &str,
    arrange: impl FnOnce(&mut Workspace),
    prepare: impl FnOnce(&mut App),
) -> Vec<u8> {
    let size = (world::WINDOW.x as u32, world::WINDOW.y as u32);
    draw_sized(theme, size, arrange, |app, _| prepare(app))
}

/// As [`draw`], of another size in pixels.
pub fn draw_sized(
    theme: &str,
    size: (u32, u32),
    arrange: impl FnOnce(&mut Workspace),
    prepare: impl FnOnce(&mut App, &egui::Context),
) -> Vec<u8> {
    let context = egui::Context::default();
    let mut studio = Studio::new(context.clone(), gpu(), size, 1.0);
    studio.pass(&mut |_| {});
    let given = Given {
        theme: Some(theme.parse().unwrap()),
        font_size: None,
    };
    let (mut app, host) = world::app(&context, given);
    let mut workspace = Workspace::default();
    arrange(&mut workspace);
    host.begin(Stored::Is(workspace.to_json().into()), &sessions());
    let panes = workspace.tab().unwrap().tiles.panes().count();
    let cols = if panes > 1 { 46 } else { 92 };
    host.show_text(1, Size::cells(cols, 32), SHELL);
    host.show_text(2, Size::cells(cols, 32), AGENT);
    app.logic(&context);
    studio.pass(&mut |ui| app.ui(ui));
    prepare(&mut app, &context);
    for _ in 0..3 {
        app.logic(&context);
        studio.pass(&mut |ui| app.ui(ui));
    }
    studio.picture(gpu(), &mut |ui| app.ui(ui)).unwrap()
}

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden"))
}

pub fn compare(name: &str, rgba: &[u8]) {
    let size = (world::WINDOW.x as u32, world::WINDOW.y as u32);
    compare_sized(name, rgba, size);
}

/// Returns the pixels of a golden picture, and its size.
pub fn golden(name: &str) -> (Vec<u8>, (u32, u32)) {
    let path = folder().join(format!("{name}.png"));
    #[expect(clippy::disallowed_methods, reason = "a test reads what it expects")]
    let file = std::fs::read(path).expect("a golden picture: AGOR_ACCEPT=1 makes it");
    let mut reader = png::Decoder::new(std::io::Cursor::new(file))
        .read_info()
        .unwrap();
    let size = (reader.info().width, reader.info().height);
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    (pixels, size)
}

/// As [`compare`], of another size in pixels.
pub fn compare_sized(name: &str, rgba: &[u8], size: (u32, u32)) {
    let png = encode(rgba, size).unwrap().png;
    if std::env::var_os("AGOR_ACCEPT").is_some() {
        #[expect(clippy::disallowed_methods, reason = "a test that was asked to")]
        std::fs::write(folder().join(format!("{name}.png")), &png).unwrap();
        return;
    }
    let (pixels, _) = golden(name);
    assert_eq!(pixels.len(), rgba.len(), "{name} has another size");
    let width = size.0 as usize;
    if let Some(off) = difference(&pixels, rgba, width, &LIMITS) {
        let shown = std::env::temp_dir().join(format!("agor-{name}.png"));
        let beside = side_by_side(&pixels, rgba, width);
        let beside = encode(&beside, (size.0 * 3, size.1)).unwrap().png;
        #[expect(
            clippy::disallowed_methods,
            reason = "a test that failed shows what it saw"
        )]
        std::fs::write(&shown, &beside).unwrap();
        panic!(
            "{name}: {off}; expected, actual and difference are in {}; AGOR_ACCEPT=1 accepts the actual",
            shown.display()
        );
    }
}

/// Returns expected, actual and what differs beside each other.
fn side_by_side(expected: &[u8], actual: &[u8], width: usize) -> Vec<u8> {
    let rows = expected
        .chunks_exact(width * 4)
        .zip(actual.chunks_exact(width * 4));
    let mut beside = Vec::with_capacity(expected.len() * 3);
    for (expected, actual) in rows {
        beside.extend(expected);
        beside.extend(actual);
        let pixels = expected.chunks_exact(4).zip(actual.chunks_exact(4));
        beside.extend(pixels.flat_map(|(a, b)| {
            let [r, g, b] = [0, 1, 2].map(|n| a[n].abs_diff(b[n]).saturating_mul(4));
            [r, g, b, 255]
        }));
    }
    beside
}

#[test]
fn a_picture_that_lacks_a_mark_is_another_and_one_with_strays_is_not() {
    let (width, height) = (1_000, 640);
    let blank = vec![40_u8; width * height * 4];
    let with = |off: &[(usize, usize)], by: u8| {
        let mut picture = blank.clone();
        for &(x, y) in off {
            picture[(y * width + x) * 4] += by;
        }
        difference(&blank, &picture, width, &LIMITS).is_none()
    };
    // As a mark beside a prompt is, across the edge of two tiles.
    let mark: Vec<_> = (0..24).map(|n| (70 + n % 2, 58 + n / 2)).collect();
    assert!(!with(&mark, 60));
    assert!(with(&mark, LIMITS.channel), "drivers round differently");
    let strays: Vec<_> = (0..600).map(|n| (n * 37 % width, n)).collect();
    assert!(with(&strays, 60));
    let many: Vec<_> = (0..1_300).map(|n| (n * 37 % width, n % height)).collect();
    assert!(!with(&many, 60));
}

#[test]
fn a_faint_change_is_another_picture_where_it_is_large_and_none_where_it_is_not() {
    let (width, height) = (320, 200);
    let blank = vec![40_u8; width * height * 4];
    let with = |side: usize, by: u8| {
        let mut picture = blank.clone();
        for (x, y) in (0..side * side).map(|n| (40 + n % side, 40 + n / side)) {
            let at = (y * width + x) * 4;
            picture[at..at + 3].fill(40 + by);
        }
        difference(&blank, &picture, width, &LIMITS).is_none()
    };
    // Each of its pixels may be off so far by itself.
    assert!(!with(20, 12), "a square of another grey");
    assert!(with(6, 12), "a few pixels");
    assert!(with(20, 4), "a grey that nobody tells from the other");
}

#[test]
fn a_shell_looks_as_it_did() {
    let arrange = |workspace: &mut Workspace| workspace.open_tab("/work/shop", session_id(1));
    for (name, theme) in [("shell", DARK), ("shell_light", LIGHT)] {
        compare(name, &draw(theme, arrange, |_| {}));
    }
}

#[test]
fn two_panes_look_as_they_did() {
    let arrange = |workspace: &mut Workspace| {
        workspace.open_tab("/work/shop", session_id(1));
        workspace.split("/work/shop", LinearDir::Horizontal, session_id(2));
    };
    for (name, theme) in [("two_panes", DARK), ("two_panes_light", LIGHT)] {
        compare(name, &draw(theme, arrange, |_| {}));
    }
}

#[test]
fn the_inspector_looks_as_it_did_in_a_dark_and_a_light_theme() {
    let arrange = |workspace: &mut Workspace| workspace.open_tab("/work/shop", session_id(2));
    for (name, theme) in [("inspector", DARK), ("inspector_light", LIGHT)] {
        let open = |app: &mut App| app.workspace.inspector = true;
        compare(name, &draw(theme, arrange, open));
    }
}

#[test]
fn banners_look_as_they_did_in_a_dark_and_a_light_theme() {
    use agor_proto::session::{StorageNotice, StorageTrouble};
    let arrange = |workspace: &mut Workspace| workspace.open_tab("/work/shop", session_id(2));
    for (name, theme) in [("banners", DARK), ("banners_light", LIGHT)] {
        let tell = |app: &mut App| {
            let notice = |is, text: &str| StorageNotice {
                is,
                text: text.into(),
            };
            let full = "The disk that holds agor's data is full: free some space; running programs wait and nothing that was stored is lost.";
            let mended = "The database was damaged and is now /home/ada/.local/share/agor/host.db.damaged-1; its last backup took its place, and 7 sessions were found again: what came after may be missing.";
            app.snapshot.storage = vec![
                notice(StorageTrouble::Full, full),
                notice(StorageTrouble::Mended, mended),
            ]
            .into();
        };
        compare(name, &draw(theme, arrange, tell));
    }
}

#[test]
fn the_palette_looks_as_it_did() {
    let arrange = |workspace: &mut Workspace| workspace.open_tab("/work/shop", session_id(2));
    let open = |app: &mut App| {
        app.overlay = Some(Overlay::Palette(Palette::new(
            Scope::Everything,
            "spl".into(),
        )))
    };
    for (name, theme) in [("palette", DARK), ("palette_light", LIGHT)] {
        compare(name, &draw(theme, arrange, open));
    }
}

#[test]
fn what_needs_you_looks_as_it_did() {
    let arrange = |workspace: &mut Workspace| workspace.open_tab("/work/shop", session_id(1));
    let open = |app: &mut App| app.commands.push(Command::Attention);
    for (name, theme) in [("attention", DARK), ("attention_light", LIGHT)] {
        compare(name, &draw(theme, arrange, open));
    }
}

#[test]
fn the_wall_looks_as_it_did() {
    let arrange = |workspace: &mut Workspace| workspace.open_tab("/work/shop", session_id(1));
    let open = |app: &mut App| app.commands.push(Command::Wall);
    for (name, theme) in [("wall", DARK), ("wall_light", LIGHT)] {
        compare(name, &draw(theme, arrange, open));
    }
}

#[test]
fn why_a_session_is_in_its_state_looks_as_it_did_in_both_themes() {
    let arrange = |workspace: &mut Workspace| workspace.open_tab("/work/shop", session_id(2));
    for (name, theme) in [("explain", DARK), ("explain_light", LIGHT)] {
        let open = |app: &mut App| {
            app.snapshot.explained = Some(Arc::new(Explanation {
                session: session_id(2),
                state: State::NeedsPermission,
                reason: "it asks to use Bash: cargo test".into(),
                // Seconds pass while it is drawn; what is a year old stays so.
                pieces: explained(now_millis() - 400 * 86_400_000),
            }));
            app.commands.push(Command::Explain);
        };
        compare(name, &draw(theme, arrange, open));
    }
}

#[test]
fn what_was_used_looks_as_it_did_in_both_themes() {
    let arrange = |workspace: &mut Workspace| workspace.open_tab("/work/shop", session_id(1));
    for (name, theme) in [("usage", DARK), ("usage_light", LIGHT)] {
        let open = |app: &mut App| {
            let spending = spending();
            app.snapshot.spent_today = spending.days.rows[0].spent;
            app.snapshot.spending = Some(Arc::new(spending));
            app.commands.push(Command::Usage);
        };
        compare(name, &draw(theme, arrange, open));
    }
}

#[test]
fn what_was_found_in_all_sessions_looks_as_it_did_in_a_dark_and_a_light_theme() {
    use super::everywhere::{found, line};
    use crate::everywhere::EverywherePage;
    let arrange = |workspace: &mut Workspace| workspace.open_tab("/work/shop", session_id(1));
    let groups = || {
        let hit = "total";
        let far = format!("{} and here the total is", "so it goes on, ".repeat(14));
        vec![
            (
                2,
                vec![
                    line(1_203, "  assertion failed: total == 12", hit),
                    line(
                        1_188,
                        "    let total: u32 = cart.lines().map(|line| line.total()).sum();",
                        hit,
                    ),
                    line(214, &far, hit),
                ],
            ),
            (
                3,
                vec![
                    line(
                        88,
                        "● The total has two decimals now, in all four tables.",
                        hit,
                    ),
                    line(41, "│ ✓ total │", hit),
                ],
            ),
        ]
    };
    for (name, theme) in [("everywhere", DARK), ("everywhere_light", LIGHT)] {
        let open = |app: &mut App| {
            let page = EverywherePage::default().with_text("total".into());
            app.open_page(Open::with(Command::FindEverywhere, page));
            app.snapshot.everywhere = Some(Arc::new(found(1, groups())));
        };
        compare(name, &draw(theme, arrange, open));
    }
    let open = |app: &mut App| app.commands.push(Command::FindEverywhere);
    for (name, theme) in [
        ("everywhere_empty", DARK),
        ("everywhere_empty_light", LIGHT),
    ] {
        compare(name, &draw(theme, arrange, open));
    }
}

#[test]
fn the_question_of_a_program_for_the_clipboard_looks_as_it_did() {
    let arrange = |workspace: &mut Workspace| workspace.open_tab("/work/shop", session_id(1));
    for (name, theme) in [("clipboard", DARK), ("clipboard_light", LIGHT)] {
        let ask = |app: &mut App| {
            app.clipboard_questions.ask(Copied {
                number: 1,
                session: session_id(2),
                primary: false,
                text: "git push --force origin main".into(),
            });
        };
        compare(name, &draw(theme, arrange, ask));
    }
}

#[test]
fn diagnostics_look_as_they_did_in_both_themes() {
    let arrange = |workspace: &mut Workspace| workspace.open_tab("/work/shop", session_id(1));
    for (name, theme) in [("diagnostics", DARK), ("diagnostics_light", LIGHT)] {
        let open = |app: &mut App| {
            // What this process has drawn differs from run to run.
            app.frames = 1_204;
            app.drawn = agor_render::Counters {
                draws: 2_408,
                rows_built: 51_900,
                instances_built: 2_100_000,
                glyphs_rasterized: 214,
                images_uploaded: 0,
                bytes_uploaded: 34_000_000,
            };
            app.snapshot.diagnosis = diagnosis();
            app.commands.push(Command::Diagnostics);
        };
        compare(name, &draw(theme, arrange, open));
    }
}

#[test]
fn the_chooser_of_themes_looks_as_it_did_in_a_dark_and_a_light_one() {
    let arrange = |workspace: &mut Workspace| workspace.open_tab("/work/shop", session_id(2));
    for (name, theme) in [("themes", DARK), ("themes_light", LIGHT)] {
        let open = |app: &mut App| {
            app.snapshot.themes = agor_core::themes::all_built_in().into();
            app.commands.push(Command::Themes);
        };
        compare(name, &draw(theme, arrange, open));
    }
}

#[test]
fn the_page_of_settings_looks_as_it_did_in_a_dark_and_a_light_theme() {
    let arrange = |workspace: &mut Workspace| workspace.open_tab("/work/shop", session_id(1));
    for (name, theme, search) in [("settings", DARK, "window"), ("settings_light", LIGHT, "")] {
        let open = |app: &mut App| {
            let text = "window.font_size = 14\n[projects.\"/work/shop\"]\nagents.stall_secs = 900";
            app.snapshot.settings = super::looks::settings(text).into();
            let page = SettingsPage::searching(search);
            app.open_page(Open::with(Command::Settings, page));
        };
        compare(name, &draw(theme, arrange, open));
    }
}

#[test]
fn the_first_steps_look_as_they_did_in_a_dark_and_a_light_theme() {
    use crate::link::snapshot::KnownAgent;
    let agent = |id: &str, name: &str, here| KnownAgent {
        id: id.into(),
        name: name.into(),
        here,
        get: format!("npm install -g {id}"),
        ..KnownAgent::default()
    };
    for (name, theme) in [("welcome", DARK), ("welcome_light", LIGHT)] {
        let open = |app: &mut App| {
            let agents = vec![
                agent("claude", "Claude Code", true),
                agent("codex", "Codex", true),
                agent("gemini", "Gemini CLI", false),
            ];
            app.snapshot.agents = agents.into();
            let steps = Welcome::new("/work/shop".into()).at_agents();
            app.open_page(Open::with(Command::Welcome, steps));
        };
        let arrange = |workspace: &mut Workspace| workspace.open_tab("/work/shop", session_id(1));
        compare(name, &draw(theme, arrange, open));
    }
}

#[test]
fn what_follows_the_leader_looks_as_it_did() {
    let arrange = |workspace: &mut Workspace| workspace.open_tab("/work/shop", session_id(1));
    let press = |app: &mut App| {
        let mut keyboard = app.keyboard.borrow_mut();
        let leader = keyboard.router.keymap().leader();
        keyboard.router.begin_sequence(&leader);
        drop(keyboard);
        app.commands.push(Command::FocusLast);
    };
    for (name, theme) in [("which_key", DARK), ("which_key_light", LIGHT)] {
        compare(name, &draw(theme, arrange, press));
    }
}

#[test]
fn letters_over_what_can_be_picked_up_look_as_they_did() {
    let arrange = |workspace: &mut Workspace| {
        workspace.open_tab("/work/shop", session_id(1));
        workspace.split("/work/shop", LinearDir::Horizontal, session_id(2));
        let place = workspace.place_of(session_id(1)).unwrap();
        workspace.focus(place);
    };
    for (name, theme) in [("hints", DARK), ("hints_light", LIGHT)] {
        let press = |app: &mut App| app.commands.push(Command::Hints);
        compare(name, &draw(theme, arrange, press));
    }
}

#[test]
fn the_page_of_keys_looks_as_it_did() {
    let arrange = |workspace: &mut Workspace| workspace.open_tab("/work/shop", session_id(1));
    for (name, theme) in [("keys", DARK), ("keys_light", LIGHT)] {
        let open = |app: &mut App| app.commands.push(Command::Keys);
        compare(name, &draw(theme, arrange, open));
    }
}

#[test]
fn what_is_selected_by_key_and_typed_into_several_panes_looks_as_it_did() {
    let arrange = |workspace: &mut Workspace| {
        workspace.open_tab("/work/shop", session_id(1));
        workspace.split("/work/shop", LinearDir::Horizontal, session_id(2));
        let place = workspace.place_of(session_id(1)).unwrap();
        workspace.focus(place);
    };
    for (name, theme) in [("select", DARK), ("select_light", LIGHT)] {
        let press = |app: &mut App| {
            app.commands.push(Command::SelectByKeyboard);
            let mut keyboard = app.keyboard.borrow_mut();
            keyboard.router.press_in_mode("k 0 v w w", VI);
        };
        compare(name, &draw(theme, arrange, press));
    }
    for (name, theme) in [("broadcast", DARK), ("broadcast_light", LIGHT)] {
        let press = |app: &mut App| app.commands.push(Command::BroadcastAll);
        compare(name, &draw(theme, arrange, press));
    }
}

/// Lets the first session's pane look back over a thousand rows in which commands were run, one in
/// nine of which failed, and at a word that was found in some of them.
fn look_back(app: &mut App) {
    let place = |line: u32| LinePosition {
        line: LineId(line.into()),
        column: 0,
    };
    let snapshot = &mut app.snapshot;
    let screen = snapshot.screens.get_mut(&session_id(1)).unwrap();
    Arc::make_mut(screen).mirror.history.rows = 1_000;
    let row = |line: u32| {
        Arc::new(Row {
            line: LineId(line.into()),
            text: format!("row {line} of what was printed"),
            ..Row::default()
        })
    };
    let window = HistoryWindow {
        rows: (300..600).map(row).collect(),
        above: 300,
        below: 432,
        placements: Vec::new(),
        generation: 1,
    };
    snapshot.histories.insert(session_id(1), window.into());
    let command = |n: u32| ShellCommand {
        code: Some(i32::from(n % 9 == 4)),
        ..ShellCommand::waiting(place(1_000 - 23 * n), 1_000 - 23 * n)
    };
    let outline = Outline {
        commands: (0..40).map(command).collect(),
        generation: 1,
    };
    snapshot.outlines.insert(session_id(1), outline.into());
    // The newest first; not all are in view.
    let hits = [880, 870, 640, 418, 410, 404, 160].map(|line| Hit {
        start: LinePosition {
            column: 20,
            ..place(line)
        },
        end_column: 27,
        row: line,
    });
    let at = hits[4].start;
    let found = Found {
        number: 1,
        hits: hits.into(),
        whole: true,
        problem: None,
    };
    snapshot.found.insert(session_id(1), found.into());
    let finder = app.focused_pane().unwrap().finder.get_or_insert_default();
    finder.show(&Shown {
        session: session_id(1),
        text: "printed".into(),
        regex: false,
        match_case: false,
        at,
    });
}

#[test]
fn the_scroll_bar_looks_as_it_did() {
    let arrange = |workspace: &mut Workspace| workspace.open_tab("/work/shop", session_id(1));
    for (name, theme) in [("scroll_bar", DARK), ("scroll_bar_light", LIGHT)] {
        compare(name, &draw(theme, arrange, look_back));
    }
}

/// Lets the first session's pane show a shell in which one command was done, one failed and one runs.
fn converse(app: &mut App) {
    use MarkKind::{Output, Prompt};
    let end = |code: i32| MarkKind::End {
        code: Some(code),
        took_millis: None,
    };
    let rows: [(&str, &[MarkKind]); 8] = [
        ("~/shop (main)", &[Prompt]),
        ("$ git fetch", &[]),
        ("~/shop (main)", &[end(0), Prompt]),
        ("$ cargo test", &[]),
        ("error: 1 test failed", &[Output]),
        ("~/shop (main)", &[end(101), Prompt]),
        ("$ cargo watch", &[]),
        ("watching 12 files", &[Output]),
    ];
    let screen = app.snapshot.screens.get_mut(&session_id(1)).unwrap();
    let shown = &mut Arc::make_mut(screen).mirror.rows;
    for (place, (text, marks)) in shown.iter_mut().zip(rows) {
        let mark = |&kind: &MarkKind| Mark { cell: 0, kind };
        *place = Arc::new(Row {
            text: text.to_owned(),
            marks: marks.iter().map(mark).collect(),
            ..Row::default()
        });
    }
}

#[test]
fn prompts_are_marked_as_they_were() {
    let arrange = |workspace: &mut Workspace| {
        workspace.open_tab("/work/shop", session_id(1));
        workspace.split("/work/shop", LinearDir::Horizontal, session_id(2));
        let place = workspace.place_of(session_id(1)).unwrap();
        workspace.focus(place);
    };
    for (name, theme) in [("prompt_marks", DARK), ("prompt_marks_light", LIGHT)] {
        compare(name, &draw(theme, arrange, converse));
    }
}

#[test]
fn a_bell_lights_its_pane_up_as_it_did() {
    let arrange = |workspace: &mut Workspace| {
        workspace.open_tab("/work/shop", session_id(1));
        workspace.split("/work/shop", LinearDir::Horizontal, session_id(2));
    };
    for (name, theme) in [("bell", DARK), ("bell_light", LIGHT)] {
        let ring = |app: &mut App| {
            app.snapshot.settings = looks::settings("window.bell = \"flash\"").into();
            app.focused_pane().unwrap().bell = BellSeen::lit();
        };
        compare(name, &draw(theme, arrange, ring));
    }
}

#[test]
fn what_an_input_method_composes_looks_as_it_did() {
    let arrange = |workspace: &mut Workspace| workspace.open_tab("/work/shop", session_id(1));
    for (name, theme) in [("preedit", DARK), ("preedit_light", LIGHT)] {
        let compose = |app: &mut App| {
            // The caret stands before the second word.
            app.keyboard.borrow_mut().preedit = Some(("nǐ hǎo".into(), Some((4, 4))));
        };
        compare(name, &draw(theme, arrange, compose));
    }
}

#[test]
fn the_theme_editor_looks_as_it_did_in_a_dark_and_a_light_theme() {
    let arrange = |workspace: &mut Workspace| workspace.open_tab("/work/shop", session_id(2));
    for (name, theme) in [("theme_editor", DARK), ("theme_editor_light", LIGHT)] {
        let open = |app: &mut App| {
            app.snapshot.themes = agor_core::themes::all_built_in().into();
            app.commands.push(Command::EditTheme);
        };
        compare(name, &draw(theme, arrange, open));
    }
}

#[test]
fn the_question_of_trust_looks_as_it_did_in_a_dark_and_a_light_theme() {
    let arrange = |workspace: &mut Workspace| workspace.open_tab("/work/shop", session_id(1));
    for (name, theme) in [("trust", DARK), ("trust_light", LIGHT)] {
        let open = |app: &mut App| {
            app.overlay = Some(Overlay::Trust(Trust {
                folder: "/work/shop/cart".into(),
                further: Vec::new(),
                name: "Claude Code".into(),
                starting: Starting::new("claude".into(), "/work/shop/cart".into()),
                drawn: false,
            }));
        };
        compare(name, &draw(theme, arrange, open));
    }
}

#[test]
fn groups_and_the_rail_look_as_they_did() {
    let arrange = |workspace: &mut Workspace| workspace.open_tab("/work/shop", session_id(1));
    for (name, theme, folded) in [
        ("groups", DARK, false),
        ("groups_light", LIGHT, false),
        ("rail", DARK, true),
        ("rail_light", LIGHT, true),
    ] {
        let open = |app: &mut App| {
            let text = "[groups.shop]\nname = \"The shop\"\nfolders = [\"/work/shop\"]\n\
                        [projects.\"/work/shop\"]\nname = \"Shop front\"\nicon = \"Sf\"";
            app.snapshot.settings = looks::settings(text).into();
            app.workspace.sidebar.shown = !folded;
        };
        compare(name, &draw(theme, arrange, open));
    }
}
