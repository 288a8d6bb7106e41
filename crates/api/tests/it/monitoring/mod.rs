//! Monitors, evaluations and breaches over HTTP.
mod breaches;
mod evaluations;
pub mod given;
mod monitors;
