//! Which tokens may do a verb to which things: for what decides without the database, and is told anew all the time.
use super::TokenKind;
use crate::caller::{Caller, SignIn, Who};
use crate::http::{Action, Gate};
use crate::standing::Standings;
use crate::store::unknown;
use base::{PersonId, Principal, Resource, Timestamp};
use db::Tx;
use db::sql::{all, get};
use std::collections::{BTreeMap, BTreeSet};

/// A token, without its secret, and what it may do the verb to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bearer {
    /// The SHA-256 of its secret, in hexadecimal digits.
    pub hash: String,
    pub until: Timestamp,
    /// The numbers of the things, in the order in which they were asked about.
    pub things: Vec<u32>,
    /// Those of them that no role lets it do the verb to, but a grant to its bearer.
    pub granted: Vec<u32>,
    /// Whether it is an attempt's.
    pub of_attempt: bool,
}

/// Returns the tokens that work now and may do `A` to at least one of `things`: by a role or relation, or because their bearer is one
/// of those whom the thing was `granted` to. Up to `most` tokens are looked at, the newest first.
///
/// # Errors
/// The store's.
pub async fn bearers<A: Action>(
    gate: &Gate,
    tx: &Tx,
    things: &[Resource],
    granted: &[BTreeSet<Principal>],
    now: Timestamp,
    most: u32,
) -> db::Result<Vec<Bearer>> {
    let sql = "SELECT secret_hash, kind, person_id, environment, attempt, verbs, expires_at_us FROM tokens \
        WHERE ended_at_us IS NULL AND expires_at_us > $1 ORDER BY created_at_us DESC, id DESC LIMIT $2";
    let standings = Standings::load(tx).await?;
    let mut decided: BTreeMap<String, (Vec<u32>, Vec<u32>)> = BTreeMap::new();
    let mut found = Vec::new();
    let rows = all(tx, sql, vec![now.0.into(), i64::from(most).into()]).await?;
    if rows.len() as u64 >= u64::from(most) {
        tracing::error!(most, "there are more tokens than endpoints know of: older ones may call none");
    }
    for row in rows {
        let verbs: Option<String> = get(&row, "verbs")?;
        let verbs: Option<Vec<String>> = verbs.as_deref().map(serde_json::from_str).transpose().map_err(unknown)?;
        if verbs.is_some_and(|verbs| !verbs.iter().any(|verb| verb == A::NAME)) {
            continue;
        }
        let person = get::<Option<String>>(&row, "person_id")?.map(PersonId);
        let who = if get::<String>(&row, "kind")? == TokenKind::Personal.as_str() {
            person.map(Who::Person)
        } else {
            match (get::<Option<String>>(&row, "attempt")?, get::<Option<String>>(&row, "environment")?) {
                (Some(attempt), Some(environment)) => {
                    Some(Who::Attempt { attempt, environment: environment.into(), on_behalf_of: person })
                }
                _ => None,
            }
        };
        let Some(who) = who else { continue };
        let caller = Caller { who, by: SignIn::Local, verbs: None, reads: Vec::new(), request_id: None, origin: None };
        let of_attempt = matches!(caller.who, Who::Attempt { .. });
        let (may, granted) = match decided.get(&caller.actor()) {
            Some(may) => may.clone(),
            None => {
                let may = may::<A>(gate, &standings, &caller, things, granted);
                decided.insert(caller.actor(), may.clone());
                may
            }
        };
        if !may.is_empty() {
            let until = Timestamp(get(&row, "expires_at_us")?);
            found.push(Bearer { hash: get(&row, "secret_hash")?, until, things: may, granted, of_attempt });
        }
    }
    Ok(found)
}

/// Returns the numbers of the things that a caller may do `A` to, and those of them that they may by a grant alone; none for a person
/// who may no longer come in.
fn may<A: Action>(
    gate: &Gate,
    standings: &Standings,
    caller: &Caller,
    things: &[Resource],
    granted: &[BTreeSet<Principal>],
) -> (Vec<u32>, Vec<u32>) {
    let Some(standing) = standings.of(caller) else { return (Vec::new(), Vec::new()) };
    let allowed = |thing: &Resource| standing.decide(gate.authority(), A::NAME, thing).allowed;
    let principals = standing.principals();
    let (mut may, mut by_grant) = (Vec::new(), Vec::new());
    for (number, thing) in (0_u32..).zip(things) {
        let to = granted.get(number as usize);
        if allowed(thing) {
            may.push(number);
        } else if to.is_some_and(|to| principals.iter().any(|principal| to.contains(principal))) {
            may.push(number);
            by_grant.push(number);
        }
    }
    (may, by_grant)
}
