import { UsageError } from "../errors/mod.ts";
import type { ArchiveKind, ArchiveSpec } from "./backup_request.ts";

const COLON = 0x3a;

/**
 * Reads `name.kind:path` (spec: cli.md §4.1). The path may be any bytes but a line end.
 *
 * @throws {UsageError} if the text has another form.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const spec = parseArchiveSpec(new TextEncoder().encode("root.pxar:/srv"));
 * assertEquals([spec.name, spec.kind, new TextDecoder().decode(spec.path)], [
 *   "root.pxar",
 *   "pxar",
 *   "/srv",
 * ]);
 * ```
 */
export function parseArchiveSpec(spec: Uint8Array): ArchiveSpec {
  const text = new TextDecoder().decode(spec);
  const match = /^([a-zA-Z0-9_-]+\.(pxar|img|conf|log)):[^\n]+$/.exec(text);
  if (match === null) throw new UsageError(`unable to parse backup specification '${text}'`);
  return {
    name: match[1]!,
    kind: match[2] as ArchiveKind,
    path: spec.subarray(spec.indexOf(COLON) + 1),
  };
}
