use super::*;

#[test]
fn names_have_four_digits() {
    assert_eq!(&name_of(0), b"0000\0");
    assert_eq!(&name_of(0x1a2f), b"1a2f\0");
    assert_eq!(&name_of(65535), b"ffff\0");
}
