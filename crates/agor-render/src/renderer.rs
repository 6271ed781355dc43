//! The renderer of a process: what all windows and panes share, and the frame.

use std::ops::Range;
use std::sync::Arc;

use crate::RenderError;
use crate::atlas::Atlas;
use crate::font::{CellMetrics, FontSpec, Fonts, Foundry, Piece, Rasterizer, SizedFont, Workshop};
use crate::gpu::{Bindings, Pages, Pipeline, Returns, Span, Uniforms};
use crate::image::{ImageLayer, ImagePipeline, PaneRect, Quad, Textures};
use crate::pane::{Context, PaneCache, Scratch};
use crate::view::PaneView;

/// What a frame cost, counted since [`Renderer::begin`].
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Counters {
    /// Panes that were named.
    pub draws: u64,
    /// Rows that were turned into instances.
    pub rows_built: u64,
    /// Instances of those rows.
    pub instances_built: u64,
    /// Glyphs that were drawn, shapes among them.
    pub glyphs_rasterized: u64,
    /// Images that were sent to the device.
    pub images_uploaded: u64,
    /// Bytes sent to the device: instances, blocks of panes, glyphs, images.
    pub bytes_uploaded: u64,
}

impl Counters {
    /// Adds what another frame did.
    pub fn add(&mut self, other: Self) {
        self.draws += other.draws;
        self.rows_built += other.rows_built;
        self.instances_built += other.instances_built;
        self.glyphs_rasterized += other.glyphs_rasterized;
        self.images_uploaded += other.images_uploaded;
        self.bytes_uploaded += other.bytes_uploaded;
    }
}

/// Sizes of fonts that are kept; a window moved between two screens needs two.
const FONTS_KEPT: usize = 6;

/// Draws the panes of all windows of a process. See the crate's documentation.
pub struct Renderer {
    device: wgpu::Device,
    queue: wgpu::Queue,
    pipeline: Pipeline,
    bindings: Arc<Bindings>,
    foundry: Foundry,
    /// The one in use is the last.
    fonts: Vec<SizedFont>,
    fonts_made: u32,
    /// Glyphs that have come, on their way to their fonts.
    pieces: Vec<Piece>,
    image_pipeline: ImagePipeline,
    textures: Textures,
    pages: Pages,
    uniforms: Uniforms,
    returns: Arc<Returns>,
    /// What was given back, with the frame in which it was.
    retired: Vec<(u64, Option<Span>, Option<Range<u32>>)>,
    returned: Vec<(Span, Range<u32>)>,
    replaced: Vec<(Option<Span>, Option<Range<u32>>)>,
    frame: u64,
    scratch: Scratch,
    counters: Counters,
}

/// A pane ready to be drawn, once [`Renderer::finish`] was called. Cheap to clone.
#[derive(Clone)]
pub struct PaneDraw {
    bindings: Arc<Bindings>,
    buffer: wgpu::Buffer,
    instances: Range<u32>,
    block_offset: u32,
    /// What is drawn between the instances.
    images: Option<Arc<Quad>>,
    /// How many instances lie under each of the two lower layers of images.
    below: [u32; 2],
}

impl std::fmt::Debug for PaneDraw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PaneDraw")
            .field("instances", &self.instances)
            .finish_non_exhaustive()
    }
}

impl PaneDraw {
    /// Draws the pane into a pass whose viewport is `viewport_px` large.
    pub fn draw(&self, pass: &mut wgpu::RenderPass<'_>, viewport_px: [u32; 2]) {
        const LIMIT: u32 = (1 << 14) - 1;
        let [width, height] = viewport_px.map(|side| side.min(LIMIT));
        if width == 0 || height == 0 {
            return;
        }
        let (pipeline, group) = self.bindings.newest();
        pass.set_pipeline(pipeline);
        pass.set_bind_group(0, group, &[self.block_offset]);
        let Range { start, end } = self.instances;
        let bytes = u64::from(start) * 16..u64::from(end) * 16;
        pass.set_vertex_buffer(0, self.buffer.slice(bytes.clone()));
        // How large the viewport is is known only now, when no buffer can be written any more; the
        // number of the first vertex carries it to the shader.
        let first = width << 2 | height << 16;
        let count = end - start;
        let Some(images) = &self.images else {
            return pass.draw(first..first + 4, 0..count);
        };
        let [cells, text] = self.below.map(|below| below.min(count));
        for (instances, layer) in [
            (0..cells, ImageLayer::UnderCells),
            (cells..text, ImageLayer::UnderText),
            (text..count, ImageLayer::OverText),
        ] {
            pass.set_pipeline(pipeline);
            pass.set_bind_group(0, group, &[self.block_offset]);
            pass.set_vertex_buffer(0, self.buffer.slice(bytes.clone()));
            pass.draw(first..first + 4, instances);
            images.draw(pass, layer, first);
        }
    }
}

impl Renderer {
    /// Returns a renderer that draws into textures of the format `target`.
    ///
    /// # Errors
    /// [`RenderError::BundledFont`] if the program's own font is damaged.
    pub fn new(
        device: wgpu::Device,
        queue: wgpu::Queue,
        target: wgpu::TextureFormat,
        font: FontSpec,
    ) -> Result<Self, RenderError> {
        let mut fonts = Fonts::new()?;
        let first = SizedFont::new(1, font, &mut fonts);
        let atlas = Atlas::new(&device, &queue);
        let uniforms = Uniforms::new(&device);
        let pipeline = Pipeline::new(&device, target);
        let image_pipeline = ImagePipeline::new(&device, target);
        let bindings = pipeline.bind(&device, uniforms.buffer(), &atlas.views());
        Ok(Self {
            pages: Pages::new(&device),
            pipeline,
            image_pipeline,
            textures: Textures::new(),
            bindings,
            foundry: Foundry {
                workshop: Workshop::new(fonts),
                rasterizer: Rasterizer::new(),
                atlas,
                rasterized: 0,
                arrivals: 0,
            },
            fonts: vec![first],
            fonts_made: 1,
            pieces: Vec::new(),
            uniforms,
            returns: Arc::default(),
            retired: Vec::new(),
            returned: Vec::new(),
            replaced: Vec::new(),
            frame: 0,
            scratch: Scratch::default(),
            counters: Counters::default(),
            device,
            queue,
        })
    }

    /// Has glyphs drawn by a thread from now on; a frame that wants one which is not at hand is drawn without it.
    /// When those that were wanted are there, `wake` is called in that thread, to draw a frame that has
    /// them. Without this, as for pictures, every frame is whole and takes as long as that does.
    pub fn draw_glyphs_in_thread(&mut self, wake: impl Fn() + Send + 'static) {
        self.foundry.workshop.start_thread(Box::new(wake));
    }

    /// Says whether glyphs are being drawn that frames were drawn without.
    #[must_use]
    pub fn awaits_glyphs(&self) -> bool {
        self.foundry.workshop.is_awaited()
    }

    /// Gives the glyphs that have come to their fonts.
    fn take_pieces(&mut self) {
        if !self.foundry.workshop.pieces(&mut self.pieces) {
            self.fonts.iter_mut().for_each(SizedFont::forget_awaited);
            self.foundry.arrivals += 1;
        }
        if self.pieces.is_empty() {
            return;
        }
        self.foundry.arrivals += 1;
        for piece in self.pieces.drain(..) {
            // A font that is no longer kept asks anew when it is wanted again.
            if let Some(font) = self.fonts.iter_mut().find(|font| font.id == piece.font) {
                font.refresh(&self.foundry.atlas);
                font.take(&mut self.foundry, &piece);
            }
        }
    }

    fn font(&self) -> &SizedFont {
        self.fonts.last().expect("there is always a font in use")
    }

    /// Returns the measures of a cell.
    #[must_use]
    pub fn metrics(&self) -> CellMetrics {
        self.font().metrics
    }

    /// Returns the families that are installed, in no order; `None` while the system is still asked for
    /// them, which takes a tenth of a second or more after the start.
    #[must_use]
    pub fn font_families(&mut self) -> Option<Vec<String>> {
        self.foundry.workshop.fonts_at_hand()?.installed()
    }

    /// Adds the faces of a font's file to those of the system, and asks them first for what the terminal's own
    /// font has not; says whether there are any. What was drawn already stays as it is.
    pub fn add_font(&mut self, file: Vec<u8>) -> bool {
        self.foundry.workshop.fonts().add(file)
    }

    /// Uses another font, size or scale from the next pane on. Going back to one that was in use
    /// shortly before draws no glyph again, so windows on different screens may take turns.
    pub fn set_font(&mut self, font: FontSpec) {
        if self.font().spec == font {
            return;
        }
        match self.fonts.iter().position(|kept| kept.spec == font) {
            Some(n) => {
                let kept = self.fonts.remove(n);
                self.fonts.push(kept);
            }
            None => {
                self.fonts_made += 1;
                // Another size of one in use needs no look at the faces, with which a glyph may be drawn.
                let same = self
                    .fonts
                    .iter()
                    .find(|kept| kept.spec.family == font.family);
                let sized = match same {
                    Some(kept) => kept.resized(self.fonts_made, font),
                    None => {
                        SizedFont::new(self.fonts_made, font, &mut self.foundry.workshop.fonts())
                    }
                };
                if self.fonts.len() >= FONTS_KEPT {
                    self.fonts.remove(0);
                }
                self.fonts.push(sized);
            }
        }
    }

    /// Begins a frame's list of panes.
    pub fn begin(&mut self) {
        self.frame += 1;
        self.counters = Counters::default();
        self.foundry.rasterized = 0;
        self.textures.uploaded = (0, 0);
        self.foundry.atlas.begin();
        self.take_pieces();
        self.returns.drain(&mut self.returned);
        for (span, block) in self.returned.drain(..) {
            self.retired.push((self.frame, Some(span), Some(block)));
        }
        // A frame of another window may still have to draw what was given back: what is free is
        // used again only a frame later.
        let frame = self.frame;
        let (pages, uniforms) = (&mut self.pages, &mut self.uniforms);
        self.retired.retain_mut(|(since, span, block)| {
            if *since + 1 >= frame {
                return true;
            }
            if let Some(span) = span.take() {
                pages.give(span);
            }
            if let Some(block) = block.take() {
                uniforms.give(block);
            }
            false
        });
    }

    /// Names a pane of the frame. What it returns can be drawn after [`Renderer::finish`].
    pub fn pane(&mut self, cache: &mut PaneCache, view: &PaneView<'_>) -> PaneDraw {
        let font = self
            .fonts
            .last_mut()
            .expect("there is always a font in use");
        font.refresh(&self.foundry.atlas);
        let mut context = Context {
            font,
            foundry: &mut self.foundry,
            pages: &mut self.pages,
            uniforms: &mut self.uniforms,
            returns: &self.returns,
            retired: &mut self.replaced,
            scratch: &mut self.scratch,
            counters: &mut self.counters,
        };
        cache.update(&mut context, view);
        for (span, block) in self.replaced.drain(..) {
            self.retired.push((self.frame, span, block));
        }
        self.counters.draws += 1;
        let images = self.textures.quads(
            (&self.device, &self.queue),
            &self.image_pipeline,
            cache.images.take(),
            view.images,
            PaneRect {
                origin_px: view.origin_px,
                size_px: view.size_px,
                veil: cache.veil(view.dim),
            },
            self.frame,
        );
        cache.images.clone_from(&images);
        let below = cache.below();
        let lease = cache.lease().expect("an update leaves a lease");
        let buffer = self.pages.buffer(lease.instances.page);
        PaneDraw {
            bindings: Arc::clone(&self.bindings),
            buffer: buffer.expect("a lease holds its page").clone(),
            instances: lease.instances.range.clone(),
            block_offset: Uniforms::offset(&lease.block),
            images,
            below,
        }
    }

    /// Sends what changed to the device. Panes named since [`Renderer::begin`] can then be drawn.
    pub fn finish(&mut self) {
        let mut bytes = self.pages.upload(&self.queue);
        bytes += self.uniforms.upload(&self.queue);
        bytes += self.foundry.atlas.uploaded_bytes;
        self.foundry.atlas.uploaded_bytes = 0;
        // It is called again where two windows are drawn in one frame.
        let (images, image_bytes) = std::mem::take(&mut self.textures.uploaded);
        self.counters.images_uploaded += images;
        self.counters.bytes_uploaded += bytes + image_bytes;
        self.counters.glyphs_rasterized += std::mem::take(&mut self.foundry.rasterized);
        if self.foundry.atlas.grown || self.uniforms.grown {
            self.foundry.atlas.grown = false;
            self.uniforms.grown = false;
            let views = self.foundry.atlas.views();
            let next = self
                .pipeline
                .bind(&self.device, self.uniforms.buffer(), &views);
            self.bindings.replace_by(&next);
            self.bindings = next;
        }
    }

    /// Returns how many bytes of the device's memory the panes take; what all of them share, the atlas, and images
    /// are not counted.
    #[must_use]
    pub fn device_bytes(&self) -> u64 {
        self.pages.device_bytes() + self.uniforms.buffer().size()
    }

    /// Returns what the frame cost so far; complete after [`Renderer::finish`].
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.counters
    }
}
