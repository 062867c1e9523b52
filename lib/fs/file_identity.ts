/** Which file an entry of a walk was. */
export interface FileIdentity {
  /** `st_dev`. */
  readonly device: number;
  readonly inode: number | bigint;
}
