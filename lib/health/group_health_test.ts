import { assertEquals } from "@std/assert";
import type { SnapshotInfo } from "../repository/mod.ts";
import { groupHealth } from "./group_health.ts";
import { judgeHealth } from "./judge_health.ts";

const GROUP = { type: "host", id: "a" } as const;

function snapshotAt(time: number, more: Partial<SnapshotInfo> = {}): SnapshotInfo {
  return { ...GROUP, time, files: [], size: 1, protected: false, ...more };
}

function verifiedAt(time: number, state: "ok" | "failed" = "ok") {
  const hex = time.toString(16).toUpperCase().padStart(8, "0");
  return {
    verification: { upid: `UPID:node:00000001:00000001:00000001:${hex}:verify:s:a@b:`, state },
  };
}

Deno.test("groupHealth() counts finished snapshots, and who was not verified for longest", () => {
  const { size: _, ...unfinished } = snapshotAt(900);
  const health = groupHealth("ns", GROUP, [
    unfinished,
    snapshotAt(100, verifiedAt(700)),
    snapshotAt(500),
    snapshotAt(300, verifiedAt(650, "failed")),
    snapshotAt(600, { verification: { upid: "no task", state: "ok" } }),
  ]);
  assertEquals(health, {
    ...GROUP,
    namespace: "ns",
    snapshots: 4,
    failedVerifications: 1,
    newest: 600,
    verifiedSince: 500,
  });
  assertEquals(groupHealth("", GROUP, [unfinished]).newest, undefined);
});

Deno.test("judgeHealth() names the worst first", () => {
  const health = groupHealth("", GROUP, [snapshotAt(0, verifiedAt(0, "failed"))]);
  const judge = (limits: Parameters<typeof judgeHealth>[1], now: number) => {
    const { level, reasons } = judgeHealth(health, limits, now);
    return [level, ...reasons];
  };
  assertEquals(judge({ warnAge: 60, warnVerifyAge: 60 }, 120), [
    "critical",
    "verification of 1 snapshot failed",
    "newest snapshot is 2m old",
    "not verified for 2m",
  ]);
  const sound = groupHealth("", GROUP, [snapshotAt(1000)]);
  const ages = [0, 1060, 1061, 1121].map((now) =>
    judgeHealth(sound, { warnAge: 60, maxAge: 120 }, now).level
  );
  assertEquals(ages, ["ok", "ok", "warning", "critical"]);
  assertEquals(judgeHealth(groupHealth("", GROUP, []), {}, 0).level, "critical");
});
