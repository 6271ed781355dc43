//! Fonts of every kind, as they look wherever the test runs: each that a scene is to have comes with it
//! (`tests/fonts/make.py` says from where).

use agor_proto::row::{Attrs, Color, Row, Style};
use agor_proto::screen::CursorShape;
use agor_render::{CursorStyle, CursorView, FontFeature, FontSpec};

use crate::golden::{font, hold};
use crate::scene::{RowText, Scene, attrs, bg, row};

const CBDT: &[u8] = include_bytes!("../fonts/cbdt.ttf");
const CJK: &[u8] = include_bytes!("../fonts/cjk.otf");
const COLR_0: &[u8] = include_bytes!("../fonts/colr0.ttf");
const COLR_1: &[u8] = include_bytes!("../fonts/colr1.ttf");
const JOINED: &[u8] = include_bytes!("../fonts/joined.ttf");
const MONO: &[u8] = include_bytes!("../fonts/mono.ttf");
const SBIX: &[u8] = include_bytes!("../fonts/sbix.ttf");
const SYMBOLS: &[u8] = include_bytes!("../fonts/symbols.ttf");

const SCALES: [f32; 4] = [1.0, 1.25, 1.5, 2.0];

/// Returns a scene that has these fonts beside those of the system.
fn scene(font: FontSpec, fonts: &[&[u8]], rows: Vec<Row>) -> Scene {
    let mut scene = Scene::new(font, rows);
    for font in fonts {
        assert!(scene.renderer.add_font(font.to_vec()));
    }
    scene
}

/// Returns a row of clusters of so many cells, each between bars that show where its cells end.
fn barred(clusters: &[&str], width: u8) -> Row {
    let plain = Style::default();
    let begun = RowText::new().text("│", plain);
    let row = clusters.iter().fold(begun, |row, cluster| {
        row.cluster(cluster, width, plain).text("│", plain)
    });
    row.build()
}

/// Returns a row of clusters of two cells side by side, without anything between them.
fn joined(clusters: &str, style: Style) -> Row {
    let mut row = RowText::new();
    for cluster in clusters.chars() {
        row = row.cluster(cluster.encode_utf8(&mut [0; 4]), 2, style);
    }
    row.build()
}

#[test]
fn wide_characters_look_as_accepted_in_exactly_two_cells() {
    for scale in SCALES {
        let marked = Style {
            bg: Color::Indexed(4),
            ..attrs(&[Attrs::BOLD, Attrs::STRIKETHROUGH])
        };
        let mut under = attrs(&[Attrs::OVERLINE]);
        under.attrs.set_underline(agor_proto::row::Underline::Curly);
        let rows = vec![
            row("│12│12│12│12│12│12│"),
            barred(&["日", "本", "語", "鬱", "한", "글"], 2),
            barred(&["か", "な", "カ", "ナ", "ｗ", "Ａ"], 2),
            joined("日本語「中文字」漢，", Style::default()),
            joined("中文字漢", marked),
            joined("中文字漢", under),
            joined("日本", bg(Color::Indexed(2))),
        ];
        let mut scene = scene(font(scale), &[CJK], rows);
        // Over the second half of a character.
        scene.cursor = Some(CursorView {
            col: 3,
            row: 6,
            shape: CursorShape::Block,
            style: CursorStyle::Focused,
        });
        hold(&format!("wide-{scale}"), &scene.picture());
    }
}

#[test]
fn pictures_of_every_format_look_as_accepted_in_two_cells() {
    for scale in SCALES {
        let rows = vec![
            // CBDT: pictures of pixels, one made of two by joining, a flag, a skin tone, a presentation selector.
            barred(&["🦀", "👩\u{200d}💻", "🇩🇪", "👍🏽", "❤\u{fe0f}"], 2),
            // sbix, COLR version 0, COLR version 1.
            barred(&["🟠", "🟦", "🟡", "🔴", "🟩"], 2),
            joined("🦀🟠🟦🟡🔴🟩", bg(Color::Indexed(4))),
            row("gjpqy ÄÅ between"),
        ];
        let fonts = [CBDT, SBIX, COLR_0, COLR_1];
        let mut scene = scene(font(scale), &fonts, rows);
        hold(&format!("emoji-{scale}"), &scene.picture());
    }
}

#[test]
fn a_picture_that_an_overfull_atlas_had_no_room_for_comes_when_there_is_room() {
    let fonts = [CBDT, SBIX, COLR_0, COLR_1];
    // Larger than what the others leave at the ends of their shelves.
    let large = FontSpec {
        size_points: 360.0,
        ..font(1.0)
    };
    let shown = vec![joined("🦀", Style::default())];
    let whole = scene(large.clone(), &fonts, shown.clone()).picture();
    let mut scene = scene(large.clone(), &fonts, shown);
    let pictures: Vec<_> = [
        "🦀",
        "👩\u{200d}💻",
        "🇩🇪",
        "👍🏽",
        "🟠",
        "🟦",
        "🟡",
        "🔴",
        "🟩",
    ]
    .map(|picture| RowText::new().cluster(picture, 2, Style::default()).build())
    .into();
    scene.crowd(&large, &pictures);
    // Pages of the frame before are still in use.
    assert!(scene.picture() != whole, "there is a block");
    scene.picture();
    assert!(scene.picture() == whole);
    assert_eq!(scene.renderer.counters().rows_built, 0);
}

#[test]
fn signs_of_icon_fonts_look_as_accepted_scaled_to_their_cell() {
    const SIGNS: [&str; 6] = [
        "\u{f015}", "\u{f061}", "\u{e725}", "\u{f111}", "\u{f0ac}", "\u{f489}",
    ];
    for scale in SCALES {
        let rows = vec![
            barred(&SIGNS, 1),
            row(&SIGNS.concat()),
            RowText::new()
                .text(&SIGNS.join(" "), bg(Color::Indexed(4)))
                .text(" main Åg", Style::default())
                .build(),
        ];
        let mut scene = scene(font(scale), &[SYMBOLS], rows);
        hold(&format!("signs-{scale}"), &scene.picture());
    }
}

#[test]
fn a_family_without_bold_or_italic_looks_as_accepted() {
    for scale in SCALES {
        let text = "Hamburgefonstiv 0O 1lI| gjpqy";
        let rows = vec![
            row(text),
            RowText::new().text(text, attrs(&[Attrs::BOLD])).build(),
            RowText::new().text(text, attrs(&[Attrs::ITALIC])).build(),
            RowText::new()
                .text(text, attrs(&[Attrs::BOLD, Attrs::ITALIC]))
                .build(),
        ];
        let mut scene = scene(font(scale), &[MONO], rows);
        scene.renderer.set_font(FontSpec {
            family: Some("Agor Test Mono".into()),
            ..font(scale)
        });
        hold(&format!("synthetic-{scale}"), &scene.picture());
    }
}

#[test]
fn a_file_that_is_no_font_is_not_added_and_harms_nothing() {
    let mut scene = Scene::new(font(1.0), vec![row("abc")]);
    let before = scene.picture();
    let cut = &CJK[..CJK.len() / 3];
    for file in [&b""[..], b"\0\x01\0\0", b"OTTO", &[0xff; 4_096]] {
        assert!(!scene.renderer.add_font(file.to_vec()));
    }
    // One that was cut off may be taken for one; it must not be what fails.
    scene.renderer.add_font(cut.to_vec());
    scene.rows = vec![std::sync::Arc::new(joined("日本語", Style::default()))];
    scene.picture();
    scene.rows = vec![std::sync::Arc::new(row("abc"))];
    assert!(scene.picture() == before);
}

#[test]
fn fonts_with_any_bytes_wrong_draw_something_or_nothing() {
    let mut state = 0x2545_f491_u32;
    let mut next = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize
    };
    for font_file in [CBDT, CJK, COLR_0, COLR_1, MONO, SBIX, SYMBOLS] {
        for _ in 0..6 {
            let mut damaged = font_file.to_vec();
            for _ in 0..12 {
                let at = next() % damaged.len();
                damaged[at] ^= next() as u8;
            }
            let rows = vec![
                barred(&["日", "🦀", "🟠", "🟡", "🔴"], 2),
                barred(&["\u{f015}", "\u{f061}", "\u{e725}"], 1),
            ];
            let mut scene = Scene::new(font(1.0), rows);
            scene.renderer.add_font(damaged);
            scene.renderer.set_font(FontSpec {
                family: Some("Agor Test Mono".into()),
                ..font(1.5)
            });
            scene.picture();
        }
    }
}

#[test]
fn features_change_single_signs_and_sequences_and_nothing_else() {
    let with = |features: &[FontFeature], text: &str| {
        let font = FontSpec {
            ligatures: true,
            features: features.into(),
            ..FontSpec::default()
        };
        Scene::new(font, vec![row(text)]).picture()
    };
    // The font that comes with the program has these.
    let (zero, no_calt) = ((*b"zero", 1), (*b"calt", 0));
    assert!(with(&[zero], "a0b") != with(&[], "a0b"));
    assert!(with(&[zero], "aOb -> 1\u{e9}") == with(&[], "aOb -> 1\u{e9}"));
    assert!(with(&[(*b"zero", 0)], "a0b") == with(&[], "a0b"));
    let apart = Scene::new(FontSpec::default(), vec![row("a -> b")]).picture();
    assert!(with(&[], "a -> b") != apart);
    assert!(with(&[no_calt], "a -> b") == apart);
    assert!(with(&[no_calt, zero], "a -> 0") == with(&[zero, no_calt], "a -> 0"));
    // One that no font has.
    assert!(with(&[(*b"zzzz", 1)], "a0b -> c") == with(&[], "a0b -> c"));
}

#[test]
fn letters_are_one_sign_where_their_family_joins_them_in_as_many_cells() {
    let with = |ligatures: bool, text: &str, split: Option<u16>| {
        let mut scene = scene(font(1.0), &[JOINED], vec![row(text)]);
        scene.renderer.set_font(FontSpec {
            family: Some("Agor Test Joined".into()),
            ligatures,
            ..font(1.0)
        });
        // It is not drawn, and breaks what it stands in all the same.
        scene.cursor = split.map(|col| CursorView {
            col,
            row: 0,
            shape: CursorShape::Bar,
            style: CursorStyle::BlinkedOff,
        });
        scene.picture()
    };
    for text in [
        "www",
        "x www",
        "www.",
        "xflx",
        "fl",
        "0x0",
        "0xf0",
        "x 00xf",
        "0x0x0",
        "0xx 0x0 -0xf",
    ] {
        assert!(
            with(true, text, None) != with(false, text, None),
            "{text} is joined"
        );
    }
    // Of f and i the family makes a sign that takes a cell where they take two.
    for text in [
        "ww", "w w w", "lf", "f", "fi", "xx", "0x", "x0", "fx0", "0 x0", "0xx0", "0xw",
    ] {
        assert!(
            with(true, text, None) == with(false, text, None),
            "{text} is not joined"
        );
    }
    assert!(with(true, "www", Some(1)) == with(false, "www", Some(1)));
    // Among characters that are not one byte each.
    assert!(with(true, "é www", None) != with(false, "é www", None));
    assert!(with(true, "é fi ww", None) == with(false, "é fi ww", None));
    assert!(with(true, "é 0x0", None) != with(false, "é 0x0", None));
    assert!(with(true, "é 0x x0 0é", None) == with(false, "é 0x x0 0é", None));
    assert!(with(true, "0x0", Some(1)) == with(false, "0x0", Some(1)));
    assert!(with(true, "0x0", Some(0)) == with(false, "0x0", Some(0)));
}

#[test]
fn another_choice_of_features_is_drawn_at_once() {
    let spec = |value: u16| FontSpec {
        features: [(*b"zero", value)].into(),
        ..FontSpec::default()
    };
    let mut scene = Scene::new(spec(0), vec![row("100")]);
    let plain = scene.picture();
    scene.renderer.set_font(spec(1));
    let slashed = scene.picture();
    assert!(slashed != plain);
    scene.renderer.set_font(spec(0));
    assert!(scene.picture() == plain);
}
