//! The command line of runs.
use crate::cli::Remote;
use clap::{Args, Subcommand};
use serde_json::Value;

/// Verbs on runs of pipelines.
#[derive(Debug, Subcommand)]
pub enum RunVerb {
    /// Start a pipeline of a project at a branch or commit, in `dev`.
    Start(StartArgs),
    /// List the runs that you may see, newest first.
    List {
        /// Only those of a project.
        #[arg(long)]
        project: Option<String>,
        /// Only those in an environment: `dev` with `--project`, or `credit-risk/dev`.
        #[arg(long)]
        environment: Option<String>,
        /// Only those in this state.
        #[arg(long)]
        state: Option<String>,
        #[command(flatten)]
        remote: Remote,
    },
    /// Show a run with its steps, and why they ran or did not have to.
    Show {
        /// The run.
        id: String,
        #[command(flatten)]
        remote: Remote,
    },
    /// Print the log of a step.
    Logs {
        /// The run.
        id: String,
        /// The step's name.
        step: String,
        /// The number of the attempt; the last one unless said.
        #[arg(long)]
        attempt: Option<i64>,
        /// Go on until the attempt has ended.
        #[arg(long)]
        follow: bool,
        #[command(flatten)]
        remote: Remote,
    },
    /// Stop a run: what has not begun never will, what runs is told to end.
    Cancel {
        /// The run.
        id: String,
        #[command(flatten)]
        remote: Remote,
    },
}

/// The run to start.
#[derive(Debug, Args)]
pub struct StartArgs {
    /// The pipeline's name: `pipelines/<name>.json` in the repository.
    pub pipeline: String,
    /// The project.
    #[arg(long)]
    pub project: String,
    /// A branch or a commit.
    #[arg(long, default_value = "main")]
    pub revision: String,
    /// What the pipeline is told, as JSON or plain text; say it again for more.
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = pair)]
    pub parameters: Vec<(String, Value)>,
    /// Wait until it has ended; a run that did not succeed is a failure.
    #[arg(long)]
    pub wait: bool,
    #[command(flatten)]
    pub remote: Remote,
}

/// Reads `seed=7`.
fn pair(text: &str) -> Result<(String, Value), String> {
    let (name, value) = text.split_once('=').ok_or_else(|| format!("`{text}` is not NAME=VALUE, such as `seed=7`"))?;
    Ok((name.to_owned(), serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()))))
}
