//! What a client says of its commands, whatever fails.

use proptest::prelude::*;

use super::*;

/// What may befall a client with commands under way.
#[derive(Debug, Clone)]
enum Fate {
    Command,
    Hear { command: u8, outcome: Outcome },
    Lose,
    FailToDial,
    Greet,
}

fn fates() -> impl Strategy<Value = Vec<Fate>> {
    let seq = Seq(0);
    let outcome = prop_oneof![
        Just(Outcome::Accepted { seq }),
        Just(Outcome::Done { seq }),
        Just(Outcome::Interrupted),
        Just(Outcome::Rejected {
            error: WireError::new(ErrorCode::Ended, "no")
        }),
    ];
    let fate = prop_oneof![
        3 => Just(Fate::Command),
        5 => (1..8_u8, outcome).prop_map(|(command, outcome)| Fate::Hear { command, outcome }),
        2 => Just(Fate::Lose),
        1 => Just(Fate::FailToDial),
        3 => Just(Fate::Greet),
    ];
    proptest::collection::vec(fate, 0..60)
}

proptest! {
    /// Whatever fails and whenever: a command's state is what its own receipts said last, it is
    /// told once, and what has no end is sent over each new link, in order, to the session that it was given to.
    #[test]
    fn b6_b7_a_command_has_the_state_that_its_own_receipts_gave_it(fates in fates()) {
        let mut bench = Bench::new(None);
        bench.on(Event::Start);
        let (mut commands, mut ready) = (0_u8, false);
        let mut open: Vec<u8> = Vec::new();
        for fate in fates {
            match fate {
                Fate::Command => {
                    commands += 1;
                    open.push(commands);
                    let effects = bench.wish(command(commands));
                    prop_assert_eq!(ids(&sent(&effects)).len(), usize::from(ready));
                    prop_assert!(told(&effects).is_empty(), "nothing has happened to it yet");
                }
                Fate::Hear { command, outcome } => {
                    let receipt = Receipt { id: CommandId([command; 16]), outcome };
                    let news = told(&bench.hear(receipt.clone()));
                    if !ready {
                        // Whoever speaks before it has welcomed us is no host.
                        continue;
                    }
                    let ours = open.contains(&command);
                    prop_assert_eq!(news, if ours { vec![News::Receipt(receipt.clone())] } else { Vec::new() });
                    if receipt.outcome.is_final() {
                        open.retain(|&it| it != command);
                    }
                }
                Fate::Lose => {
                    let effects = bench.on(lost());
                    let only_the_link = told(&effects).iter().all(|news| matches!(news, News::State(_)));
                    prop_assert!(only_the_link, "a link that is lost says nothing of a command");
                    ready = false;
                }
                Fate::FailToDial => {
                    bench.on(failed());
                }
                Fate::Greet if !ready => {
                    let sent = bench.greet();
                    prop_assert_eq!(&ids(&sent), &open);
                    for message in &sent {
                        let Message::Command(Command { id, body, .. }) = message else { continue };
                        let session = session_of(id.0[0]);
                        prop_assert_eq!(body, &CommandBody::Kill { session }, "it stays with its session");
                    }
                    ready = true;
                }
                Fate::Greet => {}
            }
        }
    }
}
