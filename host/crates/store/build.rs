//! A new migration file is no change of a source file: cargo has to be told to look at the folder.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
