//! The first steps as a page.

use egui::{Painter, Pos2, Shape, Stroke, Ui, Vec2};

use super::{After, App, Page};
use crate::commands::context::{self, Chain};
use crate::text::whole_folder;
use crate::welcome::{Did, Welcome, welcome_ui};

pub(super) fn open(app: &mut App) -> Box<dyn Page> {
    Box::new(Welcome::new(app.current_folder()))
}

/// Steps.
pub(super) fn sign(painter: &Painter, center: Pos2, stroke: Stroke) {
    let points = [
        (-5.0, 4.0),
        (-1.7, 4.0),
        (-1.7, 0.0),
        (1.7, 0.0),
        (1.7, -4.0),
        (5.0, -4.0),
    ];
    let points = points.map(|(x, y)| center + Vec2::new(x, y));
    painter.add(Shape::line(points.into(), stroke));
}

impl Page for Welcome {
    fn contexts(&self) -> Chain {
        context::PALETTE
    }

    fn page_ui(&mut self, app: &mut App, ui: &mut Ui) -> After {
        let agents = app.snapshot.agents.clone();
        let folder = app.current_folder();
        let settings = app.settings.clone();
        let default = settings
            .layers
            .text("agents.provider", Some(folder.as_str()));
        let keyboard = app.keyboard.borrow();
        let keymap = keyboard.router.keymap();
        let did = welcome_ui(ui, self, (&agents, default), keymap, &app.theme);
        drop(keyboard);
        match did {
            None => return After::Stays,
            Some(Did::Shell(folder)) => app.open_shell(&whole_folder(&folder)),
            Some(Did::Agent {
                folder,
                provider,
                words,
            }) => app.start_agent_in(whole_folder(&folder), provider, words),
        }
        After::Closes
    }

    fn focus(&mut self) {
        self.ask_for_keyboard();
    }

    fn draft(&self, app: &App) -> Option<String> {
        let private = app.keeps_nothing_of(&whole_folder(&self.folder()));
        self.typed().filter(|_| !private)
    }

    fn restore(&mut self, draft: &str) {
        self.retype(draft);
    }
}
