import { decodeBlob, MAX_BLOB_PLAIN_BYTES, parseBlobHeader } from "../../blob/mod.ts";
import {
  DatastoreSnapshot,
  type LocalSnapshotSource,
  readIndex,
  uploadLog,
} from "../../datastore/mod.ts";
import { CorruptDataError, NotFoundError, ServerError } from "../../errors/mod.ts";
import { decodeManifestBlob, verifyIndex } from "../../manifest/mod.ts";
import { archiveKind, MANIFEST_BLOB_NAME } from "../../repository/mod.ts";
import type { ConnectionAnswers } from "../memory/mod.ts";
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
const MIB = 1024 * 1024;
/** What is tried one after the other for a blob's content. */
const PLAIN_SIZES = [4 * MIB, 16 * MIB, MAX_BLOB_PLAIN_BYTES];
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
  let failure: unknown;
  // How long the content is shows when it is decoded; most are short.
  for (const maxSizeBytes of PLAIN_SIZES) {
    const held = await answers.hold(2 * maxSizeBytes, signal);
    try {
      const file = await source.readFile(name);
      if (parseBlobHeader(file, `"${name}"`).encrypted) throw encryptedRefusal(name);
      held.resize(file.length + maxSizeBytes);
      const raw = await decodeBlob(file, { maxSizeBytes, name: `"${name}"` });
      held.resize(raw.length);
      return { raw, contentType: OCTETS, released: () => held[Symbol.dispose]() };
    } catch (error) {
      held[Symbol.dispose]();
      if (!(error instanceof CorruptDataError)) throw error;
      failure = error;
    }
  }
  throw failure;
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
