//! The ring that turns while an agent works: the one thing of the interface that moves by itself. A frame is asked
//! for when it comes to its next position, and only while one is drawn where somebody looks.

use std::time::{Duration, Instant};

use egui::{Context, Id, Painter, Pos2};

/// How long it stays at a position. Each is a frame of the whole window, of about 3 ms where a hundred sessions are
/// listed: at two and a half a second an agent at work costs less than a hundredth of a core, and the ring is still
/// seen to move out of the corner of the eye.
const STEP: Duration = Duration::from_millis(400);

/// Positions of one turn: each moves the gap, a quarter of the ring, by two thirds of itself, so that the eye follows
/// it one way round.
const STEPS: u128 = 6;

/// A frame comes up to a frame's time earlier than it was asked for, and would otherwise find the ring where it
/// was.
const EARLY: Duration = Duration::from_millis(25);

/// The rings of a frame.
#[derive(Debug, Clone, Copy, Default)]
struct Turn {
    /// How long they have turned; none while they stand still.
    since: Option<Duration>,
    /// Whether one was drawn.
    drawn: bool,
}

fn id() -> Id {
    Id::unique("working ring")
}

/// Begins a frame, in which rings stand where they have come to since `since`, or stand still.
pub fn begin(context: &Context, since: Instant, now: Instant, turns: bool) {
    let since = turns.then(|| now.saturating_duration_since(since));
    let turn = Turn {
        since,
        drawn: false,
    };
    context.data_mut(|data| data.insert_temp(id(), turn));
}

/// Returns by what angle a ring is turned that is drawn now, and notes that one is.
pub fn angle(painter: &Painter, center: Pos2) -> f32 {
    let seen = painter.clip_rect().contains(center);
    painter.ctx().data_mut(|data| {
        let turn: &mut Turn = data.get_temp_mut_or_default(id());
        turn.drawn |= seen;
        let steps = turn.since.map_or(0, |since| {
            ((since + EARLY).as_millis() / STEP.as_millis()) % STEPS
        });
        steps as f32 / STEPS as f32 * std::f32::consts::TAU
    })
}

/// Returns after how long the next frame is to be drawn, if a ring that turns was drawn in this one.
pub fn next(context: &Context) -> Option<Duration> {
    let turn: Turn = context.data(|data| data.get_temp(id()))?;
    let since = turn.since.filter(|_| turn.drawn)?;
    let steps = (since + EARLY).as_millis() / STEP.as_millis();
    let next = STEP.saturating_mul(u32::try_from(steps + 1).unwrap_or(u32::MAX));
    Some(next.saturating_sub(since))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn painter(context: &Context) -> Painter {
        let area = egui::Rect::from_min_max(Pos2::ZERO, Pos2::new(100.0, 100.0));
        Painter::new(context.clone(), egui::LayerId::background(), area)
    }

    #[test]
    fn a_ring_turns_by_five_frames_in_two_seconds_each_of_which_shows_it_elsewhere() {
        let (context, begin_at) = (Context::default(), Instant::now());
        let mut now = begin_at;
        let mut angles = Vec::new();
        while now < begin_at + Duration::from_secs(10) {
            begin(&context, begin_at, now, true);
            angles.push(angle(&painter(&context), Pos2::new(5.0, 5.0)));
            let next = next(&context).expect("it turns");
            // As early as egui makes a frame.
            now += next.saturating_sub(Duration::from_micros(16_667));
        }
        assert!((23..=27).contains(&angles.len()), "{}", angles.len());
        assert!(angles.windows(2).all(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn d9_nothing_is_wanted_of_one_that_stands_still_or_is_out_of_view_or_not_there() {
        let (context, now) = (Context::default(), Instant::now());
        let (in_view, out_of_view) = (Pos2::new(5.0, 5.0), Pos2::new(5.0, 500.0));
        begin(&context, now, now, true);
        assert_eq!(next(&context), None);
        angle(&painter(&context), out_of_view);
        assert_eq!(next(&context), None);
        angle(&painter(&context), in_view);
        assert!(next(&context).is_some());
        begin(&context, now, now + Duration::from_secs(9), false);
        assert_eq!(angle(&painter(&context), in_view), 0.0);
        assert_eq!(next(&context), None);
    }
}
