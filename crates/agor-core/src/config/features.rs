//! Features of fonts (OpenType), as the settings name them.

use std::sync::Arc;

use super::Value;

/// A feature's tag, and its value: 0 is off, 1 is on, and of one with several forms it is the number of one.
pub type FontFeature = ([u8; 4], u16);

/// Returns what `text` asks for: `ss01` or `+ss01`, `-calt`, `cv05=2`; `None` if it is nothing of the kind.
pub(super) fn read(text: &str) -> Option<FontFeature> {
    let (name, value) = match (text.split_once('='), text.strip_prefix('-')) {
        (Some((name, value)), _) => (name, value.parse().ok()?),
        (None, Some(name)) => (name, 0),
        (None, None) => (text.strip_prefix('+').unwrap_or(text), 1),
    };
    let tag: [u8; 4] = name.as_bytes().try_into().ok()?;
    let known = tag.iter().all(u8::is_ascii_alphanumeric);
    known.then_some((tag, value))
}

/// Returns the features that a setting names.
pub(super) fn of(value: Option<&Value>) -> Arc<[FontFeature]> {
    match value {
        Some(Value::List(names)) => names.iter().filter_map(|name| read(name)).collect(),
        _ => Arc::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feature_is_on_off_or_one_of_its_forms() {
        assert_eq!(read("ss01"), Some((*b"ss01", 1)));
        assert_eq!(read("+zero"), Some((*b"zero", 1)));
        assert_eq!(read("-calt"), Some((*b"calt", 0)));
        assert_eq!(read("cv05=2"), Some((*b"cv05", 2)));
        for wrong in [
            "",
            "-",
            "zer",
            "zeros",
            "cv05=",
            "cv05=x",
            "cv05=70000",
            "--zero",
            "ze o",
            "zer\u{f6}",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
