/**
 * One extended attribute. The name is bytes without NUL, the value may be anything, also nothing.
 */
export interface Xattr {
  readonly name: Uint8Array;
  readonly value: Uint8Array;
}

/** The permissions a POSIX ACL gives to one named user or group. */
export interface AclEntry {
  /** Numeric user or group id. */
  readonly id: number;
  /** Bits r = 4, w = 2, x = 1. */
  readonly permissions: number;
}

/** The base entries of a directory's default ACL; `undefined` means "not set". */
export interface AclDefault {
  readonly user: number | undefined;
  readonly group: number | undefined;
  readonly other: number | undefined;
  readonly mask: number | undefined;
}

/**
 * A POSIX ACL beyond the mode bits (spec: pxar.md §5.8). Owner, others and the mask of the
 * access ACL are not here: with a mask, the group bits of the mode are the mask.
 */
export interface Acl {
  /** Named users of the access ACL, sorted by id. */
  readonly users: readonly AclEntry[];
  /** Named groups of the access ACL, sorted by id. */
  readonly groups: readonly AclEntry[];
  /** Permissions of the owning group; only there if the ACL has a mask. */
  readonly groupObject?: number | undefined;
  /** Base entries of the default ACL. */
  readonly default?: AclDefault | undefined;
  /** Named users of the default ACL, sorted by id. */
  readonly defaultUsers: readonly AclEntry[];
  /** Named groups of the default ACL, sorted by id. */
  readonly defaultGroups: readonly AclEntry[];
}

/**
 * Everything an archive keeps about an entry except its name and content (spec: pxar.md §1.4).
 *
 * The optional parts are absent, or `undefined`, in the common case; an empty list counts as absent.
 */
export interface EntryMetadata {
  /** Complete `st_mode`: file type and permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Whole seconds since the epoch, may be negative. Beyond 2^53 the nearest double. */
  readonly mtimeSecs: number;
  /** 0..999999999, counted forward from `mtimeSecs`. */
  readonly mtimeNanos: number;
  /** Attribute flags as archive bits, see {@linkcode attributeFlagsFromLinux}. */
  readonly flags: number;
  /** In the kernel's order. File capabilities and ACLs are not among them. */
  readonly xattrs?: readonly Xattr[] | undefined;
  readonly acl?: Acl | undefined;
  /** Raw value of `security.capability`. */
  readonly fcaps?: Uint8Array | undefined;
  /** Quota project id, not 0. */
  readonly projectId?: number | undefined;
}
