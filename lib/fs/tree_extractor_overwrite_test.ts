import { assertEquals, assertMatch } from "@std/assert";
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFREG, S_IFSOCK } from "../pxar/mod.ts";
import { TempDir } from "../../tests/support/temp_dir.ts";
import { runPeer } from "../../tests/support/run_peer.ts";
import { testWithPeers } from "../../tests/support/with_peers.ts";
import { addFile, bytes, metadata } from "../../tests/support/extract_fixture.ts";
import type { ExtractOptions } from "./extract_options.ts";
import { TreeExtractor } from "./tree_extractor.ts";

const OVERWRITE: ExtractOptions = {
  overwriteFiles: true,
  overwriteSymlinks: true,
  overwriteHardlinks: true,
  overwriteOthers: true,
  allowExistingDirs: true,
};

/** Makers of every type of entry, by the letter that `find` shows. */
const TYPES: Readonly<Record<string, (extractor: TreeExtractor, name: string) => void>> = {
  f: (extractor, name) => addFile(extractor, name, "new"),
  l: (extractor, name) =>
    extractor.symlink(bytes(name), metadata(S_IFLNK | 0o777), bytes("nowhere")),
  hard: (extractor, name) => extractor.hardlink(bytes(name), bytes("first")),
  c: (extractor, name) => extractor.device(bytes(name), metadata(S_IFCHR | 0o600), 1, 3),
  b: (extractor, name) => extractor.device(bytes(name), metadata(S_IFBLK | 0o600), 7, 0),
  p: (extractor, name) => extractor.fifo(bytes(name), metadata(S_IFIFO | 0o600)),
  s: (extractor, name) => extractor.socket(bytes(name), metadata(S_IFSOCK | 0o600)),
  d: (extractor, name) => {
    extractor.enterDirectory(bytes(name), metadata(S_IFDIR | 0o755));
    addFile(extractor, "below", "below");
    extractor.leaveDirectory();
  },
};

/** Makes one entry of each type for each type; returns the names of what failed. */
async function makePairs(
  target: string,
  options: ExtractOptions,
  typeOf: (before: string, after: string) => string,
): Promise<string[]> {
  await using extractor = TreeExtractor.open(target, { ...options, errorPolicy: "collect" });
  addFile(extractor, "first", "first");
  for (const before of Object.keys(TYPES)) {
    for (const after of Object.keys(TYPES)) {
      TYPES[typeOf(before, after)]!(extractor, `${before}-${after}`);
    }
  }
  const { errors } = await extractor.finish();
  return errors.map(({ path }) => new TextDecoder().decode(path)).sort();
}

testWithPeers(
  "TreeExtractor replaces every type by every type when told to, but no directory",
  ["find"],
  async () => {
    await using dir = await TempDir.make();
    assertEquals(await makePairs(dir.path, {}, (before) => before), []);
    const failed = await makePairs(dir.path, OVERWRITE, (_before, after) => after);
    const others = Object.keys(TYPES).filter((type) => type !== "d");
    assertEquals(failed, others.map((after) => `d-${after}`).sort());
    const found = await runPeer("find", [dir.path, "-mindepth", "1", "-printf", "%P %y\\n"]);
    const types = Object.fromEntries(found.trim().split("\n").map((line) => line.split(" ")));
    for (const before of Object.keys(TYPES)) {
      for (const after of Object.keys(TYPES)) {
        const expected = before === "d" ? "d" : after === "hard" ? "f" : after;
        assertEquals(types[`${before}-${after}`], expected, `${after} over ${before}`);
      }
    }
    assertEquals(await Deno.readTextFile(`${dir.path}/p-hard`), "first");
    // And what it just made, again.
    assertEquals(await makePairs(dir.path, OVERWRITE, (_before, after) => after), failed);
  },
);

Deno.test("TreeExtractor replaces neither node nor directory by the other overwrite options", async () => {
  await using dir = await TempDir.make();
  await Deno.writeTextFile(`${dir.path}/pipe`, "mine");
  await Deno.writeTextFile(`${dir.path}/dir`, "mine");
  await using extractor = TreeExtractor.open(dir.path, {
    ...OVERWRITE,
    overwriteOthers: false,
    errorPolicy: "collect",
  });
  TYPES["p"]!(extractor, "pipe");
  TYPES["d"]!(extractor, "dir");
  const { errorCount } = await extractor.finish();
  assertEquals(errorCount, 2);
  assertEquals(await Deno.readTextFile(`${dir.path}/pipe`), "mine");
  assertEquals(await Deno.readTextFile(`${dir.path}/dir`), "mine");
});

testWithPeers(
  "TreeExtractor makes hard links of immutable and append-only files",
  ["lsattr", "find"],
  async () => {
    await using dir = await TempDir.make();
    await using extractor = TreeExtractor.open(dir.path, {});
    const sealed = { immutable: 0x0040_0000, append: 0x0001_0000, both: 0x0041_0000 };
    for (const [name, flags] of Object.entries(sealed)) {
      addFile(extractor, name, name, metadata(S_IFREG | 0o640, { flags }));
    }
    // Behind a file so large that it is finished by itself.
    const big = new Uint8Array(300_000).fill(7);
    addFile(extractor, "big", big, metadata(S_IFREG | 0o640, { flags: sealed.immutable }));
    await extractor.submit(1);
    // The links come when the files have long been complete.
    while ((await extractor.finishedTokens()).length === 0);
    extractor.enterDirectory(
      bytes("dir"),
      metadata(S_IFDIR | 0o755, { flags: sealed.immutable }),
    );
    for (const name of [...Object.keys(sealed), "big"]) {
      extractor.hardlink(bytes(`${name}-2`), bytes(name));
      extractor.hardlink(bytes(`${name}-3`), bytes(name));
    }
    extractor.leaveDirectory();
    const report = await extractor.finish();
    assertEquals([report.files, report.hardlinks, report.errorCount], [4, 8, 0]);
    const listed = await runPeer("lsattr", ["-d", `${dir.path}/dir`]) +
      await runPeer("lsattr", [dir.path]) + await runPeer("lsattr", [`${dir.path}/dir`]);
    const flags = new Map(
      listed.trim().split("\n").map((line) => {
        const [letters = "", path = ""] = line.split(" ");
        return [path.slice(dir.path.length + 1), letters.replace(/[^ia]/g, "")];
      }),
    );
    assertEquals(flags.get("dir"), "i");
    for (const name of ["immutable", "dir/immutable-2", "dir/immutable-3", "big", "dir/big-3"]) {
      assertEquals(flags.get(name), "i", name);
    }
    for (const name of ["append", "dir/append-3"]) assertEquals(flags.get(name), "a", name);
    assertEquals(flags.get("dir/both-2"), "ia");
    const links = await runPeer("find", [dir.path, "-type", "f", "-printf", "%n\\n"]);
    assertEquals(new Set(links.trim().split("\n")), new Set(["3"]));
  },
);

Deno.test("TreeExtractor lifts no flag that it would not set", async () => {
  await using dir = await TempDir.make();
  const messages: string[] = [];
  await using first = TreeExtractor.open(dir.path, {});
  addFile(first, "file", "x", metadata(S_IFREG | 0o640, { flags: 0x0040_0000 }));
  await first.finish();
  await using second = TreeExtractor.open(dir.path, {
    attributeFlags: 0,
    errorPolicy: "collect",
    onError: ({ message }) => messages.push(message),
  });
  second.hardlink(bytes("link"), bytes("file"));
  await second.finish();
  assertEquals(messages.length, 1);
  assertMatch(messages[0]!, /link": Operation not permitted/);
});
