//! The command line.
use crate::catalog_cli::{DatasetVerb, GrantVerb, LakeVerb, PurposeVerb, QueryArgs, RequestVerb};
use crate::evidence_cli::{ClockVerb, EvidenceVerb};
use crate::live_cli::{BatchVerb, LiveModelVerb};
use crate::monitor_cli::{BreachVerb, MonitorVerb};
use crate::project_cli::{EnvironmentVerb, ProjectVerb};
use crate::release_cli::ReleaseVerb;
use crate::runs_cli::RunVerb;
use crate::serve::ServeArgs;
use crate::stats_command::StatsVerb;
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// From data lake to live model, gate by gate.
#[derive(Debug, Parser)]
#[command(name = "lockgate", version, propagate_version = true, max_term_width = 120)]
pub struct Cli {
    #[command(subcommand)]
    pub verb: Verb,
}

/// What the binary does.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Serve the UI and the API, and run the background jobs.
    Server(ServerArgs),
    /// Answer for released models by the Open Inference Protocol; `lockgate server` starts it.
    Serve(ServeArgs),
    /// Let people and scripts in.
    #[command(subcommand)]
    Token(TokenVerb),
    /// Let an administrator in.
    #[command(subcommand)]
    Admin(AdminVerb),
    /// Remember a server and your token for it, for this user of this machine.
    Login(LoginArgs),
    /// Places where data already lives.
    #[command(subcommand)]
    Lake(LakeVerb),
    /// Tables in lakes.
    #[command(subcommand)]
    Dataset(DatasetVerb),
    /// What data may be used for.
    #[command(subcommand)]
    Purpose(PurposeVerb),
    /// Requests for access.
    #[command(subcommand)]
    Request(RequestVerb),
    /// Access that was given.
    #[command(subcommand)]
    Grant(GrantVerb),
    /// Run SQL over the datasets that you may read.
    Query(QueryArgs),
    /// Repositories with their environments, and who answers for their models.
    #[command(subcommand)]
    Project(ProjectVerb),
    /// Where the steps of projects run.
    #[command(subcommand)]
    Environment(EnvironmentVerb),
    /// Runs of pipelines.
    #[command(subcommand)]
    Run(RunVerb),
    /// Candidates, their way through the gates, and what stops them.
    #[command(subcommand)]
    Release(ReleaseVerb),
    /// Models that are live: find them, read about them, ask to use them.
    #[command(subcommand)]
    LiveModels(LiveModelVerb),
    /// Endpoints that score datasets into others, when asked or every day.
    #[command(subcommand)]
    Batch(BatchVerb),
    /// What watches the endpoints of prod.
    #[command(subcommand)]
    Monitor(MonitorVerb),
    /// What monitors found beyond a limit.
    #[command(subcommand)]
    Breach(BreachVerb),
    /// Check and export the audit log.
    #[command(subcommand)]
    Audit(AuditVerb),
    /// Dossiers of candidates, and what was live when.
    #[command(subcommand)]
    Evidence(EvidenceVerb),
    /// How long the way to live takes, beside what it took before.
    #[command(subcommand)]
    Clock(ClockVerb),
    /// Statistics of files, without a server: what they hold, drift, quality, bias.
    #[command(subcommand)]
    Stats(StatsVerb),
    /// Print the OpenAPI document.
    Openapi,
    /// Print every state of every lifecycle with its look, as JSON.
    States,
    /// Print a page of the reference, as Markdown.
    Reference { page: ReferencePage },
    /// Run one attempt of a step; engines call it.
    Runner {
        /// What the engine wrote for it.
        #[arg(long, value_name = "FILE")]
        launch: PathBuf,
    },
    /// What git calls on a push; of no use to people.
    #[command(hide = true)]
    GitHook { hook: String },
}

/// What a server is told.
#[derive(Debug, Args)]
pub struct ServerArgs {
    #[command(flatten)]
    pub place: Place,
    /// The address of the UI and the API; port 0 picks a free one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<String>,
    /// The address of the Open Inference Protocol; port 0 picks a free one [default: 127.0.0.1:8081]
    #[arg(long, value_name = "ADDRESS")]
    pub serving_listen: Option<String>,
}

/// Where a deployment lives.
#[derive(Clone, Debug, Args)]
pub struct Place {
    /// The data folder; made if absent.
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// The configuration file (TOML).
    #[arg(long, value_name = "FILE", env = "LOCKGATE_CONFIG")]
    pub config: Option<PathBuf>,
}

/// Verbs on tokens.
#[derive(Debug, Subcommand)]
pub enum TokenVerb {
    /// Print a new token for a person, who is added with these groups if absent. Also while a server runs.
    Create {
        #[command(flatten)]
        place: Place,
        /// The person's name.
        #[arg(long, value_name = "NAME")]
        user: String,
        /// A group to be a member of; say it again for more.
        #[arg(long, value_name = "GROUP", num_args = 1..)]
        group: Vec<String>,
        /// How long the token works: 30m, 24h, 7d.
        #[arg(long, value_name = "TIME", default_value = "24h", value_parser = seconds)]
        ttl: i64,
        /// Print an object instead of the token alone.
        #[arg(long)]
        json: bool,
    },
}

/// Verbs of the local operator.
#[derive(Debug, Subcommand)]
pub enum AdminVerb {
    /// Print a one-time link with which an administrator sets a password. Also while a server runs.
    Link {
        #[command(flatten)]
        place: Place,
        /// The administrator's name, `admin` unless said.
        #[arg(long, value_name = "NAME")]
        user: Option<String>,
        /// Print an object instead of the link alone.
        #[arg(long)]
        json: bool,
    },
}

/// What a login is told.
#[derive(Debug, Args)]
pub struct LoginArgs {
    /// The server, for example `http://127.0.0.1:8080`.
    pub url: String,
    /// Your token; read from standard input unless given.
    #[arg(long, env = "LOCKGATE_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
    #[command(flatten)]
    pub home: Home,
}

/// Where the server of a remote verb is.
#[derive(Clone, Debug, Args)]
pub struct Remote {
    /// The server; else the one of `lockgate login`.
    #[arg(long, env = "LOCKGATE_URL")]
    pub url: Option<String>,
    /// Your token for it.
    #[arg(long, env = "LOCKGATE_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
    /// Print JSON instead of a table.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub home: Home,
}

/// Where this user keeps configuration; read from the environment only.
#[derive(Clone, Debug, Args)]
pub struct Home {
    #[arg(long, env = "XDG_CONFIG_HOME", hide = true)]
    pub xdg_config_home: Option<PathBuf>,
    #[arg(long, env = "HOME", hide = true)]
    pub home: Option<PathBuf>,
}

/// Verbs on the audit log.
#[derive(Debug, Subcommand)]
pub enum AuditVerb {
    /// Check an export: that nothing in it was changed, removed or added.
    Verify {
        /// The export, JSON Lines.
        file: PathBuf,
        /// The public key of the deployment's audit log, pinned elsewhere.
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// The last checkpoint known from elsewhere; without it a log that was cut off looks whole.
        #[arg(long, value_name = "FILE")]
        checkpoint: Option<PathBuf>,
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Write the whole audit log to standard output, JSON Lines with hashes.
    Export {
        #[command(flatten)]
        remote: Remote,
    },
}

/// The pages of the reference that this binary prints.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum ReferencePage {
    Cli,
    Configuration,
    Permissions,
}

/// Reads a span of time such as `24h` as seconds.
fn seconds(text: &str) -> Result<i64, String> {
    let bad = || format!("`{text}` is not a time such as `30m`, `24h` or `7d`");
    let unit = text.chars().last().ok_or_else(bad)?;
    let factor = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(bad()),
    };
    let number: i64 = text[..text.len() - unit.len_utf8()].parse().map_err(|_| bad())?;
    number.checked_mul(factor).filter(|seconds| *seconds > 0).ok_or_else(bad)
}

/// Returns the reference page of the command line.
pub fn reference() -> String {
    let mut page = vec!["# Command line\nGenerated by `lockgate reference cli`.".to_owned()];
    describe(&Cli::command(), "lockgate", &mut page);
    page.push("\n## Exit codes\n| code | meaning |\n| --- | --- |\n| 0 | done |".to_owned());
    page.extend(crate::failure::Exit::ALL.iter().map(|(exit, meaning)| format!("| {} | {meaning} |", *exit as u8)));
    page.join("\n")
}

fn describe(command: &clap::Command, path: &str, page: &mut Vec<String>) {
    for verb in command.get_subcommands().filter(|verb| verb.get_name() != "help" && !verb.is_hide_set()) {
        describe(verb, &format!("{path} {}", verb.get_name()), page);
    }
    if command.has_subcommands() {
        return;
    }
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    page.push(format!("\n## `{path}`\n{about}.\n\n```text\n{}\n```", usage(command, path)));
    page.push("| argument | meaning |\n| --- | --- |".to_owned());
    let shown =
        |argument: &&clap::Arg| !argument.is_hide_set() && !["help", "version"].contains(&argument.get_id().as_str());
    for argument in command.get_arguments().filter(shown) {
        let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
        let long = argument.get_long().map(|long| format!("--{long}"));
        let name = long.unwrap_or_else(|| argument.get_id().as_str().to_uppercase());
        let variable = argument.get_env().map(|name| format!(" (`{}`)", name.to_string_lossy())).unwrap_or_default();
        page.push(format!("| `{name}` | {help}{variable} |"));
    }
}

fn usage(command: &clap::Command, path: &str) -> String {
    let text = command.clone().bin_name(path).render_usage().to_string();
    text.trim_start_matches("Usage: ").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_holds_together() {
        Cli::command().debug_assert();
        let page = reference();
        for word in ["## `lockgate token create`", "--serving-listen", "| 7 | the data folder or an address is in use"]
        {
            assert!(page.contains(word), "{word}: {page}");
        }
    }

    #[test]
    fn times_have_units() {
        assert_eq!((seconds("30m"), seconds("24h"), seconds("7d")), (Ok(1_800), Ok(86_400), Ok(604_800)));
        for bad in ["", "24", "h", "-1h", "1w", "99999999999999999d", "1é"] {
            assert!(seconds(bad).is_err(), "{bad}");
        }
    }
}
