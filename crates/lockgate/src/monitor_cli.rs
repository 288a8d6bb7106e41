//! The command line of monitors and of the breaches that they raise.
use crate::cli::Remote;
use clap::{Args, Subcommand};

/// Verbs on monitors.
#[derive(Debug, Subcommand)]
pub enum MonitorVerb {
    /// List the monitors that you may see.
    List {
        /// Those of this project alone.
        #[arg(long)]
        project: Option<String>,
        #[command(flatten)]
        remote: Remote,
    },
    /// Show a monitor with its last evaluation.
    Show(Watched),
    /// Have a monitor look now, and wait for what it finds: 0 within, 1 breached, 3 not computable.
    Evaluate(Watched),
    /// Let a monitor look no more until it is resumed.
    Pause {
        #[command(flatten)]
        watched: Watched,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Let a paused monitor look again, at once.
    Resume(Watched),
    /// Change where outcomes come from, how often a monitor looks and how far back; what is not named stays.
    Set {
        #[command(flatten)]
        watched: Watched,
        /// Where outcomes stand that came later; the dataset holds the record key, too.
        #[arg(long, value_name = "LAKE.SCHEMA.TABLE:COLUMN", conflicts_with = "truth_of_contract")]
        truth: Option<String>,
        /// Take the target of the contract again.
        #[arg(long)]
        truth_of_contract: bool,
        /// How often it looks, in seconds.
        #[arg(long, value_name = "SECONDS")]
        every: Option<i64>,
        /// How far back it looks, in hours.
        #[arg(long, value_name = "HOURS")]
        window: Option<i64>,
    },
}

/// An endpoint whose monitor is meant.
#[derive(Debug, Args)]
pub struct Watched {
    /// The endpoint, for example `prod.credit`, or the monitor's id.
    pub endpoint: String,
    #[command(flatten)]
    pub remote: Remote,
}

/// Verbs on breaches.
#[derive(Debug, Subcommand)]
pub enum BreachVerb {
    /// List the breaches that you may see, the newest first.
    List {
        /// Those of this project alone.
        #[arg(long)]
        project: Option<String>,
        /// Those in this state alone: open, acknowledged or resolved.
        #[arg(long)]
        state: Option<String>,
        #[command(flatten)]
        remote: Remote,
    },
    /// Say that you look after a breach.
    Acknowledge(Answering),
    /// Say that a breach that was acknowledged is over.
    Resolve(Answering),
    /// Hide the alerts of a breach for a while; the breach stays on show.
    Mute {
        #[command(flatten)]
        answering: Answering,
        /// Until when, for example `2027-01-31T00:00:00Z`.
        #[arg(long, value_name = "TIME")]
        until: String,
    },
}

/// A breach, and what is said of it.
#[derive(Debug, Args)]
pub struct Answering {
    /// The breach.
    pub breach: String,
    /// Why.
    #[arg(long)]
    pub reason: String,
    #[command(flatten)]
    pub remote: Remote,
}
