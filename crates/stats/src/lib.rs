//! Statistics of tables: what a monitor, a gate, a notebook, the command line or an auditor asks, computed by `kernels`.
//!
//! Owns readers (Parquet, CSV, JSON Lines, Arrow IPC, hive folders, Arrow batches in memory), threads, partitions, and what
//! reports look like. Invariants: equal data, partitions and settings give equal bits whatever the number of threads; wrong
//! arguments are a [`StatsError`] that names them; odd data is none: a number that it does not have is `null` with a reason.
//! It deliberately knows nothing of servers, grants or Python.
pub mod bias;
mod bins;
mod columns;
mod data;
pub mod drift;
mod error;
mod limits;
mod names;
mod output;
#[cfg(test)]
mod page;
pub mod profile;
pub mod quality;
mod run;

pub use columns::{Cells, Column, Exact, read_columns};
pub use data::{Data, Quotes};
pub use error::StatsError;
pub use limits::{Comparison, Finding, Limit, Limited};
pub use output::{
    Align, NO_NUMBER, Outcome, Report, Table, bars, count, harmless, interval, json_line, number, number_or_dash,
    p_value, share, to_html, to_html_page, to_markdown, to_text,
};
pub use run::{Progress, Run};
