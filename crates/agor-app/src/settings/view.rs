//! Draws the page.

use agor_core::config::schema::{Kind, SETTINGS};
use agor_core::config::{Value, Whose};
use agor_render::{Colors, Renderer};
use egui::{
    Align2, FontId, Pos2, Rect, RichText, ScrollArea, Stroke, TextEdit, Ui, UiBuilder, Vec2,
};

use super::fonts::fonts_ui;
use super::row::row_ui;
use super::sample::sample_ui;
use super::{Did, Known, SettingsPage, Shown};
use crate::commands::{Command, context};
use crate::keys::drawn::{hints, pressed};
use crate::theme::{Theme, semibold};
use crate::widgets::{
    CHIPS, chip_at_ui, chip_width, hint_ui, in_lines, reveal_focus, take_keyboard,
};

/// Height of the page's head.
const HEAD: f32 = 44.0;

/// The widest that lines are read well.
const WIDTH: f32 = 760.0;

/// What drawing takes, beside the page.
pub struct Painting<'a> {
    /// Colours and measures.
    pub theme: &'a Theme,
    /// The terminal's colours.
    pub colors: &'a Colors,
    /// What makes instances of rows.
    pub renderer: &'a mut Renderer,
}

/// Draws the page into `ui`'s whole rectangle and says what the person did.
pub fn settings_ui(
    ui: &mut Ui,
    page: &mut SettingsPage,
    known: &Known<'_>,
    painting: &mut Painting<'_>,
) -> Option<Did> {
    let theme = painting.theme;
    let area = ui.max_rect();
    ui.painter().rect_filled(area, 0.0, theme.window);
    let mut did = keys(ui, page, known);
    // What has the keyboard has the frame that panes have then.
    ui.visuals_mut().selection.stroke = Stroke::new(1.0, theme.border_focus);
    if !known.levels().iter().any(|(level, _)| *level == page.level) {
        page.level = Shown::All;
    }
    let head = area.with_max_y(area.min.y + HEAD);
    let below = area.with_min_y(head_ui(ui, page, known, theme, head));
    let width = (area.width() - 48.0).clamp(200.0, WIDTH);
    let mut ui = ui.new_child(UiBuilder::new().max_rect(below).id_salt("settings"));
    ScrollArea::vertical()
        .auto_shrink(false)
        .show(&mut ui, |ui| {
            let left = (ui.available_width() - width) / 2.0;
            ui.horizontal_top(|ui| {
                ui.add_space(left.max(16.0));
                ui.vertical(|ui| {
                    ui.set_width(width);
                    if let Some(done) = body_ui(ui, page, known, painting, width) {
                        did = Some(done);
                    }
                    reveal_focus(ui);
                });
            });
        });
    did
}

impl SettingsPage {
    /// Shows another level, without what was half typed for this one.
    fn show(&mut self, level: Shown) {
        self.level = level;
        self.choosing = None;
        self.typed.clear();
        self.wrong.clear();
    }
}

/// What keys can mean that are the page's before they are a control's.
const KEYS: &[Command] = &[
    Command::SettingsLevel,
    Command::SettingsSearch,
    Command::PaletteClose,
];

/// What they can mean while a font is chosen.
const FONT_KEYS: &[Command] = &[
    Command::PaletteNext,
    Command::PalettePrevious,
    Command::PaletteChoose,
    Command::PaletteClose,
];

/// Does what the keys mean that are the page's before they are a control's.
fn keys(ui: &Ui, page: &mut SettingsPage, known: &Known<'_>) -> Option<Did> {
    if page.fonts.is_some() {
        let mut did = None;
        for command in pressed(ui, context::SETTINGS, FONT_KEYS) {
            did = font_key(page, command).or(did);
        }
        return did;
    }
    let mut did = None;
    for command in pressed(ui, context::SETTINGS, KEYS) {
        match command {
            Command::SettingsSearch => page.focused = false,
            Command::SettingsLevel => {
                let levels = known.levels();
                let at = levels.iter().position(|(level, _)| *level == page.level);
                let next = (at.unwrap_or(0) + 1) % levels.len();
                page.show(levels[next].0);
            }
            // What is half typed goes first, then what is searched for, then the page.
            _ if page.choosing.take().is_some() => {}
            _ if !page.typed.is_empty() => {
                page.typed.clear();
                page.wrong.clear();
            }
            _ if page.search.is_empty() => did = Some(Did::Close),
            _ => page.search.clear(),
        }
    }
    did
}

/// Does what a key means while a font is chosen.
fn font_key(page: &mut SettingsPage, command: Command) -> Option<Did> {
    let fonts = page.fonts.as_mut()?;
    let last = fonts.families.len().saturating_sub(1);
    match command {
        Command::PaletteNext => fonts.at = (fonts.at + 1).min(last),
        Command::PalettePrevious => fonts.at = fonts.at.saturating_sub(1),
        Command::PaletteChoose => {
            let family = page.tries_font().map(str::to_owned);
            page.fonts = None;
            return family.map(|family| Did::Say {
                key: "window.font_family",
                of: Whose::All,
                value: Some(Value::Text(family)),
            });
        }
        _ => {
            page.fonts = None;
            return Some(Did::TryFont(None));
        }
    }
    fonts.moved = true;
    Some(Did::TryFont(fonts.families.get(fonts.at).cloned()))
}

/// Draws the head; returns where it ends: whose settings are shown stands below the search if there is no room beside.
fn head_ui(
    ui: &mut Ui,
    page: &mut SettingsPage,
    known: &Known<'_>,
    theme: &Theme,
    rect: Rect,
) -> f32 {
    let middle = rect.center().y;
    let at = Pos2::new(rect.min.x + 12.0, middle);
    ui.painter().text(
        at,
        Align2::LEFT_CENTER,
        "Settings",
        semibold(15.0),
        theme.text,
    );
    let search = Rect::from_min_max(
        Pos2::new(rect.min.x + 110.0, rect.min.y + 8.0),
        Pos2::new(
            (rect.min.x + 360.0).min(rect.max.x - 16.0),
            rect.max.y - 8.0,
        ),
    );
    let field = TextEdit::singleline(&mut page.search)
        .hint_text("Search")
        .font(FontId::proportional(13.0))
        .text_color(theme.text)
        .background_color(theme.pane)
        .margin(Vec2::new(8.0, 5.0))
        .align(Align2::LEFT_CENTER);
    let response = ui.put(search, field);
    response
        .widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Search settings"));
    if !page.focused {
        page.focused = take_keyboard(&response);
    }
    let mut levels = known.levels();
    if levels.len() < 2 {
        levels.clear();
    }
    let chips: Vec<_> = levels
        .iter()
        .map(|(_, text)| (8.0_f32, chip_width(ui, text)))
        .collect();
    let top = middle - CHIPS / 2.0;
    let beside = Pos2::new(search.max.x + 16.0, top);
    let beside = Rect::from_min_max(beside, Pos2::new(rect.max.x - 12.0, top + CHIPS));
    let needed: f32 = chips.iter().map(|(gap, width)| gap + width).sum();
    let is_beside = needed <= beside.width();
    let area = if is_beside {
        beside
    } else {
        let left = Pos2::new(rect.min.x + 12.0, top + CHIPS);
        Rect::from_min_max(left, Pos2::new(rect.max.x - 12.0, left.y))
    };
    let places = in_lines(&chips, area);
    let last = places.last().copied().filter(|_| is_beside);
    let bottom = match places.last() {
        Some(last) if !is_beside => last.max.y,
        _ => rect.max.y,
    };
    for ((level, text), place) in levels.into_iter().zip(places) {
        let shown = page.level == level;
        if chip_at_ui(ui, theme, place, &text, shown) && !shown {
            page.show(level);
        }
    }
    let closes = hints(ui, &[(Command::PaletteClose, "closes")]);
    let keys = format!("Tab goes on  ·  {closes}");
    let right = Pos2::new(rect.max.x - 12.0, middle);
    let left = last.map_or(search.max.x, |last| last.max.x);
    hint_ui(ui, right, left, &keys, theme);
    let edge = Stroke::new(1.0, theme.border);
    ui.painter().hline(rect.x_range(), bottom, edge);
    bottom
}

fn body_ui(
    ui: &mut Ui,
    page: &mut SettingsPage,
    known: &Known<'_>,
    painting: &mut Painting<'_>,
    width: f32,
) -> Option<Did> {
    let theme = painting.theme;
    let mut did = None;
    ui.add_space(12.0);
    for complaint in known.complaints {
        complaint_ui(ui, theme, complaint, width);
    }
    let shown: Vec<_> = SETTINGS
        .iter()
        .filter(|setting| known.of(page).may_say(setting))
        .filter(|setting| page.shows(setting))
        .collect();
    if shown.is_empty() {
        ui.add_space(24.0);
        let text = "No setting has these words: type fewer";
        ui.label(RichText::new(text).size(13.0).color(theme.muted));
    }
    let mut section = "";
    let mut heights = std::mem::take(&mut page.heights);
    for setting in shown {
        if setting.section != section {
            section = setting.section;
            ui.add_space(20.0);
            ui.label(
                RichText::new(section)
                    .font(semibold(15.0))
                    .color(theme.text),
            );
            ui.add_space(4.0);
            if section == "Looks" && page.level == Shown::All {
                sample_ui(
                    ui,
                    painting.renderer,
                    painting.colors,
                    &mut page.sample,
                    theme,
                );
            }
        }
        let row = |ui: &mut Ui| row_ui(ui, page, known, theme, setting, width);
        if let Some(Some(done)) = heights.row_ui(ui, setting.key, row) {
            did = Some(done);
        }
        if setting.kind == Kind::Font
            && let Some(done) = fonts_ui(ui, page, theme, width)
        {
            did = Some(done);
        }
    }
    page.heights = heights;
    ui.add_space(16.0);
    let text = match page.level {
        Shown::Project => {
            "A project's own folder sets nothing: all this stands in your config.toml."
        }
        Shown::Session => {
            "All this stands in your config.toml. What else holds for a session it was started with."
        }
        Shown::Group => {
            "All this stands in your config.toml, and counts for every project of the group."
        }
        Shown::All => {
            "All this stands in your config.toml, comments and all; what is changed there is shown here."
        }
    };
    ui.label(RichText::new(text).size(11.0).color(theme.faint));
    ui.add_space(24.0);
    did
}

fn complaint_ui(ui: &mut Ui, theme: &Theme, text: &str, width: f32) {
    egui::Frame::NONE
        .fill(theme.raised)
        .stroke(Stroke::new(1.0, theme.error))
        .corner_radius(4.0)
        .inner_margin(10.0)
        .show(ui, |ui| {
            ui.set_width(width - 22.0);
            ui.label(RichText::new(text).size(12.0).color(theme.error));
        });
    ui.add_space(6.0);
}
