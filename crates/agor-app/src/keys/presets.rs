//! Keys of other programs on our commands, for hands that know them. A preset's keys take the place of
//! what they contradict in the table; a person's own go before them.

use agor_core::config::KeyPreset;

/// Keys that a preset gives, and the first key of its sequences.
#[derive(Debug)]
pub struct Preset {
    /// Which it is.
    pub name: KeyPreset,
    /// The key in place of Ctrl+Space, unless the person says otherwise.
    pub leader: &'static str,
    /// Chords, in which `leader` stands for the leader, and ids of commands.
    pub keys: &'static [(&'static str, &'static str)],
}

/// Every preset.
pub const PRESETS: &[Preset] = &[TMUX, VIM];

/// As tmux has them after its prefix.
const TMUX: Preset = Preset {
    name: KeyPreset::Tmux,
    leader: "ctrl+b",
    keys: &[
        ("leader c", "tab.new"),
        ("leader &", "tab.close"),
        ("leader ,", "tab.rename"),
        ("leader n", "tab.next"),
        ("leader p", "tab.previous"),
        ("leader %", "pane.split_right"),
        ("leader \"", "pane.split_down"),
        ("leader x", "pane.close"),
        ("leader z", "pane.zoom"),
        ("leader q", "pane.numbers"),
        ("leader ;", "focus.last"),
        ("leader o", "focus.last"),
        ("leader !", "pane.break_out"),
        ("leader {", "pane.swap_left"),
        ("leader }", "pane.swap_right"),
        ("leader ctrl+o", "pane.rotate"),
        ("leader alt+o", "pane.rotate_back"),
        ("leader ctrl+left", "pane.resize_left"),
        ("leader ctrl+right", "pane.resize_right"),
        ("leader ctrl+up", "pane.resize_up"),
        ("leader ctrl+down", "pane.resize_down"),
        ("leader alt+1", "layout.columns"),
        ("leader alt+2", "layout.rows"),
        ("leader alt+3", "layout.main"),
        ("leader alt+4", "layout.main"),
        ("leader alt+5", "layout.grid"),
        ("leader shift+e", "layout.balance"),
        ("leader [", "select.keyboard"),
        ("leader page_up", "scroll.page_up"),
        ("leader ]", "edit.paste"),
        ("leader w", "view.wall"),
        ("leader s", "palette.sessions"),
        ("leader f", "palette.open"),
        ("leader :", "palette.open"),
        ("leader (", "project.previous"),
        ("leader )", "project.next"),
        ("leader $", "session.rename"),
        ("leader d", "window.close"),
        ("leader ?", "help.keys"),
    ],
};

/// As vim has them for its windows, also in its terminals.
const VIM: Preset = Preset {
    name: KeyPreset::Vim,
    leader: "ctrl+w",
    keys: &[
        ("leader s", "pane.split_down"),
        ("leader v", "pane.split_right"),
        ("leader n", "tab.new"),
        ("leader c", "pane.close"),
        ("leader q", "pane.close"),
        ("leader o", "pane.zoom"),
        ("leader p", "focus.last"),
        ("leader w", "focus.last"),
        ("leader h", "focus.left"),
        ("leader j", "focus.down"),
        ("leader k", "focus.up"),
        ("leader l", "focus.right"),
        ("leader shift+h", "pane.move_left"),
        ("leader shift+j", "pane.move_down"),
        ("leader shift+k", "pane.move_up"),
        ("leader shift+l", "pane.move_right"),
        ("leader r", "pane.rotate"),
        ("leader shift+r", "pane.rotate_back"),
        ("leader x", "pane.swap_right"),
        ("leader shift+t", "pane.break_out"),
        ("leader =", "layout.balance"),
        ("leader <", "pane.resize_left"),
        ("leader >", "pane.resize_right"),
        ("leader +", "pane.resize_down"),
        ("leader -", "pane.resize_up"),
        ("leader g t", "tab.next"),
        ("leader g shift+t", "tab.previous"),
        ("leader shift+n", "select.keyboard"),
        ("leader :", "palette.open"),
        ("leader /", "find.open"),
    ],
};
