use datafusion::arrow::ipc::writer::StreamWriter;

use super::*;

const SHAPES: [&str; 38] = [
    "SELECT * FROM people",
    "SELECT person AS code, p.city AS x, p.salary AS region, team FROM people AS p",
    "SELECT q.a FROM (SELECT person AS a FROM people WHERE x < 50) AS q ORDER BY a",
    "WITH q AS (SELECT person, city, national_no FROM people) SELECT * FROM q",
    "SELECT a.person, b.code FROM people a JOIN people b ON a.person = b.person",
    "SELECT a.code, b.code FROM people a FULL JOIN people b ON a.x = b.x + 1",
    "SELECT a.code FROM people a LEFT JOIN people b ON a.national_no = b.national_no AND b.x > 5000",
    "SELECT person FROM people UNION SELECT code FROM people UNION ALL SELECT city FROM people",
    "SELECT person FROM people UNION ALL SELECT 'a literal' UNION ALL SELECT max(city) FROM people",
    "SELECT code FROM people EXCEPT SELECT person FROM people",
    "SELECT person FROM people INTERSECT SELECT person FROM people WHERE x > 10",
    "SELECT lag(person) OVER (ORDER BY x), first_value(code) OVER (PARTITION BY city ORDER BY salary) FROM people",
    "SELECT row_number() OVER (ORDER BY person), lead(code) OVER (ORDER BY x) FROM people",
    "SELECT ntile(4) OVER (ORDER BY salary), last_value(person) OVER (ORDER BY team, x) FROM people",
    "SELECT min(person), max(person), min(city), max(team), min(salary), max(code), min(remark) FROM people",
    "SELECT string_agg(person, ','), array_agg(code), array_agg(DISTINCT city), sum(salary) FROM people",
    "SELECT city, team, count(*), max(code) FROM people GROUP BY city, team",
    "SELECT city, count(*) FROM people GROUP BY ROLLUP (city, team) ORDER BY 1",
    "SELECT DISTINCT person FROM people",
    "SELECT DISTINCT ON (city) person, code FROM people ORDER BY city, x DESC",
    "SELECT CASE WHEN salary IS NULL THEN person ELSE code END, coalesce(team, city) FROM people",
    "SELECT concat(person, code), upper(person), substr(city, 1, 6), arrow_typeof(person) FROM people",
    "SELECT (SELECT max(person) FROM people), code FROM people WHERE x < 10",
    "SELECT code FROM people a WHERE EXISTS (SELECT 1 FROM people b WHERE b.x = a.x + 1)",
    "SELECT code FROM people WHERE person IN (SELECT person FROM people WHERE x > 7000)",
    "SELECT code FROM people WHERE x NOT IN (SELECT x FROM people WHERE x < 7000)",
    "SELECT code FROM people WHERE region <> 'south' OR region IS NULL OR x > 0",
    "SELECT code FROM people WHERE remark LIKE '%' AND code NOT LIKE 'z%' AND person ~ '.*'",
    "SELECT regexp_replace(person, '^', 'p'), regexp_match(code, '.*') FROM people WHERE regexp_like(remark, '.')",
    "SELECT replace(person, 'a', 'b'), reverse(code), split_part(remark, ' ', 2), strpos(city, 's') FROM people",
    "SELECT named_struct('p', person, 'c', code), make_array(person, city) FROM people",
    "SELECT unnest(make_array(person, code)) FROM people",
    "SELECT code FROM people ORDER BY x DESC LIMIT 20",
    "SELECT code FROM people ORDER BY person, salary, team, city LIMIT 20",
    "SELECT person FROM people ORDER BY national_no LIMIT 5 OFFSET 5",
    "SELECT CAST(national_no AS TEXT), TRY_CAST(person AS BIGINT), salary + 1, salary * x FROM people",
    "SELECT code FROM people WHERE TRY_CAST(code AS BIGINT) IS NULL OR x >= 0",
    "SELECT md5(person), sha256(code) FROM people LIMIT 10 OFFSET 10",
];

#[tokio::test(flavor = "multi_thread")]
async fn no_shape_of_query_shows_what_is_hidden() {
    for stored in EVERY {
        let fixture = Fixture::stored(stored, Some(NORTH));
        for sql in SHAPES {
            let rows = fixture.rows(sql).await.unwrap_or_else(|error| panic!("{stored:?} {sql}: {error}"));
            assert!(!rows.is_empty(), "{stored:?} {sql}");
            for row in rows {
                for hidden in ["person-", "secret-", "hidden-", "south"] {
                    assert!(!row.contains(hidden), "{stored:?} {sql}: {row}");
                }
            }
        }
    }
}

/// Rendered rows are not all that a client gets: dictionaries and shared text buffers travel whole.
#[tokio::test(flavor = "multi_thread")]
async fn no_byte_on_the_wire_is_hidden() {
    for stored in EVERY {
        let fixture = Fixture::stored(stored, Some(NORTH));
        for sql in [
            "SELECT * FROM people",
            "SELECT label, code, remark FROM people LIMIT 3",
            "SELECT a.label, b.code, b.region FROM people a JOIN people b ON a.x = b.x",
            "SELECT code, label FROM people WHERE x < 100",
        ] {
            let batches = fixture.batches(sql).await.unwrap();
            let mut wire = StreamWriter::try_new(vec![], &batches[0].schema()).unwrap();
            for batch in &batches {
                wire.write(batch).unwrap();
            }
            let wire = wire.into_inner().unwrap();
            for hidden in ["hidden-", "secret-", "south", "person-", "notes"] {
                let found = wire.windows(hidden.len()).filter(|bytes| *bytes == hidden.as_bytes()).count();
                assert_eq!(found, 0, "{stored:?} {sql}: {hidden}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_condition_on_a_masked_column_sees_the_mask() {
    for stored in EVERY {
        let fixture = Fixture::stored(stored, Some(NORTH));
        for never in [
            "person = 'person-1'",
            "person LIKE 'person%' OR city LIKE 'secret%'",
            "person ILIKE '%PERSON%' OR person SIMILAR TO 'person-%' OR person ~ 'person'",
            "person BETWEEN 'person-0' AND 'person-9'",
            "national_no IN ('1000001', '1000004')",
            "CAST(national_no AS TEXT) = '1000001'",
            "salary > 0 OR salary <= 0 OR salary = 30001",
            "salary IS NOT NULL OR team IS NOT NULL",
            "coalesce(salary, -1) <> -1 OR nullif(team, 'secret-team-1') IS NOT NULL",
            "abs(salary) = salary OR salary IS NOT DISTINCT FROM 30001",
        ] {
            fixture.check(&format!("SELECT count(*) FROM people WHERE {never}"), &["0"]).await;
        }
        fixture.check("SELECT count(*) FROM people WHERE salary IS NULL AND team IS NULL", &["4000"]).await;
        fixture.check(&format!("SELECT code FROM people WHERE person = '{PERSON_1}'"), &["1"]).await;
        let of_a_hidden_row = Key::new(&[7; 32]).token("person-3");
        fixture.check(&format!("SELECT code FROM people WHERE person = '{of_a_hidden_row}'"), &[]).await;
        let ids = "SELECT a.x FROM people a JOIN people b ON a.national_no = b.national_no WHERE b.x < 5 ORDER BY 1";
        fixture.check(ids, &["0", "1", "4"]).await;
    }
}

#[test]
fn a_token_is_hmac_sha_256() {
    let key = Key::new(&[7; 32]);
    assert_eq!(key.token("person-1"), PERSON_1);
    assert_eq!(key.token("1000001"), "bc83abcca46b42f8dfb63262fde479c4");
    assert_eq!(format!("{key:?}"), "***");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_left_out_column_does_not_exist() {
    for stored in EVERY {
        let fixture = Fixture::stored(stored, Some(NORTH));
        // `sex` is granted for a check, which is no reading.
        for column in ["notes", "sex"] {
            for shape in [
                "SELECT {} FROM people",
                "SELECT people.{} FROM people",
                "SELECT x FROM people WHERE {} = 'secret-note-1'",
                "SELECT x FROM people WHERE {} IS NOT NULL",
                "SELECT x FROM people WHERE {} LIKE 'secret%'",
                "SELECT x FROM people ORDER BY {} LIMIT 1",
                "SELECT x, row_number() OVER (ORDER BY {}) FROM people",
                "SELECT count({}) FROM people",
                "SELECT count(*) FROM people GROUP BY {}",
                "SELECT x FROM people a WHERE EXISTS (SELECT 1 FROM people b WHERE b.{} = a.x)",
                "SELECT a.x FROM people a JOIN people b USING ({})",
            ] {
                let left_out = fixture.rows(&shape.replace("{}", column)).await.unwrap_err();
                let unknown = fixture.rows(&shape.replace("{}", "abcdefgh")).await.unwrap_err();
                let carets = |text: &str| text.replace('^', "").replace(column, "abcdefgh");
                assert_eq!(carets(&left_out), carets(&unknown), "{stored:?} {shape}");
                assert!(!unknown.contains("notes") && !unknown.contains("score"), "{unknown}");
            }
        }
        let all = fixture.batches("SELECT * FROM people LIMIT 1").await.unwrap();
        let names: Vec<_> = all[0].schema().fields().iter().map(|field| field.name().clone()).collect();
        assert!(!names.iter().any(|name| ["notes", "sex", "score", "long"].contains(&name.as_str())), "{names:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_whose_filter_is_null_is_not_visible() {
    for stored in EVERY {
        let north = Fixture::stored(stored, Some(NORTH));
        north.check("SELECT count(*) FROM people WHERE region IS NULL", &["0"]).await;
        let negated = Fixture::stored(stored, Some("NOT (region = 'south')"));
        negated.check("SELECT count(*), count(region) FROM people", &["4000|4000"]).await;
        let null = Fixture::stored(stored, Some("CAST(NULL AS BOOLEAN)"));
        null.check("SELECT count(*) FROM people", &["0"]).await;
        let never = Fixture::stored(stored, Some("false"));
        never.check("SELECT count(*), max(x) FROM people", &["0|null"]).await;
        // A filter may use what the reader does not get.
        let left_out = Fixture::stored(stored, Some("score < 10 AND notes <> 'secret-note-4' AND salary > 30001"));
        left_out.check("SELECT x FROM people ORDER BY x", &["2", "3", "5", "6", "7", "8", "9"]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_by_a_masked_column_is_the_masks_order() {
    let key = Key::new(&[7; 32]);
    let mut expected: Vec<(String, i64)> =
        (0..ROWS).filter(|i| i % 4 < 2).map(|i| (key.token(&format!("person-{i}")), i)).collect();
    expected.sort();
    let expected: Vec<String> = expected.iter().map(|(_, i)| i.to_string()).take(5).collect();
    for stored in EVERY {
        let fixture = Fixture::stored(stored, Some(NORTH));
        assert_eq!(fixture.rows("SELECT x FROM people ORDER BY person LIMIT 5").await.unwrap(), expected);
        fixture.check("SELECT x FROM people ORDER BY salary DESC, x LIMIT 3", &["0", "1", "4"]).await;
        let rank = "SELECT count(DISTINCT r) FROM (SELECT rank() OVER (ORDER BY salary) AS r FROM people)";
        fixture.check(rank, &["1"]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_projection_counts_visible_rows() {
    for stored in EVERY {
        let fixture = Fixture::stored(stored, Some(NORTH));
        fixture.check("SELECT count(*) FROM people", &["4000"]).await;
        fixture.check("SELECT count(1), sum(1) FROM people", &["4000|4000"]).await;
        fixture.check("SELECT count(*) FROM people a CROSS JOIN (SELECT 1 FROM people LIMIT 2)", &["8000"]).await;
        assert_eq!(fixture.rows("SELECT 'here' FROM people").await.unwrap().len(), 4000);
        let all = Fixture::stored(stored, None);
        all.check("SELECT count(*) FROM people", &["8000"]).await;
        all.check("SELECT count(*) FROM (SELECT salary FROM people)", &["8000"]).await;
    }
}
