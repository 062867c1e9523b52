import type { ExtractError, ExtractStep } from "./extract_error.ts";

/** Options of a program, as messages name them, that leave a step out. */
export type ExtractWayOut = { readonly [Step in ExtractStep]?: string };

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
  /** Directories, devices, named pipes and sockets replace what is in their place; no directory. */
  readonly overwriteOthers?: boolean;
  /**
   * Replaces what may be overwritten at once, by renaming, also where attribute flags forbid it, and
   * directories that exist get exactly the metadata that is given.
   */
  readonly replace?: boolean;
  /** The target directory stays as it is, whatever the root of the archive is like. */
  readonly keepsTarget?: boolean;
  /** ACLs are not applied. */
  readonly ignoreAcls?: boolean;
  /** Extended attributes are not applied; file capabilities and ACLs are. */
  readonly ignoreXattrs?: boolean;
  /** File capabilities are not applied. */
  readonly ignoreFcaps?: boolean;
  /** Attribute flags and quota project ids are not applied. */
  readonly ignoreFlags?: boolean;
  /**
   * Owner and group stay those of the process. Set-id bits and file capabilities of another owner or
   * group are left out with a note: they would give the rights of the process.
   */
  readonly ignoreOwnership?: boolean;
  /** Files stay 0600, directories get the archive's bits less the umask, owner's access added. */
  readonly ignorePermissions?: boolean;
  /** Failures to make character and block devices are a note. */
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
   * `collect`: errors are reported to `onError` and in the report, and the rest is restored, unless
   * the file system takes nothing more (full, over quota, read-only), which ends it.
   * `stop` by default.
   */
  readonly errorPolicy?: "stop" | "collect";
  /** Called for every error under the policy `collect`, soon after it happened. */
  readonly onError?: (error: ExtractError) => void;
  /**
   * Called for what is worth knowing but no error: `info` for what was to be expected, such as an
   * attribute of a kind that is not restored, `warn` for what is lost.
   */
  readonly onNote?: (message: string, level: "info" | "warn") => void;
  /** Advice in messages; by default the options of `restore`. */
  readonly wayOut?: ExtractWayOut;
  /** Worker threads; by default as many as there are processors. */
  readonly threads?: number;
}
