use crate::Digest;
use serde::Serialize;

/// Returns `value` as RFC 8785 JSON: one byte sequence for one value, so that it can be hashed and signed.
///
/// # Errors
/// A map with keys that are not text, or a number that is not finite.
pub fn canonical_json<T: Serialize>(value: &T) -> Result<Vec<u8>, serde_json::Error> {
    serde_json_canonicalizer::to_vec(value)
}

/// Returns the digest of `value`'s canonical JSON.
///
/// # Errors
/// As [`canonical_json`].
pub fn digest_of<T: Serialize>(value: &T) -> Result<Digest, serde_json::Error> {
    Ok(Digest::of(canonical_json(value)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_have_equal_bytes() {
        // RFC 8785 §3.2.3: keys by UTF-16 code units, numbers as ECMAScript prints them.
        let value = serde_json::json!({"b": 1e21, "a": [true, null, "\u{20ac}\n"], "A": 0.000_001});
        let bytes = canonical_json(&value).unwrap();
        assert_eq!(String::from_utf8(bytes).unwrap(), r#"{"A":0.000001,"a":[true,null,"€\n"],"b":1e+21}"#);
    }
}
