import { assert, assertEquals } from "@std/assert";
import { encodeHex } from "../bytes/mod.ts";
import { TempDir } from "../../tests/support/temp_dir.ts";
import { SentChunks } from "./sent_chunks.ts";

const HEADER_BYTES = 64;
const RECORD_BYTES = 44;

const digestOf = (i: number) => new Uint8Array(32).fill(i);

/** A run that sends chunks with these numbers and ends before it is finished. */
function interruptedRun(folder: string, key: string, numbers: readonly number[]): void {
  using sent = new SentChunks({ folder, key });
  sent.earlier();
  sent.keep(new Uint8Array());
  for (const i of numbers) sent.add(digestOf(i), 1000 + i, 100 + i);
  assertEquals(sent.problem, undefined);
}

/** Numbers of the chunks that the next process finds. */
function found(folder: string, key: string): number[] {
  using sent = new SentChunks({ folder, key });
  const list = sent.earlier();
  return Array.from({ length: list.count }, (_, i) => {
    const number = list.digestAt(i)[0]!;
    assertEquals(encodeHex(list.digestAt(i)), encodeHex(digestOf(number)));
    assertEquals([list.sizeAt(i), list.storedSizeAt(i)], [1000 + number, 100 + number]);
    return number;
  });
}

function onlyFile(folder: string): string {
  const names = [...Deno.readDirSync(folder)].map(({ name }) => `${folder}/${name}`);
  assertEquals(names.length, 1);
  return names[0]!;
}

Deno.test("the next process finds what an interrupted run has sent, for the same key alone", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const folder = `${dir.path}/a/b`;
  interruptedRun(folder, "one", [1, 2, 3]);
  assertEquals(found(folder, "one"), [1, 2, 3]);
  assertEquals(found(folder, "two"), []);
  assertEquals(Deno.statSync(onlyFile(folder)).mode! & 0o777, 0o600);
});

Deno.test("only what the repository has is kept, and nothing after a finished run", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const folder = dir.path;
  interruptedRun(folder, "one", [1, 2, 3, 4]);
  {
    using sent = new SentChunks({ folder, key: "one" });
    sent.earlier();
    const answer = new Uint8Array([...digestOf(2), ...digestOf(9), ...digestOf(4)]);
    assertEquals(encodeHex(sent.keep(answer)), encodeHex(digestOf(2)), "9 was not asked for");
  }
  assertEquals(found(folder, "one"), [2]);
  {
    using sent = new SentChunks({ folder, key: "one" });
    sent.keep(sent.earlier().digests);
    sent.add(digestOf(5), 1005, 105);
  }
  assertEquals(found(folder, "one"), [2, 5]);
  using sent = new SentChunks({ folder, key: "one" });
  sent.keep(sent.earlier().digests);
  sent.forget();
  assertEquals([...Deno.readDirSync(folder)], []);
});

Deno.test("whatever a crash or a bad disk leaves, whole records are found and no others", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const folder = dir.path;
  interruptedRun(folder, "one", [1, 2, 3]);
  const file = onlyFile(folder);
  const whole = Deno.readFileSync(file);
  assertEquals(whole.length, HEADER_BYTES + 3 * RECORD_BYTES);
  for (let length = 0; length <= whole.length; length++) {
    Deno.writeFileSync(file, whole.subarray(0, length));
    const count = Math.max(0, Math.floor((length - HEADER_BYTES) / RECORD_BYTES));
    assertEquals(found(folder, "one"), [1, 2, 3].slice(0, count), `cut at ${length}`);
  }
  for (let at = 0; at < whole.length; at++) {
    const damaged = whole.slice();
    damaged[at]! ^= 1 << at % 8;
    Deno.writeFileSync(file, damaged);
    const bad = Math.floor((at - HEADER_BYTES) / RECORD_BYTES) + 1;
    const expected = at < HEADER_BYTES ? [] : [1, 2, 3].filter((i) => i !== bad);
    assertEquals(found(folder, "one"), expected, `damaged at ${at}`);
  }
  // Half a record at the end does not shift those that follow.
  Deno.writeFileSync(file, whole.subarray(0, whole.length - 7));
  {
    using sent = new SentChunks({ folder, key: "one" });
    sent.keep(sent.earlier().digests);
    sent.add(digestOf(7), 1007, 107);
  }
  assertEquals(found(folder, "one"), [1, 2, 7]);
});

Deno.test("files that nobody takes up go, the oldest first", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const folder = dir.path;
  for (let i = 0; i < 20; i++) interruptedRun(folder, `group ${i}`, [i]);
  assertEquals([...Deno.readDirSync(folder)].length, 16);
  assertEquals(found(folder, "group 19"), [19]);
  for (const { name } of Deno.readDirSync(folder)) Deno.utimeSync(`${folder}/${name}`, 1, 1);
  interruptedRun(folder, "new", [1]);
  onlyFile(folder);
});

Deno.test("where nothing can be written, a run remembers its chunks for its own next attempt", () => {
  using sent = new SentChunks({ folder: "/dev/null/sent", key: "one" });
  assertEquals(sent.earlier().count, 0);
  sent.keep(new Uint8Array());
  assert(sent.problem !== undefined);
  sent.add(digestOf(1), 1, 1);
  assertEquals(sent.earlier().count, 1);
  sent.forget();
});
