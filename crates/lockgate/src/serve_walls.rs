//! What the serving process may reach: models are hostile input, so it sees its folder and the system's libraries, and nothing else of
//! what its user owns; it opens no connection to anyone.
use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
};
use std::path::Path;

/// What libraries, the loader and the runtime's look at the machine need.
const SYSTEM: [&str; 8] =
    ["/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/localtime", "/proc", "/sys", "/dev/null"];

/// Shuts this thread, and those that it starts from now on, in. Returns whether the kernel enforces all of it.
pub fn shut_in(folder: &Path, library: Option<&Path>) -> Result<bool, RulesetError> {
    let abi = ABI::V6;
    let ruleset = Ruleset::default().set_compatibility(CompatLevel::BestEffort);
    let ruleset = ruleset.handle_access(AccessFs::from_all(abi))?;
    let ruleset = ruleset.handle_access(AccessNet::ConnectTcp)?.scope(Scope::from_all(abi))?;
    let mut created = ruleset.create()?;
    let read = SYSTEM.iter().map(Path::new).chain(library).map(|path| (path, AccessFs::from_read(abi)));
    for (path, access) in read.chain([(folder, AccessFs::from_all(abi))]) {
        // What is not there needs no rule. On a file, rights that only folders have are left out.
        if let Ok(opened) = PathFd::new(path) {
            let access = if path.is_dir() { access } else { access & AccessFs::from_file(abi) };
            created = created.add_rule(PathBeneath::new(opened, access))?;
        }
    }
    Ok(created.restrict_self()?.ruleset == RulesetStatus::FullyEnforced)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream};

    #[test]
    fn what_lies_beside_the_folder_cannot_be_read_and_nobody_be_called() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("serving");
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(place.path().join("lockgate.db"), "secret").unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let place = place.path().to_owned();
        // Of a thread of its own: it cannot be undone.
        let shut = std::thread::spawn(move || {
            let enforced = shut_in(&folder, None).unwrap();
            let reads = std::fs::read(place.join("lockgate.db")).is_ok();
            let writes = std::fs::write(folder.join("report.json"), "{}").is_ok();
            (enforced, reads, writes, TcpStream::connect(address).is_ok())
        });
        let (enforced, reads, writes, connects) = shut.join().unwrap();
        assert!(writes, "its own folder");
        if enforced {
            assert!(!reads && !connects, "reads: {reads}, connects: {connects}");
        }
    }
}
