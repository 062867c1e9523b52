import { concatBytes } from "../bytes/mod.ts";
import type { Duplex } from "../duplex/mod.ts";
import { IncomingBody, knownLength, type OutgoingBody } from "../http/mod.ts";
import type { BodyFraming } from "./_http1_head.ts";
import { Http1Error, type Http1Reader } from "./_http1_reader.ts";

/** Bytes of a chunk's size line, extensions included. */
const CHUNK_LINE_BYTES = 1024;
/** Bytes of all extensions of a body's chunks, and of other things that its size lines need not have. */
const EXTENSION_BYTES = 32 * 1024;
/** Bytes of all trailers of a body. */
const TRAILER_BYTES = 32 * 1024;
/** Bytes of a body that are given to the socket at a time. */
const PIECE_BYTES = 1024 * 1024;
/** Pieces up to this size are put together with their neighbours before they are written. */
const COPY_BYTES = 16 * 1024;

/** Events of a body for its connection. */
export interface Http1BodyEvents {
  /** Before the first byte is read. */
  readonly starting?: () => void;
  /** The body was read to its end. */
  readonly complete: () => void;
  /** The rest is not wanted, or cannot be had: the connection is of no further use. */
  readonly broken: () => void;
  /** Waits for bytes, within what patience there is. */
  readonly patience: (coming: Promise<Uint8Array | undefined>) => Promise<Uint8Array | undefined>;
}

/** A body read from an HTTP/1.1 connection. */
export class Http1Body extends IncomingBody {
  override readonly lengthBytes: number | undefined;
  readonly #reader: Http1Reader;
  readonly #framing: BodyFraming;
  readonly #events: Http1BodyEvents;
  /** Bytes of the body, or of the current chunk, still to come. */
  #remaining = 0;
  #started = false;
  #finished = false;
  #chunks = 0;
  #extensionBytes = 0;
  #cancelled = false;

  constructor(reader: Http1Reader, framing: BodyFraming, events: Http1BodyEvents) {
    super();
    this.#reader = reader;
    this.#framing = framing;
    this.#events = events;
    if (framing.kind === "length") this.#remaining = this.lengthBytes = framing.lengthBytes;
  }

  /** Whether a byte was asked for. */
  get started(): boolean {
    return this.#started;
  }

  override async read(): Promise<Uint8Array | undefined> {
    if (this.#finished) return undefined;
    if (this.#cancelled) throw this.#reader.ended();
    if (!this.#started) {
      this.#started = true;
      this.#events.starting?.();
    }
    try {
      const bytes = await this.#events.patience(this.#next());
      if (bytes === undefined) {
        this.#finished = true;
        this.#events.complete();
      }
      return bytes;
    } catch (error) {
      this.#cancelled = true;
      this.#events.broken();
      throw error;
    }
  }

  override async eachPiece(use: (piece: Uint8Array) => void): Promise<void> {
    for (let piece = await this.read(); piece !== undefined; piece = await this.read()) {
      use(piece);
      this.#reader.duplex.release?.(piece);
    }
  }

  override cancel(): void {
    if (this.#finished || this.#cancelled) return;
    this.#cancelled = true;
    this.#events.broken();
  }

  async #next(): Promise<Uint8Array | undefined> {
    if (this.#framing.kind === "close") return await this.#reader.some(Infinity);
    if (this.#framing.kind === "chunked" && this.#remaining === 0) await this.#nextChunk();
    if (this.#remaining === 0) return undefined;
    const bytes = await this.#reader.some(this.#remaining);
    if (bytes === undefined) throw this.#reader.ended();
    this.#remaining -= bytes.length;
    return bytes;
  }

  async #nextChunk(): Promise<void> {
    if (this.#chunks++ > 0 && await this.#reader.line(2, 400) !== "") {
      throw new Http1Error(400, "chunk is longer than announced");
    }
    const line = await this.#reader.line(CHUNK_LINE_BYTES, 400);
    const match = /^([0-9A-Fa-f]{1,12})[ \t]*(?:;.*)?$/.exec(line);
    if (match === null) throw new Http1Error(400, "malformed chunk size");
    this.#extensionBytes += line.length - match[1]!.length;
    if (this.#extensionBytes > EXTENSION_BYTES) {
      throw new Http1Error(400, "too many extensions of chunks");
    }
    this.#remaining = parseInt(match[1]!, 16);
    if (this.#remaining > 0) return;
    for (let left = TRAILER_BYTES;;) {
      const trailer = await this.#reader.line(left, 431);
      if (trailer === "") return;
      left -= trailer.length + 1;
    }
  }
}

/**
 * Sends a head and the body after it.
 *
 * @param chunked Whether the body goes in chunks (a stream) or as it is.
 * @param wanted Asked before each piece; `false` ends the sending early.
 */
export async function writeMessage(
  duplex: Pick<Duplex, "write">,
  head: Uint8Array,
  body: OutgoingBody | undefined,
  chunked: boolean,
  wanted: () => boolean = () => true,
): Promise<void> {
  const length = knownLength(body);
  if (body === undefined || length === 0) return await duplex.write(head);
  if (!(Symbol.asyncIterator in body)) {
    const parts = body instanceof Uint8Array ? [body] : body;
    if (length! <= COPY_BYTES) return await duplex.write(concatBytes([head, ...parts]));
    await duplex.write(head);
    for (const part of parts) await writePieces(duplex, part, wanted);
    return;
  }
  await duplex.write(head);
  for await (const part of body) {
    if (!wanted()) return;
    if (part.length === 0) continue;
    if (!chunked) {
      await writePieces(duplex, part, wanted);
      continue;
    }
    const size = new TextEncoder().encode(`${part.length.toString(16)}\r\n`);
    const end = Uint8Array.of(0x0d, 0x0a);
    if (part.length <= COPY_BYTES) await duplex.write(concatBytes([size, part, end]));
    else {
      await duplex.write(size);
      await writePieces(duplex, part, wanted);
      if (!wanted()) return;
      await duplex.write(end);
    }
  }
  if (chunked) await duplex.write(new TextEncoder().encode("0\r\n\r\n"));
}

/**
 * Writes each piece when the one before it is out: a socket makes copies of all that is waiting for
 * it, up to two with TLS, and a reader that takes nothing would have a server keep them.
 */
async function writePieces(
  duplex: Pick<Duplex, "write">,
  bytes: Uint8Array,
  wanted: () => boolean,
): Promise<void> {
  for (let at = 0; at < bytes.length && wanted(); at += PIECE_BYTES) {
    await duplex.write(bytes.subarray(at, at + PIECE_BYTES));
  }
}
