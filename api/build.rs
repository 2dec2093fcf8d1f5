//! What the program carries is made small: the description of the API is compressed, and on Linux
//! the table of addresses that are set when it is loaded is packed.

use std::path::Path;
use std::{env, fs, io};

use flate2::Compression;
use flate2::write::GzEncoder;

const DESCRIPTION: &str = "../docs/openapi.json";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed={DESCRIPTION}");
    println!("cargo::rerun-if-env-changed=CARGO_PROFILE_RELEASE_STRIP");
    let folder = env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?;
    let file = fs::File::create(Path::new(&folder).join("openapi.json.gz"))?;
    let mut compressed = GzEncoder::new(file, Compression::best());
    io::copy(&mut fs::File::open(DESCRIPTION)?, &mut compressed)?;
    compressed.finish()?;

    if env::var("CARGO_CFG_TARGET_ENV").as_deref() == Ok("gnu") {
        // One megabyte becomes twenty kilobytes; understood by glibc since 2.36.
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
        // Cargo forgets the profile's `strip` where a package has an optimisation of its own. Who wants
        // the symbols, to look where time goes, sets `CARGO_PROFILE_RELEASE_STRIP=none`.
        let wanted = env::var_os("CARGO_PROFILE_RELEASE_STRIP").is_some_and(|it| it == "none");
        if env::var("PROFILE").as_deref() == Ok("release") && !wanted {
            println!("cargo::rustc-link-arg-bins=-Wl,--strip-all");
        }
    }
    Ok(())
}
