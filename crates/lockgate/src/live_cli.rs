//! The command line of models that are live, and of the batch jobs that score with them.
use crate::cli::Remote;
use clap::Subcommand;

/// Verbs on models that are live.
#[derive(Debug, Subcommand)]
pub enum LiveModelVerb {
    /// List the models that are live: what you may use, or ask to use.
    List {
        /// Words of its name, title, team, owner or use.
        #[arg(long, value_name = "WORDS")]
        search: Option<String>,
        #[command(flatten)]
        remote: Remote,
    },
    /// Show the card of a live model.
    Show {
        /// The endpoint, for example `prod.credit-risk`.
        endpoint: String,
        #[command(flatten)]
        remote: Remote,
    },
}

/// Verbs on batch jobs.
#[derive(Debug, Subcommand)]
pub enum BatchVerb {
    /// List the batch jobs that you may see.
    List {
        /// Those of this project alone.
        #[arg(long)]
        project: Option<String>,
        #[command(flatten)]
        remote: Remote,
    },
    /// Show a batch job, and what came of its last run.
    Show {
        /// The batch job.
        id: String,
        #[command(flatten)]
        remote: Remote,
    },
    /// Set up a batch job: an endpoint that scores datasets into another.
    Create {
        /// The endpoint, for example `prod.credit-risk`.
        endpoint: String,
        /// Its name, unique for the endpoint.
        #[arg(long)]
        name: String,
        /// A dataset to score, as `lake.schema.table`; say it again for more: the rows that are in all of them are scored.
        #[arg(long = "dataset", value_name = "DATASET", required = true)]
        datasets: Vec<String>,
        /// The column that a record is known by in each.
        #[arg(long)]
        key: String,
        /// Where predictions go, as `lake.schema.table`.
        #[arg(long)]
        output: String,
        /// When it starts by itself each day, in UTC: `02:00`.
        #[arg(long, value_name = "HH:MM")]
        daily_at: Option<String>,
        #[command(flatten)]
        remote: Remote,
    },
    /// Have a batch job score now, and wait for what comes of it.
    Start {
        /// The batch job.
        id: String,
        #[command(flatten)]
        remote: Remote,
    },
    /// End a batch job for good; what it published stays.
    Remove {
        /// The batch job.
        id: String,
        #[command(flatten)]
        remote: Remote,
    },
}
