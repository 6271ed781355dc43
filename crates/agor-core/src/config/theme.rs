//! Which theme a person wishes: one, or one for each of the desktop's looks.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use crate::themes::{DARK, LIGHT, SYSTEM};

/// A wish for a theme, by the names that files have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ThemeWish {
    /// This one.
    Always(String),
    /// The one that suits the desktop's look, and changes with it.
    BySystem {
        /// The theme of a light desktop.
        light: String,
        /// The theme of a dark one, and of one that does not say.
        dark: String,
    },
}

impl FromStr for ThemeWish {
    type Err = Infallible;

    fn from_str(name: &str) -> Result<Self, Infallible> {
        Ok(match name {
            SYSTEM => Self::by_system(None, None),
            name => Self::Always(name.to_owned()),
        })
    }
}

impl fmt::Display for ThemeWish {
    /// Writes it as settings have it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Always(name) => write!(f, "{name}"),
            Self::BySystem { light, dark } if light == LIGHT && dark == DARK => {
                write!(f, "{SYSTEM}")
            }
            Self::BySystem { light, dark } => {
                write!(f, "{{ light = {light:?}, dark = {dark:?} }}")
            }
        }
    }
}

impl ThemeWish {
    /// Returns the wish to follow the desktop, with our own themes for what is not said.
    #[must_use]
    pub fn by_system(light: Option<String>, dark: Option<String>) -> Self {
        Self::BySystem {
            light: light.unwrap_or_else(|| LIGHT.to_owned()),
            dark: dark.unwrap_or_else(|| DARK.to_owned()),
        }
    }

    /// Returns the name of the theme for a desktop that is light, or dark, or does not say.
    #[must_use]
    pub fn for_desktop(&self, light: Option<bool>) -> &str {
        match self {
            Self::Always(name) => name,
            Self::BySystem { light: name, .. } if light == Some(true) => name,
            Self::BySystem { dark, .. } => dark,
        }
    }

    /// Returns every theme that may be shown.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let (one, other) = match self {
            Self::Always(name) => (name, None),
            Self::BySystem { light, dark } => (light, Some(dark)),
        };
        std::iter::once(one).chain(other).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Layers, Value};

    fn read(text: &str) -> Option<ThemeWish> {
        let (layers, _) = Layers::read(&format!("window.{text}")).ok()?;
        match &layers.said("window.theme", None)?.0.value {
            Value::Theme(wish) => Some(wish.clone()),
            _ => None,
        }
    }

    #[test]
    fn a_wish_is_a_name_or_follows_the_desktop() {
        assert_eq!(
            read("theme = \"nord\"").unwrap().for_desktop(Some(true)),
            "nord"
        );
        let system = read("theme = \"system\"").unwrap();
        let shown = [Some(true), Some(false), None].map(|light| system.for_desktop(light));
        assert_eq!(shown, ["light", "dark", "dark"]);
        let pair = read("theme = { light = \"one_light\" }").unwrap();
        assert_eq!(pair.names().collect::<Vec<_>>(), ["one_light", "dark"]);
        for wrong in ["theme = 3", "theme = { bright = \"x\" }", "theme = [\"a\"]"] {
            assert_eq!(read(wrong), None);
        }
    }

    #[test]
    fn a_wish_is_written_as_it_is_read() {
        for text in ["nord", "system"] {
            assert_eq!(text.parse::<ThemeWish>().unwrap().to_string(), text);
        }
        let pair = read("theme = { light = \"one_light\", dark = \"nord\" }").unwrap();
        assert_eq!(read(&format!("theme = {pair}")).unwrap(), pair);
    }
}
