use super::{ColumnFacts, Contract, DatasetFacts, Facts, judge};
use crate::checks::Verdict;
use catalog::profile::{ColumnProfile, Datum, TopValue};
use expect_test::{Expect, expect};
use proptest::prelude::*;
use serde_json::json;
use std::fmt::Write;

const HEAD: &str = "apiVersion: v3.1.0\nkind: DataContract\nid: x\nversion: 1.0.0\nstatus: active\n";

fn profile(rows: u64, change: impl FnOnce(&mut ColumnProfile)) -> ColumnProfile {
    let plain = json!({"name": "x", "data_type": "Int64", "rows": rows, "nulls": 0, "shown": true,
        "distinct": rows, "distinct_exact": true, "top_error": 0});
    let mut profile: ColumnProfile = serde_json::from_value(plain).unwrap();
    change(&mut profile);
    profile
}

fn facts() -> Facts {
    let of = |data_type: &str, profile: Option<ColumnProfile>| ColumnFacts { data_type: data_type.into(), profile };
    let top = |value: &str| TopValue { value: value.into(), count: 9 };
    let columns = [
        ("id", of("Utf8", Some(profile(100, |_| ())))),
        (
            "amount",
            of(
                "Int64",
                Some(profile(100, |p| {
                    (p.min, p.max, p.nulls) = (Some(Datum::Integer(5)), Some(Datum::Integer(900)), 3);
                })),
            ),
        ),
        (
            "housing",
            of(
                "Utf8",
                Some(profile(100, |p| {
                    (p.distinct, p.top) = (Some(2), vec![top("own"), top("rent")]);
                })),
            ),
        ),
        (
            "age",
            of(
                "Int64",
                Some(profile(100, |p| {
                    (p.shown, p.distinct, p.why_not) = (false, None, Some("the column is restricted".into()));
                })),
            ),
        ),
        ("fresh", of("Float64", None)),
    ];
    let columns = columns.into_iter().map(|(name, facts)| (name.to_owned(), facts)).collect();
    [("retail.core.loans".to_owned(), DatasetFacts { rows: 100, columns })].into()
}

#[track_caller]
fn judged(schema: &str, expected: Expect) {
    let contract = Contract::read(format!("{HEAD}{schema}").as_bytes());
    let page = match contract {
        Err(error) => format!("{:?}: {error}\n", error.line),
        Ok(contract) => {
            let mut page = String::new();
            for one in judge(&contract, &facts()) {
                let name = one.column.unwrap_or_else(|| format!("({})", one.table));
                let verdict = match one.verdict {
                    Verdict::Passed => "passed",
                    Verdict::Failed => "failed",
                    Verdict::NotComputable => "not computable",
                };
                writeln!(page, "{name}: {verdict} {}", one.reason).unwrap();
            }
            page
        }
    };
    expected.assert_eq(&page);
}

#[test]
fn columns_are_judged_one_by_one_against_what_is_known() {
    judged(
        "schema:
  - name: loans
    physicalName: retail.core.loans
    quality: [{metric: rowCount, mustBeGreaterOrEqualTo: 100}]
    properties:
      - {name: id, logicalType: string, required: true, unique: true, primaryKey: true}
      - {name: credit_amount, physicalName: amount, logicalType: integer, logicalTypeOptions: {minimum: 5, maximum: 900}}
      - {name: housing, logicalType: string, quality: [{metric: invalidValues, arguments: {validValues: [own, rent]}, mustBe: 0}]}
      - {name: age, logicalType: integer, required: true, logicalTypeOptions: {minimum: 18}}
      - {name: fresh, logicalType: number, required: true}
",
        expect![[r#"
            (loans): passed 
            id: passed 
            credit_amount: passed 
            housing: passed 
            age: not computable the column is restricted
            fresh: not computable no crawl has read its values yet
        "#]],
    );
    judged(
        "schema:
  - name: loans
    quality: [{metric: rowCount, mustBeBetween: [1, 50]}]
    properties:
      - {name: id, logicalType: integer, transformSourceObjects: [retail.core.loans]}
      - {name: amount, required: true, logicalTypeOptions: {minimum: 6, maximum: 899}, transformSourceObjects: [retail.core.loans]}
      - {name: housing, unique: true, transformSourceObjects: [retail.core.loans],
         quality: [{metric: invalidValues, arguments: {validValues: [own]}, mustBe: 0}, {metric: freshness}]}
      - {name: housin, transformSourceObjects: [retail.core.loans]}
      - {name: gone, transformSourceObjects: [retail.core.none]}
      - {name: derived}
",
        expect![[r#"
            (loans): not computable its columns come from several datasets, whose rows are joined in the pipeline
            id: failed it is `Utf8`; the contract says `integer`
            amount: failed 3 of 100 values are missing; its minimum is 5; the contract says 6; its maximum is 900; the contract says 899
            housing: failed 98 of 100 values are repeats; `rent` is not among the valid values
            housin: failed `retail.core.loans` has no column `housin`; did you mean `housing`?
            gone: failed the catalog shows this project no dataset `retail.core.none`
        "#]],
    );
}

#[test]
fn a_mistake_is_named_with_its_place() {
    judged(
        "schema: [\n",
        expect![[r#"
        Some(7): it is not YAML: while parsing a node, did not find expected node content
    "#]],
    );
    judged(
        "schema: {}\n",
        expect![[r#"
        None: `schema` of the contract is not a list
    "#]],
    );
    judged(
        "schema: [{name: t, properties: [{name: a, logicalType: integr}]}]\n",
        expect![[r#"
        None: `integr` is no logical type (column `a`); did you mean `integer`?
    "#]],
    );
    judged(
        "schema: [{name: t, properties: [{name: a, required: yes}]}]\n",
        expect![[r#"
        None: `required` of column `a` is neither `true` nor `false`
    "#]],
    );
    judged(
        "schema: [{name: t, properties: [{name: a}, {name: a}]}]\n",
        expect![[r#"
        None: table `t` has two columns `a`
    "#]],
    );
    judged(
        "schema: [{name: t, properties: [{name: a, transformSourceObjects: [loans]}]}]\n",
        expect![[r#"
        None: `loans` is no dataset `lake.schema.table` (column `a`)
    "#]],
    );
    judged(
        "id: y\n",
        expect![[r#"
        Some(6): `id` stands there twice
    "#]],
    );
}

#[test]
fn bombs_are_refused_and_what_names_no_source_is_only_well_formed() {
    judged(
        "a: &a [x, x]\nb: *a\nschema: []\n",
        expect![[r#"
        Some(7): aliases (`*name`) are not read here: write the value out
    "#]],
    );
    judged(
        "a: !!binary aGk=\n",
        expect![[r#"
        Some(6): tags (`!name`) are not read here: leave it out
    "#]],
    );
    let deep = format!("a: {}", "[".repeat(5_000));
    let wide = format!("a: [{}]", "1,".repeat(60_000));
    for bomb in [deep, wide] {
        assert!(Contract::read(format!("{HEAD}{bomb}").as_bytes()).is_err());
    }
    let template = include_str!("../../../../templates/tabular-classification/contract.yaml");
    let contract = Contract::read(template.replace("{{ project }}", "p").as_bytes()).unwrap();
    assert!(contract.sources().is_empty() && contract.tables[0].columns.len() > 10);
    assert_eq!(judge(&contract, &facts()), []);
}

proptest! {
    /// Whatever stands in the file: an answer, never a panic, and never a long one.
    #[test]
    fn any_text_is_read_to_an_answer(text in "[ -~\n]{0,300}", tail in "(name|schema|properties|[:\\[{}\\]&*!\n -]|v3\\.1){0,60}") {
        for text in [text, format!("{HEAD}{tail}")] {
            if let Err(error) = Contract::read(text.as_bytes()) {
                prop_assert!(error.why.len() < 1_000);
            }
        }
    }
}
