use super::*;
use std::io::Write as _;
use std::pin::Pin;
use std::task::{Context, Poll};

async fn text(mut reader: Reader) -> String {
    let mut text = String::new();
    reader.read_to_string(&mut text).await.unwrap();
    text
}

fn temporaries(folder: &Path) -> usize {
    std::fs::read_dir(folder.join("tmp")).unwrap().count()
}

#[tokio::test]
async fn what_was_put_is_read_back_whole_and_in_parts() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = Blobs::open(folder.path()).unwrap();
    let (digest, size) = blobs.put(&b"abcdefgh"[..]).await.unwrap();
    assert_eq!((digest, size), (Digest::of(b"abcdefgh"), 8));
    assert_eq!(blobs.put(&b"abcdefgh"[..]).await.unwrap(), (digest, size), "the same bytes again");
    let again = Blobs::open(folder.path()).unwrap();
    assert_eq!(text(again.get(&digest).await.unwrap()).await, "abcdefgh");
    assert_eq!(text(again.range(&digest, 2..5).await.unwrap()).await, "cde");
    assert_eq!(text(again.range(&digest, 8..8).await.unwrap()).await, "");
    assert!(matches!(again.range(&digest, 2..9).await, Err(Error::OutOfRange { size: 8, .. })));
    again.verify(&digest).await.unwrap();
    assert_eq!(temporaries(folder.path()), 0);
}

#[tokio::test]
async fn a_large_blob_of_many_chunks_has_its_digest() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = Blobs::open(folder.path()).unwrap();
    let bytes: Vec<u8> = (0..3 * CHUNK + 7).map(|n| u8::try_from(n % 251).unwrap()).collect();
    assert_eq!(blobs.put(&bytes[..]).await.unwrap(), (Digest::of(&bytes), bytes.len() as u64));
    blobs.verify(&Digest::of(&bytes)).await.unwrap();
}

#[tokio::test]
async fn a_removed_blob_is_gone_and_an_open_reader_reads_on() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = Blobs::open(folder.path()).unwrap();
    let (digest, _) = blobs.put(&b"short-lived"[..]).await.unwrap();
    let reader = blobs.get(&digest).await.unwrap();
    blobs.remove(&digest).await.unwrap();
    blobs.remove(&digest).await.unwrap();
    assert!(!blobs.contains(&digest).await.unwrap());
    assert!(matches!(blobs.get(&digest).await, Err(Error::NotFound(found)) if found == digest));
    assert_eq!(text(reader).await, "short-lived");
}

#[tokio::test]
async fn a_changed_byte_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = Blobs::open(folder.path()).unwrap();
    let (digest, _) = blobs.put(&b"true"[..]).await.unwrap();
    std::fs::write(blobs.path(&digest), b"trux").unwrap();
    let damaged = blobs.verify(&digest).await.unwrap_err();
    assert!(matches!(damaged, Error::Damaged { found, .. } if found == Digest::of(b"trux")), "{damaged}");
}

/// Yields some bytes, then fails as a client that hangs up does.
struct BreaksOff(bool);

impl AsyncRead for BreaksOff {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        into: &mut tokio::io::ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(Err(ErrorKind::ConnectionReset.into()));
        }
        into.put_slice(b"half");
        Poll::Ready(Ok(()))
    }
}

#[tokio::test]
async fn an_input_that_breaks_off_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = Blobs::open(folder.path()).unwrap();
    let failed = blobs.put(BreaksOff(false)).await.unwrap_err();
    assert!(matches!(failed, Error::Input(_)), "{failed}");
    assert!(!blobs.contains(&Digest::of(b"half")).await.unwrap());
    assert_eq!(temporaries(folder.path()), 0);
}

#[tokio::test]
async fn a_dropped_put_leaves_all_or_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = Blobs::open(folder.path()).unwrap();
    let put = async || blobs.put(&b"whole"[..]).await.unwrap();
    let (waits, (digest, _)) = testkit::drop_at_every_wait(put, async || {
        if blobs.contains(&Digest::of(b"whole")).await.unwrap() {
            blobs.verify(&Digest::of(b"whole")).await.unwrap();
        }
    })
    .await;
    assert!(waits > 0);
    blobs.verify(&digest).await.unwrap();
}

#[tokio::test]
async fn a_full_disk_is_named() {
    let full = File::options().write(true).open("/dev/full").unwrap(); // every write to it fails with ENOSPC
    let failed = fill(full, &b"anything"[..]).await.unwrap_err();
    assert!(matches!(failed, Error::Full(_)), "{failed:?}");
}

#[tokio::test]
async fn a_sweep_removes_what_a_killed_process_left_and_nothing_younger() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = Blobs::open(folder.path()).unwrap();
    let mut left = File::create(folder.path().join("tmp/left")).unwrap();
    left.write_all(b"part").unwrap();
    let modified = left.metadata().unwrap();
    let at = Timestamp(modified.mtime() * 1_000_000 + modified.mtime_nsec() / 1_000);
    assert_eq!(blobs.sweep(at).await.unwrap(), 0);
    assert_eq!(blobs.sweep(Timestamp(at.0 + 1)).await.unwrap(), 1);
    assert_eq!(temporaries(folder.path()), 0);
}
