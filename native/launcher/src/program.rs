use crate::failure::Failure;
use crate::memory::{FIRST_DESCRIPTOR, InMemory};
use crate::pack::Pack;
use crate::unpacked::Unpacked;
use rustix::io::{FdFlags, fcntl_dupfd_cloexec, fcntl_setfd};
use std::env;
use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The loader under the name that the process gets.
const LOADER: &str = "pbs-client";
const RUNTIME: &str = "deno";
const LIBRARIES: &str = "lib";
const MODULE: &str = "program/main.js";
const MODULE_IN_MEMORY: &str = "memory.js";
const NATIVE_CORE: &str = "libpbs_native.so";
const NATIVE_CORE_VARIABLE: &str = "PBS_CLIENT_NATIVE";

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
    "--unstable-vsock",
    "--allow-read",
    "--allow-write",
    "--allow-net",
    "--allow-env",
    "--allow-run",
    "--allow-ffi",
    "--allow-sys",
];

/// What makes up the client, wherever it is.
struct Parts {
    loader: PathBuf,
    /// Words that tell the loader where the libraries are.
    libraries: Vec<OsString>,
    runtime: PathBuf,
    /// Words that tell the runtime what to run.
    module: Vec<OsString>,
    native_core: Option<PathBuf>,
}

/// Becomes the client that is unpacked in a folder. Comes back only with the reason why not.
pub fn become_client(pack: &Pack, unpacked: Unpacked) -> Failure {
    let Unpacked { path, descriptor } = unpacked;
    let kept = fcntl_dupfd_cloexec(&descriptor, FIRST_DESCRIPTOR).unwrap_or(descriptor);
    if let Err(error) = fcntl_setfd(&kept, FdFlags::empty()) {
        return Failure::of("cannot keep the lock", error);
    }
    let parts = Parts {
        loader: path.join(LOADER),
        libraries: vec!["--library-path".into(), path.join(LIBRARIES).into()],
        runtime: path.join(RUNTIME),
        module: vec![path.join(MODULE).into()],
        native_core: None,
    };
    become_program(pack, &parts)
}

/// Becomes the client that is in memory. Comes back only with the reason why not.
pub fn become_client_in_memory(pack: &Pack) -> Failure {
    let files = match InMemory::unpack(pack) {
        Ok(files) => files,
        Err(failure) => return failure,
    };
    if let Err(failure) = files.keep() {
        return failure;
    }
    // Names in a folder are not to be had, so that all libraries are loaded at once.
    let libraries: Vec<_> = files
        .names_below(LIBRARIES)
        .into_iter()
        .map(OsString::from)
        .collect();
    let parts = Parts {
        loader: files.name_of(LOADER),
        libraries: vec![
            "--library-path".into(),
            "/dev/null".into(),
            "--preload".into(),
            libraries.join(OsStr::new(":")),
        ],
        runtime: files.name_of(RUNTIME),
        module: vec!["--ext=js".into(), files.name_of(MODULE_IN_MEMORY).into()],
        native_core: Some(files.name_of(NATIVE_CORE)),
    };
    become_program(pack, &parts)
}

fn become_program(pack: &Pack, parts: &Parts) -> Failure {
    let mut words = env::args_os();
    let called = words.next().unwrap_or_else(|| OsString::from(LOADER));
    let name = Path::new(&called)
        .file_name()
        .unwrap_or(OsStr::new(LOADER))
        .to_owned();
    let mut command = Command::new(&parts.loader);
    command
        .arg0(&name)
        .args(&parts.libraries)
        .arg("--argv0")
        .arg(&name)
        .arg(&parts.runtime)
        .args(RUNTIME_OPTIONS)
        .args(&parts.module)
        .args(words)
        .env("PBS_CLIENT_PROGRAM", &called)
        .env("PBS_CLIENT_EXECUTABLE", &pack.path)
        .env("DENO_NO_UPDATE_CHECK", "1")
        // Everything is in the pack: the runtime keeps nothing.
        .env("DENO_DIR", "/dev/null/deno")
        // On a terminal it would tell so.
        .env("DENO_LOG", "error,deno::cache=off");
    if let Some(path) = parts
        .native_core
        .as_ref()
        .filter(|_| env::var_os(NATIVE_CORE_VARIABLE).is_none())
    {
        command.env(NATIVE_CORE_VARIABLE, path);
    }
    // Libraries of the host do not fit.
    for variable in ["LD_PRELOAD", "LD_AUDIT"] {
        command.env_remove(variable);
    }
    // The runtime reads a file in the home, and stops if that is no folder.
    if env::var_os("HOME").is_some_and(|home| !home.is_empty() && !Path::new(&home).is_dir()) {
        command.env_remove("HOME");
    }
    Failure::of(
        format!("cannot start \"{}\"", parts.loader.display()),
        command.exec(),
    )
}
