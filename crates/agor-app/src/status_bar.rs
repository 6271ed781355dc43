//! The line at the window's lower edge: how the host is, where the keyboard is and whose keys count there, what a
//! person should know.

use std::time::{Duration, Instant};

use agor_proto::usage::Spent;
use egui::{Color32, FontId, Pos2, Rect, Sense, Stroke, StrokeKind, Ui, Vec2};

use crate::commands::Command;
use crate::icons::Mark;
use crate::keys::keymap::Keymap;
use crate::link::snapshot::{HostState, Notice, Snapshot, Weight};
use crate::text::folder_shown;
use crate::theme::{Theme, semibold};
use crate::usage;
use crate::wake::Wake;
use crate::widgets::{elided, focus_ui};
use crate::workspace::Workspace;

/// How long a notice is shown.
const NOTICE_FOR: Duration = Duration::from_secs(6);

/// How long a notice about something that failed is shown.
const ERROR_FOR: Duration = Duration::from_secs(15);

/// So many points are kept for what is told, before whose keys count.
const TOLD_MIN: f32 = 160.0;

/// Draws the status bar into `ui`'s whole rectangle; returns the command whose keys were clicked,
/// so that everything is within reach of the mouse too.
pub fn status_bar_ui(
    ui: &mut Ui,
    (snapshot, workspace): (&Snapshot, &Workspace),
    (keymap, counts): (&Keymap, &str),
    broadcast: usize,
    theme: &Theme,
    wake: &Wake,
    now: Instant,
) -> Option<Command> {
    let bar = ui.max_rect();
    let painter = ui.painter();
    painter.rect_filled(bar, 0.0, theme.panel);
    painter.hline(
        bar.x_range(),
        bar.min.y + 0.5,
        Stroke::new(1.0, theme.border),
    );
    let middle = bar.center().y;
    let font = FontId::proportional(11.0);
    let word = host_ui(
        ui,
        theme,
        &snapshot.host,
        Pos2::new(bar.min.x + 16.0, middle),
    );
    let (right, clicked) = keys_ui(ui, theme, keymap, bar.max.x - 12.0, middle);
    let right = context_ui(ui, theme, counts, bar.with_max_x(right));
    let (right, spent) = today_ui(ui, theme, &snapshot.spent_today, right, middle);
    let (left, attention) = needs_ui(ui, theme, snapshot.waiting(), bar.min.x + 26.0, middle);
    let (left, stop) = broadcast_ui(ui, theme, broadcast, left, middle);
    let told = newest(snapshot, now);
    let (text, color) = match told {
        Some((notice, left)) => {
            wake.after(left);
            let color = match notice.weight {
                Weight::Error => theme.error,
                Weight::Note => theme.text,
            };
            (notice.text.clone(), color)
        }
        None if snapshot.host == HostState::Ready => (place(snapshot, workspace), theme.muted),
        None => (word, theme.text),
    };
    let next = match (told, &snapshot.host) {
        (Some((notice, _)), _) => notice.next,
        (None, HostState::Away { .. }) => Some(Command::Log),
        (None, HostState::Ended { .. }) => Some(Command::Reopen),
        (None, HostState::Connecting | HostState::Ready) => None,
    };
    let (right, next) = next_ui(ui, theme, next, right, middle);
    let galley = elided(ui, &text, font, color, right - left - 16.0);
    ui.painter().galley(
        Pos2::new(left, middle - galley.size().y / 2.0),
        galley,
        color,
    );
    let rect = bar.with_min_x(left).with_max_x(right);
    let status = ui.interact(rect, ui.scope_id().with("status"), Sense::click());
    status.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Status, true, &text));
    focus_ui(ui, &status, theme);
    // What is told now may be longer than the bar, and older than a moment.
    let notices = status.clicked().then_some(Command::Notices);
    attention
        .or(stop)
        .or(spent)
        .or(next)
        .or(clicked)
        .or(notices)
}

/// Draws into how many panes is typed at once; returns where the text after it begins, and the command that a click
/// on it means.
fn broadcast_ui(
    ui: &Ui,
    theme: &Theme,
    panes: usize,
    left: f32,
    middle: f32,
) -> (f32, Option<Command>) {
    if panes < 2 {
        return (left, None);
    }
    let text = format!("Typing into {panes} panes");
    let galley = ui
        .painter()
        .layout_no_wrap(text.clone(), semibold(11.0), theme.panel);
    let size = galley.size() + Vec2::new(14.0, 4.0);
    let rect = Rect::from_min_size(Pos2::new(left, middle - size.y / 2.0), size);
    let response = ui.interact(rect, ui.scope_id().with("broadcast"), Sense::click());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &text));
    // As the frames of those panes.
    ui.painter().rect_filled(rect, 4.0, theme.needs_you);
    ui.painter()
        .galley(rect.min + Vec2::new(7.0, 2.0), galley, theme.panel);
    focus_ui(ui, &response, theme);
    let response = response.on_hover_text("Types into the focused pane alone again");
    let command = response.clicked().then_some(Command::BroadcastAll);
    (rect.max.x + 12.0, command)
}

/// Draws how many sessions wait for the person; returns where the text after it begins, and the
/// command that a click on it means.
fn needs_ui(
    ui: &Ui,
    theme: &Theme,
    waiting: usize,
    left: f32,
    middle: f32,
) -> (f32, Option<Command>) {
    let text = match waiting {
        0 => return (left, None),
        1 => "1 needs you".to_owned(),
        count => format!("{count} need you"),
    };
    let galley = ui
        .painter()
        .layout_no_wrap(text.clone(), semibold(11.0), theme.needs_you);
    let at = Pos2::new(left + 18.0, middle - galley.size().y / 2.0);
    let right = at.x + galley.size().x;
    let rect = Rect::from_min_max(
        Pos2::new(left, middle - 9.0),
        Pos2::new(right + 6.0, middle + 9.0),
    );
    let response = ui.interact(rect, ui.scope_id().with("needs"), Sense::click());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &text));
    if response.hovered() {
        ui.painter().rect_filled(rect, 4.0, theme.hover);
    }
    focus_ui(ui, &response, theme);
    Mark::NeedsPermission.paint(ui.painter(), Pos2::new(left + 9.0, middle), theme);
    ui.painter().galley(at, galley, theme.needs_you);
    let command = response.clicked().then_some(Command::Attention);
    (right + 16.0, command)
}

/// Draws the command that a notice leads to, if there is one; returns where it begins, and the command once it was
/// pressed.
fn next_ui(
    ui: &Ui,
    theme: &Theme,
    next: Option<Command>,
    right: f32,
    middle: f32,
) -> (f32, Option<Command>) {
    let Some(command) = next else {
        return (right, None);
    };
    let title = command.offered();
    let galley = ui
        .painter()
        .layout_no_wrap(title.to_owned(), semibold(11.0), theme.on_accent);
    let size = galley.size() + Vec2::new(14.0, 4.0);
    let at = Pos2::new(right - size.x, middle - size.y / 2.0);
    let rect = Rect::from_min_size(at, size);
    let response = ui.interact(rect, ui.scope_id().with("next"), Sense::click());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, title));
    ui.painter().rect_filled(rect, 4.0, theme.accent);
    ui.painter()
        .galley(rect.min + Vec2::new(7.0, 2.0), galley, theme.on_accent);
    if response.has_focus() {
        // Around it: on its own ground it would not be seen.
        let edge = Stroke::new(1.5, theme.border_focus);
        ui.painter()
            .rect_stroke(rect.expand(2.0), 5.0, edge, StrokeKind::Outside);
    }
    let next = response.on_hover_text(command.row().doc).clicked();
    (rect.min.x - 10.0, next.then_some(command))
}

/// Draws what agents cost today, if they did; returns where it begins, and the command that a click on it means.
fn today_ui(
    ui: &Ui,
    theme: &Theme,
    spent: &Spent,
    right: f32,
    middle: f32,
) -> (f32, Option<Command>) {
    let Some(text) = usage::today(spent) else {
        return (right, None);
    };
    let font = FontId::proportional(11.0);
    let galley = ui
        .painter()
        .layout_no_wrap(text.clone(), font, Color32::PLACEHOLDER);
    let at = Pos2::new(
        right - 6.0 - galley.size().x,
        middle - galley.size().y / 2.0,
    );
    let rect = Rect::from_min_size(at, galley.size()).expand2(Vec2::new(6.0, 3.0));
    let response = ui.interact(rect, ui.scope_id().with("today"), Sense::click());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &text));
    let color = if response.hovered() {
        ui.painter().rect_filled(rect, 4.0, theme.hover);
        theme.text
    } else {
        theme.muted
    };
    ui.painter().galley(at, galley, color);
    focus_ui(ui, &response, theme);
    let command = response.clicked().then_some(Command::Usage);
    (rect.min.x - 10.0, command)
}

/// Draws how the host is, in one dot that has its word; returns what a person should know of it.
fn host_ui(ui: &Ui, theme: &Theme, state: &HostState, center: Pos2) -> String {
    let (word, told, color) = match state {
        HostState::Connecting => ("starting", "Starting the host…".to_owned(), theme.working),
        HostState::Ready => ("ready", String::new(), theme.done),
        HostState::Away { reason } => (
            "reconnecting",
            format!("Reconnecting: {reason}"),
            theme.needs_you,
        ),
        HostState::Ended { reason } => ("gone", reason.clone(), theme.error),
    };
    let word = format!("Host: {word}");
    let rect = Rect::from_center_size(center, Vec2::splat(16.0));
    let response = ui.interact(rect, ui.scope_id().with("host"), Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, &word));
    ui.painter().circle_filled(center, 3.0, color);
    response.on_hover_text(word);
    told
}

/// Draws whose keys count where the keyboard is, at the right of `room` if there is room for it; returns where it
/// begins.
fn context_ui(ui: &Ui, theme: &Theme, word: &str, room: Rect) -> f32 {
    let galley =
        ui.painter()
            .layout_no_wrap(word.to_owned(), FontId::proportional(11.0), theme.faint);
    let size = galley.size();
    let at = Pos2::new(room.max.x - 6.0 - size.x, room.center().y - size.y / 2.0);
    if at.x < room.min.x + TOLD_MIN {
        return room.max.x;
    }
    let rect = Rect::from_min_size(at, size).expand2(Vec2::new(6.0, 3.0));
    let response = ui.interact(rect, ui.scope_id().with("context"), Sense::hover());
    let said = format!("Keys: {word}");
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, &said));
    ui.painter().galley(at, galley, theme.faint);
    response.on_hover_text("Whose keys count now");
    rect.min.x - 10.0
}

fn newest(snapshot: &Snapshot, now: Instant) -> Option<(&Notice, Duration)> {
    let notice = snapshot.notices.last()?;
    let shown_for = match notice.weight {
        Weight::Note => NOTICE_FOR,
        Weight::Error => ERROR_FOR,
    };
    let left = shown_for.checked_sub(now.saturating_duration_since(notice.at))?;
    (!left.is_zero()).then_some((notice, left))
}

/// Returns where the keyboard is, and how many sessions there are.
fn place(snapshot: &Snapshot, workspace: &Workspace) -> String {
    let focused = workspace.focused_session();
    let info = focused.and_then(|session| snapshot.session(session));
    let mut parts = Vec::new();
    if let Some(info) = info {
        parts.push(folder_shown(&info.cwd));
    }
    if let Some(sessions) = &snapshot.sessions {
        let alive = sessions.iter().filter(|info| info.life.alive()).count();
        let word = if alive == 1 {
            "session runs"
        } else {
            "sessions run"
        };
        parts.push(format!("{alive} {word}"));
    }
    parts.join("  ·  ")
}

/// Draws the commands that a newcomer needs most, right-aligned; returns where they begin, and which
/// was clicked.
fn keys_ui(
    ui: &Ui,
    theme: &Theme,
    keymap: &Keymap,
    right: f32,
    middle: f32,
) -> (f32, Option<Command>) {
    let shown = [(Command::Palette, "Commands"), (Command::Keys, "Keys")];
    let mut clicked = None;
    let mut x = right;
    for (command, word) in shown {
        let keys = keymap.keys_of(command);
        let galley = ui.painter().layout_no_wrap(
            format!("{keys}  {word}"),
            FontId::proportional(11.0),
            Color32::PLACEHOLDER,
        );
        let at = Pos2::new(x - galley.size().x, middle - galley.size().y / 2.0);
        let rect = Rect::from_min_size(at, galley.size()).expand2(Vec2::new(6.0, 3.0));
        let response = ui.interact(rect, ui.scope_id().with(word), Sense::click());
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, word));
        let color = if response.hovered() {
            ui.painter().rect_filled(rect, 4.0, theme.hover);
            theme.text
        } else {
            theme.faint
        };
        ui.painter().galley(at, galley, color);
        focus_ui(ui, &response, theme);
        if response.clicked() {
            clicked = Some(command);
        }
        x = rect.min.x - 10.0;
    }
    (x, clicked)
}
