import { Errno } from "../../ffi/errno.ts";
import { NotFoundError, SystemError } from "../errors/mod.ts";
import type { ReadingObserver } from "../reading/mod.ts";
import { type BackupGroup, isTransientError, type Repository } from "../repository/mod.ts";
import { listGroup, listNamespace } from "./_repository_listing.ts";
import type { ListedChild, RepositoryNode, RepositoryNodes } from "./_repository_node.ts";

/** Repository and nodes that a {@linkcode RepositoryRefresh} keeps alike. */
export interface RefreshOptions {
  readonly repository: Repository;
  readonly nodes: RepositoryNodes;
  readonly isShown: (group: BackupGroup) => boolean;
  /** Time for which a listing holds. */
  readonly holdsMs: number;
  readonly observer: ReadingObserver;
}

interface Listing {
  /** When it was made; undefined if it never was. */
  madeMs?: number;
  running?: Promise<void>;
}

/** Keeps the folders of a repository as it is, by listing again what is looked at. */
export class RepositoryRefresh {
  readonly #options: RefreshOptions;
  readonly #listings = new WeakMap<RepositoryNode, Listing>();

  constructor(options: RefreshOptions) {
    this.#options = options;
  }

  /**
   * The folder itself, once its children are those it has now.
   *
   * @throws {SystemError} if it is no folder, or listed no more.
   */
  async folder(node: RepositoryNode): Promise<RepositoryNode> {
    const { kind } = node.is;
    if (kind === "tree" || kind === "file" || kind === "latest") {
      throw new SystemError(Errno.ENOTDIR, "this is no folder");
    }
    const listed = listedWith(node);
    if (listed !== undefined) await this.#fresh(listed);
    if (node.isGone) throw new SystemError(Errno.ESTALE, "this is listed no more");
    return node;
  }

  /** Whether something is gone from the repository, which is asked again for that. */
  async hasGone(node: RepositoryNode): Promise<boolean> {
    for (let above = node.parent; above !== undefined && !node.isGone; above = above.parent) {
      const { kind } = above.is;
      if (kind === "group") await this.#list(above);
    }
    return node.isGone;
  }

  /** Lets a listing hold no longer. */
  expire(node: RepositoryNode): void {
    this.#listingOf(node).madeMs = -Infinity;
  }

  async #fresh(node: RepositoryNode): Promise<void> {
    const { madeMs, running } = this.#listingOf(node);
    if (madeMs !== undefined && performance.now() < madeMs + this.#options.holdsMs) return;
    await (running ?? this.#list(node));
  }

  #listingOf(node: RepositoryNode): Listing {
    let listing = this.#listings.get(node);
    if (listing === undefined) this.#listings.set(node, listing = {});
    return listing;
  }

  async #list(node: RepositoryNode): Promise<void> {
    const listing = this.#listingOf(node);
    // All that ask meanwhile get the same one.
    listing.running = this.#replace(node, listing);
    try {
      await listing.running;
    } finally {
      delete listing.running;
    }
  }

  async #replace(node: RepositoryNode, listing: Listing): Promise<void> {
    const { nodes, observer } = this.#options;
    let children: ListedChild[];
    try {
      children = await this.#childrenOf(node);
    } catch (error) {
      if (error instanceof NotFoundError) children = [];
      else if (listing.madeMs !== undefined && isTransientError(error)) {
        // Who reads in an archive goes on; the names are as they were.
        observer.log("warn", `cannot list what is new: ${(error as Error).message}`);
        listing.madeMs = performance.now();
        return;
      } else throw error;
    }
    listing.madeMs = performance.now();
    if (!node.isGone) nodes.setChildren(node, children);
  }

  async #childrenOf({ is }: RepositoryNode): Promise<ListedChild[]> {
    const { repository, isShown } = this.#options;
    if (is.kind === "group") return await listGroup(repository, is.namespace, is.group);
    if (is.kind === "namespace") return await listNamespace(repository, is.namespace, isShown);
    throw new TypeError(`a ${is.kind} is not listed by itself`);
  }
}

/** The node whose listing tells what is in a folder; undefined if that does not change. */
function listedWith(node: RepositoryNode): RepositoryNode | undefined {
  const { kind } = node.is;
  if (kind === "type" || kind === "namespaces") return node.parent;
  return kind === "snapshot" ? undefined : node;
}
