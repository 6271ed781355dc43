//! One session that a pane shows: a task that mirrors its screen and hands it what is typed.

use std::sync::Arc;
use std::time::Duration;

use agor_core::client::{Client, Subscription, Told};
use agor_proto::error::ErrorCode;
use agor_proto::event::{EventBody, LogCursor};
use agor_proto::ids::{LinePosition, LogEpoch, Seq, SessionId, Size};
use agor_proto::limits::LEASE_MILLIS;
use agor_proto::message::{ClipboardKind, LeaseStanding, Part, Query, Visibility, WindowAt};
use agor_proto::session::SessionInfo;
use tokio::sync::mpsc;

use super::images::Fetcher;
use super::search::Searching;
use super::snapshot::{Driving, HistoryWindow, Screen, Snapshot, Weight};
use super::task::Shared;
use super::{OutputOf, Request, outline, prompts};
use crate::pane::selection::Selection;

/// Requests that wait for one session's task, which takes each without waiting.
const REQUESTS_MAX: usize = 4_096;

/// How long a session that was just asked for may take to be there.
const APPEARS_WITHIN: Duration = Duration::from_secs(10);

/// A handle to the task; dropping it ends the task.
#[derive(Debug)]
pub struct Follower {
    session: SessionId,
    requests: mpsc::Sender<Ask>,
}

/// When a session that another client drives is asked for again: its lease has run out by then if
/// that client is gone.
const TRY_AGAIN: Duration = Duration::from_millis(LEASE_MILLIS + 1_000);

#[derive(Debug)]
enum Ask {
    View(Visibility),
    Window(Request),
}

impl Follower {
    /// Begins to follow a session.
    pub fn start(
        client: Client,
        session: SessionId,
        view: Visibility,
        shared: Shared,
        images: Fetcher,
    ) -> Self {
        let (requests, inbox) = mpsc::channel(REQUESTS_MAX);
        let task = Task {
            client,
            session,
            view,
            shared,
            images,
            inbox,
            screen: Screen::default(),
            size: None,
            generation: 0,
            search: None,
        };
        // The task ends with its handle.
        tokio::spawn(task.run());
        Self { session, requests }
    }

    /// Hands over a request that is about this session.
    pub fn request(&self, request: Request) {
        self.ask(Ask::Window(request));
    }

    /// Wants the session's screen in another way.
    pub fn view(&self, view: Visibility) {
        self.ask(Ask::View(view));
    }

    fn ask(&self, ask: Ask) {
        if self.requests.try_send(ask).is_err() {
            tracing::error!(session = %self.session, "a session's queue is full: a request was lost");
        }
    }
}

struct Task {
    client: Client,
    session: SessionId,
    view: Visibility,
    shared: Shared,
    images: Fetcher,
    inbox: mpsc::Receiver<Ask>,
    screen: Screen,
    size: Option<Size>,
    generation: u64,
    /// The search that is under way.
    search: Option<Searching>,
}

impl Task {
    async fn run(mut self) {
        // Everything that happened before is in the screen and in the list of sessions.
        let cursor = LogCursor {
            session: self.session,
            epoch: LogEpoch(0),
            applied: Seq(0),
        };
        let mut appeared_by = Some(tokio::time::Instant::now() + APPEARS_WITHIN);
        let mut seen = None;
        let mut told = match self.client.subscribe(cursor, self.view) {
            Ok(told) => told,
            Err(error) => return self.shared.failed(&error),
        };
        loop {
            tokio::select! {
                news = told.next() => match news {
                    None => return,
                    // A session that was asked for a moment ago need not be there yet.
                    Some(Told::Problem(error)) if error.code == ErrorCode::NoSession
                        && appeared_by.is_some_and(|by| tokio::time::Instant::now() < by) =>
                    {
                        drop(told);
                        if let Some(by) = appeared_by {
                            self.appears(&mut seen, by).await;
                        }
                        told = match self.client.subscribe(cursor, self.view) {
                            Ok(told) => told,
                            Err(_) => return,
                        };
                        if let Some(size) = self.size {
                            told.drive(false);
                            told.resize(size);
                        }
                    }
                    Some(news) => {
                        if matches!(news, Told::Subscribed(_)) {
                            appeared_by = None;
                        }
                        // All that is there is applied before the window is told once.
                        let mut changed = self.on_told(news, &mut told);
                        while told.waiting() > 0 {
                            let Some(news) = told.next().await else { return };
                            changed |= self.on_told(news, &mut told);
                        }
                        if changed {
                            self.publish();
                        }
                    }
                },
                // A driver that crashed keeps the lease until it runs out, and nobody says so then.
                () = tokio::time::sleep(TRY_AGAIN), if self.screen.driving == Driving::Another
                    && self.view == Visibility::Visible && self.size.is_some() => told.drive(false),
                ask = self.inbox.recv() => match ask {
                    None => return,
                    Some(ask) => self.on_ask(ask, &told),
                },
            }
        }
    }

    /// Waits until a list has the session that was not in the one before, but no longer than `by`.
    async fn appears(&self, seen: &mut Option<Arc<Vec<SessionInfo>>>, by: tokio::time::Instant) {
        let there = |snapshot: &Snapshot| {
            let Some(list) = &snapshot.sessions else {
                return false;
            };
            let known = seen.as_ref().is_some_and(|seen| Arc::ptr_eq(seen, list));
            let there = !known && list.iter().any(|info| info.id == self.session);
            if there {
                *seen = Some(Arc::clone(list));
            }
            there
        };
        // Then the host is asked all the same: its answer is what the person is told.
        tokio::time::timeout_at(by, self.shared.until(there))
            .await
            .ok();
    }

    /// Applies news; says whether the window has something to show.
    fn on_told(&mut self, news: Told, told: &mut Subscription) -> bool {
        match news {
            Told::Screen(update) => match self.screen.mirror.apply(*update) {
                Ok(()) => {
                    let mirror = &self.screen.mirror;
                    let (placements, animations) = (&mirror.placements, &mirror.animations);
                    let (client, shared) = (&self.client, &self.shared);
                    self.images
                        .want(client, shared, self.session, placements, animations);
                    true
                }
                Err(_) => {
                    told.ask_whole_screen();
                    false
                }
            },
            Told::Events(events) => {
                let bells = events.iter().filter(|it| it.body == EventBody::Bell);
                let bells = bells.count() as u64;
                if bells > 0 {
                    self.screen.bells += bells;
                    self.shared.change(|snapshot| snapshot.bells += bells);
                }
                bells > 0
            }
            Told::Lease(standing) => {
                let driving = match standing {
                    LeaseStanding::Held { .. } => Driving::Yes,
                    LeaseStanding::Taken { .. } => Driving::Another,
                };
                std::mem::replace(&mut self.screen.driving, driving) != driving
            }
            Told::Problem(error) => {
                self.screen.problem = Some(error.message);
                true
            }
            Told::Clipboard(clipboard) => {
                let text = clipboard.text.as_str().into();
                let primary = clipboard.kind == ClipboardKind::Primary;
                self.shared
                    .change(|snapshot| snapshot.copied(self.session, primary, text));
                false
            }
            Told::InputHeld { count } => {
                self.screen.held = count;
                true
            }
            Told::InputRefused { error, .. } if error.code != ErrorCode::Fenced => {
                self.shared.failed(&error.into());
                false
            }
            _ => false,
        }
    }

    fn publish(&self) {
        let screen = Arc::new(self.screen.clone());
        self.shared
            .change(|snapshot| drop(snapshot.screens.insert(self.session, screen)));
    }

    fn on_ask(&mut self, ask: Ask, told: &Subscription) {
        match ask {
            Ask::View(view) => {
                if std::mem::replace(&mut self.view, view) != view {
                    told.view(view);
                }
            }
            Ask::Window(Request::Type(_, input)) => {
                self.take_over(told);
                told.input(input);
            }
            Ask::Window(Request::Drive(_)) => self.take_over(told),
            Ask::Window(Request::Resize(_, size)) => {
                // A pane drives; who only looks (a thumbnail) leaves the session to others.
                if self.size.replace(size).is_none() {
                    told.drive(false);
                }
                told.resize(size);
            }
            Ask::Window(Request::Decide { send, .. }) => {
                self.screen.held = 0;
                told.decide(send);
                self.publish();
            }
            Ask::Window(Request::History {
                at, before, count, ..
            }) => self.fetch(at, before, count),
            Ask::Window(Request::Find { number, sought, .. }) => {
                let (client, shared) = (self.client.clone(), self.shared.clone());
                self.search = Some(Searching::start(
                    client,
                    shared,
                    self.session,
                    number,
                    sought,
                ));
            }
            Ask::Window(Request::Prompt { from, forwards, .. }) => self.prompt(from, forwards),
            Ask::Window(Request::CopyOutput { of, .. }) => self.copy_output(of),
            Ask::Window(Request::CopySelection { selection, .. }) => self.copy_selection(selection),
            Ask::Window(Request::Outline(_)) => {
                self.generation += 1;
                let (client, shared) = (self.client.clone(), self.shared.clone());
                let asked = outline::fetch(client, shared, self.session, self.generation);
                // Ends with its answer.
                tokio::spawn(asked);
            }
            Ask::Window(Request::DropFind(_)) => {
                self.search = None;
                self.shared
                    .change(|snapshot| drop(snapshot.found.remove(&self.session)));
            }
            Ask::Window(Request::DropHistory(_)) => {
                self.shared
                    .change(|snapshot| drop(snapshot.histories.remove(&self.session)));
            }
            Ask::Window(_) => {}
        }
    }

    fn take_over(&mut self, told: &Subscription) {
        if self.screen.driving == Driving::Another {
            self.screen.driving = Driving::Asking;
            told.drive(true);
            if let Some(size) = self.size {
                told.resize(size);
            }
        }
    }

    fn prompt(&self, from: Option<LinePosition>, forwards: bool) {
        let (client, shared, session) = (self.client.clone(), self.shared.clone(), self.session);
        let from = from.map_or(WindowAt::End { rows_back: 0 }, WindowAt::Line);
        tokio::spawn(async move {
            match prompts::prompt(&client, session, from, forwards).await {
                Ok(at) => shared.change(|snapshot| snapshot.found_prompt(session, at, forwards)),
                Err(error) => shared.failed(&error),
            }
        });
    }

    fn copy_output(&self, of: OutputOf) {
        let (client, shared, session) = (self.client.clone(), self.shared.clone(), self.session);
        tokio::spawn(async move {
            match prompts::output(&client, session, of).await {
                Ok(Some(text)) => {
                    let lines = text.lines().count();
                    shared.change(|snapshot| {
                        snapshot.copied(session, false, text.into());
                        snapshot.tell(Weight::Note, format!("Copied {lines} lines of output."));
                    });
                }
                Ok(None) => shared.tell(
                    Weight::Note,
                    "No command's output is marked here: the shell does not say where it begins (OSC 133).",
                ),
                Err(error) => shared.failed(&error),
            }
        });
    }

    fn copy_selection(&self, selection: Selection) {
        let (client, shared, session) = (self.client.clone(), self.shared.clone(), self.session);
        tokio::spawn(async move {
            match prompts::selected(&client, session, selection).await {
                Ok((Some(text), whole)) => {
                    let lines = text.lines().count();
                    let note = match whole {
                        true => format!("Copied {lines} lines."),
                        false => format!("Copied the first {lines} lines: export has all of them."),
                    };
                    shared.change(|snapshot| {
                        snapshot.copied(session, false, text.into());
                        snapshot.tell(Weight::Note, note);
                    });
                }
                Ok((None, _)) => shared.tell(Weight::Note, "What was selected is gone."),
                Err(error) => shared.failed(&error),
            }
        });
    }

    fn fetch(&mut self, at: Option<LinePosition>, before: u32, count: u32) {
        self.generation += 1;
        let (client, shared) = (self.client.clone(), self.shared.clone());
        let (session, generation) = (self.session, self.generation);
        let images = self.images.clone();
        let at = at.map_or(WindowAt::End { rows_back: 0 }, WindowAt::Line);
        let query = Query::Window {
            session,
            at,
            before,
            count,
        };
        // Ends with its answer; a later one goes before it.
        tokio::spawn(async move {
            match client.ask_one(query).await {
                Ok(Part::Window {
                    rows,
                    above,
                    below,
                    placements,
                }) => {
                    images.want(&client, &shared, session, &placements, &[]);
                    let window = Arc::new(HistoryWindow {
                        placements,
                        rows: rows.into_iter().map(Arc::new).collect(),
                        above,
                        below,
                        generation,
                    });
                    shared.change(|snapshot| {
                        let newest = snapshot.histories.get(&session);
                        if newest.is_none_or(|newest| newest.generation < generation) {
                            snapshot.histories.insert(session, window);
                        }
                    });
                }
                Ok(_) => tracing::warn!(%session, "a host answered another question"),
                Err(error) => shared.failed(&error),
            }
        });
    }
}
