//! The command line of releases: candidates, their way through the gates, and what stops them.
use crate::cli::Remote;
use clap::{Args, Subcommand};

/// Verbs on releases.
#[derive(Debug, Subcommand)]
pub enum ReleaseVerb {
    /// List what training `main` as preprod came to: candidates, or why there is none.
    List(Of),
    /// List the candidates of a project, or show one.
    Candidates {
        /// The project's name.
        project: String,
        /// The candidate's number: show this one alone.
        number: Option<u64>,
        #[command(flatten)]
        remote: Remote,
    },
    /// Show what a decider should know of a candidate.
    Review {
        /// The project's name.
        project: String,
        /// The candidate's number.
        number: u64,
        /// Where it is to go.
        #[arg(long, default_value = "prod")]
        into: String,
        #[command(flatten)]
        remote: Remote,
    },
    /// Send a candidate on its way into an environment.
    Promote {
        /// The project's name.
        project: String,
        /// The candidate's number.
        number: u64,
        /// Where it is to go.
        #[arg(long)]
        into: String,
        /// Wait until it is live, waits for people, or came to another end (exit code 5).
        #[arg(long)]
        wait: bool,
        #[command(flatten)]
        remote: Remote,
    },
    /// List the promotions of a project.
    Promotions(Of),
    /// List the promotions that wait for your approval.
    Decisions {
        #[command(flatten)]
        remote: Remote,
    },
    /// Approve a promotion that others made.
    Approve {
        /// The promotion.
        promotion: String,
        /// What you looked at.
        #[arg(long)]
        comment: Option<String>,
        #[command(flatten)]
        remote: Remote,
    },
    /// Reject a promotion for good.
    Reject(Ended),
    /// Take a promotion back before it is live.
    Abandon(Ended),
    /// Bring back what was live before.
    Rollback(Stopping),
    /// Press the stop button: the live version answers nobody any more.
    Suspend(Stopping),
    /// Ask to let a suspended version answer again.
    Resume {
        /// The project's name.
        project: String,
        /// Where it was suspended.
        #[arg(long, default_value = "prod")]
        environment: String,
        /// Which candidate; without it, what is live.
        #[arg(long)]
        candidate: Option<i64>,
        #[command(flatten)]
        remote: Remote,
    },
    /// Show what preprod and prod of a project serve.
    Live(Of),
    /// List the holds of a project.
    Holds(Of),
    /// Keep promotions out of an environment until the hold is lifted.
    Hold(Stopping),
    /// Lift a hold.
    Lift {
        /// The hold.
        hold: String,
        /// Why.
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        remote: Remote,
    },
    /// Show the gate policies in force for a project.
    Gates(Of),
}

/// A project.
#[derive(Debug, Args)]
pub struct Of {
    /// The project's name.
    pub project: String,
    #[command(flatten)]
    pub remote: Remote,
}

/// A promotion and why it ends.
#[derive(Debug, Args)]
pub struct Ended {
    /// The promotion.
    pub promotion: String,
    /// Why.
    #[arg(long)]
    pub reason: String,
    #[command(flatten)]
    pub remote: Remote,
}

/// An environment of a project, and why something is stopped there.
#[derive(Debug, Args)]
pub struct Stopping {
    /// The project's name.
    pub project: String,
    /// Which of its environments.
    #[arg(long, default_value = "prod")]
    pub environment: String,
    /// Why.
    #[arg(long)]
    pub reason: String,
    #[command(flatten)]
    pub remote: Remote,
}
