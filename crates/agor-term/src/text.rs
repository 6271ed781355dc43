//! Rows as text that a person or a program reads outside a terminal: plain, with logical lines
//! whole, or with the sequences that colour them again.

use agor_proto::row::{Row, Style};

use crate::pen::{ColorForm, sgr_params};

/// Returns the rows as plain text: rows of one logical line joined, blanks at the end of a line
/// left out, a line feed after each line.
#[must_use]
pub fn plain<'a>(rows: impl IntoIterator<Item = &'a Row>) -> String {
    let mut text = String::new();
    let mut open = false;
    for row in rows {
        // A row that continues another line than the one above begins a line here.
        if open && row.start == 0 {
            end_line(&mut text);
        }
        text.push_str(&row.text);
        open = row.wraps();
        if !open {
            end_line(&mut text);
        }
    }
    if open {
        end_line(&mut text);
    }
    text
}

fn end_line(text: &mut String) {
    text.truncate(text.trim_end_matches(' ').len());
    text.push('\n');
}

/// Returns the rows with the SGR and OSC 8 sequences that make them look as they do. Links that do
/// not begin with a harmless scheme's characters are left out: their target is the program's.
#[must_use]
pub fn ansi<'a>(rows: impl IntoIterator<Item = &'a Row>) -> String {
    let mut text = String::new();
    for row in rows {
        ansi_row(&mut text, row);
        if !row.wraps() {
            text.push('\n');
        }
    }
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

fn ansi_row(out: &mut String, row: &Row) {
    let mut now = Style::default();
    let mut col = 0;
    for cluster in row.clusters() {
        change_style(out, row, &mut now, row.style_at(cluster.cell));
        out.push_str(cluster.text);
        col = cluster.cell.saturating_add(cluster.width.into());
    }
    // Colours after the text; most rows have none.
    for cell in col..row.width() {
        change_style(out, row, &mut now, row.style_at(cell));
        out.push(' ');
    }
    change_style(out, row, &mut now, Style::default());
}

fn change_style(out: &mut String, row: &Row, now: &mut Style, next: Style) {
    if *now == next {
        return;
    }
    if now.link != next.link {
        let link = row.links.get(usize::from(next.link).wrapping_sub(1));
        let is_plain = |text: &str| text.chars().all(|c| !c.is_control());
        match link.filter(|link| is_plain(&link.uri) && is_plain(&link.id)) {
            Some(link) if link.id.is_empty() => {
                out.push_str(&format!("\x1b]8;;{}\x1b\\", link.uri));
            }
            Some(link) => out.push_str(&format!("\x1b]8;id={};{}\x1b\\", link.id, link.uri)),
            None => out.push_str("\x1b]8;;\x1b\\"),
        }
    }
    let look = |style: &Style| Style { link: 0, ..*style };
    if look(now) != look(&next) {
        out.push_str(&format!(
            "\x1b[{}m",
            sgr_params(&next, ColorForm::Semicolons)
        ));
    }
    *now = next;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::{Options, Terminal};
    use agor_proto::ids::Size;

    fn rows(size: Size, input: &str) -> Vec<Row> {
        let mut terminal = Terminal::new(Options {
            size,
            ..Options::default()
        });
        terminal.advance(input.as_bytes(), &mut Vec::new());
        (0..size.rows).map(|at| terminal.row(at)).collect()
    }

    #[test]
    fn a_wrapped_line_is_one_line_of_plain_text() {
        let rows = rows(Size::cells(5, 4), "hello world  \r\nx");
        assert_eq!(plain(&rows), "hello world\nx\n");
    }

    #[test]
    fn ansi_text_shows_the_same_when_it_is_shown() {
        let size = Size::cells(20, 4);
        let input = "a\x1b[1;31mred\x1b[0m \x1b[48;5;20mbg\x1b[K\r\n\
                     \x1b[0m\x1b]8;id=1;https://example.org\x1b\\link\x1b]8;;\x1b\\ \x1b[4:3;58:2::1:2:3mwavy";
        let first = rows(size, input);
        let again = rows(size, &ansi(&first).trim_end().replace('\n', "\r\n"));
        let shown = |rows: &[Row]| -> Vec<_> {
            let look = |r: &Row| (r.text.clone(), r.runs.clone(), r.links.clone());
            rows.iter().map(look).collect()
        };
        assert_eq!(shown(&again), shown(&first));
    }
}
