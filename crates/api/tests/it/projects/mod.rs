//! Projects over HTTP: made, set up by jobs, seen by members alone; smoke runs are played by the tests.
mod given;
mod life;
mod people;
