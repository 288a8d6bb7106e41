//! Monitors, evaluations and breaches over HTTP.
mod breaches;
mod evaluations;
mod given;
mod monitors;
