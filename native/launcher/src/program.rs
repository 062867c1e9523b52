use crate::failure::Failure;
use crate::pack::Pack;
use crate::unpacked::Unpacked;
use rustix::io::{FdFlags, fcntl_dupfd_cloexec, fcntl_setfd};
use std::env;
use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// The loader under the name that the process gets.
const LOADER: &str = "pbs-client";
const RUNTIME: &str = "deno";
const LIBRARIES: &str = "lib";
const MODULE: &str = "program/main.js";
/// The lock's descriptor is this one or above: lower ones may be meant for the program.
const LOCK_DESCRIPTOR: i32 = 200;

/// Every command may need any file, server and command that its user names, so these are not narrower.
/// What is not allowed: loading code from elsewhere, and asking.
const RUNTIME_OPTIONS: &[&str] = &[
    "run",
    "--quiet",
    "--no-config",
    "--no-lock",
    "--no-npm",
    "--no-remote",
    "--cached-only",
    "--no-code-cache",
    "--no-prompt",
    "--allow-read",
    "--allow-write",
    "--allow-net",
    "--allow-env",
    "--allow-run",
    "--allow-ffi",
    "--allow-sys",
];

/// Becomes the client. Comes back only with the reason why not.
pub fn become_client(pack: &Pack, unpacked: Unpacked) -> Failure {
    let Unpacked { path, descriptor } = unpacked;
    let mut words = env::args_os();
    let called = words.next().unwrap_or_else(|| OsString::from(LOADER));
    let name = Path::new(&called)
        .file_name()
        .unwrap_or(OsStr::new(LOADER))
        .to_owned();
    let loader = path.join(LOADER);
    let mut command = Command::new(&loader);
    command
        .arg0(&name)
        .arg("--library-path")
        .arg(path.join(LIBRARIES))
        .arg("--argv0")
        .arg(&name)
        .arg(path.join(RUNTIME))
        .args(RUNTIME_OPTIONS)
        .arg(path.join(MODULE))
        .args(words)
        .env("PBS_CLIENT_PROGRAM", &called)
        .env("PBS_CLIENT_EXECUTABLE", &pack.path)
        .env("DENO_NO_UPDATE_CHECK", "1")
        // Everything is in the pack: the runtime keeps nothing.
        .env("DENO_DIR", "/dev/null/deno");
    // Libraries of the host do not fit.
    for variable in ["LD_PRELOAD", "LD_AUDIT"] {
        command.env_remove(variable);
    }
    // The runtime reads a file in the home, and stops if that is no folder.
    if env::var_os("HOME").is_some_and(|home| !home.is_empty() && !Path::new(&home).is_dir()) {
        command.env_remove("HOME");
    }
    let kept = fcntl_dupfd_cloexec(&descriptor, LOCK_DESCRIPTOR).unwrap_or(descriptor);
    if let Err(error) = fcntl_setfd(&kept, FdFlags::empty()) {
        return Failure::of("cannot keep the lock", error);
    }
    Failure::of(
        format!("cannot start \"{}\"", loader.display()),
        command.exec(),
    )
}
