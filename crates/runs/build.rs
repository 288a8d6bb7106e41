//! Builds anew when a file of the SDK appears or goes; changes of those that are there are noticed anyway.
fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=../../python/lockgate/src/lockgate");
}
