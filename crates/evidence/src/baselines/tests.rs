use super::store::BaselineStore;
use super::{Baseline, read};
use base::{Fault, Timestamp};
use expect_test::{Expect, expect};
use testkit::on_each_engine;

const HEAD: &str = "stage,value,unit,n,definition_from,definition_to,source\n";

#[track_caller]
fn check(lines: &str, expected: Expect) {
    let said = match read(&format!("{HEAD}{lines}")) {
        Ok(lines) => format!("{} lines, {} s", lines.len(), lines[0].seconds()),
        Err(error) => format!("{}: {error}", error.fault().1),
    };
    expected.assert_eq(&said);
}

#[test]
fn a_baseline_fits_whole_or_its_line_and_column_are_named() {
    check("find,2,days,4,\"a, b\",c,tickets\n", expect!["1 lines, 172800 s"]);
    check(
        "find,2,days,4,a,b,tickets\nfind,x,days,4,a,b,t\n",
        expect!["evidence.baseline: line 3, column `value`: `x` is no number above 0"],
    );
    check(
        "fnd,2,days,4,a,b,t\n",
        expect![
            "evidence.baseline: line 2, column `stage`: `fnd` is none of find, access, environment, prove, release, value"
        ],
    );
    check(
        "find,2,months,4,a,b,t\n",
        expect!["evidence.baseline: line 2, column `unit`: `months` is none of hours, days, weeks"],
    );
    check("find,2,days,0,a,b,t\n", expect!["evidence.baseline: line 2, column `n`: `0` is no whole number of cases"]);
    check("find,NaN,days,4,a,b,t\n", expect!["evidence.baseline: line 2, column `value`: `NaN` is no number above 0"]);
    check(
        "find,2,days,4,,b,t\n",
        expect!["evidence.baseline: line 2, column `definition_from`: it takes a text of 1 to 300 characters"],
    );
    check("find,2,days\n", expect!["evidence.baseline: line 2: 3 fields stand where 7 should"]);
    check("", expect!["evidence.baseline: line 1: no line follows the header"]);
    let other = read("stage,value\nfind,2\n").unwrap_err().to_string();
    expect!["line 1: the columns are `stage,value`"].assert_eq(&other);
}

#[tokio::test]
async fn the_last_one_imported_is_first() {
    on_each_engine(&crate::migrations_for_tests(), async |db| {
        let lines = read(&format!("{HEAD}find,2.5,days,4,a,b,tickets\n")).unwrap();
        let one = |id: &str, at: i64| Baseline {
            id: id.into(),
            digest: base::digest_of(&lines).unwrap(),
            lines: lines.clone(),
            imported_by: "pat".into(),
            imported_at: Timestamp(at),
        };
        let (a, b, c) = (&one("bl-1", 5), &one("bl-2", 9), &one("bl-3", 9));
        db.write(|tx| async move {
            for baseline in [a, b, c] {
                tx.insert_baseline(baseline).await?;
            }
            assert_eq!(tx.list_baselines(None, 9).await?, [c.clone(), b.clone(), a.clone()]);
            assert_eq!(tx.list_baselines(Some(&(9, "bl-3".into())), 1).await?, std::slice::from_ref(b));
            Ok::<_, db::Error>(())
        })
        .await
        .unwrap();
    })
    .await;
}
