//! Governed reads and writes over HTTP: SQL in, rows out, each on record.
mod ends;
pub mod given;
mod held_out;
mod holes;
mod levels;
mod missing;
mod named;
mod publish;
mod run;
mod stop;
