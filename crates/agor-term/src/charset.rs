//! The character sets of ISO 2022 that programs still use: DEC's line drawing, and British.

use serde::{Deserialize, Serialize};

/// A set of 94 characters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Charset {
    #[default]
    Ascii,
    /// DEC special graphics.
    LineDrawing,
    British,
}

impl Charset {
    /// Returns the set that the last byte of its designation names.
    pub fn from_designation(last: u8) -> Option<Self> {
        match last {
            b'B' | b'1' => Some(Self::Ascii),
            b'0' | b'2' => Some(Self::LineDrawing),
            b'A' => Some(Self::British),
            _ => None,
        }
    }

    /// Returns the character of an ASCII byte in this set (VT220 manual, table 2-4).
    pub fn map(self, byte: u8) -> char {
        const GRAPHICS: [char; 32] = [
            ' ', '◆', '▒', '␉', '␌', '␍', '␊', '°', '±', '␤', '␋', '┘', '┐', '┌', '└', '┼', '⎺',
            '⎻', '─', '⎼', '⎽', '├', '┤', '┴', '┬', '│', '≤', '≥', 'π', '≠', '£', '·',
        ];
        match (self, byte) {
            (Self::LineDrawing, 0x5f..=0x7e) => GRAPHICS[usize::from(byte - 0x5f)],
            (Self::British, b'#') => '£',
            _ => byte.into(),
        }
    }
}

/// Four sets and the one in use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Charsets {
    sets: [Charset; 4],
    active: u8,
    /// The set for the next character only (SS2, SS3).
    single: Option<u8>,
}

impl Charsets {
    /// Puts a set into G0 to G3.
    pub fn designate(&mut self, place: u8, set: Charset) {
        if let Some(slot) = self.sets.get_mut(usize::from(place)) {
            *slot = set;
        }
    }

    /// Uses G0 to G3 from now on.
    pub fn shift(&mut self, place: u8) {
        self.active = place & 3;
    }

    /// Uses G2 or G3 for one character.
    pub fn shift_once(&mut self, place: u8) {
        self.single = Some(place & 3);
    }

    /// Returns the place of the set for the next character only.
    pub fn single(&self) -> Option<u8> {
        self.single
    }

    /// Returns the place of the set in use.
    pub fn active(&self) -> u8 {
        self.active
    }

    /// Returns the last bytes of the sets' designations, G0 first.
    pub fn designations(&self) -> String {
        let last = |set: &Charset| match set {
            Charset::Ascii => 'B',
            Charset::LineDrawing => '0',
            Charset::British => 'A',
        };
        self.sets.iter().map(last).collect()
    }

    /// Says whether ASCII means itself.
    #[inline]
    pub fn is_ascii(&self) -> bool {
        self.single.is_none() && self.sets[usize::from(self.active & 3)] == Charset::Ascii
    }

    /// Returns the set of the next character.
    pub fn take(&mut self) -> Charset {
        self.sets[usize::from(self.single.take().unwrap_or(self.active) & 3)]
    }
}
