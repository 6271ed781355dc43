//! Composing the frames of animations from pixels that were decoded. Nothing of a stranger's format is
//! read here: all there is are rectangles within pictures of known sizes.

use agor_term::{Base, Composition, Overlay};

/// Why a frame cannot be composed.
pub(super) const DAMAGED: &str = "its parts are of other sizes than it says";

/// Returns a picture of one colour, multiplied by its alpha; red is the highest byte.
pub(super) fn canvas(rgba: u32, (width, height): (u32, u32)) -> Vec<u8> {
    let [r, g, b, a] = rgba.to_be_bytes();
    let mixed = |part: u8| ((u32::from(part) * u32::from(a) + 127) / 255) as u8;
    [mixed(r), mixed(g), mixed(b), a].repeat(width as usize * height as usize)
}

/// Returns what a composition is without its uppermost part, if that may have been composed before.
pub(super) fn below_last(made_of: &Composition) -> Option<(Composition, Overlay)> {
    let (last, below) = made_of.overlays.split_last()?;
    let below = Composition {
        base: made_of.base,
        overlays: below.to_vec(),
    };
    let plain_color = below.overlays.is_empty() && matches!(below.base, Base::Color(_));
    (!plain_color).then_some((below, *last))
}

/// Lays a part of a picture over another of `size`; both are multiplied by their alpha. Says whether
/// the sizes are those that they should have.
pub(super) fn lay(below: &mut [u8], size: (u32, u32), overlay: &Overlay, picture: &[u8]) -> bool {
    let bytes = |(width, height): (u32, u32)| width as usize * height as usize * 4;
    let inside = |at: (u32, u32), room: (u32, u32)| {
        let end = |at: u32, len: u32, room: u32| at.checked_add(len).is_some_and(|end| end <= room);
        end(at.0, overlay.size.0, room.0) && end(at.1, overlay.size.1, room.1)
    };
    if below.len() != bytes(size)
        || picture.len() != bytes(overlay.image_size)
        || !inside(overlay.at, size)
        || !inside(overlay.source, overlay.image_size)
    {
        return false;
    }
    let width = overlay.size.0 as usize * 4;
    let start = |(x, y): (u32, u32), row: u32, side: u32| {
        ((y + row) as usize * side as usize + x as usize) * 4
    };
    for row in 0..overlay.size.1 {
        let from = start(overlay.source, row, overlay.image_size.0);
        let to = start(overlay.at, row, size.0);
        let (from, to) = (&picture[from..from + width], &mut below[to..to + width]);
        if overlay.replace {
            to.copy_from_slice(from);
        } else {
            mix(to, from);
        }
    }
    true
}

fn mix(below: &mut [u8], over: &[u8]) {
    let (over, _) = over.as_chunks::<4>();
    let (below, _) = below.as_chunks_mut::<4>();
    for (below, over) in below.iter_mut().zip(over) {
        let clear = 255 - u32::from(over[3]);
        for (below, over) in below.iter_mut().zip(over) {
            let rest = (u32::from(*below) * clear + 127) / 255;
            *below = (u32::from(*over) + rest).min(255) as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use agor_proto::ids::BlobHash;

    fn overlay(size: (u32, u32), at: (u32, u32), replace: bool) -> Overlay {
        Overlay {
            image: BlobHash([1; 32]),
            image_size: (2, 2),
            source: (0, 0),
            size,
            at,
            replace,
        }
    }

    #[test]
    fn parts_replace_what_is_below_or_are_mixed_with_it() {
        let mut frame = canvas(0xff00_00ff, (3, 2));
        assert_eq!(frame[..4], [255, 0, 0, 255]);
        // Half green.
        let picture = [0, 128, 0, 128].repeat(4);
        assert!(lay(
            &mut frame,
            (3, 2),
            &overlay((1, 1), (2, 1), false),
            &picture
        ));
        assert_eq!(frame[20..], [127, 128, 0, 255]);
        assert_eq!(frame[16..20], [255, 0, 0, 255]);
        assert!(lay(
            &mut frame,
            (3, 2),
            &overlay((2, 2), (0, 0), true),
            &picture
        ));
        assert_eq!(frame[..8], [0, 128, 0, 128, 0, 128, 0, 128]);
        assert_eq!(frame[8..12], [255, 0, 0, 255]);
    }

    #[test]
    fn a_part_that_does_not_fit_changes_nothing() {
        let picture = [9; 16];
        for (size, at) in [((2, 2), (2, 0)), ((1, 1), (u32::MAX, 0)), ((3, 1), (0, 0))] {
            let mut frame = canvas(0, (3, 2));
            assert!(!lay(&mut frame, (3, 2), &overlay(size, at, true), &picture));
            assert_eq!(frame, canvas(0, (3, 2)));
        }
        let mut frame = canvas(0, (3, 2));
        assert!(!lay(
            &mut frame,
            (3, 2),
            &overlay((1, 1), (0, 0), true),
            &picture[..12]
        ));
    }

    #[test]
    fn a_colour_is_multiplied_by_its_alpha() {
        assert_eq!(canvas(0xff80_0080, (1, 1)), [128, 64, 0, 128]);
    }
}
