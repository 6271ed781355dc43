//! Our own table, and a person's beside it. What real screens show stands in `tests/fixtures/agents`.

use super::*;

/// Returns the screens of an agent's recorded conversation, in their order.
fn screens_of(id: &str) -> Vec<String> {
    let agents = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/agents");
    let story = agents.join(id).join("conversation/story.ndjson");
    let story = fs::read_to_string(story).expect("a story");
    let lines = story
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("a line of JSON"));
    lines
        .filter_map(|line| line["screen"].as_str().map(str::to_owned))
        .collect()
}

/// Nothing stands out in any row.
fn nothing(_: usize) -> Vec<String> {
    Vec::new()
}

#[test]
fn every_row_of_our_own_table_can_be_used() {
    let loaded = Providers::parse("", Path::new("own"));
    assert_eq!(loaded.complaints, Vec::<String>::new());
    let table: toml::Table = toml::from_str(BUILT_IN).expect("our table is TOML");
    assert_eq!(loaded.providers.iter().count(), table.len());
    for provider in loaded.providers.iter() {
        assert_eq!(
            provider.takes_hooks(),
            provider.no_hooks.is_empty(),
            "{}: hooks, or why there are none",
            provider.id
        );
        assert!(provider.takes_hooks() || provider.no_hooks.ends_with('.'));
        let asked = [
            ("resume", &provider.resume),
            ("fork", &provider.fork),
            ("model", &provider.model),
            ("mode", &provider.mode),
            ("prompt", &provider.prompt),
        ];
        let all = || provider.cannot.iter().flat_map(|it| &it.what);
        for (what, template) in asked {
            let refused = all().filter(|it| *it == what).count();
            assert_eq!(
                refused,
                usize::from(template.is_empty()),
                "{}: {what}, or why it cannot be asked for",
                provider.id
            );
        }
        for (what, template) in asked {
            let why = provider.why_not(what);
            assert_eq!(why.is_none(), !template.is_empty(), "{why:?}");
            assert!(why.is_none_or(|why| why.starts_with(&provider.name)));
        }
        let known = |it: &String| asked.iter().any(|(what, _)| it == what);
        assert!(all().all(known), "{}: {:?}", provider.id, provider.cannot);
        assert!(provider.cannot.iter().all(|it| it.why.ends_with('.')));
        assert!(Regex::new(&provider.holds).is_ok(), "{}", provider.id);
        for rule in provider.titles.iter().chain(&provider.screens) {
            assert!(
                Regex::new(&rule.pattern).is_ok(),
                "{}: {}",
                provider.id,
                rule.pattern
            );
            assert!(
                rule.state != State::Unknown && !rule.says.is_empty(),
                "{}",
                provider.id
            );
            assert!(!rule.also.contains(&State::Unknown), "{}", provider.id);
        }
    }
}

#[test]
fn a_persons_table_extends_ours_field_by_field() {
    let own = "[claude]\nprograms = [\"/opt/claude\"]\n[mine]\nname = \"Mine\"";
    let loaded = Providers::parse(own, Path::new("own"));
    assert_eq!(loaded.complaints, Vec::<String>::new());
    let claude = loaded.providers.get("claude").expect("a row");
    assert_eq!(claude.programs, ["/opt/claude"]);
    assert!(!claude.titles.is_empty());
    assert_eq!(
        loaded.providers.get("mine").map(|it| &it.name[..]),
        Some("Mine")
    );
}

#[test]
fn what_cannot_be_asked_of_an_agent_is_said_in_the_same_words_wherever_it_is() {
    let own = "[mine]\nname = \"Mine\"\n[theirs]\ncannot = [{ what = [\"fork\"], why = \"It was tried.\" }]";
    let loaded = Providers::parse(own, Path::new("own"));
    let why = |id: &str, option: &str| loaded.providers.get(id)?.why_not(option);
    for (id, option, said) in [
        (
            "mine",
            "resume",
            "Mine cannot go on with an earlier conversation when it is started.",
        ),
        ("mine", "model", "Mine takes no model when it is started."),
        (
            "theirs",
            "fork",
            "theirs cannot fork a conversation when it is started. It was tried.",
        ),
    ] {
        assert_eq!(why(id, option).as_deref(), Some(said));
    }
}

#[test]
fn the_name_of_an_open_file_is_an_id_if_it_can_be() {
    let own = "[mine]\nopen_file = '/([^/]*)\\.jsonl$'";
    let loaded = Providers::parse(own, Path::new("own"));
    let cursor = loaded.providers.get("cursor").expect("a row");
    let id = "c0ffee00-0000-4000-8000-000000000001";
    let path = format!("/home/a/.cursor/chats/{}/{id}/store.db", "0a".repeat(16));
    assert_eq!(cursor.conversation_of_file(&path).as_deref(), Some(id));
    assert_eq!(
        cursor.conversation_of_file("/home/a/.cursor/store.db"),
        None
    );
    let mine = loaded.providers.get("mine").expect("a row");
    let id = |path| mine.conversation_of_file(path);
    assert_eq!(id("/c/c-1.jsonl").as_deref(), Some("c-1"));
    for path in ["/c/--continue.jsonl", "/c/.jsonl", "/c/a b.jsonl"] {
        assert_eq!(id(path), None, "{path}");
    }
}

#[test]
fn what_is_damaged_is_named_and_ours_is_used() {
    for own in [
        "[claude\n",
        "[claude]\nprograms = 3",
        "[claude]\ncolour = \"red\"",
    ] {
        let loaded = Providers::parse(own, Path::new("/c/providers.toml"));
        assert_eq!(loaded.complaints.len(), 1, "{own}");
        assert!(loaded.complaints[0].contains("/c/providers.toml"));
        assert!(
            loaded
                .providers
                .get("claude")
                .is_some_and(|it| it.programs == ["claude"])
        );
    }
}

#[test]
fn the_answers_that_real_screens_offer_are_known_with_their_keys() {
    let providers = Providers::built_in();
    for (id, keys) in [
        ("claude", ["1", "2", "escape"]),
        ("codex", ["y", "p", "escape"]),
    ] {
        let screens = screens_of(id).into_iter();
        let provider = providers.get(id).expect("a row");
        let mut asked = 0;
        for screen in screens {
            let mut choices = provider.choices(&screen, &nothing);
            choices.retain(|it| it.kind != PermissionKind::Choose);
            if !screen.contains("1. Yes") {
                assert_eq!(choices, [], "{screen}");
                continue;
            }
            asked += 1;
            let kinds: Vec<PermissionKind> = choices.iter().map(|it| it.kind).collect();
            use PermissionKind::{AllowAlways, AllowOnce, RejectOnce};
            assert_eq!(kinds, [AllowOnce, AllowAlways, RejectOnce], "{screen}");
            let pressed: Vec<&String> = choices.iter().flat_map(|it| &it.keys).collect();
            assert_eq!(pressed, keys, "{screen}");
            assert!(choices[0].name.starts_with("Yes"), "{choices:?}");
        }
        assert!(asked > 0, "{id}");
    }
    for provider in providers.iter() {
        for rule in &provider.choices {
            for pattern in [&rule.pattern, &rule.within] {
                assert!(Regex::new(pattern).is_ok(), "{}: {pattern}", provider.id);
            }
            assert!(Regex::new(&provider.answers).is_ok(), "{}", provider.id);
            assert!(Regex::new(&provider.beside).is_ok(), "{}", provider.id);
            let chooses = rule.kind == PermissionKind::Choose;
            assert_eq!(chooses, !rule.within.is_empty(), "{}", provider.id);
            // Only where it stands out is it known what Enter gives.
            let enter = rule.keys.first().is_some_and(|keys| keys == "enter");
            assert_eq!(rule.stands_out, enter, "{}", provider.id);
            for chord in &rule.keys {
                let chord = chord.replace("{digit}", "9");
                assert!(agor_term::input::chord::parse(&chord).is_ok(), "{chord}");
            }
        }
    }
}

#[test]
fn the_menu_of_a_real_question_is_chosen_from_by_its_digits_and_what_is_like_one_is_not() {
    let providers = Providers::built_in();
    let offered = |provider: &Provider, screen: &str| {
        let mut choices = provider.choices(screen, &nothing);
        choices.retain(|it| it.kind == PermissionKind::Choose);
        choices
    };
    // A row of the question's text that looks like an answer; the row that takes a text, and how it is while it does.
    for (id, looks_like_one, takes_text, is_typed_in) in [
        (
            "claude",
            "\u{276f} 1. Another",
            "  3. Type something.",
            "\u{276f} 3. Type something.",
        ),
        (
            "gemini",
            "\u{25cf} 1.  Another",
            "\u{2502}   3.  Enter a",
            "\u{2502} \u{25cf} 3.  Enter a",
        ),
        (
            "opencode",
            "1. Another",
            "3. Type your own answer\n",
            "3. Type your own answer\n  \u{2503}     typed\n",
        ),
        (
            "qwen",
            "\u{276f} 1. Another",
            "     3. Type something",
            "   \u{276f} 3. Type something",
        ),
    ] {
        let provider = providers.get(id).expect("a row");
        let screens = screens_of(id).into_iter();
        let is_menu = |screen: &String| !offered(provider, screen).is_empty();
        let menus: Vec<String> = screens.filter(is_menu).collect();
        let [screen] = &menus[..] else {
            panic!("{id}: {} screens offer a choice", menus.len());
        };
        let choices = offered(provider, screen);
        let names: Vec<&str> = choices.iter().map(|it| &it.name[..]).collect();
        assert_eq!(names, ["The first", "The second"], "{id}");
        let keys: Vec<&String> = choices.iter().flat_map(|it| &it.keys).collect();
        assert_eq!(keys, ["1", "2"], "{id}");

        let changed = |from: &str, to: &str| {
            assert!(screen.contains(from), "{id}: {from:?} in\n{screen}");
            screen.replace(from, to)
        };
        for other in [
            changed("Which of them", looks_like_one),
            changed(takes_text, is_typed_in),
            changed("1.", "[ ] 1.").replace("2.", "[ ] 2."),
            changed("1.", "1. [ ]").replace("2.", "2. [ ]"),
            // It is above what the program has printed since.
            format!("{screen}\nmore\nand more"),
        ] {
            assert_eq!(offered(provider, &other), [], "{id}:\n{other}");
        }
        // Rows like answers in the question's text, above answers that are none or whose names are not understood.
        let line = |of: &str| {
            let mut lines = screen.lines().rev();
            lines.find(|line| line.contains(of)).expect("a line")
        };
        let alike = [line("The first"), line("The second")].join("\n");
        let alike = screen.replace(line("Which of them"), &alike.replace("The ", "A "));
        assert!(alike.contains("A second"), "{alike}");
        for before in ["[x] The ", " The ", "\u{2502}The "] {
            let other = alike.replace("The ", before);
            assert_eq!(offered(provider, &other), [], "{id}:\n{other}");
        }
        let unnamed = alike.replace("The first", "").replace("The second", "");
        assert_eq!(offered(provider, &unnamed), [], "{id}:\n{unnamed}");
        // Nor is one from which a row has gone.
        let gap = changed(line("The second"), line("As it is"));
        assert_eq!(offered(provider, &gap), [], "{id}:\n{gap}");
    }
}

#[test]
fn what_a_command_holds_is_no_answer_to_the_request_that_asks_for_it() {
    let providers = Providers::built_in();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/agents");
    for id in ["claude", "codex", "copilot", "gemini", "qwen"] {
        let story = fixtures.join(id).join("conversation/story.ndjson");
        let story = fs::read_to_string(story).expect("a story");
        let provider = providers.get(id).expect("a row");
        let offered = |screen: &str| {
            let mut choices = provider.choices(screen, &nothing);
            choices.retain(|it| it.kind != PermissionKind::Choose);
            choices
        };
        let lines = story
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("a line of JSON"));
        let screens = lines.filter_map(|line| line["screen"].as_str().map(str::to_owned));
        let asks =
            |screen: &String| screen.contains("touch allowed") && !offered(screen).is_empty();
        let requests: Vec<String> = screens.filter(asks).collect();
        assert!(!requests.is_empty(), "{id}");
        for screen in requests {
            let real = offered(&screen);
            let rows = screen.lines().filter(|row| number_of(row).is_some());
            let rows: Vec<&str> = rows.collect();
            let begin = screen.find(rows[0]).expect("the first answer");
            let (above, below) = screen.split_at(begin);
            let mut commands = above.lines().rev();
            let command = commands.find(|row| row.contains("touch allowed"));
            let above = above.replace(command.expect("a command"), &rows.join("\n"));
            // The same answers stand in the command, and those to it are what they were.
            assert_eq!(offered(&format!("{above}{below}")), real, "{id}");
            // Those to it have other words, so that nobody knows what their keys do.
            let others = ["Yes", "Allow once", "No"].into_iter();
            let others = others.fold(below.to_owned(), |text, word| text.replace(word, "Other"));
            assert_eq!(offered(&format!("{above}{others}")), [], "{id}");
            // They have other numbers than they should.
            let renumbered = below.replace("2. ", "3. ");
            assert_eq!(offered(&format!("{above}{renumbered}")), [], "{id}");
            // The program has printed something since.
            assert_eq!(offered(&format!("{screen}\nmore\nand more")), [], "{id}");
        }
    }
}

/// Returns what a screen asks, if it asks and tells what.
fn asked(provider: &Provider, screen: &str) -> Option<String> {
    let says = provider.screen(screen, None).filter(|it| asks(it.state))?;
    Some(says.pending?.text)
}

#[test]
fn what_a_real_screen_asks_is_read_from_it() {
    let providers = Providers::built_in();
    let asks_which = Some("Which of them");
    for (id, first, last) in [
        (
            "aider",
            "sleep 2; touch allowed Run shell command?",
            Some("touch denied0 Run shell command?"),
        ),
        (
            "copilot",
            "Runs a command sleep 2; touch allowed Do you want to run this command?",
            asks_which,
        ),
        (
            "gemini",
            "Shell touch allowed touch allowed Allow execution of [Shell]?",
            asks_which,
        ),
        ("opencode", "# Shell command $ touch allowed", asks_which),
        (
            "qwen",
            "Shell touch allowed (Runs a command) \u{2190} touch allowed Allow execution of: 'touch'?",
            Some("Choice Which of them"),
        ),
    ] {
        let provider = providers.get(id).expect("a row");
        let screens = screens_of(id).into_iter();
        let questions: Vec<String> = screens.filter_map(|it| asked(provider, &it)).collect();
        assert_eq!(questions.first().map(String::as_str), Some(first), "{id}");
        assert_eq!(questions.last().map(String::as_str), last, "{id}");
    }
}

#[test]
fn what_a_command_holds_hides_nothing_of_what_is_asked() {
    let providers = Providers::built_in();
    let read = |id: &str, screen: &str| asked(providers.get(id).expect("a row"), screen);
    let opencode = |above: &str, rows: &[&str]| {
        let rows: String = rows
            .iter()
            .map(|row| format!("  \u{2503}  {row}\n"))
            .collect();
        format!("{above}\n  \u{2503}  \u{25b3} Permission required\n{rows}")
    };
    let buttons = " Allow once   Allow always   Reject            enter confirm";
    // A command that draws the row of answers is told to its end.
    let screen = opencode("", &["$ echo", " Allow once", "rm -r /", "", buttons]);
    let whole = Some("$ echo Allow once rm -r /".to_owned());
    assert_eq!(read("opencode", &screen), whole);
    // What stands above, as output of a tool, is not what is asked.
    let above = format!("{}\n", opencode("", &["$ ls", buttons]));
    let screen = opencode(&above, &["$ rm -r /", "", buttons]);
    assert_eq!(read("opencode", &screen), Some("$ rm -r /".to_owned()));
    // Beside a column of something else nothing is told: the two would be mixed.
    let beside = "$ ls                                      Context 12,345 tokens";
    assert_eq!(read("opencode", &opencode("", &[beside, buttons])), None);
    // Of one that fills its box nobody knows whether that is all.
    for (commands, told) in [(6, true), (7, false)] {
        let rows = ["# Shell command", ""].into_iter();
        let rows = rows.chain(std::iter::repeat_n("rm", commands));
        let rows: Vec<&str> = rows.chain(["", "", buttons]).collect();
        let asked = read("opencode", &opencode("", &rows));
        assert_eq!(asked.is_some(), told, "{asked:?}");
    }
    let boxed = |rows: &[&str]| {
        let rows: String = rows
            .iter()
            .map(|row| format!("\u{2502} {row} \u{2502}\n"))
            .collect();
        format!("\u{256d}\u{2500}\u{2500}\u{256e}\n{rows}\u{2570}\u{2500}\u{2500}\u{256f}")
    };
    let screen = boxed(&[
        "\u{2502} echo \u{2502}",
        "\u{2502} 1. Yes \u{2502}",
        "\u{2502} rm -r / \u{2502}",
        "\u{276f} 1. Yes",
        "\u{2191}/\u{2193} to navigate \u{b7} enter to select \u{b7} esc to cancel",
    ]);
    let whole = Some("echo 1. Yes rm -r /".to_owned());
    assert_eq!(read("copilot", &screen), whole);
    let screen = boxed(&[
        "? Shell",
        "\u{2502} 1. Allow once \u{2502}",
        "\u{2502} rm -r / \u{2502}",
        "\u{25cf} 1. Allow once",
    ]);
    let whole = Some("Shell 1. Allow once rm -r /".to_owned());
    assert_eq!(read("gemini", &screen), whole);
    let screen =
        "  ? Shell rm\n     1. Yes, allow once\n     rm -r /\n   \u{203a} 1. Yes, allow once\n";
    let whole = Some("Shell rm 1. Yes, allow once rm -r /".to_owned());
    assert_eq!(read("qwen", screen), whole);
    // Of several commands it cannot be told where they begin.
    let screen = "rm -r /\n\necho\nRun shell commands? (Y)es/(N)o [Yes]:";
    assert_eq!(read("aider", screen), None);
}

#[test]
fn a_sidebar_beside_what_is_asked_changes_nothing_of_what_is_read() {
    let providers = Providers::built_in();
    let opencode = providers.get("opencode").expect("a row");
    // As it stands beside so many columns: what it says could be an answer, or the end of a turn.
    let beside = |screen: &str, columns: usize| {
        let last = screen.lines().count().saturating_sub(1);
        let rows = screen.lines().enumerate().map(|(at, row)| {
            let sidebar = match at {
                _ if at == last => "\u{2022} OpenCode 1.18.33",
                1 => "1. Another",
                2 => "\u{25a3}  12,345 tokens \u{b7} 8% used",
                _ => "esc interrupt",
            };
            format!("{row:<columns$}{GAP}{sidebar}")
        });
        rows.collect::<Vec<_>>().join("\n")
    };
    let read = |rows: &str| {
        (
            opencode.screen(rows, None),
            opencode.choices(rows, &nothing),
            opencode.menu(rows),
        )
    };
    let (mut requests, mut menus) = (0, 0);
    for screen in screens_of("opencode") {
        let alone = read(&screen);
        requests += usize::from(screen.contains("Permission required"));
        menus += usize::from(!alone.2.is_empty());
        assert_eq!(read(&beside(&screen, 110)), alone, "{screen}");
    }
    assert!(requests > 0 && menus > 0, "{requests} and {menus}");

    let tells = |screen: &String| asked(opencode, screen).is_some();
    let screen = screens_of("opencode").into_iter().find(tells);
    let screen = screen.expect("a request");
    // Another column of cells is the same one: letters may take two.
    let wide = screen.replace("touch allowed", "touch \u{65e5}\u{672c}");
    let told = asked(opencode, &wide).expect("a request");
    assert!(told.contains("touch \u{65e5}\u{672c}"), "{told}");
    let wide = beside(&wide, 110).replace("\u{65e5}\u{672c}  ", "\u{65e5}\u{672c}");
    assert_eq!(asked(opencode, &wide).as_deref(), Some(&told[..]));
    // It is drawn over what is asked, or that goes on where it should not.
    assert_eq!(asked(opencode, &beside(&screen, 60)), None);
    let long = format!("touch {}", "x".repeat(98));
    let longer = screen.replace("touch allowed", &long);
    assert!(asked(opencode, &longer).is_some(), "{longer}");
    let cut = beside(&longer, 106);
    assert_eq!(asked(opencode, &cut), None, "{cut}");
}

#[test]
fn a_request_is_allowed_by_enter_where_that_stands_out_in_its_own_row() {
    let providers = Providers::built_in();
    let opencode = providers.get("opencode").expect("a row");
    let requests = screens_of("opencode").into_iter();
    let requests = requests.filter(|screen| asked(opencode, screen).is_some());
    let mut seen = 0;
    for screen in requests.filter(|screen| screen.contains("Permission required")) {
        seen += 1;
        let buttons = screen.lines().position(|row| row.contains("Allow once"));
        let buttons = buttons.expect("a row of answers");
        let offers = |row: usize, name: &str| {
            let standing_out = |at: usize| match at == row {
                true => vec!["\u{2503}".to_owned(), name.to_owned()],
                false => Vec::new(),
            };
            let choices = opencode.choices(&screen, &standing_out);
            let mut allow = choices.into_iter();
            let allow = allow.find(|it| it.kind == PermissionKind::AllowOnce);
            allow.map(|it| it.keys)
        };
        let enter = Some(vec!["enter".to_owned()]);
        assert_eq!(offers(buttons, "Allow once"), enter, "{screen}");
        assert_eq!(offers(buttons, "Allow always"), None);
        assert_eq!(offers(buttons, "Reject"), None);
        assert_eq!(offers(buttons - 1, "Allow once"), None, "another row");
    }
    assert!(seen > 0);
}

#[test]
fn a_command_and_a_reported_name_tell_the_agent() {
    let providers = Providers::built_in();
    let of = |argv: &[&str]| {
        let argv: Vec<String> = argv.iter().map(|&word| word.to_owned()).collect();
        providers.of_command(&argv).map(|it| it.id.clone())
    };
    assert_eq!(of(&["/usr/bin/claude", "-c"]), Some("claude".into()));
    assert_eq!(of(&["node", "/x/bin/claude"]), Some("claude".into()));
    assert_eq!(of(&["bash", "-c", "claude"]), None);
    assert_eq!(of(&["ollama", "run", "llama3"]), Some("ollama".into()));
    assert_eq!(of(&["ollama", "serve"]), None);
    assert_eq!(of(&["bash"]), None);
    assert_eq!(of(&[]), None);
    assert_eq!(
        providers.of_app("claude-code").map(|it| &it.id[..]),
        Some("claude")
    );
}

#[test]
fn what_is_typed_into_aiders_prompt_or_was_just_sent_changes_nothing() {
    let providers = Providers::built_in();
    let aider = providers.get("aider").unwrap();
    let rule = "─".repeat(24);
    let at_work = aider.screen(&format!("{rule}\ndiff> mend it\n\n░█ Waiting"), None);
    let empty = aider.screen(&format!("{rule}\ndiff>"), None);
    let state = |says: &Option<Says>| says.as_ref().map(|it| it.state);
    assert_eq!(state(&at_work), Some(State::Working));
    assert_eq!(state(&empty), Some(State::Idle));
    // What is typed stands there before it is sent, and again when the sign of waiting goes and no answer has come.
    let typed = format!("{rule}\ndiff> mend it");
    assert_eq!(aider.screen(&typed, empty.as_ref()), empty);
    assert_eq!(aider.screen(&typed, at_work.as_ref()), at_work);
}
