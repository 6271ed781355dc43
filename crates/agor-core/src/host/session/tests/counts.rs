//! What an agent used and wrote, as its session learns it from what the agent writes down.

use std::path::PathBuf;

use agor_proto::agent::Conversation;

use super::*;
use crate::agents::here::Found;
use crate::agents::registry::Entry;
use crate::agents::usage::{Counted, Tokens};
use crate::agents::written::Written;

/// What Codex writes down when its conversation has come to so many tokens.
fn total(tokens: u64) -> Vec<u8> {
    let line = serde_json::json!({ "type": "event_msg", "payload": { "type": "token_count", "info": {
        "total_token_usage": { "input_tokens": tokens, "cached_input_tokens": 0, "output_tokens": 0 },
        "last_token_usage": { "input_tokens": 1, "output_tokens": 0 },
        "model_context_window": 1000,
    } } });
    format!("{line}\n").into_bytes()
}

/// Returns that an agent was found to write down the conversation `id`.
fn found(id: &str) -> Found {
    Found {
        id: Some(id.to_owned()),
        transcript: Some(format!("/c/rollout-{id}.jsonl").into()),
        ..Found::default()
    }
}

/// Lets a session read a piece of its agent's transcript that is the last so far.
fn reads(world: &mut World, bytes: Vec<u8>) {
    world.on(Cause::Transcript { bytes });
    let bytes = Vec::new();
    world.on(Cause::Transcript { bytes });
}

fn input_tokens(world: &World) -> u64 {
    let agent = world.session.info().agent.expect("an agent");
    agent.usage.input_tokens
}

#[test]
fn a_conversation_that_goes_on_in_another_session_is_counted_there_from_then_on() {
    let former = || "01a2".to_owned();
    for (conversation, expected) in [
        (Conversation::New, [150, 190]),
        (Conversation::Resume { id: former() }, [0, 40]),
        (Conversation::Fork { id: former() }, [0, 40]),
    ] {
        let mut world = World::with_agent("codex", conversation);
        let found = found(&former());
        world.on(Cause::Conversation { found });
        let used = [150, 190].map(|tokens| {
            world.on(Cause::TranscriptGrew);
            reads(&mut world, total(tokens));
            input_tokens(&world)
        });
        assert_eq!(used, expected);
    }
}

#[test]
fn what_a_conversation_came_to_before_a_command_goes_on_with_it_is_not_counted() {
    let mut world = World::running_program("codex");
    let found = Found::default();
    world.on(Cause::Conversation { found });
    world
        .keeper
        .write(RecordBody::Exited { code: 0, signal: 0 });
    world.read();
    world.commit();
    // It is started again, twenty seconds after 1970 began.
    let size = Size::cells(20, 5);
    Record {
        unix_micros: 20_000_000,
        body: RecordBody::Started { pid: 9, size },
    }
    .encode(&mut world.keeper.ring);
    world.read();
    world.commit();
    let found = self::found("01a2");
    world.on(Cause::Conversation { found });
    let stamped = |second: u8, tokens| {
        let line = String::from_utf8(total(tokens)).expect("it is text");
        let stamp = format!("{{\"timestamp\":\"1970-01-01T00:00:{second}.000Z\",");
        line.replacen('{', &stamp, 1)
    };
    let bytes = (stamped(10, 150) + &stamped(30, 190)).into_bytes();
    reads(&mut world, bytes);
    assert_eq!(input_tokens(&world), 40);
}

#[test]
fn what_was_read_of_a_conversation_that_was_left_meanwhile_is_not_taken_for_the_next() {
    let mut world = World::running_program("codex");
    let [first, next] = [150, 40].map(total);
    let next_end = next.len() as u64;
    let goes_to = |world: &mut World, id: &str| {
        let found = found(id);
        world.on(Cause::Conversation { found });
    };
    goes_to(&mut world, "01a2");
    assert_eq!(world.read_from, [0]);
    goes_to(&mut world, "02b3");
    let bytes = first.clone();
    world.on(Cause::Transcript { bytes });
    assert_eq!(input_tokens(&world), 0);
    assert_eq!(world.read_from, [0, 0], "the next, from its begin");
    reads(&mut world, next);
    assert_eq!(input_tokens(&world), 40);
    goes_to(&mut world, "01a2");
    assert_eq!(world.read_from, [0, 0, next_end, 0]);
    world.on(Cause::Transcript { bytes: first });
    assert_eq!(input_tokens(&world), 190);
}

#[test]
fn the_file_that_was_looked_for_of_a_conversation_that_was_left_meanwhile_is_not_the_next_ones() {
    let mut world = World::running_program("claude");
    for id in ["c-1", "c-2"] {
        let entry = Entry {
            says: None,
            conversation: Some(id.to_owned()),
        };
        world.on(Cause::Registry { pid: 9, entry });
    }
    assert_eq!(world.sought, 1);
    let file = |id: &str| PathBuf::from(format!("/c/{id}.jsonl"));
    let finds = |world: &mut World, id: &str| {
        let found = Found {
            transcript: Some(file(id)),
            ..Found::default()
        };
        world.on(Cause::Conversation { found });
    };
    finds(&mut world, "c-1");
    assert!(world.followed.is_empty(), "{:?}", world.followed);
    assert_eq!(world.sought, 2);
    finds(&mut world, "c-2");
    assert_eq!(world.followed, [file("c-2")]);
}

#[test]
fn what_another_session_adds_to_the_conversation_of_an_agent_that_has_ended_counts_there_alone() {
    let ends = |world: &mut World| {
        world.keeper.alive = false;
        world
            .keeper
            .write(RecordBody::Exited { code: 0, signal: 0 });
        world.keeper.write(RecordBody::Closed);
        let before = world.read_from.len();
        world.read();
        world.commit();
        assert_eq!(world.read_from.len(), before + 1, "what it wrote last");
    };
    let mut world = World::with_agent("codex", Conversation::New);
    let goes_on = |world: &mut World| {
        let found = found("01a2");
        world.on(Cause::Conversation { found });
    };
    goes_on(&mut world);
    reads(&mut world, total(150));
    ends(&mut world);
    reads(&mut world, total(170));
    assert_eq!(input_tokens(&world), 170);
    let before = world.read_from.len();
    world.on(Cause::TranscriptGrew);
    assert_eq!(world.read_from.len(), before, "it grew by another session");
    world.commit();
    world.command(2, CommandBody::Restart { session: id() });
    world.commit();
    world.read();
    world.commit();
    assert_eq!(world.keeper.spawned, 2);
    goes_on(&mut world);
    reads(&mut world, total(500));
    assert_eq!(input_tokens(&world), 170);
    world.on(Cause::TranscriptGrew);
    reads(&mut world, total(530));
    assert_eq!(input_tokens(&world), 200);
    ends(&mut world);
    let bytes = Vec::new();
    world.on(Cause::Transcript { bytes });
    world.commit();
    let before = world.read_from.len();
    world.crash(true);
    world.on(Cause::TranscriptGrew);
    assert_eq!(world.read_from.len(), before, "nor does the next host");
}

#[test]
fn what_a_database_has_only_once_its_agent_has_ended_is_counted() {
    let counted = |input| {
        let tokens = Tokens {
            input,
            ..Tokens::default()
        };
        let counted = Counted {
            tokens,
            ..Counted::default()
        };
        Some(("ses_a".to_owned(), counted))
    };
    let file = PathBuf::from("/d/opencode.db");
    let mut world = World::with_agent("opencode", Conversation::New);
    let now = world.clock;
    world.print_at(now, "\x1b[2J\x1b[Hesc interrupt");
    world.read();
    world.clock += 1_000;
    world.on(Cause::Tick);
    assert!(world.sought_last.take().is_some(), "a turn has begun");
    let found = Found {
        id: Some("ses_a".to_owned()),
        counted: counted(100),
        database: Some(file.clone()),
        ..Found::default()
    };
    world.on(Cause::Conversation { found });
    // It ends while its database is asked again.
    world.clock += 1_000;
    world.on(Cause::Tick);
    let asked = world.sought_last.take().expect("there may be more");
    assert_eq!(asked.database, None);
    world.keeper.alive = false;
    world
        .keeper
        .write(RecordBody::Exited { code: 0, signal: 0 });
    world.keeper.write(RecordBody::Closed);
    world.read();
    world.commit();
    assert_eq!(world.sought_last, None, "one after the other");
    let tells = |world: &mut World, input| {
        let found = Found {
            counted: counted(input),
            ..Found::default()
        };
        world.on(Cause::Conversation { found });
        input_tokens(world)
    };
    assert_eq!(tells(&mut world, 150), 100, "it may be from before the end");
    let asked = world.sought_last.take().expect("it is asked once more");
    assert_eq!(asked.database, Some(file));
    assert_eq!(asked.known.as_deref(), Some("ses_a"));
    assert_eq!(tells(&mut world, 300), 300);
    // What comes later is another session's.
    world.clock += 60_000;
    world.on(Cause::Tick);
    assert_eq!(world.sought_last, None);
    assert_eq!(tells(&mut world, 900), 300);
}

#[test]
fn a_copy_of_a_conversation_is_looked_for_from_the_start_of_its_agent_on() {
    let former = || "ses_a".to_owned();
    for (conversation, is_copy) in [
        (Conversation::New, false),
        (Conversation::Fork { id: former() }, true),
    ] {
        let mut world = World::with_agent("opencode", conversation);
        assert_eq!(world.sought, 0, "nothing was said in it");
        let now = world.clock + 60_000;
        world.clock = now;
        world.print_at(now, "\x1b[2J\x1b[Hesc interrupt");
        world.read();
        world.clock += 1_000;
        world.on(Cause::Tick);
        let sought = world.sought_last.take().expect("it is looked for");
        let begun = sought.begun_millis.expect("a turn has begun");
        assert_eq!(sought.copied_millis.is_some(), is_copy, "{sought:?}");
        assert!(
            sought
                .copied_millis
                .is_none_or(|millis| millis + 50_000 < begun)
        );
    }
}

#[test]
fn files_that_an_agent_writes_down_as_written_are_told_of() {
    let mut world = World::with_agent("codex", Conversation::New);
    let found = Found {
        id: Some("01a2".to_owned()),
        transcript: Some("/c/rollout-01a2.jsonl".into()),
        ..Found::default()
    };
    world.on(Cause::Conversation { found });
    let item = serde_json::json!({ "type": "FileChange", "status": "completed", "changes": { "/work/a": {} } });
    let line = serde_json::json!({ "timestamp": "2026-11-30T10:35:15.596Z", "type": "event_msg",
        "payload": { "type": "item_completed", "item": item } });
    world.on(Cause::TranscriptGrew);
    let bytes = format!("{line}\n").into_bytes();
    world.on(Cause::Transcript { bytes });
    assert_eq!(world.wrote, ["/work/a"]);

    // One that keeps its conversations in a database is asked since when nothing is known.
    let mut world = World::with_agent("opencode", Conversation::New);
    let now = world.clock;
    world.print_at(now, "\x1b[2J\x1b[Hesc interrupt");
    world.read();
    world.clock += 1_000;
    world.on(Cause::Tick);
    let sought = world.sought_last.take().expect("it is looked for");
    assert_eq!(sought.written_millis, 0);
    let written = |file: &str, at_millis| Written {
        file: file.to_owned(),
        at_millis,
    };
    let found = Found {
        id: Some("ses_a".to_owned()),
        written: vec![written("/work/a", 70_000), written("/work/b", 80_000)],
        ..Found::default()
    };
    world.on(Cause::Conversation { found });
    assert_eq!(world.wrote, ["/work/a", "/work/b"]);
    // It is asked for what came after them the next time.
    let machine = &world.session.agent.machine;
    assert_eq!(machine.written_millis(), 80_000);
}
