/** A directory of which a dry run tells, with everything below it. */
export interface PlannedDirectory {
  /** One path component; empty for the source itself. */
  readonly name: Uint8Array;
  /** Bytes of the regular files; what has several names counts once. */
  sizeBytes: number;
  /** Regular files. */
  files: number;
  /** Directories, itself included. */
  directories: number;
  /** Everything else: links, further names of files, devices, pipes, sockets. */
  others: number;
  /** Directories in it, as deep as it was asked for. */
  readonly children: PlannedDirectory[];
}

/** Something in a source that would not be stored. */
export interface LeftOut {
  /** Path below the source, without leading slash. */
  readonly path: Uint8Array;
  /** Whether it is a directory, which is left out with everything below it. */
  readonly isDirectory: boolean;
  /** The rule that leaves it out, for people. */
  readonly reason: string;
}

/** An archive that a dry run would make. */
export interface PlannedArchive {
  /** Server name; of a split archive, that of its metadata half. */
  readonly name: string;
  /** Bytes of the contents; undefined for a pipe or the output of a command. */
  readonly sizeBytes: number | undefined;
  /** Entries that a file archive would hold. */
  readonly tree?: PlannedDirectory;
  /** Entries that are left out, where that was asked for. */
  readonly leftOut: readonly LeftOut[];
}

/** Wishes about the plan of a dry run. */
export interface PlanRequest {
  /** How many levels of directories below the source are told of. */
  readonly depth: number;
  /** Whether to find out what is left out. */
  readonly listsLeftOut: boolean;
}
