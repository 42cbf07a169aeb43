//! Lifecycles that were broken on purpose: a check that none of them fails would check nothing.

mod mutant;

pub use mutant::Mutant;

use crate::checks::Violation;

/// How a lifecycle, or the shell around it, is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutation {
    /// Goes on handing out the token it once had.
    HandsOutTheDead,
    /// Does not take note of the time, and so not of a clock that has stepped back.
    TrustsTheClock,
    /// Does not compare the clocks, and so lets no time pass while the machine sleeps.
    SleepsWithTheMachine,
    /// The shell around it takes note of the time only when somebody asks.
    OverlooksTheLeadersTime,
    /// Does not take note of a 401.
    HandsOutTheRejected,
    /// Does not take note when a caller drops a token.
    KeepsTheDropped,
    /// Lets those who should wait make an exchange too.
    ExchangesTwice,
    /// Gives up a leader before it is due.
    IsImpatient,
    /// Lets those wait who should be told of a failure.
    WaitsForEver,
    /// Begins each caller's time anew whenever it asks again.
    ForgetsWhoAsked,
    /// Never finds out that a leader is gone.
    TrustsTheLeader,
    /// Asks again although the keys were just rejected.
    IgnoresTheCircuit,
    /// Never doubles the cool-down.
    CoolsDownTooSoon,
    /// Throws away a token that it has just got.
    WastesTokens,
    /// Refreshes a token long before it need be.
    RefreshesTooSoon,
    /// Asks for another token at once when the service hands out what it did before.
    Insists,
    /// Gives up the exchange when a caller leaves.
    LeavesWithTheCaller,
    /// The shell around it drops a token once another is waited for.
    ForgetsWhatIsWaitedOver,
    /// Forgets at once what somebody else has tried again and again.
    ForgetsTheRefusal,
    /// Takes a token of the store that has ended.
    TakesTheDeadFromTheStore,
    /// The shell around it takes a token of the store that was rejected.
    TakesTheRejectedFromTheStore,
    /// Takes what the store has, though the token at hand ends later.
    TakesWhatEndsSooner,
    /// Waits for a slow store until it answers.
    WaitsForTheStoreForEver,
    /// Asks the service when the store has nothing, although the keys were just rejected.
    IgnoresTheCircuitAfterAMiss,
    /// Asks the store for everybody who is to be told of a failure.
    AsksTheStoreWithoutPause,
    /// Has those who have waited for the store wait for it again.
    AsksTheStoreOnAndOn,
}

impl Mutation {
    /// Each, and by what it is caught.
    pub const ALL: [(Self, Violation); 26] = [
        (Self::HandsOutTheDead, Violation::DeadToken),
        (Self::TrustsTheClock, Violation::DeadToken),
        (Self::SleepsWithTheMachine, Violation::DeadToken),
        (Self::OverlooksTheLeadersTime, Violation::DeadToken),
        (Self::HandsOutTheRejected, Violation::RejectedToken),
        (Self::KeepsTheDropped, Violation::RejectedToken),
        (Self::ExchangesTwice, Violation::TwoExchanges),
        (Self::IsImpatient, Violation::TwoExchanges),
        (Self::WaitsForEver, Violation::EndlessWait),
        (Self::ForgetsWhoAsked, Violation::EndlessWait),
        (Self::TrustsTheLeader, Violation::EndlessWait),
        (Self::IgnoresTheCircuit, Violation::CircuitIgnored),
        (Self::CoolsDownTooSoon, Violation::CircuitIgnored),
        (Self::WastesTokens, Violation::TooManyExchanges),
        (Self::RefreshesTooSoon, Violation::TooManyExchanges),
        (Self::Insists, Violation::TooManyExchanges),
        (Self::LeavesWithTheCaller, Violation::LeavingShows),
        (Self::ForgetsWhatIsWaitedOver, Violation::LostToken),
        (Self::ForgetsTheRefusal, Violation::CircuitIgnored),
        (Self::TakesTheDeadFromTheStore, Violation::DeadToken),
        (Self::TakesTheRejectedFromTheStore, Violation::RejectedToken),
        (Self::TakesWhatEndsSooner, Violation::EndsSooner),
        (Self::WaitsForTheStoreForEver, Violation::EndlessWait),
        (Self::IgnoresTheCircuitAfterAMiss, Violation::CircuitIgnored),
        (Self::AsksTheStoreWithoutPause, Violation::StoreHurried),
        (Self::AsksTheStoreOnAndOn, Violation::HeldUp),
    ];
}
