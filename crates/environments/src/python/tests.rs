//! With the real installer, on wheels that the tests write themselves: no index is asked.
use super::model::{BuildState, Built, FAILURE_HOLDS_SECONDS};
use super::store::PythonStore;
use super::{Error, Python, PythonEnv, Settings, build, is_passed, lock_key, python_env, service};
use crate::Context;
use base::{Clock, Digest, Timestamp};
use db::Db;
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use testkit::on_each_engine;

/// A wheel: made by the interpreter that it is for, so that nothing but Python has to be there.
const WHEEL: &str = r#"
import sys, zipfile
name, version, folder, touch = sys.argv[1:]
info = f'{name}-{version}.dist-info/'
with zipfile.ZipFile(f'{folder}/{name}-{version}-py3-none-any.whl', 'w') as wheel:
    wheel.writestr(f'{name}.py', f'VERSION = "{version}"\n')
    wheel.writestr(info + 'METADATA', f'Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n')
    wheel.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n')
    wheel.writestr(info + 'entry_points.txt', f'[console_scripts]\n{name} = {name}:VERSION.title\n')
    if touch:
        wheel.writestr(f'{name}.pth', f'import pathlib; pathlib.Path({touch!r}).touch()\n')
    wheel.writestr(info + 'RECORD', '')
"#;

struct Machine {
    folder: tempfile::TempDir,
    settings: Settings,
}

impl Machine {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| {
            std::fs::create_dir_all(folder.path().join(name)).unwrap();
            folder.path().join(name).display().to_string()
        };
        #[expect(clippy::disallowed_methods, reason = "tests have no configuration but this")]
        let mine = std::env::vars().filter(|(name, _)| is_passed(name) && !name.starts_with("UV_"));
        let own =
            [("UV_NO_INDEX", "1".to_owned()), ("UV_FIND_LINKS", place("wheels")), ("UV_CACHE_DIR", place("cache"))];
        let variables = mine.chain(own.map(|(name, value)| (name.to_owned(), value))).collect();
        Self { settings: Settings { variables, ..Settings::default() }, folder }
    }

    fn context(&self, db: &Db) -> Context {
        Context {
            db: db.clone(),
            clock: testkit::clock(),
            ids: testkit::ids(),
            folder: self.folder.path().join("python"),
            python: Python::find(self.settings.clone()),
        }
    }

    /// Writes a wheel into the folder that stands for the index, and returns its line of a lock.
    fn wheel(&self, cx: &Context, name: &str, version: &str) -> String {
        self.wheel_that_touches(cx, name, version, "")
    }

    /// Like [`Machine::wheel`]; wherever an interpreter starts in an environment that holds it, it makes the file `touch`.
    fn wheel_that_touches(&self, cx: &Context, name: &str, version: &str, touch: &str) -> String {
        let folder = self.folder.path().join("wheels");
        let program = &cx.python.interpreter().unwrap().program;
        let made =
            Command::new(program).args(["-I", "-c", WHEEL, name, version]).arg(&folder).arg(touch).status().unwrap();
        assert!(made.success());
        let bytes = std::fs::read(folder.join(format!("{name}-{version}-py3-none-any.whl"))).unwrap();
        format!("{name}=={version} --hash={}", Digest::of(bytes))
    }
}

/// Workers that build, until the environment is not being built any more.
async fn built(cx: &Context, lock: &str) -> PythonEnv {
    let of_jobs = jobs::Context { db: cx.db.clone(), clock: cx.clock.clone(), ids: cx.ids.clone() };
    let mut registry = jobs::Registry::new();
    super::register(&mut registry, cx);
    let options = jobs::Options { poll: Duration::from_millis(5), ..jobs::Options::new("test") };
    let workers = jobs::Workers::start(of_jobs, registry, options).await.unwrap();
    let ended = async {
        loop {
            let found = python_env(cx, lock.as_bytes()).await.unwrap();
            if found.state != BuildState::Building {
                break found;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let ended = tokio::time::timeout(Duration::from_mins(1), ended).await.expect("it ends");
    workers.stop(Duration::from_secs(5)).await;
    ended
}

async fn row(cx: &Context, key: &str) -> Built {
    cx.db.read(|tx| async move { tx.find_built(key).await }).await.unwrap().unwrap()
}

fn said(program: &Path, arguments: &[&str]) -> String {
    let output = Command::new(program).env_clear().args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[tokio::test]
async fn a_lock_becomes_an_environment_that_runs() {
    on_each_engine(&crate::migrations_for_tests(), async |db| {
        let machine = Machine::new();
        let cx = &machine.context(&db);
        let lock = format!("# mine\n{}\n{}\n", machine.wheel(cx, "alpha", "1.0"), machine.wheel(cx, "beta_two", "2.1"));
        let first = python_env(cx, lock.as_bytes()).await.unwrap();
        assert_eq!(first.state, BuildState::Building);
        assert!(!first.folder.exists(), "nothing lies there before it is whole");
        let ready = built(cx, &lock).await;
        assert_eq!((ready.state, ready.reason.as_deref()), (BuildState::Ready, None));
        let python = ready.folder.join("bin/python");
        assert_eq!(said(&python, &["-c", "import alpha, beta_two; print(alpha.VERSION, beta_two.VERSION)"]), "1.0 2.1");
        // It was moved after it was installed: its scripts must find their interpreter all the same.
        let script = std::fs::read_to_string(ready.folder.join("bin/alpha")).unwrap();
        assert!(!script.contains(".tmp") && !script.contains(&format!(".{}", ready.key)), "{script}");
        let row = row(cx, &ready.key).await;
        let packages: Vec<String> = row.packages.iter().map(|(name, version)| format!("{name} {version}")).collect();
        assert_eq!(packages, ["alpha 1.0", "beta-two 2.1"]);
        assert!(row.size_bytes > 0 && row.log.contains("beta-two==2.1"), "{}", row.log);
        assert!(!row.log.contains(&cx.folder.display().to_string()), "no path of the server is told: {}", row.log);
    })
    .await;
}

#[tokio::test]
async fn a_build_runs_nothing_of_what_it_installs() {
    let db = testkit::sqlite(&crate::migrations_for_tests()).await;
    let machine = Machine::new();
    let cx = &machine.context(&db);
    let touched = machine.folder.path().join("touched");
    let lock = machine.wheel_that_touches(cx, "alpha", "1.0", &touched.display().to_string());
    let ready = built(cx, &lock).await;
    assert_eq!((ready.state, touched.exists()), (BuildState::Ready, false), "the wheel's code ran outside a sandbox");
    let compiled = std::fs::read_dir(ready.folder.join("lib")).unwrap().next().unwrap().unwrap().path();
    assert!(compiled.join("site-packages/__pycache__").exists(), "steps find it compiled");
    said(&ready.folder.join("bin/python"), &["-c", "pass"]);
    assert!(touched.exists(), "the wheel would have run, had an interpreter been started in there");
}

#[tokio::test]
async fn no_lock_is_the_bare_interpreter() {
    let db = testkit::sqlite(&crate::migrations_for_tests()).await;
    let machine = Machine::new();
    let cx = &machine.context(&db);
    let ready = built(cx, "# nothing\n").await;
    assert_eq!(ready.key, lock_key(cx, b"").unwrap());
    let version = said(&ready.folder.join("bin/python"), &["-c", "import platform; print(platform.python_version())"]);
    assert_eq!(version, cx.python.interpreter().unwrap().version);
}

#[tokio::test]
async fn what_the_lock_does_not_name_is_not_installed() {
    let db = testkit::sqlite(&crate::migrations_for_tests()).await;
    let machine = Machine::new();
    let cx = &machine.context(&db);
    let line = machine.wheel(cx, "alpha", "1.0");
    let (head, _) = line.split_once("sha256:").unwrap();
    let swapped = format!("{head}sha256:{}", "0".repeat(64));
    let failed = built(cx, &swapped).await;
    assert_eq!(failed.state, BuildState::Failed);
    assert_eq!(failed.reason.unwrap(), "package `alpha==1.0` is not what the lock names: its hash is another");
    assert!(!failed.folder.exists());
    let left: Vec<_> = std::fs::read_dir(&cx.folder).unwrap().collect();
    assert!(left.is_empty(), "a failed build leaves nothing: {left:?}");
    assert!(row(cx, &failed.key).await.log.contains("Hash mismatch"), "the log is kept");
    let unknown = built(cx, &line.replace("alpha", "omega")).await;
    assert_eq!(unknown.reason.unwrap(), "package `omega==1.0` is not in the package index");
    let version = built(cx, &line.replace("1.0", "1.1")).await;
    assert_eq!(version.reason.unwrap(), "package `alpha==1.1` is not in the package index");
}

#[tokio::test]
async fn a_failure_answers_for_a_minute_then_it_is_built_anew() {
    let db = testkit::sqlite(&crate::migrations_for_tests()).await;
    let machine = Machine::new();
    let cx = &machine.context(&db);
    let other = machine.wheel(cx, "beta", "1.0");
    let line = machine.wheel(cx, "alpha", "1.0");
    let wheel = machine.folder.path().join("wheels/alpha-1.0-py3-none-any.whl");
    let away = wheel.with_extension("away");
    std::fs::rename(&wheel, &away).unwrap();
    assert_eq!(built(cx, &line).await.state, BuildState::Failed);
    std::fs::rename(&away, &wheel).unwrap();
    assert_eq!(python_env(cx, line.as_bytes()).await.unwrap().state, BuildState::Failed);
    let Clock::Fixed(at) = &cx.clock else { unreachable!() };
    at.fetch_add(FAILURE_HOLDS_SECONDS * Timestamp::SECOND, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(built(cx, &line).await.state, BuildState::Ready);
    // And one that is gone from the disk is built again: the row alone does not count.
    let ready = built(cx, &other).await;
    std::fs::remove_dir_all(&ready.folder).unwrap();
    assert_eq!(python_env(cx, other.as_bytes()).await.unwrap().state, BuildState::Building);
    assert_eq!(built(cx, &other).await.state, BuildState::Ready);
    assert!(ready.folder.join("bin/python").exists());
}

#[tokio::test]
async fn a_killed_build_leaves_nothing_that_counts_as_ready() {
    let db = testkit::sqlite(&crate::migrations_for_tests()).await;
    let machine = Machine::new();
    let cx = &machine.context(&db);
    let lock = machine.wheel(cx, "alpha", "1.0");
    let asked = python_env(cx, lock.as_bytes()).await.unwrap();
    let row = row(cx, &asked.key).await;
    let (folder, python) = (asked.folder.clone(), asked.folder.join("bin/python"));
    let check = async || {
        if folder.exists() {
            assert_eq!(
                said(&python, &["-c", "import alpha; print(alpha.VERSION)"]),
                "1.0",
                "what is in its place is whole"
            );
        }
        // As a second server would see it: built from there on, and never twice in one place.
        assert_eq!(python_env(cx, lock.as_bytes()).await.unwrap().state, BuildState::Building);
    };
    let (waits, made) = testkit::drop_at_every_wait(async || build::build(cx, &row, 1).await, check).await;
    assert!(waits > 3, "the build has waits to be dropped at: {waits}");
    let made = made.unwrap();
    assert_eq!(made.packages.len(), 1);
    service::end(cx, &asked.key, &Ok(made)).await.unwrap();
    assert_eq!(python_env(cx, lock.as_bytes()).await.unwrap().state, BuildState::Ready);
    let left: Vec<_> = std::fs::read_dir(&cx.folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, [asked.key.as_str()], "what killed builds left is gone");
}

#[tokio::test]
async fn a_missing_installer_says_how_to_mend_it() {
    let db = testkit::sqlite(&crate::migrations_for_tests()).await;
    let mut machine = Machine::new();
    machine.settings.uv = Some("/no/such/uv".into());
    let cx = &machine.context(&db);
    let reason = built(cx, "").await.reason.unwrap();
    assert!(
        reason.contains("`/no/such/uv` cannot be started") && reason.contains("python3 -m pip install uv"),
        "{reason}"
    );
    machine.settings.python = Some("/no/such/python".into());
    let error = python_env(&machine.context(&db), b"").await.unwrap_err();
    assert!(matches!(error, Error::NoInterpreter(_)), "{error}");
}

#[tokio::test]
async fn the_key_names_lock_and_interpreter() {
    let db = testkit::sqlite(&crate::migrations_for_tests()).await;
    let cx = &Machine::new().context(&db);
    let key =
        |lock: &str| lock_key(cx, lock.replace('#', &format!("--hash=sha256:{}", "a".repeat(64))).as_bytes()).unwrap();
    assert_eq!(key("a==1 #\nb==2 #\n"), key("B==2 \\\n  #\na==1 #"), "another spelling of the same lock");
    assert_ne!(key("a==1 #"), key("a==2 #"));
    assert_eq!(key("").len(), 64);
    assert!(matches!(lock_key(cx, b"a==1"), Err(Error::Lock { line: 1, .. })));
    assert!(matches!(lock_key(cx, &vec![b' '; (1 << 20) + 1]), Err(Error::TooLarge(_))));
}

#[tokio::test]
async fn a_build_whose_job_died_is_begun_again() {
    use sea_orm::ConnectionTrait;
    on_each_engine(&crate::migrations_for_tests(), async |db| {
        let machine = Machine::new();
        let cx = &machine.context(&db);
        let lock = machine.wheel(cx, "alpha", "1.0");
        let key = python_env(cx, lock.as_bytes()).await.unwrap().key;
        let dead = "UPDATE jobs SET state = 'dead', reason = 'its worker stopped in the middle each time'";
        db.migrator().execute_unprepared(dead).await.unwrap();
        let base::Clock::Fixed(at) = &cx.clock else { unreachable!("tests turn a fixed clock") };
        at.fetch_add(61 * base::Timestamp::SECOND, std::sync::atomic::Ordering::SeqCst);
        let again = python_env(cx, lock.as_bytes()).await.unwrap();
        assert_eq!((again.state, row(cx, &key).await.asked_at), (BuildState::Building, cx.clock.now()));
        assert_eq!(built(cx, &lock).await.state, BuildState::Ready);
    })
    .await;
}
