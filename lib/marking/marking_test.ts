import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { encodeHex } from "../bytes/mod.ts";
import { CancelledError, CorruptDataError, PbsError } from "../errors/mod.ts";
import { unitDigits } from "./check_references.ts";
import { checkReferences, DigestSet, Reference, ReferencedDigests } from "./mod.ts";

const ROOT = "store/.chunks/";
/** A budget that a thousand digests exceed. */
const SMALL = { budgetBytes: 1 };

/** Distinct digests from small numbers, spread over all partitions unless they are to begin alike. */
function digestOf(number: number, alike = 0): Uint8Array {
  const digest = new Uint8Array(32);
  const view = new DataView(digest.buffer);
  for (let word = 0; word < 8; word++) {
    view.setUint32(word * 4, Math.imul(number * 8 + word + 1, 0x9e3779b1) ^ number);
  }
  view.setUint32(28, number);
  digest.fill(0xab, 0, alike);
  return digest;
}

function column(numbers: readonly number[], stride = 32, alike = 0) {
  const bytes = new Uint8Array(stride * numbers.length);
  const offset = stride - 32;
  numbers.forEach((number, i) => bytes.set(digestOf(number, alike), i * stride + offset));
  return { bytes, offset, stride, count: numbers.length };
}

function keyOf(digest: Uint8Array): string {
  const hex = encodeHex(digest);
  return `${ROOT}${hex.slice(0, 4)}/${hex}`;
}

/** A listing of some keys in their order, a few in a page. */
function listingOf(keys: readonly string[], pageSize = 7) {
  const sorted = [...new Set(keys)].sort();
  return async function* (prefix: string) {
    const found = sorted.filter((key) => key.startsWith(prefix));
    for (let i = 0; i === 0 || i < found.length; i += pageSize) {
      yield { objects: found.slice(i, i + pageSize).map((key) => ({ key })) };
    }
  };
}

interface Outcome {
  readonly some: Set<string>;
  readonly none: Set<string>;
  readonly foreign: Set<string>;
  readonly missing: Set<string>;
}

async function outcomeOf(
  digests: ReferencedDigests,
  keys: readonly string[],
  list: (prefix: string) => AsyncIterable<{ objects: { key: string }[] }> = listingOf(keys),
): Promise<Outcome> {
  const [some, none, foreign] = [new Set<string>(), new Set<string>(), new Set<string>()];
  const missing = new Set<string>();
  const kinds = { [Reference.SOME]: some, [Reference.NONE]: none, [Reference.FOREIGN]: foreign };
  await digests.seal();
  const counters = await checkReferences(digests, {
    root: ROOT,
    list,
    onPage({ objects }, references) {
      objects.forEach(({ key }, i) => kinds[references[i] as 0 | 1 | 2].add(key));
    },
    onMissing: (digest) => missing.add(keyOf(digest)),
  });
  assertEquals(
    [counters.referenced, counters.unreferenced, counters.foreign, counters.missing],
    [some.size, none.size, foreign.size, missing.size],
  );
  return { some, none, foreign, missing };
}

Deno.test("references are those of a plain Set, in memory, spilled, and with digests that begin alike", async () => {
  const numbers = fc.array(fc.nat(6000), { maxLength: 40 });
  const runs = fc.array(fc.tuple(fc.nat(4000), fc.integer({ min: 1, max: 1500 })), {
    minLength: 1,
    maxLength: 5,
  });
  const alike = fc.constantFrom(0, 0, 1, 2, 3, 20);
  const stride = fc.constantFrom(32, 40);
  const isSmall = fc.constantFrom(true, true, false);
  const property = fc.asyncProperty(
    ...[runs, numbers, alike, stride, isSmall] as const,
    async (runs, unnamed, alike, stride, isSmall) => {
      using digests = new ReferencedDigests(isSmall ? SMALL : {});
      const named = new Set<string>();
      let entries = 0;
      for (const [first, count] of runs) {
        const run = Array.from({ length: count }, (_, i) => first + i);
        entries += count;
        await digests.add(column(run, stride, alike));
        for (const number of run) named.add(keyOf(digestOf(number, alike)));
      }
      assertEquals(digests.entryCount, entries);
      // Every seventh that is named is missing in the store.
      const listed = [...named].filter((_, i) => i % 7 !== 0);
      for (const number of unnamed) listed.push(keyOf(digestOf(number, alike)));
      const { some, none, missing } = await outcomeOf(digests, listed);
      const present = new Set(listed);
      assertEquals(some, present.intersection(named));
      assertEquals(none, present.difference(named));
      assertEquals(missing, named.difference(present));
    },
  );
  await fc.assert(property, { numRuns: 12 });
});

Deno.test("checkReferences() leaves what is no chunk alone, and knows chunks that were set aside", async () => {
  using digests = new ReferencedDigests();
  await digests.add(column([1]));
  const [first, second] = [keyOf(digestOf(1)), keyOf(digestOf(2))];
  const upper = ROOT + second.slice(ROOT.length).toUpperCase();
  const misplaced = `${ROOT}0000/${encodeHex(digestOf(1))}`;
  const foreign = [`${first}x`, `${first}.10.bad`, `${second.slice(0, -1)}g`, misplaced, upper];
  const bad = [`${first}.0.bad`, `${second}.9.bad`];
  const outcome = await outcomeOf(digests, [first, second, ...bad, ...foreign]);
  assertEquals([...outcome.some], [first, bad[0]]);
  assertEquals([...outcome.none], [second, bad[1]]);
  // Upper-case letters lie under no prefix that is listed, or beside the digest.
  assertEquals(outcome.foreign, new Set(foreign.filter((key) => /chunks\/[0-9a-f]/.test(key))));
  assertEquals(outcome.missing.size, 0);
});

Deno.test("checkReferences() counts a chunk as missing of which only a bad one is there", async () => {
  using digests = new ReferencedDigests();
  await digests.add(column([1]));
  const key = keyOf(digestOf(1));
  assertEquals([...(await outcomeOf(digests, [`${key}.0.bad`])).missing], [key]);
});

Deno.test("checkReferences() refuses a listing that is not in order, or of another prefix", async () => {
  const keys = Array.from({ length: 200 }, (_, number) => keyOf(digestOf(number))).sort();
  const wrong = [
    async function* (prefix: string) {
      const objects = keys.filter((key) => key.startsWith(prefix)).reverse();
      yield { objects: objects.map((key) => ({ key })) };
    },
    async function* () {
      yield { objects: keys.map((key) => ({ key })) };
    },
  ];
  for (const list of wrong) {
    using digests = new ReferencedDigests();
    await assertRejects(() => outcomeOf(digests, [], list), CorruptDataError, "not in order");
  }
});

Deno.test("checkReferences() ends all listings when one fails, or when asked to", async () => {
  using digests = new ReferencedDigests(SMALL);
  // All in one partition, so that units wait for each other.
  await digests.add(column(Array.from({ length: 5000 }, (_, i) => i), 32, 3));
  await digests.seal();
  let open = 0;
  const root = ROOT;
  const failing = checkReferences(digests, {
    ...{ root, onPage: () => {} },
    async *list(prefix) {
      open++;
      try {
        await Promise.resolve();
        if (prefix.endsWith("/a")) throw new PbsError("the store is gone");
        yield { objects: [] };
      } finally {
        open--;
      }
    },
  });
  await assertRejects(() => failing, PbsError, "the store is gone");
  assertEquals(open, 0);
  const stopped = new AbortController();
  const { signal } = stopped;
  const stopping = checkReferences(digests, {
    ...{ root, signal, onPage: () => stopped.abort(new Error("enough")) },
    list: listingOf([]),
  });
  await assertRejects(() => stopping, CancelledError, "aborted");
});

Deno.test("a spill file that was changed or cut is noticed, and nothing is told of it", async () => {
  for (const damage of ["changed", "cut"]) {
    const folder = Deno.makeTempDirSync();
    using digests = new ReferencedDigests({ ...SMALL, folder });
    await digests.add(column(Array.from({ length: 5000 }, (_, i) => i)));
    await digests.seal();
    assertEquals([...Deno.readDirSync(folder)], []);
    using file = openDeleted(folder);
    if (damage === "cut") file.truncateSync(5000 * 16);
    else file.writeSync(new Uint8Array([1, 2, 3]));
    const told: number[] = [];
    const list = listingOf([]);
    const onMissing = (digest: Uint8Array) => told.push(digest[0]! << 4 | digest[1]! >> 4);
    const check = { root: ROOT, list, onPage() {}, onMissing, parallel: 1 };
    await assertRejects(() => checkReferences(digests, check), CorruptDataError, "is damaged");
    if (damage === "changed") assertEquals(told, []);
    Deno.removeSync(folder);
  }
});

/** The file without a name that this process has open in a folder. */
function openDeleted(folder: string): Deno.FsFile {
  for (const { name } of Deno.readDirSync("/proc/self/fd")) {
    const path = `/proc/self/fd/${name}`;
    try {
      if (!Deno.readLinkSync(path).startsWith(`${folder}/`)) continue;
    } catch {
      continue;
    }
    return Deno.openSync(path, { read: true, write: true });
  }
  throw new Error("there is no such file");
}

Deno.test("digests that cannot be written are never concluded from", async () => {
  using digests = new ReferencedDigests({ ...SMALL, folder: "/proc/self/fd" });
  const all = column(Array.from({ length: 3000 }, (_, i) => i));
  await assertRejects(() => digests.add(all), PbsError, "TMPDIR");
  await assertRejects(() => digests.seal(), Error, "broken");
  assertThrows(() => digests.set, Error, "broken");
});

Deno.test("ReferencedDigests drops what an index repeats of the one before", async () => {
  using digests = new ReferencedDigests();
  const numbers = Array.from({ length: 3000 }, (_, i) => i);
  await digests.add(column(numbers, 40));
  await digests.add(column([...numbers.slice(0, 1000), 7777, ...numbers.slice(1000)]));
  assertEquals([digests.entryCount, digests.keptCount], [6001, 3001]);
});

Deno.test("ReferencedDigests estimates how many of the digests on disk are different", async () => {
  using digests = new ReferencedDigests(SMALL);
  const numbers = Array.from({ length: 20_000 }, (_, i) => i);
  for (let snapshot = 0; snapshot < 5; snapshot++) await digests.add(column(numbers));
  await digests.seal();
  assertEquals(digests.keptCount, 100_000);
  const { differentCount } = digests;
  assert(differentCount > 10_000 && differentCount < 40_000, `${differentCount}`);
});

Deno.test("ReferencedDigests reads columns at any place, and refuses those that do not fit", async () => {
  using digests = new ReferencedDigests();
  const bytes = new Uint8Array(65);
  bytes.set(digestOf(5), 33);
  await digests.add({ bytes, offset: 33, stride: 32, count: 1 });
  for (const wrong of [{ offset: 40 }, { stride: 34 }, { count: 3 }]) {
    const whole = { bytes, offset: 0, stride: 32, count: 2, ...wrong };
    await assertRejects(() => digests.add(whole), RangeError, "do not fit");
  }
  assertEquals((await outcomeOf(digests, [keyOf(digestOf(5))])).some.size, 1);
});

Deno.test("DigestSet is full at its capacity, and tells how many it took", () => {
  const set = new DigestSet(1500);
  const words = new Uint32Array(column(Array.from({ length: 2000 }, (_, i) => i)).bytes.buffer);
  assertEquals(set.addAll({ words, at: 0, stride: 8 }, 2000), 1500);
  assertEquals([set.count, set.find(words, 1499 * 8), set.find(words, 1500 * 8)], [1500, 1499, -1]);
});

Deno.test("units are as large as wastes few requests", () => {
  const counts = [0, 50_000, 2e6, 1e8, 1e10];
  assertEquals(counts.map(unitDigits), [1, 1, 2, 3, 4]);
});
