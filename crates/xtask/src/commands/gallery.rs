//! `cargo xtask gallery [tour|sheet] [--program FILE]`: draws the pictures of the README anew, those of its tour and
//! the contact sheet, or one of the two; with a program that is there already if that is named.

mod sheet;

use std::path::PathBuf;

use super::run::{build, demo};
use crate::failure::Failure;
use crate::packages::{self, Consent, User};
use crate::workspace;

/// Runs it.
pub fn run(arguments: &[String]) -> Result<(), Failure> {
    let wanted = Wanted::parse(arguments)?;
    // The programs and fonts of the sheet are those that tests use.
    let users = [User::Build, User::Window, User::Tests];
    packages::set_up(Consent::Ask, &users)?;
    let program = match wanted.program {
        Some(program) => program,
        None => build()?,
    };
    if wanted.tour {
        demo::run(&program, &workspace::root().join("assets/tour"))?;
    }
    if wanted.sheet {
        sheet::draw(&program, &workspace::root().join("assets/gallery.png"))?;
    }
    Ok(())
}

#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    tour: bool,
    sheet: bool,
    program: Option<PathBuf>,
}

impl Wanted {
    fn parse(arguments: &[String]) -> Result<Self, Failure> {
        let mut wanted = Self {
            tour: true,
            sheet: true,
            program: None,
        };
        let mut arguments = arguments.iter().map(String::as_str);
        while let Some(argument) = arguments.next() {
            match (argument, wanted.tour && wanted.sheet) {
                ("tour", true) => wanted.sheet = false,
                ("sheet", true) => wanted.tour = false,
                ("--program", _) => wanted.program = arguments.next().map(PathBuf::from),
                _ => {
                    return Err(Failure::Usage(format!(
                        "`cargo xtask gallery` takes tour or sheet and --program FILE, not {argument:?}"
                    )));
                }
            }
        }
        Ok(wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Wanted, Failure> {
        let words: Vec<_> = text.split_whitespace().map(str::to_owned).collect();
        Wanted::parse(&words)
    }

    #[test]
    fn both_are_drawn_unless_one_is_named() {
        let both = parse("").unwrap();
        assert!(both.tour && both.sheet && both.program.is_none());
        let sheet = parse("sheet --program /bin/agor").unwrap();
        assert!(!sheet.tour && sheet.sheet);
        assert_eq!(sheet.program, Some("/bin/agor".into()));
        for wrong in ["sheet tour", "pictures", "--release"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
