use super::*;
use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

struct Folder {
    path: PathBuf,
    fd: OwnedFd,
}

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("pbs-{name}-{}", std::process::id()));
        std::fs::create_dir(&path).unwrap();
        std::fs::write(path.join("file"), "content").unwrap();
        std::fs::write(path.join("empty"), "").unwrap();
        std::fs::create_dir(path.join("dir")).unwrap();
        std::os::unix::fs::symlink("target", path.join("link")).unwrap();
        let name = CString::new(path.as_os_str().as_bytes()).unwrap();
        let fd = open_at(libc::AT_FDCWD, &name, libc::O_DIRECTORY).unwrap();
        posix::make_node(fd.as_raw_fd(), c"fifo", libc::S_IFIFO | 0o600, 0).unwrap();
        Self { path, fd }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.path).unwrap();
    }
}

#[test]
fn the_type_of_the_listing_is_only_a_hint() {
    let folder = Folder::new("hint");
    let mut reader = EntryReader::new();
    for (name, expected) in [
        (c"file", libc::S_IFREG),
        (c"empty", libc::S_IFREG),
        (c"dir", libc::S_IFDIR),
        (c"link", libc::S_IFLNK),
        (c"fifo", libc::S_IFIFO),
    ] {
        for hint in [libc::DT_REG, libc::DT_DIR, libc::DT_LNK, libc::DT_UNKNOWN] {
            let dir = folder.fd.as_raw_fd();
            let (head, fd) = reader.read(dir, name, hint, &mut 0).unwrap();
            assert_eq!(head.mode & libc::S_IFMT, expected, "{name:?} as {hint}");
            let opened = matches!(name.to_bytes(), b"file" | b"dir");
            assert_eq!((fd.is_some(), head.descriptor), (opened, -1), "{name:?}");
            let target: &[u8] = if name == c"link" { b"target" } else { b"" };
            assert_eq!(reader.target(), target);
        }
    }
}

#[test]
fn an_entry_that_changes_its_type_between_stat_and_open_is_not_delivered() {
    let folder = Folder::new("race");
    let mut reader = EntryReader::new();
    let mut open = |name, file_type| {
        reader
            .open_and_read(folder.fd.as_raw_fd(), name, file_type, &mut 0)
            .map(|read| read.is_some())
    };
    assert_eq!(open(c"fifo", libc::S_IFREG), Ok(false));
    assert_eq!(open(c"dir", libc::S_IFREG), Ok(false));
    assert_eq!(open(c"link", libc::S_IFREG), Err((Step::Open, libc::ELOOP)));
    assert_eq!(
        open(c"file", libc::S_IFDIR),
        Err((Step::Open, libc::ENOTDIR))
    );
    assert_eq!(
        open(c"none", libc::S_IFREG),
        Err((Step::Open, libc::ENOENT))
    );
    assert_eq!(
        reader.read_target(folder.fd.as_raw_fd(), c"file"),
        Err((Step::ReadLink, libc::ENOENT))
    );
}
