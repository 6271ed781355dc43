//! The images of a pane: placements in cells to rectangles in pixels.

use std::sync::Arc;

use agor_proto::screen::Placement;
use agor_render::{ImageLayer, ImageView};

use crate::link::images::Images;

/// Returns the images that stand on rows from `first_row` on, as far as their pixels are there.
pub fn views(
    images: &Images,
    placements: &[Placement],
    first_row: i32,
    cell_px: [u32; 2],
) -> Vec<ImageView> {
    let view = |placement: &Placement| {
        let pixels = images.get(&placement.blob)?;
        let corner = [
            i64::from(placement.col),
            i64::from(placement.row) - i64::from(first_row),
        ];
        let inset = [placement.inset.0, placement.inset.1];
        let extent = [placement.extent.0, placement.extent.1];
        let mut edges_px = [0; 4];
        for axis in 0..2 {
            let cell = i64::from(cell_px[axis]);
            // In thousandths of a pixel.
            let begin = (corner[axis] * 1000 + i64::from(inset[axis])) * cell;
            let end = begin + i64::from(extent[axis]) * cell;
            let whole = |milli: i64| i32::try_from((milli + 500).div_euclid(1000)).ok();
            edges_px[axis] = whole(begin)?;
            edges_px[axis + 2] = whole(end)?;
        }
        let (x, y, width, height) = placement.source;
        Some(ImageView {
            name: placement.blob.0,
            pixels: Arc::clone(pixels),
            source: [x, y, width, height],
            edges_px,
            layer: ImageLayer::of(placement.z),
        })
    };
    placements.iter().filter_map(view).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use agor_proto::ids::{BlobHash, LineId, LinePosition};
    use agor_render::ImagePixels;
    use std::collections::HashMap;

    fn placement() -> Placement {
        Placement {
            image: 1,
            placement: 0,
            blob: BlobHash([7; 32]),
            pixels: (2, 2),
            source: (0, 0, 2, 2),
            at: LinePosition {
                line: LineId(1),
                column: 0,
            },
            offset_px: (0, 0),
            cells: (3, 2),
            z: -1,
            row: 4,
            col: 2,
            inset: (500, 250),
            extent: (2500, 1500),
        }
    }

    #[test]
    fn placements_become_whole_pixels() {
        let pixels = ImagePixels::new(vec![0; 16], (2, 2)).unwrap();
        let known: HashMap<_, _> = [(BlobHash([7; 32]), Arc::new(pixels))].into();
        let known = Arc::new(known);
        let shown = views(&known, &[placement()], 1, [8, 16]);
        assert_eq!(shown[0].edges_px, [20, 52, 40, 76]);
        assert_eq!(shown[0].layer, ImageLayer::UnderText);
        let above = Placement {
            row: -3,
            ..placement()
        };
        assert_eq!(
            views(&known, &[above], 0, [8, 16])[0].edges_px,
            [20, -44, 40, -20]
        );
    }

    #[test]
    fn an_image_whose_pixels_are_not_there_yet_is_left_out() {
        assert!(views(&Images::default(), &[placement()], 0, [8, 16]).is_empty());
    }
}
