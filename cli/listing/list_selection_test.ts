import { assertEquals, assertRejects } from "@std/assert";
import { UsageError } from "../../lib/errors/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import { inOrder, selectionOf } from "./list_selection.ts";

const NOW = 1_700_000_000;

/** Values as a command line gave them. */
function values(given: Record<string, string | readonly string[] | boolean>): CommandValues {
  return {
    text: (name: string) => given[name] as string | undefined,
    texts: (name: string) => (given[name] ?? []) as readonly string[],
    flag: (name: string) => given[name] === true,
  } as CommandValues;
}

const group = (path: string) => {
  const [type, id] = path.split("/");
  return { type: type as "host", id: id! };
};

Deno.test("selectionOf() compares patterns with ids, or with paths if they have a slash", async () => {
  const cases: [string[], string, boolean][] = [
    [[], "host/web1", true],
    [["web*"], "host/web1", true],
    [["web*"], "vm/100", false],
    [["host"], "host/web1", false],
    [["vm/*"], "vm/100", true],
    [["vm/*"], "host/vm", false],
    [["*/web?"], "ct/web2", true],
    [["[^w]*"], "host/web1", false],
    [["db", "1*"], "vm/100", true],
  ];
  for (const [match, path, expected] of cases) {
    const isSelected = await selectionOf(values({ match }), NOW);
    assertEquals(isSelected(group(path), NOW), expected, `${match} ${path}`);
  }
  await assertRejects(() => selectionOf(values({ match: ["["] }), NOW), UsageError);
});

Deno.test("selectionOf() takes the first moment in and leaves the last one out", async () => {
  const isSelected = await selectionOf(values({ since: "2h", until: "1h" }), NOW);
  const ages = [7201, 7200, 3601, 3600];
  assertEquals(ages.map((age) => isSelected(group("vm/1"), NOW - age)), [false, true, true, false]);
});

Deno.test("inOrder() keeps the order of JSON unless another one is asked for", () => {
  const rows = [
    { ...group("vm/2"), time: 5, size: 7 },
    { ...group("ct/1"), time: 9, size: undefined },
    { ...group("ct/1"), time: 4, size: 7 },
  ];
  const order = (given: Record<string, string | boolean>) => {
    const { table, json } = inOrder(values(given), rows, {
      time: ({ time }) => time,
      size: ({ size }) => size,
    });
    return [table, json].map((list) => list.map(({ time }) => time).join(""));
  };
  assertEquals(order({}), ["495", "594"]);
  assertEquals(order({ sort: "path" }), ["495", "495"]);
  assertEquals(order({ reverse: true }), ["594", "594"]);
  assertEquals(order({ sort: "time" }), ["459", "459"]);
  assertEquals(order({ sort: "size", reverse: true }), ["549", "549"]);
});
