/** Source of a key. */
export type KeySource =
  | { readonly kind: "default"; readonly path: string }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "descriptor" };

/** The bytes of a key that an option or a default names. */
export interface KeyInput {
  readonly source: KeySource;
  readonly bytes: Uint8Array;
}

/**
 * The line that tells which key is used (spec: cli.md §5.3).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const line = describeKeySource({ kind: "file", path: "/root/k.json" }, "encryption");
 * assertEquals(line, "Using encryption key from '/root/k.json'..");
 * ```
 */
export function describeKeySource(source: KeySource, what: "encryption" | "master"): string {
  switch (source.kind) {
    case "default":
      return `Using default ${what} key..`;
    case "file":
      return `Using ${what} key from '${source.path}'..`;
    case "descriptor":
      return `Using ${what} key from file descriptor..`;
  }
}
