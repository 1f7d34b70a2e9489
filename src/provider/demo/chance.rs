//! Chance: a small generator for each thing and event, so that adding one shifts none of the others.
//!
//! Everything random in the simulated fleet comes from here, and depends on the seed, on what it is about and on a
//! serial number only.

use fastrand::Rng;

/// Where all randomness of one simulated fleet comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chance {
    seed: u64,
}

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// The generator for the `nth` occasion of one thing.
    pub(super) fn of(self, about: &str, nth: u64) -> Rng {
        Rng::with_seed(mix(fnv(about.as_bytes(), mix(self.seed ^ mix(nth)))))
    }

    /// An id in AWS's manner: a prefix, `0`, and sixteen hexadecimal digits.
    pub(super) fn id(self, prefix: &str, about: &str, nth: u64) -> String {
        format!("{prefix}-0{:016x}", self.of(about, nth).u64(..))
    }

    /// Sixteen hexadecimal digits, as they stand in ARNs.
    pub(super) fn hex(self, about: &str) -> String {
        format!("{:016x}", self.of(about, 0).u64(..))
    }

    /// A UUID, as refreshes and requests have.
    pub(super) fn uuid(self, about: &str, nth: u64) -> String {
        let mut rng = self.of(about, nth);
        let (high, low) = (rng.u64(..), rng.u64(..));
        format!(
            "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            low >> 52,
            low & 0xffff_ffff_ffff
        )
    }
}

/// FNV-1a: stable across versions and platforms, which the standard hasher does not promise.
fn fnv(bytes: &[u8], basis: u64) -> u64 {
    const PRIME: u64 = 0x0100_0000_01b3;
    bytes.iter().fold(basis, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(PRIME))
}

/// The finaliser of SplitMix64: neighbouring seeds give unrelated generators.
fn mix(mut x: u64) -> u64 {
    x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_occasion_gives_the_same_numbers_and_another_gives_others() {
        let chance = Chance::new(1);
        assert_eq!(chance.id("i", "orders-blue", 3), chance.id("i", "orders-blue", 3));
        assert_ne!(chance.id("i", "orders-blue", 3), chance.id("i", "orders-blue", 4));
        assert_ne!(chance.id("i", "orders-blue", 3), chance.id("i", "orders-green", 3));
        assert_ne!(chance.id("i", "orders-blue", 3), Chance::new(2).id("i", "orders-blue", 3));
    }

    #[test]
    fn ids_have_the_length_that_aws_gives_them() {
        assert_eq!(Chance::new(1).id("ami", "x", 0).len(), "ami-0123456789abcdef0".len());
        assert_eq!(Chance::new(1).uuid("x", 0).len(), 36);
    }
}
