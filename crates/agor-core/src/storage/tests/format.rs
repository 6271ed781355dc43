//! What releases have written stays readable: segments by recorded files, migrations by checksum.
//! And `DURABILITY.md` names tests that exist.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use agor_proto::ids::Offset;
use agor_proto::record::records;
use sha2::{Digest, Sha256};

use super::super::schema::MIGRATIONS;
use super::super::segment::{Segment, verify};

/// Every migration that was ever released. A new one is a new line; no line is ever changed.
const RELEASED: &[&str] = &[
    "8b60ea819df444e94e2b043b20d74123e84f693c7cc9cf9bc10c239881942735",
    "596601496da6360651b37ad01ffbee7abd23cac11e379be4b0423fd3353dfcac",
    "33bc97242183957a8a383c778772c3ae4bd41df7da82e656c73063e00652a955",
    "ae74161f1faa4ef4fbae574faafecb7ea615951c466cbbbd66263b43abcfde17",
];

/// Returns the SHA-256 of `bytes`, as a person reads it.
fn hex(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a5_a_released_migration_is_never_edited() {
    let checksums: Vec<String> = MIGRATIONS
        .iter()
        .map(|migration| hex(migration.sql.as_bytes()))
        .collect();
    assert_eq!(checksums, RELEASED);
}

#[test]
fn segments_of_every_version_are_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/segments");
    let mut cases = 0;
    for case in fs::read_dir(folder).unwrap() {
        let case = case.unwrap().path();
        let expected = fs::read_to_string(case.join("record.sha256")).unwrap();
        let path = case.join("segment.seg");
        let (header, _, _) = verify(&path).unwrap();
        let row = header.row().unwrap();
        assert_eq!((row.id, &row.name[..]), (header.session, "shell"));
        let segment = Segment::open(&path).unwrap();
        let mut all = Vec::new();
        for frame in segment.frames_from(header.start) {
            assert_eq!(frame.start, header.start + all.len() as u64);
            all.extend_from_slice(&segment.read(frame).unwrap());
        }
        assert_eq!(header.end - header.start, all.len() as u64);
        assert_eq!(hex(&all), expected.trim_end(), "{}", case.display());
        assert!(records(&all, Offset(header.start)).all(|record| record.is_ok()));
        cases += 1;
    }
    assert!(cases > 0);
}

/// Returns the text of every source file below `folder`.
fn sources(folder: &Path) -> String {
    let mut all = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.push_str(&sources(&path));
        } else if path.extension().is_some_and(|it| it == "rs") {
            all.push_str(&fs::read_to_string(path).unwrap());
        }
    }
    all
}

/// Returns the names of the tests in a source.
fn tests_of(source: &str) -> BTreeSet<&str> {
    let (mut names, mut is_test) = (BTreeSet::new(), false);
    for line in source.lines().map(str::trim) {
        is_test |= line == "#[test]" || line.starts_with("#[tokio::test");
        let function = line.trim_start_matches("async ").strip_prefix("fn ");
        if let Some((name, _)) = function.and_then(|rest| rest.split_once('(')) {
            names.extend(is_test.then_some(name));
            is_test = false;
        }
    }
    names
}

#[test]
fn every_promise_of_durability_names_tests_that_exist() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let promises = fs::read_to_string(package.join("DURABILITY.md")).unwrap();
    let mut sources = sources(&package.join("src"));
    // Of a package alone, as it is published, the others are not there.
    for beside in ["../../tests/it", "../agor-keeper", "../agor-app/src"] {
        let folder = package.join(beside);
        if folder.is_dir() {
            sources.push_str(&self::sources(&folder));
        }
    }
    let is_test = |word: &&str| {
        word.len() > 20
            && word
                .chars()
                .all(|c| matches!(c, 'a'..='z' | '0'..='9' | '_'))
    };
    let tests = tests_of(&sources);
    let mut named = 0;
    // Each stands in a paragraph that begins with what is promised.
    for promise in promises.split("\n- **").skip(1) {
        let said = promise.split("\n\n").next().unwrap();
        let said = said.split("\n- ").next().unwrap();
        let names: Vec<&str> = said.split('`').filter(is_test).collect();
        assert!(!names.is_empty(), "no test is named for: {said}");
        let missing = names.iter().filter(|name| !tests.contains(*name));
        let missing: Vec<&&str> = missing.collect();
        assert!(missing.is_empty(), "no such tests: {missing:?}");
        named += names.len();
    }
    assert!(named > 100, "{named}");
}
