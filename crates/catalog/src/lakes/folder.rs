use super::Error;
use base::Timestamp;
use cap_std::fs::Dir;
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// The folders that configuration allows lakes below, by name. A path of the machine never leaves this type.
#[derive(Clone, Debug, Default)]
pub struct Roots(pub BTreeMap<String, PathBuf>);

/// Where a lake lies: a root's name and a folder below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LakeRef {
    pub id: base::LakeId,
    pub root: String,
    pub folder: String,
}

/// A lake's folder, open: nothing outside it can be reached through it, by `..`, absolute path or symbolic link.
#[derive(Clone, Debug)]
pub struct LakeDir(Arc<Dir>);

/// What tells one state of a file from another, whatever its inode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    pub size_bytes: i64,
    pub modified_at: Timestamp,
}

impl Stamp {
    /// Returns the stamp of what this metadata describes; times before 1970 count as 1970.
    pub(crate) fn of(metadata: &cap_std::fs::Metadata) -> std::io::Result<Self> {
        let since = metadata.modified()?.into_std().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let micros = i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
        let size_bytes = i64::try_from(metadata.len()).unwrap_or(i64::MAX);
        Ok(Self { size_bytes, modified_at: Timestamp(micros) })
    }
}

impl Roots {
    /// Returns the names of the roots, for a form to choose from.
    pub fn names(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }

    /// Opens the folder of `lake`. Blocks on the file system.
    ///
    /// # Errors
    /// [`Error::UnknownRoot`], [`Error::Folder`] or [`Error::Unreachable`].
    pub fn open(&self, lake: &LakeRef) -> Result<LakeDir, Error> {
        let Some(path) = self.0.get(&lake.root) else {
            return Err(Error::UnknownRoot { root: shown(&lake.root), known: self.names() });
        };
        let folder = checked(&lake.folder)?;
        let unreachable = |what: String| move |error: std::io::Error| Error::Unreachable { what, why: why(&error) };
        let root = Dir::open_ambient_dir(path, cap_std::ambient_authority())
            .map_err(unreachable(format!("root `{}`", lake.root)))?;
        if folder.as_os_str().is_empty() {
            return Ok(LakeDir(Arc::new(root)));
        }
        let what = format!("folder `{}` below root `{}`", shown(&lake.folder), lake.root);
        Ok(LakeDir(Arc::new(root.open_dir(&folder).map_err(unreachable(what))?)))
    }

    /// Returns whether `lake` lies in one of `others` or holds it, through whatever links and roots. Blocks on the file system.
    pub(super) fn overlap(&self, lake: &LakeRef, others: &[LakeRef]) -> bool {
        let real = |place: &LakeRef| {
            let path = self.0.get(&place.root)?.join(&place.folder);
            // A folder that is away now, such as a disk that is not mounted, lies below the last one that is there.
            let there = path.ancestors().find_map(|above| Some((above, above.canonicalize().ok()?)));
            Some(there.map_or_else(
                || path.clone(),
                |(above, real)| path.strip_prefix(above).map_or_else(|_| real.clone(), |rest| real.join(rest)),
            ))
        };
        let Some(own) = real(lake) else { return false };
        let mut theirs = others.iter().filter(|other| other.id != lake.id).filter_map(real);
        theirs.any(|other| own.starts_with(&other) || other.starts_with(&own))
    }
}

impl LakeRef {
    /// Returns whether one of both lies in the other, by their names: links and roots that share folders are not seen.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        let (own, theirs) = (Path::new(&self.folder), Path::new(&other.folder));
        self.root == other.root && (own.starts_with(theirs) || theirs.starts_with(own))
    }
}

/// Returns `folder` as a path of plain names; the empty text is the root itself.
pub(crate) fn checked(folder: &str) -> Result<PathBuf, Error> {
    let bad = |why| Error::Folder { folder: shown(folder), why };
    if folder.len() > 1_024 {
        return Err(bad("it is longer than 1,024 bytes"));
    }
    if folder.contains(|c: char| c.is_control() || c == '\\') {
        return Err(bad("it holds a backslash or a control character"));
    }
    let mut plain = PathBuf::new();
    for component in Path::new(folder).components() {
        match component {
            Component::Normal(name) => plain.push(name),
            Component::CurDir => {}
            Component::ParentDir => return Err(bad("it leads upwards (`..`)")),
            Component::RootDir | Component::Prefix(_) => return Err(bad("it is not relative to the root")),
        }
    }
    Ok(plain)
}

/// Returns `text` fit for a message: short, and with nothing that a terminal would obey.
pub(crate) fn shown(text: &str) -> String {
    text.chars().take(120).flat_map(char::escape_debug).collect()
}

/// Returns why the file system refused, without a path.
pub(crate) fn why(error: &std::io::Error) -> &'static str {
    match error.kind() {
        std::io::ErrorKind::NotFound => "it does not exist",
        std::io::ErrorKind::PermissionDenied => "the server may not read it, or it leads outside",
        std::io::ErrorKind::NotADirectory => "it is not a folder",
        std::io::ErrorKind::IsADirectory => "it is a folder",
        _ => "the file system refused",
    }
}

impl LakeDir {
    /// Returns the open folder, for what is written below it.
    pub fn dir(&self) -> &Dir {
        &self.0
    }

    /// Opens `path` if it is still the file that `stamp` describes. Blocks on the file system.
    ///
    /// # Errors
    /// [`Error::Changed`] if it is gone or another.
    pub fn open_file(&self, path: &str, stamp: Stamp) -> Result<std::fs::File, Error> {
        self.check(path, stamp)?; // first by name: opening a pipe would wait for its writer
        let changed = || Error::Changed { path: shown(path) };
        let file = self.0.open(path).map_err(|_| changed())?;
        let found = file.metadata().and_then(|metadata| Stamp::of(&metadata)).map_err(|_| changed())?;
        if found == stamp { Ok(file.into_std()) } else { Err(changed()) }
    }

    /// Succeeds if `path` is still the file that `stamp` describes. Blocks on the file system.
    ///
    /// # Errors
    /// [`Error::Changed`] if it is gone or another.
    pub fn check(&self, path: &str, stamp: Stamp) -> Result<(), Error> {
        let metadata = self.0.symlink_metadata(path).ok().filter(cap_std::fs::Metadata::is_file);
        let found = metadata.and_then(|metadata| Stamp::of(&metadata).ok());
        if found == Some(stamp) { Ok(()) } else { Err(Error::Changed { path: shown(path) }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lake(folder: &str) -> LakeRef {
        LakeRef { id: "retail".into(), root: "data".into(), folder: folder.into() }
    }

    #[test]
    fn lakes_that_share_files_overlap_however_they_are_named() {
        let place = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(place.path().join("retail/core/customers")).unwrap();
        std::fs::create_dir_all(place.path().join("retail-2")).unwrap();
        std::os::unix::fs::symlink("retail/core", place.path().join("link")).unwrap();
        let inner = ("inner".to_owned(), place.path().join("retail/core"));
        let roots = Roots([("data".to_owned(), place.path().to_owned()), inner].into());
        let at =
            |id: &str, root: &str, folder: &str| LakeRef { id: id.into(), root: root.into(), folder: folder.into() };
        let retail = [at("retail", "data", "retail")];
        for (root, folder) in
            [("data", ""), ("data", "retail"), ("data", "retail/core"), ("data", "link"), ("inner", "customers")]
        {
            assert!(roots.overlap(&at("mine", root, folder), &retail), "{root} {folder}");
        }
        assert!(!roots.overlap(&at("mine", "data", "retail-2"), &retail));
        let away = [at("away", "inner", "not/mounted")];
        assert!(roots.overlap(&at("mine", "data", "link"), &away), "what is away now counts, too");
        assert!(!roots.overlap(&retail[0], &retail), "a lake is not its own neighbour");
        assert!(at("mine", "data", "retail/core").overlaps(&retail[0]) && at("mine", "data", "").overlaps(&retail[0]));
        assert!(
            !at("mine", "data", "retail-2").overlaps(&retail[0]) && !at("mine", "inner", "retail").overlaps(&retail[0])
        );
    }

    #[test]
    fn nothing_outside_the_root_is_reached() {
        let outside = tempfile::tempdir().unwrap();
        let root = outside.path().join("root");
        std::fs::create_dir_all(root.join("retail/core")).unwrap();
        std::fs::create_dir_all(outside.path().join("secret")).unwrap();
        std::fs::write(outside.path().join("secret/x.csv"), "a\n1\n").unwrap();
        std::os::unix::fs::symlink("../../secret", root.join("retail/link")).unwrap();
        std::os::unix::fs::symlink(outside.path().join("secret/x.csv"), root.join("retail/x.csv")).unwrap();
        let roots = Roots([("data".to_owned(), root.clone())].into());
        for good in ["", ".", "retail", "retail/", "retail/./core"] {
            assert!(roots.open(&lake(good)).is_ok(), "{good}");
        }
        let long = "a/".repeat(600);
        for bad in ["..", "retail/../..", "/etc", "retail/link", "no", "retail\0", "a\\b", "a\nb", long.as_str()] {
            let error = roots.open(&lake(bad)).unwrap_err().to_string();
            assert!(!error.contains(&root.display().to_string()), "{error}");
        }
        let dir = roots.open(&lake("retail")).unwrap();
        let stamp = Stamp { size_bytes: 4, modified_at: Timestamp(0) };
        for bad in ["x.csv", "link/x.csv", "../../secret/x.csv", "/etc/passwd", "core"] {
            assert!(matches!(dir.open_file(bad, stamp), Err(Error::Changed { .. })), "{bad}");
        }
    }

    #[test]
    fn a_file_that_moved_under_a_reader_is_noticed() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("x.csv"), "a\n1\n").unwrap();
        let roots = Roots([("data".to_owned(), root.path().to_owned())].into());
        let dir = roots.open(&lake("")).unwrap();
        let stamp = Stamp::of(&dir.dir().metadata("x.csv").unwrap()).unwrap();
        assert!(dir.open_file("x.csv", stamp).is_ok());
        std::fs::write(root.path().join("x.csv"), "a\n1\n2\n").unwrap();
        assert!(dir.open_file("x.csv", stamp).is_err());
        std::fs::remove_file(root.path().join("x.csv")).unwrap();
        assert!(dir.check("x.csv", stamp).is_err());
    }
}
