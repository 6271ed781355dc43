//! What a script can wish for, and by which of its tools a client does it. A client that offers more than
//! one way gets the one that stands first.

use serde_json::{Value, json};

/// What a script wishes the client to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// Run a command.
    Run,
    /// Write a file.
    Write,
    /// Ask the person.
    Ask,
}

/// A tool that the model asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The id that its result will carry.
    pub id: String,
    /// The tool's name.
    pub tool: String,
    /// What it is given.
    pub input: Input,
}

/// What a tool is given.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// Named arguments.
    Arguments(Value),
    /// Text in a language of the tool's own.
    Free(String),
}

struct Way {
    wish: Wish,
    tool: &'static str,
    input: fn(&str) -> Input,
}

const fn way(wish: Wish, tool: &'static str, input: fn(&str) -> Input) -> Way {
    Way { wish, tool, input }
}

/// What is written into every file.
const CONTENT: &str = "written by a script\n";

const WAYS: &[Way] = &[
    way(Wish::Run, "Bash", |command| {
        Input::Arguments(json!({ "command": command, "description": "Runs a command" }))
    }),
    way(Wish::Run, "bash", |command| {
        Input::Arguments(json!({ "command": command, "description": "Runs a command" }))
    }),
    way(Wish::Run, "run_shell_command", |command| {
        Input::Arguments(json!({ "command": command, "description": "Runs a command" }))
    }),
    way(Wish::Run, "exec_command", |command| {
        // Such a client asks the person only where the model says that it should.
        Input::Arguments(
            json!({ "cmd": command, "sandbox_permissions": "require_escalated",
            "justification": "May the script run this?" }),
        )
    }),
    way(Wish::Run, "shell_command", |command| {
        Input::Arguments(
            json!({ "command": command, "sandbox_permissions": "require_escalated",
            "justification": "May the script run this?" }),
        )
    }),
    way(Wish::Run, "shell", |command| {
        Input::Arguments(json!({ "command": ["bash", "-lc", command] }))
    }),
    way(Wish::Write, "Write", |path| {
        Input::Arguments(json!({ "file_path": path, "content": CONTENT }))
    }),
    way(Wish::Write, "write", |path| {
        Input::Arguments(json!({ "filePath": path, "content": CONTENT }))
    }),
    way(Wish::Write, "write_file", |path| {
        Input::Arguments(json!({ "file_path": path, "content": CONTENT }))
    }),
    way(Wish::Write, "apply_patch", |path| Input::Free(patch(path))),
    way(Wish::Write, "exec_command", |path| {
        let command = format!("apply_patch <<'EOF'\n{}\nEOF", patch(path));
        Input::Arguments(json!({ "cmd": command }))
    }),
    way(Wish::Ask, "AskUserQuestion", |question| {
        let options = json!([
            { "label": "The first", "description": "As it is" },
            { "label": "The second", "description": "Otherwise" },
        ]);
        let question = json!({ "question": question, "header": "Choice", "options": options, "multiSelect": false });
        Input::Arguments(json!({ "questions": [question] }))
    }),
    way(Wish::Ask, "question", |question| {
        let options = json!([
            { "label": "The first", "description": "As it is" },
            { "label": "The second", "description": "Otherwise" },
        ]);
        let question = json!({ "question": question, "header": "Choice", "options": options });
        Input::Arguments(json!({ "questions": [question] }))
    }),
    way(Wish::Ask, "ask_user_question", |question| {
        let options = json!([
            { "label": "The first", "description": "As it is" },
            { "label": "The second", "description": "Otherwise" },
        ]);
        let question = json!({ "question": question, "header": "Choice", "options": options, "multiSelect": false });
        Input::Arguments(json!({ "questions": [question] }))
    }),
    way(Wish::Ask, "ask_user", |question| {
        let options = json!([
            { "label": "The first", "description": "As it is" },
            { "label": "The second", "description": "Otherwise" },
        ]);
        let asked = json!({ "question": question, "header": "Choice", "type": "choice", "options": options });
        // Two clients call theirs so: one takes questions, the other a form.
        let field = json!({ "type": "string", "enum": ["The first", "The second"] });
        let form = json!({ "properties": { "choice": field }, "required": ["choice"] });
        Input::Arguments(
            json!({ "questions": [asked], "message": question, "requestedSchema": form }),
        )
    }),
    way(Wish::Ask, "request_user_input", |question| {
        let options = json!([
            { "label": "The first", "description": "As it is" },
            { "label": "The second", "description": "Otherwise" },
        ]);
        let question =
            json!({ "id": "choice", "question": question, "header": "Choice", "options": options });
        Input::Arguments(json!({ "questions": [question] }))
    }),
];

fn patch(path: &str) -> String {
    format!("*** Begin Patch\n*** Add File: {path}\n+{CONTENT}*** End Patch")
}

impl Wish {
    /// Returns what a client that has no tools takes for the wish: Aider's way to edit and to run.
    pub fn in_text(self, what: &str) -> String {
        match self {
            Self::Run => format!("\n```bash\n{what}\n```\n"),
            Self::Write => {
                let edit = format!("<<<<<<< SEARCH\n=======\n{CONTENT}>>>>>>> REPLACE");
                format!("\n{what}\n```\n{edit}\n```\n")
            }
            Self::Ask => format!("{what}?\n"),
        }
    }

    /// Returns the call by which a client that offers `tools` does this.
    pub fn call(self, what: &str, tools: &[String], id: String) -> Result<Call, String> {
        let way = WAYS
            .iter()
            .filter(|way| way.wish == self)
            .find(|way| tools.iter().any(|tool| tool == way.tool));
        let way =
            way.ok_or_else(|| format!("the client has no tool for {self:?}; it has {tools:?}"))?;
        Ok(Call {
            id,
            tool: way.tool.to_owned(),
            input: (way.input)(what),
        })
    }
}

impl Input {
    /// Returns the named arguments, with text in a language of the tool's own as the one named `input`.
    pub fn arguments(&self) -> Value {
        match self {
            Self::Arguments(arguments) => arguments.clone(),
            Self::Free(text) => json!({ "input": text }),
        }
    }
}
