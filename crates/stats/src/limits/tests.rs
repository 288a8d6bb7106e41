//! Limits on each kind of report.
use super::*;
use expect_test::{Expect, expect};
use proptest::prelude::*;

struct Given(Value);

impl Report for Given {
    fn headline(&self) -> String {
        "What it says.".to_owned()
    }
    fn outcome(&self) -> Outcome {
        Outcome::Breached
    }
    fn tables(&self) -> Vec<Table> {
        Vec::new()
    }
    fn notes(&self) -> Vec<String> {
        vec!["A note.".to_owned()]
    }
    fn to_json(&self) -> Value {
        self.0.clone()
    }
}

fn quality() -> Value {
    json!({
        "metrics": {
            "roc_auc": {"value": 0.75, "interval": null, "reason": null},
            "log_loss": {"value": null, "interval": null, "reason": "scores are no probabilities"},
        },
        "slices": {"region": {
            "north": {"metrics": {"roc_auc": {"value": 0.6, "interval": null, "reason": null}}},
            "south=east": {"metrics": {"roc_auc": {"value": null, "interval": null, "reason": "one class only"}}},
        }},
    })
}

fn bias() -> Value {
    let facet = |dpl: Value, reason: Value, di: Value| json!({"metrics": {"DPL": {"value": dpl, "reason": reason}, "DI": {"value": di, "reason": null}}});
    json!({
        "facets": {
            "... < 0 DM": facet(json!(-0.25), Value::Null, json!("Infinity")),
            "female": facet(json!(0.05), Value::Null, json!(0.9)),
            "other": facet(Value::Null, json!("group of 3 rows: 3, and 30 are needed"), json!(1.0)),
        },
        "groups": {"demographic_parity_difference": {"value": 0.2, "reason": null}},
    })
}

fn profile() -> Value {
    json!({"rows": 100, "columns": {
        "age": {"distinct": 3, "mean": 40.5, "reasons": {}},
        "region": {"distinct": 12, "mean": null, "reasons": {"mean": "there are no numbers in the column"}},
    }})
}

fn drift() -> Value {
    let column = |psi: f64| json!({"tests": {"psi": {"value": psi}}, "verdict": "within", "p_value": 0.5});
    json!({"columns": {"age": column(0.25), "region": column(0.01)}, "dataset": {"drifted_share": 0.5}})
}

/// Shows verdict, what it is of, value and reason of each finding, and what they come to.
fn shown(report: Value, limits: &[&str]) -> String {
    let limits: Vec<Limit> = limits.iter().map(|limit| limit.parse().unwrap()).collect();
    let report = Given(report);
    let limited = Limited::new(&report, &limits);
    let line = |finding: &Finding| {
        let (of, reason) = (finding.of.clone().unwrap_or_default(), finding.reason.clone().unwrap_or_default());
        format!("{:?} {} [{of}] {:?} {reason}", finding.verdict, finding.limit, finding.value).trim_end().to_owned()
            + "\n"
    };
    let lines: String = limited.findings().iter().map(line).collect();
    format!("{lines}→ {:?}", limited.outcome())
}

#[track_caller]
fn check(report: Value, limits: &[&str], expected: Expect) {
    expected.assert_eq(&shown(report, limits));
}

#[test]
fn a_metric_of_all_rows_and_one_of_a_slice() {
    check(
        quality(),
        &["roc_auc>=0.7", "roc_auc > 0.75", "roc_auc[north]>=0.7", "roc_auc[region=north]>0.5"],
        expect![[r#"
            Within roc_auc>=0.7 [] Some(0.75)
            Breached roc_auc>0.75 [] Some(0.75)
            Breached roc_auc[north]>=0.7 [region=north] Some(0.6)
            Within roc_auc[region=north]>0.5 [region=north] Some(0.6)
            → Breached"#]],
    );
}

#[test]
fn a_slice_may_be_called_as_a_key() {
    let slice = |auc: f64| json!({"metrics": {"roc_auc": {"value": auc}}});
    check(
        json!({"slices": {"region": {"values": slice(0.6), "metrics": slice(0.8)}}}),
        &["roc_auc[values]>=0.7", "roc_auc[region=metrics]>=0.7"],
        expect![[r#"
            Breached roc_auc[values]>=0.7 [region=values] Some(0.6)
            Within roc_auc[region=metrics]>=0.7 [region=metrics] Some(0.8)
            → Breached"#]],
    );
}

#[test]
fn a_slice_may_be_called_as_a_comparison() {
    check(
        json!({"slices": {"age": {"> 25 ≤ 40": {"metrics": {"roc_auc": {"value": 0.6}}}}}}),
        &["roc_auc[age=> 25 ≤ 40]>=0.5", "roc_auc[> 25 ≤ 40]<0.5"],
        expect![[r#"
            Within roc_auc[age=> 25 ≤ 40]>=0.5 [age=> 25 ≤ 40] Some(0.6)
            Breached roc_auc[> 25 ≤ 40]<0.5 [age=> 25 ≤ 40] Some(0.6)
            → Breached"#]],
    );
}

#[test]
fn what_was_not_computed_is_never_kept() {
    check(
        quality(),
        &["log_loss<=1", "roc_acu>=0.1", "roc_auc[west]>=0.1", "roc_auc[region=south=east]>=0", "roc_auc>=0.1"],
        expect![[r#"
            NotComputable log_loss<=1 [] None scores are no probabilities
            NotComputable roc_acu>=0.1 [] None `roc_acu` was not computed: did you mean `roc_auc`?
            NotComputable roc_auc[west]>=0.1 [west] None the report has no column, facet value or slice `west`
            NotComputable roc_auc[region=south=east]>=0 [region=south=east] None one class only
            Within roc_auc>=0.1 [] Some(0.75)
            → NotComputable"#]],
    );
}

#[test]
fn without_a_name_every_facet_value_and_every_column_is_meant() {
    check(
        bias(),
        &["abs(DPL)<=0.1", "DPL<=0.1", "DPL[... < 0 DM]<0", "DI>=0.8"],
        expect![[r#"
        Breached abs(DPL)<=0.1 [... < 0 DM] Some(-0.25)
        Within abs(DPL)<=0.1 [female] Some(0.05)
        NotComputable abs(DPL)<=0.1 [other] None group of 3 rows: 3, and 30 are needed
        Within DPL<=0.1 [... < 0 DM] Some(-0.25)
        Within DPL<=0.1 [female] Some(0.05)
        NotComputable DPL<=0.1 [other] None group of 3 rows: 3, and 30 are needed
        Within DPL[... < 0 DM]<0 [... < 0 DM] Some(-0.25)
        Within DI>=0.8 [... < 0 DM] Some(inf)
        Within DI>=0.8 [female] Some(0.9)
        Within DI>=0.8 [other] Some(1.0)
        → Breached"#]],
    );
    check(
        bias(),
        &["demographic_parity_difference<=0.2"],
        expect![[r#"
        Within demographic_parity_difference<=0.2 [] Some(0.2)
        → Within"#]],
    );
    check(
        profile(),
        &["rows>=100", "distinct>=10", "mean>=0"],
        expect![[r#"
        Within rows>=100 [] Some(100.0)
        Breached distinct>=10 [age] Some(3.0)
        Within distinct>=10 [region] Some(12.0)
        Within mean>=0 [age] Some(40.5)
        NotComputable mean>=0 [region] None there are no numbers in the column
        → Breached"#]],
    );
    check(
        drift(),
        &["psi<=0.2", "psi[region]<=0.2", "drifted_share<0.5", "p_value[age]>=0.01", "verdict<1"],
        expect![[r#"
            Breached psi<=0.2 [age] Some(0.25)
            Within psi<=0.2 [region] Some(0.01)
            Within psi[region]<=0.2 [region] Some(0.01)
            Breached drifted_share<0.5 [] Some(0.5)
            Within p_value[age]>=0.01 [age] Some(0.5)
            NotComputable verdict<1 [age] None it is no number
            NotComputable verdict<1 [region] None it is no number
            → Breached"#]],
    );
}

#[test]
fn a_type_that_cannot_have_a_number_is_no_failure() {
    let column = |came: &str, mean: Value| json!({"type": came, "mean": mean, "reasons": {"mean": "why not"}});
    let profile = json!({"columns": {
        "age": column("number", json!(40.5)), "city": column("text", Value::Null), "day": column("time", json!("2026-01-01")),
        "empty": column("unknown", Value::Null),
    }});
    check(
        profile.clone(),
        &["mean>=0", "mean[city]>=0"],
        expect![[r#"
            Within mean>=0 [age] Some(40.5)
            NotComputable mean>=0 [empty] None why not
            NotComputable mean[city]>=0 [city] None why not
            → NotComputable"#]],
    );
    let report = Given(profile);
    let limited = Limited::new(&report, &["mean>=0".parse().unwrap()]);
    assert_eq!(
        limited.notes()[0],
        "The limit `mean>=0` is not about columns whose type has no such number: `city`, `day`."
    );

    let test = |compared: &str, value: Value| json!({"compared": compared, "tests": {"ks": {"value": value, "reason": "why not"}}});
    let drift = json!({"columns": {"age": test("numbers", json!(0.1)), "city": test("categories", Value::Null)}});
    check(
        drift,
        &["ks<=0.2"],
        expect![[r#"
            Within ks<=0.2 [age] Some(0.1)
            → Within"#]],
    );
    let drift = json!({"columns": {"gone": test("missing", Value::Null), "city": test("categories", Value::Null)}});
    check(
        drift,
        &["ks<=0.2"],
        expect![[r#"
            NotComputable ks<=0.2 [gone] None why not
            → NotComputable"#]],
    );
    check(
        json!({"columns": {"city": test("categories", Value::Null)}}),
        &["ks<=0.2"],
        expect![[r#"
            NotComputable ks<=0.2 [city] None why not
            → NotComputable"#]],
    );
}

#[test]
fn limits_are_written_in_one_way_and_read_back() {
    for (text, back) in [
        ("roc_auc>=0.7", "roc_auc>=0.7"),
        (" roc_auc >= 7e-1 ", "roc_auc>=0.7"),
        ("abs( DPL )<=.1", "abs(DPL)<=0.1"),
        ("abs(DPL[a>=b])<-2", "abs(DPL[a>=b])<-2"),
        ("DPL[[x]]>1", "DPL[[x]]>1"),
        ("precision_at_k[]>0", "precision_at_k[]>0"),
    ] {
        assert_eq!(text.parse::<Limit>().unwrap().to_string(), back);
    }
    for wrong in [
        "",
        "roc_auc",
        "roc_auc=0.7",
        ">=0.7",
        "roc_auc>=",
        "roc_auc>=x",
        "roc_auc>=nan",
        "roc_auc>=inf",
        "a b>=1",
        "=>1",
    ] {
        let said = wrong.parse::<Limit>().unwrap_err().to_string();
        assert!(said.starts_with(&format!("`limit` is `{wrong}`: expected a limit such as")), "{said}");
    }
}

#[test]
fn limits_come_first_and_stand_in_the_dictionary() {
    let report = Given(bias());
    let limits = ["DPL[female]<=0.1".parse().unwrap(), "DI[... < 0 DM]<=1.25".parse().unwrap()];
    let limited = Limited::new(&report, &limits);
    expect![[r#"
        breached: Of what has a limit, 1 within and 1 beyond it. What it says.

        Limits
        verdict   limit                 of          found  why not
        within    DPL[female]<=0.1      female       0.05
        breached  DI[... < 0 DM]<=1.25  ... < 0 DM      ∞

        - A note.
    "#]]
    .assert_eq(&crate::to_text(&limited, 120));
    expect![[r#"[{"limit":"DPL[female]<=0.1","of":"female","value":0.05,"verdict":"within","reason":null},{"limit":"DI[... < 0 DM]<=1.25","of":"... < 0 DM","value":"Infinity","verdict":"breached","reason":null}]"#]].assert_eq(&limited.to_json()["limits"].to_string());
    assert_eq!(limited.to_json()["facets"], report.0["facets"]);
    let without = Limited::new(&report, &[]);
    assert_eq!(
        (without.outcome(), without.verdict()),
        (Outcome::Breached, Some(Outcome::Breached)),
        "the report decides"
    );
    assert_eq!(
        (without.headline(), without.tables(), without.to_json()),
        ("What it says.".into(), Vec::new(), report.0.clone())
    );
}

#[test]
fn an_empty_report_and_one_of_nothing_known_have_reasons() {
    for report in [
        json!({}),
        json!({"facets": {}}),
        json!(null),
        json!({"columns": {"a": null}}),
        json!({"metrics": {"DPL": [1]}}),
    ] {
        let shown = shown(report, &["DPL<=0.1", "DPL[a]<=0.1"]);
        assert!(shown.ends_with("→ NotComputable"), "{shown}");
    }
}

proptest! {
    #[test]
    fn reading_never_breaks_and_what_is_shown_reads_back(text in any::<String>(), of in "[^\n]{0,9}", bound in -1e6..1e6_f64) {
        let _ = text.parse::<Limit>();
        let limit: Limit = format!("DPL[{of}]<={bound}").parse().unwrap();
        prop_assert_eq!(limit.to_string().parse::<Limit>().unwrap(), limit);
    }
}
