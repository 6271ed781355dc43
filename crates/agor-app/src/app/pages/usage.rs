//! What agents used, as a page.

use egui::{Painter, Pos2, Stroke, Ui};

use super::{After, App, Page, Wants};
use crate::usage::{Outcome, UsagePage, usage_ui};

pub(super) fn open(_app: &mut App) -> Box<dyn Page> {
    Box::new(UsagePage::default())
}

/// Bars.
pub(super) fn sign(painter: &Painter, center: Pos2, stroke: Stroke) {
    for (x, height) in [(-4.0, 4.0), (0.0, 9.0), (4.0, 6.5)] {
        painter.vline(
            center.x + x,
            center.y + 4.5 - height..=center.y + 4.5,
            stroke,
        );
    }
}

impl Page for UsagePage {
    fn page_ui(&mut self, app: &mut App, ui: &mut Ui) -> After {
        let days = self.days;
        let spending = app.snapshot.spending.clone();
        let known = (spending.as_deref(), &*app.settings.layers);
        let outcome = usage_ui(ui, self, known, &app.theme);
        if self.days != days {
            app.wake.now();
        }
        After::stays_if(outcome == Outcome::Open)
    }

    fn wants(&self) -> Wants {
        Wants {
            usage_days: Some(self.days),
            ..Wants::default()
        }
    }
}
