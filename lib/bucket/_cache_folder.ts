import { CHUNKS_FOLDER } from "../datastore/mod.ts";
import { ConflictError, UsageError } from "../errors/mod.ts";
import { BACKUP_TYPES } from "../repository/mod.ts";

const FOLDER_MODE = 0o755;

/** Folders of the tree of namespaces, in the order in which a refresh puts them in place. */
export const TREES: readonly string[] = [...BACKUP_TYPES, "ns"];

/** Names in a cache besides those of the trees. */
export const OWN_NAMES: readonly string[] = [
  CHUNKS_FOLDER,
  ".chunks.incomplete",
  ".lock",
  ".locks",
  ".gc-status",
  ".bad-chunks",
  ".maintenance",
  ".refresh-pending",
];

/** Removes some of what is in a cache. */
export async function removeTrees(root: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    try {
      await Deno.remove(`${root}/${name}`, { recursive: true });
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

/**
 * Makes the folder of a cache, which need not be empty (spec: s3-datastore.md §4).
 *
 * @returns Its absolute path without symlinks.
 * @throws {ConflictError} if there is a datastore, or what one has left, that is not to be re-used.
 */
export function prepareCache(path: string, reuse: boolean): string {
  if (!path.startsWith("/")) {
    throw new UsageError(`the path of a cache is absolute, unlike "${path}"`);
  }
  try {
    Deno.mkdirSync(path, { mode: FOLDER_MODE });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
  const root = Deno.realPathSync(path);
  if (root === "/") throw new UsageError(`"/" cannot be a cache`);
  const leftovers = [CHUNKS_FOLDER, ...TREES].filter((name) => exists(root, name));
  if (!reuse && leftovers.length > 0) {
    throw new ConflictError(
      `unable to create chunk store: there is "${root}/${leftovers[0]}" of another datastore`,
    );
  }
  // What it knows of chunks may be of another time; the rest is fetched.
  if (reuse && exists(root, CHUNKS_FOLDER)) {
    Deno.removeSync(`${root}/${CHUNKS_FOLDER}`, { recursive: true });
  }
  return root;
}

function exists(root: string, name: string): boolean {
  try {
    Deno.lstatSync(`${root}/${name}`);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
