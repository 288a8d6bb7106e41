//! The SDK that steps import: the Python package of this very build, unpacked once per content.
//!
//! Its sources are in this program; the library that its statistics compute with is a file beside it, as a build leaves the two, or
//! an installation puts them. Without it steps have all but `lockgate.stats`, whose import then says what is missing.
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// What cargo calls the library, and what Python looks for, from 3.10 on.
const BUILT: &str = "lib_kernels.so";
const IMPORTED: &str = "lockgate/_kernels.abi3.so";

#[derive(RustEmbed)]
#[folder = "../../python/lockgate/src"]
struct Package;

/// Returns the SDK's library, if it lies beside `program`.
pub fn library_beside(program: &Path) -> Option<PathBuf> {
    Some(program.parent()?.join(BUILT)).filter(|library| library.is_file())
}

/// Returns the folder that holds `lockgate/`, below `folder`; makes it if absent. Blocks: call it at start.
///
/// # Errors
/// A library that cannot be read, a disk that cannot be written.
pub fn unpack(folder: &Path, library: Option<&Path>) -> io::Result<PathBuf> {
    let files = files();
    // The file itself: a symbolic link would lead a step out of its walls, to where there is nothing.
    let library = library.map(Path::canonicalize).transpose()?;
    let mut target = folder.join(digest(&files, library.as_deref())?);
    if target.is_dir() {
        return Ok(target);
    }
    std::fs::create_dir_all(folder)?;
    // Only a whole one gets the name; a server that was killed here leaves a folder that nothing looks at.
    let made = tempfile::Builder::new().prefix("new-").tempdir_in(folder)?;
    for (name, bytes) in &files {
        let path = made.path().join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(path, bytes)?;
    }
    if let Some(library) = library {
        // A link costs no disk, and stays what it is when an upgrade puts another file in that place.
        let path = made.path().join(IMPORTED);
        std::fs::hard_link(&library, &path).or_else(|_| std::fs::copy(&library, &path).map(|_| ()))?;
        // A build may have put one there since it was hashed: the name is that of what was taken.
        target = folder.join(digest(&files, Some(&path))?);
    }
    let made = made.keep();
    match std::fs::rename(&made, &target) {
        Ok(()) => Ok(target),
        // Another server of this folder cannot run, so what is there is the same, made meanwhile by this one.
        Err(_) if target.is_dir() => std::fs::remove_dir_all(&made).map(|()| target),
        Err(error) => Err(error),
    }
}

/// Returns what belongs to the package: no leftovers of an interpreter that ran in the tree, or of a build.
fn files() -> BTreeMap<String, Vec<u8>> {
    let ours = |name: &str| name.starts_with("lockgate/") && !name.contains("__pycache__") && !name.ends_with(".so");
    let names = Package::iter().filter(|name| ours(name));
    names.filter_map(|name| Some((name.to_string(), Package::get(&name)?.data.into_owned()))).collect()
}

/// Names the content: what a platform check found is kept under it, so another library is another name.
fn digest(files: &BTreeMap<String, Vec<u8>>, library: Option<&Path>) -> io::Result<String> {
    let mut hasher = Sha256::new();
    for (name, bytes) in files {
        hasher.update((name.len() as u64).to_le_bytes());
        hasher.update(name);
        hasher.update((bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    }
    if let Some(library) = library {
        io::copy(&mut std::fs::File::open(library)?, &mut hasher)?;
    }
    Ok(hex::encode(&hasher.finalize()[..16]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_package_is_unpacked_once() {
        let folder = tempfile::tempdir().unwrap();
        let first = unpack(folder.path(), None).unwrap();
        assert!(first.join("lockgate/__init__.py").is_file() && first.join("lockgate/stats/__init__.py").is_file());
        assert!(!first.join(IMPORTED).exists());
        assert_eq!(unpack(folder.path(), None).unwrap(), first);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");
    }

    #[test]
    fn the_library_is_where_python_looks_for_it() {
        let built = tempfile::tempdir().unwrap();
        let program = built.path().join("lockgate");
        assert_eq!(library_beside(&program), None);
        std::fs::write(built.path().join(BUILT), "one").unwrap();
        let library = library_beside(&program).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let first = unpack(folder.path(), Some(&library)).unwrap();
        assert_ne!(unpack(folder.path(), None).unwrap(), first);
        // As a build or an upgrade does it: another file in that place.
        std::fs::remove_file(&library).unwrap();
        std::fs::write(&library, "another").unwrap();
        let second = unpack(folder.path(), Some(&library)).unwrap();
        assert_ne!(second, first, "another library is another SDK");
        let texts = [&first, &second].map(|sdk| std::fs::read_to_string(sdk.join(IMPORTED)).unwrap());
        assert_eq!(texts, ["one", "another"]);
    }

    #[test]
    fn a_library_that_is_a_symbolic_link_is_taken_as_the_file() {
        let built = tempfile::tempdir().unwrap();
        std::fs::write(built.path().join("real.so"), "one").unwrap();
        std::os::unix::fs::symlink("real.so", built.path().join(BUILT)).unwrap();
        let library = library_beside(&built.path().join("lockgate")).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let imported = unpack(folder.path(), Some(&library)).unwrap().join(IMPORTED);
        assert!(!imported.is_symlink());
        assert_eq!(std::fs::read_to_string(imported).unwrap(), "one");
    }
}
