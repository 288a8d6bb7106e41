//! The command line of projects and their environments.
use crate::cli::Remote;
use clap::{Args, Subcommand};
use serde_json::Value;

/// Verbs on projects.
#[derive(Debug, Subcommand)]
pub enum ProjectVerb {
    /// List the projects that you may see.
    List {
        #[command(flatten)]
        remote: Remote,
    },
    /// Show a project with its environments.
    Show {
        /// The project's name.
        name: String,
        #[command(flatten)]
        remote: Remote,
    },
    /// Make a project from a template.
    Create(CreateArgs),
}

/// The project to make.
#[derive(Debug, Args)]
pub struct CreateArgs {
    /// The project's name: `a–z`, digits and `-`.
    pub name: String,
    /// What people call it; its name unless said.
    #[arg(long)]
    pub title: Option<String>,
    /// The team that owns it.
    #[arg(long)]
    pub team: String,
    /// The person who answers for its models.
    #[arg(long)]
    pub owner: String,
    /// 1 is the highest, 3 the lowest.
    #[arg(long)]
    pub tier: i64,
    /// What its models are for.
    #[arg(long, value_name = "TEXT")]
    pub intended_use: String,
    /// What they must not be used for.
    #[arg(long, value_name = "TEXT")]
    pub prohibited_use: String,
    /// What it is made from; `GET /api/v1/templates` lists them.
    #[arg(long, default_value = "tabular-classification")]
    pub template: String,
    /// What the template takes, as JSON or plain text; say it again for more.
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = pair)]
    pub parameters: Vec<(String, Value)>,
    /// Wait until it is set up, or has failed.
    #[arg(long)]
    pub wait: bool,
    #[command(flatten)]
    pub remote: Remote,
}

/// Verbs on environments.
#[derive(Debug, Subcommand)]
pub enum EnvironmentVerb {
    /// List the environments that you may see.
    List {
        /// Only those of a project.
        #[arg(long)]
        project: Option<String>,
        #[command(flatten)]
        remote: Remote,
    },
}

/// Reads `seed=7`; what is not JSON is a text.
fn pair(text: &str) -> Result<(String, Value), String> {
    let (name, value) = text.split_once('=').ok_or_else(|| format!("`{text}` is not NAME=VALUE, such as `seed=7`"))?;
    let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
    Ok((name.to_owned(), value))
}
