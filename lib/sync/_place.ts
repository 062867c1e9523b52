import { formatGroupPath, formatSnapshotPath, type PlacedSnapshot } from "../repository/mod.ts";
import type { SyncPlace } from "./sync_request.ts";

/** The name by which an outcome is told: namespace, then group or snapshot. */
export function placeName(
  { namespace, group, snapshot }: SyncPlace,
): string {
  const inside = snapshot === undefined ? group : formatSnapshotPath(snapshot);
  if (inside === undefined) return `namespace "${namespace}"`;
  return namespace === "" ? inside : `${namespace}:${inside}`;
}

/** The members of an outcome that say which snapshot it is about. */
export function outcomePlace(
  { namespace, snapshot }: PlacedSnapshot,
): SyncPlace {
  const { type, id, time } = snapshot;
  return { namespace, group: formatGroupPath(snapshot), snapshot: { type, id, time } };
}

/** Namespace of the target that a namespace of the source becomes. */
export function mapNamespace(namespace: string, root: string, targetRoot: string): string {
  const below = root === "" ? namespace : namespace.slice(root.length + 1);
  return [targetRoot, below].filter((part) => part !== "").join("/");
}
