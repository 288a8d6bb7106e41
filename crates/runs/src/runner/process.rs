//! Processes, as `/proc` tells of them: which one it is, whether it is still that one, what it uses.
use crate::protocol::Runner;
use rustix::process::Pid;
use std::collections::BTreeSet;
use std::path::Path;

/// Returns what this process is known by.
pub(crate) fn this_one() -> Option<Runner> {
    let pid = std::process::id();
    Some(Runner {
        host: line("/proc/sys/kernel/hostname")?,
        pid,
        started_at: started_at(pid)?,
        boot_id: line("/proc/sys/kernel/random/boot_id")?,
    })
}

/// Returns whether that very process runs still: its number may have been given to another since, or the machine restarted.
pub(crate) fn is_alive(known: &Runner) -> bool {
    line("/proc/sys/kernel/random/boot_id").as_deref() == Some(&known.boot_id)
        && started_at(known.pid) == Some(known.started_at)
        && runs(known.pid)
}

/// Returns when a process started, in clock ticks since the machine's start.
pub(crate) fn started_at(pid: u32) -> Option<u64> {
    field(pid, 22)?.parse().ok()
}

/// Returns the processor time of the children that this process waited for, in milliseconds.
pub(crate) fn cpu_of_children() -> u64 {
    let ticks = |number| field(std::process::id(), number).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
    // Linux counts these in hundredths of a second on every machine that we know.
    (ticks(16) + ticks(17)) * 10
}

/// Returns whether a process is there and has not ended.
pub(crate) fn runs(pid: u32) -> bool {
    state(pid).is_some_and(|state| state != 'Z' && state != 'X')
}

fn state(pid: u32) -> Option<char> {
    field(pid, 3)?.chars().next()
}

/// Returns a field of `/proc/<pid>/stat`, counted from 1 as `man proc` does. The program's name, which may hold spaces and brackets,
/// is field 2.
fn field(pid: u32, number: usize) -> Option<String> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let rest = &text[text.rfind(')')? + 1..];
    rest.split_ascii_whitespace().nth(number.checked_sub(3)?).map(str::to_owned)
}

fn line(path: impl AsRef<Path>) -> Option<String> {
    std::fs::read_to_string(path).ok().map(|text| text.trim().to_owned())
}

/// Returns the children of a process.
pub(crate) fn children(pid: u32) -> Vec<u32> {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    let lists = threads.flatten().filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok());
    lists
        .flat_map(|list| list.split_ascii_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>())
        .collect()
}

/// Returns all that descend from a process, it left out.
pub(crate) fn descendants(pid: u32) -> BTreeSet<u32> {
    let (mut found, mut todo) = (BTreeSet::new(), children(pid));
    while let Some(next) = todo.pop() {
        if found.insert(next) {
            todo.extend(children(next));
        }
    }
    found
}

/// Returns every process that this `/proc` shows but this one: inside a sandbox, all that a step started.
pub(crate) fn all_others() -> BTreeSet<u32> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return BTreeSet::new() };
    let numbers = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers.filter(|pid| *pid != std::process::id()).collect()
}

/// Returns the resident bytes of a process; what it shares with others is counted in each.
pub(crate) fn resident(pid: u32) -> u64 {
    kilobytes(&format!("/proc/{pid}/status"), "VmRSS:").unwrap_or(0)
}

/// Returns the resident bytes of a process, each page divided by how many share it; dearer to find out than [`resident`].
pub(crate) fn own_share(pid: u32) -> u64 {
    kilobytes(&format!("/proc/{pid}/smaps_rollup"), "Pss:").unwrap_or_else(|| resident(pid))
}

/// Returns what the line of a file below `/proc` says that begins with `word`, in bytes.
fn kilobytes(path: &str, word: &str) -> Option<u64> {
    let text = std::fs::read_to_string(path).ok()?;
    let number = text.lines().find_map(|line| line.strip_prefix(word)?.trim().strip_suffix("kB")?.trim().parse().ok());
    number.map(|number: u64| number * 1024)
}

/// Returns the number as the system calls take it.
pub(crate) fn pid(number: u32) -> Option<Pid> {
    i32::try_from(number).ok().and_then(Pid::from_raw)
}

/// Kills a process; one that is gone is no failure.
pub(crate) fn kill(number: u32) {
    if let Some(pid) = pid(number) {
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_known_again_and_no_other_is_taken_for_it() {
        let me = this_one().unwrap();
        assert!(is_alive(&me));
        assert!(!is_alive(&Runner { started_at: me.started_at + 1, ..me.clone() }), "another with its number");
        assert!(!is_alive(&Runner { boot_id: "before".into(), ..me }), "a machine that was restarted");
    }

    #[test]
    fn a_tree_is_found_from_its_root() {
        let mut child = std::process::Command::new("/bin/sh").args(["-c", "sleep 60 & wait"]).spawn().unwrap();
        let found = std::iter::repeat_with(|| descendants(child.id())).find(|found| !found.is_empty()).unwrap();
        assert!(descendants(std::process::id()).contains(&child.id()));
        assert!(resident(child.id()) > 0 && own_share(child.id()) > 0);
        kill(child.id()); // first: without its own child it would end by itself, and well
        assert!(!child.wait().unwrap().success());
        found.into_iter().for_each(kill);
    }
}
