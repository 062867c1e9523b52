use super::*;

#[test]
fn a_single_byte_anywhere_makes_a_block_not_zero() {
    for length in [0, 1, 7, 8, 9, 127, 128, 129, 200, 4095, 4096] {
        let mut block = vec![0u8; length];
        assert!(is_zero(&block));
        for at in 0..length {
            block[at] = 1;
            assert!(!is_zero(&block), "length {length}, byte {at}");
            block[at] = 0;
        }
    }
}

#[test]
fn runs_are_what_a_walk_over_the_blocks_finds() {
    // Small generator, so that the test needs nothing.
    let mut seed = 1u64;
    let mut random = |below: u64| {
        seed = seed
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (seed >> 33) % below
    };
    for _ in 0..500 {
        let offset = random(3) * 4096 + random(2) * random(4096);
        let mut data = vec![0u8; random(40000) as usize];
        for _ in 0..random(5) {
            if !data.is_empty() {
                let at = random(data.len() as u64) as usize;
                let end = data.len().min(at + random(9000) as usize + 1);
                data[at..end].fill(7);
            }
        }
        let mut expected = vec![false; data.len()];
        let mut from = 0;
        while from < data.len() {
            let to = data
                .len()
                .min(from + 4096 - (offset as usize + from) % 4096);
            expected[from..to].fill(data[from..to].iter().any(|byte| *byte != 0));
            from = to;
        }
        let mut found = vec![false; data.len()];
        let mut previous_end = None;
        for (start, run) in Runs::new(&data, offset) {
            assert!(!run.is_empty());
            assert_ne!(previous_end, Some(start), "runs are maximal");
            previous_end = Some(start + run.len() as u64);
            let from = (start - offset) as usize;
            assert_eq!(run, &data[from..from + run.len()]);
            found[from..from + run.len()].fill(true);
        }
        assert_eq!(found, expected);
    }
}
