// deno-lint-ignore-file no-console -- what was measured is reported
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { setTimeout as delay } from "node:timers/promises";
import { concatBytes } from "../../lib/bytes/mod.ts";
import { Datastore, LocalRepository } from "../../lib/datastore/mod.ts";
import * as format from "../../lib/pxar/format.ts";
import { watchMemory } from "../support/process_memory.ts";
import { RawArchive } from "../support/raw_archive.ts";
import { spawnClient } from "../support/run_client.ts";
import { STORED_SNAPSHOT } from "../support/store_archives.ts";
import { storeRepeated } from "../support/store_repeated.ts";
import { TempDir } from "../support/temp_dir.ts";

const LIMIT_BYTES = 400_000_000;
/** Long after everything that goes well. */
const LATE_MS = 60_000;
const FILL_BYTES = 4 << 20;
const encoder = new TextEncoder();

/** An item over and over, for a few megabytes. */
function fill(row: number, contents: (i: number) => Uint8Array): Uint8Array {
  const archive = new RawArchive();
  const start = archive.position;
  for (let i = 0; archive.position < FILL_BYTES; i++) archive.item(row, contents(i));
  return archive.bytes().subarray(start);
}

function aclEntry(): Uint8Array {
  return Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0);
}

const BOMBS: Readonly<Record<string, Uint8Array>> = {
  "small extended attributes": fill(format.XATTR, () => encoder.encode("user.a\0v")),
  "large extended attributes": fill(
    format.XATTR,
    (i) => concatBytes([encoder.encode(`user.${i}\0`), new Uint8Array(65_000)]),
  ),
  "named users": fill(format.ACL_USER, aclEntry),
  "default groups": fill(format.ACL_DEFAULT_GROUP, aclEntry),
};

/** Stores an archive in which the file or directory `bomb` has the attributes `times` over. */
async function storeBomb(
  path: string,
  attributes: Uint8Array,
  times: number,
  kind: "file" | "directory",
): Promise<void> {
  await using repository = new LocalRepository(
    Datastore.create(path, { chunkFoldersOnDemand: true, syncLevel: "none" }),
  );
  const head = new RawArchive().file("before", "fine").begin("bomb", kind);
  const cut = head.position;
  if (kind === "file") head.item(format.PAYLOAD, encoder.encode("hi"));
  else head.file("child", "inside").leave();
  const whole = head.file("behind", "fine as well").end();
  await storeRepeated(repository, {
    "x.pxar.didx": [[whole.subarray(0, cut), 1], [attributes, times], [whole.subarray(cut), 1]],
  });
}

function startRestore(dir: TempDir, options: readonly string[] = []): Deno.ChildProcess {
  const { type, id, time } = STORED_SNAPSHOT;
  const snapshot = `${type}/${id}/${new Date(time * 1000).toISOString().slice(0, 19)}Z`;
  return spawnClient(
    [
      "restore",
      snapshot,
      "x.pxar",
      `${dir.path}/target`,
      `--repository=${dir.path}/store`,
      ...options,
    ],
    { output: "piped" },
  );
}

Deno.test("an entry with more attributes than a file can have costs its attributes and no memory", async () => {
  for (const [name, attributes] of Object.entries(BOMBS)) {
    for (const kind of ["file", "directory"] as const) {
      await using dir = await TempDir.make("/dev/shm");
      await storeBomb(`${dir.path}/store`, attributes, 60, kind);
      const { code, stderr, peakBytes } = await watchMemory(startRestore(dir), 2 * LIMIT_BYTES);
      console.log(`${name} of a ${kind}: ${peakBytes >> 20} MiB`);
      assert(peakBytes < LIMIT_BYTES, `${name}: ${peakBytes} bytes`);
      assertEquals(code, 255, stderr);
      assertStringIncludes(stderr, `cannot restore the attributes of "/bomb": it has more`);
      const read = (path: string) => Deno.readTextFileSync(`${dir.path}/target/${path}`);
      assertEquals(read("before") + read("behind"), "finefine as well", name);
      assertEquals(
        kind === "file" ? read("bomb") : read("bomb/child"),
        {
          file: "hi",
          directory: "inside",
        }[kind],
      );
      const { mode } = Deno.statSync(`${dir.path}/target/bomb`);
      assertEquals(mode! & 0o777, kind === "file" ? 0o600 : 0o700, name);
    }
  }
});

Deno.test("a signal ends a restore that is lost in attributes or in entries nobody wants", async () => {
  for (const what of ["attributes", "entries"]) {
    await using dir = await TempDir.make("/dev/shm");
    if (what === "attributes") {
      await storeBomb(`${dir.path}/store`, BOMBS["named users"]!, 100_000, "file");
    } else {
      await using repository = new LocalRepository(
        Datastore.create(`${dir.path}/store`, { chunkFoldersOnDemand: true, syncLevel: "none" }),
      );
      const archive = new RawArchive();
      const start = archive.position;
      while (archive.position < FILL_BYTES) archive.node("pipe", 0o10666);
      const pipes = archive.bytes().subarray(start);
      const ends = new RawArchive().end();
      await storeRepeated(repository, {
        "x.pxar.didx": [[ends.subarray(0, start), 1], [pipes, 100_000], [ends.subarray(start), 1]],
      });
    }
    const child = startRestore(dir, what === "entries" ? ["--pattern=nothing"] : []);
    const run = watchMemory(child, 2 * LIMIT_BYTES);
    // A window of time in which memory would grow; the archive takes longer than that by far.
    await delay(3000);
    child.kill("SIGTERM");
    const late = setTimeout(() => child.kill("SIGKILL"), LATE_MS);
    const { code, stderr, peakBytes } = await run;
    clearTimeout(late);
    assertEquals(code, 128 + 15, `${what}: ${stderr}`);
    assert(peakBytes < LIMIT_BYTES, `${what}: ${peakBytes} bytes`);
  }
});
