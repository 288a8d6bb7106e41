use super::Checkpoint;
use base::{Digest, Timestamp};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

/// The deployment's signing key for checkpoints. It lies beside the database, never in it.
#[derive(Clone)]
pub struct AuditKey(SigningKey);

/// What checks the signatures of an [`AuditKey`]; to be pinned outside the deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

/// A text that is no key.
#[derive(Clone, Debug, thiserror::Error)]
#[error("not an audit key: expected `ed25519:` and 64 hex digits")]
pub struct BadKey;

impl std::fmt::Debug for AuditKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl AuditKey {
    /// Returns the key that grows from 32 secret bytes.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(SigningKey::from_bytes(&seed))
    }

    /// Returns what to pin elsewhere.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// Signs that the chain had reached `hash` at `seq`.
    pub fn sign(&self, seq: u64, hash: Digest, at: Timestamp) -> Checkpoint {
        let key = self.public().short();
        let mut checkpoint = Checkpoint { seq, hash, at, key, signature: String::new() };
        let bytes = checkpoint.signed_bytes().expect("plain fields are JSON");
        checkpoint.signature = hex::encode(self.0.sign(&bytes).to_bytes());
        checkpoint
    }

    /// Signs a document of kind `kind`, in hex. No kind of document passes for another, nor for a checkpoint.
    pub fn sign_document(&self, kind: &str, bytes: &[u8]) -> String {
        hex::encode(self.0.sign(&document(kind, bytes)).to_bytes())
    }
}

/// Returns what is signed of a document: a checkpoint is JSON, so begins with `{`; this begins with the kind.
fn document(kind: &str, bytes: &[u8]) -> Vec<u8> {
    [kind.as_bytes(), b"\n", bytes].concat()
}

impl PublicKey {
    /// Returns the short name that checkpoints carry.
    pub fn short(&self) -> String {
        Digest::of(self.0.as_bytes()).hex()[..16].to_owned()
    }

    /// Returns whether this key has signed `checkpoint`.
    pub fn has_signed(&self, checkpoint: &Checkpoint) -> bool {
        checkpoint.signed_bytes().is_ok_and(|text| self.fits(&text, &checkpoint.signature))
    }

    /// Returns whether this key has signed a document of kind `kind`; see [`AuditKey::sign_document`].
    pub fn has_signed_document(&self, kind: &str, bytes: &[u8], signature: &str) -> bool {
        self.fits(&document(kind, bytes), signature)
    }

    fn fits(&self, text: &[u8], signature: &str) -> bool {
        let mut bytes = [0; 64];
        let lower = signature.bytes().all(|byte| !byte.is_ascii_uppercase());
        let read = lower && hex::decode_to_slice(signature, &mut bytes).is_ok();
        read && self.0.verify_strict(text, &Signature::from_bytes(&bytes)).is_ok()
    }
}

impl std::fmt::Display for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ed25519:{}", hex::encode(self.0.as_bytes()))
    }
}

impl std::str::FromStr for PublicKey {
    type Err = BadKey;
    fn from_str(text: &str) -> Result<Self, BadKey> {
        let mut bytes = [0; 32];
        let digits = text.trim().strip_prefix("ed25519:").ok_or(BadKey)?;
        hex::decode_to_slice(digits, &mut bytes).map_err(|_| BadKey)?;
        VerifyingKey::from_bytes(&bytes).map(Self).map_err(|_| BadKey)
    }
}
