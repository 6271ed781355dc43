//! A setting's value: read where it stands in a file, held to what its setting allows, written as TOML.

use std::collections::BTreeMap;
use std::fmt;

use toml::Spanned;
use toml::de::DeValue;

use super::schema::Kind;
use super::{Quiet, ThemeWish, features};

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A text of any kind.
    Text(String),
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Whole(u64),
    /// A number.
    Number(f32),
    /// Some of several names.
    List(Vec<String>),
    /// Names and their texts.
    Map(BTreeMap<String, String>),
    /// A theme.
    Theme(ThemeWish),
}

/// What became of a value that was read.
#[derive(Debug, PartialEq)]
pub enum Taken {
    /// It is as it was written.
    Whole(Value),
    /// It is held to a bound, or a part of it is left out; says why.
    Held(Value, String),
    /// It cannot be used; says why.
    Dropped(String),
    /// It is empty, which means that nothing is set.
    Nothing,
}

/// A value of another kind than its setting has.
#[derive(Debug, PartialEq, Eq)]
pub struct WrongKind;

impl Value {
    /// Reads the value of the setting `key`, which has this kind.
    pub fn read(key: &str, kind: Kind, value: &Spanned<DeValue<'_>>) -> Result<Taken, WrongKind> {
        let value = value.get_ref();
        Ok(match kind {
            Kind::Bool => match value {
                DeValue::Boolean(said) => Taken::Whole(Self::Bool(*said)),
                _ => return Err(WrongKind),
            },
            Kind::Whole(..) | Kind::Number(..) => {
                Self::number(value).ok_or(WrongKind)?.held(key, kind)?
            }
            Kind::Some(names) => {
                let said = texts(value).ok_or(WrongKind)?;
                let (known, unknown): (Vec<_>, Vec<_>) =
                    said.into_iter().partition(|name| names.contains(&&**name));
                let value = Self::List(known);
                match unknown.first() {
                    None => Taken::Whole(value),
                    Some(name) => {
                        let names = names.join(", ");
                        let why =
                            format!("{key} knows {names}, and not {name:?}, which is ignored");
                        Taken::Held(value, why)
                    }
                }
            }
            Kind::Folders => {
                let said = texts(value).ok_or(WrongKind)?;
                let (whole, other): (Vec<_>, Vec<_>) =
                    said.into_iter().partition(|folder| folder.starts_with('/'));
                let value = Self::List(whole);
                match other.first() {
                    None => Taken::Whole(value),
                    Some(folder) => {
                        let why =
                            format!("{key} are whole paths, and {folder:?} is none; it is ignored");
                        Taken::Held(value, why)
                    }
                }
            }
            Kind::Features => {
                let said = texts(value).ok_or(WrongKind)?;
                let (whole, other): (Vec<_>, Vec<_>) = said
                    .into_iter()
                    .partition(|name| features::read(name).is_some());
                let value = Self::List(whole);
                match other.first() {
                    None => Taken::Whole(value),
                    Some(name) => {
                        let why = format!(
                            "{key} are features of a font, like \"zero\", \"-calt\" or \"cv05=2\", and \
                             {name:?} is none; it is ignored"
                        );
                        Taken::Held(value, why)
                    }
                }
            }
            Kind::OneOf(names) => match value {
                DeValue::String(text) if names.contains(&&**text) => {
                    Taken::Whole(Self::Text(text.to_string()))
                }
                _ => return Err(WrongKind),
            },
            Kind::Variables => Self::variables(key, value)?,
            Kind::Theme => Taken::Whole(Self::Theme(theme(value).ok_or(WrongKind)?)),
            Kind::Text | Kind::Provider | Kind::Font | Kind::Key | Kind::Hours => {
                let DeValue::String(text) = value else {
                    return Err(WrongKind);
                };
                if text.is_empty() {
                    Taken::Nothing
                } else {
                    Self::Text(text.to_string()).held(key, kind)?
                }
            }
        })
    }

    fn number(value: &DeValue<'_>) -> Option<Self> {
        match value {
            DeValue::Integer(number) => {
                let number = i64::from_str_radix(number.as_str(), number.radix()).ok()?;
                Some(Self::Whole(u64::try_from(number).ok()?))
            }
            DeValue::Float(number) => {
                let number = number.as_str().parse::<f32>().ok()?;
                number.is_finite().then_some(Self::Number(number))
            }
            _ => None,
        }
    }

    fn variables(key: &str, value: &DeValue<'_>) -> Result<Taken, WrongKind> {
        let DeValue::Table(table) = value else {
            return Err(WrongKind);
        };
        let (mut map, mut why) = (BTreeMap::new(), None);
        for (name, value) in table {
            let DeValue::String(text) = value.get_ref() else {
                return Err(WrongKind);
            };
            let name = name.get_ref().as_ref();
            if name.is_empty() || name.contains(['=', '\0']) || text.contains('\0') {
                why = Some(format!(
                    "{key}: {name:?} cannot be a variable; it is ignored"
                ));
            } else {
                map.insert(name.to_owned(), text.to_string());
            }
        }
        let map = Self::Map(map);
        Ok(why.map_or_else(
            || Taken::Whole(map.clone()),
            |why| Taken::Held(map.clone(), why),
        ))
    }

    /// Holds a value to what its setting allows.
    pub fn held(self, key: &str, kind: Kind) -> Result<Taken, WrongKind> {
        Ok(match (self, kind) {
            (Self::Whole(number), Kind::Whole(least, most)) => {
                let held = number.clamp(least, most);
                match held == number {
                    true => Taken::Whole(Self::Whole(held)),
                    false => {
                        let why = format!("{key} is {}; {held} is used", kind.words());
                        Taken::Held(Self::Whole(held), why)
                    }
                }
            }
            (Self::Whole(number), Kind::Number(..)) => {
                Self::Number(number as f32).held(key, kind)?
            }
            (Self::Number(number), Kind::Number(least, most)) => {
                let held = number.clamp(least, most);
                match held == number {
                    true => Taken::Whole(Self::Number(held)),
                    false => {
                        let why = format!("{key} is {}; {held} is used", kind.words());
                        Taken::Held(Self::Number(held), why)
                    }
                }
            }
            (Self::Text(text), Kind::Hours) => match Quiet::read(&text) {
                Some(_) => Taken::Whole(Self::Text(text)),
                None => Taken::Dropped(format!(
                    "{key} is written like \"22:00-07:00\"; {text:?} is ignored"
                )),
            },
            (value, kind) if value.fits(kind) => Taken::Whole(value),
            _ => return Err(WrongKind),
        })
    }

    /// Says whether it is of this kind, bounds aside.
    #[must_use]
    pub fn fits(&self, kind: Kind) -> bool {
        matches!(
            (self, kind),
            (Self::Text(text), Kind::OneOf(names)) if names.contains(&&**text)
        ) || matches!(
            (self, kind),
            (Self::Bool(_), Kind::Bool)
                | (Self::Whole(_), Kind::Whole(..))
                | (Self::Number(_), Kind::Number(..))
                | (
                    Self::List(_),
                    Kind::Some(_) | Kind::Folders | Kind::Features
                )
                | (Self::Map(_), Kind::Variables)
                | (Self::Theme(_), Kind::Theme)
                | (
                    Self::Text(_),
                    Kind::Text | Kind::Provider | Kind::Font | Kind::Key | Kind::Hours
                )
        )
    }

    /// Returns it as a file of settings has it.
    #[must_use]
    pub fn to_toml(&self) -> String {
        match self {
            Self::Text(text) => quoted(text),
            Self::Bool(said) => said.to_string(),
            Self::Whole(number) => number.to_string(),
            Self::Number(number) => number.to_string(),
            Self::List(names) => {
                let names: Vec<_> = names.iter().map(|name| quoted(name)).collect();
                format!("[{}]", names.join(", "))
            }
            Self::Map(map) => {
                let of = |(name, text): (&String, &String)| {
                    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
                    let name = match name.bytes().all(plain) {
                        true => name.clone(),
                        false => quoted(name),
                    };
                    format!("{name} = {}", quoted(text))
                };
                let map: Vec<_> = map.iter().map(of).collect();
                match map.is_empty() {
                    true => "{}".into(),
                    false => format!("{{ {} }}", map.join(", ")),
                }
            }
            Self::Theme(ThemeWish::Always(name)) => quoted(name),
            Self::Theme(wish) => match wish.to_string() {
                name if name.starts_with('{') => name,
                name => quoted(&name),
            },
        }
    }

    /// Returns it as a value of JSON.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Text(text) => text.as_str().into(),
            Self::Bool(said) => (*said).into(),
            Self::Whole(number) => (*number).into(),
            Self::Number(number) => f64::from(*number).into(),
            Self::List(names) => names.clone().into(),
            Self::Map(map) => map
                .iter()
                .map(|(name, text)| (name.clone(), text.as_str()))
                .collect(),
            Self::Theme(ThemeWish::Always(name)) => name.as_str().into(),
            Self::Theme(ThemeWish::BySystem { light, dark }) => {
                serde_json::json!({ "light": light, "dark": dark })
            }
        }
    }
}

impl fmt::Display for Value {
    /// Writes it for a person: a text without quotes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::List(names) => f.write_str(&names.join(", ")),
            Self::Theme(wish) => write!(f, "{wish}"),
            value => f.write_str(&value.to_toml()),
        }
    }
}

/// Returns a text as a basic string of TOML.
pub(crate) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            letter if letter.is_control() => {
                quoted.push_str(&format!("\\u{:04X}", u32::from(letter)));
            }
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

fn texts(value: &DeValue<'_>) -> Option<Vec<String>> {
    let DeValue::Array(list) = value else {
        return None;
    };
    let text = |value: &Spanned<DeValue<'_>>| match value.get_ref() {
        DeValue::String(text) => Some(text.to_string()),
        _ => None,
    };
    list.iter().map(text).collect()
}

fn theme(value: &DeValue<'_>) -> Option<ThemeWish> {
    match value {
        DeValue::String(name) => name.parse().ok(),
        DeValue::Table(pair) => {
            let (mut light, mut dark) = (None, None);
            for (key, value) in pair {
                let DeValue::String(name) = value.get_ref() else {
                    return None;
                };
                match key.get_ref().as_ref() {
                    "light" => light = Some(name.to_string()),
                    "dark" => dark = Some(name.to_string()),
                    _ => return None,
                }
            }
            Some(ThemeWish::by_system(light, dark))
        }
        _ => None,
    }
}
