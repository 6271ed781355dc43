//! The wall of all sessions as a page.

use std::time::Instant;

use egui::{Painter, Pos2, Rect, Stroke, StrokeKind, Ui, Vec2};

use super::{After, App, Page, Wants};
use crate::commands::context::{self, Chain};
use crate::pane::canvas::Canvas;
use crate::wall::{Outcome, Wall, WallPainting, wall_ui};

pub(super) fn open(app: &mut App) -> Box<dyn Page> {
    Box::new(Wall::new(app.workspace.focused_session()))
}

/// Four screens.
pub(super) fn sign(painter: &Painter, center: Pos2, stroke: Stroke) {
    for (x, y) in [(-2.75, -2.75), (2.75, -2.75), (-2.75, 2.75), (2.75, 2.75)] {
        let screen = Rect::from_center_size(center + Vec2::new(x, y), Vec2::splat(4.0));
        painter.rect_stroke(screen, 1.0, stroke, StrokeKind::Middle);
    }
}

impl Page for Wall {
    fn contexts(&self) -> Chain {
        context::WALL
    }

    fn page_ui(&mut self, app: &mut App, ui: &mut Ui) -> After {
        let font = app.font();
        let canvas = Canvas::new(ui, ui.max_rect(), &mut app.renderer);
        let mut painting = WallPainting {
            theme: &app.theme,
            colors: &app.colors,
            renderer: &mut app.renderer,
            canvas,
            font,
            snapshot: &app.snapshot,
            wake: &app.wake,
            now: Instant::now(),
        };
        let selected = self.selected();
        // Every wall of the window, and the next one, is grouped as the person chose last.
        self.grouping = app.workspace.wall;
        let outcome = wall_ui(ui, self, &mut painting);
        painting.canvas.finish(painting.renderer);
        let regrouped = std::mem::replace(&mut app.workspace.wall, self.grouping) != self.grouping;
        match outcome {
            Outcome::Open => {
                if self.selected() != selected || regrouped {
                    // It is shown as it changes from now on; the head says how they are grouped.
                    app.wake.now();
                }
                After::Stays
            }
            Outcome::Closed => After::Closes,
            Outcome::Show(session) => {
                app.show_session(session);
                After::Done
            }
        }
    }

    fn wants(&self) -> Wants {
        Wants {
            sessions: Some(self.selected()),
            ..Wants::default()
        }
    }

    fn focus(&mut self) {
        self.ask_for_keyboard();
    }

    fn draft(&self, _app: &App) -> Option<String> {
        Some(self.filter().to_owned())
    }

    fn restore(&mut self, draft: &str) {
        self.choose(draft);
    }
}
