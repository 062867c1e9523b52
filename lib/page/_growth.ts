import { isFinished, type SnapshotInfo } from "../repository/mod.ts";
import type { PageGrowth } from "./page_api.ts";
import type { PageStoreAccess } from "./page_source.ts";

/** Points of a plot: more than a screen has columns for a line. */
const MAX_POINTS = 300;

/** `growth`: of a datastore, by the sizes of the snapshots that are there. */
export async function measureGrowth({ repository }: PageStoreAccess): Promise<PageGrowth> {
  const snapshots: SnapshotInfo[] = [];
  for (const { namespace } of await repository.listNamespaces("")) {
    snapshots.push(...(await repository.listSnapshots(namespace)).filter(isFinished));
  }
  snapshots.sort((a, b) => a.time - b.time);
  let logicalBytes = 0;
  const points = snapshots.map(({ time, size = 0 }, i) => {
    logicalBytes += size;
    return { time, snapshots: i + 1, logicalBytes };
  });
  const step = Math.max(1, points.length / MAX_POINTS);
  return {
    // The last one of each step, so that the last of all is there.
    points: points.filter((_, i) => Math.floor((i + 1) / step) > Math.floor(i / step)),
    isMeasuring: false,
  };
}
