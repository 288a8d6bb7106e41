use super::*;

async fn ids(stored: Stored, split: Option<Split>) -> Vec<i64> {
    let fixture = Fixture::with(stored, Some(NORTH), |policy| {
        policy.splits = split.clone().into_iter().collect();
        policy.terms.remove("national_no"); // the record key need not be visible
    });
    let ids = fixture.rows("SELECT id FROM people ORDER BY id").await.unwrap();
    ids.iter().map(|id| id.parse().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_held_out_fifth_is_the_same_everywhere_and_apart_from_the_rest() {
    let split = |side, key| Split { record_key: vec!["national_no".into()], key: Key::new(&[key; 32]), side };
    let all = ids(Stored::Parquet, None).await;
    let working = ids(Stored::Parquet, Some(split(Side::Working, 1))).await;
    let held_out = ids(Stored::Parquet, Some(split(Side::HeldOut, 1))).await;
    assert!((700..900).contains(&held_out.len()), "a fifth of 4000 is 800, not {}", held_out.len());
    let mut together = [working.clone(), held_out.clone()].concat();
    together.sort_unstable();
    assert_eq!(together, all);
    for stored in EVERY {
        assert_eq!(ids(stored, Some(split(Side::Working, 1))).await, working, "{stored:?}");
    }
    assert_ne!(ids(Stored::Parquet, Some(split(Side::HeldOut, 2))).await, held_out, "another project, another fifth");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_out_row_is_as_hidden_as_any() {
    let split = |side| Split { record_key: vec!["id".into(), "code".into()], key: Key::new(&[1; 32]), side };
    let held_out = ids(Stored::Parquet, Some(split(Side::HeldOut))).await;
    let fixture = Fixture::with(Stored::Parquet, Some(NORTH), |policy| policy.splits = vec![split(Side::Working)]);
    let (hidden, visible) = (held_out[0], 4000 - held_out.len());
    fixture.check("SELECT count(*) FROM people", &[&visible.to_string()]).await;
    fixture.check(&format!("SELECT count(*) FROM people WHERE 1 / (x - {hidden}) > 5"), &["0"]).await;
    fixture.check(&format!("SELECT x FROM people WHERE id = {hidden}"), &[]).await;
}
