//! base16 in YAML: `base00` to `base0F`, at the top (the older form) or below `palette`.
//! <https://github.com/tinted-theming/home/blob/main/styling.md>

use super::super::Theme;
use super::{ANSI, Color, Found, ImportError, Seed, color, pairs};

/// The bases that the terminal's 16 colours have.
const ANSI_OF: [usize; ANSI] = [
    0x0, 0x8, 0xb, 0xa, 0xd, 0xe, 0xc, 0x5, 0x3, 0x8, 0xb, 0xa, 0xd, 0xe, 0xc, 0x7,
];

pub fn read(text: &str) -> Result<Found, ImportError> {
    let (mut name, mut author) = (None, None);
    let mut bases: [Option<Color>; 16] = [None; 16];
    for (line, key, value) in pairs(text, ':') {
        let said = plain(value);
        match key {
            "scheme" | "name" => name = Some(said.to_owned()),
            "author" => author = Some(said.to_owned()),
            _ => {
                let base = key.strip_prefix("base").filter(|digits| digits.len() == 2);
                let base = base.and_then(|digits| usize::from_str_radix(digits, 16).ok());
                if let Some(base) = base.and_then(|base| bases.get_mut(base)) {
                    *base = Some(color(line, said)?);
                }
            }
        }
    }
    let base = |at: usize| {
        let found = bases.get(at).copied().flatten();
        found.ok_or_else(|| ImportError::Missing(format!("base{at:02X}")))
    };
    let mut ansi = [Color::BLACK; ANSI];
    for (color, at) in ansi.iter_mut().zip(ANSI_OF) {
        *color = base(at)?;
    }
    Ok(Found {
        name,
        author,
        seed: Seed {
            background: base(0)?,
            foreground: base(5)?,
            cursor: None,
            selection: Some(base(2)?),
            ansi,
        },
    })
}

/// Returns a scalar without quotes, and without the comment behind it.
fn plain(value: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some(rest) = value.strip_prefix(quote) {
            return rest.split(quote).next().unwrap_or(rest);
        }
    }
    value.split(" #").next().unwrap_or(value).trim()
}

pub fn write(theme: &Theme, seed: &Seed) -> String {
    let tokens = &theme.tokens;
    let mut bases = [seed.background; 16];
    // The bright hues are the plain ones here: what is written last stays.
    for (color, at) in seed.ansi.iter().zip(ANSI_OF).rev() {
        bases[at] = *color;
    }
    let [red, yellow] = [seed.ansi[1], seed.ansi[3]];
    bases[0x0] = seed.background;
    bases[0x1] = tokens.panel.over(seed.background);
    bases[0x2] = seed.selection.unwrap_or(seed.background);
    bases[0x4] = tokens.muted.over(seed.background);
    bases[0x5] = seed.foreground;
    bases[0x6] = seed.foreground.towards(seed.ansi[15], 0.5);
    bases[0x9] = red.towards(yellow, 0.5);
    bases[0xf] = red.towards(seed.background, 0.3);
    let quoted = |text: &str| format!("\"{}\"", text.replace(['"', '\\', '\n'], " "));
    let variant = if theme.light { "light" } else { "dark" };
    let mut out = format!("system: \"base16\"\nname: {}\n", quoted(&theme.name));
    if let Some(source) = &theme.source {
        out.push_str(&format!("author: {}\n", quoted(source)));
    }
    out.push_str(&format!("variant: \"{variant}\"\npalette:\n"));
    for (at, color) in bases.iter().enumerate() {
        out.push_str(&format!("  base{at:02X}: \"{color}\"\n"));
    }
    out
}
