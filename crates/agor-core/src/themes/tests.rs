//! Every theme that comes with agor reads well, files say what is wrong with them, and other programs'
//! themes become what the fixtures say.

use super::*;

const LEAST: &str = "ansi = [\"#000000\", \"#111111\", \"#222222\", \"#333333\", \"#444444\", \"#555555\", \"#666666\", \
    \"#777777\", \"#888888\", \"#999999\", \"#aaaaaa\", \"#bbbbbb\", \"#cccccc\", \"#dddddd\", \"#eeeeee\", \"#ffffff\"]\n\
    [tokens]\npane = \"#101010\"\ntext = \"#f0f0f0\"\n";

fn read(text: &str) -> Result<file::Read, ThemeError> {
    file::read("mine", Path::new("/t/mine.toml"), text)
}

#[test]
fn every_built_in_theme_is_read_without_complaint_and_reads_well() {
    let mut names = std::collections::BTreeSet::new();
    for (id, text) in BUILT_IN {
        let read = file::read(id, Path::new(id), text).unwrap();
        assert!(read.complaints.is_empty(), "{:?}", read.complaints);
        let theme = read.theme;
        assert_eq!(theme.hard_to_read(), [], "{id}");
        assert!(names.insert(theme.name.clone()), "{id}");
        let written = text.matches(" = \"#").count();
        assert_eq!(written, TOKENS.len(), "{id} says every token itself");
        assert_eq!(theme.to_toml(), *text, "{id} is written as it is read");
        assert_eq!(
            theme.light,
            theme.tokens.pane.luminance() > theme.tokens.text.luminance()
        );
        let third_party = ![DARK, LIGHT].contains(id);
        assert_eq!(theme.source.is_some(), third_party, "{id} says whose it is");
        assert!(
            theme.source.is_none_or(|source| source.contains("(MIT)")),
            "{id}"
        );
    }
}

#[test]
fn there_are_seventeen_themes_and_five_of_them_at_least_are_light() {
    let themes = all_built_in();
    assert_eq!(themes.len(), 17);
    assert!(themes.iter().filter(|theme| theme.light).count() >= 5);
    assert!(!built_in(DARK).unwrap().light && built_in(LIGHT).unwrap().light);
    assert!(built_in("none").is_none());
}

#[test]
fn the_colours_of_our_own_themes_stand_out_on_their_ground() {
    for theme in [DARK, LIGHT].map(|id| built_in(id).unwrap()) {
        for color in &theme.ansi[1..] {
            let contrast = color.contrast(theme.tokens.pane);
            assert!(contrast >= 3.0, "{} {color} {contrast}", theme.id);
        }
    }
}

#[test]
fn what_a_theme_does_not_say_is_derived_so_that_it_reads_well() {
    let theme = read(LEAST).unwrap().theme;
    assert_eq!(
        (&*theme.id, theme.name.as_str(), theme.light),
        ("mine", "mine", false)
    );
    assert_eq!(theme.hard_to_read(), []);
    let light = LEAST
        .replace("#101010", "#fefefe")
        .replace("#f0f0f0", "#202020");
    let light = read(&light).unwrap().theme;
    assert!(light.light);
    assert_eq!(light.hard_to_read(), []);
    let said = read(&format!("{LEAST}accent = \"#ff00ff\"\n"))
        .unwrap()
        .theme;
    assert_eq!(said.tokens.accent, Color::opaque(255, 0, 255));
}

#[test]
fn a_theme_that_is_hard_to_read_says_where() {
    let said = format!("{LEAST}muted = \"#303030\"\n");
    let told = read(&said).unwrap().theme.hard_to_read();
    let first = told[0].to_string();
    assert!(first.starts_with("muted (#303030) on window"), "{first}");
}

#[test]
fn a_damaged_theme_is_named_by_line_and_column() {
    for (text, place, word) in [
        ("name = \"x", (1, 10), "string"),
        ("name = 1", (1, 8), "quotes"),
        ("appearance = \"dim\"", (1, 14), "light"),
        ("ansi = [\"#000000\"]", (1, 8), "here are 1"),
        ("ansi = 3", (1, 8), "16 colours"),
        ("tokens = 3", (1, 10), "table"),
        ("[tokens]\npane = \"blue\"", (2, 8), "no colour"),
        ("[tokens]\npane = \"#000000\"", (1, 1), "tokens.text"),
        ("", (1, 1), "tokens.pane"),
    ] {
        let error = read(text).unwrap_err();
        let ThemeError::Damaged {
            line,
            column,
            reason,
            ..
        } = error
        else {
            panic!("{text}: {error}");
        };
        assert_eq!((line, column), place, "{text}");
        assert!(reason.contains(word), "{text}: {reason}");
    }
}

#[test]
fn what_a_later_release_may_say_is_ignored_aloud() {
    let read = read(&format!("font = \"x\"\n{LEAST}glow = \"#ffffff\"\n")).unwrap();
    assert_eq!(read.complaints.len(), 2, "{:?}", read.complaints);
    assert!(
        read.complaints[1].contains("tokens.glow"),
        "{:?}",
        read.complaints
    );
}

#[test]
fn a_theme_that_is_written_is_read_again() {
    for theme in all_built_in() {
        let read = file::read(&theme.id, Path::new("x"), &theme.to_toml()).unwrap();
        assert_eq!(read.theme, theme);
    }
    let named = Theme {
        name: "a \"b\"\n\\c".into(),
        ..built_in(DARK).unwrap()
    };
    assert_eq!(read(&named.to_toml()).unwrap().theme.name, named.name);
}

#[test]
fn a_persons_own_themes_stand_behind_ours_or_in_their_place_and_damage_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("mine.toml", LEAST);
    write("nord.toml", LEAST);
    write("bad.toml", "nonsense");
    write("system.toml", LEAST);
    write("notes.txt", "nonsense");
    write(".hidden.toml", "nonsense");
    let loaded = Loaded::read(folder.path());
    assert_eq!(loaded.themes.len(), all_built_in().len() + 1);
    assert_eq!(&*loaded.themes.last().unwrap().id, "mine");
    let nord = loaded
        .themes
        .iter()
        .find(|theme| &*theme.id == "nord")
        .unwrap();
    assert_eq!(nord.tokens.pane, Color::opaque(16, 16, 16));
    assert_eq!(loaded.complaints.len(), 2, "{:?}", loaded.complaints);
    assert!(loaded.complaints[0].contains("bad.toml is damaged in line 1, column"));
    assert!(loaded.complaints[1].contains("another name"));
    let none = Loaded::read(&folder.path().join("absent"));
    assert_eq!((none.themes.len(), none.complaints.len()), (17, 0));
}

#[test]
fn own_themes_max_are_read_and_a_file_beyond_theme_file_max_is_not() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..=limits::OWN_THEMES_MAX {
        fs::write(folder.path().join(format!("{number:04}.toml")), LEAST).unwrap();
    }
    let loaded = Loaded::read(folder.path());
    assert_eq!(loaded.themes.len(), 17 + limits::OWN_THEMES_MAX);
    assert!(
        loaded.complaints[0].contains("more than 500 themes"),
        "{:?}",
        loaded.complaints
    );
    let large = folder.path().join("0000.toml");
    fs::write(&large, " ".repeat(limits::THEME_FILE_MAX as usize + 1)).unwrap();
    assert!(matches!(text_of(&large), Err(ThemeError::TooLarge { .. })));
    fs::write(&large, " ".repeat(limits::THEME_FILE_MAX as usize)).unwrap();
    assert!(text_of(&large).is_ok());
}

/// Each folder holds a theme of another program and what becomes of it; `AGOR_ACCEPT=1` writes that anew.
#[test]
fn themes_of_other_programs_become_what_the_fixtures_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/themes");
    let mut forms = std::collections::BTreeSet::new();
    for case in fs::read_dir(folder).unwrap() {
        let case = case.unwrap().path();
        let expected = case.join("expected.toml");
        let files = fs::read_dir(&case)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let given = files.into_iter().find(|path| *path != expected).unwrap();
        let (form, theme) = import(&text_of(&given).unwrap(), "mine", "Mine").unwrap();
        forms.insert(form.name());
        assert_eq!(theme.hard_to_read(), [], "{}", case.display());
        if std::env::var_os("AGOR_ACCEPT").is_some() {
            fs::write(&expected, theme.to_toml()).unwrap();
        }
        assert_eq!(
            theme.to_toml(),
            fs::read_to_string(&expected).unwrap(),
            "{}",
            case.display()
        );
    }
    assert_eq!(forms.len(), 4, "{forms:?}");
}

#[test]
fn every_theme_that_comes_with_agor_is_the_same_again_through_every_form() {
    for theme in all_built_in() {
        let file = theme.to_toml();
        let (tokens, pane) = (&theme.tokens, theme.tokens.pane);
        for form in Form::ALL {
            let text = export(&theme, form);
            let (read, again) = import(&text, &theme.id, &theme.name).unwrap();
            let told = format!("{} as {}", theme.id, form.name());
            assert_eq!(read, form, "{told}");
            assert_eq!(again.name, theme.name, "{told}");
            assert_eq!(again.light, theme.light, "{told}");
            assert_eq!(again.tokens.pane, pane, "{told}");
            // What is hard to read is mended where it is imported.
            let (was, is) = (tokens.text.contrast(pane), again.tokens.text.contrast(pane));
            let mended = again.tokens.text != tokens.text;
            assert!(!mended || (was < 10.0 && is > was), "{told}: {was} {is}");
            assert_eq!(
                again.tokens.selection,
                tokens.selection.over(pane),
                "{told}"
            );
            let (has, had) = match form {
                // It has the plain hues, and ground and text in place of black and white.
                Form::Base16 => (&again.ansi[1..7], &theme.ansi[1..7]),
                _ => {
                    assert_eq!(again.tokens.cursor, tokens.cursor.over(pane), "{told}");
                    (&again.ansi[..], &theme.ansi[..])
                }
            };
            assert_eq!(has, had, "{told}");
            if form != Form::Base16 && !mended {
                assert_eq!(export(&again, form), text, "{told}");
            }
        }
        assert_eq!(theme.to_toml(), file);
    }
    // A name that would end the quotes ends nothing.
    let mut odd = built_in(DARK).unwrap();
    odd.name = "a \"b\" \\ <c>\n& d: #e".into();
    for form in Form::ALL {
        let (_, again) = import(&export(&odd, form), "odd", "odd").unwrap();
        assert_eq!(again.ansi[1], odd.ansi[1], "{}", form.name());
    }
}

#[test]
fn a_theme_of_another_program_that_is_damaged_says_what_is_wrong() {
    let whole: String = (0..15)
        .map(|at| format!("palette = {at}=#101010\n"))
        .collect();
    for (text, said) in [
        ("", "this is no theme"),
        ("hello\nworld", "this is no theme"),
        ("<plist><dict", "line 1: a tag has no end"),
        (
            "<plist><dict></dict></plist>",
            "Background Color is missing",
        ),
        (
            "<dict>\n<key>Ansi 1 Color</key><dict>\n<key>Red Component</key><real>x</real>",
            "line 3: \"x\" is no number",
        ),
        (
            "<dict><key>Ansi 1 Color</key><dict></dict>",
            "the red of Ansi 1 Color is missing",
        ),
        ("{\n\"name\": }", "line 2"),
        ("{}", "background is missing"),
        ("{\"schemes\": []}", "a scheme is missing"),
        ("{\"black\": 3}", "for black"),
        ("base00: zz", "line 1: \"zz\" is no colour"),
        ("a: b\nbase00: \"#101010\"", "base08 is missing"),
        ("palette = 1", "line 1: palette is written like"),
        ("\npalette = 1=red", "line 2: \"red\" is no colour"),
        ("background = #101010", "foreground is missing"),
        (
            &format!("{whole}background=#000000\nforeground=#ffffff"),
            "palette 15 is missing",
        ),
    ] {
        let error = import(text, "mine", "Mine").unwrap_err().to_string();
        assert!(error.contains(said), "{text:?}: {error}");
    }
}
