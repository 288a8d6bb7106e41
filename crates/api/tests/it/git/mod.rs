mod given;
mod hostile;
mod push;
mod read;

pub use given::hook_program;
