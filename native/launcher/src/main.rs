//! The start of the packed executable: a static program that carries the client, its runtime and every
//! library they need, unpacks them once into a folder of the user, and becomes them.
//!
//! A *pack* is what is appended to this program: frames of compressed bytes, and a *table* that lists
//! files and frames with their digests. A *place* is a folder in which packs may be unpacked; it is used
//! only if nobody else can change what is in it. The *stamp* of an unpacked pack tells how its files
//! looked when their digests were last compared.
//!
//! Every failure is one line on standard error and exit code 255, as the client's own.

mod failure;
mod leftovers;
mod limits;
mod memory;
mod pack;
mod place;
mod program;
mod settle;
mod stamp;
mod table;
mod unpack;
mod unpacked;
mod workers;
mod write_files;

use failure::Failure;
use std::process::ExitCode;

/// Exit code of every failure.
const FAILURE: u8 = 255;

fn main() -> ExitCode {
    let Err(failure) = run();
    eprintln!("pbs-client: {failure}");
    ExitCode::from(FAILURE)
}

/// Becomes the client; comes back only if that fails.
fn run() -> Result<std::convert::Infallible, Failure> {
    limits::settle()?;
    let pack = pack::Pack::open()?;
    settle::settle(&pack)
}
