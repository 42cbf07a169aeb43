//! Chance that depends on nothing but the seed and what it is for: not on who has drawn before.

use fastrand::Rng;

#[derive(Clone, Copy, Debug)]
pub enum For {
    Service,
    Leader,
    Jitter,
    Timer,
    Request,
    Sharing,
    Store,
    Sleep,
}

/// The chances of the `first`th and `second`th of something.
pub fn chances(seed: u64, purpose: For, first: u32, second: u32) -> Rng {
    let key = u64::from(first) << 32 | u64::from(second);
    Rng::with_seed(seed.rotate_left(24) ^ key.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ purpose as u64)
}

/// A number that is small enough for this.
pub fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

pub fn pick<T: Copy>(rng: &mut Rng, of: &[T]) -> T {
    of[rng.usize(0..of.len())]
}

pub fn often(rng: &mut Rng, of_100: u32) -> bool {
    rng.u32(0..100) < of_100
}
