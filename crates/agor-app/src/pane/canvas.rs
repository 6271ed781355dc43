//! Where panes are drawn together: what lies under all of them, then the cells of all by one paint callback, then
//! what lies over them. A callback for each costs more than building what changed.

use agor_render::{PaneDraw, PaneDraws, Renderer};
use egui::layers::ShapeIdx;
use egui::{Painter, Rect, Shape, Ui};
use egui_wgpu::CallbackTrait;

/// See the head of this file. Rectangles are in points and begin at whole pixels.
pub struct Canvas {
    painter: Painter,
    rect: Rect,
    corner_px: [i32; 2],
    scale: f32,
    /// Shapes that are said when all panes are known.
    under: ShapeIdx,
    cells: ShapeIdx,
    grounds: Vec<Shape>,
    panes: Vec<PaneDraw>,
}

/// Where a pane stands in what it is drawn into, and what of it may be drawn; see [`agor_render::PaneView`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Place {
    /// The corner of its rectangle.
    pub corner_px: [i32; 2],
    /// What may be drawn.
    pub clip_px: Option<[i32; 4]>,
}

impl Canvas {
    /// Returns the canvas of what `renderer` draws into `rect` of `ui` from now on.
    pub fn new(ui: &Ui, rect: Rect, renderer: &mut Renderer) -> Self {
        let scale = ui.pixels_per_point();
        let corner_px = [rect.min.x, rect.min.y].map(|at| (at * scale).round() as i32);
        let [left, top] = corner_px.map(|at| at as f32 / scale);
        let painter = ui.painter().clone();
        Self {
            rect: rect.with_min_x(left).with_min_y(top),
            corner_px,
            scale,
            under: painter.add(Shape::Noop),
            cells: painter.add(Shape::Noop),
            painter,
            grounds: Vec::new(),
            panes: renderer.list(),
        }
    }

    /// Says whether what is drawn into `ui` lies on it; a tile that is dragged does not.
    fn holds(&self, ui: &Ui) -> bool {
        ui.layer_id() == self.painter.layer_id()
    }

    /// Draws a shape under the cells of all panes.
    pub fn ground(&mut self, ui: &Ui, shape: impl Into<Shape>) {
        if self.holds(ui) {
            self.grounds.push(shape.into());
        } else {
            ui.painter().add(shape);
        }
    }

    /// Returns where a pane stands whose rectangle is `rect`.
    pub fn place(&self, ui: &Ui, rect: Rect) -> Place {
        if !self.holds(ui) {
            return Place::default();
        }
        let [left, top] = self.corner_px;
        let px = |at: f32| (at * self.scale).round() as i32;
        let shown = rect.intersect(ui.clip_rect());
        Place {
            corner_px: [px(rect.min.x) - left, px(rect.min.y) - top],
            clip_px: Some([
                px(shown.min.x) - left,
                px(shown.min.y) - top,
                px(shown.max.x) - left,
                px(shown.max.y) - top,
            ]),
        }
    }

    /// Draws the cells of a pane whose rectangle is `rect`.
    pub fn add(&mut self, ui: &Ui, rect: Rect, pane: PaneDraw) {
        if self.holds(ui) {
            self.panes.push(pane);
        } else {
            ui.painter().add(callback(rect, pane));
        }
    }

    /// Draws what was put on it; to be called before the renderer's frame is finished.
    pub fn finish(self, renderer: &mut Renderer) {
        if !self.grounds.is_empty() {
            self.painter.set(self.under, Shape::Vec(self.grounds));
        }
        if !self.panes.is_empty() {
            let together = Cells::Many(renderer.together(self.panes));
            let cells = egui_wgpu::Callback::new_paint_callback(self.rect, together);
            self.painter.set(self.cells, cells);
        }
    }
}

/// Returns the shape that carries one pane's draw call through egui; `rect` begins at a whole pixel.
pub fn callback(rect: Rect, pane: PaneDraw) -> Shape {
    egui_wgpu::Callback::new_paint_callback(rect, Cells::One(pane)).into()
}

/// Draw calls of panes, on their way through egui.
enum Cells {
    One(PaneDraw),
    Many(PaneDraws),
}

impl CallbackTrait for Cells {
    fn prepare(
        &self,
        _: &wgpu::Device,
        _: &wgpu::Queue,
        _: &egui_wgpu::ScreenDescriptor,
        encoder: &mut wgpu::CommandEncoder,
        _: &mut egui_wgpu::CallbackResources,
    ) -> Vec<wgpu::CommandBuffer> {
        match self {
            Self::One(pane) => pane.prepare(encoder),
            Self::Many(panes) => panes.prepare(encoder),
        }
        Vec::new()
    }

    fn paint(
        &self,
        info: egui::PaintCallbackInfo,
        pass: &mut wgpu::RenderPass<'static>,
        _: &egui_wgpu::CallbackResources,
    ) {
        let viewport = info.viewport_in_pixels();
        let viewport_px =
            [viewport.width_px, viewport.height_px].map(|side| u32::try_from(side).unwrap_or(0));
        match self {
            Self::One(pane) => pane.draw(pass, viewport_px),
            Self::Many(panes) => panes.draw(pass, viewport_px),
        }
    }
}
