import { ConflictError, ServerError } from "../../errors/mod.ts";
import type { IndexKind, IndexWriter } from "../../repository/mod.ts";

/** Writer ids go from 1 to this (spec: protocol.md §5.2). */
export const MAX_WRITER_ID = 256;

/** A writer that a client knows by number. */
export interface OpenWriter {
  readonly kind: IndexKind;
  readonly name: string;
  readonly writer: IndexWriter;
}

/** The index writers of a backup connection by their ids, which are never used again. */
export class OpenWriters {
  readonly #writers = new Map<number, OpenWriter>();
  #lastId = 0;

  /** @throws {ConflictError} if all ids were used. */
  requireRoom(): void {
    if (this.#lastId >= MAX_WRITER_ID) {
      throw new ConflictError(`a backup can write at most ${MAX_WRITER_ID} indexes`);
    }
  }

  /** @returns The id of a new writer. */
  add(writer: OpenWriter): number {
    this.#writers.set(++this.#lastId, writer);
    return this.#lastId;
  }

  /** @throws {ServerError} with 400 if there is no such writer of that kind. */
  get(id: number, kind: IndexKind): OpenWriter {
    const writer = this.#writers.get(id);
    if (writer?.kind !== kind) throw new ServerError(400, `${kind} writer '${id}' not registered`);
    return writer;
  }

  /** After a writer was closed. */
  remove(id: number): void {
    this.#writers.delete(id);
  }
}
