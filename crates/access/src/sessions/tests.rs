//! The store contract of sessions, links and wrong passwords, on every engine.
use super::model::{Failures, LINK_SECONDS, TRIES};
use super::store::SessionStore;
use super::{Error, Link, Session, service};
use crate::http::Caller;
use crate::people::store::PeopleStore;
use crate::secret::Secret;
use crate::tests::{add_person, gate};
use base::{Clock, PersonId, Timestamp};
use std::sync::atomic::Ordering;
use testkit::{NEW_YEAR, on_each_engine};

#[tokio::test]
async fn wrong_passwords_are_counted_per_name_and_swept() {
    on_each_engine(&crate::migrations::all(), async |db| {
        let (first, here) = (&Failures::NONE.next(NEW_YEAR, TRIES), Some("10.0.0.1"));
        db.write(|tx| async move { tx.save_failures("ana", here, first, false).await }).await.unwrap();
        let twice = db.write(|tx| async move { tx.save_failures("ana", here, first, false).await }).await;
        assert!(matches!(twice, Err(db::Error::Stale)), "two first tries at once: {twice:?}");
        let second = &first.next(NEW_YEAR, TRIES);
        db.write(|tx| async move { tx.save_failures("ana", here, second, true).await }).await.unwrap();
        let found = async |name: &str, source: Option<&str>| {
            let read = db.read(|tx| async move {
                let (locked, found) = (tx.lock_failures(name, source).await?, tx.find_failures(name, source).await?);
                assert_eq!(locked, found);
                Ok::<_, db::Error>(found)
            });
            read.await.unwrap()
        };
        assert_eq!((found("ana", here).await, found("cho", here).await), (Some(*second), None));
        assert_eq!((found("ana", None).await, found("ana", Some("10.0.0.2")).await), (None, None));
        let locked = &Failures { locked_until: Some(NEW_YEAR.plus_seconds(30)), ..*second };
        let until = db.write(|tx| async move {
            tx.save_failures("ana", here, locked, true).await?;
            super::locked_until(&tx, &"ana".into(), NEW_YEAR).await
        });
        assert_eq!(until.await.unwrap(), locked.locked_until, "an administrator sees that somebody is kept out");
        let later = NEW_YEAR.plus_days(2);
        db.write(|tx| async move { super::sweep(&tx, later).await }).await.unwrap();
        assert_eq!(found("ana", here).await, None);
    })
    .await;
}

#[tokio::test]
async fn a_session_is_found_by_its_secret_until_it_ends() {
    on_each_engine(&crate::migrations::all(), async |db| {
        add_person(&db, "ana", &[]).await;
        let secret = Secret::random("").unwrap();
        let session = Session {
            id: "s-1".into(),
            person: "ana".into(),
            created_at: NEW_YEAR,
            expires_at: NEW_YEAR.plus_days(1),
            seen_at: NEW_YEAR,
            ended_at: None,
        };
        let (session, hash) = (&session, &secret.hash());
        db.write(|tx| async move { tx.insert_session(session, hash).await }).await.unwrap();
        let seen = NEW_YEAR.plus_seconds(90);
        let ended = db.write(|tx| async move {
            tx.see_session("s-1", seen).await?;
            tx.see_session("s-1", NEW_YEAR).await?; // an older look does not take it back
            tx.end_session("s-1", seen).await?;
            tx.end_sessions_of(&"ana".into(), NEW_YEAR).await?; // nor does a second end change the first
            tx.find_session(hash).await
        });
        assert_eq!(ended.await.unwrap(), Some(Session { seen_at: seen, ended_at: Some(seen), ..session.clone() }));
        let unknown = db.read(|tx| async move { tx.find_session("0").await }).await.unwrap();
        assert_eq!(unknown, None);
    })
    .await;
}

#[tokio::test]
async fn of_two_who_redeem_a_link_at_once_one_gets_in() {
    on_each_engine(&crate::migrations::all(), async |db| {
        add_person(&db, "ana", &[]).await;
        let cx = &gate(&db, &[]).context();
        let made = db.write(|tx| async move { super::make_link::<Error>(cx, &tx, &"ana".into(), &"pat".into()).await });
        let link: Link = made.await.unwrap();
        let (caller, secret) = (&Caller::operator(), link.secret.reveal());
        let redeem = |password: &str| service::redeem(cx, caller, secret, password.to_owned());
        let (one, two) = tokio::join!(redeem("correct horse battery"), redeem("another long password"));
        let refused = [one.is_err(), two.is_err()];
        assert_eq!(refused.iter().filter(|refused| **refused).count(), 1, "{one:?} {two:?}");
        let signed_in = async |password: &str| service::sign_in(cx, caller, "ana", password.to_owned()).await.is_ok();
        assert_eq!(signed_in("correct horse battery").await, one.is_ok());
        assert_eq!(signed_in("another long password").await, two.is_ok());
    })
    .await;
}

#[tokio::test]
async fn a_link_leads_to_its_person_until_it_is_replaced_used_or_expired() {
    on_each_engine(&crate::migrations::all(), async |db| {
        add_person(&db, "ana", &[]).await;
        let cx = &gate(&db, &[]).context();
        let make = async || {
            let (ana, pat) = (&PersonId::from("ana"), &PersonId::from("pat"));
            let made = db.write(|tx| async move { super::make_link::<Error>(cx, &tx, ana, pat).await });
            let link: Link = made.await.unwrap();
            link.secret.reveal().to_owned()
        };
        let leads = async |secret: &str| service::find_by_link(cx, secret).await.unwrap().map(|person| person.0);
        let first = make().await;
        assert_eq!((leads(&first).await, leads("made up").await), (Some("ana".into()), None));
        let second = make().await;
        assert_eq!((leads(&first).await, leads(&second).await), (None, Some("ana".into())), "it was replaced");
        let password = "correct horse battery".to_owned();
        service::redeem(cx, &Caller::operator(), &second, password).await.unwrap();
        assert_eq!(leads(&second).await, None, "it was used");
        let third = make().await;
        let Clock::Fixed(at) = &cx.clock else { unreachable!("tests turn a fixed clock") };
        at.fetch_add(LINK_SECONDS * Timestamp::SECOND - 1, Ordering::SeqCst);
        assert_eq!(leads(&third).await, Some("ana".into()), "looking at it does not use it up");
        at.fetch_add(1, Ordering::SeqCst);
        assert_eq!(leads(&third).await, None, "it has expired");
        let fourth = make().await;
        let left = db.write(|tx| async move {
            let ana = tx.lock_person(&"ana".into()).await?.expect("added");
            tx.save_person(ana.deactivate()).await
        });
        left.await.unwrap();
        assert_eq!(leads(&fourth).await, None, "its person left");
    })
    .await;
}
