//! The command line of the catalog and of queries.
use crate::cli::Remote;
use clap::{Args, Subcommand, ValueEnum};

/// Verbs on lakes.
#[derive(Debug, Subcommand)]
pub enum LakeVerb {
    /// List the lakes.
    List {
        #[command(flatten)]
        remote: Remote,
    },
    /// Connect a folder below a configured root as a lake.
    Connect {
        /// The lake's name, and the first part of its datasets' names.
        name: String,
        /// The name of a root in the server's configuration.
        #[arg(long)]
        root: String,
        /// The folder below the root; the root itself unless said.
        #[arg(long, default_value = "")]
        folder: String,
        /// The team that owns the data.
        #[arg(long)]
        team: String,
        /// What lies there.
        #[arg(long, default_value = "")]
        description: String,
        #[command(flatten)]
        remote: Remote,
    },
    /// Look through a lake for datasets.
    Crawl {
        /// The lake's name.
        name: String,
        /// Wait until it has ended.
        #[arg(long)]
        wait: bool,
        #[command(flatten)]
        remote: Remote,
    },
}

/// Verbs on datasets.
#[derive(Debug, Subcommand)]
pub enum DatasetVerb {
    /// Search the datasets, or list them all.
    List {
        /// Words in names, columns and descriptions.
        words: Vec<String>,
        /// Only those of a lake.
        #[arg(long)]
        lake: Option<String>,
        /// Only those of a team.
        #[arg(long)]
        team: Option<String>,
        #[command(flatten)]
        remote: Remote,
    },
    /// Show a dataset with its columns.
    Show {
        /// The dataset: `lake.schema.table`.
        id: String,
        #[command(flatten)]
        remote: Remote,
    },
}

/// Verbs on purposes.
#[derive(Debug, Subcommand)]
pub enum PurposeVerb {
    /// List the purposes on record, which requests name.
    List {
        #[command(flatten)]
        remote: Remote,
    },
}

/// Verbs on access requests.
#[derive(Debug, Subcommand)]
pub enum RequestVerb {
    /// List access requests.
    List {
        /// Which: `waiting` for you, `mine`, `decided`, or `all`.
        #[arg(long)]
        view: Option<String>,
        #[command(flatten)]
        remote: Remote,
    },
    /// Ask for access to a dataset, or to use a live model.
    Create(AskArgs),
    /// Submit an access request that was kept as a draft.
    Submit {
        /// The request.
        id: String,
        #[command(flatten)]
        remote: Remote,
    },
    /// Take an access request back before it is decided.
    Withdraw {
        /// The request.
        id: String,
        #[command(flatten)]
        remote: Remote,
    },
    /// Approve an access request, perhaps with narrower terms. Approving confirms the levels of its columns: they are shown,
    /// and it is asked whether they are right.
    Approve {
        /// The request.
        id: String,
        /// The level of a column that you have seen, such as `iban=restricted`; for scripts, which nobody asks.
        #[arg(long = "level", value_name = "COLUMN=LEVEL", value_parser = pair)]
        levels: Vec<(String, String)>,
        /// A column to leave out; say it again for more.
        #[arg(long, value_name = "COLUMN")]
        without: Vec<String>,
        /// A column to show as `token`, `null` or for the fairness `check` alone.
        #[arg(long = "mask", value_name = "COLUMN=TERM", value_parser = pair)]
        masks: Vec<(String, String)>,
        /// An earlier end, RFC 3339.
        #[arg(long, value_name = "TIME")]
        until: Option<String>,
        #[command(flatten)]
        remote: Remote,
    },
    /// Reject an access request.
    Reject {
        /// The request.
        id: String,
        /// Why, for the one who asked.
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        remote: Remote,
    },
}

/// What is asked for.
#[derive(Debug, Args)]
pub struct AskArgs {
    /// `lake.schema.table` to read, `lake.schema` to write, `prod.credit-risk` to use.
    pub object: String,
    /// `read`, `write`, or `use` to call an endpoint.
    #[arg(long, default_value = "read")]
    pub kind: String,
    /// The purpose on record.
    #[arg(long)]
    pub purpose: String,
    /// What for: explore, train, check, score or monitor; say it again for more.
    #[arg(long = "use", value_name = "USE", required = true)]
    pub uses: Vec<String>,
    /// Why, for the decider.
    #[arg(long)]
    pub text: String,
    /// When access ends, RFC 3339.
    #[arg(long, value_name = "TIME")]
    pub until: String,
    /// A column to read as stored; every column unless said.
    #[arg(long = "column", value_name = "COLUMN")]
    pub columns: Vec<String>,
    /// A column to read as `token`, `null` or for the fairness `check` alone.
    #[arg(long = "mask", value_name = "COLUMN=TERM", value_parser = pair)]
    pub masks: Vec<(String, String)>,
    /// For whom: `person:ana`, `group:analysts`, `environment:credit-risk/preprod`; for you unless said.
    #[arg(long = "for", value_name = "PRINCIPAL")]
    pub principal: Option<String>,
    /// Keep it as a draft instead of submitting it.
    #[arg(long)]
    pub draft: bool,
    #[command(flatten)]
    pub remote: Remote,
}

/// Verbs on grants.
#[derive(Debug, Subcommand)]
pub enum GrantVerb {
    /// List grants.
    List {
        /// Only those that you may use.
        #[arg(long)]
        mine: bool,
        #[command(flatten)]
        remote: Remote,
    },
    /// End a grant now, running reads included.
    Revoke {
        /// The grant.
        id: String,
        /// Why.
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        remote: Remote,
    },
}

/// A query.
#[derive(Debug, Args)]
pub struct QueryArgs {
    /// One statement that reads; datasets are named `lake.schema.table`.
    pub sql: String,
    /// The purpose it serves; may be left out where your grants leave one only.
    #[arg(long)]
    pub purpose: Option<String>,
    /// What is done with the rows: explore, train, check, score or monitor.
    #[arg(long = "use", value_name = "USE", default_value = "explore")]
    pub stated_use: String,
    /// A grant to read under, where several fit; say it again for more.
    #[arg(long = "grant", value_name = "GRANT")]
    pub grants: Vec<String>,
    /// How many rows at most.
    #[arg(long)]
    pub limit: Option<u64>,
    /// How rows are written.
    #[arg(long, value_enum, default_value_t = QueryFormat::Table)]
    pub format: QueryFormat,
    #[command(flatten)]
    pub remote: Remote,
}

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum QueryFormat {
    Table,
    Json,
    Csv,
}

/// Reads `iban=token`.
fn pair(text: &str) -> Result<(String, String), String> {
    let (name, term) =
        text.split_once('=').ok_or_else(|| format!("`{text}` is not COLUMN=TERM, such as `iban=token`"))?;
    Ok((name.to_owned(), term.to_owned()))
}
