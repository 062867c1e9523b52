import { MAX_ENCODED_CHUNK_BYTES, PLAIN_HEADER_LENGTH } from "../blob/mod.ts";
import { encodeHex } from "../bytes/mod.ts";
import { AuthError, CorruptDataError, NotFoundError } from "../errors/mod.ts";
import type { IncomingBody } from "../http/mod.ts";
import { type BackupSnapshot, checkSnapshotName, type SnapshotSource } from "../repository/mod.ts";
import type { RemoteSession } from "./_remote_session.ts";
import { UpgradedConnection } from "./_upgraded_connection.ts";

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
    checkSnapshotName(snapshot);
    const client = await session.upgrade("reader", { namespace, snapshot }, { debug: true });
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
 * Reads a body into memory that is asked for once; each byte is copied once. Where the server does
 * not say the length in advance, the pieces are kept until the end.
 */
async function fill(
  body: IncomingBody,
  name: string,
  buffer: (length: number) => Uint8Array,
): Promise<void> {
  const announced = body.lengthBytes;
  try {
    const memory = announced === undefined ? undefined : buffer(checkLength(announced, name));
    const limit = announced ?? MAX_ENCODED_CHUNK_BYTES;
    const pieces: Uint8Array[] = [];
    let length = 0;
    const checkReceived = () => {
      if (checkLength(length, name) === (announced ?? length)) return;
      throw new CorruptDataError(`${name} came with ${length} bytes instead of ${announced}`);
    };
    await body.eachPiece((piece) => {
      const start = length;
      length += piece.length;
      if (length > limit) checkReceived();
      if (memory === undefined) pieces.push(piece.slice());
      else memory.set(piece, start);
    });
    checkReceived();
    if (memory === undefined) copyPieces(pieces, buffer(length));
  } catch (error) {
    body.cancel();
    throw error;
  }
}

/** @throws {CorruptDataError} if no chunk can be stored in so many bytes. */
function checkLength(length: number, name: string): number {
  if (length > PLAIN_HEADER_LENGTH && length <= MAX_ENCODED_CHUNK_BYTES) return length;
  throw new CorruptDataError(`${name} cannot be stored in ${length} bytes`);
}

function copyPieces(pieces: readonly Uint8Array[], memory: Uint8Array): void {
  let offset = 0;
  for (const piece of pieces) {
    memory.set(piece, offset);
    offset += piece.length;
  }
}
