//! Where nothing is open: three steps to the first agent (a folder, which agent, what it is to do), by
//! keyboard, and the three keys from which all others are found.

use egui::{
    Align, Align2, FontId, Pos2, Rect, RichText, ScrollArea, Sense, Stroke, StrokeKind, TextEdit,
    Ui, UiBuilder, Vec2,
};

use crate::commands::{Command, context};
use crate::icons;
use crate::keys::drawn::{hints, pressed};
use crate::keys::keymap::Keymap;
use crate::link::snapshot::KnownAgent;
use crate::theme::{Theme, medium, semibold};
use crate::widgets::{elided, offer_keyboard};

/// The widest that it is.
const WIDTH: f32 = 520.0;

/// Agents that are offered at once.
const AGENTS: usize = 6;

/// Height of a line of the list.
const ROW: f32 = 28.0;

/// The commands that a newcomer needs, with what each is for.
const KEYS: [(Command, &str); 3] = [
    (Command::Palette, "finds every command, session and project"),
    (Command::AttentionNext, "goes to the agent that needs you"),
    (Command::Keys, "shows every key"),
];

/// A step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Folder,
    Agent,
    Words,
}

/// See the module.
#[derive(Debug)]
pub struct Welcome {
    step: Step,
    folder: String,
    agent: usize,
    words: String,
    /// The step whose field has been given the keyboard.
    given: Option<Step>,
}

/// What the person did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Did {
    /// Start this agent in the folder, with these first words.
    Agent {
        /// The folder.
        folder: String,
        /// The agent's id.
        provider: String,
        /// What it is to do, which may be nothing.
        words: String,
    },
    /// Open the shell in the folder.
    Shell(String),
}

/// What can be chosen in the second step: an agent, or the shell.
fn choices(agents: &[KnownAgent], default: Option<&str>) -> Vec<Option<KnownAgent>> {
    let mut known: Vec<_> = agents.to_vec();
    // Those that are here, and of them first the one that the settings name.
    known.sort_by_key(|agent| (!agent.here, Some(agent.id.as_str()) != default));
    let mut all: Vec<_> = known.into_iter().take(AGENTS).map(Some).collect();
    let here = all
        .iter()
        .filter(|agent| agent.as_ref().is_some_and(|agent| agent.here))
        .count();
    all.insert(here, None);
    all
}

/// What keys can mean; where something is typed, the first two.
const WANTED: &[Command] = &[
    Command::PaletteChoose,
    Command::PaletteClose,
    Command::PaletteNext,
    Command::PalettePrevious,
];

impl Welcome {
    /// Returns what was typed, once the first step is left: the folder, and below it what the agent is to do.
    #[must_use]
    pub fn typed(&self) -> Option<String> {
        let folder = self.folder.replace('\n', " ");
        (self.step != Step::Folder).then(|| format!("{folder}\n{}", self.words))
    }

    /// Lets what was typed stand there again, at the step of choosing an agent.
    pub fn retype(&mut self, typed: &str) {
        let (folder, words) = typed.split_once('\n').unwrap_or((typed, ""));
        folder.clone_into(&mut self.folder);
        words.clone_into(&mut self.words);
        self.step = Step::Agent;
    }

    /// Returns the first step, with this folder.
    #[must_use]
    pub fn new(folder: String) -> Self {
        Self {
            step: Step::Folder,
            folder,
            agent: 0,
            words: String::new(),
            given: None,
        }
    }

    /// Gives the field of its step the keyboard with the next frame.
    pub fn ask_for_keyboard(&mut self) {
        self.given = None;
    }

    /// Returns the second step.
    #[cfg(test)]
    pub fn at_agents(self) -> Self {
        Self {
            step: Step::Agent,
            ..self
        }
    }

    /// Does what the keys mean.
    fn keys(&mut self, ui: &Ui, choices: &[Option<KnownAgent>]) -> Option<Did> {
        // Arrows are the field's but where there is none.
        let wanted = match self.step {
            Step::Agent => WANTED,
            Step::Folder | Step::Words => WANTED.get(..2).unwrap_or_default(),
        };
        let count = choices.len().max(1);
        let mut did = None;
        for command in pressed(ui, context::PALETTE, wanted) {
            match (command, self.step) {
                (Command::PaletteChoose, _) => did = self.go_on(choices).or(did),
                (Command::PaletteNext, _) => self.agent = (self.agent + 1) % count,
                (Command::PalettePrevious, _) => self.agent = (self.agent + count - 1) % count,
                (_, Step::Folder) => return Some(Did::Shell(self.folder())),
                (_, Step::Agent) => self.step = Step::Folder,
                (_, Step::Words) => self.step = Step::Agent,
            }
        }
        did
    }

    /// Returns the folder that is typed.
    #[must_use]
    pub fn folder(&self) -> String {
        self.folder.trim().to_owned()
    }

    /// Takes what the step asked for.
    fn go_on(&mut self, choices: &[Option<KnownAgent>]) -> Option<Did> {
        match self.step {
            Step::Folder if self.folder.trim().is_empty() => {}
            Step::Folder => self.step = Step::Agent,
            Step::Agent => match choices.get(self.agent)? {
                Some(agent) if agent.here => self.step = Step::Words,
                Some(_) => {}
                None => return Some(Did::Shell(self.folder())),
            },
            Step::Words => {
                let agent = choices.get(self.agent)?.as_ref()?;
                return Some(Did::Agent {
                    folder: self.folder(),
                    provider: agent.id.clone(),
                    words: self.words.trim().to_owned(),
                });
            }
        }
        None
    }
}

/// Draws the steps into `ui`'s whole rectangle; returns what the person wants once they have said it.
pub fn welcome_ui(
    ui: &mut Ui,
    welcome: &mut Welcome,
    (agents, default): (&[KnownAgent], Option<&str>),
    keymap: &Keymap,
    theme: &Theme,
) -> Option<Did> {
    let area = ui.max_rect();
    ui.painter().rect_filled(area, 0.0, theme.pane);
    let choices = choices(agents, default);
    welcome.agent = welcome.agent.min(choices.len().saturating_sub(1));
    let before = (welcome.step, welcome.agent);
    let did = welcome.keys(ui, &choices);
    let moved = before != (welcome.step, welcome.agent);
    let width = (area.width() - 48.0).clamp(160.0, WIDTH);
    let top = (area.height() * 0.16).clamp(12.0, 120.0);
    let below = area.with_min_y(area.min.y + top);
    let mut ui = ui.new_child(UiBuilder::new().max_rect(below).id_salt("welcome"));
    ui.set_clip_rect(area);
    // What has the keyboard has the frame that panes have then.
    ui.visuals_mut().selection.stroke = Stroke::new(1.0, theme.border_focus);
    let shown = ScrollArea::vertical()
        .auto_shrink(false)
        .show(&mut ui, |ui| {
            let column = ui.horizontal_top(|ui| {
                ui.add_space((area.width() - width) / 2.0);
                let column = ui.vertical(|ui| {
                    ui.set_width(width);
                    let did = steps_ui(ui, welcome, (&choices, moved), theme);
                    keys_ui(ui, theme, keymap, welcome.step);
                    did
                });
                column.inner
            });
            column.inner
        });
    did.or(shown.inner)
}

/// Draws the steps; where a key has `moved` to another, or to another agent, that is brought into view. Returns what
/// the person wants once a click has said it.
fn steps_ui(
    ui: &mut Ui,
    welcome: &mut Welcome,
    (choices, moved): (&[Option<KnownAgent>], bool),
    theme: &Theme,
) -> Option<Did> {
    let mut did = None;
    ui.label(
        RichText::new("Start your first agent")
            .font(semibold(20.0))
            .color(theme.text),
    );
    ui.add_space(2.0);
    let text = "It keeps on running when this window is closed, and says when it needs you.";
    ui.label(RichText::new(text).size(13.0).color(theme.muted));
    ui.add_space(18.0);
    step_ui(
        ui,
        theme,
        welcome.step,
        Step::Folder,
        "1",
        "In which folder does it work?",
    );
    let field = ("Folder", "A folder", Step::Folder);
    let now = (welcome.step, &mut welcome.given);
    if field_ui(ui, theme, now, field, &mut welcome.folder) {
        welcome.step = Step::Folder;
    }
    step_ui(ui, theme, welcome.step, Step::Agent, "2", "Which agent?");
    if let Some(at) = agents_ui(ui, welcome, (choices, moved), theme) {
        welcome.agent = at;
        welcome.step = Step::Agent;
        did = welcome.go_on(choices);
    }
    step_ui(
        ui,
        theme,
        welcome.step,
        Step::Words,
        "3",
        "What is it to do?",
    );
    if welcome.step == Step::Words {
        let field = (
            "First words",
            "Without a word it waits for you",
            Step::Words,
        );
        let now = (welcome.step, &mut welcome.given);
        field_ui(ui, theme, now, field, &mut welcome.words);
        if moved {
            ui.scroll_to_cursor(Some(Align::BOTTOM));
        }
    }
    did
}

fn step_ui(ui: &mut Ui, theme: &Theme, now: Step, step: Step, number: &str, text: &str) {
    ui.add_space(10.0);
    let (rect, _) = ui.allocate_exact_size(Vec2::new(ui.available_width(), 24.0), Sense::hover());
    let center = Pos2::new(rect.min.x + 10.0, rect.center().y);
    let (fill, sign, words) = match step.cmp(&now) {
        std::cmp::Ordering::Less => (theme.done, theme.pane, theme.muted),
        std::cmp::Ordering::Equal => (theme.accent, theme.on_accent, theme.text),
        std::cmp::Ordering::Greater => (theme.hover, theme.muted, theme.faint),
    };
    ui.painter().circle_filled(center, 10.0, fill);
    if step < now {
        icons::tick(ui.painter(), center, 1.6, Stroke::new(1.75, sign));
    } else {
        let font = semibold(11.0);
        ui.painter()
            .text(center, Align2::CENTER_CENTER, number, font, sign);
    }
    let at = Pos2::new(rect.min.x + 30.0, rect.center().y);
    ui.painter()
        .text(at, Align2::LEFT_CENTER, text, medium(13.0), words);
}

/// Draws the field of a step; says whether it was clicked.
fn field_ui(
    ui: &mut Ui,
    theme: &Theme,
    (now, given): (Step, &mut Option<Step>),
    (label, hint, step): (&str, &str, Step),
    text: &mut String,
) -> bool {
    let mut clicked = false;
    ui.horizontal(|ui| {
        ui.add_space(22.0);
        let field = TextEdit::singleline(text)
            .hint_text(hint)
            .font(FontId::proportional(13.0))
            .text_color(theme.text)
            .background_color(theme.raised)
            .margin(Vec2::new(10.0, 6.0))
            .desired_width(f32::INFINITY);
        let response = ui.add(field);
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, label));
        clicked = response.clicked();
        if now == step {
            let mut has_been = *given == Some(step);
            offer_keyboard(&response, &mut has_been);
            *given = has_been.then_some(step);
        } else if response.has_focus() && !clicked {
            response.surrender_focus();
        }
    });
    clicked
}

/// Draws what can be chosen; returns what was clicked.
fn agents_ui(
    ui: &mut Ui,
    welcome: &Welcome,
    (choices, moved): (&[Option<KnownAgent>], bool),
    theme: &Theme,
) -> Option<usize> {
    if welcome.step == Step::Folder {
        return None;
    }
    let mut clicked = None;
    for (at, choice) in choices.iter().enumerate() {
        let on = at == welcome.agent;
        if welcome.step == Step::Words && !on {
            continue;
        }
        let (name, detail) = match choice {
            Some(agent) if agent.here => (agent.name.as_str(), String::new()),
            Some(agent) => (agent.name.as_str(), format!("not installed: {}", agent.get)),
            None => ("Your shell", "no agent yet".to_owned()),
        };
        let size = Vec2::new(ui.available_width(), ROW);
        let (rect, response) = ui.allocate_exact_size(size, Sense::click());
        let rect = rect.with_min_x(rect.min.x + 22.0);
        response
            .widget_info(|| egui::WidgetInfo::selected(egui::Role::ListBoxOption, true, on, name));
        if on && moved && welcome.step == Step::Agent {
            // With a line of what comes next.
            ui.scroll_to_rect(rect.expand2(Vec2::new(0.0, ROW)), None);
        }
        if on && welcome.step == Step::Agent {
            ui.painter().rect_filled(rect, 4.0, theme.selected);
        } else if response.hovered() {
            ui.painter().rect_filled(rect, 4.0, theme.hover);
        }
        let here = choice.as_ref().is_none_or(|agent| agent.here);
        let color = if here { theme.text } else { theme.muted };
        let middle = rect.center().y;
        let name = elided(ui, name, medium(13.0), color, rect.width() - 20.0);
        let x = rect.min.x + 10.0;
        let width = name.size().x;
        ui.painter()
            .galley(Pos2::new(x, middle - name.size().y / 2.0), name, color);
        let room = rect.width() - width - 34.0;
        let detail = elided(ui, &detail, FontId::proportional(11.0), theme.faint, room);
        let at_detail = Pos2::new(x + width + 12.0, middle - detail.size().y / 2.0);
        ui.painter().galley(at_detail, detail, theme.faint);
        if response.clicked() {
            clicked = Some(at);
        }
    }
    clicked
}

fn keys_ui(ui: &mut Ui, theme: &Theme, keymap: &Keymap, step: Step) {
    ui.add_space(16.0);
    let text = match step {
        Step::Folder => ("", "goes on", "opens your shell there"),
        Step::Agent => ("Arrows choose  ·  ", "goes on", "goes back"),
        Step::Words => ("", "starts it", "goes back"),
    };
    let (arrows, enter, escape) = text;
    let keys = [
        (Command::PaletteChoose, enter),
        (Command::PaletteClose, escape),
    ];
    let text = format!("{arrows}{}", hints(ui, &keys));
    ui.label(RichText::new(text).size(11.0).color(theme.faint));
    ui.add_space(20.0);
    let (_, line) = ui.allocate_space(Vec2::new(ui.available_width(), 1.0));
    ui.painter().hline(
        line.x_range(),
        line.center().y,
        Stroke::new(1.0, theme.border),
    );
    ui.add_space(14.0);
    ui.label(
        RichText::new("Three keys lead to all others")
            .font(medium(12.0))
            .color(theme.muted),
    );
    ui.add_space(4.0);
    for (command, what) in KEYS {
        let keys = keymap.keys_of(command);
        let keys = ui
            .painter()
            .layout_no_wrap(keys, FontId::proportional(11.0), theme.text);
        let (rect, _) =
            ui.allocate_exact_size(Vec2::new(ui.available_width(), 24.0), Sense::hover());
        let cap = Rect::from_min_size(
            Pos2::new(rect.min.x, rect.center().y - 9.0),
            Vec2::new(keys.size().x + 14.0, 18.0),
        );
        let edge = Stroke::new(1.0, theme.border);
        ui.painter()
            .rect(cap, 4.0, theme.raised, edge, StrokeKind::Inside);
        let at = Pos2::new(cap.min.x + 7.0, cap.center().y - keys.size().y / 2.0);
        ui.painter().galley(at, keys, theme.text);
        let at = Pos2::new(rect.min.x + 150.0, rect.center().y);
        ui.painter().text(
            at,
            Align2::LEFT_CENTER,
            what,
            FontId::proportional(12.0),
            theme.muted,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_comes_first_then_what_is_here_then_the_shell() {
        let agent = |id: &str, here| KnownAgent {
            id: id.into(),
            name: id.to_uppercase(),
            here,
            get: String::new(),
            ..KnownAgent::default()
        };
        let agents = [
            agent("aider", false),
            agent("claude", true),
            agent("codex", true),
        ];
        let ids = |default| {
            let choices = choices(&agents, default);
            let ids = choices
                .iter()
                .map(|agent| agent.as_ref().map_or("shell", |agent| &agent.id).to_owned());
            ids.collect::<Vec<_>>()
        };
        assert_eq!(ids(None), ["claude", "codex", "shell", "aider"]);
        assert_eq!(ids(Some("codex")), ["codex", "claude", "shell", "aider"]);
        let none = choices(&[], None);
        assert_eq!(none, [None]);
    }
}
