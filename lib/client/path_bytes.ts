import { fileURLToPath } from "node:url";

/** The bytes of a path given as text or as a `file:` URL. */
export function pathBytes(path: string | URL): Uint8Array {
  return new TextEncoder().encode(pathText(path));
}

/** A path given as text or as a `file:` URL. */
export function pathText(path: string | URL): string {
  return typeof path === "string" ? path : fileURLToPath(path);
}
