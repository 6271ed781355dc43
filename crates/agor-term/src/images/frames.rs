//! The frames of an image (kitty graphics protocol, "Animation"): what each is composed of, and how
//! they are played. There are no pixels here. A frame is known by the hash of what it is made from, as
//! images are, so that what has the pixels composes each once.

use agor_proto::ids::BlobHash;
use agor_proto::limits;
use agor_proto::screen::{Animation, AnimationFrame, Play};
use serde::{Deserialize, Serialize};

use super::source::{Base, Composition, ImageSource, Overlay};
use super::{ImageFault, ImageKey};

/// How long a frame is shown whose program does not say.
const GAP_MILLIS: u32 = 40;
/// Frames of frames: a frame may hold a part of another, which holds a part of another.
const DEPTH_MAX: u8 = 4;

/// The frames of an image and how they are played.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Frames {
    /// From the image itself on.
    list: Vec<Frame>,
    /// What was sent for frames: hash and size in bytes.
    sent: Vec<(BlobHash, u64)>,
    /// Frames as they were when a part of them was taken for another.
    taken: Vec<(BlobHash, Composition)>,
    /// The frame that the program chose last.
    pub current: u16,
    pub play: Play,
    /// How often it is played; 0 is for ever.
    pub rounds: u32,
    /// How often the program chose a frame, and how often it said how they are played.
    pub jumps: u32,
    pub starts: u32,
}

/// One frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Frame {
    /// What is shown.
    pub hash: BlobHash,
    /// How long; 0 is not at all.
    pub gap_millis: u32,
    made_of: Composition,
    /// How many frames there are behind it.
    depth: u8,
}

/// What a program changes of a frame.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Edit {
    /// The frame from 1 on that is changed; a new one if there is none.
    pub frame: u32,
    /// The frame that a new one begins as, or 0.
    pub based_on: u32,
    /// What else a new one begins as: red, green, blue, alpha.
    pub color: u32,
    /// Where the sent pixels go.
    pub at: (u32, u32),
    /// Whether they replace what was there.
    pub replace: bool,
    /// Milliseconds; 0 says nothing and less than 0 is no time.
    pub gap: i32,
}

/// A part of one frame that goes into another.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Copy {
    pub from: u32,
    pub to: u32,
    pub size: (u32, u32),
    pub source: (u32, u32),
    pub at: (u32, u32),
    pub replace: bool,
}

impl Frames {
    /// Returns the only frame of an image.
    pub fn of(key: &ImageKey) -> Self {
        Self {
            list: vec![Frame {
                hash: key.hash,
                gap_millis: 0,
                made_of: Composition {
                    base: Base::Image(key.hash),
                    overlays: Vec::new(),
                },
                depth: 0,
            }],
            ..Self::default()
        }
    }

    /// Returns the frame that the program chose.
    pub fn current(&self) -> Option<&Frame> {
        self.list.get(usize::from(self.current))
    }

    /// Returns the hashes of everything that frames are made from and are.
    pub fn hashes(&self) -> impl Iterator<Item = BlobHash> {
        let sent = self.sent.iter().map(|(hash, _)| *hash);
        let taken = self.taken.iter().map(|(hash, _)| *hash);
        let frames = self.list.iter().map(|frame| frame.hash);
        sent.chain(taken).chain(frames)
    }

    /// Returns how many bytes they are made from.
    pub fn size_bytes(&self) -> u64 {
        let sent = self.sent.iter().map(|(_, bytes)| *bytes);
        let taken = self.taken.iter().map(|(_, made_of)| made_of.size_bytes());
        let frames = self.list.iter().map(|frame| frame.made_of.size_bytes());
        sent.chain(taken).chain(frames).fold(0, u64::saturating_add)
    }

    /// Returns what those who show the image have to know, if anything of it could move.
    pub fn animation(&self, image: u32) -> Option<Animation> {
        let moves = self.list.iter().filter(|frame| frame.gap_millis > 0);
        if self.list.len() < 2 || moves.count() == 0 {
            return None;
        }
        let frame = |frame: &Frame| AnimationFrame {
            blob: frame.hash,
            gap_millis: frame.gap_millis,
        };
        Some(Animation {
            image,
            frames: self.list.iter().map(frame).collect(),
            current: self.current,
            jumps: self.jumps,
            play: self.play,
            starts: self.starts,
            rounds: self.rounds,
        })
    }

    /// Returns which frame a number means.
    fn at(&self, number: u32) -> Option<usize> {
        let at = usize::try_from(number).ok()?.checked_sub(1)?;
        (at < self.list.len()).then_some(at)
    }

    /// Adds or changes a frame; returns what it is now made from, unless that is `key` alone.
    pub fn edit(
        &mut self,
        edit: Edit,
        key: ImageKey,
        size: (u32, u32),
    ) -> Result<Option<ImageSource>, ImageFault> {
        if !fits(edit.at, key.pixels, size) {
            return Err(ImageFault::Invalid);
        }
        if self.size_bytes().saturating_add(key.size_bytes) > limits::SESSION_IMAGE_BYTES_MAX {
            return Err(ImageFault::NoRoom);
        }
        let changed = self.at(edit.frame);
        let mut frame = match (changed, edit.based_on) {
            (Some(at), _) => self.list[at].clone(),
            (None, _) if self.list.len() >= limits::IMAGE_FRAMES_MAX => {
                return Err(ImageFault::NoRoom);
            }
            (None, 0) => Frame {
                hash: key.hash,
                gap_millis: GAP_MILLIS,
                made_of: Composition {
                    base: Base::Color(edit.color),
                    overlays: Vec::new(),
                },
                depth: 0,
            },
            (None, based_on) => {
                let based_on = self.at(based_on).ok_or(ImageFault::Missing)?;
                Frame {
                    gap_millis: GAP_MILLIS,
                    ..self.list[based_on].clone()
                }
            }
        };
        frame.lay(
            Overlay {
                image: key.hash,
                image_size: key.pixels,
                source: (0, 0),
                size: key.pixels,
                at: edit.at,
                replace: edit.replace,
            },
            size,
        )?;
        set_gap(&mut frame, edit.gap);
        let source = frame.name(size);
        self.sent.push((key.hash, key.size_bytes));
        match changed {
            Some(at) => self.list[at] = frame,
            None => self.list.push(frame),
        }
        self.forget_unused();
        Ok(source)
    }

    /// Copies a part of a frame into another; returns what that is now made from.
    pub fn copy(
        &mut self,
        copy: Copy,
        size: (u32, u32),
    ) -> Result<Option<ImageSource>, ImageFault> {
        let from = self.at(copy.from).ok_or(ImageFault::Missing)?;
        let to = self.at(copy.to).ok_or(ImageFault::Missing)?;
        if !fits(copy.at, copy.size, size) || !fits(copy.source, copy.size, size) {
            return Err(ImageFault::Invalid);
        }
        let apart = |a: u32, b: u32, len: u32| a.abs_diff(b) >= len;
        if from == to
            && !apart(copy.at.0, copy.source.0, copy.size.0)
            && !apart(copy.at.1, copy.source.1, copy.size.1)
        {
            return Err(ImageFault::Invalid);
        }
        let source = self.list[from].clone();
        let mut frame = self.list[to].clone();
        frame.depth = frame.depth.max(source.depth + 1);
        if frame.depth > DEPTH_MAX {
            return Err(ImageFault::NoRoom);
        }
        frame.lay(
            Overlay {
                image: source.hash,
                image_size: size,
                source: copy.source,
                size: copy.size,
                at: copy.at,
                replace: copy.replace,
            },
            size,
        )?;
        let made = frame.name(size);
        if source.made_of.image() != Some(source.hash) {
            self.taken.push((source.hash, source.made_of));
        }
        self.list[to] = frame;
        self.forget_unused();
        Ok(made)
    }

    /// Does `a=a`.
    pub fn control(&mut self, frame: u32, gap: i32, current: u32, play: u32, rounds: u32) {
        if let Some(at) = self.at(frame) {
            set_gap(&mut self.list[at], gap);
        }
        if let Some(at) = self.at(current) {
            self.current = at as u16;
            self.jumps = self.jumps.wrapping_add(1);
        }
        let play = match play {
            1 => Some(Play::Stopped),
            2 => Some(Play::Loading),
            3 => Some(Play::Running),
            _ => None,
        };
        if let Some(play) = play {
            self.starts = self.starts.wrapping_add(1);
            self.play = play;
        }
        self.rounds = rounds.checked_sub(1).unwrap_or(self.rounds);
    }

    /// Removes a frame; says whether it was the only one, which stays.
    pub fn remove(&mut self, number: u32) -> bool {
        if self.list.len() <= 1 {
            return true;
        }
        let at = self.at(number.max(1)).unwrap_or(self.list.len() - 1);
        self.list.remove(at);
        if usize::from(self.current) >= self.list.len() || usize::from(self.current) > at {
            self.current = self.current.saturating_sub(1);
        }
        self.forget_unused();
        false
    }

    /// Forgets what no frame is made from any more.
    fn forget_unused(&mut self) {
        let mut used = std::collections::HashSet::new();
        let mut left: Vec<&Composition> = self.list.iter().map(|frame| &frame.made_of).collect();
        while let Some(made_of) = left.pop() {
            for hash in made_of.parts() {
                if used.insert(hash) {
                    let taken = self.taken.iter().find(|(known, _)| *known == hash);
                    left.extend(taken.map(|(_, made_of)| made_of));
                }
            }
        }
        let mut kept = std::collections::HashSet::new();
        self.sent
            .retain(|(hash, _)| used.contains(hash) && kept.insert(*hash));
        self.taken
            .retain(|(hash, _)| used.contains(hash) && kept.insert(*hash));
    }

    /// Says whether what was read from a checkpoint can be an image's frames.
    pub fn is_consistent(&self) -> bool {
        let held = |made_of: &Composition| made_of.overlays.len() <= limits::FRAME_OVERLAYS_MAX;
        (1..=limits::IMAGE_FRAMES_MAX).contains(&self.list.len())
            && usize::from(self.current) < self.list.len()
            && self
                .list
                .iter()
                .all(|frame| held(&frame.made_of) && frame.depth <= DEPTH_MAX)
            && self.taken.iter().all(|(_, made_of)| held(made_of))
    }
}

impl Frame {
    /// Lays pixels over the frame; what they hide for good is left out.
    fn lay(&mut self, overlay: Overlay, size: (u32, u32)) -> Result<(), ImageFault> {
        let made_of = &mut self.made_of;
        let covers = overlay.size == size && overlay.image_size == size;
        if overlay.replace {
            made_of.overlays.retain(|below| !overlay.hides(below));
        }
        // Over nothing, mixing is replacing.
        let nothing = made_of.base == Base::Color(0) && made_of.overlays.is_empty();
        if covers && (overlay.replace || nothing) {
            made_of.base = Base::Image(overlay.image);
            return Ok(());
        }
        let area = |overlay: &Overlay| u64::from(overlay.size.0) * u64::from(overlay.size.1);
        let pixels = made_of
            .overlays
            .iter()
            .chain([&overlay])
            .map(area)
            .sum::<u64>();
        if made_of.overlays.len() >= limits::FRAME_OVERLAYS_MAX
            || pixels > limits::FRAME_OVERLAY_PIXELS_MAX
        {
            return Err(ImageFault::NoRoom);
        }
        made_of.overlays.push(overlay);
        Ok(())
    }

    /// Gives the frame the hash of what it is made from, and returns that unless it is one image.
    fn name(&mut self, size: (u32, u32)) -> Option<ImageSource> {
        if let Some(hash) = self.made_of.image() {
            self.hash = hash;
            return None;
        }
        let source = ImageSource::composed(&self.made_of, size);
        self.hash = source.key().hash;
        Some(source)
    }
}

fn set_gap(frame: &mut Frame, gap: i32) {
    match gap {
        0 => {}
        gap => frame.gap_millis = u32::try_from(gap).unwrap_or(0),
    }
}

fn fits(at: (u32, u32), size: (u32, u32), room: (u32, u32)) -> bool {
    let side = |at: u32, len: u32, room: u32| at.checked_add(len).is_some_and(|end| end <= room);
    size.0 > 0 && size.1 > 0 && side(at.0, size.0, room.0) && side(at.1, size.1, room.1)
}
