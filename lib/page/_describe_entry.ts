import { bytesEqual } from "../bytes/mod.ts";
import { type PxarEntry, S_IFCHR, S_IFMT } from "../pxar/mod.ts";
import { formatEntryKey } from "./_entry_path.ts";
import type { PageEntry, PageEntryKind } from "./page_api.ts";

const PERMISSIONS = 0o7777;

/**
 * An entry as the page shows it.
 *
 * @param real The file that a hard link stands for; the entry itself otherwise.
 */
export function describeEntry(entry: PxarEntry, real: PxarEntry = entry): PageEntry {
  const { mode = 0, uid = 0, gid = 0, mtimeSecs = 0 } = real.metadata ?? {};
  return {
    key: formatEntryKey(entry.name),
    ...describeName(entry.name),
    kind: kindOf(entry),
    ...(real.kind === "file" ? { sizeBytes: real.size } : {}),
    modified: mtimeSecs,
    mode: mode & PERMISSIONS,
    uid,
    gid,
    ...(entry.target === undefined ? {} : { target: nameText(entry.target) }),
  };
}

/** A name as text, and whether that is not all of it. */
export function describeName(name: Uint8Array): { readonly name: string; readonly isRaw?: true } {
  const text = nameText(name);
  return bytesEqual(new TextEncoder().encode(text), name) ? { name: text } : {
    name: text,
    isRaw: true,
  };
}

/** Bytes of a name or path as text. */
export function nameText(name: Uint8Array): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(name);
}

function kindOf({ kind, metadata }: PxarEntry): PageEntryKind {
  if (kind !== "device") return kind;
  return ((metadata?.mode ?? 0) & S_IFMT) === S_IFCHR ? "character-device" : "block-device";
}
