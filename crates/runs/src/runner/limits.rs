//! What a step may use at most, beside what its pipeline says.
use crate::archive;
use rustix::process::{Resource, Rlimit, setrlimit};
use std::io;

/// How many processes at a time.
pub(super) const PROCESSES: usize = 512;
/// How many processes and threads at a time, where the system counts them per sandbox: not for a server that runs as root.
const TASKS: u64 = 2_048;
/// How large one file may become.
const FILE_BYTES: u64 = 16 << 30;
/// How much outputs, home and temporary files may take together.
pub(super) const DISK_BYTES: u64 = 32 << 30;
/// How many files and folders they may be.
pub(super) const DISK_ENTRIES: usize = 1_000_000;
/// How much text a log keeps.
pub(super) const LOG_BYTES: u64 = 32 << 20;
/// What an output may be.
pub(super) const OUTPUT: archive::Limits = archive::Limits { entries: 100_000, bytes: FILE_BYTES };
/// The least memory that can be enforced: below it the stage that starts the command could not run itself.
pub(crate) const LEAST_MEMORY_MIB: u64 = 64;
/// How many connections to the server a step may hold at a time.
pub(super) const CONNECTIONS: usize = 64;

/// Sets the limits of this process and of all that it starts; none of them can raise them again.
///
/// Memory is what a process may write to (`RLIMIT_DATA`): its address space as a whole (`RLIMIT_AS`) says nothing of its use, since
/// allocators and thread stacks reserve many times what they touch. Shared memory is not in it; the watch counts that.
pub(super) fn set(memory_mib: u64, sandboxed: bool) -> io::Result<()> {
    let hard = |bytes| Rlimit { current: Some(bytes), maximum: Some(bytes) };
    setrlimit(Resource::Core, hard(0))?;
    setrlimit(Resource::Fsize, hard(FILE_BYTES))?;
    if sandboxed {
        // Elsewhere it would count every process of the server's user.
        setrlimit(Resource::Nproc, hard(TASKS))?;
    }
    setrlimit(Resource::Data, hard(memory_mib << 20))?;
    Ok(())
}
