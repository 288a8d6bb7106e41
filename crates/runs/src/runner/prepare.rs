//! What a step finds when it starts: its folders, its description, its command, its environment.
use super::sandbox::{Own, Places};
use crate::engine::{Isolation, LocalLaunch};
use crate::protocol::{Action, InputSpec};
use serde_json::{Value, json};
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, symlink};
use std::path::{Path, PathBuf};

/// Makes the attempt's own folders and the step's description. No runner was here before: its mark would be.
pub(super) fn folder(local: &LocalLaunch, own: &Own, places: &Places) -> io::Result<()> {
    let mut private = DirBuilder::new();
    private.mode(0o700);
    for folder in [&own.work, &own.out, &own.home, &own.tmp, &own.inputs] {
        private.create(folder)?;
    }
    if local.launch.code.is_none() {
        private.create(&own.empty)?;
    }
    if local.isolation == Isolation::None {
        for (name, path) in &local.launch.inputs {
            symlink(path, own.inputs.join(name))?;
        }
    }
    fs::write(&own.step_file, serde_json::to_vec(&description(local, places))?)
}

/// Returns what `/work/step.json` says.
fn description(local: &LocalLaunch, places: &Places) -> Value {
    let spec = &local.launch.spec;
    let inputs = spec.inputs.iter().map(|(name, input)| {
        let said = match input {
            InputSpec::Path => json!({ "path": places.inputs.join(name) }),
            InputSpec::Dataset { dataset, for_use, purpose, columns, fixture, refused } => {
                let mut said = json!({ "dataset": dataset, "use": for_use });
                if let Some(purpose) = purpose {
                    said["purpose"] = json!(purpose);
                }
                if !columns.is_empty() {
                    said["columns"] = json!(columns);
                }
                if let Some(why) = refused {
                    said["refused"] = json!(why);
                }
                if *fixture {
                    said["path"] = json!(places.inputs.join(name));
                }
                said
            }
            InputSpec::Value { value } => json!({ "value": value }),
        };
        (name.clone(), said)
    });
    let outputs = spec.outputs.iter().map(|name| (name.clone(), json!(places.out.join(name))));
    json!({
        "run": spec.run,
        "step": spec.step,
        "attempt": spec.attempt,
        "project": spec.project,
        "environment": spec.environment,
        "parameters": spec.parameters,
        "inputs": inputs.collect::<serde_json::Map<_, _>>(),
        "outputs": outputs.collect::<serde_json::Map<_, _>>(),
    })
}

/// How a platform step starts: isolated (`-I`: no variable, no user's packages, no folder of the repository counts), with the
/// SDK alone on the path. The package stands there without its `__init__`, which would import what only clients need.
const PLATFORM: &str = "import sys, types\n\
     sdk = sys.argv.pop(1)\n\
     package = types.ModuleType('lockgate')\n\
     package.__path__ = [sdk + '/lockgate']\n\
     sys.modules['lockgate'] = package\n\
     from lockgate.checks.start import main\n\
     raise SystemExit(main(sys.argv[1], sys.argv[2]))\n";

fn interpreter(local: &LocalLaunch, places: &Places) -> PathBuf {
    match &places.python {
        Some(folder) => folder.join("bin/python"),
        None => local.launch.interpreter.program.clone(),
    }
}

/// Returns where the command starts: in the code, which a platform step does not even stand in.
pub(super) fn start_in(local: &LocalLaunch, places: &Places) -> PathBuf {
    if matches!(local.launch.spec.action, Action::Platform(_)) { places.tmp.clone() } else { places.code.clone() }
}

/// Returns the command and its arguments.
pub(super) fn command(local: &LocalLaunch, places: &Places) -> Vec<String> {
    match &local.launch.spec.action {
        Action::Command(words) => words.clone(),
        Action::Python(entry) => {
            let program = interpreter(local, places);
            vec![text(&program), "-m".into(), "lockgate.step".into(), entry.clone()]
        }
        Action::Platform(check) => {
            let program = interpreter(local, places);
            let (sdk, code) = (text(&places.sdk), text(&places.code));
            vec![text(&program), "-I".into(), "-B".into(), "-c".into(), PLATFORM.into(), sdk, code, check.clone()]
        }
    }
}

/// Returns the environment of the command, without what names the server. What the step declares may set anything but what is ours.
pub(super) fn environment(local: &LocalLaunch, places: &Places) -> Vec<(String, String)> {
    let (launch, spec) = (&local.launch, &local.launch.spec);
    let interpreter = launch.interpreter.program.parent().unwrap_or(Path::new("/usr/bin"));
    let venv = places.python.as_ref().map(|folder| folder.join("bin"));
    let path: Vec<_> =
        venv.iter().map(|bin| text(bin)).chain([text(interpreter), "/usr/bin".into(), "/bin".into()]).collect();
    let mut env = vec![
        ("PATH".to_owned(), path.join(":")),
        ("LANG".into(), "C.UTF-8".into()),
        ("TZ".into(), "UTC".into()),
        ("PYTHONHASHSEED".into(), "0".into()),
        ("PYTHONUNBUFFERED".into(), "1".into()),
        ("PYTHONDONTWRITEBYTECODE".into(), "1".into()),
        // Numerical libraries take every CPU of the machine unless told.
        ("OMP_NUM_THREADS".into(), spec.cpus.max(1).to_string()),
        ("OPENBLAS_NUM_THREADS".into(), spec.cpus.max(1).to_string()),
    ];
    env.extend(spec.env.iter().map(|(name, value)| (name.clone(), value.clone())));
    let secret = launch.step_token.reveal().to_owned();
    env.extend([
        ("HOME".into(), text(&places.home)),
        ("TMPDIR".into(), text(&places.tmp)),
        ("LOCKGATE_STEP".into(), text(&places.step_file)),
        ("LOCKGATE_TOKEN".into(), secret.clone()),
        ("MLFLOW_TRACKING_TOKEN".into(), secret),
    ]);
    if !matches!(spec.action, Action::Platform(_)) {
        env.push(("PYTHONPATH".into(), format!("{}:{}", text(&places.sdk), text(&places.code))));
    }
    if let Some(folder) = &places.python {
        env.push(("VIRTUAL_ENV".into(), text(folder)));
    }
    env
}

/// Returns the variables that name the server, each with what follows its address.
pub(super) fn server_environment(local: &LocalLaunch) -> Vec<(String, String)> {
    let tracking = format!("/mlflow/{}", local.launch.spec.project);
    vec![("LOCKGATE_URL".into(), String::new()), ("MLFLOW_TRACKING_URI".into(), tracking)]
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
