//! Images that move: which of their frames a pane shows now, and when the next is due. Nothing moves in
//! a pane that is not drawn: it goes on from the frame at which it was seen last.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use agor_proto::ids::BlobHash;
use agor_proto::screen::{Animation, AnimationFrame, Mirror, Placement, Play};

use crate::link::images::Images;

/// The shortest time for which a frame is shown, whatever its program says.
const GAP_MIN: Duration = Duration::from_millis(16);
/// A frame that is later than this was not seen: time goes on from now.
const LATE: Duration = Duration::from_millis(500);

/// What a pane plays, by image.
#[derive(Debug, Default)]
pub struct Player {
    playing: HashMap<u32, Playing>,
}

#[derive(Debug)]
struct Playing {
    frame: usize,
    /// What was shown last.
    shown: Option<BlobHash>,
    since: Instant,
    jumps: u32,
    starts: u32,
    /// How often it was played to its end.
    rounds: u32,
    /// Whether there was no next frame.
    waits: bool,
}

impl Player {
    /// Returns where the images of a screen stand, with the frame of each that is to be shown now, and
    /// after how long another is. Screens without images that move are given back as they are.
    pub fn placements(
        &mut self,
        mirror: &Mirror,
        placements: &[Placement],
        images: &Images,
        now: Instant,
    ) -> (Option<Vec<Placement>>, Option<Duration>) {
        if mirror.animations.is_empty() {
            self.playing.clear();
            return (None, None);
        }
        self.playing
            .retain(|image, _| mirror.animations.iter().any(|it| it.image == *image));
        let mut shown = placements.to_vec();
        let mut next: Option<Duration> = None;
        for animation in &mirror.animations {
            // One that stands nowhere here is not played.
            if !placements.iter().any(|it| it.image == animation.image) {
                continue;
            }
            let (blob, due) = self.frame(animation, images, now);
            for placement in &mut shown {
                if placement.image == animation.image {
                    placement.blob = blob.unwrap_or(placement.blob);
                }
            }
            next = [next, due].into_iter().flatten().min();
        }
        (Some(shown), next)
    }

    fn frame(
        &mut self,
        animation: &Animation,
        images: &Images,
        now: Instant,
    ) -> (Option<BlobHash>, Option<Duration>) {
        let playing = self.playing.entry(animation.image).or_insert(Playing {
            frame: animation.current.into(),
            shown: None,
            since: now,
            jumps: animation.jumps,
            starts: animation.starts,
            rounds: 0,
            waits: false,
        });
        if std::mem::replace(&mut playing.jumps, animation.jumps) != animation.jumps {
            playing.frame = animation.current.into();
            playing.since = now;
        }
        if std::mem::replace(&mut playing.starts, animation.starts) != animation.starts {
            playing.rounds = 0;
        }
        let frames = &animation.frames;
        playing.frame = playing.frame.min(frames.len().saturating_sub(1));
        let due = playing.advance(animation, now);
        playing.waits = due.is_none();
        if let Some(frame) = frames.get(playing.frame)
            && images.contains_key(&frame.blob)
        {
            playing.shown = Some(frame.blob);
        }
        (playing.shown, due)
    }
}

impl Playing {
    /// Goes on to the frame that is due; returns after how long the next is.
    fn advance(&mut self, animation: &Animation, now: Instant) -> Option<Duration> {
        // No more steps than there are frames: none are made up for.
        for _ in 0..animation.frames.len() {
            let next = self.after(animation, self.frame)?;
            let gap = animation.frames.get(self.frame).map_or(GAP_MIN, gap);
            let left = gap.saturating_sub(now - self.since);
            if !left.is_zero() {
                return Some(left);
            }
            let due = self.since + gap;
            let goes_on = now - due <= LATE && !std::mem::take(&mut self.waits);
            self.since = if goes_on { due } else { now };
            self.rounds += u32::from(next <= self.frame);
            self.frame = next;
        }
        Some(GAP_MIN)
    }

    /// Returns the frame that follows, if one does.
    fn after(&self, animation: &Animation, at: usize) -> Option<usize> {
        let frames = &animation.frames;
        let is_shown = |frame: &AnimationFrame| frame.gap_millis > 0;
        let later = frames.iter().skip(at + 1).position(is_shown);
        match (animation.play, later) {
            (Play::Stopped, _) => None,
            (_, Some(later)) => Some(at + 1 + later),
            (Play::Loading, None) => None,
            (Play::Running, None) => {
                let ends = animation.rounds > 0 && self.rounds + 1 >= animation.rounds;
                let first = frames.iter().position(is_shown);
                first.filter(|first| !ends && *first != at)
            }
        }
    }
}

fn gap(frame: &AnimationFrame) -> Duration {
    match frame.gap_millis {
        0 => Duration::ZERO,
        millis => Duration::from_millis(millis.into()).max(GAP_MIN),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use agor_proto::ids::{LineId, LinePosition};
    use agor_render::ImagePixels;

    use super::*;

    fn blob(n: u8) -> BlobHash {
        BlobHash([n; 32])
    }

    /// A screen with an image of frames that are shown for so long.
    fn screen(gaps: &[u32], play: Play) -> Mirror {
        let frame = |(at, gap): (usize, &u32)| AnimationFrame {
            blob: blob(at as u8),
            gap_millis: *gap,
        };
        Mirror {
            animations: vec![Animation {
                image: 7,
                frames: gaps.iter().enumerate().map(frame).collect(),
                current: 0,
                jumps: 0,
                play,
                starts: 1,
                rounds: 0,
            }],
            placements: vec![Placement {
                image: 7,
                placement: 0,
                blob: blob(0),
                pixels: (1, 1),
                source: (0, 0, 1, 1),
                at: LinePosition {
                    line: LineId(1),
                    column: 0,
                },
                offset_px: (0, 0),
                cells: (1, 1),
                z: 0,
                row: 0,
                col: 0,
                inset: (0, 0),
                extent: (1000, 1000),
            }],
            ..Mirror::default()
        }
    }

    struct World {
        player: Player,
        images: Images,
        begin: Instant,
    }

    impl World {
        fn new() -> Self {
            let pixels = || Arc::new(ImagePixels::new(vec![0; 4], (1, 1)).unwrap());
            Self {
                player: Player::default(),
                images: Arc::new((0..10).map(|n| (blob(n), pixels())).collect()),
                begin: Instant::now(),
            }
        }

        /// Returns the frame that is shown at a time, and when the next is due.
        fn at(&mut self, mirror: &Mirror, millis: u64) -> (u8, Option<u64>) {
            let now = self.begin + Duration::from_millis(millis);
            let (shown, next) =
                self.player
                    .placements(mirror, &mirror.placements, &self.images, now);
            let next = next.map(|next| millis + next.as_millis() as u64);
            (shown.unwrap()[0].blob.0[0], next)
        }
    }

    #[test]
    fn each_frame_is_shown_for_its_time_and_the_first_follows_the_last() {
        let (mut world, mirror) = (World::new(), screen(&[100, 50, 200], Play::Running));
        assert_eq!(world.at(&mirror, 0), (0, Some(100)));
        assert_eq!(world.at(&mirror, 60), (0, Some(100)));
        assert_eq!(world.at(&mirror, 101), (1, Some(150)));
        assert_eq!(world.at(&mirror, 150), (2, Some(350)));
        assert_eq!(world.at(&mirror, 355), (0, Some(450)));
        // A frame that came too late to be seen is left out.
        assert_eq!(world.at(&mirror, 505), (2, Some(700)));
    }

    #[test]
    fn frames_without_time_are_not_shown() {
        let (mut world, mirror) = (World::new(), screen(&[0, 40, 0, 60], Play::Running));
        assert_eq!(world.at(&mirror, 0), (1, Some(40)));
        assert_eq!(world.at(&mirror, 40), (3, Some(100)));
        assert_eq!(world.at(&mirror, 100), (1, Some(140)));
        let (mut world, mirror) = (World::new(), screen(&[0, 40], Play::Running));
        assert_eq!(
            world.at(&mirror, 0),
            (1, None),
            "there is but one frame to show"
        );
    }

    #[test]
    fn one_that_loads_waits_at_its_last_frame_for_more() {
        let (mut world, mut mirror) = (World::new(), screen(&[40, 40], Play::Loading));
        assert_eq!(world.at(&mirror, 0), (0, Some(40)));
        assert_eq!(world.at(&mirror, 40), (1, None));
        mirror.animations[0].frames.push(AnimationFrame {
            blob: blob(2),
            gap_millis: 40,
        });
        assert_eq!(world.at(&mirror, 300), (2, None));
    }

    #[test]
    fn rounds_are_counted_and_begin_anew_when_the_program_says_so() {
        let (mut world, mut mirror) = (World::new(), screen(&[40, 40], Play::Running));
        mirror.animations[0].rounds = 1;
        assert_eq!(world.at(&mirror, 0), (0, Some(40)));
        assert_eq!(world.at(&mirror, 40), (1, None));
        assert_eq!(world.at(&mirror, 200), (1, None));
        mirror.animations[0].starts += 1;
        mirror.animations[0].rounds = 2;
        assert_eq!(world.at(&mirror, 240).0, 0);
    }

    #[test]
    fn what_is_stopped_stays_where_it_is_until_another_frame_is_chosen() {
        let (mut world, mut mirror) = (World::new(), screen(&[40, 40, 40], Play::Running));
        world.at(&mirror, 0);
        assert_eq!(world.at(&mirror, 40).0, 1);
        mirror.animations[0].play = Play::Stopped;
        mirror.animations[0].starts += 1;
        assert_eq!(world.at(&mirror, 400), (1, None));
        mirror.animations[0].current = 2;
        mirror.animations[0].jumps += 1;
        assert_eq!(world.at(&mirror, 410), (2, None));
    }

    #[test]
    fn what_was_not_seen_for_a_while_goes_on_from_where_it_was() {
        let (mut world, mirror) = (World::new(), screen(&[40; 8], Play::Running));
        world.at(&mirror, 0);
        let (frame, next) = world.at(&mirror, 60_000);
        assert_eq!((frame, next), (1, Some(60_040)));
    }

    #[test]
    fn a_frame_whose_pixels_are_not_there_is_not_shown() {
        let (mut world, mirror) = (World::new(), screen(&[40, 40], Play::Running));
        Arc::make_mut(&mut world.images).remove(&blob(1));
        world.at(&mirror, 0);
        assert_eq!(world.at(&mirror, 40), (0, Some(80)));
    }

    #[test]
    fn screens_without_such_images_are_left_alone() {
        let (mut world, mut mirror) = (World::new(), screen(&[40], Play::Running));
        mirror.animations.clear();
        let placements = mirror.placements.clone();
        let (shown, next) =
            world
                .player
                .placements(&mirror, &placements, &world.images, world.begin);
        assert!(shown.is_none() && next.is_none());
    }
}
