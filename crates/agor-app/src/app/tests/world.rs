//! An application whose host is the test.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};

use agor_proto::ids::{ScreenRev, Size};
use agor_proto::input::KeyInput;
use agor_proto::screen::Mirror;
use agor_proto::session::SessionInfo;
use agor_render::{Gpu, InterfaceFaces, Offscreen};
use agor_term::input::chord;
use agor_term::{Options, Terminal};
use egui_kittest::Harness;
use egui_tiles::LinearDir;
use tokio::sync::{mpsc, watch};

use crate::app::{App, Given, Graphics, Parts, Purpose};
use crate::commands::Command;
use crate::keys::keymap::Keymap;
use crate::keys::router::{Route, Router};
use crate::keys::translate::RawKey;
use crate::launch::Launcher;
use crate::link::snapshot::{Driving, HostState, Screen, Snapshot, Stored};
use crate::link::{Link, Request};
use crate::primary::Primary;
use crate::reopen::Reopen;
use crate::testing::session_id;
use crate::wake::Wake;
use crate::window::Keyboard;
use crate::workspace::Workspace;

/// The size of the window in points.
pub const WINDOW: egui::Vec2 = egui::Vec2::new(1_000.0, 640.0);

/// The device of all tests.
pub fn gpu() -> &'static Gpu {
    static GPU: OnceLock<Gpu> = OnceLock::new();
    GPU.get_or_init(|| {
        pollster::block_on(Gpu::open(true)).expect("software Vulkan: install mesa-vulkan-drivers")
    })
}

/// The host's side of an application.
pub struct Host {
    snapshot: watch::Sender<Snapshot>,
    requests: mpsc::Receiver<Request>,
}

/// See the module.
pub struct World {
    pub harness: Harness<'static, Option<App>>,
    host: Host,
}

/// Returns an application and its host's side.
pub fn app(context: &egui::Context, given: Given) -> (App, Host) {
    let (link, snapshot, requests) = Link::for_tests();
    let keymap = Keymap::default();
    let keyboard = Keyboard {
        router: Router::new(keymap, link.clone()),
        front: None,
        last_front: None,
        preedit: None,
        wake: None,
    };
    let parts = Parts {
        purpose: Purpose::Workspace {
            launcher: Launcher {
                folder: "/work/project".into(),
                environment: Vec::new(),
            },
        },
        show: None,
        link,
        wake: Wake::default(),
        reopen: Reopen::default(),
        keyboard: Rc::new(RefCell::new(keyboard)),
        primary: Primary::none(),
        graphics: Graphics {
            device: gpu().device.clone(),
            queue: gpu().queue.clone(),
            target: Offscreen::FORMAT,
        },
        given,
        faces: InterfaceFaces::of(Vec::new()),
    };
    (
        App::new(context, parts).unwrap(),
        Host { snapshot, requests },
    )
}

impl Host {
    /// Tells the application what a host with these sessions does.
    pub fn begin(&self, layout: Stored, sessions: &[SessionInfo]) {
        self.snapshot.send_modify(|snapshot| {
            snapshot.host = HostState::Ready;
            snapshot.layout = layout;
            snapshot.sessions = Some(Arc::new(sessions.to_vec()));
        });
    }

    /// Shows what a program has written.
    pub fn show_text(&self, session: u8, size: Size, output: &str) {
        let mut terminal = Terminal::new(Options {
            size,
            ..Options::default()
        });
        terminal.advance(output.as_bytes(), &mut Vec::new());
        let mirror = Mirror {
            rev: ScreenRev(1),
            size,
            rows: (0..size.rows)
                .map(|at| Arc::new(terminal.row(at)))
                .collect(),
            cursor: terminal.cursor(),
            ..Mirror::default()
        };
        let screen = Arc::new(Screen {
            mirror,
            driving: Driving::Yes,
            ..Screen::default()
        });
        self.snapshot.send_modify(|snapshot| {
            snapshot.screens.insert(session_id(session), screen);
        });
    }

    fn requests(&mut self) -> Vec<Request> {
        std::iter::from_fn(|| self.requests.try_recv().ok()).collect()
    }
}

impl World {
    /// Returns a window on a host with these sessions.
    pub fn new(layout: Stored, sessions: &[SessionInfo]) -> Self {
        let mut world = Self::unbegun();
        world.begin(layout, sessions);
        world
    }

    /// Lets the host answer.
    pub fn begin(&mut self, layout: Stored, sessions: &[SessionInfo]) {
        self.host.begin(layout, sessions);
        self.harness.run();
    }

    /// Returns a window whose host has not answered.
    pub fn unbegun() -> Self {
        let mut harness = Harness::builder().with_size(WINDOW).build_ui_state(
            |ui, app: &mut Option<App>| {
                if let Some(app) = app {
                    app.logic(ui.ctx());
                    app.ui(ui);
                }
            },
            None,
        );
        let (app, host) = app(&harness.ctx, Given::default());
        *harness.state_mut() = Some(app);
        harness.run();
        Self { harness, host }
    }

    /// Returns the stored layout of one tab with these sessions side by side.
    pub fn layout(sessions: &[u8]) -> Stored {
        let mut workspace = Workspace::default();
        for session in sessions {
            workspace.split("/work/project", LinearDir::Horizontal, session_id(*session));
        }
        Stored::Is(workspace.to_json().into())
    }

    pub fn app(&mut self) -> &mut App {
        self.harness.state_mut().as_mut().unwrap()
    }

    /// Returns the command of the page that fills the window.
    pub fn page(&mut self) -> Option<Command> {
        Some(self.app().shown_page()?.command)
    }

    pub fn requests(&mut self) -> Vec<Request> {
        self.host.requests()
    }

    /// Changes what the application knows, and lets it draw that.
    pub fn change(&mut self, change: impl FnOnce(&mut Snapshot)) {
        self.host.snapshot.send_modify(change);
        self.harness.run();
    }

    /// Changes what the application knows, and lets it draw one frame of that.
    pub fn change_once(&mut self, change: impl FnOnce(&mut Snapshot)) {
        self.host.snapshot.send_modify(change);
        self.harness.step();
    }

    pub fn set_sessions(&mut self, sessions: &[SessionInfo]) {
        let sessions = Arc::new(sessions.to_vec());
        self.change(|snapshot| snapshot.sessions = Some(sessions));
    }

    pub fn show_text(&mut self, session: u8, output: &str) {
        self.tell_text(session, output);
        self.harness.run();
    }

    /// Has a program have written something, and draws no frame.
    pub fn tell_text(&mut self, session: u8, output: &str) {
        self.host.show_text(session, Size::cells(40, 10), output);
    }

    pub fn command(&mut self, command: Command) {
        self.app().commands.push(command);
        self.harness.run();
    }

    /// Says whether a text is drawn, in this colour alone.
    pub fn draws(&self, text: &str, color: egui::Color32) -> bool {
        let shapes = self.harness.output().shapes.iter();
        let mut jobs = shapes.filter_map(|clipped| match &clipped.shape {
            egui::Shape::Text(text) => Some(&text.galley.job),
            _ => None,
        });
        jobs.any(|job| {
            let mut sections = job.sections.iter();
            job.text == text && sections.all(|section| section.format.color == color)
        })
    }

    /// Presses a key as the window system would.
    pub fn press(&mut self, keys: &str) -> Route {
        let KeyInput { key, mods, .. } = chord::parse(keys).unwrap();
        let raw = RawKey::of_key(key);
        let mut keyboard = self.app().keyboard.borrow_mut();
        keyboard.router.on_mods(mods);
        keyboard.router.on_key(&raw)
    }
}

/// Says whether a command of this name was asked for.
pub fn asked(requests: &[Request], name: &str) -> bool {
    requests.iter().any(|request| match request {
        Request::Command(body) => body.name() == name,
        _ => false,
    })
}
