import { assertEquals } from "@std/assert";
import { renderMetrics } from "../../metrics/mod.ts";
import { parseUpid } from "../../repository/mod.ts";
import { datastoreFamilies, taskFamilies } from "./metric_families.ts";
import { taskFacts } from "./task_facts.ts";

const STATUS = { total: 3, used: 2, avail: 1 };

Deno.test("datastoreFamilies() shows namespaces that may be seen, and says what is left out", () => {
  const facts = {
    name: "a",
    status: STATUS,
    groups: [
      { namespace: "", type: "host", id: "x", snapshots: 1, newest: 7 },
      { namespace: "b", type: "vm", id: "1", snapshots: 2 },
    ] as const,
    groupCount: 5,
    snapshotCount: 9,
  };
  const shown = (mayShow: (namespace: string) => boolean) =>
    renderMetrics(datastoreFamilies([facts], (_, namespace) => mayShow(namespace)), "prometheus")
      .split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  assertEquals(shown(() => true), [
    'pbs_datastore_size_bytes{datastore="a"} 3',
    'pbs_datastore_used_bytes{datastore="a"} 2',
    'pbs_datastore_available_bytes{datastore="a"} 1',
    'pbs_datastore_groups{datastore="a"} 5',
    'pbs_datastore_snapshots{datastore="a"} 9',
    'pbs_datastore_groups_without_metrics{datastore="a"} 3',
    'pbs_group_snapshots{datastore="a",ns="",group="host/x"} 1',
    'pbs_group_snapshots{datastore="a",ns="b",group="vm/1"} 2',
    'pbs_group_newest_snapshot_timestamp_seconds{datastore="a",ns="",group="host/x"} 7',
    'pbs_group_newest_snapshot_timestamp_seconds{datastore="a",ns="b",group="vm/1"} 0',
  ]);
  assertEquals(shown((namespace) => namespace === "b"), [
    'pbs_group_snapshots{datastore="a",ns="b",group="vm/1"} 2',
    'pbs_group_newest_snapshot_timestamp_seconds{datastore="a",ns="b",group="vm/1"} 0',
  ]);
});

Deno.test("taskFacts() has the last task of each kind and datastore, and the last that succeeded", () => {
  const record = (type: string, id: string, time: number, outcome?: "ok" | "error") => {
    const hex = time.toString(16).toUpperCase().padStart(8, "0");
    const text = `UPID:n:00000001:00000001:00000001:${hex}:${type}:${id}:a@b:`;
    return {
      upid: parseUpid(text),
      id: text,
      ...outcome === undefined ? {} : { end: { outcome, time: time + 1, status: "" } },
    };
  };
  const facts = taskFacts([
    record("garbage_collection", "a", 90),
    record("aptupdate", "", 89),
    record("verificationjob", String.raw`a\x3av\x2d1`, 80, "error"),
    record("verify", "a", 70, "ok"),
    record("verify", "gone", 60, "ok"),
    record("reader", "a", 50, "ok"),
  ], new Set(["a"]));
  assertEquals([...facts.running], [["gc", 1], ["other", 1]]);
  const lines = renderMetrics(taskFamilies(facts), "openmetrics").split("\n");
  assertEquals(lines.filter((line) => line.startsWith("pbs_task_last")), [
    'pbs_task_last_end_timestamp_seconds{datastore="a",task="verify"} 81',
    'pbs_task_last_outcome{datastore="a",task="verify"} 2',
    'pbs_task_last_success_timestamp_seconds{datastore="a",task="verify"} 71',
  ]);
});
