//! MLflow's protocol over HTTP: what it answers, who sees what, and the pages' routes beside it.
mod files;
mod given;
mod registry;
mod runs;
mod spaces;
