//! Following something of a host that goes away and comes back.

use agor_proto::message::{Ask, Followed, Stats};

use super::*;

impl Host {
    /// Returns the number of what is followed next, and the revision that the client has.
    async fn hear_follow(&mut self) -> (AskId, Option<u64>) {
        match self.hear().await {
            Some(Message::Ask(Ask {
                ask,
                query: Query::Follow { seen, .. },
            })) => (ask, seen),
            other => panic!("{other:?}"),
        }
    }

    async fn tell(&mut self, ask: AskId, part: Part) {
        let last = false;
        self.say(Answer { ask, last, part }).await;
    }
}

fn stats(pid: u32) -> Part {
    Part::Stats(Box::new(Stats {
        pid,
        ..Stats::default()
    }))
}

#[tokio::test]
async fn what_is_followed_goes_on_over_another_link_and_is_handed_on_whole() {
    let (client, mut host, mut listener) = connected().await;
    let mut following = client.follow(Followed::Stats).unwrap();
    let (ask, seen) = host.hear_follow().await;
    assert_eq!(seen, None);
    host.tell(ask, stats(1)).await;
    host.tell(ask, stats(2)).await;
    host.tell(ask, Part::Told { rev: 7 }).await;
    let first = following.next().await.unwrap().unwrap();
    assert_eq!(first, [stats(1), stats(2)]);
    // Half of a telling is lost with its link.
    host.tell(ask, stats(3)).await;
    drop(host);
    let mut host = Host::accept(&mut listener).await;
    assert_eq!(host.hear_follow().await, (ask, Some(7)));
    host.tell(ask, stats(4)).await;
    host.tell(ask, Part::Told { rev: 8 }).await;
    let second = following.next().await.unwrap().unwrap();
    assert_eq!(second, [stats(4)]);
    drop(following);
    assert!(matches!(host.hear().await, Some(Message::Cancel(_))));
}

#[tokio::test]
async fn a_host_that_tells_more_than_a_whole_is_not_believed_for_ever() {
    let (client, mut host, _listener) = connected().await;
    let mut following = client.follow(Followed::Stats).unwrap();
    let (ask, _) = host.hear_follow().await;
    for n in 0..=ANSWER_PARTS_MAX {
        host.tell(ask, stats(n as u32)).await;
    }
    assert!(following.next().await.unwrap().is_err());
    assert!(following.next().await.is_none());
}
