import { Datastore, LocalRepository } from "../../lib/datastore/mod.ts";
import {
  formatSnapshotPath,
  parseSnapshotPath,
  type Repository,
} from "../../lib/repository/mod.ts";
import {
  runSync,
  type SyncOutcome,
  type SyncReport,
  type SyncRequest,
} from "../../lib/sync/mod.ts";
import { backUp } from "./back_up.ts";
import { TempDir } from "./temp_dir.ts";

/** Two datastore directories of which one is kept equal to the other. */
export class SyncWorld implements AsyncDisposable {
  private constructor(
    readonly dir: TempDir,
    readonly source: LocalRepository,
    readonly target: LocalRepository,
  ) {}

  static async make(): Promise<SyncWorld> {
    const dir = await TempDir.make("/dev/shm");
    const [source, target] = ["source", "target"].map((name) =>
      new LocalRepository(Datastore.create(`${dir.path}/${name}`, {
        chunkFoldersOnDemand: true,
        syncLevel: "none",
      }))
    ) as [LocalRepository, LocalRepository];
    return new SyncWorld(dir, source, target);
  }

  /** Backs up into the source, or somewhere else. @param places Namespace, colon, path of a snapshot. */
  async backUp(places: readonly string[], repository: Repository = this.source): Promise<void> {
    await backUpAt(repository, places, `${this.dir.path}/data`);
  }

  /** Makes the target equal to the source. */
  async sync(
    options: Partial<SyncRequest> = {},
  ): Promise<{ report: SyncReport; outcomes: SyncOutcome[]; lines: string[] }> {
    const [outcomes, lines]: [SyncOutcome[], string[]] = [[], []];
    const report = await runSync({
      source: this.source,
      target: this.target,
      sourceNamespace: "",
      targetNamespace: "",
      filters: [],
      ownerFor: () => undefined,
      ownerOfNew: "root@pam",
      encryptedOnly: false,
      verifiedOnly: false,
      resyncCorrupt: false,
      removeVanished: false,
      workers: 1,
      dryRun: false,
      signal: new AbortController().signal,
      ...options,
    }, {
      progress: { bytesDone: 0, bytesMoved: 0, chunksMoved: 0, chunksReused: 0, bytesReused: 0 },
      begin: () => {},
      log: (_level, line) => void lines.push(line),
      done: (outcome) => void outcomes.push(outcome),
    });
    return { report, outcomes, lines };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.source[Symbol.asyncDispose]();
    await this.target[Symbol.asyncDispose]();
    await this.dir[Symbol.asyncDispose]();
  }
}

/**
 * Backs up a small folder once for each place.
 *
 * @param places Namespace, colon, path of a snapshot.
 */
export async function backUpAt(
  repository: Repository,
  places: readonly string[],
  folder: string,
): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  for (const place of places) {
    const [namespace, path] = place.split(":", 2) as [string, string];
    if (namespace !== "") await repository.createNamespace(namespace);
    await Deno.writeTextFile(`${folder}/file`, place);
    const snapshot = parseSnapshotPath(`${path}T00:00:00Z`);
    await backUp(repository, snapshot, [`data.pxar:${folder}`], { namespace });
  }
}

/** All finished snapshots of a repository, as places. */
export async function placesIn(repository: Repository): Promise<string[]> {
  const places: string[] = [];
  for (const { namespace } of await repository.listNamespaces("")) {
    for (const each of await repository.listSnapshots(namespace)) {
      places.push(`${namespace}:${formatSnapshotPath(each).replace("T00:00:00Z", "")}`);
    }
  }
  return places;
}

/** Outcomes in short: what was done, and about what. */
export function shortOutcomes(outcomes: readonly SyncOutcome[]): string[] {
  return outcomes.map(({ action, namespace, group, snapshot }) => {
    const path = snapshot && formatSnapshotPath(snapshot).replace("T00:00:00Z", "");
    return `${action} ${namespace}:${path ?? group ?? ""}`;
  });
}
