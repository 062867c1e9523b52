/** How a tree is restored (spec: pxar.md §6.1). Everything is off unless said otherwise. */
export interface ExtractOptions {
  /** Directories that exist already are filled instead of being an error. */
  readonly allowExistingDirs?: boolean;
  /** Whatever is in the place of a regular file is unlinked first; never a directory. */
  readonly overwriteFiles?: boolean;
  /** The same for symbolic links. */
  readonly overwriteSymlinks?: boolean;
  /** The same for hard links. */
  readonly overwriteHardlinks?: boolean;
  /** ACLs are not applied. */
  readonly ignoreAcls?: boolean;
  /** Extended attributes are not applied; file capabilities and ACLs are. */
  readonly ignoreXattrs?: boolean;
  /** File capabilities are not applied. */
  readonly ignoreFcaps?: boolean;
  /** Owner and group stay those of the process. */
  readonly ignoreOwnership?: boolean;
  /** Files stay 0600, directories get the archive's bits less the umask, owner's access added. */
  readonly ignorePermissions?: boolean;
  /** Failures to make character and block devices are not reported. */
  readonly ignoreExtractDeviceErrors?: boolean;
  /** Character and block devices are left out. */
  readonly skipDevices?: boolean;
  /** Named pipes are left out. */
  readonly skipFifos?: boolean;
  /** Sockets are left out. */
  readonly skipSockets?: boolean;
  /** Attribute flags to apply, as archive bits; all but NODUMP by default. */
  readonly attributeFlags?: number;
  /**
   * `stop`: the first error ends the extraction, which is what the backup client does.
   * `collect`: errors are reported to `onError` and in the report, and the rest is restored.
   * `stop` by default.
   */
  readonly errorPolicy?: "stop" | "collect";
  /** Called for every error under the policy `collect`, soon after it happened. */
  readonly onError?: (error: ExtractError) => void;
  /** Called for what is worth knowing but no error, such as an attribute that is not restored. */
  readonly onNote?: (message: string) => void;
  /** Worker threads; by default as many as there are processors. */
  readonly threads?: number;
}

/** What was being done to an entry when it failed (spec: pxar.md §6.6). */
export type ExtractStep =
  | "create"
  | "open"
  | "write"
  | "initial attribute flags"
  | "ownership"
  | "extended attributes"
  | "file capabilities"
  | "access control list"
  | "project id"
  | "permissions"
  | "modification time"
  | "attribute flags"
  | "FAT attributes"
  | "hard link target";

/** One entry, or one step of its metadata, that could not be restored. */
export interface ExtractError {
  /** Path below the target directory, raw bytes without leading slash; empty for the root. */
  readonly path: Uint8Array;
  /** What failed. */
  readonly step: ExtractStep;
  /** Positive Linux error number. */
  readonly errno: number;
  /** One line that names the path, the step and the reason. */
  readonly message: string;
}

/** What an extraction came to. */
export interface ExtractReport {
  /** Regular files whose data is complete. */
  readonly files: number;
  /** Directories made or reused, without the root. */
  readonly directories: number;
  readonly symlinks: number;
  readonly hardlinks: number;
  /** Devices, named pipes and sockets. */
  readonly nodes: number;
  /** Bytes of file data, holes included. */
  readonly bytes: number;
  /** The first errors, at most 1000. */
  readonly errors: readonly ExtractError[];
  /** How many errors there were. */
  readonly errorCount: number;
}
