//! From a push to what is live, over HTTP and stock git: checks of commits, what may be merged, candidates and their promotions. Steps
//! and the serving process are played by the tests.
pub mod given;
mod life;
mod release;
pub mod releasing;
