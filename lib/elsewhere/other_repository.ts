import {
  ConnectionError,
  CorruptDataError,
  describeError,
  NotFoundError,
  PbsError,
} from "../errors/mod.ts";
import { checkManifestOf, decodeManifestBlob, type Manifest } from "../manifest/mod.ts";
import { ReconnectingSource } from "../reading/mod.ts";
import {
  type BackupGroup,
  formatGroupPath,
  formatSnapshotPath,
  isFinished,
  MANIFEST_BLOB_NAME,
  type PlacedSnapshot,
  type Repository,
  type SnapshotInfo,
  type SnapshotSource,
} from "../repository/mod.ts";
import { type ChunkPlace, placeOf, placeOfSnapshot } from "./chunk_place.ts";

/** Time for which a lost connection to another repository is waited for. */
const PATIENCE_MS = 20_000;

/** A repository as far as good chunks and files are taken from it. */
export type HelpingRepository = Pick<
  Repository,
  "displayName" | "listNamespaces" | "listSnapshots" | "openSnapshot" | "readChunk"
>;

/** A snapshot of another repository, opened. */
export interface SnapshotCopy extends AsyncDisposable {
  /** Its name in messages. */
  readonly name: string;
  readonly source: SnapshotSource;
  /** The manifest as it is stored there, and what it says. */
  readonly manifestBlob: Uint8Array;
  readonly manifest: Manifest;
  /** Chunks that its indexes name, which are read with the first call. */
  chunks(): Promise<ChunkPlace>;
}

/** A second repository that good chunks and files are taken from. */
export class OtherRepository {
  /** All its chunks, where they can be read by their digests alone. */
  readonly chunks: ChunkPlace | undefined;
  #namespaces: Promise<readonly string[]> | undefined;
  readonly #listings = new Map<string, Promise<SnapshotInfo[]>>();

  /** @param log Receives a line for what cannot be read there. */
  constructor(readonly repository: HelpingRepository, readonly log: (line: string) => void) {
    this.chunks = placeOf(repository);
  }

  /** Its name in messages. */
  get name(): string {
    return this.repository.displayName;
  }

  /**
   * Opens the snapshots of that name, that of the same namespace first. What cannot be opened is told,
   * and left out.
   */
  async *copiesOf({ namespace, snapshot }: PlacedSnapshot): AsyncGenerator<SnapshotCopy> {
    const named: string[] = [];
    try {
      for (const each of await this.#namespacesFrom(namespace)) {
        const listed = await this.#list(each, snapshot);
        if (listed.some(({ time }) => time === snapshot.time)) named.push(each);
      }
    } catch (error) {
      this.#tell("its snapshots cannot be listed", error);
    }
    for (const each of named) {
      const copy = await this.open({ namespace: each, snapshot });
      if (copy !== undefined) yield copy;
    }
  }

  /**
   * The finished snapshots of a group, newest first, those of that namespace before those of the groups
   * of this name in others. What may not be listed is told, and left out.
   *
   * @throws {ConnectionError} if it cannot be reached.
   */
  async snapshotsOf(namespace: string, group: BackupGroup): Promise<PlacedSnapshot[]> {
    const found: PlacedSnapshot[] = [];
    for (const each of await this.#namespacesFrom(namespace)) {
      const listed = (await this.#list(each, group)).filter(isFinished);
      for (const { type, id, time } of listed.toSorted((a, b) => b.time - a.time)) {
        found.push({ namespace: each, snapshot: { type, id, time } });
      }
    }
    return found;
  }

  /** Forgets what it has listed: it may be another list by now. */
  forgetListings(): void {
    this.#namespaces = undefined;
    this.#listings.clear();
  }

  /** All finished snapshots, newest first; groups that cannot be listed are told, and left out. */
  async *snapshots(): AsyncGenerator<PlacedSnapshot> {
    const namespaces = await this.#namespacesFrom("").catch((error) => {
      this.#tell("its namespaces cannot be listed", error);
      return [""];
    });
    for (const namespace of namespaces) {
      let found: SnapshotInfo[] = [];
      try {
        found = (await this.repository.listSnapshots(namespace)).filter(isFinished);
      } catch (error) {
        this.#tell(`its snapshots cannot be listed`, error);
      }
      for (const { type, id, time } of found.sort((a, b) => b.time - a.time)) {
        yield { namespace, snapshot: { type, id, time } };
      }
    }
  }

  /** Opens a snapshot and reads its manifest. @returns undefined, and tells why, if that fails. */
  async open(placed: PlacedSnapshot): Promise<SnapshotCopy | undefined> {
    try {
      return await this.mustOpen(placed);
    } catch (error) {
      this.tellUnreadable(placed, error);
      return undefined;
    }
  }

  /** The same. @throws why it cannot be read. */
  async mustOpen({ namespace, snapshot }: PlacedSnapshot): Promise<SnapshotCopy> {
    await using opened = new AsyncDisposableStack();
    const source = opened.use(
      await ReconnectingSource.open({
        open: () => this.repository.openSnapshot(namespace, snapshot),
        waitMs: PATIENCE_MS,
      }),
    );
    const manifestBlob = await source.readFile(MANIFEST_BLOB_NAME);
    const manifest = await decodeManifestBlob(manifestBlob);
    checkManifestOf(manifest, snapshot);
    const path = formatSnapshotPath(snapshot);
    const name = `${this.name}, ${namespace === "" ? "" : `${namespace}:`}${path}`;
    let chunks: Promise<ChunkPlace> | undefined;
    const held = opened.move();
    return {
      name,
      source,
      manifestBlob,
      manifest,
      chunks: () => chunks ??= this.#readIndexes(name, source, manifest),
      [Symbol.asyncDispose]: () => held.disposeAsync(),
    };
  }

  /** Tells that a snapshot cannot be read. @throws the reason, if that says nothing about it. */
  tellUnreadable({ snapshot }: PlacedSnapshot, error: unknown): void {
    this.#tell(`snapshot ${formatSnapshotPath(snapshot)} cannot be read`, error);
  }

  /** A server gives only chunks that an index names which it was asked for before. */
  async #readIndexes(
    name: string,
    source: SnapshotSource,
    manifest: Manifest,
  ): Promise<ChunkPlace> {
    for (const { filename } of manifest.files) {
      if (!/\.[fd]idx$/.test(filename)) continue;
      try {
        await source.readFile(filename);
      } catch (error) {
        if (!(error instanceof PbsError)) throw error;
        // Its chunks cannot be had here; those of the other indexes can.
      }
    }
    return placeOfSnapshot(name, source);
  }

  async #namespacesFrom(first: string): Promise<string[]> {
    this.#namespaces ??= this.repository.listNamespaces("").then(
      (found) => found.map(({ namespace }) => namespace),
      (error) => {
        if (error instanceof ConnectionError) {
          this.#namespaces = undefined;
          throw error;
        }
        this.#tell("its namespaces cannot be listed", error);
        return [];
      },
    );
    return [first, ...(await this.#namespaces).filter((namespace) => namespace !== first)];
  }

  #list(namespace: string, group: BackupGroup): Promise<SnapshotInfo[]> {
    const key = `${namespace}\0${formatGroupPath(group)}`;
    let listing = this.#listings.get(key);
    if (listing === undefined) {
      const { type, id } = group;
      listing = this.repository.listSnapshots(namespace, { type, id }).catch((error) => {
        if (error instanceof ConnectionError) {
          this.#listings.delete(key);
          throw error;
        }
        if (!(error instanceof NotFoundError)) this.#tell("a group cannot be listed", error);
        return [];
      });
      this.#listings.set(key, listing);
    }
    return listing;
  }

  #tell(what: string, error: unknown): void {
    if (!(error instanceof PbsError)) throw error;
    if (error instanceof CorruptDataError) what += ", it is damaged itself";
    this.log(`${this.name}: ${what}: ${describeError(error)[0]}`);
  }
}
