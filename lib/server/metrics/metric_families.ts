import type { MetricFamily, MetricSample } from "../../metrics/mod.ts";
import { formatGroupPath } from "../../repository/mod.ts";
import type { GroupAge } from "../ages/mod.ts";
import type { DatastoreFacts } from "./datastore_facts.ts";
import type { TaskFacts } from "./task_facts.ts";

type Gauge = readonly [suffix: string, help: string, value: (facts: DatastoreFacts) => number];

const OF_DATASTORES: readonly Gauge[] = [
  ["size_bytes", "Size of the file system.", ({ status }) => status.total],
  ["used_bytes", "Bytes in use on the file system.", ({ status }) => status.used],
  ["available_bytes", "Bytes free on the file system.", ({ status }) => status.avail],
  ["groups", "Backup groups.", ({ groupCount }) => groupCount],
  ["snapshots", "Snapshots, unfinished ones included.", ({ snapshotCount }) => snapshotCount],
  [
    "groups_without_metrics",
    "Groups that have no metrics of their own, since there are too many.",
    ({ groups, groupCount }) => groupCount - groups.length,
  ],
];

const OF_COLLECTIONS: readonly Gauge[] = [
  ["gc_index_bytes", "Sum of all archives at the last garbage collection.", gcOf("indexDataBytes")],
  ["gc_disk_bytes", "Bytes of chunks at the last garbage collection.", gcOf("diskBytes")],
  ["gc_disk_chunks", "Chunks at the last garbage collection.", gcOf("diskChunks")],
  ["gc_pending_bytes", "Unused bytes too young to be removed.", gcOf("pendingBytes")],
  ["gc_removed_bytes", "Bytes that the last garbage collection removed.", gcOf("removedBytes")],
  ["gc_bad_chunks", "Chunks known to be damaged.", gcOf("stillBad")],
];

function gcOf(
  member:
    | "indexDataBytes"
    | "diskBytes"
    | "diskChunks"
    | "pendingBytes"
    | "removedBytes"
    | "stillBad",
) {
  return ({ gc }: DatastoreFacts) => gc?.[member] ?? 0;
}

/** Metrics of datastores and their groups. @param mayShow Whether a namespace is shown. */
export function datastoreFamilies(
  stores: readonly DatastoreFacts[],
  mayShow: (datastore: string, namespace: string) => boolean,
): MetricFamily[] {
  const shown = stores.filter(({ name }) => mayShow(name, ""));
  const gauges = (list: readonly Gauge[], of: readonly DatastoreFacts[]) =>
    list.map(([suffix, help, value]): MetricFamily => ({
      ...gauge(`pbs_datastore_${suffix}`, help),
      samples: of.map((facts) => ({ labels: { datastore: facts.name }, value: value(facts) })),
    }));
  const groups = stores.flatMap(({ name, groups }) =>
    groups.filter(({ namespace }) => mayShow(name, namespace))
      .map((group) => ({ labels: groupLabels(name, group), group }))
  );
  return [
    ...gauges(OF_DATASTORES, shown),
    ...gauges(OF_COLLECTIONS, shown.filter(({ gc }) => gc !== undefined)),
    {
      ...gauge("pbs_group_snapshots", "Snapshots of a group."),
      samples: groups.map(({ labels, group }) => ({ labels, value: group.snapshots })),
    },
    {
      ...gauge(
        "pbs_group_newest_snapshot_timestamp_seconds",
        "When the newest finished snapshot of a group was made; 0 if there is none.",
      ),
      samples: groups.map(({ labels, group }) => ({ labels, value: group.newest ?? 0 })),
    },
  ];
}

/** Metrics of tasks. */
export function taskFamilies({ running, last }: TaskFacts): MetricFamily[] {
  const samples = (value: (each: TaskFacts["last"][number]) => number | undefined) =>
    last.flatMap((each): MetricSample[] => {
      const number = value(each);
      const labels = { datastore: each.datastore, task: each.kind };
      return number === undefined ? [] : [{ labels, value: number }];
    });
  return [
    {
      ...gauge("pbs_tasks_running", "Tasks that run now."),
      samples: [...running].map(([task, value]) => ({ labels: { task }, value })),
    },
    {
      ...gauge("pbs_task_last_end_timestamp_seconds", "When the last task of a kind ended."),
      samples: samples(({ end }) => end.time),
    },
    {
      ...gauge("pbs_task_last_outcome", "How it ended: 0 ok, 1 with warnings, 2 failed."),
      samples: samples(({ end }) => OUTCOMES[end.outcome]),
    },
    {
      ...gauge("pbs_task_last_success_timestamp_seconds", "When one ended without a failure."),
      samples: samples(({ success }) => success),
    },
  ];
}

const OUTCOMES = { ok: 0, warning: 1, error: 2, unknown: 2 } as const;

/** A family of gauges without its samples; the unit is the end of the name. */
export function gauge(name: string, help: string): Omit<MetricFamily, "samples"> {
  const unit = /_(bytes|seconds)$/.exec(name)?.[1];
  return { name, type: "gauge", help, ...unit === undefined ? {} : { unit } };
}

function groupLabels(datastore: string, group: GroupAge): Record<string, string> {
  return { datastore, ns: group.namespace, group: formatGroupPath(group) };
}
