//! Governed reads and writes over HTTP: SQL in, rows out, each on record.
mod given;
mod publish;
mod run;
mod stop;
