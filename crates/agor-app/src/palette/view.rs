//! Draws the palette.

use egui::text::{LayoutJob, TextFormat};
use egui::{Align2, FontId, Pos2, Rect, Sense, Stroke, StrokeKind, TextEdit, Ui, Vec2};

use super::find::{Choice, Entry, Found};
use super::{Finder, Outcome, Palette, Scope, folders, offer_typed};
use crate::commands::{Command, context};
use crate::keys::drawn::{does, keys_of, pressed};
use crate::starting::{Ask, Offered};
use crate::theme::{Theme, measure, medium};
use crate::widgets::{elided, hold_keyboard, popup_area, popup_ui, read_ui};
use crate::workspace::document::NAME_MAX;

/// Height of the field.
const FIELD: f32 = 44.0;

/// What its keys can mean.
const KEYS: &[Command] = &[
    Command::PaletteNext,
    Command::PalettePrevious,
    Command::PalettePageDown,
    Command::PalettePageUp,
    Command::PaletteChoose,
    Command::PaletteClose,
];

/// What they can mean further where a folder is typed.
const FOLDER_KEYS: &[Command] = &[Command::PaletteComplete];

/// What they can mean further where an agent is told what to do.
const PROMPT_KEYS: &[Command] = &[
    Command::PromptModel,
    Command::PromptMode,
    Command::PromptResume,
    Command::PromptFork,
];

/// Draws the palette over the window and says what the person did.
pub fn palette_ui(ui: &mut Ui, palette: &mut Palette, theme: &Theme) -> Outcome {
    let mut outcome = Outcome::Open;
    palette.refresh();
    let mut count = palette.finder.found().len();
    let (scope, _) = palette.sought();
    let most = rows_max(ui);
    let page = i64::try_from(most).unwrap_or(1);
    let mut enter = false;
    let further = match scope {
        Scope::Prompt => PROMPT_KEYS,
        scope if folders::is_typed(scope) => FOLDER_KEYS,
        _ => &[],
    };
    for command in pressed(ui, context::PALETTE, &[KEYS, further].concat()) {
        if let Some(ask) = Ask::of(command) {
            outcome = Outcome::Asks(ask);
            continue;
        }
        match command {
            Command::PaletteNext => palette.step(1, count),
            Command::PalettePrevious => palette.step(-1, count),
            Command::PalettePageDown => palette.step(page, count),
            Command::PalettePageUp => palette.step(-page, count),
            Command::PaletteChoose => enter = true,
            Command::PaletteComplete => {
                palette.complete();
                count = palette.finder.found().len();
            }
            _ => outcome = Outcome::Closed,
        }
    }
    let rows = count.clamp(1, most);
    let typed = matches!(
        scope,
        Scope::ImportKeys | Scope::ExportKeys | Scope::Rename | Scope::RenameTab | Scope::Prompt
    );
    let list = if typed {
        36.0 + palette.asks.len() as f32 * measure::ROW
    } else {
        rows as f32 * measure::ROW + 8.0
    };
    let area = popup_area(ui, FIELD + list);
    let mut clicked = None;
    let mut led = None;
    let outside = popup_ui(ui, "palette", area, theme, |ui| {
        field_ui(ui, palette, theme, area);
        let below = area.with_min_y(area.min.y + FIELD);
        ui.painter()
            .hline(below.x_range(), below.min.y, Stroke::new(1.0, theme.border));
        let list = below.shrink2(Vec2::new(4.0, 4.0));
        if typed {
            let enter = keys_of(ui, Command::PaletteChoose);
            hint_ui(ui, theme, list, &format!("{enter} {}", hint(scope)));
            led = asks_ui(ui, &palette.asks, theme, list);
            return;
        }
        if count == 0 {
            hint_ui(ui, theme, list, empty(scope, palette));
        }
        clicked = rows_ui(ui, palette, theme, (list, most));
    });
    if enter {
        // What was typed in the same frame counts.
        palette.refresh();
        outcome = palette.chosen().map_or(Outcome::Open, Outcome::Chosen);
    }
    if let Some(choice) = clicked {
        outcome = Outcome::Chosen(choice);
    }
    if let Some(ask) = led {
        outcome = Outcome::Asks(ask);
    }
    if outside && outcome == Outcome::Open {
        outcome = Outcome::Closed;
    }
    outcome
}

/// Returns what the key does that chooses.
fn hint(scope: Scope) -> &'static str {
    match scope {
        Scope::ImportKeys => "adds the keys of this file to yours",
        Scope::ExportKeys => "writes your keys into this file, which must not be there yet",
        Scope::Rename => "gives the session this name",
        Scope::RenameTab => "gives the tab this name; without one it has its session's",
        Scope::Prompt => "starts the agent with this; without a word it waits for you",
        _ => "",
    }
}

/// Returns why nothing is offered, and what helps.
fn empty(scope: Scope, palette: &Palette) -> &'static str {
    let none = palette
        .offered
        .as_ref()
        .is_none_or(|(_, _, all)| all.is_empty());
    match scope {
        Scope::Snippets if none => {
            "No snippets yet: [[snippets]] with name and text in config.toml makes one"
        }
        Scope::Recent if none => "What you choose here stands here then, the last first",
        Scope::Groups => "Enter makes a group of this name",
        Scope::ProjectFolders => {
            "A path that begins with / or ~ becomes one of the project's folders"
        }
        Scope::Folder => "A path begins with / or ~",
        _ => "Nothing matches: type fewer letters",
    }
}

fn placeholder(scope: Scope) -> &'static str {
    match scope {
        Scope::Everything => "Find a command, session or project",
        Scope::Projects => "Go to project",
        Scope::Snippets => "Insert a snippet",
        Scope::Keys => "Keys of a command",
        Scope::Sessions => "Go to session",
        Scope::Recent => "What was chosen lately",
        Scope::Commands => "Every command and its keys",
        Scope::Agents => "Start an agent",
        Scope::Themes => "Choose a theme",
        Scope::Prompt => "What is it to do?",
        Scope::Of(ask) => ask.placeholder(),
        Scope::Pages => "Show a page beside the panes",
        Scope::Groups => "Put this project into a group, or name a new one",
        Scope::ImportKeys => "File with keys",
        Scope::ExportKeys => "File for your keys",
        Scope::ProjectFolders | Scope::FurtherFolder => {
            "A folder of this project, or the path of a further one"
        }
        Scope::Folder => "Folder",
        Scope::Rename => "Name",
        Scope::RenameTab => "Name of the tab",
    }
}

fn field_ui(ui: &mut Ui, palette: &mut Palette, theme: &Theme, area: Rect) {
    let rect = area.with_max_y(area.min.y + FIELD);
    let completes = folders::is_typed(palette.sought().0);
    let field = TextEdit::singleline(&mut palette.text)
        .hint_text(placeholder(palette.scope))
        .font(FontId::proportional(15.0))
        .text_color(theme.text)
        .frame(egui::Frame::NONE)
        .align(egui::Align2::LEFT_CENTER)
        .lock_focus(completes)
        .desired_width(f32::INFINITY);
    let response = ui.put(rect.shrink2(Vec2::new(14.0, 4.0)), field);
    response.widget_info(|| {
        egui::WidgetInfo::labeled(egui::Role::TextInput, true, placeholder(palette.scope))
    });
    if !palette.focused {
        palette.focused = true;
        response.request_focus();
        if matches!(
            palette.scope,
            Scope::Folder
                | Scope::ImportKeys
                | Scope::ExportKeys
                | Scope::Prompt
                | Scope::Rename
                | Scope::RenameTab
        ) {
            select_all_or_end(ui, &response, palette);
        }
    } else {
        // Nothing else in the palette takes text; a click on a row must not end the typing.
        hold_keyboard(&response);
    }
    if std::mem::take(&mut palette.to_end) {
        select_all_or_end(ui, &response, palette);
    }
}

fn select_all_or_end(ui: &Ui, response: &egui::Response, palette: &Palette) {
    use egui::text::{CCursor, CCursorRange};
    let end = CCursor::new(palette.text.chars().count());
    let range = match palette.scope {
        Scope::Rename | Scope::RenameTab => CCursorRange::two(CCursor::new(0), end),
        _ => CCursorRange::one(end),
    };
    let mut state = egui::text_edit::TextEditState::default();
    state.cursor.set_char_range(Some(range));
    state.store(ui.ctx(), response.id);
}

fn hint_ui(ui: &Ui, theme: &Theme, rect: Rect, text: &str) {
    let at = Pos2::new(rect.min.x + 10.0, rect.min.y + measure::ROW / 2.0);
    let font = FontId::proportional(12.0);
    ui.painter()
        .text(at, Align2::LEFT_CENTER, text, font, theme.muted);
    read_ui(ui, rect, text);
}

/// Draws what can be chosen for the agent, each with what was and with its keys; says to what a click leads.
fn asks_ui(ui: &mut Ui, asks: &[Offered], theme: &Theme, list: Rect) -> Option<Ask> {
    let mut led = None;
    for (line, offered) in asks.iter().enumerate() {
        let rect = Rect::from_min_size(
            Pos2::new(list.min.x, list.min.y + (line + 1) as f32 * measure::ROW),
            Vec2::new(list.width(), measure::ROW),
        );
        let id = ui.scope_id().with(("ask", line));
        let response = ui.interact(rect, id, Sense::click());
        let label = format!("{}: {}", offered.ask.title(), offered.value);
        response
            .widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, label.as_str()));
        if response.hovered() {
            ui.painter().rect_filled(rect, 4.0, theme.selected);
        }
        if response.clicked() {
            led = Some(offered.ask);
        }
        let keys = keys_of(ui, offered.ask.command());
        let painter = ui.painter();
        let keys = painter.layout_no_wrap(keys, FontId::proportional(11.0), theme.muted);
        let keys_at = rect.max.x - 10.0 - keys.size().x;
        let room = keys_at - rect.min.x - 20.0;
        let label = elided(ui, &label, FontId::proportional(12.0), theme.text, room);
        let middle = rect.center().y;
        for (x, galley) in [(rect.min.x + 10.0, label), (keys_at, keys)] {
            let at = Pos2::new(x, middle - galley.size().y / 2.0);
            painter.galley(at, galley, theme.text);
        }
    }
    led
}

/// Returns how many rows are shown: fewer than usual where the window is low.
fn rows_max(ui: &Ui) -> usize {
    let screen = ui.ctx().content_rect();
    let room = screen.max.y - popup_area(ui, 0.0).min.y - FIELD - 8.0 - measure::STATUS_BAR;
    ((room / measure::ROW).floor() as usize).clamp(1, measure::PALETTE_ROWS)
}

fn rows_ui(
    ui: &mut Ui,
    palette: &mut Palette,
    theme: &Theme,
    (list, most): (Rect, usize),
) -> Option<Choice> {
    let (_, _, entries) = palette.offered.as_ref()?;
    let found = palette.finder.found();
    let completes = palette.completed().map(|(at, _)| at);
    let first = palette.selected.saturating_sub(most - 1);
    let mut chosen = None;
    let mut hovered = None;
    for (line, found) in found.iter().skip(first).take(most).enumerate() {
        let entry = entries.get(found.entry)?;
        let rect = Rect::from_min_size(
            Pos2::new(list.min.x, list.min.y + line as f32 * measure::ROW),
            Vec2::new(list.width(), measure::ROW),
        );
        let id = ui.scope_id().with(("row", line));
        let response = ui.interact(rect, id, Sense::click());
        let selected = first + line == palette.selected;
        response.widget_info(|| {
            egui::WidgetInfo::selected(egui::Role::ListBoxOption, true, selected, &entry.title)
        });
        if selected {
            ui.painter().rect_filled(rect, 4.0, theme.selected);
        }
        // The mouse selects when it moves, not when it happens to lie where a list appears.
        if response.hovered() && ui.input(|input| input.pointer.delta() != Vec2::ZERO) {
            hovered = Some(first + line);
        }
        if response.clicked() {
            chosen = Some(entry.choice.clone());
        }
        let keys = match completes == Some(first + line) {
            true => does(ui, Command::PaletteComplete, "completes"),
            false => entry.keys.clone(),
        };
        row_ui(ui, entry, keys, *found, theme, rect);
    }
    if let Some(hovered) = hovered {
        palette.selected = hovered;
    }
    chosen
}

fn row_ui(ui: &Ui, entry: &Entry, keys: String, found: Found, theme: &Theme, rect: Rect) {
    let painter = ui.painter();
    let middle = rect.center().y;
    let mut x = rect.min.x + 10.0;
    if let Some(mark) = entry.mark {
        mark.paint(painter, Pos2::new(x + 5.0, middle), theme);
        x += 20.0;
    }
    let mut job = LayoutJob::default();
    for (at, letter) in entry.title.chars().enumerate() {
        let hit = at < 128 && found.letters & 1 << at != 0;
        let color = match (hit, entry.absent) {
            (true, _) => theme.accent,
            (false, true) => theme.muted,
            (false, false) => theme.text,
        };
        let mut buffer = [0; 4];
        let format = TextFormat::simple(medium(13.0), color);
        job.append(letter.encode_utf8(&mut buffer), 0.0, format);
    }
    job.wrap = egui::text::TextWrapping::truncate_at_width(rect.width() * 0.5);
    let title = painter.layout_job(job);
    let title_width = title.size().x;
    painter.galley(
        Pos2::new(x, middle - title.size().y / 2.0),
        title,
        theme.text,
    );
    let keys = painter.layout_no_wrap(keys, FontId::proportional(11.0), theme.muted);
    let keys_at = rect.max.x - 10.0 - keys.size().x;
    let keys_height = keys.size().y;
    let detail_room = keys_at - (x + title_width) - 28.0;
    if !entry.detail.is_empty() && detail_room > 30.0 {
        let font = FontId::proportional(12.0);
        let detail = elided(ui, entry.detail.trim(), font, theme.faint, detail_room);
        let at = Pos2::new(x + title_width + 12.0, middle - detail.size().y / 2.0);
        painter.galley(at, detail, theme.faint);
    }
    painter.galley(
        Pos2::new(keys_at, middle - keys_height / 2.0),
        keys,
        theme.muted,
    );
    chip_ui(ui, entry, theme, Pos2::new(rect.max.x - 10.0, middle));
}

/// Draws a theme's colours on its ground, ending at `right`.
fn chip_ui(ui: &Ui, entry: &Entry, theme: &Theme, right: Pos2) {
    let Some((ground, colors)) = entry.colors.split_first() else {
        return;
    };
    let step = 12.0;
    let size = Vec2::new(colors.len() as f32 * step + 6.0, 18.0);
    let rect = Rect::from_min_size(Pos2::new(right.x - size.x, right.y - size.y / 2.0), size);
    let border = Stroke::new(1.0, theme.border);
    ui.painter()
        .rect(rect, 4.0, *ground, border, StrokeKind::Inside);
    for (at, color) in colors.iter().enumerate() {
        let center = Pos2::new(rect.min.x + 9.0 + at as f32 * step, right.y);
        ui.painter().circle_filled(center, 3.5, *color);
    }
}

impl Palette {
    fn refresh(&mut self) {
        let (scope, letters) = self.sought();
        let letters = letters.to_owned();
        let Some((_, _, entries)) = &mut self.offered else {
            return;
        };
        if let (Scope::Of(ask), true) = (self.scope, self.typed)
            && offer_typed(entries, ask, letters.trim())
        {
            // It keeps places of entries from one letter to the next.
            self.finder = Finder::default();
        }
        if folders::is_typed(scope) && folders::offer_path(entries, scope, letters.trim()) {
            self.finder = Finder::default();
        }
        self.finder.find(entries, &letters);
        // Other letters begin at the best of what they mean; other entries leave it where it stands.
        if self
            .letters
            .replace(letters.clone())
            .is_some_and(|before| before != letters)
        {
            self.selected = 0;
        }
    }

    /// Returns the folder that is written into the field where one is typed: the selected one, or the first below the
    /// path itself; with its place.
    fn completed(&self) -> Option<(usize, &Entry)> {
        let (scope, _) = self.sought();
        let (_, _, entries) = self.offered.as_ref().filter(|_| folders::is_typed(scope))?;
        let found = self.finder.found().iter().enumerate();
        let mut found = found.skip(self.selected);
        found.find_map(|(at, found)| {
            let entry = entries.get(found.entry)?;
            (!entry.is_typed()).then_some((at, entry))
        })
    }

    fn complete(&mut self) {
        if let Some((_, entry)) = self.completed() {
            self.text = format!("{}/", entry.title.trim_end_matches('/'));
            self.to_end = true;
            self.refresh();
        }
    }

    fn step(&mut self, by: i64, count: usize) {
        let last = i64::try_from(count).unwrap_or(0) - 1;
        let at = i64::try_from(self.selected).unwrap_or(0) + by;
        // One step beyond an end goes around; a page stops there.
        let at = match by {
            1 if at > last => 0,
            -1 if at < 0 => last,
            _ => at.clamp(0, last.max(0)),
        };
        self.selected = usize::try_from(at).unwrap_or(0);
    }

    fn chosen(&self) -> Option<Choice> {
        let (scope, text) = self.sought();
        let text = text.trim();
        match scope {
            Scope::Prompt => Some(Choice::Prompt(text.into())),
            Scope::ImportKeys => (!text.is_empty()).then(|| Choice::ImportKeys(text.into())),
            Scope::ExportKeys => (!text.is_empty()).then(|| Choice::ExportKeys(text.into())),
            Scope::RenameTab => Some(Choice::TabName(text.into())),
            Scope::Rename => (!text.is_empty()).then(|| Choice::Name(text.into())),
            Scope::Groups if self.finder.found().is_empty() => {
                let name: String = text.chars().take(NAME_MAX).collect();
                (!name.is_empty()).then_some(Choice::Group(Some(name)))
            }
            _ => {
                let (_, _, entries) = self.offered.as_ref()?;
                let found = self.finder.found().get(self.selected)?;
                Some(entries.get(found.entry)?.choice.clone())
            }
        }
    }
}
