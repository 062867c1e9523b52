import process from "node:process";
import { readIndex } from "../../lib/datastore/mod.ts";
import { checkReferences, Reference, ReferencedDigests } from "../../lib/marking/mod.ts";
import type { ReferenceCounters, ReferencedDigestsOptions } from "../../lib/marking/mod.ts";
import type { ObjectStore } from "../../lib/s3/mod.ts";

/** Seconds. */
export interface Times {
  wall: number;
  processor: number;
}

/** Results of a run over a store. */
export interface MarkedStore {
  readonly entries: number;
  readonly kept: number;
  readonly spilledBytes: number;
  readonly counters: ReferenceCounters;
  /** Times of making the indexes, of marking, and of listing and comparing. */
  readonly times: { readonly read: Times; readonly mark: Times; readonly list: Times };
}

/** Reads all indexes of a store, marks what they refer to, and removes the chunks that none does. */
export async function markAndCompare(
  store: ObjectStore,
  prefix: string,
  options: ReferencedDigestsOptions,
): Promise<MarkedStore> {
  using digests = new ReferencedDigests(options);
  const times = { read: newTimes(), mark: newTimes(), list: newTimes() };
  const take = stopWatch();
  let memory = new Uint8Array(0);
  // One index after the other in the same place: what is given back late counts as well.
  const buffer = (length: number) => {
    if (memory.length < length) memory = new Uint8Array(length);
    return memory.subarray(0, length);
  };
  for await (const { objects } of store.list(`${prefix}.cnt/`)) {
    for (const { key } of objects) {
      const { content } = (await store.get(key, buffer))!;
      take(times.read);
      await digests.add(readIndex(content, key).digests);
      take(times.mark);
    }
  }
  await digests.seal();
  take(times.mark);
  const counters = await checkReferences(digests, {
    root: `${prefix}.chunks/`,
    list: (part, signal) => store.list(part, signal),
    async onPage({ objects }, references) {
      const unused = objects.filter((_, i) => references[i] === Reference.NONE);
      if (unused.length > 0) await store.removeAll(unused.map(({ key }) => key));
    },
  });
  take(times.list);
  return {
    ...{ entries: digests.entryCount, kept: digests.keptCount, counters, times },
    spilledBytes: digests.spill?.size ?? 0,
  };
}

function newTimes(): Times {
  return { wall: 0, processor: 0 };
}

/** Adds what has passed since the last call to some times. */
function stopWatch(): (times: Times) => void {
  let [wall, used] = [performance.now(), process.cpuUsage()];
  return (times) => {
    const [now, usedNow] = [performance.now(), process.cpuUsage()];
    times.wall += (now - wall) / 1000;
    times.processor += (usedNow.user + usedNow.system - used.user - used.system) / 1e6;
    [wall, used] = [now, usedNow];
  };
}
