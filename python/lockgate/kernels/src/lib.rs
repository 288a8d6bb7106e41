//! `lockgate._kernels`: `crates/stats` for Python. Converts, leaves the interpreter to others, calls, says errors in Python's words.
//!
//! Data comes by the Arrow PyCapsule interface, without a copy, and is read on threads that hold no lock of the interpreter. Ctrl-C
//! ends a computation. What the words mean, and which object is taken as what, is decided in `lockgate.stats`, which is written in
//! Python; this crate deliberately knows no statistics.
mod bias;
mod column;
mod data;
mod drift;
mod error;
mod profile;
mod quality;
mod report;
mod run;

/// The module, as Python sees it.
#[pyo3::pymodule]
mod _kernels {
    #[pymodule_export]
    use super::bias::bias;
    #[pymodule_export]
    use super::column::Column;
    #[pymodule_export]
    use super::data::Data;
    #[pymodule_export]
    use super::drift::drift;
    #[pymodule_export]
    use super::profile::{Profile, profile};
    #[pymodule_export]
    use super::quality::{estimate, quality};
    #[pymodule_export]
    use super::report::Report;
}
