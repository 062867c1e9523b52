import { assert, assertEquals, assertMatch } from "@std/assert";
import { DenoConnDuplex, UnixListener } from "../../lib/duplex/mod.ts";
import { serveConnection } from "../../lib/http1/mod.ts";
import { type EntryMetadata, PxarEncoder } from "../../lib/pxar/mod.ts";
import { PxarMemorySink } from "../support/pxar_memory_sink.ts";
import { runInProcess } from "../support/cli_in_process.ts";
import { TempDir } from "../support/temp_dir.ts";

const FILE: EntryMetadata = {
  mode: 0o100644,
  uid: 0,
  gid: 0,
  mtimeSecs: 0,
  mtimeNanos: 0,
  flags: 0,
};
const FOLDER = { ...FILE, mode: 0o40755 };
const text = (line: string) => new TextEncoder().encode(line);

/** An archive with one file. */
function archiveOf(name: string, isSplit = false): Uint8Array {
  const [sink, payload] = [new PxarMemorySink(), new PxarMemorySink()];
  const encoder = isSplit ? new PxarEncoder(sink, payload) : new PxarEncoder(sink);
  encoder.startArchive(FOLDER);
  encoder.addFileBytes(text(name), FILE, text("content"));
  encoder.finish();
  return sink.bytes().slice();
}

/** The same with another name of the same length, which no encoder would write. */
function renamed(archive: Uint8Array, from: string, to: string) {
  const [old, wanted] = [text(from), text(to)];
  const changed = archive.slice();
  for (let at = 0; at + old.length <= changed.length; at++) {
    if (old.every((byte, i) => changed[at + i] === byte)) changed.set(wanted, at);
  }
  return changed;
}

Deno.test("archives that lie make nothing outside of the target, and end in words", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const good = archiveOf("wanted-x");
  const cases: readonly (readonly [Uint8Array, number, RegExp])[] = [
    [good, 0, /^$/],
    [good.slice(0, -20), 255, /^Error: /],
    [new Uint8Array(5000).fill(0x41), 255, /^Error: /],
    [new Uint8Array(), 255, /^Error: /],
    [archiveOf("wanted-x", true), 255, /^Error: Payload input required/],
    [archiveOf("another"), 255, /^Error: the patterns select nothing/],
    [renamed(good, "wanted-x", "../anted"), 255, /^Error: /],
    [renamed(good, "wanted-x", "/anted-x"), 255, /^Error: /],
  ];
  let answer: Uint8Array = good;
  const listener = await UnixListener.listen(`${dir.path}/socket`);
  const serving = (async () => {
    for (let next = await listener.accept(); next; next = await listener.accept()) {
      const duplex = new DenoConnDuplex(next.connection, next.peer);
      serveConnection(duplex, () => ({ status: 200, body: answer }));
    }
  })();
  await Deno.writeTextFile(`${dir.path}/ticket`, "t");
  for (const [index, [bytes, code, message]] of cases.entries()) {
    answer = bytes;
    const parent = `${dir.path}/${index}`;
    await Deno.mkdir(parent);
    const run = await runInProcess([
      ...["guest", "extract", "/a.img.fidx/raw/wanted-x", `${parent}/target`],
      ...["--socket", `${dir.path}/socket`, "--ticket-file", `${dir.path}/ticket`],
    ], {});
    assertEquals(run.code, code, `case ${index}: ${run.stderr}`);
    assertMatch(run.stderr, message);
    assert(!run.stderr.includes("    at "), run.stderr);
    const made = Array.from(Deno.readDirSync(parent), ({ name }) => name);
    assert(made.every((name) => name === "target"), `case ${index}: ${made}`);
  }
  assertEquals(await Deno.readTextFile(`${dir.path}/0/target/wanted-x`), "content");
  listener.close();
  await serving;
});
