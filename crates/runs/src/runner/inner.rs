//! The inner stage, `lockgate runner inner`: the first process of the sandbox. It puts up the second wall around the command alone,
//! starts it, forwards its way to the server, watches what all of it uses, and takes everything with it when the command ends.
//!
//! It holds no secret but those of the step, and is outside the command's Landlock domain, so the step can neither signal nor trace it.
use super::plan::{Ask, Beyond, Ended, NotStarted, PORT, Plan, Walls};
use super::{limits, process};
use landlock::{
    ABI, Access, AccessFs, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreated,
    RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
};
use rustix::process::{DumpableBehavior, Pid, Signal, WaitOptions, WaitStatus};
use std::collections::BTreeSet;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// The stacks of our own threads: they copy bytes and read `/proc`.
const STACK: usize = 128 * 1024;
/// How far steps stand behind everything else on the machine.
const NICE: i32 = 10;
/// How long between two looks at what a step uses, in milliseconds: short ones at first, so that short steps are seen at all.
const LOOKS: [u64; 4] = [2, 10, 40, 100];
/// From how many processes on half as many again since the last look are looked at once more, at once.
const MANY: usize = 32;

/// Runs a command to its end. What comes first on `socket` is the control connection, for which the outer stage waits; every later one
/// is forwarded to the server.
pub(super) fn run(socket: &Path) -> io::Result<()> {
    let mut control = UnixStream::connect(socket)?;
    let mut asks = BufReader::new(control.try_clone()?);
    let mut line = String::new();
    asks.read_line(&mut line)?;
    let plan: Plan = serde_json::from_str(&line)?;
    let ended = match Stage::start(&plan, socket) {
        Ok(stage) => stage.see_through(asks)?,
        Err(not_started) => Ended { not_started: Some(not_started), ..Ended::default() },
    };
    control.write_all(format!("{}\n", serde_json::to_string(&ended)?).as_bytes())
}

/// A command that runs.
struct Stage {
    command: Pid,
    landlock: bool,
    watched: Arc<Watched>,
}

/// What the threads of this stage know together.
struct Watched {
    memory_bytes: u64,
    sandboxed: bool,
    peak: AtomicU64,
    beyond: Mutex<Option<Beyond>>,
    over: AtomicBool,
}

impl Stage {
    fn start(plan: &Plan, socket: &Path) -> Result<Self, NotStarted> {
        let ours = |what: &str, error: &dyn std::fmt::Display| NotStarted::Stage(format!("{what}: {error}"));
        limits::set(plan.memory_mib, plan.walls.is_some()).map_err(|error| ours("a limit cannot be set", &error))?;
        let wall = match &plan.walls {
            Some(walls) => {
                // Nothing of this process can be looked at from inside, its open files included.
                let closed = rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable);
                closed.map_err(|error| ours("its own protection", &error))?;
                Some(wall(walls).map_err(|error| ours("Landlock", &error))?)
            }
            None => {
                rustix::process::set_child_subreaper(Some(Pid::INIT)).map_err(|error| ours("the reaper", &error))?;
                None
            }
        };
        let port = if wall.is_some() { PORT } else { 0 };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|error| ours("the loopback", &error))?;
        let port = listener.local_addr().map_err(|error| ours("the loopback", &error))?.port();
        let watched = Arc::new(Watched {
            memory_bytes: plan.memory_mib << 20,
            sandboxed: wall.is_some(),
            peak: AtomicU64::new(0),
            beyond: Mutex::new(None),
            over: AtomicBool::new(false),
        });
        let (command, landlock) = start(plan, port, wall)?;
        let socket = socket.to_owned();
        spawn(move || forward(&listener, &socket)).map_err(|error| ours("a thread", &error))?;
        let its = watched.clone();
        spawn(move || its.watch(command)).map_err(|error| ours("a thread", &error))?;
        Ok(Self { command, landlock, watched })
    }

    /// Waits for the command, and for every orphan on the way; then ends whatever it left.
    fn see_through(self, asks: impl BufRead + Send + 'static) -> io::Result<Ended> {
        let (command, its) = (self.command, self.watched.clone());
        spawn(move || listen(asks, command, &its))?;
        let status = loop {
            match rustix::process::wait(WaitOptions::empty()) {
                Ok(Some((pid, status))) if pid == self.command => break status,
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        };
        self.watched.over.store(true, Ordering::SeqCst);
        let left = self.watched.processes().into_iter().filter(|pid| process::runs(*pid)).count();
        self.watched.end_all();
        if !self.watched.sandboxed {
            // There is no namespace whose end would end them: each is waited for.
            while matches!(rustix::process::wait(WaitOptions::empty()), Ok(Some(_))) {
                self.watched.end_all();
            }
        }
        Ok(self.ended(status, left))
    }

    fn ended(&self, status: WaitStatus, left: usize) -> Ended {
        Ended {
            not_started: None,
            code: status.exit_status(),
            signal: status.terminating_signal(),
            beyond: *self.watched.beyond.lock().unwrap_or_else(PoisonError::into_inner),
            cpu_ms: process::cpu_of_children(),
            peak_bytes: self.watched.peak.load(Ordering::SeqCst),
            left,
            landlock: self.landlock,
        }
    }
}

impl Watched {
    fn processes(&self) -> BTreeSet<u32> {
        if self.sandboxed { process::all_others() } else { process::descendants(std::process::id()) }
    }

    /// Kills all that the command started, it included, until nothing new appears.
    fn end_all(&self) {
        if self.sandboxed {
            // From the first process of a namespace this reaches every other one there, at once.
            let _ = rustix::process::kill_process_group(Pid::INIT, Signal::KILL);
            return;
        }
        loop {
            let found: Vec<u32> = self.processes().into_iter().filter(|pid| process::runs(*pid)).collect();
            if found.is_empty() {
                return;
            }
            found.into_iter().for_each(process::kill);
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Looks again and again at what all of it uses, and ends it where that is too much.
    fn watch(&self, command: Pid) {
        let (mut pauses, mut before, mut grows) = (LOOKS.into_iter(), 0, false);
        loop {
            let pause = if grows { LOOKS[0] } else { pauses.next().unwrap_or(LOOKS[LOOKS.len() - 1]) };
            thread::sleep(Duration::from_millis(pause));
            if self.over.load(Ordering::SeqCst) {
                return;
            }
            // Counted before anything is read of each: a bomb must not grow while we look at its parts.
            let processes = self.processes();
            grows = processes.len() > MANY.max(before + before / 2);
            before = processes.len();
            let beyond = if before > limits::PROCESSES {
                Beyond::Processes
            } else if grows {
                continue;
            } else {
                let mut bytes = processes.iter().map(|pid| process::resident(*pid)).sum::<u64>();
                if bytes > self.memory_bytes {
                    bytes = processes.iter().map(|pid| process::own_share(*pid)).sum();
                }
                self.peak.fetch_max(bytes, Ordering::SeqCst);
                if bytes <= self.memory_bytes {
                    continue;
                }
                Beyond::Memory
            };
            self.beyond.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(beyond);
            let _ = rustix::process::kill_process(command, Signal::KILL);
            self.end_all();
        }
    }
}

/// Does what the outer stage asks for; should that be gone, everything ends.
fn listen(asks: impl BufRead, command: Pid, watched: &Watched) {
    for line in asks.lines().map_while(Result::ok) {
        match serde_json::from_str(&line) {
            Ok(Ask::Terminate) => {
                let _ = rustix::process::kill_process_group(command, Signal::TERM);
            }
            Ok(Ask::Kill) | Err(_) => watched.end_all(),
        }
    }
    watched.end_all();
}

/// Starts the command behind the wall. The thread that does so restricts itself for good and ends: what it starts inherits that.
fn start(plan: &Plan, port: u16, wall: Option<RulesetCreated>) -> Result<(Pid, bool), NotStarted> {
    let [program, arguments @ ..] = &plan.command[..] else {
        return Err(NotStarted::Command("the step names no program".into()));
    };
    let mut command = Command::new(program);
    command.args(arguments).env_clear().envs(plan.env.iter().map(|(name, value)| (name, value))).current_dir(&plan.cwd);
    let server = format!("http://127.0.0.1:{port}");
    command.envs(plan.server_env.iter().map(|(name, path)| (name, format!("{server}{path}"))));
    command.stdin(std::process::Stdio::null()).process_group(0);
    let starting = thread::Builder::new().spawn(move || {
        // Of this thread and what it starts: the server, and our own watch over the step, come first.
        let priority = rustix::process::getpriority_process(None)
            .and_then(|own| rustix::process::setpriority_process(None, NICE.max(own)));
        priority.map_err(|error| NotStarted::Stage(format!("its priority: {error}")))?;
        let landlock = match wall {
            Some(wall) => {
                let done = wall.restrict_self().map_err(|error| NotStarted::Stage(format!("Landlock: {error}")))?;
                done.ruleset == RulesetStatus::FullyEnforced
            }
            None => false,
        };
        match command.spawn() {
            Ok(child) => Ok((child.id(), landlock)),
            Err(error) => Err(NotStarted::Command(could_not(command.get_program().to_string_lossy().as_ref(), &error))),
        }
    });
    let starting = starting.map_err(|error| NotStarted::Stage(format!("a thread: {error}")))?;
    let (pid, landlock) = starting.join().map_err(|_| NotStarted::Stage("the starting thread broke off".into()))??;
    let pid = process::pid(pid).ok_or_else(|| NotStarted::Stage("a process without a number".into()))?;
    Ok((pid, landlock))
}

fn could_not(program: &str, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => format!("there is no program `{program}` where the step runs"),
        io::ErrorKind::PermissionDenied => format!("`{program}` may not be executed"),
        _ => format!("`{program}` cannot be started: {error}"),
    }
}

/// Returns the second wall: what may be read, what may be written, and that signals and abstract sockets stay inside.
fn wall(walls: &Walls) -> Result<RulesetCreated, RulesetError> {
    let abi = ABI::V6;
    let ruleset = Ruleset::default().set_compatibility(CompatLevel::BestEffort);
    let ruleset = ruleset.handle_access(AccessFs::from_all(abi))?.scope(Scope::from_all(abi))?;
    let mut created = ruleset.create()?;
    let sorts = [(&walls.read, AccessFs::from_read(abi)), (&walls.write, AccessFs::from_all(abi))];
    for (paths, access) in sorts {
        for path in paths {
            // What is not there needs no rule. On a file, rights that only folders have are left out.
            if let Ok(opened) = PathFd::new(path) {
                let access = if path.is_dir() { access } else { access & AccessFs::from_file(abi) };
                created = created.add_rule(PathBeneath::new(opened, access))?;
            }
        }
    }
    Ok(created)
}

/// Forwards every connection to the attempt's socket, a thread for each direction, and so many at a time.
fn forward(listener: &TcpListener, socket: &Path) {
    let open = Arc::new(AtomicUsize::new(0));
    for stream in listener.incoming() {
        let Ok(stream) = stream else { continue };
        if open.fetch_add(1, Ordering::SeqCst) >= limits::CONNECTIONS {
            open.fetch_sub(1, Ordering::SeqCst);
            continue; // dropped: the step's client sees a connection that closes
        }
        let (open, socket) = (open.clone(), socket.to_owned());
        let started = spawn(move || {
            let _ = both_ways(&stream, &socket);
            open.fetch_sub(1, Ordering::SeqCst);
        });
        if started.is_err() {
            thread::sleep(Duration::from_millis(10));
        }
    }
}

fn both_ways(step: &TcpStream, socket: &PathBuf) -> io::Result<()> {
    step.set_nodelay(true)?;
    let server = UnixStream::connect(socket)?;
    let (mut from_step, mut to_server) = (step.try_clone()?, server.try_clone()?);
    let there = spawn(move || {
        let _ = copy(&mut from_step, &mut to_server);
        let _ = to_server.shutdown(Shutdown::Write);
    })?;
    let _ = copy(&server, step);
    let _ = step.shutdown(Shutdown::Both);
    let _ = there.join();
    Ok(())
}

fn copy(mut from: impl Read, mut to: impl Write) -> io::Result<()> {
    let mut buffer = vec![0; 32 * 1024];
    loop {
        match from.read(&mut buffer)? {
            0 => return Ok(()),
            n => to.write_all(&buffer[..n])?,
        }
    }
}

fn spawn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> io::Result<thread::JoinHandle<T>> {
    thread::Builder::new().stack_size(STACK).spawn(work)
}
