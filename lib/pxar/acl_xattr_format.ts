/** Name of the extended attribute that holds the access ACL. */
export const ACL_ACCESS_XATTR = "system.posix_acl_access";
/** Name of the extended attribute that holds a directory's default ACL. */
export const ACL_DEFAULT_XATTR = "system.posix_acl_default";
/** First word of such an attribute. */
export const ACL_XATTR_VERSION = 2;
/** Id of records that name nobody. */
export const ACL_UNDEFINED_ID = 0xffff_ffff;

/** Tags of the records, in the order the kernel demands. */
export const ACL_TAG_USER_OBJ = 0x01;
export const ACL_TAG_USER = 0x02;
export const ACL_TAG_GROUP_OBJ = 0x04;
export const ACL_TAG_GROUP = 0x08;
export const ACL_TAG_MASK = 0x10;
export const ACL_TAG_OTHER = 0x20;
