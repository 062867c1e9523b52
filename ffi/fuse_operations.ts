import type { FuseLibrary } from "./fuse_library.ts";

/** A request of the kernel that waits for exactly one reply. */
export type FuseRequest = Deno.PointerObject;

/** Requests of the kernel; each call starts its work and returns at once. */
export interface FuseOperations {
  /** Requests that have no reply yet. */
  readonly unanswered: number;
  lookup(request: FuseRequest, parent: bigint, name: Uint8Array): void;
  forget(node: bigint, count: number): void;
  attributes(request: FuseRequest, node: bigint): void;
  readLink(request: FuseRequest, node: bigint): void;
  open(request: FuseRequest, node: bigint): void;
  openDirectory(request: FuseRequest, node: bigint): void;
  read(request: FuseRequest, node: bigint, size: number, offset: number): void;
  readDirectory(request: FuseRequest, node: bigint, size: number, offset: number): void;
  statistics(request: FuseRequest): void;
  readXattr(request: FuseRequest, node: bigint, name: Uint8Array, size: number): void;
  listXattrs(request: FuseRequest, node: bigint, size: number): void;
}

/** Places in `struct fuse_lowlevel_ops`. */
const SLOT = {
  init: 0,
  lookup: 2,
  forget: 3,
  attributes: 4,
  readLink: 6,
  open: 14,
  read: 15,
  openDirectory: 20,
  statistics: 24,
  readXattr: 26,
  listXattrs: 27,
  forgetMany: 38,
  readDirectory: 41,
} as const;
const SLOTS = 44;
/** Room for a name with its NUL; it lies in libfuse's buffer, which is larger by far. */
const NAME_BYTES = 1025;
/** Place of what the file system wants in `struct fuse_conn_info`, and of what the kernel can. */
const [CAPABLE, WANT, MAX_BACKGROUND] = [20, 24, 28];
const POSIX_ACL = 1 << 19;
/** Requests for data ahead that may wait at a time. */
const BACKGROUND_REQUESTS = 64;

type Parameter = "pointer" | "u64" | "i64" | "usize";

/** Functions in C that call {@linkcode FuseOperations}; they live until they are closed. */
export class FuseCallbacks implements Disposable {
  /** A `struct fuse_lowlevel_ops`. */
  readonly table: BigUint64Array<ArrayBuffer> = new BigUint64Array(SLOTS);
  readonly #callbacks: { close(): void }[] = [];
  readonly #name = new Uint8Array(NAME_BYTES);

  constructor(operations: FuseOperations, library: FuseLibrary) {
    const { fuse_reply_none: done } = library;
    const number = "u64" as const;
    const request = "pointer" as const;
    this.#add(SLOT.init, ["pointer", "pointer"], (_user, connection) => prepare(connection!));
    this.#add(
      SLOT.lookup,
      [request, number, "pointer"],
      (to, parent, name) => operations.lookup(to!, parent, this.#text(name!)),
    );
    this.#add(SLOT.forget, [request, number, number], (to, node, count) => {
      operations.forget(node, Number(count));
      done(to);
    });
    this.#add(SLOT.forgetMany, [request, "usize", "pointer"], (to, count, list) => {
      const view = new Deno.UnsafePointerView(list!);
      for (let i = 0; i < Number(count); i++) {
        operations.forget(view.getBigUint64(16 * i), Number(view.getBigUint64(16 * i + 8)));
      }
      done(to);
    });
    this.#add(
      SLOT.attributes,
      [request, number, "pointer"],
      (to, node) => operations.attributes(to!, node),
    );
    this.#add(SLOT.readLink, [request, number], (to, node) => operations.readLink(to!, node));
    this.#add(SLOT.open, [request, number, "pointer"], (to, node) => operations.open(to!, node));
    this.#add(
      SLOT.openDirectory,
      [request, number, "pointer"],
      (to, node) => operations.openDirectory(to!, node),
    );
    this.#add(
      SLOT.read,
      [request, number, "usize", "i64", "pointer"],
      (to, node, size, offset) => operations.read(to!, node, Number(size), Number(offset)),
    );
    this.#add(
      SLOT.readDirectory,
      [request, number, "usize", "i64", "pointer"],
      (to, node, size, offset) => operations.readDirectory(to!, node, Number(size), Number(offset)),
    );
    this.#add(SLOT.statistics, [request, number], (to) => operations.statistics(to!));
    this.#add(
      SLOT.readXattr,
      [request, number, "pointer", "usize"],
      (to, node, name, size) => operations.readXattr(to!, node, this.#text(name!), Number(size)),
    );
    this.#add(
      SLOT.listXattrs,
      [request, number, "usize"],
      (to, node, size) => operations.listXattrs(to!, node, Number(size)),
    );
  }

  /** Frees the functions; nothing may call them any more. */
  [Symbol.dispose](): void {
    for (const callback of this.#callbacks.splice(0)) callback.close();
  }

  #add<const P extends readonly Parameter[]>(
    slot: number,
    parameters: P,
    call: Deno.UnsafeCallbackFunction<P, "void">,
  ): void {
    const callback = new Deno.UnsafeCallback({ parameters, result: "void" } as const, call);
    this.#callbacks.push(callback);
    this.table[slot] = Deno.UnsafePointer.value(callback.pointer);
  }

  /** A copy of the bytes before NUL. */
  #text(name: Deno.PointerObject): Uint8Array {
    Deno.UnsafePointerView.copyInto(name, this.#name);
    return this.#name.slice(0, this.#name.indexOf(0));
  }
}

/** Answers the kernel's first question: lists of rights are obeyed, reads ahead are many. */
function prepare(connection: Deno.PointerObject): void {
  const view = new DataView(Deno.UnsafePointerView.getArrayBuffer(connection, 40));
  const capable = view.getUint32(CAPABLE, true);
  view.setUint32(WANT, view.getUint32(WANT, true) | capable & POSIX_ACL, true);
  view.setUint32(MAX_BACKGROUND, BACKGROUND_REQUESTS, true);
}
