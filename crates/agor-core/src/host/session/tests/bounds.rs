//! The limits that a session keeps, each by its name.

use agor_proto::input::Input;
use agor_proto::limits::*;
use agor_proto::message::{Answer, Part};

use super::*;

/// Returns the answers that were sent.
fn answers(world: &World) -> Vec<Part> {
    let part = |message: &Message| match message {
        Message::Answer(Answer { part, .. }) => Some(part.clone()),
        _ => None,
    };
    world
        .sent
        .iter()
        .filter_map(|(_, message)| part(message))
        .collect()
}

fn is_refused_as(outcomes: &[Outcome], code: ErrorCode) -> bool {
    matches!(outcomes, [Outcome::Rejected { error }] if error.code == code)
}

#[test]
fn name_max_holds_for_new_names_and_for_renaming() {
    let mut world = World::running();
    for (n, name) in [(2, "x".repeat(NAME_MAX + 1)), (3, "a\nb".into())] {
        world.command(
            n,
            CommandBody::Rename {
                session: id(),
                name,
            },
        );
        world.commit();
        assert!(is_refused_as(&world.receipts(n), ErrorCode::BadRequest));
    }
    world.command(
        4,
        CommandBody::Rename {
            session: id(),
            name: "x".repeat(NAME_MAX),
        },
    );
    world.commit();
    assert!(matches!(
        world.receipts(4).last(),
        Some(Outcome::Done { .. })
    ));
}

#[test]
fn spawn_max_refuses_a_command_before_anything_is_started() {
    let mut world = World::new();
    let spec = SessionSpec {
        argv: vec!["x".repeat(SPAWN_MAX)],
        ..spec()
    };
    world.command(
        1,
        CommandBody::Create {
            session: id(),
            spec,
        },
    );
    world.commit();
    assert!(is_refused_as(&world.receipts(1), ErrorCode::BadRequest));
    assert_eq!(world.keeper.spawned, 0);
}

#[test]
fn input_request_max_refuses_a_send_and_types_none_of_it() {
    let mut world = World::running();
    let text = "x".repeat(agor_keeper::caps::INPUT_BYTES + 1);
    let body = CommandBody::Send {
        session: id(),
        inputs: vec![Input::Text { text }],
    };
    world.command(2, body);
    world.commit();
    assert!(matches!(
        world.receipts(2).last(),
        Some(Outcome::Rejected { error }) if error.code == ErrorCode::BadRequest
    ));
    assert!(world.keeper.typed.is_empty());
}

#[test]
fn regex_max_and_a_regex_that_would_grow_are_refused() {
    let mut world = World::running();
    for regex in [
        "x".repeat(REGEX_MAX + 1),
        "(a{1000}){1000}".into(),
        "(".into(),
    ] {
        let until = Until::Text { regex };
        let query = Query::Wait {
            session: id(),
            until,
            timeout_millis: None,
        };
        world.ask(Wish::Ask {
            ask: AskId(1),
            query,
        });
    }
    let parts = answers(&world);
    assert_eq!(parts.len(), 3);
    assert!(
        parts.iter().all(
            |part| matches!(part, Part::Failed { error } if error.code == ErrorCode::BadRequest)
        )
    );
}

#[test]
fn a8_tail_max_gives_a_client_that_is_far_behind_a_snapshot() {
    let mut world = World::running();
    for n in 0..TAIL_MAX + 10 {
        let name = format!("{n}");
        let now = world.now();
        world.session.event(EventBody::Renamed { name }, now);
    }
    world.on(Cause::Tick);
    world.commit();
    world.sent.clear();
    world.subscribe(1, Visibility::Hidden);
    let Some((_, Message::Subscribed(subscribed))) = world.sent.first() else {
        panic!("{:?}", world.sent.first());
    };
    use agor_proto::message::{SnapshotReason, Start};
    assert_eq!(
        subscribed.start,
        Start::Snapshot {
            reason: SnapshotReason::TooFar
        }
    );
    let told: Vec<u64> = world
        .sent
        .iter()
        .filter_map(|(_, message)| match message {
            Message::Events(events) => Some(events.events.iter().map(|event| event.seq.0)),
            _ => None,
        })
        .flatten()
        .collect();
    assert_eq!(told.len() as u64, TAIL_MAX, "the newest ones, without gaps");
    assert_eq!(
        told,
        (subscribed.from.0..subscribed.from.0 + TAIL_MAX).collect::<Vec<_>>()
    );
}

#[test]
fn event_batch_max_bounds_what_one_message_tells() {
    let mut world = World::running();
    world.subscribe(0, Visibility::Hidden);
    for n in 0..3 * EVENT_BATCH_MAX {
        let now = world.now();
        world.session.event(
            EventBody::Renamed {
                name: format!("{n}"),
            },
            now,
        );
    }
    world.on(Cause::Tick);
    world.commit();
    let batches = world.sent.iter().filter_map(|(_, message)| match message {
        Message::Events(events) => Some(events.events.len()),
        _ => None,
    });
    assert!(batches.clone().all(|len| len <= EVENT_BATCH_MAX));
    assert_eq!(
        batches.sum::<usize>() as u64,
        world.session.journal.last_seq().0
    );
}

#[test]
fn screen_window_and_screen_pace_bound_what_a_viewer_is_sent() {
    let mut world = World::running();
    world.subscribe(0, Visibility::Thumbnail);
    let sent = |world: &World| {
        world
            .sent
            .iter()
            .filter(|(_, m)| matches!(m, Message::ScreenUpdate(_)))
            .count()
    };
    let first = sent(&world);
    // The world's clock goes on by 10 ms with each cause: 50 changes in half a second.
    for n in 0..50 {
        world.print(&format!("{n}\r\n"));
        world.read();
    }
    assert!(
        sent(&world) <= first + 1,
        "a thumbnail is sent once a second"
    );
    // One who sees all of it and acknowledges nothing.
    let mut world = World::running();
    world.subscribe(0, Visibility::Visible);
    for n in 0..50 {
        world.print(&format!("{n}\r\n"));
        world.read();
        world.clock += SCREEN_PACE_MAX_MILLIS;
        world.on(Cause::Tick);
    }
    assert_eq!(sent(&world), SCREEN_WINDOW);
}

#[test]
fn colour_changes_are_told_with_the_screens_pace() {
    let mut world = World::running();
    world.subscribe(0, Visibility::Thumbnail);
    let palettes = |world: &World| {
        let updates = world.sent.iter().filter_map(|(_, message)| match message {
            Message::ScreenUpdate(update) => update.palette.clone(),
            _ => None,
        });
        updates.collect::<Vec<_>>()
    };
    let (first, seq) = (palettes(&world).len(), world.session.journal.last_seq());
    // 1,000 changes in half a second, as the world's clock goes.
    for n in 0..50_u32 {
        let changes = (0..20).map(|m| format!("\x1b]4;{m};#{n:02x}{n:02x}{m:02x}\x07"));
        world.print(&changes.collect::<String>());
        world.read();
    }
    assert!(
        palettes(&world).len() <= first + 1,
        "a thumbnail is sent once a second"
    );
    assert_eq!(world.session.journal.last_seq(), seq, "they are no events");
    world.clock += 10_000;
    world.on(Cause::Tick);
    let told = palettes(&world);
    let last = told.last().expect("the colours are told");
    let wanted = (0..20).map(|m| (49, 49, m)).collect::<Vec<_>>();
    assert_eq!(
        last.iter().map(|entry| entry.rgb).collect::<Vec<_>>(),
        wanted
    );
}

#[test]
fn sync_update_millis_is_how_long_a_program_can_hold_its_screen_back() {
    let mut world = World::running();
    world.subscribe(0, Visibility::Visible);
    let rev = |world: &World| {
        let mut updates = world.sent.iter().filter_map(|(_, message)| match message {
            Message::ScreenUpdate(update) => Some(update.rev),
            _ => None,
        });
        updates.next_back().unwrap_or_default()
    };
    let before = rev(&world);
    world.ask(Wish::ScreenAck(before));
    world.print("\x1b[?2026hhalf a screen");
    world.read();
    world.on(Cause::Tick);
    assert_eq!(rev(&world), before, "held back");
    let wake = world
        .session
        .next_wake()
        .expect("it does not wait for ever");
    world.clock += SYNC_UPDATE_MILLIS;
    assert!(wake <= world.start + Duration::from_millis(world.clock));
    world.on(Cause::Tick);
    assert_ne!(rev(&world), before, "shown as it is");
}

#[test]
fn event_pace_millis_and_mark_events_max_bound_what_a_program_puts_into_the_log() {
    let mut world = World::running();
    let before = world.session.journal.last_seq().0;
    for n in 0..1_000 {
        world.print(&format!(
            "\x1b]7;file://here/tmp/{n}\x07\x1b]52;c;eA==\x07\x1b]133;A\x07\x1b]0;{n}\x07\x07\r\n"
        ));
        // A notification and a colour, which is no event at all.
        world.print(&format!(
            "\x1b]9;note {n}\x07\x1b]4;{};#123456\x07",
            n % 256
        ));
    }
    world.read();
    world.commit();
    // The keeper's clock stands still in this world.
    let made = world.session.journal.last_seq().0 - before;
    assert_eq!(made as usize, MARK_EVENTS_MAX + 5, "one each of the others");
    let shown = world.session.info();
    assert_eq!((&shown.cwd[..], &shown.title[..]), ("/tmp/999", "999"));
    let stored = world.disk.row.as_ref().map(|row| &row.cwd[..]);
    assert_eq!(stored, Some("/tmp/999"), "a restart goes on there");
}

#[test]
fn checkpoint_bytes_are_folded_at_most_before_the_next_checkpoint_of_a_session() {
    let mut world = World::running();
    let line = "x".repeat(16 * 1024);
    let (mut printed, mut checkpoints) = (0, 0);
    while printed < 3 * CHECKPOINT_BYTES {
        world.print(&line);
        printed += line.len() as u64;
        // Beyond what a flood rests.
        world.clock += 1_000;
        world.read();
        let writes = world.under_way.iter().flat_map(|it| &it.writes);
        let is_checkpoint = |write: &&crate::storage::Write| {
            matches!(write, crate::storage::Write::PutCheckpoint { .. })
        };
        checkpoints += writes.filter(is_checkpoint).count();
        world.commit();
    }
    assert!((2..=3).contains(&checkpoints), "{checkpoints}");
}

#[test]
fn folder_max_keeps_a_program_from_naming_a_longer_folder() {
    let mut world = World::running();
    for (length, kept) in [(FOLDER_MAX + 1, false), (FOLDER_MAX, true)] {
        let folder = format!("/{}", "x".repeat(length - 1));
        world.print(&format!("\x1b]7;file://{folder}\x07"));
        world.read();
        assert_eq!(world.session.info().cwd == folder, kept, "{length}");
    }
    let long = SessionSpec {
        folder: format!("/{}", "x".repeat(FOLDER_MAX)),
        ..spec()
    };
    let long_cwd = SessionSpec {
        cwd: Some(long.folder.clone()),
        ..spec()
    };
    for spec in [long, long_cwd] {
        assert!(launcher().check(&spec).is_err());
    }
}

#[test]
fn ring_bytes_input_queue_max_and_input_sources_max_are_the_keepers() {
    use agor_keeper::caps;
    assert_eq!(caps::INPUT_QUEUE_BYTES, INPUT_QUEUE_MAX, "input_queue_max");
    assert_eq!(caps::INPUT_SOURCES, INPUT_SOURCES_MAX, "input_sources_max");
    assert_eq!(caps::RECORD_BYTES, RECORD_PAYLOAD_MAX, "record_payload_max");
    assert_eq!(caps::REPLY_QUEUE_BYTES, REPLY_QUEUE_MAX, "reply_queue_max");
    let spawn = launcher().spawn(
        agor_keeper::SessionKey([0; 16]),
        &spec(),
        "/tmp",
        spec().size,
        Offset(0),
    );
    assert_eq!(spawn.ring_bytes as usize, RING_BYTES, "ring_bytes");
    assert!(
        (caps::RING_MIN_BYTES..=caps::RING_MAX_BYTES).contains(&RING_BYTES),
        "the keeper makes it as large"
    );
}

#[test]
fn the_keepers_records_are_the_protocols_records() {
    use agor_keeper::record as theirs;
    use agor_proto::record as ours;
    assert_eq!(theirs::HEADER_BYTES, ours::HEADER_BYTES);
    let bodies = [
        RecordBody::Started {
            pid: 7,
            size: Size {
                width_px: 1,
                height_px: 2,
                ..Size::cells(3, 4)
            },
        },
        RecordBody::Out(b"out".to_vec()),
        RecordBody::Err(b"err".to_vec()),
        RecordBody::Resized(Size {
            width_px: 5,
            height_px: 6,
            ..Size::cells(7, 8)
        }),
        RecordBody::Configured(vec![1, 2]),
        RecordBody::Exited {
            code: -1,
            signal: 15,
        },
        RecordBody::Closed,
    ];
    let mut bytes = Vec::new();
    for body in &bodies {
        Record {
            unix_micros: 99,
            body: body.clone(),
        }
        .encode(&mut bytes);
    }
    let read: Vec<String> = theirs::iter(0, &bytes)
        .map(|record| format!("{:?}", record.record))
        .collect();
    let names = [
        "Started",
        "Out",
        "Err",
        "Resized",
        "Configured",
        "Exited",
        "Closed",
    ];
    assert_eq!(read.len(), names.len(), "{read:?}");
    for (read, name) in read.iter().zip(names) {
        assert!(read.starts_with(name), "{read} is not {name}");
    }
    assert!(
        read[0].contains("pid: 7") && read[0].contains("cols: 3"),
        "{}",
        read[0]
    );
    assert!(read[5].contains("15"), "{}", read[5]);
}

#[test]
fn session_events_max_are_kept_and_a_client_behind_them_begins_at_what_is() {
    use crate::storage::Write;
    use agor_proto::message::{SnapshotReason, Start};

    let mut world = World::running();
    let at = world.session.offset();
    let spare = 1_024;
    for _ in 0..SESSION_EVENTS_MAX + spare {
        world.session.journal.event(EventBody::Bell, at, 1);
    }
    let last = world.session.journal.last_seq();
    world.on(Cause::Tick);
    let under_way = world.under_way.as_ref().map(|it| &it.writes[..]);
    let prunes = under_way.unwrap_or_default().iter();
    let prunes: Vec<_> = prunes
        .filter_map(|write| match write {
            Write::PruneEvents { before, .. } => Some(*before),
            _ => None,
        })
        .collect();
    assert_eq!(prunes, [Seq(last.0 + 1 - SESSION_EVENTS_MAX)]);
    world.subscribe(last.0 / 4, Visibility::Hidden);
    world.commit();
    let starts = |world: &World| {
        let starts = world.sent.iter().filter_map(|(_, message)| match message {
            Message::Subscribed(subscribed) => Some(subscribed.start),
            _ => None,
        });
        starts.collect::<Vec<_>>()
    };
    let pruned = Start::Snapshot {
        reason: SnapshotReason::Pruned,
    };
    world.sent.clear();
    world.subscribe(5, Visibility::Hidden);
    assert_eq!(starts(&world), [pruned]);
    // One that is told from the store and is overtaken meanwhile begins anew as well.
    world.sent.clear();
    world.on(Cause::Overflowed {
        conn: CONN,
        untold: Seq(6),
    });
    assert_eq!(starts(&world), [pruned]);
    assert!(world.sent.len() < 100, "it is told once where it begins");
}
