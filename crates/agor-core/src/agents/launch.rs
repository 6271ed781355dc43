//! How an agent is started: its provider's templates filled in.

use agor_proto::agent::{AgentSpec, Conversation};

use super::Provider;
use super::transcript::names_one;

/// The file of a launch's folder with the settings that its hooks are in.
const SETTINGS: &str = "settings.json";

/// What an agent is started with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// The command and its arguments.
    pub argv: Vec<String>,
    /// Variables that it gets.
    pub env: Vec<(String, String)>,
    /// Variables that it must not have.
    pub strip: Vec<String>,
    /// The conversation's id, if it is known before the agent tells it.
    pub conversation: Option<String>,
    /// Files of its launch's folder, each its name and text, to be written before it starts: its hooks are in them.
    pub files: Vec<(String, String)>,
}

/// What a plan is made for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// What was asked for.
    pub spec: &'a AgentSpec,
    /// Arguments of the person's own.
    pub more: &'a [String],
    /// An id for a new conversation.
    pub fresh: &'a str,
    /// The conversation that goes on, since the session is started again.
    pub again: Option<&'a str>,
    /// The folder in which files of the launch can stand, and the command that the hooks run.
    pub hooks: Option<(&'a str, &'a str)>,
}

impl Provider {
    /// Returns how the agent is started.
    ///
    /// # Errors
    /// What the provider cannot do, in a sentence.
    pub fn plan(&self, wanted: Wanted<'_>) -> Result<Plan, String> {
        let Wanted { spec, more, .. } = wanted;
        let program = self.programs.first().unwrap_or(&self.id);
        let mut argv = vec![program.clone()];
        argv.extend(self.start.iter().cloned());
        let mut add = |template: &[String], name: &str, value: &str, option: &str| {
            if template.is_empty() {
                return Err(self.refuses(option));
            }
            let pattern = format!("{{{name}}}");
            argv.extend(template.iter().map(|it| it.replace(&pattern, value)));
            Ok(())
        };
        if let Some(model) = &spec.model {
            add(&self.model, "model", model, "model")?;
        }
        if let Some(mode) = &spec.mode {
            if !self.modes.is_empty() && !self.modes.contains(mode) {
                let modes = self.modes.join(", ");
                return Err(format!(
                    "{} has no mode {mode:?}: it has {modes}",
                    self.name
                ));
            }
            add(&self.mode, "mode", mode, "mode")?;
        }
        let resumes = wanted.again.filter(|_| !self.resume.is_empty());
        let conversation = match (&spec.conversation, resumes) {
            (_, Some(id)) => {
                add(&self.resume, "id", id, "resume")?;
                Some(id.to_owned())
            }
            (Conversation::Resume { id } | Conversation::Fork { id }, None) if !names_one(id) => {
                return Err(format!("{id:?} is no id of a conversation"));
            }
            (Conversation::Resume { id }, None) => {
                add(&self.resume, "id", id, "resume")?;
                Some(id.clone())
            }
            (Conversation::Fork { id }, None) => {
                let named = |it: &String| it.replace("{new}", wanted.fresh);
                let fork: Vec<String> = self.fork.iter().map(named).collect();
                add(&fork, "id", id, "fork")?;
                (fork != self.fork).then(|| wanted.fresh.to_owned())
            }
            (Conversation::New, None) if self.session.is_empty() => None,
            (Conversation::New, None) => {
                add(&self.session, "id", wanted.fresh, "")?;
                Some(wanted.fresh.to_owned())
            }
            (Conversation::Unknown, None) => {
                return Err("this host does not know how to begin that conversation".into());
            }
        };
        let mut files = Vec::new();
        let mut env: Vec<_> = self.env.clone().into_iter().collect();
        if let Some((folder, command)) = wanted.hooks.filter(|_| self.takes_hooks()) {
            let file = format!("{folder}/{SETTINGS}");
            let filled = |it: &String| it.replace("{file}", &file).replace("{folder}", folder);
            argv.extend(self.settings.iter().map(filled));
            let variables = self.hook_env.iter();
            env.extend(variables.map(|(name, value)| (name.clone(), filled(value))));
            files = self.files_with_hooks(command);
        }
        argv.extend(more.iter().cloned());
        // What it was told first was said already.
        if let (Some(prompt), None) = (&spec.prompt, wanted.again) {
            if self.prompt.is_empty() {
                return Err(self.refuses("prompt"));
            }
            argv.extend(self.prompt.iter().map(|it| it.replace("{prompt}", prompt)));
        }
        Ok(Plan {
            argv,
            env,
            strip: self.strip.clone(),
            conversation,
            files,
        })
    }

    /// Says whether hooks can be given it for one launch.
    #[must_use]
    pub fn takes_hooks(&self) -> bool {
        let named = !self.settings.is_empty() || !self.hook_env.is_empty();
        named && !(self.hooks.is_empty() && self.hook_files.is_empty())
    }

    /// Returns the files whose hooks run `command`.
    fn files_with_hooks(&self, command: &str) -> Vec<(String, String)> {
        // A literal of JSON is one of JavaScript too.
        let literal = serde_json::Value::from(command).to_string();
        let own = self.hook_files.iter();
        let own = own.map(|(name, text)| (name.clone(), text.replace("{command}", &literal)));
        let settings = (!self.hooks.is_empty()).then(|| self.hook_settings(command));
        let settings = settings.map(|text| (SETTINGS.to_owned(), text));
        own.chain(settings).collect()
    }

    /// Returns the settings whose hooks run `command`.
    fn hook_settings(&self, command: &str) -> String {
        let hook = serde_json::json!([{
            "hooks": [{ "type": "command", "command": command, "timeout": self.hook_timeout.unwrap_or(5) }],
        }]);
        let hooks = self.hooks.iter().map(|event| (event.clone(), hook.clone()));
        let hooks: serde_json::Map<_, _> = hooks.collect();
        serde_json::json!({ "hooks": hooks }).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Providers;
    use super::*;

    fn spec(provider: &str) -> AgentSpec {
        AgentSpec {
            trusted: true,
            provider: provider.into(),
            model: None,
            mode: None,
            prompt: None,
            conversation: Conversation::New,
        }
    }

    fn plan(spec: &AgentSpec, again: Option<&str>) -> Result<Plan, String> {
        let providers = Providers::built_in();
        let wanted = Wanted {
            spec,
            more: &["--verbose".into()],
            fresh: "f-1",
            again,
            hooks: Some(("/run/s", "'/bin/agord' hook claude")),
        };
        providers.get(&spec.provider).expect("a row").plan(wanted)
    }

    fn json(files: &[(String, String)], name: &str) -> serde_json::Value {
        let file = files.iter().find(|(it, _)| it == name);
        serde_json::from_str(&file.expect("a file").1).expect("JSON")
    }

    fn argv(plan: Result<Plan, String>) -> String {
        plan.expect("a plan").argv.join(" ")
    }

    #[test]
    fn a_new_conversation_gets_an_id_and_hooks_of_its_own() {
        let made = plan(
            &AgentSpec {
                model: Some("opus".into()),
                mode: Some("plan".into()),
                prompt: Some("-fix it".into()),
                ..spec("claude")
            },
            None,
        );
        let made = made.expect("a plan");
        assert_eq!(made.conversation.as_deref(), Some("f-1"));
        assert_eq!(
            made.argv.join(" "),
            "claude --model opus --permission-mode plan --session-id f-1 \
             --settings /run/s/settings.json --verbose -- -fix it"
        );
        let settings = json(&made.files, "settings.json");
        let hook = &settings["hooks"]["PermissionRequest"][0]["hooks"][0];
        assert_eq!(hook["command"], "'/bin/agord' hook claude");
    }

    #[test]
    fn hooks_come_by_a_variable_where_no_argument_names_their_file() {
        let made = plan(&spec("qwen"), None).expect("a plan");
        assert_eq!(made.argv.join(" "), "qwen --session-id f-1 --verbose");
        let variable = "QWEN_CODE_SYSTEM_DEFAULTS_PATH".to_owned();
        assert_eq!(made.env, [(variable, "/run/s/settings.json".to_owned())]);
        let settings = json(&made.files, "settings.json");
        let hook = &settings["hooks"]["PermissionRequest"][0]["hooks"][0];
        assert_eq!(hook["timeout"], 5_000, "it counts in milliseconds");
    }

    #[test]
    fn hooks_come_in_files_of_another_form_where_an_agent_has_one() {
        let made = plan(&spec("copilot"), None).expect("a plan");
        let argv = made.argv.join(" ");
        assert_eq!(
            argv,
            "copilot --session-id f-1 --plugin-dir /run/s --verbose"
        );
        assert_eq!(json(&made.files, "plugin.json")["hooks"], "hooks.json");
        let hooks = json(&made.files, "hooks.json");
        let hook = &hooks["hooks"]["UserPromptSubmit"][0];
        assert_eq!(hook["bash"], "'/bin/agord' hook claude");
        assert_eq!(made.files.len(), 2);
    }

    #[test]
    fn an_agent_that_is_started_again_goes_on_and_is_not_prompted_twice() {
        let with_prompt = AgentSpec {
            prompt: Some("go".into()),
            ..spec("claude")
        };
        let again = argv(plan(&with_prompt, Some("c-9")));
        assert!(
            again.contains("--resume c-9") && !again.contains("--session-id"),
            "{again}"
        );
        assert!(!again.ends_with("go"), "{again}");
        let fork = AgentSpec {
            conversation: Conversation::Fork { id: "c-1".into() },
            ..spec("claude")
        };
        let made = plan(&fork, None).expect("a plan");
        let begins = "claude --resume c-1 --fork-session --session-id f-1";
        assert!(made.argv.join(" ").starts_with(begins), "{:?}", made.argv);
        assert_eq!(made.conversation.as_deref(), Some("f-1"), "the copy's");
        let of_codex = AgentSpec {
            provider: "codex".into(),
            ..fork.clone()
        };
        let made = plan(&of_codex, None).expect("a plan");
        assert_eq!(made.argv.join(" "), "codex fork c-1 --verbose");
        assert_eq!(made.conversation, None, "it says which once it has one");
        assert!(argv(plan(&fork, Some("c-2"))).contains("--resume c-2 --settings"));
        assert!(argv(plan(&spec("codex"), Some("c-2"))).contains("resume c-2"));
    }

    #[test]
    fn what_a_provider_cannot_do_is_said_in_words() {
        let resume = AgentSpec {
            conversation: Conversation::Resume { id: "x".into() },
            ..spec("ollama")
        };
        let error = plan(&resume, None).expect_err("no way");
        assert_eq!(
            error,
            "Ollama cannot go on with an earlier conversation when it is started. It keeps no conversation."
        );
        for provider in Providers::built_in().iter() {
            let reasons = provider.cannot.iter();
            let reasons = reasons.flat_map(|it| it.what.iter().map(|what| (what, &it.why)));
            for (option, why) in reasons {
                let mut asks = spec(&provider.id);
                let some = || Some("x".to_owned());
                match &option[..] {
                    "resume" => asks.conversation = Conversation::Resume { id: "x".into() },
                    "fork" => asks.conversation = Conversation::Fork { id: "x".into() },
                    "model" => asks.model = some(),
                    "mode" => asks.mode = some(),
                    _ => asks.prompt = some(),
                }
                let error = plan(&asks, None).expect_err("it cannot");
                let begins = error.starts_with(&provider.name);
                assert!(begins && error.ends_with(why.as_str()), "{option}: {error}");
            }
        }
        let mode = AgentSpec {
            mode: Some("yolo!".into()),
            ..spec("claude")
        };
        assert!(plan(&mode, None).is_err_and(|error| error.contains("acceptEdits")));
    }

    #[test]
    fn what_would_be_an_option_is_no_id_of_a_conversation() {
        let ids = ["--dangerously-skip-permissions", "", "a\nb"];
        for id in ids.map(str::to_owned) {
            let both = [
                Conversation::Resume { id: id.clone() },
                Conversation::Fork { id: id.clone() },
            ];
            for conversation in both {
                let asks = AgentSpec {
                    conversation,
                    ..spec("claude")
                };
                let error = plan(&asks, None).expect_err("it is refused");
                assert!(error.contains("is no id"), "{error}");
            }
        }
    }

    #[test]
    fn every_provider_can_be_started_with_what_it_says_it_takes() {
        for provider in Providers::built_in().iter() {
            let given = |template: &[String]| (!template.is_empty()).then(|| "x".to_owned());
            let spec = AgentSpec {
                model: provider.models.first().cloned().or(given(&provider.model)),
                mode: provider.modes.first().cloned().or(given(&provider.mode)),
                prompt: given(&provider.prompt),
                ..spec(&provider.id)
            };
            let made = argv(plan(&spec, None));
            assert!(!made.contains('{'), "{made}");
            assert!(provider.models.is_empty() || !provider.model.is_empty());
            if provider.fork.is_empty() {
                continue;
            }
            let copy = AgentSpec {
                conversation: Conversation::Fork { id: "c-1".into() },
                ..spec
            };
            let made = argv(plan(&copy, None));
            assert!(made.contains("c-1") && !made.contains('{'), "{made}");
        }
    }
}
