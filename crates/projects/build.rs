//! Rebuilds this crate when a template changes: they are embedded.
use std::path::Path;

fn main() {
    let templates = Path::new("../../templates");
    // A folder that is not there yet would make cargo run this at every build; its parent tells when it appears.
    let watched = if templates.exists() { templates } else { Path::new("../..") };
    println!("cargo::rerun-if-changed={}", watched.display());
    println!("cargo::rerun-if-changed=build.rs");
}
