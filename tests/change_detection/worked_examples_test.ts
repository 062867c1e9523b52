import { assertEquals } from "@std/assert";
import {
  type BackupRequest,
  newBackupProgress,
  type ReuseStatistics,
  runBackup,
} from "../../lib/backup/mod.ts";
import { encodeHex } from "../../lib/bytes/mod.ts";
import { type ChunkIndex, parseDynamicIndex } from "../../lib/index/mod.ts";
import type { BackupSnapshot, Repository } from "../../lib/repository/mod.ts";
import { ReferenceReuse } from "../../lib/reuse/mod.ts";
import { backupRequest } from "../support/backup_request.ts";
import { withLocalRepository } from "../support/local_repository.ts";
import { latin1, readSequentially } from "../support/pxar_read.ts";
import { readStream } from "../support/read_stream.ts";
import { TempDir } from "../support/temp_dir.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** What a run left: the payload index, where files lie, and the summary. */
interface Outcome {
  readonly index: ChunkIndex;
  readonly ends: readonly number[];
  readonly offsets: ReadonlyMap<string, number>;
  readonly found: ReuseStatistics | undefined;
}

/** Files of zeros, which the rolling hash never cuts: chunks end where boundaries are suggested. */
class Example {
  #time = 1_700_000_000;

  constructor(readonly source: string, readonly repository: Repository) {}

  make(name: string, size: number): void {
    Deno.writeFileSync(`${this.source}/${name}`, new Uint8Array());
    Deno.truncateSync(`${this.source}/${name}`, size);
    this.touch(name, 1_500_000_000);
  }

  touch(name: string, seconds: number): void {
    Deno.utimeSync(`${this.source}/${name}`, seconds, seconds);
  }

  remove(name: string): void {
    Deno.removeSync(`${this.source}/${name}`);
  }

  async backUp(options: Partial<BackupRequest>): Promise<Outcome> {
    const snapshot: BackupSnapshot = { type: "host", id: "t", time: this.#time++ };
    let found: ReuseStatistics | undefined;
    await runBackup({
      ...backupRequest(this.repository, snapshot, [{
        name: "tree.pxar",
        kind: "pxar",
        path: new TextEncoder().encode(this.source),
      }]),
      chunkSizeBytes: 4 * MIB,
      ...options,
    }, {
      log: () => {},
      progress: newBackupProgress(),
      changesDetected: (statistics) => found = statistics,
    });
    await using opened = await this.repository.openSnapshot("", snapshot);
    const [metadata, payload] = ["tree.mpxar.didx", "tree.ppxar.didx"] as const;
    const index = parseDynamicIndex(await opened.readFile(payload), payload);
    const entries = await readSequentially({
      archive: await readStream(opened, metadata, undefined),
      payload: await readStream(opened, payload, undefined),
    });
    return {
      index,
      ends: Array.from({ length: index.chunkCount }, (_, i) => index.endOf(i)),
      offsets: new Map(
        entries.filter(({ entry }) => entry.payloadOffset >= 0)
          .map(({ entry }) => [latin1(entry.name), entry.payloadOffset]),
      ),
      found,
    };
  }
}

async function withExample(body: (example: Example) => Promise<void>): Promise<void> {
  await using dir = await TempDir.make("/dev/shm");
  await withLocalRepository((repository) => body(new Example(dir.path, repository)));
}

const official: Partial<BackupRequest> = {
  changeDetectionMode: "metadata",
  makePlanner: (index, sink) => new ReferenceReuse(index, sink),
};

const sizesOf = (index: ChunkIndex) =>
  Array.from({ length: index.chunkCount }, (_, i) => index.endOf(i) - index.startOf(i));

/** spec: client-pipeline.md §3.14 */
Deno.test("worked example A comes out of whole backups, byte for byte", async () => {
  await withExample(async (example) => {
    const name = (i: number) => `f${`${i}`.padStart(4, "0")}`;
    for (let i = 0; i < 1600; i++) example.make(name(i), 64 * KIB);
    const first = await example.backUp({ changeDetectionMode: "data" });
    assertEquals(
      first.ends,
      Array.from({ length: 100 }, (_, k) => 16 + 65_552 * 16 * (k + 1) + (k === 99 ? 16 : 0)),
    );
    example.remove("f0408");
    example.touch("f1000", 1_500_000_001);
    const { index, offsets, found } = await example.backUp(official);
    const old = sizesOf(first.index);
    assertEquals(sizesOf(index), [
      16,
      ...old.slice(0, 25),
      ...old.slice(25, 63),
      65_552,
      ...old.slice(62, 100),
      16,
    ]);
    assertEquals(index.chunkCount, 104);
    assertEquals(index.size, 105_997_648);
    const from = (i: number) => encodeHex(first.index.digestAt(i));
    for (const [at, number] of [[1, 0], [26, 25], [63, 62], [65, 62], [102, 99]] as const) {
      assertEquals(encodeHex(index.digestAt(at)), from(number));
    }
    assertEquals(
      [0, 407, 409, 999, 1000, 1001, 1599].map((i) => offsets.get(name(i))),
      [32, 26_679_696, 26_810_800, 65_486_480, 66_076_448, 66_731_968, 105_932_064],
    );
    assertEquals(found, {
      reusedFiles: 1598,
      reusedBytes: 104_752_096,
      encodedFiles: 1,
      encodedBytes: 65_552,
      hardlinks: 0,
      injectedBytes: 104_752_096 + 1_179_968,
      partialChunks: 5,
    });
  });
});

/** spec: client-pipeline.md §3.15 */
Deno.test("worked example B comes out of whole backups, by the official rules and by ours", async () => {
  for (
    const [rules, encodedBytes] of [[official, 25_297_040], [{
      changeDetectionMode: "metadata",
    }, 6_291_488]] as const
  ) {
    await withExample(async (example) => {
      const sizes = { a: 1536, b: 600, c: 3072, d: 100, e: 2048, f: 5120, g: 4096, h: 40, i: 6144 };
      for (const [name, kib] of Object.entries({ ...sizes, j: 2048, k: 3072 })) {
        example.make(name, kib * KIB);
      }
      const { ends } = await example.backUp({ changeDetectionMode: "data" });
      assertEquals(ends, [
        1_572_896,
        5_333_056,
        7_532_640,
        12_775_536,
        16_969_856,
        23_302_304,
        25_399_472,
        28_545_232,
      ]);
      example.remove("d");
      for (const name of ["g", "j"]) example.touch(name, 1_500_000_001);
      const { found } = await example.backUp(rules);
      assertEquals(found?.encodedBytes, encodedBytes);
    });
  }
});

/** spec: client-pipeline.md §3.12, §3.13 */
Deno.test("a hard link that is met first counts twice in the summary, the others not at all", async () => {
  await withExample(async (example) => {
    for (const name of ["a", "b", "c"]) example.make(name, 2 * MIB);
    Deno.linkSync(`${example.source}/b`, `${example.source}/link`);
    Deno.linkSync(`${example.source}/b`, `${example.source}/link2`);
    example.touch("b", 1_500_000_000);
    await example.backUp({ changeDetectionMode: "data" });
    for (const rules of [official, { changeDetectionMode: "metadata" as const }]) {
      const { found, offsets } = await example.backUp(rules);
      assertEquals([found?.reusedFiles, found?.encodedFiles, found?.hardlinks], [3, 0, 1]);
      assertEquals([...offsets.keys()], ["a", "b", "c"]);
    }
  });
});
