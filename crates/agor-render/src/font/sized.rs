//! One font at one size: what a cell measures, and the glyphs that are in the atlas already.

use super::raster::{Bitmap, Placed, Rasterizer};
use super::{CellMetrics, FaceId, FontSpec, Fonts, Variant, is_ignorable};
use crate::atlas::{Atlas, Place, Sheet};
use crate::gpu::{Instance, Kind, Rect};
use crate::quick_hash::QuickMap;
use crate::sprite::{self, Sprite};

/// A drawn glyph: an instance that lacks its cell, its slot and its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Glyph {
    /// From the cell's left edge, signed 16 bits | page << 16, 5 bits | [`UNKNOWN`]
    head: u32,
    extent: u32,
    source: u32,
    /// The kind, where an instance has it.
    kind: u32,
}

/// A glyph that was not drawn yet.
const UNKNOWN: u32 = 1 << 31;
/// Of no page. There is one bit more than the atlas has pages.
const NO_PAGE: u8 = 31;

impl Glyph {
    const UNKNOWN: Self = Self {
        head: UNKNOWN | (NO_PAGE as u32) << 16,
        extent: 0,
        source: 0,
        kind: 0,
    };
    /// Draws nothing.
    pub const BLANK: Self = Self {
        head: (NO_PAGE as u32) << 16,
        ..Self::UNKNOWN
    };

    fn new(x: i32, extent: u32, source: u32, kind: Kind, page: u8) -> Self {
        let x = x.clamp(i16::MIN.into(), i16::MAX.into()) as i16;
        Self {
            head: u32::from(x as u16) | u32::from(page) << 16,
            extent,
            source,
            kind: (kind as u32) << 24,
        }
    }

    fn is_known(self) -> bool {
        self.head & UNKNOWN == 0
    }

    /// Returns a bit if the glyph was not drawn yet; it is blank then.
    #[inline]
    pub fn unknown_bit(self) -> u32 {
        self.head & UNKNOWN
    }

    #[inline]
    pub fn is_blank(self) -> bool {
        self.extent == 0
    }

    /// Returns the bit of its page.
    #[inline]
    pub fn page_bit(self) -> u32 {
        1 << (self.head >> 16 & 31) & !(1 << NO_PAGE)
    }

    /// Returns the instance of the glyph in the cell that begins at `x`, which is on the screen.
    #[inline]
    pub fn instance(self, slot: u16, x: i32, packed_color: u32) -> Instance {
        [
            (x as u32).wrapping_add(self.head) & 0xffff | u32::from(slot) << 16,
            self.extent,
            self.source,
            packed_color | self.kind,
        ]
    }

    /// Returns the instance of a shape that repeats from `x` over `width` pixels.
    pub fn tiled(self, slot: u16, x: i32, width: u32, packed_color: u32) -> Instance {
        let [place, extent, source, paint] = self.instance(slot, x, packed_color);
        let extent = extent & 0x7_ffff | width.min(8191) << 19;
        [place, extent, source, paint]
    }
}

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
    size_px: f32,
    advance_px: f32,
    faces: [FaceId; 4],
    ascii: Box<[[Glyph; 128]; 4]>,
    chars: QuickMap<u32, Glyph>,
    /// By variant and width.
    clusters: [QuickMap<Box<str>, Glyph>; 8],
    glyphs: QuickMap<u32, Glyph>,
    /// By variant: what a sequence of operators is shaped to, if not to what each is alone.
    sequences: [QuickMap<Box<str>, Form>; 4],
    waves: [Glyph; 3],
    /// Evictions that were taken account of.
    seen: u64,
}

/// Clusters and sequences that are kept at the most; a hostile program could make up any number.
const KEPT_MAX: usize = 20_000;

impl SizedFont {
    pub fn new(id: u32, spec: FontSpec, fonts: &mut Fonts) -> Self {
        let faces = fonts.family(spec.family.as_deref());
        let size = spec.size_points * spec.scale;
        let size_px = if size.is_finite() { size } else { 13.0 }.clamp(4.0, 300.0);
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
        Self {
            id,
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
        match self.bitmap(foundry, text, first, width, variant) {
            Some(bitmap) if bitmap.color => self.insert(foundry, &bitmap, Kind::Picture, pages),
            Some(bitmap) => self.insert(foundry, &bitmap, Kind::Glyph, pages),
            None => {
                let sprite = sprite::missing(&self.metrics, width.into());
                self.shape(foundry, &sprite, Kind::Shape, pages)
            }
        }
    }

    /// Returns the pixels of a cluster, relative to its first cell and the baseline; nothing if no
    /// font has it.
    fn bitmap(
        &self,
        foundry: &mut Foundry,
        text: &str,
        first: char,
        width: u8,
        variant: Variant,
    ) -> Option<Bitmap> {
        let preferred = self.faces[variant.index()];
        let wide = width > 1;
        let emoji = is_emoji(text, first, wide);
        let id = foundry
            .fonts
            .choose(preferred, variant, text, emoji, wide)?;
        let face = foundry.fonts.face(id).clone();
        let own = id == preferred;
        let room = self.metrics.width_px * u32::from(width.max(1));
        let rasterizer = &mut foundry.rasterizer;

        let (glyphs, advance) = if text.chars().nth(1).is_none() {
            let glyph = face.glyph(first);
            let font = face.font();
            let advance = font
                .glyph_metrics(&face.coords)
                .scale(self.size_px)
                .advance_width(glyph);
            let placed = Placed {
                glyph,
                x: 0.0,
                y: 0.0,
            };
            (vec![placed], advance)
        } else {
            let (mut glyphs, advance) = if emoji {
                // Which form is meant is decided; fonts join sequences by what is left.
                let bare: String = text.chars().filter(|c| *c != '\u{fe0f}').collect();
                rasterizer.shape(&face, self.size_px, &bare)
            } else {
                rasterizer.shape(&face, self.size_px, text)
            };
            // A mark that the face has not is left out rather than drawn as a frame.
            let missing = |placed: &Placed| placed.glyph == 0;
            let advance = match glyphs.iter().position(missing) {
                Some(n) if n > 0 => glyphs[n].x,
                _ => advance,
            };
            glyphs.retain(|placed| !missing(placed));
            if text.chars().skip(1).all(is_mark) {
                rasterizer.stack(&face, self.size_px, glyphs, advance)
            } else {
                (glyphs, advance)
            }
        };
        let mut bitmap = rasterizer.rasterize(&face, self.size_px, &glyphs);
        if bitmap.is_empty() {
            // A space of some kind, or a picture in a format that nothing here can read.
            return (!emoji).then_some(bitmap);
        }
        if bitmap.color {
            return Some(self.fitted_picture(&bitmap, room));
        }
        // Letters of the font itself may reach out a little, as in italics.
        let (taken, most) = if own {
            (advance.max(bitmap.width as f32), room as f32 * 1.3)
        } else {
            (advance.max(bitmap.width as f32), room as f32 + 0.5)
        };
        if taken > most {
            // A sign that is too wide is made smaller around its own middle.
            let part = room as f32 / taken;
            let middle = bitmap.top as f32 - bitmap.height as f32 / 2.0;
            let smaller: Vec<_> = glyphs
                .iter()
                .map(|placed| Placed {
                    x: placed.x * part,
                    y: placed.y * part,
                    ..*placed
                })
                .collect();
            bitmap = rasterizer.rasterize(&face, self.size_px * part, &smaller);
            bitmap.top = (middle + bitmap.height as f32 / 2.0).round() as i32;
            bitmap.left += ((room as f32 - advance * part) / 2.0).round() as i32;
        } else {
            bitmap.left += ((room as f32 - advance) / 2.0).round() as i32;
        }
        if !own && bitmap.width <= room {
            bitmap.left = bitmap.left.clamp(0, (room - bitmap.width) as i32);
        }
        Some(bitmap)
    }

    /// Returns a picture as large as its cells allow, in their middle.
    fn fitted_picture(&self, picture: &Bitmap, room: u32) -> Bitmap {
        let height_px = self.metrics.height_px;
        let part =
            (room as f32 / picture.width as f32).min(height_px as f32 / picture.height as f32);
        let width = ((picture.width as f32 * part).round() as u32).clamp(1, room);
        let height = ((picture.height as f32 * part).round() as u32).clamp(1, height_px);
        let mut fitted = picture.resized(width, height);
        fitted.left = ((room - width) / 2) as i32;
        let above = (height_px - height) / 2;
        fitted.top = self.metrics.baseline_px as i32 - above as i32;
        fitted
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

/// Returns what is left of a glyph that reaches further than a row above or below its own, or so
/// far to a side that it cannot be meant.
fn cut(bitmap: &Bitmap, metrics: &CellMetrics) -> Option<Bitmap> {
    let (base, height) = (metrics.baseline_px as i32, metrics.height_px as i32);
    let top = base - bitmap.top;
    let first = (-height - top).max(0);
    let last = (2 * height - top).min(bitmap.height as i32).max(first);
    let rows = ((last - first) as u32).min(crate::gpu::HEIGHT_MAX);
    let width = bitmap.width.min(crate::atlas::PAGE_PX - 1);
    if first == 0 && rows == bitmap.height && width == bitmap.width {
        return None;
    }
    let channels = if bitmap.color { 4 } else { 1 };
    let mut data = Vec::with_capacity((width * rows) as usize * channels);
    for y in 0..rows {
        let start = ((first as u32 + y) * bitmap.width) as usize * channels;
        data.extend_from_slice(&bitmap.data[start..start + width as usize * channels]);
    }
    Some(Bitmap {
        width,
        height: rows,
        left: bitmap.left,
        top: bitmap.top - first,
        color: bitmap.color,
        data,
    })
}

/// Says whether a character belongs over, under or around the one before it.
fn is_mark(c: char) -> bool {
    use swash::text::Codepoint;
    c.combining_class() != 0 || is_ignorable(c)
}

/// Says whether a cluster should be a picture.
fn is_emoji(text: &str, first: char, wide: bool) -> bool {
    if text.contains('\u{fe0e}') {
        return false;
    }
    text.contains('\u{fe0f}')
        || text.contains('\u{20e3}')
        || wide
            && matches!(first,
                '\u{231a}'..='\u{23ff}' | '\u{25fd}'..='\u{27bf}' | '\u{2b05}'..='\u{2b55}'
                | '\u{1f000}'..='\u{1faff}')
}
