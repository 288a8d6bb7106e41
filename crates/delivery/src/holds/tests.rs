use super::store::HoldStore;
use super::{Hold, HoldState, Lifted};
use crate::promotions::Error;
use base::{ProjectId, Timestamp};
use testkit::{NEW_YEAR, on_each_engine};

fn given(id: &str) -> Hold {
    Hold {
        id: id.into(),
        project: "p".into(),
        environment: "prod".into(),
        team: Some("risk".into()),
        state: HoldState::Placed,
        reason: "an incident".into(),
        by: "vera".into(),
        at: NEW_YEAR,
        breach: None,
        lifted: None,
        revision: 1,
    }
}

#[test]
fn a_hold_is_lifted_once_and_for_a_reason() {
    let hold = given("h-1");
    assert!(matches!(hold.lift(" ", &"ben".into(), NEW_YEAR), Err(Error::Reason)));
    let lifted = hold.lift(" it is over ", &"ben".into(), NEW_YEAR).unwrap();
    assert_eq!(lifted.state, HoldState::Lifted);
    assert!(lifted.was_lifted("it is over", &"ben".into()) && !lifted.was_lifted("it is over", &"vera".into()));
    assert!(matches!(lifted.lift("again", &"vera".into(), NEW_YEAR), Err(Error::HoldLifted(_))));
    assert_eq!((hold.next(true).action, lifted.next(true).action), (Some("lift_hold"), None));
}

#[tokio::test]
async fn what_is_placed_is_found_until_it_is_lifted() {
    on_each_engine(&crate::migrations_for_tests(), async |db| {
        let project = &ProjectId::from("p");
        for (number, id) in (0..).zip(["h-1", "h-2"]) {
            let hold = &Hold { at: Timestamp(number), ..given(id) };
            db.write(|tx| async move { tx.insert_hold(hold).await }).await.unwrap();
        }
        let lift = db.write(|tx| async move {
            let hold = tx.lock_hold("h-1").await?.unwrap();
            tx.save_hold(hold.lift("over", &"ben".into(), NEW_YEAR).unwrap()).await
        });
        let saved = lift.await.unwrap();
        let placed = db.read(|tx| async move { tx.list_placed(project, "prod").await }).await.unwrap();
        assert_eq!(placed.iter().map(|hold| hold.id.as_str()).collect::<Vec<_>>(), ["h-2"]);
        assert!(db.read(|tx| async move { tx.list_placed(project, "preprod").await }).await.unwrap().is_empty());
        let all = db.read(|tx| async move { tx.list_holds(project, 10).await }).await.unwrap();
        assert_eq!(all.iter().map(|hold| hold.id.as_str()).collect::<Vec<_>>(), ["h-2", "h-1"]);
        let lifted = Lifted { reason: "over".into(), by: "ben".into(), at: NEW_YEAR };
        assert_eq!((&all[1], all[1].lifted.as_ref()), (&saved, Some(&lifted)));
        let stale = given("h-1").lift("late", &"ben".into(), NEW_YEAR).unwrap();
        let stale = db
            .write(|tx| {
                let stale = stale.clone();
                async move { tx.save_hold(stale).await }
            })
            .await;
        assert!(matches!(stale, Err(db::Error::Stale)), "{stale:?}");
    })
    .await;
}

#[tokio::test]
async fn for_a_breach_one_hold_is_placed() {
    on_each_engine(&crate::migrations_for_tests(), async |db| {
        let first = &Hold { breach: Some("br-1".into()), by: "monitor:mo-1".into(), ..given("h-1") };
        let again = &Hold { id: "h-2".into(), ..first.clone() };
        db.write(|tx| async move { tx.insert_hold(first).await }).await.unwrap();
        let taken = db.write(|tx| async move { tx.insert_hold(again).await }).await;
        assert!(matches!(taken, Err(db::Error::Taken)), "{taken:?}");
        let found = db.read(|tx| async move { tx.find_hold_for("br-1").await }).await.unwrap();
        assert_eq!(found.as_ref(), Some(first));
        for id in ["h-3", "h-4"] {
            let by_person = &given(id);
            db.write(|tx| async move { tx.insert_hold(by_person).await }).await.unwrap();
        }
    })
    .await;
}
