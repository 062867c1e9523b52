/**
 * The files of a snapshot as tables show them: without the server's extension, sorted, separated by
 * blanks (spec: cli.md §4.3).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(displayFileNames(["root.pxar.didx", "index.json.blob"]), "index.json root.pxar");
 * ```
 */
export function displayFileNames(names: readonly string[]): string {
  return names.map(withoutServerExtension).sort().join(" ");
}

/** A file's name without `.didx`, `.fidx` or `.blob`. */
export function withoutServerExtension(name: string): string {
  return name.replace(/\.(?:didx|fidx|blob)$/, "");
}
