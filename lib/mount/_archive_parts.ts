import { type NodeId, ROOT_NODE } from "../fuse/mod.ts";
import type { RepositoryNode } from "./_repository_node.ts";

/** Bits of a node's number that tell in which archive it lies; archives leave them zero. */
const PART_SHIFT = 48n;
const PART_MASK = 0x7fffn;
/** Parts there are; part 0 is what lies outside of archives. */
export const MAX_PARTS = Number(PART_MASK);

/** The numbers of nodes of one file archive: those with `number` in their middle bits. */
export interface ArchivePart {
  readonly number: number;
  /** Its root's place among the archives. */
  readonly node: RepositoryNode;
  /** How often the kernel has found something of it and not forgotten it. */
  found: number;
  /** Of the archive, once it was opened. */
  checksum?: string;
}

/** Which archive a part of the numbers belongs to: until the kernel has forgotten all of them. */
export class ArchiveParts {
  readonly #limit: number;
  readonly #parts = new Map<number, ArchivePart>();
  readonly #partOf = new Map<RepositoryNode, ArchivePart>();
  /** Parts of which the kernel knows nothing; the one forgotten first in front. */
  readonly #unused = new Set<ArchivePart>();
  #last = 0;

  /** @param limit Parts that may be used; at most {@linkcode MAX_PARTS}. */
  constructor(limit: number) {
    this.#limit = Math.min(limit, MAX_PARTS);
  }

  /** The part that a node's number lies in; undefined for what is outside of archives. */
  find(node: NodeId): ArchivePart | undefined {
    const number = Number(node >> PART_SHIFT & PART_MASK);
    return number === 0 ? undefined : this.#parts.get(number);
  }

  /** Whether a number lies in an archive. */
  static isInside(node: NodeId): boolean {
    return (node >> PART_SHIFT & PART_MASK) !== 0n;
  }

  /** The number a node has in its archive. */
  static inner(node: NodeId): NodeId {
    return node & ~(PART_MASK << PART_SHIFT);
  }

  /** The number that a node of an archive has outside. */
  static outer(part: ArchivePart, inner: NodeId): NodeId {
    return inner | BigInt(part.number) << PART_SHIFT;
  }

  /** The number of an archive's root. */
  static rootOf(part: ArchivePart): NodeId {
    return ArchiveParts.outer(part, ROOT_NODE);
  }

  /** The part of an archive; undefined if there is none left, as the kernel knows something of each. */
  of(node: RepositoryNode): ArchivePart | undefined {
    const known = this.#partOf.get(node);
    if (known !== undefined) return known;
    const number = this.#last < this.#limit ? ++this.#last : this.#recycle();
    if (number === undefined) return undefined;
    const part = { number, node, found: 0 };
    this.#parts.set(number, part);
    this.#partOf.set(node, part);
    this.#unused.add(part);
    return part;
  }

  /** Notes that the kernel is told of a node of an archive. */
  count(part: ArchivePart): void {
    part.found++;
    this.#unused.delete(part);
  }

  /** Notes that the kernel has forgotten nodes of an archive. */
  forget(part: ArchivePart, count: number): void {
    part.found = Math.max(0, part.found - count);
    if (part.found === 0) this.#unused.add(part);
  }

  #recycle(): number | undefined {
    for (const part of this.#unused) {
      this.#unused.delete(part);
      this.#parts.delete(part.number);
      this.#partOf.delete(part.node);
      return part.number;
    }
    return undefined;
  }
}
