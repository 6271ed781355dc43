//! iTerm2's `.itermcolors`: a property list in XML, a dictionary of colours by name, each a dictionary of
//! its components from 0 to 1. Read tag by tag: nothing else of XML occurs in such files.

use super::{ANSI, Color, Found, ImportError, Seed, others, whole};

/// The components of one colour.
#[derive(Debug, Clone, Copy, Default)]
struct Parts {
    red: Option<f32>,
    green: Option<f32>,
    blue: Option<f32>,
}

/// What is known while the tags go by.
#[derive(Default)]
struct Reader {
    ansi: [Option<Color>; ANSI],
    background: Option<Color>,
    foreground: Option<Color>,
    cursor: Option<Color>,
    selection: Option<Color>,
    /// The colour that is read, by its name.
    open: Option<(String, Parts)>,
    /// The last key.
    key: String,
}

pub fn read(text: &str) -> Result<Found, ImportError> {
    let mut reader = Reader::default();
    let mut depth = 0_usize;
    let mut rest = text;
    while let Some(begin) = rest.find('<') {
        let from_tag = &rest[begin + 1..];
        let line = || text[..text.len() - from_tag.len()].matches('\n').count() + 1;
        let Some(end) = from_tag.find('>') else {
            return Err(ImportError::Damaged {
                line: line(),
                reason: "a tag has no end".into(),
            });
        };
        let tag = &from_tag[..end];
        let behind = &from_tag[end + 1..];
        let said = behind.split('<').next().unwrap_or_default().trim();
        match tag {
            "dict" => {
                depth += 1;
                if depth == 2 {
                    reader.open = Some((reader.key.clone(), Parts::default()));
                }
            }
            "/dict" => {
                if depth == 2 {
                    reader.close()?;
                }
                depth = depth.saturating_sub(1);
            }
            "key" => reader.key = said.to_owned(),
            "real" | "integer" => {
                let value: Option<f32> = said.parse().ok().filter(|value: &f32| value.is_finite());
                let value = value.ok_or_else(|| ImportError::Damaged {
                    line: line(),
                    reason: format!("{said:?} is no number"),
                })?;
                reader.component(value);
            }
            _ => {}
        }
        rest = behind;
    }
    reader.found()
}

impl Reader {
    fn component(&mut self, value: f32) {
        let Some((_, parts)) = &mut self.open else {
            return;
        };
        match self.key.as_str() {
            "Red Component" => parts.red = Some(value),
            "Green Component" => parts.green = Some(value),
            "Blue Component" => parts.blue = Some(value),
            _ => {}
        }
    }

    fn close(&mut self) -> Result<(), ImportError> {
        let Some((name, parts)) = self.open.take() else {
            return Ok(());
        };
        let number = name
            .strip_prefix("Ansi ")
            .and_then(|rest| rest.strip_suffix(" Color"));
        let number = number.and_then(|number| number.parse::<usize>().ok());
        let place = match (number, name.as_str()) {
            (Some(number), _) => self.ansi.get_mut(number),
            (None, "Background Color") => Some(&mut self.background),
            (None, "Foreground Color") => Some(&mut self.foreground),
            (None, "Cursor Color") => Some(&mut self.cursor),
            (None, "Selection Color") => Some(&mut self.selection),
            _ => None,
        };
        let Some(place) = place else { return Ok(()) };
        let channel = |part: Option<f32>, of: &str| {
            let part = part.ok_or_else(|| ImportError::Missing(format!("the {of} of {name}")))?;
            Ok((part.clamp(0.0, 1.0) * 255.0).round() as u8)
        };
        *place = Some(Color::opaque(
            channel(parts.red, "red")?,
            channel(parts.green, "green")?,
            channel(parts.blue, "blue")?,
        ));
        Ok(())
    }

    fn found(self) -> Result<Found, ImportError> {
        let needed = |color: Option<Color>, name: &str| {
            color.ok_or_else(|| ImportError::Missing(name.to_owned()))
        };
        Ok(Found {
            name: None,
            author: None,
            seed: Seed {
                background: needed(self.background, "Background Color")?,
                foreground: needed(self.foreground, "Foreground Color")?,
                cursor: self.cursor,
                selection: self.selection,
                ansi: whole(self.ansi, |at| format!("Ansi {at} Color"))?,
            },
        })
    }
}

pub fn write(seed: &Seed) -> String {
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \
         \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n\
         <plist version=\"1.0\">\n<dict>\n",
    );
    let ansi = seed.ansi.iter().enumerate();
    let ansi = ansi.map(|(at, color)| (format!("Ansi {at} Color"), *color));
    let names = [
        "Background Color",
        "Foreground Color",
        "Cursor Color",
        "Selection Color",
    ];
    let others = others(seed, names).map(|(name, color)| (name.to_owned(), color));
    for (name, color) in ansi.chain(others) {
        out.push_str(&format!("\t<key>{name}</key>\n\t<dict>\n"));
        out.push_str("\t\t<key>Color Space</key>\n\t\t<string>sRGB</string>\n");
        for (part, value) in [("Red", color.r), ("Green", color.g), ("Blue", color.b)] {
            let value = f64::from(value) / 255.0;
            out.push_str(&format!(
                "\t\t<key>{part} Component</key>\n\t\t<real>{value}</real>\n"
            ));
        }
        out.push_str("\t</dict>\n");
    }
    out.push_str("</dict>\n</plist>\n");
    out
}
