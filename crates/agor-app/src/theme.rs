//! Colours, measures and type: 26 tokens and the terminal's colours for each theme, and how egui's
//! own widgets look with them.

use std::sync::Arc;

use agor_core::themes;
use agor_render::{Colors, Rgb};
use egui::epaint::{CornerRadius, Shadow};
use egui::{Color32, FontData, FontDefinitions, FontFamily, FontId, Stroke, Style, TextStyle};

/// Measures in points, on a grid of 4.
pub mod measure {
    /// Height of the tab bar.
    pub const TAB_BAR: f32 = 34.0;
    /// Height of a pane's header.
    pub const PANE_HEADER: f32 = 26.0;
    /// Height of the status bar.
    pub const STATUS_BAR: f32 = 24.0;
    /// Height of a row of a list.
    pub const ROW: f32 = 28.0;
    /// Width of the rail, which stands for the sidebar.
    pub const RAIL: f32 = 44.0;
    /// Least and greatest width of the sidebar.
    pub const SIDEBAR: std::ops::RangeInclusive<f32> = 180.0..=420.0;
    /// Width of the inspector, and what panes keep beside it at the least.
    pub const INSPECTOR: f32 = 280.0;
    pub const INSPECTED_MIN: f32 = 440.0;
    /// Width of the theme editor.
    pub const THEME_EDITOR: f32 = 360.0;
    /// Width of the palette.
    pub const PALETTE: f32 = 640.0;
    /// Rows of the palette.
    pub const PALETTE_ROWS: usize = 12;
    /// Between a terminal's text and the edge of its pane.
    pub const PANE_PADDING: f32 = 8.0;
    /// Radius of raised surfaces.
    pub const RADIUS: u8 = 6;
}

/// Points of the terminal's text unless the person says otherwise.
pub const FONT_SIZE: f32 = 13.0;

/// The family of the interface's semibold text.
pub const SEMIBOLD: &str = "semibold";

/// The family of the interface's medium text.
pub const MEDIUM: &str = "medium";

/// The tokens of a theme.
#[derive(Debug, Clone, PartialEq)]
pub struct Theme {
    /// Its name in settings.
    pub id: Arc<str>,
    /// Whether text is dark on light.
    pub light: bool,
    pub window: Color32,
    pub panel: Color32,
    pub pane: Color32,
    pub raised: Color32,
    pub hover: Color32,
    pub selected: Color32,
    pub border: Color32,
    pub border_focus: Color32,
    pub text: Color32,
    pub muted: Color32,
    pub faint: Color32,
    pub shadow: Color32,
    pub accent: Color32,
    pub accent_muted: Color32,
    pub on_accent: Color32,
    pub link: Color32,
    pub cursor: Color32,
    pub selection: Color32,
    pub search_hit: Color32,
    pub search_current: Color32,
    pub working: Color32,
    pub needs_you: Color32,
    pub done: Color32,
    pub error: Color32,
    pub stalled: Color32,
    pub idle: Color32,
    /// The terminal's 16 colours.
    pub ansi: [Color32; 16],
}

impl Theme {
    /// Returns a theme as it is drawn.
    #[must_use]
    pub fn of(theme: &themes::Theme) -> Self {
        let tokens = &theme.tokens;
        Self {
            id: theme.id.clone(),
            light: theme.light,
            window: color(tokens.window),
            panel: color(tokens.panel),
            pane: color(tokens.pane),
            raised: color(tokens.raised),
            hover: color(tokens.hover),
            selected: color(tokens.selected),
            border: color(tokens.border),
            border_focus: color(tokens.border_focus),
            text: color(tokens.text),
            muted: color(tokens.muted),
            faint: color(tokens.faint),
            shadow: color(tokens.shadow),
            accent: color(tokens.accent),
            accent_muted: color(tokens.accent_muted),
            on_accent: color(tokens.on_accent),
            link: color(tokens.link),
            cursor: color(tokens.cursor),
            selection: color(tokens.selection),
            search_hit: color(tokens.search_hit),
            search_current: color(tokens.search_current),
            working: color(tokens.working),
            needs_you: color(tokens.needs_you),
            done: color(tokens.done),
            error: color(tokens.error),
            stalled: color(tokens.stalled),
            idle: color(tokens.idle),
            ansi: theme.ansi.map(color),
        }
    }

    /// Returns the theme of this name, of those that come with agor; the dark one if there is none.
    #[must_use]
    pub fn built_in(id: &str) -> Self {
        let theme = themes::built_in(id).or_else(|| themes::built_in(themes::DARK));
        Self::of(&theme.expect("a test reads every theme that comes with agor"))
    }

    /// Returns the colours with which terminals are drawn.
    #[must_use]
    pub fn terminal(&self) -> Colors {
        Colors {
            foreground: rgb(self.text),
            background: rgb(self.pane),
            cursor: rgb(self.cursor),
            cursor_text: rgb(self.pane),
            selection: rgb(self.selection),
            selection_text: None,
            search_text: rgb(self.search_text()),
            preedit: rgb(self.selected),
            search_hit: rgb(self.search_hit),
            search_current: rgb(self.search_current),
            link: rgb(self.link),
            ansi: self.ansi.map(rgb),
            minimum_contrast_tenths: 0,
        }
    }

    /// Returns the colour of text on the bright ground of the hit that a search stands at: dark in every theme.
    #[must_use]
    pub fn search_text(&self) -> Color32 {
        if self.light { self.text } else { self.window }
    }

    /// Makes egui's widgets look so.
    pub fn apply(&self, context: &egui::Context) {
        let base = match self.light {
            false => egui::Theme::Dark,
            true => egui::Theme::Light,
        };
        context.set_theme(base);
        context.set_style_of(base, self.style(base));
    }

    fn style(&self, base: egui::Theme) -> Style {
        let mut style = base.default_style();
        let radius = CornerRadius::same(4);
        style.text_styles = [
            (TextStyle::Body, FontId::proportional(13.0)),
            (TextStyle::Button, FontId::proportional(13.0)),
            (TextStyle::Small, FontId::proportional(11.0)),
            (
                TextStyle::Heading,
                FontId::new(15.0, FontFamily::Name(SEMIBOLD.into())),
            ),
            (TextStyle::Monospace, FontId::monospace(12.0)),
        ]
        .into();
        style.spacing.item_spacing = egui::vec2(8.0, 4.0);
        style.spacing.button_padding = egui::vec2(8.0, 4.0);
        style.spacing.scroll = egui::style::ScrollStyle::thin();
        style.interaction.tooltip_delay = 0.6;
        let visuals = &mut style.visuals;
        visuals.panel_fill = self.panel;
        visuals.window_fill = self.raised;
        visuals.window_stroke = Stroke::new(1.0, self.border);
        visuals.window_corner_radius = CornerRadius::same(measure::RADIUS);
        visuals.window_shadow = self.raised_shadow();
        visuals.popup_shadow = self.raised_shadow();
        visuals.menu_corner_radius = CornerRadius::same(measure::RADIUS);
        visuals.extreme_bg_color = self.pane;
        visuals.faint_bg_color = self.hover;
        visuals.override_text_color = Some(self.text);
        visuals.weak_text_color = Some(self.muted);
        visuals.hyperlink_color = self.link;
        visuals.selection.bg_fill = self.selection;
        visuals.selection.stroke = Stroke::new(1.0, self.text);
        visuals.text_cursor.stroke = Stroke::new(1.5, self.accent);
        // A caret that blinks would draw two frames a second for as long as a field has focus.
        visuals.text_cursor.blink = false;
        let widgets = &mut visuals.widgets;
        for (widget, fill) in [
            (&mut widgets.noninteractive, self.panel),
            (&mut widgets.inactive, self.raised),
            (&mut widgets.hovered, self.hover),
            (&mut widgets.active, self.selected),
            (&mut widgets.open, self.hover),
        ] {
            widget.bg_fill = fill;
            widget.weak_bg_fill = fill;
            widget.bg_stroke = Stroke::new(1.0, self.border);
            widget.fg_stroke = Stroke::new(1.0, self.text);
            widget.corner_radius = radius;
            widget.expansion = 0.0;
        }
        visuals.widgets.hovered.bg_stroke = Stroke::new(1.0, self.faint);
        style
    }

    /// Returns the one shadow of raised surfaces.
    #[must_use]
    pub fn raised_shadow(&self) -> Shadow {
        Shadow {
            offset: [0, 8],
            blur: 24,
            spread: 0,
            color: self.shadow,
        }
    }
}

fn color(color: themes::Color) -> Color32 {
    Color32::from_rgba_unmultiplied(color.r, color.g, color.b, color.a)
}

fn rgb(color: Color32) -> Rgb {
    Rgb(color.r(), color.g(), color.b())
}

/// Returns the interface's fonts: one family for text, one of equal widths.
#[must_use]
pub fn fonts() -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    let mut add = |name: &str, data: &'static [u8]| {
        let data = Arc::new(FontData::from_static(data));
        fonts.font_data.insert(name.to_owned(), data);
    };
    add(
        "inter",
        include_bytes!("../../../assets/fonts/Inter-Regular.otf"),
    );
    add(
        "inter-medium",
        include_bytes!("../../../assets/fonts/Inter-Medium.otf"),
    );
    add(
        "inter-semibold",
        include_bytes!("../../../assets/fonts/Inter-SemiBold.otf"),
    );
    add(
        "mono",
        include_bytes!("../../../assets/fonts/JetBrainsMono-Regular.ttf"),
    );
    let fallback = fonts
        .families
        .get(&FontFamily::Proportional)
        .cloned()
        .unwrap_or_default();
    let with = |first: &str| {
        let mut names = vec![first.to_owned(), "mono".to_owned()];
        names.extend(fallback.iter().cloned());
        names
    };
    fonts
        .families
        .insert(FontFamily::Proportional, with("inter"));
    fonts
        .families
        .insert(FontFamily::Name(MEDIUM.into()), with("inter-medium"));
    fonts
        .families
        .insert(FontFamily::Name(SEMIBOLD.into()), with("inter-semibold"));
    fonts.families.insert(FontFamily::Monospace, with("mono"));
    fonts
}

/// Returns the interface's medium text at a size in points.
#[must_use]
pub fn medium(points: f32) -> FontId {
    FontId::new(points, FontFamily::Name(MEDIUM.into()))
}

/// Returns the interface's semibold text at a size in points.
#[must_use]
pub fn semibold(points: f32) -> FontId {
    FontId::new(points, FontFamily::Name(SEMIBOLD.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_theme_is_drawn_in_the_colours_of_its_file() {
        let theme = Theme::built_in(themes::LIGHT);
        assert_eq!(theme.accent, Color32::from_rgb(0x1f, 0x5f, 0xd0));
        assert_eq!(
            theme.shadow,
            Color32::from_rgba_unmultiplied(0x1b, 0x1f, 0x26, 0x33)
        );
        assert_eq!(theme.ansi[1], Color32::from_rgb(0xc0, 0x32, 0x2e));
        assert_eq!(&*Theme::built_in("none").id, themes::DARK);
    }
}
