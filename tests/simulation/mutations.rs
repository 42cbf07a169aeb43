//! Lifecycles with a deliberate defect. Every check must catch at least one of them.

mod mutant;

pub use mutant::Mutant;

use crate::checks::Violation;

/// A defect of a lifecycle, or of the shell around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutation {
    /// Hands out an expired token.
    HandsOutTheDead,
    /// Ignores reported readings, and so misses a step back of the clock.
    TrustsTheClock,
    /// Does not compare the clocks, and so misses suspensions.
    SleepsWithTheMachine,
    /// Its shell reports the time only when a caller asks.
    OverlooksTheLeadersTime,
    /// Ignores a 401.
    HandsOutTheRejected,
    /// Ignores `invalidate`.
    KeepsTheDropped,
    /// Has callers that should wait make an exchange too.
    ExchangesTwice,
    /// Gives up a leader before it is due.
    GivesUpLeadersTooSoon,
    /// Has callers wait that should fail.
    WaitsForEver,
    /// Restarts a caller's deadline whenever the caller asks again.
    RestartsDeadlines,
    /// Never gives up a leader.
    TrustsTheLeader,
    /// Asks the service while the circuit is open.
    IgnoresTheCircuit,
    /// Never doubles the cool-down.
    CoolsDownTooSoon,
    /// Drops each new token.
    WastesTokens,
    /// Refreshes a token long before its refresh point.
    RefreshesTooSoon,
    /// Starts another exchange at once if the service returns the same token as before.
    AsksAgainAtOnce,
    /// Gives up the exchange when a caller leaves.
    LeavesWithTheCaller,
    /// Its shell drops an expiring token while callers wait for a new one.
    DropsTheExpiring,
    /// Forgets a coordinator's failure at once.
    ForgetsTheCoordinatorsFailure,
    /// Takes an expired token from the store.
    TakesTheDeadFromTheStore,
    /// Its shell takes a rejected token from the store.
    TakesTheRejectedFromTheStore,
    /// Takes a token from the store although the current one expires later.
    TakesATokenThatExpiresSooner,
    /// Waits for a slow store without a timeout.
    WaitsForTheStoreForEver,
    /// Asks the service after a miss while the circuit is open.
    IgnoresTheCircuitAfterAMiss,
    /// Reads the store for every caller that should fail.
    AsksTheStoreWithoutPause,
    /// Has callers that have waited for the store wait for it again.
    AsksTheStoreOnAndOn,
}

impl Mutation {
    /// Every mutation, and the invariant that it violates.
    pub const ALL: [(Self, Violation); 26] = [
        (Self::HandsOutTheDead, Violation::DeadToken),
        (Self::TrustsTheClock, Violation::DeadToken),
        (Self::SleepsWithTheMachine, Violation::DeadToken),
        (Self::OverlooksTheLeadersTime, Violation::DeadToken),
        (Self::HandsOutTheRejected, Violation::RejectedToken),
        (Self::KeepsTheDropped, Violation::RejectedToken),
        (Self::ExchangesTwice, Violation::TwoExchanges),
        (Self::GivesUpLeadersTooSoon, Violation::TwoExchanges),
        (Self::WaitsForEver, Violation::EndlessWait),
        (Self::RestartsDeadlines, Violation::EndlessWait),
        (Self::TrustsTheLeader, Violation::EndlessWait),
        (Self::IgnoresTheCircuit, Violation::CircuitIgnored),
        (Self::CoolsDownTooSoon, Violation::CircuitIgnored),
        (Self::WastesTokens, Violation::TooManyExchanges),
        (Self::RefreshesTooSoon, Violation::TooManyExchanges),
        (Self::AsksAgainAtOnce, Violation::TooManyExchanges),
        (Self::LeavesWithTheCaller, Violation::LeavingShows),
        (Self::DropsTheExpiring, Violation::LostToken),
        (Self::ForgetsTheCoordinatorsFailure, Violation::CircuitIgnored),
        (Self::TakesTheDeadFromTheStore, Violation::DeadToken),
        (Self::TakesTheRejectedFromTheStore, Violation::RejectedToken),
        (Self::TakesATokenThatExpiresSooner, Violation::EndsSooner),
        (Self::WaitsForTheStoreForEver, Violation::EndlessWait),
        (Self::IgnoresTheCircuitAfterAMiss, Violation::CircuitIgnored),
        (Self::AsksTheStoreWithoutPause, Violation::StoreHurried),
        (Self::AsksTheStoreOnAndOn, Violation::HeldUp),
    ];
}
