import { type CatalogType, catalogTypeOf, listedSecondsOf } from "../catalog/mod.ts";
import type { PxarAccessor, PxarNode } from "../pxar/mod.ts";
import type { ArchiveNames, NameEntry, NameVisit } from "./archive_names.ts";

/** Names of an archive from its own entries: from the metadata stream if it is split. */
export class TreeNames implements ArchiveNames {
  readonly #tree: PxarAccessor;
  readonly root: TreeName;

  constructor(tree: PxarAccessor) {
    this.#tree = tree;
    this.root = new TreeName(tree.root.node);
  }

  async *entries(directory: NameEntry): AsyncGenerator<NameEntry> {
    const opened = await this.#tree.directory((directory as TreeName).node);
    for await (const node of opened.entries()) yield new TreeName(node);
  }

  async find(directory: NameEntry, name: Uint8Array): Promise<NameEntry | undefined> {
    const opened = await this.#tree.directory((directory as TreeName).node);
    const node = await opened.lookup(name);
    return node && new TreeName(node);
  }

  async *walk(enter: (visit: NameVisit) => boolean): AsyncGenerator<NameVisit> {
    const stack = [this.entries(this.root)];
    const path: Uint8Array[] = [];
    try {
      while (stack.length > 0) {
        const { value: entry, done } = await stack.at(-1)!.next();
        if (done) {
          stack.pop();
          path.pop();
          continue;
        }
        path.push(entry.name);
        const visit = { entry, path };
        yield visit;
        if (entry.type === "d" && enter(visit)) stack.push(this.entries(entry));
        else path.pop();
      }
    } finally {
      for (const entries of stack) await entries.return(undefined);
    }
  }
}

/** An entry that was found in the archive. */
export class TreeName implements NameEntry {
  readonly type: CatalogType;

  constructor(readonly node: PxarNode) {
    this.type = catalogTypeOf(node.entry);
  }

  get name(): Uint8Array {
    return this.node.entry.name;
  }

  get size(): number {
    return this.node.entry.size;
  }

  get mtimeSecs(): number {
    return listedSecondsOf(this.node.entry);
  }
}
