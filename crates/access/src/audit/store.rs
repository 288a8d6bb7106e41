use super::entry::{Entry, Outcome, Recorded};
use super::{Checkpoint, Sealed};
use crate::store::{insert, unknown};
use base::{Digest, GrantId, PurposeId, Timestamp};
use db::Tx;
use row::{Column, Entity, Model};
use sea_orm::sea_query::{Condition, Expr};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use sea_orm::{Statement, Value};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit_entries")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub at_us: i64,
        pub actor: String,
        pub on_behalf_of: Option<String>,
        pub action: String,
        pub resource: String,
        pub outcome: String,
        pub policies: String,
        pub grant_id: Option<String>,
        pub purpose_id: Option<String>,
        pub reason: Option<String>,
        pub before: Option<String>,
        pub after: Option<String>,
        pub request_id: Option<String>,
        pub origin: Option<String>,
        pub seq: Option<i64>,
        pub prev_hash: Option<String>,
        pub hash: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

mod checkpoint_row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit_checkpoints")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub seq: i64,
        pub hash: String,
        pub at_us: i64,
        pub key_name: String,
        pub signature: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

use checkpoint_row as checkpoints;
pub(crate) use row::Column as EntryColumn;

pub(crate) trait AuditStore {
    async fn insert_entry(&self, entry: &Entry) -> db::Result<()>;
    /// Returns fitting entries before the row `before`, newest first, and how many fit in all.
    async fn list_entries(&self, fits: Condition, before: Option<i64>, limit: u64) -> db::Result<(Vec<Recorded>, u64)>;
    async fn list_sealed(&self, after: u64, limit: u64) -> db::Result<Vec<Recorded>>;
    async fn list_unsealed(&self, after: i64, limit: u64) -> db::Result<Vec<Recorded>>;
    async fn count_unsealed(&self) -> db::Result<u64>;
    async fn find_head(&self) -> db::Result<Option<Sealed>>;
    async fn take_audit_lease(&self, holder: &str, now: Timestamp, until: Timestamp) -> db::Result<bool>;
    async fn seal_entry(&self, id: i64, sealed: &Sealed) -> db::Result<()>;
    async fn insert_checkpoint(&self, checkpoint: &Checkpoint) -> db::Result<()>;
    async fn find_checkpoint(&self) -> db::Result<Option<Checkpoint>>;
    async fn list_checkpoints(&self, from: u64, to: u64) -> db::Result<Vec<Checkpoint>>;
}

fn number(value: i64) -> db::Result<u64> {
    u64::try_from(value).map_err(unknown)
}

/// Sequence numbers are stored as the engine's signed 64 bits.
fn stored(value: u64) -> db::Result<i64> {
    i64::try_from(value).map_err(unknown)
}

fn json(text: &str) -> db::Result<serde_json::Value> {
    serde_json::from_str(text).map_err(unknown)
}

impl TryFrom<Model> for Recorded {
    type Error = db::Error;
    fn try_from(row: Model) -> db::Result<Self> {
        let digest = |text: &str| text.parse::<Digest>().map_err(unknown);
        let sealed = match (row.seq, &row.prev_hash, &row.hash) {
            (Some(seq), Some(prev), Some(hash)) => {
                Some(Sealed { seq: number(seq)?, prev_hash: digest(prev)?, hash: digest(hash)? })
            }
            _ => None,
        };
        let entry = Entry {
            at: Timestamp(row.at_us),
            actor: row.actor,
            on_behalf_of: row.on_behalf_of,
            action: row.action,
            resource: row.resource,
            outcome: row.outcome.parse::<Outcome>().map_err(unknown)?,
            policies: serde_json::from_str(&row.policies).map_err(unknown)?,
            grant: row.grant_id.map(GrantId),
            purpose: row.purpose_id.map(PurposeId),
            reason: row.reason,
            before: row.before.as_deref().map(json).transpose()?,
            after: row.after.as_deref().map(json).transpose()?,
            request_id: row.request_id,
            origin: row.origin,
        };
        Ok(Self { id: row.id, entry, sealed })
    }
}

impl TryFrom<checkpoints::Model> for Checkpoint {
    type Error = db::Error;
    fn try_from(row: checkpoints::Model) -> db::Result<Self> {
        let hash = row.hash.parse::<Digest>().map_err(unknown)?;
        let (seq, at) = (number(row.seq)?, Timestamp(row.at_us));
        Ok(Self { seq, hash, at, key: row.key_name, signature: row.signature })
    }
}

fn recorded(rows: Vec<Model>) -> db::Result<Vec<Recorded>> {
    rows.into_iter().map(Recorded::try_from).collect()
}

impl AuditStore for Tx {
    async fn insert_entry(&self, entry: &Entry) -> db::Result<()> {
        let policies = serde_json::to_string(&entry.policies).map_err(unknown)?;
        let text = |value: &Option<serde_json::Value>| value.as_ref().map(ToString::to_string);
        let row = [
            (Column::AtUs, entry.at.0.into()),
            (Column::Actor, entry.actor.as_str().into()),
            (Column::OnBehalfOf, entry.on_behalf_of.clone().into()),
            (Column::Action, entry.action.as_str().into()),
            (Column::Resource, entry.resource.as_str().into()),
            (Column::Outcome, entry.outcome.as_str().into()),
            (Column::Policies, policies.into()),
            (Column::GrantId, entry.grant.as_ref().map(|grant| grant.0.clone()).into()),
            (Column::PurposeId, entry.purpose.as_ref().map(|purpose| purpose.0.clone()).into()),
            (Column::Reason, entry.reason.clone().into()),
            (Column::Before, text(&entry.before).into()),
            (Column::After, text(&entry.after).into()),
            (Column::RequestId, entry.request_id.clone().into()),
            (Column::Origin, entry.origin.clone().into()),
        ];
        insert(self, Entity, row).await
    }

    async fn list_entries(&self, fits: Condition, before: Option<i64>, limit: u64) -> db::Result<(Vec<Recorded>, u64)> {
        let fitting = Entity::find().filter(fits);
        let total = fitting.clone().count(self.conn()).await?;
        let mut page = fitting.order_by_desc(Column::Id).limit(limit);
        if let Some(before) = before {
            page = page.filter(Column::Id.lt(before));
        }
        Ok((recorded(page.all(self.conn()).await?)?, total))
    }

    async fn list_sealed(&self, after: u64, limit: u64) -> db::Result<Vec<Recorded>> {
        let rows = Entity::find().filter(Column::Seq.gt(stored(after)?)).order_by_asc(Column::Seq).limit(limit);
        recorded(rows.all(self.conn()).await?)
    }

    async fn list_unsealed(&self, after: i64, limit: u64) -> db::Result<Vec<Recorded>> {
        let rows = Entity::find().filter(Column::Seq.is_null()).filter(Column::Id.gt(after));
        recorded(rows.order_by_asc(Column::Id).limit(limit).all(self.conn()).await?)
    }

    async fn count_unsealed(&self) -> db::Result<u64> {
        Ok(Entity::find().filter(Column::Seq.is_null()).count(self.conn()).await?)
    }

    async fn find_head(&self) -> db::Result<Option<Sealed>> {
        let last = Entity::find().filter(Column::Seq.is_not_null()).order_by_desc(Column::Seq);
        let row = last.one(self.conn()).await?.map(Recorded::try_from).transpose()?;
        Ok(row.and_then(|row| row.sealed))
    }

    async fn take_audit_lease(&self, holder: &str, now: Timestamp, until: Timestamp) -> db::Result<bool> {
        let sql = "UPDATE audit_lease SET holder = $1, until_us = $2 WHERE id = 1 AND (holder = $1 OR until_us < $3)";
        let values: [Value; 3] = [holder.into(), until.0.into(), now.0.into()];
        let done = self.conn().execute_raw(Statement::from_sql_and_values(self.engine(), sql, values)).await?;
        Ok(done.rows_affected() == 1)
    }

    async fn seal_entry(&self, id: i64, sealed: &Sealed) -> db::Result<()> {
        let done = Entity::update_many()
            .col_expr(Column::Seq, Expr::val(stored(sealed.seq)?))
            .col_expr(Column::PrevHash, Expr::val(sealed.prev_hash.to_string()))
            .col_expr(Column::Hash, Expr::val(sealed.hash.to_string()))
            .filter(Column::Id.eq(id))
            .filter(Column::Seq.is_null())
            .exec(self.conn())
            .await?;
        db::expect_one(done)
    }

    async fn insert_checkpoint(&self, checkpoint: &Checkpoint) -> db::Result<()> {
        use checkpoints::Column as C;
        let row = [
            (C::Seq, stored(checkpoint.seq)?.into()),
            (C::Hash, checkpoint.hash.to_string().into()),
            (C::AtUs, checkpoint.at.0.into()),
            (C::KeyName, checkpoint.key.as_str().into()),
            (C::Signature, checkpoint.signature.as_str().into()),
        ];
        insert(self, checkpoints::Entity, row).await
    }

    async fn find_checkpoint(&self) -> db::Result<Option<Checkpoint>> {
        let last = checkpoints::Entity::find().order_by_desc(checkpoints::Column::Seq);
        last.one(self.conn()).await?.map(Checkpoint::try_from).transpose()
    }

    async fn list_checkpoints(&self, from: u64, to: u64) -> db::Result<Vec<Checkpoint>> {
        let seq = checkpoints::Column::Seq;
        let rows = checkpoints::Entity::find().filter(seq.between(stored(from)?, stored(to)?)).order_by_asc(seq);
        rows.all(self.conn()).await?.into_iter().map(Checkpoint::try_from).collect()
    }
}
