//! A number for what something says of itself when it is debugged: two states with the same one are
//! taken for the same.

use std::fmt::{self, Debug, Write};

/// Multiplies as FNV-1a does, eight bytes at a time: the text is long and only differs a little.
struct Print(u64);

impl Print {
    fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
}

impl Write for Print {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut words = text.as_bytes().chunks_exact(8);
        for word in &mut words {
            let word = <[u8; 8]>::try_from(word).map_err(|_| fmt::Error)?;
            self.add(u64::from_le_bytes(word));
        }
        let mut rest = [0; 8];
        let left = words.remainder();
        rest[..left.len()].copy_from_slice(left);
        self.add(u64::from_le_bytes(rest) ^ (text.len() as u64) << 56);
        Ok(())
    }
}

/// Returns the number of what `something` says of itself.
pub fn of(something: &dyn Debug) -> u64 {
    let mut print = Print(0);
    write!(print, "{something:?}").expect("a number takes every text");
    print.0
}
