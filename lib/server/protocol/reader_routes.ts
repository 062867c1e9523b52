import { decodeHex } from "../../bytes/mod.ts";
import { type DigestTable, type LocalSnapshotSource, readIndex } from "../../datastore/mod.ts";
import { ServerError, UsageError } from "../../errors/mod.ts";
import { archiveKind } from "../../repository/mod.ts";
import { type Answer, DIGEST, FILE_NAME, type ParameterValues, type Route } from "../api/mod.ts";
import type { ConnectionDownloads } from "./connection_downloads.ts";
import { fileRefusal, type ProtocolRequest } from "./protocol_service.ts";

/** State that the calls of a reader connection share. */
export interface ReaderSession {
  readonly source: LocalSnapshotSource;
  /** Chunks of the indexes that the client has downloaded. */
  readonly readable: DigestTable;
  readonly downloads: ConnectionDownloads;
  readonly log: (line: string) => void;
}

/** A call of the protocol. */
export type ReaderCall = ReaderSession & ProtocolRequest;

const OCTETS = "application/octet-stream";
const SPEEDTEST_BYTES = 1024 * 1024;
const SPEEDTEST_BYTE = 0x41;
/** The same memory for all. */
const SPEEDTEST = new Uint8Array(SPEEDTEST_BYTES).fill(SPEEDTEST_BYTE);

/** The calls of the reader protocol (spec: protocol.md §6). */
export const READER_ROUTES: readonly Route<ReaderCall>[] = [
  {
    method: "GET",
    path: "download",
    parameters: { "file-name": FILE_NAME },
    rawBody: true,
    handle: download,
  },
  {
    method: "GET",
    path: "chunk",
    parameters: { "digest": DIGEST },
    rawBody: true,
    handle: sendChunk,
  },
  {
    method: "GET",
    path: "speedtest",
    parameters: {},
    rawBody: true,
    handle: () => ({
      raw: SPEEDTEST,
      contentType: OCTETS,
      released: () => {},
    }),
  },
];

async function download(
  { source, readable, log, downloads, request }: ReaderCall,
  values: ParameterValues,
): Promise<Answer> {
  const name = values.text("file-name");
  const kind = archiveKind(name);
  if (kind === undefined) throw new UsageError(`unknown archive type: "${name}"`);
  const { bytes, released } = await downloads.readFile(async () => {
    let raw: Uint8Array;
    try {
      raw = await source.readFile(name);
    } catch (error) {
      throw fileRefusal(error, name);
    }
    if (kind !== "blob") {
      const index = readIndex(raw, name);
      for (let i = 0; i < index.chunkCount; i++) readable.set(index.digestAt(i), 0);
    }
    return raw;
  }, request.signal);
  log(`download "${name}"`);
  return { raw: bytes, contentType: OCTETS, released };
}

async function sendChunk(
  { source, readable, downloads, request }: ReaderCall,
  values: ParameterValues,
): Promise<Answer> {
  const text = values.text("digest");
  const digest = decodeHex(text);
  // A digest alone is no permission: it may be somebody else's chunk (spec: protocol.md §6).
  if (!readable.has(digest)) throw new ServerError(401, `download chunk ${text} not allowed`);
  const { bytes, released } = await downloads.readChunk(
    (buffer) => source.readChunk(digest, buffer),
    request.signal,
  );
  return { raw: bytes, contentType: OCTETS, released };
}
