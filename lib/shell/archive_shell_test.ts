import { assert, assertEquals, assertRejects } from "@std/assert";
import { backUp } from "../../tests/support/back_up.ts";
import { withLocalRepository } from "../../tests/support/local_repository.ts";
import { PxarMemorySink } from "../../tests/support/pxar_memory_sink.ts";
import { storeArchives } from "../../tests/support/store_archives.ts";
import { TempDir } from "../../tests/support/temp_dir.ts";
import { CatalogWriter } from "../catalog/mod.ts";
import { CancelledError, NotFoundError, UsageError } from "../errors/mod.ts";
import { lookUpFile } from "../manifest/mod.ts";
import { CachedStream, CheckedSnapshot, ChunkCache } from "../reading/mod.ts";
import { type BackupSnapshot, MANIFEST_BLOB_NAME, type Repository } from "../repository/mod.ts";
import { ArchiveShell, type ArchiveShellOptions } from "./archive_shell.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const LEGACY: BackupSnapshot = { type: "host", id: "legacy", time: 1_700_000_000 };
const SPLIT: BackupSnapshot = { type: "host", id: "split", time: 1_700_000_000 };
const STORED: BackupSnapshot = { type: "host", id: "stored", time: 1_700_000_000 };
/** Neither UTF-8 nor on one line. */
const ODD_NAME = Uint8Array.of(0x62, 0xff, 0x0a, 0x01);

/** A tree with links of all kinds, as far as paths go. */
async function makeTree(path: string): Promise<void> {
  await Deno.mkdir(`${path}/sub/deep`, { recursive: true });
  await Deno.mkdir(`${path}/a b[1]`);
  await Deno.writeTextFile(`${path}/sub/b.bin`, "12345");
  await Deno.writeTextFile(`${path}/sub/deep/c.conf`, "c");
  await Deno.writeTextFile(`${path}/a b[1]/x y`, "x");
  await Deno.symlink("sub", `${path}/to-sub`);
  await Deno.symlink("../sub/deep", `${path}/sub/deep-too`);
  await Deno.symlink("/sub/deep-too/c.conf", `${path}/to-conf`);
  await Deno.symlink("loop", `${path}/loop`);
  await Deno.symlink("nowhere", `${path}/broken`);
  await Deno.link(`${path}/sub/b.bin`, `${path}/z-hard`);
  const { code } = await new Deno.Command("python3", {
    args: ["-c", "import sys; open(sys.argv[1].encode() + b'/b\\xff\\n\\x01', 'w')", path],
  }).output();
  assertEquals(code, 0);
}

/** Opens a shell for the time of one call. */
async function withShell(
  repository: Repository,
  snapshot: BackupSnapshot,
  options: Partial<ArchiveShellOptions>,
  body: (shell: ArchiveShell, notes: string[]) => Promise<void>,
): Promise<void> {
  await using source = await repository.openSnapshot("", snapshot);
  const checked = await CheckedSnapshot.open(source, undefined, MANIFEST_BLOB_NAME, {
    log: () => {},
  });
  using cache = new ChunkCache(source);
  const notes: string[] = [];
  const shell = await ArchiveShell.open({
    snapshot: checked,
    archiveName: "root.pxar",
    cache,
    onNote: (level, message) => notes.push(`${level}: ${message}`),
    ...options,
  });
  await body(shell, notes);
}

const VARIANTS: readonly (readonly [string, BackupSnapshot, Partial<ArchiveShellOptions>])[] = [
  ["from the catalog", LEGACY, {}],
  ["from an archive in one piece", LEGACY, { ignoresCatalog: true }],
  ["from the metadata of a split archive", SPLIT, {}],
];

/** Runs the body with a tree that was backed up in both forms. */
async function withBackups(body: (repository: Repository) => Promise<void>): Promise<void> {
  await using tree = await TempDir.make();
  await makeTree(tree.path);
  await withLocalRepository(async (repository) => {
    const spec = [`root.pxar:${tree.path}`];
    await backUp(repository, LEGACY, spec, { changeDetectionMode: "legacy" });
    await backUp(repository, SPLIT, spec, { changeDetectionMode: "data" });
    await body(repository);
  });
}

/** Runs a test for names from everywhere. */
function testEverywhere(
  name: string,
  body: (shell: ArchiveShell, repository: Repository) => Promise<void>,
): void {
  Deno.test(name, async (test) => {
    await withBackups(async (repository) => {
      for (const [variant, snapshot, options] of VARIANTS) {
        await test.step(
          variant,
          () => withShell(repository, snapshot, options, (shell) => body(shell, repository)),
        );
      }
    });
  });
}

async function names(found: AsyncIterable<Uint8Array>): Promise<string[]> {
  const texts: string[] = [];
  for await (const name of found) texts.push(decode(name));
  return texts;
}

testEverywhere("a shell lists directories, and what is none by its name", async (shell) => {
  const ls = async (path?: string) => await names(shell.list(path && encode(path) || undefined));
  assertEquals(await ls(), [
    "a b[1]",
    "broken",
    "b\ufffd\n\x01",
    "loop",
    "sub",
    "to-conf",
    "to-sub",
    "z-hard",
  ]);
  assertEquals(await ls("sub"), ["b.bin", "deep", "deep-too"]);
  assertEquals(await ls("sub/b.bin"), ["b.bin"]);
  assertEquals(await ls("to-sub"), ["b.bin", "deep", "deep-too"]);
  assertEquals(await ls("to-sub/deep-too"), ["c.conf"]);
  assertEquals(await ls("to-conf"), ["to-conf"]);
  assertEquals(await ls("broken"), ["broken"]);
  await assertRejects(() => ls("nope"), NotFoundError, 'no such file or directory: "nope"');
  await assertRejects(() => ls("z-hard/x"), NotFoundError, "not a directory");
  await assertRejects(() => ls("broken/x"), NotFoundError, '"nowhere"');
  await assertRejects(() => ls("loop/x"), UsageError, "too many levels of symbolic links");
});

testEverywhere("a shell changes its position, but not through a final link", async (shell) => {
  const cd = async (path?: string) => {
    await shell.changeDirectory(path === undefined ? undefined : encode(path));
    return decode(shell.position);
  };
  assertEquals(await cd("sub"), "/sub");
  assertEquals(await cd("deep/../deep/./"), "/sub/deep");
  assertEquals(await cd("../../../.."), "/");
  assertEquals(await cd("to-sub/deep"), "/sub/deep");
  assertEquals(await cd("/sub//deep-too/."), "/sub/deep");
  for (const path of ["/to-sub", "../b.bin", "/z-hard"]) {
    await assertRejects(() => cd(path), NotFoundError, "not a directory");
  }
  assertEquals(decode(shell.position), "/sub/deep");
  assertEquals(await cd(), "/");
});

testEverywhere("a shell takes metadata from the archive", async (shell) => {
  const stat = async (path: string | Uint8Array) =>
    (await shell.stat(typeof path === "string" ? encode(path) : path)).entry;
  assertEquals((await stat("sub/b.bin")).size, 5);
  const link = await stat("to-sub");
  assertEquals([link.kind, decode(link.target!)], ["symlink", "sub"]);
  const hard = await stat("z-hard");
  assertEquals([hard.kind, decode(hard.target!)], ["hardlink", "sub/b.bin"]);
  assertEquals((await stat("/")).kind, "directory");
  assertEquals((await stat(ODD_NAME)).name, ODD_NAME);
  assertEquals(
    decode((await shell.stat(encode("to-sub/deep-too/c.conf"))).path),
    "/sub/deep/c.conf",
  );
});

testEverywhere("a shell finds what patterns match, wherever it is", async (shell) => {
  const find = async (pattern: string) => await names(shell.find(encode(pattern)));
  await shell.changeDirectory(encode("a b[1]"));
  assertEquals(await find("*.conf"), ["/sub/deep/c.conf"]);
  assertEquals(await find("/sub/*"), ["/sub/b.bin", "/sub/deep", "/sub/deep-too"]);
  assertEquals(await find("deep/"), ["/sub/deep"]);
  assertEquals(await find("x y"), ["/a b[1]/x y"]);
  assertEquals(await find("nope*"), []);
  assertEquals(await find("!*"), []);
  await assertRejects(() => find("[a"), UsageError, "pattern");
  const abort = AbortSignal.abort(new CancelledError("enough"));
  await assertRejects(() => names(shell.find(encode("**/*"), abort)), CancelledError, "enough");
});

testEverywhere("a selection holds paths and patterns, each once", async (shell) => {
  const { selection } = shell;
  const add = async (path: string | Uint8Array) =>
    selection.addPath(
      await shell.canonicalPath(typeof path === "string" ? encode(path) : path),
    );
  assert(selection.isEmpty);
  assert(await add("to-sub/deep"));
  assert(!await add("/sub/deep"));
  assert(await add("a b[1]"));
  assert(await add(ODD_NAME));
  assert(selection.addPattern(encode("*.bin")));
  assert(!selection.addPattern(encode("*.bin")));
  assertEquals(
    selection.items.map(({ kind, text }) => `${kind} ${decode(text)}`),
    ["path /sub/deep", "path /a b[1]", "path /b\ufffd\n\x01", "pattern *.bin"],
  );
  assertEquals(
    await names(shell.selected()),
    ["/a b[1]", "/b\ufffd\n\x01", "/sub/b.bin", "/sub/deep"],
  );
  assert(!selection.removePath(encode("*.bin")));
  assert(selection.removePath(encode("/sub/deep")));
  assert(!selection.removePath(encode("/sub/deep")));
  assertEquals(await names(shell.selected()), ["/a b[1]", "/b\ufffd\n\x01", "/sub/b.bin"]);
  assert(await add("/"));
  assertEquals(selection.toMatchList(), []);
  assertEquals((await names(shell.selected()))[0], "/");
  selection.clear();
  assert(selection.isEmpty);
  assertEquals(await names(shell.selected()), []);
});

testEverywhere("paths are completed from where they begin", async (shell) => {
  const complete = async (typed: string | Uint8Array) =>
    (await shell.candidates(typeof typed === "string" ? encode(typed) : typed))
      .map(({ path, isDirectory }) => decode(path) + (isDirectory ? "/" : ""));
  assertEquals(await complete("s"), ["sub/"]);
  assertEquals(await complete("to-sub/de"), ["to-sub/deep/", "to-sub/deep-too"]);
  assertEquals(await complete("/sub/../a"), ["/sub/../a b[1]/"]);
  assertEquals(await complete("b"), ["broken", "b\ufffd\n\x01"]);
  assertEquals(await complete(ODD_NAME.subarray(0, 2)), ["b\ufffd\n\x01"]);
  assertEquals(await complete("z-hard/"), []);
  await shell.changeDirectory(encode("sub"));
  assertEquals(await complete(""), ["b.bin", "deep/", "deep-too"]);
});

/** Stores the archive again without its catalog, or with another one. */
async function storeWithCatalog(
  repository: Repository,
  catalog: Uint8Array | undefined,
): Promise<void> {
  await using source = await repository.openSnapshot("", LEGACY);
  const snapshot = await CheckedSnapshot.open(source, undefined, "", { log: () => {} });
  using cache = new ChunkCache(source);
  const file = lookUpFile(snapshot.manifest, "root.pxar.didx");
  const stream = new CachedStream(await snapshot.readIndex(file), cache, false);
  await storeArchives(repository, {
    "root.pxar.didx": { bytes: await stream.read(0, stream.size) },
    ...(catalog === undefined ? {} : { "catalog.pcat1.didx": { bytes: catalog } }),
  }, STORED);
}

/** A catalog of one archive with the directory `sub`, which has one name too many for its block. */
function damagedCatalog(archive: string): Uint8Array {
  const sink = new PxarMemorySink();
  const writer = new CatalogWriter(sink);
  writer.startArchive(archive);
  writer.enterDirectory(encode("sub"));
  writer.addFile(encode("b.bin"), 5, 0);
  writer.leaveDirectory();
  writer.endArchive();
  writer.finish();
  const bytes = sink.bytes();
  // The count of the first block, which is that of `sub`.
  bytes[9] = 2;
  return bytes;
}

Deno.test("without a catalog, or with one of something else, names come from the archive", async () => {
  await withBackups(async (repository) => {
    for (
      const [catalog, note] of [
        [undefined, "info: the snapshot has no catalog"],
        [new Uint8Array(100), "warn: the catalog cannot be used"],
        [damagedCatalog("other.pxar.didx"), "warn: the catalog cannot be used"],
      ] as const
    ) {
      await storeWithCatalog(repository, catalog);
      await withShell(repository, STORED, {}, async (shell, notes) => {
        assertEquals(await names(shell.list(encode("sub"))), ["b.bin", "deep", "deep-too"]);
        assertEquals(notes.length, 1);
        assert(notes[0]!.startsWith(note), notes[0]);
      });
      await repository.forgetSnapshot("", STORED);
    }
  });
});

Deno.test("where a catalog turns out to be damaged the archive tells the names from then on", async () => {
  await withBackups(async (repository) => {
    await storeWithCatalog(repository, damagedCatalog("root.pxar.didx"));
    await withShell(repository, STORED, {}, async (shell, notes) => {
      await shell.changeDirectory(encode("sub"));
      await assertRejects(() => names(shell.list()), Error, "catalog: block at 8");
      assert(notes[0]!.startsWith("warn: the catalog is damaged"), notes[0]);
      assertEquals(decode(shell.position), "/sub");
      assertEquals(await names(shell.list()), ["b.bin", "deep", "deep-too"]);
      assertEquals(notes.length, 1);
    });
  });
});
