use super::BatchState;
use base::{BadName, DatasetId, EnvironmentId, Fault, Kind};

/// What an operation on a batch job returns.
pub type Result<T> = std::result::Result<T, Error>;

/// Why an operation on a batch job failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("batch job `{0}` does not exist")]
    NotFound(String),
    #[error("endpoint `{0}` does not exist")]
    NoEndpoint(String),
    #[error("batch job `{id}` is `{found}`: `{verb}` is not possible")]
    NotPossible { id: String, found: BatchState, verb: &'static str },
    #[error("`{0}` cannot score: {1}")]
    NotServing(String, &'static str),
    #[error("endpoint `{endpoint}` has a batch job `{name}` already")]
    Taken { endpoint: String, name: String },
    #[error("`{0}` is written by another batch job, or holds the captured calls of an endpoint")]
    OutputTaken(DatasetId),
    #[error("a batch job reads 1 to {0} datasets, each once")]
    Datasets(usize),
    #[error("`{0}` is no time of day")]
    TimeOfDay(String),
    #[error("`{0}` is not a name for a dataset")]
    Output(String),
    #[error("{environment} can read no dataset `{dataset}` to score")]
    NotReadable { environment: EnvironmentId, dataset: DatasetId },
    #[error("{environment} can publish nothing as `{output}` from these datasets")]
    NotWritable { environment: EnvironmentId, output: DatasetId },
    #[error("column `{column}` of the model is in {found} of the datasets")]
    Column { column: String, found: usize },
    #[error("the record key `{key}` is no column of `{dataset}`")]
    Key { key: String, dataset: DatasetId },
    #[error("the name cannot be used: {0}")]
    Name(#[from] BadName),
    #[error(transparent)]
    Run(#[from] runs::Error),
    #[error(transparent)]
    Objects(#[from] objects::Error),
    #[error(transparent)]
    Once(#[from] access::OnceError),
    #[error(transparent)]
    Refused(#[from] access::Refused),
    #[error("the metadata store failed")]
    Store(#[from] db::Error),
}

impl Fault for Error {
    fn fault(&self) -> (Kind, &'static str) {
        match self {
            Self::NotFound(_) => (Kind::NotFound, "serving.batch_not_found"),
            Self::NoEndpoint(_) => (Kind::NotFound, "serving.endpoint_not_found"),
            Self::NotPossible { .. } | Self::NotServing(..) => (Kind::Conflict, "serving.batch_not_possible"),
            Self::Taken { .. } => (Kind::Conflict, "serving.batch_taken"),
            Self::OutputTaken(_) => (Kind::Conflict, "serving.batch_output_taken"),
            Self::Datasets(_)
            | Self::TimeOfDay(_)
            | Self::Output(_)
            | Self::Column { .. }
            | Self::Key { .. }
            | Self::Name(_) => (Kind::Invalid, "serving.batch_does_not_fit"),
            Self::NotReadable { .. } | Self::NotWritable { .. } => (Kind::Forbidden, "serving.batch_no_grant"),
            Self::Run(inner) => inner.fault(),
            Self::Objects(inner) => inner.fault(),
            Self::Once(inner) => inner.fault(),
            Self::Refused(inner) => inner.fault(),
            Self::Store(inner) => inner.fault(),
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NotPossible { found, .. } => found.hint(),
            Self::NotServing(..) => "start it again once the endpoint answers".into(),
            Self::Taken { .. } => "choose another name, or start that one".into(),
            Self::OutputTaken(_) => "let it write into a dataset of its own: name another table".into(),
            Self::Datasets(_) => "name them as the catalog does, for example `retail.core.customers`".into(),
            Self::TimeOfDay(_) => "write it as `02:00`, in UTC".into(),
            Self::Output(_) => "name it `lake.schema.table`; schema and table are letters, digits and `_`".into(),
            Self::NotReadable { environment, dataset } => {
                format!("ask for it: `read` on `{dataset}` for `environment:{environment}`, with the use `score`")
            }
            Self::NotWritable { environment, output } => {
                let schema = output.as_str().rsplit_once('.').map_or(output.as_str(), |(schema, _)| schema);
                format!("ask for `write` on `{schema}` for `environment:{environment}`, for the purpose it reads for")
            }
            Self::Column { found: 0, .. } => "name a dataset that has it under this name".into(),
            Self::Column { .. } => "leave one of these datasets out".into(),
            Self::Key { .. } => "name a column that every dataset has, and that tells records apart".into(),
            Self::Name(_) => "use `a-z`, digits and `-`".into(),
            Self::Run(inner) => return inner.hint(),
            Self::Once(inner) => return inner.hint(),
            Self::Refused(inner) => return inner.hint(),
            Self::Store(inner) => return inner.hint(),
            Self::NotFound(_) | Self::NoEndpoint(_) | Self::Objects(_) => return None,
        })
    }
}
