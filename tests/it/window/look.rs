//! The window's looks, from what the desktop and the person's files say to its pixels.

use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use zbus::zvariant::{OwnedValue, Value};
use zbus::{Connection, connection, fdo, interface};

use super::stage::{Stage, Window};
use crate::agor::{Agor, step_until};

const PORTAL: &str = "org.freedesktop.portal.Desktop";
const PATH: &str = "/org/freedesktop/portal/desktop";
const SETTINGS: &str = "org.freedesktop.portal.Settings";
const NAMESPACE: &str = "org.freedesktop.appearance";
const KEY: &str = "color-scheme";

/// The portal's words for what a person prefers.
const PREFERS_DARK: u32 = 1;
const PREFERS_LIGHT: u32 = 2;

/// What a desktop says of its settings, as portals since 2023 do.
struct Portal(Arc<AtomicU32>);

#[interface(name = "org.freedesktop.portal.Settings")]
impl Portal {
    fn read_one(&self, namespace: &str, key: &str) -> fdo::Result<OwnedValue> {
        match (namespace, key) {
            (NAMESPACE, KEY) => Ok(OwnedValue::from(self.0.load(Ordering::Relaxed))),
            _ => Err(fdo::Error::UnknownProperty("only the colour scheme".into())),
        }
    }
}

/// A session bus where the window looks for it, and a desktop on it.
struct Desktop {
    daemon: Child,
    connection: Connection,
    scheme: Arc<AtomicU32>,
}

impl Desktop {
    fn start(agor: &Agor, scheme: u32) -> Self {
        let address = format!("unix:path={}", agor.path("run/bus").display());
        let args = ["--session", "--nofork", "--address", &address];
        let daemon = agor
            .command_of(Path::new("dbus-daemon"), &args)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("dbus-daemon runs (Debian package dbus)");
        step_until("the bus is there", || {
            agor.path("run/bus").exists().then_some(())
        });
        let scheme = Arc::new(AtomicU32::new(scheme));
        let connection = zbus::block_on(async {
            connection::Builder::address(&address[..])?
                .serve_at(PATH, Portal(Arc::clone(&scheme)))?
                .name(PORTAL)?
                .build()
                .await
        });
        Self {
            daemon,
            connection: connection.expect("a connection to the bus"),
            scheme,
        }
    }

    /// Lets the person prefer another look.
    fn prefers(&self, scheme: u32) {
        self.scheme.store(scheme, Ordering::Relaxed);
        let body = (NAMESPACE, KEY, Value::from(scheme));
        let signal = "SettingChanged";
        let emit = self
            .connection
            .emit_signal(None::<&str>, PATH, SETTINGS, signal, &body);
        zbus::block_on(emit).expect("the bus takes signals");
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        self.daemon.kill().ok(); // It may be gone.
        self.daemon.wait().ok();
    }
}

/// Returns how many of the window's pixels are near to this colour, by so much in each part, and how many it has.
pub(super) fn pixels_near(
    stage: &Stage,
    window: &Window,
    color: [u8; 3],
    off: u8,
) -> Option<(usize, usize)> {
    let file = stage.agor.path("look.png");
    let name = file.to_str().expect("utf-8").to_owned();
    stage.ok("import", &["-window", &window.id, &name]);
    let picture = image::open(&file).ok()?.into_rgb8();
    let near = |pixel: &image::Rgb<u8>| {
        let both = pixel.0.iter().zip(color);
        both.into_iter().all(|(a, b)| a.abs_diff(b) <= off)
    };
    let share = picture.pixels().filter(|pixel| near(pixel)).count();
    Some((share, picture.pixels().len()))
}

/// Waits until the most of the window has this colour.
pub(super) fn is_mostly(stage: &Stage, window: &Window, what: &str, color: [u8; 3]) {
    step_until(what, || {
        let (share, all) = pixels_near(stage, window, color, 2)?;
        (share * 2 > all).then_some(())
    });
}

fn write(agor: &Agor, name: &str, text: &str) {
    let file = agor.path("home/.config/agor").join(name);
    fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
    fs::write(file, text).expect("a file");
}

#[test]
fn the_window_follows_the_desktop_between_light_and_dark() {
    let mut stage = Stage::new();
    let pair = "[window]\nwelcome = false\ntheme = { light = \"one_light\", dark = \"dracula\" }\n";
    write(&stage.agor, "config.toml", pair);
    let desktop = Desktop::start(&stage.agor, PREFERS_DARK);
    let window = stage.open(&[]);
    is_mostly(
        &stage,
        &window,
        "the dark theme is shown",
        [0x28, 0x2a, 0x36],
    );
    desktop.prefers(PREFERS_LIGHT);
    is_mostly(
        &stage,
        &window,
        "the light theme is shown",
        [0xfa, 0xfa, 0xfa],
    );
    desktop.prefers(PREFERS_DARK);
    is_mostly(
        &stage,
        &window,
        "the dark theme is shown again",
        [0x28, 0x2a, 0x36],
    );
}

#[test]
fn a_theme_of_the_persons_own_is_shown_as_it_is_saved() {
    let mut stage = Stage::new();
    let theme = stage.agor.ok(&["theme", "export", "nord"]);
    let green = |to: &str| theme.replace("pane = \"#2E3440\"", &format!("pane = \"{to}\""));
    write(&stage.agor, "themes/mine.toml", &green("#003300"));
    write(
        &stage.agor,
        "config.toml",
        "[window]\nwelcome = false\ntheme = \"mine\"\n",
    );
    let window = stage.open(&[]);
    is_mostly(&stage, &window, "the person's theme is shown", [0, 0x33, 0]);
    write(&stage.agor, "themes/mine.toml", &green("#004400"));
    is_mostly(&stage, &window, "the saved theme is shown", [0, 0x44, 0]);
    write(&stage.agor, "themes/mine.toml", &green("green"));
    write(
        &stage.agor,
        "config.toml",
        "[window]\nwelcome = false\ntheme = \"light\"\n",
    );
    is_mostly(
        &stage,
        &window,
        "the other theme is shown",
        [0xff, 0xff, 0xff],
    );
}

#[test]
fn a_first_window_offers_three_steps_and_escape_leads_to_the_shell() {
    let mut stage = Stage::new();
    write(&stage.agor, "config.toml", "");
    let window = stage.open(&[]);
    stage.press_and_rest(&window, &["Return"]);
    assert_eq!(stage.running(), [""; 0], "nothing is started unasked");
    stage.press_and_rest(&window, &["Escape"]);
    stage.press(&["Escape"]);
    stage.running_are(1);
}

#[test]
fn a_setting_is_changed_on_the_page_by_keys_and_stands_in_the_file_beside_its_comments() {
    let mut stage = Stage::new();
    let before = "# mine\n[window] # looks\nwelcome = false # thanks\n";
    write(&stage.agor, "config.toml", before);
    let window = stage.open(&[]);
    stage.running_are(1);
    stage.press_and_rest(&window, &["ctrl+shift+comma"]);
    stage.type_text("ligatures");
    // Past the three levels to the switch.
    for _ in 0..4 {
        stage.press_and_rest(&window, &["Tab"]);
    }
    stage.press(&["space"]);
    let file = stage.agor.path("home/.config/agor/config.toml");
    step_until("the setting stands in the file", || {
        let text = fs::read_to_string(&file).expect("settings");
        (text == format!("{before}ligatures = false\n")).then_some(())
    });
    // Once to leave what was searched for, once to leave the page.
    stage.press_and_rest(&window, &["Escape", "Escape"]);
    stage.type_text("exit 0\n");
    stage.running_are(0);
}
