use twox_hash::XxHash64;

/// Returns a 64-bit hash of `bytes` that is the same on every machine and in every release: xxHash64 with `seed`.
///
/// Not for secrets: who knows a value can compute its hash.
pub fn hash_bytes(seed: u64, bytes: &[u8]) -> u64 {
    XxHash64::oneshot(seed, bytes)
}

/// Returns a well-mixed key for number `index` of stream `seed` (the finaliser of SplitMix64, a bijection of `index`).
pub fn mix(seed: u64, index: u64) -> u64 {
    let mut z = seed ^ index.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_the_reference() {
        // The xxHash reference implementation, XXH64.
        assert_eq!(hash_bytes(0, b""), 0xEF46_DB37_51D8_E999);
        assert_eq!(hash_bytes(0, b"a"), 0xD24E_C4F1_A98C_6E5B);
        // SplitMix64 by Vigna, first number of seed 0.
        assert_eq!(mix(0, 0), 0xE220_A839_7B1D_CDAF);
    }
}
