//! What transcripts and databases come to.

use super::*;

fn line(id: &str, output: u64) -> String {
    serde_json::json!({
        "type": "assistant",
        "message": { "id": id, "model": "claude-opus-4-5-20251101", "usage": {
            "input_tokens": 1_000, "output_tokens": output,
            "cache_read_input_tokens": 20_000, "cache_creation_input_tokens": 0,
        } },
    })
    .to_string()
        + "\n"
}

fn usage(meter: &Meter) -> Usage {
    let mut usage = Usage::default();
    meter.show(&mut usage);
    usage
}

#[test]
fn a_message_that_is_told_twice_counts_once_with_its_last_figures() {
    let mut meter = Meter::default();
    assert_eq!(meter.begin("/t"), 0);
    meter.read(Form::Claude, (line("m1", 5) + &line("m1", 100)).as_bytes());
    let shown = usage(&meter);
    assert_eq!((shown.input_tokens, shown.output_tokens), (1_000, 100));
    assert_eq!(shown.cached_tokens, 20_000);
    // 1,000 x 5 + 100 x 25 + 20,000 x 0.5 millionths of a dollar.
    assert_eq!(shown.cost_micros, Some(5_000 + 2_500 + 10_000));
    assert_eq!((shown.estimated, shown.context_percent), (true, Some(10)));
    meter.read(Form::Claude, line("m2", 1).as_bytes());
    assert_eq!(usage(&meter).output_tokens, 101);
}

#[test]
fn messages_that_are_told_by_turns_count_once_each() {
    let mut meter = Meter::default();
    meter.begin("/t");
    let told: String = [
        ("m1", 1),
        ("s1", 2),
        ("s2", 3),
        ("s1", 20),
        ("m1", 10),
        ("s2", 30),
    ]
    .map(|(id, output)| line(id, output))
    .concat();
    meter.read(Form::Claude, told.as_bytes());
    let shown = usage(&meter);
    assert_eq!((shown.input_tokens, shown.output_tokens), (3_000, 60));
    // Kept as it is, and as much once they are too many to be remembered.
    let kept: Meter = serde_json::from_value(serde_json::to_value(&meter).unwrap()).unwrap();
    assert_eq!(usage(&kept).output_tokens, 60);
    for n in 0..2 * TOLD_AT_ONCE_MAX {
        meter.read(Form::Claude, line(&format!("n{n}"), 1).as_bytes());
    }
    let sum = 60 + 2 * TOLD_AT_ONCE_MAX as u64;
    assert_eq!(usage(&meter).output_tokens, sum);
    assert!(meter.recent.len() <= TOLD_AT_ONCE_MAX);
}

#[test]
fn a_line_that_is_not_whole_is_read_when_it_is() {
    let mut meter = Meter::default();
    meter.begin("/t");
    let text = line("m1", 7);
    meter.read(Form::Claude, &text.as_bytes()[..40]);
    assert_eq!(meter.begin("/t"), 0);
    meter.read(Form::Claude, text.as_bytes());
    assert_eq!(meter.begin("/t"), text.len() as u64);
    assert_eq!(usage(&meter).output_tokens, 7);
}

#[test]
fn another_conversation_adds_to_what_the_session_took() {
    let mut meter = Meter::default();
    meter.begin("/t");
    meter.read(Form::Claude, line("m1", 7).as_bytes());
    assert_eq!(meter.begin("/u"), 0);
    meter.read(Form::Claude, line("m9", 3).as_bytes());
    assert_eq!(usage(&meter).output_tokens, 10);
}

#[test]
fn a_conversation_that_is_come_back_to_is_not_counted_again() {
    let mut meter = Meter::default();
    meter.begin("/t");
    let first = line("m1", 7);
    meter.read(Form::Claude, first.as_bytes());
    let cost = usage(&meter).cost_micros;
    meter.begin("/u");
    assert_eq!(
        usage(&meter).cost_micros,
        cost,
        "though no model has answered"
    );
    meter.read(Form::Claude, line("m9", 3).as_bytes());
    assert_eq!(meter.begin("/t"), first.len() as u64);
    // The last message's figures come anew, and then there is another.
    meter.read(Form::Claude, (line("m1", 8) + &line("m2", 5)).as_bytes());
    assert_eq!(usage(&meter).output_tokens, 8 + 3 + 5);
    let bytes = rmp_serde::to_vec_named(&meter).unwrap();
    assert_eq!(rmp_serde::from_slice::<Meter>(&bytes).unwrap(), meter);
    for number in 0..=LEFT_MAX {
        meter.begin(&format!("/{number}"));
        meter.read(Form::Claude, line("m1", 1).as_bytes());
    }
    assert_eq!(meter.left.len(), LEFT_MAX);
    let all = 16 + LEFT_MAX as u64 + 1;
    assert_eq!(usage(&meter).output_tokens, all, "nothing is lost");
}

#[test]
fn what_another_session_has_counted_is_not_counted_when_its_conversation_goes_on() {
    let mut meter = Meter::default();
    meter.skip_what_is_there();
    meter.begin("/t");
    meter.reached_the_end();
    let (first, second) = (line("m1", 7), line("m2", 5));
    // It is read in pieces, and counted between them.
    for text in [&first, &second] {
        meter.read(Form::Claude, text.as_bytes());
        let shown = usage(&meter);
        assert_eq!((shown.output_tokens, shown.cost_micros), (0, Some(0)));
        assert_eq!(shown.context_percent, Some(10), "its context is as full");
    }
    meter.reached_the_end();
    meter.read(Form::Claude, line("m3", 100).as_bytes());
    let shown = usage(&meter);
    assert_eq!((shown.input_tokens, shown.output_tokens), (1_000, 100));
    assert_eq!(shown.cost_micros, Some(17_500));
    // Another conversation of the session is all its own.
    meter.begin("/u");
    meter.read(Form::Claude, line("m4", 1).as_bytes());
    meter.reached_the_end();
    assert_eq!(usage(&meter).output_tokens, 101);
}

#[test]
fn what_another_session_added_between_two_starts_is_not_counted_and_what_was_before_is() {
    let mut meter = Meter::default();
    meter.begin("/t");
    meter.read(Form::Claude, line("m1", 7).as_bytes());
    // A start that comes to nothing is followed by another.
    for _ in 0..2 {
        meter.skip_what_is_there();
        assert_eq!(usage(&meter).output_tokens, 7);
    }
    meter.read(Form::Claude, line("m2", 100).as_bytes());
    meter.reached_the_end();
    assert_eq!(usage(&meter).output_tokens, 7);
    meter.read(Form::Claude, line("m3", 5).as_bytes());
    let shown = usage(&meter);
    assert_eq!((shown.input_tokens, shown.output_tokens), (2_000, 12));
}

/// Adds to a line when it was written, at such a time of a day.
fn at(time: &str, line: &str) -> String {
    let stamp = format!("{{\"timestamp\":\"2026-11-30T{time}.000Z\",");
    line.replacen('{', &stamp, 1)
}

#[test]
fn what_was_written_before_a_program_in_a_shell_began_is_not_counted() {
    let millis =
        |time: &str| crate::zone::utc_millis(&format!("2026-11-30T{time}.000Z")).expect("a time");
    let read = |meter: &mut Meter, text: &str| meter.read(Form::Claude, text.as_bytes());
    let mut meter = Meter::default();
    meter.counts_since(millis("10:35:00"));
    meter.begin("/t");
    // It is found late, so that what is new is there already.
    let cost = "{\"type\":\"cost-state\",\"totalCostUSD\":0.5,\"hasUnknownModelCost\":false}\n";
    let old = at("10:34:59", &line("m1", 7)) + cost;
    read(&mut meter, &old);
    assert_eq!(usage(&meter).output_tokens, 0);
    read(&mut meter, &at("10:35:01", &line("m2", 100)));
    let shown = usage(&meter);
    assert_eq!((shown.input_tokens, shown.output_tokens), (1_000, 100));
    assert_eq!(shown.cost_micros, Some(17_500));
    // Of others that the same program has, the same holds.
    meter.begin("/new");
    read(&mut meter, &at("10:35:02", &line("m3", 3)));
    meter.begin("/old");
    read(&mut meter, &at("10:34:00", &line("m4", 50)));
    meter.reached_the_end();
    assert_eq!(usage(&meter).output_tokens, 103);
    // The next one goes on with the first, to which another session has added.
    let bytes = rmp_serde::to_vec_named(&meter).unwrap();
    let mut meter: Meter = rmp_serde::from_slice(&bytes).unwrap();
    meter.counts_since(millis("10:36:00"));
    meter.begin("/t");
    read(&mut meter, &at("10:35:30", &line("m5", 1_000)));
    assert_eq!(usage(&meter).output_tokens, 103);
    read(&mut meter, &at("10:36:01", &line("m6", 5)));
    assert_eq!(usage(&meter).output_tokens, 108);
}

#[test]
fn a_database_counts_all_that_comes_since_its_program_began_in_a_shell() {
    let counted = |input| Counted {
        tokens: Tokens {
            input,
            ..Tokens::default()
        },
        ..Counted::default()
    };
    let mut meter = Meter::default();
    meter.counts_since(1);
    meter.take_whole("ses_a", &counted(100));
    assert_eq!(usage(&meter).input_tokens, 100);
    meter.counts_since(2);
    assert_eq!(usage(&meter).input_tokens, 100);
    meter.take_whole("ses_a", &counted(130));
    assert_eq!(usage(&meter).input_tokens, 130, "each part once");
}

#[test]
fn what_is_no_message_or_made_up_or_has_no_price_costs_nothing() {
    let mut meter = Meter::default();
    meter.begin("/t");
    meter.read(
        Form::Claude,
        b"{}\nnot json\n{\"message\":3}\n{\"message\":{\"usage\":null}}\n",
    );
    meter.read(
        Form::Claude,
        b"{\"message\":{\"id\":\"a\",\"model\":\"<synthetic>\",\"usage\":{\"output_tokens\":9}}}\n",
    );
    assert_eq!(usage(&meter), Usage::default());
    meter.read(
        Form::Claude,
        b"{\"message\":{\"id\":\"a\",\"model\":\"other\",\"usage\":{\"output_tokens\":9}}}\n",
    );
    let shown = usage(&meter);
    assert_eq!(
        (shown.output_tokens, shown.cost_micros, shown.estimated),
        (9, None, false)
    );
}

/// It comes in pieces, and its end reads as figures that nobody wrote.
#[test]
fn a_line_beyond_transcript_line_max_is_skipped_to_its_end_and_counted() {
    let mut meter = Meter::default();
    meter.begin("/t");
    meter.read(Form::Claude, line("m1", 100).as_bytes());
    let before = usage(&meter);
    let mut file = vec![b'x'; TRANSCRIPT_LINE_MAX + 1];
    let begun = meter.offset;
    meter.read(Form::Claude, &file);
    assert_eq!(meter.offset - begun, file.len() as u64, "it is read once");
    meter.read(Form::Claude, b"more of it");
    let end = line("m2", 1_000);
    meter.read(Form::Claude, end.as_bytes());
    assert_eq!(usage(&meter), before);
    assert_eq!(meter.long_lines(), 1);
    file.push(b'\n');
    meter.read(Form::Claude, &file);
    assert_eq!((usage(&meter), meter.long_lines()), (before.clone(), 2));
    meter.read(Form::Claude, line("m3", 7).as_bytes());
    assert_ne!(usage(&meter), before, "the next line is read");
    meter.begin("/another");
    assert_eq!(meter.long_lines(), 2);
}

#[test]
fn what_the_agent_says_that_it_cost_goes_before_what_we_guess() {
    let mut meter = Meter::default();
    meter.begin("/t");
    meter.read(Form::Claude, line("m1", 100).as_bytes());
    let told = "{\"type\":\"cost-state\",\"totalCostUSD\":0.5,\"hasUnknownModelCost\":false}\n";
    meter.read(Form::Claude, told.as_bytes());
    let shown = usage(&meter);
    assert_eq!((shown.cost_micros, shown.estimated), (Some(500_000), false));
    meter.read(
        Form::Claude,
        told.replace("0.5", "0.6")
            .replace("false", "true")
            .as_bytes(),
    );
    assert_eq!(
        usage(&meter).cost_micros,
        Some(500_000),
        "its sum lacks a model"
    );
    meter.read(Form::Claude, line("m2", 100).as_bytes());
    let shown = usage(&meter);
    assert_eq!(
        shown.cost_micros,
        Some(500_000 + 17_500),
        "and what came since"
    );
    assert!(shown.estimated);
    assert_eq!(meter.begin("/u"), 0);
    meter.read(Form::Claude, (line("m3", 100) + told).as_bytes());
    assert_eq!(usage(&meter).cost_micros, Some(500_000 + 17_500 + 500_000));
}

#[test]
fn a_line_that_is_too_long_is_passed_over() {
    let mut meter = Meter::default();
    meter.begin("/t");
    let long = vec![b'x'; TRANSCRIPT_LINE_MAX + 1];
    meter.read(Form::Claude, &long);
    assert_eq!(meter.begin("/t"), long.len() as u64);
    meter.read(
        Form::Claude,
        ("the rest of it\n".to_owned() + &line("m1", 7)).as_bytes(),
    );
    assert_eq!(usage(&meter).output_tokens, 7);
}

#[test]
fn figures_that_cannot_be_are_no_trouble() {
    for (form, text) in [
        (
            Form::Claude,
            r#"{"message":{"id":"a","model":"claude-opus-4-5","usage":{"input_tokens":N,"cache_read_input_tokens":N,"output_tokens":N}}}"#,
        ),
        (Form::Claude, r#"{"totalCostUSD":-3}"#),
        (Form::Claude, r#"{"totalCostUSD":1e300}"#),
        (
            Form::Codex,
            r#"{"type":"event_msg","payload":{"type":"token_count","info":{"total_token_usage":{"input_tokens":1,"cached_input_tokens":N,"cache_write_input_tokens":N},"last_token_usage":{"input_tokens":N,"output_tokens":N},"model_context_window":0}}}"#,
        ),
        (
            Form::Gemini,
            r#"{"id":"a","model":"m","tokens":{"input":N,"tool":N,"output":N,"thoughts":N,"cached":N}}"#,
        ),
        (
            Form::Pi,
            r#"{"id":"a","message":{"model":"m","usage":{"input":N,"cacheRead":N,"cacheWrite":N,"cost":{"total":-1}}}}"#,
        ),
    ] {
        let mut meter = Meter::default();
        meter.begin("/t");
        let line = text.replace('N', &u64::MAX.to_string()) + "\n";
        for _ in 0..2 {
            meter.read(form, line.as_bytes());
            meter.read(form, line.replace("\"a\"", "\"b\"").as_bytes());
        }
        let shown = usage(&meter);
        assert!(shown.context_percent.is_none_or(|percent| percent <= 100));
    }
}

#[test]
fn what_an_earlier_release_has_kept_is_read() {
    let kept = serde_json::json!({ "path": "/t", "offset": 9, "before": { "cost_nanos": 5_000 },
        "last": { "id": "m1", "model": "claude-opus-4-5", "output": 3, "cost_nanos": 2_000 } });
    let kept: Meter = serde_json::from_value(kept).unwrap();
    let shown = usage(&kept);
    assert_eq!(
        (shown.output_tokens, shown.cost_micros, shown.estimated),
        (3, Some(7), true)
    );
    let bytes = rmp_serde::to_vec_named(&kept).unwrap();
    assert_eq!(rmp_serde::from_slice::<Meter>(&bytes).unwrap(), kept);
}

/// Lines that the real programs wrote, with what all of them together come to: `tests/fixtures/transcripts/FORM`.
#[test]
fn recorded_transcripts_come_to_what_the_models_were_asked_for() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/transcripts");
    let mut forms = 0;
    for folder in std::fs::read_dir(root).unwrap() {
        let folder = folder.unwrap();
        let name = folder.file_name().into_string().unwrap();
        let form: Form = serde_json::from_value(name.clone().into()).unwrap();
        let read = |file: &str| std::fs::read(folder.path().join(file)).unwrap();
        let mut meter = Meter::default();
        meter.begin("/t");
        meter.read(form, &read("transcript.jsonl"));
        let expected: serde_json::Value = serde_json::from_slice(&read("usage.json")).unwrap();
        assert_eq!(
            serde_json::to_value(usage(&meter)).unwrap(),
            expected,
            "{name}"
        );
        forms += 1;
    }
    assert_eq!(forms, 6, "every form has one");
}

#[test]
fn the_table_of_prices_can_be_read() {
    let table: Table = toml::from_str(PRICES).expect("our table is TOML");
    let mut models = table.model.iter();
    assert!(models.all(|it| it.context != Some(0) && !it.source.is_empty()));
    let mut prices = table.model.iter().filter_map(|model| model.cost.as_ref());
    assert!(prices.all(|price| price.output >= price.input));
    for model in &table.model {
        let alike = table.model.iter().filter(|it| it.family == model.family);
        assert_eq!(alike.count(), 1, "{}", model.family);
    }
    let input = |name: &str| price(name).map(|it| it.input);
    assert_eq!(input("claude-opus-4-5-20251101"), Some(5.0));
    assert_eq!(input("claude-opus-4-1"), Some(15.0));
    assert_eq!(input("claude-opus-4@20250514"), Some(15.0));
    // Models of another family, of which nobody knows the price.
    for newer in [
        "claude-opus-4-9",
        "claude-opus-4-10",
        "claude-opus-6",
        "claude-sonnet-4-9-20261201",
        "claude-haiku-4-6",
        "claude-sonnet-4-5-20250929[1m]",
    ] {
        assert_eq!(input(newer), None, "{newer}");
    }
    assert!(prices_dated().starts_with("20"), "{}", prices_dated());
}

#[test]
fn a_model_without_a_price_tells_how_full_its_context_is_and_no_cost() {
    let mut meter = Meter::default();
    meter.begin("/t");
    let line = line("m1", 1).replace("claude-opus-4-5-20251101", "gemini-2.5-pro");
    meter.read(Form::Claude, line.replace("20000", "949000").as_bytes());
    let shown = usage(&meter);
    assert_eq!(shown.context_percent, Some(90));
    assert_eq!((shown.cost_micros, shown.estimated), (None, false));
}

#[test]
fn a_context_that_holds_more_than_it_is_known_to_take_is_not_said_to_be_full() {
    let mut meter = Meter::default();
    meter.begin("/t");
    let full = line("m1", 1).replace("20000", "199000");
    meter.read(Form::Claude, full.as_bytes());
    assert_eq!(usage(&meter).context_percent, Some(100));
    let more = line("m2", 1).replace("20000", "199001");
    meter.read(Form::Claude, more.as_bytes());
    assert_eq!(usage(&meter).context_percent, None);
}

#[test]
fn an_agents_own_figure_is_what_our_table_comes_to() {
    // What Claude Code 2.1.329 wrote down of a conversation, in `tests/fixtures/transcripts/claude`.
    let tokens = Tokens {
        input: 1_000,
        output: 219,
        cache_read: 500,
        cache_write: 0,
    };
    let cost = Cost::estimated("claude-opus-5-5", tokens);
    assert_eq!(cost.cost_nanos / 1_000, 8_480);
}

#[test]
fn a_whole_conversation_takes_the_place_of_what_was_said_of_it_and_another_adds_to_it() {
    let counted = |input, cost_nanos| Counted {
        model: "claude-opus-4-5".into(),
        tokens: Tokens {
            input,
            output: 10,
            ..Tokens::default()
        },
        cost_nanos,
        filled: 100_000,
    };
    let mut meter = Meter::default();
    meter.take_whole("ses_a", &counted(100, 0));
    assert_eq!(usage(&meter).cost_micros, Some(750));
    meter.take_whole("ses_a", &counted(300, 5_000_000));
    let shown = usage(&meter);
    assert_eq!((shown.input_tokens, shown.output_tokens), (300, 10));
    assert_eq!((shown.cost_micros, shown.estimated), (Some(5_000), false));
    assert_eq!(shown.context_percent, Some(50));
    // A subagent's row has gone.
    meter.take_whole("ses_a", &counted(100, 1_000_000));
    assert_eq!(usage(&meter), shown);
    meter.take_whole("ses_b", &counted(1, 1_000_000));
    let shown = usage(&meter);
    assert_eq!((shown.input_tokens, shown.cost_micros), (301, Some(6_000)));
    meter.take_whole("ses_a", &counted(300, 5_000_000));
    assert_eq!(usage(&meter), shown, "it is counted already");
    // Of one that goes on here, what it came to elsewhere was an estimate, and the agent tells more now.
    let mut meter = Meter::default();
    meter.skip_what_is_there();
    meter.take_whole("ses_c", &counted(100, 0));
    assert_eq!(usage(&meter).cost_micros, Some(0));
    meter.take_whole("ses_c", &counted(300, 5_000_000));
    let shown = usage(&meter);
    assert_eq!((shown.input_tokens, shown.cost_micros), (200, Some(4_250)));
}
