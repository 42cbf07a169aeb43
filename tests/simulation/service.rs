//! The service's answers, and their times.

use pay4power_auth::error::{Code, Error};

use crate::draw::{For, chances, often, pick};
use crate::schedule::Schedule;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// A token. `skew_ms` is how much sooner it seems to expire.
    Token {
        issued_ms: i64,
        skew_ms: i64,
    },
    Fault(Fault),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    Network,
    Timeout,
    Unavailable,
    RateLimited {
        retry_after_ms: i64,
    },
    Unreadable,
    /// A token that had expired on arrival.
    ExpiredOnArrival,
    KeysRejected,
}

#[derive(Default)]
pub struct Service {
    revoked_ms: Option<i64>,
    last_issued_ms: Option<i64>,
}

impl Service {
    pub fn revoke_all(&mut self, now_ms: i64) {
        self.revoked_ms = Some(now_ms);
    }

    pub fn has_revoked(&self, issued_ms: i64) -> bool {
        self.revoked_ms.is_some_and(|revoked_ms| issued_ms <= revoked_ms)
    }

    /// Returns the answer to an attempt that begins now, and its latency in milliseconds.
    pub fn answer(
        &mut self,
        schedule: &Schedule,
        now_ms: i64,
        (exchange, attempt): (u32, u32),
        timeout_ms: i64,
    ) -> (Answer, i64) {
        let mut rng = chances(schedule.seed, For::Service, exchange, attempt);
        let latency_ms = rng.i64(schedule.latency_ms.0..=schedule.latency_ms.1);
        let retry_after_ms = pick(&mut rng, &[0, 500, 2_000, 31_000, 100_000]);
        let faults = [
            Fault::Network,
            Fault::Timeout,
            Fault::Unavailable,
            Fault::RateLimited { retry_after_ms },
            Fault::Unreadable,
        ];
        let fault = often(&mut rng, schedule.faults).then(|| pick(&mut rng, &faults));
        let (wrong_from, wrong_to) = schedule.keys_wrong_ms;
        let keys_wrong = (wrong_from..wrong_to).contains(&(now_ms + latency_ms));
        if latency_ms >= timeout_ms || fault == Some(Fault::Timeout) {
            return (Answer::Fault(Fault::Timeout), timeout_ms);
        }
        let answer = match fault {
            Some(fault) => Answer::Fault(fault),
            None if keys_wrong => Answer::Fault(Fault::KeysRejected),
            None => {
                let repeats = often(&mut rng, schedule.repeats);
                let skew_ms = if schedule.repeats > 0 { rng.i64(0..1_000) } else { 0 };
                self.issue(schedule, now_ms + latency_ms / 2, repeats, skew_ms)
            }
        };
        (answer, latency_ms)
    }

    fn issue(&mut self, schedule: &Schedule, at_ms: i64, repeats: bool, skew_ms: i64) -> Answer {
        let earlier = self.last_issued_ms.filter(|issued_ms| {
            let left_ms = issued_ms + schedule.lifetime_ms - at_ms;
            repeats && !self.has_revoked(*issued_ms) && left_ms > 1_000 + schedule.latency_ms.1
        });
        let issued_ms = earlier.unwrap_or(at_ms);
        self.last_issued_ms = Some(issued_ms);
        // The token must not expire before the answer arrives: that is another fault.
        let spare_ms = issued_ms + schedule.lifetime_ms - at_ms - schedule.latency_ms.1;
        Answer::Token { issued_ms, skew_ms: skew_ms.min((spare_ms - 1).max(0)) }
    }
}

impl Fault {
    /// Returns whether the service itself has answered with this.
    pub fn is_an_answer(self) -> bool {
        !matches!(self, Self::Network | Self::Timeout | Self::ExpiredOnArrival)
    }

    pub fn error(self) -> Error {
        let (code, retry_after_ms) = match self {
            Self::Network => (Code::Network, None),
            Self::Timeout => (Code::Timeout, None),
            Self::Unavailable => (Code::ServiceUnavailable, None),
            Self::RateLimited { retry_after_ms } => (Code::RateLimited, Some(retry_after_ms)),
            Self::Unreadable => (Code::BadResponse, None),
            Self::ExpiredOnArrival => (Code::TokenUnusable, None),
            Self::KeysRejected => (Code::CredentialsRejected, None),
        };
        let retryable = !matches!(self, Self::KeysRejected | Self::Unreadable);
        Error { retryable, retry_after_ms, ..Error::new(code, String::new()) }
    }
}
