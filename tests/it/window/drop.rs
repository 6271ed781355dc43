//! A file manager of our own: it drops files on a window as the X protocol for that (XDND, version 5) has it.

use std::fs;
use std::time::Duration;

use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ChangeWindowAttributesAux, ClientMessageEvent, ConnectionExt, CreateWindowAux,
    EventMask, PropMode, SELECTION_NOTIFY_EVENT, SelectionNotifyEvent, SelectionRequestEvent,
    Window as WindowId, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use super::stage::{Stage, Window};
use crate::agor::{look_until, step_until};

/// The version of the protocol that is spoken.
const VERSION: u32 = 5;

struct Source {
    connection: RustConnection,
    window: WindowId,
    /// What is dropped, as `text/uri-list`.
    list: String,
}

impl Source {
    fn new(stage: &Stage, paths: &[&str]) -> Self {
        let name = stage.display_name();
        let (connection, screen) = RustConnection::connect(Some(&name)).expect("the display");
        let root = connection.setup().roots[screen].root;
        let window = connection.generate_id().expect("an id");
        connection
            .create_window(
                0,
                window,
                root,
                0,
                0,
                1,
                1,
                0,
                WindowClass::INPUT_OUTPUT,
                0,
                &CreateWindowAux::new(),
            )
            .expect("a window");
        connection
            .change_window_attributes(
                window,
                &ChangeWindowAttributesAux::new().event_mask(EventMask::PROPERTY_CHANGE),
            )
            .expect("a window");
        let uri = |path: &&str| format!("file://{}\r\n", path.replace(' ', "%20"));
        let list = paths.iter().map(uri).collect();
        let source = Self {
            connection,
            window,
            list,
        };
        let selection = source.atom("XdndSelection");
        source
            .connection
            .set_selection_owner(window, selection, x11rb::CURRENT_TIME)
            .expect("the selection");
        source.connection.flush().expect("the display");
        source
    }

    fn atom(&self, name: &str) -> Atom {
        let cookie = self.connection.intern_atom(false, name.as_bytes());
        cookie.expect("the display").reply().expect("an atom").atom
    }

    fn send(&self, to: WindowId, name: &str, data: [u32; 5]) {
        let message = ClientMessageEvent::new(32, to, self.atom(name), data);
        self.connection
            .send_event(false, to, EventMask::NO_EVENT, message)
            .expect("the display");
        self.connection.flush().expect("the display");
    }

    /// Gives what is dropped to whoever asks, until a message of this name comes, and returns its data.
    fn until(&self, name: &str) -> [u32; 5] {
        let wanted = self.atom(name);
        step_until(&format!("{name} comes"), || {
            while let Some(event) = self.connection.poll_for_event().expect("the display") {
                match event {
                    Event::SelectionRequest(request) => self.give(&request),
                    Event::ClientMessage(message) if message.type_ == wanted => {
                        return Some(message.data.as_data32());
                    }
                    _ => {}
                }
            }
            None
        })
    }

    fn give(&self, request: &SelectionRequestEvent) {
        let connection = &self.connection;
        connection
            .change_property8(
                PropMode::REPLACE,
                request.requestor,
                request.property,
                request.target,
                self.list.as_bytes(),
            )
            .expect("the display");
        let told = SelectionNotifyEvent {
            response_type: SELECTION_NOTIFY_EVENT,
            sequence: 0,
            time: request.time,
            requestor: request.requestor,
            selection: request.selection,
            target: request.target,
            property: request.property,
        };
        connection
            .send_event(false, request.requestor, EventMask::NO_EVENT, told)
            .expect("the display");
        connection.flush().expect("the display");
    }

    /// Drops on a window at a place of the display.
    fn drop_on(&self, window: &Window, x: u32, y: u32) {
        let to: WindowId = window.id.parse().expect("a number");
        let (source, list) = (self.window, self.atom("text/uri-list"));
        let action = self.atom("XdndActionCopy");
        let none = u32::from(AtomEnum::NONE);
        self.send(to, "XdndEnter", [source, VERSION << 24, list, none, none]);
        let position = [source, 0, (x << 16) | y, x11rb::CURRENT_TIME, action];
        self.send(to, "XdndPosition", position);
        let status = self.until("XdndStatus");
        assert_eq!(status[1] & 1, 1, "the window takes files");
        let dropped = [source, 0, x11rb::CURRENT_TIME, 0, 0];
        self.send(to, "XdndDrop", dropped);
        self.until("XdndFinished");
    }
}

#[test]
fn files_that_are_dropped_on_a_window_are_typed_as_paths_that_a_shell_takes() {
    let mut stage = Stage::new();
    let window = stage.open(&[]);
    let session = stage.running_are(1).remove(0);
    let plain = stage.agor.write("plain.txt", "1");
    let spaced = stage.agor.write("with a space.txt", "2");
    let paths = [&plain, &spaced].map(|path| path.to_str().expect("utf-8"));
    let source = Source::new(&stage, &paths);
    stage.type_text("cat ");
    source.drop_on(&window, 400, 300);
    // The shell has both as words.
    look_until(Duration::from_secs(1), || {
        stage
            .agor
            .screen(&session)
            .contains("space.txt")
            .then_some(())
    });
    stage.type_text("> all");
    stage.press(&["Return"]);
    let all = stage.agor.work().join("all");
    let text = step_until("the files are read", || {
        fs::read_to_string(&all)
            .ok()
            .filter(|text| !text.is_empty())
    });
    assert_eq!(text, "12");
}
