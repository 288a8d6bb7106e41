//! What follows once a candidate is live in prod: it is watched by the tolerances of the gate policy, and what a monitor finds beyond
//! red holds the environment until a person lifts that.
mod jobs;
mod service;

pub use jobs::register;
