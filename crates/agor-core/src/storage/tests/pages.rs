//! Pages of history.

use agor_term::{LeftPage, Options, Terminal};

use super::*;
use crate::storage::PageHead;

/// Pages of a terminal that printed `lines` lines.
pub(super) fn left(lines: usize) -> Vec<LeftPage> {
    let mut terminal = Terminal::new(Options {
        scrollback_rows: 100,
        hands_pages_out: true,
        ..Options::default()
    });
    for n in 0..lines {
        let line = format!("\x1b[3{}mline {n}\x1b[m of a build\r\n", n % 8);
        terminal.advance(line.as_bytes(), &mut Vec::new());
    }
    terminal.take_pages()
}

fn put(session: SessionId, page: &LeftPage) -> Write {
    let page = page.clone();
    Write::PutPage { session, page }
}

#[test]
fn pages_come_back_as_they_were_and_are_forgotten_by_number() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), options()).store;
    let session = session_id();
    let pages = left(4_000);
    assert!(pages.len() > 5);
    write(&store, vec![Write::PutSession(row(session))]).unwrap();
    write(
        &store,
        pages.iter().map(|page| put(session, page)).collect(),
    )
    .unwrap();
    // What is stored again takes its own place.
    write(&store, vec![put(session, &pages[2])]).unwrap();
    drop(store);
    let store = open(folder.path(), options()).store;
    let heads = store.pages(session).unwrap();
    assert_eq!(heads.len(), pages.len());
    for (head, page) in heads.iter().zip(&pages) {
        let expected = PageHead::of(page);
        let size_bytes = head.size_bytes;
        assert_eq!(
            *head,
            PageHead {
                size_bytes,
                ..expected
            }
        );
        let stored = store.page(session, page.number).unwrap().unwrap();
        assert_eq!(stored.rows(33), page.page.rows(33));
        assert_eq!(stored.rows(80), page.page.rows(80));
    }
    assert_eq!(store.page(session, 1_000).unwrap(), None);
    assert_eq!(store.page_filters(session, 1..4).unwrap().len(), 3);
    let size = store.stats().unwrap().session_bytes[&session];
    let raw: u64 = heads.iter().map(|head| head.size_bytes).sum();
    assert!(size > 0 && size < raw / 3, "{size} of {raw}");
    let kept = 2..4;
    write(&store, vec![Write::PrunePages { session, kept }]).unwrap();
    let heads = store.pages(session).unwrap();
    let numbers: Vec<u64> = heads.iter().map(|head| head.number).collect();
    assert_eq!(numbers, [2, 3]);
    let nobody = session_id();
    assert!(matches!(store.pages(nobody), Err(StoreError::NoSession(_))));
}

#[test]
fn a_damaged_page_is_none_and_its_neighbours_are_whole() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), options()).store;
    let session = session_id();
    let pages = left(3_000);
    write(&store, vec![Write::PutSession(row(session))]).unwrap();
    write(
        &store,
        pages.iter().map(|page| put(session, page)).collect(),
    )
    .unwrap();
    drop(store);
    let database = rusqlite::Connection::open(folder.path().join("host.db")).unwrap();
    database
        .execute("UPDATE pages SET body = zeroblob(100) WHERE number = 1", [])
        .unwrap();
    drop(database);
    let store = open(folder.path(), options()).store;
    assert_eq!(store.page(session, 1).unwrap(), None);
    assert!(store.page(session, 0).unwrap().is_some());
    assert!(store.page(session, 2).unwrap().is_some());
}
