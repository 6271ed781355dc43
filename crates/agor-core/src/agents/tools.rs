//! What is known of agents' tools by their names. No other code names one: a tool that two places knew would be
//! forgotten in one of them.

/// What a tool does that its name says for certain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Does {
    /// It writes the file that its input names.
    WriteItsFile,
}

/// The tools, as their agents call them.
const TOOLS: &[(&str, Does)] = &[
    // Claude Code; Copilot CLI in hooks of its form, whatever it calls them itself (since 1.0.62).
    ("Edit", Does::WriteItsFile),
    ("MultiEdit", Does::WriteItsFile),
    ("Write", Does::WriteItsFile),
    // Qwen Code; the first is pi's, too.
    ("edit", Does::WriteItsFile),
    ("write_file", Does::WriteItsFile),
    // pi.
    ("write", Does::WriteItsFile),
];

/// Returns what a tool does, if that is known.
#[must_use]
pub fn does(tool: &str) -> Option<Does> {
    let known = TOOLS.iter().find(|(name, _)| *name == tool);
    known.map(|(_, does)| *does)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    /// Adds the sources below `folder` that are no tests', each with its name.
    fn sources(folder: &Path, all: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && name != "tests" {
                sources(&path, all);
            } else if name.ends_with(".rs") && name != "tests.rs" {
                let source = fs::read_to_string(&path).unwrap();
                let code = source.split("#[cfg(test)]\nmod ").next().unwrap();
                all.push((path.display().to_string(), code.to_owned()));
            }
        }
    }

    #[test]
    fn a11_no_other_code_names_an_agents_tool() {
        let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut all = Vec::new();
        for folder in ["agents", "host"] {
            sources(&ours.join(folder), &mut all);
        }
        // And those that ask, wait for a person or run commands, of which nothing is known by name.
        let asking = ["AskUserQuestion", "ExitPlanMode", "Bash", "apply_patch"];
        let names = TOOLS.iter().map(|(name, _)| *name).chain(asking);
        let literals: Vec<String> = names.map(|name| format!("\"{name}\"")).collect();
        let mut seen = 0;
        for (path, code) in &all {
            let named = literals.iter().filter(|literal| code.contains(*literal));
            let named: Vec<_> = named.collect();
            match path.ends_with("agents/tools.rs") {
                true => seen = named.len(),
                false => assert!(named.is_empty(), "{path} names {named:?}"),
            }
        }
        assert_eq!(seen, TOOLS.len(), "the table was looked at");
        assert!(all.len() > 50, "{}", all.len());
    }

    #[test]
    fn a_tool_is_known_by_the_name_that_its_agent_gives_it_and_no_other() {
        assert_eq!(does("Edit"), Some(Does::WriteItsFile));
        assert_eq!(does("Read"), None);
        assert_eq!(does("EDIT"), None);
    }
}
