import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { decideRetention, LocalPeriods, type RetentionSnapshot } from "../../lib/datastore/mod.ts";
import { formatBackupTime, type KeepOptions, parseBackupTime } from "../../lib/repository/mod.ts";

interface PruneVector {
  readonly name: string;
  readonly tz: string;
  readonly options: Readonly<Record<string, number>>;
  readonly snapshots: readonly string[];
  readonly expected_newest_first: readonly string[];
}

const { vectors }: { vectors: PruneVector[] } = JSON.parse(
  Deno.readTextFileSync(new URL("../vectors/prune-vectors.json", import.meta.url)),
);

function parse(line: string): RetentionSnapshot {
  const [time, ...flags] = line.split(" ");
  return {
    time: parseBackupTime(time!),
    finished: !flags.includes("incomplete"),
    protected: flags.includes("protected"),
  };
}

function keepOptions(options: PruneVector["options"]): KeepOptions {
  return Object.fromEntries(
    Object.entries(options).map(([name, count]) => [name.replace("keep-", ""), count]),
  );
}

for (const vector of vectors) {
  Deno.test(`decideRetention() agrees with vector ${vector.name} (${vector.tz})`, () => {
    const snapshots = vector.snapshots.map(parse).sort((a, b) => b.time - a.time);
    const periods = new LocalPeriods(vector.tz);
    const marks = decideRetention(snapshots, keepOptions(vector.options), periods);
    assertEquals(
      snapshots.map(({ time }, i) => `${formatBackupTime(time)} ${marks[i]}`),
      [...vector.expected_newest_first],
    );
  });
}

Deno.test(`decideRetention() was held against all ${vectors.length} prune vectors`, () => {
  assertEquals(vectors.length, 10);
});

const anySnapshots = fc.uniqueArray(
  fc.record({
    time: fc.integer({ min: 1_690_000_000, max: 1_710_000_000 }),
    finished: fc.boolean(),
    protected: fc.boolean(),
  }),
  { selector: (snapshot) => snapshot.time, maxLength: 60 },
).map((snapshots) => snapshots.sort((a, b) => b.time - a.time));

const anyKeep = fc.record({
  last: fc.nat(5),
  hourly: fc.nat(5),
  daily: fc.nat(5),
  weekly: fc.nat(5),
  monthly: fc.nat(5),
  yearly: fc.nat(5),
}, { requiredKeys: [] });

Deno.test("decideRetention() never removes what is protected or the newest of all", () => {
  const periods = new LocalPeriods("Asia/Kolkata");
  fc.assert(fc.property(anySnapshots, anyKeep, (snapshots, keep) => {
    const marks = decideRetention(snapshots, keep, periods);
    for (const [i, snapshot] of snapshots.entries()) {
      if (snapshot.protected) assertEquals(marks[i], "protected");
    }
    if (snapshots[0] && !snapshots[0].finished && !snapshots[0].protected) {
      assertEquals(marks[0], Object.values(keep).some((n) => n > 0) ? "keep-partial" : "keep");
    }
    const kept = marks.filter((mark) => mark === "keep").length;
    const sum = Object.values(keep).reduce((a, b) => a + b, 0);
    assertEquals(sum === 0 || kept <= sum, true);
  }));
});

Deno.test("decideRetention() keeps everything if no rule is given or all are zero", () => {
  const periods = new LocalPeriods("UTC");
  fc.assert(fc.property(anySnapshots, (snapshots) => {
    for (const keep of [{}, { last: 0, daily: 0 }]) {
      assertEquals(decideRetention(snapshots, keep, periods).includes("remove"), false);
    }
  }));
});

Deno.test("pruning again what was kept removes nothing more", () => {
  const periods = new LocalPeriods("Europe/Vienna");
  fc.assert(fc.property(anySnapshots, fc.integer({ min: 1, max: 6 }), (snapshots, last) => {
    const marks = decideRetention(snapshots, { last }, periods);
    const left = snapshots.filter((_, i) => marks[i] !== "remove");
    assertEquals(decideRetention(left, { last }, periods).includes("remove"), false);
  }));
});

Deno.test("LocalPeriods counts in the zone it is given, ISO weeks included", () => {
  const time = parseBackupTime("2023-11-01T03:00:00Z");
  assertEquals(new LocalPeriods("America/New_York").nameOf("monthly", time), "2023/10");
  assertEquals(new LocalPeriods("UTC").nameOf("monthly", time), "2023/11");
  const utc = new LocalPeriods("UTC");
  const weeks = [
    "2021-01-03T12:00:00Z",
    "2021-01-04T12:00:00Z",
    "2024-12-30T00:00:00Z",
    "2016-01-01T00:00:00Z",
  ]
    .map((text) => utc.nameOf("weekly", parseBackupTime(text)));
  assertEquals(weeks, ["2020/53", "2021/01", "2025/01", "2015/53"]);
  assertEquals(utc.nameOf("hourly", parseBackupTime("2023-05-01T00:30:00Z")), "2023/05/01/00");
});
