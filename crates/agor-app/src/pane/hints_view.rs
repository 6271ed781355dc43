//! Draws the letters over what can be picked up of a pane, and what they do.

use egui::{Modifiers, Pos2, Rect, Sense, Stroke, StrokeKind, Ui, Vec2};

use super::geometry::Geometry;
use super::hints::{Act, Hints, opens};
use super::overlays::mode_ui;
use agor_proto::input::Mods;
use agor_render::{Highlight, HighlightKind};
use agor_term::rows::HintKind;

use crate::commands::Command;
use crate::keys::drawn::does;
use crate::theme::{Theme, medium};

/// Returns the cells of what can still be meant.
pub(super) fn highlights(hints: &Hints) -> Vec<Highlight> {
    let cells = hints.left().flat_map(|(offered, _)| &offered.hint.cells);
    let highlight = |(row, cols): &(usize, std::ops::Range<u16>)| {
        Some(Highlight {
            row: u16::try_from(*row).ok()?,
            cols: cols.clone(),
            kind: HighlightKind::HoveredLink,
        })
    };
    cells.filter_map(highlight).collect()
}

/// Draws the letters; returns what was clicked, as typing its letters would pick it.
pub(super) fn hints_ui(
    ui: &Ui,
    theme: &Theme,
    hints: &Hints,
    geometry: &Geometry,
) -> Option<(Act, HintKind, String)> {
    let mut clicked = None;
    let act = Act::with(mods(ui.input(|input| input.modifiers)));
    let height = geometry.cells(0, 0, 1, 1).height();
    let font = medium((height * 0.68).clamp(9.0, 28.0));
    let painter = ui.painter_at(geometry.rect);
    for (number, (offered, rest)) in hints.left().enumerate() {
        let Some((row, cols)) = offered.hint.cells.first() else {
            continue;
        };
        let Ok(row) = u16::try_from(*row) else {
            continue;
        };
        let cell = geometry.cells(cols.start, row, 1, 1);
        let text = painter.layout_no_wrap(rest.to_uppercase(), font.clone(), theme.on_accent);
        let size = Vec2::new(text.size().x + 6.0, height);
        // At the edge it is moved in, so that it can be read.
        let left = cell.min.x.min(geometry.rect.max.x - size.x);
        let rect = Rect::from_min_size(Pos2::new(left - 1.0, cell.min.y), size);
        let id = ui.scope_id().with(("hint", number));
        let response = ui.interact(rect, id, Sense::click());
        let verb = verb(act, offered.hint.kind, &offered.hint.text);
        response.widget_info(|| {
            let label = format!("{}: {verb} {}", offered.label, offered.hint.text);
            egui::WidgetInfo::labeled(egui::Role::Button, true, label)
        });
        let fill = match response.hovered() {
            true => theme.text,
            false => theme.accent,
        };
        painter.rect(
            rect,
            3.0,
            fill,
            Stroke::new(1.0, theme.pane),
            StrokeKind::Outside,
        );
        let at = rect.center() - text.size() / 2.0;
        painter.galley(at, text, theme.on_accent);
        if response.clicked() {
            clicked = Some((act, offered.hint.kind, offered.hint.text.clone()));
        }
    }
    let leaves = does(ui, Command::HintsLeave, "leaves");
    let part = |wanted: Act, words: &'static str| (words, act == wanted);
    let parts = [
        part(Act::Copy, "letters copy"),
        part(Act::Open, "Shift opens"),
        part(Act::Insert, "Alt inserts"),
        (leaves.as_str(), false),
    ];
    mode_ui(ui, theme, geometry.rect, "Hints", &parts);
    clicked
}

fn verb(act: Act, kind: HintKind, text: &str) -> &'static str {
    match act {
        Act::Insert => "insert",
        Act::Open if opens(kind, text) => "open",
        Act::Open | Act::Copy => "copy",
    }
}

fn mods(modifiers: Modifiers) -> Mods {
    let pairs = [
        (modifiers.shift, Mods::SHIFT),
        (modifiers.alt, Mods::ALT),
        (modifiers.ctrl, Mods::CTRL),
    ];
    let down = pairs.into_iter().filter(|(down, _)| *down);
    down.fold(Mods::default(), |mods, (_, mode)| mods.with(mode))
}
