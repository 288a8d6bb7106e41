//! Links the binary at a fixed address.
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // A binary that can be moved is moved at each start: the loader rewrites 8 MB of addresses, 14 ms of processor time and 10 MB of
    // memory of its own for every process. A step starts two. Libraries, heap and stack are still at random places.
    println!("cargo::rustc-link-arg-bin=lockgate=-no-pie");
}
