//! A few lines of a terminal, so that font, ligatures and theme are seen where they are chosen.

use std::sync::Arc;

use agor_proto::row::{Color, Row, Run, Style};
use agor_render::{Colors, PaneCache, PaneView, Renderer};
use egui::{Pos2, Rect, Sense, Stroke, StrokeKind, Ui, Vec2};

use crate::pane::canvas::callback;
use crate::theme::Theme;

/// The lines: pieces of text, each with an entry of the terminal's colours, or none.
const LINES: &[&[(&str, Option<u8>)]] = &[
    &[
        ("ada@loom", Some(2)),
        (":", None),
        ("~/shop", Some(4)),
        ("$ cargo test", None),
    ],
    &[
        ("test result: ", None),
        ("ok", Some(2)),
        (". 42 passed; ", None),
        ("1 failed", Some(1)),
    ],
    &[
        ("fn", Some(5)),
        (" total(", None),
        ("n", Some(3)),
        (": u64) -> u64 { n >= 0 && n != 7 }", None),
    ],
    &[
        ("0O 1lI |!", Some(6)),
        ("  => == <= ++ ", None),
        ("\u{e6}\u{f8}\u{fc} \u{3bb}", Some(8)),
    ],
];

/// Within the frame.
const INSET: f32 = 10.0;

/// Draws the lines over the whole width.
pub fn sample_ui(
    ui: &mut Ui,
    renderer: &mut Renderer,
    colors: &Colors,
    cache: &mut PaneCache,
    theme: &Theme,
) {
    let scale = ui.pixels_per_point();
    let cell = renderer.metrics();
    let rows: Vec<_> = LINES.iter().map(|line| Arc::new(row(line))).collect();
    let height = (cell.height_px as f32 * rows.len() as f32) / scale + 2.0 * INSET;
    let size = Vec2::new(ui.available_width(), height);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    response
        .widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, "Sample of the text"));
    if !ui.is_rect_visible(rect) {
        return;
    }
    let border = Stroke::new(1.0, theme.border);
    ui.painter()
        .rect(rect, 4.0, theme.pane, border, StrokeKind::Inside);
    let inside = rect.shrink(INSET);
    let pixels = |points: f32| (points * scale).round();
    let view = PaneView {
        rows: &rows,
        columns: 120,
        origin_px: [0, 0],
        clip_px: None,
        size_px: [
            pixels(inside.width()) as u32,
            pixels(inside.height()) as u32,
        ],
        cursor: None,
        spans: &[],
        images: &[],
        colors,
        palette: &[],
        reverse: false,
        dim: false,
        blink_on: true,
    };
    let draw = renderer.pane(cache, &view);
    let corner = Pos2::new(pixels(inside.min.x) / scale, pixels(inside.min.y) / scale);
    ui.painter()
        .add(callback(Rect::from_min_size(corner, inside.size()), draw));
}

fn row(pieces: &[(&str, Option<u8>)]) -> Row {
    let run = |(text, color): &(&str, Option<u8>)| Run {
        cells: u16::try_from(text.chars().count()).unwrap_or(u16::MAX),
        style: Style {
            fg: color.map_or(Color::Default, Color::Indexed),
            ..Style::default()
        },
    };
    Row {
        text: pieces.iter().map(|(text, _)| *text).collect(),
        runs: pieces.iter().map(run).collect(),
        ..Row::default()
    }
}
