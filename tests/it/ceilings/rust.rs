//! Tells the code of a Rust file from its comments, without parsing either.

/// A text in two layers of the same lines: what is not in a layer is blank there. Literals are in neither.
pub struct Layers {
    /// Everything but comments and the insides of literals.
    pub code: String,
    /// Comments with their slashes.
    pub comments: String,
}

/// Splits `text` into its layers.
pub fn layers(text: &str) -> Layers {
    let mut reader = Reader {
        rest: text,
        last: ' ',
        code: String::new(),
        comments: String::new(),
    };
    while let Some(first) = reader.rest.chars().next() {
        let rest = reader.rest;
        if rest.starts_with("//") {
            reader.take(rest.find('\n').unwrap_or(rest.len()), Layer::Comments);
        } else if rest.starts_with("/*") {
            reader.take(block_comment(rest), Layer::Comments);
        } else if first == '"' {
            reader.take(string(rest), Layer::Neither);
        } else if let Some(length) = raw_string(rest, reader.last) {
            reader.take(length, Layer::Neither);
        } else if let Some(length) = character(rest) {
            reader.take(length, Layer::Neither);
        } else {
            reader.take(first.len_utf8(), Layer::Code);
        }
    }
    Layers {
        code: reader.code,
        comments: reader.comments,
    }
}

/// Returns the identifiers and keywords of `line`, with where each begins.
pub fn words(line: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    line.split(|character| !is_word(character))
        .filter_map(move |word| {
            let begin = at;
            // Behind a word stands the one character that it was split at, or the end.
            at += word.len()
                + line[begin + word.len()..]
                    .chars()
                    .next()
                    .map_or(0, char::len_utf8);
            (!word.is_empty()).then_some((begin, word))
        })
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

enum Layer {
    Code,
    Comments,
    Neither,
}

struct Reader<'a> {
    rest: &'a str,
    last: char,
    code: String,
    comments: String,
}

impl Reader<'_> {
    fn take(&mut self, length: usize, layer: Layer) {
        let (taken, rest) = self.rest.split_at(length);
        let blank = || {
            taken
                .chars()
                .map(|character| if character == '\n' { '\n' } else { ' ' })
        };
        match layer {
            Layer::Code => {
                self.code.push_str(taken);
                self.comments.extend(blank());
            }
            Layer::Comments => {
                self.code.extend(blank());
                self.comments.push_str(taken);
            }
            Layer::Neither => {
                self.code.extend(blank());
                self.comments.extend(blank());
            }
        }
        self.last = taken.chars().next_back().unwrap_or(' ');
        self.rest = rest;
    }
}

/// Returns the length of the block comment, with those inside it, that `rest` begins with.
fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    loop {
        let here = &rest[at..];
        if here.starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if here.starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            match here.chars().next() {
                Some(character) => at += character.len_utf8(),
                None => return at,
            }
        }
    }
}

/// Returns the length of the string that `rest` begins with.
fn string(rest: &str) -> usize {
    let mut escaped = false;
    for (at, character) in rest.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// Returns the length of the raw string, from its `r`, that `rest` begins with after `last`.
fn raw_string(rest: &str, last: char) -> Option<usize> {
    let hashes = rest.strip_prefix('r')?;
    // `br"` and `cr"` are raw too; the `r` of another word is not.
    if is_word(last) && !matches!(last, 'b' | 'c') {
        return None;
    }
    let count = hashes
        .chars()
        .take_while(|character| *character == '#')
        .count();
    let inside = hashes[count..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(count));
    let before = rest.len() - inside.len();
    Some(
        inside
            .find(&end)
            .map_or(rest.len(), |at| before + at + end.len()),
    )
}

/// Returns the length of the character literal that `rest` begins with; a lifetime is none.
fn character(rest: &str) -> Option<usize> {
    let inside = rest.strip_prefix('\'')?;
    let first = inside.chars().next()?;
    if first == '\\' {
        // The first character after the backslash may itself be a quote.
        let escaped = inside[1..].chars().next()?.len_utf8();
        let end = inside[1 + escaped..].find('\'')?;
        return Some(1 + 1 + escaped + end + 1);
    }
    let after = &inside[first.len_utf8()..];
    after.starts_with('\'').then_some(1 + first.len_utf8() + 1)
}

#[test]
fn code_comments_and_literals_are_told_apart() {
    let cases = [
        ("a // b", "a", "// b"),
        ("a /* b /* c */ d */ e", "a e", "/* b /* c */ d */"),
        (r#"a "b // \" c" d"#, "a d", ""),
        ("r#\"a \" // b\"# c", "c", ""),
        ("br\"\\\" c", "b c", ""),
        ("'\"' // a", "", "// a"),
        ("'\\'' a", "a", ""),
        ("&'a str '{' 'b", "&'a str 'b", ""),
        ("r#fn for\"x\"", "r#fn for", ""),
        ("\"a\nb\" c", "c", ""),
        ("/// it's \"so\nb", "b", "/// it's \"so"),
    ];
    let joined = |layer: &str| layer.split_whitespace().collect::<Vec<_>>().join(" ");
    for (text, code, comments) in cases {
        let layers = layers(text);
        assert_eq!(joined(&layers.code), code, "{text:?}");
        assert_eq!(joined(&layers.comments), comments, "{text:?}");
        for layer in [layers.code, layers.comments] {
            assert_eq!(
                layer.matches('\n').count(),
                text.matches('\n').count(),
                "{text:?}"
            );
        }
    }
}

#[test]
fn words_are_whole_identifiers() {
    let words: Vec<_> = words("é::vte, unsafe_code vte2").collect();
    assert_eq!(
        words,
        [(0, "é"), (4, "vte"), (9, "unsafe_code"), (21, "vte2")]
    );
}
