//! Drives real runners, in real sandboxes, against a server that speaks the protocol and remembers what it heard.
mod bed;
mod engine;
mod far;
mod hostile;
mod step;
