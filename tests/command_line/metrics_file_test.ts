// `backup --metrics-file`, read by the parser of the format.

import { assertEquals, assertStringIncludes } from "@std/assert";
import { runInProcess } from "../support/cli_in_process.ts";
import { METRICS_PEERS, parseMetrics } from "../support/parse_metrics.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testWithPeers } from "../support/with_peers.ts";

testWithPeers(
  "backup writes metrics of what it did, also when it fails",
  METRICS_PEERS,
  async () => {
    await using dir = await TempDir.make("/dev/shm");
    const { path } = dir;
    await Deno.mkdir(`${path}/tree`);
    await Deno.writeTextFile(`${path}/tree/file`, "contents");
    const env = { PBS_REPOSITORY: `${path}/store`, TZ: "UTC" };
    const backUp = (source: string, id: string, ...options: string[]) =>
      runInProcess([
        ...["backup", `a.pxar:${source}`, "--init", `--backup-id=${id}`],
        `--metrics-file=${path}/metrics/pbs.prom`,
        ...options,
      ], env);
    const read = async () => {
      const text = await Deno.readTextFile(`${path}/metrics/pbs.prom`);
      const families = await parseMetrics(text, "prometheus");
      return (metric: string, id: string) =>
        families[`pbs_client_last_${metric}`]?.samples.find(([, { name }]) => name === id)?.[2];
    };
    assertEquals((await backUp(`${path}/tree`, "a")).code, 0);
    assertEquals((await backUp(`${path}/missing`, "b")).code, 255);
    const first = await read();
    assertEquals([first("outcome", "host/a"), first("outcome", "host/b")], [0, 2]);
    assertEquals([first("files", "host/a"), first("files", "host/b")], [1, undefined]);
    const success = first("success_timestamp_seconds", "host/a");
    assertEquals(success, first("end_timestamp_seconds", "host/a"));
    assertEquals(first("success_timestamp_seconds", "host/b"), undefined);

    assertEquals((await backUp(`${path}/missing`, "a")).code, 255);
    assertEquals((await backUp(`${path}/tree`, "c", "--exclude=nothing")).code, 0);
    const second = await read();
    assertEquals([second("outcome", "host/a"), second("outcome", "host/c")], [2, 1]);
    assertEquals(second("success_timestamp_seconds", "host/a"), success);
    assertEquals(second("warnings", "host/c"), 1);

    await Deno.writeTextFile(`${path}/file`, "");
    const unwritable = await runInProcess([
      ...["backup", `a.pxar:${path}/tree`, "--backup-id=d", "--warnings-exit=4"],
      `--metrics-file=${path}/file/pbs.prom`,
    ], env);
    assertEquals(unwritable.code, 4);
    assertStringIncludes(unwritable.stderr, "metrics were not written: ");
    assertEquals((await runInProcess(["snapshot", "files", "host/d/latest"], env)).code, 0);
    const other = await backUp(`${path}/tree`, "e", `--metrics-file=${path}/pbs.txt`);
    assertEquals(other.code, 255);
  },
);
