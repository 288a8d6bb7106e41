//! The local engine: runners as processes of this machine, each in a session of its own, so that they outlive the server.
//!
//! A runner is known again by its number, its start and the machine's start, which it writes itself into `runner.json` before anything
//! else. Only one can write it, so an attempt never has two runners here, whenever the server is killed.
use super::{Capabilities, Engine, EngineError, EngineRef, Isolation, Launch, LocalLaunch, check};
use crate::protocol::Runner;
use crate::runner::{limits, process, sandbox};
use base::AttemptId;
use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::sync::Notify;

/// What a runner is told, for its own user alone.
const LAUNCH: &str = "launch.json";
/// Which process the runner is.
pub(crate) const RUNNER: &str = "runner.json";
/// How often a runner that an earlier server started is looked for.
const LOOK_FOR_ADOPTED: Duration = Duration::from_millis(250);
/// How long a runner that is told to stop has: it gives its step five seconds.
const STOP_WITHIN: Duration = Duration::from_secs(15);

/// What the local engine is made of.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The folder in which each attempt has its own, named by its id.
    pub attempts: PathBuf,
    /// A folder for what sandboxes share.
    pub shared: PathBuf,
    pub isolation: Isolation,
    /// How many CPUs attempts may take together.
    pub cpus: u32,
    /// How much memory.
    pub memory_mib: u64,
    /// The program that is started with `runner --launch FILE`: this very one unless tests say otherwise.
    pub program: PathBuf,
}

impl Settings {
    /// Returns settings for this machine: all of its CPUs, three quarters of its memory, sandboxed.
    pub fn of_this_machine(attempts: PathBuf, shared: PathBuf) -> Self {
        let cpus = std::thread::available_parallelism().map_or(1, |cpus| u32::try_from(cpus.get()).unwrap_or(1));
        let memory_mib = memory_of_this_machine().map_or(1_024, |bytes| (bytes >> 20) * 3 / 4);
        let program = PathBuf::from("/proc/self/exe");
        Self { attempts, shared, isolation: Isolation::Bubblewrap, cpus, memory_mib, program }
    }
}

fn memory_of_this_machine() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix("kB"))?;
    line.trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

/// Runs attempts on this machine.
#[derive(Debug)]
pub struct LocalEngine {
    settings: Settings,
    /// Where `bwrap` is; or why nothing is run.
    bwrap: Result<PathBuf, String>,
    held: Arc<Held>,
}

/// The attempts that this engine has.
#[derive(Debug, Default)]
struct Held {
    attempts: Mutex<BTreeMap<AttemptId, Attempt>>,
    /// Told when a runner has ended.
    room: Notify,
}

#[derive(Clone, Debug)]
struct Attempt {
    pid: u32,
    alive: bool,
    cpus: u32,
    memory_mib: u64,
}

impl Held {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<AttemptId, Attempt>> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ended(&self, attempt: &AttemptId) {
        if let Some(attempt) = self.lock().get_mut(attempt) {
            attempt.alive = false;
        }
        self.room.notify_waiters();
    }
}

impl LocalEngine {
    /// Opens the engine and takes up again the attempts that earlier servers started. Where steps cannot be kept apart as the settings
    /// ask, it runs none, and says why to every submit. Blocks: call it at start, inside the runtime.
    ///
    /// # Errors
    /// A folder that cannot be made or read.
    pub fn open(settings: Settings) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(&settings.attempts)?;
        sandbox::make_shared(&settings.shared)?;
        let bwrap = match settings.isolation {
            Isolation::Bubblewrap => check::bubblewrap(),
            Isolation::None => Ok(PathBuf::new()),
        };
        match &bwrap {
            Err(why) => tracing::error!(why, "the local engine runs no steps"),
            Ok(_) if settings.isolation == Isolation::None => {
                tracing::warn!("steps run without a sandbox, as `[runs] isolation` says");
            }
            Ok(_) => {}
        }
        let engine = Self { settings, bwrap, held: Arc::default() };
        engine.adopt()?;
        Ok(engine)
    }

    /// Takes up the attempts whose runner wrote down which process it is.
    fn adopt(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.settings.attempts)? {
            let folder = entry?.path();
            let Some(name) = folder.file_name().and_then(|name| name.to_str()) else { continue };
            let Some(runner) = read::<Runner>(&folder.join(RUNNER)) else { continue };
            let Some(local) = read::<LocalLaunch>(&folder.join(LAUNCH)) else { continue };
            let (attempt, spec) = (AttemptId::from(name), &local.launch.spec);
            let known = Attempt { pid: runner.pid, alive: true, cpus: spec.cpus, memory_mib: spec.memory_mib };
            self.held.lock().insert(attempt.clone(), known);
            let held = self.held.clone();
            tokio::spawn(async move {
                gone(&runner).await;
                held.ended(&attempt);
            });
        }
        Ok(())
    }

    /// Takes room for an attempt, if there is enough.
    fn take_room(&self, launch: &Launch) -> Result<Taken, EngineError> {
        let mut attempts = self.held.lock();
        if let Some(known) = attempts.get(&launch.attempt) {
            return Ok(Taken::Known(known.pid));
        }
        let alive = || attempts.values().filter(|attempt| attempt.alive);
        let (cpus, memory_mib) = (launch.spec.cpus, launch.spec.memory_mib);
        let fits = alive().map(|attempt| attempt.cpus).sum::<u32>() + cpus <= self.settings.cpus
            && alive().map(|attempt| attempt.memory_mib).sum::<u64>() + memory_mib <= self.settings.memory_mib;
        if !fits {
            return Err(EngineError::Unavailable("all of its CPUs or its memory are taken".into()));
        }
        attempts.insert(launch.attempt.clone(), Attempt { pid: 0, alive: true, cpus, memory_mib });
        Ok(Taken::Room)
    }

    /// Says why an attempt can never run here, if so.
    fn refuse(&self, launch: &Launch) -> Result<PathBuf, EngineError> {
        let bwrap = self.bwrap.clone().map_err(EngineError::Refused)?;
        let (spec, ours) = (&launch.spec, &self.settings);
        let why = match () {
            () if spec.cpus > ours.cpus => {
                format!("the step asks for {} CPUs, the engine has {}", spec.cpus, ours.cpus)
            }
            () if spec.memory_mib > ours.memory_mib => {
                format!("the step asks for {} MiB of memory, the engine has {}", spec.memory_mib, ours.memory_mib)
            }
            () if spec.memory_mib < limits::LEAST_MEMORY_MIB => format!(
                "a memory limit of {} MiB cannot be enforced: ask for {} or more",
                spec.memory_mib,
                limits::LEAST_MEMORY_MIB
            ),
            () => return Ok(bwrap),
        };
        Err(EngineError::Refused(why))
    }

    fn start(&self, launch: Launch, bwrap: PathBuf) -> io::Result<Child> {
        let folder = launch.folder.clone();
        let (isolation, shared) = (self.settings.isolation, self.settings.shared.clone());
        DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        let file = folder.join(LAUNCH);
        write(&file, &LocalLaunch { launch, isolation, bwrap, shared })?;
        let said = File::options().create(true).append(true).mode(0o600).open(folder.join("runner.log"))?;
        Command::new(&self.settings.program)
            .args(["runner", "--launch"])
            .arg(&file)
            .current_dir(&folder)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(said.try_clone()?)
            .stderr(said)
            .spawn()
    }

    fn known(&self, attempt: &AttemptId) -> Option<Attempt> {
        self.held.lock().get(attempt).cloned()
    }
}

enum Taken {
    Room,
    Known(u32),
}

#[async_trait::async_trait]
impl Engine for LocalEngine {
    async fn submit(&self, launch: Launch) -> Result<EngineRef, EngineError> {
        let bwrap = self.refuse(&launch)?;
        if let Taken::Known(pid) = self.take_room(&launch)? {
            return Ok(reference(pid));
        }
        let attempt = launch.attempt.clone();
        let mut child = match self.start(launch, bwrap) {
            Ok(child) => child,
            Err(error) => {
                self.held.lock().remove(&attempt);
                self.held.room.notify_waiters();
                return Err(EngineError::Unavailable(format!("the runner cannot be started: {error}")));
            }
        };
        let pid = child.id().unwrap_or(0);
        if let Some(known) = self.held.lock().get_mut(&attempt) {
            known.pid = pid;
        }
        let held = self.held.clone();
        tokio::spawn(async move {
            match child.wait().await {
                Ok(status) if status.success() => {}
                Ok(status) => tracing::warn!(%attempt, %status, "a runner ended without having reported"),
                Err(error) => tracing::error!(%attempt, %error, "a runner cannot be waited for"),
            }
            held.ended(&attempt);
        });
        Ok(reference(pid))
    }

    async fn list(&self) -> Result<Vec<super::Seen>, EngineError> {
        let attempts = self.held.lock();
        let seen = attempts.iter().map(|(attempt, known)| super::Seen {
            attempt: attempt.clone(),
            engine_ref: reference(known.pid),
            alive: known.alive,
        });
        Ok(seen.collect())
    }

    async fn stop(&self, attempt: &AttemptId) -> Result<(), EngineError> {
        let ended = async |within: Duration| {
            let waiting = async {
                loop {
                    let more = self.held.room.notified();
                    tokio::pin!(more);
                    more.as_mut().enable();
                    if self.known(attempt).is_none_or(|known| !known.alive) {
                        return;
                    }
                    more.await;
                }
            };
            tokio::time::timeout(within, waiting).await.is_ok()
        };
        let Some(Attempt { pid, alive: true, .. }) = self.known(attempt) else { return Ok(()) };
        if let Some(pid) = process::pid(pid) {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        if !ended(STOP_WITHIN).await {
            // With the runner the kernel ends the sandbox, and with that everything in it.
            process::kill(pid);
            ended(STOP_WITHIN).await;
        }
        Ok(())
    }

    async fn forget(&self, attempt: &AttemptId) -> Result<(), EngineError> {
        if self.known(attempt).is_some_and(|known| known.alive) {
            return Err(EngineError::Unavailable(format!("the runner of `{attempt}` runs still")));
        }
        let folder = self.settings.attempts.join(attempt.as_str());
        let removed = tokio::task::spawn_blocking(move || remove(&folder)).await;
        match removed {
            Ok(Ok(())) => {
                self.held.lock().remove(attempt);
                Ok(())
            }
            Ok(Err(error)) => Err(EngineError::Unavailable(format!("the folder of `{attempt}`: {error}"))),
            Err(error) => Err(EngineError::Unavailable(error.to_string())),
        }
    }

    async fn room(&self) {
        self.held.room.notified().await;
    }

    fn capabilities(&self) -> Capabilities {
        let isolation = if self.bwrap.is_ok() { self.settings.isolation.as_str() } else { "unavailable" };
        let Settings { cpus, memory_mib, .. } = self.settings;
        Capabilities { engine: "local".into(), isolation: isolation.into(), cpus, memory_mib }
    }
}

fn reference(pid: u32) -> EngineRef {
    EngineRef(format!("process {pid}"))
}

/// Returns when a process that is not our child is gone. Looked for, since the kernel tells only parents.
async fn gone(runner: &Runner) {
    while process::is_alive(runner) {
        tokio::time::sleep(LOOK_FOR_ADOPTED).await;
    }
}

/// Writes a file for the server's user alone, whole or not at all.
fn write(path: &Path, value: &impl serde::Serialize) -> io::Result<()> {
    let new = path.with_extension("new");
    let mut file = File::options().create(true).truncate(true).write(true).mode(0o600).open(&new)?;
    file.write_all(&serde_json::to_vec(value)?)?;
    fs::rename(new, path)
}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

/// Removes a folder in which a step could write: one that it made unreadable is opened again first.
fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            open_up(folder)?;
            fs::remove_dir_all(folder)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

fn open_up(folder: &Path) -> io::Result<()> {
    fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            open_up(&entry.path())?;
        }
    }
    Ok(())
}
