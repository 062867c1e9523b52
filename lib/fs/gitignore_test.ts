import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { recordWalk } from "../../tests/support/walk_recorder.ts";
import { TempDir } from "../../tests/support/temp_dir.ts";
import { testWithPeers } from "../../tests/support/with_peers.ts";

const latin1Bytes = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));
const filters = { gitignore: true };

/** Runs Git by the rules of the repository alone; the output as one character a byte. */
async function git(folder: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("git", {
    args: ["-C", folder, ...args],
    env: { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" },
  }).output();
  if (!success) throw new Error(`git ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder("latin1").decode(stdout);
}

/** Files of a working tree that Git does not ignore. */
async function gitsFiles(folder: string): Promise<string[]> {
  const list = await git(folder, "ls-files", "-o", "--exclude-per-directory=.gitignore", "-z");
  return list.split("\0").filter((path) => path !== "" && !path.endsWith("/")).sort();
}

/** Files that a walk stores, without those of Git itself. */
async function walksFiles(folder: string): Promise<string[]> {
  const { paths } = await recordWalk({ source: folder, filters });
  return paths.filter((path) => !path.endsWith("/") && !/(^|\/)\.git\//.test(path)).sort();
}

async function build(root: string, files: Record<string, string>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await Deno.mkdir(`${root}/${path.replace(/[^/]*$/, "")}`, { recursive: true });
    await Deno.writeTextFile(`${root}/${path}`, content);
  }
}

const NAMES = [
  "a",
  "b",
  "c",
  "ab",
  "a.o",
  "#x",
  "!y",
  "a b",
  "b ",
  "[a",
  "a]",
  "*",
  "-",
  "é",
  "a\\b",
];

/** A tree of three levels, whose names all mean something in patterns. */
async function buildNames(root: string): Promise<void> {
  const level = async (folder: string, depth: number) => {
    await Deno.mkdir(folder, { recursive: true });
    for (const [index, name] of NAMES.entries()) {
      if (depth > 0 && index % 4 === depth) await level(`${folder}/${name}`, depth - 1);
      else await Deno.writeTextFile(`${folder}/${name}`, "");
    }
  };
  await level(root, 2);
}

const token = fc.constantFrom(
  ...[
    "a",
    "b",
    "c",
    "o",
    "é",
    ".",
    "-",
    " ",
    "#",
    "!",
    "/",
    "/",
    "*",
    "*",
    "**",
    "**/",
    "/**",
    "?",
  ],
  ...["[ab]", "[!a]", "[^b]", "[a-c]", "[c-a]", "[]a]", "[!]a]", "[", "]", "[[:alpha:]]", "[a-]"],
  ...["[[:punct:]b]", "[[:nix:]]", "[\\]a]", "[[a]", "\\", "\\*", "\\#", "\\ ", "\\/", "ab", "a.o"],
);
const line = fc.array(token, { minLength: 1, maxLength: 5 }).map((tokens) => tokens.join(""))
  // Behind a literal beginning Git takes two stars for a whole component, against its own manual.
  .filter((text) => !/^[!/]*[^!/*?[\\][^*?[\\]*(?<!\/)\*\*/.test(text));
const file = fc.array(line, { maxLength: 6 }).map((lines) => lines.join("\n") + "\n");

testWithPeers("a walk leaves out of a working tree what git ignores", ["git"], async () => {
  await using dir = await TempDir.make();
  await git(dir.path, "init", "-q");
  await buildNames(dir.path);
  const folders = ["", "c/", "c/b/"];
  const property = fc.asyncProperty(fc.tuple(file, file, file), async (contents) => {
    for (const [index, content] of contents.entries()) {
      await Deno.writeTextFile(`${dir.path}/${folders[index]}.gitignore`, content);
    }
    assertEquals(await walksFiles(dir.path), await gitsFiles(dir.path));
  });
  await fc.assert(property, { numRuns: 60 });
});

testWithPeers("rules of Git end where another working tree begins", ["git"], async () => {
  await using dir = await TempDir.make();
  const outer = `${dir.path}/outer`;
  await build(outer, {
    ".gitignore": "*.o\n.*\n!.gitignore\nbuild/\nout\n",
    "a.o": "1",
    "a.c": "1",
    ".hidden": "1",
    "build/x": "1",
    "sub/.gitignore": "!keep.o\n*.c\n",
    "sub/keep.o": "1",
    "sub/no.c": "1",
    "inner/.gitignore": "/only\n",
    "inner/a.o": "1",
    "inner/.hidden": "1",
    "inner/only": "1",
    "inner/deep/build/a.o": "1",
    "inner/deep/only": "1",
    "out/x": "1",
  });
  await build(dir.path, { ".gitignore": "*\n", "beside/.gitignore": "*\n", "beside/a.o": "1" });
  for (const folder of [outer, `${outer}/inner`]) await git(folder, "init", "-q");
  const inner = (await gitsFiles(`${outer}/inner`)).map((path) => `inner/${path}`);
  const expected = [...await gitsFiles(outer), ...inner].map((path) => `outer/${path}`);
  assertEquals(
    await walksFiles(dir.path),
    [
      ".gitignore",
      "beside/.gitignore",
      "beside/a.o",
      ...expected,
    ].sort(),
  );
  assertEquals(inner.length, 5);
  const { paths } = await recordWalk({ source: outer, filters });
  assertEquals(paths.includes(".git/HEAD"), true);
});

testWithPeers(
  "names that are no text and long files are read as Git reads them",
  ["git"],
  async () => {
    await using dir = await TempDir.make();
    await git(dir.path, "init", "-q");
    const script =
      "cd \"$1\" && mkdir $'d\\377' && touch $'a\\376' $'b\\376' $'d\\377/x' $'d\\377/y' z";
    await new Deno.Command("bash", { args: ["-c", script, "-", dir.path] }).output();
    const filler = Array.from({ length: 20_000 }, (_, i) => `/name-${i}\n`).join("");
    const rules = latin1Bytes(`\u00ef\u00bb\u00bfa\u00fe\r\n${filler}d\u00ff/[x]\n/z  \n`);
    await Deno.writeFile(`${dir.path}/.gitignore`, rules);
    assertEquals(await gitsFiles(dir.path), [".gitignore", "b\u00fe", "d\u00ff/y"]);
    assertEquals(await walksFiles(dir.path), await gitsFiles(dir.path));
  },
);

Deno.test("what is no regular file has no rules, and excludes win over the rules", async () => {
  await using dir = await TempDir.make();
  await build(dir.path, {
    ".git/HEAD": "",
    "list": "*\n",
    "a/.gitignore": "*.o\n",
    "a/x.o": "1",
    "a/y.o": "1",
    "a/.pxarexclude": "!x.o\n.pxarexclude\n",
    "b/x": "1",
    "c/.gitignore/x": "1",
    "d/x": "1",
  });
  await new Deno.Command("mkfifo", { args: [`${dir.path}/b/.gitignore`] }).output();
  await Deno.symlink("../list", `${dir.path}/d/.gitignore`);
  const { paths, warnings } = await recordWalk({ source: dir.path, filters });
  assertEquals(paths.filter((path) => !path.startsWith(".git/")), [
    ...["a/", "a/.gitignore", "a/x.o", "b/", "b/.gitignore", "b/x"],
    ...["c/", "c/.gitignore/", "c/.gitignore/x", "d/", "d/.gitignore", "d/x", "list"],
  ]);
  assertEquals(warnings, ["b", "c", "d"].map((name) => `exclude-file ${name}/.gitignore`));
});
