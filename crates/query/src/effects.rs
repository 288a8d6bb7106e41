//! What a decision about an access request would do, over the data itself: how many rows a filter keeps. Asked for those
//! who decide, never for those who ask, and no row of it is shown to anyone.
use std::collections::BTreeMap;

use base::DatasetId;
use catalog::datasets::{self, Table};
use catalog::grants::RowFilter;
use catalog::requests::{Counting, Effects, EffectsError, RowsKept};
use datafusion::arrow::array::{AsArray, RecordBatch};
use datafusion::arrow::datatypes::Int64Type;
use futures::TryStreamExt;

use crate::Context;
use crate::engine::{Session, Statement, TableName};
use crate::queries::Error;
use crate::reading::{open_table, policy};

/// Computes effects over the data.
#[derive(Clone, Debug)]
pub struct DataEffects(pub Context);

impl Effects for DataEffects {
    fn rows_kept<'a>(&'a self, dataset: &'a str, rows: &'a RowFilter) -> Counting<'a> {
        Box::pin(async move { self.count(dataset, rows).await.map_err(|error| EffectsError(error.why().detail)) })
    }
}

impl DataEffects {
    async fn count(&self, dataset: &str, rows: &RowFilter) -> Result<RowsKept, Error> {
        let id = &DatasetId(dataset.to_owned());
        let table = self.0.db.read(|tx| async move { datasets::table_of(&tx, id, None).await }).await?;
        let table = table.ok_or_else(|| Error::Unreachable(id.clone()))?;
        let kept = self.count_kept(&table, rows).await?;
        let all = if rows.keeps_all() { kept } else { self.count_kept(&table, &RowFilter::default()).await? };
        Ok(RowsKept { kept, all })
    }

    async fn count_kept(&self, table: &Table, rows: &RowFilter) -> Result<u64, Error> {
        let slot = self.0.engine.slot("effects").await.ok_or(Error::Busy)?;
        let limits = self.0.engine.limits();
        let (memory, threads, time) = (limits.memory_bytes, limits.threads, limits.time);
        let name = name_of(&table.dataset).ok_or_else(|| Error::Unreachable(table.dataset.clone()))?;
        let policy = policy(&BTreeMap::new(), rows, table, self.0.key.derive("effects"));
        let (cx, table) = (self.0.clone(), table.clone());
        let work = self.0.engine.spawn(async move {
            let dataset = table.dataset.clone();
            let opened = tokio::task::spawn_blocking(move || open_table(&cx, &table)).await;
            let pinned = opened.map_err(|_| Error::Broken)??;
            let mut session = Session::new(memory, threads, Some(slot))?;
            session.add(&name, pinned, policy).map_err(|_| Error::TermsDoNotFit(dataset))?;
            let counting = Statement::parse(&format!("SELECT count(*) FROM {}", in_quotes(&name)))?;
            let prepared = session.prepare(counting, 1).await?;
            let batches: Vec<RecordBatch> = session.run(prepared).await?.batches.try_collect().await?;
            let unchanged = tokio::task::spawn_blocking(move || session.check_unchanged()).await;
            unchanged.map_err(|_| Error::Broken)??;
            number(&batches)
        });
        match tokio::time::timeout(time, work.done()).await {
            Ok(done) => done.ok_or(Error::Broken)?,
            Err(_) => Err(Error::TooLong(time.as_secs())),
        }
    }
}

fn name_of(dataset: &DatasetId) -> Option<TableName> {
    let mut parts = dataset.as_str().splitn(3, '.').map(str::to_owned);
    Some(TableName { lake: parts.next()?, schema: parts.next()?, table: parts.next()? })
}

fn in_quotes(name: &TableName) -> String {
    let quote = |part: &str| format!("\"{}\"", part.replace('"', "\"\""));
    format!("{}.{}.{}", quote(&name.lake), quote(&name.schema), quote(&name.table))
}

fn number(batches: &[RecordBatch]) -> Result<u64, Error> {
    let first = batches.iter().find(|batch| batch.num_rows() > 0).ok_or(Error::Broken)?;
    let count = first.column(0).as_primitive_opt::<Int64Type>().ok_or(Error::Broken)?;
    Ok(count.value(0).unsigned_abs())
}
