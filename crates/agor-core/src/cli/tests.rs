//! The command line's arguments.

use super::*;

const AGOR: Program = Program {
    name: "agor",
    window: None,
};

fn parse(line: &str) -> Result<Arguments, clap::Error> {
    let words = line.split(' ').filter(|word| !word.is_empty());
    command(AGOR)
        .try_get_matches_from(words)
        .and_then(|mut matches| Arguments::from_arg_matches_mut(&mut matches))
}

#[test]
fn clap_finds_no_mistake_in_the_table() {
    command(AGOR).debug_assert();
}

#[test]
fn every_verb_of_the_contract_is_understood() {
    for line in [
        "agor serve",
        "agor serve --foreground",
        "agor new",
        "agor new --project /tmp --name n --env A=b --env C=d --size 120x40 --private -- ls -l --json",
        "agor ls",
        "agor attach s",
        "agor attach s --detach-key f12 --observe",
        "agor send s text --enter",
        "agor send s -n",
        "agor key s ctrl+c f5 alt+x",
        "agor screen s",
        "agor screen s --text",
        "agor screen s --ansi --scrollback",
        "agor log s --from 7 --follow",
        "agor wait s --exit",
        "agor answer s",
        "agor send s hello --enter --when idle --wait --timeout 5",
        "agor answer s allow",
        "agor answer s --text -x",
        "agor wait s --text ^a$ --timeout 1.5",
        "agor wait s --idle 200",
        "agor wait s --exit --mirror",
        "agor resize s 120x40",
        "agor signal s SIGINT",
        "agor signal s 9 --to all",
        "agor kill s",
        "agor rm s",
        "agor rename s t",
        "agor restart s",
        "agor export s --raw",
        "agor export s --text",
        "agor export s --asciicast",
        "agor tap",
        "agor settings --project /w --set shell=/bin/sh",
        "agor theme list",
        "agor theme import f --name n --replace",
        "agor theme export nord",
        "agor doctor",
        "agor stats",
        "agor stop-host --keep-sessions",
        "agor update-host",
        "agor run --size 80x24 --conformance -- vttest -x",
        "agor keeper --socket /s",
        "agor help new",
        "agor ls --json --data /d --config /c",
        "agor --json --data /d ls",
    ] {
        if let Err(error) = parse(line) {
            panic!("{line}: {error}");
        }
    }
}

#[test]
fn what_cannot_be_meant_is_refused() {
    for line in [
        "agor nonsense",
        "agor new --size 0x4",
        "agor new --env A",
        "agor new ls",
        "agor key s",
        "agor key s hyperspace+c",
        "agor wait s",
        "agor wait s --exit --idle 3",
        "agor wait s --exit --timeout -1",
        "agor wait s --idle 3 --mirror",
        "agor resize s 120",
        "agor signal s NONSENSE",
        "agor export s",
        "agor export s --raw --text",
        "agor screen s --text --ansi",
        "agor run",
        "agor serve --foreground --detached",
    ] {
        let error = parse(line).expect_err(line);
        assert_eq!(error.exit_code(), i32::from(Exit::USAGE.0), "{line}");
    }
}

#[test]
fn everything_after_two_hyphens_is_the_commands() {
    let Some(Verb::Run(_)) = parse("agor run -- ls --json").unwrap().verb else {
        panic!();
    };
    assert!(!parse("agor run -- ls --json").unwrap().json);
}

fn opened(_: crate::paths::Paths, opening: Opening) -> Result<Closed, Failure> {
    Err(Failure::usage(format!("{:?}", opening.command)))
}

#[test]
fn a_program_with_a_window_opens_it_without_a_verb() {
    let program = Program {
        name: "agor",
        window: Some(Window {
            open: opened,
            shot: |_, _| Err(Failure::usage("")),
            keys: |_, _| Err(String::new()),
        }),
    };
    let arguments = parse("agor --data /tmp/d --runtime /tmp/r -e ls --json -l").unwrap();
    let failure = run(program, arguments).unwrap_err();
    assert_eq!(failure.message(), r#"Some(["ls", "--json", "-l"])"#);
}

#[test]
fn the_size_of_a_pane_needs_a_command_and_a_font_size_has_bounds() {
    assert!(parse("agor --size 80x24").is_err());
    assert!(parse("agor --size 80x24 -e ls").is_ok());
    assert!(parse("agor --font-size 2").is_err());
    assert!(parse("agor --font-size 13.5").is_ok());
}

#[test]
fn a_program_without_a_window_says_nothing_about_one() {
    let help = command(AGOR).render_help().to_string();
    assert!(!help.contains("font-size"), "{help}");
}

#[test]
fn every_verb_says_what_it_does() {
    for verb in command(AGOR).get_subcommands() {
        assert!(verb.get_about().is_some(), "{}", verb.get_name());
    }
}
