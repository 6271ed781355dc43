//! Colours, measures and type: 26 tokens and the terminal's colours for each theme, and how egui's
//! own widgets look with them.

use std::sync::Arc;

use agor_core::cli::Theme as Name;
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
    /// Least and greatest width of the sidebar.
    pub const SIDEBAR: std::ops::RangeInclusive<f32> = 180.0..=420.0;
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
    pub name: Name,
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

const fn hex(rgb: u32) -> Color32 {
    let [_, r, g, b] = rgb.to_be_bytes();
    Color32::from_rgb(r, g, b)
}

impl Theme {
    /// Returns a built-in theme.
    #[must_use]
    pub fn named(name: Name) -> Self {
        match name {
            Name::Dark => Self::dark(),
            Name::Light => Self::light(),
        }
    }

    fn dark() -> Self {
        Self {
            name: Name::Dark,
            window: hex(0x000c_0e12),
            panel: hex(0x0014_171c),
            pane: hex(0x0010_1216),
            raised: hex(0x001b_1f26),
            hover: hex(0x0020_252d),
            selected: hex(0x0024_324a),
            border: hex(0x0026_2b33),
            border_focus: hex(0x006e_a8fe),
            text: hex(0x00e6_e9ef),
            muted: hex(0x00a3_acb9),
            faint: hex(0x007c_8696),
            shadow: Color32::from_black_alpha(0x80),
            accent: hex(0x006e_a8fe),
            accent_muted: hex(0x0024_416b),
            on_accent: hex(0x000b_0d10),
            link: hex(0x008a_b8ff),
            cursor: hex(0x00e6_e9ef),
            selection: hex(0x002e_4a73),
            search_hit: hex(0x005a_4a12),
            search_current: hex(0x00e5_a83b),
            working: hex(0x006e_a8fe),
            needs_you: hex(0x00f2_b84b),
            done: hex(0x006c_cb8a),
            error: hex(0x00f4_7a76),
            stalled: hex(0x00e8_935a),
            idle: hex(0x008a_94a3),
            ansi: [
                hex(0x002a_2f38),
                hex(0x00f0_716e),
                hex(0x007f_c98b),
                hex(0x00e6_b450),
                hex(0x006e_a8fe),
                hex(0x00c6_92e9),
                hex(0x005f_c4cd),
                hex(0x00c9_d0da),
                hex(0x006b_7585),
                hex(0x00ff_8f8c),
                hex(0x009c_dca6),
                hex(0x00f5_cb76),
                hex(0x0096_c1ff),
                hex(0x00d9_b0f5),
                hex(0x0085_dae2),
                hex(0x00f4_f6f9),
            ],
        }
    }

    fn light() -> Self {
        Self {
            name: Name::Light,
            window: hex(0x00ec_eef2),
            panel: hex(0x00f7_f8fa),
            pane: hex(0x00ff_ffff),
            raised: hex(0x00ff_ffff),
            hover: hex(0x00eb_eef3),
            selected: hex(0x00dc_e8fb),
            border: hex(0x00dd_e1e8),
            border_focus: hex(0x001f_5fd0),
            text: hex(0x001b_1f26),
            muted: hex(0x0050_5a68),
            faint: hex(0x0066_7080),
            shadow: Color32::from_rgba_unmultiplied_const(0x1b, 0x1f, 0x26, 0x33),
            accent: hex(0x001f_5fd0),
            accent_muted: hex(0x00d6_e4fb),
            on_accent: hex(0x00ff_ffff),
            link: hex(0x001f_5fd0),
            cursor: hex(0x001b_1f26),
            selection: hex(0x00c9_dcfa),
            search_hit: hex(0x00fb_ebb5),
            search_current: hex(0x00f2_c94c),
            working: hex(0x001f_5fd0),
            needs_you: hex(0x008a_5a00),
            done: hex(0x001f_7a44),
            error: hex(0x00c0_322e),
            stalled: hex(0x00a2_4a12),
            idle: hex(0x0062_6c7a),
            ansi: [
                hex(0x001b_1f26),
                hex(0x00c0_322e),
                hex(0x001f_7a44),
                hex(0x008a_5a00),
                hex(0x001f_5fd0),
                hex(0x008b_3fb8),
                hex(0x000f_737d),
                hex(0x008a_93a0),
                hex(0x005a_6472),
                hex(0x00d6_4a45),
                hex(0x002c_8f55),
                hex(0x00a3_6d08),
                hex(0x003a_78e6),
                hex(0x00a2_55d1),
                hex(0x001b_8893),
                hex(0x003b_4350),
            ],
        }
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
            // Dark on the bright ground of the hit that the search stands at, in either theme.
            search_text: match self.name {
                Name::Dark => rgb(self.window),
                Name::Light => rgb(self.text),
            },
            preedit: rgb(self.selected),
            search_hit: rgb(self.search_hit),
            search_current: rgb(self.search_current),
            link: rgb(self.link),
            ansi: self.ansi.map(rgb),
            minimum_contrast_tenths: 0,
        }
    }

    /// Makes egui's widgets look so.
    pub fn apply(&self, context: &egui::Context) {
        let base = match self.name {
            Name::Dark => egui::Theme::Dark,
            Name::Light => egui::Theme::Light,
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

    fn luminance(color: Color32) -> f32 {
        let linear = |channel: u8| {
            let channel = f32::from(channel) / 255.0;
            if channel <= 0.040_45 {
                channel / 12.92
            } else {
                ((channel + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * linear(color.r()) + 0.7152 * linear(color.g()) + 0.0722 * linear(color.b())
    }

    fn contrast(a: Color32, b: Color32) -> f32 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn text_can_be_read_on_every_surface_of_every_theme() {
        for theme in [Theme::dark(), Theme::light()] {
            for surface in [
                theme.window,
                theme.panel,
                theme.pane,
                theme.raised,
                theme.hover,
            ] {
                for text in [theme.text, theme.muted] {
                    let contrast = contrast(text, surface);
                    assert!(
                        contrast >= 4.5,
                        "{:?} {text:?} {surface:?} {contrast}",
                        theme.name
                    );
                }
            }
            for state in [
                theme.working,
                theme.needs_you,
                theme.done,
                theme.error,
                theme.stalled,
            ] {
                let contrast = contrast(state, theme.panel);
                assert!(contrast >= 4.5, "{:?} {state:?} {contrast}", theme.name);
            }
            for color in &theme.ansi[1..] {
                let contrast = contrast(*color, theme.pane);
                assert!(contrast >= 3.0, "{:?} {color:?} {contrast}", theme.name);
            }
        }
    }
}
