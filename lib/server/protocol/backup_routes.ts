import { MAX_CHUNK_PLAIN_BYTES, parseBlobHeader } from "../../blob/mod.ts";
import { decodeHex } from "../../bytes/mod.ts";
import type { DigestTable, LocalBackupTarget } from "../../datastore/mod.ts";
import { CorruptDataError, NotFoundError, ServerError, UsageError } from "../../errors/mod.ts";
import type { IncomingRequest } from "../../http/mod.ts";
import {
  archiveKind,
  type ChunkPlacement,
  type IndexKind,
  MANIFEST_BLOB_NAME,
} from "../../repository/mod.ts";
import {
  type Answer,
  DIGEST,
  encodedSize,
  FILE_NAME,
  optional,
  type ParameterSchema,
  type ParameterValues,
  type Route,
  TEXT,
} from "../api/mod.ts";
import { MAX_WRITER_ID, type OpenWriters } from "./open_writers.ts";
import { fileRefusal } from "./protocol_service.ts";
import type { ConnectionDownloads } from "./connection_downloads.ts";
import type { ConnectionUploads } from "./connection_uploads.ts";

/** State that the calls of a backup connection share (spec: protocol.md §5.2). */
export interface BackupSession {
  readonly target: LocalBackupTarget;
  readonly writers: OpenWriters;
  readonly uploads: ConnectionUploads;
  readonly downloads: ConnectionDownloads;
  /**
   * Plain sizes of the chunks that came in, also in interrupted backups before this one, plus
   * {@linkcode ENCRYPTED} for the encrypted ones.
   */
  readonly received: DigestTable;
  readonly log: (line: string) => void;
}

/** A session, and the request that is being answered. */
export type BackupCall = BackupSession & { readonly request: IncomingRequest };

const WRITER_ID: ParameterSchema = { kind: "integer", minimum: 1, maximum: MAX_WRITER_ID };
const OCTETS = "application/octet-stream";
const DIGEST_BYTES = 32;
/** Marks encrypted chunks; more than any chunk's size. */
const ENCRYPTED = 2 ** 32;
/** Digests of one request. */
const MAX_RECALL_BYTES = DIGEST_BYTES * 65536;
const NOTHING: Answer = { data: null };

/** The calls of the backup protocol (spec: protocol.md §5.1). */
export const BACKUP_ROUTES: readonly Route<BackupCall>[] = [
  {
    method: "GET",
    path: "previous_backup_time",
    parameters: {},
    handle: ({ target }) => ({ data: target.previousTime ?? null }),
  },
  {
    method: "GET",
    path: "previous",
    parameters: { "archive-name": FILE_NAME },
    rawBody: true,
    handle: sendPrevious,
  },
  {
    method: "POST",
    path: "blob",
    parameters: { "file-name": FILE_NAME, "encoded-size": encodedSize(12) },
    rawBody: true,
    handle: storeBlob,
  },
  ...writerRoutes("dynamic"),
  ...writerRoutes("fixed"),
  {
    method: "POST",
    path: "recall_chunks",
    parameters: {},
    rawBody: true,
    handle: recallChunks,
  },
  { method: "POST", path: "finish", parameters: {}, handle: finish },
  {
    method: "POST",
    path: "speedtest",
    parameters: {},
    rawBody: true,
    handle: async ({ request }) => {
      await request.body.discard();
      return NOTHING;
    },
  },
];

/** The calls that exist for both kinds of indexes, under names of their own. */
function writerRoutes(kind: IndexKind): Route<BackupCall>[] {
  const smallest = kind === "fixed" ? 0 : 1;
  return [
    {
      method: "POST",
      path: `${kind}_index`,
      parameters: {
        "archive-name": FILE_NAME,
        ...kind === "fixed" && {
          "size": { kind: "integer", minimum: 1, optional: true },
          "reuse-csum": optional(TEXT),
        },
      },
      handle: (call, values) => createIndex(call, kind, values),
    },
    {
      method: "PUT",
      path: `${kind}_index`,
      parameters: {
        "wid": WRITER_ID,
        "digest-list": { kind: "array", items: DIGEST },
        "offset-list": { kind: "array", items: { kind: "integer", minimum: 0 } },
      },
      handle: (call, values) => append(call, kind, values),
    },
    {
      method: "POST",
      path: `${kind}_chunk`,
      parameters: {
        "wid": WRITER_ID,
        "digest": DIGEST,
        "size": { kind: "integer", minimum: 1, maximum: MAX_CHUNK_PLAIN_BYTES },
        "encoded-size": encodedSize(13),
      },
      rawBody: true,
      handle: (call, values) => storeChunk(call, kind, values),
    },
    {
      method: "POST",
      path: `${kind}_close`,
      parameters: {
        "wid": WRITER_ID,
        "chunk-count": { kind: "integer", minimum: smallest },
        "size": { kind: "integer", minimum: smallest },
        "csum": TEXT,
      },
      handle: (call, values) => closeIndex(call, kind, values),
    },
  ];
}

async function sendPrevious(
  { target, log, downloads, request }: BackupCall,
  values: ParameterValues,
): Promise<Answer> {
  const name = values.text("archive-name");
  const kind = archiveKind(name);
  if (kind === undefined) throw new UsageError(`unknown archive type: "${name}"`);
  if (target.previousTime === undefined) throw new ServerError(400, "no valid previous backup");
  try {
    if (kind === "blob") {
      if (name !== MANIFEST_BLOB_NAME) log(`download "${name}" from the previous backup`);
      const { bytes, released } = await downloads.readFile(
        () => target.previousFile(name),
        request.signal,
      );
      return { raw: bytes, contentType: OCTETS, released };
    }
    const { bytes, released } = await downloads.readFile(
      () => target.previousIndex(name),
      request.signal,
    );
    log(`register chunks of "${name}" from the previous backup`);
    return { raw: bytes, contentType: OCTETS, released };
  } catch (error) {
    throw fileRefusal(error, name);
  }
}

async function storeBlob(
  { target, uploads, request, log }: BackupCall,
  values: ParameterValues,
): Promise<Answer> {
  const name = values.text("file-name");
  const size = values.integer("encoded-size");
  using upload = await uploads.read(
    request.body,
    size,
    (received) => new CorruptDataError(`got blob with unexpected length (${size} != ${received})`),
  );
  await target.uploadBlob(name, upload.bytes);
  log(`add blob "${name}" (${size} bytes)`);
  return NOTHING;
}

async function createIndex(
  { target, writers, log }: BackupCall,
  kind: IndexKind,
  values: ParameterValues,
): Promise<Answer> {
  const name = values.text("archive-name");
  const reuse = values.optionalText("reuse-csum");
  writers.requireRoom();
  const writer = await target.createIndex(
    kind,
    name,
    values.optionalInteger("size"),
    reuse === undefined ? undefined : parseChecksum(reuse),
  );
  const id = writers.add({ kind, name, writer });
  log(`created new ${reuse === undefined ? "" : "incremental "}${kind} index ${id} ("${name}")`);
  return { data: id };
}

async function storeChunk(
  { writers, uploads, received, request }: BackupCall,
  kind: IndexKind,
  values: ParameterValues,
): Promise<Answer> {
  const { writer } = writers.get(values.integer("wid"), kind);
  const digest = values.text("digest");
  const encodedBytes = values.integer("encoded-size");
  using upload = await uploads.read(
    request.body,
    encodedBytes,
    (received) =>
      new CorruptDataError(
        received > encodedBytes
          ? "uploaded chunk is larger than announced."
          : "uploaded chunk has unexpected size.",
      ),
  );
  const size = values.integer("size");
  await writer.putChunk({ digest: decodeHex(digest), size, blob: upload.bytes });
  const { encrypted } = parseBlobHeader(upload.bytes);
  received.set(decodeHex(digest), encrypted ? size + ENCRYPTED : size);
  return { data: digest };
}

/**
 * Makes chunks known again that interrupted backups of this client had sent; an extension of ours
 * (docs/remote.md). Digests come one after the other, and those that are known now go back so.
 */
async function recallChunks({ target, received, request, log }: BackupCall): Promise<Answer> {
  const digests = await request.body.bytes(MAX_RECALL_BYTES);
  if (digests.length % DIGEST_BYTES !== 0) {
    throw new UsageError(`${digests.length} bytes are no list of digests`);
  }
  let length = 0;
  for (let at = 0; at < digests.length; at += DIGEST_BYTES) {
    const digest = digests.subarray(at, at + DIGEST_BYTES);
    const sent = received.get(digest);
    if (sent === undefined) continue;
    if (!await target.recallChunk(digest, sent % ENCRYPTED, sent >= ENCRYPTED)) continue;
    digests.set(digest, length);
    length += DIGEST_BYTES;
  }
  log(`recall ${length / DIGEST_BYTES} of ${digests.length / DIGEST_BYTES} chunks`);
  return { raw: digests.subarray(0, length), contentType: OCTETS };
}

async function append(
  { writers }: BackupCall,
  kind: IndexKind,
  values: ParameterValues,
): Promise<Answer> {
  const { writer } = writers.get(values.integer("wid"), kind);
  const digests = values.texts("digest-list");
  const offsets = values.integers("offset-list");
  if (digests.length !== offsets.length) {
    throw new UsageError(
      `offset list has wrong length (${offsets.length} != ${digests.length})`,
    );
  }
  const chunks = digests.map((digest, i): ChunkPlacement => ({
    digest: decodeHex(digest),
    offset: offsets[i]!,
  }));
  await writer.append(chunks);
  return NOTHING;
}

async function closeIndex(
  { writers, log }: BackupCall,
  kind: IndexKind,
  values: ParameterValues,
): Promise<Answer> {
  const id = values.integer("wid");
  const { writer, name } = writers.get(id, kind);
  const checksum = parseChecksum(values.text("csum"));
  const [chunkCount, size] = [values.integer("chunk-count"), values.integer("size")];
  await writer.close({ chunkCount, size, checksum });
  writers.remove(id);
  log(`closed ${kind} index ${id} ("${name}"): ${chunkCount} chunks, ${size} bytes`);
  return NOTHING;
}

async function finish({ target, log }: BackupCall): Promise<Answer> {
  try {
    await target.finish();
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    throw new ServerError(400, error.message, { cause: error });
  }
  log("successfully finished backup");
  return NOTHING;
}

/** The case does not matter here, unlike in digests. */
function parseChecksum(text: string): Uint8Array {
  if (!/^[0-9A-Fa-f]{64}$/.test(text)) throw new UsageError(`"${text}" is not a checksum`);
  return decodeHex(text.toLowerCase());
}
