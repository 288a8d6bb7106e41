//! Open files that are not ours to hand on.
use rustix::io::FdFlags;
use std::os::fd::BorrowedFd;

/// Marks every open file but the three standard ones as closed for what this process starts: whoever started it may have left some
/// open, and a step must not find them. Called first, while there is one thread.
pub(super) fn keep_for_ourselves() -> std::io::Result<()> {
    for entry in std::fs::read_dir("/proc/self/fd")? {
        let Some(number) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        if number > 2 {
            mark(number);
        }
    }
    Ok(())
}

#[expect(unsafe_code, reason = "a file that was inherited has no owner in this process, only a number")]
fn mark(number: i32) {
    // SAFETY: the number is borrowed for one call, which does not close it. Should it be closed meanwhile, which one thread alone
    // cannot do, the call fails and nothing else happens.
    let file = unsafe { BorrowedFd::borrow_raw(number) };
    let _ = rustix::io::fcntl_setfd(file, FdFlags::CLOEXEC);
}
