//! What the serving process may reach: models are hostile input, so it reads its folder and the system's libraries, writes to one folder
//! in its own, and sees nothing else of what its user owns; it opens no connection to anyone, and it has so much memory and no more.
use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serving::process::OUT;
use std::path::Path;

/// How much memory it may always have, in bytes.
const LEAST_MEMORY: u64 = 2 * 1024 * 1024 * 1024;

/// What libraries, the loader and the runtime's look at the machine need.
const SYSTEM: [&str; 8] =
    ["/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/localtime", "/proc", "/sys", "/dev/null"];

/// Bounds this process's memory to half of the machine's, or of its control group's. Returns the bound in bytes.
///
/// What is counted is what it can write to (`RLIMIT_DATA`), and not what it only sets aside: allocators set aside much.
pub fn bound_memory() -> std::io::Result<u64> {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let machine = read("/proc/meminfo");
    let machine = machine.lines().find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix(" kB"));
    let machine =
        machine.and_then(|kib| kib.trim().parse::<u64>().ok()).map_or(u64::MAX, |kib| kib.saturating_mul(1024));
    let group = read("/sys/fs/cgroup/memory.max").trim().parse().unwrap_or(u64::MAX);
    let before = getrlimit(Resource::Data);
    let hard = before.maximum.unwrap_or(u64::MAX);
    let bound = (machine.min(group) / 2).max(LEAST_MEMORY).min(hard);
    setrlimit(Resource::Data, Rlimit { current: Some(bound), maximum: Some(bound) })?;
    Ok(bound)
}

/// Returns what may be done in the folder that it writes to: with files and folders, no links, no pipes, no programs.
fn to_write() -> BitFlags<AccessFs> {
    AccessFs::ReadFile
        | AccessFs::ReadDir
        | AccessFs::WriteFile
        | AccessFs::Truncate
        | AccessFs::MakeReg
        | AccessFs::MakeDir
        | AccessFs::RemoveFile
        | AccessFs::RemoveDir
}

/// Shuts this thread, and those that it starts from now on, in. Returns whether the kernel enforces all of it.
pub fn shut_in(folder: &Path, library: Option<&Path>) -> Result<bool, RulesetError> {
    let abi = ABI::V6;
    let ruleset = Ruleset::default().set_compatibility(CompatLevel::BestEffort);
    let ruleset = ruleset.handle_access(AccessFs::from_all(abi))?;
    let ruleset = ruleset.handle_access(AccessNet::ConnectTcp)?.scope(Scope::from_all(abi))?;
    let mut created = ruleset.create()?;
    let (system, out) = (SYSTEM.iter().map(Path::new).chain(library), folder.join(OUT));
    let read = system.map(|path| (path, AccessFs::from_read(abi)));
    let own = AccessFs::ReadFile | AccessFs::ReadDir;
    for (path, access) in read.chain([(folder, own), (&out, to_write())]) {
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
    use std::os::unix::fs::symlink;

    #[test]
    fn what_lies_beside_the_folder_cannot_be_read_and_nobody_be_called() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("serving");
        std::fs::create_dir_all(folder.join(OUT)).unwrap();
        std::fs::write(folder.join("manifest"), "signed").unwrap();
        std::fs::write(place.path().join("lockgate.db"), "secret").unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let place = place.path().to_owned();
        // Of a thread of its own: it cannot be undone.
        let shut = std::thread::spawn(move || {
            let enforced = shut_in(&folder, None).unwrap();
            let reads = std::fs::read(place.join("lockgate.db")).is_ok();
            let own = std::fs::read(folder.join("manifest")).is_ok();
            let new = folder.join(OUT).join("report.new");
            let report =
                std::fs::write(&new, "{}").and_then(|()| std::fs::rename(&new, folder.join(OUT).join("report.json")));
            // What the server writes, or what would lead it elsewhere.
            let beyond = [
                std::fs::write(folder.join("manifest"), "mine"),
                std::fs::write(folder.join("manifest.new"), "mine"),
                std::fs::write(folder.join("process.json"), "{}"),
                std::fs::remove_file(folder.join("manifest")),
                symlink("../lockgate.db", folder.join("manifest.new")),
                symlink("../../lockgate.db", folder.join(OUT).join("link.json")),
                std::fs::hard_link(folder.join("manifest"), folder.join(OUT).join("hard.json")),
                std::fs::rename(folder.join(OUT), folder.join("other")),
            ];
            let beyond: Vec<bool> = beyond.iter().map(Result::is_ok).collect();
            (enforced, own && report.is_ok(), reads, beyond, TcpStream::connect(address).is_ok())
        });
        let (enforced, own, reads, beyond, connects) = shut.join().unwrap();
        assert!(own, "its own folder");
        if enforced {
            assert!(!reads && !connects, "reads: {reads}, connects: {connects}");
            assert_eq!(beyond, [false; 8]);
        }
    }
}
