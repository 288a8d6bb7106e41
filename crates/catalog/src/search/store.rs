use super::index::Document;
use crate::datasets::Dataset;
use crate::datasets::store::{DATASET, DatasetStore, dataset_of};
use crate::sensitivity::Level;
use base::DatasetId;
use db::sql::{all, get};
use db::{Result, Tx};
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Condition, Expr, ExprTrait, Order, Query, SelectStatement};
use std::collections::BTreeMap;

/// Ids in one statement: both engines bind fewer than 32,767 values.
const AT_ONCE: usize = 5_000;

/// What a search is narrowed to.
#[derive(Clone, Debug, Default)]
pub(super) struct Narrowed {
    pub lake: Option<String>,
    pub team: Option<String>,
    pub level: Option<Level>,
    /// Only those that the viewer may read now, or only those that they may not.
    pub readable: Option<bool>,
}

/// Which facet a count leaves its own filter out of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Facet {
    Lake,
    Team,
    Level,
    Access,
}

/// Which datasets are asked for: those that the viewer may know of, narrowed.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub visible: Condition,
    pub narrowed: Narrowed,
    /// What the viewer may read now.
    pub readable: Vec<String>,
    /// The candidates of a query; `None` to browse.
    pub found: Option<Vec<String>>,
}

impl Asked {
    fn condition(&self, but: Option<Facet>) -> Condition {
        let narrowed = &self.narrowed;
        let keep = |facet: Facet| but != Some(facet);
        let mut all = Condition::all()
            .add(Expr::col("state").ne("retired"))
            .add(Condition::any().add(self.visible.clone()).add(Expr::col("id").is_in(self.readable.iter().cloned())));
        if let Some(found) = &self.found {
            all = all.add(Expr::col("id").is_in(found.iter().take(AT_ONCE).cloned()));
        }
        if let Some(lake) = narrowed.lake.as_ref().filter(|_| keep(Facet::Lake)) {
            all = all.add(Expr::col("lake").eq(lake.as_str()));
        }
        if let Some(team) = narrowed.team.as_ref().filter(|_| keep(Facet::Team)) {
            all = all.add(Expr::col("team").eq(team.as_str()));
        }
        if let Some(level) = narrowed.level.filter(|_| keep(Facet::Level)) {
            all = all.add(Expr::col("level").eq(level.as_str()));
        }
        match narrowed.readable.filter(|_| keep(Facet::Access)) {
            Some(true) => all.add(Expr::col("id").is_in(self.readable.iter().cloned())),
            Some(false) => all.add(Expr::col("id").is_not_in(self.readable.iter().cloned())),
            None => all,
        }
    }
}

fn select(asked: &Asked) -> SelectStatement {
    let mut select = Query::select();
    select.columns(DATASET.split(", ")).from("datasets").cond_where(asked.condition(None));
    select
}

pub(super) trait SearchStore {
    /// Returns every dataset asked for, in no order: for candidates of a query, whose number is bounded.
    async fn list_found(&self, asked: &Asked) -> Result<Vec<Dataset>>;
    /// Returns up to `limit` datasets behind `after`, by name.
    async fn browse(&self, asked: &Asked, after: Option<&str>, limit: u32) -> Result<Vec<Dataset>>;
    async fn count_asked(&self, asked: &Asked, but: Option<Facet>) -> Result<u64>;
    /// Counts the datasets per value of a facet, its own filter left out.
    async fn count_by(&self, asked: &Asked, facet: Facet) -> Result<Vec<(String, u64)>>;
    async fn columns_of(&self, datasets: &[DatasetId]) -> Result<BTreeMap<String, Vec<String>>>;
    /// Returns what the index holds of a dataset; `None` if there is none, or it is retired.
    async fn document_of(&self, id: &DatasetId) -> Result<Option<Document>>;
    async fn list_ids(&self, after: &str, limit: u32) -> Result<Vec<DatasetId>>;
}

impl SearchStore for Tx {
    async fn list_found(&self, asked: &Asked) -> Result<Vec<Dataset>> {
        self.conn().query_all(&select(asked)).await?.iter().map(dataset_of).collect()
    }

    async fn browse(&self, asked: &Asked, after: Option<&str>, limit: u32) -> Result<Vec<Dataset>> {
        let mut page = select(asked);
        page.and_where(Expr::col("id").gt(after.unwrap_or_default()));
        page.order_by("id", Order::Asc).limit(u64::from(limit));
        self.conn().query_all(&page).await?.iter().map(dataset_of).collect()
    }

    async fn count_asked(&self, asked: &Asked, but: Option<Facet>) -> Result<u64> {
        let mut select = Query::select();
        select.expr_as(Expr::cust("count(*)"), "n").from("datasets").cond_where(asked.condition(but));
        let row = self.conn().query_one(&select).await?.ok_or(db::Error::Stale)?;
        db::sql::count(&row, "n")
    }

    async fn count_by(&self, asked: &Asked, facet: Facet) -> Result<Vec<(String, u64)>> {
        let column = match facet {
            Facet::Lake => "lake",
            Facet::Team => "team",
            Facet::Level => "level",
            Facet::Access => return self.count_access(asked).await,
        };
        let mut select = Query::select();
        select.column(column).expr_as(Expr::cust("count(*)"), "n").from("datasets");
        select.cond_where(asked.condition(Some(facet))).group_by_col(column).order_by(column, Order::Asc).limit(200);
        let rows = self.conn().query_all(&select).await?;
        rows.iter().map(|row| Ok((get(row, column)?, db::sql::count(row, "n")?))).collect()
    }

    async fn columns_of(&self, datasets: &[DatasetId]) -> Result<BTreeMap<String, Vec<String>>> {
        let mut select = Query::select();
        select.columns(["dataset", "name"]).from("dataset_columns").and_where(Expr::col("present").eq(true));
        select.and_where(Expr::col("dataset").is_in(datasets.iter().map(|id| id.0.clone())));
        select.order_by("position", Order::Asc);
        let mut columns: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for row in self.conn().query_all(&select).await? {
            columns.entry(get(&row, "dataset")?).or_default().push(get(&row, "name")?);
        }
        Ok(columns)
    }

    async fn document_of(&self, id: &DatasetId) -> Result<Option<Document>> {
        let Some(dataset) = self.find_dataset(id).await? else { return Ok(None) };
        if dataset.state == crate::datasets::DatasetState::Retired {
            return Ok(None);
        }
        let present: Vec<_> = self.list_columns(id).await?.into_iter().filter(|column| column.present).collect();
        Ok(Some(Document {
            id: dataset.id.0,
            team: dataset.team.0,
            description: dataset.description,
            columns: present.iter().map(|column| column.name.clone()).collect(),
            column_descriptions: present.into_iter().map(|column| column.description).collect(),
        }))
    }

    async fn list_ids(&self, after: &str, limit: u32) -> Result<Vec<DatasetId>> {
        let sql = "SELECT id FROM datasets WHERE id > $1 ORDER BY id LIMIT $2";
        let rows = all(self, sql, vec![after.into(), i64::from(limit).into()]).await?;
        rows.iter().map(|row| Ok(DatasetId(get(row, "id")?))).collect()
    }
}

trait AccessFacet {
    async fn count_access(&self, asked: &Asked) -> Result<Vec<(String, u64)>>;
}

impl AccessFacet for Tx {
    async fn count_access(&self, asked: &Asked) -> Result<Vec<(String, u64)>> {
        let mut counts = Vec::new();
        for (word, readable) in [("readable", true), ("askable", false)] {
            let narrowed = Narrowed { readable: Some(readable), ..asked.narrowed.clone() };
            counts.push((word.to_owned(), self.count_asked(&Asked { narrowed, ..asked.clone() }, None).await?));
        }
        counts.retain(|(_, count)| *count > 0);
        Ok(counts)
    }
}
