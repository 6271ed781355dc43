//! Draws one setting of the page.

use agor_core::cli::size;
use agor_core::config::schema::{Counts, Kind, Setting};
use agor_core::config::{For, Origin, Value};
use egui::{Align, FontId, Layout, RichText, Stroke, Ui, Vec2};

use super::controls::{check_ui, choice_ui, field_ui, option_ui, switch_ui, word_ui};
use super::{Did, Known, SettingsPage, typed};
use crate::text::project_name;
use crate::theme::{Theme, medium};

/// Width of the controls.
const CONTROL: f32 = 260.0;

/// Between what is read and its control.
const GAP: f32 = 24.0;

/// Draws a setting: what it is at the left, its control and where its value comes from at the right.
pub fn row_ui(
    ui: &mut Ui,
    page: &mut SettingsPage,
    known: &Known<'_>,
    theme: &Theme,
    setting: &'static Setting,
    width: f32,
) -> Option<Did> {
    let of = known.of(page);
    let (value, origin) = known.layers.holds(setting, of);
    let narrow = width < CONTROL + GAP + 160.0;
    let left = if narrow { width } else { width - CONTROL - GAP };
    let mut did = None;
    ui.add_space(8.0);
    let read = |ui: &mut Ui| {
        ui.set_width(left);
        ui.spacing_mut().item_spacing.y = 2.0;
        ui.label(
            RichText::new(setting.title)
                .font(medium(13.0))
                .color(theme.text),
        );
        let mut doc = setting.doc.to_owned();
        if setting.counts != Counts::AtOnce {
            doc.push_str(&format!(" Counts {}.", setting.counts.words()));
        }
        ui.label(RichText::new(doc).size(12.0).color(theme.muted));
        ui.label(
            RichText::new(setting.key)
                .font(FontId::monospace(11.0))
                .color(theme.faint),
        );
    };
    let mut act = |ui: &mut Ui| {
        ui.set_width(CONTROL);
        if let Some(done) = control_ui(ui, page, known, theme, setting, value.as_ref()) {
            did = Some(done);
        }
        if let Some(wrong) = page.wrong.get(setting.key) {
            ui.label(RichText::new(wrong).size(11.0).color(theme.error));
        }
        let size = size_in_words(setting, value.as_ref());
        if let Some(done) = origin_ui(ui, known, theme, (setting, &size), &origin, of) {
            did = Some(done);
        }
    };
    if narrow {
        ui.vertical(|ui| read(ui));
        ui.vertical(|ui| act(ui));
    } else {
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = 0.0;
            ui.vertical(|ui| read(ui));
            ui.add_space(GAP);
            ui.spacing_mut().item_spacing.x = 8.0;
            ui.vertical(|ui| act(ui));
        });
    }
    ui.add_space(8.0);
    let (_, line) = ui.allocate_space(Vec2::new(width, 1.0));
    ui.painter().hline(
        line.x_range(),
        line.center().y,
        Stroke::new(1.0, theme.border),
    );
    did
}

/// Says how much a number of bytes is, before where it comes from.
fn size_in_words(setting: &Setting, value: Option<&Value>) -> String {
    match value {
        Some(Value::Whole(bytes)) if *bytes > 0 && setting.key.ends_with("bytes") => {
            format!("{}  ·  ", size(*bytes))
        }
        _ => String::new(),
    }
}

/// Says where a value comes from, and offers to unsay it where it was said at the level that is shown.
fn origin_ui(
    ui: &mut Ui,
    known: &Known<'_>,
    theme: &Theme,
    (setting, size): (&'static Setting, &str),
    origin: &Origin,
    of: For<'_>,
) -> Option<Did> {
    let chosen = known.chosen_theme(of);
    let chosen = chosen.filter(|_| setting.kind == Kind::Theme);
    let (words, own) = match origin {
        _ if chosen.is_some() => ("chosen in a window".to_owned(), true),
        Origin::Default => ("default".to_owned(), false),
        Origin::User { line } => (format!("config.toml, line {line}"), of == For::All),
        Origin::Group { id, line } => {
            let name = known.layers.name(For::Group(id)).unwrap_or(id);
            let words = format!("for group {name}, line {line}");
            (words, of == For::Group(id))
        }
        Origin::Project { folder: said, line } => {
            let words = format!("for {}, line {line}", project_name(said));
            (words, of == For::Project(said))
        }
        Origin::Session { line, .. } => {
            let own = matches!(of, For::Session { .. });
            (format!("for this session, line {line}"), own)
        }
    };
    let mut did = None;
    let line = Vec2::new(CONTROL, 18.0);
    ui.allocate_ui_with_layout(line, Layout::right_to_left(Align::Center), |ui| {
        ui.label(
            RichText::new(format!("{size}{words}"))
                .size(11.0)
                .color(theme.faint),
        );
        if own && word_ui(ui, theme, &format!("Reset {}", setting.title), "Reset") {
            did = Some(Did::Say {
                key: setting.key,
                of: of.kept(),
                value: None,
            });
        }
    });
    did
}

fn control_ui(
    ui: &mut Ui,
    page: &mut SettingsPage,
    known: &Known<'_>,
    theme: &Theme,
    setting: &'static Setting,
    value: Option<&Value>,
) -> Option<Did> {
    let of = known.of(page).kept();
    let say = |value| Did::Say {
        key: setting.key,
        of: of.clone(),
        value: Some(value),
    };
    match (setting.kind, value) {
        (Kind::Bool, value) => {
            let on = value == Some(&Value::Bool(true));
            let mut did = None;
            let line = Vec2::new(CONTROL, 24.0);
            ui.allocate_ui_with_layout(line, Layout::right_to_left(Align::Center), |ui| {
                did = switch_ui(ui, theme, setting.title, on).then(|| say(Value::Bool(!on)));
            });
            did
        }
        (Kind::Theme, value) => {
            let text = known.chosen_theme(of.by_ref()).map(str::to_owned);
            let text = text
                .or_else(|| value.map(ToString::to_string))
                .unwrap_or_default();
            choice_ui(ui, theme, setting.title, &text, CONTROL)
                .then(|| Did::ChooseTheme(of.clone()))
        }
        (Kind::Font, value) => {
            let text = value.map_or_else(|| setting.unset.to_owned(), ToString::to_string);
            choice_ui(ui, theme, setting.title, &text, CONTROL).then_some(Did::ListFonts)
        }
        (Kind::Some(names), Some(Value::List(on))) => {
            let mut did = None;
            for name in names {
                let is_on = on.iter().any(|known| known == name);
                let text = name.replace('_', " ");
                let label = format!("{}: {text}", setting.title);
                if check_ui(ui, theme, &label, &text, is_on) {
                    let others = names.iter().filter(|other| {
                        let other_on = on.iter().any(|known| known == *other);
                        if *other == name { !is_on } else { other_on }
                    });
                    did = Some(say(Value::List(others.map(ToString::to_string).collect())));
                }
            }
            did
        }
        (Kind::OneOf(names), value) => {
            let names = names
                .iter()
                .map(|name| ((*name).to_owned(), (*name).to_owned()));
            names_ui(ui, page, theme, setting, value, names.collect()).map(|id| Did::Say {
                key: setting.key,
                of,
                value: id.map(Value::Text),
            })
        }
        (Kind::Provider, value) => {
            let mut agents = known.agents.to_vec();
            // One of a file that is not there any more is still what holds.
            if let Some(Value::Text(id)) = value
                && !agents.iter().any(|(known, _)| known == id)
            {
                agents.push((id.clone(), format!("{id} (not known)")));
            }
            names_ui(ui, page, theme, setting, value, agents).map(|id| Did::Say {
                key: setting.key,
                of,
                value: id.map(Value::Text),
            })
        }
        (kind, value) => typed_ui(ui, page, known, theme, (setting, kind, value)),
    }
}

/// Draws what is chosen of several, by id and name, and the list of all while one is being chosen; returns
/// which was, `None` for none.
fn names_ui(
    ui: &mut Ui,
    page: &mut SettingsPage,
    theme: &Theme,
    setting: &'static Setting,
    value: Option<&Value>,
    names: Vec<(String, String)>,
) -> Option<Option<String>> {
    let held = match value {
        Some(Value::Text(id)) => Some(id.as_str()),
        _ => None,
    };
    let name = names.iter().find(|(id, _)| Some(id.as_str()) == held);
    let text = name.map_or(setting.unset, |(_, name)| name.as_str());
    let open = page.choosing == Some(setting.key);
    if choice_ui(ui, theme, setting.title, text, CONTROL) {
        page.choosing = (!open).then_some(setting.key);
    }
    if !open {
        return None;
    }
    let none = (setting.default)().is_none();
    let none = none.then_some((None, setting.unset));
    let all = names
        .iter()
        .map(|(id, name)| (Some(id.as_str()), name.as_str()));
    let mut chosen = None;
    for (id, name) in none.into_iter().chain(all) {
        let label = format!("{}: choose {name}", setting.title);
        if option_ui(ui, theme, (&label, name), id == held, CONTROL) {
            chosen = Some(id.map(str::to_owned));
            page.choosing = None;
        }
    }
    chosen
}

/// Draws a field whose text is said when Enter is pressed or the keyboard goes elsewhere.
fn typed_ui(
    ui: &mut Ui,
    page: &mut SettingsPage,
    known: &Known<'_>,
    theme: &Theme,
    (setting, kind, value): (&'static Setting, Kind, Option<&Value>),
) -> Option<Did> {
    let shown = typed::shown(value);
    let mut text = page
        .typed
        .get(setting.key)
        .cloned()
        .unwrap_or_else(|| shown.clone());
    let lines = match kind {
        Kind::Variables | Kind::Folders | Kind::Features => 3,
        _ => 1,
    };
    let hint = match kind {
        Kind::Variables => "NAME=value",
        _ => setting.unset,
    };
    let response = field_ui(
        ui,
        theme,
        (setting.title, hint),
        &mut text,
        (CONTROL, lines),
    );
    if text != shown {
        page.typed.insert(setting.key, text.clone());
    } else if response.has_focus() {
        page.typed.remove(setting.key);
        page.wrong.remove(setting.key);
    }
    if !response.lost_focus() || text == shown {
        return None;
    }
    match typed::read(setting, &text) {
        Ok(value) => {
            page.typed.remove(setting.key);
            page.wrong.remove(setting.key);
            Some(Did::Say {
                key: setting.key,
                of: known.of(page).kept(),
                value,
            })
        }
        Err(why) => {
            page.wrong.insert(setting.key, why);
            None
        }
    }
}
