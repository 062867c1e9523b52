import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { UsageError } from "../errors/mod.ts";
import { formatBackupTime, parseBackupTime } from "./backup_time.ts";
import { childNamespace, namespaceComponents, parentNamespace } from "./namespace.ts";
import {
  compareGroups,
  formatSnapshotPath,
  parseGroupOrSnapshotPath,
  parseGroupPath,
  parseSnapshotPath,
} from "./snapshot_path.ts";
import { escapeUnitName, formatUpid, parseUpid, unescapeUnitName } from "./upid.ts";

Deno.test("parseSnapshotPath() reverses formatSnapshotPath()", () => {
  fc.assert(fc.property(
    fc.constantFrom("ct" as const, "host" as const, "vm" as const),
    fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,40}$/),
    fc.integer({ min: 1, max: 253402300799 }),
    (type, id, time) => {
      const snapshot = { type, id, time };
      assertEquals(parseSnapshotPath(formatSnapshotPath(snapshot)), snapshot);
    },
  ));
});

Deno.test("path parsers refuse other types, ids, forms of time and prefixes", () => {
  const wrong = [
    "",
    "host",
    "Host/a",
    "host/",
    "host/.a",
    "ns/a/host/b",
    " host/a",
    "host/a/",
    "host//a",
  ];
  for (const text of wrong) {
    assertThrows(
      () => parseGroupPath(text),
      UsageError,
      `unable to parse backup group path '${text}'`,
    );
  }
  for (
    const time of [
      "2023-11-14T22:13:20",
      "2023-11-14t22:13:20z",
      "2023-11-14T22:13:20.5Z",
      "1700000000",
    ]
  ) {
    const text = `host/a/${time}`;
    assertThrows(
      () => parseSnapshotPath(text),
      UsageError,
      `unable to parse backup snapshot path '${text}'`,
    );
  }
  assertThrows(
    () => parseSnapshotPath("host/a"),
    UsageError,
    "unable to parse backup snapshot path",
  );
  assertEquals(parseGroupOrSnapshotPath("vm/100"), { type: "vm", id: "100" });
});

Deno.test("parseBackupTime() checks each part against its largest value and normalises the rest", () => {
  assertThrows(
    () => parseBackupTime("2023-13-01T00:00:00Z"),
    UsageError,
    'failed to parse rfc3339 timestamp ("2023-13-01T00:00:00Z") - value too large (13 > 12)',
  );
  assertEquals(formatBackupTime(parseBackupTime("2023-02-31T00:00:60Z")), "2023-03-03T00:01:00Z");
  assertEquals(formatBackupTime(parseBackupTime("0050-01-01T00:00:00Z")), "0050-01-01T00:00:00Z");
  assertThrows(() => formatBackupTime(253402300800), UsageError, "beyond the year 9999");
});

Deno.test("compareGroups() puts numbers by value before other ids", () => {
  const ids = ["a", "10", "9", "18446744073709551616", "B", "007"];
  const groups = ids.map((id) => ({ type: "vm" as const, id })).sort(compareGroups);
  assertEquals(groups.map((group) => group.id), [
    "007",
    "9",
    "10",
    "18446744073709551616",
    "B",
    "a",
  ]);
  assertEquals(compareGroups({ type: "ct", id: "z" }, { type: "host", id: "a" }) < 0, true);
});

Deno.test("namespaces are limited to 7 components and 256 characters", () => {
  assertEquals(namespaceComponents("a/b/c/d/e/f/g").length, 7);
  assertThrows(
    () => namespaceComponents("a/b/c/d/e/f/g/h"),
    UsageError,
    "namespace too deep, 7 >= max 7",
  );
  assertThrows(() => namespaceComponents("a".repeat(257)), UsageError, "too long");
  for (const text of ["/a", "a/", "a//b", "a/../b", ".a", "a b"]) {
    assertThrows(() => namespaceComponents(text), UsageError, "unable to parse namespace");
  }
  assertEquals(childNamespace("", "a"), "a");
  assertEquals(childNamespace("a", "b"), "a/b");
  assertThrows(() => childNamespace("a", "b/c"), UsageError);
  assertEquals(["", "a", "a/b"].map(parentNamespace), [undefined, "", "a"]);
});

Deno.test("parseUpid() reverses formatUpid() and refuses anything else", () => {
  const text =
    "UPID:pbsnode:0000A1B2:00C0FFEE:0000002A:65A1B2C3:backup:store1\\x3ahost-web\\x2d1:backup@pbs!ci:";
  const upid = parseUpid(text);
  assertEquals(upid.workerId, "store1:host/web-1");
  assertEquals(upid.startTime, 0x65a1b2c3);
  assertEquals(formatUpid(upid), text);
  assertThrows(() => parseUpid(text.slice(0, -1)), Error, "is not a task identifier");
  fc.assert(fc.property(fc.string({ unit: "binary" }), (name) => {
    assertEquals(unescapeUnitName(escapeUnitName(name)), name);
  }));
});
