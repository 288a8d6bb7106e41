//! Which process serves: known again by its number, its start and the machine's start.
use crate::data;
use crate::failure::{Failure, Result};
use rustix::process::{Pid, Signal};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

/// How often a process that is not our child is looked for.
const LOOK: Duration = Duration::from_millis(100);

/// A serving process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    pub pid: u32,
    /// In clock ticks since the machine's start.
    started_at: u64,
    boot: String,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Process {
    /// Returns what a process is known by; `None` where it is gone.
    pub fn of(pid: u32, address: SocketAddr) -> Option<Self> {
        Some(Self { pid, started_at: started_at(pid)?, boot: boot()?, address })
    }

    /// Returns the process that wrote itself into `path`, if it runs still.
    pub fn find(path: &Path) -> Option<Self> {
        let found: Self = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
        found.is_alive().then_some(found)
    }

    /// Returns the number of the process that is written down in `path`, whether it runs or not.
    pub fn recorded(path: &Path) -> Option<u32> {
        let found: Self = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
        Some(found.pid)
    }

    /// Writes it down.
    pub fn write(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_vec(self).expect("numbers and texts serialise");
        data::write_secret(path, &text)
            .map_err(|error| Failure::io(format!("`{}` cannot be written", path.display()), &error))
    }

    /// Returns whether that very process runs still.
    pub fn is_alive(&self) -> bool {
        boot().as_deref() == Some(&self.boot) && started_at(self.pid) == Some(self.started_at) && runs(self.pid)
    }

    /// Returns whether it runs the very program that this process runs: one that was replaced meanwhile is another.
    pub fn is_of_this_program(&self) -> bool {
        let program = |pid: &str| std::fs::read_link(format!("/proc/{pid}/exe")).ok();
        let ours = program("self");
        ours.is_some() && program(&self.pid.to_string()) == ours
    }

    /// Returns once it is gone.
    pub async fn gone(&self) {
        while self.is_alive() {
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Asks it to end, and makes it end where it does not within `patience`.
    pub async fn end(&self, patience: Duration) {
        for (sign, patience) in [(Signal::TERM, patience), (Signal::KILL, Duration::from_secs(2))] {
            if !self.is_alive() {
                return;
            }
            signal(self.pid, sign);
            if tokio::time::timeout(patience, self.gone()).await.is_ok() {
                return;
            }
        }
    }
}

/// Sends a signal; one that is gone is no failure.
pub fn signal(pid: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _ = rustix::process::kill_process(pid, signal);
    }
}

fn boot() -> Option<String> {
    let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(text.trim().to_owned())
}

fn started_at(pid: u32) -> Option<u64> {
    field(pid, 22)?.parse().ok()
}

fn runs(pid: u32) -> bool {
    field(pid, 3).is_some_and(|state| !matches!(state.as_str(), "Z" | "X"))
}

/// Returns a field of `/proc/<pid>/stat`, counted from 1; the program's name, field 2, may hold spaces and brackets.
fn field(pid: u32, number: usize) -> Option<String> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let rest = text.get(text.rfind(')')? + 1..)?;
    rest.split_ascii_whitespace().nth(number.checked_sub(3)?).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_known_again_and_no_other_is_taken_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("process.json");
        let me = Process::of(std::process::id(), "127.0.0.1:1".parse().unwrap()).unwrap();
        me.write(&path).unwrap();
        assert_eq!(Process::find(&path), Some(me.clone()));
        Process { started_at: me.started_at + 1, ..me.clone() }.write(&path).unwrap();
        assert_eq!(Process::find(&path), None, "another with its number");
        Process { boot: "before".into(), ..me }.write(&path).unwrap();
        assert_eq!(Process::find(&path), None, "a machine that was restarted");
    }
}
