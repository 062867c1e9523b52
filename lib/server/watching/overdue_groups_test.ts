import { assertEquals } from "@std/assert";
import { watchedGroups } from "./overdue_groups.ts";

const HOUR = 3600;
const NOW = 1_000_000;
const GROUPS = [
  { namespace: "", type: "host", id: "a", snapshots: 1, newest: NOW - 2 * HOUR },
  { namespace: "", type: "vm", id: "1", snapshots: 1 },
  { namespace: "site/x", type: "host", id: "a", snapshots: 1, newest: NOW - 30 * HOUR },
  { namespace: "sites", type: "host", id: "a", snapshots: 1, newest: NOW + HOUR },
] as const;

Deno.test("watchedGroups() goes by the first rule that fits", () => {
  const rules = [
    { datastore: "other", maxAgeSeconds: 1 },
    { namespace: "site", maxAgeSeconds: 40 * HOUR },
    { group: "vm" },
    { datastore: "store", namespace: "", group: "host/b", maxAgeSeconds: HOUR },
    { maxAgeSeconds: HOUR },
  ];
  const watched = watchedGroups("store", GROUPS, rules, NOW);
  assertEquals(watched.map(({ name, isOverdue }) => [name, isOverdue]), [
    ["store:host/a", true],
    ["store:site/x:host/a", false],
    ["store:sites:host/a", false],
    ["store:host/b", true],
  ]);
  assertEquals(watched[0]?.summary, "no backup of store:host/a for 2h, allowed are 1h");
  assertEquals(watched[3]?.summary, "store:host/b has no finished snapshot");
});

Deno.test("watchedGroups() takes a group without a finished snapshot for overdue", () => {
  const watched = watchedGroups("store", GROUPS, [{ group: "vm", maxAgeSeconds: HOUR }], NOW);
  assertEquals(watched.map(({ name, isOverdue }) => [name, isOverdue]), [["store:vm/1", true]]);
  assertEquals(watchedGroups("store", GROUPS, [], NOW), []);
});
