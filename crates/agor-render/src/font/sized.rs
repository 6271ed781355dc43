//! One font at one size: what a cell measures, and the glyphs that are in the atlas already.

use std::ops::Range;
use std::sync::Arc;

use super::cluster::{Cluster, Faces, Sizing, cut};
use super::glyph::Glyph;
use super::raster::{Bitmap, Rasterizer};
use super::sequences::{CLASSES, Class, NUMBER, Sequences, Sign, WORDS};
use super::workshop::{Order, Ordered, Piece, Slot, Workshop};
use super::{CellMetrics, FontSpec, Fonts, Variant, is_ignorable};
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

/// What all fonts share.
pub(crate) struct Foundry {
    pub workshop: Workshop,
    /// For what is drawn at once.
    pub rasterizer: Rasterizer,
    pub atlas: Atlas,
    /// Glyphs drawn since this was last cleared.
    pub rasterized: u64,
    /// Goes up whenever glyphs come that were waited for, and when there is room for those that had none.
    pub arrivals: u64,
}

/// See the head of this file.
pub(crate) struct SizedFont {
    /// Differs from that of every other font of the process.
    pub id: u32,
    pub spec: FontSpec,
    pub metrics: CellMetrics,
    sizing: Arc<Sizing>,
    /// By byte, and the variant above its seven bits.
    ascii: Box<[Glyph; ASCII]>,
    chars: QuickMap<u32, Glyph>,
    /// By variant and width.
    clusters: [QuickMap<Box<str>, Glyph>; 8],
    glyphs: QuickMap<u32, Glyph>,
    sequences: Sequences,
    classes: [Class; 256],
    knows_letters: bool,
    waves: [Glyph; 3],
    /// Evictions that were taken account of.
    seen: u64,
}

/// Characters of ASCII in all variants.
const ASCII: usize = 512;
/// Characters, clusters and sequences that are kept at the most, of each kind; a hostile program could make up any number.
const KEPT_MAX: usize = 20_000;

impl SizedFont {
    pub fn new(id: u32, spec: FontSpec, fonts: &mut Fonts) -> Self {
        let faces = Faces::new(spec.family.as_deref(), fonts);
        Self::with_faces(id, spec, faces)
    }

    /// Returns the same font in another size.
    pub fn resized(&self, id: u32, spec: FontSpec) -> Self {
        Self::with_faces(id, spec, self.sizing.faces.clone())
    }

    fn with_faces(id: u32, spec: FontSpec, faces: Faces) -> Self {
        let sizing = Sizing::new(&spec, faces);
        Self {
            id,
            metrics: sizing.metrics,
            sizing: Arc::new(sizing),
            spec,
            ascii: Box::new([Glyph::UNKNOWN; ASCII]),
            chars: QuickMap::default(),
            clusters: Default::default(),
            glyphs: QuickMap::default(),
            sequences: Sequences::default(),
            classes: CLASSES,
            knows_letters: false,
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
        self.forget(|glyph| !atlas.kept(glyph.page_bit(), since));
    }

    /// Returns the glyphs of ASCII as far as they are known, by byte, and the variant above its seven bits.
    #[inline]
    pub fn ascii_known(&self) -> &[Glyph; ASCII] {
        &self.ascii
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
        let place = variant.index() << 7 | usize::from(byte & 0x7f);
        let known = self.ascii[place];
        if known.is_known() {
            *pages |= known.page_bit();
            return known;
        }
        let c = char::from(byte & 0x7f);
        let glyph = self.draw(
            foundry,
            c.encode_utf8(&mut [0; 4]),
            1,
            variant,
            Slot::Ascii(place),
            *pages,
        );
        self.ascii[place] = glyph;
        *pages |= glyph.page_bit();
        glyph
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
                    let place = Slot::Char(key);
                    let glyph = self.draw(foundry, text, width, variant, place, *pages);
                    self.keep(&place, text, glyph);
                    glyph
                }
            }
        } else {
            let map = variant.index() << 1 | usize::from(wide);
            match self.clusters[map].get(text) {
                Some(known) => *known,
                None => {
                    let place = Slot::Cluster(map);
                    let glyph = self.draw(foundry, text, width, variant, place, *pages);
                    self.keep(&place, text, glyph);
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

    /// Returns beside which others a character may be drawn as one sign with them.
    #[inline]
    pub fn class(&self, byte: u8) -> Class {
        self.classes[usize::from(byte)]
    }

    /// Finds out, once, which letters the family joins, and whether an `x` between digits is another sign.
    pub fn learn_letters(&mut self, foundry: &mut Foundry) {
        if std::mem::replace(&mut self.knows_letters, true) {
            return;
        }
        for word in WORDS {
            if self.sequence(foundry, word, Variant::default()).is_empty() {
                continue;
            }
            for byte in word.bytes() {
                self.classes[usize::from(byte)] = Class::Letter;
            }
        }
        let number = self.sequence(foundry, NUMBER, Variant::default());
        let x = &mut self.classes[usize::from(b'x')];
        if !number.is_empty() && *x == Class::Alone {
            *x = Class::Between;
        }
    }

    /// Returns the signs of `text` (characters of one class in neighbouring cells), which [`SizedFont::sign`] draws;
    /// none if each of its characters stays what it is, or what takes their place does not take as many cells.
    pub fn sequence(
        &mut self,
        foundry: &mut Foundry,
        text: &str,
        variant: Variant,
    ) -> Range<usize> {
        if let Some(known) = self.sequences.get(text, variant) {
            return known;
        }
        let face = self.sizing.faces.own(variant);
        let (size_px, features) = (self.sizing.size_px, &self.sizing.features);
        let (placed, width_px) = foundry.rasterizer.shape(face, size_px, features, text);
        let advance_px = self.sizing.advance_px;
        let keeps_cells = (width_px - text.len() as f32 * advance_px).abs() < advance_px / 2.0;
        let plain = placed.len() == text.chars().count()
            && text
                .chars()
                .zip(&placed)
                .all(|(c, placed)| face.glyph(c) == placed.glyph);
        let joined = placed.iter().filter(|_| keeps_cells && !plain);
        let signs = joined.map(|placed| Sign {
            key: u32::from(placed.glyph) | (variant.index() as u32) << 16,
            cell: (placed.x / advance_px).round().max(0.0) as u16,
            glyph: Glyph::UNKNOWN,
        });
        if self.sequences.len() >= KEPT_MAX {
            self.sequences.clear();
        }
        self.sequences.insert(text, variant, signs)
    }

    /// Returns sign `n` of all sequences and the cell in which it stands, from its sequence's first; one that shows
    /// nothing yet if it is being drawn.
    pub fn sign(&mut self, foundry: &mut Foundry, n: usize, pages: &mut u32) -> (Glyph, u16) {
        let Some(&Sign { key, cell, glyph }) = self.sequences.signs().get(n) else {
            return (Glyph::BLANK, 0);
        };
        if glyph.is_settled() {
            *pages |= glyph.page_bit();
            return (glyph, cell);
        }
        let glyph = match self.glyphs.get(&key) {
            Some(known) => *known,
            None => {
                let place = Slot::Glyph(key);
                let cluster = Cluster {
                    text: "".into(),
                    width: 1,
                    variant: Variant::ALL[key as usize >> 16 & 3],
                };
                let glyph = self.order(foundry, cluster, place, *pages);
                self.keep(&place, "", glyph);
                glyph
            }
        };
        if let Some(sign) = self.sequences.signs().get_mut(n) {
            sign.glyph = glyph;
        }
        *pages |= glyph.page_bit();
        (glyph, cell)
    }

    /// Draws a glyph, or has it drawn and returns one that shows nothing yet. ASCII and what is drawn here by
    /// rule are too little to wait for.
    fn draw(
        &mut self,
        foundry: &mut Foundry,
        text: &str,
        width: u8,
        variant: Variant,
        place: Slot,
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
        let cluster = Cluster {
            text: text.into(),
            width,
            variant,
        };
        if let Slot::Ascii(..) = place
            && let Some(bitmap) = self.sizing.draw_own(&mut foundry.rasterizer, &cluster)
        {
            return self.drawn(foundry, Some(&bitmap), width, pages);
        }
        self.order(foundry, cluster, place, pages)
    }

    /// Has a glyph drawn, at once if there is no thread that does it.
    fn order(&mut self, foundry: &mut Foundry, cluster: Cluster, place: Slot, pages: u32) -> Glyph {
        let width = cluster.width;
        let order = Order {
            font: self.id,
            place,
            cluster,
            sizing: Arc::clone(&self.sizing),
        };
        match foundry.workshop.order(order, &mut foundry.rasterizer) {
            Ordered::Made(piece) => self.drawn(foundry, piece.bitmap.as_ref(), width, pages),
            Ordered::Taken => Glyph::AWAITED,
            Ordered::Refused => Glyph::REFUSED,
        }
    }

    /// Takes a glyph that was waited for.
    pub fn take(&mut self, foundry: &mut Foundry, piece: &Piece) {
        let Cluster { text, width, .. } = &piece.cluster;
        let glyph = self.drawn(foundry, piece.bitmap.as_ref(), *width, 0);
        self.keep(&piece.place, text, glyph);
    }

    /// Forgets that glyphs were asked for.
    pub fn forget_awaited(&mut self) {
        self.forget(|glyph| glyph.is_awaited() && glyph.is_blank());
    }

    /// Forgets that there was no room for glyphs.
    pub fn forget_blocks(&mut self) {
        self.forget(|glyph| glyph.is_awaited() && !glyph.is_blank());
    }

    fn forget(&mut self, gone: impl Fn(&Glyph) -> bool) {
        for glyph in self.ascii.iter_mut().chain(&mut self.waves) {
            if gone(glyph) {
                *glyph = Glyph::UNKNOWN;
            }
        }
        for sign in self.sequences.signs() {
            if gone(&sign.glyph) {
                sign.glyph = Glyph::UNKNOWN;
            }
        }
        self.chars.retain(|_, glyph| !gone(glyph));
        self.glyphs.retain(|_, glyph| !gone(glyph));
        for map in &mut self.clusters {
            map.retain(|_, glyph| !gone(glyph));
        }
    }

    fn keep(&mut self, place: &Slot, text: &str, glyph: Glyph) {
        if !glyph.is_known() {
            return;
        }
        match *place {
            Slot::Ascii(place) => self.ascii[place] = glyph,
            Slot::Char(key) => {
                if self.chars.len() >= KEPT_MAX {
                    self.chars.clear();
                }
                self.chars.insert(key, glyph);
            }
            Slot::Cluster(map) => {
                let map = &mut self.clusters[map];
                if map.len() >= KEPT_MAX {
                    map.clear();
                }
                map.insert(text.into(), glyph);
            }
            // There are no more than a face has.
            Slot::Glyph(key) => {
                self.glyphs.insert(key, glyph);
            }
        }
    }

    fn drawn(
        &mut self,
        foundry: &mut Foundry,
        bitmap: Option<&Bitmap>,
        width: u8,
        pages: u32,
    ) -> Glyph {
        let Some(bitmap) = bitmap else {
            let sprite = sprite::missing(&self.metrics, width.into());
            return self.shape(foundry, &sprite, Kind::Shape, pages);
        };
        foundry.rasterized += 1;
        let kind = if bitmap.color {
            Kind::Picture
        } else {
            Kind::Glyph
        };
        self.insert(foundry, bitmap, kind, pages)
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
            // text's colour shows at least that something is there. When there is room it is asked for again.
            None => {
                let block = Rect {
                    y: rect.y + rect.height as i32 / 4,
                    height: (rect.height / 2).max(1),
                    ..rect
                };
                match Atlas::holds(bitmap.width, bitmap.height) {
                    true => Glyph::without_room(bitmap.left, block.extent()),
                    false => Glyph::block(bitmap.left, block.extent()),
                }
            }
        }
    }
}
