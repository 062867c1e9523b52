import { fromFileUrl } from "@std/path";
import { zstdDecompressSync } from "node:zlib";
import type { ObjectStore } from "../../lib/s3/mod.ts";
import { TempDir } from "./temp_dir.ts";

const VECTORS = fromFileUrl(new URL("../vectors/s3/", import.meta.url));

/** Name of the datastore that the official server left behind in buckets. */
export const GOLDEN_NAME = "pbs-s3";

/** A recorded request: status, kind, and the keys it is about. */
export type RecordedRequest = readonly [status: number, kind: string, ...keys: string[]];

/** Path of a recorded file. */
export function goldenPath(name: string): string {
  return VECTORS + name;
}

/** Requests of the official server, by operation. */
export function goldenRequests(operation: string): RecordedRequest[] {
  return JSON.parse(Deno.readTextFileSync(`${VECTORS}requests.json`))[operation];
}

/** Keys in the bucket and sizes of the objects in a recorded state. */
export function goldenKeys(state: string): Record<string, number> {
  return JSON.parse(Deno.readTextFileSync(`${VECTORS}keys.json`))[state];
}

/** Files of the cache of the official server in a recorded state: size and mode. */
export function goldenCache(state: string): Record<string, readonly [size: number, mode: string]> {
  return JSON.parse(Deno.readTextFileSync(`${VECTORS}cache.json`))[state];
}

/** The listing of the tree that the official client restored, a line each. */
export function goldenListing(): string[] {
  const packed = Deno.readFileSync(`${VECTORS}restored-museum.jsonl.zst`);
  return new TextDecoder().decode(zstdDecompressSync(packed)).trimEnd().split("\n");
}

/** Objects of a recorded bucket, by key. */
export async function goldenObjects(
  name: "bucket-full" | "bucket-after-gc",
): Promise<Map<string, Uint8Array>> {
  await using folder = await TempDir.make("/dev/shm");
  const { success, stderr } = await new Deno.Command("tar", {
    args: ["--extract", "--use-compress-program=zstd -d", "--file", `${VECTORS}${name}.tar.zst`]
      .concat(["--directory", folder.path]),
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const objects = new Map<string, Uint8Array>();
  const visit = (path: string) => {
    for (const { name, isDirectory } of Deno.readDirSync(folder.path + path)) {
      const below = `${path}/${name}`;
      if (isDirectory) visit(below);
      else objects.set(below.slice(1), Deno.readFileSync(folder.path + below));
    }
  };
  visit("");
  return objects;
}

/** Puts a recorded bucket into an object store, without the note that somebody uses it. */
export async function putGoldenBucket(
  objects: ObjectStore,
  name: "bucket-full" | "bucket-after-gc",
): Promise<void> {
  for (const [key, content] of await goldenObjects(name)) {
    if (key !== `${GOLDEN_NAME}/.in-use`) await objects.put(key, content);
  }
}
