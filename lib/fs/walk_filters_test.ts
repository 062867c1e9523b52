import { assertEquals } from "@std/assert";
import { recordWalk } from "../../tests/support/walk_recorder.ts";
import { TempDir } from "../../tests/support/temp_dir.ts";
import { ListedPaths } from "./listed_paths.ts";
import { MatchEntry } from "./match_entry.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const SIGNATURE = "Signature: 8a477f597d28d172789f06886806bc55";

/** Makes files, and directories for names that end in a slash. */
async function build(root: string, files: Record<string, string>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    const folder = path.endsWith("/") ? path : path.replace(/[^/]*$/, "");
    await Deno.mkdir(`${root}/${folder}`, { recursive: true });
    if (!path.endsWith("/")) await Deno.writeTextFile(`${root}/${path}`, content);
  }
}

async function makeFifo(path: string): Promise<void> {
  const { success } = await new Deno.Command("mkfifo", { args: [path] }).output();
  if (!success) throw new Error(`no fifo at ${path}`);
}

Deno.test("of a cache directory only the tag stays, whatever exclude files say", async () => {
  await using dir = await TempDir.make();
  await build(dir.path, {
    "cache/CACHEDIR.TAG": `${SIGNATURE}\n# made by a test`,
    "cache/a": "1",
    "cache/deep/b": "1",
    "cache/.pxarexclude": "!a\n",
    "other/a": "1",
  });
  const { paths, warnings } = await recordWalk({ source: dir.path, filters: { caches: true } });
  assertEquals(paths, ["cache/", "cache/CACHEDIR.TAG", "other/", "other/a"]);
  assertEquals(warnings, []);
  const excludes = [new MatchEntry(bytes("CACHEDIR.TAG"))];
  const without = await recordWalk({ source: dir.path, filters: { caches: true }, excludes });
  assertEquals(without.paths, ["cache/", "other/", "other/a"]);
  assertEquals((await recordWalk({ source: dir.path })).paths.length, 8);
});

Deno.test("what only looks like a cache tag leaves nothing out and holds nothing up", async () => {
  await using dir = await TempDir.make();
  await build(dir.path, {
    "short/CACHEDIR.TAG": SIGNATURE.slice(0, -1),
    "wrong/CACHEDIR.TAG": ` ${SIGNATURE}`,
    "folder/CACHEDIR.TAG/x": "1",
    "linked/x": "1",
    "pipe/x": "1",
    tag: SIGNATURE,
  });
  await Deno.symlink("../tag", `${dir.path}/linked/CACHEDIR.TAG`);
  await makeFifo(`${dir.path}/pipe/CACHEDIR.TAG`);
  const all = await recordWalk({ source: dir.path });
  const { paths, warnings } = await recordWalk({ source: dir.path, filters: { caches: true } });
  assertEquals(paths, all.paths);
  assertEquals(warnings, []);
});

Deno.test("a cache tag may be as large as it likes", async () => {
  await using dir = await TempDir.make();
  await build(dir.path, { "c/CACHEDIR.TAG": SIGNATURE, "c/x": "1" });
  await Deno.truncate(`${dir.path}/c/CACHEDIR.TAG`, 2 ** 40);
  const { paths } = await recordWalk({ source: dir.path, filters: { caches: true } });
  assertEquals(paths, ["c/", "c/CACHEDIR.TAG"]);
});

Deno.test("a name that says so leaves out what is beside it, whatever has the name", async () => {
  await using dir = await TempDir.make();
  await build(dir.path, {
    "a/.nobackup": "",
    "a/x": "1",
    "b/.nobackup/inside": "1",
    "b/x": "1",
    "c/x": "1",
    "d/x": "1",
    "e/*": "1",
    "e/x": "1",
    "f/x": "1",
  });
  await makeFifo(`${dir.path}/c/.nobackup`);
  await Deno.symlink("nowhere", `${dir.path}/d/.nobackup`);
  const ifPresent = [bytes(".nobackup"), bytes("*")];
  const { paths } = await recordWalk({ source: dir.path, filters: { ifPresent } });
  assertEquals(paths, [
    "a/",
    "a/.nobackup",
    "b/",
    "b/.nobackup/",
    "b/.nobackup/inside",
    "c/",
    "c/.nobackup",
    "d/",
    "d/.nobackup",
    "e/",
    "e/*",
    "f/",
    "f/x",
  ]);
});

Deno.test("a source that is marked itself is said to be", async () => {
  await using dir = await TempDir.make();
  await build(dir.path, { ".nobackup": "", CACHEDIR: "", "x": "1" });
  const ifPresent = [bytes(".nobackup"), bytes("CACHEDIR")];
  const { paths, warnings } = await recordWalk({ source: dir.path, filters: { ifPresent } });
  assertEquals(paths, [".nobackup", "CACHEDIR"]);
  assertEquals(warnings, ["source-marked .nobackup", "source-marked CACHEDIR"]);
});

Deno.test("files above a size are left out, with all their names", async () => {
  await using dir = await TempDir.make();
  await build(dir.path, { a: "12345", b: "1234", "d/": "", empty: "" });
  await Deno.link(`${dir.path}/a`, `${dir.path}/d/a`);
  await Deno.link(`${dir.path}/b`, `${dir.path}/d/b`);
  const walk = await recordWalk({ source: dir.path, filters: { largerThanBytes: 4 } });
  assertEquals(walk.paths, ["b", "d/", "d/b", "empty"]);
  assertEquals([walk.progress.tooLarge, walk.progress.tooLargeBytes], [2, 10]);
  assertEquals(walk.progress.hardlinks, 1);
  const none = await recordWalk({ source: dir.path, filters: { largerThanBytes: 0 } });
  assertEquals(none.paths, ["d/", "empty"]);
});

Deno.test("only listed paths and what is below them are walked", async () => {
  await using dir = await TempDir.make();
  await build(dir.path, {
    "a/x": "1",
    "a/y/z": "1",
    "a-b": "1",
    "a.b/c/d/e": "1",
    "b/x": "1",
    "c/.pxarexclude": "no\n",
    "c/no": "1",
    "c/yes": "1",
  });
  await Deno.symlink("a", `${dir.path}/link`);
  const listed = new ListedPaths();
  const lines = ["# mine", "", "./a//y/", "a/y/gone", "a.b/c/d", `${dir.path}/c`, "c/no", "link/x"];
  listed.addLines(bytes(lines.join("\n")), "list");
  const selection = listed.selectionOf(bytes(dir.path))!;
  const { paths } = await recordWalk({ source: dir.path, filters: { selection } });
  assertEquals(paths, [
    "a/",
    "a/y/",
    "a/y/z",
    "a.b/",
    "a.b/c/",
    "a.b/c/d/",
    "a.b/c/d/e",
    "c/",
    "c/.pxarexclude",
    "c/yes",
  ]);
  assertEquals(listed.missing, ["a/y/gone", "link/x"].map(bytes));
});

Deno.test("a hundred thousand listed paths are as good as one", async () => {
  await using dir = await TempDir.make();
  await build(dir.path, { "deep/x/y": "1", "deep/z": "1" });
  const listed = new ListedPaths();
  // All alike for long, given backwards, and some of them twice.
  const lines = Array.from(
    { length: 100_000 },
    (_, i) => `${"deep/".repeat(20)}${(99_999 - i) >> 1}`,
  );
  listed.addLines(bytes(["deep/x", ...lines].join("\n")), "list");
  const selection = listed.selectionOf(bytes(dir.path))!;
  const { paths } = await recordWalk({ source: dir.path, filters: { selection } });
  assertEquals(paths, ["deep/", "deep/x/", "deep/x/y"]);
  assertEquals(listed.missing.length, 100_000);
});
