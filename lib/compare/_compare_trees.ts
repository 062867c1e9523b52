import { bytesEqual, compareBytes } from "../bytes/mod.ts";
import type { PxarEntry } from "../pxar/mod.ts";
import { changedParts } from "./_changed_parts.ts";
import type { ComparedTree } from "./_compared_tree.ts";
import type { ContentEvidence } from "./_content_evidence.ts";
import type { EntryChange } from "./entry_change.ts";
import { PathStack } from "./_path_stack.ts";

/**
 * Differences of two trees, in the order of the archive, without renames. Both have the
 * children of a directory in the order of their name bytes, so that one look ahead in each is enough:
 * memory grows with the depth only.
 *
 * @throws {CorruptDataError} where one of them is damaged; what came before that is right.
 */
export async function* compareTrees(
  before: ComparedTree,
  after: ComparedTree,
  evidence: ContentEvidence,
): AsyncGenerator<EntryChange> {
  const comparison = new EntryComparison(before, after, evidence);
  const path = new PathStack();
  let isRoot = true;
  for (;;) {
    if (before.ahead === undefined || after.ahead === undefined) await fillBoth(before, after);
    const [a, b] = [before.ahead!, after.ahead!];
    if (typeof a === "string" && typeof b === "string") {
      if (a === "finished") {
        yield* comparison.excludeFiles();
        return;
      }
      before.take();
      after.take();
      if (path.depth > 0) path.pop();
      continue;
    }
    const order = typeof a === "string"
      ? 1
      : typeof b === "string"
      ? -1
      : compareBytes(a.name, b.name);
    if (order < 0) yield* wholeEntry(before, "removed", path);
    else if (order > 0) yield* wholeEntry(after, "added", path);
    else {
      const [old, now] = [a as PxarEntry, b as PxarEntry];
      const compared = comparison.compare(old, now);
      const change = compared instanceof Promise ? await compared : compared;
      if (change !== undefined) yield { ...change, path: path.pathOf(now.name) };
      before.take();
      after.take();
      const [wasDirectory, isDirectory] = [old.kind === "directory", now.kind === "directory"];
      if (wasDirectory && isDirectory) {
        if (!isRoot) path.push(now.name);
        isRoot = false;
      } else if (wasDirectory) yield* contentsOf(before, old, "removed", path);
      else if (isDirectory) yield* contentsOf(after, now, "added", path);
    }
  }
}

/** Both at once: over a network each waits for its own answer. */
async function fillBoth(before: ComparedTree, after: ComparedTree): Promise<void> {
  const fill = async (tree: ComparedTree) => {
    if (tree.ahead === undefined) await tree.fill();
  };
  const [first, second] = await Promise.allSettled([fill(before), fill(after)]);
  if (first.status === "rejected") throw first.reason;
  if (second.status === "rejected") throw second.reason;
}

/** The entry that comes next, and all below it. */
async function* wholeEntry(
  tree: ComparedTree,
  status: "added" | "removed",
  path: PathStack,
): AsyncGenerator<EntryChange> {
  const entry = tree.ahead as PxarEntry;
  tree.take();
  yield oneSided(status, entry, path);
  if (entry.kind === "directory") yield* contentsOf(tree, entry, status, path);
}

async function* contentsOf(
  tree: ComparedTree,
  directory: PxarEntry,
  status: "added" | "removed",
  path: PathStack,
): AsyncGenerator<EntryChange> {
  const top = path.depth;
  path.push(directory.name);
  while (path.depth > top) {
    if (tree.ahead === undefined) await tree.fill();
    const entry = tree.ahead!;
    if (entry === "finished") throw new Error("an archive ended within a directory");
    tree.take();
    if (entry === "leave") path.pop();
    else {
      yield oneSided(status, entry, path);
      if (entry.kind === "directory") path.push(entry.name);
    }
  }
}

function oneSided(
  status: "added" | "removed",
  entry: PxarEntry,
  path: PathStack,
): EntryChange {
  const side = status === "added" ? { after: entry } : { before: entry };
  return { status, path: path.pathOf(entry.name), parts: [], ...side };
}

type Change = Omit<EntryChange, "path">;

/** Compares entries of one name. */
class EntryComparison {
  constructor(
    private readonly before: ComparedTree,
    private readonly after: ComparedTree,
    private readonly evidence: ContentEvidence,
  ) {}

  /** @returns A promise only where a hard link has to be looked up. */
  compare(old: PxarEntry, now: PxarEntry): Change | undefined | Promise<Change | undefined> {
    const [wasLink, isLink] = [old.kind === "hardlink", now.kind === "hardlink"];
    if (!wasLink && !isLink) return this.#plain(old, now);
    // The file that both are is compared under its first name.
    if (wasLink && isLink && bytesEqual(old.target!, now.target!)) return undefined;
    return this.#linked(old, now);
  }

  /**
   * Compares the lists of patterns that both backups were made with. Split archives have none, and
   * their time is that of the backup.
   */
  *excludeFiles(): Generator<EntryChange> {
    const [before, after] = [this.before.excludeFile, this.after.excludeFile];
    const path = (before ?? after)?.name;
    if (path === undefined || this.before.isSplit !== this.after.isSplit) return;
    if (before === undefined) yield { status: "added", path, after: after!, parts: [] };
    else if (after === undefined) yield { status: "removed", path, before, parts: [] };
    else {
      const change = this.#plain(before, after);
      const parts = change?.parts.filter((part) => part !== "mtime") ?? [];
      if (change !== undefined && parts.length > 0) yield { ...change, path, parts };
    }
  }

  #plain(old: PxarEntry, now: PxarEntry): Change | undefined {
    if (old.kind !== now.kind) {
      return { status: "changed", before: old, after: now, parts: ["type"] };
    }
    const content = old.kind === "file" ? this.evidence.compare(old, now) : undefined;
    const parts = changedParts(old, now, content);
    if (parts.length === 0) return undefined;
    return {
      status: "changed",
      before: old,
      after: now,
      parts,
      ...(content === undefined ? {} : { content }),
    };
  }

  async #linked(old: PxarEntry, now: PxarEntry): Promise<Change> {
    const before = old.kind === "hardlink" ? await this.before.resolve(old) : old;
    const after = now.kind === "hardlink" ? await this.after.resolve(now) : now;
    const base = { status: "changed", before: old, after: now } as const;
    if (before.kind !== after.kind) return { ...base, parts: ["type"] };
    const content = this.evidence.compare(before, after);
    return { ...base, parts: ["link", ...changedParts(before, after, content)], content };
  }
}
