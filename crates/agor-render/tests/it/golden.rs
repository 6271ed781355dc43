//! Pictures held against those that a person looked at.

use std::fs;
use std::path::PathBuf;

use agor_proto::row::{Attrs, Color, Row, Style, Underline};
use agor_proto::screen::CursorShape;
use agor_render::{CursorStyle, CursorView, FontSpec, Highlight, HighlightKind};

use crate::alike::{Limits, difference};
use crate::scene::{Picture, RowText, Scene, attrs, bg, fg, row};

/// How far these pictures may be off; many are hardly larger than a tile.
const LIMITS: Limits = Limits {
    channel: 6,
    per_mille: 1,
    per_tile: usize::MAX,
};

pub fn font(scale: f32) -> FontSpec {
    FontSpec {
        scale,
        ..FontSpec::default()
    }
}

fn read(path: &PathBuf) -> Option<Picture> {
    let decoder = png::Decoder::new(std::io::BufReader::new(fs::File::open(path).ok()?));
    let mut reader = decoder.read_info().ok()?;
    let mut pixels = vec![0; reader.output_buffer_size()?];
    let info = reader.next_frame(&mut pixels).ok()?;
    let rgb = &pixels[..info.buffer_size()];
    let pixels = rgb
        .chunks_exact(3)
        .flat_map(|p| [p[0], p[1], p[2], 255])
        .collect();
    Some(Picture {
        width: info.width,
        height: info.height,
        pixels,
    })
}

fn write(path: &PathBuf, picture: &Picture) {
    let file = fs::File::create(path).unwrap();
    let mut encoder = png::Encoder::new(file, picture.width, picture.height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_compression(png::Compression::High);
    let mut writer = encoder.write_header().unwrap();
    let rgb: Vec<u8> = picture
        .pixels
        .chunks_exact(4)
        .flat_map(|p| [p[0], p[1], p[2]])
        .collect();
    writer.write_image_data(&rgb).unwrap();
}

/// Returns expected, actual and what differs beside each other.
fn side_by_side(expected: Option<&Picture>, actual: &Picture) -> Picture {
    let (width, height) = (actual.width, actual.height);
    let mut pixels = Vec::new();
    for y in 0..height {
        let want = |x: u32| match expected {
            Some(e) if x < e.width && y < e.height => e.at(x, y),
            _ => [128, 0, 128],
        };
        for x in 0..width {
            let [r, g, b] = want(x);
            pixels.extend([r, g, b, 255]);
        }
        for x in 0..width {
            let [r, g, b] = actual.at(x, y);
            pixels.extend([r, g, b, 255]);
        }
        for x in 0..width {
            let (a, b) = (want(x), actual.at(x, y));
            pixels.extend([0, 1, 2].map(|n| a[n].abs_diff(b[n]).saturating_mul(4)));
            pixels.push(255);
        }
    }
    Picture {
        width: width * 3,
        height,
        pixels,
    }
}

/// Holds `picture` against `tests/golden/name.png`. `AGOR_ACCEPT=1` makes it the one to come.
pub fn hold(name: &str, picture: &Picture) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let path = folder.join(format!("{name}.png"));
    if std::env::var_os("AGOR_ACCEPT").is_some() {
        fs::create_dir_all(folder).unwrap();
        write(&path, picture);
        return;
    }
    let expected = read(&path);
    let off = match &expected {
        Some(e) if (e.width, e.height) == (picture.width, picture.height) => {
            let (width, actual) = (picture.width as usize, &picture.pixels);
            difference(&e.pixels, actual, width, &LIMITS)
        }
        Some(_) => Some("it has another size".to_owned()),
        None => Some("there is none yet".to_owned()),
    };
    if let Some(off) = off {
        let shown = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.png"));
        write(&shown, &side_by_side(expected.as_ref(), picture));
        panic!(
            "{name}: {off}; expected, actual and difference are in {}; AGOR_ACCEPT=1 accepts the \
             actual",
            shown.display()
        );
    }
}

fn styles() -> Vec<Row> {
    let colors = (0..16).fold(RowText::new(), |row, n| {
        row.text("Ab", fg(Color::Indexed(n)))
    });
    let behind = (0..16).fold(RowText::new(), |row, n| {
        row.text("  ", bg(Color::Indexed(n)))
    });
    let mut reverse_red = attrs(&[Attrs::REVERSE]);
    reverse_red.fg = Color::Indexed(1);
    vec![
        row("The quick brown fox jumps (over) {a}"),
        row("lazy dogs; ÅÄÖ ñ ç Ł 0O 1lI| gjpqy_@"),
        RowText::new()
            .text("Bold ", attrs(&[Attrs::BOLD]))
            .text("Italic ", attrs(&[Attrs::ITALIC]))
            .text("Both ", attrs(&[Attrs::BOLD, Attrs::ITALIC]))
            .text("Dim ", attrs(&[Attrs::DIM]))
            .text("Hidden ", attrs(&[Attrs::INVISIBLE]))
            .text("Rev", attrs(&[Attrs::REVERSE]))
            .text("Red", reverse_red)
            .build(),
        RowText::new()
            .text("Struck ", attrs(&[Attrs::STRIKETHROUGH]))
            .text("Overlined ", attrs(&[Attrs::OVERLINE]))
            .text(
                "BlackOnWhite",
                Style {
                    fg: Color::Rgb(0, 0, 0),
                    bg: Color::Rgb(255, 255, 255),
                    ..Style::default()
                },
            )
            .build(),
        colors.build(),
        behind.build(),
    ]
}

fn underlines() -> Vec<Row> {
    let line = |name: &str, underline, color| {
        let mut style = Style::default();
        style.attrs.set_underline(underline);
        style.underline_color = color;
        RowText::new().text(name, style).build()
    };
    vec![
        line("single gjpqy", Underline::Single, Color::Default),
        line("double gjpqy", Underline::Double, Color::Default),
        line("curly gjpqy ", Underline::Curly, Color::Indexed(1)),
        line("dotted gjpqy", Underline::Dotted, Color::Indexed(2)),
        line("dashed gjpqy", Underline::Dashed, Color::Rgb(255, 200, 0)),
    ]
}

fn shapes() -> Vec<Row> {
    vec![
        row("┌─┬┐╔═╦╗╓─╥╖╒═╤╕┏━┳┓╭──╮┍━┯┑"),
        row("│ ││║ ║║║ ║║│ ││┃ ┃┃│╱╲│┝━┿┥"),
        row("├─┼┤╠═╬╣╟─╫╢╞═╪╡┣━╋┫│╲╱│┕━┷┙"),
        row("└─┴┘╚═╩╝╙─╨╜╘═╧╛┗━┻┛╰──╯╼╾╳╳"),
        row("┄┄┅┅┈┈┉┉╌╌╍╍┆┇┊┋╎╏╴╶╵╷╸╺╹╻╽╿"),
        row("▁▂▃▄▅▆▇█▉▊▋▌▍▎▏▐▀▔▕░▒▓▖▗▘▙▚▛"),
        row("▜▝▞▟▙▟▛▜██░░▒▒▓▓⠁⠃⠇⡇⣇⣧⣷⣿⣿⣿⢸⠿"),
        row("🬀🬁🬂🬃🬄🬅🬆🬇🬈🬉🬊🬋🬌🬍🬎🬏🬻🬺🭰🭶🮂🮇\u{e0b0}\u{e0b1}\u{e0b2}\u{e0b3}\u{e0b4}\u{e0b6}"),
    ]
}

/// What slanted edges, octants and the rest of powerline make of neighbouring cells.
fn more_shapes() -> Vec<Row> {
    let line = |codes: std::ops::RangeInclusive<u32>| {
        row(&codes.filter_map(char::from_u32).collect::<String>())
    };
    vec![
        line(0x1fb3c..=0x1fb53),
        line(0x1fb54..=0x1fb6b),
        line(0x1fb6c..=0x1fb6f),
        line(0x1fb8c..=0x1fb92),
        row(
            "\u{1fb95}\u{1fb95}\u{1fb96}\u{1fb97}\u{1fb97}\u{1fb98}\u{1fb98}\u{1fb99}\u{1fb99}\u{1fb9a}\u{1fb9b}",
        ),
        row("\u{1fb9a}\u{1fb9b}\u{1fb9c}\u{1fb9d}\u{1fb9e}\u{1fb9f}\u{1fb94}  \u{1fb98}\u{1fb99}"),
        line(0x1fba0..=0x1fbae),
        row("\u{1fba3}\u{1fba7}\u{1fba2} \u{1fbae}\u{1fbae}\u{1fba0}\u{1fba6}\u{1fba1}"),
        row(
            "\u{1fbaf}\u{2500}\u{1fbaf} \u{1fbbd}\u{1fbbd}\u{1fbbe}\u{1fbbf}\u{1fbbf} \u{1fbcf}\u{1fbce}",
        ),
        line(0x1fbd0..=0x1fbdf),
        line(0x1fbe0..=0x1fbef),
        row(
            "\u{1fbe1}\u{1fbe3} \u{1fbe9}\u{1fbeb} \u{1fbea}\u{1fbe2} \u{1fbee}\u{1fbed} \u{1fbd2}\u{1fbd0}",
        ),
        row("      \u{1fbe8}\u{1fbe0} \u{1fbec}\u{1fbef} \u{1fbd1}\u{1fbd3}"),
        line(0x1cd00..=0x1cd17),
        line(0x1cdce..=0x1cde5),
        row("\u{1cea0}\u{1cea3}\u{1cea8}\u{1ceab}\u{1fbe6}\u{1fbe7}"),
        row("\u{e0b8}\u{e0ba}\u{e0bc}\u{e0be} \u{e0b9}\u{e0bb}\u{e0bd}\u{e0bf}"),
    ]
}

#[test]
fn more_shapes_look_as_accepted_at_every_scale() {
    for scale in [1.0, 1.5, 2.0] {
        let picture = Scene::new(font(scale), more_shapes()).picture();
        hold(&format!("more-shapes-{scale}"), &picture);
    }
}

#[test]
fn all_256_colours_look_as_accepted() {
    let line = |from: u16, to: u16| {
        let pieces = (from..to).fold(RowText::new(), |row, n| {
            row.text(
                "A ",
                Style {
                    fg: Color::Indexed(n as u8),
                    ..Style::default()
                },
            )
            .text(" ", bg(Color::Indexed(n as u8)))
        });
        pieces.build()
    };
    let cubes = (0..12).map(|n| line(16 + n * 18, 34 + n * 18));
    let rows = std::iter::once(line(0, 16)).chain(cubes);
    let rows = rows.chain([line(232, 244), line(244, 256)]);
    hold("colours", &Scene::new(font(1.0), rows.collect()).picture());
}

#[test]
fn images_look_as_accepted_under_and_over_text() {
    let mut scene = Scene::new(font(1.0), styles());
    scene.images = crate::images::examples(&scene);
    hold("images", &scene.picture());
}

#[test]
fn styles_look_as_accepted_at_every_scale() {
    for scale in [1.0, 1.25, 1.5, 2.0] {
        let picture = Scene::new(font(scale), styles()).picture();
        hold(&format!("styles-{scale}"), &picture);
    }
}

#[test]
fn underlines_look_as_accepted_at_every_scale() {
    for scale in [1.0, 1.25, 1.5, 2.0] {
        let picture = Scene::new(font(scale), underlines()).picture();
        hold(&format!("underlines-{scale}"), &picture);
    }
}

#[test]
fn shapes_look_as_accepted_at_every_scale() {
    for scale in [1.0, 1.25, 1.5, 2.0] {
        let picture = Scene::new(font(scale), shapes()).picture();
        hold(&format!("shapes-{scale}"), &picture);
    }
}

#[test]
fn cursors_look_as_accepted() {
    for scale in [1.0, 2.0] {
        let mut columns = Vec::new();
        for (shape, style) in [
            (CursorShape::Block, CursorStyle::Focused),
            (CursorShape::Bar, CursorStyle::Focused),
            (CursorShape::Underline, CursorStyle::Focused),
            (CursorShape::Block, CursorStyle::Unfocused),
            (CursorShape::Block, CursorStyle::BlinkedOff),
        ] {
            let mut scene = Scene::new(font(scale), vec![row("agM")]);
            scene.cursor = Some(CursorView {
                col: 1,
                row: 0,
                shape,
                style,
            });
            columns.push(scene.picture());
        }
        let mut whole = columns[0].clone();
        for picture in &columns[1..] {
            whole.pixels.extend_from_slice(&picture.pixels);
            whole.height += picture.height;
        }
        hold(&format!("cursors-{scale}"), &whole);
    }
}

#[test]
fn highlights_look_as_accepted() {
    for scale in [1.0, 1.5] {
        let mut scene = Scene::new(
            font(scale),
            vec![
                row("selected text here"),
                row("search hits: hit hit"),
                row("https://example.org/"),
                row("preedit: nihao"),
            ],
        );
        let mut mark = |row, cols, kind| scene.spans.push(Highlight { row, cols, kind });
        mark(0, 4..18, HighlightKind::Selection);
        mark(1, 13..16, HighlightKind::SearchHit);
        mark(1, 17..20, HighlightKind::SearchCurrent);
        mark(2, 0..20, HighlightKind::HoveredLink);
        mark(3, 9..14, HighlightKind::Preedit);
        hold(&format!("highlights-{scale}"), &scene.picture());
    }
}

#[test]
fn sequences_look_as_accepted() {
    for scale in [1.0, 1.5] {
        let font = FontSpec {
            ligatures: true,
            ..font(scale)
        };
        let rows = vec![
            row("a->b c=>d != === <= || ::"),
            row("x |> y /* z */ # ## www ~>"),
        ];
        hold(
            &format!("sequences-{scale}"),
            &Scene::new(font, rows).picture(),
        );
    }
}

/// The same text in every script and form that a terminal mixes, with frames around it that show
/// whether each sign keeps to its cells.
fn text() -> Vec<Row> {
    let plain = Style::default();
    let framed = |text: &str| row(&format!("│{text}│"));
    vec![
        row("┌────────────────────────┐"),
        framed("Hamburgefonstiv gjpqy 0O"),
        framed("ÄÖÜ ÅÇÉÑ ŠŽ ąęłżź đħøþß "),
        framed("Ελληνικά Кириллица ЖЩЫ  "),
        [
            "e\u{301}",
            "a\u{308}",
            "o\u{302}",
            "u\u{30a}",
            "n\u{303}",
            "x\u{336}",
            "a\u{300}\u{323}",
            "g\u{30c}",
        ]
        .iter()
        .fold(RowText::new().text("│", plain), |row, cluster| {
            row.cluster(cluster, 1, plain).text("y ", plain)
        })
        .text("│", plain)
        .build(),
        framed("→ ⇒ ∀ ∃ ≠ ≤ ∞ √ ∑ € £ ¥ "),
        framed("fi fl -> => != |> ... ––"),
        row("└────────────────────────┘"),
    ]
}

#[test]
fn the_same_text_looks_as_accepted_at_every_scale() {
    for scale in [1.0, 1.25, 1.5, 2.0] {
        hold(
            &format!("text-{scale}"),
            &Scene::new(font(scale), text()).picture(),
        );
    }
}

#[test]
fn blinking_text_looks_as_accepted_lit_and_unlit() {
    let blink = |attr| attrs(&[attr, Attrs::BOLD]);
    let mut underlined = blink(Attrs::BLINK);
    underlined.attrs.set_underline(Underline::Curly);
    underlined.bg = Color::Indexed(4);
    let rows = || {
        vec![
            RowText::new()
                .text("steady ", Style::default())
                .text("slow ", blink(Attrs::BLINK))
                .text("rapid ", blink(Attrs::RAPID_BLINK))
                .text("lined", underlined)
                .build(),
        ]
    };
    for (name, lit) in [("blink-on", true), ("blink-off", false)] {
        let mut scene = Scene::new(font(1.0), rows());
        scene.blink_on = lit;
        hold(name, &scene.picture());
    }
}

#[test]
fn a_sequence_is_broken_under_the_cursor() {
    let font = FontSpec {
        ligatures: true,
        ..font(2.0)
    };
    let mut scene = Scene::new(font, vec![row("a -> b != c")]);
    scene.cursor = Some(CursorView {
        col: 3,
        row: 0,
        shape: CursorShape::Block,
        style: CursorStyle::Focused,
    });
    hold("sequences-cursor", &scene.picture());
}

#[test]
fn lines_and_marks_of_every_kind_look_as_accepted_together() {
    // Underline, strike and overline on one text, in colours of their own, over a background, where one
    // row's descenders meet the next row's overline.
    let mut all = attrs(&[Attrs::STRIKETHROUGH, Attrs::OVERLINE, Attrs::ITALIC]);
    all.attrs.set_underline(Underline::Double);
    all.underline_color = Color::Indexed(3);
    all.bg = Color::Rgb(40, 40, 60);
    let lined = |text: &str| RowText::new().text(text, all).build();
    for scale in [1.0, 1.25, 1.5, 2.0] {
        let rows = vec![lined("gjpqy ÄÖÜ |_"), lined("gjpqy ÄÖÜ |_")];
        hold(
            &format!("lines-{scale}"),
            &Scene::new(font(scale), rows).picture(),
        );
    }
}

#[test]
fn another_theme_draws_with_the_same_glyphs() {
    let mut scene = Scene::new(font(1.0), styles());
    scene.picture();
    assert!(scene.renderer.counters().glyphs_rasterized > 0);
    scene.colors = agor_render::Colors {
        background: agor_render::Rgb(250, 250, 245),
        foreground: agor_render::Rgb(30, 30, 40),
        ..scene.colors.clone()
    };
    hold("styles-light", &scene.picture());
    assert_eq!(scene.renderer.counters().glyphs_rasterized, 0);
}

#[test]
fn reversed_and_dimmed_panes_look_as_accepted() {
    let rows = || vec![row("Default"), styles().remove(2)];
    let mut scene = Scene::new(font(1.0), rows());
    scene.reverse = true;
    hold("reversed", &scene.picture());
    let mut scene = Scene::new(font(1.0), rows());
    scene.dim = true;
    hold("dimmed", &scene.picture());
}

#[test]
fn colours_of_little_contrast_look_as_accepted_where_contrast_is_wanted() {
    let rows = || {
        let on = |bg| {
            (0..6).fold(RowText::new(), |row, n| {
                let color = Color::Rgb(30 + 20 * n, 30 + 10 * n, 40 + 25 * n);
                row.text("contrast ", Style { bg, ..fg(color) })
            })
        };
        vec![
            on(Color::Default).build(),
            on(Color::Rgb(120, 120, 120)).build(),
            on(Color::Rgb(250, 250, 240)).build(),
            // Shapes keep their colours.
            RowText::new()
                .text("half blocks ", fg(Color::Rgb(40, 44, 52)))
                .text("▀▄█░▒▓┌─┐", fg(Color::Rgb(40, 44, 52)))
                .build(),
        ]
    };
    for tenths in [0, 45, 210] {
        let mut scene = Scene::new(font(1.0), rows());
        scene.colors.minimum_contrast_tenths = tenths;
        hold(&format!("contrast-{tenths}"), &scene.picture());
    }
}

fn small(cell_px: f32) -> FontSpec {
    FontSpec {
        size_points: cell_px / 0.6,
        ..FontSpec::default()
    }
}

fn page() -> Vec<Row> {
    let mut rows = styles();
    rows.extend(
        [
            "fn main() {",
            "    let words = [\"prefiltered\", \"legible\"];",
            "    println!(\"{words:?}\");",
            "}",
            "mmmmmmmm iiiiiiii ........ WWWWWWWW",
        ]
        .map(row),
    );
    rows.extend(shapes().into_iter().take(3));
    rows
}

#[test]
fn cells_too_small_for_outlines_look_as_accepted() {
    // From four pixels on they are letters.
    for cell_px in [1, 2, 3, 4, 6] {
        let picture = Scene::new(small(cell_px as f32), page()).picture();
        hold(&format!("thumbnail-{cell_px}"), &picture);
    }
}

#[test]
fn images_of_a_thumbnail_look_as_accepted() {
    for cell_px in [2, 4] {
        let mut scene = Scene::new(small(cell_px as f32), page());
        let [width, height] = scene.size_px().map(|side| side as i32);
        scene.images = crate::images::examples(&scene);
        let side = height / 3;
        scene.images.truncate(2);
        scene.images[1].edges_px = [width / 2, side, width / 2 + side, 2 * side];
        hold(&format!("thumbnail-images-{cell_px}"), &scene.picture());
    }
}

/// Returns how much of a row is ink, of 1.
fn ink(font: FontSpec, text: &str) -> f64 {
    let picture = Scene::new(font, vec![row(text)]).picture();
    let background = f64::from(picture.at(picture.width - 1, 0)[1]);
    let all: f64 = picture
        .pixels
        .chunks_exact(4)
        .map(|pixel| (f64::from(pixel[1]) - background).max(0.0))
        .sum();
    all / f64::from(picture.width * picture.height) / 255.0
}

#[test]
fn a_small_cell_is_as_dark_as_what_it_stands_for() {
    for text in ["mmmmmmmm ", "iiiiiiii ", "........ ", "WWWWWWWW "] {
        let large = ink(small(12.0), text);
        for cell_px in [1.0, 2.0, 3.0] {
            let part = ink(small(cell_px), text) / large;
            // Little coverage counts for more in light text, at every size.
            assert!((0.6..2.5).contains(&part), "{text} at {cell_px}: {part}");
        }
    }
    // So a dense line does not look like a thin one.
    assert!(ink(small(2.0), "WWWWWWWW ") > 3.0 * ink(small(2.0), "........ "));
}
