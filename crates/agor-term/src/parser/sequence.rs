//! The parts of an escape or control sequence.

use agor_proto::limits;
use serde::{Deserialize, Serialize};

const PARAMS: usize = limits::CSI_PARAMS_MAX;

/// A sequence with its parameters; those that were left out are 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sequence {
    params: [u16; PARAMS],
    len: u8,
    /// Bit n is set if parameter n was joined to the one before it by a colon.
    colons: u32,
    prefix: u8,
    intermediates: [u8; 2],
    intermediate_count: u8,
    last: u8,
}

impl Default for Sequence {
    fn default() -> Self {
        Self {
            params: [0; PARAMS],
            len: 0,
            colons: 0,
            prefix: 0,
            intermediates: [0; 2],
            intermediate_count: 0,
            last: 0,
        }
    }
}

impl Sequence {
    pub(super) fn clear(&mut self) {
        self.len = 0;
        self.colons = 0;
        self.prefix = 0;
        self.intermediate_count = 0;
        self.intermediates = [0; 2];
        self.last = 0;
    }

    /// Says whether `byte` is a part of the parameters: a digit, `:` or `;` before intermediates.
    pub(super) fn takes_parameter(&self, byte: u8) -> bool {
        matches!(byte, b'0'..=b'9' | b':' | b';') && self.intermediate_count == 0
    }

    /// Adds a digit, `:` or `;`; returns `false` if there are too many parameters.
    #[inline]
    pub(super) fn add_parameter_byte(&mut self, byte: u8) -> bool {
        if self.len == 0 {
            self.len = 1;
            self.params[0] = 0;
        }
        let at = usize::from(self.len) - 1;
        if byte.is_ascii_digit() {
            let digit = u16::from(byte - b'0');
            self.params[at] = self.params[at].saturating_mul(10).saturating_add(digit);
            return true;
        }
        if at + 1 == PARAMS {
            return false;
        }
        self.params[at + 1] = 0;
        self.len += 1;
        if byte == b':' {
            self.colons |= 1 << (at + 1);
        }
        true
    }

    /// Adds the digits and semicolons at the beginning of `bytes`, as far as they are surely good;
    /// returns how many bytes that took.
    #[inline]
    pub(super) fn add_parameters(&mut self, bytes: &[u8]) -> usize {
        if self.intermediate_count > 0 {
            return 0;
        }
        let Some(b'0'..=b'9' | b';') = bytes.first() else {
            return 0;
        };
        let mut last = usize::from(self.len.max(1)) - 1;
        let mut value = if self.len == 0 {
            0
        } else {
            u32::from(self.params[last])
        };
        let mut used = bytes.len();
        for (at, &byte) in bytes.iter().enumerate() {
            match byte {
                b'0'..=b'9' => value = (value * 10 + u32::from(byte - b'0')).min(u16::MAX.into()),
                b';' if last + 1 < PARAMS => {
                    self.params[last] = value as u16;
                    last += 1;
                    value = 0;
                }
                _ => {
                    used = at;
                    break;
                }
            }
        }
        self.params[last] = value as u16;
        self.len = last as u8 + 1;
        used
    }

    /// Adds one of `<=>?`, which is good only before everything else.
    pub(super) fn add_prefix(&mut self, byte: u8) -> bool {
        let good = self.len == 0 && self.prefix == 0 && self.intermediate_count == 0;
        if good {
            self.prefix = byte;
        }
        good
    }

    pub(super) fn add_intermediate(&mut self, byte: u8) {
        if let Some(place) = self
            .intermediates
            .get_mut(usize::from(self.intermediate_count))
        {
            *place = byte;
        }
        self.intermediate_count = self.intermediate_count.saturating_add(1);
    }

    pub(super) fn finish(&mut self, last: u8) {
        self.last = last;
    }

    pub(super) fn is_well_formed(&self) -> bool {
        usize::from(self.intermediate_count) <= self.intermediates.len()
    }

    /// Returns the byte of `<=>?` before the parameters, or 0.
    pub fn prefix(&self) -> u8 {
        self.prefix
    }

    /// Returns the bytes between parameters and last byte; more than two mean nothing known.
    pub fn intermediates(&self) -> &[u8] {
        let count = usize::from(self.intermediate_count);
        self.intermediates.get(..count).unwrap_or(b"   ")
    }

    /// Returns the last byte.
    pub fn last(&self) -> u8 {
        self.last
    }

    /// Returns all parameters.
    pub fn params(&self) -> &[u16] {
        &self.params[..usize::from(self.len)]
    }

    /// Returns parameter `at`, or 0.
    pub fn param(&self, at: usize) -> u16 {
        self.params().get(at).copied().unwrap_or(0)
    }

    /// Returns parameter `at`, where leaving it out and 0 mean 1.
    pub fn count(&self, at: usize) -> u16 {
        self.param(at).max(1)
    }

    /// Says whether a colon joins parameter `at` to the one before it.
    pub fn follows_colon(&self, at: usize) -> bool {
        at < PARAMS && self.colons & 1 << at != 0
    }
}
