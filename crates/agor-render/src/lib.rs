//! Rows of terminals to the GPU: fonts, shaping, atlas, instances and shaders.
//!
//! Knows rows ([`agor_proto::row::Row`]) and pixels, and nothing about windows, sessions or input.
//! The caller keeps a [`PaneCache`] for each pane, names the panes of a frame between
//! [`Renderer::begin`] and [`Renderer::finish`], and draws them in a pass, each [`PaneDraw`] by itself or
//! many together as [`PaneDraws`].

mod atlas;
mod color;
mod draw;
mod font;
mod gpu;
mod image;
mod offscreen;
mod pane;
mod quick_hash;
mod renderer;
mod sprite;
mod view;

pub use color::{Colors, Rgb};
pub use draw::{PaneDraw, PaneDraws};
pub use font::{
    CellMetrics, FontFeature, FontFile, FontSpec, Fonts, INTERFACE_FACES_MAX, InterfaceFace,
    InterfaceFaces, LineMetrics,
};
pub use image::{ImageLayer, ImagePixels, ImageView, TEXTURE_BYTES_MAX};
pub use offscreen::{Gpu, Offscreen};
pub use pane::PaneCache;
pub use renderer::{Counters, Renderer};
pub use view::{CursorStyle, CursorView, Highlight, HighlightKind, PaneView};

/// Why the renderer, or a picture, could not be made.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// A font that comes with the program is damaged.
    #[error("the bundled font {0} cannot be read")]
    BundledFont(&'static str),
    /// There is nothing to draw with.
    #[error(
        "no graphics adapter answers; on a machine without a GPU install a software Vulkan driver (Debian: mesa-vulkan-drivers): {0}"
    )]
    NoAdapter(String),
    /// The adapter gives no device.
    #[error("the graphics adapter gives no device: {0}")]
    NoDevice(String),
    /// The picture asked for is empty or larger than the device can draw.
    #[error("a picture of {width} x {height} pixels cannot be drawn; at most {limit} on each side")]
    PictureSize {
        /// Its width.
        width: u32,
        /// Its height.
        height: u32,
        /// The most that the device draws on one side.
        limit: u32,
    },
    /// The picture could not be read back from the device.
    #[error("the picture cannot be read back from the device: {0}")]
    ReadBack(String),
}
