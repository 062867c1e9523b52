import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { SystemError } from "../errors/mod.ts";
import { S_IFLNK } from "../pxar/mod.ts";
import { TempDir } from "../../tests/support/temp_dir.ts";
import { addFile, bytes, DIRECTORY, FILE, metadata } from "../../tests/support/extract_fixture.ts";
import { TreeExtractor } from "./tree_extractor.ts";

Deno.test("TreeExtractor leaves holes for blocks of zeros, in whole files and in spread ones", async () => {
  await using dir = await TempDir.make();
  const content = new Uint8Array(300_000);
  content.set([1, 2, 3], 4096 * 10 + 100);
  content[4096 * 30] = 9;
  content[4096 * 30 - 1] = 9;
  await using extractor = TreeExtractor.open(dir.path, {});
  extractor.useChunk(Deno.UnsafePointer.of(content), content.length);
  extractor.beginFile(bytes("whole"), FILE, content.length);
  extractor.data(0, content.length);
  extractor.endFile();
  extractor.beginFile(bytes("pieces"), FILE, content.length);
  for (let at = 0; at < content.length; at += 30_001) {
    extractor.data(at, Math.min(30_001, content.length - at));
  }
  extractor.endFile();
  extractor.beginFile(bytes("spread"), FILE, content.length);
  for (let at = 0, token = 1; at < content.length; at += 30_001, token++) {
    extractor.data(at, Math.min(30_001, content.length - at));
    await extractor.submit(token);
    extractor.useChunk(Deno.UnsafePointer.of(content), content.length);
  }
  extractor.endFile();
  extractor.beginFile(bytes("zeros"), FILE, 5000);
  extractor.data(0, 5000);
  extractor.endFile();
  await extractor.finish();
  for (const name of ["whole", "pieces", "spread"]) {
    assertEquals(await Deno.readFile(`${dir.path}/${name}`), content, name);
    assertEquals((await Deno.stat(`${dir.path}/${name}`)).blocks, 3 * 8, name);
  }
  assertEquals(await Deno.readFile(`${dir.path}/zeros`), new Uint8Array(5000));
  assertEquals((await Deno.stat(`${dir.path}/zeros`)).blocks, 0);
});

Deno.test("TreeExtractor stops at the first error and names the path", async () => {
  await using dir = await TempDir.make();
  await Deno.writeTextFile(`${dir.path}/there`, "old");
  await using extractor = TreeExtractor.open(dir.path, {});
  addFile(extractor, "there", "new");
  const error = await assertRejects(async () => {
    await extractor.submit(1);
    await extractor.finish();
  }, SystemError);
  assertEquals(error.errno, 17);
  assertEquals(error.message, `cannot create "${dir.path}/there": File exists`);
  assertEquals(await Deno.readTextFile(`${dir.path}/there`), "old");
  await assertRejects(() => extractor.submit(2), SystemError, "there");
});

Deno.test("TreeExtractor collects errors, passes over what is below, and restores the rest", async () => {
  await using dir = await TempDir.make();
  await Deno.writeTextFile(`${dir.path}/file-in-the-way`, "old");
  await Deno.mkdir(`${dir.path}/existing`);
  const seen: string[] = [];
  await using extractor = TreeExtractor.open(dir.path, {
    errorPolicy: "collect",
    onError: (error) => seen.push(`${new TextDecoder().decode(error.path)} ${error.errno}`),
  });
  for (const name of ["file-in-the-way", "existing"]) {
    extractor.enterDirectory(bytes(name), DIRECTORY);
    addFile(extractor, "passed over", "x");
    extractor.enterDirectory(bytes("nested"), DIRECTORY);
    extractor.symlink(bytes("link"), metadata(S_IFLNK | 0o777), bytes("x"));
    extractor.leaveDirectory();
    extractor.leaveDirectory();
  }
  addFile(extractor, "good", "good");
  const report = await extractor.finish();
  assertEquals(seen.sort(), ["existing 17", "file-in-the-way 17"]);
  assertEquals(report.errorCount, 2);
  assertEquals(report.errors.length, 2);
  assertEquals(await Deno.readTextFile(`${dir.path}/good`), "good");
  assertEquals(Array.from(Deno.readDirSync(`${dir.path}/existing`)), []);
});

Deno.test("TreeExtractor reports errors in the order of a walk", async () => {
  await using dir = await TempDir.make();
  const folders = Array.from({ length: 20 }, (_, i) => `folder-${String(i).padStart(2, "0")}`);
  for (const folder of folders) {
    await Deno.mkdir(`${dir.path}/${folder}`);
    for (const name of ["a", "b"]) await Deno.writeTextFile(`${dir.path}/${folder}/${name}`, "old");
  }
  await using extractor = TreeExtractor.open(dir.path, {
    errorPolicy: "collect",
    allowExistingDirs: true,
  });
  for (const folder of folders) {
    extractor.enterDirectory(bytes(folder), DIRECTORY);
    for (const name of ["a", "b"]) addFile(extractor, name, "x");
    extractor.leaveDirectory();
  }
  const { errors } = await extractor.finish();
  assertEquals(
    errors.map(({ path }) => new TextDecoder().decode(path)),
    folders.flatMap((folder) => [`${folder}/a`, `${folder}/b`]),
  );
});

Deno.test("TreeExtractor restores any tree", async () => {
  type Tree = Record<string, { content: Uint8Array } | { link: string } | { tree: unknown }>;
  const name = fc.stringMatching(/^[a-zA-Z0-9 é\n"\\-]{1,20}$/).filter((text) =>
    text.trim() !== ""
  );
  const { tree } = fc.letrec<{ tree: Tree; node: Tree[string] }>((tie) => ({
    tree: fc.dictionary(name, tie("node"), { maxKeys: 6, noNullPrototype: true }) as fc.Arbitrary<
      Tree
    >,
    node: fc.oneof(
      { maxDepth: 4 },
      fc.record({
        content: fc.oneof(
          fc.uint8Array({ maxLength: 50 }),
          fc.nat(20_000).map((n) => new Uint8Array(n)),
        ),
      }),
      fc.record({
        link: fc.string({ minLength: 1, maxLength: 40 }).filter((s) => !s.includes("\0")),
      }),
      fc.record({ tree: tie("tree") }),
    ) as fc.Arbitrary<Tree[string]>,
  }));
  const write = async (extractor: TreeExtractor, from: Tree, submits: () => boolean) => {
    for (const [entry, node] of Object.entries(from)) {
      if ("tree" in node) {
        extractor.enterDirectory(bytes(entry), DIRECTORY);
        await write(extractor, node.tree as Tree, submits);
        extractor.leaveDirectory();
      } else if ("link" in node) {
        extractor.symlink(bytes(entry), metadata(S_IFLNK | 0o777), bytes(node.link));
      } else {
        extractor.beginFile(bytes(entry), FILE, node.content.length);
        const half = node.content.length >> 1;
        extractor.inlineData(node.content.subarray(0, half));
        if (submits()) await extractor.submit(1);
        extractor.inlineData(node.content.subarray(half));
        extractor.endFile();
      }
    }
  };
  const readBack = (path: string): Tree =>
    Object.fromEntries(
      Array.from(Deno.readDirSync(path)).map((entry) => {
        const below = `${path}/${entry.name}`;
        if (entry.isDirectory) return [entry.name, { tree: readBack(below) }];
        if (entry.isSymlink) return [entry.name, { link: Deno.readLinkSync(below) }];
        return [entry.name, { content: Deno.readFileSync(below) }];
      }),
    );
  await using dir = await TempDir.make("/dev/shm");
  let run = 0;
  await fc.assert(
    fc.asyncProperty(tree, fc.infiniteStream(fc.boolean()), async (wanted, submits) => {
      const target = `${dir.path}/${run++}`;
      await using extractor = TreeExtractor.open(target, {});
      await write(extractor, wanted, () => submits.next().value);
      await extractor.finish();
      assertEquals(readBack(target), wanted);
    }),
    { numRuns: 100 },
  );
});

Deno.test("TreeExtractor.open() says which directory it cannot open", async () => {
  await using dir = await TempDir.make();
  await Deno.writeTextFile(`${dir.path}/file`, "");
  assertThrows(() => TreeExtractor.open(`${dir.path}/file`, {}), SystemError, `${dir.path}/file`);
  assertThrows(
    () => TreeExtractor.open(`${dir.path}/file/below`, {}),
    SystemError,
    "Not a directory",
  );
  assertThrows(() => TreeExtractor.open("", {}), SystemError, "Invalid argument");
});

Deno.test("TreeExtractor makes missing target directories with narrow modes", async () => {
  await using dir = await TempDir.make();
  {
    await using _extractor = TreeExtractor.open(`${dir.path}/a/b//c/`, {});
  }
  const modes = await Promise.all(
    ["a", "a/b", "a/b/c"].map(async (path) =>
      (await Deno.stat(`${dir.path}/${path}`)).mode! & 0o777
    ),
  );
  assertEquals(modes, [0o755 & ~Deno.umask(), 0o755 & ~Deno.umask(), 0o700]);
});

Deno.test("TreeExtractor refuses calls that make no sense", async () => {
  await using dir = await TempDir.make();
  await using extractor = TreeExtractor.open(dir.path, {});
  assertThrows(() => extractor.leaveDirectory(), RangeError);
  assertThrows(() => extractor.endFile(), RangeError);
  assertThrows(() => extractor.inlineData(bytes("x")), RangeError);
  extractor.beginFile(bytes("file"), FILE, 4);
  assertThrows(() => extractor.data(0, 1), RangeError, "without a chunk");
  assertThrows(() => extractor.inlineData(bytes("12345")), RangeError);
  assertThrows(() => extractor.enterDirectory(bytes("x"), DIRECTORY), RangeError);
  extractor.inlineData(bytes("123"));
  assertThrows(() => extractor.endFile(), RangeError, "1 bytes early");
  await assertRejects(() => extractor.finish(), RangeError);
  await extractor.submit(1);
  await extractor.abort();
  assertEquals(Array.from(Deno.readDirSync(dir.path)), [], "an incomplete file does not stay");
});
