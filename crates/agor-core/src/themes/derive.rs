//! A whole theme from a terminal's few colours: what an imported theme, or one that a person began to
//! write, does not say is made so that it can be read.

use super::color::Color;
use super::{ANSI, Tokens};

/// The least contrast of text (WCAG 2.2, AA).
pub const TEXT_CONTRAST: f32 = 4.5;

/// What themes for terminals agree on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seed {
    /// What the terminal's text lies on.
    pub background: Color,
    /// The terminal's text.
    pub foreground: Color,
    /// The cursor.
    pub cursor: Option<Color>,
    /// What lies behind selected text.
    pub selection: Option<Color>,
    /// The terminal's colours.
    pub ansi: [Color; ANSI],
}

/// Steps of lightness from the pane to the surfaces around it.
struct Steps {
    window: f32,
    panel: f32,
    raised: f32,
    hover: f32,
    border: f32,
    /// Shares of the accent in what is selected, in its muted form, and behind selected text.
    selected: f32,
    accent_muted: f32,
    selection: f32,
}

const DARK: Steps = Steps {
    window: -0.02,
    panel: 0.02,
    raised: 0.05,
    hover: 0.075,
    border: 0.10,
    selected: 0.20,
    accent_muted: 0.32,
    selection: 0.34,
};

const LIGHT: Steps = Steps {
    window: -0.045,
    panel: -0.018,
    raised: 0.012,
    hover: -0.05,
    border: -0.09,
    selected: 0.14,
    accent_muted: 0.18,
    selection: 0.24,
};

impl Seed {
    /// Says whether it is a light theme.
    #[must_use]
    pub fn is_light(&self) -> bool {
        self.background.luminance() > self.foreground.luminance()
    }

    /// Returns every token.
    #[must_use]
    pub fn tokens(&self) -> Tokens {
        let light = self.is_light();
        let steps = if light { &LIGHT } else { &DARK };
        let pane = self.background;
        let window = pane.lighter(steps.window);
        let panel = pane.lighter(steps.panel);
        let raised = pane.lighter(steps.raised);
        let hover = pane.lighter(steps.hover);
        let surfaces = [window, panel, pane, raised, hover];
        let text = self.foreground.readable_on(&surfaces, 7.0);
        let muted = text.towards(pane, 0.28);
        let faint = text.towards(pane, 0.42);
        let [red, green, yellow, blue] = [1, 2, 3, 4].map(|color| self.ansi[color]);
        let state = |color: Color| color.readable_on(&[window, panel, pane, raised], TEXT_CONTRAST);
        let accent = state(blue);
        let selection = self
            .selection
            .unwrap_or(pane.towards(accent, steps.selection));
        let on_accent = [pane, text, Color::WHITE, Color::BLACK];
        let on_accent = on_accent
            .into_iter()
            .find(|on| on.contrast(accent) >= TEXT_CONTRAST);
        Tokens {
            window,
            panel,
            pane,
            raised,
            hover,
            selected: pane.towards(accent, steps.selected),
            border: pane.lighter(steps.border),
            border_focus: accent,
            text,
            muted: muted.readable_on(&surfaces, 5.2),
            faint: faint.readable_on(&surfaces, TEXT_CONTRAST),
            shadow: Color {
                a: if light { 0x33 } else { 0x80 },
                ..(if light { text } else { Color::BLACK })
            },
            accent,
            accent_muted: pane.towards(accent, steps.accent_muted),
            on_accent: on_accent.unwrap_or(if light { Color::WHITE } else { Color::BLACK }),
            link: accent,
            cursor: self.cursor.unwrap_or(text),
            selection,
            search_hit: pane.towards(yellow, if light { 0.35 } else { 0.24 }),
            search_current: yellow.readable_on(&[if light { text } else { window }], TEXT_CONTRAST),
            working: accent,
            needs_you: state(yellow),
            done: state(green),
            error: state(red),
            stalled: state(red.towards(yellow, 0.5)),
            idle: muted.readable_on(&[panel, pane], TEXT_CONTRAST),
        }
    }
}
