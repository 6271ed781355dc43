//! The rules on which it rests that nothing is lost and nothing happens twice, by name, so that a
//! test can break each of them at its place and see that the model notices.

macro_rules! rules {
    ($($(#[$doc:meta])+ $name:ident,)+) => {
        /// One rule.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Rule {
            $($(#[$doc])+ $name,)+
        }

        #[cfg(test)]
        impl Rule {
            /// Every rule.
            pub const ALL: &[Self] = &[$(Self::$name),+];
        }
    };
}

rules! {
    /// Nothing is done for who has not greeted.
    NobodySpeaksBeforeGreeting,
    /// Who calls itself what the host is called at its keeper is not taken.
    NobodyIsTheHost,
    /// Who greets again over the same link changes nothing.
    TheFirstGreetingCounts,
    /// What a link had at a session ends with it.
    WhatALinkHadEndsWithIt,
    /// A command that is under way is known when it comes again.
    KnowWhatIsUnderWay,
    /// A command that has just ended is known when it comes again.
    KnowWhatHasEnded,
    /// A command that an earlier life of the host ended is known when it comes again.
    KnowWhatIsStored,
    /// A command that was refused is not carried out when it comes again.
    KnowWhatWasRefused,
    /// What was begun by a host that died is not begun again.
    NeverBeginAgain,
    /// A command is carried out after it is stored.
    StoreBeforeCarryingOut,
    /// A receipt is told after it is stored.
    StoreBeforeTelling,
    /// Commands without an end are sent over each new link.
    SendAgain,
    /// They are sent in the order in which they were given.
    SendInOrder,
    /// A command is sent after it is written down, by a client that is to be carried on.
    WriteDownBeforeSending,
    /// It is struck out with its end.
    StrikeOutAtTheEnd,
    /// A new link goes on behind what was told.
    ResumeBehindTheTold,
    /// What is wished between greeting and welcome is asked for after it.
    AskForWhatWasWishedMeanwhile,
    /// Of several decisions where to begin, the last counts.
    TheLastDecisionCounts,
    /// What comes before the host has decided where to begin is not told.
    WaitForTheDecision,
    /// A subscriber is told an event after its commit was heard of, though it was read before.
    TellWithTheCommit,
    /// What a connection could not take is told again.
    TellWhatDidNotFit,
    /// Who types must hold the newest lease.
    CompareTheToken,
    /// Of several leases that were asked for at once, the last counts.
    TheLastLeaseCounts,
    /// Numbers of inputs go on after a lease was given back.
    NumbersGoOn,
    /// An input that is not acknowledged is sent over each new link.
    TypeAgain,
}

/// Says whether `rule` holds: always, but in a test that breaks it.
#[cfg(not(test))]
#[inline]
pub const fn holds(_: Rule) -> bool {
    true
}

#[cfg(test)]
pub use breaking::{broken, holds};

#[cfg(test)]
mod breaking {
    use std::cell::Cell;

    use super::Rule;

    thread_local! {
        static BROKEN: Cell<Option<Rule>> = const { Cell::new(None) };
    }

    /// See the module.
    pub fn holds(rule: Rule) -> bool {
        BROKEN.get() != Some(rule)
    }

    /// Does something on this thread while `rule` does not hold.
    pub fn broken<T>(rule: Option<Rule>, act: impl FnOnce() -> T) -> T {
        let before = BROKEN.replace(rule);
        let done = act();
        BROKEN.set(before);
        done
    }
}
