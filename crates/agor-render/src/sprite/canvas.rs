//! A cell's coverage while it is drawn.

/// Coverage of some rows of a cell, from its left edge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sprite {
    pub width: u32,
    pub height: u32,
    /// From the cell's top.
    pub top: u32,
    pub data: Vec<u8>,
}

/// See the head of this file.
pub(super) struct Canvas {
    pub width: u32,
    pub height: u32,
    data: Vec<u8>,
}

impl Canvas {
    pub fn new(width: u32, height: u32) -> Self {
        Self {
            width,
            height,
            data: vec![0; width as usize * height as usize],
        }
    }

    /// Covers the pixels from the first corner up to the second; what is outside is left out.
    pub fn fill(&mut self, left: u32, top: u32, right: u32, bottom: u32, coverage: u8) {
        let (right, bottom) = (right.min(self.width), bottom.min(self.height));
        for y in top..bottom {
            for x in left..right {
                self.cover(x, y, coverage);
            }
        }
    }

    /// Covers everything by so much of 255 of what it is covered.
    pub fn fade(&mut self, part: u8) {
        for value in &mut self.data {
            *value = ((u16::from(*value) * u16::from(part) + 127) / 255) as u8;
        }
    }

    /// Covers what is not covered, and the other way round.
    pub fn invert(&mut self) {
        for value in &mut self.data {
            *value = 255 - *value;
        }
    }

    /// Covers every pixel as `coverage` says of its middle, from 0 to 1.
    pub fn paint(&mut self, coverage: impl Fn(f32, f32) -> f32) {
        for y in 0..self.height {
            for x in 0..self.width {
                let part = coverage(x as f32 + 0.5, y as f32 + 0.5);
                self.cover(x, y, (part.clamp(0.0, 1.0) * 255.0).round() as u8);
            }
        }
    }

    /// Covers what is inside a shape, by the mean of 64 points in each pixel.
    pub fn inside(&mut self, shape: impl Fn(f32, f32) -> bool) {
        const SIDE: u32 = 8;
        self.paint(|x, y| {
            let mut hits = 0;
            for sy in 0..SIDE {
                for sx in 0..SIDE {
                    let at = |n: u32| (n as f32 + 0.5) / SIDE as f32 - 0.5;
                    hits += u32::from(shape(x + at(sx), y + at(sy)));
                }
            }
            hits as f32 / (SIDE * SIDE) as f32
        });
    }

    fn cover(&mut self, x: u32, y: u32, coverage: u8) {
        let place = y as usize * self.width as usize + x as usize;
        if let Some(value) = self.data.get_mut(place) {
            *value = (*value).max(coverage);
        }
    }
}

impl From<Canvas> for Sprite {
    /// Leaves out rows above and below that are not covered.
    fn from(canvas: Canvas) -> Self {
        let width = canvas.width as usize;
        let covered = |row: &[u8]| row.iter().any(|&value| value > 0);
        let mut rows = canvas.data.chunks_exact(width.max(1));
        let first = rows.clone().position(covered);
        let last = rows.rposition(covered);
        let (Some(first), Some(last)) = (first, last) else {
            return Self {
                width: 0,
                height: 0,
                top: 0,
                data: Vec::new(),
            };
        };
        Self {
            width: canvas.width,
            height: (last - first + 1) as u32,
            top: first as u32,
            data: canvas.data[first * width..(last + 1) * width].to_vec(),
        }
    }
}
