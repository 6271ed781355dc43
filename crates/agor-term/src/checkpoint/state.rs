//! The parts of a terminal in a form of their own, so that the terminal can change without its
//! checkpoints changing.

use agor_proto::ids::{LineId, Size};
use agor_proto::limits;
use agor_proto::screen::{PaletteEntry, PaletteSlot, PointerShape};
use serde::{Deserialize, Serialize};

use super::CheckpointError;
use crate::charset::Charsets;
use crate::color::{BaseColors, Palette};
use crate::grid::{Area, Counters, Grid};
use crate::history::{History, Page, PageWriter, style_from_numbers, style_numbers};
use crate::images::Images;
use crate::images::placed::Placed;
use crate::modes::{Mode, ModeSet};
use crate::pen::Pen;
use crate::reflow::{LooseRow, grid_of};
use crate::tables::Tables;
use crate::terminal::{
    CursorLook, KeptStyle, Keyboard, LEVEL, Options, PendingNotification, Place, SavedCursor,
    State, Tabs, Window,
};

type StyleNumbers = (u32, u32, u16, u32);
type SavedPlace = (Place, StyleNumbers, Charsets, bool);

/// Everything that the fold of output depends on.
#[derive(Serialize, Deserialize)]
pub(super) struct SavedState {
    size: (u16, u16, u16, u16),
    conformance: bool,
    /// The screen that is shown, and the other.
    shown: SavedGrid,
    other: Option<SavedGrid>,
    history: History,
    counters: (u64, u64),
    cursor: Place,
    style: StyleNumbers,
    link: Option<(String, String)>,
    charsets: Charsets,
    saved: [Option<SavedPlace>; 2],
    modes: ModeSet,
    saved_modes: Vec<(u16, bool)>,
    margins: (u16, u16, u16, u16),
    tabs: Tabs,
    look: CursorLook,
    title: String,
    titles: Vec<String>,
    /// 0-255 are the palette; 256 and up the others in the order of [`PaletteSlot`].
    palette: Vec<(u16, (u8, u8, u8))>,
    base_colors: [(u8, u8, u8); 19],
    keyboards: [Keyboard; 2],
    modify_other_keys: u8,
    /// The names of OSC 22.
    #[serde(default)]
    pointers: [Vec<String>; 2],
    #[serde(default = "usual_level")]
    level: u8,
    #[serde(default)]
    changes_rectangles: bool,
    #[serde(default)]
    window: Window,
    last_char: Option<char>,
    joinable: bool,
    #[serde(default)]
    styles: Vec<(u16, StyleNumbers)>,
    #[serde(default)]
    remote_host: Option<String>,
    #[serde(default)]
    command_began_millis: Option<u64>,
    cwd: Option<(Option<String>, String)>,
    notification: PendingNotification,
    #[serde(default)]
    images: Images,
    replies_dropped: u64,
}

fn usual_level() -> u8 {
    LEVEL
}

/// A screen as a page of rows. What is after a row that wraps at the bottom is not a row.
#[derive(Serialize, Deserialize)]
struct SavedGrid {
    pages: Vec<Page>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    placed: Vec<Placed>,
}

impl SavedGrid {
    fn of(grid: &Grid, tables: &Tables) -> Self {
        let mut pages = vec![Page::default()];
        let mut writer = PageWriter::default();
        for at in 0..grid.rows() {
            if pages.last().is_none_or(Page::is_full) {
                pages.push(Page::default());
                writer.forget();
            }
            if let Some(page) = pages.last_mut() {
                writer.push(page, grid.head(at), grid.text_cells(at), tables);
            }
        }
        Self {
            pages,
            placed: grid.placed.clone(),
        }
    }

    fn into_grid(self, size: Size, tables: &mut Tables, counters: &mut Counters) -> Grid {
        let rows = self
            .pages
            .iter()
            .flat_map(|page| (0..page.len()).map(|at| page.row(at)));
        let rows: Vec<_> = rows
            .map(|row| LooseRow::from_row(&row, size.cols, tables))
            .collect();
        let mut grid = grid_of(rows, size, counters);
        grid.placed = self.placed;
        grid
    }
}

fn slot_number(slot: PaletteSlot) -> u16 {
    match slot {
        PaletteSlot::Indexed(index) => index.into(),
        PaletteSlot::Foreground => 256,
        PaletteSlot::Background => 257,
        PaletteSlot::Cursor => 258,
        PaletteSlot::SelectionBackground => 259,
        PaletteSlot::SelectionForeground => 260,
    }
}

fn slot_from_number(number: u16) -> Option<PaletteSlot> {
    match (u8::try_from(number), number) {
        (Ok(index), _) => Some(PaletteSlot::Indexed(index)),
        (_, 256) => Some(PaletteSlot::Foreground),
        (_, 257) => Some(PaletteSlot::Background),
        (_, 258) => Some(PaletteSlot::Cursor),
        (_, 259) => Some(PaletteSlot::SelectionBackground),
        (_, 260) => Some(PaletteSlot::SelectionForeground),
        _ => None,
    }
}

impl SavedState {
    /// Returns the state in this form.
    pub fn of(state: &State) -> Self {
        let size = state.size;
        let link = state.pen.link();
        let base = state.base_colors;
        let mut base_colors = [base.foreground; 19];
        base_colors[1] = base.background;
        base_colors[2] = base.cursor;
        base_colors[3..].copy_from_slice(&base.ansi);
        let margins = state.margins;
        Self {
            size: (size.cols, size.rows, size.width_px, size.height_px),
            conformance: state.conformance,
            shown: SavedGrid::of(&state.grid, &state.tables),
            other: state
                .other
                .as_ref()
                .map(|grid| SavedGrid::of(grid, &state.tables)),
            history: state.history.copy(),
            counters: state.counters.last(),
            cursor: state.cursor,
            style: style_numbers(state.pen.style()),
            link: (link != 0).then(|| {
                let link = state.tables.link(link);
                (link.uri.clone(), link.id.clone())
            }),
            charsets: state.charsets,
            saved: state.saved.map(|saved| {
                let saved = saved?;
                Some((
                    saved.place,
                    style_numbers(&saved.style),
                    saved.charsets,
                    saved.origin,
                ))
            }),
            modes: state.modes,
            saved_modes: state.saved_modes.clone(),
            margins: (margins.top, margins.bottom, margins.left, margins.right),
            tabs: state.tabs.clone(),
            look: state.look,
            title: state.title.clone(),
            titles: state.titles.clone(),
            palette: state
                .palette
                .entries()
                .iter()
                .map(|entry| (slot_number(entry.slot), entry.rgb))
                .collect(),
            base_colors,
            keyboards: state.keyboards.clone(),
            modify_other_keys: state.modify_other_keys,
            pointers: state.pointers.each_ref().map(|stack| {
                let names = stack.iter().map(|shape| shape.name().to_owned());
                names.collect()
            }),
            level: state.level,
            changes_rectangles: state.changes_rectangles,
            window: state.window.clone(),
            last_char: state.last_char,
            joinable: state.joinable,
            styles: state
                .styles
                .iter()
                .map(|kept| (kept.parts, style_numbers(&kept.style)))
                .collect(),
            remote_host: state.remote_host.clone(),
            command_began_millis: state.command_began_millis,
            cwd: state.cwd.clone(),
            notification: state.notification.clone(),
            images: state.images.clone(),
            replies_dropped: state.replies_dropped,
        }
    }

    #[cfg(test)]
    pub fn forget_stamps(&mut self) {
        self.counters.1 = 0;
    }

    /// Returns the state, if its numbers can be one's.
    pub fn into_state(mut self) -> Result<State, CheckpointError> {
        let (cols, rows, width_px, height_px) = self.size;
        let size = Size {
            cols,
            rows,
            width_px,
            height_px,
        };
        if size != size.clamped() {
            return Err(CheckpointError::OutOfRange("the size"));
        }
        let held = |place: Place| place.row < rows && place.col < cols;
        let saved_held = self.saved.iter().flatten().all(|saved| held(saved.0));
        if !held(self.cursor) || !saved_held {
            return Err(CheckpointError::OutOfRange("the cursor"));
        }
        let (top, bottom, left, right) = self.margins;
        if top >= bottom || bottom > rows || left >= right || right > cols {
            return Err(CheckpointError::OutOfRange("the margins"));
        }
        if self.modes.has(Mode::AltScreen) && self.other.is_none() {
            return Err(CheckpointError::OutOfRange("the alternate screen"));
        }
        if !self.history.is_consistent() {
            return Err(CheckpointError::OutOfRange("the history"));
        }
        if self.styles.len() > limits::STYLE_STACK_MAX {
            return Err(CheckpointError::OutOfRange("the styles"));
        }
        if self.titles.len() > limits::TITLE_STACK_MAX {
            return Err(CheckpointError::OutOfRange("the titles"));
        }
        let placed = std::iter::once(&self.shown).chain(&self.other);
        let placed: Vec<&Placed> = placed.flat_map(|grid| &grid.placed).collect();
        if placed.len() > limits::SESSION_PLACEMENTS_MAX
            || !placed.iter().all(|placed| placed.is_held())
            || !self.images.is_consistent()
        {
            return Err(CheckpointError::OutOfRange("an image"));
        }
        let mut state = State::new(Options {
            size,
            scrollback_rows: 0,
            hands_pages_out: false,
            conformance: self.conformance,
        });
        let (line, stamp) = self.counters;
        let (line, stamp) = (line.min(u64::MAX >> 1), stamp.min(u64::MAX >> 1));
        let mut counters = Counters::after(line, stamp);
        state.grid = self.shown.into_grid(size, &mut state.tables, &mut counters);
        state.other = self
            .other
            .map(|grid| grid.into_grid(size, &mut state.tables, &mut counters));
        // Making the grids took line numbers that the fold does not know of; stamps go on, so
        // that a row here never has the stamp of another row there.
        counters.set_last_line(LineId(line));
        state.counters = counters;
        state.history = self.history;
        state.cursor = self.cursor;
        let link = self
            .link
            .map_or(0, |(uri, id)| state.tables.add_link(&uri, &id));
        state.pen = Pen::new(style_from_numbers(self.style), link);
        state.charsets = self.charsets;
        state.saved = self.saved.map(|saved| {
            let (place, style, charsets, origin) = saved?;
            Some(SavedCursor {
                place,
                style: style_from_numbers(style),
                charsets,
                origin,
            })
        });
        state.modes = self.modes;
        state.saved_modes = self.saved_modes;
        state.margins = Area {
            top,
            bottom,
            left,
            right,
        };
        state.tabs = self.tabs;
        state.look = self.look;
        state.title = self.title;
        state.titles = self.titles;
        let entries = self.palette.into_iter().filter_map(|(number, rgb)| {
            Some(PaletteEntry {
                slot: slot_from_number(number)?,
                rgb,
            })
        });
        state.palette = Palette::new(entries.collect());
        let mut ansi = [(0, 0, 0); 16];
        ansi.copy_from_slice(&self.base_colors[3..]);
        let [foreground, background, cursor, ..] = self.base_colors;
        state.base_colors = BaseColors {
            foreground,
            background,
            cursor,
            ansi,
        };
        state.keyboards = self.keyboards;
        state.modify_other_keys = self.modify_other_keys;
        state.pointers = self.pointers.map(|names| {
            let shapes = names
                .iter()
                .filter_map(|name| PointerShape::from_name(name));
            shapes.take(limits::POINTER_STACK_MAX).collect()
        });
        state.level = self.level.clamp(1, 4);
        state.changes_rectangles = self.changes_rectangles;
        state.window = self.window;
        state.last_char = self.last_char;
        state.joinable = self.joinable;
        let kept = |(parts, style)| KeptStyle {
            parts,
            style: style_from_numbers(style),
        };
        state.styles = self.styles.into_iter().map(kept).collect();
        state.remote_host = self.remote_host;
        state.command_began_millis = self.command_began_millis;
        state.cwd = self.cwd;
        state.notification = self.notification;
        state.images = self.images;
        state.replies_dropped = self.replies_dropped;
        Ok(state)
    }
}
