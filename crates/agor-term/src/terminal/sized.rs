//! Text of another size (OSC 66; kitty, "The text sizing protocol"). Of the protocol's two parts this
//! is the one for widths: a text takes the cells that its program says. It is drawn at the usual size,
//! and where more text is meant for a cell than fits, smaller; scales and alignments are ignored.

use agor_proto::limits;
use unicode_segmentation::UnicodeSegmentation;

use super::State;
use super::osc::text::{number, split};
use crate::modes::Mode;
use crate::width::cluster_width;

/// The widest block of cells (`w`).
const WIDTH_MAX: u32 = 7;

impl State {
    /// Does `metadata ; text`.
    pub(super) fn print_sized(&mut self, body: &[u8]) {
        let (metadata, text) = split(body, b';');
        if text.len() > limits::SIZED_TEXT_MAX {
            return;
        }
        let text = String::from_utf8_lossy(text);
        let text: String = text.chars().filter(|c| !c.is_control()).collect();
        let mut keys = metadata.split(|byte| *byte == b':');
        let width = keys.find_map(|key| number(key.strip_prefix(b"w=")?));
        let width = width.filter(|width| (1..=WIDTH_MAX).contains(width));
        match width.map(|width| width as u16) {
            Some(width) if self.make_way(width) => self.print_in_cells(&text, width),
            _ => self.print_plainly(&text),
        }
        self.joinable = false;
    }

    fn print_plainly(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                ' '..='~' => self.print_ascii(&[c as u8]),
                c => self.print(c),
            }
        }
    }

    /// Goes to where so many cells side by side are; says whether the screen has them.
    fn make_way(&mut self, width: u16) -> bool {
        let right = self.right_edge();
        let left = if self.modes.has(Mode::Margins) {
            self.margins.left
        } else {
            0
        };
        if right - left < width {
            return false;
        }
        if self.cursor.wrap_pending || self.cursor.col + width > right {
            if self.modes.has(Mode::AutoWrap) {
                self.wrap();
            } else {
                self.cursor.col = right - width;
                self.cursor.wrap_pending = false;
            }
        }
        self.cursor.col + width <= self.right_edge()
    }

    fn print_in_cells(&mut self, text: &str, width: u16) {
        let clusters: Vec<&str> = text.graphemes(true).collect();
        let taken = |cluster: &str| u16::from(cluster_width(cluster));
        let wanted: usize = clusters
            .iter()
            .map(|cluster| usize::from(taken(cluster)))
            .sum();
        if let ([cluster], 2) = (clusters.as_slice(), width) {
            self.put_cluster(cluster, 2);
            return;
        }
        let mut left = width;
        if wanted <= usize::from(width) {
            for cluster in clusters {
                self.put_cluster(cluster, taken(cluster) as u8);
                left -= taken(cluster);
            }
        } else {
            // As much of the text in each cell as in any other.
            let each = clusters.len().div_ceil(usize::from(width));
            for part in clusters.chunks(each) {
                self.put_cluster(&part.concat(), 1);
                left -= 1;
            }
        }
        for _ in 0..left {
            self.put(' ', 1);
        }
    }

    /// Puts a text into one cell, or into two that are one.
    fn put_cluster(&mut self, text: &str, width: u8) {
        let text = &text[..text.floor_char_boundary(limits::CLUSTER_MAX)];
        let mut chars = text.chars();
        let Some(first) = chars.next() else {
            return;
        };
        if !self.put(first, width) || chars.next().is_none() {
            return;
        }
        self.make_room();
        let (Some(col), Some(number)) = (self.previous_column(), self.tables.add_cluster(text))
        else {
            return;
        };
        let row = self.cursor.row;
        let cells = self.grid.write(row, col + 1, &mut self.counters);
        let cell = &mut cells[usize::from(col)];
        *cell = cell.with_cluster(number);
    }
}
