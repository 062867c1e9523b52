//! Links the compiler's support library statically, so that the shared object needs the C library
//! only: the standard library asks for `libgcc_s`, and a linker script of that name, found first,
//! redirects the request to the static archives.

use std::{env, fs, path::PathBuf};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if env::var("CARGO_CFG_TARGET_ENV").as_deref() != Ok("gnu") {
        return;
    }
    let folder = PathBuf::from(env::var("OUT_DIR").expect("cargo sets OUT_DIR"));
    fs::write(folder.join("libgcc_s.so"), "INPUT(-lgcc_eh -lgcc)\n")
        .expect("the build folder is writable");
    println!("cargo:rustc-link-search=native={}", folder.display());
}
