//! What a step finds, and how its end is told.
use crate::bed::{Bed, interpreter, text};
use base::Digest;
use runs::protocol::{Action, InputSpec, Outcome, OutputKind, Source};
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn a_step_that_ends_well_is_reported_with_its_log() {
    let bed = Bed::new();
    let (report, heard) = bed.run(&["/bin/sh", "-c", "echo one; echo two >&2; printf three"]).await;
    assert_eq!((report.outcome, report.exit_code, report.detail), (Outcome::Succeeded, Some(0), None));
    assert_eq!((heard.text(Source::Stdout).as_str(), heard.text(Source::Stderr).as_str()), ("one\nthree", "two"));
    assert_eq!((heard.fence, heard.claims.len()), (1, 1));
}

#[tokio::test]
async fn a_step_finds_its_places_and_the_server_and_nothing_of_the_runner() {
    let bed = Bed::new();
    let input = bed.folder.path().join("rows.csv");
    std::fs::write(&input, "a,b").unwrap();
    let program = r#"
import json, os, urllib.request
step = json.load(open(os.environ["LOCKGATE_STEP"]))
request = urllib.request.Request(os.environ["LOCKGATE_URL"] + "/api/v1/me", headers={"authorization": "Bearer " + os.environ["LOCKGATE_TOKEN"]})
print(json.dumps({"step": step, "hello": json.load(urllib.request.urlopen(request)), "cwd": os.getcwd(), "ids": [os.getuid(), os.getgid()],
  "rows": open(step["inputs"]["rows"]["path"]).read(), "code": sorted(os.listdir(".")), "env": dict(os.environ)}))
"#;
    let (report, heard) = bed
        .python_with(program, &|launch| {
            launch.inputs.insert("rows".into(), input.clone());
            launch.spec.inputs.insert("rows".into(), InputSpec::Path);
            let (dataset, columns) = ("retail.core.loans".into(), vec!["a".to_owned()]);
            let fixture = InputSpec::Dataset {
                dataset,
                for_use: "train".into(),
                purpose: None,
                columns,
                fixture: true,
                refused: None,
            };
            launch.inputs.insert("loans".into(), input.clone());
            launch.spec.inputs.insert("loans".into(), fixture);
            launch.spec.inputs.insert("depth".into(), InputSpec::Value { value: json!(3) });
            launch.spec.parameters.insert("seed".into(), json!(7));
            launch.spec.env.insert("LOCKGATE_TOKEN".into(), "mine".into());
            launch.spec.env.insert("MODE".into(), "fast".into());
        })
        .await;
    assert_eq!(report.outcome, Outcome::Succeeded, "{:?} {}", report.detail, heard.text(Source::Stderr));
    let said: Value = serde_json::from_str(&heard.text(Source::Stdout)).unwrap();
    assert_eq!(said["hello"], json!({ "hello": "/api/v1/me" }));
    assert_eq!(heard.others, [("/api/v1/me".to_owned(), "Bearer step-secret".to_owned())]);
    assert_eq!((&said["cwd"], &said["ids"]), (&json!("/work/code"), &json!([1000, 1000])));
    assert_eq!((&said["rows"], &said["code"]), (&json!("a,b"), &json!(["train.py"])));
    let loans = json!({ "dataset": "retail.core.loans", "use": "train", "columns": ["a"], "path": "/work/in/loans" });
    let inputs = json!({ "rows": { "path": "/work/in/rows" }, "loans": loans, "depth": { "value": 3 } });
    assert_eq!(said["step"]["inputs"], inputs);
    assert_eq!((&said["step"]["parameters"], &said["step"]["project"]), (&json!({ "seed": 7 }), &json!("credit-risk")));
    let env = &said["env"];
    assert_eq!(
        (&env["MODE"], &env["HOME"], &env["PYTHONHASHSEED"]),
        (&json!("fast"), &json!("/work/home"), &json!("0"))
    );
    assert_eq!(env["MLFLOW_TRACKING_URI"], json!("http://127.0.0.1:7411/mlflow/credit-risk"));
    assert!(!said.to_string().contains("runner-secret"), "{said}");
}

#[tokio::test]
async fn a_function_is_run_by_the_sdk() {
    let bed = Bed::new();
    let action = Action::Python("pipelines.train:prepare".into());
    let (report, heard) = bed.run_with(&[], &|launch| launch.spec.action = action.clone()).await;
    assert_eq!(report.outcome, Outcome::Succeeded, "{:?} {}", report.detail, heard.text(Source::Stderr));
    assert_eq!(heard.text(Source::Stdout), "step ['pipelines.train:prepare']");
}

#[tokio::test]
async fn a_platform_step_imports_nothing_of_the_repository_and_finds_it_as_data() {
    let bed = Bed::new();
    let (code, sdk) = (bed.data().join("code"), bed.data().join("sdk/lockgate"));
    std::fs::create_dir_all(code.join("lockgate/checks")).unwrap();
    std::fs::create_dir_all(sdk.join("checks")).unwrap();
    for theirs in ["json.py", "sitecustomize.py", "lockgate/__init__.py", "lockgate/checks/start.py"] {
        std::fs::write(code.join(theirs), "print('from the tree')\nraise SystemExit(0)").unwrap();
    }
    // What only clients need may be missing in the platform's environment.
    std::fs::write(sdk.join("__init__.py"), "import httpx_that_is_not_there").unwrap();
    let check = "import json, os, sys\n\
        def main(code, name):\n    \
        print(json.dumps([name, sorted(os.listdir(code)), os.getcwd() == code, 'PYTHONPATH' in os.environ]))\n    \
        try:\n        open(code + '/new', 'w')\n    \
        except OSError:\n        return 3\n";
    std::fs::write(sdk.join("checks/start.py"), check).unwrap();
    let action = Action::Platform("lint".into());
    let (report, heard) = bed.run_with(&[], &|launch| launch.spec.action = action.clone()).await;
    assert_eq!(report.exit_code, Some(3), "{:?} {}", report.detail, heard.text(Source::Stderr));
    let said: Value = serde_json::from_str(&heard.text(Source::Stdout)).unwrap();
    let tree = json!(["json.py", "lockgate", "sitecustomize.py", "train.py"]);
    assert_eq!(said, json!(["lint", tree, false, false]));
}

#[tokio::test]
async fn outputs_arrive_as_files_and_folders() {
    let bed = Bed::new();
    let script = "mkdir -p $0/model/inner && echo x > $0/model/inner/w && printf abc > $0/table";
    let (report, heard) = bed
        .run_with(&["/bin/sh", "-c", script, "/work/out"], &|launch| {
            launch.spec.outputs = vec!["table".into(), "model".into()];
        })
        .await;
    assert_eq!(report.outcome, Outcome::Succeeded, "{report:?}");
    assert_eq!(report.outputs["table"].kind, OutputKind::File);
    assert_eq!((report.outputs["table"].digest, report.outputs["table"].size_bytes), (Digest::of("abc"), 3));
    assert_eq!(report.outputs["model"].kind, OutputKind::Folder);
    let mut archive = tar::Archive::new(&heard.outputs["model"][..]);
    let paths: Vec<_> =
        archive.entries().unwrap().map(|entry| entry.unwrap().path().unwrap().display().to_string()).collect();
    assert_eq!(paths, ["inner/", "inner/w"]);
    let (missing, _) = bed.run_with(&["/bin/true"], &|launch| launch.spec.outputs = vec!["table".into()]).await;
    assert_eq!(missing.outcome, Outcome::User);
    assert!(missing.detail.unwrap().contains("without writing output `table`"));
}

#[tokio::test]
async fn every_end_has_its_outcome_and_words() {
    let bed = Bed::new();
    for (command, outcome, code, words) in [
        (&["/bin/false"][..], Outcome::User, Some(1), "exit code 1: the end of its log says why"),
        (&["/bin/sh", "-c", "exit 127"], Outcome::User, Some(127), "was not found"),
        (&["/bin/sh", "-c", "kill -SEGV $$"], Outcome::User, None, "ended by SIGSEGV: it touched memory"),
        (&["/no/such"], Outcome::User, None, "there is no program `/no/such`"),
        (&["/etc/passwd"], Outcome::User, None, "`/etc/passwd` may not be executed"),
    ] {
        let (report, heard) = bed.run(command).await;
        assert_eq!((report.outcome, report.exit_code), (outcome, code), "{command:?} {report:?}");
        assert!(report.detail.clone().unwrap().contains(words), "{command:?} {report:?}");
        assert!(heard.text(Source::Runner).contains(words), "the log says it, too");
    }
}

#[tokio::test]
async fn a_step_that_runs_too_long_or_is_cancelled_is_ended() {
    for bed in [Bed::new(), Bed::unprotected()] {
        let (report, _) = bed.run_with(&["/bin/sleep", "1000"], &|launch| launch.spec.timeout_s = 1).await;
        assert_eq!(report.outcome, Outcome::Timeout, "{report:?}");
        assert!(report.detail.unwrap().contains("its time limit of 1 s"));
        let launch = bed.launch(&["/bin/sh", "-c", "echo up; sleep 1000"], &|_| ());
        let attempt = launch.attempt.clone();
        runs::engine::Engine::submit(&bed.engine, launch).await.unwrap();
        bed.far.until(attempt.as_str(), |heard| heard.text(Source::Stdout) == "up").await;
        bed.far.change(attempt.as_str(), |heard| heard.cancel = true);
        let heard = bed.far.until(attempt.as_str(), |heard| heard.report.is_some()).await;
        assert_eq!(heard.report.unwrap().outcome, Outcome::Cancelled);
    }
}

#[tokio::test]
async fn a_step_without_a_sandbox_finds_the_same_things_elsewhere() {
    let bed = Bed::unprotected();
    let input = bed.folder.path().join("rows.csv");
    std::fs::write(&input, "a,b").unwrap();
    let program = r#"
import json, os, urllib.request
step = json.load(open(os.environ["LOCKGATE_STEP"]))
print(open(step["inputs"]["rows"]["path"]).read(), urllib.request.urlopen(os.environ["LOCKGATE_URL"] + "/x").status, os.listdir("."))
open(step["outputs"]["table"], "w").write("t")
"#;
    let (report, heard) = bed
        .python_with(program, &|launch| {
            launch.inputs.insert("rows".into(), input.clone());
            launch.spec.inputs.insert("rows".into(), InputSpec::Path);
            launch.spec.outputs = vec!["table".into()];
        })
        .await;
    assert_eq!(report.outcome, Outcome::Succeeded, "{report:?} {}", heard.text(Source::Stderr));
    assert_eq!(heard.text(Source::Stdout), "a,b 200 ['train.py']");
    assert_eq!(&heard.outputs["table"][..], b"t");
}

#[tokio::test]
async fn a_server_that_is_away_misses_nothing() {
    let mut bed = Bed::new();
    let program = "
import sys, time
print('first', flush=True)
open('/tmp/go', 'w').close()
for n in range(20000): print('line', n)
open('/work/out/table', 'w').write('t')
";
    let launch = bed.launch(&[text(&interpreter().program), "-c", program], &|launch| {
        launch.spec.outputs = vec!["table".into()];
    });
    let attempt = launch.attempt.to_string();
    runs::engine::Engine::submit(&bed.engine, launch.clone()).await.unwrap();
    bed.far.until(&attempt, |heard| !heard.claims.is_empty()).await;
    bed.far.kill().await;
    let written = launch.folder.join("work/out/table");
    let waiting = async {
        while std::fs::read_to_string(&written).ok().as_deref() != Some("t") {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), waiting).await.expect("the step runs on");
    bed.far.again();
    let heard = bed.far.until(&attempt, |heard| heard.report.is_some()).await;
    assert_eq!(heard.report.as_ref().unwrap().outcome, Outcome::Succeeded, "{:?}", heard.report);
    let expected: Vec<_> =
        std::iter::once("first".to_owned()).chain((0..20_000).map(|n| format!("line {n}"))).collect();
    assert!(heard.text(Source::Stdout) == expected.join("\n"), "lines are missing or out of order");
    assert_eq!(&heard.outputs["table"][..], b"t");
}
