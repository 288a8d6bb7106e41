//! A machine for tests: a data folder with what is to be protected, an engine, and its far side.
use crate::far::{Far, Heard};
use access::Secret;
use base::AttemptId;
use runs::engine::{Engine, Interpreter, Isolation, Launch, LocalEngine, Settings};
use runs::protocol::{Action, AttemptSpec, Report};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

pub struct Bed {
    pub folder: tempfile::TempDir,
    pub engine: LocalEngine,
    pub far: Far,
    number: AtomicUsize,
}

/// What a test changes of a launch.
pub type Change<'a> = &'a dyn Fn(&mut Launch);

impl Bed {
    pub fn new() -> Self {
        Self::with(|_| ())
    }

    pub fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        for inner in ["attempts", "keys", "git", "code", "sdk/lockgate"] {
            std::fs::create_dir_all(data.join(inner)).unwrap();
        }
        std::fs::create_dir(folder.path().join("lake")).unwrap();
        for (file, text) in [
            ("data/lockgate.db", "SECRET database"),
            ("data/keys/audit", "SECRET key"),
            ("lake/customers.csv", "SECRET rows"),
            ("data/code/train.py", "print('from the tree')"),
            ("data/sdk/lockgate/__init__.py", ""),
            ("data/sdk/lockgate/step.py", "import sys\nprint('step', sys.argv[1:])"),
        ] {
            std::fs::write(folder.path().join(file), text).unwrap();
        }
        let mut settings = Settings::of_this_machine(data.join("attempts"), data.join("engine"));
        settings.program = env!("CARGO_BIN_EXE_lockgate-runner").into();
        (settings.cpus, settings.memory_mib) = (64, 64 * 1024);
        change(&mut settings);
        let engine = LocalEngine::open(settings).unwrap();
        let far = Far::start(&data.join("runner.sock"));
        Self { folder, engine, far, number: AtomicUsize::new(0) }
    }

    pub fn unprotected() -> Self {
        Self::with(|settings| settings.isolation = Isolation::None)
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Returns a launch of a command, known to the far side.
    pub fn launch(&self, command: &[&str], change: Change<'_>) -> Launch {
        let attempt = AttemptId(format!("a-{}", self.number.fetch_add(1, Ordering::SeqCst)));
        let spec = AttemptSpec {
            run: "r-1".into(),
            step: "train".into(),
            attempt: attempt.clone(),
            project: "credit-risk".into(),
            environment: "credit-risk/dev".into(),
            action: Action::Command(command.iter().map(|word| (*word).to_owned()).collect()),
            parameters: BTreeMap::new(),
            inputs: BTreeMap::new(),
            outputs: Vec::new(),
            env: BTreeMap::new(),
            timeout_s: 50,
            cpus: 1,
            memory_mib: 512,
        };
        let mut launch = Launch {
            folder: self.data().join("attempts").join(attempt.as_str()),
            attempt,
            runner_token: Secret::from("runner-secret".to_owned()),
            server: format!("unix:{}", self.far.socket.display()),
            code: Some(self.data().join("code")),
            python: None,
            interpreter: interpreter(),
            sdk: self.data().join("sdk"),
            inputs: BTreeMap::new(),
            spec,
            step_token: Secret::from("step-secret".to_owned()),
        };
        change(&mut launch);
        self.far.change(launch.attempt.as_str(), |heard| heard.spec = Some(launch.spec.clone()));
        launch
    }

    /// Runs a command to its report.
    pub async fn run_with(&self, command: &[&str], change: Change<'_>) -> (Report, Heard) {
        let launch = self.launch(command, change);
        let attempt = launch.attempt.clone();
        self.engine.submit(launch).await.unwrap();
        let heard = self.far.until(attempt.as_str(), |heard| heard.report.is_some()).await;
        (heard.report.clone().unwrap(), heard)
    }

    pub async fn run(&self, command: &[&str]) -> (Report, Heard) {
        self.run_with(command, &|_| ()).await
    }

    /// Runs a Python program.
    pub async fn python(&self, program: &str) -> (Report, Heard) {
        self.python_with(program, &|_| ()).await
    }

    pub async fn python_with(&self, program: &str, change: Change<'_>) -> (Report, Heard) {
        self.run_with(&[text(&interpreter().program), "-c", program], change).await
    }
}

pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Returns this machine's Python, and what it needs to run.
pub fn interpreter() -> Interpreter {
    let program = "import sys; print(sys.executable); print(sys.base_prefix); print(sys.version.split()[0])";
    let output = std::process::Command::new("python3").args(["-c", program]).output().expect("Python 3 is installed");
    let output = String::from_utf8(output.stdout).unwrap();
    let [program, root, version] = output.lines().collect::<Vec<_>>()[..] else { panic!("{output}") };
    let program = std::fs::canonicalize(program).unwrap();
    Interpreter { program, version: version.into(), roots: vec![root.into()] }
}
