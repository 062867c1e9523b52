use super::*;

#[test]
fn all_bytes_are_filled() {
    // Larger than the kernel gives in one piece; a stretch of zeros would be one that was left out.
    let mut bytes = vec![0; (32 << 20) + 64];
    assert_eq!(fill_random(&mut bytes), Ok(()));
    let end = bytes.len();
    for place in [0..32, end / 2..end / 2 + 32, end - 32..end] {
        assert!(bytes[place].iter().any(|byte| *byte != 0));
    }
}
