import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { runPeer } from "../../tests/support/run_peer.ts";
import { TempDir } from "../../tests/support/temp_dir.ts";
import type { WalkChildOptions, WalkChildResult } from "../../tests/support/walk_child.ts";
import { recordWalk, WalkRecorder } from "../../tests/support/walk_recorder.ts";
import { describeWarning } from "./mod.ts";

const CHILD = fromFileUrl(new URL("../../tests/support/walk_child.ts", import.meta.url));
const DEPTH = 6000;
const WIDTH = 2000;

/** Makes directories in each other, with a file before and after each, deeper than a path can name. */
const MAKE_DEEP = `
import os, sys
os.chdir(sys.argv[1])
for i in range(int(sys.argv[2])):
    if i % 7 == 0: open("a", "w").close()
    if i % 5 == 0: open("z", "w").write("content")
    os.mkdir("dir"); os.chdir("dir")
`;
const MAKE_WIDE = `
import os, sys
os.chdir(sys.argv[1])
for i in range(int(sys.argv[2])):
    os.mkdir("%04d" % i)
    open("%04d/f" % i, "w").write("content")
`;

/** Walks in a child that may have so many files open. */
async function walkWithin(files: number, source: string): Promise<WalkChildResult> {
  const options: WalkChildOptions = { source, levelsOnly: true };
  return JSON.parse(
    await runPeer("sh", [
      "-c",
      `ulimit -n ${files} && exec "$@"`,
      "sh",
      ...[Deno.execPath(), "run", "-A", "--no-check", CHILD, JSON.stringify(options)],
    ]),
  );
}

Deno.test("a walk of a deep or wide tree needs a handful of descriptors", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const [deep, wide] = [`${dir.path}/deep`, `${dir.path}/wide`];
  await Deno.mkdir(deep);
  await Deno.mkdir(wide);
  await runPeer("python3", ["-c", MAKE_DEEP, deep, `${DEPTH}`]);
  await runPeer("python3", ["-c", MAKE_WIDE, wide, `${WIDTH}`]);

  const inWide = await walkWithin(64, wide);
  assertEquals([inWide.error, inWide.warnings], [undefined, []]);
  assertEquals(inWide.paths.length, 2 * WIDTH);

  const inDeep = await walkWithin(64, deep);
  assertEquals([inDeep.error, inDeep.warnings], [undefined, []]);
  const expected: string[] = [];
  for (let level = 0; level < DEPTH; level++) {
    if (level % 7 === 0) expected.push(`${level} a`);
    expected.push(`${level} dir/`);
  }
  for (let level = DEPTH - 1; level >= 0; level--) {
    if (level % 5 === 0) expected.push(`${level} z`);
  }
  assertEquals(inDeep.paths, expected);
});

/** A chain of directories with a file after each, and a visitor's hook at the innermost one. */
async function walkWhile(
  change: (path: string) => void,
): Promise<{ dir: TempDir; paths: string[]; warnings: string[] }> {
  const dir = await TempDir.make();
  const source = `${dir.path}/source`;
  await Deno.mkdir(`${source}/${"d/".repeat(30)}`, { recursive: true });
  for (let level = 0, path = source; level < 30; level++, path += "/d") {
    await Deno.writeTextFile(`${path}/z`, "content");
  }
  const warnings: string[] = [];
  let changed = false;
  const recorder = new WalkRecorder();
  recorder.onEntry = (path) => {
    if (changed || !path.endsWith("z")) return;
    changed = true;
    change(source);
  };
  const { paths } = await recordWalk({
    source,
    // One entry at a time, so that the walk is where the recorder is, or two entries ahead.
    openFilesMax: 2,
    onWarning: (warning) => void warnings.push(describeWarning(warning).text),
  }, recorder);
  return { dir, paths, warnings };
}

Deno.test("a directory the walk returns to is found by its name if its child was moved away", async () => {
  const { dir, paths, warnings } = await walkWhile((source) => {
    // The way up from level 9 no longer leads to level 8.
    Deno.renameSync(`${source}/${"d/".repeat(9)}`, `${source}-moved`);
  });
  await using _dir = dir;
  assertEquals(warnings, []);
  assertEquals(paths.filter((path) => path.endsWith("z")).length, 30);
});

Deno.test("a directory that was replaced meanwhile, or by a link, is not entered", async () => {
  for (const replace of ["directory", "link"] as const) {
    const { dir, paths, warnings } = await walkWhile((source) => {
      const level4 = `${source}/d/d/d/d`;
      Deno.renameSync(level4, `${source}-moved`);
      Deno.renameSync(`${source}-moved/d`, `${source}-moved-too`);
      if (replace === "link") Deno.symlinkSync(`${source}-moved`, level4);
      else Deno.mkdirSync(level4);
      Deno.writeTextFileSync(`${level4}/z`, "foreign");
    });
    await using _dir = dir;
    assertEquals(warnings.length, 1, warnings.join("\n"));
    assertMatch(
      warnings[0]!,
      /cannot list directory: "d\/d\/d\/d": (No such file or|Not a) directory/,
    );
    const files = paths.filter((path) => path.endsWith("z"));
    assert(!files.includes("d/d/d/d/z"));
    assert(files.includes("d/d/d/z"));
    assertEquals(files.length, 29);
  }
});
