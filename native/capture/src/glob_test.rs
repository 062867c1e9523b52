use super::*;

type Components<'a> = &'a [(u32, &'a [u8])];

fn program(entries: &[(u32, Components)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (flags, components) in entries {
        out.extend(flags.to_le_bytes());
        out.extend((components.len() as u32).to_le_bytes());
        for (kind, bytes) in *components {
            out.extend(kind.to_le_bytes());
            out.extend((bytes.len() as u32).to_le_bytes());
            out.extend(*bytes);
        }
    }
    out
}

fn excludes(list: &mut MatchList, path: &[u8], directory: bool) -> bool {
    list.evaluate(path, || Ok::<bool, ()>(directory)).unwrap() == Some(false)
}

#[test]
fn entries_that_matched_are_known_even_where_another_one_decided() {
    let mut list = MatchList::default();
    let star_tmp: Components = &[(2, b""), (0, b".tmp")];
    let never: Components = &[(0, b"never")];
    let dir: Components = &[(0, b"dir")];
    let keep: Components = &[(0, b"keep.tmp")];
    let first = [(0, star_tmp), (0, never), (4, dir), (1, keep)];
    list.add(&program(&first)).unwrap();
    // Of a file deeper in the tree: decides, and is not followed.
    list.add(&program(&[(1, &[(0, b"/a/keep.tmp")])])).unwrap();
    assert!(!excludes(&mut list, b"/dir", false));
    assert_eq!(list.met(), [false; 4]);
    assert!(!excludes(&mut list, b"/a/keep.tmp", false));
    assert_eq!(list.met(), [true, false, false, true]);
    assert!(excludes(&mut list, b"/a/dir", true));
    list.truncate(0);
    assert_eq!(list.met(), [true, false, true, true]);
}

#[test]
fn the_last_entry_that_matches_decides() {
    let mut list = MatchList::default();
    let star_tmp: Components = &[(2, b""), (0, b".tmp")];
    list.add(&program(&[(0, star_tmp), (1, &[(0, b"keep.tmp")])]))
        .unwrap();
    assert!(excludes(&mut list, b"/a/b.tmp", false));
    assert!(!excludes(&mut list, b"/a/keep.tmp", false));
    assert!(!excludes(&mut list, b"/a/b.tmp/c", false));
    list.truncate(1);
    assert!(excludes(&mut list, b"/a/keep.tmp", false));
}

#[test]
fn the_type_is_asked_for_only_if_it_matters() {
    let mut list = MatchList::default();
    list.add(&program(&[(4, &[(0, b"cache")])])).unwrap();
    assert!(excludes(&mut list, b"/cache", true));
    assert!(!excludes(&mut list, b"/cache", false));
    assert_eq!(list.evaluate(b"/other", || Err(7)), Ok(None));
    assert_eq!(list.evaluate(b"/cache", || Err(7)), Err(7));
}

#[test]
fn malformed_programs_are_refused() {
    let good = program(&[(0, &[(0, b"abc"), (4, &[0xff; 32]), (3, b"")])]);
    for len in 1..good.len() {
        assert!(MatchList::default().add(&good[..len]).is_none(), "{len}");
    }
    for bad in [
        &[(0, &b""[..])],
        &[(4, &b"x"[..])],
        &[(9, &b""[..])],
        &[(2, &b"x"[..])],
    ] {
        assert!(MatchList::default().add(&program(&[(0, bad)])).is_none());
    }
    let double_star_before_star: Components = &[(3, b""), (2, b"")];
    assert!(
        MatchList::default()
            .add(&program(&[(0, double_star_before_star)]))
            .is_none()
    );
}

#[test]
fn many_stars_take_no_exponential_time() {
    let mut list = MatchList::default();
    let mut components: Vec<(u32, &[u8])> = Vec::new();
    for _ in 0..60 {
        components.push((2, b""));
        components.push((0, b"a"));
    }
    components.push((0, b"b"));
    list.add(&program(&[(0, &components)])).unwrap();
    assert!(!excludes(&mut list, &[b'a'; 4000], false));
}
