import { encodeHex } from "../bytes/mod.ts";

/** Longer than any decimal number of a collection. */
const NUMBER_DIGITS = 10;

/** Keys of a store in a bucket (docs/internals/shared-bucket.md "Keys"). */
export class SharedKeys {
  /** Beginning of all keys of the store, with its slash. */
  readonly root: string;

  /** @param store Name of the store. */
  constructor(readonly store: string) {
    this.root = `${store}/`;
  }

  get inUse(): string {
    return `${this.root}.in-use`;
  }

  /** Beginning of the keys of chunks. */
  get chunks(): string {
    return `${this.root}.chunks/`;
  }

  /** Beginning of the keys of everything that a server would see as well. */
  get contents(): string {
    return `${this.root}.cnt/`;
  }

  /** Beginning of the keys of all that several writers need. */
  get shared(): string {
    return `${this.root}.shared/`;
  }

  /** Beginning of the keys of files that a server keeps beside the bucket. */
  get files(): string {
    return `${this.shared}files/`;
  }

  /** An object that shows what a server checks, and is removed at once. */
  get trial(): string {
    return `${this.shared}trial`;
  }

  get sessions(): string {
    return `${this.shared}sessions/`;
  }

  get decisions(): string {
    return `${this.shared}decisions/`;
  }

  get locks(): string {
    return `${this.shared}locks/`;
  }

  get collections(): string {
    return `${this.shared}collections/`;
  }

  /** @param digest 32 bytes. */
  chunk(digest: Uint8Array): string {
    return this.chunkOf(encodeHex(digest));
  }

  /** @param digest 64 hex digits. */
  chunkOf(digest: string): string {
    return `${this.chunks}${digest.slice(0, 4)}/${digest}`;
  }

  session(id: string): string {
    return this.sessions + id;
  }

  /** @param number Counts the decisions about a session from 1. */
  decision(session: string, number: number): string {
    return `${this.decisions}${session}/${String(number).padStart(NUMBER_DIGITS, "0")}`;
  }

  /** Beginning of the keys of a collection. */
  collection(number: number): string {
    return `${this.collections}${String(number).padStart(NUMBER_DIGITS, "0")}/`;
  }
}
