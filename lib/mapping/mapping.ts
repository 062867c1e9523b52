/** An image that a process shows as a file, and mostly as a loop device. */
export interface Mapping {
  /** Repository, snapshot and archive: `joe@pbs@h:store:host/web1/disk.img`. */
  readonly name: string;
  /** Path of the file. */
  readonly file: string;
  /** Number of the loop device; undefined if there is none. */
  readonly device: number | undefined;
  /** The process that serves it; undefined if it has gone. */
  readonly owner: number | undefined;
  /** Whether it was mapped to a file of the user's choice, which no loop device is made of. */
  readonly isFile: boolean;
}
