use super::inputs_store::{InputStore, Summary};
use super::model::{Dataset, ModelLink};
use super::service::writable;
use super::{LogRun, search};
use crate::Context;
use crate::error::{Error, Result};
use crate::experiments::{Experiment, ReadExperiment};
use crate::logged_models::store::LoggedModelStore;
use crate::spaces::{Mount, Placed};
use crate::wire::{Fields, Tag};
use access::http::Permit;
use db::Tx;

/// The most datasets or models in one call.
const MOST: usize = 1_000;

impl Dataset {
    /// Reads a dataset with the tags of its use, and checks it.
    pub(super) fn of(input: &Fields) -> Result<Self> {
        let dataset = input.message("dataset")?;
        let dataset = dataset.ok_or_else(|| Error::invalid("Missing value for required parameter 'dataset'."))?;
        let bounded = |name: &'static str, longest: usize| {
            let text = dataset.text_or_empty(name)?;
            let fits = text.chars().count() <= longest;
            if fits {
                Ok(text)
            } else {
                Err(Error::invalid(format!("'{name}' exceeds the maximum length of {longest} characters")))
            }
        };
        let tags: Vec<Tag> = input.tags("tags")?;
        if tags.iter().any(|tag| tag.key.chars().count() > 255 || tag.value.chars().count() > 500) {
            return Err(Error::invalid(
                "An input tag's key or value exceeds the maximum length of 255 and 500 characters",
            ));
        }
        dataset.text("name")?;
        dataset.text("digest")?;
        Ok(Self {
            name: bounded("name", 500)?,
            digest: bounded("digest", 36)?,
            source_type: bounded("source_type", 500)?,
            source: bounded("source", 65_535)?,
            schema: bounded("schema", 1_048_575)?,
            profile: bounded("profile", 16_777_215)?,
            tags,
        })
    }
}

/// Refuses models that are not of the run's own space: a link must not say that they exist.
pub(super) async fn check_models(tx: &Tx, experiment: &Experiment, models: &[String]) -> Result<()> {
    if models.is_empty() {
        return Ok(());
    }
    let known = tx.list_logged_model_ids(experiment.space(), models).await?;
    let unknown = models.iter().find(|model| !known.contains(*model));
    unknown.map_or(Ok(()), |model| Err(Error::NoLoggedModel(crate::shown(model))))
}

/// Notes what a run read and made.
pub(super) async fn log(
    cx: &Context,
    permit: &Permit<LogRun>,
    run: &str,
    datasets: &[Dataset],
    links: &[ModelLink],
) -> Result<()> {
    if datasets.len() > MOST || links.len() > MOST {
        return Err(Error::invalid(format!("A call can name at most {MOST} datasets and {MOST} models.")));
    }
    let write = cx.db.write(|tx| async move {
        let found = writable(&tx, permit, run).await?;
        let models: Vec<String> = links.iter().map(|link| link.model.clone()).collect();
        check_models(&tx, &found.experiment, &models).await?;
        for dataset in datasets {
            tx.put_dataset(found.experiment.number, found.run.number, dataset).await?;
        }
        let mut links = links.to_vec();
        links.sort_by(|a, b| (a.made, &a.model).cmp(&(b.made, &b.model)));
        links.dedup_by(|later, first| (later.made, &later.model) == (first.made, &first.model));
        Ok(tx.put_models(found.run.number, &links).await?)
    });
    write.await
}

/// Returns the datasets that runs of these experiments read, with what clients call each experiment.
pub(super) async fn summaries(
    cx: &Context,
    permit: &Permit<ReadExperiment>,
    mount: &Mount,
    experiments: &[String],
) -> Result<Vec<(String, Summary)>> {
    let read = cx.db.read(|tx| async move {
        let experiments = search::experiments(&tx, permit, mount, experiments).await?;
        let numbers: Vec<i64> = experiments.iter().map(|experiment| experiment.number).collect();
        let found = tx.list_summaries(&numbers, 1_000).await?;
        let named = found.into_iter().filter_map(|summary| {
            let of = experiments.iter().find(|experiment| experiment.number == summary.experiment)?;
            Some((of.client_id().to_owned(), summary))
        });
        Ok(named.collect())
    });
    read.await
}
