//! What a person hands a program besides text: files that are dropped on the window, and images on the clipboard.
//! A program in a terminal takes paths; so a file is its path, and an image becomes a file.

use std::path::Path;
use std::sync::Arc;

use agor_proto::limits::PASTED_PIXELS_MAX;
use egui::{Event, Ui};

use super::App;
use crate::link::Request;
use crate::link::snapshot::Weight;

/// Files of one drop that are pasted; nobody means more.
const DROPPED_MAX: usize = 1_000;

impl App {
    /// Pastes the paths of dropped files, and saves a pasted image, into the focused pane.
    pub(super) fn take_files(&mut self, ui: &Ui) {
        let dropped = ui.input(|input| {
            let files = input.raw.dropped_files.iter().take(DROPPED_MAX);
            let paths = files.filter_map(|file| file.path().to_str().map(quoted));
            paths.collect::<Vec<_>>()
        });
        if !dropped.is_empty() {
            // Whoever goes on typing begins a new word.
            self.paste(format!("{} ", dropped.join(" ")));
            self.wake.now();
        }
        let image = ui.input(|input| {
            let mut events = input.events.iter().rev();
            events.find_map(|event| match event {
                Event::PasteImage(image) => Some(image.clone()),
                _ => None,
            })
        });
        if let Some(image) = image {
            self.paste_image(image);
            self.keyboard.borrow_mut().router.release();
            self.wake.now();
        }
    }

    fn paste_image(&mut self, image: Arc<egui::ColorImage>) {
        let Some(session) = self.workspace.focused_session() else {
            return;
        };
        let [width, height] = image.size;
        if width.saturating_mul(height) > PASTED_PIXELS_MAX {
            let text = format!("The image is too large to be pasted: {width}x{height} pixels.");
            self.link.request(Request::Tell(Weight::Error, text));
            return;
        }
        let also: Vec<_> = self.keyboard.borrow().router.also().collect();
        let sessions = std::iter::once(session).chain(also).collect();
        self.link.request(Request::PasteImage { sessions, image });
    }
}

/// Returns a path as a shell takes it for one word.
pub fn quoted(path: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-+,:@%=".contains(c);
    if !path.is_empty() && path.chars().all(plain) {
        return path.to_owned();
    }
    if path.chars().any(char::is_control) {
        // A line break in a name must not press Enter.
        let mut escaped = String::from("$'");
        for c in path.chars() {
            match c {
                '\'' | '\\' => escaped.extend(['\\', c]),
                c if c.is_control() => {
                    let mut bytes = [0; 4];
                    for byte in c.encode_utf8(&mut bytes).bytes() {
                        escaped.push_str(&format!("\\x{byte:02x}"));
                    }
                }
                c => escaped.push(c),
            }
        }
        escaped.push('\'');
        return escaped;
    }
    format!("'{}'", path.replace('\'', "'\\''"))
}

/// Returns the path of a file that was made for an image, as it is pasted.
pub fn of_file(path: &Path) -> String {
    format!("{} ", quoted(&path.to_string_lossy()))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_path_is_one_word_of_a_shell_and_presses_no_enter() {
        for (path, word) in [
            ("/home/ada/a.png", "/home/ada/a.png"),
            ("/home/ada/größe.txt", "/home/ada/größe.txt"),
            ("/a b", "'/a b'"),
            ("/it's", "'/it'\\''s'"),
            ("/$(reboot)`x`;&", "'/$(reboot)`x`;&'"),
            ("/a\nb's", "$'/a\\x0ab\\'s'"),
            ("/a\u{9b}", "$'/a\\xc2\\x9b'"),
            ("~", "'~'"),
        ] {
            assert_eq!(quoted(path), word);
        }
    }
}
