import { assertEquals } from "@std/assert";
import { formatSize } from "../../cli/output/format_size.ts";
import { encodeHex } from "../../lib/bytes/mod.ts";
import {
  type BackupRequest,
  newBackupProgress,
  type ReuseStatistics,
  runBackup,
} from "../../lib/backup/mod.ts";
import { openKey, parseKeyFile } from "../../lib/crypto/mod.ts";
import { Datastore, LocalRepository } from "../../lib/datastore/mod.ts";
import { type ChunkIndex, parseDynamicIndex } from "../../lib/index/mod.ts";
import { ReferenceReuse } from "../../lib/reuse/mod.ts";
import { parseSnapshotPath } from "../../lib/repository/mod.ts";
import { newRestoreProgress, runRestore } from "../../lib/restore/mod.ts";
import { backupRequest } from "../support/backup_request.ts";
import { realDatastore, realVectorText } from "../support/real_datastore.ts";
import { restoreRequest } from "../support/restore_request.ts";
import { runPeer } from "../support/run_peer.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testWithPeers } from "../support/with_peers.ts";

interface RecordedRun {
  /** Directory of the snapshot in the datastore. */
  readonly directory: string;
  readonly namespace: string;
  readonly path: string;
  readonly previous: string;
  readonly key?: string;
  /** Directories of the group that came later than the previous one. */
  readonly later: readonly string[];
  /** Files, files taken over, bytes of padding and chunks it is in, as the official client said. */
  readonly summary: readonly [number, number, string, number];
}

/** What was recorded of a payload index that a run in mode metadata made. */
interface Boundaries {
  readonly "reuse-decisions": readonly {
    readonly range: readonly [number, number];
    readonly padding: number;
    readonly total: number;
    readonly reused: boolean;
  }[];
  readonly injections: readonly { readonly at: number; readonly sizes: readonly number[] }[];
}
const BOUNDARIES: Record<string, Boundaries> = JSON.parse(realVectorText("boundaries.json"));

const SPLIT = "host/split";
const RUNS: readonly RecordedRun[] = [
  {
    directory: "host/split/2023-11-14T23:13:20Z",
    namespace: "",
    path: `${SPLIT}/2023-11-14T23:13:20Z`,
    previous: `${SPLIT}/2023-11-14T22:13:20Z`,
    later: ["2023-11-14T23:13:20Z", "2023-11-15T00:13:20Z", "2023-11-15T01:13:20Z"],
    summary: [2368, 2367, "32 B", 2],
  },
  {
    directory: "host/split/2023-11-15T00:13:20Z",
    namespace: "",
    path: `${SPLIT}/2023-11-15T00:13:20Z`,
    previous: `${SPLIT}/2023-11-14T23:13:20Z`,
    later: ["2023-11-15T00:13:20Z", "2023-11-15T01:13:20Z"],
    summary: [2368, 2026, "2.271 MiB", 3],
  },
  {
    directory: "host/split/2023-11-15T01:13:20Z",
    namespace: "",
    path: `${SPLIT}/2023-11-15T01:13:20Z`,
    previous: `${SPLIT}/2023-11-15T00:13:20Z`,
    later: ["2023-11-15T01:13:20Z"],
    summary: [2369, 2026, "2.271 MiB", 3],
  },
  {
    directory: "ns/a/ns/b/host/enc/2023-11-15T00:13:20Z",
    namespace: "a/b",
    path: "host/enc/2023-11-15T00:13:20Z",
    previous: "host/enc/2023-11-14T23:13:20Z",
    key: "keys/none.key",
    later: ["2023-11-15T00:13:20Z"],
    summary: [302, 302, "32 B", 1],
  },
];

/** Backs the restored tree of a recorded snapshot up again, on the one before it. */
async function repeat(
  run: RecordedRun,
  makePlanner?: BackupRequest["makePlanner"],
): Promise<{ payload: ChunkIndex; found: ReuseStatistics }> {
  await using dir = await TempDir.make();
  const store = `${dir.path}/store`;
  await runPeer("cp", ["-a", await realDatastore(), store]);
  await using repository = new LocalRepository(Datastore.open(store));
  const crypt = run.key === undefined
    ? undefined
    : await openKey(parseKeyFile(realVectorText(run.key)), () => new Uint8Array());
  const tree = `${dir.path}/tree`;
  {
    await using source = await repository.openSnapshot(run.namespace, parseSnapshotPath(run.path));
    await runRestore(
      { ...restoreRequest(source, "tree.pxar", tree), ...(crypt && { crypt }) },
      { log: () => {}, progress: newRestoreProgress() },
    );
  }
  // The one thing that a restore leaves out and an archive has (spec: pxar.md §8.1).
  const noDump = `${tree}/flags/nodump`;
  if (await Deno.stat(noDump).then(() => true, () => false)) {
    await runPeer("chattr", ["+d", noDump]);
  }
  const group = run.directory.slice(0, run.directory.lastIndexOf("/"));
  for (const later of run.later) {
    await Deno.remove(`${store}/${group}/${later}`, { recursive: true });
  }
  let found: ReuseStatistics | undefined;
  await runBackup({
    ...backupRequest(repository, parseSnapshotPath(run.path), [{
      name: "tree.pxar",
      kind: "pxar",
      path: new TextEncoder().encode(tree),
    }]),
    namespace: run.namespace,
    chunkSizeBytes: 4 * 1024 * 1024,
    changeDetectionMode: "metadata",
    ...(crypt && { crypt: { config: crypt, mode: "encrypt" } }),
    ...(makePlanner && { makePlanner }),
  }, {
    log: () => {},
    progress: newBackupProgress(),
    changesDetected: (statistics) => found = statistics,
  });
  const name = "tree.ppxar.didx";
  const payload = parseDynamicIndex(await Deno.readFile(`${store}/${run.directory}/${name}`), name);
  return { payload, found: found! };
}

const officialRules: BackupRequest["makePlanner"] = (index, sink) =>
  new ReferenceReuse(index, sink);

function sizeOf(index: ChunkIndex, chunk: number): number {
  return index.endOf(chunk) - index.startOf(chunk);
}

function placesOf(index: ChunkIndex): string[] {
  return Array.from(
    { length: index.chunkCount },
    (_, i) => `${index.endOf(i)} ${encodeHex(index.digestAt(i))}`,
  );
}

for (const run of RUNS) {
  testWithPeers(
    `the official rules make the recorded payload index of ${run.path} again`,
    ["cp", "chattr"],
    async () => {
      const name = "tree.ppxar.didx";
      const bytes = await Deno.readFile(`${await realDatastore()}/${run.directory}/${name}`);
      const recorded = BOUNDARIES[`${run.directory}/${name}`]!;
      const decisions: Boundaries["reuse-decisions"][number][] = [];
      const injected: number[][] = [];
      const { payload, found } = await repeat(run, (index, sink) => {
        const watched: typeof sink = {
          pass: (entry) => sink.pass(entry),
          encode: (entry) => sink.encode(entry),
          refer: (entry, ahead) => sink.refer(entry, ahead),
          inject: (first, end) => {
            injected.push(
              Array.from({ length: end - first }, (_, i) => sizeOf(index, first + i)),
            );
            sink.inject(first, end);
          },
        };
        return new ReferenceReuse(index, watched, ({ range, ...decision }) => {
          decisions.push({ range: [range.start, range.end], ...decision });
        });
      });
      assertEquals(decisions, recorded["reuse-decisions"]);
      assertEquals(injected, recorded.injections.map(({ sizes }) => sizes));
      // And at the places where they were.
      for (const { at, sizes } of recorded.injections) {
        const first = payload.findChunk(at)!;
        assertEquals(payload.startOf(first), at);
        assertEquals(sizes.map((_, i) => sizeOf(payload, first + i)), sizes);
      }
      const { reusedFiles, encodedFiles, hardlinks, injectedBytes, reusedBytes } = found;
      assertEquals([
        reusedFiles + encodedFiles + hardlinks,
        reusedFiles,
        formatSize(injectedBytes - reusedBytes),
        found.partialChunks,
      ], run.summary);
      assertEquals(placesOf(payload), placesOf(parseDynamicIndex(bytes, name)));
    },
  );

  testWithPeers(
    `our rules read and pad no more than the official client did for ${run.path}`,
    ["cp", "chattr"],
    async () => {
      const theirs = await repeat(run, officialRules);
      const ours = await repeat(run);
      // All but ten files of 309 bytes, for which they put 1.7 MiB of padding in.
      assertEquals(ours.found.encodedBytes <= theirs.found.encodedBytes + 309, true);
      const cost = ({ encodedBytes, injectedBytes, reusedBytes }: ReuseStatistics) =>
        encodedBytes + injectedBytes - reusedBytes;
      assertEquals(cost(ours.found) <= cost(theirs.found), true);
    },
  );
}
