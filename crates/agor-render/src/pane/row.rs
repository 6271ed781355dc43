//! One row to instances.

use std::ops::Range;
use std::sync::Arc;

use agor_proto::row::{Attrs, Cluster, Row, Run, Style, Underline};

use super::instances::Instances;
use super::{NO_SPLIT, filled};
use crate::color::{Ink, Palette, Rgb};
use crate::font::{Class, Foundry, Glyph, Pen, SizedFont, Variant, Wave, number};
use crate::gpu::{Instance, Slot};
use crate::view::HighlightKind;

/// The character in whose place a part of an image stands (kitty graphics protocol).
const IMAGE_PLACEHOLDER: char = '\u{10eeee}';

/// What was learnt of a row while it was built.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Facts {
    /// The pages of the atlas that it uses.
    pub pages: u32,
    /// Some of it blinks.
    pub blinks: bool,
    /// Some of it looks different where the cursor stands.
    pub sequences: bool,
    /// Some of it is being drawn elsewhere, or has no room in the atlas.
    pub awaits: bool,
}

/// Builds one row.
pub(super) struct RowBuilder<'a> {
    pub font: &'a mut SizedFont,
    pub foundry: &'a mut Foundry,
    pub palette: &'a Palette,
    pub slot: Slot,
    pub columns: u16,
    pub marks: &'a [(Range<u16>, HighlightKind)],
    pub blink_on: bool,
    /// The cell before and after which sequences end.
    pub split: u16,
    pub under: &'a mut Vec<Instance>,
    pub over: &'a mut Instances,
    /// In which colour and variant the cells are drawn that were looked at; memory that all rows use in turn.
    pub paints: &'a mut Vec<u32>,
    /// The first cell of an ASCII text that is not drawn yet.
    pub undrawn: usize,
    pub facts: Facts,
}

/// Cells side by side that look the same.
struct Segment {
    cells: Range<u16>,
    ink: Ink,
    attrs: Attrs,
    underline: Underline,
}

impl Segment {
    fn has_lines_over(&self) -> bool {
        self.attrs.contains(Attrs::STRIKETHROUGH) || self.attrs.contains(Attrs::OVERLINE)
    }
}

/// The background that was put down last.
struct Behind {
    color: Rgb,
    /// Where it begins.
    cell: u16,
    /// Its place among the instances.
    at: usize,
}

/// The longest sequence that is looked at as one.
const SEQUENCE_MAX: usize = 32;

/// How many cells are painted at once.
const PAINTED: usize = 16;
/// Where in a cell's paint the variant is, above the colour.
const VARIANT_SHIFT: u32 = 24;
/// What of a cell's paint is the colour.
const COLOR: u32 = (1 << VARIANT_SHIFT) - 1;

/// The runs of a row, taken in order.
struct Runs<'a> {
    left: std::slice::Iter<'a, Run>,
    style: Style,
    end: u16,
}

impl<'a> Runs<'a> {
    fn new(row: &'a Row) -> Self {
        Self {
            left: row.runs.iter(),
            style: Style::default(),
            end: 0,
        }
    }

    /// Returns the style of `cell` and where it ends. Cells must come in order.
    fn at(&mut self, cell: u16) -> (Style, u16) {
        while self.end <= cell {
            match self.left.next() {
                Some(run) => {
                    self.style = run.style;
                    self.end = self.end.saturating_add(run.cells);
                    // The sum of a hostile row's runs can stay where it is.
                    if self.end == u16::MAX {
                        break;
                    }
                }
                None => {
                    self.style = Style::default();
                    self.end = u16::MAX;
                    break;
                }
            }
        }
        (self.style, self.end)
    }
}

/// Reads a little of a row that is built soon. Its text and its runs lie wherever another thread has put them, and the
/// first look at them waits for the memory; where rows are looked at one after the other, these waits are one. So does
/// giving up `before`, the row that it takes the place of: others may have it too, so it is counted down.
pub(super) fn look_ahead(row: &Row, before: Option<&Arc<Row>>) {
    let text = row.text.as_bytes();
    let text = [text.first(), text.last()].map(Option::<&u8>::copied);
    let runs = [row.runs.first(), row.runs.last()].map(|run| run.map(|run| run.cells));
    // Nobody wants to know.
    std::hint::black_box((text, runs, row.shapes.len(), before.map(Arc::strong_count)));
}

/// The text of a row, taken in order.
enum Text<'a, I: Iterator<Item = Cluster<'a>>> {
    /// A byte for each cell.
    Ascii(&'a str),
    Clusters(std::iter::Peekable<I>),
}

impl RowBuilder<'_> {
    /// Appends the row's instances, and returns what was learnt.
    pub fn build(mut self, row: &Row) -> Facts {
        let mut runs = Runs::new(row);
        let mut text = if row.shapes.is_empty() && row.text.is_ascii() {
            Text::Ascii(&row.text)
        } else {
            Text::Clusters(row.clusters().peekable())
        };
        if self.font.spec.ligatures {
            self.font.learn_letters(self.foundry);
        }
        let cells = usize::from(self.columns) + PAINTED;
        if self.paints.len() < cells {
            self.paints.resize(cells, 0);
        }
        let mut behind = None;
        let mut cell = 0;
        while cell < self.columns {
            let segment = self.segment(&mut runs, cell);
            self.background(&segment, &mut behind);
            let hidden = segment.attrs.contains(Attrs::INVISIBLE) || self.blinked_off(&segment);
            if !hidden {
                self.lines_under(&segment);
            }
            match &mut text {
                Text::Ascii(text) if !hidden => self.ascii(text, &segment),
                Text::Ascii(text) => {
                    self.draw_to(text, usize::from(cell));
                    self.undrawn = usize::from(segment.cells.end);
                }
                Text::Clusters(clusters) => self.clusters(row, clusters, &segment, hidden),
            }
            if !hidden && segment.has_lines_over() {
                if let Text::Ascii(text) = &text {
                    self.draw_to(text, usize::from(segment.cells.end));
                }
                self.lines_over(&segment);
            }
            cell = segment.cells.end;
        }
        if let Text::Ascii(text) = &text {
            self.draw_to(text, usize::from(self.columns));
        }
        self.facts
    }

    /// Returns the cells from `cell` on that look the same.
    fn segment(&mut self, runs: &mut Runs<'_>, cell: u16) -> Segment {
        let (style, end) = runs.at(cell);
        let mut end = end.min(self.columns);
        let mut ink = self.palette.ink(&style);
        let mut underline = style.attrs.underline();
        for (cells, kind) in self.marks {
            if !cells.contains(&cell) {
                if cells.start > cell {
                    end = end.min(cells.start);
                }
                continue;
            }
            end = end.min(cells.end);
            let theme = &self.palette.theme;
            match kind {
                HighlightKind::Selection => {
                    ink.behind = Some(self.palette.selection);
                    ink.text = self.palette.selection_text.unwrap_or(ink.text);
                }
                HighlightKind::SearchHit => ink.behind = Some(theme.search_hit),
                HighlightKind::SearchCurrent => {
                    ink.behind = Some(theme.search_current);
                    ink.text = theme.search_text;
                    ink.line = theme.search_text;
                }
                HighlightKind::HoveredLink => {
                    ink.text = theme.link;
                    ink.line = theme.link;
                    underline = Underline::Single;
                }
                HighlightKind::Preedit => {
                    ink.behind = Some(theme.preedit);
                    ink.text = self.palette.foreground;
                    ink.line = self.palette.foreground;
                    underline = Underline::Single;
                }
            }
        }
        self.palette.make_readable(&mut ink);
        Segment {
            cells: cell..end.max(cell + 1),
            ink,
            attrs: style.attrs,
            underline,
        }
    }

    fn blinked_off(&mut self, segment: &Segment) -> bool {
        let blinks =
            segment.attrs.contains(Attrs::BLINK) || segment.attrs.contains(Attrs::RAPID_BLINK);
        self.facts.blinks |= blinks;
        blinks && !self.blink_on
    }

    fn x(&self, cell: u16) -> i32 {
        i32::from(cell) * self.font.metrics.width_px as i32
    }

    fn width(&self, cells: &Range<u16>) -> u32 {
        u32::from(cells.end - cells.start) * self.font.metrics.width_px
    }

    fn background(&mut self, segment: &Segment, last: &mut Option<Behind>) {
        let Some(color) = segment.ink.behind else {
            *last = None;
            return;
        };
        let height = self.font.metrics.height_px;
        // Neighbours of one colour become one rectangle, unless lines came between.
        if let Some(before) = last
            && before.color == color
            && before.at + 1 == self.under.len()
        {
            let x = self.x(before.cell);
            let width = self.width(&(before.cell..segment.cells.end));
            self.under[before.at] = filled(self.slot, x, 0, width, height, color);
            return;
        }
        *last = Some(Behind {
            color,
            cell: segment.cells.start,
            at: self.under.len(),
        });
        let (x, width) = (self.x(segment.cells.start), self.width(&segment.cells));
        self.under
            .push(filled(self.slot, x, 0, width, height, color));
    }

    fn lines_under(&mut self, segment: &Segment) {
        let line = self.font.metrics.underline;
        let (x, width) = (self.x(segment.cells.start), self.width(&segment.cells));
        let color = segment.ink.line;
        let thickness = line.thickness_px;
        let wave = match segment.underline {
            Underline::None => return,
            Underline::Single => {
                let fill = filled(self.slot, x, line.top_px, width, thickness, color);
                self.under.push(fill);
                return;
            }
            Underline::Double => {
                let height = self.font.metrics.height_px;
                let second = (line.top_px + 2 * thickness).min(height.saturating_sub(thickness));
                let first = line.top_px.min(second.saturating_sub(2 * thickness));
                for top in [first, second] {
                    self.under
                        .push(filled(self.slot, x, top, width, thickness, color));
                }
                return;
            }
            Underline::Curly => Wave::Curly,
            Underline::Dotted => Wave::Dotted,
            Underline::Dashed => Wave::Dashed,
        };
        let tile = self.font.wave(self.foundry, wave, &mut self.facts.pages);
        self.facts.awaits |= tile.is_awaited();
        self.under
            .push(tile.tiled(self.slot, x, width, color.packed()));
    }

    fn lines_over(&mut self, segment: &Segment) {
        let (x, width) = (self.x(segment.cells.start), self.width(&segment.cells));
        let color = segment.ink.text;
        let line = self.font.metrics.strikeout;
        if segment.attrs.contains(Attrs::STRIKETHROUGH) {
            let fill = filled(self.slot, x, line.top_px, width, line.thickness_px, color);
            self.over.push(fill);
        }
        if segment.attrs.contains(Attrs::OVERLINE) {
            self.over
                .push(filled(self.slot, x, 0, width, line.thickness_px, color));
        }
    }

    fn variant(segment: &Segment) -> Variant {
        Variant::new(
            segment.attrs.contains(Attrs::BOLD),
            segment.attrs.contains(Attrs::ITALIC),
        )
    }

    /// Notes in which colour and variant the cells of a segment are drawn.
    fn paint(&mut self, segment: &Segment) {
        let variant = Self::variant(segment).index() as u32;
        let paint = segment.ink.text.packed() | variant << VARIANT_SHIFT;
        let mut at = usize::from(segment.cells.start);
        // So many at once: most segments are shorter, and what reaches out of one the next one paints over.
        while at < usize::from(segment.cells.end)
            && let Some(cells) = self.paints.get_mut(at..at + PAINTED)
        {
            cells.fill(paint);
            at += PAINTED;
        }
    }

    /// Takes a segment of a row of ASCII alone, and draws its sequences. All other characters are drawn when
    /// something is that has to lie over them, or the row ends.
    fn ascii(&mut self, text: &str, segment: &Segment) {
        self.paint(segment);
        if !self.font.spec.ligatures {
            return;
        }
        let bytes = text.as_bytes();
        let color = segment.ink.text.packed();
        let variant = Self::variant(segment);
        let end = usize::from(segment.cells.end).min(bytes.len());
        let start = usize::from(segment.cells.start).min(end);
        let mut at = start;
        while let Some(next) = bytes[at..end]
            .iter()
            .position(|byte| self.font.class(*byte) != Class::Alone)
        {
            let found = at + next;
            let class = self.font.class(bytes[found]);
            let (first, len) = match class {
                // With the digit before it, if that is still to be drawn.
                Class::Between if found > start.max(self.undrawn) => {
                    (found - 1, number(&bytes[found - 1..end], SEQUENCE_MAX))
                }
                Class::Between => (found, 1),
                _ => {
                    let beside = bytes[found..end].iter().take(SEQUENCE_MAX);
                    let same = beside.take_while(|byte| self.font.class(**byte) == class);
                    (found, same.count())
                }
            };
            at = (first + len).max(found + 1);
            if len == 1 {
                continue;
            }
            self.facts.sequences = true;
            let sequence = &text[first..at];
            let splits = self.splits(sequence, first as u16);
            let signs = match splits {
                true => 0..0,
                false => self.font.sequence(self.foundry, sequence, variant),
            };
            if !splits && signs.is_empty() {
                continue;
            }
            self.draw_to(text, first);
            match splits {
                true => self.sequence(sequence, first as u16, variant, color),
                false => self.signs(signs, sequence, first as u16, color),
            }
            self.undrawn = at;
        }
    }

    /// Draws the characters of an ASCII text before `end` that are not drawn yet, each alone.
    fn draw_to(&mut self, text: &str, end: usize) {
        let end = end.min(text.len());
        if let Some(bytes) = text.as_bytes().get(self.undrawn..end) {
            self.plain(bytes, self.undrawn as u16);
            self.undrawn = end;
        }
    }

    /// Draws ASCII characters from `cell` on, each alone, as their cells are painted. Most of what is on a screen comes
    /// through here, mostly a row at a time.
    fn plain(&mut self, bytes: &[u8], cell: u16) {
        let step = self.font.metrics.width_px as i32;
        let first = self.x(cell);
        let pen = Pen::new(self.slot);
        let paints = self.paints.get(usize::from(cell)..).unwrap_or_default();
        let variant = |paint: u32| (paint >> VARIANT_SHIFT & 3) as usize;
        let mut drawn = 0;
        // The second time all are known; a third is for a page that was emptied in between.
        for _ in 0..3 {
            let known = self.font.ascii_known();
            let mut seen = Glyph::BLANK;
            let mut x = first;
            let places = self.over.room(bytes.len());
            drawn = 0;
            for (&byte, &paint) in bytes.iter().zip(paints) {
                let glyph = known[variant(paint) << 7 | usize::from(byte & 0x7f)];
                seen = seen.either(glyph);
                // A blank is put down too, and the next one over it: where words end no processor foresees, and
                // to ask each time takes longer.
                places[drawn] = pen.instance(glyph, x, paint & COLOR);
                drawn += usize::from(!glyph.is_blank());
                x += step;
            }
            self.facts.pages |= seen.page_bit();
            self.facts.awaits |= seen.is_awaited();
            if seen.is_known() {
                break;
            }
            for (&byte, &paint) in bytes.iter().zip(paints) {
                let (variant, pages) = (Variant::ALL[variant(paint)], &mut self.facts.pages);
                self.font.ascii(self.foundry, byte, variant, pages);
            }
        }
        self.over.keep(drawn);
    }

    fn clusters<'a>(
        &mut self,
        row: &'a Row,
        clusters: &mut std::iter::Peekable<impl Iterator<Item = Cluster<'a>>>,
        segment: &Segment,
        hidden: bool,
    ) {
        let color = segment.ink.text.packed();
        let shape_color = segment.ink.shape.packed();
        let variant = Self::variant(segment);
        let ligatures = self.font.spec.ligatures;
        self.paint(segment);
        while let Some(cluster) = clusters.next_if(|c| c.cell < segment.cells.end) {
            // Where an image stands there is no glyph.
            if hidden || cluster.text == " " || cluster.text.starts_with(IMAGE_PLACEHOLDER) {
                continue;
            }
            if ligatures {
                // The text of neighbouring clusters lies side by side in the row's.
                let start = cluster.text.as_ptr() as usize - row.text.as_ptr() as usize;
                let class = self.class(cluster.text);
                let number = match class {
                    Class::Operator | Class::Letter => None,
                    Class::Alone | Class::Between => Some(self.number(&row.text[start..])),
                };
                let joins = |text: &str| match number {
                    Some(_) => text.len() == 1,
                    None => self.class(text) == class,
                };
                let mut end = start + 1;
                while end - start < number.unwrap_or(SEQUENCE_MAX)
                    && clusters
                        .next_if(|c| c.cell < segment.cells.end && joins(c.text))
                        .is_some()
                {
                    end += 1;
                }
                if end - start > 1 {
                    self.sequence(&row.text[start..end], cluster.cell, variant, color);
                    continue;
                }
            }
            let glyph = self.font.cluster(
                self.foundry,
                cluster.text,
                cluster.width,
                variant,
                &mut self.facts.pages,
            );
            let color = if glyph.is_shape() { shape_color } else { color };
            self.push(glyph, cluster.cell, color);
        }
    }

    fn push(&mut self, glyph: Glyph, cell: u16, color: u32) {
        self.facts.awaits |= glyph.is_awaited();
        if glyph.is_blank() {
            return;
        }
        let x = self.x(cell);
        self.over.push(glyph.instance(self.slot, x, color));
    }

    /// Returns beside which others a cluster may be drawn as one sign with them.
    fn class(&self, text: &str) -> Class {
        match text.as_bytes() {
            [byte] => self.font.class(*byte),
            _ => Class::Alone,
        }
    }

    /// Returns how many characters of a text are looked up together from its first on, if that is a digit.
    fn number(&self, text: &str) -> usize {
        match self.font.class(b'x') {
            Class::Between => number(text.as_bytes(), SEQUENCE_MAX),
            _ => 1,
        }
    }

    /// Says whether the cursor stands in a sequence that begins at `cell`.
    fn splits(&self, text: &str, cell: u16) -> bool {
        let within = usize::from(self.split.wrapping_sub(cell));
        self.split != NO_SPLIT && self.split >= cell && within < text.len()
    }

    /// Draws characters of one class side by side, as one sign where the font has one. At the cursor each stands
    /// alone: there one has to see what one edits.
    fn sequence(&mut self, text: &str, cell: u16, variant: Variant, color: u32) {
        self.facts.sequences = true;
        if self.splits(text, cell) {
            let split = usize::from(self.split - cell);
            self.joined(&text[..split], cell, variant, color);
            self.joined(&text[split..=split], self.split, variant, color);
            self.joined(&text[split + 1..], self.split + 1, variant, color);
        } else {
            self.joined(text, cell, variant, color);
        }
    }

    fn joined(&mut self, text: &str, cell: u16, variant: Variant, color: u32) {
        let signs = match text.len() {
            0 | 1 => 0..0,
            _ => self.font.sequence(self.foundry, text, variant),
        };
        self.signs(signs, text, cell, color);
    }

    /// Draws the signs of a sequence, or its characters if it has none.
    fn signs(&mut self, signs: Range<usize>, text: &str, cell: u16, color: u32) {
        let (before, mut whole) = (self.over.len(), !signs.is_empty());
        for n in signs {
            let pages = &mut self.facts.pages;
            let (glyph, offset) = self.font.sign(self.foundry, n, pages);
            whole &= !(glyph.is_blank() && glyph.is_awaited());
            self.push(glyph, cell.saturating_add(offset), color);
        }
        if !whole {
            // Until all of a sign is there its characters stand for it.
            self.over.truncate(before);
            self.plain(text.as_bytes(), cell);
        }
    }
}
