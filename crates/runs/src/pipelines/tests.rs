use super::*;
use base::Fault;
use expect_test::{Expect, expect};
use proptest::prelude::*;
use serde_json::{Value, json};

fn minimal() -> Value {
    json!({"version": 1, "name": "train", "parameters": {"seed": {"type": "integer", "default": 7}},
    "steps": [
        {"name": "prepare", "run": {"python": "pipelines.train:prepare"}, "inputs": {"rows": {"file": "data/fixture.csv"}},
            "parameters": ["seed"], "outputs": ["table"]},
        {"name": "fit", "run": {"command": ["/bin/true"]}, "inputs": {"table": {"step": "prepare", "output": "table"}}},
    ]})
}

#[track_caller]
fn check(change: impl FnOnce(&mut Value), expected: Expect) {
    let mut value = minimal();
    change(&mut value);
    let shown = match Pipeline::from_json(&value) {
        Ok(pipeline) => format!("{} steps", pipeline.steps.len()),
        Err(error) => format!("{error}; {}", error.hint().unwrap_or_default()),
    };
    expected.assert_eq(&shown);
}

#[test]
fn every_mistake_is_named_with_its_place_and_the_nearest_word() {
    check(|_| {}, expect!["2 steps"]);
    check(|v| v["stesp"] = json!([]), expect!["the pipeline's top level: `stesp` is no key; did you mean `steps`?"]);
    check(|v| v["version"] = json!(2), expect!["the pipeline's `version`: `2` is not one that this server reads: 1; "]);
    check(
        |v| v["steps"][0]["output"] = json!([]),
        expect!["the pipeline's step `prepare`: `output` is no key; did you mean `outputs`?"],
    );
    check(
        |v| v["steps"][0]["inputs"]["rows"] = json!({"fil": "x"}),
        expect!["the pipeline's step `prepare` input `rows`: `fil` is no key; did you mean `file`?"],
    );
    check(
        |v| v["steps"][0]["inputs"]["rows"] = json!({"file": "../x"}),
        expect!["the pipeline's step `prepare` input `rows`: `../x` is not a path inside the repository; "],
    );
    check(
        |v| v["steps"][0]["inputs"]["rows"] = json!({"file": "x", "step": "y"}),
        expect!["the pipeline's step `prepare` input `rows`: `step` does not go with `file`; "],
    );
    check(
        |v| v["steps"][0]["run"] = json!({"pyton": "a:b"}),
        expect!["the pipeline's step `prepare` `run`: `pyton` is no key; did you mean `python`?"],
    );
    check(
        |v| v["steps"][0]["run"] = json!({"python": "a b"}),
        expect!["the pipeline's step `prepare` `run`: `a b` is not `module:function`; "],
    );
    check(
        |v| v["steps"][0]["parameters"] = json!(["sed"]),
        expect![
            "the pipeline's step `prepare` `parameters`: `sed` is no parameter of the pipeline; did you mean `seed`?"
        ],
    );
    check(
        |v| v["steps"][1]["inputs"]["table"]["output"] = json!("tabel"),
        expect![
            "the pipeline's step `fit` input `table`: `tabel` is no output of step `prepare`; did you mean `table`?"
        ],
    );
    check(
        |v| v["steps"][1]["after"] = json!(["prepar"]),
        expect!["the pipeline's step `fit` `after`: `prepar` is no step; did you mean `prepare`?"],
    );
    check(
        |v| v["steps"][0]["after"] = json!(["fit"]),
        expect![
            "the steps wait for each other: fit → prepare → fit; take one of these steps out of another's `after` or inputs"
        ],
    );
    check(
        |v| v["steps"][1]["name"] = json!("prepare"),
        expect!["the pipeline's `steps`: two steps are named `prepare`; "],
    );
    check(
        |v| v["steps"][0]["timeout_s"] = json!(0),
        expect!["the pipeline's step `prepare` `timeout_s`: `0` is not a whole number from 1 to 604800; "],
    );
    check(
        |v| v["steps"][0]["env"] = json!({"LOCKGATE_TOKEN": "x"}),
        expect!["the pipeline's step `prepare` `env`: `LOCKGATE_TOKEN` is set by the runner; "],
    );
    check(
        |v| v["parameters"]["seed"]["default"] = json!("x"),
        expect!["the pipeline's parameter `seed` `default`: `\"x\"` is not a value of type `integer`; "],
    );
    check(
        |v| v["steps"][0]["inputs"]["rows"] = json!({"dataset": "retail.core.customers", "use": "check"}),
        expect![
            "the pipeline's step `prepare` input `rows` `use`: `check` is no use; known here: explore, train, score, monitor"
        ],
    );
    check(
        |v| v["steps"][0]["inputs"]["rows"] = json!({"dataset": "a.b.c", "use": "train", "fixture": "../x.csv"}),
        expect!["the pipeline's step `prepare` input `rows`: `../x.csv` is not a path inside the repository; "],
    );
    check(
        |v| v["steps"][0]["inputs"]["rows"] = json!({"dataset": "a.b.c", "use": "train", "columns": ["x", "x"]}),
        expect!["the pipeline's step `prepare` input `rows` `columns`: `x` stands there twice; "],
    );
    check(
        |v| v["steps"][0]["inputs"]["rows"] = json!({"file": "x", "fixture": "y"}),
        expect!["the pipeline's step `prepare` input `rows`: `fixture` does not go with `file`; "],
    );
}

#[test]
fn parameters_are_checked_against_the_pipeline() {
    let pipeline = Pipeline::from_json(&minimal()).unwrap();
    let resolve = |given: Value| {
        let given: Parameters = serde_json::from_value(given).unwrap();
        match pipeline.resolve(&given) {
            Ok(values) => serde_json::to_string(&values).unwrap(),
            Err(error) => format!("{error}; {}", error.hint().unwrap_or_default()),
        }
    };
    expect![[r#"{"seed":7}"#]].assert_eq(&resolve(json!({})));
    expect![[r#"{"seed":8}"#]].assert_eq(&resolve(json!({"seed": 8})));
    expect!["parameter `seed` takes a value of type `integer`, not `8.5`; correct its value"]
        .assert_eq(&resolve(json!({"seed": 8.5})));
    expect!["pipeline `train` takes no parameter `sed`; did you mean `seed`?"].assert_eq(&resolve(json!({"sed": 8})));
}

#[test]
fn what_was_read_is_written_and_read_again() {
    let pipeline = Pipeline::from_json(&minimal()).unwrap();
    assert_eq!(Pipeline::from_json(&pipeline.to_json()).unwrap(), pipeline);
}

fn chain(waits: &[Vec<usize>]) -> Value {
    let steps: Vec<Value> = waits
        .iter()
        .enumerate()
        .map(|(n, after)| {
            let after: Vec<String> = after.iter().map(|n| format!("s{n}")).collect();
            json!({"name": format!("s{n}"), "run": {"command": ["/bin/true"]}, "after": after})
        })
        .collect();
    json!({"version": 1, "name": "p", "steps": steps})
}

proptest! {
    #[test]
    fn steps_that_wait_only_for_earlier_ones_have_an_order(picks in prop::collection::vec(prop::collection::vec(0_usize..40, 0..4), 1..40)) {
        let waits: Vec<Vec<usize>> = picks.iter().enumerate().map(|(n, picks)| {
            let mut earlier: Vec<usize> = picks.iter().filter(|_| n > 0).map(|pick| pick % n.max(1)).collect();
            earlier.sort_unstable();
            earlier.dedup();
            earlier
        }).collect();
        let pipeline = Pipeline::from_json(&chain(&waits)).unwrap();
        let ordered: Vec<String> = graph::order(&pipeline.steps).unwrap().into_iter().map(ToOwned::to_owned).collect();
        prop_assert_eq!(ordered.len(), waits.len());
        for step in &pipeline.steps {
            let at = |name: &str| ordered.iter().position(|seen| seen == name).unwrap();
            for before in step.waits_for() {
                prop_assert!(at(before) < at(&step.name));
            }
        }
        let graph = Graph::of(pipeline);
        for name in &ordered {
            for after in graph.followers(name) {
                prop_assert!(graph.all_after(name).contains(&after));
            }
            prop_assert!(!graph.all_after(name).contains(&name.as_str()));
        }
    }
}

#[test]
fn only_the_platform_writes_platform_steps() {
    let mut value = minimal();
    value["steps"][1]["run"] = json!({"platform": "lint"});
    check(
        |v| *v = value.clone(),
        expect!["the pipeline's step `fit` `run`: `platform` is no key; known here: python, command"],
    );
    let pipeline = Pipeline::of_the_platform(&value).unwrap();
    assert!(!pipeline.steps[0].is_platform() && pipeline.steps[1].is_platform());
    assert_eq!(Pipeline::of_the_platform(&pipeline.to_json()), Ok(pipeline), "a plan is read back as it was");
    for run in [json!({"platform": "../lint"}), json!({"platform": ""}), json!({"platform": "lint", "python": "a:b"})] {
        value["steps"][1]["run"] = run;
        assert!(Pipeline::of_the_platform(&value).is_err());
    }
}

#[test]
fn only_the_platform_says_which_endpoint_a_step_calls() {
    let mut value = minimal();
    value["steps"][0]["env"] = json!({"LOCKGATE_ENDPOINT": "preprod.credit-risk"});
    check(
        |v| *v = value.clone(),
        expect!["the pipeline's step `prepare` `env`: `LOCKGATE_ENDPOINT` is set by the runner; "],
    );
    assert!(Pipeline::of_the_platform(&value).is_ok());
    value["steps"][0]["env"] = json!({"LOCKGATE_TOKEN": "lg_x"});
    assert!(Pipeline::of_the_platform(&value).is_err());
}

#[test]
fn a_dataset_with_a_fixture_is_read_and_written_again() {
    let mut value = minimal();
    let input =
        json!({"dataset": "a.b.c", "use": "train", "purpose": "p-1", "columns": ["x", "y"], "fixture": "data/x.csv"});
    value["steps"][0]["inputs"]["rows"] = input.clone();
    let pipeline = Pipeline::from_json(&value).unwrap();
    assert_eq!(pipeline.steps[0].inputs["rows"].to_json(), input);
    let Input::Dataset(read) = &pipeline.steps[0].inputs["rows"] else { panic!("no dataset") };
    let stand_in = |environment: &str| read.stand_in(&environment.into()).map(str::to_owned);
    assert_eq!(stand_in("credit-risk/dev").as_deref(), Some("data/x.csv"));
    assert_eq!((stand_in("credit-risk/preprod"), stand_in("credit-risk/prod")), (None, None));
}
