//! Glyphs to pixels.

use std::panic::{AssertUnwindSafe, catch_unwind};

use swash::scale::image::{Content, Image};
use swash::scale::{Render, ScaleContext, Source, StrikeWith};
use swash::shape::ShapeContext;
use swash::zeno::{Angle, Stroke, Transform, Vector};
use vello_cpu::color::AlphaColor;
use vello_cpu::peniko::FontData;
use vello_cpu::{Pixmap, RenderContext, Resources};

use super::face::{Face, Slant};
use super::{FontFeature, NEUTRAL};

/// A glyph's pixels and where they stand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Bitmap {
    pub width: u32,
    pub height: u32,
    /// From the pen to the left edge.
    pub left: i32,
    /// From the baseline up to the top edge.
    pub top: i32,
    /// Four bytes for each pixel, premultiplied, instead of one.
    pub color: bool,
    pub data: Vec<u8>,
}

impl Bitmap {
    /// Returns an image in which nothing is, from the pen's place on, with its top edge `top` over
    /// the baseline.
    pub fn blank(width: u32, height: u32, top: i32, color: bool) -> Self {
        let channels = if color { 4 } else { 1 };
        Self {
            width,
            height,
            left: 0,
            top,
            color,
            data: vec![0; width as usize * height as usize * channels],
        }
    }

    /// Draws as much of `part`, of the same kind, as lies inside the image.
    pub fn draw_inside(&mut self, part: &Self) {
        let channels = if self.color { 4 } else { 1 };
        let (dx, dy) = (part.left - self.left, self.top - part.top);
        for y in 0..part.height as i32 {
            for x in 0..part.width as i32 {
                let (to_x, to_y) = (x + dx, y + dy);
                if to_x < 0 || to_y < 0 || to_x >= self.width as i32 || to_y >= self.height as i32 {
                    continue;
                }
                let from = (y * part.width as i32 + x) as usize * channels;
                let to = (to_y * self.width as i32 + to_x) as usize * channels;
                self.data[to..to + channels].copy_from_slice(&part.data[from..from + channels]);
            }
        }
    }

    /// Returns the part of a picture that is not transparent, if any is.
    fn trimmed(&self) -> Option<Self> {
        let width = self.width as usize;
        let seen = |x: usize, y: usize| self.data[(y * width + x) * 4 + 3] != 0;
        let rows: Vec<usize> = (0..self.height as usize)
            .filter(|y| (0..width).any(|x| seen(x, *y)))
            .collect();
        let (top, bottom) = (*rows.first()?, *rows.last()? + 1);
        let column = |x: &usize| (top..bottom).any(|y| seen(*x, y));
        let left = (0..width).find(column)?;
        let right = (0..width).rfind(column)? + 1;
        let mut data = Vec::with_capacity((right - left) * (bottom - top) * 4);
        for y in top..bottom {
            data.extend_from_slice(&self.data[(y * width + left) * 4..(y * width + right) * 4]);
        }
        Some(Self {
            width: (right - left) as u32,
            height: (bottom - top) as u32,
            left: self.left + left as i32,
            top: self.top - top as i32,
            color: true,
            data,
        })
    }

    pub fn is_empty(&self) -> bool {
        self.width == 0 || self.height == 0
    }

    /// Returns the image `width` x `height` pixels large, each pixel the mean of those that it
    /// covers. For pictures, which are always made smaller.
    pub fn resized(&self, width: u32, height: u32) -> Self {
        let channels = if self.color { 4 } else { 1 };
        let (sx, sy) = (
            self.width as f32 / width as f32,
            self.height as f32 / height as f32,
        );
        let mut data = Vec::with_capacity(width as usize * height as usize * channels);
        for y in 0..height {
            let rows = span(y as f32 * sy, (y + 1) as f32 * sy, self.height);
            for x in 0..width {
                let columns = span(x as f32 * sx, (x + 1) as f32 * sx, self.width);
                let mut sum = [0.0_f32; 4];
                let mut area = 0.0;
                for (row, row_part) in rows.clone() {
                    for (column, column_part) in columns.clone() {
                        let part = row_part * column_part;
                        let at = (row as usize * self.width as usize + column as usize) * channels;
                        for (total, value) in sum.iter_mut().zip(&self.data[at..at + channels]) {
                            *total += f32::from(*value) * part;
                        }
                        area += part;
                    }
                }
                data.extend(
                    sum[..channels]
                        .iter()
                        .map(|total| (total / area.max(f32::EPSILON)).round() as u8),
                );
            }
        }
        Self {
            width,
            height,
            left: (self.left as f32 / sx).round() as i32,
            top: (self.top as f32 / sy).round() as i32,
            color: self.color,
            data,
        }
    }

    /// Draws `over` on top of the image, which grows as needed.
    fn compose(&mut self, over: Self) {
        if self.is_empty() {
            *self = over;
            return;
        }
        if over.is_empty() {
            return;
        }
        let left = self.left.min(over.left);
        let top = self.top.max(over.top);
        let right = (self.left + self.width as i32).max(over.left + over.width as i32);
        let bottom = (self.top - self.height as i32).min(over.top - over.height as i32);
        let color = self.color || over.color;
        let mut both = Self {
            width: (right - left) as u32,
            height: (top - bottom) as u32,
            left,
            top,
            color,
            data: Vec::new(),
        };
        let channels = if color { 4 } else { 1 };
        both.data = vec![0; both.width as usize * both.height as usize * channels];
        for part in [&*self, &over] {
            both.blend(part);
        }
        *self = both;
    }

    fn blend(&mut self, part: &Self) {
        let (dx, dy) = (part.left - self.left, self.top - part.top);
        for y in 0..part.height as usize {
            for x in 0..part.width as usize {
                let from = y * part.width as usize + x;
                let to = (y + dy as usize) * self.width as usize + x + dx as usize;
                if !self.color {
                    self.data[to] = self.data[to].max(part.data[from]);
                    continue;
                }
                let source = if part.color {
                    [0, 1, 2, 3].map(|n| part.data[from * 4 + n])
                } else {
                    [part.data[from]; 4]
                };
                let under = 255 - u16::from(source[3]);
                for (n, value) in source.into_iter().enumerate() {
                    let old = u16::from(self.data[to * 4 + n]);
                    self.data[to * 4 + n] = (u16::from(value) + old * under / 255).min(255) as u8;
                }
            }
        }
    }
}

/// Returns the whole pixels from `start` to `end` and how much of each is covered.
fn span(start: f32, end: f32, limit: u32) -> impl Iterator<Item = (u32, f32)> + Clone {
    let first = start.floor() as u32;
    let last = (end.ceil() as u32).min(limit).max(first + 1).min(limit);
    (first.min(limit.saturating_sub(1))..last).map(move |pixel| {
        let part = end.min((pixel + 1) as f32) - start.max(pixel as f32);
        (pixel, part.max(0.0))
    })
}

/// A glyph in its place within a cluster.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Placed {
    pub glyph: u16,
    pub x: f32,
    pub y: f32,
}

/// Keeps what swash reuses between glyphs.
pub(crate) struct Rasterizer {
    scale: ScaleContext,
    shape: ShapeContext,
}

impl Rasterizer {
    pub fn new() -> Self {
        Self {
            scale: ScaleContext::with_max_entries(16),
            shape: ShapeContext::with_max_entries(16),
        }
    }

    /// Returns the glyphs of `text` with these features and the width that they take; none if the font is so
    /// damaged that it cannot be said.
    pub fn shape(
        &mut self,
        face: &Face,
        size_px: f32,
        features: &[FontFeature],
        text: &str,
    ) -> (Vec<Placed>, f32) {
        unharmed(|| self.shape_with(face, size_px, features, text)).unwrap_or_else(|| {
            *self = Self::new();
            (Vec::new(), 0.0)
        })
    }

    fn shape_with(
        &mut self,
        face: &Face,
        size_px: f32,
        features: &[FontFeature],
        text: &str,
    ) -> (Vec<Placed>, f32) {
        let mut script = swash::text::Script::Latin;
        for c in text.chars() {
            let of = swash::text::Codepoint::script(c);
            if !matches!(
                of,
                swash::text::Script::Common
                    | swash::text::Script::Inherited
                    | swash::text::Script::Unknown
            ) {
                script = of;
                break;
            }
        }
        let mut shaper = self
            .shape
            .builder(face.font())
            .script(script)
            .size(size_px)
            .normalized_coords(&face.coords)
            .features(features)
            .build();
        shaper.add_str(text);
        let mut placed = Vec::new();
        let mut pen = 0.0;
        shaper.shape_with(|cluster| {
            for glyph in cluster.glyphs {
                placed.push(Placed {
                    glyph: glyph.id,
                    x: pen + glyph.x,
                    y: glyph.y,
                });
                pen += glyph.advance;
            }
        });
        (placed, pen)
    }

    /// Puts marks over the middle of their letter where the font left them beside it or far away;
    /// others stay where the font placed them.
    pub fn stack(
        &mut self,
        face: &Face,
        size_px: f32,
        mut glyphs: Vec<Placed>,
        advance: f32,
    ) -> (Vec<Placed>, f32) {
        let Some((letter, marks)) = glyphs.split_first_mut() else {
            return (glyphs, advance);
        };
        let own = face.advance(size_px, letter.glyph);
        let beside = advance > own * 1.1;
        let middle = letter.x + own / 2.0;
        for mark in marks {
            let ink = self.glyph(face, size_px, 0.0, mark.glyph);
            let left = mark.x + ink.left as f32;
            // Anchors of some letters lead to where no mark can be meant, ten cells away.
            let astray = left > letter.x + own || left + (ink.width as f32) < letter.x;
            if beside || astray {
                mark.x = middle - ink.left as f32 - ink.width as f32 / 2.0;
            }
            if astray {
                mark.y = 0.0;
            }
        }
        (glyphs, if beside { own } else { advance })
    }

    /// Returns the pixels of `glyphs` together, their strokes wider by `thicker_px`.
    pub fn rasterize(
        &mut self,
        face: &Face,
        size_px: f32,
        thicker_px: f32,
        glyphs: &[Placed],
    ) -> Bitmap {
        let mut whole = Bitmap::default();
        for placed in glyphs {
            let drawn = unharmed(|| self.glyph(face, size_px, thicker_px, placed.glyph));
            let mut one = drawn.unwrap_or_else(|| {
                // What was being done to these is unknown.
                *self = Self::new();
                Bitmap::default()
            });
            one.left += placed.x.round() as i32;
            one.top += placed.y.round() as i32;
            whole.compose(one);
        }
        whole
    }

    fn glyph(&mut self, face: &Face, size_px: f32, thicker_px: f32, glyph: u16) -> Bitmap {
        if let Some(font) = face.painted()
            && let Some(picture) = unharmed(|| paint(&font, size_px, glyph, &face.coords)).flatten()
        {
            return picture;
        }
        let font = face.font();
        let hint = !face.embolden && face.slant == Slant::Own;
        let mut scaler = self
            .scale
            .builder(font)
            .size(size_px)
            .hint(hint)
            .normalized_coords(&face.coords)
            .build();
        let mut image = Image::new();
        if scaler.has_color_outlines() {
            let mut render = Render::new(&[Source::ColorOutline(0)]);
            render.default_color([NEUTRAL.0, NEUTRAL.1, NEUTRAL.2, 255]);
            if render.render_into(&mut scaler, glyph, &mut image) && has_ink(&image) {
                return bitmap(image);
            }
        }
        if scaler.has_color_bitmaps() {
            // In its own size: what is not scaled yet can be multiplied by its alpha before it is.
            let mut unscaled = self.scale.builder(font).size(0.0).build();
            image.clear();
            if unscaled.scale_color_bitmap_into(glyph, StrikeWith::LargestSize, &mut image)
                && has_ink(&image)
            {
                return bitmap(image);
            }
            scaler = self
                .scale
                .builder(font)
                .size(size_px)
                .hint(hint)
                .normalized_coords(&face.coords)
                .build();
        }
        image.clear();
        let mut render = Render::new(&[Source::Outline, Source::Bitmap(StrikeWith::ExactSize)]);
        if face.slant == Slant::Sheared {
            render.transform(Some(Transform::skew(
                Angle::from_degrees(12.0),
                Angle::from_degrees(0.0),
            )));
        }
        let mut drawn = Bitmap::default();
        if render.render_into(&mut scaler, glyph, &mut image) {
            drawn = bitmap(image);
        }
        if thicker_px > 0.0 && !drawn.color {
            // The outline moved to both sides: of two edges in different pixels each is covered as far as it went,
            // and what hinting has made sharp, the heights, stays so.
            for side in [-0.5, 0.5] {
                let mut moved = Image::new();
                render.offset(Vector::new(side * thicker_px, 0.0));
                if render.render_into(&mut scaler, glyph, &mut moved) {
                    drawn.compose(bitmap(moved));
                }
            }
            render.offset(Vector::ZERO);
        }
        if face.embolden && !drawn.color {
            // The outline itself as a line: that of a letter in several pieces, such as an i, cannot be moved
            // outwards as swash does it without knowing which side that is.
            let mut edge = Image::new();
            render.style(Stroke::new((size_px / 28.0).max(0.35)));
            if render.render_into(&mut scaler, glyph, &mut edge) {
                drawn.compose(bitmap(edge));
            }
        }
        drawn
    }
}

/// Pictures that are painted are drawn so large at the least, and made smaller as those of pixels
/// are: so they have their details, and fit cells that are larger than the font's size.
const PAINTED_PX: f32 = 64.0;

/// Returns a glyph that its font paints (COLR version 1); nothing if there is nothing to see.
fn paint(font: &FontData, size_px: f32, glyph: u16, coords: &[i16]) -> Option<Bitmap> {
    // Half the size around it is more than any picture reaches out.
    let size = (size_px * 2.0).max(PAINTED_PX);
    let side = (size * 2.0).ceil() as u16;
    let pen = (size / 2.0, size * 1.5);
    let mut context = RenderContext::new(side, side);
    let mut resources = Resources::new();
    context.set_paint(AlphaColor::from_rgb8(NEUTRAL.0, NEUTRAL.1, NEUTRAL.2));
    let alone = vello_cpu::Glyph {
        id: glyph.into(),
        x: pen.0,
        y: pen.1,
    };
    context
        .glyph_run(&mut resources, font)
        .font_size(size)
        .hint(false)
        .normalized_coords(coords)
        .fill_glyphs(std::iter::once(alone));
    context.flush();
    let mut pixels = Pixmap::new(side, side);
    context.render(&mut pixels, &mut resources);
    let whole = Bitmap {
        width: side.into(),
        height: side.into(),
        left: -(pen.0 as i32),
        top: pen.1 as i32,
        color: true,
        data: pixels.data_as_u8_slice().to_vec(),
    };
    whole.trimmed()
}

/// Returns what `draw` does, or nothing if it panics: libraries take for granted that what a font
/// promises is there, and in one that is damaged it may not be.
pub(super) fn unharmed<T>(draw: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(draw)).ok()
}

fn has_ink(image: &Image) -> bool {
    image.data.chunks_exact(4).any(|pixel| pixel[3] != 0)
}

fn bitmap(image: Image) -> Bitmap {
    let color = image.content == Content::Color;
    let mut data = image.data;
    if color {
        for pixel in data.chunks_exact_mut(4) {
            let alpha = u16::from(pixel[3]);
            for channel in &mut pixel[..3] {
                *channel = (u16::from(*channel) * alpha / 255) as u8;
            }
        }
    }
    let placement = image.placement;
    let bytes = if color { 4 } else { 1 };
    // A damaged font may promise more pixels than it has.
    if data.len() < placement.width as usize * placement.height as usize * bytes {
        return Bitmap::default();
    }
    Bitmap {
        width: placement.width,
        height: placement.height,
        left: placement.left,
        top: placement.top,
        color,
        data,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A font of ours with two glyphs that are painted: U+1F534 is a disc with a gradient from
    /// yellow in its middle to red at its edge, U+1F7E9 a square from green at the left to blue.
    const PAINTED: &[u8] = include_bytes!("../../tests/fonts/colr1.ttf");

    #[test]
    fn glyphs_that_a_font_paints_have_their_gradients() {
        let face = Face::bundled(PAINTED).unwrap();
        assert!(face.painted().is_some());
        let mut rasterizer = Rasterizer::new();
        let mut drawn = |c| {
            let glyph = face.glyph(c);
            assert_ne!(glyph, 0);
            let placed = Placed {
                glyph,
                x: 0.0,
                y: 0.0,
            };
            let bitmap = rasterizer.rasterize(&face, 16.0, 0.0, &[placed]);
            assert!(bitmap.color);
            bitmap
        };
        let at = |bitmap: &Bitmap, x: u32, y: u32| {
            let at = (y * bitmap.width + x) as usize * 4;
            [0, 1, 2, 3].map(|n| bitmap.data[at + n])
        };
        let disc = drawn('\u{1f534}');
        // 800 of 1000 units wide, at 64 pixels.
        assert!((50..=53).contains(&disc.width), "{}", disc.width);
        let [r, g, b, a] = at(&disc, disc.width / 2, disc.height / 2);
        assert!(r > 240 && g > 220 && b < 40 && a == 255, "{r} {g} {b} {a}");
        let [r, g, b, a] = at(&disc, 2, disc.height / 2);
        assert!(r > 240 && g < 60 && b < 40 && a > 200, "{r} {g} {b} {a}");
        assert_eq!(at(&disc, 0, 0)[3], 0);
        let square = drawn('\u{1f7e9}');
        let [_, left_green, left_blue, _] = at(&square, 2, square.height / 2);
        let [_, right_green, right_blue, _] = at(&square, square.width - 3, square.height / 2);
        assert!(
            left_green > 200 && left_blue < 60,
            "{left_green} {left_blue}"
        );
        assert!(
            right_green < 60 && right_blue > 200,
            "{right_green} {right_blue}"
        );
    }

    #[test]
    fn a_damaged_painted_font_draws_something_or_nothing_and_never_fails() {
        let mut rasterizer = Rasterizer::new();
        let mut state = 0x9e37_79b9_u32;
        for _ in 0..200 {
            let mut bytes = PAINTED.to_vec();
            for _ in 0..8 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let at = (state >> 8) as usize % bytes.len();
                bytes[at] ^= (state >> 24) as u8;
            }
            let Some(face) = Face::bundled(bytes.leak()) else {
                continue;
            };
            rasterizer.shape(&face, 16.0, &[], "\u{1f534}\u{1f7e9}");
            for glyph in 0..4 {
                let placed = Placed {
                    glyph,
                    x: 0.0,
                    y: 0.0,
                };
                let bitmap = rasterizer.rasterize(&face, 16.0, 0.0, &[placed]);
                assert!(bitmap.data.len() < 4 * 1024 * 1024);
            }
        }
    }
}
