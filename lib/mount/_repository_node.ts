import type { NodeId } from "../fuse/mod.ts";
import type { BackupGroup, BackupSnapshot, BackupType } from "../repository/mod.ts";

/** An archive of a snapshot, wherever that is. */
export interface ArchivePlace {
  readonly namespace: string;
  readonly snapshot: BackupSnapshot;
  /** Name with its `.didx`, `.fidx` or `.blob`. */
  readonly serverName: string;
}

/** Meaning of a node outside of archives. */
export type NodeKind =
  | { readonly kind: "namespace"; readonly namespace: string }
  /** The folder of the namespaces below one. */
  | { readonly kind: "namespaces" }
  | { readonly kind: "type"; readonly type: BackupType }
  | { readonly kind: "group"; readonly namespace: string; readonly group: BackupGroup }
  | { readonly kind: "snapshot"; readonly namespace: string; readonly snapshot: BackupSnapshot }
  | { readonly kind: "latest"; readonly target: string }
  /** A file archive. */
  | { readonly kind: "tree"; readonly archive: ArchivePlace }
  /** An image or any other file. */
  | { readonly kind: "file"; readonly archive: ArchivePlace; readonly size: number | undefined };

/** A child as a listing tells it. */
export interface ListedChild {
  readonly name: string;
  readonly is: NodeKind;
  /** Text that differs from that of another one which had the same name before. */
  readonly identity: string;
  /** Seconds since the epoch; 0 if nobody knows. */
  readonly time: number;
  /** Contents of a folder, where the same listing tells them. */
  readonly children?: readonly ListedChild[];
}

/** A folder, link or file of the repository, outside of its file archives. */
export interface RepositoryNode {
  readonly number: NodeId;
  readonly name: string;
  readonly parent: RepositoryNode | undefined;
  readonly identity: string;
  is: NodeKind;
  time: number;
  /** In the order of their numbers, which is that in which they were first seen. */
  readonly children: Map<string, RepositoryNode>;
  /** How often the kernel has found it and not forgotten it. */
  found: number;
  /** Whether it is listed no more. */
  isGone: boolean;
  /** Checksum of a file's content, and its size, once they were read. */
  content?: { readonly checksum: string; readonly size: number };
}

/** The nodes outside of file archives, by their numbers. */
export class RepositoryNodes {
  readonly root: RepositoryNode;
  readonly #nodes = new Map<NodeId, RepositoryNode>();
  #lastNumber = 0n;

  /** @param namespace That the root shows. */
  constructor(namespace: string, time: number) {
    this.root = this.#add(undefined, {
      name: "",
      is: { kind: "namespace", namespace },
      identity: "",
      time,
    });
  }

  /** The node of a number that the kernel has found; undefined if it is gone. */
  get(number: NodeId): RepositoryNode | undefined {
    const node = this.#nodes.get(number);
    return node?.isGone ? undefined : node;
  }

  /** Makes the children of a folder those of a listing. Those that were there keep their numbers. */
  setChildren(parent: RepositoryNode, listed: readonly ListedChild[]): void {
    const names = new Map(listed.map((child) => [child.name, child.identity]));
    for (const child of parent.children.values()) {
      if (names.get(child.name) !== child.identity) this.drop(child);
    }
    for (const child of listed) {
      let node = parent.children.get(child.name);
      if (node === undefined) {
        node = this.#add(parent, child);
        parent.children.set(child.name, node);
      } else {
        node.is = child.is;
        node.time = child.time || this.root.time;
      }
      if (child.children !== undefined) this.setChildren(node, child.children);
    }
  }

  /** Takes a node and what is in it out of its folder; it stays known until the kernel forgets it. */
  drop(node: RepositoryNode): void {
    node.isGone = true;
    node.parent?.children.delete(node.name);
    for (const child of node.children.values()) this.drop(child);
    this.#letGo(node);
  }

  /** The kernel has forgotten a node. */
  forget(number: NodeId, count: number): void {
    const node = this.#nodes.get(number);
    if (node === undefined) return;
    node.found = Math.max(0, node.found - count);
    this.#letGo(node);
  }

  #letGo(node: RepositoryNode): void {
    if (node.isGone && node.found === 0) this.#nodes.delete(node.number);
  }

  #add(
    parent: RepositoryNode | undefined,
    { name, is, identity, time }: ListedChild,
  ): RepositoryNode {
    const number = ++this.#lastNumber;
    const node: RepositoryNode = {
      number,
      name,
      parent,
      identity,
      is,
      time: time || this.root.time,
      children: new Map(),
      found: 0,
      isGone: false,
    };
    this.#nodes.set(number, node);
    return node;
  }
}
