//! What a pass is given of panes: one, or many that one call draws.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use crate::gpu::{Bindings, Owed};
use crate::image::{ImageLayer, Quad};

/// A pane ready to be drawn, once [`Renderer::finish`](crate::Renderer::finish) was called. Cheap to clone.
#[derive(Clone)]
pub struct PaneDraw {
    pub(crate) bindings: Arc<Bindings>,
    pub(crate) owed: Arc<Owed>,
    /// The number of the page of its instances, the page, and where in it they are.
    pub(crate) instances: Option<(usize, wgpu::Buffer, Range<u32>)>,
    /// What is drawn between the instances.
    pub(crate) images: Option<Arc<Quad>>,
    /// How many instances lie under each of the two lower layers of images.
    pub(crate) below: [u32; 2],
}

impl std::fmt::Debug for PaneDraw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let instances = self.instances.as_ref().map(|(_, _, range)| range);
        f.debug_struct("PaneDraw")
            .field("instances", &instances)
            .finish_non_exhaustive()
    }
}

impl PaneDraw {
    /// Puts into `encoder` what has to happen before the pass that draws it, which whoever draws first does for all.
    pub fn prepare(&self, encoder: &mut wgpu::CommandEncoder) {
        self.owed.record(encoder);
    }

    /// Draws the pane into a pass whose viewport is `viewport_px` large.
    pub fn draw(&self, pass: &mut wgpu::RenderPass<'_>, viewport_px: [u32; 2]) {
        let (Some(first), Some((_, buffer, range))) = (first(viewport_px), &self.instances) else {
            return;
        };
        match &self.images {
            Some(images) => self.draw_with_images(pass, images, first),
            None => {
                self.bind(pass);
                draw_instances(pass, buffer, range, first);
            }
        }
    }

    fn bind(&self, pass: &mut wgpu::RenderPass<'_>) {
        let (pipeline, group) = self.bindings.newest();
        pass.set_pipeline(pipeline);
        pass.set_bind_group(0, group, &[]);
    }

    /// Says by whose side in the device's memory it is.
    pub(crate) fn place(&self) -> (usize, u32) {
        let instances = self.instances.as_ref();
        instances.map_or((usize::MAX, 0), |(page, _, range)| (*page, range.start))
    }

    fn draw_with_images(&self, pass: &mut wgpu::RenderPass<'_>, images: &Quad, first: u32) {
        let Some((_, buffer, range)) = &self.instances else {
            return;
        };
        let [cells, text] = self
            .below
            .map(|below| range.start.saturating_add(below).min(range.end));
        for (instances, layer) in [
            (range.start..cells, ImageLayer::UnderCells),
            (cells..text, ImageLayer::UnderText),
            (text..range.end, ImageLayer::OverText),
        ] {
            self.bind(pass);
            draw_instances(pass, buffer, &instances, first);
            images.draw(pass, layer, first);
        }
    }
}

/// Panes that one call draws, or few; see [`Renderer::together`](crate::Renderer::together). Cheap to clone.
#[derive(Debug, Clone)]
pub struct PaneDraws(Arc<Together>);

#[derive(Debug, Default)]
struct Together {
    /// In the order of the device's memory.
    panes: Vec<PaneDraw>,
    /// The calls for those without images, once they are known.
    runs: OnceLock<Vec<Run>>,
}

/// Instances that one call draws.
#[derive(Debug)]
pub(crate) struct Run {
    pub page: usize,
    pub buffer: wgpu::Buffer,
    pub range: Range<u32>,
}

impl PaneDraws {
    /// Returns where the instances of panes without images are.
    fn plain(&self) -> impl Iterator<Item = &(usize, wgpu::Buffer, Range<u32>)> {
        let plain = self.0.panes.iter().filter(|pane| pane.images.is_none());
        plain.filter_map(|pane| pane.instances.as_ref())
    }

    /// Puts into `encoder` what has to happen before the pass that draws them, as [`PaneDraw::prepare`].
    pub fn prepare(&self, encoder: &mut wgpu::CommandEncoder) {
        if let Some(pane) = self.0.panes.first() {
            pane.prepare(encoder);
        }
    }

    /// Returns how many calls draw the panes that have no images.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.0.runs.get().map_or(0, Vec::len)
    }

    /// Draws the panes into a pass whose viewport is `viewport_px` large, after
    /// [`Renderer::finish`](crate::Renderer::finish).
    pub fn draw(&self, pass: &mut wgpu::RenderPass<'_>, viewport_px: [u32; 2]) {
        let Some(first) = first(viewport_px) else {
            return;
        };
        if let (Some(pane), Some(runs)) = (self.0.panes.first(), self.0.runs.get()) {
            pane.bind(pass);
            for run in runs {
                draw_instances(pass, &run.buffer, &run.range, first);
            }
        }
        for pane in &self.0.panes {
            if let Some(images) = &pane.images {
                pane.draw_with_images(pass, images, first);
            }
        }
    }
}

/// The lists of what is drawn together. Their memory goes from frame to frame: once as many were drawn at once as
/// will be, nothing is allocated.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    /// Whose calls are still to be found out.
    new: Vec<PaneDraws>,
    /// Those that may still be drawn.
    lent: Vec<PaneDraws>,
    /// Nobody else has these, and they are empty.
    free: Vec<PaneDraws>,
    lists: Vec<Vec<PaneDraw>>,
    runs: Vec<Vec<Run>>,
}

impl Gathered {
    /// Takes back what nobody draws any more.
    pub fn reclaim(&mut self) {
        self.lent.append(&mut self.new);
        let (free, lists, runs) = (&mut self.free, &mut self.lists, &mut self.runs);
        for mut draws in self
            .lent
            .extract_if(.., |draws| Arc::strong_count(&draws.0) == 1)
        {
            let Some(together) = Arc::get_mut(&mut draws.0) else {
                continue;
            };
            let mut list = std::mem::take(&mut together.panes);
            list.clear();
            lists.push(list);
            if let Some(mut of) = together.runs.take() {
                of.clear();
                runs.push(of);
            }
            free.push(draws);
        }
    }

    /// Returns an empty list.
    pub fn list(&mut self) -> Vec<PaneDraw> {
        self.lists.pop().unwrap_or_default()
    }

    pub fn add(&mut self, panes: Vec<PaneDraw>) -> PaneDraws {
        let free = self.free.pop();
        let mut draws = free.unwrap_or_else(|| PaneDraws(Arc::default()));
        if let Some(together) = Arc::get_mut(&mut draws.0) {
            together.panes = panes;
        }
        self.new.push(draws.clone());
        draws
    }

    /// Finds out which calls draw what is new; `joins` says whether a call may draw what lies between two panes.
    pub fn find_runs(&mut self, mut joins: impl FnMut(usize, Range<u32>) -> bool) {
        for draws in self.new.drain(..) {
            let mut runs = self.runs.pop().unwrap_or_default();
            for (page, buffer, range) in draws.plain() {
                match runs.last_mut() {
                    Some(run) if run.page == *page && joins(*page, run.range.end..range.start) => {
                        run.range.end = range.end;
                    }
                    _ => runs.push(Run {
                        page: *page,
                        buffer: buffer.clone(),
                        range: range.clone(),
                    }),
                }
            }
            // They are found out once.
            draws.0.runs.set(runs).ok();
            self.lent.push(draws);
        }
    }
}

/// Returns the number of the first vertex, which carries the viewport's size to the shader: how large that is is
/// known only when no buffer can be written any more.
fn first(viewport_px: [u32; 2]) -> Option<u32> {
    const LIMIT: u32 = (1 << 14) - 1;
    let [width, height] = viewport_px.map(|side| side.min(LIMIT));
    (width > 0 && height > 0).then_some(width << 2 | height << 16)
}

fn draw_instances(
    pass: &mut wgpu::RenderPass<'_>,
    buffer: &wgpu::Buffer,
    instances: &Range<u32>,
    first: u32,
) {
    let Range { start, end } = *instances;
    if start < end {
        pass.set_vertex_buffer(0, buffer.slice(u64::from(start) * 16..u64::from(end) * 16));
        pass.draw(first..first + 4, 0..end - start);
    }
}
