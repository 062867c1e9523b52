import { assert, assertEquals } from "@std/assert";
import type { PxarEntry } from "../pxar/mod.ts";
import type { ContentVerdict } from "./_content_evidence.ts";
import type { EntryChange } from "./entry_change.ts";
import { findRenames } from "./_held_changes.ts";

const encoder = new TextEncoder();

function entry(path: string, fields: Partial<PxarEntry> & { readonly mtime?: number }): PxarEntry {
  const { mtime = 1, ...rest } = fields;
  return {
    kind: "file",
    name: encoder.encode(path.slice(path.lastIndexOf("/") + 1)),
    size: 10,
    metadata: { mode: 0o644, uid: 0, gid: 0, mtimeSecs: mtime, mtimeNanos: 0, flags: 0 },
    major: 0,
    minor: 0,
    ...rest,
  } as PxarEntry;
}

function change(line: string, fields: Parameters<typeof entry>[1] = {}): EntryChange {
  const path = line.slice(2).replace(/\/$/, "");
  const kind = line.endsWith("/") ? { kind: "directory", size: 0 } as const : {};
  const made = entry(path, { ...kind, ...fields });
  return {
    path: encoder.encode(path),
    parts: [],
    ...(line[0] === "+" ? { status: "added", after: made } : { status: "removed", before: made }),
  };
}

async function linesOf(
  changes: readonly EntryChange[],
  { verdict = "unknown", maxHeld }: { verdict?: ContentVerdict; maxHeld?: number } = {},
): Promise<{ lines: string[]; cuts: number }> {
  let cuts = 0;
  async function* all() {
    yield* changes;
  }
  const found = findRenames(all(), () => verdict, () => void cuts++, maxHeld);
  const text = (path: Uint8Array) => new TextDecoder().decode(path);
  const lines = (await Array.fromAsync(found)).map((change) => {
    const { status, path, oldPath, parts, entriesBelow } = change;
    const below = entriesBelow === undefined ? "" : `with ${entriesBelow}`;
    return `${status} ${oldPath ? `${text(oldPath)} -> ` : ""}${text(path)} ${below}${parts.join()}`
      .trim();
  });
  return { lines, cuts };
}

Deno.test("a file that has the same size, time and mode elsewhere was renamed", async () => {
  const { lines } = await linesOf([change("- a/one"), change("+ b/two")]);
  assertEquals(lines, ["renamed a/one -> b/two"]);
});

Deno.test("no rename is guessed between empty files, or where sizes, times or contents differ", async () => {
  const pairs = [
    [{ size: 0 }, { size: 0 }],
    [{ size: 1 }, { size: 2 }],
    [{ mtime: 1 }, { mtime: 2 }],
  ];
  for (const [before, after] of pairs) {
    const { lines } = await linesOf([change("- one", before), change("+ two", after)]);
    assertEquals(lines, ["removed one", "added two"]);
  }
  const { lines } = await linesOf([change("- one"), change("+ two")], { verdict: "different" });
  assertEquals(lines, ["removed one", "added two"]);
});

Deno.test("where several would fit the name decides, else the chunks, else nothing", async () => {
  const changes = [change("- a/one"), change("- a/two"), change("+ b/four"), change("+ b/two")];
  assertEquals((await linesOf(changes)).lines, [
    "renamed a/one -> b/four",
    "renamed a/two -> b/two",
  ]);
  const strange = [change("- a/one"), change("- a/two"), change("+ b/four")];
  assertEquals((await linesOf(strange)).lines, ["removed a/one", "removed a/two", "added b/four"]);
  const proven = await linesOf(strange, { verdict: "same" });
  assertEquals(proven.lines, ["removed a/two", "renamed a/one -> b/four"]);
});

Deno.test("a directory comes along with all below it, and shows what changed of it", async () => {
  const { lines } = await linesOf([
    change("+ new/"),
    change("+ new/a", { mtime: 3 }),
    change("+ new/b", { mtime: 4 }),
    change("+ new/c", { size: 99 }),
    change("+ new/same/"),
    change("+ new/same/x"),
    change("+ new/same/y"),
    change("- old/"),
    change("- old/a", { mtime: 3 }),
    change("- old/b", { mtime: 4 }),
    change("- old/c"),
    change("- old/gone", { size: 7 }),
    change("- old/same/"),
    change("- old/same/x"),
    change("- old/same/y"),
  ]);
  assertEquals(lines, ["renamed old -> new with 6", "changed new/c size", "removed old/gone"]);
});

Deno.test("no more changes are held than allowed; renames are found within what is held", async () => {
  const near = [change("- a", { size: 1 }), change("+ b", { size: 1 })];
  const far = Array.from({ length: 10 }, (_, i) => change(`- x${i}`, { size: 100 + i }));
  const { lines, cuts } = await linesOf([
    ...near,
    change("- far", { size: 2 }),
    ...far,
    change("+ y", { size: 2 }),
  ], { maxHeld: 6 });
  assertEquals(cuts, 1);
  assertEquals(lines[0], "renamed a -> b");
  assertEquals(lines.at(-1), "added y");
  assertEquals(lines.length, 13);
});

Deno.test("a directory whose end is not held yet is not taken for one that moved", async () => {
  const { lines } = await linesOf([
    change("- a/"),
    change("- a/f"),
    change("+ b/"),
    change("+ b/f"),
    change("+ b/g", { size: 3 }),
  ], { maxHeld: 4 });
  assertEquals(lines, ["removed a", "added b", "renamed a/f -> b/f", "added b/g"]);
});

Deno.test("the work of looking for renames grows with the changes, and no faster", async () => {
  // All fit each other: the worst there is.
  const compared = async (count: number) => {
    let calls = 0;
    async function* all() {
      for (let i = 0; i < count; i++) yield change(`- old${i}`);
      for (let i = 0; i < count; i++) yield change(`+ new${i}`);
    }
    const count_ = () => (calls++, "unknown" as const);
    await Array.fromAsync(findRenames(all(), count_, () => {}));
    return calls;
  };
  const [few, many] = [await compared(500), await compared(2000)];
  assert(many <= 4.5 * few, `${few} and ${many} comparisons`);
});
