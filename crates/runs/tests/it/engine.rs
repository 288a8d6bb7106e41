//! What the engine promises: one runner for an attempt, whatever happens to the server; bounds; ends.
use crate::bed::Bed;
use runs::engine::{Engine, EngineError, LocalEngine, Settings};
use runs::protocol::{Outcome, Source};
use std::path::Path;
use std::time::Duration;

/// Opens the engine anew, as a server does that was started again.
fn opened_again(bed: &Bed) -> LocalEngine {
    let mut settings = Settings::of_this_machine(bed.data().join("attempts"), bed.data().join("engine"));
    settings.program = env!("CARGO_BIN_EXE_lockgate-runner").into();
    LocalEngine::open(settings).unwrap()
}

async fn eventually(what: &str, holds: impl AsyncFn() -> bool) {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(30), waiting).await.is_ok(), "never: {what}");
}

async fn alive(engine: &LocalEngine) -> Vec<String> {
    let seen = engine.list().await.unwrap();
    seen.into_iter().filter(|seen| seen.alive).map(|seen| seen.attempt.0).collect()
}

#[tokio::test]
async fn an_attempt_is_started_once_and_taken_up_again() {
    let bed = Bed::new();
    let launch = bed.launch(&["/bin/sh", "-c", "echo up; while [ ! -e /tmp/end ]; do sleep 0.02; done"], &|_| ());
    let attempt = launch.attempt.clone();
    let first = bed.engine.submit(launch.clone()).await.unwrap();
    assert_eq!(bed.engine.submit(launch.clone()).await.unwrap(), first);
    bed.far.until(attempt.as_str(), |heard| heard.text(Source::Stdout) == "up").await;

    let etc = bed.data().join("engine/etc");
    let before = std::os::unix::fs::MetadataExt::ino(&std::fs::metadata(&etc).unwrap());
    let again = opened_again(&bed);
    let after = std::os::unix::fs::MetadataExt::ino(&std::fs::metadata(&etc).unwrap());
    assert_eq!(before, after, "what a running sandbox has mounted stays");
    assert_eq!(alive(&again).await, [attempt.to_string()]);
    assert_eq!(again.submit(launch.clone()).await.unwrap(), first, "it is not started a second time");
    assert!(matches!(again.forget(&attempt).await, Err(EngineError::Unavailable(_))), "not while it runs");
    std::fs::write(launch.folder.join("work/tmp/end"), "").unwrap();
    let heard = bed.far.until(attempt.as_str(), |heard| heard.report.is_some()).await;
    assert_eq!((heard.claims.len(), heard.report.unwrap().outcome), (1, Outcome::Succeeded));
    eventually("its end is seen", async || alive(&again).await.is_empty()).await;
    again.forget(&attempt).await.unwrap();
    assert!(again.list().await.unwrap().is_empty() && !launch.folder.exists());
}

#[tokio::test]
async fn a_server_killed_between_starting_and_noting_starts_no_second_runner() {
    let bed = Bed::new();
    let launch = bed.launch(&["/bin/sh", "-c", "echo up; sleep 1000"], &|_| ());
    let attempt = launch.attempt.clone();
    bed.engine.submit(launch.clone()).await.unwrap();
    bed.far.until(attempt.as_str(), |heard| heard.text(Source::Stdout) == "up").await;
    // What that server would know: nothing. It starts the same launch file again.
    let second = tokio::process::Command::new(env!("CARGO_BIN_EXE_lockgate-runner"))
        .args(["runner", "--launch"])
        .arg(launch.folder.join("launch.json"))
        .status();
    assert_eq!(second.await.unwrap().code(), Some(3));
    assert_eq!(bed.far.of(attempt.as_str()).claims.len(), 1);
    bed.engine.stop(&attempt).await.unwrap();
}

#[tokio::test]
async fn stopping_ends_a_runner_and_all_it_started() {
    let bed = Bed::new();
    let launch = bed.launch(&["/bin/sh", "-c", "trap '' TERM; echo up; while :; do sleep 1; done"], &|_| ());
    let attempt = launch.attempt.clone();
    bed.engine.submit(launch).await.unwrap();
    bed.far.until(attempt.as_str(), |heard| heard.text(Source::Stdout) == "up").await;
    bed.engine.stop(&attempt).await.unwrap();
    assert!(alive(&bed.engine).await.is_empty());
    assert_eq!(bed.far.of(attempt.as_str()).report.unwrap().outcome, Outcome::Cancelled);
    bed.engine.stop(&attempt).await.unwrap();
}

#[tokio::test]
async fn a_stale_fence_ends_a_runner_without_a_report() {
    let bed = Bed::new();
    let launch = bed.launch(&["/bin/sh", "-c", "trap '' TERM; echo up; while :; do sleep 1; done"], &|_| ());
    let attempt = launch.attempt.clone();
    bed.engine.submit(launch).await.unwrap();
    bed.far.until(attempt.as_str(), |heard| heard.text(Source::Stdout) == "up").await;
    bed.far.change(attempt.as_str(), |heard| heard.stale = true);
    eventually("the runner ends itself", async || alive(&bed.engine).await.is_empty()).await;
    assert!(bed.far.of(attempt.as_str()).report.is_none());
}

#[tokio::test]
async fn a_killed_runner_takes_its_step_along() {
    let bed = Bed::new();
    let launch = bed.launch(&["/bin/sh", "-c", "echo up; exec sleep 4242"], &|_| ());
    let attempt = launch.attempt.clone();
    bed.engine.submit(launch.clone()).await.unwrap();
    bed.far.until(attempt.as_str(), |heard| heard.text(Source::Stdout) == "up").await;
    let runner: runs::protocol::Runner =
        serde_json::from_slice(&std::fs::read(launch.folder.join("runner.json")).unwrap()).unwrap();
    let pid = rustix::process::Pid::from_raw(i32::try_from(runner.pid).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    eventually("it is seen to be dead", async || alive(&bed.engine).await.is_empty()).await;
    eventually("its step is gone", async || !somebody_runs("sleep\u{0}4242")).await;
}

fn somebody_runs(command: &str) -> bool {
    let processes = std::fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path().join("cmdline"));
    processes.filter_map(|path| std::fs::read_to_string(path).ok()).any(|line| line.starts_with(command))
}

#[tokio::test]
async fn what_can_never_run_is_refused_and_what_has_no_room_is_told_so_at_once() {
    let bed = Bed::with(|settings| (settings.cpus, settings.memory_mib) = (1, 1_024));
    let never =
        async |change: &dyn Fn(&mut runs::engine::Launch)| match bed.engine.submit(bed.launch(&["x"], change)).await {
            Err(EngineError::Refused(why)) => why,
            other => panic!("{other:?}"),
        };
    assert!(never(&|launch| launch.spec.cpus = 2).await.contains("asks for 2 CPUs, the engine has 1"));
    assert!(never(&|launch| launch.spec.memory_mib = 2_048).await.contains("asks for 2048 MiB"));
    assert!(never(&|launch| launch.spec.memory_mib = 8).await.contains("cannot be enforced"));
    let first = bed.launch(&["/bin/sh", "-c", "while [ ! -e /tmp/end ]; do sleep 0.02; done"], &|_| ());
    let second = bed.launch(&["/bin/true"], &|_| ());
    bed.engine.submit(first.clone()).await.unwrap();
    let early = tokio::time::timeout(Duration::from_secs(5), bed.engine.submit(second.clone())).await;
    assert!(matches!(early, Ok(Err(EngineError::Unavailable(_)))), "there is room for one: {early:?}");
    let room = bed.engine.room();
    tokio::pin!(room);
    let early = tokio::time::timeout(Duration::from_millis(100), &mut room).await;
    assert!(early.is_err(), "nobody has left");
    bed.far.until(first.attempt.as_str(), |heard| !heard.claims.is_empty()).await;
    eventually("its folder is made", async || first.folder.join("work/tmp").is_dir()).await;
    // Written until the step sees it: the runner makes the folder anew before it starts.
    eventually("the first one ends", async || {
        let _ = std::fs::write(first.folder.join("work/tmp/end"), "");
        bed.far.of(first.attempt.as_str()).report.is_some()
    })
    .await;
    room.await;
    bed.engine.submit(second.clone()).await.unwrap();
    bed.far.until(second.attempt.as_str(), |heard| heard.report.is_some()).await;
}

#[tokio::test]
async fn secrets_are_in_closed_files_and_on_no_command_line() {
    let bed = Bed::new();
    let launch = bed.launch(&["/bin/sh", "-c", "echo up; while [ ! -e /tmp/end ]; do sleep 0.02; done"], &|_| ());
    let attempt = launch.attempt.clone();
    bed.engine.submit(launch.clone()).await.unwrap();
    bed.far.until(attempt.as_str(), |heard| heard.text(Source::Stdout) == "up").await;
    let lines = std::fs::read_dir("/proc").unwrap().flatten();
    let lines: Vec<String> =
        lines.filter_map(|entry| std::fs::read_to_string(entry.path().join("cmdline")).ok()).collect();
    assert!(lines.iter().any(|line| line.contains(attempt.as_str())), "the runner's is among them");
    assert!(!lines.iter().any(|line| line.contains("step-secret") || line.contains("runner-secret")));
    let mode = |path: &Path| std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(path).unwrap()) & 0o777;
    assert_eq!((mode(&launch.folder), mode(&launch.folder.join("launch.json"))), (0o700, 0o600));
    std::fs::write(launch.folder.join("work/tmp/end"), "").unwrap();
    bed.far.until(attempt.as_str(), |heard| heard.report.is_some()).await;
}
