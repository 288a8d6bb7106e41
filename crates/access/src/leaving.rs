//! The way in that ends while something runs, and whose hands a password may be in: on every engine.
use crate::http::{Caller, SignIn, Who};
use crate::people::Person;
use crate::people::store::PeopleStore;
use crate::roles::Ended;
use crate::sessions::{self, Error};
use crate::tests::{add_person, gate};
use crate::tokens::store::{TokenColumn, TokenStore};
use crate::tokens::{self, NewToken};
use crate::{Context, Sought, link_maker, still_in};
use base::{PersonId, Principal, Timestamp};
use db::Db;
use sea_orm::ColumnTrait;
use sea_orm::sea_query::Condition;
use testkit::{NEW_YEAR, on_each_engine};

fn ana_by(by: SignIn) -> Caller {
    Caller { who: Who::Person("ana".into()), by, ..Caller::operator() }
}

async fn is_in(db: &Db, caller: &Caller, now: Timestamp) -> bool {
    db.read(|tx| async move { still_in(&tx, caller, now).await }).await.unwrap()
}

async fn token_of_ana(db: &Db, cx: &Context, by: &str) -> Caller {
    let (by, new) = (&PersonId::from(by), &NewToken { ttl_seconds: Some(3_600), ..NewToken::default() });
    let made = db.write(|tx| async move { tokens::issue(cx, &tx, &"ana".into(), new, by).await });
    ana_by(SignIn::Token(made.await.unwrap().0.id))
}

async fn redeemed(db: &Db, cx: &Context, by: &str) {
    let by = &PersonId::from(by);
    let made = db.write(|tx| async move { sessions::make_link::<Error>(cx, &tx, &"ana".into(), by).await });
    let (link, password) = (made.await.unwrap(), "correct horse battery".to_owned());
    sessions::redeem(cx, &Caller::operator(), link.secret.reveal(), password).await.unwrap();
}

#[tokio::test]
async fn nobody_is_in_whose_token_session_or_person_ended() {
    on_each_engine(&crate::migrations::all(), async |db| {
        add_person(&db, "ana", &[]).await;
        let cx = &gate(&db, &[]).context();
        let (token, other) = (token_of_ana(&db, cx, "ana").await, token_of_ana(&db, cx, "ana").await);
        let hour = NEW_YEAR.plus_seconds(3_600);
        assert!(is_in(&db, &token, NEW_YEAR).await && !is_in(&db, &token, hour).await, "until it expires");
        let SignIn::Token(id) = &token.by else { panic!("made by token") };
        let ended = db.write(|tx| async move {
            let fits = Condition::all().add(TokenColumn::Id.eq(id.as_str()));
            tx.end_tokens(fits, &Ended { at: NEW_YEAR, by: "ana".into() }).await
        });
        assert_eq!(ended.await.unwrap(), 1);
        assert!(!is_in(&db, &token, NEW_YEAR).await, "nor once it was revoked");
        let session = |id: &str| ana_by(SignIn::Session { id: id.into(), csrf: String::new() });
        assert!(!is_in(&db, &session("s-none"), NEW_YEAR).await);
        assert!(is_in(&db, &other, NEW_YEAR).await, "each token for itself");
        assert!(is_in(&db, &Caller::operator(), hour).await);
        let left = db.write(|tx| async move {
            let ana: Person = tx.lock_person(&"ana".into()).await?.expect("added");
            tx.save_person(ana.deactivate()).await
        });
        left.await.unwrap();
        assert!(!is_in(&db, &other, NEW_YEAR).await, "nor by any way once the person left");
        assert!(!is_in(&db, &Caller::person_named("ana"), NEW_YEAR).await);
    })
    .await;
}

#[tokio::test]
async fn a_signed_out_session_is_not_in() {
    on_each_engine(&crate::migrations::all(), async |db| {
        add_person(&db, "ana", &[]).await;
        let cx = &gate(&db, &[]).context();
        redeemed(&db, cx, "pat").await;
        let password = "correct horse battery".to_owned();
        let (session, _) = sessions::sign_in(cx, &Caller::operator(), "ana", password).await.unwrap();
        let caller = ana_by(SignIn::Session { id: session.id.clone(), csrf: String::new() });
        assert!(is_in(&db, &caller, NEW_YEAR).await);
        sessions::sign_out(cx, &caller, &session.id).await.unwrap();
        assert!(!is_in(&db, &caller, NEW_YEAR).await);
    })
    .await;
}

#[tokio::test]
async fn who_made_the_last_redeemed_link_is_known_until_another_makes_one() {
    on_each_engine(&crate::migrations::all(), async |db| {
        for person in ["ana", "pat", "quin"] {
            add_person(&db, person, &[]).await;
        }
        let cx = &gate(&db, &[]).context();
        let maker = async || {
            let read = db.read(|tx| async move { link_maker(&tx, &"ana".into()).await });
            read.await
                .unwrap()
                .map(|maker| (maker.person.0.clone(), maker.sides_with(&Principal::Person("pat".into()), Sought::Data)))
        };
        assert_eq!(maker().await, None);
        redeemed(&db, cx, "pat").await;
        assert_eq!(maker().await, Some(("pat".into(), true)));
        // Pat may be signed in as Ana now, and leave herself a token: it ends with the next link.
        let (hers, operators) = (token_of_ana(&db, cx, "ana").await, token_of_ana(&db, cx, "operator").await);
        redeemed(&db, cx, "quin").await;
        assert_eq!(maker().await, Some(("quin".into(), false)));
        assert!(!is_in(&db, &hers, NEW_YEAR).await && is_in(&db, &operators, NEW_YEAR).await);
        redeemed(&db, cx, crate::OPERATOR).await;
        assert_eq!(maker().await, None, "the operator is on nobody's side");
    })
    .await;
}
