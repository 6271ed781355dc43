//! How link, host, store and window are, as a page.

use egui::{Painter, Pos2, Shape, Stroke, Ui, Vec2};

use super::{After, App, Page, Wants};
use crate::diagnostics::{Outcome, diagnostics_ui};

struct Diagnostics;

pub(super) fn open(_app: &mut App) -> Box<dyn Page> {
    Box::new(Diagnostics)
}

/// A pulse.
pub(super) fn sign(painter: &Painter, center: Pos2, stroke: Stroke) {
    let points = [
        (-5.0, 0.0),
        (-2.5, 0.0),
        (-1.0, -4.0),
        (1.5, 4.0),
        (3.0, 0.0),
        (5.0, 0.0),
    ];
    let points = points.map(|(x, y)| center + Vec2::new(x, y));
    painter.add(Shape::line(points.into(), stroke));
}

impl Page for Diagnostics {
    fn page_ui(&mut self, app: &mut App, ui: &mut Ui) -> After {
        let (window, frames) = (app.drawn, app.frames);
        let outcome = diagnostics_ui(ui, &app.snapshot, window, frames, &app.theme);
        After::stays_if(outcome == Outcome::Open)
    }

    fn wants(&self) -> Wants {
        Wants {
            diagnosis: true,
            ..Wants::default()
        }
    }
}
