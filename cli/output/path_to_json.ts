import { bytesToJson } from "./bytes_to_json.ts";

/** A path within an archive, from its root. */
export function pathToJson(name: string, path: Uint8Array): Record<string, string> {
  const rooted = new Uint8Array(path.length + 1);
  rooted[0] = 0x2f;
  rooted.set(path, 1);
  return bytesToJson(name, rooted);
}
