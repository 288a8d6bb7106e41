use base::{DatasetId, PersonId, Timestamp};
use db::sql::{all, get, one, run};
use db::{Result, Tx};

/// The table `dataset_looks`.
pub(super) trait LookStore {
    /// Returns those of `datasets` that a person has looked at.
    async fn list_looked(&self, person: &PersonId, datasets: &[DatasetId]) -> Result<Vec<DatasetId>>;
    /// Inserts first looks; what is there stays.
    async fn insert_looks(&self, person: &PersonId, datasets: &[DatasetId], now: Timestamp) -> Result<()>;
    async fn find_look(&self, person: &PersonId, dataset: &DatasetId) -> Result<Option<Timestamp>>;
    /// Forgets those from before `then`.
    async fn delete_looks(&self, then: Timestamp) -> Result<()>;
}

impl LookStore for Tx {
    async fn list_looked(&self, person: &PersonId, datasets: &[DatasetId]) -> Result<Vec<DatasetId>> {
        let places: Vec<String> = (2..=datasets.len() + 1).map(|number| format!("${number}")).collect();
        let sql = format!("SELECT dataset FROM dataset_looks WHERE person = $1 AND dataset IN ({})", places.join(", "));
        let named = datasets.iter().map(|dataset| dataset.as_str().into());
        let values = std::iter::once(person.as_str().into()).chain(named).collect();
        all(self, &sql, values).await?.iter().map(|row| Ok(DatasetId(get(row, "dataset")?))).collect()
    }

    async fn insert_looks(&self, person: &PersonId, datasets: &[DatasetId], now: Timestamp) -> Result<()> {
        let sql = "INSERT INTO dataset_looks (person, dataset, first_at_us) VALUES ($1, $2, $3) \
            ON CONFLICT (person, dataset) DO NOTHING";
        for dataset in datasets {
            run(self, sql, vec![person.as_str().into(), dataset.as_str().into(), now.0.into()]).await?;
        }
        Ok(())
    }

    async fn find_look(&self, person: &PersonId, dataset: &DatasetId) -> Result<Option<Timestamp>> {
        let sql = "SELECT first_at_us FROM dataset_looks WHERE person = $1 AND dataset = $2";
        let row = one(self, sql, vec![person.as_str().into(), dataset.as_str().into()]).await?;
        row.map(|row| Ok(Timestamp(get(&row, "first_at_us")?))).transpose()
    }

    async fn delete_looks(&self, then: Timestamp) -> Result<()> {
        run(self, "DELETE FROM dataset_looks WHERE first_at_us < $1", vec![then.0.into()]).await.map(|_| ())
    }
}
