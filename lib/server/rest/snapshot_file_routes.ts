import {
  decodeBlob,
  MAX_BLOB_PLAIN_BYTES,
  parseBlobHeader,
  statedPlainSize,
} from "../../blob/mod.ts";
import {
  DatastoreSnapshot,
  type LocalSnapshotSource,
  readIndex,
  uploadLog,
} from "../../datastore/mod.ts";
import { NotFoundError, ServerError } from "../../errors/mod.ts";
import { decodeManifestBlob, verifyIndex } from "../../manifest/mod.ts";
import { archiveKind, MANIFEST_BLOB_NAME } from "../../repository/mod.ts";
import { type ConnectionAnswers, releaseMemory } from "../memory/mod.ts";
import {
  type Answer,
  FILE_NAME,
  NS,
  type ParameterValues,
  readBody,
  SNAPSHOT,
  STORE,
} from "../api/mod.ts";
import { ConnectionDownloads } from "../protocol/mod.ts";
import type { RestContext, RestRoute } from "../state/mod.ts";
import { requireGroupOwner, requireNamespaceAccess, snapshotOf } from "./datastore_access.ts";
import { readChunks } from "./read_chunks.ts";
import { encryptedRefusal, openReadableSnapshot } from "./readable_snapshot.ts";

const OCTETS = "application/octet-stream";
const MAX_LOG_BYTES = MAX_BLOB_PLAIN_BYTES + 44;
/** Bytes that a blob and its content count for until their lengths are known. */
const ASSUMED_BLOB_BYTES = 16 * 1024 * 1024;
const NAMED_SNAPSHOT = { "store": STORE, "ns": NS, ...SNAPSHOT };

/** Calls that carry files of snapshots (spec: protocol.md §7.4). */
export const SNAPSHOT_FILE_ROUTES: readonly RestRoute[] = [
  {
    method: "POST",
    path: "admin/datastore/{store}/upload-backup-log",
    parameters: NAMED_SNAPSHOT,
    rawBody: true,
    permission: "user",
    handle: storeLog,
  },
  {
    method: "GET",
    path: "admin/datastore/{store}/download",
    parameters: { ...NAMED_SNAPSHOT, "file-name": FILE_NAME },
    rawBody: true,
    permission: "user",
    handle: async (context, values) => {
      const { source } = await openReadableSnapshot(context, values);
      await using opened = source;
      const { bytes, released } = await new ConnectionDownloads(context.connection.answers)
        .readFile(() => opened.readFile(values.text("file-name")), context.request.signal);
      return { raw: bytes, contentType: OCTETS, released };
    },
  },
  {
    method: "GET",
    path: "admin/datastore/{store}/download-decoded",
    parameters: { ...NAMED_SNAPSHOT, "file-name": FILE_NAME },
    rawBody: true,
    permission: "user",
    handle: downloadDecoded,
  },
];

/** Only the owner may add a log, administrators included. */
async function storeLog(context: RestContext, values: ParameterValues): Promise<Answer> {
  const [store, namespace] = [values.text("store"), values.text("ns")];
  requireNamespaceAccess(context, store, namespace, ["Datastore.Backup"]);
  const { datastore } = context.state.datastore(store, "write");
  const snapshot = new DatastoreSnapshot(datastore, namespace, snapshotOf(values));
  await requireGroupOwner(context, snapshot.group);
  const tooLarge = new ServerError(400, "the log is too large");
  const size = Math.min(context.request.body.lengthBytes ?? MAX_LOG_BYTES, MAX_LOG_BYTES);
  using _held = await context.connection.answers.hold(2 * size, context.request.signal);
  const blob = await readBody(context.request.body, MAX_LOG_BYTES, tooLarge);
  await uploadLog(snapshot, blob);
  return { data: null };
}

async function downloadDecoded(context: RestContext, values: ParameterValues): Promise<Answer> {
  const name = values.text("file-name");
  const kind = archiveKind(name);
  if (kind === undefined) throw new ServerError(400, `failed to parse archive type for '${name}'`);
  const { source, datastore } = await openReadableSnapshot(context, values);
  await using stack = new AsyncDisposableStack();
  stack.use(source);
  const { answers } = context.connection;
  if (kind === "blob") return await decodedBlob(source, name, answers, context.request.signal);
  const { bytes: file, released: indexReleased } = await new ConnectionDownloads(answers)
    .readFile(() => source.readFile(name), context.request.signal);
  stack.defer(indexReleased);
  const index = readIndex(file, name);
  const entry = await manifestEntry(source, name);
  if (entry?.cryptMode === "encrypt") throw encryptedRefusal(name);
  if (entry !== undefined) verifyIndex(entry, index);
  // The snapshot's lock is held until the last chunk was sent.
  const held = stack.move();
  const released = () => void held.disposeAsync();
  return {
    raw: readChunks(datastore, index, context.request, answers),
    contentType: OCTETS,
    released,
  };
}

/** A blob's content, counted from before it is read until it was taken. */
async function decodedBlob(
  source: LocalSnapshotSource,
  name: string,
  answers: ConnectionAnswers,
  signal: AbortSignal,
): Promise<Answer> {
  let sizeBytes = ASSUMED_BLOB_BYTES;
  for (;;) {
    const held = await answers.hold(sizeBytes, signal);
    try {
      const file = await source.readFile(name);
      const header = parseBlobHeader(file, `"${name}"`);
      if (header.encrypted) throw encryptedRefusal(name);
      const neededBytes = file.length + (header.compressed ? plainSizeOf(header.payload) : 0);
      if (neededBytes > sizeBytes) {
        // Given back first: two that wait for more while they hold some would wait for ever.
        held[Symbol.dispose]();
        sizeBytes = neededBytes;
        continue;
      }
      const raw = await decodeBlob(file, { maxSizeBytes: MAX_BLOB_PLAIN_BYTES, name: `"${name}"` });
      if (raw.buffer !== file.buffer) releaseMemory(file);
      held.resize(raw.length);
      const released = () => {
        held[Symbol.dispose]();
        releaseMemory(raw);
      };
      return { raw, contentType: OCTETS, released };
    } catch (error) {
      held[Symbol.dispose]();
      throw error;
    }
  }
}

/** Bytes that the decompression is going to take; as many as it may if the frame does not say. */
function plainSizeOf(payload: Uint8Array): number {
  return Math.min(statedPlainSize(payload) ?? MAX_BLOB_PLAIN_BYTES, MAX_BLOB_PLAIN_BYTES);
}

async function manifestEntry(source: LocalSnapshotSource, name: string) {
  try {
    const manifest = await decodeManifestBlob(await source.readFile(MANIFEST_BLOB_NAME));
    return manifest.files.find(({ filename }) => filename === name);
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}
