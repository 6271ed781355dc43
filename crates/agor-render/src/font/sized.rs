//! One font at one size: what a cell measures, and the glyphs that are in the atlas already.

use super::cluster::cut;
use super::glyph::{Glyph, NO_PAGE};
use super::raster::{Bitmap, Placed, Rasterizer};
use super::{CellMetrics, FaceId, FontSpec, Fonts, Variant, is_ignorable};
use crate::atlas::{Atlas, Place, Sheet};
use crate::gpu::{Kind, Rect};
use crate::quick_hash::QuickMap;
use crate::sprite::{self, Sprite};

/// The lines of an underline that are not straight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wave {
    Curly,
    Dotted,
    Dashed,
}

/// What a sequence is shaped to; nothing if each of its characters stays what it is.
type Form = Option<Box<[Placed]>>;

/// What all fonts share.
pub(crate) struct Foundry {
    pub fonts: Fonts,
    pub rasterizer: Rasterizer,
    pub atlas: Atlas,
    /// Glyphs drawn since this was last cleared.
    pub rasterized: u64,
}

/// See the head of this file.
pub(crate) struct SizedFont {
    /// Differs from that of every other font of the process.
    pub id: u32,
    pub spec: FontSpec,
    pub metrics: CellMetrics,
    pub(super) size_px: f32,
    advance_px: f32,
    pub(super) faces: [FaceId; 4],
    ascii: Box<[[Glyph; 128]; 4]>,
    chars: QuickMap<u32, Glyph>,
    /// By variant and width.
    clusters: [QuickMap<Box<str>, Glyph>; 8],
    glyphs: QuickMap<u32, Glyph>,
    /// By variant: what a sequence of operators is shaped to, if not to what each is alone.
    sequences: [QuickMap<Box<str>, Form>; 4],
    waves: [Glyph; 3],
    /// The same font so large that its glyphs have their forms, where cells are too small for
    /// that: a glyph is drawn with it and made smaller.
    reference: Option<Box<SizedFont>>,
    /// Evictions that were taken account of.
    seen: u64,
}

/// Cells narrower than this have no room for outlines: strokes fall between pixels, and what is
/// left is noise. A glyph is then the mean of what it covers, pixel by pixel.
const OUTLINES_FROM_PX: u32 = 4;
/// The size at which such glyphs are drawn before they are made smaller.
const REFERENCE_PX: f32 = 24.0;

/// Characters, clusters and sequences that are kept at the most, of each kind; a hostile program could make up any number.
const KEPT_MAX: usize = 20_000;

impl SizedFont {
    pub fn new(id: u32, spec: FontSpec, fonts: &mut Fonts) -> Self {
        let faces = fonts.family(spec.family.as_deref());
        let size = spec.size_points * spec.scale;
        let size_px = if size.is_finite() { size } else { 13.0 }.clamp(1.0, 300.0);
        let line_height = if spec.line_height.is_finite() {
            spec.line_height.clamp(0.5, 4.0)
        } else {
            1.2
        };
        let face = fonts.face(faces[0]);
        let metrics = CellMetrics::new(face, size_px, line_height);
        let font = face.font();
        let advance = font
            .glyph_metrics(&face.coords)
            .scale(size_px)
            .advance_width(font.charmap().map('0'));
        let reference =
            (metrics.width_px < OUTLINES_FROM_PX && size_px < REFERENCE_PX).then(|| {
                let large = FontSpec {
                    size_points: REFERENCE_PX,
                    scale: 1.0,
                    ligatures: false,
                    ..spec.clone()
                };
                Box::new(Self::new(id, large, fonts))
            });
        Self {
            id,
            reference,
            metrics,
            size_px,
            advance_px: if advance > 0.0 {
                advance
            } else {
                metrics.width_px as f32
            },
            faces,
            spec,
            ascii: Box::new([[Glyph::UNKNOWN; 128]; 4]),
            chars: QuickMap::default(),
            clusters: Default::default(),
            glyphs: QuickMap::default(),
            sequences: Default::default(),
            waves: [Glyph::UNKNOWN; 3],
            seen: 0,
        }
    }

    /// Forgets glyphs whose page was emptied.
    pub fn refresh(&mut self, atlas: &Atlas) {
        if self.seen == atlas.evictions() {
            return;
        }
        let since = self.seen;
        self.seen = atlas.evictions();
        let gone = |glyph: &Glyph| !atlas.kept(glyph.page_bit(), since);
        for glyph in self.ascii.iter_mut().flatten().chain(&mut self.waves) {
            if gone(glyph) {
                *glyph = Glyph::UNKNOWN;
            }
        }
        self.chars.retain(|_, glyph| !gone(glyph));
        self.glyphs.retain(|_, glyph| !gone(glyph));
        for map in &mut self.clusters {
            map.retain(|_, glyph| !gone(glyph));
        }
    }

    /// Returns the glyphs of ASCII in `variant` as far as they are known.
    #[inline]
    pub fn ascii_known(&self, variant: Variant) -> &[Glyph; 128] {
        &self.ascii[variant.index()]
    }

    /// Returns the glyph of an ASCII character. `pages` are those that this frame must keep, and
    /// become more by the glyph's.
    pub fn ascii(
        &mut self,
        foundry: &mut Foundry,
        byte: u8,
        variant: Variant,
        pages: &mut u32,
    ) -> Glyph {
        let known = self.ascii[variant.index()][usize::from(byte & 0x7f)];
        if known.is_known() {
            *pages |= known.page_bit();
            return known;
        }
        let c = char::from(byte & 0x7f);
        let glyph = self.draw(foundry, c.encode_utf8(&mut [0; 4]), 1, variant, *pages);
        self.ascii[variant.index()][usize::from(byte & 0x7f)] = glyph;
        *pages |= glyph.page_bit();
        glyph
    }

    /// Draws the glyphs of an ASCII text that are not known yet.
    pub fn learn_ascii(
        &mut self,
        foundry: &mut Foundry,
        text: &[u8],
        variant: Variant,
        pages: &mut u32,
    ) {
        for &byte in text {
            self.ascii(foundry, byte, variant, pages);
        }
    }

    /// Returns the glyph of a cluster that takes `width` cells.
    pub fn cluster(
        &mut self,
        foundry: &mut Foundry,
        text: &str,
        width: u8,
        variant: Variant,
        pages: &mut u32,
    ) -> Glyph {
        let mut chars = text.chars();
        let Some(first) = chars.next() else {
            return Glyph::BLANK;
        };
        let wide = width > 1;
        let glyph = if chars.next().is_none() {
            if first.is_ascii() && !wide {
                return self.ascii(foundry, first as u8, variant, pages);
            }
            let key = first as u32 | (variant.index() as u32) << 21 | u32::from(wide) << 23;
            match self.chars.get(&key) {
                Some(known) => *known,
                None => {
                    let glyph = self.draw(foundry, text, width, variant, *pages);
                    if self.chars.len() >= KEPT_MAX {
                        self.chars.clear();
                    }
                    self.chars.insert(key, glyph);
                    glyph
                }
            }
        } else {
            let map = variant.index() << 1 | usize::from(wide);
            match self.clusters[map].get(text) {
                Some(known) => *known,
                None => {
                    let glyph = self.draw(foundry, text, width, variant, *pages);
                    if self.clusters[map].len() >= KEPT_MAX {
                        self.clusters[map].clear();
                    }
                    self.clusters[map].insert(text.into(), glyph);
                    glyph
                }
            }
        };
        *pages |= glyph.page_bit();
        glyph
    }

    /// Returns the tile of an underline.
    pub fn wave(&mut self, foundry: &mut Foundry, wave: Wave, pages: &mut u32) -> Glyph {
        let known = self.waves[wave as usize];
        if known.is_known() {
            *pages |= known.page_bit();
            return known;
        }
        let sprite = sprite::wave(wave, &self.metrics);
        let glyph = self.shape(foundry, &sprite, Kind::Tile, *pages);
        self.waves[wave as usize] = glyph;
        *pages |= glyph.page_bit();
        glyph
    }

    /// Returns, if `text` (operators in neighbouring cells) has a form of its own, how many glyphs
    /// that has; [`SizedFont::sequence_glyph`] draws them.
    pub fn sequence(&mut self, foundry: &mut Foundry, text: &str, variant: Variant) -> usize {
        let map = &mut self.sequences[variant.index()];
        if let Some(known) = map.get(text) {
            return known.as_ref().map_or(0, |glyphs| glyphs.len());
        }
        let face = foundry.fonts.face(self.faces[variant.index()]).clone();
        let (placed, _) = foundry.rasterizer.shape(&face, self.size_px, text);
        let plain = placed.len() == text.chars().count()
            && text
                .chars()
                .zip(&placed)
                .all(|(c, placed)| face.glyph(c) == placed.glyph);
        let form = (!plain).then(|| placed.into_boxed_slice());
        let count = form.as_ref().map_or(0, |glyphs| glyphs.len());
        if map.len() >= KEPT_MAX {
            map.clear();
        }
        map.insert(text.into(), form);
        count
    }

    /// Returns glyph `n` of a sequence and the cell in which it stands.
    pub fn sequence_glyph(
        &mut self,
        foundry: &mut Foundry,
        text: &str,
        n: usize,
        variant: Variant,
        pages: &mut u32,
    ) -> (Glyph, u16) {
        let form = self.sequences[variant.index()].get(text);
        let Some(placed) = form.and_then(|form| form.as_ref()?.get(n)).copied() else {
            return (Glyph::BLANK, 0);
        };
        let cell = (placed.x / self.advance_px).round().max(0.0) as u16;
        let key = u32::from(placed.glyph) | (variant.index() as u32) << 16;
        let glyph = match self.glyphs.get(&key) {
            Some(known) => *known,
            None => {
                let face = foundry.fonts.face(self.faces[variant.index()]).clone();
                let alone = Placed {
                    glyph: placed.glyph,
                    x: 0.0,
                    y: 0.0,
                };
                let mut bitmap = foundry.rasterizer.rasterize(&face, self.size_px, &[alone]);
                foundry.rasterized += 1;
                let space = self.metrics.width_px as f32 - self.advance_px;
                bitmap.left += (space / 2.0).round() as i32;
                let glyph = self.insert(foundry, &bitmap, Kind::Glyph, *pages);
                self.glyphs.insert(key, glyph);
                glyph
            }
        };
        *pages |= glyph.page_bit();
        (glyph, cell)
    }

    fn draw(
        &mut self,
        foundry: &mut Foundry,
        text: &str,
        width: u8,
        variant: Variant,
        pages: u32,
    ) -> Glyph {
        let Some(first) = text.chars().next() else {
            return Glyph::BLANK;
        };
        if first == ' ' && text.len() == 1 || first.is_control() || text.chars().all(is_ignorable) {
            return Glyph::BLANK;
        }
        if width == 1
            && let Some(sprite) = sprite::character(first, &self.metrics)
        {
            return self.shape(foundry, &sprite, Kind::Shape, pages);
        }
        foundry.rasterized += 1;
        let bitmap = match &self.reference {
            Some(large) => large
                .bitmap(foundry, text, first, width, variant)
                .map(|bitmap| self.block(&bitmap, &large.metrics, width)),
            None => self.bitmap(foundry, text, first, width, variant),
        };
        match bitmap {
            Some(bitmap) if bitmap.color => self.insert(foundry, &bitmap, Kind::Picture, pages),
            Some(bitmap) => self.insert(foundry, &bitmap, Kind::Glyph, pages),
            None => {
                let sprite = sprite::missing(&self.metrics, width.into());
                self.shape(foundry, &sprite, Kind::Shape, pages)
            }
        }
    }

    fn shape(&mut self, foundry: &mut Foundry, sprite: &Sprite, kind: Kind, pages: u32) -> Glyph {
        foundry.rasterized += 1;
        let bitmap = Bitmap {
            width: sprite.width,
            height: sprite.height,
            left: 0,
            top: self.metrics.baseline_px as i32 - sprite.top as i32,
            color: false,
            data: sprite.data.clone(),
        };
        self.insert(foundry, &bitmap, kind, pages)
    }

    fn insert(&mut self, foundry: &mut Foundry, bitmap: &Bitmap, kind: Kind, pages: u32) -> Glyph {
        if bitmap.is_empty() {
            return Glyph::BLANK;
        }
        let sheet = if bitmap.color {
            Sheet::Color
        } else {
            Sheet::Mono
        };
        let cut = cut(bitmap, &self.metrics);
        let bitmap = cut.as_ref().unwrap_or(bitmap);
        let rect = Rect {
            x: bitmap.left,
            y: self.metrics.baseline_px as i32 - bitmap.top,
            width: bitmap.width,
            height: bitmap.height,
        };
        foundry.atlas.touch(pages);
        let place = foundry
            .atlas
            .insert(sheet, bitmap.width, bitmap.height, &bitmap.data);
        self.refresh(&foundry.atlas);
        match place {
            Some(Place {
                page,
                layer,
                x: u,
                y: v,
            }) => {
                let source = u32::from(u) | u32::from(v) << 11 | u32::from(layer) << 22;
                Glyph::new(bitmap.left, rect.extent(), source, kind, page)
            }
            // The screen shows more different pixels than the atlas can hold: a block in the
            // text's colour shows at least that something is there.
            None => {
                let block = Rect {
                    y: rect.y + rect.height as i32 / 4,
                    height: (rect.height / 2).max(1),
                    ..rect
                };
                Glyph::new(bitmap.left, block.extent(), 0, Kind::Fill, NO_PAGE)
            }
        }
    }
}
