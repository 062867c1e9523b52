use crate::failure::Failure;
use rustix::fs::{FileType, Mode, OFlags, StatVfsMountFlags, fstat, fstatvfs, mkdir, open};
use rustix::io::Errno;
use rustix::process::geteuid;
use std::env;
use std::ffi::OsString;
use std::fs::canonicalize;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

/// Write permission of others than the owner.
pub const OTHERS_WRITE: u32 = 0o022;
const STICKY: u32 = 0o1000;
/// Only the owner comes in.
const PRIVATE: Mode = Mode::RWXU;
/// The owner that files have whose owner does not exist in this user namespace.
const NO_USER: u32 = 65534;
/// The map of users where there is no user namespace.
const ALL_USERS: &str = "0 0 4294967295";

/// A folder in which packs may be unpacked.
pub struct Place {
    /// Folder that must be there; the others are made.
    base: PathBuf,
    /// Folders to make in it, the last of which holds packs.
    folders: Vec<OsString>,
}

impl Place {
    fn new(base: impl Into<PathBuf>, folders: &[&str]) -> Self {
        Self {
            base: base.into(),
            folders: folders.iter().map(OsString::from).collect(),
        }
    }

    /// A folder that the user has named; of it only the last one is made.
    fn chosen(path: &Path) -> Self {
        let parent = path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty());
        let name = path.file_name();
        Self {
            base: name
                .map_or(path, |_| parent.unwrap_or(Path::new(".")))
                .to_owned(),
            folders: name.map(OsString::from).into_iter().collect(),
        }
    }

    /// All places, the best first.
    pub fn all() -> Vec<Self> {
        let variable = |name| {
            env::var_os(name)
                .map(PathBuf::from)
                .filter(|path| path.is_absolute())
        };
        if let Some(path) = env::var_os("PBS_CLIENT_CACHE_DIR").filter(|path| !path.is_empty()) {
            return vec![Self::chosen(Path::new(&path))];
        }
        let mut places = Vec::new();
        if let Some(cache) = variable("XDG_CACHE_HOME") {
            let mut place = Self::chosen(&cache);
            place.folders.extend(["pbs-client".into(), "packed".into()]);
            places.push(place);
        } else if let Some(home) = variable("HOME") {
            places.push(Self::new(home, &[".cache", "pbs-client", "packed"]));
        }
        let own = format!("pbs-client-{}", geteuid().as_raw());
        if geteuid().is_root() {
            places.push(Self::new("/var/cache", &["pbs-client", "packed"]));
            places.push(Self::new("/run", &["pbs-client", "packed"]));
        }
        if let Some(folder) = variable("XDG_RUNTIME_DIR") {
            places.push(Self::new(folder, &["pbs-client", "packed"]));
        }
        for folder in ["/run", "/dev/shm", "/tmp"] {
            places.push(Self::new(folder, &[&own]));
        }
        places
    }

    /// What it is called in messages.
    pub fn path(&self) -> PathBuf {
        self.folders
            .iter()
            .fold(self.base.clone(), |path, folder| path.join(folder))
    }

    /// Opens it if it is there and safe. @returns None if it is not there.
    pub fn find(&self) -> Result<Option<Folder>, Failure> {
        self.check_links()?;
        match canonicalize(self.path()) {
            Ok(path) => open_safe(path).map(Some),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Failure::of(self.path().display(), error)),
        }
    }

    /// Refuses links that another user has made: in folders such as `/tmp` anybody may make them.
    fn check_links(&self) -> Result<(), Failure> {
        let mut path = self.base.clone();
        for folder in &self.folders {
            path.push(folder);
            let Ok(found) = rustix::fs::lstat(&path) else {
                return Ok(());
            };
            let is_link = FileType::from_raw_mode(found.st_mode) == FileType::Symlink;
            if is_link && found.st_uid != geteuid().as_raw() && found.st_uid != 0 {
                return Err(Failure::new(format!(
                    "\"{}\" is a link of user {}",
                    path.display(),
                    found.st_uid
                )));
            }
        }
        Ok(())
    }

    /// Opens it, having made what of it is missing.
    pub fn make(&self) -> Result<Folder, Failure> {
        self.check_links()?;
        let mut path =
            canonicalize(&self.base).map_err(|error| Failure::of(self.base.display(), error))?;
        for folder in &self.folders {
            path.push(folder);
            match mkdir(&path, PRIVATE) {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(error) => {
                    return Err(Failure::of(
                        format!("cannot make \"{}\"", path.display()),
                        error,
                    ));
                }
            }
        }
        let path = canonicalize(&path).map_err(|error| Failure::of(path.display(), error))?;
        open_safe(path)
    }
}

/// A place that is there and that nobody else can change.
pub struct Folder {
    pub path: PathBuf,
    pub descriptor: OwnedFd,
}

/// Opens a folder, unless somebody else could change what is in it or nothing can be started from it.
fn open_safe(path: PathBuf) -> Result<Folder, Failure> {
    check_above(&path)?;
    let failed = |error: Errno| Failure::of(path.display(), error);
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let descriptor = open(&path, flags, Mode::empty()).map_err(failed)?;
    check_own(&path, &descriptor)?;
    let flags = fstatvfs(&descriptor).map_err(failed)?.f_flag;
    if flags.contains(StatVfsMountFlags::NOEXEC) {
        return Err(Failure::new(format!(
            "nothing may be started from \"{}\" (noexec)",
            path.display()
        )));
    }
    Ok(Folder { path, descriptor })
}

/// Refuses a folder that is not this user's alone.
pub fn check_own(path: &Path, descriptor: &OwnedFd) -> Result<(), Failure> {
    let found = fstat(descriptor).map_err(|error| Failure::of(path.display(), error))?;
    if found.st_uid != geteuid().as_raw() {
        return Err(Failure::new(format!(
            "\"{}\" belongs to user {}, not to user {}: remove it, or name another folder in PBS_CLIENT_CACHE_DIR",
            path.display(),
            found.st_uid,
            geteuid().as_raw()
        )));
    }
    if found.st_mode & OTHERS_WRITE != 0 {
        return Err(others_write(path));
    }
    Ok(())
}

/// Refuses a folder if somebody else could put another one in its place, or in that of one above it.
fn check_above(path: &Path) -> Result<(), Failure> {
    for above in path.ancestors().skip(1) {
        let found = rustix::fs::stat(above).map_err(|error| Failure::of(above.display(), error))?;
        let is_ours = found.st_uid == geteuid().as_raw();
        if !is_ours && found.st_uid != 0 && !(found.st_uid == NO_USER && lacks_users()) {
            return Err(Failure::new(format!(
                "\"{}\" belongs to user {}, who could replace what is in it: name another folder in PBS_CLIENT_CACHE_DIR",
                above.display(),
                found.st_uid
            )));
        }
        if found.st_mode & OTHERS_WRITE != 0 && found.st_mode & STICKY == 0 {
            return Err(others_write(above));
        }
    }
    Ok(())
}

/// Whether this is a user namespace, in which the system's folders may belong to nobody that is known.
fn lacks_users() -> bool {
    let map = std::fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    map.split_whitespace().collect::<Vec<_>>().join(" ") != ALL_USERS
}

fn others_write(path: &Path) -> Failure {
    Failure::new(format!(
        "others than its owner may write to \"{}\": take that right away (chmod go-w), or name another folder in PBS_CLIENT_CACHE_DIR",
        path.display()
    ))
}
