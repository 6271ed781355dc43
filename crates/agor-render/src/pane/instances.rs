//! Instances that are built, of many rows one after another. What was there before is overwritten and not cleared:
//! most of them are the letters of a text, and clearing their places takes as long as filling them.

use crate::gpu::Instance;

/// See the head of this file.
#[derive(Default)]
pub(super) struct Instances {
    /// Anything is behind the first `len`.
    all: Vec<Instance>,
    len: usize,
}

impl Instances {
    pub fn clear(&mut self) {
        self.len = 0;
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn as_slice(&self) -> &[Instance] {
        &self.all[..self.len]
    }

    pub fn push(&mut self, instance: Instance) {
        self.room(1)[0] = instance;
        self.keep(1);
    }

    /// Returns room for `count` more, in which anything is; [`Instances::keep`] says how many were put there.
    pub fn room(&mut self, count: usize) -> &mut [Instance] {
        let end = self.len + count;
        if self.all.len() < end {
            self.all.resize(end, [0; 4]);
        }
        &mut self.all[self.len..end]
    }

    /// Makes the first `count` of the room that was asked for last a part of these.
    pub fn keep(&mut self, count: usize) {
        self.len = (self.len + count).min(self.all.len());
    }

    pub fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_of_a_room_stays_and_what_was_there_before_is_written_over() {
        let of = |n: u32| [n; 4];
        let mut instances = Instances::default();
        instances.push(of(1));
        instances.room(3).fill(of(2));
        instances.keep(2);
        instances.push(of(3));
        assert_eq!(instances.as_slice(), [of(1), of(2), of(2), of(3)]);
        instances.truncate(9);
        assert_eq!(instances.len(), 4);
        instances.truncate(1);
        instances.room(2)[0] = of(4);
        instances.keep(1);
        assert_eq!(instances.as_slice(), [of(1), of(4)]);
        instances.clear();
        assert!(instances.as_slice().is_empty());
    }
}
