//! The renderer of a process: what all windows and panes share, and the frame.

use std::sync::Arc;

use crate::RenderError;
use crate::atlas::Atlas;
use crate::color::Colors;
use crate::draw::{Gathered, PaneDraw, PaneDraws};
use crate::font::{CellMetrics, FontSpec, Fonts, Foundry, Piece, Rasterizer, SizedFont, Workshop};
use crate::gpu::{Bindings, Owed, Pages, Pipeline, Returns, Table, Unused};
use crate::image::{ImagePipeline, PaneRect, Textures};
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
    /// The theme of the pane that was named last, with its number, which no other theme had.
    theme: (u64, Colors),
    /// The one in use is the last.
    fonts: Vec<SizedFont>,
    fonts_made: u32,
    /// Glyphs that have come, on their way to their fonts.
    pieces: Vec<Piece>,
    image_pipeline: ImagePipeline,
    textures: Textures,
    pages: Pages,
    table: Table,
    returns: Arc<Returns>,
    /// What was given back, with the frame in which it was.
    retired: Vec<(u64, Unused)>,
    returned: Vec<Unused>,
    replaced: Vec<Unused>,
    frame: u64,
    scratch: Scratch,
    /// What has to happen before panes are drawn.
    owed: Arc<Owed>,
    together: Gathered,
    counters: Counters,
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
        let table = Table::new(&device);
        let pipeline = Pipeline::new(&device, target);
        let image_pipeline = ImagePipeline::new(&device, target);
        let bindings = pipeline.bind(&device, &table.view(), &atlas.views());
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
            theme: (0, Colors::default()),
            fonts: vec![first],
            fonts_made: 1,
            pieces: Vec::new(),
            table,
            returns: Arc::default(),
            retired: Vec::new(),
            returned: Vec::new(),
            replaced: Vec::new(),
            frame: 0,
            scratch: Scratch::default(),
            owed: Arc::default(),
            together: Gathered::default(),
            counters: Counters::default(),
            device,
            queue,
        })
    }

    /// Has glyphs drawn by threads from now on; a frame that wants one which is not at hand is drawn without it.
    /// When those that were wanted are there, `wake` is called in one of these threads, to draw a frame that has
    /// them. Without this, as for pictures, every frame is whole and takes as long as that does.
    pub fn draw_glyphs_in_thread(&mut self, wake: impl Fn() + Send + 'static) {
        self.foundry.workshop.start_threads(Box::new(wake));
    }

    /// Says whether glyphs are being drawn that frames were drawn without.
    #[must_use]
    pub fn awaits_glyphs(&self) -> bool {
        self.foundry.workshop.is_awaited()
    }

    /// Says whether there was no room for glyphs that another frame soon may have room for: it is to be drawn although
    /// nothing changes.
    #[must_use]
    pub fn lacks_room(&self) -> bool {
        self.foundry.atlas.may_have_room()
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
        self.owed.settle();
        // Of a frame that nobody drew.
        self.owed.pay(&self.device, &self.queue);
        self.counters = Counters::default();
        self.foundry.rasterized = 0;
        self.textures.uploaded = (0, 0);
        self.foundry.atlas.begin();
        if self.foundry.atlas.has_room_again() {
            self.fonts.iter_mut().for_each(SizedFont::forget_blocks);
            self.foundry.arrivals += 1;
        }
        self.pages.begin();
        self.together.reclaim();
        self.take_pieces();
        self.returns.drain(&mut self.returned);
        for unused in self.returned.drain(..) {
            self.retired.push((self.frame, unused));
        }
        // A frame of another window may still have to draw what was given back: what is free is
        // used again only a frame later.
        let frame = self.frame;
        let (pages, table) = (&mut self.pages, &mut self.table);
        self.retired.retain_mut(|(since, (span, block))| {
            if *since + 1 >= frame {
                return true;
            }
            if let Some(span) = span.take() {
                pages.give(span);
            }
            if let Some(block) = block.take() {
                table.give(block);
            }
            false
        });
    }

    /// Names a pane of the frame. What it returns can be drawn after [`Renderer::finish`].
    pub fn pane(&mut self, cache: &mut PaneCache, view: &PaneView<'_>) -> PaneDraw {
        let (number, theme) = &mut self.theme;
        if *theme != *view.colors {
            *number += 1;
            theme.clone_from(view.colors);
        }
        let font = self
            .fonts
            .last_mut()
            .expect("there is always a font in use");
        font.refresh(&self.foundry.atlas);
        let mut context = Context {
            font,
            foundry: &mut self.foundry,
            theme: self.theme.0,
            pages: &mut self.pages,
            table: &mut self.table,
            returns: &self.returns,
            retired: &mut self.replaced,
            scratch: &mut self.scratch,
            counters: &mut self.counters,
        };
        cache.update(&mut context, view);
        for unused in self.replaced.drain(..) {
            self.retired.push((self.frame, unused));
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
        let instances = cache.lease().and_then(|lease| lease.instances.as_ref());
        PaneDraw {
            bindings: Arc::clone(&self.bindings),
            owed: Arc::clone(&self.owed),
            instances: instances.and_then(|span| {
                let buffer = self.pages.buffer(span.page)?.clone();
                Some((span.page, buffer, span.range.clone()))
            }),
            images,
            below,
        }
    }

    /// Returns an empty list for [`Renderer::together`], with the memory that one of an earlier frame had.
    pub fn list(&mut self) -> Vec<PaneDraw> {
        self.together.list()
    }

    /// Has panes drawn together that share a viewport and do not lie over each other: those without images with
    /// one call for all that are side by side in the device's memory. To be called before [`Renderer::finish`].
    pub fn together(&mut self, mut panes: Vec<PaneDraw>) -> PaneDraws {
        panes.sort_unstable_by_key(PaneDraw::place);
        self.together.add(panes)
    }

    /// Sends what changed to the device. Panes named since [`Renderer::begin`] can then be drawn, in a pass of commands
    /// that they have prepared.
    pub fn finish(&mut self) {
        self.owed.pay(&self.device, &self.queue);
        let pages = &mut self.pages;
        self.together
            .find_runs(|page, between| pages.joins(page, between));
        let mut bytes = self.pages.upload(&self.queue, &self.owed);
        bytes += self.table.upload(&self.queue);
        bytes += self.foundry.atlas.uploaded_bytes;
        self.foundry.atlas.uploaded_bytes = 0;
        // It is called again where two windows are drawn in one frame.
        let (images, image_bytes) = std::mem::take(&mut self.textures.uploaded);
        self.counters.images_uploaded += images;
        self.counters.bytes_uploaded += bytes + image_bytes;
        self.counters.glyphs_rasterized += std::mem::take(&mut self.foundry.rasterized);
        if self.foundry.atlas.grown || self.table.grown {
            self.foundry.atlas.grown = false;
            self.table.grown = false;
            let views = self.foundry.atlas.views();
            let next = self.pipeline.bind(&self.device, &self.table.view(), &views);
            self.bindings.replace_by(&next);
            self.bindings = next;
        }
    }

    /// Returns how many bytes of the device's memory the panes take; what all of them share, the atlas, and images
    /// are not counted.
    #[must_use]
    pub fn device_bytes(&self) -> u64 {
        self.pages.device_bytes() + self.table.device_bytes()
    }

    /// Returns what the frame cost so far; complete after [`Renderer::finish`].
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.counters
    }
}
