//! Folders as tar archives: packed so that equal folders have equal bytes, unpacked so that nothing lands outside.
//!
//! What a step wrote is hostile until looked at: only plain files and folders are packed; links of either kind, devices, pipes and
//! sockets are refused by name, and nothing is opened through a link.
use rustix::fs::{AtFlags, FileType, Mode, OFlags, ResolveFlags, Stat};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Component, Path};

/// How deep folders may lie in each other.
const DEEPEST: usize = 64;

/// What an archive may hold.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How many files and folders.
    pub entries: usize,
    /// How many bytes, all files together.
    pub bytes: u64,
}

/// Why a file or a folder was not taken. The text is for those who may read the data: it names paths, and whoever wrote them may
/// have put anything into their names.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    #[error("`{0}` is {1}: only plain files and folders are taken")]
    Kind(String, &'static str),
    #[error("`{0}` is a hard link: write a copy instead")]
    HardLink(String),
    #[error("a name in `{0}` is not UTF-8")]
    Name(String),
    #[error("`{0}` lies deeper than {DEEPEST} folders")]
    Deep(String),
    #[error("it holds more than {0} files and folders")]
    Many(usize),
    #[error("it is larger than {0} bytes")]
    Large(u64),
    #[error("`{0}` leads out of its folder")]
    Outside(String),
    #[error("`{0}` changed while it was read")]
    Changed(String),
    #[error("`{0}` cannot be read: {1}")]
    Read(String, io::Error),
    #[error("the archive cannot be written: {0}")]
    Write(io::Error),
}

impl Refused {
    /// Returns the reason without any name that whoever wrote the files chose: it follows the name of what was looked at.
    pub fn without_names(&self) -> String {
        match self {
            Self::Kind(_, what) => format!("is or holds {what}: only plain files and folders are taken"),
            Self::HardLink(_) => "is or holds a hard link: write a copy instead".into(),
            Self::Name(_) => "holds a name that is not UTF-8".into(),
            Self::Deep(_) => format!("lies deeper than {DEEPEST} folders"),
            Self::Many(most) => format!("holds more than {most} files and folders"),
            Self::Large(most) => format!("is larger than {most} bytes"),
            Self::Outside(_) => "holds a name that leads out of its folder".into(),
            Self::Changed(_) => "changed while it was read".into(),
            Self::Read(_, error) => format!("cannot be read: {}", error.kind()),
            Self::Write(error) => format!("cannot be written: {}", error.kind()),
        }
    }
}

/// A file or a folder that was looked at and may be taken.
#[derive(Debug)]
pub enum Taken {
    File { file: File, size: u64 },
    Folder(OwnedFd),
}

/// Opens `name` in `folder`, following no link; `None` if it is not there.
///
/// # Errors
/// It is neither a plain file nor a folder, or too large.
pub fn open(folder: impl AsFd, name: &str, limits: Limits) -> Result<Option<Taken>, Refused> {
    let stat = match rustix::fs::statat(&folder, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => stat,
        Err(rustix::io::Errno::NOENT) => return Ok(None),
        Err(error) => return Err(Refused::Read(name.into(), error.into())),
    };
    match plain(&stat, name)? {
        FileType::Directory => Ok(Some(Taken::Folder(open_beneath(folder.as_fd(), name, name, OFlags::DIRECTORY)?))),
        _ => {
            let (file, size) = open_file(folder.as_fd(), name, name)?;
            if size > limits.bytes { Err(Refused::Large(limits.bytes)) } else { Ok(Some(Taken::File { file, size })) }
        }
    }
}

/// Writes the folder as a tar archive: entries sorted by name, no owners, times at zero. Returns the bytes of its files.
///
/// # Errors
/// What may not be taken, or a writer that fails.
pub fn pack(folder: &OwnedFd, limits: Limits, out: impl Write) -> Result<u64, Refused> {
    // Looked at as a whole first, so that what is refused is refused before gigabytes were read.
    let mut looking = Packing { tar: None::<tar::Builder<io::Sink>>, limits, entries: 0, bytes: 0 };
    looking.folder(folder.as_fd(), "", 0)?;
    let mut packing = Packing { tar: Some(tar::Builder::new(out)), limits, entries: 0, bytes: 0 };
    packing.folder(folder.as_fd(), "", 0)?;
    if let Some(tar) = packing.tar {
        tar.into_inner().and_then(|mut out| out.flush()).map_err(Refused::Write)?;
    }
    Ok(packing.bytes)
}

struct Packing<W: Write> {
    /// Where entries go; none for a look at what they would be.
    tar: Option<tar::Builder<W>>,
    limits: Limits,
    entries: usize,
    bytes: u64,
}

impl<W: Write> Packing<W> {
    fn folder(&mut self, folder: BorrowedFd<'_>, path: &str, depth: usize) -> Result<(), Refused> {
        if depth > DEEPEST {
            return Err(Refused::Deep(path.into()));
        }
        for name in self.names(folder, path)? {
            let inner = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
            let stat = rustix::fs::statat(folder, &name, AtFlags::SYMLINK_NOFOLLOW);
            let stat = stat.map_err(|error| Refused::Read(inner.clone(), error.into()))?;
            if plain(&stat, &inner)? == FileType::Directory {
                if let Some(tar) = &mut self.tar {
                    tar.append_data(&mut header(tar::EntryType::Directory, 0o755, 0), format!("{inner}/"), io::empty())
                        .map_err(Refused::Write)?;
                }
                let opened = open_beneath(folder, &name, &inner, OFlags::DIRECTORY)?;
                self.folder(opened.as_fd(), &inner, depth + 1)?;
            } else {
                self.bytes = self.bytes.saturating_add(u64::try_from(stat.st_size).unwrap_or(0));
                if self.bytes > self.limits.bytes {
                    return Err(Refused::Large(self.limits.bytes));
                }
                self.file(folder, &name, &inner)?;
            }
        }
        Ok(())
    }

    /// Returns the names in a folder, sorted. Counts them as they come, so that a folder of millions is never held.
    fn names(&mut self, folder: BorrowedFd<'_>, path: &str) -> Result<Vec<String>, Refused> {
        let failed = |error: rustix::io::Errno| Refused::Read(path.into(), error.into());
        let mut names = Vec::new();
        for entry in rustix::fs::Dir::read_from(folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name().to_str().map_err(|_| Refused::Name(path.into()))?;
            if name == "." || name == ".." {
                continue;
            }
            self.entries += 1;
            if self.entries > self.limits.entries {
                return Err(Refused::Many(self.limits.entries));
            }
            names.push(name.to_owned());
        }
        names.sort_unstable();
        Ok(names)
    }

    fn file(&mut self, folder: BorrowedFd<'_>, name: &str, path: &str) -> Result<(), Refused> {
        let Some(tar) = &mut self.tar else { return Ok(()) };
        let (file, size) = open_file(folder, name, path)?;
        let stat = rustix::fs::fstat(&file).map_err(|error| Refused::Read(path.into(), error.into()))?;
        let mode = if stat.st_mode & 0o100 == 0 { 0o644 } else { 0o755 };
        let mut input = Exactly { file: file.take(size), left: size };
        let done = tar.append_data(&mut header(tar::EntryType::Regular, mode, size), path, &mut input);
        done.map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => Refused::Changed(path.into()),
            _ => Refused::Write(error),
        })
    }
}

/// A file that must give as many bytes as it promised: else the archive around it would be broken.
struct Exactly {
    file: io::Take<File>,
    left: u64,
}

impl Read for Exactly {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        if read == 0 && self.left > 0 && !buffer.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= read as u64;
        Ok(read)
    }
}

fn header(kind: tar::EntryType, mode: u32, size: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(size);
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    header
}

fn plain(stat: &Stat, path: &str) -> Result<FileType, Refused> {
    let kind = FileType::from_raw_mode(stat.st_mode);
    let word = match kind {
        FileType::Directory => return Ok(kind),
        FileType::RegularFile if stat.st_nlink > 1 => return Err(Refused::HardLink(path.into())),
        FileType::RegularFile => return Ok(kind),
        FileType::Symlink => "a symbolic link",
        FileType::Fifo => "a pipe",
        FileType::Socket => "a socket",
        _ => "a device",
    };
    Err(Refused::Kind(path.into(), word))
}

fn open_beneath(folder: BorrowedFd<'_>, name: &str, path: &str, extra: OFlags) -> Result<OwnedFd, Refused> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK | extra;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    rustix::fs::openat2(folder, name, flags, Mode::empty(), resolve)
        .map_err(|error| Refused::Read(path.into(), error.into()))
}

/// Opens a plain file, and looks again at what was opened.
fn open_file(folder: BorrowedFd<'_>, name: &str, path: &str) -> Result<(File, u64), Refused> {
    let opened = open_beneath(folder, name, path, OFlags::empty())?;
    let stat = rustix::fs::fstat(&opened).map_err(|error| Refused::Read(path.into(), error.into()))?;
    match plain(&stat, path)? {
        FileType::RegularFile => Ok((File::from(opened), u64::try_from(stat.st_size).unwrap_or(0))),
        _ => Err(Refused::Changed(path.into())),
    }
}

/// Unpacks an archive into `folder`, which must be empty: plain files and folders whose names stay inside, nothing else.
///
/// # Errors
/// An entry that may not be there, or a disk that fails.
pub fn unpack(archive: impl Read, folder: &Path, limits: Limits) -> Result<(), Refused> {
    let broken = |error: io::Error| Refused::Read("the archive".into(), error);
    let mut archive = tar::Archive::new(archive);
    let (mut entries, mut bytes) = (0, 0_u64);
    for entry in archive.entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        let path = entry.path().map_err(broken)?.into_owned();
        let shown = path.display().to_string();
        if path.as_os_str().is_empty() || !path.components().all(|part| matches!(part, Component::Normal(_))) {
            return Err(Refused::Outside(shown));
        }
        entries += 1;
        bytes = bytes.saturating_add(entry.size());
        if entries > limits.entries {
            return Err(Refused::Many(limits.entries));
        }
        if bytes > limits.bytes {
            return Err(Refused::Large(limits.bytes));
        }
        let target = folder.join(&path);
        match entry.header().entry_type() {
            tar::EntryType::Directory => std::fs::create_dir(&target).map_err(Refused::Write)?,
            tar::EntryType::Regular => {
                let mut file = File::create_new(&target).map_err(Refused::Write)?;
                io::copy(&mut entry, &mut file).map_err(Refused::Write)?;
                if entry.header().mode().is_ok_and(|mode| mode & 0o100 != 0) {
                    rustix::fs::fchmod(&file, Mode::from_raw_mode(0o755)).map_err(|e| Refused::Write(e.into()))?;
                }
            }
            tar::EntryType::Symlink => return Err(Refused::Kind(shown, "a symbolic link")),
            tar::EntryType::Link => return Err(Refused::HardLink(shown)),
            _ => return Err(Refused::Kind(shown, "neither")),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    const LIMITS: Limits = Limits { entries: 100, bytes: 1 << 20 };

    fn opened(folder: &Path) -> OwnedFd {
        rustix::fs::open(folder, OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty()).unwrap()
    }

    fn packed(folder: &Path) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        pack(&opened(folder), LIMITS, &mut bytes).map_err(|refused| refused.to_string())?;
        Ok(bytes)
    }

    #[test]
    fn equal_folders_have_equal_archives_and_come_back_as_they_were() {
        let (one, two, back) =
            (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for (folder, names) in [(one.path(), ["a", "b"]), (two.path(), ["b", "a"])] {
            std::fs::create_dir(folder.join("inner")).unwrap();
            for name in names {
                std::fs::write(folder.join("inner").join(name), name).unwrap();
            }
        }
        let bytes = packed(one.path()).unwrap();
        assert_eq!(bytes, packed(two.path()).unwrap());
        unpack(&bytes[..], back.path(), LIMITS).unwrap();
        assert_eq!(std::fs::read_to_string(back.path().join("inner/b")).unwrap(), "b");
        assert_eq!(packed(back.path()).unwrap(), bytes);
    }

    #[test]
    fn links_devices_and_more_than_the_limits_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        symlink("/etc/passwd", &path).unwrap();
        assert!(packed(folder.path()).unwrap_err().contains("`x` is a symbolic link"));
        assert!(open(opened(folder.path()), "x", LIMITS).unwrap_err().to_string().contains("a symbolic link"));
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, "one").unwrap();
        std::fs::hard_link(&path, folder.path().join("y")).unwrap();
        assert!(packed(folder.path()).unwrap_err().contains("is a hard link"));
        std::fs::remove_file(folder.path().join("y")).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, folder.path().join("pipe"), Mode::from_raw_mode(0o600)).unwrap();
        assert!(packed(folder.path()).unwrap_err().contains("a pipe"));
        std::fs::remove_file(folder.path().join("pipe")).unwrap();
        File::options().write(true).open(&path).unwrap().set_len(1 << 40).unwrap();
        assert!(packed(folder.path()).unwrap_err().contains("larger than"));
        assert!(open(opened(folder.path()), "x", LIMITS).unwrap_err().to_string().contains("larger than"));
        assert!(open(opened(folder.path()), "absent", LIMITS).unwrap().is_none());
    }

    #[test]
    fn a_reason_without_names_has_none_of_them() {
        let secret = || "age=61".to_owned();
        let error = || io::Error::new(io::ErrorKind::PermissionDenied, "age=61");
        for refused in [
            Refused::Kind(secret(), "a socket"),
            Refused::HardLink(secret()),
            Refused::Name(secret()),
            Refused::Deep(secret()),
            Refused::Outside(secret()),
            Refused::Changed(secret()),
            Refused::Read(secret(), error()),
            Refused::Write(error()),
        ] {
            assert!(refused.to_string().contains("age=61") && !refused.without_names().contains("61"), "{refused}");
        }
        assert_eq!(Refused::Many(7).without_names(), "holds more than 7 files and folders");
    }

    #[test]
    fn an_archive_cannot_leave_its_folder() {
        for (name, kind, words) in [
            ("../up", tar::EntryType::Regular, "leads out"),
            ("/etc/x", tar::EntryType::Regular, "leads out"),
            ("link", tar::EntryType::Symlink, "symbolic link"),
            ("hard", tar::EntryType::Link, "hard link"),
            ("dev", tar::EntryType::Char, "only plain files"),
        ] {
            let mut bytes = header(kind, 0o644, 0);
            bytes.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
            bytes.as_gnu_mut().unwrap().linkname[..4].copy_from_slice(b"/etc");
            bytes.set_cksum();
            let folder = tempfile::tempdir().unwrap();
            let refused = unpack(&bytes.as_bytes()[..], folder.path(), LIMITS).unwrap_err().to_string();
            assert!(refused.contains(words), "{name}: {refused}");
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{name}");
        }
    }
}
