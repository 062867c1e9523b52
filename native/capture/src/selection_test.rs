use super::*;

fn listing(names: &[&str]) -> Listing {
    Listing::of(names)
}

fn kept(selection: &mut Selection, reach: Reach, names: &[&str]) -> Vec<String> {
    let mut listing = listing(names);
    selection.keep(reach, &mut listing, |name, _| name != c"pipe");
    (0..listing.len())
        .map(|index| listing.get(index).0.to_str().unwrap().to_owned())
        .collect()
}

#[test]
fn only_what_is_listed_and_on_the_way_is_kept() {
    let mut selection = Selection::new(b"b/x\0a\0b-c\0b/x/deep\0a\0gone\0pipe/y\0").unwrap();
    let all = selection.all();
    let names = ["a", "b", "b-c", "b-d", "c", "pipe"];
    assert_eq!(kept(&mut selection, all, &names), ["a", "b", "b-c"]);
    let b = selection.below(all, b"b");
    assert_eq!(kept(&mut selection, b, &["w", "x", "y"]), ["x"]);
    let x = selection.below(b, b"x");
    assert_eq!(
        kept(&mut selection, x, &["deep", "other"]),
        ["deep", "other"]
    );
    let other = selection.below(x, b"other");
    assert_eq!(kept(&mut selection, other, &["any"]), ["any"]);
    let nothing = selection.below(all, b"c");
    assert_eq!(
        kept(&mut selection, nothing, &["any"]),
        Vec::<String>::new()
    );
    let met: Vec<bool> = selection.met().collect();
    assert_eq!(met, [true, true, true, true, true, false, false]);
}

#[test]
fn what_is_no_path_below_the_root_is_refused() {
    for wrong in ["/a\0", "a//b\0", "a/\0", "\0", "a"] {
        assert!(Selection::new(wrong.as_bytes()).is_none(), "{wrong:?}");
    }
    assert!(Selection::new(b"").is_some());
}
