//! The SDK that steps import: the Python package of this very build, unpacked once per content.
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

#[derive(RustEmbed)]
#[folder = "../../python/lockgate/src"]
struct Package;

/// Returns the folder that holds `lockgate/`, below `folder`; makes it if absent. Blocks: call it at start.
///
/// # Errors
/// A disk that cannot be written.
pub fn unpack(folder: &Path) -> io::Result<PathBuf> {
    let files = files();
    let target = folder.join(digest(&files));
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
    let made = made.keep();
    match std::fs::rename(&made, &target) {
        Ok(()) => Ok(target),
        // Another server of this folder cannot run, so what is there is the same, made meanwhile by this one.
        Err(_) if target.is_dir() => std::fs::remove_dir_all(&made).map(|()| target),
        Err(error) => Err(error),
    }
}

/// Returns what belongs to the package: no leftovers of an interpreter that ran in the tree.
fn files() -> BTreeMap<String, Vec<u8>> {
    let ours = |name: &str| name.starts_with("lockgate/") && !name.contains("__pycache__");
    let names = Package::iter().filter(|name| ours(name));
    names.filter_map(|name| Some((name.to_string(), Package::get(&name)?.data.into_owned()))).collect()
}

fn digest(files: &BTreeMap<String, Vec<u8>>) -> String {
    let mut hasher = Sha256::new();
    for (name, bytes) in files {
        hasher.update((name.len() as u64).to_le_bytes());
        hasher.update(name);
        hasher.update((bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    }
    hex::encode(&hasher.finalize()[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_package_is_unpacked_once() {
        let folder = tempfile::tempdir().unwrap();
        let first = unpack(folder.path()).unwrap();
        assert!(first.join("lockgate/__init__.py").is_file());
        assert_eq!(unpack(folder.path()).unwrap(), first);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");
    }
}
