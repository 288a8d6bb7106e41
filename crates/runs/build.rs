//! Builds anew when a file of the SDK appears or goes; changes of those that are there are noticed anyway.
fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=../../python/lockgate/src/lockgate");
    // As `crates/lockgate/build.rs` says: a step starts this program twice, and moving it costs more than running it.
    println!("cargo:rustc-link-arg-bin=lockgate-runner=-no-pie");
}
