import { trimTextEnd, withoutMark } from "../bytes/mod.ts";

/** File in which a server of this machine lists its datastores. */
const CONFIG_PATH = "/etc/proxmox-backup/datastore.cfg";
/** Folder of its lock files, with a folder for each datastore. */
const LOCKS_PATH = "/run/proxmox-backup/locks";

/**
 * The lock folder that a reference server of this machine uses for a datastore
 * (spec: datastore-formats.md §6.6).
 *
 * @param root Real path of the datastore.
 * @returns Undefined if no server of this machine has that datastore, or we may not know.
 */
export function referenceLockFolder(
  root: string,
  configPath: string = CONFIG_PATH,
  locksPath: string = LOCKS_PATH,
): string | undefined {
  let config: string;
  try {
    config = withoutMark(Deno.readTextFileSync(configPath));
  } catch {
    return undefined;
  }
  const store = findDatastore(config, root);
  return store === undefined ? undefined : `${locksPath}/${store}`;
}

/** The name of the section `datastore: NAME` that has a line `path ROOT`. */
function findDatastore(config: string, root: string): string | undefined {
  let name: string | undefined;
  for (const line of config.split("\n")) {
    const section = /^([a-z-]+):\s*(\S+)\s*$/.exec(line);
    if (section) name = section[1] === "datastore" ? section[2] : undefined;
    const path = /^\s+path\s+(\S.*)$/.exec(line.trimEnd())?.[1];
    if (name !== undefined && path !== undefined && trimTextEnd(path, "/") === root) return name;
  }
  return undefined;
}
