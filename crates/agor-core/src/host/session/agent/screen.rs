//! What the last rows of an agent's screen say. A provider's expressions are run over them when they have changed since
//! they were run last; what a look says of the agent counts anew each time.

use agor_proto::agent::Choice;
use agor_proto::row::{Color, Row, Run, Style};
use agor_term::Terminal;

use crate::agents::Provider;
use crate::agents::claim::Says;

/// The last rows of a screen, which are looked at.
const LOOKED_AT_ROWS: u16 = 30;

/// What was read last.
#[derive(Debug, Default)]
#[cfg_attr(test, derive(Clone))]
pub(super) struct Reading {
    provider: String,
    /// Which of the session's terminals, from which row on, and the stamps of the rows from there to its end.
    terminal: u64,
    first: u16,
    stamps: Vec<u64>,
    text: String,
    says: Option<Says>,
    choices: Vec<Choice>,
    menu: String,
    #[cfg(test)]
    times: usize,
}

impl Reading {
    /// Returns what the last rows of a terminal with this number say of an agent, the answers that they offer, and what
    /// the menu says if they are one.
    pub fn read(
        &mut self,
        (terminal, number): (&Terminal, u64),
        provider: &Provider,
    ) -> (Option<Says>, Vec<Choice>, String) {
        let same = self.terminal == number && self.provider == provider.id;
        if !(same && self.stands_still(terminal)) {
            let first = put_last_rows(terminal, &mut self.text);
            let rows = first..terminal.size().rows;
            self.stamps.clear();
            self.stamps.extend(rows.map(|at| terminal.row_rev(at)));
            (self.terminal, self.first) = (number, first);
            self.provider.clone_from(&provider.id);
            let before = self.says.take().filter(|_| same);
            self.says = provider.screen(&self.text, before.as_ref());
            let in_row = |row: usize| {
                let at = usize::from(first) + row;
                u16::try_from(at).map_or_else(|_| Vec::new(), |at| standing_out(&terminal.row(at)))
            };
            self.choices = provider.choices(&self.text, &in_row);
            self.menu = provider.menu(&self.text);
            #[cfg(test)]
            {
                self.times += 1;
            }
        }
        (self.says.clone(), self.choices.clone(), self.menu.clone())
    }

    /// Says whether the rows that were read, and the empty ones below them, are what they were.
    fn stands_still(&self, terminal: &Terminal) -> bool {
        let rows = self.first..terminal.size().rows;
        let mut pairs = rows.clone().zip(&self.stamps);
        rows.len() == self.stamps.len() && pairs.all(|(at, stamp)| terminal.row_rev(at) == *stamp)
    }

    /// Returns how often the expressions were run.
    #[cfg(test)]
    pub fn times(&self) -> usize {
        self.times
    }
}

/// Returns what in a row stands on a background that nothing else in it has.
fn standing_out(row: &Row) -> Vec<String> {
    // Where a letter takes more than a cell it is not known which run it is in.
    if !row.shapes.is_empty() {
        return Vec::new();
    }
    let rest = Run {
        cells: u16::MAX,
        style: Style::default(),
    };
    let mut letters = row.text.chars();
    let mut parts: Vec<(Color, String)> = Vec::new();
    for run in row.runs.iter().chain([&rest]) {
        let text = letters.by_ref().take(usize::from(run.cells));
        match parts.last_mut() {
            Some((background, part)) if *background == run.style.bg => part.extend(text),
            _ => parts.push((run.style.bg, text.collect())),
        }
    }
    let is_alone =
        |background: Color| parts.iter().filter(|part| part.0 == background).count() == 1;
    let alone = parts.iter().filter(|part| is_alone(part.0));
    alone.map(|part| part.1.trim().to_owned()).collect()
}

/// Returns the last rows of a screen that hold something, the empty ones at its end left out.
pub(super) fn last_rows(terminal: &Terminal) -> String {
    let mut text = String::new();
    put_last_rows(terminal, &mut text);
    text
}

/// Puts them in the place of `text`; returns the first row that is among them, or that is looked at for them.
fn put_last_rows(terminal: &Terminal, text: &mut String) -> u16 {
    let holds_something = |at: &u16| {
        text.clear();
        terminal.push_row_text(*at, text);
        !text.trim().is_empty()
    };
    let last = (0..terminal.size().rows).rev().find(holds_something);
    text.clear();
    let Some(last) = last else {
        return 0;
    };
    let first = (last + 1).saturating_sub(LOOKED_AT_ROWS);
    for at in first..=last {
        if at > first {
            text.push('\n');
        }
        terminal.push_row_text(at, text);
    }
    first
}

#[cfg(test)]
mod tests {
    use agor_proto::agent::PermissionKind::{AllowOnce, RejectOnce};
    use agor_proto::agent::State::NeedsPermission;
    use agor_proto::ids::Size;
    use agor_term::Options;

    use super::*;
    use crate::agents::Providers;

    fn terminal(output: &str) -> Terminal {
        let mut terminal = Terminal::new(Options {
            size: Size::cells(20, 40),
            ..Options::default()
        });
        terminal.advance(output.as_bytes(), &mut Vec::new());
        terminal
    }

    #[test]
    fn the_last_rows_are_those_above_the_empty_ones_and_as_many_as_are_looked_at() {
        assert_eq!(last_rows(&terminal("")), "");
        assert_eq!(
            last_rows(&terminal("\r\n  a\r\n\r\n日 b\r\n \r\n")),
            "\n  a\n\n日 b"
        );
        let lines: Vec<String> = (0..38).map(|line| line.to_string()).collect();
        let rows = last_rows(&terminal(&lines.join("\r\n")));
        assert_eq!(rows, lines[8..].join("\n"));
    }

    #[test]
    fn what_enter_gives_is_offered_where_it_alone_has_its_background() {
        let providers = Providers::built_in();
        let provider = providers.get("opencode").expect("it is known");
        let offered = |lit: usize| {
            let names = ["Allow once", "Allow always", "Reject"].into_iter();
            let buttons = names.enumerate().map(|(at, name)| {
                let background = if at == lit { 214 } else { 236 };
                format!("\x1b[48;5;{background}m {name} \x1b[48;5;235m ")
            });
            let buttons: String = buttons.collect();
            let rows = ["\u{25b3} Permission required", "  $ ls", ""].into_iter();
            let rows: String = rows.map(|row| format!("  \u{2503}  {row}\r\n")).collect();
            let mut terminal = Terminal::new(Options {
                size: Size::cells(80, 24),
                ..Options::default()
            });
            let screen =
                format!("{rows}  \u{2503}  \x1b[48;5;235m{buttons}   enter confirm\x1b[0m");
            terminal.advance(screen.as_bytes(), &mut Vec::new());
            let (_, choices, _) = Reading::default().read((&terminal, 1), provider);
            choices.iter().map(|it| it.kind).collect::<Vec<_>>()
        };
        assert_eq!(offered(0), [AllowOnce, RejectOnce]);
        assert_eq!(offered(1), [RejectOnce], "another is selected");
        assert_eq!(offered(2), [RejectOnce], "another is selected");
        assert_eq!(offered(3), [RejectOnce], "nobody knows which is");
    }

    #[test]
    fn only_what_is_looked_at_has_the_expressions_run_again() {
        let providers = Providers::built_in();
        let provider = providers.get("claude").expect("it is known");
        let lines: Vec<String> = (0..38).map(|line| line.to_string()).collect();
        let mut screen = terminal(&lines.join("\r\n"));
        let mut reading = Reading::default();
        let mut read_after = |screen: &mut Terminal, output: &str| {
            screen.advance(output.as_bytes(), &mut Vec::new());
            let read = reading.read((&*screen, 1), provider);
            (read.0.map(|says| says.state), reading.times())
        };
        assert_eq!(read_after(&mut screen, ""), (None, 1));
        // Nothing is drawn, or only above the rows that are looked at.
        assert_eq!(
            read_after(&mut screen, "\x1b[31m\x1b]2;title\x07"),
            (None, 1)
        );
        assert_eq!(read_after(&mut screen, "\x1b[3;1Hnew\x1b[38;3H"), (None, 1));
        let asks = "\x1b[38;1H\u{276f} 1. Yes";
        assert_eq!(read_after(&mut screen, asks), (Some(NeedsPermission), 2));
        assert_eq!(read_after(&mut screen, ""), (Some(NeedsPermission), 2));
        // What was below is among them.
        assert_eq!(read_after(&mut screen, "\x1b[40;1Hx").1, 3);
        // Another terminal's stamps are its own.
        let mut other = terminal("");
        other.advance(b"\x1b[38;1Hx", &mut Vec::new());
        let (says, ..) = reading.read((&other, 2), provider);
        assert_eq!((says, reading.times()), (None, 4));
    }
}
