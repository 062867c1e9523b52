import type { Environment } from "../environment.ts";
import { userFile } from "./user_file.ts";

/** For services of the system, which have no home. */
const SYSTEM_FOLDER = "/var/lib/pbs-client/source-snapshots";

/** Folder with the records of snapshots that were taken of sources. */
export function pictureFolder(environment: Environment): string {
  return userFile(environment, "XDG_STATE_HOME", ".local/state", "source-snapshots") ??
    SYSTEM_FOLDER;
}
