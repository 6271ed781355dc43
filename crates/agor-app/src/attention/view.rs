//! Draws the queue as a page.

use std::sync::Arc;

use agor_proto::agent::{AgentInfo, Choice, Pending, PermissionKind, State};
use agor_proto::session::SessionInfo;
use egui::text::LayoutJob;
use egui::{
    Align2, Color32, FontId, Galley, Key, Modifiers, Pos2, Rect, ScrollArea, Sense, Stroke,
    StrokeKind, TextEdit, Ui, UiBuilder, Vec2,
};

use super::queue::{Need, since};
use super::{Attention, Drawn, Goes, Outcome};
use crate::commands::{Command, context};
use crate::icons::{self, Mark};
use crate::keys::drawn::{hints, keys_of, moved, pressed, pressed_in_list};
use crate::text::{age, folder_shown};
use crate::theme::{Theme, medium, semibold};
use crate::widgets::{column, elided, focus_ui, hint_ui, hold_keyboard, nothing_ui, reveal_focus};

/// Height of the page's head.
const HEAD: f32 = 44.0;

/// Height of a row: its name and the first line of its question.
const ROW: f32 = 48.0;

/// Lines of a question that is not selected.
const LINES: usize = 3;

/// Height of the answers, or of a reply that is typed, below the selected row.
const ANSWERS: f32 = 34.0;

/// Height of each further line of answers.
const ANSWERS_MORE: f32 = 26.0;

/// What stands left and right of a row's text.
const LEFT: f32 = 32.0;
const RIGHT: f32 = 12.0;

/// Keys that give the answers, as their numbers say; a question with more of them has to be looked at.
const DIGITS: [Key; 9] = [
    Key::Num1,
    Key::Num2,
    Key::Num3,
    Key::Num4,
    Key::Num5,
    Key::Num6,
    Key::Num7,
    Key::Num8,
    Key::Num9,
];

/// Draws the page into `ui`'s whole rectangle and says what the person did. `name_of` names a folder's project, `now_millis`
/// is the time since 1970.
pub fn attention_ui(
    ui: &mut Ui,
    state: &mut Attention,
    queue: &[(Need, &SessionInfo)],
    name_of: &dyn Fn(&str) -> String,
    theme: &Theme,
    now_millis: u64,
) -> Outcome {
    let area = ui.max_rect();
    ui.painter().rect_filled(area, 0.0, theme.window);
    let at = state.place(queue);
    let mut outcome = state.keys(ui, queue, at);
    state.drawn = None;
    let at = state.place(queue);
    let selected = queue.get(state.place(queue)).map(|(_, info)| *info);
    head_ui(
        ui,
        theme,
        area.with_max_y(area.min.y + HEAD),
        (&title(queue), selected),
    );
    let below = area.with_min_y(area.min.y + HEAD);
    if queue.is_empty() {
        empty_ui(ui, theme, below);
        return outcome;
    }
    state.reveals |= std::mem::replace(&mut state.shown, state.selected) != state.selected;
    let mut heights = std::mem::take(&mut state.heights);
    let mut ui = ui.new_child(UiBuilder::new().max_rect(below).id_salt("queue"));
    ScrollArea::vertical()
        .auto_shrink(false)
        .show(&mut ui, |ui| {
            ui.spacing_mut().item_spacing = Vec2::ZERO;
            ui.add_space(6.0);
            heights.take_moved();
            for (line, (need, info)) in queue.iter().enumerate() {
                let shown = (*need, *info, line == at);
                let draw = |ui: &mut Ui| line_ui(ui, state, shown, name_of, theme, now_millis);
                if line != at {
                    if let Some((_, Some(did))) = heights.row_ui(ui, info.id, draw) {
                        outcome = did;
                    }
                    continue;
                }
                let (rect, did) = heights.kept_row_ui(ui, info.id, draw);
                if let Some(did) = did {
                    outcome = did;
                }
                if ui.is_rect_visible(rect) {
                    state.drawn = Some(drawn(info));
                }
                if state.reveals {
                    ui.scroll_to_rect(rect, None);
                    // Rows that come into view on the way may be higher than they were taken to be.
                    state.reveals = heights.take_moved() || !is_in_view(ui, rect);
                }
            }
            reveal_focus(ui);
        });
    state.heights = heights;
    state.note(&outcome, queue);
    outcome
}

/// Says whether a row is in view, as far as it can be.
fn is_in_view(ui: &Ui, row: Rect) -> bool {
    let view = ui.clip_rect().expand(1.0);
    match row.height() <= view.height() {
        true => view.min.y <= row.min.y && row.max.y <= view.max.y,
        false => view.min.y < row.max.y && row.min.y < view.max.y,
    }
}

/// Draws a line of the list at the cursor, selected or not; returns where, and what the person did.
fn line_ui(
    ui: &mut Ui,
    state: &mut Attention,
    (need, info, selected): (Need, &SessionInfo, bool),
    name_of: &dyn Fn(&str) -> String,
    theme: &Theme,
    now_millis: u64,
) -> (Rect, Option<Outcome>) {
    let size = Vec2::new(ui.available_width(), ROW);
    let inner = column(Rect::from_min_size(Pos2::ZERO, size));
    // Who answers has to have read it to its end.
    let lines = if selected { usize::MAX } else { LINES };
    let text = said(need, info);
    let asks = wrapped(ui, &text, theme, inner.width() - LEFT - RIGHT, lines);
    let size = size + Vec2::new(0.0, asks.size().y - first_line(&asks));
    let answers = match selected {
        true => state.answers(ui, info, theme, inner),
        false => Vec::new(),
    };
    let lines = answers.last().map_or(0, |chip| chip.line);
    let below = match selected {
        true => ANSWERS + f32::from(lines) * ANSWERS_MORE,
        false => 0.0,
    };
    let (rect, _) = ui.allocate_exact_size(size + Vec2::new(0.0, below), Sense::hover());
    let row = Row {
        need,
        info,
        selected,
        text,
        asks,
        answers,
        waited: age(now_millis.saturating_sub(since(info))),
    };
    let did = row_ui(ui, state, (&row, name_of), theme, column(rect));
    (rect, did)
}

/// One line of the list.
struct Row<'a> {
    need: Need,
    info: &'a SessionInfo,
    selected: bool,
    /// What it waits with, and that laid out.
    text: String,
    asks: Arc<Galley>,
    answers: Vec<Chip>,
    waited: String,
}

/// An answer as it is drawn, laid out among the others.
struct Chip {
    name: Arc<Galley>,
    sends: Arc<Galley>,
    /// From the left edge of all.
    x: f32,
    line: u8,
    width: f32,
}

/// Returns in words how many need the person, counted as the status bar counts them, and how many are to be looked at.
fn title(queue: &[(Need, &SessionInfo)]) -> String {
    let needs = queue.iter().filter(|(need, _)| need.blocks()).count();
    let others = queue.len() - needs;
    let needs_you = match needs {
        1 => "1 session needs you".to_owned(),
        needs => format!("{needs} sessions need you"),
    };
    match (needs, others) {
        (0, 0) => "What needs you".to_owned(),
        (0, 1) => "1 session to look at".to_owned(),
        (0, others) => format!("{others} sessions to look at"),
        (_, 0) => needs_you,
        (_, others) => format!("{needs_you}, {others} more to look at"),
    }
}

/// Draws how many there are, and the keys for the one that is `selected`, if there is any.
fn head_ui(ui: &Ui, theme: &Theme, rect: Rect, (text, selected): (&str, Option<&SessionInfo>)) {
    let painter = ui.painter();
    painter.hline(rect.x_range(), rect.max.y, Stroke::new(1.0, theme.border));
    let middle = rect.center().y;
    let at = Pos2::new(rect.min.x + 12.0, middle);
    let title = painter.text(at, Align2::LEFT_CENTER, text, semibold(15.0), theme.text);
    let does = selected.and_then(|info| match info.has_failed() {
        true => Some(restarts(info)),
        false => takes_text(info).then_some("replies"),
    });
    let shows = selected.map(|_| (Command::ListOpen, "shows"));
    let keys = shows.into_iter();
    let keys = keys.chain(does.map(|does| (Command::Reply, does)));
    let keys = keys.chain([(Command::ListClose, "closes")]);
    let keys = hints(ui, &keys.collect::<Vec<_>>());
    let right = Pos2::new(rect.max.x - 12.0, middle);
    hint_ui(ui, right, title.max.x, &keys, theme);
    let response = ui.interact(rect, ui.scope_id().with("head"), Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, text));
}

fn empty_ui(ui: &Ui, theme: &Theme, rect: Rect) {
    let next = keys_of(ui, Command::AttentionNext);
    let text = format!("An agent that asks, waits or is done stands here; {next} goes to it");
    nothing_ui(ui, rect, ("Nothing needs you", &text), theme);
}

fn row_ui(
    ui: &mut Ui,
    state: &mut Attention,
    (row, name_of): (&Row<'_>, &dyn Fn(&str) -> String),
    theme: &Theme,
    rect: Rect,
) -> Option<Outcome> {
    let info = row.info;
    let mut response = ui.interact(rect, ui.scope_id().with(info.id), Sense::click());
    if row.asks.elided {
        response = response.on_hover_text(&row.text);
    }
    response.widget_info(|| {
        let label = format!("{}, {}: {}", info.name, row.need.words(), row.text);
        egui::WidgetInfo::selected(egui::Role::ListBoxOption, true, row.selected, label)
    });
    let painter = ui.painter();
    if row.selected {
        painter.rect_filled(rect, 4.0, theme.selected);
    } else if response.hovered() {
        painter.rect_filled(rect, 4.0, theme.hover);
    }
    focus_ui(ui, &response, theme);
    let upper = rect.min.y + 15.0;
    let mark = match row.need {
        Need::Context | Need::Conflict => Mark::Stalled,
        _ => Mark::of(info),
    };
    let mark_at = Pos2::new(rect.min.x + 16.0, upper);
    mark.paint(painter, mark_at, theme);
    icons::beside(painter, mark_at, info, theme);
    let left = rect.min.x + LEFT;
    let right = rect.max.x - RIGHT;
    let name = elided(ui, &info.name, medium(13.0), theme.text, 240.0);
    let name_width = name.size().x;
    painter.galley(
        Pos2::new(left, upper - name.size().y / 2.0),
        name,
        theme.text,
    );
    let small = |size| FontId::proportional(size);
    let where_ = format!("{}  ·  {}", name_of(&info.folder), row.need.words());
    let at = Pos2::new(left + name_width + 10.0, upper);
    painter.text(at, Align2::LEFT_CENTER, where_, small(11.0), theme.muted);
    let at = Pos2::new(right, upper);
    painter.text(
        at,
        Align2::RIGHT_CENTER,
        &row.waited,
        small(11.0),
        theme.faint,
    );
    let first_line = first_line(&row.asks);
    let further = row.asks.size().y - first_line;
    let at = Pos2::new(left, rect.min.y + 33.0 - first_line / 2.0);
    painter.galley(at, row.asks.clone(), theme.text);
    let mut did = None;
    if row.selected {
        let below = Rect::from_min_max(
            Pos2::new(left, rect.min.y + ROW + further - 2.0),
            Pos2::new(right, rect.max.y - 4.0),
        );
        did = if state.reply.is_some() {
            reply_ui(ui, state, goes(info), theme, below);
            None
        } else {
            choices_ui(ui, state, row, theme, below)
        };
    }
    if did.is_none() && response.clicked() {
        did = Some(Outcome::Show(info.id));
    }
    did
}

/// Draws the answers of the selected row: each with its digit, its name and the keys that it sends.
fn choices_ui(
    ui: &Ui,
    state: &Attention,
    row: &Row<'_>,
    theme: &Theme,
    rect: Rect,
) -> Option<Outcome> {
    let info = row.info;
    let middle = rect.min.y + (ANSWERS - 2.0) / 2.0;
    let hint = |text: &str, color: Color32| {
        let at = Pos2::new(rect.min.x, middle);
        let font = FontId::proportional(11.0);
        ui.painter()
            .text(at, Align2::LEFT_CENTER, text, font, color);
    };
    let shows = hints(ui, &[(Command::ListOpen, "shows it")]);
    if let Some(sent) = state.answer_to(info) {
        hint(sent, theme.done);
        return None;
    }
    let Some(pending) = pending(info) else {
        let begins = [
            (Command::Reply, restarts(info)),
            (Command::ListOpen, "shows it"),
        ];
        let text = match info.has_failed() {
            true => hints(ui, &begins),
            false => shows,
        };
        hint(&text, theme.faint);
        return None;
    };
    if pending.answered {
        hint("Answered elsewhere", theme.done);
        return None;
    }
    if pending.choices.is_empty() {
        let text = format!("Its answers are not known: {shows}");
        hint(&text, theme.faint);
        return None;
    }
    let mut did = None;
    for (at, (chip, choice)) in row.answers.iter().zip(&pending.choices).enumerate() {
        let middle = middle + f32::from(chip.line) * ANSWERS_MORE;
        let corner = Pos2::new(rect.min.x + chip.x, middle - 11.0);
        let area = Rect::from_min_size(corner, Vec2::new(chip.width, 22.0));
        // One that came while the mouse was down is another thing.
        let id = ui.scope_id().with((info.id, identity(info), at));
        let response = ui.interact(area, id, Sense::click());
        response.widget_info(|| {
            let label = format!("{}, {}", choice.name, sends(choice));
            egui::WidgetInfo::labeled(egui::Role::Button, true, label)
        });
        let fill = if response.hovered() {
            theme.hover
        } else {
            theme.raised
        };
        let border = Stroke::new(1.0, theme.border);
        ui.painter()
            .rect(area, 4.0, fill, border, StrokeKind::Inside);
        focus_ui(ui, &response, theme);
        let painter = ui.painter();
        let name_at = Pos2::new(area.min.x + 8.0, middle - chip.name.size().y / 2.0);
        let sends_at = Pos2::new(
            area.max.x - 8.0 - chip.sends.size().x,
            middle - chip.sends.size().y / 2.0,
        );
        painter.galley(name_at, chip.name.clone(), theme.text);
        painter.galley(sends_at, chip.sends.clone(), theme.muted);
        if response.clicked() {
            did = Some(answer(info, choice));
        }
    }
    did
}

/// Lays answers out in `width`, in as many lines as they need: each that its digit gives is shown with what it sends.
fn chips(ui: &Ui, choices: &[Choice], theme: &Theme, width: f32) -> Vec<Chip> {
    let (mut x, mut line) = (0.0, 0);
    let mut chips = Vec::new();
    for (at, choice) in choices.iter().take(DIGITS.len()).enumerate() {
        let font = FontId::proportional(11.0);
        let painter = ui.painter();
        let sends = painter.layout_no_wrap(sends(choice), font, theme.muted);
        let around = sends.size().x + 26.0;
        let label = format!("{}  {}", at + 1, choice.name);
        let room = (width - around).min(260.0);
        let name = elided(ui, &label, medium(12.0), theme.text, room);
        let needs = name.size().x + around;
        if x > 0.0 && x + needs > width {
            (x, line) = (0.0, line + 1);
        }
        chips.push(Chip {
            name,
            sends,
            x,
            line,
            width: needs,
        });
        x += needs + 8.0;
    }
    chips
}

/// Returns in words which keys an answer sends.
fn sends(choice: &Choice) -> String {
    format!("sends {}", shown_keys(choice))
}

/// Draws the field of a reply, which says when it goes.
fn reply_ui(ui: &mut Ui, state: &mut Attention, goes: Goes, theme: &Theme, rect: Rect) {
    let Some(reply) = &mut state.reply else {
        return;
    };
    let border = Stroke::new(1.0, theme.border_focus);
    ui.painter()
        .rect(rect, 4.0, theme.raised, border, StrokeKind::Inside);
    let field = TextEdit::singleline(reply)
        // The same, however many rows are drawn above it.
        .id(ui.scope_id().with(("reply", state.selected)))
        .hint_text(match goes {
            Goes::AsAnswer(_) => "Reply: Enter sends the text and Enter",
            Goes::WhenIdle => "Reply: Enter sends the text and Enter once it takes a prompt",
            Goes::AtOnce => "Reply: Enter sends the text and Enter at once",
        })
        .font(FontId::proportional(13.0))
        .text_color(theme.text)
        .frame(egui::Frame::NONE)
        .align(Align2::LEFT_CENTER)
        .desired_width(f32::INFINITY);
    let response = ui.put(rect.shrink2(Vec2::new(8.0, 1.0)), field);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Reply"));
    hold_keyboard(&response);
}

/// Returns what a row says of its session.
fn said(need: Need, info: &SessionInfo) -> String {
    let conflict = info.agent.as_ref().and_then(|it| it.conflict.as_ref());
    match conflict.filter(|_| need == Need::Conflict) {
        Some(conflict) => format!(
            "{} was written by {}, too",
            folder_shown(&conflict.file),
            conflict.with
        ),
        None => question(info),
    }
}

/// Lays a text out in so many lines at the most.
fn wrapped(ui: &Ui, text: &str, theme: &Theme, width: f32, lines: usize) -> Arc<Galley> {
    let font = FontId::proportional(12.0);
    let mut job = LayoutJob::simple(text.to_owned(), font, theme.text, width.max(1.0));
    job.wrap.max_rows = lines;
    ui.painter().layout_job(job)
}

/// Returns the height of a text's first line.
fn first_line(text: &Galley) -> f32 {
    match &text.rows[..] {
        [first, _, ..] => first.rect().height(),
        _ => text.size().y,
    }
}

/// Returns what the session waits with, its words in one line.
fn question(info: &SessionInfo) -> String {
    let agent = info.agent.as_ref();
    let asked = agent.and_then(|agent| agent.pending.as_ref());
    let text = match (asked, agent) {
        (Some(pending), _) if !pending.text.is_empty() => pending.text.as_str(),
        (_, Some(agent)) if !agent.reason.is_empty() => agent.reason.as_str(),
        _ => info.title.trim(),
    };
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn pending(info: &SessionInfo) -> Option<&Pending> {
    info.agent.as_ref()?.pending.as_ref()
}

/// Returns the keys of an answer as a person reads them.
fn shown_keys(choice: &Choice) -> String {
    let keys = choice.keys.iter();
    let keys = keys.map(|keys| crate::keys::keymap::shown(keys));
    keys.collect::<Vec<_>>().join(" ")
}

fn answer(info: &SessionInfo, choice: &Choice) -> Outcome {
    Outcome::Answer {
        session: info.id,
        question: pending(info).map_or(0, |pending| pending.id),
        choice: choice.clone(),
    }
}

/// Says whether a text and Enter can be an answer. Where permission is asked for or a menu is shown, most agents take
/// Enter for what is selected, which is yes or the first, and letters for choices; the host refuses it, too.
fn takes_text(info: &SessionInfo) -> bool {
    let choices = pending(info).map_or(&[][..], |pending| &pending.choices);
    let is_menu = choices.iter().any(|it| it.kind == PermissionKind::Choose);
    info.life.alive() && info.state != State::NeedsPermission && !is_menu
}

/// Returns what starting an agent again does that ended with a failure.
fn restarts(info: &SessionInfo) -> &'static str {
    let goes_on = |agent: &AgentInfo| agent.conversation.is_some() && !agent.conversation_empty;
    match info.agent.as_ref().is_some_and(goes_on) {
        true => "resumes it",
        false => "starts it again",
    }
}

/// Returns when a reply goes: what asks is answered, what failed waits for it at its prompt, and the rest may ask
/// something before the text is there, of which Enter would be an answer.
fn goes(info: &SessionInfo) -> Goes {
    match (pending(info), info.state) {
        (Some(pending), _) => Goes::AsAnswer(pending.id),
        (None, State::Error | State::NeedsAnswer) => Goes::AtOnce,
        (None, _) => Goes::WhenIdle,
    }
}

impl Attention {
    /// Returns which row is selected.
    fn place(&self, queue: &[(Need, &SessionInfo)]) -> usize {
        let at = |id| queue.iter().position(|(_, info)| info.id == id);
        self.selected.and_then(at).unwrap_or(0)
    }

    /// Does what the keys of this frame mean.
    fn keys(&mut self, ui: &Ui, queue: &[(Need, &SessionInfo)], at: usize) -> Outcome {
        let info = queue.get(at).map(|(_, info)| *info);
        if self.selected != info.map(|info| info.id) {
            // A reply is to whom it was begun for; that one does not ask any more.
            self.reply = None;
            self.selected = info.map(|info| info.id);
        }
        if let Some(text) = self.reply.clone() {
            let keys = [Command::EditorDone, Command::EditorLeave];
            let Some(command) = pressed(ui, context::EDITOR, &keys).first().copied() else {
                return Outcome::Open;
            };
            let said = !text.trim().is_empty();
            if command == Command::EditorDone && !info.is_some_and(|info| self.is_drawn(info)) {
                // Another question has come, which nobody has read.
                return Outcome::Open;
            }
            self.reply = None;
            if let (Command::EditorDone, true, Some(info)) = (command, said, info) {
                return Outcome::Reply {
                    session: info.id,
                    goes: goes(info),
                    text,
                };
            }
            return Outcome::Open;
        }
        self.list_keys(ui, queue, at, info)
    }

    fn list_keys(
        &mut self,
        ui: &Ui,
        queue: &[(Need, &SessionInfo)],
        mut at: usize,
        info: Option<&SessionInfo>,
    ) -> Outcome {
        for command in pressed_in_list(ui, &[Command::ListOpen, Command::Reply]) {
            if command == Command::ListClose {
                return Outcome::Closed;
            }
            let to = moved(command, at, queue.len());
            let Some((_, info)) = queue.get(to) else {
                continue;
            };
            at = to;
            self.selected = Some(info.id);
            match command {
                Command::ListOpen => return Outcome::Show(info.id),
                Command::Reply
                    if info.has_failed() && self.is_drawn(info) && self.is_unanswered(info) =>
                {
                    return Outcome::Restart(info.id);
                }
                Command::Reply if self.is_unanswered(info) && takes_text(info) => {
                    self.reply = Some(String::new());
                    return Outcome::Open;
                }
                _ => {}
            }
        }
        // What is shown with its number is answered by it: not what was selected, or has come, in this very frame.
        let info = info.filter(|info| self.selected == Some(info.id) && self.is_drawn(info));
        let info = info.filter(|info| self.is_unanswered(info));
        let choices = info.and_then(pending).map_or(&[][..], |it| &it.choices);
        for (key, choice) in DIGITS.into_iter().zip(choices) {
            let pressed = ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
            if let (true, Some(info)) = (pressed, info) {
                return answer(info, choice);
            }
        }
        Outcome::Open
    }

    /// Returns the answers of a row that is so wide, laid out, if they are to be shown.
    fn answers(&self, ui: &Ui, info: &SessionInfo, theme: &Theme, row: Rect) -> Vec<Chip> {
        let asks = pending(info).filter(|_| self.is_unanswered(info) && self.reply.is_none());
        let width = row.width() - LEFT - RIGHT;
        let chips = asks.map(|pending| chips(ui, &pending.choices, theme, width));
        chips.unwrap_or_default()
    }

    fn is_drawn(&self, info: &SessionInfo) -> bool {
        self.drawn.as_ref() == Some(&drawn(info))
    }

    fn is_unanswered(&self, info: &SessionInfo) -> bool {
        let elsewhere = pending(info).is_some_and(|pending| pending.answered);
        self.answer_to(info).is_none() && !elsewhere
    }

    /// Returns what was sent as an answer to the question that the session asks now.
    fn answer_to(&self, info: &SessionInfo) -> Option<&str> {
        let (asked, sent) = self.answered.get(&info.id)?;
        (*asked == identity(info)).then_some(sent)
    }

    /// Remembers an answer, so that it is not given twice before the host has said that it was.
    fn note(&mut self, outcome: &Outcome, queue: &[(Need, &SessionInfo)]) {
        let (session, sent) = match outcome {
            Outcome::Answer {
                session, choice, ..
            } => {
                let sent = format!("Sent {} ({})", choice.name, shown_keys(choice));
                (session, sent)
            }
            Outcome::Reply {
                session,
                goes: Goes::WhenIdle,
                text,
            } => (session, format!("Goes once it takes a prompt: “{text}”")),
            Outcome::Reply { session, text, .. } => (session, format!("Sent “{text}” and Enter")),
            Outcome::Restart(session) => (session, "It is being started again".to_owned()),
            _ => return,
        };
        let asked = queue.iter().find(|(_, info)| info.id == *session);
        if let Some((_, info)) = asked {
            self.answered.insert(*session, (identity(info), sent));
        }
    }
}

/// Returns what is shown of the question that a session asks, as far as keys can be meant for it.
fn drawn(info: &SessionInfo) -> Drawn {
    Drawn {
        session: info.id,
        question: identity(info),
        choices: pending(info).map_or_else(Vec::new, |pending| pending.choices.clone()),
    }
}

/// Returns by what the question that a session asks is known again: its number, or since when the session
/// is as it is.
fn identity(info: &SessionInfo) -> u64 {
    let question = pending(info).map_or(0, |pending| pending.id);
    if question > 0 { question } else { since(info) }
}
