import type { CatalogReader } from "../catalog/mod.ts";
import { concatBytes } from "../bytes/mod.ts";
import { Glob } from "../fs/mod.ts";
import type { PxarAccessor, PxarNode } from "../pxar/mod.ts";
import { describeEntry, describeName, nameText } from "./_describe_entry.ts";
import { formatEntryPath } from "./_entry_path.ts";
import { findEntry, type OpenedSnapshot } from "./opened_snapshot.ts";
import type { PageEntryKind, PageMatch, PageSearch } from "./page_api.ts";
import type { PageParameters } from "./_page_parameters.ts";
import { listArchives, pathOf } from "./_tree_requests.ts";

const DEFAULT_MATCHES = 200;
const MAX_MATCHES = 1000;
const MAX_PATTERN = 256;
/** A search that takes longer answers with what it has found. */
const PATIENCE_MS = 15_000;
const SLASH = Uint8Array.of(0x2f);
const KINDS: Readonly<Record<string, PageEntryKind>> = {
  d: "directory",
  f: "file",
  l: "symlink",
  h: "hardlink",
  b: "block-device",
  c: "character-device",
  p: "fifo",
  s: "socket",
};

/** Entries found until now, and when to stop. */
class Findings {
  readonly matches: PageMatch[] = [];
  isCut = false;
  readonly #deadlineMs = performance.now() + PATIENCE_MS;

  constructor(
    readonly fits: (name: Uint8Array) => boolean,
    readonly limit: number,
    readonly signal: AbortSignal,
  ) {}

  /** Whether to go on after an entry. */
  take(name: Uint8Array, match: () => PageMatch): boolean {
    if (this.fits(name)) {
      if (this.matches.length >= this.limit) this.isCut = true;
      else this.matches.push(match());
    }
    if (this.signal.aborted || performance.now() > this.#deadlineMs) this.isCut = true;
    return !this.isCut;
  }
}

/** `search`: entries of a snapshot by their names. */
export async function searchNames(
  opened: OpenedSnapshot,
  parameters: PageParameters,
  signal: AbortSignal,
): Promise<PageSearch> {
  const limit = parameters.optionalInteger("limit", { least: 1, most: MAX_MATCHES }) ??
    DEFAULT_MATCHES;
  const findings = new Findings(
    nameTest(parameters.text("text", MAX_PATTERN)),
    limit,
    signal,
  );
  const only = parameters.optionalText("archive");
  const path = pathOf(parameters);
  const names = only === undefined
    ? listArchives(opened).archives.filter(({ kind, unreadable }) =>
      kind === "tree" && unreadable === undefined
    ).map(({ archive }) => archive)
    : [only];
  for (const archive of names) {
    if (findings.isCut) break;
    await searchArchive(opened, archive, path, findings);
  }
  return { matches: findings.matches, isCut: findings.isCut };
}

/** A part of a name whatever its case, or a pattern for all of it. */
function nameTest(text: string): (name: Uint8Array) => boolean {
  if (!/[*?[]/.test(text)) {
    const wanted = text.toLowerCase();
    return (name) => nameText(name).toLowerCase().includes(wanted);
  }
  const glob = new Glob(new TextEncoder().encode(text));
  return (name) => glob.matches(name);
}

async function searchArchive(
  opened: OpenedSnapshot,
  archive: string,
  path: Uint8Array,
  findings: Findings,
): Promise<void> {
  // In one that is not split, contents lie between the names: all of it would have to be read.
  const files = opened.filesOf(archive);
  const catalog = files.length === 1 ? await opened.catalog() : undefined;
  if (catalog !== undefined) {
    const root = new TextEncoder().encode(files[0]!.filename);
    await searchCatalog(catalog, concatBytes([root, SLASH, path]), archive, path, findings);
    return;
  }
  const reader = await opened.archive(archive);
  await searchTree(reader.tree, await findEntry(reader, path), archive, path, findings);
}

async function searchTree(
  tree: PxarAccessor,
  top: PxarNode,
  archive: string,
  path: Uint8Array,
  findings: Findings,
): Promise<void> {
  const level = async (prefix: Uint8Array, node: PxarNode) => ({
    prefix,
    entries: (await tree.directory(node)).entries(),
  });
  const stack = [await level(path, top)];
  try {
    for (let at = stack.at(-1); at !== undefined; at = stack.at(-1)) {
      const { value: node, done } = await at.entries.next();
      if (done) {
        stack.pop();
        continue;
      }
      const { prefix } = at;
      const { entry } = node;
      const goOn = findings.take(entry.name, () => {
        const { name, isRaw, kind, sizeBytes, modified } = describeEntry(entry);
        return {
          ...placeOf(archive, prefix, entry.name),
          name,
          ...(isRaw ? { isRaw } : {}),
          kind,
          ...(sizeBytes === undefined ? {} : { sizeBytes }),
          ...(entry.metadata === undefined ? {} : { modified }),
        };
      });
      if (!goOn) return;
      if (entry.kind === "directory") stack.push(await level(joined(prefix, entry.name), node));
    }
  } finally {
    for (const { entries } of stack) await entries.return(undefined);
  }
}

async function searchCatalog(
  catalog: CatalogReader,
  start: Uint8Array,
  archive: string,
  path: Uint8Array,
  findings: Findings,
): Promise<void> {
  const top = await catalog.lookup(start);
  if (top === undefined || top.type !== "d") return;
  const stack = [{ prefix: path, entries: catalog.entries(top) }];
  try {
    for (let at = stack.at(-1); at !== undefined; at = stack.at(-1)) {
      const { value: entry, done } = await at.entries.next();
      if (done) {
        stack.pop();
        continue;
      }
      const { prefix } = at;
      const goOn = findings.take(entry.name, () => ({
        ...placeOf(archive, prefix, entry.name),
        ...describeName(entry.name),
        kind: KINDS[entry.type]!,
        ...(entry.type === "f" ? { sizeBytes: entry.size, modified: entry.mtimeSecs } : {}),
      }));
      if (!goOn) return;
      if (entry.type === "d") {
        stack.push({ prefix: joined(prefix, entry.name), entries: catalog.entries(entry) });
      }
    }
  } finally {
    for (const { entries } of stack) await entries.return(undefined);
  }
}

function placeOf(archive: string, prefix: Uint8Array, name: Uint8Array) {
  return {
    archive,
    path: formatEntryPath(joined(prefix, name)),
    folder: `/${nameText(prefix)}`,
  };
}

function joined(prefix: Uint8Array, name: Uint8Array): Uint8Array {
  return prefix.length === 0 ? name : concatBytes([prefix, SLASH, name]);
}
