//! The outer stage, `lockgate runner --launch FILE`: takes an attempt, sees its step through, reports how it ended.
//!
//! Whatever happens to the server meanwhile, the step runs on; what there is to say waits. What the server says of the attempt's
//! fence outranks everything: a runner that is no longer the attempt's ends what it started and says nothing more.
use super::address::Address;
use super::child::Running;
use super::link::{Failed, Link, Pause};
use super::logs::Log;
use super::outputs::{self, NotTaken};
use super::plan::{Beyond, Ended, NotStarted, Plan};
use super::sandbox::{Own, Places};
use super::{limits, prepare, process, relay, sandbox, words};
use crate::engine::{Isolation, LocalLaunch};
use crate::protocol::{Claim, HEARTBEAT_SECONDS, Outcome, Report, Source, Usage};
use std::collections::BTreeMap;
use std::process::ExitStatus;
use std::time::Duration;
use tokio::net::UnixListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// How long the server may be away before an attempt that nobody took is given up: the step's tokens are dead by then.
const CLAIM_WITHIN: Duration = Duration::from_hours(1);
/// How long a result waits for the server.
const DELIVER_WITHIN: Duration = Duration::from_hours(48);
/// How long a command that is asked to end has for it.
const GRACE: Duration = Duration::from_secs(5);
/// How long pipes may stay open once all that held them is gone.
const LAST_OUTPUT: Duration = Duration::from_secs(5);
/// How long between two looks at the disk; it lengthens with what there is to look at.
const DISK_LOOK: Duration = Duration::from_secs(2);

/// What a runner came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Came {
    /// The server has the report.
    Reported,
    /// The attempt is not, or no longer, this runner's.
    Stale,
    /// The server could not be told.
    Unheard,
}

/// Why a step is ended before its end.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Stop {
    Cancelled,
    Stale,
    Timeout,
    Disk(String),
}

/// How the step ended, in the words of the report.
#[derive(Clone, Debug)]
struct End {
    outcome: Outcome,
    exit_code: Option<i32>,
    detail: Option<String>,
    usage: Usage,
}

impl End {
    fn of(outcome: Outcome, detail: impl Into<String>) -> Self {
        Self { outcome, exit_code: None, detail: Some(detail.into()), usage: Usage::default() }
    }
}

/// Runs the attempt of a launch.
pub(super) async fn run(local: LocalLaunch) -> Came {
    let Some(address) = Address::parse(&local.launch.server) else {
        say!("error: `{}` is not an address", local.launch.server);
        return Came::Unheard;
    };
    let launch = &local.launch;
    let mut link = Link::new(address.clone(), launch.runner_token.clone(), launch.attempt.clone());
    let fence = match claim(&mut link).await {
        Ok(fence) => fence,
        Err(failed) => {
            say!("warning: the attempt was not taken: {failed}");
            return if failed == Failed::Stale { Came::Stale } else { Came::Unheard };
        }
    };
    let attempt = Attempt { local: &local, address, fence };
    attempt.see_through(link).await
}

/// Takes the attempt; waits for the server where it is away.
async fn claim(link: &mut Link) -> Result<i64, Failed> {
    let runner = process::this_one().ok_or_else(|| Failed::Refused(0, "`/proc` is not readable".into()))?;
    let claim = Claim { runner };
    let (mut pause, until) = (Pause::default(), Instant::now() + CLAIM_WITHIN);
    loop {
        match link.claim(&claim).await {
            Ok(claimed) => return Ok(claimed.fence),
            Err(Failed::Away(_)) if Instant::now() < until => pause.wait().await,
            Err(failed) => return Err(failed),
        }
    }
}

struct Attempt<'a> {
    local: &'a LocalLaunch,
    address: Address,
    fence: i64,
}

impl Attempt<'_> {
    /// Runs the step, then tells the server: log, outputs, report.
    async fn see_through(&self, mut link: Link) -> Came {
        let folder = &self.local.launch.folder;
        let (log, keeper) = Log::open(&folder.join("log.spool"));
        let shipping = tokio::spawn(keeper.run(link.beside(), self.fence));
        let (stop, stopping) = watch::channel(None);
        let beating = tokio::spawn(beat(link.beside(), self.fence, stop));
        let mut end = self.step(&log, stopping.clone()).await;
        let mut sent = BTreeMap::new();
        if end.outcome == Outcome::Succeeded {
            let names = &self.local.launch.spec.outputs;
            let own = Own::below(folder);
            let sending = outputs::send(&mut link, self.fence, &own.out, names);
            match or_stopped(sending, stopping.clone()).await {
                Ok(Ok(outputs)) => sent = outputs,
                Ok(Err(NotTaken::Step(why, more))) => {
                    if let Some(more) = more {
                        log.say(more).await;
                    }
                    end = End { usage: end.usage, ..End::of(Outcome::User, why) };
                }
                Ok(Err(NotTaken::Ours(why))) => end = End { usage: end.usage, ..End::of(Outcome::Infrastructure, why) },
                Ok(Err(NotTaken::Stale)) | Err(Stop::Stale) => return Came::Stale,
                Err(_) => end = End { usage: end.usage, ..End::of(Outcome::Cancelled, CANCELLED) },
            }
        }
        if stale(&stopping) {
            return Came::Stale;
        }
        if end.outcome != Outcome::Succeeded
            && let Some(detail) = &end.detail
        {
            log.say(detail.clone()).await;
        }
        drop(log);
        let came = tokio::time::timeout(DELIVER_WITHIN, self.tell(&mut link, shipping, end, sent)).await;
        beating.abort();
        came.unwrap_or(Came::Unheard)
    }

    /// Sends what is left of the log, then the report.
    async fn tell(
        &self,
        link: &mut Link,
        shipping: JoinHandle<Result<(), Failed>>,
        end: End,
        outputs: BTreeMap<String, crate::protocol::Output>,
    ) -> Came {
        match shipping.await {
            Ok(Ok(())) => {}
            Ok(Err(Failed::Stale)) => return Came::Stale,
            // A log that the server will not have must not cost the result.
            Ok(Err(failed)) => say!("error: the log was not taken: {failed}"),
            Err(broken) => say!("error: the log was not shipped: {broken}"),
        }
        let End { outcome, exit_code, detail, usage } = end;
        let report = Report { fence: self.fence, outcome, exit_code, detail, outputs, usage };
        let mut pause = Pause::default();
        loop {
            match link.report(&report).await {
                Ok(_) => return Came::Reported,
                Err(Failed::Away(_)) => pause.wait().await,
                Err(Failed::Stale) => return Came::Stale,
                Err(failed) => {
                    say!("error: the report was not taken: {failed}");
                    return Came::Unheard;
                }
            }
        }
    }

    /// Runs the step to its end, or to what ends it.
    async fn step(&self, log: &Log, stopping: watch::Receiver<Option<Stop>>) -> End {
        let started = Instant::now();
        let mut end = match self.start().await {
            Ok((mut running, relay)) => {
                let end = self.running(&mut running, log, stopping).await;
                relay.abort();
                end
            }
            Err(why) => End::of(Outcome::Infrastructure, why),
        };
        end.usage.wall_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        end
    }

    async fn start(&self) -> Result<(Running, JoinHandle<()>), String> {
        let own = Own::below(&self.local.launch.folder);
        let places = Places::of(self.local, &own);
        prepare::folder(self.local, &own, &places)
            .map_err(|error| format!("the work folder cannot be made: {error}"))?;
        // Relative, since the path of a socket must be short: the attempt's folder is where this process works.
        let listener = UnixListener::bind("work/api.sock").map_err(|error| format!("the attempt's socket: {error}"))?;
        let plan = Plan {
            command: prepare::command(self.local, &places),
            env: prepare::environment(self.local, &places),
            server_env: prepare::server_environment(self.local),
            cwd: prepare::start_in(self.local, &places),
            memory_mib: self.local.launch.spec.memory_mib,
            walls: (self.local.isolation == Isolation::Bubblewrap).then(|| sandbox::walls(self.local)),
        };
        let running = Running::start(self.local, &own, &places, &plan, &listener).await;
        let running = running.map_err(|error| error.to_string())?;
        Ok((running, tokio::spawn(relay::run(listener, self.address.clone()))))
    }

    async fn running(&self, running: &mut Running, log: &Log, mut stopping: watch::Receiver<Option<Stop>>) -> End {
        let mut reading = tokio::task::JoinSet::new();
        if let Some(pipe) = running.stdout.take() {
            reading.spawn(log.clone().read(Source::Stdout, pipe));
        }
        if let Some(pipe) = running.stderr.take() {
            reading.spawn(log.clone().read(Source::Stderr, pipe));
        }
        let limit = Duration::from_secs(self.local.launch.spec.timeout_s);
        let stop = tokio::select! {
            ended = running.ended() => {
                let _ = tokio::time::timeout(LAST_OUTPUT, async { while reading.join_next().await.is_some() {} }).await;
                return self.after(ended, log).await;
            }
            () = tokio::time::sleep(limit) => Stop::Timeout,
            stop = next_stop(&mut stopping) => stop,
            full = self.disk_full() => Stop::Disk(full),
        };
        self.stop(running, &stop).await;
        let _ = tokio::time::timeout(LAST_OUTPUT, async { while reading.join_next().await.is_some() {} }).await;
        match stop {
            Stop::Timeout => {
                End::of(Outcome::Timeout, format!("the step ran longer than its time limit of {} s", limit.as_secs()))
            }
            Stop::Disk(why) => End::of(Outcome::User, why),
            Stop::Cancelled | Stop::Stale => End::of(Outcome::Cancelled, CANCELLED),
        }
    }

    /// Asks the command to end, waits, and ends all of it; where it must not go on, at once.
    async fn stop(&self, running: &mut Running, stop: &Stop) {
        if matches!(stop, Stop::Timeout | Stop::Cancelled) {
            running.terminate().await;
            if tokio::time::timeout(GRACE, running.ended()).await.is_ok() {
                return;
            }
        }
        running.kill().await;
    }

    /// Says how a step ended that nobody stopped.
    async fn after(&self, ended: std::io::Result<Result<Ended, ExitStatus>>, log: &Log) -> End {
        let ended = match ended {
            Ok(Ok(ended)) => ended,
            Ok(Err(status)) => return End::of(Outcome::Infrastructure, format!("the sandbox broke off: {status}")),
            Err(error) => return End::of(Outcome::Infrastructure, format!("the sandbox was lost: {error}")),
        };
        if ended.left > 0 {
            let text = format!("{} processes that the step left behind were ended with it", ended.left);
            log.say(text).await;
        }
        let memory = self.local.launch.spec.memory_mib;
        let too_much = || format!("the step needs more than its memory limit of {memory} MiB");
        let usage = Usage { wall_ms: 0, cpu_ms: ended.cpu_ms, max_rss_bytes: ended.peak_bytes };
        let (outcome, detail) = match (&ended.not_started, ended.beyond, ended.code, ended.signal) {
            (Some(NotStarted::Command(why)), ..) => (Outcome::User, Some(why.clone())),
            (Some(NotStarted::Stage(why)), ..) => (Outcome::Infrastructure, Some(why.clone())),
            (None, Some(Beyond::Memory), ..) => (Outcome::Memory, Some(too_much())),
            (None, Some(Beyond::Processes), ..) => {
                (Outcome::User, Some(format!("the step started more than {} processes", limits::PROCESSES)))
            }
            (None, None, Some(0), _) => (Outcome::Succeeded, None),
            _ if log.memory.load(std::sync::atomic::Ordering::SeqCst) => (Outcome::Memory, Some(too_much())),
            (None, None, Some(code), _) => (Outcome::User, words::of_code(code)),
            (None, None, None, Some(signal)) => (Outcome::User, Some(words::of_signal(signal))),
            (None, None, None, None) => (Outcome::Infrastructure, Some("how the step ended is not known".into())),
        };
        End { outcome, exit_code: ended.code, detail, usage }
    }

    /// Ends with words once the step has written more than it may.
    async fn disk_full(&self) -> String {
        let own = Own::below(&self.local.launch.folder);
        let mut pause = DISK_LOOK;
        loop {
            tokio::time::sleep(pause).await;
            let (before, folders) = (Instant::now(), [own.work.clone()]);
            let looked = tokio::task::spawn_blocking(move || outputs::fits_disk(&folders)).await;
            if let Ok(Err(why)) = looked {
                return why;
            }
            pause = DISK_LOOK.max(before.elapsed() * 20);
        }
    }
}

const CANCELLED: &str = "the step was cancelled";

/// Says again and again that the runner is there, and hears whether it is to stop. SIGTERM says the same.
async fn beat(mut link: Link, fence: i64, stop: watch::Sender<Option<Stop>>) {
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return;
    };
    loop {
        let said = tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(HEARTBEAT_SECONDS)) => match link.heartbeat(fence).await {
                Ok(beat) if beat.cancel => Some(Stop::Cancelled),
                Err(Failed::Stale) => Some(Stop::Stale),
                // Away, or a refusal that the report will meet as well.
                Ok(_) | Err(_) => None,
            },
            _ = terminate.recv() => Some(Stop::Cancelled),
            _ = interrupt.recv() => Some(Stop::Cancelled),
        };
        if said.is_some() {
            // The first reason stands, but for staleness, which outranks all.
            stop.send_if_modified(|known| {
                let news = known.is_none() || (said == Some(Stop::Stale) && *known != said);
                if news {
                    known.clone_from(&said);
                }
                news
            });
        }
    }
}

async fn next_stop(stopping: &mut watch::Receiver<Option<Stop>>) -> Stop {
    match stopping.wait_for(Option::is_some).await {
        Ok(stop) => stop.clone().unwrap_or(Stop::Cancelled),
        // Nobody can say so any more.
        Err(_) => std::future::pending().await,
    }
}

async fn or_stopped<T>(work: impl Future<Output = T>, mut stopping: watch::Receiver<Option<Stop>>) -> Result<T, Stop> {
    tokio::select! {
        done = work => Ok(done),
        stop = next_stop(&mut stopping) => Err(stop),
    }
}

fn stale(stopping: &watch::Receiver<Option<Stop>>) -> bool {
    *stopping.borrow() == Some(Stop::Stale)
}
