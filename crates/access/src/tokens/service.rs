use super::store::{TokenColumn, TokenFilter, TokenStore};
use super::{CreateToken, Error, ReadToken, RevokeToken, Token, TokenKind};
use crate::http::{Permit, SignIn};
use crate::roles::Ended;
use crate::secret::Secret;
use crate::visible::Columns;
use crate::{Context, DEPLOYMENT, Once, Right};
use base::{PersonId, Timestamp, TokenId};
use db::Tx;
use sea_orm::ColumnTrait;
use sea_orm::sea_query::{Condition, Expr};

/// How many tokens that work one person may have.
const MOST_TOKENS: u64 = 100;

const DAY: i64 = 86_400;
const DEFAULT_TTL: i64 = 30 * DAY;

/// What a person asks for.
#[derive(Clone, Debug, Default)]
pub(crate) struct NewToken {
    pub name: Option<String>,
    pub ttl_seconds: Option<i64>,
    pub verbs: Option<Vec<String>>,
}

impl NewToken {
    fn ttl(&self) -> Result<i64, Error> {
        let ttl = self.ttl_seconds.unwrap_or(DEFAULT_TTL);
        if (60..=365 * DAY).contains(&ttl) { Ok(ttl) } else { Err(Error::Ttl(ttl)) }
    }
}

/// Issues a token of `person`. Joins the caller's transaction; who may do this is the caller's business.
pub(crate) async fn issue(
    cx: &Context,
    tx: &Tx,
    person: &PersonId,
    new: &NewToken,
    by: &PersonId,
) -> Result<(Token, Secret), Error> {
    let name = new.name.clone().unwrap_or_default();
    if name.chars().count() > 100 {
        return Err(Error::Name);
    }
    let (secret, now) = (Secret::random("lg_")?, cx.clock.now());
    let token = Token {
        id: cx.ids.next("t").into(),
        kind: TokenKind::Personal,
        name,
        person: Some(person.clone()),
        environment: None,
        attempt: None,
        verbs: new.verbs.clone(),
        reads: Vec::new(),
        created_by: by.clone(),
        created_at: now,
        expires_at: now.plus_seconds(new.ttl()?),
        ended: None,
    };
    tx.insert_token(&token, &secret.hash()).await?;
    Ok((token, secret))
}

/// Creates a token of the caller's own.
pub(crate) async fn create(
    cx: &Context,
    permit: &Permit<CreateToken>,
    once: &Once,
    new: &NewToken,
) -> Result<(Token, Secret), Error> {
    let known: Vec<&str> = permit.gate().authority().actions().collect();
    for verb in new.verbs.iter().flatten() {
        if !known.contains(&verb.as_str()) {
            return Err(Error::UnknownVerb(verb.chars().take(100).flat_map(char::escape_debug).collect()));
        }
    }
    let write = cx.db.write(|tx| async move {
        let caller = permit.caller();
        let person = caller.person()?;
        if once.kept::<TokenId>(&tx, caller).await?.is_some() {
            return Err(Error::ShownOnce); // a secret is not stored, so it cannot be answered again
        }
        check_has_room(&tx, person, cx.clock.now()).await?;
        let (token, secret) = issue(cx, &tx, person, new, person).await?;
        permit.check(&tx, &token).await?;
        narrower(&tx, permit, &token).await?;
        permit.record(&tx, None, &token, token.created_at).await?;
        once.keep(&tx, caller, &token.id).await?;
        Ok((token, secret))
    });
    write.await
}

/// A person who made tokens without end would take the place of everybody's.
async fn check_has_room(tx: &Tx, person: &PersonId, now: Timestamp) -> Result<(), Error> {
    let fits = Condition::all()
        .add(TokenColumn::PersonId.eq(person.as_str()))
        .add(TokenColumn::Kind.eq(TokenKind::Personal.as_str()))
        .add(TokenColumn::EndedAtUs.is_null())
        .add(TokenColumn::ExpiresAtUs.gt(now.0));
    let (_, living) = tx.list_tokens(&TokenFilter { fits, after: None, limit: 1 }).await?;
    if living < MOST_TOKENS { Ok(()) } else { Err(Error::TooMany(living)) }
}

/// A token that could make a wider one would outlive its own revocation.
async fn narrower(tx: &Tx, permit: &Permit<CreateToken>, new: &Token) -> Result<(), Error> {
    let caller = permit.caller();
    let SignIn::Token(id) = &caller.by else { return Ok(()) };
    let parent = tx.lock_token(id).await?.ok_or_else(|| Error::NotFound(id.clone()))?;
    let verbs_fit = match (&parent.verbs, &new.verbs) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(mine), Some(asked)) => asked.iter().all(|verb| mine.contains(verb)),
    };
    if verbs_fit && new.expires_at <= parent.expires_at { Ok(()) } else { Err(Error::Wider) }
}

/// Returns the tokens that the caller may see, with whether they may end each.
pub(crate) async fn list(
    cx: &Context,
    permit: &Permit<ReadToken>,
    person: Option<&PersonId>,
    after: Option<String>,
    limit: u64,
) -> Result<(Vec<(Token, Option<Right>)>, u64), Error> {
    let read = cx.db.read(|tx| {
        let after = after.clone();
        async move {
            let visible = permit.visible(&tx).await?;
            let owner = Expr::cust(
                "CASE WHEN kind = 'attempt' THEN 'environment:' || environment ELSE 'person:' || person_id END",
            );
            let columns = Columns::scope(Expr::val(DEPLOYMENT)).asker(owner);
            let mut fits = Condition::all().add(visible.condition(&columns));
            if let Some(person) = person {
                fits = fits.add(TokenColumn::PersonId.eq(person.as_str()));
            }
            let (tokens, total) = tx.list_tokens(&TokenFilter { fits, after, limit }).await?;
            let held = permit.held(&tx).await?;
            let with_right = tokens.into_iter().map(|token| {
                let right = held.can::<RevokeToken>(&base::Securable::resource(&token));
                (token, right)
            });
            Ok((with_right.collect(), total))
        }
    });
    read.await
}

/// Ends token `id`, everywhere within a second.
pub(crate) async fn revoke(cx: &Context, permit: &Permit<RevokeToken>, id: &TokenId) -> Result<Token, Error> {
    let write = cx.db.write(|tx| async move {
        let found = tx.lock_token(id).await?;
        let (token, right) = permit.on(&tx, found).await?.ok_or_else(|| Error::NotFound(id.clone()))?;
        if token.ended.is_some() {
            return Ok(token);
        }
        let now = cx.clock.now();
        let revoked = token.revoke(&right.holder, now);
        end(&tx, Condition::all().add(TokenColumn::Id.eq(id.as_str())), &right.holder, now).await?;
        permit.record(&tx, Some(&token), &revoked, now).await?;
        Ok(revoked)
    });
    write.await
}

/// Ends every token of `person`'s own. Joins the caller's transaction.
pub(crate) async fn revoke_all_of(tx: &Tx, person: &PersonId, by: &PersonId, now: Timestamp) -> db::Result<()> {
    // Attempts run for an environment: they outlive the person they were started for.
    let personal = TokenColumn::Kind.eq(TokenKind::Personal.as_str());
    end(tx, Condition::all().add(personal).add(TokenColumn::PersonId.eq(person.as_str())), by, now).await
}

/// Ends the tokens that whoever was signed in as `person` made. Joins the caller's transaction.
pub(crate) async fn revoke_made_by(tx: &Tx, person: &PersonId, now: Timestamp) -> db::Result<()> {
    let own = Condition::all().add(TokenColumn::PersonId.eq(person.as_str()));
    let own =
        own.add(TokenColumn::CreatedBy.eq(person.as_str())).add(TokenColumn::Kind.eq(TokenKind::Personal.as_str()));
    end(tx, own, person, now).await
}

async fn end(tx: &Tx, fits: Condition, by: &PersonId, now: Timestamp) -> db::Result<()> {
    tx.end_tokens(fits, &Ended { at: now, by: by.clone() }).await?;
    // Raised even if nothing was left to end: it also stands for a person who may no longer come in.
    tx.raise_revision().await
}
