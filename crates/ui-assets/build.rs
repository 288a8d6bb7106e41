//! Rebuilds this crate when the built page changes: its files carry hashes, so new ones come and old ones go.
use std::path::Path;

fn main() {
    let dist = Path::new("../../ui/dist");
    // A folder that is not there yet would make cargo run this at every build; its parent tells when it appears.
    let watched = if dist.exists() { dist } else { Path::new("../../ui") };
    println!("cargo::rerun-if-changed={}", watched.display());
    println!("cargo::rerun-if-changed=build.rs");
}
