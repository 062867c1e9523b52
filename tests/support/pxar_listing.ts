import { createHash, type Hash } from "node:crypto";
import { encodeHex } from "../../lib/bytes/mod.ts";
import {
  type Acl,
  type ArchiveVisitor,
  type PxarEntry,
  S_IFBLK,
  S_IFMT,
} from "../../lib/pxar/mod.ts";

const ACL_NOT_SET = "18446744073709551615";

/** Collects one line of 15 fields per entry, as the README of the real vectors defines them. */
export class PxarListing implements ArchiveVisitor {
  readonly #lines: string[] = [];
  readonly #directories: string[] = [];
  #entry: PxarEntry | undefined;
  #path = "";
  #content: Hash | undefined;
  /** Number of entries by type letter, as the catalog has them. */
  readonly types: Record<string, number> = {};
  /** Regular files, and the bytes of their contents. */
  files = 0;
  contentBytes = 0;

  entry(entry: PxarEntry): boolean {
    this.#finishLine();
    this.#entry = entry;
    const name = encodeHex(entry.name);
    this.#path = entry.depth === 0 ? "." : [...this.#directories.slice(1), name].join("2f");
    if (entry.kind === "directory") this.#directories.push(name);
    if (entry.kind === "file") {
      this.#content = createHash("sha256");
      this.files++;
      this.contentBytes += entry.size;
    }
    return true;
  }

  data(bytes: Uint8Array): void {
    this.#content!.update(bytes);
  }

  leave(): void {
    this.#finishLine();
    this.#directories.pop();
  }

  /** Number of entries so far. */
  get count(): number {
    return this.#lines.length;
  }

  /** SHA-256 of all lines in their order, in hex. */
  digest(): string {
    const hash = createHash("sha256");
    for (const line of this.#lines.toSorted((a, b) => a < b ? -1 : 1)) hash.update(`${line}\n`);
    return hash.digest("hex");
  }

  #finishLine(): void {
    const entry = this.#entry;
    if (entry === undefined) return;
    this.#entry = undefined;
    const type = typeLetter(entry);
    this.types[type] = (this.types[type] ?? 0) + 1;
    this.#lines.push(this.#fields(entry, type).join(" "));
  }

  #fields(entry: PxarEntry, type: string): (string | number)[] {
    const target = entry.target === undefined ? "-" : encodeHex(entry.target);
    const { metadata } = entry;
    if (metadata === undefined) {
      return [this.#path, type, ..."-------", target, ..."-----"];
    }
    const mtime = BigInt(metadata.mtimeSecs) * 1_000_000_000n + BigInt(metadata.mtimeNanos);
    const xattrs = (metadata.xattrs ?? []).map(({ name, value }) =>
      `${encodeHex(name)}=${encodeHex(value)}`
    );
    return [
      this.#path,
      type,
      metadata.mode.toString(8),
      metadata.uid,
      metadata.gid,
      String(mtime),
      metadata.flags.toString(16),
      entry.kind === "file" ? entry.size : "-",
      entry.kind === "file" ? this.#content!.digest("hex") : "-",
      target,
      entry.kind === "device" ? `${entry.major},${entry.minor}` : "-",
      xattrs.join(",") || "-",
      metadata.acl === undefined ? "-" : aclField(metadata.acl),
      metadata.fcaps === undefined ? "-" : encodeHex(metadata.fcaps),
      metadata.projectId ?? "-",
    ];
  }
}

function typeLetter(entry: PxarEntry): string {
  if (entry.kind === "device") return (entry.metadata!.mode & S_IFMT) === S_IFBLK ? "b" : "c";
  return { file: "f", directory: "d", symlink: "l", hardlink: "h", fifo: "p", socket: "s" }[
    entry.kind
  ];
}

function aclField(acl: Acl): string {
  const named = (letter: string, entries: Acl["users"]) =>
    entries.map(({ id, permissions }) => `${letter}:${id}:${permissions}`);
  const base = acl.default;
  return [
    ...named("u", acl.users),
    ...named("g", acl.groups),
    ...(acl.groupObject === undefined ? [] : [`o:${acl.groupObject}`]),
    ...(base === undefined ? [] : [
      ["D", ...[base.user, base.group, base.other, base.mask].map((value) => value ?? ACL_NOT_SET)]
        .join(":"),
    ]),
    ...named("U", acl.defaultUsers),
    ...named("G", acl.defaultGroups),
  ].join(",");
}
