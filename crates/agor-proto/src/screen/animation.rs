//! Images that move.

use serde::{Deserialize, Serialize};

use crate::ids::BlobHash;

/// The frames of an image on the screen, and how they are played. Time is the client's: who shows it
/// begins to play it when it sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Animation {
    /// [`super::Placement::image`].
    pub image: u32,
    /// From the first on; all as large as the image.
    pub frames: Vec<AnimationFrame>,
    /// The frame that the program chose.
    #[serde(default)]
    pub current: u16,
    /// How often it chose one: what plays goes there when this has changed.
    #[serde(default)]
    pub jumps: u32,
    /// Whether it is played.
    #[serde(default)]
    pub play: Play,
    /// How often the program said so: rounds are counted anew when this has changed.
    #[serde(default)]
    pub starts: u32,
    /// How often it is played; 0 is for ever.
    #[serde(default)]
    pub rounds: u32,
}

/// One frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnimationFrame {
    /// As [`super::Placement::blob`].
    pub blob: BlobHash,
    /// How long it is shown; 0 is not at all.
    pub gap_millis: u32,
}

/// Whether frames are shown one after the other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Play {
    /// The last frame stays until more have come.
    Loading,
    /// The first follows the last.
    Running,
    /// What is shown stays; also what a later release says.
    #[default]
    #[serde(other)]
    Stopped,
}
