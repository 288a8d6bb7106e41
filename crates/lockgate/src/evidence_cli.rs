//! The command line of evidence: dossiers, what was live when, and the route-to-live clock.
use crate::cli::Remote;
use clap::Subcommand;
use std::path::PathBuf;

/// Verbs on evidence.
#[derive(Debug, Subcommand)]
pub enum EvidenceVerb {
    /// Write the signed dossier of a candidate: all that is on record about it.
    Export {
        /// The project's name.
        project: String,
        /// The candidate's number.
        number: u64,
        /// Where to; else standard output.
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
        #[command(flatten)]
        remote: Remote,
    },
    /// Check a dossier, without a server: that no byte of it was changed since it was signed.
    Verify {
        /// The dossier.
        file: PathBuf,
        /// The public key that was pinned elsewhere, or a file that holds it.
        #[arg(long, value_name = "KEY|FILE")]
        key: String,
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Print the public key to pin: keep it where this deployment cannot change it.
    Key {
        #[command(flatten)]
        remote: Remote,
    },
    /// List what was live at a moment, and who approved it.
    Live {
        /// The moment, such as `2026-03-31T12:00:00Z`, or a day, whose end it is; now where none is given.
        #[arg(long)]
        at: Option<String>,
        /// One project alone.
        #[arg(long)]
        project: Option<String>,
        /// `preprod` or `prod`.
        #[arg(long)]
        environment: Option<String>,
        #[command(flatten)]
        remote: Remote,
    },
}

/// Verbs on the clock.
#[derive(Debug, Subcommand)]
pub enum ClockVerb {
    /// Show how long the way to live takes: of one project, or of all.
    Show {
        /// The project's name.
        project: Option<String>,
        #[command(flatten)]
        remote: Remote,
    },
    /// Import the baseline that it is compared with, as CSV: stage, value, unit, n, definition_from, definition_to, source.
    Import {
        /// The file.
        file: PathBuf,
        #[command(flatten)]
        remote: Remote,
    },
}
