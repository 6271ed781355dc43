//! How terminals look and sound where their programs leave it to the person.

use agor_proto::screen::CursorShape;

/// The names of the cursor's forms.
pub(super) const CURSORS: &[&str] = &["block", "underline", "bar"];

/// Returns the form of this name.
pub(super) fn cursor(name: &str) -> Option<CursorShape> {
    match name {
        "block" => Some(CursorShape::Block),
        "underline" => Some(CursorShape::Underline),
        "bar" => Some(CursorShape::Bar),
        _ => None,
    }
}

/// What a program's bell does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Bell {
    /// Nothing.
    #[default]
    None,
    /// Its pane is lit up for a moment.
    Flash,
    /// A window that has not the keyboard asks for attention.
    Attention,
}

impl Bell {
    /// The names of all.
    pub const NAMES: &[&str] = &["none", "flash", "attention"];

    /// Returns the one of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "none" => Some(Self::None),
            "flash" => Some(Self::Flash),
            "attention" => Some(Self::Attention),
            _ => None,
        }
    }
}

/// The setting that says whether programs may write the clipboard.
pub const CLIPBOARD_WRITE: &str = "window.clipboard_write";

/// Whether programs may write the clipboard.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ClipboardWrite {
    /// While the person looks at them; else they are asked.
    #[default]
    Ask,
    /// Always.
    Allow,
    /// Never.
    Refuse,
}

impl ClipboardWrite {
    /// The names of all.
    pub const NAMES: &[&str] = &["ask", "allow", "refuse"];

    /// Returns the one of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let all = [Self::Ask, Self::Allow, Self::Refuse];
        all.into_iter().find(|it| it.name() == name)
    }

    /// Returns its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ask => "ask",
            Self::Allow => "allow",
            Self::Refuse => "refuse",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_that_can_be_said_means_something() {
        assert!(CURSORS.iter().all(|name| cursor(name).is_some()));
        assert!(Bell::NAMES.iter().all(|name| Bell::named(name).is_some()));
        let writes = ClipboardWrite::NAMES.iter();
        let writes = writes.map(|name| ClipboardWrite::named(name).map(ClipboardWrite::name));
        assert!(writes.eq(ClipboardWrite::NAMES.iter().copied().map(Some)));
    }
}
