//! An agent's own registry of its sessions: a small file of JSON for each process, which it writes as its state
//! changes. Undocumented, so read with tolerance: what is not understood says nothing.

use serde_json::Value as Json;

use super::Provider;
use super::claim::Says;
use super::providers::Value;
use super::transcript::is_id;

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
    let Ok(Json::Object(fields)) = serde_json::from_slice(bytes) else {
        return Entry::default();
    };
    let Some(registry) = &provider.registry else {
        return Entry::default();
    };
    let text = |name: &str| fields.get(name).and_then(Json::as_str);
    let status = text(&registry.status);
    let detail = text(&registry.detail);
    let is_right = |status: &str, rule: &Value| {
        rule.when == status && (rule.detail.is_none() || rule.detail.as_deref() == detail)
    };
    let rule = status.and_then(|status| registry.says.iter().find(|it| is_right(status, it)));
    let conversation = text(&registry.conversation).filter(|id| is_id(id));
    Entry {
        says: rule.map(|rule| Says {
            also: rule.also.clone(),
            ..Says::just(rule.state, rule.says.clone())
        }),
        conversation: conversation.map(str::to_owned),
    }
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

    /// What Claude Code 2.1.329 writes, with its own paths left out.
    fn real(more: &str) -> String {
        format!(
            r#"{{"pid":7700,"sessionId":"f65220ed-811d-4409-af60-1463b3722451","startedAt":1796032711298,
            "version":"2.1.329","peerFeatures":["notify_idle"],"kind":"interactive","entrypoint":"cli",
            "asksForConvertedSkills":null,"name":"work-71","updatedAt":1796032711558{more}}}"#
        )
    }

    #[test]
    fn an_entry_says_state_and_conversation() {
        for (more, state) in [
            ("", None),
            (r#","status":"idle","statusUpdatedAt":1"#, Some(State::Idle)),
            (r#","status":"busy""#, Some(State::Working)),
            (
                r#","status":"waiting","waitingFor":"permission prompt""#,
                Some(State::NeedsPermission),
            ),
            (
                r#","status":"waiting","waitingFor":"input needed""#,
                Some(State::NeedsAnswer),
            ),
            (
                r#","status":"waiting","waitingFor":"what is to come""#,
                Some(State::NeedsPermission),
            ),
        ] {
            let known = entry(&real(more));
            assert_eq!(known.says.map(|it| it.state), state, "{more}");
            let id = "f65220ed-811d-4409-af60-1463b3722451";
            assert_eq!(known.conversation.as_deref(), Some(id));
        }
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
