//! Secrets: how they are made, shown once, and kept as hashes only.
use base::Digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::TryRngCore;
use rand::rngs::OsRng;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

/// A text that must not reach a log: it prints `***`, and only [`Secret::reveal`] and JSON answers show it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(transparent)]
#[schema(value_type = String)]
pub struct Secret(String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

/// The machine gave no randomness.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gave no random bytes")]
pub struct NoRandomness;

impl Secret {
    /// Returns `prefix` and 256 random bits as URL-safe text.
    ///
    /// # Errors
    /// [`NoRandomness`] if the operating system fails; nothing weaker takes its place.
    pub fn random(prefix: &str) -> Result<Self, NoRandomness> {
        let mut bytes = [0; 32];
        OsRng.try_fill_bytes(&mut bytes).map_err(|_| NoRandomness)?;
        Ok(Self(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes))))
    }

    /// Returns the text itself: for its one answer, never for a log.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Returns what is stored in its place. A plain SHA-256 suffices: 256 random bits cannot be guessed.
    pub(crate) fn hash(&self) -> String {
        hash_of(&self.0)
    }
}

/// Returns what is stored in place of the secret `text`.
pub(crate) fn hash_of(text: &str) -> String {
    Digest::of(text).hex()
}

/// Compares without telling by time where two texts differ.
pub(crate) fn same(left: &str, right: &str) -> bool {
    left.as_bytes().ct_eq(right.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_never_prints_itself() {
        let secret = Secret::random("lg_").unwrap();
        assert_eq!(format!("{secret:?}"), "***");
        assert!(secret.reveal().starts_with("lg_") && secret.reveal().len() == 3 + 43);
        assert_ne!(secret, Secret::random("lg_").unwrap());
        assert_eq!(secret.hash().len(), 64);
    }
}
