//! `search`: what any session has said, those first that said something last.

use std::io::{self, IsTerminal};
use std::ops::Range;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use agor_proto::agent::State;
use agor_proto::error::ErrorCode;
use agor_proto::limits::WINDOW_ROWS_MAX;
use agor_proto::message::{Part, Query, WindowAt};
use agor_proto::row::Row;
use agor_proto::session::SessionInfo;

use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::{agent_state, output, session_name};
use super::ls::{in_words, life};
use crate::client::search::{Everywhere, FoundLine, SearchEnd, Sought, newest_first};
use crate::client::{Client, ClientError};
use crate::config::{For, Layers, Loaded};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// What to look for
    #[arg(allow_hyphen_values = true)]
    text: String,
    /// It is a regular expression
    #[arg(long, short = 'e')]
    regex: bool,
    /// Upper and lower case are the same; they are anyway if all of it is in lower case
    #[arg(long, short, conflicts_with = "case_sensitive")]
    ignore_case: bool,
    /// Upper and lower case differ
    #[arg(long, short = 's')]
    case_sensitive: bool,
    /// Look only in this session: its name, its id or the begin of its id; may be given again
    #[arg(id = "within", long = "session", value_name = "SESSION")]
    session: Vec<String>,
    /// Look only in sessions of this project: its folder or its name
    #[arg(long, value_name = "PROJECT")]
    project: Option<String>,
    /// Look only in sessions whose agent is in one of these states, like needs-permission,error
    #[arg(id = "agent_state", long = "state", value_name = "STATES", value_delimiter = ',', value_parser = agent_state::parse)]
    state: Vec<State>,
    /// Lines that are printed at the most; 0 for all
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    limit: usize,
    /// Lines that are printed before and behind each
    #[arg(long, short = 'C', value_name = "N", default_value_t = 0)]
    context: usize,
}

pub fn run(arguments: Arguments, context: &Context) -> Result<Exit, Failure> {
    if arguments.text.is_empty() {
        let reason = "an empty text is everywhere: say what to look for";
        return Err(Failure::host(ErrorCode::BadRequest, reason));
    }
    let layers = Loaded::read(&context.paths()?).config.layers;
    context.block_on(async {
        let client = context.client().await?;
        let mut sessions = client.list().await?;
        sessions.sort_by_key(|session| session.id);
        let short = session_name::short_ids(&sessions);
        let named = sessions.iter().map(|session| session.id).zip(short);
        let named: std::collections::HashMap<_, _> = named.collect();
        let mut wanted = wanted(&arguments, &sessions, &layers)?;
        newest_first(&mut wanted);
        let printer = Printer {
            short: wanted.iter().map(|info| named[&info.id].clone()).collect(),
            sessions: wanted,
            json: context.json,
            colors: io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
            terminal: io::stdout().is_terminal(),
            context: arguments.context,
            client: &client,
            headed: None,
        };
        look(&arguments, printer).await
    })
}

/// Prints what is found as it comes.
async fn look(arguments: &Arguments, mut printer: Printer<'_>) -> Result<Exit, Failure> {
    let most = match arguments.limit {
        0 => usize::MAX,
        limit => limit,
    };
    let mut sought = Sought::smart(&arguments.text, arguments.regex, arguments.case_sensitive);
    sought.ignore_case |= arguments.ignore_case;
    let ids: Vec<_> = printer.sessions.iter().map(|info| info.id).collect();
    let mut search = Everywhere::new(printer.client.clone(), ids, sought, most);
    let (mut printed, mut failure) = (0, None);
    while let Some(piece) = search.next().await {
        for line in piece.lines {
            if printed == most {
                output::note(format_args!(
                    "there is more: `--limit` says how many lines are printed"
                ));
                return Ok(Exit::SUCCESS);
            }
            printer.print(piece.session, &line).await?;
            printed += 1;
        }
        match piece.end {
            Some(SearchEnd::Failed(ClientError::Host(error)))
                if error.code == ErrorCode::NoSession =>
            {
                // It was forgotten meanwhile.
            }
            // What cannot be looked for cannot be looked for anywhere.
            Some(SearchEnd::Failed(ClientError::Host(error)))
                if error.code == ErrorCode::BadRequest =>
            {
                return Err(error.into());
            }
            Some(SearchEnd::Failed(error)) => {
                let name = printer.sessions.get(piece.session).map(|info| &info.name);
                let name = output::harmless(name.map_or("a session", String::as_str));
                output::note(format_args!("{name} could not be looked through: {error}"));
                failure = Some(error);
            }
            Some(SearchEnd::Whole | SearchEnd::More) | None => {}
        }
    }
    match failure {
        Some(error) => Err(error.into()),
        None if printed == 0 => Ok(Exit::PROBLEM),
        None => Ok(Exit::SUCCESS),
    }
}

/// Returns the sessions that are looked through.
fn wanted(
    arguments: &Arguments,
    sessions: &[SessionInfo],
    layers: &Layers,
) -> Result<Vec<SessionInfo>, Failure> {
    let mut ids = Vec::new();
    for named in &arguments.session {
        ids.push(session_name::find(sessions, named)?.id);
    }
    let folder = arguments.project.as_deref().map(|typed| {
        let whole = std::path::absolute(Path::new(typed));
        let whole = whole.map_or_else(|_| typed.into(), |path| path.display().to_string());
        let whole = match whole.trim_end_matches('/') {
            "" => "/".to_owned(),
            trimmed => trimmed.to_owned(),
        };
        layers.project_of(&whole).to_owned()
    });
    let is_its = |info: &SessionInfo| {
        let Some((typed, folder)) = arguments.project.as_deref().zip(folder.as_deref()) else {
            return true;
        };
        let project = layers.project_of(&info.folder);
        let name = layers.name(For::Project(project));
        let last = Path::new(project)
            .file_name()
            .and_then(|name| name.to_str());
        project == folder || name.or(last) == Some(typed)
    };
    let states = &arguments.state;
    let wanted = sessions.iter().filter(|info| {
        (ids.is_empty() || ids.contains(&info.id))
            && (states.is_empty() || states.contains(&info.state))
            && is_its(info)
    });
    Ok(wanted.cloned().collect())
}

/// Prints lines, for a person in groups below the session's name, else each with that before it.
struct Printer<'a> {
    client: &'a Client,
    sessions: Vec<SessionInfo>,
    short: Vec<String>,
    json: bool,
    terminal: bool,
    colors: bool,
    context: usize,
    /// The session whose lines are being printed.
    headed: Option<usize>,
}

impl Printer<'_> {
    async fn print(&mut self, session: usize, line: &FoundLine) -> Result<(), Failure> {
        let (Some(info), Some(short)) = (self.sessions.get(session), self.short.get(session))
        else {
            return Ok(());
        };
        let around = match self.context {
            0 => Around::default(),
            lines => around(self.client, info, line, lines).await?,
        };
        if self.json {
            return output::json(&json(info, line, &around));
        }
        let first = self.headed != Some(session);
        if self.terminal && first {
            if self.headed.is_some() {
                output::line("")?;
            }
            output::line(heading(info, short, self.colors))?;
        } else if self.context > 0 && self.headed.is_some() {
            output::line("--")?;
        }
        self.headed = Some(session);
        let name = output::harmless(&info.name);
        let print = |row: u32, sign: char, text: String| match self.terminal {
            true => output::line(format_args!("{:>7}{sign} {text}", u64::from(row) + 1)),
            false => output::line(format_args!(
                "{short}\t{name}\t{}\t{text}",
                u64::from(row) + 1
            )),
        };
        for (row, text) in &around.before {
            print(*row, '-', output::harmless(text))?;
        }
        print(line.row, ':', marked(line, self.colors))?;
        for (row, text) in &around.after {
            print(*row, '-', output::harmless(text))?;
        }
        Ok(())
    }
}

fn heading(info: &SessionInfo, short: &str, colors: bool) -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let ago = now.saturating_sub(Duration::from_millis(info.active_millis));
    let name = output::harmless(&info.name);
    let rest = format!(
        "{short}  {}  {}, last output {} ago",
        output::harmless(&info.folder),
        life(&info.life),
        in_words(ago)
    );
    match colors {
        true => format!("\x1b[1m{name}\x1b[0m  {rest}"),
        false => format!("{name}  {rest}"),
    }
}

/// Returns a line in which the hits are marked as grep marks them, and what was left out of it.
fn marked(line: &FoundLine, colors: bool) -> String {
    let mut marked = String::from(if line.cut_before { "…" } else { "" });
    let mut done = 0;
    let part = |range: Range<usize>| output::harmless(line.text.get(range).unwrap_or_default());
    for hit in &line.hits {
        marked.push_str(&part(done..hit.start));
        let text = part(hit.clone());
        match colors {
            true => marked.push_str(&format!("\x1b[1;31m{text}\x1b[0m")),
            false => marked.push_str(&text),
        }
        done = hit.end;
    }
    marked.push_str(&part(done..line.text.len()));
    if line.cut_after {
        marked.push('…');
    }
    marked
}

fn json(info: &SessionInfo, line: &FoundLine, around: &Around) -> serde_json::Value {
    let texts = |lines: &[(u32, String)]| {
        let texts = lines.iter().map(|(_, text)| text.clone());
        texts.collect::<Vec<_>>()
    };
    let hits: Vec<_> = line.hits.iter().map(|hit| [hit.start, hit.end]).collect();
    let mut json = serde_json::json!({
        "session": info.id, "name": info.name, "folder": info.folder, "state": info.state,
        "active_millis": info.active_millis, "at": line.at, "row": line.row, "text": line.text,
        "hits": hits, "cut_before": line.cut_before, "cut_after": line.cut_after,
    });
    if !around.before.is_empty() || !around.after.is_empty() {
        json["before"] = texts(&around.before).into();
        json["after"] = texts(&around.after).into();
    }
    json
}

/// The lines around one, each with its first row.
#[derive(Debug, Default)]
struct Around {
    before: Vec<(u32, String)>,
    after: Vec<(u32, String)>,
}

/// Asks for the lines around one.
async fn around(
    client: &Client,
    info: &SessionInfo,
    line: &FoundLine,
    lines: usize,
) -> Result<Around, Failure> {
    // A line may take several rows; what is farther than a question reaches is left out.
    let rows = u32::try_from(lines.saturating_mul(4).clamp(32, WINDOW_ROWS_MAX / 2));
    let rows = rows.unwrap_or(u32::MAX);
    let query = Query::Window {
        session: info.id,
        at: WindowAt::Line(line.at),
        before: rows,
        count: 2 * rows,
    };
    match client.ask_one(query).await? {
        Part::Window { rows, above, .. } => Ok(lines_around(&rows, above, line, lines)),
        _ => Ok(Around::default()),
    }
}

fn lines_around(rows: &[Row], above: u32, line: &FoundLine, lines: usize) -> Around {
    let mut all: Vec<(u64, u32, String)> = Vec::new();
    for (row, at) in rows.iter().zip(above..) {
        match all.last_mut() {
            Some((last, _, text)) if *last == row.line.0 => text.push_str(&row.text),
            _ => all.push((row.line.0, at, row.text.clone())),
        }
    }
    let told = |lines: &[(u64, u32, String)]| {
        let told = lines
            .iter()
            .map(|(_, row, text)| (*row, text.trim_end().to_owned()));
        told.collect::<Vec<_>>()
    };
    let Some(at) = all.iter().position(|(id, ..)| *id == line.at.line.0) else {
        // It has gone meanwhile.
        return Around::default();
    };
    // The screen ends in rows that nothing was written to.
    let written = all.iter().rposition(|(.., text)| !text.trim().is_empty());
    let end = all.len().min(at.saturating_add(lines).saturating_add(1));
    let end = end.min(written.map_or(0, |last| last + 1)).max(at + 1);
    Around {
        before: told(&all[at.saturating_sub(lines)..at]),
        after: told(&all[at + 1..end]),
    }
}

#[cfg(test)]
mod tests {
    use agor_proto::ids::{LineId, LinePosition};

    use super::*;

    fn line(text: &str, hits: &[Range<usize>]) -> FoundLine {
        FoundLine {
            at: LinePosition {
                line: LineId(5),
                column: 0,
            },
            row: 9,
            text: text.into(),
            hits: hits.to_vec(),
            cut_before: false,
            cut_after: true,
        }
    }

    #[test]
    fn hits_are_marked_and_nothing_acts_on_the_terminal() {
        let line = line("an \u{1b}error, err", &[4..9, 11..14]);
        assert_eq!(marked(&line, false), "an \u{fffd}error, err…");
        let expected = "an \u{fffd}\x1b[1;31merror\x1b[0m, \x1b[1;31merr\x1b[0m…";
        assert_eq!(marked(&line, true), expected);
    }

    #[test]
    fn lines_around_are_whole_lines_and_end_with_what_was_written() {
        let row = |line, start, text: &str| Row {
            line: LineId(line),
            start,
            text: text.into(),
            ..Row::default()
        };
        let rows = [
            row(3, 0, "before"),
            row(4, 0, "in two "),
            row(4, 7, "rows"),
            row(5, 0, "here"),
            row(6, 0, "after"),
            row(7, 0, "  "),
        ];
        let around = lines_around(&rows, 100, &line("here", &[]), 1);
        assert_eq!(around.before, [(101, "in two rows".to_owned())]);
        assert_eq!(around.after, [(104, "after".to_owned())]);
        let around = lines_around(&rows, 100, &line("here", &[]), usize::MAX);
        assert_eq!((around.before.len(), around.after.len()), (2, 1));
        let gone = lines_around(&rows[..2], 100, &line("here", &[]), 3);
        assert!(gone.before.is_empty() && gone.after.is_empty());
    }
}
