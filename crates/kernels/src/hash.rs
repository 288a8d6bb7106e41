use twox_hash::XxHash64;

/// Returns a 64-bit hash of `bytes` that is the same on every machine and in every release: xxHash64 with `seed`.
///
/// Not for secrets: who knows a value can compute its hash.
pub fn hash_bytes(seed: u64, bytes: &[u8]) -> u64 {
    XxHash64::oneshot(seed, bytes)
}

/// The default secret of wyhash.
const SECRET: [u64; 4] = [0x2D35_8DCC_AA6C_78A5, 0x8BB8_4B93_962E_ACC9, 0x4B33_A62E_D433_D4A3, 0x4D5A_2DA5_1DE1_AA47];

/// Returns a 64-bit hash of `text` that is the same on every machine and in every release: wyhash with `seed`. Texts of some ten bytes,
/// which it is for, cost it less than [`hash_bytes`].
///
/// - **Source**: Wang Yi, wyhash, final version 4.2; golden values from its reference implementation.
pub(crate) fn hash_text(seed: u64, text: &[u8]) -> u64 {
    let mut state = seed ^ fold(seed ^ SECRET[0], SECRET[1]);
    let (a, b) = match text.len() {
        17.. => {
            let mut rest = text;
            if text.len() >= 48 {
                (state, rest) = hash_lanes(state, text);
            }
            while rest.len() > 16
                && let Some((sixteen, after)) = rest.split_first_chunk::<16>()
            {
                state = fold(eight(sixteen, 0) ^ SECRET[1], eight(sixteen, 8) ^ state);
                rest = after;
            }
            // What is left and as much before it as makes 16 bytes.
            text.last_chunk::<16>().map_or((0, 0), |last| (eight(last, 0), eight(last, 8)))
        }
        4.. => {
            let (last, inner) = (text.len() - 4, (text.len() >> 3) << 2);
            (four(text, 0) << 32 | four(text, inner), four(text, last) << 32 | four(text, last - inner))
        }
        1.. => {
            let byte = |at: usize| u64::from(text[at]);
            (byte(0) << 16 | byte(text.len() >> 1) << 8 | byte(text.len() - 1), 0)
        }
        0 => (0, 0),
    };
    let product = u128::from(a ^ SECRET[1]) * u128::from(b ^ state);
    fold(product as u64 ^ SECRET[0] ^ text.len() as u64, (product >> 64) as u64 ^ SECRET[1])
}

/// Takes 48 bytes at a time, in three lanes; returns what is left.
fn hash_lanes(seed: u64, text: &[u8]) -> (u64, &[u8]) {
    let mut lanes = [seed; 3];
    let (chunks, rest) = text.as_chunks::<48>();
    for chunk in chunks {
        for (lane, state) in lanes.iter_mut().enumerate() {
            *state = fold(eight(chunk, 16 * lane) ^ SECRET[lane + 1], eight(chunk, 16 * lane + 8) ^ *state);
        }
    }
    (lanes[0] ^ lanes[1] ^ lanes[2], rest)
}

fn eight(bytes: &[u8], at: usize) -> u64 {
    bytes[at..].first_chunk().map_or(0, |eight| u64::from_le_bytes(*eight))
}

fn four(bytes: &[u8], at: usize) -> u64 {
    bytes[at..].first_chunk().map_or(0, |four| u64::from(u32::from_le_bytes(*four)))
}

/// Both halves of the product.
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
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
        // test_vector.cpp of wyhash: each with its place as the seed.
        let digits = "1234567890".repeat(8);
        let wyhash = [
            ("", 0x93228A4DE0EEC5A2),
            ("a", 0xC5BAC3DB178713C4),
            ("abc", 0xA97F2F7B1D9B3314),
            ("message digest", 0x786D1F1DF3801DF4),
            ("abcdefghijklmnopqrstuvwxyz", 0xDCA5A8138AD37C87),
            ("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 0xB9E734F117CFAF70),
            (&digits, 0x6CC5EAB49A92D617),
        ];
        for (seed, (text, hash)) in (0..).zip(wyhash) {
            assert_eq!(hash_text(seed, text.as_bytes()), hash, "{text}");
        }
        // SplitMix64 by Vigna, first number of seed 0.
        assert_eq!(mix(0, 0), 0xE220_A839_7B1D_CDAF);
    }
}
