//! An agent's own registry of its sessions: a small file of JSON for each process, which it writes as its state
//! changes. Undocumented, so read with tolerance: what is not understood says nothing.

use serde_json::Value;

use super::Provider;
use super::claim::Says;

/// The largest file that is read; the real ones have a few hundred bytes.
pub const FILE_BYTES_MAX: u64 = 64 * 1024;

/// What a registry says of a process.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// The state, if it is one that is known.
    pub says: Option<Says>,
    /// The conversation's id.
    pub conversation: Option<String>,
}

/// Reads an entry of the provider's registry.
#[must_use]
pub fn read(provider: &Provider, bytes: &[u8]) -> Entry {
    let Ok(Value::Object(fields)) = serde_json::from_slice(bytes) else {
        return Entry::default();
    };
    let Some(registry) = &provider.registry else {
        return Entry::default();
    };
    let text = |name: &str| fields.get(name).and_then(Value::as_str);
    let status = text(&registry.status);
    let rule = status.and_then(|status| registry.says.iter().find(|it| it.when == status));
    let conversation = text(&registry.conversation).filter(|id| is_id(id));
    Entry {
        says: rule.map(|rule| Says {
            also: rule.also.clone(),
            ..Says::just(rule.state, rule.says.clone())
        }),
        conversation: conversation.map(str::to_owned),
    }
}

/// Ids become arguments of a command: they are letters, digits and hyphens.
fn is_id(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    !text.is_empty() && text.len() <= 128 && !text.starts_with('-') && text.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use agor_proto::agent::State;

    use super::*;
    use crate::agents::Providers;

    fn entry(text: &str) -> Entry {
        let providers = Providers::built_in();
        read(providers.get("claude").unwrap(), text.as_bytes())
    }

    #[test]
    fn an_entry_says_state_and_conversation() {
        let known = entry(r#"{"pid":7,"sessionId":"a-1","status":"busy","later":[1]}"#);
        assert_eq!(known.says.map(|it| it.state), Some(State::Working));
        assert_eq!(known.conversation.as_deref(), Some("a-1"));
    }

    #[test]
    fn what_is_not_understood_says_nothing() {
        for text in [
            "",
            "[]",
            "{\"status\":\"busy\"",
            "{\"status\":3,\"sessionId\":[]}",
            "{\"status\":\"shell\",\"sessionId\":\"--dangerous\"}",
            "{\"sessionId\":\"a b\"}",
        ] {
            assert_eq!(entry(text), Entry::default(), "{text}");
        }
    }

    #[test]
    fn an_agent_without_a_registry_has_no_entry() {
        let providers = Providers::built_in();
        let entry = read(providers.get("aider").unwrap(), br#"{"status":"busy"}"#);
        assert_eq!(entry, Entry::default());
    }
}
