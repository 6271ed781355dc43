//! Operating system commands: title, colours, links, directory, clipboard, notifications, marks.

pub(crate) mod text;

use agor_proto::limits;
use agor_proto::row::MarkKind;
use agor_proto::screen::{CursorShape, PaletteSlot};

use super::State;
use crate::color::{describe_color, parse_color};
use crate::effect::{ClipboardKind, Effect, ProgressState};
use crate::parser::StringEnd;
use text::{decode_base64, file_url, host_name, number, shown_text, split, split_last};

impl State {
    /// Does an operating system command.
    pub(super) fn osc(&mut self, body: &[u8], end: StringEnd, effects: &mut Vec<Effect>) {
        let (code, rest) = split(body, b';');
        let Some(code) = number(code) else {
            return;
        };
        if self.conformance && matches!(code, 0 | 1) {
            self.window
                .set_icon_title(shown_text(rest, limits::TITLE_MAX));
        }
        match code {
            0 | 2 => self.set_title(shown_text(rest, limits::TITLE_MAX), effects),
            4 => self.palette_colors(rest, end, effects),
            5 => self.special_colors(rest, end, effects),
            104 => self.reset_palette(rest, effects),
            7 => self.set_cwd(file_url(rest), effects),
            8 => self.set_link(rest),
            9 => self.osc_9(rest, effects),
            99 => self.osc_99(rest, effects),
            777 => self.osc_777(rest, effects),
            10..=19 => self.dynamic_colors(code, rest, end, effects),
            110..=119 => {
                let slot = dynamic_slot(code - 100);
                if slot.is_some_and(|slot| self.palette.reset(slot)) {
                    effects.push(Effect::Palette);
                }
            }
            22 => self.pointer_shape(rest, end, effects),
            52 => clipboard(rest, effects),
            66 => self.print_sized(rest),
            133 => self.shell_mark(rest, effects),
            1337 => self.osc_1337(rest, end, effects),
            7501 => self.program_status(rest, end, effects),
            _ => {}
        }
    }

    pub(super) fn set_title(&mut self, title: String, effects: &mut Vec<Effect>) {
        if title != self.title {
            self.title.clone_from(&title);
            effects.push(Effect::Title(title));
        }
    }

    fn palette_colors(&mut self, rest: &[u8], end: StringEnd, effects: &mut Vec<Effect>) {
        let mut parts = rest.split(|byte| *byte == b';');
        while let (Some(index), Some(color)) = (parts.next(), parts.next()) {
            let Some(index) = number(index).and_then(|index| u8::try_from(index).ok()) else {
                continue;
            };
            let slot = PaletteSlot::Indexed(index);
            if color == b"?" {
                let text = describe_color(self.color(slot));
                self.reply(&format!("\x1b]4;{index};{text}{}", end.text()), effects);
            } else if let Some(rgb) = parse_color(color)
                && self.palette.set(slot, rgb)
            {
                effects.push(Effect::Palette);
            }
        }
    }

    /// Answers questions for the colours of bold, underlined, blinking, reversed and italic text
    /// (OSC 5): here they have that of all text. Another cannot be set.
    fn special_colors(&mut self, rest: &[u8], end: StringEnd, effects: &mut Vec<Effect>) {
        let mut parts = rest.split(|byte| *byte == b';');
        while let (Some(index), Some(color)) = (parts.next(), parts.next()) {
            if let (Some(index @ 0..=4), b"?") = (number(index), color) {
                let text = describe_color(self.color(PaletteSlot::Foreground));
                self.reply(&format!("\x1b]5;{index};{text}{}", end.text()), effects);
            }
        }
    }

    fn color(&self, slot: PaletteSlot) -> (u8, u8, u8) {
        self.palette
            .get(slot)
            .unwrap_or_else(|| self.base_colors.of(slot))
    }

    fn reset_palette(&mut self, rest: &[u8], effects: &mut Vec<Effect>) {
        let mut changed = false;
        if rest.is_empty() {
            changed = self.palette.reset_indexed();
        }
        for index in rest.split(|byte| *byte == b';').filter_map(number) {
            if let Ok(index) = u8::try_from(index) {
                changed |= self.palette.reset(PaletteSlot::Indexed(index));
            }
        }
        if changed {
            effects.push(Effect::Palette);
        }
    }

    /// Each further parameter is for the next colour (xterm's ctlseqs).
    fn dynamic_colors(
        &mut self,
        first: u32,
        rest: &[u8],
        end: StringEnd,
        effects: &mut Vec<Effect>,
    ) {
        for (code, color) in (first..=19).zip(rest.split(|byte| *byte == b';')) {
            let Some(slot) = dynamic_slot(code) else {
                if let (b"?", Some(shown)) = (color, shown_instead(code)) {
                    let text = describe_color(self.color(shown));
                    self.reply(&format!("\x1b]{code};{text}{}", end.text()), effects);
                }
                continue;
            };
            if color == b"?" {
                let text = describe_color(self.color(slot));
                self.reply(&format!("\x1b]{code};{text}{}", end.text()), effects);
            } else if let Some(rgb) = parse_color(color)
                && self.palette.set(slot, rgb)
            {
                effects.push(Effect::Palette);
            }
        }
    }

    fn set_cwd(&mut self, cwd: Option<(Option<String>, String)>, effects: &mut Vec<Effect>) {
        let Some((host, path)) = cwd else {
            return;
        };
        self.cwd = Some((host.clone(), path.clone()));
        effects.push(Effect::Cwd { host, path });
    }

    /// Does OSC 8; `params ; uri`.
    fn set_link(&mut self, rest: &[u8]) {
        let (params, uri) = split(rest, b';');
        let id = params
            .split(|byte| *byte == b':')
            .find_map(|part| part.strip_prefix(b"id="));
        let id = id.unwrap_or_default();
        let good = !uri.is_empty() && uri.len() <= limits::LINK_MAX && id.len() <= limits::LINK_MAX;
        let (Ok(uri), Ok(id), true) = (std::str::from_utf8(uri), std::str::from_utf8(id), good)
        else {
            self.pen.set_link(0);
            return;
        };
        self.pen.set_link(0);
        self.make_room();
        let number = self.tables.add_link(uri, id);
        self.pen.set_link(number);
    }

    /// Does ConEmu's progress (9;4) and iTerm2's notification (9).
    fn osc_9(&mut self, rest: &[u8], effects: &mut Vec<Effect>) {
        let (first, after) = split(rest, b';');
        if first == b"4" && !after.is_empty() {
            let (state, percent) = split(after, b';');
            let percent = number(percent).unwrap_or(0).min(100) as u8;
            let state = match number(state) {
                Some(0) => ProgressState::None,
                Some(1) => ProgressState::Percent(percent),
                Some(2) => ProgressState::Error(percent),
                Some(3) => ProgressState::Indeterminate,
                Some(4) => ProgressState::Paused(percent),
                _ => return,
            };
            effects.push(Effect::Progress(state));
        } else if first == b"9" && !after.is_empty() {
            // ConEmu's working directory.
            let path = shown_text(after, limits::LINK_MAX);
            if path.starts_with('/') {
                self.set_cwd(Some((None, path)), effects);
            }
        } else if number(first).is_none() || after.is_empty() {
            notify(
                String::new(),
                shown_text(rest, limits::NOTIFICATION_MAX),
                effects,
            );
        }
    }

    /// Does urxvt's `777 ; notify ; title ; body`.
    fn osc_777(&mut self, rest: &[u8], effects: &mut Vec<Effect>) {
        let (kind, rest) = split(rest, b';');
        if kind == b"notify" {
            let (title, body) = split(rest, b';');
            let title = shown_text(title, limits::TITLE_MAX);
            notify(title, shown_text(body, limits::NOTIFICATION_MAX), effects);
        }
    }

    /// Does kitty's notifications: `99 ; metadata ; payload`, perhaps in several pieces.
    fn osc_99(&mut self, rest: &[u8], effects: &mut Vec<Effect>) {
        let (metadata, payload) = split(rest, b';');
        let field = |key: &[u8]| {
            metadata
                .split(|byte| *byte == b':')
                .find_map(|part| match split(part, b'=') {
                    (name, value) if name == key => Some(value),
                    _ => None,
                })
        };
        let decoded = match field(b"e") {
            Some(b"1") => decode_base64(payload),
            _ => Some(payload.to_vec()),
        };
        let Some(payload) = decoded else {
            return;
        };
        let id = shown_text(field(b"i").unwrap_or_default(), limits::NOTIFICATION_ID_MAX);
        if self.notification.id != id {
            self.notification = super::PendingNotification {
                id,
                ..Default::default()
            };
        }
        let (text, max) = match field(b"p") {
            None | Some(b"title") => (&mut self.notification.title, limits::TITLE_MAX),
            Some(b"body") => (&mut self.notification.body, limits::NOTIFICATION_MAX),
            Some(_) => return,
        };
        text.push_str(&shown_text(&payload, max.saturating_sub(text.len())));
        if field(b"d") != Some(b"0") {
            let done = std::mem::take(&mut self.notification);
            notify(done.title, done.body, effects);
        }
    }

    /// Does FinalTerm's marks.
    fn shell_mark(&mut self, rest: &[u8], effects: &mut Vec<Effect>) {
        let (kind, after) = split(rest, b';');
        let kind = match kind {
            b"A" => MarkKind::Prompt,
            b"B" => MarkKind::Input,
            b"C" => {
                self.command_began_millis = self.now_millis;
                MarkKind::Output
            }
            b"D" => {
                let code = std::str::from_utf8(split(after, b';').0).ok();
                let times = self.command_began_millis.take().zip(self.now_millis);
                MarkKind::End {
                    code: code.and_then(|code| code.parse().ok()),
                    // A clock that was set back tells nothing.
                    took_millis: times.and_then(|(began, now)| now.checked_sub(began)),
                }
            }
            _ => return,
        };
        let at = self.mark(kind);
        effects.push(Effect::Mark { kind, at });
    }

    fn osc_1337(&mut self, rest: &[u8], end: StringEnd, effects: &mut Vec<Effect>) {
        if let Some(path) = rest.strip_prefix(b"CurrentDir=") {
            let path = shown_text(path, limits::LINK_MAX);
            if path.starts_with('/') {
                let host = self.remote_host.clone();
                self.set_cwd(Some((host, path)), effects);
            }
        } else if let Some(who) = rest.strip_prefix(b"RemoteHost=") {
            // What follows may be a path of another machine; a name that is none is a stranger's.
            let host = split_last(who, b'@');
            let host = host_name(host).unwrap_or_else(|| "unknown".into());
            self.remote_host = (!host.is_empty()).then_some(host);
        } else if rest == b"SetMark" {
            // A place to go back to, as a prompt is; nothing begins or ends there.
            self.mark(MarkKind::Prompt);
        } else if rest == b"ClearScrollback" {
            self.erase_history();
        } else if let Some(shape) = rest.strip_prefix(b"CursorShape=") {
            match shape {
                b"0" => self.look.shape = CursorShape::Block,
                b"1" => self.look.shape = CursorShape::Bar,
                b"2" => self.look.shape = CursorShape::Underline,
                _ => {}
            }
        } else if rest == b"ReportCellSize" {
            let (width, height) = self.image_cell_px();
            let text = format!("\x1b]1337;ReportCellSize={height}.0;{width}.0;1.0");
            self.reply(&format!("{text}{}", end.text()), effects);
        } else {
            self.inline_file(rest, effects);
        }
    }

    /// Does OSC 7501. The query is answered with itself, a constant.
    fn program_status(&mut self, rest: &[u8], end: StringEnd, effects: &mut Vec<Effect>) {
        if rest == b"?" {
            self.reply(&format!("\x1b]7501;?{}", end.text()), effects);
        } else if rest.len() <= limits::PROGRAM_STATUS_MAX {
            effects.push(Effect::ProgramStatus(rest.to_vec()));
        }
    }
}

fn dynamic_slot(code: u32) -> Option<PaletteSlot> {
    match code {
        10 => Some(PaletteSlot::Foreground),
        11 => Some(PaletteSlot::Background),
        12 => Some(PaletteSlot::Cursor),
        17 => Some(PaletteSlot::SelectionBackground),
        19 => Some(PaletteSlot::SelectionForeground),
        _ => None,
    }
}

/// Returns what stands for colours that xterm has and nothing here is drawn in: those of the
/// mouse's pointer and of a Tektronix screen.
fn shown_instead(code: u32) -> Option<PaletteSlot> {
    match code {
        13 | 15 => Some(PaletteSlot::Foreground),
        14 | 16 => Some(PaletteSlot::Background),
        18 => Some(PaletteSlot::Cursor),
        _ => None,
    }
}

fn notify(title: String, body: String, effects: &mut Vec<Effect>) {
    if !title.is_empty() || !body.is_empty() {
        effects.push(Effect::Notification { title, body });
    }
}

/// Does OSC 52: text for a clipboard. Questions for its content are not answered.
fn clipboard(rest: &[u8], effects: &mut Vec<Effect>) {
    let (kinds, data) = split(rest, b';');
    let kind = match kinds.first() {
        None | Some(b'c' | b's') => ClipboardKind::Clipboard,
        Some(b'p') => ClipboardKind::Primary,
        Some(_) => return,
    };
    if data == b"?" {
        return;
    }
    if let Some(text) = decode_base64(data).and_then(|bytes| String::from_utf8(bytes).ok()) {
        effects.push(Effect::ClipboardWrite { kind, text });
    }
}
