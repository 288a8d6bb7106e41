//! Passwords: hashed with argon2id on the blocking pool, a few at a time.
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// OWASP's first choice for argon2id of 2024: 19 MiB of memory, two passes, one lane. About 20 ms on one core.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// How many are hashed at once: each takes a core and its memory, and strangers may ask for them.
const AT_ONCE: usize = 2;

/// The fewest characters of a password.
pub(super) const SHORTEST: usize = 12;
/// The most bytes of a password: none gains from more, and hashing them costs.
pub(super) const LONGEST: usize = 1_024;

/// The hash of no password, made with the same parameters: looked at for people who do not exist or have none, so that
/// they cost the same work.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// The hasher could not do its work.
#[derive(Debug, thiserror::Error)]
#[error("the password could not be hashed")]
pub struct HashFailed;

/// Hashes and compares passwords.
#[derive(Clone, Debug)]
pub(crate) struct Hashing(Arc<Semaphore>);

impl Default for Hashing {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

impl Hashing {
    /// Returns the hash to store, with its parameters and salt in it.
    pub(super) async fn hash(&self, password: String) -> Result<String, HashFailed> {
        self.run(move || {
            let hash: PasswordHash = argon2()?.hash_password(password.as_bytes()).map_err(|_| HashFailed)?;
            Ok(hash.to_string())
        })
        .await
    }

    /// Returns whether `password` is that of `stored`; where nothing is stored, says no after the same work.
    pub(super) async fn fits(&self, password: String, stored: Option<String>) -> Result<bool, HashFailed> {
        self.run(move || {
            let known = stored.is_some();
            let stored = stored.unwrap_or_else(|| NOBODY.to_owned());
            let hash = PasswordHash::new(&stored).map_err(|_| HashFailed)?;
            let fits = argon2()?.verify_password(password.as_bytes(), &hash).is_ok();
            Ok(fits && known)
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, HashFailed> + Send + 'static,
    ) -> Result<T, HashFailed> {
        let _slot = self.0.acquire().await.map_err(|_| HashFailed)?;
        tokio::task::spawn_blocking(work).await.map_err(|_| HashFailed)?
    }
}

fn argon2() -> Result<Argon2<'static>, HashFailed> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|_| HashFailed)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_and_nobody_has_one() {
        let hashing = Hashing::default();
        let hash = hashing.hash("correct horse battery".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(hashing.fits("correct horse battery".into(), Some(hash.clone())).await.unwrap());
        assert!(!hashing.fits("correct horse batterx".into(), Some(hash)).await.unwrap());
        assert!(!hashing.fits("correct horse battery".into(), None).await.unwrap());
        assert!(hashing.fits("x".into(), Some("not a hash".into())).await.is_err());
    }
}
