//! What is kept of a pane between frames: which row stands in which slot, and where its instances
//! are.
//!
//! A pane has one span of instances, drawn in one call:
//! ```text
//! backdrop | what lies under the text, by row | block cursor | text, by row | other cursors
//! ```
//! (in three calls if images lie between them).
//! Rows lie in it in any order; each carries the number of its slot, and the table of panes says at
//! which height a slot stands. So a row that scrolls costs four bytes.

mod cursor;
mod instances;
mod layout;
mod row;

use std::ops::Range;
use std::sync::Arc;

use agor_proto::row::Row;

use crate::color::Palette;
use crate::font::{Foundry, SizedFont};
use crate::gpu::table::{self, NOWHERE, ROWS_MAX};
use crate::gpu::{Instance, Lease, Pages, PaneHead, Rect, Returns, Slot, Table, Unused, instance};
use crate::image::Quad;
use crate::quick_hash::{QuickHasher, QuickMap};
use crate::renderer::Counters;
use crate::view::{CursorStyle, CursorView, Highlight, HighlightKind, PaneView};
use instances::Instances;
use layout::{Part, Region};
use row::RowBuilder;

/// A pane's memory between frames. It lives with its pane; what it holds of the renderer's buffers
/// goes back when it is dropped.
#[derive(Default)]
pub struct PaneCache {
    lease: Option<Lease>,
    palette: Option<Box<Palette>>,
    /// The number of the theme that the palette is of, and whether it is reversed; nothing if the program changed it.
    looks: Option<(u64, bool)>,
    /// The palette's background and its colour of text under a block cursor, as the shader has them.
    background: u32,
    cursor_text: u32,
    font_id: u32,
    columns: u16,
    /// Goes up with everything that makes all rows look different.
    epoch: u64,
    /// Evictions of the atlas that were taken account of.
    seen: u64,
    /// Arrivals of glyphs that were taken account of.
    arrivals: u64,
    /// The pages that the rows on the screen use.
    pages: u32,
    /// Goes up with each update.
    stamp: u64,
    slots: Vec<RowSlot>,
    /// What was learnt of the row of each slot.
    facts: Vec<row::Facts>,
    /// The slot of each row on the screen.
    order: Vec<u16>,
    /// The top of each slot; the first is the pane's own.
    tops: Vec<i32>,
    under: Region,
    over: Region,
    cursor: cursor::Drawn,
    /// The cursor that was drawn last, and the cells under its block.
    pointed: Option<CursorView>,
    block: Option<([i32; 2], [i32; 2])>,
    /// What the table of panes says of it; nothing if it says something else of its slots.
    told: Option<PaneHead>,
    shown: Shown,
    /// The images that were drawn last.
    pub(crate) images: Option<Arc<Quad>>,
}

/// What the last update showed, so that one which shows the same is known at a glance.
#[derive(Debug, Default)]
struct Shown {
    /// The addresses of the rows, which their slots hold.
    rows: Vec<usize>,
    epoch: u64,
    spans: bool,
    blinks: bool,
    blink_on: bool,
    sequences: bool,
    /// Glyphs were missing that are being drawn, at so many arrivals.
    awaits: Option<u64>,
    cursor: Option<(u16, u16)>,
}

impl Shown {
    fn is(&self, view: &PaneView<'_>, rows: usize, epoch: u64, arrivals: u64) -> bool {
        self.looks(view, epoch, arrivals)
            && self.rows.len() == rows
            && self
                .rows
                .iter()
                .zip(view.rows)
                .all(|(shown, row)| *shown == address(row))
    }

    /// Says whether a row that stays where it was looks as it did, whichever it is.
    fn looks(&self, view: &PaneView<'_>, epoch: u64, arrivals: u64) -> bool {
        self.epoch == epoch
            && self.awaits.is_none_or(|awaits| awaits == arrivals)
            && !self.spans
            && view.spans.is_empty()
            && (!self.blinks || self.blink_on == view.blink_on)
            && (!self.sequences || self.cursor == cursor_cell(view))
    }
}

fn address(row: &Arc<Row>) -> usize {
    Arc::as_ptr(row) as usize
}

fn cursor_cell(view: &PaneView<'_>) -> Option<(u16, u16)> {
    view.cursor.map(|cursor| (cursor.col, cursor.row))
}

impl std::fmt::Debug for PaneCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PaneCache")
            .field("rows", &self.order.len())
            .field("slots", &self.slots.len())
            .finish_non_exhaustive()
    }
}

/// No cell at which sequences are split.
const NO_SPLIT: u16 = u16::MAX;
/// How much of the background a pane takes on that steps back, of 255.
const VEIL: u32 = 88;

#[derive(Debug, Default)]
struct RowSlot {
    /// The row that was built; held, so that its address belongs to nobody else.
    row: Option<Arc<Row>>,
    epoch: u64,
    spans: u64,
    split: u16,
    blink_on: bool,
    /// The atlas's evictions when it was built.
    evictions: u64,
    /// The arrivals of glyphs when it was built.
    arrivals: u64,
    under: Part,
    over: Part,
    /// The update in which slots were given out, or instances laid out, that it was last in use.
    stamp: u64,
}

/// What an update works with.
pub(crate) struct Context<'a> {
    pub font: &'a mut SizedFont,
    pub foundry: &'a mut Foundry,
    /// The number of the view's theme: those with the same number are the same.
    pub theme: u64,
    pub pages: &'a mut Pages,
    pub table: &'a mut Table,
    pub returns: &'a Arc<Returns>,
    /// Spans and blocks that go back when no frame can draw them any more.
    pub retired: &'a mut Vec<Unused>,
    pub scratch: &'a mut Scratch,
    pub counters: &'a mut Counters,
}

/// Memory that all updates use in turn.
#[derive(Default)]
pub(crate) struct Scratch {
    hashes: Vec<u64>,
    /// Rows of the screen whose slot does not fit.
    wanted: Vec<usize>,
    /// Slots in need of a row, by the address of the one that they have.
    loose: QuickMap<usize, u16>,
    spare: Vec<u16>,
    marks: Vec<(Range<u16>, HighlightKind)>,
    under: Vec<Instance>,
    over: Instances,
    paints: Vec<u32>,
    built: Vec<Built>,
    copied: Vec<Instance>,
}

struct Built {
    slot: u16,
    under: Range<usize>,
    over: Range<usize>,
}

impl PaneCache {
    /// Returns the memory of a pane that was not drawn yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Says whether some of what was drawn last blinks.
    #[must_use]
    pub fn blinks(&self) -> bool {
        self.shown.blinks
    }

    /// Returns where the pane's instances and its block are.
    pub(crate) fn lease(&self) -> Option<&Lease> {
        self.lease.as_ref()
    }

    /// Returns what the pane is mixed with.
    pub(crate) fn veil(&self, dim: bool) -> u32 {
        self.background | if dim { VEIL << 24 } else { 0 }
    }

    /// Returns how many instances lie under the images below the cells' backgrounds, and how many
    /// under those below the text.
    pub(crate) fn below(&self) -> [u32; 2] {
        [self.under.at, self.under.end()]
    }

    /// Makes instances and block those of `view`.
    pub(crate) fn update(&mut self, cx: &mut Context<'_>, view: &PaneView<'_>) {
        if let Some(lease) = &self.lease
            && !Arc::ptr_eq(&lease.returns, cx.returns)
        {
            *self = Self::default();
        }
        let metrics = cx.font.metrics;
        let [width, height] = view.size_px;
        let rows = view
            .rows
            .len()
            .min(height.div_ceil(metrics.height_px) as usize)
            .min(ROWS_MAX - 1);
        // An instance has 16 bits, one of them a sign, for where it stands.
        let most = i16::MAX as u32 / metrics.width_px;
        let visible = width.div_ceil(metrics.width_px).min(most);
        let columns = view.columns.min(visible as u16);

        self.stamp += 1;
        self.note_changes(cx, view, columns);
        let mut same = self.shown.is(view, rows, self.epoch, self.arrivals);
        if !same {
            self.show(cx, view, rows);
        }
        if !self.has_place() {
            self.tops.resize(1, 0);
            self.told = None;
            self.hold_block(cx);
            self.place(cx);
            same = false;
        }
        cx.foundry.atlas.touch(self.pages);

        // Of most panes nothing changes, and looking at what is kept of their rows takes longer than all else.
        if !same || self.pointed != view.cursor {
            self.block = self.draw_cursor(cx, view, rows, columns);
            self.pointed = view.cursor;
        }
        let block = self.block;
        let head = PaneHead {
            origin: view.origin_px,
            cell: [metrics.width_px as i32, metrics.height_px as i32],
            cursor_min: block.map_or([0; 2], |(min, _)| min),
            cursor_max: block.map_or([0; 2], |(_, max)| max),
            cursor_text: self.cursor_text,
            veil: self.veil(view.dim),
            size: [width.min(1 << 20) as i32, height.min(1 << 20) as i32],
            clip: view.clip_px.unwrap_or([0, 0, 1 << 20, 1 << 20]),
        };
        if let Some(lease) = &self.lease
            && self.told != Some(head)
        {
            cx.table.write(&lease.block, &head, &self.tops);
            self.told = Some(head);
        }
    }

    /// Says whether it has a span and a block.
    fn has_place(&self) -> bool {
        let instances = self.lease.as_ref().map(|lease| &lease.instances);
        instances.is_some_and(Option::is_some)
    }

    /// Makes sure that there is a block with room for all slots; says whether it is another one, whose slots
    /// have other numbers, so that every row has to be built again.
    fn hold_block(&mut self, cx: &mut Context<'_>) -> bool {
        let slots = self.slots.len() + 1;
        if let Some(lease) = &self.lease
            && table::holds(&lease.block, slots)
        {
            return false;
        }
        // Without a block, of which there are 65,536, the pane is not drawn.
        let block = cx.table.take(slots + slots / 4 + 4);
        let before = self.lease.take();
        self.lease = block.map(|block| Lease {
            instances: None,
            block,
            returns: Arc::clone(cx.returns),
        });
        self.epoch += u64::from(before.is_some());
        self.told = None;
        true
    }

    /// Gives every row a slot, builds what is new and says where slots stand.
    fn show(&mut self, cx: &mut Context<'_>, view: &PaneView<'_>, rows: usize) {
        hash_spans(cx.scratch, view.spans, rows);
        self.find_wanted(cx.scratch, view, rows);
        if !cx.scratch.wanted.is_empty() || self.order.len() != rows {
            let stay = self.assign(cx.scratch, view, rows) && self.shown.epoch == self.epoch;
            if self.hold_block(cx) {
                cx.scratch.wanted.clear();
                cx.scratch.wanted.extend(0..rows);
            }
            self.build(cx, view);
            self.place(cx);
            if !stay {
                self.find_tops(cx.font.metrics.height_px);
            }
        }
        self.pages = 0;
        let shown = &mut self.shown;
        (shown.blinks, shown.sequences, shown.awaits) = (false, false, None);
        for slot in &self.order {
            let facts = self.facts[usize::from(*slot)];
            self.pages |= facts.pages;
            shown.blinks |= facts.blinks;
            shown.sequences |= facts.sequences;
            shown.awaits = shown.awaits.or(facts.awaits.then_some(self.arrivals));
        }
        shown.rows.clear();
        shown.rows.extend(view.rows[..rows].iter().map(address));
        // Without a block nothing was built.
        shown.epoch = self.lease.as_ref().map_or(0, |_| self.epoch);
        shown.spans = !view.spans.is_empty();
        shown.blink_on = view.blink_on;
        shown.cursor = cursor_cell(view);
    }

    /// Finds out where each slot stands.
    fn find_tops(&mut self, height_px: u32) {
        self.told = None;
        self.tops.clear();
        self.tops.resize(self.slots.len() + 1, NOWHERE);
        self.tops[0] = 0;
        for (n, slot) in self.order.iter().enumerate() {
            self.tops[usize::from(*slot) + 1] = n as i32 * height_px as i32;
        }
    }

    /// Starts a new epoch if something about all rows changed, and forgets rows whose glyphs left
    /// the atlas.
    fn note_changes(&mut self, cx: &Context<'_>, view: &PaneView<'_>, columns: u16) {
        let looks = view.palette.is_empty().then_some((cx.theme, view.reverse));
        let same_colors = looks.is_some() && self.looks == looks
            || self
                .palette
                .as_ref()
                .is_some_and(|palette| palette.is_of(view.colors, view.palette, view.reverse));
        self.looks = looks;
        if !same_colors {
            let palette = Palette::new(view.colors, view.palette, view.reverse);
            self.background = palette.background.packed();
            self.cursor_text = palette.cursor_text.packed();
            self.palette = Some(Box::new(palette));
        }
        if !same_colors || self.font_id != cx.font.id || self.columns != columns {
            self.epoch += 1;
            self.font_id = cx.font.id;
            self.columns = columns;
        }
        self.arrivals = cx.foundry.arrivals;
        let atlas = &cx.foundry.atlas;
        if self.seen != atlas.evictions() {
            self.seen = atlas.evictions();
            for (slot, facts) in self.slots.iter_mut().zip(&self.facts) {
                if !atlas.kept(facts.pages, slot.evictions) {
                    slot.epoch = 0;
                    self.shown.epoch = 0;
                }
            }
        }
    }

    fn split(view: &PaneView<'_>, row: usize) -> u16 {
        match view.cursor {
            Some(cursor) if usize::from(cursor.row) == row => cursor.col,
            _ => NO_SPLIT,
        }
    }

    /// Says whether the slot shows `row` as it should look.
    fn fits(&self, slot: u16, view: &PaneView<'_>, row: usize, spans: u64) -> bool {
        let facts = self.facts[usize::from(slot)];
        let slot = &self.slots[usize::from(slot)];
        slot.row
            .as_ref()
            .is_some_and(|built| Arc::ptr_eq(built, &view.rows[row]))
            && slot.epoch == self.epoch
            && slot.spans == spans
            && (!facts.blinks || slot.blink_on == view.blink_on)
            && (!facts.awaits || slot.arrivals == self.arrivals)
            && (!facts.sequences || slot.split == Self::split(view, row))
    }

    fn find_wanted(&self, scratch: &mut Scratch, view: &PaneView<'_>, rows: usize) {
        scratch.wanted.clear();
        // Then their addresses say enough, and lie side by side.
        let looks = self.shown.looks(view, self.epoch, self.arrivals);
        for row in 0..rows {
            let fits = match self.order.get(row) {
                Some(_) if looks => self.shown.rows.get(row) == Some(&address(&view.rows[row])),
                Some(&slot) => self.fits(slot, view, row, scratch.hashes[row]),
                None => false,
            };
            if !fits {
                scratch.wanted.push(row);
            }
        }
    }

    /// Says whether each row that is wanted takes the place of the one that stood there: none of them stands
    /// elsewhere, and no slot is free.
    fn stay(&self, wanted: &[usize], view: &PaneView<'_>, rows: usize) -> bool {
        let shown = &self.shown.rows;
        if [self.order.len(), self.slots.len(), shown.len()] != [rows; 3] {
            return false;
        }
        // Bits of the addresses that go; that one of a row which comes is among them is rarely by chance.
        let mut gone = [0_u64; 64];
        let place = |address: usize| {
            let hash = (address as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 52;
            ((hash >> 6) as usize, 1_u64 << (hash & 63))
        };
        for &row in wanted {
            let (word, bit) = place(shown[row]);
            gone[word] |= bit;
        }
        wanted.iter().all(|&row| {
            let comes = address(&view.rows[row]);
            let (word, bit) = place(comes);
            comes == shown[row] || gone[word] & bit == 0
        })
    }

    /// Gives every row on the screen a slot: its own where it is only elsewhere. What is left in
    /// `wanted` is to be built. Says whether all slots stand where they stood.
    fn assign(&mut self, scratch: &mut Scratch, view: &PaneView<'_>, rows: usize) -> bool {
        if self.stay(&scratch.wanted, view, rows) {
            return true;
        }
        let Scratch {
            wanted,
            loose,
            spare,
            hashes,
            ..
        } = scratch;
        let stamp = self.stamp;
        let before = self.order.len();
        self.order.resize(rows, u16::MAX);
        let mut next = wanted.iter().copied().peekable();
        for row in 0..rows.min(before) {
            if next.next_if_eq(&row).is_none() {
                self.slots[usize::from(self.order[row])].stamp = stamp;
            }
        }
        loose.clear();
        spare.clear();
        for (n, slot) in self.slots.iter().enumerate() {
            if slot.stamp != stamp {
                spare.push(n as u16);
                if let Some(row) = &slot.row {
                    loose.insert(address(row), n as u16);
                }
            }
        }
        // Rows that stand elsewhere now; only then may others take the slots that are left.
        for &row in &*wanted {
            let own = loose.remove(&address(&view.rows[row]));
            self.order[row] = own.unwrap_or(u16::MAX);
            if let Some(slot) = own {
                self.slots[usize::from(slot)].stamp = stamp;
            }
        }
        wanted.retain(|&row| {
            let slot = self.order[row];
            if slot != u16::MAX {
                return !self.fits(slot, view, row, hashes[row]);
            }
            let free = loop {
                match spare.pop() {
                    Some(slot) if self.slots[usize::from(slot)].stamp == stamp => {}
                    free => break free,
                }
            };
            let slot = free.unwrap_or_else(|| {
                self.slots.push(RowSlot::default());
                self.facts.push(row::Facts::default());
                (self.slots.len() - 1) as u16
            });
            self.slots[usize::from(slot)].stamp = stamp;
            self.order[row] = slot;
            true
        });
        for slot in &mut self.slots {
            if slot.stamp != stamp {
                slot.row = None;
            }
        }
        false
    }

    /// Builds the wanted rows.
    fn build(&mut self, cx: &mut Context<'_>, view: &PaneView<'_>) {
        let (Some(palette), Some(lease)) = (self.palette.as_deref(), &self.lease) else {
            return;
        };
        let scratch = &mut *cx.scratch;
        scratch.under.clear();
        scratch.over.clear();
        scratch.built.clear();
        if scratch.wanted.len() > 1 {
            for &row in &scratch.wanted {
                let before = &self.slots[usize::from(self.order[row])].row;
                row::look_ahead(&view.rows[row], before.as_ref());
            }
        }
        for &row in &scratch.wanted {
            let slot = self.order[row];
            let (under, over) = (scratch.under.len(), scratch.over.len());
            scratch.marks.clear();
            scratch.marks.extend(
                view.spans
                    .iter()
                    .filter(|span| usize::from(span.row) == row)
                    .map(|span| (span.cols.clone(), span.kind)),
            );
            let split = Self::split(view, row);
            let facts = RowBuilder {
                font: cx.font,
                foundry: cx.foundry,
                palette,
                slot: table::slot(&lease.block, usize::from(slot) + 1),
                columns: self.columns,
                marks: &scratch.marks,
                blink_on: view.blink_on,
                split,
                under: &mut scratch.under,
                over: &mut scratch.over,
                paints: &mut scratch.paints,
                undrawn: 0,
                facts: row::Facts::default(),
            }
            .build(&view.rows[row]);
            let place = &mut self.slots[usize::from(slot)];
            place.row = Some(Arc::clone(&view.rows[row]));
            place.epoch = self.epoch;
            place.spans = scratch.hashes[row];
            place.arrivals = self.arrivals;
            place.split = split;
            place.blink_on = view.blink_on;
            self.facts[usize::from(slot)] = facts;
            place.evictions = cx.foundry.atlas.evictions();
            cx.foundry.atlas.touch(facts.pages);
            scratch.built.push(Built {
                slot,
                under: under..scratch.under.len(),
                over: over..scratch.over.len(),
            });
            cx.counters.rows_built += 1;
        }
        cx.counters.instances_built += (scratch.under.len() + scratch.over.len()) as u64;
    }

    /// Draws backdrop and cursor; returns the cells under a block.
    fn draw_cursor(
        &mut self,
        cx: &mut Context<'_>,
        view: &PaneView<'_>,
        rows: usize,
        columns: u16,
    ) -> Option<([i32; 2], [i32; 2])> {
        let palette = self.palette.as_deref()?;
        let lease = self.lease.as_ref()?;
        let span = lease.instances.as_ref()?;
        let mut drawn = cursor::Drawn::new(table::slot(&lease.block, 0), palette.background);
        let mut block = None;
        if let Some(cursor) = view.cursor
            && usize::from(cursor.row) < rows
            && columns > 0
            && cursor.style != CursorStyle::BlinkedOff
        {
            let row = usize::from(cursor.row);
            let cell = cursor.col.min(columns - 1);
            let (cell, cells) = cursor::cells(&view.rows[row], cell);
            let slot = table::slot(&lease.block, usize::from(self.order[row]) + 1);
            drawn.draw(slot, cell, cells, cursor, palette.cursor, &cx.font.metrics);
            block = drawn.is_block().then(|| {
                let (w, h) = (
                    cx.font.metrics.width_px as i32,
                    cx.font.metrics.height_px as i32,
                );
                let min = [i32::from(cell) * w, row as i32 * h];
                (min, [min[0] + i32::from(cells) * w, min[1] + h])
            });
        }
        if drawn != self.cursor {
            for (at, old, new) in [
                (0, &self.cursor.backdrop[..], &drawn.backdrop[..]),
                (self.under.end(), &self.cursor.block[..], &drawn.block[..]),
                (
                    self.over.end(),
                    &self.cursor.overlay[..],
                    &drawn.overlay[..],
                ),
            ] {
                if old != new {
                    let written = cx.pages.write(span, at..at + new.len() as u32);
                    if written.len() == new.len() {
                        written.copy_from_slice(new);
                    }
                }
            }
            self.cursor = drawn;
        }
        block
    }
}

/// Makes `hashes` hold, for each row, a number that differs with its highlights.
fn hash_spans(scratch: &mut Scratch, spans: &[Highlight], rows: usize) {
    use std::hash::{Hash, Hasher};
    if scratch.hashes.len() < rows {
        scratch.hashes.resize(rows, 0);
    }
    scratch.hashes[..rows].fill(0);
    for span in spans {
        if let Some(hash) = scratch.hashes[..rows].get_mut(usize::from(span.row)) {
            let mut hasher = QuickHasher::default();
            (*hash, &span.cols, span.kind).hash(&mut hasher);
            *hash = hasher.finish() | 1;
        }
    }
}

/// Returns a filled rectangle of a row.
fn filled(slot: Slot, x: i32, y: u32, width: u32, height: u32, color: crate::Rgb) -> Instance {
    let rect = Rect {
        x,
        y: y as i32,
        width,
        height,
    };
    instance(slot, rect, color)
}
