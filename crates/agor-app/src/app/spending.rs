//! What agents used: asked for while it is shown.

use egui::Ui;

use super::{App, Overlay};
use crate::link::Request;
use crate::usage::{Outcome, UsagePage, usage_ui};

impl App {
    /// Shows what agents used, or what was shown before.
    pub(super) fn toggle_usage(&mut self) {
        self.overlay = match self.overlay.take() {
            Some(Overlay::Usage(_)) => None,
            _ => Some(Overlay::Usage(UsagePage::default())),
        };
    }

    /// Asks for what was used in the days that are shown, and for nothing else.
    pub(super) fn follow_spending(&mut self) {
        let wanted = match &self.overlay {
            Some(Overlay::Usage(page)) => Some(page.days),
            _ => None,
        };
        if wanted != self.usage_days && self.link.request(Request::Usage(wanted)) {
            self.usage_days = wanted;
        }
    }

    /// Draws what agents used where panes are else.
    pub(super) fn usage_ui(&mut self, ui: &mut Ui, mut page: UsagePage) {
        let spending = self.snapshot.spending.clone();
        let known = (spending.as_deref(), &*self.settings.layers);
        let outcome = usage_ui(ui, &mut page, known, &self.theme);
        if self.overlay_is(page) && outcome == Outcome::Open {
            return;
        }
        self.overlay = (outcome == Outcome::Open).then_some(Overlay::Usage(page));
        self.wake.now();
    }

    fn overlay_is(&self, page: UsagePage) -> bool {
        matches!(self.overlay, Some(Overlay::Usage(shown)) if shown == page)
    }
}
