use expect_test::{Expect, expect};

use super::*;

async fn check(sql: &str, expected: Expect) {
    let fixture = Fixture::new(Some(NORTH)).await;
    let error = fixture.batches(sql).await.unwrap_err();
    let hint = match &error {
        Error::Mistake { hint: Some(hint), .. } => format!("\n→ {hint}"),
        _ => String::new(),
    };
    expected.assert_eq(&format!("{error}{hint}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_typo_is_pointed_at() {
    check(
        "SELEC x FROM people",
        expect![[r#"
        line 1, column 1: expected an SQL statement, found SELEC
          SELEC x FROM lake.core.people
          ^^^^^"#]],
    )
    .await;
    check(
        "SELECT x\nFROM people\nWHER x > 1",
        expect![[r#"
        line 3, column 6: expected end of statement, found x
          WHER x > 1
               ^"#]],
    )
    .await;
    check(
        "SELECT x FROM people WHERE x >",
        expect![[r#"
        line 1, column 41: expected an expression, found the end
          SELECT x FROM lake.core.people WHERE x >
                                                  ^"#]],
    )
    .await;
    check(
        "SELECT 'abc FROM people",
        expect![[r#"
        line 1, column 8: Unterminated string literal
          SELECT 'abc FROM lake.core.people
                 ^"#]],
    )
    .await;
    check(
        "SELECT (x FROM people",
        expect![[r#"
        line 1, column 11: expected ), found FROM
          SELECT (x FROM lake.core.people
                    ^^^^"#]],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_not_there_is_pointed_at_with_the_nearest() {
    check(
        "SELECT regoin FROM people",
        expect![[r#"
        line 1, column 8: there is no column `regoin`
          SELECT regoin FROM lake.core.people
                 ^^^^^^
        → did you mean `region`?"#]],
    )
    .await;
    check(
        "SELECT x FROM people p WHERE p.remrak = 'a'",
        expect![[r#"
        line 1, column 42: there is no column `remrak` in `p`
          SELECT x FROM lake.core.people p WHERE p.remrak = 'a'
                                                   ^^^^^^
        → did you mean `remark`?"#]],
    )
    .await;
    check("SELECT zzzzzz FROM people", expect![[r#"
        line 1, column 8: there is no column `zzzzzz`
          SELECT zzzzzz FROM lake.core.people
                 ^^^^^^
        → visible to you: `city`, `code`, `id`, `label`, `national_no`, `person`, `region`, `remark`, `salary`, `tags`, `team`, `x`"#]]).await;
    check(
        "SELECT cuont(x) FROM people",
        expect![[r#"
        line 1, column 8: there is no function `cuont`
          SELECT cuont(x) FROM lake.core.people
                 ^^^^^
        → did you mean `count`?"#]],
    )
    .await;
    check(
        "SELECT x FROM poeple",
        expect![[r#"
        line 1, column 15: `poeple` is not the full name of a dataset
          SELECT x FROM poeple
                        ^^^^^^
        → name a dataset as `lake.schema.table`; a lake with a hyphen goes in double quotes"#]],
    )
    .await;
    check(
        "SELECT sum(code) FROM people",
        expect![[r#"
        line 1, column 8: there is no function for these types: `sum(Utf8)`
          SELECT sum(code) FROM lake.core.people
                 ^^^
        → convert an argument with `CAST(… AS …)`, or use another function"#]],
    )
    .await;
    check(
        "SELECT x + region FROM people",
        expect!["cannot coerce arithmetic expression Int64 + Dictionary(Int32, Utf8) to valid types"],
    )
    .await;
    check("SELECT x, count(*) FROM people", expect![[r#"
        line 1, column 8: column in SELECT must be in GROUP BY or an aggregate function: While expanding wildcard, column "lake.core.people.x" must appear in the GROUP BY clause or must be part of an aggregate function, currently only "count(Int64(1))" appears in the SELECT clause satisfies this requirement
          SELECT x, count(*) FROM lake.core.people
                 ^"#]]).await;
    check(
        "SELECT x FROM people a JOIN people b ON a.x = b.x",
        expect![[r#"
        line 1, column 8: ambiguous reference to unqualified field x
          SELECT x FROM lake.core.people a JOIN lake.core.people b ON a.x = b.x
                 ^"#]],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn capitals_are_found_without_quotes() {
    let folder = TempDir::new().unwrap();
    let batch = RecordBatch::try_from_iter([
        ("LIMIT_BAL", Arc::new(Int64Array::from(vec![3, 1])) as Arc<dyn Array>),
        ("Age", Arc::new(Int64Array::from(vec![30, 40]))),
        ("id", Arc::new(Int64Array::from(vec![1, 2]))),
    ]);
    let pinned = store(folder.path(), Stored::Csv, batch.unwrap());
    let terms = ["LIMIT_BAL", "Age", "id"].map(|name| (name.to_owned(), Term::Clear)).into();
    let policy = Policy { terms, row_filter: None, split: None, key: Key::new(&[7; 32]) };
    let mut session = Session::new(1 << 26, 1, None).unwrap();
    session.add(&name("people"), pinned, policy).unwrap();
    for (sql, expected) in [
        ("SELECT limit_bal FROM lake.core.people ORDER BY age", vec!["3", "1"]),
        ("SELECT p.Limit_Bal, \"Age\", ID FROM lake.core.people p WHERE LIMIT_BAL < 2", vec!["1|40|2"]),
        ("SELECT id AS age FROM lake.core.people ORDER BY age DESC", vec!["2", "1"]),
    ] {
        let prepared = session.prepare(Statement::parse(sql).unwrap(), 10).await.unwrap();
        let batches: Vec<RecordBatch> = session.run(prepared).await.unwrap().batches.try_collect().await.unwrap();
        assert_eq!(texts(&batches), expected, "{sql}");
    }
}
