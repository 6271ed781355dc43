//! Rows, panes and a device for tests.

use std::sync::{Arc, OnceLock};

use agor_proto::row::{Attrs, Color, Row, Run, Shape, Style};
use agor_render::{
    Colors, CursorView, FontSpec, Gpu, Highlight, ImageView, Offscreen, PaneCache, PaneView,
    Renderer,
};

/// Returns the device of all tests.
pub fn gpu() -> &'static Gpu {
    static GPU: OnceLock<Gpu> = OnceLock::new();
    GPU.get_or_init(|| {
        pollster::block_on(Gpu::open(true)).unwrap_or_else(|error| panic!("{error}"))
    })
}

/// A pane with all that it takes to draw it.
pub struct Scene {
    pub renderer: Renderer,
    pub cache: PaneCache,
    pub rows: Vec<Arc<Row>>,
    pub columns: u16,
    pub cursor: Option<CursorView>,
    pub spans: Vec<Highlight>,
    pub images: Vec<ImageView>,
    pub colors: Colors,
    pub reverse: bool,
    pub dim: bool,
    pub blink_on: bool,
}

impl Scene {
    pub fn new(font: FontSpec, rows: Vec<Row>) -> Self {
        let gpu = gpu();
        let renderer = Renderer::new(
            gpu.device.clone(),
            gpu.queue.clone(),
            Offscreen::FORMAT,
            font,
        );
        let columns = rows.iter().map(Row::width).max().unwrap_or(1);
        Self {
            renderer: renderer.unwrap(),
            cache: PaneCache::new(),
            rows: rows.into_iter().map(Arc::new).collect(),
            columns,
            cursor: None,
            spans: Vec::new(),
            images: Vec::new(),
            colors: Colors::default(),
            reverse: false,
            dim: false,
            blink_on: true,
        }
    }

    /// Returns how many pixels the rows take.
    pub fn size_px(&self) -> [u32; 2] {
        let metrics = self.renderer.metrics();
        [
            metrics.width_px * u32::from(self.columns),
            metrics.height_px * self.rows.len() as u32,
        ]
    }

    /// Names the pane for a frame.
    pub fn frame(&mut self) -> agor_render::PaneDraw {
        let size_px = self.size_px();
        self.frame_of(size_px)
    }

    pub fn frame_of(&mut self, size_px: [u32; 2]) -> agor_render::PaneDraw {
        self.renderer.begin();
        let view = PaneView {
            rows: &self.rows,
            columns: self.columns,
            origin_px: [0, 0],
            clip_px: None,
            size_px,
            cursor: self.cursor,
            spans: &self.spans,
            images: &self.images,
            colors: &self.colors,
            palette: &[],
            reverse: self.reverse,
            dim: self.dim,
            blink_on: self.blink_on,
        };
        let draw = self.renderer.pane(&mut self.cache, &view);
        self.renderer.finish();
        draw
    }

    /// Names, in one frame, panes with `rows` in more sizes of a font than the atlas has room for. The font in use
    /// stays that of `font`.
    pub fn crowd(&mut self, font: &FontSpec, rows: &[Row]) {
        let columns = rows.iter().map(Row::width).max().unwrap_or(1);
        let rows: Vec<_> = rows.iter().cloned().map(Arc::new).collect();
        let mut caches: Vec<_> = (0..24).map(|_| PaneCache::new()).collect();
        self.renderer.begin();
        for (n, cache) in caches.iter_mut().enumerate() {
            self.renderer.set_font(FontSpec {
                size_points: 180.0 + n as f32,
                ..font.clone()
            });
            let metrics = self.renderer.metrics();
            let view = PaneView {
                rows: &rows,
                columns,
                origin_px: [0, 0],
                clip_px: None,
                size_px: [
                    metrics.width_px * u32::from(columns),
                    metrics.height_px * rows.len() as u32,
                ],
                cursor: None,
                spans: &[],
                images: &[],
                colors: &self.colors,
                palette: &[],
                reverse: false,
                dim: false,
                blink_on: true,
            };
            self.renderer.pane(cache, &view);
        }
        self.renderer.finish();
        self.renderer.set_font(font.clone());
    }

    /// Draws the pane.
    pub fn picture(&mut self) -> Picture {
        let [width, height] = self.size_px();
        let draw = self.frame();
        let offscreen = Offscreen::new(gpu(), [width, height]).unwrap();
        let pixels = offscreen.render(&[(draw, [0, 0, width, height])]).unwrap();
        Picture {
            width,
            height,
            pixels,
        }
    }
}

/// Pixels of four bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    pub width: u32,
    pub height: u32,
    pub pixels: Vec<u8>,
}

impl Picture {
    pub fn at(&self, x: u32, y: u32) -> [u8; 3] {
        let at = ((y * self.width + x) * 4) as usize;
        [0, 1, 2].map(|n| self.pixels[at + n])
    }

    /// Returns the columns in `range` that hold anything but `background`.
    pub fn inked_columns(&self, background: [u8; 3], rows: std::ops::Range<u32>) -> Vec<u32> {
        (0..self.width)
            .filter(|&x| rows.clone().any(|y| self.at(x, y) != background))
            .collect()
    }
}

/// Builds a row from pieces of text in styles; finds shapes by `width` of each cluster.
#[derive(Default)]
pub struct RowText {
    row: Row,
    cell: u16,
}

impl RowText {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds characters, each a cell.
    pub fn text(mut self, text: &str, style: Style) -> Self {
        let cells = text.chars().count() as u16;
        self.row.text.push_str(text);
        self.run(cells, style)
    }

    /// Adds a cluster of `width` cells.
    pub fn cluster(mut self, text: &str, width: u8, style: Style) -> Self {
        self.row.shapes.push(Shape {
            cell: self.cell,
            clusters: 1,
            chars: text.chars().count() as u8,
            width,
        });
        self.row.text.push_str(text);
        self.run(width.into(), style)
    }

    fn run(mut self, cells: u16, style: Style) -> Self {
        self.cell += cells;
        self.row.runs.push(Run { cells, style });
        self
    }

    pub fn build(self) -> Row {
        self.row
    }
}

pub fn row(text: &str) -> Row {
    RowText::new().text(text, Style::default()).build()
}

pub fn attrs(attrs: &[Attrs]) -> Style {
    let mut style = Style::default();
    for attr in attrs {
        style.attrs.insert(*attr);
    }
    style
}

pub fn fg(color: Color) -> Style {
    Style {
        fg: color,
        ..Style::default()
    }
}

pub fn bg(color: Color) -> Style {
    Style {
        bg: color,
        ..Style::default()
    }
}
