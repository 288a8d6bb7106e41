//! The gate beside every request: finds out who asks, and asks the policies.
use crate::audit::Strangers;
use crate::audit::store::AuditStore;
use crate::authority::{Authority, Policies, PolicyError};
use crate::caller::{Caller, SignIn, Who};
use crate::http::{Action, AuthError, Permit};
use crate::secret::hash_of;
use crate::sessions;
use crate::tokens::{Known, Token};
use axum::extract::ConnectInfo;
use axum::http::{Extensions, HeaderMap, header};
use base::{Clock, Ids, Timestamp};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use db::Db;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// How often the revision of tokens is looked at: revocation takes effect within a second, everywhere.
const POLL: Duration = Duration::from_millis(250);

/// What the services of this context use.
#[derive(Clone, Debug)]
pub struct Context {
    /// The metadata database.
    pub db: Db,
    /// The process's clock.
    pub clock: Clock,
    /// Where ids come from.
    pub ids: Ids,
    /// Whether people reach the server over https, so that cookies are `Secure`.
    pub https: bool,
    pub(crate) hashing: sessions::Hashing,
    pub(crate) tries: sessions::Tries,
}

/// What the extractors need; `api` puts it beside every request.
#[derive(Clone, Debug)]
pub struct Gate(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    cx: Context,
    policies: Policies,
    known: Known,
    strangers: Strangers,
}

/// Stands in the extensions of every request that came through the admin socket, and of no other.
#[derive(Clone, Copy, Debug)]
pub struct OperatorSocket;

/// Stands in the extensions of every request that came through the runners' socket, and of no other.
#[derive(Clone, Copy, Debug)]
pub struct RunnerSocket;

impl Gate {
    /// Returns a gate that asks these policies.
    pub fn new(db: Db, clock: Clock, ids: Ids, policies: Policies) -> Self {
        let (hashing, tries) = (sessions::Hashing::default(), sessions::Tries::default());
        let cx = Context { db, clock, ids, https: false, hashing, tries };
        Self(Arc::new(Inner { cx, policies, known: Known::default(), strangers: Strangers::default() }))
    }

    /// Says that people reach the server over https; before anyone else holds this gate.
    #[must_use]
    pub fn over_https(self) -> Self {
        let inner = Arc::into_inner(self.0).expect("said before the gate is shared");
        Self(Arc::new(Inner { cx: Context { https: true, ..inner.cx }, ..inner }))
    }

    /// Takes note of verbs that no route stands for because they are asked inside others; before [`Gate::covers`].
    pub fn also_asks(&self, actions: impl IntoIterator<Item = &'static str>) {
        self.0.policies.0.also(actions);
    }

    /// Checks the policies against the actions of the route inventory.
    ///
    /// # Errors
    /// An action that no policy names, or a policy that names an unknown one or does not type-check.
    pub fn covers<'a>(&self, routes: impl IntoIterator<Item = &'a web::Place>) -> Result<(), PolicyError> {
        let actions = routes.into_iter().map(|(_, _, action)| *action).filter(|action| *action != crate::http::OPEN);
        self.0.policies.0.covers(actions.collect::<BTreeSet<_>>())
    }

    /// Returns what the services of this context use.
    pub fn context(&self) -> Context {
        self.0.cx.clone()
    }

    /// Returns the permit of `caller` for the verb `A`, for jobs that act for whoever asked, and for tests. It decides
    /// as that of a request does.
    pub fn permit<A: Action>(&self, caller: Caller) -> Permit<A> {
        Permit::new(self.clone(), caller)
    }

    pub(crate) fn authority(&self) -> &Authority {
        &self.0.policies.0
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.cx.clock.now()
    }

    pub(crate) fn cx(&self) -> &Context {
        &self.0.cx
    }

    pub(crate) fn count_stranger(&self, origin: Option<&str>) {
        self.0.strangers.count(origin, self.now());
    }

    /// Keeps what must not grow old until `stop` is ready: polls the revision of tokens, writes the counts of refused
    /// strangers, and drops what has had its time.
    pub async fn keep(self, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        let mut ticks: u32 = 0;
        loop {
            self.poll().await;
            if ticks.is_multiple_of(4) {
                self.write_counts(false).await;
            }
            if ticks.is_multiple_of(4 * 600) {
                self.sweep().await;
            }
            ticks = ticks.wrapping_add(1);
            tokio::select! {
                () = &mut stop => break,
                () = async { tokio::time::sleep(POLL).await } => {}
            }
        }
        self.write_counts(true).await;
    }

    async fn poll(&self) {
        let found = self.0.cx.db.read(|tx| async move { crate::tokens::revision(&tx).await }).await;
        match found {
            Ok(revision) => self.0.known.is_at(revision),
            Err(error) => tracing::warn!(%error, "the revision of tokens could not be read; each is looked up instead"),
        }
    }

    /// Writes the counts of refused strangers into the audit log: of the minutes that ended, or `all`.
    pub async fn write_counts(&self, all: bool) {
        let entries = self.0.strangers.take(self.now(), all);
        if entries.is_empty() {
            return;
        }
        let entries = &entries;
        let written = self.0.cx.db.write(|tx| async move {
            for entry in entries {
                tx.insert_entry(entry).await?;
            }
            Ok::<_, db::Error>(())
        });
        if let Err(error) = written.await {
            tracing::error!(%error, "counts of refused strangers could not be written to the audit log");
        }
    }

    async fn sweep(&self) {
        let now = self.now();
        let swept = self.0.cx.db.write(|tx| async move {
            crate::once::sweep(&tx, now).await?;
            sessions::sweep(&tx, now).await
        });
        if let Err(error) = swept.await {
            tracing::warn!(%error, "old sessions and idempotency keys could not be dropped");
        }
    }

    /// Finds out who asks: the operator at the admin socket, the owner of a token, or that of a session.
    pub(crate) async fn identify(&self, headers: &HeaderMap, extensions: &Extensions) -> Result<Caller, AuthError> {
        let Caller { request_id, origin, .. } = stranger(extensions);
        if extensions.get::<OperatorSocket>().is_some() {
            return Ok(Caller { request_id, ..Caller::operator() });
        }
        let basic = extensions.get::<web::BasicAllowed>().is_some();
        if let Some(secret) = token_in(headers, basic)? {
            let from_a_runner = extensions.get::<RunnerSocket>().is_some();
            return self.by_token(&secret, from_a_runner, request_id, origin).await;
        }
        if let Some(secret) = sessions::cookie_in(headers) {
            let now = self.now();
            let secret = &secret;
            let session = sessions::find(&self.0.cx, secret, now).await?;
            let by = SignIn::Session { id: session.id, csrf: sessions::csrf_of(secret) };
            return Ok(Caller {
                who: Who::Person(session.person),
                by,
                verbs: None,
                reads: Vec::new(),
                request_id,
                origin,
            });
        }
        Ok(Caller::anonymous(request_id, origin))
    }

    async fn by_token(
        &self,
        secret: &str,
        from_a_runner: bool,
        request_id: Option<String>,
        origin: Option<String>,
    ) -> Result<Caller, AuthError> {
        let hash = hash_of(secret);
        let token = match self.0.known.get(&hash) {
            Some(known) => known,
            None => self.look_up(&hash).await?.ok_or(AuthError::UnknownToken)?,
        };
        if token.ended.is_some() {
            return Err(AuthError::TokenRevoked(token.id.clone()));
        }
        if token.expires_at <= self.now() {
            return Err(AuthError::TokenExpired(token.id.clone(), token.expires_at));
        }
        let who = token.who().ok_or(AuthError::UnknownToken)?;
        // Whoever reads it in a log, or prints it there, has nothing: it works where its attempt runs.
        if matches!(who, Who::Attempt { .. }) && !from_a_runner {
            return Err(AuthError::Elsewhere(token.id.clone()));
        }
        let by = SignIn::Token(token.id.clone());
        Ok(Caller { who, by, verbs: token.verbs.clone(), reads: token.reads.clone(), request_id, origin })
    }

    async fn look_up(&self, hash: &str) -> Result<Option<Arc<Token>>, AuthError> {
        let read = self.0.cx.db.read(|tx| async move {
            // The revision first: if the token ends between the two statements, what is remembered is old already.
            let revision = crate::tokens::revision(&tx).await?;
            Ok::<_, db::Error>((revision, crate::tokens::find_usable(&tx, hash).await?))
        });
        let (revision, token) = read.await?;
        let Some(token) = token.map(Arc::new) else { return Ok(None) };
        self.0.known.put(hash, revision, token.clone());
        Ok(Some(token))
    }
}

/// Returns a caller of whom nothing is known but where they came from.
pub(crate) fn stranger(extensions: &Extensions) -> Caller {
    let request_id = extensions.get::<web::RequestId>().map(|id| id.0.clone());
    let origin = extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip().to_string());
    Caller::anonymous(request_id, origin)
}

/// Returns the token in `Authorization: Bearer …`, or, where the route says so, the password of `Basic …`.
fn token_in(headers: &HeaderMap, basic: bool) -> Result<Option<String>, AuthError> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let value = value.to_str().map_err(|_| AuthError::Header)?;
    let (scheme, rest) = value.split_once(' ').ok_or(AuthError::Header)?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Ok(Some(rest.trim().to_owned()));
    }
    if basic && scheme.eq_ignore_ascii_case("basic") {
        let pair = STANDARD.decode(rest.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let pair = pair.ok_or(AuthError::Header)?;
        let (_, password) = pair.split_once(':').ok_or(AuthError::Header)?;
        return Ok(Some(password.to_owned()));
    }
    Err(AuthError::Header)
}
