/** Kind of storage that can keep a picture of a source. */
export type PictureKind = "btrfs" | "zfs" | "lvm";

/** Choice of a user: one kind, whichever fits, or none. */
export type PictureMode = PictureKind | "auto" | "none";
