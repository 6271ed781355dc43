//! A cluster to pixels that fit its cells.

use std::sync::{Arc, Mutex, PoisonError};

use super::raster::{Bitmap, Placed, Rasterizer};
use super::{CellMetrics, Face, FaceId, FontFeature, FontSpec, Fonts, Variant, is_ignorable};

/// A cluster as it stands in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cluster {
    pub text: Box<str>,
    /// The cells that it takes.
    pub width: u8,
    pub variant: Variant,
}

/// The four faces of a font.
#[derive(Clone)]
pub(crate) struct Faces {
    ids: [FaceId; 4],
    own: [Arc<Face>; 4],
}

impl Faces {
    pub fn new(family: Option<&str>, fonts: &mut Fonts) -> Self {
        let ids = fonts.family(family);
        let own = ids.map(|id| Arc::clone(fonts.face(id)));
        Self { ids, own }
    }

    pub fn own(&self, variant: Variant) -> &Arc<Face> {
        &self.own[variant.index()]
    }
}

/// A font in one size, as far as pixels depend on it. Threads share it.
pub(crate) struct Sizing {
    pub metrics: CellMetrics,
    pub size_px: f32,
    pub advance_px: f32,
    pub faces: Faces,
    /// Those of the family's own faces.
    pub features: Arc<[FontFeature]>,
    /// How much wider strokes are than the font has them.
    thicker_px: f32,
    /// The same font so large that its glyphs have their forms, where cells are too small for
    /// that: a glyph is drawn with it and made smaller.
    reference: Option<Arc<Sizing>>,
}

/// Cells narrower than this have no room for outlines: strokes fall between pixels, and what is
/// left is noise. A glyph is then the mean of what it covers, pixel by pixel.
const OUTLINES_FROM_PX: u32 = 4;
/// The size at which such glyphs are drawn before they are made smaller.
const REFERENCE_PX: f32 = 24.0;
/// Strokes are made wider by so much at the most.
const THICKER_MAX_PX: f32 = 4.0;

impl Sizing {
    pub fn new(spec: &FontSpec, faces: Faces) -> Self {
        let size = spec.size_points * spec.scale;
        let thicker = spec.thicker_points * spec.scale;
        let size_px = if size.is_finite() { size } else { 13.0 }.clamp(1.0, 300.0);
        let line_height = if spec.line_height.is_finite() {
            spec.line_height.clamp(0.5, 4.0)
        } else {
            1.2
        };
        let face = faces.own(Variant::default());
        let metrics = CellMetrics::new(face, size_px, line_height);
        let advance = face.advance(size_px, face.glyph('0'));
        let reference =
            (metrics.width_px < OUTLINES_FROM_PX && size_px < REFERENCE_PX).then(|| {
                let large = FontSpec {
                    size_points: REFERENCE_PX,
                    scale: 1.0,
                    ligatures: false,
                    ..spec.clone()
                };
                Arc::new(Self::new(&large, faces.clone()))
            });
        Self {
            reference,
            metrics,
            size_px,
            advance_px: if advance > 0.0 {
                advance
            } else {
                metrics.width_px as f32
            },
            faces,
            features: Arc::clone(&spec.features),
            thicker_px: if thicker.is_finite() {
                thicker.clamp(0.0, THICKER_MAX_PX)
            } else {
                0.0
            },
        }
    }

    /// Returns the pixels of a cluster, relative to its first cell and the baseline; nothing if no
    /// font has it. Others may draw with the same fonts meanwhile.
    pub fn draw(
        &self,
        fonts: &Mutex<Fonts>,
        rasterizer: &mut Rasterizer,
        cluster: &Cluster,
    ) -> Option<Bitmap> {
        self.drawn(cluster, |sizing| sizing.bitmap(fonts, rasterizer, cluster))
    }

    /// Does [`Sizing::draw`] for an ASCII character that the font's own face has, as nearly all have.
    pub fn draw_own(&self, rasterizer: &mut Rasterizer, cluster: &Cluster) -> Option<Bitmap> {
        let face = self.faces.own(cluster.variant);
        let first = cluster.text.chars().next().filter(char::is_ascii)?;
        if !face.has(first) || is_emoji(&cluster.text, first, cluster.width > 1) {
            return None;
        }
        self.drawn(cluster, |sizing| {
            sizing.bitmap_of(
                (sizing.faces.own(cluster.variant), true),
                rasterizer,
                cluster,
            )
        })
    }

    /// Returns the pixels of a glyph of the font's own face, which stands in one cell.
    pub fn draw_glyph(&self, rasterizer: &mut Rasterizer, glyph: u16, variant: Variant) -> Bitmap {
        let alone = Placed {
            glyph,
            x: 0.0,
            y: 0.0,
        };
        let face = self.faces.own(variant);
        let mut bitmap = rasterizer.rasterize(face, self.size_px, self.thicker_px, &[alone]);
        let space = self.metrics.width_px as f32 - self.advance_px;
        bitmap.left += (space / 2.0).round() as i32;
        bitmap
    }

    /// Returns what `draw` draws, in cells of this font.
    fn drawn(
        &self,
        cluster: &Cluster,
        draw: impl FnOnce(&Self) -> Option<Bitmap>,
    ) -> Option<Bitmap> {
        match &self.reference {
            Some(large) => {
                let bitmap = draw(large)?;
                Some(self.block(&bitmap, &large.metrics, cluster.width))
            }
            None => draw(self),
        }
    }

    fn bitmap(
        &self,
        fonts: &Mutex<Fonts>,
        rasterizer: &mut Rasterizer,
        cluster: &Cluster,
    ) -> Option<Bitmap> {
        let Cluster {
            text,
            width,
            variant,
        } = cluster;
        let preferred = self.faces.ids[variant.index()];
        let wide = *width > 1;
        let emoji = is_emoji(text, text.chars().next()?, wide);
        let (face, own) = {
            // Whoever panicked with them has changed nothing by halves: faces are only ever added.
            let mut fonts = fonts.lock().unwrap_or_else(PoisonError::into_inner);
            let id = fonts.choose(preferred, *variant, text, emoji, wide)?;
            (Arc::clone(fonts.face(id)), id == preferred)
        };
        self.bitmap_of((&face, own), rasterizer, cluster)
    }

    fn bitmap_of(
        &self,
        (face, own): (&Arc<Face>, bool),
        rasterizer: &mut Rasterizer,
        cluster: &Cluster,
    ) -> Option<Bitmap> {
        let (text, wide) = (&*cluster.text, cluster.width > 1);
        let first = text.chars().next()?;
        let emoji = is_emoji(text, first, wide);
        let room = self.metrics.width_px * u32::from(cluster.width.max(1));
        // In another font something else has the same name.
        let features: &[FontFeature] = if own { &self.features } else { &[] };
        let (glyphs, advance) = if text.chars().nth(1).is_none() && features.is_empty() {
            let glyph = face.glyph(first);
            let advance = face.advance(self.size_px, glyph);
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
                rasterizer.shape(face, self.size_px, features, &bare)
            } else {
                rasterizer.shape(face, self.size_px, features, text)
            };
            // A mark that the face has not is left out rather than drawn as a frame.
            let missing = |placed: &Placed| placed.glyph == 0;
            let advance = match glyphs.iter().position(missing) {
                Some(n) if n > 0 => glyphs[n].x,
                _ => advance,
            };
            glyphs.retain(|placed| !missing(placed));
            if text.chars().skip(1).all(is_mark) {
                rasterizer.stack(face, self.size_px, glyphs, advance)
            } else {
                (glyphs, advance)
            }
        };
        let mut bitmap = rasterizer.rasterize(face, self.size_px, self.thicker_px, &glyphs);
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
        // Icon fonts draw for rows of any height; marks of scripts may reach out of theirs.
        let tall = self.metrics.height_px as f32;
        let too_tall = is_private(first) && bitmap.height as f32 > tall;
        if taken > most || too_tall {
            // A sign that is too large is made smaller around its own middle.
            let mut part = (room as f32 / taken).min(1.0);
            if too_tall {
                part = part.min(tall / bitmap.height as f32);
            }
            let middle = bitmap.top as f32 - bitmap.height as f32 / 2.0;
            let smaller: Vec<_> = glyphs
                .iter()
                .map(|placed| Placed {
                    x: placed.x * part,
                    y: placed.y * part,
                    ..*placed
                })
                .collect();
            bitmap = rasterizer.rasterize(face, self.size_px * part, self.thicker_px, &smaller);
            bitmap.top = (middle + bitmap.height as f32 / 2.0).round() as i32;
            bitmap.left += ((room as f32 - advance * part) / 2.0).round() as i32;
        } else {
            bitmap.left += ((room as f32 - advance) / 2.0).round() as i32;
        }
        if !own && bitmap.width <= room {
            bitmap.left = bitmap.left.clamp(0, (room - bitmap.width) as i32);
        }
        if is_private(first) && bitmap.height <= self.metrics.height_px {
            let base = self.metrics.baseline_px as i32;
            let lowest = base - (self.metrics.height_px - bitmap.height) as i32;
            bitmap.top = bitmap.top.clamp(lowest, base);
        }
        Some(bitmap)
    }

    /// Returns what a glyph that was drawn for cells of `large` is in cells of this font: every
    /// pixel of its cells the mean of what it covers.
    fn block(&self, glyph: &Bitmap, large: &CellMetrics, width: u8) -> Bitmap {
        let cells = u32::from(width.max(1));
        let mut cell = Bitmap::blank(
            large.width_px * cells,
            large.height_px,
            large.baseline_px as i32,
            glyph.color,
        );
        cell.draw_inside(glyph);
        let mut block = cell.resized(self.metrics.width_px * cells, self.metrics.height_px);
        block.left = 0;
        block.top = self.metrics.baseline_px as i32;
        block
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
}

/// Returns what is left of a glyph that reaches further than a row above or below its own, or so
/// far to a side that it cannot be meant.
pub(super) fn cut(bitmap: &Bitmap, metrics: &CellMetrics) -> Option<Bitmap> {
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

/// Says whether a character is of private use, as the signs of icon fonts are.
fn is_private(c: char) -> bool {
    matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{ffffd}' | '\u{100000}'..='\u{10fffd}')
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
