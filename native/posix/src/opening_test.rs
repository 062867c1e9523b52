use super::*;
use std::os::unix::fs::symlink;

fn both(root: RawFd, path: &CStr) -> [Result<OwnedFd, Errno>; 2] {
    [open_beneath(root, path), open_componentwise(root, path)]
}

#[test]
fn no_symbolic_link_is_followed_beneath_a_root() {
    let base = std::env::temp_dir().join(format!("pbs-opening-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&base);
    std::fs::create_dir_all(base.join("a/b")).unwrap();
    symlink("/etc", base.join("a/out")).unwrap();
    symlink("b", base.join("a/in")).unwrap();
    let root = std::fs::File::open(&base).unwrap();
    for result in both(root.as_raw_fd(), c"a/b") {
        assert!(result.is_ok());
    }
    for path in [c"a/out", c"a/in", c"a/in/x", c"a/missing"] {
        for result in both(root.as_raw_fd(), path) {
            assert!(matches!(
                result,
                Err(libc::ELOOP | libc::ENOTDIR | libc::ENOENT)
            ));
        }
    }
    std::fs::remove_dir_all(&base).unwrap();
}
