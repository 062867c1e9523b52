import { assertEquals } from "@std/assert";
import { recordWalk } from "../../tests/support/walk_recorder.ts";
import { TempDir } from "../../tests/support/temp_dir.ts";
import { latin1 } from "../../tests/support/pxar_read.ts";
import { MatchEntry } from "./match_entry.ts";
import { evaluateMatchList, type MatchList } from "./match_list.ts";

type Tree = { [name: string]: Tree | string };

const { scenarios } = JSON.parse(
  Deno.readTextFileSync(new URL("../../tests/vectors/pxar-exclude.json", import.meta.url)),
) as { scenarios: { name: string; cli: string[]; tree: Tree; archived: string[] }[] };
const bytes = (text: string) => new TextEncoder().encode(text);

async function build(path: string, tree: Tree): Promise<void> {
  for (const [name, content] of Object.entries(tree)) {
    if (typeof content === "string") await Deno.writeTextFile(`${path}/${name}`, content);
    else {
      await Deno.mkdir(`${path}/${name}`);
      await build(`${path}/${name}`, content);
    }
  }
}

assertEquals(scenarios.length, 13);
for (const { name, cli, tree, archived } of scenarios) {
  Deno.test(`exclude scenario of ${scenarios.length}: ${name}`, async () => {
    await using dir = await TempDir.make();
    await build(dir.path, tree);
    const excludes = cli.map((pattern) => new MatchEntry(bytes(pattern)));
    const { paths } = await recordWalk({ source: dir.path, excludes });
    assertEquals(paths, archived.map((path) => latin1(bytes(path))));
  });
}

Deno.test("an excluded directory is not opened, so exclude files below have no effect", async () => {
  await using dir = await TempDir.make();
  await build(dir.path, { out: { ".pxarexclude": "[bad\n!in\n", in: "x" }, b: "x" });
  const { paths, warnings } = await recordWalk({
    source: dir.path,
    excludes: [new MatchEntry(bytes("out/"))],
  });
  assertEquals(paths, ["b"]);
  assertEquals(warnings, []);
});

Deno.test("patterns of an exclude file end with its directory", async () => {
  await using dir = await TempDir.make();
  await build(dir.path, {
    a: { ".pxarexclude": "x\n", x: "1", deep: { x: "1", y: "1" } },
    b: { x: "1" },
  });
  const { paths } = await recordWalk({ source: dir.path });
  assertEquals(paths, ["a/", "a/.pxarexclude", "a/deep/", "a/deep/y", "b/", "b/x"]);
});

Deno.test("bad and untidy lines of an exclude file are reported with its path", async () => {
  await using dir = await TempDir.make();
  await build(dir.path, { d: { ".pxarexclude": "[bad\n./x\n", x: "1" } });
  const { paths, warnings } = await recordWalk({ source: dir.path });
  assertEquals(paths, ["d/", "d/.pxarexclude"]);
  assertEquals(warnings, ["bad-pattern d/.pxarexclude", "pattern-normalised d/.pxarexclude"]);
});

Deno.test("an exclude file may be a symbolic link, dangling ones are ignored", async () => {
  await using dir = await TempDir.make();
  await build(dir.path, { list: "x\n", a: { x: "1" }, b: { x: "1" } });
  await Deno.symlink("../list", `${dir.path}/a/.pxarexclude`);
  await Deno.symlink("nowhere", `${dir.path}/b/.pxarexclude`);
  const { paths, warnings } = await recordWalk({ source: dir.path });
  assertEquals(paths, ["a/", "a/.pxarexclude", "b/", "b/.pxarexclude", "b/x", "list"]);
  assertEquals(warnings, []);
});

Deno.test("an exclude file that cannot be read is ignored with a warning", async () => {
  await using dir = await TempDir.make();
  await build(dir.path, { ".pxarexclude": { inside: "x" }, x: "1" });
  const { paths, warnings } = await recordWalk({ source: dir.path });
  assertEquals(paths, [".pxarexclude/", ".pxarexclude/inside", "x"]);
  assertEquals(warnings, ["exclude-file .pxarexclude"]);
});

Deno.test("an exclude file that is a fifo does not block the walk", async () => {
  await using dir = await TempDir.make();
  await new Deno.Command("mkfifo", { args: [`${dir.path}/.pxarexclude`] }).output();
  assertEquals((await recordWalk({ source: dir.path })).paths, [".pxarexclude"]);
});

Deno.test("an exclude file larger than a batch is read completely", async () => {
  await using dir = await TempDir.make();
  const lines = Array.from({ length: 20_000 }, (_, i) => `/name-${i}\n`).join("");
  await build(dir.path, {
    ".pxarexclude": lines,
    "name-0": "",
    "name-19999": "",
    "name-20000": "",
  });
  assertEquals((await recordWalk({ source: dir.path })).paths, [".pxarexclude", "name-20000"]);
});

Deno.test("lost+found is left out on request, before exclude files have their say", async () => {
  await using dir = await TempDir.make();
  await build(dir.path, {
    a: { "lost+found": { f: "x" } },
    b: { ".pxarexclude": "!lost+found\n", "lost+found": { f: "x" } },
  });
  const { paths } = await recordWalk({ source: dir.path, skipLostAndFound: true });
  assertEquals(paths, ["a/", "b/", "b/.pxarexclude", "b/lost+found/", "b/lost+found/f"]);
});

Deno.test("a walk leaves out what the match list says, for lists of all kinds", async () => {
  await using dir = await TempDir.make();
  const leaves = { a: "1", "b.tmp": "1", "c[1]": "1", keep: "1" };
  const tree: Tree = { ...leaves, d: { ...leaves, a: { ...leaves }, e: { d: { ...leaves } } } };
  await build(dir.path, tree);
  const expected = (list: MatchList, node: Tree, prefix: string): string[] =>
    Object.entries(node).sort(([a], [b]) => a < b ? -1 : 1).flatMap(([name, child]) => {
      const path = `${prefix}${name}`;
      const isDirectory = typeof child !== "string";
      if (evaluateMatchList(list, bytes(`/${path}`), isDirectory) === "exclude") return [];
      return isDirectory ? [`${path}/`, ...expected(list, child, `${path}/`)] : [path];
    });
  for (
    const patterns of [
      ["*.tmp"],
      ["/d/**", "!/d/a", "!keep"],
      ["**/d/*", "!d/a/"],
      ["a/", "e/d/keep"],
      ["c[[]1]", "c\\[1\\]"],
      ["*", "!d", "!*.tmp"],
      ["/*/a/**/keep", "?"],
    ]
  ) {
    const excludes = patterns.map((pattern) => new MatchEntry(bytes(pattern)));
    const { paths } = await recordWalk({ source: dir.path, excludes });
    assertEquals(paths, expected(excludes, tree, ""), patterns.join(" "));
  }
});
