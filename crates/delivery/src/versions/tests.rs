use super::store::ReleasedStore;
use super::{ReleasedState, ReleasedVersion};
use base::ProjectId;
use expect_test::expect;
use std::fmt::Write;
use testkit::{NEW_YEAR, on_each_engine};

fn given(state: ReleasedState) -> ReleasedVersion {
    let version = ReleasedVersion::register(&"p".into(), "credit", 1, &"ana".into(), NEW_YEAR);
    ReleasedVersion { state, ..version }
}

#[test]
fn every_verb_from_every_state() {
    let mut page = String::new();
    let by = &"vera".into();
    for &state in ReleasedState::ALL {
        let version = given(state);
        let tried = [
            ("approve", version.approve(by, NEW_YEAR)),
            ("suspend", version.suspend("drift", by, NEW_YEAR)),
            ("resume", version.resume(by, NEW_YEAR)),
            ("withdraw", version.withdraw("old", by, NEW_YEAR)),
        ];
        let fits: Vec<_> = tried.into_iter().filter_map(|(verb, after)| Some((verb, after.ok()?.state))).collect();
        assert_eq!(fits.iter().map(|(verb, _)| *verb).collect::<Vec<_>>(), state.possible(), "{state}");
        let cells: Vec<_> = fits.iter().map(|(verb, to)| format!("{verb} → {to}")).collect();
        writeln!(page, "{state}: {}", if cells.is_empty() { "final".to_owned() } else { cells.join(", ") }).unwrap();
    }
    expect![[r#"
        registered: approve → approved, suspend → suspended
        approved: suspend → suspended, withdraw → withdrawn
        suspended: resume → approved, withdraw → withdrawn
        withdrawn: final
    "#]]
    .assert_eq(&page);
}

#[tokio::test]
async fn every_state_is_stored() {
    on_each_engine(&crate::migrations_for_tests(), async |db| {
        let project = &ProjectId::from("p");
        for (number, &state) in (1..).zip(ReleasedState::ALL) {
            let version = &ReleasedVersion { version: number, ..given(state) };
            db.write(|tx| async move { tx.insert_released(version).await }).await.unwrap();
            let found = db.read(|tx| async move { tx.find_released(project, "credit", number).await }).await.unwrap();
            assert_eq!(found.as_ref(), Some(version));
        }
        let locked = db.write(|tx| async move {
            let found = tx.lock_released(project, "credit", 1).await?.unwrap();
            tx.save_released(found.approve(&"vera".into(), NEW_YEAR).unwrap()).await
        });
        assert_eq!(locked.await.unwrap().revision, 2);
    })
    .await;
}
