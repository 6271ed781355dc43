//! `shot`: a picture of the window, drawn without a display.

use std::path::PathBuf;

use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::output;
use super::super::window::Shot;
use crate::config::ThemeWish;

/// Pixels that a picture may have on a side: what every graphics driver draws.
const SIDE_MAX_PX: u32 = 8_192;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The file to write, a PNG
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Its size in pixels
    #[arg(long, value_name = "WIDTHxHEIGHT", default_value = "1440x900", value_parser = size)]
    size: (u32, u32),
    /// Pixels in a point: 2 for a display of high density
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, value_parser = scale)]
    scale: f32,
    /// The theme, of those that `theme list` lists [default: the one that was chosen last]
    #[arg(long, value_name = "THEME")]
    theme: Option<ThemeWish>,
    /// Carry out a command of the window before, such as view.wall (`keys` lists them); can be given several times
    #[arg(long = "do", value_name = "COMMAND")]
    commands: Vec<String>,
}

fn size(text: &str) -> Result<(u32, u32), String> {
    let pixels = |text: &str| {
        let pixels = text.parse().ok();
        pixels.filter(|pixels| (64..=SIDE_MAX_PX).contains(pixels))
    };
    text.split_once('x')
        .and_then(|(width, height)| Some((pixels(width)?, pixels(height)?)))
        .ok_or_else(|| format!("write WIDTHxHEIGHT in pixels, from 64 to {SIDE_MAX_PX} each"))
}

fn scale(text: &str) -> Result<f32, String> {
    match text.parse() {
        Ok(scale) if (0.5..=4.0).contains(&scale) => Ok(scale),
        _ => Err("write a factor from 0.5 to 4".into()),
    }
}

pub fn run(arguments: Arguments, context: &Context) -> Result<Exit, Failure> {
    let Some(window) = context.program.window else {
        return Err(Failure::usage(
            "agord has no window to draw: use `agor shot`",
        ));
    };
    context.check_theme(arguments.theme.as_ref())?;
    let shot = Shot {
        out: arguments.out,
        size_px: arguments.size,
        scale: arguments.scale,
        theme: arguments.theme,
        commands: arguments.commands,
    };
    let picture = (window.shot)(context.paths()?, &shot)?;
    std::fs::write(&shot.out, &picture.png).map_err(|error| {
        Failure::new(
            Exit::OUTPUT,
            format!("{} cannot be written: {error}", shot.out.display()),
        )
    })?;
    if context.json {
        let (width, height) = shot.size_px;
        let file = shot.out.display().to_string();
        output::json(&serde_json::json!({ "file": file, "width": width, "height": height }))?;
    }
    Ok(Exit::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_scales_are_held_to_what_can_be_drawn() {
        assert_eq!(size("1440x900"), Ok((1440, 900)));
        for bad in ["1440", "0x900", "9000x900", "1440x", "ax9"] {
            assert!(size(bad).is_err(), "{bad}");
        }
        assert_eq!(scale("1.5"), Ok(1.5));
        for bad in ["0", "9", "NaN", ""] {
            assert!(scale(bad).is_err(), "{bad}");
        }
    }
}
