//! The task on the link's thread: connects, hands requests to whom they concern, and follows the
//! list of sessions.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use agor_core::client::connection::{End, State};
use agor_core::client::{Client, ClientError, ClientOptions};
use agor_core::config::{Value, Whose, edit, schema};
use agor_core::keybindings::{self, Change};
use agor_core::pasted;
use agor_core::paths::Paths;
use agor_core::storage::Claim;
use agor_core::themes::{self, Present};
use agor_proto::command::CommandBody;
use agor_proto::ids::SessionId;
use agor_proto::input::Input;
use agor_proto::message::Visibility;
use agor_proto::session::{SessionInfo, SessionList};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::diagnose::{self, Diagnosis};
use super::everywhere::{self, Wanted};
use super::explain;
use super::follower::Follower;
use super::images::{Fetcher, Images};
use super::layout::Layout;
use super::snapshot::{Asked, HostState, Snapshot, Weight};
use super::{LayoutUse, Request, advice, folders, log, outbox, settings, usage};
use crate::app::hand_in;
use crate::commands::Command;
use crate::keys::verb;
use crate::wake::Wake;

/// How long the link's thread goes on after the window has closed, to hand over what was asked
/// for last.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// The snapshot as tasks change it.
#[derive(Debug, Clone)]
pub struct Shared {
    snapshot: Arc<watch::Sender<Snapshot>>,
    wake: Wake,
}

impl Shared {
    /// Returns a handle to the snapshot that `sender` publishes.
    pub fn new(sender: watch::Sender<Snapshot>, wake: Wake) -> Self {
        Self {
            snapshot: Arc::new(sender),
            wake,
        }
    }

    /// Changes the snapshot and wakes the window.
    pub fn change(&self, change: impl FnOnce(&mut Snapshot)) {
        self.snapshot.send_modify(change);
        self.wake.now();
    }

    /// Changes the snapshot, and wakes the window if that says that something changed.
    pub fn change_if(&self, change: impl FnOnce(&mut Snapshot) -> bool) {
        if self.snapshot.send_if_modified(change) {
            self.wake.now();
        }
    }

    /// Reads of the snapshot what is wanted, without a copy of all.
    pub fn look<T>(&self, read: impl FnOnce(&Snapshot) -> T) -> T {
        read(&self.snapshot.borrow())
    }

    /// Returns the images that have come.
    #[must_use]
    pub fn images(&self) -> Images {
        Arc::clone(&self.snapshot.borrow().images)
    }

    /// Waits until the snapshot is so; `false` if it will not be any more.
    pub async fn until(&self, holds: impl FnMut(&Snapshot) -> bool) -> bool {
        let mut snapshot = self.snapshot.subscribe();
        snapshot.wait_for(holds).await.is_ok()
    }

    /// Tells the person something.
    pub fn tell(&self, weight: Weight, text: impl Into<String>) {
        self.change(|snapshot| snapshot.tell(weight, text));
    }

    /// Says to the person what failed, and the command that helps.
    pub fn advise(&self, text: impl Into<String>, next: Command) {
        self.change(|snapshot| snapshot.tell_with(Weight::Error, text, Some(next)));
    }

    /// Says to the person what failed between window and host, with the command that helps if one does.
    pub fn failed(&self, error: &ClientError) {
        self.failed_as(error.to_string(), error);
    }

    /// As [`Shared::failed`], in words of the caller's.
    pub fn failed_as(&self, text: impl Into<String>, error: &ClientError) {
        let next = advice::of(error);
        self.change(|snapshot| snapshot.tell_with(Weight::Error, text, next));
    }
}

/// Runs until the window has dropped its handles.
pub async fn run(
    paths: Paths,
    layout: LayoutUse,
    mut inbox: mpsc::Receiver<Request>,
    shared: Shared,
) {
    let settings = tokio::spawn(settings::follow(paths.clone(), shared.clone()));
    let layout = Layout::open(&paths, layout, &shared).await;
    let profile = layout.profile().cloned();
    let mut logs = log::Following::new(paths.clone(), shared.clone());
    let keeps = match profile.clone() {
        Some(profile) => outbox::claim(profile, &shared).await,
        None => None,
    };
    let client = tokio::select! {
        client = connect(&paths, keeps) => client,
        () = closed(&mut inbox, &mut logs) => return,
    };
    let client = match client {
        Ok(client) => client,
        Err(error) => {
            let reason = error.to_string();
            shared.change(|snapshot| snapshot.host = HostState::Ended { reason });
            // The window shows why until it is closed.
            return closed(&mut inbox, &mut logs).await;
        }
    };
    let state = tokio::spawn(follow_state(client.clone(), shared.clone()));
    let list = tokio::spawn(follow_list(client.clone(), shared.clone()));
    let today = tokio::spawn(usage::follow_today(client.clone(), shared.clone()));
    let asked = tokio::spawn(follow_asked(client.clone(), shared.clone()));
    let complaint = outbox::follow_complaint(client.clone(), shared.clone());
    let complaint = tokio::spawn(complaint);
    let earlier = profile.map(|profile| {
        let carried_on = outbox::carry_on(paths.clone(), profile, shared.clone());
        tokio::spawn(carried_on)
    });
    let mut task = Task {
        paths: paths.clone(),
        client,
        folders: folders::Reading::new(shared.clone()),
        shared,
        layout,
        followers: HashMap::new(),
        images: Fetcher::default(),
        waiting: HashMap::new(),
        diagnosing: None,
        explaining: None,
        finding: None,
        spending: None,
        saying: None,
        desktop: None,
        logs,
        pasting: JoinSet::new(),
    };
    loop {
        tokio::select! {
            request = inbox.recv() => match request {
                Some(request) => task.on(request),
                None => break,
            },
            Some(pasted) = task.pasting.join_next() => task.on_pasted(pasted),
        }
    }
    task.finish().await;
    settings.abort();
    state.abort();
    list.abort();
    today.abort();
    asked.abort();
    complaint.abort();
    if let Some(earlier) = earlier {
        // What it has not ended is left for the next window.
        earlier.abort();
    }
}

/// Waits until the window is closed, which has no host.
async fn closed(inbox: &mut mpsc::Receiver<Request>, logs: &mut log::Following) {
    while let Some(request) = inbox.recv().await {
        // Nothing else was shown that something could be asked for.
        if let Request::Log(wanted) = request {
            logs.follow(wanted);
        }
    }
}

async fn connect(paths: &Paths, keeps: Option<Arc<Claim>>) -> Result<Client, ClientError> {
    // Once there, a host is waited for: it may be updated or started again.
    let options = ClientOptions {
        patience: None,
        keeps,
        ..ClientOptions::default()
    };
    match Client::connect_with(paths, options.clone()).await {
        Err(ClientError::NoHost { .. }) => {}
        result => return result,
    }
    agor_core::client::start_host(paths).await?;
    let options = ClientOptions {
        first_patience: Some(Duration::from_secs(10)),
        ..options
    };
    Client::connect_with(paths, options).await
}

async fn follow_state(client: Client, shared: Shared) {
    let mut states = client.state();
    loop {
        let host = match &*states.borrow_and_update() {
            State::Connecting => HostState::Connecting,
            State::Ready(_) => HostState::Ready,
            State::Away { reason, .. } => HostState::Away {
                reason: reason.clone(),
            },
            State::Ended(end) => HostState::Ended {
                reason: match end {
                    End::Unreachable { reason } => reason.clone(),
                    End::Refused(error) => error.message.clone(),
                    End::Closed => "the connection was closed".into(),
                },
            },
        };
        shared.change(|snapshot| snapshot.host = host);
        if states.changed().await.is_err() {
            return;
        }
    }
}

/// Passes on what the host asks this window to show.
async fn follow_asked(client: Client, shared: Shared) {
    let mut asked = client.asked_to_show();
    while asked.changed().await.is_ok() {
        let last = asked.borrow_and_update().clone();
        if let Some(show) = last.show {
            let (number, session) = (last.number, show.session);
            shared.change(|snapshot| snapshot.asked = Some(Asked { number, session }));
        }
    }
}

async fn follow_list(client: Client, shared: Shared) {
    let mut lists = match client.watch_list() {
        Ok(lists) => lists,
        Err(error) => return shared.failed(&error),
    };
    let mut known: Vec<SessionInfo> = Vec::new();
    while let Some(list) = lists.next().await {
        let first = list.whole;
        shared.change_if(|snapshot| {
            let differs = *snapshot.storage != list.storage;
            if differs {
                snapshot.storage = Arc::new(list.storage.clone());
            }
            differs
        });
        let before = known.clone();
        merge(&mut known, list);
        // Every piece of output moves a session's offset, which nobody is shown.
        if first || !before.iter().map(shown).eq(known.iter().map(shown)) {
            let sessions = Arc::new(known.clone());
            shared.change(|snapshot| snapshot.sessions = Some(sessions));
        }
    }
}

/// Returns what of a session a window shows.
fn shown(info: &SessionInfo) -> impl PartialEq + '_ {
    (
        (info.id, &info.name, &info.title, &info.cwd, &info.folder),
        (&info.life, info.state, info.size, &info.argv),
        &info.agent,
    )
}

/// Brings a list of sessions up to date, oldest first.
fn merge(known: &mut Vec<SessionInfo>, list: SessionList) {
    if list.whole {
        known.clear();
    }
    known.retain(|info| !list.removed.contains(&info.id));
    for info in list.changed {
        match known.iter_mut().find(|known| known.id == info.id) {
            Some(known) => *known = info,
            None => known.push(info),
        }
    }
    known.sort_by_key(|info| (info.created_millis, info.id));
}

/// Has a command carried out; tells the person if it was not, or if nobody can say whether it was.
async fn carry_out(client: Client, shared: Shared, body: CommandBody) {
    let name = body.name();
    let done = match outbox::is_private(&shared, &body) {
        true => client.carry_out_in_memory(body).await,
        false => client.carry_out(body).await,
    };
    if let Err(error) = done {
        tracing::warn!(name, %error, "a command was not carried out");
        shared.failed(&error);
    }
}

struct Task {
    paths: Paths,
    client: Client,
    shared: Shared,
    layout: Layout,
    followers: HashMap<SessionId, Follower>,
    images: Fetcher,
    /// Sessions that panes show and that the host has not made yet.
    waiting: HashMap<SessionId, tokio::task::JoinHandle<()>>,
    /// Follows how the host is, while that is shown.
    diagnosing: Option<tokio::task::JoinHandle<()>>,
    /// Follows what the evidence for a session's state is, while that is shown.
    explaining: Option<tokio::task::JoinHandle<()>>,
    /// Looks for a text in all sessions.
    finding: Option<tokio::task::JoinHandle<()>>,
    /// Follows what was used, while that is shown.
    spending: Option<tokio::task::JoinHandle<()>>,
    /// What writes the setting that was said last.
    saying: Option<tokio::task::JoinHandle<()>>,
    /// Follows the desktop's look, once that is wanted.
    desktop: Option<tokio::task::JoinHandle<()>>,
    /// Reads the log that is shown.
    logs: log::Following,
    /// Reads the folder that is typed.
    folders: folders::Reading,
    /// Images that become files, and the sessions that are given their paths.
    pasting: JoinSet<(Vec<SessionId>, Result<PathBuf, String>)>,
}

impl Task {
    fn on(&mut self, request: Request) {
        match request {
            Request::Show(wanted) => self.show(&wanted),
            Request::Command(body) => self.command(body),
            Request::StoreLayout(text) => self.layout.store(text),
            Request::StoreUsed(text) => self.layout.store_used(text),
            Request::StoreDrafts(text) => self.layout.store_drafts(text),
            Request::Look(session) => self.client.looks(session),
            Request::Tell(weight, text) => self.shared.tell(weight, text),
            Request::Advise(text, next) => self.shared.advise(text, next),
            Request::Diagnose(wanted) => self.diagnose(wanted),
            Request::Explain(wanted) => self.explain(wanted),
            Request::Everywhere(wanted) => self.find_everywhere(wanted),
            Request::Usage(days) => self.usage(days),
            Request::Log(wanted) => self.logs.follow(wanted),
            Request::Folders(wanted) => self.folders.read(wanted),
            Request::ChangeKeys(change) => self.change_keys(change),
            Request::ImportKeys(file) => self.on_files(Command::Keys, move |paths| {
                let imported = keybindings::import_file(paths, Path::new(&file), verb::check);
                Ok(imported?.sentence())
            }),
            Request::ExportKeys(file) => self.on_files(Command::Keys, move |paths| {
                keybindings::export_to(paths, Path::new(&file))?;
                Ok(format!("Your keys are in {file}."))
            }),
            Request::SaveTheme { theme, replaces } => {
                self.on_files(Command::Themes, move |paths| {
                    let present = match replaces {
                        true => Present::Goes,
                        false => Present::Stays,
                    };
                    let saved = themes::save(&paths.themes_folder(), &theme, present);
                    let path =
                        saved.map_err(|error| format!("The theme was not saved: {error}"))?;
                    Ok(format!("{} is in {}.", theme.name, path.display()))
                })
            }
            Request::FollowDesktop => self.follow_desktop(),
            Request::PasteImage { sessions, image } => self.paste_image(sessions, image),
            Request::Say { key, of, value } => self.say(key, of, value),
            Request::Type(session, _)
            | Request::Resize(session, _)
            | Request::Drive(session)
            | Request::Decide { session, .. }
            | Request::History { session, .. }
            | Request::Find { session, .. }
            | Request::Prompt { session, .. }
            | Request::CopyOutput { session, .. }
            | Request::CopySelection { session, .. }
            | Request::Outline(session)
            | Request::DropFind(session)
            | Request::DropHistory(session) => {
                self.on_follower(session, request);
            }
        }
    }

    /// Hands a request to whoever follows the session; one that no pane shows any more gets nothing.
    fn on_follower(&self, session: SessionId, request: Request) {
        if let Some(follower) = self.followers.get(&session) {
            follower.request(request);
        }
    }

    /// Changes the person's file of keys, off this thread, which also carries keys.
    fn change_keys(&self, change: Change) {
        let (paths, shared) = (self.paths.clone(), self.shared.clone());
        tokio::task::spawn_blocking(move || {
            if let Err(complaint) = keybindings::change(&paths, &change) {
                shared.advise(complaint, Command::Keys);
            }
        });
    }

    /// Reads or writes files of the person's off this thread; tells what became of it, and what helps if it failed.
    fn on_files(
        &self,
        next: Command,
        act: impl FnOnce(&Paths) -> Result<String, String> + Send + 'static,
    ) {
        let (paths, shared) = (self.paths.clone(), self.shared.clone());
        tokio::task::spawn_blocking(move || match act(&paths) {
            Ok(told) => shared.tell(Weight::Note, told),
            Err(why) => shared.advise(why, next),
        });
    }

    /// Says a setting, one after the other, so that none is lost.
    fn say(&mut self, key: &'static str, of: Whose, value: Option<Value>) {
        let (paths, shared) = (self.paths.clone(), self.shared.clone());
        let before = self.saying.take();
        self.saying = Some(tokio::spawn(async move {
            if let Some(before) = before {
                before.await.ok(); // It has told the person itself.
            }
            let said = tokio::task::spawn_blocking(move || {
                let setting = schema::setting(key)?;
                edit::set(&paths, setting, of.by_ref(), value.as_ref()).err()
            });
            if let Ok(Some(error)) = said.await {
                shared.advise(error.to_string(), Command::Settings);
            }
        }));
    }

    /// Makes a file of an image, off this thread: a large one takes a while.
    fn paste_image(&mut self, sessions: Vec<SessionId>, image: Arc<egui::ColorImage>) {
        let paths = self.paths.clone();
        self.pasting.spawn_blocking(move || {
            let pixels = image.pixels.iter();
            let rgba: Vec<u8> = pixels
                .flat_map(egui::Color32::to_srgba_unmultiplied)
                .collect();
            let size = image
                .size
                .map(|side| u32::try_from(side).unwrap_or(u32::MAX));
            let png = crate::shot::encode(&rgba, size.into());
            let png = png.map_err(|failure| failure.message().to_owned());
            let saved = png.and_then(|picture| {
                pasted::save(&paths, &picture.png).map_err(|error| error.to_string())
            });
            (sessions, saved)
        });
    }

    /// Gives programs the path of the file that an image has become.
    fn on_pasted(
        &self,
        pasted: Result<(Vec<SessionId>, Result<PathBuf, String>), tokio::task::JoinError>,
    ) {
        let (sessions, saved) = match pasted {
            Ok(pasted) => pasted,
            Err(error) => (Vec::new(), Err(error.to_string())),
        };
        match saved {
            Ok(path) => {
                for session in sessions {
                    let paste = Input::Paste {
                        text: hand_in::of_file(&path),
                        first: true,
                        last: true,
                    };
                    self.on_follower(session, Request::Type(session, paste));
                }
            }
            Err(error) => {
                let text = format!("The image could not be saved to be pasted: {error}");
                self.shared.advise(text, Command::Diagnostics);
            }
        }
    }

    fn follow_desktop(&mut self) {
        if self.desktop.is_none() {
            self.desktop = Some(tokio::spawn(settings::follow_desktop(self.shared.clone())));
        }
    }

    fn diagnose(&mut self, wanted: bool) {
        if let Some(task) = self.diagnosing.take() {
            task.abort();
            self.shared
                .change(|snapshot| snapshot.diagnosis = Diagnosis::default());
        }
        if wanted {
            let looks = diagnose::run(self.client.clone(), self.shared.clone());
            self.diagnosing = Some(tokio::spawn(looks));
        }
    }

    fn explain(&mut self, wanted: Option<SessionId>) {
        if let Some(task) = self.explaining.take() {
            task.abort();
            self.shared.change(|snapshot| snapshot.explained = None);
        }
        self.explaining = wanted.map(|session| {
            let looks = explain::run(self.client.clone(), self.shared.clone(), session);
            tokio::spawn(looks)
        });
    }

    fn find_everywhere(&mut self, wanted: Option<Wanted>) {
        if let Some(task) = self.finding.take() {
            task.abort();
        }
        self.finding = wanted.map(|wanted| {
            let looks = everywhere::run(self.client.clone(), self.shared.clone(), wanted);
            tokio::spawn(looks)
        });
    }

    fn usage(&mut self, days: Option<u32>) {
        if let Some(task) = self.spending.take() {
            task.abort();
        }
        if days.is_none() {
            self.shared.change(|snapshot| snapshot.spending = None);
        }
        self.spending = days.map(|days| {
            let looks = usage::run(self.client.clone(), self.shared.clone(), days);
            tokio::spawn(looks)
        });
    }

    fn show(&mut self, wanted: &[(SessionId, Visibility)]) {
        let is_wanted = |session: &SessionId| wanted.iter().any(|(id, _)| id == session);
        let gone: Vec<_> = self
            .followers
            .keys()
            .filter(|session| !is_wanted(session))
            .copied()
            .collect();
        for session in &gone {
            self.followers.remove(session);
        }
        if !gone.is_empty() {
            self.shared.change(|snapshot| {
                snapshot.screens.retain(|id, _| is_wanted(id));
                snapshot.histories.retain(|id, _| is_wanted(id));
                snapshot.found.retain(|id, _| is_wanted(id));
                snapshot.outlines.retain(|id, _| is_wanted(id));
            });
        }
        for &(session, view) in wanted {
            match self.followers.get(&session) {
                Some(follower) => follower.view(view),
                None => {
                    let (client, shared) = (self.client.clone(), self.shared.clone());
                    let images = self.images.clone();
                    let follower = Follower::start(client, session, view, shared, images);
                    self.followers.insert(session, follower);
                }
            }
        }
    }

    fn command(&mut self, body: CommandBody) {
        let session = body.session();
        let made = matches!(body, CommandBody::Create { .. }).then_some(session);
        let done = carry_out(self.client.clone(), self.shared.clone(), body);
        let task = tokio::spawn(done);
        self.waiting.retain(|_, task| !task.is_finished());
        if let Some(session) = made.flatten() {
            self.waiting.insert(session, task);
        }
    }

    async fn finish(mut self) {
        // Commands and keys are on their way through the client; its end waits for neither, the
        // end of the followers (their leases given back) needs a moment.
        let last = async {
            for (_, task) in self.waiting.drain() {
                task.await.ok(); // It has told the person itself.
            }
            self.followers.clear();
            self.diagnose(false);
            self.find_everywhere(None);
            if let Some(saying) = self.saying.take() {
                saying.await.ok(); // It has told the person itself.
            }
            if let Some(desktop) = self.desktop.take() {
                desktop.abort();
            }
            self.layout.finish().await;
            self.client.close().await;
        };
        if tokio::time::timeout(LAST_WORDS, last).await.is_err() {
            tracing::warn!("the host did not answer before the window closed");
        }
    }
}

#[cfg(test)]
mod tests {
    use agor_core::link::{LinkReader, Listener};
    use agor_proto::command::{Outcome, Receipt};
    use agor_proto::ids::{CommandId, Seq};
    use agor_proto::message::Message;

    use super::*;
    use crate::testing::{accept, session_id, session_info};

    async fn hear_command(reader: &mut LinkReader) -> CommandId {
        loop {
            match reader.next().await.unwrap() {
                Some(Message::Command(command)) => return command.id,
                Some(_) => {}
                None => panic!("the client hung up"),
            }
        }
    }

    /// Returns the errors that the person was told of, in their order.
    fn told(shared: &Shared) -> Vec<String> {
        shared.look(|snapshot| {
            let errors = snapshot.notices.iter().map(|notice| {
                assert_eq!(notice.weight, Weight::Error);
                notice.text.clone()
            });
            errors.collect()
        })
    }

    #[tokio::test(start_paused = true)]
    async fn a_person_is_told_of_an_interrupted_command_and_of_one_that_nobody_answers() {
        let shared = Shared::new(watch::Sender::new(Snapshot::default()), Wake::default());
        let session = session_id(1);
        let (mut listener, dialer) = Listener::memory();
        let client = Client::over(dialer, ClientOptions::default());
        let (client, host) = tokio::join!(client, accept(&mut listener, &[]));
        let (client, (mut reader, mut writer)) = (client.unwrap(), host);
        let kill = || {
            let body = CommandBody::Kill { session };
            tokio::spawn(carry_out(client.clone(), shared.clone(), body))
        };

        let done = kill();
        let id = hear_command(&mut reader).await;
        let seq = Seq(1);
        for outcome in [Outcome::Accepted { seq }, Outcome::Interrupted] {
            let receipt = Receipt { id, outcome };
            writer.send(&receipt.into()).await.unwrap();
        }
        done.await.unwrap();
        let interrupted = "the host went down while it carried out `kill`, which may or may not have taken effect: \
                           look at the session before you do it again";
        assert_eq!(told(&shared), [interrupted]);

        let done = kill();
        hear_command(&mut reader).await;
        drop((reader, writer, listener));
        done.await.unwrap();
        let told = told(&shared);
        let uncertain = "; `kill` was sent, and may or may not have been carried out: look at the session before you \
                         do it again";
        assert_eq!(told.len(), 2, "once each: {told:?}");
        assert!(told[1].ends_with(uncertain), "{told:?}");
    }

    #[test]
    fn a_list_is_merged_in_the_order_in_which_sessions_were_made() {
        let mut known = Vec::new();
        let list = |whole, changed, removed| SessionList {
            rev: agor_proto::ids::ListRev(1),
            whole,
            changed,
            removed,
            more: false,
            storage: Vec::new(),
        };
        let (first, second) = (session_info(1, "first"), session_info(2, "second"));
        merge(
            &mut known,
            list(true, vec![second.clone(), first.clone()], vec![]),
        );
        assert_eq!(known, [first.clone(), second.clone()]);
        let renamed = SessionInfo {
            name: "other".into(),
            ..first.clone()
        };
        merge(
            &mut known,
            list(false, vec![renamed.clone()], vec![second.id]),
        );
        assert_eq!(known, [renamed]);
        merge(&mut known, list(true, vec![second.clone()], vec![]));
        assert_eq!(known, [second]);
    }
}
