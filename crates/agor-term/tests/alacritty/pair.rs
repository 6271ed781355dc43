//! One terminal of ours and one `alacritty_terminal` that are fed the same, and all that both know
//! of what then stands there.

use std::cell::RefCell;
use std::fmt::Write;
use std::rc::Rc;

use agor_proto::ids::Size;
use agor_proto::row::{Attrs, Color, Row, Underline};
use agor_proto::screen::{CursorShape, PaletteSlot};
use agor_term::{Effect, Options, Terminal};
use alacritty_terminal::event::{Event, EventListener};
use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::index::{Column, Line};
use alacritty_terminal::term::cell::Flags;
use alacritty_terminal::term::{Config, Term, TermMode};
use alacritty_terminal::vte::ansi::{
    Color as TheirColor, CursorShape as TheirShape, NamedColor, Processor,
};

/// What `alacritty_terminal` asks of the world.
#[derive(Debug, Clone, Default)]
pub struct Heard(Rc<RefCell<Vec<Event>>>);

impl EventListener for Heard {
    fn send_event(&self, event: Event) {
        self.0.borrow_mut().push(event);
    }
}

/// A size for `alacritty_terminal`.
struct Dims(Size);

impl Dimensions for Dims {
    fn total_lines(&self) -> usize {
        self.0.rows.into()
    }

    fn screen_lines(&self) -> usize {
        self.0.rows.into()
    }

    fn columns(&self) -> usize {
        self.0.cols.into()
    }
}

/// A cell, or the two of a wide character.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    text: String,
    fg: Color,
    bg: Color,
    underline_color: Color,
    /// What both know: neither blinking, overline nor protection.
    attrs: Attrs,
    /// The target of a link.
    link: Option<String>,
}

impl Seen {
    fn nothing() -> Self {
        Self {
            text: " ".into(),
            fg: Color::Default,
            bg: Color::Default,
            underline_color: Color::Default,
            attrs: Attrs::default(),
            link: None,
        }
    }
}

/// A row.
#[derive(Debug, Clone, PartialEq)]
pub struct SeenRow {
    cells: Vec<Seen>,
    /// Whether the logical line goes on in the next.
    wraps: bool,
    /// Whether its last cell was left free for a wide character that did not fit. Alacritty gives
    /// it the pen's colours and forgets what it is, we let it be empty.
    left_free: bool,
}

impl SeenRow {
    /// Returns the text, blanks at its end left out.
    pub fn text(&self) -> String {
        let cells = self.cells.iter().map(|cell| cell.text.as_str());
        cells.collect::<String>().trim_end().to_owned()
    }

    /// Returns the cells that both have reason to show alike.
    fn shared(&self, other: &Self) -> &[Seen] {
        let left_free = usize::from(self.left_free || other.left_free);
        &self.cells[..self.cells.len() - left_free]
    }

    /// Returns what the first cell that differs looks like in both.
    fn difference(&self, theirs: &Self) -> String {
        let pairs = self.cells.iter().zip(&theirs.cells);
        match pairs.enumerate().find(|(_, (ours, theirs))| ours != theirs) {
            Some((at, (ours, theirs))) => {
                format!("cell {at}:\n    ours   {ours:?}\n    theirs {theirs:?}")
            }
            None => format!(
                "{} clusters, theirs {}",
                self.cells.len(),
                theirs.cells.len()
            ),
        }
    }
}

/// Logical lines, and the line and the cell in which the cursor is.
pub struct Lines {
    pub lines: Vec<Vec<Seen>>,
    pub cursor: (usize, usize),
}

pub struct Pair {
    pub ours: Terminal,
    pub theirs: Term<Heard>,
    processor: Processor,
    effects: Vec<Effect>,
    heard: Heard,
}

impl Pair {
    pub fn new(size: Size) -> Self {
        let scrollback_rows = 10_000;
        let ours = Terminal::new(Options {
            size,
            scrollback_rows,
            ..Options::default()
        });
        let heard = Heard::default();
        let config = Config {
            scrolling_history: scrollback_rows,
            kitty_keyboard: true,
            ..Config::default()
        };
        Self {
            ours,
            theirs: Term::new(config, &Dims(size), heard.clone()),
            processor: Processor::new(),
            effects: Vec::new(),
            heard,
        }
    }

    pub fn advance(&mut self, bytes: &[u8]) {
        self.ours.advance(bytes, &mut self.effects);
        self.processor.advance(&mut self.theirs, bytes);
    }

    pub fn resize(&mut self, size: Size) {
        self.ours.resize(size, &mut self.effects);
        self.theirs.resize(Dims(size));
    }

    pub fn size(&self) -> Size {
        self.ours.size()
    }

    /// Returns the rows of the screen, ours and theirs.
    pub fn screens(&self) -> (Vec<SeenRow>, Vec<SeenRow>) {
        let Size { cols, rows, .. } = self.size();
        let ours = (0..rows).map(|at| our_row(&self.ours.row(at), cols));
        let theirs = (0..rows).map(|at| self.their_row(i32::from(at)));
        (ours.collect(), theirs.collect())
    }

    /// Returns the rows above the primary screen from the oldest on, ours and theirs.
    pub fn histories(&self) -> (Vec<SeenRow>, Vec<SeenRow>) {
        let ours = self.ours.history_rows(0, usize::MAX);
        let ours = ours.iter().map(|row| our_row(row, self.size().cols));
        let rows = i32::try_from(self.theirs.grid().history_size()).unwrap();
        let theirs = (-rows..0).map(|at| self.their_row(at));
        (ours.collect(), theirs.collect())
    }

    fn their_row(&self, line: i32) -> SeenRow {
        let row = &self.theirs.grid()[Line(line)];
        let cells = (0..usize::from(self.size().cols)).map(|col| &row[Column(col)]);
        let last = cells.clone().next_back();
        let cells = cells.filter(|cell| !cell.flags.contains(Flags::WIDE_CHAR_SPACER));
        let seen = cells.map(|cell| {
            // Alacritty keeps a tab in the cell in which it began.
            let mut text = String::from(if cell.c == '\t' { ' ' } else { cell.c });
            text.extend(cell.zerowidth().unwrap_or_default());
            Seen {
                text,
                fg: color(cell.fg),
                bg: color(cell.bg),
                underline_color: cell.underline_color().map_or(Color::Default, color),
                attrs: attrs(cell.flags),
                link: cell.hyperlink().map(|link| link.uri().to_owned()),
            }
        });
        let has = |flag| last.is_some_and(|cell| cell.flags.contains(flag));
        SeenRow {
            cells: seen.collect(),
            wraps: has(Flags::WRAPLINE),
            left_free: has(Flags::LEADING_WIDE_CHAR_SPACER),
        }
    }

    /// Returns the logical lines of history and screen, and where in them the cursor is: its line
    /// and cell. Ours, then theirs. Cells that show nothing at the end of a line are left out, and
    /// so are empty lines after the cursor's.
    pub fn lines(&self) -> [Lines; 2] {
        let ((mut ours, mut theirs), screens) = (self.histories(), self.screens());
        let cursor = self.ours.cursor();
        let our_cursor = (
            ours.len() + usize::from(cursor.row),
            usize::from(cursor.col),
        );
        let point = self.theirs.grid().cursor.point;
        let their_row = theirs.len() + usize::try_from(point.line.0).unwrap();
        ours.extend(screens.0);
        theirs.extend(screens.1);
        [
            joined(ours, our_cursor),
            joined(theirs, (their_row, point.column.0)),
        ]
    }

    /// Returns all in which the two differ, a paragraph each; nothing if they do not.
    pub fn differences(&mut self) -> String {
        let mut said = String::new();
        let (ours, theirs) = self.screens();
        compare_rows(&mut said, "row", &ours, &theirs);
        if !self.theirs.mode().contains(TermMode::ALT_SCREEN) {
            let (ours, theirs) = self.histories();
            if ours.len() != theirs.len() {
                let (ours, theirs) = (ours.len(), theirs.len());
                writeln!(said, "history: ours {ours} rows, theirs {theirs}").unwrap();
            }
            // From the newest on: a row more at the old end is one difference and not all.
            let newest = |rows: Vec<SeenRow>| rows.into_iter().rev().collect::<Vec<_>>();
            compare_rows(&mut said, "history row", &newest(ours), &newest(theirs));
        }
        let (ours, theirs) = self.states();
        for (ours, theirs) in ours.iter().zip(&theirs) {
            if ours != theirs {
                writeln!(said, "ours {ours}, theirs {theirs}").unwrap();
            }
        }
        said
    }

    /// Returns cursor, title, colours and modes as lines, ours and theirs.
    fn states(&mut self) -> (Vec<String>, Vec<String>) {
        let mut ours = Vec::new();
        let mut theirs = Vec::new();

        let cursor = self.ours.cursor();
        let point = self.theirs.grid().cursor.point;
        ours.push(format!("cursor {} {}", cursor.row, cursor.col));
        theirs.push(format!("cursor {} {}", point.line.0, point.column.0));

        let shape = match self.theirs.cursor_style().shape {
            TheirShape::Underline => CursorShape::Underline,
            TheirShape::Beam => CursorShape::Bar,
            _ => CursorShape::Block,
        };
        ours.push(format!("cursor's shape {:?}", cursor.shape));
        theirs.push(format!("cursor's shape {shape:?}"));

        let mut title = String::new();
        for event in self.heard.0.borrow().iter() {
            match event {
                Event::Title(said) => title.clone_from(said),
                Event::ResetTitle => title.clear(),
                _ => {}
            }
        }
        ours.push(format!("title {:?}", self.ours.title()));
        theirs.push(format!("title {title:?}"));

        let colors = self.ours.palette().iter().map(|entry| {
            let slot = match entry.slot {
                PaletteSlot::Indexed(index) => usize::from(index),
                PaletteSlot::Foreground => NamedColor::Foreground as usize,
                PaletteSlot::Background => NamedColor::Background as usize,
                PaletteSlot::Cursor => NamedColor::Cursor as usize,
                other => panic!("alacritty has no {other:?}"),
            };
            (slot, entry.rgb)
        });
        ours.push(format!("colours {:?}", colors.collect::<Vec<_>>()));
        let colors = (0..=NamedColor::Cursor as usize).filter_map(|slot| {
            let rgb = self.theirs.colors()[slot]?;
            Some((slot, (rgb.r, rgb.g, rgb.b)))
        });
        theirs.push(format!("colours {:?}", colors.collect::<Vec<_>>()));

        let (answers, their_answers) = self.answers();
        ours.extend(answers);
        theirs.extend(their_answers);
        let keypad = |set| format!("keypad {set}");
        let set = self.theirs.mode().contains(TermMode::APP_KEYPAD);
        theirs.push(keypad(if set { 1 } else { 2 }));
        let reply = self.our_reply(b"\x1b[?66$p");
        ours.push(keypad(if reply.contains(";1$y") { 1 } else { 2 }));
        (ours, theirs)
    }

    /// Asks both for their modes by DECRQM, and for the keyboard's by kitty's question.
    fn answers(&mut self) -> (Vec<String>, Vec<String>) {
        let modes = [
            1, 6, 7, 25, 1000, 1002, 1003, 1004, 1005, 1006, 1007, 1049, 2004,
        ];
        let private = modes.map(|mode| format!("\x1b[?{mode}$p"));
        let questions = private
            .into_iter()
            .chain(["\x1b[4$p", "\x1b[20$p", "\x1b[?u"].map(str::to_owned));
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for question in questions {
            ours.push(self.our_reply(question.as_bytes()));
            self.heard.0.borrow_mut().retain(|event| !is_reply(event));
            self.processor
                .advance(&mut self.theirs, question.as_bytes());
            let heard = self.heard.0.borrow();
            let reply = heard.iter().find_map(|event| match event {
                Event::PtyWrite(reply) => Some(reply.escape_debug().to_string()),
                _ => None,
            });
            theirs.push(reply.unwrap_or_default());
        }
        (ours, theirs)
    }

    fn our_reply(&mut self, question: &[u8]) -> String {
        let mut effects = Vec::new();
        self.ours.advance(question, &mut effects);
        match effects.as_slice() {
            [Effect::Reply(bytes)] => String::from_utf8_lossy(bytes).escape_debug().to_string(),
            other => format!("{other:?}"),
        }
    }
}

fn joined(rows: Vec<SeenRow>, cursor: (usize, usize)) -> Lines {
    let mut lines = vec![Vec::new()];
    let mut place = (0, 0);
    for (at, row) in rows.into_iter().enumerate() {
        let last = lines.len() - 1;
        if at == cursor.0 {
            place = (last, lines[last].len() + cursor.1);
        }
        let cells = row.shared(&row);
        lines[last].extend_from_slice(cells);
        if !row.wraps {
            lines.push(Vec::new());
        }
    }
    for line in &mut lines {
        let last = line
            .iter()
            .rposition(|cell: &Seen| *cell != Seen::nothing());
        line.truncate(last.map_or(0, |last| last + 1));
    }
    while lines.len() > place.0 + 1 && lines.last().is_some_and(Vec::is_empty) {
        lines.pop();
    }
    Lines {
        lines,
        cursor: place,
    }
}

fn is_reply(event: &Event) -> bool {
    matches!(event, Event::PtyWrite(_))
}

fn compare_rows(said: &mut String, name: &str, ours: &[SeenRow], theirs: &[SeenRow]) {
    for (at, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
        let (text, their_text) = (ours.text(), theirs.text());
        if text != their_text {
            writeln!(
                said,
                "{name} {at}:\n    ours   {text:?}\n    theirs {their_text:?}"
            )
            .unwrap();
        } else if ours.shared(theirs) != theirs.shared(ours) {
            writeln!(said, "{name} {at}, {}", ours.difference(theirs)).unwrap();
        }
    }
}

fn our_row(row: &Row, cols: u16) -> SeenRow {
    let both_know =
        Attrs(!(Attrs::BLINK.0 | Attrs::RAPID_BLINK.0 | Attrs::OVERLINE.0 | Attrs::PROTECTED.0));
    let seen = |cell: u16, text: &str| {
        let style = row.style_at(cell);
        let link = row.links.get(usize::from(style.link).wrapping_sub(1));
        Seen {
            text: text.into(),
            fg: style.fg,
            bg: style.bg,
            underline_color: style.underline_color,
            attrs: Attrs(style.attrs.0 & both_know.0),
            link: link.map(|link| link.uri.clone()),
        }
    };
    let mut cells: Vec<_> = row.clusters().map(|c| seen(c.cell, c.text)).collect();
    let last = row.clusters().last();
    let end = last.map_or(0, |last| last.cell + u16::from(last.width));
    cells.extend((end..cols).map(|cell| seen(cell, " ")));
    SeenRow {
        cells,
        wraps: row.wraps(),
        left_free: row.wraps() && end < cols,
    }
}

fn color(color: TheirColor) -> Color {
    match color {
        TheirColor::Named(NamedColor::Foreground | NamedColor::Background) => Color::Default,
        TheirColor::Named(named) => Color::Indexed(named as usize as u8),
        TheirColor::Indexed(index) => Color::Indexed(index),
        TheirColor::Spec(rgb) => Color::Rgb(rgb.r, rgb.g, rgb.b),
    }
}

fn attrs(flags: Flags) -> Attrs {
    let mut attrs = Attrs::default();
    for (flag, attr) in [
        (Flags::BOLD, Attrs::BOLD),
        (Flags::DIM, Attrs::DIM),
        (Flags::ITALIC, Attrs::ITALIC),
        (Flags::INVERSE, Attrs::REVERSE),
        (Flags::HIDDEN, Attrs::INVISIBLE),
        (Flags::STRIKEOUT, Attrs::STRIKETHROUGH),
    ] {
        if flags.contains(flag) {
            attrs.insert(attr);
        }
    }
    for (flag, underline) in [
        (Flags::UNDERLINE, Underline::Single),
        (Flags::DOUBLE_UNDERLINE, Underline::Double),
        (Flags::UNDERCURL, Underline::Curly),
        (Flags::DOTTED_UNDERLINE, Underline::Dotted),
        (Flags::DASHED_UNDERLINE, Underline::Dashed),
    ] {
        if flags.contains(flag) {
            attrs.set_underline(underline);
        }
    }
    attrs
}
