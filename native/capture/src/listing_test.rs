use super::*;

#[test]
fn names_are_sorted_by_bytes_with_a_prefix_first() {
    let mut listing = Listing::default();
    let names: [&[u8]; 9] = [
        b"b",
        b"\xff",
        b"a.b",
        b"a",
        b"a-b",
        b"abcdefgh",
        b"abcdefghi",
        b"abcdefgh\x01",
        b"B",
    ];
    for name in names {
        listing.push(name, 0).unwrap();
    }
    listing.push(b"a", 0).unwrap();
    listing.sort();
    let mut expected = names.to_vec();
    expected.sort();
    let got: Vec<&[u8]> = (0..listing.len())
        .map(|i| listing.get(i).0.to_bytes())
        .collect();
    assert_eq!(got, expected);
}

#[test]
fn a_directory_removed_after_it_was_opened_is_empty() {
    let path = std::env::temp_dir().join(format!("pbs-listing-{}", std::process::id()));
    std::fs::create_dir(&path).unwrap();
    let directory = std::fs::File::open(&path).unwrap();
    std::fs::remove_dir(&path).unwrap();
    let mut listing = Listing::default();
    let fd = std::os::fd::AsRawFd::as_raw_fd(&directory);
    assert_eq!(listing.read(fd, &mut [0; 1024]), Ok(()));
    assert_eq!(listing.len(), 0);
}

#[test]
fn damaged_directory_records_are_refused() {
    let mut listing = Listing::default();
    let mut record = [0u8; 24];
    record[RECLEN_AT] = 200;
    assert_eq!(listing.take(&record), Err(libc::EIO));
    record[RECLEN_AT] = 3;
    assert_eq!(listing.take(&record), Err(libc::EIO));
    record[RECLEN_AT] = 24;
    record[NAME_AT..].fill(b'x');
    assert_eq!(listing.take(&record), Err(libc::EIO));
}
