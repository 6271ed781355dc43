//! What a person is told of the store, with the list of sessions: that it can store nothing now, for as long as
//! that is so, and what was mended when it was opened.

use std::sync::Arc;
use std::time::Duration;

use agor_proto::session::{StorageNotice, StorageTrouble};
use tokio::sync::watch;

use super::hub::Hub;
use crate::storage::{Health, Notice};

/// Files that were mended and are named one by one; of more the log tells.
const MENDED_MAX: usize = 4;

/// A disk that is full takes a little now and then: only one that has taken everything for so long has room.
const CALM: Duration = Duration::from_secs(2);

/// Returns what a person is told of what was mended. Output that was found again is no trouble.
pub fn mended(notices: &[Notice]) -> Vec<StorageNotice> {
    let told = notices
        .iter()
        .filter(|notice| !matches!(notice, Notice::Adopted { .. }));
    let mut told: Vec<_> = told.map(|notice| mend(notice.to_string())).collect();
    if told.len() > MENDED_MAX {
        let more = told.len() - MENDED_MAX;
        told.truncate(MENDED_MAX);
        told.push(mend(format!(
            "{more} more files were damaged and set aside: see the log of the host."
        )));
    }
    told
}

fn mend(text: String) -> StorageNotice {
    let is = StorageTrouble::Mended;
    StorageNotice { is, text }
}

/// Returns what a person is told of the store as it is.
fn now(health: Health) -> Option<StorageNotice> {
    let problem = health.problem()?.to_string();
    let is = match health {
        Health::Busy { .. } => StorageTrouble::Busy,
        // It has no name of its own there; the text says what it is.
        Health::Failing => StorageTrouble::Unknown,
        _ => StorageTrouble::Full,
    };
    let mut letters = problem.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    let text = format!("{}{}.", first.unwrap_or_default(), letters.as_str());
    Some(StorageNotice { is, text })
}

/// Keeps the list's word about the store true until the host ends.
pub async fn run(hub: Arc<Hub>, mended: Vec<StorageNotice>) {
    let health = hub.store().watch_health();
    let tell = |trouble: Option<StorageNotice>| {
        let all = trouble.into_iter().chain(mended.iter().cloned());
        hub.list().set_storage(all.collect());
    };
    follow(health, tell).await;
}

/// Tells of every change, but that all is well only when that has lasted.
async fn follow(mut health: watch::Receiver<Health>, tell: impl Fn(Option<StorageNotice>)) {
    let mut told = None;
    loop {
        let trouble = now(*health.borrow_and_update());
        if trouble.is_none() && told.is_some() {
            match tokio::time::timeout(CALM, health.changed()).await {
                Ok(Ok(())) => continue,
                Ok(Err(_)) => return,
                Err(_) => {}
            }
        }
        tell(trouble.clone());
        told = trouble;
        if health.changed().await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_keeps_the_store_from_storing_is_told_as_a_sentence_and_only_then() {
        assert_eq!(now(Health::Good), None);
        let full = now(Health::Full { since_millis: 1 }).unwrap();
        assert_eq!(full.is, StorageTrouble::Full);
        assert!(
            full.text.starts_with("The disk") && full.text.ends_with("lost."),
            "{full:?}"
        );
        let busy = now(Health::Busy { holder: Some(7) }).unwrap();
        assert_eq!(busy.is, StorageTrouble::Busy);
        assert!(busy.text.contains('7'), "{busy:?}");
        let failing = now(Health::Failing).unwrap();
        assert!(failing.text.starts_with("Writing"), "{failing:?}");
        assert!(failing.text.contains("check the disk"), "{failing:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_disk_that_takes_a_little_now_and_then_is_told_once_and_room_when_it_lasts() {
        let (set, health) = watch::channel(Health::Good);
        let told = Arc::new(std::sync::Mutex::new(Vec::new()));
        let log = Arc::clone(&told);
        let tell = move |trouble: Option<StorageNotice>| {
            let is = trouble.map(|trouble| trouble.is);
            let mut told = log.lock().unwrap();
            if told.last() != Some(&is) {
                told.push(is);
            }
        };
        let following = tokio::spawn(follow(health, tell));
        tokio::task::yield_now().await;
        for since_millis in 1..=5 {
            set.send_replace(Health::Full { since_millis });
            tokio::time::sleep(Duration::from_secs(1)).await;
            set.send_replace(Health::Good);
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        assert_eq!(*told.lock().unwrap(), [None, Some(StorageTrouble::Full)]);
        tokio::time::sleep(CALM).await;
        assert_eq!(told.lock().unwrap().last(), Some(&None));
        drop(set);
        following.await.unwrap();
    }

    #[test]
    fn of_many_damaged_files_some_are_named_and_the_others_counted() {
        let damaged = |n: u8| Notice::SegmentSetAside {
            session: agor_proto::ids::SessionId::from_parts(1, [n; 10]),
            damaged: format!("/data/{n}").into(),
        };
        let notices: Vec<_> = (0..9).map(damaged).collect();
        let told = mended(&notices);
        assert_eq!(told.len(), MENDED_MAX + 1);
        assert!(
            told[0].text.contains("/data/0") && told[MENDED_MAX].text.starts_with("5 more"),
            "{told:?}"
        );
        assert_eq!(mended(&notices[..2]).len(), 2);
    }
}
