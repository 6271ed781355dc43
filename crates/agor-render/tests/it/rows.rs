//! Rows of ASCII alone are drawn a row at a time, others cluster by cluster: both look the same.

use agor_proto::row::{Attrs, Color, Style};
use agor_render::FontSpec;

use crate::scene::{RowText, Scene, attrs, bg, fg};

/// Returns text in every way in which a part of a row changes what may be drawn together with it.
fn styled() -> RowText {
    let plain = Style::default();
    RowText::new()
        .text("plain ", plain)
        .text("red", fg(Color::Indexed(1)))
        .text("bold", attrs(&[Attrs::BOLD]))
        .text("both ", attrs(&[Attrs::BOLD, Attrs::ITALIC]))
        .text("hidden", attrs(&[Attrs::INVISIBLE]))
        .text("struck", attrs(&[Attrs::STRIKETHROUGH]))
        .text("x", plain)
        .text("dark", attrs(&[Attrs::BLINK]))
        .text("over", attrs(&[Attrs::OVERLINE]))
        .text("a long part of one colour", fg(Color::Indexed(4)))
        .text(" a -> b != c == d ", bg(Color::Indexed(2)))
        .text("=>", attrs(&[Attrs::ITALIC]))
        .text("  ", attrs(&[Attrs::STRIKETHROUGH]))
}

#[test]
fn a_row_of_ascii_alone_looks_as_it_does_beside_other_characters() {
    for ligatures in [false, true] {
        let picture = |end: &str| {
            let font = FontSpec {
                ligatures,
                ..FontSpec::default()
            };
            let row = styled().text(end, Style::default()).build();
            let mut scene = Scene::new(font, vec![row]);
            scene.blink_on = false;
            let width = scene.renderer.metrics().width_px;
            let picture = scene.picture();
            let shared = picture.width - width * 3;
            let places = (0..picture.height).flat_map(|y| (0..shared).map(move |x| (x, y)));
            places.map(|(x, y)| picture.at(x, y)).collect::<Vec<_>>()
        };
        assert!(picture("   ") == picture("  é"), "ligatures: {ligatures}");
    }
}
