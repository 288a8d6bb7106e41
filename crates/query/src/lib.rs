//! Governed reads: the engine.
#![expect(dead_code, reason = "the service follows")]
mod engine;
