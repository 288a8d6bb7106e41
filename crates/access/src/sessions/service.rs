use super::model::{ABSOLUTE_SECONDS, Failures, LINK_SECONDS, TRIES};
use super::password::{LONGEST, SHORTEST};
use super::store::{SessionStore, StoredLink};
use super::{Error, Link, Session};
use crate::Context;
use crate::audit::store::AuditStore;
use crate::audit::{Entry, Outcome};
use crate::http::{AuthError, Caller};
use crate::people::is_active;
use crate::people::store::PeopleStore;
use crate::secret::{Secret, hash_of};
use base::{PersonId, Timestamp};
use db::Tx;

/// Signs a person in with a password. Known and unknown names get the same answers after the same work: a count of
/// wrong passwords, one hash, and from the fifth on an entry and a lock that grows.
pub(crate) async fn sign_in(
    cx: &Context,
    caller: &Caller,
    name: &str,
    password: String,
) -> Result<(Session, Secret), Error> {
    if password.len() > LONGEST {
        return Err(Error::WrongPassword);
    }
    let now = cx.clock.now();
    let person = PersonId::from(name);
    let (failures, stored) = cx
        .db
        .write(|tx| {
            let person = person.clone();
            async move { count_try(&tx, &person, now).await }
        })
        .await?;
    let fits = cx.hashing.fits(password, stored).await?;
    let (caller, failures, person) = (caller, &failures, &person);
    let write = cx.db.write(|tx| async move {
        if fits && is_active(&tx, person).await? {
            tx.forget_failures(person.as_str()).await?;
            let entry = entry(caller, now, person, "SignIn", Outcome::Allowed);
            tx.insert_entry(&entry).await?;
            return Ok(Some(open(cx, &tx, person, now).await?));
        }
        if let Some(until) = failures.locked_until {
            let known = tx.find_person(person).await?.is_some();
            tx.insert_entry(&locked(caller, now, known.then_some(person), failures.count, until)).await?;
        }
        Ok::<_, Error>(None)
    });
    write.await?.ok_or(Error::WrongPassword)
}

/// Counts one more try before the password is looked at, and returns the count with the hash to compare with.
async fn count_try(tx: &Tx, person: &PersonId, now: Timestamp) -> Result<(Failures, Option<String>), Error> {
    let found = tx.lock_failures(person.as_str()).await?;
    let failures = found.unwrap_or(Failures::NONE);
    if let Some(until) = failures.lock(now) {
        return Err(Error::LockedOut(until));
    }
    let counted = failures.next(now);
    tx.save_failures(person.as_str(), &counted, found.is_some()).await?;
    Ok((counted, tx.find_password_hash(person).await?))
}

/// A name that nobody has is not repeated: it may be a password typed into the wrong field.
fn locked(caller: &Caller, now: Timestamp, known: Option<&PersonId>, count: i64, until: Timestamp) -> Entry {
    let resource = known.map_or_else(|| "person".to_owned(), |person| format!("person/{person}"));
    Entry {
        outcome: Outcome::Refused,
        reason: Some(format!("{count} wrong passwords (the limit is {TRIES}): locked until {until}")),
        request_id: caller.request_id.clone(),
        origin: caller.origin.clone(),
        ..Entry::new(now, "anonymous", "SignIn", resource)
    }
}

fn entry(caller: &Caller, now: Timestamp, person: &PersonId, action: &str, outcome: Outcome) -> Entry {
    let (request_id, origin) = (caller.request_id.clone(), caller.origin.clone());
    let head = Entry::new(now, format!("person:{person}"), action, format!("person/{person}"));
    Entry { outcome, request_id, origin, ..head }
}

async fn open(cx: &Context, tx: &Tx, person: &PersonId, now: Timestamp) -> Result<(Session, Secret), Error> {
    let secret = Secret::random("")?;
    let session = Session {
        id: cx.ids.next("s"),
        person: person.clone(),
        created_at: now,
        expires_at: now.plus_seconds(ABSOLUTE_SECONDS),
        seen_at: now,
        ended_at: None,
    };
    tx.insert_session(&session, &secret.hash()).await?;
    Ok((session, secret))
}

/// Returns the open session behind a cookie, and takes note that it was used.
pub(crate) async fn find(cx: &Context, secret: &str, now: Timestamp) -> Result<Session, AuthError> {
    let hash = &hash_of(secret);
    let read = cx.db.read(|tx| async move {
        let Some(session) = tx.find_session(hash).await? else { return Ok::<_, db::Error>(None) };
        let open = session.is_open(now) && is_active(&tx, &session.person).await?;
        Ok(open.then_some(session))
    });
    let session = read.await?.ok_or(AuthError::SessionEnded)?;
    if session.is_unseen(now) {
        let id = &session.id;
        cx.db.write(|tx| async move { tx.see_session(id, now).await }).await?;
    }
    Ok(session)
}

/// Ends every session and link of `person`. Joins the caller's transaction.
pub(crate) async fn end_all_of(tx: &Tx, person: &PersonId, now: Timestamp) -> db::Result<()> {
    tx.end_sessions_of(person, now).await?;
    tx.use_links_of(person, now).await
}

/// Ends the session `id`, on record.
pub(crate) async fn sign_out(cx: &Context, caller: &Caller, id: &str) -> Result<(), Error> {
    let now = cx.clock.now();
    let person = caller.person()?;
    let write = cx.db.write(|tx| async move {
        tx.end_session(id, now).await?;
        Ok(tx.insert_entry(&entry(caller, now, person, "EndSession", Outcome::Allowed)).await?)
    });
    write.await
}

/// Makes a one-time link of `person`; those made before stop working. Joins the caller's transaction.
pub(crate) async fn make_link<E: From<db::Error> + From<crate::secret::NoRandomness>>(
    cx: &Context,
    tx: &Tx,
    person: &PersonId,
    by: &PersonId,
) -> Result<Link, E> {
    let now = cx.clock.now();
    let (id, secret, expires_at) = (cx.ids.next("l"), Secret::random("")?, now.plus_seconds(LINK_SECONDS));
    let link = Link { id, person: person.clone(), secret, expires_at };
    tx.use_links_of(person, now).await?;
    tx.insert_link(&link, by, now).await?;
    Ok(link)
}

/// Sets the password behind a one-time link, ends every other session of the person, and signs them in.
pub(crate) async fn redeem(
    cx: &Context,
    caller: &Caller,
    secret: &str,
    password: String,
) -> Result<(Session, Secret), Error> {
    let (hash, now) = (&hash_of(secret), cx.clock.now());
    // Looked at before the costly hash, which only someone with a link may cause.
    let link = cx.db.read(|tx| async move { usable(&tx, hash, now).await }).await?;
    check_password(&password, &link.person)?;
    let stored = &cx.hashing.hash(password).await?;
    let write = cx.db.write(|tx| async move {
        let link = usable(&tx, hash, now).await?; // again, and locked: of two at once only one gets in
        let person = &link.person;
        end_all_of(&tx, person, now).await?;
        tx.set_password_hash(person, stored).await?;
        tx.forget_failures(person.as_str()).await?;
        let after = serde_json::json!({ "link": link.id, "made_by": link.created_by, "password": "set" });
        let entry = entry(caller, now, person, "RedeemLink", Outcome::Allowed);
        tx.insert_entry(&Entry { after: Some(after), ..entry }).await?;
        open(cx, &tx, person, now).await
    });
    write.await
}

async fn usable(tx: &Tx, hash: &str, now: Timestamp) -> Result<StoredLink, Error> {
    let found = tx.find_link(hash).await?.filter(|link| !link.used && now < link.expires_at);
    match found {
        Some(link) if is_active(tx, &link.person).await? => Ok(link),
        _ => Err(Error::LinkUnusable),
    }
}

fn check_password(password: &str, person: &PersonId) -> Result<(), Error> {
    let length = password.chars().count();
    if length < SHORTEST {
        return Err(Error::TooShort(length));
    }
    if password.len() > LONGEST {
        return Err(Error::TooLong);
    }
    let rest = password.to_lowercase().replace(person.as_str(), "");
    // A long password may hold a short name; one that is little else may not.
    if rest.chars().count() + 4 < SHORTEST { Err(Error::NameInPassword) } else { Ok(()) }
}
