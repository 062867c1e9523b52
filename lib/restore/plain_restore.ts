import type { RestoreRequest } from "./restore_request.ts";

/** The switches of a restore of everything into a new target: nothing is replaced, nothing ignored. */
export const PLAIN_RESTORE = {
  allowExistingDirs: false,
  overwriteFiles: false,
  overwriteSymlinks: false,
  overwriteHardlinks: false,
  overwriteOthers: false,
  ignoreAcls: false,
  ignoreFcaps: false,
  ignoreFlags: false,
  ignoreXattrs: false,
  ignoreOwnership: false,
  ignorePermissions: false,
  ignoreExtractDeviceErrors: false,
} as const satisfies Partial<RestoreRequest>;
