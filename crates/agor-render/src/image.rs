//! Images beside text: one textured rectangle each, in layers between the parts of their pane. An image
//! is sent to the device once, whatever panes show it, and given up when others need its room.

mod pipeline;
mod textures;

use std::sync::Arc;

pub(crate) use pipeline::ImagePipeline;
pub(crate) use textures::{PaneRect, Quad, Textures};

/// Bytes of images on the device; beyond it those that were not drawn for the longest time go.
pub const TEXTURE_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// The pixels of an image, and smaller copies of it for drawing it small. They are made where nothing
/// waits for them.
pub struct ImagePixels {
    size: (u32, u32),
    /// Premultiplied RGBA, each half as wide and high as the one before.
    levels: Vec<Vec<u8>>,
}

impl std::fmt::Debug for ImagePixels {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ImagePixels")
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

impl ImagePixels {
    /// Returns an image of premultiplied RGBA; `None` if there are not as many pixels as `size` says.
    #[must_use]
    pub fn new(rgba: Vec<u8>, size: (u32, u32)) -> Option<Self> {
        let expected = u64::from(size.0) * u64::from(size.1) * 4;
        if expected == 0 || rgba.len() as u64 != expected {
            return None;
        }
        let mut levels = vec![rgba];
        let (mut width, mut height) = (size.0 as usize, size.1 as usize);
        while let Some(last) = levels.last().filter(|_| width > 1 || height > 1) {
            let next = halved(last, width, height);
            (width, height) = ((width / 2).max(1), (height / 2).max(1));
            levels.push(next);
        }
        Some(Self { size, levels })
    }

    /// Returns its width and height in pixels.
    #[must_use]
    pub fn size(&self) -> (u32, u32) {
        self.size
    }

    /// Returns the memory that it takes, in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.levels.iter().map(|level| level.len() as u64).sum()
    }
}

/// Returns a picture of half the width and height, each pixel the mean of four.
fn halved(rgba: &[u8], width: usize, height: usize) -> Vec<u8> {
    let (across, down) = ((width / 2).max(1), (height / 2).max(1));
    let mut half = Vec::with_capacity(across * down * 4);
    for y in 0..down {
        let rows =
            [2 * y, (2 * y + 1).min(height - 1)].map(|y| &rgba[y * width * 4..][..width * 4]);
        for x in 0..across {
            let columns = [2 * x, (2 * x + 1).min(width - 1)];
            for channel in 0..4 {
                let sum: u32 = rows
                    .iter()
                    .flat_map(|row| columns.map(|x| u32::from(row[x * 4 + channel])))
                    .sum();
                half.push(((sum + 2) / 4) as u8);
            }
        }
    }
    half
}

/// Where an image lies between the parts of its pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ImageLayer {
    /// Under the backgrounds of cells.
    UnderCells,
    /// Over the backgrounds of cells and under the text.
    UnderText,
    /// Over everything.
    OverText,
}

impl ImageLayer {
    /// Returns the layer of a z-index, as the kitty graphics protocol has it.
    #[must_use]
    pub fn of(z: i32) -> Self {
        match z {
            _ if z < i32::MIN / 2 => Self::UnderCells,
            _ if z < 0 => Self::UnderText,
            _ => Self::OverText,
        }
    }
}

/// An image as it should look in this frame.
#[derive(Debug, Clone)]
pub struct ImageView {
    /// Its name: images of one name are one image.
    pub name: [u8; 32],
    /// Its pixels.
    pub pixels: Arc<ImagePixels>,
    /// The part that is shown: x, y, width, height in its pixels.
    pub source: [u32; 4],
    /// Where, in physical pixels from the pane's corner: left, top, right, bottom.
    pub edges_px: [i32; 4],
    /// Between which parts of the pane.
    pub layer: ImageLayer,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn smaller_copies_are_means_down_to_a_single_pixel() {
        let pixels = |values: &[u8]| values.iter().flat_map(|v| [*v, 0, 0, 255]).collect();
        let image = ImagePixels::new(pixels(&[0, 100, 200, 50, 0, 100]), (3, 2)).unwrap();
        assert_eq!(image.levels.len(), 2);
        assert_eq!(image.levels[1], [38, 0, 0, 255]);
        let column = ImagePixels::new(pixels(&[10, 20, 30, 40]), (1, 4)).unwrap();
        assert_eq!(column.levels[1], [15, 0, 0, 255, 35, 0, 0, 255]);
        assert_eq!(column.levels[2], [25, 0, 0, 255]);
        assert!(ImagePixels::new(vec![0; 12], (2, 2)).is_none());
        assert!(ImagePixels::new(Vec::new(), (0, 2)).is_none());
    }

    #[test]
    fn layers_follow_the_z_index() {
        assert_eq!(ImageLayer::of(0), ImageLayer::OverText);
        assert_eq!(ImageLayer::of(-1), ImageLayer::UnderText);
        assert_eq!(ImageLayer::of(i32::MIN / 2), ImageLayer::UnderText);
        assert_eq!(ImageLayer::of(i32::MIN / 2 - 1), ImageLayer::UnderCells);
    }
}
