import { setTimeout as delay } from "node:timers/promises";
import { bytesEqual, encodeHex } from "../bytes/mod.ts";
import type { DifferingFile, FileSnapshotFiles } from "../datastore/mod.ts";
import { CorruptDataError, NotFoundError } from "../errors/mod.ts";
import { decodeManifestBlob, type Manifest } from "../manifest/mod.ts";
import { MANIFEST_BLOB_NAME } from "../repository/mod.ts";
import type { ObjectStore } from "../s3/mod.ts";
import type { BucketKeys } from "./bucket_keys.ts";

/** Looks at files that are not the same: somebody may be changing one, first there and then here. */
const LOOKS = 3;
const PAUSE_MS = 300;
/** Files of a group, which its snapshots have in common. */
const GROUP_FILES = ["owner", "notes"];

/** Everything that files are compared through. */
export interface CompareParts {
  readonly objects: ObjectStore;
  readonly keys: BucketKeys;
  /** The copy in the cache. */
  readonly local: FileSnapshotFiles;
}

/** State of the object of a file in the cache. */
export type ObjectState = "same" | "missing" | "different";

/** Compares a file of the cache with its object, byte by byte. One that is not in the cache is `same`. */
export async function compareFile(
  { objects, keys, local }: CompareParts,
  path: string,
): Promise<ObjectState> {
  const content = await readIfThere(local, path);
  if (content === undefined) return "same";
  const object = await objects.get(keys.content(path));
  if (object === undefined) return "missing";
  return bytesEqual(object.content, content) ? "same" : "different";
}

/**
 * Compares what the cache has of a snapshot and of its group with the bucket.
 *
 * @param folder The snapshot's.
 */
export async function compareSnapshot(
  parts: CompareParts,
  folder: string,
): Promise<DifferingFile[]> {
  const { keys, local, objects } = parts;
  const group = folder.slice(0, folder.lastIndexOf("/"));
  const paths = GROUP_FILES.map((name) => `${group}/${name}`);
  for (const { name, kind } of await local.list(folder)) {
    if (kind === "file" && keys.hasObject(`${folder}/${name}`)) paths.push(`${folder}/${name}`);
  }
  let states = new Map<string, ObjectState>(paths.sort().map((path) => [path, "different"]));
  for (let look = 0; look < LOOKS && states.size > 0; look++) {
    if (look > 0) await delay(PAUSE_MS);
    const found = new Map<string, ObjectState>();
    for (const path of states.keys()) {
      const state = await compareFile(parts, path);
      if (state !== "same") found.set(path, state);
    }
    states = found;
  }
  const differing: DifferingFile[] = [];
  for (const [path, state] of states) {
    const key = keys.content(path);
    const problem = state === "missing"
      ? `${objects.displayName} has lost "${key}": "serve datastore refresh --upload-lost" brings it back ` +
        `from the cache, a refresh without that forgets it here as well`
      : `"${key}" in ${objects.displayName} has another content than the cache: a refresh takes that over, ` +
        `with --upload-lost it brings back what the manifest in the cache names`;
    const isFault = state === "missing" || !await isLaterChange(parts, path);
    differing.push({ path, problem, isFault });
  }
  return differing;
}

/**
 * Whether a file differs in what may be changed at any time: who is killed changes it there and not here. Of a
 * manifest that is everything but the archives that it names.
 */
async function isLaterChange(parts: CompareParts, path: string): Promise<boolean> {
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (GROUP_FILES.includes(name)) return true;
  if (name !== MANIFEST_BLOB_NAME) return false;
  const object = await parts.objects.get(parts.keys.content(path));
  if (object === undefined) return false;
  try {
    const there = await decodeManifestBlob(object.content, path);
    const here = await decodeManifestBlob(await parts.local.read(path), path);
    return archivesOf(there) === archivesOf(here);
  } catch (error) {
    if (error instanceof CorruptDataError || error instanceof NotFoundError) return false;
    throw error;
  }
}

function archivesOf({ files }: Manifest): string {
  return files.map(({ filename, size, checksum, cryptMode }) =>
    JSON.stringify([filename, size, encodeHex(checksum), cryptMode])
  ).sort().join();
}

async function readIfThere(
  local: FileSnapshotFiles,
  path: string,
): Promise<Uint8Array | undefined> {
  try {
    return await local.read(path);
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}
