//! The verbs of statistics: each opens what is named, has `stats` compute, shows the report, and ends as the report came out.
//!
//! Owns how options become questions, and progress. Invariants: options are called as the arguments in Python; what was computed
//! goes to standard output whatever it came to, and all else to standard error. It deliberately computes nothing, and asks no server.
mod arguments;
mod bias;
mod examples;
mod input;
mod profile;
mod progress;
mod quality;

pub use arguments::StatsVerb;

use crate::failure::{Exit, Failure, Result};
use arguments::{DriftArgs, Shown};
use input::{Input, columns};
use progress::with_progress;
use stats::drift::{Asked, Side, drift};
use stats::{Finding, Limited, Outcome, Report, StatsError, harmless, json_line, to_html_page, to_markdown, to_text};
use std::io::IsTerminal;

/// The width of text where it goes to no terminal.
const WIDTH: usize = 120;

/// Runs a verb; the failure, if any, is what the report came to.
pub fn stats(verb: &StatsVerb) -> Result<(String, Option<Failure>)> {
    match verb {
        StatsVerb::Profile(args) => profile::profiled(args),
        StatsVerb::Drift(args) => drifted(args),
        StatsVerb::Quality(args) => quality::measured(args),
        StatsVerb::Estimate(args) => quality::estimated(args),
        StatsVerb::Bias(args) => bias::compared(args),
    }
}

fn drifted(args: &DriftArgs) -> Result<(String, Option<Failure>)> {
    let (reference, current) = (Input::open(&args.reference)?, Input::open(&args.current)?);
    let tables: Vec<_> = [&reference, &current].into_iter().filter_map(table_of).collect();
    let names = columns(&tables, &args.columns);
    let mut asked = Asked {
        columns: (!names.is_empty()).then_some(names),
        tests: None,
        domain_classifier: args.domain_classifier,
        alpha: args.alpha,
        seed: args.seed,
    };
    if !args.tests.is_empty() {
        asked = asked.with_tests(args.tests.iter().map(String::as_str)).map_err(failed)?;
    }
    let found = with_progress(args.shown.threads, |run| drift(side(&reference), side(&current), &asked, run));
    let title = format!("Drift: {} and {}", args.reference.display(), args.current.display());
    Ok(show(&found.map_err(failed)?, &title, &args.shown))
}

fn side(input: &Input) -> Side<'_> {
    match input {
        Input::Table(data) => Side::Data(data),
        Input::Profile(profile) => Side::Profile(profile),
    }
}

fn table_of(input: &Input) -> Option<&stats::Data> {
    match input {
        Input::Table(data) => Some(data),
        Input::Profile(_) => None,
    }
}

/// Returns the report as it was asked for, held against the limits that were given, and how the command ends.
fn show(report: &dyn Report, title: &str, shown: &Shown) -> (String, Option<Failure>) {
    let limited = Limited::new(report, &shown.limits);
    let text = if shown.json {
        json_line(&limited.to_json())
    } else if shown.markdown {
        to_markdown(&limited)
    } else if shown.html {
        to_html_page(&limited, title)
    } else {
        to_text(&limited, width())
    };
    (text, failure(&limited))
}

fn failure(limited: &Limited<'_>) -> Option<Failure> {
    let outcome = limited.outcome();
    let told: Vec<&Finding> = limited.findings().iter().filter(|finding| finding.verdict == outcome).collect();
    let why = if told.is_empty() { harmless(&limited.headline()) } else { listed(&told) };
    match outcome {
        Outcome::Within => None,
        Outcome::Breached if told.is_empty() => {
            Some(Failure::new(Exit::Internal, why, "say with `--limit` how much of that is too much"))
        }
        Outcome::Breached => {
            Some(Failure::new(Exit::Internal, format!("beyond a limit: {why}"), "the report says more"))
        }
        Outcome::NotComputable => {
            let hint = "see to what the reasons in the report say, then repeat";
            Some(Failure::new(Exit::Refused, format!("not computable: {why}"), hint))
        }
    }
}

/// The first findings, each with its number or its reason.
fn listed(findings: &[&Finding]) -> String {
    const MOST: usize = 3;
    let one = |finding: &&Finding| {
        let of = finding.of.as_ref().map_or_else(String::new, |of| format!(" of `{of}`"));
        let found = finding.value.map_or_else(|| finding.reason.clone().unwrap_or_default(), stats::number);
        harmless(&format!("`{}`{of}: {found}", finding.limit))
    };
    let mut parts: Vec<String> = findings.iter().take(MOST).map(one).collect();
    if findings.len() > MOST {
        parts.push(format!("and {} more", findings.len() - MOST));
    }
    parts.join("; ")
}

/// The width of the terminal, if text goes to one.
fn width() -> usize {
    let out = std::io::stdout();
    if !out.is_terminal() {
        return WIDTH;
    }
    rustix::termios::tcgetwinsize(out)
        .ok()
        .map(|size| usize::from(size.ws_col))
        .filter(|width| *width > 0)
        .unwrap_or(WIDTH)
}

/// Arguments that are options of the same name.
const OPTIONS: [&str; 31] = [
    "alpha",
    "bins",
    "columns",
    "confidence",
    "costs",
    "disadvantaged",
    "domain_classifier",
    "facet",
    "features",
    "group",
    "interval",
    "k",
    "label",
    "limit",
    "method",
    "metrics",
    "min_group",
    "partitions",
    "positive",
    "prediction",
    "quantile",
    "query",
    "score",
    "seed",
    "slice_bins",
    "slices",
    "task",
    "tests",
    "threshold",
    "truth",
    "weights",
];

/// Says what was wrong, an argument by the name of its option.
fn failed(error: StatsError) -> Failure {
    let hint = match &error {
        StatsError::Argument { .. } => "`--help` says what it may be, with examples",
        StatsError::NoColumn { .. } => "`lockgate stats profile FILE` lists the columns",
        StatsError::File { .. } => {
            "mend the file, or check the path, and that the file is what the end of its name says"
        }
        StatsError::Stopped => "repeat it",
    };
    let detail = match error {
        StatsError::Argument { name, found, expected } if OPTIONS.contains(&name.as_str()) => {
            format!("`--{}` is {found}: expected {expected}", name.replace('_', "-"))
        }
        StatsError::NoColumn { argument: Some(argument), name, of, hint } if OPTIONS.contains(&argument) => {
            format!("`--{}`: there is no column `{name}` in {of}: {hint}", argument.replace('_', "-"))
        }
        other => other.to_string(),
    };
    Failure::new(Exit::Usage, harmless(&detail), hint)
}
