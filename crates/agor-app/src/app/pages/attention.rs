//! What needs the person, over all projects, as a page.

use agor_proto::command::CommandBody;
use agor_proto::ids::SessionId;
use egui::{Painter, Pos2, Shape, Stroke, Ui, Vec2};

use super::{After, App, Page};
use crate::attention::{Attention, Outcome, attention_ui, queue};
use crate::commands::context::{self, Chain};
use crate::drafts::Field;
use crate::link::Request;
use crate::text::now_millis;

pub(super) fn open(_app: &mut App) -> Box<dyn Page> {
    Box::new(Attention::default())
}

/// A diamond, as the badge of what asks.
pub(super) fn sign(painter: &Painter, center: Pos2, stroke: Stroke) {
    let points = [(0.0, -5.0), (5.0, 0.0), (0.0, 5.0), (-5.0, 0.0)];
    let points = points.map(|(x, y)| center + Vec2::new(x, y));
    painter.add(Shape::closed_line(points.into(), stroke));
}

impl Page for Attention {
    fn page_ui(&mut self, app: &mut App, ui: &mut Ui) -> After {
        let sessions = app.snapshot.sessions.clone().unwrap_or_default();
        let queue = queue(&sessions);
        let name_of = |folder: &str| app.snapshot.project_name(folder);
        let replies = Attention::reply(self).is_some();
        let outcome = attention_ui(ui, self, &queue, &name_of, &app.theme, now_millis());
        if let (false, Some((session, ""))) = (replies, Attention::reply(self))
            && let Some(draft) = app.draft_of(&Field::Reply(session))
        {
            self.begin_reply(draft);
        }
        match outcome {
            Outcome::Open => {}
            Outcome::Closed => return After::Closes,
            Outcome::Show(session) => {
                app.go_to_need(session);
                return After::Done;
            }
            Outcome::Answer {
                session,
                question,
                choice,
            } => app.answer(session, question, &choice.keys),
            Outcome::Reply {
                session,
                goes,
                text,
            } => app.reply(session, goes, text),
            Outcome::Restart(session) => {
                let body = CommandBody::Restart { session };
                app.link.request(Request::Command(body));
            }
        }
        After::Stays
    }

    fn contexts(&self) -> Chain {
        match Attention::reply(self) {
            Some(_) => context::EDITOR,
            None => context::LIST,
        }
    }

    fn reply(&self) -> Option<(SessionId, &str)> {
        Self::reply(self)
    }
}
