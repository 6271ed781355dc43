//! Where keys mean a command, as a rule of the file says it: contexts, joined by `&&`, `||`, `!` and parentheses.

use super::Context;

/// How deep parentheses and `!` may go.
const DEPTH_MAX: usize = 32;

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct When(Tree);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Tree {
    Is(Context),
    Not(Box<Tree>),
    All(Vec<Tree>),
    Any(Vec<Tree>),
}

impl When {
    /// Reads a condition.
    ///
    /// # Errors
    /// What of it is not understood, in a few words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let tokens = tokens(text)?;
        let mut reader = Reader {
            tokens: &tokens,
            depth: 0,
        };
        let tree = reader.any()?;
        match reader.tokens.first() {
            None => Ok(Self(tree)),
            Some(token) => Err(format!("\"when\": {} is one too many", token.shown())),
        }
    }

    /// Says whether it holds where these contexts count.
    #[must_use]
    pub fn holds(&self, counting: &[Context]) -> bool {
        holds(&self.0, counting)
    }

    /// Says whether it asks for a context, rather than for its absence.
    #[must_use]
    pub fn asks_for(&self, context: Context) -> bool {
        asks(&self.0, true, &|it| it == context)
    }

    /// Says whether it asks for any context at all.
    #[must_use]
    pub fn asks(&self) -> bool {
        asks(&self.0, true, &|_| true)
    }
}

fn holds(tree: &Tree, counting: &[Context]) -> bool {
    match tree {
        Tree::Is(context) => counting.contains(context),
        Tree::Not(tree) => !holds(tree, counting),
        Tree::All(trees) => trees.iter().all(|tree| holds(tree, counting)),
        Tree::Any(trees) => trees.iter().any(|tree| holds(tree, counting)),
    }
}

fn asks(tree: &Tree, wanted: bool, is_meant: &dyn Fn(Context) -> bool) -> bool {
    match tree {
        Tree::Is(context) => wanted && is_meant(*context),
        Tree::Not(tree) => asks(tree, !wanted, is_meant),
        Tree::All(trees) | Tree::Any(trees) => {
            trees.iter().any(|tree| asks(tree, wanted, is_meant))
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    Not,
    And,
    Or,
    Open,
    Close,
}

impl Token<'_> {
    fn shown(self) -> String {
        match self {
            Self::Word(word) => format!("{word:?}"),
            Self::Not => "!".into(),
            Self::And => "&&".into(),
            Self::Or => "||".into(),
            Self::Open => "(".into(),
            Self::Close => ")".into(),
        }
    }
}

fn tokens(text: &str) -> Result<Vec<Token<'_>>, String> {
    const SIGNS: &[(&str, Token<'static>)] = &[
        ("&&", Token::And),
        ("||", Token::Or),
        ("!", Token::Not),
        ("(", Token::Open),
        (")", Token::Close),
    ];
    let is_letter = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-');
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let sign = SIGNS.iter().find(|(sign, _)| rest.starts_with(sign));
        let (length, token) = match sign {
            Some((sign, token)) => (sign.len(), *token),
            None => {
                let end = rest.find(|c: char| !is_letter(c)).unwrap_or(rest.len());
                if end == 0 {
                    let why = "contexts are joined by &&, || and ! alone";
                    return Err(format!("\"when\": {first:?} is not understood: {why}"));
                }
                (end, Token::Word(&rest[..end]))
            }
        };
        tokens.push(token);
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

struct Reader<'a> {
    tokens: &'a [Token<'a>],
    depth: usize,
}

impl Reader<'_> {
    fn takes(&mut self, wanted: Token<'_>) -> bool {
        match self.tokens {
            [first, rest @ ..] if *first == wanted => {
                self.tokens = rest;
                true
            }
            _ => false,
        }
    }

    fn any(&mut self) -> Result<Tree, String> {
        let mut trees = vec![self.all()?];
        while self.takes(Token::Or) {
            trees.push(self.all()?);
        }
        Ok(Tree::Any(trees))
    }

    fn all(&mut self) -> Result<Tree, String> {
        let mut trees = vec![self.one()?];
        while self.takes(Token::And) {
            trees.push(self.one()?);
        }
        Ok(Tree::All(trees))
    }

    fn one(&mut self) -> Result<Tree, String> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(format!("\"when\": it is more than {DEPTH_MAX} deep"));
        }
        let [first, rest @ ..] = self.tokens else {
            return Err("\"when\": it ends where a context is missing".into());
        };
        self.tokens = rest;
        let tree = match first {
            Token::Word(word) => Tree::Is(context(word)?),
            Token::Not => Tree::Not(Box::new(self.one()?)),
            Token::Open => {
                let tree = self.any()?;
                if !self.takes(Token::Close) {
                    return Err("\"when\": a ) is missing".into());
                }
                tree
            }
            other => {
                return Err(format!(
                    "\"when\": a context is missing before {}",
                    other.shown()
                ));
            }
        };
        self.depth -= 1;
        Ok(tree)
    }
}

fn context(word: &str) -> Result<Context, String> {
    let known = Context::of_name(word);
    known.ok_or_else(|| {
        let names = Context::ALL.map(Context::name).join(", ");
        format!("\"when\": there is no context {word:?}; there are {names}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PALETTE: &[Context] = &[Context::Palette, Context::Editor, Context::Anywhere];
    const TERMINAL: &[Context] = &[Context::Terminal, Context::Anywhere];

    #[test]
    fn contexts_are_joined_as_the_signs_bind() {
        for (text, in_palette, in_terminal) in [
            ("palette", true, false),
            ("pane", false, true),
            ("!terminal", true, false),
            ("!!terminal", false, true),
            ("editor && palette", true, false),
            ("editor&&!palette", false, false),
            ("palette || terminal", true, true),
            ("terminal || palette && !editor", false, true),
            ("(terminal || palette) && !editor", false, true),
            ("!(list || terminal)", true, false),
        ] {
            let when = When::parse(text).unwrap();
            let held = (when.holds(PALETTE), when.holds(TERMINAL));
            assert_eq!(held, (in_palette, in_terminal), "{text}");
        }
    }

    #[test]
    fn what_is_not_understood_is_said() {
        let deep = "(".repeat(10_000);
        for (text, why) in [
            ("editorTextFocus", "no context \"editorTextFocus\""),
            ("palette &&", "ends where a context is missing"),
            ("&& palette", "missing before &&"),
            ("palette list", "\"list\" is one too many"),
            ("palette == 'list'", "'=' is not understood"),
            ("(palette", "a ) is missing"),
            ("palette)", ") is one too many"),
            (deep.as_str(), "deep"),
        ] {
            let error = When::parse(text).unwrap_err();
            assert!(error.contains(why), "{text:.20}: {error}");
        }
    }

    #[test]
    fn what_is_asked_for_is_told_from_what_must_not_be() {
        let when = When::parse("palette && !(find || !wall)").unwrap();
        assert!(when.asks_for(Context::Palette) && when.asks_for(Context::Wall));
        assert!(!when.asks_for(Context::Find));
        assert!(!When::parse("!terminal").unwrap().asks());
    }
}
