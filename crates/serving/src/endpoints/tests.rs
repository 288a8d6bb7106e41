use super::store::EndpointStore;
use super::{Endpoint, EndpointState, Error, endpoint_id};
use crate::rollouts::RolloutId;
use base::{PersonId, Timestamp};
use proptest::prelude::*;
use testkit::{NEW_YEAR, on_each_engine};

fn endpoint() -> Endpoint {
    Endpoint {
        id: "prod.credit".into(),
        name: "credit".into(),
        project: "credit-risk".into(),
        environment: "credit-risk/prod".into(),
        team: Some("risk".into()),
        requested: None,
        serving: None,
        last_rollout: None,
        stopped: None,
        first_outside_at: None,
        created_at: NEW_YEAR,
        changed_at: NEW_YEAR,
        revision: 0,
    }
}

fn ana() -> PersonId {
    "ana".into()
}

#[test]
fn an_endpoint_is_called_by_its_sort_of_environment_and_its_name() {
    assert_eq!(endpoint_id(&"credit-risk/prod".into(), "credit").unwrap(), "prod.credit");
    for (environment, name) in [("p/prod", "a.b"), ("p/prod", "../x"), ("p/prod", ""), ("p/..", "a"), ("", "a")] {
        assert!(endpoint_id(&environment.into(), name).is_err(), "{environment} {name}");
    }
}

#[test]
fn a_stop_needs_something_to_stop_and_a_reason() {
    let (now, first) = (NEW_YEAR, RolloutId::from("ro-1"));
    let refused = endpoint().stop("drift", &ana(), now).unwrap_err();
    assert_eq!(refused.to_string(), "endpoint `prod.credit` is `empty`: `stop` is not possible");
    let serving = endpoint().request(&first, now).served(&first, now);
    assert!(matches!(serving.stop(" ", &ana(), now), Err(Error::NoReason)));
    let stopped = serving.stop("drift", &ana(), now).unwrap();
    assert_eq!(stopped.state(), EndpointState::Stopped);
    assert_eq!(stopped.stop("again", &"ben".into(), Timestamp(9)).unwrap(), stopped, "the first reason stands");
    assert_eq!(stopped.start(now).state(), EndpointState::Serving);
    assert_eq!(stopped.clear(now).state(), EndpointState::Empty);
}

proptest! {
    /// In whatever order it happens: a failure changes nothing of what serves, and is on show until something else ends.
    #[test]
    fn a_failure_never_looks_like_success(steps in proptest::collection::vec(0..6_u8, 0..30)) {
        let mut endpoint = endpoint();
        for (number, step) in (1_i64..).zip(steps) {
            let (id, now) = (RolloutId(format!("ro-{number}")), Timestamp(number));
            let before = endpoint.clone();
            endpoint = match step {
                0 => endpoint.request(&id, now),
                1 => endpoint.served(&id, now),
                2 => endpoint.failed(&id, "why", now),
                3 => endpoint.stop("why", &ana(), now).unwrap_or(endpoint),
                4 => endpoint.start(now),
                _ => endpoint.clear(now),
            };
            if step == 2 {
                let last = endpoint.last_rollout.as_ref().unwrap();
                prop_assert_eq!((&endpoint.serving, last.outcome.as_str()), (&before.serving, "failed"));
                prop_assert!(last.reason.is_some());
            }
            prop_assert_eq!(endpoint.state() == EndpointState::Stopped, endpoint.stopped.is_some());
        }
    }
}

#[tokio::test]
async fn the_store_keeps_what_it_is_given() {
    on_each_engine(&crate::migrations_for_tests(), async |db| {
        let (given, first) = (&endpoint(), RolloutId::from("ro-1"));
        db.write(|tx| async move { tx.insert_endpoint(given).await }).await.unwrap();
        let taken = db.write(|tx| async move { tx.insert_endpoint(given).await }).await;
        assert!(matches!(taken, Err(db::Error::Taken)), "{taken:?}");
        let none = db.read(|tx| async move { tx.list_all_endpoints(9).await }).await.unwrap();
        assert!(none.is_empty(), "it serves nothing");
        let changed = given.request(&first, NEW_YEAR).served(&first, NEW_YEAR).failed(&first, "why", NEW_YEAR);
        let changed = &changed.stop("drift", &ana(), Timestamp(7)).unwrap();
        let saved = db.write(|tx| async move { tx.save_endpoint(changed.clone()).await }).await.unwrap();
        let found = db.write(|tx| async move { tx.lock_endpoint("prod.credit").await }).await.unwrap();
        assert_eq!(found.as_ref(), Some(&saved));
        assert_eq!(saved, Endpoint { revision: 1, ..changed.clone() });
        let stale = db.write(|tx| async move { tx.save_endpoint(changed.clone()).await }).await;
        assert!(matches!(stale, Err(db::Error::Stale)), "{stale:?}");
        let all = db.read(|tx| async move { tx.list_all_endpoints(9).await }).await.unwrap();
        assert_eq!(all, [saved]);
    })
    .await;
}
