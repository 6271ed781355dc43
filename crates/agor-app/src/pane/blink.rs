//! What blinks in panes: text (SGR 5 and 6) and cursors. A frame is asked for when something changes and
//! not before, and none while nothing blinks where somebody looks.

use std::time::{Duration, Instant};

use agor_proto::screen::{Cursor, CursorShape};

/// How long something that blinks is lit, and then is not.
const BEAT: Duration = Duration::from_millis(530);

/// A frame comes up to a frame's time earlier than it was asked for (egui makes up for the time that a frame
/// takes), and would otherwise find that nothing had changed yet and ask again.
const EARLY: Duration = Duration::from_millis(25);

/// A cursor that nothing has moved for so long stays lit: nobody looks at it.
const REST: Duration = Duration::from_secs(10);

/// How a window lets things blink.
#[derive(Debug, Clone, Copy)]
pub struct Blinking {
    /// Whether anything does at all: not for who asked for no motion, and not in pictures.
    pub allowed: bool,
    /// When all text that blinks was lit up, so that it does so together and one frame is enough.
    pub since: Instant,
    /// The form of the cursor where the program chooses none.
    pub shape: CursorShape,
    /// Whether it blinks there.
    pub cursor: bool,
}

impl Blinking {
    /// Returns whether text that blinks is lit, and after how long that changes.
    #[must_use]
    pub fn text(&self, focused: bool, now: Instant) -> (bool, Option<Duration>) {
        match self.allowed && focused {
            true => beat(now.saturating_duration_since(self.since)),
            false => (true, None),
        }
    }

    /// Returns whether a cursor is lit that was moved or typed at last at `lively`, and after how long that
    /// changes: it is lit while somebody types.
    #[must_use]
    pub fn cursor(
        &self,
        cursor: &Cursor,
        focused: bool,
        lively: Option<Instant>,
        now: Instant,
    ) -> (bool, Option<Duration>) {
        let blinks = cursor.blinking || (self.cursor && !cursor.chosen);
        let quiet = lively.map_or(REST, |at| now.saturating_duration_since(at));
        match self.allowed && focused && blinks && quiet < REST {
            true => beat(quiet),
            false => (true, None),
        }
    }

    /// Returns the form of a cursor.
    #[must_use]
    pub fn shape(&self, cursor: &Cursor) -> CursorShape {
        match cursor.chosen {
            true => cursor.shape,
            false => self.shape,
        }
    }
}

/// Returns whether something is lit that began to blink so long ago, and after how long that changes.
fn beat(since: Duration) -> (bool, Option<Duration>) {
    let beats = (since + EARLY).as_millis() / BEAT.as_millis();
    let next = BEAT.saturating_mul(u32::try_from(beats + 1).unwrap_or(u32::MAX));
    (beats.is_multiple_of(2), Some(next.saturating_sub(since)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blinking() -> Blinking {
        Blinking {
            allowed: true,
            since: Instant::now(),
            shape: CursorShape::Bar,
            cursor: true,
        }
    }

    /// Lets a window run for so many seconds that draws when it asked for it, each frame as early as egui
    /// makes it; returns for each frame what was lit.
    fn frames(
        seconds: u64,
        mut look: impl FnMut(Instant) -> (bool, Option<Duration>),
    ) -> Vec<bool> {
        let begin = Instant::now();
        let (mut now, end) = (begin, begin + Duration::from_secs(seconds));
        let mut lit = Vec::new();
        while now < end {
            let (shown, next) = look(now);
            lit.push(shown);
            match next {
                Some(next) => now += next.saturating_sub(Duration::from_micros(16_667)),
                None => break,
            }
        }
        lit
    }

    #[test]
    fn text_blinks_with_two_frames_a_second_each_of_which_changes_something() {
        let blinking = blinking();
        let lit = frames(60, |now| blinking.text(true, now));
        assert!((110..=115).contains(&lit.len()), "{}", lit.len());
        assert!(lit.windows(2).all(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn nothing_blinks_where_nobody_looks_or_who_looks_wants_no_motion() {
        let mut blinking = blinking();
        let at = blinking.since + BEAT;
        let cursor = Cursor {
            blinking: true,
            ..Cursor::default()
        };
        assert!(!blinking.text(true, at).0, "it would");
        assert!(!blinking.cursor(&cursor, true, Some(blinking.since), at).0);
        assert_eq!(blinking.text(false, at), (true, None));
        let lively = Some(blinking.since);
        assert_eq!(blinking.cursor(&cursor, false, lively, at), (true, None));
        blinking.allowed = false;
        assert_eq!(blinking.text(true, at), (true, None));
        assert_eq!(blinking.cursor(&cursor, true, lively, at), (true, None));
    }

    #[test]
    fn a_cursor_is_lit_while_somebody_types_and_when_nobody_has_for_a_while() {
        let blinking = blinking();
        let cursor = Cursor::default();
        let begin = Instant::now();
        for millis in (0..5_000).step_by(200) {
            let now = begin + Duration::from_millis(millis);
            let key = begin + Duration::from_millis(millis / 400 * 400);
            let (lit, next) = blinking.cursor(&cursor, true, Some(key), now);
            assert!(lit && next.is_some(), "{millis}");
        }
        let lit = frames(60, |now| blinking.cursor(&cursor, true, Some(begin), now));
        assert!((18..=21).contains(&lit.len()), "{}", lit.len());
        assert_eq!(lit.last(), Some(&true));
    }

    #[test]
    fn what_the_program_chose_goes_before_what_the_person_likes() {
        let blinking = blinking();
        let at = blinking.since + BEAT;
        let blinks = |cursor: &Cursor| {
            let (lit, _) = blinking.cursor(cursor, true, Some(blinking.since), at);
            !lit
        };
        let none = Cursor::default();
        assert!(blinks(&none));
        assert_eq!(blinking.shape(&none), CursorShape::Bar);
        let steady = Cursor {
            chosen: true,
            shape: CursorShape::Underline,
            ..none
        };
        assert!(!blinks(&steady));
        assert_eq!(blinking.shape(&steady), CursorShape::Underline);
        let plain = Blinking {
            cursor: false,
            ..blinking
        };
        let wished = Cursor {
            blinking: true,
            ..none
        };
        let (lit, next) = plain.cursor(&wished, true, Some(plain.since), at);
        assert!(!lit && next.is_some());
        assert!(plain.cursor(&none, true, Some(plain.since), at).0);
    }
}
