import { CatalogReader, catalogTypeOf, listedSecondsOf } from "../../catalog/mod.ts";
import { readIndex } from "../../datastore/mod.ts";
import {
  compressedTar,
  type ContentOptions,
  readContent,
  tarFolder,
  zipFolder,
} from "../../download/mod.ts";
import { ServerError } from "../../errors/mod.ts";
import {
  decodeManifestBlob,
  lookUpArchive,
  lookUpFile,
  type Manifest,
  type ManifestFile,
  verifyIndex,
} from "../../manifest/mod.ts";
import { PxarAccessor, type PxarDirectory, type PxarNode } from "../../pxar/mod.ts";
import { ZeroChunks } from "../../reading/mod.ts";
import {
  archiveKind,
  CATALOG_NAME,
  MANIFEST_BLOB_NAME,
  splitArchiveNames,
} from "../../repository/mod.ts";
import {
  type Answer,
  BOOLEAN,
  FILE_NAME,
  NS,
  optional,
  type ParameterValues,
  SNAPSHOT,
  STORE,
  TEXT,
} from "../api/mod.ts";
import { ConnectionDownloads } from "../protocol/mod.ts";
import {
  childPath,
  formatBrowsePath,
  parseBrowsePath,
  pathText,
  splitFirst,
  StoredArchive,
  withoutLeadingSlash,
  withoutTrailingSlash,
} from "../browse/mod.ts";
import type { RestContext, RestRoute } from "../state/mod.ts";
import {
  encryptedRefusal,
  openReadableSnapshot,
  type ReadableSnapshot,
} from "./readable_snapshot.ts";

const OCTETS = "application/octet-stream";
const BROWSED = {
  "store": STORE,
  "ns": NS,
  ...SNAPSHOT,
  "filepath": TEXT,
  "archive-name": optional(FILE_NAME),
};
/**
 * Entries of a folder that are put together before any is sent: damage among them refuses the call.
 */
const FIRST_ENTRIES = 10_000;
const ROOT_NAME = new TextEncoder().encode("root");

/** Calls with which people look into snapshots (spec: protocol.md §7.4). */
export const BROWSE_ROUTES: readonly RestRoute[] = [
  {
    method: "GET",
    path: "admin/datastore/{store}/catalog",
    parameters: BROWSED,
    permission: "user",
    handle: list,
  },
  {
    method: "GET",
    path: "admin/datastore/{store}/pxar-file-download",
    parameters: { ...BROWSED, "tar": optional(BOOLEAN) },
    rawBody: true,
    permission: "user",
    handle: download,
  },
];

/** An entry of a folder, as it is told. */
interface ListedEntry {
  readonly name: Uint8Array;
  readonly type: string;
  readonly size?: number;
  readonly mtimeSecs?: number;
}

async function list(context: RestContext, values: ParameterValues): Promise<Answer> {
  await using stack = new AsyncDisposableStack();
  const snapshot = stack.use(await BrowsedSnapshot.open(context, values));
  const path = parseBrowsePath(values.text("filepath"));
  if (path.length === 0) throw notInCatalog(path);
  const archive = values.optionalText("archive-name");
  const entries = archive === undefined
    ? await listCatalog(snapshot, path)
    : await listArchive(snapshot, archive, path);
  // The recorded answers have the slash in front where archives are listed, and within one.
  const isBelow = archive === undefined && withoutLeadingSlash(path).length > 0;
  const folder = withoutTrailingSlash(isBelow ? withoutLeadingSlash(path) : path);
  const items = describeEntries(folder, entries);
  const first: unknown[] = [];
  for (let next = await items.next(); !next.done; next = await items.next()) {
    first.push(next.value);
    if (first.length < FIRST_ENTRIES) continue;
    // The snapshot's lock is held until the last entry was sent.
    const held = stack.move();
    return { items: continued(first, items), released: () => void held.disposeAsync() };
  }
  return { data: first };
}

async function* describeEntries(
  folder: Uint8Array,
  entries: AsyncIterable<ListedEntry>,
): AsyncGenerator<unknown> {
  for await (const { name, type, size, mtimeSecs } of entries) {
    yield {
      filepath: formatBrowsePath(childPath(folder, name)),
      leaf: type !== "d",
      text: pathText(name),
      type,
      ...type === "f" && { size, mtime: mtimeSecs },
    };
  }
}

/** The items taken off already, then the rest. */
async function* continued<T>(first: T[], rest: AsyncGenerator<T>): AsyncGenerator<T> {
  try {
    yield* first.splice(0);
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}

async function listCatalog(
  snapshot: BrowsedSnapshot,
  path: Uint8Array,
): Promise<AsyncIterable<ListedEntry>> {
  const reader = await snapshot.catalog();
  const entry = await reader.lookup(path);
  if (entry === undefined) throw notInCatalog(path);
  if (entry.type !== "d") throw notAFolder();
  return reader.entries(entry);
}

async function listArchive(
  snapshot: BrowsedSnapshot,
  archive: string,
  path: Uint8Array,
): Promise<AsyncIterable<ListedEntry>> {
  const accessor = await snapshot.archive(archive);
  const node = await accessor.lookupPath(path);
  if (node === undefined) throw notInCatalog(path);
  if (node.entry.kind !== "directory") throw notAFolder();
  return listDirectory(await accessor.directory(node));
}

async function* listDirectory(directory: PxarDirectory): AsyncGenerator<ListedEntry> {
  for await (const { entry } of directory.entries()) {
    yield {
      name: entry.name,
      type: catalogTypeOf(entry),
      size: entry.size,
      mtimeSecs: listedSecondsOf(entry),
    };
  }
}

async function download(context: RestContext, values: ParameterValues): Promise<Answer> {
  await using stack = new AsyncDisposableStack();
  const snapshot = stack.use(await BrowsedSnapshot.open(context, values));
  const whole = parseBrowsePath(values.text("filepath"));
  const { first, rest } = splitFirst(whole);
  const given = values.optionalText("archive-name");
  const archive = given ?? first;
  const path = given === undefined ? rest : whole;
  if (archiveKind(archive) === undefined) {
    throw new ServerError(400, `failed to parse archive type for '${archive}'`);
  }
  const { accessor, zeros } = await snapshot.contents(archive);
  const found = await accessor.lookupPath(path);
  if (found === undefined) {
    throw new ServerError(400, `error opening '"${pathText(withoutLeadingSlash(path))}"'`);
  }
  const raw = contentOf(accessor, await accessor.resolve(found), {
    asTar: values.boolean("tar"),
    zerosWithin: (start, end) => zeros.within(start, end),
  });
  // The snapshot's lock is held until the last byte was sent.
  const held = stack.move();
  return { raw, contentType: OCTETS, released: () => void held.disposeAsync() };
}

function contentOf(
  accessor: PxarAccessor,
  node: PxarNode,
  { asTar, ...options }: ContentOptions & { readonly asTar: boolean },
): AsyncIterable<Uint8Array> {
  const { kind, name } = node.entry;
  if (kind === "file") return readContent(accessor, node, options);
  if (kind !== "directory") throw new ServerError(400, `cannot download file of type ${kind}`);
  const folder = { ...options, name: name.length === 0 ? ROOT_NAME : name };
  return asTar
    ? compressedTar(tarFolder(accessor, node, folder))
    : zipFolder(accessor, node, folder);
}

/** A snapshot and what of it is being looked at. */
class BrowsedSnapshot implements AsyncDisposable {
  readonly #stack: AsyncDisposableStack;
  readonly #readable: ReadableSnapshot;

  private constructor(
    readable: ReadableSnapshot,
    readonly context: RestContext,
    stack: AsyncDisposableStack,
  ) {
    this.#readable = readable;
    this.#stack = stack;
  }

  static async open(context: RestContext, values: ParameterValues): Promise<BrowsedSnapshot> {
    const readable = await openReadableSnapshot(context, values);
    const stack = new AsyncDisposableStack();
    stack.use(readable.source);
    return new BrowsedSnapshot(readable, context, stack);
  }

  async catalog(): Promise<CatalogReader> {
    return await CatalogReader.open(
      await this.#stored(lookUpFile(await this.#manifest(), CATALOG_NAME)),
    );
  }

  /** An archive by the name of the whole or of either half. */
  async archive(name: string): Promise<PxarAccessor> {
    return (await this.contents(name)).accessor;
  }

  /** An archive, and what is known to be zeros in the stream that its contents lie in. */
  async contents(
    name: string,
  ): Promise<{ readonly accessor: PxarAccessor; readonly zeros: ZeroChunks }> {
    if (splitArchiveNames(name) === undefined) {
      throw new ServerError(400, `'${name}' is no file archive`);
    }
    const archive = lookUpArchive(await this.#manifest(), name);
    if (archive.form === "single") {
      const whole = await this.#stored(archive.file);
      return { accessor: await PxarAccessor.open(whole), zeros: new ZeroChunks(whole.index) };
    }
    const metadata = await this.#stored(archive.metadata);
    const payload = await this.#stored(archive.payload);
    const accessor = await PxarAccessor.open(metadata, payload);
    return { accessor, zeros: new ZeroChunks(payload.index) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }

  async #stored(file: ManifestFile): Promise<StoredArchive> {
    if (file.cryptMode === "encrypt") throw encryptedRefusal(file.filename);
    const { source, datastore } = this.#readable;
    const { connection, request } = this.context;
    const { bytes, released } = await new ConnectionDownloads(connection.answers)
      .readFile(() => source.readFile(file.filename), request.signal);
    this.#stack.defer(released);
    const index = readIndex(bytes, file.filename);
    verifyIndex(file, index);
    return this.#stack.use(
      new StoredArchive(datastore, index, connection.answers, request.signal),
    );
  }

  async #manifest(): Promise<Manifest> {
    return await decodeManifestBlob(await this.#readable.source.readFile(MANIFEST_BLOB_NAME));
  }
}

function notInCatalog(path: Uint8Array): ServerError {
  return new ServerError(400, `path "${pathText(path)}" not found in catalog`);
}

function notAFolder(): ServerError {
  return new ServerError(400, "parent is not a directory - internal error");
}
