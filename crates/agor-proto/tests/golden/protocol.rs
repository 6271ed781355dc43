//! `PROTOCOL.md`, from the table of messages, the types with what is written above them, and the samples.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use agor_proto::frame::{HEADER_BYTES, Lane};
use agor_proto::message::Message;
use agor_proto::{PROTOCOL_VERSION, error::ErrorCode, limits::FRAME_BODY_MAX};

use super::samples;

/// The modules whose types are on the wire, in the order in which they are shown.
const MODULES: &[&str] = &[
    "message", "command", "query", "session", "agent", "event", "screen", "row", "input", "usage",
    "stats",
];

/// A type as it is written down.
struct Type {
    name: String,
    module: &'static str,
    doc: String,
    is_enum: bool,
    /// How deep each is (1 for a field of a variant), what it is called, its type, what it means.
    members: Vec<(usize, String, String, String)>,
}

/// Returns the page.
pub fn page() -> String {
    let types: Vec<Type> = MODULES.iter().flat_map(|module| types_of(module)).collect();
    let mut page = format!(
        "# Protocol\n\nGenerated from the types of this crate by `cargo xtask golden`; `README.md` tells how they are used.\n\nVersion {PROTOCOL_VERSION}. \
         A frame is `u32 length | u8 version | u8 lane | u16 kind | body` in network order: {HEADER_BYTES} bytes, and at most {FRAME_BODY_MAX} of body, which is \
         MessagePack with named fields. The samples show bodies as `agor tap` does; ids are `bin` on the wire.\n\n## Lanes\n\n| number | lane |\n|---:|---|\n"
    );
    for lane in Lane::ALL {
        writeln!(page, "| {} | {} |", lane as u8, lane.name()).unwrap();
    }
    page.push_str("\n## Messages\n\n| number | lane | message | |\n|---|---|---|---|\n");
    let found = |name: &str| types.iter().find(|found| found.name == name);
    for (kind, lane, name) in Message::TABLE {
        let doc = found(name).map_or("", |found| &found.doc);
        let lane = lane.name();
        writeln!(
            page,
            "| `{kind:#06x}` | {lane} | [{name}](#{}) | {doc} |",
            name.to_lowercase()
        )
        .unwrap();
    }
    for (kind, _, name) in Message::TABLE {
        let found = found(name).unwrap_or_else(|| panic!("no type is called {name}"));
        show(&mut page, found);
        let samples = samples::messages()
            .into_iter()
            .filter(|(_, sample)| sample.kind() == *kind);
        let bodies = samples.map(|(_, sample)| {
            let sample = serde_json::to_value(&sample).unwrap();
            sample["body"].to_string()
        });
        let shortest = bodies.min_by_key(String::len).unwrap_or_default();
        writeln!(page, "\n```json\n{shortest}\n```").unwrap();
    }
    page.push_str("\n## What they hold\n");
    let is_message = |name: &str| Message::TABLE.iter().any(|(_, _, known)| *known == name);
    for found in types.iter().filter(|found| !is_message(&found.name)) {
        show(&mut page, found);
    }
    page.push_str("\n## Errors\n\n| code | asked again | exit code of a verb |\n|---|---|---:|\n");
    for code in ErrorCode::ALL {
        writeln!(
            page,
            "| `{}` | {:?} | {} |",
            code.name(),
            code.retry(),
            code.exit_code()
        )
        .unwrap();
    }
    page
}

fn show(page: &mut String, shown: &Type) {
    let Type {
        name,
        module,
        doc,
        is_enum,
        members,
    } = shown;
    writeln!(page, "\n### {name}\n\n{doc} (`{module}`)").unwrap();
    if members.is_empty() {
        return;
    }
    let head = if *is_enum { "variant" } else { "field" };
    writeln!(page, "\n| {head} | type | |\n|---|---|---|").unwrap();
    for (depth, name, of, doc) in members {
        let indent = "&nbsp;&nbsp;".repeat(*depth);
        let of = if of.is_empty() {
            String::new()
        } else {
            format!("`{of}`")
        };
        writeln!(page, "| {indent}`{name}` | {of} | {doc} |").unwrap();
    }
}

/// Reads the types of a module as rustfmt writes them.
fn types_of(module: &'static str) -> Vec<Type> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/{module}.rs"));
    let text = fs::read_to_string(path).unwrap();
    let (mut types, mut doc, mut on_wire) = (Vec::new(), String::new(), false);
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(text) = line.strip_prefix("///") {
            add(&mut doc, text);
        } else if line.starts_with("#[") || line.starts_with("    ") || line.starts_with(')') {
            // Attributes, and what a macro holds, lie between a type and what is said of it.
            on_wire |= line.contains("derive(") && line.contains("Serialize");
        } else {
            let head = line
                .strip_prefix("pub ")
                .and_then(|line| line.split_once(' '));
            if let Some((keyword @ ("struct" | "enum"), rest)) = head
                && on_wire
            {
                let name = rest
                    .split(|c: char| !c.is_alphanumeric())
                    .next()
                    .unwrap_or(rest);
                let members = if rest.ends_with('{') {
                    members(&mut lines)
                } else {
                    Vec::new()
                };
                types.push(Type {
                    name: name.to_owned(),
                    module,
                    doc: std::mem::take(&mut doc),
                    is_enum: keyword == "enum",
                    members,
                });
            }
            doc.clear();
            on_wire = false;
        }
    }
    types
}

/// Reads the fields or variants up to the end of their type.
fn members<'a>(lines: &mut impl Iterator<Item = &'a str>) -> Vec<(usize, String, String, String)> {
    let (mut members, mut doc) = (Vec::new(), String::new());
    for line in lines {
        if line == "}" {
            break;
        }
        let depth = (line.len() - line.trim_start().len()) / 4;
        let line = line.trim();
        if let Some(text) = line.strip_prefix("///") {
            add(&mut doc, text);
        } else if !line.starts_with(['#', '}', ')']) && !line.is_empty() && depth > 0 {
            let line = line.strip_prefix("pub ").unwrap_or(line);
            let line = line.trim_end_matches([',', '{', ' ']);
            let (name, of) = match line.split_once(": ") {
                Some((name, of)) => (name, of),
                None => match line.split_once('(') {
                    Some((name, of)) => (name, of.trim_end_matches(')')),
                    None => (line, ""),
                },
            };
            members.push((
                depth - 1,
                name.to_owned(),
                of.to_owned(),
                std::mem::take(&mut doc),
            ));
        }
    }
    members
}

/// Adds a line of what is said of something; bars would end a cell of the table.
fn add(doc: &mut String, text: &str) {
    if !doc.is_empty() {
        doc.push(' ');
    }
    doc.push_str(&text.trim().replace('|', "\\|"));
}
