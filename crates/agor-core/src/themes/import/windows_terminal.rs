//! A scheme of Windows Terminal: an object of colours by name, alone or in the list `schemes` of its
//! settings. <https://learn.microsoft.com/windows/terminal/customize-settings/color-schemes>

use serde_json::{Map, Value};

use super::{ANSI, Color, Found, ImportError, Seed, others, whole};

/// The names of the terminal's colours, in their order.
const NAMES: [&str; ANSI] = [
    "black",
    "red",
    "green",
    "yellow",
    "blue",
    "purple",
    "cyan",
    "white",
    "brightBlack",
    "brightRed",
    "brightGreen",
    "brightYellow",
    "brightBlue",
    "brightPurple",
    "brightCyan",
    "brightWhite",
];

pub fn read(text: &str) -> Result<Found, ImportError> {
    let text = text.trim_start_matches('\u{feff}');
    let document: Value = serde_json::from_str(text).map_err(|error| ImportError::Damaged {
        line: error.line(),
        reason: error.to_string(),
    })?;
    let list = document.get("schemes").unwrap_or(&document);
    let scheme = match list {
        Value::Array(list) => list.first().unwrap_or(&Value::Null),
        other => other,
    };
    let Value::Object(scheme) = scheme else {
        return Err(ImportError::Missing("a scheme".into()));
    };
    let mut ansi = [None; ANSI];
    for (place, name) in ansi.iter_mut().zip(NAMES) {
        *place = color(scheme, name)?;
    }
    let needed =
        |name: &str| color(scheme, name)?.ok_or_else(|| ImportError::Missing(name.to_owned()));
    Ok(Found {
        name: scheme
            .get("name")
            .and_then(Value::as_str)
            .map(str::to_owned),
        author: None,
        seed: Seed {
            background: needed("background")?,
            foreground: needed("foreground")?,
            cursor: color(scheme, "cursorColor")?,
            selection: color(scheme, "selectionBackground")?,
            ansi: whole(ansi, |at| NAMES[at].to_owned())?,
        },
    })
}

/// Returns the colour of this name. The values have no lines any more: the name says where it is.
fn color(scheme: &Map<String, Value>, name: &str) -> Result<Option<Color>, ImportError> {
    let Some(value) = scheme.get(name) else {
        return Ok(None);
    };
    let read = value.as_str().and_then(|text| text.parse().ok());
    let missing = || ImportError::Missing(format!("a colour like \"#1B1F26\" for {name}"));
    read.map(Some).ok_or_else(missing)
}

pub fn write(name: &str, seed: &Seed) -> String {
    let names = [
        "background",
        "foreground",
        "cursorColor",
        "selectionBackground",
    ];
    let ansi = NAMES.into_iter().zip(seed.ansi);
    let colors = others(seed, names).chain(ansi);
    let colors = colors.map(|(name, color)| (name.to_owned(), color.to_string().into()));
    let mut scheme = Map::from_iter([("name".to_owned(), name.into())]);
    scheme.extend(colors);
    format!("{:#}\n", Value::Object(scheme))
}
