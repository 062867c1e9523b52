import { MAX_ENCODED_CHUNK_BYTES, PLAIN_HEADER_LENGTH } from "../blob/mod.ts";
import { encodeHex } from "../bytes/mod.ts";
import { AuthError, CorruptDataError, NotFoundError } from "../errors/mod.ts";
import type { IncomingBody } from "../http/mod.ts";
import type { RemoteSession } from "./_remote_session.ts";
import { UpgradedConnection } from "./_upgraded_connection.ts";
import { type BackupSnapshot, checkSnapshot } from "./snapshot_path.ts";
import type { SnapshotSource } from "./snapshot_source.ts";

/** The remote form of {@linkcode SnapshotSource}: a reader connection (spec: protocol.md §6). */
export class RemoteSnapshotSource implements SnapshotSource {
  readonly #connection: UpgradedConnection;

  private constructor(readonly snapshot: BackupSnapshot, connection: UpgradedConnection) {
    this.#connection = connection;
  }

  /**
   * Opens a snapshot.
   *
   * @throws {NotFoundError} if there is no such snapshot, {LockedError} if it is being written or
   *   removed, {AuthError} if it may not be read.
   */
  static async open(
    session: RemoteSession,
    namespace: string,
    snapshot: BackupSnapshot,
  ): Promise<RemoteSnapshotSource> {
    checkSnapshot(snapshot);
    const client = await session.upgrade("reader", namespace, snapshot, { debug: true });
    return new RemoteSnapshotSource(snapshot, new UpgradedConnection(client));
  }

  /** See {@linkcode SnapshotSource.readFile}. */
  async readFile(name: string): Promise<Uint8Array> {
    return await this.#connection.download("/download", { "file-name": name });
  }

  /** See {@linkcode SnapshotSource.readChunk}. */
  async readChunk(digest: Uint8Array, buffer: (length: number) => Uint8Array): Promise<void> {
    const hex = encodeHex(digest);
    let body: IncomingBody;
    try {
      ({ body } = await this.#connection.open("/chunk", { digest: hex }));
    } catch (error) {
      // Not "may not": a chunk is refused when no index that was read names it.
      if (!(error instanceof AuthError)) throw error;
      throw new NotFoundError(error.message, { cause: error });
    }
    await fill(body, `chunk ${hex}`, buffer);
  }

  /** Ends the connection, so that the snapshot can be removed again. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection.close();
  }
}

/**
 * Reads a body into memory that is asked for once: servers do not say the length in advance, so the
 * pieces are kept as they arrive, and each byte is copied once.
 */
async function fill(
  body: IncomingBody,
  name: string,
  buffer: (length: number) => Uint8Array,
): Promise<void> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (let piece = await body.read(); piece !== undefined; piece = await body.read()) {
    length += piece.length;
    if (length > MAX_ENCODED_CHUNK_BYTES) {
      body.cancel();
      break;
    }
    pieces.push(piece);
  }
  if (length <= PLAIN_HEADER_LENGTH || length > MAX_ENCODED_CHUNK_BYTES) {
    throw new CorruptDataError(`${name} cannot be stored in ${length} bytes`);
  }
  const memory = buffer(length);
  let offset = 0;
  for (const piece of pieces) {
    memory.set(piece, offset);
    offset += piece.length;
  }
}
