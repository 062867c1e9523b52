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

#[test]
fn symbolic_links_lead_nowhere_outside_of_a_root() {
    let base = std::env::temp_dir().join(format!("pbs-in-root-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&base);
    std::fs::create_dir_all(base.join("etc")).unwrap();
    std::fs::write(base.join("etc/passwd"), "inside").unwrap();
    symlink("/etc/passwd", base.join("absolute")).unwrap();
    symlink("../../../../etc/passwd", base.join("etc/upwards")).unwrap();
    symlink("/proc/self/root", base.join("magic")).unwrap();
    let root = std::fs::File::open(&base).unwrap();
    for path in [
        c"absolute",
        c"etc/upwards",
        c"../../etc/passwd",
        c"/etc/passwd",
    ] {
        assert!(open_in_root(root.as_raw_fd(), path, libc::O_PATH).is_ok());
        let fd = open_in_root(root.as_raw_fd(), path, libc::O_RDONLY).unwrap();
        let text = std::io::read_to_string(std::fs::File::from(fd)).unwrap();
        assert_eq!(text, "inside");
    }
    for path in [c"magic/etc", c"missing"] {
        let result = open_in_root(root.as_raw_fd(), path, libc::O_RDONLY);
        assert!(matches!(result, Err(libc::ENOENT)));
    }
    std::fs::remove_dir_all(&base).unwrap();
}
