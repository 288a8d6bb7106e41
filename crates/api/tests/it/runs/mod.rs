//! Runs over HTTP, with an engine that only takes down what it is asked, and runners that speak the real protocol.
mod cache;
mod data;
mod engine;
pub mod given;
mod lost;
mod people;
mod steps;
mod streams;

pub use engine::FakeEngine;
