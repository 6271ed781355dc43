//! Draws the page.

use agor_core::config::{KeyPreset, Whose};
use agor_core::keybindings::Change;
use egui::{
    Align2, Color32, FontId, Pos2, Rect, ScrollArea, Sense, Stroke, StrokeKind, TextEdit, Ui, Vec2,
};

use super::{Keys, KeysPage, Known, Line, Outcome, place};
use crate::commands::{Command, context};
use crate::keys::drawn::{self, hints};
use crate::keys::keymap::{Keymap, shown};
use crate::theme::{Theme, measure, medium, semibold};
use crate::widgets::{
    CHIPS, chip_at_ui, chip_width, elided, hint_ui, in_lines, read_ui, reveal_focus, take_keyboard,
};

/// Height of the page's head.
const HEAD: f32 = 44.0;

/// Between chips, and between what leads to them and the first.
const CHIP_GAP: f32 = 4.0;
const WORDS_GAP: f32 = 10.0;

/// Width of a button beside chips.
const BUTTON: f32 = 68.0;

/// Around everything.
const GAP: f32 = 12.0;

/// Height of a command's line.
const ROW: f32 = 30.0;

/// Of a line's width, where the keys begin.
const KEYS_AT: f32 = 0.34;

/// Draws the page into `ui`'s whole rectangle and says what the person did.
pub fn keys_page_ui(
    ui: &mut Ui,
    page: &mut KeysPage,
    (keymap, known): (&Keymap, &Known<'_>),
    theme: &Theme,
) -> Outcome {
    let area = ui.max_rect();
    ui.painter().rect_filled(area, 0.0, theme.window);
    page.keep_to(&known.parts);
    let pressed = match page.captures() {
        true => Vec::new(),
        false => drawn::pressed(ui, context::SETTINGS, KEYS),
    };
    let head = area.with_max_y(area.min.y + HEAD);
    head_ui(ui, page, theme, head);
    let mut below = area.with_min_y(head.max.y);
    let (bottom, taken) = elsewhere_ui(ui, known, theme, below);
    below.min.y = bottom;
    // What was typed in the same frame counts.
    let lines = page.lines(keymap);
    let outcome = taken.unwrap_or_else(|| act(pressed, page, &lines, known));
    if known.parts.len() > 1 {
        below.min.y = parts_ui(ui, page, known, theme, below);
    }
    if let Keys::Recorded(command) = page.keys {
        let band = below.with_max_y(below.min.y + 52.0);
        recording_ui(ui, page, keymap, command.row().title, theme, band);
        below.min.y = band.max.y;
    }
    if lines.is_empty() {
        let text = match page.keys {
            Keys::Sought => "These keys mean nothing: they are the program's",
            _ => "Nothing matches: type fewer letters",
        };
        let at = Pos2::new(area.min.x + GAP, below.min.y + 16.0);
        let font = FontId::proportional(13.0);
        let painter = ui.painter();
        let rect = painter.text(at, Align2::LEFT_TOP, text, font, theme.muted);
        read_ui(ui, rect, text);
        return outcome;
    }
    page.selected = page.selected.min(lines.len() - 1);
    let mut ui = ui.new_child(egui::UiBuilder::new().max_rect(below).id_salt("keys"));
    ui.spacing_mut().item_spacing.y = 0.0;
    let did = ScrollArea::vertical().auto_shrink(false).show_rows(
        &mut ui,
        ROW,
        lines.len(),
        |ui, range| {
            let mut did = None;
            for at in range {
                let done = line_ui(ui, page, (&lines[at], at), known, theme);
                did = did.or(done);
            }
            reveal_focus(ui);
            did
        },
    );
    page.offset = did.state.clamped_offset().y;
    match did.inner {
        Some(done) => done,
        None => outcome,
    }
}

/// What the keys can mean that the list has before the field.
const KEYS: &[Command] = &[
    Command::PaletteNext,
    Command::PalettePrevious,
    Command::PalettePageDown,
    Command::PalettePageUp,
    Command::PaletteChoose,
    Command::PaletteClose,
    Command::SettingsLevel,
    Command::KeysReset,
];

/// Does what the keys of this frame mean.
fn act(pressed: Vec<Command>, page: &mut KeysPage, lines: &[Line], known: &Known<'_>) -> Outcome {
    let mut outcome = Outcome::Open;
    for command in pressed {
        let selected = lines.get(page.selected);
        match (command, selected) {
            (Command::PaletteClose, _) => outcome = Outcome::Closed,
            (Command::SettingsLevel, _) => page.next_part(&known.parts),
            (Command::PaletteNext, _) => page.step(1, lines.len()),
            (Command::PalettePrevious, _) => page.step(-1, lines.len()),
            (Command::PalettePageDown, _) => page.step(10, lines.len()),
            (Command::PalettePageUp, _) => page.step(-10, lines.len()),
            (Command::KeysReset, Some(line)) => outcome = reset(line, &page.of),
            (Command::PaletteChoose, Some(line)) => page.record(line.command),
            _ => {}
        }
    }
    outcome
}

impl KeysPage {
    fn step(&mut self, by: i64, count: usize) {
        let at = i64::try_from(self.selected).unwrap_or(0) + by;
        let last = i64::try_from(count).unwrap_or(1) - 1;
        self.selected = usize::try_from(at.clamp(0, last.max(0))).unwrap_or(0);
        self.reveal = true;
    }
}

fn reset(line: &Line, of: &Whose) -> Outcome {
    Outcome::Change(Change::Reset {
        command: line.command.row().id.into(),
        of: of.clone(),
    })
}

/// Draws for what part of the person's projects keys are recorded and reset; returns where that ends.
fn parts_ui(ui: &Ui, page: &mut KeysPage, known: &Known<'_>, theme: &Theme, below: Rect) -> f32 {
    let words = "Record for";
    let chips = known.parts.iter().map(|(_, part)| chip_width(ui, part));
    let mut places = line_of(ui, words, chips, &[], below);
    let bottom = end_ui(ui, &places, theme, below);
    words_ui(ui, theme, places.remove(0), words);
    for ((part, words), place) in known.parts.iter().zip(&places) {
        if chip_at_ui(ui, theme, *place, words, page.of == *part) {
            page.of = part.clone();
        }
    }
    let keys = hints(ui, &[(Command::SettingsLevel, "chooses the next")]);
    let right = Pos2::new(below.max.x - GAP, below.min.y + CHIPS / 2.0);
    if let Some(last) = places.last().filter(|last| last.min.y <= below.min.y) {
        hint_ui(ui, right, last.max.x, &keys, theme);
    }
    bottom
}

/// Draws the programs whose keys mean our commands, and what takes keys from files and to files; returns where it ends.
fn elsewhere_ui(
    ui: &mut Ui,
    known: &Known<'_>,
    theme: &Theme,
    below: Rect,
) -> (f32, Option<Outcome>) {
    let words = "Also the keys of";
    let presets: Vec<_> = KeyPreset::NAMES
        .iter()
        .filter_map(|name| KeyPreset::named(name))
        .map(|preset| match preset {
            KeyPreset::Default => (preset, "no program"),
            other => (other, other.name()),
        })
        .collect();
    let chips = presets.iter().map(|(_, word)| chip_width(ui, word));
    let buttons = [
        (Command::ImportKeys, "Import…"),
        (Command::ExportKeys, "Export…"),
    ];
    let mut places = line_of(ui, words, chips, &[BUTTON; 2], below);
    let bottom = end_ui(ui, &places, theme, below);
    let mut did = None;
    words_ui(ui, theme, places.remove(0), words);
    for ((preset, word), place) in presets.iter().zip(&places) {
        let shown = known.preset == *preset;
        if chip_at_ui(ui, theme, *place, word, shown) && !shown {
            did = Some(Outcome::Preset(*preset));
        }
    }
    for ((command, label), place) in buttons.into_iter().zip(places.iter().skip(presets.len())) {
        let rect = Rect::from_center_size(place.center(), Vec2::new(place.width(), 24.0));
        if button_ui(ui, theme, rect, label, false) {
            did = Some(Outcome::Command(command));
        }
    }
    (bottom, did)
}

/// Returns where words, the chips behind them and then buttons stand, in as many lines as they take.
fn line_of(
    ui: &Ui,
    words: &str,
    chips: impl Iterator<Item = f32>,
    buttons: &[f32],
    below: Rect,
) -> Vec<Rect> {
    let font = FontId::proportional(12.0);
    let words = ui
        .painter()
        .layout_no_wrap(words.to_owned(), font, Color32::PLACEHOLDER);
    let mut things = vec![(0.0, words.size().x)];
    for (at, width) in chips.enumerate() {
        things.push((if at == 0 { WORDS_GAP } else { CHIP_GAP }, width));
    }
    for (at, width) in buttons.iter().enumerate() {
        things.push((if at == 0 { 2.0 * WORDS_GAP } else { CHIP_GAP }, *width));
    }
    in_lines(&things, below.shrink2(Vec2::new(GAP, 0.0)))
}

/// Draws the edge below what stands in lines; returns where that is.
fn end_ui(ui: &Ui, places: &[Rect], theme: &Theme, below: Rect) -> f32 {
    let bottom = places.last().map_or(below.min.y, |last| last.max.y);
    let edge = Stroke::new(1.0, theme.border);
    ui.painter().hline(below.x_range(), bottom, edge);
    bottom
}

/// Draws what leads to chips.
fn words_ui(ui: &Ui, theme: &Theme, place: Rect, words: &str) {
    let font = FontId::proportional(12.0);
    let at = place.left_center();
    ui.painter()
        .text(at, Align2::LEFT_CENTER, words, font, theme.muted);
    read_ui(ui, place, words);
}

/// Draws the head.
fn head_ui(ui: &mut Ui, page: &mut KeysPage, theme: &Theme, rect: Rect) {
    let middle = rect.center().y;
    let painter = ui.painter();
    painter.hline(rect.x_range(), rect.max.y, Stroke::new(1.0, theme.border));
    let title = painter.text(
        Pos2::new(rect.min.x + GAP, middle),
        Align2::LEFT_CENTER,
        "Keys",
        semibold(15.0),
        theme.text,
    );
    let hint = match page.keys {
        Keys::Typed => hints(
            ui,
            &[
                (Command::PaletteChoose, "records"),
                (Command::KeysReset, "resets"),
                (Command::PaletteClose, "closes"),
            ],
        ),
        Keys::Sought => "Press keys  ·  Backspace takes one back  ·  Esc ends it".into(),
        Keys::Recorded(_) => "Enter takes the keys  ·  Esc leaves it".into(),
    };
    // A field in which nothing can be typed would be no field.
    let least = title.max.x + 260.0;
    let right = Pos2::new(rect.max.x - GAP, middle);
    let hint_at = hint_ui(ui, right, least, &hint, theme);
    let toggle = Rect::from_center_size(Pos2::new(hint_at - 60.0, middle), Vec2::new(88.0, 24.0));
    let on = page.keys == Keys::Sought;
    let field = Rect::from_min_max(
        Pos2::new(title.max.x + 20.0, rect.min.y + 6.0),
        Pos2::new(toggle.min.x - 12.0, rect.max.y - 6.0),
    );
    // First, for Tab goes in the order in which they are made.
    field_ui(ui, page, theme, field);
    if button_ui(ui, theme, toggle, "Press keys", on) {
        page.keys = if on { Keys::Typed } else { Keys::Sought };
        page.pressed.clear();
    }
}

/// Draws the field, or what was pressed instead of it.
fn field_ui(ui: &mut Ui, page: &mut KeysPage, theme: &Theme, field: Rect) {
    if page.keys == Keys::Sought {
        let keys = pressed(page);
        let (text, color) = match keys.is_empty() {
            true => ("…".to_owned(), theme.faint),
            false => (keys, theme.accent),
        };
        let at = field.left_center();
        ui.painter()
            .text(at, Align2::LEFT_CENTER, text, medium(15.0), color);
        return;
    }
    let before = page.text.clone();
    let edit = TextEdit::singleline(&mut page.text)
        .id(field_id())
        .hint_text("Find a command by its name or keys")
        .font(FontId::proportional(15.0))
        .text_color(theme.text)
        .frame(egui::Frame::NONE)
        .align(Align2::LEFT_CENTER)
        .desired_width(f32::INFINITY);
    let response = ui.put(field, edit);
    response.widget_info(|| {
        egui::WidgetInfo::labeled(
            egui::Role::TextInput,
            true,
            "Find a command by its name or keys",
        )
    });
    if page.text != before {
        page.selected = 0;
    }
    if page.captures() {
        response.surrender_focus();
        page.focused = false;
    } else if !page.focused || ui.memory(|memory| memory.focused().is_none()) {
        page.focused = take_keyboard(&response);
    }
}

fn field_id() -> egui::Id {
    egui::Id::unique("keys find")
}

/// Returns the pressed keys as they are shown.
fn pressed(page: &KeysPage) -> String {
    let keys = page.pressed.iter().map(agor_term::input::chord::display);
    shown(&keys.collect::<Vec<_>>().join(" "))
}

fn recording_ui(ui: &Ui, page: &KeysPage, keymap: &Keymap, title: &str, theme: &Theme, rect: Rect) {
    let inside = rect.shrink2(Vec2::new(GAP, 6.0));
    let painter = ui.painter();
    let radius = f32::from(measure::RADIUS);
    let stroke = Stroke::new(1.0, theme.border_focus);
    painter.rect(inside, radius, theme.raised, stroke, StrokeKind::Inside);
    let at = Pos2::new(inside.min.x + GAP, inside.center().y);
    let name = painter.text(
        at,
        Align2::LEFT_CENTER,
        format!("{title}:"),
        medium(13.0),
        theme.text,
    );
    let keys = match pressed(page) {
        keys if keys.is_empty() => "…".to_owned(),
        keys => keys,
    };
    let at = Pos2::new(name.max.x + 10.0, inside.center().y);
    let keys = painter.text(at, Align2::LEFT_CENTER, keys, semibold(13.0), theme.accent);
    let meaning = page.meaning(keymap);
    let color = match page.pressed.is_empty() || page.may_mean(keymap) {
        true => theme.muted,
        false => theme.error,
    };
    let room = inside.max.x - keys.max.x - 2.0 * GAP;
    let galley = elided(ui, &meaning, FontId::proportional(12.0), color, room);
    let at = Pos2::new(inside.max.x - GAP - galley.size().x, inside.center().y);
    painter.galley(at - Vec2::new(0.0, galley.size().y / 2.0), galley, color);
    ui.interact(inside, ui.scope_id().with("recording"), Sense::hover())
        .widget_info(|| {
            let label = format!("Keys for {title}: {meaning}");
            egui::WidgetInfo::labeled(egui::Role::Status, true, label)
        });
}

fn line_ui(
    ui: &mut Ui,
    page: &mut KeysPage,
    (line, at): (&Line, usize),
    known: &Known<'_>,
    theme: &Theme,
) -> Option<Outcome> {
    let row = line.command.row();
    let size = Vec2::new(ui.available_width(), ROW);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    let response = ui.interact(rect, ui.scope_id().with(("line", at)), Sense::click());
    let selected = page.selected == at;
    let keys = line.keys();
    response.widget_info(|| {
        let keys = if keys.is_empty() { "no keys" } else { &keys };
        let label = format!("{}: {keys}", row.title);
        egui::WidgetInfo::selected(egui::Role::ListBoxOption, true, selected, label)
    });
    if response.clicked() {
        page.selected = at;
        if !response.clicked_by(egui::PointerButton::Primary) {
            page.record(line.command);
        }
    }
    let hovered = ui.rect_contains_pointer(rect) || response.has_focus();
    let inside = rect.shrink2(Vec2::new(4.0, 1.0));
    let fill = match (selected, hovered) {
        (true, _) => theme.selected,
        (false, true) => theme.hover,
        (false, false) => Color32::TRANSPARENT,
    };
    ui.painter().rect_filled(inside, 4.0, fill);
    if response.has_focus() {
        let edge = Stroke::new(1.5, theme.border_focus);
        ui.painter()
            .rect_stroke(inside, 4.0, edge, StrokeKind::Inside);
    }
    let middle = rect.center().y;
    let put = |text: &str, x: f32, room: f32, font: FontId, color: Color32| {
        let galley = elided(ui, text, font, color, room);
        let width = galley.size().x;
        let at = Pos2::new(x, middle - galley.size().y / 2.0);
        ui.painter().galley(at, galley, color);
        width
    };
    let left = rect.min.x + GAP;
    let keys_at = rect.min.x + (rect.width() * KEYS_AT).max(150.0);
    let width = put(
        row.title,
        left,
        keys_at - left - 8.0,
        medium(13.0),
        theme.text,
    );
    let id_at = left + width + 10.0;
    put(
        row.id,
        id_at,
        keys_at - id_at - 10.0,
        FontId::proportional(11.0),
        theme.faint,
    );
    let buttons = if selected || hovered { 150.0 } else { 0.0 };
    let end = rect.max.x - GAP - buttons;
    let color = if selected { theme.text } else { theme.muted };
    let width = put(
        &keys,
        keys_at,
        end - keys_at,
        FontId::proportional(12.0),
        color,
    );
    let context = place(row.context);
    let context_at = keys_at + width + 12.0;
    let width = match keys.is_empty() {
        true => 0.0,
        false => put(
            context,
            context_at,
            end - context_at,
            FontId::proportional(11.0),
            theme.faint,
        ),
    };
    let remark = line.remark();
    let own = line.is_own(known, &page.of);
    let color = if own { theme.accent } else { theme.faint };
    let remark_at = context_at + width + if width > 0.0 { 12.0 } else { 0.0 };
    put(
        &remark,
        remark_at,
        end - remark_at,
        FontId::proportional(11.0),
        color,
    );
    if buttons == 0.0 {
        return None;
    }
    let button = |right: f32, width: f32| {
        let center = Pos2::new(right - width / 2.0, middle);
        Rect::from_center_size(center, Vec2::new(width, 22.0))
    };
    let beside = if own { 64.0 } else { 0.0 };
    let record = button(rect.max.x - GAP - beside, 66.0);
    if button_ui(ui, theme, record, "Record", false) {
        page.selected = at;
        page.record(line.command);
    }
    if own && button_ui(ui, theme, button(rect.max.x - GAP, 58.0), "Reset", false) {
        return Some(reset(line, &page.of));
    }
    None
}

fn button_ui(ui: &mut Ui, theme: &Theme, rect: Rect, label: &str, on: bool) -> bool {
    let response = ui.interact(
        rect,
        ui.scope_id().with((label, rect.min.y as i32)),
        Sense::click(),
    );
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, on, label));
    let fill = match (on, response.hovered()) {
        (true, _) => theme.selected,
        (false, true) => theme.hover,
        (false, false) => theme.raised,
    };
    let color = if on { theme.accent } else { theme.text };
    let painter = ui.painter();
    let stroke = match response.has_focus() {
        true => Stroke::new(1.5, theme.border_focus),
        false => Stroke::new(1.0, theme.border),
    };
    painter.rect(rect, 4.0, fill, stroke, StrokeKind::Inside);
    let font = FontId::proportional(12.0);
    painter.text(rect.center(), Align2::CENTER_CENTER, label, font, color);
    response.clicked()
}
