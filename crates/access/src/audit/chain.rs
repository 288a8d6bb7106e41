//! The chain: each sealed entry names the hash of the one before; signed checkpoints name the hash reached.
use super::{Entry, PublicKey};
use base::{Digest, Timestamp, canonical_json};
use serde::{Deserialize, Serialize};
use std::io::BufRead;

/// What the first sealed entry names as the one before it: 32 zero bytes.
pub const GENESIS: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

/// An entry's place in the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// 1, 2, 3 … without a gap.
    pub seq: u64,
    pub prev_hash: Digest,
    pub hash: Digest,
}

/// What is hashed: everything of a sealed entry but its own hash.
#[derive(Serialize)]
struct Hashed<'a> {
    seq: u64,
    entry: &'a Entry,
    prev_hash: &'a Digest,
}

impl Sealed {
    /// Chains `entry` behind the hash `prev_hash`.
    ///
    /// # Errors
    /// An entry that is no JSON.
    pub fn next(seq: u64, prev_hash: Digest, entry: &Entry) -> Result<Self, serde_json::Error> {
        let hash = base::digest_of(&Hashed { seq, entry, prev_hash: &prev_hash })?;
        Ok(Self { seq, prev_hash, hash })
    }
}

/// That the chain had reached `hash` at `seq`, signed with the deployment's audit key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Checkpoint {
    pub seq: u64,
    #[schema(value_type = String)]
    pub hash: Digest,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The first 16 hex digits of the public key's SHA-256.
    pub key: String,
    /// Ed25519 over the canonical JSON of the other fields, in hex.
    pub signature: String,
}

#[derive(Serialize)]
struct Signed<'a> {
    seq: u64,
    hash: &'a Digest,
    at: &'a Timestamp,
    key: &'a str,
}

impl Checkpoint {
    /// Returns the bytes that are signed.
    ///
    /// # Errors
    /// None in practice: the fields are plain.
    pub fn signed_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        canonical_json(&Signed { seq: self.seq, hash: &self.hash, at: &self.at, key: &self.key })
    }
}

/// A line of an export: a sealed entry, one that waits for the sealer, or a checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Line {
    Sealed { seq: u64, entry: Box<Entry>, prev_hash: Digest, hash: Digest },
    Checkpoint { checkpoint: Checkpoint },
    Unsealed { unsealed: Box<Entry> },
}

/// What an intact export holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    pub sealed: u64,
    /// Entries that the chain does not hold yet: nothing vouches for them.
    pub unsealed: u64,
    pub checkpoints: u64,
    /// The last entry that a checkpoint signs. Whoever has the file can chain other entries behind it: they are vouched for once the
    /// next checkpoint is known.
    pub signed: u64,
    /// The hash of the last sealed entry.
    pub head: Option<Digest>,
}

/// Where and how an export is not what was recorded.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    #[error("line {0} cannot be read: {1}")]
    Unreadable(u64, String),
    #[error("line {line} was changed: it is not the canonical JSON of what it says")]
    NotCanonical { line: u64 },
    #[error(
        "line {line}: entry {found} stands where {expected} should: entries are missing, added or in another order"
    )]
    Order { line: u64, expected: u64, found: u64 },
    #[error("line {line}: entry {seq} does not follow from the one before it")]
    Unchained { line: u64, seq: u64 },
    #[error("line {line}: entry {seq} was changed: its hash is another")]
    Changed { line: u64, seq: u64 },
    #[error("line {line}: the checkpoint at {seq} is not signed by the pinned key")]
    Signature { line: u64, seq: u64 },
    #[error("line {line}: the checkpoint at {seq} names another hash than the chain has there")]
    Checkpoint { line: u64, seq: u64 },
    #[error("nothing in it is signed by the pinned key: entries that follow from each other are easily made")]
    Unsigned,
    #[error("the known checkpoint is not signed by the pinned key")]
    KnownSignature,
    #[error("the log is cut off: it ends at {end}, but a checkpoint at {known} is known")]
    Truncated { end: u64, known: u64 },
    #[error("the log is another one: at {0} it has another hash than the known checkpoint")]
    Another(u64),
}

/// Checks an export line by line against the pinned `key` and the last checkpoint known from elsewhere: one flipped
/// byte, a line removed, added or moved, and a log cut off before `known` are found. Entries behind the last checkpoint are only
/// chained, and unsealed ones not even that: both are counted, and nothing vouches for them. A log without any signature is none.
///
/// # Errors
/// The first thing that does not hold.
pub fn verify(export: impl BufRead, key: &PublicKey, known: Option<&Checkpoint>) -> Result<Report, Broken> {
    if known.is_some_and(|known| !key.has_signed(known)) {
        return Err(Broken::KnownSignature);
    }
    let genesis = GENESIS.parse::<Digest>().expect("64 hex digits");
    let mut report = Report { sealed: 0, unsealed: 0, checkpoints: 0, signed: 0, head: None };
    for (number, text) in (1..).zip(export.lines()) {
        let text = text.map_err(|error| Broken::Unreadable(number, error.to_string()))?;
        match read(number, &text)? {
            Line::Unsealed { .. } => report.unsealed += 1,
            Line::Checkpoint { checkpoint } => {
                check(number, &checkpoint, key, &report)?;
                report = Report { checkpoints: report.checkpoints + 1, signed: checkpoint.seq, ..report };
            }
            Line::Sealed { seq, entry, prev_hash, hash } => {
                if seq != report.sealed + 1 {
                    return Err(Broken::Order { line: number, expected: report.sealed + 1, found: seq });
                }
                if prev_hash != report.head.unwrap_or(genesis) {
                    return Err(Broken::Unchained { line: number, seq });
                }
                let sealed = Sealed::next(seq, prev_hash, &entry)
                    .map_err(|error| Broken::Unreadable(number, error.to_string()))?;
                if sealed.hash != hash {
                    return Err(Broken::Changed { line: number, seq });
                }
                let known = known.filter(|known| known.seq == seq);
                if known.is_some_and(|known| known.hash != hash) {
                    return Err(Broken::Another(seq));
                }
                let signed = known.map_or(report.signed, |known| known.seq);
                report = Report { sealed: seq, head: Some(hash), signed, ..report };
            }
        }
    }
    match known {
        Some(known) if known.seq > report.sealed => Err(Broken::Truncated { end: report.sealed, known: known.seq }),
        _ if report.signed == 0 => Err(Broken::Unsigned),
        _ => Ok(report),
    }
}

fn read(number: u64, text: &str) -> Result<Line, Broken> {
    let unreadable = |error: serde_json::Error| Broken::Unreadable(number, error.to_string());
    let line: Line = serde_json::from_str(text).map_err(unreadable)?;
    let canonical = canonical_json(&line).map_err(unreadable)?;
    if canonical == text.as_bytes() { Ok(line) } else { Err(Broken::NotCanonical { line: number }) }
}

/// A checkpoint stands right behind the entry it names.
fn check(number: u64, checkpoint: &Checkpoint, key: &PublicKey, report: &Report) -> Result<(), Broken> {
    let seq = checkpoint.seq;
    if !key.has_signed(checkpoint) {
        return Err(Broken::Signature { line: number, seq });
    }
    let fits = report.sealed == seq && report.head == Some(checkpoint.hash);
    if fits { Ok(()) } else { Err(Broken::Checkpoint { line: number, seq }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::AuditKey;
    use proptest::prelude::*;

    fn export(entries: u64, unsealed: u64) -> (Vec<String>, Checkpoint) {
        let key = key();
        let mut head = GENESIS.parse::<Digest>().unwrap();
        let (mut lines, mut last) = (Vec::new(), None);
        let text = |line: &Line| String::from_utf8(canonical_json(line).unwrap()).unwrap();
        for seq in 1..=entries {
            let mut entry = Entry::new(Timestamp(seq as i64), "person:ana", "ReadX", format!("x/{seq}"));
            entry.reason = (seq % 2 == 0).then(|| "wörter \u{1f980}".to_owned());
            entry.after = Some(serde_json::json!({"size": seq, "rate": 0.1}));
            let sealed = Sealed::next(seq, head, &entry).unwrap();
            head = sealed.hash;
            lines.push(text(&Line::Sealed { seq, entry: entry.into(), prev_hash: sealed.prev_hash, hash: head }));
            if seq % 3 == 0 || seq == entries {
                let checkpoint = key.sign(seq, head, Timestamp(seq as i64));
                lines.push(text(&Line::Checkpoint { checkpoint: checkpoint.clone() }));
                last = Some(checkpoint);
            }
        }
        for number in 0..unsealed {
            let entry = Entry::new(Timestamp(9), "person:ana", "ReadX", format!("y/{number}"));
            lines.push(text(&Line::Unsealed { unsealed: entry.into() }));
        }
        (lines, last.unwrap())
    }

    fn key() -> AuditKey {
        AuditKey::from_seed([7; 32])
    }

    fn judge(lines: &[String], known: &Checkpoint) -> Result<Report, Broken> {
        verify(lines.join("\n").as_bytes(), &key().public(), Some(known))
    }

    #[test]
    fn an_untouched_export_is_intact_and_unsealed_entries_are_counted() {
        let (lines, known) = export(7, 2);
        let report = judge(&lines, &known).unwrap();
        assert_eq!((report.sealed, report.unsealed, report.checkpoints, report.signed), (7, 2, 3, 7));
        assert_eq!(report.head, Some(known.hash));
    }

    #[test]
    fn a_truncated_log_is_noticed_by_the_known_checkpoint() {
        let (lines, known) = export(7, 0);
        let cut = judge(&lines[..lines.len() - 3], &known);
        assert!(matches!(cut, Err(Broken::Truncated { end: 6, known: 7 })), "{cut:?}");
        let none = judge(&[], &known);
        assert!(matches!(none, Err(Broken::Truncated { end: 0, .. })), "{none:?}");
    }

    #[test]
    fn what_no_checkpoint_signs_is_no_log_or_its_unsigned_end() {
        let (lines, known) = export(7, 0);
        let bare: Vec<String> = lines.iter().filter(|line| line.contains("prev_hash")).cloned().collect();
        let alone = |lines: &[String]| verify(lines.join("\n").as_bytes(), &key().public(), None);
        assert!(matches!(alone(&bare), Err(Broken::Unsigned)), "chained anew by anyone");
        assert!(matches!(alone(&[]), Err(Broken::Unsigned)));
        assert_eq!(judge(&bare, &known).unwrap().signed, 7, "the known checkpoint vouches");
        let end = alone(&lines[..lines.len() - 1]).unwrap();
        assert_eq!((end.sealed, end.signed), (7, 6), "the last one is only chained");
    }

    #[test]
    fn another_key_or_another_log_is_noticed() {
        let (lines, known) = export(5, 0);
        let other = AuditKey::from_seed([8; 32]);
        let text = lines.join("\n");
        assert!(matches!(verify(text.as_bytes(), &other.public(), None), Err(Broken::Signature { .. })));
        assert!(matches!(verify(text.as_bytes(), &other.public(), Some(&known)), Err(Broken::KnownSignature)));
        let forged = key().sign(5, Digest::of("another"), Timestamp(5));
        assert!(matches!(judge(&lines, &forged), Err(Broken::Another(5))));
    }

    proptest! {
        #[test]
        fn any_flipped_bit_of_a_sealed_line_is_noticed(place in any::<prop::sample::Index>(), bit in 0..8_u8) {
            let (lines, known) = export(6, 0);
            let mut bytes = lines.join("\n").into_bytes();
            let at = place.index(bytes.len());
            bytes[at] ^= 1 << bit;
            prop_assert!(verify(bytes.as_slice(), &key().public(), Some(&known)).is_err());
        }

        #[test]
        fn any_removed_or_moved_line_is_noticed(from in any::<prop::sample::Index>(), to in any::<prop::sample::Index>()) {
            let (lines, known) = export(6, 0);
            let (from, to) = (from.index(lines.len()), to.index(lines.len()));
            let mut removed = lines.clone();
            let line = removed.remove(from);
            // A checkpoint only vouches; without one of them the entries still stand.
            if line.contains("prev_hash") {
                prop_assert!(judge(&removed, &known).is_err());
            }
            removed.insert(to.min(removed.len()), line);
            prop_assert_eq!(judge(&removed, &known).is_ok(), removed == lines);
        }
    }
}
