//! Ghostty's themes: lines such as `palette = 1=#cc6566` and `background = 1d1f21`.
//! <https://ghostty.org/docs/features/theme>

use super::{ANSI, Color, Found, ImportError, Seed, color, others, pairs, whole};

pub fn read(text: &str) -> Result<Found, ImportError> {
    let mut ansi = [None; ANSI];
    let (mut background, mut foreground) = (None, None);
    let (mut cursor, mut selection) = (None, None);
    for (line, key, value) in pairs(text, '=') {
        let place = match key {
            "palette" => {
                let (number, said) = value.split_once('=').ok_or_else(|| ImportError::Damaged {
                    line,
                    reason: format!("palette is written like \"1=#CC6566\", and not {value:?}"),
                })?;
                let number: Option<usize> = number.trim().parse().ok();
                // Those behind the first 16 are the same in every terminal.
                if let Some(place) = number.and_then(|number| ansi.get_mut(number)) {
                    *place = Some(color(line, said.trim())?);
                }
                continue;
            }
            "background" => &mut background,
            "foreground" => &mut foreground,
            "cursor-color" => &mut cursor,
            "selection-background" => &mut selection,
            _ => continue,
        };
        // Names such as `cell-foreground` are no colours.
        *place = match color(line, value) {
            Err(_) if value.starts_with("cell-") => None,
            read => Some(read?),
        };
    }
    let needed = |color: Option<Color>, name: &str| {
        color.ok_or_else(|| ImportError::Missing(name.to_owned()))
    };
    Ok(Found {
        name: None,
        author: None,
        seed: Seed {
            background: needed(background, "background")?,
            foreground: needed(foreground, "foreground")?,
            cursor,
            selection,
            ansi: whole(ansi, |at| format!("palette {at}"))?,
        },
    })
}

pub fn write(seed: &Seed) -> String {
    let palette = seed.ansi.iter().enumerate();
    let palette = palette.map(|(at, color)| format!("palette = {at}={color}\n"));
    let names = [
        "background",
        "foreground",
        "cursor-color",
        "selection-background",
    ];
    let others = others(seed, names).map(|(name, color)| format!("{name} = {color}\n"));
    palette.chain(others).collect()
}
