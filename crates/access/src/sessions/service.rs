use super::model::{ABSOLUTE_SECONDS, Failures, LINK_SECONDS, TRIES, TRIES_ANYWHERE};
use super::password::{LONGEST, SHORTEST};
use super::store::{SessionStore, StoredLink};
use super::tries::{Held, source_of};
use super::{Error, Link, Session};
use crate::audit::store::AuditStore;
use crate::audit::{Entry, Outcome};
use crate::http::{AuthError, Caller};
use crate::people::is_active;
use crate::people::store::PeopleStore;
use crate::secret::{Secret, hash_of};
use crate::{Context, tokens};
use base::{PersonId, Timestamp};
use db::Tx;

/// Signs a person in with a password. Known and unknown names get the same answers, and wait for the same hash: a try is
/// counted, and from the fifth wrong one of a source on the name is locked for that source, longer each time. What is
/// counted for a name that nobody has stays in memory, so that strangers do not keep the one writer busy.
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
    let (person, source) = (&PersonId::from(name), &source_of(caller.origin.as_deref()));
    cx.tries.count(name, source, now).map_err(|held| match held {
        Held::Source(until) => Error::TooManyTries(until),
        Held::Name(until) => Error::LockedOut(until),
    })?;
    let found = cx.db.read(|tx| async move { Stored::find(&tx, person, source, now).await }).await?;
    if let Some(until) = found.locked_until {
        return Err(Error::LockedOut(until));
    }
    // At the same time: how long the answer takes must not tell a known name from one that nobody has.
    let (fits, counted) = tokio::join!(cx.hashing.fits(password, found.hash), async {
        if found.is_person { count_try(cx, caller, person, source, now).await } else { Ok(()) }
    });
    counted?;
    if !fits? {
        return Err(Error::WrongPassword);
    }
    let write = cx.db.write(|tx| async move {
        if !is_active(&tx, person).await? {
            return Ok::<_, Error>(None);
        }
        tx.forget_failures(person.as_str(), source).await?;
        let entry = entry(caller, now, person, "SignIn", Outcome::Allowed);
        tx.insert_entry(&entry).await?;
        Ok(Some(open(cx, &tx, person, now).await?))
    });
    let opened = write.await?.ok_or(Error::WrongPassword)?;
    cx.tries.forget(name, source, now);
    Ok(opened)
}

/// What is stored under a name, found by the same statements whether somebody has it or not.
struct Stored {
    is_person: bool,
    hash: Option<String>,
    locked_until: Option<Timestamp>,
}

impl Stored {
    async fn find(tx: &Tx, person: &PersonId, source: &str, now: Timestamp) -> db::Result<Self> {
        let (here, anywhere) =
            (tx.find_failures(person.as_str(), Some(source)).await?, tx.find_failures(person.as_str(), None).await?);
        let locked_until = here.into_iter().chain(anywhere).filter_map(|failures| failures.lock(now)).max();
        let is_person = tx.find_person(person).await?.is_some();
        Ok(Self { is_person, hash: tx.find_password_hash(person).await?, locked_until })
    }
}

/// Writes down one more try for a known name, so that every server knows it, with an entry where it locks.
async fn count_try(
    cx: &Context,
    caller: &Caller,
    person: &PersonId,
    source: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let write = cx.db.write(|tx| async move {
        for (from, most) in [(Some(source), TRIES), (None, TRIES_ANYWHERE)] {
            let found = tx.lock_failures(person.as_str(), from).await?;
            let failures = found.unwrap_or(Failures::NONE);
            if let Some(until) = failures.lock(now) {
                return Err(Error::LockedOut(until));
            }
            let counted = failures.next(now, most);
            tx.save_failures(person.as_str(), from, &counted, found.is_some()).await?;
            if let Some(until) = counted.locked_until {
                let place = if from.is_some() { "from this address" } else { "from everywhere" };
                let count = counted.count;
                let why = format!("{count} tries {place} (the limit is {most}): locked until {until}, unless this is the right password");
                tx.insert_entry(&locked(caller, now, person, why)).await?;
            }
        }
        Ok(())
    });
    write.await
}

fn locked(caller: &Caller, now: Timestamp, person: &PersonId, why: String) -> Entry {
    Entry {
        outcome: Outcome::Refused,
        reason: Some(why),
        request_id: caller.request_id.clone(),
        origin: caller.origin.clone(),
        ..Entry::new(now, "anonymous", "SignIn", format!("person/{person}"))
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
    let (hash, now, source) = (&hash_of(secret), cx.clock.now(), &source_of(caller.origin.as_deref()));
    // Looked at before the costly hash, which only someone with a link may cause.
    let link = cx.db.read(|tx| async move { usable(&tx, hash, now).await }).await?;
    check_password(&password, &link.person)?;
    let stored = &cx.hashing.hash(password).await?;
    let write = cx.db.write(|tx| async move {
        let link = usable(&tx, hash, now).await?; // again, and locked: of two at once only one gets in
        let person = &link.person;
        end_all_of(&tx, person, now).await?;
        // Whoever redeemed the last link may have been its maker; what they made as this person ends with it.
        if tx.find_link_maker(person).await?.is_some() {
            tokens::revoke_made_by(&tx, person, now).await?;
        }
        tx.set_password_hash(person, stored, &link.created_by, now).await?;
        tx.forget_failures(person.as_str(), source).await?;
        let after = serde_json::json!({ "link": link.id, "made_by": link.created_by, "password": "set" });
        let entry = entry(caller, now, person, "RedeemLink", Outcome::Allowed);
        tx.insert_entry(&Entry { after: Some(after), ..entry }).await?;
        Ok::<_, Error>((person.clone(), open(cx, &tx, person, now).await?))
    });
    let (person, opened) = write.await?;
    cx.tries.forget(person.as_str(), source, now);
    Ok(opened)
}

/// Returns whom the one-time link with this secret would let in now: nobody once it was used, has expired or was replaced.
///
/// # Errors
/// The store's.
pub async fn find_by_link(cx: &Context, secret: &str) -> Result<Option<PersonId>, Error> {
    let (hash, now) = (&hash_of(secret), cx.clock.now());
    match cx.db.read(|tx| async move { usable(&tx, hash, now).await }).await {
        Ok(link) => Ok(Some(link.person)),
        Err(Error::LinkUnusable) => Ok(None),
        Err(error) => Err(error),
    }
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
