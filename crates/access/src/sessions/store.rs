use super::Session;
use super::model::{Failures, REMEMBERED_DAYS, key_of};
use crate::store::insert;
use base::{PersonId, Timestamp};
use db::Tx;
use sea_orm::sea_query::{Condition, Expr};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

mod session_row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "sessions")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub secret_hash: String,
        pub person_id: String,
        pub created_at_us: i64,
        pub expires_at_us: i64,
        pub seen_at_us: i64,
        pub ended_at_us: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

mod link_row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "links")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub secret_hash: String,
        pub person_id: String,
        pub created_by: String,
        pub created_at_us: i64,
        pub expires_at_us: i64,
        pub used_at_us: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

mod failure_row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "sign_in_failures")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub name_hash: String,
        pub failures: i64,
        pub last_at_us: i64,
        pub locked_until_us: Option<i64>,
        pub of_name_hash: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

use failure_row::{self as failures, Column as F};
use link_row::{self as links, Column as L};
use session_row::{self as sessions, Column as S};

/// A one-time link as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StoredLink {
    pub id: String,
    pub person: PersonId,
    pub created_by: PersonId,
    pub expires_at: Timestamp,
    pub used: bool,
}

pub(super) trait SessionStore {
    async fn find_session(&self, hash: &str) -> db::Result<Option<Session>>;
    async fn insert_session(&self, session: &Session, hash: &str) -> db::Result<()>;
    async fn see_session(&self, id: &str, at: Timestamp) -> db::Result<()>;
    async fn end_session(&self, id: &str, at: Timestamp) -> db::Result<()>;
    async fn end_sessions_of(&self, person: &PersonId, at: Timestamp) -> db::Result<()>;
    async fn find_link(&self, hash: &str) -> db::Result<Option<StoredLink>>;
    async fn insert_link(&self, link: &super::Link, by: &PersonId, at: Timestamp) -> db::Result<()>;
    /// Marks every unused link of a person as used.
    async fn use_links_of(&self, person: &PersonId, at: Timestamp) -> db::Result<()>;
    /// Returns the wrong passwords for a name from `source`, or from everywhere.
    async fn find_failures(&self, name: &str, source: Option<&str>) -> db::Result<Option<Failures>>;
    async fn lock_failures(&self, name: &str, source: Option<&str>) -> db::Result<Option<Failures>>;
    async fn save_failures(&self, name: &str, source: Option<&str>, failures: &Failures, known: bool)
    -> db::Result<()>;
    /// Forgets those from `source`, and the count from everywhere.
    async fn forget_failures(&self, name: &str, source: &str) -> db::Result<()>;
}

impl From<sessions::Model> for Session {
    fn from(row: sessions::Model) -> Self {
        Self {
            id: row.id,
            person: PersonId(row.person_id),
            created_at: Timestamp(row.created_at_us),
            expires_at: Timestamp(row.expires_at_us),
            seen_at: Timestamp(row.seen_at_us),
            ended_at: row.ended_at_us.map(Timestamp),
        }
    }
}

impl From<failures::Model> for Failures {
    fn from(row: failures::Model) -> Self {
        let (last_at, locked_until) = (Timestamp(row.last_at_us), row.locked_until_us.map(Timestamp));
        Self { count: row.failures, last_at, locked_until }
    }
}

impl SessionStore for Tx {
    async fn find_session(&self, hash: &str) -> db::Result<Option<Session>> {
        let row = sessions::Entity::find().filter(S::SecretHash.eq(hash)).one(self.conn()).await?;
        Ok(row.map(Session::from))
    }

    async fn insert_session(&self, session: &Session, hash: &str) -> db::Result<()> {
        let row = [
            (S::Id, session.id.as_str().into()),
            (S::SecretHash, hash.into()),
            (S::PersonId, session.person.as_str().into()),
            (S::CreatedAtUs, session.created_at.0.into()),
            (S::ExpiresAtUs, session.expires_at.0.into()),
            (S::SeenAtUs, session.seen_at.0.into()),
        ];
        insert(self, sessions::Entity, row).await
    }

    async fn see_session(&self, id: &str, at: Timestamp) -> db::Result<()> {
        let seen = sessions::Entity::update_many().col_expr(S::SeenAtUs, Expr::val(at.0));
        seen.filter(S::Id.eq(id)).filter(S::SeenAtUs.lt(at.0)).exec(self.conn()).await?;
        Ok(())
    }

    async fn end_session(&self, id: &str, at: Timestamp) -> db::Result<()> {
        let ended = sessions::Entity::update_many().col_expr(S::EndedAtUs, Expr::val(at.0));
        ended.filter(S::Id.eq(id)).filter(S::EndedAtUs.is_null()).exec(self.conn()).await?;
        Ok(())
    }

    async fn end_sessions_of(&self, person: &PersonId, at: Timestamp) -> db::Result<()> {
        let ended = sessions::Entity::update_many().col_expr(S::EndedAtUs, Expr::val(at.0));
        ended.filter(S::PersonId.eq(person.as_str())).filter(S::EndedAtUs.is_null()).exec(self.conn()).await?;
        Ok(())
    }

    async fn find_link(&self, hash: &str) -> db::Result<Option<StoredLink>> {
        let row = links::Entity::find().filter(L::SecretHash.eq(hash)).lock_exclusive().one(self.conn()).await?;
        Ok(row.map(|row| StoredLink {
            id: row.id,
            person: PersonId(row.person_id),
            created_by: PersonId(row.created_by),
            expires_at: Timestamp(row.expires_at_us),
            used: row.used_at_us.is_some(),
        }))
    }

    async fn insert_link(&self, link: &super::Link, by: &PersonId, at: Timestamp) -> db::Result<()> {
        let row = [
            (L::Id, link.id.as_str().into()),
            (L::SecretHash, link.secret.hash().into()),
            (L::PersonId, link.person.as_str().into()),
            (L::CreatedBy, by.as_str().into()),
            (L::CreatedAtUs, at.0.into()),
            (L::ExpiresAtUs, link.expires_at.0.into()),
        ];
        insert(self, links::Entity, row).await
    }

    async fn use_links_of(&self, person: &PersonId, at: Timestamp) -> db::Result<()> {
        let used = links::Entity::update_many().col_expr(L::UsedAtUs, Expr::val(at.0));
        used.filter(L::PersonId.eq(person.as_str())).filter(L::UsedAtUs.is_null()).exec(self.conn()).await?;
        Ok(())
    }

    async fn find_failures(&self, name: &str, source: Option<&str>) -> db::Result<Option<Failures>> {
        let row = failures::Entity::find_by_id(key_of(name, source)).one(self.conn()).await?;
        Ok(row.map(Failures::from))
    }

    async fn lock_failures(&self, name: &str, source: Option<&str>) -> db::Result<Option<Failures>> {
        let row = failures::Entity::find_by_id(key_of(name, source)).lock_exclusive().one(self.conn()).await?;
        Ok(row.map(Failures::from))
    }

    async fn save_failures(
        &self,
        name: &str,
        source: Option<&str>,
        failures: &Failures,
        known: bool,
    ) -> db::Result<()> {
        let locked_until = failures.locked_until.map(|until| until.0);
        if known {
            let done = failures::Entity::update_many()
                .col_expr(F::Failures, Expr::val(failures.count))
                .col_expr(F::LastAtUs, Expr::val(failures.last_at.0))
                .col_expr(F::LockedUntilUs, Expr::val(locked_until))
                .filter(F::NameHash.eq(key_of(name, source)))
                .exec(self.conn())
                .await?;
            return db::expect_one(done);
        }
        let row = [
            (F::NameHash, key_of(name, source).into()),
            (F::Failures, failures.count.into()),
            (F::LastAtUs, failures.last_at.0.into()),
            (F::LockedUntilUs, locked_until.into()),
            (F::OfNameHash, source.map(|_| key_of(name, None)).into()),
        ];
        match insert(self, failures::Entity, row).await {
            Err(db::Error::Taken) => Err(db::Error::Stale), // the first two tries came at once: count again
            done => done,
        }
    }

    async fn forget_failures(&self, name: &str, source: &str) -> db::Result<()> {
        let keys = [key_of(name, Some(source)), key_of(name, None)];
        failures::Entity::delete_many().filter(F::NameHash.is_in(keys)).exec(self.conn()).await?;
        Ok(())
    }
}

/// Returns until when wrong passwords keep somebody who says to be `person` out, from somewhere, if they do at `now`.
pub(crate) async fn locked_until(tx: &Tx, person: &PersonId, now: Timestamp) -> db::Result<Option<Timestamp>> {
    let name = key_of(person.as_str(), None);
    let of_name = Condition::any().add(F::NameHash.eq(name.as_str())).add(F::OfNameHash.eq(name.as_str()));
    let rows = failures::Entity::find().filter(of_name).filter(F::LockedUntilUs.gt(now.0)).all(tx.conn()).await?;
    Ok(rows.into_iter().filter_map(|row| row.locked_until_us.map(Timestamp)).max())
}

/// Returns whether session `id` still lets its person in at `now`.
pub(crate) async fn is_open(tx: &Tx, id: &str, now: Timestamp) -> db::Result<bool> {
    let row = sessions::Entity::find_by_id(id).one(tx.conn()).await?;
    Ok(row.map(Session::from).is_some_and(|session| session.is_open(now)))
}

/// Drops failures that are forgotten, and sessions and links that ended a month ago.
pub(crate) async fn sweep(tx: &Tx, now: Timestamp) -> db::Result<()> {
    let forgotten = now.plus_days(-REMEMBERED_DAYS).0;
    failures::Entity::delete_many().filter(F::LastAtUs.lt(forgotten)).exec(tx.conn()).await?;
    let old = now.plus_days(-30).0;
    sessions::Entity::delete_many().filter(S::ExpiresAtUs.lt(old)).exec(tx.conn()).await?;
    links::Entity::delete_many().filter(L::ExpiresAtUs.lt(old)).exec(tx.conn()).await?;
    Ok(())
}
