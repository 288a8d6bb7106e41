//! Git's own protocol over HTTP: a `git` is spawned for each call, and streams run through it both ways.
mod http;
mod input;
mod relay;
mod render;

pub use http::routes;
