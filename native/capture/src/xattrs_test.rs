use super::*;

#[test]
fn attributes_are_sorted_into_classes() {
    assert_eq!(feature_for(b"user.a"), feature::XATTRS);
    assert_eq!(feature_for(b"trusted.a"), feature::XATTRS);
    assert_eq!(feature_for(b"security.NTACL"), feature::XATTRS);
    assert_eq!(feature_for(b"security.capability"), feature::FCAPS);
    assert_eq!(feature_for(b"system.posix_acl_default"), feature::ACL);
    for name in [
        &b"security.selinux"[..],
        b"security.ima",
        b"system.nfs4_acl",
        b"user",
        b"",
    ] {
        assert_eq!(feature_for(name), 0);
    }
}
