//! The files that the serving process finds: its manifest, and the models.
use crate::process::MODELS;
use crate::rollouts::Rollout;
use crate::{Context, onnx};
use base::Digest;
use rustix::fs::OFlags;
use std::collections::BTreeSet;
use std::fs;
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use tokio::io::AsyncReadExt;

/// Puts a model's file where the process finds it; `again` also where one lies that is not what it should be. The error says why it
/// cannot be.
pub(super) async fn place(cx: &Context, onnx: &Digest, again: bool) -> Result<(), String> {
    let (target, wanted) = (cx.folder.join(MODELS).join(onnx.hex()), *onnx);
    let path = target.clone();
    let there = tokio::task::spawn_blocking(move || match again {
        true => read(&path, onnx::LARGEST as u64).is_ok_and(|bytes| Digest::of(&bytes) == wanted),
        false => path.is_file(),
    });
    if there.await.unwrap_or(false) {
        return Ok(());
    }
    let gone = |error: &dyn std::fmt::Display| {
        tracing::warn!(%error, %onnx, "a model's file cannot be read");
        "the exported model's file is not in the store".to_owned()
    };
    let mut reader = cx.blobs.get(onnx).await.map_err(|error| gone(&error))?;
    if reader.limit() > onnx::LARGEST as u64 {
        return Err(onnx::ModelError::TooLarge(usize::try_from(reader.limit()).unwrap_or(usize::MAX)).to_string());
    }
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).await.map_err(|error| gone(&error))?;
    if Digest::of(&bytes) != *onnx {
        return Err("the exported model's file is damaged in the store".into());
    }
    let done = tokio::task::spawn_blocking(move || write(&target, &bytes)).await;
    done.map_err(io::Error::other).flatten().map_err(|error| format!("the model's file cannot be written: {error}"))
}

/// Removes the files of models that no open rollout names.
pub(super) fn remove_models(folder: &Path, open: &[Rollout]) -> io::Result<()> {
    let named: BTreeSet<String> = open.iter().map(|rollout| rollout.onnx.hex()).collect();
    for entry in fs::read_dir(folder)? {
        let path: PathBuf = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if !named.contains(name) {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

/// Opens a file, and nothing that only looks like one: no link is followed, and nothing that makes its reader wait is opened.
fn options() -> fs::OpenOptions {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let mut options = fs::File::options();
    options.custom_flags(flags.bits().cast_signed());
    options
}

/// Reads a regular file of so many bytes at most.
pub(crate) fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let file = options().read(true).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most { Err(ErrorKind::FileTooLarge.into()) } else { Ok(bytes) }
}

/// Writes a file for the server's user alone, whole or not at all.
pub(super) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use std::io::Write;
    let new = path.with_extension("new");
    // What lies there is none that is being written: there is one writer. A link is removed, not followed.
    match fs::remove_file(&new) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = options().create_new(true).write(true).mode(0o600).open(&new)?;
    file.write_all(bytes)?;
    fs::rename(new, path)
}

#[cfg(test)]
mod tests {
    use super::super::report::read_report;
    use super::*;
    use crate::process::MANIFEST;

    #[test]
    fn links_and_pipes_are_neither_followed_nor_waited_for() {
        use rustix::fs::{CWD, FileType, Mode, mknodat};
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("lockgate.db"), "everything").unwrap();
        fs::write(at("report.json"), r#"{"pid": 1}"#).unwrap();
        // Where the next manifest is written first, and where the report is read.
        std::os::unix::fs::symlink("lockgate.db", at("manifest.new")).unwrap();
        write(&at(MANIFEST), b"signed").unwrap();
        assert_eq!(fs::read(at("lockgate.db")).unwrap(), b"everything");
        assert_eq!(fs::read(at(MANIFEST)).unwrap(), b"signed");
        assert!(at(MANIFEST).symlink_metadata().unwrap().is_file());
        std::os::unix::fs::symlink("lockgate.db", at("link")).unwrap();
        assert!(read(&at("link"), 99).is_err());
        mknodat(CWD, at("pipe"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        assert!(read(&at("pipe"), 99).is_err());
        assert!(read(folder.path(), 99).is_err());
        assert_eq!(read(&at("lockgate.db"), 10).unwrap(), b"everything");
        assert_eq!(read(&at("lockgate.db"), 9).unwrap_err().kind(), ErrorKind::FileTooLarge);
        assert!(read_report(&at("pipe")).is_none() && read_report(&at("link")).is_none());
    }
}
