//! The few shapes of the interface, drawn as strokes: the states of sessions, and signs on buttons.
//! A state is told by its shape first, then by its colour.

pub mod turn;

use agor_proto::agent::State;
use agor_proto::session::{Life, SessionInfo};
use egui::{Color32, Painter, Pos2, Rect, Shape, Stroke, Vec2};

use crate::theme::Theme;

/// The width of strokes in points.
const STROKE: f32 = 1.5;

/// What a session's mark says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mark {
    Starting,
    Running,
    Working,
    NeedsPermission,
    NeedsAnswer,
    Done,
    Idle,
    Error,
    Stalled,
    Exited,
    Lost,
}

impl Mark {
    /// Returns the mark of a session.
    #[must_use]
    pub fn of(session: &SessionInfo) -> Self {
        match (&session.life, session.state) {
            (Life::Starting, _) => Self::Starting,
            (Life::Exited { code: 0, signal: 0 }, _) => Self::Exited,
            (Life::Exited { .. } | Life::Failed { .. }, _) => Self::Error,
            // Nobody has seen yet that an agent went down with its machine.
            (Life::Lost, State::Error) => Self::Error,
            (Life::Lost, _) => Self::Lost,
            (Life::Running, State::Exited) => Self::Running,
            (Life::Running, state) => Self::of_state(state),
        }
    }

    /// Returns the mark of an agent's state.
    #[must_use]
    pub fn of_state(state: State) -> Self {
        match state {
            State::Working => Self::Working,
            State::NeedsPermission => Self::NeedsPermission,
            State::NeedsAnswer => Self::NeedsAnswer,
            State::Done => Self::Done,
            State::Idle => Self::Idle,
            State::Error => Self::Error,
            State::Stalled => Self::Stalled,
            State::Exited => Self::Exited,
            State::Starting => Self::Starting,
            State::Unknown => Self::Running,
        }
    }

    /// Returns the word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Working => "working",
            Self::NeedsPermission => "needs permission",
            Self::NeedsAnswer => "needs an answer",
            Self::Done => "done",
            Self::Idle => "idle",
            Self::Error => "failed",
            Self::Stalled => "stalled",
            Self::Exited => "ended",
            Self::Lost => "lost",
        }
    }

    /// Returns its place among all, what asks most for the person first.
    #[must_use]
    pub fn urgency(self) -> u8 {
        match self {
            Self::NeedsPermission => 0,
            Self::NeedsAnswer => 1,
            Self::Error => 2,
            Self::Stalled => 3,
            Self::Done => 4,
            Self::Working => 5,
            Self::Starting => 6,
            Self::Running => 7,
            Self::Idle => 8,
            Self::Lost => 9,
            Self::Exited => 10,
        }
    }

    /// Says whether it asks for the person.
    #[must_use]
    pub fn needs_you(self) -> bool {
        matches!(self, Self::NeedsPermission | Self::NeedsAnswer)
    }

    /// Returns its colour.
    #[must_use]
    pub fn color(self, theme: &Theme) -> Color32 {
        match self {
            Self::Working | Self::Starting => theme.working,
            Self::NeedsPermission | Self::NeedsAnswer => theme.needs_you,
            Self::Done => theme.done,
            Self::Error => theme.error,
            Self::Stalled | Self::Lost => theme.stalled,
            Self::Running | Self::Idle => theme.idle,
            Self::Exited => theme.faint,
        }
    }

    /// Draws it, 14 points wide, around `center`.
    pub fn paint(self, painter: &Painter, center: Pos2, theme: &Theme) {
        let color = self.color(theme);
        let stroke = Stroke::new(STROKE, color);
        let radius = 4.5;
        match self {
            Self::Running | Self::Idle => {
                painter.circle_stroke(center, radius - 0.5, stroke);
                if self == Self::Running {
                    painter.circle_filled(center, 1.75, color);
                }
            }
            Self::Starting => dotted_circle(painter, center, radius, color),
            Self::Working => {
                let turned = turn::angle(painter, center);
                let points = (0..=18).map(|step| {
                    let angle = turned + f32::from(step as u8) / 18.0 * 1.5 * std::f32::consts::PI;
                    center + Vec2::angled(angle) * radius
                });
                painter.add(Shape::line(points.collect(), stroke));
            }
            Self::NeedsPermission => self.diamond(painter, center, theme, "!"),
            Self::NeedsAnswer => self.diamond(painter, center, theme, "?"),
            Self::Done => {
                painter.circle_filled(center, radius + 0.5, color);
                tick(painter, center, 1.0, Stroke::new(STROKE, theme.panel));
            }
            Self::Error => {
                let square = Rect::from_center_size(center, Vec2::splat(radius * 2.0));
                painter.rect_filled(square, 2.0, color);
                cross(painter, center, 2.0, Stroke::new(STROKE, theme.panel));
            }
            Self::Stalled | Self::Lost => {
                for x in [-2.25, 2.25] {
                    let bar =
                        Rect::from_center_size(center + Vec2::new(x, 0.0), Vec2::new(2.5, 9.0));
                    painter.rect_filled(bar, 1.0, color);
                }
            }
            Self::Exited => {
                painter.hline(center.x - 3.5..=center.x + 3.5, center.y, stroke);
            }
        }
    }

    fn diamond(self, painter: &Painter, center: Pos2, theme: &Theme, sign: &str) {
        let corners = [(0.0, -6.0), (6.0, 0.0), (0.0, 6.0), (-6.0, 0.0)];
        let points = corners.map(|(x, y)| center + Vec2::new(x, y));
        let fill = self.color(theme);
        painter.add(Shape::convex_polygon(points.into(), fill, Stroke::NONE));
        let font = crate::theme::semibold(9.0);
        painter.text(center, egui::Align2::CENTER_CENTER, sign, font, theme.panel);
    }
}

/// Says whether something of a session's agent goes on in the background.
#[must_use]
pub fn goes_on_beside(info: &SessionInfo) -> bool {
    let agent = info.agent.as_ref().filter(|_| info.life.alive());
    agent.is_some_and(|agent| agent.background > 0)
}

/// Draws a dot at the lower right of a session's mark while something of its agent goes on in the background.
pub fn beside(painter: &Painter, center: Pos2, info: &SessionInfo, theme: &Theme) {
    if goes_on_beside(info) {
        let at = center + Vec2::splat(5.0);
        // A panel's ground around it, so that it is told from the mark.
        painter.circle_filled(at, 3.25, theme.panel);
        painter.circle_filled(at, 2.0, theme.working);
    }
}

fn dotted_circle(painter: &Painter, center: Pos2, radius: f32, color: Color32) {
    for step in 0..8_u8 {
        let angle = f32::from(step) / 8.0 * std::f32::consts::TAU;
        painter.circle_filled(center + Vec2::angled(angle) * radius, 0.9, color);
    }
}

/// Draws a tick, so many times as large as that of a state.
pub fn tick(painter: &Painter, center: Pos2, times: f32, stroke: Stroke) {
    let points = [(-2.2, 0.2), (-0.6, 1.9), (2.4, -1.7)];
    let points = points.map(|(x, y)| center + times * Vec2::new(x, y));
    painter.add(Shape::line(points.into(), stroke));
}

/// Draws a cross with arms of `arm` points.
pub fn cross(painter: &Painter, center: Pos2, arm: f32, stroke: Stroke) {
    painter.line_segment(
        [center - Vec2::splat(arm), center + Vec2::splat(arm)],
        stroke,
    );
    let down = Vec2::new(arm, -arm);
    painter.line_segment([center - down, center + down], stroke);
}

/// Draws a plus with arms of `arm` points.
pub fn plus(painter: &Painter, center: Pos2, arm: f32, stroke: Stroke) {
    painter.hline(center.x - arm..=center.x + arm, center.y, stroke);
    painter.vline(center.x, center.y - arm..=center.y + arm, stroke);
}

/// Draws a chevron that points down (`way` 1) or up (-1).
pub fn chevron(painter: &Painter, center: Pos2, way: f32, stroke: Stroke) {
    let points = [(-4.0, -2.0), (0.0, 2.0), (4.0, -2.0)];
    let points = points.map(|(x, y)| center + Vec2::new(x, y * way));
    painter.add(Shape::line(points.into(), stroke));
}

/// Draws a small triangle that points down for what is open, and right for what is folded.
pub fn fold(painter: &Painter, center: Pos2, folded: bool, color: Color32) {
    let points = match folded {
        true => [(-1.75, -3.5), (2.25, 0.0), (-1.75, 3.5)],
        false => [(-3.5, -1.75), (0.0, 2.25), (3.5, -1.75)],
    };
    let points = points.map(|(x, y)| center + Vec2::new(x, y));
    painter.add(Shape::convex_polygon(points.into(), color, Stroke::NONE));
}

/// Draws the sign of what has a window of its own: a square with an arrow that leaves it.
pub fn apart(painter: &Painter, center: Pos2, half: f32, stroke: Stroke) {
    let at = |x: f32, y: f32| center + Vec2::new(x, y) * half;
    painter.line(
        vec![
            at(-0.2, -0.9),
            at(-0.9, -0.9),
            at(-0.9, 0.9),
            at(0.9, 0.9),
            at(0.9, 0.2),
        ],
        stroke,
    );
    painter.line(vec![at(0.0, 0.0), at(1.0, -1.0)], stroke);
    painter.line(vec![at(0.3, -1.0), at(1.0, -1.0), at(1.0, -0.3)], stroke);
}

/// Draws a pin, for what stays.
pub fn pin(painter: &Painter, center: Pos2, color: Color32) {
    let stroke = Stroke::new(1.5, color);
    painter.circle_filled(center - Vec2::new(0.0, 2.5), 2.75, color);
    painter.vline(center.x, center.y - 1.0..=center.y + 5.0, stroke);
}

#[cfg(test)]
mod tests {
    use agor_core::themes::DARK;
    use agor_proto::agent::AgentInfo;
    use egui_kittest::Harness;

    use super::*;
    use crate::testing::{agent_info, session_info};

    /// Returns how many circles are drawn beside the mark of an agent.
    fn circles(background: u32, life: Life) -> usize {
        let agent = AgentInfo {
            background,
            ..agent_info()
        };
        let info = SessionInfo {
            agent: Some(agent),
            life,
            ..session_info(1, "claude")
        };
        let theme = Theme::built_in(DARK);
        let mut harness = Harness::builder().build_ui(move |ui| {
            beside(ui.painter(), Pos2::new(20.0, 20.0), &info, &theme);
        });
        harness.run();
        let shapes = harness.output().shapes.iter();
        let circles = shapes.filter(|clipped| matches!(clipped.shape, Shape::Circle(_)));
        circles.count()
    }

    #[test]
    fn an_agent_that_was_lost_has_failed_until_that_was_seen() {
        let lost = |state| SessionInfo {
            life: Life::Lost,
            state,
            ..session_info(1, "claude")
        };
        assert_eq!(Mark::of(&lost(State::Error)), Mark::Error);
        assert_eq!(Mark::of(&lost(State::Exited)), Mark::Lost);
    }

    #[test]
    fn what_goes_on_in_the_background_is_a_dot_beside_the_mark_until_its_agent_ends() {
        assert_eq!(circles(0, Life::Running), 0);
        assert_eq!(circles(2, Life::Running), 2, "a dot and its ground");
        assert_eq!(circles(2, Life::Exited { code: 0, signal: 0 }), 0);
    }
}
