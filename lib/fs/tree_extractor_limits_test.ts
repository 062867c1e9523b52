import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { CancelledError, SystemError } from "../errors/mod.ts";
import { TempDir } from "../../tests/support/temp_dir.ts";
import { runPeer } from "../../tests/support/run_peer.ts";
import { testWithPeers } from "../../tests/support/with_peers.ts";
import { addFile, bytes, DIRECTORY, FILE } from "../../tests/support/extract_fixture.ts";
import { TreeExtractor } from "./tree_extractor.ts";

/** Same numbers in every run. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fff_ffff;
    return Math.floor(state / 0x8000_0000 * below);
  };
}

const CHUNK_SIZE = 256 * 1024;
type Bytes = Uint8Array<ArrayBuffer>;

/** Runs a part that counts descriptors and threads in a process of its own. */
async function alone(args: string[], maxDescriptors = 4096): Promise<unknown> {
  const script = fromFileUrl(new URL("../../tests/support/extract_alone.ts", import.meta.url));
  // Deno raises a soft limit to the hard one, so that both are set.
  const text = await runPeer("sh", [
    "-c",
    'ulimit -n "$1" && shift && exec "$@"',
    "sh",
    `${maxDescriptors}`,
    Deno.execPath(),
    "run",
    "-A",
    "--no-check",
    script,
    ...args,
  ]);
  return JSON.parse(text);
}

testWithPeers(
  "TreeExtractor gives a token back only once its chunk is not needed any more",
  ["sha256sum"],
  async () => {
    await using dir = await TempDir.make("/dev/shm");
    const random = generator(1);
    const free = Array.from({ length: 4 }, () => new Uint8Array(CHUNK_SIZE));
    const inUse = new Map<number, Bytes>();
    const sums: string[] = [];
    let token = 0;
    let chunk = free.pop()!;
    let at = 0;
    let open: { size: number; left: number; parts: Bytes[] } | undefined;
    await using extractor = TreeExtractor.open(dir.path, {});
    const fill = (target: Uint8Array) => {
      // Blocks of zeros in between, so that offsets matter.
      for (let i = 0; i < target.length; i += 2048) {
        target.fill(random(4) === 0 ? 0 : 1 + random(255), i, i + 2048);
      }
    };
    fill(chunk);
    extractor.useChunk(Deno.UnsafePointer.of(chunk), CHUNK_SIZE);
    for (let files = 0; files < 3000;) {
      if (open === undefined) {
        const size = random(20) === 0 ? random(CHUNK_SIZE * 3) : random(9000);
        open = { size, left: size, parts: [] };
        const name = `file${files}`;
        extractor.beginFile(bytes(name), FILE, size);
      }
      const length = Math.min(open.left, CHUNK_SIZE - at);
      extractor.data(at, length);
      open.parts.push(chunk.slice(at, at + length));
      at += length;
      open.left -= length;
      if (open.left === 0) {
        extractor.endFile();
        const content = new Uint8Array(await new Blob(open.parts).arrayBuffer());
        const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
        sums.push(`${sum.toHex()}  file${files}`);
        open = undefined;
        files++;
      }
      if (at < CHUNK_SIZE) continue;
      inUse.set(++token, chunk);
      await extractor.submit(token);
      while (free.length === 0) {
        for (const done of await extractor.finishedTokens()) {
          const released = inUse.get(done)!;
          inUse.delete(done);
          // What is still read from it would come out wrong.
          released.fill(0xff);
          free.push(released);
        }
      }
      chunk = free.pop()!;
      fill(chunk);
      extractor.useChunk(Deno.UnsafePointer.of(chunk), CHUNK_SIZE);
      at = 0;
    }
    await extractor.submit(++token);
    const report = await extractor.finish();
    assertEquals(report.files, 3000);
    assertEquals(extractor.takeFinishedTokens().length > 0, true);
    await Deno.writeTextFile(`${dir.path}/sums`, sums.join("\n") + "\n");
    await runPeer("sha256sum", ["--quiet", "-c", "sums"], { cwd: dir.path });
  },
);

Deno.test("TreeExtractor makes hard links only once their target is complete", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const content = new Uint8Array(1 << 20).fill(7);
  await using extractor = TreeExtractor.open(dir.path, {
    overwriteFiles: true,
    overwriteHardlinks: true,
  });
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 300; i++) {
      extractor.beginFile(bytes(`file${i}`), FILE, content.length * 2);
      extractor.useChunk(Deno.UnsafePointer.of(content), content.length);
      extractor.data(0, content.length);
      // Every third file is spread over two batches.
      if (i % 3 === 0) {
        await extractor.submit(i);
        extractor.useChunk(Deno.UnsafePointer.of(content), content.length);
      }
      extractor.data(0, content.length);
      extractor.endFile();
      extractor.hardlink(bytes(`link${i}`), bytes(`file${i}`));
      extractor.hardlink(bytes(`second${i}`), bytes(`link${i}`));
      if (i % 50 === 49) await extractor.submit(1000 + i);
    }
  }
  const report = await extractor.finish();
  assertEquals([report.files, report.hardlinks], [600, 1200]);
  for (let i = 0; i < 300; i++) {
    const [file, link] = await Promise.all(
      ["file", "second"].map((name) => Deno.stat(`${dir.path}/${name}${i}`)),
    );
    assertEquals([file!.nlink, file!.size, link!.ino], [3, content.length * 2, file!.ino]);
  }
});

Deno.test("TreeExtractor restores 1,000 levels without a descriptor for each", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const levels = 1000;
  const found = await alone(["deep", dir.path, `${levels}`], 256);
  const { most, directories, files } = found as Record<string, number>;
  assertEquals([directories, files], [levels + 1, levels * 2 + 1]);
  assert(most! < 200, `${most} descriptors were open`);
  // Too deep for a path: go down step by step.
  const script = 'i=0; while [ -d d ]; do cd -P d; [ "$(cat ../before)" = "$i" ] || exit 3; ' +
    'i=$((i+1)); [ "$(cat ../after)" = "$i" ] || exit 4; done; echo $i';
  const text = await runPeer("sh", ["-c", script], { cwd: dir.path });
  assertEquals(text.trim(), `${levels}`);
  const times = await runPeer("find", [dir.path, "-name", "d", "-printf", "%T@ %m\\n"]);
  assertEquals(
    times.trim().split("\n"),
    Array.from({ length: levels }, (_, i) => `${i}.1234567890 750`),
  );
});

Deno.test("TreeExtractor restores 100,000 files of one directory", async () => {
  await using dir = await TempDir.make("/dev/shm");
  await using extractor = TreeExtractor.open(dir.path, {});
  extractor.enterDirectory(bytes("many"), DIRECTORY);
  for (let i = 0; i < 100_000; i++) {
    addFile(extractor, `file${i}`, i % 2 ? `${i}` : "");
    if (extractor.pendingBytes > 1 << 20) await extractor.submit(i);
  }
  extractor.leaveDirectory();
  const report = await extractor.finish();
  assertEquals(report.files, 100_000);
  assertEquals(Array.from(Deno.readDirSync(`${dir.path}/many`)).length, 100_000);
  assertEquals((await Deno.stat(`${dir.path}/many`)).mtime?.getTime(), 1_600_000_000_123);
});

Deno.test("TreeExtractor, aborted in the middle, leaves no thread, descriptor or half file", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const found = await alone(["abort", dir.path]) as Record<string, number>;
  assert(found["threads"]! > 0);
  assertEquals([found["left"], found["leaked"]], [0, 0]);
  const files = await runPeer("find", [dir.path, "-type", "f", "-not", "-size", "4096k"]);
  assertEquals(files, "", "only complete files stay");
});

testWithPeers(
  "TreeExtractor ends at a full disk even when it collects errors, and leaves no half file",
  ["mount", "umount"],
  async () => {
    await using dir = await TempDir.make();
    await runPeer("mount", ["-t", "tmpfs", "-o", "size=1m", "none", dir.path]);
    try {
      const content = new Uint8Array(300 * 1024).fill(7);
      const collected: string[] = [];
      await using extractor = TreeExtractor.open(dir.path, {
        errorPolicy: "collect",
        onError: ({ message }) => collected.push(message),
      });
      const use = () => extractor.useChunk(Deno.UnsafePointer.of(content), content.length);
      const extract = async () => {
        for (let i = 0; i < 6; i++) {
          use();
          extractor.beginFile(bytes(`whole${i}`), FILE, content.length);
          extractor.data(0, content.length);
          extractor.endFile();
        }
        extractor.beginFile(bytes("spread"), FILE, content.length * 3);
        for (let token = 1; token <= 3; token++) {
          use();
          extractor.data(0, content.length);
          await extractor.submit(token);
        }
        extractor.endFile();
        await extractor.finish();
      };
      const error = await assertRejects(extract, SystemError);
      assertMatch(error.message, /^cannot (create|write) ".*\/(whole\d|spread)": No space left/);
      assertEquals(collected, []);
      await extractor.abort();
      const names = Array.from(Deno.readDirSync(dir.path), (entry) => entry.name);
      assert(names.length <= 3, `${names}`);
      for (const name of names) {
        assertEquals((await Deno.readFile(`${dir.path}/${name}`)).length, content.length);
      }
    } finally {
      await runPeer("umount", [dir.path]);
    }
  },
);

testWithPeers(
  "TreeExtractor without privileges reports owners and devices, and fills read-only directories",
  ["setpriv"],
  async () => {
    await using dir = await TempDir.make();
    const target = `${dir.path}/target`;
    const script = new URL("../../tests/support/extract_without_privileges.ts", import.meta.url);
    const run = async (...flags: string[]) =>
      (await runPeer("setpriv", [
        "--bounding-set",
        "-all",
        "--inh-caps",
        "-all",
        Deno.execPath(),
        "run",
        "-A",
        "--no-check",
        script.pathname,
        target,
        ...flags,
      ])).trim().split("\n");
    assertEquals(await run(), ["device create device 1", "theirs ownership 1"]);
    // Nobody else's program may run as us.
    assertEquals((await Deno.stat(`${target}/theirs`)).mode! & 0o7777, 0o755);
    assertEquals((await Deno.stat(`${target}/read-only`)).mode! & 0o7777, 0o555);
    assertEquals((await Deno.stat(`${target}/read-only/file`)).mode! & 0o7777, 0o400);
    assertEquals(await run("again"), [""]);
    assertEquals((await Deno.stat(`${target}/read-only`)).mode! & 0o7777, 0o555);
    await runPeer("rm", ["-rf", target]);
    assertEquals(await run("ignore-ownership", "ignore-device-errors"), [""]);
  },
);

Deno.test("TreeExtractor names the file when it runs out of descriptors, and goes on", async () => {
  await using dir = await TempDir.make();
  const message = `cannot create "${dir.path}/file": Too many open files`;
  assertEquals(await alone(["descriptors", dir.path], 256), {
    files: 1,
    errors: [{ errno: 24, message }],
  });
});

Deno.test("TreeExtractor takes nothing any more after an abort", async () => {
  await using dir = await TempDir.make();
  const extractor = TreeExtractor.open(dir.path, {});
  await extractor.abort();
  await assertRejects(() => extractor.submit(1), CancelledError);
  await assertRejects(() => extractor.finish(), CancelledError);
  assertEquals(await extractor.finishedTokens(), []);
});

Deno.test("TreeExtractor leaves nothing of a file that is given up, wherever it had come to", async () => {
  await using dir = await TempDir.make();
  await Deno.writeTextFile(`${dir.path}/old`, "old");
  await using extractor = TreeExtractor.open(dir.path, {
    errorPolicy: "collect",
    overwriteFiles: true,
  });
  addFile(extractor, "before", "before");
  // In the batch it begins in, without and with content, in a later one, and over another file.
  extractor.beginFile(bytes("empty"), FILE, 10);
  extractor.dropFile();
  extractor.beginFile(bytes("begun"), FILE, 10);
  extractor.inlineData(bytes("begun"));
  extractor.dropFile();
  assertThrows(() => extractor.dropFile(), RangeError);
  extractor.enterDirectory(bytes("d"), DIRECTORY);
  extractor.beginFile(bytes("later"), FILE, 10);
  extractor.inlineData(bytes("later"));
  await extractor.submit(1);
  extractor.inlineData(bytes("more"));
  await extractor.submit(2);
  extractor.dropFile();
  addFile(extractor, "behind", "behind");
  extractor.leaveDirectory();
  extractor.beginFile(bytes("old"), FILE, 10);
  extractor.inlineData(bytes("new"));
  await extractor.submit(3);
  extractor.dropFile();
  extractor.hardlink(bytes("link"), bytes("before"));
  const { files, hardlinks, errors } = await extractor.finish();
  assertEquals([files, hardlinks, errors], [2, 1, []]);
  const names = (path: string) => [...Deno.readDirSync(path)].map(({ name }) => name).sort();
  assertEquals(names(dir.path), ["before", "d", "link"]);
  assertEquals(names(`${dir.path}/d`), ["behind"]);
});
