use base::{GrantId, Principal, QueryId, Timestamp};
use catalog::grants::Use;
use db::Tx;
use row::{Column, Entity, Model};
use sea_orm::sea_query::{Condition, Expr, ExprTrait, OnConflict, Query as Sql};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Value};
use std::collections::BTreeSet;

use super::model::LOST_AFTER_US;
use super::{Query, QueryState, Why};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "queries")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub asker: String,
        pub sql: String,
        pub purpose: Option<String>,
        pub stated_use: String,
        pub encoding: String,
        pub reads: String,
        pub state: String,
        pub rows: i64,
        pub bytes: i64,
        pub truncated: bool,
        pub started_at_us: i64,
        pub ended_at_us: Option<i64>,
        pub why: Option<String>,
        pub seen_at_us: i64,
        pub revision: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// When each grant was first read under.
const FIRST_READS: &str = "first_reads";

/// How many lost queries are ended in one transaction; the next run ends more.
const AT_ONCE: u64 = 200;

/// Where a page of queries goes on: the last one's start and id.
pub(crate) type After = (i64, String);

/// Where a row keeps what `access` decides on.
pub(crate) fn columns() -> access::Columns {
    access::Columns::scope(Expr::val("deployment")).asker(Expr::col(Column::Asker))
}

/// The statements on queries.
pub(crate) trait QueryStore {
    async fn find_query(&self, id: &QueryId) -> db::Result<Option<Query>>;
    async fn lock_query(&self, id: &QueryId) -> db::Result<Option<Query>>;
    /// Writes a new query down, and of each grant whether this is the first read under it.
    async fn insert_query(&self, query: &Query) -> db::Result<()>;
    async fn save_query(&self, query: Query) -> db::Result<Query>;
    /// Returns up to `limit` queries after `after`, newest first.
    async fn list_queries(&self, visible: Condition, after: Option<After>, limit: u64) -> db::Result<Vec<Query>>;
    /// Returns when the first query under a grant started.
    async fn first_under(&self, grant: &GrantId) -> db::Result<Option<Timestamp>>;
    /// Says that a query still runs here.
    async fn touch_query(&self, id: &QueryId, now: Timestamp) -> db::Result<()>;
    /// Returns some of those that run without a sign of life, and nobody else changes them until this transaction ends.
    async fn lock_lost_queries(&self, now: Timestamp) -> db::Result<Vec<Query>>;
}

impl QueryStore for Tx {
    async fn find_query(&self, id: &QueryId) -> db::Result<Option<Query>> {
        Entity::find_by_id(id.as_str()).one(self.conn()).await?.map(query).transpose()
    }

    async fn lock_query(&self, id: &QueryId) -> db::Result<Option<Query>> {
        Entity::find_by_id(id.as_str()).lock_exclusive().one(self.conn()).await?.map(query).transpose()
    }

    async fn insert_query(&self, query: &Query) -> db::Result<()> {
        let mut insert = Sql::insert();
        let values = values(query)?;
        insert.into_table(Entity).columns(values.iter().map(|(column, _)| *column));
        insert.values_panic(values.into_iter().map(|(_, value)| Expr::val(value)));
        self.conn().execute(&insert).await?;
        let grants: BTreeSet<&str> = query.reads.iter().map(|read| read.grant.as_str()).collect();
        for grant in grants {
            let mut insert = Sql::insert();
            insert.into_table(FIRST_READS).columns(["grant_id", "at_us"]);
            insert.values_panic([Expr::val(grant), Expr::val(query.started_at.0)]);
            insert.on_conflict(OnConflict::column("grant_id").do_nothing().to_owned());
            self.conn().execute(&insert).await?;
        }
        Ok(())
    }

    async fn save_query(&self, query: Query) -> db::Result<Query> {
        let mut update = Entity::update_many();
        for (column, value) in values(&query)? {
            update = match column {
                Column::Id => update,
                Column::Revision => update.col_expr(column, Expr::col(column).add(1)),
                _ => update.col_expr(column, Expr::val(value)),
            };
        }
        let done = update
            .filter(Column::Id.eq(query.id.as_str()))
            .filter(Column::Revision.eq(query.revision))
            .exec(self.conn())
            .await?;
        db::expect_one(done)?;
        Ok(Query { revision: query.revision + 1, ..query })
    }

    async fn list_queries(&self, visible: Condition, after: Option<After>, limit: u64) -> db::Result<Vec<Query>> {
        let mut select = Entity::find().filter(visible);
        if let Some((started, id)) = after {
            let earlier = Condition::any()
                .add(Column::StartedAtUs.lt(started))
                .add(Condition::all().add(Column::StartedAtUs.eq(started)).add(Column::Id.lt(id)));
            select = select.filter(earlier);
        }
        let select = select.order_by_desc(Column::StartedAtUs).order_by_desc(Column::Id).limit(limit);
        select.all(self.conn()).await?.into_iter().map(query).collect()
    }

    async fn first_under(&self, grant: &GrantId) -> db::Result<Option<Timestamp>> {
        let mut select = Sql::select();
        select.column("at_us").from(FIRST_READS).and_where(Expr::col("grant_id").eq(grant.as_str()));
        let row = self.conn().query_one(&select).await?;
        Ok(row.map(|row| row.try_get("", "at_us")).transpose()?.map(Timestamp))
    }

    async fn touch_query(&self, id: &QueryId, now: Timestamp) -> db::Result<()> {
        Entity::update_many()
            .col_expr(Column::SeenAtUs, Expr::val(now.0))
            .filter(Column::Id.eq(id.as_str()))
            .filter(Column::State.eq(QueryState::Running.as_str()))
            .exec(self.conn())
            .await?;
        Ok(())
    }

    async fn lock_lost_queries(&self, now: Timestamp) -> db::Result<Vec<Query>> {
        let lost = Entity::find()
            .filter(Column::State.eq(QueryState::Running.as_str()))
            .filter(Column::SeenAtUs.lt(now.0 - LOST_AFTER_US))
            .order_by_asc(Column::Id)
            .limit(AT_ONCE);
        lost.lock_exclusive().all(self.conn()).await?.into_iter().map(query).collect()
    }
}

fn json<T: serde::Serialize>(value: &T) -> db::Result<String> {
    serde_json::to_string(value).map_err(|error| db::Error::Unknown(error.to_string()))
}

fn values(query: &Query) -> db::Result<Vec<(Column, Value)>> {
    let whole = |number: u64| Value::from(i64::try_from(number).unwrap_or(i64::MAX));
    Ok(vec![
        (Column::Id, query.id.as_str().into()),
        (Column::Asker, query.asker.to_string().into()),
        (Column::Sql, query.sql.as_str().into()),
        (Column::Purpose, query.purpose.as_ref().map(|purpose| purpose.0.clone()).into()),
        (Column::StatedUse, query.stated_use.as_str().into()),
        (Column::Encoding, query.encoding.as_str().into()),
        (Column::Reads, json(&query.reads)?.into()),
        (Column::State, query.state.as_str().into()),
        (Column::Rows, whole(query.rows)),
        (Column::Bytes, whole(query.bytes)),
        (Column::Truncated, query.truncated.into()),
        (Column::StartedAtUs, query.started_at.0.into()),
        (Column::EndedAtUs, query.ended_at.map(|at| at.0).into()),
        (Column::Why, query.why.as_ref().map(json).transpose()?.into()),
        (Column::SeenAtUs, query.seen_at.0.into()),
        (Column::Revision, query.revision.into()),
    ])
}

fn query(row: Model) -> db::Result<Query> {
    let unknown = |error: &dyn std::fmt::Display| db::Error::Unknown(error.to_string());
    let stated_use: Use =
        serde_json::from_value(serde_json::Value::String(row.stated_use)).map_err(|error| unknown(&error))?;
    let why: Option<Why> =
        row.why.map(|text| serde_json::from_str(&text)).transpose().map_err(|error| unknown(&error))?;
    Ok(Query {
        id: QueryId(row.id),
        asker: row.asker.parse::<Principal>().map_err(|error| unknown(&error))?,
        sql: row.sql,
        purpose: row.purpose.map(Into::into),
        stated_use,
        encoding: row.encoding,
        reads: serde_json::from_str(&row.reads).map_err(|error| unknown(&error))?,
        state: row.state.parse().map_err(|error| unknown(&error))?,
        rows: row.rows.unsigned_abs(),
        bytes: row.bytes.unsigned_abs(),
        truncated: row.truncated,
        started_at: Timestamp(row.started_at_us),
        ended_at: row.ended_at_us.map(Timestamp),
        why,
        seen_at: Timestamp(row.seen_at_us),
        revision: row.revision,
    })
}
