import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl } from "@std/path";
import type { BucketJobName, BucketJobResult } from "../../scripts/benchmark/bucket_jobs.ts";
import { bucketTable } from "../../scripts/benchmark/bucket_table.ts";
import { runPeer } from "../support/run_peer.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testWithPeers } from "../support/with_peers.ts";

const BENCH = fromFileUrl(new URL("../../scripts/bench", import.meta.url));
const TREE = fromFileUrl(new URL("../../lib/s3", import.meta.url));

/** Cells of the rows of a table, without its headings. */
function cellsOf(table: string): string[][] {
  const lines = table.trim().split("\n").map((line) => line.split("|").slice(1, -1));
  return lines.slice(2).map((cells) => cells.map((cell) => cell.trim()));
}

/** A job's result. @param seconds Of the clock; half of it is processor time. */
function took(seconds: number, rest: Partial<BucketJobResult> = {}): BucketJobResult {
  const footprint = { cpuSeconds: seconds / 2, peakMegabytes: 1, largestMegabytes: seconds * 10 };
  return {
    seconds,
    exitCode: 0,
    ...footprint,
    server: footprint,
    requests: 0,
    wireBytes: 0,
    ...rest,
  };
}

Deno.test("the table of the bucket benchmark has ratios of the runs of one round", () => {
  const wire = (seconds: number, wireBytes: number) => took(seconds, { requests: 7, wireBytes });
  const results = new Map<BucketJobName, BucketJobResult[]>([
    ["full, directory", [took(1), took(9), took(2)]],
    ["full, bucket", [took(2), took(10), took(2.4)]],
    ["full, restic", [took(4), took(40), took(4)]],
    ["full, link", [wire(2, 200e6)]],
    ["put, link", [wire(1, 120e6)]],
    ["restore, link", [wire(2, 250e6)]],
    ["get, link", [wire(1, 125e6)]],
    ["random full, link", [wire(1, 90e6)]],
    ["random restore, link", [wire(1, 100e6)]],
    ["unchanged, directory", [took(1), took(2)]],
    ["unchanged, link", [wire(2, 0), wire(2.5, 0)]],
    ["copy", [took(1.5)]],
    ["cp", [{ ...took(1), cpuSeconds: 0 }]],
  ]);
  const marking = { entries: 9e6, times: { mark: { wall: 2, processor: 1 } }, peakBytes: 5e8 };
  const figures = { results, marking, roundTripMs: 30, linkRate: 125e6 };
  const rows = cellsOf(bucketTable(figures));
  assertEquals(rows[0], [
    ...["full, bucket", "2.40, 1.20, 100", "directory: 2.00, 1.00, 90", "1.20", "1.20"],
    ...["-", "-", "≤ 1.3"],
  ]);
  assertEquals(rows.map((cells) => cells[3]), [
    ...["1.20", "0.50", "0.80 of the link, 0.83 of curl", "1.00 of the link, 1.00 of curl"],
    ...["0.72 of the link, 0.75 of curl", "0.80 of the link, 0.80 of curl", "0.75 s more"],
    ...["1.50", "-", "-"],
  ]);
  assertEquals(rows[2]!.slice(5, 7), ["7", "1.00"]);
  assertEquals(rows[7]![4], "-");
  assertEquals(rows[8]![1], "4.5 million entries/s, 9.0 million entries/cpu s, 500 MB");
  assertEquals(rows[9]![1], "100 MB (full, bucket)");
  results.set("copy, disk", [took(3)]).set("cp, disk", [took(2)]);
  assertEquals(cellsOf(bucketTable(figures))[8]!.slice(3, 5), ["1.50", "1.50"]);
});

testWithPeers(
  "the bucket benchmark does all its jobs, and leaves nothing behind",
  ["versitygw", "restic", "curl"],
  async () => {
    await using dir = await TempDir.make("/dev/shm");
    const table = await runPeer(BENCH, [
      ...["--buckets", "--tree", TREE, "--size", "0.001", "--chunks", "1e5", "--tls"],
      ...["--work", dir.path],
    ]);
    const rows = cellsOf(table);
    assertEquals(rows.length, 10);
    for (const cells of rows) {
      assertEquals(cells.length, 8);
      assertMatch(cells[1]!, /^\d/);
      assert(!/NaN|Infinity|undefined/.test(cells.join()), cells.join());
    }
    assertEquals([...Deno.readDirSync(dir.path)], []);
  },
);
