//! From a push to a merge, over HTTP and stock git: checks of commits, played by the tests, and what may be merged.
mod given;
mod life;
