//! Random draws that depend only on the seed and their purpose, and not on earlier draws.

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

/// Returns the random generator for one purpose and two numbers, such as an exchange and an attempt.
pub fn chances(seed: u64, purpose: For, first: u32, second: u32) -> Rng {
    let key = u64::from(first) << 32 | u64::from(second);
    Rng::with_seed(seed.rotate_left(24) ^ key.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ purpose as u64)
}

/// Returns a small number as `u32`.
pub fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

pub fn pick<T: Copy>(rng: &mut Rng, of: &[T]) -> T {
    of[rng.usize(0..of.len())]
}

pub fn often(rng: &mut Rng, of_100: u32) -> bool {
    rng.u32(0..100) < of_100
}
