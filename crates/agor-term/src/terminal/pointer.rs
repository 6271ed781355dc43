//! The mouse pointer's form that a program wishes (OSC 22; kitty, "Mouse pointer shapes"). Each
//! screen has a stack of its own. What is answered are names and digits of ours.

use agor_proto::limits;
use agor_proto::screen::PointerShape;

use super::State;
use crate::effect::Effect;
use crate::parser::StringEnd;

/// What the pointer is over text as long as no program wishes otherwise.
const USUAL: PointerShape = PointerShape::Text;
/// What it is there while the program has the mouse.
const GRABBED: PointerShape = PointerShape::Text;

impl State {
    /// Does OSC 22: `shape`, `=shape`, `>shape,…`, `<` or `?shape,…`.
    pub(super) fn pointer_shape(&mut self, body: &[u8], end: StringEnd, effects: &mut Vec<Effect>) {
        let (act, names) = match body.split_first() {
            Some((act @ (b'=' | b'>' | b'<' | b'?'), names)) => (*act, names),
            _ => (b'=', body),
        };
        let names = names.split(|byte| *byte == b',');
        let names = names
            .map(|name| std::str::from_utf8(name).unwrap_or_default())
            .take(limits::POINTER_NAMES_MAX);
        if act == b'?' {
            let answers: Vec<&str> = names.map(|name| self.pointer_answer(name)).collect();
            let text = format!("\x1b]22;{}{}", answers.join(","), end.text());
            return self.reply(&text, effects);
        }
        let screen = self.screen_index();
        let stack = &mut self.pointers[screen];
        let mut names = names.peekable();
        match act {
            b'<' => drop(stack.pop()),
            b'>' => names
                .filter_map(PointerShape::from_name)
                .for_each(|shape| push(stack, shape)),
            // Nothing is named: what was set goes.
            _ if names.peek().is_none_or(|name| name.is_empty()) => drop(stack.pop()),
            _ => {
                if let Some(shape) = names.next().and_then(PointerShape::from_name) {
                    stack.pop();
                    push(stack, shape);
                }
            }
        }
    }

    /// Returns the form that the program wishes now.
    pub(crate) fn pointer(&self) -> Option<PointerShape> {
        self.pointers[self.screen_index()].last().copied()
    }

    fn pointer_answer(&self, name: &str) -> &'static str {
        match name {
            "__current__" => self.pointer().map_or("0", PointerShape::name),
            "__default__" => USUAL.name(),
            "__grabbed__" => GRABBED.name(),
            _ if PointerShape::from_name(name).is_some() => "1",
            _ => "0",
        }
    }
}

fn push(stack: &mut Vec<PointerShape>, shape: PointerShape) {
    if stack.len() == limits::POINTER_STACK_MAX {
        stack.remove(0);
    }
    stack.push(shape);
}
