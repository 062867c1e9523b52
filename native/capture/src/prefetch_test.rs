use super::*;

#[test]
fn tasks_run_and_threads_end() {
    let path = std::env::temp_dir().join(format!("pbs-prefetch-{}", std::process::id()));
    std::fs::create_dir_all(path.join("d/e")).unwrap();
    for i in 0..300 {
        std::fs::write(path.join(format!("f{i}")), "x").unwrap();
    }
    let folder = std::fs::File::open(&path).unwrap();
    let mut listing = Listing::default();
    listing.read(folder.as_raw_fd(), &mut [0; 4096]).unwrap();
    let mut prefetch = Prefetch::default();
    let (mut fed, mut directory) = (0, None);
    for index in 0..listing.len() {
        prefetch.feed(
            folder.as_raw_fd(),
            &listing,
            index,
            &mut fed,
            &mut directory,
        );
        assert!(
            fed >= (index + WINDOW / 2).min(listing.len()),
            "{index}: {fed}"
        );
    }
    assert_eq!(fed, 302 - 1);
    let shared = Arc::downgrade(prefetch.shared.as_ref().unwrap());
    let folder_copy = Arc::downgrade(directory.as_ref().unwrap());
    drop((prefetch, directory));
    assert_eq!((shared.strong_count(), folder_copy.strong_count()), (0, 0));
    std::fs::remove_dir_all(&path).unwrap();
}

#[test]
fn one_wait_counts_if_a_disk_was_read() {
    let waits = |voluntary, blocks| Waits { voluntary, blocks };
    assert!(waits(6, 9).on_disk_since(&waits(5, 8)));
    assert!(!waits(6, 8).on_disk_since(&waits(5, 8)));
    assert!(!waits(5, 9).on_disk_since(&waits(5, 8)));
    assert!(waits(9, 8).on_disk_since(&waits(5, 8)));
}

#[test]
fn waiting_is_noticed_and_forgotten_again() {
    let mut prefetch = Prefetch::default();
    prefetch.begin();
    prefetch.observe();
    assert!(!prefetch.is_active());
    for _ in 0..4 {
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    prefetch.observe();
    assert!(prefetch.is_active());
    prefetch.cold_intervals = 1;
    prefetch.waits.voluntary = i64::MAX;
    prefetch.observe();
    assert!(!prefetch.is_active());
}
