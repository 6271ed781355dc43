//! What a person has typed into a field and not sent. It is stored while the field is open, so that a window that was
//! killed, or opened again for an update, has it there; whoever closes the field has decided about it. Of what is typed
//! into settings, which may be a secret, and into fields of private sessions nothing is kept.

use agor_proto::ids::SessionId;
use serde::{Deserialize, Serialize};

/// Fields of which something is kept; of more the oldest is forgotten.
pub const DRAFTS_MAX: usize = 64;

/// Bytes of a text that are kept.
pub const DRAFT_MAX_BYTES: usize = 16 * 1024;

/// A field.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// What an agent is to do, asked before it is started.
    Prompt,
    /// A reply to a session's question.
    Reply(SessionId),
    /// What is looked for in a session's pane.
    Find(SessionId),
    /// What was typed on a page, by the name of its kind.
    Page(&'static str),
}

impl Field {
    /// Returns its name in what is stored.
    fn name(&self) -> String {
        match self {
            Self::Prompt => "prompt".to_owned(),
            Self::Reply(session) => format!("reply {session}"),
            Self::Find(session) => format!("find {session}"),
            Self::Page(kind) => format!("page {kind}"),
        }
    }
}

/// See the module.
#[derive(Debug, Default)]
pub struct Drafts {
    /// By the names of their fields, the newest last.
    texts: Vec<Draft>,
    /// What is open.
    open: Vec<(Field, String)>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Draft {
    field: String,
    text: String,
}

impl Drafts {
    /// Reads what was stored; what cannot be read is none.
    #[must_use]
    pub fn from_json(json: &str) -> Self {
        let mut texts: Vec<Draft> = serde_json::from_str(json).unwrap_or_default();
        texts.retain(|draft| draft.text.len() <= DRAFT_MAX_BYTES);
        texts.drain(..texts.len().saturating_sub(DRAFTS_MAX));
        Self {
            texts,
            open: Vec::new(),
        }
    }

    /// Returns them as they are stored.
    #[must_use]
    pub fn to_json(&self) -> String {
        // All of it is text, so that nothing can fail.
        serde_json::to_string(&self.texts).unwrap_or_default()
    }

    /// Says whether nothing is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// Returns what was typed into a field and not sent.
    #[must_use]
    pub fn of(&self, field: &Field) -> Option<&str> {
        let name = field.name();
        let mut texts = self.texts.iter();
        let draft = texts.find(|draft| draft.field == name)?;
        Some(&draft.text)
    }

    /// Forgets what was typed for sessions that are gone.
    pub fn retain(&mut self, is_there: impl Fn(SessionId) -> bool) {
        self.texts.retain(|draft| {
            let session = draft.field.split_once(' ').map(|(_, session)| session);
            session
                .and_then(|session| session.parse().ok())
                .is_none_or(&is_there)
        });
    }

    /// Takes what stands in the fields that are open; says whether anything of it is to be stored.
    pub fn take(&mut self, open: Vec<(Field, String)>) -> bool {
        if open == self.open {
            return false;
        }
        let before = std::mem::replace(&mut self.open, open);
        let texts = self.texts.clone();
        for (field, _) in before {
            if !self.open.iter().any(|(open, _)| *open == field) {
                self.put(&field, "");
            }
        }
        for (field, text) in self.open.clone() {
            self.put(&field, &text);
        }
        texts != self.texts
    }

    fn put(&mut self, field: &Field, text: &str) {
        let name = field.name();
        let text = &text[..text.floor_char_boundary(DRAFT_MAX_BYTES)];
        let known = self.texts.iter().position(|draft| draft.field == name);
        match known {
            Some(at) if text.is_empty() => drop(self.texts.remove(at)),
            Some(at) => text.clone_into(&mut self.texts[at].text),
            None if text.is_empty() => {}
            None => {
                if self.texts.len() >= DRAFTS_MAX {
                    self.texts.remove(0);
                }
                self.texts.push(Draft {
                    field: name,
                    text: text.to_owned(),
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::session_id;

    fn typed(field: Field, text: &str) -> (Field, String) {
        (field, text.to_owned())
    }

    #[test]
    fn what_is_typed_is_kept_while_its_field_is_open_and_over_a_restart() {
        let mut drafts = Drafts::default();
        let reply = || Field::Reply(session_id(1));
        assert!(drafts.take(vec![typed(reply(), "ye")]));
        assert!(drafts.take(vec![typed(reply(), "yes"), typed(Field::Prompt, "mend")]));
        assert!(!drafts.take(vec![typed(reply(), "yes"), typed(Field::Prompt, "mend")]));
        let mut read = Drafts::from_json(&drafts.to_json());
        assert_eq!(read.of(&reply()), Some("yes"));
        assert_eq!(read.of(&Field::Prompt), Some("mend"));
        // Fields that nobody has opened since the restart keep theirs, those that were closed do not.
        assert!(!read.take(Vec::new()));
        assert_eq!(read.of(&reply()), Some("yes"));
        assert!(!read.take(vec![typed(reply(), "yes")]), "it stands there");
        assert!(read.take(Vec::new()));
        assert_eq!(read.of(&reply()), None);
        assert_eq!(read.of(&Field::Prompt), Some("mend"));
        assert!(read.take(vec![typed(Field::Prompt, "")]));
        assert!(read.is_empty());
    }

    #[test]
    fn what_is_kept_is_bounded_and_what_is_damaged_or_gone_is_left_out() {
        let mut drafts = Drafts::default();
        let long = "ü".repeat(DRAFT_MAX_BYTES);
        drafts.take(vec![typed(Field::Prompt, &long)]);
        assert_eq!(drafts.of(&Field::Prompt).unwrap().len(), DRAFT_MAX_BYTES);
        for session in 0..=100 {
            let find = Field::Find(session_id(session));
            let mut open = drafts.open.clone();
            open.push((find, "x".into()));
            drafts.take(open);
        }
        assert_eq!(drafts.texts.len(), DRAFTS_MAX);
        assert_eq!(drafts.of(&Field::Find(session_id(100))), Some("x"));
        let mut read = Drafts::from_json(&drafts.to_json());
        read.retain(|session| session == session_id(99));
        assert_eq!(read.texts.len(), 1);
        assert!(Drafts::from_json("no").is_empty());
        assert!(Drafts::from_json(r#"[{"field":1}]"#).is_empty());
        let huge = "x".repeat(DRAFT_MAX_BYTES + 1);
        let json = format!(r#"[{{"field":"prompt","text":"{huge}"}}]"#);
        assert!(Drafts::from_json(&json).is_empty());
    }
}
