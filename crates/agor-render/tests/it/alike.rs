//! Whether a picture is what was accepted. Two things are looked at: each pixel by itself, so that what is small
//! counts, and what an eye makes of it and its neighbours, in a space (OKLab) in which equal distances look equally
//! far, so that a faint change counts where it is large.

use std::fmt;

/// How far a picture may be off.
pub struct Limits {
    /// How far a channel may be, of 255: software drivers round differently.
    pub channel: u8,
    /// How many pixels of a thousand may be further.
    pub per_mille: usize,
    /// How many of a tile may be.
    pub per_tile: usize,
}

/// The side of the tiles in which pixels are counted: what is small would be lost in the whole.
const TILE_PX: usize = 32;

/// From here on colours look different: two that lie beside each other are told apart at 0.02 or so.
const SEEN: f64 = 0.03;

/// A pixel is mixed with its neighbours, so that a stray is seen in all of these.
const MIXED: usize = 9;

/// How many pixels of a tile may look different: the neighbourhoods of eight strays.
const SEEN_PER_TILE: usize = 8 * MIXED;

/// Pixels that are off.
#[derive(Default)]
struct Off {
    pixels: usize,
    /// Of the tile with most of them.
    of_tile: usize,
    /// Where that tile begins.
    tile: [usize; 2],
}

impl Off {
    /// Counts pixels by their places in a picture of so many in a row.
    fn of(width: usize, places: impl Iterator<Item = usize>) -> Self {
        let across = width.div_ceil(TILE_PX);
        let mut off = Self::default();
        let mut tiles = Vec::new();
        for place in places {
            let [x, y] = [place % width / TILE_PX, place / width / TILE_PX];
            let tile = y * across + x;
            if tiles.len() <= tile {
                tiles.resize(tile + 1, 0);
            }
            tiles[tile] += 1;
            off.pixels += 1;
            if tiles[tile] > off.of_tile {
                off.of_tile = tiles[tile];
                off.tile = [x, y].map(|of| of * TILE_PX);
            }
        }
        off
    }

    fn is_within(&self, pixels: usize, of_tile: usize) -> bool {
        self.pixels <= pixels && self.of_tile <= of_tile
    }
}

impl fmt::Display for Off {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            pixels,
            of_tile,
            tile: [x, y],
        } = self;
        write!(f, "{pixels}, {of_tile} of them in the tile at {x}, {y}")
    }
}

/// Says how `actual` is off by more than it may; nothing if it is not. Both are pixels of four bytes, so many in a row.
pub fn difference(expected: &[u8], actual: &[u8], width: usize, limits: &Limits) -> Option<String> {
    if expected.len() != actual.len() {
        return Some("it has another size".to_owned());
    }
    let allowed = actual.len() / 4 * limits.per_mille / 1_000;
    let pairs = || {
        expected
            .chunks_exact(4)
            .zip(actual.chunks_exact(4))
            .enumerate()
    };
    let far = pairs().filter(|(_, (a, b))| {
        a.iter()
            .zip(*b)
            .any(|(a, b)| a.abs_diff(*b) > limits.channel)
    });
    let far = Off::of(width, far.map(|(place, _)| place));
    if !far.is_within(allowed, limits.per_tile) {
        return Some(format!("pixels are off ({far})"));
    }
    // Most pictures are the same but for nothing: what is near a pixel that differs is looked at alone.
    let changed = pairs().filter(|(_, (a, b))| a != b);
    let changed: Vec<usize> = changed.map(|(place, _)| place).collect();
    let seen = Off::of(
        width,
        near(&changed, width, actual.len() / 4)
            .into_iter()
            .filter(|place| {
                let of = |rgba| oklab(mixed(rgba, width, *place));
                let both = of(expected).into_iter().zip(of(actual));
                both.map(|(a, b)| (a - b).powi(2)).sum::<f64>() > SEEN.powi(2)
            }),
    );
    (!seen.is_within(allowed * MIXED, SEEN_PER_TILE))
        .then(|| format!("it looks different ({seen})"))
}

/// Returns the places of `pixels` and their neighbours, each once and in order.
fn near(pixels: &[usize], width: usize, count: usize) -> Vec<usize> {
    let mut marked = vec![false; if pixels.is_empty() { 0 } else { count }];
    for place in pixels {
        for neighbour in around(*place, width, count) {
            marked[neighbour] = true;
        }
    }
    let places = marked.into_iter().enumerate();
    places
        .filter_map(|(place, is)| is.then_some(place))
        .collect()
}

/// Returns the places of a pixel and of those beside it, as many as there are.
fn around(place: usize, width: usize, count: usize) -> impl Iterator<Item = usize> {
    let [x, y] = [place % width, place / width];
    let rows = y.saturating_sub(1)..=(y + 1).min(count / width - 1);
    let columns = x.saturating_sub(1)..=(x + 1).min(width - 1);
    rows.flat_map(move |y| columns.clone().map(move |x| y * width + x))
}

/// Returns the light of a pixel and its neighbours together, each channel from 0 to 1.
fn mixed(rgba: &[u8], width: usize, place: usize) -> [f64; 3] {
    let (mut sum, mut count) = ([0.0; 3], 0.0);
    for at in around(place, width, rgba.len() / 4) {
        for (sum, value) in sum.iter_mut().zip(&rgba[at * 4..at * 4 + 3]) {
            *sum += light(*value);
        }
        count += 1.0;
    }
    sum.map(|sum: f64| sum / count)
}

/// Returns the light of a channel of sRGB.
fn light(value: u8) -> f64 {
    let value = f64::from(value) / 255.0;
    if value <= 0.04045 {
        value / 12.92
    } else {
        ((value + 0.055) / 1.055).powf(2.4)
    }
}

/// Returns light as a place in OKLab (Björn Ottosson, 2020).
fn oklab([r, g, b]: [f64; 3]) -> [f64; 3] {
    let cones = [
        0.412_221_470_8 * r + 0.536_332_536_3 * g + 0.051_445_992_9 * b,
        0.211_903_498_2 * r + 0.680_699_545_1 * g + 0.107_396_956_6 * b,
        0.088_302_461_9 * r + 0.281_718_837_6 * g + 0.629_978_700_5 * b,
    ];
    let [l, m, s] = cones.map(f64::cbrt);
    [
        0.210_454_255_3 * l + 0.793_617_785_0 * m - 0.004_072_046_8 * s,
        1.977_998_495_1 * l - 2.428_592_205_0 * m + 0.450_593_709_9 * s,
        0.025_904_037_1 * l + 0.782_771_766_2 * m - 0.808_675_766_0 * s,
    ]
}
