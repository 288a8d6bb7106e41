use super::inputs_store::Profiles;
use super::model::{Data, Found};
use super::service::data_of;
use super::store::{DIALECT, RunStore, Wanted};
use crate::Context;
use crate::error::Result;
use crate::experiments::store::ExperimentStore;
use crate::experiments::{Experiment, Lifecycle, ReadExperiment};
use crate::search::{Kind, Sql, Term, parse, parse_order};
use crate::spaces::{Mount, Placed, enter};
use access::http::Permit;
use db::Tx;

/// How much one answer holds of what runs logged: what is more comes with the next page, and profiles with the run alone.
const MOST_BYTES: u64 = 16 << 20;

/// Which runs to list.
#[derive(Clone, Debug, Default)]
pub(super) struct Search {
    pub filter: String,
    pub order_by: Vec<String>,
    /// `None` for active and deleted ones.
    pub state: Option<Lifecycle>,
    pub token: Option<String>,
    pub limit: u32,
}

/// Returns those of the experiments that are there and that the caller may see.
pub(crate) async fn experiments(
    tx: &Tx,
    permit: &Permit<ReadExperiment>,
    mount: &Mount,
    ids: &[String],
) -> Result<Vec<Experiment>> {
    let mut found = tx.list_experiments_of(ids).await?;
    if ids.iter().any(|id| id == "0") {
        let space = enter(tx, permit, mount).await?;
        found.extend(tx.find_default_experiment(&space).await?);
    }
    let (visible, caller) = (permit.visible(tx).await?, permit.caller());
    found.retain(|experiment| {
        let space = experiment.space();
        space.open_to(caller) && visible.allows(&space.resource(Experiment::KIND, &experiment.id, caller))
    });
    found.sort_by_key(|experiment| experiment.number);
    found.dedup_by_key(|experiment| experiment.number);
    Ok(found)
}

/// Returns a page of the runs of these experiments, and the token of the next.
pub(super) async fn search(
    cx: &Context,
    permit: &Permit<ReadExperiment>,
    mount: &Mount,
    ids: &[String],
    what: &Search,
) -> Result<(Vec<(Found, Data)>, Option<String>)> {
    let read = cx.db.read(|tx| async move {
        let experiments = experiments(&tx, permit, mount, ids).await?;
        let mut sql = Sql::new(tx.engine());
        let clauses = parse(&what.filter, &DIALECT)?;
        let last = [Term::column("r.started_at_us", Kind::Whole(1), true), Term::column("r.id", Kind::Text, false)];
        let order = parse_order(&mut sql, &what.order_by, &DIALECT, &last)?;
        let after = what.token.as_deref().map(|token| order.after(&mut sql, token)).transpose()?;
        if experiments.is_empty() {
            return Ok((Vec::new(), None));
        }
        let numbers: Vec<i64> = experiments.iter().map(|experiment| experiment.number).collect();
        let wanted = Wanted {
            experiments: &numbers,
            state: what.state,
            clauses: &clauses,
            after: after.as_deref(),
            limit: what.limit,
            bytes: MOST_BYTES,
        };
        let (runs, next) = tx.list_runs(&wanted, &order, sql).await?;
        let numbers: Vec<i64> = runs.iter().map(|run| run.number).collect();
        let data = data_of(&tx, &numbers, Profiles::Without).await?;
        let with_experiment = runs.into_iter().zip(data).filter_map(|(run, data)| {
            let experiment = experiments.iter().find(|experiment| experiment.number == run.experiment)?.clone();
            Some((Found { run, experiment }, data))
        });
        Ok((with_experiment.collect(), next))
    });
    read.await
}
