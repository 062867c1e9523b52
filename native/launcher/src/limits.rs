use crate::failure::Failure;
use rustix::fs::{PROC_SUPER_MAGIC, statfs};
use rustix::process::{Resource, Rlimit, chdir, getcwd, getrlimit, setrlimit};

/// Addresses that the runtime reserves when it starts, 34 GB, and what it uses of them, rounded up.
const RESERVED_ADDRESSES: u64 = 40_000_000_000;
/// Leads nowhere, and nothing can be made in it.
const NOWHERE: &str = "/proc/self/fdinfo";

/// Settles what of the surroundings would stop the runtime, or says that it does.
pub fn settle() -> Result<(), Failure> {
    if !statfs("/proc").is_ok_and(|found| found.f_type == PROC_SUPER_MAGIC as _) {
        return Err(Failure::new(
            "there is no file system on /proc, which the runtime needs: mount it (mount -t proc proc /proc)",
        ));
    }
    // A working directory that was deleted stops the runtime. Relative paths lead nowhere then.
    if getcwd(Vec::new()).is_err() {
        chdir(NOWHERE).map_err(|error| Failure::of("cannot change to another folder", error))?;
    }
    settle_addresses()
}

/// A limit for addresses, of which the runtime reserves many more than it uses, ends it with a trap.
fn settle_addresses() -> Result<(), Failure> {
    let limit = getrlimit(Resource::As);
    if limit.current.is_none() {
        return Ok(());
    }
    let lifted = Rlimit {
        current: limit.maximum,
        ..limit
    };
    setrlimit(Resource::As, lifted)
        .map_err(|error| Failure::of("cannot lift the limit of addresses", error))?;
    match limit.maximum {
        Some(bytes) if bytes < RESERVED_ADDRESSES => Err(Failure::new(format!(
            "'ulimit -v {}' is too little for the runtime, which reserves 34 GB of addresses (not of \
             memory): lift it, and limit memory with a control group (systemd: MemoryMax=)",
            bytes / 1024
        ))),
        _ => Ok(()),
    }
}
